/* SPDX-License-Identifier: MIT */
/*
 * How the reverse sweep goes through a loop, settled before the function is replayed: which inputs of the body vary,
 * which outputs count, the derivative of the body by just these, and which carried inputs it needs the values of, step
 * by step; those the replayed loop gives as further outputs.
 */
#include <stdlib.h>
#include <string.h>

#include "derive/derive.h"

static void plan_starves(slope__pull *p)
{
    slope__builder_fail(p->b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
}

void slope__pull_plan_free(slope__pull_plan *plan)
{
    free(plan->on);
    free(plan->out_on);
    free(plan->wrt);
    free(plan->seed);
    free(plan->state);
    slope_function_destroy(plan->body);
    slope_function_destroy(plan->forward);
}

static int view_has(const slope__pull *p, const slope__view *view, size_t n, size_t length, unsigned char flag)
{
    n = slope__view_items(view, n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < length; j++) {
            if (p->flag[slope__view_at(view, length, i, j)] & flag)
                return 1;
        }
    }
    return 0;
}

static void view_set(slope__pull *p, const slope__view *view, size_t n, size_t length, unsigned char flag)
{
    n = slope__view_items(view, n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < length; j++)
            p->flag[slope__view_at(view, length, i, j)] |= flag;
    }
}

/* How many items the view of a source has. */
static size_t source_items(const slope__loop *loop, size_t g)
{
    return slope__carried(loop, g) == SLOPE__NONE ? loop->n : 1;
}

void slope__pull_plan_vary(slope__pull *p, const slope__instruction *i)
{
    const slope__loop *loop = &p->f->loop[i->operand];
    const slope_function *body = loop->body;
    slope__pull_plan *plan = &p->plan[i->operand];
    const slope__reach *r = slope__reach_of(body);
    plan->on = slope__new(body->inputs, 1);
    plan->out_on = slope__new(body->outputs, 1);
    plan->wrt = slope__new(body->inputs, 1);
    plan->seed = slope__new(body->outputs, 1);
    plan->state = slope__new(body->inputs, sizeof *plan->state);
    if (!r || !plan->on || !plan->out_on || !plan->wrt || !plan->seed || !plan->state) {
        plan_starves(p);
        return;
    }
    for (size_t g = 0; g < body->inputs; g++) {
        plan->on[g] = (unsigned char)view_has(p, &loop->source[g].view, source_items(loop, g), body->input[g].length,
                                              SLOPE__VARIES);
        plan->state[g] = SLOPE__NONE;
    }
    slope__loop_vary(loop, r, plan->on, plan->out_on);
    for (size_t g = 0; g < body->inputs && loop->n == 0; g++) { /* it ends where it starts */
        if (plan->on[g] && loop->source[g].carried != SLOPE__NONE)
            plan->out_on[loop->source[g].carried] = 1;
    }
    for (size_t o = 0; o < body->outputs; o++) {
        const slope__target *t = &loop->target[o];
        for (size_t k = 0; k < t->extent && plan->out_on[o]; k++)
            p->flag[i->result + t->base + k] |= SLOPE__VARIES;
    }
}

/* Which outputs of the body have a say: those whose results count, and those carried into what such ones depend on. */
static void close_need(const slope__pull *p, const slope__instruction *i, unsigned char need[])
{
    const slope__loop *loop = &p->f->loop[i->operand];
    const slope_function *body = loop->body;
    const slope__reach *r = slope__reach_of(body);
    const slope__pull_plan *plan = &p->plan[i->operand];
    for (size_t o = 0; o < body->outputs; o++) {
        const slope__target *t = &loop->target[o];
        for (size_t k = 0; k < t->extent && !need[o] && plan->out_on[o]; k++)
            need[o] = (p->flag[i->result + t->base + k] & SLOPE__COUNTS) != 0;
    }
    for (int changed = 1; changed;) {
        changed = 0;
        for (size_t g = 0; g < body->inputs; g++) {
            const uint32_t from = slope__carried(loop, g);
            if (from == SLOPE__NONE || need[from] || !plan->on[g] || !plan->out_on[from])
                continue;
            for (size_t o = 0; o < body->outputs && !need[from]; o++)
                need[from] = need[o] && slope__reaches(r, g, o);
            changed |= need[from];
        }
    }
}

