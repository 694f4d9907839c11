/* SPDX-License-Identifier: MIT */
/*
 * The reverse sweep where a slope of 0 meets an infinite one, or a kink.
 *
 * A strong zero takes what is behind it out of the sum, which is right where it was decided (a branch, a clamp) and
 * wrong where it was computed: by a factor that underflowed in front of a pole, or by an outer operation that is flat
 * just where a root or a kink is, as in cos(hypot(x, y)).  ops/zeros.h says which is which.
 *
 * Behind a pole a computed zero is weak: 0 * Inf is NaN there.  For the other case a second adjoint is swept to cells
 * that depend on a root or a kink, the probe: there the slope of an operation that is flat at 0 counts as 1, so that
 * the probe is 0 only where nobody asks.  A root adds its infinite slope, a kink its missing second one, where the
 * adjoint is 0 and the probe is not.  Functions without roots and kinks have no probes.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "derive/derive.h"
#include "ops/zeros.h"

enum { SETS = 64 };

static slope__ref number_ref(double k)
{
    slope__ref r = {NULL, {0}};
    r.number = k;
    return r;
}

static slope__ref ref_to(slope__builder *b, slope__cell c)
{
    double known;
    slope__ref r = {b, {c}};
    return slope__built_number(b, c, &known) ? number_ref(known) : r;
}

/* ------------------------------------------------------------------------------------------------ what f looks like */

static int known_number(const slope_function *f, slope__cell c, double *x)
{
    if (c < f->input_cells || c >= f->input_cells + f->numbers)
        return 0;
    *x = f->number[c - f->input_cells];
    return 1;
}

static int see_instruction(const void *graph, size_t id, slope__seen *seen)
{
    const slope_function *f = graph;
    if (id < f->input_cells + f->numbers)
        return 0;
    const slope__instruction *i = slope__made_by(f, (slope__cell)id);
    if (i->code == slope__code_loop)
        return 0;
    *seen = (slope__seen){.code = i->code, .operands = i->count};
    for (size_t k = 0; k < i->count && k < 2; k++) {
        seen->id[k] = f->operand[i->operand + k];
        seen->is_number[k] = known_number(f, (slope__cell)seen->id[k], &seen->number[k]);
    }
    return 1;
}

static slope__end end_of_operand(const slope_function *f, const slope__instruction *i, size_t k)
{
    double exponent = NAN;
    if (i->count == 2)
        (void)known_number(f, f->operand[i->operand + 1], &exponent);
    return slope__end_of(i->code, k, exponent);
}

/* ----------------------------------------------------------------------------------------------------------- probes */

static int is_kink(unsigned code)
{
    return slope__zero_of(code, 0) == SLOPE__ZERO_CHOSEN || code == slope__code_min || code == slope__code_max;
}

static int has_root(const slope_function *f, const slope__instruction *i)
{
    return end_of_operand(f, i, 0) == SLOPE__END_ROOT;
}

static int has_probe(const slope_function *f, const slope__instruction *i)
{
    return is_kink(i->code) || has_root(f, i);
}

typedef int probed(const slope_function *f, const slope__instruction *i);

/* Of each cell: what roots and kinks it depends on, told by the inputs that these depend on, as a set: two of different
   inputs have nothing to do with each other.  flag NULL: all inputs vary.  NULL in *sets: there are none.  0: there is
   no memory. */
static int find_sets(const slope_function *f, const unsigned char flag[], probed *is_probed, uint64_t **sets)
{
    size_t found = 0;
    *sets = NULL;
    for (size_t n = 0; n < f->instructions && found == 0; n++)
        found += f->instruction[n].code != slope__code_loop && is_probed(f, &f->instruction[n]) &&
                 (!flag || flag[f->instruction[n].result] & SLOPE__VARIES);
    if (found == 0)
        return 1;
    uint64_t *roots = slope__new(f->cells, sizeof *roots), *behind = slope__new(f->cells, sizeof *behind);
    for (size_t c = 0; behind && c < f->input_cells; c++)
        behind[c] = !flag || flag[c] & SLOPE__VARIES ? (uint64_t)1 << c % SETS : 0;
    for (size_t n = 0; roots && behind && n < f->instructions; n++) {
        const slope__instruction *i = &f->instruction[n];
        if (i->code == slope__code_loop) /* of nobody knows what */
            memset(behind + i->result, 0xFF, slope__results_of(f, i) * sizeof *behind);
        for (size_t k = 0; k < i->count && i->code != slope__code_loop; k++) {
            behind[i->result] |= behind[f->operand[i->operand + k]];
            roots[i->result] |= roots[f->operand[i->operand + k]];
        }
        if (i->code != slope__code_loop && is_probed(f, i))
            roots[i->result] |= behind[i->result];
    }
    free(behind);
    *sets = roots;
    return roots && behind;
}

