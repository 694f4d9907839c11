/* SPDX-License-Identifier: MIT */
/*
 * Floating-point exceptions: a program that traps them must not be stopped by a derivative that is finite.  Where value
 * and first and second partials are regular, nothing but INEXACT and UNDERFLOW is raised: on tapes, by the evaluator,
 * in lanes of every width, by machine code, and by generated C under every compiler and level of optimisation.
 */
#if !defined _GNU_SOURCE
#define _GNU_SOURCE /* setenv, feenableexcept */
#endif
#include "row_code.h"
#include "testing.h"

#include <fenv.h>
#include <math.h>
#include <stdlib.h>

static const double special[] = {0,       0.25,   -0.25,   0.5,  -0.5, 1,    -1,    1.5,   -1.5,   2,      -2,
                                 3,       -3,     7.5,     -7.5, 30,   -30,  1e-8,  -1e-8, 1e-30,  -1e-30, 1e-160,
                                 -1e-160, 1e-300, -1e-300, 1e5,  -1e5, 1e12, -1e12, 1e100, -1e100, 1e200,  -1e200};
enum {
    SPECIAL = sizeof special / sizeof *special,
    BAD = FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW,
    NUMBERS = ROW_OPERANDS * ROW_OPERANDS
};

/* A way of evaluating: gives the exceptions that an order of a row raised at x. */
typedef int way(const row_code *code, const row *r, size_t order, const double x[]);

static int by_evaluator(const row_code *code, const row *r, size_t order, const double x[])
{
    double y[NUMBERS], *const out[] = {y};
    (void)code;
    assert_true(slope_eval_bytes(r->function[order]) > 0); /* it is planned before */
    feclearexcept(FE_ALL_EXCEPT);
    assert_int_equal(slope_eval(r->function[order], &x, out), SLOPE_OK);
    return fetestexcept(BAD);
}

/* A full block of lanes, and one that is not. */
static int in_lanes(const slope_function *f, const row *r, size_t order, const double x[])
{
    enum { ITEMS = 11 };
    double in[ITEMS * ROW_OPERANDS], out[ITEMS * NUMBERS];
    for (size_t k = 0; k < ITEMS * r->n; k++)
        in[k] = x[k % r->n];
    const slope_input from = {in, (ptrdiff_t)r->n, 1};
    const slope_output to = {out, (ptrdiff_t)row_numbers(r, order), 1, 0};
    assert_true(slope_batch_bytes(f) > 0);
    feclearexcept(FE_ALL_EXCEPT);
    assert_int_equal(slope_eval_batch(f, ITEMS, &from, &to, NULL), SLOPE_OK);
    return fetestexcept(BAD);
}

static int by_lanes(const row_code *code, const row *r, size_t order, const double x[])
{
    (void)code;
    return in_lanes(r->function[order], r, order, x);
}

static int by_code(const row_code *code, const row *r, size_t order, const double x[])
{
    double y[NUMBERS];
    feclearexcept(FE_ALL_EXCEPT);
    row_call(code, r, order, x, y);
    return fetestexcept(BAD);
}

/* As machine code: r->code[order] is the compiled function. */
static int by_machine_code(const row_code *code, const row *r, size_t order, const double x[])
{
    double y[NUMBERS], *const out[] = {y};
    const slope_function *f = r->code[order];
    (void)code;
    assert_true(slope_eval_bytes(f) > 0);
    feclearexcept(FE_ALL_EXCEPT);
    assert_int_equal(slope_eval(f, &x, out), SLOPE_OK);
    return fetestexcept(BAD) | in_lanes(f, r, order, x);
}

static const char *names_of(int flags)
{
    return flags & FE_DIVBYZERO ? "DIVBYZERO" : flags & FE_INVALID ? "INVALID" : "OVERFLOW";
}

/* Whether value and partials up to an order are numbers.  Beyond the bounds factors of a second partial leave the range
   that their product keeps. */
