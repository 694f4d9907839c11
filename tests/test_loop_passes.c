/* SPDX-License-Identifier: MIT */
/* The passes on loops: what is dropped, opened, merged and shared, that bits stay; and what functions are said to
   cost. */
#include <time.h>

#include "passes_testing.h"

/* ------------------------------------------------------------------------------------------------------- loops */

/* step: (s, x, unused, far) -> (s', twice, far') where s' = s / 2 + x, twice = 2 x, far' = sin(far) + 1 ... many
   operations */
static slope_function *wide_step(void)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell s = slope__build_input(b, "s", 1), x = slope__build_input(b, "x", 2);
    (void)slope__build_input(b, "unused", 1);
    slope__cell far = slope__build_input(b, "far", 1);
    slope__build_output(b, "s", 1, NULL, B(add, B(mul, s, N(0.5)), x));
    slope__build_output(b, "twice", 1, NULL, B(mul, N(2.0), x + 1));
    for (int k = 0; k < 40; k++)
        far = B(add, U(sin, far), N(1.0));
    slope__build_output(b, "far", 1, &far, 0);
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    return f;
}

/* A fold of it over n steps of which the output groups in `wanted` are used. */
static slope_function *fold_of(const slope_function *step, size_t n, unsigned wanted, unsigned passes)
{
    slope__builder *b = slope__builder_create(passes);
    const slope__cell s = slope__build_input(b, "s", 1), x = slope__build_input(b, "x", 2 * n);
    const slope__cell dear = U(exp, s), far = slope__build_input(b, "far", 1);
    slope__source source[4] = {{{s, 0, 1, NULL}, 0},
                               {{x, 2, 1, NULL}, SLOPE__NONE},
                               {{dear, 0, 1, NULL}, SLOPE__NONE},
                               {{far, 0, 1, NULL}, 2}};
    slope__target target[3] = {{.kind = SLOPE__LAST}, {.kind = SLOPE__EACH}, {.kind = SLOPE__LAST}};
    slope__loop loop = {.body = step, .n = n, .source = source, .target = target};
    const slope__cell c = slope__build_loop(b, &loop);
    static const char *const name[3] = {"u", "v", "w"};
    for (size_t g = 0; g < 3; g++) {
        if (wanted >> g & 1)
            slope__build_output(b, name[g], target[g].extent, NULL, c + target[g].base);
    }
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    return f;
}

static void outputs_and_inputs_of_loops_that_nobody_needs_are_dropped(void **state)
{
    (void)state;
    slope_function *step = wide_step();
    for (unsigned wanted = 1; wanted < 8; wanted++) {
        slope_function *plain = fold_of(step, 5, wanted, 0), *lean = fold_of(step, 5, wanted, SLOPE_PASS_LOOP);
        const slope__loop *loop = &lean->loop[0];
        const size_t outputs = (wanted & 1) + (wanted >> 1 & 1) + (wanted >> 2 & 1);
        assert_int_equal(plain->instructions, 2);
        assert_int_equal(lean->instructions, 1); /* exp(s) was for the unused input */
        assert_int_equal(loop->body->outputs, outputs);
        assert_int_equal(loop->body->inputs, (wanted & 1) + ((wanted & 3) != 0) + (wanted >> 2 & 1));
        assert_int_equal(loop->body->instructions, (wanted & 1) * 2 + (wanted >> 1 & 1) + (wanted >> 2 & 1) * 80);
        for (uint64_t k = 0; k < 20; k++)
            assert_same_bits(plain, lean, k, SLOPE_PASS_LOOP);
        slope_function_destroy(plain);
        slope_function_destroy(lean);
    }
    slope_function_destroy(step);
}

static void a_smaller_body_is_made_once(void **state)
{
    (void)state;
    slope_function *step = wide_step();
    slope_function *f = fold_of(step, 5, 4, SLOPE_PASS_LOOP), *g = fold_of(step, 9, 4, SLOPE_PASS_LOOP);
    assert_ptr_equal(f->loop[0].body, g->loop[0].body);
    assert_ptr_not_equal(f->loop[0].body, step);
    slope_function_destroy(f);
    slope_function_destroy(g);
    slope_function_destroy(step);
}

