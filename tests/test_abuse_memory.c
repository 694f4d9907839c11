/* SPDX-License-Identifier: MIT */
/*
 * When memory is short: every allocation of recording, deriving, evaluating, writing, drawing and checking fails once,
 * and once with all that follow.  The answer is SLOPE_ERR_MEMORY or the result that there is without a failure, to the
 * last bit: numbers, functions, texts.  What is lost shows under the address sanitizer.
 */
#include "testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <slope/slope.h>

#include "base/memory.h"
#include "native/native.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *data, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *data, size_t size);

static size_t calls, fail_at; /* fail_at 0: none fails */
static int forever, paused;
static uint64_t result; /* of the scenario: a hash of all that it gave */

static int fails(void)
{
    if (paused)
        return 0;
    calls++;
    return fail_at && (calls == fail_at || (forever && calls > fail_at));
}

void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t n, size_t size) { return fails() ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *data, size_t size) { return fails() ? NULL : __real_realloc(data, size); }

/* ----------------------------------------------------------------------------------------------- what is noted */

static void note(const void *bytes, size_t n) { result = (result ^ slope__hash(bytes, n)) * 0x9E3779B97F4A7C15u; }

static void note_number(double x)
{
    x = x == x ? x : (double)NAN;
    note(&x, sizeof x);
}

static void note_text(const char *text) { note(text, strlen(text)); }

/* All of a function; nothing fails meanwhile. */
static void note_function(const slope_function *f)
{
    char *text = NULL;
    paused = 1;
    assert_int_equal(slope_function_dump(f, &text, NULL), SLOPE_OK);
    note_text(text);
    free(text);
    paused = 0;
}

static void note_pattern(const slope_pattern *p)
{
    note(p->row, p->entries * sizeof *p->row);
    note(p->column, p->entries * sizeof *p->column);
    note(p->by_column, p->entries * sizeof *p->by_column);
    note(&p->colours, sizeof p->colours);
}

static int note_piece(const char *data, size_t size, void *context)
{
    (void)context;
    note(data, size);
    return 0;
}

/* ------------------------------------------------------------------------------------------------------- functions */

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
    double room[8][64] = {{0}};
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
    for (size_t k = 0; status == SLOPE_OK && k < 2; k++) {
        for (size_t g = 0; g < 8; g++) {
            for (size_t j = 0; j < 64; j++)
                note_number(room[g][j]);
        }
        status = slope_eval_batch(f, 20, in, k == 0 ? each : sum, NULL);
    }
    for (size_t g = 0; g < 8 && status == SLOPE_OK; g++) {
        for (size_t j = 0; j < 64; j++)
            note_number(room[g][j]);
    }
    return status ? status : slope_eval_check(f, x, NULL);
}

/* Destroys f; the status of evaluating it, or of not having it. */
static slope_status use(slope_function *f, const slope_error *error)
{
    const slope_status status = f ? evaluate(f) : error->status;
    if (f)
        note_function(f);
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
    if (g)
        note_function(g);
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
    if (h)
        note_pattern(pattern);
    slope_pattern_destroy(pattern);
    return use(h, &error);
}

static slope_status jacobians(const slope_function *f)
{
    slope_error error = {0};
    slope_pattern *pattern = slope_jacobian_pattern(f, 0, NULL, &error);
    if (pattern)
        note_pattern(pattern);
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
    slope_codegen_options o = slope_codegen_options_default();
    slope_status status = SLOPE_OK;
    for (o.use_float = 0; o.use_float < 2 && status == SLOPE_OK; o.use_float++) {
        slope_code code = {0};
        slope_error error = {0};
        status = slope_codegen(f, &o, &code, &error);
        if (status == SLOPE_OK) {
            assert_int_equal(strlen(code.source), code.source_size);
            note_text(code.source);
            note_text(code.header);
        } else {
            assert_null(code.source);
            assert_int_equal(error.status, status);
        }
        slope_code_free(&code);
    }
    return status;
}

/* The text that a compiler would get. */
static slope_status emitting(const slope_function *f)
{
    if (record == record_opaque)
        return SLOPE_ERR_UNSUPPORTED; /* slope_function_compile tells before */
    slope__native_program program;
    const slope_status status = slope__native_emit(f, 4, &program, NULL);
    if (status == SLOPE_OK) {
        assert_int_equal(strlen(program.text), program.size);
        note_text(program.text);
        free(program.text);
    }
    return status;
}

static slope_status writing(const slope_function *f)
{
    unsigned char bytes[16384];
    char *text = NULL;
    size_t size = 0, length = 0;
    slope_error error = {0};
    slope_status status = slope_function_save(f, sizeof bytes, bytes, &size);
    if (status == SLOPE_OK)
        note(bytes, size);
    status = status ? status : slope_function_dump(f, &text, &length);
    if (status == SLOPE_OK) {
        assert_int_equal(strlen(text), length);
        note_text(text);
    }
    free(text);
    if (status != SLOPE_OK)
        return status;
    slope_function *loaded = slope_function_load(bytes, size, &error);
    slope_function *bound = loaded ? slope_function_bind(loaded, 0, numbers, ITEMS, &error) : NULL;
    slope_function_destroy(loaded);
    return use(bound, &error);
}

