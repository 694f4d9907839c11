/* SPDX-License-Identifier: MIT */
/*
 * A sequence of differences to its limit for h -> 0, with an error that bounds the true one.
 *
 * The tableau is Richardson's in Neville's form,
 *     T[i][0] = d(h_i),   T[i][j] = T[i][j-1] + (T[i][j-1] - T[i-1][j-1]) / ((h_{i-j} / h_i)^p - 1),
 * and the entry is picked by its estimated error as in Ridders, "Accurate computation of F'(x) and F'(x)F''(x)",
 * Advances in Engineering Software 4 (1982) 75-76.  His estimate alone, max |T[i][j] - T[i][j-1]|, |T[i][j] -
 * T[i-1][j-1]|, is no bound: among many noisy entries two neighbours agree by chance and win, and a sequence can look
 * converged long before h reaches the scale on which f bends.  So an entry has to answer for all entries at smaller
 * steps as well:
 *
 *   truncation  Ridders' differences; more where they shrink slower than a series in h^p would (f is not smooth);
 *   rounding    what the caller knows, carried through the tableau, and what is seen: an error e of f makes T at step
 *               h wrong by about e / h, so max over l > i of |T[l][j] - T[i][j]| h_l estimates e;
 *   locality    a derivative is a limit: the best entry at a smaller step with error E must lie within E; and so must
 *               the plain differences at the smallest steps where several of them agree among themselves.
 */
#include "numeric/numeric.h"

#include <float.h>
#include <math.h>

enum {
    COLUMNS = 8,
    SAFETY = 2, /* without it one estimate in some 5,000 is short, by 3.5 times at most, among 50 functions tried */
    AFTER = 5   /* smaller steps that an entry must have behind it to be believed */
};

typedef struct tableau {
    double t[SLOPE__STEPS][COLUMNS], rounding[SLOPE__STEPS][COLUMNS];
} tableau;

static size_t row_length(size_t i) { return i + 1 < COLUMNS ? i + 1 : COLUMNS; }

static void fill_tableau(tableau *a, size_t count, const double h[], const double d[], const double rounding[],
                         int power)
{
    for (size_t i = 0; i < count; i++) {
        a->t[i][0] = d[i];
        a->rounding[i][0] = rounding[i];
        for (size_t j = 1; j < row_length(i); j++) {
            const double r = h[i - j] / h[i], w = (power == 2 ? r * r : r) - 1.0;
            a->t[i][j] = a->t[i][j - 1] + (a->t[i][j - 1] - a->t[i - 1][j - 1]) / w;
            a->rounding[i][j] = a->rounding[i][j - 1] + (a->rounding[i][j - 1] + a->rounding[i - 1][j - 1]) / w;
        }
    }
}

/* The error that smaller steps reveal in T[i][j]: noise of f, or that it has not converged. */
static double revealed(const tableau *a, size_t count, const double h[], size_t i, size_t j)
{
    double most = 0.0;
    for (size_t l = i + 1; l < count; l++)
        most = fmax(most, fabs(a->t[l][j] - a->t[i][j]) * (h[l] / h[i]));
    return most;
}

/* What of it is more than the rounding that is known: no noise, so it does not get less with larger steps. */
static double unexplained(const tableau *a, size_t count, size_t i, size_t j)
{
    double most = 0.0;
    for (size_t l = i + 1; l < count; l++)
        most = fmax(most, fabs(a->t[l][j] - a->t[i][j]) - 2.0 * (a->rounding[l][j] + a->rounding[i][j]));
    return most;
}

/* How much more than the last difference is still to come: if differences shrink by q each time, q / (1 - q) times. */
static double slowness(const tableau *a, size_t i, size_t j, double noise)
{
    if (i < 2 || row_length(i - 2) <= j)
        return 1.0;
    const double last = fabs(a->t[i][j] - a->t[i - 1][j]), before = fabs(a->t[i - 1][j] - a->t[i - 2][j]);
    if (last <= 8.0 * noise || last < 0.3 * before)
        return 1.0;
    return last < 0.94 * before ? fmax(1.0, 1.0 / (1.0 - last / before)) : 16.0;
}

static double error_of(const tableau *a, size_t count, const double h[], size_t i, size_t j)
{
    const double t = a->t[i][j], noise = a->rounding[i][j] + 5.0 * revealed(a, count, h, i, j);
    double truncation = fabs(t - a->t[i - 1][j ? j - 1 : 0]);
    if (j)
        truncation = fmax(truncation, fabs(t - a->t[i][j - 1]));
    const double error = truncation * slowness(a, i, j ? j - 1 : 0, noise) + noise + DBL_EPSILON * fabs(t) +
                         4.0 * unexplained(a, count, i, j);
    return isfinite(error) ? error : INFINITY;
}

/* By how much t is off from the plain differences at the smallest steps, if WINDOW in a row agree and so are no noise:
   seen where f bends on a scale below that of any entry that can be believed. */
static double contradicted(const tableau *a, size_t count, double t)
{
    enum { WINDOW = 4 };
    double most = 0.0;
    for (size_t from = count > AFTER ? count - AFTER : 0; from + WINDOW <= count; from++) {
        double low = a->t[from][0], high = low;
        for (size_t l = from + 1; l < from + WINDOW; l++) {
            low = fmin(low, a->t[l][0]);
            high = fmax(high, a->t[l][0]);
        }
        most = fmax(most, fmax(t - high, low - t) - 4.0 * (high - low) - 2.0 * a->rounding[from + WINDOW - 1][0]);
    }
    return most;
}

slope__limit slope__extrapolate(size_t count, const double h[], const double d[], const double rounding[], int power)
{
    tableau a;
    slope__limit best[SLOPE__STEPS], limit = {NAN, INFINITY, 0};
    fill_tableau(&a, count, h, d, rounding, power);
    for (size_t i = 1; i + AFTER < count; i++) {
        best[i] = (slope__limit){NAN, INFINITY, i};
        for (size_t j = 0; j < row_length(i); j++) {
            const double error = error_of(&a, count, h, i, j);
            if (error < best[i].error)
                best[i] = (slope__limit){a.t[i][j], error, i};
        }
    }
    for (size_t i = 1; i + AFTER < count; i++) {
        for (size_t l = i + 1; l + AFTER < count; l++) {
            if (isfinite(best[l].error))
                best[i].error = fmax(best[i].error, fabs(best[l].value - best[i].value) - best[l].error);
        }
        best[i].error = fmax(best[i].error, contradicted(&a, count, best[i].value));
        if (best[i].error < limit.error)
            limit = best[i];
    }
    limit.error *= SAFETY;
    return limit;
}
