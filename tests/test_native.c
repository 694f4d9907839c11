/* SPDX-License-Identifier: MIT */
/* Machine code gives what the reference evaluator gives, and where it can't be had the evaluator runs and *error says why. */
#define _GNU_SOURCE /* setenv, mkdtemp */

#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <slope/derive.h>
#include <slope/eval.h>

#include "function/backend.h"
#include "native/native.h"
#include "random_function.h"

static char folder[256]; /* of this run: caches, false compilers */

/* ------------------------------------------------------------------------------------------------------ helpers */

static slope_compile_options options(void)
{
    slope_compile_options o = slope_compile_options_default();
    static char cache[300];
    (void)snprintf(cache, sizeof cache, "%s/cache", folder);
    o.cache = cache;
    return o;
}

static slope_function *compiled(const slope_function *f)
{
    slope_compile_options o = options();
    slope_error error;
    slope_function *g = slope_function_compile(f, &o, &error);
    assert_non_null(g);
    if (error.status != SLOPE_OK)
        fail_msg("%s", error.message);
    assert_string_equal(slope_function_backend(g), "native");
    return g;
}

static uint64_t bits(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static int same(double a, double b, double tolerance)
{
    if (a != a || b != b)
        return a != a && b != b;
    if (tolerance == 0.0)
        return bits(a) == bits(b);
    return a == b || fabs(a - b) <= tolerance * (1.0 + fabs(a) + fabs(b));
}

/* Machine code against the reference at one point.  0: they differ. */
static int agree(const slope_function *f, const slope_function *native, uint64_t seed, double tolerance)
{
    random_arrays a, b;
    int ok = 1;
    random_arrays_make(&a, f, seed);
    random_arrays_make(&b, f, seed);
    const slope_status expected = slope__interpret(f, (const double *const *)a.x, a.y, NULL);
    const slope__backend *backend = slope__backend_of(native);
    void *work = aligned_alloc(64, (backend->work_bytes + 127) / 64 * 64);
    const int answer = backend->eval((const double *const *)b.x, b.y, work, 1);
    assert_int_equal(expected == SLOPE_ERR_BRANCH, answer > 0);
    for (size_t g = 0; expected == SLOPE_OK && answer != SLOPE__SEE_NAN && g < f->outputs; g++) {
        for (size_t j = 0; j < f->output[g].length; j++) {
            if (!same(a.y[g][j], b.y[g][j], tolerance)) {
                print_message("output %zu[%zu]: %.17g, reference %.17g\n", g, j, b.y[g][j], a.y[g][j]);
                ok = 0;
            }
        }
    }
    free(work);
    random_arrays_free(&a);
    random_arrays_free(&b);
    return ok;
}

static void random_functions_agree(void **state)
{
    (void)state;
    const char *only = getenv("ONLY");
    for (uint64_t seed = only ? strtoull(only, NULL, 10) : 0; seed < (only ? strtoull(only, NULL, 10) + 1 : 120);
         seed++) {
        const random_options o = {.seed = seed, .operations = 12, .depth = (unsigned)(seed % 4), .tame = 1, .exact = 1};
        slope_function *f = random_function(&o), *g = compiled(f);
        for (uint64_t k = 0; k < 3; k++) {
            if (!agree(f, g, k, 1e-13))
                fail_msg("seed %llu", (unsigned long long)seed);
        }
        slope_function_destroy(f);
        slope_function_destroy(g);
    }
}

static int make_folder(void **state)
{
    (void)state;
    (void)snprintf(folder, sizeof folder, "/tmp/slope-test-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_functions_agree),
    };
    return cmocka_run_group_tests(tests, make_folder, NULL);
}
