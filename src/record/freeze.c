/* SPDX-License-Identifier: MIT */
/*
 * From values of a tape to a function: the nodes that the outputs and guards need, in order of recording, through the
 * builder.
 *
 * Inputs that were not named are constants at their present numbers.  A structure becomes the text of its function,
 * which is one loop or a few; its views then point at the cells of its operands.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "function/opaque.h"
#include "record/record.h"

typedef struct freezer {
    slope_tape *t;
    slope__builder *b;
    slope_error *error;
    slope__cell *cell; /* of each node, SLOPE__NONE: not needed or not there yet */
    unsigned char *needed;
    size_t nodes;
    slope__cell *operand; /* of one node at a time */
    size_t widest;
    slope_function **custom; /* of the tape's custom operations: those that were met, NULL: not yet */
} freezer;

slope_status slope__check_groups(size_t n, const slope_group group[], const slope_value *const x[], const char *what,
                                 slope_error *error)
{
    if (n > 0 && (!group || !x))
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "the %s groups are NULL", what);
    for (size_t g = 0; g < n; g++) {
        if (!group[g].name)
            return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "%s group %zu has no name", what, g);
        if (!x[g] && group[g].length > 0)
            return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "the values of %s %.60s are NULL", what,
                               group[g].name);
    }
    return SLOPE_OK;
}

/* Finds the tape of the outputs and checks every value. */
static slope_status check_values(freezer *z, size_t n, const slope_group group[], const slope_value *const x[],
                                 const char *what, int inputs)
{
    for (size_t g = 0; g < n; g++) {
        for (size_t j = 0; j < group[g].length; j++) {
            const slope_value v = x[g][j];
            if (slope_is_null(v))
                return slope__fail(z->error, SLOPE_ERR_NULL, SIZE_MAX,
                                   "%s %.60s[%zu] is the null value: it was not set", what, group[g].name, j);
            if (slope_is_number(v) && !inputs)
                continue;
            if (!slope_is_valid(v))
                return slope__fail(z->error, SLOPE_ERR_STALE, SIZE_MAX,
                                   "%s %.60s[%zu] was made before its tape was reset or rewound", what, group[g].name,
                                   j);
            if (slope_is_number(v) || (inputs && v.tape->hot.code[v.node.id] != slope__code_var))
                return slope__fail(z->error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "%s %.60s[%zu] is not an input of a tape",
                                   what, group[g].name, j);
            if (z->t && z->t != v.tape)
                return slope__fail(z->error, SLOPE_ERR_FOREIGN, SIZE_MAX, "%s %.60s[%zu] is of another tape", what,
                                   group[g].name, j);
            z->t = v.tape;
        }
    }
    return SLOPE_OK;
}

/* ------------------------------------------------------------------------------------------------- what is needed */

static void need_operands(freezer *z, uint32_t id)
{
    const unsigned code = z->t->hot.code[id] & CODE_MASK;
    const slope_pair pair = slope_unpack(z->t->hot.operand[id]);
    const int arity = slope_op_describe((slope_op)code)->arity;
    if (arity == 1 || arity == 2) {
        if (!(z->t->hot.code[id] & SLOPE_A_NUMBER))
            z->needed[pair.a] = 1;
        if (arity == 2 && !(z->t->hot.code[id] & SLOPE_B_NUMBER))
            z->needed[pair.b] = 1;
        return;
    }
    const size_t n = arity == 0 ? 0 : pair.b;
    for (size_t i = 0; i < n; i++)
        z->needed[z->t->operands[pair.a + (uint32_t)slope__has_lead(code) + i]] = 1;
    if (n > z->widest)
        z->widest = n;
}

/* Marks backward from outputs and guards; finds the widest row of operands. */
static void find_needed(freezer *z, size_t outputs, const slope_group output[], const slope_value *const y[])
{
    for (size_t g = 0; g < outputs; g++) {
        for (size_t j = 0; j < output[g].length; j++) {
            if (!slope_is_number(y[g][j]))
                z->needed[y[g][j].node.id] = 1;
        }
    }
    for (size_t k = 0; k < z->t->guards_count; k++)
        z->needed[z->t->guards[k].node] = 1;
    for (size_t i = z->nodes; i-- > 0;) {
        if (z->needed[i])
            need_operands(z, (uint32_t)i);
    }
}

