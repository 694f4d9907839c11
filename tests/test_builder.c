/* SPDX-License-Identifier: MIT */
/* The inside of functions: what a builder shares and folds, how finish numbers, what the plain interpreter computes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "function/ir.h"
#include "testing.h"

enum { SHARED = SLOPE_PASS_FOLD | SLOPE_PASS_SHARE };

static slope_function *finish(slope__builder *b)
{
    slope_error error = {0};
    slope_function *f = slope__builder_finish(b, &error);
    if (!f)
        fail_msg("%s", error.message);
    return f;
}

/* y = x0 * x1 + sin(x0), built in either order of its two terms */
static slope_function *product_and_sine(int sine_first)
{
    slope__builder *b = slope__builder_create(SHARED);
    const slope__cell x = slope__build_input(b, "x", 2);
    slope__cell s = 0, m;
    if (sine_first)
        s = slope__build1(b, slope__code_sin, x);
    m = slope__build2(b, slope__code_mul, x, x + 1);
    if (!sine_first)
        s = slope__build1(b, slope__code_sin, x);
    (void)slope__build1(b, slope__code_exp, m); /* needed by nobody */
    const slope__cell y = slope__build2(b, slope__code_add, m, s);
    slope__build_output(b, "y", 1, &y, 0);
    return finish(b);
}

static void what_no_output_needs_is_left_out(void **state)
{
    (void)state;
    slope_function *f = product_and_sine(0);
    assert_int_equal(f->instructions, 3);
    assert_int_equal(f->before, 4);
    assert_int_equal(f->cells, 5);
    slope_function_destroy(f);
}

static void numbering_does_not_depend_on_the_order_of_recording(void **state)
{
    (void)state;
    slope_function *f = product_and_sine(0), *g = product_and_sine(1);
    assert_int_equal(f->instructions, g->instructions);
    assert_memory_equal(f->instruction, g->instruction, f->instructions * sizeof *f->instruction);
    assert_memory_equal(f->operand, g->operand, f->operands * sizeof *f->operand);
    slope_function_destroy(f);
    slope_function_destroy(g);
}

static void equal_operations_are_shared_and_constants_folded(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(SHARED);
    const slope__cell x = slope__build_input(b, "x", 2);
    assert_int_equal(slope__build2(b, slope__code_mul, x, x + 1), slope__build2(b, slope__code_mul, x + 1, x));
    assert_int_not_equal(slope__build2(b, slope__code_sub, x, x + 1), slope__build2(b, slope__code_sub, x + 1, x));
    assert_int_not_equal(slope__build_number(b, 0.0), slope__build_number(b, -0.0));
    assert_int_equal(slope__build_number(b, (double)NAN), slope__build_number(b, -(double)NAN));
    double five = 0.0;
    const slope__cell sum = slope__build2(b, slope__code_add, slope__build_number(b, 2.0), slope__build_number(b, 3.0));
    assert_true(slope__built_number(b, sum, &five));
    assert_true(five == 5.0);
    slope__builder_destroy(b);
}

static void nothing_is_shared_where_that_is_not_asked_for(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(0);
    const slope__cell x = slope__build_input(b, "x", 1);
    assert_int_not_equal(slope__build1(b, slope__code_sin, x), slope__build1(b, slope__code_sin, x));
    slope__builder_destroy(b);
}

static void many_shared_operations_stay_apart(void **state)
{
    (void)state;
    enum { N = 20000 };
    slope__builder *b = slope__builder_create(SHARED);
    const slope__cell x = slope__build_input(b, "x", 1);
    slope__cell *c = calloc(N, sizeof *c);
    assert_non_null(c);
    for (size_t k = 0; k < N; k++)
        c[k] = slope__build2(b, slope__code_add, x, slope__build_number(b, (double)k + 0.5));
    for (size_t k = 0; k < N; k++)
        assert_int_equal(slope__build2(b, slope__code_add, slope__build_number(b, (double)k + 0.5), x), c[k]);
    free(c);
    slope__builder_destroy(b);
}

static void the_interpreter_computes_what_was_built(void **state)
{
    (void)state;
    slope_function *f = product_and_sine(0);
    const double x[2] = {1.5, -2.0};
    double y = 0.0;
    assert_int_equal(slope__interpret(f, (const double *const[]){x}, (double *const[]){&y}, NULL), SLOPE_OK);
    assert_true(y == 1.5 * -2.0 + sin(1.5));
    slope_function_destroy(f);
}

/* step: (s, x) -> (s * 0.5 + x, s) */
static slope_function *step(void)
{
    slope__builder *b = slope__builder_create(SHARED);
    const slope__cell s = slope__build_input(b, "s", 1), x = slope__build_input(b, "x", 1);
    const slope__cell half = slope__build2(b, slope__code_mul, s, slope__build_number(b, 0.5));
    slope__build_output(b, "s", 1, NULL, slope__build2(b, slope__code_add, half, x));
    slope__build_output(b, "before", 1, &s, 0);
    return finish(b);
}

