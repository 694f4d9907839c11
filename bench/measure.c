/* SPDX-License-Identifier: MIT */
/*
 * Gradients of functions beside the same by hand: all in turn in one run, the smallest of many repetitions counts.
 *
 * The evaluator is held against C compiled like the library, machine code against C compiled for this machine's vector
 * units.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "functions.h"

enum { ANYWHERE, HERE, BOTH };
enum { MOST_GROUPS = 8 };

/* One way of evaluating. */
typedef struct way {
    slope_function *gradient; /* value and gradient */
    double *g;                /* what it gave */
    double *y[1 + MOST_GROUPS];
    double value, time, two_threads, difference;
    size_t bytes;
} way;

typedef struct job {
    const function_problem *p;
    size_t n;
    double *x, *g; /* inputs; the gradient by hand */
    const double *in[MOST_GROUPS];
    way way[BOTH]; /* evaluator, machine code */
    double primal[BOTH], gradient[BOTH], tape;
} job;

static void keep_smaller(double *best, double since)
{
    const double time = bench_now() - since;
    if (time < *best)
        *best = time;
}

/* Where each group of f has its numbers in one array. */
static int prepare(job *j, slope_function *f)
{
    size_t at[MOST_GROUPS];
    j->n = 0;
    for (size_t g = 0; g < slope_function_inputs(f); g++) {
        at[g] = j->n;
        j->n += slope_function_input(f, g).length;
    }
    j->x = malloc(j->n * sizeof *j->x);
    j->g = malloc(j->n * sizeof *j->g);
    for (int k = 0; k < BOTH; k++) {
        way *w = &j->way[k];
        w->g = malloc(j->n * sizeof *w->g);
        w->y[0] = &w->value;
        w->time = w->two_threads = j->primal[k] = j->gradient[k] = HUGE_VAL;
        for (size_t g = 0; w->g && g < slope_function_inputs(f); g++)
            w->y[1 + g] = w->g + at[g];
    }
    if (!j->x || !j->g || !j->way[0].g || !j->way[1].g)
        return 0;
    j->p->start(j->n, j->x);
    for (size_t g = 0; g < slope_function_inputs(f); g++)
        j->in[g] = j->x + at[g];
    return 1;
}

static int derive(job *j, slope_error *error)
{
    slope_function *f = j->p->record(j->p->size, j->p->levels, error);
    const int ok = f && prepare(j, f);
    if (ok)
        j->way[0].gradient = slope_value_gradient(f, 0, NULL, error);
    if (j->way[0].gradient)
        j->way[1].gradient = slope_function_compile(j->way[0].gradient, NULL, error);
    slope_function_destroy(f);
    return j->way[1].gradient != NULL;
}

/* As a batch of one point on two threads. */
static int on_two_threads(const job *j, way *w)
{
    slope_input x[MOST_GROUPS];
    slope_output y[1 + MOST_GROUPS];
    slope_batch_options options = slope_batch_options_default();
    options.threads = 2;
    for (size_t g = 0; g < slope_function_inputs(w->gradient); g++)
        x[g] = (slope_input){j->in[g], 0, 1};
    for (size_t g = 0; g < slope_function_outputs(w->gradient); g++)
        y[g] = (slope_output){w->y[g], 0, 1, 0};
    bench_pin(0);
    const double begin = bench_now();
    const slope_status status = slope_eval_batch(w->gradient, 1, x, y, &options);
    keep_smaller(&w->two_threads, begin);
    bench_pin(1);
    return status == SLOPE_OK;
}

static void compare(const job *j, way *w)
{
    double most = 0.0;
    for (size_t i = 0; i < j->n; i++)
        most = fabs(j->g[i]) > most ? fabs(j->g[i]) : most;
    for (size_t i = 0; i < j->n; i++) {
        const double d = fabs(w->g[i] - j->g[i]) / most;
        w->difference = d <= w->difference ? w->difference : d;
    }
}

/* Everything once, in turn. */
static int round_of(job *j)
{
    const function_data *data = functions_data();
    volatile double sink;
    for (int k = 0; k < BOTH; k++) {
        double begin = bench_now();
        sink = j->p->hand[k](data, j->p->size, j->x, NULL);
        keep_smaller(&j->primal[k], begin);
        begin = bench_now();
        sink = j->p->hand[k](data, j->p->size, j->x, j->g);
        keep_smaller(&j->gradient[k], begin);
        way *w = &j->way[k];
        begin = bench_now();
        const slope_status status = slope_eval(w->gradient, j->in, w->y);
        keep_smaller(&w->time, begin);
        if (status != SLOPE_OK || (j->p->two_threads && !on_two_threads(j, w)))
            return 0;
        compare(j, w);
    }
    (void)sink;
    return 1;
}

static const char *verdict(double quotient, double target) { return quotient <= target ? "within" : "OVER"; }

static void print_way(const job *j, int k)
{
    const way *w = &j->way[k];
    const double base = j->p->over_primal ? j->primal[k] : j->gradient[k];
    printf("%-36s %-9s %11.2f %11.2f %11.2f %8.2f   %-6s %-4g %7.2f   %.0e", j->p->name,
           slope_function_backend(w->gradient), j->primal[k] / 1e3, j->gradient[k] / 1e3, w->time / 1e3, w->time / base,
           verdict(w->time / base, j->p->target[k]), j->p->target[k], (double)w->bytes / 1e6, w->difference);
    if (j->p->two_threads)
        printf("   two threads %.2f times as fast (1.8)", w->time / w->two_threads);
    if (j->tape > 0)
        printf("   tape %.1f us: %.1f times as fast (15)", j->tape / 1e3, j->tape / w->time);
    if (j->p->megabytes)
        printf("   memory %s %zu MB", verdict((double)w->bytes / 1e6, (double)j->p->megabytes), j->p->megabytes);
    printf("\n");
}

static void free_job(job *j)
{
    for (int k = 0; k < BOTH; k++) {
        slope_function_destroy(j->way[k].gradient);
        free(j->way[k].g);
    }
    free(j->x);
    free(j->g);
}

static int run(const function_problem *p)
{
    job j = {.p = p};
    slope_error error = {0};
    int ok = derive(&j, &error);
    if (ok && error.status != SLOPE_OK)
        printf("%s: %s\n", p->name, error.message);
    const double begin = bench_now();
    for (int k = 0; ok && k < 1000 && (k < 3 || bench_now() - begin < 1.5e9); k++)
        ok = round_of(&j);
    if (ok && p->tape)
        j.tape = bench_tape_gradient(p->tape);
    for (int k = 0; ok && k < BOTH; k++) {
        j.way[k].bytes = slope_eval_bytes(j.way[k].gradient);
        print_way(&j, k);
    }
    if (!ok)
        printf("%s failed: %s\n", p->name, error.message);
    (void)fflush(stdout);
    free_job(&j);
    return ok;
}

int functions_run(const char *word)
{
    int ok = 1;
    printf("\ngradients of functions, microseconds             ---- by hand ------\n");
    printf("%-36s %-9s %11s %11s %11s %8s   %-11s %7s   %s\n", "problem", "by", "primal", "gradient", "Slope", "times",
           "target", "MB", "differ");
    for (size_t k = 0; k < function_problem_count; k++) {
        if (bench_asks(word, function_problems[k].name))
            ok = run(&function_problems[k]) && ok;
    }
    return ok;
}
