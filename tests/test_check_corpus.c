/* SPDX-License-Identifier: MIT */
/*
 * The gradient check over thousands of derivatives: right ones, of which none may be called wrong or kink, and spoiled
 * ones, of which none may be called right.  Formulas at ordinary points, extreme magnitudes, cancellations, edges of
 * domains and zeros of the derivative, and every smooth operation of the table.  What is right is judged by MPFR: the
 * recorded formula with 2000 bits, and differences of that.
 *
 * SLOPE_CORPUS_SEED=n moves the points; SLOPE_CORPUS_SAY=1 prints the table of verdicts and whatever was not expected.
 */
#include "testing.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "corpus.h"
#include "judge.h"
#include "measure.h"

enum { BITS = 2000, STEP = 400, SERIES_STEP = 120, LARGEST = 64, NAMES = 3 };

static uint64_t random_state;

static double uniform(double low, double high)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return low + (high - low) * ((double)(random_state >> 11) * 0x1p-53);
}

/* --------------------------------------------------------------------------------------------------- the judge */

/* One formula at one point. */
typedef struct instance {
    const char *text;
    slope_tape *tape;
    slope_value y, input[JUDGE_OPERANDS];
    size_t n;
    double x[JUDGE_OPERANDS], exact[JUDGE_OPERANDS];
} instance;

static void value_in_mpfr(const instance *c, size_t moved, int direction, long down, mpfr_t node[])
{
    for (size_t id = 0; id <= c->y.node.id; id++) {
        slope_node info;
        const slope_value v = slope_tape_value(c->tape, id);
        assert_int_equal(slope_inspect(v, &info), SLOPE_OK);
        mpfr_set_d(node[id], info.data, MPFR_RNDN);
        if (slope_same(v, c->input[moved])) {
            mpfr_t step;
            mpfr_init2(step, 64);
            mpfr_set_d(step, info.data != 0.0 ? info.data : 1.0, MPFR_RNDN);
            mpfr_mul_2si(step, step, -down, MPFR_RNDN);
            mpfr_mul_si(step, step, direction, MPFR_RNDN);
            mpfr_add(node[id], node[id], step, MPFR_RNDN);
            mpfr_clear(step);
        }
        if (!info.operands)
            continue;
        const judge *f = judge_find(info.name);
        if (!f) /* a comparison */
            continue;
        mpfr_t operand[LARGEST];
        assert_true(info.operands <= LARGEST);
        for (size_t i = 0; i < info.operands; i++) {
            const slope_value x = slope_operand(v, i);
            mpfr_init2(operand[i], BITS);
            if (slope_is_number(x))
                mpfr_set_d(operand[i], slope_data(x), MPFR_RNDN);
            else
                mpfr_set(operand[i], node[x.node.id], MPFR_RNDN);
        }
        f->value(node[id], info.operands, (const mpfr_t *)operand);
        for (size_t i = 0; i < info.operands; i++)
            mpfr_clear(operand[i]);
    }
}

/* dy/dx[i], far beyond double; NaN where the operation has none. */
static void slope_in_mpfr(const instance *c, size_t i, mpfr_t slope)
{
    const size_t nodes = (size_t)c->y.node.id + 1;
    mpfr_t *node = calloc(nodes, sizeof *node), low;
    const long down = strstr(c->text, "gamma") ? SERIES_STEP : STEP; /* the judge sums series to fewer digits */
    assert_non_null(node);
    for (size_t id = 0; id < nodes; id++)
        mpfr_init2(node[id], BITS);
    mpfr_init2(low, BITS);
    value_in_mpfr(c, i, -1, down, node);
    mpfr_set(low, node[nodes - 1], MPFR_RNDN);
    value_in_mpfr(c, i, 1, down, node);
    mpfr_sub(slope, node[nodes - 1], low, MPFR_RNDN);
    mpfr_div_d(slope, slope, 2.0 * fabs(c->x[i] != 0.0 ? c->x[i] : 1.0), MPFR_RNDN);
    mpfr_mul_2si(slope, slope, down, MPFR_RNDN);
    if (c->x[i] < 0.0)
        mpfr_neg(slope, slope, MPFR_RNDN);
    for (size_t id = 0; id < nodes; id++)
        mpfr_clear(node[id]);
    mpfr_clear(low);
    free(node);
}

