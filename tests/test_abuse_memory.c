/* SPDX-License-Identifier: MIT */
/*
 * Functions when memory is short: every allocation of recording, deriving, evaluating and generating fails once, and
 * once with all that follow.  The answer is a result or SLOPE_ERR_MEMORY; what is lost shows under the address
 * sanitizer.
 */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>

#include <slope/slope.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *data, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *data, size_t size);

static size_t calls, fail_at; /* fail_at 0: none fails */
static int forever;

static int fails(void)
{
    calls++;
    return fail_at && (calls == fail_at || (forever && calls > fail_at));
}

void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t n, size_t size) { return fails() ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *data, size_t size) { return fails() ? NULL : __real_realloc(data, size); }

enum { ITEMS = 5 };

/* One step: the state s (2), parameters p (2), data d (1). */
static int trace_step(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape;
    (void)context;
    const slope_value *s = x[0], *p = x[1], d = x[2][0];
    y[0][0] = slope_tanh(slope_add(slope_mul(p[0], s[1]), d));
    y[0][1] = slope_mul(slope_sin(s[0]), slope_exp(slope_mul(p[1], slope_number(0.1))));
    y[1][0] = slope_mul(s[0], slope_sqrt(slope_add(slope_square(d), slope_number(1.0))));
    return 0;
}

static slope_function *record_step(slope_error *error)
{
    static const slope_group in[] = {{"s", 2}, {"p", 2}, {"d", 1}}, out[] = {{"s", 2}, {"e", 1}};
    return slope_function_record(3, in, 2, out, NULL, trace_step, NULL, error);
}

static const double numbers[ITEMS] = {0.5, -1.0, 2.0, 0.25, 3.0};

/* A fold with checkpoints over data, a map, a sum with a list, a call and a guard. */
static int trace_whole(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    static const size_t list[] = {2, 0, 1, 1, 0};
    const slope_function *step = context;
    slope_value end[2], e[ITEMS], m[ITEMS * 2], r[ITEMS], total[1], c[2];
    const slope_view fold[] = {slope_shared(x[0]), slope_shared(x[1]), slope_each_data(numbers, ITEMS, 1)};
    const slope_view map[] = {slope_shared(x[0]), slope_shared(x[1]), slope_indexed(x[2], list)};
    slope_fold(tape, step, ITEMS, 1, fold, (slope_value *const[]){end, e}, 2);
    slope_map(tape, step, ITEMS, map, (slope_value *const[]){m, r});
    slope_map_sum(tape, step, 3, (const slope_view[]){slope_shared(end), map[1], slope_each(x[2], 1)},
                  (slope_value *const[]){NULL, total});
    slope_call(tape, step, (const slope_value *const[]){m, x[1], r}, (slope_value *const[]){c, NULL});
    slope_value sum = slope_add(slope_mul(end[0], end[1]), slope_add(total[0], c[0]));
    if (slope_less(slope_number(-1e9), sum))
        sum = slope_add(sum, slope_sum(ITEMS, e));
    y[0][0] = slope_add(sum, slope_dot(ITEMS, e, r));
    return slope_tape_status(tape) != SLOPE_OK;
}

static slope_function *record_whole(slope_error *error)
{
    static const slope_group in[] = {{"s", 2}, {"p", 2}, {"d", 3}}, out[] = {{"y", 1}};
    slope_function *step = record_step(error);
    slope_function *f = step ? slope_function_record(3, in, 1, out, NULL, trace_whole, step, error) : NULL;
    slope_function_destroy(step);
    return f;
}

/* ------------------------------------------------------------------------------------- custom operations and tables */

/* y = s[0] s[1] p, r = s[1]^2, of two groups. */
static int product(const double *const x[], double *const y[], void *context)
{
    (void)context;
    y[0][0] = x[0][0] * x[0][1] * x[1][0];
    y[1][0] = x[0][1] * x[0][1];
    return 0;
}

static int product_vjp(const double *const x[], double *const y[], void *context)
{
    (void)context;
    y[0][0] = x[2][0] * x[0][1] * x[1][0];
    y[0][1] = x[2][0] * x[0][0] * x[1][0] + 2 * x[3][0] * x[0][1];
    y[1][0] = x[2][0] * x[0][0] * x[0][1];
    return 0;
}

static int product_hvp(const double *const x[], double *const y[], void *context)
{
    const double *s = x[0], p = x[1][0], a = x[2][0], b = x[3][0], *d = x[4], e = x[5][0];
    (void)context;
    y[0][0] = a * (p * d[1] + s[1] * e);
    y[0][1] = a * (p * d[0] + s[0] * e) + 2 * b * d[1];
    y[1][0] = a * (s[1] * d[0] + s[0] * d[1]);
    return 0;
}

static slope_function *make_product(slope_error *error)
{
    static const slope_group in[] = {{"s", 2}, {"p", 1}}, out[] = {{"y", 1}, {"r", 1}};
    slope_custom_function c = slope_custom_function_default();
    c.name = "product";
    c.value = product;
    c.vjp = product_vjp;
    c.hvp = product_hvp;
    c.code = "int product(void);"; /* not compiled here */
    return slope_function_custom(&c, 2, in, 2, out, error);
}

