/* Cords against a plain model: every cord made here is made as an array of chars as well, and what
 * the functions tell of the one is compared with the other. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include "unit.h"
#include "gc/gc.h"
#include "gc/ec.h"
#include "cord/node.h"
#include "cord/read.h"

/* What programs were compiled against, with Debian's header. */
_Static_assert(sizeof(CORD_pos) == 832 && offsetof(struct CORD_Pos, path_len) == 8 &&
                   offsetof(struct CORD_Pos, cur_leaf) == 16 &&
                   offsetof(struct CORD_Pos, cur_start) == 24 &&
                   offsetof(struct CORD_Pos, cur_end) == 32 &&
                   offsetof(struct CORD_Pos, path) == 40 && sizeof(struct CORD_pe) == 16 &&
                   offsetof(struct CORD_Pos, function_buf) == 824 && CORD_POS_BUFFER_SIZE == 8 &&
                   CORD_POS_INVALID == 0x55555555,
               "the layout of positions");
_Static_assert(sizeof(CORD_ec) == 152 && offsetof(struct CORD_ec_struct, ec_bufptr) == 8 &&
                   offsetof(struct CORD_ec_struct, ec_buf) == 16,
               "the layout of extensible cords");

/* For inner loops: Check writes to a pipe for each of its own assertions. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg("%s is wrong", #condition);                                               \
    } while (0)

/* ---- The model ---------------------------------------------------------------------------------
 */

struct pair {
    CORD cord;
    char *text; /* len chars, of malloc: kept alive by nobody */
    size_t len;
};

enum { pool_size = 40, longest = 6000 };
static struct pair pool[pool_size];
static uint64_t seed = 88172645463325252u;

static size_t below(size_t n)
{
    return n == 0 ? 0 : unit_random(&seed) % n;
}

/* Few different chars, so that searches find something; NULs among them. */
static char random_char(void)
{
    return "aaabbbcccdefgh\0\n"[below(16)];
}

static char random_text_char(void)
{
    return "aaabbbcccdefghij"[below(16)];
}

static struct pair *any(void)
{
    return &pool[below(pool_size)];
}

static char *joined(const char *a, size_t alen, const char *b, size_t blen)
{
    char *text = malloc(alen + blen + 1);
    ck_assert_ptr_nonnull(text);
    if (alen > 0)
        memcpy(text, a, alen);
    if (blen > 0)
        memcpy(text + alen, b, blen);
    return text;
}

static void set(struct pair *pair, CORD cord, char *text, size_t len)
{
    free(pair->text);
    *pair = (struct pair){cord, text, len};
}

static char model_char(size_t i, void *text)
{
    return ((const char *)text)[i];
}

/* Memory of the collector's with random chars: no NULs if it is to be a C string. */
static char *random_chars(size_t n, bool is_text)
{
    char *chars = GC_malloc_atomic(n + 1);
    for (size_t i = 0; i < n; i++)
        chars[i] = is_text ? random_text_char() : random_char();
    chars[n] = '\0';
    return chars;
}

static void make_string(struct pair *to)
{
    size_t n = below(100);
    char *chars = random_chars(n, true);
    set(to, n == 0 ? CORD_EMPTY : chars, joined(chars, n, "", 0), n);
}

static void make_copy_of_string(struct pair *to)
{
    size_t n = below(50);
    char *chars = random_chars(n, true);
    set(to, CORD_from_char_star(chars), joined(chars, n, "", 0), n);
    memset(chars, '!', n);
}

static void make_function(struct pair *to)
{
    size_t n = below(150);
    char *chars = random_chars(n, false);
    set(to, CORD_from_fn(model_char, chars, n), joined(chars, n, "", 0), n);
}

static void make_chars(struct pair *to)
{
    size_t n = below(80);
    char c = random_char();
    char *text = malloc(n + 1);
    memset(text, c, n);
    set(to, c == '\0' ? CORD_nul(n) : CORD_chars(c, n), text, n);
}

static void make_by_appending(struct pair *to)
{
    size_t n = below(400);
    char *chars = random_chars(n, false);
    const struct pair *middle = any();
    size_t half = n / 2;
    CORD_ec x;
    CORD_ec_init(x);
    for (size_t i = 0; i < half; i++)
        CORD_ec_append(x, chars[i]);
    CORD_ec_append_cord(x, middle->cord);
    for (size_t i = half; i < n; i++)
        CORD_ec_append(x, chars[i]);
    char *start = joined(chars, half, middle->text, middle->len);
    char *all = joined(start, half + middle->len, chars + half, n - half);
    set(to, CORD_ec_to_cord(x), all, n + middle->len);
    free(start);
}

static void concatenate(struct pair *to)
{
    const struct pair *x = any(), *y = any();
    set(to, CORD_cat(x->cord, y->cord), joined(x->text, x->len, y->text, y->len), x->len + y->len);
}

