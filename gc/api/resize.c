/* resize.c: telling the program that the heap has grown or shrunk.
 *
 * It is told by threads on their slow paths, when they are in the middle of nothing: so it learns
 * of changes a little later than they happen, and of several at once.
 */
#include "api/api.h"
#include "heap/heap.h"
#include "memory/pagealloc.h"

GC_on_heap_resize_proc GC_on_heap_resize;

static atomic_word told_bytes; /* the size that the program knows */

void GC_set_on_heap_resize(GC_on_heap_resize_proc proc)
{
    GC_on_heap_resize = proc;
}

GC_on_heap_resize_proc GC_get_on_heap_resize(void)
{
    return GC_on_heap_resize;
}

void tell_heap_size(struct thread *t)
{
    GC_on_heap_resize_proc proc = GC_on_heap_resize;
    if (proc == NULL || word_load(&t->busy) != 0)
        return;
    uintptr_t before = word_load(&told_bytes);
    size_t bytes = GC_get_heap_size();
    if (bytes != before && word_cas(&told_bytes, before, bytes))
        proc(bytes);
}
