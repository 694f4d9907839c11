/* SPDX-License-Identifier: MIT */
/*
 * Each pass by itself: what it does, what it must leave alone, and that optimised functions give the bits of unoptimised ones
 * wherever it says so, on thousands of random functions and at numbers like -0, Inf, NaN and the subnormal ones.
 */
#include <float.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "random_function.h"
#include "testing.h"

enum { SAME_BITS = SLOPE_PASS_FOLD | SLOPE_PASS_SHARE | SLOPE_PASS_IDENTITY | SLOPE_PASS_LOOP };

#define OP(name) slope__code_##name
#define NO slope__code_none

/* Equal bit by bit; a NaN is a NaN. */
static int same(double a, double b) { return (a != a && b != b) || memcmp(&a, &b, sizeof a) == 0; }

static const double edges[] = {0.0,
                               -0.0,
                               1.0,
                               -1.0,
                               0.5,
                               -2.5,
                               3.0,
                               1e-310,
                               -4.9e-324,
                               DBL_MIN,
                               DBL_MAX,
                               -1e308,
                               1e17,
                               -7.0,
                               0.1,
                               (double)INFINITY,
                               -(double)INFINITY,
                               (double)NAN,
                               1.5e154,
                               -2.2250738585072011e-308};
enum { EDGES = sizeof edges / sizeof *edges };

/* ------------------------------------------------------------------------------------- one operation, by one pass */

/* What is built on the inputs x, y (cells 0 and 1) and constants. */
typedef slope__cell build(slope__builder *b);

/* f(x, y) of a recipe; *code gets what makes its result, NO where it is an input or a constant. */
static slope_function *function_of(build *recipe, unsigned passes, unsigned *code)
{
    slope__builder *b = slope__builder_create(passes);
    (void)slope__build_input(b, "x", 1);
    (void)slope__build_input(b, "y", 1);
    const slope__cell c = recipe(b);
    const unsigned made = slope__built_code(b, c, NULL, NULL);
    *code = made <= OP(const) ? NO : made;
    slope__build_output(b, "f", 1, &c, 0);
    slope_error error = {0};
    slope_function *f = slope__builder_finish(b, &error);
    if (!f)
        fail_msg("%s", error.message);
    return f;
}

static double at(const slope_function *f, double x, double y)
{
    double v = 0.0;
    assert_int_equal(slope__interpret(f, (const double *const[]){&x, &y}, (double *const[]){&v}, NULL), SLOPE_OK);
    return v;
}

/* The pass makes `code` of the recipe in so many operations, with the same bits everywhere. */
static void expect(const char *what, build *recipe, unsigned pass, unsigned code, size_t operations)
{
    unsigned before, after;
    slope_function *plain = function_of(recipe, 0, &before), *better = function_of(recipe, pass, &after);
    if (after != code || better->instructions != operations)
        fail_msg("%s: made of operation %u in %zu steps", what, after, better->instructions);
    for (size_t i = 0; i < EDGES; i++) {
        for (size_t k = 0; k < EDGES; k++) {
            const double p = at(plain, edges[i], edges[k]), q = at(better, edges[i], edges[k]);
            if (!same(p, q))
                fail_msg("%s: %g instead of %g at (%g, %g)", what, q, p, edges[i], edges[k]);
        }
    }
    slope_function_destroy(plain);
    slope_function_destroy(better);
}

#define X 0
#define Y 1
#define N(number) slope__build_number(b, number)
#define U(name, x) slope__build1(b, OP(name), x)
#define B(name, x, y) slope__build2(b, OP(name), x, y)
#define T(name, x, y, z) slope__build3(b, OP(name), x, y, z)

