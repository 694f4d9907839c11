/* SPDX-License-Identifier: MIT */
/*
 * Dependency analysis: one set of columns for each cell, in the order of the instructions.
 *
 * A loop takes the dependencies of its body, which are found once, and joins for each item the sets that the views
 * name; a fold stops when a step changes nothing any more.
 */
#include "derive/depend.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "derive/derive.h"
#include "derive/flat.h"
#include "derive/sets.h"

typedef struct analysis {
    const slope_function *f;
    slope__sets sets;
    slope__flat flat;
    slope__set *cell;
    slope__set *part; /* scratch: parts of a union */
    size_t parts;
    slope_status status;
    slope_error *error;
} analysis;

static void fail_memory(analysis *a)
{
    a->status =
        slope__fail(a->error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory to analyse the dependencies");
}

/* Room for n parts. */
static int reserve(analysis *a, size_t n)
{
    if (n > a->parts) {
        free(a->part);
        a->parts = 2 * n;
        a->part = slope__new(a->parts, sizeof *a->part);
        if (!a->part) {
            a->parts = 0;
            fail_memory(a);
        }
    }
    return a->status == SLOPE_OK;
}

static void analyse_operation(analysis *a, const slope__instruction *i)
{
    const slope__cell *x = a->f->operand + i->operand;
    size_t n = 0;
    a->cell[i->result] = 0;
    if (!reserve(a, i->count))
        return;
    for (size_t k = 0; k < i->count; k++) {
        if (a->cell[x[k]] && !slope__flat_partial(&a->flat, a->f, i, k))
            a->part[n++] = a->cell[x[k]];
    }
    if (n == 2)
        a->cell[i->result] = slope__set_join(&a->sets, a->part[0], a->part[1]);
    else if (n > 0)
        a->cell[i->result] = n == 1 ? a->part[0] : slope__set_union(&a->sets, n, a->part);
}

/* ----------------------------------------------------------------------------------------------------------- loops */

/* What the steps of a loop go by. */
typedef struct loop_sweep {
    const slope__loop *loop;
    const slope__dependencies *body;
    slope__set *state; /* by cell of the body: what carried inputs depend on now, what shared ones do always */
    uint32_t *group;   /* by cell of the body: its input group where every item sees others; SLOPE__NONE: see `state` */
    slope__set *out;   /* by result of the body: of this item */
    uint32_t
        *varying; /* by result of the body, start as in `body`: dependencies on groups that every item sees others of */
    size_t *start, *fixed_start;
    uint32_t *fixed; /* likewise: on cells with `state`, but for shared ones once `out` has them */
    slope__set *shared;
    slope__cell first; /* of the loop's results */
    int varies;        /* does anything depend on what every item sees others of? */
} loop_sweep;

static void destroy_sweep(loop_sweep *w)
{
    free(w->state);
    free(w->group);
    free(w->out);
    free(w->varying);
    free(w->start);
    free(w->fixed);
    free(w->fixed_start);
    free(w->shared);
}

/* Are all cells of a view without dependencies? */
static int is_quiet(const analysis *a, const slope__view *v, size_t n, size_t length)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < length; j++) {
            if (a->cell[slope__view_at(v, length, i, j)])
                return 0;
        }
    }
    return 1;
}

/* Tells groups apart: carried, shared by all items, or other cells for every item. */
static void sort_groups(const analysis *a, loop_sweep *w, unsigned char carried[])
{
    const slope_function *body = w->loop->body;
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        const slope__source *s = &w->loop->source[g];
        const slope__group *in = &body->input[g];
        const int is_carried = s->carried != SLOPE__NONE;
        const int is_shared = !is_carried && !s->view.index && s->view.item == 0;
        const size_t n = is_carried || is_shared ? 1 : w->loop->n;
        const int quiet = is_quiet(a, &s->view, n, in->length);
        for (size_t j = 0; j < in->length; j++) {
            const slope__cell c = (slope__cell)(in->first + j);
            w->group[c] = is_carried || is_shared || quiet ? SLOPE__NONE : (uint32_t)g;
            carried[c] = is_carried ? 1 : 0;
            w->state[c] = quiet ? 0 : a->cell[slope__view_at(&s->view, in->length, 0, j)];
        }
    }
}

