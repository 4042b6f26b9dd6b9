# Leaving a call that waits: cancelled, by a handler's jump, by the thread's end.

if HAVE_CHECK

check_PROGRAMS += tests/cancellation
TESTS += tests/cancellation

tests_cancellation_SOURCES = tests/cancellation.c tests/collecting.h tests/unit.h
tests_cancellation_CFLAGS = $(UNIT_CFLAGS)
tests_cancellation_LDADD = libspangc.la $(CHECK_LIBS)

endif
