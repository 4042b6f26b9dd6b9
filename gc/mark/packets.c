/* packets.c: see packets.h. */
#include "mark/packets.h"
#include <sched.h>
#include "platform/check.h"
#include "platform/os.h"

enum {
    number_bits = 10,
    working_bits = 6,
    collector_shift = number_bits,
    working_shift = 2 * number_bits,
    changes_shift = working_shift + working_bits,
    number_mask = (1 << number_bits) - 1,
    working_mask = (1 << working_bits) - 1,
    looks_before_sleep = 100
};

_Static_assert(packet_count < 1 << number_bits, "a packet's number fits, and 0 means none");

/* The words that markers wait on or change have cache lines of their own. */
// NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): that is the purpose
static struct {
    struct packet *all; /* written once; packet number n is all[n - 1] */
    _Alignas(64) atomic_word state;
    unsigned markers;                  /* that may work on this drain; who works reads it */
    _Alignas(64) atomic_word free;     /* number of the first, and a count of changes */
    atomic_word unused;                /* packets from this on have never been held */
    _Alignas(64) atomic_word sleepers; /* helpers that sleep or are about to */
    atomic_word wakes;                 /* they sleep on its low half */
    atomic_word collector_sleeps;      /* it sleeps on its low half, while that is 1 */
} packets;

/* ---- The state ---- */

static unsigned first_of(uintptr_t state, enum packet_readers readers)
{
    return state >> (readers == PACKETS_FOR_COLLECTOR ? collector_shift : 0) & number_mask;
}

static unsigned working_in(uintptr_t state)
{
    return state >> working_shift & working_mask;
}

static bool is_finished(uintptr_t state)
{
    return (state & ((UINT64_C(1) << changes_shift) - 1)) == 0;
}

static uintptr_t with_first(uintptr_t state, enum packet_readers readers, uintptr_t number)
{
    unsigned shift = readers == PACKETS_FOR_COLLECTOR ? collector_shift : 0;
    return (state & ~((uintptr_t)number_mask << shift)) | number << shift;
}

static bool state_change(uintptr_t before, uintptr_t after)
{
    return word_cas(&packets.state, before, after + (UINT64_C(1) << changes_shift));
}

static uintptr_t number_of(const struct packet *p)
{
    return (uintptr_t)(p - packets.all) + 1;
}

static struct packet *packet_of(uintptr_t number)
{
    return &packets.all[number - 1];
}

/* ---- Free packets ---- */

/* The memory of packets that are not needed is never touched. */
static struct packet *first_use(void)
{
    uintptr_t number = word_load(&packets.unused);
    while (number < packet_count && !word_cas(&packets.unused, number, number + 1))
        number = word_load(&packets.unused);
    return number < packet_count ? &packets.all[number] : NULL;
}

static struct packet *take_free(void)
{
    uintptr_t first, next;
    do {
        first = word_load_acquire(&packets.free);
        if ((first & number_mask) == 0)
            return first_use();
        next = word_load(&packet_of(first & number_mask)->next);
    } while (!word_cas(&packets.free, first,
                       ((first & ~(uintptr_t)number_mask) + number_mask + 1) | next));
    return packet_of(first & number_mask);
}

struct packet *packet_new(void)
{
    struct packet *p = take_free();
    if (p != NULL)
        p->count = 0;
    return p;
}

void packet_free(struct packet *p)
{
    uintptr_t first;
    do {
        first = word_load(&packets.free);
        word_store(&p->next, first & number_mask);
    } while (!word_cas(&packets.free, first,
                       ((first & ~(uintptr_t)number_mask) + number_mask + 1) | number_of(p)));
}

size_t packets_free_count(void)
{
    size_t count = packet_count - word_load(&packets.unused);
    for (uintptr_t n = word_load(&packets.free) & number_mask; n != 0;
         n = word_load(&packet_of(n)->next))
        count++;
    return count;
}

void packets_reset(void)
{
    word_store(&packets.state, 0);
    word_store(&packets.free, 0);
    word_store(&packets.sleepers, 0);
    word_store(&packets.collector_sleeps, 0);
    word_store(&packets.unused, 0);
}

bool packets_init(void)
{
    if (packets.all == NULL)
        packets.all = os_map(packet_count * sizeof *packets.all);
    if (packets.all == NULL)
        return false;
    packets_reset();
    return true;
}

