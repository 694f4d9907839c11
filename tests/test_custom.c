/* SPDX-License-Identifier: MIT */
/*
 * Operations of the user inside functions.  Each is held against the same function written in operations of the table:
 * values, derivatives of first and second order, in calls, maps, folds, batches, generated C; and what is refused, and
 * what is said then.
 */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "testing.h"

/* ------------------------------------------------------------------------------------------------- two operations */

/* p = a0 exp(a1) + b, q = sin(a0 b), r = (a1 b^2, a0): three results of two groups. */
static int value(const double *const x[], double *const y[], void *context)
{
    const double *a = x[0], b = x[1][0];
    (void)context;
    y[0][0] = a[0] * exp(a[1]) + b;
    y[1][0] = sin(a[0] * b);
    y[2][0] = a[1] * b * b;
    y[2][1] = a[0];
    return 0;
}

static int jvp(const double *const x[], double *const y[], void *context)
{
    const double *a = x[0], b = x[1][0], *da = x[2], db = x[3][0];
    (void)context;
    y[0][0] = exp(a[1]) * (da[0] + a[0] * da[1]) + db;
    y[1][0] = cos(a[0] * b) * (da[0] * b + a[0] * db);
    y[2][0] = da[1] * b * b + 2 * a[1] * b * db;
    y[2][1] = da[0];
    return 0;
}

static int vjp(const double *const x[], double *const y[], void *context)
{
    const double *a = x[0], b = x[1][0], p = x[2][0], q = x[3][0], *r = x[4], c = cos(a[0] * b);
    (void)context;
    y[0][0] = p * exp(a[1]) + q * c * b + r[1];
    y[0][1] = p * a[0] * exp(a[1]) + r[0] * b * b;
    y[1][0] = p + q * c * a[0] + 2 * r[0] * a[1] * b;
    return 0;
}

static int hvp(const double *const x[], double *const y[], void *context)
{
    const double *a = x[0], b = x[1][0], p = x[2][0], q = x[3][0], *r = x[4], *da = x[5], db = x[6][0];
    const double c = cos(a[0] * b), s = sin(a[0] * b), du = da[0] * b + a[0] * db;
    (void)context;
    y[0][0] = p * exp(a[1]) * da[1] + q * (-s * du * b + c * db);
    y[0][1] = p * exp(a[1]) * (da[0] + a[0] * da[1]) + 2 * r[0] * b * db;
    y[1][0] = q * (-s * du * a[0] + c * da[0]) + 2 * r[0] * (b * da[1] + a[1] * db);
    return 0;
}

static const slope_group in2[] = {{"a", 2}, {"b", 1}}, out3[] = {{"p", 1}, {"q", 1}, {"r", 2}};

static int trace_same(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const slope_value *a = x[0], b = x[1][0];
    (void)tape, (void)context;
    y[0][0] = slope_add(slope_mul(a[0], slope_exp(a[1])), b);
    y[1][0] = slope_sin(slope_mul(a[0], b));
    y[2][0] = slope_mul(a[1], slope_square(b));
    y[2][1] = a[0];
    return 0;
}

enum { BOTH, FORWARD_ONLY, REVERSE_ONLY, WAYS };

static slope_function *make_custom(int way)
{
    slope_custom_function c = slope_custom_function_default();
    slope_error error = {0};
    c.name = "triple";
    c.value = value;
    c.jvp = way == REVERSE_ONLY ? NULL : jvp;
    c.vjp = way == FORWARD_ONLY ? NULL : vjp;
    c.hvp = hvp;
    slope_function *f = slope_function_custom(&c, 2, in2, 3, out3, &error);
    if (!f)
        fail_msg("%s", error.message);
    return f;
}

static slope_function *make_same(void)
{
    slope_function *f = slope_function_record(2, in2, 3, out3, NULL, trace_same, NULL, NULL);
    assert_non_null(f);
    return f;
}

/* ------------------------------------------------------------------------------------------------------ comparing */

enum { ROOM = 512, GROUPS = 32 };

/* Numbers for the inputs of f, all different; its outputs. */
typedef struct arrays {
    double number[GROUPS][ROOM], result[GROUPS][ROOM];
    const double *x[GROUPS];
    double *y[GROUPS];
} arrays;

static arrays *new_arrays(const slope_function *f)
{
    arrays *a = calloc(1, sizeof *a);
    assert_non_null(a);
    assert_true(slope_function_inputs(f) <= GROUPS && slope_function_outputs(f) <= GROUPS);
    for (size_t g = 0; g < GROUPS; g++) {
        a->x[g] = a->number[g];
        a->y[g] = a->result[g];
        for (size_t j = 0; j < ROOM; j++)
            a->number[g][j] = 0.9 * sin(1.0 + (double)(7 * g + 3 * j));
    }
    return a;
}

