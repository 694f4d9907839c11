/* SPDX-License-Identifier: MIT */
/*
 * All derivatives of all outputs by all wanted inputs: forward sweeps along columns or reverse sweeps along rows,
 * whichever are fewer.  Small functions are swept again and again into the same builder, which shares what is equal;
 * others become one map over the directions, which are read from a table 0 ... 0 1 0 ... 0: item i reads it from one
 * place further down.
 */
#include <stdlib.h>
#include <string.h>

#include "derive/derive.h"

/* Sweeps are written out where they have fewer instructions than these together. */
enum { WRITTEN_OUT = 1 << 14 };

typedef struct matrix {
    slope__builder *b;
    const slope_function *g;
    slope__cell data;
    size_t n;
    const size_t *wrt;
    int symmetric;
    size_t rows, columns;
    slope__cell *cell;
} matrix;

static void matrix_starves(const matrix *m)
{
    slope__builder_fail(m->b, SLOPE_ERR_MEMORY, "there is not enough memory for a matrix of %zu by %zu", m->rows,
                        m->columns);
}

/* ------------------------------------------------------------------------------------------------------ written out */

/* Column by column: the tangents of all outputs. */
static void push_columns(matrix *m)
{
    slope__push p;
    if (slope__push_begin(&p, m->b, m->g, m->data)) {
        const slope__cell one = slope__build_number(m->b, 1.0);
        size_t column = 0;
        for (size_t k = 0; k < m->n; k++) {
            const slope__group *x = &m->g->input[m->wrt[k]];
            for (size_t j = 0; j < x->length && slope__builder_status(m->b) == SLOPE_OK; j++, column++) {
                slope__push_clear(&p);
                p.dot[x->first + j] = one;
                slope__push_run(&p);
                for (size_t i = 0; i < m->rows; i++) {
                    const slope__cell c = p.dot[m->g->result[i]];
                    m->cell[i * m->columns + column] = c == SLOPE__NONE ? p.zero : c;
                }
            }
        }
    }
    slope__push_end(&p);
}

/* The adjoints of all wanted inputs as row i. */
static void take_row(matrix *m, const slope__pull *p, size_t i)
{
    size_t column = 0;
    for (size_t k = 0; k < m->n; k++) {
        const slope__group *x = &m->g->input[m->wrt[k]];
        for (size_t j = 0; j < x->length; j++, column++) {
            const slope__cell c = p->adjoint[x->first + j];
            m->cell[i * m->columns + column] = c == SLOPE__NONE ? p->zero : c;
        }
    }
}

static void pull_rows(matrix *m)
{
    slope__pull p = {0};
    unsigned char *wrt = slope__new(m->g->inputs, 1), *seeded = slope__new(m->g->outputs, 1);
    if (!wrt || !seeded) {
        matrix_starves(m);
        free(wrt);
        free(seeded);
        return;
    }
    for (size_t k = 0; k < m->n; k++)
        wrt[m->wrt[k]] = 1;
    memset(seeded, 1, m->g->outputs);
    if (slope__pull_begin(&p, m->b, m->g, m->data, wrt, seeded)) {
        const slope__cell one = slope__build_number(m->b, 1.0);
        size_t row = 0;
        for (size_t o = 0; o < m->g->outputs; o++) {
            for (size_t i = 0; i < m->g->output[o].length && slope__builder_status(m->b) == SLOPE_OK; i++) {
                slope__pull_clear(&p);
                slope__pull_seed(&p, o, i, one);
                slope__pull_run(&p);
                take_row(m, &p, row++);
            }
        }
    }
    slope__pull_end(&p);
    free(wrt);
    free(seeded);
}

/* --------------------------------------------------------------------------------------------------------- as a map */

/* A table of 2 n - 1 zeros but for the middle; its first cell. */
static slope__cell build_unit(matrix *m, size_t n)
{
    double *x = slope__new(2 * n - 1, sizeof *x);
    if (!x) {
        matrix_starves(m);
        return SLOPE__NONE;
    }
    x[n - 1] = 1.0;
    const slope__cell first = slope__build_table(m->b, 2 * n - 1, x);
    free(x);
    return first;
}

