/* SPDX-License-Identifier: MIT */
/*
 * Interpolation in tables, held against polynomials written down here in another way: on tapes, of plain numbers, in
 * functions and their derivatives, in lanes, in files; at knots, outside, at NaN; exchanged and copied tables; tables
 * whose numbers are values.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "function/ir.h"
#include "testing.h"

/* ----------------------------------------------------------------------------------------------- the right numbers */

/* The slope at knot i of a parabola through it and two others, by Lagrange's formula. */
static double parabola(const double x[], const double y[], size_t i, size_t j, size_t k)
{
    const double a = x[i], b = x[j], c = x[k];
    return y[i] * (2 * a - b - c) / ((a - b) * (a - c)) + y[j] * (a - c) / ((b - a) * (b - c)) +
           y[k] * (a - b) / ((c - a) * (c - b));
}

/* SciPy's PchipInterpolator at an end: h0, m0 of the segment, h1, m1 of the one behind it. */
static double pchip_end(double h0, double h1, double m0, double m1)
{
    const double d = ((2 * h0 + h1) * m0 - h0 * m1) / (h0 + h1);
    if (d * m0 <= 0)
        return 0;
    return m0 * m1 <= 0 && fabs(d) > 3 * fabs(m0) ? 3 * m0 : d;
}

static double chord(const double x[], const double y[], size_t i) { return (y[i + 1] - y[i]) / (x[i + 1] - x[i]); }

static double pchip(size_t n, const double x[], const double y[], size_t i)
{
    if (i == 0)
        return pchip_end(x[1] - x[0], x[2] - x[1], chord(x, y, 0), chord(x, y, 1));
    if (i == n - 1)
        return pchip_end(x[i] - x[i - 1], x[i - 1] - x[i - 2], chord(x, y, i - 1), chord(x, y, i - 2));
    const double before = chord(x, y, i - 1), behind = chord(x, y, i);
    const double h0 = x[i] - x[i - 1], h1 = x[i + 1] - x[i], w1 = 2 * h1 + h0, w2 = h1 + 2 * h0;
    return before * behind <= 0 ? 0 : (w1 + w2) / (w1 / before + w2 / behind);
}

static double knot_slope(unsigned shape, size_t n, const double x[], const double y[], size_t i)
{
    if (shape == SLOPE_INTERP_MONOTONE)
        return pchip(n, x, y, i);
    return i == 0       ? parabola(x, y, 0, 1, 2)
           : i == n - 1 ? parabola(x, y, i, i - 1, i - 2)
                        : parabola(x, y, i, i - 1, i + 1);
}

/* Value, first and second derivative at v. */
static void expect(unsigned kind, size_t n, const double x[], const double y[], double v, double out[3])
{
    const unsigned shape = n == 2 ? SLOPE_INTERP_LINEAR : kind & 15;
    const int outside = !(v >= x[0] && v <= x[n - 1]), extend = (kind & SLOPE_INTERP_EXTEND) != 0;
    size_t i = 0;
    while (i + 2 < n && v >= x[i + 1])
        i++;
    if ((outside && !extend) || v != v) {
        const int clamp = (kind & SLOPE_INTERP_CLAMP) && v == v;
        out[0] = clamp ? (v < x[0] ? y[0] : y[n - 1]) : (double)NAN;
        out[1] = out[2] = clamp ? 0 : (double)NAN;
        return;
    }
    const double h = x[i + 1] - x[i], s = (v - x[i]) / h;
    if (shape == SLOPE_INTERP_LINEAR) {
        out[0] = (1 - s) * y[i] + s * y[i + 1];
        out[1] = (y[i + 1] - y[i]) / h;
        out[2] = 0;
        return;
    }
    const double m0 = h * knot_slope(shape, n, x, y, i), m1 = h * knot_slope(shape, n, x, y, i + 1);
    out[0] = (2 * s * s * s - 3 * s * s + 1) * y[i] + (s * s * s - 2 * s * s + s) * m0 +
             (3 * s * s - 2 * s * s * s) * y[i + 1] + (s * s * s - s * s) * m1;
    out[1] = ((6 * s * s - 6 * s) * (y[i] - y[i + 1]) + (3 * s * s - 4 * s + 1) * m0 + (3 * s * s - 2 * s) * m1) / h;
    out[2] = ((12 * s - 6) * (y[i] - y[i + 1]) + (6 * s - 4) * m0 + (6 * s - 2) * m1) / (h * h);
}

