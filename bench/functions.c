/* SPDX-License-Identifier: MIT */
/* The problems of by_hand.c recorded with their structure: maps, sums of maps, folds of maps; data are bound. */
#include "functions.h"

#include <math.h>
#include <string.h>

/* What a recording is given: functions it uses, its size, levels of checkpoints. */
typedef struct parts {
    slope_function *body, *other;
    size_t size;
    unsigned levels;
} parts;

static void fill_moons(double p[MOONS_POINTS][3])
{
    for (size_t k = 0; k < MOONS_POINTS; k++) {
        const double angle = 3.14159265358979 * (double)(k / 2) / 50.0;
        p[k][0] = k % 2 ? 1.0 - cos(angle) : cos(angle);
        p[k][1] = k % 2 ? 0.5 - sin(angle) : sin(angle);
        p[k][2] = k % 2 ? 1.0 : -1.0;
    }
}

const function_data *functions_data(void)
{
    static function_data data;
    if (data.moons[0][2] != 0)
        return &data;
    fill_moons(data.moons);
    for (size_t i = 0; i < MIXTURE_POINTS; i++) {
        for (size_t j = 0; j < MIXTURE_D; j++)
            data.mixture[i][j] = sin(1.7 * (double)(i * MIXTURE_D + j)) + (double)(i % 3) - 1.0;
    }
    for (size_t t = 0; t < 1025; t++) {
        for (size_t u = 0; u < LSTM_UNITS; u++)
            data.sequence[t][u] = 0.5 * sin(0.05 * (double)t * (double)(u + 1)) + 0.1 * cos((double)(t * u));
    }
    return &data;
}

/* -------------------------------------------------------------------------------------------------- Rosenbrock */

static int rosenbrock_term(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    const slope_value d = slope_sub(x[0][1], slope_square(x[0][0])), e = slope_sub(slope_number(1.0), x[0][0]);
    y[0][0] = slope_add(slope_mul(slope_number(100.0), slope_square(d)), slope_square(e));
    return 0;
}

static int rosenbrock_sum(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const parts *p = context;
    const slope_view in[] = {slope_each(x[0], 1)};
    return slope_map_sum(tape, p->body, p->size - 1, in, y) != SLOPE_OK;
}

static slope_function *rosenbrock(size_t size, unsigned levels, slope_error *error)
{
    (void)levels;
    const slope_group pair[] = {{"x", 2}}, in[] = {{"x", size}}, out[] = {{"f", 1}};
    parts p = {.size = size};
    p.body = slope_function_record(1, pair, 1, out, NULL, rosenbrock_term, NULL, error);
    slope_function *f = p.body ? slope_function_record(1, in, 1, out, NULL, rosenbrock_sum, &p, error) : NULL;
    slope_function_destroy(p.body);
    return f;
}

static void rosenbrock_start(size_t n, double x[])
{
    for (size_t i = 0; i < n; i++)
        x[i] = 0.1 + 0.6 * (double)(i * 7 % 17) / 17.0;
}

/* --------------------------------------------------------------------------------------------------- two moons */

/* A layer of the network: rows of weights, each followed by its bias. */
static const slope_value *layer(const slope_value *w, size_t n, const slope_value in[], size_t m, slope_value out[])
{
    for (size_t j = 0; j < m; j++, w += n + 1)
        out[j] = slope_add(slope_dot(n, w, in), w[n]);
    return w;
}

static void relu_all(slope_value h[])
{
    for (size_t j = 0; j < MOONS_HIDDEN; j++)
        h[j] = slope_relu(h[j]);
}

static int moons_point(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    slope_value h1[MOONS_HIDDEN], h2[MOONS_HIDDEN], out;
    const slope_value *w = layer(x[0], 2, x[1], MOONS_HIDDEN, h1);
    relu_all(h1);
    w = layer(w, MOONS_HIDDEN, h1, MOONS_HIDDEN, h2);
    relu_all(h2);
    (void)layer(w, MOONS_HIDDEN, h2, 1, &out);
    y[0][0] = slope_relu(slope_sub(slope_number(1.0), slope_mul(x[1][2], out)));
    return 0;
}

static int square_of(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    y[0][0] = slope_square(x[0][0]);
    return 0;
}

static int moons_loss(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const parts *p = context;
    slope_value hinge, decay, *const hinges[] = {&hinge}, *const decays[] = {&decay};
    const slope_view in[] = {slope_shared(x[0]), slope_each_data(functions_data()->moons[0], 3 * p->size, 3)};
    const slope_view weights[] = {slope_each(x[0], 1)};
    if (slope_map_sum(tape, p->body, p->size, in, hinges) != SLOPE_OK ||
        slope_map_sum(tape, p->other, MOONS_PARAMETERS, weights, decays) != SLOPE_OK)
        return 1;
    y[0][0] = slope_add(slope_div(hinge, slope_number((double)p->size)), slope_mul(slope_number(1e-4), decay));
    return 0;
}

