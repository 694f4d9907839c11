/* SPDX-License-Identifier: MIT */
/*
 * What is known about the cells of a scope before its text is written: which vary between lanes, which have to be in
 * memory because loops reach into them by index, which are outputs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native/native.h"

enum { GATHERED_AT_MOST = 1024 };

slope__scope *slope__scope_create(slope__emitter *e, const slope_function *f, const slope__loop *loop, const char *mask)
{
    slope__scope *s = slope__new(1, sizeof *s);
    if (!s)
        return NULL;
    s->e = e;
    s->f = f;
    s->loop = loop;
    s->id = e->names++;
    (void)snprintf(s->mask, sizeof s->mask, "%s", mask);
    s->in = slope__new(f->inputs + f->data, sizeof *s->in);
    s->flag = slope__new(f->cells, sizeof *s->flag);
    s->sink = slope__new(f->outputs, sizeof *s->sink);
    s->first_entry = slope__new(f->cells, sizeof *s->first_entry);
    s->next_entry = slope__new(f->results, sizeof *s->next_entry);
    if (s->in && s->flag && s->sink && s->first_entry && s->next_entry)
        return s;
    slope__scope_destroy(s);
    return NULL;
}

void slope__scope_destroy(slope__scope *s)
{
    if (!s)
        return;
    free(s->in);
    free(s->flag);
    free(s->piece);
    free(s->sink);
    free(s->first_entry);
    free(s->next_entry);
    free(s);
}

/* The piece that holds a cell; NULL: none. */
const slope__piece *slope__piece_at(const slope__scope *s, slope__cell cell)
{
    size_t low = 0, high = s->pieces;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (s->piece[middle].high <= cell)
            low = middle + 1;
        else
            high = middle;
    }
    return low < s->pieces && s->piece[low].low <= cell ? &s->piece[low] : NULL;
}

/* Small results whose places are known when the text is written. */
int slope__target_is_local(const slope__loop *loop, const slope__target *t)
{
    if (t->kind == SLOPE__DROPPED || t->extent > SLOPE__NATIVE_LOCALS)
        return 0;
    return t->kind == SLOPE__LAST || loop->n == 1 || (t->kind == SLOPE__ADDED && !t->view.index && t->view.item == 0);
}

static const slope__group *group_of(const slope_function *f, slope__cell cell)
{
    size_t low = 0, high = f->inputs + f->data;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (f->input[middle].first + f->input[middle].length <= cell)
            low = middle + 1;
        else
            high = middle;
    }
    return &f->input[low];
}

/* Whether all that a source reads is in one input group that can be reached by strides. */
static int is_in_group(const slope__scope *s, const slope__source *source, size_t n, size_t length)
{
    slope__cell low, high;
    slope__view_range(&source->view, n, length, &low, &high);
    if (high >= s->f->input_cells)
        return 0;
    const slope__group *g = group_of(s->f, low);
    return high < g->first + g->length && !*s->in[g - s->f->input].list;
}

/* The same list of cells for every item: they are copied side by side before the loop. */
int slope__source_gathered(const slope__source *source, size_t n, size_t length)
{
    const uint32_t *index = source->view.index;
    if (!index || n == 0 || length == 0 || length > GATHERED_AT_MOST)
        return 0;
    for (size_t i = 1; i < (source->carried == SLOPE__NONE ? n : 1); i++) {
        if (memcmp(index, index + i * length, length * sizeof *index) != 0)
            return 0;
    }
    return 1;
}

int slope__source_varies(const slope__scope *s, const slope__source *source, size_t n, size_t length)
{
    if (source->carried != SLOPE__NONE)
        n = 1;
    if (n == 0 || length == 0)
        return 0;
    if (slope__source_gathered(source, n, length))
        n = 1;
    const slope__piece *p = slope__piece_at(s, slope__view_at(&source->view, length, 0, 0));
    if (p && !slope__source_gathered(source, n, length) && p->varying && !is_in_group(s, source, n, length))
        return 1;
    for (size_t i = 0; i < n; i++) {
        if (!source->view.index && i > 0 && i + 1 < n && source->view.item != 0) {
            slope__cell low, high; /* strides: look at all between once, that is enough to be safe */
            slope__view_range(&source->view, n, length, &low, &high);
            for (slope__cell c = low; c <= high; c++) {
                if (s->flag[c] & SLOPE__VARYING)
                    return 1;
            }
            return 0;
        }
        for (size_t j = 0; j < length; j++) {
            if (s->flag[slope__view_at(&source->view, length, i, j)] & SLOPE__VARYING)
                return 1;
        }
        if (!source->view.index && source->view.item == 0)
            break;
    }
    return 0;
}

