/* SPDX-License-Identifier: MIT */
/*
 * Steps of lanes for one vector unit.  The includer defines NAME (of the function), BLOCK (how many vectors of 8 its
 * registers hold, of sums of products) and MVEC_LETTER and MVEC_WIDTH (which functions of libmvec are the unit's), and
 * is compiled with the unit's flags.  Every step works on vectors of 8 numbers, whatever the unit's width, so that
 * results are the same for all units.
 */
#include <math.h>
#include <string.h>
#if defined __AVX2__
#include <immintrin.h>
#endif

#include "batch/mvec.h"
#include "batch/run.h"

/* What takes or gives a vec, always inlined: how a function would pass it depends on the unit, which compilers warn
   of. */
#define IN_PLACE inline __attribute__((always_inline))
#pragma GCC diagnostic ignored "-Wpsabi"

typedef double vec __attribute__((vector_size(64), aligned(8), may_alias));
typedef int64_t mask __attribute__((vector_size(64)));

#define LOAD(p, i) (*(const vec *)((p) + (i)))
#define STORE(p, i, v) (*(vec *)((p) + (i)) = (v))
#define SPLAT(x) ((vec){(x), (x), (x), (x), (x), (x), (x), (x)})

/* x where m is set, else y. */
#define CHOOSE(m, x, y) ((vec)(((mask)(m) & (mask)(x)) | (~(mask)(m) & (mask)(y))))

/* A vector of an operand: a row of lanes, or one number for all. */
#define OPERAND(p, single, i) operand((p), (single) != 0, (i))

static IN_PLACE vec operand(const double *p, int single, size_t i)
{
    if (single)
        return SPLAT(*p);
    return LOAD(p, i);
}

/* a * b, but 0 where one is 0 and the product is NaN. */
#define STRONG(a, b) strong((a), (b))

/* Whether one of the numbers is NaN. */
static IN_PLACE int any_nan(vec x)
{
#if defined __AVX512F__
    return _mm512_cmp_pd_mask((__m512d)x, (__m512d)x, _CMP_UNORD_Q) != 0;
#elif defined __AVX2__
    const __m256d low = {x[0], x[1], x[2], x[3]}, high = {x[4], x[5], x[6], x[7]};
    return _mm256_movemask_pd(
               _mm256_or_pd(_mm256_cmp_pd(low, low, _CMP_UNORD_Q), _mm256_cmp_pd(high, high, _CMP_UNORD_Q))) != 0;
#else
    const mask m = (mask)(x != x);
    return (m[0] | m[1] | m[2] | m[3] | m[4] | m[5] | m[6] | m[7]) != 0;
#endif
}

