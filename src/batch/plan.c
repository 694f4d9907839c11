/* SPDX-License-Identifier: MIT */
/* Plans: what is uniform, which instructions go together, in what order; kept with the function. */
#include "batch/plan.h"

#include <stdlib.h>
#include <string.h>

#include "batch/planner.h"
#include "batch/run.h"

static const char plan_key;

/* -------------------------------------------------------------------------------------------------------- objects */

slope__object *slope__object_of(const slope__planner *s, slope__cell c)
{
    size_t low = 0, high = s->segments;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (s->segment[middle].first <= c)
            low = middle;
        else
            high = middle;
    }
    const slope__cell_run *g = &s->segment[low];
    return &s->object[g->object + (g->run ? c - g->first : 0)];
}

static void add_object(slope__planner *s, size_t first, size_t count, uint32_t instruction, int lanes, int run)
{
    if (count == 0)
        return;
    const slope__cell_run *last = s->segments ? &s->segment[s->segments - 1] : NULL;
    if (!run || !last || !last->run)
        s->segment[s->segments++] = (slope__cell_run){(slope__cell)first, (uint32_t)s->objects, run};
    s->object[s->objects++] = (slope__object){
        .first = (slope__cell)first, .count = (uint32_t)count, .instruction = instruction, .lanes = lanes != 0};
}

static size_t objects_at_most(const slope_function *f)
{
    size_t most = f->inputs + f->data + 1 + f->instructions;
    for (size_t k = 0; k < f->loops; k++)
        most += f->loop[k].body->outputs;
    return most;
}

static void add_loop(slope__planner *s, const slope__instruction *i, uint32_t at)
{
    const slope__loop *loop = &s->f->loop[i->operand];
    slope__plan_loop_kind(s, i->operand);
    const int lanes = s->p->loop[i->operand].in_lanes;
    for (size_t g = 0; g < loop->body->outputs; g++) {
        const slope__target *t = &loop->target[g];
        if (t->kind != SLOPE__DROPPED)
            add_object(s, i->result + t->base, t->extent, at, lanes, 0);
    }
}

void slope__plan_objects(slope__planner *s)
{
    const slope_function *f = s->f;
    const size_t most = objects_at_most(f);
    s->object = slope__new(most, sizeof *s->object);
    s->segment = slope__new(most, sizeof *s->segment);
    if (!s->object || !s->segment) {
        s->failed = 1;
        return;
    }
    for (size_t g = 0; g < f->inputs + f->data; g++)
        add_object(s, f->input[g].first, f->input[g].length, SLOPE__NONE, s->p->in_lanes[g], 0);
    add_object(s, f->input_cells, f->numbers, SLOPE__NONE, 0, 0);
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code == slope__code_loop) {
            add_loop(s, i, (uint32_t)k);
            continue;
        }
        int lanes = 0;
        for (size_t o = 0; o < i->count && !lanes; o++)
            lanes = slope__object_of(s, f->operand[i->operand + o])->lanes;
        add_object(s, i->result, 1, (uint32_t)k, lanes, 1);
    }
}

/* -------------------------------------------------------------------------------------------------------- the whole */

static void free_access(slope__access *a) { free(a->gather); }

static void free_stream(slope__stream *s)
{
    free(s->step);
    free(s->part);
    free(s->guard);
}

static void destroy_plan(void *object)
{
    slope__plan *p = object;
    for (size_t k = 0; p->loop && k < p->loops; k++) {
        slope__run_loop *l = &p->loop[k];
        for (size_t g = 0; l->source && g < l->loop->body->inputs + l->loop->body->data; g++)
            free_access(&l->source[g]);
        free(l->source);
        free(l->target);
        free(l->pair);
    }
    free(p->loop);
    free_stream(&p->uniform);
    free_stream(&p->lanes);
    free(p->list);
    free(p->term);
    free(p->fetch);
    free(p->fetch_first);
    free(p->constant);
    free(p->rows_of);
    free(p->ref);
    free(p->ref_first);
    free(p->drop);
    free(p->reserve);
    free(p->in_lanes);
    free(p->summed);
    free(p->whole);
    free(atomic_load(&p->spare));
    free(p->sum_number);
    free(p);
}

