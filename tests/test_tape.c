/* SPDX-License-Identifier: MIT */
/* Values, the tape and the reverse sweep: the lecture's numbers, graphs of every shape, handles, marks and errors. */
#include "testing.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tape/tape.h"

static void backward(slope_value y) { assert_int_equal(slope_backward(y), SLOPE_OK); }

static void rewind_to(slope_tape *t, slope_mark mark) { assert_int_equal(slope_tape_rewind(t, mark), SLOPE_OK); }

/* ------------------------------------------------------------------------------------------------ the lecture */

static void the_lectures_expression_has_the_lectures_gradients(void **state)
{
    slope_tape *t = *state;
    slope_value a = slope_var(t, 2.0), b = slope_var(t, -3.0), c = slope_var(t, 10.0), f = slope_var(t, -2.0);
    slope_value e = slope_mul(a, b), d = slope_add(e, c), L = slope_mul(d, f);
    backward(L);
    assert_true(slope_data(L) == -8.0);
    assert_true(slope_grad(a) == 6.0 && slope_grad(b) == -4.0 && slope_grad(c) == -2.0);
    assert_true(slope_grad(e) == -2.0 && slope_grad(d) == -2.0 && slope_grad(f) == 4.0 && slope_grad(L) == 1.0);
}

static void the_lectures_neuron_has_the_lectures_gradients(void **state)
{
    slope_tape *t = *state;
    slope_value x1 = slope_var(t, 2.0), x2 = slope_var(t, 0.0), w1 = slope_var(t, -3.0), w2 = slope_var(t, 1.0);
    slope_value b = slope_var(t, 6.8813735870195432);
    slope_value o = slope_tanh(slope_add(slope_add(slope_mul(x1, w1), slope_mul(x2, w2)), b));
    backward(o);
    assert_near(slope_data(o), 0.70710678118654752, 1e-15);
    assert_near(slope_grad(x1), -1.5, 1e-15);
    assert_near(slope_grad(w1), 1.0, 1e-15);
    assert_near(slope_grad(x2), 0.5, 1e-15);
    assert_true(slope_grad(w2) == 0.0);
}

static void the_python_originals_readme_has_its_numbers(void **state)
{
    slope_tape *t = *state;
    slope_value a = slope_var(t, -4.0), b = slope_var(t, 2.0);
    slope_value c = slope_add(a, b);
    slope_value d = slope_add(slope_mul(a, b), slope_pow(b, 3));
    c = slope_add(c, slope_add(c, 1));
    c = slope_add(c, slope_sub(slope_add(slope_add(1, c), 0), a));
    d = slope_add(d, slope_add(slope_mul(d, 2), slope_relu(slope_add(b, a))));
    d = slope_add(d, slope_add(slope_mul(3, d), slope_relu(slope_sub(b, a))));
    slope_value e = slope_sub(c, d), f = slope_pow(e, 2), g = slope_div(f, 2.0);
    g = slope_add(g, slope_div(10.0, f));
    backward(g);
    assert_near(slope_data(g), 2421.0 / 98.0, 1e-14);
    assert_near(slope_grad(a), 47620.0 / 343.0, 1e-13);
    assert_near(slope_grad(b), 221433.0 / 343.0, 1e-13);
}

static void the_python_originals_test_at_minus_4_has_its_numbers(void **state)
{
    slope_tape *t = *state;
    slope_value x = slope_var(t, -4.0);
    slope_value z = slope_add(slope_add(slope_mul(2, x), 2), x);
    slope_value q = slope_add(slope_relu(z), slope_mul(z, x));
    slope_value h = slope_relu(slope_mul(z, z));
    slope_value y = slope_add(slope_add(h, q), slope_mul(q, x));
    backward(y);
    assert_true(slope_data(y) == -20.0);
    assert_true(slope_grad(x) == 46.0);
}

/* -------------------------------------------------------------------------------------------- graphs of every shape */

static void a_value_used_twice_gets_both_contributions(void **state)
{
    slope_tape *t = *state;
    slope_value a = slope_var(t, 3.0), b = slope_add(a, a);
    backward(b);
    assert_true(slope_grad(a) == 2.0);
    slope_value c = slope_mul(a, a);
    backward(c);
    assert_true(slope_grad(a) == 6.0);
    slope_value d = slope_div(a, a);
    backward(d);
    assert_true(slope_grad(a) == 0.0);
}

