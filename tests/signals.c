/* signals.c: what programs do with signals while another thread collects without end: nothing of
 * the stop signal is seen, and nothing that is live is lost.
 *
 * Linked to the shared library, so that libc's calls are taken over as in a program.
 */
#define _GNU_SOURCE 1
#include "unit.h"
#include <aio.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include "collecting.h"
#include "gc.h"
#include "platform/atomics.h"

/* By a raw system call, which a stop interrupts: this thread is to be signalled, too. */
static void nap(long milliseconds)
{
    struct timespec now;
    struct timespec t = {0, 1000000};
    clock_gettime(CLOCK_MONOTONIC, &now);
    long end_ms = now.tv_sec * 1000 + now.tv_nsec / 1000000 + milliseconds;
    while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < end_ms) {
        syscall(SYS_nanosleep, &t, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
    }
}

static void wait_until(const atomic_word *word, uintptr_t value)
{
    for (int naps = 0; word_load_acquire(word) < value; naps++) {
        assert(naps < 20000);
        nap(1);
    }
}

/* ---- Calls that wait for a time ---- */

enum { wait_ms = 20, wait_rounds = 6 };

static const struct timespec wait_time = {0, wait_ms * 1000000};
static struct timespec deadline_on(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    t.tv_nsec += wait_ms * 1000000;
    t.tv_sec += t.tv_nsec / 1000000000;
    t.tv_nsec %= 1000000000;
    return t;
}

static int call_poll(void)
{
    return poll(NULL, 0, wait_ms);
}

static int call_ppoll(void)
{
    return ppoll(NULL, 0, &wait_time, NULL);
}

static int call_select(void)
{
    struct timeval t = {0, wait_ms * 1000};
    return select(0, NULL, NULL, NULL, &t);
}

static int call_pselect(void)
{
    return pselect(0, NULL, NULL, NULL, &wait_time, NULL);
}

static int epoll_descriptor(void)
{
    static int fd = -1;
    if (fd < 0)
        fd = epoll_create1(0);
    return fd;
}

static struct epoll_event epoll_event;

static int call_epoll_wait(void)
{
    return epoll_wait(epoll_descriptor(), &epoll_event, 1, wait_ms);
}

static int call_epoll_pwait(void)
{
    return epoll_pwait(epoll_descriptor(), &epoll_event, 1, wait_ms, NULL);
}

static int call_epoll_pwait2(void)
{
    int result = epoll_pwait2(epoll_descriptor(), &epoll_event, 1, &wait_time, NULL);
    if (result == -1 && errno == ENOSYS) /* an old kernel */
        result = errno = 0;
    return result;
}

static int call_nanosleep(void)
{
    return nanosleep(&wait_time, NULL);
}

static int call_clock_nanosleep(void)
{
    errno = clock_nanosleep(CLOCK_MONOTONIC, 0, &wait_time, NULL);
    return errno == 0 ? 0 : -1;
}

static int call_thrd_sleep(void)
{
    errno = thrd_sleep(&wait_time, NULL) == 0 ? 0 : EINTR;
    return errno == 0 ? 0 : -1;
}

static int call_usleep(void)
{
    return usleep(wait_ms * 1000);
}

static int call_sleep(void)
{
    errno = sleep(1) == 0 ? 0 : EINTR;
    return errno == 0 ? 0 : -1;
}

static sem_t never_posted;

static int call_sem_timedwait(void)
{
    struct timespec deadline = deadline_on(CLOCK_REALTIME);
    return sem_timedwait(&never_posted, &deadline);
}

static int call_sem_clockwait(void)
{
    struct timespec deadline = deadline_on(CLOCK_MONOTONIC);
    return sem_clockwait(&never_posted, CLOCK_MONOTONIC, &deadline);
}

static int call_semtimedop(void)
{
    struct sembuf down = {0, -1, 0};
    int id = semget(IPC_PRIVATE, 1, 0600);
    int result = semtimedop(id, &down, 1, &wait_time);
    int error = errno;
    semctl(id, 0, IPC_RMID);
    errno = error;
    return result;
}

static int call_sigtimedwait(void)
{
    sigset_t all;
    sigfillset(&all);
    return sigtimedwait(&all, NULL, &wait_time);
}

/* Both ends of a socket with time-outs; nothing is ever sent. */
static const int *quiet_sockets(void)
{
    static int fds[2] = {-1, -1};
    struct timeval t = {0, wait_ms * 1000};
    if (fds[0] < 0) {
        socketpair(AF_UNIX, SOCK_STREAM, 0, fds);
        setsockopt(fds[0], SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
        setsockopt(fds[0], SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
    }
    return fds;
}

static char transfer[1 << 20];

static int call_recv(void)
{
    return (int)recv(quiet_sockets()[0], transfer, 1, 0);
}

static int call_recvfrom(void)
{
    return (int)recvfrom(quiet_sockets()[0], transfer, 1, 0, NULL, NULL);
}

static int call_recvmsg(void)
{
    struct iovec part = {transfer, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    return (int)recvmsg(quiet_sockets()[0], &message, 0);
}

static int call_read_socket(void)
{
    return (int)read(quiet_sockets()[0], transfer, 1);
}

static int call_readv_socket(void)
{
    struct iovec part = {transfer, 1};
    return (int)readv(quiet_sockets()[0], &part, 1);
}

static int call_accept(void)
{
    static int fd = -1;
    struct timeval t = {0, wait_ms * 1000};
    if (fd < 0) {
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        bind(fd, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t));
        listen(fd, 1);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &t, sizeof t);
    }
    return accept(fd, NULL, NULL);
}

/* The other end's buffer fills up; what fits is sent without waiting. */
static int call_send(void)
{
    ssize_t sent;
    do {
        sent = send(quiet_sockets()[0], transfer, sizeof transfer, 0);
    } while (sent > 0);
    return (int)sent;
}

static int call_write_socket(void)
{
    ssize_t sent;
    do {
        sent = write(quiet_sockets()[0], transfer, sizeof transfer);
    } while (sent > 0);
    return (int)sent;
}

static int call_sendto(void)
{
    ssize_t sent;
    do {
        sent = sendto(quiet_sockets()[0], transfer, sizeof transfer, 0, NULL, 0);
    } while (sent > 0);
    return (int)sent;
}

static int call_sendmsg(void)
{
    struct iovec part = {transfer, sizeof transfer};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t sent;
    do {
        sent = sendmsg(quiet_sockets()[0], &message, 0);
    } while (sent > 0);
    return (int)sent;
}

static int call_sendmmsg(void)
{
    struct iovec part = {transfer, sizeof transfer};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
    int sent;
    do {
        sent = sendmmsg(quiet_sockets()[0], &message, 1, 0);
    } while (sent > 0);
    return sent;
}

static int call_recvmmsg(void)
{
    struct iovec part = {transfer, 1};
    struct mmsghdr message = {.msg_hdr = {.msg_iov = &part, .msg_iovlen = 1}};
    return recvmmsg(quiet_sockets()[0], &message, 1, 0, NULL);
}

/* To a socket whose backlog is used up. */
static int call_connect(void)
{
    static struct sockaddr_un address = {.sun_family = AF_UNIX};
    static socklen_t size = sizeof address;
    static int server = -1;
    struct timeval t = {0, wait_ms * 1000};
    if (server < 0) {
        server = socket(AF_UNIX, SOCK_STREAM, 0);
        bind(server, (struct sockaddr *)&address, sizeof(sa_family_t));
        getsockname(server, (struct sockaddr *)&address, &size);
        listen(server, 0);
        connect(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, size);
    }
    int client = socket(AF_UNIX, SOCK_STREAM, 0);
    setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &t, sizeof t);
    int result = connect(client, (struct sockaddr *)&address, size);
    int error = errno;
    close(client);
    errno = error;
    return result;
}

