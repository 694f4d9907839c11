/* SPDX-License-Identifier: MIT */
/* Uniform steps: one number at a time, as few instructions around an operation as can be. */
#include "batch/run.h"

static double nary_once(const slope__frame *f, const slope__step *s)
{
    for (uint32_t k = 0; k < s->b; k++)
        f->operand[k] = f->slot[f->p->list[s->a + k]];
    return slope__value(s->code, s->b, f->operand);
}

static double affine_once(const slope__frame *f, const slope__step *s)
{
    const double *slot = f->slot;
    const slope__term *t = &f->p->term[s->a], *end = t + s->b;
    double sum = 0.0;
    if (!s->c) { /* begins with a term; 0 + it would not keep -0 */
        const double x = slot[t->x];
        sum = !(t->kind & SLOPE__PRODUCT) ? x : t->kind & SLOPE__STRONG ? slope__d_zmul(x, slot[t->y]) : x * slot[t->y];
        t++;
    }
    for (; t < end; t++) {
        double x = slot[t->x];
        if (t->kind & SLOPE__PRODUCT)
            x = t->kind & SLOPE__STRONG ? slope__d_zmul(x, slot[t->y]) : x * slot[t->y];
        sum = t->kind & SLOPE__MINUS ? sum - x : sum + x;
    }
    return sum;
}

static inline double product_once(const slope__step *s, const double slot[])
{
    const double x = slot[s->a], y = slot[s->b];
    return s->single ? slope__d_zmul(x, y) : x * y;
}

void slope__run_steps(slope__frame *f, const slope__step *step, size_t n)
{
    double *const slot = f->slot;
    for (const slope__step *s = step, *end = step + n; s < end; s++) {
        double r;
        switch (s->code) {
#define UNARY(name, ...)                 \
    case slope__code_##name: {           \
        r = slope__d_##name(slot[s->a]); \
        break;                           \
    }
#define BINARY(name, ...)                            \
    case slope__code_##name: {                       \
        r = slope__d_##name(slot[s->a], slot[s->b]); \
        break;                                       \
    }
#define TERNARY(name, ...)                                       \
    case slope__code_##name: {                                   \
        r = slope__d_##name(slot[s->a], slot[s->b], slot[s->c]); \
        break;                                                   \
    }
#define NARY(name, ...)
#include "ops.def"
        case slope__code_affine: r = affine_once(f, s); break;
        case slope__code_mul_add: r = product_once(s, slot) + slot[s->c]; break;
        case slope__code_mul_sub: r = product_once(s, slot) - slot[s->c]; break;
        case slope__code_sub_mul: r = slot[s->c] - product_once(s, slot); break;
        default: r = nary_once(f, s); break;
        }
        slot[s->r] = r;
    }
}
