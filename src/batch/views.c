/* SPDX-License-Identifier: MIT */
/* Loops of a plan: which of their inputs are in lanes, how they run, and where their views find things. */
#include <stdlib.h>
#include <string.h>

#include "batch/planner.h"

slope__object *slope__view_object(const slope__planner *s, const slope__view *v, size_t n, size_t length)
{
    slope__cell low, high;
    slope__view_range(v, n, length, &low, &high);
    slope__object *o = slope__object_of(s, low);
    return high < o->first + o->count ? o : NULL;
}

/* How many different items a source has: a list may be the same for all. */
static size_t items_of(const slope__loop *loop, const slope__source *source, size_t length)
{
    if (source->carried != SLOPE__NONE)
        return 1;
    const uint32_t *index = source->view.index;
    if (loop->n == 0 || !index)
        return loop->n > 0 && source->view.item == 0 ? 1 : loop->n;
    for (size_t i = 1; i < loop->n; i++) {
        if (memcmp(index, index + i * length, length * sizeof *index) != 0)
            return loop->n;
    }
    return 1;
}

static int reads_lanes(const slope__planner *s, const slope__view *v, size_t n, size_t length)
{
    if (n == 0 || length == 0)
        return 0;
    const slope__object *o = slope__view_object(s, v, n, length);
    for (size_t k = 0; !o && k < n * length; k++) {
        if (slope__object_of(s, slope__view_at(v, length, k / length, k % length))->lanes)
            return 1;
    }
    return o && o->lanes;
}

/* A sum over items, kept in lanes until the end. */
static int sums_output(const slope__loop *loop, size_t g)
{
    const slope__target *t = &loop->target[g];
    return g < 31 && t->kind == SLOPE__ADDED && !t->view.index && t->view.item == 0 &&
           (t->view.element != 0 || loop->body->output[g].length <= 1);
}

/* The least number of items for which lanes pay. */
enum { LEAST_ITEMS = 8 };

static uint32_t bit(size_t g) { return (uint32_t)1 << (g < 31 ? g : 31); }

void slope__plan_loop_kind(slope__planner *s, uint32_t k)
{
    slope__run_loop *l = &s->p->loop[k];
    const slope__loop *loop = l->loop;
    const slope_function *body = loop->body;
    const size_t groups = body->inputs + body->data;
    uint32_t lanes = 0, carried = 0, varying = 0, sums = 0;
    for (size_t g = 0; g < groups; g++) {
        const slope__source *source = &loop->source[g];
        const size_t n = items_of(loop, source, body->input[g].length);
        if (source->carried != SLOPE__NONE)
            carried |= bit(g);
        if (reads_lanes(s, &source->view, n, body->input[g].length))
            lanes |= bit(g);
        else if (n > 1 && body->input[g].length > 0)
            varying |= bit(g);
    }
    l->in_lanes = lanes != 0;
    l->carries = carried != 0;
    l->way = !lanes && !carried && varying && loop->n >= LEAST_ITEMS && !body->opaque ? SLOPE__BLOCKS : SLOPE__ITEMS;
    for (size_t g = 0; g < body->outputs && l->way == SLOPE__BLOCKS; g++)
        sums |= sums_output(loop, g) ? bit(g) : 0;
    l->in = lanes ? lanes | carried : l->way == SLOPE__BLOCKS ? varying : 0;
    l->sums = sums;
    l->body = slope__plan_of(body, l->in, sums);
    if (!l->body) {
        s->failed = 1;
        return;
    }
    if (l->way == SLOPE__BLOCKS)
        l->stride = slope__plan_stride(l->body, loop->n);
}

void slope__plan_loop_sums(slope__planner *s, uint32_t k, size_t g)
{
    slope__run_loop *l = &s->p->loop[k];
    l->sums |= bit(g);
    l->body = slope__plan_of(l->loop->body, l->in, l->sums);
    if (!l->body)
        s->failed = 1;
}

/* ---------------------------------------------------------------------------------------------------------- places */

/* Brings numbers together at a place of a frame, before the loop begins. */
static void gather_view(slope__planner *s, slope__access *a, const slope__view *v, size_t n, size_t length, int lanes)
{
    a->gather = slope__new(n * length, sizeof *a->gather);
    if (!a->gather) {
        s->failed = 1;
        return;
    }
    a->gathers = n * length;
    for (size_t k = 0; k < n * length; k++) {
        const slope__cell c = slope__view_at(v, length, k / length, k % length);
        const slope__object *o = slope__object_of(s, c);
        a->gather[k] = (slope__place){o->place.base, o->place.at + (c - o->first)};
        if (lanes && !o->lanes)
            a->gather[k].base |= SLOPE__ONE_FOR_ALL;
    }
    a->base = lanes ? SLOPE__LANES : SLOPE__UNIFORM;
    a->at = slope__store_take(s, lanes ? &s->rows : &s->slots, n * length);
    a->item = n > 1 ? (int64_t)length : 0;
    a->element = 1;
}

