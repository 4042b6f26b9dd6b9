# The examples. Each takes an optional size, checks its own result and exits non-zero if it is wrong.

EXAMPLE_OPTIONS = -I$(top_srcdir)/include
EXAMPLE_LINK = -no-install $(AM_LDFLAGS)

noinst_PROGRAMS += \
	examples/binary_trees \
	examples/gcbench \
	examples/intern \
	examples/producer_consumer \
	examples/vm \
	examples/word_count

examples_binary_trees_SOURCES = examples/binary_trees.c
examples_binary_trees_CPPFLAGS = $(EXAMPLE_OPTIONS)
examples_binary_trees_LDFLAGS = $(EXAMPLE_LINK)
examples_binary_trees_LDADD = libspangc.la

examples_gcbench_SOURCES = examples/gcbench.c
examples_gcbench_CPPFLAGS = $(EXAMPLE_OPTIONS)
examples_gcbench_LDFLAGS = $(EXAMPLE_LINK)
examples_gcbench_LDADD = libspangc.la

examples_producer_consumer_SOURCES = examples/producer_consumer.c
examples_producer_consumer_CPPFLAGS = $(EXAMPLE_OPTIONS)
examples_producer_consumer_LDFLAGS = $(EXAMPLE_LINK)
examples_producer_consumer_LDADD = libspangc.la

examples_intern_SOURCES = examples/intern.c
examples_intern_CPPFLAGS = $(EXAMPLE_OPTIONS)
examples_intern_LDFLAGS = $(EXAMPLE_LINK)
examples_intern_LDADD = libspangc.la

examples_vm_SOURCES = examples/vm.c
examples_vm_CPPFLAGS = $(EXAMPLE_OPTIONS)
examples_vm_LDFLAGS = $(EXAMPLE_LINK)
examples_vm_LDADD = libspangc.la

examples_word_count_SOURCES = examples/word_count.c
examples_word_count_CPPFLAGS = $(EXAMPLE_OPTIONS)
examples_word_count_LDFLAGS = $(EXAMPLE_LINK)
examples_word_count_LDADD = libspangc.la

include examples/faces.mk
include examples/scheme/local.mk
