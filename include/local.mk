# The public headers, found by programs as <gc.h> or <gc/gc.h>.

publicdir = $(includedir)/spangc
public_HEADERS = include/gc.h

publicgcdir = $(publicdir)/gc
publicgc_HEADERS = include/gc/gc.h include/gc/gc_backptr.h include/gc/gc_config_macros.h \
  include/gc/gc_disclaim.h include/gc/gc_gcj.h include/gc/gc_inline.h include/gc/gc_inline_malloc.h \
  include/gc/gc_mark.h \
  include/gc/gc_pthread_redirects.h include/gc/gc_tiny_fl.h include/gc/gc_typed.h \
  include/gc/gc_version.h include/gc/javaxfc.h include/gc/leak_detector.h
