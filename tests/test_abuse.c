/* SPDX-License-Identifier: MIT */
/* The tape under abuse: handles, marks, counts and callbacks that lie, and numbers outside every domain. */
#include "testing.h"

#include <math.h>
#include <string.h>

static void backward(slope_value y) { assert_int_equal(slope_backward(y), SLOPE_OK); }

static void rewind_to(slope_tape *t, slope_mark mark) { assert_int_equal(slope_tape_rewind(t, mark), SLOPE_OK); }

static int fails(size_t n, const double x[], double *value, double partial[], void *context)
{
    (void)n, (void)context;
    *value = x[0];
    return partial != NULL;
}

static void a_label_can_be_copied_from_another_node(void **state)
{
    slope_tape *t = *state;
    slope_value a = slope_label(slope_var(t, 1.0), "a label that is long enough to move the text");
    for (int i = 0; i < 50; i++) {
        slope_node node;
        assert_int_equal(slope_inspect(a, &node), SLOPE_OK);
        a = slope_label(slope_var(t, 2.0), node.label);
        assert_int_equal(slope_inspect(a, &node), SLOPE_OK);
        assert_string_equal(node.label, "a label that is long enough to move the text");
    }
}

static void marks_behind_a_rewind_of_labels_are_refused(void **state)
{
    slope_tape *t = *state;
    slope_value x = slope_var(t, 1.0);
    const slope_mark before = slope_tape_mark(t);
    (void)slope_label(x, "x");
    const slope_mark after = slope_tape_mark(t);
    rewind_to(t, after);
    rewind_to(t, before);
    slope_value y = slope_label(slope_var(t, 2.0), "yy");
    assert_int_equal(slope_tape_rewind(t, after), SLOPE_ERR_ARGUMENT);
    assert_true(slope_same(slope_tape_find(t, "yy"), y) && slope_is_null(slope_tape_find(t, "x")));
    rewind_to(t, (slope_mark){0});
    assert_true(slope_tape_size(t) == 0);
}

static void marks_of_another_tape_are_refused(void **state)
{
    slope_tape *t = *state, *other = slope_tape_create(NULL);
    (void)slope_add(slope_var(t, 1.0), 2.0);
    (void)slope_var(other, 1.0);
    (void)slope_var(other, 1.0);
    assert_int_equal(slope_tape_rewind(t, slope_tape_mark(other)), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_tape_rewind(NULL, (slope_mark){0}), SLOPE_ERR_ARGUMENT);
    assert_true(slope_tape_size(t) == 2);
    slope_tape_destroy(other);
}

/* Needs no memory any more, so that an exhausted tape can always be rewound. */
static void an_exhausted_tape_can_be_rewound(void **state)
{
    (void)state;
    static char buffer[1 << 14];
    slope_tape_options options = slope_tape_options_default();
    options.allocator = slope_allocator_buffer(buffer, sizeof buffer);
    slope_tape *t = slope_tape_create(&options);
    slope_mark mark[6];
    for (size_t i = 0; i < 6; i++) {
        (void)slope_var(t, 1.0);
        mark[i] = slope_tape_mark(t);
    }
    for (size_t i = 6; i-- > 0;) {
        while (slope_tape_status(t) == SLOPE_OK)
            (void)slope_label(slope_var(t, 1.0), "some text");
        rewind_to(t, mark[i]);
        assert_true(slope_tape_status(t) == SLOPE_OK && slope_tape_size(t) == i + 1);
    }
    slope_tape_destroy(t);
}

static void a_handle_beyond_the_tape_is_stale(void **state)
{
    slope_tape *t = *state;
    slope_value beyond = slope_var(t, 1.0);
    beyond.node.id = 1u << 30;
    assert_true(!slope_is_valid(beyond) && isnan(slope_data(beyond)) && isnan(slope_grad(beyond)));
    assert_int_equal(slope_backward(beyond), SLOPE_ERR_STALE);
    assert_int_equal(slope_set_data(beyond, 1.0), SLOPE_ERR_STALE);
}

