# The lock that keeps collections out, by itself and from outside.

if HAVE_CHECK

check_PROGRAMS += tests/unit_ownedlock tests/excluded
TESTS += tests/unit_ownedlock tests/excluded

tests_unit_ownedlock_SOURCES = tests/unit_ownedlock.c tests/unit.h
tests_unit_ownedlock_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ownedlock_LDADD = $(UNIT_LIBS)

tests_excluded_SOURCES = tests/excluded.c tests/unit.h
tests_excluded_CFLAGS = $(UNIT_CFLAGS)
tests_excluded_LDADD = libspangc.la $(CHECK_LIBS)

endif
