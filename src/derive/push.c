/* SPDX-License-Identifier: MIT */
/*
 * The forward sweep: for v = op(a, b), v_dot = a_dot * dv/da + b_dot * dv/db, beside the replay of the function.
 *
 * A loop with tangents becomes one loop over a body that gives values and tangents (SLOPE__PUSH), so that nothing is
 * computed twice; a carried input's tangent is carried from its output's.
 */
#include <stdlib.h>
#include <string.h>

#include "derive/derive.h"

int slope__push_begin(slope__push *p, slope__builder *b, const slope_function *f, slope__cell data)
{
    *p = (slope__push){.b = b, .f = f};
    p->map = slope__new(f->cells, sizeof *p->map);
    p->dot = slope__new(f->cells, sizeof *p->dot);
    if (!p->map || !p->dot || !slope__push_find_roots(p)) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
        return 0;
    }
    size_t own = 0; /* cells of inputs that are no data */
    for (size_t g = 0; g < f->inputs; g++)
        own += f->input[g].length;
    for (size_t c = 0; c < f->input_cells; c++)
        p->map[c] = c < own ? (slope__cell)c : data + (slope__cell)(c - own);
    slope__build_numbers(b, f, p->map);
    p->zero = slope__build_number(b, 0.0);
    slope__push_clear(p);
    return slope__builder_status(b) == SLOPE_OK;
}

void slope__push_clear(slope__push *p) { memset(p->dot, 0xFF, p->f->cells * sizeof *p->dot); /* SLOPE__NONE */ }

void slope__push_end(slope__push *p)
{
    free(p->map);
    free(p->dot);
    free(p->roots);
}

static int moves(const slope__push *p, slope__cell c) { return p->dot[c] != SLOPE__NONE && p->dot[c] != p->zero; }

/* ------------------------------------------------------------------------------------------------------ operations */

/* Only the branch that is taken; the other one's tangent may be anything. */
static slope__cell push_select(slope__push *p, const slope__cell id[])
{
    if (!moves(p, id[1]) && !moves(p, id[2]))
        return SLOPE__NONE;
    return slope__build3(p->b, slope__code_select, p->map[id[0]], moves(p, id[1]) ? p->dot[id[1]] : p->zero,
                         moves(p, id[2]) ? p->dot[id[2]] : p->zero);
}

/* x: room for 2 * count cells. */
static slope__cell push_operation(slope__push *p, const slope__instruction *i, slope__cell x[])
{
    const slope__cell *id = p->f->operand + i->operand;
    if (i->code == slope__code_select)
        return push_select(p, id);
    slope__cell *term = x + i->count;
    size_t terms = 0;
    for (size_t k = 0; k < i->count; k++)
        x[k] = p->map[id[k]];
    for (size_t k = 0; k < i->count; k++) {
        if (!moves(p, id[k]) || !slope__has_slope(i->code, k))
            continue;
        const slope__ref partial = slope__build_partial(p->b, i->code, i->count, x, p->map[i->result], k);
        const slope__cell c = slope__push_operand(p, i, k, partial);
        if (c != SLOPE__NONE)
            term[terms++] = c;
    }
    return slope__sum(p->b, terms, term);
}

static void push_scalar(slope__push *p, const slope__instruction *i)
{
    slope__cell few[16] = {0}, *x = few;
    int any = 0;
    for (size_t k = 0; k < i->count && !any; k++)
        any = moves(p, p->f->operand[i->operand + k]);
    if (!any || slope__push_leap(p, i))
        return;
    if (i->count > 8 && !(x = slope__new(2 * (size_t)i->count, sizeof *x))) {
        slope__builder_fail(p->b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
        return;
    }
    p->dot[i->result] = push_operation(p, i, x);
    if (x != few)
        free(x);
}

/* ----------------------------------------------------------------------------------------------------------- loops */

static int view_moves(const slope__push *p, const slope__view *view, size_t n, size_t length)
{
    n = slope__view_items(view, n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < length; j++) {
            if (moves(p, slope__view_at(view, length, i, j)))
                return 1;
        }
    }
    return 0;
}

/* A structural 0 among the tangents that a loop reads becomes the number. */
static void fill_zeros(slope__push *p, const slope__view *view, size_t n, size_t length)
{
    n = slope__view_items(view, n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < length; j++) {
            slope__cell *c = &p->dot[slope__view_at(view, length, i, j)];
            if (*c == SLOPE__NONE)
                *c = p->zero;
        }
    }
}