static int call_aio_suspend(void)
{
    static int pipe_fds[2];
    static struct aiocb request;
    static const struct aiocb *const requests[] = {&request};
    if (pipe_fds[0] == 0) {
        ck_assert_int_eq(pipe(pipe_fds), 0);
        request = (struct aiocb){.aio_fildes = pipe_fds[0], .aio_buf = transfer, .aio_nbytes = 1};
        request.aio_sigevent.sigev_notify = SIGEV_NONE;
        ck_assert_int_eq(aio_read(&request), 0);
    }
    return aio_suspend(requests, 1, &wait_time);
}

static const struct timed_call {
    const char *name;
    int (*call)(void);
    int error; /* what it ends with */
} timed_calls[] = {
    {"poll", call_poll, 0},
    {"ppoll", call_ppoll, 0},
    {"select", call_select, 0},
    {"pselect", call_pselect, 0},
    {"epoll_wait", call_epoll_wait, 0},
    {"epoll_pwait", call_epoll_pwait, 0},
    {"epoll_pwait2", call_epoll_pwait2, 0},
    {"nanosleep", call_nanosleep, 0},
    {"clock_nanosleep", call_clock_nanosleep, 0},
    {"thrd_sleep", call_thrd_sleep, 0},
    {"usleep", call_usleep, 0},
    {"sleep", call_sleep, 0},
    {"sem_timedwait", call_sem_timedwait, ETIMEDOUT},
    {"sem_clockwait", call_sem_clockwait, ETIMEDOUT},
    {"semtimedop", call_semtimedop, EAGAIN},
    {"sigtimedwait", call_sigtimedwait, EAGAIN},
    {"recv", call_recv, EAGAIN},
    {"recvfrom", call_recvfrom, EAGAIN},
    {"recvmsg", call_recvmsg, EAGAIN},
    {"read of a socket", call_read_socket, EAGAIN},
    {"readv of a socket", call_readv_socket, EAGAIN},
    {"accept", call_accept, EAGAIN},
    {"send", call_send, EAGAIN},
    {"sendto", call_sendto, EAGAIN},
    {"sendmsg", call_sendmsg, EAGAIN},
    {"sendmmsg", call_sendmmsg, EAGAIN},
    {"recvmmsg", call_recvmmsg, EAGAIN},
    {"connect", call_connect, EAGAIN},
    {"write to a socket", call_write_socket, EAGAIN},
    {"aio_suspend", call_aio_suspend, EAGAIN},
};

enum { timed_call_count = sizeof timed_calls / sizeof timed_calls[0] };

START_TEST(a_wait_with_a_time_out_is_not_disturbed)
{
    const struct timed_call *c = &timed_calls[_i];
    begin();
    GC_word cycles = GC_get_gc_no();
    int rounds = c->call == call_sleep ? 2 : wait_rounds;
    for (int i = 0; i < 1000 && (i < rounds || GC_get_gc_no() - cycles < 4); i++) {
        errno = 0;
        int result = c->call();
        ck_assert_msg(result == (c->error == 0 ? 0 : -1) && errno == c->error,
                      "%s: result %d, errno %d", c->name, result, errno);
    }
    ck_assert_uint_ge(GC_get_gc_no() - cycles, 4);
    end();
}
END_TEST

/* ---- Calls that wait for something ---- */

static atomic_word handled;
static atomic_word interrupted;
static atomic_word waits_over;

static void on_usr1(int signal_number)
{
    (void)signal_number;
    word_add(&handled, 1);
}

static void handle(int signal_number, void (*handler)(int), int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    ck_assert_int_eq(sigaction(signal_number, &action, NULL), 0);
}

static int message_queue;
static int full_queue;
static int semaphores;

static int wait_poll(void)
{
    return poll(NULL, 0, -1);
}

static int wait_select(void)
{
    return select(0, NULL, NULL, NULL, NULL);
}

static int wait_epoll(void)
{
    return epoll_wait(epoll_descriptor(), &epoll_event, 1, -1);
}

static int wait_pause(void)
{
    return pause();
}

static int wait_sigsuspend(void)
{
    sigset_t set;
    sigfillset(&set);
    sigdelset(&set, SIGUSR1);
    return sigsuspend(&set);
}

static int wait_ppoll(void)
{
    sigset_t set;
    sigfillset(&set);
    sigdelset(&set, SIGUSR1);
    return ppoll(NULL, 0, NULL, &set);
}

