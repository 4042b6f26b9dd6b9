/* tasks.h: the kernel's view of single threads of this process.
 *
 * No malloc, no stdio; errno is kept.
 */
#ifndef SPANGC_TASKS_H
#define SPANGC_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Is there a thread with that tid? */
bool task_exists(pid_t tid);

/* Reads what the kernel has to say about it in FILE of /proc/self/task/TID; an empty string where
 * that cannot be. */
void task_read_file(pid_t tid, const char *file, char *buffer, size_t size);

#endif
