/* use.c: iteration, comparison, search, and the way back to C strings and files. */
#include <string.h>
#include "cord/node.h"
#include "cord/read.h"

char CORD_fetch(CORD x, size_t i)
{
    size_t len = CORD_len(x);
    if (i >= len) {
        cord_warn("CORD_fetch: the position is not inside the cord; compare it with CORD_len\n");
        return '\0';
    }
    char c;
    cord_copy(x, i, 1, &c);
    return c;
}

/* ---- Conversion --------------------------------------------------------------------------------
 */

char *CORD_to_char_star(CORD x)
{
    size_t len = CORD_len(x);
    char *text = cord_allocate_text(len);
    if (len > 0)
        cord_copy(x, 0, len, text);
    return text;
}

const char *CORD_to_const_char_star(CORD x)
{
    if (x == CORD_EMPTY)
        return "";
    return is_string(x) ? x : CORD_to_char_star(x);
}

static int put_run(const char *bytes, size_t n, bool is_string, void *f)
{
    (void)is_string;
    return fwrite(bytes, 1, n, f) == n ? 0 : EOF;
}

int CORD_put(CORD x, FILE *f)
{
    return cord_each_run(x, CORD_len(x), 0, put_run, f) == 0 ? 1 : EOF;
}

/* ---- Iteration ---------------------------------------------------------------------------------
 */

struct iteration {
    CORD_iter_fn f1;
    CORD_batched_iter_fn f2;
    void *client_data;
};

static int iterate_run(const char *bytes, size_t n, bool is_string, void *data)
{
    const struct iteration *it = data;
    if (is_string && it->f2 != CORD_NO_FN)
        return it->f2(bytes, it->client_data);
    int result = 0;
    for (size_t i = 0; i < n && result == 0; i++)
        result = it->f1(bytes[i], it->client_data);
    return result;
}

int CORD_iter5(CORD x, size_t i, CORD_iter_fn f1, CORD_batched_iter_fn f2, void *client_data)
{
    struct iteration it = {f1, f2, client_data};
    return cord_each_run(x, CORD_len(x), i, iterate_run, &it);
}

#undef CORD_iter
int CORD_iter(CORD x, CORD_iter_fn f1, void *client_data)
{
    return CORD_iter5(x, 0, f1, CORD_NO_FN, client_data);
}

int CORD_riter4(CORD x, size_t i, CORD_iter_fn f1, void *client_data)
{
    size_t len = CORD_len(x);
    CORD_pos p;
    int result = 0;
    if (len == 0)
        return 0;
    for (CORD_set_pos(p, x, i < len ? i : len - 1); CORD_pos_valid(p) && result == 0; CORD_prev(p))
        result = f1(CORD_pos_fetch(p), client_data);
    return result;
}

int CORD_riter(CORD x, CORD_iter_fn f1, void *client_data)
{
    return CORD_riter4(x, CORD_NOT_FOUND, f1, client_data);
}

/* ---- Comparison --------------------------------------------------------------------------------
 */

/* How many chars at p lie in memory, at most `most`; at least one, fetched into *single. */
static size_t run_at(CORD_pos p, size_t most, const char **bytes, char *single)
{
    long left = CORD_pos_chars_left(p);
    if (left <= 0) {
        *single = CORD_pos_fetch(p);
        *bytes = single;
        return 1;
    }
    *bytes = CORD_pos_cur_char_addr(p);
    return (size_t)left < most ? (size_t)left : most;
}

/* n is not more than CORD_pos_chars_left, or 1. */
static void advance(CORD_pos p, size_t n)
{
    p[0].cur_pos += n - 1;
    CORD_next(p);
}

