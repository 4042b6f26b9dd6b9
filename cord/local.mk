# The objects of the library of cords. It is called libcord, as bdwgc's is, so it stands in the
# drop-in directory: dropin/local.mk links it.

publicgc_HEADERS += include/gc/cord.h include/gc/cord_pos.h include/gc/ec.h

noinst_LTLIBRARIES += libcord_all.la

libcord_all_la_SOURCES = \
  cord/balance.c \
  cord/build.c \
  cord/dump.c \
  cord/extend.c \
  cord/file.c \
  cord/file.h \
  cord/node.c \
  cord/node.h \
  cord/position.c \
  cord/print.c \
  cord/read.c \
  cord/read.h \
  cord/use.c

libcord_all_la_CPPFLAGS = -I$(top_srcdir)/include -I$(top_srcdir)
libcord_all_la_CFLAGS = $(AM_CFLAGS) -fvisibility=hidden
