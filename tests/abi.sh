#!/bin/sh
# make check: do our libraries show the names that programs linked to bdwgc's look for? Compares
# tests/abi/symbols, what Debian's show, with ours: names, kinds, and the sizes of objects, which
# programs copy into their own data.
#
# tests/abi/absent lists the names that are left out for good, with the reason.

lists=$(cd "${srcdir:-.}" && pwd)/tests/abi
grep -q '^SANITIZER_FLAGS = -' Makefile && exit 77 # adds its own symbols, and changes sizes

work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT

show() { # LIBRARY FILE
    [ -f "$2" ] || return
    readelf -W --dyn-syms "$2" | awk -v library="$1" '
        $7 ~ /^[0-9]+$/ && $4 == "FUNC" { print library, $8, "function" }
        $7 ~ /^[0-9]+$/ && $4 == "OBJECT" { print library, $8, "object", $3 }'
}

{
    show libgc .libs/libspangc.so
    for library in libcord libgccpp libgctba; do
        show $library dropin/spangc/$library.so.1
    done
} >"$work/ours"
grep -q '^libgccpp ' "$work/ours" || echo "no C++ compiler when this was configured: libgccpp left out"

awk '
    { sub(/#.*/, "") }
    NF == 0 { next }
    FILENAME ~ /ours$/ { ours[$1 " " $2] = $3 " " $4; shown[$1] = 1; next }
    FILENAME ~ /absent$/ {
        absent[$1] = 1
        if (NF < 2) { print "FAIL " $1 ": in tests/abi/absent without a reason"; bad = 1 }
        next
    }
    !shown[$1] { next }
    {
        have = ours[$1 " " $2]; want = $3 " " $4
        if (have == want) {
            good++
            if ($2 in absent) print $2 ": is there; strike it in tests/abi/absent"
        } else if (have != "") {
            print $1 ": " $2 " is \"" have "\", in bdwgc \"" want "\""
            bad = 1
        } else if ($2 in absent) {
            left_out++
        } else {
            print $1 ": " $2 " is missing (" want ")"
            bad = 1
        }
    }
    END {
        print good + 0 " names as in bdwgc, " left_out + 0 " left out"
        exit bad
    }' "$work/ours" "$lists/absent" "$lists/symbols"
