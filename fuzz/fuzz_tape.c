/* SPDX-License-Identifier: MIT */
/*
 * Bytes as a program of recordings: any operation on any earlier value, numbers, marks, rewinds, labels, several
 * sweeps.  Nothing may crash; and the sweep must agree with the chain rule over what the nodes tell of themselves.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <slope/slope.h>

enum { VALUES = 200 };

/* Numbers at which strong zeros matter. */
static const double edges[8] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 1e308, 5e-324, -1e-200};

static void require(int condition)
{
    if (!condition)
        abort();
}

/*
 * The sweep adds the same products in the same order, so not a bit may differ.  Once an adjoint is infinite or NaN,
 * zeros beside poles and identities have their say (docs/edges.md), and the plain chain rule can be no judge.
 */
static void check_sweep(slope_tape *t, slope_value y)
{
    if (slope_is_number(y) || !slope_is_valid(y) || slope_tape_status(t))
        return;
    require(slope_backward(y) == SLOPE_OK);
    const size_t n = (size_t)y.node.id + 1;
    double *g = calloc(n, sizeof *g);
    if (!g)
        return;
    g[y.node.id] = 1.0;
    int finite = 1;
    for (size_t i = n; i-- > 0 && finite;) {
        slope_value v = slope_tape_value(t, i);
        slope_node node;
        require(slope_inspect(v, &node) == SLOPE_OK);
        for (size_t k = 0; k < node.operands; k++) {
            slope_value x = slope_operand(v, k);
            const double term = g[i] * slope_partial(v, k);
            if (!slope_is_number(x))
                g[x.node.id] += term;
            finite &= isfinite(term);
        }
    }
    for (size_t i = 0; i < n && finite; i++)
        require(slope_grad(slope_tape_value(t, i)) == g[i]);
    free(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    slope_tape *t = slope_tape_create(NULL);
    if (!t || !size) {
        slope_tape_destroy(t);
        return 0;
    }
    slope_value v[VALUES] = {slope_var(t, 0.5)};
    slope_mark mark = slope_tape_mark(t);
    for (size_t i = 1, at = 0; i < VALUES && at + 4 <= size; i++, at += 4) {
        const slope_op op = (slope_op)(data[at] % slope_op_count());
        const slope_op_info *info = slope_op_describe(op);
        slope_value x[4];
        for (size_t k = 0; k < 4; k++)
            x[k] = data[at + k] & 0x80 && k ? slope_number((data[at + k] & 0x7F) / 16.0 - 4.0) : v[data[at + k] % i];
        const size_t n = info->arity >= 0 ? (size_t)info->arity : 1 + data[at + 3] % 4u;
        if (op == SLOPE_OP_VAR)
            v[i] = slope_var(t, data[at + 2] & 1 ? edges[data[at + 1] % 8] : data[at + 1] / 32.0 - 4.0);
        else if (op == SLOPE_OP_NONE)
            v[i] = slope_label(v[i - 1], "label");
        else if (op == SLOPE_OP_CONST)
            v[i] = slope_tape_rewind(t, mark) == SLOPE_OK ? slope_var(t, 1.0) : slope_number(1.0);
        else if (op == SLOPE_OP_CUSTOM)
            mark = slope_tape_mark(t), v[i] = slope_var(t, 2.0);
        else
            v[i] = slope_apply(op, n, x);
        if (slope_tape_status(t)) { /* a stale operand or a count that does not fit: begin again */
            require(slope_tape_error(t)->message[0] != '\0');
            slope_tape_reset(t);
            mark = slope_tape_mark(t);
            v[0] = v[i] = slope_var(t, 0.5);
        }
        if (data[at] & 0x40)
            check_sweep(t, v[i]);
    }
    slope_tape_destroy(t);
    return 0;
}
