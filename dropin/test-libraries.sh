#!/bin/sh
# make check: the libraries of the drop-in directory that have code of their own, libcord, libgccpp
# and libgctba, as a build finds them that has one directory for -I and one for -L. Runs in the build
# directory.

build=$PWD
dropin=$build/dropin/spangc
cc=$(sed -n 's/^CC = //p' Makefile)
cxx=$(sed -n 's/^CXX = //p' Makefile)
grep -q '^SANITIZER_FLAGS = -' Makefile && exit 77 # would have to be in the programs too
unset LD_PRELOAD LD_LIBRARY_PATH SPANGC_TRACE SPANGC_SUMMARY

work=$(mktemp -d) || exit
trap 'rm -rf "$work"' EXIT
cd "$work" || exit
failures=0

fail() {
    echo "failed: $*"
    failures=$((failures + 1))
}

# runs WHAT COMMAND...: prints "alive".
runs() {
    what=$1
    shift
    if [ "$("$@" 2>errors)" != alive ]; then
        fail "$what: wrong result"
        cat errors
    fi
}

# The thread's object lives only if the library knows of the thread, so if its pthread_create came
# before libc's; the program itself needs no name of libspangc.
cat >cord.c <<'XX'
#include <gc/cord.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
static void *thread(void *unused)
{
    char *volatile text = CORD_to_char_star(CORD_cat("al", "ive"));
    for (int i = 0; i < 100000; i++)
        CORD_to_char_star("garbage of the same size");
    for (int i = 0; i < 100000; i++)
        CORD_to_char_star("dead");
    puts(text);
    return unused;
}
int main(void)
{
    pthread_t id;
    return pthread_create(&id, NULL, thread, NULL) || pthread_join(id, NULL);
}
XX

# What operator new gives is searched, and so what it points to lives.
cat >new.cc <<'XX'
#include <gc_cpp.h>
#include <cstdio>
#include <cstring>
#include <string>
struct node { node *next; char text[8]; };
static void **hide()
{
    void **cell = new void *;
    *cell = std::strcpy(static_cast<char *>(GC_MALLOC_ATOMIC(100)), "alive");
    return cell;
}
struct collected : public gc { long filler[20]; };
int main()
{
    GC_INIT();
    void **cells[100];
    for (auto &cell : cells)
        cell = hide();
    for (int i = 0; i < 200000; i++) {
        new collected;
        std::strcpy(static_cast<char *>(GC_MALLOC_ATOMIC(100)), "dead");
    }
    GC_gcollect();
    bool alive = GC_get_gc_no() > 2;
    for (auto &cell : cells)
        alive = alive && std::strcmp(static_cast<char *>(*cell), "alive") == 0;
    std::puts(alive ? std::string("alive").c_str() : "dead");
}
XX

for option in --as-needed --no-as-needed; do
    for libraries in -lcord '-lcord -lgc' '-lgc -lcord'; do
        $cc "-I$dropin/include" cord.c -o cord "-Wl,$option" "-L$dropin" $libraries -pthread ||
            fail "linking with $option $libraries"
        runs "$option $libraries" env LD_LIBRARY_PATH="$dropin" ./cord
    done
done
LD_LIBRARY_PATH="$dropin" LD_TRACE_LOADED_OBJECTS=1 ./cord >loaded
[ "$(grep -c 'libspangc\.so' loaded)" -eq 1 ] || fail "libcord leads to another collector: $(cat loaded)"

if [ -f "$dropin/libgccpp.so.1" ]; then
    for option in --as-needed --no-as-needed; do
        $cxx "-I$dropin/include" new.cc -o new "-Wl,$option" "-L$dropin" -lgccpp -lgc ||
            fail "linking with $option -lgccpp -lgc"
        runs "$option -lgccpp -lgc" env LD_LIBRARY_PATH="$dropin" ./new
    done
fi

# Programs that are linked already, here to the system's.
if [ -f "$dropin/libgccpp.so.1" ] && $cxx new.cc -o existing -Wl,--no-as-needed -lgccpp -lgc 2>errors; then
    runs "a program of the system's libgccpp" env LD_LIBRARY_PATH="$dropin" ./existing
    runs "the same by spangc run" "$build/tools/spangc" run ./existing
    LD_LIBRARY_PATH="$dropin" LD_TRACE_LOADED_OBJECTS=1 ./existing >loaded
    for library in libgc.so.1 libgccpp.so.1; do
        grep -q "$library => $dropin/$library" loaded || fail "$library is not ours: $(cat loaded)"
    done
fi

# The static libraries.
if [ -f "$build/libspangc.a" ] && command -v pkg-config >/dev/null; then
    for option in -static ''; do
        flags=$(PKG_CONFIG_PATH=$dropin/pkgconfig pkg-config --static --libs bdw-gc)
        [ -n "$option" ] || flags="$build/libspangc.a ${flags##*-lgc}" # -lgc is the shared one then
        $cc $option "-I$dropin/include" cord.c -o cord-static "$dropin/libcord.a" $flags -pthread 2>errors ||
            fail "linking $option libcord.a: $(cat errors)"
        runs "$option libcord.a" env LD_LIBRARY_PATH="$dropin" ./cord-static
        [ -f "$dropin/libgccpp.a" ] || continue
        $cxx $option "-I$dropin/include" new.cc -o new-static "$dropin/libgccpp.a" $flags 2>errors ||
            fail "linking $option libgccpp.a: $(cat errors)"
        runs "$option libgccpp.a" env LD_LIBRARY_PATH="$dropin" ./new-static
    done
    names=$(nm -g --defined-only "$dropin/libcord.a" | awk 'NF == 3 && $3 !~ /^CORD_/ { print $3 }')
    [ -z "$names" ] || fail "libcord.a shows these names:" $names
fi

# Nothing of the C++ library in the collector, nor of the inside in what is shown.
readelf -d "$build/.libs/libspangc.so" "$dropin/libcord.so.1" | grep -q 'libstdc++' &&
    fail "libspangc or libcord needs the C++ library"
names=$(nm -D --defined-only "$dropin/libcord.so.1" | awk '$3 !~ /^CORD_/ { print $3 }')
[ -z "$names" ] || fail "libcord.so.1 shows these names:" $names

[ "$failures" -eq 0 ]
