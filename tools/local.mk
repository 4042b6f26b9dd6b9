# The spangc command, and what quickstart measures with.

bin_PROGRAMS += tools/spangc
tools_spangc_SOURCES = \
  tools/deps.c \
  tools/deps.h \
  tools/elffile.c \
  tools/elffile.h \
  tools/ldcache.c \
  tools/ldcache.h \
  tools/program.c \
  tools/program.h \
  tools/run.c \
  tools/run.h \
  tools/spangc.c

tools_spangc_CPPFLAGS = $(AM_CPPFLAGS) $(TOOL_DEFS)
TOOL_DEFS = -DSPANGC_LIBDIR='"$(libdir)"' \
  -DSPANGC_LIBDIR_FROM_BINDIR='"$(LIBDIR_FROM_BINDIR)"' -DMULTIARCH='"$(MULTIARCH)"'

noinst_PROGRAMS += tools/measure
tools_measure_SOURCES = tools/measure.c

EXTRA_DIST += tools/setup.bash tools/table.awk

dist_check_SCRIPTS += tools/test-run.sh
TESTS += tools/test-run.sh
