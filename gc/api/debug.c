/* debug.c: allocation that knows its place, and notices objects that are written over.
 *
 * What is said about errors has the wording of bdwgc, which tools read.
 */
#include <stdint.h>
#include <string.h>
#include <wchar.h>
#define GC_REQUIRE_WCSDUP
#include "api/debug.h"
#include "cycle/inspect.h"
#include "gc/gc_mark.h"
#include "heap/find.h"
#include "mark/mark.h"
#include "platform/unwind.h"

GC_API size_t GC_debug_header_size;
size_t GC_debug_header_size = debug_header_bytes;

size_t GC_get_debug_header_size(void)
{
    return debug_header_bytes;
}

/* ---- Making ---- */

size_t debug_request(size_t bytes)
{
    return bytes > SIZE_MAX - debug_extra_bytes ? SIZE_MAX : bytes + debug_extra_bytes;
}

/* Not where the allocator has been interrupted: then the caller may hold any lock of libc's. */
static bool dress(void *base, size_t bytes, const struct debug_call *call)
{
    void *frames[site_frames_max];
    struct place place = {call->file, call->line, 0, frames};
    struct thread *t = api_thread();
    struct object o;
    if (t == NULL || word_load(&t->busy) != 0)
        return false;
    if (settings.call_frames > 0)
        place.frame_count = (unsigned)unwind_calls(frames, settings.call_frames, call->caller);
    if (!busy_enter(t))
        return false;
    bool dressed = find_object((uintptr_t)base, &o) && o.base == (uintptr_t)base &&
                   o.span->object_bytes >= debug_request(bytes) && debug_dress(&o, bytes, &place);
    busy_leave(t);
    return dressed;
}

void *debug_finish(void *base, size_t bytes, const struct debug_call *call)
{
    if (base == NULL) {
        GC_err_printf("%s(%lu) returning NULL (%s:%d)\n", call->function, (unsigned long)bytes,
                      call->file != NULL ? call->file : "unknown", call->line);
        return NULL;
    }
    mark_register_displacement(debug_header_bytes);
    return dress(base, bytes, call) ? (void *)debug_user((uintptr_t)base) : base;
}

static void *allocate(size_t bytes, unsigned kind, const struct debug_call *call)
{
    return debug_finish(api_allocate(api_request(debug_request(bytes)), kind), bytes, call);
}

void *GC_debug_malloc(size_t bytes, const char *file, int line)
{
    return allocate(bytes, KIND_NORMAL, DEBUG_CALL(file, line));
}

void *GC_debug_malloc_atomic(size_t bytes, const char *file, int line)
{
    return allocate(bytes, KIND_ATOMIC, DEBUG_CALL(file, line));
}

void *GC_debug_malloc_uncollectable(size_t bytes, const char *file, int line)
{
    return allocate(bytes, KIND_UNCOLLECTABLE, DEBUG_CALL(file, line));
}

void *GC_debug_malloc_atomic_uncollectable(size_t bytes, const char *file, int line)
{
    return allocate(bytes, KIND_ATOMIC_UNCOLLECTABLE, DEBUG_CALL(file, line));
}

void *GC_debug_malloc_ignore_off_page(size_t bytes, const char *file, int line)
{
    return allocate(bytes, KIND_NORMAL, DEBUG_CALL(file, line));
}

void *GC_debug_malloc_atomic_ignore_off_page(size_t bytes, const char *file, int line)
{
    return allocate(bytes, KIND_ATOMIC, DEBUG_CALL(file, line));
}

void *GC_debug_malloc_stubborn(size_t bytes, const char *file, int line)
{
    return allocate(bytes, KIND_NORMAL, DEBUG_CALL(file, line));
}

void *GC_debug_malloc_replacement(size_t bytes)
{
    return allocate(bytes, KIND_NORMAL, DEBUG_CALL(NULL, 0));
}

/* Objects whose descriptor says where in them pointers are have no header, which would move these:
 * unless a procedure of the program tells, which can take it into account. */
