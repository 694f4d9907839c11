/* SPDX-License-Identifier: MIT */
/* Loops at their ends: no items or one, groups without numbers, results that nobody wants.  Values and gradients are
   those of the same steps recorded one by one. */
#include <stdlib.h>
#include <string.h>

#include <slope/derive.h>
#include <slope/eval.h>

#include "function/ir.h"
#include "testing.h"

static slope_function *record(size_t inputs, const slope_group input[], size_t outputs, const slope_group output[],
                              slope_trace *trace, void *context)
{
    slope_error error = {0};
    slope_function *f = slope_function_record(inputs, input, outputs, output, NULL, trace, context, &error);
    if (!f)
        fail_msg("%s", error.message);
    return f;
}

enum { MOST = 17 };

static double value_of(const slope_function *f, const double x[])
{
    double y = NAN;
    assert_int_equal(slope_eval(f, (const double *const[]){x}, (double *const[]){&y}), SLOPE_OK);
    return y;
}

/* ------------------------------------------------------------------------------------------------------------ folds */

/* States s (2) and e (none), an item x, an input u that is not read, one w without numbers; results v and z (none). */
static const slope_group step_in[] = {{"s", 2}, {"e", 0}, {"x", 1}, {"u", 3}, {"w", 0}},
                         step_out[] = {{"s", 2}, {"e", 0}, {"v", 1}, {"z", 0}};

static int step(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    const slope_value *s = x[0], a = x[2][0];
    y[0][0] = slope_add(slope_mul(s[0], 0.5), slope_sin(slope_mul(a, s[1])));
    y[0][1] = slope_sub(s[0], slope_mul(a, 0.25));
    y[2][0] = slope_mul(s[1], a);
    return 0;
}

typedef struct shape {
    const slope_function *step;
    size_t n;
    unsigned levels, wanted; /* bit g: output group g */
    int by_hand;
} shape;

/* A number that depends on all that is wanted. */
static slope_value mix(const shape *c, const slope_value s[2], const slope_value v[])
{
    slope_value sum = slope_number(0.0);
    if (c->wanted & 1)
        sum = slope_add(slope_mul(s[0], 3.0), slope_square(s[1]));
    for (size_t i = 0; i < c->n && c->wanted & 4; i++)
        sum = slope_add(sum, slope_mul(v[i], (double)i + 0.5));
    return sum;
}

static int whole(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const shape *c = context;
    const slope_value *s = x[0], *item = x[0] + 2;
    slope_value end[2] = {s[0], s[1]}, v[MOST + 1], none[1];
    if (c->by_hand) {
        for (size_t i = 0; i < c->n; i++) {
            const slope_value now[] = {end[0], end[1]};
            (void)step(tape, (const slope_value *const[]){now, NULL, &item[i], NULL, NULL},
                       (slope_value *const[]){end, NULL, &v[i], NULL}, NULL);
        }
    } else {
        const slope_view in[] = {slope_shared(s), slope_shared(none), slope_each(item, 1), slope_shared(item),
                                 slope_each(none, 0)};
        slope_value *const out[] = {c->wanted & 1 ? end : NULL, c->wanted & 2 ? none : NULL, c->wanted & 4 ? v : NULL,
                                    c->wanted & 8 ? none : NULL};
        if (slope_fold(tape, c->step, c->n, 2, in, out, c->levels))
            return 1;
    }
    y[0][0] = mix(c, end, v);
    return 0;
}

static void check_fold(const shape *c)
{
    static const slope_group in[] = {{"x", MOST + 2}}, out[] = {{"y", 1}};
    shape by_hand = *c;
    by_hand.by_hand = 1;
    slope_function *f = record(1, in, 1, out, whole, (void *)(uintptr_t)c),
                   *same = record(1, in, 1, out, whole, &by_hand), *df = slope_gradient(f, 0, NULL, NULL),
                   *dsame = slope_gradient(same, 0, NULL, NULL);
    double x[MOST + 2], g[MOST + 2], gsame[MOST + 2];
    assert_non_null(df);
    assert_non_null(dsame);
    for (size_t i = 0; i < MOST + 2; i++)
        x[i] = 0.4 + 0.1 * (double)(i % 5);
    assert_near(value_of(f, x), value_of(same, x), 1e-13);
    assert_int_equal(slope_eval(df, (const double *const[]){x}, (double *const[]){g}), SLOPE_OK);
    assert_int_equal(slope_eval(dsame, (const double *const[]){x}, (double *const[]){gsame}), SLOPE_OK);
    for (size_t i = 0; i < MOST + 2; i++)
        assert_near(g[i], gsame[i], 1e-12);
    slope_function_destroy(f);
    slope_function_destroy(same);
    slope_function_destroy(df);
    slope_function_destroy(dsame);
}

static void folds_of_any_length_give_what_is_wanted_at_every_level(void **state)
{
    (void)state;
    static const size_t counts[] = {0, 1, 2, 3, 5, 8, MOST};
    slope_function *f = record(5, step_in, 4, step_out, step, NULL);
    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        for (unsigned levels = 0; levels < 5; levels++) {
            for (unsigned wanted = 0; wanted < 16; wanted++)
                check_fold(&(shape){f, counts[k], levels, wanted, 0});
        }
    }
    slope_function_destroy(f);
}

