/* SPDX-License-Identifier: MIT */
/*
 * Floating-point exceptions: a program that traps them must not be stopped by a derivative that is finite.  Where value
 * and first and second partials are regular, nothing but INEXACT and UNDERFLOW is raised.
 */
#include "testing.h"

#include <fenv.h>
#include <math.h>
#include <stdlib.h>

static const double special[] = {0,       0.25,   -0.25,   0.5,  -0.5, 1,    -1,    1.5,   -1.5,   2,      -2,
                                 3,       -3,     7.5,     -7.5, 30,   -30,  1e-8,  -1e-8, 1e-30,  -1e-30, 1e-160,
                                 -1e-160, 1e-300, -1e-300, 1e5,  -1e5, 1e12, -1e12, 1e100, -1e100, 1e200,  -1e200};
enum { SPECIAL = sizeof special / sizeof *special, BAD = FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW, MOST = 3 };

/* One operation of the table as a function, and its derivatives; NULL where there are none. */
typedef struct row {
    const slope_op_info *info;
    size_t n;
    slope_function *value, *gradient, *hessian;
} row;

static int record_row(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape;
    const row *r = context;
    slope_value operand[MOST];
    for (size_t i = 0; i < r->n; i++)
        operand[i] = x[i][0];
    y[0][0] = slope_apply(slope_op_find(r->info->name), r->n, operand);
    return 0;
}

static void make_row(row *r, slope_op op)
{
    static const slope_group in[] = {{"a", 1}, {"b", 1}, {"c", 1}}, out = {"v", 1};
    *r = (row){.info = slope_op_describe(op)};
    r->n = (size_t)r->info->arity;
    r->value = slope_function_record(r->n, in, 1, &out, NULL, record_row, r, NULL);
    r->gradient = r->value ? slope_value_gradient(r->value, 0, NULL, NULL) : NULL;
    r->hessian = r->value ? slope_hessian(r->value, 0, NULL, NULL) : NULL;
    assert_non_null(r->value);
    assert_non_null(r->gradient);
    assert_non_null(r->hessian);
}

static void free_row(row *r)
{
    slope_function_destroy(r->value);
    slope_function_destroy(r->gradient);
    slope_function_destroy(r->hessian);
}

/* The exceptions of an evaluation, and whether all results are finite. */
static int flags_of(const slope_function *f, const double x[MOST], double y[16], int *finite)
{
    const double *in[MOST] = {x, x + 1, x + 2};
    double *out[16];
    for (size_t k = 0; k < 16; k++)
        out[k] = y + k;
    assert_true(slope_eval_bytes(f) > 0);
    feclearexcept(FE_ALL_EXCEPT);
    assert_int_equal(slope_eval(f, in, out), SLOPE_OK);
    const int flags = fetestexcept(BAD);
    for (size_t k = 0; k < slope_function_outputs(f); k++)
        *finite = *finite && isfinite(y[k]);
    return flags;
}

static const char *names_of(int flags)
{
    return flags & FE_DIVBYZERO ? "DIVBYZERO" : flags & FE_INVALID ? "INVALID" : "OVERFLOW";
}

/* At one point: how many of gradient and Hessian raise what their numbers do not call for. */
static int check_point(const row *r, const double x[MOST], int *told)
{
    double y[16];
    int finite = 1, wrong = 0;
    const int by_value = flags_of(r->value, x, y, &finite), by_gradient = flags_of(r->gradient, x, y, &finite);
    int by_hessian = flags_of(r->hessian, x, y, &finite);
    if (!finite || by_value)
        return 0;
    for (size_t i = 0; i < r->n; i++) /* beyond, factors of a second partial leave the range that their product keeps */
        by_hessian = x[i] == 0 || (fabs(x[i]) > 1e-100 && fabs(x[i]) < 1e100) ? by_hessian : 0;
    wrong = (by_gradient != 0) + (by_hessian != 0);
    if (wrong && !(*told)++)
        print_error("%s(%g, %g, %g): the %s raises %s\n", r->info->name, x[0], x[1], x[2],
                    by_gradient ? "gradient" : "hessian", names_of(by_gradient ? by_gradient : by_hessian));
    return wrong;
}

static int is_whole(const slope_op_info *info, size_t i)
{
    return info->arity == 2 && (i == 0 ? info->low == info->high : info->low2 == info->high2);
}

static int check_row(slope_op op)
{
    row r;
    int wrong = 0, told = 0;
    make_row(&r, op);
    for (size_t k = 0; k < (r.n == 1 ? SPECIAL : SPECIAL * SPECIAL); k++) {
        double x[MOST] = {special[k % SPECIAL], special[k / SPECIAL % SPECIAL], special[(k * 7 + 3) % SPECIAL]};
        for (size_t i = 0; i < r.n; i++)
            x[i] = is_whole(r.info, i) ? r.info->low : x[i];
        wrong += check_point(&r, x, &told);
    }
    free_row(&r);
    return wrong;
}

static void regular_points_raise_nothing(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t op = SLOPE_OP_CONST + 1; op < SLOPE_OP_CUSTOM; op++) {
        const slope_op_info *info = slope_op_describe((slope_op)op);
        if (info->arity > 0)
            wrong += check_row((slope_op)op);
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regular_points_raise_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
