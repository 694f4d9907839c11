/* SPDX-License-Identifier: MIT */
/*
 * The reverse sweep.  For a node v of operands a, b, with adjoint g:   a.grad += g * dv/da,   b.grad += g * dv/db.
 *
 * Strong zeros cost nothing when they are not needed: this sweep has no tests.  Where 0 * Inf or 0 * NaN arose, the NaN
 * has flowed on into an input or a number, since every partial is multiplied, a zero one too; then, and only then, the
 * sweep is repeated with tests (tape/strong.c).  See Griewank and Walther, "Evaluating Derivatives", 2nd ed., section
 * 3.2, for the sweep itself.
 */
#include <string.h>

#include "tape/tape.h"

/*
 * Adds g * p to the adjoint of node `id`.  Returns the adjoint of the next node to be swept, `below` as known so far:
 * where a chain of nodes uses each other it stays in a register, which halves the latency of a step.
 */
static ALWAYS_INLINE double add(double *grad, uint32_t id, size_t i, double below, double g, double p)
{
    const double sum = grad[id] + g * p;
    grad[id] = sum;
    return id + 1 == i ? sum : below;
}

/* One wide or custom node: the partials of all operands at once.  Nonzero: the callback failed. */
static int sweep_wide(slope_tape *t, uint32_t id, double g)
{
    size_t n;
    double few[SLOPE__FEW], few_partials[SLOPE__FEW];
    const double *x = slope__gather(t, id, few, &n);
    double *partial = slope__room(t, few_partials, n);
    if (slope__evaluate(t, id, x, n, NULL, partial))
        return 1;
    const int is_custom = (t->hot.code[id] & CODE_MASK) == slope__code_custom;
    const uint32_t *ids = t->operands + slope_unpack(t->hot.operand[id]).a + is_custom;
    for (size_t i = 0; i < n; i++)
        (void)add(t->grad, ids[i], 0, 0.0, g, partial[i]);
    return 0;
}

/* All results of a structure have their adjoints: on to its operands.  Nonzero: it failed. */
static int sweep_structure(slope_tape *t, uint32_t id)
{
    const slope_pair pair = slope_unpack(t->hot.operand[id]);
    const uint32_t *ids = t->operands + pair.a + 1;
    slope_status status = SLOPE_OK;
    const double *adjoint = slope__structure_pull(t, id, &status);
    for (size_t i = 0; adjoint && i < pair.b; i++)
        (void)add(t->grad, ids[i], 0, 0.0, 1.0, adjoint[i]);
    if (!adjoint)
        slope__structure_fails(t, id, status);
    return adjoint == NULL;
}

/*
 * The loop from node `top` down.  Returns the node whose callback failed, or SIZE_MAX; *probe tells whether an
 * adjoint that reached an input or a number is not finite.
 */