static void a_fold_carries_its_state_and_keeps_what_each_step_gave(void **state)
{
    (void)state;
    slope_function *body = step();
    slope__builder *b = slope__builder_create(SHARED);
    const slope__cell s0 = slope__build_input(b, "s0", 1), x = slope__build_input(b, "x", 3);
    slope__source source[2] = {{{s0, 0, 1, NULL}, 0}, {{x + 2, -1, 1, NULL}, SLOPE__NONE}}; /* from the last x on */
    slope__target target[2] = {{.kind = SLOPE__LAST}, {.kind = SLOPE__EACH}};
    slope__loop loop = {.body = body, .n = 3, .source = source, .target = target};
    const slope__cell r = slope__build_loop(b, &loop);
    assert_int_equal(loop.results, 4);
    slope__build_output(b, "end", 1, NULL, r + target[0].base);
    slope__build_output(b, "before", 3, NULL, r + target[1].base);
    slope_function *f = finish(b);
    slope_function_destroy(body); /* f keeps its own share */

    const double start = 8.0, steps[3] = {1.0, 2.0, 3.0};
    double end = 0.0, before[3] = {0};
    const double *const in[] = {&start, steps};
    double *const out[] = {&end, before};
    assert_int_equal(slope__interpret(f, in, out, NULL), SLOPE_OK);
    assert_true(before[0] == 8.0 && before[1] == 7.0 && before[2] == 5.5 && end == 3.75);
    slope_function_destroy(f);
}

static void overlapping_targets_add_in_order(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(SHARED);
    slope__cell x = slope__build_input(b, "x", 2);
    slope__build_output(b, "y", 2, NULL, x);
    slope_function *body = finish(b);

    b = slope__builder_create(SHARED);
    x = slope__build_input(b, "x", 6);
    slope__source source = {{x, 2, 1, NULL}, SLOPE__NONE};
    slope__target target = {
        .kind = SLOPE__ADDED, .extent = 4, .view = {0, 1, 1, NULL}}; /* item i to cells i and i + 1 */
    slope__loop loop = {.body = body, .n = 3, .source = &source, .target = &target};
    slope__build_output(b, "y", 4, NULL, slope__build_loop(b, &loop));
    slope_function *f = finish(b);
    const double in[6] = {1, 10, 2, 20, 3, 30};
    double y[4] = {0};
    assert_int_equal(slope__interpret(f, (const double *const[]){in}, (double *const[]){y}, NULL), SLOPE_OK);
    assert_true(y[0] == 1 && y[1] == 12 && y[2] == 23 && y[3] == 30);
    slope_function_destroy(f);
    slope_function_destroy(body);
}

static void a_fold_of_no_steps_ends_where_it_starts(void **state)
{
    (void)state;
    slope_function *body = step();
    slope__builder *b = slope__builder_create(SHARED);
    const slope__cell s0 = slope__build_input(b, "s0", 1);
    slope__source source[2] = {{{s0, 0, 1, NULL}, 0}, {{s0, 0, 1, NULL}, SLOPE__NONE}};
    slope__target target[2] = {{.kind = SLOPE__LAST}, {.kind = SLOPE__DROPPED}};
    slope__loop loop = {.body = body, .n = 0, .source = source, .target = target};
    slope__build_output(b, "end", 1, NULL, slope__build_loop(b, &loop));
    slope_function *f = finish(b);
    const double start = 8.0;
    double end = 0.0;
    assert_int_equal(slope__interpret(f, (const double *const[]){&start}, (double *const[]){&end}, NULL), SLOPE_OK);
    assert_true(end == 8.0);
    slope_function_destroy(f);
    slope_function_destroy(body);
}

static void views_find_their_strides_and_keep_lists_that_have_none(void **state)
{
    (void)state;
    slope__view view;
    const slope__cell grid[6] = {10, 13, 12, 15, 14, 17}, odd[4] = {1, 2, 3, 5};
    assert_int_equal(slope__view_list(3, 2, grid, &view), SLOPE_OK);
    assert_null(view.index);
    assert_true(view.first == 10 && view.item == 2 && view.element == 3);
    assert_int_equal(slope__view_list(4, 1, odd, &view), SLOPE_OK);
    assert_non_null(view.index);
    assert_int_equal(slope__view_at(&view, 1, 3, 0), 5);
    slope__cell low, high;
    slope__view_range(&view, 4, 1, &low, &high);
    assert_true(low == 1 && high == 5);
    free(view.index);
    const slope__view back = {9, -3, 1, NULL};
    slope__view_range(&back, 3, 2, &low, &high);
    assert_true(low == 3 && high == 10);
}

static void expect_error(slope__builder *b, slope_status status)
{
    slope_error error = {0};
    assert_null(slope__builder_finish(b, &error));
    assert_int_equal(error.status, status);
    assert_true(strlen(error.message) > 10);
}

