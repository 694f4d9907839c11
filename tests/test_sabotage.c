/* SPDX-License-Identifier: MIT */
/*
 * A wrong derivative must make the checks fail.  Each partial of the table in turn is spoiled in each of several ways,
 * as a custom operation with the table's value, and both checks, against MPFR and against numerical derivatives, have
 * to notice; unspoiled, neither may complain.
 */
#include "testing.h"

#include <math.h>

#include "measure.h"
#include "ops/op.h"

typedef enum spoil { SPOIL_NOT, SPOIL_SIGN, SPOIL_FACTOR, SPOIL_OFFSET, SPOIL_DROP, SPOIL_SWAP, SPOILS } spoil;

static const char *const spoil_text[] = {"not spoiled", "sign", "factor 1.0001", "1e-3 added", "dropped", "swapped"};

/* An operation of the table whose partial i is spoiled. */
typedef struct spoiled {
    slope_op op;
    size_t i;
    spoil how;
} spoiled;

static int evaluate(size_t n, const double x[], double *value, double partial[], void *context)
{
    const spoiled *s = context;
    *value = slope__value((unsigned)s->op, n, x);
    if (!partial)
        return 0;
    slope__partials((unsigned)s->op, n, x, *value, partial);
    double *p = &partial[s->i], other = partial[(s->i + 1) % n];
    switch (s->how) {
    case SPOIL_SIGN: *p = -*p; break;
    case SPOIL_FACTOR: *p *= 1.0001; break;
    case SPOIL_OFFSET: *p += 1e-3; break;
    case SPOIL_DROP: *p = 0; break;
    case SPOIL_SWAP: *p = other; break;
    default: break;
    }
    return 0;
}

/* What the checks say over all points of an operation. */
typedef struct findings {
    size_t points, changed; /* looked at; at which the spoiled partial differs */
    size_t judge, numeric;  /* complaints */
} findings;

static void look(slope_tape *t, const spoiled *s, size_t n, const double x[], findings *found)
{
    const slope_custom custom = {"spoiled", evaluate, (void *)(uintptr_t)s};
    const judge *f = judge_find(slope_op_describe(s->op)->name);
    slope_value in[JUDGE_OPERANDS];
    double right[JUDGE_OPERANDS];
    slope_check_entry entry[JUDGE_OPERANDS];
    slope_tape_reset(t);
    for (size_t i = 0; i < n; i++)
        in[i] = slope_var(t, x[i]);
    const slope_value y = slope_custom_apply(&custom, n, in);
    slope__partials((unsigned)s->op, n, x, slope_data(y), right);
    found->points++;
    found->changed += slope_partial(y, s->i) != right[s->i];
    assert_int_equal(slope_check_values(y, 1, &in[s->i], entry), SLOPE_OK);
    found->numeric += entry[0].verdict == SLOPE_VERDICT_WRONG || entry[0].verdict == SLOPE_VERDICT_NONFINITE;
    if (f) {
        mpfr_t exact;
        mpfr_init2(exact, 53);
        judge_first(f, n, x, s->i, exact);
        const double limit = measure_limit(s->op, MEASURE_FIRST);
        const double floor = measure_floor(f, s->op, n, x, MEASURE_FIRST, s->i, s->i);
        found->judge += !mpfr_nan_p(exact) && judge_ulp(slope_partial(y, s->i), exact, floor) > limit;
        mpfr_clear(exact);
    }
}

static findings examine(slope_tape *t, const spoiled *s)
{
    findings found = {0};
    for (size_t k = 0; k < 4; k++) {
        double x[JUDGE_OPERANDS];
        measure_region region;
        const size_t n = measure_point(s->op, k, 4, x, &region);
        look(t, s, n, x, &found);
    }
    return found;
}

/* Is there a derivative by operand i that can be measured?  There is none where the operand is a whole number, whose
   interval is a point, and detach has none although its value has. */
static int is_continuous(slope_op op, size_t i)
{
    const slope_op_info *info = slope_op_describe(op);
    const int is_whole = info->arity == 2 && (i == 0 ? info->low == info->high : info->low2 == info->high2);
    return !is_whole && op != SLOPE_OP_DETACH;
}

static int examine_partial(slope_tape *t, slope_op op, size_t i, size_t *noticed)
{
    const char *name = slope_op_describe(op)->name;
    int failures = 0;
    for (int how = SPOIL_NOT; how < SPOILS; how++) {
        const spoiled s = {op, i, (spoil)how};
        const findings found = examine(t, &s);
        const int has_judge = judge_find(name) != NULL;
        const int wrong = how == SPOIL_NOT ? found.judge || found.numeric
                          : found.changed  ? found.numeric == 0 || (has_judge && found.judge == 0)
                                           : 0; /* -0 is 0: nothing was spoiled */
        if (wrong)
            print_error("%s, partial %zu, %s: of %zu points the judge complains at %zu, the numeric check at %zu\n",
                        name, i, spoil_text[how], found.points, found.judge, found.numeric);
        failures += wrong;
        *noticed += how != SPOIL_NOT && found.changed > 0 && !wrong;
    }
    return failures;
}

static void a_wrong_partial_of_the_table_is_noticed(void **state)
{
    int failures = 0;
    size_t noticed = 0;
    for (size_t op = SLOPE_OP_CONST + 1; op < SLOPE_OP_CUSTOM; op++) {
        const int arity = slope_op_describe((slope_op)op)->arity;
        const size_t n = arity < 0 ? JUDGE_OPERANDS : (size_t)arity;
        for (size_t i = 0; i < n; i++) {
            if (is_continuous((slope_op)op, i))
                failures += examine_partial(*state, (slope_op)op, i, &noticed);
        }
    }
    assert_int_equal(failures, 0);
    assert_true(noticed > 300); /* the table's 90 partials, each in up to five ways */
}

/* The check that names the node: of a chain of three, the spoiled one. */
static void the_wrong_node_is_named(void **state)
{
    slope_tape *t = *state;
    const spoiled s = {SLOPE_OP_SIN, 0, SPOIL_FACTOR};
    const slope_custom custom = {"spoiled", evaluate, (void *)(uintptr_t)&s};
    const slope_value x = slope_var(t, 0.6), before = slope_exp(x);
    const slope_value wrong = slope_custom_apply(&custom, 1, &before), y = slope_square(wrong);
    slope_culprit culprit;
    assert_int_equal(slope_check_nodes(y, &culprit), SLOPE_OK);
    assert_true(slope_same(culprit.node, wrong) && culprit.operand == 0);
    assert_int_equal(culprit.entry.verdict, SLOPE_VERDICT_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(a_wrong_partial_of_the_table_is_noticed),
        on_tape(the_wrong_node_is_named),
    };
    judge_begin();
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    judge_end();
    return failed;
}
