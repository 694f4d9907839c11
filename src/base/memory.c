/* SPDX-License-Identifier: MIT */
/* Growable memory; sizes are checked before they are multiplied. */
#include <string.h>

#include "base/memory.h"

static slope_status block_resize(const slope_allocator *allocator, slope__block *block, size_t bytes)
{
    void *data = allocator->resize(allocator->context, block->data, block->bytes, bytes);
    if (!data)
        return SLOPE_ERR_MEMORY;
    *block = (slope__block){data, bytes};
    return SLOPE_OK;
}

slope_status slope__block_reserve(const slope_allocator *allocator, slope__block *block, size_t count, size_t size)
{
    if (count > SIZE_MAX / 2 / size)
        return SLOPE_ERR_MEMORY;
    const size_t need = count * size;
    if (need <= block->bytes)
        return SLOPE_OK;
    const size_t doubled = block->bytes > SIZE_MAX / 2 ? SIZE_MAX / 2 : 2 * block->bytes;
    /* where doubling is too much to ask, exactly what is needed may still be there */
    if (doubled > need && block_resize(allocator, block, doubled / size * size) == SLOPE_OK)
        return SLOPE_OK;
    return block_resize(allocator, block, need);
}

void slope__block_free(const slope_allocator *allocator, slope__block *block)
{
    if (block->data)
        (void)allocator->resize(allocator->context, block->data, block->bytes, 0);
    *block = (slope__block){NULL, 0};
}

uint64_t slope__hash(const void *bytes, size_t n)
{
    const unsigned char *byte = bytes;
    uint64_t h = 0xCBF29CE484222325u;
    for (size_t i = 0; i < n; i++)
        h = (h ^ byte[i]) * 0x100000001B3u;
    return h;
}

const char **slope__text_slot(const char **table, size_t slots, const char *text)
{
    for (uint64_t at = slope__hash(text, strlen(text));; at++) {
        const char **slot = &table[at & (slots - 1)];
        if (!*slot || strcmp(*slot, text) == 0)
            return slot;
    }
}
