/* SPDX-License-Identifier: MIT */
/*
 * Interpolation in tables.  One structure looks up the knots and numbers around x (function/lookup.c), which is all
 * that has an index in it; the polynomial through them is made of ordinary operations, so its derivatives by x and by
 * the numbers are exact in any order.
 *
 * Cubics are Hermite's, y0 + t (m0 + t (c2 + t c3)), with slopes m0, m1 at the ends of the segment that depend on the
 * two neighbours only: those of the parabola through three knots, or Fritsch and Butland's, "A method for constructing
 * local monotone piecewise cubic interpolants" (1984), at the first and last knot limited as in Moler, "Numerical
 * computing with MATLAB" (2004), section 3.6.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <slope/eval.h>
#include <slope/ops.h>

#include "function/opaque.h"
#include "record/record.h"

enum { SHAPE = 15, OUTSIDE = SLOPE_INTERP_CLAMP | SLOPE_INTERP_EXTEND, WIDEST_STENCIL = 4 };

static const char interp_name[] = "interp";

/* A table to be looked up.  y: numbers, or NULL: values. */
typedef struct table {
    slope_tape *tape; /* NULL: everything is numbers */
    slope__lookup spec;
    unsigned kind;
    const double *x, *y;
    const slope_value *values;
} table;

static void fail_interp(const table *t, slope_status status, const char *what)
{
    if (t->tape)
        slope__stick(t->tape, status, SIZE_MAX, "interp: %s", what);
}

/* --------------------------------------------------------------------------------------------------- the structure */

static int is_borrowed(const table *t, const double *x) { return x && !(t->kind & SLOPE_INTERP_COPY); }

/* The table's numbers as constants; x NULL: 0, 1, 2 ... */
static slope__cell build_copy(slope__builder *b, const table *t, const double *x)
{
    const size_t n = t->spec.n;
    double *numbers = slope__new(n, sizeof *numbers);
    slope__cell first = SLOPE__NONE;
    for (size_t k = 0; numbers && k < n; k++)
        numbers[k] = x ? x[k] : (double)k;
    if (numbers)
        first = slope__build_table(b, n, numbers);
    else
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a table");
    free(numbers);
    return first;
}

static void build_lookup(slope__builder *b, const table *t, const slope_function *body)
{
    const size_t n = t->spec.n, cells = 1 + 3 * n;
    slope__cell *cell = slope__new(cells, sizeof *cell), y[2 * WIDEST_STENCIL];
    if (!cell) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a table");
        return;
    }
    cell[0] = slope__build_input(b, "x", 1);
    slope__cell values = t->values ? slope__build_input(b, "ys", n) : SLOPE__NONE, knots = SLOPE__NONE;
    if (is_borrowed(t, t->x)) /* groups come first */
        knots = slope__build_data(b, "xs", n, t->x);
    if (is_borrowed(t, t->y))
        values = slope__build_data(b, "ys", n, t->y);
    if (!is_borrowed(t, t->x))
        knots = build_copy(b, t, t->x);
    if (!t->values && !is_borrowed(t, t->y))
        values = build_copy(b, t, t->y);
    for (size_t k = 0; k < n; k++) {
        cell[1 + k] = cell[1 + n + k] = knots + (slope__cell)k;
        cell[1 + 2 * n + k] = values + (slope__cell)k;
    }
    if (slope__builder_status(b) == SLOPE_OK)
        slope__build_whole(b, body, cell, y);
    if (slope__builder_status(b) == SLOPE_OK) {
        slope__build_output(b, "knots", t->spec.width, y, 0);
        slope__build_output(b, "values", t->spec.width, y + t->spec.width, 0);
    }
    free(cell);
}

/* The function that looks up: x (and values) to knots and numbers. */
static slope_function *make_lookup(const table *t, slope_error *error)
{
    slope_function *body = slope__lookup_create(&t->spec, error);
    slope__builder *b = body ? slope__builder_create(SLOPE_PASS_FOLD | SLOPE_PASS_SHARE) : NULL;
    if (b)
        build_lookup(b, t, body);
    slope_function_destroy(body);
    return body ? slope__builder_finish(b, error) : NULL;
}

