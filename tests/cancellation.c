/* cancellation.c: threads that are cancelled, or jump away by a handler, in each of the calls that
 * we stand in front of, while another thread collects without end.
 *
 * What happens next happens in a thread that runs: it holds pointers that nobody else has, before
 * its first allocation too, and may allocate. Linked to the shared library, so that libc's calls
 * are taken over as in a program.
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
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>
#include "collecting.h"
#include "gc.h"
#include "platform/atomics.h"

enum { mark = 0x5eed };

/* By a raw system call: not one of those under test. */
static void nap(long milliseconds)
{
    struct timespec t = {0, milliseconds * 1000000};
    syscall(SYS_nanosleep, &t, NULL);
}

/* ---- The calls, each waiting for ever ---- */

static sem_t never_posted;
static int quiet_pipe[2]; /* nothing to read */
static int full_pipe[2];  /* no room to write */
static int quiet_socket[2];
static int full_socket[2];
static int listener;                                              /* nobody connects */
static struct sockaddr_un full_address = {.sun_family = AF_UNIX}; /* nobody accepts */
static socklen_t full_size = sizeof full_address;
static int epoll_fd;
static int empty_queue;
static int full_queue;
static char buffer[1 << 16];

static const struct timespec long_time = {1000, 0};

static struct timespec far_away(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    t.tv_sec += 1000;
    return t;
}

static void fill(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    while (write(fd, buffer, sizeof buffer) > 0)
        continue;
    while (write(fd, buffer, 1) > 0)
        continue;
    fcntl(fd, F_SETFL, flags);
}

static void fill_queue(void)
{
    struct {
        long type;
        char text[1024];
    } message = {.type = 1};
    while (msgsnd(full_queue, &message, sizeof message.text, IPC_NOWAIT) == 0)
        continue;
}

/* A listening socket whose backlog is used up. */
static void fill_backlog(void)
{
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    assert(bind(server, (struct sockaddr *)&full_address, sizeof(sa_family_t)) == 0);
    assert(getsockname(server, (struct sockaddr *)&full_address, &full_size) == 0);
    assert(listen(server, 0) == 0);
    for (;;) {
        int client = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
        if (connect(client, (struct sockaddr *)&full_address, full_size) != 0)
            break;
    }
}

static void prepare_quiet_places(void)
{
    assert(pipe(quiet_pipe) == 0 && pipe(full_pipe) == 0);
    assert(socketpair(AF_UNIX, SOCK_STREAM, 0, quiet_socket) == 0);
    assert(socketpair(AF_UNIX, SOCK_STREAM, 0, full_socket) == 0);
    fill(full_pipe[1]);
    fill(full_socket[1]);
    listener = socket(AF_UNIX, SOCK_STREAM, 0);
    assert(bind(listener, &(struct sockaddr){.sa_family = AF_UNIX}, sizeof(sa_family_t)) == 0);
    assert(listen(listener, 1) == 0);
    fill_backlog();
    epoll_fd = epoll_create1(0);
    empty_queue = msgget(IPC_PRIVATE, 0600);
    full_queue = msgget(IPC_PRIVATE, 0600);
    fill_queue();
    sem_init(&never_posted, 0, 0);
}

static void remove_queues(void)
{
    msgctl(empty_queue, IPC_RMID, NULL);
    msgctl(full_queue, IPC_RMID, NULL);
}

static void wait_poll(void)
{
    poll(NULL, 0, -1);
}

static void wait_ppoll(void)
{
    ppoll(NULL, 0, NULL, NULL);
}

static void wait_select(void)
{
    select(0, NULL, NULL, NULL, NULL);
}

static void wait_pselect(void)
{
    pselect(0, NULL, NULL, NULL, NULL, NULL);
}

static void wait_epoll_wait(void)
{
    struct epoll_event event;
    epoll_wait(epoll_fd, &event, 1, -1);
}

static void wait_epoll_pwait(void)
{
    struct epoll_event event;
    epoll_pwait(epoll_fd, &event, 1, -1, NULL);
}

