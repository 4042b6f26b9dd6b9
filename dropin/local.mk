# The drop-in directory, $(libdir)/spangc: what a program or a build that wants bdwgc has to find
# first. Its libraries all lead to libspangc, so that one process never has two collectors.
#
#   libgc.so.1       for programs linked already; has no code of its own
#   libcord.so.1, libgccpp.so.1, libgctba.so.1
#                    the same, with code: of cord/ and cxx/
#   libgc.so ...     for the linker: scripts that name libspangc itself
#   libgc.a          such a script; the other static libraries are real ones
#   include/         gc.h and gc/*.h
#   pkgconfig/       bdw-gc.pc
#   cmake/bdwgc/     the package BDWgc for CMake
#   lib              leads to the directory itself: so it is a prefix as well, for builds that ask for
#                    one and add lib/ and include/ (CMAKE_PREFIX_PATH)
#
# A library here needs libspangc.so.0, and is a filter in front of it, so that libspangc comes before
# libc in the order of lookup and its pthread_create is the one found.
#
# In the build tree the same stands in dropin/spangc, beside links to the libraries: dropin/ looks
# like an installed $(libdir), and tools/spangc uses it as one.

DROPIN = dropin/spangc
SPANGC_SONAME = libspangc.so.0

# Without a C++ compiler there is no libgccpp: an empty one would let a program allocate by the
# standard operators what the collector should look into. Programs then get the system's, which calls
# the collector by libgc.so.1's names and so finds ours.
CODE_LIBS = $(DROPIN)/libcord.so.1
ARCHIVES = $(DROPIN)/libcord.a
if HAVE_CXX
CODE_LIBS += $(DROPIN)/libgccpp.so.1 $(DROPIN)/libgctba.so.1
ARCHIVES += $(DROPIN)/libgccpp.a $(DROPIN)/libgctba.a
endif

DROPIN_FILES = $(DROPIN)/libgc.so.1 $(DROPIN)/libgc.so $(CODE_LIBS) $(CODE_LIBS:.so.1=.so)
if BUILD_STATIC
DROPIN_FILES += $(DROPIN)/libgc.a $(ARCHIVES)
endif

dropindir = $(libdir)/spangc
nodist_dropin_DATA = $(DROPIN_FILES)

dropinpkgconfigdir = $(dropindir)/pkgconfig
nodist_dropinpkgconfig_DATA = $(DROPIN)/pkgconfig/bdw-gc.pc

dropincmakedir = $(dropindir)/cmake/bdwgc
nodist_dropincmake_DATA = $(DROPIN)/cmake/bdwgc/BDWgcConfig.cmake
dist_dropincmake_DATA = dropin/cmake/BDWgcConfigVersion.cmake

dropinincludedir = $(dropindir)/include
dropininclude_HEADERS = $(public_HEADERS)

dropinincludegcdir = $(dropinincludedir)/gc
dropinincludegc_HEADERS = $(publicgc_HEADERS)

# RUNPATH leads from the drop-in directory to libspangc when LD_LIBRARY_PATH names only the former.
DROPIN_LINK = -shared $(LDFLAGS) -Wl,-soname,$(@F) -Wl,-F,$(SPANGC_SONAME) \
  -Wl,--enable-new-dtags,-rpath,'$$ORIGIN/..' -Wl,--no-as-needed .libs/libspangc.so

# Without an object the linker would take it that the stack must be executable; the loader then
# splits the main thread's.
$(DROPIN)/libgc.so.1: libspangc.la dropin/stamp
	$(AM_V_CCLD)$(CC) -nostdlib -o $@ -Wl,-z,noexecstack $(DROPIN_LINK)

# Never unloaded: its finalizers may run at any time.
$(DROPIN)/libcord.so.1: libspangc.la libcord_all.la dropin/stamp
	$(AM_V_CCLD)$(CC) $(AM_LDFLAGS) -o $@ -Wl,--whole-archive .libs/libcord_all.a -Wl,--no-whole-archive \
	  -Wl,-z,nodelete $(DROPIN_LINK)

