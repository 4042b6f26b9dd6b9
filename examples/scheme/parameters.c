/*
 * parameters.c – parameter objects: procedures without arguments that answer a value.
 *
 * The prelude's parameterize exchanges the value by dynamic-wind, with the primitives here.
 */
#include "eval.h"
#include "heap.h"
#include "library.h"

static Value convert(const Parameter *parameter, Value value)
{
    return is_true(parameter->converter) ? call1(parameter->converter, value) : value;
}

static Value make_parameter(int argc, Value *argv)
{
    Parameter *parameter = new_object(T_PARAMETER, sizeof(Parameter));
    parameter->converter = argc > 1 ? argv[1] : FALSE_VALUE;
    parameter->value = convert(parameter, argv[0]);
    return (Value)parameter;
}

/* (%parameter-convert parameter value) */
static Value parameter_convert(Value v, Value value)
{
    check_type(v, T_PARAMETER, "parameterize");
    return convert((Parameter *)v, value);
}

/* (%parameter-exchange! parameter value): sets the value and answers the old one. */
static Value parameter_exchange(Value v, Value value)
{
    check_type(v, T_PARAMETER, "parameterize");
    Parameter *parameter = (Parameter *)v;
    Value old = parameter->value;
    parameter->value = value;
    return old;
}

void parameter_primitives(void)
{
    static const PrimitiveRow rows[] = {
        VARIADIC("make-parameter", make_parameter, 1, 2),
        BINARY("%parameter-convert", parameter_convert),
        BINARY("%parameter-exchange!", parameter_exchange),
    };
    define_primitives(rows, COUNT_OF(rows));
}
