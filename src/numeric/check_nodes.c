/* SPDX-License-Identifier: MIT */
/* The check of local partials: every operation alone, as a function of its operands. */
#include "numeric/numeric.h"

#include <math.h>
#include <string.h>

#include "tape/tape.h"

/* One operation under test. */
typedef struct operation {
    slope_tape *tape;
    uint32_t id;
    size_t n;
    const double *x, *partial;
    slope_numeric_options options;
} operation;

/* A slope_function_c: the operation on other operands. */
static int evaluate_operation(size_t n, const double x[], size_t m, double y[], void *context)
{
    const operation *op = context;
    (void)m;
    return slope__evaluate(op->tape, op->id, x, n, y, NULL) != SLOPE_OK;
}

static slope_status check_line(operation *op, const double direction[], size_t j, double exact,
                               slope_check_entry *entry)
{
    slope__probe p = {
        .f = evaluate_operation, .context = op, .n = op->n, .m = 1, .x = op->x, .direction = direction, .j = j};
    slope_status status = slope__probe_open(&p, &op->options);
    status = status ? status : slope__check_line(&p, 0.0, exact, 0.0, entry);
    slope__probe_close(&p);
    return status;
}

/* Moves all operands at once, each by its own amount: any wrong partial shows in the sum. */
static slope_status check_together(operation *op, int *is_right)
{
    slope__block block = {NULL, 0};
    slope_check_entry entry;
    *is_right = 0;
    slope_status status = slope__block_reserve(&op->options.allocator, &block, op->n, sizeof(double));
    if (status)
        return status;
    double *direction = block.data, sum = 0.0, lost = 0.0;
    uint32_t random = 2463534242u; /* xorshift; the same directions every time */
    for (size_t i = 0; i < op->n; i++) {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        direction[i] = (random & 1 ? 1.0 : -1.0) * (0.5 + (double)(random >> 1) * 0x1p-31);
        /* Neumaier's sum: `exact` must not lose digits where terms cancel */
        const double term = op->partial[i] * direction[i], next = sum + term;
        lost += fabs(sum) >= fabs(term) ? sum - next + term : term - next + sum;
        sum = next;
    }
    status = check_line(op, direction, 0, sum + lost, &entry);
    *is_right = !status && entry.verdict == SLOPE_VERDICT_RIGHT;
    slope__block_free(&op->options.allocator, &block);
    return status;
}

/* Every operand of one operation that is a node. */
static slope_status check_operation(operation *op, slope_culprit *culprit)
{
    enum { MANY = 16 };
    if (op->n > MANY) {
        int is_right;
        const slope_status status = check_together(op, &is_right);
        if (status || is_right)
            return status;
    }
    for (size_t i = 0; i < op->n; i++) {
        if (slope_is_number(slope__operand_at(op->tape, op->id, i)))
            continue;
        slope_check_entry entry;
        const slope_status status = check_line(op, NULL, i, op->partial[i], &entry);
        if (status)
            return status;
        if (entry.verdict == SLOPE_VERDICT_WRONG) {
            *culprit = (slope_culprit){slope__handle(op->tape, op->id), i, entry};
            return SLOPE_OK;
        }
    }
    return SLOPE_OK;
}

slope_status slope_check_nodes(slope_value y, slope_culprit *culprit)
{
    if (!culprit)
        return SLOPE_ERR_ARGUMENT;
    *culprit = (slope_culprit){0};
    if (slope_is_null(y))
        return SLOPE_ERR_NULL;
    if (slope_is_number(y))
        return SLOPE_OK;
    if (!slope__is_alive(y.tape, y.node))
        return SLOPE_ERR_STALE;
    operation op = {.tape = y.tape, .options = slope_numeric_options_default()};
    op.options.allocator = y.tape->allocator;
    slope__block block = {NULL, 0};
    slope_status status = y.tape->error.status;
    status = status ? status : slope__block_reserve(&y.tape->allocator, &block, (size_t)y.node.id + 1, 1);
    if (status)
        return status;
    unsigned char *reached = block.data;
    slope__mark_reached(y.tape, y.node.id, reached);
    for (size_t id = 0; id <= y.node.id && !status && slope_is_null(culprit->node); id++) {
        double few[SLOPE__FEW], few_partials[SLOPE__FEW];
        op.id = (uint32_t)id;
        if (!reached[id] || !slope__operand_count(y.tape, op.id) || slope__is_structural(y.tape, op.id))
            continue; /* the functions of structures are checked by themselves */
        if ((y.tape->hot.code[id] & CODE_MASK) == slope__code_detach)
            continue; /* its slope is not that of its number, which is what it is for */
        op.x = slope__gather(y.tape, op.id, few, &op.n);
        double *partial = slope__room(y.tape, few_partials, op.n);
        op.partial = partial;
        status = slope__evaluate(y.tape, op.id, op.x, op.n, NULL, partial);
        status = status ? status : check_operation(&op, culprit);
    }
    slope__block_free(&y.tape->allocator, &block);
    return status;
}
