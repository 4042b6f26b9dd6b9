/*
 * A small virtual machine whose values the collector cannot read by itself, and how it is told.
 *
 *   vm [LENGTH]
 *
 * A value is a word: a number as a double, or a reference to a pair with the upper 16 bits set,
 * where no double has its bits. To a collector that looks for addresses such a word is none. So:
 *
 *   - pairs and the machine's stack are of kinds with a mark procedure, which unpacks each value
 *     and hands what it refers to to the collector. Of the stack it looks at the part in use: what
 *     has been popped keeps nothing alive;
 *   - a program is a typed object: a bitmap says which of its words are pointers. Its checksum is
 *     none, whatever it looks like.
 *
 * The machine runs a program that builds a list of LENGTH numbers, reverses it and adds it up, some
 * hundred times over, and checks the sum each time. In the end all pairs must be gone.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gc.h>
#include <gc/gc_mark.h>
#include <gc/gc_typed.h>

enum { DEFAULT_LENGTH = 20000, ROUNDS = 200, STACK_VALUES = 4096, PAIRS_A_LOOK = 2 };

typedef uint64_t value;

static const value REFERENCE = (value)0xfffc << 48;
static const value NIL = (value)0xfffc << 48;

struct pair {
    value first;
    value rest;
};

struct stack {
    GC_word in_use;
    value values[STACK_VALUES];
};

enum op { PUSH, LOAD, STORE, DROP, CONS, FIRST, REST, ADD, LESS, IS_NIL, JUMP, JUMP_UNLESS, STOP };

struct instruction {
    enum op op;
    int operand;
};

struct program {
    GC_word checksum;
    struct instruction *code;
    double *constants;
    GC_word length;
};

static void require(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "wrong: %s\n", what);
        exit(1);
    }
}

/* ---- Values ---- */

static value of_number(double number)
{
    value v;
    memcpy(&v, &number, sizeof v);
    return v;
}

static double to_number(value v)
{
    double number;
    require((v & REFERENCE) != REFERENCE, "a pair where a number should be");
    memcpy(&number, &v, sizeof number);
    return number;
}

static struct pair *to_pair(value v)
{
    require((v & REFERENCE) == REFERENCE && v != NIL, "no pair where one should be");
    return (struct pair *)(v & ~REFERENCE);
}

/* ---- What the collector is told ---- */

enum { OF_PAIR, OF_STACK };

static int pair_kind, stack_kind;
static GC_descr program_descriptor;

static struct GC_ms_entry *mark_value(value *at, struct GC_ms_entry *top, struct GC_ms_entry *limit)
{
    if ((*at & REFERENCE) != REFERENCE)
        return top;
    void *pair = (void *)(*at & ~REFERENCE);
    return GC_MARK_AND_PUSH(pair, top, limit, (void **)at);
}

/* Called in the middle of a collection: it reads, and calls nothing else. */
static struct GC_ms_entry *mark_values(GC_word *object, struct GC_ms_entry *top,
                                       struct GC_ms_entry *limit, GC_word what)
{
    value *values = what == OF_PAIR ? object : ((struct stack *)object)->values;
    size_t count = what == OF_PAIR ? PAIRS_A_LOOK : ((struct stack *)object)->in_use;
    for (size_t i = 0; i < count; i++)
        top = mark_value(&values[i], top, limit);
    return top;
}

static int kind_marked_by(unsigned procedure, GC_word what)
{
    return (int)GC_new_kind(GC_new_free_list(), GC_MAKE_PROC(procedure, what), 0, 1);
}

static void tell_the_collector(void)
{
    GC_word pointers[GC_BITMAP_SIZE(struct program)] = {0};
    unsigned procedure = GC_new_proc(mark_values);
    pair_kind = kind_marked_by(procedure, OF_PAIR);
    stack_kind = kind_marked_by(procedure, OF_STACK);
    GC_set_bit(pointers, GC_WORD_OFFSET(struct program, code));
    GC_set_bit(pointers, GC_WORD_OFFSET(struct program, constants));
    program_descriptor = GC_make_descriptor(pointers, GC_WORD_LEN(struct program));
}

/* ---- The machine ---- */

static long pairs_made;

/* The collector sees the values on the machine's stack, not those in C variables: so both operands
 * stay there until the pair has them. */
static value cons(const struct stack *s)
{
    struct pair *p = GC_generic_malloc(sizeof *p, pair_kind);
    require(p != NULL, "memory for a pair");
    p->first = s->values[s->in_use - 2];
    p->rest = s->values[s->in_use - 1];
    pairs_made++;
    return REFERENCE | (value)p;
}

static void push(struct stack *s, value v)
{
    require(s->in_use < STACK_VALUES, "room on the stack");
    s->values[s->in_use++] = v;
}

static value pop(struct stack *s)
{
    require(s->in_use > 0, "a value on the stack");
    return s->values[--s->in_use];
}

static void replace_two(struct stack *s, value v)
{
    pop(s);
    pop(s);
    push(s, v);
}

static double second_number(const struct stack *s)
{
    return to_number(s->values[s->in_use - 2]);
}

static double top_number(const struct stack *s)
{
    return to_number(s->values[s->in_use - 1]);
}

