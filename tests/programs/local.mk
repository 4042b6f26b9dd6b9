# Real programs. The quick form of each runs in make check; `make check-programs` is the campaign.

dist_check_SCRIPTS += tests/programs/w3m.sh tests/programs/scheme.sh
TESTS += tests/programs/w3m.sh tests/programs/scheme.sh

.PHONY: check-programs
check-programs: all
	$(srcdir)/tests/programs/w3m.sh full
	$(srcdir)/tests/programs/scheme.sh
