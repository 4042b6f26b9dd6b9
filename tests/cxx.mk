# The C++ headers and libraries.

EXTRA_DIST += tests/cxx_faces.cc

dist_check_SCRIPTS += tests/cxx.sh
TESTS += tests/cxx.sh