static void wait_nanosleep(void)
{
    nanosleep(&long_time, NULL);
}

static void wait_clock_nanosleep(void)
{
    clock_nanosleep(CLOCK_MONOTONIC, 0, &long_time, NULL);
}

static void wait_thrd_sleep(void)
{
    thrd_sleep(&long_time, NULL);
}

static void wait_usleep(void)
{
    usleep(999999);
}

static void wait_sleep(void)
{
    sleep(1000);
}

static void wait_pause(void)
{
    pause();
}

static void wait_sigsuspend(void)
{
    sigset_t none;
    sigemptyset(&none);
    sigsuspend(&none);
}

static sigset_t only_usr2(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    return set;
}

static void wait_sigtimedwait(void)
{
    sigset_t set = only_usr2();
    sigtimedwait(&set, NULL, &long_time);
}

static void wait_sigwaitinfo(void)
{
    sigset_t set = only_usr2();
    sigwaitinfo(&set, NULL);
}

static void wait_sigwait(void)
{
    sigset_t set = only_usr2();
    int signal_number;
    sigwait(&set, &signal_number);
}

static void wait_sem_timedwait(void)
{
    struct timespec deadline = far_away(CLOCK_REALTIME);
    sem_timedwait(&never_posted, &deadline);
}

static void wait_sem_clockwait(void)
{
    struct timespec deadline = far_away(CLOCK_MONOTONIC);
    sem_clockwait(&never_posted, CLOCK_MONOTONIC, &deadline);
}

static void wait_msgrcv(void)
{
    char message[64];
    msgrcv(empty_queue, message, 8, 0, 0);
}

static void wait_msgsnd(void)
{
    static const struct {
        long type;
        char text[8000];
    } message = {.type = 1};
    msgsnd(full_queue, &message, sizeof message.text, 0);
}

static void wait_aio_suspend(void)
{
    static struct aiocb request = {.aio_buf = buffer, .aio_nbytes = 1};
    static const struct aiocb *const requests[] = {&request};
    if (request.aio_fildes == 0) {
        request.aio_fildes = quiet_pipe[0];
        request.aio_sigevent.sigev_notify = SIGEV_NONE;
        assert(aio_read(&request) == 0);
    }
    aio_suspend(requests, 1, NULL);
}

static void wait_read(void)
{
    char byte;
    (void)!read(quiet_pipe[0], &byte, 1);
}

static void wait_readv(void)
{
    char byte;
    (void)!readv(quiet_pipe[0], &(struct iovec){&byte, 1}, 1);
}

static void wait_write(void)
{
    (void)!write(full_pipe[1], buffer, sizeof buffer);
}

static void wait_writev(void)
{
    (void)!writev(full_pipe[1], &(struct iovec){buffer, sizeof buffer}, 1);
}

static void wait_recv(void)
{
    char byte;
    recv(quiet_socket[0], &byte, 1, 0);
}

static void wait_recvfrom(void)
{
    char byte;
    recvfrom(quiet_socket[0], &byte, 1, 0, NULL, NULL);
}

static void wait_recvmsg(void)
{
    char byte;
    struct iovec part = {&byte, 1};
    recvmsg(quiet_socket[0], &(struct msghdr){.msg_iov = &part, .msg_iovlen = 1}, 0);
}

static void wait_send(void)
{
    send(full_socket[1], buffer, sizeof buffer, 0);
}

static void wait_sendto(void)
{
    sendto(full_socket[1], buffer, sizeof buffer, 0, NULL, 0);
}

static void wait_sendmsg(void)
{
    struct iovec part = {buffer, sizeof buffer};
    sendmsg(full_socket[1], &(struct msghdr){.msg_iov = &part, .msg_iovlen = 1}, 0);
}

static void wait_accept(void)
{
    accept(listener, NULL, NULL);
}

