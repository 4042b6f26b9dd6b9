# The debugging face of the interface, and the rest of its small functions.

EXTRA_DIST += tests/said.h doc/debugging.md

if HAVE_CHECK

check_PROGRAMS += tests/debugging tests/small_interface tests/inline_malloc
TESTS += tests/debugging tests/small_interface tests/inline_malloc

tests_debugging_SOURCES = tests/debugging.c tests/said.h tests/unit.h
tests_debugging_CFLAGS = $(UNIT_CFLAGS)
tests_debugging_LDADD = $(UNIT_LIBS)

tests_inline_malloc_SOURCES = tests/inline_malloc.c tests/public.h
tests_inline_malloc_CPPFLAGS = -I$(top_srcdir)/include
tests_inline_malloc_LDADD = libspangc.la
tests_inline_malloc_LDFLAGS = $(AM_LDFLAGS)

tests_small_interface_SOURCES = tests/small_interface.c tests/said.h tests/unit.h
tests_small_interface_CFLAGS = $(UNIT_CFLAGS)
tests_small_interface_LDADD = $(UNIT_LIBS)

endif

# bdwgc's own tests, from a source of it that the user has: make check-bdwgc BDWGC_SOURCE=directory
EXTRA_DIST += tests/run-bdwgc
.PHONY: check-bdwgc
check-bdwgc: all
	$(srcdir)/tests/run-bdwgc '$(BDWGC_SOURCE)' .
