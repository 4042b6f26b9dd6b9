# Threads on their way to the registry, with handlers of the program.

if HAVE_CHECK

check_PROGRAMS += tests/unit_arrival
TESTS += tests/unit_arrival

tests_unit_arrival_SOURCES = tests/unit_arrival.c tests/unit.h
tests_unit_arrival_CFLAGS = $(UNIT_CFLAGS)
tests_unit_arrival_LDFLAGS = $(WRAP_FLAGS)
tests_unit_arrival_LDADD = $(UNIT_LIBS)

endif