static slope__plan *new_plan(const slope_function *f, uint32_t in, uint32_t sums)
{
    slope__plan *p = slope__new(1, sizeof *p);
    if (!p)
        return NULL;
    p->f = f;
    p->unit = slope__unit_here();
    p->loops = f->loops;
    p->loop = slope__new(f->loops, sizeof *p->loop);
    p->in_lanes = slope__new(f->inputs + f->data, 1);
    p->summed = slope__new(f->outputs, 1);
    p->whole = slope__new(f->outputs, 1);
    p->reserve = slope__new(f->outputs, sizeof *p->reserve);
    p->drop = slope__new(f->results, sizeof *p->drop);
    p->fetch_first = slope__new(f->inputs + f->data + 1, sizeof *p->fetch_first);
    if (!p->loop || !p->in_lanes || !p->summed || !p->whole || !p->reserve || !p->drop || !p->fetch_first) {
        destroy_plan(p);
        return NULL;
    }
    for (size_t k = 0; k < f->loops; k++)
        p->loop[k].loop = &f->loop[k];
    for (size_t g = 0; g < f->inputs + f->data; g++) {
        p->in_lanes[g] = in >> (g < 31 ? g : 31) & 1;
        p->packed += p->in_lanes[g] ? f->input[g].length : 0;
    }
    for (size_t g = 0; g < f->outputs && g < 31; g++) {
        p->summed[g] = sums >> g & 1;
        p->sum_numbers += p->summed[g] ? f->output[g].length : 0;
    }
    p->sum_number = slope__new(p->sum_numbers, sizeof *p->sum_number);
    if (!p->sum_number) {
        destroy_plan(p);
        return NULL;
    }
    for (size_t g = 0, k = 0; g < f->outputs; g++) {
        for (size_t j = 0; p->summed[g] && j < f->output[g].length; j++)
            p->sum_number[k++] = (uint32_t)(f->output[g].first + j);
    }
    return p;
}

static void clear(slope__planner *s)
{
    for (size_t g = 0; s->fetched && g < s->f->inputs + s->f->data; g++)
        free(s->fetched[g]);
    free(s->fetched);
    free(s->numbered);
    free(s->object);
    free(s->segment);
    free(s->draft);
    free(s->cell);
    free(s->kind);
    free(s->slots.one);
    free(s->rows.one);
    free(s->refs);
}

/* Frame sizes with those of the loops inside, which follow each other in the same memory. */
static void measure(slope__plan *p)
{
    size_t rows = 0, fixed = 0;
    for (size_t k = 0; k < p->loops; k++) {
        const slope__run_loop *l = &p->loop[k];
        if (l->in_lanes) {
            rows = l->body->deep_rows > rows ? l->body->deep_rows : rows;
            fixed = l->body->fixed > fixed ? l->body->fixed : fixed;
        } else {
            const slope_function *body = l->loop->body;
            const size_t groups = body->inputs + body->data + body->outputs;
            const size_t bytes = l->way == SLOPE__BLOCKS ? slope__block_bytes(l->body, l->stride, 1) +
                                                               slope__aligned(groups * SLOPE__PER_GROUP) + SLOPE__EXTRA
                                                         : l->body->fixed;
            fixed = bytes > fixed ? bytes : fixed;
        }
    }
    p->deep_rows = p->rows + rows;
    p->fixed = slope__aligned(p->slots * sizeof(double)) + slope__aligned(slope__bases(p) * sizeof(slope__base)) +
               slope__aligned(p->refs * sizeof(double *)) + slope__aligned((p->widest + 1) * sizeof(double)) + fixed;
}

slope__plan *slope__plan_of(const slope_function *f, uint32_t in, uint32_t sums)
{
    if (f->text)
        f = f->text;
    const uint64_t key = (uint64_t)sums << 32 | in;
    slope__plan *p = slope__attached(f, &plan_key, key);
    if (p || !(p = new_plan(f, in, sums)))
        return p;
    slope__planner s = {.f = f, .p = p};
    if (f->opaque)
        s.failed = !slope__plan_opaque(p);
    else
        slope__plan_objects(&s);
    if (!s.failed && !f->opaque)
        slope__plan_drafts(&s);
    if (!s.failed && !f->opaque)
        slope__plan_places(&s);
    if (!s.failed && !f->opaque)
        slope__plan_steps(&s);
    clear(&s);
    if (s.failed) {
        destroy_plan(p);
        return NULL;
    }
    measure(p);
    return slope__attach(f, &plan_key, key, p, destroy_plan);
}

size_t slope__block_bytes(const slope__plan *p, size_t stride, size_t totals)
{
    return p->fixed + (p->deep_rows + p->packed) * stride * sizeof(double) +
           slope__aligned(p->sum_numbers * (8 + totals) * sizeof(double));
}

size_t slope__plan_stride(const slope__plan *p, size_t n)
{
    enum { NEAR = 64 << 10, FAR = 384 << 10, GOOD = 64 };
    const size_t row = (p->deep_rows + p->packed + 1) * sizeof(double), close = NEAR / row, further = FAR / row;
    size_t most = close >= GOOD ? close : further < GOOD ? further : GOOD;
    most = most > SLOPE__CHUNK ? SLOPE__CHUNK : most < 8 ? 8 : most / 8 * 8;
    const size_t chunk = n < SLOPE__CHUNK ? n : SLOPE__CHUNK, blocks = (chunk + most - 1) / most,
                 even = blocks ? (chunk + blocks - 1) / blocks : 8;
    return (even + 7) / 8 * 8;
}
