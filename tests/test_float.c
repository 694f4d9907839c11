/* SPDX-License-Identifier: MIT */
/*
 * Every operation generated as float: it compiles without a warning, and its value, first and second partials are right
 * to 8 ulp of float, at ordinary and at extreme floats, judged by MPFR.
 */
#if !defined _GNU_SOURCE
#define _GNU_SOURCE /* mkdtemp */
#endif
#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"
#include "row_code.h"
#include "testing.h"

#define WARNINGS " -Wall -Wextra -Wdouble-promotion -Wconversion -Wfloat-conversion -Werror"

static const char *const compilers[] = {
    "gcc -std=c99 -O1" WARNINGS,
    "clang -std=c99 -O1" WARNINGS,
    "g++ -xc++ -std=c++17 -O1" WARNINGS,
    "clang++ -xc++ -std=c++17 -O1" WARNINGS,
};

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

static void every_operation_compiles_without_warnings(void **state)
{
    size_t compiled = 0;
    for (int use_float = 0; use_float < 2; use_float++) {
        row_code_write(*state, use_float);
        for (size_t k = 0; k < sizeof compilers / sizeof *compilers; k++)
            compiled += (size_t)row_code_load(*state, compilers[k]);
    }
    assert_true(compiled >= 2);
}

/* -------------------------------------------------------------------------------------------------------- accuracy */

static const float special[] = {
    1e-38f,     1.2e-38f, 1e-37f,     1e-30f,      1e-23f,     3e-23f,      1e-19f, 1e-15f,     1e-10f, 1e-7f,
    1e-5f,      1e-3f,    0.0625f,    0.1f,        0.3f,       0.49999997f, 0.5f,   0.6f,       0.75f,  0.9f,
    0.999f,     0.99999f, 0.9999999f, 1.0f,        1.0000001f, 1.00001f,    1.1f,   1.4616321f, 1.5f,   1.5707964f,
    2.0f,       2.5f,     3.0f,       3.1415927f,  5.5f,       7.0f,        9.0f,   9.3f,       10.1f,  13.0f,
    17.0f,      27.6f,    33.0f,      40.0f,       50.5f,      87.0f,       88.5f,  89.5f,      100.0f, 1000.5f,
    12345.678f, 1e5f,     4e6f,       16777216.0f, 1e8f,       1e9f,        1e10f,  3e10f,      1e14f,  1e15f,
    1e18f,      1e19f,    1e20f,      1e25f,       1e30f,      1e37f,       1e38f};
static const float pair[] = {1e-38f, 1e-30f, 1e-23f, 3e-23f, 1e-19f, 1e-8f, 0.1f,  0.5f,  1.0f,  1.03f,
                             2.0f,   2.5f,   7.0f,   30.0f,  1e5f,   1e10f, 1e19f, 1e23f, 1e30f, 1e38f};
static const float wide[] = {1e-38f, 1e-20f, 1e-10f, 0.7f, 1.0f, 2.5f, 1e10f, 1e20f, 1e38f};
static const float many[][ROW_OPERANDS] = {{1e-30f, 2e-30f, -3e-30f, 4e-30f, 1e-31f, 5e-30f},
                                           {1e30f, 2e30f, -3e30f, 1e29f, 4.0f, 5.0f},
                                           {80.0f, 80.0f, 1.0f, 2.0f, 3.0f, 4.0f},
                                           {1e7f, 1e7f, 1e7f, 1e7f, 1e7f, 1e7f},
                                           {1000.0f, 1.0f, -1000.0f, 3.0f, 999.0f, 998.0f},
                                           {-200.0f, -201.0f, -202.0f, -203.0f, -204.0f, -205.0f},
                                           {0.5f, 0.25f, 0.125f, 1.0f, 2.0f, 3.0f}};
static const float orders[] = {1, 2, 3, 5};

#define LENGTH(a) (sizeof(a) / sizeof *(a))

static double both_signs(const float list[], size_t k) { return (double)(k % 2 ? -list[k / 2] : list[k / 2]); }

static int is_whole(const slope_op_info *info) { return info->arity == 2 && info->low == info->high; }

