/* SPDX-License-Identifier: MIT */
/*
 * The reverse sweep again, with tests, where the plain one met 0 * Inf or a NaN (tape/backward.c).
 *
 * An adjoint or a partial that is exactly 0 contributes exactly 0, but for computed zeros behind a pole, and roots
 * whose adjoint is 0 because of themselves; see ops/zeros.h for which those are.  Derivation does the same with
 * instructions (derive/kink.c), so that both give the same answers.
 */
#include <math.h>
#include <string.h>

#include "ops/zeros.h"
#include "tape/tape.h"

/* What a node knows beside its adjoint. */
typedef struct zero_mark {
    uint64_t behind; /* the inputs it depends on, as a set */
    uint64_t roots;  /* those of the roots with an infinite slope that it depends on */
    double probe;    /* the adjoint, if operations that are flat at 0 had the slope 1; of nodes with roots */
    unsigned char poled, ended, lapsed;
} zero_mark;

typedef struct strong_sweep {
    slope_tape *t;
    zero_mark *mark;
    uint32_t node; /* which is swept now */
    double g;      /* its adjoint */
} strong_sweep;

static unsigned code_at(const slope_tape *t, size_t id) { return t->hot.code[id] & CODE_MASK; }

static int see_node(const void *graph, size_t id, slope__seen *seen)
{
    const slope_tape *t = graph;
    const unsigned code = code_at(t, id);
    const size_t n = slope__operand_count(t, (uint32_t)id);
    if (code <= slope__code_const || code >= slope__code_custom || n == 0)
        return 0;
    *seen = (slope__seen){.code = code, .operands = n};
    for (size_t k = 0; k < n && k < 2; k++) {
        const slope_value x = slope__operand_at(t, (uint32_t)id, k);
        seen->is_number[k] = slope_is_number(x);
        if (seen->is_number[k])
            seen->number[k] = x.number;
        else
            seen->id[k] = x.node.id;
    }
    return 1;
}

static double number_exponent(const slope_tape *t, uint32_t id)
{
    return t->hot.code[id] & SLOPE_B_NUMBER ? t->hot.number[slope_unpack(t->hot.operand[id]).b] : NAN;
}

/* ------------------------------------------------------------------------------------------------------------ marks */

/* Partials of a node of the table; operands go to x. */
static const double *partials_of(const slope_tape *t, uint32_t id, double few[SLOPE__FEW],
                                 double few_partials[SLOPE__FEW], size_t *n)
{
    const double *x = slope__gather(t, id, few, n);
    double *partial = slope__room(t, few_partials, *n);
    return slope__evaluate(t, id, x, *n, NULL, partial) ? NULL : partial;
}

/* Has the node a vertical tangent? */
static int is_vertical(const slope_tape *t, uint32_t id)
{
    double few[SLOPE__FEW], few_partials[SLOPE__FEW];
    size_t n;
    if (slope__end_of(code_at(t, id), 0, number_exponent(t, id)) != SLOPE__END_ROOT)
        return 0;
    const double *partial = partials_of(t, id, few, few_partials, &n);
    return partial && isinf(partial[0]);
}

/* Finds roots with an infinite slope and what depends on them. */
static void mark_roots(const strong_sweep *s, size_t top)
{
    const slope_tape *t = s->t;
    size_t inputs = 0;
    for (size_t i = 0; i <= top; i++) {
        zero_mark *m = &s->mark[i];
        m->probe = t->grad[i]; /* the seeds */
        if (code_at(t, i) == slope__code_var)
            m->behind = (uint64_t)1 << inputs++ % 64;
        const size_t n = slope__operand_count(t, (uint32_t)i);
        for (size_t k = 0; k < n; k++) {
            const slope_value x = slope__operand_at(t, (uint32_t)i, k);
            if (slope_is_number(x))
                continue;
            m->behind |= s->mark[x.node.id].behind;
            m->roots |= s->mark[x.node.id].roots;
        }
        if (is_vertical(t, (uint32_t)i))
            m->roots |= m->behind;
    }
}

/* ------------------------------------------------------------------------------------------------------------ terms */

/* What stands for the adjoint in probes. */
static double adjoint_or_probe(const strong_sweep *s)
{
    const zero_mark *m = &s->mark[s->node];
    return m->lapsed ? m->probe : s->g;
}

static double strong_product(double g, double p) { return g == 0.0 || p == 0.0 ? 0.0 : g * p; }

