/* SPDX-License-Identifier: MIT */
/*
 * The reverse sweep: the function is replayed, then for v = op(a, b) with adjoint g, a gets the term g * dv/da and b
 * the term g * dv/db, from the last instruction to the first.  Only where a cell depends on wanted inputs and a seeded
 * output on it.  Terms are listed and added when their cell is reached, in the order of the sweep of a tape.
 */
#include <stdlib.h>
#include <string.h>

#include "derive/derive.h"

static void pull_starves(slope__pull *p)
{
    slope__builder_fail(p->b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
}

/* -------------------------------------------------------------------------------------------------- what matters */

static void find_varying(slope__pull *p, const unsigned char wrt[])
{
    const slope_function *f = p->f;
    for (size_t g = 0; g < f->inputs; g++) {
        if (wrt[g])
            memset(p->flag + f->input[g].first, SLOPE__VARIES, f->input[g].length);
    }
    for (size_t k = 0; k < f->instructions && slope__builder_status(p->b) == SLOPE_OK; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code == slope__code_loop) {
            slope__pull_plan_vary(p, i);
            continue;
        }
        const slope__cell *id = f->operand + i->operand;
        unsigned char varies = 0;
        for (size_t o = 0; o < i->count && !varies; o++)
            varies = p->flag[id[o]] && slope__has_slope(i->code, o);
        p->flag[i->result] = varies;
    }
}

static void find_counting(slope__pull *p, const unsigned char seeded[])
{
    const slope_function *f = p->f;
    for (size_t o = 0; o < f->outputs; o++) {
        for (size_t k = 0; k < f->output[o].length && seeded[o]; k++)
            p->flag[f->result[f->output[o].first + k]] |= SLOPE__COUNTS;
    }
    for (size_t k = f->instructions; k-- > 0 && slope__builder_status(p->b) == SLOPE_OK;) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code == slope__code_loop) {
            slope__pull_plan_need(p, i);
            continue;
        }
        const slope__cell *id = f->operand + i->operand;
        for (size_t o = 0; o < i->count && p->flag[i->result] == SLOPE__MATTERS; o++)
            p->flag[id[o]] |= slope__has_slope(i->code, o) ? SLOPE__COUNTS : 0;
    }
}

static int take_tables(slope__pull *p)
{
    const size_t cells = p->f->cells;
    p->map = slope__new(cells, sizeof *p->map);
    p->adjoint = slope__new(cells, sizeof *p->adjoint);
    p->flag = slope__new(cells, sizeof *p->flag);
    p->head = slope__new(cells, sizeof *p->head);
    p->plan = slope__new(p->f->loops, sizeof *p->plan);
    if (p->f->loops > 0) {
        p->rank = slope__new(cells, sizeof *p->rank);
        if (p->rank)
            memset(p->rank, 0xFF, cells * sizeof *p->rank); /* SLOPE__NONE */
    }
    if (p->map && p->adjoint && p->flag && p->head && p->plan && (p->rank || p->f->loops == 0))
        return 1;
    pull_starves(p);
    return 0;
}

int slope__pull_begin(slope__pull *p, slope__builder *b, const slope_function *f, slope__cell data,
                      const unsigned char wrt[], const unsigned char seeded[])
{
    *p = (slope__pull){.b = b, .f = f, .allocator = slope_allocator_default()};
    if (slope__builder_status(b) != SLOPE_OK || !take_tables(p))
        return 0;
    size_t own = 0; /* cells of inputs that are no data */
    for (size_t g = 0; g < f->inputs; g++)
        own += f->input[g].length;
    for (size_t c = 0; c < f->input_cells; c++)
        p->map[c] = c < own ? (slope__cell)c : data + (slope__cell)(c - own);
    if (f->opaque) {
        memset(p->flag, SLOPE__MATTERS, f->cells);
        for (size_t g = 0; g < f->inputs; g++)
            memset(p->flag + f->input[g].first, wrt[g] ? SLOPE__MATTERS : 0, f->input[g].length);
    } else {
        find_varying(p, wrt);
        find_counting(p, seeded);
    }
    if (slope__builder_status(b) == SLOPE_OK && !slope__kinks_find(p))
        pull_starves(p);
    slope__builder_expect(b, 3 * f->instructions);
    slope__build_numbers(b, f, p->map);
    p->zero = slope__build_number(b, 0.0);
    if (f->opaque)
        slope__build_text(b, f, p->map);
    for (size_t k = 0; k < f->instructions && slope__builder_status(b) == SLOPE_OK; k++)
        slope__plan_replay(p, k);
    slope__build_guards(b, f, p->map);
    slope__pull_clear(p);
    return slope__builder_status(b) == SLOPE_OK;
}