static void diamonds_add_their_paths(void **state)
{
    slope_tape *t = *state;
    slope_value a = slope_var(t, -2.0), b = slope_var(t, 3.0);
    slope_value d = slope_mul(a, b), e = slope_add(a, b), f = slope_mul(d, e);
    backward(f);
    assert_true(slope_grad(a) == -3.0 && slope_grad(b) == -8.0);
}

static void a_second_backward_replaces_the_first(void **state)
{
    slope_tape *t = *state;
    slope_value x = slope_var(t, 3.0), y = slope_square(x), z = slope_mul(y, 5.0);
    backward(z);
    backward(z);
    assert_true(slope_grad(x) == 30.0);
    backward(y);
    assert_true(slope_grad(x) == 6.0 && slope_grad(y) == 1.0);
    assert_true(slope_grad(z) == 0.0); /* behind the output: no longer reached */
}

static void several_outputs_are_seeded_at_once(void **state)
{
    slope_tape *t = *state;
    slope_value x = slope_var(t, 2.0), y[] = {slope_square(x), slope_mul(x, 7.0), slope_number(4.0)};
    const double seed[] = {0.5, -1.0, 9.0};
    assert_int_equal(slope_backward_seeded(3, y, seed), SLOPE_OK);
    assert_true(slope_grad(x) == 0.5 * 4.0 - 7.0);
    assert_int_equal(slope_backward_seeded(3, y, NULL), SLOPE_OK);
    assert_true(slope_grad(x) == 4.0 + 7.0);
    const slope_value twice[] = {y[0], y[0]};
    assert_int_equal(slope_backward_seeded(2, twice, NULL), SLOPE_OK);
    assert_true(slope_grad(x) == 8.0);
    assert_int_equal(slope_backward_seeded(0, NULL, NULL), SLOPE_OK);
}

static void an_unused_input_has_gradient_exactly_zero(void **state)
{
    slope_tape *t = *state;
    slope_value unused = slope_var(t, INFINITY), x = slope_var(t, 2.0);
    backward(slope_exp(x));
    assert_true(slope_grad(unused) == 0.0 && !signbit(slope_grad(unused)));
}

static void a_fibonacci_graph_costs_no_more_than_its_nodes(void **state)
{
    slope_tape *t = *state;
    slope_value a = slope_var(t, 1.0), b = slope_var(t, 1.0);
    slope_value x = a, y = b;
    double fa = 1.0, fb = 0.0; /* d/da of the last two */
    for (int i = 0; i < 1000; i++) {
        slope_value z = slope_add(x, y);
        const double fz = fa + fb;
        x = y, y = z, fa = fb, fb = fz;
    }
    backward(y);
    assert_near(slope_grad(a) / fb, 1.0, 1e-12);
    assert_true(slope_tape_size(t) == 1002);
}

static void a_wide_sum_has_gradient_one_everywhere(void **state)
{
    slope_tape *t = *state;
    enum { N = 100000 };
    slope_value *x = malloc(N * sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < N; i++)
        x[i] = slope_var(t, (double)i);
    slope_value y = slope_sum(N, x);
    backward(y);
    assert_true(slope_data(y) == 4999950000.0);
    for (size_t i = 0; i < N; i++)
        assert_true(slope_grad(x[i]) == 1.0);
    free(x);
}

static void signed_zeros_and_denormals_are_kept(void **state)
{
    slope_tape *t = *state;
    slope_value z = slope_var(t, -0.0), tiny = slope_var(t, 4.9406564584124654e-324);
    assert_true(signbit(slope_data(slope_sqrt(z))) && signbit(slope_data(slope_sin(z))));
    slope_value y = slope_mul(tiny, 1.0);
    backward(y);
    assert_true(slope_data(y) == 4.9406564584124654e-324 && slope_grad(tiny) == 1.0);
    slope_value w = slope_mul(z, tiny);
    backward(w);
    assert_true(slope_grad(z) == 4.9406564584124654e-324);
}

