/*
 * port.c – text ports: to and from files, strings and the console.
 *
 * A port that is dropped without being closed keeps its file open until the program ends: the
 * collector is not asked to finalize it.
 */
#include "port.h"
#include "eval.h"
#include "library.h"
#include "printer.h"
#include "reader.h"

#include <errno.h>
#include <string.h>

static Parameter *input_parameter;
static Parameter *output_parameter;

static Port *new_port(bool input, FILE *file, const char *name)
{
    Port *port = new_object(T_PORT, sizeof(Port));
    port->input = input;
    port->open = true;
    port->file = file;
    port->name = name;
    port->line = 1;
    return port;
}

static bool refill_from_file(Port *port)
{
    char chunk[512];
    port->buffer.length = 0;
    port->position = 0;
    while (fgets(chunk, sizeof chunk, port->file)) {
        size_t length = strlen(chunk);
        buffer_put(&port->buffer, chunk, length);
        if (length > 0 && chunk[length - 1] == '\n') {
            break;
        }
    }
    return port->buffer.length > 0;
}

static bool refill_never(Port *port)
{
    (void)port;
    return false;
}

Port *open_input_stream(FILE *file, const char *name)
{
    Port *port = new_port(true, file, name);
    port->refill = refill_from_file;
    return port;
}

Port *open_input_lines(bool (*refill)(Port *port), const char *name)
{
    Port *port = new_port(true, NULL, name);
    port->refill = refill;
    return port;
}

Port *open_input_text(Value string)
{
    Port *port = new_port(true, NULL, "string");
    port->refill = refill_never;
    port->buffer.data = string_to_utf8(string, &port->buffer.length);
    return port;
}

Port *open_output_stream(FILE *file, const char *name)
{
    return new_port(false, file, name);
}

static FILE *open_file(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);
    if (!file) {
        char message[100];
        snprintf(message, sizeof message, "cannot open file: %s:", strerror(errno));
        fail_kind("file", message, list1(string_from_c(path)));
    }
    return file;
}

Port *open_source(const char *path)
{
    return open_input_stream(open_file(path, "r"), path);
}

void close_port(Port *port)
{
    if (port->open && port->file) {
        fclose(port->file);
    }
    port->open = false;
}

static bool has_input(Port *port)
{
    return port->position < port->buffer.length || port->refill(port);
}

int64_t port_peek(Port *port)
{
    if (!has_input(port)) {
        return END_OF_INPUT;
    }
    const char *cursor = port->buffer.data + port->position;
    return utf8_decode(&cursor, port->buffer.data + port->buffer.length);
}

int64_t port_read(Port *port)
{
    if (!has_input(port)) {
        return END_OF_INPUT;
    }
    const char *cursor = port->buffer.data + port->position;
    int64_t c = utf8_decode(&cursor, port->buffer.data + port->buffer.length);
    port->position = (size_t)(cursor - port->buffer.data);
    port->line += c == '\n';
    return c;
}

void port_write(Port *port, const char *bytes, size_t count)
{
    if (count == 0) {
        return;
    }
    if (port->file) {
        fwrite(bytes, 1, count, port->file);
    } else {
        buffer_put(&port->buffer, bytes, count);
    }
}

static Port *as_port(Value v, bool input, const char *who)
{
    check_type(v, T_PORT, who);
    Port *port = (Port *)v;
    if (port->input != input) {
        fail_type(who, input ? "an input port" : "an output port", v);
    }
    if (!port->open) {
        fail(who, "the port is closed", NIL);
    }
    return port;
}

Port *current_input(void)
{
    return as_port(input_parameter->value, true, "current-input-port");
}

Port *current_output(void)
{
    return as_port(output_parameter->value, false, "current-output-port");
}

void set_current_input(Port *port)
{
    input_parameter->value = (Value)port;
}

void flush_output(void)
{
    fflush(stdout);
}

