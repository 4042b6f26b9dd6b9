/* helper.c: see helper.h. */
#define _GNU_SOURCE 1
#include "threads/helper.h"
#include <pthread.h>
#include "threads/realcalls.h"
#include "threads/signals.h"
#include "threads/thread.h"

enum { stack_bytes = 128 * 1024 };

/* Those that libc keeps for itself: with one of them it has every thread take part in setuid. */
static signal_mask signals_of_libc(void)
{
    signal_mask mask = 0;
    for (int n = 32; n < SIGRTMIN; n++)
        mask |= signal_bit(n);
    return mask;
}

/* The stop signal stays open in the caller, or a stop that comes meanwhile would wait for the whole
 * of pthread_create. */
bool helper_start(const char *name, void *(*run)(void *), void *argument)
{
    pthread_attr_t attributes;
    pthread_t handle;
    if (pthread_attr_init(&attributes) != 0)
        return false;
    pthread_attr_setstacksize(&attributes, stack_bytes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    signal_mask before = signals_set_mask(~(signal_bit(stop_signal()) | signals_of_libc()));
    bool started = pthread_create_real(&handle, &attributes, run, argument) == 0;
    if (started)
        pthread_setname_np(handle, name);
    signals_set_mask(before);
    pthread_attr_destroy(&attributes);
    return started;
}