static void n_ary_operations_have_their_closed_forms(void **state)
{
    slope_tape *t = *state;
    slope_value x[] = {slope_var(t, 1.0), slope_var(t, -2.0), slope_number(3.0)};
    slope_value y[] = {slope_var(t, 4.0), slope_number(5.0), slope_var(t, -6.0)};
    backward(slope_dot(3, x, y));
    assert_true(slope_grad(x[0]) == 4.0 && slope_grad(x[1]) == 5.0 && slope_grad(y[0]) == 1.0 &&
                slope_grad(y[2]) == 3.0);
    backward(slope_mean(3, x));
    assert_true(slope_grad(x[0]) == 1.0 / 3.0 && slope_grad(y[0]) == 0.0);
    slope_value norm = slope_norm(2, x);
    backward(norm);
    assert_near(slope_data(norm), sqrt(5.0), 1e-15);
    assert_near(slope_grad(x[1]), -2.0 / sqrt(5.0), 1e-15);
    slope_value lse = slope_logsumexp(3, x);
    const double sum = exp(1.0) + exp(-2.0) + exp(3.0);
    backward(lse);
    assert_near(slope_data(lse), log(sum), 1e-15);
    assert_near(slope_grad(x[0]), exp(1.0) / sum, 1e-15);
    slope_value p = slope_poly(x[1], 3, y); /* 4 + 5 x - 6 x^2 at -2 */
    backward(p);
    assert_true(slope_data(p) == 4.0 - 10.0 - 24.0);
    assert_true(slope_grad(x[1]) == 5.0 + 24.0 && slope_grad(y[0]) == 1.0 && slope_grad(y[2]) == 4.0);
    assert_true(slope_data(slope_sum(0, NULL)) == 0.0);
    assert_true(slope_is_null(slope_mean(0, NULL)));
    slope_value zero[] = {slope_var(t, 0.0), slope_var(t, 0.0)};
    backward(slope_norm(2, zero));
    assert_true(slope_grad(zero[0]) == 0.0 && slope_grad(zero[1]) == 0.0);
    slope_value huge[] = {slope_var(t, 3e300), slope_var(t, 4e300)};
    assert_near(slope_data(slope_norm(2, huge)) / 5e300, 1.0, 1e-15);
    slope_value largest[] = {slope_var(t, 1.7e308), slope_var(t, 1.7e308)};
    backward(slope_norm(2, largest)); /* overflows: a slope of 0 would look right */
    assert_true(isnan(slope_grad(largest[0])));
    backward(slope_hypot(largest[0], largest[1]));
    assert_true(isnan(slope_grad(largest[0])) && isnan(slope_grad(largest[1])));
}

static void ternary_operations_reach_every_operand(void **state)
{
    slope_tape *t = *state;
    slope_value a = slope_var(t, 2.0), b = slope_var(t, 3.0), c = slope_var(t, 0.0);
    backward(slope_fma(a, b, 4.0));
    assert_true(slope_grad(a) == 3.0 && slope_grad(b) == 2.0);
    backward(slope_tanh(slope_fma(5.0, c, slope_fma(c, b, c))));
    assert_true(slope_grad(c) == 9.0);
    backward(slope_select(c, a, slope_square(b)));
    assert_true(slope_grad(a) == 0.0 && slope_grad(b) == 6.0 && slope_grad(c) == 0.0);
}

static void numbers_record_nothing(void **state)
{
    slope_tape *t = *state;
    slope_value k = slope_mul(slope_add(1, 2), slope_exp(0.0));
    assert_true(slope_is_number(k) && slope_data(k) == 3.0 && slope_grad(k) == 0.0);
    assert_true(slope_data(slope_fma(2, 3, 4)) == 10.0);
    assert_int_equal(slope_backward(k), SLOPE_OK);
    slope_value x = slope_var(t, 5.0);
    const size_t before = slope_tape_size(t);
    slope_value y = slope_sub(slope_mul(2, x), slope_div(x, 2.0f));
    assert_true(slope_tape_size(t) == before + 3);
    backward(y);
    assert_true(slope_grad(x) == 1.5);
    slope_value many[100];
    for (size_t i = 0; i < 100; i++)
        many[i] = slope_number(1.0);
    assert_true(slope_data(slope_sum(100, many)) == 100.0);
}

static void set_data_and_forward_recompute_everything(void **state)
{
    slope_tape *t = *state;
    slope_value x = slope_var(t, 1.0), w[] = {x, slope_number(2.0), slope_exp(x)};
    slope_value y = slope_sum(3, w), z = slope_select(slope_lt(x, 0), y, slope_mul(y, -1));
    assert_int_equal(slope_set_data(x, -1.0), SLOPE_OK);
    assert_int_equal(slope_forward(t), SLOPE_OK);
    assert_true(slope_data(z) == -1.0 + 2.0 + exp(-1.0));
    backward(z);
    assert_true(slope_grad(x) == 1.0 + exp(-1.0));
    assert_int_equal(slope_set_data(y, 0.0), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_set_data(slope_number(1), 0.0), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_set_data((slope_value){0}, 0.0), SLOPE_ERR_NULL);
}

/* ------------------------------------------------------------------------------------------------ handles and marks */

