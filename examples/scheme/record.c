/*
 * record.c – record types and the procedures that work on their instances.
 *
 * define-record-type is a macro of the prelude over the primitives at the end, which make
 * procedures that know their record type and field: no list of names is searched at run time.
 */
#include "record.h"
#include "eval.h"
#include "heap.h"
#include "library.h"

typedef enum RecordOperation { CONSTRUCT, RECOGNIZE, ACCESS, MODIFY } RecordOperation;

typedef struct RecordProcedure {
    Value header;
    RecordType *type;
    RecordOperation operation;
    int argc;
    size_t fields[]; /* what a constructor initializes; or the one field */
} RecordProcedure;

static const char *record_type_name(const RecordType *type)
{
    return string_to_utf8(((Symbol *)type->name)->name, NULL);
}

static Record *as_record(const RecordProcedure *procedure, Value v)
{
    if (!has_type(v, T_RECORD) || ((Record *)v)->type != procedure->type) {
        fail_type("record", record_type_name(procedure->type), v);
    }
    return (Record *)v;
}

static Value construct(const RecordProcedure *procedure, Value *argv)
{
    size_t count = procedure->type->count;
    Record *record = new_object(T_RECORD, sizeof(Record) + count * sizeof(Value));
    record->type = procedure->type;
    for (size_t i = 0; i < count; i++) {
        record->fields[i] = FALSE_VALUE;
    }
    for (int i = 0; i < procedure->argc; i++) {
        record->fields[procedure->fields[i]] = argv[i];
    }
    return (Value)record;
}

Value apply_record_procedure(Value v, int argc, Value *argv)
{
    const RecordProcedure *procedure = (const RecordProcedure *)v;
    if (argc != procedure->argc) {
        fail_kind("error", "wrong number of arguments:", list2(fixnum(argc), v));
    }
    switch (procedure->operation) {
    case CONSTRUCT:
        return construct(procedure, argv);
    case RECOGNIZE:
        return boolean(has_type(argv[0], T_RECORD) && ((Record *)argv[0])->type == procedure->type);
    case ACCESS:
        return as_record(procedure, argv[0])->fields[procedure->fields[0]];
    default:
        as_record(procedure, argv[0])->fields[procedure->fields[0]] = argv[1];
        return UNSPECIFIED;
    }
}

static size_t field_index(const RecordType *type, Value field)
{
    size_t index = 0;
    for (Value rest = type->fields; is_pair(rest); rest = cdr(rest), index++) {
        if (car(rest) == field) {
            return index;
        }
    }
    fail("define-record-type", "no such field:", list1(field));
}

static RecordProcedure *new_procedure(Value type, RecordOperation operation, int argc, int fields)
{
    check_type(type, T_RECORD_TYPE, "define-record-type");
    RecordProcedure *procedure =
        new_object(T_RECORD_PROCEDURE, sizeof(RecordProcedure) + (size_t)fields * sizeof(size_t));
    procedure->type = (RecordType *)type;
    procedure->operation = operation;
    procedure->argc = argc;
    return procedure;
}

/* (%make-record-type name fields) */
static Value make_record_type(Value name, Value fields)
{
    check_type(name, T_SYMBOL, "define-record-type");
    RecordType *type = new_object(T_RECORD_TYPE, sizeof(RecordType));
    type->name = name;
    type->fields = fields;
    type->count = (size_t)list_length(fields);
    return (Value)type;
}

/* (%record-constructor type fields) */
static Value record_constructor(Value type, Value fields)
{
    int count = (int)list_length(fields);
    RecordProcedure *procedure = new_procedure(type, CONSTRUCT, count, count);
    for (int i = 0; i < count; i++, fields = cdr(fields)) {
        procedure->fields[i] = field_index(procedure->type, car(fields));
    }
    return (Value)procedure;
}

/* (%record-predicate type) */
static Value record_predicate(Value type)
{
    return (Value)new_procedure(type, RECOGNIZE, 1, 0);
}

/* (%record-accessor type field) and (%record-modifier type field) */
static Value record_accessor(Value type, Value field)
{
    RecordProcedure *procedure = new_procedure(type, ACCESS, 1, 1);
    procedure->fields[0] = field_index(procedure->type, field);
    return (Value)procedure;
}

static Value record_modifier(Value type, Value field)
{
    RecordProcedure *procedure = new_procedure(type, MODIFY, 2, 1);
    procedure->fields[0] = field_index(procedure->type, field);
    return (Value)procedure;
}

void record_primitives(void)
{
    static const PrimitiveRow rows[] = {
        BINARY("%make-record-type", make_record_type),
        BINARY("%record-constructor", record_constructor),
        UNARY("%record-predicate", record_predicate),
        BINARY("%record-accessor", record_accessor),
        BINARY("%record-modifier", record_modifier),
    };
    define_primitives(rows, COUNT_OF(rows));
}
