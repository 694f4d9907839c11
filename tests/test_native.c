/* SPDX-License-Identifier: MIT */
/* Machine code gives what the reference evaluator gives, and where it can't be had the evaluator runs and *error says why. */
#define _GNU_SOURCE /* setenv, mkdtemp */

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <slope/derive.h>
#include <slope/eval.h>

#include "function/backend.h"
#include "native/native.h"
#include "random_function.h"

static char folder[256]; /* of this run: caches, false compilers */

/* ------------------------------------------------------------------------------------------------------ helpers */

static slope_compile_options options(void)
{
    slope_compile_options o = slope_compile_options_default();
    static char cache[300];
    (void)snprintf(cache, sizeof cache, "%s/cache", folder);
    o.cache = cache;
    return o;
}

/* f by way of vectors of this width; evaluator results are those of f. */
static slope_function *compiled_for(const slope_function *f, unsigned width)
{
    slope_compile_options o = options();
    slope_error error = {0};
    slope_function *g = slope_function_optimise(f, 0, &error);
    assert_non_null(g);
    if (slope__native_attach(g, width, &o, &error) != SLOPE_OK)
        fail_msg("%s", error.message);
    return g;
}

static slope_function *compiled(const slope_function *f)
{
    slope_compile_options o = options();
    slope_error error;
    slope_function *g = slope_function_compile(f, &o, &error);
    assert_non_null(g);
    if (error.status != SLOPE_OK)
        fail_msg("%s", error.message);
    assert_string_equal(slope_function_backend(g), "native");
    return g;
}

static uint64_t bits(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static int same(double a, double b, double tolerance)
{
    if (a != a || b != b)
        return a != a && b != b;
    if (tolerance == 0.0)
        return bits(a) == bits(b);
    return a == b || fabs(a - b) <= tolerance * (1.0 + fabs(a) + fabs(b));
}

/* Memory that machine code may use, aligned; owned by the caller. */
static void *work_for(const slope__backend *backend, int threads)
{
    void *work = aligned_alloc(64, (backend->work_bytes * (size_t)threads + 127) / 64 * 64);
    assert_non_null(work);
    return work;
}

/* Machine code against the reference at one point.  0: they differ. */
static int agree(const slope_function *f, const slope_function *native, uint64_t seed, double tolerance)
{
    random_arrays a, b;
    int ok = 1;
    random_arrays_make(&a, f, seed);
    random_arrays_make(&b, f, seed);
    const slope_status expected = slope__interpret(f, (const double *const *)a.x, a.y, NULL);
    const slope__backend *backend = slope__backend_of(native);
    void *work = work_for(backend, 1);
    const int answer = backend->eval((const double *const *)b.x, b.y, work, 1);
    assert_int_equal(expected == SLOPE_ERR_BRANCH, answer > 0);
    for (size_t g = 0; expected == SLOPE_OK && answer != SLOPE__SEE_NAN && g < f->outputs; g++) {
        for (size_t j = 0; j < f->output[g].length; j++) {
            if (!same(a.y[g][j], b.y[g][j], tolerance)) {
                print_message("output %zu[%zu]: %.17g, reference %.17g\n", g, j, b.y[g][j], a.y[g][j]);
                ok = 0;
            }
        }
    }
    free(work);
    random_arrays_free(&a);
    random_arrays_free(&b);
    return ok;
}

/* ------------------------------------------------------------------------------------------------ the same numbers */

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

/* Every operation of the table, on numbers and in lanes: u[i] = op(x[3 i], x[3 i + 1], x[3 i + 2]) alone and as a map. */
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
    const random_options o = {.seed = 7, .operations = 10, .depth = 1, .tame = 1, .exact = 1};
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

/* --------------------------------------------------------------------------------------------------- what can fail */

static slope_function *small(void)
{
    slope__builder *b = slope__builder_create(0);
    static double next = 1.0; /* a text of its own each time: nothing comes from the cache */
    next += 1.0;
    const slope__cell x = slope__build_input(b, "x", 1), k = slope__build_number(b, next);
    slope__build_output(b, "y", 1, NULL, slope__build2(b, slope__code_mul, slope__build1(b, slope__code_square, x), k));
    return slope__builder_finish(b, NULL);
}

/* The result must be f in every respect, by the evaluator unless `native`. */
static void assert_works(const slope_function *f, const slope_function *g, const char *backend)
{
    const double x = 3.0;
    double y = 0, expected = 1;
    assert_non_null(g);
    assert_string_equal(slope_function_backend(g), backend);
    assert_int_equal(slope_eval(g, (const double *const[]){&x}, (double *const[]){&y}), SLOPE_OK);
    assert_int_equal(slope__interpret(f, (const double *const[]){&x}, (double *const[]){&expected}, NULL), SLOPE_OK);
    assert_true(bits(y) == bits(expected));
}

/* A compiler of that text; the path is valid until the next one. */
static const char *false_compiler(const char *text)
{
    static char path[300];
    static int number;
    (void)snprintf(path, sizeof path, "%s/cc%d", folder, number++);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fprintf(out, "#!/bin/sh\n%s\n", text);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path, 0700), 0);
    return path;
}

