/*
 * lists.c – pairs and lists, and the procedures that walk several lists in step.
 */
#include "eval.h"
#include "heap.h"
#include "library.h"

static int64_t length_of(Value list, const char *who)
{
    int64_t length = list_length(list);
    if (length < 0) {
        fail_type(who, "a list", list);
    }
    return length;
}

/* Pairs */

static Value prim_cons(Value a, Value b)
{
    return cons(a, b);
}

static Value prim_car(Value v)
{
    return as_pair(v, "car")->car;
}

static Value prim_cdr(Value v)
{
    return as_pair(v, "cdr")->cdr;
}

static Value set_car(Value pair, Value item)
{
    as_pair(pair, "set-car!")->car = item;
    return UNSPECIFIED;
}

static Value set_cdr(Value pair, Value tail)
{
    as_pair(pair, "set-cdr!")->cdr = tail;
    return UNSPECIFIED;
}

static Value caar(Value v)
{
    return as_pair(as_pair(v, "caar")->car, "caar")->car;
}

static Value cadr(Value v)
{
    return as_pair(as_pair(v, "cadr")->cdr, "cadr")->car;
}

static Value cdar(Value v)
{
    return as_pair(as_pair(v, "cdar")->car, "cdar")->cdr;
}

static Value cddr(Value v)
{
    return as_pair(as_pair(v, "cddr")->cdr, "cddr")->cdr;
}

static Value caddr(Value v)
{
    return as_pair(cddr(v), "caddr")->car;
}

static Value cdddr(Value v)
{
    return as_pair(cddr(v), "cdddr")->cdr;
}

static Value cadddr(Value v)
{
    return as_pair(cdddr(v), "cadddr")->car;
}

/* Lists */

static Value prim_list(int argc, Value *argv)
{
    return list_from_array(argc, argv, NIL);
}

static Value cons_star(int argc, Value *argv)
{
    return list_from_array(argc - 1, argv, argv[argc - 1]);
}

static Value make_list(int argc, Value *argv)
{
    size_t count = as_index(argv[0], SIZE_MAX >> 8, "make-list");
    Value list = NIL;
    for (; count > 0; count--) {
        list = cons(argc > 1 ? argv[1] : UNSPECIFIED, list);
    }
    return list;
}

static Value prim_length(Value v)
{
    return fixnum(length_of(v, "length"));
}

/* The items of a list in reverse, in front of `tail` */
static Value reverse_onto(Value list, Value tail, const char *who)
{
    length_of(list, who);
    for (; is_pair(list); list = cdr(list)) {
        tail = cons(car(list), tail);
    }
    return tail;
}

static Value prim_reverse(Value v)
{
    return reverse_onto(v, NIL, "reverse");
}

static Value prim_append(int argc, Value *argv)
{
    Value result = argc > 0 ? argv[argc - 1] : NIL;
    for (int i = argc - 2; i >= 0; i--) {
        result = reverse_in_place(reverse_onto(argv[i], NIL, "append"), result);
    }
    return result;
}

static Value list_copy(Value v)
{
    Value done = NIL;
    Value rest = v;
    for (; is_pair(rest); rest = cdr(rest)) {
        done = cons(car(rest), done);
    }
    return reverse_in_place(done, rest);
}

static Value tail_at(Value list, Value index, const char *who)
{
    for (size_t i = as_index(index, SIZE_MAX >> 8, who); i > 0; i--) {
        if (!is_pair(list)) {
            fail_range(who, index);
        }
        list = cdr(list);
    }
    return list;
}

static Value list_tail(Value list, Value index)
{
    return tail_at(list, index, "list-tail");
}

static Value list_ref(Value list, Value index)
{
    return as_pair(tail_at(list, index, "list-ref"), "list-ref")->car;
}

static Value list_set(Value list, Value index, Value item)
{
    as_pair(tail_at(list, index, "list-set!"), "list-set!")->car = item;
    return UNSPECIFIED;
}

static Value last_pair(Value v)
{
    as_pair(v, "last-pair");
    Value list = v;
    while (is_pair(cdr(list))) {
        list = cdr(list);
    }
    return list;
}

/* Searching */

typedef bool (*Equivalence)(Value a, Value b);

static bool eq(Value a, Value b)
{
    return a == b;
}

static Value find_member(Value item, Value list, Equivalence same)
{
    for (; is_pair(list); list = cdr(list)) {
        if (same(item, car(list))) {
            return list;
        }
    }
    return FALSE_VALUE;
}

static Value find_entry(Value key, Value list, Equivalence same, const char *who)
{
    for (; is_pair(list); list = cdr(list)) {
        if (same(key, as_pair(car(list), who)->car)) {
            return car(list);
        }
    }
    return FALSE_VALUE;
}

static Value prim_memq(Value item, Value list)
{
    return find_member(item, list, eq);
}

static Value prim_memv(Value item, Value list)
{
    return find_member(item, list, eqv);
}

static Value prim_member(int argc, Value *argv)
{
    if (argc == 2) {
        return find_member(argv[0], argv[1], equal);
    }
    Value list = argv[1];
    while (is_pair(list) && !is_true(call2(argv[2], argv[0], car(list)))) {
        list = cdr(list);
    }
    return is_pair(list) ? list : FALSE_VALUE;
}

static Value prim_assq(Value key, Value list)
{
    return find_entry(key, list, eq, "assq");
}

static Value prim_assv(Value key, Value list)
{
    return find_entry(key, list, eqv, "assv");
}