/* Binds sources and places targets of the loop over values and tangents. */
static void bind_frame(slope__push *p, const slope__loop *loop, slope__loop_frame *frame, const size_t wrt[], size_t n,
                       const unsigned char seeds[])
{
    const slope_function *body = loop->body;
    size_t dots = body->outputs;
    uint32_t *dot_of = slope__new(body->outputs, sizeof *dot_of); /* of each output: the output that is its tangent */
    if (!dot_of) {
        slope__builder_fail(p->b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
        return;
    }
    for (size_t o = 0; o < body->outputs; o++) {
        const slope__target *t = &loop->target[o];
        frame->loop.target[o] = *t;
        dot_of[o] = (uint32_t)dots;
        if (seeds[o])
            frame->loop.target[dots++] = *t;
    }
    for (size_t g = 0; g < body->inputs; g++) {
        const slope__source *s = &loop->source[g];
        if (s->carried == SLOPE__NONE)
            slope__loop_frame_read(frame, g, &s->view, p->map, 0);
        else
            slope__loop_frame_carry(frame, g, s->carried, &s->view, p->map);
    }
    for (size_t k = 0; k < n; k++) {
        const slope__source *s = &loop->source[wrt[k]];
        const uint32_t from = slope__carried(loop, wrt[k]);
        fill_zeros(p, &s->view, from == SLOPE__NONE ? loop->n : 1, body->input[wrt[k]].length);
        if (from == SLOPE__NONE)
            slope__loop_frame_read(frame, body->inputs + k, &s->view, p->dot, 0);
        else
            slope__loop_frame_carry(frame, body->inputs + k, dot_of[from], &s->view, p->dot);
    }
    for (size_t d = 0; d < body->data; d++)
        slope__loop_frame_read(frame, body->inputs + n + d, &loop->source[body->inputs + d].view, p->map, 0);
    free(dot_of);
}

/* Where values and tangents are. */
static void take_tangents(slope__push *p, const slope__instruction *i, const slope__loop_frame *frame,
                          slope__cell first, const unsigned char seeds[])
{
    const slope__loop *loop = &p->f->loop[i->operand];
    size_t dot = loop->body->outputs;
    for (size_t o = 0; o < loop->body->outputs; o++) {
        const slope__target *t = &loop->target[o];
        for (size_t k = 0; k < t->extent && !p->replayed; k++)
            p->map[i->result + t->base + k] = first + frame->loop.target[o].base + (slope__cell)k;
        if (!seeds[o])
            continue;
        for (size_t k = 0; k < t->extent; k++)
            p->dot[i->result + t->base + k] = first + frame->loop.target[dot].base + (slope__cell)k;
        dot++;
    }
}

static void push_through(slope__push *p, const slope__instruction *i, const unsigned char on[],
                         const unsigned char seeds[])
{
    const slope__loop *loop = &p->f->loop[i->operand];
    size_t *wrt = slope__new(loop->body->inputs, sizeof *wrt), n = 0;
    slope_error error = {0};
    for (size_t g = 0; wrt && g < loop->body->inputs; g++) {
        if (on[g])
            wrt[n++] = g;
    }
    const slope__spec spec = {SLOPE__PUSH, n, wrt, seeds, 0};
    slope_function *body = wrt ? slope__derived(loop->body, &spec, slope__make_push, &error) : NULL;
    slope__loop_frame frame;
    if (!body) {
        slope__builder_fail(p->b, error.status ? error.status : SLOPE_ERR_MEMORY, "%s",
                            error.status ? error.message : "there is not enough memory for a derivative");
    } else if (slope__loop_frame_begin(&frame, p->b, body, loop->n)) {
        bind_frame(p, loop, &frame, wrt, n, seeds);
        const slope__cell first = slope__loop_frame_build(&frame);
        if (first != SLOPE__NONE)
            take_tangents(p, i, &frame, first, seeds);
        /* the lists of targets are the old loop's */
        for (size_t o = 0; o < body->outputs; o++)
            frame.loop.target[o].view.index = NULL;
        slope__loop_frame_end(&frame);
    }
    slope_function_destroy(body);
    free(wrt);
}

/* 1 when tangents flow through the loop, which then is appended. */
static int push_loop(slope__push *p, const slope__instruction *i)
{
    const slope__loop *loop = &p->f->loop[i->operand];
    const slope_function *body = loop->body;
    const slope__reach *r = slope__reach_of(body);
    unsigned char *on = slope__new(body->inputs, 1), *seeds = slope__new(body->outputs, 1);
    int any = 0;
    if (!r || !on || !seeds) {
        slope__builder_fail(p->b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
        free(on);
        free(seeds);
        return 1;
    }
    for (size_t g = 0; g < body->inputs; g++)
        on[g] = (unsigned char)view_moves(p, &loop->source[g].view,
                                          slope__carried(loop, g) == SLOPE__NONE ? loop->n : 1, body->input[g].length);
    slope__loop_vary(loop, r, on, seeds);
    for (size_t g = 0; g < body->inputs; g++) { /* what is carried into a tangent must be there, if as zeros */
        if (on[g] && slope__carried(loop, g) != SLOPE__NONE)
            seeds[slope__carried(loop, g)] = 1;
    }
    for (size_t o = 0; o < body->outputs; o++)
        any |= seeds[o];
    if (any)
        push_through(p, i, on, seeds);
    free(on);
    free(seeds);
    return any;
}

void slope__push_run(slope__push *p)
{
    const slope_function *f = p->f;
    if (f->opaque) {
        slope__push_opaque(p);
        return;
    }
    for (size_t k = 0; k < f->instructions && slope__builder_status(p->b) == SLOPE_OK; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code == slope__code_loop) {
            if (!push_loop(p, i) && !p->replayed)
                slope__build_step(p->b, f, k, p->map);
            continue;
        }
        if (!p->replayed)
            slope__build_step(p->b, f, k, p->map);
        if (slope__builder_status(p->b) == SLOPE_OK)
            push_scalar(p, i);
    }
    if (!p->replayed)
        slope__build_guards(p->b, f, p->map);
    p->replayed = 1;
}
