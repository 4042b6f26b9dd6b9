/* file.c: cords of files, read at once or piece by piece. */
#include "cord/file.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>
#include "cord/node.h"
#include "gc/gc.h"

enum {
    piece_size = 4000, /* with its number, and the collector's spare byte, below 4 KB */
    pieces = 16,       /* in the table; the piece with number k stands at k mod pieces */
    eager_max = 16384  /* files up to this size are read at once */
};

struct piece {
    char chars[piece_size];
    size_t number;
};

struct lazy_file {
    FILE *stream;
    int descriptor;
    struct piece *table[pieces]; /* of _Atomic accesses, see the protocol */
};

/* As many chars from that offset on as there are, at most n. */
static size_t read_at(int descriptor, char *out, size_t n, size_t offset)
{
    size_t done = 0;
    while (done < n) {
        ssize_t got = pread(descriptor, out + done, n - done, (off_t)(offset + done));
        if (got > 0)
            done += (size_t)got;
        else if (got == 0 || errno != EINTR)
            break;
    }
    return done;
}

/* What cannot be read are NULs. The last piece of a file is shorter than others: it is only missing
 * something if `wanted` chars of it are not there. */
static struct piece *read_piece(const struct lazy_file *file, size_t number, size_t wanted)
{
    struct piece *piece = GC_malloc_atomic(sizeof *piece);
    if (piece == NULL)
        cord_out_of_memory();
    size_t n = read_at(file->descriptor, piece->chars, piece_size, number * piece_size);
    memset(piece->chars + n, 0, piece_size - n);
    piece->number = number;
    if (n < wanted)
        cord_warn("cord of a file: a part of the file cannot be read, or is no longer there; "
                  "it reads as NULs\n");
    return piece;
}

static const struct piece *find_piece(const struct lazy_file *file, size_t number, size_t wanted)
{
    struct piece **slot = (struct piece **)&file->table[number % pieces];
    struct piece *piece = __atomic_load_n(slot, __ATOMIC_ACQUIRE);
    if (piece == NULL || piece->number != number) {
        piece = read_piece(file, number, wanted);
        __atomic_store_n(slot, piece, __ATOMIC_RELEASE);
    }
    return piece;
}

void lazy_file_read(const struct lazy_file *file, size_t at, size_t n, char *out)
{
    while (n > 0) {
        size_t inside = at % piece_size;
        size_t now = n < piece_size - inside ? n : piece_size - inside;
        const struct piece *piece = find_piece(file, at / piece_size, inside + now);
        memcpy(out, piece->chars + inside, now);
        at += now;
        out += now;
        n -= now;
    }
}

static void GC_CALLBACK close_stream(void *file, void *unused)
{
    (void)unused;
    fclose(((struct lazy_file *)file)->stream);
}

/* How many chars it has, or -1: not a file of the file system, which pread could read. What was
 * written through f gets into the file by seeking. */
static off_t seekable_len(FILE *f)
{
    if (fileno(f) < 0 || fseeko(f, 0, SEEK_END) != 0)
        return -1;
    off_t len = ftello(f);
    rewind(f);
    return len;
}

static CORD read_lazily(FILE *f, size_t len)
{
    struct lazy_file *file = cord_allocate(sizeof *file);
    file->stream = f;
    file->descriptor = fileno(f);
    GC_register_finalizer_no_order(file, close_stream, NULL, NULL, NULL);
    return cord_leaf(kind_file, file, 0, NULL, len);
}

CORD CORD_from_file_eager(FILE *f)
{
    size_t len = 0, room = 2 * BUFSIZ;
    char *text = cord_allocate_text(room);
    for (size_t got; (got = fread(text + len, 1, room - len, f)) > 0;) {
        len += got;
        if (len == room) {
            room *= 2;
            text = GC_realloc(text, room + 1);
            if (text == NULL)
                cord_out_of_memory();
        }
    }
    if (ferror(f))
        cord_warn("cord of a file: reading the file failed; the cord ends there\n");
    fclose(f);
    if (len == 0)
        return CORD_EMPTY;
    char *exact = GC_realloc(text, len + 1);
    if (exact == NULL)
        cord_out_of_memory();
    exact[len] = '\0';
    return cord_of_bytes(exact, len);
}

CORD CORD_from_file_lazy(FILE *f)
{
    off_t len = seekable_len(f);
    if (len <= 0)
        return CORD_from_file_eager(f);
    return read_lazily(f, (size_t)len);
}

CORD CORD_from_file(FILE *f)
{
    off_t len = seekable_len(f);
    if (len <= eager_max)
        return CORD_from_file_eager(f);
    return read_lazily(f, (size_t)len);
}
