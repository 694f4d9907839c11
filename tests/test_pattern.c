/* SPDX-License-Identifier: MIT */
/* Patterns and their colourings: sets of columns, folds, what must take linear time, wrong arguments. */
#include "sparse_testing.h"

#include <string.h>

#include "derive/sets.h"

/* A symmetric pattern of these entries, both halves, colours found. */
static slope_pattern *symmetric(size_t n, size_t entries, const uint32_t from[], const uint32_t to[])
{
    slope__dependencies d = {n, slope__new(n + 1, sizeof *d.start), slope__new(entries, sizeof *d.column)};
    slope__colouring c;
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            int is = 0;
            for (size_t e = 0; e < entries && !is; e++)
                is = from[e] == i && to[e] == j;
            if (is)
                d.column[kept++] = (uint32_t)j;
        }
        d.start[i + 1] = kept;
    }
    slope_pattern *p = slope__pattern_create(&d, n, 1);
    assert_int_equal(slope__colour_hessian(p, &c), SLOPE_OK);
    p->colours = c.colours;
    free(c.colour);
    free(d.start);
    free(d.column);
    return p;
}

static void random_graphs_get_star_colourings(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (size_t k = 0; k < 400; k++) {
        uint32_t from[80], to[80];
        const size_t n = 1 + random_below(&seed, 20), entries = random_below(&seed, 80);
        for (size_t e = 0; e < entries; e++) {
            from[e] = (uint32_t)random_below(&seed, n);
            to[e] = (uint32_t)random_below(&seed, n);
        }
        slope_pattern *p = symmetric(n, entries, from, to);
        assert_consistent(p);
        assert_star(p);
        slope_pattern_destroy(p);
    }
}

/* Unions in random order against bits. */
static void sets_are_the_unions_they_are_made_of(void **state)
{
    (void)state;
    enum { COLUMNS = 500, SETS = 3000 };
    slope__sets s;
    uint64_t seed = 3;
    static unsigned char bit[SETS][COLUMNS];
    slope__set set[SETS];
    assert_true(slope__sets_create(&s, COLUMNS));
    memset(bit, 0, sizeof bit);
    for (size_t k = 0; k < SETS; k++) {
        slope__set part[6];
        const size_t parts = k < 20 ? 0 : random_below(&seed, 7);
        for (size_t i = 0; i < parts; i++) {
            const size_t from = random_below(&seed, 2) ? random_below(&seed, k) : k - 1 - random_below(&seed, 20);
            part[i] = set[from];
            for (size_t c = 0; c < COLUMNS; c++)
                bit[k][c] |= bit[from][c];
        }
        set[k] = slope__set_union(&s, parts, part);
        const uint32_t column = (uint32_t)(k % 7 ? k % 40 : random_below(&seed, COLUMNS));
        bit[k][column] = 1;
        set[k] = slope__set_join(&s, set[k], slope__set_of(&s, column));
    }
    for (size_t k = 0; k < SETS; k++) {
        size_t n, expected = 0;
        const uint32_t *column = slope__set_columns(&s, set[k], &n);
        for (size_t c = 0; c < COLUMNS; c++)
            expected += bit[k][c];
        assert_int_equal(n, expected);
        for (size_t c = 0; c < n; c++)
            assert_true(bit[k][column[c]] && (c == 0 || column[c] > column[c - 1]));
    }
    assert_false(s.failed);
    slope__sets_destroy(&s);
}

/* s' = s x_i with outputs of every step: lower triangular; with a parameter instead of x_i: two columns. */
static slope_function *chain(size_t n, int shared)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell s = slope__build_input(b, "s", 1), x = slope__build_input(b, "x", 1);
    slope__build_output(b, "t", 1, NULL, slope__build2(b, slope__code_mul, s, x));
    slope_function *body = finish(b);
    b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell start = slope__build_input(b, "s", 1), all = slope__build_input(b, "x", shared ? 1 : n);
    slope__source source[2] = {{{start, 0, 1, NULL}, 0}, {{all, shared ? 0 : 1, 1, NULL}, SLOPE__NONE}};
    slope__target target = {.kind = SLOPE__EACH};
    const slope__cell at =
        slope__build_loop(b, &(slope__loop){.body = body, .n = n, .source = source, .target = &target});
    slope__build_output(b, "y", n, NULL, at);
    slope_function_destroy(body);
    return finish(b);
}

