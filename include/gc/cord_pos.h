/* cord_pos.h: places in cords. Part of cord.h, which includes it.
 *
 * The layout of a position is compiled into programs, by the macros below and because they declare
 * positions: it is bdwgc's, and stays. Programs use only the functions and macros.
 */
#if defined(CORD_H) && !defined(CORD_POSITION_H)
#define CORD_POSITION_H

#ifdef __cplusplus
extern "C" {
#endif

enum {
    CORD_POS_MAX_DEPTH = 48,      /* of concatenations one inside the other */
    CORD_POS_BUFFER_SIZE = 8,     /* chars */
    CORD_POS_INVALID = 0x55555555 /* as path_len: the position is in no cord */
};

/* A cord on the way from the root to the current char, and where in the root it begins. */
struct CORD_pe {
    CORD pe_cord;
    size_t pe_start_pos;
};

typedef struct CORD_Pos {
    size_t cur_pos;
    int path_len; /* the leaf with the current char is path[path_len] */

    /* Unless cur_end is 0: cur_leaf points to the chars from cur_start up to cur_end, and the
     * current one is among them. */
    const char *cur_leaf;
    size_t cur_start;
    size_t cur_end;

    struct CORD_pe path[CORD_POS_MAX_DEPTH + 1]; /* path[0] is the cord of this position */
    char function_buf[CORD_POS_BUFFER_SIZE];     /* for chars that are not in memory */
} CORD_pos[1];

/* Puts p at position i of x. This costs more than moving it. */
CORD_API void CORD_set_pos(CORD_pos p, CORD x, size_t i);

/* Is p inside its cord? If not, it only may be asked that and be set again. */
CORD_API int CORD_pos_valid(CORD_pos p);

/* Where p is. */
CORD_API CORD CORD_pos_to_cord(CORD_pos p);
CORD_API size_t CORD_pos_to_index(CORD_pos p);

/* The char at p. */
CORD_API char CORD_pos_fetch(CORD_pos p);

/* Moves p by one char. Beyond the end, and before the beginning, it is not valid any more. */
CORD_API void CORD_next(CORD_pos p);
CORD_API void CORD_prev(CORD_pos p);

/* What the macros call where the next char is not at hand. */
CORD_API char CORD__pos_fetch(CORD_pos p);
CORD_API void CORD__next(CORD_pos p);
CORD_API void CORD__prev(CORD_pos p);

#define CORD_pos_fetch(p)                                                                          \
    ((p)[0].cur_end != 0 ? (p)[0].cur_leaf[(p)[0].cur_pos - (p)[0].cur_start] : CORD__pos_fetch(p))

#define CORD_next(p) ((p)[0].cur_pos + 1 < (p)[0].cur_end ? (void)(p)[0].cur_pos++ : CORD__next(p))

#define CORD_prev(p)                                                                               \
    ((p)[0].cur_end != 0 && (p)[0].cur_pos > (p)[0].cur_start ? (void)(p)[0].cur_pos--             \
                                                              : CORD__prev(p))

#define CORD_pos_to_index(p) ((p)[0].cur_pos)
#define CORD_pos_to_cord(p) ((p)[0].path[0].pe_cord)
#define CORD_pos_valid(p) ((p)[0].path_len != CORD_POS_INVALID)

/* For inner loops: how many chars from the current one on lie in memory, one after the other (none
 * if the result is not positive), where the current one lies, and a move by n of them, where n is
 * more than 0 and less than their number. */
#define CORD_pos_chars_left(p) ((long)(p)[0].cur_end - (long)(p)[0].cur_pos)
#define CORD_pos_cur_char_addr(p) ((p)[0].cur_leaf + ((p)[0].cur_pos - (p)[0].cur_start))
#define CORD_pos_advance(p, n) ((p)[0].cur_pos += (n)-1, CORD_next(p))

#ifdef __cplusplus
}
#endif

#endif
