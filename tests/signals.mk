# What programs do with signals, and what must not be seen of ours.

if HAVE_CHECK

check_PROGRAMS += tests/signals tests/unit_reserve
TESTS += tests/signals tests/unit_reserve

tests_unit_reserve_SOURCES = tests/unit_reserve.c tests/unit.h
tests_unit_reserve_CFLAGS = $(UNIT_CFLAGS)
tests_unit_reserve_LDADD = $(UNIT_LIBS)

tests_signals_SOURCES = tests/signals.c tests/collecting.h tests/unit.h
tests_signals_CFLAGS = $(UNIT_CFLAGS)
tests_signals_LDADD = libspangc.la $(CHECK_LIBS)

endif
