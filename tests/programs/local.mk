# Real programs. The quick form of each runs in make check; `make check-programs` is the campaign.

program_checks = tests/programs/w3m.sh tests/programs/scheme.sh tests/programs/compare
dist_check_SCRIPTS += $(program_checks)
TESTS += $(program_checks)
EXTRA_DIST += \
  tests/programs/inputs/asymptote-drawing.asy \
  tests/programs/inputs/ecl-compiled.lisp \
  tests/programs/inputs/ecl-mixed.lisp \
  tests/programs/inputs/ecl-threads.lisp \
  tests/programs/inputs/guile-compiled.scm \
  tests/programs/inputs/guile-finalizers.scm \
  tests/programs/inputs/guile-mixed.scm \
  tests/programs/inputs/guile-ports.scm \
  tests/programs/inputs/guile-threads.scm \
  tests/programs/inputs/neko-mixed.neko \
  tests/programs/inputs/nix-evaluate.nix \
  tests/programs/inputs/poke-mixed.pk

.PHONY: check-programs
check-programs: all
	$(srcdir)/tests/programs/w3m.sh full
	$(srcdir)/tests/programs/scheme.sh
	$(srcdir)/tests/programs/compare --stress
	$(srcdir)/tests/programs/compare --times
