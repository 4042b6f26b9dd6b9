# The benchmarks, each built twice: bench/X-spangc against this tree, bench/X-libgc against bdwgc as
# the system has it. Only `make bench` builds and runs them.
#
#   make bench                                   the basic rows, at most five minutes
#   make bench BENCH_FLAGS="--full -n 3"         all rows, three runs of each
#   make bench BENCH_FLAGS="--rows 'small-*'"    some rows; `bench/run --help` tells the rest
#
# The libgc programs must not see our include directory: their gc.h is the system's. What differs
# from one program to the next is its name only, but automake knows no loops.

BENCH_COMMON = bench/bench.c bench/bench.h bench/heap.h
BENCH_OURS = -DHEAP_GC -I$(top_srcdir)/include
BENCH_THEIRS = -DHEAP_GC
# No libtool wrapper, whose start would be timed and whose memory would be counted.
BENCH_LINK = -no-install $(AM_LDFLAGS)

BENCH_SPANGC = \
	bench/small-spangc$(EXEEXT) \
	bench/trees-spangc$(EXEEXT) \
	bench/gcbench-spangc$(EXEEXT) \
	bench/lifetimes-spangc$(EXEEXT) \
	bench/graph-spangc$(EXEEXT) \
	bench/large-spangc$(EXEEXT) \
	bench/strings-spangc$(EXEEXT) \
	bench/hashtab-spangc$(EXEEXT) \
	bench/finalize-spangc$(EXEEXT) \
	bench/threads-spangc$(EXEEXT) \
	bench/forks-spangc$(EXEEXT) \
	bench/queue-spangc$(EXEEXT)

BENCH_LIBGC = \
	bench/small-libgc$(EXEEXT) \
	bench/trees-libgc$(EXEEXT) \
	bench/gcbench-libgc$(EXEEXT) \
	bench/lifetimes-libgc$(EXEEXT) \
	bench/graph-libgc$(EXEEXT) \
	bench/large-libgc$(EXEEXT) \
	bench/strings-libgc$(EXEEXT) \
	bench/hashtab-libgc$(EXEEXT) \
	bench/finalize-libgc$(EXEEXT) \
	bench/threads-libgc$(EXEEXT) \
	bench/forks-libgc$(EXEEXT) \
	bench/queue-libgc$(EXEEXT)

EXTRA_PROGRAMS = \
	bench/run \
	bench/small-spangc bench/small-libgc \
	bench/trees-spangc bench/trees-libgc \
	bench/gcbench-spangc bench/gcbench-libgc \
	bench/lifetimes-spangc bench/lifetimes-libgc \
	bench/graph-spangc bench/graph-libgc \
	bench/large-spangc bench/large-libgc \
	bench/strings-spangc bench/strings-libgc \
	bench/hashtab-spangc bench/hashtab-libgc \
	bench/finalize-spangc bench/finalize-libgc \
	bench/threads-spangc bench/threads-libgc \
	bench/forks-spangc bench/forks-libgc \
	bench/queue-spangc bench/queue-libgc

CLEANFILES += $(EXTRA_PROGRAMS)

.PHONY: bench
if HAVE_LIBGC
bench: bench/run$(EXEEXT) $(BENCH_SPANGC) $(BENCH_LIBGC)
	bench/run $(BENCH_FLAGS) spangc=bench/%-spangc libgc=bench/%-libgc
else
bench:
	@echo "make bench compares with bdwgc: install libgc-dev and run configure again" >&2; exit 1
endif

bench_run_SOURCES = bench/run.c
bench_run_CPPFLAGS = -D_GNU_SOURCE
bench_run_LDADD = -lm

bench_small_spangc_SOURCES = bench/small.c $(BENCH_COMMON)
bench_small_spangc_CPPFLAGS = $(BENCH_OURS)
bench_small_spangc_LDFLAGS = $(BENCH_LINK)
bench_small_spangc_LDADD = libspangc.la
bench_small_libgc_SOURCES = bench/small.c $(BENCH_COMMON)
bench_small_libgc_CPPFLAGS = $(BENCH_THEIRS)
bench_small_libgc_LDFLAGS = $(BENCH_LINK)
bench_small_libgc_LDADD = $(LIBGC_LIBS)

bench_trees_spangc_SOURCES = bench/trees.c $(BENCH_COMMON)
bench_trees_spangc_CPPFLAGS = $(BENCH_OURS)
bench_trees_spangc_LDFLAGS = $(BENCH_LINK)
bench_trees_spangc_LDADD = libspangc.la
bench_trees_libgc_SOURCES = bench/trees.c $(BENCH_COMMON)
bench_trees_libgc_CPPFLAGS = $(BENCH_THEIRS)
bench_trees_libgc_LDFLAGS = $(BENCH_LINK)
bench_trees_libgc_LDADD = $(LIBGC_LIBS)

bench_gcbench_spangc_SOURCES = bench/gcbench.c $(BENCH_COMMON)
bench_gcbench_spangc_CPPFLAGS = $(BENCH_OURS)
bench_gcbench_spangc_LDFLAGS = $(BENCH_LINK)
bench_gcbench_spangc_LDADD = libspangc.la
bench_gcbench_libgc_SOURCES = bench/gcbench.c $(BENCH_COMMON)
bench_gcbench_libgc_CPPFLAGS = $(BENCH_THEIRS)
bench_gcbench_libgc_LDFLAGS = $(BENCH_LINK)
bench_gcbench_libgc_LDADD = $(LIBGC_LIBS)

