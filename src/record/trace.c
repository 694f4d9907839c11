/* SPDX-License-Identifier: MIT */
/* Functions from a callback and from text: a tape for the time of recording, frozen at its end. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/exceptions.h"
#include "expr/expr.h"
#include "record/record.h"

static int are_few(size_t n, const slope_group group[])
{
    size_t total = 0;
    for (size_t g = 0; g < n; g++) {
        if (group[g].length > SLOPE_MAX_CELLS - total)
            return 0;
        total += group[g].length;
    }
    return 1;
}

/* Arrays of values for groups, one after another in one block; room[g] points into it.  NULL: no memory. */
static slope_value **make_room(size_t n, const slope_group group[])
{
    size_t total = 0;
    for (size_t g = 0; g < n; g++)
        total += group[g].length;
    slope_value **room = slope__new(n + 1, sizeof *room);
    if (!room)
        return NULL;
    slope_value *at = slope__new(total, sizeof *at);
    if (!at) {
        free(room);
        return NULL;
    }
    room[n] = at; /* what is to be freed */
    for (size_t g = 0; g < n; g++, at += group[g - 1].length)
        room[g] = at;
    return room;
}

static void free_room(slope_value **room, size_t n)
{
    if (room)
        free(room[n]);
    free(room);
}

static slope_function *run_trace(slope_tape *tape, size_t inputs, const slope_group input[], slope_value *const x[],
                                 size_t outputs, const slope_group output[], slope_value *const y[],
                                 const double *const start[], slope_trace *trace, void *context, slope_error *error)
{
    for (size_t g = 0; g < inputs; g++) {
        for (size_t j = 0; j < input[g].length; j++)
            x[g][j] = slope_var(tape, start && start[g] ? start[g][j] : 0.0);
    }
    tape->recorded = tape->hot.count;
    const slope_value *const *in = (const slope_value *const *)x;
    if (slope_tape_status(tape) == SLOPE_OK && trace(tape, in, y, context) && slope_tape_status(tape) == SLOPE_OK) {
        (void)slope__fail(error, SLOPE_ERR_CALLBACK, SIZE_MAX, "the callback that was to be recorded reported failure");
        return NULL;
    }
    tape->recorded = 0;
    if (slope_tape_status(tape) != SLOPE_OK) {
        const slope_error *told = slope_tape_error(tape);
        (void)slope__fail(error, told->status, told->position, "%s", told->message);
        return NULL;
    }
    return slope_function_create(inputs, input, in, outputs, output, (const slope_value *const *)y, error);
}

slope_function *slope_function_record(size_t inputs, const slope_group input[], size_t outputs,
                                      const slope_group output[], const double *const start[], slope_trace *trace,
                                      void *context, slope_error *error)
{
    if (error)
        *error = (slope_error){0};
    if ((inputs && !input) || (outputs && !output) || !trace) {
        (void)slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "%s",
                          trace ? "the groups are NULL" : "there is no callback to record");
        return NULL;
    }
    if (!are_few(inputs, input) || !are_few(outputs, output)) {
        (void)slope__fail(error, SLOPE_ERR_LIMIT, SIZE_MAX, "the groups have more than %zu numbers", SLOPE_MAX_CELLS);
        return NULL;
    }
    slope_tape *tape = slope_tape_create(NULL);
    slope_value **x = make_room(inputs, input), **y = make_room(outputs, output);
    slope_function *f = NULL;
    slope__exceptions before = {0};
    if (!start) /* 1 / x at 0 means nothing */
        slope__hold_exceptions(&before);
    if (tape && x && y)
        f = run_trace(tape, inputs, input, x, outputs, output, y, start, trace, context, error);
    else
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory to record the function");
    if (!start)
        slope__release_exceptions(&before);
    free_room(x, inputs);
    free_room(y, outputs);
    slope_tape_destroy(tape);
    return f;
}

/* --------------------------------------------------------------------------------------------------------- text */

/* What a text is read with: its free names as inputs, and its outputs. */
typedef struct reading {
    slope_tape *tape;
    slope_name *name;
    slope_binding *binding;
    slope_value *x, *y;
    slope_group *input, *output;
    const slope_value **in, **out;
} reading;

