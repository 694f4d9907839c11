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
    double h[SLOPE__STEPS], d[SLOPE__STEPS], rounding[SLOPE__STEPS], noise[SLOPE__STEPS];
} sequence;

static double noise_at(const slope__probe *p, size_t i, size_t k, int side)
{
    return side == LEFT ? slope__probe_noise_at(p, i, p->minus[k * p->m + i], p->minus_bound[k])
                        : slope__probe_noise_at(p, i, p->plus[k * p->m + i], p->plus_bound[k]);
}

static void collect(const slope__probe *p, size_t i, int side, const plateau pair[2], int with_noise, sequence *s)
{
    s->count = 0;
    const double middle = p->middle[i], quantum = fmax(pair[0].quantum, pair[1].quantum);
    const double middle_noise = with_noise ? slope__probe_noise_at(p, i, middle, p->middle_bound) : 0.0;
    const size_t left_end = pair[0].from, right_end = pair[1].from,
                 either = left_end > right_end ? left_end : right_end;
    const size_t end = side == LEFT ? left_end : side == RIGHT ? right_end : either;
    for (size_t k = 0; k < end; k++) {
        const double high = side == LEFT ? middle : p->plus[k * p->m + i];
        const double low = side == RIGHT ? middle : p->minus[k * p->m + i];
        const double width = (side == LEFT ? 0.0 : p->forward[k]) + (side == RIGHT ? 0.0 : p->backward[k]);
        const double d = (high - low) / width;
        /* every value of f is at best rounded, and so is the difference; below the normal numbers by a fixed amount */
        const double noise = !with_noise     ? 0.0
                             : side == LEFT  ? middle_noise + noise_at(p, i, k, LEFT)
                             : side == RIGHT ? middle_noise + noise_at(p, i, k, RIGHT)
                                             : noise_at(p, i, k, LEFT) + noise_at(p, i, k, RIGHT);
        const double rounding = DBL_EPSILON * (fabs(high / width) + fabs(low / width) + fabs(d)) +
                                (noise + quantum + 4.0 * DBL_TRUE_MIN) / width;
        if (!isfinite(d) || !isfinite(rounding))
            continue;
        s->h[s->count] = side == CENTRE ? width / 2.0 : width;
        s->d[s->count] = d;
        s->rounding[s->count] = rounding;
        s->noise[s->count] = noise;
        s->count++;
    }
}

/* Does the difference grow without end as h -> 0, at every step there is?  (cbrt at 0) */
static int diverges(const sequence *s)
{
    size_t k = 1, count = s->count;
    while (count > 0 && fabs(s->d[count - 1]) <= 8.0 * s->rounding[count - 1])
        count--; /* says nothing */
    while (k < count && s->d[k] / s->d[k - 1] > pow(s->h[k - 1] / s->h[k], 0.05))
        k++;
    return count >= 12 && k == count;
}

/* Is there a step of f right at x: a change that stays the same however small h?  One that is small beside f is
   noise; where h can't be small beside `unit`, it may be a peak. */