/* name, what it becomes, in how many operations, the recipe */
#define IDENTITIES(ROW)                                                    \
    ROW(times_1, NO, 0, B(mul, X, N(1)))                                   \
    ROW(one_times, NO, 0, B(mul, N(1), X))                                 \
    ROW(times_minus_1, OP(neg), 1, B(mul, X, N(-1)))                       \
    ROW(over_1, NO, 0, B(div, X, N(1)))                                    \
    ROW(over_minus_1, OP(neg), 1, B(div, X, N(-1)))                        \
    ROW(minus_0, NO, 0, B(sub, X, N(0.0)))                                 \
    ROW(plus_minus_0, NO, 0, B(add, X, N(-0.0)))                           \
    ROW(minus_0_plus, NO, 0, B(add, N(-0.0), X))                           \
    ROW(minus_0_minus, OP(neg), 1, B(sub, N(-0.0), X))                     \
    ROW(twice_negative, NO, 0, U(neg, U(neg, X)))                          \
    ROW(plus_negative, OP(sub), 1, B(add, X, U(neg, Y)))                   \
    ROW(negative_plus, OP(sub), 1, B(add, U(neg, X), Y))                   \
    ROW(minus_negative, OP(add), 1, B(sub, X, U(neg, Y)))                  \
    ROW(negative_times_negative, OP(mul), 1, B(mul, U(neg, X), U(neg, Y))) \
    ROW(negative_over_negative, OP(div), 1, B(div, U(neg, X), U(neg, Y)))  \
    ROW(strong_times_1, NO, 0, B(zmul, N(1), X))                           \
    ROW(strong_times_2, OP(mul), 1, B(zmul, N(2), X))                      \
    ROW(strong_times_minus_1, OP(neg), 1, B(zmul, X, N(-1)))               \
    ROW(strong_negatives, OP(zmul), 1, B(zmul, U(neg, X), U(neg, Y)))      \
    ROW(fused_with_1, OP(add), 1, T(fma, X, N(1), Y))                      \
    ROW(fused_with_minus_1, OP(sub), 1, T(fma, N(-1), X, Y))               \
    ROW(fused_with_minus_0, OP(mul), 1, T(fma, X, Y, N(-0.0)))             \
    ROW(power_0, NO, 0, B(pow, X, N(0)))                                   \
    ROW(power_of_1, NO, 0, B(pow, N(1), X))                                \
    ROW(whole_power_0, NO, 0, B(powi, X, N(0)))                            \
    ROW(square_of_negative, OP(square), 1, U(square, U(neg, X)))           \
    ROW(square_of_abs, OP(square), 1, U(square, U(abs, X)))                \
    ROW(abs_of_negative, OP(abs), 1, U(abs, U(neg, X)))                    \
    ROW(abs_of_abs, OP(abs), 1, U(abs, U(abs, X)))                         \
    ROW(abs_of_square, OP(square), 1, U(abs, U(square, X)))                \
    ROW(less_than_itself, NO, 0, B(lt, X, X))                              \
    ROW(greater_than_itself, NO, 0, B(gt, X, X))                           \
    ROW(truth_is_not_0, OP(lt), 1, B(ne, B(lt, X, Y), N(0)))               \
    ROW(choice_known, NO, 0, T(select, N(2), X, Y))                        \
    ROW(choice_known_not, NO, 0, T(select, N(-0.0), X, Y))                 \
    ROW(choice_by_nan, NO, 0, T(select, N((double)NAN), X, Y))             \
    ROW(choice_of_equals, NO, 0, T(select, X, Y, Y))                       \
    ROW(choice_of_truth, OP(le), 1, T(select, B(le, X, Y), N(1), N(0)))    \
    ROW(choice_by_not_0, OP(select), 1, T(select, B(ne, X, N(0)), Y, X))   \
    ROW(choice_by_0, OP(select), 1, T(select, B(eq, X, N(0)), Y, X))

/* Not exact somewhere: name, operation that stays, how many, recipe */
#define NEAR_MISSES(ROW)                                                         \
    ROW(plus_0, OP(add), 1, B(add, X, N(0.0)))                                   \
    ROW(minus_minus_0, OP(sub), 1, B(sub, X, N(-0.0)))                           \
    ROW(from_0, OP(sub), 1, B(sub, N(0.0), X))                                   \
    ROW(times_0, OP(mul), 1, B(mul, X, N(0.0)))                                  \
    ROW(strong_times_0, OP(zmul), 1, B(zmul, X, N(0.0)))                         \
    ROW(strong_times_inf, OP(zmul), 1, B(zmul, X, N((double)INFINITY)))          \
    ROW(strong_times_nan, OP(zmul), 1, B(zmul, X, N((double)NAN)))               \
    ROW(minus_itself, OP(sub), 1, B(sub, X, X))                                  \
    ROW(over_itself, OP(div), 1, B(div, X, X))                                   \
    ROW(zero_over, OP(div), 1, B(div, N(0.0), X))                                \
    ROW(negative_of_difference, OP(neg), 2, U(neg, B(sub, X, Y)))                \
    ROW(there_and_back, OP(sub), 2, B(sub, B(add, X, Y), Y))                     \
    ROW(times_and_over, OP(div), 2, B(div, B(mul, X, Y), Y))                     \
    ROW(equals_itself, OP(eq), 1, B(eq, X, X))                                   \
    ROW(at_most_itself, OP(le), 1, B(le, X, X))                                  \
    ROW(differs_from_itself, OP(ne), 1, B(ne, X, X))                             \
    ROW(number_is_not_0, OP(ne), 1, B(ne, X, N(0)))                              \
    ROW(smaller_of_itself, OP(min), 1, B(min, X, X))                             \
    ROW(larger_of_itself, OP(max), 1, B(max, X, X))                              \
    ROW(root_of_square, OP(sqrt), 2, U(sqrt, U(square, X)))                      \
    ROW(square_of_root, OP(square), 2, U(square, U(sqrt, X)))                    \
    ROW(abs_of_root, OP(abs), 2, U(abs, U(sqrt, X)))                             \
    ROW(log_of_exp, OP(log), 2, U(log, U(exp, X)))                               \
    ROW(fused_with_0, OP(fma), 1, T(fma, X, Y, N(0.0)))                          \
    ROW(power_1_of_whole_exponent, OP(powi), 1, B(powi, N(1), X))                \
    ROW(choice_of_minus_0, OP(select), 2, T(select, B(lt, X, Y), N(1), N(-0.0))) \
    ROW(choice_by_number, OP(select), 1, T(select, X, N(1), N(0)))               \
    ROW(sum_of_two, OP(sum), 1, B(sum, X, Y))                                    \
    ROW(add_chain, OP(add), 2, B(add, B(add, X, Y), X))

#define RECIPE(name, code, operations, text) \
    static slope__cell recipe_##name(slope__builder *b) { return text; }
IDENTITIES(RECIPE)
NEAR_MISSES(RECIPE)

static void identities_hold_bit_by_bit(void **state)
{
    (void)state;
#define CHECK(name, code, operations, text) expect(#name, recipe_##name, SLOPE_PASS_IDENTITY, code, operations);
    IDENTITIES(CHECK)
}

static void what_is_no_identity_is_left_alone(void **state)
{
    (void)state;
    NEAR_MISSES(CHECK)
}

