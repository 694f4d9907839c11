/* SPDX-License-Identifier: MIT */
/*
 * Loops do only what is used: outputs that nobody reads are dropped, bodies compute only the others, inputs that these
 * don't need are not bound, what made those is not computed; small calls are opened.
 *
 * A body that is smaller for it is made once for each set of its outputs and kept with the body.  It is copied as it
 * is, by no other pass.  Bodies are looked at before loops around them, so that one sweep from the outputs is enough.
 */
#include <stdlib.h>

#include "function/needs.h"

enum { SMALL_CALL = 32 }; /* instructions of a call that is opened */

static int covers(slope__mask m, size_t groups)
{
    return m == SLOPE__MASK_ALL || groups == 0 || m == SLOPE__MASK_ALL >> (SLOPE__MASK_BITS - groups);
}

static int is_used_whole(const slope__use *use, const slope_function *body)
{
    return covers(use->outputs, body->outputs) && covers(use->inputs, body->inputs + body->data);
}

static int is_small_call(const slope__loop *loop, const slope_function *body)
{
    return loop->n == 1 && body->instructions <= SMALL_CALL && !body->opaque;
}

/* -------------------------------------------------------------------------------------------------- a loop again */

typedef struct rebuild {
    slope__builder *b;
    const slope_function *f;
    unsigned char *live;
    slope__cell *map;
} rebuild;

static slope_function *rebuilt(const slope_function *f, slope__mask outputs, slope__mask inputs, unsigned passes,
                               slope_error *error);

static const char body_key;

static void destroy_body(void *body) { slope_function_destroy(body); }

/* The body of a loop for what it is used for; kept with the body.  NULL: *error tells. */
static const slope_function *body_for(const slope_function *body, const slope__use *use, slope_error *error)
{
    if (is_used_whole(use, body))
        return body;
    const slope_function *known = slope__attached(body, &body_key, use->outputs);
    if (known)
        return known;
    slope_function *made = rebuilt(body, use->outputs, use->inputs, SLOPE_PASS_LOOP, error);
    if (!made)
        return NULL;
    known = slope__attach(body, &body_key, use->outputs, made, destroy_body);
    if (!known)
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for a loop");
    return known;
}

/* A call's instructions in place of it.  What is added to a sum of one item is added to 0. */
static void open_call(rebuild *r, const slope__loop *loop, const slope_function *body, const slope__use *use,
                      slope__cell result)
{
    slope__cell *inner = slope__new(body->cells, sizeof *inner);
    if (!inner) {
        slope__builder_fail(r->b, SLOPE_ERR_MEMORY, "there is not enough memory for a call");
        return;
    }
    for (size_t g = 0, at = 0; g < loop->body->inputs + loop->body->data; g++) {
        const size_t length = loop->body->input[g].length;
        for (size_t j = 0; slope__mask_has(use->inputs, g) && j < length; j++)
            inner[at++] = r->map[slope__view_at(&loop->source[g].view, length, 0, j)];
    }
    slope__build_text(r->b, body, inner);
    for (size_t g = 0, at = 0; g < loop->body->outputs; g++) {
        if (!slope__mask_has(use->outputs, g))
            continue;
        const slope__target *t = &loop->target[g];
        const size_t length = loop->body->output[g].length;
        for (size_t e = 0; t->kind == SLOPE__ADDED && e < t->extent; e++)
            r->map[result + t->base + e] = slope__build_number(r->b, 0.0);
        for (size_t j = 0; j < length; j++, at++) {
            if (t->kind == SLOPE__DROPPED)
                continue;
            slope__cell *to = &r->map[result + t->base + slope__view_at(&t->view, length, 0, j)];
            const slope__cell value = inner[body->result[at]];
            *to = t->kind == SLOPE__ADDED ? slope__build2(r->b, slope__code_add, *to, value) : value;
        }
    }
    free(inner);
}