static void a_fold_knows_what_each_step_depends_on(void **state)
{
    (void)state;
    slope_function *f = chain(9, 0), *g = chain(9, 1);
    slope_pattern *p = slope_jacobian_pattern(f, 0, NULL, NULL);
    assert_int_equal(p->entries, 9 + 9 * 10 / 2);
    slope_pattern_destroy(p);
    (void)check_jacobian(f, 1, NULL);
    p = slope_jacobian_pattern(g, 0, NULL, NULL);
    assert_int_equal(p->entries, 18);
    slope_pattern_destroy(p);
    assert_int_equal(check_jacobian(g, 1, NULL), 2);
    slope_function_destroy(f);
    slope_function_destroy(g);
}

/* Only the end of a long fold: one row of n + 1 entries, of n states with n (n + 1) / 2 together. */
static void long_folds_take_linear_time(void **state)
{
    (void)state;
    const size_t n = large();
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell s = slope__build_input(b, "s", 1), x = slope__build_input(b, "x", 1);
    slope__build_output(b, "t", 1, NULL, slope__build2(b, slope__code_mul, s, x));
    slope_function *body = finish(b);
    b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell start = slope__build_input(b, "s", 1), all = slope__build_input(b, "x", n);
    slope__source source[2] = {{{start, 0, 1, NULL}, 0}, {{all, 1, 1, NULL}, SLOPE__NONE}};
    slope__target target = {.kind = SLOPE__LAST};
    slope__build_output(
        b, "y", 1, NULL,
        slope__build_loop(b, &(slope__loop){.body = body, .n = n, .source = source, .target = &target}));
    slope_function *f = finish(b);
    const double begin = seconds();
    slope_pattern *p = slope_jacobian_pattern(f, 0, NULL, NULL);
    if (getenv("SLOPE_TEST_PRINT"))
        print_message("%.3f s\n", seconds() - begin);
    assert_true(seconds() - begin < 5);
    assert_int_equal(p->entries, n + 1);
    assert_int_equal(p->colours, 1);
    slope_pattern_destroy(p);
    slope_function_destroy(body);
    slope_function_destroy(f);
}

/* A fold that settles is not followed to its end: ten million steps. */
static void a_settled_fold_is_not_followed(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell s = slope__build_input(b, "s", 3), x = slope__build_input(b, "p", 1);
    slope__build_output(b, "t", 3, (slope__cell[]){s + 1, s + 2, slope__build2(b, slope__code_mul, s, x)}, 0);
    slope_function *body = finish(b);
    b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell start = slope__build_input(b, "s", 3), p = slope__build_input(b, "p", 1);
    slope__source source[2] = {{{start, 0, 1, NULL}, 0}, {{p, 0, 1, NULL}, SLOPE__NONE}};
    slope__target target = {.kind = SLOPE__LAST};
    slope__loop loop = {.body = body, .n = 10000000, .source = source, .target = &target};
    (void)slope__build_output(b, "y", 3, NULL, slope__build_loop(b, &loop));
    slope_function *f = finish(b);
    slope_pattern *q = slope_jacobian_pattern(f, 0, NULL, NULL);
    assert_int_equal(q->entries, 6);
    slope_pattern_destroy(q);
    slope_function_destroy(body);
    slope_function_destroy(f);
}

/* n sums of ever more numbers and a total of all in one function: n^2 / 2 columns in n sets, of which one is asked
   for. */