static int is_same(double a, double b, double scale)
{
    return a == b || (a != a && b != b) || fabs(a - b) <= 1e-12 * (scale + fabs(a) + fabs(b));
}

static uint64_t seed;

static double uniform(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 11) * 0x1p-53;
}

/* ------------------------------------------------------------------------------------------------------- recording */

typedef struct request {
    size_t n;
    const double *xs, *ys;
    unsigned kind;
} request;

static int trace(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const request *r = context;
    y[0][0] = slope_interp(x[0][0], r->n, r->xs, r->ys, r->kind);
    return slope_tape_status(tape) != SLOPE_OK;
}

static const slope_group x1[] = {{"x", 1}}, y1[] = {{"y", 1}};

static slope_function *record(const request *r)
{
    slope_error error = {0};
    slope_function *f = slope_function_record(1, x1, 1, y1, NULL, trace, (void *)(uintptr_t)r, &error);
    if (!f)
        fail_msg("%s", error.message);
    return f;
}

static double eval1(const slope_function *f, double x)
{
    double y = 0;
    assert_int_equal(slope_eval(f, (const double *const[]){&x}, (double *const[]){&y}), SLOPE_OK);
    return y;
}

static const unsigned outsides[] = {0, SLOPE_INTERP_CLAMP, SLOPE_INTERP_EXTEND};

/* ------------------------------------------------------------------------------------------------------------ tests */

static const double squares[] = {0, 1, 4, 9, 16, 25};

static void a_table_is_looked_up_where_x_is_now(void **state)
{
    (void)state;
    const request r = {6, NULL, squares, SLOPE_INTERP_LINEAR};
    slope_function *f = record(&r); /* at 0 */
    assert_true(eval1(f, 3.5) == 12.5);
    assert_true(eval1(f, 0.5) == 0.5);
    for (size_t k = 0; k < 6; k++)
        assert_true(eval1(f, (double)k) == squares[k]);
    slope_function_destroy(f);
}

/* f, its gradient and Hessian, a tape and numbers at v. */
static void compare_at(const request *r, const double x[], const slope_function *f, const slope_function *g,
                       const slope_function *h, double v)
{
    double right[3], steepest = 0, narrowest = INFINITY;
    expect(r->kind, r->n, x, r->ys, v, right);
    for (size_t k = 0; k + 1 < r->n; k++) {
        steepest = fmax(steepest, fabs(chord(x, r->ys, k)));
        narrowest = fmin(narrowest, x[k + 1] - x[k]);
    }
    slope_tape *tape = slope_tape_create(NULL);
    slope_value in = slope_var(tape, v), y = slope_interp(in, r->n, r->xs, r->ys, r->kind);
    assert_int_equal(slope_backward(y), SLOPE_OK);
    const double got[] = {eval1(f, v), eval1(g, v), eval1(h, v)};
    const double plain = slope_interp(slope_number(v), r->n, r->xs, r->ys, r->kind).number;
    const double scale[] = {100, 100 * steepest, 1000 * steepest / narrowest};
    for (size_t k = 0; k < 3; k++) {
        if (!is_same(right[k], got[k], scale[k]) && !(k == 2 && right[1] != right[1]))
            fail_msg("kind %u, %zu knots, at %.17g: derivative %zu is %.17g, not %.17g", r->kind, r->n, v, k, got[k],
                     right[k]);
    }
    const double data = slope_data(y), grad = slope_grad(in);
    if ((data != got[0] && data == data) || (grad != got[1] && grad == grad) || (plain != got[0] && plain == plain))
        fail_msg("kind %u at %.17g: the tape has %.17g, slope %.17g, numbers %.17g, the function %.17g, %.17g", r->kind,
                 v, data, grad, plain, got[0], got[1]);
    slope_tape_destroy(tape);
}

