/* SPDX-License-Identifier: MIT */
/* Sets of columns: a table of nodes, each a sorted list of columns or a list of other nodes; equal nodes are one. */
#include "derive/sets.h"

#include <stdlib.h>
#include <string.h>

enum {
    SMALL = 48, /* unions of so few columns are listed at once */
    HEAVY = 4,  /* a union is listed when its parts weigh so many times what it surely holds */
    SLACK = 64
};

struct slope__sets_node {
    size_t first;          /* in the pool */
    size_t weight;         /* what listing it costs at most: columns and parts below, shared ones counted again */
    uint32_t count, least; /* entries of the pool; columns that it surely holds */
    int is_union;
};

#define ROOM(s, column, count) \
    (sets_room(s, &(s)->block.column, (count), sizeof *(s)->column) && ((s)->column = (s)->block.column.data, 1))

static int sets_room(slope__sets *s, slope__block *block, size_t count, size_t size)
{
    if (!s->failed && slope__block_reserve(&s->allocator, block, count, size) != SLOPE_OK)
        s->failed = 1;
    return !s->failed;
}

int slope__sets_create(slope__sets *s, size_t columns)
{
    *s = (slope__sets){0};
    s->allocator = slope_allocator_default();
    s->columns = columns;
    s->nodes = 1;
    if (!ROOM(s, node, 1) || !ROOM(s, found, columns + 1) || !ROOM(s, seen, columns + 1))
        return 0;
    s->node[0] = (slope__sets_node){0};
    memset(s->seen, 0, (columns + 1) * sizeof *s->seen);
    return 1;
}

void slope__sets_destroy(slope__sets *s)
{
    slope__block *const all[] = {&s->block.node, &s->block.pool,    &s->block.slot, &s->block.found,
                                 &s->block.seen, &s->block.visited, &s->block.stack};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        slope__block_free(&s->allocator, all[k]);
}

/* --------------------------------------------------------------------------------------------------------- sharing */

static size_t hash_of(int is_union, size_t n, const uint32_t x[])
{
    uint64_t h = n * 2 + (is_union != 0);
    for (size_t k = 0; k < n; k++) {
        h = (h ^ x[k]) * UINT64_C(0x9E3779B97F4A7C15);
        h ^= h >> 29;
    }
    return (size_t)h;
}

static void put_set(slope__sets *s, uint32_t slot[], size_t slots, uint32_t k)
{
    const slope__sets_node *node = &s->node[k];
    size_t at = hash_of(node->is_union, node->count, s->pool + node->first) & (slots - 1);
    while (slot[at])
        at = (at + 1) & (slots - 1);
    slot[at] = k;
}

static int grow_slots(slope__sets *s)
{
    if (4 * (s->nodes + 1) <= 3 * s->slots)
        return 1;
    const size_t slots = s->slots ? 2 * s->slots : 256;
    slope__block block = {NULL, 0};
    if (!sets_room(s, &block, slots, sizeof *s->slot))
        return 0;
    memset(block.data, 0, slots * sizeof *s->slot);
    for (uint32_t k = 1; k < s->nodes; k++)
        put_set(s, block.data, slots, k);
    slope__block_free(&s->allocator, &s->block.slot);
    s->block.slot = block;
    s->slot = block.data;
    s->slots = slots;
    return 1;
}

/* The node with these entries; x must not lie in the pool. */
static slope__set intern(slope__sets *s, int is_union, size_t n, const uint32_t x[], size_t weight, uint32_t least)
{
    if (n == 0 || !grow_slots(s))
        return 0;
    size_t at = hash_of(is_union, n, x) & (s->slots - 1);
    for (; s->slot[at]; at = (at + 1) & (s->slots - 1)) {
        const slope__sets_node *node = &s->node[s->slot[at]];
        if (node->is_union == is_union && node->count == n && !memcmp(s->pool + node->first, x, n * sizeof *x))
            return s->slot[at];
    }
    if (s->nodes == UINT32_MAX)
        s->failed = 1;
    if (!ROOM(s, pool, s->pooled + n) || !ROOM(s, node, s->nodes + 1))
        return 0;
    memcpy(s->pool + s->pooled, x, n * sizeof *x);
    s->node[s->nodes] = (slope__sets_node){s->pooled, weight, (uint32_t)n, least, is_union};
    s->pooled += n;
    s->slot[at] = (uint32_t)s->nodes;
    return (slope__set)s->nodes++;
}

slope__set slope__set_of(slope__sets *s, uint32_t column) { return intern(s, 0, 1, &column, 1, 1); }

/* --------------------------------------------------------------------------------------------------------- listing */