static slope_function *moons(size_t size, unsigned levels, slope_error *error)
{
    (void)levels;
    const slope_group in[] = {{"p", MOONS_PARAMETERS}, {"point", 3}}, number[] = {{"w", 1}}, out[] = {{"loss", 1}};
    parts p = {.size = size};
    slope_function *f = NULL;
    p.body = slope_function_record(2, in, 1, out, NULL, moons_point, NULL, error);
    p.other = slope_function_record(1, number, 1, out, NULL, square_of, NULL, error);
    if (p.body && p.other)
        f = slope_function_record(1, in, 1, out, NULL, moons_loss, &p, error);
    slope_function_destroy(p.body);
    slope_function_destroy(p.other);
    return f;
}

static void weights_start(size_t n, double x[])
{
    for (size_t i = 0; i < n; i++)
        x[i] = -0.5 + (double)(i * 7 % 17) / 17.0;
}

/* ---------------------------------------------------------------------------------------------- Gaussian mixture */

/* r -> q = exp(r), log det */
static int mixture_scale(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    for (size_t i = 0; i < MIXTURE_D; i++)
        y[0][i] = slope_exp(x[0][i]);
    y[1][0] = slope_sum(MIXTURE_D, x[0]);
    return 0;
}

/* Of one component at one point: constant, m, q, t, x -> the exponent */
static int mixture_term(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    slope_value d[MIXTURE_D], square[MIXTURE_D];
    const slope_value *t = x[3];
    for (size_t i = 0; i < MIXTURE_D; i++)
        d[i] = slope_sub(x[4][i], x[1][i]);
    for (size_t i = 0; i < MIXTURE_D; t += i, i++) {
        const slope_value own = slope_mul(x[2][i], d[i]);
        square[i] = slope_square(i ? slope_add(own, slope_dot(i, t, d)) : own);
    }
    y[0][0] = slope_sub(x[0][0], slope_mul(slope_number(0.5), slope_sum(MIXTURE_D, square)));
    return 0;
}

enum { MOST_COMPONENTS = 32 };

static int mixture_point(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const parts *p = context;
    slope_value term[MOST_COMPONENTS], *const terms[] = {term};
    const slope_view in[] = {slope_each(x[0], 1), slope_each(x[1], MIXTURE_D), slope_each(x[2], MIXTURE_D),
                             slope_each(x[3], MIXTURE_TRIANGLE), slope_shared(x[4])};
    if (slope_map(tape, p->body, p->size, in, terms) != SLOPE_OK)
        return 1;
    y[0][0] = slope_logsumexp(p->size, term);
    return 0;
}

static int mixture_sum(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const parts *p = context;
    slope_value q[MOST_COMPONENTS * MIXTURE_D], constant[MOST_COMPONENTS], sum;
    slope_value *const scales[] = {q, constant}, *const sums[] = {&sum};
    const slope_view r[] = {slope_each(x[2], MIXTURE_D)};
    if (slope_map(tape, p->other, p->size, r, scales) != SLOPE_OK)
        return 1;
    for (size_t k = 0; k < p->size; k++)
        constant[k] = slope_add(x[0][k], constant[k]);
    const slope_view in[] = {slope_shared(constant), slope_shared(x[1]), slope_shared(q), slope_shared(x[3]),
                             slope_each_data(functions_data()->mixture[0], MIXTURE_POINTS * MIXTURE_D, MIXTURE_D)};
    if (slope_map_sum(tape, p->body, MIXTURE_POINTS, in, sums) != SLOPE_OK)
        return 1;
    y[0][0] = slope_sub(sum, slope_mul(slope_number(MIXTURE_POINTS), slope_logsumexp(p->size, x[0])));
    return 0;
}

static slope_function *mixture(size_t K, unsigned levels, slope_error *error)
{
    (void)levels;
    const slope_group in[] = {
        {"a", K}, {"m", K * MIXTURE_D}, {"r", K * MIXTURE_D}, {"t", K * MIXTURE_TRIANGLE}, {"x", MIXTURE_D}};
    const slope_group one[] = {{"c", 1}, {"m", MIXTURE_D}, {"q", MIXTURE_D}, {"t", MIXTURE_TRIANGLE}, {"x", MIXTURE_D}};
    const slope_group scale[] = {{"q", MIXTURE_D}, {"log_det", 1}}, out[] = {{"f", 1}};
    parts p = {.size = K};
    slope_function *f = NULL, *term = slope_function_record(5, one, 1, out, NULL, mixture_term, NULL, error);
    p.body = term;
    slope_function *point = term ? slope_function_record(5, in, 1, out, NULL, mixture_point, &p, error) : NULL;
    p.other = slope_function_record(1, &one[1], 2, scale, NULL, mixture_scale, NULL, error);
    p.body = point;
    if (point && p.other)
        f = slope_function_record(4, in, 1, out, NULL, mixture_sum, &p, error);
    slope_function_destroy(term);
    slope_function_destroy(point);
    slope_function_destroy(p.other);
    return f;
}