int slope__kinks_find(slope__pull *p)
{
    if (!find_sets(p->f, p->flag, has_probe, &p->roots))
        return 0;
    p->probe = p->roots ? slope__new(p->f->cells, sizeof *p->probe) : NULL;
    return p->probe || !p->roots;
}

int slope__push_find_roots(slope__push *p) { return find_sets(p->f, NULL, has_root, &p->roots); }

void slope__kinks_clear(slope__pull *p)
{
    for (size_t c = 0; c < p->f->cells; c++)
        p->flag[c] &= (unsigned char)~(SLOPE__POLED | SLOPE__ENDED | SLOPE__LAPSED);
    if (p->probe)
        memset(p->probe, 0xFF, p->f->cells * sizeof *p->probe); /* SLOPE__NONE */
}

static void probe_add(slope__pull *p, slope__cell of, slope__cell cell)
{
    if (cell == SLOPE__NONE || !p->probe || !p->roots[of])
        return;
    p->probe[of] = p->probe[of] == SLOPE__NONE ? cell : slope__build2(p->b, slope__code_add, p->probe[of], cell);
}

/* What stands for the adjoint of a result in probes. */
static slope__cell probe_of(const slope__pull *p, slope__cell result, slope__cell adjoint)
{
    return p->flag[result] & SLOPE__LAPSED ? p->probe[result] : adjoint;
}

/* Does the slope along operand k become 0 by the very root or kink that the operand depends on? */
static int lapses(const slope_function *f, const uint64_t roots[], const slope__instruction *i, size_t k)
{
    const slope__cell *id = f->operand + i->operand;
    const uint64_t own = roots[id[k]];
    switch (i->code) {
    case slope__code_mul:
    case slope__code_zmul: return (own & roots[id[1 - k]]) != 0;
    case slope__code_fma: return k < 2 && (own & roots[id[1 - k]]) != 0;
    case slope__code_dot: return (own & roots[id[k < i->count / 2 ? k + i->count / 2 : k - i->count / 2]]) != 0;
    case slope__code_poly: return own != 0 && k == 0;
    default: return own != 0 && slope__is_flat_at_0(i->code);
    }
}

static void probe_through(slope__pull *p, const slope__instruction *i, size_t k, slope__ref partial,
                          slope__cell adjoint)
{
    const slope__cell of = p->f->operand[i->operand + k];
    if (!p->probe || !p->roots[of])
        return;
    const slope__cell probe = probe_of(p, i->result, adjoint);
    const int flat = lapses(p->f, p->roots, i, k);
    p->flag[of] |= (unsigned char)((p->flag[i->result] & SLOPE__LAPSED) | (flat ? SLOPE__LAPSED : 0));
    if (probe != SLOPE__NONE)
        probe_add(p, of, flat ? probe : slope__chain(p->b, probe, partial));
}

void slope__kinks_seed(slope__pull *p, slope__cell of, slope__cell cell) { probe_add(p, of, cell); }

void slope__kinks_select(slope__pull *p, const slope__instruction *i, size_t k, slope__cell adjoint)
{
    const slope__cell of = p->f->operand[i->operand + k];
    if (!p->probe || !p->roots[of])
        return;
    const slope__cell probe = probe_of(p, i->result, adjoint);
    p->flag[of] |= (unsigned char)(p->flag[i->result] & SLOPE__LAPSED);
    if (probe != SLOPE__NONE)
        probe_add(p, of,
                  slope__build3(p->b, slope__code_select, p->map[p->f->operand[i->operand]], k == 1 ? probe : p->zero,
                                k == 1 ? p->zero : probe));
}

/* How far operand k is from where the operation has its kink, and whether it is there. */
static slope__cell kink_of(slope__pull *p, const slope__instruction *i, const slope__cell x[], size_t k,
                           slope__cell *distance)
{
    const slope__cell zero = p->zero;
    if (i->code == slope__code_min || i->code == slope__code_max) {
        *distance = slope__build2(p->b, slope__code_sub, x[k], x[1 - k]);
        return slope__build2(p->b, slope__code_eq, slope__build2(p->b, slope__code_sub, x[0], x[1]), zero);
    }
    *distance = x[k];
    return slope__build2(p->b, slope__code_eq,
                         i->code == slope__code_norm || i->code == slope__code_hypot ? p->map[i->result] : x[0], zero);
}

