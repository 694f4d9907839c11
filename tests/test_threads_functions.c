/* SPDX-License-Identifier: MIT */
/*
 * Threads that derive, evaluate, compile, write and show one function at once, each in another order: they get what one
 * alone gets, and under the thread sanitizer nobody writes to what another one reads.
 */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "function/ir.h"
#include "testing.h"

enum { THREADS = 4, ROUNDS = 3, N = 10 };

static int step(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    y[0][0] = slope_add(slope_mul(x[0][0], x[1][0]), slope_sin(x[2][0]));
    y[1][0] = slope_mul(x[0][0], slope_exp(slope_mul(x[1][1], 0.1)));
    return 0;
}

static const double numbers[N] = {0.3, -0.1, 0.5, 0.9, -0.7, 0.2, 0.4, -0.6, 0.8, 0.1};

/* A fold with checkpoints over data, a map over a list, a sum, a call. */
static int whole(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    static const size_t list[N] = {3, 1, 0, 2, 2, 1, 3, 0, 1, 2};
    const slope_function *f = context;
    slope_value end[1], all[N], m[N], sum[1], c[1];
    const slope_view fold[] = {slope_shared(x[0]), slope_shared(x[1]), slope_each_data(numbers, N, 1)};
    const slope_view map[] = {slope_indexed(x[2], list), slope_shared(x[1]), slope_shared(x[0])};
    slope_fold(tape, f, N, 1, fold, (slope_value *const[]){end, all}, 2);
    slope_map(tape, f, N, map, (slope_value *const[]){NULL, m});
    slope_map_sum(tape, f, N, map, (slope_value *const[]){sum, NULL});
    slope_call(tape, f, (const slope_value *const[]){end, x[1], sum}, (slope_value *const[]){c, NULL});
    y[0][0] = slope_add(slope_dot(N, all, m), slope_mul(c[0], sum[0]));
    return slope_tape_status(tape) != SLOPE_OK;
}

static slope_function *record(void)
{
    static const slope_group step_in[] = {{"s", 1}, {"p", 2}, {"d", 1}}, step_out[] = {{"s", 1}, {"v", 1}},
                             in[] = {{"s", 1}, {"p", 2}, {"d", 4}}, out[] = {{"y", 1}};
    slope_function *body = slope_function_record(3, step_in, 2, step_out, NULL, step, NULL, NULL);
    slope_function *f = body ? slope_function_record(3, in, 1, out, NULL, whole, body, NULL) : NULL;
    slope_function_destroy(body);
    return f;
}

static const double s0[] = {0.3}, p0[] = {0.9, 1.1}, d0[] = {1.0, 0.2, 0.3, -0.4};

/* The sum of what f, one further input at most, gives at one point and at several. */
static double value_of(const slope_function *f)
{
    const double *const x[] = {s0, p0, d0, numbers, numbers, numbers};
    double room[16][64] = {{0}}, sum = 0.0, *y[16];
    slope_input in[6];
    slope_output out[16];
    if (!f || f->inputs > 6 || f->outputs > 16)
        return NAN;
    for (size_t g = 0; g < 16; g++) {
        y[g] = room[g];
        out[g] = (slope_output){room[g], 0, 1, 1};
    }
    for (size_t g = 0; g < 6; g++)
        in[g] = (slope_input){x[g], 0, 1};
    for (int turn = 0; turn < 2; turn++) {
        if (turn == 0 ? slope_eval(f, x, y) : slope_eval_batch(f, 11, in, out, NULL))
            return NAN;
        for (size_t g = 0; g < f->outputs; g++) {
            for (size_t j = 0; j < f->output[g].length; j++)
                sum += room[g][j];
        }
    }
    return sum;
}

static double value_and_end(slope_function *f)
{
    const double v = value_of(f);
    slope_function_destroy(f);
    return v;
}

/* ------------------------------------------------------------------------------------------- what is done to it */

static double evaluating(const slope_function *f) { return value_of(f); }
static double pulling(const slope_function *f) { return value_and_end(slope_vjp(f, 0, NULL, NULL)); }
static double pushing(const slope_function *f) { return value_and_end(slope_jvp(f, 0, NULL, NULL)); }
static double gradient(const slope_function *f) { return value_and_end(slope_value_gradient(f, 0, NULL, NULL)); }
static double hessian(const slope_function *f) { return value_and_end(slope_hessian(f, 1, (const size_t[]){1}, NULL)); }
static double jacobian(const slope_function *f) { return value_and_end(slope_jacobian(f, 0, NULL, NULL)); }
static double series(const slope_function *f) { return value_and_end(slope_taylor(f, 2, 0, NULL, NULL)); }

