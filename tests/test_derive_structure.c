/* SPDX-License-Identifier: MIT */
/* Derivatives of calls, maps and folds are those of the same computation written out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "derivable.h"

static int is_small(void) { return getenv("SLOPE_TEST_SMALL") != NULL; }

typedef slope_function *deriver(const slope_function *f, size_t n, const size_t wrt[], slope_error *error);

/* derive(f), by all inputs or by one of them. */
static slope_function *derived(deriver *derive, const slope_function *f, uint64_t *seed)
{
    slope_error error = {0};
    const size_t one = random_below(seed, f->inputs);
    return made(random_below(seed, 2) ? derive(f, 1, &one, &error) : derive(f, 0, NULL, &error), &error);
}

/* The same chain of derivatives of a random function and of its unrolled form. */
static void compare(size_t length, deriver *const chain[], uint64_t seed, unsigned depth, size_t *nonzero)
{
    slope_function *f = random_function(&seed, depth), *g = unrolled(f);
    *nonzero += assert_same(f, g, &seed, 1e-12);
    for (size_t k = 0; k < length; k++) {
        uint64_t same = seed;
        slope_function *df = derived(chain[k], f, &seed), *dg = derived(chain[k], g, &same);
        slope_function_destroy(f);
        slope_function_destroy(g);
        f = df;
        g = dg;
        *nonzero += assert_same(f, g, &seed, k > 1 ? 1e-8 : 1e-10);
    }
    slope_function_destroy(f);
    slope_function_destroy(g);
}

static void compare_many(size_t length, deriver *const chain[], size_t functions, unsigned depth)
{
    size_t nonzero = 0;
    for (size_t k = 0; k < (is_small() ? functions / 20 + 1 : functions); k++)
        compare(length, chain, 1000 * k + 7 * length + depth, depth, &nonzero);
    assert_true(nonzero > functions / 20);
}

static void adjoints_through_loops_are_those_of_the_unrolled_function(void **state)
{
    (void)state;
    compare_many(1, (deriver *const[]){slope_vjp}, 600, 1);
    compare_many(1, (deriver *const[]){slope_vjp}, 300, 2);
}

static void tangents_through_loops_are_those_of_the_unrolled_function(void **state)
{
    (void)state;
    compare_many(1, (deriver *const[]){slope_jvp}, 600, 1);
    compare_many(1, (deriver *const[]){slope_jvp}, 300, 2);
}

static void second_derivatives_of_loops_in_every_mix_of_modes(void **state)
{
    (void)state;
    compare_many(2, (deriver *const[]){slope_vjp, slope_jvp}, 200, 1);
    compare_many(2, (deriver *const[]){slope_jvp, slope_vjp}, 200, 1);
    compare_many(2, (deriver *const[]){slope_vjp, slope_vjp}, 200, 1);
    compare_many(2, (deriver *const[]){slope_jvp, slope_jvp}, 200, 1);
    compare_many(2, (deriver *const[]){slope_vjp, slope_vjp}, 60, 2);
}

static void matrices_of_loops_are_those_of_the_unrolled_function(void **state)
{
    (void)state;
    compare_many(1, (deriver *const[]){slope_jacobian}, 200, 1);
    compare_many(2, (deriver *const[]){slope_jacobian, slope_vjp}, 40, 1);
    compare_many(1, (deriver *const[]){slope_second}, 200, 1);
}

static void derivatives_of_third_order_go_through_loops(void **state)
{
    (void)state;
    compare_many(3, (deriver *const[]){slope_vjp, slope_vjp, slope_vjp}, 20, 1);
    compare_many(3, (deriver *const[]){slope_jvp, slope_vjp, slope_jvp}, 20, 1);
    compare_many(3, (deriver *const[]){slope_vjp, slope_jvp, slope_jvp}, 10, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adjoints_through_loops_are_those_of_the_unrolled_function),
        cmocka_unit_test(tangents_through_loops_are_those_of_the_unrolled_function),
        cmocka_unit_test(second_derivatives_of_loops_in_every_mix_of_modes),
        cmocka_unit_test(matrices_of_loops_are_those_of_the_unrolled_function),
        cmocka_unit_test(derivatives_of_third_order_go_through_loops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
