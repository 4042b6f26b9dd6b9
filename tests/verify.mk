# The second marker of builds with checks, with words that change.

if HAVE_CHECK

check_PROGRAMS += tests/verify
TESTS += tests/verify

tests_verify_SOURCES = tests/verify.c tests/unit.h
tests_verify_CFLAGS = $(UNIT_CFLAGS)
tests_verify_LDADD = $(UNIT_LIBS)

endif
