/* SPDX-License-Identifier: MIT */
/*
 * Comparisons that were decided at a tie: one walk forward over the tape, in which every node learns how it moves with
 * the inputs (ops/motion.h).  Nothing of it is kept.
 */
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "tape/tape.h"

typedef struct tie_walk {
    slope_tape *t;
    size_t count;          /* nodes that are walked over */
    unsigned char *needed; /* of each: 1 needed, 2 it decided a branch */
    slope__motion *motion; /* of each */
    slope__motion *in;     /* of the operands of one */
    double *room;          /* for the operands of one and their partials */
    size_t widest;         /* operands of one, at least SLOPE__FEW */
    size_t inputs;         /* met so far */
    size_t wanted;         /* number of the tie that is asked for */
    slope_tie *tie;
} tie_walk;

static int compares(const slope_tape *t, uint32_t id) { return slope__is_comparison(t->hot.code[id] & CODE_MASK); }

/* Marks what y and the branches that were decided need.  Is there anything that may be a tie? */
static int need_for_ties(tie_walk *w, slope_value y)
{
    int any = 0;
    if (slope__is_node(y))
        w->needed[y.node.id] = 1;
    for (size_t k = 0; k < w->t->guards_count; k++) {
        w->needed[w->t->guards[k].node] = 2;
        any = 1;
    }
    for (size_t i = w->count; i-- > 0;) {
        const uint32_t id = (uint32_t)i;
        if (!w->needed[i])
            continue;
        any |= compares(w->t, id) || slope__is_structural(w->t, id);
        const size_t n = slope__operand_count(w->t, id);
        w->widest = n > w->widest ? n : w->widest;
        for (size_t k = n; k-- > 0;) {
            const slope_value x = slope__operand_at(w->t, id, k);
            if (slope__is_node(x))
                w->needed[x.node.id] |= 1;
        }
    }
    return any;
}

/* One more tie, at a node; `inside` tells of it where it is in a called function. */
static void add_tie(tie_walk *w, uint32_t id, const slope_tie *inside)
{
    slope_tie *tie = w->tie;
    char name[128], operation[160];
    if (tie->ties++ != w->wanted)
        return;
    const slope__note *place = slope__find_note(w->t, id, 1);
    tie->node = slope__handle(w->t, id);
    tie->file = place ? place->file : NULL;
    tie->line = place ? (int)place->line : 0;
    (void)slope__name_node(w->t, id, name, sizeof name);
    if (inside)
        (void)snprintf(tie->message, sizeof tie->message, "in %.50s, %.260s", name, inside->message);
    else
        (void)snprintf(tie->message, sizeof tie->message, SLOPE__TIE_SENTENCE,
                       slope__describe(w->t, id, operation, sizeof operation), name);
}

/* What a called function says of its results and of ties within; those count where it is the one that is wanted. */
static slope_status tie_structure(tie_walk *w, uint32_t id, const double *x)
{
    const slope__structure *s = slope__structure_of(w->t, id);
    slope_tie inside = {0};
    const size_t before = w->tie->ties;
    const slope_status status = s->kind->move(s->object, x, w->in, w->motion + id + 1,
                                              w->wanted >= before ? w->wanted - before : SIZE_MAX, &inside);
    if (status != SLOPE_OK)
        return status;
    if (w->wanted >= before && w->wanted - before < inside.ties) {
        w->tie->ties = w->wanted;
        add_tie(w, id, &inside);
    }
    w->tie->ties = before + inside.ties;
    return SLOPE_OK;
}

static slope_status tie_node(tie_walk *w, uint32_t id)
{
    const slope_tape *t = w->t;
    const unsigned code = t->hot.code[id] & CODE_MASK;
    size_t n;
    double few[SLOPE__FEW];
    if (code == slope__code_var)
        w->motion[id] = slope__motion_of_input(w->inputs++, t->hot.value[id]);
    if (code <= slope__code_const || code == slope__code_result || !w->needed[id])
        return SLOPE_OK;
    const double *x = slope__gather(t, id, few, &n);
    for (size_t i = 0; i < n; i++) {
        const slope_value operand = slope__operand_at(t, id, i);
        w->in[i] = slope__is_node(operand) ? w->motion[operand.node.id] : (slope__motion){0.0, 0.0};
    }
    if (code == slope__code_structure)
        return tie_structure(w, id, x);
    if (slope__is_comparison(code) && slope__is_tie(x[0], w->in[0], x[1], w->in[1]))
        add_tie(w, id, NULL);
    double *partial = w->room + n;
    const slope_status status = slope__evaluate(t, id, x, n, NULL, partial);
    if (status == SLOPE_OK)
        w->motion[id] = slope__motion_of(code, n, x, t->hot.value[id], partial, w->in, w->room);
    return status;
}

/* A number that decided by being 0 or not. */
static void check_decider(tie_walk *w, uint32_t id)
{
    if (!compares(w->t, id) && slope__is_tie(w->t->hot.value[id], w->motion[id], 0.0, (slope__motion){0.0, 0.0}))
        add_tie(w, id, NULL);
}

static slope_status tie_all(tie_walk *w)
{
    slope_status status = SLOPE_OK;
    for (size_t i = 0; i < w->count && status == SLOPE_OK; i++) {
        status = tie_node(w, (uint32_t)i);
        if (status == SLOPE_OK && w->needed[i] & 2)
            check_decider(w, (uint32_t)i);
    }
    return status;
}

slope_status slope_find_tie(slope_tape *t, slope_value y, size_t k, slope_tie *tie)
{
    if (tie)
        *tie = (slope_tie){0};
    if (!tie || !slope__is_tape(t))
        return SLOPE_ERR_ARGUMENT;
    if (slope__is_node(y) && y.tape != t)
        return SLOPE_ERR_FOREIGN;
    if (slope__is_node(y) && !slope__is_alive(t, y.node))
        return SLOPE_ERR_STALE;
    tie_walk w = {.t = t, .count = t->hot.count, .widest = SLOPE__FEW, .wanted = k, .tie = tie};
    slope__block block[4] = {0};
    int any = 0;
    slope_status status = slope__block_reserve(&t->allocator, &block[0], w.count + 1, 1);
    if (status == SLOPE_OK) {
        w.needed = memset(block[0].data, 0, w.count + 1);
        any = need_for_ties(&w, y);
    }
    status = status ? status : slope__block_reserve(&t->allocator, &block[1], w.count + 1, sizeof *w.motion);
    status = status ? status : slope__block_reserve(&t->allocator, &block[2], w.widest, sizeof *w.in);
    status = status ? status : slope__block_reserve(&t->allocator, &block[3], 2 * w.widest, sizeof *w.room);
    if (status == SLOPE_OK && any) {
        w.motion = memset(block[1].data, 0, (w.count + 1) * sizeof *w.motion);
        w.in = block[2].data;
        w.room = block[3].data;
        status = tie_all(&w);
    }
    for (size_t b = 0; b < 4; b++)
        slope__block_free(&t->allocator, &block[b]);
    if (status != SLOPE_OK)
        *tie = (slope_tie){0};
    return status;
}