static void assert_same_results(const char *what, const slope_function *f, const arrays *a, const arrays *b)
{
    for (size_t g = 0; g < slope_function_outputs(f); g++) {
        assert_true(slope_function_output(f, g).length <= ROOM);
        for (size_t j = 0; j < slope_function_output(f, g).length; j++) {
            const double x = a->result[g][j], y = b->result[g][j];
            if (!(fabs(x - y) <= 1e-13 * (1 + fabs(x))))
                fail_msg("%s: %s[%zu] is %.17g, not %.17g", what, slope_function_output(f, g).name, j, y, x);
        }
    }
}

/* f against g, which is right, at one point and, bit for bit the same, at 37 points. */
static void assert_same_function(const char *what, const slope_function *right, const slope_function *f)
{
    enum { POINTS = 37 };
    assert_non_null(right);
    assert_non_null(f);
    arrays *a = new_arrays(right), *b = new_arrays(f);
    assert_int_equal(slope_function_outputs(right), slope_function_outputs(f));
    assert_int_equal(slope_eval(right, a->x, a->y), SLOPE_OK);
    assert_int_equal(slope_eval(f, b->x, b->y), SLOPE_OK);
    assert_same_results(what, f, a, b);
    slope_input in[GROUPS];
    slope_output out[GROUPS];
    double *many[GROUPS];
    for (size_t g = 0; g < slope_function_inputs(f); g++)
        in[g] = (slope_input){a->number[g], 0, 1};
    for (size_t g = 0; g < slope_function_outputs(f); g++) {
        const size_t n = slope_function_output(f, g).length;
        many[g] = calloc(POINTS * n + 1, sizeof **many);
        out[g] = (slope_output){many[g], (ptrdiff_t)n, 1, 0};
    }
    assert_int_equal(slope_eval_batch(f, POINTS, in, out, NULL), SLOPE_OK);
    for (size_t g = 0; g < slope_function_outputs(f); g++) {
        for (size_t k = 0; k < POINTS * slope_function_output(f, g).length; k++)
            assert_near(many[g][k], b->result[g][k % slope_function_output(f, g).length],
                        1e-13 * (1 + fabs(many[g][k])));
        free(many[g]);
    }
    free(a);
    free(b);
}

typedef slope_function *derivation(const slope_function *f, size_t n, const size_t wrt[], slope_error *error);

static void assert_same_derivative(const char *what, derivation *derive, const slope_function *right,
                                   const slope_function *f)
{
    slope_error error = {0};
    slope_function *a = derive(right, 0, NULL, &error), *b = derive(f, 0, NULL, &error);
    if (!a || !b)
        fail_msg("%s: %s", what, error.message);
    assert_same_function(what, a, b);
    slope_function_destroy(a);
    slope_function_destroy(b);
}

static slope_function *taylor2(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    return slope_taylor(f, 2, n, wrt, error);
}

static slope_function *jvp_of_vjp(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    slope_function *g = slope_vjp(f, n, wrt, error), *h = g ? slope_jvp(g, 0, NULL, error) : NULL;
    slope_function_destroy(g);
    return h;
}

static slope_function *vjp_of_jvp(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    slope_function *g = slope_jvp(f, n, wrt, error), *h = g ? slope_vjp(g, 0, NULL, error) : NULL;
    slope_function_destroy(g);
    return h;
}

static slope_function *jvp_of_jvp(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    slope_function *g = slope_jvp(f, n, wrt, error), *h = g ? slope_jvp(g, 0, NULL, error) : NULL;
    slope_function_destroy(g);
    return h;
}

static slope_function *vjp_of_vjp(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    slope_function *g = slope_vjp(f, n, wrt, error), *h = g ? slope_vjp(g, 0, NULL, error) : NULL;
    slope_function_destroy(g);
    return h;
}

