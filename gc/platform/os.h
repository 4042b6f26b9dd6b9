/* os.h: all that spangc asks of the kernel for memory, time and processors.
 *
 * One implementation a system (os-linux.c, cpus-linux.c), chosen by configure. Every call that can
 * fail says so in its result and prints nothing: the caller knows what is lost. No function here
 * calls malloc.
 *
 * Tests make the n-th call that can fail, fail: os_fail_nth(n), counted over all threads.
 */
#ifndef SPANGC_OS_H
#define SPANGC_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "platform/atomics.h"

/* Size of the kernel's pages, in bytes. */
size_t os_page_size(void);

/* Reserves address space that cannot be touched yet, near `hint` (0: anywhere); NULL on failure. */
void *os_reserve(size_t bytes, uintptr_t hint);

/* Makes a part of a reservation readable and writable, reading as zero. Both ends on kernel pages.
 * False: the system refused, nothing changed. */
bool os_commit(void *address, size_t bytes);

/* Gives the memory behind a committed range back; it reads as zero afterwards. False: the kernel
 * kept the data (locked memory, for example) and the range must be taken as dirty. */
bool os_release(void *address, size_t bytes);

/* Asks for pages of 2 MiB in a committed range, or for none, whatever the system's own choice. A
 * wish: who cannot grant it does not. */
void os_prefer_huge_pages(void *address, size_t bytes, bool huge);

/* Zeroed memory of our own, outside the heap; NULL on failure. */
void *os_map(size_t bytes);
void os_unmap(void *address, size_t bytes);

/* Grows or shrinks a mapping of os_map, moving it where it must; NULL: unchanged. */
void *os_remap(void *address, size_t old_bytes, size_t new_bytes);

/* Address space that RLIMIT_AS still leaves to this process; SIZE_MAX without a limit. */
size_t os_address_space_left(void);

/* Bytes of physical memory of the machine. */
size_t os_physical_memory(void);

/* Resident set of this process in bytes: now, and at its largest. */
size_t os_resident_now(void);
size_t os_resident_peak(void);

/* CPUs that this process may use: its affinity, and its share where a cgroup limits it; >= 1. */
unsigned os_cpu_count(void);

/* Nanoseconds on a clock that only goes forward. */
uint64_t os_now_ns(void);

/* Nanoseconds of processor time: of all threads of the process so far, ended ones included, and of
 * the calling thread. */
uint64_t os_process_cpu_ns(void);
uint64_t os_thread_cpu_ns(void);

/* How often the calling thread had to leave its processor to another. */
unsigned os_thread_preemptions(void);

/* A word from the kernel's random source (or the clock, where there is none). */
uint64_t os_random(void);

/* True where the address space is not ours to choose from (ThreadSanitizer, valgrind). */
bool os_address_hints_forbidden(void);

/* The part of an atomic word that a futex looks at: its low half. */
static inline const uint32_t *futex_of(const atomic_word *word)
{
    return (const uint32_t *)word;
}

/* Sleeps until *word != expected or the time is over (0: no limit); may return early. Wake wakes
 * all sleepers on it, or one. */
void os_futex_wait(const uint32_t *word, uint32_t expected, uint64_t timeout_ns);
void os_futex_wake(const uint32_t *word);
void os_futex_wake_one(const uint32_t *word);

/* Every thread of the process executes a full fence between the call and the return. False: the
 * kernel refuses. It is to be prepared once, which is quick only while the process has one thread;
 * children inherit it. */
void os_fence_prepare(void);
bool os_fence_everywhere(void);

/* Sleeps for that long, or until a signal comes; no cancellation point. */
void os_nap(uint64_t ns);

/* Reads the beginning of a (small, virtual) file, at most size - 1 bytes, and terminates it.
 * Returns the length; 0 when it cannot be read. */
size_t os_read_file(const char *path, char *buffer, size_t size);

/* Makes the n-th following call of reserve, commit, release, map or remap fail (0: none).
 * Returns what is left of an earlier n; 0: that call has failed, or none was to. */
unsigned long os_fail_nth(unsigned long n);

#endif