/* A term for a node: from an operand's slope, or by an identity. */
static void strong_term(const strong_sweep *s, uint32_t of, double p, int weak, int flat)
{
    zero_mark *to = &s->mark[of];
    const zero_mark *from = &s->mark[s->node];
    const double g = s->g;
    s->t->grad[of] += weak && p == 0.0 && g - g != 0.0 ? NAN : strong_product(g, p);
    if (!to->roots)
        return;
    to->probe += flat ? adjoint_or_probe(s) : strong_product(adjoint_or_probe(s), p);
    to->lapsed |= from->lapsed | (unsigned char)flat;
}

/* Does the slope along operand k become 0 by the very root that the operand depends on? */
static int is_lapse(const strong_sweep *s, unsigned code, size_t n, size_t k)
{
    const slope_value x = slope__operand_at(s->t, s->node, k);
    size_t other = k;
    switch (code) {
    case slope__code_mul:
    case slope__code_zmul: other = 1 - k; break;
    case slope__code_fma: other = k < 2 ? 1 - k : k; break;
    case slope__code_dot: other = k < n / 2 ? k + n / 2 : k - n / 2; break;
    case slope__code_poly: return k == 0;
    default: return slope__is_flat_at_0(code);
    }
    const slope_value y = slope__operand_at(s->t, s->node, other);
    return other != k && !slope_is_number(y) && (s->mark[x.node.id].roots & s->mark[y.node.id].roots) != 0;
}

static int is_constant_0(const slope_tape *t, slope_value x)
{
    return slope_data(x) == 0.0 && (slope_is_number(x) || code_at(t, x.node.id) == slope__code_const);
}

/* Is the partial 0 for every x, by a number that is 0? */
static int is_constant_partial(const slope_tape *t, uint32_t id, unsigned code, size_t n, size_t k)
{
    switch (code) {
    case slope__code_mul:
    case slope__code_zmul: return is_constant_0(t, slope__operand_at(t, id, 1 - k));
    case slope__code_fma: return k < 2 && is_constant_0(t, slope__operand_at(t, id, 1 - k));
    case slope__code_dot: return is_constant_0(t, slope__operand_at(t, id, k < n / 2 ? k + n / 2 : k - n / 2));
    case slope__code_pow:
    case slope__code_powi: return k == 0 && is_constant_0(t, slope__operand_at(t, id, 1));
    case slope__code_poly: return k == 0 && n < 3;
    default: return 0;
    }
}

static void strong_operand(const strong_sweep *s, unsigned code, size_t n, size_t k, double p, int twice)
{
    const slope_tape *t = s->t;
    const zero_mark *from = &s->mark[s->node];
    zero_mark *to = &s->mark[slope__operand_at(t, s->node, k).node.id];
    const slope__end end = slope__end_of(code, k, number_exponent(t, s->node));
    const slope__zero zero = twice ? slope__zero_of_both(code) : slope__zero_of(code, k);
    const int weak = !is_constant_partial(t, s->node, code, n, k) &&
                     ((zero == SLOPE__ZERO_COMPUTED && from->poled) || (zero == SLOPE__ZERO_CHOSEN && from->ended));
    to->poled |= end == SLOPE__END_POLE || (end == SLOPE__END_NONE && from->poled);
    to->ended |= end != SLOPE__END_NONE || from->ended;
    if (isinf(p) && s->g == 0.0 && from->lapsed && from->roots && end == SLOPE__END_ROOT)
        t->grad[slope__operand_at(t, s->node, k).node.id] += strong_product(from->probe, p);
    strong_term(s, slope__operand_at(t, s->node, k).node.id, p, weak, to->roots && is_lapse(s, code, n, k));
}

/* ------------------------------------------------------------------------------------------------------- identities */

static int leap_over_root(const strong_sweep *s)
{
    const slope_tape *t = s->t;
    slope__power power;
    slope__seen root;
    if (!slope__is_power_of_root(see_node, t, s->node, &power) || !see_node(t, power.base, &root))
        return 0;
    const uint32_t base = (uint32_t)power.base;
    const double v = t->hot.value[base];
    for (size_t k = 0; k < (root.code == slope__code_pow ? 1u : root.operands); k++) {
        const slope_value x = slope__operand_at(t, base, k);
        if (slope_is_number(x))
            continue;
        zero_mark *to = &s->mark[x.node.id];
        to->poled |= s->mark[s->node].poled;
        to->ended |= s->mark[s->node].ended;
        strong_term(s, x.node.id,
                    power.scale *
                        slope__power_slope(root.code, slope_data(x), number_exponent(t, base), v, power.exponent),
                    0, 0);
    }
    return 1;
}