/* Sources and targets that are used, renumbered; views of sources are owned by `to`. */
static slope_status map_groups(const rebuild *r, const slope__loop *loop, const slope__use *use, slope__loop *to)
{
    const slope_function *body = loop->body;
    slope_status status = SLOPE_OK;
    uint32_t outputs = 0, number[SLOPE__MASK_BITS] = {0};
    for (size_t k = 0; k < body->outputs; k++) {
        if (!slope__mask_has(use->outputs, k))
            continue;
        to->target[outputs] = loop->target[k];
        if (!slope__mask_has(use->targets, k))
            to->target[outputs] = (slope__target){.kind = SLOPE__DROPPED};
        if (k < SLOPE__MASK_BITS)
            number[k] = outputs;
        outputs++;
    }
    for (size_t g = 0, at = 0; status == SLOPE_OK && g < body->inputs + body->data; g++) {
        const slope__source *s = &loop->source[g];
        if (!slope__mask_has(use->inputs, g))
            continue;
        const int renumber = s->carried != SLOPE__NONE && use->outputs != SLOPE__MASK_ALL;
        to->source[at].carried = renumber ? number[s->carried] : s->carried;
        status = slope__view_map(&s->view, s->carried == SLOPE__NONE ? loop->n : 1, body->input[g].length, r->map,
                                 &to->source[at].view);
        at++;
    }
    return status;
}

static void build_used_loop(rebuild *r, const slope__loop *loop, const slope_function *body, const slope__use *use,
                            slope__cell result)
{
    const size_t sources = body->inputs + body->data;
    slope__loop to = *loop;
    to.body = body;
    to.source = slope__new(sources, sizeof *to.source);
    to.target = slope__new(body->outputs, sizeof *to.target);
    slope_status status = to.source && to.target ? map_groups(r, loop, use, &to) : SLOPE_ERR_MEMORY;
    slope__cell first = SLOPE__NONE;
    if (status == SLOPE_OK)
        first = slope__build_loop(r->b, &to);
    else
        slope__builder_fail(r->b, status, "there is not enough memory for a loop");
    for (size_t g = 0, at = 0; first != SLOPE__NONE && g < loop->body->outputs; g++) {
        if (!slope__mask_has(use->outputs, g))
            continue;
        const slope__target *old = &loop->target[g], *new = &to.target[at++];
        for (uint32_t e = 0; e < new->extent; e++)
            r->map[result + old->base + e] = first + new->base + e;
    }
    for (size_t g = 0; to.source && g < sources; g++)
        free(to.source[g].view.index);
    free(to.source);
    free(to.target);
}

static slope_status rebuild_loop(rebuild *r, const slope__instruction *i, slope_error *error)
{
    const slope__loop *loop = &r->f->loop[i->operand];
    slope__use use;
    slope_status status = slope__loop_use(loop, r->live + i->result, &use);
    if (status != SLOPE_OK || use.targets == 0)
        return status;
    const slope_function *body = body_for(loop->body, &use, error);
    if (!body)
        return SLOPE_ERR_MEMORY;
    if (is_small_call(loop, body))
        open_call(r, loop, body, &use, i->result);
    else
        build_used_loop(r, loop, body, &use, i->result);
    return SLOPE_OK;
}

/* ----------------------------------------------------------------------------------------------- a whole function */

/* Its input groups that are wanted; the cells of the others are nowhere. */
static void rebuild_inputs(rebuild *r, slope__mask inputs)
{
    const slope_function *f = r->f;
    for (size_t g = 0; g < f->inputs + f->data; g++) {
        const slope__group *in = &f->input[g];
        if (!slope__mask_has(inputs, g))
            continue;
        const slope__cell first = g < f->inputs ? slope__build_input(r->b, in->name, in->length)
                                                : slope__build_data(r->b, in->name, in->length, in->bound);
        for (size_t j = 0; j < in->length; j++)
            r->map[in->first + j] = first + (slope__cell)j;
    }
}

