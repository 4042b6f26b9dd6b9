#!/bin/sh
# bad_input.sh: what a program, its environment or its limits get wrong is met with one clear line,
# or none where nothing is wrong, and a defined result. Runs tests/bad_input, one case a run.

program=${BAD_INPUT:-tests/bad_input}
failed=0

# expect NAME WANTED GOT
expect() {
    if [ "$2" = "$3" ]; then
        echo "ok: $1"
    else
        printf 'FAILED: %s\nexpected:\n%s\ngot:\n%s\n' "$1" "$2" "$3"
        failed=1
    fi
}


both_of() {
    "$@" 2>&1
}

# GC_free of an interior pointer, a foreign one, and the same object twice: three lines.
all=$(both_of "$program" frees)
set -- $(printf '%s\n' "$all" | head -n 1)
expect "bad frees" "$1 $2 $3
spangc: warning: GC_free($1): not an object's base; its object starts at $2; ignored
spangc: warning: GC_free($3): not an address of the collected heap; ignored
spangc: warning: GC_free($2): that object has been freed or collected already; ignored" "$all"

# Values that cannot be read: a line each, and the default.
sizes='expected a number of bytes, such as 65536, 64k, 20m or 1g'
for case in "SPANGC_STRESS=1x $sizes" "GC_MAXIMUM_HEAP_SIZE=-1 $sizes" \
            "GC_INITIAL_HEAP_SIZE=much $sizes" "SPANGC_TRACE=2 expected 0 or 1" \
            "SPANGC_HELPERS=none expected a whole number" \
            "GC_FREE_SPACE_DIVISOR=0.5 expected a whole number from 1 on"; do
    setting=${case%% *}
    expect "$setting" "spangc: $setting is ignored: ${case#* }
allocated" "$(both_of env "$setting" "$program" allocate)"
done
expect "readable settings" "allocated" \
    "$(both_of env SPANGC_STRESS=64k GC_MAXIMUM_HEAP_SIZE=100m SPANGC_HELPERS=0 "$program" allocate)"

# Limits of address space: malloc must find what it would find without us.
for limit in 600000 1100000 2000000; do
    wanted=$(ulimit -v $limit; both_of "$program" malloc-alone)
    expect "ulimit -v $limit" "$wanted" "$(ulimit -v $limit; both_of "$program" malloc)"
done

# Far too little: one line says so, and allocations fail.
for limit in 12000 20000; do
    got=$(ulimit -v $limit; both_of "$program" allocate)
    case $got in
    allocated) expect "ulimit -v $limit" "$got" "$got" ;;
    *) # not even libc fits, or we do not
        lines=$(printf '%s\n' "$got" | grep -c '^spangc: ')
        echo "ok: ulimit -v $limit ($lines lines)"
        [ "$lines" -le 1 ] || failed=1 ;;
    esac
done

# Locked memory keeps its contents when it is given back: objects are clear all the same.
for order in locked locked-later; do
    got=$(both_of "$program" $order)
    case $got in
    "locked: not allowed") echo "skipped: $order (mlockall is not allowed here)" ;;
    *) expect "$order" "locked: ok" "$got" ;;
    esac
done

exit $failed
