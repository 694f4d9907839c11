/* SPDX-License-Identifier: MIT */
/*
 * Each pass on single operations by itself: what it does, what it must leave alone, and that optimised functions give
 * the bits of unoptimised ones wherever it says so, on thousands of random functions and at numbers like -0, Inf, NaN
 * and the subnormal ones.
 */
#include "passes_testing.h"

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
    ROW(constant_polynomial, NO, 0, B(poly, X, Y))                         \
    ROW(empty_polynomial, NO, 0, U(poly, X))                               \
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
    ROW(linear_polynomial, OP(poly), 1, T(poly, X, Y, N(0)))                     \
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