/* Also when its results share memory with what varies. */
int slope__loop_varies(const slope__scope *s, const slope__loop *loop, slope__cell result)
{
    for (size_t g = 0; g < loop->body->inputs + loop->body->data; g++) {
        if (slope__source_varies(s, &loop->source[g], loop->n, loop->body->input[g].length))
            return 1;
    }
    for (size_t g = 0; g < loop->body->outputs; g++) {
        const slope__target *t = &loop->target[g];
        const slope__piece *p =
            t->kind == SLOPE__DROPPED || t->extent == 0 ? NULL : slope__piece_at(s, result + t->base);
        if (p && p->varying && !slope__target_is_local(loop, t))
            return 1;
    }
    return 0;
}

/* Enough items that know nothing of each other. */
int slope__loop_in_lanes(const slope__loop *loop)
{
    for (size_t g = 0; g < loop->body->inputs; g++) {
        if (loop->source[g].carried != SLOPE__NONE)
            return 0;
    }
    for (size_t g = 0; g < loop->body->outputs; g++) {
        if (loop->target[g].kind == SLOPE__LAST)
            return 0;
    }
    return loop->n >= SLOPE__NATIVE_LEAST;
}

/* ------------------------------------------------------------------------------------------------------- memory */

typedef struct spans {
    slope__piece *span;
    size_t count, room;
    int ok;
} spans;

static void add_span(spans *list, slope__cell low, slope__cell high)
{
    if (list->count == list->room) {
        const size_t room = list->room * 2 + 8;
        slope__piece *span = realloc(list->span, room * sizeof *span);
        if (!span) {
            list->ok = 0;
            return;
        }
        list->span = span;
        list->room = room;
    }
    list->span[list->count++] = (slope__piece){.low = low, .high = high, .output = SLOPE__NONE};
}

/* What a source reads, unless all of it is in one input group that can be reached by strides. */
static void span_of_source(const slope__scope *s, const slope__source *source, size_t n, size_t length, spans *list)
{
    slope__cell low, high;
    if (source->carried != SLOPE__NONE)
        n = 1;
    if (n == 0 || length == 0)
        return;
    if (is_in_group(s, source, n, length) || slope__source_gathered(source, n, length))
        return;
    slope__view_range(&source->view, n, length, &low, &high);
    if (high < s->f->input_cells) {
        const slope__group *g = group_of(s->f, low);
        if (high < g->first + g->length) { /* by a list: a copy */
            add_span(list, (slope__cell)g->first, (slope__cell)(g->first + g->length));
            return;
        }
    }
    add_span(list, low, high + 1);
}

static int by_low(const void *a, const void *b)
{
    const slope__piece *x = a, *y = b;
    return x->low < y->low ? -1 : x->low > y->low;
}

static void merge(spans *list)
{
    size_t kept = 0;
    if (list->count > 0)
        qsort(list->span, list->count, sizeof *list->span, by_low);
    for (size_t k = 0; k < list->count; k++) {
        slope__piece *last = kept > 0 ? &list->span[kept - 1] : NULL;
        if (last && list->span[k].low < last->high)
            last->high = list->span[k].high > last->high ? list->span[k].high : last->high;
        else
            list->span[kept++] = list->span[k];
    }
    list->count = kept;
}

/* An output group whose cells are just this piece: then the piece is where the caller wants it. */
static uint32_t output_of(const slope_function *f, const slope__piece *p)
{
    for (size_t g = 0; g < f->outputs; g++) {
        const slope__group *o = &f->output[g];
        if (o->length != p->high - p->low || f->result[o->first] != p->low)
            continue;
        size_t j = 0;
        while (j < o->length && f->result[o->first + j] == p->low + j)
            j++;
        if (j == o->length)
            return (uint32_t)g;
    }
    return SLOPE__NONE;
}