/* Does the view show x: the same array, or a copy of the same numbers? */
static int same_column(const slope_function *f, const table *t, const slope__view *v, const double *x)
{
    if (is_borrowed(t, x)) {
        size_t g = f->inputs;
        while (g + 1 < f->inputs + f->data && (int64_t)f->input[g].first != v->first)
            g++;
        return f->input[g].bound == x;
    }
    const double *numbers = f->number + ((size_t)v->first - f->input_cells);
    for (size_t k = 0; k < t->spec.n; k++) {
        if (numbers[k] != (x ? x[k] : (double)k))
            return 0;
    }
    return 1;
}

/* Does f look up in this table? */
static int is_lookup_of(const slope_function *f, const table *t)
{
    if (f->loops != 1 || !f->loop[0].body->opaque || !f->loop[0].body->opaque->lookup)
        return 0;
    const slope__lookup *s = f->loop[0].body->opaque->lookup;
    if (s->n != t->spec.n || s->width != t->spec.width || s->outside != t->spec.outside ||
        (f->inputs == 2) != (t->values != NULL) ||
        f->data != (size_t)is_borrowed(t, t->x) + (size_t)is_borrowed(t, t->y))
        return 0;
    return same_column(f, t, &f->loop[0].source[1].view, t->x) &&
           (t->values || same_column(f, t, &f->loop[0].source[3].view, t->y));
}

/* One of the last structures of the tape that looks up in this table: its derivatives are made already, and its knots
   were checked. */
static slope_function *recent_lookup(const table *t)
{
    enum { LOOK_BACK = 8 };
    for (size_t k = 0; t->tape && k < LOOK_BACK && k < t->tape->structures_count; k++) {
        const slope__structure *s = &t->tape->structures[t->tape->structures_count - 1 - k];
        if (s->name == interp_name && is_lookup_of(((const slope__called *)s->object)->function, t))
            return slope_function_share(((const slope__called *)s->object)->function);
    }
    return NULL;
}

/* ------------------------------------------------------------------------------------------------------- checking */

/* The first knot that is not finite or not above the one before; n: they are good. */
static size_t bad_knot(const double x[], size_t n)
{
    for (size_t k = 0; k < n; k++) {
        if (!isfinite(x[k]) || (k > 0 && !(x[k] > x[k - 1])))
            return k;
    }
    return n;
}

/* Says what is wrong. */
static int check_table(const table *t)
{
    const size_t n = t->spec.n, bad = n >= 2 && t->x ? bad_knot(t->x, n) : n;
    const char *wrong = NULL;
    char text[160];
    if (n < 2 || n > SLOPE_MAX_CELLS / 4)
        wrong = "a table needs two knots or more";
    else if (!t->y && !t->values)
        wrong = "the table's numbers are NULL";
    else if ((t->kind & SHAPE) > SLOPE_INTERP_MONOTONE || (t->kind & OUTSIDE) == OUTSIDE ||
             (t->kind & ~(unsigned)(SHAPE | OUTSIDE | SLOPE_INTERP_COPY)))
        wrong = "there is no such kind of interpolation";
    else if (bad < n) {
        wrong = text;
        if (bad > 0 && isfinite(t->x[bad]))
            (void)snprintf(text, sizeof text, "knots must increase: knot %zu, %.17g, is not above knot %zu, %.17g", bad,
                           t->x[bad], bad - 1, t->x[bad - 1]);
        else
            (void)snprintf(text, sizeof text, "knots must be finite: knot %zu is %g", bad, t->x[bad]);
    }
    if (wrong)
        fail_interp(t, SLOPE_ERR_ARGUMENT, wrong);
    return !wrong;
}

/* ------------------------------------------------------------------------------------------------- what is around x */

