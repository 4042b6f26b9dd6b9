# The tests. Each unit test is a program of its own, linked to the collector's hidden names through
# the convenience library. `make mutants` breaks the protocols one by one and wants to see the
# tests notice.

EXTRA_DIST += tests/run-mutants tests/run-sanitized tests/mutants

if HAVE_CHECK

UNIT_TESTS = \
  tests/unit_api \
  tests/unit_finalize \
  tests/unit_gcbits \
  tests/unit_heap \
  tests/unit_lazyarray \
  tests/unit_lock \
  tests/unit_options \
  tests/unit_os \
  tests/unit_pace \
  tests/unit_pagealloc \
  tests/unit_pagecache \
  tests/unit_region \
  tests/unit_sizeclass \
  tests/unit_span \
  tests/unit_table \
  tests/unit_threads \
  tests/unit_together

check_PROGRAMS += $(UNIT_TESTS) tests/stress_stop
TESTS += $(UNIT_TESTS) tests/stress_stop

UNIT_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) -I$(srcdir)/tests
UNIT_LIBS = libspangc_static.la $(CHECK_LIBS) -ldl

tests_stress_stop_SOURCES = tests/stress_stop.c tests/unit.h
tests_stress_stop_CFLAGS = $(UNIT_CFLAGS)
tests_stress_stop_LDADD = $(UNIT_LIBS)

tests_unit_api_SOURCES = tests/unit_api.c tests/unit.h
tests_unit_api_CFLAGS = $(UNIT_CFLAGS)
tests_unit_api_LDADD = libspangc.la $(CHECK_LIBS)

tests_unit_finalize_SOURCES = tests/unit_finalize.c tests/handcycle.c tests/handcycle.h
tests_unit_finalize_CFLAGS = $(UNIT_CFLAGS)
tests_unit_finalize_LDADD = $(UNIT_LIBS)

tests_unit_gcbits_SOURCES = tests/unit_gcbits.c tests/unit.h
tests_unit_gcbits_CFLAGS = $(UNIT_CFLAGS)
tests_unit_gcbits_LDADD = $(UNIT_LIBS)

tests_unit_heap_SOURCES = tests/unit_heap.c tests/handcycle.c tests/handcycle.h
tests_unit_heap_CFLAGS = $(UNIT_CFLAGS)
tests_unit_heap_LDADD = $(UNIT_LIBS)

tests_unit_lazyarray_SOURCES = tests/unit_lazyarray.c tests/unit.h
tests_unit_lazyarray_CFLAGS = $(UNIT_CFLAGS)
tests_unit_lazyarray_LDADD = $(UNIT_LIBS)

tests_unit_lock_SOURCES = tests/unit_lock.c tests/unit.h
tests_unit_lock_CFLAGS = $(UNIT_CFLAGS)
tests_unit_lock_LDADD = $(UNIT_LIBS)

tests_unit_options_SOURCES = tests/unit_options.c tests/unit.h
tests_unit_options_CFLAGS = $(UNIT_CFLAGS)
tests_unit_options_LDADD = $(UNIT_LIBS)

tests_unit_os_SOURCES = tests/unit_os.c tests/unit.h
tests_unit_os_CFLAGS = $(UNIT_CFLAGS)
tests_unit_os_LDADD = $(UNIT_LIBS)

tests_unit_pace_SOURCES = tests/unit_pace.c tests/unit.h
tests_unit_pace_CFLAGS = $(UNIT_CFLAGS)
tests_unit_pace_LDADD = $(UNIT_LIBS)

tests_unit_pagealloc_SOURCES = tests/unit_pagealloc.c tests/unit.h
tests_unit_pagealloc_CFLAGS = $(UNIT_CFLAGS)
tests_unit_pagealloc_LDADD = $(UNIT_LIBS)

tests_unit_pagecache_SOURCES = tests/unit_pagecache.c tests/unit.h
tests_unit_pagecache_CFLAGS = $(UNIT_CFLAGS)
tests_unit_pagecache_LDADD = $(UNIT_LIBS)

tests_unit_region_SOURCES = tests/unit_region.c tests/unit.h
tests_unit_region_CFLAGS = $(UNIT_CFLAGS)
tests_unit_region_LDADD = $(UNIT_LIBS)

tests_unit_sizeclass_SOURCES = tests/unit_sizeclass.c tests/unit.h
tests_unit_sizeclass_CFLAGS = $(UNIT_CFLAGS)
tests_unit_sizeclass_LDADD = $(UNIT_LIBS)

tests_unit_span_SOURCES = tests/unit_span.c tests/handcycle.c tests/handcycle.h
tests_unit_span_CFLAGS = $(UNIT_CFLAGS)
tests_unit_span_LDADD = $(UNIT_LIBS)

tests_unit_table_SOURCES = tests/unit_table.c tests/handcycle.c tests/handcycle.h
tests_unit_table_CFLAGS = $(UNIT_CFLAGS)
tests_unit_table_LDADD = $(UNIT_LIBS)

tests_unit_threads_SOURCES = tests/unit_threads.c tests/unit.h
tests_unit_threads_CFLAGS = $(UNIT_CFLAGS)
tests_unit_threads_LDADD = $(UNIT_LIBS)

tests_unit_together_SOURCES = tests/unit_together.c tests/handcycle.c tests/handcycle.h
tests_unit_together_CFLAGS = $(UNIT_CFLAGS)
tests_unit_together_LDADD = $(UNIT_LIBS)

endif

include tests/api.mk
include tests/abi.mk
include tests/cord.mk
include tests/cxx.mk
include tests/heap.mk
include tests/idle.mk
include tests/kinds.mk
include tests/signals.mk
include tests/cancellation.mk
include tests/stacks.mk
include tests/tls.mk
include tests/roots.mk
include tests/static.mk
include tests/words.mk

.PHONY: mutants
mutants:
	$(SHELL) $(srcdir)/tests/run-mutants $(srcdir)

# Campaigns: the tests of every data structure and protocol under the sanitizers.
.PHONY: tsan asan
tsan:
	$(srcdir)/tests/run-sanitized $(srcdir) thread
asan:
	$(srcdir)/tests/run-sanitized $(srcdir) address,undefined