static void mistakes_stick_and_finish_tells_them(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(SHARED);
    (void)slope__build_input(b, "two words", 1);
    expect_error(b, SLOPE_ERR_ARGUMENT);
    b = slope__builder_create(SHARED);
    (void)slope__build_input(b, "x", 1);
    (void)slope__build_input(b, "x", 1);
    expect_error(b, SLOPE_ERR_ARGUMENT);
    b = slope__builder_create(SHARED);
    assert_int_equal(slope__build1(b, slope__code_sin, SLOPE__NONE), SLOPE__NONE);
    expect_error(b, SLOPE_ERR_NULL);

    slope_function *body = step();
    b = slope__builder_create(SHARED);
    const slope__cell x = slope__build_input(b, "x", 2);
    slope__source source[2] = {{{x, 0, 1, NULL}, 0}, {{x, 1, 1, NULL}, SLOPE__NONE}}; /* reads x[2] */
    slope__target target[2] = {{.kind = SLOPE__LAST}, {.kind = SLOPE__EACH}};
    slope__loop loop = {.body = body, .n = 3, .source = source, .target = target};
    assert_int_equal(slope__build_loop(b, &loop), SLOPE__NONE);
    expect_error(b, SLOPE_ERR_ARGUMENT);
    slope_function_destroy(body);
}

static void guards_say_which_one_failed(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(SHARED);
    const slope__cell x = slope__build_input(b, "x", 1), zero = slope__build_number(b, 0.0);
    slope__build_guard(b, slope__build2(b, slope__code_lt, x, slope__build_number(b, 9.0)), 1, NULL, 0);
    slope__build_guard(b, slope__build2(b, slope__code_gt, x, zero), 1, "model.c", 12);
    slope__build_guard(b, slope__build2(b, slope__code_gt, slope__build_number(b, 1.0), zero), 1, NULL,
                       0); /* is sure */
    slope__build_output(b, "y", 1, &x, 0);
    slope_function *f = finish(b);
    assert_int_equal(f->guards, 2);
    assert_string_equal(f->guard[1].file, "model.c");
    double y;
    size_t guard;
    assert_int_equal(slope__interpret(f, (const double *const[]){(double[]){1.0}}, (double *const[]){&y}, &guard),
                     SLOPE_OK);
    assert_int_equal(slope__interpret(f, (const double *const[]){(double[]){-1.0}}, (double *const[]){&y}, &guard),
                     SLOPE_ERR_BRANCH);
    assert_int_equal(guard, 1);
    slope_function_destroy(f);
}

static void rebuilding_gives_the_same_function(void **state)
{
    (void)state;
    slope_function *f = product_and_sine(0);
    slope__builder *b = slope__builder_create(SHARED);
    slope__build_copy_inputs(b, f);
    (void)slope__build_copy_data(b, f);
    slope__cell *map = slope__new(f->cells, sizeof *map);
    assert_non_null(map);
    for (size_t c = 0; c < f->input_cells; c++)
        map[c] = (slope__cell)c;
    slope__build_text(b, f, map);
    slope__build_output(b, "y", 1, NULL, map[f->result[0]]);
    slope_function *g = finish(b);
    assert_memory_equal(f->instruction, g->instruction, f->instructions * sizeof *f->instruction);
    free(map);
    slope_function_destroy(f);
    slope_function_destroy(g);
}

static int destroyed;
static void count_destroyed(void *object)
{
    (void)object;
    destroyed++;
}

static void attachments_are_kept_once_and_go_with_the_function(void **state)
{
    (void)state;
    static const char key, other;
    int a, b;
    slope_function *f = product_and_sine(0);
    destroyed = 0;
    assert_null(slope__attached(f, &key, 1));
    assert_ptr_equal(slope__attach(f, &key, 1, &a, count_destroyed), &a);
    assert_ptr_equal(slope__attach(f, &key, 1, &b, count_destroyed), &a);
    assert_int_equal(destroyed, 1);
    assert_ptr_equal(slope__attached(f, &key, 1), &a);
    assert_null(slope__attached(f, &key, 2));
    assert_null(slope__attached(f, &other, 1));
    slope_function *share = slope_function_share(f);
    slope_function_destroy(f);
    assert_int_equal(destroyed, 1);
    slope_function_destroy(share);
    assert_int_equal(destroyed, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_no_output_needs_is_left_out),
        cmocka_unit_test(numbering_does_not_depend_on_the_order_of_recording),
        cmocka_unit_test(equal_operations_are_shared_and_constants_folded),
        cmocka_unit_test(nothing_is_shared_where_that_is_not_asked_for),
        cmocka_unit_test(many_shared_operations_stay_apart),
        cmocka_unit_test(the_interpreter_computes_what_was_built),
        cmocka_unit_test(a_fold_carries_its_state_and_keeps_what_each_step_gave),
        cmocka_unit_test(overlapping_targets_add_in_order),
        cmocka_unit_test(a_fold_of_no_steps_ends_where_it_starts),
        cmocka_unit_test(views_find_their_strides_and_keep_lists_that_have_none),
        cmocka_unit_test(mistakes_stick_and_finish_tells_them),
        cmocka_unit_test(guards_say_which_one_failed),
        cmocka_unit_test(rebuilding_gives_the_same_function),
        cmocka_unit_test(attachments_are_kept_once_and_go_with_the_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
