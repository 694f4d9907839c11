/* SPDX-License-Identifier: MIT */
/* Eight threads with a tape each: independent, and clean under the thread sanitizer. */
#include "testing.h"

#include <math.h>
#include <pthread.h>

enum { THREADS = 8, ROUNDS = 200 };

/* A computation that touches every part of the library that could have kept state: wide operations, gamma, labels,
   parsing, pictures as text, numerical derivatives. */
static double compute(slope_tape *t, int round)
{
    slope_tape_reset(t);
    slope_value x = slope_label(slope_var(t, 0.5 + 0.001 * round), "x");
    slope_value w[] = {x, slope_lgamma(slope_add(x, 2.0)), slope_erf(x)};
    slope_value y = slope_mul(slope_logsumexp(3, w), slope_norm(3, w)), z;
    const slope_binding binding = {"x", x};
    slope_parse_error error;
    if (slope_parse(t, "q = sin(x)^2; q + digamma(x) + 1.5e-3", SIZE_MAX, 1, &binding, &z, &error) != SLOPE_OK)
        return NAN;
    y = slope_add(y, z);
    slope_check_entry entry;
    if (slope_backward(y) != SLOPE_OK || slope_check_values(y, 1, &x, &entry) != SLOPE_OK)
        return NAN;
    return slope_grad(x) + slope_data(y) + entry.numeric;
}

typedef struct job {
    pthread_t thread;
    double sum;
} job;

static void *run(void *context)
{
    job *j = context;
    slope_tape *t = slope_tape_create(NULL);
    j->sum = 0.0;
    for (int i = 0; i < ROUNDS; i++)
        j->sum += compute(t, i);
    slope_tape_destroy(t);
    return NULL;
}

static void eight_threads_get_what_one_gets(void **state)
{
    (void)state;
    job alone, jobs[THREADS];
    (void)run(&alone);
    assert_int_equal(isnan(alone.sum), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&jobs[i].thread, NULL, run, &jobs[i]), 0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(jobs[i].thread, NULL), 0);
        assert_true(jobs[i].sum == alone.sum);
    }
}

/* Readers may share a tape that nobody writes to. */
static void *read_shared(void *context)
{
    const slope_value *y = context;
    static double unused;
    slope_node node;
    for (size_t i = 0; i < slope_tape_size(y->tape); i++) {
        slope_value v = slope_tape_value(y->tape, i);
        if (slope_inspect(v, &node) != SLOPE_OK || slope_data(v) != node.data)
            return &unused;
    }
    return NULL;
}

static void readers_may_share_a_tape(void **state)
{
    slope_tape *t = *state;
    slope_value y = slope_label(slope_var(t, 1.0), "x");
    for (int i = 0; i < 1000; i++)
        y = slope_sin(y);
    assert_int_equal(slope_backward(y), SLOPE_OK);
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, read_shared, &y), 0);
    for (int i = 0; i < THREADS; i++) {
        void *result;
        assert_int_equal(pthread_join(thread[i], &result), 0);
        assert_null(result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(eight_threads_get_what_one_gets),
        on_tape(readers_may_share_a_tape),
    };
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
