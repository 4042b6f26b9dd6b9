/* The collector's interface for C++, for programs that write #include <gc_cpp.h>. The text is in
 * gc/gc_cpp.h. */
#include "gc/gc_cpp.h"
