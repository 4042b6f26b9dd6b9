# The collector: everything below gc/, once as a convenience library whose hidden names the unit
# tests can reach, and from it the shared and the static library.

noinst_LTLIBRARIES += libspangc_all.la

libspangc_all_la_SOURCES = \
  gc/api/api.h \
  gc/api/backptr.c \
  gc/api/badfree.c \
  gc/api/badfree.h \
  gc/api/clearstack.c \
  gc/api/collect.c \
  gc/api/debug.c \
  gc/api/debug.h \
  gc/api/debugfinalizers.c \
  gc/api/debugreport.c \
  gc/api/disclaim.c \
  gc/api/finalizers.c \
  gc/api/finalizerthread.c \
  gc/api/gcj.c \
  gc/api/init.c \
  gc/api/kinds.c \
  gc/api/log.c \
  gc/api/malloc.c \
  gc/api/marks.c \
  gc/api/object.c \
  gc/api/options.c \
  gc/api/options.h \
  gc/api/regions.c \
  gc/api/resize.c \
  gc/api/roots.c \
  gc/api/settings.c \
  gc/api/stats.c \
  gc/api/string.c \
  gc/api/threads.c \
  gc/api/toggles.c \
  gc/api/typed.c \
  gc/api/warn.c \
  gc/cycle/census.c \
  gc/cycle/census.h \
  gc/cycle/cycle.c \
  gc/cycle/cycle.h \
  gc/cycle/idle.c \
  gc/cycle/idle.h \
  gc/cycle/inspect.c \
  gc/cycle/inspect.h \
  gc/cycle/pace.c \
  gc/cycle/pace.h \
  gc/cycle/scavenger.c \
  gc/cycle/scavenger.h \
  gc/cycle/sweeper.c \
  gc/cycle/sweeper.h \
  gc/cycle/trace.c \
  gc/cycle/trace.h \
  gc/cycle/verify.c \
  gc/cycle/verify.h \
  gc/cycle/walk.c \
  gc/cycle/walk.h \
  gc/heap/alloc.c \
  gc/heap/alloc.h \
  gc/heap/cache.c \
  gc/heap/cache.h \
  gc/heap/central.c \
  gc/heap/central.h \
  gc/heap/descriptor.h \
  gc/heap/find.h \
  gc/heap/heap.c \
  gc/heap/heap.h \
  gc/heap/kind.c \
  gc/heap/kind.h \
  gc/heap/reserve.c \
  gc/heap/reserve.h \
  gc/heap/sizeclass.c \
  gc/heap/sizeclass.h \
  gc/heap/span.c \
  gc/heap/span.h \
  gc/heap/special.c \
  gc/heap/special.h \
  gc/heap/sweep.c \
  gc/heap/sweep.h \
  gc/mark/bitmaps.c \
  gc/mark/bitmaps.h \
  gc/mark/described.c \
  gc/mark/described.h \
  gc/mark/helpers.c \
  gc/mark/helpers.h \
  gc/mark/mark.c \
  gc/mark/mark.h \
  gc/mark/packets.c \
  gc/mark/packets.h \
  gc/mark/procedures.c \
  gc/mark/procedures.h \
  gc/mark/roots.c \
  gc/mark/roots.h \
  gc/mark/together.c \
  gc/mark/together.h \
  gc/mark/words.c \
  gc/mark/words.h \
  gc/memory/gcbits.c \
  gc/memory/gcbits.h \
  gc/memory/lazyarray.c \
  gc/memory/lazyarray.h \
  gc/memory/pagealloc.c \
  gc/memory/pagealloc.h \
  gc/memory/pagecache.c \
  gc/memory/pagecache.h \
  gc/memory/region.c \
  gc/memory/region.h \
  gc/platform/atomics.h \
  gc/platform/biasedlock.c \
  gc/platform/biasedlock.h \
  gc/platform/check.c \
  gc/platform/check.h \
  gc/platform/clear.h \
  gc/platform/files.h \
  gc/platform/lock.c \
  gc/platform/lock.h \
  gc/platform/os.h \
  gc/platform/peek.h \
  gc/platform/symbols.h \
  gc/platform/unwind.h \
  gc/services/debugobj.c \
  gc/services/debugobj.h \
  gc/services/disclaim.c \
  gc/services/disclaim.h \
  gc/services/finalize.c \
  gc/services/finalize.h \
  gc/services/links.c \
  gc/services/links.h \
  gc/services/sites.c \
  gc/services/sites.h \
  gc/services/table.c \
  gc/services/table.h \
  gc/services/toggles.c \
  gc/services/toggles.h \
  gc/threads/blocking.c \
  gc/threads/blocking.h \
  gc/threads/bystanders.c \
  gc/threads/bystanders.h \
  gc/threads/costacks.c \
  gc/threads/costacks.h \
  gc/threads/create.c \
  gc/threads/fakestack.c \
  gc/threads/fakestack.h \
  gc/threads/fork.c \
  gc/threads/handlers.h \
  gc/threads/helper.c \
  gc/threads/helper.h \
  gc/threads/interposed.h \
  gc/threads/interrupted.c \
  gc/threads/interrupted.h \
  gc/threads/loader.c \
  gc/threads/loader.h \
  gc/threads/loaderlock.h \
  gc/threads/maps.h \
  gc/threads/ownedlock.c \
  gc/threads/ownedlock.h \
  gc/threads/pages.h \
  gc/threads/park.c \
  gc/threads/park.h \
  gc/threads/realcalls.h \
  gc/threads/record.c \
  gc/threads/record.h \
  gc/threads/registers.h \
  gc/threads/registry.h \
  gc/threads/signals.h \
  gc/threads/stackbounds.h \
  gc/threads/stacks.c \
  gc/threads/stacks.h \
  gc/threads/stop.c \
  gc/threads/stop.h \
  gc/threads/strangers.h \
  gc/threads/suspend.c \
  gc/threads/tasks.h \
  gc/threads/tardy.h \
  gc/threads/thread.c \
  gc/threads/thread.h \
  gc/threads/tls.h \
  gc/threads/tlslayout.h \
  gc/threads/waiting.h