static int compare(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void sort(uint32_t x[], size_t n)
{
    if (n > 16) {
        qsort(x, n, sizeof *x, compare);
        return;
    }
    for (size_t k = 1; k < n; k++) {
        const uint32_t moved = x[k];
        size_t at = k;
        for (; at > 0 && x[at - 1] > moved; at--)
            x[at] = x[at - 1];
        x[at] = moved;
    }
}

/* Sorts and drops repetitions; how many are left. */
static size_t sort_unique(uint32_t x[], size_t n)
{
    size_t kept = 0;
    sort(x, n);
    for (size_t k = 0; k < n; k++) {
        if (kept == 0 || x[kept - 1] != x[k])
            x[kept++] = x[k];
    }
    return kept;
}

/* Nodes that the walk has not met yet go on the stack. */
static int push_all(slope__sets *s, size_t n, const slope__set x[], size_t *top)
{
    if (!sets_room(s, &s->block.stack, *top + n, sizeof(slope__set)))
        return 0;
    slope__set *stack = s->block.stack.data;
    for (size_t k = 0; k < n; k++) {
        if (s->visited[x[k]] != s->stamp)
            stack[(*top)++] = x[k];
        s->visited[x[k]] = s->stamp;
    }
    return 1;
}

static void next_stamp(slope__sets *s)
{
    const size_t old = s->block.visited.bytes / sizeof *s->visited;
    if (!ROOM(s, visited, s->nodes + 1))
        return;
    const size_t now = s->block.visited.bytes / sizeof *s->visited;
    memset(s->visited + old, 0, (now - old) * sizeof *s->visited);
    if (++s->stamp == 0) {
        memset(s->visited, 0, now * sizeof *s->visited);
        memset(s->seen, 0, (s->columns + 1) * sizeof *s->seen);
        s->stamp = 1;
    }
}

/* The columns of all of x[0..n-1], in order, into s->found. */
static void list(slope__sets *s, size_t n, const slope__set x[])
{
    size_t top = 0;
    s->finds = 0;
    next_stamp(s);
    if (s->failed || !push_all(s, n, x, &top))
        return;
    while (top > 0) {
        const slope__sets_node *node = &s->node[((const slope__set *)s->block.stack.data)[--top]];
        const uint32_t *entry = s->pool + node->first;
        if (node->is_union && !push_all(s, node->count, entry, &top))
            return;
        for (size_t k = 0; !node->is_union && k < node->count; k++) {
            if (s->seen[entry[k]] != s->stamp)
                s->found[s->finds++] = entry[k];
            s->seen[entry[k]] = s->stamp;
        }
    }
    if (s->finds < s->columns / 32) {
        sort(s->found, s->finds);
        return;
    }
    s->finds = 0;
    for (size_t c = 0; c < s->columns; c++) {
        if (s->seen[c] == s->stamp)
            s->found[s->finds++] = (uint32_t)c;
    }
}

const uint32_t *slope__set_columns(slope__sets *s, slope__set x, size_t *n)
{
    if (s->node[x].is_union) {
        list(s, 1, &x);
        *n = s->finds;
        return s->found;
    }
    *n = s->node[x].count;
    return s->pool ? s->pool + s->node[x].first : s->found;
}

/* ---------------------------------------------------------------------------------------------------------- unions */

/* All columns of few small lists together. */
static slope__set merge_sets(slope__sets *s, size_t n, const slope__set x[])
{
    uint32_t all[SMALL];
    size_t count = 0;
    for (size_t k = 0; k < n; k++) {
        const slope__sets_node *node = &s->node[x[k]];
        memcpy(all + count, s->pool + node->first, node->count * sizeof *all);
        count += node->count;
    }
    count = sort_unique(all, count);
    return intern(s, 0, count, all, count, (uint32_t)count);
}

/* Is list x a part of list y? */
static int is_part(const slope__sets *s, slope__set x, slope__set y)
{
    const slope__sets_node *a = &s->node[x], *b = &s->node[y];
    const uint32_t *in = s->pool + b->first;
    for (size_t k = 0; k < a->count; k++) {
        if (!bsearch(&s->pool[a->first + k], in, b->count, sizeof *in, compare))
            return 0;
    }
    return 1;
}

/* The one of x that holds all the others, where all are lists; 0 when none is seen to. */
static slope__set whole(const slope__sets *s, size_t n, const slope__set x[])
{
    slope__set most = x[0];
    for (size_t k = 0; k < n; k++) {
        if (s->node[x[k]].is_union)
            return 0;
        if (s->node[x[k]].count > s->node[most].count)
            most = x[k];
    }
    for (size_t k = 0; k < n; k++) {
        if (x[k] != most && !is_part(s, x[k], most))
            return 0;
    }
    return most;
}

slope__set slope__set_union(slope__sets *s, size_t n, slope__set x[])
{
    size_t kept = 0;
    for (size_t k = 0; k < n; k++) {
        if (x[k])
            x[kept++] = x[k];
    }
    n = sort_unique(x, kept);
    if (n <= 1 || s->failed)
        return n ? x[0] : 0;
    size_t weight = 1, lists = 0;
    uint32_t least = 0;
    for (size_t k = 0; k < n; k++) {
        const slope__sets_node *node = &s->node[x[k]];
        weight += node->weight;
        lists += !node->is_union;
        if (node->least > least)
            least = node->least;
    }
    if (lists == n && weight <= SMALL)
        return merge_sets(s, n, x);
    const slope__set one = whole(s, n, x);
    if (one)
        return one;
    if (weight <= (size_t)HEAVY * least + SLACK)
        return intern(s, 1, n, x, weight, least);
    list(s, n, x);
    return s->failed ? 0 : intern(s, 0, s->finds, s->found, s->finds, (uint32_t)s->finds);
}
