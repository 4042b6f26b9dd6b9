/* nots.c: rows that show what is not a root (kept: none), each followed by what to do instead
 * (kept: all). The README says the same in words. */
#define _GNU_SOURCE 1
#include <linux/io_uring.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#define GC_THREADS
#include <gc.h>
#include "roots.h"

enum { range_bytes = 4096 };

/* ---- malloc, and mmap ---- */

static void in_malloc(void)
{
    void **array = calloc(items, sizeof *array);
    items_make(array, items);
    collect();
    keep(array);
}

static void instead_of_malloc(void)
{
    void **array = GC_malloc_uncollectable(items * sizeof *array);
    items_make(array, items);
    collect();
    GC_free(array);
}

static void **map_range(void)
{
    void *memory =
        mmap(NULL, range_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        row_error("mmap");
    return memory;
}

static void in_mmap(void)
{
    void **array = map_range();
    items_make(array, items);
    collect();
    keep(array);
}

static void instead_of_mmap(void)
{
    void **array = map_range();
    GC_add_roots(array, (char *)array + range_bytes);
    items_make(array, items);
    collect();
    GC_remove_roots(array, (char *)array + range_bytes);
}

/* ---- Pointers that only the kernel has ---- */

static void put_in_epoll(unsigned place, void *head, void *epoll)
{
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = head};
    (void)place;
    if (epoll_ctl(*(int *)epoll, EPOLL_CTL_ADD, eventfd(0, EFD_CLOEXEC), &event) != 0)
        row_skip("no epoll");
}

static void in_epoll(void)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    items_put(items, put_in_epoll, &epoll);
    collect();
}

/* A table of what was handed to the kernel, in static memory; its index goes to the kernel. */
static void *handed_out[items];

static void put_in_table(unsigned place, void *head, void *epoll)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = place};
    handed_out[place] = head;
    if (epoll_ctl(*(int *)epoll, EPOLL_CTL_ADD, eventfd(0, EFD_CLOEXEC), &event) != 0)
        row_skip("no epoll");
}

static void instead_of_epoll(void)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    items_put(items, put_in_table, &epoll);
    collect();
    keep(handed_out);
}

/* Poll requests for eventfds that never become ready stay in the kernel with their user_data. */
struct ring {
    int fd;
    struct io_uring_sqe *entries;
};

static void ring_open(struct ring *ring, unsigned **tail, unsigned **index)
{
    struct io_uring_params params = {0};
    ring->fd = (int)syscall(SYS_io_uring_setup, 64, &params);
    if (ring->fd < 0)
        row_skip("no io_uring");
    char *queue =
        mmap(NULL, params.sq_off.array + params.sq_entries * sizeof(unsigned),
             PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQ_RING);
    ring->entries = mmap(NULL, params.sq_entries * sizeof(struct io_uring_sqe),
                         PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQES);
    if (queue == MAP_FAILED || ring->entries == MAP_FAILED)
        row_skip("no io_uring");
    *tail = (unsigned *)(queue + params.sq_off.tail);
    *index = (unsigned *)(queue + params.sq_off.array);
}

static void put_in_ring(unsigned place, void *head, void *entries)
{
    struct io_uring_sqe *entry = (struct io_uring_sqe *)entries + place;
    memset(entry, 0, sizeof *entry);
    entry->opcode = IORING_OP_POLL_ADD;
    entry->fd = eventfd(0, EFD_CLOEXEC);
    entry->poll32_events = EPOLLIN;
    entry->user_data = (uintptr_t)head;
}

static void in_io_uring(void)
{
    struct ring ring;
    unsigned *tail, *index;
    ring_open(&ring, &tail, &index);
    items_put(items, put_in_ring, ring.entries);
    for (unsigned i = 0; i < items; i++)
        index[i] = i;
    __atomic_store_n(tail, *tail + items, __ATOMIC_RELEASE);
    if (syscall(SYS_io_uring_enter, ring.fd, items, 0, 0, NULL, 0) != items)
        row_skip("no io_uring");
    memset(ring.entries, 0, items * sizeof *ring.entries);
    collect();
}

/* Through a pipe: bytes on their way. */
static void put_in_pipe(unsigned place, void *head, void *pipe_end)
{
    (void)place;
    if (write(*(int *)pipe_end, &head, sizeof head) != sizeof head)
        row_error("write");
}

