/* SPDX-License-Identifier: MIT */
/* Partials that are always 0, found by building them from the table's text; what doesn't depend on constants only
   once. */
#include "derive/flat.h"

enum { ENOUGH = 10000 }; /* cells of the probe after which a new one is begun */

void slope__flat_destroy(slope__flat *flat)
{
    slope__builder_destroy(flat->probe);
    flat->probe = NULL;
}

static int number_of(const slope_function *f, slope__cell c, double *x)
{
    if (c < f->input_cells || c >= f->input_cells + f->numbers)
        return 0;
    *x = f->number[c - f->input_cells];
    return 1;
}

static int is_zero_at(const slope_function *f, slope__cell c)
{
    double x;
    return number_of(f, c, &x) && x == 0;
}

/* 0, or 0 but NaN for NaN. */
static int is_flat(const slope__builder *b, slope__ref r)
{
    double x, y;
    const slope__cell *operand;
    size_t n;
    if (!r.b)
        return r.number == 0;
    if (slope__built_number(b, r.cell, &x))
        return x == 0;
    return slope__built_code(b, r.cell, &operand, &n) == slope__code_select && slope__built_number(b, operand[1], &x) &&
           slope__built_number(b, operand[2], &y) && x == 0 && y != y;
}

static int probe(slope__flat *flat, const slope_function *f, const slope__instruction *i, size_t k)
{
    slope__cell x[3] = {0};
    if (flat->probe && slope__built_cells(flat->probe) > ENOUGH)
        slope__flat_destroy(flat);
    if (!flat->probe) {
        flat->probe = slope__builder_create(SLOPE_PASS_DEFAULT);
        if (!flat->probe) {
            flat->failed = 1;
            return 0;
        }
        flat->input = slope__build_input(flat->probe, "x", 3);
    }
    for (size_t o = 0; o < i->count; o++) {
        double number;
        x[o] = number_of(f, f->operand[i->operand + o], &number) ? slope__build_number(flat->probe, number)
                                                                 : flat->input + (slope__cell)o;
    }
    const slope__cell v = slope__build(flat->probe, i->code, i->count, x);
    const slope__ref r = slope__build_partial(flat->probe, i->code, i->count, x, v, k);
    if (slope__builder_status(flat->probe) != SLOPE_OK) {
        flat->failed = 1;
        return 0;
    }
    return is_flat(flat->probe, r);
}

static int flat_poly(const slope_function *f, const slope__cell x[], size_t n, size_t k)
{
    if (k > 0)
        return k > 1 && is_zero_at(f, x[0]);
    for (size_t c = 2; c < n; c++) {
        if (!is_zero_at(f, x[c]))
            return 0;
    }
    return 1;
}

int slope__flat_partial(slope__flat *flat, const slope_function *f, const slope__instruction *i, size_t k)
{
    const slope__cell *x = f->operand + i->operand;
    double number;
    size_t constants = 0;
    switch (i->code) {
    case slope__code_add:
    case slope__code_sum:
    case slope__code_mean:
    case slope__code_norm:
    case slope__code_logsumexp: return 0;
    case slope__code_sub: return x[0] == x[1]; /* what marks NaN: v - v */
    case slope__code_mul:
    case slope__code_zmul: return is_zero_at(f, x[1 - k]);
    case slope__code_dot: return is_zero_at(f, x[k < i->count / 2 ? k + i->count / 2 : k - i->count / 2]);
    case slope__code_poly: return flat_poly(f, x, i->count, k);
    default: break;
    }
    for (size_t o = 0; o < i->count; o++)
        constants += (size_t)number_of(f, x[o], &number);
    if (constants > 0)
        return probe(flat, f, i, k);
    unsigned char *known = &flat->known[i->code][k];
    if (!*known)
        *known = (unsigned char)(probe(flat, f, i, k) ? 2 : 1);
    return *known == 2;
}