/* --------------------------------------------------------------------------------------------------- the tally */

enum { VERDICTS = 8 };

typedef struct tally {
    size_t cases, verdict[VERDICTS], unbounded;
} tally;

static struct corpus {
    tally values, callback, truth, scaled, sign, zero, swapped; /* right: on the tape, by callback; then spoiled */
    size_t failures;
    int say;
} all;

static void tell(const char *what, const instance *c, size_t i, const slope_check_entry *e)
{
    print_error("%s: %s at", what, c->text);
    for (size_t k = 0; k < c->n; k++)
        print_error(" %.17g", c->x[k]);
    print_error(", by operand %zu: %.17g, numerically %.17g +- %.3g, %s\n", i, e->exact, e->numeric, e->error,
                slope_verdict_text(e->verdict));
}

static void count(tally *t, slope_verdict verdict)
{
    t->cases++;
    t->verdict[verdict]++;
}

/* The formula by a callback, as a user has it. */
static int compute(size_t n, const double x[], size_t m, double y[], void *context)
{
    const instance *c = context;
    (void)m;
    for (size_t i = 0; i < n; i++)
        (void)!slope_set_data(c->input[i], x[i]);
    const slope_status status = slope_forward(c->tape);
    y[0] = slope_data(c->y);
    return status != SLOPE_OK;
}

static void right_one(tally *t, const char *what, const instance *c, size_t i, const slope_check_entry *e,
                      const mpfr_t truth)
{
    /* where the formula loses digits that no difference sees, its own derivative counts */
    const double to_own = fabs(e->numeric - c->exact[i]);
    mpfr_t off;
    mpfr_init2(off, BITS);
    mpfr_sub_d(off, truth, e->numeric, MPFR_RNDN);
    const double distance = fabs(mpfr_get_d(off, MPFR_RNDU)), size = fabs(mpfr_get_d(truth, MPFR_RNDN));
    mpfr_clear(off);
    count(t, e->verdict);
    const int bad_verdict =
        e->verdict == SLOPE_VERDICT_WRONG || e->verdict == SLOPE_VERDICT_KINK || e->verdict > SLOPE_VERDICT_NONFINITE;
    const double slack = t == &all.values ? DBL_EPSILON : 1e-5; /* from outside it is an estimate */
    const int is_told = t == &all.values || e->verdict != SLOPE_VERDICT_NOISE;
    const int bad_error = is_told && !(to_own <= e->error + slack * size) && e->verdict != SLOPE_VERDICT_NONFINITE &&
                          !(distance <= e->error + slack * size);
    t->unbounded += (size_t)bad_error;
    all.failures += (size_t)(bad_verdict || bad_error);
    if (bad_verdict || bad_error)
        tell(bad_verdict ? what : "error too small", c, i, e);
    else if (all.say > 1 && e->verdict == SLOPE_VERDICT_NOISE)
        tell(what, c, i, e);
}

static void spoiled_one(tally *t, const char *what, instance *c, size_t i, double spoiled, double right)
{
    double g[JUDGE_OPERANDS];
    slope_check_entry entry[JUDGE_OPERANDS];
    if (!(fabs(spoiled - right) >= 0.9e-3 * fabs(right)) || spoiled == right)
        return;
    memcpy(g, c->exact, sizeof g);
    g[i] = spoiled;
    assert_int_equal(slope_check_gradient(compute, c->n, c->x, g, c, NULL, entry), SLOPE_OK);
    count(t, entry[i].verdict);
    all.failures += entry[i].verdict == SLOPE_VERDICT_RIGHT;
    if (entry[i].verdict == SLOPE_VERDICT_RIGHT || (all.say > 2 && entry[i].verdict == SLOPE_VERDICT_NOISE))
        tell(what, c, i, &entry[i]);
}