/* A float of any size from 1e-38 to 1e38, either sign. */
static double any_float(size_t k, size_t i)
{
    uint64_t z = (k * 8 + i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z ^= z >> 27;
    const double size = (double)(float)pow(10, 76 * ((double)(z >> 11) * 0x1p-53) - 38);
    return z & 1 ? -size : size;
}

/* Point k of a row in floats: from its sampling interval, of any size, and the list; 0 behind the last. */
static int point(const row *r, size_t k, double x[ROW_OPERANDS])
{
    enum { ORDINARY = 25, RANDOM = 60 };
    measure_region region;
    if (k < RANDOM) {
        (void)measure_point(r->op, k, RANDOM, x, &region);
        for (size_t i = 0; i < r->n; i++) {
            const double low = i == 1 ? r->info->low2 : r->info->low, high = i == 1 ? r->info->high2 : r->info->high;
            x[i] = k < ORDINARY || low == high ? (double)(float)x[i] : any_float(k, i);
        }
        return 1;
    }
    k -= RANDOM;
    if (r->info->arity < 0) {
        for (size_t i = 0; k < LENGTH(many) && i < r->n; i++)
            x[i] = (double)many[k][i];
        return k < LENGTH(many);
    }
    if (r->n == 1) {
        x[0] = k < 2 * LENGTH(special) ? both_signs(special, k) : 0;
        return k <= 2 * LENGTH(special);
    }
    if (is_whole(r->info) || strcmp(r->info->name, "powi") == 0) {
        const size_t whole = is_whole(r->info) ? 0 : 1;
        x[whole] = (double)orders[k % LENGTH(orders)];
        x[1 - whole] = both_signs(special, k / LENGTH(orders) % (2 * LENGTH(special)));
        return k < 2 * LENGTH(orders) * LENGTH(special);
    }
    const float *list = r->n == 2 ? pair : wide;
    const size_t m = 2 * (r->n == 2 ? LENGTH(pair) : LENGTH(wide));
    size_t rest = k;
    for (size_t i = 0; i < r->n; i++, rest /= m)
        x[i] = both_signs(list, rest % m);
    return rest == 0;
}

/* Below, digits are lost on the way through subnormal numbers. */
static const double LEAST = 1e-36;

/* |got - exact| in units of the last place of a float of the size of exact, or floor if that is larger. */
static double ulp_of_float(double got, const mpfr_t exact, double floor)
{
    const double e = mpfr_get_d(exact, MPFR_RNDN);
    if (!isfinite(got) && isinf((float)fmax(fabs(e), floor)))
        return 0; /* an overflow, also of a part of it */
    if (!isfinite(got))
        return INFINITY;
    const double size = fmax(fmax(fabs(e), fmin(floor, DBL_MAX)), LEAST);
    return fabs(got - e) / ldexp(1, ilogb(size) - 23);
}

typedef struct worst {
    double ulp, got, exact, x[ROW_OPERANDS];
    size_t count, at;
} worst;

static void judge_numbers(const row *r, size_t order, const double x[], const double y[], worst *w)
{
    const judge *j = judge_find(r->info->name);
    mpfr_t exact;
    mpfr_init2(exact, 80);
    for (size_t k = 0; k < row_numbers(r, order); k++) {
        const size_t i = order == 2 ? k / r->n : k, l = order == 2 ? k % r->n : k;
        if (order == 0)
            judge_value(j, r->n, x, exact);
        else if (order == 1)
            judge_first(j, r->n, x, i, exact);
        else
            judge_second(j, r->n, x, i, l, exact);
        if (mpfr_nan_p(exact))
            continue;
        const double ulp = ulp_of_float(y[k], exact, measure_floor(j, r->op, r->n, x, (measure_kind)order, i, l));
        w->count++;
        if (ulp > w->ulp) {
            *w = (worst){ulp, y[k], mpfr_get_d(exact, MPFR_RNDN), {0}, w->count, k};
            memcpy(w->x, x, r->n * sizeof *x);
        }
    }
    mpfr_clear(exact);
}

/* Judges an order of a row at all of its points. */
static int judge_row(const row_code *code, const row *r, size_t order, double limit)
{
    worst w = {0};
    double x[ROW_OPERANDS] = {0}, y[ROW_OPERANDS * ROW_OPERANDS];
    for (size_t k = 0; judge_find(r->info->name) && point(r, k, x); k++) {
        row_call(code, r, 0, x, y);
        if (!isfinite(y[0]) || (order == 2 && r->op == SLOPE_OP_POW && !(fabs(y[0]) > LEAST)))
            continue; /* out of the domain, or of the range of float; the value of pow is a part of its partials */
        row_call(code, r, order, x, y);
        judge_numbers(r, order, x, y, &w);
    }
    if (getenv("SLOPE_FLOAT_SHOW"))
        print_message("%s %zu: %.2f ulp of %zu\n", r->info->name, order, w.ulp, w.count);
    if (w.ulp <= limit)
        return 0;
    print_error("%s: order %zu, number %zu is %.9g, not %.9g (%.3g ulp, limit %g) at", r->info->name, order, w.at,
                w.got, w.exact, w.ulp, limit);
    for (size_t i = 0; i < r->n; i++)
        print_error(" %.9g", w.x[i]);
    print_error("\n");
    return 1;
}

static void every_value_and_partial_is_right_to_8_ulp(void **state)
{
    int failures = 0;
    const row_code *code = *state;
    row_code_write(*state, 1);
    assert_true(row_code_load(*state, "cc -O1"));
    judge_begin();
    for (size_t k = 0; k < code->rows; k++) { /* second partials of n-ary ones are sums of terms that cancel */
        for (size_t order = 0; order < (code->row[k].info->arity < 0 ? 2 : ROW_ORDERS); order++)
            failures += judge_row(code, &code->row[k], order, 8);
    }
    judge_end();
    assert_int_equal(failures, 0);
}

/* --------------------------------------------------------------------------------------------- numbers of a program */

/* The text as a C program, called with x, a number as the shell and C write it. */
static float call_text(const row_code *code, const char *text, const char *x)
{
    char path[128], command[512];
    slope_error error;
    slope_code c;
    slope_codegen_options o = slope_codegen_options_default();
    slope_function *f = slope_function_parse(text, SIZE_MAX, 0, NULL, &error);
    assert_non_null(f);
    o.use_float = 1;
    o.header = "math.h";
    assert_int_equal(slope_codegen(f, &o, &c, &error), SLOPE_OK);
    (void)snprintf(path, sizeof path, "%s/text.c", code->folder);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fprintf(
        out,
        "#include <stdio.h>\n#include <stdlib.h>\n%s\n%s\nint main(int n, char **a)\n{\n    float y, x = strtof(a[n - "
        "1], NULL);\n    f(&x, &y, NULL);\n    printf(\"%%.9g\", (double)y);\n    return 0;\n}\n",
        c.header, c.source);
    assert_int_equal(fclose(out), 0);
    (void)snprintf(command, sizeof command, "cd %s && cc -std=c99" WARNINGS " -o text text.c -lm && ./text %s >said",
                   code->folder, x);
    assert_int_equal(system(command), 0);
    (void)snprintf(path, sizeof path, "%s/said", code->folder);
    FILE *in = fopen(path, "r");
    char said[64] = "";
    assert_non_null(in);
    assert_non_null(fgets(said, sizeof said, in));
    (void)fclose(in);
    slope_code_free(&c);
    slope_function_destroy(f);
    return (float)number_of(said);
}

/* Numbers that float does not hold are 0 or infinite, without a warning; exponents keep their digits. */
static void numbers_of_a_program_become_floats(void **state)
{
    assert_true(call_text(*state, "x + 1e-280", "2") == 2.0f);
    assert_true(call_text(*state, "x * -1e-50", "2") == 0.0f);
    assert_true(call_text(*state, "x + 1e-42", "0") == 1e-42f);
    assert_true(call_text(*state, "x + 1e300", "2") == INFINITY);
    assert_true(call_text(*state, "x ^ 0.1", "1e-38") == 0.000158489320f);
    assert_true(call_text(*state, "x ^ -0.7", "1e30") == 1e-21f);
    assert_true(call_text(*state, "x ^ 0.5", "4") == 2.0f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_operation_compiles_without_warnings, code_setup, code_teardown),
        cmocka_unit_test_setup_teardown(numbers_of_a_program_become_floats, code_setup, code_teardown),
        cmocka_unit_test_setup_teardown(every_value_and_partial_is_right_to_8_ulp, code_setup, code_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
