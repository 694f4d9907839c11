/* SPDX-License-Identifier: MIT */
/*
 * The problems of functions.c as one would write them in C, value and adjoint in one: what Slope is held against, and
 * the oracle of its gradients.  This file is compiled twice, see functions.h: HERE tells for which machine.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "functions.h"

/* --------------------------------------------------- chained Rosenbrock: sum 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2 */

static double rosenbrock(const function_data *data, size_t n, const double x[], double g[])
{
    (void)data;
    double sum = 0.0;
    if (!g) {
        for (size_t i = 0; i + 1 < n; i++) {
            const double d = x[i + 1] - x[i] * x[i], e = 1.0 - x[i];
            sum += 100.0 * (d * d) + e * e;
        }
        return sum;
    }
    memset(g, 0, n * sizeof *g);
    for (size_t i = 0; i + 1 < n; i++) {
        const double d = x[i + 1] - x[i] * x[i], e = 1.0 - x[i];
        sum += 100.0 * (d * d) + e * e;
        g[i] += -400.0 * d * x[i] - 2.0 * e;
        g[i + 1] += 200.0 * d;
    }
    return sum;
}

/* ----------------------------------------------- two moons: a 2-16-16-1 network with relu, hinge loss, weight decay */

/* out[j] = relu(b[j] + sum_i w[j][i] in[i]), weights row after row, each followed by its bias. */
static void layer(const double *restrict w, size_t n, const double in[], double out[])
{
    for (size_t j = 0; j < MOONS_HIDDEN; j++, w += n + 1) {
        double s = w[n];
        for (size_t i = 0; i < n; i++)
            s += w[i] * in[i];
        out[j] = s > 0 ? s : 0.0;
    }
}

/* Adds to dw what ds[j], the adjoints before the relu, give; and to din, unless it is NULL. */
static void layer_back(const double *restrict w, double *restrict dw, size_t n, const double *restrict in,
                       double *restrict din, const double *restrict ds)
{
    for (size_t j = 0; j < MOONS_HIDDEN; j++, w += n + 1, dw += n + 1) {
        if (ds[j] == 0)
            continue;
        for (size_t i = 0; i < n; i++)
            dw[i] += ds[j] * in[i];
        for (size_t i = 0; din && i < n; i++)
            din[i] += ds[j] * w[i];
        dw[n] += ds[j];
    }
}

static double moons(const function_data *data, size_t size, const double p[], double g[])
{
    const double *w2 = p + MOONS_HIDDEN * 3, *w3 = w2 + MOONS_HIDDEN * (MOONS_HIDDEN + 1);
    double loss = 0.0, decay = 0.0;
    for (size_t i = 0; i < MOONS_PARAMETERS; i++) {
        decay += p[i] * p[i];
        if (g)
            g[i] = 2e-4 * p[i];
    }
    for (size_t k = 0; k < size; k++) {
        const double *in = data->moons[k], label = in[2];
        double h1[MOONS_HIDDEN], h2[MOONS_HIDDEN], out = w3[MOONS_HIDDEN];
        layer(p, 2, in, h1);
        layer(w2, MOONS_HIDDEN, h1, h2);
        for (size_t j = 0; j < MOONS_HIDDEN; j++)
            out += w3[j] * h2[j];
        const double margin = 1.0 - label * out;
        if (margin <= 0)
            continue;
        loss += margin;
        if (!g)
            continue;
        double *g2 = g + (w2 - p), *g3 = g + (w3 - p), d1[MOONS_HIDDEN] = {0}, d2[MOONS_HIDDEN];
        const double ds = -label / (double)size;
        for (size_t j = 0; j < MOONS_HIDDEN; j++) {
            g3[j] += ds * h2[j];
            d2[j] = h2[j] > 0 ? ds * w3[j] : 0.0;
        }
        g3[MOONS_HIDDEN] += ds;
        layer_back(w2, g2, MOONS_HIDDEN, h1, d1, d2);
        for (size_t j = 0; j < MOONS_HIDDEN; j++)
            d1[j] = h1[j] > 0 ? d1[j] : 0.0;
        layer_back(p, g, 2, in, NULL, d1);
    }
    return loss / (double)size + 1e-4 * decay;
}

/*
 * --------------------------------------------------------------------------------------------------- Gaussian mixture:
 *     sum_i log sum_k exp(a_k + sum log q_k - |Q_k (x_i - m_k)|^2 / 2) - n log sum_k exp(a_k)
 *
 * Q_k is lower triangular with exp(r_k) on its diagonal and t_k, row after row, below; inputs are a (K), m (K d), r (K
 * d), t (K 45).
 */

