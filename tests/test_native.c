/* SPDX-License-Identifier: MIT */
/* Machine code gives what the reference evaluator gives. */
#define _GNU_SOURCE /* setenv, mkdtemp */

#include "native_testing.h"

static void check_random(unsigned width, uint64_t first, uint64_t last, int exact, double tolerance)
{
    for (uint64_t seed = first; seed < last; seed++) {
        const random_options o = {
            .seed = seed, .operations = 12, .depth = (unsigned)(seed % 4), .tame = 1, .exact = exact};
        slope_function *f = random_function(&o), *g = compiled_for(f, width);
        for (uint64_t k = 0; k < 3; k++) {
            if (!agree(f, g, k, tolerance))
                fail_msg("seed %llu, width %u", (unsigned long long)seed, width);
        }
        slope_function_destroy(f);
        slope_function_destroy(g);
    }
}

static void random_functions_agree_in_every_width(void **state)
{
    (void)state;
    check_random(slope__native_width(), 0, 10, 1, 1e-13);
    if (slope__native_width() > 4)
        check_random(4, 10, 15, 1, 1e-13);
    if (slope__native_width() > 2)
        check_random(2, 15, 20, 1, 1e-13);
}

static void functions_of_libm_agree_closely(void **state)
{
    (void)state;
    check_random(slope__native_width(), 100, 108, 0, 1e-9);
}

static void derivatives_agree(void **state)
{
    (void)state;
    for (uint64_t seed = 200; seed < 205; seed++) {
        const random_options o = {
            .seed = seed, .operations = 8, .depth = 1 + (unsigned)(seed % 2), .tame = 1, .smooth = 1};
        slope_function *f = random_function(&o), *d = slope_vjp(f, 0, NULL, NULL), *g = compiled(d);
        assert_true(agree(d, g, seed, 1e-8));
        slope_function_destroy(g);
        slope_function_destroy(d);
        slope_function_destroy(f);
    }
}

/* Every operation of the table, on numbers and in lanes: u[i] = op(x[3 i], x[3 i + 1], x[3 i + 2]) alone and as a
   map. */
static slope_function *one_operation(unsigned code, size_t arity, int lanes)
{
    slope__builder *inner = slope__builder_create(0), *outer = slope__builder_create(0);
    const slope__cell x = slope__build_input(inner, "x", arity);
    slope__cell operand[4] = {x, x + 1, x + 2, x + 3};
    slope__build_output(inner, "y", 1, NULL, slope__build(inner, code, arity, operand));
    slope_function *f = slope__builder_finish(inner, NULL);
    assert_non_null(f);
    if (!lanes) {
        slope__builder_destroy(outer);
        return f;
    }
    (void)slope__build_input(outer, "x", 21 * arity);
    slope__source source = {{0, (int64_t)arity, 1, NULL}, SLOPE__NONE};
    slope__target target = {.kind = SLOPE__EACH};
    slope__loop loop = {.body = f, .n = 21, .source = &source, .target = &target};
    slope__build_output(outer, "y", 21, NULL, slope__build_loop(outer, &loop));
    slope_function_destroy(f);
    return slope__builder_finish(outer, NULL);
}

/* Numbers, whole ones, zeros, huge and tiny ones, Inf and NaN. */
static double odd_number(uint64_t *seed)
{
    static const double special[] = {0.0,   -0.0,    1.0,      -1.0,      2.0, 0.5, -2.5,
                                     1e300, -1e-300, INFINITY, -INFINITY, NAN, 3.0, 27.0};
    return random_below(seed, 2) ? special[random_below(seed, 14)] : random_double(seed, -4, 4);
}

