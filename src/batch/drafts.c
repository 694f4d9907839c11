/* SPDX-License-Identifier: MIT */
/*
 * Which instructions go together: products that only one sum reads become terms of it, and sums that only another sum
 * reads its beginning.  The order of additions stays as it was, so that nothing changes but the number of steps.
 */
#include <stdlib.h>
#include <string.h>

#include "batch/planner.h"

static const slope__instruction *made_by(const slope__planner *s, const slope__object *o)
{
    const slope__instruction *i = o->instruction == SLOPE__NONE ? NULL : &s->f->instruction[o->instruction];
    return i && i->code != slope__code_loop ? i : NULL;
}

static int is_product(const slope__instruction *i)
{
    return i && (i->code == slope__code_mul || i->code == slope__code_zmul);
}

static int is_sum(const slope__instruction *i)
{
    return i && (i->code == slope__code_add || i->code == slope__code_sub || i->code == slope__code_sum ||
                 i->code == slope__code_dot);
}

/* ------------------------------------------------------------------------------------------------------- counting */

static void count_view(slope__planner *s, const slope__view *v, size_t n, size_t length)
{
    if (n == 0 || length == 0)
        return;
    slope__object *o = slope__view_object(s, v, n, length);
    if (o) {
        o->uses += 2;
        return;
    }
    for (size_t k = 0; k < n * length; k++)
        slope__object_of(s, slope__view_at(v, length, k / length, k % length))->uses += 2;
}

/* Uses by loops, guards and twofold ones count double, so that 1 means: one operand of one operation, or one result. */
static void count_uses(slope__planner *s)
{
    const slope_function *f = s->f;
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code == slope__code_loop) {
            const slope__loop *loop = &f->loop[i->operand];
            for (size_t g = 0; g < loop->body->inputs + loop->body->data; g++)
                count_view(s, &loop->source[g].view, loop->source[g].carried != SLOPE__NONE ? 1 : loop->n,
                           loop->body->input[g].length);
            continue;
        }
        for (size_t o = 0; o < i->count; o++) {
            slope__object *x = slope__object_of(s, f->operand[i->operand + o]);
            x->uses++;
            x->touched = 1;
        }
    }
    for (size_t k = 0; k < f->guards; k++) {
        slope__object *x = slope__object_of(s, f->guard[k].condition);
        x->uses += 2;
        x->touched = 1;
    }
    for (size_t k = 0; k < f->results; k++) {
        slope__object *x = slope__object_of(s, f->result[k]);
        x->uses++;
        x->results++;
    }
}

/* ------------------------------------------------------------------------------------------------------- absorbing */

static int absorb(slope__planner *s, slope__cell c, int lanes, int (*is)(const slope__instruction *))
{
    slope__object *o = slope__object_of(s, c);
    if (o->uses != 1 || o->lanes != lanes || !is(made_by(s, o)))
        return 0;
    o->absorbed = 1;
    return 1;
}

static void absorb_into(slope__planner *s, const slope__object *sum, const slope__instruction *i)
{
    const slope__cell *x = &s->f->operand[i->operand];
    if (i->code == slope__code_add) {
        if (!absorb(s, x[0], sum->lanes, is_sum))
            (void)absorb(s, x[1], sum->lanes, is_sum);
    } else if (i->code == slope__code_sub)
        (void)absorb(s, x[0], sum->lanes, is_sum);
    if (i->code == slope__code_dot)
        return;
    for (size_t o = 0; o < i->count; o++)
        (void)absorb(s, x[o], sum->lanes, is_product);
}

/* --------------------------------------------------------------------------------------------------------- drafts */

static void put(slope__planner *s, slope__cell c, unsigned kind)
{
    if (s->cells == s->room) {
        const size_t room = s->room ? 2 * s->room : 256;
        slope__cell *cell = realloc(s->cell, room * sizeof *cell);
        if (cell)
            s->cell = cell;
        uint8_t *kinds = realloc(s->kind, room);
        if (kinds)
            s->kind = kinds;
        if (!cell || !kinds) {
            s->failed = 1;
            return;
        }
        s->room = room;
    }
    s->cell[s->cells] = c;
    s->kind[s->cells++] = (uint8_t)kind;
}