static void assert_fails(const char *compiler, slope_status status, const char *said)
{
    slope_compile_options o = options();
    slope_error error;
    slope_function *f = small();
    o.compiler = compiler;
    o.seconds = 1.0;
    slope_function *g = slope_function_compile(f, &o, &error);
    assert_works(f, g, "evaluator");
    assert_int_equal(error.status, status);
    if (!strstr(error.message, said))
        fail_msg("\"%s\" does not say \"%s\"", error.message, said);
    slope_function_destroy(f);
    slope_function_destroy(g);
}

static void a_compiler_that_is_missing_or_fails_is_told(void **state)
{
    (void)state;
    assert_fails("/no/such/compiler", SLOPE_ERR_MISSING, "/no/such/compiler");
    assert_fails("no-such-compiler", SLOPE_ERR_MISSING, "no-such-compiler");
    assert_fails("", SLOPE_ERR_MISSING, "");
    assert_fails(folder, SLOPE_ERR_MISSING, "");
    assert_fails(false_compiler("echo 'f.c:1: error: no luck' >&2; exit 1"), SLOPE_ERR_SYSTEM, "no luck");
    assert_fails(false_compiler("exit 0"), SLOPE_ERR_SYSTEM, "failed");
    assert_fails(false_compiler("kill -9 $$"), SLOPE_ERR_SYSTEM, "failed");
    assert_fails(false_compiler("head -c 3000000 /dev/zero; exit 1"), SLOPE_ERR_SYSTEM, "failed");
    assert_fails(false_compiler("while [ $1 != -o ]; do shift; done; echo junk > $2"), SLOPE_ERR_SYSTEM, "loaded");
}

static void no_compiler_on_the_path_is_told(void **state)
{
    (void)state;
    char *path = strdup(getenv("PATH")), *cc = getenv("CC") ? strdup(getenv("CC")) : NULL;
    (void)setenv("PATH", "/nowhere:relative::", 1);
    (void)setenv("CC", "cc; touch /tmp/slope-was-here", 1);
    assert_fails(NULL, SLOPE_ERR_MISSING, "PATH");
    (void)unsetenv("PATH");
    assert_fails(NULL, SLOPE_ERR_MISSING, "PATH");
    (void)setenv("PATH", path, 1);
    assert_int_not_equal(access("/tmp/slope-was-here", F_OK), 0);
    if (cc)
        (void)setenv("CC", cc, 1);
    else
        (void)unsetenv("CC");
    free(path);
    free(cc);
}

static void a_compiler_that_hangs_is_stopped_with_all_it_started(void **state)
{
    (void)state;
    char text[700], path[300];
    (void)snprintf(path, sizeof path, "%s/child", folder);
    (void)snprintf(text, sizeof text, "sleep 60 & echo $! > %s; wait", path);
    assert_fails(false_compiler(text), SLOPE_ERR_TIMEOUT, "took more than 1 seconds");
    FILE *in = fopen(path, "r");
    int child = 0;
    assert_non_null(in);
    assert_int_equal(fscanf(in, "%d", &child), 1);
    assert_int_equal(fclose(in), 0);
    (void)snprintf(path, sizeof path, "/proc/%d/cmdline", child);
    int gone = 0;
    for (int tries = 0; tries < 100 && !gone; tries++) { /* init may take a moment to bury it */
        char line[64] = "";
        in = fopen(path, "r");
        gone = !in || fread(line, 1, sizeof line - 1, in) == 0;
        if (in)
            (void)fclose(in);
        (void)usleep(10000);
    }
    assert_true(gone);
}