/* What is carried stays, though nobody reads it at the end, as long as something that is read needs it. */
static void what_is_carried_stays_where_it_is_needed(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell p = slope__build_input(b, "p", 1), v = slope__build_input(b, "v", 1);
    slope__build_output(b, "p", 1, NULL, B(add, p, v));
    slope__build_output(b, "v", 1, NULL, B(mul, v, N(0.5)));
    slope_function *step = slope__builder_finish(b, NULL);
    b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", 2);
    slope__source source[2] = {{{x, 0, 1, NULL}, 0}, {{x + 1, 0, 1, NULL}, 1}};
    slope__target target[2] = {{.kind = SLOPE__LAST}, {.kind = SLOPE__LAST}};
    slope__loop loop = {.body = step, .n = 3, .source = source, .target = target};
    slope__build_output(b, "end", 1, NULL, slope__build_loop(b, &loop));
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    assert_int_equal(f->loop[0].body->outputs, 2);
    assert_int_equal(f->loop[0].target[1].kind, SLOPE__DROPPED);
    assert_int_equal(f->loop[0].results, 1);
    const double from[2] = {1.0, 8.0};
    double end = 0.0;
    assert_int_equal(slope__interpret(f, (const double *const[]){from}, (double *const[]){&end}, NULL), SLOPE_OK);
    assert_true(end == 15.0);
    slope_function_destroy(f);
    slope_function_destroy(step);
}

static void small_calls_are_opened_and_large_ones_are_not(void **state)
{
    (void)state;
    slope_function *step = wide_step();
    slope_function *small = fold_of(step, 1, 3, SLOPE_PASS_DEFAULT), *large = fold_of(step, 1, 7, SLOPE_PASS_DEFAULT);
    assert_int_equal(small->loops, 0);
    assert_int_equal(small->instructions, 3);
    assert_int_equal(large->loops, 1);
    slope_function_destroy(small);
    slope_function_destroy(large);
    slope_function_destroy(step);
}

/* ---------------------------------------------------------------------------------------------- maps made one */

/* x (2), w (1) -> exp(x0 * x1) + w, or its sine */
static slope_function *term(int sine)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", 2), w = slope__build_input(b, "w", 1);
    const slope__cell e = U(exp, B(mul, x, x + 1)), y = B(add, e, w);
    slope__build_output(b, "y", 1, NULL, sine ? U(sin, y) : y);
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    return f;
}

/* A map over 4 items of term(0) at x + first[0], and one of term(1) at x + first[1], of its results where `nested`. */
static slope_function *two_maps(const int64_t first[2], int nested, uint32_t carried)
{
    slope_function *body[2] = {term(0), term(1)};
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", 20);
    slope__cell y[2] = {x, x};
    for (int k = 0; k < 2; k++) {
        slope__source source[2] = {{{first[k] + (k && nested ? y[0] : 0), 1, k && nested ? 0 : 3, NULL}, SLOPE__NONE},
                                   {{x + 19, 0, 1, NULL}, carried}};
        slope__target target = {.kind = SLOPE__EACH};
        slope__loop loop = {.body = body[k], .n = 4, .source = source, .target = &target};
        y[k] = slope__build_loop(b, &loop);
    }
    slope__build_output(b, "y", 4, NULL, y[0]);
    slope__build_output(b, "z", 4, NULL, y[1]);
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    slope_function_destroy(body[0]);
    slope_function_destroy(body[1]);
    return f;
}

static void maps_over_the_same_items_become_one(void **state)
{
    (void)state;
    slope_function *f = two_maps((const int64_t[]){2, 2}, 0, SLOPE__NONE);
    assert_int_equal(f->loops, 1);
    assert_int_equal(f->loop[0].body->inputs, 2);
    assert_int_equal(f->loop[0].body->outputs, 2);
    assert_string_equal(f->loop[0].body->output[1].name, "y_2");
    assert_int_equal(f->loop[0].body->instructions, 4);
    double x[20], y[4], z[4];
    for (int i = 0; i < 20; i++)
        x[i] = 0.1 * i - 0.7;
    assert_int_equal(slope__interpret(f, (const double *const[]){x}, (double *const[]){y, z}, NULL), SLOPE_OK);
    for (int i = 0; i < 4; i++) {
        assert_true(y[i] == exp(x[2 + i] * x[5 + i]) + x[19]);
        assert_true(z[i] == sin(y[i]));
    }
    slope_function_destroy(f);
}

static void maps_that_have_nothing_in_common_stay_two(void **state)
{
    (void)state;
    slope_function *other = two_maps((const int64_t[]){2, 3}, 0, SLOPE__NONE);
    slope_function *nested = two_maps((const int64_t[]){2, 0}, 1, SLOPE__NONE);
    slope_function *folds = two_maps((const int64_t[]){2, 2}, 0, 0);
    assert_int_equal(other->loops, 2);
    assert_int_equal(nested->loops, 2);
    assert_int_equal(folds->loops, 2);
    slope_function_destroy(other);
    slope_function_destroy(nested);
    slope_function_destroy(folds);
}