/* Splits the dependencies of each result: on what is shared (joined at once), on states, on what varies. */
static void split_dependencies(analysis *a, loop_sweep *w, const unsigned char carried[])
{
    size_t varying = 0, fixed = 0;
    for (size_t r = 0; r < w->body->results; r++) {
        size_t n = 0;
        const size_t begin = w->body->start[r], end = w->body->start[r + 1];
        w->start[r] = varying;
        w->fixed_start[r] = fixed;
        if (!reserve(a, end - begin))
            return;
        for (size_t e = begin; e < end; e++) {
            const uint32_t c = w->body->column[e];
            if (w->group[c] != SLOPE__NONE)
                w->varying[varying++] = c;
            else if (carried[c])
                w->fixed[fixed++] = c;
            else if (w->state[c])
                a->part[n++] = w->state[c];
        }
        w->shared[r] = slope__set_union(&a->sets, n, a->part);
    }
    w->start[w->body->results] = varying;
    w->fixed_start[w->body->results] = fixed;
    w->varies = varying > 0;
}

static int create_sweep(analysis *a, loop_sweep *w, const slope__loop *loop, slope__cell first)
{
    *w = (loop_sweep){.loop = loop, .first = first, .body = slope__dependencies_of(loop->body, a->error)};
    if (!w->body) {
        a->status = a->error->status;
        return 0;
    }
    const size_t cells = loop->body->input_cells, results = w->body->results, entries = w->body->start[results];
    w->state = slope__new(cells, sizeof *w->state);
    w->group = slope__new(cells, sizeof *w->group);
    w->out = slope__new(results, sizeof *w->out);
    w->varying = slope__new(entries, sizeof *w->varying);
    w->fixed = slope__new(entries, sizeof *w->fixed);
    w->start = slope__new(results + 1, sizeof *w->start);
    w->fixed_start = slope__new(results + 1, sizeof *w->fixed_start);
    w->shared = slope__new(results, sizeof *w->shared);
    unsigned char *carried = slope__new(cells, 1);
    const int ok =
        w->state && w->group && w->out && w->varying && w->fixed && w->start && w->fixed_start && w->shared && carried;
    if (ok) {
        sort_groups(a, w, carried);
        split_dependencies(a, w, carried);
    } else {
        fail_memory(a);
    }
    free(carried);
    return a->status == SLOPE_OK;
}

/* What the results of item i depend on. */
static void step(analysis *a, loop_sweep *w, size_t i)
{
    const slope_function *body = w->loop->body;
    for (size_t r = 0; r < w->body->results; r++) {
        const size_t fixed = w->fixed_start[r + 1] - w->fixed_start[r], varying = w->start[r + 1] - w->start[r];
        size_t n = 0;
        w->out[r] = w->shared[r];
        if (fixed + varying == 0)
            continue;
        if (!reserve(a, fixed + varying + 1))
            return;
        a->part[n++] = w->shared[r];
        for (size_t e = w->fixed_start[r]; e < w->fixed_start[r + 1]; e++)
            a->part[n++] = w->state[w->fixed[e]];
        for (size_t e = w->start[r]; e < w->start[r + 1]; e++) {
            const uint32_t c = w->varying[e], g = w->group[c];
            const slope__group *in = &body->input[g];
            a->part[n++] = a->cell[slope__view_at(&w->loop->source[g].view, in->length, i, c - in->first)];
        }
        w->out[r] = slope__set_union(&a->sets, n, a->part);
    }
}