static void every_operation_agrees_at_odd_operands(void **state)
{
    (void)state;
    for (unsigned code = slope__code_add; code < slope__code_custom; code++) {
        const slope_op_info *info = slope_op_describe((slope_op)code);
        const size_t arity = info->arity < 0 ? 4 : (size_t)info->arity;
        const int batch = code % 4 == 0; /* each in one of the two ways: compilers take their time */
        slope_function *f = one_operation(code, arity, !batch), *g = compiled(f);
        double x[84], y[21], expected[21];
        uint64_t seed = code;
        for (size_t k = 0; k < 84; k++)
            x[k] = odd_number(&seed);
        const slope__backend *native = slope__backend_of(g);
        void *work = work_for(native, 1);
        int see = 0;
        if (batch) {
            see = native->batch(0, 21, (const slope_input[]){{x, (ptrdiff_t)arity, 1}},
                                (const slope_output[]){{y, 1, 1, 0}}, work);
            for (size_t i = 0; i < 21; i++)
                assert_int_equal(
                    slope__interpret(f, (const double *const[]){x + i * arity}, (double *const[]){expected + i}, NULL),
                    SLOPE_OK);
        } else {
            see = native->eval((const double *const[]){x}, (double *const[]){y}, work, 1);
            assert_int_equal(slope__interpret(f, (const double *const[]){x}, (double *const[]){expected}, NULL),
                             SLOPE_OK);
        }
        for (size_t i = 0; i < 21 && see == 0; i++) {
            if (!same(y[i], expected[i], 4e-15))
                fail_msg("%s at %g, %g, %g: %.17g, reference %.17g", info->name, x[i * arity], x[i * arity + 1],
                         x[i * arity + 2], y[i], expected[i]);
        }
        free(work);
        slope_function_destroy(g);
        slope_function_destroy(f);
    }
}

/* A map over n overlapping pairs whose terms are summed, given out one by one, and scattered. */
static slope_function *neighbours(size_t n)
{
    slope__builder *inner = slope__builder_create(0), *outer = slope__builder_create(0);
    const slope__cell x = slope__build_input(inner, "x", 2);
    const slope__cell d = slope__build2(inner, slope__code_mul, x, slope__build2(inner, slope__code_sub, x, x + 1));
    slope__build_output(inner, "sum", 1, &d, 0);
    slope__build_output(inner, "each", 1, &d, 0);
    slope__build_output(inner, "cells", 2, (const slope__cell[]){d, x}, 0);
    slope_function *body = slope__builder_finish(inner, NULL);
    (void)slope__build_input(outer, "x", n + 1);
    slope__source source = {{0, 1, 1, NULL}, SLOPE__NONE};
    slope__target target[3] = {{.kind = SLOPE__ADDED, .extent = 1, .view = {0, 0, 1, NULL}},
                               {.kind = SLOPE__EACH},
                               {.kind = SLOPE__ADDED, .extent = (uint32_t)n + 1, .view = {0, 1, 1, NULL}}};
    slope__loop loop = {.body = body, .n = n, .source = &source, .target = target};
    const slope__cell at = slope__build_loop(outer, &loop);
    slope__build_output(outer, "sum", 1, NULL, at + target[0].base);
    slope__build_output(outer, "each", n, NULL, at + target[1].base);
    slope__build_output(outer, "cells", n + 1, NULL, at + target[2].base);
    slope_function_destroy(body);
    return slope__builder_finish(outer, NULL);
}

static void sums_have_their_order_and_cells_the_reference_s(void **state)
{
    (void)state;
    enum { N = 5003 };
    slope_function *f = neighbours(N), *g = compiled(f);
    static double x[N + 1], sum[2], each[2][N], cells[2][N + 1], partial[8];
    uint64_t seed = 1;
    random_fill(&seed, N + 1, x);
    assert_int_equal(
        slope__interpret(f, (const double *const[]){x}, (double *const[]){&sum[0], each[0], cells[0]}, NULL), SLOPE_OK);
    assert_int_equal(slope_eval(g, (const double *const[]){x}, (double *const[]){&sum[1], each[1], cells[1]}),
                     SLOPE_OK);
    assert_memory_equal(each[0], each[1], sizeof each[0]);
    assert_memory_equal(cells[0], cells[1], sizeof cells[0]);
    double total = 0.0;
    for (size_t c = 0; c < N; c += 256) {
        memset(partial, 0, sizeof partial);
        for (size_t i = c; i < c + 256 && i < N; i++)
            partial[i % 8] += each[0][i];
        total += ((partial[0] + partial[4]) + (partial[2] + partial[6])) +
                 ((partial[1] + partial[5]) + (partial[3] + partial[7]));
    }
    assert_true(bits(total) == bits(sum[1]));
    slope_function_destroy(f);
    slope_function_destroy(g);
}

