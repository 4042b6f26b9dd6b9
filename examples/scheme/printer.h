/*
 * printer.h – values to text.
 */
#ifndef SCHEME_PRINTER_H
#define SCHEME_PRINTER_H

#include "port.h"

typedef enum PrintStyle {
    PRINT_DISPLAY, /* for people: strings and characters as they are */
    PRINT_WRITE    /* for `read`: with quotes and escapes */
} PrintStyle;

void print(Port *port, Value v, PrintStyle style);
void print_to_buffer(Buffer *buffer, Value v, PrintStyle style);

/* The NAME in #\NAME of a character, or NULL if it has none; and the other way round: false if
   there is no such name. */
const char *char_name(uint32_t code);
bool char_from_name(const char *name, uint32_t *code);

#endif