static int wait_sigwaitinfo(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    return sigwaitinfo(&set, NULL);
}

static int wait_semop(void)
{
    return semop(semaphores, &(struct sembuf){0, -1, 0}, 1);
}

static int wait_msgrcv(void)
{
    char message[64];
    return (int)msgrcv(message_queue, message, 8, 0, 0);
}

static int wait_msgsnd(void)
{
    static const struct {
        long type;
        char text[8000];
    } message = {.type = 1};
    return msgsnd(full_queue, &message, sizeof message.text, 0);
}

static int (*const waits[])(void) = {wait_poll,   wait_select,     wait_epoll,       wait_pause,
                                     wait_ppoll,  wait_sigsuspend, wait_sigwaitinfo, wait_semop,
                                     wait_msgrcv, wait_msgsnd};

enum { wait_count = sizeof waits / sizeof waits[0], signals_sent = 50 };

static void *wait_and_count(void *argument)
{
    int (*wait)(void) = *(int (*const *)(void))argument;
    while (word_load_acquire(&waits_over) == 0)
        if (wait() == -1 && errno == EINTR)
            word_add(&interrupted, 1);
    return NULL;
}

static void remove_queues(void)
{
    msgctl(message_queue, IPC_RMID, NULL);
    msgctl(full_queue, IPC_RMID, NULL);
    semctl(semaphores, 0, IPC_RMID);
}

static bool reaches(const atomic_word *word, uintptr_t value)
{
    for (int naps = 0; word_load_acquire(word) < value; naps++) {
        if (naps == 1000)
            return false;
        nap(1);
    }
    return true;
}

/* One signal at a time, each with some cycles before it; the last ends the thread. Returns how many
 * came while the thread was not in the call (a machine with much else to do). */
static unsigned send_signals(pthread_t to)
{
    unsigned missed = 0;
    for (unsigned sent = 1; sent <= signals_sent; sent++) {
        nap(5);
        word_store_release(&waits_over, sent == signals_sent);
        pthread_kill(to, SIGUSR1);
        wait_until(&handled, sent);
        missed += !reaches(&interrupted, sent - missed);
    }
    return missed;
}

START_TEST(every_interruption_is_the_programs)
{
    pthread_t waiter;
    begin();
    message_queue = msgget(IPC_PRIVATE, 0600);
    full_queue = msgget(IPC_PRIVATE, 0600);
    while (msgsnd(full_queue, &(struct {
                      long type;
                      char text[8000];
                  }){.type = 1},
                  8000, IPC_NOWAIT) == 0)
        continue;
    semaphores = semget(IPC_PRIVATE, 1, 0600);
    handle(SIGUSR1, on_usr1, SA_RESTART);
    ck_assert_int_eq(pthread_create(&waiter, NULL, wait_and_count, (void *)&waits[_i]), 0);
    unsigned missed = send_signals(waiter);
    for (; pthread_tryjoin_np(waiter, NULL) != 0; nap(1))
        if (missed != 0) /* the last may be one of those */
            pthread_kill(waiter, SIGUSR1);
    remove_queues();
    ck_assert_uint_lt(missed, signals_sent / 2);
    ck_assert_uint_le(word_load(&interrupted), word_load(&handled));
    if (missed == 0)
        ck_assert_uint_eq(word_load(&interrupted), signals_sent);
    end();
}
END_TEST

/* By C11's call, which is not ours. */
static int sleep_unannounced(void *unused)
{
    (void)unused;
    for (int i = 0; i < 20; i++)
        if (poll(NULL, 0, wait_ms) != 0)
            word_add(&interrupted, 1);
    return 0;
}

START_TEST(a_thread_that_nobody_announced_is_not_disturbed)
{
    thrd_t thread;
    begin();
    ck_assert_int_eq(thrd_create(&thread, sleep_unannounced, NULL), thrd_success);
    thrd_join(thread, NULL);
    ck_assert_uint_eq(word_load(&interrupted), 0);
    end();
}
END_TEST

/* A blocking pipe takes all or nothing, unless a signal comes. */
static void *write_much(void *argument)
{
    const int *fds = argument;
    for (int i = 0; i < 20; i++)
        assert(write(fds[1], transfer, sizeof transfer) == (ssize_t)sizeof transfer);
    return argument;
}

START_TEST(a_write_is_not_cut_short)
{
    int fds[2];
    static char buffer[8192];
    pthread_t writer;
    begin();
    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(pthread_create(&writer, NULL, write_much, fds), 0);
    for (size_t left = 20 * sizeof transfer; left > 0;) {
        ssize_t got = read(fds[0], buffer, sizeof buffer);
        ck_assert_int_gt(got, 0);
        left -= (size_t)got;
    }
    pthread_join(writer, NULL);
    end();
}
END_TEST

/* The kernel looks for signals after each page. */
START_TEST(random_bytes_are_not_cut_short)
{
    begin();
    GC_word cycles = GC_get_gc_no();
    for (int i = 0; i < 1000 && (i < 20 || GC_get_gc_no() < cycles + 4); i++)
        ck_assert_int_eq(getrandom(transfer, sizeof transfer, 0), sizeof transfer);
    end();
}
END_TEST

/* ---- Leaving a call otherwise ---- */

static sigjmp_buf out_of_the_call;

static void jump_out(int signal_number)
{
    siglongjmp(out_of_the_call, signal_number);
}

/* The thread runs again, so it must be stopped by the signal, or its new object is lost. */
static void hold_through_collections(void)
{
    GC_word *volatile object = GC_malloc(sizeof *object);
    *object = 0x5eed;
    ck_assert(collections_pass(2));
    for (int i = 0; i < 1000; i++)
        ck_assert_ptr_ne(GC_malloc(sizeof *object), NULL);
    ck_assert_uint_eq(*object, 0x5eed);
}

START_TEST(a_handler_may_jump_out_of_a_call)
{
    begin();
    handle(SIGALRM, jump_out, 0);
    for (volatile int i = 0; i < 20; i++) {
        if (sigsetjmp(out_of_the_call, 1) == 0) {
            ualarm(20000, 0);
            for (;;)
                poll(NULL, 0, -1);
        }
        hold_through_collections();
    }
    end();
}
END_TEST

