/* SPDX-License-Identifier: MIT */
/* A computation as bytes and back: the same numbers, the same picture; and bytes that are no computation. */
#include <math.h>
#include <time.h>

#include "graph/page.h"
#include "graph_text.h"

/* --------------------------------------------------------------------------------------------------- there and back */

static int digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = strchr(digits, c);
    return at ? (int)(at - digits) : 0;
}

/* Base64 in place; returns how many bytes it is. */
static size_t decode(graph_text *t)
{
    unsigned char *out = (unsigned char *)t->data;
    size_t n = 0;
    assert_int_equal(t->size % 4, 0);
    for (size_t i = 0; i < t->size; i += 4) {
        const char *c = t->data + i;
        const unsigned bits = (unsigned)(digit(c[0]) << 18 | digit(c[1]) << 12 | digit(c[2]) << 6 | digit(c[3]));
        const size_t bytes = c[2] == '=' ? 1 : c[3] == '=' ? 2 : 3;
        for (size_t k = 0; k < bytes; k++)
            out[n++] = (unsigned char)(bits >> (16 - 8 * k));
    }
    return n;
}

/* The bytes of y[0..n-1], to be freed; *characters of base64 they were. */
static graph_text encoded(size_t n, const slope_value y[], size_t *characters)
{
    const slope_graph_options options = slope_graph_options_default();
    slope__arena arena = {.allocator = slope_allocator_default()};
    slope__walk walk;
    slope__out out;
    graph_text t = {0};
    assert_int_equal(slope__walk_make(&walk, n, y, &options, &arena), SLOPE_OK);
    slope__out_start(&out, collect, &t);
    assert_int_equal(slope__write_data(&out, &walk, &arena), SLOPE_OK);
    assert_int_equal(slope__out_finish(&out), SLOPE_OK);
    slope__arena_free(&arena);
    if (characters)
        *characters = t.size;
    t.size = decode(&t);
    return t;
}

static slope__replica replicated(size_t n, const slope_value y[])
{
    slope__replica r;
    slope_error error;
    graph_text t = encoded(n, y, NULL);
    if (slope__data_read(t.data, t.size, &r, &error))
        fail_msg("%s", error.message);
    free(t.data);
    assert_int_equal(r.outputs, n);
    return r;
}

static char *json(size_t n, const slope_value y[])
{
    slope_graph_options options = slope_graph_options_default();
    options.max_nodes = SLOPE_MAX_NODES;
    options.fold = 0;
    graph_text t = {0};
    assert_int_equal(slope_graph_stream(n, y, SLOPE_GRAPH_JSON, &options, collect, &t, NULL), SLOPE_OK);
    return t.data;
}

/* JSON has every number, operand, label, place, data, gradient and local derivative, by canonical number, to the last
   bit. */
static void assert_replica(size_t n, const slope_value y[], const slope__replica *r)
{
    char *there = json(n, y), *here = json(n, r->output);
    assert_string_equal(there, here);
    free(there);
    free(here);
}

static size_t frozen_inputs(size_t n, const slope_value y[])
{
    size_t frozen = 0;
    assert_int_equal(slope_backward_seeded(n, y, NULL), SLOPE_OK);
    slope__replica r = replicated(n, y);
    assert_replica(n, y, &r);
    for (size_t i = 0; i < r.inputs; i++)
        frozen += r.frozen[i];
    slope__replica_free(&r);
    return frozen;
}

static void assert_kept(size_t n, const slope_value y[]) { assert_int_equal(frozen_inputs(n, y), 0); }

static double drawn_between(uint64_t *seed, double low, double high)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return low + (high - low) * ((double)(*seed >> 33) / (double)0x7fffffff);
}

/* ------------------------------------------------------------------------------------------------------- operations */