/* The sum over many items of exp(x[i] w), and its parts, on threads. */
static void threads_change_no_bit(void **state)
{
    (void)state;
    enum { N = 5000 };
    slope__builder *inner = slope__builder_create(0), *outer = slope__builder_create(0);
    const slope__cell x = slope__build_input(inner, "x", 1), w = slope__build_input(inner, "w", 1);
    const slope__cell e = slope__build1(inner, slope__code_exp, slope__build2(inner, slope__code_mul, x, w));
    slope__build_output(inner, "sum", 1, &e, 0);
    slope__build_output(inner, "each", 1, &e, 0);
    slope_function *body = slope__builder_finish(inner, NULL);
    (void)slope__build_input(outer, "x", N);
    const slope__cell weight = slope__build_input(outer, "w", 1);
    slope__source source[2] = {{{0, 1, 1, NULL}, SLOPE__NONE}, {{(int64_t)weight, 0, 1, NULL}, SLOPE__NONE}};
    slope__target target[2] = {{.kind = SLOPE__ADDED, .extent = 1, .view = {0, 0, 1, NULL}}, {.kind = SLOPE__EACH}};
    slope__loop loop = {.body = body, .n = N, .source = source, .target = target};
    const slope__cell at = slope__build_loop(outer, &loop);
    slope__build_output(outer, "sum", 1, NULL, at + target[0].base);
    slope__build_output(outer, "each", N, NULL, at + target[1].base);
    slope_function_destroy(body);
    slope_function *f = slope__builder_finish(outer, NULL), *g = compiled(f);
    const slope__backend *native = slope__backend_of(g);
    static double number[N], first[N + 1], again[N + 1];
    uint64_t seed = 3;
    random_fill(&seed, N, number);
    const double half = 0.5;
    for (int threads = 1; threads <= 8; threads = threads == 3 ? 8 : threads + 1) {
        double *y = threads == 1 ? first : again;
        void *work = work_for(native, threads);
        assert_int_equal(
            native->eval((const double *const[]){number, &half}, (double *const[]){y, y + 1}, work, threads), 0);
        free(work);
        if (threads > 1)
            assert_memory_equal(first, again, sizeof first);
    }
    slope_function_destroy(f);
    slope_function_destroy(g);
}

static void a_batch_gives_what_its_points_give(void **state)
{
    (void)state;
    enum { N = 300 };
    const random_options o = {.seed = 8, .operations = 10, .depth = 1, .tame = 1, .exact = 1};
    slope_function *f = random_function(&o), *g = compiled(f);
    size_t length = 0;
    static double x[4][4 * N], y[4][4 * N], one[4];
    slope_input in[4];
    slope_output out[4];
    uint64_t seed = 5;
    assert_non_null(slope__backend_of(g)->batch);
    for (size_t k = 0; k < f->inputs; k++) { /* structures of arrays and arrays of structures */
        length = f->input[k].length;
        random_fill(&seed, 4 * N, x[k]);
        in[k] = k % 2 ? (slope_input){x[k], 1, N} : (slope_input){x[k], (ptrdiff_t)length, 1};
    }
    for (size_t k = 0; k < f->outputs; k++)
        out[k] = k % 2 ? (slope_output){y[k], 1, N, 0} : (slope_output){y[k], (ptrdiff_t)f->output[k].length, 1, 0};
    assert_int_equal(slope_eval_batch(g, N, in, out, NULL), SLOPE_OK);
    for (size_t i = 0; i < N; i++) {
        double point[4][4], value[4][4];
        for (size_t k = 0; k < f->inputs; k++) {
            for (size_t j = 0; j < f->input[k].length; j++)
                point[k][j] = x[k][(ptrdiff_t)i * in[k].point + (ptrdiff_t)j * in[k].element];
        }
        assert_int_equal(slope_eval(g, (const double *const[]){point[0], point[1], point[2], point[3]},
                                    (double *const[]){value[0], value[1], value[2], value[3]}),
                         SLOPE_OK);
        for (size_t k = 0; k < f->outputs; k++) {
            for (size_t j = 0; j < f->output[k].length; j++) /* sums inside have another order there */
                assert_true(
                    same(y[k][(ptrdiff_t)i * out[k].point + (ptrdiff_t)j * out[k].element], value[k][j], 1e-13));
        }
    }
    for (size_t k = 0; k < f->outputs; k++)
        out[k] = (slope_output){k == 0 ? one : NULL, 0, 1, 1};
    assert_int_equal(slope_eval_batch(g, N, in, out, NULL), SLOPE_OK);
    for (size_t j = 0; j < f->output[0].length; j++) {
        double sum = 0.0;
        for (size_t i = 0; i < N; i++)
            sum += y[0][i * f->output[0].length + j];
        assert_true(same(one[j], sum, 1e-12));
    }
    slope_function_destroy(f);
    slope_function_destroy(g);
}

