/* SPDX-License-Identifier: MIT */
/* The benchmark problems, each as recorded and as written by hand. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

/* ----------------------------------------------- (i) chained Rosenbrock: sum 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2 */

static double rosenbrock(size_t n, const double x[])
{
    double sum = 0.0;
    for (size_t i = 0; i + 1 < n; i++) {
        const double d = x[i + 1] - x[i] * x[i], e = 1.0 - x[i];
        sum += 100.0 * (d * d) + e * e;
    }
    return sum;
}

static double rosenbrock_by_hand(size_t n, const double x[], double g[])
{
    double sum = 0.0;
    memset(g, 0, n * sizeof *g);
    for (size_t i = 0; i + 1 < n; i++) {
        const double d = x[i + 1] - x[i] * x[i], e = 1.0 - x[i];
        sum += 100.0 * (d * d) + e * e;
        g[i] += -400.0 * d * x[i] - 2.0 * e;
        g[i + 1] += 200.0 * d;
    }
    return sum;
}

static slope_value rosenbrock_record(slope_tape *tape, size_t n, slope_value x[])
{
    (void)tape;
    slope_value sum = slope_number(0.0);
    for (size_t i = 0; i + 1 < n; i++) {
        slope_value d = slope_sub(x[i + 1], slope_square(x[i]));
        slope_value e = slope_sub(slope_number(1.0), x[i]);
        slope_value term = slope_mul(slope_number(100.0), slope_square(d));
        sum = slope_add(sum, slope_add(term, slope_square(e)));
    }
    return sum;
}

/* --------------------------------- (ii) one step of the lecture's 2-16-16-1 network on 100 points, scalar by scalar */

enum { POINTS = 100, HIDDEN = 16, PARAMETERS = HIDDEN * 3 + HIDDEN * (HIDDEN + 1) + HIDDEN + 1 };

static void point(size_t k, double *x, double *y, double *label)
{
    const double angle = 3.14159265358979 * (double)(k / 2) / 50.0;
    *label = k % 2 ? 1.0 : -1.0;
    *x = k % 2 ? 1.0 - cos(angle) : cos(angle);
    *y = k % 2 ? 0.5 - sin(angle) : sin(angle);
}

static double relu(double a) { return a <= 0 ? 0.0 : a; }

/* One layer by hand: out[j] = f(sum_i w[j][i] in[i] + b[j]), weights row after row, each followed by its bias. */
static const double *layer(const double *w, size_t n, const double in[], size_t m, double out[], double (*f)(double))
{
    for (size_t j = 0; j < m; j++, w += n + 1) {
        double s = w[n];
        for (size_t i = 0; i < n; i++)
            s += w[i] * in[i];
        out[j] = f ? f(s) : s;
    }
    return w;
}

/* Its reverse: adds to dw and din; slope is dout/ds by the output (relu: 0 or 1; tanh: 1 - out^2). */
static void layer_back(const double *w, double *dw, size_t n, const double in[], double din[], size_t m,
                       const double ds[])
{
    for (size_t j = 0; j < m; j++, w += n + 1, dw += n + 1) {
        for (size_t i = 0; i < n; i++) {
            dw[i] += ds[j] * in[i];
            din[i] += ds[j] * w[i];
        }
        dw[n] += ds[j];
    }
}

static double network(const double p[], double g[], double (*f)(double), int is_tanh)
{
    double loss = 0.0;
    for (size_t k = 0; k < POINTS; k++) {
        double in[2], label, h1[HIDDEN], h2[HIDDEN], out;
        point(k, &in[0], &in[1], &label);
        const double *w1 = p, *w2 = layer(w1, 2, in, HIDDEN, h1, f), *w3 = layer(w2, HIDDEN, h1, HIDDEN, h2, f);
        (void)layer(w3, HIDDEN, h2, 1, &out, NULL);
        const double margin = 1.0 - label * out;
        loss += relu(margin);
        if (!g || margin <= 0)
            continue;
        double d1[HIDDEN] = {0}, d2[HIDDEN] = {0}, din[2] = {0}, ds = -label / POINTS;
        layer_back(w3, g + (w3 - p), HIDDEN, h2, d2, 1, &ds);
        for (size_t j = 0; j < HIDDEN; j++)
            d2[j] *= is_tanh ? 1.0 - h2[j] * h2[j] : h2[j] > 0;
        layer_back(w2, g + (w2 - p), HIDDEN, h1, d1, HIDDEN, d2);
        for (size_t j = 0; j < HIDDEN; j++)
            d1[j] *= is_tanh ? 1.0 - h1[j] * h1[j] : h1[j] > 0;
        layer_back(w1, g, 2, in, din, HIDDEN, d1);
    }
    double decay = 0.0;
    for (size_t i = 0; i < PARAMETERS; i++) {
        decay += p[i] * p[i];
        if (g)
            g[i] += 2e-4 * p[i];
    }
    return loss / POINTS + 1e-4 * decay;
}

static double relu_network(size_t n, const double x[])
{
    (void)n;
    return network(x, NULL, relu, 0);
}

static double relu_network_by_hand(size_t n, const double x[], double g[])
{
    memset(g, 0, n * sizeof *g);
    return network(x, g, relu, 0);
}

static double tanh_network(size_t n, const double x[])
{
    (void)n;
    return network(x, NULL, tanh, 1);
}

