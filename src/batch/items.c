/* SPDX-License-Identifier: MIT */
/*
 * Loops item by item: calls, folds, short maps, and all loops inside lanes, where every number is a row.  The body
 * reads and writes the numbers of the function around it in place where it can.
 */
#include <string.h>

#include "batch/run.h"

typedef struct items {
    slope__frame *outer;
    slope__frame inner;
    const slope__run_loop *l;
    size_t lanes;
} items;

static void copy_row(double *to, const double *from, size_t lanes, int single)
{
    if (lanes == 1) {
        *to = *from;
        return;
    }
    if (!single) {
        memcpy(to, from, lanes * sizeof *to);
        return;
    }
    const double x = *from;
    for (size_t i = 0; i < lanes; i++)
        to[i] = x;
}

static void add_item_row(double *to, const double *from, size_t lanes, int single)
{
    for (size_t i = 0; i < lanes; i++)
        to[i] += from[single ? 0 : i];
}

void slope__bring_together(const slope__frame *f, const slope__run_loop *l, size_t lanes)
{
    for (size_t g = 0; g < l->loop->body->inputs + l->loop->body->data; g++) {
        const slope__access *a = &l->source[g];
        double *to = a->gathers ? slope__at(f, (slope__place){a->base, a->at}) : NULL;
        const ptrdiff_t step = f->base[a->base].step;
        for (size_t k = 0; k < a->gathers; k++) {
            const slope__place from = {a->gather[k].base & ~SLOPE__ONE_FOR_ALL, a->gather[k].at};
            copy_row(to + (ptrdiff_t)k * step, slope__at(f, from), a->single ? 1 : lanes,
                     (a->gather[k].base & SLOPE__ONE_FOR_ALL) != 0);
        }
    }
}

/* Where a carried input's numbers of item i are. */
static slope__base carried_at(const items *t, size_t g, size_t i)
{
    const slope__loop *loop = t->l->loop;
    const uint32_t o = loop->source[g].carried;
    const slope__target *target = &loop->target[o];
    const slope__frame *f = t->outer;
    if (target->kind == SLOPE__EACH) {
        slope__place at = t->l->target[o];
        const slope__base b = f->base[at.base];
        return (slope__base){slope__at(f, at) + (ptrdiff_t)((i - 1) * loop->body->input[g].length) * b.step, b.step};
    }
    const slope__base b = f->base[t->lanes == 1 ? SLOPE__UNIFORM : SLOPE__LANES];
    const size_t length = loop->body->input[g].length;
    return (slope__base){b.p + (ptrdiff_t)(t->l->pair[g] + (i & 1) * length) * b.step, b.step};
}

static void set_item(items *t, size_t i)
{
    const slope__loop *loop = t->l->loop;
    const slope_function *body = loop->body;
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        const slope__access *a = &t->l->source[g];
        const int carried = loop->source[g].carried != SLOPE__NONE;
        if (body->input[g].length == 0 || (i > 0 && !carried && a->item == 0))
            continue;
        const slope__base b = t->outer->base[a->base];
        slope__base at = {b.p + ((ptrdiff_t)a->at + (ptrdiff_t)i * (ptrdiff_t)a->item) * b.step,
                          (ptrdiff_t)a->element * b.step};
        if (carried && i > 0)
            at = carried_at(t, g, i);
        slope__set_base(&t->inner, (uint32_t)(SLOPE__OUTSIDE + g), at.p, at.step);
        slope__fetch_group(&t->inner, g);
    }
}

/* The input that output g is carried to; SIZE_MAX when there is none. */
static size_t carried_to(const slope__loop *loop, size_t g)
{
    for (size_t k = 0; k < loop->body->inputs; k++) {
        if (loop->source[k].carried == g)
            return k;
    }
    return SIZE_MAX;
}

/* Where output g of item i is written at once; p NULL: only kept inside for now. */
static slope__base output_at(const items *t, size_t g, size_t i)
{
    const slope__loop *loop = t->l->loop;
    const slope__target *target = &loop->target[g];
    const size_t to = carried_to(loop, g);
    if (target->kind == SLOPE__EACH) {
        const slope__base b = t->outer->base[t->l->target[g].base];
        return (slope__base){slope__at(t->outer, t->l->target[g]) +
                                 ((ptrdiff_t)target->view.first + (ptrdiff_t)i * (ptrdiff_t)target->view.item) * b.step,
                             b.step};
    }
    if (to != SIZE_MAX)
        return carried_at(t, to, i + 1);
    if (target->kind == SLOPE__LAST)
        return (slope__base){slope__at(t->outer, t->l->target[g]), t->outer->base[t->l->target[g].base].step};
    return (slope__base){NULL, 0};
}

/* Output groups of the body that are written in place get their array; those kept inside a reserve. */
static void set_item_outputs(items *t, size_t i)
{
    const slope_function *body = t->l->loop->body;
    for (size_t g = 0; g < body->outputs; g++) {
        if (body->output[g].length == 0)
            continue;
        slope__base at = output_at(t, g, i);
        if (!at.p || (t->lanes == 1 && at.step != 1)) {
            const slope__base b = t->inner.base[t->lanes == 1 ? SLOPE__UNIFORM : SLOPE__LANES];
            at = (slope__base){b.p + (ptrdiff_t)t->inner.p->reserve[g] * b.step, b.step};
        }
        slope__set_base(&t->inner, slope__output_base(t->inner.p, g), at.p, at.step);
    }
}