/* x * y as the chain rule has it, then something that swallows a NaN if `hide`. */
static slope_function *product(int hide)
{
    slope__builder *b = slope__builder_create(0);
    const slope__cell x = slope__build_input(b, "x", 1), y = slope__build_input(b, "y", 1);
    slope__cell p = slope__build2(b, slope__code_zmul, x, y);
    if (hide)
        p = slope__build2(b, slope__code_lt, p, slope__build_number(b, 1.0));
    slope__build_output(b, "p", 1, &p, 0);
    return slope__builder_finish(b, NULL);
}

static void zeros_stay_strong(void **state)
{
    (void)state;
    const double zero = 0.0, inf = INFINITY;
    for (int hide = 0; hide < 2; hide++) {
        slope_function *f = product(hide), *g = compiled(f);
        double p = -1.0;
        assert_int_equal(slope_eval(g, (const double *const[]){&zero, &inf}, (double *const[]){&p}), SLOPE_OK);
        assert_true(p == (hide ? 1.0 : 0.0));
        const slope__backend *native = slope__backend_of(g);
        void *work = work_for(native, 1);
        assert_int_equal(native->eval((const double *const[]){&zero, &inf}, (double *const[]){&p}, work, 1),
                         SLOPE__SEE_NAN);
        free(work);
        slope_function_destroy(f);
        slope_function_destroy(g);
    }
}

static void guards_are_watched(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(0);
    const slope__cell x = slope__build_input(b, "x", 1), zero = slope__build_number(b, 0.0);
    slope__build_guard(b, slope__build2(b, slope__code_gt, x, zero), 1, "here", 1);
    slope__build_output(b, "y", 1, NULL, slope__build1(b, slope__code_square, x));
    slope_function *f = slope__builder_finish(b, NULL), *g = compiled(f);
    const double up[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, -1};
    double y[10];
    size_t branch = 99;
    assert_int_equal(slope_eval(g, (const double *const[]){up}, (double *const[]){y}), SLOPE_OK);
    assert_int_equal(slope_eval(g, (const double *const[]){up + 9}, (double *const[]){y}), SLOPE_ERR_BRANCH);
    slope_batch_options o = slope_batch_options_default();
    o.branch = &branch;
    assert_int_equal(
        slope_eval_batch(g, 10, (const slope_input[]){{up, 1, 1}}, (const slope_output[]){{y, 1, 1, 0}}, &o),
        SLOPE_ERR_BRANCH);
    assert_int_equal(branch, 9);
    slope_function_destroy(f);
    slope_function_destroy(g);
}

