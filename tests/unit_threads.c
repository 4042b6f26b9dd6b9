/* unit_threads.c: registry, stack bounds, exit, blocking regions, stops that fail, fork.
 *
 * A thread that the test stops does not use Check, whose lock it might hold then.
 */
#define _GNU_SOURCE 1
#include "unit.h"
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "heap/alloc.h"
#include "heap/heap.h"
#include "platform/check.h"
#include "platform/os.h"
#include "threads/costacks.h"
#include "threads/realcalls.h"
#include "threads/record.h"
#include "threads/registry.h"
#include "threads/strangers.h"

extern char **environ;

static __thread char static_tls[16];

static void begin(void)
{
    static const struct fork_hooks no_hooks;
    ck_assert(heap_init());
    ck_assert(threads_init());
    fork_handlers_install(&no_hooks);
}

static void run_thread(void *(*body)(void *), void *argument)
{
    pthread_t handle;
    ck_assert_int_eq(thread_create(&handle, NULL, body, argument), 0);
    thread_join(handle, NULL);
}

static void nap(void)
{
    nanosleep(&(struct timespec){0, 1000000}, NULL);
}

/* A broken protocol shows as a failure after a few seconds, not as a test that hangs. */
static void wait_until(const atomic_word *word, uintptr_t value)
{
    for (int naps = 0; word_load_acquire(word) != value; naps++) {
        check(naps < 5000);
        nap();
    }
}

/* ---- Stacks ---- */

static bool is_below(const void *p, uintptr_t high)
{
    return (uintptr_t)p < high;
}

START_TEST(stack_of_main_reaches_to_the_environment)
{
    begin();
    uintptr_t high = thread_self->stack.high;
    ck_assert(thread_self->is_main);
    ck_assert(is_below(&high, high));
    for (char **variable = environ; *variable; variable++)
        ck_assert(is_below(*variable + strlen(*variable), high));
}
END_TEST

/* End of the stack that the C library reports. */
static uintptr_t reported_stack_end(void)
{
    pthread_attr_t attributes;
    void *low;
    size_t size;
    check(pthread_getattr_np(pthread_self(), &attributes) == 0);
    check(pthread_attr_getstack(&attributes, &low, &size) == 0);
    pthread_attr_destroy(&attributes);
    return (uintptr_t)low + size;
}

static void *check_own_stack(void *argument)
{
    uintptr_t high = thread_self->stack.high;
    check(!thread_self->is_main);
    check(is_below(&high, high) && is_below(static_tls, high));
    check(high == reported_stack_end());
    return argument;
}

START_TEST(stack_of_a_thread_reaches_to_its_descriptor)
{
    begin();
    run_thread(check_own_stack, NULL);
}
END_TEST

/* ---- Entering and leaving ---- */

START_TEST(registration_is_counted_once)
{
    begin();
    struct thread *self = thread_self;
    ck_assert_ptr_eq(thread_register(), self);
    ck_assert_uint_eq(threads_count(), 1);
    thread_unregister();
    ck_assert_ptr_null(thread_self);
    ck_assert_uint_eq(threads_count(), 0);
    ck_assert_ptr_nonnull(thread_register_with_stack(self->stack.high));
    ck_assert(threads_are_valid());
}
END_TEST

static void *note_descriptor(void *argument)
{
    *(struct thread **)argument = thread_self;
    check(thread_self->tid == gettid());
    return NULL;
}

START_TEST(descriptors_are_recycled)
{
    begin();
    struct thread *first = NULL;
    struct thread *seen = NULL;
    run_thread(note_descriptor, &first);
    for (int i = 0; i < 100; i++) {
        run_thread(note_descriptor, &seen);
        ck_assert_ptr_eq(seen, first);
    }
    ck_assert_uint_eq(threads_count(), 1);
}
END_TEST

static void allocate(size_t bytes)
{
    enum alloc_status status;
    check(busy_enter(thread_self));
    check(alloc_small(&thread_self->cache, bytes, KIND_NORMAL, true, &status) != NULL);
    busy_leave(thread_self);
}

/* Small objects, so that the thread's cache holds spans and pages. */
static void *allocate_some(void *argument)
{
    for (size_t bytes = 16; bytes <= 1024; bytes *= 2)
        allocate(bytes);
    return argument;
}

