#!/bin/sh
# make check: what "spangc run" says, sets and returns for programs of every kind. Runs in the build
# directory.

spangc=$PWD/tools/spangc
cc=$(sed -n 's/^CC = //p' Makefile)
grep -q '^SANITIZER_FLAGS = -' Makefile && exit 77 # cannot be preloaded into ordinary programs
unset LD_PRELOAD LD_LIBRARY_PATH SPANGC_LIBDIR

work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
cd "$work" || exit
failures=0

# expect STATUS TEXT ARGUMENT...: exit status, and a line of what both outputs hold ("" for none).
expect() {
    status=$1
    text=$2
    shift 2
    "$spangc" "$@" >output 2>&1 </dev/null
    got=$?
    if [ "$got" -eq "$status" ]; then
        [ -z "$text" ] && [ ! -s output ] && return
        [ -n "$text" ] && grep -qF -- "$text" output && return
    fi
    echo "spangc $*: wanted status $status and '$text', got status $got and:"
    cat output
    failures=$((failures + 1))
}

echo 'int main(void) { return 3; }' >three.c
$cc three.c -o three
$cc -static three.c -o three-static 2>/dev/null
head -c 300 three >damaged
: >empty
printf '#!%s\n' "$work/three" >script
printf '#!/usr/bin/env -S three -x\n' >env-script
printf '#!%s\n' "$work/loop" >loop
printf '#!/nonexistent/program\n' >orphan
printf '\177ELF\002\001\001\0\0\0\0\0\0\0\0\0\002\0\376\376' >foreign
head -c 100 /dev/zero >>foreign
chmod +x damaged empty script env-script loop orphan foreign
cp three not-executable
chmod -x not-executable
PATH=$work:$PATH

expect 0 'Usage: spangc run' --help
expect 125 'Usage: spangc run' frobnicate
expect 125 'which program?' run
expect 125 'unknown option' run --frobnicate three
expect 125 'wants a number of bytes' run --stress 12x three
expect 125 'wants a number of bytes' run --stress 0 three
expect 127 'spangc: nosuch: No such file' run nosuch
expect 127 'spangc: ./nosuch: No such file' run ./nosuch
expect 126 'Permission denied' run ./not-executable
expect 126 'Permission denied' run "$work"
expect 3 'spangc: three: not linked to libgc' run three
expect 3 'not linked to libgc' run --trace ./three
expect 3 "script run by $work/three, not linked" run script
expect 3 'script run by three, not linked' run env-script
expect 126 'script without a program' run loop
expect 127 'No such file' run orphan
expect 126 'damaged ELF file' run damaged
expect 126 'neither an ELF program nor a script' run empty
expect 126 'built for another processor' run foreign
[ ! -x three-static ] || expect 3 'statically linked' run three-static

# The environment of the program.
expect 0 'SPANGC_TRACE=1' run --trace env
expect 0 'SPANGC_SUMMARY=1' run --summary env
expect 0 'SPANGC_STRESS=65536' run --stress 65536 env
expect 0 'SPANGC_STRESS=64k' run --stress 64k env
expect 0 '/libspangc.so.0' run env
export LD_PRELOAD=libm.so.6 LD_LIBRARY_PATH=/nowhere
expect 0 '/libspangc.so.0:libm.so.6' run env
expect 0 '/spangc:/nowhere' run env
unset LD_PRELOAD LD_LIBRARY_PATH
export SPANGC_LIBDIR="$work"
expect 125 "no libspangc.so.0 in $work" run three
unset SPANGC_LIBDIR

# Linked to libgc, directly or not; the libraries are stand-ins without code.
mkdir lib lib/below
echo 'void nothing(void) { }' >nothing.c
$cc -shared -fPIC nothing.c -o lib/below/libgc.so.1 -Wl,-soname,libgc.so.1
$cc -shared -fPIC nothing.c -o lib/libmiddle.so -Wl,-soname,libmiddle.so \
    -Wl,--no-as-needed lib/below/libgc.so.1 -Wl,--enable-new-dtags,-rpath,'$ORIGIN/below'
$cc three.c -o direct -Wl,--no-as-needed lib/below/libgc.so.1
$cc three.c -o by-runpath -Wl,--no-as-needed lib/libmiddle.so -Wl,-rpath-link,lib/below \
    -Wl,--enable-new-dtags,-rpath,'${ORIGIN}/lib'
$cc three.c -o by-rpath -Wl,--no-as-needed lib/libmiddle.so -Wl,-rpath-link,lib/below \
    -Wl,--disable-new-dtags,-rpath,'/nowhere:$ORIGIN/lib'
$cc three.c -o by-variable -Wl,--no-as-needed lib/libmiddle.so -Wl,-rpath-link,lib/below
expect 3 '' run ./direct
expect 3 '' run ./by-runpath
expect 3 '' run ./by-rpath
expect 127 'not linked to libgc' run ./by-variable
LD_LIBRARY_PATH=$work/lib
export LD_LIBRARY_PATH
expect 3 '' run ./by-variable

[ "$failures" -eq 0 ]
