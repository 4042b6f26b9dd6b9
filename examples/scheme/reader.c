/*
 * reader.c – text to values: a recursive-descent parser of Scheme's data.
 *
 * Symbols keep their case.  Datum labels (#0=) are not supported.
 */
#include "reader.h"
#include "control.h"
#include "library.h"
#include "number.h"
#include "printer.h"

#include <stdlib.h>
#include <string.h>

static Value read_item(Port *port);

static _Noreturn void fail_read(Port *port, const char *message)
{
    char text[160];
    snprintf(text, sizeof text, "%s (line %lld of %s)", message, (long long)port->line, port->name);
    fail_kind("read", text, NIL);
}

static int64_t read_or_fail(Port *port)
{
    int64_t c = port_read(port);
    if (c == END_OF_INPUT) {
        fail_read(port, "unexpected end of input");
    }
    return c;
}

static bool is_space(int64_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_delimiter(int64_t c)
{
    return c == END_OF_INPUT || is_space(c) || c == '(' || c == ')' || c == '"' || c == ';' ||
           c == '\'';
}

/* Comments */

static void skip_line(Port *port)
{
    while (port_peek(port) != END_OF_INPUT && port_read(port) != '\n') {
    }
}

static void skip_block_comment(Port *port)
{
    for (int depth = 1; depth > 0;) {
        int64_t c = read_or_fail(port);
        if (c == '|' && port_peek(port) == '#') {
            port_read(port);
            depth--;
        } else if (c == '#' && port_peek(port) == '|') {
            port_read(port);
            depth++;
        }
    }
}

void skip_space(Port *port)
{
    for (;;) {
        int64_t c = port_peek(port);
        if (c == ';') {
            skip_line(port);
        } else if (is_space(c)) {
            port_read(port);
        } else {
            return;
        }
    }
}

/* Strings and tokens */

static uint32_t read_hex_escape(Port *port)
{
    uint32_t code = 0;
    for (int64_t c = read_or_fail(port); c != ';'; c = read_or_fail(port)) {
        char digit[] = {(char)c, '\0'};
        Value value = c < 128 ? number_from_text(digit, 16) : FALSE_VALUE;
        if (!is_fixnum(value) || code > 0x10FFFF) {
            fail_read(port, "bad hexadecimal escape");
        }
        code = code * 16 + (uint32_t)fixnum_value(value);
    }
    return code;
}

/* A backslash before the end of a line: that end and the spaces around it do not count. */
static void skip_line_break(Port *port)
{
    int64_t c = port_peek(port);
    for (bool broken = false; is_space(c) && !(broken && c == '\n'); c = port_peek(port)) {
        broken = broken || c == '\n';
        port_read(port);
    }
}

static void read_escape(Port *port, Buffer *text)
{
    int64_t c = port_peek(port);
    if (is_space(c)) {
        skip_line_break(port);
        return;
    }
    read_or_fail(port);
    static const char letters[] = "abtnr", meanings[] = "\a\b\t\n\r";
    const char *found = c > 0 && c < 128 ? strchr(letters, (int)c) : NULL;
    if (found) {
        buffer_put_char(text, (uint32_t)meanings[found - letters]);
    } else if (c == 'x' || c == 'X') {
        buffer_put_char(text, read_hex_escape(port));
    } else {
        buffer_put_char(text, (uint32_t)c);
    }
}

/* Up to the quote; the first one has been read. */
static Value read_quoted(Port *port, int64_t quote)
{
    Buffer text = {0};
    for (int64_t c = read_or_fail(port); c != quote; c = read_or_fail(port)) {
        if (c == '\\') {
            read_escape(port, &text);
        } else {
            buffer_put_char(&text, (uint32_t)c);
        }
    }
    return string_from_utf8(text.data, text.length);
}

static char *read_token(Port *port, const char *prefix)
{
    Buffer text = {0};
    buffer_put(&text, prefix, strlen(prefix));
    while (!is_delimiter(port_peek(port))) {
        buffer_put_char(&text, (uint32_t)port_read(port));
    }
    buffer_put(&text, "", 1);
    return text.data;
}

static Value read_symbol_or_number(Port *port)
{
    const char *token = read_token(port, "");
    Value number = number_from_text(token, 10);
    return number != FALSE_VALUE ? number : symbol(token);
}

/* Lists and vectors */

static bool at_closing(Port *port)
{
    skip_space(port);
    if (port_peek(port) == END_OF_INPUT) {
        fail_read(port, "unexpected end of input in a list");
    }
    return port_peek(port) == ')';
}

/* Whether a lone dot follows; it is read if so. */
static bool at_dot(Port *port)
{
    if (port_peek(port) != '.') {
        return false;
    }
    const char *next = port->buffer.data + port->position + 1;
    if (next < port->buffer.data + port->buffer.length && !is_delimiter((unsigned char)*next)) {
        return false;
    }
    port_read(port);
    return true;
}

/* read_item answers NULL for a comment in the place of a datum. */
static Value read_list(Port *port)
{
    Value items = NIL;
    Value tail = NIL;
    while (!at_closing(port)) {
        if (items != NIL && at_dot(port)) {
            tail = read_datum(port);
            while (!at_closing(port)) {
                if (read_item(port)) {
                    fail_read(port, "more than one datum after a dot");
                }
            }
            break;
        }
        Value item = read_item(port);
        if (item) {
            items = cons(item, items);
        }
    }
    port_read(port);
    return reverse_in_place(items, tail);
}

/* What starts with a hash sign */

static Value read_char_literal(Port *port)
{
    char first[5] = {0};
    utf8_encode((uint32_t)read_or_fail(port), first);
    const char *token = read_token(port, first);
    uint32_t code;
    const char *cursor = token;
    const char *end = token + strlen(token);
    code = utf8_decode(&cursor, end);
    if (cursor == end || char_from_name(token, &code)) {
        return character(code);
    }
    Value hex = token[0] == 'x' ? number_from_text(token + 1, 16) : FALSE_VALUE;
    if (!is_fixnum(hex)) {
        fail_read(port, "unknown character name");
    }
    return character((uint32_t)fixnum_value(hex));
}

static Value read_hash_token(Port *port)
{
    const char *token = read_token(port, "#");
    if (strcmp(token, "#t") == 0 || strcmp(token, "#true") == 0) {
        return TRUE_VALUE;
    }
    if (strcmp(token, "#f") == 0 || strcmp(token, "#false") == 0) {
        return FALSE_VALUE;
    }
    Value number = number_from_text(token, 10);
    if (number == FALSE_VALUE) {
        fail_read(port, "unknown # syntax");
    }
    return number;
}

static Value read_hash(Port *port)
{
    switch (port_peek(port)) {
    case '(':
        port_read(port);
        return vector_from_list(read_list(port));
    case '\\':
        port_read(port);
        return read_char_literal(port);
    case '|':
        port_read(port);
        skip_block_comment(port);
        return NULL;
    case ';':
        port_read(port);
        read_datum(port);
        return NULL;
    case '!':
        skip_line(port);
        return NULL;
    default:
        return read_hash_token(port);
    }
}

static Value read_quotation(Port *port, const char *name)
{
    Value datum = read_datum(port);
    if (datum == EOF_OBJECT) {
        fail_read(port, "unexpected end of input");
    }
    return list2(symbol(name), datum);
}

static Value read_unquote(Port *port)
{
    if (port_peek(port) == '@') {
        port_read(port);
        return read_quotation(port, "unquote-splicing");
    }
    return read_quotation(port, "unquote");
}

/* One datum, the end-of-file object, or NULL: then a comment was read. */
static Value read_item(Port *port)
{
    check_depth();
    skip_space(port);
    int64_t c = port_peek(port);
    if (c == END_OF_INPUT) {
        return EOF_OBJECT;
    }
    if (!strchr("()'`,\"|#", c > 0 && c < 128 ? (int)c : 'a')) {
        return read_symbol_or_number(port);
    }
    port_read(port);
    switch (c) {
    case '(':
        return read_list(port);
    case ')':
        fail_read(port, "unexpected closing parenthesis");
    case '\'':
        return read_quotation(port, "quote");
    case '`':
        return read_quotation(port, "quasiquote");
    case ',':
        return read_unquote(port);
    case '"':
        return read_quoted(port, '"');
    case '|':
        return intern(read_quoted(port, '|'));
    default:
        return read_hash(port);
    }
}

Value read_datum(Port *port)
{
    for (;;) {
        Value item = read_item(port);
        if (item) {
            return item;
        }
    }
}
