/* SPDX-License-Identifier: MIT */
/*
 * ns per primal operation of recording and of the reverse sweep, beside the same computation written by hand.
 *
 *     ./run bench            every problem        ./run bench relu      those whose name contains a word
 *     ./run bench functions  of functions only    ./run bench tape      of the tape only
 *
 * Everything is measured in turn in one run and the smallest of many repetitions counts, so ratios hold on noisy
 * machines.
 */
#if !defined _GNU_SOURCE
#define _GNU_SOURCE /* sched_setaffinity */
#endif
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "functions.h"

double bench_now(void)
{
    struct timespec t;
    (void)timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

void bench_pin(int one)
{
#if defined __linux__
    static cpu_set_t all;
    static int known;
    if (!known && (known = 1))
        (void)sched_getaffinity(0, sizeof all, &all);
    cpu_set_t set = all;
    if (one && CPU_COUNT(&all) > 1) { /* the second one: the first has interrupts to serve */
        CPU_ZERO(&set);
        CPU_SET(1, &set);
    }
    (void)sched_setaffinity(0, sizeof set, &set);
#else
    (void)one;
#endif
}

typedef struct result {
    double primal, by_hand, record, backward, gradient; /* ns, best of all repetitions */
    double difference;                                  /* of the two gradients, relative */
} result;

static void keep_smaller(double *best, double time)
{
    if (time < *best)
        *best = time;
}

static int measure_once(const bench_problem *p, slope_tape *tape, const double x[], slope_value v[], double g[],
                        result *r)
{
    volatile double sink;
    double t0 = bench_now();
    sink = p->primal(p->n, x);
    double t1 = bench_now();
    keep_smaller(&r->primal, t1 - t0);
    sink = p->by_hand(p->n, x, g);
    double t2 = bench_now();
    keep_smaller(&r->by_hand, t2 - t1);
    (void)sink;

    slope_tape_reset(tape);
    t0 = bench_now();
    for (size_t i = 0; i < p->n; i++)
        v[i] = slope_inline_var(tape, x[i]);
    const slope_value y = p->record(tape, p->n, v);
    t1 = bench_now();
    if (slope_backward(y) != SLOPE_OK)
        return 0;
    t2 = bench_now();
    keep_smaller(&r->record, t1 - t0);
    keep_smaller(&r->backward, t2 - t1);
    keep_smaller(&r->gradient, t2 - t0);
    for (size_t i = 0; i < p->n; i++) {
        const double scale = fabs(g[i]) > 1e-12 ? fabs(g[i]) : 1e-12;
        const double d = fabs(slope_grad(v[i]) - g[i]) / scale;
        if (!(d <= r->difference))
            r->difference = d;
    }
    return 1;
}

static int measure(const bench_problem *p, int print, result *r)
{
    *r = (result){HUGE_VAL, HUGE_VAL, HUGE_VAL, HUGE_VAL, HUGE_VAL, 0.0};
    double *x = malloc(p->n * sizeof *x), *g = malloc(p->n * sizeof *g);
    slope_value *v = malloc(p->n * sizeof *v);
    slope_tape *tape = slope_tape_create(NULL);
    int ok = x && g && v && tape;
    for (size_t i = 0; ok && i < p->n; i++)
        x[i] = p->start + p->spread * (double)(i * 7 % 17) / 17.0;
    const int repetitions = p->operations > 500000 ? 15 : 1000;
    for (int k = 0; ok && k < repetitions; k++)
        ok = measure_once(p, tape, x, v, g, r);
    if (ok && print) {
        const double n = (double)p->operations, quotient = r->gradient / r->primal;
        printf("%-36s %7.2f %8.2f %7.2f %9.2f %9.2f %9.2f %8.2f   %s %-5g  %.0e\n", p->name, r->primal / n,
               r->by_hand / n, r->record / n, r->backward / n, r->gradient / n, r->gradient / r->by_hand, quotient,
               (p->ratio_to_primal ? quotient : r->gradient / n) <= p->target ? "within" : "over  ", p->target,
               r->difference);
    }
    slope_tape_destroy(tape);
    free(v);
    free(g);
    free(x);
    return ok;
}

double bench_tape_gradient(const char *name)
{
    result r;
    for (size_t i = 0; i < bench_problem_count; i++) {
        if (strcmp(bench_problems[i].name, name) == 0)
            return measure(&bench_problems[i], 0, &r) ? r.gradient : 0.0;
    }
    return 0.0;
}

static size_t asked;

int bench_asks(const char *word, const char *name)
{
    const int is_asked = !word || strstr(name, word);
    asked += is_asked != 0;
    return is_asked;
}

static int tape_run(const char *word)
{
    int ok = 1;
    result r;
    printf("ns per primal operation                                    ---------- Slope ---------\n");
    printf("%-36s %7s %8s %7s %9s %9s %9s %8s   %-12s  %s\n", "problem", "primal", "by hand", "record", "backward",
           "gradient", "/by hand", "/primal", "target", "differ");
    for (size_t i = 0; i < bench_problem_count; i++) {
        if (bench_asks(word, bench_problems[i].name))
            ok = measure(&bench_problems[i], 1, &r) && ok;
    }
    return ok;
}

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : NULL;
    const int tape_only = word && strcmp(word, "tape") == 0, functions_only = word && strcmp(word, "functions") == 0;
    int ok = 1;
    bench_pin(1);
    if (tape_only || functions_only)
        word = argc > 2 ? argv[2] : NULL;
    if (!functions_only)
        ok = tape_run(word);
    if (!tape_only)
        ok = (functions_run(word) & figures_run(word)) && ok;
    if (!asked) {
        fprintf(stderr, "bench: no problem has '%s' in its name; without a word they are all measured\n", word);
        return 2;
    }
    return ok ? 0 : 3;
}
