/* SPDX-License-Identifier: MIT */
/*
 * Recording.  One function per row of the table, each with short ways for the usual operands (nodes, or a node and a
 * number); all else - numbers only, errors, growth, trapping - goes through slope__record.
 */
#include <slope/ops.h>

#include "tape/tape.h"

static NOINLINE slope_value record1(unsigned code, slope_value x) { return slope__record(code, 1, &x); }

static NOINLINE slope_value record2(unsigned code, slope_value x, slope_value y)
{
    const slope_value operands[] = {x, y};
    return slope__record(code, 2, operands);
}

#define UNARY(name, ...)                                                                         \
    slope_value(slope_##name)(slope_value x)                                                     \
    {                                                                                            \
        SLOPE_HOT_UNARY(slope__code_##name, slope__d_##name, record1(slope__code_##name, x), x); \
    }

#define BINARY(name, ...)                                                                               \
    slope_value(slope_##name)(slope_value x, slope_value y)                                             \
    {                                                                                                   \
        SLOPE_HOT_BINARY(slope__code_##name, slope__d_##name, record2(slope__code_##name, x, y), x, y); \
    }

#define TERNARY(name, ...)                                                 \
    slope_value(slope_##name)(slope_value x, slope_value y, slope_value z) \
    {                                                                      \
        const slope_value operands[] = {x, y, z};                          \
        return slope__record(slope__code_##name, 3, operands);             \
    }

#define NARY(name, ...)
#include "ops.def"

slope_value slope_var(slope_tape *t, double x)
{
    if (SLOPE_LIKELY(slope__is_tape(t) && t->hot.count < t->hot.limit))
        return slope_hot_push(t, slope__code_var, 0, 0, x);
    if (!slope__is_tape(t))
        return (slope_value){0};
    slope_status status = t->error.status ? t->error.status : slope__reserve_nodes(t, t->hot.count + 1);
    if (status) {
        slope__stick(t, status, SIZE_MAX, "no room for another input after %zu nodes: %s", t->hot.count,
                     slope_status_text(status));
        return (slope_value){0};
    }
    slope_value v = slope_hot_push(t, slope__code_var, 0, 0, x);
    slope__trap_value(t, v.node.id);
    return v;
}

/* ------------------------------------------------------------------------------------- the general, checked way */

static const char *operation_name(unsigned code) { return slope_op_describe((slope_op)code)->name; }

/* The tape that the operands belong to; NULL if all are numbers or null. */
static slope_tape *tape_of(size_t n, const slope_value x[])
{
    for (size_t i = 0; i < n; i++) {
        if (slope__is_node(x[i]))
            return x[i].tape;
    }
    return NULL;
}

/* Is every operand a live node of t or a number?  If not, the error sticks. */
int slope__check_operands(slope_tape *t, const char *name, size_t n, const slope_value x[])
{
    for (size_t i = 0; i < n; i++) {
        if (slope_is_null(x[i])) {
            slope__stick(
                t, SLOPE_ERR_NULL, SIZE_MAX,
                "operand %zu of %s is the null value: it was never set, or an earlier operation failed; sums and "
                "arrays of values start as slope_number(0), since {0} is null",
                i + 1, name);
            return 0;
        }
        if (slope_is_number(x[i]))
            continue;
        if (x[i].tape != t) {
            slope__stick(t, SLOPE_ERR_FOREIGN, SIZE_MAX,
                         "operand %zu of %s belongs to another tape: pass slope_data(x) to use its number", i + 1,
                         name);
            return 0;
        }
        if (!slope__is_alive(t, x[i].node)) {
            slope__stick(t, SLOPE_ERR_STALE, x[i].node.id,
                         "operand %zu of %s was made before its tape was reset or rewound: record it again", i + 1,
                         name);
            return 0;
        }
    }
    return 1;
}

/* Appends a number as a node of its own, where operands must be nodes. */
static slope_status push_const(slope_tape *t, double k, uint32_t *id)
{
    slope_status status = slope__reserve_nodes(t, t->hot.count + 1);
    if (status == SLOPE_OK)
        *id = slope_hot_push(t, slope__code_const, 0, 0, k).node.id;
    return status;
}

/* Operand x of a unary or binary operation: a node id, or the index of a number with *code flagged. */
static slope_status short_operand(slope_tape *t, slope_value x, unsigned flag, unsigned *code, uint32_t *out)
{
    if (!slope_is_number(x)) {
        *out = x.node.id;
        return SLOPE_OK;
    }
    slope_status status = slope__reserve_number(t);
    if (status == SLOPE_OK) {
        *code |= flag;
        *out = slope_hot_number(&t->hot, x.number);
    }
    return status;
}

/* The operands of a wide operation as a row of ids; `lead` (custom index) comes first if has_lead. */
slope_status slope__wide_operands(slope_tape *t, int has_lead, uint32_t lead, size_t n, const slope_value x[],
                                  slope_pair *out)
{
    slope_status status = slope__reserve_operands(t, n + (size_t)has_lead);
    if (status)
        return status;
    *out = (slope_pair){(uint32_t)t->operands_count, (uint32_t)n};
    size_t used = t->operands_count;
    if (has_lead)
        t->operands[used++] = lead;
    for (size_t i = 0; i < n; i++, used++) {
        if (slope_is_number(x[i]))
            status = push_const(t, x[i].number, &t->operands[used]);
        else
            t->operands[used] = x[i].node.id;
        if (status)
            return status;
    }
    t->operands_count = used;
    return SLOPE_OK;
}

/* Appends the node, its value computed from its operands; takes back what was appended when anything fails. */
static slope_value append(slope_tape *t, unsigned code, const slope_custom *custom, uint32_t lead, size_t n,
                          const slope_value x[])
{
    const size_t nodes = t->hot.count, numbers = t->hot.number_count, operands = t->operands_count;
    slope_pair pair = {0, 0};
    unsigned flagged = code;
    slope_status status = SLOPE_OK;
    if (custom || slope_op_describe((slope_op)code)->arity < 0 || n == 3)
        status = slope__wide_operands(t, custom != NULL, lead, n, x, &pair);
    else {
        status = short_operand(t, x[0], SLOPE_A_NUMBER, &flagged, &pair.a);
        if (status == SLOPE_OK && n == 2)
            status = short_operand(t, x[1], SLOPE_B_NUMBER, &flagged, &pair.b);
    }
    if (status == SLOPE_OK)
        status = slope__reserve_nodes(t, t->hot.count + 1);
    if (status == SLOPE_OK) {
        slope_value v = slope_hot_push(t, flagged, pair.a, pair.b, 0.0);
        size_t count;
        double few[SLOPE__FEW];
        const double *data = slope__gather(t, v.node.id, few, &count);
        if (slope__evaluate(t, v.node.id, data, count, &t->hot.value[v.node.id], NULL) == SLOPE_OK)
            return v;
        status = SLOPE_ERR_CALLBACK;
    }
    t->hot.count = nodes;
    t->hot.number_count = numbers;
    t->operands_count = operands;
    slope__stick(t, status, SIZE_MAX, "%s could not be recorded after %zu nodes: %s",
                 custom ? custom->name : operation_name(code), t->hot.count, slope_status_text(status));
    return (slope_value){0};
}

static slope_value append_trapped(slope_tape *t, unsigned code, const slope_custom *custom, uint32_t lead, size_t n,
                                  const slope_value x[])
{
    slope_value v = append(t, code, custom, lead, n, x);
    if (!slope_is_null(v))
        slope__trap_value(t, v.node.id);
    return v;
}

/* Numbers only: compute, record nothing.  Wide operations are folded a chunk of the stack at a time only up to here. */
enum { FOLD_MOST = 64 };

static slope_value fold(unsigned code, size_t n, const slope_value x[])
{
    double data[FOLD_MOST];
    for (size_t i = 0; i < n; i++)
        data[i] = x[i].number;
    return slope_number(slope__value(code, n, data));
}

/* n numbers too many for the stack. */
static slope_value fold_large(unsigned code, size_t n, const slope_value x[])
{
    const slope_allocator allocator = slope_allocator_default();
    slope__block block = {0};
    if (slope__block_reserve(&allocator, &block, n, sizeof(double)))
        return (slope_value){0};
    double *data = block.data;
    for (size_t i = 0; i < n; i++)
        data[i] = x[i].number;
    slope_value v = slope_number(slope__value(code, n, data));
    slope__block_free(&allocator, &block);
    return v;
}

slope_value slope__record(unsigned code, size_t n, const slope_value x[])
{
    slope_tape *t = tape_of(n, x);
    if (!t) {
        for (size_t i = 0; i < n; i++) {
            if (slope_is_null(x[i]))
                return (slope_value){0};
        }
        return n <= FOLD_MOST ? fold(code, n, x) : fold_large(code, n, x);
    }
    if (t->error.status || !slope__check_operands(t, operation_name(code), n, x))
        return (slope_value){0};
    return append_trapped(t, code, NULL, 0, n, x);
}

/* Are n operands more than any tape holds?  Then none is read, for n may well be a negative number that was cast. */
static int are_too_many(const char *name, size_t n, const slope_value x[])
{
    if (n <= SLOPE_MAX_NODES)
        return 0;
    slope_tape *t = x ? tape_of(1, x) : NULL;
    if (t)
        slope__stick(t, SLOPE_ERR_LIMIT, SIZE_MAX, "%zu operands of %s are more than a tape can hold", n, name);
    return 1;
}

/* Is this an operation of the table that takes n operands?  n is less than SIZE_MAX. */
static int takes(slope_op op, size_t n)
{
    int fits = 0;
    switch ((unsigned)op) {
#define UNARY(name, ...)     \
    case slope__code_##name: \
        fits = n == 1;       \
        break;
#define BINARY(name, ...)    \
    case slope__code_##name: \
        fits = n == 2;       \
        break;
#define TERNARY(name, ...)   \
    case slope__code_##name: \
        fits = n == 3;       \
        break;
#define NARY(name, symbol, doc, least)                                \
    case slope__code_##name:                                          \
        fits = n + 1 > (least) && (op != SLOPE_OP_DOT || n % 2 == 0); \
        break;
#include "ops.def"
    default: break;
    }
    return fits;
}

slope_value slope_apply(slope_op op, size_t n, const slope_value x[])
{
    const slope_op_info *info = slope_op_describe(op);
    if (are_too_many(info ? info->name : "an unknown operation", n, x))
        return (slope_value){0};
    if (takes(op, n) && (n == 0 || x))
        return slope__record((unsigned)op, n, x);
    slope_tape *t = x ? tape_of(n, x) : NULL;
    if (t)
        slope__stick(t, SLOPE_ERR_ARGUMENT, SIZE_MAX, "%s does not take %zu operands",
                     info ? info->name : "an unknown operation", n);
    return (slope_value){0};
}

/* ------------------------------------------------------------------------------------------------ wide operations */

slope_value(slope_sum)(size_t n, const slope_value x[]) { return slope_apply(SLOPE_OP_SUM, n, x); }

slope_value(slope_mean)(size_t n, const slope_value x[]) { return slope_apply(SLOPE_OP_MEAN, n, x); }

slope_value(slope_norm)(size_t n, const slope_value x[]) { return slope_apply(SLOPE_OP_NORM, n, x); }

slope_value(slope_logsumexp)(size_t n, const slope_value x[]) { return slope_apply(SLOPE_OP_LOGSUMEXP, n, x); }

/* Records op on x[0..n-1] followed by y[0..m-1], joined in the memory of their tape. */
static slope_value record_joined(slope_op op, size_t n, const slope_value x[], size_t m, const slope_value y[])
{
    if (are_too_many(slope_op_describe(op)->name,
                     n > SLOPE_MAX_NODES - 1 || m > SLOPE_MAX_NODES - 1 - n ? SIZE_MAX : n + m, x ? x : y))
        return (slope_value){0};
    if ((n && !x) || (m && !y)) {
        slope_tape *t = x && n ? tape_of(n, x) : y && m ? tape_of(m, y) : NULL;
        if (t)
            slope__stick(t, SLOPE_ERR_ARGUMENT, SIZE_MAX, "an array of operands of %s is NULL",
                         slope_op_describe(op)->name);
        return (slope_value){0};
    }
    slope_tape *t = tape_of(n, x) ? tape_of(n, x) : tape_of(m, y);
    const slope_allocator allocator = t ? t->allocator : slope_allocator_default();
    slope_value few[FOLD_MOST], *all = few;
    slope__block block = {0};
    if (n + m > FOLD_MOST) {
        slope_status status = slope__block_reserve(&allocator, &block, n + m, sizeof(slope_value));
        if (status) {
            if (t)
                slope__stick(t, status, SIZE_MAX, "no memory for %zu operands of %s", n + m,
                             slope_op_describe(op)->name);
            return (slope_value){0};
        }
        all = block.data;
    }
    for (size_t i = 0; i < n; i++)
        all[i] = x[i];
    for (size_t i = 0; i < m; i++)
        all[n + i] = y[i];
    slope_value v = slope_apply(op, n + m, all);
    slope__block_free(&allocator, &block);
    return v;
}

slope_value(slope_dot)(size_t n, const slope_value x[], const slope_value y[])
{
    return record_joined(SLOPE_OP_DOT, n, x, n, y);
}

slope_value(slope_poly)(slope_value x, size_t n, const slope_value c[])
{
    return record_joined(SLOPE_OP_POLY, 1, &x, n, c);
}

/* Where the custom operation is registered; looked for among the latest ones, a second entry does no harm. */
static slope_status register_custom(slope_tape *t, const slope_custom *custom, uint32_t *index)
{
    const size_t count = t->customs_count;
    for (size_t i = count; i-- > 0 && count - i <= 16;) {
        if (t->customs[i] == custom) {
            *index = (uint32_t)i;
            return SLOPE_OK;
        }
    }
    slope_status status = slope__block_reserve(&t->allocator, &t->block.customs, count + 1, sizeof *t->customs);
    if (status == SLOPE_OK) {
        t->customs = t->block.customs.data;
        t->customs[count] = custom;
        t->customs_count = count + 1;
        *index = (uint32_t)count;
    }
    return status;
}

slope_value slope_custom_apply(const slope_custom *custom, size_t n, const slope_value x[])
{
    if (are_too_many("a custom operation", n, x))
        return (slope_value){0};
    slope_tape *t = x ? tape_of(n, x) : NULL;
    if (!t || t->error.status)
        return (slope_value){0};
    if (!custom || !custom->name || !custom->eval) {
        slope__stick(t, SLOPE_ERR_ARGUMENT, SIZE_MAX, "a custom operation needs a name and an eval function");
        return (slope_value){0};
    }
    if (!slope__check_operands(t, custom->name, n, x))
        return (slope_value){0};
    uint32_t index = 0;
    slope_status status = register_custom(t, custom, &index);
    if (status) {
        slope__stick(t, status, SIZE_MAX, "no memory to remember the custom operation %s", custom->name);
        return (slope_value){0};
    }
    return append_trapped(t, slope__code_custom, custom, index, n, x);
}
