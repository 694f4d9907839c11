/* SPDX-License-Identifier: MIT */
/* Comparisons that were decided at a tie are found, on tapes and in functions, and nothing else is. */
#define SLOPE_PLACES
#include <stdlib.h>
#include <string.h>

#include "testing.h"

#include "failing.h"

static size_t ties_of(slope_tape *tape, slope_value y)
{
    slope_tie tie;
    assert_int_equal(slope_find_tie(tape, y, 0, &tie), SLOPE_OK);
    assert_int_equal(tie.ties == 0, slope_is_null(tie.node));
    assert_int_equal(tie.ties == 0, tie.message[0] == '\0');
    return tie.ties;
}

static slope_value null_value(void) { return (slope_value){0}; }

/* A search for the root of x * x = a: Newton's, from x0, which ends where two tests at a tolerance say so. */
static slope_value root(slope_value a, double x0, double tolerance)
{
    slope_value x = slope_number(x0);
    for (int k = 0; k < 100; k++) {
        const slope_value r = slope_sub(slope_mul(x, x), a);
        if (!slope_greater(r, tolerance) && !slope_greater(slope_neg(r), tolerance))
            break;
        x = slope_mul(slope_add(x, slope_div(a, x)), 0.5);
    }
    return x;
}

static void a_search_that_starts_on_its_root_is_told(void **state)
{
    slope_tape *tape = *state;
    const double tolerance[] = {0, 1e-15, 1e-12, 1e-9, 1e-6};
    for (size_t k = 0; k < 5; k++) {
        slope_tape_reset(tape);
        slope_value x = root(slope_var(tape, 9.0), 3.0, tolerance[k]);
        assert_true(slope_is_number(x)); /* nothing of it is on the tape but what decided */
        assert_true(ties_of(tape, x) > 0);
    }
    slope_tie tie;
    assert_int_equal(slope_find_tie(tape, null_value(), 0, &tie), SLOPE_OK);
    assert_non_null(strstr(tie.message, "decided at a tie: gt(%1 = 0, 1e-06) at node %2 ("));
    assert_non_null(strstr(tie.message, "the slope is that of this branch only"));
    assert_non_null(strstr(tie.file, "test_ties.c"));
    assert_true(tie.line > 0);
}

static void a_search_that_starts_within_its_tolerance_is_told(void **state)
{
    slope_tape *tape = *state;
    slope_value x = root(slope_var(tape, 9.0 + 1e-13), 3.0, 1e-12);
    assert_true(ties_of(tape, x) > 0);
}

static void a_search_that_has_converged_is_not_told(void **state)
{
    slope_tape *tape = *state;
    const double a[] = {2, 4, 9, 0.3, 1e10, 1e-10}, tolerance[] = {1e-6, 1e-9, 1e-12};
    for (size_t i = 0; i < 6; i++) {
        for (size_t k = 0; k < 3; k++) {
            slope_tape_reset(tape);
            slope_value v = slope_var(tape, a[i]), x = root(v, 1.0, tolerance[k] * a[i]);
            assert_int_equal(slope_backward(x), SLOPE_OK);
            assert_near(slope_grad(v), 0.5 / sqrt(a[i]), 1e-3 / sqrt(a[i]));
            assert_int_equal(ties_of(tape, x), 0);
        }
    }
}

/* A loop that ends when nothing changes any more. */
static void an_iteration_that_ends_at_equal_steps_is_not_told(void **state)
{
    slope_tape *tape = *state;
    slope_value e = slope_var(tape, 0.3), x = slope_number(1.0), before;
    int steps = 0;
    do { /* Kepler's equation */
        before = x;
        x = slope_add(slope_mul(slope_sin(x), e), 1.0);
        steps++;
    } while (steps < 200 && slope_not_equal(x, before));
    assert_true(steps > 10 && steps < 200);
    assert_int_equal(ties_of(tape, x), 0);

    slope_tape_reset(tape);
    slope_value a = slope_var(tape, 16.0);
    x = slope_number(1.0);
    do {
        before = x;
        x = slope_mul(slope_add(x, slope_div(a, x)), 0.5);
    } while (slope_greater(slope_abs(slope_sub(x, before)), 0.0));
    assert_int_equal(ties_of(tape, x), 0);
}

