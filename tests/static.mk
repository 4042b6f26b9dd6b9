# The collector's own data and frames are no roots, wherever they lie; and all rows of tests/roots in a program
# that contains libspangc.a.

check_PROGRAMS += tests/own_data tests/own_frames
TESTS += tests/own_data tests/own_frames
tests_own_data_SOURCES = tests/own_data.c tests/public.h
tests_own_data_CPPFLAGS = $(PUBLIC_TEST_OPTIONS)
tests_own_data_LDFLAGS = $(PUBLIC_TEST_LINK)
tests_own_data_LDADD = libspangc.la

tests_own_frames_SOURCES = tests/own_frames.c tests/public.h
tests_own_frames_CPPFLAGS = $(PUBLIC_TEST_OPTIONS)
tests_own_frames_LDFLAGS = $(PUBLIC_TEST_LINK)
tests_own_frames_LDADD = libspangc.la

if BUILD_STATIC

check_PROGRAMS += tests/own_data_static tests/own_data_host tests/roots/roots-static
TESTS += tests/own_data_static tests/own_data_host tests/roots/check-static
dist_check_SCRIPTS += tests/roots/check-static

tests_own_data_static_SOURCES = tests/own_data.c tests/public.h
tests_own_data_static_CPPFLAGS = $(PUBLIC_TEST_OPTIONS)
tests_own_data_static_LDFLAGS = $(PUBLIC_TEST_LINK) $(WRAP_FLAGS)
tests_own_data_static_LDADD = libspangc.a -ldl

# Not by libtool, which warns of archives in libraries.
tests_own_data_host_SOURCES = tests/own_data_host.c
tests_own_data_host_CPPFLAGS = $(MODULES_OPTION)
tests_own_data_host_LDFLAGS = $(PUBLIC_TEST_LINK)
tests_own_data_host_LDADD = -ldl
EXTRA_tests_own_data_host_DEPENDENCIES = tests/.libs/own_data_module.so
tests/.libs/own_data_module.so: tests/own_data.c tests/public.h libspangc.a
	$(AM_V_CCLD)$(MKDIR_P) tests/.libs && $(CC) $(PUBLIC_TEST_OPTIONS) $(AM_CFLAGS) $(CFLAGS) \
	  -DOWN_DATA_MODULE -fPIC -shared -o $@ $(srcdir)/tests/own_data.c libspangc.a \
	  $(WRAP_FLAGS) $(AM_LDFLAGS) $(LDFLAGS) -ldl
CLEANFILES += tests/.libs/own_data_module.so

endif