int CORD_ncmp(CORD x, size_t x_start, CORD y, size_t y_start, size_t len)
{
    CORD_pos p, q;
    CORD_set_pos(p, x, x_start);
    CORD_set_pos(q, y, y_start);
    while (len > 0 && CORD_pos_valid(p) && CORD_pos_valid(q)) {
        const char *a, *b;
        char single_a, single_b;
        size_t n = run_at(p, len, &a, &single_a);
        n = run_at(q, n, &b, &single_b);
        int order = memcmp(a, b, n);
        if (order != 0)
            return order;
        advance(p, n);
        advance(q, n);
        len -= n;
    }
    return len == 0 ? 0 : CORD_pos_valid(p) - CORD_pos_valid(q);
}

int CORD_cmp(CORD x, CORD y)
{
    return CORD_ncmp(x, 0, y, 0, CORD_NOT_FOUND);
}

/* ---- Search ------------------------------------------------------------------------------------
 */

struct char_search {
    int c;
    size_t at; /* of the run, then of the char */
};

static int find_char(const char *bytes, size_t n, bool is_string, void *data)
{
    (void)is_string;
    struct char_search *search = data;
    const char *found = memchr(bytes, search->c, n);
    search->at += found != NULL ? (size_t)(found - bytes) : n;
    return found != NULL;
}

size_t CORD_chr(CORD x, size_t i, int c)
{
    struct char_search search = {c, i};
    return cord_each_run(x, CORD_len(x), i, find_char, &search) ? search.at : CORD_NOT_FOUND;
}

size_t CORD_rchr(CORD x, size_t i, int c)
{
    size_t len = CORD_len(x);
    CORD_pos p;
    if (len == 0)
        return CORD_NOT_FOUND;
    for (CORD_set_pos(p, x, i < len ? i : len - 1); CORD_pos_valid(p); CORD_prev(p)) {
        if (CORD_pos_fetch(p) == (char)c)
            return CORD_pos_to_index(p);
    }
    return CORD_NOT_FOUND;
}

/* Search by D. Knuth, J. Morris and V. Pratt: no char of the text is looked at again, so the text
 * can come in runs. */
struct string_search {
    const char *s;
    size_t len;
    const size_t
        *overlap;   /* [n]: the longest proper prefix of s that is a suffix of n of its chars */
    size_t matched; /* so many chars of s end where the search has come to */
    size_t at;      /* that place in the text */
};

static size_t *overlaps_of(const char *s, size_t len)
{
    if (len >= CORD_NOT_FOUND / sizeof(size_t))
        cord_out_of_memory();
    size_t *overlap = (size_t *)(void *)cord_allocate_text((len + 1) * sizeof(size_t));
    overlap[0] = overlap[1] = 0;
    for (size_t n = 1, k = 0; n < len; n++) {
        while (k > 0 && s[k] != s[n])
            k = overlap[k];
        k += s[k] == s[n];
        overlap[n + 1] = k;
    }
    return overlap;
}

static int find_string(const char *bytes, size_t n, bool is_string, void *data)
{
    (void)is_string;
    struct string_search *search = data;
    size_t matched = search->matched, i = 0;
    while (i < n) {
        if (matched == 0) { /* the next place where it can begin */
            const char *first = memchr(bytes + i, search->s[0], n - i);
            if (first == NULL) {
                i = n;
                break;
            }
            i = (size_t)(first - bytes);
        }
        while (matched > 0 && search->s[matched] != bytes[i])
            matched = search->overlap[matched];
        matched += search->s[matched] == bytes[i];
        i++;
        if (matched == search->len)
            break;
    }
    search->at += i;
    search->matched = matched;
    return matched == search->len;
}

size_t CORD_str(CORD x, size_t start, CORD s)
{
    size_t xlen = CORD_len(x), len = CORD_len(s);
    if (len == 0)
        return start <= xlen ? start : CORD_NOT_FOUND;
    if (start > xlen || len > xlen - start)
        return CORD_NOT_FOUND;
    const char *text = CORD_to_const_char_star(s);
    struct string_search search = {text, len, overlaps_of(text, len), 0, start};
    return cord_each_run(x, xlen, start, find_string, &search) ? search.at - len : CORD_NOT_FOUND;
}