static void a_product_that_stops_at_a_zero_is_told(void **state)
{
    slope_tape *tape = *state;
    const double data[] = {3, 0, 5};
    slope_value x[3], p = slope_number(1.0);
    for (int i = 0; i < 3; i++)
        x[i] = slope_var(tape, data[i]);
    for (int i = 0; i < 3; i++) {
        p = slope_mul(p, x[i]);
        if (slope_equal(p, 0.0))
            break;
    }
    assert_int_equal(slope_backward(p), SLOPE_OK);
    assert_true(slope_grad(x[1]) == 3.0); /* and 15 by the other way */
    assert_int_equal(ties_of(tape, p), 1);
}

typedef struct tie_case {
    const char *what;
    size_t ties;
    slope_value (*run)(slope_value x, slope_value y);
    double x, y;
} tie_case;

#define CASE(name, text)                                     \
    static slope_value name(slope_value x, slope_value y)    \
    {                                                        \
        (void)x, (void)y;                                    \
        return (text) ? slope_number(1.0) : slope_number(2); \
    }
CASE(zero, slope_equal(x, 0.0))
CASE(equal, slope_equal(x, y))
CASE(less, slope_less(x, y))
CASE(at_most, slope_less_equal(y, x))
CASE(decides, slope_decide(x))
CASE(decides_product, slope_decide(slope_mul(x, y)))
CASE(square_zero, slope_equal(slope_mul(x, x), 0.0))
CASE(cos_one, slope_equal(slope_cos(x), 1.0))
CASE(angle, slope_less(slope_hypot(x, y), 1e-12))
CASE(length, slope_less(slope_norm(2, ((const slope_value[]){x, y})), 1e-12))
CASE(root_of_squares, slope_equal(slope_sqrt(slope_add(slope_mul(x, x), slope_mul(y, y))), 0.0))
CASE(apart, slope_less(slope_abs(slope_sub(x, y)), 1e-9))
CASE(step, slope_equal(slope_floor(x), 2.0))
CASE(largest, slope_equal(slope_max(x, y), y))
CASE(rounding, slope_equal(slope_add(x, 0.2), 0.3))
CASE(nan_test, slope_not_equal(x, x))
CASE(is_positive, slope_equal(slope_abs(x), x))
CASE(flat, slope_equal(slope_relu(x), 0.0))
CASE(numbers, slope_equal(slope_number(1), 1.0))
CASE(no_motion, slope_equal(slope_mul(x, 0.0), 0.0))
CASE(both, slope_decide(slope_mul(slope_le(x, y), slope_ge(x, 0.0))))

static void ties_are_told_and_nothing_else(void **state)
{
    slope_tape *tape = *state;
    static const tie_case cases[] = {
        {"x == 0", 1, zero, 0, 1},
        {"x == 0, not", 0, zero, 1e-300, 1},
        {"x == y", 1, equal, 3, 3},
        {"x == y, not", 0, equal, 3, 4},
        {"x < y", 1, less, -2, -2},
        {"x < y, at no tie", 0, less, 1, 2},
        {"x <= y", 1, at_most, 1e20, 1e20},
        {"x != 0", 1, decides, 0, 1},
        {"x != 0, not", 0, decides, 2, 1},
        {"x * y", 1, decides_product, 0, 0},
        {"x * x == 0", 1, square_zero, 0, 1},
        {"cos(x) == 1", 1, cos_one, 0, 1},
        {"cos(x) == 1, not", 0, cos_one, 0.1, 1},
        {"an angle of 0", 1, angle, 0, 0},
        {"an angle that is none", 0, angle, 0, 1e-3},
        {"a length of 0", 1, length, 0, 0},
        {"the root of 0", 1, root_of_squares, 0, 0},
        {"a difference of 0", 1, apart, 7, 7},
        {"a difference within the tolerance", 1, apart, 7, 7 + 1e-12},
        {"a difference above it", 0, apart, 7, 7.001},
        {"floor(2)", 1, step, 2, 0},
        {"floor(2.5)", 0, step, 2.5, 0},
        {"max(x, y) == y", 0, largest, 1, 2},
        {"max(x, y) == y at a tie", 1, largest, 2, 2},
        {"0.1 + 0.2 == 0.3", 1, rounding, 0.1, 0},
        {"x != x", 0, nan_test, 3, 0},
        {"|x| == x", 0, is_positive, 3, 0},
        {"|x| == x at 0", 1, is_positive, 0, 0},
        {"relu(x) == 0 far below", 0, flat, -3, 0},
        {"relu(x) == 0 at 0", 1, flat, 0, 0},
        {"numbers alone", 0, numbers, 0, 0},
        {"0 * x == 0", 0, no_motion, 5, 0},
        {"x <= y and x >= 0", 1, both, 1, 1},
        {"x <= y and x >= 0, both at a tie", 2, both, 0, 0},
        {"NaN", 0, equal, NAN, NAN},
        {"infinite", 0, less, INFINITY, INFINITY},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        slope_tape_reset(tape);
        slope_value x = slope_var(tape, cases[k].x), y = slope_var(tape, cases[k].y);
        const slope_value z = cases[k].run(x, y);
        const size_t ties = ties_of(tape, z);
        if (ties != cases[k].ties)
            fail_msg("%s: %zu ties, not %zu", cases[k].what, ties, cases[k].ties);
        assert_int_equal(slope_tape_status(tape), SLOPE_OK);
    }
}