static void the_function_itself_has_all_derivatives(void **state)
{
    (void)state;
    slope_function *right = make_same();
    for (int way = 0; way < WAYS; way++) {
        slope_function *f = make_custom(way);
        assert_same_function("value", right, f);
        assert_same_derivative("vjp", slope_vjp, right, f);
        assert_same_derivative("jvp", slope_jvp, right, f);
        assert_same_derivative("jacobian", slope_jacobian, right, f);
        assert_same_derivative("second", slope_second, right, f);
        assert_same_derivative("taylor", taylor2, right, f);
        assert_same_derivative("jvp of vjp", jvp_of_vjp, right, f);
        assert_same_derivative("vjp of jvp", vjp_of_jvp, right, f);
        assert_same_derivative("jvp of jvp", jvp_of_jvp, right, f);
        assert_same_derivative("vjp of vjp", vjp_of_vjp, right, f);
        slope_function_destroy(f);
    }
    slope_function_destroy(right);
}

/* ------------------------------------------------------------------------------------------------------ structures */

enum { ITEMS = 11 };

/* A call between operations, a map over strided and shared values, a sum, a fold whose state is r. */
static int trace_structures(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const slope_function *f = context;
    slope_value p, q, r[2], ps[ITEMS], qs[ITEMS], sum[2], end[2], step[ITEMS];
    const slope_value a[] = {slope_sin(x[0][0]), slope_mul(x[0][1], x[0][2])};
    slope_call(tape, f, (const slope_value *const[]){a, x[1]}, (slope_value *const[]){&p, &q, r});
    const slope_view map[] = {slope_each(x[0], 1), slope_shared(&p)};
    slope_map(tape, f, ITEMS, map, (slope_value *const[]){ps, qs, NULL});
    slope_map_sum(tape, f, ITEMS, map, (slope_value *const[]){NULL, NULL, sum});
    const slope_view fold[] = {slope_shared(r), slope_each(x[0], 1)};
    slope_function *turned = NULL;
    {
        /* the state first: r is as long as a */
        const slope_group in[] = {{"a", 2}, {"b", 1}};
        slope_value va[2] = {slope_var(tape, 0.1), slope_var(tape, 0.2)}, vb = slope_var(tape, 0.3), vp, vq, vr[2];
        slope_call(tape, f, (const slope_value *const[]){va, &vb}, (slope_value *const[]){&vp, &vq, vr});
        const slope_value next[] = {slope_tanh(vr[0]), slope_mul(vq, vr[1])}, *const out[] = {next, &vp};
        turned = slope_function_create(2, in, (const slope_value *const[]){va, &vb}, 2,
                                       (const slope_group[]){{"a", 2}, {"p", 1}}, out, NULL);
    }
    slope_fold(tape, turned, ITEMS, 1, fold, (slope_value *const[]){end, step}, 2);
    slope_function_destroy(turned);
    y[0][0] =
        slope_add(slope_mul(q, slope_dot(ITEMS, ps, qs)),
                  slope_add(slope_mul(sum[0], sum[1]), slope_mul(end[0], slope_add(end[1], slope_norm(ITEMS, step)))));
    return slope_tape_status(tape) != SLOPE_OK;
}

static slope_function *structures_around(const slope_function *f)
{
    const slope_group in[] = {{"x", ITEMS + 1}, {"b", 1}}, out[] = {{"y", 1}};
    slope_error error = {0};
    slope_function *g = slope_function_record(2, in, 1, out, NULL, trace_structures, (void *)(uintptr_t)f, &error);
    if (!g)
        fail_msg("%s", error.message);
    return g;
}

static void calls_maps_and_folds_differentiate_it(void **state)
{
    (void)state;
    slope_function *same = make_same(), *right = structures_around(same);
    for (int way = 0; way < WAYS; way++) {
        slope_function *custom = make_custom(way), *f = structures_around(custom);
        assert_same_function("value", right, f);
        assert_same_derivative("gradient", slope_gradient, right, f);
        assert_same_derivative("jvp", slope_jvp, right, f);
        assert_same_derivative("hvp", slope_hvp, right, f);
        assert_same_derivative("hessian", slope_hessian, right, f);
        assert_same_derivative("second", slope_second, right, f);
        slope_function *fewer = slope_function_optimise(f, 0, NULL);
        assert_same_function("without passes", right, fewer);
        slope_function_destroy(fewer);
        slope_function_destroy(f);
        slope_function_destroy(custom);
    }
    slope_function_destroy(right);
    slope_function_destroy(same);
}

