/* SPDX-License-Identifier: MIT */
/* The rules that a page shows, read by the parser and compared with the partials that are really used. */
#include "testing.h"

#include <math.h>
#include <string.h>

#include <slope/slope.h>

#include "graph/page.h"

static double uniform(unsigned long long *state, double low, double high)
{
    *state = *state * 6364136223846793005ull + 1442695040888963407ull;
    return low + (high - low) * (double)(*state >> 11) * 0x1p-53;
}

/* The rule's number at these operands. */
static double evaluate(slope_tape *tape, const char *rule, const double x[3], double v)
{
    const slope_binding names[] = {
        {"a", slope_number(x[0])}, {"b", slope_number(x[1])}, {"c", slope_number(x[2])}, {"v", slope_number(v)}};
    slope_value y;
    slope_parse_error error;
    if (slope_parse(tape, rule, SIZE_MAX, 4, names, &y, &error) != SLOPE_OK)
        fail_msg("%s: %s", rule, error.message);
    return slope_data(y);
}

/* Compares one operation at one point. */
static void compare(slope_tape *tape, slope_op op, int arity, const double x[3])
{
    slope_value operand[3];
    for (int i = 0; i < arity; i++)
        operand[i] = slope_var(tape, x[i]);
    const slope_value y = slope_apply(op, (size_t)arity, operand);
    if (slope_is_null(y))
        fail_msg("%s: %s", slope_op_describe(op)->name, slope_tape_error(tape)->message);
    for (int i = 0; i < arity; i++) {
        const char *rule = slope__rule(op, (size_t)i);
        if (!rule)
            continue;
        const double told = evaluate(tape, rule, x, slope_data(y)), used = slope_partial(y, (size_t)i);
        if (!(fabs(told - used) <= 1e-9 * (fabs(used) + 1e-3 * fabs(slope_data(y)) + 1e-6)))
            fail_msg("%s by operand %d at %g, %g, %g: the rule %s gives %.17g, the operation %.17g",
                     slope_op_describe(op)->name, i, x[0], x[1], x[2], rule, told, used);
    }
}

/* A result of a function has the partials of that function. */
static int has_rules(slope_op op)
{
    const slope_op_info *info = slope_op_describe(op);
    return info && info->arity > 0 && op != SLOPE_OP_RESULT;
}

static void every_rule_is_what_the_operation_does(void **state)
{
    (void)state;
    unsigned long long random = 1;
    slope_tape *tape = slope_tape_create(NULL);
    for (slope_op op = SLOPE_OP_ADD; op < (slope_op)slope_op_count(); op = (slope_op)(op + 1)) {
        const slope_op_info *info = slope_op_describe(op);
        for (int k = 0; has_rules(op) && k < 200; k++) {
            double x[3] = {uniform(&random, info->low, info->high), uniform(&random, info->low2, info->high2),
                           uniform(&random, info->low, info->high)};
            if (op == SLOPE_OP_POWI)
                x[1] = floor(x[1]);
            compare(tape, op, info->arity, x);
            slope_tape_reset(tape);
        }
    }
    slope_tape_destroy(tape);
}

/* All partials but those that a textbook has not: by whole operands, which the table samples at one number. */
static void no_rule_is_missing(void **state)
{
    (void)state;
    for (slope_op op = SLOPE_OP_ADD; op < (slope_op)slope_op_count(); op = (slope_op)(op + 1)) {
        const slope_op_info *info = slope_op_describe(op);
        for (int i = 0; has_rules(op) && i < info->arity; i++)
            if (i == 1 ? info->low2 < info->high2 : info->low < info->high)
                if (!slope__rule(op, (size_t)i))
                    fail_msg("%s by operand %d", info->name, i);
    }
    assert_null(slope__rule(SLOPE_OP_SIN, 1));
    assert_null(slope__rule(SLOPE_OP_SUM, 0));
    assert_null(slope__rule(SLOPE_OP_NONE, 0));
    assert_null(slope__rule((slope_op)10000, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_is_what_the_operation_does),
        cmocka_unit_test(no_rule_is_missing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
