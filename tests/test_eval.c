/* SPDX-License-Identifier: MIT */
/* One point by the evaluator: the interpreter's bits, strong zeros, guards, memory of the caller. */
#include "testing.h"

#include "evaluate.h"

/* How often the heap was asked: the linker sends malloc and friends here. */
static size_t asked;
void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_malloc(size_t size) { return asked++, __real_malloc(size); }
void *__wrap_calloc(size_t n, size_t size) { return asked++, __real_calloc(n, size); }
void *__wrap_realloc(void *p, size_t size) { return asked++, __real_realloc(p, size); }

/* ------------------------------------------------------------------------------------------------- random functions */

static size_t compare_with_interpreter(const random_options *o)
{
    slope_function *f = random_function(o);
    if (!f || sums_in_lanes(f)) {
        slope_function_destroy(f);
        return 0;
    }
    random_arrays a, r;
    random_arrays_make(&a, f, o->seed);
    random_arrays_make(&r, f, o->seed);
    assert_int_equal(slope__interpret(f, (const double *const *)r.x, r.y, NULL), SLOPE_OK);
    assert_int_equal(slope_eval(f, (const double *const *)a.x, a.y), SLOPE_OK);
    for (size_t g = 0; g < f->outputs; g++) {
        for (size_t j = 0; j < f->output[g].length; j++) {
            if (!same_bits(a.y[g][j], r.y[g][j]))
                fail_msg("seed %u: output %zu[%zu] is %.17g, expected %.17g", (unsigned)o->seed, g, j, a.y[g][j],
                         r.y[g][j]);
        }
    }
    random_arrays_free(&a);
    random_arrays_free(&r);
    slope_function_destroy(f);
    return 1;
}

static void random_functions_give_the_bits_of_the_interpreter_on_every_unit(void **state)
{
    (void)state;
    for (size_t u = 0; u < 3; u++) {
        size_t compared = 0;
        assert_int_equal(setenv("SLOPE_LANES", evaluate_units[u], 1), 0);
        for (unsigned seed = 0; seed < 300; seed++) {
            const random_options o = {.seed = seed,
                                      .operations = 5 + seed % 60,
                                      .depth = seed % 4,
                                      .passes = seed % 2 ? 31 : 0,
                                      .exact = 1,
                                      .tame = seed % 3 != 0};
            compared += compare_with_interpreter(&o);
        }
        assert_true(compared > 200);
    }
    assert_int_equal(unsetenv("SLOPE_LANES"), 0);
}

static void all_operations_give_the_bits_of_the_interpreter_where_nothing_is_a_map(void **state)
{
    (void)state;
    for (unsigned seed = 1000; seed < 1200; seed++) {
        const random_options o = {.seed = seed, .operations = 60, .passes = 31, .tame = seed % 2};
        assert_int_equal(compare_with_interpreter(&o), 1);
    }
}

/* ------------------------------------------------------------------------------------------------------- structure */

/* sum over items of x[i] zmul y[i], and z plus all products of one item in a row */
static slope_function *products(size_t n)
{
    slope__builder *b = slope__builder_create(0);
    const slope__cell x = slope__build_input(b, "x", 3), y = slope__build_input(b, "y", 3);
    slope__cell sum = slope__build2(b, slope__code_zmul, x, y);
    const slope__cell alone = slope__build2(b, slope__code_zmul, x + 1, y + 1);
    for (unsigned k = 1; k < 3; k++)
        sum = slope__build2(b, slope__code_add, sum, slope__build2(b, slope__code_zmul, x + k, y + k));
    slope__build_output(b, "all", 1, &sum, 0);
    slope__build_output(b, "alone", 1, &alone, 0);
    slope_function *body = slope__builder_finish(b, NULL);
    b = slope__builder_create(0);
    (void)slope__build_input(b, "x", 3 * n);
    (void)slope__build_input(b, "y", 3 * n);
    slope__source source[] = {{{0, 3, 1, NULL}, SLOPE__NONE}, {{(int64_t)(3 * n), 3, 1, NULL}, SLOPE__NONE}};
    slope__target target[] = {{.kind = SLOPE__EACH}, {.kind = SLOPE__ADDED, .extent = 1, .view = {0, 0, 1, NULL}}};
    slope__loop loop = {.body = body, .n = n, .source = source, .target = target};
    const slope__cell at = slope__build_loop(b, &loop);
    slope__build_output(b, "each", n, NULL, at + target[0].base);
    slope__build_output(b, "sum", 1, NULL, at + target[1].base);
    slope_function_destroy(body);
    return slope__builder_finish(b, NULL);
}

static void zeros_stay_strong_in_sums_of_products(void **state)
{
    (void)state;
    enum { N = 21 };
    double x[3 * N], y[3 * N], each[N], sum, product[N];
    for (size_t u = 0; u < 3; u++) {
        assert_int_equal(setenv("SLOPE_LANES", evaluate_units[u], 1), 0);
        slope_function *f = products(N);
        for (size_t k = 0; k < 3 * N; k++) {
            x[k] = (double)(k % 7) - 3.0;
            y[k] = k % 7 == 3 ? (k % 2 ? INFINITY : NAN) : 0.25 * (double)k;
        }
        assert_int_equal(slope_eval(f, (const double *const[]){x, y}, (double *const[]){each, &sum}), SLOPE_OK);
        for (size_t i = 0; i < N; i++) {
            double expected = slope__d_zmul(x[3 * i], y[3 * i]);
            for (size_t k = 1; k < 3; k++)
                expected += slope__d_zmul(x[3 * i + k], y[3 * i + k]);
            product[i] = slope__d_zmul(x[3 * i + 1], y[3 * i + 1]);
            assert_true(same_bits(each[i], expected));
        }
        assert_true(same_bits(sum, tree_sum(N, product, 1)));
        slope_function_destroy(f);
    }
    assert_int_equal(unsetenv("SLOPE_LANES"), 0);
}