static void a_value_is_16_bytes_and_a_node_26(void **state)
{
    (void)state;
    assert_int_equal(sizeof(slope_value), 16);
    enum { N = 1 << 20 };
    slope_tape *t = slope_tape_create(NULL);
    assert_int_equal(slope_tape_reserve(t, N), SLOPE_OK);
    slope_value x = slope_var(t, 0.5);
    while (slope_tape_size(t) < N)
        x = slope_sin(x);
    backward(x);
    assert_true((double)slope_tape_bytes(t) <= 26.0 * N + 4096.0);
    slope_tape_destroy(t);
}

static void handles_outlive_growth(void **state)
{
    slope_tape *t = *state;
    slope_value x = slope_var(t, 0.25), first = slope_square(x), y = first;
    for (int i = 0; i < 300000; i++)
        y = slope_add(y, 1.0);
    assert_true(slope_data(first) == 0.0625);
    backward(y);
    assert_true(slope_grad(x) == 0.5 && slope_grad(first) == 1.0);
}

static void stale_foreign_and_null_values_stick_clearly(void **state)
{
    slope_tape *t = *state, *other = slope_tape_create(NULL);
    slope_value x = slope_var(t, 1.0), o = slope_var(other, 1.0);
    assert_true(slope_is_null(slope_add(x, o)));
    assert_int_equal(slope_tape_status(t), SLOPE_ERR_FOREIGN);
    assert_non_null(strstr(slope_tape_error(t)->message, "another tape"));
    assert_true(slope_is_null(slope_exp(x))); /* the first error stays */
    assert_int_equal(slope_tape_status(t), SLOPE_ERR_FOREIGN);
    assert_int_equal(slope_backward(x), SLOPE_ERR_FOREIGN);
    assert_true(slope_is_null(slope_var(t, 1.0)));
    slope_tape_reset(t);
    assert_int_equal(slope_tape_status(t), SLOPE_OK);
    slope_value fresh = slope_var(t, 2.0);
    assert_false(slope_is_valid(x));
    assert_true(isnan(slope_data(x)) && isnan(slope_grad(x)));
    assert_true(slope_is_null(slope_mul(fresh, x)));
    assert_int_equal(slope_tape_status(t), SLOPE_ERR_STALE);
    assert_int_equal(slope_backward(x), SLOPE_ERR_STALE);
    slope_tape_reset(t);
    fresh = slope_var(t, 2.0);
    assert_true(slope_is_null(slope_mul((slope_value){0}, fresh)));
    assert_int_equal(slope_tape_status(t), SLOPE_ERR_NULL);
    assert_int_equal(slope_backward((slope_value){0}), SLOPE_ERR_NULL);
    assert_true(slope_is_null(slope_sin((slope_value){0})));
    slope_value both[] = {slope_number(1), o};
    assert_int_equal(slope_backward_seeded(2, both, NULL), SLOPE_OK);
    slope_value mixed[] = {fresh, o};
    slope_tape_reset(t);
    mixed[0] = slope_var(t, 1.0);
    assert_int_equal(slope_backward_seeded(2, mixed, NULL), SLOPE_ERR_FOREIGN);
    slope_tape_destroy(other);
}

static void rewinding_keeps_what_came_before_the_mark(void **state)
{
    slope_tape *t = *state;
    slope_value p = slope_label(slope_var(t, 3.0), "p");
    const slope_mark mark = slope_tape_mark(t);
    slope_value last = {0};
    size_t bytes = 0;
    for (int i = 0; i < 1000; i++) {
        rewind_to(t, mark);
        assert_true(i == 0 || !slope_is_valid(last));
        last = slope_label(slope_mul(p, p), "square");
        backward(last);
        assert_true(slope_grad(p) == 6.0);
        if (i == 10)
            bytes = slope_tape_bytes(t);
    }
    assert_true(slope_tape_bytes(t) == bytes); /* memory is reused */
    slope_node node;
    assert_int_equal(slope_inspect(p, &node), SLOPE_OK);
    assert_string_equal(node.label, "p");
}

static void marks_nest_and_stale_marks_are_refused(void **state)
{
    slope_tape *t = *state;
    slope_value a = slope_var(t, 1.0);
    const slope_mark outer = slope_tape_mark(t);
    slope_value b = slope_add(a, 1.0);
    const slope_mark inner = slope_tape_mark(t);
    slope_value c = slope_add(b, 1.0);
    rewind_to(t, inner);
    slope_value d = slope_add(b, 2.0);
    assert_true(slope_is_valid(a) && slope_is_valid(b) && !slope_is_valid(c) && slope_is_valid(d));
    assert_true(slope_data(slope_add(slope_add(a, b), d)) == 7.0); /* three epochs in one expression */
    rewind_to(t, outer);
    assert_int_equal(slope_tape_rewind(t, inner), SLOPE_ERR_ARGUMENT);
    slope_value e = slope_add(a, 5.0);
    assert_int_equal(slope_tape_rewind(t, inner), SLOPE_ERR_ARGUMENT);
    assert_true(slope_is_valid(a) && !slope_is_valid(b) && !slope_is_valid(d) && slope_is_valid(e));
    rewind_to(t, outer);
    assert_true(slope_is_valid(a) && !slope_is_valid(e));
}