static void compare(const request *r, const double x[])
{
    slope_function *f = record(r), *g = slope_gradient(f, 0, NULL, NULL), *h = slope_hessian(f, 0, NULL, NULL);
    const double first = x[0], last = x[r->n - 1], wide = last - first;
    const double special[] = {first, last, first - 0.3 * wide, last + 0.3 * wide, first - 1e-9, last + 1e-9, NAN};
    assert_int_equal(slope_function_data(f), r->kind & SLOPE_INTERP_COPY ? 0 : r->xs ? 2 : 1);
    for (size_t k = 0; k < sizeof special / sizeof *special; k++)
        compare_at(r, x, f, g, h, special[k]);
    for (size_t k = 0; k < r->n; k++)
        compare_at(r, x, f, g, h, x[k]);
    for (size_t k = 0; k < 20; k++)
        compare_at(r, x, f, g, h, first + uniform() * wide);
    slope_function_destroy(f);
    slope_function_destroy(g);
    slope_function_destroy(h);
}

static void all_kinds_are_right_on_all_tables(void **state)
{
    enum { MOST = 40 };
    (void)state;
    double x[MOST], y[MOST], even[MOST];
    seed = 7;
    for (size_t round = 0; round < 120; round++) {
        const size_t n = 2 + (round < 8 ? round / 2 : (size_t)(uniform() * (MOST - 2)));
        for (size_t k = 0; k < n; k++) {
            x[k] = (k ? x[k - 1] : -3) + 0.05 + (round % 3 ? uniform() * uniform() * 4 : 0.5);
            y[k] = round % 4 == 0   ? 3 * uniform()
                   : round % 4 == 1 ? floor(3 * uniform())
                                    : sin(x[k]) + (round % 4 == 2);
            even[k] = (double)k;
        }
        const unsigned kind = (unsigned)(round % 3) | outsides[round / 3 % 3] | (round % 2 ? SLOPE_INTERP_COPY : 0u);
        compare(&(request){n, x, y, kind}, x);
        compare(&(request){n, NULL, y, kind}, even);
    }
}

static void cubics_are_exact_for_parabolas(void **state)
{
    (void)state;
    const double x[] = {-2, -1.5, 0, 0.25, 1, 4}, y[] = {4, 2.25, 0, 0.0625, 1, 16};
    const request r = {6, x, y, SLOPE_INTERP_CUBIC | SLOPE_INTERP_EXTEND};
    slope_function *f = record(&r), *g = slope_gradient(f, 0, NULL, NULL);
    for (double v = -3; v < 5; v += 0.3) {
        assert_near(eval1(f, v), v * v, 1e-13);
        assert_near(eval1(g, v), 2 * v, 1e-13);
    }
    slope_function_destroy(g);
    slope_function_destroy(f);
}

static void monotone_tables_stay_monotone(void **state)
{
    (void)state;
    const double y[] = {0, 0, 0, 0.001, 5, 5, 5, 5.5, 100, 100};
    const request r = {10, NULL, y, SLOPE_INTERP_MONOTONE};
    slope_function *f = record(&r);
    double before = 0;
    for (double v = 0; v <= 9; v += 1.0 / 128) {
        const double now = eval1(f, v);
        assert_true(now >= before - 1e-13 && now <= 100 + 1e-13);
        before = now;
    }
    assert_true(eval1(f, 1.5) == 0 && eval1(f, 5.5) == 5);
    slope_function_destroy(f);
}

/* --------------------------------------------------------------------------------------------------- bound tables */

static void another_table_is_bound(void **state)
{
    (void)state;
    const double x[] = {0, 1, 3}, y[] = {1, 2, 3}, x2[] = {0, 2, 4}, y2[] = {5, 7, -1};
    for (unsigned shape = 0; shape < 3; shape++) {
        const request r = {3, x, y, shape}, other = {3, x2, y2, shape};
        slope_function *f = record(&r), *right = record(&other);
        assert_int_equal(slope_function_data(f), 2);
        slope_function *knots = slope_function_bind(f, 0, x2, 3, NULL),
                       *both = slope_function_bind(knots, 1, y2, 3, NULL);
        slope_function *g = slope_gradient(both, 0, NULL, NULL), *rg = slope_gradient(right, 0, NULL, NULL);
        for (double v = 0; v <= 4; v += 0.25) {
            assert_true(eval1(both, v) == eval1(right, v));
            assert_true(eval1(g, v) == eval1(rg, v));
        }
        slope_function_destroy(g);
        slope_function_destroy(rg);
        slope_function_destroy(knots);
        slope_function_destroy(both);
        slope_function_destroy(f);
        slope_function_destroy(right);
    }
}

