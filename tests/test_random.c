/* SPDX-License-Identifier: MIT */
/*
 * Random graphs of analytic operations: gradients of the sweep against the complex step on the same program in C's
 * complex arithmetic, an oracle that shares no code with the library.
 */
#include "testing.h"

#include <complex.h>
#include <math.h>

enum { INPUTS = 4, STEPS = 60, ROUNDS = 500 };

/* One step of a random program: value[i] = op(value[a], value[b]). */
typedef struct step {
    int op;
    size_t a, b;
} step;

typedef struct program {
    uint64_t seed;
    step steps[STEPS];
} program;

static uint64_t next(uint64_t *seed) { return *seed = *seed * 6364136223846793005u + 1442695040888963407u; }

static void make_program(program *p)
{
    for (size_t i = 0; i < STEPS; i++) {
        p->steps[i].op = (int)(next(&p->seed) >> 33) % 12;
        p->steps[i].a = (size_t)(next(&p->seed) >> 33) % (INPUTS + i);
        p->steps[i].b = (size_t)(next(&p->seed) >> 33) % (INPUTS + i);
    }
}

/* The operations, each kept in a range where none has a pole or a branch cut near the real axis. */
static double complex run_complex(const program *p, const double complex x[INPUTS])
{
    double complex v[INPUTS + STEPS];
    for (size_t i = 0; i < INPUTS; i++)
        v[i] = x[i];
    for (size_t i = 0; i < STEPS; i++) {
        const double complex a = v[p->steps[i].a], b = v[p->steps[i].b];
        const double complex results[12] = {a + b,           a - b,           a * b,
                                            csin(a),         ccos(a),         ctanh(a),
                                            catan(a / 4),    cexp(csin(a)),   csqrt(a * a + 2),
                                            clog(b * b + 1), a / (b * b + 1), cpow(a * a + 1, csin(b))};
        v[INPUTS + i] = results[p->steps[i].op];
    }
    return v[INPUTS + STEPS - 1];
}

static slope_value record_step(int op, slope_value a, slope_value b)
{
    switch (op) {
    case 0: return slope_add(a, b);
    case 1: return slope_sub(a, b);
    case 2: return slope_mul(a, b);
    case 3: return slope_sin(a);
    case 4: return slope_cos(a);
    case 5: return slope_tanh(a);
    case 6: return slope_atan(slope_div(a, 4));
    case 7: return slope_exp(slope_sin(a));
    case 8: return slope_sqrt(slope_add(slope_mul(a, a), 2));
    case 9: return slope_log(slope_add(slope_square(b), 1));
    case 10: return slope_div(a, slope_add(slope_pow(b, 2), 1));
    default: return slope_pow(slope_add(slope_mul(a, a), 1), slope_sin(b));
    }
}

static void random_graphs_agree_with_the_complex_step(void **state)
{
    slope_tape *t = *state;
    program p = {.seed = 2026};
    size_t compared = 0;
    for (int round = 0; round < ROUNDS; round++) {
        slope_value v[INPUTS + STEPS];
        double complex x[INPUTS];
        slope_tape_reset(t);
        make_program(&p);
        for (size_t i = 0; i < INPUTS; i++) {
            x[i] = (double)(next(&p.seed) >> 11) / 4503599627370496.0 - 1.0;
            v[i] = slope_var(t, creal(x[i]));
        }
        for (size_t i = 0; i < STEPS; i++)
            v[INPUTS + i] = record_step(p.steps[i].op, v[p.steps[i].a], v[p.steps[i].b]);
        const slope_value y = v[INPUTS + STEPS - 1];
        assert_int_equal(slope_backward(y), SLOPE_OK);
        if (!isfinite(slope_data(y)) || fabs(slope_data(y)) > 1e6)
            continue; /* products of products: rounding alone is then larger than any tolerance */
        for (size_t i = 0; i < INPUTS; i++) {
            const double complex at = x[i];
            x[i] = at + 1e-30 * I;
            const double exact = cimag(run_complex(&p, x)) / 1e-30;
            x[i] = at;
            if (fabs(exact) < 1e6) {
                assert_near(slope_grad(v[i]), exact, 1e-8 * (1.0 + fabs(exact)));
                compared += exact != 0.0;
            }
        }
    }
    assert_true(compared > ROUNDS); /* the comparison really happened */
}

int main(void)
{
    const struct CMUnitTest tests[] = {on_tape(random_graphs_agree_with_the_complex_step)};
    return cmocka_run_group_tests_name("random", tests, NULL, NULL);
}
