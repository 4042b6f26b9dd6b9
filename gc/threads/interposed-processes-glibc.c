/* interposed-processes-glibc.c: starting other processes, in a blocking region.
 *
 * posix_spawn blocks every signal and sleeps, uninterruptibly, until the child has exec'ed or
 * failed to; so do system and popen, which are made of it. That takes as long as the child likes:
 * it may open a FIFO first, or have no processor. The thread needs no signal for its stop
 * meanwhile.
 *
 * vfork cannot be called from here, since its child would return into our frame: such a thread is
 * waited for, and named if it takes too long (tardy.h).
 */
#define _GNU_SOURCE 1
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include "threads/interposed.h"
#include "threads/waiting.h"

INTERPOSED(posix_spawn);
int our_posix_spawn(pid_t *child, const char *path, const posix_spawn_file_actions_t *actions,
                    const posix_spawnattr_t *attributes, char *const arguments[],
                    char *const environment[])
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int error = REAL(posix_spawn)(child, path, actions, attributes, arguments, environment);
    waiting_leave(&w);
    return error;
}

INTERPOSED(posix_spawnp);
int our_posix_spawnp(pid_t *child, const char *file, const posix_spawn_file_actions_t *actions,
                     const posix_spawnattr_t *attributes, char *const arguments[],
                     char *const environment[])
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int error = REAL(posix_spawnp)(child, file, actions, attributes, arguments, environment);
    waiting_leave(&w);
    return error;
}

INTERPOSED(system);
int our_system(const char *command)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int status = REAL(system)(command);
    waiting_leave(&w);
    return status;
}

INTERPOSED(popen);
FILE *our_popen(const char *command, const char *mode)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    FILE *stream = REAL(popen)(command, mode);
    waiting_leave(&w);
    return stream;
}
