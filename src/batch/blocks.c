/* SPDX-License-Identifier: MIT */
/*
 * Items in blocks of lanes: maps, and the points of a batch.  What is missing to a multiple of 8 is filled up with
 * copies of the last item, so that full vectors always run and a result doesn't depend on its place.
 */
#include <string.h>
#if defined _OPENMP
#include <omp.h>
#endif

#include "base/exceptions.h"
#include "batch/run.h"

typedef struct chunk {
    slope__frame frame;
    const slope__across *in, *out;
    double *acc;  /* of every summed number 8 sums */
    double *pack; /* rows of inputs that can't be read in place */
    int lanes_plan;
} chunk;

/* Whether rows of a group are one after another in memory as they are. */
static int in_place(const slope__across *a, size_t lanes, size_t valid)
{
    return a->item == 1 && (lanes == valid || a->padded);
}

void slope__pack(const slope__unit *unit, double *to, size_t stride, const double *from, ptrdiff_t item,
                 ptrdiff_t element, size_t length, size_t n)
{
    const size_t lanes = (n + 7) / 8 * 8;
    if (element == 1 && item != 1)
        unit->split(to, stride, from, item, length, n);
    for (size_t j = 0; j < length; j++, from += element, to += stride) {
        if (item == 1)
            memcpy(to, from, n * sizeof *to);
        for (size_t i = 0; item != 1 && element != 1 && i < n; i++)
            to[i] = from[(ptrdiff_t)i * item];
        for (size_t i = n; i < lanes; i++)
            to[i] = to[n - 1];
    }
}

static void set_inputs(chunk *c, size_t i, size_t lanes, size_t valid)
{
    const slope__plan *p = c->frame.p;
    double *rows = c->pack;
    for (size_t g = 0; g < p->f->inputs + p->f->data; g++) {
        const slope__across *a = &c->in[g];
        const size_t length = p->f->input[g].length;
        if (!p->in_lanes[g] || length == 0)
            continue;
        const double *from = a->p + (ptrdiff_t)i * a->item;
        if (in_place(a, lanes, valid)) {
            slope__set_base(&c->frame, slope__input_base(p, g), a->p + i, a->element);
        } else {
            slope__pack(p->unit, rows, c->frame.stride, from, a->item, a->element, length, valid);
            slope__set_base(&c->frame, slope__input_base(p, g), rows, (ptrdiff_t)c->frame.stride);
        }
        rows += length * c->frame.stride;
    }
}

static void set_outputs(chunk *c, size_t i, size_t lanes, size_t valid)
{
    const slope__plan *p = c->frame.p;
    const slope__base own = c->frame.base[c->lanes_plan ? SLOPE__LANES : SLOPE__UNIFORM];
    for (size_t g = 0; g < p->f->outputs; g++) {
        const slope__across *a = &c->out[g];
        if (p->summed[g] || p->f->output[g].length == 0)
            continue;
        if (c->lanes_plan && a->kind == SLOPE__ACROSS_EACH && in_place(a, lanes, valid))
            slope__set_base(&c->frame, slope__output_base(p, g), a->p + i, a->element);
        else
            slope__set_base(&c->frame, slope__output_base(p, g), own.p + (ptrdiff_t)p->reserve[g] * own.step, own.step);
    }
}

static void put_each(const chunk *c, size_t g, size_t i, size_t valid)
{
    const slope__plan *p = c->frame.p;
    const slope__across *a = &c->out[g];
    const slope__group *out = &p->f->output[g];
    if (p->whole[g] && c->frame.base[slope__output_base(p, g)].p == a->p + (ptrdiff_t)i * a->item)
        return;
    if (p->whole[g] && a->element == 1 && a->item != 1 && c->lanes_plan) {
        const slope__base b = c->frame.base[slope__output_base(p, g)];
        p->unit->join(a->p + (ptrdiff_t)i * a->item, a->item, b.p, (size_t)b.step, out->length, valid);
        return;
    }
    for (size_t j = 0; j < out->length; j++) {
        const slope__drop *d = &p->drop[out->first + j];
        const double *from = slope__at(&c->frame, d->from);
        double *to = a->p + (ptrdiff_t)i * a->item + (ptrdiff_t)j * a->element;
        for (size_t k = 0; to != from && k < valid; k++)
            to[(ptrdiff_t)k * a->item] = from[d->single ? 0 : k];
    }
}

/* Item after item, so that numbers that meet are added in that order. */
static void put_listed(const chunk *c, size_t g, size_t i, size_t valid)
{
    const slope__across *a = &c->out[g];
    const slope__group *out = &c->frame.p->f->output[g];
    for (size_t k = 0; k < valid; k++) {
        for (size_t j = 0; j < out->length; j++) {
            const slope__drop *d = &c->frame.p->drop[out->first + j];
            const ptrdiff_t at = a->index ? (ptrdiff_t)a->index[(i + k) * out->length + j] * a->element
                                          : (ptrdiff_t)(i + k) * a->item + (ptrdiff_t)j * a->element;
            a->p[at] += slope__at(&c->frame, d->from)[d->single ? 0 : k];
        }
    }
}

