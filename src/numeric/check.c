/* SPDX-License-Identifier: MIT */
/*
 * The verdict on a derivative, and the check of a gradient.
 *
 * right       |exact - numeric| <= 2 error, and 2 error is small enough to tell a factor of 1.0001
 * wrong       |exact - numeric| > 2 error, and more than rounding on the way to `exact` may have cost
 * noise       neither: 2 error is too large, and agreement would mean nothing; or the noise of f is so large that a
 *             slope like `exact` would not be seen
 * The factor 2 is there because an estimate may be a little short once in a very long while, and nobody forgives a
 * check that calls a right derivative wrong.  A derivative of 0 has no relative error: there 2 error must be 1e-9 of
 * the steepest secant of f around x, and 1e-3 of the secant at the least step that was used, so that f is seen to turn
 * and not just to lie below its rounding; or f must be constant and `exact` 0.
 */
#include "numeric/numeric.h"

#include <float.h>
#include <math.h>

/* What a derivative may have lost to rounding on its way, relative to it: so much is right; so much is not wrong. */
static const double ROUNDED = 1e-8, NOT_WRONG = 1e-5;

const char *slope_verdict_text(slope_verdict verdict)
{
    static const char *const text[] = {
        [SLOPE_VERDICT_RIGHT] = "right", [SLOPE_VERDICT_WRONG] = "wrong",          [SLOPE_VERDICT_KINK] = "kink",
        [SLOPE_VERDICT_NOISE] = "noise", [SLOPE_VERDICT_NONFINITE] = "not finite", [SLOPE_VERDICT_BRANCH] = "branch",
    };
    return (unsigned)verdict < sizeof text / sizeof *text ? text[verdict] : "unknown verdict";
}

double slope__agreement(double a, double b)
{
    const double size = fmax(fabs(a), fabs(b)), difference = fabs(a - b);
    if (!(difference < size)) /* also for NaN and Inf */
        return a == b && isfinite(a) ? 17.0 : 0.0;
    return fmin(17.0, log10(size) - log10(difference));
}

/* May a difference of `off` come from what is not seen of f or from how `exact` was computed? */
static int is_out_of_sight(double off, const slope__slope *slope)
{
    /* as sqrt(x^2 + 1e-9) - x may be: x is rounded, too */
    const int is_all_0 = slope->value == 0.0 && slope->middle == 0.0;
    return (is_all_0 && off <= 16.0 * DBL_EPSILON) || off <= slope->own ||
           (slope->least_seen > 0.0 && off >= slope->least_seen);
}

/* Stairs are f's own, or rounding; is `exact` neither the slope of one of them nor that of the whole? */
static int fits_no_stairs(double exact, const slope__slope *slope)
{
    const int is_whole = fabs(exact - slope->coarse) <= 2.0 * slope->coarse_error && fabs(exact) >= slope->coarse_least;
    return slope->is_stairs && fabs(exact - slope->value) > 2.0 * slope->flat_error && slope->coarse_least > 0.0 &&
           !is_whole;
}

static slope_verdict verdict_of(double exact, double own, const slope__slope *slope)
{
    const double largest = fmax(fabs(exact), fabs(slope->value)), off = fabs(exact - slope->value);
    const double tolerance = 2.0 * (slope->error + own);
    if (!slope->is_finite || !isfinite(exact))
        return SLOPE_VERDICT_NONFINITE;
    if (slope->is_kink)
        return SLOPE_VERDICT_KINK;
    if (fits_no_stairs(exact, slope))
        return SLOPE_VERDICT_WRONG;
    if (!isfinite(tolerance))
        return SLOPE_VERDICT_NOISE;
    if (off > tolerance && off > ROUNDED * largest)
        return off <= NOT_WRONG * largest || is_out_of_sight(off, slope) ? SLOPE_VERDICT_NOISE : SLOPE_VERDICT_WRONG;
    const int tells_factor = tolerance <= 2e-5 * largest;
    const int tells_zero = fabs(exact) <= tolerance / 64.0 && tolerance <= 1e-9 * slope->steepest &&
                           (tolerance <= 1e-3 * slope->bend || tolerance <= 1e-30 * slope->steepest);
    const int is_constant = exact == 0.0 && slope->is_flat;
    return tells_factor || tells_zero || is_constant ? SLOPE_VERDICT_RIGHT : SLOPE_VERDICT_NOISE;
}

void slope__judge(double exact, double own, const slope__slope *slope, slope_check_entry *entry)
{
    *entry = (slope_check_entry){
        .exact = exact,
        .numeric = slope->value,
        .difference = exact - slope->value,
        .error = slope->error + own,
        .digits = slope__agreement(exact, slope->value),
        .left = slope->left,
        .right = slope->right,
        .verdict = verdict_of(exact, own, slope),
    };
    if (entry->verdict != SLOPE_VERDICT_KINK)
        entry->left = entry->right = entry->numeric;
}

slope_status slope__check_line(slope__probe *p, double step, double exact, double own, slope_check_entry *entry)
{
    slope__slope slope;
    slope_status status = slope__probe_sample(p, step);
    status = status ? status : slope__probe_slope(p, 0, &slope);
    if (!status)
        slope__judge(exact, own, &slope, entry);
    return status;
}

slope_status slope_check_gradient(slope_function_c f, size_t n, const double x[], const double exact[], void *context,
                                  const slope_numeric_options *options, slope_check_entry entry[])
{
    slope_numeric_options o;
    if (!f || !n || !x || !exact || !entry || slope__options(options, &o) || n > SIZE_MAX / sizeof *entry)
        return SLOPE_ERR_ARGUMENT;
    slope__probe p = {.f = f, .context = context, .n = n, .m = 1, .x = x};
    slope_status status = slope__probe_open(&p, &o);
    for (p.j = 0; p.j < n && !status; p.j++)
        status = slope__check_line(&p, o.step, exact[p.j], 0.0, &entry[p.j]);
    slope__probe_close(&p);
    return status;
}
