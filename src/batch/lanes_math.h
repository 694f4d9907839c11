/* SPDX-License-Identifier: MIT */
/* Part of lanes.h: functions of libmvec on rows, and what is made of them. */
#ifndef SLOPE_BATCH_LANES_MATH_H
#define SLOPE_BATCH_LANES_MATH_H

#if defined SLOPE__MVEC

#define MATH1(name)                                                   \
    static void math_##name(double *r, const double *a, size_t lanes) \
    {                                                                 \
        for (size_t i = 0; i < lanes; i += MVEC_WIDTH)                \
            *(mvec *)(r + i) = MVEC1(name)(*(const mvec *)(a + i));   \
    }
#define MATH2(name)                                                                                          \
    static void math_##name(const slope__step *s, double *r, const double *a, const double *b, size_t lanes) \
    {                                                                                                        \
        double one[8];                                                                                       \
        for (size_t k = 0; k < 8; k++)                                                                       \
            one[k] = s->single & 1 ? *a : *b;                                                                \
        const size_t sa = !(s->single & 1), sb = !(s->single & 2);                                           \
        a = sa ? a : one;                                                                                    \
        b = sb ? b : one;                                                                                    \
        for (size_t i = 0; i < lanes; i += MVEC_WIDTH)                                                       \
            *(mvec *)(r + i) = MVEC2(name)(*(const mvec *)(a + sa * i), *(const mvec *)(b + sb * i));        \
    }
SLOPE__MVEC_UNARY(MATH1)
SLOPE__MVEC_BINARY(MATH2)

/* As the table says it, the one exp for both sides. */
static void sigmoid(double *r, const double *pa, size_t lanes)
{
    const vec one = SPLAT(1.0), zero = {0};
    const mask sign = (mask)SPLAT(-0.0);
    double e[8];
    for (size_t i = 0; i < lanes; i += 8) {
        const vec a = LOAD(pa, i);
        STORE(e, 0, (vec)((mask)a | sign));
        math_exp(e, e, 8);
        const vec t = LOAD(e, 0);
        STORE(r, i, CHOOSE(a >= zero, one, t) / (one + t));
    }
}

static void softplus(double *r, const double *pa, size_t lanes)
{
    const vec zero = {0};
    const mask sign = (mask)SPLAT(-0.0);
    double e[8];
    for (size_t i = 0; i < lanes; i += 8) {
        const vec a = LOAD(pa, i);
        STORE(e, 0, (vec)((mask)a | sign));
        math_exp(e, e, 8);
        math_log1p(e, e, 8);
        STORE(r, i, LOAD(e, 0) + CHOOSE(a > zero, a, zero));
    }
}
#endif

#endif
