/* SPDX-License-Identifier: MIT */
/*
 * Gives objects their places: slots and rows are used again once the last step that reads them is over, and results go
 * straight to the output where they can.
 */
#include <stdlib.h>
#include <string.h>

#include "batch/planner.h"

/* --------------------------------------------------------------------------------------------------------- stores */

uint32_t slope__store_take(slope__planner *s, slope__store *from, size_t count)
{
    if (count == 1 && from->ones > 0)
        return from->one[--from->ones];
    for (size_t k = 0; count > 1 && k < from->manys; k++) {
        if (from->many[k].count == count) {
            const uint32_t at = from->many[k].at;
            from->many[k] = from->many[--from->manys];
            return at;
        }
    }
    const size_t at = from->size;
    if (count > UINT32_MAX - at) {
        s->failed = 1;
        return 0;
    }
    from->size += count;
    return (uint32_t)at;
}

void slope__store_give(slope__planner *s, slope__store *to, uint32_t at, size_t count)
{
    if (count != 1) {
        if (count > 1 && to->manys < sizeof to->many / sizeof *to->many)
            to->many[to->manys++] = (slope__range){at, (uint32_t)count};
        return;
    }
    if (to->ones == to->room) {
        const size_t room = to->room ? 2 * to->room : 64;
        uint32_t *one = realloc(to->one, room * sizeof *one);
        if (!one) {
            s->failed = 1;
            return;
        }
        to->one = one;
        to->room = room;
    }
    to->one[to->ones++] = at;
}

/* ------------------------------------------------------------------------------------------------------- liveness */

typedef void visit(slope__planner *s, slope__object *o, uint32_t d);

/* Every object that a draft reads. */
static void each_read(slope__planner *s, uint32_t d, visit *see)
{
    const slope__draft *draft = &s->draft[d];
    for (uint32_t k = 0; k < draft->count; k++)
        see(s, slope__object_of(s, s->cell[draft->first + k]), d);
    if (draft->code != slope__code_loop)
        return;
    const slope__loop *loop = &s->f->loop[s->f->instruction[draft->instruction].operand];
    for (size_t g = 0; g < loop->body->inputs + loop->body->data; g++) {
        const size_t length = loop->body->input[g].length, n = loop->source[g].carried != SLOPE__NONE ? 1 : loop->n;
        const slope__view *v = &loop->source[g].view;
        if (n == 0 || length == 0)
            continue;
        slope__object *o = slope__view_object(s, v, n, length);
        if (o)
            see(s, o, d);
        for (size_t k = 0; !o && k < n * length; k++)
            see(s, slope__object_of(s, slope__view_at(v, length, k / length, k % length)), d);
    }
}

static void read_here(slope__planner *s, slope__object *o, uint32_t d)
{
    o->last = d;
    if (s->draft[d].lanes && !o->lanes)
        o->keep = 1; /* it serves all blocks of lanes */
}

static slope__store *store_of(slope__planner *s, const slope__object *o) { return o->lanes ? &s->rows : &s->slots; }

static void leave(slope__planner *s, slope__object *o, uint32_t d)
{
    if (o->instruction == SLOPE__NONE || o->last > d || o->keep || o->placed || o->given)
        return;
    o->given = 1;
    slope__store_give(s, store_of(s, o), o->place.at, o->count);
}

/* --------------------------------------------------------------------------------------------------------- outputs */

/* Whether numbers j ... of output group g are all of an object, in order. */
static int is_whole(const slope__planner *s, const slope__object *o, size_t g, size_t j)
{
    const slope__group *out = &s->f->output[g];
    const slope__cell *c = &s->f->result[out->first + j];
    if (o->first != c[0] || o->count > out->length - j)
        return 0;
    for (size_t k = 0; k < o->count; k++) {
        if (c[k] != o->first + k)
            return 0;
    }
    return 1;
}

