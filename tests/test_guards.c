/* SPDX-License-Identifier: MIT */
/* Guards and structures together: where a recorded comparison would go the other way, and where memory is short. */
#define SLOPE_PLACES
#include <stdlib.h>
#include <string.h>

#include "testing.h"

#include "failing.h"

static const slope_group x1[] = {{"x", 1}}, y1[] = {{"y", 1}};

/* x^2 for x above 0, which is all that is recorded at 1. */
static int positive(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    y[0][0] = slope_greater(x[0][0], 0.0) ? slope_mul(x[0][0], x[0][0]) : slope_number(0.0);
    return 0;
}

static slope_function *make(void)
{
    const double one = 1.0;
    slope_function *f = slope_function_record(1, x1, 1, y1, (const double *const[]){&one}, positive, NULL, NULL);
    assert_non_null(f);
    return f;
}

static void a_call_that_would_branch_says_so(void **state)
{
    slope_tape *tape = *state;
    slope_function *f = make();
    slope_value x = slope_var(tape, -1.0), y = x;
    assert_int_equal(slope_call(tape, f, (const slope_value *const[]){&x}, (slope_value *const[]){&y}),
                     SLOPE_ERR_BRANCH);
    assert_true(slope_is_null(y));
    assert_int_equal(slope_tape_status(tape), SLOPE_ERR_BRANCH);
    slope_function_destroy(f);
}

static void forward_into_another_branch_says_so(void **state)
{
    slope_tape *tape = *state;
    slope_function *f = make();
    slope_value x = slope_var(tape, 3.0), y;
    assert_int_equal(slope_call(tape, f, (const slope_value *const[]){&x}, (slope_value *const[]){&y}), SLOPE_OK);
    assert_int_equal(slope_set_data(x, -1.0), SLOPE_OK);
    assert_int_equal(slope_forward(tape), SLOPE_ERR_BRANCH);
    slope_function_destroy(f);
}

static void a_structure_that_the_output_does_not_use_is_not_swept(void **state)
{
    slope_tape *tape = *state;
    slope_function *f = make();
    slope_value x = slope_var(tape, 3.0), z = slope_var(tape, 2.0), y;
    assert_int_equal(slope_call(tape, f, (const slope_value *const[]){&x}, (slope_value *const[]){&y}), SLOPE_OK);
    const slope_value other = slope_mul(z, z);
    assert_int_equal(slope_set_data(x, -1.0), SLOPE_OK); /* sweeping y would now meet the guard */
    assert_int_equal(slope_backward(other), SLOPE_OK);
    assert_true(slope_grad(z) == 4.0 && slope_grad(x) == 0.0);
    assert_int_not_equal(slope_backward(y), SLOPE_OK);
    slope_function_destroy(f);
}

static void the_place_of_a_guard_is_told(void **state)
{
    (void)state;
    slope_function *f = make();
    const double below = -1.0;
    slope_error error = {0};
    assert_int_equal(slope_eval_check(f, (const double *const[]){&below}, &error), SLOPE_ERR_BRANCH);
    assert_non_null(strstr(error.message, "test_guards.c"));
    slope_function_destroy(f);
}

static void guards_inside_a_map_hold_for_every_item(void **state)
{
    slope_tape *tape = *state;
    slope_function *f = make();
    const slope_group in[] = {{"x", 3}};
    slope_value x[3], y;
    for (size_t i = 0; i < 3; i++)
        x[i] = slope_var(tape, (double)i + 1.0);
    const slope_view each = slope_each(x, 1);
    assert_int_equal(slope_map_sum(tape, f, 3, &each, (slope_value *const[]){&y}), SLOPE_OK);
    slope_function *sum =
        slope_function_create(1, in, (const slope_value *const[]){x}, 1, y1, (const slope_value *const[]){&y}, NULL);
    assert_non_null(sum);
    const double good[] = {1.0, 2.0, 4.0}, bad[] = {1.0, 2.0, -4.0};
    double s = 0.0;
    assert_int_equal(slope_eval(sum, (const double *const[]){good}, (double *const[]){&s}), SLOPE_OK);
    assert_true(s == 21.0);
    assert_int_equal(slope_eval(sum, (const double *const[]){bad}, (double *const[]){&s}), SLOPE_ERR_BRANCH);
    slope_function_destroy(sum);
    slope_function_destroy(f);
}

static void a_stale_condition_sticks_and_guards_nothing(void **state)
{
    slope_tape *tape = *state;
    const slope_mark mark = slope_tape_mark(tape);
    slope_value condition = {0};
    for (size_t i = 0; i < 1000; i++)
        condition = slope_var(tape, 1.0);
    assert_int_equal(slope_tape_rewind(tape, mark), SLOPE_OK);
    assert_int_equal(slope_decide(condition), 0);
    assert_int_equal(slope_tape_status(tape), SLOPE_ERR_STALE);
}

static slope_status scenario(slope_tape *tape, const slope_function *f)
{
    slope_value x[100], y[100] = {{0}}, s = {0};
    for (size_t i = 0; i < 100; i++)
        x[i] = slope_var(tape, (double)i + 1.0);
    const slope_view each = slope_each(x, 1);
    for (size_t k = 0; k < 3; k++) {
        (void)slope_map(tape, f, 100, &each, (slope_value *const[]){y});
        (void)slope_map_sum(tape, f, 100, &each, (slope_value *const[]){&s});
        (void)slope_call(tape, f, (const slope_value *const[]){&s}, (slope_value *const[]){&s});
        (void)slope_greater(s, 0.0);
    }
    const slope_status status = slope_tape_status(tape);
    return status ? status : slope_backward(s);
}

static void structures_survive_every_failed_allocation(void **state)
{
    (void)state;
    slope_function *f = make();
    for (size_t fail_at = 1;; fail_at++) {
        failing counted = {.fail_at = fail_at, .forever = fail_at % 2 == 0};
        slope_tape_options options = slope_tape_options_default();
        options.allocator = (slope_allocator){failing_resize, &counted};
        slope_tape *tape = slope_tape_create(&options);
        const slope_status status = tape ? scenario(tape, f) : SLOPE_ERR_MEMORY;
        const int reached = counted.calls >= fail_at;
        assert_true(status == SLOPE_OK || status == SLOPE_ERR_MEMORY);
        assert_true(reached || status == SLOPE_OK);
        counted.fail_at = 0;
        if (tape) {
            slope_tape_reset(tape);
            assert_int_equal(scenario(tape, f), SLOPE_OK);
        }
        slope_tape_destroy(tape);
        assert_int_equal(counted.held, 0);
        if (!reached)
            break;
    }
    slope_function_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(a_call_that_would_branch_says_so),
        on_tape(forward_into_another_branch_says_so),
        on_tape(a_structure_that_the_output_does_not_use_is_not_swept),
        cmocka_unit_test(the_place_of_a_guard_is_told),
        on_tape(guards_inside_a_map_hold_for_every_item),
        on_tape(a_stale_condition_sticks_and_guards_nothing),
        cmocka_unit_test(structures_survive_every_failed_allocation),
    };
    return cmocka_run_group_tests_name("guards", tests, NULL, NULL);
}
