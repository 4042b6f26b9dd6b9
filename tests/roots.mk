# Issue 3's tests, all of them through the public interface only: which pointers are found
# (tests/roots/), threads, forks and loaded libraries.
#
#   make roots-table       where the only pointer is: spangc beside Debian's libgc
#   make roots-table ROWS="tls-main altstack-mapped"

PUBLIC_TEST_OPTIONS = -I$(top_srcdir)/include
PUBLIC_TEST_LINK = -no-install $(AM_LDFLAGS)

# ---- tests/roots ----

ROOTS_SOURCES = \
  tests/roots/controls.c \
  tests/roots/coroutines.c \
  tests/roots/data.c \
  tests/roots/flight.c \
  tests/roots/items.c \
  tests/roots/main.c \
  tests/roots/nots.c \
  tests/roots/registers.c \
  tests/roots/roots.h \
  tests/roots/stacks.c \
  tests/roots/support.c \
  tests/roots/tls.c
ROOTS_OPTIONS = -DROOTS_MODULES='"$(abs_builddir)/tests/roots/.libs"'

check_PROGRAMS += tests/roots/roots
tests_roots_roots_SOURCES = $(ROOTS_SOURCES)
tests_roots_roots_CPPFLAGS = $(PUBLIC_TEST_OPTIONS) $(ROOTS_OPTIONS) $(ROOTS_ASAN)
tests_roots_roots_LDFLAGS = $(PUBLIC_TEST_LINK)
tests_roots_roots_LDADD = libspangc.la -ldl -lrt

# The same for the rows about AddressSanitizer, linked to the collector as it is.
if HAVE_ASAN
ROOTS_ASAN_PROGRAM = tests/roots/roots-asan$(EXEEXT)
ROOTS_ASAN = -DROOTS_ASAN='"$(abs_builddir)/$(ROOTS_ASAN_PROGRAM)"'
ROOTS_ASAN_LIBGC_PROGRAM = tests/roots/roots-asan-libgc$(EXEEXT)
ROOTS_ASAN_LIBGC = -DROOTS_ASAN='"$(abs_builddir)/$(ROOTS_ASAN_LIBGC_PROGRAM)"'
check_PROGRAMS += tests/roots/roots-asan
tests_roots_roots_asan_SOURCES = $(ROOTS_SOURCES)
tests_roots_roots_asan_CPPFLAGS = $(PUBLIC_TEST_OPTIONS) $(ROOTS_OPTIONS)
tests_roots_roots_asan_CFLAGS = $(AM_CFLAGS) -fsanitize=address
tests_roots_roots_asan_LDFLAGS = $(PUBLIC_TEST_LINK) -fsanitize=address
tests_roots_roots_asan_LDADD = libspangc.la -ldl -lrt

EXTRA_PROGRAMS += tests/roots/roots-asan-libgc
tests_roots_roots_asan_libgc_SOURCES = $(ROOTS_SOURCES)
tests_roots_roots_asan_libgc_CPPFLAGS = $(ROOTS_OPTIONS)
tests_roots_roots_asan_libgc_CFLAGS = $(AM_CFLAGS) -fsanitize=address
tests_roots_roots_asan_libgc_LDFLAGS = $(PUBLIC_TEST_LINK) -fsanitize=address
tests_roots_roots_asan_libgc_LDADD = $(LIBGC_LIBS) -ldl -lrt
CLEANFILES += $(ROOTS_ASAN_LIBGC_PROGRAM)
endif

# Knows nothing of the collector, and is loaded by dlopen; -rpath makes it a shared library.
check_LTLIBRARIES += tests/roots/plain.la
tests_roots_plain_la_SOURCES = tests/roots/plain.c
tests_roots_plain_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere

# For tests/run-mutants, which knows programs of the build directory only: some of the rows.
ROOTS_NEEDS = tests/roots/roots$(EXEEXT) $(ROOTS_ASAN_PROGRAM) tests/roots/plain.la
tests/roots/run-asan: $(ROOTS_NEEDS)
	$(AM_V_GEN)printf '#!/bin/sh\nsrcdir=%s exec %s %s\n' $(abs_srcdir) \
	  $(abs_srcdir)/tests/roots/check 'asan-fake-stack asan-fake-stack-other \
	  asan-fake-stack-nested asan-flight-start' >$@ && chmod +x $@
