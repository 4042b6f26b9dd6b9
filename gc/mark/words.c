/* words.c: what every processor has, and the choice; see words.h. */
#include "mark/words.h"
#include "mark/mark.h"

words_function *words_filter = words_scalar;
words_collector *words_collect = words_collect_scalar;

/* Memory of thread stacks may be poisoned by AddressSanitizer, and scanning it is the job. */
__attribute__((no_sanitize("address", "thread"))) uint64_t
words_scalar(const uintptr_t *words, size_t count, uintptr_t base, size_t size)
{
    uint64_t found = 0;
    for (size_t i = 0; i < count; i++)
        found |= (uint64_t)(words[i] - base < size) << i;
    return found;
}

/* All words are stored, and the next one over them if they are none: that takes no branch. */
__attribute__((no_sanitize("address", "thread"))) struct words_found
words_collect_scalar(const struct mark_entry *e, const struct mark_entry *end, uintptr_t *out,
                     uintptr_t base, size_t size)
{
    for (; e < end && words_is_short(e->descriptor); e++) {
        const uintptr_t *word = (const uintptr_t *)e->start;
        const uintptr_t *limit = word + e->descriptor / sizeof *word;
        for (; word < limit; word++) {
            uintptr_t seen = *word;
            *out = seen;
            out += seen - base < size;
        }
    }
    return (struct words_found){e, out};
}

void words_init(void)
{
    words_function *filter = words_variant(0);
    words_collector *collect = words_collect_variant();
    words_filter = filter != NULL ? filter : words_scalar;
    words_collect = collect != NULL ? collect : words_collect_scalar;
}