static void sums_over_points_and_points_on_threads_add_up(void **state)
{
    enum { POINTS = 1000 };
    static double x[POINTS][ITEMS + 1], b[POINTS];
    (void)state;
    slope_function *custom = make_custom(BOTH), *f = structures_around(custom), *g = slope_gradient(f, 0, NULL, NULL);
    double one[2][ITEMS + 1], expected[2][ITEMS + 1] = {{0}}, sum[2][ITEMS + 1];
    for (size_t i = 0; i < POINTS; i++) {
        b[i] = 0.3 + 1e-4 * (double)i;
        for (size_t j = 0; j <= ITEMS; j++)
            x[i][j] = 0.5 * sin((double)(i + 5 * j));
        assert_int_equal(slope_eval(g, (const double *const[]){x[i], &b[i]}, (double *const[]){one[0], one[1]}),
                         SLOPE_OK);
        for (size_t j = 0; j <= ITEMS; j++)
            expected[0][j] += one[0][j];
        expected[1][0] += one[1][0];
    }
    for (int threads = 1; threads <= 4; threads += 3) {
        slope_batch_options o = slope_batch_options_default();
        o.threads = threads;
        const slope_input in[] = {{x[0], ITEMS + 1, 1}, {b, 1, 1}};
        const slope_output out[] = {{sum[0], 0, 1, 1}, {sum[1], 0, 1, 1}};
        assert_int_equal(slope_eval_batch(g, POINTS, in, out, &o), SLOPE_OK);
        for (size_t j = 0; j <= ITEMS; j++)
            assert_near(sum[0][j], expected[0][j], 1e-10 * (1 + fabs(expected[0][j])));
        assert_near(sum[1][0], expected[1][0], 1e-10 * (1 + fabs(expected[1][0])));
    }
    slope_function_destroy(g);
    slope_function_destroy(f);
    slope_function_destroy(custom);
}

/* On a tape that is not recorded: the sweep goes through the vjp. */
static void a_tape_calls_it_and_sweeps_through(void **state)
{
    slope_tape *tape = *state;
    slope_function *f = make_custom(REVERSE_ONLY);
    slope_value a[] = {slope_var(tape, 0.4), slope_var(tape, -0.3)}, b = slope_var(tape, 1.5), p, q, r[2];
    assert_int_equal(slope_call(tape, f, (const slope_value *const[]){a, &b}, (slope_value *const[]){&p, &q, r}),
                     SLOPE_OK);
    assert_int_equal(slope_backward(slope_mul(q, r[0])), SLOPE_OK);
    const double s = sin(0.6), c = cos(0.6), m = -0.3 * 1.5 * 1.5;
    assert_near(slope_grad(a[0]), c * 1.5 * m, 1e-15);
    assert_near(slope_grad(a[1]), s * 1.5 * 1.5, 1e-15);
    assert_near(slope_grad(b), c * 0.4 * m + s * 2 * -0.3 * 1.5, 1e-15);
    assert_int_equal(slope_set_data(b, 2.0), SLOPE_OK);
    assert_int_equal(slope_forward(tape), SLOPE_OK);
    assert_near(slope_data(q), sin(0.8), 1e-15);
    slope_function_destroy(f);
}

/* -------------------------------------------------------------------------------------- operations of tapes, frozen */

static int cube(size_t n, const double x[], double *v, double partial[], void *context)
{
    (void)n, (void)context;
    *v = x[0] * x[0] * x[0];
    if (partial)
        partial[0] = 3 * x[0] * x[0];
    return 0;
}

/* The context's power of the first times the sum of the others. */
static int scaled(size_t n, const double x[], double *v, double partial[], void *context)
{
    const double k = *(const double *)context;
    double sum = 0;
    for (size_t i = 1; i < n; i++)
        sum += x[i];
    *v = pow(x[0], k) * sum;
    for (size_t i = 0; partial && i < n; i++)
        partial[i] = i == 0 ? k * pow(x[0], k - 1) * sum : pow(x[0], k);
    return 0;
}

static const double third = 3;
static const slope_custom cubed = {"cube", cube, NULL}, scale = {"scaled", scaled, (void *)(uintptr_t)&third};

static int trace_tape_customs(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const slope_value more[] = {x[0][0], x[0][1], slope_number(2.0)};
    const slope_value c = context ? slope_mul(x[0][0], slope_square(x[0][0])) : slope_custom_apply(&cubed, 1, x[0]);
    const slope_value s =
        context ? slope_mul(slope_pow(x[0][0], 3.0), slope_add(x[0][1], 2.0)) : slope_custom_apply(&scale, 3, more);
    (void)tape;
    y[0][0] = slope_mul(slope_sin(c), s);
    return 0;
}

