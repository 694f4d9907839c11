/* SPDX-License-Identifier: MIT */
/* What the tests of machine code share: a folder of their own, compiling, comparing with the reference evaluator. */
#ifndef NATIVE_TESTING_H
#define NATIVE_TESTING_H

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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <slope/derive.h>
#include <slope/eval.h>

#include "function/backend.h"
#include "native/native.h"
#include "random_function.h"

static char folder[256]; /* of this run: caches, false compilers */

static inline slope_compile_options options(void)
{
    slope_compile_options o = slope_compile_options_default();
    static char cache[300];
    (void)snprintf(cache, sizeof cache, "%s/cache", folder);
    o.cache = cache;
    return o;
}

/* f by way of vectors of this width; evaluator results are those of f. */
static inline slope_function *compiled_for(const slope_function *f, unsigned width)
{
    slope_compile_options o = options();
    slope_error error = {0};
    slope_function *g = slope_function_optimise(f, 0, &error);
    assert_non_null(g);
    if (slope__native_attach(g, width, &o, &error) != SLOPE_OK)
        fail_msg("%s", error.message);
    return g;
}

static inline slope_function *compiled(const slope_function *f)
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

static inline uint64_t bits(double x)
{
    uint64_t u;
    memcpy(&u, &x, sizeof u);
    return u;
}

static inline int same(double a, double b, double tolerance)
{
    if (a != a || b != b)
        return a != a && b != b;
    if (tolerance == 0.0)
        return bits(a) == bits(b);
    return a == b || fabs(a - b) <= tolerance * (1.0 + fabs(a) + fabs(b));
}

/* Memory that machine code may use, aligned; owned by the caller. */
static inline void *work_for(const slope__backend *backend, int threads)
{
    void *work = aligned_alloc(64, (backend->work_bytes * (size_t)threads + 127) / 64 * 64);
    assert_non_null(work);
    return work;
}

/* Machine code against the reference at one point.  0: they differ. */
static inline int agree(const slope_function *f, const slope_function *native, uint64_t seed, double tolerance)
{
    random_arrays a, b;
    int ok = 1;
    random_arrays_make(&a, f, seed);
    random_arrays_make(&b, f, seed);
    const slope_status expected = slope__interpret(f, (const double *const *)a.x, a.y, NULL);
    const slope__backend *backend = slope__backend_of(native);
    void *work = work_for(backend, 1);
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

static inline int make_folder(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    (void)snprintf(folder, sizeof folder, "%.200s/slope-test-XXXXXX", base ? base : "/tmp");
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    (void)state;
    char command[300];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

#endif