static void chains_of_unions_take_linear_time(void **state)
{
    (void)state;
    const size_t n = large();
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", n);
    slope__cell sum = x, out[3];
    for (slope__cell i = 1; i < n; i++) {
        sum = slope__build2(b, slope__code_add, sum, slope__build2(b, slope__code_mul, x + i, x + i - 1));
        if (i == 5)
            out[0] = sum;
    }
    out[1] = sum;
    out[2] = slope__build1(b, slope__code_exp, sum);
    slope__build_output(b, "y", 3, out, 0);
    slope_function *f = finish(b);
    const double begin = seconds();
    slope_pattern *p = slope_jacobian_pattern(f, 0, NULL, NULL);
    if (getenv("SLOPE_TEST_PRINT"))
        print_message("%.3f s\n", seconds() - begin);
    assert_true(seconds() - begin < 5);
    assert_int_equal(p->entries, 6 + 2 * n);
    slope_pattern_destroy(p);
    slope_function_destroy(f);
}

/* Many results on top of one long chain over few columns, and a chain over many. */
static void results_on_top_of_long_chains_take_linear_time(void **state)
{
    (void)state;
    const size_t n = large() / 4, columns = 100;
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", columns), z = slope__build_input(b, "z", n);
    slope__cell chained = x, *out = slope__new(n, sizeof *out);
    for (slope__cell i = 0; i < n; i++)
        chained = slope__build2(b, slope__code_add, slope__build1(b, slope__code_sin, chained),
                                x + i * 7 % (slope__cell)columns);
    for (slope__cell i = 0; i < n; i++)
        out[i] = slope__build2(b, slope__code_mul, chained, z + i);
    slope__build_output(b, "y", n, out, 0);
    slope_function *f = finish(b);
    const double begin = seconds();
    slope_pattern *p = slope_jacobian_pattern(f, 0, NULL, NULL);
    if (getenv("SLOPE_TEST_PRINT"))
        print_message("%.3f s\n", seconds() - begin);
    assert_true(seconds() - begin < 10);
    assert_int_equal(p->entries, n * (columns + 1));
    slope_pattern_destroy(p);
    slope_function_destroy(f);
    free(out);
}

/* ---------------------------------------------------------------------------------------------------------- errors */

static void wrong_arguments_are_told(void **state)
{
    (void)state;
    slope_function *f = chain(3, 0);
    slope_error error = {0};
    slope_pattern *p = NULL;
    assert_null(slope_jacobian_pattern(f, 1, (const size_t[]){2}, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_jacobian_pattern(f, 2, (const size_t[]){1, 1}, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_jacobian_pattern(NULL, 0, NULL, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_hessian_pattern(f, 0, NULL, &error)); /* three output numbers */
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_sparse_hessian(f, 0, NULL, &p, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(p);
    assert_null(slope_sparse_jacobian(f, 1, (const size_t[]){9}, &p, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_null(slope_sparse_jacobian(NULL, 0, NULL, NULL, NULL));
    p = slope_jacobian_pattern(f, 0, NULL, &error);
    assert_non_null(p);
    assert_int_equal(error.status, SLOPE_OK);
    slope_pattern_destroy(p);
    slope_pattern_destroy(NULL);
    slope_function_destroy(f);
}

static void asking_again_is_a_look_up(void **state)
{
    (void)state;
    slope_function *f = chain(3, 0), *a = slope_sparse_jacobian(f, 0, NULL, NULL, NULL),
                   *b = slope_sparse_jacobian(f, 0, NULL, NULL, NULL);
    assert_non_null(a);
    assert_ptr_equal(a, b);
    slope_function_destroy(a);
    slope_function_destroy(b);
    slope_function_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_are_the_unions_they_are_made_of),
        cmocka_unit_test(random_graphs_get_star_colourings),
        cmocka_unit_test(a_fold_knows_what_each_step_depends_on),
        cmocka_unit_test(long_folds_take_linear_time),
        cmocka_unit_test(a_settled_fold_is_not_followed),
        cmocka_unit_test(chains_of_unions_take_linear_time),
        cmocka_unit_test(results_on_top_of_long_chains_take_linear_time),
        cmocka_unit_test(wrong_arguments_are_told),
        cmocka_unit_test(asking_again_is_a_look_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