static NOINLINE size_t sweep(slope_tape *t, size_t top, int *probe)
{
    const uint16_t *code = t->hot.code;
    const slope_packed *operand = t->hot.operand;
    const double *value = t->hot.value, *number = t->hot.number;
    double *grad = t->grad;
    int bad = 0; /* an adjoint that is not finite reached a leaf */
    size_t i = top;
    double g = grad[i], below;
    for (;;) { /* node 0 has no operands, so only leaves need to look for the end */
        const slope_pair pair = slope_unpack(operand[i]);
        switch (code[i]) {
        case slope__code_var:
        case slope__code_const:
            bad |= !(g - g == 0.0);
            if (i == 0)
                goto done;
            below = grad[i - 1];
            break;
#define UNARY(name, ...)                                                                                      \
    case slope__code_##name:                                                                                  \
        below = add(grad, pair.a, i, grad[i - 1], g, slope__d_##name##_0(value[pair.a], 0.0, 0.0, value[i])); \
        break;
#define BINARY(name, ...)                                                                                            \
    case slope__code_##name: {                                                                                       \
        const double a = value[pair.a], b = value[pair.b], v = value[i];                                             \
        below = add(grad, pair.a, i, grad[i - 1], g, slope__d_##name##_0(a, b, 0.0, v));                             \
        below = add(grad, pair.b, i, below, g, slope__d_##name##_1(a, b, 0.0, v));                                   \
        break;                                                                                                       \
    }                                                                                                                \
    case slope__code_##name | SLOPE_A_NUMBER:                                                                        \
        below =                                                                                                      \
            add(grad, pair.b, i, grad[i - 1], g, slope__d_##name##_1(number[pair.a], value[pair.b], 0.0, value[i])); \
        break;                                                                                                       \
    case slope__code_##name | SLOPE_B_NUMBER:                                                                        \
        below =                                                                                                      \
            add(grad, pair.a, i, grad[i - 1], g, slope__d_##name##_0(value[pair.a], number[pair.b], 0.0, value[i])); \
        break;
#define TERNARY(name, ...)                                                               \
    case slope__code_##name: {                                                           \
        const uint32_t *id = t->operands + pair.a;                                       \
        const double a = value[id[0]], b = value[id[1]], c = value[id[2]], v = value[i]; \
        below = add(grad, id[0], i, grad[i - 1], g, slope__d_##name##_0(a, b, c, v));    \
        below = add(grad, id[1], i, below, g, slope__d_##name##_1(a, b, c, v));          \
        below = add(grad, id[2], i, below, g, slope__d_##name##_2(a, b, c, v));          \
        break;                                                                           \
    }
#define NARY(name, ...)        \
    case slope__code_##name: { \
        goto wide;             \
    }
#include "ops.def"
        case slope__code_result: below = add(grad, pair.a, i, grad[i - 1], g, g < 0.0 ? -1.0 : 1.0); break;
        case slope__code_structure:
            if (sweep_structure(t, (uint32_t)i))
                return i;
            if (i == 0) /* one of data alone may come first */
                goto done;
            below = grad[i - 1];
            break;
        case slope__code_custom:
        wide:
            if (g != 0.0 && sweep_wide(t, (uint32_t)i, g))
                return i;
            below = grad[i - 1];
            break;
        default: UNREACHABLE();
        }
        g = below;
        i--;
    }
done:
    *probe = bad;
    return SIZE_MAX;
}

/* Zeroes the adjoints up to `top`, all results of a structure included if it is one, and sets the seeds. */
static void seed_adjoints(slope_tape *t, size_t top, size_t n, const slope_value y[], const double seed[])
{
    size_t last = top;
    if (slope__is_structural(t, (uint32_t)top)) {
        const slope__structure *s = slope__structure_of(t, (uint32_t)top);
        last = (size_t)s->node + s->results;
    }
    memset(t->grad, 0, (last + 1) * sizeof *t->grad);
    t->grad_count = last + 1;
    for (size_t i = 0; i < n; i++) {
        if (!slope_is_number(y[i]))
            t->grad[y[i].node.id] += seed ? seed[i] : 1.0;
    }
}

/* Are all outputs numbers or live values of one tape?  Finds the tape (NULL: numbers only) and the highest id. */
static slope_status check_outputs(size_t n, const slope_value y[], slope_tape **tape, size_t *top)
{
    for (size_t i = 0; i < n; i++) {
        if (slope_is_null(y[i]))
            return SLOPE_ERR_NULL;
        if (slope_is_number(y[i]))
            continue;
        if (*tape && y[i].tape != *tape)
            return SLOPE_ERR_FOREIGN;
        if (!slope__is_alive(y[i].tape, y[i].node))
            return SLOPE_ERR_STALE;
        if (!*tape || y[i].node.id > *top)
            *top = y[i].node.id;
        *tape = y[i].tape;
    }
    return SLOPE_OK;
}

slope_status slope__sweep(slope_tape *t, size_t top, size_t n, const slope_value y[], const double seed[])
{
    slope_status status = slope__reserve_grad(t);
    if (status)
        return status;
    int probe = 0;
    seed_adjoints(t, top, n, y, seed);
    size_t failed = sweep(t, top, &probe);
    if (failed == SIZE_MAX && probe) {
        seed_adjoints(t, top, n, y, seed);
        status = slope__sweep_strong(t, top, &failed);
    }
    if (status) {
        t->grad_count = 0;
        return status;
    }
    if (failed == SIZE_MAX)
        return SLOPE_OK;
    t->grad_count = 0;
    slope__stick(t, SLOPE_ERR_CALLBACK, failed, "the custom operation at node %zu reported failure", failed);
    return t->error.status; /* what stands against sweeping a structure sticks already */
}

slope_status slope_backward_seeded(size_t n, const slope_value y[], const double seed[])
{
    slope_tape *t = NULL;
    size_t top = 0;
    if (n && !y)
        return SLOPE_ERR_ARGUMENT;
    slope_status status = check_outputs(n, y, &t, &top);
    if (status || !t)
        return status;
    if (t->error.status)
        return t->error.status;
    status = slope__sweep(t, top, n, y, seed);
    slope_origin origin;
    if (status != SLOPE_OK || !t->trap)
        return status;
    status = slope__nonfinite_partial(t, top, &origin);
    if (status == SLOPE_OK && !slope_is_null(origin.node)) {
        status = SLOPE_ERR_NONFINITE;
        slope__stick(t, status, origin.node.node.id, "%s", origin.message);
    }
    return status;
}

slope_status slope_backward(slope_value y) { return slope_backward_seeded(1, &y, NULL); }