static void wait_accept4(void)
{
    accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

static void wait_connect(void)
{
    int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    connect(client, (struct sockaddr *)&full_address, full_size);
}

static const struct call {
    const char *name;
    void (*wait)(void);
} calls[] = {
    {"poll", wait_poll},
    {"ppoll", wait_ppoll},
    {"select", wait_select},
    {"pselect", wait_pselect},
    {"epoll_wait", wait_epoll_wait},
    {"epoll_pwait", wait_epoll_pwait},
    {"nanosleep", wait_nanosleep},
    {"clock_nanosleep", wait_clock_nanosleep},
    {"thrd_sleep", wait_thrd_sleep},
    {"usleep", wait_usleep},
    {"sleep", wait_sleep},
    {"pause", wait_pause},
    {"sigsuspend", wait_sigsuspend},
    {"sigtimedwait", wait_sigtimedwait},
    {"sigwaitinfo", wait_sigwaitinfo},
    {"sigwait", wait_sigwait},
    {"sem_timedwait", wait_sem_timedwait},
    {"sem_clockwait", wait_sem_clockwait},
    {"msgrcv", wait_msgrcv},
    {"msgsnd", wait_msgsnd},
    {"aio_suspend", wait_aio_suspend},
    {"read", wait_read},
    {"readv", wait_readv},
    {"write", wait_write},
    {"writev", wait_writev},
    {"recv", wait_recv},
    {"recvfrom", wait_recvfrom},
    {"recvmsg", wait_recvmsg},
    {"send", wait_send},
    {"sendto", wait_sendto},
    {"sendmsg", wait_sendmsg},
    {"accept", wait_accept},
    {"accept4", wait_accept4},
    {"connect", wait_connect},
};

enum { call_count = sizeof calls / sizeof calls[0] };

/* ---- What the thread does when it is out of the call ---- */

static GC_word *volatile entrusted; /* an object that the thread takes over */
static atomic_word taken_over;

/* First without allocating: nothing of ours runs that could notice what state the thread is in. */
static void take_over(void)
{
    GC_word *volatile object = entrusted;
    entrusted = NULL;
    (void)collections_pass(2);
    assert(*object == mark);
    object = GC_malloc(sizeof *object);
    *object = mark;
    (void)collections_pass(1);
    assert(GC_malloc(sizeof *object) != object && *object == mark);
    word_add(&taken_over, 1);
}

static void entrust(void)
{
    entrusted = GC_malloc(sizeof *entrusted);
    *entrusted = mark;
}

/* ---- Cancelled ---- */

static const struct call *current;
static atomic_word is_waiting; /* its thread number; or about to; its cleanup handler is in place */
static int type_of_cancellation;

static void clean_up(void *unused)
{
    take_over();
    (void)unused;
}

static void *wait_for_cancellation(void *unused)
{
    pthread_setcanceltype(type_of_cancellation, NULL);
    pthread_cleanup_push(clean_up, NULL);
    word_store_release(&is_waiting, (uintptr_t)syscall(SYS_gettid));
    for (;;)
        current->wait();
    pthread_cleanup_pop(0);
    return unused;
}

static void await_waiting(void)
{
    while (word_load_acquire(&is_waiting) == 0)
        sched_yield();
}

/* What stands behind the name, which is in parentheses, in the thread's line. */
static char state_of_waiting(void)
{
    char path[64], line[256] = "";
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)word_load(&is_waiting));
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    fclose(file);
    const char *end = strrchr(line, ')');
    return end != NULL && end[1] == ' ' ? end[2] : '?';
}

/* On a loaded machine it may come to the call late, and a handler must not end a thread that is
 * still on its way: it may hold a lock of libc's. */
static void await_sleep(void)
{
    await_waiting();
    for (int sleeps = 0; sleeps < 4; nap(1))
        sleeps = state_of_waiting() == 'S' ? sleeps + 1 : 0;
}

