/* SPDX-License-Identifier: MIT */
/*
 * Structures: a call, a map or a fold as one node with all its operands, and a node for each result right behind it.
 * What it computes, forward and backward, is asked of the object that a layer above gave.
 */
#include <math.h>
#include <stdio.h>

#include "tape/tape.h"

/* The first entry of a structure's row of operands says which one it is. */
const slope__structure *slope__structure_of(const slope_tape *t, uint32_t id)
{
    if (t->hot.code[id] == slope__code_result)
        id = slope_unpack(t->hot.operand[id]).a;
    return &t->structures[t->operands[slope_unpack(t->hot.operand[id]).a]];
}

const char *slope__structure_explain(const slope__structure *s, slope_status status, char text[SLOPE__EXPLANATION])
{
    if (s->kind->explain)
        s->kind->explain(s->object, status, text, SLOPE__EXPLANATION);
    else
        (void)snprintf(text, SLOPE__EXPLANATION, "%s", slope_status_text(status));
    return text;
}

void slope__structure_fails(slope_tape *t, uint32_t id, slope_status status)
{
    char why[SLOPE__EXPLANATION];
    slope__stick(t, status, id, "the structure at node %lu could not be swept: %s", (unsigned long)id,
                 slope__structure_explain(slope__structure_of(t, id), status, why));
}

/* The operands' data, side by side in the tape's scratch memory. */
static double *gather(const slope_tape *t, uint32_t id)
{
    const slope_pair pair = slope_unpack(t->hot.operand[id]);
    for (size_t i = 0; i < pair.b; i++)
        t->scratch[i] = t->hot.value[t->operands[pair.a + 1 + i]];
    return t->scratch;
}

slope_status slope__structure_eval(slope_tape *t, uint32_t id)
{
    const slope__structure *s = slope__structure_of(t, id);
    return s->kind->eval(s->object, gather(t, id), t->hot.value + id + 1);
}

const double *slope__structure_pull(const slope_tape *t, uint32_t id, slope_status *status)
{
    const slope__structure *s = slope__structure_of(t, id);
    const size_t n = slope_unpack(t->hot.operand[id]).b;
    double *adjoint = t->scratch + n;
    size_t k = 0;
    while (k < s->results && id + 1 + k < t->grad_count && t->grad[id + 1 + k] == 0.0)
        k++;
    if (k == s->results || t->grad_count <= id + s->results) { /* not reached, or never swept: nothing flows on */
        for (size_t i = 0; i < n; i++)
            adjoint[i] = 0.0;
        return adjoint;
    }
    *status = s->kind->pull(s->object, gather(t, id), t->grad + id + 1, adjoint);
    return *status != SLOPE_OK ? NULL : adjoint;
}

void slope__rewind_structures(slope_tape *t, size_t structures, size_t guards)
{
    while (t->structures_count > structures) {
        const slope__structure *s = &t->structures[--t->structures_count];
        s->kind->destroy(s->object);
    }
    t->guards_count = guards;
}

/* The node, its results and their data; or what stands against evaluating it. */
static slope_status append_numbers(slope_tape *t, size_t n, const slope_value x[], size_t m, slope_value y[])
{
    slope_pair pair = {0, 0};
    const uint32_t lead = (uint32_t)(t->structures_count - 1);
    slope_status status = slope__wide_operands(t, 1, lead, n, x, &pair);
    if (status == SLOPE_OK)
        status = slope__reserve_nodes(t, t->hot.count + 1 + m);
    if (status != SLOPE_OK)
        return status;
    const uint32_t id = slope_hot_push(t, slope__code_structure, pair.a, pair.b, 0.0).node.id;
    t->structures[lead].node = id;
    for (size_t k = 0; k < m; k++)
        y[k] = slope_hot_push(t, slope__code_result, id, 0, (double)NAN);
    status = slope__structure_eval(t, id);
    if (status != SLOPE_OK)
        return status;
    for (size_t k = 0; k < m; k++)
        slope__trap_value(t, id + 1 + (uint32_t)k);
    return SLOPE_OK;
}

slope_status slope__record_structure(slope_tape *t, const slope__structure_kind *kind, void *object, const char *name,
                                     size_t n, const slope_value x[], size_t m, slope_value y[])
{
    slope_status status = t->error.status;
    char why[SLOPE__EXPLANATION] = "";
    if (status == SLOPE_OK && !slope__check_operands(t, name, n, x))
        status = t->error.status;
    if (status == SLOPE_OK && (m >= SLOPE_MAX_NODES || n >= SLOPE_MAX_NODES))
        status = SLOPE_ERR_LIMIT;
    if (status == SLOPE_OK)
        status =
            slope__block_reserve(&t->allocator, &t->block.structures, t->structures_count + 1, sizeof *t->structures);
    const size_t nodes = t->hot.count, operands = t->operands_count;
    if (status == SLOPE_OK) {
        t->structures = t->block.structures.data;
        t->structures[t->structures_count++] = (slope__structure){kind, object, name, 0, (uint32_t)m};
        status = append_numbers(t, n, x, m, y);
        if (status != SLOPE_OK) {
            (void)slope__structure_explain(&t->structures[t->structures_count - 1], status, why);
            t->hot.count = nodes;
            t->operands_count = operands;
            slope__rewind_structures(t, t->structures_count - 1, t->guards_count);
        }
    } else {
        kind->destroy(object);
    }
    if (status != SLOPE_OK) {
        slope__stick(t, status, SIZE_MAX, "a %s of %zu operands could not be recorded: %s", name, n,
                     *why ? why : slope_status_text(status));
        for (size_t k = 0; k < m; k++)
            y[k] = (slope_value){0};
    }
    return status;
}
