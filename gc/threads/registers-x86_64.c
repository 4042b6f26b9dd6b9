/* registers-x86_64.c: the callee-saved registers onto the stack, and the thread pointer.
 *
 * A function's own prologue may have saved some of them, and then uses the register for itself; in
 * either case the caller's value lies at or above `saved`. The others need not be saved: across
 * the call to this function they hold nothing of the caller's.
 */
#define _GNU_SOURCE 1
#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "threads/fakestack.h"
#include "threads/registers.h"
#include "threads/thread.h"

/* In assembly, since a compiled function may use the registers before it stores them. */
__asm__(".text\n"
        ".hidden registers_save\n"
        ".globl registers_save\n"
        ".type registers_save, @function\n"
        "registers_save:\n\t"
        ".cfi_startproc\n\t"
        "movq %rbx, 0(%rdi)\n\t"
        "movq %rbp, 8(%rdi)\n\t"
        "movq %r12, 16(%rdi)\n\t"
        "movq %r13, 24(%rdi)\n\t"
        "movq %r14, 32(%rdi)\n\t"
        "movq %r15, 40(%rdi)\n\t"
        "leaq 8(%rsp), %rax\n\t"
        "ret\n\t"
        ".cfi_endproc\n"
        ".size registers_save, . - registers_save\n");

#define SAVE_CALLEE_SAVED(where)                                                                   \
    __asm__ volatile("movq %%rbx, 0(%0)\n\t"                                                       \
                     "movq %%rbp, 8(%0)\n\t"                                                       \
                     "movq %%r12, 16(%0)\n\t"                                                      \
                     "movq %%r13, 24(%0)\n\t"                                                      \
                     "movq %%r14, 32(%0)\n\t"                                                      \
                     "movq %%r15, 40(%0)"                                                          \
                     :                                                                             \
                     : "r"(where)                                                                  \
                     : "memory")

/* Not on AddressSanitizer's fake stack. */
__attribute__((noinline, no_sanitize("address"))) void
thread_with_registers_spilled(void (*body)(void *), void *argument)
{
    uintptr_t saved[6];
    SAVE_CALLEE_SAVED(saved);
    struct thread *t = thread_self;
    uintptr_t stack_low_before = 0;
    if (t) {
        stack_low_before = t->stack_low;
        thread_publish_stack(t, (uintptr_t)saved);
    }
    body(argument);
    __asm__ volatile("" : : "r"(saved) : "memory");
    if (t)
        thread_publish_stack(t, stack_low_before);
}

/* From the kernel, since nothing can be read by way of a thread pointer that is not libc's. */
uintptr_t thread_pointer_here(void)
{
    uintptr_t base = 0;
    syscall(SYS_arch_prctl, ARCH_GET_FS, &base);
    return base;
}