static double log_sum_exp(size_t n, const double x[])
{
    double most = x[0], sum = 0.0;
    for (size_t k = 1; k < n; k++)
        most = x[k] > most ? x[k] : most;
    for (size_t k = 0; k < n; k++)
        sum += exp(x[k] - most);
    return most + log(sum);
}

/* The same, and x becomes its slopes. */
static double soft_max(size_t n, double x[])
{
    double most = x[0], sum = 0.0;
    for (size_t k = 1; k < n; k++)
        most = x[k] > most ? x[k] : most;
    for (size_t k = 0; k < n; k++)
        sum += x[k] = exp(x[k] - most);
    for (size_t k = 0; k < n; k++)
        x[k] /= sum;
    return most + log(sum);
}

enum { MOST_COMPONENTS = 32 };

typedef struct component {
    double q[MIXTURE_D], log_det;
} component;

/* z = Q (x - m); |z|^2 */
static double whiten(const component *c, const double m[], const double t[], const double x[], double d[], double z[])
{
    double norm = 0.0;
    for (size_t i = 0; i < MIXTURE_D; i++)
        d[i] = x[i] - m[i];
    for (size_t i = 0; i < MIXTURE_D; t += i, i++) {
        double s = c->q[i] * d[i];
        for (size_t j = 0; j < i; j++)
            s += t[j] * d[j];
        z[i] = s;
        norm += s * s;
    }
    return norm;
}

/* The adjoint of whiten for the adjoint s of |z|^2 / 2: to m, q, t. */
static void whiten_back(const component *c, const double t[], const double d[], const double z[], double s, double gm[],
                        double gq[], double gt[])
{
    double dd[MIXTURE_D] = {0};
    for (size_t i = 0; i < MIXTURE_D; t += i, gt += i, i++) {
        const double dz = s * z[i];
        gq[i] += dz * d[i];
        dd[i] += dz * c->q[i];
        for (size_t j = 0; j < i; j++) {
            gt[j] += dz * d[j];
            dd[j] += dz * t[j];
        }
    }
    for (size_t i = 0; i < MIXTURE_D; i++)
        gm[i] -= dd[i];
}

static double mixture(const function_data *data, size_t K, const double x[], double g[])
{
    const double *a = x, *m = a + K, *r = m + K * MIXTURE_D, *t = r + K * MIXTURE_D;
    component c[MOST_COMPONENTS];
    double gq[MOST_COMPONENTS][MIXTURE_D] = {{0}}, weight[MOST_COMPONENTS] = {0}, sum = 0.0;
    if (g)
        memset(g, 0, K * MIXTURE_OF_ONE * sizeof *g);
    double *gm = g ? g + (m - x) : NULL, *gr = g ? g + (r - x) : NULL, *gt = g ? g + (t - x) : NULL;
    for (size_t k = 0; k < K; k++) {
        c[k].log_det = 0.0;
        for (size_t i = 0; i < MIXTURE_D; i++) {
            c[k].q[i] = exp(r[k * MIXTURE_D + i]);
            c[k].log_det += r[k * MIXTURE_D + i];
        }
    }
    for (size_t p = 0; p < MIXTURE_POINTS; p++) {
        double term[MOST_COMPONENTS] = {0}, d[MOST_COMPONENTS][MIXTURE_D], z[MOST_COMPONENTS][MIXTURE_D];
        for (size_t k = 0; k < K; k++)
            term[k] = a[k] + c[k].log_det -
                      0.5 * whiten(&c[k], m + k * MIXTURE_D, t + k * MIXTURE_TRIANGLE, data->mixture[p], d[k], z[k]);
        sum += soft_max(K, term);
        for (size_t k = 0; g && k < K; k++) {
            const double share = term[k];
            weight[k] += share;
            whiten_back(&c[k], t + k * MIXTURE_TRIANGLE, d[k], z[k], -share, gm + k * MIXTURE_D, gq[k],
                        gt + k * MIXTURE_TRIANGLE);
        }
    }
    const double all = log_sum_exp(K, a);
    for (size_t k = 0; g && k < K; k++) {
        g[k] = weight[k] - MIXTURE_POINTS * exp(a[k] - all);
        for (size_t i = 0; i < MIXTURE_D; i++)
            gr[k * MIXTURE_D + i] = weight[k] + gq[k][i] * c[k].q[i];
    }
    return sum - MIXTURE_POINTS * all;
}

/* ------------------------------------ LSTM: two layers of 14 units over a sequence, squared error of each next item */