/* The port argument at argv[index], or else the current port */
static Port *input_argument(int argc, Value *argv, int index, const char *who)
{
    return argc > index ? as_port(argv[index], true, who) : current_input();
}

static Port *output_argument(int argc, Value *argv, int index, const char *who)
{
    return argc > index ? as_port(argv[index], false, who) : current_output();
}

/* Input */

static Value char_or_eof(int64_t c)
{
    return c == END_OF_INPUT ? EOF_OBJECT : character((uint32_t)c);
}

static Value read_char(int argc, Value *argv)
{
    return char_or_eof(port_read(input_argument(argc, argv, 0, "read-char")));
}

static Value peek_char(int argc, Value *argv)
{
    return char_or_eof(port_peek(input_argument(argc, argv, 0, "peek-char")));
}

static Value is_char_ready(int argc, Value *argv)
{
    input_argument(argc, argv, 0, "char-ready?");
    return TRUE_VALUE;
}

static Value read_line(int argc, Value *argv)
{
    Port *port = input_argument(argc, argv, 0, "read-line");
    Buffer line = {0};
    int64_t c = port_read(port);
    if (c == END_OF_INPUT) {
        return EOF_OBJECT;
    }
    for (; c != END_OF_INPUT && c != '\n'; c = port_read(port)) {
        buffer_put_char(&line, (uint32_t)c);
    }
    return string_from_utf8(line.data, line.length);
}

static Value read_string(int argc, Value *argv)
{
    size_t count = as_index(argv[0], SIZE_MAX >> 8, "read-string");
    Port *port = input_argument(argc, argv, 1, "read-string");
    Buffer text = {0};
    for (size_t i = 0; i < count && port_peek(port) != END_OF_INPUT; i++) {
        buffer_put_char(&text, (uint32_t)port_read(port));
    }
    return count > 0 && text.length == 0 ? EOF_OBJECT : string_from_utf8(text.data, text.length);
}

static Value prim_read(int argc, Value *argv)
{
    return read_datum(input_argument(argc, argv, 0, "read"));
}

/* Output */

static Value print_argument(int argc, Value *argv, PrintStyle style, const char *who)
{
    print(output_argument(argc, argv, 1, who), argv[0], style);
    return UNSPECIFIED;
}

static Value prim_write(int argc, Value *argv)
{
    return print_argument(argc, argv, PRINT_WRITE, "write");
}

static Value prim_display(int argc, Value *argv)
{
    return print_argument(argc, argv, PRINT_DISPLAY, "display");
}

static Value write_char(int argc, Value *argv)
{
    as_char(argv[0], "write-char");
    return print_argument(argc, argv, PRINT_DISPLAY, "write-char");
}

static Value write_string(int argc, Value *argv)
{
    String *string = as_string(argv[0], "write-string");
    Port *port = output_argument(argc, argv, 1, "write-string");
    Range range = as_range(argc, argv, 2, string->length, "write-string");
    Buffer text = {0};
    for (size_t i = range.start; i < range.end; i++) {
        buffer_put_char(&text, string->chars[i]);
    }
    port_write(port, text.data, text.length);
    return UNSPECIFIED;
}

static Value newline(int argc, Value *argv)
{
    port_write(output_argument(argc, argv, 0, "newline"), "\n", 1);
    return UNSPECIFIED;
}

static Value flush_output_port(int argc, Value *argv)
{
    Port *port = output_argument(argc, argv, 0, "flush-output-port");
    if (port->file) {
        fflush(port->file);
    }
    return UNSPECIFIED;
}

/* Opening and closing */

static const char *path_argument(Value v, const char *who)
{
    as_string(v, who);
    return string_to_utf8(v, NULL);
}

static Value open_input_file(Value v)
{
    return (Value)open_source(path_argument(v, "open-input-file"));
}

static Value open_output_file(Value v)
{
    const char *path = path_argument(v, "open-output-file");
    return (Value)open_output_stream(open_file(path, "w"), path);
}