static int leap_over_logarithm(const strong_sweep *s, unsigned code)
{
    const slope_tape *t = s->t;
    slope__factor factor[SLOPE__FACTORS];
    const double scale = slope__log_scale(code);
    const slope_value x = scale > 0.0 ? slope__operand_at(t, s->node, 0) : slope_number(0.0);
    const size_t n = slope_is_number(x) ? 0 : slope__factors_of(see_node, t, x.node.id, factor);
    for (size_t k = 0; k < n; k++) {
        slope__seen in = {.code = slope__code_none};
        size_t of = factor[k].id;
        const int known = see_node(t, of, &in) && slope__is_exponential(in.code) && !in.is_number[0];
        if (known)
            of = in.id[0];
        const double p = slope__log_slope(known ? in.code : slope__code_none, t->hot.value[of]);
        s->mark[of].poled = s->mark[of].ended = 1;
        strong_term(s, (uint32_t)of, slope_data(x) >= 0.0 ? scale * factor[k].weight * p : NAN, 0, 0);
    }
    return n > 0;
}

/* ------------------------------------------------------------------------------------------------------------ sweep */

/* A node of the table or a custom one.  Nonzero: the callback failed. */
static int strong_node(const strong_sweep *s, unsigned code)
{
    const slope_tape *t = s->t;
    double few[SLOPE__FEW], few_partials[SLOPE__FEW];
    size_t n;
    if (code < slope__code_custom && (leap_over_root(s) || leap_over_logarithm(s, code)))
        return 0;
    const double *partial = partials_of(t, s->node, few, few_partials, &n);
    if (!partial)
        return 1;
    const slope_value a = slope__operand_at(t, s->node, 0), b = n == 2 ? slope__operand_at(t, s->node, 1) : a;
    const int twice = n == 2 && !slope_is_number(a) && slope_same(a, b);
    if (twice) {
        strong_operand(s, code, n, 0, partial[0] + partial[1], 1);
        return 0;
    }
    for (size_t k = 0; k < n; k++) {
        if (!slope_is_number(slope__operand_at(t, s->node, k)))
            strong_operand(s, code, n, k, partial[k], 0);
    }
    return 0;
}

/* The adjoints of a structure's operands.  Nonzero: it failed, which sticks. */
static int strong_structure(const strong_sweep *s)
{
    slope_tape *t = s->t;
    const slope_pair pair = slope_unpack(t->hot.operand[s->node]);
    slope_status status = SLOPE_OK;
    const double *adjoint = slope__structure_pull(t, s->node, &status);
    for (size_t i = 0; adjoint && i < pair.b; i++)
        t->grad[t->operands[pair.a + 1 + i]] += adjoint[i];
    if (!adjoint)
        slope__structure_fails(t, s->node, status);
    return adjoint == NULL;
}

slope_status slope__sweep_strong(slope_tape *t, size_t top, size_t *failed)
{
    slope__block block = {0};
    const slope_status status = slope__block_reserve(&t->allocator, &block, top + 1, sizeof(zero_mark));
    if (status)
        return status;
    strong_sweep s = {t, block.data, 0, 0.0};
    memset(s.mark, 0, (top + 1) * sizeof *s.mark);
    mark_roots(&s, top);
    *failed = SIZE_MAX;
    for (size_t i = top + 1; i-- > 0 && *failed == SIZE_MAX;) {
        const unsigned code = code_at(t, i);
        s.node = (uint32_t)i;
        s.g = t->grad[i];
        if (code == slope__code_structure) {
            *failed = strong_structure(&s) ? i : SIZE_MAX;
        } else if (code == slope__code_result) {
            const uint32_t of = slope_unpack(t->hot.operand[i]).a;
            t->grad[of] += s.g < 0.0 ? -s.g : s.g;
        } else if (code > slope__code_const && (s.g != 0.0 || (s.mark[i].lapsed && s.mark[i].probe != 0.0))) {
            *failed = strong_node(&s, code) ? i : SIZE_MAX;
        }
    }
    slope__block_free(&t->allocator, &block);
    return SLOPE_OK;
}