/* Has rows made of structures once, when the input group is set, and not each time that the loop runs: a fold's shared
   inputs stay. */
static void keep_rows(slope__planner *s, slope__access *a, size_t n, size_t length)
{
    const size_t group = a->base - SLOPE__OUTSIDE, stride = (n + 7) / 8 * 8;
    slope__plan *p = s->p;
    size_t k = 0;
    if (group >= s->f->inputs + s->f->data)
        return;
    for (; k < p->rows_of_count; k++) {
        const slope__rows *r = &p->rows_of[k];
        if (r->group == group && r->at == a->at && r->item == a->item && r->element == a->element && r->n == n &&
            r->length == length)
            break;
    }
    if (k == p->rows_of_count) {
        slope__rows *rows = realloc(p->rows_of, (k + 1) * sizeof *rows);
        if (!rows) {
            s->failed = 1;
            return;
        }
        const uint32_t slot = slope__store_take(s, &s->slots, stride * length + 7);
        p->rows_of = rows;
        p->rows_of[p->rows_of_count++] =
            (slope__rows){group, a->at, a->item, a->element, n, length, (slot + 7) / 8 * 8};
    }
    *a = (slope__access){.base = SLOPE__UNIFORM,
                         .at = p->rows_of[k].slot,
                         .item = 1,
                         .element = (int64_t)stride,
                         .single = a->single,
                         .padded = 1};
}

static void resolve(slope__planner *s, const slope__run_loop *l, size_t g)
{
    const slope__source *source = &l->loop->source[g];
    const size_t length = l->loop->body->input[g].length, n = items_of(l->loop, source, length);
    const int lanes = l->in_lanes && l->body->in_lanes[g];
    slope__access *a = &l->source[g];
    *a = (slope__access){.element = 1, .single = !lanes};
    if (n == 0 || length == 0)
        return;
    const slope__object *o = slope__view_object(s, &source->view, n, length);
    if (!o || source->view.index || o->lanes != lanes) {
        gather_view(s, a, &source->view, n, length, lanes);
        return;
    }
    a->base = o->place.base;
    a->at = (uint32_t)(o->place.at + ((uint64_t)source->view.first - o->first));
    a->item = n > 1 ? source->view.item : 0;
    a->element = source->view.element;
    if (l->way == SLOPE__BLOCKS && l->body->in_lanes[g] && a->base >= SLOPE__OUTSIDE && a->item != 1 &&
        l->loop->n <= SLOPE__CHUNK)
        keep_rows(s, a, l->loop->n, length);
}

static int new_lists(slope__run_loop *l)
{
    const slope_function *body = l->loop->body;
    l->source = slope__new(body->inputs + body->data, sizeof *l->source);
    l->target = slope__new(body->outputs, sizeof *l->target);
    l->pair = slope__new(body->inputs + body->data, sizeof *l->pair);
    return l->source && l->target && l->pair;
}

void slope__plan_loop_enter(slope__planner *s, uint32_t d)
{
    const slope__instruction *i = &s->f->instruction[s->draft[d].instruction];
    slope__run_loop *l = &s->p->loop[i->operand];
    const slope_function *body = l->loop->body;
    slope__store *store = l->in_lanes ? &s->rows : &s->slots;
    if (!new_lists(l)) {
        s->failed = 1;
        return;
    }
    for (size_t g = 0; g < body->inputs + body->data && !s->failed; g++) {
        resolve(s, l, g);
        l->pair[g] = l->loop->source[g].carried != SLOPE__NONE ? slope__store_take(s, store, 2 * body->input[g].length)
                                                               : SLOPE__NONE;
    }
    for (size_t g = 0; g < body->outputs && !s->failed; g++) {
        const slope__target *t = &l->loop->target[g];
        l->target[g] = (slope__place){SLOPE__NONE, 0};
        if (t->kind != SLOPE__DROPPED && t->extent > 0)
            l->target[g] = slope__object_of(s, i->result + t->base)->place;
    }
}

void slope__plan_loop_leave(slope__planner *s, uint32_t d)
{
    const slope__run_loop *l = &s->p->loop[s->f->instruction[s->draft[d].instruction].operand];
    const slope_function *body = l->loop->body;
    slope__store *store = l->in_lanes ? &s->rows : &s->slots;
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        const slope__access *a = &l->source[g];
        if (a->gathers > 0 && (l->in_lanes || a->base == SLOPE__UNIFORM) && !(l->in_lanes && a->base == SLOPE__UNIFORM))
            slope__store_give(s, store, a->at, a->gathers);
        if (l->pair[g] != SLOPE__NONE)
            slope__store_give(s, store, l->pair[g], 2 * body->input[g].length);
    }
}
