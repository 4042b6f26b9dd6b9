# Kinds of objects: descriptors, mark procedures, typed objects, gcj, disclaim.

EXTRA_DIST += doc/kinds.md

if HAVE_CHECK

check_PROGRAMS += tests/kinds_api tests/stress_kinds tests/unit_described
TESTS += tests/kinds_api tests/stress_kinds tests/unit_described

tests_unit_described_SOURCES = tests/unit_described.c tests/handcycle.c tests/handcycle.h
tests_unit_described_CFLAGS = $(UNIT_CFLAGS)
tests_unit_described_LDADD = $(UNIT_LIBS)

tests_kinds_api_SOURCES = tests/kinds_api.c tests/unit.h
tests_kinds_api_CFLAGS = $(UNIT_CFLAGS)
tests_kinds_api_LDADD = libspangc.la $(CHECK_LIBS)

tests_stress_kinds_SOURCES = tests/stress_kinds.c tests/unit.h
tests_stress_kinds_CFLAGS = $(UNIT_CFLAGS)
tests_stress_kinds_LDADD = libspangc.la $(CHECK_LIBS)

endif