static void a_custom_of_a_tape_is_recorded_with_its_gradient(void **state)
{
    (void)state;
    const slope_group in[] = {{"x", 2}}, out[] = {{"y", 1}};
    slope_error error = {0};
    slope_function *f = slope_function_record(1, in, 1, out, NULL, trace_tape_customs, NULL, &error);
    slope_function *right = slope_function_record(1, in, 1, out, NULL, trace_tape_customs, &error, &error);
    assert_same_function("value", right, f);
    assert_same_derivative("gradient", slope_gradient, right, f);
    assert_same_derivative("jvp", slope_jvp, right, f);
    assert_same_derivative("jacobian", slope_jacobian, right, f);
    assert_null(slope_hessian(f, 0, NULL, &error));
    assert_int_equal(error.status, SLOPE_ERR_UNSUPPORTED);
    assert_true(strstr(error.message, "cube") || strstr(error.message, "scaled"));
    slope_function_destroy(f);
    slope_function_destroy(right);
}

/* b cube(a): by b then by a needs no second derivative of cube. */
static int trace_product(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape;
    y[0][0] = slope_mul(x[1][0], context ? slope_custom_apply(&cubed, 1, x[0]) : slope_pow(x[0][0], 3.0));
    return 0;
}

static void second_derivatives_that_need_none_of_it_are_there(void **state)
{
    (void)state;
    const slope_group in[] = {{"a", 1}, {"b", 1}}, out[] = {{"y", 1}};
    const size_t a = 0;
    slope_error error = {0};
    slope_function *f = slope_function_record(2, in, 1, out, NULL, trace_product, &error, &error);
    double x[] = {2, 5}, y = 0;
    for (int forward = 0; forward < 2; forward++) {
        for (size_t first = 0; first < 2; first++) {
            const size_t second = 1 - first;
            slope_function *g = slope_gradient(f, 1, &first, &error);
            slope_function *h = forward ? slope_jvp(g, 1, &second, &error) : slope_jacobian(g, 1, &second, &error);
            if (!h)
                fail_msg("%s", error.message);
            const double one = 1;
            assert_int_equal(slope_eval(h, (const double *const[]){&x[0], &x[1], &one}, (double *const[]){&y}),
                             SLOPE_OK);
            assert_true(y == 12);
            slope_function_destroy(h);
            slope_function *v = slope_vjp(g, 1, &second, &error);
            assert_int_equal(slope_eval(v, (const double *const[]){&x[0], &x[1], &one}, (double *const[]){&y}),
                             SLOPE_OK);
            assert_true(y == 12);
            slope_function_destroy(v);
            slope_function_destroy(g);
        }
    }
    assert_non_null(f);
    slope_function *g = slope_gradient(f, 1, &a, &error);
    assert_null(slope_jacobian(g, 1, &a, &error));
    assert_int_equal(error.status, SLOPE_ERR_UNSUPPORTED);
    slope_function_destroy(g);
    slope_function_destroy(f);
}

/* Groups may be empty, and all of a side. */
static int counts(const double *const x[], double *const y[], void *context)
{
    (void)x;
    y[1][0] = ++*(int *)context;
    return 0;
}

static int sums(const double *const x[], double *const y[], void *context)
{
    (void)context;
    for (int k = 0; k < 3; k++)
        y[1][k] = x[3][0];
    return 0;
}

static void empty_groups_are_fine(void **state)
{
    (void)state;
    int calls = 0;
    const slope_group none[] = {{"e", 0}}, mixed[] = {{"e", 0}, {"x", 3}}, out[] = {{"e", 0}, {"y", 1}};
    slope_custom_function c = slope_custom_function_default();
    c.name = "counted";
    c.value = counts;
    c.context = &calls;
    double x[3] = {1, 2, 3}, y = 0, *const to[] = {NULL, &y};
    const double *const from[] = {NULL, x};
    slope_function *f = slope_function_custom(&c, 0, NULL, 2, out, NULL);
    assert_int_equal(slope_eval(f, NULL, to), SLOPE_OK);
    assert_true(y == 1);
    slope_function_destroy(f);
    f = slope_function_custom(&c, 1, none, 2, out, NULL);
    assert_int_equal(slope_eval(f, from, to), SLOPE_OK);
    assert_true(y == 2);
    slope_function_destroy(f);
    c.vjp = sums; /* x: e, x, seeds of e and y */
    f = slope_function_custom(&c, 2, mixed, 2, out, NULL);
    slope_function *j = slope_jacobian(f, 0, NULL, NULL), *p = slope_jvp(f, 0, NULL, NULL);
    assert_non_null(j);
    assert_non_null(p);
    slope_function_destroy(p);
    slope_function_destroy(j);
    slope_function_destroy(f);
    f = slope_function_custom(&c, 2, mixed, 1, none, NULL); /* no results: never called */
    p = slope_vjp(f, 0, NULL, NULL);
    double zeros[3] = {1, 1, 1};
    assert_int_equal(slope_eval(p, (const double *const[]){NULL, x, NULL}, (double *const[]){NULL, zeros}), SLOPE_OK);
    assert_true(zeros[0] == 0 && zeros[2] == 0);
    slope_function_destroy(p);
    slope_function_destroy(f);
}