static void a_select_at_a_tie_is_told_where_it_counts(void **state)
{
    slope_tape *tape = *state;
    slope_value x = slope_var(tape, 0.0), y = slope_var(tape, 1.0);
    const slope_value z = slope_select(slope_gt(x, 0.0), slope_mul(x, 2.0), x), other = slope_mul(y, y);
    assert_int_equal(ties_of(tape, z), 1);
    assert_int_equal(ties_of(tape, other), 0);
    assert_int_equal(ties_of(tape, slope_max(x, slope_neg(x))), 0); /* a slope of docs/edges.md */
}

static void what_decided_counts_for_all_and_what_is_computed_for_its_results(void **state)
{
    slope_tape *tape = *state;
    slope_value x = slope_var(tape, 0.0);
    const slope_value y = slope_sin(x);
    (void)slope_eq(x, 0.0); /* nobody uses it */
    assert_int_equal(ties_of(tape, y), 0);
    assert_true(slope_equal(x, 0.0)); /* why y is the result, perhaps */
    assert_int_equal(ties_of(tape, y), 1);
}

static void every_tie_can_be_asked_for(void **state)
{
    slope_tape *tape = *state;
    slope_value x = slope_var(tape, 2.0);
    slope_tie tie;
    for (int k = 0; k < 3; k++)
        assert_true(slope_equal(x, 2.0));
    for (size_t k = 0; k < 4; k++) {
        assert_int_equal(slope_find_tie(tape, null_value(), k, &tie), SLOPE_OK);
        assert_int_equal(tie.ties, 3);
        assert_int_equal(slope_is_null(tie.node), k == 3);
        if (k < 3)
            assert_int_equal(tie.node.node.id, k + 1);
    }
}

/* |x - 1| written with a branch: its slope at 1 is that of one side. */
static int bent(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    y[0][0] = slope_less(x[0][0], 1.0) ? slope_sub(1.0, x[0][0]) : slope_sub(x[0][0], 1.0);
    return 0;
}

static const slope_group x1[] = {{"x", 1}}, y1[] = {{"y", 1}};

static slope_function *make(void)
{
    const double two = 2.0;
    slope_function *f = slope_function_record(1, x1, 1, y1, (const double *const[]){&two}, bent, NULL, NULL);
    assert_non_null(f);
    return f;
}

static void a_function_says_where_it_is_decided_at_a_tie(void **state)
{
    (void)state;
    slope_function *f = make(), *g = slope_gradient(f, 0, NULL, NULL);
    slope_tie tie;
    const double at[] = {2.0, 1.0};
    for (size_t k = 0; k < 2; k++) {
        const slope_function *both[] = {f, g};
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(slope_eval_tie(both[i], (const double *const[]){&at[k]}, 0, &tie), SLOPE_OK);
            assert_int_equal(tie.ties, k);
        }
    }
    assert_non_null(strstr(tie.message, "decided at a tie: lt(1, 1) at guard 0 ("));
    assert_non_null(strstr(tie.file, "test_ties.c"));
    assert_int_equal(slope_eval_tie(NULL, NULL, 0, &tie), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_eval_tie(f, (const double *const[]){at}, 0, NULL), SLOPE_ERR_ARGUMENT);
    slope_function_destroy(f);
    slope_function_destroy(g);
}