static int jumps(const sequence *s, double largest, double unit)
{
    enum { SMALLEST = 8 };
    double low = INFINITY, high = 0.0;
    if (s->count < SMALLEST || !(s->h[s->count - 1] <= 0.25 * unit))
        return 0;
    for (size_t k = s->count - SMALLEST; k < s->count; k++) {
        const double jump = fabs(s->d[k] * s->h[k]);
        low = fmin(low, jump);
        high = fmax(high, jump);
        if (jump <= 1e-6 * largest || jump <= 4.0 * s->noise[k] || s->d[k] * s->d[s->count - 1] < 0.0)
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

/* The secant through x at the least step that is not below h. */
static double secant(const sequence *s, double h)
{
    double last = 0.0;
    for (size_t k = 0; k < s->count && s->h[k] >= h; k++)
        last = fabs(s->d[k]);
    return last;
}

static int has_settled(const sequence *s)
{
    for (size_t k = 0; k < s->count; k++) {
        if (s->d[k] != 0.0)
            return 0;
    }
    return 1;
}

/* How far the samples lie apart. */
static double range_of(const slope__probe *p, size_t i)
{
    double low = p->middle[i], high = low;
    for (size_t k = 0; k < p->steps; k++) {
        const double plus = p->plus[k * p->m + i], minus = p->minus[k * p->m + i];
        low = fmin(low, fmin(plus, minus)); /* of which NaN is none */
        high = fmax(high, fmax(plus, minus));
    }
    return high - low;
}

/*
 * Does f do around x what neither its own slope nor its rounding explains?  Then it may be anything between two
 * samples, and have any slope: sin(1e22), which no double resolves, is like that.  Where a bound on the rounding is
 * known, what is seen at the least distances must keep to it; else noise must be small beside what f does at all.
 */
static int is_unresolved(const slope__probe *p, size_t i)
{
    const double middle = p->middle[i], digits = DBL_EPSILON * fabs(middle);
    if (p->middle_bound >= 0.0) {
        const size_t last = (p->places - 1) * p->m + i;
        return p->places && p->noise[last] > 64.0 * fmax(p->middle_bound, DBL_EPSILON * p->noise_size[last]);
    }
    const double noise = slope__probe_noise_at(p, i, middle, -1.0);
    return noise > 64.0 * digits && noise >= range_of(p, i) / 256.0;
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

/*
 * Is the gap between two slopes still there at the least steps at which noise would not hide it?  hypot(x, 1e-160) at
 * 0 has none, though it looks like |x| from afar.  Where these are not small beside 1, it may be a bend: at 1e16
 * logsumexp(x, y) looks like max(x, y).
 */
static slope_status confirm_gap(slope__probe *p, size_t i, double left, double right, int *is_there)
{
    const double middle = p->middle[i], gap = fabs(left - right);
    const double noise = slope__probe_noise_at(p, i, middle, p->middle_bound) + DBL_EPSILON * fabs(middle);
    double h = fmax(16.0 * noise / gap, 4.0 * slope__probe_grain(p)), moved;
    *is_there = h <= 0.25 * slope__probe_unit(p);
    if (!*is_there || !(h > 0.0 && h < p->forward[0]))
        return SLOPE_OK;
    h = slope__probe_exact(p, h);
    for (int side = LEFT; side <= RIGHT; side += 2) {
        const slope_status status = slope__probe_at(p, side * h, p->spare, &moved);
        if (status)
            return status;
        const double d = (p->spare[i] - middle) / moved, off = fabs(d - (side == LEFT ? left : right));
        *is_there = *is_there && !(off > 0.25 * gap);
    }
    return SLOPE_OK;
}

/* Compares the two sides; `left` and `right` are their limits. */
static slope_status find_kink(slope__probe *p, size_t i, const plateau pair[2], const sequence *l, const sequence *r,
                              slope__limit left, slope__limit right, slope__slope *slope)
{
    const double largest = largest_of(p, i), gap = fabs(left.value - right.value), unit = slope__probe_unit(p);
    const int left_jumps = pair[0].from == p->steps && jumps(l, largest, unit),
              right_jumps = pair[1].from == p->steps && jumps(r, largest, unit);
    if (left_jumps || right_jumps) {
        set_kink(slope, left_jumps ? copysign(INFINITY, l->d[l->count - 1]) : left.value,
                 right_jumps ? copysign(INFINITY, r->d[r->count - 1]) : right.value);
    } else if (gap > 2.0 * (left.error + right.error)) {
        int is_there;
        const slope_status status = confirm_gap(p, i, left.value, right.value, &is_there);
        if (status)
            return status;
        if (is_there)
            set_kink(slope, left.value, right.value);
        else
            slope->error = INFINITY;
    }
    return SLOPE_OK;
}

/*
 * Seen from outside, noise cannot be told from what f does on a small scale: (exp(x) - 1) / x at 1e-6 is a smooth c / x
 * between two roundings of exp(x).  Where the least steps, taken for what they are, give another slope than the steps
 * above the noise, the error reaches to it.
 */
static double fine_error(const slope__probe *p, size_t i, const plateau pair[2], slope__limit limit)
{
    sequence centre;
    if (p->middle_bound >= 0.0)
        return 0.0;
    collect(p, i, CENTRE, pair, 0, &centre);
    const slope__limit fine = limit_of(&centre, 2);
    const double apart = fabs(fine.value - limit.value);
    return apart > fine.error + limit.error ? apart + fine.error : 0.0;
}

/* The slope from sequences that leave plateaus out and count `quantum` as noise; from all samples where there is
   none. */
static slope_status slope_beyond(slope__probe *p, size_t i, const plateau pair[2], slope__slope *slope)
{
    sequence centre, left, right;
    *slope = (slope__slope){.value = NAN, .error = INFINITY, .left = NAN, .right = NAN};
    collect(p, i, CENTRE, pair, 1, &centre);
    collect(p, i, LEFT, pair, 1, &left);
    collect(p, i, RIGHT, pair, 1, &right);
    const slope__limit left_limit = limit_of(&left, 1), right_limit = limit_of(&right, 1);
    const sequence *used = &centre;
    slope__limit limit = limit_of(&centre, 2);
    if (!centre.count) { /* f is defined on one side only */
        used = right.count ? &right : &left;
        limit = right.count ? right_limit : left_limit;
    }
    if (!used->count)
        return SLOPE_OK;
    slope->is_finite = 1;
    slope->value = isnan(limit.value) ? used->d[used->count - 1] : limit.value;
    slope->error = is_unresolved(p, i) ? INFINITY : fmax(limit.error, fine_error(p, i, pair, limit));
    slope->middle = p->middle[i];
    slope->is_flat = has_settled(&left) && has_settled(&right);
    slope->bend = p->middle_bound >= 0.0
                      ? INFINITY
                      : fmax(secant(&left, used->h[limit.last]), secant(&right, used->h[limit.last]));
    slope->steepest = fmax(steepest(&left, used->h[limit.last]), steepest(&right, used->h[limit.last]));
    slope->left = slope->right = slope->value;
    return centre.count && isfinite(slope->error) ? find_kink(p, i, pair, &left, &right, left_limit, right_limit, slope)
                                                  : SLOPE_OK;
}

/*
 * Is f rough at the far place, and is that noise?  A fast f bends before it gets rough, and differences leave their
 * limit little by little; between two roundings f is smooth, and then jumps: ((x + 1e12) - 1e12) + x does, by 1e-4.
 */
static int is_far_noise(const slope__probe *p, size_t i, const plateau none[2])
{
    sequence centre;
    if (!p->places || p->middle_bound >= 0.0 || p->noise[i] <= 64.0 * DBL_EPSILON * p->noise_size[i])
        return 0;
    collect(p, i, CENTRE, none, 0, &centre);
    const slope__limit fine = limit_of(&centre, 2);
    double before = 0.0;
    for (size_t k = centre.count; k-- > 0;) {
        const double off = fabs(centre.d[k] - fine.value), scale = fmax(fabs(centre.d[k]), fabs(fine.value));
        if (k <= fine.last && off > 0.003 * scale && off < 0.3 * scale && before > off / 64.0 &&
            before > 8.0 * centre.rounding[k])
            return 0;
        before = off;
    }
    return 1;
}

/* Do the samples go one way only on each side, as stairs do and noise does not? */
static int is_monotone(const slope__probe *p, size_t i)
{
    int up[2] = {0, 0}, down[2] = {0, 0};
    for (size_t k = 1; k < p->steps; k++) {
        for (int side = 0; side < 2; side++) {
            const double *y = side ? p->minus : p->plus, step = y[k * p->m + i] - y[(k - 1) * p->m + i];
            up[side] |= step > 0.0;
            down[side] |= step < 0.0;
        }
    }
    return !(up[0] && down[0]) && !(up[1] && down[1]);
}

/* What noise says of slopes that are not seen. */
static void set_limits_of_sight(const slope__probe *p, size_t i, slope__slope *slope)
{
    const double middle = p->middle[i], noise = slope__probe_noise_at(p, i, middle, -1.0),
                 grain = slope__probe_grain(p);
    double near, far;
    slope__probe_scales(p, &near, &far);
    if (near > 0.0) /* sin(x) / x near 0: two terms of f / x cancel */
        slope->own = 16.0 * DBL_EPSILON * fabs(middle) / near;
    slope->own = fmax(slope->own, DBL_EPSILON * range_of(p, i) / far); /* below the last digit of what f does at all */
    if (p->middle_bound >= 0.0 || noise <= 64.0 * DBL_EPSILON * fmax(fabs(middle), range_of(p, i)))
        return;
    slope->own += 16.0 * noise / slope__probe_noise_scale(p, i, noise);
    slope->least_seen = grain > 0.0 ? noise / (16.0 * grain) : INFINITY;
}

slope_status slope__probe_slope(slope__probe *p, size_t i, slope__slope *slope)
{
    const plateau none[2] = {{p->steps, 0.0}, {p->steps, 0.0}};
    plateau pair[2] = {none[0], none[1]};
    *slope = (slope__slope){.value = NAN, .error = INFINITY, .left = NAN, .right = NAN};
    if (!isfinite(p->middle[i]) || !p->steps)
        return SLOPE_OK;
    slope_status status = SLOPE_OK;
    if (p->middle_bound < 0.0) { /* where rounding is known, a stair that is none of it is f's own */
        status = find_plateau(p, i, LEFT, &pair[0]);
        status = status ? status : find_plateau(p, i, RIGHT, &pair[1]);
    }
    p->counts_far = is_far_noise(p, i, none);
    const double quantum = fmax(pair[0].quantum, pair[1].quantum), narrow = 0x1p-22 * p->far;
    const double left_width = pair[0].from < p->steps ? p->backward[pair[0].from] : 0.0;
    const double right_width = pair[1].from < p->steps ? p->forward[pair[1].from] : 0.0;
    if (!status)
        status = slope_beyond(p, i, pair, slope);
    if (!status && fmax(left_width, right_width) > narrow) { /* f's own, or rounding: the error is for either reading */
        slope__slope fine;
        status = slope_beyond(p, i, none, &fine);
        const double apart = fabs(fine.value - slope->value);
        fine.is_kink = fine.is_kink && slope->is_kink;
        fine.flat_error = fine.error;
        fine.error = isnan(apart) ? INFINITY : fmax(fine.error, apart + slope->error);
        fine.coarse = slope->value;
        fine.coarse_error = slope->error;
        fine.coarse_least = quantum < 1e-6 * range_of(p, i) ? 0.0 : 0.3 * quantum / p->forward[0];
        fine.is_stairs = quantum > 0.0 && is_monotone(p, i);
        *slope = fine;
    }
    set_limits_of_sight(p, i, slope);
    return status;
}
