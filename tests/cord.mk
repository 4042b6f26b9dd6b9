# Cords, linked to their hidden names.

if HAVE_CHECK

check_PROGRAMS += tests/unit_cord
TESTS += tests/unit_cord

tests_unit_cord_SOURCES = tests/unit_cord.c tests/unit.h
tests_unit_cord_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_cord_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cord_LDADD = libcord_all.la libspangc.la $(CHECK_LIBS)

endif
