/*
 * record.h – record types and the procedures that work on their instances.
 */
#ifndef SCHEME_RECORD_H
#define SCHEME_RECORD_H

#include "value.h"

typedef struct RecordType {
    Value header;
    Value name;   /* a symbol */
    Value fields; /* a list of symbols */
    size_t count;
} RecordType;

typedef struct Record {
    Value header;
    RecordType *type;
    Value fields[];
} Record;

/* Calls a constructor, predicate, accessor or modifier. */
Value apply_record_procedure(Value procedure, int argc, Value *argv);

void record_primitives(void);

#endif