static void mixture_start(size_t n, double x[])
{
    for (size_t i = 0; i < n; i++)
        x[i] = -0.4 + 0.8 * (double)(i * 7 % 19) / 19.0;
}

/* ---------------------------------------------------------------------------------------------------------- LSTM */

enum { FORGET, INPUT, OUTPUT, CHANGE, GATES };

/* weights, what the layer reads, c -> h, c */
static int lstm_unit(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    slope_value gate[GATES];
    for (size_t k = 0; k < GATES; k++) {
        const slope_value *w = x[0] + k * LSTM_ROW;
        const slope_value sum = slope_add(slope_dot(LSTM_ROW - 1, w, x[1]), w[LSTM_ROW - 1]);
        gate[k] = k == CHANGE ? slope_tanh(sum) : slope_sigmoid(sum);
    }
    y[1][0] = slope_add(slope_mul(gate[FORGET], x[2][0]), slope_mul(gate[INPUT], gate[CHANGE]));
    y[0][0] = slope_mul(gate[OUTPUT], slope_tanh(y[1][0]));
    return 0;
}

/* h, c of both layers, weights, item, next item -> h, c of both layers, squared error */
static int lstm_step(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const parts *p = context;
    for (size_t l = 0; l < LSTM_LAYERS; l++) {
        slope_value in[2 * LSTM_UNITS];
        memcpy(in, l ? y[0] : x[5], LSTM_UNITS * sizeof *in);
        memcpy(in + LSTM_UNITS, x[2 * l], LSTM_UNITS * sizeof *in);
        const slope_view views[] = {slope_each(x[4] + l * LSTM_LAYER, GATES * LSTM_ROW), slope_shared(in),
                                    slope_each(x[2 * l + 1], 1)};
        if (slope_map(tape, p->body, LSTM_UNITS, views, y + 2 * l) != SLOPE_OK)
            return 1;
    }
    slope_value square[LSTM_UNITS];
    for (size_t u = 0; u < LSTM_UNITS; u++)
        square[u] = slope_square(slope_sub(y[2][u], x[6][u]));
    y[4][0] = slope_sum(LSTM_UNITS, square);
    return 0;
}

static int lstm_sequence(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const parts *p = context;
    slope_value zero[LSTM_UNITS], loss[1024], *const out[] = {NULL, NULL, NULL, NULL, loss};
    for (size_t u = 0; u < LSTM_UNITS; u++)
        zero[u] = slope_number(0.0);
    const double *item = functions_data()->sequence[0];
    const size_t count = p->size * LSTM_UNITS;
    const slope_view in[] = {slope_shared(zero),
                             slope_shared(zero),
                             slope_shared(zero),
                             slope_shared(zero),
                             slope_shared(x[0]),
                             slope_each_data(item, count, LSTM_UNITS),
                             slope_each_data(item + LSTM_UNITS, count, LSTM_UNITS)};
    if (slope_fold(tape, p->body, p->size, 4, in, out, p->levels) != SLOPE_OK)
        return 1;
    y[0][0] = slope_sum(p->size, loss);
    return 0;
}

static slope_function *lstm(size_t size, unsigned levels, slope_error *error)
{
    const slope_group unit[] = {{"w", GATES * LSTM_ROW}, {"x", 2 * LSTM_UNITS}, {"c", 1}};
    const slope_group unit_out[] = {{"h", 1}, {"c", 1}}, loss[] = {{"loss", 1}};
    const slope_group step[] = {{"h1", LSTM_UNITS},     {"c1", LSTM_UNITS}, {"h2", LSTM_UNITS},  {"c2", LSTM_UNITS},
                                {"w", LSTM_PARAMETERS}, {"x", LSTM_UNITS},  {"next", LSTM_UNITS}};
    const slope_group step_out[] = {
        {"h1", LSTM_UNITS}, {"c1", LSTM_UNITS}, {"h2", LSTM_UNITS}, {"c2", LSTM_UNITS}, {"loss", 1}};
    parts p = {.size = size, .levels = levels};
    slope_function *f = NULL, *cell = slope_function_record(3, unit, 2, unit_out, NULL, lstm_unit, NULL, error);
    p.body = cell;
    slope_function *one = cell ? slope_function_record(7, step, 5, step_out, NULL, lstm_step, &p, error) : NULL;
    p.body = one;
    if (one)
        f = slope_function_record(1, &step[4], 1, loss, NULL, lstm_sequence, &p, error);
    slope_function_destroy(cell);
    slope_function_destroy(one);
    return f;
}

