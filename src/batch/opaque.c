/* SPDX-License-Identifier: MIT */
/*
 * Opaque functions in the evaluator: no steps, but a call for the point or for each lane.  Inputs and outputs in one
 * piece are passed as they are, others by way of a copy.
 */
#include <stdlib.h>

#include "batch/run.h"
#include "function/opaque.h"

/* Pointers to groups, then the numbers of one call, at the end of the uniform frame. */
static size_t call_slots(const slope_function *f)
{
    const size_t pointers = (f->inputs + f->outputs) * sizeof(double *);
    return (pointers + sizeof(double) - 1) / sizeof(double) + f->input_cells + f->results;
}

int slope__plan_opaque(slope__plan *p)
{
    const slope_function *f = p->f;
    int lanes = 0;
    for (size_t g = 0; g < f->inputs; g++)
        lanes |= p->in_lanes[g];
    size_t at = 0;
    for (size_t g = 0; g < f->outputs; g++) {
        p->reserve[g] = (uint32_t)at;
        p->whole[g] = 1;
        for (size_t j = 0; j < f->output[g].length; j++)
            p->drop[f->output[g].first + j] =
                (slope__drop){{slope__output_base(p, g), (uint32_t)j}, (uint8_t)!lanes, 1};
        at += f->output[g].length;
    }
    p->rows = lanes ? at : 0;
    p->slots = (lanes ? 0 : at) + call_slots(f);
    p->calls = lanes ? SLOPE__CALL_LANES : SLOPE__CALL_ONE;
    p->ref_first = slope__new(slope__bases(p) + 1, sizeof *p->ref_first);
    return p->ref_first != NULL;
}

/* Lane k (0: the point) of all groups; copied where it does not lie in one piece. */
static slope_status call_lane(slope__frame *f, size_t k)
{
    const slope__plan *p = f->p;
    const slope_function *g = p->f;
    const double **x = (const double **)(void *)(f->slot + p->slots - call_slots(g));
    double **y = (double **)(void *)(x + g->inputs), *room = f->slot + p->slots - g->input_cells - g->results;
    for (size_t i = 0; i < g->inputs; i++) {
        const slope__base b = f->base[slope__input_base(p, i)];
        const size_t length = g->input[i].length, lane = p->in_lanes[i] ? k : 0;
        x[i] = b.p + (length > 0 ? lane : 0);
        if (length == 0 || (b.step == 1 && !p->in_lanes[i]))
            continue;
        for (size_t j = 0; j < length; j++)
            room[j] = b.p[(ptrdiff_t)j * b.step + (ptrdiff_t)lane];
        x[i] = room;
        room += length;
    }
    double *const results = room;
    for (size_t o = 0; o < g->outputs; o++) {
        const slope__base b = f->base[slope__output_base(p, o)];
        y[o] = p->calls == SLOPE__CALL_ONE && b.step == 1 ? b.p : room;
        room += y[o] == room ? g->output[o].length : 0;
    }
    const slope_status status = slope__opaque_eval(g, x, y);
    room = results;
    for (size_t o = 0; o < g->outputs; o++) {
        const slope__base b = f->base[slope__output_base(p, o)];
        if (y[o] != room)
            continue;
        for (size_t j = 0; j < g->output[o].length; j++)
            b.p[(ptrdiff_t)j * b.step + (ptrdiff_t)k] = room[j];
        room += g->output[o].length;
    }
    return status;
}

slope_status slope__run_call(slope__frame *f) { return call_lane(f, 0); }

/* Lanes that don't count get the numbers of the last one that does, as everywhere. */
slope_status slope__run_calls(slope__frame *f, size_t lanes, size_t valid, size_t *bad)
{
    slope_status status = SLOPE_OK;
    const slope_function *g = f->p->f;
    for (size_t k = 0; k < valid && status == SLOPE_OK; k++) {
        *bad = k;
        status = call_lane(f, k);
    }
    for (size_t o = 0; o < g->outputs && status == SLOPE_OK; o++) {
        const slope__base b = f->base[slope__output_base(f->p, o)];
        for (size_t j = 0; j < g->output[o].length; j++) {
            for (size_t k = valid; k < lanes; k++)
                b.p[(ptrdiff_t)j * b.step + (ptrdiff_t)k] = b.p[(ptrdiff_t)j * b.step + (ptrdiff_t)(valid - 1)];
        }
    }
    if (status == SLOPE_OK)
        *bad = valid;
    return status;
}
