/* procedures.c: see procedures.h. */
#include "mark/procedures.h"
#include "platform/atomics.h"
#include "platform/check.h"
#include "platform/lock.h"

static struct {
    struct lock lock;
    unsigned next;
    atomic_word used;                   /* some procedure has been given */
    atomic_word table[procedure_limit]; /* mark_procedure */
    bool reported;                      /* in the pause */
} procedures = {.lock = LOCK_INITIALIZER(RANK_LEAF), .next = procedure_reserved};

const struct mark_listener *mark_listener;

unsigned procedure_add(mark_procedure procedure)
{
    lock_acquire(&procedures.lock);
    unsigned number = procedures.next;
    if (number < procedure_array) {
        word_store(&procedures.used, 1);
        word_store_release(&procedures.table[number], (uintptr_t)procedure);
        procedures.next++;
    } else {
        number = 0;
    }
    lock_release(&procedures.lock);
    return number;
}

/* A number that procedure_add has given out may be set anew, too. */
bool procedure_set(unsigned number, mark_procedure procedure)
{
    if (number >= procedure_array)
        return false;
    word_store(&procedures.used, 1);
    word_store_release(&procedures.table[number], (uintptr_t)procedure);
    return true;
}

bool procedures_are_used(void)
{
    return word_load_acquire(&procedures.used) != 0;
}

static int complain(const char *what, unsigned number)
{
    if (!procedures.reported)
        report("mark procedure %u %s; its objects are scanned word by word", number, what);
    procedures.reported = true;
    return -1;
}

int procedure_call(uintptr_t start, uintptr_t descriptor,
                   struct mark_entry entries[mark_procedure_entries + 1])
{
    unsigned number = descriptor_procedure(descriptor);
    mark_procedure procedure = (mark_procedure)word_load_acquire(&procedures.table[number]);
    if (procedure == NULL)
        return complain("does not exist", number);
    struct GC_ms_entry *top = (struct GC_ms_entry *)&entries[0];
    struct GC_ms_entry *limit = (struct GC_ms_entry *)&entries[mark_procedure_entries + 1];
    struct mark_entry *after =
        (struct mark_entry *)procedure((uintptr_t *)start, top, limit, descriptor_env(descriptor));
    if (after < entries || after > &entries[mark_procedure_entries])
        return complain("returned no pointer into its mark stack", number);
    return (int)(after - entries);
}
