// throw_bad_alloc.cc: what the operators of gc_cpp.h call when memory is out. It stands in libgccpp
// and, for programs that keep their own operator new, in libgctba.

#include "gc/gc_cpp.h"
#include <new>

void GC_throw_bad_alloc()
{
    throw std::bad_alloc();
}
