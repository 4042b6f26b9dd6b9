/* debug.c: the allocation functions that are told the place of the call, under their names. The
 * place is not kept yet: these are the plain functions, so what one family allocates the other may
 * free.
 */
#include "api/api.h"
#include "gc/gc_mark.h"

void *GC_debug_malloc(size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    return GC_malloc(bytes);
}

void *GC_debug_malloc_atomic(size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    return GC_malloc_atomic(bytes);
}

void *GC_debug_malloc_uncollectable(size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    return GC_malloc_uncollectable(bytes);
}

void *GC_debug_malloc_atomic_uncollectable(size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    return GC_malloc_atomic_uncollectable(bytes);
}

void *GC_debug_malloc_ignore_off_page(size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    return GC_malloc_ignore_off_page(bytes);
}

void *GC_debug_malloc_atomic_ignore_off_page(size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    return GC_malloc_atomic_ignore_off_page(bytes);
}

void *GC_debug_malloc_stubborn(size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    return GC_malloc(bytes);
}

void *GC_debug_realloc(void *old, size_t bytes, const char *file, int line)
{
    (void)file;
    (void)line;
    return GC_realloc(old, bytes);
}

char *GC_debug_strdup(const char *text, const char *file, int line)
{
    (void)file;
    (void)line;
    return GC_strdup(text);
}

char *GC_debug_strndup(const char *text, size_t most, const char *file, int line)
{
    (void)file;
    (void)line;
    return GC_strndup(text, most);
}

void GC_debug_free(void *p)
{
    GC_free(p);
}

void *GC_debug_malloc_replacement(size_t bytes)
{
    return GC_malloc(bytes);
}

void *GC_debug_realloc_replacement(void *old, size_t bytes)
{
    return GC_realloc(old, bytes);
}

void GC_debug_change_stubborn(const void *p)
{
    GC_change_stubborn(p);
}

void GC_debug_end_stubborn_change(const void *p)
{
    GC_end_stubborn_change(p);
}

void GC_debug_ptr_store_and_dirty(void *p, const void *q)
{
    GC_ptr_store_and_dirty(GC_is_visible(p), GC_is_valid_displacement((void *)q));
}

void GC_debug_register_displacement(size_t displacement)
{
    GC_register_displacement(displacement);
}

void GC_debug_register_finalizer(void *object, GC_finalization_proc fn, void *data,
                                 GC_finalization_proc *old_fn, void **old_data)
{
    GC_register_finalizer(object, fn, data, old_fn, old_data);
}

void GC_debug_register_finalizer_ignore_self(void *object, GC_finalization_proc fn, void *data,
                                             GC_finalization_proc *old_fn, void **old_data)
{
    GC_register_finalizer_ignore_self(object, fn, data, old_fn, old_data);
}

void GC_debug_register_finalizer_no_order(void *object, GC_finalization_proc fn, void *data,
                                          GC_finalization_proc *old_fn, void **old_data)
{
    GC_register_finalizer_no_order(object, fn, data, old_fn, old_data);
}

void GC_debug_register_finalizer_unreachable(void *object, GC_finalization_proc fn, void *data,
                                             GC_finalization_proc *old_fn, void **old_data)
{
    GC_register_finalizer_unreachable(object, fn, data, old_fn, old_data);
}

/* Nothing stands in front of an object, as long as its place is not kept. */
const size_t GC_debug_header_size = 0;

size_t GC_get_debug_header_size(void)
{
    return 0;
}
