/* SPDX-License-Identifier: MIT */
/* Calls, maps and folds on tapes: values and gradients are those of the same computation recorded operation by
   operation. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <slope/derive.h>
#include <slope/eval.h>

#include "testing.h"

/* f(p[2], x[2]) = (p0 * sin(x0) + x1 * p1, x0 * x1) */
static int body(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    y[0][0] = slope_add(slope_mul(x[0][0], slope_sin(x[1][0])), slope_mul(x[1][1], x[0][1]));
    y[1][0] = slope_mul(x[1][0], x[1][1]);
    return 0;
}

static const slope_group body_in[] = {{"p", 2}, {"x", 2}}, body_out[] = {{"u", 1}, {"v", 1}};

static slope_function *record(size_t inputs, const slope_group input[], size_t outputs, const slope_group output[],
                              slope_trace *trace)
{
    slope_error error = {0};
    slope_function *f = slope_function_record(inputs, input, outputs, output, NULL, trace, NULL, &error);
    if (!f)
        fail_msg("%s", error.message);
    return f;
}

static slope_function *make_body(void) { return record(2, body_in, 2, body_out, body); }

/* The body on values as it stands. */
static void unrolled(const slope_value p[2], slope_value x0, slope_value x1, slope_value *u, slope_value *v)
{
    slope_value two[] = {x0, x1};
    const slope_value *const in[] = {p, two};
    slope_value *const out[] = {u, v};
    (void)body(NULL, in, out, NULL);
}

enum { N = 12 };

static void make_inputs(slope_tape *tape, slope_value p[2], slope_value x[N + 1])
{
    p[0] = slope_var(tape, 0.7);
    p[1] = slope_var(tape, -1.3);
    for (size_t i = 0; i <= N; i++)
        x[i] = slope_var(tape, 0.3 * (double)i - 1.1);
}

/* Sweeps from a and b, which are to be equal, and compares all gradients of the inputs. */
static void same_sweep(slope_value a, slope_value b, const slope_value p[2], const slope_value x[N + 1])
{
    double g[N + 3];
    assert_near(slope_data(a), slope_data(b), 1e-13);
    assert_int_equal(slope_backward(a), SLOPE_OK);
    for (size_t i = 0; i < N + 3; i++)
        g[i] = slope_grad(i < 2 ? p[i] : x[i - 2]);
    assert_int_equal(slope_backward(b), SLOPE_OK);
    for (size_t i = 0; i < N + 3; i++)
        assert_near(slope_grad(i < 2 ? p[i] : x[i - 2]), g[i], 1e-12);
}

static void a_call_is_the_function_itself(void **state)
{
    slope_tape *tape = *state;
    slope_function *f = make_body();
    slope_value p[2], x[N + 1], u, v, u2, v2;
    make_inputs(tape, p, x);
    assert_int_equal(slope_call(tape, f, (const slope_value *const[]){p, x}, (slope_value *const[]){&u, &v}), SLOPE_OK);
    unrolled(p, x[0], x[1], &u2, &v2);
    same_sweep(slope_mul(u, v), slope_mul(u2, v2), p, x);
    slope_function_destroy(f);
}

/* sum of i * u_i * v_i, by a map over overlapping pairs, and by hand */
static void a_map_of_overlapping_pairs_is_a_loop(void **state)
{
    slope_tape *tape = *state;
    slope_function *f = make_body();
    slope_value p[2], x[N + 1], u[N], v[N], sum = slope_number(0.0), by_hand = slope_number(0.0);
    make_inputs(tape, p, x);
    const slope_view in[] = {slope_shared(p), slope_each(x, 1)};
    assert_int_equal(slope_map(tape, f, N, in, (slope_value *const[]){u, v}), SLOPE_OK);
    for (size_t i = 0; i < N; i++) {
        slope_value a, b;
        unrolled(p, x[i], x[i + 1], &a, &b);
        sum = slope_add(sum, slope_mul(slope_mul(u[i], v[i]), (double)i));
        by_hand = slope_add(by_hand, slope_mul(slope_mul(a, b), (double)i));
    }
    same_sweep(sum, by_hand, p, x);
    slope_function_destroy(f);
}