static atomic_word cleanups;

static void clean_up(void *unused)
{
    (void)unused;
    GC_word *volatile object = GC_malloc(sizeof *object);
    *object = 0x5eed;
    assert(collections_pass(1));
    assert(GC_malloc(sizeof *object) != object && *object == 0x5eed);
    word_add(&cleanups, 1);
}

static void *wait_for_cancellation(void *unused)
{
    pthread_cleanup_push(clean_up, NULL);
    for (;;)
        poll(NULL, 0, -1);
    pthread_cleanup_pop(0);
    return unused;
}

START_TEST(a_call_may_be_cancelled)
{
    begin();
    for (uintptr_t i = 1; i <= 20; i++) {
        pthread_t thread;
        void *result;
        ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_cancellation, NULL), 0);
        nap(10);
        pthread_cancel(thread);
        pthread_join(thread, &result);
        ck_assert_ptr_eq(result, PTHREAD_CANCELED);
        ck_assert_uint_eq(word_load(&cleanups), i);
    }
    end();
}
END_TEST

/* ---- Handlers inside a call ---- */

enum { moved_count = 50 };

static GC_word *shelf[moved_count];
static GC_word *other_shelf[moved_count];
static atomic_word moves;

/* Moves all objects from one shelf to the other; meanwhile only its frame has them. */
static void move_shelves(int signal_number)
{
    GC_word *in_hand[moved_count];
    GC_word **from = word_load(&moves) % 2 == 0 ? shelf : other_shelf;
    GC_word **to = from == shelf ? other_shelf : shelf;
    memcpy(in_hand, from, sizeof in_hand);
    memset(from, 0, sizeof in_hand);
    __asm__ volatile("" : : "r"(in_hand) : "memory");
    assert(collections_pass(1));
    memcpy(to, in_hand, sizeof in_hand);
    word_add(&moves, 1);
    (void)signal_number;
}

/* On an alternate signal stack, for handlers that want it. */
static void *poll_until_over(void *unused)
{
    static char alternate[64 * 1024];
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    sigaltstack(&stack, NULL);
    while (word_load_acquire(&waits_over) == 0)
        poll(NULL, 0, -1);
    return unused;
}

START_TEST(a_handler_in_a_call_may_move_pointers)
{
    pthread_t thread;
    begin();
    for (GC_word i = 0; i < moved_count; i++)
        *(shelf[i] = GC_malloc(sizeof **shelf)) = 0x5eed + i;
    handle(SIGUSR1, move_shelves, _i == 0 ? SA_RESTART : SA_ONSTACK);
    ck_assert_int_eq(pthread_create(&thread, NULL, poll_until_over, NULL), 0);
    for (uintptr_t i = 1; i <= 20; i++) {
        nap(5);
        word_store_release(&waits_over, i == 20);
        pthread_kill(thread, SIGUSR1);
        wait_until(&moves, i);
        for (int k = 0; k < 1000; k++)
            *(GC_word *)GC_malloc(sizeof(GC_word)) = 1;
        for (GC_word k = 0; k < moved_count; k++)
            ck_assert_uint_eq(*(i % 2 == 1 ? other_shelf : shelf)[k], 0x5eed + k);
    }
    for (; pthread_tryjoin_np(thread, NULL) != 0; nap(1))
        pthread_kill(thread, SIGUSR1); /* the last may have come just before the wait */
    end();
}
END_TEST

/* The handler allocates in the blocking call, and sleeps in one of its own. */
static void allocate_in_handler(int signal_number)
{
    GC_word **object = GC_malloc(2 * sizeof *object);
    assert(object != NULL);
    object[1] = (GC_word *)object;
    poll(NULL, 0, 1);
    assert(object[1] == (GC_word *)object);
    word_add(&moves, 1);
    (void)signal_number;
}

START_TEST(a_handler_in_a_call_may_allocate_and_wait)
{
    pthread_t thread;
    begin();
    handle(SIGUSR1, allocate_in_handler, 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, poll_until_over, NULL), 0);
    for (uintptr_t i = 1; i <= 100; i++) {
        word_store_release(&waits_over, i == 100);
        pthread_kill(thread, SIGUSR1);
        wait_until(&moves, i);
    }
    pthread_join(thread, NULL);
    end();
}
END_TEST

/* ---- Masks ---- */

/* Behind libc's back. */
static void set_raw_mask(uint64_t mask)
{
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof mask);
}

static sigset_t all_signals(void)
{
    sigset_t all;
    sigfillset(&all);
    return all;
}

static void *run_with_sigmask(void *unused)
{
    sigset_t all = all_signals();
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    assert(collections_pass(3));
    return unused;
}

static void *run_with_sigprocmask(void *unused)
{
    sigset_t all = all_signals();
    sigprocmask(SIG_BLOCK, &all, NULL);
    assert(collections_pass(3));
    return unused;
}

static void spin_in_handler(int signal_number)
{
    assert(collections_pass(3));
    (void)signal_number;
}

static void *run_in_handler(void *unused)
{
    struct sigaction action = {.sa_handler = spin_in_handler, .sa_mask = all_signals()};
    sigaction(SIGUSR2, &action, NULL);
    raise(SIGUSR2);
    return unused;
}

static void *run_in_suspended_handler(void *unused)
{
    sigset_t all = all_signals();
    handle(SIGUSR2, spin_in_handler, 0);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    raise(SIGUSR2);
    sigdelset(&all, SIGUSR2);
    assert(sigsuspend(&all) == -1 && errno == EINTR);
    return unused;
}

/* The same with the set in ppoll, pselect and epoll_pwait. */
static void *run_in_polling_handlers(void *unused)
{
    sigset_t all = all_signals();
    sigset_t less = all;
    sigdelset(&less, SIGUSR2);
    handle(SIGUSR2, spin_in_handler, 0);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    raise(SIGUSR2);
    assert(ppoll(NULL, 0, NULL, &less) == -1 && errno == EINTR);
    raise(SIGUSR2);
    assert(pselect(0, NULL, NULL, NULL, NULL, &less) == -1 && errno == EINTR);
    raise(SIGUSR2);
    assert(epoll_pwait(epoll_descriptor(), &epoll_event, 1, -1, &less) == -1 && errno == EINTR);
    raise(SIGUSR2);
    int result = epoll_pwait2(epoll_descriptor(), &epoll_event, 1, NULL, &less);
    assert(result == -1 && (errno == EINTR || errno == ENOSYS));
    return unused;
}

