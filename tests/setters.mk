# What the pace depends on, set beside collections.

if HAVE_CHECK

check_PROGRAMS += tests/setters
TESTS += tests/setters

tests_setters_SOURCES = tests/setters.c tests/unit.h
tests_setters_CFLAGS = $(UNIT_CFLAGS)
tests_setters_LDADD = $(UNIT_LIBS)

endif
