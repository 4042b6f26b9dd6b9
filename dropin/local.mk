# The drop-in directory, $(libdir)/spangc: what a program or a build that wants bdwgc has to find
# first. The libraries in it have no code of their own; all of them lead to libspangc, so that one
# process never has two collectors.
#
#   libgc.so.1 ...   for programs linked already: needs libspangc.so.0, and is a filter in front of
#                    it, so that libspangc comes before libc in the order of lookup and its
#                    pthread_create is the one found
#   libgc.so, .a ... for the linker: scripts that name libspangc itself
#   include/         gc.h and gc/*.h
#   pkgconfig/       bdw-gc.pc
#
# In the build tree the same stands in dropin/spangc, beside links to the libraries: dropin/ looks
# like an installed $(libdir), and tools/spangc uses it as one.

DROPIN = dropin/spangc
SPANGC_SONAME = libspangc.so.0

# Operator new and delete (libgccpp, libgctba) are not there yet: these two only satisfy the loader
# of a C++ program, which then allocates with the standard operators.
THIN_LIBS = $(DROPIN)/libgc.so.1 $(DROPIN)/libgccpp.so.1 $(DROPIN)/libgctba.so.1
LINKER_FILES = $(DROPIN)/libgc.so $(DROPIN)/libgccpp.so $(DROPIN)/libgctba.so
if BUILD_STATIC
LINKER_FILES += $(DROPIN)/libgc.a $(DROPIN)/libgccpp.a $(DROPIN)/libgctba.a
endif

dropindir = $(libdir)/spangc
nodist_dropin_DATA = $(THIN_LIBS) $(LINKER_FILES)

dropinpkgconfigdir = $(dropindir)/pkgconfig
nodist_dropinpkgconfig_DATA = $(DROPIN)/pkgconfig/bdw-gc.pc

dropinincludedir = $(dropindir)/include
dropininclude_HEADERS = $(public_HEADERS)

dropinincludegcdir = $(dropinincludedir)/gc
dropinincludegc_HEADERS = $(publicgc_HEADERS)

# Without an object the linker would take it that the stack must be executable; the loader then
# splits the main thread's. RUNPATH leads from the drop-in directory to libspangc when LD_LIBRARY_PATH names only the former.
$(THIN_LIBS): libspangc.la dropin/stamp
	$(AM_V_CCLD)$(CC) -shared -nostdlib -o $@ $(LDFLAGS) -Wl,-soname,$(@F) \
	  -Wl,-F,$(SPANGC_SONAME) -Wl,-z,noexecstack -Wl,--enable-new-dtags,-rpath,'$$ORIGIN/..' \
	  -Wl,--no-as-needed .libs/libspangc.so

# The linker looks for the file beside the script.
$(LINKER_FILES): dropin/stamp
	$(AM_V_GEN)echo "INPUT ( ../libspangc$(suffix $@) )" >$@

# What an installation has around the drop-in directory.
dropin/stamp: Makefile
	$(AM_V_GEN)$(MKDIR_P) $(DROPIN) && \
	for file in $(SPANGC_SONAME) libspangc.so; do \
	  rm -f dropin/$$file && $(LN_S) ../.libs/$$file dropin/$$file || exit 1; \
	done && \
	rm -f dropin/libspangc.a $(DROPIN)/include $(DROPIN)/$(SPANGC_SONAME) && \
	$(LN_S) ../libspangc.a dropin/libspangc.a && \
	$(LN_S) ../$(SPANGC_SONAME) $(DROPIN)/$(SPANGC_SONAME) && \
	$(LN_S) $(abs_top_srcdir)/include $(DROPIN)/include && \
	echo made >$@

CLEANFILES += $(THIN_LIBS) $(LINKER_FILES) dropin/stamp dropin/$(SPANGC_SONAME) \
  dropin/libspangc.so dropin/libspangc.a $(DROPIN)/$(SPANGC_SONAME) $(DROPIN)/include

# A program linked through a script needs libspangc.so.0 by that name; with this link the drop-in
# directory is enough for it too.
install-data-hook: install-dropin-link
uninstall-hook: uninstall-dropin-link

.PHONY: install-dropin-link uninstall-dropin-link
install-dropin-link:
	cd $(DESTDIR)$(dropindir) && rm -f $(SPANGC_SONAME) && $(LN_S) ../$(SPANGC_SONAME) $(SPANGC_SONAME)

uninstall-dropin-link:
	rm -f $(DESTDIR)$(dropindir)/$(SPANGC_SONAME)

dist_check_SCRIPTS += dropin/test-dropin.sh
TESTS += dropin/test-dropin.sh