static void equal_loops_are_one(void **state)
{
    (void)state;
    slope_function *step = wide_step();
    for (unsigned passes = 0; passes <= SLOPE_PASS_SHARE; passes += SLOPE_PASS_SHARE) {
        slope__builder *b = slope__builder_create(passes);
        const slope__cell x = slope__build_input(b, "x", 9);
        slope__cell first[3];
        for (int k = 0; k < 3; k++) { /* the last one is other work */
            slope__source source[4] = {{{x, 0, 1, NULL}, 0},
                                       {{x, 2, 1, NULL}, SLOPE__NONE},
                                       {{x, 0, 1, NULL}, SLOPE__NONE},
                                       {{x + (k == 2), 0, 1, NULL}, 2}};
            slope__target target[3] = {{.kind = SLOPE__LAST}, {.kind = SLOPE__EACH}, {.kind = SLOPE__LAST}};
            slope__loop loop = {.body = step, .n = 4, .source = source, .target = target};
            first[k] = slope__build_loop(b, &loop);
        }
        assert_true((first[0] == first[1]) == (passes != 0));
        assert_true(first[2] != first[0]);
        slope__builder_destroy(b);
    }
    slope_function_destroy(step);
}

/* A map over 3 items of term(0) whose w is a number. */
static slope_function *map_with_number(const slope_function *body, double w, unsigned passes)
{
    slope__builder *b = slope__builder_create(passes);
    const slope__cell x = slope__build_input(b, "x", 6);
    slope__source source[2] = {{{x, 2, 1, NULL}, SLOPE__NONE}, {{slope__build_number(b, w), 0, 1, NULL}, SLOPE__NONE}};
    slope__target target = {.kind = SLOPE__EACH};
    slope__loop loop = {.body = body, .n = 3, .source = source, .target = &target};
    slope__build_output(b, "y", 3, NULL, slope__build_loop(b, &loop));
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    return f;
}

static void shared_numbers_become_the_body_s_own(void **state)
{
    (void)state;
    slope_function *body = term(0);
    slope_function *zero = map_with_number(body, -0.0, SLOPE_PASS_DEFAULT),
                   *one = map_with_number(body, 1.0, SLOPE_PASS_DEFAULT);
    slope_function *again = map_with_number(body, 1.0, SLOPE_PASS_DEFAULT);
    assert_int_equal(zero->loop[0].body->inputs, 1);
    assert_int_equal(zero->loop[0].body->instructions, 2); /* + -0 is no operation */
    assert_int_equal(one->loop[0].body->instructions, 3);
    assert_ptr_equal(one->loop[0].body, again->loop[0].body);
    slope_function_destroy(zero);
    slope_function_destroy(one);
    slope_function_destroy(again);
    for (int k = 0; k < 12; k++) { /* as many numbers as a body keeps, then it stays general */
        slope_function *f = map_with_number(body, 2.0 + k, SLOPE_PASS_DEFAULT), *g = map_with_number(body, 2.0 + k, 0);
        assert_int_equal(f->loop[0].body->inputs, k < 6 ? 1 : 2);
        assert_int_equal(g->loop[0].body->inputs, 2);
        assert_same_bits(f, g, (uint64_t)k, SLOPE_PASS_DEFAULT);
        slope_function_destroy(f);
        slope_function_destroy(g);
    }
    slope_function_destroy(body);
}

/* Two maps or folds of random bodies over one array: often with inputs in common. */
static slope_function *random_pair(uint64_t seed)
{
    const random_options o = {.operations = 15, .depth = (unsigned)(seed % 3 == 2), .tame = seed % 2 == 0};
    slope__builder *b = slope__builder_create(0);
    const slope__cell x = slope__build_input(b, "x", 30);
    slope_function *shared = random_text(&seed, &o, o.depth);
    for (int k = 0; k < 2; k++) {
        slope_function *body = random_below(&seed, 3) ? slope_function_share(shared) : random_text(&seed, &o, 0);
        assert_non_null(body);
        slope__source source[3];
        slope__target target[3];
        for (size_t g = 0; g < body->inputs; g++)
            source[g] = (slope__source){{x + (int64_t)g + (k && !random_below(&seed, 5)), 2, 1, NULL}, SLOPE__NONE};
        for (size_t g = 0; g < body->outputs; g++)
            target[g] = random_below(&seed, 2)
                            ? (slope__target){.kind = SLOPE__EACH}
                            : (slope__target){.kind = SLOPE__ADDED, .extent = 9, .view = {0, 1, 1, NULL}};
        slope__loop loop = {.body = body, .n = 1 + random_below(&seed, 6), .source = source, .target = target};
        loop.n = loop.n > 4 ? 5 : loop.n;
        const slope__cell first = slope__build_loop(b, &loop);
        slope__build_output(b, k ? "v" : "u", loop.results, NULL, first);
        slope_function_destroy(body);
    }
    slope_function_destroy(shared);
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    return f;
}

