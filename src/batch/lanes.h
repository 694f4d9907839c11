/* SPDX-License-Identifier: MIT */
/*
 * Steps of lanes for one vector unit.  The includer defines NAME (of the function) and compiles with the unit's flags.  Every step works on vectors of 8
 * numbers, whatever the unit's width, so that results are the same for all units.
 */
#include <math.h>
#include <string.h>

#include "batch/run.h"

typedef double vec __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t mask __attribute__((vector_size(64)));

#define LOAD(p, i) (*(const vec *)((p) + (i)))
#define STORE(p, i, v) (*(vec *)((p) + (i)) = (v))
#define SPLAT(x) ((vec){(x), (x), (x), (x), (x), (x), (x), (x)})

/* x where m is set, else y. */
#define CHOOSE(m, x, y) ((vec)(((mask)(m) & (mask)(x)) | (~(mask)(m) & (mask)(y))))

/* A vector of an operand: a row of lanes, or one number for all. */
#define OPERAND(p, single, i) operand((p), (single) != 0, (i))

static inline vec operand(const double *p, int single, size_t i)
{
    if (single)
        return SPLAT(*p);
    return LOAD(p, i);
}

/* a * b, but 0 where one is 0 and the product is NaN. */
#define STRONG(a, b) strong((a), (b))

static inline vec strong(vec a, vec b)
{
    const vec p = a * b, zero = {0};
    return CHOOSE((p != p) & ((a == zero) | (b == zero)), zero, p);
}

/* r = expression of vectors a, b for all lanes, for each way in which operands may be uniform. */
#define LOOP1(text)                             \
    do {                                        \
        for (size_t i = 0; i < lanes; i += 8) { \
            const vec a = LOAD(pa, i);          \
            STORE(r, i, text);                  \
        }                                       \
    } while (0)
#define LOOP2(text)                                         \
    do {                                                    \
        if (s->single == 0) {                               \
            for (size_t i = 0; i < lanes; i += 8) {         \
                const vec a = LOAD(pa, i), b = LOAD(pb, i); \
                STORE(r, i, text);                          \
            }                                               \
        } else if (s->single == 1) {                        \
            const vec a = SPLAT(*pa);                       \
            for (size_t i = 0; i < lanes; i += 8) {         \
                const vec b = LOAD(pb, i);                  \
                STORE(r, i, text);                          \
            }                                               \
        } else {                                            \
            const vec b = SPLAT(*pb);                       \
            for (size_t i = 0; i < lanes; i += 8) {         \
                const vec a = LOAD(pa, i);                  \
                STORE(r, i, text);                          \
            }                                               \
        }                                                   \
    } while (0)
#define COMPARED(text) ((vec)((mask)(text) & (mask)one))

static inline vec product(const slope__term *t, double *const *ptr, vec x, size_t i)
{
    const vec y = OPERAND(ptr[t->y], t->kind & SLOPE__Y_SINGLE, i);
    if (t->kind & SLOPE__STRONG)
        return STRONG(x, y);
    return x * y;
}

static void affine(const slope__frame *f, const slope__step *s, size_t lanes)
{
    double *const *ptr = f->ptr;
    const slope__term *term = &f->p->term[s->a];
    double *r = ptr[s->r];
    for (size_t i = 0; i < lanes; i += 8) {
        vec sum = {0};
        for (uint32_t k = 0; k < s->b; k++) {
            const slope__term *t = &term[k];
            vec x = OPERAND(ptr[t->x], t->kind & SLOPE__X_SINGLE, i);
            if (t->kind & SLOPE__PRODUCT)
                x = product(t, ptr, x, i);
            if (k == 0 && !s->c)
                sum = x;
            else if (t->kind & SLOPE__MINUS)
                sum -= x;
            else
                sum += x;
        }
        STORE(r, i, sum);
    }
}

/* Sums over items: lane i goes to sum i % 8; lanes that only fill up count nothing. */
static void accumulate(const slope__frame *f, const slope__step *s, double *acc, size_t valid)
{
    const double *a = f->ptr[s->a], *b = s->code == slope__code_accprod ? f->ptr[s->b] : NULL;
    for (size_t i = 0; i < valid; i++) {
        const double x = a[s->single & 1 ? 0 : i];
        const double v = b ? (s->c ? slope__d_zmul(x, b[s->single & 2 ? 0 : i]) : x * b[s->single & 2 ? 0 : i]) : x;
        acc[i % 8] += v;
    }
}