/* Binds what every item has in common: the inputs and data of g. */
static void share_inputs(const matrix *m, slope__loop_frame *frame)
{
    const slope_function *d = frame->loop.body;
    for (size_t k = 0; k < m->g->inputs; k++) {
        const slope__view whole = {(int64_t)m->g->input[k].first, 0, 1, NULL};
        slope__loop_frame_read(frame, k, &whole, NULL, 0);
    }
    int64_t data = m->data;
    for (size_t k = 0; k < d->data; k++) {
        const slope__view whole = {data, 0, 1, NULL};
        slope__loop_frame_read(frame, d->inputs + k, &whole, NULL, 0);
        data += (int64_t)d->input[d->inputs + k].length;
    }
}

/* The map of d, the jvp or vjp of g, over n unit directions; the outputs of all items are in rows of the map. */
static void map_directions(matrix *m, const slope_function *d, size_t n, int by_rows)
{
    slope__loop_frame frame;
    const slope__cell unit = build_unit(m, n);
    if (unit == SLOPE__NONE || !slope__loop_frame_begin(&frame, m->b, d, n))
        return;
    share_inputs(m, &frame);
    int64_t at = unit + (int64_t)(n - 1); /* item i reads its direction from here - i */
    for (size_t k = m->g->inputs; k < d->inputs; k++) {
        const slope__view direction = {at, -1, 1, NULL};
        slope__loop_frame_read(&frame, k, &direction, NULL, 0);
        at += (int64_t)d->input[k].length;
    }
    for (size_t o = 0; o < d->outputs; o++)
        frame.loop.target[o].kind = SLOPE__EACH;
    const slope__cell first = slope__loop_frame_build(&frame);
    for (size_t o = 0, across = 0; o < d->outputs && first != SLOPE__NONE; across += d->output[o++].length) {
        const size_t length = d->output[o].length;
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < length; j++) {
                const slope__cell c = first + frame.loop.target[o].base + (slope__cell)(i * length + j);
                m->cell[by_rows ? i * m->columns + across + j : (across + j) * m->columns + i] = c;
            }
        }
    }
    slope__loop_frame_end(&frame);
}

static void map_all(matrix *m, int by_rows)
{
    slope_error error = {0};
    slope_function *d = by_rows ? slope_vjp(m->g, m->n, m->wrt, &error) : slope_jvp(m->g, m->n, m->wrt, &error);
    if (d)
        map_directions(m, d, by_rows ? m->rows : m->columns, by_rows);
    else
        slope__builder_fail(m->b, error.status, "%s", error.message);
    slope_function_destroy(d);
}

void slope__matrix(slope__builder *b, const slope_function *g, slope__cell data, size_t n, const size_t wrt[],
                   int symmetric, slope__cell cell[])
{
    matrix m = {b, g, data, n, wrt, symmetric, g->results, slope__wanted(g, n, wrt), cell};
    /* a slope is that of the gradient, which knows more of infinite ones than the forward sweep (kink.c) */
    const int by_rows = m.rows < m.columns || (m.rows == 1 && !symmetric);
    const size_t sweeps = by_rows ? m.rows : m.columns;
    if (sweeps == 0 || slope__builder_status(b) != SLOPE_OK)
        return;
    const int written_out = sweeps == 1 || (g->loops == 0 && g->instructions < WRITTEN_OUT / sweeps);
    if (!written_out)
        map_all(&m, by_rows);
    else if (by_rows)
        pull_rows(&m);
    else
        push_columns(&m);
    for (size_t i = 0; i < m.rows && symmetric && written_out; i++) { /* the upper half from the lower one */
        for (size_t j = i + 1; j < m.columns; j++)
            cell[i * m.columns + j] = cell[j * m.columns + i];
    }
}
