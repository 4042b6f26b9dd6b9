# Kinds of objects: descriptors, mark procedures, typed objects, gcj, disclaim.

if HAVE_CHECK

check_PROGRAMS += tests/unit_described
TESTS += tests/unit_described

tests_unit_described_SOURCES = tests/unit_described.c tests/handcycle.c tests/handcycle.h
tests_unit_described_CFLAGS = $(UNIT_CFLAGS)
tests_unit_described_LDADD = $(UNIT_LIBS)

endif
