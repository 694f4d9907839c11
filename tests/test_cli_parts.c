/* SPDX-License-Identifier: MIT */
/*
 * Parts of the command that its output can't show: the complex form of every operation against its exact partials, and
 * the exit status of `slope check` for a wrong derivative, which no operation of the table gives (so the library's
 * check is wrapped by the linker and made to lie), and what happens when memory is short (allocations are wrapped
 * likewise).
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/cli.h"

static bool lie;

slope_status __real_slope_check_values(slope_value y, size_t n, const slope_value input[], slope_check_entry entry[]);
slope_status __wrap_slope_check_values(slope_value y, size_t n, const slope_value input[], slope_check_entry entry[]);

slope_status __wrap_slope_check_values(slope_value y, size_t n, const slope_value input[], slope_check_entry entry[])
{
    slope_status status = __real_slope_check_values(y, n, input, entry);
    if (lie && n)
        entry[n - 1].verdict = SLOPE_VERDICT_WRONG;
    return status;
}

/* --------------------------------------------------------------------------------------- allocations that fail */

/* How many allocations succeed from now on; below 0: all. */
static long allocations_left = -1;
static bool only_once; /* after the one that fails they succeed again */

static bool allocation_fails(void)
{
    if (allocations_left < 0)
        return false;
    if (allocations_left > 0) {
        --allocations_left;
        return false;
    }
    if (only_once)
        allocations_left = -2;
    return true;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *data, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *data, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t size);

void *__wrap_malloc(size_t size) { return allocation_fails() ? NULL : __real_malloc(size); }

void *__wrap_calloc(size_t n, size_t size) { return allocation_fails() ? NULL : __real_calloc(n, size); }

void *__wrap_realloc(void *data, size_t size) { return allocation_fails() ? NULL : __real_realloc(data, size); }

char *__wrap_strdup(const char *text) { return allocation_fails() ? NULL : __real_strdup(text); }

char *__wrap_strndup(const char *text, size_t size) { return allocation_fails() ? NULL : __real_strndup(text, size); }

/* Runs the command in this process; what it prints is thrown away. */
static int run(int argc, char **argv)
{
    fflush(stdout);
    fflush(stderr);
    int saved_out = dup(1), saved_err = dup(2);
    assert_non_null(freopen("/dev/null", "w", stdout));
    assert_non_null(freopen("/dev/null", "w", stderr));
    int status = cli_main(argc, argv);
    fflush(stdout);
    fflush(stderr);
    dup2(saved_out, 1);
    dup2(saved_err, 2);
    close(saved_out);
    close(saved_err);
    return status;
}

static void a_wrong_derivative_is_exit_status_1(void **state)
{
    char *argv[] = {"slope", "check", "x*y", "x=2", "y=3", NULL};
    char *json[] = {"slope", "check", "x*y", "x=2", "y=3", "--json", NULL};
    (void)state;
    lie = false;
    assert_int_equal(run(5, argv), 0);
    lie = true;
    assert_int_equal(run(5, argv), 1);
    assert_int_equal(run(6, json), 1);
    lie = false;
}

static void every_allocation_may_fail(void **state)
{
    static char *lines[][8] = {
        {"slope", "grad", "k = 2; e = a*x^k + b; y = e; y*e", "a=2", "x=pi", "b=1", NULL},
        {"slope", "grad", "a*x + b", "a=2", "x=3", "b=1", "--json", NULL},
        {"slope", "eval", "a*x + c", "a=2", "x=3", NULL},
        {"slope", "check", "sin(x)*a", "a=2", "x=3", NULL},
        {"slope", "sweep", "sin(x)*a", "a=2", "x=3", "--wrt", "x", NULL},
        {"slope", "graph", "sin(x)*a", "a=2", "x=3", "--format", "dot", NULL},
        {"slope", "grad", "sin(x)*a", "a=2", "--points", "points.csv", NULL},
        {"slope", "grad", "x^2", "x=2", "-o", "result.txt", NULL},
        {"slope", "--help", NULL},
    };
    char folder[] = "/tmp/slope-parts-XXXXXX";
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    FILE *points = fopen("points.csv", "w");
    assert_non_null(points);
    assert_true(fputs("x,note\n1,\"a b\"\n2,c\n", points) >= 0);
    assert_int_equal(fclose(points), 0);
    for (size_t i = 0; i < 2 * sizeof lines / sizeof *lines; ++i) {
        int argc = 0;
        char **line = lines[i / 2];
        while (line[argc])
            ++argc;
        only_once = i % 2;
        for (long k = 0, done = 0; !done; ++k) {
            allocations_left = k;
            int status = run(argc, line);
            done = only_once ? allocations_left >= 0 : allocations_left > 0;
            allocations_left = -1;
            bool missing = i / 2 == 2; /* c has no number: bad input when memory suffices */
            if (status != CLI_SYSTEM && status != (missing ? CLI_USAGE : CLI_DONE))
                fail_msg("line %zu, allocation %ld: exit status %d", i / 2, k, status);
            assert_true(k < 5000);
        }
        assert_int_equal(run(argc, line), i / 2 == 2 ? CLI_USAGE : CLI_DONE);
    }
    assert_int_equal(unlink("points.csv"), 0);
    assert_int_equal(unlink("result.txt"), 0);
    assert_int_equal(chdir("/"), 0);
    assert_int_equal(rmdir(folder), 0); /* nothing unfinished was left */
}

