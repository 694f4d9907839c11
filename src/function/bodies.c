/* SPDX-License-Identifier: MIT */
/* A function and the bodies within, each once. */
#include <stdlib.h>

#include "function/ir.h"

/* Functions that differ in their bound data only are one. */
static const slope_function *text_of(const slope_function *f) { return f->text ? f->text : f; }

static size_t *body_slot(const slope__bodies *bodies, const slope_function *f)
{
    uint64_t h = (uint64_t)(uintptr_t)f * 0x9E3779B97F4A7C15u;
    for (size_t at = (size_t)(h >> 32);; at++) {
        size_t *slot = &bodies->slot[at & (bodies->slots - 1)];
        if (*slot == 0 || bodies->function[*slot - 1] == f)
            return slot;
    }
}

/* Room for one more; 0 when memory is short. */
static int grow_bodies(slope__bodies *bodies)
{
    if (2 * (bodies->functions + 1) <= bodies->slots)
        return 1;
    const size_t slots = bodies->slots ? 2 * bodies->slots : 16;
    const slope_function **function =
        realloc((void *)(uintptr_t)bodies->function, slots / 2 * sizeof *bodies->function);
    if (!function)
        return 0;
    bodies->function = function;
    size_t *slot = slope__new(slots, sizeof *slot);
    if (!slot)
        return 0;
    free(bodies->slot);
    bodies->slot = slot;
    bodies->slots = slots;
    for (size_t k = 0; k < bodies->functions; k++)
        *body_slot(bodies, function[k]) = k + 1;
    return 1;
}

slope_status slope__bodies_fill(slope__bodies *bodies, const slope_function *f)
{
    f = text_of(f);
    if (bodies->slots > 0 && *body_slot(bodies, f))
        return SLOPE_OK;
    for (size_t k = 0; k < f->loops; k++) {
        const slope_status status = slope__bodies_fill(bodies, f->loop[k].body);
        if (status != SLOPE_OK)
            return status;
    }
    if (!grow_bodies(bodies))
        return SLOPE_ERR_MEMORY;
    bodies->function[bodies->functions++] = f;
    *body_slot(bodies, f) = bodies->functions;
    return SLOPE_OK;
}

size_t slope__bodies_find(const slope__bodies *bodies, const slope_function *f)
{
    return *body_slot(bodies, text_of(f)) - 1;
}

void slope__bodies_free(slope__bodies *bodies)
{
    free((void *)(uintptr_t)bodies->function);
    free(bodies->slot);
    *bodies = (slope__bodies){0};
}
