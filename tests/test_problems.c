/* SPDX-License-Identifier: MIT */
/*
 * The problems of bench/functions.c: value and gradient by the interpreter, by the evaluator on one and on two threads
 * and by machine code, against each other and against the adjoint that was written by hand.
 */
#include "bench/functions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "function/ir.h"
#include "testing.h"

enum { MOST_GROUPS = 8, MOST_SIZE = 1024 };

typedef struct problem {
    const function_problem *p;
    slope_function *f, *g;
    size_t n;
    double *x, *hand, *got;
    double value;
    const double *in[MOST_GROUPS * 2];
    double *out[MOST_GROUPS];
} problem;

static void open_problem(problem *q, const function_problem *p, size_t size)
{
    slope_error error = {0};
    *q = (problem){.p = p, .f = p->record(size, p->levels, &error)};
    if (!q->f)
        fail_msg("%s: %s", p->name, error.message);
    q->g = slope_value_gradient(q->f, 0, NULL, &error);
    if (!q->g)
        fail_msg("%s: %s", p->name, error.message);
    for (size_t g = 0; g < slope_function_inputs(q->f); g++)
        q->n += slope_function_input(q->f, g).length;
    q->x = calloc(q->n, sizeof(double));
    q->hand = calloc(q->n, sizeof(double));
    q->got = calloc(q->n, sizeof(double));
    assert_true(q->x && q->hand && q->got);
    p->start(q->n, q->x);
    q->out[0] = &q->value;
    for (size_t g = 0, at = 0; g < slope_function_inputs(q->f); g++) {
        q->in[g] = q->x + at;
        q->out[1 + g] = q->got + at;
        at += slope_function_input(q->f, g).length;
    }
    for (size_t g = q->g->inputs; g < q->g->inputs + q->g->data; g++)
        q->in[g] = q->g->input[g].bound;
}

static void close_problem(problem *q)
{
    slope_function_destroy(q->f);
    slope_function_destroy(q->g);
    free(q->x);
    free(q->hand);
    free(q->got);
}

static void check(problem *q, double value, const char *how)
{
    double most = 0.0;
    for (size_t k = 0; k < q->n; k++)
        most = fmax(most, fabs(q->hand[k]));
    if (!(fabs(q->value - value) <= 1e-11 * fabs(value)))
        fail_msg("%s, %s: the value is %.17g, by hand %.17g", q->p->name, how, q->value, value);
    for (size_t k = 0; k < q->n; k++) {
        if (!(fabs(q->got[k] - q->hand[k]) <= 1e-9 * most))
            fail_msg("%s, %s: gradient[%zu] is %.17g, by hand %.17g", q->p->name, how, k, q->got[k], q->hand[k]);
    }
    memset(q->got, 0, q->n * sizeof *q->got);
    q->value = (double)NAN;
}

static void every_problem_has_the_gradient_that_was_written_by_hand(void **state)
{
    (void)state;
    for (size_t k = 0; k < function_problem_count; k++) {
        const function_problem *p = &function_problems[k];
        const size_t size = p->size > MOST_SIZE ? 500 : p->size;
        problem q;
        open_problem(&q, p, size);
        const double value = p->hand[0](functions_data(), size, q.x, q.hand);
        assert_int_equal(slope__interpret(q.g, q.in, q.out, NULL), SLOPE_OK);
        check(&q, value, "interpreter");
        assert_int_equal(slope_eval(q.g, q.in, q.out), SLOPE_OK);
        check(&q, value, "evaluator");
        slope_input in[MOST_GROUPS];
        slope_output out[MOST_GROUPS];
        for (size_t g = 0; g < slope_function_inputs(q.g); g++)
            in[g] = (slope_input){q.in[g], 0, 1};
        for (size_t g = 0; g < slope_function_outputs(q.g); g++)
            out[g] = (slope_output){q.out[g], 0, 1, 0};
        slope_batch_options o = slope_batch_options_default();
        o.threads = 2;
        assert_int_equal(slope_eval_batch(q.g, 1, in, out, &o), SLOPE_OK);
        check(&q, value, "two threads");
        slope_error error = {0};
        slope_function *native = slope_function_compile(q.g, NULL, &error);
        assert_non_null(native);
        if (error.status != SLOPE_OK && error.status != SLOPE_ERR_MISSING)
            fail_msg("%s: %s", p->name, error.message);
        assert_int_equal(slope_eval(native, q.in, q.out), SLOPE_OK);
        check(&q, value, slope_function_backend(native));
        slope_function_destroy(native);
        close_problem(&q);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_problem_has_the_gradient_that_was_written_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
