# What programs do with signals, and what must not be seen of ours.

if HAVE_CHECK

check_PROGRAMS += tests/signals
TESTS += tests/signals

tests_signals_SOURCES = tests/signals.c tests/unit.h
tests_signals_CFLAGS = $(UNIT_CFLAGS)
tests_signals_LDADD = libspangc.la $(CHECK_LIBS)

endif