static void merged_maps_give_the_same_bits(void **state)
{
    (void)state;
    const int small = getenv("SLOPE_TEST_SMALL") != NULL;
    size_t merged = 0;
    for (uint64_t seed = 0; seed < (small ? 100 : 3000); seed++) {
        slope_function *f = random_pair(seed), *g = slope_function_optimise(f, SAME_BITS, NULL);
        assert_non_null(g);
        merged += f->loops == 2 && g->loops == 1 && g->loop[0].body->outputs > f->loop[0].body->outputs;
        for (uint64_t k = 0; k < 3; k++)
            assert_same_bits(f, g, seed * 3 + k, SAME_BITS);
        slope_function_destroy(f);
        slope_function_destroy(g);
    }
    assert_true(merged > (small ? 1 : 100));
}

/* -------------------------------------------------------------------------------------------- optimise and stats */

static void optimise_refuses_passes_that_are_none(void **state)
{
    (void)state;
    slope_function *step = wide_step();
    slope_error error = {0};
    assert_null(slope_function_optimise(step, 64, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    error = (slope_error){0};
    assert_null(slope_function_optimise(NULL, SLOPE_PASS_DEFAULT, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    slope_function_destroy(step);
}

static void bodies_are_optimised_too_and_once(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(0);
    slope__cell x = slope__build_input(b, "x", 1);
    for (int k = 0; k < 50; k++)
        x = U(sin, B(mul, x, N(1.0)));
    slope__build_output(b, "y", 1, &x, 0);
    slope_function *body = slope__builder_finish(b, NULL);
    b = slope__builder_create(0);
    x = slope__build_input(b, "x", 4);
    slope__source source = {{x, 1, 1, NULL}, SLOPE__NONE};
    slope__target target = {.kind = SLOPE__EACH};
    slope__loop loop = {.body = body, .n = 4, .source = &source, .target = &target};
    source.view.first = slope__build_loop(b, &loop);
    slope__build_output(b, "y", 4, NULL, slope__build_loop(b, &loop));
    slope_function *f = slope__builder_finish(b, NULL), *g = slope_function_optimise(f, SLOPE_PASS_DEFAULT, NULL);
    assert_non_null(g);
    assert_int_equal(f->loop[0].body->instructions, 100);
    assert_int_equal(g->loop[0].body->instructions, 50);
    assert_ptr_equal(g->loop[0].body, g->loop[1].body);
    slope_function_destroy(f);
    slope_function_destroy(g);
    slope_function_destroy(body);
}

/* map over 10 of (x, y) -> sin(x * y) + x * y, then the sum of all */
static void stats_count_text_once_and_work_each_time(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", 1), y = slope__build_input(b, "y", 1);
    slope__build_output(b, "z", 1, NULL, B(add, U(sin, B(mul, x, y)), B(mul, x, y)));
    slope_function *body = slope__builder_finish(b, NULL);
    b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell in = slope__build_input(b, "x", 11);
    slope__source source[2] = {{{in, 1, 1, NULL}, SLOPE__NONE}, {{in + 1, 1, 1, NULL}, SLOPE__NONE}};
    slope__target target = {.kind = SLOPE__EACH};
    slope__loop loop = {.body = body, .n = 10, .source = source, .target = &target};
    slope__cell z[11];
    for (int k = 0; k < 2; k++) { /* two loops share the body; the second runs backward over the first one's results */
        const slope__cell first = slope__build_loop(b, &loop);
        for (slope__cell j = 0; j < 10; j++)
            z[j] = first + j;
        source[0].view = source[1].view = (slope__view){first + 9, -1, 1, NULL};
    }
    z[10] = slope__build_number(b, 0.5);
    slope__build_output(b, "s", 1, NULL, slope__build(b, OP(sum), 11, z));
    slope_function *f = slope__builder_finish(b, NULL);
    slope_function_info info;
    assert_int_equal(slope_function_stats(f, &info), SLOPE_OK);
    assert_int_equal(info.operations_before, 4 + 3);
    assert_int_equal(info.operations, 3 + 1);
    assert_int_equal(info.evaluated, 61);
    assert_int_equal(info.flops, 60 + 11);
    assert_int_equal(info.loops, 2);
    assert_int_equal(info.guards, 0);
    assert_int_equal(info.numbers, 1);
    assert_int_equal(info.slots, 10 + 10 + 2 + 1 + 2); /* both maps' results, one item's x, y, z, product and sine */
    assert_true(info.bytes > sizeof *f + sizeof *body);
    assert_int_equal(slope_function_stats(NULL, &info), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_function_stats(f, NULL), SLOPE_ERR_ARGUMENT);
    slope_function_destroy(f);
    slope_function_destroy(body);
}

static void stats_of_endless_work_stay_at_the_most(void **state)
{
    (void)state;
    slope_function *f = wide_step();
    for (int k = 0; k < 3; k++) { /* a call of a fold of a fold ... of 10^9 steps each */
        slope__builder *b = slope__builder_create(0);
        slope__build_copy_inputs(b, f);
        slope__source source[4];
        slope__target target[3] = {{.kind = SLOPE__LAST}, {.kind = SLOPE__LAST}, {.kind = SLOPE__LAST}};
        for (size_t g = 0; g < f->inputs; g++)
            source[g] = (slope__source){{(int64_t)f->input[g].first, 0, 1, NULL}, SLOPE__NONE};
        slope__loop loop = {.body = f, .n = 1000000000, .source = source, .target = target};
        const slope__cell c = slope__build_loop(b, &loop);
        for (size_t g = 0; g < f->outputs; g++)
            slope__build_output(b, f->output[g].name, f->output[g].length, NULL, c + target[g].base);
        slope_function *outer = slope__builder_finish(b, NULL);
        assert_non_null(outer);
        slope_function_destroy(f);
        f = outer;
    }
    slope_function_info info;
    assert_int_equal(slope_function_stats(f, &info), SLOPE_OK);
    assert_int_equal(info.operations, 83);
    assert_true(info.evaluated == SIZE_MAX);
    slope_function_destroy(f);
}

/* Half a million operations through freeze-like building, twice the work in twice the time, far from quadratic. */
static void optimising_takes_linear_time(void **state)
{
    (void)state;
    double seconds[2];
    for (int round = 0; round < 2; round++) {
        const size_t operations = (size_t)(getenv("SLOPE_TEST_SMALL") ? 5000 : 100000) << (2 * round);
        uint64_t seed = 7;
        const clock_t begin = clock();
        slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
        (void)slope__build_input(b, "x", 4);
        for (size_t k = 0; k < operations; k++) {
            const slope__cell x = random_cell(&seed, b), y = random_cell(&seed, b);
            (void)slope__build2(b, random_below(&seed, 2) ? OP(add) : OP(mul), x, y);
        }
        slope__build_output(b, "y", 1, NULL, (slope__cell)slope__built_cells(b) - 1);
        slope_function *f = slope__builder_finish(b, NULL);
        slope_function *g = slope_function_optimise(f, SLOPE_PASS_DEFAULT, NULL);
        seconds[round] = (double)(clock() - begin) / CLOCKS_PER_SEC;
        assert_non_null(g);
        slope_function_destroy(f);
        slope_function_destroy(g);
    }
    assert_true(seconds[1] < 16 * seconds[0] + 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outputs_and_inputs_of_loops_that_nobody_needs_are_dropped),
        cmocka_unit_test(a_smaller_body_is_made_once),
        cmocka_unit_test(what_is_carried_stays_where_it_is_needed),
        cmocka_unit_test(small_calls_are_opened_and_large_ones_are_not),
        cmocka_unit_test(maps_over_the_same_items_become_one),
        cmocka_unit_test(maps_that_have_nothing_in_common_stay_two),
        cmocka_unit_test(equal_loops_are_one),
        cmocka_unit_test(shared_numbers_become_the_body_s_own),
        cmocka_unit_test(merged_maps_give_the_same_bits),
        cmocka_unit_test(optimise_refuses_passes_that_are_none),
        cmocka_unit_test(bodies_are_optimised_too_and_once),
        cmocka_unit_test(stats_count_text_once_and_work_each_time),
        cmocka_unit_test(stats_of_endless_work_stay_at_the_most),
        cmocka_unit_test(optimising_takes_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