/* -------------------------------------------------------------------------------------------------------- Lorenz */

static void lorenz_slope(const slope_value s[], const slope_value p[], slope_value d[])
{
    d[0] = slope_mul(p[0], slope_sub(s[1], s[0]));
    d[1] = slope_sub(slope_mul(s[0], slope_sub(p[1], s[2])), s[1]);
    d[2] = slope_sub(slope_mul(s[0], s[1]), slope_mul(p[2], s[2]));
}

static int lorenz_step(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    static const double dt = 1e-4, ahead[4] = {0.0, 0.5, 0.5, 1.0};
    slope_value k[4][3], at[3];
    for (size_t j = 0; j < 4; j++) {
        for (size_t i = 0; i < 3; i++)
            at[i] = j ? slope_add(x[0][i], slope_mul(slope_number(dt * ahead[j]), k[j - 1][i])) : x[0][i];
        lorenz_slope(at, x[1], k[j]);
    }
    for (size_t i = 0; i < 3; i++) {
        const slope_value middle = slope_mul(slope_number(2.0), slope_add(k[1][i], k[2][i]));
        const slope_value sum = slope_add(slope_add(k[0][i], middle), k[3][i]);
        y[0][i] = slope_add(x[0][i], slope_mul(slope_number(dt / 6), sum));
    }
    return 0;
}

static int lorenz_end(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const parts *p = context;
    slope_value end[3], *const ends[] = {end};
    const slope_view in[] = {slope_shared(x[0]), slope_shared(x[1])};
    if (slope_fold(tape, p->body, p->size, 1, in, ends, p->levels) != SLOPE_OK)
        return 1;
    for (size_t i = 0; i < 3; i++)
        end[i] = slope_square(end[i]);
    y[0][0] = slope_sum(3, end);
    return 0;
}

static slope_function *lorenz(size_t size, unsigned levels, slope_error *error)
{
    const slope_group in[] = {{"s", 3}, {"p", 3}}, out[] = {{"f", 1}};
    parts p = {.size = size, .levels = levels};
    p.body = slope_function_record(2, in, 1, in, NULL, lorenz_step, NULL, error);
    slope_function *f = p.body ? slope_function_record(2, in, 1, out, NULL, lorenz_end, &p, error) : NULL;
    slope_function_destroy(p.body);
    return f;
}

static void lorenz_start(size_t n, double x[])
{
    static const double start[6] = {1.0, 2.0, 20.0, 10.0, 28.0, 8.0 / 3.0};
    memcpy(x, start, n * sizeof *x);
}

#define HAND(name)                   \
    {                                \
        name##_anywhere, name##_here \
    }

const function_problem function_problems[] = {
    {.name = "chained Rosenbrock, n = 1,000",
     .size = 1000,
     .target = {4, 1.7},
     .over_primal = 1,
     .hand = HAND(rosenbrock),
     .record = rosenbrock,
     .start = rosenbrock_start},
    {.name = "chained Rosenbrock, n = 1,000,000",
     .size = 1000000,
     .target = {4, 1.7},
     .over_primal = 1,
     .hand = HAND(rosenbrock),
     .record = rosenbrock,
     .start = rosenbrock_start},
    {.name = "two-moons, 100 points",
     .size = MOONS_POINTS,
     .target = {1, 0.5},
     .hand = HAND(moons),
     .record = moons,
     .start = weights_start,
     .tape = "two-moons step, relu"},
    {.name = "Gaussian mixture, K = 5",
     .size = 5,
     .target = {1, 0.5},
     .hand = HAND(mixture),
     .record = mixture,
     .start = mixture_start,
     .two_threads = 1},
    {.name = "Gaussian mixture, K = 25",
     .size = 25,
     .target = {1, 0.5},
     .hand = HAND(mixture),
     .record = mixture,
     .start = mixture_start,
     .two_threads = 1},
    {.name = "LSTM, 1,024 steps",
     .size = 1024,
     .target = {4, 2.5},
     .over_primal = 1,
     .hand = HAND(lstm),
     .record = lstm,
     .start = weights_start},
    {.name = "Lorenz, 100,000 steps",
     .size = 100000,
     .target = {12, 4},
     .over_primal = 1,
     .hand = HAND(lorenz),
     .record = lorenz,
     .start = lorenz_start},
    {.name = "Lorenz, 100,000 steps, checkpoints",
     .size = 100000,
     .target = {18, 7},
     .over_primal = 1,
     .hand = HAND(lorenz),
     .record = lorenz,
     .levels = 2,
     .start = lorenz_start,
     .megabytes = 50},
};
const size_t function_problem_count = sizeof function_problems / sizeof *function_problems;