static void *run_from_attribute(void *unused)
{
    assert(collections_pass(3));
    return unused;
}

/* Inherits all signals blocked, behind libc's back. */
static void *run_child_of_blocked(void *unused)
{
    pthread_t child;
    set_raw_mask(~UINT64_C(0));
    assert(pthread_create(&child, NULL, run_from_attribute, NULL) == 0);
    set_raw_mask(0);
    pthread_join(child, NULL);
    return unused;
}

static void *(*const masked[])(void *) = {
    run_with_sigmask,        run_with_sigprocmask, run_in_handler,      run_in_suspended_handler,
    run_in_polling_handlers, run_from_attribute,   run_child_of_blocked};

enum { masked_count = sizeof masked / sizeof masked[0] };

static void check_sets_equal(const sigset_t *got, const sigset_t *wanted)
{
    for (int i = 1; i <= SIGRTMAX; i++)
        if (i != GC_get_suspend_signal())
            ck_assert_msg(sigismember(got, i) == sigismember(wanted, i), "signal %d", i);
}

/* All but the stop signal is as the program has set it; a child process gets even that. */
START_TEST(masks_are_read_as_they_were_set)
{
    sigset_t all = all_signals();
    sigset_t none;
    sigset_t got;
    struct sigaction action = {.sa_handler = SIG_DFL, .sa_mask = all};
    posix_spawnattr_t attributes;
    sigemptyset(&none);
    GC_INIT();
    for (int i = 0; i < 2; i++) {
        int (*set_mask)(int, const sigset_t *, sigset_t *) = i == 0 ? pthread_sigmask : sigprocmask;
        ck_assert_int_eq(set_mask(SIG_SETMASK, &all, &got), 0);
        check_sets_equal(&got, &none);
        ck_assert_int_eq(set_mask(SIG_BLOCK, NULL, &got), 0);
        sigset_t wanted = all;
        sigdelset(&wanted, SIGKILL);
        sigdelset(&wanted, SIGSTOP);
        check_sets_equal(&got, &wanted);
        ck_assert_int_eq(set_mask(SIG_SETMASK, &none, NULL), 0);
    }
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    ck_assert_int_eq(sigaction(SIGUSR1, NULL, &action), 0);
    ck_assert_int_eq(sigismember(&action.sa_mask, SIGUSR2), 1);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &all);
    posix_spawnattr_getsigmask(&attributes, &got);
    ck_assert_int_eq(sigismember(&got, GC_get_suspend_signal()), 1);
}
END_TEST

START_TEST(a_full_mask_does_not_keep_the_stop_out)
{
    pthread_t thread;
    pthread_attr_t attributes;
    sigset_t all = all_signals();
    begin();
    pthread_attr_init(&attributes);
    if (masked[_i] == run_from_attribute)
        pthread_attr_setsigmask_np(&attributes, &all);
    ck_assert_int_eq(pthread_create(&thread, &attributes, masked[_i], NULL), 0);
    pthread_join(thread, NULL);
    end();
}
END_TEST

/* Takes what comes, of all signals, and wants only SIGUSR1. */
static void *take_by_sigwait(void *unused)
{
    sigset_t all = all_signals();
    for (int taken = 0; taken < 20; taken++) {
        int signal_number = 0;
        assert(sigwait(&all, &signal_number) == 0 && signal_number == SIGUSR1);
        word_add(&handled, 1);
        assert(collections_pass(1));
    }
    return unused;
}

static void *take_by_signalfd(void *unused)
{
    sigset_t all = all_signals();
    int fd = signalfd(-1, &all, 0);
    for (int taken = 0; taken < 20; taken++) {
        struct signalfd_siginfo info;
        assert(read(fd, &info, sizeof info) == sizeof info && info.ssi_signo == SIGUSR1);
        word_add(&handled, 1);
        assert(collections_pass(1));
    }
    return unused;
}

static void *(*const takers[])(void *) = {take_by_sigwait, take_by_signalfd};

START_TEST(who_waits_for_all_signals_does_not_get_ours)
{
    pthread_t thread;
    sigset_t all = all_signals();
    begin();
    pthread_sigmask(SIG_SETMASK, &all, NULL);
    ck_assert_int_eq(pthread_create(&thread, NULL, takers[_i], NULL), 0);
    for (uintptr_t i = 1; i <= 20; i++) {
        pthread_kill(thread, SIGUSR1);
        wait_until(&handled, i);
    }
    pthread_join(thread, NULL);
    end();
}
END_TEST

/* ---- Handlers, as sigaction and signal tell of them ---- */

static void on_first(int signal_number)
{
    (void)signal_number;
}

static void on_second(int signal_number, siginfo_t *info, void *context)
{
    assert(signal_number == SIGUSR1 && info->si_pid == getpid() && context != NULL);
    word_add(&handled, 1);
}

START_TEST(handlers_are_told_as_they_were_installed)
{
    struct sigaction second = {.sa_sigaction = on_second, .sa_flags = SA_SIGINFO};
    struct sigaction before;
    ck_assert(signal(SIGUSR1, on_first) == SIG_DFL);
    ck_assert_int_eq(sigaction(SIGUSR1, &second, &before), 0);
    ck_assert(before.sa_handler == on_first && (before.sa_flags & SA_RESTART));
    raise(SIGUSR1);
    ck_assert_uint_eq(word_load(&handled), 1);
    ck_assert_int_eq(sigaction(SIGUSR1, NULL, &before), 0);
    ck_assert(before.sa_sigaction == on_second && (before.sa_flags & SA_SIGINFO));
    ck_assert((uintptr_t)signal(SIGUSR1, SIG_IGN) == (uintptr_t)on_second);
    raise(SIGUSR1);
    ck_assert(signal(SIGUSR1, on_first) == SIG_IGN);
    ck_assert(sigaction(SIGKILL, &second, NULL) == -1 && errno == EINVAL);
    ck_assert(sigaction(1000, &second, NULL) == -1 && errno == EINVAL);
    ck_assert_uint_eq(word_load(&handled), 1);
}
END_TEST