/* A number in the interval, the same ones in every run; away from kinks at 0 and at integers. */
static double sample(double low, double high, int i)
{
    double x = low + (high - low) * fmod(0.371 + 0.618033988749895 * i, 1.0);
    return fabs(x - round(x)) < 1e-3 && high > low ? x + 2e-3 : x;
}

/* Im f(x + ih) / h against the exact partial, for every operand. */
static void compare(const char *name, slope_tape *tape, slope_value result, size_t n, const slope_value x[])
{
    cli_input input[4];
    cli_model model = {.tape = tape, .result = result, .inputs = n, .input = input};
    double pair[8], y[2], h = 1e-30;
    if (slope_backward(result))
        fail_msg("%s: %s", name, slope_tape_error(tape)->message);
    assert_null(cli_complex_missing(&model));
    for (size_t j = 0; j < n; ++j) {
        for (size_t k = 0; k < n; ++k) {
            pair[2 * k] = slope_data(x[k]);
            pair[2 * k + 1] = k == j ? h : 0.0;
        }
        assert_int_equal(cli_complex_eval(n, pair, 1, y, &model), 0);
        double exact = slope_grad(x[j]), step = y[1] / h, value = slope_data(result);
        if (isnan(exact))
            continue;
        if (fabs(step - exact) > 2e-13 * (1.0 + fabs(exact)) || fabs(y[0] - value) > 1e-13 * (1.0 + fabs(value)))
            fail_msg("%s: operand %zu of %zu at %.17g, %.17g: exact %.17g, complex step %.17g; value %.17g, %.17g",
                     name, j, n, pair[0], n > 1 ? pair[2] : 0.0, exact, step, value, y[0]);
    }
}

static void every_operation_has_a_complex_form(void **state)
{
    slope_tape *tape = slope_tape_create(NULL);
    size_t tried = 0;
    (void)state;
    assert_non_null(tape);
    for (size_t i = 0; i < slope_op_count(); ++i) {
        const slope_op_info *info = slope_op_describe((slope_op)i);
        if (!info || info->arity == 0 || i >= SLOPE_OP_CUSTOM)
            continue;
        size_t n = info->arity < 0 ? 4 : (size_t)info->arity;
        for (int k = 0; k < 200; ++k) {
            slope_value x[4];
            slope_tape_reset(tape);
            for (size_t j = 0; j < n; ++j) {
                double low = j && info->arity == 2 ? info->low2 : info->low,
                       high = j && info->arity == 2 ? info->high2 : info->high;
                x[j] = slope_var(tape, info->arity < 0 ? sample(-2, 2, 7 * k + (int)j * 3)
                                                       : sample(low, high, 7 * k + (int)j * 3));
            }
            compare(info->name, tape, slope_apply((slope_op)i, n, x), n, x);
        }
        ++tried;
    }
    assert_true(tried > 60);
    slope_tape_destroy(tape);
}

static void words_have_the_distance_of_their_typing_errors(void **state)
{
    (void)state;
    assert_int_equal(cli_distance("", ""), 0);
    assert_int_equal(cli_distance("grad", "gard"), 1);
    assert_int_equal(cli_distance("json", "jsn"), 1);
    assert_int_equal(cli_distance("abc", ""), 3);
    assert_int_equal(cli_distance("style", "styles"), 1);
}

static void numbers_read_back(void **state)
{
    (void)state;
    static const double numbers[] = {
        0.1,  1.0 / 3.0,         5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 123456789012345678.0,
        -0.0, 6.8813735870195432};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; ++i) {
        char text[CLI_NUMBER_SIZE];
        double back = 0.0;
        assert_true(cli_number_read(cli_number(text, numbers[i], 0), &back));
        assert_memory_equal(&back, &numbers[i], sizeof back);
    }
}

static void statements_are_found(void **state)
{
    (void)state;
    const char *text = " a = 2 ; # no; statement\n\n b==a;;c=(1\n+2) # x = 1\n";
    cli_statement s;
    size_t at = 0, size = strlen(text);
    assert_true(cli_source_next(text, size, &at, &s));
    assert_int_equal(s.name_size, 1);
    assert_memory_equal(text + s.first, "a = 2", s.last - s.first);
    assert_true(cli_source_next(text, size, &at, &s));
    assert_int_equal(s.name_size, 0);
    assert_memory_equal(text + s.first, "b==a", s.last - s.first);
    assert_true(cli_source_next(text, size, &at, &s));
    assert_int_equal(s.name_size, 1);
    assert_memory_equal(text + s.first, "c=(1\n+2)", s.last - s.first);
    assert_false(cli_source_next(text, size, &at, &s));
    assert_true(cli_source_uses("1e3 + 0xe + x.e", 15, "e", 1));
    assert_false(cli_source_uses("1e3 + 0xe # e", 13, "e", 1));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wrong_derivative_is_exit_status_1),
        cmocka_unit_test(every_allocation_may_fail),
        cmocka_unit_test(every_operation_has_a_complex_form),
        cmocka_unit_test(words_have_the_distance_of_their_typing_errors),
        cmocka_unit_test(numbers_read_back),
        cmocka_unit_test(statements_are_found),
    };
    return cmocka_run_group_tests_name("cli_parts", tests, NULL, NULL);
}
