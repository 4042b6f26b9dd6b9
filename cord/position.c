/* position.c: places in cords.
 *
 * Invariant of a valid position: path[0] is its cord, each next entry is a side of the one before,
 * path[path_len] is the leaf that holds cur_pos, and pe_start_pos is where in the whole an entry
 * begins. As no cord is empty, an entry that begins where its parent does is its left side. If
 * cur_end is not 0, cur_leaf points to the chars from cur_start to cur_end, which are all within
 * that leaf and include cur_pos. An invalid position has cur_end 0, so that the macros of
 * cord_pos.h come here with it.
 *
 * The chars of functions and files are fetched into function_buf a few at a time, when the position
 * moves; not when it is set, because often only one char is asked for then.
 */
#include "cord/node.h"
#include "cord/read.h"

#undef CORD_pos_fetch
#undef CORD_next
#undef CORD_prev
#undef CORD_pos_to_index
#undef CORD_pos_to_cord
#undef CORD_pos_valid

static void invalidate(struct CORD_Pos *p)
{
    p->path_len = CORD_POS_INVALID;
    p->cur_end = 0;
}

/* path[path_len] is the leaf, and has that length. */
static void use_leaf(struct CORD_Pos *p, size_t len)
{
    const struct CORD_pe *entry = &p->path[p->path_len];
    p->cur_end = 0;
    p->cur_start = entry->pe_start_pos;
    if (is_string(entry->pe_cord)) {
        p->cur_leaf = entry->pe_cord;
        p->cur_end = p->cur_start + len;
    } else if (as_leaf(entry->pe_cord)->node.kind == kind_bytes) {
        const struct leaf *leaf = as_leaf(entry->pe_cord);
        p->cur_leaf = (const char *)leaf->source + leaf->start;
        p->cur_end = p->cur_start + len;
    }
}

/* From path[path_len], which holds cur_pos and has that length, to the leaf. */
static void descend(struct CORD_Pos *p, size_t len)
{
    struct CORD_pe *entry = &p->path[p->path_len];
    while (is_concat(entry->pe_cord)) {
        const struct concat *c = as_concat(entry->pe_cord);
        size_t middle = entry->pe_start_pos + c->left_len;
        bool left = p->cur_pos < middle;
        entry[1] = left ? (struct CORD_pe){c->left, entry->pe_start_pos}
                        : (struct CORD_pe){c->right, middle};
        len = left ? c->left_len : right_len(c);
        entry++;
        p->path_len++;
    }
    use_leaf(p, len);
}

void CORD_set_pos(CORD_pos p, CORD x, size_t i)
{
    size_t len = CORD_len(x);
    p->cur_pos = i;
    p->path_len = 0;
    p->path[0] = (struct CORD_pe){x, 0};
    if (i < len)
        descend(p, len);
    else
        invalidate(p);
}

/* The leaf is a function or the like. Fetches its chars from `first` to `end`, which is not beyond
 * the leaf's, at most as many as fit. */
static void fill_buffer(struct CORD_Pos *p, size_t first, size_t end)
{
    const struct CORD_pe *entry = &p->path[p->path_len];
    cord_copy(entry->pe_cord, first - entry->pe_start_pos, end - first, p->function_buf);
    p->cur_leaf = p->function_buf;
    p->cur_start = first;
    p->cur_end = end;
}

static bool is_in_memory(CORD leaf)
{
    return is_string(leaf) || as_node(leaf)->kind == kind_bytes;
}

/* Where the leaf ends that is not in memory: such a one knows its length. */
static size_t end_of_leaf(const struct CORD_Pos *p)
{
    const struct CORD_pe *entry = &p->path[p->path_len];
    return entry->pe_start_pos + as_node(entry->pe_cord)->len;
}

static void fetch_ahead(struct CORD_Pos *p)
{
    size_t end = end_of_leaf(p);
    bool fits = end - p->cur_pos <= CORD_POS_BUFFER_SIZE;
    fill_buffer(p, p->cur_pos, fits ? end : p->cur_pos + CORD_POS_BUFFER_SIZE);
}

