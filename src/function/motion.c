/* SPDX-License-Identifier: MIT */
/*
 * How a function's numbers move with its inputs, and which of its comparisons are decided at a tie: the plain
 * interpreter once more, with the two numbers of a motion (ops/motion.h) behind each value.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <slope/eval.h>

#include "base/number.h"
#include "function/opaque.h"

enum { MOVED_VALUE, MOVED_ALONG, MOVED_SCALE, MOVED_COLUMNS };

/* One number of each kind for every cell. */
typedef struct columns {
    double *of[MOVED_COLUMNS];
} columns;

/* What is asked for, and what was found so far. */
typedef struct tie_search {
    size_t wanted;
    slope_tie *tie;
} tie_search;

static int make_columns(columns *c, size_t n)
{
    *c = (columns){{slope__new(n, sizeof(double)), slope__new(n, sizeof(double)), slope__new(n, sizeof(double))}};
    return c->of[MOVED_VALUE] && c->of[MOVED_ALONG] && c->of[MOVED_SCALE];
}

static void free_columns(columns *c)
{
    for (int k = 0; k < MOVED_COLUMNS; k++)
        free(c->of[k]);
}

static slope__motion motion_at(const columns *c, slope__cell i)
{
    return (slope__motion){c->of[MOVED_ALONG][i], c->of[MOVED_SCALE][i]};
}

static void put_motion(columns *c, slope__cell i, slope__motion m)
{
    c->of[MOVED_ALONG][i] = m.along;
    c->of[MOVED_SCALE][i] = m.scale;
}

/* A tie of what decides by cell c: "lt(1, 1)", or the number that is compared with 0. */
static void found(tie_search *s, const slope_function *f, slope__cell c, unsigned code, const double x[])
{
    char what[128], place[120] = "a comparison", number[2][SLOPE__NUMBER_SIZE];
    if (s->tie->ties++ != s->wanted)
        return;
    (void)slope__number(number[0], x[0]);
    if (slope__is_comparison(code)) {
        (void)slope__number(number[1], x[1]);
        (void)snprintf(what, sizeof what, "%s(%s, %s)", slope_op_describe((slope_op)code)->name, number[0], number[1]);
    } else {
        (void)snprintf(what, sizeof what, "the condition %s", number[0]);
    }
    for (size_t k = 0; k < f->guards; k++) {
        if (f->guard[k].condition != c)
            continue;
        s->tie->file = f->guard[k].file;
        s->tie->line = f->guard[k].line;
        if (f->guard[k].file)
            (void)snprintf(place, sizeof place, "guard %zu (%.80s:%d)", k, f->guard[k].file, f->guard[k].line);
        else
            (void)snprintf(place, sizeof place, "guard %zu", k);
        break;
    }
    (void)snprintf(s->tie->message, sizeof s->tie->message, SLOPE__TIE_SENTENCE, what, place);
}

static slope_status move_cells(const slope_function *f, columns *cell, tie_search *s);

static slope_status move_loop(const slope__loop *loop, const columns *cell, slope__cell first, tie_search *s)
{
    const slope_function *body = loop->body;
    columns inner, out;
    const int made = (int)make_columns(&inner, body->cells) & (int)make_columns(&out, body->results);
    slope_status status = made ? SLOPE_OK : SLOPE_ERR_MEMORY;
    for (int c = 0; c < MOVED_COLUMNS && made; c++)
        slope__loop_start(loop, cell->of[c], cell->of[c] + first);
    for (size_t i = 0; status == SLOPE_OK && i < loop->n; i++) {
        for (int c = 0; c < MOVED_COLUMNS; c++)
            slope__loop_gather(loop, i, cell->of[c], out.of[c], inner.of[c]);
        status = move_cells(body, &inner, s);
        for (int c = 0; c < MOVED_COLUMNS && status == SLOPE_OK; c++) {
            for (size_t k = 0; k < body->results; k++)
                out.of[c][k] = inner.of[c][body->result[k]];
            slope__loop_scatter(loop, i, out.of[c], cell->of[c] + first);
        }
    }
    free_columns(&inner);
    free_columns(&out);
    return status;
}

/* One operation; `room` is for its operands, their partials, and as many numbers again. */
static void move_operation(const slope_function *f, const slope__instruction *i, columns *cell, double room[],
                           slope__motion in[], tie_search *s)
{
    double *x = room, *partial = room + i->count;
    for (size_t o = 0; o < i->count; o++) {
        const slope__cell c = f->operand[i->operand + o];
        x[o] = cell->of[MOVED_VALUE][c];
        in[o] = motion_at(cell, c);
    }
    if (slope__is_comparison(i->code) && slope__is_tie(x[0], in[0], x[1], in[1]))
        found(s, f, i->result, i->code, x);
    const double v = slope__value(i->code, i->count, x);
    slope__partials(i->code, i->count, x, v, partial);
    cell->of[MOVED_VALUE][i->result] = v;
    put_motion(cell, i->result, slope__motion_of(i->code, i->count, x, v, partial, in, partial + i->count));
}

/* Guards by a number that is no comparison decide whether it is 0. */
static void check_conditions(const slope_function *f, const columns *cell, tie_search *s)
{
    for (size_t k = 0; k < f->guards; k++) {
        const slope__cell c = f->guard[k].condition;
        const slope__instruction *made = slope__made_by(f, c);
        const unsigned code = made ? made->code : (unsigned)slope__code_none;
        if (!slope__is_comparison(code) &&
            slope__is_tie(cell->of[MOVED_VALUE][c], motion_at(cell, c), 0.0, (slope__motion){0.0, 0.0}))
            found(s, f, c, slope__code_none, &cell->of[MOVED_VALUE][c]);
    }
}