START_TEST(the_stop_signals_handler_is_refused)
{
    int stop = GC_get_suspend_signal();
    struct sigaction mine = {.sa_handler = on_first};
    GC_INIT();
    errno = 0;
    ck_assert(sigaction(stop, &mine, NULL) == -1 && errno == EINVAL);
    errno = 0;
    ck_assert(signal(stop, SIG_IGN) == SIG_ERR && errno == EINVAL);
    begin();
    ck_assert(collections_pass(3));
    end();
}
END_TEST

/* ---- Handlers that interrupt the allocator ---- */

enum { interruptions = 100000, kept_objects = 4096 };

static GC_word *kept[kept_objects]; /* by the handler; a ring */
static atomic_word refused;
static atomic_word interrupting; /* 1: the storm goes on */

static void allocate_anywhere(int signal_number)
{
    uintptr_t number = word_add(&handled, 1);
    GC_word *object = GC_malloc(64);
    if (object == NULL) {
        word_add(&refused, 1);
        return;
    }
    for (int i = 0; i < 8; i++) {
        assert(object[i] == 0);
        object[i] = number;
    }
    if (number % 3 == 0)
        GC_free(GC_malloc(200));
    kept[number % kept_objects] = object;
    (void)signal_number;
}

/* Sends the next signal when the last has been handled. */
static void *interrupt(void *argument)
{
    pthread_t target = *(pthread_t *)argument;
    for (uintptr_t sent = 1; sent <= interruptions; sent++) {
        pthread_kill(target, sent % 2 == 0 ? SIGUSR1 : SIGUSR2);
        while (word_load_acquire(&handled) < sent)
            sched_yield();
    }
    word_store_release(&interrupting, 0);
    return NULL;
}

/* All the program does is allocate: sizes whose refills take long, and small ones. */
static void allocate_until_over(void)
{
    GC_word *chain = NULL;
    for (unsigned i = 0; word_load_acquire(&interrupting) == 1; i++) {
        GC_word *object = GC_malloc(i % 8 == 0 ? 3000 : 48);
        object[0] = (GC_word)chain;
        chain = i % 64 == 0 ? NULL : object;
    }
}

static void check_kept(uintptr_t count)
{
    for (uintptr_t number = count > kept_objects ? count - kept_objects : 0; number < count;
         number++)
        for (int i = 0; i < 8; i++)
            ck_assert(kept[number % kept_objects][i] == number);
}

START_TEST(each_of_many_interruptions_gets_its_memory)
{
    pthread_t self = pthread_self();
    pthread_t interrupter;
    word_store(&leisurely, 1);
    begin();
    handle(SIGUSR1, allocate_anywhere, SA_RESTART);
    handle(SIGUSR2, allocate_anywhere, 0);
    word_store(&interrupting, 1);
    ck_assert_int_eq(pthread_create(&interrupter, NULL, interrupt, &self), 0);
    allocate_until_over();
    pthread_join(interrupter, NULL);
    ck_assert_uint_eq(word_load(&handled), interruptions);
    ck_assert_uint_eq(word_load(&refused), 0);
    end();
    check_kept(interruptions);
}
END_TEST

/* All the other calls that such a handler may make. They neither warn nor wait. */
enum { odd_interruptions = 4000 };

static atomic_word warnings;

static void count_warning(char *format, GC_word argument)
{
    word_add(&warnings, 1);
    (void)format, (void)argument;
}

static void *same(void *argument)
{
    return argument;
}

static void resize_anywhere(int signal_number)
{
    static const size_t sizes[] = {24, 500, 20000, 3000, 100000, 7000};
    static GC_word *object;
    size_t bytes = sizes[word_load(&handled) % (sizeof sizes / sizeof sizes[0])];
    GC_word *resized = GC_realloc(object, bytes);
    if (resized != NULL) {
        assert(object == NULL || *resized == 0x5eed);
        *resized = 0x5eed;
        object = resized;
        assert(GC_base(object) == object && GC_size(object) >= bytes);
    }
    word_add(&handled, 1);
    (void)signal_number;
}

static void switch_anywhere(int signal_number)
{
    GC_disable();
    GC_enable();
    assert(GC_call_with_alloc_lock(same, &handled) == &handled);
    word_add(&handled, 1);
    (void)signal_number;
}

static void (*const odd_handlers[])(int) = {resize_anywhere, switch_anywhere};

static void *interrupt_oddly(void *argument)
{
    pthread_t target = *(pthread_t *)argument;
    for (uintptr_t sent = 1; sent <= odd_interruptions; sent++) {
        pthread_kill(target, SIGUSR1);
        while (word_load_acquire(&handled) < sent)
            sched_yield();
    }
    word_store_release(&interrupting, 0);
    return NULL;
}

START_TEST(a_handler_may_interrupt_the_allocator_and_call_it)
{
    pthread_t self = pthread_self();
    pthread_t interrupter;
    word_store(&leisurely, 1);
    begin();
    GC_set_warn_proc(count_warning);
    handle(SIGUSR1, odd_handlers[_i], SA_RESTART);
    word_store(&interrupting, 1);
    ck_assert_int_eq(pthread_create(&interrupter, NULL, interrupt_oddly, &self), 0);
    allocate_until_over();
    pthread_join(interrupter, NULL);
    ck_assert_uint_eq(word_load(&warnings), 0);
    end();
}
END_TEST

/* Queued signals come one after the other, with no instruction of the thread's in between. A burst
 * wants several times what a reserve has. */
enum { bursts = 150, burst_length = 1000, burst_object_bytes = 1000 };

static atomic_word held_up; /* bursts for which the thread waits, in the allocator most likely */
static atomic_word queued;  /* bursts */

static void let_signals_queue(int signal_number)
{
    uintptr_t burst = word_add(&held_up, 1) + 1;
    while (word_load_acquire(&queued) < burst)
        continue;
    (void)signal_number;
}