static void much_straight_code_is_refused_before_any_compiler(void **state)
{
    (void)state;
    char text[400], mark[300];
    (void)snprintf(mark, sizeof mark, "%s/started", folder);
    (void)snprintf(text, sizeof text, "touch %s; exit 1", mark);
    slope__builder *b = slope__builder_create(0);
    slope__cell x = slope__build_input(b, "x", 1);
    for (int k = 0; k < 5000; k++)
        x = slope__build1(b, k % 2 ? slope__code_sin : slope__code_square, x);
    slope__build_output(b, "y", 1, &x, 0);
    slope_function *f = slope__builder_finish(b, NULL);
    slope_compile_options o = options();
    slope_error error;
    o.compiler = false_compiler(text);
    slope_function *g = slope_function_compile(f, &o, &error);
    assert_int_equal(error.status, SLOPE_ERR_LIMIT);
    assert_non_null(strstr(error.message, "4000 operations"));
    assert_string_equal(slope_function_backend(g), "evaluator");
    assert_int_not_equal(access(mark, F_OK), 0);
    slope_function_destroy(f);
    slope_function_destroy(g);
}

/* A true compiler that counts how often it ran. */
static char count_path[300];
static const char *counting_compiler(void)
{
    char text[700];
    (void)snprintf(count_path, sizeof count_path, "%s/count", folder);
    (void)unlink(count_path);
    (void)snprintf(text, sizeof text, "echo run >> %s\nexec cc \"$@\"", count_path);
    return false_compiler(text);
}

static int runs(void)
{
    char line[16];
    int n = 0;
    FILE *in = fopen(count_path, "r");
    while (in && fgets(line, sizeof line, in))
        n++;
    if (in)
        (void)fclose(in);
    return n;
}

static void compile_again(const slope_function *f, const slope_compile_options *o, int expected_runs)
{
    slope_error error;
    slope_function *g = slope_function_compile(f, o, &error);
    if (error.status != SLOPE_OK)
        fail_msg("%s", error.message);
    assert_works(f, g, "native");
    slope_function_destroy(g);
    assert_int_equal(runs(), expected_runs);
}

/* The only entry of a cache. */
static void entry_of(const char *cache, char path[700])
{
    char command[700];
    (void)snprintf(command, sizeof command, "ls -d %s/*", cache);
    FILE *list = popen(command, "r");
    assert_non_null(fgets(path, 700, list));
    path[strcspn(path, "\n")] = '\0';
    assert_null(fgets(command, sizeof command, list));
    (void)pclose(list);
}

static void the_cache_is_used_and_never_trusted(void **state)
{
    (void)state;
    char cache[300], entry[700], moved[720];
    (void)snprintf(cache, sizeof cache, "%s/deep/er/cache", folder);
    slope_function *f = small();
    slope_compile_options o = options();
    o.cache = cache;
    o.compiler = counting_compiler();
    compile_again(f, &o, 1);
    compile_again(f, &o, 1);
    entry_of(cache, entry);
    FILE *file = fopen(entry, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 5000, SEEK_SET), 0);
    const int byte = fgetc(file);
    assert_int_equal(fseek(file, 5000, SEEK_SET), 0);
    (void)fputc(byte ^ 1, file);
    assert_int_equal(fclose(file), 0);
    compile_again(f, &o, 2); /* changed */
    compile_again(f, &o, 2);
    assert_int_equal(truncate(entry, 3000), 0);
    compile_again(f, &o, 3); /* cut off */
    assert_int_equal(truncate(entry, 0), 0);
    compile_again(f, &o, 4);
    assert_int_equal(chmod(entry, 0666), 0);
    compile_again(f, &o, 5); /* others could write to it */
    (void)snprintf(moved, sizeof moved, "%s.moved", entry);
    assert_int_equal(rename(entry, moved), 0);
    assert_int_equal(symlink(moved, entry), 0);
    compile_again(f, &o, 6); /* not a file of its own */
    compile_again(f, &o, 6);
    assert_int_equal(unlink(moved), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(entry, 12345, 12345), 0);
        compile_again(f, &o, 7); /* somebody else's */
    }
    assert_int_equal(chmod(cache, 0777), 0);
    const int before = runs();
    compile_again(f, &o, before + 1); /* a folder that others can write to holds nothing for us */
    compile_again(f, &o, before + 2);
    slope_function_destroy(f);
}