static void concatenate_char(struct pair *to)
{
    const struct pair *x = any();
    char c = random_char();
    set(to, CORD_cat_char(x->cord, c), joined(x->text, x->len, &c, 1), x->len + 1);
}

static void concatenate_string(struct pair *to)
{
    const struct pair *x = any();
    size_t n = below(60), used = below(2) ? n : below(n + 1);
    char *chars = random_chars(n, below(4) != 0); /* with NULs, and cut short, it works as well */
    set(to, CORD_cat_char_star(x->cord, chars, used), joined(x->text, x->len, chars, used),
        x->len + used);
}

static void concatenate_three(struct pair *to)
{
    const struct pair *x = any(), *y = any(), *z = any();
    char *start = joined(x->text, x->len, y->text, y->len);
    char *all = joined(start, x->len + y->len, z->text, z->len);
    set(to, CORD_catn(3, x->cord, y->cord, z->cord), all, x->len + y->len + z->len);
    free(start);
}

static void take_part(struct pair *to)
{
    const struct pair *x = any();
    size_t i = below(x->len + 3), n = below(x->len + 3);
    size_t start = i < x->len ? i : x->len;
    size_t len = n < x->len - start ? n : x->len - start;
    set(to, CORD_substr(x->cord, i, n), joined(x->text + start, len, "", 0), len);
}

static void balance(struct pair *to)
{
    const struct pair *x = any();
    set(to, CORD_balance(x->cord), joined(x->text, x->len, "", 0), x->len);
}

static void (*const makers[])(struct pair *) = {
    make_string,       make_copy_of_string, make_function,      make_chars, make_by_appending,
    concatenate,       concatenate,         concatenate_char,   balance,    concatenate_string,
    concatenate_three, concatenate,         concatenate_string, take_part,  take_part,
};

/* ---- What is compared --------------------------------------------------------------------------
 */

static void check_invariant(CORD x)
{
    if (x == CORD_EMPTY || CORD_IS_STRING(x))
        return;
    ck_assert_uint_gt(as_node(x)->len, 0);
    if (!is_concat(x))
        return;
    const struct concat *c = as_concat(x);
    int left = depth_of(c->left), right = depth_of(c->right);
    ck_assert_int_eq(c->node.depth, 1 + (left > right ? left : right));
    ck_assert_int_le(c->node.depth, max_depth);
    ck_assert_uint_lt(c->left_len, c->node.len);
}

static void check_conversion(const struct pair *x)
{
    char *text = CORD_to_char_star(x->cord);
    ck_assert_mem_eq(text, x->text, x->len);
    ck_assert_int_eq(text[x->len], '\0');
    const char *constant = CORD_to_const_char_star(x->cord);
    ck_assert_mem_eq(constant, x->text, x->len);
    ck_assert_int_eq(constant[x->len], '\0');
}

static void check_forwards(const struct pair *x)
{
    size_t i = below(x->len + 1);
    CORD_pos p;
    for (CORD_set_pos(p, x->cord, i); CORD_pos_valid(p); CORD_next(p)) {
        CHECK(i < x->len);
        CHECK(CORD_pos_to_index(p) == i);
        CHECK(CORD_pos_fetch(p) == x->text[i]);
        i++;
    }
    ck_assert_uint_eq(i, x->len);
    ck_assert_ptr_eq(CORD_pos_to_cord(p), x->cord);
}

/* To and fro at random, through the functions. */
static void check_walk(const struct pair *x)
{
    if (x->len == 0)
        return;
    size_t i = below(x->len);
    CORD_pos p;
    CORD_set_pos(p, x->cord, i);
    for (int step = 0; step < 300; step++) {
        if (below(3) != 0)
            CHECK((CORD_pos_fetch)(p) == x->text[i]);
        bool forwards = below(4) < (step / 20 % 2 ? 3u : 1u);
        if (forwards && i + 1 < x->len) {
            (CORD_next)(p);
            i++;
        } else if (!forwards && i > 0) {
            (CORD_prev)(p);
            i--;
        }
        CHECK((CORD_pos_valid)(p));
        CHECK((CORD_pos_to_index)(p) == i);
    }
}

/* By the macros for inner loops. */
static void check_runs(const struct pair *x)
{
    size_t i = 0;
    CORD_pos p;
    CORD_set_pos(p, x->cord, 0);
    while (CORD_pos_valid(p)) {
        long left = CORD_pos_chars_left(p);
        if (left > 1) {
            size_t n = (size_t)left - 1;
            ck_assert_mem_eq(CORD_pos_cur_char_addr(p), x->text + i, (size_t)left);
            CORD_pos_advance(p, n);
            i += n;
        } else {
            CHECK(CORD_pos_fetch(p) == x->text[i]);
            CORD_next(p);
            i++;
        }
    }
    ck_assert_uint_eq(i, x->len);
}

