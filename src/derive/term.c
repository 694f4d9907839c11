/* SPDX-License-Identifier: MIT */
/*
 * The terms of adjoints, listed per cell, and their sums.  Single cells are summed up by one instruction each; where
 * terms came in arrays, all cells with as many terms are summed up by one loop, so that arrays stay arrays.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "derive/derive.h"

enum { WIDEST_SUM = 256 }; /* more terms than these are summed up cell by cell */

static void term_starves(slope__pull *p)
{
    slope__builder_fail(p->b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
}

void slope__term_add(slope__pull *p, slope__cell of, slope__cell cell, int in_array)
{
    if (cell == SLOPE__NONE || (p->flag[of] & SLOPE__MATTERS) != SLOPE__MATTERS)
        return;
    if (p->terms >= UINT32_MAX - 1 ||
        slope__block_reserve(&p->allocator, &p->block, p->terms + 1, sizeof *p->term) != SLOPE_OK) {
        term_starves(p);
        return;
    }
    p->term = p->block.data;
    p->term[p->terms++] = (slope__pull_term){p->head[of], cell};
    p->head[of] = (uint32_t)p->terms;
    if (in_array)
        p->flag[of] |= SLOPE__IN_ARRAY;
}

static size_t count_terms(const slope__pull *p, slope__cell of)
{
    size_t n = 0;
    for (uint32_t t = p->head[of]; t; t = p->term[t - 1].next)
        n++;
    return n;
}

/* In the order in which they came. */
static void list_terms(const slope__pull *p, slope__cell of, size_t n, slope__cell x[])
{
    for (uint32_t t = p->head[of]; t; t = p->term[t - 1].next)
        x[--n] = p->term[t - 1].cell;
}

slope__cell slope__term_total(slope__pull *p, slope__cell of)
{
    const uint32_t head = p->head[of];
    if (!head)
        return SLOPE__NONE;
    if (!p->term[head - 1].next)
        return p->term[head - 1].cell;
    const size_t n = count_terms(p, of);
    if (slope__block_reserve(&p->allocator, &p->scratch, n, sizeof(slope__cell)) != SLOPE_OK) {
        term_starves(p);
        return SLOPE__NONE;
    }
    list_terms(p, of, n, p->scratch.data);
    return slope__sum(p->b, n, p->scratch.data);
}

/* ---------------------------------------------------------------------------------------------------------- arrays */

/* The sum of m numbers as a function. */
static slope_function *make_sum(size_t m, slope_error *error)
{
    slope__builder *b = slope__builder_create(0);
    slope__cell x[WIDEST_SUM];
    char name[24];
    if (b) {
        for (size_t k = 0; k < m; k++) {
            (void)snprintf(name, sizeof name, "x%zu", k + 1);
            x[k] = slope__build_input(b, name, 1);
        }
        slope__build_output(b, "sum", 1, NULL, slope__sum(b, m, x));
    }
    return slope__builder_finish(b, error);
}

/* One loop for `count` cells with m terms each; x: room for m * count cells. */
static void sum_in_loop(slope__pull *p, size_t m, size_t count, const slope__cell cell[], slope__cell x[])
{
    slope_error error = {0};
    slope_function *body = make_sum(m, &error);
    slope__loop_frame frame;
    if (!body) {
        slope__builder_fail(p->b, error.status, "%s", error.message);
        return;
    }
    for (size_t i = 0; i < count; i++)
        list_terms(p, cell[i], m, x + i * m);
    if (slope__loop_frame_begin(&frame, p->b, body, count)) {
        for (size_t k = 0; k < m; k++) {
            const slope__view dense = {(int64_t)k, (int64_t)m, 1, NULL};
            slope__loop_frame_read(&frame, k, &dense, x, 0);
        }
        frame.loop.target[0].kind = SLOPE__EACH;
        const slope__cell first = slope__loop_frame_build(&frame);
        for (size_t i = 0; i < count && first != SLOPE__NONE; i++)
            p->adjoint[cell[i]] = first + (slope__cell)i;
        slope__loop_frame_end(&frame);
    }
    slope_function_destroy(body);
}

/* How many terms are to be summed up in a loop; 0: none. */
static size_t terms_for_loop(const slope__pull *p, slope__cell of)
{
    if (!(p->flag[of] & SLOPE__IN_ARRAY))
        return 0;
    const size_t m = count_terms(p, of);
    return m >= 2 && m <= WIDEST_SUM ? m : 0;
}

/* Those cells that have been left out, as many terms as are together. */
static void sum_arrays(slope__pull *p, slope__cell first, size_t count, const size_t by_terms[])
{
    for (size_t m = 2; m <= WIDEST_SUM; m++) {
        if (by_terms[m] == 0)
            continue;
        slope__cell *cell = slope__new(by_terms[m], sizeof *cell);
        slope__cell *x = by_terms[m] >= SLOPE__ARRAY ? slope__new(by_terms[m], m * sizeof *x) : NULL;
        if (!cell || (!x && by_terms[m] >= SLOPE__ARRAY)) {
            term_starves(p);
        } else {
            size_t n = 0;
            for (size_t k = 0; k < count; k++) {
                if (terms_for_loop(p, first + (slope__cell)k) == m)
                    cell[n++] = first + (slope__cell)k;
            }
            if (x)
                sum_in_loop(p, m, n, cell, x);
            for (size_t k = 0; k < n && !x; k++)
                p->adjoint[cell[k]] = slope__term_total(p, cell[k]);
        }
        free(cell);
        free(x);
    }
}

size_t slope__term_totals(slope__pull *p, slope__cell first, size_t count)
{
    size_t by_terms[WIDEST_SUM + 1] = {0}, found = 0, later = 0;
    for (size_t k = 0; k < count; k++) {
        const slope__cell c = first + (slope__cell)k;
        const size_t m = terms_for_loop(p, c);
        by_terms[m]++;
        later += m > 0;
        found += p->head[c] != 0;
        if (m == 0)
            p->adjoint[c] = slope__term_total(p, c);
    }
    if (later > 0)
        sum_arrays(p, first, count, by_terms);
    return found;
}
