/* SPDX-License-Identifier: MIT */
/*
 * What the samples of a probe say: the slope by extrapolated central differences, and by extrapolated one-sided ones
 * whether there is a slope at all.  Central differences alone are blind to a kink: those of |x| at 0 are all 0.
 */
#include "numeric/numeric.h"

#include <float.h>
#include <math.h>

enum { LEFT = -1, CENTRE = 0, RIGHT = 1 };

/*
 * f near x on one side, where it is exactly constant from some step down.  Either it is flat there, as relu left of 0,
 * or it is a staircase: floor, or rounded so coarsely that nothing moves, as (x + 1e6) - 1e6 and all that is computed
 * in float. `from` is the first step on the plateau, `quantum` the height of the stair that ends it.
 */
typedef struct plateau {
    size_t from;
    double quantum;
} plateau;

/* Finds a plateau that ends in a stair: halving towards its end, the change of f does not go to 0. */
static slope_status find_plateau(slope__probe *p, size_t i, int side, plateau *found)
{
    const double *samples = side == LEFT ? p->minus : p->plus, *h = side == LEFT ? p->backward : p->forward;
    const double middle = p->middle[i];
    size_t k = p->steps;
    *found = (plateau){p->steps, 0.0};
    while (k > 0 && samples[(k - 1) * p->m + i] == middle)
        k--;
    if (k == p->steps || k == 0)
        return SLOPE_OK;
    const double first = fabs(samples[(k - 1) * p->m + i] - middle);
    double on = h[k], off = h[k - 1], change = first, moved;
    if (!(first > 4.0 * DBL_EPSILON * fabs(middle))) /* the last digit, which is reckoned with anyway; or NaN */
        return SLOPE_OK;
    for (int halving = 0; halving < 24 && isfinite(change); halving++) {
        const double mid = on + (off - on) / 2.0;
        const slope_status status = slope__probe_at(p, side * mid, p->spare, &moved);
        if (status)
            return status;
        const double now = fabs(p->spare[i] - middle);
        if (now == 0.0) {
            on = mid;
        } else {
            off = mid;
            change = now;
        }
    }
    if (change > 0x1p-16 * first)
        *found = (plateau){k, change};
    return SLOPE_OK;
}

/* The differences of one kind that are finite. */
typedef struct sequence {
    size_t count;
    double h[SLOPE__STEPS], d[SLOPE__STEPS], rounding[SLOPE__STEPS];
} sequence;

static void collect(const slope__probe *p, size_t i, int side, const plateau pair[2], sequence *s)
{
    s->count = 0;
    const double middle = p->middle[i], quantum = fmax(pair[0].quantum, pair[1].quantum);
    const size_t left_end = pair[0].from, right_end = pair[1].from,
                 either = left_end > right_end ? left_end : right_end;
    const size_t end = side == LEFT ? left_end : side == RIGHT ? right_end : either;
    for (size_t k = 0; k < end; k++) {
        const double high = side == LEFT ? middle : p->plus[k * p->m + i];
        const double low = side == RIGHT ? middle : p->minus[k * p->m + i];
        const double width = (side == LEFT ? 0.0 : p->forward[k]) + (side == RIGHT ? 0.0 : p->backward[k]);
        const double d = (high - low) / width;
        /* every value of f is at best rounded, and so is the difference; below the normal numbers by a fixed amount */
        const double rounding =
            DBL_EPSILON * (fabs(high / width) + fabs(low / width) + fabs(d)) + (quantum + 4.0 * DBL_TRUE_MIN) / width;
        if (!isfinite(d) || !isfinite(rounding))
            continue;
        s->h[s->count] = side == CENTRE ? width / 2.0 : width;
        s->d[s->count] = d;
        s->rounding[s->count] = rounding;
        s->count++;
    }
}

/* Does the difference grow without end as h -> 0, at every step there is?  (cbrt at 0) */
static int diverges(const sequence *s)
{
    size_t k = 1;
    while (k < s->count && s->d[k] / s->d[k - 1] > pow(s->h[k - 1] / s->h[k], 0.05))
        k++;
    return s->count >= 12 && k == s->count;
}

/* Is there a step of f right at x: a change that stays the same however small h?  One that is small beside f is
   noise. */
static int jumps(const sequence *s, double largest)
{
    enum { SMALLEST = 8 };
    double low = INFINITY, high = 0.0;
    if (s->count < SMALLEST)
        return 0;
    for (size_t k = s->count - SMALLEST; k < s->count; k++) {
        const double jump = fabs(s->d[k] * s->h[k]);
        low = fmin(low, jump);
        high = fmax(high, jump);
        if (jump <= 1e-6 * largest || s->d[k] * s->d[s->count - 1] < 0.0)
            return 0;
    }
    return high - low <= 1e-3 * high;
}

static slope__limit limit_of(const sequence *s, int power)
{
    slope__limit limit = slope__extrapolate(s->count, s->h, s->d, s->rounding, power);
    if (diverges(s)) {
        limit.value = s->d[s->count - 1];
        limit.error = INFINITY;
    }
    return limit;
}