static int trace_opaque(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    static const double knots[ITEMS] = {-2, -1, 0, 2, 5};
    const slope_function *f = context;
    slope_value v, r, each[3], pair[] = {x[2][0], x[2][1]}, table[] = {x[0][0], x[0][1], x[1][0], x[1][1]};
    const slope_view map[] = {slope_shared(x[0]), slope_each(x[2], 1)};
    slope_call(tape, f, (const slope_value *const[]){pair, x[1]}, (slope_value *const[]){&v, &r});
    slope_map(tape, f, 3, map, (slope_value *const[]){each, NULL});
    const slope_value looked = slope_interp(v, ITEMS, knots, numbers, SLOPE_INTERP_CUBIC | SLOPE_INTERP_EXTEND);
    const slope_value up = slope_interp_values(r, 4, NULL, table, SLOPE_INTERP_MONOTONE | SLOPE_INTERP_CLAMP);
    y[0][0] = slope_add(slope_mul(looked, up), slope_norm(3, each));
    return slope_tape_status(tape) != SLOPE_OK;
}

static slope_function *record_opaque(slope_error *error)
{
    static const slope_group in[] = {{"s", 2}, {"p", 2}, {"d", 3}}, out[] = {{"y", 1}};
    slope_function *f = make_product(error);
    slope_function *g = f ? slope_function_record(3, in, 1, out, NULL, trace_opaque, f, error) : NULL;
    slope_function_destroy(f);
    return g;
}

static const double s0[] = {0.3, -0.4}, p0[] = {0.9, 1.1}, d0[] = {1.0, 2.0, 3.0};

/* Evaluates f, whose further inputs are filled with numbers, in all ways. */
static slope_status evaluate(const slope_function *f)
{
    const double *x[8] = {s0, p0, d0}, *const more = numbers;
    double room[8][64];
    double *y[8];
    slope_input in[8] = {{s0, 0, 1}, {p0, 0, 1}, {d0, 0, 1}};
    slope_output each[8], sum[8];
    for (size_t g = 0; g < 8; g++) {
        x[g] = x[g] ? x[g] : more;
        in[g] = g < 3 ? in[g] : (slope_input){more, 0, 1};
        y[g] = room[g];
        each[g] = (slope_output){room[g], 0, 1, 0};
        sum[g] = (slope_output){room[g], 0, 1, 1};
    }
    slope_status status = slope_eval(f, x, y);
    status = status ? status : slope_eval_batch(f, 20, in, each, NULL);
    status = status ? status : slope_eval_batch(f, 20, in, sum, NULL);
    return status ? status : slope_eval_check(f, x, NULL);
}

/* Destroys f; the status of evaluating it, or of not having it. */
static slope_status use(slope_function *f, const slope_error *error)
{
    const slope_status status = f ? evaluate(f) : error->status;
    slope_function_destroy(f);
    return status;
}

typedef slope_status scenario(const slope_function *f);

typedef slope_function *recorder(slope_error *error);

static recorder *record; /* what the scenarios are of */

static slope_status recording(const slope_function *f)
{
    slope_error error = {0};
    (void)f;
    return use(record(&error), &error);
}

static slope_status reading(const slope_function *f)
{
    static const char text[] = "t = a * sin(b)\nu = t + exp(a)\nu * t";
    slope_error error = {0};
    (void)f;
    slope_function *g = slope_function_parse(text, SIZE_MAX, 2, (const char *const[]){"t", "u"}, &error);
    slope_function_destroy(g);
    return error.status;
}

static slope_status gradient(const slope_function *f)
{
    slope_error error = {0};
    return use(slope_value_gradient(f, 0, NULL, &error), &error);
}

static slope_status second(const slope_function *f)
{
    slope_error error = {0};
    return use(slope_hessian(f, 2, (const size_t[]){0, 1}, &error), &error);
}

static slope_status directions(const slope_function *f)
{
    slope_error error = {0};
    const slope_status status = use(slope_jvp(f, 0, NULL, &error), &error);
    return status ? status : use(slope_hvp(f, 1, (const size_t[]){1}, &error), &error);
}

static slope_status series(const slope_function *f)
{
    slope_error error = {0};
    return use(slope_taylor(f, 3, 0, NULL, &error), &error);
}

static slope_status sparse(const slope_function *f)
{
    slope_error error = {0};
    slope_pattern *pattern = NULL;
    slope_function *h = slope_sparse_hessian(f, 1, (const size_t[]){1}, &pattern, &error);
    slope_pattern_destroy(pattern);
    return use(h, &error);
}

static slope_status jacobians(const slope_function *f)
{
    slope_error error = {0};
    slope_pattern *pattern = slope_jacobian_pattern(f, 0, NULL, &error);
    slope_pattern_destroy(pattern);
    const slope_status status = pattern ? use(slope_sparse_jacobian(f, 0, NULL, NULL, &error), &error) : error.status;
    return status ? status : use(slope_jacobian(f, 0, NULL, &error), &error);
}

