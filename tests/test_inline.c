/* SPDX-License-Identifier: MIT */
/* Recording compiled into the caller makes the same nodes, values, gradients and errors as the functions do. */
#define SLOPE_INLINE
#include "testing.h"

#include <math.h>

/* The two values are the same but for where they stand on the tape: node against node, or number against number. */
static void assert_alike(const char *name, slope_value inlined, slope_value called)
{
    slope_node a, b;
    if (slope_is_number(called) || slope_is_null(called)) {
        assert_true(inlined.tape == called.tape);
        assert_true(slope_is_null(called) || slope_data(inlined) == slope_data(called) || isnan(slope_data(called)));
        return;
    }
    assert_int_equal(slope_inspect(inlined, &a), SLOPE_OK);
    assert_int_equal(slope_inspect(called, &b), SLOPE_OK);
    if (a.op != b.op || a.operands != b.operands || !(a.data == b.data || (isnan(a.data) && isnan(b.data))))
        fail_msg("%s: inline gives %g by %s, the function %g by %s", name, a.data, a.name, b.data, b.name);
    for (size_t i = 0; i < a.operands; i++) {
        const slope_value x = slope_operand(inlined, i), y = slope_operand(called, i);
        assert_true(slope_is_number(x) == slope_is_number(y));
        assert_true(slope_data(x) == slope_data(y) || (isnan(slope_data(x)) && isnan(slope_data(y))));
        const double p = slope_partial(inlined, i), q = slope_partial(called, i);
        assert_true(p == q || (isnan(p) && isnan(q)));
    }
}

/* Every operation of the table on operands of every kind. */
static void compare_all(slope_value x, slope_value y)
{
#define UNARY(name, ...) assert_alike(#name, slope_##name(x), (slope_##name)(x));
#define BINARY(name, ...) assert_alike(#name, slope_##name(x, y), (slope_##name)(x, y));
#define TERNARY(name, ...) assert_alike(#name, slope_##name(x, y, x), (slope_##name)(x, y, x));
#define NARY(name, ...)
#include "ops.def"
}

static void inlined_operations_are_the_functions(void **state)
{
    slope_tape *t = *state;
    slope_value a = slope_inline_var(t, 0.4), b = slope_inline_var(t, 2.0), nan = slope_inline_var(t, NAN);
    compare_all(a, b);
    compare_all(a, a);
    compare_all(a, slope_number(2.0));
    compare_all(slope_number(2.0), b);
    compare_all(slope_number(0.5), slope_number(2.0));
    compare_all(nan, a);
    assert_int_equal(slope_tape_status(t), SLOPE_OK);
}

static void inlined_operations_stick_the_same_errors(void **state)
{
    slope_tape *t = *state, *other = slope_tape_create(NULL);
    assert_non_null(other);
    slope_value old = slope_inline_var(t, 1.0);
    slope_tape_reset(t);
    slope_value a = slope_inline_var(t, 1.0), foreign = slope_inline_var(other, 1.0);
    assert_true(slope_is_null(slope_mul(a, old)));
    assert_int_equal(slope_tape_status(t), SLOPE_ERR_STALE);
    assert_true(slope_is_null(slope_sin(a)) && slope_is_null(slope_inline_var(t, 1.0)));
    slope_tape_reset(t);
    a = slope_inline_var(t, 1.0);
    assert_true(slope_is_null(slope_add(a, foreign)));
    assert_int_equal(slope_tape_status(t), SLOPE_ERR_FOREIGN);
    slope_tape_reset(t);
    a = slope_inline_var(t, 1.0);
    assert_true(slope_is_null(slope_add((slope_value){0}, a)) && slope_is_null(slope_exp((slope_value){0})));
    assert_int_equal(slope_tape_status(t), SLOPE_ERR_NULL);
    assert_true(slope_is_null(slope_inline_var(NULL, 1.0)));
    slope_tape_destroy(other);
}

static void inlined_recording_grows_rewinds_and_differentiates(void **state)
{
    slope_tape *t = *state;
    slope_value p = slope_inline_var(t, 0.999);
    const slope_mark mark = slope_tape_mark(t);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(slope_tape_rewind(t, mark), SLOPE_OK);
        slope_value y = slope_number(1.0);
        for (int i = 0; i < 100000; i++)
            y = slope_mul(y, p);
        assert_int_equal(slope_backward(y), SLOPE_OK);
        assert_near(slope_grad(p) / (1e5 * pow(0.999, 99999)), 1.0, 1e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(inlined_operations_are_the_functions),
        on_tape(inlined_operations_stick_the_same_errors),
        on_tape(inlined_recording_grows_rewinds_and_differentiates),
    };
    return cmocka_run_group_tests_name("inline", tests, NULL, NULL);
}
