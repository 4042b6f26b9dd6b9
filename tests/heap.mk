# The tests of heap/ and mark/ that are not in local.mk.

if HAVE_CHECK

check_PROGRAMS += tests/unit_mark tests/unit_packets tests/stress_heap
TESTS += tests/unit_mark tests/unit_packets tests/stress_heap

tests_unit_mark_SOURCES = tests/unit_mark.c tests/handcycle.c tests/handcycle.h
tests_unit_mark_CFLAGS = $(UNIT_CFLAGS)
tests_unit_mark_LDADD = $(UNIT_LIBS)

tests_unit_packets_SOURCES = tests/unit_packets.c tests/unit.h
tests_unit_packets_CFLAGS = $(UNIT_CFLAGS)
tests_unit_packets_LDADD = $(UNIT_LIBS)

tests_stress_heap_SOURCES = tests/stress_heap.c tests/handcycle.c tests/handcycle.h
tests_stress_heap_CFLAGS = $(UNIT_CFLAGS)
tests_stress_heap_LDADD = $(UNIT_LIBS)

endif