static void without_a_cache_it_works_all_the_same(void **state)
{
    (void)state;
    slope_function *f = small();
    slope_compile_options o = options();
    o.compiler = counting_compiler();
    o.cache = "";
    compile_again(f, &o, 1);
    compile_again(f, &o, 2);
    o.cache = "/dev/null/cache"; /* can't be made */
    compile_again(f, &o, 3);
    slope_function_destroy(f);
}

static void a_full_or_missing_disk_is_told(void **state)
{
    (void)state;
    struct rlimit old, tiny;
    char *before = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL;
    (void)setenv("TMPDIR", "/no/such/folder", 1);
    assert_fails(NULL, SLOPE_ERR_SYSTEM, "/no/such/folder");
    (void)setenv("TMPDIR", folder, 1);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    tiny = old;
    tiny.rlim_cur = 512;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tiny), 0);
    slope_compile_options o = options();
    slope_error error;
    slope_function *f = small(), *g = slope_function_compile(f, &o, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, handler);
    assert_works(f, g, "evaluator");
    assert_int_equal(error.status, SLOPE_ERR_SYSTEM);
    assert_non_null(strstr(error.message, "can't be written"));
    slope_function_destroy(f);
    slope_function_destroy(g);
    if (before)
        (void)setenv("TMPDIR", before, 1);
    else
        (void)unsetenv("TMPDIR");
    free(before);
}

static void nothing_is_left_behind(void **state)
{
    (void)state;
    char temporary[300], line[700];
    (void)snprintf(temporary, sizeof temporary, "%s/tmp", folder);
    assert_int_equal(mkdir(temporary, 0700), 0);
    (void)setenv("TMPDIR", temporary, 1);
    slope_function *f = small(), *g = compiled(f);
    assert_fails(false_compiler("exit 3"), SLOPE_ERR_SYSTEM, "failed");
    (void)unsetenv("TMPDIR");
    assert_int_equal(rmdir(temporary), 0);            /* so it is empty */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child, living or dead */
    slope_function_destroy(g);
    slope_function_destroy(f);
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        assert_null(strstr(line, folder));
    if (maps)
        (void)fclose(maps);
}

static void tick(int signal_number) { (void)signal_number; }