static int plan_memory(slope__scope *s)
{
    const slope_function *f = s->f;
    spans list = {NULL, 0, 0, 1};
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code != slope__code_loop) {
            s->flag[i->result] |= SLOPE__NAMED;
            continue;
        }
        const slope__loop *loop = &f->loop[i->operand];
        for (size_t g = 0; g < loop->body->inputs + loop->body->data; g++)
            span_of_source(s, &loop->source[g], loop->n, loop->body->input[g].length, &list);
        for (size_t g = 0; g < loop->body->outputs; g++) {
            const slope__target *t = &loop->target[g];
            if (t->kind == SLOPE__DROPPED || t->extent == 0)
                continue;
            if (slope__target_is_local(loop, t))
                memset(s->flag + i->result + t->base, SLOPE__NAMED, t->extent);
            else
                add_span(&list, i->result + t->base, i->result + t->base + t->extent);
        }
    }
    merge(&list);
    s->piece = list.span;
    s->pieces = list.count;
    for (size_t k = 0; k < s->pieces; k++) {
        slope__piece *p = &s->piece[k];
        (void)snprintf(p->name, sizeof p->name, "b%u", s->e->names++);
        p->constant = p->low >= f->input_cells && p->high <= f->input_cells + f->numbers;
        if (s->top && !s->two_passes && !p->constant)
            p->output = output_of(f, p);
    }
    return list.ok;
}

/* ------------------------------------------------------------------------------------------------------ varying */

static void set(slope__scope *s, slope__cell first, int varying, size_t n)
{
    for (size_t k = 0; k < n; k++)
        s->flag[first + k] = (unsigned char)((s->flag[first + k] & ~SLOPE__VARYING) | (varying ? SLOPE__VARYING : 0));
}

static void spread(slope__scope *s)
{
    const slope_function *f = s->f;
    for (size_t g = 0; g < f->inputs + f->data; g++)
        set(s, (slope__cell)f->input[g].first, s->in[g].where != SLOPE__NUMBERS, f->input[g].length);
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        unsigned char varying = 0;
        if (i->code == slope__code_loop) {
            varying = (unsigned char)slope__loop_varies(s, &f->loop[i->operand], i->result);
        } else {
            for (size_t o = 0; o < i->count; o++)
                varying |= s->flag[f->operand[i->operand + o]] & SLOPE__VARYING;
        }
        set(s, i->result, varying, slope__results_of(f, i));
    }
}

/* What is carried from step to step varies if it does at the start or after a step; memory does if any of it does. */
static void plan_varying(slope__scope *s)
{
    const slope_function *f = s->f;
    for (int changed = 1; changed;) {
        changed = 0;
        spread(s);
        for (size_t k = 0; k < s->pieces; k++) {
            slope__piece *p = &s->piece[k];
            for (slope__cell c = p->low; c < p->high && !p->varying; c++)
                changed |= p->varying = s->flag[c] & SLOPE__VARYING;
        }
        for (size_t g = 0; s->loop && g < f->inputs; g++) {
            const uint32_t from = s->loop->source[g].carried;
            if (from == SLOPE__NONE || s->in[g].where != SLOPE__NUMBERS)
                continue;
            int varying = 0;
            for (size_t j = 0; j < f->output[from].length; j++)
                varying |= s->flag[f->result[f->output[from].first + j]] & SLOPE__VARYING;
            if (varying)
                s->in[g].where = SLOPE__PACKED;
            changed |= varying;
        }
    }
}

/* ------------------------------------------------------------------------------------------------- what is used */

static void plan_uses(slope__scope *s)
{
    const slope_function *f = s->f;
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        for (size_t o = 0; i->code != slope__code_loop && o < i->count; o++)
            s->flag[f->operand[i->operand + o]] |= SLOPE__USED;
    }
    for (size_t k = f->results; k-- > 0;) {
        const slope__cell c = f->result[k];
        s->flag[c] |= SLOPE__USED;
        s->next_entry[k] = s->first_entry[c];
        s->first_entry[c] = (uint32_t)k + 1;
    }
    for (size_t k = 0; k < f->guards; k++)
        s->flag[f->guard[k].condition] |= SLOPE__USED;
}

int slope__scope_plan(slope__scope *s)
{
    if (!plan_memory(s))
        return 0;
    plan_varying(s);
    plan_uses(s);
    return 1;
}