static void check_backwards(const struct pair *x)
{
    if (x->len == 0)
        return;
    size_t i = below(x->len);
    CORD_pos p;
    for (CORD_set_pos(p, x->cord, i); CORD_pos_valid(p); CORD_prev(p))
        CHECK(CORD_pos_fetch(p) == x->text[i--]);
    ck_assert_uint_eq(i, (size_t)-1);
}

static void check_fetch(const struct pair *x)
{
    for (int k = 0; k < 20 && x->len > 0; k++) {
        size_t i = below(x->len);
        CHECK(CORD_fetch(x->cord, i) == x->text[i]);
    }
}

struct visit {
    const struct pair *x;
    size_t i;
    size_t stop;
    int step;
};

static int visit_char(char c, void *data)
{
    struct visit *v = data;
    CHECK(c == v->x->text[v->i]);
    v->i += (size_t)v->step;
    return v->i == v->stop ? 7 : 0;
}

static int visit_string(const char *s, void *data)
{
    struct visit *v = data;
    size_t n = strlen(s);
    ck_assert_uint_le(n, v->x->len - v->i);
    ck_assert_mem_eq(s, v->x->text + v->i, n);
    v->i += n;
    return 0;
}

static void check_iteration(const struct pair *x)
{
    size_t start = below(x->len + 1);
    struct visit v = {x, start, CORD_NOT_FOUND, 1};
    ck_assert_int_eq(CORD_iter5(x->cord, start, visit_char, visit_string, &v), 0);
    ck_assert_uint_eq(v.i, x->len);
    if (x->len == 0)
        return;

    size_t stop = 1 + below(x->len);
    v = (struct visit){x, 0, stop, 1};
    ck_assert_int_eq(CORD_iter(x->cord, visit_char, &v), 7);
    ck_assert_uint_eq(v.i, stop);
    start = below(x->len);
    v = (struct visit){x, start, CORD_NOT_FOUND, -1};
    ck_assert_int_eq(CORD_riter4(x->cord, start, visit_char, &v), 7); /* one before the first */
    v = (struct visit){x, x->len - 1, stop - 1, -1};
    ck_assert_int_eq(CORD_riter(x->cord, visit_char, &v), stop - 1 == x->len - 1 ? 0 : 7);
}

static size_t found_in_model(const struct pair *x, size_t start, const char *s, size_t len)
{
    for (size_t i = start; i + len <= x->len; i++) {
        if (memcmp(x->text + i, s, len) == 0)
            return i;
    }
    return CORD_NOT_FOUND;
}

static void check_search_for_chars(const struct pair *x)
{
    char c = random_char();
    size_t start = below(x->len), last = CORD_NOT_FOUND;
    ck_assert_uint_eq(CORD_chr(x->cord, start, c), found_in_model(x, start, &c, 1));
    for (size_t i = 0; i <= start && i < x->len; i++) {
        if (x->text[i] == c)
            last = i;
    }
    ck_assert_uint_eq(CORD_rchr(x->cord, start, c), last);
}

static void check_search_for_cords(const struct pair *x)
{
    const struct pair *other = below(2) ? x : any();
    size_t i = below(other->len), n = 1 + below(12);
    size_t len = i < other->len ? (n < other->len - i ? n : other->len - i) : 0;
    size_t start = below(x->len);
    CORD s = CORD_substr(other->cord, i, len);
    ck_assert_uint_eq(CORD_str(x->cord, start, s), found_in_model(x, start, other->text + i, len));
}

static int sign(int n)
{
    return (n > 0) - (n < 0);
}

static int compared_in_model(const char *a, size_t alen, const char *b, size_t blen)
{
    int order = memcmp(a, b, alen < blen ? alen : blen);
    return order != 0 ? sign(order) : (alen > blen) - (alen < blen);
}

static void check_comparison(const struct pair *x)
{
    const struct pair *y = any();
    ck_assert_int_eq(sign(CORD_cmp(x->cord, y->cord)),
                     compared_in_model(x->text, x->len, y->text, y->len));
    ck_assert_int_eq(CORD_cmp(x->cord, CORD_balance(x->cord)), 0);

    size_t i = below(x->len + 1), j = below(y->len + 1), n = below(20);
    size_t xn = n < x->len - i ? n : x->len - i, yn = n < y->len - j ? n : y->len - j;
    ck_assert_int_eq(sign(CORD_ncmp(x->cord, i, y->cord, j, n)),
                     compared_in_model(x->text + i, xn, y->text + j, yn));
}

static void check_put(const struct pair *x)
{
    char *written;
    size_t len;
    FILE *f = open_memstream(&written, &len);
    ck_assert_int_eq(CORD_put(x->cord, f), 1);
    fclose(f);
    ck_assert_uint_eq(len, x->len);
    ck_assert_mem_eq(written, x->text, len);
    free(written);
}