static void allocate_in_burst(int signal_number)
{
    word_add(&refused, GC_malloc(burst_object_bytes) == NULL);
    word_add(&handled, 1);
    (void)signal_number;
}

static void *send_bursts_unstopped(void *argument)
{
    pthread_t target = *(pthread_t *)argument;
    union sigval nothing = {0};
    for (uintptr_t burst = 1; burst <= bursts; burst++) {
        pthread_kill(target, SIGUSR1);
        while (word_load_acquire(&held_up) < burst)
            sched_yield();
        for (int i = 0; i < burst_length; i++)
            assert(pthread_sigqueue(target, SIGRTMIN, nothing) == 0);
        word_store_release(&queued, burst);
        while (word_load_acquire(&handled) < burst * burst_length)
            sched_yield();
    }
    word_store_release(&interrupting, 0);
    return NULL;
}

/* While the thread is held up in the allocator a stop waits for it; so it must not wait for us. */
static void *send_bursts(void *argument)
{
    return GC_do_blocking(send_bursts_unstopped, argument);
}

static void check_nothing_is_blocked(void)
{
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    for (int i = 1; i <= SIGRTMAX; i++)
        ck_assert_int_ne(sigismember(&mask, i), 1);
}

START_TEST(a_burst_of_queued_signals_gets_its_memory)
{
    pthread_t self = pthread_self();
    pthread_t sender;
    struct sigaction hold_up = {.sa_handler = let_signals_queue, .sa_mask = all_signals()};
    begin();
    ck_assert_int_eq(sigaction(SIGUSR1, &hold_up, NULL), 0);
    handle(SIGRTMIN, allocate_in_burst, SA_RESTART);
    word_store(&interrupting, 1);
    ck_assert_int_eq(pthread_create(&sender, NULL, send_bursts, &self), 0);
    allocate_until_over();
    pthread_join(sender, NULL);
    ck_assert_uint_eq(word_load(&handled), bursts * burst_length);
    ck_assert_uint_eq(word_load(&refused), 0);
    check_nothing_is_blocked();
    end();
}
END_TEST

/* ---- Stops that are hard to make ---- */

/* A process that lets us queue real-time signals again in a while. */
static pid_t allow_signals_after(long milliseconds)
{
    pid_t parent = getpid();
    pid_t child = fork();
    if (child != 0)
        return child;
    struct rlimit limit;
    nap(milliseconds);
    prlimit(parent, RLIMIT_SIGPENDING, NULL, &limit);
    limit.rlim_cur = limit.rlim_max;
    prlimit(parent, RLIMIT_SIGPENDING, &limit, NULL);
    _exit(0);
}

static void *spin_until_over(void *unused)
{
    while (word_load_acquire(&waits_over) == 0)
        continue;
    return unused;
}

START_TEST(a_full_queue_of_signals_delays_the_stop)
{
    pthread_t thread;
    struct rlimit limit;
    GC_INIT();
    ck_assert_int_eq(pthread_create(&thread, NULL, spin_until_over, NULL), 0);
    getrlimit(RLIMIT_SIGPENDING, &limit);
    limit.rlim_cur = 0;
    pid_t helper = allow_signals_after(300);
    ck_assert_int_eq(setrlimit(RLIMIT_SIGPENDING, &limit), 0);
    ck_assert(pthread_kill(thread, SIGRTMIN) == EAGAIN);
    GC_word cycles = GC_get_gc_no();
    GC_gcollect();
    ck_assert_uint_eq(GC_get_gc_no(), cycles + 1);
    word_store_release(&waits_over, 1);
    pthread_join(thread, NULL);
    waitpid(helper, NULL, 0);
}
END_TEST

static atomic_word blocks_by_itself;

static void *block_the_stop_signal(void *unused)
{
    set_raw_mask(~UINT64_C(0));
    word_store_release(&blocks_by_itself, 1);
    while (word_load_acquire(&blocks_by_itself) == 1)
        continue;
    set_raw_mask(0);
    word_store_release(&blocks_by_itself, 3);
    spin_until_over(NULL);
    return unused;
}

static void *make_progress(void *unused)
{
    while (word_load_acquire(&waits_over) == 0)
        word_add(&moves, 1);
    return unused;
}

/* What is written to standard error meanwhile. */
static void collect_and_read(char *said, size_t size)
{
    int fds[2];
    int real = dup(STDERR_FILENO);
    ck_assert_int_eq(pipe(fds), 0);
    dup2(fds[1], STDERR_FILENO);
    close(fds[1]);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    GC_gcollect();
    dup2(real, STDERR_FILENO);
    close(real);
    ssize_t got = read(fds[0], said, size - 1);
    said[got > 0 ? got : 0] = '\0';
    close(fds[0]);
}

/* The child waits for the other end of a FIFO before it executes anything. */
static char fifo[64];

static void *spawn_slowly(void *unused)
{
    posix_spawn_file_actions_t actions;
    char *arguments[] = {"true", NULL};
    pid_t child;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, fifo, O_RDONLY, 0);
    word_store_release(&blocks_by_itself, 1);
    assert(posix_spawnp(&child, "true", &actions, NULL, arguments, environ) == 0);
    waitpid(child, NULL, 0);
    posix_spawn_file_actions_destroy(&actions);
    return unused;
}

START_TEST(a_thread_that_starts_a_process_is_not_waited_for)
{
    pthread_t spawner;
    char said[512];
    GC_INIT();
    snprintf(fifo, sizeof fifo, "signals-fifo-%d", (int)getpid());
    ck_assert_int_eq(mkfifo(fifo, 0600), 0);
    ck_assert_int_eq(pthread_create(&spawner, NULL, spawn_slowly, NULL), 0);
    wait_until(&blocks_by_itself, 1);
    nap(100);
    GC_word cycles = GC_get_gc_no();
    collect_and_read(said, sizeof said);
    int fd = open(fifo, O_RDWR);
    pthread_join(spawner, NULL);
    close(fd);
    unlink(fifo);
    ck_assert_str_eq(said, "");
    ck_assert_uint_eq(GC_get_gc_no(), cycles + 1);
}
END_TEST