static int trace_equal_customs(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    y[0][0] = slope_add(slope_custom_apply(&cubed, 1, x[0]), slope_custom_apply(&cubed, 1, x[0]));
    return 0;
}

static void equal_calls_are_shared(void **state)
{
    (void)state;
    const slope_group in[] = {{"x", 1}}, out[] = {{"y", 1}};
    slope_function *f = slope_function_record(1, in, 1, out, NULL, trace_equal_customs, NULL, NULL);
    slope_function_info info;
    assert_int_equal(slope_function_stats(f, &info), SLOPE_OK);
    assert_int_equal(info.loops, 1);
    assert_int_equal(info.evaluated, 2);
    slope_function_destroy(f);
}

/* --------------------------------------------------------------------------------------------------------- refusals */

static int only_value(const double *const x[], double *const y[], void *context)
{
    const int *const fails = context;
    y[0][0] = x[0][0] * x[0][0];
    return fails && x[0][0] > *fails;
}

/* One of name `mine` without derivatives, which fails above *above. */
static slope_function *make_bare(const int *above, const char *code)
{
    const slope_group in[] = {{"x", 1}}, out[] = {{"y", 1}};
    slope_custom_function c = slope_custom_function_default();
    c.name = "mine";
    c.value = only_value;
    c.context = (void *)(uintptr_t)above;
    c.code = code;
    slope_function *f = slope_function_custom(&c, 1, in, 1, out, NULL);
    assert_non_null(f);
    return f;
}

static void assert_told(slope_status status, const slope_error *error, const char *word)
{
    assert_int_equal(error->status, status);
    if (!strstr(error->message, word))
        fail_msg("'%s' does not say '%s'", error->message, word);
}

static void what_it_does_not_give_is_refused_by_name(void **state)
{
    (void)state;
    slope_error error;
    slope_function *f = make_bare(NULL, NULL);
    assert_null(slope_gradient(f, 0, NULL, &error));
    assert_told(SLOPE_ERR_UNSUPPORTED, &error, "mine");
    assert_null(slope_jvp(f, 0, NULL, &error));
    assert_told(SLOPE_ERR_UNSUPPORTED, &error, "mine");
    assert_null(slope_taylor(f, 1, 0, NULL, &error));
    assert_told(SLOPE_ERR_UNSUPPORTED, &error, "mine");
    size_t size;
    assert_int_equal(slope_function_save(f, 0, NULL, &size), SLOPE_ERR_UNSUPPORTED);
    assert_int_equal(slope_function_write(f, "/tmp/never-written.slope", &error), SLOPE_ERR_UNSUPPORTED);
    assert_told(SLOPE_ERR_UNSUPPORTED, &error, "mine");
    slope_code code;
    assert_int_equal(slope_codegen(f, NULL, &code, &error), SLOPE_ERR_UNSUPPORTED);
    assert_told(SLOPE_ERR_UNSUPPORTED, &error, "mine");
    slope_function *compiled = slope_function_compile(f, NULL, &error);
    assert_non_null(compiled);
    assert_told(SLOPE_ERR_UNSUPPORTED, &error, "mine");
    double x = 3, y;
    assert_int_equal(slope_eval(compiled, (const double *const[]){&x}, (double *const[]){&y}), SLOPE_OK);
    assert_true(y == 9);
    slope_function_destroy(compiled);
    slope_function_destroy(f);
    f = make_custom(BOTH);
    assert_null(slope_taylor(f, 3, 0, NULL, &error));
    assert_told(SLOPE_ERR_UNSUPPORTED, &error, "triple");
    slope_function_destroy(f);
}

static void a_sweep_says_whose_derivative_is_missing(void **state)
{
    slope_tape *tape = *state;
    slope_function *f = make_bare(NULL, NULL);
    slope_value x = slope_var(tape, 2.0), y;
    assert_int_equal(slope_call(tape, f, (const slope_value *const[]){&x}, (slope_value *const[]){&y}), SLOPE_OK);
    assert_true(slope_data(y) == 4);
    assert_int_equal(slope_backward(y), SLOPE_ERR_UNSUPPORTED);
    assert_told(SLOPE_ERR_UNSUPPORTED, slope_tape_error(tape), "mine");
    slope_function_destroy(f);
}

