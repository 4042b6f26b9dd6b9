/* gcj.c: objects whose type, to which their first word points, holds their descriptor. */
#include "api/debug.h"
#include "gc/gc_gcj.h"
#include "gc/gc_mark.h"
#include "mark/procedures.h"

enum { type_descriptor_offset = sizeof(GC_word), debug_env = 1 };

int GC_gcj_kind;
int GC_gcj_debug_kind;

static atomic_word kind;
static atomic_word debug_kind;

static GC_word in_the_type(void)
{
    GC_word offset = (GC_word)-type_descriptor_offset - GC_INDIR_PER_OBJ_BIAS;
    return offset | GC_DS_PER_OBJECT;
}

void GC_init_gcj_malloc(int number, void *procedure)
{
    if (word_load_acquire(&kind) != 0)
        return;
    if (!procedure_set((unsigned)number, (mark_procedure)(GC_word)procedure)) {
        warn("GC_init_gcj_malloc: %ld is no number for a mark procedure; ignored\n",
             (GC_word)number);
        return;
    }
    GC_gcj_debug_kind = (int)api_kind_once(
        &debug_kind, descriptor_of_procedure((unsigned)number, debug_env), false);
    GC_gcj_kind = (int)api_kind_once(&kind, in_the_type(), false);
}

static void *typed_malloc(size_t bytes, unsigned of_kind, size_t type_at, void *type)
{
    void **p = api_allocate(api_request(bytes), of_kind != 0 ? of_kind : (unsigned)KIND_NORMAL);
    if (p != NULL)
        *(void **)((char *)p + type_at) = type;
    return p;
}

void *GC_gcj_malloc(size_t bytes, void *type)
{
    size_t least = sizeof type;
    return typed_malloc(bytes > least ? bytes : least, (unsigned)word_load_acquire(&kind), 0, type);
}

void *GC_gcj_malloc_ignore_off_page(size_t bytes, void *type)
{
    return GC_gcj_malloc(bytes, type);
}

/* The type is the first word of what the program sees; the procedure, told so by `env`, takes the
 * header into account. */
void *GC_debug_gcj_malloc(size_t bytes, void *type, const char *file, int line)
{
    size_t least = sizeof type;
    size_t wanted = bytes > least ? bytes : least;
    unsigned of_kind = (unsigned)word_load_acquire(&debug_kind);
    void **p = debug_finish(api_allocate(api_request(debug_request(wanted)),
                                         of_kind != 0 ? of_kind : (unsigned)KIND_NORMAL),
                            wanted, DEBUG_CALL(file, line));
    if (p == NULL)
        return NULL;
    if (GC_base(p) == p) /* no header, which the procedure would expect */
        return GC_gcj_malloc(bytes, type);
    *p = type;
    return p;
}
