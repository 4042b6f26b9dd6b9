#!/bin/sh
# make check: compiles tests/cxx_faces.cc against the drop-in directory with each C++ compiler there
# is and for each standard, without a warning, and runs it.

build=$PWD
dropin=$build/dropin/spangc
source=$(cd "${srcdir:-.}" && pwd)/tests/cxx_faces.cc
[ -f "$dropin/libgccpp.so.1" ] || exit 77 # no C++ compiler when this was configured
grep -q '^SANITIZER_FLAGS = -' Makefile && exit 77 # would have to be in the program too
unset LD_PRELOAD LD_LIBRARY_PATH SPANGC_TRACE SPANGC_SUMMARY

work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
warnings="-Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Werror"

compiles() { # WHAT COMPILER OPTION...
    what=$1
    shift
    "$@" $warnings "-I$dropin/include" && return
    echo "FAIL $what"
    false
}

runs() { # WHAT PROGRAM
    if LD_LIBRARY_PATH=$dropin timeout 100 "$2" >"$2.out"; then
        echo "ok $1"
    else
        cat "$2.out"
        echo "FAIL $1"
    fi
}

# The headers alone, with the names that a program may give them, and where there is no C++11.
cat >"$work/headers.cc" <<'XX'
#define GC_NAMESPACE
#define GC_NAME_CONFLICT
#define GC_INCLUDE_NEW
#include <gc_cpp.h>
#include <gc/gc_allocator.h>
#include <vector>
struct a : public boehmgc::gc { int i; };
struct b : public boehmgc::gc_cleanup { int i; };
std::vector<a, gc_allocator<a> > v(3);
int GC = new (boehmgc::UseGC) a != 0 && new (boehmgc::PointerFreeGC) b != 0;
XX

# Compiling takes most of the time; a build with the invariant checks need not do all of it again.
standards='11 14 17 20'
grep -q '^CHECKS_CPPFLAGS = -' Makefile && standards=17

try() { # COMPILER
    compiles "$1-c++98" $1 -std=c++98 -Wno-long-long -fsyntax-only headers.cc
    compiles "$1-no-exceptions" $1 -std=c++17 -fno-exceptions -DGC_NEW_ABORTS_ON_OOM \
        -fsyntax-only headers.cc
    compiles "$1-debug" $1 -std=c++17 -DGC_DEBUG -fsyntax-only headers.cc
    for standard in $standards; do
        compiles "$1-c++$standard" $1 -std=c++$standard -DTEST_GLOBAL_NEW "$source" -o "$1-shared" \
            "-L$dropin" -lgccpp -lcord -lgc &&
            runs "$1-c++$standard" "./$1-shared"
    done

    # Only GC_throw_bad_alloc, and the C++ library's operator new.
    compiles "$1-libgctba" $1 -std=c++17 -O2 "$source" -o "$1-own" "-L$dropin" \
        -Wl,--as-needed -lgctba -lcord -lgc && runs "$1-libgctba" "./$1-own"
}

cd "$work" || exit
for compiler in g++ clang++; do
    command -v $compiler >/dev/null && { try $compiler >"$compiler.log" 2>&1 & }
done
wait
cat ./*.log
! grep -q '^FAIL' ./*.log
