/* SPDX-License-Identifier: MIT */
/* A function and the bodies within, each once, in the order of a walk: what files and dumps list. */
#include <stdlib.h>

#include "file/file.h"

/* Functions that differ in their bound data only are one. */
static const slope_function *text_of(const slope_function *f) { return f->text ? f->text : f; }

static size_t *probe_set(const slope__file_set *set, const slope_function *f)
{
    uint64_t h = (uint64_t)(uintptr_t)f * 0x9E3779B97F4A7C15u;
    for (size_t at = (size_t)(h >> 32);; at++) {
        size_t *slot = &set->slot[at & (set->slots - 1)];
        if (*slot == 0 || set->function[*slot - 1] == f)
            return slot;
    }
}

/* Room for one more; 0 when memory is short. */
static int grow(slope__file_set *set)
{
    if (2 * (set->functions + 1) <= set->slots)
        return 1;
    const size_t slots = set->slots ? 2 * set->slots : 16;
    const slope_function **function = realloc((void *)(uintptr_t)set->function, slots / 2 * sizeof *set->function);
    if (!function)
        return 0;
    set->function = function;
    size_t *slot = slope__new(slots, sizeof *slot);
    if (!slot)
        return 0;
    free(set->slot);
    set->slot = slot;
    set->slots = slots;
    for (size_t k = 0; k < set->functions; k++)
        *probe_set(set, function[k]) = k + 1;
    return 1;
}

slope_status slope__file_set_fill(slope__file_set *set, const slope_function *f)
{
    f = text_of(f);
    if (set->slots > 0 && *probe_set(set, f))
        return SLOPE_OK;
    for (size_t k = 0; k < f->loops; k++) {
        const slope_status status = slope__file_set_fill(set, f->loop[k].body);
        if (status != SLOPE_OK)
            return status;
    }
    if (!grow(set))
        return SLOPE_ERR_MEMORY;
    set->function[set->functions++] = f;
    *probe_set(set, f) = set->functions;
    return SLOPE_OK;
}

size_t slope__file_set_find(const slope__file_set *set, const slope_function *f)
{
    return *probe_set(set, text_of(f)) - 1;
}

void slope__file_set_free(slope__file_set *set)
{
    free((void *)(uintptr_t)set->function);
    free(set->slot);
    *set = (slope__file_set){0};
}
