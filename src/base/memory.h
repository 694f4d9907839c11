/* SPDX-License-Identifier: MIT */
/* Growable memory of any element type, from the caller's allocator; and hash tables. */
#ifndef SLOPE_BASE_MEMORY_H
#define SLOPE_BASE_MEMORY_H

#include <slope/base.h>

/* A block that knows its size, so that it can be resized and freed with the old size as allocators are promised. */
typedef struct slope__block {
    void *data;
    size_t bytes;
} slope__block;

/* Makes the block hold at least count elements of `size` bytes, at least doubling it so that growth is amortised; keeps
   its content.  On SLOPE_ERR_MEMORY the block is unchanged. */
SLOPE_CHECKED slope_status slope__block_reserve(const slope_allocator *allocator, slope__block *block, size_t count,
                                                size_t size);

/* Frees the block and leaves it empty; an empty one is fine. */
void slope__block_free(const slope_allocator *allocator, slope__block *block);

/* Fowler, Noll and Vo's hash (FNV-1a) of n bytes. */
uint64_t slope__hash(const void *bytes, size_t n);

/* The slot of a hash table of texts, of which at least one is empty (NULL), that holds `text` or is where it would go.
   `slots` is a power of 2. */
const char **slope__text_slot(const char **table, size_t slots, const char *text);

#endif
