/* SPDX-License-Identifier: MIT */
/* Figures beyond gradients: a sparse Hessian, the time that functions take to be made, the evaluator by operation. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "functions.h"

/* ------------------------------------------------------------------------------------- banded Hessian, n = 100,000 */

enum { BANDED = 100000 };

/* The tridiagonal Hessian of the chained Rosenbrock by hand, row by row. */
static double rosenbrock_hessian(size_t n, const double x[], double h[])
{
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        double diagonal = i > 0 ? 200.0 : 0.0;
        if (i > 0)
            h[at++] = -400.0 * x[i - 1];
        if (i + 1 < n)
            diagonal += 2.0 + 1200.0 * x[i] * x[i] - 400.0 * x[i + 1];
        h[at++] = diagonal;
        if (i + 1 < n)
            h[at++] = -400.0 * x[i];
    }
    return h[0];
}

/* Times of the two Hessians, their largest relative difference. */
static int evaluate_hessian(const slope_function *H, double *plain, double *slope, double *difference)
{
    const size_t entries = slope_function_output(H, 0).length;
    double *x = malloc(BANDED * sizeof *x), *h = malloc(entries * sizeof *h), *g = malloc(3 * BANDED * sizeof *g);
    int ok = x && h && g && entries == 3 * BANDED - 2;
    for (size_t i = 0; ok && i < BANDED; i++)
        x[i] = 0.1 + 0.6 * (double)(i * 7 % 17) / 17.0;
    *plain = *slope = HUGE_VAL;
    *difference = 0.0;
    for (int k = 0; ok && k < 10; k++) {
        volatile double sink = 0.0;
        const double t0 = bench_now();
        sink = rosenbrock_hessian(BANDED, x, g);
        const double t1 = bench_now();
        ok = slope_eval(H, (const double *const[]){x}, (double *const[]){h}) == SLOPE_OK;
        const double t2 = bench_now();
        (void)sink;
        *plain = t1 - t0 < *plain ? t1 - t0 : *plain;
        *slope = t2 - t1 < *slope ? t2 - t1 : *slope;
    }
    for (size_t k = 0; ok && k < entries; k++) {
        const double d = fabs(h[k] - g[k]) / fabs(g[k]);
        *difference = d <= *difference ? *difference : d;
    }
    free(x);
    free(h);
    free(g);
    return ok;
}

static int banded_hessian(void)
{
    slope_error error = {0};
    slope_pattern *pattern = NULL;
    double plain, slope, difference;
    slope_function *f = function_problems[0].record(BANDED, 0, &error);
    const double begin = bench_now();
    slope_function *H = f ? slope_sparse_hessian(f, 0, NULL, &pattern, &error) : NULL;
    const double made = bench_now() - begin;
    const int ok = H && evaluate_hessian(H, &plain, &slope, &difference);
    if (ok)
        printf("banded Hessian, n = 100,000: %zu entries in %zu sweeps; pattern, colours and function %.0f ms; "
               "by hand %.0f us, Slope %.0f us: %.1f times; differ %.0e\n",
               pattern->entries, pattern->colours, made / 1e6, plain / 1e3, slope / 1e3, slope / plain, difference);
    else
        printf("banded Hessian failed: %s\n", error.message);
    slope_pattern_destroy(pattern);
    slope_function_destroy(H);
    slope_function_destroy(f);
    return ok;
}

/* ------------------------------------------------------------------------------------- a million flat operations */

enum { FLAT = 1000000, RING = 16 };

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Operations on random ones of the last 16 results; every result goes on into another. */
static int flat(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    slope_value ring[RING];
    uint64_t seed = 88172645463325252u;
    memcpy(ring, x[0], sizeof ring);
    for (size_t k = 0; k < FLAT; k++) {
        const uint64_t r = next(&seed);
        slope_value *own = &ring[k % RING];
        const slope_value other = ring[r % RING];
        switch (r >> 16 & 3) {
        case 0: *own = slope_mul(*own, other); break;
        case 1: *own = slope_add(*own, other); break;
        case 2: *own = slope_sub(*own, other); break;
        default: *own = slope_sin(slope_add(*own, slope_number((double)(r >> 20 & 1023)))); break;
        }
    }
    y[0][0] = slope_sum(RING, ring);
    return 0;
}

