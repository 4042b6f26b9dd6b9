/* stacks.c: see stacks.h. */
#include "threads/stacks.h"
#include "heap/find.h"
#include "threads/costacks.h"

/* Longer stacks than this are looked at page by page: a large array on them may never have been
 * written. */
enum { read_at_once = 256 * 1024 };

/* Less than a collection needs of any stack, so it can be nothing else. */
enum { own_frames_bytes = 2048 };

void (*stacks_sp_corrector)(void **sp, void *handle);
char *const *stacks_main_bottom;

static struct stack_figures figures;

struct visit {
    range_visitor visit;
    void *argument;
};

static uintptr_t word_aligned(uintptr_t address)
{
    return address & ~(uintptr_t)(sizeof address - 1);
}

static void visit_present(const struct visit *v, uintptr_t low, uintptr_t high)
{
    maps_visit_present(word_aligned(low), high, v->visit, v->argument);
}

/* ---- Known stacks ---- */

/* Does sp stand on this stack, all of whose part above is mapped then? */
static bool stands_on(struct stack_bounds *b, uintptr_t sp)
{
    struct mapping m;
    if (sp >= b->high || sp == 0)
        return false;
    if (sp >= b->limit)
        return true;
    if (!maps_find(sp, &m) || m.high < b->high)
        return false;
    b->limit = m.low;
    return true;
}

static void visit_from(const struct visit *v, const struct stack_bounds *b, uintptr_t sp)
{
    if (b->high - sp > read_at_once)
        visit_present(v, sp, b->high);
    else
        v->visit(word_aligned(sp), b->high, v->argument);
}

static void visit_whole(const struct visit *v, struct stack_bounds *b)
{
    struct mapping m;
    if (b->high == 0)
        return;
    if (maps_find(b->high - 1, &m) && m.low < b->limit)
        b->limit = m.low;
    visit_present(v, b->limit, b->high);
}

/* The program's word for the main thread counts, whenever it was said. */
static void hear_main_bottom(struct thread *t)
{
    uintptr_t said = stacks_main_bottom ? (uintptr_t)*stacks_main_bottom : 0;
    if (t->is_main && said != 0 && said != t->stack.high)
        t->stack = (struct stack_bounds){said, said};
}

/* ---- Any other place ---- */

static void visit_object(const struct visit *v, const struct object *o, uintptr_t sp)
{
    uintptr_t word = o->base;
    v->visit((uintptr_t)&word, (uintptr_t)(&word + 1), v->argument);
    if (o->span->pointer_free)
        v->visit(word_aligned(sp), o->base + o->span->object_bytes, v->argument);
}

static void visit_strange(const struct visit *v, uintptr_t sp)
{
    struct object o;
    struct costack *s = costack_containing(sp);
    figures.strange++;
    if (s)
        visit_present(v, sp, s->high);
    else if (find_object(sp, &o))
        visit_object(v, &o, sp);
    else if (!maps_visit_rest(word_aligned(sp), strange_stack_most, v->visit, v->argument))
        figures.cut++;
}

static uintptr_t corrected(const struct thread *t)
{
    void *sp = (void *)t->stack_low;
    if (stacks_sp_corrector)
        stacks_sp_corrector(&sp, (void *)t->handle);
    return (uintptr_t)sp;
}

/* ---- Threads ---- */

static void visit_known(const struct visit *v, struct stack_bounds *b, uintptr_t sp)
{
    if (stands_on(b, sp))
        visit_from(v, b, sp);
    else
        visit_whole(v, b);
}

/* A thread of the kernel's (sp is 0) has no stack. */
static void visit_thread(struct thread *t, void *argument)
{
    const struct visit *v = argument;
    uintptr_t sp = t->stack_low;
    hear_main_bottom(t);
    struct costack *s = costack_containing(sp);
    if (s)
        s->running = true;
    if (sp == 0)
        return;
    if (!stands_on(&t->stack, sp) && !stands_on(&t->home, sp)) {
        visit_strange(v, sp);
        sp = corrected(t);
    }
    visit_known(v, &t->stack, sp);
    if (t->home.high != t->stack.high)
        visit_known(v, &t->home, sp);
}

/* ---- Registered stacks ---- */

static void forget_running(struct costack *s, void *unused)
{
    (void)unused;
    s->running = false;
}

static void visit_suspended(struct costack *s, void *argument)
{
    bool is_left_there = s->low <= s->sp && s->sp < s->high;
    if (!s->running)
        visit_present(argument, is_left_there ? s->sp : s->low, s->high);
}

void stacks_for_each(range_visitor visit, void *argument)
{
    struct visit v = {visit, argument};
    figures = (struct stack_figures){0, 0};
    costacks_for_each(forget_running, NULL);
    threads_for_each(visit_thread, &v);
    costacks_for_each(visit_suspended, &v);
}

/* Where a stack ends is only known of registered ones: the bounds of a thread's are those of its
 * mapping, which may be one with that of the stack below. Else it is what our frames take. */
uintptr_t stacks_dead_part(uintptr_t *low)
{
    const struct thread *t = thread_self;
    *low = 0;
    if (t == NULL)
        return 0;
    const struct costack *s = costack_containing(t->stack_low);
    *low = s != NULL ? s->low : t->stack_low - own_frames_bytes;
    return t->stack_low;
}

struct stack_figures stacks_figures(void)
{
    return figures;
}