/* ---- Sleeping ---- */

static void wake_helper(void)
{
    if (word_load(&packets.sleepers) == 0)
        return;
    word_add(&packets.wakes, 1);
    os_futex_wake_one(futex_of(&packets.wakes));
}

static void wake_collector(void)
{
    if (word_load(&packets.collector_sleeps) == 0)
        return;
    word_store(&packets.collector_sleeps, 0);
    os_futex_wake(futex_of(&packets.collector_sleeps));
}

static bool concerns_helper(uintptr_t state)
{
    return first_of(state, PACKETS_FOR_ANYONE) != 0;
}

static bool concerns_collector(uintptr_t state)
{
    return first_of(state, PACKETS_FOR_ANYONE) != 0 ||
           first_of(state, PACKETS_FOR_COLLECTOR) != 0 || is_finished(state);
}

/* There is nobody to wait for at the beginning of a drain that has ended already. */
static bool look_for_a_while(bool (*concerns)(uintptr_t state))
{
    for (unsigned looks = 0; looks < looks_before_sleep; looks++) {
        uintptr_t state = word_load_acquire(&packets.state);
        if (concerns(state))
            return true;
        if (is_finished(state))
            return false;
        sched_yield();
    }
    return false;
}

static void collector_sleep(void)
{
    word_store_full(&packets.collector_sleeps, 1);
    if (!concerns_collector(word_load_acquire(&packets.state)))
        os_futex_wait(futex_of(&packets.collector_sleeps), 1, 0);
    word_store(&packets.collector_sleeps, 0);
}

static void helper_sleep(void)
{
    uint32_t seen = (uint32_t)word_load_acquire(&packets.wakes);
    word_add(&packets.sleepers, 1);
    if (!concerns_helper(word_load_acquire(&packets.state)))
        os_futex_wait(futex_of(&packets.wakes), seen, 0);
    word_sub(&packets.sleepers, 1);
}

void packets_wait(bool is_collector)
{
    if (look_for_a_while(is_collector ? concerns_collector : concerns_helper))
        return;
    if (is_collector)
        collector_sleep();
    else
        helper_sleep();
}

/* ---- Sharing ---- */

void packets_begin(unsigned markers)
{
    uintptr_t state = word_load_acquire(&packets.state);
    check(is_finished(state) && markers <= working_mask);
    packets.markers = markers;
    check(state_change(state, state | UINT64_C(1) << working_shift));
}

void packet_publish(struct packet *p, enum packet_readers readers)
{
    uintptr_t state;
    do {
        state = word_load(&packets.state);
        debug_check(working_in(state) != 0);
        word_store(&p->next, first_of(state, readers));
    } while (!state_change(state, with_first(state, readers, number_of(p))));
    wake_collector();
    if (readers == PACKETS_FOR_ANYONE)
        wake_helper();
}

/* What is for the collector alone comes first: it may be what the others will live on. */
static bool what_to_take(uintptr_t state, bool is_collector, enum packet_readers *readers)
{
    *readers = PACKETS_FOR_COLLECTOR;
    if (is_collector && first_of(state, *readers) != 0)
        return true;
    *readers = PACKETS_FOR_ANYONE;
    return first_of(state, *readers) != 0;
}

struct packet *packet_take(bool is_collector, bool working)
{
    static const uintptr_t one = UINT64_C(1) << working_shift;
    for (;;) {
        enum packet_readers readers;
        uintptr_t state = word_load_acquire(&packets.state);
        if (what_to_take(state, is_collector, &readers)) {
            struct packet *p = packet_of(first_of(state, readers));
            uintptr_t after = with_first(state, readers, word_load(&p->next));
            if (state_change(state, working ? after : after + one))
                return p;
        } else if (!working) {
            return NULL;
        } else if (state_change(state, state - one)) {
            if (is_finished(state - one))
                wake_collector();
            return NULL;
        }
    }
}

bool packets_are_wanted(void)
{
    uintptr_t state = word_load(&packets.state);
    return first_of(state, PACKETS_FOR_ANYONE) == 0 && working_in(state) < packets.markers;
}

bool packets_wait_for_collector(void)
{
    return first_of(word_load(&packets.state), PACKETS_FOR_COLLECTOR) != 0;
}

bool packets_are_finished(void)
{
    return is_finished(word_load_acquire(&packets.state));
}
