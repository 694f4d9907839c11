/* SPDX-License-Identifier: MIT */
/*
 * What runs functions: one point, or some points of a batch, in given memory.
 *
 * Sums over points or items are made in one order for every machine and number of threads: items are cut into chunks of
 * SLOPE__CHUNK; in a chunk item i is added to partial sum i % 8, each starting from 0, in order of i; the chunk's total
 * is
 * ((p0 + p4) + (p2 + p6)) + ((p1 + p5) + (p3 + p7)); totals are added in the order of chunks, starting from 0.
 */
#ifndef SLOPE_BATCH_ENGINE_H
#define SLOPE_BATCH_ENGINE_H

#include <slope/eval.h>

#include "function/ir.h"

enum { SLOPE__CHUNK = 256, SLOPE__ALIGN = 64 };

/* Bytes of work that one thread needs for a point, a multiple of SLOPE__ALIGN; prepares f.  0: there is no memory. */
size_t slope__one_bytes(const slope_function *f);

/* One point; x has inputs + data entries, y[g] may be NULL.  Work is aligned; there is one_bytes of it for every
   thread. */
slope_status slope__one(const slope_function *f, const double *const x[], double *const y[], void *work, int threads);

/* How points of a batch are run. */
typedef struct slope__way {
    const struct slope__plan *plan; /* in lanes; NULL: one by one, as what a point needs of lanes is too large */
    size_t stride;
    size_t bytes; /* of work for a thread */
} slope__way;

/* For a batch with sums of these output groups (bit g; 31 for all from there on); n points, 1: one by one.  With at
   most so many bytes of work, if it can be.  0: there is no memory. */
int slope__way_of(const slope_function *f, size_t n, uint32_t sums, size_t most, slope__way *way);

/*
 * Points first ... last - 1, all within one chunk.  x has inputs + data entries.  Outputs with `sum` get the total of
 * these points. SLOPE_ERR_BRANCH: *branch is the first point whose guards fail.  Threads only one by one, with `bytes`
 * of work each.
 */
slope_status slope__points(const slope_function *f, const slope__way *way, size_t first, size_t last,
                           const slope_input x[], const slope_output y[], void *work, int threads, size_t *branch);

/* Memory for an evaluation of f, any alignment: that of the one before, if nobody else has it, so that pages need not
   be mapped again each time.  NULL: there is none. */
void *slope__take_memory(const slope_function *f, size_t bytes);
void slope__give_memory(const slope_function *f, void *memory);

/* Work of any alignment made aligned. */
static inline void *slope__align(void *work)
{
    return (void *)(((uintptr_t)work + SLOPE__ALIGN - 1) / SLOPE__ALIGN * SLOPE__ALIGN);
}

static inline size_t slope__aligned(size_t bytes) { return (bytes + SLOPE__ALIGN - 1) / SLOPE__ALIGN * SLOPE__ALIGN; }

/* Whether numbers are missing where f needs some; data counts from f->inputs. */
static inline int slope__bound(const slope_function *f)
{
    for (size_t g = f->inputs; g < f->inputs + f->data; g++) {
        if (f->input[g].length > 0 && !f->input[g].bound)
            return 0;
    }
    return 1;
}

#endif