static void ties_in_called_functions_are_told(void **state)
{
    slope_tape *tape = *state;
    slope_function *f = make();
    slope_value x[4], y = null_value();
    for (int i = 0; i < 4; i++)
        x[i] = slope_var(tape, i % 2 ? 1.0 : 3.0); /* two of them at the tie */
    assert_int_equal(slope_map_sum(tape, f, 4, (const slope_view[]){slope_each(x, 1)}, (slope_value *const[]){&y}),
                     SLOPE_OK);
    slope_tie tie;
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(slope_find_tie(tape, y, k, &tie), SLOPE_OK);
        assert_int_equal(tie.ties, 2);
        assert_int_equal(slope_is_null(tie.node), k == 2);
        assert_int_equal(k < 2, strncmp(tie.message, "in node %4, decided at a tie: lt(1, 1) at guard 0", 49) == 0);
    }
    /* what a call gives moves as its function says */
    slope_value z[2];
    assert_int_equal(slope_call(tape, f, (const slope_value *const[]){&x[0]}, (slope_value *const[]){&z[0]}), SLOPE_OK);
    assert_true(slope_equal(z[0], 2.0));
    assert_int_equal(ties_of(tape, slope_sin(x[0])), 1);
    slope_function_destroy(f);
}

static int twice(size_t n, const double x[], double *value, double partial[], void *context)
{
    (void)n;
    *value = 2 * x[0];
    if (partial)
        partial[0] = 2;
    return context && *(const int *)context;
}

static void custom_operations_move_by_their_partials(void **state)
{
    slope_tape *tape = *state;
    int fails = 0;
    const slope_custom custom = {"twice", twice, &fails};
    slope_value x = slope_var(tape, 3.0), y = slope_custom_apply(&custom, 1, &x);
    assert_true(slope_equal(y, 6.0));
    assert_int_equal(ties_of(tape, null_value()), 1);
    fails = 1;
    slope_tie tie;
    assert_int_equal(slope_find_tie(tape, null_value(), 0, &tie), SLOPE_ERR_CALLBACK);
    assert_int_equal(tie.ties, 0);
    assert_int_equal(slope_tape_status(tape), SLOPE_OK);
}

static void wrong_questions_are_refused(void **state)
{
    slope_tape *tape = *state, *other = slope_tape_create(NULL);
    slope_tie tie;
    slope_value x = slope_var(tape, 1.0);
    assert_int_equal(slope_find_tie(NULL, x, 0, &tie), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_find_tie(tape, x, 0, NULL), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_find_tie(other, x, 0, &tie), SLOPE_ERR_FOREIGN);
    assert_int_equal(slope_find_tie(SLOPE_NUMBER_TAPE, x, 0, &tie), SLOPE_ERR_ARGUMENT);
    slope_tape_reset(tape);
    assert_int_equal(slope_find_tie(tape, x, 0, &tie), SLOPE_ERR_STALE);
    assert_int_equal(ties_of(tape, null_value()), 0);
    slope_tape_destroy(other);
}

static void short_memory_is_told(void **state)
{
    (void)state;
    failing counted = {0};
    slope_tape_options options = slope_tape_options_default();
    options.allocator = (slope_allocator){failing_resize, &counted};
    slope_tape *tape = slope_tape_create(&options);
    slope_tie tie;
    assert_true(slope_equal(slope_var(tape, 1.0), 1.0));
    const size_t held = counted.held;
    for (size_t left = 0; left < 5; left++) {
        failing_after(&counted, left);
        assert_int_equal(slope_find_tie(tape, null_value(), 0, &tie), left < 4 ? SLOPE_ERR_MEMORY : SLOPE_OK);
        assert_int_equal(tie.ties, left == 4);
        assert_int_equal(counted.held, held);
    }
    assert_int_equal(slope_tape_status(tape), SLOPE_OK);
    slope_tape_destroy(tape);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(a_search_that_starts_on_its_root_is_told),
        on_tape(a_search_that_starts_within_its_tolerance_is_told),
        on_tape(a_search_that_has_converged_is_not_told),
        on_tape(an_iteration_that_ends_at_equal_steps_is_not_told),
        on_tape(a_product_that_stops_at_a_zero_is_told),
        on_tape(ties_are_told_and_nothing_else),
        on_tape(a_select_at_a_tie_is_told_where_it_counts),
        on_tape(what_decided_counts_for_all_and_what_is_computed_for_its_results),
        on_tape(every_tie_can_be_asked_for),
        on_tape(ties_in_called_functions_are_told),
        on_tape(custom_operations_move_by_their_partials),
        on_tape(wrong_questions_are_refused),
        cmocka_unit_test(a_function_says_where_it_is_decided_at_a_tie),
        cmocka_unit_test(short_memory_is_told),
    };
    return cmocka_run_group_tests_name("ties", tests, NULL, NULL);
}