/* s is empty: only v is computed. */
static int square(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    y[1][0] = slope_mul(x[1][0], x[1][0]);
    return 0;
}

static int sum_of_squares(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *f)
{
    slope_value none[1], r[3];
    const slope_view in[] = {slope_shared(none), slope_each(x[0], 1)};
    if (slope_fold(tape, f, 3, 1, in, (slope_value *const[]){none, r}, 0))
        return 1;
    y[0][0] = slope_add(r[0], slope_add(r[1], r[2]));
    return 0;
}

static void a_fold_may_have_nothing_to_carry(void **state)
{
    static const slope_group in[] = {{"s", 0}, {"x", 1}}, out[] = {{"s", 0}, {"v", 1}}, three[] = {{"x", 3}},
                             one[] = {{"y", 1}};
    slope_tape *tape = *state;
    slope_function *f = record(2, in, 2, out, square, NULL), *g = record(1, three, 1, one, sum_of_squares, f);
    const double x[] = {1, 2, 3};
    assert_true(value_of(g, x) == 14.0);
    slope_value v[3], *none = NULL, r[3];
    for (size_t i = 0; i < 3; i++)
        v[i] = slope_var(tape, x[i]);
    const slope_view views[] = {slope_shared(none), slope_each(v, 1)};
    assert_int_equal(slope_fold(tape, f, 3, 1, views, (slope_value *const[]){NULL, r}, 0), SLOPE_OK);
    assert_true(slope_data(r[2]) == 9.0);
    assert_int_equal(slope_backward(r[2]), SLOPE_OK);
    assert_true(slope_grad(v[2]) == 6.0 && slope_grad(v[1]) == 0.0);
    slope_function_destroy(f);
    slope_function_destroy(g);
}

/* ------------------------------------------------------------------------------------------------------------- sums */

enum { SUM_OF_ONE, MEAN_OF_ONE, NEG, EMPTY_DOT, DIFFERENCE, SHAPES };

static int small_sum(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape;
    const int k = *(const int *)context;
    y[0][0] = k == SUM_OF_ONE    ? slope_sum(1, x[0])
              : k == MEAN_OF_ONE ? slope_mean(1, x[0])
              : k == NEG         ? slope_neg(x[0][0])
              : k == EMPTY_DOT   ? slope_apply(SLOPE_OP_DOT, 0, NULL)
                                 : slope_sub(x[0][0], x[0][0]);
    return 0;
}

/* The address sanitizer sees what is read behind the list of terms. */
static void sums_of_a_single_term_are_functions(void **state)
{
    (void)state;
    static const slope_group in[] = {{"x", 1}}, out[] = {{"y", 1}};
    static const double expected[SHAPES] = {2, 2, -2, 0, 0};
    const double x = 2;
    for (int k = 0; k < SHAPES; k++) {
        slope_function *f = record(1, in, 1, out, small_sum, &k);
        assert_true(value_of(f, &x) == expected[k]);
        slope_function_destroy(f);
    }
}

/* Cells that nothing is added to are 0, and not what was in memory: 40 items run in lanes. */
static void results_that_nothing_is_added_to_are_zero(void **state)
{
    (void)state;
    enum { N = 40 };
    slope__builder *inner = slope__builder_create(0), *b = slope__builder_create(0);
    (void)slope__build_input(inner, "x", 1);
    slope__build_output(inner, "none", 0, NULL, 0);
    slope__build_output(inner, "same", 1, NULL, 0);
    slope_function *body = slope__builder_finish(inner, NULL);
    assert_non_null(body);
    (void)slope__build_input(b, "x", N);
    slope__source source = {{0, 1, 1, NULL}, SLOPE__NONE};
    slope__target target[] = {{.kind = SLOPE__ADDED, .extent = 3}, {.kind = SLOPE__EACH}};
    slope__loop loop = {.body = body, .n = N, .source = &source, .target = target};
    const slope__cell first = slope__build_loop(b, &loop);
    slope__build_output(b, "zero", 3, NULL, first);
    slope__build_output(b, "x", N, NULL, first + 3);
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    double x[N], zero[3], same[N];
    for (int turn = 0; turn < 2; turn++) { /* the second one finds what the first one left in its work memory */
        for (size_t i = 0; i < N; i++)
            x[i] = 1.5 + (double)i;
        assert_int_equal(slope_eval(f, (const double *const[]){x}, (double *const[]){zero, same}), SLOPE_OK);
        assert_true(zero[0] == 0 && zero[1] == 0 && zero[2] == 0);
        assert_memory_equal(same, x, sizeof x);
    }
    slope_function_destroy(body);
    slope_function_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_of_any_length_give_what_is_wanted_at_every_level),
        on_tape(a_fold_may_have_nothing_to_carry),
        cmocka_unit_test(sums_of_a_single_term_are_functions),
        cmocka_unit_test(results_that_nothing_is_added_to_are_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