static slope_status record_lookup(const table *t, slope_function *f, slope_value x, slope_value y[])
{
    const size_t n = t->values ? t->spec.n : 0;
    slope_value *operand = slope__new(1 + n, sizeof *operand);
    slope__called *called = slope__new(1, sizeof *called);
    if (!operand || !called) {
        free(operand);
        free(called);
        fail_interp(t, SLOPE_ERR_MEMORY, "there is not enough memory");
        return SLOPE_ERR_MEMORY;
    }
    operand[0] = x;
    if (n > 0)
        memcpy(operand + 1, t->values, n * sizeof *operand);
    *called = (slope__called){slope_function_share(f), interp_name};
    const slope_status status = slope__record_structure(t->tape, &slope__called_kind, called, interp_name, 1 + n,
                                                        operand, 2 * t->spec.width, y);
    free(operand);
    return status;
}

/* The same of numbers alone. */
static slope_status eval_lookup_once(const table *t, const slope_function *f, double x, slope_value y[])
{
    double *values = slope__new(t->spec.n, sizeof *values), out[2 * WIDEST_STENCIL];
    for (size_t k = 0; values && t->values && k < t->spec.n; k++)
        values[k] = t->values[k].number;
    const slope_status status =
        values ? slope_eval(f, (const double *const[]){&x, values}, (double *const[]){out, out + t->spec.width})
               : SLOPE_ERR_MEMORY;
    for (size_t k = 0; k < 2 * t->spec.width && status == SLOPE_OK; k++)
        y[k] = slope_number(out[k]);
    free(values);
    return status;
}

static slope_function *checked_lookup(const table *t)
{
    slope_error error = {0};
    slope_function *f = check_table(t) ? make_lookup(t, &error) : NULL;
    if (error.status != SLOPE_OK)
        fail_interp(t, error.status, error.message);
    return f;
}

/* Knots, then numbers: 2 or 4 of each.  0 on failure, which sticks. */
static int look_up(const table *t, slope_value x, slope_value y[])
{
    slope_function *f = recent_lookup(t);
    slope_status status = SLOPE_ERR_ARGUMENT;
    if (!f)
        f = checked_lookup(t);
    if (f)
        status = t->tape ? record_lookup(t, f, x, y) : eval_lookup_once(t, f, x.number, y);
    slope_function_destroy(f);
    return status == SLOPE_OK;
}

/* ------------------------------------------------------------------------------------------------------ polynomials */

static slope_value both(slope_value a, slope_value b) { return slope_select(a, b, slope_number(0)); }

/* The slope at p of the parabola through p, q and r; pq and pr are the slopes from p to the others. */
static slope_value parabola(slope_value p, slope_value q, slope_value r, slope_value pq, slope_value pr)
{
    const slope_value curve = slope_div(slope_sub(pr, pq), slope_sub(r, q));
    return slope_add(pq, slope_mul(slope_sub(p, q), curve));
}

/* Are both above 0, or both below? */
static slope_value agree(slope_value a, slope_value b)
{
    const slope_value zero = slope_number(0);
    return slope_select(slope_gt(a, zero), slope_gt(b, zero), both(slope_lt(a, zero), slope_lt(b, zero)));
}

/* Between segments with slopes `before` and d and lengths h_before and h: their weighted harmonic mean. */
static slope_value harmonic(slope_value before, slope_value d, slope_value h_before, slope_value h)
{
    const slope_value two = slope_number(2), zero = slope_number(0), same = agree(before, d);
    const slope_value w = slope_add(slope_mul(two, h), h_before), v = slope_add(h, slope_mul(two, h_before));
    const slope_value under = slope_add(slope_mul(w, d), slope_mul(v, before));
    const slope_value mean = slope_div(slope_mul(slope_add(w, v), d), slope_select(same, under, slope_number(1)));
    return slope_select(same, slope_mul(before, mean), zero);
}

/* At an end of the table: the parabola's slope m, kept from overshooting; d is that of the segment, `next` that of the
   one behind it. */
static slope_value limited(slope_value m, slope_value d, slope_value next)
{
    const slope_value three = slope_mul(slope_number(3), d);
    const slope_value steep = slope_gt(slope_abs(m), slope_abs(three));
    const slope_value less = slope_select(slope_select(agree(d, next), slope_number(0), steep), three, m);
    return slope_select(agree(m, d), less, slope_number(0));
}

