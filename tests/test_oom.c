/* SPDX-License-Identifier: MIT */
/* Every allocation failed in turn, once and from then on: a clear status, no leak, everything still usable or
   destroyable. */
#include "testing.h"

#include "base/memory.h"
#include "failing.h"

#include <stdlib.h>
#include <string.h>

static int square(size_t n, const double x[], double *value, double partial[], void *context)
{
    (void)n, (void)context;
    *value = x[0] * x[0];
    if (partial)
        partial[0] = 2.0 * x[0];
    return 0;
}

static slope_status scenario_record(slope_tape *t)
{
    slope_value x = slope_var(t, 1.5), y = x;
    for (int i = 0; i < 200; i++)
        y = slope_add(slope_mul(y, 0.5), x);
    slope_status status = slope_tape_status(t); /* the cause; y itself is then just null */
    return status ? status : slope_backward(y);
}

static slope_status scenario_wide(slope_tape *t)
{
    static const slope_custom custom = {"square", square, NULL};
    slope_value x[100];
    for (size_t i = 0; i < 100; i++)
        x[i] = i % 3 ? slope_var(t, (double)i) : slope_number(2.0);
    slope_value y = slope_sum(100, x);
    y = slope_add(y, slope_dot(40, x, x + 50));
    y = slope_add(y, slope_poly(x[1], 70, x));
    y = slope_add(slope_custom_apply(&custom, 1, &y), slope_fma(y, 2.0, x[1]));
    slope_status status = slope_tape_status(t); /* the cause; y itself is then just null */
    return status ? status : slope_backward(y);
}

static slope_status scenario_notes(slope_tape *t)
{
    char name[16];
    for (int i = 0; i < 200; i++) {
        (void)snprintf(name, sizeof name, "v%d", i);
        (void)SLOPE_HERE(slope_label(slope_var(t, i), name));
    }
    return slope_tape_status(t);
}

static slope_status scenario_marks(slope_tape *t)
{
    for (int i = 0; i < 100; i++) {
        (void)slope_var(t, i);
        const slope_mark mark = slope_tape_mark(t);
        (void)slope_var(t, i);
        slope_status status = slope_tape_status(t); /* a rewind forgets it */
        status = status ? status : slope_tape_rewind(t, mark);
        if (status)
            return status;
    }
    return slope_tape_status(t);
}

static slope_status scenario_parse(slope_tape *t)
{
    const slope_binding x = {"x", slope_var(t, 2.0)};
    slope_value y;
    slope_status status =
        slope_parse(t, "u = sin(x) + x^2; v = max(u, 3) * sum(x, u, 1)\nv > 2 ? v : u", SIZE_MAX, 1, &x, &y, NULL);
    return status ? status : slope_backward(y);
}

static slope_status scenario_reserve(slope_tape *t)
{
    slope_status status = slope_tape_reserve(t, 1000);
    return status ? status : scenario_record(t);
}

/* All that a tape holds, values and adjoints, as one number. */
static uint64_t content(slope_tape *t)
{
    uint64_t h = slope_tape_size(t);
    for (size_t i = 0; i < slope_tape_size(t); i++) {
        const slope_value v = slope_tape_value(t, i);
        const double both[] = {slope_data(v), slope_grad(v)};
        h = (h ^ slope__hash(both, sizeof both)) * 0x9E3779B97F4A7C15u;
    }
    return h;
}

static uint64_t undisturbed(slope_status (*scenario)(slope_tape *))
{
    slope_tape *t = slope_tape_create(NULL);
    assert_int_equal(scenario(t), SLOPE_OK);
    const uint64_t h = content(t);
    slope_tape_destroy(t);
    return h;
}

/* Fails each allocation until the scenario gets through; the tape must be usable again after a reset.  Where the answer
   is SLOPE_OK the tape holds what it holds without a failure. */
static void fail_each(slope_status (*scenario)(slope_tape *), int forever)
{
    const uint64_t expected = undisturbed(scenario);
    for (size_t fail_at = 1;; fail_at++) {
        failing f = {.fail_at = fail_at, .forever = forever};
        slope_tape_options options = slope_tape_options_default();
        options.allocator = (slope_allocator){failing_resize, &f};
        slope_tape *t = slope_tape_create(&options);
        slope_status status = t ? scenario(t) : SLOPE_ERR_MEMORY;
        const int reached = f.calls >= fail_at;
        assert_true(status == SLOPE_OK || status == SLOPE_ERR_MEMORY);
        if (!reached)
            assert_int_equal(status, SLOPE_OK);
        if (status == SLOPE_OK)
            assert_true(content(t) == expected);
        if (t && status && slope_tape_status(t))
            assert_true(slope_tape_error(t)->message[0] != '\0');
        f.fail_at = 0;
        slope_tape_reset(t);
        if (t) {
            assert_int_equal(slope_tape_status(t), SLOPE_OK);
            assert_int_equal(scenario(t), SLOPE_OK);
            assert_true(content(t) == expected);
        }
        slope_tape_destroy(t);
        assert_int_equal(f.held, 0);
        if (!reached)
            return;
        assert_true(fail_at < 10000);
    }
}

#define SCENARIO(name)                                                \
    static void name##_survives_every_failed_allocation(void **state) \
    {                                                                 \
        (void)state;                                                  \
        fail_each(scenario_##name, 0);                                \
        fail_each(scenario_##name, 1);                                \
    }

SCENARIO(record)
SCENARIO(wide)
SCENARIO(notes)
SCENARIO(marks)
SCENARIO(parse)
SCENARIO(reserve)

static void a_broken_allocator_creates_no_tape(void **state)
{
    (void)state;
    slope_tape_options options = slope_tape_options_default();
    options.allocator = slope_allocator_buffer(NULL, 0);
    assert_null(slope_tape_create(&options));
    options.allocator.resize = NULL;
    assert_null(slope_tape_create(&options));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_survives_every_failed_allocation),
        cmocka_unit_test(wide_survives_every_failed_allocation),
        cmocka_unit_test(notes_survives_every_failed_allocation),
        cmocka_unit_test(marks_survives_every_failed_allocation),
        cmocka_unit_test(parse_survives_every_failed_allocation),
        cmocka_unit_test(reserve_survives_every_failed_allocation),
        cmocka_unit_test(a_broken_allocator_creates_no_tape),
    };
    return cmocka_run_group_tests_name("oom", tests, NULL, NULL);
}
