/* disclaim.c: being asked about dead objects, and GC_finalized_malloc, which is built on it.
 *
 * A finalized object's first word is its closure's address with the lowest bit set; what the
 * program gets begins behind it.
 */
#include "services/disclaim.h"
#include "api/api.h"
#include "gc/gc_disclaim.h"
#include "mark/mark.h"

enum { closure_flag = 1, header_bytes = sizeof(GC_word) };

static atomic_word finalized_kind;

/* ---- Procedures ---- */

struct registration {
    unsigned kind;
    disclaim_function procedure;
    bool marks_contents;
};

static void *register_excluded(void *argument)
{
    const struct registration *r = argument;
    return disclaim_register(r->kind, r->procedure, r->marks_contents) ? argument : NULL;
}

static void register_procedure(struct registration r)
{
    if (cycle_excluded(register_excluded, &r) == NULL)
        warn("no memory to register a disclaim procedure for kind %ld; ignored\n", r.kind);
}

void GC_register_disclaim_proc(int kind, GC_disclaim_proc procedure, int mark_from_all)
{
    if (api_thread() == NULL)
        return;
    if ((unsigned)kind >= kind_count() || kind_is_uncollectable((unsigned)kind)) {
        warn("GC_register_disclaim_proc: objects of kind %ld are not reclaimed; ignored\n",
             (GC_word)kind);
        return;
    }
    register_procedure((struct registration){(unsigned)kind, procedure, mark_from_all != 0});
}

/* ---- Finalized objects ---- */

static int call_closure(void *object)
{
    GC_word header = *(GC_word *)object;
    if ((header & closure_flag) != 0) {
        const struct GC_finalizer_closure *c =
            (const struct GC_finalizer_closure *)(header & ~(GC_word)closure_flag);
        c->proc((char *)object + header_bytes, c->cd);
    }
    return 0;
}

/* Pointers to the object, to its closure as the header has it (which may be a debug object), and to
 * a closure that is such an object itself. */
static void register_displacements(void)
{
    GC_debug_register_displacement(closure_flag);
    GC_register_displacement(header_bytes);
    GC_register_displacement(header_bytes + closure_flag);
}

void GC_init_finalized_malloc(void)
{
    unsigned made = (unsigned)word_load_acquire(&finalized_kind);
    if (made != 0 && kind_disclaim(made) != NULL)
        return;
    register_displacements();
    unsigned kind = api_kind_once(&finalized_kind, 0, true);
    if (kind != 0)
        register_procedure((struct registration){kind, call_closure, true});
}

void *GC_finalized_malloc(size_t bytes, const struct GC_finalizer_closure *closure)
{
    GC_init_finalized_malloc();
    unsigned kind = (unsigned)word_load_acquire(&finalized_kind);
    if (kind == 0 || bytes > SIZE_MAX - header_bytes - 1)
        return GC_get_oom_fn()(bytes);
    GC_word *header = api_allocate(api_request(bytes + header_bytes), kind);
    if (header == NULL)
        return NULL;
    *header = (GC_word)closure | closure_flag;
    return header + 1;
}
