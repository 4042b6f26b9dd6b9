#!/bin/sh
# The Scheme interpreter's benchmarks print the same when they are left alone and when a collection
# is forced every 64 KiB; shortened, as they take an argument. (examples/scheme/check compares them
# with what is expected.)
#
#     scheme.sh                   (in a build directory)
set -u

scheme=examples/scheme/scheme
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/spangc-scheme.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

for program in "$here"/examples/scheme/bench/*.scm; do
    name=$(basename "$program" .scm)
    "$scheme" "$program" 5 >"$work/expected" 2>&1
    SPANGC_STRESS=64k "$scheme" "$program" 5 >"$work/output" 2>&1
    if [ $? -eq 0 ] && cmp "$work/expected" "$work/output"; then
        echo "ok $name-collected-every-64-KiB"
    else
        echo "FAIL $name-collected-every-64-KiB"
        failed=1
    fi
done
exit "$failed"