static bool is_flushed(const struct cache *cache)
{
    for (unsigned c = 1; c < size_class_count; c++)
        if (cache->small[KIND_NORMAL][c].span != NULL)
            return false;
    return true;
}

static void *allocate_and_note(void *argument)
{
    allocate_some(NULL);
    check(!is_flushed(&thread_self->cache));
    return note_descriptor(argument);
}

START_TEST(leaving_flushes_the_cache)
{
    begin();
    struct thread *t = NULL;
    run_thread(allocate_and_note, &t);
    ck_assert(is_flushed(&t->cache));
}
END_TEST

static void *with_blocked_signals(void *argument)
{
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    check(!sigismember(&blocked, stop_signal()) && sigismember(&blocked, SIGUSR1));
    return argument;
}

START_TEST(stop_signal_is_unblocked_in_new_threads)
{
    begin();
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    run_thread(with_blocked_signals, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
END_TEST

/* ---- Exit ---- */

static pthread_key_t later_key;
static int rounds_seen;
static bool register_after_last_round;

/* Runs after the registry's destructor in each round: the key is the younger one. */
static void allocate_in_destructor(void *value)
{
    rounds_seen++;
    if (rounds_seen < PTHREAD_DESTRUCTOR_ITERATIONS) {
        check(thread_self != NULL);
        allocate_some(NULL);
        pthread_setspecific(later_key, value);
    } else if (register_after_last_round) {
        check(thread_self == NULL && thread_register() != NULL);
        allocate_some(NULL);
    }
}

static void *set_later_key(void *argument)
{
    pthread_setspecific(later_key, argument);
    return argument;
}

static void run_thread_with_late_destructor(void)
{
    rounds_seen = 0;
    ck_assert_int_eq(pthread_key_create(&later_key, allocate_in_destructor), 0);
    run_thread(set_later_key, &rounds_seen);
    ck_assert_int_eq(rounds_seen, PTHREAD_DESTRUCTOR_ITERATIONS);
}

START_TEST(destructors_of_others_may_allocate)
{
    begin();
    run_thread_with_late_destructor();
    ck_assert_uint_eq(threads_count(), 1);
}
END_TEST

START_TEST(a_thread_adrift_is_buried_at_a_stop)
{
    struct stop_report report;
    begin();
    register_after_last_round = true;
    run_thread_with_late_destructor();
    ck_assert_uint_eq(threads_count(), 2);
    while (syscall(SYS_tgkill, getpid(), registry.first->tid, 0) == 0)
        sched_yield(); /* joined, but not yet gone */
    ck_assert(world_stop(&report));
    world_start();
    ck_assert_uint_eq(threads_count(), 1);
    ck_assert(threads_are_valid());
}
END_TEST

static atomic_word is_deaf;

/* Registered, deaf to the stop's signal, and gone without a word once it has been asked. */
static void *goes_when_asked(void *unused)
{
    uint64_t all = UINT64_MAX;
    struct thread *t = thread_register();
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
    word_store_release(&is_deaf, 1);
    while (word_load_acquire(&t->state) != THREAD_STOPPING)
        sched_yield();
    usleep(1000);
    syscall(SYS_exit, 0);
    return unused;
}

START_TEST(a_thread_that_goes_instead_of_stopping_is_buried)
{
    struct stop_report report;
    pthread_t handle;
    begin();
    ck_assert_int_eq(pthread_create(&handle, NULL, goes_when_asked, NULL), 0);
    while (!word_load_acquire(&is_deaf))
        sched_yield();
    ck_assert(world_stop(&report));
    world_start();
    ck_assert_uint_eq(threads_count(), 1);
    ck_assert(threads_are_valid());
}
END_TEST

START_TEST(a_tid_used_again_buries_its_last_owner)
{
    begin();
    register_after_last_round = true;
    run_thread_with_late_destructor();
    struct thread *adrift = registry.first;
    ck_assert(adrift->is_adrift);
    thread_unregister();
    adrift->tid = gettid();
    ck_assert_ptr_eq(thread_register(), adrift);
    ck_assert(!adrift->is_adrift);
    ck_assert_uint_eq(threads_count(), 1);
    ck_assert(threads_are_valid());
}
END_TEST

/* ---- Arguments in flight ---- */

static bool seen_in_flight;

static void look_for(uintptr_t low, uintptr_t high, void *wanted)
{
    for (uintptr_t word = low; word < high; word += sizeof(void *))
        seen_in_flight |= *(void **)word == wanted;
}

static bool is_in_flight(void *wanted)
{
    seen_in_flight = false;
    threads_in_flight(look_for, wanted);
    return seen_in_flight;
}

static atomic_word started;

static void *note_start(void *argument)
{
    word_store_release(&started, 1);
    return argument;
}

/* Creates a thread and holds the registry lock, without which it does not get beyond registering
 * itself. Was its argument in flight then? It must have been, unless the thread was faster. */
static bool catch_in_flight(void)
{
    static int argument;
    pthread_t handle;
    word_store(&started, 0);
    ck_assert_int_eq(thread_create(&handle, NULL, note_start, &argument), 0);
    registry_lock();
    bool found = is_in_flight(&argument);
    bool registered = threads_count() > 1 || word_load_acquire(&started) != 0;
    registry_unlock();
    thread_join(handle, NULL);
    ck_assert(found || registered);
    ck_assert(!is_in_flight(&argument));
    return found;
}

START_TEST(arguments_in_flight_are_roots)
{
    begin();
    int tries = 0;
    while (!catch_in_flight())
        ck_assert_int_lt(tries++, 5000);
}
END_TEST

/* ---- Being stopped ---- */

static atomic_word stage;

static struct thread *other_thread(void)
{
    return registry.first == thread_self ? registry.first->next : registry.first;
}

/* Reads also what AddressSanitizer keeps between variables. */
__attribute__((no_sanitize("address"))) static bool is_on_stack(const struct thread *t,
                                                                uintptr_t wanted)
{
    for (uintptr_t word = t->stack_low; word < t->stack.high; word += sizeof(uintptr_t))
        if (*(const volatile uintptr_t *)word == wanted)
            return true;
    return false;
}

#define MAGIC (UINT64_C(0x5ca1ab1e) * 0x10001)

/* The inverse of the magic number is in the code; only the register holds the number itself. */
static void *spin_with_register(void *argument)
{
    __asm__ volatile("movq %1, %%r15\n\t"
                     "notq %%r15\n\t"
                     "movq $1, %0\n"
                     "1:\n\t"
                     "pause\n\t"
                     "cmpq $2, %0\n\t"
                     "jne 1b\n\t"
                     "xorq %%r15, %%r15"
                     : "+m"(stage)
                     : "r"(~MAGIC)
                     : "r15", "memory", "cc");
    return argument;
}

START_TEST(registers_of_a_stopped_thread_are_on_its_stack)
{
    struct stop_report report;
    pthread_t handle;
    begin();
    ck_assert_int_eq(thread_create(&handle, NULL, spin_with_register, NULL), 0);
    wait_until(&stage, 1);
    ck_assert(world_stop(&report));
    bool found = is_on_stack(other_thread(), MAGIC);
    world_start();
    word_store(&stage, 2);
    thread_join(handle, NULL);
    ck_assert(found);
    ck_assert_uint_eq(report.threads, 2);
    ck_assert_uint_eq(report.signalled, 1);
}
END_TEST

static bool found_spilled;

static void look_at_own_stack(void *unused)
{
    (void)unused;
    found_spilled = is_on_stack(thread_self, MAGIC);
}

/* The compiler may not save r15 on its own account: nothing between here and there uses it. */
__attribute__((noinline)) static void call_with_register(void)
{
    register uintptr_t value __asm__("r15") = ~MAGIC;
    __asm__ volatile("notq %0" : "+r"(value));
    thread_with_registers_spilled(look_at_own_stack, NULL);
    __asm__ volatile("" : : "r"(value));
}

START_TEST(registers_are_spilled)
{
    begin();
    call_with_register();
    ck_assert(found_spilled);
}
END_TEST

static void *block_and_wait(void *argument)
{
    word_store_release(&stage, 1);
    wait_until(&stage, 2);
    return argument;
}

static void *be_blocked(void *argument)
{
    check(blocking_call(block_and_wait, argument) == argument);
    word_store_release(&stage, 3);
    return argument;
}

START_TEST(a_blocked_thread_is_not_signalled_and_waits_for_the_start)
{
    struct stop_report report;
    pthread_t handle;
    begin();
    ck_assert_int_eq(thread_create(&handle, NULL, be_blocked, &handle), 0);
    wait_until(&stage, 1);
    ck_assert(world_stop(&report));
    bool found = is_on_stack(other_thread(), (uintptr_t)&handle);
    word_store_release(&stage, 2);
    for (int i = 0; i < 20; i++)
        nap();
    bool moved = word_load_acquire(&stage) == 3;
    world_start();
    thread_join(handle, NULL);
    ck_assert_uint_eq(report.signalled, 0);
    ck_assert(found && !moved);
    ck_assert_uint_eq(word_load(&stage), 3);
}
END_TEST

static void *check_active(void *argument)
{
    check(word_load(&thread_self->state) == THREAD_RUNNING);
    allocate_some(NULL);
    return argument;
}

static void *do_nothing(void *argument)
{
    return argument;
}

static void *nest(void *argument)
{
    uintptr_t stack_low = thread_self->stack_low;
    check(word_load(&thread_self->state) == THREAD_BLOCKED);
    check(active_call(check_active, argument) == argument);
    check(blocking_call(do_nothing, argument) == argument);
    check(word_load(&thread_self->state) == THREAD_BLOCKED);
    check(thread_self->stack_low == stack_low);
    return argument;
}

START_TEST(regions_nest)
{
    begin();
    ck_assert_ptr_eq(active_call(check_active, &stage), &stage);
    ck_assert_ptr_eq(blocking_call(nest, &stage), &stage);
    ck_assert_uint_eq(word_load(&thread_self->state), THREAD_RUNNING);
    ck_assert_uint_eq(word_load(&thread_self->hold), 0);
}
END_TEST

static void *allocate_blocked(void *argument)
{
    allocate_some(NULL);
    check(word_load(&thread_self->state) == THREAD_RUNNING);
    return argument;
}

START_TEST(allocation_ends_a_blocking_region)
{
    begin();
    ck_assert_ptr_eq(blocking_call(allocate_blocked, &stage), &stage);
    ck_assert_uint_eq(word_load(&thread_self->state), THREAD_RUNNING);
    ck_assert_uint_eq(word_load(&thread_self->hold), 0);
}
END_TEST

/* libc keeps signals for cancellation and setuid, which sigfillset leaves out. */
START_TEST(nothing_interrupts_a_stopped_thread)
{
    struct stop_report report;
    char status[4096];
    char path[64];
    pthread_t handle;
    begin();
    ck_assert_int_eq(thread_create(&handle, NULL, spin_with_register, NULL), 0);
    wait_until(&stage, 1);
    ck_assert(world_stop(&report));
    snprintf(path, sizeof path, "/proc/self/task/%d/status", (int)other_thread()->tid);
    os_read_file(path, status, sizeof status);
    const char *blocked = strstr(status, "SigBlk:");
    uint64_t mask = strtoull(blocked + strlen("SigBlk:"), NULL, 16);
    world_start();
    word_store(&stage, 2);
    thread_join(handle, NULL);
    ck_assert_uint_eq(mask, signals_asynchronous() & ~signal_bit(SIGKILL) & ~signal_bit(SIGSTOP));
}
END_TEST

/* ---- Threads that are not registered ---- */

static atomic_word running_again;

static void *run_on(void *argument)
{
    while (word_load_acquire(&stage) != 4)
        word_store_release(&running_again, 1);
    return argument;
}

static unsigned threads_at_a_stop(void)
{
    struct stop_report report;
    check(world_stop(&report));
    check(threads_are_valid());
    world_start();
    return report.threads;
}

static void *wait_and_register(void *argument)
{
    word_store_release(&stage, 1);
    wait_until(&stage, 2);
    thread_register();
    check(!thread_self->is_stranger && !thread_self->is_adrift);
    word_store_release(&stage, 3);
    wait_until(&stage, 4);
    return argument;
}

START_TEST(strangers_are_stopped_until_they_register_or_end)
{
    pthread_t registering;
    pthread_t other;
    begin();
    ck_assert_int_eq(pthread_create_real(&registering, NULL, wait_and_register, NULL), 0);
    wait_until(&stage, 1);
    ck_assert_uint_eq(threads_at_a_stop(), 2);
    ck_assert_uint_eq(registry.strangers, 1);
    word_store_release(&stage, 2);
    wait_until(&stage, 3);
    ck_assert_uint_eq(threads_at_a_stop(), 2);
    ck_assert_uint_eq(registry.strangers, 0);
    ck_assert_int_eq(pthread_create_real(&other, NULL, run_on, NULL), 0);
    ck_assert_uint_eq(threads_at_a_stop(), 3);
    word_store_release(&stage, 4);
    pthread_join(registering, NULL);
    pthread_join(other, NULL);
    ck_assert_uint_eq(threads_at_a_stop(), 1);
    ck_assert_uint_eq(registry.strangers, 0);
}
END_TEST

static void *register_created(void *record)
{
    check(thread_register_created(record) != NULL);
    record_finished(record);
    return NULL;
}

/* What strangers_ask finds while the world stands still and `handle`, created by this, has come as
 * far as to the registry lock. */
static enum strangers_found found_at_an_arrival(struct record *r, pthread_t *handle)
{
    struct stop_report report;
    check(world_stop(&report));
    ck_assert_int_eq(pthread_create_real(handle, NULL, register_created, r), 0);
    while (word_load_acquire(&r->arrived) == 0)
        os_nap(20000);
    enum strangers_found found = strangers_ask(os_now_ns() + 1000000000, &report);
    check(threads_are_valid());
    world_start();
    return found;
}

START_TEST(created_threads_that_wait_to_register_are_no_strangers)
{
    pthread_t handle;
    begin();
    struct record *r = record_new(register_created, NULL, false);
    ck_assert_int_eq(found_at_an_arrival(r, &handle), STRANGERS_NONE);
    record_created(r, handle);
    pthread_join(handle, NULL);
    ck_assert_uint_eq(word_load(&r->arrived), 0);
    record_joined(r);
    ck_assert_uint_eq(threads_at_a_stop(), 1);
}
END_TEST

static void *be_helper(void *argument)
{
    threads_enter_helper();
    return block_and_wait(argument);
}

static void *leave_and_wait(void *argument)
{
    thread_unregister();
    return block_and_wait(argument);
}

static void check_is_left_alone(void *(*body)(void *))
{
    pthread_t handle;
    begin();
    ck_assert_int_eq(thread_create(&handle, NULL, body, NULL), 0);
    wait_until(&stage, 1);
    ck_assert_uint_eq(threads_at_a_stop(), 1);
    word_store_release(&stage, 2);
    pthread_join(handle, NULL);
}

START_TEST(helpers_are_not_stopped)
{
    pthread_t handle;
    begin();
    ck_assert_int_eq(pthread_create_real(&handle, NULL, be_helper, NULL), 0);
    wait_until(&stage, 1);
    ck_assert_uint_eq(threads_at_a_stop(), 1);
    word_store_release(&stage, 2);
    pthread_join(handle, NULL);
    ck_assert_uint_eq(bystander_helpers(&registry.others), 1);
}
END_TEST

START_TEST(who_has_left_is_not_stopped)
{
    check_is_left_alone(leave_and_wait);
}
END_TEST

/* More than there is room for, none of which exists. */
START_TEST(bystanders_that_are_gone_make_room)
{
    static struct bystanders b;
    bystander_add(&b, gettid(), BYSTANDER_OUTSIDER);
    for (pid_t i = 0; i < 2 * bystanders_most; i++)
        bystander_add(&b, 0x3ff00000 + i, BYSTANDER_EXITING);
    ck_assert(is_bystander(&b, gettid(), os_now_ns()));
    bystanders_prune(&b);
    ck_assert_uint_eq(b.count, 1);
    bystander_remove(&b, gettid());
    bystander_add(&b, gettid(), BYSTANDER_EXITING);
    ck_assert(!is_bystander(&b, gettid(), os_now_ns() + 2000000000));
}
END_TEST

/* ---- Registered stacks ---- */

enum { stack_slots = 1000 };

static void count_stack(struct costack *s, void *count)
{
    ck_assert_uint_eq(s->high, s->low + 4096);
    ++*(unsigned *)count;
}

static unsigned change_stack(bool *known, size_t i)
{
    uintptr_t low = (i + 1) * 8192;
    enum costack_result first = known[i] ? costack_remove(low) : costack_add(low, low + 4096);
    enum costack_result again = known[i] ? costack_remove(low) : costack_add(low, low + 4096);
    ck_assert_int_eq(first, COSTACK_OK);
    ck_assert_int_eq(again, known[i] ? COSTACK_UNKNOWN : COSTACK_KNOWN);
    known[i] = !known[i];
    return known[i] ? 1 : (unsigned)-1;
}

START_TEST(stacks_come_and_go)
{
    static bool known[stack_slots];
    uint64_t random = 7;
    unsigned expected = 0;
    for (int i = 0; i < 100000; i++)
        expected += change_stack(known, unit_random(&random) % stack_slots);
    unsigned count = 0;
    costacks_for_each(count_stack, &count);
    ck_assert_uint_eq(count, expected);
    for (uintptr_t i = 0; i < stack_slots; i++)
        ck_assert((costack_containing((i + 1) * 8192 + 100) != NULL) == known[i]);
}
END_TEST

/* ---- A thread that does not stop ---- */

static void *block_stop_signal(void *argument)
{
    sigset_t set;
    sigset_t before;
    sigemptyset(&set);
    sigaddset(&set, stop_signal());
    pthread_sigmask(SIG_BLOCK, &set, &before);
    word_store_release(&stage, 1);
    wait_until(&stage, 2);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    word_store_release(&stage, 3);
    wait_until(&stage, 4);
    return argument;
}

START_TEST(who_does_not_stop_is_given_up)
{
    struct stop_report report;
    pthread_t stubborn;
    pthread_t willing;
    begin();
    ck_assert_int_eq(thread_create(&stubborn, NULL, block_stop_signal, NULL), 0);
    ck_assert_int_eq(thread_create(&willing, NULL, run_on, NULL), 0);
    wait_until(&stage, 1);
    ck_assert(!world_stop(&report));
    word_store_release(&running_again, 0);
    wait_until(&running_again, 1);
    word_store_release(&stage, 2);
    wait_until(&stage, 3);
    ck_assert(world_stop(&report));
    world_start();
    word_store_release(&stage, 4);
    thread_join(stubborn, NULL);
    thread_join(willing, NULL);
}
END_TEST

/* ---- Fork ---- */

static void *allocate_until_told(void *argument)
{
    word_store_release(&stage, 1);
    while (word_load_acquire(&stage) != 2)
        allocate_some(NULL);
    return argument;
}

static int judge_as_child(const struct thread *other)
{
    pthread_t handle;
    struct stop_report report;
    if (threads_count() != 1 || thread_self->tid != getpid() || !is_flushed(&other->cache))
        return 2;
    if (thread_create(&handle, NULL, allocate_some, NULL) != 0 || thread_join(handle, NULL) != 0)
        return 3;
    if (!world_stop(&report) || !threads_are_valid())
        return 4;
    world_start();
    return 0;
}

START_TEST(a_forked_child_has_one_thread)
{
    pthread_t handle;
    begin();
    ck_assert_int_eq(thread_create(&handle, NULL, allocate_until_told, NULL), 0);
    wait_until(&stage, 1);
    for (int i = 0; i < 20; i++) {
        nap();
        struct thread *other = other_thread();
        int status;
        pid_t child = fork();
        if (child == 0)
            _exit(judge_as_child(other));
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert_int_eq(status, 0);
        ck_assert_uint_eq(threads_count(), 2);
    }
    word_store_release(&stage, 2);
    thread_join(handle, NULL);
}
END_TEST

static void *fork_from_here(void *argument)
{
    int status;
    pid_t child = fork();
    if (child == 0)
        _exit(threads_count() == 1 && !thread_self->is_main ? 0 : 2);
    check(waitpid(child, &status, 0) == child && status == 0);
    return argument;
}

START_TEST(any_thread_may_fork)
{
    begin();
    run_thread(fork_from_here, NULL);
    ck_assert(threads_are_valid());
}
END_TEST

static atomic_word torn_children;

static void note_torn_child(bool torn)
{
    word_store(&torn_children, torn);
}

/* As when a handler of the program has interrupted the allocator and waits for the fork. */
static void *stay_in_the_allocator(void *unused)
{
    struct thread *t = thread_self;
    allocate(64);
    check(busy_enter(t));
    t->handlers++;
    word_store_release(&stage, 1);
    wait_until(&stage, 2);
    t->handlers--;
    busy_leave(t);
    return unused;
}

/* The cache stays as it is, with its span and its claims, and nobody gets the descriptor. */
static int judge_child_of_interrupted(const struct thread *other)
{
    struct cache_slot before = other->cache.small[KIND_NORMAL][4];
    if (word_load(&torn_children) != 1 || threads_count() != 1)
        return 2;
    for (struct thread *t = registry.recycled; t; t = t->next)
        if (t == other)
            return 3;
    for (int i = 0; i < 1000; i++)
        allocate(64);
    return memcmp(&before, &other->cache.small[KIND_NORMAL][4], sizeof before) == 0 ? 0 : 4;
}

START_TEST(interrupted_allocators_do_not_keep_a_fork_waiting)
{
    static const struct fork_hooks hooks = {NULL, NULL, note_torn_child};
    pthread_t handle;
    int status;
    begin();
    fork_hooks_set(&hooks);
    ck_assert_int_eq(thread_create(&handle, NULL, stay_in_the_allocator, NULL), 0);
    wait_until(&stage, 1);
    struct thread *other = other_thread();
    pid_t child = fork();
    if (child == 0)
        _exit(judge_child_of_interrupted(other));
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
    ck_assert_uint_eq(word_load(&torn_children), 0);
    word_store_release(&stage, 2);
    thread_join(handle, NULL);
}
END_TEST

/* Those in which a thread is stopped that calls nothing (ThreadSanitizer delivers a signal when its
 * thread calls libc), exits in the last round, or begins in a forked child. */
static void add_tests_without_tsan(TCase *tests)
{
    tcase_add_test(tests, a_thread_adrift_is_buried_at_a_stop);
    tcase_add_test(tests, a_thread_that_goes_instead_of_stopping_is_buried);
    tcase_add_test(tests, a_tid_used_again_buries_its_last_owner);
    tcase_add_test(tests, destructors_of_others_may_allocate);
    tcase_add_test(tests, registers_of_a_stopped_thread_are_on_its_stack);
    tcase_add_test(tests, nothing_interrupts_a_stopped_thread);
    tcase_add_test(tests, strangers_are_stopped_until_they_register_or_end);
    tcase_add_test(tests, created_threads_that_wait_to_register_are_no_strangers);
    tcase_add_test(tests, helpers_are_not_stopped);
    tcase_add_test(tests, who_has_left_is_not_stopped);
    tcase_add_test(tests, bystanders_that_are_gone_make_room);
    tcase_add_test(tests, stacks_come_and_go);
    tcase_add_test(tests, who_does_not_stop_is_given_up);
    tcase_add_test(tests, a_forked_child_has_one_thread);
    tcase_add_test(tests, interrupted_allocators_do_not_keep_a_fork_waiting);
}

static void add_tests(TCase *tests)
{
    extern void __tsan_init(void) __attribute__((weak));
    tcase_add_test(tests, stack_of_main_reaches_to_the_environment);
    tcase_add_test(tests, stack_of_a_thread_reaches_to_its_descriptor);
    tcase_add_test(tests, registration_is_counted_once);
    tcase_add_test(tests, descriptors_are_recycled);
    tcase_add_test(tests, leaving_flushes_the_cache);
    tcase_add_test(tests, stop_signal_is_unblocked_in_new_threads);
    tcase_add_test(tests, arguments_in_flight_are_roots);
    tcase_add_test(tests, registers_are_spilled);
    tcase_add_test(tests, a_blocked_thread_is_not_signalled_and_waits_for_the_start);
    tcase_add_test(tests, regions_nest);
    tcase_add_test(tests, allocation_ends_a_blocking_region);
    tcase_add_test(tests, any_thread_may_fork);
    if (!__tsan_init)
        add_tests_without_tsan(tests);
}

int main(void)
{
    return unit_run("threads", add_tests);
}