static void copies_are_the_functions_own(void **state)
{
    (void)state;
    double x[] = {0, 1, 3}, y[] = {1, 2, 4};
    const request r = {3, x, y, SLOPE_INTERP_LINEAR | SLOPE_INTERP_COPY};
    slope_function *f = record(&r);
    x[1] = 2.5;
    y[1] = -100;
    assert_true(eval1(f, 2) == 3);
    slope_function_destroy(f);
}

static slope_function *through_bytes(const slope_function *f)
{
    size_t size;
    slope_error error = {0};
    assert_int_equal(slope_function_save(f, 0, NULL, &size), SLOPE_OK);
    char *bytes = malloc(size);
    assert_int_equal(slope_function_save(f, size, bytes, &size), SLOPE_OK);
    slope_function *back = slope_function_load(bytes, size, &error);
    if (!back)
        fail_msg("%s", error.message);
    for (size_t k = 16; k < size; k++) { /* no byte can be spoiled without being told, nor crash */
        bytes[k] = (char)(bytes[k] ^ 0x55);
        assert_null(slope_function_load(bytes, size, NULL));
        bytes[k] = (char)(bytes[k] ^ 0x55);
    }
    free(bytes);
    return back;
}

static void tables_go_through_files(void **state)
{
    (void)state;
    const double x[] = {0, 1, 3, 4}, y[] = {1, 2, 4, -1};
    for (unsigned kind = 0; kind < 3; kind++) {
        const request copied = {4, x, y, kind | SLOPE_INTERP_COPY | SLOPE_INTERP_EXTEND}, bound = {4, x, y, kind};
        slope_function *f = record(&copied), *g = slope_gradient(f, 0, NULL, NULL), *back = through_bytes(g);
        for (double v = -1; v <= 5; v += 0.25)
            assert_true(eval1(back, v) == eval1(g, v));
        slope_function_destroy(back);
        slope_function_destroy(g);
        slope_function_destroy(f);
        f = record(&bound);
        back = through_bytes(f);
        double v = 2, w;
        assert_int_equal(slope_eval(back, (const double *const[]){&v}, (double *const[]){&w}), SLOPE_ERR_ARGUMENT);
        slope_function *half = slope_function_bind(back, 0, x, 4, NULL),
                       *whole = slope_function_bind(half, 1, y, 4, NULL);
        assert_true(eval1(whole, 2) == eval1(f, 2));
        slope_function_destroy(half);
        slope_function_destroy(whole);
        slope_function_destroy(back);
        slope_function_destroy(f);
    }
}

/* ------------------------------------------------------------------------------------------------ values in tables */

enum { KNOTS = 7 };

static int trace_values(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const request *r = context;
    y[0][0] = slope_mul(slope_interp_values(x[0][0], KNOTS, r->xs, x[1], r->kind), slope_sin(x[0][0]));
    return slope_tape_status(tape) != SLOPE_OK;
}

static double of_values(const request *r, double x, const double ys[])
{
    double right[3];
    expect(r->kind, KNOTS, r->xs, ys, x, right);
    return right[0] * sin(x);
}