/* Data groups of all structures that are needed: those of one pointer and length are one. */
static size_t find_data(freezer *z, size_t capacity, slope__group data[])
{
    size_t count = 0;
    for (size_t k = 0; k < z->t->structures_count; k++) {
        const slope__structure *s = &z->t->structures[k];
        const slope_function *f = ((const slope__called *)s->object)->function;
        for (size_t g = f->inputs; z->needed[s->node] && g < f->inputs + f->data; g++) {
            size_t d = 0;
            while (d < count && (data[d].bound != f->input[g].bound || data[d].length != f->input[g].length))
                d++;
            if (d == count && count < capacity)
                data[count++] = f->input[g];
        }
    }
    return count;
}

/* ----------------------------------------------------------------------------------------------------- freezing */

static slope__cell number_or_cell(freezer *z, uint32_t index, unsigned flag)
{
    return flag ? slope__build_number(z->b, z->t->hot.number[index]) : z->cell[index];
}

static void freeze_operation(freezer *z, uint32_t id)
{
    const unsigned flagged = z->t->hot.code[id], code = flagged & CODE_MASK;
    const slope_pair pair = slope_unpack(z->t->hot.operand[id]);
    const int arity = slope_op_describe((slope_op)code)->arity;
    if (arity == 1 || arity == 2) {
        z->operand[0] = number_or_cell(z, pair.a, flagged & SLOPE_A_NUMBER);
        z->operand[1] = arity == 2 ? number_or_cell(z, pair.b, flagged & SLOPE_B_NUMBER) : 0;
        z->cell[id] = slope__build(z->b, code, (size_t)arity, z->operand);
        return;
    }
    for (size_t i = 0; i < pair.b; i++)
        z->operand[i] = z->cell[z->t->operands[pair.a + i]];
    z->cell[id] = slope__build(z->b, code, pair.b, z->operand);
}

/* The function of a structure, with its inputs at the cells of the operands and its results at those of the nodes. */
static void freeze_structure(freezer *z, uint32_t id, size_t datas, const slope__group data[])
{
    const slope__structure *s = slope__structure_of(z->t, id);
    const slope_function *f = ((const slope__called *)s->object)->function;
    const uint32_t *operand = z->t->operands + slope_unpack(z->t->hot.operand[id]).a + 1;
    slope__cell *map = slope__new(f->cells, sizeof *map);
    if (!map) {
        slope__builder_fail(z->b, SLOPE_ERR_MEMORY, "there is not enough memory for the function");
        return;
    }
    for (size_t g = 0; g < f->inputs + f->data; g++) {
        size_t d = 0;
        while (g >= f->inputs && d < datas &&
               (data[d].bound != f->input[g].bound || data[d].length != f->input[g].length))
            d++;
        for (size_t j = 0; j < f->input[g].length; j++)
            map[f->input[g].first + j] =
                g < f->inputs ? z->cell[operand[f->input[g].first + j]] : (slope__cell)(data[d].first + j);
    }
    slope__build_text(z->b, f, map);
    for (size_t k = 0; k < s->results; k++)
        z->cell[id + 1 + k] = map[f->result[k]];
    free(map);
}

/* The custom operation number `lead` of the tape on n operands; the same one is one function. */
static slope_function *custom_function(freezer *z, size_t lead, size_t n)
{
    for (size_t k = 0; k < z->t->customs_count; k++) {
        slope_function *f = z->custom[k];
        if (f && z->t->customs[k] == z->t->customs[lead] && f->input_cells == n)
            return f;
    }
    slope_error error = {0};
    z->custom[lead] = slope__custom_scalar(z->t->customs[lead], n, &error);
    if (!z->custom[lead])
        slope__builder_fail(z->b, error.status, "%s", error.message);
    return z->custom[lead];
}

static void freeze_custom(freezer *z, uint32_t id)
{
    const slope_pair pair = slope_unpack(z->t->hot.operand[id]);
    const uint32_t *row = z->t->operands + pair.a;
    const slope_function *f = custom_function(z, row[0], pair.b);
    for (size_t i = 0; i < pair.b; i++)
        z->operand[i] = z->cell[row[1 + i]];
    if (f)
        slope__build_whole(z->b, f, z->operand, &z->cell[id]);
}

static void freeze_node(freezer *z, uint32_t id, size_t datas, const slope__group data[])
{
    switch (z->t->hot.code[id] & CODE_MASK) {
    case slope__code_var:
    case slope__code_const:
        if (z->cell[id] == SLOPE__NONE) /* not one of the function's inputs */
            z->cell[id] = slope__build_number(z->b, z->t->hot.value[id]);
        break;
    case slope__code_custom: freeze_custom(z, id); break;
    case slope__code_structure: freeze_structure(z, id, datas, data); break;
    case slope__code_result: break;
    default: freeze_operation(z, id); break;
    }
}