tests/roots/run-data: $(ROOTS_NEEDS)
	$(AM_V_GEN)printf '#!/bin/sh\nsrcdir=%s exec %s %s\n' $(abs_srcdir) \
	  $(abs_srcdir)/tests/roots/check 'global global-data global-module global-module-data \
	  global-dlclose argv environ add-roots uncollectable' >$@ && chmod +x $@
CLEANFILES += tests/roots/run-asan tests/roots/run-data

dist_check_SCRIPTS += tests/roots/check
TESTS += tests/roots/check
EXTRA_DIST += tests/roots/table

EXTRA_PROGRAMS += tests/roots/roots-libgc

tests_roots_roots_libgc_SOURCES = $(ROOTS_SOURCES)
tests_roots_roots_libgc_CPPFLAGS = $(ROOTS_OPTIONS) $(ROOTS_ASAN_LIBGC)
tests_roots_roots_libgc_LDFLAGS = $(PUBLIC_TEST_LINK)
tests_roots_roots_libgc_LDADD = $(LIBGC_LIBS) -ldl -lrt

# Built where static.mk says. -rdynamic: row_function looks names of the collector up at run time.
tests_roots_roots_static_SOURCES = $(ROOTS_SOURCES)
tests_roots_roots_static_CPPFLAGS = $(PUBLIC_TEST_OPTIONS) $(ROOTS_OPTIONS) $(ROOTS_ASAN)
tests_roots_roots_static_LDFLAGS = $(PUBLIC_TEST_LINK) $(WRAP_FLAGS) -rdynamic
tests_roots_roots_static_LDADD = libspangc.a -ldl -lrt

ROOTS_TABLE_NEEDS = tests/roots/roots$(EXEEXT) tests/roots/plain.la tools/spangc$(EXEEXT)
if HAVE_LIBGC
ROOTS_TABLE_NEEDS += tests/roots/roots-libgc$(EXEEXT) $(ROOTS_ASAN_LIBGC_PROGRAM)
endif
if BUILD_STATIC
ROOTS_TABLE_NEEDS += tests/roots/roots-static$(EXEEXT)
endif

.PHONY: roots-table
roots-table: $(ROOTS_TABLE_NEEDS) $(THIN_LIBS)
	@$(SHELL) $(srcdir)/tests/roots/table $(ROWS)

CLEANFILES += tests/roots/roots-libgc$(EXEEXT)

# ---- Threads, forks, loaded libraries ----
#
#   make storm             20,000 threads, and 2,000 at once, four times

check_PROGRAMS += tests/storm tests/forks tests/dlopen tests/plugin_host
TESTS += tests/storm tests/forks tests/dlopen

tests_storm_SOURCES = tests/storm.c tests/public.h
tests_storm_CPPFLAGS = $(PUBLIC_TEST_OPTIONS)
tests_storm_LDFLAGS = $(PUBLIC_TEST_LINK)
tests_storm_LDADD = libspangc.la

tests_forks_SOURCES = tests/forks.c tests/public.h
tests_forks_CPPFLAGS = $(PUBLIC_TEST_OPTIONS)
tests_forks_LDFLAGS = $(PUBLIC_TEST_LINK)
tests_forks_LDADD = libspangc.la

MODULES_OPTION = -DMODULES='"$(abs_builddir)/tests"'

# -rdynamic: dlmodule calls the program.
tests_dlopen_SOURCES = tests/dlopen.c tests/public.h
tests_dlopen_CPPFLAGS = $(PUBLIC_TEST_OPTIONS) $(MODULES_OPTION)
tests_dlopen_LDFLAGS = $(PUBLIC_TEST_LINK) -rdynamic
tests_dlopen_LDADD = libspangc.la -ldl
EXTRA_tests_dlopen_DEPENDENCIES = tests/dlmodule.la tests/plugin.la tests/roots/plain.la \
  tests/plugin_host$(EXEEXT)

tests_plugin_host_SOURCES = tests/plugin_host.c
tests_plugin_host_CPPFLAGS = $(MODULES_OPTION)
tests_plugin_host_LDFLAGS = $(PUBLIC_TEST_LINK)
tests_plugin_host_LDADD = -ldl