/* Operands that are inputs, numbers, and one of them twice. */
static void every_operation_comes_back(void **state)
{
    slope_tape *t = *state;
    uint64_t seed = 7;
    size_t operations = 0;
    for (size_t op = SLOPE_OP_ADD; op < SLOPE_OP_CUSTOM; op++)
        for (int kinds = 0; kinds < 8; kinds++) {
            slope_tape_reset(t);
            const slope_op_info *info = slope_op_describe((slope_op)op);
            const size_t n = info->arity < 0 ? 4 : (size_t)info->arity;
            slope_value x[4];
            for (size_t i = 0; i < n; i++) {
                const double a = i == 1 ? drawn_between(&seed, info->low2, info->high2)
                                        : drawn_between(&seed, info->low, info->high);
                x[i] = kinds >> i & 1 ? slope_number(a) : slope_var(t, a);
            }
            if (kinds == 7)
                x[n - 1] = slope_sin(slope_var(t, 0.5));
            const slope_value y = slope_apply((slope_op)op, n, x);
            assert_true(slope_is_valid(y));
            assert_kept(1, &y);
            operations++;
        }
    assert_true(operations > 8 * 50);
}

static void a_thousand_operands_come_back(void **state)
{
    slope_tape *t = *state;
    slope_value x[1000], y[3];
    for (size_t i = 0; i < 1000; i++)
        x[i] = i % 7 == 3 ? slope_number(0.25 * (double)i) : slope_var(t, sin((double)i));
    y[0] = slope_norm(1000, x);
    y[1] = slope_dot(500, x, x + 500);
    y[2] = slope_logsumexp(1000, x);
    assert_kept(3, y);
}