static void freeze_guards(freezer *z)
{
    for (size_t k = 0; k < z->t->guards_count; k++) {
        const slope__guarded *g = &z->t->guards[k];
        const slope__note *place = slope__find_note(z->t, g->node, 1);
        slope__build_guard(z->b, z->cell[g->node], g->expected, place ? place->file : NULL,
                           place ? (int)place->line : 0);
    }
}

static void freeze_outputs(freezer *z, size_t outputs, const slope_group output[], const slope_value *const y[])
{
    for (size_t g = 0; g < outputs; g++) {
        slope__cell *cell = slope__new(output[g].length, sizeof *cell);
        for (size_t j = 0; cell && j < output[g].length; j++)
            cell[j] = slope_is_number(y[g][j]) ? slope__build_number(z->b, y[g][j].number) : z->cell[y[g][j].node.id];
        if (cell)
            slope__build_output(z->b, output[g].name, output[g].length, cell, 0);
        else
            slope__builder_fail(z->b, SLOPE_ERR_MEMORY, "there is not enough memory for the function");
        free(cell);
    }
}

enum { MOST_DATA = 256 }; /* data groups of one function */

static void freeze(freezer *z, size_t inputs, const slope_group input[], const slope_value *const x[], size_t outputs,
                   const slope_group output[], const slope_value *const y[])
{
    slope__group data[MOST_DATA];
    for (size_t g = 0; g < inputs; g++) {
        const slope__cell first = slope__build_input(z->b, input[g].name, input[g].length);
        for (size_t j = 0; j < input[g].length && first != SLOPE__NONE; j++)
            z->cell[x[g][j].node.id] = first + (slope__cell)j;
    }
    if (z->t)
        find_needed(z, outputs, output, y);
    const size_t datas = z->t ? find_data(z, MOST_DATA, data) : 0;
    if (datas == MOST_DATA)
        slope__builder_fail(z->b, SLOPE_ERR_LIMIT, "the function would have %d or more data groups", MOST_DATA);
    for (size_t d = 0; d < datas; d++) {
        char name[32];
        (void)snprintf(name, sizeof name, "data%zu", d);
        data[d].first = slope__build_data(z->b, name, data[d].length, data[d].bound);
    }
    slope__builder_expect(z->b, z->nodes);
    z->operand = slope__new(z->widest + 3, sizeof *z->operand);
    if (!z->operand)
        slope__builder_fail(z->b, SLOPE_ERR_MEMORY, "there is not enough memory for the function");
    for (size_t i = 0; i < z->nodes && slope__builder_status(z->b) == SLOPE_OK; i++) {
        if (z->needed[i])
            freeze_node(z, (uint32_t)i, datas, data);
    }
    if (slope__builder_status(z->b) == SLOPE_OK && z->t)
        freeze_guards(z);
    if (slope__builder_status(z->b) == SLOPE_OK)
        freeze_outputs(z, outputs, output, y);
}

slope_function *slope_function_create(size_t inputs, const slope_group input[], const slope_value *const x[],
                                      size_t outputs, const slope_group output[], const slope_value *const y[],
                                      slope_error *error)
{
    if (error)
        *error = (slope_error){0};
    freezer z = {.error = error};
    slope_status status = slope__check_groups(inputs, input, x, "input", error);
    status = status ? status : slope__check_groups(outputs, output, y, "output", error);
    status = status ? status : check_values(&z, inputs, input, x, "input", 1);
    status = status ? status : check_values(&z, outputs, output, y, "output", 0);
    if (status == SLOPE_OK && z.t && z.t->error.status)
        status = slope__fail(error, z.t->error.status, z.t->error.position, "%s", z.t->error.message);
    if (status != SLOPE_OK)
        return NULL;
    z.nodes = z.t ? z.t->hot.count : 0;
    z.b = slope__builder_create(SLOPE_PASS_DEFAULT);
    z.cell = slope__new(z.nodes, sizeof *z.cell);
    z.needed = slope__new(z.nodes, 1);
    const size_t customs = z.t ? z.t->customs_count : 0;
    z.custom = slope__new(customs, sizeof *z.custom);
    if (z.b && z.cell && z.needed && z.custom) {
        memset(z.cell, 0xff, z.nodes * sizeof *z.cell); /* SLOPE__NONE */
        freeze(&z, inputs, input, x, outputs, output, y);
    } else if (z.b) {
        slope__builder_fail(z.b, SLOPE_ERR_MEMORY, "there is not enough memory for the function");
    }
    free(z.cell);
    free(z.needed);
    free(z.operand);
    for (size_t k = 0; z.custom && k < customs; k++)
        slope_function_destroy(z.custom[k]);
    free(z.custom);
    return slope__builder_finish(z.b, error);
}
