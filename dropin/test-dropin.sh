#!/bin/sh
# make check: programs and builds that want bdwgc find spangc in the drop-in directory. Runs in the
# build directory, whose dropin/ looks like an installed library directory.

build=$PWD
srcdir=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
dropin=$build/dropin/spangc
cc=$(sed -n 's/^CC = //p' Makefile)
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

# The thread's only reference to its object is on its own stack, so the object lives only if the
# library knows of the thread.
cat >program.c <<'END'
#include <gc.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
static void *thread(void *unused)
{
    char *volatile text = GC_malloc_atomic(100);
    strcpy(text, "alive");
    for (int i = 0; i < 3; i++) {
        GC_gcollect();
        for (int j = 0; j < 1000; j++)
            memset(GC_malloc_atomic(100), 0, 100);
    }
    puts(text);
    return unused;
}
int main(void)
{
    pthread_t id;
    GC_INIT();
    return pthread_create(&id, NULL, thread, NULL) || pthread_join(id, NULL);
}
END

# runs_on_spangc WHAT COMMAND...: prints "alive", and spangc tells of its collections.
runs_on_spangc() {
    what=$1
    shift
    if [ "$(SPANGC_TRACE=1 "$@" 2>errors)" != alive ] || ! [ -s errors ]; then
        fail "$what: wrong result, or not on spangc"
        cat errors
    fi
}

# A build that has only the one directory, with and without --as-needed.
for option in --as-needed --no-as-needed; do
    for threads in '' -DGC_THREADS; do
        $cc $threads "-I$dropin/include" program.c -o linked "-Wl,$option" "-L$dropin" -lgc -pthread ||
            fail "linking with $option $threads"
        runs_on_spangc "-lgc $option $threads" env LD_LIBRARY_PATH="$dropin" ./linked
    done
done
LD_TRACE_LOADED_OBJECTS=1 ./linked | grep -q 'libgc\.so' &&
    fail "-lgc: libgc.so.1 is needed, not libspangc"

# The same by pkg-config.
if command -v pkg-config >/dev/null; then
    flags=$(PKG_CONFIG_PATH=$dropin/pkgconfig pkg-config --cflags --libs 'bdw-gc >= 8.2') ||
        fail "pkg-config bdw-gc"
    $cc program.c -o by-pkg-config $flags -pthread || fail "linking with $flags"
    runs_on_spangc "pkg-config bdw-gc" env LD_LIBRARY_PATH="$dropin" ./by-pkg-config
fi

# A library that was linked so, in a program that was not: libc then comes first, and nothing is
# interposed.
for threads in '' -DGC_THREADS; do
    $cc $threads -Dmain=embedded "-I$dropin/include" -shared -fPIC program.c -o libembedding.so \
        "-L$dropin" -lgc -pthread || fail "linking a library with $threads"
    echo 'int embedded(void); int main(void) { return embedded(); }' >host.c
    $cc host.c -o host -L. -lembedding -pthread "-Wl,-rpath-link,$dropin" || fail "linking its host"
    runs_on_spangc "a library of the program, $threads" env LD_LIBRARY_PATH="$dropin:." ./host
done

# A program that was linked to some libgc.so.1, here one without code.
mkdir old
echo 'void *GC_malloc_atomic; void *GC_gcollect; void *GC_init;' >old.c
$cc -shared -fPIC old.c -o old/libgc.so.1 -Wl,-soname,libgc.so.1
$cc "-I$dropin/include" program.c -o existing -Wl,--no-as-needed old/libgc.so.1 -pthread \
    -Wl,--unresolved-symbols=ignore-all || fail "linking to libgc.so.1"
runs_on_spangc "LD_LIBRARY_PATH alone" env LD_LIBRARY_PATH="$dropin" ./existing
runs_on_spangc "spangc run" "$build/tools/spangc" run ./existing

# The static library: threads by --wrap, and no name of its inside to be seen. Without the options it
# interposes nothing, but links and works.
if [ -f "$build/libspangc.a" ]; then
    flags=$(PKG_CONFIG_PATH=$dropin/pkgconfig pkg-config --static --libs bdw-gc)
    $cc "-I$dropin/include" program.c -o static "$build/libspangc.a" ${flags##*-lgc} || fail "libspangc.a"
    runs_on_spangc "libspangc.a" ./static
    $cc -static "-I$dropin/include" program.c -o all-static $flags 2>errors || fail "-static, libgc.a"
    [ ! -s errors ] || fail "-static: the linker says: $(cat errors)"
    runs_on_spangc "-static" ./all-static
    for option in '' -static -DGC_THREADS '-DGC_THREADS -static'; do
        $cc $option "-I$dropin/include" program.c -o unwrapped "$build/libspangc.a" -pthread ||
            fail "libspangc.a $option without the options of pkg-config"
        runs_on_spangc "libspangc.a $option without the options of pkg-config" ./unwrapped
    done
    names=$(nm -g --defined-only "$build/libspangc.a" | awk 'NF == 3 && $3 !~ /^(GC_|__wrap_)/ { print $3 }')
    [ -z "$names" ] || fail "libspangc.a shows these names:" $names
fi

# What is interposed, as the sources have it, is in the options for static libraries, and the shared
# library shows just that and the interface.
interposed=$(sed -n 's/^INTERPOSED(\(.*\));$/\1/p' "$srcdir"/gc/threads/interposed-*.c)
[ -n "$interposed" ] || fail "no INTERPOSED lines in $srcdir/gc/threads"
for pc in "$build/spangc.pc" "$dropin/pkgconfig/bdw-gc.pc"; do
    for name in $interposed; do
        grep -q "^Libs.private:.*-Wl,--wrap=$name,-u,$name " "$pc" || fail "$pc lacks --wrap=$name"
    done
done
names=$(nm -D --defined-only "$build/.libs/libspangc.so" | awk '$3 !~ /^GC_/ { print $3 }' | sort)
[ "$names" = "$(echo "$interposed" | sort)" ] || fail "libspangc.so shows, beside GC_*:" $names

[ "$failures" -eq 0 ]
