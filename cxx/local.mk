# The objects of the libraries for C++ programs: libgccpp, with operators new and delete, and
# libgctba, of which GC_throw_bad_alloc is all. dropin/local.mk links them. Nothing of the C++ library
# gets into libspangc.

public_HEADERS += include/gc_cpp.h
publicgc_HEADERS += include/gc/gc_allocator.h include/gc/gc_cpp.h

if HAVE_CXX

noinst_LTLIBRARIES += libgccpp_all.la libgctba_all.la

CXX_LIBRARY_FLAGS = -std=gnu++17 $(PTHREAD_FLAGS) $(WARNING_CFLAGS) $(SANITIZER_FLAGS) \
  -fvisibility=hidden

libgccpp_all_la_SOURCES = cxx/new.cc cxx/throw_bad_alloc.cc
libgccpp_all_la_CPPFLAGS = -I$(top_srcdir)/include
libgccpp_all_la_CXXFLAGS = $(CXX_LIBRARY_FLAGS)

libgctba_all_la_SOURCES = cxx/throw_bad_alloc.cc
libgctba_all_la_CPPFLAGS = -I$(top_srcdir)/include
libgctba_all_la_CXXFLAGS = $(CXX_LIBRARY_FLAGS)

endif
