/* interposed-transfers-glibc.c: reading, writing, and calls on sockets, in a blocking region.
 *
 * A signal ends them with EINTR where the socket has a time-out (SO_RCVTIMEO, SO_SNDTIMEO), which
 * read and write on it notice as well; and whatever has been transferred when a signal comes is
 * returned as a short count, by a blocking pipe, too, which never does that otherwise.
 */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include "threads/interposed.h"
#include "threads/waiting.h"

/* ---- Files, pipes, terminals, and sockets too ---- */

INTERPOSED(read);
ssize_t our_read(int fd, void *buffer, size_t bytes)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(read)(fd, buffer, bytes);
    waiting_leave(&w);
    return result;
}

extern __typeof__(read) __read;
INTERPOSED(__read);
ssize_t our___read(int fd, void *buffer, size_t bytes)
{
    return our_read(fd, buffer, bytes);
}

extern ssize_t __read_chk(int fd, void *buffer, size_t bytes, size_t buffer_bytes);
INTERPOSED(__read_chk);
ssize_t our___read_chk(int fd, void *buffer, size_t bytes, size_t buffer_bytes)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(__read_chk)(fd, buffer, bytes, buffer_bytes);
    waiting_leave(&w);
    return result;
}

INTERPOSED(write);
ssize_t our_write(int fd, const void *buffer, size_t bytes)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(write)(fd, buffer, bytes);
    waiting_leave(&w);
    return result;
}

extern __typeof__(write) __write;
INTERPOSED(__write);
ssize_t our___write(int fd, const void *buffer, size_t bytes)
{
    return our_write(fd, buffer, bytes);
}

INTERPOSED(readv);
ssize_t our_readv(int fd, const struct iovec *parts, int count)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(readv)(fd, parts, count);
    waiting_leave(&w);
    return result;
}

INTERPOSED(writev);
ssize_t our_writev(int fd, const struct iovec *parts, int count)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(writev)(fd, parts, count);
    waiting_leave(&w);
    return result;
}

INTERPOSED(sendfile);
ssize_t our_sendfile(int to, int from, off_t *offset, size_t bytes)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(sendfile)(to, from, offset, bytes);
    waiting_leave(&w);
    return result;
}

INTERPOSED(sendfile64);
ssize_t our_sendfile64(int to, int from, off64_t *offset, size_t bytes)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(sendfile64)(to, from, offset, bytes);
    waiting_leave(&w);
    return result;
}

INTERPOSED(splice);
ssize_t our_splice(int from, off64_t *from_offset, int to, off64_t *to_offset, size_t bytes,
                   unsigned flags)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(splice)(from, from_offset, to, to_offset, bytes, flags);
    waiting_leave(&w);
    return result;
}

INTERPOSED(vmsplice);
ssize_t our_vmsplice(int to, const struct iovec *parts, size_t count, unsigned flags)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(vmsplice)(to, parts, count, flags);
    waiting_leave(&w);
    return result;
}

INTERPOSED(tee);
ssize_t our_tee(int from, int to, size_t bytes, unsigned flags)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(tee)(from, to, bytes, flags);
    waiting_leave(&w);
    return result;
}

/* Of more than 256 bytes a signal leaves some out. */
INTERPOSED(getrandom);
ssize_t our_getrandom(void *buffer, size_t bytes, unsigned flags)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(getrandom)(buffer, bytes, flags);
    waiting_leave(&w);
    return result;
}

/* ---- Sockets ---- */

INTERPOSED(connect);
int our_connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t bytes)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(connect)(fd, address, bytes);
    waiting_leave(&w);
    return result;
}

extern __typeof__(connect) __connect;
INTERPOSED(__connect);
int our___connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t bytes)
{
    return our_connect(fd, address, bytes);
}

INTERPOSED(accept);
int our_accept(int fd, __SOCKADDR_ARG address, socklen_t *bytes)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(accept)(fd, address, bytes);
    waiting_leave(&w);
    return result;
}

INTERPOSED(accept4);
int our_accept4(int fd, __SOCKADDR_ARG address, socklen_t *bytes, int flags)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(accept4)(fd, address, bytes, flags);
    waiting_leave(&w);
    return result;
}

INTERPOSED(recv);
ssize_t our_recv(int fd, void *buffer, size_t bytes, int flags)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(recv)(fd, buffer, bytes, flags);
    waiting_leave(&w);
    return result;
}

extern ssize_t __recv_chk(int fd, void *buffer, size_t bytes, size_t buffer_bytes, int flags);
INTERPOSED(__recv_chk);
ssize_t our___recv_chk(int fd, void *buffer, size_t bytes, size_t buffer_bytes, int flags)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(__recv_chk)(fd, buffer, bytes, buffer_bytes, flags);
    waiting_leave(&w);
    return result;
}

INTERPOSED(recvfrom);
ssize_t our_recvfrom(int fd, void *buffer, size_t bytes, int flags, __SOCKADDR_ARG from,
                     socklen_t *from_bytes)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(recvfrom)(fd, buffer, bytes, flags, from, from_bytes);
    waiting_leave(&w);
    return result;
}

extern ssize_t __recvfrom_chk(int fd, void *buffer, size_t bytes, size_t buffer_bytes, int flags,
                              __SOCKADDR_ARG from, socklen_t *from_bytes);
INTERPOSED(__recvfrom_chk);
ssize_t our___recvfrom_chk(int fd, void *buffer, size_t bytes, size_t buffer_bytes, int flags,
                           __SOCKADDR_ARG from, socklen_t *from_bytes)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(__recvfrom_chk)(fd, buffer, bytes, buffer_bytes, flags, from, from_bytes);
    waiting_leave(&w);
    return result;
}

INTERPOSED(recvmsg);
ssize_t our_recvmsg(int fd, struct msghdr *message, int flags)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(recvmsg)(fd, message, flags);
    waiting_leave(&w);
    return result;
}

INTERPOSED(recvmmsg);
int our_recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
                 struct timespec *timeout)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(recvmmsg)(fd, messages, count, flags, timeout);
    waiting_leave(&w);
    return result;
}

INTERPOSED(send);
ssize_t our_send(int fd, const void *buffer, size_t bytes, int flags)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(send)(fd, buffer, bytes, flags);
    waiting_leave(&w);
    return result;
}

extern __typeof__(send) __send;
INTERPOSED(__send);
ssize_t our___send(int fd, const void *buffer, size_t bytes, int flags)
{
    return our_send(fd, buffer, bytes, flags);
}

INTERPOSED(sendto);
ssize_t our_sendto(int fd, const void *buffer, size_t bytes, int flags, __CONST_SOCKADDR_ARG to,
                   socklen_t to_bytes)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(sendto)(fd, buffer, bytes, flags, to, to_bytes);
    waiting_leave(&w);
    return result;
}

INTERPOSED(sendmsg);
ssize_t our_sendmsg(int fd, const struct msghdr *message, int flags)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    ssize_t result = REAL(sendmsg)(fd, message, flags);
    waiting_leave(&w);
    return result;
}

INTERPOSED(sendmmsg);
int our_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    struct waiting w;
    waiting_enter(&w, registers_save(w.registers));
    int result = REAL(sendmmsg)(fd, messages, count, flags);
    waiting_leave(&w);
    return result;
}