static void (*const checkers[])(const struct pair *) = {
    check_conversion,       check_forwards,   check_walk,      check_runs,
    check_backwards,        check_fetch,      check_iteration, check_search_for_chars,
    check_search_for_cords, check_comparison, check_put,
};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

START_TEST(cords_are_what_the_model_says)
{
    GC_INIT();
    for (int i = 0; i < pool_size; i++)
        set(&pool[i], CORD_EMPTY, joined("", 0, "", 0), 0);
    for (int round = 0; round < 40000; round++) {
        struct pair *to = any();
        makers[below(COUNT(makers))](to);
        if (to->len > longest)
            set(to, CORD_EMPTY, joined("", 0, "", 0), 0);
        ck_assert_uint_eq(CORD_len(to->cord), to->len);
        ck_assert(to->len != 0 || to->cord == CORD_EMPTY);
        check_invariant(to->cord);
        checkers[below(COUNT(checkers))](to);
        checkers[below(COUNT(checkers))](any());
        if (round % 1000 == 0)
            GC_gcollect();
    }
}
END_TEST

/* ---- Depth -------------------------------------------------------------------------------------
 */

static const char piece[] = "a string that is too long to be copied";
enum { piece_len = sizeof piece - 1, many = 100000 };

/* As deep as a balanced tree of that length may be, and the two by which balancing may miss it. */
static int flat(size_t len)
{
    int depth = -1;
    for (size_t a = 1, b = 2; a <= len; depth++) {
        size_t sum = a + b;
        a = b;
        b = sum;
    }
    return depth + 2;
}

static void check_pieces(CORD x, size_t count)
{
    ck_assert_uint_eq(CORD_len(x), count * piece_len);
    check_invariant(x);
    size_t i = 0;
    CORD_pos p;
    CORD_FOR(p, x)
    {
        if (CORD_pos_fetch(p) != piece[i % piece_len])
            ck_abort_msg("wrong at %zu", i);
        i++;
    }
    ck_assert_uint_eq(i, count * piece_len);
}

START_TEST(growing_at_the_end_keeps_trees_flat)
{
    CORD x = CORD_EMPTY;
    for (int i = 0; i < many; i++)
        x = CORD_cat(x, piece);
    check_pieces(x, many);
    ck_assert_int_le(depth_of(CORD_balance(x)), flat(CORD_len(x)));
    check_pieces(CORD_balance(x), many);
}
END_TEST

START_TEST(growing_at_the_front_keeps_trees_flat)
{
    CORD x = CORD_EMPTY;
    for (int i = 0; i < many; i++)
        x = CORD_cat(piece, x);
    check_pieces(x, many);
    ck_assert_int_le(depth_of(CORD_balance(x)), flat(CORD_len(x)));
    check_pieces(CORD_balance(x), many);
}
END_TEST

/* Between the halves: each insertion cuts the text. */
START_TEST(growing_in_the_middle_keeps_trees_flat)
{
    CORD x = CORD_EMPTY;
    enum { count = 10000 };
    for (size_t i = 0; i < count; i++) {
        size_t middle = i / 2 * piece_len;
        x = CORD_cat(CORD_cat(CORD_substr(x, 0, middle), piece),
                     CORD_substr(x, middle, CORD_NOT_FOUND));
    }
    check_pieces(x, count);
    ck_assert_int_le(depth_of(CORD_balance(x)), flat(CORD_len(x)));
}
END_TEST

START_TEST(short_strings_are_merged)
{
    CORD x = CORD_EMPTY;
    for (int i = 0; i < 3000; i++)
        x = CORD_cat(x, "abc");
    ck_assert_int_le(depth_of(CORD_balance(x)), flat(CORD_len(x)));
    ck_assert(CORD_IS_STRING(CORD_substr(x, 2, 30)));
    ck_assert_str_eq(CORD_substr(x, 2, 30), "cabcabcabcabcabcabcabcabcabcab");
}
END_TEST

/* Longer than memory: parts are shared. From 2^48 parts on, no tree is flat enough. */
START_TEST(doubling_goes_as_far_as_sizes_do)
{
    CORD x = "0123456789abcdef";
    for (int i = 4; i < 63; i++)
        x = CORD_cat(x, x);
    check_invariant(x);
    ck_assert_uint_eq(CORD_len(x), (size_t)1 << 63);
    for (int k = 0; k < 1000; k++) {
        size_t i = below((size_t)1 << 63);
        CHECK(CORD_fetch(x, i) == "0123456789abcdef"[i % 16]);
        CORD_pos p;
        CORD_set_pos(p, x, i);
        for (; k % 10 == 0 && CORD_pos_to_index(p) < i + 40 && CORD_pos_valid(p); CORD_next(p))
            CHECK(CORD_pos_fetch(p) == "0123456789abcdef"[CORD_pos_to_index(p) % 16]);
        CORD part = CORD_substr(x, i, 1000);
        ck_assert_int_eq(CORD_ncmp(part, 0, x, i % 16, 1000), 0);
    }
    CORD y = CORD_balance(x);
    check_invariant(y);
    ck_assert_int_eq(CORD_fetch(y, ((size_t)1 << 62) + 5), '5');
}
END_TEST