static void fetch_back(struct CORD_Pos *p)
{
    size_t start = p->path[p->path_len].pe_start_pos, end = p->cur_pos + 1;
    bool fits = end - start <= CORD_POS_BUFFER_SIZE;
    fill_buffer(p, fits ? start : end - CORD_POS_BUFFER_SIZE, end);
}

/* Goes up until there is a right side beside the way, and down there; false at the end of all. */
static bool enter_next_leaf(struct CORD_Pos *p)
{
    for (; p->path_len > 0; p->path_len--) {
        const struct CORD_pe *entry = &p->path[p->path_len], *parent = entry - 1;
        if (entry->pe_start_pos == parent->pe_start_pos) {
            const struct concat *c = as_concat(parent->pe_cord);
            p->path[p->path_len] = (struct CORD_pe){c->right, parent->pe_start_pos + c->left_len};
            descend(p, right_len(c));
            return true;
        }
    }
    return false;
}

static bool enter_previous_leaf(struct CORD_Pos *p)
{
    for (; p->path_len > 0; p->path_len--) {
        const struct CORD_pe *entry = &p->path[p->path_len], *parent = entry - 1;
        if (entry->pe_start_pos != parent->pe_start_pos) {
            const struct concat *c = as_concat(parent->pe_cord);
            p->path[p->path_len] = (struct CORD_pe){c->left, parent->pe_start_pos};
            descend(p, c->left_len);
            return true;
        }
    }
    return false;
}

void CORD__next(CORD_pos p)
{
    if (!CORD_pos_valid(p)) {
        cord_warn("CORD_next: the position is beyond its cord's end; ask CORD_pos_valid first\n");
        return;
    }
    p->cur_pos++;
    if (p->cur_pos < p->cur_end)
        return;
    CORD leaf = p->path[p->path_len].pe_cord;
    bool at_end = is_in_memory(leaf) || p->cur_pos == end_of_leaf(p);
    if (at_end && !enter_next_leaf(p))
        invalidate(p);
    else if (!is_in_memory(p->path[p->path_len].pe_cord))
        fetch_ahead(p);
}

void CORD__prev(CORD_pos p)
{
    if (!CORD_pos_valid(p)) {
        cord_warn("CORD_prev: the position is beyond its cord's end; ask CORD_pos_valid first\n");
        return;
    }
    if (p->cur_pos == 0) {
        invalidate(p);
        return;
    }
    bool at_start = p->cur_pos == p->path[p->path_len].pe_start_pos;
    p->cur_pos--;
    if (at_start)
        enter_previous_leaf(p);
    if (!is_in_memory(p->path[p->path_len].pe_cord) &&
        (p->cur_end == 0 || p->cur_pos < p->cur_start))
        fetch_back(p);
}

char CORD__pos_fetch(CORD_pos p)
{
    if (!CORD_pos_valid(p)) {
        cord_warn(
            "CORD_pos_fetch: the position is not inside its cord; ask CORD_pos_valid first\n");
        return '\0';
    }
    if (p->cur_end != 0)
        return p->cur_leaf[p->cur_pos - p->cur_start];
    const struct CORD_pe *entry = &p->path[p->path_len];
    char c;
    cord_copy(entry->pe_cord, p->cur_pos - entry->pe_start_pos, 1, &c);
    return c;
}

/* The macros of cord_pos.h, as functions. */

char CORD_pos_fetch(CORD_pos p)
{
    return CORD__pos_fetch(p);
}

void CORD_next(CORD_pos p)
{
    CORD__next(p);
}

void CORD_prev(CORD_pos p)
{
    CORD__prev(p);
}

size_t CORD_pos_to_index(CORD_pos p)
{
    return p->cur_pos;
}

CORD CORD_pos_to_cord(CORD_pos p)
{
    return p->path[0].pe_cord;
}

int CORD_pos_valid(CORD_pos p)
{
    return p->path_len != CORD_POS_INVALID;
}
