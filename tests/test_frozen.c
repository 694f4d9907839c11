/* SPDX-License-Identifier: MIT */
/* Numbers do not leave a recording unseen, and what is detached has no slope, whatever computes it. */
#include <stdlib.h>
#include <string.h>

#include "testing.h"

static const slope_group x2[] = {{"x", 2}}, y1[] = {{"y", 1}};

typedef slope_value formula(slope_tape *tape, const slope_value x[]);

static int trace(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    y[0][0] = (*(formula *const *)context)(tape, x[0]);
    return 0;
}

static slope_function *record(formula *f, slope_error *error)
{
    const double start[] = {3.0, 2.0};
    return slope_function_record(1, x2, 1, y1, (const double *const[]){start}, trace, &f, error);
}

static slope_value number_of_input(slope_tape *tape, const slope_value x[])
{
    return (void)tape, slope_mul(x[0], cos(slope_data(x[0])));
}

static slope_value number_of_result(slope_tape *tape, const slope_value x[])
{
    const slope_value r = slope_label(slope_floor(slope_hypot(x[0], x[1])), "cell");
    return (void)tape, slope_add(x[0], (double)(int)slope_data(r));
}

static slope_value number_of_detached(slope_tape *tape, const slope_value x[])
{
    return (void)tape, slope_number(slope_data(slope_detach(x[0])));
}

static slope_value number_of_call(slope_tape *tape, const slope_value x[])
{
    slope_value y = {0};
    slope_function *square = slope_function_parse("v * v", SIZE_MAX, 0, NULL, NULL);
    (void)slope_call(tape, square, (const slope_value *const[]){&x[1]}, (slope_value *const[]){&y});
    slope_function_destroy(square);
    return slope_mul(x[0], slope_data(y));
}

static slope_value gradient(slope_tape *tape, const slope_value x[])
{
    const slope_value y = slope_mul(x[0], x[1]);
    (void)tape;
    assert_int_equal(slope_backward(y), SLOPE_OK);
    return slope_add(y, slope_grad(x[0]));
}

static slope_value partial(slope_tape *tape, const slope_value x[])
{
    return (void)tape, slope_number(slope_partial(slope_mul(x[0], x[1]), 0));
}

static void numbers_of_inputs_are_not_given_to_a_recording(void **state)
{
    (void)state;
    formula *const all[] = {number_of_input, number_of_result, number_of_detached, number_of_call, gradient, partial};
    const char *const says[] = {"the number of node %0", "the number of cell", "slope_detach",
                                "slope_decide",          "the gradient of",    "slope_gradient"};
    for (size_t k = 0; k < sizeof all / sizeof all[0]; k++) {
        slope_error error = {0};
        assert_null(record(all[k], &error));
        assert_int_equal(error.status, SLOPE_ERR_UNSUPPORTED);
        if (!strstr(error.message, says[k]) || !strstr(error.message, "would be frozen"))
            fail_msg("formula %zu: %s", k, error.message);
        assert_true(strlen(error.message) + 1 < sizeof error.message); /* it is not cut */
    }
}

static slope_value numbers_that_stay(slope_tape *tape, const slope_value x[])
{
    const slope_value k = slope_var(tape, 5.0), two = slope_number(2.0);
    slope_node node;
    assert_int_equal(slope_inspect(x[0], &node), SLOPE_OK); /* for looking at it */
    assert_true(node.data == 3.0);
    assert_true(slope_grad(x[0]) == 0.0); /* of no sweep */
    return slope_mul(x[0], slope_data(slope_sin(k)) * slope_data(two));
}

static void numbers_that_no_input_is_in_are_given(void **state)
{
    (void)state;
    slope_error error = {0};
    slope_function *f = record(numbers_that_stay, &error);
    assert_non_null(f);
    const double x[] = {7.0, 1.0};
    double y = 0;
    assert_int_equal(slope_eval(f, (const double *const[]){x}, (double *const[]){&y}), SLOPE_OK);
    assert_true(y == 7.0 * (sin(5.0) * 2.0));
    slope_function_destroy(f);
}

static void an_ordinary_tape_gives_all_its_numbers(void **state)
{
    slope_tape *tape = *state;
    slope_value x[] = {slope_var(tape, 3.0), slope_var(tape, 2.0)};
    const slope_value y = number_of_input(tape, x);
    slope_function *f =
        slope_function_create(1, x2, (const slope_value *const[]){x}, 1, y1, (const slope_value *const[]){&y}, NULL);
    assert_non_null(f);
    assert_true(slope_data(y) == 3.0 * cos(3.0));
    slope_function_destroy(f);
}

/* ------------------------------------------------------------------------------------------------------ detach */

static slope_value weighted(slope_tape *tape, const slope_value x[])
{
    return (void)tape, slope_mul(slope_detach(slope_exp(x[0])), slope_mul(x[0], x[1]));
}