static int boxes_around(CORD x)
{
    int boxes = 0;
    for (;;) {
        if (is_concat(x)) {
            x = as_concat(x)->left;
        } else if (!is_string(x) && as_node(x)->kind == kind_box) {
            boxes++;
            x = as_leaf(x)->source;
        } else {
            return boxes;
        }
    }
}

/* By its length any tree on top of this cord would count as balanced. */
START_TEST(a_giant_cord_can_grow)
{
    size_t giant = (size_t)1 << 50;
    CORD x = CORD_chars('x', giant);
    for (int i = 0; i < many; i++)
        x = CORD_cat(x, piece);
    check_invariant(x);
    ck_assert_int_le(boxes_around(x), 3);
    check_pieces(CORD_substr(x, giant, CORD_NOT_FOUND), many);
    ck_assert_int_eq(CORD_fetch(x, giant - 1), 'x');
}
END_TEST

static void end_well(void)
{
    _exit(3);
}

START_TEST(too_long_a_cord_is_out_of_memory)
{
    CORD_set_oom_fn(end_well);
    ck_assert(CORD_get_oom_fn() == end_well && CORD_oom_fn == end_well);
    CORD x = CORD_chars('x', CORD_NOT_FOUND);
    CORD_cat(x, piece);
}
END_TEST

START_TEST(without_an_oom_function_the_program_aborts)
{
    CORD_to_char_star(CORD_chars('x', CORD_NOT_FOUND - 1));
}
END_TEST

/* ---- Misuse ------------------------------------------------------------------------------------
 */

static int warnings;

static void GC_CALLBACK count_warning(char *message, GC_word arg)
{
    (void)arg;
    ck_assert_ptr_nonnull(strstr(message, "CORD_"));
    warnings++;
}

START_TEST(misuse_is_told)
{
    GC_INIT();
    GC_set_warn_proc(count_warning);
    CORD_pos p;
    CORD_set_pos(p, "abc", 3);
    ck_assert(!CORD_pos_valid(p));
    ck_assert_uint_eq(CORD_pos_to_index(p), 3);
    CORD_next(p);
    CORD_prev(p);
    ck_assert_int_eq(CORD_pos_fetch(p), '\0');
    ck_assert_int_eq(warnings, 3);
    ck_assert_int_eq(CORD_fetch("abc", 3), '\0');
    ck_assert_int_eq(CORD_fetch(CORD_EMPTY, 0), '\0');
    ck_assert_int_eq(warnings, 5);
    CORD_set_pos(p, CORD_EMPTY, 0);
    ck_assert(!CORD_pos_valid(p));
    CORD_set_pos(p, "abc", 0);
    CORD_prev(p);
    ck_assert(!CORD_pos_valid(p));
    ck_assert_int_eq(warnings, 5);
}
END_TEST

START_TEST(what_is_beyond_the_end_is_not_there)
{
    CORD x = CORD_cat(piece, piece);
    struct visit v = {NULL, 0, 0, 1};
    ck_assert_int_eq(CORD_iter5(x, CORD_len(x), visit_char, CORD_NO_FN, &v), 0);
    ck_assert_int_eq(CORD_iter(CORD_EMPTY, visit_char, &v), 0);
    ck_assert_int_eq(CORD_riter(CORD_EMPTY, visit_char, &v), 0);
    ck_assert_uint_eq(CORD_chr(x, CORD_len(x), 'a'), CORD_NOT_FOUND);
    ck_assert_uint_eq(CORD_rchr(CORD_EMPTY, CORD_NOT_FOUND, 'a'), CORD_NOT_FOUND);
    ck_assert_uint_eq(CORD_str(x, 0, CORD_EMPTY), 0);
    ck_assert_uint_eq(CORD_str(x, CORD_len(x) - 2, "ied"), CORD_NOT_FOUND);
    ck_assert_uint_eq(CORD_str(CORD_EMPTY, 0, "x"), CORD_NOT_FOUND);
    ck_assert_ptr_null(CORD_substr(x, CORD_len(x), 1));
    ck_assert_ptr_null(CORD_substr(x, 0, 0));
    ck_assert_str_eq(CORD_to_const_char_star(CORD_EMPTY), "");
    ck_assert_str_eq(CORD_to_char_star(CORD_EMPTY), "");
    ck_assert_ptr_null(CORD_from_char_star(""));
    ck_assert_int_lt(CORD_cmp("abc", "abcd"), 0);
    ck_assert_int_lt(CORD_cmp("abc", "\xe4"), 0); /* as unsigned chars */
}
END_TEST

