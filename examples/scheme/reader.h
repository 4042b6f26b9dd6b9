/*
 * reader.h – text to values.
 */
#ifndef SCHEME_READER_H
#define SCHEME_READER_H

#include "port.h"

/* The next datum from the port, or the end-of-file object.  Fails with a read error if the text
   ends in the middle of a datum or is not well-formed. */
Value read_datum(Port *port);

/* Skips to what looks like the start of a datum. */
void skip_space(Port *port);

#endif
