/* SPDX-License-Identifier: MIT */
/* Making functions: from values of a tape, from a callback, from text; branches; what is wrong with bad input. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "testing.h"

static double eval1(const slope_function *f, double x)
{
    double y = (double)NAN;
    assert_int_equal(slope_eval(f, (const double *const[]){&x}, (double *const[]){&y}), SLOPE_OK);
    return y;
}

static const slope_group x1[] = {{"x", 1}}, y1[] = {{"y", 1}};

static void values_of_a_tape_become_a_function(void **state)
{
    slope_tape *tape = *state;
    slope_value x = slope_var(tape, 2.0), k = slope_var(tape, 10.0), y = slope_mul(slope_add(slope_sin(x), k), 0.5);
    slope_error error;
    slope_function *f =
        slope_function_create(1, x1, (const slope_value *const[]){&x}, 1, y1, (const slope_value *const[]){&y}, &error);
    assert_non_null(f);
    assert_true(eval1(f, 3.0) == (sin(3.0) + 10.0) * 0.5); /* k was not named: a constant */
    assert_int_equal(slope_function_inputs(f), 1);
    assert_int_equal(slope_function_find_output(f, "y"), 0);
    assert_true(slope_function_find_input(f, "k") == SIZE_MAX);
    assert_null(slope_function_input(f, 1).name);
    slope_function_destroy(f);
}

static void outputs_may_be_numbers_and_inputs(void **state)
{
    slope_tape *tape = *state;
    const slope_value x = slope_var(tape, 2.0), five = slope_number(5.0);
    const slope_group out[] = {{"a", 1}, {"b", 1}};
    slope_function *f = slope_function_create(1, x1, (const slope_value *const[]){&x}, 2, out,
                                              (const slope_value *const[]){&x, &five}, NULL);
    assert_non_null(f);
    double in = 7.0, a, b;
    assert_int_equal(slope_eval(f, (const double *const[]){&in}, (double *const[]){&a, &b}), SLOPE_OK);
    assert_true(a == 7.0 && b == 5.0);
    slope_function_destroy(f);
}

static void refuses(slope_status status, size_t inputs, const slope_group in[], const slope_value *const x[],
                    const slope_value *const y[])
{
    slope_error error = {0};
    assert_null(slope_function_create(inputs, in, x, 1, y1, y, &error));
    assert_int_equal(error.status, status);
    assert_true(strlen(error.message) > 10);
}

static void bad_values_are_refused(void **state)
{
    slope_tape *tape = *state, *other = slope_tape_create(NULL);
    slope_value x = slope_var(tape, 2.0), y = slope_sin(x), null = {0}, far = slope_var(other, 1.0);
    refuses(SLOPE_ERR_NULL, 1, x1, (const slope_value *const[]){&x}, (const slope_value *const[]){&null});
    refuses(SLOPE_ERR_ARGUMENT, 1, x1, (const slope_value *const[]){&y}, (const slope_value *const[]){&y});
    refuses(SLOPE_ERR_FOREIGN, 1, x1, (const slope_value *const[]){&far}, (const slope_value *const[]){&y});
    refuses(SLOPE_ERR_ARGUMENT, 1, x1, NULL, (const slope_value *const[]){&y});
    refuses(SLOPE_ERR_ARGUMENT, 1, (const slope_group[]){{"1x", 1}}, (const slope_value *const[]){&x},
            (const slope_value *const[]){&y});
    slope_tape_reset(tape);
    refuses(SLOPE_ERR_STALE, 1, x1, (const slope_value *const[]){&x}, (const slope_value *const[]){&y});
    slope_tape_destroy(other);
}

static int fails(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)x, (void)y;
    return context != NULL; /* or sets nothing */
}