/* Strength: where the value is the same bit by bit, and what stays. */
#define STRENGTHS(ROW)                                                      \
    ROW(product_with_itself, OP(square), 1, B(mul, X, X))                   \
    ROW(over_8, OP(mul), 1, B(div, X, N(8)))                                \
    ROW(over_minus_half, OP(mul), 1, B(div, X, N(-0.5)))                    \
    ROW(over_huge, OP(mul), 1, B(div, X, N(0x1p1023)))                      \
    ROW(over_smallest, OP(div), 1, B(div, X, N(0x1p-1074)))                 \
    ROW(over_3, OP(div), 1, B(div, X, N(3)))                                \
    ROW(over_0, OP(div), 1, B(div, X, N(0)))                                \
    ROW(over_inf, OP(div), 1, B(div, X, N((double)INFINITY)))               \
    ROW(power_1, NO, 0, B(pow, X, N(1)))                                    \
    ROW(whole_power_1, NO, 0, B(powi, X, N(1)))                             \
    ROW(power_3, OP(pow), 1, B(pow, X, N(3)))                               \
    ROW(power_half_of_any, OP(pow), 1, B(pow, X, N(0.5)))                   \
    ROW(power_half_of_root, OP(pow), 2, B(pow, U(sqrt, X), N(0.5)))         \
    ROW(power_half_of_difference, OP(pow), 2, B(pow, B(sub, X, Y), N(0.5))) \
    ROW(power_minus_half, OP(pow), 2, B(pow, U(square, X), N(-0.5)))

/* The value may be better by up to 1 ulp. */
#define BETTER(ROW)                                                                   \
    ROW(power_2, OP(square), 1, B(pow, X, N(2)))                                      \
    ROW(whole_power_2, OP(square), 1, B(powi, X, N(2)))                               \
    ROW(power_minus_1, OP(div), 1, B(pow, X, N(-1)))                                  \
    ROW(power_half_of_square, OP(sqrt), 2, B(pow, U(square, X), N(0.5)))              \
    ROW(power_half_of_sum, OP(sqrt), 3, B(pow, B(add, N(1), U(square, X)), N(0.5)))   \
    ROW(power_half_of_fused, OP(sqrt), 3, B(pow, T(fma, X, X, U(square, Y)), N(0.5))) \
    ROW(power_half_of_choice, OP(sqrt), 4, B(pow, T(select, Y, U(abs, X), U(exp, X)), N(0.5)))

STRENGTHS(RECIPE)
BETTER(RECIPE)