/* A function is asked for a char when it is wanted, and iteration asks for no more. */
static size_t farthest;

static char note_farthest(size_t i, void *unused)
{
    (void)unused;
    if (i > farthest)
        farthest = i;
    return i == 100 ? 'e' : 'x';
}

static int is_e(char c, void *unused)
{
    (void)unused;
    return c == 'e';
}

START_TEST(functions_are_asked_late)
{
    CORD x = CORD_from_fn(note_farthest, NULL, 1000000);
    CORD y = CORD_substr(CORD_cat(x, x), 500000, 700000);
    ck_assert_uint_eq(farthest, 0);
    ck_assert_uint_eq(CORD_len(y), 700000);
    ck_assert_int_eq(CORD_iter(x, is_e, NULL), 1);
    ck_assert_uint_eq(farthest, 100);
    ck_assert_uint_eq(CORD_chr(x, 0, 'e'), 100);
    ck_assert_uint_eq(farthest, 100);
    ck_assert_uint_eq(CORD_chr(y, 0, 'e'), 500100);
}
END_TEST

START_TEST(dump_shows_all_kinds)
{
    CORD x = CORD_cat(CORD_from_fn(note_farthest, NULL, 100), CORD_cat(piece, "b"));
    CORD_dump(CORD_EMPTY);
    CORD_dump("short");
    CORD_dump(CORD_cat(x, CORD_cat_char(x, '\0')));
    fflush(stdout);
}
END_TEST

/* ---- Files -------------------------------------------------------------------------------------
 */

static char file_char(size_t i)
{
    return (char)(i * 2654435761u >> 13); /* all chars, NUL too */
}

/* A file of that many chars, open for reading. */
static FILE *open_file(size_t len)
{
    FILE *f = tmpfile();
    ck_assert_ptr_nonnull(f);
    for (size_t i = 0; i < len; i++)
        putc(file_char(i), f);
    rewind(f);
    return f;
}

static void check_file_cord(CORD x, size_t len)
{
    ck_assert_uint_eq(CORD_len(x), len);
    size_t i = 0;
    CORD_pos p;
    CORD_FOR(p, x)
    {
        if (CORD_pos_fetch(p) != file_char(i))
            ck_abort_msg("wrong at %zu of %zu", i, len);
        i++;
    }
    ck_assert_uint_eq(i, len);
    char *text = CORD_to_char_star(x);
    for (i = 0; i < len; i++) {
        if (text[i] != file_char(i))
            ck_abort_msg("wrong at %zu of %zu", i, len);
    }
}

START_TEST(files_of_all_sizes)
{
    static const size_t sizes[] = {0,    1,    29,   31,    3999,  4000,  4001,
                                   8000, 8192, 9000, 16383, 16385, 70000, 300000};
    for (size_t k = 0; k < COUNT(sizes); k++) {
        check_file_cord(CORD_from_file(open_file(sizes[k])), sizes[k]);
        check_file_cord(CORD_from_file_eager(open_file(sizes[k])), sizes[k]);
        check_file_cord(CORD_from_file_lazy(open_file(sizes[k])), sizes[k]);
    }
}
END_TEST

START_TEST(a_pipe_is_read_at_once)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], "through a pipe", 14), 14);
    close(ends[1]);
    ck_assert_str_eq(CORD_to_const_char_star(CORD_from_file(fdopen(ends[0], "r"))),
                     "through a pipe");
    char memory[] = "from memory";
    ck_assert_str_eq(
        CORD_to_const_char_star(CORD_from_file_lazy(fmemopen(memory, strlen(memory), "r"))),
        "from memory");
}
END_TEST

static __attribute__((noinline)) int use_file_and_forget(void)
{
    FILE *f = open_file(100000);
    int descriptor = fileno(f);
    CORD x = CORD_from_file_lazy(f);
    ck_assert_int_eq(CORD_fetch(x, 99999), file_char(99999));
    return descriptor;
}

static __attribute__((noinline)) void clear_stack(void)
{
    volatile char bytes[8192];
    memset((char *)bytes, 0, sizeof bytes);
}

/* Several, because one may be kept by what happens to lie in a register. */
START_TEST(forgotten_files_are_closed)
{
    enum { files = 10 };
    int descriptors[files], open_ones = files;
    GC_INIT();
    for (int i = 0; i < files; i++)
        descriptors[i] = use_file_and_forget();
    for (int round = 0; round < 5 && open_ones > 2; round++) {
        clear_stack();
        GC_gcollect();
        GC_invoke_finalizers();
        open_ones = 0;
        for (int i = 0; i < files; i++)
            open_ones += fcntl(descriptors[i], F_GETFD) >= 0;
    }
    ck_assert_int_le(open_ones, 2);
}
END_TEST