static void rebuild_outputs(rebuild *r, slope__mask outputs)
{
    const slope_function *f = r->f;
    slope__cell *cell = slope__new(f->results, sizeof *cell);
    if (!cell) {
        slope__builder_fail(r->b, SLOPE_ERR_MEMORY, "there is not enough memory for the function");
        return;
    }
    for (size_t k = 0; k < f->results; k++)
        cell[k] = r->map[f->result[k]];
    for (size_t g = 0; g < f->outputs; g++) {
        if (slope__mask_has(outputs, g))
            slope__build_output(r->b, f->output[g].name, f->output[g].length, cell + f->output[g].first, 0);
    }
    free(cell);
}

static void mark_outputs(const slope_function *f, slope__mask outputs, unsigned char live[])
{
    for (size_t g = 0; g < f->outputs; g++) {
        for (size_t j = 0; slope__mask_has(outputs, g) && j < f->output[g].length; j++)
            live[f->result[f->output[g].first + j]] = 1;
    }
}

static slope_status rebuild_all(rebuild *r, slope__mask outputs, slope__mask inputs, slope_error *error)
{
    const slope_function *f = r->f;
    mark_outputs(f, outputs, r->live);
    slope_status status = slope__mark_live(f, r->live);
    rebuild_inputs(r, inputs);
    slope__build_numbers(r->b, f, r->map);
    for (size_t k = 0; status == SLOPE_OK && k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code == slope__code_loop)
            status = rebuild_loop(r, i, error);
        else if (r->live[i->result])
            slope__build_step(r->b, f, k, r->map);
    }
    if (status == SLOPE_OK) {
        slope__build_guards(r->b, f, r->map);
        rebuild_outputs(r, outputs);
    }
    return status;
}

/* f with these groups only, loops doing what they are used for.  NULL: *error tells. */
static slope_function *rebuilt(const slope_function *f, slope__mask outputs, slope__mask inputs, unsigned passes,
                               slope_error *error)
{
    rebuild r = {slope__builder_create(passes & ~(unsigned)SLOPE_PASS_LOOP), f, slope__new(f->cells, 1),
                 slope__new(f->cells, sizeof *r.map)};
    slope_status status = r.b && r.live && r.map ? rebuild_all(&r, outputs, inputs, error) : SLOPE_ERR_MEMORY;
    slope_function *made = NULL;
    if (status == SLOPE_OK) {
        made = slope__builder_finish(r.b, error);
    } else {
        (void)slope__fail(error, status, SIZE_MAX, "there is not enough memory for a loop");
        slope__builder_destroy(r.b);
    }
    if (made)
        made->before = f->before;
    free(r.live);
    free(r.map);
    return made;
}

/* Is there a loop to change? */
static slope_status look(const slope_function *f, unsigned char live[], int *found)
{
    slope_status status = slope__mark_live(f, live);
    for (size_t k = 0; status == SLOPE_OK && !*found && k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code != slope__code_loop)
            continue;
        slope__use use;
        const slope__loop *loop = &f->loop[i->operand];
        status = slope__loop_use(loop, live + i->result, &use);
        *found = is_small_call(loop, loop->body) || !is_used_whole(&use, loop->body);
        for (size_t g = 0; !*found && g < loop->body->outputs; g++)
            *found = loop->target[g].kind != SLOPE__DROPPED && !slope__mask_has(use.targets, g);
    }
    return status;
}

slope_function *slope__pass_loop(slope_function *f, unsigned passes, slope_error *error)
{
    int found = 0;
    unsigned char *live = slope__new(f->cells, 1);
    if (live)
        mark_outputs(f, SLOPE__MASK_ALL, live);
    const slope_status status = live ? look(f, live, &found) : SLOPE_ERR_MEMORY;
    free(live);
    if (status == SLOPE_OK && !found)
        return f;
    slope_function *made = NULL;
    if (status == SLOPE_OK)
        made = rebuilt(f, SLOPE__MASK_ALL, SLOPE__MASK_ALL, passes, error);
    else
        (void)slope__fail(error, status, SIZE_MAX, "there is not enough memory for a loop");
    slope_function_destroy(f);
    return made;
}