static Value prim_assoc(int argc, Value *argv)
{
    if (argc == 2) {
        return find_entry(argv[0], argv[1], equal, "assoc");
    }
    Value list = argv[1];
    while (is_pair(list) && !is_true(call2(argv[2], argv[0], as_pair(car(list), "assoc")->car))) {
        list = cdr(list);
    }
    return is_pair(list) ? car(list) : FALSE_VALUE;
}

/* Mapping */

/* Moves the next items of all lists to `items`; false if one of the lists has ended. */
static bool next_items(int count, Value *lists, Value *items)
{
    for (int i = 0; i < count; i++) {
        if (!is_pair(lists[i])) {
            return false;
        }
        items[i] = car(lists[i]);
        lists[i] = cdr(lists[i]);
    }
    return true;
}

static Value *copy_items(int count, Value *from)
{
    Value *copy = allocate((size_t)count * sizeof(Value));
    for (int i = 0; i < count; i++) {
        copy[i] = from[i];
    }
    return copy;
}

static void check_end(Value rest, const char *who)
{
    if (rest != NIL) {
        fail_type(who, "a list", rest);
    }
}

static Value map_one(Value procedure, Value list)
{
    Value done = NIL;
    for (; is_pair(list); list = cdr(list)) {
        done = cons(call1(procedure, car(list)), done);
    }
    check_end(list, "map");
    return reverse_in_place(done, NIL);
}

static Value prim_map(int argc, Value *argv)
{
    if (argc == 2) {
        return map_one(argv[0], argv[1]);
    }
    Value done = NIL;
    Value *lists = copy_items(argc - 1, argv + 1);
    Value *items = copy_items(argc - 1, argv + 1);
    while (next_items(argc - 1, lists, items)) {
        done = cons(apply(argv[0], argc - 1, items), done);
    }
    return reverse_in_place(done, NIL);
}

static Value for_each(int argc, Value *argv)
{
    Value *lists = copy_items(argc - 1, argv + 1);
    Value *items = copy_items(argc - 1, argv + 1);
    while (next_items(argc - 1, lists, items)) {
        apply(argv[0], argc - 1, items);
    }
    if (argc == 2) {
        check_end(lists[0], "for-each");
    }
    return UNSPECIFIED;
}

static Value filter(Value predicate, Value list)
{
    Value done = NIL;
    for (; is_pair(list); list = cdr(list)) {
        if (is_true(call1(predicate, car(list)))) {
            done = cons(car(list), done);
        }
    }
    check_end(list, "filter");
    return reverse_in_place(done, NIL);
}

static Value fold_left(Value procedure, Value result, Value list)
{
    for (; is_pair(list); list = cdr(list)) {
        result = call2(procedure, result, car(list));
    }
    check_end(list, "fold-left");
    return result;
}

static Value fold(Value procedure, Value result, Value list)
{
    for (; is_pair(list); list = cdr(list)) {
        result = call2(procedure, car(list), result);
    }
    check_end(list, "fold");
    return result;
}

static Value fold_right(Value procedure, Value result, Value list)
{
    return fold(procedure, result, reverse_onto(list, NIL, "fold-right"));
}

/* (iota count [start [step]]), of exact integers */
static Value iota(int argc, Value *argv)
{
    int64_t count = (int64_t)as_index(argv[0], SIZE_MAX >> 8, "iota");
    for (int i = 1; i < argc; i++) {
        check_type(argv[i], T_FIXNUM, "iota");
    }
    int64_t start = argc > 1 ? fixnum_value(argv[1]) : 0;
    int64_t step = argc > 2 ? fixnum_value(argv[2]) : 1;
    Value list = NIL;
    while (count-- > 0) {
        list = cons(fixnum(start + count * step), list);
    }
    return list;
}

static void search_primitives(void)
{
    static const PrimitiveRow rows[] = {
        BINARY("memq", prim_memq),
        BINARY("memv", prim_memv),
        VARIADIC("member", prim_member, 2, 3),
        BINARY("assq", prim_assq),
        BINARY("assv", prim_assv),
        VARIADIC("assoc", prim_assoc, 2, 3),
        VARIADIC("map", prim_map, 2, -1),
        VARIADIC("for-each", for_each, 2, -1),
        BINARY("filter", filter),
        TERNARY("fold-left", fold_left),
        TERNARY("fold", fold),
        TERNARY("fold-right", fold_right),
    };
    define_primitives(rows, COUNT_OF(rows));
}

void list_primitives(void)
{
    static const PrimitiveRow rows[] = {
        BINARY("cons", prim_cons),
        UNARY("car", prim_car),
        UNARY("cdr", prim_cdr),
        BINARY("set-car!", set_car),
        BINARY("set-cdr!", set_cdr),
        UNARY("caar", caar),
        UNARY("cadr", cadr),
        UNARY("cdar", cdar),
        UNARY("cddr", cddr),
        UNARY("caddr", caddr),
        UNARY("cdddr", cdddr),
        UNARY("cadddr", cadddr),
        VARIADIC("list", prim_list, 0, -1),
        VARIADIC("cons*", cons_star, 1, -1),
        VARIADIC("make-list", make_list, 1, 2),
        UNARY("length", prim_length),
        UNARY("reverse", prim_reverse),
        VARIADIC("append", prim_append, 0, -1),
        UNARY("list-copy", list_copy),
        BINARY("list-tail", list_tail),
        BINARY("list-ref", list_ref),
        TERNARY("list-set!", list_set),
        UNARY("last-pair", last_pair),
        VARIADIC("iota", iota, 1, 3),
    };
    define_primitives(rows, COUNT_OF(rows));
    search_primitives();
}