/* A negative length that was cast: no operand is read. */
static void absurd_counts_are_refused_before_anything_is_read(void **state)
{
    slope_tape *t = *state;
    static const slope_custom custom = {"fails", fails, NULL};
    for (int which = 0; which < 4; which++) {
        slope_tape_reset(t);
        slope_value x = slope_var(t, 1.0), y = {0};
        switch (which) {
        case 0: y = slope_sum(SIZE_MAX, &x); break;
        case 1: y = slope_dot(SIZE_MAX, &x, &x); break;
        case 2: y = slope_poly(x, SIZE_MAX, &x); break;
        default: y = slope_custom_apply(&custom, SIZE_MAX, &x);
        }
        assert_true(slope_is_null(y));
        assert_int_equal(slope_tape_status(t), SLOPE_ERR_LIMIT);
    }
}

static int silent(size_t n, const double x[], double *value, double partial[], void *context)
{
    (void)n, (void)x, (void)value, (void)partial, (void)context;
    return 0;
}

static void what_a_custom_operation_does_not_write_is_nan(void **state)
{
    slope_tape *t = *state;
    static const slope_custom custom = {"silent", silent, NULL};
    slope_value x = slope_var(t, 1.0), y = slope_custom_apply(&custom, 1, &x);
    assert_true(isnan(slope_data(y)));
    backward(y);
    assert_true(isnan(slope_grad(x)));
}

static void a_failing_operation_off_the_path_is_not_asked(void **state)
{
    slope_tape *t = *state;
    static const slope_custom custom = {"fails", fails, NULL};
    slope_value x = slope_var(t, 1.0), off = slope_custom_apply(&custom, 1, &x), y = slope_square(slope_var(t, 3.0));
    assert_false(slope_is_null(off));
    backward(y);
    assert_int_equal(slope_backward(off), SLOPE_ERR_CALLBACK);
}

static void a_trapped_partial_is_found_again(void **state)
{
    (void)state;
    slope_tape_options options = slope_tape_options_default();
    options.trap_nonfinite = 1;
    slope_tape *t = slope_tape_create(&options);
    slope_value y = slope_sqrt(slope_var(t, 0.0));
    slope_origin origin;
    for (int i = 0; i < 2; i++) { /* before it is trapped, then after */
        assert_int_equal(slope_find_nonfinite(y, &origin), SLOPE_OK);
        assert_true(origin.is_partial && slope_same(origin.node, y));
        assert_int_equal(slope_tape_status(t), i ? SLOPE_ERR_NONFINITE : SLOPE_OK);
        assert_int_equal(slope_backward(y), SLOPE_ERR_NONFINITE);
    }
    slope_tape_destroy(t);
}

static void the_search_looks_at_what_it_is_asked_on_a_tape_in_error(void **state)
{
    (void)state;
    slope_tape_options options = slope_tape_options_default();
    options.trap_nonfinite = 1;
    slope_tape *t = slope_tape_create(&options);
    slope_value y = slope_sqrt(slope_var(t, 0.0)), later = slope_log(slope_var(t, -1.0));
    slope_origin origin;
    assert_int_equal(slope_tape_error(t)->position, later.node.id);
    assert_int_equal(slope_find_nonfinite(y, &origin), SLOPE_OK);
    assert_true(origin.is_partial && slope_same(origin.node, y));
    assert_int_equal(slope_tape_error(t)->position, later.node.id); /* the first error stays */
    slope_tape_destroy(t);
}

static void a_number_that_is_not_finite_is_told(void **state)
{
    (void)state;
    slope_origin origin;
    const slope_value y = slope_log(slope_number(-1.0));
    assert_int_equal(slope_find_nonfinite(y, &origin), SLOPE_OK);
    assert_true(slope_same(origin.node, y) && !origin.born);
    assert_non_null(strstr(origin.message, "NaN is a plain number"));
    assert_int_equal(slope_find_nonfinite(slope_number(1.0), &origin), SLOPE_OK);
    assert_true(slope_is_null(origin.node));
}

static void a_trapped_value_tells_the_label_and_place_it_is_given(void **state)
{
    (void)state;
    slope_tape_options options = slope_tape_options_default();
    options.trap_nonfinite = 1;
    slope_tape *t = slope_tape_create(&options);
    slope_value x = slope_var(t, -1.0);
    (void)slope_label(SLOPE_HERE(slope_log(x)), "loss");
    assert_int_equal(slope_tape_status(t), SLOPE_ERR_NONFINITE);
    assert_non_null(strstr(slope_tape_error(t)->message, "loss (")); /* and then file and line */
    assert_non_null(strstr(slope_tape_error(t)->message, "test_abuse.c"));
    assert_non_null(strstr(slope_tape_error(t)->message, "log(%0 = -1)"));
    slope_tape_destroy(t);
}