static void callbacks_that_fail_or_set_nothing_are_told(void **state)
{
    (void)state;
    slope_error error;
    assert_null(slope_function_record(1, x1, 1, y1, NULL, fails, &error, &error));
    assert_int_equal(error.status, SLOPE_ERR_CALLBACK);
    assert_null(slope_function_record(1, x1, 1, y1, NULL, fails, NULL, &error));
    assert_int_equal(error.status, SLOPE_ERR_NULL);
    assert_null(slope_function_record(1, x1, 1, y1, NULL, NULL, NULL, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
}

static void text_becomes_a_function(void **state)
{
    (void)state;
    slope_error error;
    slope_function *f = slope_function_parse("d = a*b + c\n L = d * 2", SIZE_MAX, 0, NULL, &error);
    assert_non_null(f);
    assert_int_equal(slope_function_inputs(f), 3);
    assert_string_equal(slope_function_input(f, 2).name, "c");
    assert_string_equal(slope_function_output(f, 0).name, "L");
    slope_function_destroy(f);

    const char *const out[] = {"d", "two", "a"};
    f = slope_function_parse("d = a*b; two = 2; e = d", SIZE_MAX, 3, out, &error);
    assert_non_null(f);
    const double a = 3.0, b = 4.0;
    double y[3];
    assert_int_equal(slope_eval(f, (const double *const[]){&a, &b}, (double *const[]){&y[0], &y[1], &y[2]}), SLOPE_OK);
    assert_true(y[0] == 12.0 && y[1] == 2.0 && y[2] == 3.0);
    slope_function_destroy(f);

    assert_null(slope_function_parse("a *", SIZE_MAX, 0, NULL, &error));
    assert_int_equal(error.status, SLOPE_ERR_SYNTAX);
    assert_null(slope_function_parse("f = a", SIZE_MAX, 1, (const char *const[]){"g"}, &error));
    assert_int_equal(error.status, SLOPE_ERR_NAME);
}

/* ------------------------------------------------------------------------------------------------------ branches */

/* |x| by an if, and 3 x above 10 */
static int branched(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape;
    ++*(int *)context;
    if (slope_less(x[0][0], 0.0))
        y[0][0] = slope_neg(x[0][0]);
    else if (slope_greater(x[0][0], 10.0))
        y[0][0] = slope_mul(3.0, x[0][0]);
    else
        y[0][0] = x[0][0];
    return 0;
}

static void a_branch_does_not_go_stale_silently(void **state)
{
    (void)state;
    int calls = 0;
    const double start = 1.0, below = -1.0;
    double y;
    slope_function *f = slope_function_record(1, x1, 1, y1, (const double *const[]){&start}, branched, &calls, NULL);
    assert_non_null(f);
    assert_true(eval1(f, 4.0) == 4.0);
    assert_int_equal(slope_eval(f, (const double *const[]){&below}, (double *const[]){&y}), SLOPE_ERR_BRANCH);
    slope_error error = {0};
    assert_int_equal(slope_eval_check(f, (const double *const[]){&below}, &error), SLOPE_ERR_BRANCH);
    assert_true(strlen(error.message) > 10);
    slope_function *g = slope_gradient(f, 0, NULL, NULL); /* guards stay */
    assert_true(eval1(g, 4.0) == 1.0);
    assert_int_equal(slope_eval(g, (const double *const[]){&below}, (double *const[]){&y}), SLOPE_ERR_BRANCH);
    slope_function_destroy(g);
    slope_function_destroy(f);
}

static void branches_are_recorded_when_met_and_the_last_few_are_kept(void **state)
{
    (void)state;
    int calls = 0;
    slope_branches *b = slope_branches_create(1, x1, 1, y1, branched, &calls, 2, NULL);
    assert_non_null(b);
    static const double x[] = {1.0, -2.0, 3.0, -4.0, 20.0, 5.0};
    static const double y[] = {1.0, 2.0, 3.0, 4.0, 60.0, 5.0};
    for (size_t i = 0; i < 6; i++) {
        slope_error error = {0};
        const slope_function *f = slope_branches_at(b, (const double *const[]){&x[i]}, &error);
        if (!f)
            fail_msg("%s", error.message);
        assert_true(eval1(f, x[i]) == y[i]);
    }
    slope_error error = {0};
    assert_null(slope_branches_at(b, (const double *const[]){NULL}, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    const slope_branches_info info = slope_branches_stats(b);
    assert_int_equal(info.recorded, 4); /* 20 drops the oldest, which 5 needs again */
    assert_int_equal(calls, 4);
    assert_int_equal(info.hits, 2);
    assert_int_equal(info.dropped, 2);
    assert_int_equal(info.traces, 2);
    slope_branches_destroy(b);
    assert_null(slope_branches_create(1, x1, 1, y1, branched, &calls, 0, NULL));
}

static void numbers_are_just_compared(void **state)
{
    (void)state;
    assert_true(slope_less(1.0, 2.0) && !slope_less(2.0, 1.0) && slope_not_equal(1, 2) && slope_equal(2, 2.0));
    assert_false((slope_less)((slope_value){0}, slope_number(1.0)));
}

static void forward_tells_of_a_branch_that_went_stale(void **state)
{
    slope_tape *tape = *state;
    const slope_value x = slope_var(tape, -1.0);
    const slope_value y = slope_less(x, 0.0) ? slope_neg(x) : slope_add(x, 1.0);
    assert_int_equal(slope_set_data(x, -3.0), SLOPE_OK);
    assert_int_equal(slope_forward(tape), SLOPE_OK);
    assert_true(slope_data(y) == 3.0);
    assert_int_equal(slope_set_data(x, 3.0), SLOPE_OK);
    assert_int_equal(slope_forward(tape), SLOPE_ERR_BRANCH);
    assert_int_equal(slope_tape_status(tape), SLOPE_OK);
    assert_int_equal(slope_set_data(x, -2.0), SLOPE_OK);
    assert_int_equal(slope_forward(tape), SLOPE_OK);
    assert_true(slope_data(y) == 2.0);
}

static void a_tape_in_error_decides_nothing(void **state)
{
    slope_tape *tape = *state, *other = slope_tape_create(NULL);
    const slope_value x = slope_var(tape, 2.0);
    assert_true(slope_decide(x));
    assert_true(slope_is_null(slope_add(x, slope_var(other, 1.0))));
    assert_false(slope_decide(x));
    slope_tape_destroy(other);
}

static void rewinding_forgets_guards(void **state)
{
    slope_tape *tape = *state;
    slope_value x = slope_var(tape, 2.0);
    const slope_mark mark = slope_tape_mark(tape);
    assert_true(slope_greater(x, 1.0));
    assert_int_equal(slope_tape_rewind(tape, mark), SLOPE_OK);
    slope_value y = slope_neg(x);
    slope_function *f =
        slope_function_create(1, x1, (const slope_value *const[]){&x}, 1, y1, (const slope_value *const[]){&y}, NULL);
    assert_non_null(f);
    assert_true(eval1(f, 0.0) == 0.0); /* no guard is left */
    slope_function_destroy(f);
}

/* ------------------------------------------------------------------------------------------------ checkpoints */

enum { STATE = 3 };

/* One explicit Euler step of the Lorenz equations with parameters p. */
static int lorenz(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    const slope_value a = x[0][0], b = x[0][1], c = x[0][2], *p = x[1];
    const double h = 1e-7;
    y[0][0] = slope_add(a, slope_mul(h, slope_mul(p[0], slope_sub(b, a))));
    y[0][1] = slope_add(b, slope_mul(h, slope_sub(slope_mul(a, slope_sub(p[1], c)), b)));
    y[0][2] = slope_add(c, slope_mul(h, slope_sub(slope_mul(a, b), slope_mul(p[2], c))));
    return 0;
}

struct run {
    slope_function *step;
    size_t n;
    unsigned levels;
};

static int orbit(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const struct run *r = context;
    slope_value end[STATE];
    const slope_view in[] = {slope_shared(x[0]), slope_shared(x[1])};
    if (slope_fold(tape, r->step, r->n, 1, in, (slope_value *const[]){end}, r->levels) != SLOPE_OK)
        return 1;
    y[0][0] = slope_sum(STATE, end);
    return 0;
}

static long peak_kilobytes(void)
{
    struct rusage usage;
    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static void ten_million_steps_differentiate_in_little_memory(void **state)
{
    (void)state;
    const char *small = getenv("SLOPE_TEST_SMALL");
    const slope_group in[] = {{"s", STATE}, {"p", 3}}, out[] = {{"s", STATE}};
    struct run few = {NULL, 100, 1}, many = {NULL, small ? 10000 : 10000000, 3};
    few.step = many.step = slope_function_record(2, in, 1, out, NULL, lorenz, NULL, NULL);
    assert_non_null(few.step);
    const double s[] = {1.0, 2.0, 3.0}, p[] = {10.0, 28.0, 8.0 / 3.0};
    const double *const x[] = {s, p};
    double gs[STATE], gp[3], check_s[STATE], check_p[3];

    slope_function *f = slope_function_record(2, in, 1, y1, NULL, orbit, &few, NULL),
                   *g = slope_gradient(f, 0, NULL, NULL);
    assert_non_null(g);
    assert_int_equal(slope_eval(g, x, (double *const[]){check_s, check_p}), SLOPE_OK);
    slope_function_destroy(g);
    slope_function_destroy(f);
    few.levels = 3;
    f = slope_function_record(2, in, 1, y1, NULL, orbit, &few, NULL), g = slope_gradient(f, 0, NULL, NULL);
    assert_non_null(g);
    assert_int_equal(slope_eval(g, x, (double *const[]){gs, gp}), SLOPE_OK);
    for (size_t i = 0; i < STATE; i++) {
        assert_near(gs[i], check_s[i], 1e-13);
        assert_near(gp[i], check_p[i], 1e-13);
    }
    slope_function_destroy(g);
    slope_function_destroy(f);

    f = slope_function_record(2, in, 1, y1, NULL, orbit, &many, NULL), g = slope_gradient(f, 0, NULL, NULL);
    assert_non_null(g);
    const long before = peak_kilobytes();
    assert_int_equal(slope_eval(g, x, (double *const[]){gs, gp}), SLOPE_OK);
    assert_true(peak_kilobytes() - before < 200 * 1024);
    /* d(sum of the end)/dp by differences of an orbit in plain C */
    double sums[2];
    for (int side = 0; side < 2; side++) {
        double a = s[0], b = s[1], c = s[2];
        const double r = p[1] + (side ? 1e-6 : -1e-6), h = 1e-7;
        for (size_t i = 0; i < many.n; i++) {
            const double da = h * (p[0] * (b - a)), db = h * (a * (r - c) - b), dc = h * (a * b - p[2] * c);
            a += da;
            b += db;
            c += dc;
        }
        sums[side] = a + b + c;
    }
    assert_near(gp[1], (sums[1] - sums[0]) / 2e-6, 1e-5 * (1.0 + fabs(gp[1])));
    slope_function_destroy(g);
    slope_function_destroy(f);
    slope_function_destroy(few.step);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(values_of_a_tape_become_a_function),
        on_tape(outputs_may_be_numbers_and_inputs),
        on_tape(bad_values_are_refused),
        cmocka_unit_test(callbacks_that_fail_or_set_nothing_are_told),
        cmocka_unit_test(text_becomes_a_function),
        cmocka_unit_test(a_branch_does_not_go_stale_silently),
        cmocka_unit_test(branches_are_recorded_when_met_and_the_last_few_are_kept),
        cmocka_unit_test(numbers_are_just_compared),
        on_tape(forward_tells_of_a_branch_that_went_stale),
        on_tape(a_tape_in_error_decides_nothing),
        on_tape(rewinding_forgets_guards),
        cmocka_unit_test(ten_million_steps_differentiate_in_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
