/* SPDX-License-Identifier: MIT */
/* Motion of operations: by their partials; where these are 0 or infinite, as at kinks and extrema, by a small step. */
#include "ops/motion.h"

#include "ops/op.h"

static const double motion_none = 1e-6;   /* below this part of its scale a motion is rounding or of second order */
static const double motion_step = 1e-6;   /* of the inputs' size, where partials do not tell */
static const double tie_near = 1e-10;     /* the part of its inputs by which a comparison may be off a tie */
static const double tie_tolerance = 1e-4; /* the largest part that a tolerance is of the motion of what it bounds */

static int is_moving(slope__motion m) { return fabs(m.along) > motion_none * m.scale; }

/* What an operand contributes to the scale: its own motion, unless it has cancelled. */
static double scale_of(slope__motion m) { return is_moving(m) ? fabs(m.along) : m.scale; }

slope__motion slope__motion_of_input(size_t i, double x)
{
    const double golden = 0.6180339887498949, turns = golden * (double)(i + 1);
    const double weight = (i % 2 ? -1.0 : 1.0) * (0.5 + 0.5 * (turns - floor(turns)));
    const double along = isfinite(x) ? weight * (x != 0 ? fabs(x) : 1.0) : 0.0;
    return (slope__motion){along, fabs(along)};
}

/* The operation itself at two near points, the further one counts. */
static slope__motion motion_by_step(unsigned code, size_t n, const double x[], double v, const slope__motion in[],
                                    double room[])
{
    double far = 0.0;
    for (int side = -1; side <= 1; side += 2) {
        for (size_t i = 0; i < n; i++)
            room[i] = is_moving(in[i]) ? x[i] + side * motion_step * in[i].along : x[i];
        const double moved = side * (slope__value(code, n, room) - v) / motion_step;
        if (fabs(moved) > fabs(far) && isfinite(moved))
            far = moved;
    }
    return (slope__motion){far, fabs(far)};
}

slope__motion slope__motion_of(unsigned code, size_t n, const double x[], double v, const double partial[],
                               const slope__motion in[], double room[])
{
    slope__motion out = {0.0, 0.0};
    if (slope__is_comparison(code) || code == slope__code_detach)
        return out;
    int told = 0; /* some partial tells of a motion */
    for (size_t i = 0; i < n; i++) {
        if (in[i].scale == 0.0)
            continue;
        out.along += partial[i] * in[i].along;
        out.scale += fabs(partial[i]) * scale_of(in[i]);
        told |= partial[i] != 0.0;
    }
    const int has_kinks = code != slope__code_custom && !slope_op_describe((slope_op)code)->smooth;
    const int hidden = !told || !isfinite(out.scale) || !isfinite(out.along) || (has_kinks && !is_moving(out));
    return hidden && code != slope__code_custom ? motion_by_step(code, n, x, v, in, room) : out;
}

/* Is e a number that was found to be 0 within the tolerance k? */
static int is_within(double e, slope__motion of_e, double k, slope__motion of_k)
{
    return is_moving(of_e) && fabs(e) <= fabs(k) && fabs(k) <= tie_tolerance * fabs(of_e.along) &&
           fabs(of_k.along) <= 1e-3 * fabs(of_e.along);
}

int slope__is_tie(double a, slope__motion of_a, double b, slope__motion of_b)
{
    const slope__motion apart = {of_a.along - of_b.along, scale_of(of_a) + scale_of(of_b)};
    const double gap = a == b ? 0.0 : fabs(a - b);
    return is_moving(apart) &&
           (gap <= tie_near * fabs(apart.along) || is_within(a, of_a, b, of_b) || is_within(b, of_b, a, of_a));
}