static void cheap_operations_replace_dear_ones(void **state)
{
    (void)state;
#define CHECK_STRENGTH(name, code, operations, text) \
    expect(#name, recipe_##name, SLOPE_PASS_STRENGTH, code, operations);
    STRENGTHS(CHECK_STRENGTH)
}

/* Within 1 ulp, Inf, NaN and the sign of 0 as before. */
static void expect_better(const char *what, build *recipe, unsigned code, size_t operations)
{
    unsigned before, after;
    slope_function *plain = function_of(recipe, 0, &before), *better = function_of(recipe, SLOPE_PASS_STRENGTH, &after);
    if (after != code || better->instructions != operations)
        fail_msg("%s: made of operation %u in %zu steps", what, after, better->instructions);
    for (size_t i = 0; i < EDGES; i++) {
        for (size_t k = 0; k < EDGES; k++) {
            const double p = at(plain, edges[i], edges[k]), q = at(better, edges[i], edges[k]);
            if (!same(p, q) && !(fabs(p) <= DBL_MAX && (q == nextafter(p, q))))
                fail_msg("%s: %g instead of %g at (%g, %g)", what, q, p, edges[i], edges[k]);
        }
    }
    slope_function_destroy(plain);
    slope_function_destroy(better);
}

static void powers_become_cheap_where_they_round_no_worse(void **state)
{
    (void)state;
#define CHECK_BETTER(name, code, operations, text) expect_better(#name, recipe_##name, code, operations);
    BETTER(CHECK_BETTER)
}

#define CONTRACTIONS(ROW)                                              \
    ROW(product_plus, OP(fma), 1, B(add, B(mul, X, Y), N(3)))          \
    ROW(plus_product, OP(fma), 1, B(add, N(3), B(mul, X, Y)))          \
    ROW(product_minus, OP(fma), 2, B(sub, B(mul, X, Y), X))            \
    ROW(minus_product, OP(fma), 2, B(sub, N(3), B(mul, X, Y)))         \
    ROW(square_plus, OP(fma), 1, B(add, U(square, X), Y))              \
    ROW(product_stays, OP(mul), 1, B(mul, X, Y))                       \
    ROW(strong_product_stays, OP(add), 2, B(add, B(zmul, X, Y), N(3))) \
    ROW(sum_stays, OP(add), 1, B(add, X, Y))
CONTRACTIONS(RECIPE)

static void products_are_fused_only_where_asked_for(void **state)
{
    (void)state;
#define CHECK_CONTRACT(name, code, operations, text)                                         \
    do {                                                                                     \
        unsigned made;                                                                       \
        slope_function *f = function_of(recipe_##name, SLOPE_PASS_CONTRACT, &made);          \
        if (made != (code) || f->instructions != (operations))                               \
            fail_msg("%s: made of operation %u in %zu steps", #name, made, f->instructions); \
        slope_function_destroy(f);                                                           \
        f = function_of(recipe_##name, SLOPE_PASS_DEFAULT, &made);                           \
        assert_int_not_equal(made, OP(fma));                                                 \
        slope_function_destroy(f);                                                           \
    } while (0);
    CONTRACTIONS(CHECK_CONTRACT)
    unsigned code;
    slope_function *minus = function_of(recipe_minus_product, SLOPE_PASS_CONTRACT, &code);
    assert_true(at(minus, 0.1, 10.0) == fma(-0.1, 10.0, 3.0));
    slope_function_destroy(minus);
    minus = function_of(recipe_product_minus, SLOPE_PASS_CONTRACT, &code);
    assert_true(at(minus, 0.1, 10.0) == fma(0.1, 10.0, -0.1));
    slope_function_destroy(minus);
}

/* --------------------------------------------------------------------------------------------- random functions */

/* Every output of f and g at the same random and edgy inputs. */
static void assert_same_bits(const slope_function *f, const slope_function *g, uint64_t seed, unsigned passes)
{
    random_arrays a, b;
    random_arrays_make(&a, f, seed);
    random_arrays_make(&b, g, seed);
    for (size_t g1 = 0; g1 < f->inputs + f->data; g1++) {
        for (size_t j = 0; j < f->input[g1].length; j++) {
            if (random_below(&seed, 4) == 0)
                a.x[g1][j] = b.x[g1][j] = edges[random_below(&seed, EDGES)];
        }
    }
    const slope_status p = slope__interpret(f, (const double *const *)a.x, a.y, NULL);
    const slope_status q = slope__interpret(g, (const double *const *)b.x, b.y, NULL);
    assert_int_equal(p, q);
    for (size_t k = 0; p == SLOPE_OK && k < f->outputs; k++) {
        for (size_t j = 0; j < f->output[k].length; j++) {
            if (!same(a.y[k][j], b.y[k][j]))
                fail_msg("passes %u: output %zu of item %zu is %.17g, not %.17g", passes, k, j, b.y[k][j], a.y[k][j]);
        }
    }
    random_arrays_free(&a);
    random_arrays_free(&b);
}

static void hold(const random_options *o, unsigned passes)
{
    slope_function *f = random_function(o);
    slope_error error = {0};
    slope_function *g = f ? slope_function_optimise(f, passes, &error) : NULL;
    if (!g)
        fail_msg("seed %zu: %s", (size_t)o->seed, error.message);
    for (uint64_t k = 0; k < 4; k++)
        assert_same_bits(f, g, o->seed * 4 + k, passes);
    slope_function_destroy(f);
    slope_function_destroy(g);
}

static void optimised_functions_give_the_same_bits(void **state)
{
    (void)state;
    static const unsigned passes[] = {SLOPE_PASS_FOLD, SLOPE_PASS_SHARE, SLOPE_PASS_IDENTITY, SLOPE_PASS_LOOP,
                                      SAME_BITS};
    const int small = getenv("SLOPE_TEST_SMALL") != NULL;
    for (uint64_t seed = 0; seed < (small ? 100 : 4000); seed++) {
        const random_options o = {.seed = seed,
                                  .operations = 40,
                                  .depth = (unsigned)(seed % 4 == 3 ? 2 : seed % 2),
                                  .tame = seed % 3 == 0,
                                  .exact = seed % 5 == 0};
        hold(&o, passes[seed % 5]);
    }
}

/* On trees that the passes like: many 0, 1, -1, negatives and comparisons. */
static void optimised_functions_of_special_numbers_give_the_same_bits(void **state)
{
    (void)state;
    static const unsigned codes[] = {OP(add),    OP(sub),    OP(mul), OP(zmul), OP(div), OP(neg), OP(fma), OP(abs),
                                     OP(square), OP(select), OP(ne),  OP(eq),   OP(lt),  OP(gt),  OP(pow), OP(powi)};
    static const double numbers[] = {0.0, -0.0, 1.0, -1.0, 2.0, 0.5, (double)INFINITY, (double)NAN, 4.9e-324};
    const int small = getenv("SLOPE_TEST_SMALL") != NULL;
    for (uint64_t round = 0; round < (small ? 100 : 5000); round++) {
        uint64_t seed = round * 77777 + 5;
        slope__builder *b = slope__builder_create(0);
        (void)slope__build_input(b, "x", 3);
        for (size_t k = 0; k < 40; k++) {
            const unsigned code = codes[random_below(&seed, sizeof codes / sizeof *codes)];
            slope__cell x[3];
            for (size_t j = 0; j < 3; j++)
                x[j] = random_below(&seed, 3) ? random_cell(&seed, b)
                                              : slope__build_number(b, numbers[random_below(&seed, 9)]);
            (void)slope__build(b, code, (size_t)slope_op_describe((slope_op)code)->arity, x);
        }
        const slope__cell last = (slope__cell)slope__built_cells(b) - 20;
        slope__build_output(b, "y", 20, NULL, last);
        slope_function *f = slope__builder_finish(b, NULL);
        assert_non_null(f);
        slope_function *g = slope_function_optimise(f, SAME_BITS, NULL);
        assert_non_null(g);
        assert_true(g->instructions <= f->instructions);
        for (uint64_t k = 0; k < 5; k++)
            assert_same_bits(f, g, round * 5 + k, SAME_BITS);
        slope_function_destroy(f);
        slope_function_destroy(g);
    }
}

/* ------------------------------------------------------------------------------------------------------- loops */

/* step: (s, x, unused, far) -> (s', twice, far') where s' = s / 2 + x, twice = 2 x, far' = sin(far) + 1 ... many operations */
static slope_function *wide_step(void)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell s = slope__build_input(b, "s", 1), x = slope__build_input(b, "x", 2);
    (void)slope__build_input(b, "unused", 1);
    slope__cell far = slope__build_input(b, "far", 1);
    slope__build_output(b, "s", 1, NULL, B(add, B(mul, s, N(0.5)), x));
    slope__build_output(b, "twice", 1, NULL, B(mul, N(2.0), x + 1));
    for (int k = 0; k < 40; k++)
        far = B(add, U(sin, far), N(1.0));
    slope__build_output(b, "far", 1, &far, 0);
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    return f;
}

/* A fold of it over n steps of which the output groups in `wanted` are used. */
static slope_function *fold_of(const slope_function *step, size_t n, unsigned wanted, unsigned passes)
{
    slope__builder *b = slope__builder_create(passes);
    const slope__cell s = slope__build_input(b, "s", 1), x = slope__build_input(b, "x", 2 * n);
    const slope__cell dear = U(exp, s), far = slope__build_input(b, "far", 1);
    slope__source source[4] = {{{s, 0, 1, NULL}, 0},
                               {{x, 2, 1, NULL}, SLOPE__NONE},
                               {{dear, 0, 1, NULL}, SLOPE__NONE},
                               {{far, 0, 1, NULL}, 2}};
    slope__target target[3] = {{.kind = SLOPE__LAST}, {.kind = SLOPE__EACH}, {.kind = SLOPE__LAST}};
    slope__loop loop = {.body = step, .n = n, .source = source, .target = target};
    const slope__cell c = slope__build_loop(b, &loop);
    static const char *const name[3] = {"u", "v", "w"};
    for (size_t g = 0; g < 3; g++) {
        if (wanted >> g & 1)
            slope__build_output(b, name[g], target[g].extent, NULL, c + target[g].base);
    }
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    return f;
}

static void outputs_and_inputs_of_loops_that_nobody_needs_are_dropped(void **state)
{
    (void)state;
    slope_function *step = wide_step();
    for (unsigned wanted = 1; wanted < 8; wanted++) {
        slope_function *plain = fold_of(step, 5, wanted, 0), *lean = fold_of(step, 5, wanted, SLOPE_PASS_LOOP);
        const slope__loop *loop = &lean->loop[0];
        const size_t outputs = (wanted & 1) + (wanted >> 1 & 1) + (wanted >> 2 & 1);
        assert_int_equal(plain->instructions, 2);
        assert_int_equal(lean->instructions, 1); /* exp(s) was for the unused input */
        assert_int_equal(loop->body->outputs, outputs);
        assert_int_equal(loop->body->inputs, (wanted & 1) + ((wanted & 3) != 0) + (wanted >> 2 & 1));
        assert_int_equal(loop->body->instructions, (wanted & 1) * 2 + (wanted >> 1 & 1) + (wanted >> 2 & 1) * 80);
        for (uint64_t k = 0; k < 20; k++)
            assert_same_bits(plain, lean, k, SLOPE_PASS_LOOP);
        slope_function_destroy(plain);
        slope_function_destroy(lean);
    }
    slope_function_destroy(step);
}

static void a_smaller_body_is_made_once(void **state)
{
    (void)state;
    slope_function *step = wide_step();
    slope_function *f = fold_of(step, 5, 4, SLOPE_PASS_LOOP), *g = fold_of(step, 9, 4, SLOPE_PASS_LOOP);
    assert_ptr_equal(f->loop[0].body, g->loop[0].body);
    assert_ptr_not_equal(f->loop[0].body, step);
    slope_function_destroy(f);
    slope_function_destroy(g);
    slope_function_destroy(step);
}

/* What is carried stays, though nobody reads it at the end, as long as something that is read needs it. */
static void what_is_carried_stays_where_it_is_needed(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell p = slope__build_input(b, "p", 1), v = slope__build_input(b, "v", 1);
    slope__build_output(b, "p", 1, NULL, B(add, p, v));
    slope__build_output(b, "v", 1, NULL, B(mul, v, N(0.5)));
    slope_function *step = slope__builder_finish(b, NULL);
    b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", 2);
    slope__source source[2] = {{{x, 0, 1, NULL}, 0}, {{x + 1, 0, 1, NULL}, 1}};
    slope__target target[2] = {{.kind = SLOPE__LAST}, {.kind = SLOPE__LAST}};
    slope__loop loop = {.body = step, .n = 3, .source = source, .target = target};
    slope__build_output(b, "end", 1, NULL, slope__build_loop(b, &loop));
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    assert_int_equal(f->loop[0].body->outputs, 2);
    assert_int_equal(f->loop[0].target[1].kind, SLOPE__DROPPED);
    assert_int_equal(f->loop[0].results, 1);
    const double from[2] = {1.0, 8.0};
    double end = 0.0;
    assert_int_equal(slope__interpret(f, (const double *const[]){from}, (double *const[]){&end}, NULL), SLOPE_OK);
    assert_true(end == 15.0);
    slope_function_destroy(f);
    slope_function_destroy(step);
}

static void small_calls_are_opened_and_large_ones_are_not(void **state)
{
    (void)state;
    slope_function *step = wide_step();
    slope_function *small = fold_of(step, 1, 3, SLOPE_PASS_DEFAULT), *large = fold_of(step, 1, 7, SLOPE_PASS_DEFAULT);
    assert_int_equal(small->loops, 0);
    assert_int_equal(small->instructions, 3);
    assert_int_equal(large->loops, 1);
    slope_function_destroy(small);
    slope_function_destroy(large);
    slope_function_destroy(step);
}

/* ---------------------------------------------------------------------------------------------- maps made one */

/* x (2), w (1) -> exp(x0 * x1) + w, or its sine */
static slope_function *term(int sine)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", 2), w = slope__build_input(b, "w", 1);
    const slope__cell e = U(exp, B(mul, x, x + 1)), y = B(add, e, w);
    slope__build_output(b, "y", 1, NULL, sine ? U(sin, y) : y);
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    return f;
}

/* A map over 4 items of term(0) at x + first[0], and one of term(1) at x + first[1], of its results where `nested`. */
static slope_function *two_maps(const int64_t first[2], int nested, uint32_t carried)
{
    slope_function *body[2] = {term(0), term(1)};
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", 20);
    slope__cell y[2] = {x, x};
    for (int k = 0; k < 2; k++) {
        slope__source source[2] = {{{first[k] + (k && nested ? y[0] : 0), 1, k && nested ? 0 : 3, NULL}, SLOPE__NONE},
                                   {{x + 19, 0, 1, NULL}, carried}};
        slope__target target = {.kind = SLOPE__EACH};
        slope__loop loop = {.body = body[k], .n = 4, .source = source, .target = &target};
        y[k] = slope__build_loop(b, &loop);
    }
    slope__build_output(b, "y", 4, NULL, y[0]);
    slope__build_output(b, "z", 4, NULL, y[1]);
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    slope_function_destroy(body[0]);
    slope_function_destroy(body[1]);
    return f;
}

static void maps_over_the_same_items_become_one(void **state)
{
    (void)state;
    slope_function *f = two_maps((const int64_t[]){2, 2}, 0, SLOPE__NONE);
    assert_int_equal(f->loops, 1);
    assert_int_equal(f->loop[0].body->inputs, 2);
    assert_int_equal(f->loop[0].body->outputs, 2);
    assert_string_equal(f->loop[0].body->output[1].name, "y_2");
    assert_int_equal(f->loop[0].body->instructions, 4);
    double x[20], y[4], z[4];
    for (int i = 0; i < 20; i++)
        x[i] = 0.1 * i - 0.7;
    assert_int_equal(slope__interpret(f, (const double *const[]){x}, (double *const[]){y, z}, NULL), SLOPE_OK);
    for (int i = 0; i < 4; i++) {
        assert_true(y[i] == exp(x[2 + i] * x[5 + i]) + x[19]);
        assert_true(z[i] == sin(y[i]));
    }
    slope_function_destroy(f);
}

static void maps_that_have_nothing_in_common_stay_two(void **state)
{
    (void)state;
    slope_function *other = two_maps((const int64_t[]){2, 3}, 0, SLOPE__NONE);
    slope_function *nested = two_maps((const int64_t[]){2, 0}, 1, SLOPE__NONE);
    slope_function *folds = two_maps((const int64_t[]){2, 2}, 0, 0);
    assert_int_equal(other->loops, 2);
    assert_int_equal(nested->loops, 2);
    assert_int_equal(folds->loops, 2);
    slope_function_destroy(other);
    slope_function_destroy(nested);
    slope_function_destroy(folds);
}

static void equal_loops_are_one(void **state)
{
    (void)state;
    slope_function *step = wide_step();
    for (unsigned passes = 0; passes <= SLOPE_PASS_SHARE; passes += SLOPE_PASS_SHARE) {
        slope__builder *b = slope__builder_create(passes);
        const slope__cell x = slope__build_input(b, "x", 9);
        slope__cell first[3];
        for (int k = 0; k < 3; k++) { /* the last one is other work */
            slope__source source[4] = {{{x, 0, 1, NULL}, 0},
                                       {{x, 2, 1, NULL}, SLOPE__NONE},
                                       {{x, 0, 1, NULL}, SLOPE__NONE},
                                       {{x + (k == 2), 0, 1, NULL}, 2}};
            slope__target target[3] = {{.kind = SLOPE__LAST}, {.kind = SLOPE__EACH}, {.kind = SLOPE__LAST}};
            slope__loop loop = {.body = step, .n = 4, .source = source, .target = target};
            first[k] = slope__build_loop(b, &loop);
        }
        assert_true((first[0] == first[1]) == (passes != 0));
        assert_true(first[2] != first[0]);
        slope__builder_destroy(b);
    }
    slope_function_destroy(step);
}

/* A map over 3 items of term(0) whose w is a number. */
static slope_function *map_with_number(const slope_function *body, double w, unsigned passes)
{
    slope__builder *b = slope__builder_create(passes);
    const slope__cell x = slope__build_input(b, "x", 6);
    slope__source source[2] = {{{x, 2, 1, NULL}, SLOPE__NONE}, {{slope__build_number(b, w), 0, 1, NULL}, SLOPE__NONE}};
    slope__target target = {.kind = SLOPE__EACH};
    slope__loop loop = {.body = body, .n = 3, .source = source, .target = &target};
    slope__build_output(b, "y", 3, NULL, slope__build_loop(b, &loop));
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    return f;
}

static void shared_numbers_become_the_body_s_own(void **state)
{
    (void)state;
    slope_function *body = term(0);
    slope_function *zero = map_with_number(body, -0.0, SLOPE_PASS_DEFAULT),
                   *one = map_with_number(body, 1.0, SLOPE_PASS_DEFAULT);
    slope_function *again = map_with_number(body, 1.0, SLOPE_PASS_DEFAULT);
    assert_int_equal(zero->loop[0].body->inputs, 1);
    assert_int_equal(zero->loop[0].body->instructions, 2); /* + -0 is no operation */
    assert_int_equal(one->loop[0].body->instructions, 3);
    assert_ptr_equal(one->loop[0].body, again->loop[0].body);
    slope_function_destroy(zero);
    slope_function_destroy(one);
    slope_function_destroy(again);
    for (int k = 0; k < 12; k++) { /* as many numbers as a body keeps, then it stays general */
        slope_function *f = map_with_number(body, 2.0 + k, SLOPE_PASS_DEFAULT), *g = map_with_number(body, 2.0 + k, 0);
        assert_int_equal(f->loop[0].body->inputs, k < 6 ? 1 : 2);
        assert_int_equal(g->loop[0].body->inputs, 2);
        assert_same_bits(f, g, (uint64_t)k, SLOPE_PASS_DEFAULT);
        slope_function_destroy(f);
        slope_function_destroy(g);
    }
    slope_function_destroy(body);
}

/* Two maps or folds of random bodies over one array: often with inputs in common. */
static slope_function *random_pair(uint64_t seed)
{
    const random_options o = {.operations = 15, .depth = (unsigned)(seed % 3 == 2), .tame = seed % 2 == 0};
    slope__builder *b = slope__builder_create(0);
    const slope__cell x = slope__build_input(b, "x", 30);
    slope_function *shared = random_text(&seed, &o, o.depth);
    for (int k = 0; k < 2; k++) {
        slope_function *body = random_below(&seed, 3) ? slope_function_share(shared) : random_text(&seed, &o, 0);
        assert_non_null(body);
        slope__source source[3];
        slope__target target[3];
        for (size_t g = 0; g < body->inputs; g++)
            source[g] = (slope__source){{x + (int64_t)g + (k && !random_below(&seed, 5)), 2, 1, NULL}, SLOPE__NONE};
        for (size_t g = 0; g < body->outputs; g++)
            target[g] = random_below(&seed, 2)
                            ? (slope__target){.kind = SLOPE__EACH}
                            : (slope__target){.kind = SLOPE__ADDED, .extent = 9, .view = {0, 1, 1, NULL}};
        slope__loop loop = {.body = body, .n = 1 + random_below(&seed, 6), .source = source, .target = target};
        loop.n = loop.n > 4 ? 5 : loop.n;
        const slope__cell first = slope__build_loop(b, &loop);
        slope__build_output(b, k ? "v" : "u", loop.results, NULL, first);
        slope_function_destroy(body);
    }
    slope_function_destroy(shared);
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    return f;
}

static void merged_maps_give_the_same_bits(void **state)
{
    (void)state;
    const int small = getenv("SLOPE_TEST_SMALL") != NULL;
    size_t merged = 0;
    for (uint64_t seed = 0; seed < (small ? 100 : 3000); seed++) {
        slope_function *f = random_pair(seed), *g = slope_function_optimise(f, SAME_BITS, NULL);
        assert_non_null(g);
        merged += f->loops == 2 && g->loops == 1 && g->loop[0].body->outputs > f->loop[0].body->outputs;
        for (uint64_t k = 0; k < 3; k++)
            assert_same_bits(f, g, seed * 3 + k, SAME_BITS);
        slope_function_destroy(f);
        slope_function_destroy(g);
    }
    assert_true(merged > (small ? 1 : 100));
}

/* -------------------------------------------------------------------------------------------- optimise and stats */

static void optimise_refuses_passes_that_are_none(void **state)
{
    (void)state;
    slope_function *step = wide_step();
    slope_error error = {0};
    assert_null(slope_function_optimise(step, 64, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    error = (slope_error){0};
    assert_null(slope_function_optimise(NULL, SLOPE_PASS_DEFAULT, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    slope_function_destroy(step);
}

static void bodies_are_optimised_too_and_once(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(0);
    slope__cell x = slope__build_input(b, "x", 1);
    for (int k = 0; k < 50; k++)
        x = U(sin, B(mul, x, N(1.0)));
    slope__build_output(b, "y", 1, &x, 0);
    slope_function *body = slope__builder_finish(b, NULL);
    b = slope__builder_create(0);
    x = slope__build_input(b, "x", 4);
    slope__source source = {{x, 1, 1, NULL}, SLOPE__NONE};
    slope__target target = {.kind = SLOPE__EACH};
    slope__loop loop = {.body = body, .n = 4, .source = &source, .target = &target};
    source.view.first = slope__build_loop(b, &loop);
    slope__build_output(b, "y", 4, NULL, slope__build_loop(b, &loop));
    slope_function *f = slope__builder_finish(b, NULL), *g = slope_function_optimise(f, SLOPE_PASS_DEFAULT, NULL);
    assert_non_null(g);
    assert_int_equal(f->loop[0].body->instructions, 100);
    assert_int_equal(g->loop[0].body->instructions, 50);
    assert_ptr_equal(g->loop[0].body, g->loop[1].body);
    slope_function_destroy(f);
    slope_function_destroy(g);
    slope_function_destroy(body);
}

/* map over 10 of (x, y) -> sin(x * y) + x * y, then the sum of all */
static void stats_count_text_once_and_work_each_time(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell x = slope__build_input(b, "x", 1), y = slope__build_input(b, "y", 1);
    slope__build_output(b, "z", 1, NULL, B(add, U(sin, B(mul, x, y)), B(mul, x, y)));
    slope_function *body = slope__builder_finish(b, NULL);
    b = slope__builder_create(SLOPE_PASS_DEFAULT);
    const slope__cell in = slope__build_input(b, "x", 11);
    slope__source source[2] = {{{in, 1, 1, NULL}, SLOPE__NONE}, {{in + 1, 1, 1, NULL}, SLOPE__NONE}};
    slope__target target = {.kind = SLOPE__EACH};
    slope__loop loop = {.body = body, .n = 10, .source = source, .target = &target};
    slope__cell z[11];
    for (int k = 0; k < 2; k++) { /* two loops share the body; the second runs backward over the first one's results */
        const slope__cell first = slope__build_loop(b, &loop);
        for (slope__cell j = 0; j < 10; j++)
            z[j] = first + j;
        source[0].view = source[1].view = (slope__view){first + 9, -1, 1, NULL};
    }
    z[10] = slope__build_number(b, 0.5);
    slope__build_output(b, "s", 1, NULL, slope__build(b, OP(sum), 11, z));
    slope_function *f = slope__builder_finish(b, NULL);
    slope_function_info info;
    assert_int_equal(slope_function_stats(f, &info), SLOPE_OK);
    assert_int_equal(info.operations_before, 4 + 3);
    assert_int_equal(info.operations, 3 + 1);
    assert_int_equal(info.evaluated, 61);
    assert_int_equal(info.flops, 60 + 11);
    assert_int_equal(info.loops, 2);
    assert_int_equal(info.guards, 0);
    assert_int_equal(info.numbers, 1);
    assert_int_equal(info.slots, 10 + 10 + 2 + 1 + 2); /* both maps' results, one item's x, y, z, product and sine */
    assert_true(info.bytes > sizeof *f + sizeof *body);
    assert_int_equal(slope_function_stats(NULL, &info), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_function_stats(f, NULL), SLOPE_ERR_ARGUMENT);
    slope_function_destroy(f);
    slope_function_destroy(body);
}

static void stats_of_endless_work_stay_at_the_most(void **state)
{
    (void)state;
    slope_function *f = wide_step();
    for (int k = 0; k < 3; k++) { /* a call of a fold of a fold ... of 10^9 steps each */
        slope__builder *b = slope__builder_create(0);
        slope__build_copy_inputs(b, f);
        slope__source source[4];
        slope__target target[3] = {{.kind = SLOPE__LAST}, {.kind = SLOPE__LAST}, {.kind = SLOPE__LAST}};
        for (size_t g = 0; g < f->inputs; g++)
            source[g] = (slope__source){{(int64_t)f->input[g].first, 0, 1, NULL}, SLOPE__NONE};
        slope__loop loop = {.body = f, .n = 1000000000, .source = source, .target = target};
        const slope__cell c = slope__build_loop(b, &loop);
        for (size_t g = 0; g < f->outputs; g++)
            slope__build_output(b, f->output[g].name, f->output[g].length, NULL, c + target[g].base);
        slope_function *outer = slope__builder_finish(b, NULL);
        assert_non_null(outer);
        slope_function_destroy(f);
        f = outer;
    }
    slope_function_info info;
    assert_int_equal(slope_function_stats(f, &info), SLOPE_OK);
    assert_int_equal(info.operations, 83);
    assert_true(info.evaluated == SIZE_MAX);
    slope_function_destroy(f);
}

/* Half a million operations through freeze-like building, twice the work in twice the time, far from quadratic. */
static void optimising_takes_linear_time(void **state)
{
    (void)state;
    double seconds[2];
    for (int round = 0; round < 2; round++) {
        const size_t operations = (size_t)(getenv("SLOPE_TEST_SMALL") ? 5000 : 100000) << (2 * round);
        uint64_t seed = 7;
        const clock_t begin = clock();
        slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
        (void)slope__build_input(b, "x", 4);
        for (size_t k = 0; k < operations; k++) {
            const slope__cell x = random_cell(&seed, b), y = random_cell(&seed, b);
            (void)slope__build2(b, random_below(&seed, 2) ? OP(add) : OP(mul), x, y);
        }
        slope__build_output(b, "y", 1, NULL, (slope__cell)slope__built_cells(b) - 1);
        slope_function *f = slope__builder_finish(b, NULL);
        slope_function *g = slope_function_optimise(f, SLOPE_PASS_DEFAULT, NULL);
        seconds[round] = (double)(clock() - begin) / CLOCKS_PER_SEC;
        assert_non_null(g);
        slope_function_destroy(f);
        slope_function_destroy(g);
    }
    assert_true(seconds[1] < 16 * seconds[0] + 0.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(identities_hold_bit_by_bit),
        cmocka_unit_test(what_is_no_identity_is_left_alone),
        cmocka_unit_test(cheap_operations_replace_dear_ones),
        cmocka_unit_test(powers_become_cheap_where_they_round_no_worse),
        cmocka_unit_test(products_are_fused_only_where_asked_for),
        cmocka_unit_test(optimised_functions_give_the_same_bits),
        cmocka_unit_test(optimised_functions_of_special_numbers_give_the_same_bits),
        cmocka_unit_test(outputs_and_inputs_of_loops_that_nobody_needs_are_dropped),
        cmocka_unit_test(a_smaller_body_is_made_once),
        cmocka_unit_test(what_is_carried_stays_where_it_is_needed),
        cmocka_unit_test(small_calls_are_opened_and_large_ones_are_not),
        cmocka_unit_test(maps_over_the_same_items_become_one),
        cmocka_unit_test(maps_that_have_nothing_in_common_stay_two),
        cmocka_unit_test(equal_loops_are_one),
        cmocka_unit_test(shared_numbers_become_the_body_s_own),
        cmocka_unit_test(merged_maps_give_the_same_bits),
        cmocka_unit_test(optimise_refuses_passes_that_are_none),
        cmocka_unit_test(bodies_are_optimised_too_and_once),
        cmocka_unit_test(stats_count_text_once_and_work_each_time),
        cmocka_unit_test(stats_of_endless_work_stay_at_the_most),
        cmocka_unit_test(optimising_takes_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
