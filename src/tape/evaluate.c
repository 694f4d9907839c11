/* SPDX-License-Identifier: MIT */
/* One node at a time: its operands, its value and its partials from them; and the forward sweep over all nodes. */
#include "tape/tape.h"

static unsigned code_of(const slope_tape *t, uint32_t id) { return t->hot.code[id] & CODE_MASK; }

size_t slope__operand_count(const slope_tape *t, uint32_t id)
{
    const unsigned code = code_of(t, id);
    const int arity = slope_op_describe((slope_op)code)->arity;
    return arity >= 0 && code != slope__code_custom ? (size_t)arity : slope_unpack(t->hot.operand[id]).b;
}

slope_value slope__operand_at(const slope_tape *t, uint32_t id, size_t i)
{
    const unsigned code = code_of(t, id);
    const slope_pair pair = slope_unpack(t->hot.operand[id]);
    slope_tape *tape = (slope_tape *)(uintptr_t)t; /* the handle is the caller's, who has the tape unqualified */
    if (slope__operand_count(t, id) <= 2 && slope_op_describe((slope_op)code)->arity >= 0) {
        const uint32_t index = i ? pair.b : pair.a;
        return t->hot.code[id] & (i ? SLOPE_B_NUMBER : SLOPE_A_NUMBER) ? slope_number(t->hot.number[index])
                                                                       : slope__handle(tape, index);
    }
    return slope__handle(tape, t->operands[pair.a + (unsigned)slope__has_lead(code) + i]);
}

const double *slope__gather(const slope_tape *t, uint32_t id, double few[SLOPE__FEW], size_t *n)
{
    const unsigned code = t->hot.code[id];
    const slope_pair pair = slope_unpack(t->hot.operand[id]);
    const int arity = slope_op_describe((slope_op)(code & CODE_MASK))->arity;
    if (arity == 1 || arity == 2) {
        few[0] = code & SLOPE_A_NUMBER ? t->hot.number[pair.a] : t->hot.value[pair.a];
        few[1] = arity == 1 ? 0.0 : code & SLOPE_B_NUMBER ? t->hot.number[pair.b] : t->hot.value[pair.b];
        *n = (size_t)arity;
        return few;
    }
    *n = arity == 0 ? 0 : pair.b;
    double *data = *n <= SLOPE__FEW ? few : t->scratch;
    const uint32_t *ids = t->operands ? t->operands + pair.a + slope__has_lead(code & CODE_MASK) : NULL;
    for (size_t i = 0; i < *n; i++)
        data[i] = t->hot.value[ids[i]];
    return data;
}

double *slope__room(const slope_tape *t, double few[SLOPE__FEW], size_t n)
{
    return n <= SLOPE__FEW ? few : t->scratch + n;
}

/* A structure has data 0, its results' data are set by it; see slope_partial for what its partials are. */
static slope_status evaluate_structure(const slope_tape *t, uint32_t id, double *value, size_t n, double partial[])
{
    if (value)
        *value = t->hot.value[id];
    if (!partial)
        return SLOPE_OK;
    const double g = id < t->grad_count ? t->grad[id] : 0.0;
    if (code_of(t, id) ==
        slope__code_result) { /* so that the structure's adjoint is not 0 where those of results cancel */
        partial[0] = g < 0.0 ? -1.0 : 1.0;
        return SLOPE_OK;
    }
    slope_status status = SLOPE_OK;
    const double *adjoint = slope__structure_pull(t, id, &status); /* where `partial` may be, too */
    for (size_t i = 0; adjoint && i < n; i++)
        partial[i] = g != 0.0 ? adjoint[i] / g : 0.0;
    return status;
}

slope_status slope__evaluate(const slope_tape *t, uint32_t id, const double x[], size_t n, double *value,
                             double partial[])
{
    const unsigned code = code_of(t, id);
    if (code == slope__code_custom) {
        const slope_custom *custom = t->customs[t->operands[slope_unpack(t->hot.operand[id]).a]];
        double v = NAN; /* what the callback doesn't write must not look like a result */
        for (size_t i = 0; partial && i < n; i++)
            partial[i] = NAN;
        const int failed = custom->eval(n, x, &v, partial, custom->context);
        if (!failed && value)
            *value = v;
        return failed ? SLOPE_ERR_CALLBACK : SLOPE_OK;
    }
    if (code == slope__code_structure || code == slope__code_result)
        return evaluate_structure(t, id, value, n, partial);
    if (value)
        *value = slope__value(code, n, x);
    if (partial)
        slope__partials(code, n, x, value ? *value : t->hot.value[id], partial);
    return SLOPE_OK;
}

slope_status slope__recompute(slope_tape *t, uint32_t id)
{
    const unsigned code = code_of(t, id);
    size_t n;
    double few[SLOPE__FEW];
    if (code == slope__code_structure)
        return slope__structure_eval(t, id);
    if (code <= slope__code_const || code == slope__code_result)
        return SLOPE_OK;
    const double *x = slope__gather(t, id, few, &n);
    return slope__evaluate(t, id, x, n, &t->hot.value[id], NULL);
}

static void stick_failure(slope_tape *t, uint32_t id, slope_status status)
{
    char why[SLOPE__EXPLANATION];
    if (code_of(t, id) == slope__code_structure)
        slope__stick(t, status, id, "the structure at node %lu reported failure: %s", (unsigned long)id,
                     slope__structure_explain(slope__structure_of(t, id), status, why));
    else
        slope__stick(t, status, id, "the custom operation at node %lu reported failure: %s", (unsigned long)id,
                     slope_status_text(status));
}

slope_status slope_forward(slope_tape *t)
{
    if (!slope__is_tape(t))
        return SLOPE_ERR_ARGUMENT;
    for (size_t i = 0; i < t->hot.count && !t->error.status; i++) {
        const uint32_t id = (uint32_t)i;
        const slope_status status = slope__recompute(t, id);
        if (status != SLOPE_OK)
            stick_failure(t, id, status);
        slope__trap_value(t, id);
    }
    for (size_t k = 0; k < t->guards_count && !t->error.status; k++)
        if ((t->hot.value[t->guards[k].node] != 0) != (t->guards[k].expected != 0))
            return SLOPE_ERR_BRANCH;
    return t->error.status;
}
