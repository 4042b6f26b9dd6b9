/* joincalls.h: the C library's own calls below those of create.c. See joincalls-glibc.c. */
#ifndef SPANGC_JOINCALLS_H
#define SPANGC_JOINCALLS_H

#include <pthread.h>
#include <time.h>

/* Whoever interposes; arguments and results as for pthread_join and so on. */
int pthread_join_real(pthread_t handle, void **result);
int pthread_tryjoin_real(pthread_t handle, void **result);
int pthread_timedjoin_real(pthread_t handle, void **result, const struct timespec *until);
int pthread_clockjoin_real(pthread_t handle, void **result, clockid_t clock,
                           const struct timespec *until);
int pthread_detach_real(pthread_t handle);
_Noreturn void pthread_exit_real(void *value);

/* The definition behind our own of that name. Exists only where we interpose. */
extern void *call_behind(const char *name) __attribute__((weak));

#endif