static int is_regular(const row *r, size_t order, const double x[], double bound)
{
    double y[NUMBERS], *const out[] = {y};
    for (size_t o = 0; o <= order; o++) {
        assert_int_equal(slope_eval(r->function[o], &x, out), SLOPE_OK);
        for (size_t k = 0; k < row_numbers(r, o); k++) {
            if (!isfinite(y[k]) || fabs(y[k]) > (bound < 1e50 ? 1e38 : 1e300))
                return 0;
        }
    }
    for (size_t i = 0; i < r->n; i++) {
        if (order == 2 && x[i] != 0 && (fabs(x[i]) < 1 / bound || fabs(x[i]) > bound))
            return 0;
    }
    return 1;
}

static int is_whole(const slope_op_info *info, size_t i)
{
    return info->arity == 2 && (i == 0 ? info->low == info->high : info->low2 == info->high2);
}

static int check_row(const row_code *code, const row *r, way *evaluate, double bound, double most, const char *what)
{
    int wrong = 0;
    int told[3] = {0};
    for (size_t k = 0; k < (r->n == 1 ? SPECIAL : SPECIAL * SPECIAL); k++) {
        double x[ROW_OPERANDS];
        int in_range = 1;
        for (size_t i = 0; i < r->n; i++) {
            x[i] = i == 0   ? special[k % SPECIAL]
                   : i == 1 ? special[k / SPECIAL % SPECIAL]
                            : special[(k * (5 + i) + i) % SPECIAL];
            x[i] = is_whole(r->info, i) ? r->info->low : x[i];
            in_range = in_range && (x[i] == 0 || (fabs(x[i]) <= most && fabs(x[i]) >= 1 / most));
        }
        for (size_t order = 0; in_range && order < ROW_ORDERS; order++) {
            if (!is_regular(r, order, x, bound))
                break;
            const int flags = evaluate(code, r, order, x);
            if (flags && told[order]++ < 2) {
                print_error("%s: %s(", what, r->info->name);
                for (size_t i = 0; i < r->n; i++)
                    print_error("%s%g", i ? ", " : "", x[i]);
                print_error("): order %zu raises %s\n", order, names_of(flags));
            }
            wrong += flags != 0;
        }
    }
    return wrong;
}

static int check_rows(const row_code *code, way *evaluate, double bound, double most, const char *what)
{
    int wrong = 0;
    for (size_t k = 0; k < code->rows; k++)
        wrong += check_row(code, &code->row[k], evaluate, bound, most, what);
    return wrong;
}

static int code_setup(void **state)
{
    *state = row_code_make();
    return 0;
}

static int code_teardown(void **state)
{
    row_code_free(*state);
    return 0;
}

/* Recording at no particular point, and deriving, which weighs exponents that may be no numbers. */
static void recording_and_deriving_raise_nothing(void **state)
{
    (void)state;
    feclearexcept(FE_ALL_EXCEPT);
    row_code *code = row_code_make();
    assert_int_equal(fetestexcept(BAD), 0);
    row_code_free(code);
}

static void the_evaluator_raises_nothing(void **state)
{
    assert_int_equal(check_rows(*state, by_evaluator, 1e100, 1e300, "evaluator"), 0);
}

static void lanes_raise_nothing(void **state)
{
    static const char *const units[] = {"avx512", "avx2", "portable"};
    int wrong = 0;
    for (size_t k = 0; k < 3; k++) {
        assert_int_equal(setenv("SLOPE_LANES", units[k], 1), 0);
        wrong += check_rows(*state, by_lanes, 1e100, 1e300, units[k]);
    }
    assert_int_equal(unsetenv("SLOPE_LANES"), 0);
    assert_int_equal(wrong, 0);
}

static void machine_code_raises_nothing(void **state)
{
    row_code *code = *state;
    slope_compile_options o = slope_compile_options_default();
    slope_error error;
    char cache[80];
    (void)snprintf(cache, sizeof cache, "%s/cache", code->folder);
    o.cache = cache;
    for (size_t k = 0; k < code->rows; k++) {
        for (size_t order = 0; order < ROW_ORDERS; order++) {
            code->row[k].code[order] = slope_function_compile(code->row[k].function[order], &o, &error);
            assert_non_null(code->row[k].code[order]);
            assert_string_equal(slope_function_backend(code->row[k].code[order]), "native");
        }
    }
    const int wrong = check_rows(code, by_machine_code, 1e100, 1e300, "machine code");
    for (size_t k = 0; k < code->rows; k++) {
        for (size_t order = 0; order < ROW_ORDERS; order++)
            slope_function_destroy(code->row[k].code[order]);
    }
    assert_int_equal(wrong, 0);
}