void slope__pull_clear(slope__pull *p)
{
    memset(p->head, 0, p->f->cells * sizeof *p->head);
    memset(p->adjoint, 0xFF, p->f->cells * sizeof *p->adjoint); /* SLOPE__NONE */
    p->terms = 0;
    slope__kinks_clear(p);
}

void slope__pull_end(slope__pull *p)
{
    for (size_t l = 0; p->plan && l < p->f->loops; l++)
        slope__pull_plan_free(&p->plan[l]);
    free(p->map);
    free(p->adjoint);
    free(p->flag);
    free(p->head);
    free(p->rank);
    free(p->plan);
    free(p->roots);
    free(p->probe);
    slope__block_free(&p->allocator, &p->block);
    slope__block_free(&p->allocator, &p->scratch);
}

/* ------------------------------------------------------------------------------------------------------- the sweep */

void slope__pull_seed(slope__pull *p, size_t o, size_t j, slope__cell cell)
{
    const slope__group *group = &p->f->output[o];
    if (slope__is_zero(p->b, cell))
        return;
    slope__term_add(p, p->f->result[group->first + j], cell, group->length >= SLOPE__ARRAY);
    slope__kinks_seed(p, p->f->result[group->first + j], cell);
}

/* Only the branch that is taken; the other one gets a strong 0. */
static void pull_select(slope__pull *p, const slope__instruction *i, slope__cell adjoint)
{
    const slope__cell *id = p->f->operand + i->operand;
    const slope__cell condition = p->map[id[0]];
    for (size_t k = 1; k < 3; k++) {
        if (!(p->flag[id[k]] & SLOPE__VARIES))
            continue;
        slope__term_add(
            p, id[k],
            slope__build3(p->b, slope__code_select, condition, k == 1 ? adjoint : p->zero, k == 1 ? p->zero : adjoint),
            0);
        slope__kinks_select(p, i, k, adjoint);
    }
}

/* The sum of both partials: where an operand is given twice they must cancel before they meet an infinite adjoint. */
static slope__ref both_partials(slope__pull *p, slope__ref first, slope__ref second)
{
    if (!first.b && !second.b) {
        first.number += second.number;
        return first;
    }
    const slope__cell sum =
        slope__build2(p->b, slope__code_add, slope__ref_cell(p->b, first), slope__ref_cell(p->b, second));
    return (slope__ref){p->b, {sum}};
}

/* x: room for its operands. */
static void pull_operation(slope__pull *p, const slope__instruction *i, slope__cell adjoint, slope__cell x[])
{
    const slope__cell *id = p->f->operand + i->operand;
    if (i->code == slope__code_select) {
        pull_select(p, i, adjoint);
        return;
    }
    if (slope__pull_leap(p, i, adjoint))
        return;
    for (size_t k = 0; k < i->count; k++)
        x[k] = p->map[id[k]];
    const int twice = i->count == 2 && id[0] == id[1];
    for (size_t k = 0; k < (twice ? 1u : i->count); k++) {
        if (!(p->flag[id[k]] & SLOPE__VARIES) || !slope__has_slope(i->code, k))
            continue;
        slope__ref partial = slope__build_partial(p->b, i->code, i->count, x, p->map[i->result], k);
        if (twice)
            partial = both_partials(p, partial, slope__build_partial(p->b, i->code, 2, x, p->map[i->result], 1));
        slope__pull_operand(p, i, x, k, partial, adjoint, twice);
    }
}

static void pull_scalar(slope__pull *p, const slope__instruction *i)
{
    if ((p->flag[i->result] & SLOPE__MATTERS) != SLOPE__MATTERS)
        return;
    const slope__cell adjoint = slope__term_total(p, i->result);
    if (slope__is_zero(p->b, adjoint))
        return;
    slope__cell few[8] = {0}, *x = i->count > 8 ? slope__new(i->count, sizeof *x) : few;
    if (x)
        pull_operation(p, i, adjoint, x);
    else
        pull_starves(p);
    if (x != few)
        free(x);
}

void slope__pull_run(slope__pull *p)
{
    const slope_function *f = p->f;
    if (f->opaque) {
        slope__pull_opaque(p);
        return;
    }
    for (size_t k = f->instructions; k-- > 0 && slope__builder_status(p->b) == SLOPE_OK;) {
        if (f->instruction[k].code == slope__code_loop)
            slope__pull_loop(p, &f->instruction[k]);
        else
            pull_scalar(p, &f->instruction[k]);
    }
    for (size_t g = 0; g < f->inputs && slope__builder_status(p->b) == SLOPE_OK; g++)
        (void)slope__term_totals(p, (slope__cell)f->input[g].first, f->input[g].length);
}
