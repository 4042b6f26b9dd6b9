# Stacks and threads that the registry does not know.

check_PROGRAMS += tests/roots_stacks
TESTS += tests/roots_stacks

tests_roots_stacks_SOURCES = tests/roots_stacks.c
tests_roots_stacks_LDADD = libspangc.la -ldl