/* One term: a product, or the number itself. */
static void put_term(slope__planner *s, slope__cell c, unsigned minus)
{
    const slope__object *o = slope__object_of(s, c);
    const slope__instruction *i = o->absorbed ? made_by(s, o) : NULL;
    if (!is_product(i)) {
        put(s, c, minus);
        return;
    }
    const slope__cell *x = &s->f->operand[i->operand];
    put(s, x[0], minus | SLOPE__PRODUCT | (i->code == slope__code_zmul ? SLOPE__STRONG : 0u));
    put(s, x[1], 0);
}

static void put_terms(slope__planner *s, const slope__instruction *i)
{
    const slope__cell *x = &s->f->operand[i->operand];
    if (i->code == slope__code_dot) {
        for (size_t k = 0; k < i->count / 2; k++) {
            put(s, x[k], SLOPE__PRODUCT);
            put(s, x[i->count / 2 + k], 0);
        }
        return;
    }
    for (size_t k = 0; k < i->count; k++)
        put_term(s, x[k], i->code == slope__code_sub && k == 1 ? SLOPE__MINUS : 0u);
}

/* The operand of add or sub that is a sum taken in; -1: none. */
static int beginning(const slope__planner *s, const slope__instruction *i)
{
    for (int o = 0; o < 2 && (i->code == slope__code_add || i->code == slope__code_sub); o++) {
        const slope__object *x = slope__object_of(s, s->f->operand[i->operand + (size_t)o]);
        if (x->absorbed && is_sum(made_by(s, x)))
            return o;
    }
    return -1;
}

/* All terms of a sum: those of the innermost one first.  The chain is walked twice, so that its length needs no
   stack. */
static void put_sum(slope__planner *s, slope__draft *d, const slope__instruction *head)
{
    size_t length = 0;
    const slope__instruction *at = head;
    for (int o; (o = beginning(s, at)) >= 0; length++)
        at = made_by(s, slope__object_of(s, s->f->operand[at->operand + (size_t)o]));
    d->zero = at->code == slope__code_sum || at->code == slope__code_dot;
    const slope__instruction **chain = slope__new(length, sizeof *chain);
    if (!chain) {
        s->failed = 1;
        return;
    }
    at = head;
    for (size_t k = 0; k < length; k++) {
        chain[k] = at;
        at = made_by(s, slope__object_of(s, s->f->operand[at->operand + (size_t)beginning(s, at)]));
    }
    put_terms(s, at);
    for (size_t k = length; k-- > 0 && !s->failed;) {
        const int other = 1 - beginning(s, chain[k]);
        put_term(s, s->f->operand[chain[k]->operand + (size_t)other],
                 chain[k]->code == slope__code_sub ? SLOPE__MINUS : 0u);
    }
    free((void *)chain);
}

static int is_worth_it(const slope__planner *s, const slope__instruction *i)
{
    if (i->code == slope__code_sum || i->code == slope__code_dot)
        return 1;
    for (size_t k = 0; k < i->count; k++) {
        if (slope__object_of(s, s->f->operand[i->operand + k])->absorbed)
            return 1;
    }
    return 0;
}

static void add_draft(slope__planner *s, uint32_t k, int lanes)
{
    const slope__instruction *i = &s->f->instruction[k];
    slope__draft *d = &s->draft[s->drafts++];
    *d = (slope__draft){.instruction = k, .code = i->code, .lanes = lanes != 0, .first = (uint32_t)s->cells};
    if (i->code == slope__code_loop)
        return;
    if (is_sum(i) && is_worth_it(s, i)) {
        d->code = slope__code_affine;
        put_sum(s, d, i);
    } else {
        for (size_t o = 0; o < i->count; o++)
            put(s, s->f->operand[i->operand + o], 0);
    }
    d->count = (uint32_t)s->cells - d->first;
}

/* Sums of what every item of a loop gives: the loop's body adds to them itself, if the sums are all that becomes of
   it. */
