# The filters of words.

if HAVE_CHECK

check_PROGRAMS += tests/unit_words
TESTS += tests/unit_words

tests_unit_words_SOURCES = tests/unit_words.c tests/handcycle.c tests/handcycle.h
tests_unit_words_CFLAGS = $(UNIT_CFLAGS)
tests_unit_words_LDADD = $(UNIT_LIBS)

endif
