# The Scheme interpreter, an example of a program whose whole heap is the collector's.

noinst_PROGRAMS += examples/scheme/scheme

examples_scheme_scheme_SOURCES = \
	examples/scheme/bignum.c \
	examples/scheme/bignum.h \
	examples/scheme/binding_forms.c \
	examples/scheme/chars.c \
	examples/scheme/compile.c \
	examples/scheme/compile.h \
	examples/scheme/control.c \
	examples/scheme/control.h \
	examples/scheme/eval.c \
	examples/scheme/eval.h \
	examples/scheme/hash_tables.c \
	examples/scheme/heap.c \
	examples/scheme/heap.h \
	examples/scheme/library.h \
	examples/scheme/line.h \
	examples/scheme/lists.c \
	examples/scheme/main.c \
	examples/scheme/number.c \
	examples/scheme/number.h \
	examples/scheme/number_text.c \
	examples/scheme/parameters.c \
	examples/scheme/port.c \
	examples/scheme/port.h \
	examples/scheme/predicates.c \
	examples/scheme/prelude.c \
	examples/scheme/printer.c \
	examples/scheme/printer.h \
	examples/scheme/program.c \
	examples/scheme/program.h \
	examples/scheme/promises.c \
	examples/scheme/quasiquote.c \
	examples/scheme/reader.c \
	examples/scheme/reader.h \
	examples/scheme/record.c \
	examples/scheme/record.h \
	examples/scheme/scope.c \
	examples/scheme/scope.h \
	examples/scheme/sort.c \
	examples/scheme/strings.c \
	examples/scheme/syntax_rules.c \
	examples/scheme/syntax_rules.h \
	examples/scheme/system.c \
	examples/scheme/value.c \
	examples/scheme/value.h \
	examples/scheme/vectors.c

if HAVE_LIBEDIT
examples_scheme_scheme_SOURCES += examples/scheme/line_edit.c
else
examples_scheme_scheme_SOURCES += examples/scheme/line_plain.c
endif

examples_scheme_scheme_CPPFLAGS = $(EXAMPLE_OPTIONS) $(LIBEDIT_CFLAGS)
examples_scheme_scheme_LDFLAGS = $(EXAMPLE_LINK)
examples_scheme_scheme_LDADD = libspangc.la $(LIBEDIT_LIBS) -lm

EXTRA_DIST += \
	examples/scheme/check \
	examples/scheme/bench/deriv.scm \
	examples/scheme/bench/destruct.scm \
	examples/scheme/bench/match.scm \
	examples/scheme/bench/nqueens.scm \
	examples/scheme/bench/streams.scm \
	examples/scheme/bench/tak.scm \
	examples/scheme/bench/text.scm \
	examples/scheme/bench/trees.scm \
	examples/scheme/bench/words.scm \
	examples/scheme/tests/basics.out \
	examples/scheme/tests/basics.scm \
	examples/scheme/tests/bignums.out \
	examples/scheme/tests/bignums.scm \
	examples/scheme/tests/control.out \
	examples/scheme/tests/control.scm \
	examples/scheme/tests/macros.out \
	examples/scheme/tests/macros.scm \
	examples/scheme/tests/strings.out \
	examples/scheme/tests/strings.scm \
	examples/scheme/tests/tables.out \
	examples/scheme/tests/tables.scm