enum { FORGET, INPUT, OUTPUT, CHANGE, GATES };

/* What a layer computed in one step. */
typedef struct lstm_step {
    double in[2 * LSTM_UNITS]; /* what comes from below, and the last step's h */
    double gate[LSTM_UNITS][GATES], before[LSTM_UNITS], c[LSTM_UNITS], h[LSTM_UNITS];
} lstm_step;

static double sigmoid(double x) { return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x)); }

static void lstm_forward(const double *w, const double below[], const double h[], const double c[], lstm_step *s)
{
    memcpy(s->in, below, LSTM_UNITS * sizeof *below);
    memcpy(s->in + LSTM_UNITS, h, LSTM_UNITS * sizeof *h);
    memcpy(s->before, c, sizeof s->before);
    for (size_t u = 0; u < LSTM_UNITS; u++) {
        double *gate = s->gate[u];
        for (size_t k = 0; k < GATES; k++, w += LSTM_ROW) {
            double sum = w[2 * LSTM_UNITS];
            for (size_t i = 0; i < 2 * LSTM_UNITS; i++)
                sum += w[i] * s->in[i];
            gate[k] = k == CHANGE ? tanh(sum) : sigmoid(sum);
        }
        s->c[u] = gate[FORGET] * s->before[u] + gate[INPUT] * gate[CHANGE];
        s->h[u] = gate[OUTPUT] * tanh(s->c[u]);
    }
}

/* dh and dc are the adjoints of h and c after the step and become those of c before it; din gets those of what it
   read. */
static void lstm_back(const double *w, double *g, const lstm_step *s, const double dh[], double dc[], double din[])
{
    memset(din, 0, 2 * LSTM_UNITS * sizeof *din);
    for (size_t u = 0; u < LSTM_UNITS; u++) {
        const double *gate = s->gate[u], t = tanh(s->c[u]);
        const double d = dc[u] + dh[u] * gate[OUTPUT] * (1 - t * t);
        const double ds[GATES] = {
            d * s->before[u] * gate[FORGET] * (1 - gate[FORGET]), d * gate[CHANGE] * gate[INPUT] * (1 - gate[INPUT]),
            dh[u] * t * gate[OUTPUT] * (1 - gate[OUTPUT]), d * gate[INPUT] * (1 - gate[CHANGE] * gate[CHANGE])};
        dc[u] = d * gate[FORGET];
        for (size_t k = 0; k < GATES; k++, w += LSTM_ROW, g += LSTM_ROW) {
            for (size_t i = 0; i < 2 * LSTM_UNITS; i++) {
                g[i] += ds[k] * s->in[i];
                din[i] += ds[k] * w[i];
            }
            g[2 * LSTM_UNITS] += ds[k];
        }
    }
}

static void lstm_backward(const function_data *data, size_t steps, const double w[], double g[], const lstm_step *kept)
{
    double dh[LSTM_LAYERS][LSTM_UNITS] = {{0}}, dc[LSTM_LAYERS][LSTM_UNITS] = {{0}};
    memset(g, 0, LSTM_PARAMETERS * sizeof *g);
    for (size_t t = steps; t-- > 0;) {
        for (size_t u = 0; u < LSTM_UNITS; u++)
            dh[1][u] += 2 * (kept[2 * t + 1].h[u] - data->sequence[t + 1][u]);
        double above[2 * LSTM_UNITS], din[2 * LSTM_UNITS];
        lstm_back(w + LSTM_LAYER, g + LSTM_LAYER, &kept[2 * t + 1], dh[1], dc[1], above);
        for (size_t u = 0; u < LSTM_UNITS; u++) {
            dh[1][u] = above[LSTM_UNITS + u];
            dh[0][u] += above[u];
        }
        lstm_back(w, g, &kept[2 * t], dh[0], dc[0], din);
        memcpy(dh[0], din + LSTM_UNITS, sizeof dh[0]);
    }
}

static double lstm(const function_data *data, size_t steps, const double w[], double g[])
{
    static const double zero[LSTM_UNITS];
    lstm_step now[2], last[2], *kept = g ? malloc(steps * LSTM_LAYERS * sizeof *kept) : NULL;
    double loss = 0.0;
    if (g && !kept)
        return (double)NAN;
    for (size_t t = 0; t < steps; t++) {
        lstm_step *s = kept ? kept + 2 * t : now;
        const lstm_step *before = kept ? s - 2 : last;
        for (size_t l = 0; l < LSTM_LAYERS; l++)
            lstm_forward(w + l * LSTM_LAYER, l ? s[0].h : data->sequence[t], t ? before[l].h : zero,
                         t ? before[l].c : zero, &s[l]);
        for (size_t u = 0; u < LSTM_UNITS; u++) {
            const double e = s[1].h[u] - data->sequence[t + 1][u];
            loss += e * e;
        }
        if (!kept)
            memcpy(last, now, sizeof last);
    }
    if (g)
        lstm_backward(data, steps, w, g, kept);
    free(kept);
    return loss;
}