static double tanh_network_by_hand(size_t n, const double x[], double g[])
{
    memset(g, 0, n * sizeof *g);
    return network(x, g, tanh, 1);
}

static const slope_value *layer_record(const slope_value *w, size_t n, const slope_value in[], size_t m,
                                       slope_value out[], slope_value (*f)(slope_value))
{
    for (size_t j = 0; j < m; j++, w += n + 1) {
        slope_value s = w[n];
        for (size_t i = 0; i < n; i++)
            s = slope_add(s, slope_mul(w[i], in[i]));
        out[j] = f ? f(s) : s;
    }
    return w;
}

static slope_value network_record(slope_value x[], slope_value (*f)(slope_value))
{
    slope_value loss = slope_number(0.0), decay = slope_number(0.0);
    for (size_t k = 0; k < POINTS; k++) {
        double in[2], label;
        slope_value h1[HIDDEN], h2[HIDDEN], out;
        point(k, &in[0], &in[1], &label);
        const slope_value input[] = {slope_number(in[0]), slope_number(in[1])};
        const slope_value *w = layer_record(x, 2, input, HIDDEN, h1, f);
        w = layer_record(w, HIDDEN, h1, HIDDEN, h2, f);
        (void)layer_record(w, HIDDEN, h2, 1, &out, NULL);
        slope_value margin = slope_sub(slope_number(1.0), slope_mul(slope_number(label), out));
        loss = slope_add(loss, slope_relu(margin));
    }
    for (size_t i = 0; i < PARAMETERS; i++)
        decay = slope_add(decay, slope_square(x[i]));
    return slope_add(slope_div(loss, slope_number(POINTS)), slope_mul(slope_number(1e-4), decay));
}

static slope_value relu_network_record(slope_tape *tape, size_t n, slope_value x[])
{
    (void)tape, (void)n;
    return network_record(x, slope_relu);
}

static slope_value tanh_network_record(slope_tape *tape, size_t n, slope_value x[])
{
    (void)tape, (void)n;
    return network_record(x, slope_tanh);
}

/* ------------------------------------------------------------------------------------ (iii) product of all inputs */

static double product(size_t n, const double x[])
{
    double y = x[0];
    for (size_t i = 1; i < n; i++)
        y *= x[i];
    return y;
}

static double product_by_hand(size_t n, const double x[], double g[])
{
    double before = 1.0, after = 1.0;
    for (size_t i = 0; i < n; i++) { /* g[i] = x[0] ... x[i-1] */
        g[i] = before;
        before *= x[i];
    }
    for (size_t i = n; i-- > 0;) { /* times x[i+1] ... x[n-1] */
        g[i] *= after;
        after *= x[i];
    }
    return before;
}

static slope_value product_record(slope_tape *tape, size_t n, slope_value x[])
{
    (void)tape;
    slope_value y = x[0];
    for (size_t i = 1; i < n; i++)
        y = slope_mul(y, x[i]);
    return y;
}

/* -------------------------------------------------------------------- (iv) a million of sin, exp, log, tanh in turn */

enum { CHAIN = 1000000 };

static double chain(size_t n, const double x[])
{
    (void)n;
    double y = x[0];
    for (size_t i = 0; i < CHAIN; i += 4)
        y = tanh(log(exp(sin(y))));
    return y;
}

static double chain_by_hand(size_t n, const double x[], double g[])
{
    (void)n;
    double y = x[0], slope = 1.0;
    for (size_t i = 0; i < CHAIN; i += 4) { /* one input: tangents are the cheaper way */
        const double s = sin(y), e = exp(s), l = log(e), t = tanh(l);
        slope *= (1.0 - t * t) * (1.0 / e) * e * cos(y);
        y = t;
    }
    g[0] = slope;
    return y;
}

static slope_value chain_record(slope_tape *tape, size_t n, slope_value x[])
{
    (void)tape, (void)n;
    slope_value y = x[0];
    for (size_t i = 0; i < CHAIN; i += 4)
        y = slope_tanh(slope_log(slope_exp(slope_sin(y))));
    return y;
}

const bench_problem bench_problems[] = {
    {"chained Rosenbrock, n = 1,000", 1000, 8 * 999, 5.0, 0, rosenbrock, rosenbrock_by_hand, rosenbrock_record, 0.1,
     0.6},
    {"chained Rosenbrock, n = 1,000,000", 1000000, 8 * 999999, 8.0, 0, rosenbrock, rosenbrock_by_hand,
     rosenbrock_record, 0.1, 0.6},
    {"two-moons step, relu", PARAMETERS, 65077, 3.9, 0, relu_network, relu_network_by_hand, relu_network_record, -0.5,
     1.0},
    {"two-moons step, tanh", PARAMETERS, 65077, 8.0, 0, tanh_network, tanh_network_by_hand, tanh_network_record, -0.5,
     1.0},
    {"product of 1,000 inputs", 1000, 999, 8.0, 0, product, product_by_hand, product_record, 0.95, 0.1},
    {"chain of 1,000,000 sin exp log tanh", 1, CHAIN, 1.15, 1, chain, chain_by_hand, chain_record, 0.5, 0.0},
};
const size_t bench_problem_count = sizeof bench_problems / sizeof *bench_problems;
