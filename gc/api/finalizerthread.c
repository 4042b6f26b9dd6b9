/* finalizerthread.c: a thread of the collector's own that runs finalizers, for programs that do not
 * want them in the middle of their allocations.
 *
 *     off --GC_set_finalizer_thread, SPANGC_FINALIZER_THREAD--> wanted
 *     wanted --first finalizers are due--> running, until the process ends or forks
 *
 * `wakes` counts the collections that found finalizers due; its low half is a futex. The thread
 * reads it before it looks for work, so no wake is lost. It runs with all signals blocked that the
 * program might want elsewhere.
 */
#include <pthread.h>
#include "api/api.h"
#include "platform/check.h"
#include "platform/os.h"
#include "services/finalize.h"
#include "threads/signals.h"

static struct {
    atomic_word wanted;
    atomic_word running; /* set by CAS before the thread is made; cleared after a fork */
    atomic_word wakes;
} finalizer_thread;

void GC_set_finalizer_thread(int wanted)
{
    word_store(&finalizer_thread.wanted, wanted != 0);
}

int GC_get_finalizer_thread(void)
{
    return (int)word_load(&finalizer_thread.wanted);
}

/* Finalizers that are asked for by GC_invoke_finalizers run there, not here. */
static void *finalizer_main(void *unused)
{
    (void)unused;
    for (;;) {
        uint32_t seen = (uint32_t)word_load(&finalizer_thread.wakes);
        if (GC_finalize_on_demand || !word_load(&finalizer_thread.wanted) ||
            GC_invoke_finalizers() == 0)
            os_futex_wait(futex_of(&finalizer_thread.wakes), seen, 0);
    }
    return NULL;
}

static bool start(void)
{
    pthread_attr_t attributes;
    pthread_t handle;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    signal_mask before = signals_block(signals_asynchronous() & ~signal_bit(stop_signal()));
    bool started = thread_create(&handle, &attributes, finalizer_main, NULL) == 0;
    signals_set_mask(before);
    pthread_attr_destroy(&attributes);
    return started;
}

bool finalizer_thread_wake(void)
{
    if (!word_load(&finalizer_thread.wanted))
        return false;
    if (word_cas(&finalizer_thread.running, 0, 1) && !start()) {
        word_store(&finalizer_thread.running, 0);
        report("cannot start the finalizer thread; finalizers run where the program allocates");
        word_store(&finalizer_thread.wanted, 0);
        return false;
    }
    word_add(&finalizer_thread.wakes, 1);
    os_futex_wake(futex_of(&finalizer_thread.wakes));
    return true;
}

void finalizer_thread_after_fork(void)
{
    word_store(&finalizer_thread.running, 0);
}