/* The size of secants through x. */
static double steepness(instance *c, size_t i)
{
    double x[JUDGE_OPERANDS], y, most = 0.0;
    double middle;
    memcpy(x, c->x, sizeof x);
    assert_int_equal(compute(c->n, x, 1, &middle, c), 0);
    for (double h = 0.1 * fmax(fabs(x[i]), 1.0); h > 1e-6 * fabs(x[i]) && h > 1e-9; h /= 7.0) {
        for (int side = -1; side <= 1; side += 2) {
            x[i] = c->x[i] + side * h;
            assert_int_equal(compute(c->n, x, 1, &y, c), 0);
            most = isfinite(y) ? fmax(most, fabs(y - middle) / h) : most;
        }
    }
    assert_int_equal(compute(c->n, c->x, 1, &y, c), 0);
    return most;
}

static void spoil(instance *c, size_t i)
{
    const double g = c->exact[i];
    const double steep = steepness(c, i);
    if (steep == 0.0 || fabs(g) * fmax(fabs(c->x[i]), 1.0) <= 4.0 * DBL_EPSILON * fabs(slope_data(c->y)) ||
        fabs(g) <= 1e-9 * steep) /* a zero of the derivative as far as anyone sees: 0 is right */
        return;
    spoiled_one(&all.scaled, "1e-3 too large", c, i, g * 1.001, g);
    spoiled_one(&all.sign, "wrong sign", c, i, -g, g);
    spoiled_one(&all.zero, "zero", c, i, 0.0, g);
    if (c->n > 1)
        spoiled_one(&all.swapped, "swapped", c, i, c->exact[(i + 1) % c->n], g);
}

static void examine(instance *c, int may_spoil)
{
    slope_check_entry entry[JUDGE_OPERANDS];
    double truth[JUDGE_OPERANDS];
    mpfr_t slope[JUDGE_OPERANDS];
    if (slope_is_number(c->y) || !isfinite(slope_data(c->y)))
        return;
    assert_int_equal(slope_check_values(c->y, c->n, c->input, entry), SLOPE_OK);
    for (size_t i = 0; i < c->n; i++) {
        c->exact[i] = slope_grad(c->input[i]);
        mpfr_init2(slope[i], BITS);
        slope_in_mpfr(c, i, slope[i]);
        truth[i] = mpfr_get_d(slope[i], MPFR_RNDN);
        if (isfinite(truth[i]) && isfinite(c->exact[i]))
            right_one(&all.values, "on the tape", c, i, &entry[i], slope[i]);
    }
    assert_int_equal(slope_check_gradient(compute, c->n, c->x, c->exact, c, NULL, entry), SLOPE_OK);
    for (size_t i = 0; i < c->n; i++)
        if (isfinite(truth[i]) && isfinite(c->exact[i]))
            right_one(&all.callback, "by callback", c, i, &entry[i], slope[i]);
    assert_int_equal(slope_check_gradient(compute, c->n, c->x, truth, c, NULL, entry), SLOPE_OK);
    for (size_t i = 0; i < c->n; i++)
        if (fabs(truth[i] - c->exact[i]) <= 1e-4 * fabs(truth[i])) /* else f is another function than its formula */
            right_one(&all.truth, "by callback, exact", c, i, &entry[i], slope[i]);
    for (size_t i = 0; may_spoil && i < c->n; i++)
        if (isfinite(truth[i]) && fabs(c->exact[i] - truth[i]) <= 1e-4 * fabs(truth[i]))
            spoil(c, i);
    for (size_t i = 0; i < c->n; i++)
        mpfr_clear(slope[i]);
}

static void say(const char *name, const tally *t)
{
    if (!all.say)
        return;
    print_message("%-22s %6zu:", name, t->cases);
    for (int v = 0; v < VERDICTS; v++)
        if (t->verdict[v])
            print_message("  %s %zu", slope_verdict_text((slope_verdict)v), t->verdict[v]);
    print_message("  error too small %zu\n", t->unbounded);
}

static void begin(void)
{
    const char *seed = getenv("SLOPE_CORPUS_SEED"), *loud = getenv("SLOPE_CORPUS_SAY");
    const int loudness = loud ? atoi(loud) : 0;
    random_state = 0x2545F4914F6CDD1Du * (seed ? 2 * (uint64_t)atoi(seed) + 1 : 1);
    memset(&all, 0, sizeof all);
    all.say = loudness;
    judge_begin();
}