/* Best times of recording, gradient and optimising. */
static int make_flat(double best[3], slope_function_info *a, slope_function_info *b, slope_error *error)
{
    const slope_group in[] = {{"x", RING}}, out[] = {{"f", 1}};
    double t[4];
    t[0] = bench_now();
    slope_function *f = slope_function_record(1, in, 1, out, NULL, flat, NULL, error);
    t[1] = bench_now();
    slope_function *g = f ? slope_gradient(f, 0, NULL, error) : NULL;
    t[2] = bench_now();
    slope_function *o = g ? slope_function_optimise(g, SLOPE_PASS_DEFAULT, error) : NULL;
    t[3] = bench_now();
    for (int k = 0; k < 3; k++)
        best[k] = t[k + 1] - t[k] < best[k] ? t[k + 1] - t[k] : best[k];
    const int ok = o && slope_function_stats(f, a) == SLOPE_OK && slope_function_stats(o, b) == SLOPE_OK;
    slope_function_destroy(o);
    slope_function_destroy(g);
    slope_function_destroy(f);
    return ok;
}

static int flat_function(void)
{
    slope_error error = {0};
    slope_function_info a, b;
    double best[3] = {HUGE_VAL, HUGE_VAL, HUGE_VAL};
    int ok = 1;
    for (int k = 0; ok && k < 5; k++)
        ok = make_flat(best, &a, &b, &error);
    if (ok) {
        const double n = (double)a.operations_before;
        const double all = (best[0] + best[1] + best[2]) / n;
        printf("flat function of %zu operations: record and freeze %.0f, gradient %.0f, optimise it once more %.0f: "
               "%.0f ns an operation, target 1000 %s; gradient of %zu operations in %zu slots\n",
               a.operations_before, best[0] / n, best[1] / n, best[2] / n, all, all <= 1000 ? "within" : "OVER",
               b.operations, b.slots);
    } else {
        printf("flat function failed: %s\n", error.message);
    }
    return ok;
}

/* ----------------------------------------------------------------------------------- the evaluator by operation */

enum { STEPS = 64, POINTS = 4096 };

/* y = x op x op ... 64 times, so that what is measured is the operation. */
static int repeat(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape;
    const slope_op_info *info = context;
    slope_value v[3] = {x[0][0], x[0][1], x[0][2]};
    for (int k = 0; k < STEPS; k++) {
        v[0] = slope_apply(slope_op_find(info->name), (size_t)info->arity, v);
        if (info->arity == 1) /* back to where operands belong */
            v[0] = slope_add(slope_mul(v[0], slope_number(1e-3)), x[0][0]);
    }
    y[0][0] = v[0];
    return 0;
}

static int evaluate_points(const slope_function *f, double *best)
{
    double *x = malloc(3 * POINTS * sizeof *x), *y = malloc(POINTS * sizeof *y);
    int ok = x && y;
    for (size_t i = 0; ok && i < 3 * POINTS; i++)
        x[i] = 0.4 + 0.5 * (double)(i * 7 % 17) / 17.0;
    *best = HUGE_VAL;
    for (int k = 0; ok && k < 40; k++) {
        const slope_input in = {x, 1, POINTS};
        const slope_output out = {y, 1, 1, 0};
        const double begin = bench_now();
        ok = slope_eval_batch(f, POINTS, &in, &out, NULL) == SLOPE_OK;
        const double time = bench_now() - begin;
        *best = time < *best ? time : *best;
    }
    free(x);
    free(y);
    return ok;
}

static int by_operation(void)
{
    static const char *const names[] = {"add", "mul", "fma", "div", "sqrt", "exp", "log", "sin", "tanh", "erf", "pow"};
    const slope_group in[] = {{"x", 3}}, out[] = {{"y", 1}};
    double frame = 0.0;
    int ok = 1;
    printf("evaluator, %s lanes, ns per operation and point in batches of %d points:", slope_eval_lanes(), POINTS);
    for (size_t k = 0; ok && k < sizeof names / sizeof *names; k++) {
        const slope_op_info *info = slope_op_describe(slope_op_find(names[k]));
        slope_function *f = slope_function_record(1, in, 1, out, NULL, repeat, (void *)(uintptr_t)info, NULL);
        double best, time = 0.0;
        ok = f && evaluate_points(f, &best);
        if (ok)
            time = best / POINTS / STEPS;
        if (k < 2)
            frame += time; /* of the addition and the product that go with each of one operand */
        printf(" %s %.2f", names[k], info->arity == 1 ? time - frame : time);
        slope_function_destroy(f);
    }
    printf("\n");
    return ok;
}

int figures_run(const char *word)
{
    static const struct {
        const char *name;
        int (*run)(void);
    } figures[] = {{"banded Hessian", banded_hessian}, {"flat function", flat_function}, {"evaluator", by_operation}};
    int ok = 1;
    printf("\n");
    for (size_t k = 0; k < sizeof figures / sizeof *figures; k++) {
        if (bench_asks(word, figures[k].name))
            ok = figures[k].run() && ok;
        (void)fflush(stdout);
    }
    return ok;
}
