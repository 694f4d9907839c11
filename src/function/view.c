/* SPDX-License-Identifier: MIT */
/* Views: which cells an item of a loop sees, as strides where there are any, else as a list. */
#include <stdlib.h>
#include <string.h>

#include "function/ir.h"

void *slope__new(size_t count, size_t size) { return calloc(count ? count : 1, size); }

/* The strides that the first cells suggest; the caller checks the others. */
static slope__view guess(const slope__view *v, size_t n, size_t length, const slope__cell map[])
{
    const int64_t first = map ? map[slope__view_at(v, length, 0, 0)] : slope__view_at(v, length, 0, 0);
    slope__view g = {first, 0, length > 1 ? 0 : 1, NULL};
    if (n > 1) {
        const slope__cell c = slope__view_at(v, length, 1, 0);
        g.item = (int64_t)(map ? map[c] : c) - first;
    }
    if (length > 1) {
        const slope__cell c = slope__view_at(v, length, 0, 1);
        g.element = (int64_t)(map ? map[c] : c) - first;
    }
    return g;
}

static int agrees(const slope__view *g, const slope__view *v, size_t n, size_t length, const slope__cell map[])
{
    for (size_t i = 0; i < n; i++) {
        int64_t expected = g->first + (int64_t)i * g->item;
        for (size_t j = 0; j < length; j++, expected += g->element) {
            const slope__cell c = slope__view_at(v, length, i, j);
            if ((int64_t)(map ? map[c] : c) != expected)
                return 0;
        }
    }
    return 1;
}

slope_status slope__view_map(const slope__view *v, size_t n, size_t length, const slope__cell map[],
                             slope__view *result)
{
    *result = (slope__view){0, 0, 1, NULL};
    if (n == 0 || length == 0)
        return SLOPE_OK;
    const slope__view g = guess(v, n, length, map);
    const size_t items = !v->index && v->item == 0 ? 1 : n; /* what all items share is looked at once */
    if (agrees(&g, v, items, length, map)) {
        *result = g;
        return SLOPE_OK;
    }
    if (n > SIZE_MAX / sizeof(uint32_t) / length)
        return SLOPE_ERR_MEMORY;
    uint32_t *index = malloc(n * length * sizeof *index);
    if (!index)
        return SLOPE_ERR_MEMORY;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < length; j++) {
            const slope__cell c = slope__view_at(v, length, i, j);
            index[i * length + j] = map ? map[c] : c;
        }
    }
    result->index = index;
    return SLOPE_OK;
}

slope_status slope__view_list(size_t n, size_t length, const slope__cell cell[], slope__view *result)
{
    const slope__view dense = {0, (int64_t)length, 1, NULL};
    return slope__view_map(&dense, n, length, cell, result);
}

int slope__view_same(const slope__view *a, const slope__view *b, size_t n, size_t length)
{
    if (n == 0 || length == 0)
        return 1;
    if (a->index || b->index)
        return a->index && b->index && memcmp(a->index, b->index, n * length * sizeof *a->index) == 0;
    return a->first == b->first && (n == 1 || a->item == b->item) && (length == 1 || a->element == b->element);
}

int slope__loop_same(const slope__loop *a, const slope__loop *b)
{
    const slope_function *body = a->body;
    if (body != b->body || a->n != b->n || a->levels != b->levels)
        return 0;
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        const slope__source *s = &a->source[g], *t = &b->source[g];
        if (s->carried != t->carried ||
            !slope__view_same(&s->view, &t->view, s->carried == SLOPE__NONE ? a->n : 1, body->input[g].length))
            return 0;
    }
    for (size_t g = 0; g < body->outputs; g++) {
        const slope__target *s = &a->target[g], *t = &b->target[g];
        if (s->kind != t->kind || s->extent != t->extent ||
            !slope__view_same(&s->view, &t->view, a->n, body->output[g].length))
            return 0;
    }
    return 1;
}

void slope__view_range(const slope__view *v, size_t n, size_t length, slope__cell *low, slope__cell *high)
{
    if (v->index) {
        *low = *high = v->index[0];
        for (size_t k = 1; k < n * length; k++) {
            if (v->index[k] < *low)
                *low = v->index[k];
            if (v->index[k] > *high)
                *high = v->index[k];
        }
        return;
    }
    const int64_t along = (int64_t)(n - 1) * v->item, across = (int64_t)(length - 1) * v->element;
    *low = (slope__cell)(v->first + (along < 0 ? along : 0) + (across < 0 ? across : 0));
    *high = (slope__cell)(v->first + (along > 0 ? along : 0) + (across > 0 ? across : 0));
}