/* Runs until STOP; the result is on top of the stack. Truth is any number but 0. */
static void run(const struct program *program, struct stack *s)
{
    for (size_t at = 0; at < program->length;) {
        struct instruction i = program->code[at++];
        switch (i.op) {
        case PUSH:
            push(s, of_number(program->constants[i.operand]));
            break;
        case LOAD:
            push(s, s->values[i.operand]);
            break;
        case STORE:
            s->values[i.operand] = pop(s);
            break;
        case DROP:
            pop(s);
            break;
        case CONS:
            replace_two(s, cons(s));
            break;
        case FIRST:
            push(s, to_pair(pop(s))->first);
            break;
        case REST:
            push(s, to_pair(pop(s))->rest);
            break;
        case ADD:
            replace_two(s, of_number(second_number(s) + top_number(s)));
            break;
        case LESS:
            replace_two(s, of_number(second_number(s) < top_number(s)));
            break;
        case IS_NIL:
            push(s, of_number(pop(s) == NIL));
            break;
        case JUMP:
            at = (size_t)i.operand;
            break;
        case JUMP_UNLESS:
            at = to_number(pop(s)) == 0 ? (size_t)i.operand : at;
            break;
        case STOP:
            return;
        }
    }
}

/* ---- The program ----
 *
 * Locals: 0 the list, 1 the other list, 2 a counter, 3 the sum. Constants: 0, 1, the length. */

static const struct instruction text[] = {
    /* list = (1 2 ... length), the last first */
    {PUSH, 0},
    {STORE, 2},
    /* 2: */ {LOAD, 2},
    {PUSH, 2},
    {LESS, 0},
    {JUMP_UNLESS, 15},
    {LOAD, 2},
    {PUSH, 1},
    {ADD, 0},
    {STORE, 2},
    {LOAD, 2},
    {LOAD, 0},
    {CONS, 0},
    {STORE, 0},
    {JUMP, 2},
    /* 15: other = the list, reversed */
    {LOAD, 0},
    {IS_NIL, 0},
    {JUMP_UNLESS, 19},
    {JUMP, 28},
    /* 19: */ {LOAD, 0},
    {FIRST, 0},
    {LOAD, 1},
    {CONS, 0},
    {STORE, 1},
    {LOAD, 0},
    {REST, 0},
    {STORE, 0},
    {JUMP, 15},
    /* 28: the sum */
    {PUSH, 0},
    {STORE, 3},
    /* 30: */ {LOAD, 1},
    {IS_NIL, 0},
    {JUMP_UNLESS, 34},
    {JUMP, 43},
    /* 34: */ {LOAD, 3},
    {LOAD, 1},
    {FIRST, 0},
    {ADD, 0},
    {STORE, 3},
    {LOAD, 1},
    {REST, 0},
    {STORE, 1},
    {JUMP, 30},
    /* 43: */ {LOAD, 3},
    {STOP, 0}};

enum { LOCALS = 4, CONSTANTS = 3 };

static struct program *new_program(long length)
{
    struct program *p = GC_malloc_explicitly_typed(sizeof *p, program_descriptor);
    require(p != NULL, "memory for the program");
    p->length = sizeof text / sizeof *text;
    p->code = GC_MALLOC_ATOMIC(sizeof text);
    memcpy(p->code, text, sizeof text);
    p->constants = GC_MALLOC_ATOMIC(CONSTANTS * sizeof *p->constants);
    p->constants[0] = 0;
    p->constants[1] = 1;
    p->constants[2] = (double)length;
    p->checksum = (GC_word)p->code * 3;
    return p;
}

static struct stack *new_stack(void)
{
    struct stack *s = GC_generic_malloc(sizeof *s, stack_kind);
    require(s != NULL, "memory for the stack");
    for (unsigned i = 0; i < LOCALS; i++)
        push(s, NIL);
    return s;
}

/* ---- Counting ---- */

static void count_pair(void *object, size_t bytes, void *count)
{
    (void)bytes;
    if (GC_get_kind_and_size(object, NULL) == pair_kind)
        ++*(long *)count;
}

static long pairs_there(void)
{
    long count = 0;
    GC_gcollect();
    GC_enumerate_reachable_objects_inner(count_pair, &count);
    return count;
}

int main(int argc, char **argv)
{
    long length = argc > 1 ? strtol(argv[1], NULL, 10) : DEFAULT_LENGTH;
    if (length < 1) {
        fprintf(stderr, "usage: %s [LENGTH]\n", argv[0]);
        return 2;
    }
    GC_INIT();
    tell_the_collector();
    struct program *program = new_program(length);
    struct stack *s = new_stack();
    double expected = (double)length * (double)(length + 1) / 2;
    for (unsigned i = 0; i < ROUNDS; i++) {
        run(program, s);
        require(to_number(pop(s)) == expected, "the sum");
        require(s->in_use == LOCALS, "the stack's height");
    }
    require(program->checksum == (GC_word)program->code * 3, "the program's checksum");
    long left = pairs_there();
    printf("%ld pairs made, %ld left\n", pairs_made, left);
    require(left <= length / 100 + 10, "pairs are still there");
    return 0;
}