/* Random recording, marking and rewinding against a model that remembers every handle. */
static void staleness_agrees_with_a_model(void **state)
{
    slope_tape *t = *state;
    enum { MOST = 4000 };
    slope_value made[MOST];
    size_t id[MOST], count = 0, marks = 0;
    int alive[MOST];
    slope_mark mark[64];
    uint64_t seed = 12345;
    for (int step = 0; step < 20000 && count < MOST; step++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        const unsigned choice = (unsigned)(seed >> 33) % 10;
        if (choice < 6) {
            id[count] = slope_tape_size(t);
            alive[count] = 1;
            made[count++] = slope_var(t, 1.0);
        } else if (choice < 8 && marks < 64) {
            mark[marks++] = slope_tape_mark(t);
        } else if (marks) {
            const size_t k = (size_t)(seed >> 40) % marks;
            rewind_to(t, mark[k]);
            for (size_t i = 0; i < count; i++)
                alive[i] = alive[i] && id[i] < mark[k].nodes;
            marks = k + 1; /* later marks are gone */
        }
        for (size_t i = count > 50 ? count - 50 : 0; i < count; i++)
            assert_int_equal(slope_is_valid(made[i]), alive[i]);
    }
    for (size_t i = 0; i < count; i++)
        assert_int_equal(slope_is_valid(made[i]), alive[i]);
}

static void too_many_nodes_are_a_clear_error(void **state)
{
    (void)state;
    slope_tape_options options = slope_tape_options_default();
    options.max_nodes = 100;
    slope_tape *t = slope_tape_create(&options);
    slope_value x = slope_var(t, 1.0), y = x;
    for (int i = 0; i < 99; i++)
        y = slope_add(y, x);
    assert_true(slope_tape_size(t) == 100 && !slope_is_null(y));
    assert_int_equal(slope_tape_status(t), SLOPE_OK);
    assert_true(slope_is_null(slope_add(y, x)));
    assert_int_equal(slope_tape_status(t), SLOPE_ERR_LIMIT);
    assert_int_equal(slope_tape_reserve(t, 101), SLOPE_ERR_LIMIT);
    slope_tape_destroy(t);
}

static void a_tape_in_a_buffer_never_asks_the_heap(void **state)
{
    (void)state;
    static char buffer[65536];
    for (size_t size = 0; size < sizeof buffer; size += 1117) {
        slope_tape_options options = slope_tape_options_default();
        options.allocator = slope_allocator_buffer(buffer + size % 7, size);
        slope_tape *t = slope_tape_create(&options);
        if (!t)
            continue;
        slope_value x = slope_var(t, 1.0), y = x;
        size_t recorded = 0;
        while (!slope_is_null(y) && slope_tape_status(t) == SLOPE_OK) {
            slope_value next = slope_mul(y, 1.0);
            if (slope_is_null(next))
                break;
            y = next;
            recorded++;
        }
        assert_int_equal(slope_tape_status(t), SLOPE_ERR_MEMORY);
        if (size > 20000)
            assert_true(recorded * 26 > size / 4);
        slope_tape_reset(t);
        x = slope_var(t, 3.0);
        if (!slope_is_null(x)) {
            y = slope_square(x);
            if (!slope_is_null(y) && slope_backward(y) == SLOPE_OK)
                assert_true(slope_grad(x) == 6.0);
        }
        slope_tape_destroy(t);
    }
}

static void options_of_another_version_are_refused(void **state)
{
    (void)state;
    slope_tape_options options = slope_tape_options_default();
    options.struct_size = 3;
    assert_null(slope_tape_create(&options));
    assert_int_equal(slope_tape_status(NULL), SLOPE_ERR_ARGUMENT);
    assert_true(slope_is_null(slope_var(NULL, 1.0)));
    slope_tape_destroy(NULL);
    slope_tape_reset(NULL);
}

/* ----------------------------------------------------------------------------------------------- custom operations */

static int cube(size_t n, const double x[], double *value, double partial[], void *context)
{
    (void)n;
    ++*(int *)context;
    *value = x[0] * x[0] * x[0];
    if (partial)
        partial[0] = 3.0 * x[0] * x[0];
    return 0;
}

