/* registers.c: rows whose items are held by registers of a running thread, and nothing else.
 *
 * A thread loads words from malloc'ed memory (no root) into registers and spins until it is told to
 * stop; meanwhile the words are cleared. "same": a signal interrupts the spinning thread, and its
 * handler collects; the registers then are in the kernel's frame.
 *
 * As many words as fit, each the head of a chain.
 */
#define _GNU_SOURCE 1
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "roots.h"

#ifdef __x86_64__

enum { most_words = 128 };

/* Malloc'ed. Loaders find it in rdi: the words, then the two flags. */
struct load {
    void *words[most_words];
    long loaded;
    long stop;
};

#define FLAGS                                                                                      \
    "movq $1, 1024(%%rdi)\n"                                                                       \
    "1: pause\n"                                                                                   \
    "cmpq $0, 1032(%%rdi)\n"                                                                       \
    "je 1b\n"

_Static_assert(offsetof(struct load, loaded) == 1024 && offsetof(struct load, stop) == 1032,
               "the offsets above");

#define XMM_CLOBBERS                                                                               \
    "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",       \
        "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

/* ---- Loaders: each takes its words and spins ---- */

static void spin_general(struct load *load)
{
    __asm__ volatile("movq 0(%%rdi), %%rax; movq 8(%%rdi), %%rbx; movq 16(%%rdi), %%rcx;"
                     "movq 24(%%rdi), %%rdx; movq 32(%%rdi), %%rsi; movq 40(%%rdi), %%r8;"
                     "movq 48(%%rdi), %%r9; movq 56(%%rdi), %%r10; movq 64(%%rdi), %%r11;"
                     "movq 72(%%rdi), %%r15\n" FLAGS "xorl %%eax, %%eax"
                     :
                     : "D"(load)
                     : "rax", "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r15", "cc",
                       "memory");
}

static void spin_xmm(struct load *load)
{
    __asm__ volatile("movups 0(%%rdi), %%xmm0; movups 16(%%rdi), %%xmm1;"
                     "movups 32(%%rdi), %%xmm4; movups 48(%%rdi), %%xmm7;"
                     "movups 64(%%rdi), %%xmm15\n" FLAGS
                     :
                     : "D"(load)
                     : XMM_CLOBBERS, "cc", "memory");
}

/* The low halves hold nothing. */
__attribute__((target("avx"))) static void spin_ymm(struct load *load)
{
    __asm__ volatile("vxorps %%xmm0, %%xmm0, %%xmm0; vxorps %%xmm1, %%xmm1, %%xmm1;"
                     "vinsertf128 $1, 0(%%rdi), %%ymm0, %%ymm0;"
                     "vinsertf128 $1, 16(%%rdi), %%ymm1, %%ymm1;"
                     "vinsertf128 $1, 32(%%rdi), %%ymm0, %%ymm5;"
                     "vinsertf128 $1, 48(%%rdi), %%ymm1, %%ymm9;"
                     "vxorps %%xmm5, %%xmm5, %%xmm2;"
                     "vinsertf128 $1, 64(%%rdi), %%ymm2, %%ymm15\n" FLAGS "vzeroupper"
                     :
                     : "D"(load)
                     : XMM_CLOBBERS, "cc", "memory");
}

/* The upper halves of zmm3, and two of the registers that only AVX-512 has. */
__attribute__((target("avx512f"))) static void spin_zmm(struct load *load)
{
    __asm__ volatile("vpxorq %%zmm3, %%zmm3, %%zmm3;"
                     "vinserti64x4 $1, 0(%%rdi), %%zmm3, %%zmm3;"
                     "vmovdqu64 32(%%rdi), %%ymm16; vmovdqu64 64(%%rdi), %%xmm31\n" FLAGS
                     "vpxorq %%zmm16, %%zmm16, %%zmm16; vpxorq %%zmm31, %%zmm31, %%zmm31;"
                     "vzeroupper"
                     :
                     : "D"(load)
                     : XMM_CLOBBERS, "cc", "memory");
}

__attribute__((target("avx512bw"))) static void spin_mask(struct load *load)
{
    __asm__ volatile("kmovq 0(%%rdi), %%k0; kmovq 8(%%rdi), %%k1; kmovq 16(%%rdi), %%k2;"
                     "kmovq 24(%%rdi), %%k5; kmovq 32(%%rdi), %%k7\n" FLAGS
                     "kxorq %%k0, %%k0, %%k0; kxorq %%k1, %%k1, %%k1; kxorq %%k2, %%k2, %%k2"
                     :
                     : "D"(load)
                     : "cc", "memory");
}

/* ---- The row ---- */

struct spinner {
    struct load *load;
    void (*spin)(struct load *);
};

static void *spinner_main(void *argument)
{
    struct spinner *spinner = argument;
    spinner->spin(spinner->load);
    return NULL;
}

static struct gate collected;

static void on_signal(int signal_number)
{
    (void)signal_number;
    collect();
    gate_open(&collected);
}

static void collect_in(pthread_t thread)
{
    struct sigaction action = {.sa_handler = on_signal};
    gate_init(&collected);
    sigaction(SIGUSR2, &action, NULL);
    pthread_kill(thread, SIGUSR2);
    gate_wait(&collected);
}

static void hold_in_registers(void (*spin)(struct load *), unsigned words)
{
    struct spinner spinner = {calloc(1, sizeof(struct load)), spin};
    if (spinner.load == NULL)
        row_error("malloc");
    items_make(spinner.load->words, words);
    pthread_t thread = thread_start(spinner_main, &spinner);
    while (!__atomic_load_n(&spinner.load->loaded, __ATOMIC_ACQUIRE))
        continue;
    memset(spinner.load->words, 0, sizeof spinner.load->words);
    if (collect_in_same_thread)
        collect_in(thread);
    else
        collect();
    __atomic_store_n(&spinner.load->stop, 1, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
}

static void general(void)
{
    hold_in_registers(spin_general, 10);
}

static void xmm(void)
{
    hold_in_registers(spin_xmm, 10);
}

static void ymm(void)
{
    if (!__builtin_cpu_supports("avx"))
        row_skip("no AVX");
    hold_in_registers(spin_ymm, 10);
}

static void zmm(void)
{
    if (!__builtin_cpu_supports("avx512f"))
        row_skip("no AVX-512");
    hold_in_registers(spin_zmm, 10);
}

static void mask(void)
{
    if (!__builtin_cpu_supports("avx512bw"))
        row_skip("no AVX-512BW");
    hold_in_registers(spin_mask, 5);
}

#else

static void unknown(void)
{
    row_skip("another processor");
}

#define general unknown
#define xmm unknown
#define ymm unknown
#define zmm unknown
#define mask unknown

#endif

const struct row register_rows[] = {
    {"register-general", "general registers of a running thread", general, 0},
    {"register-xmm", "xmm registers", xmm, 0},
    {"register-ymm", "high halves of ymm registers", ymm, 0},
    {"register-zmm", "high halves of zmm registers, zmm16 and up", zmm, 0},
    {"register-mask", "AVX-512 mask registers", mask, 0},
    {NULL, NULL, NULL, 0}};
