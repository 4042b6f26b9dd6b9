# What the helper does while the program sleeps.
#
#   tests/idle_memory 400      the same with a heap of 400 MB; tells how long it took

check_PROGRAMS += tests/idle_memory
TESTS += tests/idle_memory

tests_idle_memory_SOURCES = tests/idle_memory.c tests/public.h
tests_idle_memory_CPPFLAGS = $(PUBLIC_TEST_OPTIONS)
tests_idle_memory_LDFLAGS = $(PUBLIC_TEST_LINK)
tests_idle_memory_LDADD = libspangc.la

if HAVE_CHECK

check_PROGRAMS += tests/unit_idle
TESTS += tests/unit_idle

tests_unit_idle_SOURCES = tests/unit_idle.c
tests_unit_idle_CFLAGS = $(UNIT_CFLAGS)
tests_unit_idle_LDADD = $(UNIT_LIBS)

endif