/* The same row by row.  Where rows meet, an earlier item's number is of the row further along, seen in the direction of
   items: so that row comes first. */
static void put_scattered(const chunk *c, size_t g, size_t i, size_t valid)
{
    const slope__across *a = &c->out[g];
    const slope__group *out = &c->frame.p->f->output[g];
    const int backwards = (a->item > 0) == (a->element > 0) && a->element != 0;
    if (a->index || a->item == 0) {
        put_listed(c, g, i, valid);
        return;
    }
    for (size_t k = 0; k < out->length; k++) {
        const size_t j = backwards ? out->length - 1 - k : k;
        const slope__drop *d = &c->frame.p->drop[out->first + j];
        const double *from = slope__at(&c->frame, d->from);
        double *to = a->p + (ptrdiff_t)i * a->item + (ptrdiff_t)j * a->element;
        if (!d->single)
            c->frame.p->unit->add(to, a->item, from, valid);
        for (size_t l = 0; d->single && l < valid; l++)
            to[(ptrdiff_t)l * a->item] += *from;
    }
}

static void put_outputs(const chunk *c, size_t i, size_t valid)
{
    for (size_t g = 0; g < c->frame.p->f->outputs; g++) {
        if (c->out[g].kind == SLOPE__ACROSS_EACH)
            put_each(c, g, i, valid);
        else if (c->out[g].kind == SLOPE__ACROSS_SCATTER)
            put_scattered(c, g, i, valid);
    }
}

typedef double lane_pair __attribute__((vector_size(16), aligned(8), may_alias));

/* The eight sums of every summed number: ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)). */
static void put_sums(const chunk *c, double total[])
{
    const size_t n = c->frame.p->sum_numbers;
    for (size_t k = 0; k < n; k++) {
        const lane_pair *s = (const lane_pair *)(const void *)&c->acc[8 * k];
        const lane_pair halves = (s[0] + s[2]) + (s[1] + s[3]);
        total[k] = halves[0] + halves[1];
    }
}

static void begin(chunk *c, const slope__plan *p, size_t stride, char *work)
{
    slope__enter(&c->frame, p, work, stride);
    const size_t rows = (p->deep_rows + p->packed) * stride * sizeof(double);
    c->pack = (double *)(void *)(work + p->fixed + p->deep_rows * stride * sizeof(double));
    c->acc = (double *)(void *)(work + p->fixed + rows);
    memset(c->acc, 0, 8 * p->sum_numbers * sizeof(double));
    double *acc = c->acc;
    for (size_t g = 0; g < p->f->outputs; g++) {
        if (!p->summed[g])
            continue;
        slope__set_base(&c->frame, slope__output_base(p, g), acc, 8);
        acc += 8 * p->f->output[g].length;
    }
    for (size_t g = 0; g < p->f->inputs + p->f->data; g++) {
        c->lanes_plan |= p->in_lanes[g];
        if (p->in_lanes[g] || p->f->input[g].length == 0)
            continue;
        slope__set_base(&c->frame, slope__input_base(p, g), c->in[g].p, c->in[g].element);
        slope__fetch_group(&c->frame, g);
    }
}

slope_status slope__run_chunk(const slope__plan *p, size_t first, size_t last, const slope__across in[],
                              const slope__across out[], double total[], size_t stride, char *work, size_t *bad)
{
    chunk c = {.in = in, .out = out};
    slope__exceptions before;
    slope__hold_exceptions(&before);
    begin(&c, p, stride, work);
    slope_status status = SLOPE_OK;
    for (size_t i = first; i < last && status == SLOPE_OK; i += stride) {
        const size_t valid = last - i < stride ? last - i : stride, lanes = (valid + 7) / 8 * 8;
        set_inputs(&c, i, lanes, valid);
        set_outputs(&c, i, lanes, valid);
        size_t lane = 0;
        if (i == first)
            status = slope__run_uniform(&c.frame);
        if (status == SLOPE_OK)
            status = slope__run_lanes(&c.frame, lanes, valid, &lane);
        *bad = i + lane;
        if (status == SLOPE_OK)
            put_outputs(&c, i, valid);
    }
    if (status == SLOPE_OK)
        put_sums(&c, total);
    slope__release_exceptions(&before);
    return status;
}

/* ----------------------------------------------------------------------------------------------- maps in a function */

typedef struct blocks {
    slope__frame *outer;
    const slope__run_loop *l;
    slope__across *in, *out;
    size_t chunks;
    slope_status status;
} blocks;