static int fails(size_t n, const double x[], double *value, double partial[], void *context)
{
    (void)n, (void)x, (void)value, (void)context;
    return partial != NULL;
}

static void custom_operations_join_in(void **state)
{
    slope_tape *t = *state;
    int calls = 0;
    const slope_custom custom = {"cube", cube, &calls}, broken = {"broken", fails, NULL};
    slope_value x = slope_var(t, 2.0), y = slope_custom_apply(&custom, 1, &x), z = slope_mul(y, 2.0);
    backward(z);
    assert_true(slope_data(z) == 16.0 && slope_grad(x) == 24.0 && calls >= 2);
    slope_node node;
    assert_int_equal(slope_inspect(y, &node), SLOPE_OK);
    assert_string_equal(node.name, "cube");
    assert_true(node.op == SLOPE_OP_CUSTOM && node.operands == 1 && slope_same(slope_operand(y, 0), x));
    assert_true(slope_partial(y, 0) == 12.0);
    slope_value bad = slope_custom_apply(&broken, 1, &x);
    assert_int_equal(slope_backward(bad), SLOPE_ERR_CALLBACK);
    slope_tape_reset(t);
    x = slope_var(t, 1.0);
    assert_true(slope_is_null(slope_custom_apply(NULL, 1, &x)));
    assert_int_equal(slope_tape_status(t), SLOPE_ERR_ARGUMENT);
}

/* ------------------------------------------------------------------------------------------------ what a node knows */

static void a_node_tells_everything_it_knows(void **state)
{
    slope_tape *t = *state;
    slope_value x = slope_label(slope_var(t, 2.0), "x"), y = SLOPE_HERE(slope_pow(x, 3.0));
    const int line = __LINE__ - 1;
    backward(y);
    slope_node node;
    assert_int_equal(slope_inspect(y, &node), SLOPE_OK);
    assert_true(node.data == 8.0 && node.grad == 1.0 && node.op == SLOPE_OP_POW && node.operands == 2 && node.id == 1);
    assert_string_equal(node.name, "pow");
    assert_string_equal(node.symbol, "**");
    assert_non_null(strstr(node.file, "test_tape.c"));
    assert_int_equal(node.line, line);
    assert_null(node.label);
    assert_true(slope_same(slope_operand(y, 0), x));
    assert_true(slope_is_number(slope_operand(y, 1)) && slope_data(slope_operand(y, 1)) == 3.0);
    assert_true(slope_is_null(slope_operand(y, 2)) && isnan(slope_partial(y, 2)));
    assert_true(slope_partial(y, 0) == 12.0);
    assert_near(slope_partial(y, 1), 8.0 * log(2.0), 1e-15);
    assert_true(slope_same(slope_tape_find(t, "x"), x) && slope_is_null(slope_tape_find(t, "nobody")));
    (void)slope_label(x, "renamed");
    assert_true(slope_same(slope_tape_find(t, "renamed"), x) && slope_is_null(slope_tape_find(t, "x")));
    (void)slope_label(x, NULL);
    assert_int_equal(slope_inspect(x, &node), SLOPE_OK);
    assert_null(node.label);
    assert_true(slope_same(slope_tape_value(t, 1), y) && slope_is_null(slope_tape_value(t, 2)));
    assert_int_equal(slope_inspect(slope_number(1.0), &node), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_inspect((slope_value){0}, &node), SLOPE_ERR_NULL);
}

static void labels_survive_growth_and_come_back_after_rewinding(void **state)
{
    slope_tape *t = *state;
    char text[32];
    slope_value first = slope_label(slope_var(t, 0.0), "first");
    const slope_mark mark = slope_tape_mark(t);
    for (int i = 1; i < 5000; i++) {
        (void)snprintf(text, sizeof text, "v%d", i);
        (void)slope_label(slope_var(t, i), text);
    }
    (void)slope_label(first, "changed");
    assert_true(slope_data(slope_tape_find(t, "v4321")) == 4321.0);
    assert_true(slope_same(slope_tape_find(t, "changed"), first));
    rewind_to(t, mark);
    assert_true(slope_same(slope_tape_find(t, "first"), first) && slope_is_null(slope_tape_find(t, "v1")));
}