static void bound_data_keep_the_machine_code(void **state)
{
    (void)state;
    static const double three[] = {1, 2, 3}, others[] = {4, 5, 6};
    slope__builder *b = slope__builder_create(0);
    const slope__cell x = slope__build_input(b, "x", 1), d = slope__build_data(b, "d", 3, three);
    const slope__cell s = slope__build(b, slope__code_sum, 4, (const slope__cell[]){x, d, d + 1, d + 2});
    slope__build_output(b, "y", 1, &s, 0);
    slope_function *f = slope__builder_finish(b, NULL), *g = compiled(f),
                   *h = slope_function_bind(g, 0, others, 3, NULL);
    const double one = 1;
    double y = 0;
    assert_string_equal(slope_function_backend(h), "native");
    assert_string_equal(slope_function_backend(f), "evaluator");
    slope_function_destroy(g);
    assert_int_equal(slope_eval(h, (const double *const[]){&one}, (double *const[]){&y}), SLOPE_OK);
    assert_true(y == 16.0);
    slope_function_destroy(f);
    slope_function_destroy(h);
}

/* Slopes by a long input that a function hardly uses: a compiler takes minutes for thousands of single stores. */
static void long_rows_of_one_number_are_loops(void **state)
{
    (void)state;
    enum { LONG = 3000, ITEMS = 13 };
    slope__builder *b = slope__builder_create(0);
    const slope__cell x = slope__build_input(b, "x", 2);
    slope__cell row[LONG];
    for (size_t k = 0; k < LONG; k++)
        row[k] = slope__build_number(b, 0.0);
    row[6] = x;
    row[7] = slope__build2(b, slope__code_mul, x, x + 1);
    for (size_t k = 1000; k < 1500; k++)
        row[k] = row[7];
    slope__build_output(b, "y", LONG, row, 0);
    slope_function *f = slope__builder_finish(b, NULL), *g = compiled(f);
    slope__native_program program;
    assert_int_equal(slope__native_emit(f, slope__native_width(), &program, NULL), SLOPE_OK);
    size_t lines = 0;
    for (const char *at = program.text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    assert_true(lines < 400); /* most of it the same for all functions */
    free(program.text);
    static double in[2 * ITEMS], expected[LONG], y[LONG], many[ITEMS * LONG], sum[LONG];
    for (size_t k = 0; k < 2 * ITEMS; k++)
        in[k] = 1.5 + (double)k;
    assert_int_equal(slope_eval(f, (const double *const[]){in}, (double *const[]){expected}), SLOPE_OK);
    assert_int_equal(slope_eval(g, (const double *const[]){in}, (double *const[]){y}), SLOPE_OK);
    assert_memory_equal(y, expected, sizeof y);
    const slope_input from = {in, 2, 1};
    assert_int_equal(slope_eval_batch(g, ITEMS, &from, &(slope_output){many, LONG, 1, 0}, NULL), SLOPE_OK);
    assert_int_equal(slope_eval_batch(g, ITEMS, &from, &(slope_output){sum, 0, 1, 1}, NULL), SLOPE_OK);
    for (size_t i = 0; i < ITEMS; i++) {
        assert_int_equal(slope_eval(f, (const double *const[]){in + 2 * i}, (double *const[]){expected}), SLOPE_OK);
        assert_memory_equal(many + i * LONG, expected, sizeof expected);
        for (size_t k = 0; k < LONG; k++)
            sum[k] -= expected[k]; /* multiples of 1/4 */
    }
    for (size_t k = 0; k < LONG; k++)
        assert_true(sum[k] == 0.0);
    slope_function_destroy(f);
    slope_function_destroy(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_functions_agree_in_every_width),
        cmocka_unit_test(long_rows_of_one_number_are_loops),
        cmocka_unit_test(functions_of_libm_agree_closely),
        cmocka_unit_test(derivatives_agree),
        cmocka_unit_test(every_operation_agrees_at_odd_operands),
        cmocka_unit_test(sums_have_their_order_and_cells_the_reference_s),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(a_batch_gives_what_its_points_give),
        cmocka_unit_test(zeros_stay_strong),
        cmocka_unit_test(guards_are_watched),
        cmocka_unit_test(bound_data_keep_the_machine_code),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