/* At a root or a kink: where the adjoint is 0 and the probe is not. */
static void probe_term(slope__pull *p, const slope__instruction *i, const slope__cell x[], size_t k, slope__ref partial,
                       slope__cell adjoint)
{
    slope__builder *b = p->b;
    if (!p->probe || !(p->flag[i->result] & SLOPE__LAPSED) || p->probe[i->result] == SLOPE__NONE ||
        !has_probe(p->f, i) || (i->code == slope__code_copysign && k == 1))
        return;
    const slope__cell probe = slope__build3(b, slope__code_select, adjoint, p->zero, p->probe[i->result]);
    slope__cell term;
    if (is_kink(i->code)) {
        slope__cell distance;
        const slope__cell at = kink_of(p, i, x, k, &distance);
        const slope__cell jump = slope__build3(b, slope__code_select, at, slope__build_number(b, 1e308), p->zero);
        term = slope__build2(b, slope__code_zmul, distance, jump);
        term = slope__build2(b, slope__code_zmul, term, jump);
    } else {
        if (!partial.b)
            return;
        const slope__cell is_infinite = slope__build2(
            b, slope__code_eq, slope__build1(b, slope__code_abs, partial.cell), slope__build_number(b, INFINITY));
        term = slope__build3(b, slope__code_select, is_infinite, partial.cell, p->zero);
    }
    slope__term_add(p, p->f->operand[i->operand + k], slope__chain(b, probe, ref_to(p->b, term)), 0);
}

/* --------------------------------------------------------------------------------------------------------- the rule */

/* slope times partial; weak: a partial of 0 is not strong. */
static slope__cell chain_product(slope__builder *b, slope__cell slope, slope__ref partial, int weak)
{
    double known;
    if (!weak || !partial.b || slope__built_number(b, slope, &known))
        return slope__chain(b, slope, partial);
    const slope__cell product = slope__build2(b, slope__code_mul, slope, partial.cell);
    return slope__build3(b, slope__code_select, slope, product, slope__build_number(b, 0.0));
}

/* The forward sweep knows that a tangent is 0, but not why; only what is flat at a root can be told. */
slope__cell slope__push_operand(slope__push *p, const slope__instruction *i, size_t k, slope__ref partial)
{
    const int weak = p->roots && lapses(p->f, p->roots, i, k);
    return chain_product(p->b, p->dot[p->f->operand[i->operand + k]], partial, weak);
}

void slope__pull_operand(slope__pull *p, const slope__instruction *i, const slope__cell x[], size_t k,
                         slope__ref partial, slope__cell adjoint, int twice)
{
    const slope__cell of = p->f->operand[i->operand + k];
    const unsigned flag = p->flag[i->result];
    const slope__end end = end_of_operand(p->f, i, k);
    const slope__zero zero = twice ? slope__zero_of_both(i->code) : slope__zero_of(i->code, k);
    const int weak =
        (zero == SLOPE__ZERO_COMPUTED && flag & SLOPE__POLED) || (zero == SLOPE__ZERO_CHOSEN && flag & SLOPE__ENDED);
    const unsigned inherited = flag & (SLOPE__POLED | SLOPE__ENDED);
    p->flag[of] |= (unsigned char)(end == SLOPE__END_POLE   ? SLOPE__POLED | SLOPE__ENDED
                                   : end == SLOPE__END_ROOT ? SLOPE__ENDED
                                                            : inherited);
    slope__term_add(p, of, chain_product(p->b, adjoint, partial, weak), 0);
    probe_through(p, i, k, partial, adjoint);
    probe_term(p, i, x, k, partial, adjoint);
}

/* ------------------------------------------------------------------------------------------------------- identities */

/* A product of the chain rule that goes straight to a cell that is not an operand, and what it does for each. */
typedef struct leaper {
    slope__builder *b;
    const slope_function *f;
    const slope__cell *map;
    void (*leap)(void *sweep, const slope__instruction *i, slope__cell of, slope__ref slope);
    void *sweep;
} leaper;

static slope__ref scaled_ref(slope__builder *b, slope__ref x, double k)
{
    if (!x.b)
        return number_ref(k * x.number);
    const slope__cell c = slope__chain(b, x.cell, number_ref(k));
    return (slope__ref){b, {c}};
}

