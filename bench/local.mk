# The benchmarks: each program is built against each collector, as bench/PROGRAM-COLLECTOR.
#
#   make bench                                   the table, three runs of each row: minutes
#   make bench-table                             all rows, seven runs, table and chart
#   make bench-scaling                           1 to 16 threads and markers
#   make bench BENCH_FLAGS="--rows 'small-*'"    some rows; `bench/run --help` tells the rest
#
# Every single run is kept in bench/bench.csv; `make bench-report` makes the table again from it.
# A new program is a name in BENCH_NAMES. A new collector is a rule that builds PROGRAM-COLLECTOR,
# a word in BENCH_COLLECTORS and, for its column, a name in bench/results.awk.

BENCH_NAMES = small trees gcbench lifetimes graph large strings hashtab finalize threads forks \
  queue
BENCH_GO_NAMES = trees gcbench

BENCH_COLLECTORS = spangc
BENCH_MISSING =
if HAVE_MIMALLOC
BENCH_COLLECTORS += mimalloc
else
BENCH_MISSING += mimalloc=libmimalloc-dev
endif
if HAVE_JEMALLOC
BENCH_COLLECTORS += jemalloc
else
BENCH_MISSING += jemalloc=libjemalloc-dev
endif
if HAVE_GO
BENCH_COLLECTORS += go
else
BENCH_MISSING += Go=golang-go
endif
# The last one is the base.
BENCH_COLLECTORS += malloc libgc

BENCH_BINARIES = $(foreach c,$(filter-out go,$(BENCH_COLLECTORS)),$(BENCH_NAMES:%=bench/%-$(c))) \
  $(foreach c,$(filter go,$(BENCH_COLLECTORS)),$(BENCH_GO_NAMES:%=bench/%-$(c)))
BENCH_VARIANTS = $(foreach c,$(BENCH_COLLECTORS),$(c)=bench/%-$(c))
BENCH_CSV = bench/bench.csv


bench_run_SOURCES = bench/run.c
bench_run_CPPFLAGS = -D_GNU_SOURCE
bench_run_LDADD = -lm

# ---- Building ----
#
# Rules of our own: automake knows no loops. The libgc programs must not see our include directory,
# their gc.h is the system's. No libtool wrapper stands in front of a program: its start would be
# timed and its memory counted.

BENCH_SHARED = bench/bench.c bench/bench.h bench/heap.h
BENCH_CC = $(AM_V_CC)$(MKDIR_P) bench && \
  $(CC) $(AM_CFLAGS) $(CFLAGS) $(AM_LDFLAGS) $(LDFLAGS) -o $@ $< $(srcdir)/bench/bench.c

bench/%-spangc: bench/%.c $(BENCH_SHARED) libspangc.la
	$(BENCH_CC) -DHEAP_GC -I$(top_srcdir)/include -L.libs -lspangc \
	  -Wl,-rpath,$(abs_builddir)/.libs
bench/%-libgc: bench/%.c $(BENCH_SHARED)
	$(BENCH_CC) -DHEAP_GC $(LIBGC_LIBS)
bench/%-malloc: bench/%.c $(BENCH_SHARED)
	$(BENCH_CC) -DHEAP_MALLOC
bench/%-mimalloc: bench/%.c $(BENCH_SHARED)
	$(BENCH_CC) -DHEAP_MALLOC -lmimalloc
bench/%-jemalloc: bench/%.c $(BENCH_SHARED)
	$(BENCH_CC) -DHEAP_MALLOC -ljemalloc
bench/%-go: bench/%.go bench/bench.go
	$(AM_V_GEN)$(MKDIR_P) bench && GO111MODULE=off GOCACHE=$(abs_builddir)/bench/go-cache \
	  $(GO) build -o $@ $< $(srcdir)/bench/bench.go

EXTRA_DIST += $(BENCH_NAMES:%=bench/%.c) $(BENCH_GO_NAMES:%=bench/%.go) $(BENCH_SHARED) \
  bench/bench.go bench/goals bench/report bench/results.awk bench/table.awk bench/chart.awk \
  bench/scaling doc/benchmarks.md doc/benchmarks.svg

clean-local: bench-clean
bench-clean:
	rm -rf $(BENCH_BINARIES) bench/run bench/go-cache bench/*.csv bench/chart.svg

# ---- Running ----

.PHONY: bench bench-table bench-scaling bench-report bench-clean bench-built
if HAVE_LIBGC
bench-built: bench/run$(EXEEXT) $(BENCH_BINARIES)
else
bench-built:
	@echo "The benchmarks compare with bdwgc: install libgc-dev and run configure again" >&2; exit 1
endif

# A row that fails is said in the table, too.
bench: bench-built
	bench/run -n 3 --csv $(BENCH_CSV) $(BENCH_FLAGS) $(BENCH_VARIANTS); status=$$?; \
	$(MAKE) --no-print-directory bench-report && exit $$status

bench-table:
	@$(MAKE) --no-print-directory bench BENCH_FLAGS="--full -n 7 $(BENCH_FLAGS)"

bench-report:
	@$(SHELL) $(srcdir)/bench/report $(BENCH_CSV) bench/chart.svg $(BENCH_MISSING)

bench-scaling: bench-built
	@$(SHELL) $(srcdir)/bench/scaling $(BENCH_FLAGS)

# Every program at tiny sizes with us and with malloc: that they build, and find their results right.
dist_check_SCRIPTS += bench/smoke
check_PROGRAMS += bench/run
check_DATA = $(BENCH_NAMES:%=bench/%-spangc) $(BENCH_NAMES:%=bench/%-malloc)
TESTS += bench/smoke