static void labels_and_places_come_back(void **state)
{
    slope_tape *t = *state;
    static const char *const odd[] = {
        "", " ", "\"\\</script>", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x8c\x99", "\x01\x7f\xff\n", "{|}<>&amp;"};
    char file[80][16];
    slope_value y = slope_number(0.0);
    for (size_t i = 0; i < 300; i++) {
        slope_value x = slope_var(t, (double)i);
        if (i % 3 == 0)
            (void)slope_label(x, odd[i % 6]);
        if (i % 5 == 0)
            (void)slope_label(slope_label(x, "first"), NULL);
        (void)snprintf(file[i % 80], sizeof *file, "file%zu.c", i % 80); /* more than there are slots for */
        if (i % 4 != 1)
            (void)slope_at(x, i % 8 ? file[i % 80] : "one.c", (int)i * 1000);
        y = slope_add(y, x);
    }
    const slope_value root = slope_label(slope_at(slope_sqrt(y), __FILE__, 0x7ffffffe), "root");
    assert_kept(1, &root);
}

static void odd_numbers_keep_their_bits(void **state)
{
    slope_tape *t = *state;
    static const double odd[] = {0.0, -0.0, INFINITY, -INFINITY, 5e-324, -1e-310, 1e308, 0.1};
    slope_value y[40];
    size_t n = 0;
    for (size_t i = 0; i < 8; i++) {
        const slope_value x = slope_var(t, odd[i]);
        y[n++] = x;
        y[n++] = slope_number(odd[i]);
        y[n++] = slope_mul(x, slope_number(odd[7 - i]));
        y[n++] = slope_fma(x, slope_number(-0.0), slope_number(odd[i]));
    }
    y[n++] = slope_exp(slope_var(t, NAN));
    y[n++] = slope_number(NAN);
    assert_int_equal(slope_backward_seeded(n, y, NULL), SLOPE_OK);
    slope__replica r = replicated(n, y);
    assert_replica(n, y, &r);
    for (size_t i = 0; i < n; i++) {
        const double a = slope_data(y[i]), b = slope_data(r.output[i]);
        assert_int_equal(slope_is_number(y[i]), slope_is_number(r.output[i]));
        assert_int_equal(isnan(a), isnan(b));
        assert_true(isnan(a) || (a == b && signbit(a) == signbit(b)));
    }
    slope__replica_free(&r);
}

static void outputs_may_be_many_shared_and_inner(void **state)
{
    slope_tape *t = *state;
    slope_value a = slope_var(t, 2.0), b = slope_var(t, -3.0), e = slope_label(slope_mul(a, b), "e");
    slope_value d = slope_add(e, slope_number(10.0)), y[] = {slope_mul(d, e), e, e, slope_number(3.0), a, slope_sin(a)};
    assert_kept(6, y);
    assert_kept(1, &a);
    const slope_value number = slope_number(4.0);
    slope__replica r = replicated(1, &number);
    assert_replica(1, &number, &r);
    assert_false(r.swept);
    slope__replica_free(&r);
}

/* Numbers that became nodes, since their user has three operands, and then are used again. */
static void numbers_that_are_nodes_stay_nodes(void **state)
{
    slope_tape *t = *state;
    slope_value x = slope_var(t, 1.5), f = slope_fma(x, slope_number(2.0), slope_number(3.0)), k = slope_operand(f, 1);
    slope_node node;
    assert_int_equal(slope_inspect(k, &node), SLOPE_OK);
    assert_int_equal(node.op, SLOPE_OP_CONST);
    const slope_value y = slope_add(slope_mul(f, k), slope_pow(k, slope_number(2.0)));
    assert_kept(1, &y);
}

static void the_order_of_recording_does_not_show(void **state)
{
    slope_tape *other = slope_tape_create(NULL);
    const slope_value y = lecture(*state, 0), z = lecture(other, 1);
    graph_text one = encoded(1, &y, NULL), two = encoded(1, &z, NULL);
    assert_int_equal(one.size, two.size);
    assert_memory_equal(one.data, two.data, one.size);
    free(one.data);
    free(two.data);
    slope_tape_destroy(other);
}

static void an_input_can_be_set_in_the_replica(void **state)
{
    const slope_value y = lecture(*state, 0);
    slope__replica r = replicated(1, &y);
    assert_true(r.swept);
    assert_int_equal(r.inputs, 4); /* a, b, c, f in canonical order */
    assert_int_equal(slope_set_data(r.input[0], 5.0), SLOPE_OK);
    assert_int_equal(slope_forward(r.tape), SLOPE_OK);
    assert_int_equal(slope_backward(r.output[0]), SLOPE_OK);
    assert_true(slope_data(r.output[0]) == (5.0 * -3.0 + 10.0) * -2.0);
    assert_true(slope_grad(r.input[1]) == -10.0);
    slope__replica_free(&r);
}

/* ------------------------------------------------------------------------------------- what can't be computed again */

/* x0^2 x1 + shift */
static int square_and_shift(size_t n, const double x[], double *value, double partial[], void *context)
{
    assert_int_equal(n, 2);
    *value = x[0] * x[0] * x[1] + *(const double *)context;
    if (partial) {
        partial[0] = 2.0 * x[0] * x[1];
        partial[1] = x[0] * x[0];
    }
    return 0;
}

static void custom_operations_keep_what_they_gave(void **state)
{
    slope_tape *t = *state;
    double shift = 0.3;
    const slope_custom custom = {"square <and> shift", square_and_shift, &shift};
    slope_value a = slope_var(t, 1.7), b = slope_var(t, -0.3), c = slope_var(t, 2.0);
    const slope_value first[] = {slope_sin(a), b}, p = slope_custom_apply(&custom, 2, first);
    const slope_value second[] = {p, slope_number(3.0)};
    const slope_value y = slope_mul(slope_custom_apply(&custom, 2, second), c);
    assert_int_equal(slope_backward(y), SLOPE_OK);
    slope__replica r = replicated(1, &y);
    assert_replica(1, &y, &r);
    assert_int_equal(r.inputs, 3);
    assert_true(r.frozen[0] && r.frozen[1]);
    assert_false(r.frozen[2]);
    assert_int_equal(slope_set_data(r.input[2], -4.0), SLOPE_OK); /* behind them all is live */
    assert_int_equal(slope_forward(r.tape), SLOPE_OK);
    assert_int_equal(slope_backward(r.output[0]), SLOPE_OK);
    assert_true(slope_data(r.output[0]) == slope_data(slope_operand(y, 0)) * -4.0);
    assert_near(slope_grad(r.input[0]), slope_grad(a) * -2.0, 1e-12);
    slope__replica_free(&r);
}

/* f(p[2], x[2]) = (p0 sin(x0) + x1 p1, x0 x1) */
static int body(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    y[0][0] = slope_add(slope_mul(x[0][0], slope_sin(x[1][0])), slope_mul(x[1][1], x[0][1]));
    y[1][0] = slope_mul(x[1][0], x[1][1]);
    return 0;
}

static slope_function *body_function(void)
{
    const slope_group in[] = {{"p", 2}, {"x", 2}}, out[] = {{"u", 1}, {"v", 1}};
    slope_function *f = slope_function_record(2, in, 2, out, NULL, body, NULL, NULL);
    assert_non_null(f);
    return f;
}

/* w (sum of u) + v[3], where u and v are the results of a map, and a call */
static slope_value structured(slope_tape *t, const slope_function *f, size_t n, slope_value x[], slope_value *w)
{
    slope_value p[2] = {slope_var(t, 0.7), slope_var(t, -1.3)}, *u = malloc(n * sizeof *u), *v = malloc(n * sizeof *v);
    assert_true(u && v);
    for (size_t i = 0; i <= n; i++)
        x[i] = slope_var(t, 0.3 * (double)(i % 13) - 1.1);
    *w = slope_var(t, 2.0);
    const slope_view in[] = {slope_shared(p), slope_each(x, 1)};
    slope_value a, b, sum;
    assert_int_equal(slope_map(t, f, n, in, (slope_value *const[]){u, v}), SLOPE_OK);
    sum = slope_sum(n, u);
    const slope_value *const called[] = {p, u + 1};
    assert_int_equal(slope_call(t, f, called, (slope_value *const[]){&a, &b}), SLOPE_OK);
    sum = slope_add(slope_add(slope_mul(*w, sum), v[3]), slope_mul(a, b));
    free(u);
    free(v);
    return sum;
}

/* Where w changes, the gradients of the map's results change, each in its way: its Jacobian tells what follows. */
static void calls_and_maps_keep_what_they_gave(void **state)
{
    slope_tape *t = *state;
    slope_function *f = body_function();
    slope_value x[13], w, y = structured(t, f, 12, x, &w);
    assert_int_equal(slope_backward(y), SLOPE_OK);
    slope__replica r = replicated(1, &y);
    assert_replica(1, &y, &r);
    assert_int_equal(r.inputs, 2 + 13 + 1);
    for (size_t i = 0; i < r.inputs; i++)
        assert_int_equal(r.frozen[i], i > 0); /* w, which comes first, is live */
    assert_int_equal(slope_set_data(r.input[0], -1.0), SLOPE_OK);
    assert_int_equal(slope_set_data(w, -1.0), SLOPE_OK);
    assert_int_equal(slope_forward(r.tape), SLOPE_OK);
    assert_int_equal(slope_forward(t), SLOPE_OK);
    assert_int_equal(slope_backward(r.output[0]), SLOPE_OK);
    assert_int_equal(slope_backward(y), SLOPE_OK);
    assert_true(slope_data(r.output[0]) == slope_data(y));
    for (size_t i = 0; i < 13; i++) /* behind w and p */
        assert_near(slope_grad(r.input[3 + i]), slope_grad(x[i]), 1e-13);
    slope__replica_free(&r);
    slope_function_destroy(f);
}

/* Everything at once: a folded view, its layout, and the data of calls and maps. */
static void folded_calls_and_maps_have_a_page(void **state)
{
    slope_function *f = body_function();
    slope_value x[101], w, y = structured(*state, f, 100, x, &w);
    for (size_t most = 3; most <= 300; most *= 10) {
        slope_graph_options options = slope_graph_options_default();
        options.max_nodes = most;
        assert_drawn(y, SLOPE_GRAPH_HTML, &options, "</html>");
    }
    slope_function_destroy(f);
}

static void before_a_sweep_structures_have_their_jacobian(void **state)
{
    slope_tape *t = *state;
    slope_function *f = body_function();
    slope_value x[13], w, y = structured(t, f, 12, x, &w);
    slope__replica r = replicated(1, &y);
    assert_false(r.swept);
    assert_int_equal(slope_backward(y), SLOPE_OK);
    assert_true(slope_data(r.input[0]) == 2.0); /* w comes first, then p */
    for (size_t i = 0; i < 13; i++)
        assert_near(slope_grad(r.input[3 + i]), slope_grad(x[i]), 1e-13);
    slope__replica_free(&r);
    slope_function_destroy(f);
}

static void a_structure_may_be_an_output_itself(void **state)
{
    slope_tape *t = *state;
    slope_function *f = body_function();
    slope_value x[5], w, y = structured(t, f, 4, x, &w);
    slope_value v = y; /* the map, without any of its results */
    for (size_t i = 0; i < slope_tape_size(t); i++) {
        slope_node node;
        assert_int_equal(slope_inspect(slope_tape_value(t, i), &node), SLOPE_OK);
        if (node.op == SLOPE_OP_STRUCTURE && node.operands == 7)
            v = slope_tape_value(t, i);
    }
    assert_false(slope_same(v, y));
    assert_int_equal(frozen_inputs(1, &v), 7);
    const slope_value both[] = {y, v};
    assert_int_equal(frozen_inputs(2, both), 7);
    slope_function_destroy(f);
}

static void of_large_structures_nothing_may_change(void **state)
{
    slope_tape *t = *state;
    slope_function *f = body_function();
    slope_value *x = malloc(3001 * sizeof *x), w, y;
    assert_non_null(x);
    y = structured(t, f, 3000, x, &w);
    assert_int_equal(slope_backward(y), SLOPE_OK);
    slope__replica r = replicated(1, &y);
    assert_replica(1, &y, &r);
    for (size_t i = 0; i < r.inputs; i++)
        assert_true(r.frozen[i]);
    slope__replica_free(&r);
    free(x);
    slope_function_destroy(f);
}

/* ------------------------------------------------------------------------------------------------------------- size */

/* The two moons: 2-16-16-1, 100 points, as many values as the lecture's loss has. */
static slope_value moons(slope_tape *t)
{
    enum { POINTS = 100, WIDE = 16, PARAMETERS = 3 * WIDE + 17 * WIDE + 17 };
    static const size_t width[] = {2, WIDE, WIDE, 1};
    slope_value p[PARAMETERS], square[PARAMETERS], hinge[POINTS];
    uint64_t seed = 42;
    for (size_t i = 0; i < PARAMETERS; i++)
        p[i] = slope_var(t, drawn_between(&seed, -1.0, 1.0));
    for (size_t k = 0; k < POINTS; k++) {
        slope_value in[WIDE] = {slope_number(drawn_between(&seed, -1, 2)), slope_number(drawn_between(&seed, -1, 1))};
        const slope_value *w = p;
        for (size_t layer = 0; layer < 3; layer++) {
            slope_value out[WIDE];
            for (size_t j = 0; j < width[layer + 1]; j++, w += width[layer] + 1) {
                slope_value sum = w[width[layer]];
                for (size_t i = 0; i < width[layer]; i++)
                    sum = slope_add(sum, slope_mul(w[i], in[i]));
                out[j] = layer < 2 ? slope_relu(sum) : sum;
            }
            memcpy(in, out, width[layer + 1] * sizeof *in);
        }
        hinge[k] = slope_relu(slope_add(slope_mul(in[0], k % 2 ? 1.0 : -1.0), 1.0));
    }
    for (size_t i = 0; i < PARAMETERS; i++)
        square[i] = slope_mul(p[i], p[i]);
    return slope_add(slope_mean(POINTS, hinge), slope_mul(slope_sum(PARAMETERS, square), 1e-4));
}

/* What JSON says, of graphs too large for it; gradients within a relative error. */
static void assert_same_walk(slope_value y, slope_value z, double error)
{
    const slope_graph_options options = slope_graph_options_default();
    slope__arena arena = {.allocator = slope_allocator_default()};
    slope__walk a, b;
    assert_int_equal(slope__walk_make(&a, 1, &y, &options, &arena), SLOPE_OK);
    assert_int_equal(slope__walk_make(&b, 1, &z, &options, &arena), SLOPE_OK);
    assert_int_equal(a.items, b.items);
    assert_int_equal(a.operands, b.operands);
    assert_memory_equal(a.operand, b.operand, a.operands * sizeof *a.operand);
    for (size_t i = 0; i < a.items; i++) {
        const slope__item *v = &a.item[i], *w = &b.item[i];
        if (v->op != w->op || v->kind != w->kind || v->operands != w->operands || v->data != w->data)
            fail_msg("value %zu differs", i);
        assert_near(v->grad, w->grad, error * fabs(v->grad));
    }
    slope__arena_free(&arena);
}

static void the_loss_of_the_two_moons_is_small(void **state)
{
    const slope_value y = moons(*state);
    size_t characters = 0;
    assert_int_equal(slope_backward(y), SLOPE_OK);
    graph_text t = encoded(1, &y, &characters);
    assert_in_range(slope_tape_size(*state), 60000, 70000);
    assert_in_range(characters, 100000, 400000);
    free(t.data);
    slope__replica r = replicated(1, &y);
    assert_same_walk(y, r.output[0], 1e-12); /* parameters have uses of their own order: sums may round differently */
    slope__replica_free(&r);
}

static void a_million_values_are_no_problem(void **state)
{
    slope_tape *t = *state;
    const size_t n = getenv("SLOPE_TEST_SMALL") ? 20000 : 1000000;
    const clock_t start = clock();
    slope_value a = slope_var(t, 0.5), y = a;
    for (size_t i = 0; i < n; i++)
        y = slope_label(i % 2 ? slope_add(slope_sin(y), a) : slope_mul(y, 0.25), i % 1000 ? NULL : "mark");
    assert_int_equal(slope_backward(y), SLOPE_OK);
    slope__replica r = replicated(1, &y);
    assert_same_walk(y, r.output[0], 0.0);
    slope__replica_free(&r);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 60.0); /* half a second as measured */
}