/* Puts what item i gave where it goes. */
static void store(analysis *a, const loop_sweep *w, size_t i)
{
    const slope_function *body = w->loop->body;
    for (size_t g = 0; g < body->outputs; g++) {
        const slope__target *t = &w->loop->target[g];
        const size_t length = body->output[g].length;
        for (size_t j = 0; t->kind != SLOPE__DROPPED && j < length; j++) {
            const slope__set out = w->out[body->output[g].first + j];
            slope__set *to = &a->cell[w->first + t->base + slope__view_at(&t->view, length, i, j)];
            *to = t->kind == SLOPE__ADDED ? slope__set_join(&a->sets, *to, out) : out;
        }
    }
}

/* The states for the next step; are they the old ones? */
static int carry(loop_sweep *w)
{
    const slope_function *body = w->loop->body;
    int same = 1;
    for (size_t g = 0; g < body->inputs; g++) {
        const uint32_t from = w->loop->source[g].carried;
        for (size_t j = 0; from != SLOPE__NONE && j < body->input[g].length; j++) {
            slope__set *state = &w->state[body->input[g].first + j];
            const slope__set now = w->out[body->output[from].first + j];
            same &= *state == now;
            *state = now;
        }
    }
    return same;
}

/* A fold of no steps ends where it starts. */
static void start_results(analysis *a, const loop_sweep *w)
{
    const slope__loop *loop = w->loop;
    memset(a->cell + w->first, 0, loop->results * sizeof *a->cell);
    for (size_t g = 0; g < loop->body->inputs && loop->n == 0; g++) {
        const slope__source *s = &loop->source[g];
        const slope__group *in = &loop->body->input[g];
        if (s->carried == SLOPE__NONE || loop->target[s->carried].kind != SLOPE__LAST)
            continue;
        for (size_t j = 0; j < in->length; j++)
            a->cell[w->first + loop->target[s->carried].base + j] = a->cell[slope__view_at(&s->view, in->length, 0, j)];
    }
}

/* Do all items put what they give into the same cells? */
static int stays(const slope__loop *loop)
{
    for (size_t o = 0; o < loop->body->outputs; o++) {
        const slope__target *t = &loop->target[o];
        if (t->kind == SLOPE__EACH || (t->kind == SLOPE__ADDED && (t->view.index || t->view.item != 0)))
            return 0;
    }
    return 1;
}

static void analyse_loop(analysis *a, const slope__loop *loop, slope__cell first)
{
    loop_sweep w;
    int settled = 0; /* this item depends on what the one before it does */
    if (loop->n == 0) {
        w = (loop_sweep){.loop = loop, .first = first};
        start_results(a, &w);
        return;
    }
    if (create_sweep(a, &w, loop, first))
        start_results(a, &w);
    for (size_t i = 0; i < loop->n && a->status == SLOPE_OK && !a->sets.failed; i++) {
        if (!settled)
            step(a, &w, i);
        store(a, &w, i);
        settled = settled || (carry(&w) && !w.varies);
        if (settled && stays(loop))
            break;
    }
    destroy_sweep(&w);
}

/* -------------------------------------------------------------------------------------------------- whole functions */

/* Of an opaque function it is only known which groups depend on which. */
static void analyse_opaque(analysis *a)
{
    const slope_function *f = a->f;
    const slope__reach *r = slope__reach_of(f);
    if (!r) {
        fail_memory(a);
        return;
    }
    for (size_t o = 0; o < f->outputs && reserve(a, f->input_cells); o++) {
        size_t n = 0;
        for (size_t g = 0; g < f->inputs; g++) {
            for (size_t j = 0; slope__reaches(r, g, o) && j < f->input[g].length; j++) {
                if (a->cell[f->input[g].first + j])
                    a->part[n++] = a->cell[f->input[g].first + j];
            }
        }
        const slope__set all = slope__set_union(&a->sets, n, a->part);
        for (size_t j = 0; j < f->output[o].length; j++)
            a->cell[f->result[f->output[o].first + j]] = all;
    }
}

