/* clear-x86_64.c: see clear.h. MOVNTDQ is part of every x86-64. */
#include <emmintrin.h>
#include <string.h>
#include "platform/clear.h"

static const size_t least_past_caches = (size_t)8 << 20;

enum { line_bytes = 64, vector_bytes = 16 };

/* Its stores are weakly ordered: the fence makes them older than what the caller stores next, by
 * which other threads learn of the memory. */
static void clear_past_caches(char *start, size_t bytes)
{
    const __m128i zero = _mm_setzero_si128();
    for (char *line = start; line < start + bytes; line += line_bytes)
        for (size_t at = 0; at < line_bytes; at += vector_bytes)
            _mm_stream_si128((__m128i *)(void *)(line + at), zero);
    _mm_sfence();
}

void clear_pages(void *start, size_t bytes)
{
    if (bytes >= least_past_caches)
        clear_past_caches(start, bytes);
    else
        memset(start, 0, bytes);
}
