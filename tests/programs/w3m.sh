#!/bin/sh
# w3m, as the distribution ships it, prints the same on its own libgc and on spangc.
#
#     w3m.sh [quick|full]         (in a build directory)
#
# A generated HTML table is rendered by both and compared byte for byte; then a small one again with
# a collection forced every 64 KiB of allocation. `full` is the campaign: 20 MB, ten times, and 1 MB
# under stress. Prints "ok NAME" or "FAIL NAME" for each; exits 77 where there is no w3m.
set -u

spangc=tools/spangc
size=${1:-quick}
here=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/spangc-w3m.XXXXXX")
trap 'rm -rf "$work"' EXIT
HOME=$work # w3m keeps its settings there
export HOME
failed=0

command -v w3m >/dev/null || exit 77

table() { # ROWS
    awk -v rows="$1" -f "$here/tools/table.awk" >"$work/table.html"
    w3m -dump -T text/html "$work/table.html" >"$work/expected" </dev/null
}

# Renders the table once more, on spangc.
same() { # NAME OPTION...
    name=$1
    shift
    "$spangc" run "$@" w3m -dump -T text/html "$work/table.html" >"$work/output" </dev/null &&
        cmp "$work/expected" "$work/output"
    if [ $? -eq 0 ]; then
        echo "ok $name"
    else
        echo "FAIL $name"
        failed=1
    fi
}

if [ "$size" = full ]; then
    rows=47600 runs=10 stress_rows=2380
else
    rows=2400 runs=1 stress_rows=60
fi

table "$rows"
for run in $(seq "$runs"); do
    same "table-of-$rows-rows-run-$run"
done
table "$stress_rows"
same "table-of-$stress_rows-rows-collected-every-64-KiB" --stress 64k
exit "$failed"