static void views_go_backward_skip_and_follow_lists(void **state)
{
    slope_tape *tape = *state;
    slope_function *f = make_body();
    slope_value p[2], x[N + 1], u[3], by_hand = slope_number(0.0), sum;
    make_inputs(tape, p, x);
    slope_view back = slope_each(x + N, -3); /* x[N], x[N-1]; x[N-3], x[N-4]; ... */
    back.element = -1;
    assert_int_equal(
        slope_map(tape, f, 3, (const slope_view[]){slope_shared(p), back}, (slope_value *const[]){u, NULL}), SLOPE_OK);
    const size_t index[] = {5, 5, 0, 12, 7, 1};
    slope_value w[3];
    const slope_view list = slope_indexed(x, index);
    assert_int_equal(
        slope_map(tape, f, 3, (const slope_view[]){slope_shared(p), list}, (slope_value *const[]){w, NULL}), SLOPE_OK);
    sum = slope_add(slope_sum(3, u), slope_sum(3, w));
    for (size_t i = 0; i < 3; i++) {
        slope_value a, b;
        unrolled(p, x[N - 3 * i], x[N - 3 * i - 1], &a, &b);
        by_hand = slope_add(by_hand, a);
        unrolled(p, x[index[2 * i]], x[index[2 * i + 1]], &a, &b);
        by_hand = slope_add(by_hand, a);
    }
    same_sweep(sum, by_hand, p, x);
    slope_function_destroy(f);
}

static void a_sum_adds_its_items(void **state)
{
    slope_tape *tape = *state;
    slope_function *f = make_body();
    slope_value p[2], x[N + 1], u, v, a[N], b[N];
    make_inputs(tape, p, x);
    const slope_view in[] = {slope_shared(p), slope_each(x, 1)};
    assert_int_equal(slope_map_sum(tape, f, N, in, (slope_value *const[]){&u, &v}), SLOPE_OK);
    for (size_t i = 0; i < N; i++)
        unrolled(p, x[i], x[i + 1], &a[i], &b[i]);
    same_sweep(slope_mul(u, v), slope_mul(slope_sum(N, a), slope_sum(N, b)), p, x);
    slope_function_destroy(f);
}

/* step(s, p, x) = (s' = tanh(s * p0 + x), out = s * p1) */
static int step(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    y[0][0] = slope_tanh(slope_add(slope_mul(x[0][0], x[1][0]), x[2][0]));
    y[1][0] = slope_mul(x[0][0], x[1][1]);
    return 0;
}

static slope_function *make_step(void)
{
    const slope_group in[] = {{"s", 1}, {"p", 2}, {"x", 1}}, out[] = {{"s", 1}, {"o", 1}};
    return record(3, in, 2, out, step);
}

static void a_fold_is_its_steps_at_every_number_of_levels(void **state)
{
    slope_tape *tape = *state;
    slope_function *f = make_step();
    slope_value p[2], x[N + 1];
    make_inputs(tape, p, x);
    for (size_t n = 0; n <= N; n += n == 4 ? 3 : 1) {
        for (unsigned levels = 0; levels <= 4; levels++) {
            slope_value end, out[N], s = x[N], o[N];
            const slope_view in[] = {slope_shared(&x[N]), slope_shared(p), slope_each(x, 1)};
            assert_int_equal(slope_fold(tape, f, n, 1, in, (slope_value *const[]){&end, out}, levels), SLOPE_OK);
            for (size_t i = 0; i < n; i++) {
                slope_value next;
                const slope_value *const step_in[] = {&s, p, &x[i]};
                (void)step(NULL, step_in, (slope_value *const[]){&next, &o[i]}, NULL);
                s = next;
            }
            const slope_value a = slope_add(end, slope_sum(n, out)), b = slope_add(s, slope_sum(n, o));
            same_sweep(a, b, p, x);
        }
    }
    slope_function_destroy(f);
}