static int leap_root(const leaper *l, const slope__instruction *i)
{
    slope__power power;
    const slope_function *f = l->f;
    if (!slope__is_power_of_root(see_instruction, f, i->result, &power))
        return 0;
    const slope__instruction *root = slope__made_by(f, (slope__cell)power.base);
    const slope__cell *id = f->operand + root->operand;
    slope__ref q = number_ref(NAN);
    if (root->code == slope__code_pow)
        (void)known_number(f, id[1], &q.number);
    for (size_t k = 0; k < (root->code == slope__code_pow ? 1u : root->count); k++) {
        const slope__ref slope = slope__build_power_slope(root->code, ref_to(l->b, l->map[id[k]]), q,
                                                          ref_to(l->b, l->map[power.base]), number_ref(power.exponent));
        l->leap(l->sweep, i, id[k], scaled_ref(l->b, slope, power.scale));
    }
    return 1;
}

/* scale, but NaN where x is negative or NaN. */
static slope__ref in_domain(slope__builder *b, slope__cell x, double scale)
{
    const slope__cell inside = slope__build2(b, slope__code_ge, x, slope__build_number(b, 0.0));
    const slope__cell c =
        slope__build3(b, slope__code_select, inside, slope__build_number(b, scale), slope__build_number(b, NAN));
    return ref_to(b, c);
}

static int leap_logarithm(const leaper *l, const slope__instruction *i)
{
    const slope_function *f = l->f;
    slope__factor factor[SLOPE__FACTORS];
    const double scale = slope__log_scale(i->code);
    const size_t n = scale > 0.0 ? slope__factors_of(see_instruction, f, f->operand[i->operand], factor) : 0;
    if (n == 0)
        return 0;
    const slope__ref domain = in_domain(l->b, l->map[f->operand[i->operand]], scale);
    for (size_t k = 0; k < n; k++) {
        slope__seen s = {.code = slope__code_none};
        slope__cell of = (slope__cell)factor[k].id;
        const int known = see_instruction(f, of, &s) && slope__is_exponential(s.code);
        if (known)
            of = (slope__cell)s.id[0];
        slope__ref slope = slope__build_log_slope(known ? s.code : slope__code_none, ref_to(l->b, l->map[of]));
        slope = scaled_ref(l->b, slope, factor[k].weight);
        if (!domain.b)
            slope = scaled_ref(l->b, slope, domain.number);
        else if (!slope.b)
            slope = scaled_ref(l->b, domain, slope.number);
        else
            slope = (slope__ref){l->b, {slope__build2(l->b, slope__code_mul, domain.cell, slope.cell)}};
        l->leap(l->sweep, i, of, slope);
    }
    return 1;
}

static void pull_term(void *sweep, const slope__instruction *i, slope__cell of, slope__ref slope)
{
    slope__pull *p = sweep;
    if (!(p->flag[of] & SLOPE__VARIES))
        return;
    slope__term_add(p, of, slope__chain(p->b, p->leaping, slope), 0);
    if (slope__log_scale(i->code) > 0.0)
        p->flag[of] |= SLOPE__POLED | SLOPE__ENDED;
    else
        p->flag[of] |= p->flag[i->result] & (SLOPE__POLED | SLOPE__ENDED);
    if (!p->probe || !p->roots[of])
        return;
    const slope__cell probe = probe_of(p, i->result, p->leaping);
    p->flag[of] |= p->flag[i->result] & SLOPE__LAPSED;
    if (probe != SLOPE__NONE)
        probe_add(p, of, slope__chain(p->b, probe, slope));
}

int slope__pull_leap(slope__pull *p, const slope__instruction *i, slope__cell adjoint)
{
    const leaper l = {p->b, p->f, p->map, pull_term, p};
    p->leaping = adjoint;
    return (p->roots && p->roots[i->result] && leap_root(&l, i)) || leap_logarithm(&l, i);
}

static void push_term(void *sweep, const slope__instruction *i, slope__cell of, slope__ref slope)
{
    slope__push *p = sweep;
    slope__cell *dot = &p->dot[i->result];
    if (slope__is_zero(p->b, p->dot[of]))
        return;
    const slope__cell term = slope__chain(p->b, p->dot[of], slope);
    if (term != SLOPE__NONE)
        *dot = *dot == SLOPE__NONE ? term : slope__build2(p->b, slope__code_add, *dot, term);
}

int slope__push_leap(slope__push *p, const slope__instruction *i)
{
    const leaper l = {p->b, p->f, p->map, push_term, p};
    return leap_root(&l, i) || leap_logarithm(&l, i);
}