check_LTLIBRARIES += tests/dlmodule.la tests/plugin.la
tests_dlmodule_la_SOURCES = tests/dlmodule.c
tests_dlmodule_la_CPPFLAGS = $(PUBLIC_TEST_OPTIONS)
tests_dlmodule_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
tests_plugin_la_SOURCES = tests/plugin.c tests/public.h
tests_plugin_la_CPPFLAGS = $(PUBLIC_TEST_OPTIONS)
tests_plugin_la_LDFLAGS = $(AM_LDFLAGS) -module -avoid-version -shared -rpath /nowhere
tests_plugin_la_LIBADD = libspangc.la

.PHONY: storm
storm: tests/storm$(EXEEXT)
	tests/storm$(EXEEXT) 20000 2000

check_PROGRAMS += tests/blocking
TESTS += tests/blocking
tests_blocking_SOURCES = tests/blocking.c tests/public.h
tests_blocking_CPPFLAGS = $(PUBLIC_TEST_OPTIONS)
tests_blocking_LDFLAGS = $(PUBLIC_TEST_LINK)
tests_blocking_LDADD = libspangc.la

# ---- Beside libgc ----
#
#   make stops-table       how long it takes to stop 1 to 2,000 threads

EXTRA_PROGRAMS += bench/stops-spangc bench/stops-libgc
EXTRA_DIST += bench/stops-table
CLEANFILES += bench/stops-spangc$(EXEEXT) bench/stops-libgc$(EXEEXT)

bench_stops_spangc_SOURCES = bench/stops.c
bench_stops_spangc_CPPFLAGS = $(PUBLIC_TEST_OPTIONS)
bench_stops_spangc_LDFLAGS = $(PUBLIC_TEST_LINK)
bench_stops_spangc_LDADD = libspangc.la
bench_stops_libgc_SOURCES = bench/stops.c
bench_stops_libgc_CPPFLAGS =
bench_stops_libgc_LDFLAGS = $(PUBLIC_TEST_LINK)
bench_stops_libgc_LDADD = $(LIBGC_LIBS)

.PHONY: stops-table
stops-table: bench/stops-spangc$(EXEEXT) bench/stops-libgc$(EXEEXT)
	@$(SHELL) $(srcdir)/bench/stops-table

#   make retention-table   how much garbage is kept

check_PROGRAMS += tests/retention
TESTS += tests/retention
EXTRA_PROGRAMS += tests/retention-libgc
EXTRA_DIST += tests/retention-table
CLEANFILES += tests/retention-libgc$(EXEEXT)

tests_retention_SOURCES = tests/retention.c tests/public.h
tests_retention_CPPFLAGS = $(PUBLIC_TEST_OPTIONS)
tests_retention_LDFLAGS = $(PUBLIC_TEST_LINK)
tests_retention_LDADD = libspangc.la
tests_retention_libgc_SOURCES = tests/retention.c tests/public.h
tests_retention_libgc_CPPFLAGS =
tests_retention_libgc_LDFLAGS = $(PUBLIC_TEST_LINK)
tests_retention_libgc_LDADD = $(LIBGC_LIBS)

.PHONY: retention-table
retention-table: tests/retention$(EXEEXT) tests/retention-libgc$(EXEEXT)
	@$(SHELL) $(srcdir)/tests/retention-table

# ---- Everything at once ----
#
#   make stress            ten minutes
#   make stress STRESS_SECONDS=60 STRESS_SEED=12345

check_PROGRAMS += tests/stress_all
TESTS += tests/stress_all
tests_stress_all_SOURCES = tests/stress_all.c tests/public.h
tests_stress_all_CPPFLAGS = $(PUBLIC_TEST_OPTIONS) $(MODULES_OPTION)
tests_stress_all_LDFLAGS = $(PUBLIC_TEST_LINK)
tests_stress_all_LDADD = libspangc.la -ldl
EXTRA_tests_stress_all_DEPENDENCIES = tests/roots/plain.la

STRESS_SECONDS = 600
STRESS_BYTES = 20000

.PHONY: stress
stress: tests/stress_all$(EXEEXT)
	SPANGC_STRESS=$(STRESS_BYTES) tests/stress_all$(EXEEXT) $(STRESS_SECONDS) $(STRESS_SEED)