START_TEST(a_thread_that_cannot_be_stopped_is_named)
{
    pthread_t stubborn;
    pthread_t other;
    char said[512];
    GC_INIT();
    ck_assert_int_eq(pthread_create(&stubborn, NULL, block_the_stop_signal, NULL), 0);
    ck_assert_int_eq(pthread_create(&other, NULL, make_progress, NULL), 0);
    pthread_setname_np(stubborn, "stubborn");
    wait_until(&blocks_by_itself, 1);
    GC_word cycles = GC_get_gc_no();
    collect_and_read(said, sizeof said);
    ck_assert_ptr_nonnull(strstr(said, "(stubborn) did not stop"));
    ck_assert_ptr_nonnull(strstr(said, "it blocks the stop signal"));
    ck_assert_uint_eq(GC_get_gc_no(), cycles);
    wait_until(&moves, word_load(&moves) + 1000); /* the others run */
    for (int i = 0; i < 100; i++)                 /* the heap grows */
        ck_assert_ptr_nonnull(GC_malloc(32768));
    word_store_release(&blocks_by_itself, 2);
    wait_until(&blocks_by_itself, 3);
    GC_gcollect();
    ck_assert_uint_gt(GC_get_gc_no(), cycles);
    word_store_release(&waits_over, 1);
    pthread_join(stubborn, NULL);
    pthread_join(other, NULL);
}
END_TEST

/* ---- The collector's own thread ---- */

/* Enough for the background sweeper to be started. */
static void grow_and_collect(void)
{
    static void *chain;
    for (int i = 0; i < 800; i++) {
        void **object = GC_malloc(16384);
        *object = chain;
        chain = object;
    }
    for (int i = 0; i < 5; i++)
        GC_gcollect();
}

/* libc has every thread of the process take part, by a signal of its own. */
START_TEST(identities_can_be_changed_beside_the_sweeper)
{
    GC_INIT();
    grow_and_collect();
    alarm(20);
    ck_assert_int_eq(setuid(getuid()), 0);
    alarm(0);
}
END_TEST

/* ---- Threads that only lack a processor ---- */

enum { competitors = 6, compete_s = 4 };

static atomic_word starving; /* rounds of the thread that hardly runs */

static void stay_on_first_processor(void)
{
    cpu_set_t processors;
    sched_getaffinity(0, sizeof processors, &processors);
    for (int i = 0, found = 0; i < CPU_SETSIZE; i++) {
        if (found)
            CPU_CLR(i, &processors);
        found |= CPU_ISSET(i, &processors) != 0;
    }
    sched_setaffinity(0, sizeof processors, &processors);
}

/* Other processes, which take the first processor for themselves, for a limited time. */
static pid_t compete(void)
{
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child != 0)
        return child;
    stay_on_first_processor();
    signal(SIGALRM, SIG_DFL); /* not the handler of the test's runner */
    alarm(compete_s);
    for (;;)
        continue;
}

static void *starve(void *unused)
{
    stay_on_first_processor();
    sched_setscheduler(0, SCHED_IDLE, &(struct sched_param){0});
    while (word_load_acquire(&waits_over) == 0)
        word_add(&starving, 1);
    return unused;
}

START_TEST(a_thread_without_a_processor_is_waited_for)
{
    pthread_t thread;
    pid_t children[competitors];
    char said[512];
    GC_INIT();
    for (int i = 0; i < competitors; i++)
        children[i] = compete();
    ck_assert_int_eq(pthread_create(&thread, NULL, starve, NULL), 0);
    wait_until(&starving, 1);
    said[0] = '\0';
    GC_word cycles = GC_get_gc_no();
    GC_word tries = 0;
    for (time_t until = time(NULL) + 2; said[0] == '\0' && time(NULL) < until; tries++) {
        nap(300); /* the thread has used up its share by then, most likely */
        collect_and_read(said, sizeof said);
    }
    for (int i = 0; i < competitors; i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], NULL, 0);
    }
    ck_assert_str_eq(said, "");
    ck_assert_uint_eq(GC_get_gc_no(), cycles + tries);
    word_store_release(&waits_over, 1);
    pthread_join(thread, NULL);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_loop_test(tests, a_wait_with_a_time_out_is_not_disturbed, 0, timed_call_count);
    tcase_add_loop_test(tests, every_interruption_is_the_programs, 0, wait_count);
    tcase_add_test(tests, a_write_is_not_cut_short);
    tcase_add_test(tests, random_bytes_are_not_cut_short);
    tcase_add_test(tests, a_handler_may_jump_out_of_a_call);
    tcase_add_test(tests, a_call_may_be_cancelled);
    tcase_add_loop_test(tests, a_handler_in_a_call_may_move_pointers, 0, 2);
    tcase_add_test(tests, a_thread_that_nobody_announced_is_not_disturbed);
    tcase_add_test(tests, a_handler_in_a_call_may_allocate_and_wait);
    tcase_add_loop_test(tests, a_full_mask_does_not_keep_the_stop_out, 0, masked_count);
    tcase_add_test(tests, masks_are_read_as_they_were_set);
    tcase_add_loop_test(tests, who_waits_for_all_signals_does_not_get_ours, 0, 2);
    tcase_add_test(tests, handlers_are_told_as_they_were_installed);
    tcase_add_test(tests, the_stop_signals_handler_is_refused);
    tcase_add_test(tests, each_of_many_interruptions_gets_its_memory);
    tcase_add_loop_test(tests, a_handler_may_interrupt_the_allocator_and_call_it, 0, 2);
    tcase_add_test(tests, a_burst_of_queued_signals_gets_its_memory);
    tcase_add_test(tests, a_full_queue_of_signals_delays_the_stop);
    tcase_add_test(tests, a_thread_that_starts_a_process_is_not_waited_for);
    tcase_add_test(tests, a_thread_that_cannot_be_stopped_is_named);
    tcase_add_test(tests, identities_can_be_changed_beside_the_sweeper);
    tcase_add_test(tests, a_thread_without_a_processor_is_waited_for);
}

int main(void)
{
    return unit_run("signals", add_tests);
}
