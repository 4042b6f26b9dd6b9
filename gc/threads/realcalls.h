/* realcalls.h: between realcalls-glibc.c and interpose-glibc.c. */
#ifndef SPANGC_REALCALLS_H
#define SPANGC_REALCALLS_H

#include <pthread.h>

typedef int pthread_create_fn(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

/* The definition behind our own. Exists only where we interpose. */
extern pthread_create_fn *pthread_create_behind(void) __attribute__((weak));

#endif