/* -------------------------------------------------- Lorenz: steps of Runge and Kutta's method; |state|^2 at the end */

enum { STATE = 3 };
static const double dt = 1e-4;

static void lorenz_slope(const double s[], const double p[], double d[])
{
    d[0] = p[0] * (s[1] - s[0]);
    d[1] = s[0] * (p[1] - s[2]) - s[1];
    d[2] = s[0] * s[1] - p[2] * s[2];
}

/* Adds to gs and gp what the adjoint of the slope gives. */
static void lorenz_slope_back(const double s[], const double p[], const double gd[], double gs[], double gp[])
{
    gp[0] += gd[0] * (s[1] - s[0]);
    gp[1] += gd[1] * s[0];
    gp[2] -= gd[2] * s[2];
    gs[0] += -gd[0] * p[0] + gd[1] * (p[1] - s[2]) + gd[2] * s[1];
    gs[1] += gd[0] * p[0] - gd[1] + gd[2] * s[0];
    gs[2] += -gd[1] * s[0] - gd[2] * p[2];
}

/* The four points that a step looks at, and the slopes there. */
static void lorenz_step(const double s[], const double p[], double at[4][STATE], double k[4][STATE], double next[])
{
    static const double ahead[4] = {0.0, 0.5, 0.5, 1.0};
    for (size_t j = 0; j < 4; j++) {
        for (size_t i = 0; i < STATE; i++)
            at[j][i] = j ? s[i] + dt * ahead[j] * k[j - 1][i] : s[i];
        lorenz_slope(at[j], p, k[j]);
    }
    for (size_t i = 0; i < STATE; i++)
        next[i] = s[i] + dt / 6 * (k[0][i] + 2 * k[1][i] + 2 * k[2][i] + k[3][i]);
}

static void lorenz_step_back(const double s[], const double p[], double gs[], double gp[])
{
    static const double weight[4] = {1.0, 2.0, 2.0, 1.0}, ahead[5] = {0.0, 0.5, 0.5, 1.0, 0.0};
    double at[4][STATE], k[4][STATE], next[STATE], out[STATE], from[STATE] = {0};
    lorenz_step(s, p, at, k, next);
    memcpy(out, gs, sizeof out);
    for (size_t j = 4; j-- > 0;) {
        double gk[STATE], gat[STATE] = {0};
        for (size_t i = 0; i < STATE; i++)
            gk[i] = dt / 6 * weight[j] * out[i] + dt * ahead[j + 1] * from[i];
        lorenz_slope_back(at[j], p, gk, gat, gp);
        for (size_t i = 0; i < STATE; i++) {
            gs[i] += gat[i];
            from[i] = gat[i];
        }
    }
}

/* Inputs: the state at the start, then the three parameters. */
static double lorenz(const function_data *data, size_t steps, const double x[], double g[])
{
    (void)data;
    double *kept = g ? malloc(steps * STATE * sizeof *kept) : NULL, s[STATE] = {x[0], x[1], x[2]};
    double at[4][STATE], k[4][STATE];
    if (g && !kept)
        return (double)NAN;
    for (size_t t = 0; t < steps; t++) {
        if (kept)
            memcpy(kept + t * STATE, s, sizeof s);
        double next[STATE];
        lorenz_step(s, x + STATE, at, k, next);
        memcpy(s, next, sizeof s);
    }
    if (g) {
        for (size_t i = 0; i < STATE; i++) {
            g[i] = 2 * s[i];
            g[STATE + i] = 0.0;
        }
        for (size_t t = steps; t-- > 0;)
            lorenz_step_back(kept + t * STATE, x + STATE, g, g + STATE);
    }
    free(kept);
    return s[0] * s[0] + s[1] * s[1] + s[2] * s[2];
}

#ifdef HERE
#define NAME(name) name##_here
#else
#define NAME(name) name##_anywhere
#endif
#define EXPORT(name)                                                                        \
    double NAME(name)(const function_data *data, size_t size, const double x[], double g[]) \
    {                                                                                       \
        return name(data, size, x, g);                                                      \
    }
BY_HAND_PROBLEMS(EXPORT)
