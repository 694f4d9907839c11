/* SPDX-License-Identifier: MIT */
/*
 * The test that carries the library: every way of computing a function is held against every other, values and
 * derivatives.
 *
 *     the tape, all loops written out, and its backward sweep        (the reference)
 *     the plain interpreter of functions, and of derivative functions
 *     the evaluator at one point, and at many in lanes and on threads
 *     machine code
 *
 * Generated C is held to the interpreter bit for bit in test_codegen.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random_function.h"
#include "replay.h"
#include "testing.h"

/* ------------------------------------------------------------------------------------------------------ comparing */

static int is_near(double a, double b, double tolerance)
{
    return a == b || (a != a && b != b) || fabs(a - b) <= tolerance * (1.0 + fabs(a) + fabs(b));
}

static void compare(const char *what, uint64_t seed, const slope_function *f, double *const a[], double *const b[],
                    double tolerance)
{
    for (size_t g = 0; g < f->outputs; g++) {
        for (size_t j = 0; j < f->output[g].length; j++) {
            if (!is_near(a[g][j], b[g][j], tolerance))
                fail_msg("%s, function %lu: %s[%zu] is %.17g, not %.17g", what, (unsigned long)seed, f->output[g].name,
                         j, b[g][j], a[g][j]);
        }
    }
}

static void interpret(const slope_function *f, random_arrays *a)
{
    assert_int_equal(slope__interpret(f, (const double *const *)a->x, a->y, NULL), SLOPE_OK);
}

/* f's inputs, and behind them as many seeds as the vjp has further inputs. */
static void take_inputs(random_arrays *to, const random_arrays *from, const slope_function *f)
{
    for (size_t g = 0; g < from->inputs; g++)
        memcpy(to->x[g], from->x[g], f->input[g].length * sizeof(double));
}

/* The tape's values are the interpreter's bit for bit; its sweep's adjoints are the vjp's. */
static void check_tape(uint64_t seed, const slope_function *f, const slope_function *vjp, const random_arrays *at,
                       const random_arrays *back)
{
    slope_tape *tape = slope_tape_create(NULL);
    slope_value *x = calloc(f->input_cells + 1, sizeof *x), *y = calloc(f->results + 1, sizeof *y);
    double *weight = calloc(f->results + 1, sizeof *weight);
    for (size_t g = 0; g < f->inputs; g++) {
        for (size_t j = 0; j < f->input[g].length; j++)
            x[f->input[g].first + j] = slope_var(tape, at->x[g][j]);
    }
    replay(f, x, y);
    assert_int_equal(slope_tape_status(tape), SLOPE_OK);
    for (size_t g = 0; g < f->outputs; g++) {
        for (size_t j = 0; j < f->output[g].length; j++) {
            const double data = slope_data(y[f->output[g].first + j]);
            if (data != at->y[g][j] && (data == data || at->y[g][j] == at->y[g][j]))
                fail_msg("function %lu on the tape: %s[%zu] is %.17g, not %.17g", (unsigned long)seed,
                         f->output[g].name, j, data, at->y[g][j]);
            weight[f->output[g].first + j] = back->x[f->inputs + g][j];
        }
    }
    assert_int_equal(slope_backward_seeded(f->results, y, weight), SLOPE_OK);
    for (size_t g = 0; g < f->inputs; g++) {
        for (size_t j = 0; j < f->input[g].length; j++) {
            const double grad = slope_grad(x[f->input[g].first + j]), by_function = back->y[g][j];
            if (!is_near(grad, by_function, 1e-9))
                fail_msg("function %lu: the adjoint of %s[%zu] is %.17g by the tape, %.17g by %zu instructions",
                         (unsigned long)seed, f->input[g].name, j, grad, by_function, vjp->instructions);
        }
    }
    free(x);
    free(y);
    free(weight);
    slope_tape_destroy(tape);
}

static void check_eval(const char *what, uint64_t seed, const slope_function *f, const random_arrays *at,
                       double tolerance)
{
    random_arrays own;
    random_arrays_make(&own, f, seed);
    assert_int_equal(slope_eval(f, (const double *const *)at->x, own.y), SLOPE_OK);
    compare(what, seed, f, at->y, own.y, tolerance);
    random_arrays_free(&own);
}