static void every_operation_is_found_by_its_name(void **state)
{
    (void)state;
    for (size_t i = SLOPE_OP_CONST + 1; i < SLOPE_OP_CUSTOM; i++) {
        const slope_op_info *info = slope_op_describe((slope_op)i);
        assert_int_equal(slope_op_find(info->name), i);
        assert_true(info->doc[0] && info->symbol[0]);
    }
    assert_int_equal(slope_op_find("no_such"), SLOPE_OP_NONE);
    assert_int_equal(slope_op_find(NULL), SLOPE_OP_NONE);
    assert_null(slope_op_describe((slope_op)9999));
}

static void apply_refuses_wrong_counts(void **state)
{
    slope_tape *t = *state;
    slope_value x[] = {slope_var(t, 1.0), slope_var(t, 2.0), slope_var(t, 3.0)};
    assert_true(slope_data(slope_apply(SLOPE_OP_MUL, 2, x)) == 2.0);
    assert_true(slope_is_null(slope_apply(SLOPE_OP_MUL, 3, x)));
    assert_int_equal(slope_tape_status(t), SLOPE_ERR_ARGUMENT);
    assert_non_null(strstr(slope_tape_error(t)->message, "mul"));
    slope_tape_reset(t);
    x[0] = x[1] = x[2] = slope_var(t, 1.0);
    assert_true(slope_is_null(slope_apply(SLOPE_OP_DOT, 3, x)));
    assert_true(slope_is_null(slope_apply(SLOPE_OP_VAR, 0, x)) && slope_is_null(slope_apply((slope_op)250, 1, x)));
}

/* ----------------------------------------------------------------------------------------------- NaN provenance */

static void the_first_non_finite_value_is_named(void **state)
{
    slope_tape *t = *state;
    slope_value x = slope_label(slope_var(t, -1.0), "x"), y = slope_add(SLOPE_HERE(slope_sqrt(x)), 1.0);
    slope_origin origin;
    assert_int_equal(slope_find_nonfinite(y, &origin), SLOPE_OK);
    assert_true(origin.born && !origin.is_partial);
    assert_non_null(strstr(origin.message, "sqrt(x = -1)"));
    assert_non_null(strstr(origin.message, "test_tape.c"));
    slope_value input = slope_var(t, NAN), z = slope_exp(input);
    slope_tape_reset(t);
    input = slope_var(t, NAN), z = slope_exp(input);
    assert_int_equal(slope_find_nonfinite(z, &origin), SLOPE_OK);
    assert_true(!origin.born && slope_same(origin.node, input));
    slope_tape_reset(t);
    x = slope_var(t, 0.0), y = slope_sqrt(x);
    assert_int_equal(slope_find_nonfinite(y, &origin), SLOPE_OK);
    assert_true(origin.is_partial && origin.born && slope_same(origin.node, y));
    slope_value fine = slope_add(x, 1.0);
    assert_int_equal(slope_find_nonfinite(fine, &origin), SLOPE_OK);
    assert_true(slope_is_null(origin.node));
}

static void trapping_makes_the_first_non_finite_stick(void **state)
{
    (void)state;
    slope_tape_options options = slope_tape_options_default();
    options.trap_nonfinite = 1;
    slope_tape *t = slope_tape_create(&options);
    slope_value x = slope_var(t, 0.0), y = slope_log(x);
    assert_int_equal(slope_tape_status(t), SLOPE_ERR_NONFINITE);
    assert_int_equal(slope_tape_error(t)->position, y.node.id);
    assert_true(slope_is_null(slope_add(x, 1.0)));
    slope_tape_reset(t);
    x = slope_var(t, 0.0), y = slope_sqrt(x);
    assert_int_equal(slope_backward(y), SLOPE_ERR_NONFINITE);
    slope_tape_reset(t);
    x = slope_var(t, 4.0), y = slope_sqrt(x);
    assert_int_equal(slope_backward(y), SLOPE_OK);
    assert_true(slope_grad(x) == 0.25);
    slope_tape_reset(t);
    (void)slope_var(t, INFINITY);
    assert_int_equal(slope_tape_status(t), SLOPE_ERR_NONFINITE);
    slope_tape_destroy(t);
}