static void put_output(items *t, size_t g, slope__base to)
{
    const slope__group *out = &t->l->loop->body->output[g];
    if (t->inner.p->whole[g] && t->inner.base[slope__output_base(t->inner.p, g)].p == to.p)
        return;
    for (size_t j = 0; j < out->length; j++) {
        const slope__drop *d = &t->inner.p->drop[out->first + j];
        const double *from = slope__at(&t->inner, d->from);
        double *at = to.p + (ptrdiff_t)j * to.step;
        if (at != from)
            copy_row(at, from, t->lanes, d->single);
    }
}

static void add_output(items *t, size_t g, size_t i)
{
    const slope__loop *loop = t->l->loop;
    const slope__group *out = &loop->body->output[g];
    const ptrdiff_t step = t->outer->base[t->l->target[g].base].step;
    double *const to = slope__at(t->outer, t->l->target[g]);
    const slope__base whole = t->inner.base[slope__output_base(t->inner.p, g)];
    if (t->lanes == 1 && t->inner.p->whole[g] && whole.step == 1 && !loop->target[g].view.index &&
        loop->target[g].view.element == 1) {
        t->inner.p->unit->add(to + (ptrdiff_t)slope__view_at(&loop->target[g].view, out->length, i, 0) * step, step,
                              whole.p, out->length);
        return;
    }
    for (size_t j = 0; j < out->length; j++) {
        const slope__drop *d = &t->inner.p->drop[out->first + j];
        add_item_row(to + (ptrdiff_t)slope__view_at(&loop->target[g].view, out->length, i, j) * step,
                     slope__at(&t->inner, d->from), t->lanes, d->single);
    }
}

static void put_item(items *t, size_t i)
{
    const slope__loop *loop = t->l->loop;
    for (size_t g = 0; g < loop->body->outputs; g++) {
        if (loop->body->output[g].length == 0)
            continue;
        const slope__base to = output_at(t, g, i);
        if (to.p && !t->inner.p->summed[g])
            put_output(t, g, to);
        if (loop->target[g].kind == SLOPE__ADDED)
            add_output(t, g, i);
    }
}

static void clear_sums(const items *t)
{
    const slope__loop *loop = t->l->loop;
    for (size_t g = 0; g < loop->body->outputs; g++) {
        if (loop->target[g].kind != SLOPE__ADDED && (loop->n > 0 || loop->target[g].kind == SLOPE__DROPPED))
            continue;
        const double zero = 0.0;
        const ptrdiff_t step = loop->target[g].extent ? t->outer->base[t->l->target[g].base].step : 0;
        for (size_t j = 0; j < loop->target[g].extent; j++)
            copy_row(slope__at(t->outer, t->l->target[g]) + (ptrdiff_t)j * step, &zero, t->lanes, 1);
    }
}

/* What a fold ends with; one of no steps with what it starts with. */
static void finish(const items *t)
{
    const slope__loop *loop = t->l->loop;
    for (size_t g = 0; g < loop->body->inputs; g++) {
        const uint32_t o = loop->source[g].carried;
        if (o == SLOPE__NONE || loop->target[o].kind != SLOPE__LAST || loop->body->input[g].length == 0)
            continue;
        const slope__access *a = &t->l->source[g];
        slope__base from = t->outer->base[a->base];
        from = (slope__base){from.p + (ptrdiff_t)a->at * from.step, (ptrdiff_t)a->element * from.step};
        if (loop->n > 0)
            from = carried_at(t, g, loop->n);
        double *to = slope__at(t->outer, t->l->target[o]);
        const ptrdiff_t step = t->outer->base[t->l->target[o].base].step;
        for (size_t j = 0; j < loop->body->input[g].length; j++)
            copy_row(to + (ptrdiff_t)j * step, from.p + (ptrdiff_t)j * from.step, t->lanes, a->single);
    }
}

slope_status slope__run_items(slope__frame *f, const slope__run_loop *l, size_t lanes, size_t valid, size_t *bad)
{
    items t = {.outer = f, .l = l, .lanes = lanes};
    slope_status status = SLOPE_OK;
    slope__enter(&t.inner, l->body, f->inside, lanes == 1 ? 0 : f->stride);
    t.inner.threads = f->threads;
    t.inner.others = f->others;
    t.inner.share = f->share;
    slope__bring_together(f, l, lanes);
    clear_sums(&t);
    for (size_t i = 0; i < l->loop->n && status == SLOPE_OK; i++) {
        set_item(&t, i);
        set_item_outputs(&t, i);
        status = slope__run_uniform(&t.inner);
        if (status == SLOPE_ERR_BRANCH)
            *bad = 0;
        if (status == SLOPE_OK && lanes > 1)
            status = slope__run_lanes(&t.inner, lanes, valid, bad);
        if (status == SLOPE_OK)
            put_item(&t, i);
    }
    if (status == SLOPE_OK)
        finish(&t);
    return status;
}