static void numbers_of_the_table_have_derivatives(void **state)
{
    (void)state;
    const double xs[KNOTS] = {-1, 0, 0.5, 1.25, 2, 4, 5}, ys[KNOTS] = {1, 2, 1.5, 1.6, 3, 2.5, 0};
    const slope_group in[] = {{"x", 1}, {"ys", KNOTS}};
    for (unsigned shape = 0; shape < 3; shape++) {
        const request r = {KNOTS, xs, NULL, shape | SLOPE_INTERP_EXTEND};
        slope_error error = {0};
        slope_function *f = slope_function_record(2, in, 1, y1, NULL, trace_values, (void *)(uintptr_t)&r, &error);
        assert_non_null(f);
        slope_function *g = slope_gradient(f, 0, NULL, &error), *h = slope_hessian(f, 0, NULL, &error);
        assert_non_null(g);
        assert_non_null(h);
        for (double x = -1.1; x < 5.2; x += 0.37) {
            double dx, dy[KNOTS], hxx, hxy[KNOTS], hyx[KNOTS], hyy[KNOTS * KNOTS], moved[KNOTS], e = 1e-5;
            const double *const at[] = {&x, ys};
            assert_int_equal(slope_eval(g, at, (double *const[]){&dx, dy}), SLOPE_OK);
            assert_int_equal(slope_eval(h, at, (double *const[]){&hxx, hxy, hyx, hyy}), SLOPE_OK);
            assert_near(dx, (of_values(&r, x + e, ys) - of_values(&r, x - e, ys)) / (2 * e), 2e-7);
            for (size_t k = 0; k < KNOTS; k++) {
                memcpy(moved, ys, sizeof moved);
                moved[k] += e;
                const double up = of_values(&r, x, moved),
                             up_x = (of_values(&r, x + e, moved) - of_values(&r, x - e, moved));
                moved[k] -= 2 * e;
                const double down = of_values(&r, x, moved),
                             down_x = (of_values(&r, x + e, moved) - of_values(&r, x - e, moved));
                assert_near(dy[k], (up - down) / (2 * e), 2e-7);
                assert_near(hxy[k], (up_x - down_x) / (4 * e * e), 1e-4);
                assert_near(hxy[k], hyx[k], 1e-12);
            }
            if (shape != SLOPE_INTERP_MONOTONE) { /* linear in the numbers */
                for (size_t k = 0; k < KNOTS * KNOTS; k++)
                    assert_true(hyy[k] == 0);
            }
        }
        slope_function_destroy(h);
        slope_function_destroy(g);
        slope_function_destroy(f);
    }
}

/* ------------------------------------------------------------------------------------- structures, lanes, all alike */

enum { ITEMS = 300 };

typedef struct big {
    const double *xs, *ys;
    slope_function *one;
    size_t n, items;
} big;

static int trace_one(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const big *b = context;
    const slope_value v = slope_interp(x[0][0], b->n, b->xs, b->ys, SLOPE_INTERP_CUBIC | SLOPE_INTERP_CLAMP);
    const slope_value w =
        slope_interp(slope_mul(x[0][0], v), b->n, NULL, b->ys, SLOPE_INTERP_LINEAR | SLOPE_INTERP_CLAMP);
    y[0][0] = slope_add(slope_mul(x[1][0], w), slope_mul(slope_number(0.5), x[0][0]));
    y[1][0] = slope_interp(v, b->n, b->xs, b->ys, SLOPE_INTERP_MONOTONE | SLOPE_INTERP_EXTEND);
    return slope_tape_status(tape) != SLOPE_OK;
}

static int trace_items(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const big *b = context;
    slope_value each[ITEMS], sum[1], end[1];
    const slope_view map[] = {slope_each(x[0], 1), slope_shared(x[1])};
    const slope_view fold[] = {slope_shared(x[0]), slope_each(x[0], 1)};
    slope_map(tape, b->one, b->items, map, (slope_value *const[]){each, NULL});
    slope_map_sum(tape, b->one, b->items, map, (slope_value *const[]){NULL, sum});
    slope_fold(tape, b->one, b->items, 1, fold, (slope_value *const[]){end, NULL}, 0);
    y[0][0] = slope_add(slope_mul(sum[0], end[0]), b->items ? slope_norm(b->items, each) : slope_number(0.0));
    return slope_tape_status(tape) != SLOPE_OK;
}

