/* SPDX-License-Identifier: MIT */
/*
 * Taylor coefficients by recurrence.  From v' = sum over operands of partial * x',
 *
 *     v_k = 1/k sum_i sum_{j = 1 ... k} j x_i,j (p_i)_{k - j}
 *
 * where the partials p_i come from the table and have series themselves: their cells are operations, too.  As p_i is
 * needed only to order k - 1, this ends, and as equal cells are one, it takes a number of operations polynomial in the
 * order.  Operations for which the plain recurrence is shorter have it below.  Coefficients that are 0 whatever the
 * inputs cost nothing.
 *
 * The recursion is over the text of partials, not over the graph: operands of a recorded cell are complete before it is
 * asked for, so it is as deep as the order times the depth of a line of the table.
 */
#include "derive/series.h"

#include "derive/derive.h"

#include <stdlib.h>
#include <string.h>

typedef struct kept_partial {
    slope__ref ref;
    int built;
} kept_partial;

struct slope__series_row {
    slope__cell *x;        /* operands */
    kept_partial *partial; /* by operand; NULL: none built yet */
    size_t first;          /* of its coefficients */
    uint32_t n;
    uint16_t code;
    uint16_t known; /* coefficients 0 ... known are there */
};

#define ROOM(s, column, count) \
    (series_room(s, &(s)->block.column, (count), sizeof *(s)->column) && ((s)->column = (s)->block.column.data, 1))

static int fail(slope__series *s)
{
    slope__builder_fail(s->b, SLOPE_ERR_MEMORY, "there is not enough memory for a Taylor series");
    return 0;
}

static int series_room(slope__series *s, slope__block *block, size_t count, size_t size)
{
    if (slope__builder_status(s->b) != SLOPE_OK)
        return 0;
    return slope__block_reserve(&s->allocator, block, count, size) == SLOPE_OK || fail(s);
}

void slope__series_create(slope__series *s, slope__builder *b, unsigned order)
{
    *s = (slope__series){.b = b, .order = order, .allocator = slope_allocator_default()};
}

void slope__series_destroy(slope__series *s)
{
    for (size_t k = 0; k < s->rows; k++) {
        free(s->row[k].x);
        free(s->row[k].partial);
    }
    slope__block *const all[] = {&s->block.row_of, &s->block.row, &s->block.coefficient, &s->block.term};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        slope__block_free(&s->allocator, all[k]);
}

/* ------------------------------------------------------------------------------------------------------------ rows */

/* A row for a cell; 0 on failure. */
static int start_row(slope__series *s, slope__cell cell)
{
    const slope__cell *x;
    size_t n;
    const unsigned code = slope__built_code(s->b, cell, &x, &n);
    const size_t first = s->rows * (s->order + (size_t)1);
    if (!ROOM(s, row, s->rows + 1) || !ROOM(s, coefficient, first + s->order + 1))
        return 0;
    slope__series_row *r = &s->row[s->rows];
    *r = (slope__series_row){.first = first, .n = (uint32_t)n, .code = (uint16_t)code};
    r->x = slope__new(n, sizeof *r->x);
    if (!r->x)
        return fail(s);
    if (n > 0)
        memcpy(r->x, x, n * sizeof *x);
    s->coefficient[first] = cell;
    for (size_t k = 1; k <= s->order; k++)
        s->coefficient[first + k] = SLOPE__NONE;
    if (code == slope__code_var || code == slope__code_const || code == slope__code_loop)
        r->known = (uint16_t)s->order; /* 0, or what slope__series_set says */
    s->row_of[cell] = (uint32_t)++s->rows;
    return 1;
}

/* The row of a cell, SIZE_MAX on failure. */
static size_t row_of(slope__series *s, slope__cell cell)
{
    if (slope__builder_status(s->b) != SLOPE_OK)
        return SIZE_MAX;
    if (cell >= s->known) {
        const size_t cells = slope__built_cells(s->b);
        if (!ROOM(s, row_of, cells))
            return SIZE_MAX;
        memset(s->row_of + s->known, 0, (cells - s->known) * sizeof *s->row_of);
        s->known = cells;
    }
    if (!s->row_of[cell] && !start_row(s, cell))
        return SIZE_MAX;
    return s->row_of[cell] - (size_t)1;
}