static bool kind_allows_header(unsigned kind)
{
    const uintptr_t some_bytes = 1024;
    uintptr_t descriptor = kind_descriptor(kind, some_bytes);
    return kind < kind_builtin || descriptor == some_bytes ||
           descriptor_tag(descriptor) == DESCRIPTOR_PROCEDURE;
}

void *GC_debug_generic_or_special_malloc(size_t bytes, int kind, const char *file, int line)
{
    const struct debug_call *call = DEBUG_CALL(file, line);
    if (kind < 0 || (unsigned)kind >= kind_count() || !kind_allows_header((unsigned)kind))
        return GC_generic_or_special_malloc(bytes, kind);
    return allocate(bytes, (unsigned)kind, call);
}

/* ---- Strings ---- */

/* `length` bytes and an end mark of `mark` zero bytes. */
static void *copy_of(const void *text, size_t length, size_t mark, const struct debug_call *call)
{
    char *copy = allocate(length + mark, KIND_ATOMIC, call);
    if (copy == NULL)
        return NULL;
    memcpy(copy, text, length);
    memset(copy + length, 0, mark);
    return copy;
}

char *GC_debug_strdup(const char *text, const char *file, int line)
{
    if (text != NULL)
        return copy_of(text, strlen(text), 1, DEBUG_CALL(file, line));
    if (GC_find_leak)
        GC_err_printf("strdup(NULL) behavior is undefined\n");
    return NULL;
}

char *GC_debug_strndup(const char *text, size_t most, const char *file, int line)
{
    return copy_of(text, strnlen(text, most), 1, DEBUG_CALL(file, line));
}

wchar_t *GC_debug_wcsdup(const wchar_t *text, const char *file, int line)
{
    return copy_of(text, wcslen(text) * sizeof *text, sizeof *text, DEBUG_CALL(file, line));
}

/* ---- Looking ---- */

/* Slots that a thread's cache holds count as allocated, so a freed object may be found as a plain
 * one. */
static enum debug_pointer classify_busy(uintptr_t word, struct object *o, struct debug_info *info)
{
    if (!find_slot(word, o))
        return POINTS_ELSEWHERE;
    bool allocated = bit_is_set(span_alloc_bits(o->span), o->index);
    if (allocated && debug_look(o, info))
        return word == debug_user(o->base) ? POINTS_TO_USER : POINTS_INTO;
    if (word == debug_user(o->base) && debug_was_one(o))
        return POINTS_TO_FREED;
    return allocated ? POINTS_TO_PLAIN : POINTS_ELSEWHERE;
}

enum debug_pointer debug_classify(const void *p, struct object *o, struct debug_info *info)
{
    struct thread *t = gc_initialised() ? api_thread() : NULL;
    if (t == NULL || !busy_enter(t))
        return POINTS_ELSEWHERE;
    enum debug_pointer pointer = classify_busy((uintptr_t)p, o, info);
    busy_leave(t);
    return pointer;
}

bool debug_is_user(const void *p)
{
    struct object o;
    struct debug_info info;
    return debug_count() > 0 && debug_classify(p, &o, &info) == POINTS_TO_USER;
}

/* ---- Freeing ---- */

/* Ends being a debug object, or is marked as freed. False: somebody else has done it. */
static bool forget(const struct object *o, bool keep)
{
    struct thread *t = api_thread();
    if (t == NULL || !busy_enter(t))
        return false;
    bool done = keep ? debug_set_freed(o->base) : debug_forget(o->base);
    busy_leave(t);
    return done;
}

/* Uncollectable objects are never found unreachable, so they are freed at once in any case. */
static void release(const struct object *o, const struct debug_info *info)
{
    bool keep = settings.delay_free && GC_find_leak && !kind_is_uncollectable(o->span->kind);
    memset((void *)debug_user(o->base), debug_freed_byte, info->bytes);
    if (forget(o, keep) && !keep)
        api_free_debug((void *)o->base);
}