static void what_is_detached_has_no_slope(void **state)
{
    slope_tape *tape = *state;
    slope_value x = slope_var(tape, 3.0), y = slope_mul(slope_detach(x), x);
    assert_int_equal(slope_backward(y), SLOPE_OK);
    assert_true(slope_data(y) == 9.0 && slope_grad(x) == 3.0);
    assert_int_equal(slope_backward(slope_detach(x)), SLOPE_OK);
    assert_true(slope_grad(x) == 0.0);
    slope_check_entry entry;
    assert_int_equal(slope_check_values(y, 1, &x, &entry), SLOPE_OK);
    assert_int_equal(entry.verdict, SLOPE_VERDICT_RIGHT);
    assert_near(entry.numeric, 3.0, 1e-6);
    slope_culprit culprit;
    assert_int_equal(slope_check_nodes(y, &culprit), SLOPE_OK);
    assert_true(slope_is_null(culprit.node));
    assert_true(slope_data(slope_detach(slope_number(4.0))) == 4.0);
    x = slope_var(tape, INFINITY);
    y = slope_add(slope_detach(slope_sub(x, x)), x); /* not even a slope of NaN */
    assert_int_equal(slope_backward(y), SLOPE_OK);
    assert_true(isnan(slope_data(y)) && slope_grad(x) == 1.0);
    assert_true(slope_equal(slope_detach(slope_var(tape, 1.0)), 1.0));
    slope_tie tie;
    assert_int_equal(slope_find_tie(tape, y, 0, &tie), SLOPE_OK);
    assert_int_equal(tie.ties, 0);
}

static void functions_keep_what_is_detached(void **state)
{
    (void)state;
    slope_error error = {0};
    slope_function *f = record(weighted, &error), *g = slope_value_gradient(f, 0, NULL, &error),
                   *h = slope_hessian(f, 0, NULL, &error), *j = slope_jvp(f, 0, NULL, &error),
                   *s = slope_sparse_hessian(f, 0, NULL, NULL, &error);
    assert_true(f && g && h && j && s);
    const double x[] = {1.5, -2.0}, v[] = {1.0, 10.0}, w = exp(1.5);
    double y, dy[2], hessian[4], along;
    assert_int_equal(slope_eval(g, (const double *const[]){x}, (double *const[]){&y, dy}), SLOPE_OK);
    assert_near(y, w * -3.0, 1e-14);
    assert_near(dy[0], w * -2.0, 1e-14);
    assert_near(dy[1], w * 1.5, 1e-14);
    assert_int_equal(slope_eval(h, (const double *const[]){x}, (double *const[]){hessian}), SLOPE_OK);
    assert_true(hessian[0] == 0.0 && hessian[3] == 0.0);
    assert_near(hessian[1], w, 1e-14);
    assert_near(hessian[2], w, 1e-14);
    assert_int_equal(slope_eval(j, (const double *const[]){x, v}, (double *const[]){&along}), SLOPE_OK);
    assert_near(along, w * (-2.0 + 15.0), 1e-13);
    slope_function *all[] = {f, g, h, j, s};
    for (size_t k = 0; k < 5; k++)
        slope_function_destroy(all[k]);
}

static void a_text_detaches(void **state)
{
    (void)state;
    slope_error error = {0};
    slope_function *f = slope_function_parse("detach(x) * x", SIZE_MAX, 0, NULL, &error);
    slope_function *g = slope_value_gradient(f, 0, NULL, &error);
    const double x = 3.0;
    double y, dy;
    assert_non_null(g);
    assert_int_equal(slope_eval(g, (const double *const[]){&x}, (double *const[]){&y, &dy}), SLOPE_OK);
    assert_true(y == 9.0 && dy == 3.0);
    slope_function_destroy(f);
    slope_function_destroy(g);
}

/* ---------------------------------------------------------------------------------------------- what to do */

static void a_sum_that_starts_as_null_is_told_what_to_write(void **state)
{
    slope_tape *tape = *state;
    slope_value t[9] = {0};
    t[0] = slope_add(t[0], slope_var(tape, 1.0));
    assert_true(slope_is_null(t[0]));
    assert_int_equal(slope_tape_status(tape), SLOPE_ERR_NULL);
    assert_non_null(strstr(slope_tape_error(tape)->message, "slope_number(0)"));
}

static slope_value wrapped(slope_tape *tape, const slope_value x[])
{
    return (void)tape, slope_greater(x[0], 10.0) ? slope_sub(x[0], 20.0) : x[0];
}

static void a_guard_that_fails_is_told_what_to_do(void **state)
{
    (void)state;
    formula *f = wrapped;
    slope_function *made = slope_function_record(1, x2, 1, y1, NULL, trace, &f, NULL);
    slope_error error = {0};
    const double x[] = {11.0, 0.0};
    assert_non_null(made);
    assert_int_equal(slope_eval_check(made, (const double *const[]){x}, &error), SLOPE_ERR_BRANCH);
    const char *const says[] = {"guard 0",      "recorded as false", "`start` (0 without it)",
                                "slope_select", "slope_remainder",   "SLOPE_PLACES"};
    for (size_t k = 0; k < sizeof says / sizeof says[0]; k++)
        if (!strstr(error.message, says[k]))
            fail_msg("nothing of %s: %s", says[k], error.message);
    assert_true(strlen(error.message) + 1 < sizeof error.message);
    slope_function_destroy(made);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_inputs_are_not_given_to_a_recording),
        cmocka_unit_test(numbers_that_no_input_is_in_are_given),
        on_tape(an_ordinary_tape_gives_all_its_numbers),
        on_tape(what_is_detached_has_no_slope),
        cmocka_unit_test(functions_keep_what_is_detached),
        cmocka_unit_test(a_text_detaches),
        on_tape(a_sum_that_starts_as_null_is_told_what_to_write),
        cmocka_unit_test(a_guard_that_fails_is_told_what_to_do),
    };
    return cmocka_run_group_tests_name("frozen", tests, NULL, NULL);
}