static Value open_input_string(Value v)
{
    as_string(v, "open-input-string");
    return (Value)open_input_text(v);
}

static Value open_output_string(void)
{
    return (Value)open_output_stream(NULL, "string");
}

static Value get_output_string(Value v)
{
    Port *port = as_port(v, false, "get-output-string");
    return string_from_utf8(port->buffer.data, port->buffer.length);
}

static Value prim_close_port(Value v)
{
    check_type(v, T_PORT, "close-port");
    close_port((Port *)v);
    return UNSPECIFIED;
}

static Value delete_file(Value v)
{
    if (remove(path_argument(v, "delete-file")) != 0) {
        fail_kind("file", "cannot delete file:", list1(v));
    }
    return UNSPECIFIED;
}

static Value file_exists(Value v)
{
    FILE *file = fopen(path_argument(v, "file-exists?"), "r");
    if (file) {
        fclose(file);
    }
    return boolean(file != NULL);
}

/* Predicates */

static Value is_input_port(Value v)
{
    return boolean(has_type(v, T_PORT) && ((Port *)v)->input);
}

static Value is_output_port(Value v)
{
    return boolean(has_type(v, T_PORT) && !((Port *)v)->input);
}

static Value is_open_port(Value v)
{
    check_type(v, T_PORT, "port-open?");
    return boolean(((Port *)v)->open);
}

static Value is_eof_object(Value v)
{
    return boolean(v == EOF_OBJECT);
}

static Value eof_object(void)
{
    return EOF_OBJECT;
}

static Parameter *define_port_parameter(const char *name, Port *port)
{
    Parameter *parameter = new_object(T_PARAMETER, sizeof(Parameter));
    parameter->value = (Value)port;
    parameter->converter = FALSE_VALUE;
    define_global(name, (Value)parameter);
    return parameter;
}

void port_primitives(void)
{
    static const PrimitiveRow rows[] = {
        VARIADIC("read-char", read_char, 0, 1),
        VARIADIC("peek-char", peek_char, 0, 1),
        VARIADIC("char-ready?", is_char_ready, 0, 1),
        VARIADIC("read-line", read_line, 0, 1),
        VARIADIC("read-string", read_string, 1, 2),
        VARIADIC("read", prim_read, 0, 1),
        VARIADIC("write", prim_write, 1, 2),
        VARIADIC("write-simple", prim_write, 1, 2),
        VARIADIC("display", prim_display, 1, 2),
        VARIADIC("write-char", write_char, 1, 2),
        VARIADIC("write-string", write_string, 1, 4),
        VARIADIC("newline", newline, 0, 1),
        VARIADIC("flush-output-port", flush_output_port, 0, 1),
        UNARY("open-input-file", open_input_file),
        UNARY("open-output-file", open_output_file),
        UNARY("open-input-string", open_input_string),
        NULLARY("open-output-string", open_output_string),
        UNARY("get-output-string", get_output_string),
        UNARY("close-port", prim_close_port),
        UNARY("close-input-port", prim_close_port),
        UNARY("close-output-port", prim_close_port),
        UNARY("delete-file", delete_file),
        UNARY("file-exists?", file_exists),
        TYPE_TEST("port?", T_PORT),
        TYPE_TEST("textual-port?", T_PORT),
        UNARY("input-port?", is_input_port),
        UNARY("output-port?", is_output_port),
        UNARY("input-port-open?", is_open_port),
        UNARY("output-port-open?", is_open_port),
        UNARY("eof-object?", is_eof_object),
        NULLARY("eof-object", eof_object),
    };
    define_primitives(rows, COUNT_OF(rows));
    input_parameter =
        define_port_parameter("current-input-port", open_input_stream(stdin, "stdin"));
    output_parameter =
        define_port_parameter("current-output-port", open_output_stream(stdout, "stdout"));
    define_port_parameter("current-error-port", open_output_stream(stderr, "stderr"));
}
