/* words-none.c: a processor without filters of its own; see words.h. */
#include "mark/words.h"

words_function *words_variant(unsigned number)
{
    (void)number;
    return NULL;
}

words_collector *words_collect_variant(void)
{
    return NULL;
}