static slope_status filing(const slope_function *f)
{
    static const char path[] = "test_abuse_memory.slope";
    slope_error error = {0};
    slope_status status = slope_function_write(f, path, &error);
    if (status == SLOPE_OK) {
        slope_function *back = slope_function_read(path, &error);
        status = error.status;
        if (back)
            note_function(back);
        slope_function_destroy(back);
    }
    (void)remove(path);
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

/* The tape of one call of f, and what can be asked of it. */
typedef slope_status question(slope_value y, const slope_value x[7]);

static slope_status ask(const slope_function *f, question *q)
{
    slope_tape *tape = slope_tape_create(NULL);
    if (!tape)
        return SLOPE_ERR_MEMORY;
    slope_value x[7], y;
    for (size_t j = 0; j < 7; j++)
        x[j] = slope_var(tape, j < 2 ? s0[j] : j < 4 ? p0[j - 2] : d0[j - 4]);
    slope_status status =
        slope_call(tape, f, (const slope_value *const[]){x, x + 2, x + 4}, (slope_value *const[]){&y});
    if (status == SLOPE_OK) {
        y = slope_add(slope_square(y), slope_sin(x[0]));
        status = slope_tape_status(tape);
    }
    status = status ? status : q(y, x);
    slope_tape_destroy(tape);
    return status;
}

static slope_status ask_backward(slope_value y, const slope_value x[7])
{
    const slope_status status = slope_backward(y);
    for (size_t j = 0; j < 7 && status == SLOPE_OK; j++)
        note_number(slope_grad(x[j]));
    return status;
}

static slope_status ask_forward(slope_value y, const slope_value x[7])
{
    slope_status status = slope_set_data(x[0], 0.7);
    status = status ? status : slope_forward(y.tape);
    if (status == SLOPE_OK)
        note_number(slope_data(y));
    return status;
}

static void note_entry(const slope_check_entry *e)
{
    note(&e->verdict, sizeof e->verdict);
    note_number(e->numeric);
}

static slope_status ask_check(slope_value y, const slope_value x[7])
{
    slope_check_entry entry[3];
    const slope_status status = slope_check_values(y, 3, x, entry);
    for (size_t j = 0; j < 3 && status == SLOPE_OK; j++)
        note_entry(&entry[j]);
    return status;
}

static slope_status ask_nodes(slope_value y, const slope_value x[7])
{
    slope_culprit culprit;
    slope_origin origin;
    (void)x;
    slope_status status = slope_check_nodes(y, &culprit);
    if (status == SLOPE_OK)
        assert_true(slope_is_null(culprit.node));
    status = status ? status : slope_find_nonfinite(y, &origin);
    if (status == SLOPE_OK)
        assert_true(slope_is_null(origin.node));
    return status;
}

static slope_status draw(slope_value y, slope_graph_format format, size_t most)
{
    slope_graph_options o = slope_graph_options_default();
    o.max_nodes = most;
    slope_status status = slope_backward(y);
    return status ? status : slope_graph_stream(1, &y, format, &o, note_piece, NULL, NULL);
}

static slope_status ask_dot(slope_value y, const slope_value x[7])
{
    (void)x;
    return draw(y, SLOPE_GRAPH_DOT, 400);
}

static slope_status ask_json(slope_value y, const slope_value x[7])
{
    (void)x;
    return draw(y, SLOPE_GRAPH_JSON, 400);
}

static slope_status ask_text(slope_value y, const slope_value x[7])
{
    (void)x;
    return draw(y, SLOPE_GRAPH_TEXT, 400);
}

static slope_status ask_page(slope_value y, const slope_value x[7])
{
    (void)x;
    return draw(y, SLOPE_GRAPH_HTML, 4);
}

static slope_status sweeping(const slope_function *f) { return ask(f, ask_backward); }
static slope_status renewing(const slope_function *f) { return ask(f, ask_forward); }
static slope_status checking(const slope_function *f) { return ask(f, ask_check); }
static slope_status searching(const slope_function *f) { return ask(f, ask_nodes); }
static slope_status drawing(const slope_function *f) { return ask(f, ask_dot); }
static slope_status listing(const slope_function *f) { return ask(f, ask_json); }
static slope_status showing(const slope_function *f) { return ask(f, ask_text); }
static slope_status paging(const slope_function *f) { return ask(f, ask_page); }

static slope_status structure(const slope_function *f)
{
    static const char path[] = "test_abuse_memory.dot";
    slope_status status = slope_graph_function_write(f, path, 2, NULL, NULL);
    FILE *in = status == SLOPE_OK ? fopen(path, "rb") : NULL;
    if (in) {
        char text[65536];
        note(text, fread(text, 1, sizeof text, in));
        (void)fclose(in);
    } else if (status == SLOPE_OK) {
        status = SLOPE_ERR_MEMORY;
    }
    (void)remove(path);
    return status;
}

/* y0 = sin(x0) x1, y1 = x0 + x1^2; of z as pairs of real and imaginary part the second and twice the first. */
static int smooth(size_t n, const double x[], size_t m, double y[], void *context)
{
    (void)n, (void)context;
    y[0] = sin(x[0]) * x[1];
    if (m > 1)
        y[1] = x[0] + x[1] * x[1];
    return 0;
}

static int squares(size_t n, const double x[], size_t m, double y[], void *context)
{
    (void)n, (void)m, (void)context;
    y[0] = x[0] * x[0] - x[1] * x[1];
    y[1] = 2.0 * x[0] * x[1];
    return 0;
}

static slope_status differencing(const slope_function *f)
{
    (void)f;
    double out[4] = {0}, error[4] = {0}, exact[2] = {cos(0.3) * -0.4, sin(0.3)};
    slope_check_entry entry[2];
    slope_sweep_row row[SLOPE_SWEEP_ROWS];
    slope_numeric_options o = slope_numeric_options_default();
    slope_status status = SLOPE_OK;
    for (o.method = SLOPE_METHOD_FORWARD; o.method <= SLOPE_METHOD_RIDDERS && status == SLOPE_OK; o.method++) {
        status = slope_numeric_jacobian(smooth, 2, s0, 2, NULL, &o, out, error);
        for (size_t k = 0; k < 4 && status == SLOPE_OK; k++) {
            note_number(out[k]);
            note_number(error[k]);
        }
    }
    status = status ? status : slope_numeric_directional(smooth, 2, s0, p0, 2, NULL, NULL, out, error);
    status = status ? status : slope_complex_jacobian(squares, 1, s0, 1, NULL, NULL, out + 2);
    status = status ? status : slope_check_gradient(smooth, 2, s0, exact, NULL, NULL, entry);
    status = status ? status : slope_numeric_sweep(smooth, NULL, 2, s0, 0, exact[0], NULL, NULL, row);
    if (status == SLOPE_OK) {
        note(out, sizeof out);
        note_entry(&entry[0]);
        note_entry(&entry[1]);
        note_number(row[3].central);
    }
    return status;
}

static slope_status branching(const slope_function *f)
{
    static const slope_group in[] = {{"s", 2}, {"p", 2}, {"d", 3}}, out[] = {{"y", 1}};
    slope_error error = {0};
    slope_function *step = record_step(&error);
    slope_branches *b = step ? slope_branches_create(3, in, 1, out, trace_whole, step, 2, &error) : NULL;
    (void)f;
    const slope_function *there = b ? slope_branches_at(b, (const double *const[]){s0, p0, d0}, &error) : NULL;
    if (there)
        note_function(there);
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
                 {"compiling", compiling},   {"sweeping", sweeping},     {"branching", branching},
                 {"emitting", emitting},     {"writing", writing},       {"filing", filing},
                 {"renewing", renewing},     {"checking", checking},     {"searching", searching},
                 {"drawing", drawing},       {"listing", listing},       {"showing", showing},
                 {"paging", paging},         {"structure", structure},   {"differencing", differencing}};

/* What a scenario gives without a failure. */
typedef struct outcome {
    slope_status status; /* other than SLOPE_OK where it can't be done with such a function */
    uint64_t result;
} outcome;

/* Of a fresh copy of the function each time, as derivatives are kept with it; the allocations that the scenario
   took. */
static size_t run_one(size_t k, size_t at, int and_later, outcome *is)
{
    slope_error error = {0};
    slope_function *f = record(&error);
    assert_non_null(f);
    calls = 0;
    result = 0;
    forever = and_later;
    fail_at = at;
    const slope_status status = scenarios[k].run(f);
    fail_at = 0;
    *is = (outcome){status, result};
    slope_function_destroy(f);
    return calls;
}

static void compare(size_t k, size_t at, int and_later, const outcome *usual)
{
    const char *later = and_later ? " and later ones" : "";
    outcome is;
    (void)run_one(k, at, and_later, &is);
    if (is.status != usual->status && is.status != SLOPE_ERR_MEMORY)
        fail_msg("%s: with allocation %zu failing%s the answer is %s", scenarios[k].name, at, later,
                 slope_status_text(is.status));
    if (is.status == SLOPE_OK && is.result != usual->result)
        fail_msg("%s: with allocation %zu failing%s the result is another one, with SLOPE_OK", scenarios[k].name, at,
                 later);
}

static void fail_every_allocation(recorder *of)
{
    record = of;
    for (size_t k = 0; k < sizeof scenarios / sizeof *scenarios; k++) {
        outcome usual, again;
        const size_t all = run_one(k, 0, 0, &usual);
        (void)run_one(k, 0, 0, &again);
        assert_true(usual.status == SLOPE_OK || (of == record_opaque && usual.status == SLOPE_ERR_UNSUPPORTED));
        assert_true(usual.status == again.status && usual.result == again.result);
        for (size_t at = 1; at <= all; at += 1 + all / 150) {
            compare(k, at, 0, &usual);
            compare(k, at, 1, &usual);
        }
    }
}

static void whatever_allocation_fails_the_result_is_the_same_or_none(void **state)
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(whatever_allocation_fails_the_result_is_the_same_or_none),
                                       cmocka_unit_test(with_custom_operations_and_tables_too)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
