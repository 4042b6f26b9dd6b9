# Thread-local roots, with a library to be loaded: once with the program, and in copies later.

if HAVE_CHECK

check_LTLIBRARIES += tests/libtlsdynamic.la tests/libtlsfixed.la

# -rpath makes libtool build a shared library although it is not installed.
TLSLIB_LDFLAGS = $(AM_LDFLAGS) -avoid-version -shared -rpath $(abs_builddir)/tests

tests_libtlsdynamic_la_SOURCES = tests/tlslib.c
tests_libtlsdynamic_la_CPPFLAGS = $(AM_CPPFLAGS) -DTLSLIB_PADDING=12000
tests_libtlsdynamic_la_CFLAGS = $(AM_CFLAGS) -ftls-model=global-dynamic
tests_libtlsdynamic_la_LDFLAGS = $(TLSLIB_LDFLAGS)

tests_libtlsfixed_la_SOURCES = tests/tlslib.c
tests_libtlsfixed_la_CPPFLAGS = $(AM_CPPFLAGS) -DTLSLIB_PADDING=8
tests_libtlsfixed_la_CFLAGS = $(AM_CFLAGS) -ftls-model=initial-exec
tests_libtlsfixed_la_LDFLAGS = $(TLSLIB_LDFLAGS)

check_PROGRAMS += tests/roots_tls tests/unit_peek tests/unit_record
TESTS += tests/roots_tls tests/unit_peek tests/unit_record

tests_roots_tls_SOURCES = tests/roots_tls.c tests/unit.h
tests_roots_tls_CPPFLAGS = $(AM_CPPFLAGS) \
  -DTLSLIB_DYNAMIC='"$(abs_builddir)/tests/.libs/libtlsdynamic.so"' \
  -DTLSLIB_FIXED='"$(abs_builddir)/tests/.libs/libtlsfixed.so"'
tests_roots_tls_CFLAGS = $(UNIT_CFLAGS)
tests_roots_tls_LDADD = tests/libtlsdynamic.la libspangc.la $(CHECK_LIBS) -ldl
EXTRA_tests_roots_tls_DEPENDENCIES = tests/libtlsfixed.la

tests_unit_peek_SOURCES = tests/unit_peek.c tests/unit.h
tests_unit_peek_CFLAGS = $(UNIT_CFLAGS)
tests_unit_peek_LDADD = $(UNIT_LIBS)

tests_unit_record_SOURCES = tests/unit_record.c tests/unit.h
tests_unit_record_CFLAGS = $(UNIT_CFLAGS)
tests_unit_record_LDADD = $(UNIT_LIBS)

endif
