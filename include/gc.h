/* The collector's interface, for programs that write #include <gc.h>. The text is in gc/gc.h. */
#include "gc/gc.h"