/* The slope at knot p of the segment from p to q with slope d; r is the neighbour beyond p, or, at the end of the
   table, the one behind q.  sign: 1 where the neighbour beyond is on the left. */
static slope_value knot_slope(unsigned shape, int sign, const slope_value k[3], const slope_value v[3], slope_value d)
{
    const slope_value out = slope_div(slope_sub(v[2], v[0]), slope_sub(k[2], k[0]));
    const slope_value m = parabola(k[0], k[1], k[2], d, out);
    if (shape == SLOPE_INTERP_CUBIC)
        return m;
    const slope_value h = slope_abs(slope_sub(k[1], k[0])), h_out = slope_abs(slope_sub(k[2], k[0]));
    const slope_value next = slope_div(slope_sub(v[2], v[1]), slope_sub(k[2], k[1]));
    const slope_value inside = sign > 0 ? slope_lt(k[2], k[0]) : slope_gt(k[2], k[0]);
    return slope_select(inside, harmonic(out, d, h_out, h), limited(m, d, next));
}

/* The number at t behind the first knot of a segment of length h. */
static slope_value hermite(slope_value y0, slope_value m0, slope_value m1, slope_value d, slope_value h, slope_value t)
{
    const slope_value up = slope_sub(d, m0), down = slope_sub(m1, d); /* how the slope bends */
    const slope_value c3 = slope_div(slope_div(slope_sub(down, up), h), h);
    const slope_value c2 = slope_div(slope_sub(slope_mul(slope_number(2), up), down), h);
    return slope_add(y0, slope_mul(t, slope_add(m0, slope_mul(t, slope_add(c2, slope_mul(t, c3))))));
}

static slope_value polynomial(const table *t, slope_value x, const slope_value k[], const slope_value v[])
{
    const unsigned shape = t->kind & SHAPE;
    const size_t at = t->spec.width / 2 - 1;
    const slope_value h = slope_sub(k[at + 1], k[at]), d = slope_div(slope_sub(v[at + 1], v[at]), h);
    slope_value along = slope_sub(x, k[at]);
    if (t->kind & SLOPE_INTERP_CLAMP)
        along = slope_select(slope_lt(x, k[at]), slope_number(0), slope_select(slope_gt(x, k[at + 1]), h, along));
    if (t->spec.width == 2)
        return slope_add(v[at], slope_mul(along, d));
    const slope_value left_k[] = {k[1], k[2], k[0]}, left_v[] = {v[1], v[2], v[0]};
    const slope_value right_k[] = {k[2], k[1], k[3]}, right_v[] = {v[2], v[1], v[3]};
    return hermite(v[1], knot_slope(shape, 1, left_k, left_v, d), knot_slope(shape, -1, right_k, right_v, d), d, h,
                   along);
}

/* ---------------------------------------------------------------------------------------------------------- public */

static slope_value interpolate(table *t, slope_value x, unsigned kind)
{
    slope_value y[2 * WIDEST_STENCIL];
    t->kind = kind;
    t->tape = slope__is_node(x) ? x.tape : NULL;
    for (size_t k = 0; t->values && !t->tape && k < t->spec.n; k++)
        t->tape = slope__is_node(t->values[k]) ? t->values[k].tape : NULL;
    if (slope_is_null(x) && !t->tape)
        return x;
    t->spec.outside = (kind & OUTSIDE) != 0;
    t->spec.tables = 2;
    t->spec.width = (kind & SHAPE) == SLOPE_INTERP_LINEAR || t->spec.n == 2 ? 2 : 4;
    return look_up(t, x, y) ? polynomial(t, x, y, y + t->spec.width) : (slope_value){0};
}

slope_value slope_interp(slope_value x, size_t n, const double xs[], const double ys[], unsigned kind)
{
    table t = {.x = xs, .y = ys, .spec = {.n = n}};
    return interpolate(&t, x, kind);
}

slope_value slope_interp_values(slope_value x, size_t n, const double xs[], const slope_value ys[], unsigned kind)
{
    table t = {.x = xs, .values = ys, .spec = {.n = n}};
    return interpolate(&t, x, kind);
}