static void free_reading(reading *r)
{
    slope_tape_destroy(r->tape);
    free(r->name);
    free(r->binding);
    free(r->x);
    free(r->y);
    free(r->input);
    free(r->output);
    free(r->in);
    free(r->out);
}

static int make_reading(reading *r, size_t names, size_t outputs)
{
    r->tape = slope_tape_create(NULL);
    r->name = slope__new(names, sizeof *r->name);
    r->binding = slope__new(names, sizeof *r->binding);
    r->x = slope__new(names, sizeof *r->x);
    r->y = slope__new(outputs, sizeof *r->y);
    r->input = slope__new(names, sizeof *r->input);
    r->output = slope__new(outputs, sizeof *r->output);
    r->in = slope__new(names, sizeof *r->in);
    r->out = slope__new(outputs, sizeof *r->out);
    return r->tape && r->name && r->binding && r->x && r->y && r->input && r->output && r->in && r->out;
}

/* The name of the last statement's value, as far as it has one that is no input's. */
static const char *name_of(const reading *r, size_t names, slope_value y)
{
    slope_node node;
    if (slope_is_number(y) || slope_inspect(y, &node) != SLOPE_OK || !node.label || node.op == SLOPE_OP_VAR)
        return "f";
    for (size_t k = 0; k < names; k++) {
        if (strcmp(r->name[k].name, node.label) == 0)
            return "f";
    }
    return node.label;
}

static slope_status read_statements(reading *r, const char *text, size_t length, size_t names, size_t n,
                                    const char *const out[], slope_parse_error *wrong)
{
    slope_value result;
    for (size_t k = 0; k < n; k++) {
        if (!out[k])
            return SLOPE_ERR_ARGUMENT;
    }
    const slope_status status =
        slope__parse_outputs(r->tape, text, length, names, r->binding, n, out, r->y, &result, wrong);
    for (size_t k = 0; k < n && status == SLOPE_OK; k++) {
        r->output[k] = (slope_group){out[k], 1};
        r->out[k] = &r->y[k];
    }
    if (n == 0 && status == SLOPE_OK) {
        r->y[0] = result;
        r->output[0] = (slope_group){name_of(r, names, result), 1};
        r->out[0] = r->y;
    }
    return status;
}

static slope_status tell(slope_error *error, slope_status status, const slope_parse_error *wrong)
{
    return slope__fail(error, status, wrong->status ? wrong->position : SIZE_MAX, "%s",
                       wrong->status ? wrong->message : slope_status_text(status));
}

slope_function *slope_function_parse(const char *text, size_t length, size_t n, const char *const out[],
                                     slope_error *error)
{
    if (error)
        *error = (slope_error){0};
    slope_parse_error wrong = {0};
    size_t names = 0;
    slope_status status = n > 0 && !out ? SLOPE_ERR_ARGUMENT : slope_parse_names(text, length, 0, NULL, &names, &wrong);
    if (status != SLOPE_OK) {
        (void)tell(error, status, &wrong);
        return NULL;
    }
    reading r = {0};
    slope_function *f = NULL;
    length = length == SIZE_MAX ? strlen(text) : length;
    if (!make_reading(&r, names, n ? n : 1)) {
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory to read the text");
        free_reading(&r);
        return NULL;
    }
    slope__exceptions before = {0};
    slope__hold_exceptions(&before); /* 1 / x at 0 means nothing */
    status = slope_parse_names(text, length, names, r.name, &names, &wrong);
    for (size_t k = 0; k < names && status == SLOPE_OK; k++) {
        r.x[k] = slope_var(r.tape, 0.0);
        r.binding[k] = (slope_binding){r.name[k].name, r.x[k]};
        r.input[k] = (slope_group){r.name[k].name, 1};
        r.in[k] = &r.x[k];
    }
    status = status ? status : read_statements(&r, text, length, names, n, out, &wrong);
    if (status == SLOPE_OK)
        f = slope_function_create(names, r.input, r.in, n ? n : 1, r.output, r.out, error);
    else
        (void)tell(error, status, &wrong);
    slope__release_exceptions(&before);
    free_reading(&r);
    return f;
}