static IN_PLACE vec strong(vec a, vec b)
{
    const vec p = a * b, zero = {0};
    if (__builtin_expect(any_nan(p), 0))
        return CHOOSE((p != p) & ((a == zero) | (b == zero)), zero, p);
    return p;
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

/* ------------------------------------------------------------------------------------------------- sums of products */

static IN_PLACE vec product(const slope__term *t, double *const *ptr, vec x, size_t i)
{
    const vec y = OPERAND(ptr[t->y], t->kind & SLOPE__Y_SINGLE, i);
    if (t->kind & SLOPE__STRONG)
        return STRONG(x, y);
    return x * y;
}

/* One vector of a sum, term by term, zeros kept strong. */
static void affine_strong(const slope__frame *f, const slope__step *s, size_t i)
{
    vec sum = {0};
    for (uint32_t k = 0; k < s->b; k++) {
        const slope__term *t = &f->p->term[s->a + k];
        vec x = OPERAND(f->ptr[t->x], t->kind & SLOPE__X_SINGLE, i);
        if (t->kind & SLOPE__PRODUCT)
            x = product(t, f->ptr, x, i);
        if (k == 0 && !s->c)
            sum = x;
        else if (t->kind & SLOPE__MINUS)
            sum -= x;
        else
            sum += x;
    }
    STORE(f->ptr[s->r], i, sum);
}

/* For all vectors of a block. */
#define ACCUMULATED (BLOCK < 4 ? 4 : BLOCK)
#define EACH for (int v = 0; v < n; v++)

/* n vectors of a sum in registers, zmul taken for a product; a NaN then shows in the sum. */
static inline __attribute__((always_inline)) void affine_block(const slope__frame *f, const slope__step *s, size_t i,
                                                               const int n)
{
    double *const *ptr = f->ptr;
    const slope__term *t = &f->p->term[s->a], *end = t + s->b;
    const vec zero = {0};
    vec sum[8];
    EACH sum[v] = zero;
    if (!s->c) { /* begins with a term: 0 + it would not keep -0 */
        const vec x0 = OPERAND(ptr[t->x], t->kind & SLOPE__X_SINGLE, i);
        EACH sum[v] = t->kind & SLOPE__X_SINGLE ? x0 : LOAD(ptr[t->x], i + 8 * (size_t)v);
        if (t->kind & SLOPE__PRODUCT) {
            EACH sum[v] *= OPERAND(ptr[t->y], t->kind & SLOPE__Y_SINGLE, i + 8 * (size_t)v);
        }
        t++;
    }
    for (; t < end; t++) {
        const double *const x = ptr[t->x] + i;
        switch (t->kind & ~(unsigned)SLOPE__STRONG) {
        case SLOPE__PRODUCT | SLOPE__Y_SINGLE: {
            const vec y = SPLAT(*ptr[t->y]);
            EACH sum[v] += LOAD(x, 8 * v) * y;
            break;
        }
        case SLOPE__PRODUCT: {
            const double *const y = ptr[t->y] + i;
            EACH sum[v] += LOAD(x, 8 * v) * LOAD(y, 8 * v);
            break;
        }
        case 0: {
            EACH sum[v] += LOAD(x, 8 * v);
            break;
        }
        case SLOPE__MINUS: {
            EACH sum[v] -= LOAD(x, 8 * v);
            break;
        }
        case SLOPE__PRODUCT | SLOPE__MINUS: {
            const double *const y = ptr[t->y] + i;
            EACH sum[v] -= LOAD(x, 8 * v) * LOAD(y, 8 * v);
            break;
        }
        case SLOPE__PRODUCT | SLOPE__MINUS | SLOPE__Y_SINGLE: {
            const vec y = SPLAT(*ptr[t->y]);
            EACH sum[v] -= LOAD(x, 8 * v) * y;
            break;
        }
        default: { /* both uniform, or a uniform number */
            vec y = SPLAT(*ptr[t->x]);
            if (t->kind & SLOPE__PRODUCT)
                y = y * SPLAT(*ptr[t->y]);
            if (t->kind & SLOPE__MINUS)
                y = -y;
            EACH sum[v] += y;
            break;
        }
        }
    }
    double *const r = ptr[s->r] + i;
    vec all = zero;
    EACH
    {
        STORE(r, 8 * v, sum[v]);
        all += sum[v] - sum[v]; /* NaN where one is NaN or Inf */
    }
    if (s->single && any_nan(all)) {
        EACH if (any_nan(sum[v])) affine_strong(f, s, i + 8 * (size_t)v);
    }
}

/* The rows of a sum's terms must stay as they are until it is known that no zero was weak: where the result takes the
   place of one, the planner says so (single 2), and zeros are kept strong from the beginning. */
static void affine(const slope__frame *f, const slope__step *s, size_t lanes)
{
    size_t i = 0;
    if (s->single & 2) {
        for (; i < lanes; i += 8)
            affine_strong(f, s, i);
        return;
    }
    for (; i + 8 * BLOCK <= lanes; i += 8 * BLOCK)
        affine_block(f, s, i, BLOCK);
    switch ((lanes - i) / 8) { /* less than a block is left */
    case 1: affine_block(f, s, i, 1); break;
    case 2: affine_block(f, s, i, 2); break;
    case 3: affine_block(f, s, i, 3); break;
#if BLOCK > 4
    case 4: affine_block(f, s, i, 4); break;
    case 5: affine_block(f, s, i, 5); break;
    case 6: affine_block(f, s, i, 6); break;
    case 7: affine_block(f, s, i, 7); break;
#endif
    default: break;
    }
}

/* -------------------------------------------------------------------------------------------------- sums over items */

/* Lane i goes to sum i % 8; lanes that only fill up count nothing. */
static void accumulate_strong(const slope__frame *f, const slope__step *s, size_t first, size_t valid)
{
    const double *a = f->ptr[s->a], *b = s->code == slope__code_acc ? NULL : f->ptr[s->b];
    double *acc = f->ptr[s->r];
    for (size_t i = first; i < valid; i++) {
        const double x = a[s->single & 1 ? 0 : i];
        double v = x;
        if (b) {
            const double y = b[s->single & 2 ? 0 : i];
            v = s->c ? slope__d_zmul(x, y) : x * y;
        }
        acc[i % 8] += v;
    }
}

/* Lanes of the last vector that count; 0 added for the others leaves a sum as it is, which is never -0. */
static IN_PLACE mask counting(size_t valid)
{
    const int64_t n = (int64_t)(valid % 8);
    return (mask){-(0 < n), -(1 < n), -(2 < n), -(3 < n), -(4 < n), -(5 < n), -(6 < n), 0};
}

/* n products to n sums; common: they have the first factor in common. */
static inline __attribute__((always_inline)) void accumulate_block(const slope__frame *f, const slope__step *s,
                                                                   size_t valid, const int n, const int common)
{
    const size_t whole = valid / 8 * 8;
    const double *a[8], *b[8];
    vec sum[8], all = {0};
    EACH
    {
        a[v] = f->ptr[s[common ? 0 : v].a];
        b[v] = f->ptr[s[v].b];
        sum[v] = LOAD(f->ptr[s[v].r], 0);
    }
    for (size_t i = 0; i < whole; i += 8) {
        const vec x = LOAD(a[0], i);
        EACH sum[v] += (common ? x : LOAD(a[v], i)) * LOAD(b[v], i);
    }
    if (whole < valid) {
        const mask count = counting(valid);
        EACH sum[v] += (vec)((mask)(LOAD(a[v], whole) * LOAD(b[v], whole)) & count);
    }
    EACH all += sum[v] - sum[v]; /* NaN where one is NaN or Inf */
    if (__builtin_expect(!any_nan(all), 1)) {
        EACH STORE(f->ptr[s[v].r], 0, sum[v]);
        return;
    }
    EACH
    {
        if (s[v].c && any_nan(sum[v]))
            accumulate_strong(f, &s[v], 0, valid);
        else
            STORE(f->ptr[s[v].r], 0, sum[v]);
    }
}

static void accumulate_row(const slope__frame *f, const slope__step *s, size_t valid)
{
    const size_t whole = valid / 8 * 8;
    const double *a = f->ptr[s->a];
    vec sum = LOAD(f->ptr[s->r], 0);
    for (size_t i = 0; i < whole; i += 8)
        sum += LOAD(a, i);
    if (whole < valid)
        sum += (vec)((mask)LOAD(a, whole) & counting(valid));
    STORE(f->ptr[s->r], 0, sum);
}

/* Takes as many steps as it can and says how many. */
static size_t accumulate(const slope__frame *f, const slope__step *s, size_t valid)
{
    if (s->code == slope__code_accouter) {
        for (size_t k = 0; k < 8; k += ACCUMULATED)
            accumulate_block(f, s + k, valid, ACCUMULATED, 1);
        return 8;
    }
    if (s->code == slope__code_accprods) {
        accumulate_block(f, s, valid, 4, 0);
        return 4;
    }
    if (s->single)
        accumulate_strong(f, s, 0, valid);
    else if (s->code == slope__code_acc)
        accumulate_row(f, s, valid);
    else
        accumulate_block(f, s, valid, 1, 0);
    return 1;
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

#if defined __AVX2__
static void multiply_add(const slope__step *s, double *r, const double *pa, const double *pb, const double *pc,
                         size_t lanes)
{
    for (size_t i = 0; i < lanes; i += 8) {
        const vec a = OPERAND(pa, s->single & 1, i), b = OPERAND(pb, s->single & 2, i),
                  c = OPERAND(pc, s->single & 4, i);
        double x[8], y[8], z[8];
        STORE(x, 0, a);
        STORE(y, 0, b);
        STORE(z, 0, c);
        for (size_t k = 0; k < 8; k += 4)
            _mm256_storeu_pd(r + i + k,
                             _mm256_fmadd_pd(_mm256_loadu_pd(x + k), _mm256_loadu_pd(y + k), _mm256_loadu_pd(z + k)));
    }
}
#endif

static void choose_lanes(const slope__step *s, double *r, const double *pa, const double *pb, const double *pc,
                         size_t lanes)
{
    const vec zero = {0};
    for (size_t i = 0; i < lanes; i += 8) {
        const vec a = OPERAND(pa, s->single & 1, i), b = OPERAND(pb, s->single & 2, i),
                  c = OPERAND(pc, s->single & 4, i);
        STORE(r, i, CHOOSE(a != zero, b, c));
    }
}

#include "batch/lanes_math.h"
#include "batch/lanes_rows.h"

static void run_steps(const slope__frame *f, const slope__step *step, size_t n, size_t lanes, size_t valid)
{
    double *const *ptr = f->ptr;
    const vec one = SPLAT(1.0), zero = SPLAT(0.0);
    const mask sign = (mask)SPLAT(-0.0);
    for (const slope__step *s = step, *end = step + n; s < end; s++) {
        if (s->code == slope__code_affine) {
            affine(f, s, lanes);
            continue;
        }
        if (s->code > slope__code_affine) {
            s += accumulate(f, s, valid) - 1;
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
        case slope__code_detach: LOOP1(a); break;
        case slope__code_lt: LOOP2(COMPARED(a < b)); break;
        case slope__code_le: LOOP2(COMPARED(a <= b)); break;
        case slope__code_gt: LOOP2(COMPARED(a > b)); break;
        case slope__code_ge: LOOP2(COMPARED(a >= b)); break;
        case slope__code_eq: LOOP2(COMPARED(a == b)); break;
        case slope__code_ne: LOOP2(COMPARED(a != b)); break;
#if defined __AVX2__
        case slope__code_fma: multiply_add(s, r, pa, pb, pc, lanes); break;
#endif
        case slope__code_select: choose_lanes(s, r, pa, pb, pc, lanes); break;
#if defined SLOPE__MVEC
#define CASE1(name)                \
    case slope__code_##name:       \
        math_##name(r, pa, lanes); \
        break;
#define CASE2(name) \
    case slope__code_##name: math_##name(s, r, pa, pb, lanes); break;
            SLOPE__MVEC_UNARY(CASE1)
            SLOPE__MVEC_BINARY(CASE2)
        case slope__code_sigmoid: sigmoid(r, pa, lanes); break;
        case slope__code_softplus: softplus(r, pa, lanes); break;
#endif
        default: by_lane(s, r, pa, pb, pc, lanes); break;
        }
    }
}

const slope__unit NAME = {UNIT, run_steps, add_row, split, join};