static void sum_through(slope__planner *s, uint32_t instruction)
{
    const slope_function *f = s->f;
    const slope__instruction *i = &f->instruction[instruction];
    const slope__loop *loop = &f->loop[i->operand];
    for (size_t g = 0; g < f->outputs; g++) {
        const slope__group *out = &f->output[g];
        for (size_t j = 0; s->p->summed[g] && j < out->length; j++) {
            slope__object *o = slope__object_of(s, f->result[out->first + j]);
            if (o->instruction != instruction || o->first != f->result[out->first + j] || o->uses != o->count ||
                o->results != o->count || o->count > out->length - j || o->through)
                continue;
            size_t same = 0;
            while (same < o->count && f->result[out->first + j + same] == o->first + same)
                same++;
            for (size_t t = 0; same == o->count && t < loop->body->outputs && t < 31 && !loop->body->opaque; t++) {
                if (loop->target[t].kind != SLOPE__EACH || i->result + loop->target[t].base != o->first ||
                    loop->target[t].extent == 0 || s->p->loop[i->operand].carries)
                    continue;
                o->through = 1;
                o->placed = 1;
                o->place = (slope__place){slope__output_base(s->p, g), (uint32_t)j};
                slope__plan_loop_sums(s, i->operand, t);
            }
        }
    }
}

/* Goes on with sum k over items. */
static void add_sum(slope__planner *s, uint32_t k)
{
    slope__draft *d = &s->draft[s->drafts++];
    *d = (slope__draft){
        .instruction = SLOPE__NONE, .code = slope__code_acc, .lanes = 1, .first = (uint32_t)s->cells, .r = k};
    put_term(s, s->f->result[s->p->sum_number[k]], 0);
    d->count = (uint32_t)s->cells - d->first;
    if (d->count == 2)
        d->code = slope__code_accprod;
}

/* Outputs that are summed over items, by the instruction that makes them: a list for each, which begins at
   head[instruction]. */
typedef struct sums {
    uint32_t *head, *next;
} sums;

static void add_sums(slope__planner *s, const sums *list, size_t instruction)
{
    for (uint32_t k = list->head[instruction]; k != SLOPE__NONE && !s->failed; k = list->next[k])
        add_sum(s, k);
}

/* The last list is of inputs, constants and what is uniform. */
static void list_sums(slope__planner *s, sums *list)
{
    const slope_function *f = s->f;
    memset(list->head, 0xff, (f->instructions + 1) * sizeof *list->head);
    for (size_t k = s->p->sum_numbers; k-- > 0;) {
        const slope__object *o = slope__object_of(s, f->result[s->p->sum_number[k]]);
        if (o->through)
            continue;
        uint32_t *head = &list->head[o->instruction == SLOPE__NONE || !o->lanes ? f->instructions : o->instruction];
        list->next[k] = *head;
        *head = (uint32_t)k;
    }
}

static void add_stream(slope__planner *s, int lanes, const sums *list)
{
    const slope_function *f = s->f;
    if (lanes)
        add_sums(s, list, f->instructions);
    for (uint32_t k = 0; k < f->instructions && !s->failed; k++) {
        const slope__instruction *i = &f->instruction[k];
        int here = 0;
        if (i->code == slope__code_loop)
            here = s->p->loop[i->operand].in_lanes == lanes;
        else {
            const slope__object *o = slope__object_of(s, i->result);
            here = o->lanes == lanes && !o->absorbed;
        }
        if (here)
            add_draft(s, k, lanes);
        if (lanes)
            add_sums(s, list, k);
    }
}

void slope__plan_drafts(slope__planner *s)
{
    const slope_function *f = s->f;
    const slope__plan *p = s->p;
    sums list = {slope__new(f->instructions + 1, sizeof *list.head), slope__new(p->sum_numbers, sizeof *list.next)};
    s->draft = slope__new(f->instructions + p->sum_numbers, sizeof *s->draft);
    s->failed |= !list.head || !list.next || !s->draft;
    if (!s->failed) {
        count_uses(s);
        for (size_t k = 0; k < s->objects; k++) {
            const slope__instruction *i = made_by(s, &s->object[k]);
            if (is_sum(i))
                absorb_into(s, &s->object[k], i);
        }
        for (size_t k = 0; k < p->sum_numbers; k++)
            (void)absorb(s, f->result[p->sum_number[k]], 1, is_product);
        for (uint32_t k = 0; k < f->instructions && p->sum_numbers > 0 && !s->failed; k++) {
            if (f->instruction[k].code == slope__code_loop && p->loop[f->instruction[k].operand].in_lanes)
                sum_through(s, k);
        }
        list_sums(s, &list);
        add_stream(s, 0, &list);
        s->uniform_drafts = s->drafts;
        add_stream(s, 1, &list);
    }
    free(list.head);
    free(list.next);
}
