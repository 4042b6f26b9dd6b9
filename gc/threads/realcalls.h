/* realcalls.h: between realcalls-glibc.c and interpose-glibc.c. */
#ifndef SPANGC_REALCALLS_H
#define SPANGC_REALCALLS_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

typedef int pthread_create_fn(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

typedef int sigaction_fn(int, const struct sigaction *, struct sigaction *);

/* The definitions behind our own. Exist only where we interpose. */
extern pthread_create_fn *pthread_create_behind(void) __attribute__((weak));
extern sigaction_fn *sigaction_behind(void) __attribute__((weak));

/* Does a sanitizer's runtime stand in front of our definitions and hand calls on to them? Then who
 * calls in our stead goes by the plain names, or the runtime would not know of the thread. Exists
 * only where we interpose. */
extern bool calls_pass_sanitizer(void) __attribute__((weak));

/* The C library's own sigaction, whoever interposes. */
int sigaction_real(int signal_number, const struct sigaction *action, struct sigaction *before);

#endif
