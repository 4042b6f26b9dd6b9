/* roots.h: what the rows of the table "where the only pointer is" have in common.
 *
 * A row is a function that runs in a process of its own. It makes 50 items, puts the only pointers
 * to them where its name says, and calls collect() from there. Which of its two columns is asked
 * for is not the row's business: collect() collects four times in the calling thread ("same"), or
 * has another thread do so while the calling one waits ("other").
 *
 * Survivors are counted without holding pointers: each item has a disappearing link, which holds
 * its address hidden (GC_HIDE_POINTER), in static memory. An item counts as kept when after the
 * collections and some more allocation (which would reuse its memory) its link stands and its
 * contents are what they were.
 *
 * Only the public interface is used, so that the same program, built against bdwgc, is the second
 * column. What one of the two does not have is looked up at run time (row_function).
 */
#ifndef ROOTS_H
#define ROOTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { items = 50 };

/* What is expected of a row, of a collector that finds everything: all kept; nothing (within
 * `strays_allowed`: conservative); or only that the process ends well. */
enum expectation { ALL_KEPT, NONE_KEPT };
enum { strays_allowed = 5 };

struct row {
    const char *name; /* for the command line and for `expected` */
    const char *text; /* for the table */
    void (*run)(void);
    enum expectation expectation;
};

/* One array a file, ended by an entry without a name; main.c lists them. */
extern const struct row control_rows[], tls_rows[], stack_rows[], coroutine_rows[], register_rows[],
    flight_rows[], data_rows[], not_rows[];

/* ---- Items: items.c ---- */

/* Makes the items in `places` chains of equal length and calls put for the head of each, leaving no
 * other pointer to them but what the stack below the caller still holds; collect() wipes that. */
void items_put(unsigned places, void (*put)(unsigned place, void *head, void *argument),
               void *argument);

/* The same into an array. */
void items_make(void **array, unsigned places);

/* For items that are not made by the two above: watches an object, of at least 16 bytes. */
void item_watch(unsigned number, void *object);

/* Collects four times and counts. May be called again: the last count is the result. */
void collect(void);

/* For main.c: starts the other thread; the last count. */
void collector_start(void);
unsigned items_kept_last(void);

/* True: the column "same". */
extern bool collect_in_same_thread;

/* Overwrites the dead part of the stack (not of a fake one), and the vector registers. */
void stack_wipe(void);

/* Lets the compiler think that whatever the address leads to is read and written. */
static inline void keep(volatile void *address)
{
    __asm__ volatile("" : : "r"(address) : "memory");
}

/* ---- For the rows: support.c ---- */

/* Ends the row: the machine, or this way of linking, cannot do it. */
_Noreturn void row_skip(const char *why);

/* Ends the row: this collector has no such function. */
_Noreturn void row_missing(const char *function);

/* Ends the row as a failure of the test itself. */
_Noreturn void row_error(const char *what);

/* In a program without AddressSanitizer: the row goes on in the same program built with it, with
 * fake stacks switched on, which does not return here; or it ends. */
void row_in_asan_program(const char *name);

/* Options for such a program. */
#define ROOTS_ASAN_OPTIONS "detect_stack_use_after_return=1:detect_leaks=0"

/* To be cast to what it is. */
typedef void any_function(void);

/* A function of the collector that not all have; or the row ends. */
any_function *row_function(const char *name);

/* Runs fn in a thread that the collector knows, by whatever means it wants. */
void in_thread(void *(*fn)(void *), void *argument);

/* Such a thread, to be joined by pthread_join. */
pthread_t thread_start(void *(*fn)(void *), void *argument);

/* A semaphore that signals do not disturb. */
struct gate {
    _Alignas(16) char bytes[32];
};
void gate_init(struct gate *gate);
void gate_open(struct gate *gate);
void gate_wait(struct gate *gate);

/* The module plain.c, dlopen'ed, and a function of it; or the row ends. */
void *plain_open(void);
any_function *plain_function(void *module, const char *name);

/* dlsym. */
any_function *function_of(void *module, const char *name);

/* Space in the argument and environment area, of at least items + 1 words, unaligned. */
extern char *argument_space, *environment_space;

#endif
