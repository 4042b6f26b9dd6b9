#!/bin/sh
# make check: builds that look for bdwgc by CMake find spangc with one setting, CMAKE_PREFIX_PATH: by
# the package BDWgc, by pkg-config's module, and by looking for the files. In the build directory, and
# in an installation that has been moved.

build=$PWD
cxx=$(sed -n 's/^CXX = //p' Makefile)
command -v cmake >/dev/null || exit 77
grep -q '^SANITIZER_FLAGS = -' Makefile && exit 77 # would have to be in the programs too
[ -f dropin/spangc/libgccpp.so.1 ] || cxx=
unset LD_PRELOAD LD_LIBRARY_PATH SPANGC_TRACE SPANGC_SUMMARY MAKEFLAGS MFLAGS MAKELEVEL

work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
cd "$work" || exit
failures=0

fail() {
    echo "FAIL $*"
    failures=$((failures + 1))
}

mkdir source
cat >source/program.c <<'XX'
#include <gc.h>
#include <gc/cord.h>
#include <stdio.h>
int main(void)
{
    GC_INIT();
    GC_gcollect();
    puts(CORD_to_const_char_star(CORD_cat("al", "ive")));
    return GC_get_gc_no() == 0;
}
XX
cat >source/plain.c <<'XX'
#include <gc/gc.h>
#include <stdio.h>
int main(void)
{
    GC_INIT();
    GC_gcollect();
    puts("alive");
    return GC_get_gc_no() == 0;
}
XX
cat >source/program.cc <<'XX'
#include <gc_cpp.h>
#include <cstdio>
int main()
{
    std::puts(GC_base(new int) != nullptr ? "alive" : "not the collector's");
}
XX
cat >source/CMakeLists.txt <<'XX'
cmake_minimum_required(VERSION 3.13)
project(user C)
set(programs program)
find_package(BDWgc 8.2 REQUIRED COMPONENTS gc cord)
add_executable(program program.c)
target_link_libraries(program BDWgc::cord BDWgc::gc)
if(CXX)
  enable_language(CXX)
  add_executable(program_cxx program.cc)
  target_link_libraries(program_cxx BDWgc::gccpp)
  set_target_properties(program_cxx PROPERTIES CXX_STANDARD 11)
  add_executable(program_tba plain.c)
  target_link_libraries(program_tba BDWgc::gctba)
endif()
if(NOT BDWgc_USE_STATIC_LIBS)
  find_path(GC_INCLUDE gc/gc.h REQUIRED)
  find_library(GC_LIBRARY gc REQUIRED)
  message(STATUS "found ${GC_INCLUDE} and ${GC_LIBRARY}")
  add_executable(by_looking plain.c)
  target_include_directories(by_looking PRIVATE ${GC_INCLUDE})
  target_link_libraries(by_looking ${GC_LIBRARY})
  find_package(PkgConfig)
  if(PkgConfig_FOUND)
    pkg_check_modules(GC REQUIRED IMPORTED_TARGET bdw-gc>=8)
    add_executable(by_pkg_config plain.c)
    target_link_libraries(by_pkg_config PkgConfig::GC)
  endif()
endif()
XX

# builds NAME DROP-IN OPTION...: configures, builds, and runs each program.
builds() {
    name=$1
    prefix=$2
    shift 2
    if ! cmake -S source -B "$name" -DCMAKE_PREFIX_PATH="$prefix" ${cxx:+-DCXX=1} "$@" >"$name.log" 2>&1 ||
        ! cmake --build "$name" >>"$name.log" 2>&1; then
        fail "$name"
        cat "$name.log"
        return
    fi
    for program in program program_cxx program_tba by_looking by_pkg_config; do
        [ -x "$name/$program" ] || continue
        if [ "$(LD_LIBRARY_PATH=$prefix SPANGC_SUMMARY=1 timeout 60 "$name/$program" 2>errors)" = alive ] &&
            grep -q spangc errors; then
            echo "ok $name-$program"
        else
            fail "$name-$program"
            cat errors
        fi
    done
}

builds shared "$build/dropin/spangc"
builds as-needed "$build/dropin/spangc" -DCMAKE_EXE_LINKER_FLAGS=-Wl,--as-needed
[ -f "$build/libspangc.a" ] && builds static "$build/dropin/spangc" -DBDWgc_USE_STATIC_LIBS=ON
if [ -f shared/CMakeCache.txt ] && ! grep -q "^GC_LIBRARY.*=$build/dropin/spangc/lib/libgc\.so" shared/CMakeCache.txt; then
    fail "another libgc was found"
fi

# An installation, moved as a whole.
if make -s -C "$build" install DESTDIR="$work/root" >install.log 2>&1; then
    installed=$(find root -type d -name spangc -path '*/lib*/spangc' ! -path '*/include/*' | head -n 1)
    mv root moved
    builds installed "$work/moved${installed#root}"
else
    fail "make install"
    cat install.log
fi

[ "$failures" -eq 0 ]