static void unwanted_outputs_may_be_missing(void **state)
{
    (void)state;
    double x[63] = {0}, y[63] = {0}, sum = -1.0;
    slope_function *f = products(21);
    x[1] = 2.0;
    y[1] = 3.0;
    assert_int_equal(slope_eval(f, (const double *const[]){x, y}, (double *const[]){NULL, &sum}), SLOPE_OK);
    assert_true(sum == 6.0);
    slope_function_destroy(f);
}

/* ---------------------------------------------------------------------------------------------------------- guards */

static slope_function *guarded(void)
{
    slope__builder *b = slope__builder_create(0);
    const slope__cell x = slope__build_input(b, "x", 1), zero = slope__build_number(b, 0.0),
                      less = slope__build2(b, slope__code_lt, x, zero), y = slope__build1(b, slope__code_sqrt, x);
    slope__build_guard(b, less, 0, "model.c", 12);
    slope__build_output(b, "y", 1, &y, 0);
    return slope__builder_finish(b, NULL);
}

static void a_guard_that_fails_is_told_with_its_place(void **state)
{
    (void)state;
    slope_function *f = guarded();
    double x = 4.0, y = 0.0;
    slope_error error = {0};
    assert_int_equal(slope_eval(f, (const double *const[]){&x}, (double *const[]){&y}), SLOPE_OK);
    assert_true(y == 2.0);
    assert_int_equal(slope_eval_check(f, (const double *const[]){&x}, &error), SLOPE_OK);
    x = -1.0;
    assert_int_equal(slope_eval(f, (const double *const[]){&x}, (double *const[]){&y}), SLOPE_ERR_BRANCH);
    assert_int_equal(slope_eval_check(f, (const double *const[]){&x}, &error), SLOPE_ERR_BRANCH);
    assert_non_null(strstr(error.message, "model.c:12"));
    slope_function_destroy(f);
}

static void a_batch_tells_the_first_point_whose_guard_fails(void **state)
{
    (void)state;
    enum { N = 1000 };
    slope_function *f = guarded();
    double x[N], y[N];
    for (size_t i = 0; i < N; i++)
        x[i] = i == 611 || i == 777 ? -1.0 : 1.0;
    size_t branch = 0;
    slope_batch_options o = slope_batch_options_default();
    o.branch = &branch;
    const slope_input in = {x, 1, 1};
    const slope_output out = {y, 1, 1, 0};
    for (int threads = 1; threads <= 8; threads *= 2) {
        o.threads = threads;
        assert_int_equal(slope_eval_batch(f, N, &in, &out, &o), SLOPE_ERR_BRANCH);
        assert_int_equal(branch, 611);
    }
    assert_int_equal(slope_eval_batch(f, 611, &in, &out, &o), SLOPE_OK);
    slope_function_destroy(f);
}

/* ---------------------------------------------------------------------------------------------------------- memory */

static void memory_of_the_caller_is_all_that_is_used(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 40; seed++) {
        const random_options o = {.seed = seed, .operations = 40, .depth = seed % 4, .passes = 31, .tame = 1};
        slope_function *f = random_function(&o);
        random_arrays a, r;
        random_arrays_make(&a, f, seed);
        random_arrays_make(&r, f, seed);
        assert_int_equal(slope_eval(f, (const double *const *)r.x, r.y), SLOPE_OK);
        const size_t bytes = slope_eval_bytes(f);
        char *work = malloc(bytes + 1);
        assert_int_equal(slope_eval_in(f, (const double *const *)a.x, a.y, work, bytes - 1), SLOPE_ERR_ARGUMENT);
        const size_t before = asked;
        assert_int_equal(slope_eval_in(f, (const double *const *)a.x, a.y, work + 1, bytes), SLOPE_OK);
        assert_int_equal(asked, before);
        for (size_t g = 0; g < f->outputs; g++) {
            for (size_t j = 0; j < f->output[g].length; j++)
                assert_true(same_bits(a.y[g][j], r.y[g][j]));
        }
        free(work);
        random_arrays_free(&a);
        random_arrays_free(&r);
        slope_function_destroy(f);
    }
}

static void what_is_missing_is_an_error(void **state)
{
    (void)state;
    double x = 1.0, y;
    slope_function *f = guarded();
    assert_int_equal(slope_eval(NULL, (const double *const[]){&x}, (double *const[]){&y}), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_eval(f, NULL, (double *const[]){&y}), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_eval(f, (const double *const[]){NULL}, (double *const[]){&y}), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_eval(f, (const double *const[]){&x}, NULL), SLOPE_ERR_ARGUMENT);
    slope_function_destroy(f);
    slope__builder *b = slope__builder_create(0);
    (void)slope__build_data(b, "d", 1, NULL);
    slope__build_output(b, "y", 1, NULL, 0);
    f = slope__builder_finish(b, NULL);
    assert_int_equal(slope_eval(f, NULL, (double *const[]){&y}), SLOPE_ERR_ARGUMENT);
    slope_function_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_functions_give_the_bits_of_the_interpreter_on_every_unit),
        cmocka_unit_test(all_operations_give_the_bits_of_the_interpreter_where_nothing_is_a_map),
        cmocka_unit_test(zeros_stay_strong_in_sums_of_products),
        cmocka_unit_test(unwanted_outputs_may_be_missing),
        cmocka_unit_test(a_guard_that_fails_is_told_with_its_place),
        cmocka_unit_test(a_batch_tells_the_first_point_whose_guard_fails),
        cmocka_unit_test(memory_of_the_caller_is_all_that_is_used),
        cmocka_unit_test(what_is_missing_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