/* The evaluator, at one point and in lanes, against the interpreter, bit for bit but for sums. */
static void interpret_and_evaluate(const slope_function *f, const double *const x[], size_t inputs)
{
    enum { POINTS = 21 };
    const double *all[8];
    double y[2][ITEMS + 8] = {{0}}, z[2][ITEMS + 8] = {{0}}, *many[2];
    slope_input in[8];
    slope_output out[2];
    for (size_t g = 0; g < inputs; g++) {
        all[g] = x[g];
        in[g] = (slope_input){x[g], 0, 1};
    }
    for (size_t g = 0; g < f->data; g++)
        all[inputs + g] = f->input[inputs + g].bound;
    for (size_t g = 0; g < f->outputs; g++) {
        many[g] = calloc(POINTS * (f->output[g].length + 1), sizeof **many);
        out[g] = (slope_output){many[g], (ptrdiff_t)f->output[g].length, 1, 0};
    }
    assert_int_equal(slope__interpret(f, all, (double *const[]){y[0], y[1]}, NULL), SLOPE_OK);
    assert_int_equal(slope_eval(f, x, (double *const[]){z[0], z[1]}), SLOPE_OK);
    assert_int_equal(slope_eval_batch(f, POINTS, in, out, NULL), SLOPE_OK);
    for (size_t g = 0; g < f->outputs; g++) {
        const size_t n = f->output[g].length;
        for (size_t j = 0; j < n; j++) {
            assert_true(is_same(y[g][j], z[g][j], 1));
            for (size_t i = 0; i < POINTS; i++)
                assert_true(is_same(y[g][j], many[g][i * n + j], 1));
        }
        free(many[g]);
    }
}

static void maps_folds_and_lanes_look_up(void **state)
{
    (void)state;
    double xs[50], ys[50], x[ITEMS], b = 0.7, seed_of_y = 1.5;
    seed = 3;
    for (size_t k = 0; k < 50; k++) {
        xs[k] = (k ? xs[k - 1] : -1) + 0.01 + 0.1 * uniform();
        ys[k] = 2 * uniform();
    }
    for (size_t k = 0; k < ITEMS; k++)
        x[k] = 3 * uniform() - 1;
    const slope_group two[] = {{"x", 1}, {"b", 1}}, outs[] = {{"x", 1}, {"e", 1}}, in[] = {{"x", ITEMS}, {"b", 1}};
    const size_t counts[] = {0, 1, 2, 9, ITEMS};
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        big g = {xs, ys, NULL, 50, counts[k]};
        slope_error error = {0};
        g.one = slope_function_record(2, two, 2, outs, NULL, trace_one, &g, &error);
        slope_function *f = g.one ? slope_function_record(2, in, 1, y1, NULL, trace_items, &g, &error) : NULL;
        if (!f)
            fail_msg("%s", error.message);
        slope_function *d = slope_vjp(f, 0, NULL, &error), *j = slope_jvp(f, 0, NULL, &error);
        assert_non_null(d);
        assert_non_null(j);
        interpret_and_evaluate(f, (const double *const[]){x, &b}, 2);
        interpret_and_evaluate(d, (const double *const[]){x, &b, &seed_of_y}, 3);
        interpret_and_evaluate(j, (const double *const[]){x, &b, x, &seed_of_y}, 4);
        slope_function_destroy(j);
        slope_function_destroy(d);
        slope_function_destroy(f);
        slope_function_destroy(g.one);
    }
}

static void large_tables_are_searched_not_walked(void **state)
{
    enum { N = 200000, POINTS = 200000 };
    (void)state;
    double *xs = malloc(N * sizeof *xs), *ys = malloc(N * sizeof *ys), *v = malloc(POINTS * sizeof *v),
           *w = malloc(POINTS * sizeof *w);
    for (size_t k = 0; k < N; k++) {
        xs[k] = exp(1e-4 * (double)k);
        ys[k] = log(xs[k]);
    }
    const request r = {N, xs, ys, SLOPE_INTERP_CUBIC};
    slope_function *f = record(&r), *g = slope_gradient(f, 0, NULL, NULL);
    for (size_t k = 0; k < POINTS; k++)
        v[k] = xs[0] + (xs[N - 1] - xs[0]) * (double)k / POINTS;
    const slope_input in = {v, 1, 1};
    const slope_output out = {w, 1, 1, 0};
    assert_int_equal(slope_eval_batch(g, POINTS, &in, &out, NULL), SLOPE_OK);
    for (size_t k = 0; k < POINTS; k += 997)
        assert_near(w[k] * v[k], 1, 1e-8);
    slope_tape *tape = slope_tape_create(NULL); /* one table many times: it is checked and derived once */
    slope_value sum = slope_number(0);
    for (size_t k = 0; k < 20000; k++)
        sum = slope_add(sum, slope_interp(slope_var(tape, v[k]), N, xs, ys, SLOPE_INTERP_LINEAR));
    assert_int_equal(slope_backward(sum), SLOPE_OK);
    slope_tape_destroy(tape);
    slope_function_destroy(g);
    slope_function_destroy(f);
    free(xs);
    free(ys);
    free(v);
    free(w);
}