static void cancel_in_call(bool in_sleep)
{
    pthread_t thread;
    void *result;
    uintptr_t before = word_load(&taken_over);
    entrust();
    word_store(&is_waiting, 0);
    ck_assert_int_eq(pthread_create(&thread, NULL, wait_for_cancellation, NULL), 0);
    await_waiting();
    if (in_sleep)
        await_sleep();
    pthread_cancel(thread);
    pthread_join(thread, &result);
    ck_assert_ptr_eq(result, PTHREAD_CANCELED);
    ck_assert_msg(word_load(&taken_over) == before + 1, "%s", current->name);
}

static void cancel_in_all(int type)
{
    type_of_cancellation = type;
    begin();
    prepare_quiet_places();
    for (int i = 0; i < call_count; i++) {
        current = &calls[i];
        cancel_in_call(true);
        cancel_in_call(false); /* on the way into it, most likely */
    }
    remove_queues();
    end();
}

START_TEST(every_call_is_a_cancellation_point)
{
    cancel_in_all(PTHREAD_CANCEL_DEFERRED);
}
END_TEST

START_TEST(asynchronous_cancellation_ends_every_call)
{
    cancel_in_all(PTHREAD_CANCEL_ASYNCHRONOUS);
}
END_TEST

/* ---- A request that waits: the call does not begin ---- */

static void *be_cancelled_already(void *unused)
{
    pthread_cleanup_push(clean_up, NULL);
    pthread_cancel(pthread_self());
    current->wait();
    pthread_cleanup_pop(0);
    return unused;
}

START_TEST(a_request_that_came_before_is_honoured)
{
    begin();
    prepare_quiet_places();
    for (int i = 0; i < call_count; i++) {
        pthread_t thread;
        void *result;
        current = &calls[i];
        entrust();
        ck_assert_int_eq(pthread_create(&thread, NULL, be_cancelled_already, NULL), 0);
        pthread_join(thread, &result);
        ck_assert_ptr_eq(result, PTHREAD_CANCELED);
    }
    ck_assert_uint_eq(word_load(&taken_over), call_count);
    remove_queues();
    end();
}
END_TEST

/* ---- A handler jumps out, or ends the thread ---- */

static sigjmp_buf out_of_the_call;

static void jump_out(int signal_number)
{
    siglongjmp(out_of_the_call, signal_number);
}

static void exit_thread(int signal_number)
{
    (void)signal_number;
    pthread_exit(NULL);
}

static void wait_for_signal(void)
{
    word_store_release(&is_waiting, (uintptr_t)syscall(SYS_gettid));
    for (;;)
        current->wait();
}

static void *wait_for_jump(void *unused)
{
    if (sigsetjmp(out_of_the_call, 1) == 0)
        wait_for_signal();
    take_over();
    return unused;
}

static void *wait_for_exit(void *unused)
{
    pthread_cleanup_push(clean_up, NULL);
    wait_for_signal();
    pthread_cleanup_pop(0);
    return unused;
}

static const struct way_out {
    void (*handler)(int);
    void *(*body)(void *);
} ways_out[] = {{jump_out, wait_for_jump}, {exit_thread, wait_for_exit}};

START_TEST(a_handler_may_leave_every_call)
{
    struct sigaction action = {.sa_handler = ways_out[_i].handler};
    begin();
    prepare_quiet_places();
    ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
    for (int i = 0; i < call_count; i++) {
        pthread_t thread;
        current = &calls[i];
        entrust();
        word_store(&is_waiting, 0);
        ck_assert_int_eq(pthread_create(&thread, NULL, ways_out[_i].body, NULL), 0);
        await_sleep();
        pthread_kill(thread, SIGUSR1);
        pthread_join(thread, NULL);
    }
    ck_assert_uint_eq(word_load(&taken_over), call_count);
    remove_queues();
    end();
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, every_call_is_a_cancellation_point);
    tcase_add_test(tests, asynchronous_cancellation_ends_every_call);
    tcase_add_test(tests, a_request_that_came_before_is_honoured);
    tcase_add_loop_test(tests, a_handler_may_leave_every_call, 0, 2);
}

int main(void)
{
    return unit_run("cancellation", add_tests);
}
