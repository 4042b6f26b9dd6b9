# The tests of the public interface that are not in local.mk.

# What programs, environment and limits get wrong, as a program sees it.
check_PROGRAMS += tests/bad_input
tests_bad_input_SOURCES = tests/bad_input.c
tests_bad_input_LDADD = libspangc.la

dist_check_SCRIPTS += tests/bad_input.sh
TESTS += tests/bad_input.sh

if HAVE_CHECK

check_PROGRAMS += tests/unit_failures
TESTS += tests/unit_failures

tests_unit_failures_SOURCES = tests/unit_failures.c tests/unit.h
tests_unit_failures_CFLAGS = $(UNIT_CFLAGS)
tests_unit_failures_LDADD = $(UNIT_LIBS)

endif