static void GC_CALLBACK count_any_warning(char *message, GC_word arg)
{
    (void)message, (void)arg;
    warnings++;
}

START_TEST(a_file_that_shrinks_reads_as_nuls)
{
    GC_INIT();
    GC_set_warn_proc(count_any_warning);
    FILE *f = open_file(100000);
    CORD x = CORD_from_file_lazy(f);
    ck_assert_int_eq(CORD_fetch(x, 5), file_char(5));
    ck_assert_int_eq(ftruncate(fileno(f), 50000), 0);
    ck_assert_int_eq(CORD_fetch(x, 49999), file_char(49999));
    ck_assert_int_eq(warnings, 0);
    ck_assert_int_eq(CORD_fetch(x, 60001), '\0');
    ck_assert_int_eq(warnings, 1);
    check_file_cord(CORD_substr(x, 0, 50000), 50000);
}
END_TEST

/* Each thread reads another piece, and all of these have the same place in the table: each drives
 * out what the others may be copying from. */
enum { piece_chars = 4000, table_chars = 16 * piece_chars, readers = 4 };
static CORD shared_file;

static void *read_shared_file(void *number)
{
    size_t start = (size_t) * (int *)number * table_chars;
    char expected[piece_chars], copy[piece_chars];
    for (size_t i = 0; i < piece_chars; i++)
        expected[i] = file_char(start + i);
    for (int round = 0; round < 30000; round++) {
        cord_copy(shared_file, start, piece_chars, copy);
        if (memcmp(copy, expected, piece_chars) != 0)
            ck_abort_msg("wrong in round %d", round);
    }
    return NULL;
}

START_TEST(threads_read_one_file)
{
    GC_INIT();
    GC_allow_register_threads();
    shared_file = CORD_from_file_lazy(open_file(readers * table_chars));
    unit_threads(readers, read_shared_file);
}
END_TEST

/* ---- Formats -----------------------------------------------------------------------------------
 */

/* The same by the C library, where there is no %r. */
#define AS_LIBC(...)                                                                               \
    do {                                                                                           \
        char expected[6000];                                                                       \
        CORD out = "untouched";                                                                    \
        int count = snprintf(expected, sizeof expected, __VA_ARGS__);                              \
        ck_assert_int_eq(CORD_sprintf(&out, __VA_ARGS__), count);                                  \
        ck_assert_uint_eq(CORD_len(out), (size_t)count);                                           \
        ck_assert_mem_eq(CORD_to_const_char_star(out), expected, (size_t)count);                   \
    } while (0)

START_TEST(formats_are_those_of_the_c_library)
{
    AS_LIBC("no conversion at all");
    AS_LIBC("%d %5d|%-5d|%05d|%+d|% d", 1, -2, 3, -4, 5, 6);
    AS_LIBC("%hhd %hd %ld %lld %jd %zd %td", (signed char)-30, (short)-7000, -1L, -2LL, (intmax_t)3,
            (ssize_t)-4, (ptrdiff_t)5);
    AS_LIBC("%u %lu %x %#X %o %#llo %i", 1u, ~0ul, 0xabcu, 0xdefu, 8u, 9ull, 7);
    AS_LIBC("%f %.2f %10.3e|%-12g|%G %a %Lf %.0f", 1.5, 2.345, 1e10, 1e-10, 1e20, 0.5, 3.25L, 2.5);
    AS_LIBC("%s|%10s|%-10s|%.2s|%*.*s|%-*s|", "abc", "def", "ghi", "jkl", 8, 2, "mno", 6, "pqr");
    AS_LIBC("%*d|%*d|%.*d|%.*d", 6, 1, -6, 2, 3, 4, -1, 5);
    AS_LIBC("%c%c%%%p", 'a', '\0', (void *)&warnings);
    AS_LIBC("%ls %lc", L"wide", (wint_t)L'w');
    AS_LIBC("%200d %-200d.", 1, 2);
    AS_LIBC("%5000d", 3);
}
END_TEST

/* These two are no ISO C, which the compiler would say of a format that it can read. */
START_TEST(formats_of_glibc)
{
    static const char *volatile formats = "%m|%S";
    char expected[200];
    CORD out;
    errno = ENOENT;
    int count = snprintf(expected, sizeof expected, "%s|wide", strerror(ENOENT));
    ck_assert_int_eq(CORD_sprintf(&out, formats, L"wide"), count);
    ck_assert_str_eq(CORD_to_const_char_star(out), expected);
}
END_TEST

