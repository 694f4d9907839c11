/* SPDX-License-Identifier: MIT */
/*
 * Sets of columns, as dependency analysis makes them: millions, mostly few columns, mostly equal to each other.
 *
 * Equal small sets are one set.  Large unions are kept as a list of their parts and only listed when the parts weigh
 * several times what the set holds, so that listing any set takes time linear in its columns, and a chain of n unions
 * takes O(n) memory although its sets hold O(n^2) columns together.
 */
#ifndef SLOPE_DERIVE_SETS_H
#define SLOPE_DERIVE_SETS_H

#include "base/memory.h"

typedef uint32_t slope__set; /* 0 is the empty one */

typedef struct slope__sets_node slope__sets_node;

typedef struct slope__sets {
    slope_allocator allocator;
    size_t columns;
    slope__sets_node *node;
    uint32_t *pool, *slot, *found, *seen, *visited;
    size_t nodes, pooled, slots, finds;
    uint32_t stamp;
    int failed; /* memory was short: all results are worthless */
    struct {
        slope__block node, pool, slot, found, seen, visited, stack;
    } block;
} slope__sets;

/* Sets of columns 0 ... columns - 1.  0 when memory is short. */
int slope__sets_create(slope__sets *s, size_t columns);
void slope__sets_destroy(slope__sets *s);

slope__set slope__set_of(slope__sets *s, uint32_t column);

/* The union of n sets; x is scratch afterwards. */
slope__set slope__set_union(slope__sets *s, size_t n, slope__set x[]);

static inline slope__set slope__set_join(slope__sets *s, slope__set x, slope__set y)
{
    return x == y || !y ? x : !x ? y : slope__set_union(s, 2, (slope__set[]){x, y});
}

/* The columns in order, borrowed until the next call with s. */
const uint32_t *slope__set_columns(slope__sets *s, slope__set x, size_t *n);

#endif