static void analyse(analysis *a, const uint32_t label[])
{
    const slope_function *f = a->f;
    for (size_t c = 0; c < f->input_cells; c++)
        a->cell[c] = label[c] == SLOPE__NONE ? 0 : slope__set_of(&a->sets, label[c]);
    if (f->opaque)
        analyse_opaque(a);
    for (size_t k = 0; k < f->instructions && a->status == SLOPE_OK; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code == slope__code_loop)
            analyse_loop(a, &f->loop[i->operand], i->result);
        else
            analyse_operation(a, i);
        if (a->sets.failed || a->flat.failed)
            fail_memory(a);
    }
}

/* The sets of the results, one after another. */
static void list_results(analysis *a, slope__dependencies *d)
{
    slope__block block = {NULL, 0};
    size_t entries = 0;
    for (size_t r = 0; r < d->results && a->status == SLOPE_OK; r++) {
        size_t n;
        const uint32_t *column = slope__set_columns(&a->sets, a->cell[a->f->result[r]], &n);
        d->start[r] = entries;
        if (n > SLOPE_MAX_CELLS - entries) {
            a->status = slope__fail(a->error, SLOPE_ERR_LIMIT, SIZE_MAX, "the pattern has more than %zu entries",
                                    SLOPE_MAX_CELLS);
        } else if (a->sets.failed ||
                   slope__block_reserve(&a->sets.allocator, &block, entries + n, sizeof *column) != SLOPE_OK) {
            fail_memory(a);
        } else if (n > 0) {
            memcpy((uint32_t *)block.data + entries, column, n * sizeof *column);
            entries += n;
        }
    }
    d->start[d->results] = entries;
    d->column = a->status == SLOPE_OK ? slope__new(entries, sizeof *d->column) : NULL;
    if (a->status == SLOPE_OK && !d->column)
        fail_memory(a);
    if (d->column && entries > 0)
        memcpy(d->column, block.data, entries * sizeof *d->column);
    slope__block_free(&a->sets.allocator, &block);
}

slope__dependencies *slope__dependencies_create(const slope_function *f, const uint32_t label[], size_t columns,
                                                slope_error *error)
{
    slope_error own = {0};
    analysis a = {.f = f, .error = error ? error : &own};
    slope__dependencies *d = slope__new(1, sizeof *d);
    a.cell = slope__new(f->cells, sizeof *a.cell);
    const int created = slope__sets_create(&a.sets, columns);
    if (d) {
        d->results = f->results;
        d->start = slope__new(f->results + 1, sizeof *d->start);
    }
    if (created && a.cell && d && d->start)
        analyse(&a, label);
    else
        fail_memory(&a);
    if (a.status == SLOPE_OK)
        list_results(&a, d);
    slope__sets_destroy(&a.sets);
    slope__flat_destroy(&a.flat);
    free(a.cell);
    free(a.part);
    if (a.status == SLOPE_OK)
        return d;
    slope__dependencies_destroy(d);
    return NULL;
}

void slope__dependencies_destroy(slope__dependencies *d)
{
    if (!d)
        return;
    free(d->start);
    free(d->column);
    free(d);
}

static void destroy_attached(void *d) { slope__dependencies_destroy(d); }

const slope__dependencies *slope__dependencies_of(const slope_function *f, slope_error *error)
{
    static const char key;
    if (f->text)
        f = f->text;
    slope__dependencies *d = slope__attached(f, &key, 0);
    if (d)
        return d;
    uint32_t *label = slope__new(f->input_cells, sizeof *label);
    const size_t wanted = f->inputs + f->data > f->inputs ? f->input[f->inputs].first : f->input_cells;
    for (size_t c = 0; label && c < f->input_cells; c++)
        label[c] = c < wanted ? (uint32_t)c : SLOPE__NONE;
    if (label)
        d = slope__dependencies_create(f, label, f->input_cells, error);
    else
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory to analyse a body");
    free(label);
    if (!d)
        return NULL;
    d = slope__attach(f, &key, 0, d, destroy_attached);
    if (!d)
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory to analyse a body");
    return d;
}
