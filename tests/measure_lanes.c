/* SPDX-License-Identifier: MIT */
/* Errors of operations in lanes: all points of an operation are one batch. */
#include "measure_lanes.h"

#include <math.h>
#include <stdlib.h>

const char *const measure_units[MEASURE_UNITS] = {"avx512", "avx2", "portable"};

enum { MOST = 4096 }; /* points */

typedef struct sample {
    double x[MOST][JUDGE_OPERANDS], y[MOST];
    measure_region region[MOST];
    size_t points, n; /* n: operands */
} sample;

static int apply(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape;
    const slope_op op = *(const slope_op *)context;
    y[0][0] = slope_apply(op, (size_t)slope_op_describe(op)->arity, x[0]);
    return 0;
}

static int evaluate(slope_op op, sample *s)
{
    const slope_group in[] = {{"x", s->n}}, out[] = {{"y", 1}};
    slope_function *f = slope_function_record(1, in, 1, out, NULL, apply, &op, NULL);
    const slope_input x = {s->x[0], JUDGE_OPERANDS, 1};
    const slope_output y = {s->y, 1, 1, 0};
    const int ok = f && slope_eval_batch(f, s->points, &x, &y, NULL) == SLOPE_OK;
    slope_function_destroy(f);
    return ok;
}

int measure_lanes(slope_op op, const char *unit, size_t random, measure_worst worst[MEASURE_REGIONS])
{
    const judge *f = judge_find(slope_op_describe(op)->name);
    sample *s = calloc(1, sizeof *s);
    mpfr_t exact;
    int ok = s != NULL;
    for (int r = 0; r < MEASURE_REGIONS; r++)
        worst[r] = (measure_worst){0};
    for (size_t n; ok && s->points < MOST; s->points++, s->n = n) {
        n = measure_point(op, s->points, random, s->x[s->points], &s->region[s->points]);
        if (n == 0)
            break;
    }
    ok = ok && setenv("SLOPE_LANES", unit, 1) == 0 && evaluate(op, s);
    (void)unsetenv("SLOPE_LANES");
    mpfr_init2(exact, 64);
    for (size_t k = 0; ok && k < s->points; k++) {
        measure_worst *w = &worst[s->region[k]];
        if (isnan(s->y[k]))
            continue;
        judge_value(f, s->n, s->x[k], exact);
        const double ulp = judge_ulp(s->y[k], exact, measure_floor(f, op, s->n, s->x[k], MEASURE_VALUE, 0, 0));
        w->count++;
        if (ulp > w->ulp || w->n == 0) {
            *w = (measure_worst){
                .ulp = ulp, .got = s->y[k], .exact = mpfr_get_d(exact, MPFR_RNDN), .count = w->count, .n = s->n};
            for (size_t i = 0; i < s->n; i++)
                w->x[i] = s->x[k][i];
        }
    }
    mpfr_clear(exact);
    free(s);
    return ok;
}