$(DROPIN)/libgccpp.so.1: libspangc.la libgccpp_all.la dropin/stamp
	$(AM_V_CXXLD)$(CXX) $(AM_LDFLAGS) -o $@ -Wl,--whole-archive .libs/libgccpp_all.a -Wl,--no-whole-archive \
	  $(DROPIN_LINK)

$(DROPIN)/libgctba.so.1: libspangc.la libgctba_all.la dropin/stamp
	$(AM_V_CXXLD)$(CXX) $(AM_LDFLAGS) -o $@ -Wl,--whole-archive .libs/libgctba_all.a -Wl,--no-whole-archive \
	  $(DROPIN_LINK)

# The linker looks for the files beside the script.
$(DROPIN)/libgc.so $(DROPIN)/libgc.a: dropin/stamp
	$(AM_V_GEN)echo "INPUT ( ../libspangc$(suffix $@) )" >$@

$(CODE_LIBS:.so.1=.so): dropin/stamp
	$(AM_V_GEN)echo "INPUT ( ./$(@F).1 ../libspangc.so )" >$@

# As libspangc.a: one object, so that the names of the inside can be local.
$(ARCHIVES): $(DROPIN)/%.a: %_all.la dropin/stamp
	$(AM_V_GEN)$(LD_R) -r -o $*.o --whole-archive .libs/$*_all.a && \
	$(OBJCOPY) --localize-hidden $*.o && \
	rm -f $@ && $(AR) cr $@ $*.o && $(RANLIB) $@ && rm -f $*.o

# What an installation has around the drop-in directory.
dropin/stamp: Makefile
	$(AM_V_GEN)$(MKDIR_P) $(DROPIN) && \
	for file in $(SPANGC_SONAME) libspangc.so; do \
	  rm -f dropin/$$file && $(LN_S) ../.libs/$$file dropin/$$file || exit 1; \
	done && \
	rm -f dropin/libspangc.a $(DROPIN)/include $(DROPIN)/lib $(DROPIN)/$(SPANGC_SONAME) && \
	$(LN_S) . $(DROPIN)/lib && \
	cp $(srcdir)/dropin/cmake/BDWgcConfigVersion.cmake $(DROPIN)/cmake/bdwgc/ && \
	$(LN_S) ../libspangc.a dropin/libspangc.a && \
	$(LN_S) ../$(SPANGC_SONAME) $(DROPIN)/$(SPANGC_SONAME) && \
	$(LN_S) $(abs_top_srcdir)/include $(DROPIN)/include && \
	echo made >$@

CLEANFILES += $(DROPIN_FILES) dropin/stamp dropin/$(SPANGC_SONAME) \
  dropin/libspangc.so dropin/libspangc.a $(DROPIN)/$(SPANGC_SONAME) $(DROPIN)/include \
  $(DROPIN)/lib $(DROPIN)/cmake/bdwgc/BDWgcConfigVersion.cmake

# A program linked through a script needs libspangc.so.0 by that name; with this link the drop-in
# directory is enough for it too.
install-data-hook: install-dropin-links
uninstall-hook: uninstall-dropin-links

.PHONY: install-dropin-links uninstall-dropin-links
install-dropin-links:
	cd $(DESTDIR)$(dropindir) && rm -f $(SPANGC_SONAME) lib && \
	$(LN_S) ../$(SPANGC_SONAME) $(SPANGC_SONAME) && $(LN_S) . lib

uninstall-dropin-links:
	rm -f $(DESTDIR)$(dropindir)/$(SPANGC_SONAME) $(DESTDIR)$(dropindir)/lib

DROPIN_TESTS = dropin/test-cmake.sh dropin/test-dropin.sh dropin/test-libraries.sh
dist_check_SCRIPTS += $(DROPIN_TESTS)
TESTS += $(DROPIN_TESTS)
