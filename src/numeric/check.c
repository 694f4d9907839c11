/* SPDX-License-Identifier: MIT */
/*
 * The verdict on a derivative, and the check of a gradient.
 *
 * right       |exact - numeric| <= 2 error, and 2 error is small enough to tell a factor of 1.0001
 * wrong       |exact - numeric| > 2 error
 * noise       neither: 2 error is too large; agreement would mean nothing
 * The factor 2 is there because an estimate may be a little short once in a very long while, and nobody forgives a
 * check that calls a right derivative wrong.  A derivative of 0 has no relative error: there 2 error must be 1e-9 of
 * the steepest secant of f around x, or f must be constant but for rounding and `exact` 0.
 */
#include "numeric/numeric.h"

#include <float.h>
#include <math.h>

const char *slope_verdict_text(slope_verdict verdict)
{
    static const char *const text[] = {
        [SLOPE_VERDICT_RIGHT] = "right", [SLOPE_VERDICT_WRONG] = "wrong",          [SLOPE_VERDICT_KINK] = "kink",
        [SLOPE_VERDICT_NOISE] = "noise", [SLOPE_VERDICT_NONFINITE] = "not finite",
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

static slope_verdict verdict_of(double exact, const slope__slope *slope)
{
    enum { EXACT_ULPS = 16 }; /* what the exact derivative may have lost to rounding itself */
    const double largest = fmax(fabs(exact), fabs(slope->value));
    const double tolerance = 2.0 * slope->own_error + EXACT_ULPS * DBL_EPSILON * fabs(exact);
    if (!slope->is_finite || !isfinite(exact))
        return SLOPE_VERDICT_NONFINITE;
    if (slope->is_kink)
        return SLOPE_VERDICT_KINK;
    if (!isfinite(tolerance))
        return SLOPE_VERDICT_NOISE;
    if (fabs(exact - slope->value) > tolerance) {
        /* on a staircase the slope of the whole is not proved wrong: (x + 1e15) - 1e15 looks like floor(8 x) / 8 */
        const int is_whole =
            fabs(exact - slope->coarse) <= 2.0 * slope->coarse_error && fabs(exact) >= slope->coarse_least;
        return is_whole ? SLOPE_VERDICT_NOISE : SLOPE_VERDICT_WRONG;
    }
    const int tells_factor = tolerance <= 2e-5 * largest;
    const int tells_zero = fabs(exact) <= tolerance && tolerance <= 1e-9 * slope->steepest;
    const int is_constant = exact == 0.0 && slope->is_flat;
    return tells_factor || tells_zero || is_constant ? SLOPE_VERDICT_RIGHT : SLOPE_VERDICT_NOISE;
}

void slope__judge(double exact, const slope__slope *slope, slope_check_entry *entry)
{
    *entry = (slope_check_entry){
        .exact = exact,
        .numeric = slope->value,
        .difference = exact - slope->value,
        .error = slope->error,
        .digits = slope__agreement(exact, slope->value),
        .left = slope->left,
        .right = slope->right,
        .verdict = verdict_of(exact, slope),
    };
    if (entry->verdict != SLOPE_VERDICT_KINK)
        entry->left = entry->right = entry->numeric;
}

slope_status slope_check_gradient(slope_function_c f, size_t n, const double x[], const double exact[], void *context,
                                  const slope_numeric_options *options, slope_check_entry entry[])
{
    slope_numeric_options o;
    if (!f || !n || !x || !exact || !entry || slope__options(options, &o) || n > SIZE_MAX / sizeof *entry)
        return SLOPE_ERR_ARGUMENT;
    slope__probe p = {.f = f, .context = context, .n = n, .m = 1, .x = x};
    slope_status status = slope__probe_open(&p, &o);
    for (p.j = 0; p.j < n && !status; p.j++) {
        slope__slope slope;
        status = slope__probe_sample(&p, o.step);
        status = status ? status : slope__probe_slope(&p, 0, &slope);
        if (!status)
            slope__judge(exact[p.j], &slope, &entry[p.j]);
    }
    slope__probe_close(&p);
    return status;
}