/* Many points, every second one the one that is known. */
static void check_batch(const char *what, uint64_t seed, const slope_function *f, const random_arrays *at,
                        size_t points, double tolerance)
{
    slope_input in[16];
    slope_output out[64];
    random_arrays one;
    random_arrays_make(&one, f, seed + 1);
    for (size_t g = 0; g < f->inputs; g++) {
        const size_t n = f->input[g].length;
        double *all = calloc(points * n + 1, sizeof *all);
        for (size_t p = 0; p < points; p++)
            memcpy(all + p * n, p % 2 ? one.x[g] : at->x[g], n * sizeof *all);
        in[g] = (slope_input){all, (ptrdiff_t)n, 1};
    }
    for (size_t g = 0; g < f->outputs; g++)
        out[g] = (slope_output){calloc(points * f->output[g].length + 1, sizeof(double)), 1, (ptrdiff_t)points, 0};
    slope_batch_options o = slope_batch_options_default();
    o.threads = points > 256 ? 3 : 1; /* a thread takes 256 points at a time */
    assert_int_equal(slope_eval_batch(f, points, in, out, &o), SLOPE_OK);
    for (size_t p = 0; p < points; p += 2) {
        for (size_t g = 0; g < f->outputs; g++) {
            for (size_t j = 0; j < f->output[g].length; j++) {
                const double got = out[g].data[p + j * points];
                if (!is_near(at->y[g][j], got, tolerance))
                    fail_msg("%s, function %lu, point %zu: %s[%zu] is %.17g, not %.17g", what, (unsigned long)seed, p,
                             f->output[g].name, j, got, at->y[g][j]);
                if (memcmp(&got, &out[g].data[j * points], sizeof got) != 0 && got == got)
                    fail_msg("%s, function %lu: equal points %zu and 0 differ", what, (unsigned long)seed, p);
            }
        }
    }
    for (size_t g = 0; g < f->inputs; g++)
        free((double *)(uintptr_t)in[g].data);
    for (size_t g = 0; g < f->outputs; g++)
        free(out[g].data);
    random_arrays_free(&one);
}

static void check_native(const char *what, uint64_t seed, const slope_function *f, const random_arrays *at)
{
    slope_error error = {0};
    slope_function *native = slope_function_compile(f, NULL, &error);
    assert_non_null(native);
    if (error.status == SLOPE_OK)
        assert_string_equal(slope_function_backend(native), "native");
    check_eval(what, seed, native, at, 1e-9);
    check_batch(what, seed, native, at, 19, 1e-9);
    slope_function_destroy(native);
}

static void check_all(uint64_t seed, slope_function *f, int native)
{
    assert_non_null(f);
    slope_function *vjp = slope_vjp(f, 0, NULL, NULL), *jvp = slope_jvp(f, 0, NULL, NULL);
    assert_non_null(vjp);
    assert_non_null(jvp);
    random_arrays at, back, along;
    random_arrays_make(&at, f, seed);
    random_arrays_make(&back, vjp, seed + 17);
    random_arrays_make(&along, jvp, seed + 29);
    take_inputs(&back, &at, f);
    take_inputs(&along, &at, f);
    interpret(f, &at);
    interpret(vjp, &back);
    interpret(jvp, &along);
    check_tape(seed, f, vjp, &at, &back);
    check_eval("value at one point", seed, f, &at, 1e-9);
    check_eval("vjp at one point", seed, vjp, &back, 1e-9);
    check_eval("jvp at one point", seed, jvp, &along, 1e-9);
    check_batch("value in lanes", seed, f, &at, 13, 1e-9);
    check_batch("vjp in lanes", seed, vjp, &back, 13, 1e-9);
    if (seed % 50 == 0) {
        check_batch("value on threads", seed, f, &at, 777, 1e-9);
        check_batch("vjp on threads", seed, vjp, &back, 777, 1e-9);
    }
    /* <ybar, J xdot> = <J^T ybar, xdot> */
    double left = 0.0, right = 0.0, size = 1.0;
    for (size_t g = 0; g < f->outputs; g++) {
        for (size_t j = 0; j < f->output[g].length; j++) {
            left += back.x[f->inputs + g][j] * along.y[g][j];
            size += fabs(back.x[f->inputs + g][j] * along.y[g][j]);
        }
    }
    for (size_t g = 0; g < f->inputs; g++) {
        for (size_t j = 0; j < f->input[g].length; j++) {
            right += back.y[g][j] * along.x[f->inputs + g][j];
            size += fabs(back.y[g][j] * along.x[f->inputs + g][j]);
        }
    }
    if (!(fabs(left - right) <= 1e-9 * size) && left == left && right == right && size < (double)INFINITY)
        fail_msg("function %lu: forward gives %.17g, backward %.17g", (unsigned long)seed, left, right);
    if (native) {
        check_native("machine code", seed, f, &at);
        check_native("machine code of the vjp", seed, vjp, &back);
    }
    random_arrays_free(&at);
    random_arrays_free(&back);
    random_arrays_free(&along);
    slope_function_destroy(vjp);
    slope_function_destroy(jvp);
    slope_function_destroy(f);
}

static size_t count(size_t n) { return getenv("SLOPE_TEST_SMALL") ? n / 50 + 1 : n; }

static void thousands_of_random_functions_agree(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= count(3000); seed++)
        check_all(seed,
                  random_function(&(random_options){.seed = seed,
                                                    .operations = 10,
                                                    .depth = (unsigned)(seed % 3),
                                                    .passes = seed % 2 ? SLOPE_PASS_DEFAULT : SLOPE_PASS_FOLD,
                                                    .tame = 1}),
                  0);
}

static void machine_code_agrees(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= count(20); seed++)
        check_all(seed + 100000,
                  random_function(&(random_options){.seed = seed + 100000,
                                                    .operations = 10,
                                                    .depth = (unsigned)(seed % 4),
                                                    .passes = SLOPE_PASS_DEFAULT,
                                                    .tame = 1}),
                  1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousands_of_random_functions_agree),
        cmocka_unit_test(machine_code_agrees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