/* Puts what it can into output group g itself. */
static void place_group(slope__planner *s, size_t g, int lanes_plan)
{
    const slope__group *out = &s->f->output[g];
    int any = 0;
    for (size_t j = 0; j < out->length; j++) {
        slope__object *o = slope__object_of(s, s->f->result[out->first + j]);
        const int loop = o->instruction != SLOPE__NONE && s->f->instruction[o->instruction].code == slope__code_loop;
        o->keep = 1;
        if (s->p->summed[g] || o->placed || o->absorbed || o->instruction == SLOPE__NONE || o->lanes != lanes_plan ||
            (!lanes_plan && (!loop || o->touched)) || (loop && !is_whole(s, o, g, j)))
            continue;
        o->place = (slope__place){slope__output_base(s->p, g), (uint32_t)j};
        o->placed = 1;
        any = 1;
    }
    s->p->reserve[g] = any ? slope__store_take(s, lanes_plan ? &s->rows : &s->slots, out->length) : 0;
}

static void place_outputs(slope__planner *s)
{
    int lanes_plan = 0;
    for (size_t g = 0; g < s->f->inputs + s->f->data; g++)
        lanes_plan |= s->p->in_lanes[g];
    for (size_t g = 0; g < s->f->outputs; g++) {
        if (s->f->output[g].length > 0)
            place_group(s, g, lanes_plan);
    }
    for (size_t k = 0; k < s->f->guards; k++)
        slope__object_of(s, s->f->guard[k].condition)->keep = 1;
}

static void find_drops(slope__planner *s)
{
    for (size_t g = 0; g < s->f->outputs; g++) {
        s->p->whole[g] = 1;
        for (size_t j = 0; j < s->f->output[g].length; j++) {
            const size_t k = s->f->output[g].first + j;
            const slope__cell c = s->f->result[k];
            const slope__object *o = slope__object_of(s, c);
            const slope__place at = {o->place.base, o->place.at + (c - o->first)};
            s->p->drop[k] = (slope__drop){at, !o->lanes, at.base == slope__output_base(s->p, g) && at.at == j};
            s->p->whole[g] &= s->p->drop[k].direct;
        }
    }
}

/* ---------------------------------------------------------------------------------------------------------- places */

static void take_results(slope__planner *s, uint32_t d)
{
    const slope__instruction *i = &s->f->instruction[s->draft[d].instruction];
    const size_t results = slope__results_of(s->f, i);
    for (size_t c = 0; c < results && !s->failed;) {
        slope__object *o = slope__object_of(s, (slope__cell)(i->result + c));
        if (o->last < d)
            o->last = d;
        if (!o->placed)
            o->place = (slope__place){o->lanes ? SLOPE__LANES : SLOPE__UNIFORM,
                                      slope__store_take(s, store_of(s, o), o->count)};
        c += o->count;
    }
}

/* A loop's own results that nobody reads. */
static void leave_results(slope__planner *s, uint32_t d)
{
    const slope__instruction *i = &s->f->instruction[s->draft[d].instruction];
    const size_t results = slope__results_of(s->f, i);
    for (size_t c = 0; c < results;) {
        slope__object *o = slope__object_of(s, (slope__cell)(i->result + c));
        leave(s, o, d);
        c += o->count;
    }
}

void slope__plan_places(slope__planner *s)
{
    for (size_t k = 0; k < s->objects; k++) {
        slope__object *o = &s->object[k];
        if (o->instruction != SLOPE__NONE)
            continue;
        o->place = (slope__place){SLOPE__NUMBERS, 0};
        for (size_t g = 0; g < s->f->inputs + s->f->data; g++) {
            if (s->f->input[g].length > 0 && s->f->input[g].first == o->first)
                o->place = (slope__place){slope__input_base(s->p, g), 0};
        }
    }
    place_outputs(s);
    for (uint32_t d = 0; d < s->drafts; d++)
        each_read(s, d, read_here);
    for (uint32_t d = 0; d < s->drafts && !s->failed; d++) {
        const int loop = s->draft[d].code == slope__code_loop;
        if (loop) {
            take_results(s, d);
            slope__plan_loop_enter(s, d);
            if (s->failed)
                return; /* what it holds is not whole */
            each_read(s, d, leave);
            leave_results(s, d);
            slope__plan_loop_leave(s, d);
            continue;
        }
        each_read(s, d, leave);
        if (s->draft[d].instruction != SLOPE__NONE)
            take_results(s, d);
    }
    find_drops(s);
}
