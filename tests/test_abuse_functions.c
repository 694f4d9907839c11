/* SPDX-License-Identifier: MIT */
/* Functions in the hands of an enemy: views that overflow or leave gaps, counts that lie, threads without number,
   guards in bodies. */
#include "testing.h"

#include <string.h>

enum { ITEMS = 20, POINTS = 600 };

static int trace_guarded(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape;
    (void)context;
    y[0][0] = slope_less(x[0][0], slope_number(5.0)) ? slope_square(x[0][0]) : slope_cos(x[0][0]);
    return 0;
}

static slope_function *guarded(void)
{
    const slope_group in = {"x", 1}, out = {"y", 1};
    slope_function *f = slope_function_record(1, &in, 1, &out, NULL, trace_guarded, NULL, NULL);
    assert_non_null(f);
    return f;
}

static void strides_that_overflow_are_refused(void **state)
{
    static const ptrdiff_t strides[] = {PTRDIFF_MAX, PTRDIFF_MIN, PTRDIFF_MAX / 2 + 1, (ptrdiff_t)1 << 40};
    slope_tape *tape = *state;
    slope_function *f = guarded();
    for (size_t k = 0; k < sizeof strides / sizeof *strides; k++) {
        slope_value x = slope_var(tape, 1.0), y[3];
        const slope_view view = slope_each(&x, strides[k]);
        assert_int_not_equal(slope_map(tape, f, 3, &view, (slope_value *const[]){y}), SLOPE_OK);
        assert_true(slope_is_null(y[2]));
        slope_tape_reset(tape);
    }
    const slope_value x = slope_var(tape, 1.0);
    slope_value y[3];
    const slope_view list = slope_indexed(&x, (const size_t[]){0, SIZE_MAX, 0});
    assert_int_equal(slope_map(tape, f, 3, &list, (slope_value *const[]){y}), SLOPE_ERR_ARGUMENT);
    slope_function_destroy(f);
}

static void what_stands_in_the_gaps_of_a_view_does_not_matter(void **state)
{
    slope_tape *tape = *state;
    slope_function *f = guarded();
    slope_value x[9], y[3];
    memset(x, 0, sizeof x);
    for (size_t k = 0; k < 9; k += 4)
        x[k] = slope_var(tape, 1.0 + (double)k / 4.0);
    const slope_view strided[] = {slope_each(x, 4), slope_each(x + 8, -4), slope_indexed(x, (const size_t[]){8, 0, 4})};
    static const double expected[3][3] = {{1.0, 4.0, 9.0}, {9.0, 4.0, 1.0}, {9.0, 1.0, 4.0}};
    for (size_t v = 0; v < 3; v++) {
        assert_int_equal(slope_map(tape, f, 3, &strided[v], (slope_value *const[]){y}), SLOPE_OK);
        for (size_t k = 0; k < 3; k++)
            assert_near(slope_data(y[k]), expected[v][k], 0.0);
        assert_int_equal(slope_backward(y[0]), SLOPE_OK);
        assert_near(slope_grad(x[0]), v == 0 ? 2.0 : 0.0, 0.0);
        assert_near(slope_grad(x[8]), v == 0 ? 0.0 : 6.0, 0.0);
    }
    slope_function_destroy(f);
}

static void more_groups_than_there_are_is_an_argument_and_reads_nothing(void **state)
{
    (void)state;
    slope_function *f = guarded();
    slope_error error = {0};
    const size_t wrt[] = {0};
    assert_null(slope_jacobian(f, SIZE_MAX, wrt, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    slope_function_destroy(f);
}

static int trace_map(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    slope_value each[ITEMS];
    const slope_view view = slope_each(x[0], 1);
    const slope_status status = slope_map(tape, context, ITEMS, &view, (slope_value *const[]){each});
    y[0][0] = slope_sum(ITEMS, each);
    return status != SLOPE_OK;
}

/* Point i reads x[i ... i + 19], of which item 0 of point 36 is the same number as item 19 of point 17. */
static void a_batch_names_the_first_point_whose_guard_fails(void **state)
{
    (void)state;
    const slope_group in = {"x", ITEMS}, out = {"y", 1};
    static double x[POINTS + ITEMS], y[POINTS];
    slope_function *body = guarded(), *f = slope_function_record(1, &in, 1, &out, NULL, trace_map, body, NULL);
    assert_non_null(f);
    x[36] = 7.0;
    size_t branch = SIZE_MAX;
    slope_batch_options options = slope_batch_options_default();
    options.branch = &branch;
    const slope_input from = {x, 1, 1};
    const slope_output to = {y, 1, 1, 0};
    assert_int_equal(slope_eval_batch(f, POINTS, &from, &to, &options), SLOPE_ERR_BRANCH);
    assert_int_equal(branch, 17);
    x[36] = 0.0;
    assert_int_equal(slope_eval_batch(f, POINTS, &from, &to, &options), SLOPE_OK);
    slope_function_destroy(f);
    slope_function_destroy(body);
}

static void any_number_of_threads_is_answered(void **state)
{
    (void)state;
    slope_function *f = guarded();
    double x = 2.0, y = 0.0;
    const slope_input from = {&x, 0, 1};
    const slope_output to = {&y, 0, 1, 1};
    slope_batch_options options = slope_batch_options_default();
    options.threads = INT32_MAX;
    assert_int_equal(slope_eval_batch(f, 1, &from, &to, &options), SLOPE_OK);
    assert_near(y, 4.0, 0.0);
    assert_int_equal(slope_eval_batch(f, 100000, &from, &to, &options), SLOPE_OK);
    assert_near(y, 400000.0, 0.0);
    slope_function_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(strides_that_overflow_are_refused),
        on_tape(what_stands_in_the_gaps_of_a_view_does_not_matter),
        cmocka_unit_test(more_groups_than_there_are_is_an_argument_and_reads_nothing),
        cmocka_unit_test(a_batch_names_the_first_point_whose_guard_fails),
        cmocka_unit_test(any_number_of_threads_is_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