# The host's own files (configure.ac chooses).
if ARCH_X86_64
libspangc_all_la_SOURCES += \
  gc/platform/clear-x86_64.c \
  gc/mark/words-x86_64.c \
  gc/threads/registers-x86_64.c
else
libspangc_all_la_SOURCES += \
  gc/mark/words-none.c
endif
if OS_LINUX
libspangc_all_la_SOURCES += \
  gc/platform/cpus-linux.c \
  gc/platform/files-linux.c \
  gc/platform/os-linux.c \
  gc/platform/peek-linux.c \
  gc/threads/maps-linux.c \
  gc/threads/pages-linux.c \
  gc/threads/signals-linux.c \
  gc/threads/strangers-linux.c \
  gc/threads/tardy-linux.c \
  gc/threads/tasks-linux.c
endif
if LIBC_GLIBC
libspangc_all_la_SOURCES += \
  gc/platform/symbols-glibc.c \
  gc/threads/loaderlock-glibc.c \
  gc/threads/stackbounds-glibc.c \
  gc/threads/tls-glibc.c \
  gc/threads/tlslayout-glibc.c \
  gc/threads/waiting-glibc.c
endif

# What is known of the calls that led to an allocation.
if HAVE_UNWIND
libspangc_all_la_SOURCES += gc/platform/unwind-glibc.c
else
libspangc_all_la_SOURCES += gc/platform/unwind-none.c
endif
if HAVE_LIBDW
libspangc_all_la_SOURCES += gc/platform/symbols-libdw.c
else
libspangc_all_la_SOURCES += gc/platform/symbols-none.c
endif

GC_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden -ftls-model=initial-exec -fno-tree-slp-vectorize
# No SLP vectors: a pair of words stored a moment ago (a mark stack entry) would be loaded as one
# vector, which the processor cannot forward from two stores: 21 % of the time of bench/trees.

libspangc_all_la_CFLAGS = $(GC_CFLAGS)

# What takes the place of calls of the C library; compiled twice (gc/threads/interposed.h).
INTERPOSED =
if LIBC_GLIBC
INTERPOSED += \
  gc/threads/interposed-handlers-glibc.c \
  gc/threads/interposed-loader-glibc.c \
  gc/threads/interposed-masks-glibc.c \
  gc/threads/interposed-processes-glibc.c \
  gc/threads/interposed-threads-glibc.c \
  gc/threads/interposed-transfers-glibc.c \
  gc/threads/interposed-waits-glibc.c
endif

# libspangc.so: never unloaded (threads of the program may be in it at any time). It takes calls of
# the C library over by their plain names. Version: see libtool's manual; the first number names the
# soname, libspangc.so.0.
lib_LTLIBRARIES += libspangc.la

libspangc_la_SOURCES = gc/api/dlopen.c $(INTERPOSED)
if LIBC_GLIBC
libspangc_la_SOURCES += gc/threads/realcalls-glibc.c
endif
libspangc_la_CFLAGS = $(GC_CFLAGS)
libspangc_la_LIBADD = libspangc_all.la -ldl
libspangc_la_LDFLAGS = $(AM_LDFLAGS) -shared -no-undefined -version-info 0:0:0 -Wl,-z,nodelete

# The whole collector without interposing anything by itself: for the unit tests and libspangc.a.
noinst_LTLIBRARIES += libspangc_static.la
libspangc_static_la_SOURCES = $(INTERPOSED)
libspangc_static_la_CPPFLAGS = $(AM_CPPFLAGS) -DINTERPOSED_BY_WRAP
libspangc_static_la_CFLAGS = $(GC_CFLAGS)
libspangc_static_la_LIBADD = libspangc_all.la

# libspangc.a: internal names are plain C names, so all objects become one whose hidden symbols
# are local; only the public interface is left to clash with a program's names. Programs are linked
# with $(WRAP_FLAGS) (configure.ac). static.ld tells the collector where its own data lie.
EXTRA_DIST += gc/static.ld
if BUILD_STATIC
staticlibdir = $(libdir)
nodist_staticlib_DATA = libspangc.a

libspangc.a: libspangc_static.la gc/api/libspangc_la-dlopen.lo gc/static.ld
	$(AM_V_GEN)$(LD_R) -r --force-group-allocation -T $(srcdir)/gc/static.ld -o libspangc-all.o \
	  --whole-archive .libs/libspangc_static.a && \
	$(OBJCOPY) --localize-hidden libspangc-all.o && \
	rm -f $@ && $(AR) cr $@ libspangc-all.o gc/api/.libs/libspangc_la-dlopen.o && \
	$(RANLIB) $@ && rm -f libspangc-all.o

CLEANFILES += libspangc.a libspangc-all.o
endif