static void a_stale_value_can_have_neither_label_nor_place(void **state)
{
    slope_tape *t = *state;
    const slope_value x = slope_var(t, 1.0);
    slope_tape_reset(t);
    (void)slope_label(x, "x");
    assert_int_equal(slope_tape_status(t), SLOPE_ERR_STALE);
    slope_tape_reset(t);
    (void)SLOPE_HERE(x);
    assert_int_equal(slope_tape_status(t), SLOPE_ERR_STALE);
}

/* slope_number(x).tape is a mark, not a tape: what takes a tape treats it as NULL. */
static void the_tape_of_a_number_is_none(void **state)
{
    (void)state;
    slope_tape *none = slope_number(1.0).tape;
    assert_true(slope_is_null(slope_var(none, 1.0)));
    assert_int_equal(slope_tape_status(none), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_tape_reserve(none, 1), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_tape_rewind(none, slope_tape_mark(none)), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_forward(none), SLOPE_ERR_ARGUMENT);
    assert_true(slope_tape_size(none) == 0 && slope_tape_bytes(none) == 0);
    assert_true(slope_is_null(slope_tape_value(none, 0)) && slope_is_null(slope_tape_find(none, "x")));
    slope_value result;
    assert_int_equal(slope_parse(none, "1", SIZE_MAX, 0, NULL, &result, NULL), SLOPE_ERR_ARGUMENT);
    slope_tape_reset(none);
    slope_tape_destroy(none);
}

static void the_default_allocator_refuses_what_cannot_be(void **state)
{
    (void)state;
    const slope_allocator a = slope_allocator_default();
    const size_t small = 100, large = (size_t)8 << 20;
    assert_null(a.resize(a.context, NULL, 0, SIZE_MAX));
    void *data = a.resize(a.context, NULL, 0, small);
    assert_non_null(data);
    assert_null(a.resize(a.context, data, small, SIZE_MAX - 5));
    (void)a.resize(a.context, data, small, 0);
    data = a.resize(a.context, NULL, 0, large);
    assert_non_null(data);
    assert_null(a.resize(a.context, data, large, SIZE_MAX));
    (void)a.resize(a.context, data, large, 0);
}

static void domain_errors_have_no_slope_and_infinite_operands_do(void **state)
{
    slope_tape *t = *state;
    static const double outside[] = {1.5, -2.0, 1e308, -1e308, INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        slope_value x = slope_var(t, outside[i]);
        backward(slope_asin(x));
        assert_true(isnan(slope_grad(x)));
        backward(slope_acos(x));
        assert_true(isnan(slope_grad(x)));
    }
    const slope_value c[] = {slope_number(1.0), slope_number(2.0)};
    slope_value x = slope_var(t, INFINITY), y = slope_poly(x, 2, c);
    backward(y);
    assert_true(isinf(slope_data(y)) && slope_grad(x) == 2.0);
    y = slope_poly(x, 1, c);
    backward(y);
    assert_true(slope_data(y) == 1.0 && slope_grad(x) == 0.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(a_label_can_be_copied_from_another_node),
        on_tape(marks_behind_a_rewind_of_labels_are_refused),
        on_tape(marks_of_another_tape_are_refused),
        on_tape(an_exhausted_tape_can_be_rewound),
        on_tape(a_handle_beyond_the_tape_is_stale),
        on_tape(absurd_counts_are_refused_before_anything_is_read),
        on_tape(what_a_custom_operation_does_not_write_is_nan),
        on_tape(a_failing_operation_off_the_path_is_not_asked),
        on_tape(a_trapped_partial_is_found_again),
        cmocka_unit_test(the_search_looks_at_what_it_is_asked_on_a_tape_in_error),
        cmocka_unit_test(a_number_that_is_not_finite_is_told),
        cmocka_unit_test(a_trapped_value_tells_the_label_and_place_it_is_given),
        on_tape(a_stale_value_can_have_neither_label_nor_place),
        cmocka_unit_test(the_tape_of_a_number_is_none),
        on_tape(the_default_allocator_refuses_what_cannot_be),
        on_tape(domain_errors_have_no_slope_and_infinite_operands_do),
    };
    return cmocka_run_group_tests_name("abuse", tests, NULL, NULL);
}