START_TEST(cords_in_formats)
{
    CORD x = CORD_cat(piece, piece), out;
    int n = 0;
    short n_short = 0;
    long n_long = 0;
    ck_assert_int_eq(CORD_sprintf(&out, "<%r>%n%hn%ln", x, &n, &n_short, &n_long),
                     2 * piece_len + 2);
    ck_assert_int_eq(n, 2 * piece_len + 2);
    ck_assert_int_eq(n_short, n);
    ck_assert_int_eq(n_long, n);
    ck_assert_int_eq(CORD_ncmp(out, 1, x, 0, 2 * piece_len), 0);
    ck_assert_int_eq(CORD_sprintf(&out, "%6r|%-6r|%.2r|%6.1r|%-*r|%r", "abc", "def", "ghi", "jkl",
                                  4, "mn", CORD_EMPTY),
                     29);
    ck_assert_str_eq(CORD_to_const_char_star(out), "   abc|def   |gh|     j|mn  |");
    ck_assert_int_eq(CORD_sprintf(&out, CORD_EMPTY), 0);
    ck_assert_ptr_null(out);
    ck_assert_int_eq(CORD_sprintf(&out, "%r%c%r", "a", '\0', "b"), 3);
    ck_assert_mem_eq(CORD_to_char_star(out), "a\0b", 4);
}
END_TEST

START_TEST(a_cord_in_a_format_is_not_copied)
{
    CORD out, giant = CORD_chars('x', 1000000000);
    ck_assert_int_eq(CORD_sprintf(&out, "%r,%r", giant, giant), 2000000001);
    ck_assert_int_eq(CORD_fetch(out, 1000000000), ',');
    out = "untouched";
    errno = 0;
    ck_assert_int_eq(CORD_sprintf(&out, "%r%r%r", giant, giant, giant), -1);
    ck_assert_int_eq(errno, EOVERFLOW);
    ck_assert_str_eq(out, "untouched");
}
END_TEST

START_TEST(wrong_formats_are_refused)
{
    static const char *const wrong[] = {"%", "%5", "%k", "%1$d", "%.", "%l", "%99999999999d"};
    for (size_t i = 0; i < COUNT(wrong); i++) {
        CORD out = "untouched";
        ck_assert_int_eq(CORD_sprintf(&out, wrong[i], 1), -1);
        ck_assert_str_eq(out, "untouched");
    }
}
END_TEST

START_TEST(formats_go_to_files)
{
    char text[100];
    FILE *f = tmpfile();
    ck_assert_int_eq(CORD_fprintf(f, "%r and %d", CORD_cat("a", "b"), 5), 8);
    rewind(f);
    ck_assert_ptr_nonnull(fgets(text, sizeof text, f));
    ck_assert_str_eq(text, "ab and 5");
    fclose(f);
    f = fopen("/dev/full", "w");
    setbuf(f, NULL);
    ck_assert_int_eq(CORD_fprintf(f, "%r", "full"), -1);
    ck_assert_int_eq(CORD_put("full", f), EOF);
    fclose(f);
    ck_assert_int_eq(CORD_printf("%s\n", "to standard output"), 19);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, cords_are_what_the_model_says);
    tcase_add_test(tests, growing_at_the_end_keeps_trees_flat);
    tcase_add_test(tests, growing_at_the_front_keeps_trees_flat);
    tcase_add_test(tests, growing_in_the_middle_keeps_trees_flat);
    tcase_add_test(tests, short_strings_are_merged);
    tcase_add_test(tests, doubling_goes_as_far_as_sizes_do);
    tcase_add_test(tests, a_giant_cord_can_grow);
    tcase_add_exit_test(tests, too_long_a_cord_is_out_of_memory, 3);
    tcase_add_test_raise_signal(tests, without_an_oom_function_the_program_aborts, SIGABRT);
    tcase_add_test(tests, misuse_is_told);
    tcase_add_test(tests, what_is_beyond_the_end_is_not_there);
    tcase_add_test(tests, functions_are_asked_late);
    tcase_add_test(tests, dump_shows_all_kinds);
    tcase_add_test(tests, files_of_all_sizes);
    tcase_add_test(tests, a_pipe_is_read_at_once);
    tcase_add_test(tests, forgotten_files_are_closed);
    tcase_add_test(tests, a_file_that_shrinks_reads_as_nuls);
    tcase_add_test(tests, threads_read_one_file);
    tcase_add_test(tests, formats_are_those_of_the_c_library);
    tcase_add_test(tests, formats_of_glibc);
    tcase_add_test(tests, cords_in_formats);
    tcase_add_test(tests, a_cord_in_a_format_is_not_copied);
    tcase_add_test(tests, wrong_formats_are_refused);
    tcase_add_test(tests, formats_go_to_files);
}

int main(void)
{
    return unit_run("cord", add_tests);
}