/* How many adjoint inputs output o of the body has in the derivative: one per input carried from it, one for what its
   results get; those of the last item are where the first carried adjoint starts. */
static unsigned count_seeds(const slope__loop *loop, const slope__pull_plan *plan, size_t o)
{
    unsigned carriers = 0;
    for (size_t g = 0; g < loop->body->inputs; g++)
        carriers += plan->wrt[g] && slope__carried(loop, g) == o;
    switch (loop->target[o].kind) {
    case SLOPE__EACH:
    case SLOPE__ADDED: return carriers + 1;
    case SLOPE__LAST: return carriers > 0 ? carriers : loop->n == 1 ? 1 : 1 + SLOPE__ZEROS;
    default: return carriers;
    }
}

/* Which input groups the instructions and results of a function use. */
static int find_used(const slope_function *f, unsigned char used[])
{
    unsigned char *cell = slope__new(f->cells, 1);
    if (!cell)
        return 0;
    for (size_t k = 0; k < f->operands; k++)
        cell[f->operand[k]] = 1;
    for (size_t k = 0; k < f->results; k++)
        cell[f->result[k]] = 1;
    for (size_t l = 0; l < f->loops; l++) {
        const slope__loop *loop = &f->loop[l];
        for (size_t g = 0; g < loop->body->inputs + loop->body->data; g++) {
            const slope__source *s = &loop->source[g];
            const size_t n = slope__view_items(&s->view, s->carried == SLOPE__NONE ? loop->n : 1);
            const size_t length = loop->body->input[g].length;
            for (size_t k = 0; k < n * length; k++)
                cell[slope__view_at(&s->view, length, k / length, k % length)] = 1;
        }
    }
    for (size_t g = 0; g < f->inputs; g++) {
        for (size_t k = 0; k < f->input[g].length && !used[g]; k++)
            used[g] = cell[f->input[g].first + k];
    }
    free(cell);
    return 1;
}

/* The body that also gives those carried inputs that its derivative reads. */
static void keep_states(slope__pull *p, const slope__loop *loop, slope__pull_plan *plan)
{
    unsigned char *used = slope__new(plan->body->inputs, 1);
    size_t *wanted = slope__new(loop->body->inputs, sizeof *wanted), n = 0;
    slope_error error = {0};
    if (!used || !wanted || !find_used(plan->body, used)) {
        plan_starves(p);
    } else {
        for (size_t g = 0; g < loop->body->inputs; g++) {
            if (used[g] && slope__carried(loop, g) != SLOPE__NONE)
                wanted[n++] = g;
        }
        if (n > 0) {
            const slope__spec spec = {SLOPE__STATES, n, wanted, NULL, 0};
            plan->forward = slope__derived(loop->body, &spec, slope__make_states, &error);
            if (!plan->forward)
                slope__builder_fail(p->b, error.status, "%s", error.message);
            for (size_t k = 0; k < n; k++)
                plan->state[wanted[k]] = (slope__cell)k; /* which of them, until it is placed */
        }
    }
    free(used);
    free(wanted);
}

