/*
 * printer.c – values to text.
 *
 * The text is gathered in a buffer first and then handed to the port as a whole.  Shared and
 * circular structure is not labelled: printing a circular list fails once it has become absurdly
 * long.
 */
#include "printer.h"
#include "control.h"
#include "eval.h"
#include "number.h"
#include "record.h"

#include <stdio.h>
#include <string.h>

enum { LONGEST_TEXT = 16 * 1024 * 1024 };

static const struct {
    const char *name;
    uint32_t code;
} char_names[] = {
    {"alarm", 7},    {"backspace", 8}, {"delete", 127}, {"escape", 27}, {"newline", 10},
    {"null", 0},     {"return", 13},   {"space", 32},   {"tab", 9},     {"nul", 0},
    {"altmode", 27}, {"linefeed", 10}, {"rubout", 127},
};

const char *char_name(uint32_t code)
{
    for (size_t i = 0; i < COUNT_OF(char_names); i++) {
        if (char_names[i].code == code) {
            return char_names[i].name;
        }
    }
    return NULL;
}

bool char_from_name(const char *name, uint32_t *code)
{
    for (size_t i = 0; i < COUNT_OF(char_names); i++) {
        if (strcmp(char_names[i].name, name) == 0) {
            *code = char_names[i].code;
            return true;
        }
    }
    return false;
}

static void put(Buffer *out, const char *text)
{
    buffer_put(out, text, strlen(text));
}

static void put_hex(Buffer *out, const char *prefix, uint32_t code, const char *suffix)
{
    char text[32];
    snprintf(text, sizeof text, "%s%x%s", prefix, (unsigned)code, suffix);
    put(out, text);
}

static void put_char(Buffer *out, uint32_t code)
{
    const char *name = char_name(code);
    put(out, "#\\");
    if (name) {
        put(out, name);
    } else if (code < 32) {
        put_hex(out, "x", code, "");
    } else {
        buffer_put_char(out, code);
    }
}

/* The letter that follows the backslash for this character, or 0 */
static char escape_letter(uint32_t code)
{
    switch (code) {
    case '\a':
        return 'a';
    case '\b':
        return 'b';
    case '\t':
        return 't';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    default:
        return '\0';
    }
}

static void put_quoted(Buffer *out, const String *string, char quote)
{
    buffer_put(out, &quote, 1);
    for (size_t i = 0; i < string->length; i++) {
        uint32_t code = string->chars[i];
        char letter = escape_letter(code);
        if (letter) {
            char text[2] = {'\\', letter};
            buffer_put(out, text, 2);
        } else if (code == (uint32_t)quote || code == '\\') {
            put(out, "\\");
            buffer_put_char(out, code);
        } else if (code < 32 || code == 127) {
            put_hex(out, "\\x", code, ";");
        } else {
            buffer_put_char(out, code);
        }
    }
    buffer_put(out, &quote, 1);
}

static void put_string(Buffer *out, const String *string)
{
    for (size_t i = 0; i < string->length; i++) {
        buffer_put_char(out, string->chars[i]);
    }
}

static bool needs_bars(const char *name)
{
    return *name == '\0' || strcmp(name, ".") == 0 || strpbrk(name, " \t\n\r()\"';`,|\\") ||
           *name == '#' || number_from_text(name, 10) != FALSE_VALUE;
}

static void put_symbol(Buffer *out, Value v, PrintStyle style)
{
    Value name = ((Symbol *)v)->name;
    if (style == PRINT_WRITE && needs_bars(string_to_utf8(name, NULL))) {
        put_quoted(out, (String *)name, '|');
    } else {
        put_string(out, (String *)name);
    }
}

static const char *quote_prefix(Value v)
{
    static const char *const names[] = {"quote",   "'", "quasiquote",       "`",
                                        "unquote", ",", "unquote-splicing", ",@"};
    if (!has_type(car(v), T_SYMBOL) || !is_pair(cdr(v)) || cdr(cdr(v)) != NIL) {
        return NULL;
    }
    for (size_t i = 0; i < COUNT_OF(names); i += 2) {
        if (car(v) == symbol(names[i])) {
            return names[i + 1];
        }
    }
    return NULL;
}

static void put_list(Buffer *out, Value v, PrintStyle style)
{
    const char *prefix = quote_prefix(v);
    if (prefix) {
        put(out, prefix);
        print_to_buffer(out, car(cdr(v)), style);
        return;
    }
    put(out, "(");
    print_to_buffer(out, car(v), style);
    for (v = cdr(v); is_pair(v); v = cdr(v)) {
        put(out, " ");
        print_to_buffer(out, car(v), style);
    }
    if (v != NIL) {
        put(out, " . ");
        print_to_buffer(out, v, style);
    }
    put(out, ")");
}

