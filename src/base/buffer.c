/* SPDX-License-Identifier: MIT */
/*
 * An allocator inside memory of the caller: first fit over a list of blocks in order of address.
 *
 *     buffer: [pool][header|bytes ...][header|bytes ...] ... up to the end
 *
 * Each block begins with a header that tells its size (a multiple of UNIT, header included) and whether it is used; the
 * next block starts where it ends.  Free neighbours are merged while searching, so there are no links to keep.
 */
#include <stdalign.h>
#include <string.h>

#include <slope/base.h>

enum { UNIT = 64 }; /* keeps columns on cache lines */

typedef struct header {
    size_t size; /* bytes to the next header */
    size_t used; /* 0 or 1 */
} header;

typedef struct pool {
    char *first, *end;
} pool;

static header *block_at(char *place) { return (header *)(void *)place; }

static size_t units(size_t bytes) { return (bytes + sizeof(header) + UNIT - 1) / UNIT * UNIT; }

/* Joins the free blocks that follow `block` to it. */
static void merge_next(const pool *p, header *block)
{
    for (;;) {
        char *next = (char *)block + block->size;
        if (next >= p->end || block_at(next)->used)
            return;
        block->size += block_at(next)->size;
    }
}

/* Cuts what is more than `size` off a block and frees it. */
static void split_block(header *block, size_t size)
{
    if (block->size >= size + UNIT) {
        header *rest = block_at((char *)block + size);
        *rest = (header){block->size - size, 0};
        block->size = size;
    }
}

static void *take(const pool *p, size_t bytes)
{
    const size_t size = units(bytes);
    for (char *place = p->first; place < p->end; place += block_at(place)->size) {
        header *block = block_at(place);
        if (block->used)
            continue;
        merge_next(p, block);
        if (block->size >= size) {
            split_block(block, size);
            block->used = 1;
            return block + 1;
        }
    }
    return NULL;
}

static void *resize_in_buffer(void *context, void *data, size_t old_size, size_t new_size)
{
    const pool *p = context;
    if (!p || new_size > (size_t)(p->end - p->first))
        return NULL;
    if (!data)
        return new_size ? take(p, new_size) : NULL;
    header *block = (header *)data - 1;
    if (new_size == 0) {
        block->used = 0;
        return NULL;
    }
    merge_next(p, block);
    if (block->size >= units(new_size)) {
        split_block(block, units(new_size));
        return data;
    }
    split_block(block, units(old_size));
    void *fresh = take(p, new_size);
    if (fresh) {
        memcpy(fresh, data, old_size < new_size ? old_size : new_size);
        block->used = 0;
    }
    return fresh;
}

slope_allocator slope_allocator_buffer(void *buffer, size_t size)
{
    const slope_allocator none = {resize_in_buffer, NULL};
    if (!buffer || size < 256)
        return none;
    char *start =
        (char *)buffer + (alignof(max_align_t) - (uintptr_t)buffer % alignof(max_align_t)) % alignof(max_align_t);
    char *limit = (char *)buffer + size;
    pool *p = (pool *)(void *)start;
    /* the first header lies so that the bytes after it, and after every other header, start a UNIT */
    char *first = start + sizeof(pool);
    first += (UNIT - ((uintptr_t)first + sizeof(header)) % UNIT) % UNIT;
    const size_t room = (size_t)(limit - first) / UNIT * UNIT;
    *p = (pool){first, first + room};
    *block_at(first) = (header){room, 0};
    return (slope_allocator){resize_in_buffer, p};
}