static void aim(blocks *b)
{
    const slope__loop *loop = b->l->loop;
    const slope_function *body = loop->body;
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        const slope__access *a = &b->l->source[g];
        const slope__base base = b->outer->base[a->base];
        b->in[g] = (slope__across){0};
        if (body->input[g].length > 0)
            b->in[g] = (slope__across){.p = base.p + (ptrdiff_t)a->at * base.step,
                                       .item = (ptrdiff_t)a->item * base.step,
                                       .element = (ptrdiff_t)a->element * base.step,
                                       .padded = a->padded};
    }
    for (size_t g = 0; g < body->outputs; g++) {
        const slope__target *t = &loop->target[g];
        b->out[g] = (slope__across){0};
        if (t->extent == 0)
            continue;
        const ptrdiff_t step = b->outer->base[b->l->target[g].base].step;
        double *p = slope__at(b->outer, b->l->target[g]);
        b->out[g] = (slope__across){.p = p + (t->view.index ? 0 : (ptrdiff_t)t->view.first * step),
                                    .item = (ptrdiff_t)t->view.item * step,
                                    .element = (ptrdiff_t)t->view.element * step,
                                    .index = t->view.index,
                                    .kind = SLOPE__ACROSS_EACH};
        if (t->view.index)
            b->out[g].element = step;
        if (t->kind == SLOPE__LAST) /* all items write it, in order; only the last one stays */
            b->out[g].item = 0;
        if (t->kind == SLOPE__ADDED) {
            b->out[g].kind = b->l->body->summed[g] ? SLOPE__ACROSS_SUM : SLOPE__ACROSS_SCATTER;
            for (size_t j = 0; j < t->extent; j++)
                p[(ptrdiff_t)j * step] = 0.0;
        }
    }
}

/* Totals of a chunk go to the sums, in the order of chunks. */
static void add_totals(const blocks *b, const double total[])
{
    const slope_function *body = b->l->loop->body;
    for (size_t g = 0; g < body->outputs; g++) {
        for (size_t j = 0; b->out[g].kind == SLOPE__ACROSS_SUM && j < body->output[g].length; j++)
            b->out[g].p[(ptrdiff_t)j * b->out[g].element] += *total++;
    }
}

static slope_status one_chunk(const blocks *b, size_t k, char *work, double *total)
{
    const size_t n = b->l->loop->n, first = k * SLOPE__CHUNK,
                 last = n - first < SLOPE__CHUNK ? n : first + SLOPE__CHUNK;
    size_t bad;
    return slope__run_chunk(b->l->body, first, last, b->in, b->out, total, b->l->stride, work, &bad);
}

/* Totals lie behind what a chunk needs. */
static double *total_of(const blocks *b, char *work)
{
    return (double *)(void *)(work + slope__block_bytes(b->l->body, b->l->stride, 0));
}

#if defined _OPENMP
static int is_scattered(const blocks *b)
{
    for (size_t g = 0; g < b->l->loop->body->outputs; g++) {
        if (b->out[g].kind == SLOPE__ACROSS_SCATTER || b->l->loop->target[g].kind == SLOPE__LAST)
            return 1;
    }
    return 0;
}

/* Every thread runs one chunk of a round; then the totals are added in order. */
static void run_threads(blocks *b, size_t threads, char *work)
{
    slope_status *status = (slope_status *)(void *)work; /* of every thread */
    work += slope__aligned(threads * sizeof *status);
    for (size_t round = 0; round < b->chunks && b->status == SLOPE_OK; round += threads) {
        const size_t n = b->chunks - round < threads ? b->chunks - round : threads;
#pragma omp parallel for schedule(static, 1) num_threads((int)threads)
        for (size_t k = 0; k < n; k++) {
            char *own = k == 0 ? work : b->outer->others + (k - 1) * b->outer->share;
            status[k] = one_chunk(b, round + k, own, total_of(b, own));
        }
        for (size_t k = 0; k < n && b->status == SLOPE_OK; k++) {
            b->status = status[k];
            add_totals(b, total_of(b, k == 0 ? work : b->outer->others + (k - 1) * b->outer->share));
        }
    }
}
#endif

slope_status slope__run_blocks(slope__frame *f, const slope__run_loop *l)
{
    const slope_function *body = l->loop->body;
    const size_t n = l->loop->n;
    blocks b = {.outer = f, .l = l, .chunks = n / SLOPE__CHUNK + (n % SLOPE__CHUNK != 0)};
    char *work = f->inside;
    b.in = (slope__across *)(void *)work;
    work += slope__aligned((body->inputs + body->data) * sizeof *b.in);
    b.out = (slope__across *)(void *)work;
    work += slope__aligned(body->outputs * sizeof *b.out);
    slope__bring_together(f, l, 1);
    aim(&b);
#if defined _OPENMP
    if (f->threads > 1 && b.chunks > 1 && !is_scattered(&b)) {
        run_threads(&b, (size_t)f->threads, work);
        return b.status;
    }
#endif
    for (size_t k = 0; k < b.chunks && b.status == SLOPE_OK; k++) {
        double *total = total_of(&b, work);
        b.status = one_chunk(&b, k, work, total);
        if (b.status == SLOPE_OK)
            add_totals(&b, total);
    }
    return b.status;
}