static slope_status lagrangian(const slope_function *f)
{
    slope_error error = {0};
    slope_function *l = slope_lagrangian(f, &error);
    const slope_status status = l ? use(slope_hessian_lower(l, 1, (const size_t[]){0}, &error), &error) : error.status;
    slope_function_destroy(l);
    return status;
}

static slope_status optimising(const slope_function *f)
{
    slope_error error = {0};
    return use(slope_function_optimise(f, SLOPE_PASS_DEFAULT | SLOPE_PASS_CONTRACT, &error), &error);
}

static slope_status binding(const slope_function *f)
{
    slope_error error = {0};
    return use(slope_function_bind(f, 0, numbers, ITEMS, &error), &error);
}

static slope_status generating(const slope_function *f)
{
    slope_code code = {0};
    slope_error error = {0};
    const slope_status status = slope_codegen(f, NULL, &code, &error);
    slope_code_free(&code);
    return status;
}

static slope_status compiling(const slope_function *f)
{
    slope_error error = {0};
    slope_compile_options o = slope_compile_options_default();
    o.cache = "";
    o.compiler = "/bin/false"; /* the text is what is tested here */
    slope_function *g = slope_function_compile(f, &o, &error);
    return g ? use(g, &error) : error.status;
}

static slope_status sweeping(const slope_function *f)
{
    slope_tape *tape = slope_tape_create(NULL);
    if (!tape)
        return SLOPE_ERR_MEMORY;
    slope_value s[2], p[2], d[3], y;
    for (size_t j = 0; j < 3; j++) {
        if (j < 2) {
            s[j] = slope_var(tape, s0[j]);
            p[j] = slope_var(tape, p0[j]);
        }
        d[j] = slope_var(tape, d0[j]);
    }
    slope_status status = slope_call(tape, f, (const slope_value *const[]){s, p, d}, (slope_value *const[]){&y});
    status = status ? status : slope_backward(y);
    slope_tape_destroy(tape);
    return status;
}

static slope_status branching(const slope_function *f)
{
    static const slope_group in[] = {{"s", 2}, {"p", 2}, {"d", 3}}, out[] = {{"y", 1}};
    slope_error error = {0};
    slope_function *step = record_step(&error);
    slope_branches *b = step ? slope_branches_create(3, in, 1, out, trace_whole, step, 2, &error) : NULL;
    (void)f;
    if (b)
        (void)slope_branches_at(b, (const double *const[]){s0, p0, d0}, &error);
    slope_branches_destroy(b);
    slope_function_destroy(step);
    return error.status;
}

static const struct {
    const char *name;
    scenario *run;
} scenarios[] = {{"recording", recording},   {"reading", reading},       {"gradient", gradient},
                 {"second", second},         {"directions", directions}, {"series", series},
                 {"sparse", sparse},         {"jacobians", jacobians},   {"lagrangian", lagrangian},
                 {"optimising", optimising}, {"binding", binding},       {"generating", generating},
                 {"compiling", compiling},   {"sweeping", sweeping},     {"branching", branching}};

/* Of a fresh copy of the function each time, as derivatives are kept with it; the allocations that the scenario
   took. */
static size_t run_one(const char *name, scenario *run, size_t at, int and_later)
{
    slope_error error = {0};
    slope_function *f = record(&error);
    assert_non_null(f);
    calls = 0;
    forever = and_later;
    fail_at = at;
    const slope_status status = run(f);
    fail_at = 0;
    const size_t taken = calls;
    const int has_none = run == series && record == record_opaque && status == SLOPE_ERR_UNSUPPORTED;
    if (status != SLOPE_OK && status != SLOPE_ERR_MEMORY && run != compiling && !has_none)
        fail_msg("%s: with allocation %zu failing%s the answer is %s", name, at, and_later ? " and later ones" : "",
                 slope_status_text(status));
    slope_function_destroy(f);
    return taken;
}

static void fail_every_allocation(recorder *of)
{
    record = of;
    for (size_t k = 0; k < sizeof scenarios / sizeof *scenarios; k++) {
        const size_t all = run_one(scenarios[k].name, scenarios[k].run, 0, 0);
        for (size_t at = 1; at <= all; at += 1 + all / 150) {
            (void)run_one(scenarios[k].name, scenarios[k].run, at, 0);
            (void)run_one(scenarios[k].name, scenarios[k].run, at, 1);
        }
    }
}

static void whatever_allocation_fails_the_answer_is_short_memory(void **state)
{
    (void)state;
    fail_every_allocation(record_whole);
}

static void with_custom_operations_and_tables_too(void **state)
{
    (void)state;
    fail_every_allocation(record_opaque);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_allocation_fails_the_answer_is_short_memory),
                                       cmocka_unit_test(with_custom_operations_and_tables_too)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