/* ------------------------------------------------------------------------------------------------------ wrong bytes */

/* A little of everything. */
static graph_text sample(slope_tape *t)
{
    static double shift = 0.3;
    static const slope_custom custom = {"square", square_and_shift, &shift};
    slope_function *f = body_function();
    slope_value x[5], w, y[3] = {structured(t, f, 4, x, &w)};
    const slope_value two[] = {y[0], slope_number(2.0)};
    y[1] = slope_label(slope_at(slope_custom_apply(&custom, 2, two), "file.c", 42), "custom");
    y[2] = slope_fma(slope_pow(y[1], slope_number(2.0)), slope_label(w, "w"), slope_sum(5, x));
    assert_int_equal(slope_backward_seeded(3, y, NULL), SLOPE_OK);
    graph_text bytes = encoded(3, y, NULL);
    slope_function_destroy(f);
    return bytes;
}

/* Reads from a block of exactly that size, so that a byte too many is seen. */
static slope_status read_from(const char *bytes, size_t size)
{
    char *copy = malloc(size ? size : 1);
    slope__replica r;
    slope_error error;
    assert_non_null(copy);
    memcpy(copy, bytes, size);
    const slope_status status = slope__data_read(copy, size, &r, &error);
    free(copy);
    if (status == SLOPE_OK) {
        const slope_graph_options options = slope_graph_options_default();
        slope__arena arena = {.allocator = slope_allocator_default()};
        slope__walk walk;
        assert_int_equal(slope__walk_make(&walk, r.outputs, r.output, &options, &arena), SLOPE_OK);
        for (size_t i = 0; i < walk.items; i++)
            (void)slope__walk_partials(&walk, i);
        slope__arena_free(&arena);
        assert_int_equal(slope_forward(r.tape), SLOPE_OK);
    } else {
        assert_int_equal(status, SLOPE_ERR_SYNTAX);
        assert_true(error.message[0] && error.position <= size && !r.tape && !r.custom);
    }
    slope__replica_free(&r);
    return status;
}