static double optimising(const slope_function *f)
{
    return value_and_end(slope_function_optimise(f, SLOPE_PASS_DEFAULT | SLOPE_PASS_CONTRACT, NULL));
}

static double sparse(const slope_function *f)
{
    slope_pattern *pattern = NULL;
    const double v = value_and_end(slope_sparse_hessian(f, 1, (const size_t[]){2}, &pattern, NULL));
    slope_pattern_destroy(pattern);
    return v;
}

static double binding(const slope_function *f) { return value_and_end(slope_function_bind(f, 0, numbers, N, NULL)); }

static double generating(const slope_function *f)
{
    slope_code code = {0};
    const double v = slope_codegen(f, NULL, &code, NULL) == SLOPE_OK ? (double)code.source_size : NAN;
    slope_code_free(&code);
    return v;
}

static double compiling(const slope_function *f)
{
    slope_compile_options o = slope_compile_options_default();
    o.cache = "";
    return value_and_end(slope_function_compile(f, &o, NULL));
}

static double saving(const slope_function *f)
{
    static unsigned char none;
    size_t size = 0, length = 0;
    char *text = NULL;
    slope_function_info info;
    if (slope_function_save(f, 0, &none, &size) == SLOPE_ERR_MEMORY || slope_function_stats(f, &info) != SLOPE_OK ||
        slope_function_dump(f, &text, &length) != SLOPE_OK)
        return NAN;
    free(text);
    return (double)(size + length + info.evaluated);
}

/* Many tapes call one function. */
static double sweeping(const slope_function *f)
{
    slope_tape *tape = slope_tape_create(NULL);
    slope_value s, p[2], d[4], y;
    s = slope_var(tape, s0[0]);
    for (size_t j = 0; j < 4; j++) {
        d[j] = slope_var(tape, d0[j]);
        if (j < 2)
            p[j] = slope_var(tape, p0[j]);
    }
    double v = NAN;
    if (slope_call(tape, f, (const slope_value *const[]){&s, p, d}, (slope_value *const[]){&y}) == SLOPE_OK &&
        slope_backward(y) == SLOPE_OK)
        v = slope_grad(s) + slope_grad(p[1]) + slope_grad(d[2]);
    slope_tape_destroy(tape);
    return v;
}

static double (*const work[])(const slope_function *f) = {
    evaluating, pulling, pushing,    gradient,  hessian, jacobian, series,
    optimising, sparse,  generating, compiling, saving,  sweeping, binding,
};

enum { WORKS = sizeof work / sizeof *work };

/* ------------------------------------------------------------------------------------------------------- threads */

typedef struct job {
    pthread_t thread;
    const slope_function *f;
    size_t first;
    double result[WORKS];
} job;

static void *run(void *context)
{
    job *j = context;
    for (size_t k = 0; k < WORKS; k++) {
        const size_t at = (j->first + k) % WORKS;
        j->result[at] = work[at](j->f);
    }
    return NULL;
}

static void threads_with_one_function_get_what_one_gets(void **state)
{
    (void)state;
    for (size_t round = 0; round < ROUNDS; round++) {
        slope_function *own = record(), *shared = record(); /* nothing is attached to it yet */
        assert_non_null(own);
        assert_non_null(shared);
        job alone = {.f = own}, jobs[THREADS];
        (void)run(&alone);
        for (size_t i = 0; i < THREADS; i++) { /* in the first round all begin with the same */
            jobs[i] = (job){.f = shared, .first = round * (1 + 3 * i)};
            assert_int_equal(pthread_create(&jobs[i].thread, NULL, run, &jobs[i]), 0);
        }
        for (size_t i = 0; i < THREADS; i++)
            assert_int_equal(pthread_join(jobs[i].thread, NULL), 0);
        for (size_t i = 0; i < THREADS; i++) {
            for (size_t k = 0; k < WORKS; k++) {
                assert_true(alone.result[k] == alone.result[k]);
                assert_true(jobs[i].result[k] == alone.result[k]);
            }
        }
        slope_function_destroy(own);
        slope_function_destroy(shared);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_with_one_function_get_what_one_gets),
    };
    return cmocka_run_group_tests_name("threads_functions", tests, NULL, NULL);
}
