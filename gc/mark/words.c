/* words.c: the filter that every processor has, and the choice; see words.h. */
#include "mark/words.h"

words_function *words_filter = words_scalar;

/* Memory of thread stacks may be poisoned by AddressSanitizer, and scanning it is the job. */
__attribute__((no_sanitize("address", "thread"))) uint64_t
words_scalar(const uintptr_t *words, size_t count, uintptr_t base, size_t size)
{
    uint64_t found = 0;
    for (size_t i = 0; i < count; i++)
        found |= (uint64_t)(words[i] - base < size) << i;
    return found;
}

void words_init(void)
{
    words_function *best = words_variant(0);
    words_filter = best != NULL ? best : words_scalar;
}