static void truncated_bytes_are_refused(void **state)
{
    graph_text t = sample(*state);
    assert_int_equal(read_from(t.data, t.size), SLOPE_OK);
    for (size_t n = 0; n < t.size; n++)
        assert_int_equal(read_from(t.data, n), SLOPE_ERR_SYNTAX);
    free(t.data);
}

static void no_changed_byte_does_harm(void **state)
{
    graph_text t = sample(*state);
    size_t refused = 0, changes = 0;
    for (size_t i = 0; i < t.size; i++)
        for (int change = 1; change < 256; change += getenv("SLOPE_TEST_SMALL") ? 37 : 1) {
            const char was = t.data[i];
            t.data[i] = (char)(was ^ change);
            refused += read_from(t.data, t.size) != SLOPE_OK;
            changes++;
            t.data[i] = was;
        }
    assert_in_range(refused, changes / 10, changes); /* the rest are other numbers, names and operands */
    free(t.data);
}

static void counts_beyond_the_bytes_are_refused(void **state)
{
    (void)state;
    static const char huge[] = "slope\1\0\xff\xff\xff\xff\x0f\xff\xff\xff\x0f\xff\xff\xff\x0f\1\3sum";
    assert_int_equal(read_from(huge, sizeof huge - 1), SLOPE_ERR_SYNTAX);
    static const char wide[] = "slope\1\0\1\0\1\1\3sum\1\xff\xff\xff\xff\xff\x0f";
    assert_int_equal(read_from(wide, sizeof wide - 1), SLOPE_ERR_SYNTAX);
    static const char of_nothing[] = "slope\1\0\1\0\1\1\4mean\1\0\0\0\0";
    assert_int_equal(read_from(of_nothing, sizeof of_nothing - 1), SLOPE_ERR_SYNTAX);
    static const char unknown[] = "slope\1\0\1\0\1\1\4sine\0";
    assert_int_equal(read_from(unknown, sizeof unknown - 1), SLOPE_ERR_SYNTAX);
    static const char future[] = "slope\2\0\1\0\1\1\3sin\0";
    assert_int_equal(read_from(future, sizeof future - 1), SLOPE_ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(every_operation_comes_back),
        on_tape(a_thousand_operands_come_back),
        on_tape(labels_and_places_come_back),
        on_tape(odd_numbers_keep_their_bits),
        on_tape(outputs_may_be_many_shared_and_inner),
        on_tape(numbers_that_are_nodes_stay_nodes),
        on_tape(the_order_of_recording_does_not_show),
        on_tape(an_input_can_be_set_in_the_replica),
        on_tape(custom_operations_keep_what_they_gave),
        on_tape(calls_and_maps_keep_what_they_gave),
        on_tape(folded_calls_and_maps_have_a_page),
        on_tape(before_a_sweep_structures_have_their_jacobian),
        on_tape(a_structure_may_be_an_output_itself),
        on_tape(of_large_structures_nothing_may_change),
        on_tape(the_loss_of_the_two_moons_is_small),
        on_tape(a_million_values_are_no_problem),
        on_tape(truncated_bytes_are_refused),
        on_tape(no_changed_byte_does_harm),
        cmocka_unit_test(counts_beyond_the_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