static void generated_code_raises_nothing(void **state)
{
    static const char *const compilers[] = {
        "gcc -O0",   "gcc -O2",   "gcc -O3 -march=native",   "clang -O0",
        "clang -O2", "clang -O3", "clang -O3 -march=native", "clang -O3 -march=native -ffp-exception-behavior=maytrap"};
    int wrong = 0;
    for (int use_float = 0; use_float < 2; use_float++) {
        row_code_write(*state, use_float);
        for (size_t k = 0; k < sizeof compilers / sizeof *compilers; k++) {
            if (row_code_load(*state, compilers[k]))
                wrong += check_rows(*state, by_code, use_float ? 1e12 : 1e100, use_float ? 1e35 : 1e300, compilers[k]);
        }
    }
    assert_int_equal(wrong, 0);
}

/* What the flags stand for: with traps on, the program goes on. */
static void a_program_that_traps_goes_on(void **state)
{
    static const double zero = 0, one = 1, huge = -1e200;
    static const char *const texts[] = {"atan2(y, x)", "hypot(y, x)", "asinh(y) + x",
                                        "atan(y) + x", "y ^ x",       "exp(z) + x * y"};
    (void)state;
#if defined __GLIBC__
    for (size_t k = 0; k < sizeof texts / sizeof *texts; k++) {
        slope_function *f = slope_function_parse(texts[k], SIZE_MAX, 0, NULL, NULL),
                       *g = slope_gradient(f, 0, NULL, NULL);
        double y[3];
        const int z = slope_function_inputs(f) == 3;
        const double *const x[] = {z ? &huge : &zero, &one, &one};
        const slope_input in[] = {{x[0], 0, 1}, {x[1], 0, 1}, {x[2], 0, 1}};
        double many[3][11];
        const slope_output out[] = {{many[0], 1, 1, 0}, {many[1], 1, 1, 0}, {many[2], 1, 1, 0}};
        assert_non_null(g);
        feclearexcept(FE_ALL_EXCEPT);
        feenableexcept(BAD);
        assert_int_equal(slope_eval(g, x, (double *[]){y, y + 1, y + 2}), SLOPE_OK);
        assert_int_equal(slope_eval_batch(g, 11, in, out, NULL), SLOPE_OK);
        fedisableexcept(BAD);
        assert_true(isfinite(y[0]) && many[0][10] == y[0]);
        slope_function_destroy(f);
        slope_function_destroy(g);
    }
#else
    (void)texts, (void)zero, (void)one, (void)huge;
#endif
}

/* The backward sweep of the tape, at the same points. */
static int by_tape(const row_code *code, const row *r, size_t order, const double x[])
{
    slope_tape *tape = slope_tape_create(NULL);
    slope_value in[ROW_OPERANDS];
    (void)code;
    feclearexcept(FE_ALL_EXCEPT);
    for (size_t i = 0; i < r->n; i++)
        in[i] = slope_var(tape, x[i]);
    const slope_value v = slope_apply(r->op, r->n, in);
    if (order == 1)
        assert_int_equal(slope_backward(v), SLOPE_OK);
    const int flags = fetestexcept(BAD);
    slope_tape_destroy(tape);
    return order < 2 ? flags : 0;
}

static void the_tape_raises_nothing(void **state)
{
    assert_int_equal(check_rows(*state, by_tape, 1e100, 1e300, "tape"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_that_traps_goes_on),
        cmocka_unit_test(recording_and_deriving_raise_nothing),
        cmocka_unit_test_setup_teardown(the_tape_raises_nothing, code_setup, code_teardown),
        cmocka_unit_test_setup_teardown(the_evaluator_raises_nothing, code_setup, code_teardown),
        cmocka_unit_test_setup_teardown(lanes_raise_nothing, code_setup, code_teardown),
        cmocka_unit_test_setup_teardown(machine_code_raises_nothing, code_setup, code_teardown),
        cmocka_unit_test_setup_teardown(generated_code_raises_nothing, code_setup, code_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