static void in_pipe(void)
{
    int ends[2];
    if (pipe(ends) != 0)
        row_error("pipe");
    items_put(items, put_in_pipe, &ends[1]);
    collect();
}

/* ---- Words that are not the pointer ---- */

/* setjmp saves rbx, rbp, r12 to r15 as they are, but rsp, rbp and rip mangled. Here rbp holds the
 * pointer while setjmp runs. */
static void mangled(void)
{
#ifdef __x86_64__
    static jmp_buf buffers[items];
    static void *heads_hidden[items];
    void **heads = malloc(items * sizeof *heads);
    items_make(heads, items);
    for (unsigned i = 0; i < items; i++) {
        heads_hidden[i] = (void *)GC_HIDE_POINTER(heads[i]);
        __asm__ volatile("pushq %%rbp; subq $128, %%rsp; notq %%rsi; movq %%rsi, %%rbp;"
                         "xorl %%esi, %%esi; call _setjmp@PLT; xorl %%ebp, %%ebp;"
                         "addq $128, %%rsp; popq %%rbp"
                         :
                         : "D"(buffers[i]), "S"(heads_hidden[i])
                         : "rax", "rcx", "rdx", "r8", "r9", "r10", "r11", "cc", "memory");
    }
    memset(heads, 0, items * sizeof *heads);
    if (buffers[0][0].__jmpbuf[1] == 0)
        row_error("setjmp saved nothing");
    collect();
#else
    row_skip("another processor");
#endif
}

static void put_encoded(unsigned place, void *head, void *array)
{
    ((uintptr_t *)array)[place] = (uintptr_t)head ^ UINT64_C(0xaaaaaaaaaaaaaaaa);
}

static void encoded(void)
{
    static uintptr_t words[items];
    items_put(items, put_encoded, words);
    collect();
}

static void put_unaligned(unsigned place, void *head, void *array)
{
    memcpy((char *)array + place * sizeof head + 4, &head, sizeof head);
}

static void unaligned(void)
{
    static char bytes[(items + 1) * sizeof(void *)];
    items_put(items, put_unaligned, bytes);
    collect();
}

static void put_in_halves(unsigned place, void *head, void *array)
{
    uint64_t *words = array;
    words[2 * place] = (uint32_t)(uintptr_t)head;
    words[2 * place + 1] = (uintptr_t)head >> 32;
}

static void in_halves(void)
{
    static uint64_t words[2 * items];
    items_put(items, put_in_halves, words);
    collect();
}

static void in_pointer_free(void)
{
    static void **array;
    array = GC_malloc_atomic(items * sizeof *array);
    keep(&array);
    items_make(array, items);
    collect();
    keep(array);
}

static void put_beside(unsigned place, void *head, void *array)
{
    put_encoded(place, head, array);
    handed_out[place] = head;
}

static void instead_of_encoding(void)
{
    static uintptr_t words[items];
    items_put(items, put_beside, words);
    collect();
    keep(handed_out);
}

const struct row not_rows[] = {
    {"not-malloc", "no root: memory of malloc", in_malloc, NONE_KEPT},
    {"instead-malloc", "instead: `GC_malloc_uncollectable`", instead_of_malloc, 0},
    {"not-mmap", "no root: memory of mmap", in_mmap, NONE_KEPT},
    {"instead-mmap", "instead: `GC_add_roots`", instead_of_mmap, 0},
    {"not-epoll", "no root: data of epoll", in_epoll, NONE_KEPT},
    {"not-io-uring", "no root: user_data of io_uring", in_io_uring, NONE_KEPT},
    {"not-pipe", "no root: bytes in a pipe", in_pipe, NONE_KEPT},
    {"instead-kernel", "instead: a table of one's own, its index to the kernel", instead_of_epoll,
     0},
    {"not-jmp-buf", "no root: mangled word of a jmp_buf", mangled, NONE_KEPT},
    {"not-encoded", "no root: encoded pointer", encoded, NONE_KEPT},
    {"not-unaligned", "no root: unaligned pointer", unaligned, NONE_KEPT},
    {"not-halves", "no root: pointer in two halves", in_halves, NONE_KEPT},
    {"not-atomic", "no root: pointer-free object", in_pointer_free, NONE_KEPT},
    {"instead-encoded", "instead: the plain pointer beside it", instead_of_encoding, 0},
    {NULL, NULL, NULL, 0}};
