# Examples of what stands around the collector: weak pointers, finalizers, and C++.

noinst_PROGRAMS += examples/cache examples/files
TESTS += examples/cache examples/files

examples_cache_SOURCES = examples/cache.c
examples_cache_CPPFLAGS = $(EXAMPLE_OPTIONS)
examples_cache_LDFLAGS = $(EXAMPLE_LINK)
examples_cache_LDADD = libspangc.la

examples_files_SOURCES = examples/files.c
examples_files_CPPFLAGS = $(EXAMPLE_OPTIONS)
examples_files_LDFLAGS = $(EXAMPLE_LINK)
examples_files_LDADD = libspangc.la

if HAVE_CXX

noinst_PROGRAMS += examples/automaton
TESTS += examples/automaton

examples_automaton_SOURCES = examples/automaton.cc
examples_automaton_CPPFLAGS = $(EXAMPLE_OPTIONS)
examples_automaton_CXXFLAGS = -std=gnu++11 $(PTHREAD_FLAGS) $(WARNING_CFLAGS) $(SANITIZER_FLAGS)
examples_automaton_LDFLAGS = $(EXAMPLE_LINK)
examples_automaton_LDADD = libgctba_all.la libspangc.la

endif