static void signals_do_not_disturb(void **state)
{
    (void)state;
    struct sigaction now = {.sa_handler = tick}, before;
    const struct itimerval often = {{0, 3000}, {0, 3000}}, never = {{0, 0}, {0, 0}};
    assert_int_equal(sigaction(SIGALRM, &now, &before), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    void (*children)(int) = signal(SIGCHLD, SIG_IGN);
    slope_function *f = small(), *g = compiled(f);
    (void)signal(SIGCHLD, children);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    assert_works(f, g, "native");
    slope_function_destroy(f);
    slope_function_destroy(g);
}

static void *compile_in_thread(void *f)
{
    slope_compile_options o = options();
    slope_error error;
    slope_function *g = slope_function_compile(f, &o, &error);
    const double x = 2.0;
    double y = 0.0;
    const int ok = g && error.status == SLOPE_OK && strcmp(slope_function_backend(g), "native") == 0 &&
                   slope_eval(g, (const double *const[]){&x}, (double *const[]){&y}) == SLOPE_OK && y != 0.0;
    slope_function_destroy(g);
    return ok ? f : NULL;
}

static void threads_may_compile_one_function_at_once(void **state)
{
    (void)state;
    pthread_t thread[4];
    slope_function *f = small();
    for (int k = 0; k < 4; k++)
        assert_int_equal(pthread_create(&thread[k], NULL, compile_in_thread, f), 0);
    for (int k = 0; k < 4; k++) {
        void *ok = NULL;
        assert_int_equal(pthread_join(thread[k], &ok), 0);
        assert_non_null(ok);
    }
    slope_function_destroy(f);
}

static void names_do_not_reach_the_compiler(void **state)
{
    (void)state;
    static const char *const name[] = {"int", "main", "W", "V", "host", "__asm__", "slope_native_eval"};
    slope__builder *b = slope__builder_create(0);
    for (size_t k = 0; k < 7; k++)
        (void)slope__build_input(b, name[k], 1);
    for (size_t k = 0; k < 7; k++)
        slope__build_output(b, name[k], 1, NULL, (slope__cell)(6 - k));
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    slope__native_program program;
    assert_int_equal(slope__native_emit(f, 8, &program, NULL), SLOPE_OK);
    assert_null(strstr(program.text, "main"));
    free(program.text);
    slope_function *g = compiled(f);
    assert_true(agree(f, g, 1, 0));
    slope_function_destroy(g);
    slope_function_destroy(f);
}

static void mistakes_in_the_call_are_told(void **state)
{
    (void)state;
    slope_error error;
    assert_null(slope_function_compile(NULL, NULL, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    slope_compile_options o = slope_compile_options_default();
    o.struct_size++;
    slope_function *f = small();
    assert_null(slope_function_compile(f, &o, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_string_equal(slope_function_backend(f), "evaluator");
    assert_string_equal(slope_function_backend(NULL), "evaluator");
    slope_function_destroy(f);
}

static void the_digest_is_sha256(void **state)
{
    (void)state;
    unsigned char digest[SLOPE__DIGEST];
    static const unsigned char abc[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea},
                               million[] = {0xcd, 0xc7, 0x6e, 0x5c};
    slope__sha256(2, (const slope__bytes[]){{"a", 1}, {"bc", 2}}, digest);
    assert_memory_equal(digest, abc, sizeof abc);
    static char a[1000000];
    memset(a, 'a', sizeof a);
    slope__sha256(1, (const slope__bytes[]){{a, sizeof a}}, digest);
    assert_memory_equal(digest, million, sizeof million);
}

/* ------------------------------------------------------------------------------------------------------------------ */

static int make_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%.200s/slope-test-XXXXXX", base ? base : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[300];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_functions_agree_in_every_width),
        cmocka_unit_test(functions_of_libm_agree_closely),
        cmocka_unit_test(derivatives_agree),
        cmocka_unit_test(every_operation_agrees_at_odd_operands),
        cmocka_unit_test(sums_have_their_order_and_cells_the_reference_s),
        cmocka_unit_test(threads_change_no_bit),
        cmocka_unit_test(a_batch_gives_what_its_points_give),
        cmocka_unit_test(zeros_stay_strong),
        cmocka_unit_test(guards_are_watched),
        cmocka_unit_test(bound_data_keep_the_machine_code),
        cmocka_unit_test(a_compiler_that_is_missing_or_fails_is_told),
        cmocka_unit_test(no_compiler_on_the_path_is_told),
        cmocka_unit_test(a_compiler_that_hangs_is_stopped_with_all_it_started),
        cmocka_unit_test(much_straight_code_is_refused_before_any_compiler),
        cmocka_unit_test(the_cache_is_used_and_never_trusted),
        cmocka_unit_test(without_a_cache_it_works_all_the_same),
        cmocka_unit_test(a_full_or_missing_disk_is_told),
        cmocka_unit_test(nothing_is_left_behind),
        cmocka_unit_test(signals_do_not_disturb),
        cmocka_unit_test(threads_may_compile_one_function_at_once),
        cmocka_unit_test(names_do_not_reach_the_compiler),
        cmocka_unit_test(mistakes_in_the_call_are_told),
        cmocka_unit_test(the_digest_is_sha256),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