void slope__series_set(slope__series *s, slope__cell cell, unsigned k, slope__cell value)
{
    const size_t r = row_of(s, cell);
    if (r != SIZE_MAX)
        s->coefficient[s->row[r].first + k] = value;
}

/* ------------------------------------------------------------------------------------------------------------ sums */

static void series_add(slope__series *s, slope__cell term)
{
    if (term != SLOPE__NONE && ROOM(s, term, s->terms + 1))
        s->term[s->terms++] = term;
}

/* Takes the terms above `base` off and gives their sum. */
static slope__cell total(slope__series *s, size_t base)
{
    const size_t n = s->terms - base;
    s->terms = base;
    return slope__builder_status(s->b) == SLOPE_OK ? slope__sum(s->b, n, s->term + base) : SLOPE__NONE;
}

static slope__cell times(slope__series *s, double factor, slope__cell x)
{
    slope__ref r = {NULL, {0}};
    r.number = factor;
    return slope__chain(s->b, x, r);
}

static slope__cell series_product(slope__series *s, slope__cell x, slope__cell y)
{
    return y == SLOPE__NONE ? y : slope__chain(s->b, x, (slope__ref){s->b, {y}});
}

static slope__cell over(slope__series *s, slope__cell x, slope__cell y)
{
    if (x == SLOPE__NONE)
        return x;
    return series_product(s, x, slope__build2(s->b, slope__code_div, slope__build_number(s->b, 1.0), y));
}

/* -------------------------------------------------------------------------------------------- the plain recurrences */

/* The terms of coefficient k of x * y. */
static void add_products(slope__series *s, slope__cell x, slope__cell y, unsigned k)
{
    if (x == y) {
        for (unsigned j = 0; 2 * j < k; j++)
            series_add(s, times(s, 2.0, series_product(s, slope__series_at(s, x, k - j), slope__series_at(s, x, j))));
        if (k % 2 == 0)
            series_add(s, series_product(s, slope__series_at(s, x, k / 2), slope__series_at(s, x, k / 2)));
        return;
    }
    for (unsigned j = 0; j <= k; j++)
        series_add(s, series_product(s, slope__series_at(s, x, k - j), slope__series_at(s, y, j)));
}

/* x = y v */
static slope__cell quotient(slope__series *s, slope__cell v, slope__cell x, slope__cell y, unsigned k)
{
    const size_t base = s->terms;
    series_add(s, slope__series_at(s, x, k));
    for (unsigned j = 1; j <= k; j++)
        series_add(s, times(s, -1.0, series_product(s, slope__series_at(s, y, j), slope__series_at(s, v, k - j))));
    return over(s, total(s, base), y);
}

/* x v' = p x' v; for p below 0, where it holds wherever there is a slope. */
static slope__cell power(slope__series *s, slope__cell v, slope__cell x, double p, unsigned k)
{
    const size_t base = s->terms;
    for (unsigned j = 1; j <= k; j++) {
        const slope__cell term = series_product(s, slope__series_at(s, x, j), slope__series_at(s, v, k - j));
        series_add(s, times(s, (p * j - (k - j)) / k, term));
    }
    return over(s, total(s, base), x);
}

static slope__cell choice(slope__series *s, const slope__cell x[], unsigned k)
{
    slope__cell yes = slope__series_at(s, x[1], k), no = slope__series_at(s, x[2], k);
    if (yes == SLOPE__NONE && no == SLOPE__NONE)
        return SLOPE__NONE;
    if (yes == SLOPE__NONE)
        yes = slope__build_number(s->b, 0.0);
    if (no == SLOPE__NONE)
        no = slope__build_number(s->b, 0.0);
    return slope__build3(s->b, slope__code_select, x[0], yes, no);
}

/* --------------------------------------------------------------------------------------------------- any operation */

/* The partial along operand i, built when that first moves at or below order k; a plain 0 before. */
static slope__ref partial_of(slope__series *s, size_t row, slope__cell v, uint32_t i, unsigned k)
{
    if (!s->row[row].partial[i].built && slope__series_at(s, s->row[row].x[i], k) != SLOPE__NONE) {
        const slope__series_row *r = &s->row[row]; /* not before: rows move when others are added */
        r->partial[i].ref = slope__build_partial(s->b, r->code, r->n, r->x, v, i);
        r->partial[i].built = 1;
    }
    return s->row[row].partial[i].ref;
}