/* wrt and seed of the plan, and then the derivative of the body. */
static void derive_body(slope__pull *p, const slope__loop *loop, slope__pull_plan *plan, const unsigned char need[])
{
    const slope_function *body = loop->body;
    const slope__reach *r = slope__reach_of(body);
    size_t *wrt = slope__new(body->inputs, sizeof *wrt), n = 0;
    slope_error error = {0};
    if (!wrt) {
        plan_starves(p);
        return;
    }
    for (size_t g = 0; g < body->inputs; g++) {
        for (size_t o = 0; o < body->outputs && !plan->wrt[g] && plan->on[g]; o++)
            plan->wrt[g] = need[o] && plan->out_on[o] && slope__reaches(r, g, o);
        if (plan->wrt[g])
            wrt[n++] = g;
    }
    for (size_t o = 0; o < body->outputs; o++) {
        const unsigned seeds = need[o] && plan->out_on[o] ? count_seeds(loop, plan, o) : 0;
        if ((seeds & (SLOPE__ZEROS - 1)) > SLOPE__ZEROS - 2)
            slope__builder_fail(p->b, SLOPE_ERR_LIMIT, "more than %d inputs are carried from one output",
                                SLOPE__ZEROS - 3);
        plan->seed[o] = (unsigned char)seeds;
        plan->reversed |= (seeds & SLOPE__ZEROS) != 0;
    }
    for (size_t g = 0; g < body->inputs; g++)
        plan->reversed |= plan->wrt[g] && slope__carried(loop, g) != SLOPE__NONE;
    if (n > 0 && slope__builder_status(p->b) == SLOPE_OK) {
        const slope__spec spec = {SLOPE__PULL, n, wrt, plan->seed, 0};
        plan->body = slope__derived(body, &spec, slope__make_pull, &error);
        if (!plan->body)
            slope__builder_fail(p->b, error.status, "%s", error.message);
        else
            keep_states(p, loop, plan);
    }
    free(wrt);
}

void slope__pull_plan_need(slope__pull *p, const slope__instruction *i)
{
    const slope__loop *loop = &p->f->loop[i->operand];
    const slope_function *body = loop->body;
    slope__pull_plan *plan = &p->plan[i->operand];
    unsigned char *need = slope__new(body->outputs, 1);
    size_t any = 0;
    if (!need) {
        plan_starves(p);
        return;
    }
    close_need(p, i, need);
    for (size_t o = 0; o < body->outputs; o++)
        any += need[o];
    if (loop->n == 0) {
        for (size_t g = 0; g < body->inputs; g++) {
            const uint32_t from = loop->source[g].carried;
            if (from != SLOPE__NONE && need[from])
                view_set(p, &loop->source[g].view, 1, body->input[g].length, SLOPE__COUNTS);
        }
    } else if (any > 0) {
        derive_body(p, loop, plan, need);
        for (size_t g = 0; g < body->inputs; g++) {
            if (plan->wrt[g])
                view_set(p, &loop->source[g].view, source_items(loop, g), body->input[g].length, SLOPE__COUNTS);
        }
    }
    free(need);
}

/* ---------------------------------------------------------------------------------------------------------- replay */

/* The loop of f with the body that gives states. */
static void replay_with_states(slope__pull *p, const slope__instruction *i, const slope__loop *loop,
                               slope__pull_plan *plan)
{
    const slope_function *body = loop->body;
    slope__loop_frame frame;
    if (!slope__loop_frame_begin(&frame, p->b, plan->forward, loop->n))
        return;
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        const slope__source *s = &loop->source[g];
        if (s->carried == SLOPE__NONE)
            slope__loop_frame_read(&frame, g, &s->view, p->map, 0);
        else
            slope__loop_frame_carry(&frame, g, s->carried, &s->view, p->map);
    }
    memcpy(frame.loop.target, loop->target, body->outputs * sizeof *loop->target);
    for (size_t o = body->outputs; o < plan->forward->outputs; o++)
        frame.loop.target[o].kind = SLOPE__EACH;
    const slope__cell first = slope__loop_frame_build(&frame);
    for (size_t o = 0; o < body->outputs; o++) {
        const slope__target *t = &loop->target[o];
        for (size_t k = 0; k < t->extent && first != SLOPE__NONE; k++)
            p->map[i->result + t->base + k] = first + frame.loop.target[o].base + (slope__cell)k;
        frame.loop.target[o].view.index = NULL; /* the old loop's */
    }
    for (size_t g = 0; g < body->inputs; g++) {
        if (plan->state[g] != SLOPE__NONE)
            plan->state[g] = first + frame.loop.target[body->outputs + plan->state[g]].base;
    }
    slope__loop_frame_end(&frame);
}

void slope__plan_replay(slope__pull *p, size_t instruction)
{
    const slope__instruction *i = &p->f->instruction[instruction];
    if (i->code == slope__code_loop && p->plan[i->operand].forward)
        replay_with_states(p, i, &p->f->loop[i->operand], &p->plan[i->operand]);
    else
        slope__build_step(p->b, p->f, instruction, p->map);
}