static void bad_definitions_are_refused(void **state)
{
    (void)state;
    slope_error error;
    slope_custom_function good = slope_custom_function_default(), c;
    good.name = "good";
    good.value = value;
    c = good;
    c.value = NULL;
    assert_null(slope_function_custom(&c, 2, in2, 3, out3, &error));
    assert_told(SLOPE_ERR_ARGUMENT, &error, "good");
    c = good;
    c.name = "not good";
    assert_null(slope_function_custom(&c, 2, in2, 3, out3, &error));
    assert_told(SLOPE_ERR_ARGUMENT, &error, "not good");
    c = good;
    c.struct_size--;
    assert_null(slope_function_custom(&c, 2, in2, 3, out3, &error));
    assert_told(SLOPE_ERR_ARGUMENT, &error, "struct_size");
    assert_null(slope_function_custom(NULL, 2, in2, 3, out3, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_function_custom(&good, 2, NULL, 3, out3, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    const slope_group twice[] = {{"a", 1}, {"a", 1}}, nameless[] = {{NULL, 1}};
    assert_null(slope_function_custom(&good, 2, twice, 3, out3, &error));
    assert_told(SLOPE_ERR_ARGUMENT, &error, "a");
    assert_null(slope_function_custom(&good, 1, nameless, 3, out3, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    const slope_group large[] = {{"a", SIZE_MAX}};
    assert_null(slope_function_custom(&good, 1, large, 3, out3, &error));
    assert_int_equal(error.status, SLOPE_ERR_LIMIT);
}

/* --------------------------------------------------------------------------------------------------------- failures */

static void failure_is_told_by_everything_that_evaluates(void **state)
{
    slope_tape *tape = *state;
    const int above = 2;
    slope_function *f = make_bare(&above, NULL);
    slope_error error;
    double x = 3, y, many[40], results[40];
    assert_int_equal(slope_eval(f, (const double *const[]){&x}, (double *const[]){&y}), SLOPE_ERR_CALLBACK);
    assert_int_equal(slope_eval_check(f, (const double *const[]){&x}, &error), SLOPE_ERR_CALLBACK);
    assert_told(SLOPE_ERR_CALLBACK, &error, "mine");
    for (size_t i = 0; i < 40; i++)
        many[i] = i == 29 ? 2.5 : 1;
    const slope_input in = {many, 1, 1};
    const slope_output out = {results, 1, 1, 0};
    assert_int_equal(slope_eval_batch(f, 40, &in, &out, NULL), SLOPE_ERR_CALLBACK);
    many[29] = 1.5;
    assert_int_equal(slope_eval_batch(f, 40, &in, &out, NULL), SLOPE_OK);
    assert_true(results[29] == 2.25 && results[39] == 1);
    slope_value v = slope_var(tape, 1.0), w;
    assert_int_equal(slope_call(tape, f, (const slope_value *const[]){&v}, (slope_value *const[]){&w}), SLOPE_OK);
    assert_int_equal(slope_set_data(v, 4.0), SLOPE_OK);
    assert_int_equal(slope_forward(tape), SLOPE_ERR_CALLBACK);
    assert_told(SLOPE_ERR_CALLBACK, slope_tape_error(tape), "mine");
    slope_tape_reset(tape);
    v = slope_var(tape, 5.0);
    assert_int_equal(slope_call(tape, f, (const slope_value *const[]){&v}, (slope_value *const[]){&w}),
                     SLOPE_ERR_CALLBACK);
    assert_true(slope_is_null(w));
    assert_told(SLOPE_ERR_CALLBACK, slope_tape_error(tape), "mine");
    slope_function_destroy(f);
}

static int writes_nothing(const double *const x[], double *const y[], void *context)
{
    (void)x, (void)y, (void)context;
    return 0;
}

static void what_is_not_written_is_nan(void **state)
{
    (void)state;
    const slope_group in[] = {{"x", 1}}, out[] = {{"y", 3}};
    slope_custom_function c = slope_custom_function_default();
    c.name = "lazy";
    c.value = writes_nothing;
    slope_function *f = slope_function_custom(&c, 1, in, 1, out, NULL);
    double x = 1, y[3] = {1, 1, 1};
    assert_int_equal(slope_eval(f, (const double *const[]){&x}, (double *const[]){y}), SLOPE_OK);
    assert_true(isnan(y[0]) && isnan(y[1]) && isnan(y[2]));
    slope_function_destroy(f);
}

/* ------------------------------------------------------------------------------------------------------ as text, C */

static void listings_name_it(void **state)
{
    (void)state;
    slope_function *f = make_custom(BOTH), *g = structures_around(f), *h = slope_gradient(g, 0, NULL, NULL);
    char *text;
    assert_int_equal(slope_function_dump(g, &text, NULL), SLOPE_OK);
    assert_non_null(strstr(text, "custom operation triple\n"));
    free(text);
    assert_int_equal(slope_function_dump(h, &text, NULL), SLOPE_OK);
    assert_non_null(strstr(text, "custom operation triple_vjp\n"));
    free(text);
    slope_function_destroy(h);
    slope_function_destroy(g);
    slope_function_destroy(f);
}

static void generated_c_calls_the_text_that_it_has(void **state)
{
    (void)state;
    static const char text[] = "static inline int mine(const double *const x[], double *const y[])\n{\n"
                               "    y[0][0] = x[0][0] * x[0][0];\n    return 0;\n}\n";
    slope_function *f = make_bare(NULL, text);
    slope_codegen_options o = slope_codegen_options_default();
    slope_code code;
    slope_error error;
    assert_int_equal(slope_codegen(f, &o, &code, &error), SLOPE_OK);
    assert_non_null(strstr(code.source, text));
    assert_non_null(strstr(code.source, "mine(slope_x, slope_y)"));
    assert_non_null(strstr(code.header, "-1 where a custom operation fails"));
    slope_code_free(&code);
    o.use_float = 1;
    assert_int_equal(slope_codegen(f, &o, &code, &error), SLOPE_ERR_UNSUPPORTED);
    assert_told(SLOPE_ERR_UNSUPPORTED, &error, "mine");
    o.use_float = 0;
    o.name = "mine";
    assert_int_equal(slope_codegen(f, &o, &code, &error), SLOPE_ERR_ARGUMENT);
    assert_told(SLOPE_ERR_ARGUMENT, &error, "mine");
    slope_function_destroy(f);
}

/* --------------------------------------------------------------------------------------------------------- threads */

static void *derive_and_evaluate(void *context)
{
    const slope_function *f = context;
    slope_function *h = slope_hessian(f, 0, NULL, NULL);
    arrays *a = new_arrays(h);
    double *sum = calloc(1, sizeof *sum);
    for (int k = 0; k < 50; k++) {
        if (slope_eval(h, a->x, a->y) == SLOPE_OK)
            *sum += a->result[0][1];
    }
    free(a);
    slope_function_destroy(h);
    return sum;
}

static void threads_share_it(void **state)
{
    enum { THREADS = 4 };
    (void)state;
    slope_function *custom = make_custom(BOTH), *f = structures_around(custom);
    pthread_t thread[THREADS];
    double *sum[THREADS];
    for (size_t k = 0; k < THREADS; k++)
        assert_int_equal(pthread_create(&thread[k], NULL, derive_and_evaluate, f), 0);
    for (size_t k = 0; k < THREADS; k++)
        assert_int_equal(pthread_join(thread[k], (void **)&sum[k]), 0);
    for (size_t k = 0; k < THREADS; k++) {
        assert_true(*sum[k] == *sum[0] && *sum[k] != 0);
    }
    for (size_t k = 0; k < THREADS; k++)
        free(sum[k]);
    slope_function_destroy(f);
    slope_function_destroy(custom);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_function_itself_has_all_derivatives),
        cmocka_unit_test(calls_maps_and_folds_differentiate_it),
        cmocka_unit_test(sums_over_points_and_points_on_threads_add_up),
        on_tape(a_tape_calls_it_and_sweeps_through),
        cmocka_unit_test(a_custom_of_a_tape_is_recorded_with_its_gradient),
        cmocka_unit_test(second_derivatives_that_need_none_of_it_are_there),
        cmocka_unit_test(empty_groups_are_fine),
        cmocka_unit_test(equal_calls_are_shared),
        cmocka_unit_test(what_it_does_not_give_is_refused_by_name),
        on_tape(a_sweep_says_whose_derivative_is_missing),
        cmocka_unit_test(bad_definitions_are_refused),
        on_tape(failure_is_told_by_everything_that_evaluates),
        cmocka_unit_test(what_is_not_written_is_nan),
        cmocka_unit_test(listings_name_it),
        cmocka_unit_test(generated_c_calls_the_text_that_it_has),
        cmocka_unit_test(threads_share_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