bench_lifetimes_spangc_SOURCES = bench/lifetimes.c $(BENCH_COMMON)
bench_lifetimes_spangc_CPPFLAGS = $(BENCH_OURS)
bench_lifetimes_spangc_LDFLAGS = $(BENCH_LINK)
bench_lifetimes_spangc_LDADD = libspangc.la
bench_lifetimes_libgc_SOURCES = bench/lifetimes.c $(BENCH_COMMON)
bench_lifetimes_libgc_CPPFLAGS = $(BENCH_THEIRS)
bench_lifetimes_libgc_LDFLAGS = $(BENCH_LINK)
bench_lifetimes_libgc_LDADD = $(LIBGC_LIBS)

bench_graph_spangc_SOURCES = bench/graph.c $(BENCH_COMMON)
bench_graph_spangc_CPPFLAGS = $(BENCH_OURS)
bench_graph_spangc_LDFLAGS = $(BENCH_LINK)
bench_graph_spangc_LDADD = libspangc.la
bench_graph_libgc_SOURCES = bench/graph.c $(BENCH_COMMON)
bench_graph_libgc_CPPFLAGS = $(BENCH_THEIRS)
bench_graph_libgc_LDFLAGS = $(BENCH_LINK)
bench_graph_libgc_LDADD = $(LIBGC_LIBS)

bench_large_spangc_SOURCES = bench/large.c $(BENCH_COMMON)
bench_large_spangc_CPPFLAGS = $(BENCH_OURS)
bench_large_spangc_LDFLAGS = $(BENCH_LINK)
bench_large_spangc_LDADD = libspangc.la
bench_large_libgc_SOURCES = bench/large.c $(BENCH_COMMON)
bench_large_libgc_CPPFLAGS = $(BENCH_THEIRS)
bench_large_libgc_LDFLAGS = $(BENCH_LINK)
bench_large_libgc_LDADD = $(LIBGC_LIBS)

bench_strings_spangc_SOURCES = bench/strings.c $(BENCH_COMMON)
bench_strings_spangc_CPPFLAGS = $(BENCH_OURS)
bench_strings_spangc_LDFLAGS = $(BENCH_LINK)
bench_strings_spangc_LDADD = libspangc.la
bench_strings_libgc_SOURCES = bench/strings.c $(BENCH_COMMON)
bench_strings_libgc_CPPFLAGS = $(BENCH_THEIRS)
bench_strings_libgc_LDFLAGS = $(BENCH_LINK)
bench_strings_libgc_LDADD = $(LIBGC_LIBS)

bench_hashtab_spangc_SOURCES = bench/hashtab.c $(BENCH_COMMON)
bench_hashtab_spangc_CPPFLAGS = $(BENCH_OURS)
bench_hashtab_spangc_LDFLAGS = $(BENCH_LINK)
bench_hashtab_spangc_LDADD = libspangc.la
bench_hashtab_libgc_SOURCES = bench/hashtab.c $(BENCH_COMMON)
bench_hashtab_libgc_CPPFLAGS = $(BENCH_THEIRS)
bench_hashtab_libgc_LDFLAGS = $(BENCH_LINK)
bench_hashtab_libgc_LDADD = $(LIBGC_LIBS)

bench_finalize_spangc_SOURCES = bench/finalize.c $(BENCH_COMMON)
bench_finalize_spangc_CPPFLAGS = $(BENCH_OURS)
bench_finalize_spangc_LDFLAGS = $(BENCH_LINK)
bench_finalize_spangc_LDADD = libspangc.la
bench_finalize_libgc_SOURCES = bench/finalize.c $(BENCH_COMMON)
bench_finalize_libgc_CPPFLAGS = $(BENCH_THEIRS)
bench_finalize_libgc_LDFLAGS = $(BENCH_LINK)
bench_finalize_libgc_LDADD = $(LIBGC_LIBS)

bench_threads_spangc_SOURCES = bench/threads.c $(BENCH_COMMON)
bench_threads_spangc_CPPFLAGS = $(BENCH_OURS)
bench_threads_spangc_LDFLAGS = $(BENCH_LINK)
bench_threads_spangc_LDADD = libspangc.la
bench_threads_libgc_SOURCES = bench/threads.c $(BENCH_COMMON)
bench_threads_libgc_CPPFLAGS = $(BENCH_THEIRS)
bench_threads_libgc_LDFLAGS = $(BENCH_LINK)
bench_threads_libgc_LDADD = $(LIBGC_LIBS)

bench_forks_spangc_SOURCES = bench/forks.c $(BENCH_COMMON)
bench_forks_spangc_CPPFLAGS = $(BENCH_OURS)
bench_forks_spangc_LDFLAGS = $(BENCH_LINK)
bench_forks_spangc_LDADD = libspangc.la
bench_forks_libgc_SOURCES = bench/forks.c $(BENCH_COMMON)
bench_forks_libgc_CPPFLAGS = $(BENCH_THEIRS)
bench_forks_libgc_LDFLAGS = $(BENCH_LINK)
bench_forks_libgc_LDADD = $(LIBGC_LIBS)

bench_queue_spangc_SOURCES = bench/queue.c $(BENCH_COMMON)
bench_queue_spangc_CPPFLAGS = $(BENCH_OURS)
bench_queue_spangc_LDFLAGS = $(BENCH_LINK)
bench_queue_spangc_LDADD = libspangc.la
bench_queue_libgc_SOURCES = bench/queue.c $(BENCH_COMMON)
bench_queue_libgc_CPPFLAGS = $(BENCH_THEIRS)
bench_queue_libgc_LDFLAGS = $(BENCH_LINK)
bench_queue_libgc_LDADD = $(LIBGC_LIBS)
