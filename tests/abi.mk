# What programs linked to bdwgc's look for is there.

EXTRA_DIST += tests/abi/absent tests/abi/symbols

dist_check_SCRIPTS += tests/abi.sh
TESTS += tests/abi.sh
