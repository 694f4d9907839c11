/* SPDX-License-Identifier: MIT */
/* An allocator that fails when it is told to, and counts what is held by the sizes it is told. */
#ifndef FAILING_H
#define FAILING_H

#include <stdlib.h>
#include <string.h>

#include <slope/base.h>

/* Fails allocation number `fail_at` of `calls`, from 1, and all later ones if `forever`; fail_at 0 fails none. */
typedef struct failing {
    size_t calls, fail_at, held;
    int forever;
} failing;

/* Every block moves when it is resized, so that stale pointers show. */
static inline void *failing_resize(void *context, void *data, size_t old_size, size_t new_size)
{
    failing *f = context;
    if (new_size == 0) {
        f->held -= old_size;
        free(data);
        return NULL;
    }
    f->calls++;
    if (f->calls == f->fail_at || (f->forever && f->fail_at && f->calls > f->fail_at))
        return NULL;
    void *fresh = malloc(new_size);
    if (fresh && data) {
        memcpy(fresh, data, old_size < new_size ? old_size : new_size);
        free(data);
    }
    f->held += fresh ? new_size - old_size : 0;
    return fresh;
}

/* Counts anew: of the next allocations, `left` succeed and the rest fail. */
static inline void failing_after(failing *f, size_t left)
{
    f->calls = 0;
    f->fail_at = left + 1;
    f->forever = 1;
}

#endif