static void put_vector(Buffer *out, const Vector *vector, PrintStyle style)
{
    put(out, "#(");
    for (size_t i = 0; i < vector->length; i++) {
        put(out, i > 0 ? " " : "");
        print_to_buffer(out, vector->items[i], style);
    }
    put(out, ")");
}

static void put_constant(Buffer *out, Value v)
{
    put(out, v == TRUE_VALUE    ? "#t"
             : v == FALSE_VALUE ? "#f"
             : v == NIL         ? "()"
             : v == EOF_OBJECT  ? "#<eof>"
                                : "#<unspecified>");
}

static void put_record(Buffer *out, const Record *record)
{
    Value field = record->type->fields;
    put(out, "#<record ");
    put_symbol(out, record->type->name, PRINT_DISPLAY);
    for (size_t i = 0; i < record->type->count; i++, field = cdr(field)) {
        put(out, " ");
        put_symbol(out, car(field), PRINT_DISPLAY);
        put(out, ": ");
        print_to_buffer(out, record->fields[i], PRINT_WRITE);
    }
    put(out, ">");
}

static void put_error(Buffer *out, const ErrorObject *error)
{
    put(out, "#<error ");
    print_to_buffer(out, error->message, PRINT_WRITE);
    for (Value rest = error->irritants; is_pair(rest); rest = cdr(rest)) {
        put(out, " ");
        print_to_buffer(out, car(rest), PRINT_WRITE);
    }
    put(out, ">");
}

static void put_procedure(Buffer *out, const char *name)
{
    put(out, "#<procedure");
    if (name) {
        put(out, " ");
        put(out, name);
    }
    put(out, ">");
}

static const char *closure_name(const Closure *closure)
{
    Value name = closure->code->name;
    return name == FALSE_VALUE ? NULL : string_to_utf8(((Symbol *)name)->name, NULL);
}

/* What cannot be read back */
static void put_opaque(Buffer *out, Value v)
{
    switch (type_of(v)) {
    case T_CLOSURE:
        put_procedure(out, closure_name((Closure *)v));
        break;
    case T_PRIMITIVE:
        put_procedure(out, ((Primitive *)v)->name);
        break;
    case T_CONTINUATION:
        put(out, "#<continuation>");
        break;
    case T_PROMISE:
        put(out, "#<promise>");
        break;
    case T_HASH_TABLE:
        put(out, "#<hash-table>");
        break;
    case T_PORT:
        put(out, "#<port>");
        break;
    case T_VALUES:
        put(out, "#<values>");
        break;
    case T_RECORD_TYPE:
        put(out, "#<record-type ");
        put_symbol(out, ((RecordType *)v)->name, PRINT_DISPLAY);
        put(out, ">");
        break;
    case T_RECORD:
        put_record(out, (Record *)v);
        break;
    case T_ERROR:
        put_error(out, (ErrorObject *)v);
        break;
    default:
        put(out, is_procedure(v) ? "#<procedure>" : "#<object>");
    }
}

void print_to_buffer(Buffer *out, Value v, PrintStyle style)
{
    check_depth();
    if (out->length > LONGEST_TEXT) {
        out->length = 0;
        fail("write", "the text is too long: is the structure circular?", NIL);
    }
    switch (type_of(v)) {
    case T_CONSTANT:
        put_constant(out, v);
        break;
    case T_FIXNUM:
    case T_FLONUM:
    case T_BIGNUM:
        put(out, number_to_text(v, 10));
        break;
    case T_CHAR:
        if (style == PRINT_WRITE) {
            put_char(out, char_value(v));
        } else {
            buffer_put_char(out, char_value(v));
        }
        break;
    case T_STRING:
        if (style == PRINT_WRITE) {
            put_quoted(out, (String *)v, '"');
        } else {
            put_string(out, (String *)v);
        }
        break;
    case T_SYMBOL:
        put_symbol(out, v, style);
        break;
    case T_PAIR:
        put_list(out, v, style);
        break;
    case T_VECTOR:
        put_vector(out, (Vector *)v, style);
        break;
    default:
        put_opaque(out, v);
    }
}

void print(Port *port, Value v, PrintStyle style)
{
    Buffer text = {0};
    print_to_buffer(&text, v, style);
    port_write(port, text.data, text.length);
}
