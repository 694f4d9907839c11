/* SPDX-License-Identifier: MIT */
/* Every function with a slope_error fills it when it fails, whatever was in it, and clears it when it succeeds. */
#include "testing.h"

#include <string.h>

static slope_error error;

static void fill_with_rubbish(void)
{
    memset(&error, 0xA5, sizeof error);
    error.message[sizeof error.message - 1] = 0;
}

static void assert_told(const char *call, int is_success)
{
    if (is_success ? error.status != SLOPE_OK
                   : error.status <= SLOPE_OK || error.status > SLOPE_ERR_CANCELLED || strlen(error.message) < 10)
        fail_msg("%s: status %d, message '%.60s'", call, (int)error.status, error.message);
}

#define FAILS(call)            \
    do {                       \
        fill_with_rubbish();   \
        (void)!(call);         \
        assert_told(#call, 0); \
    } while (0)
#define SUCCEEDS(call)         \
    do {                       \
        fill_with_rubbish();   \
        (void)!(call);         \
        assert_told(#call, 1); \
    } while (0)

static slope_function *parsed(const char *text, size_t n, const char *const out[])
{
    slope_function *f = slope_function_parse(text, SIZE_MAX, n, out, NULL);
    assert_non_null(f);
    return f;
}

static void making_functions_tells(void **state)
{
    (void)state;
    slope_function *f = parsed("x^2", 0, NULL);
    FAILS(slope_function_record(1, NULL, 1, NULL, NULL, NULL, NULL, &error));
    FAILS(slope_function_create(1, NULL, NULL, 1, NULL, NULL, &error));
    FAILS(slope_function_parse("x+", SIZE_MAX, 0, NULL, &error));
    FAILS(slope_function_parse(NULL, SIZE_MAX, 0, NULL, &error));
    FAILS(slope_function_optimise(NULL, 0, &error));
    FAILS(slope_function_optimise(f, 9999, &error));
    FAILS(slope_function_bind(NULL, 0, NULL, 0, &error));
    FAILS(slope_function_bind(f, 0, NULL, 0, &error));
    FAILS(slope_branches_create(1, NULL, 1, NULL, NULL, NULL, 0, &error));
    FAILS(slope_branches_at(NULL, NULL, &error));
    FAILS(slope_function_load("abc", 3, &error));
    FAILS(slope_function_load(NULL, 0, &error));
    FAILS(slope_function_write(f, "/no such folder/x", &error));
    FAILS(slope_function_read("/no such folder/x", &error));
    FAILS(slope_function_read(NULL, &error));
    slope_function *again = slope_function_optimise(f, SLOPE_PASS_DEFAULT, &error);
    slope_function_destroy(again);
    SUCCEEDS((again = slope_function_optimise(f, SLOPE_PASS_DEFAULT, &error)) != NULL);
    slope_function_destroy(again);
    slope_function_destroy(f);
}

typedef slope_function *derive(const slope_function *f, size_t n, const size_t wrt[], slope_error *error);

static void deriving_tells(void **state)
{
    static derive *const all[] = {slope_gradient, slope_value_gradient, slope_jvp,
                                  slope_vjp,      slope_jacobian,       slope_hessian,
                                  slope_hvp,      slope_hessian_lower,  slope_second};
    (void)state;
    const size_t bad[] = {7};
    slope_pattern *pattern;
    slope_function *f = parsed("x^2", 0, NULL), *two = parsed("a = x^2; b = x", 2, (const char *[]){"a", "b"});
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        slope_function *derived;
        FAILS(all[i](NULL, 0, NULL, &error));
        FAILS(all[i](f, 1, bad, &error));
        SUCCEEDS((derived = all[i](f, 0, NULL, &error)) != NULL);
        slope_function_destroy(derived);
    }
    FAILS(slope_gradient(two, 0, NULL, &error));
    FAILS(slope_hessian(two, 0, NULL, &error));
    FAILS(slope_lagrangian(NULL, &error));
    FAILS(slope_taylor(NULL, 2, 0, NULL, &error));
    FAILS(slope_taylor(f, 0, 0, NULL, &error));
    FAILS(slope_jacobian_pattern(f, 1, bad, &error));
    FAILS(slope_hessian_pattern(two, 0, NULL, &error));
    FAILS(slope_sparse_jacobian(f, 1, bad, &pattern, &error));
    FAILS(slope_sparse_hessian(two, 0, NULL, &pattern, &error));
    slope_function_destroy(two);
    slope_function_destroy(f);
}

static int only_above_zero(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape;
    (void)context;
    y[0][0] = slope_greater(x[0][0], slope_number(0.0)) ? slope_sqrt(x[0][0]) : slope_number(0.0);
    return 0;
}

static void evaluating_tells(void **state)
{
    (void)state;
    const slope_group in = {"x", 1}, out = {"y", 1};
    slope_function *f = slope_function_record(1, &in, 1, &out, NULL, only_above_zero, NULL, NULL);
    const double above = 1, below = -1;
    assert_non_null(f);
    FAILS(slope_eval_check(NULL, NULL, &error));
    FAILS(slope_eval_check(f, NULL, &error));
    FAILS(slope_eval_check(f, (const double *const[]){NULL}, &error));
    FAILS(slope_eval_check(f, (const double *const[]){&above}, &error)); /* recorded at 0, which is not above */
    assert_non_null(strstr(error.message, "guard 0, recorded as false, would go the other way; "));
    SUCCEEDS(slope_eval_check(f, (const double *const[]){&below}, &error));

    slope_compile_options compile = slope_compile_options_default();
    compile.struct_size = sizeof compile + 1;
    FAILS(slope_function_compile(f, &compile, &error));
    compile.struct_size = 0; /* not from the defaults */
    FAILS(slope_function_compile(f, &compile, &error));
    FAILS(slope_function_compile(NULL, NULL, &error));
    slope_code code;
    slope_codegen_options codegen = slope_codegen_options_default();
    codegen.name = "int";
    FAILS(slope_codegen(f, &codegen, &code, &error));
    FAILS(slope_codegen(NULL, NULL, &code, &error));
    slope_function_destroy(f);
}

static void drawing_tells(void **state)
{
    slope_tape *tape = *state;
    slope_value y = slope_var(tape, 1.0);
    slope_graph_options options = slope_graph_options_default();
    options.struct_size = 1;
    FAILS(slope_graph_stream(1, NULL, SLOPE_GRAPH_DOT, NULL, NULL, NULL, &error));
    FAILS(slope_graph_write(1, &y, "x.unknown", NULL, &error));
    FAILS(slope_graph_write(1, NULL, "x.dot", NULL, &error));
    FAILS(slope_graph_write(1, &y, "x.dot", &options, &error));
    FAILS(slope_graph_write(1, &y, "/no such folder/x.dot", NULL, &error));
    FAILS(slope_graph_function_write(NULL, "x.dot", 1, NULL, &error));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(making_functions_tells),
        cmocka_unit_test(deriving_tells),
        cmocka_unit_test(evaluating_tells),
        on_tape(drawing_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
