/*
 * port.h – text ports: to and from files, strings and the console.
 */
#ifndef SCHEME_PORT_H
#define SCHEME_PORT_H

#include "heap.h"

#include <stdio.h>

/*
 * An input port holds bytes of UTF-8 in its buffer, of which those before `position` have been
 * read; when they are used up, `refill` replaces them by the next line.  An output port has a
 * file, or else gathers its text in the buffer.
 */
typedef struct Port {
    Value header;
    bool input;
    bool open;
    FILE *file;
    Buffer buffer;
    size_t position;
    bool (*refill)(struct Port *port);
    const char *name;
    int64_t line; /* of the character that is read next, from 1 */
} Port;

enum { END_OF_INPUT = -1 };

Port *open_input_text(Value string);
Port *open_input_stream(FILE *file, const char *name);
Port *open_input_lines(bool (*refill)(Port *port), const char *name);
Port *open_output_stream(FILE *file, const char *name);

/* Opens a file to read; a Scheme error if that fails. */
Port *open_source(const char *path);
void close_port(Port *port);

int64_t port_peek(Port *port);
int64_t port_read(Port *port);
void port_write(Port *port, const char *bytes, size_t count);

/* The ports that are the values of the parameters current-input-port and so on */
Port *current_input(void);
Port *current_output(void);
void set_current_input(Port *port);
void flush_output(void);

void port_primitives(void);

#endif