static void report_freed(const struct object *o)
{
    GC_err_printf("GC_debug_free: found previously deallocated (?) object at %p in or near object "
                  "at %p(<smashed>, appr. sz= %lu)\n",
                  (void *)o->base, (void *)debug_user(o->base),
                  (unsigned long)(o->span->object_bytes - debug_extra_bytes));
}

static void free_debug_object(const struct object *o, const struct debug_info *info)
{
    struct debug_reporter r = {0};
    struct smash smash = {o->base, info->smashed, info->bytes, info->site};
    if (info->freed) {
        report_freed(o);
        return;
    }
    if (info->smashed != 0)
        debug_print_smashed(&r, "GC_debug_free: found smashed location at", &smash);
    debug_report_end(&r);
    release(o, info);
}

void GC_debug_free(void *p)
{
    struct object o;
    struct debug_info info;
    if (p == NULL)
        return;
    switch (debug_classify(p, &o, &info)) {
    case POINTS_TO_USER:
        free_debug_object(&o, &info);
        break;
    case POINTS_TO_FREED:
        report_freed(&o);
        break;
    case POINTS_TO_PLAIN:
    case POINTS_INTO:
        GC_err_printf("GC_debug_free called on pointer %p w/o debugging info\n", p);
        GC_free(p);
        break;
    case POINTS_ELSEWHERE:
        GC_free(p);
        break;
    }
}

/* The bytes are cleared while they are still the caller's. */
static void clear_before_free(void *p, size_t bytes)
{
    struct object o;
    struct debug_info info;
    if (debug_classify(p, &o, &info) == POINTS_TO_USER)
        memset(p, 0, bytes < info.bytes ? bytes : info.bytes);
}

void GC_debug_freezero(void *p, size_t bytes)
{
    clear_before_free(p, bytes);
    GC_debug_free(p);
}

/* ---- realloc ---- */

static void *reallocate(void *old, size_t bytes, const struct debug_call *call)
{
    struct object o;
    struct debug_info info;
    if (old == NULL)
        return allocate(bytes, KIND_NORMAL, call);
    if (bytes == 0) {
        GC_debug_free(old);
        return NULL;
    }
    if (debug_classify(old, &o, &info) != POINTS_TO_USER || info.freed) {
        GC_err_printf("GC_debug_realloc called on pointer %p w/o debugging info\n", old);
        return GC_realloc(old, bytes);
    }
    void *copy = allocate(bytes, o.span->kind, call);
    if (copy == NULL)
        return NULL;
    memcpy(copy, old, bytes < info.bytes ? bytes : info.bytes);
    GC_debug_free(old);
    return copy;
}

void *GC_debug_realloc(void *old, size_t bytes, const char *file, int line)
{
    return reallocate(old, bytes, DEBUG_CALL(file, line));
}

void *GC_debug_realloc_replacement(void *old, size_t bytes)
{
    return reallocate(old, bytes, DEBUG_CALL(NULL, 0));
}

void *GC_debug_reallocf(void *old, size_t bytes, const char *file, int line)
{
    void *new = reallocate(old, bytes, DEBUG_CALL(file, line));
    if (new == NULL && bytes != 0)
        GC_debug_free(old);
    return new;
}

/* ---- The rest of the family ---- */

void GC_debug_change_stubborn(const void *p)
{
    GC_change_stubborn(p);
}

void GC_debug_end_stubborn_change(const void *p)
{
    if (GC_base((void *)p) == NULL)
        api_abort("GC_debug_end_stubborn_change: bad arg");
    GC_end_stubborn_change(p);
}

void GC_debug_ptr_store_and_dirty(void *p, const void *q)
{
    GC_ptr_store_and_dirty(GC_is_visible(p), GC_is_valid_displacement((void *)q));
}

/* From the object's base as well as from the user's first byte. */
void GC_debug_register_displacement(size_t displacement)
{
    GC_register_displacement(displacement);
    GC_register_displacement(displacement + debug_header_bytes);
}