/* loss(w, b) = sum over data of (w * t + b - seen)^2, data bound by pointer */
static double points[] = {0, 1, 1, 3, 2, 5, 3, 7.5}, others[] = {1, 1, 2, 2, 3, 3, 4, 4};

static int squared(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    y[0][0] = slope_square(slope_sub(slope_add(slope_mul(x[0][0], x[1][0]), x[0][1]), x[1][1]));
    return 0;
}

static int loss(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const slope_view in[] = {slope_shared(x[0]), slope_each_data(points, 8, 2)};
    return slope_map_sum(tape, context, 4, in, y) != SLOPE_OK;
}

static double loss_by_hand(const double p[2], const double *data, double g[2])
{
    double sum = g[0] = g[1] = 0.0;
    for (size_t i = 0; i < 4; i++) {
        const double e = p[0] * data[2 * i] + p[1] - data[2 * i + 1];
        sum += e * e;
        g[0] += 2 * e * data[2 * i];
        g[1] += 2 * e;
    }
    return sum;
}

static void data_are_bound_by_pointer_and_exchanged(void **state)
{
    (void)state;
    const slope_group in[] = {{"p", 2}, {"point", 2}}, out[] = {{"e", 1}};
    slope_function *one = record(2, in, 1, out, squared);
    slope_error error = {0};
    slope_function *f = slope_function_record(1, in, 1, out, NULL, loss, one, &error);
    assert_non_null(f);
    slope_function *g = slope_value_gradient(f, 0, NULL, &error);
    assert_non_null(g);
    assert_int_equal(slope_function_data(g), 1);
    assert_int_equal(slope_function_data_group(g, 0).length, 8);
    slope_function *h = slope_function_bind(g, 0, others, 8, &error);
    assert_non_null(h);
    assert_null(slope_function_bind(g, 0, others, 7, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_function_bind(g, 1, others, 8, NULL));
    const double p[2] = {1.5, 0.25};
    double e, d[2], expected[2];
    assert_int_equal(slope_eval(g, (const double *const[]){p}, (double *const[]){&e, d}), SLOPE_OK);
    assert_near(e, loss_by_hand(p, points, expected), 1e-13);
    assert_true(fabs(d[0] - expected[0]) + fabs(d[1] - expected[1]) < 1e-12);
    slope_function_destroy(g); /* h has a share of what it needs */
    assert_int_equal(slope_eval(h, (const double *const[]){p}, (double *const[]){&e, d}), SLOPE_OK);
    assert_near(e, loss_by_hand(p, others, expected), 1e-13);
    assert_true(fabs(d[0] - expected[0]) + fabs(d[1] - expected[1]) < 1e-12);
    slope_function_destroy(h);
    slope_function_destroy(f);
    slope_function_destroy(one);
}

/* A fold of maps: h' = tanh(W h), row by row, W of 3 x 3 */
static int neuron(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    y[0][0] = slope_tanh(slope_dot(3, x[0], x[1]));
    return 0;
}

static int layer(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const slope_view in[] = {slope_each(x[1], 3), slope_shared(x[0])};
    return slope_map(tape, context, 3, in, y) != SLOPE_OK;
}

static void a_fold_of_maps_is_a_recurrent_network(void **state)
{
    slope_tape *tape = *state;
    const slope_group row[] = {{"w", 3}, {"h", 3}}, one[] = {{"y", 1}}, in[] = {{"h", 3}, {"w", 9}};
    slope_function *f = record(2, row, 1, one, neuron);
    slope_function *l = slope_function_record(2, in, 1, in, NULL, layer, f, NULL);
    assert_non_null(l);
    slope_value h[3], w[9], end[3], now[3];
    for (size_t i = 0; i < 9; i++)
        w[i] = slope_var(tape, sin((double)i + 1));
    for (size_t i = 0; i < 3; i++)
        now[i] = h[i] = slope_var(tape, 0.5 - 0.3 * (double)i);
    const slope_view views[] = {slope_shared(h), slope_shared(w)};
    assert_int_equal(slope_fold(tape, l, 5, 1, views, (slope_value *const[]){end}, 2), SLOPE_OK);
    for (size_t t = 0; t < 5; t++) {
        slope_value next[3];
        for (size_t i = 0; i < 3; i++)
            next[i] = slope_tanh(slope_dot(3, w + 3 * i, now));
        memcpy(now, next, sizeof now);
    }
    const slope_value a = slope_norm(3, end), b = slope_norm(3, now);
    double g[12];
    assert_near(slope_data(a), slope_data(b), 1e-14);
    assert_int_equal(slope_backward(a), SLOPE_OK);
    for (size_t i = 0; i < 12; i++)
        g[i] = slope_grad(i < 9 ? w[i] : h[i - 9]);
    assert_int_equal(slope_backward(b), SLOPE_OK);
    for (size_t i = 0; i < 12; i++)
        assert_near(slope_grad(i < 9 ? w[i] : h[i - 9]), g[i], 1e-13);
    slope_function_destroy(l);
    slope_function_destroy(f);
}

static void forward_computes_structures_again(void **state)
{
    slope_tape *tape = *state;
    slope_function *f = make_body();
    slope_value p[2], x[N + 1], u, v;
    make_inputs(tape, p, x);
    const slope_view in[] = {slope_shared(p), slope_each(x, 1)};
    assert_int_equal(slope_map_sum(tape, f, N, in, (slope_value *const[]){&u, &v}), SLOPE_OK);
    const double before = slope_data(u);
    assert_int_equal(slope_set_data(p[0], 9.0), SLOPE_OK);
    assert_int_equal(slope_forward(tape), SLOPE_OK);
    double sum = 0.0;
    for (size_t i = 0; i < N; i++)
        sum += 9.0 * sin(slope_data(x[i])) - 1.3 * slope_data(x[i + 1]);
    assert_near(slope_data(u), sum, 1e-12);
    assert_true(slope_data(u) != before);
    slope_function_destroy(f);
}

static void a_structure_is_one_node_with_results_behind_it(void **state)
{
    slope_tape *tape = *state;
    slope_function *f = make_body();
    slope_value p[2], x[N + 1], u[N];
    make_inputs(tape, p, x);
    const slope_view in[] = {slope_shared(p), slope_each(x, 1)};
    const size_t before = slope_tape_size(tape);
    assert_int_equal(slope_map(tape, f, N, in, (slope_value *const[]){u, NULL}), SLOPE_OK);
    assert_int_equal(slope_tape_size(tape), before + 1 + N);
    slope_node node, result;
    assert_int_equal(slope_inspect(u[3], &result), SLOPE_OK);
    assert_int_equal(result.op, SLOPE_OP_RESULT);
    assert_int_equal(slope_inspect(slope_operand(u[3], 0), &node), SLOPE_OK);
    assert_int_equal(node.op, SLOPE_OP_STRUCTURE);
    assert_string_equal(node.name, "map");
    assert_int_equal(node.operands, 2 + N + 1);
    assert_int_equal(slope_backward(u[3]), SLOPE_OK);
    const slope_value map = slope_operand(u[3], 0);
    assert_near(slope_partial(map, 0), sin(slope_data(x[3])), 1e-15); /* of the only result with a gradient */
    assert_int_equal(slope_backward_seeded(2, (slope_value[]){u[3], u[1]}, (double[]){2.0, -2.0}), SLOPE_OK);
    assert_true(slope_grad(map) == 4.0 && slope_partial(u[3], 0) == 1.0 && slope_partial(u[1], 0) == -1.0);
    assert_near(slope_grad(map) * slope_partial(map, 0), slope_grad(p[0]), 1e-15); /* though seeds cancel */
    slope_mark mark = slope_tape_mark(tape);
    assert_int_equal(slope_map(tape, f, N, in, (slope_value *const[]){u, NULL}), SLOPE_OK);
    assert_int_equal(slope_tape_rewind(tape, mark), SLOPE_OK);
    assert_false(slope_is_valid(u[3]));
    slope_function_destroy(f);
}

/* Nothing on the tape but a map of numbers: its node comes first and has no operands. */
static int squares(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    y[0][0] = slope_square(x[0][0]);
    return 0;
}

static void a_structure_of_data_may_come_first(void **state)
{
    slope_tape *tape = *state;
    const slope_group one[] = {{"x", 1}}, out[] = {{"y", 1}};
    slope_function *f = record(1, one, 1, out, squares);
    slope_value y;
    const slope_view view = slope_each_data(points, 4, 1);
    assert_int_equal(slope_map_sum(tape, f, 4, &view, (slope_value *const[]){&y}), SLOPE_OK);
    assert_true(slope_data(y) == 0 + 1 + 1 + 9);
    assert_int_equal(slope_backward(y), SLOPE_OK);
    slope_function_destroy(f);
}

static void mistakes_stick(void **state)
{
    slope_tape *tape = *state;
    slope_function *f = make_body();
    slope_value p[2], x[N + 1], u = slope_number(1.0), v, two[2];
    make_inputs(tape, p, x);
    assert_int_equal(slope_map(NULL, f, 1, NULL, NULL), SLOPE_ERR_ARGUMENT);
    slope_view neither = {0};
    assert_int_equal(
        slope_map(tape, f, 1, (const slope_view[]){neither, slope_shared(x)}, (slope_value *const[]){&u, &v}),
        SLOPE_ERR_ARGUMENT);
    assert_true(slope_is_null(u));
    assert_int_equal(slope_tape_status(tape), SLOPE_ERR_ARGUMENT);
    slope_tape_reset(tape);
    make_inputs(tape, p, x);
    slope_value hole[2] = {x[0], {0}};
    assert_int_equal(slope_call(tape, f, (const slope_value *const[]){p, hole}, (slope_value *const[]){&u, &v}),
                     SLOPE_ERR_NULL);
    slope_tape_reset(tape);
    make_inputs(tape, p, x);
    const slope_view few[] = {slope_shared(p), slope_each_data(points, 3, 2)};
    assert_int_equal(slope_map(tape, f, 2, few, (slope_value *const[]){two, NULL}), SLOPE_ERR_ARGUMENT);
    assert_non_null(strstr(slope_tape_error(tape)->message, "beyond its data"));
    slope_tape_reset(tape);
    make_inputs(tape, p, x);
    const slope_view in[] = {slope_shared(p), slope_shared(x)};
    assert_int_equal(slope_fold(tape, f, 2, 1, in, (slope_value *const[]){&u, &v}, 0), SLOPE_ERR_ARGUMENT); /* 2 to 1 */
    slope_function_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(a_call_is_the_function_itself),
        on_tape(a_map_of_overlapping_pairs_is_a_loop),
        on_tape(views_go_backward_skip_and_follow_lists),
        on_tape(a_sum_adds_its_items),
        on_tape(a_fold_is_its_steps_at_every_number_of_levels),
        cmocka_unit_test(data_are_bound_by_pointer_and_exchanged),
        on_tape(a_fold_of_maps_is_a_recurrent_network),
        on_tape(forward_computes_structures_again),
        on_tape(a_structure_is_one_node_with_results_behind_it),
        on_tape(a_structure_of_data_may_come_first),
        on_tape(mistakes_stick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
