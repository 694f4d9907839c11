/* SPDX-License-Identifier: MIT */
/*
 * Prints docs/accuracy.md: the worst errors of every operation against the judge.
 *
 *     accuracy_report [random points an operation; default 400] > docs/accuracy.md
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined __GLIBC__
#include <gnu/libc-version.h>
#endif

#include "measure_lanes.h"

static void cell(const measure_worst *w, double limit)
{
    if (w->count == 0)
        printf(" - |");
    else
        printf(" %s%.2f%s |", w->ulp > limit ? "**" : "", w->ulp, w->ulp > limit ? "**" : "");
}

/* " at (1, 2)" */
static void place(const measure_worst *w)
{
    printf("at (");
    for (size_t i = 0; i < w->n; i++)
        printf("%s%.17g", i ? ", " : "", w->x[i]);
    printf(") by %zu, %zu: %.17g, exactly %.17g\n", w->i + 1, w->j + 1, w->got, w->exact);
}

static void row(slope_tape *t, slope_op op, size_t random, int places)
{
    measure_worst w[MEASURE_KINDS][MEASURE_REGIONS];
    measure_operation(t, op, random, w);
    printf("| `%s` |", slope_op_describe(op)->name);
    for (int r = 0; r < MEASURE_REGIONS; r++) {
        for (int k = 0; k < MEASURE_KINDS; k++)
            cell(&w[k][r], k == MEASURE_VALUE ? INFINITY : measure_limit(op, (measure_kind)k));
    }
    printf(" %zu |\n", w[0][0].count + w[0][1].count);
    for (int k = 0; places && k < MEASURE_KINDS; k++) {
        for (int r = 0; r < MEASURE_REGIONS; r++) {
            if (w[k][r].ulp > (places > 1 ? 0 : measure_limit(op, (measure_kind)k)))
                printf("    kind %d region %d %.2f ", k, r, w[k][r].ulp), place(&w[k][r]);
        }
    }
    fflush(stdout);
}

static void head(size_t random)
{
    char date[32] = "";
    const time_t now = time(NULL);
    strftime(date, sizeof date, "%Y-%m-%d", gmtime(&now));
    printf("# Accuracy\n\n"
           "Worst errors in units of the last place (ulp), measured against MPFR. `accuracy_report %zu`, %s, ",
           random, date);
#if defined __GLIBC__
    printf("glibc %s, ", gnu_get_libc_version());
#endif
#if defined __clang__
    printf("%s", __VERSION__);
#else
    printf("gcc %s", __VERSION__);
#endif
#if defined __x86_64__
    printf(", x86-64");
#endif
    printf(".\n\n");
    printf(
        "- The judge (tests/judge.c) knows the value of each operation in MPFR at 600 to 3200 bits and takes "
        "differences\n"
        "  of it for the partials; it does not see the table's formulas.\n"
        "- *Ordinary*: %zu random points of the operation's interval in docs/ops.md. *Extreme*: 1e-300 to 1e300, "
        "both signs,\n"
        "  beside the ends of domains, beside zeros, and where textbook forms overflow, underflow or cancel.\n"
        "- *value* is as libm gives it. *first*: what the backward sweep uses. *second*: the backward sweep over "
        "the recorded\n"
        "  first partial. Limits: 2 ulp for first (4 for lgamma, digamma, trigamma, erfc and n-ary sums), 4 for "
        "second; 10 for\n"
        "  polygamma, and 8 for tgamma, where libm's value is a factor. A number over its limit is bold. `inf` is a "
        "false 0, Inf\n"
        "  or NaN.\n"
        "- Where terms of opposite sign meet in a zero, errors are in ulp of the largest term: lgamma, digamma and "
        "trigamma\n"
        "  below 0, second partials of atan2 at |a| = |b| and of pow where 1 + b log a is 0, values and slopes of "
        "sums.\n"
        "- Results below 1e-300 are in ulp of 1e-300: digits are lost on the way through subnormal numbers.\n"
        "  A second partial beyond the largest double may come as NaN, Inf - Inf, instead of Inf.\n"
        "- Operations without a judge (comparisons) have slope 0; second partials of n-ary operations are tested to a "
        "tolerance only.\n\n",
        random);
    printf("| operation | ordinary: value | first | second | extreme: value | first | second | points |\n"
           "|---|---|---|---|---|---|---|---|\n");
}

static void lanes_head(void)
{
    printf("\n## In lanes\n\n"
           "Values of batches and maps, which run in vector lanes; the operations that are not here give libm's bits.  "
           "At most %d ulp.\n\n"
           "- The functions are those of libmvec, which comes with glibc on x86-64; elsewhere, and for operations that "
           "it has not,\n"
           "  lanes call libm one by one.  It was chosen because it is within the limit, treats infinities, NaN, both "
           "zeros and\n"
           "  subnormal numbers as libm does, gives a lane's result without regard to its neighbours, takes 0.6 to "
           "3.7 ns a\n"
           "  number on AVX-512 where libm takes 3 to 20, and is no further dependency.\n"
           "- So a point by itself (slope_eval), which uses libm, may differ in the last digits from the same point "
           "in a batch;\n"
           "  batches agree bit by bit for every number of threads and every place in the batch.\n"
           "- `SLOPE_LANES` in the environment asks for one unit.\n\n"
           "| operation | ordinary: avx512 | avx2 | portable | extreme: avx512 | avx2 | portable |\n"
           "|---|---|---|---|---|---|---|\n",
           MEASURE_LANES_LIMIT);
}

/* A row for an operation whose lanes have bits of their own. */
static int lanes_row(slope_tape *t, slope_op op, size_t random)
{
    measure_worst one[MEASURE_KINDS][MEASURE_REGIONS], w[MEASURE_UNITS][MEASURE_REGIONS];
    int differ = 0;
    measure_operation(t, op, random, one);
    for (size_t u = 0; u < MEASURE_UNITS; u++) {
        if (!measure_lanes(op, measure_units[u], random, w[u]))
            return 0;
        for (int r = 0; r < MEASURE_REGIONS; r++)
            differ |= w[u][r].ulp != one[MEASURE_VALUE][r].ulp;
    }
    if (!differ)
        return 1;
    printf("| `%s` |", slope_op_describe(op)->name);
    for (int r = 0; r < MEASURE_REGIONS; r++) {
        for (size_t u = 0; u < MEASURE_UNITS; u++)
            cell(&w[u][r], MEASURE_LANES_LIMIT);
    }
    printf("\n");
    return 1;
}

int main(int argc, char **argv)
{
    const size_t random = argc > 1 ? strtoul(argv[1], NULL, 10) : 400;
    const int places = argc > 2 ? atoi(argv[2]) : 0; /* 1: say where limits are broken; 2: every worst point */
    slope_tape *t = slope_tape_create(NULL);
    if (!t)
        return 3;
    judge_begin();
    head(random);
    for (size_t op = 0; op < slope_op_count(); op++) {
        const char *name = slope_op_describe((slope_op)op)->name;
        if (judge_find(name) && (argc <= 3 || strcmp(argv[3], name) == 0))
            row(t, (slope_op)op, random, places);
    }
    if (argc <= 3)
        lanes_head();
    for (size_t op = 0; argc <= 3 && op < slope_op_count(); op++) {
        const slope_op_info *info = slope_op_describe((slope_op)op);
        if (info->arity > 0 && judge_find(info->name) && !lanes_row(t, (slope_op)op, random))
            return 3;
    }
    judge_end();
    slope_tape_destroy(t);
    return fflush(stdout) || ferror(stdout) ? 3 : 0;
}