/* The groups of inputs among numbers of all cells. */
static void point_at_inputs(const slope_function *f, const double cell[], const double *x[])
{
    for (size_t g = 0; g < f->inputs; g++)
        x[g] = cell + f->input[g].first;
}

/* How an opaque function moves, by its own derivative; not known where it has none. */
static slope_status move_opaque_so(const slope_function *f, const columns *cell, int with, const double *x[],
                                   double *y[], double to[])
{
    slope_error error = {0};
    const slope_function *d = slope__opaque_push(f, NULL, &error);
    for (size_t k = 0; !d && k < f->results; k++)
        to[k] = (double)NAN;
    if (!d)
        return error.status == SLOPE_ERR_UNSUPPORTED ? SLOPE_OK : error.status;
    point_at_inputs(f, cell->of[with], x + f->inputs);
    for (size_t g = 0; g < f->outputs; g++)
        y[g] = to + f->output[g].first;
    return slope__interpret(d, x, y, NULL);
}

static slope_status move_opaque(const slope_function *f, columns *cell)
{
    const double **x = slope__new(2 * f->inputs, sizeof *x);
    double **y = slope__new(f->outputs, sizeof *y), *along = cell->of[MOVED_ALONG] + f->input_cells,
           *scale = cell->of[MOVED_SCALE] + f->input_cells;
    slope_status status = x && y ? SLOPE_OK : SLOPE_ERR_MEMORY;
    if (status == SLOPE_OK) {
        point_at_inputs(f, cell->of[MOVED_VALUE], x);
        for (size_t g = 0; g < f->outputs; g++)
            y[g] = cell->of[MOVED_VALUE] + f->input_cells + f->output[g].first;
        status = slope__opaque_eval(f, x, y);
    }
    if (status == SLOPE_OK)
        status = move_opaque_so(f, cell, MOVED_ALONG, x, y, along);
    if (status == SLOPE_OK)
        status = move_opaque_so(f, cell, MOVED_SCALE, x, y, scale);
    for (size_t k = 0; status == SLOPE_OK && k < f->results; k++)
        scale[k] = fmax(fabs(scale[k]), fabs(along[k]));
    free(x);
    free(y);
    return status;
}

static slope_status move_cells(const slope_function *f, columns *cell, tie_search *s)
{
    if (f->opaque)
        return move_opaque(f, cell);
    const size_t most = slope__widest(f);
    double *room = slope__new(3 * most, sizeof *room);
    slope__motion *in = slope__new(most, sizeof *in);
    slope_status status = room && in ? SLOPE_OK : SLOPE_ERR_MEMORY;
    if (status == SLOPE_OK && f->numbers > 0)
        memcpy(cell->of[MOVED_VALUE] + f->input_cells, f->number, f->numbers * sizeof *f->number);
    for (size_t k = 0; k < f->instructions && status == SLOPE_OK; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code == slope__code_loop)
            status = move_loop(&f->loop[i->operand], cell, i->result, s);
        else
            move_operation(f, i, cell, room, in, s);
    }
    if (status == SLOPE_OK)
        check_conditions(f, cell, s);
    free(room);
    free(in);
    return status;
}

slope_status slope__function_move(const slope_function *f, const double *const x[], const slope__motion in[],
                                  slope__motion out[], size_t k, slope_tie *tie)
{
    *tie = (slope_tie){0};
    tie_search s = {k, tie};
    columns cell;
    slope_status status = make_columns(&cell, f->cells) ? SLOPE_OK : SLOPE_ERR_MEMORY;
    size_t input = 0;
    for (size_t g = 0; status == SLOPE_OK && g < f->inputs + f->data; g++) {
        for (size_t j = 0; j < f->input[g].length; j++) {
            const slope__cell c = (slope__cell)(f->input[g].first + j);
            cell.of[MOVED_VALUE][c] = x[g][j];
            if (g < f->inputs) {
                put_motion(&cell, c, in ? in[input] : slope__motion_of_input(input, x[g][j]));
                input++;
            }
        }
    }
    if (status == SLOPE_OK)
        status = move_cells(f, &cell, &s);
    for (size_t r = 0; status == SLOPE_OK && out && r < f->results; r++)
        out[r] = motion_at(&cell, f->result[r]);
    free_columns(&cell);
    if (status != SLOPE_OK)
        *tie = (slope_tie){0};
    return status;
}

slope_status slope_eval_tie(const slope_function *f, const double *const x[], size_t k, slope_tie *tie)
{
    if (tie)
        *tie = (slope_tie){0};
    if (!f || !tie || (!x && f->inputs > 0))
        return SLOPE_ERR_ARGUMENT;
    const double **all = slope__new(f->inputs + f->data, sizeof *all);
    slope_status status = all ? SLOPE_OK : SLOPE_ERR_MEMORY;
    for (size_t g = 0; status == SLOPE_OK && g < f->inputs + f->data; g++) {
        all[g] = g < f->inputs ? x[g] : f->input[g].bound;
        if (!all[g] && f->input[g].length > 0)
            status = SLOPE_ERR_ARGUMENT;
    }
    if (status == SLOPE_OK)
        status = slope__function_move(f, all, NULL, NULL, k, tie);
    free(all);
    return status;
}