static void nary(const slope__frame *f, const slope__step *s, size_t lanes)
{
    const uint32_t *list = &f->p->list[s->a], *single = &f->p->list[s->c];
    double *r = f->ptr[s->r];
    for (size_t i = 0; i < lanes; i++) {
        for (uint32_t k = 0; k < s->b; k++)
            f->operand[k] = f->ptr[list[k]][single[k] ? 0 : i];
        r[i] = slope__value(s->code, s->b, f->operand);
    }
}

/* Operations without a vector form, lane by lane. */
static void by_lane(const slope__step *s, double *r, const double *pa, const double *pb, const double *pc, size_t lanes)
{
    const size_t sa = !(s->single & 1), sb = !(s->single & 2), sc = !(s->single & 4);
    switch (s->code) {
#define UNARY(name, ...)                   \
    case slope__code_##name: {             \
        for (size_t i = 0; i < lanes; i++) \
            r[i] = slope__d_##name(pa[i]); \
        break;                             \
    }
#define BINARY(name, ...)                                   \
    case slope__code_##name: {                              \
        for (size_t i = 0; i < lanes; i++)                  \
            r[i] = slope__d_##name(pa[sa * i], pb[sb * i]); \
        break;                                              \
    }
#define TERNARY(name, ...)                                              \
    case slope__code_##name: {                                          \
        for (size_t i = 0; i < lanes; i++)                              \
            r[i] = slope__d_##name(pa[sa * i], pb[sb * i], pc[sc * i]); \
        break;                                                          \
    }
#define NARY(name, ...)
#include "ops.def"
    default: break;
    }
}

static void select(const slope__step *s, double *r, const double *pa, const double *pb, const double *pc, size_t lanes)
{
    const vec zero = {0};
    for (size_t i = 0; i < lanes; i += 8) {
        const vec a = OPERAND(pa, s->single & 1, i), b = OPERAND(pb, s->single & 2, i),
                  c = OPERAND(pc, s->single & 4, i);
        STORE(r, i, CHOOSE(a != zero, b, c));
    }
}

void NAME(const slope__frame *f, const slope__step *step, size_t n, size_t lanes, size_t valid)
{
    double *const *ptr = f->ptr;
    const vec one = SPLAT(1.0), zero = SPLAT(0.0);
    const mask sign = (mask)SPLAT(-0.0);
    for (const slope__step *s = step, *end = step + n; s < end; s++) {
        if (s->code == slope__code_affine) {
            affine(f, s, lanes);
            continue;
        }
        if (s->code == slope__code_acc || s->code == slope__code_accprod) {
            accumulate(f, s, f->acc + 8 * (size_t)s->r, valid);
            continue;
        }
        if (s->code >= slope__code_sum && s->code <= slope__code_poly) {
            nary(f, s, lanes);
            continue;
        }
        double *const r = ptr[s->r];
        const double *const pa = ptr[s->a], *const pb = ptr[s->b], *const pc = ptr[s->c];
        switch (s->code) {
        case slope__code_add: LOOP2(a + b); break;
        case slope__code_sub: LOOP2(a - b); break;
        case slope__code_mul: LOOP2(a * b); break;
        case slope__code_zmul: LOOP2(STRONG(a, b)); break;
        case slope__code_div: LOOP2(a / b); break;
        case slope__code_neg: LOOP1((vec)((mask)a ^ sign)); break;
        case slope__code_abs: LOOP1((vec)((mask)a & ~sign)); break;
        case slope__code_square: LOOP1(a * a); break;
        case slope__code_min: LOOP2(CHOOSE((a < b) | (a != a), a, b)); break;
        case slope__code_max: LOOP2(CHOOSE((a > b) | (a != a), a, b)); break;
        case slope__code_relu: LOOP1(CHOOSE(a <= zero, zero, a)); break;
        case slope__code_leaky_relu: LOOP2(CHOOSE(a > zero, a, b * a)); break;
        case slope__code_sign: LOOP1(CHOOSE(a > zero, one, CHOOSE(a < zero, -one, a))); break;
        case slope__code_lt: LOOP2(COMPARED(a < b)); break;
        case slope__code_le: LOOP2(COMPARED(a <= b)); break;
        case slope__code_gt: LOOP2(COMPARED(a > b)); break;
        case slope__code_ge: LOOP2(COMPARED(a >= b)); break;
        case slope__code_eq: LOOP2(COMPARED(a == b)); break;
        case slope__code_ne: LOOP2(COMPARED(a != b)); break;
        case slope__code_select: select(s, r, pa, pb, pc, lanes); break;
        default: by_lane(s, r, pa, pb, pc, lanes); break;
        }
    }
}