/* Random graphs: the sweep against the chain rule done by hand over the same nodes through the public view of them. */
static void random_graphs_obey_the_chain_rule(void **state)
{
    slope_tape *t = *state;
    static const slope_op ops[] = {SLOPE_OP_ADD,  SLOPE_OP_SUB,   SLOPE_OP_MUL, SLOPE_OP_SIN,     SLOPE_OP_TANH,
                                   SLOPE_OP_ATAN, SLOPE_OP_HYPOT, SLOPE_OP_MAX, SLOPE_OP_SIGMOID, SLOPE_OP_FMA};
    uint64_t seed = 7;
    for (int round = 0; round < 300; round++) {
        slope_tape_reset(t);
        slope_value v[80];
        for (size_t i = 0; i < 80; i++) {
            slope_value x[3];
            for (size_t k = 0; k < 3; k++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                x[k] = i < 4 || seed >> 60 == 0 ? slope_number((double)(seed >> 40) / 8388608.0 - 1.0)
                                                : v[(size_t)(seed >> 33) % i];
            }
            const slope_op op = ops[(size_t)(seed >> 20) % 10];
            v[i] = i < 4 ? slope_var(t, x[0].number) : slope_apply(op, (size_t)slope_op_describe(op)->arity, x);
            if (slope_is_number(v[i]))
                v[i] = slope_var(t, v[i].number);
        }
        backward(v[79]);
        const size_t n = slope_tape_size(t);
        double *g = calloc(n, sizeof *g);
        assert_non_null(g);
        g[v[79].node.id] = 1.0;
        for (size_t i = n; i-- > 0;) {
            slope_value node = slope_tape_value(t, i);
            slope_node info;
            assert_int_equal(slope_inspect(node, &info), SLOPE_OK);
            assert_near(slope_grad(node), g[i], 1e-9 * (1.0 + fabs(g[i])));
            for (size_t k = 0; k < info.operands; k++) {
                if (!slope_is_number(slope_operand(node, k)))
                    g[slope_operand(node, k).node.id] += g[i] * slope_partial(node, k);
            }
        }
        free(g);
    }
}

/* In memory that stays ours, so that looking at the old value is no mistake of this test. */
static void values_of_a_tape_that_was_here_before_are_stale(void **state)
{
    (void)state;
    static _Alignas(64) unsigned char memory[4096];
    slope_tape_options options = slope_tape_options_default();
    options.allocator = slope_allocator_buffer(memory, sizeof memory);
    slope_tape *t = slope_tape_create(&options);
    const slope_value old = slope_var(t, 3.0);
    slope_tape_destroy(t);
    options.allocator = slope_allocator_buffer(memory, sizeof memory);
    assert_ptr_equal(slope_tape_create(&options), t);
    const slope_value x = slope_var(t, 5.0);
    assert_int_equal(slope_is_valid(old), 0);
    assert_true(slope_is_null(slope_mul(x, old)));
    assert_int_equal(slope_tape_status(t), SLOPE_ERR_STALE);
    slope_tape_destroy(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(the_lectures_expression_has_the_lectures_gradients),
        on_tape(the_lectures_neuron_has_the_lectures_gradients),
        on_tape(the_python_originals_readme_has_its_numbers),
        on_tape(the_python_originals_test_at_minus_4_has_its_numbers),
        on_tape(a_value_used_twice_gets_both_contributions),
        on_tape(diamonds_add_their_paths),
        on_tape(a_second_backward_replaces_the_first),
        on_tape(several_outputs_are_seeded_at_once),
        on_tape(an_unused_input_has_gradient_exactly_zero),
        on_tape(a_fibonacci_graph_costs_no_more_than_its_nodes),
        on_tape(a_wide_sum_has_gradient_one_everywhere),
        on_tape(signed_zeros_and_denormals_are_kept),
        on_tape(n_ary_operations_have_their_closed_forms),
        on_tape(ternary_operations_reach_every_operand),
        on_tape(numbers_record_nothing),
        on_tape(set_data_and_forward_recompute_everything),
        on_tape(a_value_is_16_bytes_and_a_node_26),
        on_tape(handles_outlive_growth),
        on_tape(stale_foreign_and_null_values_stick_clearly),
        on_tape(values_of_a_tape_that_was_here_before_are_stale),
        on_tape(rewinding_keeps_what_came_before_the_mark),
        on_tape(marks_nest_and_stale_marks_are_refused),
        on_tape(staleness_agrees_with_a_model),
        on_tape(too_many_nodes_are_a_clear_error),
        on_tape(a_tape_in_a_buffer_never_asks_the_heap),
        on_tape(options_of_another_version_are_refused),
        on_tape(custom_operations_join_in),
        on_tape(a_node_tells_everything_it_knows),
        on_tape(labels_survive_growth_and_come_back_after_rewinding),
        on_tape(every_operation_is_found_by_its_name),
        on_tape(apply_refuses_wrong_counts),
        on_tape(the_first_non_finite_value_is_named),
        on_tape(trapping_makes_the_first_non_finite_stick),
        on_tape(random_graphs_obey_the_chain_rule),
    };
    return cmocka_run_group_tests_name("tape", tests, NULL, NULL);
}