/* --------------------------------------------------------------------------------------------------------- refusals */

static void refuses(slope_status status, const char *word, size_t n, const double xs[], const double ys[],
                    unsigned kind)
{
    slope_tape *tape = slope_tape_create(NULL);
    slope_value x = slope_var(tape, 0.5), y = slope_interp(x, n, xs, ys, kind);
    assert_true(slope_is_null(y));
    assert_int_equal(slope_tape_status(tape), status);
    if (!strstr(slope_tape_error(tape)->message, word))
        fail_msg("'%s' does not say '%s'", slope_tape_error(tape)->message, word);
    assert_true(slope_is_null(slope_interp(slope_number(0.5), n, xs, ys, kind)));
    slope_tape_destroy(tape);
}

static void bad_tables_are_refused(void **state)
{
    (void)state;
    const double y[] = {1, 2, 3}, equal[] = {0, 1, 1}, down[] = {0, 2, 1}, nan[] = {NAN, 1, 2},
                 infinite[] = {0, 1, INFINITY};
    refuses(SLOPE_ERR_ARGUMENT, "two knots", 1, NULL, y, 0);
    refuses(SLOPE_ERR_ARGUMENT, "two knots", 0, NULL, y, 0);
    refuses(SLOPE_ERR_ARGUMENT, "two knots", SIZE_MAX, NULL, y, 0);
    refuses(SLOPE_ERR_ARGUMENT, "NULL", 3, NULL, NULL, 0);
    refuses(SLOPE_ERR_ARGUMENT, "knot 2", 3, equal, y, 0);
    refuses(SLOPE_ERR_ARGUMENT, "knot 2", 3, down, y, SLOPE_INTERP_COPY);
    refuses(SLOPE_ERR_ARGUMENT, "knot 0", 3, nan, y, 0);
    refuses(SLOPE_ERR_ARGUMENT, "knot 2", 3, infinite, y, 0);
    refuses(SLOPE_ERR_ARGUMENT, "kind", 3, NULL, y, 3);
    refuses(SLOPE_ERR_ARGUMENT, "kind", 3, NULL, y, SLOPE_INTERP_CLAMP | SLOPE_INTERP_EXTEND);
    refuses(SLOPE_ERR_ARGUMENT, "kind", 3, NULL, y, 1024);
}

static void bad_values_are_refused(void **state)
{
    slope_tape *tape = *state, *other = slope_tape_create(NULL);
    const slope_value null = {0};
    assert_true(slope_is_null(slope_interp(null, 6, NULL, squares, 0)));
    slope_value x = slope_var(tape, 0.5);
    slope_value ys[] = {slope_number(1), slope_var(other, 1.0), slope_number(3)};
    assert_true(slope_is_null(slope_interp_values(x, 3, NULL, ys, 0)));
    assert_int_equal(slope_tape_status(tape), SLOPE_ERR_FOREIGN);
    slope_tape_reset(tape);
    x = slope_var(tape, 0.5);
    ys[1] = null;
    assert_true(slope_is_null(slope_interp_values(x, 3, NULL, ys, 0)));
    assert_int_equal(slope_tape_status(tape), SLOPE_ERR_NULL);
    ys[1] = slope_number(5);
    assert_true(slope_interp_values(slope_number(0.5), 3, NULL, ys, 0).number == 3);
    slope_tape_destroy(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_table_is_looked_up_where_x_is_now),
        cmocka_unit_test(all_kinds_are_right_on_all_tables),
        cmocka_unit_test(cubics_are_exact_for_parabolas),
        cmocka_unit_test(monotone_tables_stay_monotone),
        cmocka_unit_test(another_table_is_bound),
        cmocka_unit_test(copies_are_the_functions_own),
        cmocka_unit_test(tables_go_through_files),
        cmocka_unit_test(numbers_of_the_table_have_derivatives),
        cmocka_unit_test(maps_folds_and_lanes_look_up),
        cmocka_unit_test(large_tables_are_searched_not_walked),
        cmocka_unit_test(bad_tables_are_refused),
        on_tape(bad_values_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