static void end(void)
{
    judge_end();
    say("right, on the tape", &all.values);
    say("right, by callback", &all.callback);
    say("right, by MPFR", &all.truth);
    say("factor 1.001", &all.scaled);
    say("sign", &all.sign);
    say("zero", &all.zero);
    say("swapped", &all.swapped);
    assert_int_equal(all.failures, 0);
}

/* ----------------------------------------------------------------------------------------------------- formulas */

static void formula_at(const char *text, size_t n, const double x[])
{
    static const char *const name[NAMES] = {"x", "y", "z"};
    instance c = {.text = text, .tape = slope_tape_create(NULL), .n = n};
    slope_binding bindings[NAMES];
    slope_parse_error error;
    assert_non_null(c.tape);
    for (size_t i = 0; i < n; i++) {
        c.x[i] = x[i];
        c.input[i] = slope_var(c.tape, x[i]);
        bindings[i] = (slope_binding){name[i], c.input[i]};
    }
    if (slope_parse(c.tape, text, SIZE_MAX, n, bindings, &c.y, &error) != SLOPE_OK)
        fail_msg("%s: %s", text, error.message);
    examine(&c, 1);
    slope_tape_destroy(c.tape);
}

/* "1 2; 3 4" is two points of two coordinates; each is tried as it is, and with what is not 0 in it moved a little. */
static void formula_at_points(const char *text, const char *points, int moved)
{
    for (const char *from = points; *from;) {
        double x[NAMES] = {0}, near[NAMES] = {0};
        size_t n = 0;
        while (*from && *from != ';') {
            assert_true(n < NAMES);
            const size_t length = strcspn(from, " ;");
            assert_true(length > 0);
            x[n++] = number_of(from);
            from += length + strspn(from + length, " ");
        }
        from += *from == ';';
        from += strspn(from, " ");
        formula_at(text, n, x);
        for (int k = 0; k < moved; k++) {
            const double by = pow(10.0, uniform(-7, -1.5));
            for (size_t i = 0; i < n; i++)
                near[i] = x[i] * (1.0 - by * uniform(0, 1));
            formula_at(text, n, near);
        }
    }
}

static void no_formula_is_misjudged(void **state)
{
    (void)state;
    begin();
    for (size_t k = 0; k < sizeof corpus_formulas / sizeof *corpus_formulas; k++)
        formula_at_points(corpus_formulas[k].text, corpus_formulas[k].points, 2);
    end();
}

/* log(exp(x) + exp(y)) at a tie beyond 1e15 has a kink as far as doubles can tell. */
static int looks_like_max(size_t op, const double x[])
{
    return op == SLOPE_OP_LOGADDEXP && x[0] == x[1] && fabs(x[0]) > 1e15;
}

/* Is the first or second operand an integer, along which there is no slope? */
static int has_an_order(slope_op op)
{
    return op == SLOPE_OP_POWI || op == SLOPE_OP_POLYGAMMA || op == SLOPE_OP_BESSELJ;
}

static void no_operation_of_the_table_is_misjudged(void **state)
{
    enum { RANDOM = 5 };
    (void)state;
    begin();
    for (size_t op = SLOPE_OP_CONST + 1; op < SLOPE_OP_CUSTOM; op++) {
        const slope_op_info *info = slope_op_describe((slope_op)op);
        measure_region region;
        instance c = {.text = info->name, .tape = slope_tape_create(NULL)};
        if (!info->smooth || !judge_find(info->name) || has_an_order((slope_op)op)) {
            slope_tape_destroy(c.tape);
            continue;
        }
        for (size_t k = 0; (c.n = measure_point((slope_op)op, k, RANDOM, c.x, &region)) > 0; k++) {
            slope_tape_reset(c.tape);
            for (size_t i = 0; i < c.n; i++)
                c.input[i] = slope_var(c.tape, c.x[i]);
            c.y = slope_apply((slope_op)op, c.n, c.input);
            if ((region == MEASURE_ORDINARY || k % 5 == 0) && !looks_like_max(op, c.x))
                examine(&c, k % 5 == 0);
        }
        slope_tape_destroy(c.tape);
    }
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_formula_is_misjudged),
        cmocka_unit_test(no_operation_of_the_table_is_misjudged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