/* The steepest secant through x, of the steps down to h. */
static double steepest(const sequence *s, double h)
{
    double most = 0.0;
    for (size_t k = 0; k < s->count && s->h[k] >= h; k++)
        most = fmax(most, fabs(s->d[k]));
    return most;
}

static int has_settled(const sequence *s)
{
    for (size_t k = 0; k < s->count; k++) {
        if (fabs(s->d[k]) > 8.0 * s->rounding[k])
            return 0;
    }
    return 1;
}

static void set_kink(slope__slope *slope, double left, double right)
{
    slope->is_kink = 1;
    slope->left = left;
    slope->right = right;
    slope->error = fmax(slope->error, fmax(fabs(slope->value - left), fabs(slope->value - right)));
}

static double largest_of(const slope__probe *p, size_t i)
{
    double most = fabs(p->middle[i]);
    for (size_t k = 0; k < p->steps; k++) {
        const double plus = fabs(p->plus[k * p->m + i]), minus = fabs(p->minus[k * p->m + i]);
        most = fmax(most, fmax(isfinite(plus) ? plus : 0.0, isfinite(minus) ? minus : 0.0));
    }
    return most;
}

/* Compares the two sides; `left` and `right` are their limits. */
static void find_kink(const sequence *l, const sequence *r, slope__limit left, slope__limit right, double largest,
                      slope__slope *slope)
{
    const int left_jumps = jumps(l, largest), right_jumps = jumps(r, largest);
    const double gap = fabs(left.value - right.value);
    if (left_jumps || right_jumps)
        set_kink(slope, left_jumps ? copysign(INFINITY, l->d[l->count - 1]) : left.value,
                 right_jumps ? copysign(INFINITY, r->d[r->count - 1]) : right.value);
    else if (gap > 2.0 * (left.error + right.error))
        set_kink(slope, left.value, right.value);
}

/* The slope from sequences that leave plateaus out and count `quantum` as noise; from all samples where there is
   none. */
static void slope_beyond(const slope__probe *p, size_t i, const plateau pair[2], slope__slope *slope)
{
    sequence centre, left, right;
    *slope = (slope__slope){.value = NAN, .error = INFINITY, .left = NAN, .right = NAN, .coarse_error = -1.0};
    collect(p, i, CENTRE, pair, &centre);
    collect(p, i, LEFT, pair, &left);
    collect(p, i, RIGHT, pair, &right);
    const slope__limit left_limit = limit_of(&left, 1), right_limit = limit_of(&right, 1);
    const sequence *used = &centre;
    slope__limit limit = limit_of(&centre, 2);
    if (!centre.count) { /* f is defined on one side only */
        used = right.count ? &right : &left;
        limit = right.count ? right_limit : left_limit;
    }
    if (!used->count)
        return;
    slope->is_finite = 1;
    slope->value = isnan(limit.value) ? used->d[used->count - 1] : limit.value;
    slope->error = limit.error;
    slope->is_flat = has_settled(&left) && has_settled(&right);
    slope->steepest = fmax(steepest(&left, used->h[limit.last]), steepest(&right, used->h[limit.last]));
    slope->left = slope->right = slope->value;
    if (centre.count)
        find_kink(&left, &right, left_limit, right_limit, largest_of(p, i), slope);
}

slope_status slope__probe_slope(slope__probe *p, size_t i, slope__slope *slope)
{
    const plateau none[2] = {{p->steps, 0.0}, {p->steps, 0.0}};
    plateau pair[2] = {none[0], none[1]};
    *slope = (slope__slope){.value = NAN, .error = INFINITY, .left = NAN, .right = NAN, .coarse_error = -1.0};
    if (!isfinite(p->middle[i]) || !p->steps)
        return SLOPE_OK;
    slope_status status = find_plateau(p, i, LEFT, &pair[0]);
    status = status ? status : find_plateau(p, i, RIGHT, &pair[1]);
    if (status)
        return status;
    const double quantum = fmax(pair[0].quantum, pair[1].quantum), narrow = 0x1p-22 * p->far;
    const double left_width = pair[0].from < p->steps ? p->backward[pair[0].from] : 0.0;
    const double right_width = pair[1].from < p->steps ? p->forward[pair[1].from] : 0.0;
    if (fmax(left_width, right_width) <= narrow) {
        slope_beyond(p, i, pair, slope);
        slope->own_error = slope->error;
        return SLOPE_OK;
    }
    slope__slope coarse;
    slope_beyond(p, i, pair, &coarse);
    slope_beyond(p, i, none, slope);
    const double own_error = slope->error, apart = fabs(slope->value - coarse.value);
    slope->coarse = coarse.value;
    slope->coarse_error = coarse.error;
    slope->coarse_least = 0.3 * quantum / p->forward[0];
    if (apart > coarse.error) /* the bound is for either reading */
        slope->error = fmax(own_error, apart + coarse.error);
    slope->own_error = own_error;
    return SLOPE_OK;
}