/* The terms that operand i with its partial p gives to coefficient k: those to be divided by k on top of `scaled`, and
   the one that is not, which is returned. */
static slope__cell chain(slope__series *s, slope__cell x, slope__ref p, unsigned k)
{
    const slope__cell last = slope__series_at(s, x, k);
    if (!p.b)
        return times(s, p.number, last);
    for (unsigned j = 1; j < k; j++) {
        const slope__cell moved = slope__series_at(s, x, j);
        if (moved != SLOPE__NONE)
            series_add(s, series_product(s, times(s, j, moved), slope__series_at(s, p.cell, k - j)));
    }
    return series_product(s, last, p.cell);
}

static slope__cell by_partials(slope__series *s, size_t row, slope__cell v, unsigned k)
{
    const uint32_t n = s->row[row].n;
    if (!s->row[row].partial)
        s->row[row].partial = slope__new(n, sizeof *s->row[row].partial);
    if (!s->row[row].partial)
        return fail(s), SLOPE__NONE;
    slope__cell few[3], *whole = n > 3 ? slope__new(n, sizeof *whole) : few;
    if (!whole)
        return fail(s), SLOPE__NONE;
    const size_t base = s->terms;
    for (uint32_t i = 0; i < n; i++) {
        const slope__ref p = partial_of(s, row, v, i, k);
        whole[i] = chain(s, s->row[row].x[i], p, k);
    }
    slope__cell divided = total(s, base);
    if (divided != SLOPE__NONE)
        divided = slope__build2(s->b, slope__code_div, divided, slope__build_number(s->b, k));
    for (uint32_t i = 0; i < n; i++)
        series_add(s, whole[i]);
    series_add(s, divided);
    if (whole != few)
        free(whole);
    return total(s, base);
}

static int negative_number(const slope__series *s, slope__cell x, double *p)
{
    return slope__built_number(s->b, x, p) && *p < 0;
}

static slope__cell next(slope__series *s, size_t row, unsigned k)
{
    const slope__series_row r = s->row[row]; /* a copy: rows move; what they own does not */
    const slope__cell v = s->coefficient[r.first];
    const size_t base = s->terms;
    double p;
    switch (r.code) {
    case slope__code_mul:
    case slope__code_zmul: add_products(s, r.x[0], r.x[1], k); return total(s, base);
    case slope__code_square: add_products(s, r.x[0], r.x[0], k); return total(s, base);
    case slope__code_fma:
        add_products(s, r.x[0], r.x[1], k);
        series_add(s, slope__series_at(s, r.x[2], k));
        return total(s, base);
    case slope__code_dot:
        for (size_t i = 0; i < r.n / 2; i++)
            add_products(s, r.x[i], r.x[r.n / 2 + i], k);
        return total(s, base);
    case slope__code_div: return quotient(s, v, r.x[0], r.x[1], k);
    case slope__code_select: return choice(s, r.x, k);
    case slope__code_sub: return r.x[0] == r.x[1] ? SLOPE__NONE : by_partials(s, row, v, k);
    case slope__code_pow:
    case slope__code_powi:
        if (negative_number(s, r.x[1], &p))
            return power(s, v, r.x[0], p, k);
        return by_partials(s, row, v, k);
    default: return by_partials(s, row, v, k);
    }
}

slope__cell slope__series_at(slope__series *s, slope__cell cell, unsigned k)
{
    double number;
    if (k == 0 || cell == SLOPE__NONE)
        return cell;
    const size_t row = row_of(s, cell);
    if (row == SIZE_MAX)
        return SLOPE__NONE;
    while (s->row[row].known < k && slope__builder_status(s->b) == SLOPE_OK) {
        const unsigned now = s->row[row].known + 1u;
        const slope__cell c = next(s, row, now);
        if (c != SLOPE__NONE && slope__built_number(s->b, c, &number) && number == 0)
            s->coefficient[s->row[row].first + now] = SLOPE__NONE;
        else
            s->coefficient[s->row[row].first + now] = c;
        s->row[row].known = (uint16_t)now;
    }
    return slope__builder_status(s->b) == SLOPE_OK ? s->coefficient[s->row[row].first + k] : SLOPE__NONE;
}
