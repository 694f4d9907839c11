/* SPDX-License-Identifier: MIT */
/* Running plans: frames, the two streams, loops item by item and in blocks of lanes. */
#ifndef SLOPE_BATCH_RUN_H
#define SLOPE_BATCH_RUN_H

#include "batch/plan.h"

typedef struct slope__frame slope__frame;

struct slope__frame {
    const slope__plan *p;
    double *slot, *row;
    size_t stride; /* of rows */
    slope__base *base;
    double **ptr;    /* what plan->ref says */
    double *operand; /* room for the operands of one operation */
    char *inside;    /* work of loops inside */
    char *others;    /* work of threads from the second on, `share` bytes of each; only where threads > 1 */
    size_t share;
    int threads;
};

/* An array outside: element j of item i is p[i * item + j * element]; outputs may be scattered by a list instead. */
typedef struct slope__across {
    double *p;
    ptrdiff_t item, element;
    const uint32_t *index;
    int padded; /* beyond the last item there are copies of it, up to a multiple of 8 */
    enum { SLOPE__ACROSS_NONE, SLOPE__ACROSS_EACH, SLOPE__ACROSS_SUM, SLOPE__ACROSS_SCATTER } kind;
} slope__across;

/* Lays a frame out in aligned work; bases outside are to be set. */
void slope__enter(slope__frame *f, const slope__plan *p, char *work, size_t stride);

static inline void slope__set_base(slope__frame *f, uint32_t b, double *p, ptrdiff_t step)
{
    f->base[b] = (slope__base){p, step};
    for (size_t k = f->p->ref_first[b]; k < f->p->ref_first[b + 1]; k++)
        f->ptr[k] = p + (ptrdiff_t)f->p->ref[k].at * step;
}

static inline double *slope__at(const slope__frame *f, slope__place place)
{
    const slope__base *b = &f->base[place.base];
    return b->p + (ptrdiff_t)place.at * b->step;
}

/* to[j * stride + i] = from[i * item + j * element] for n items, filled up to a multiple of 8 with the last one. */
void slope__pack(const slope__unit *unit, double *to, size_t stride, const double *from, ptrdiff_t item,
                 ptrdiff_t element, size_t length, size_t n);

/* Numbers of input group g as rows, where loops want them so. */
void slope__fetch_rows(slope__frame *f, size_t g);

/* Copies what uniform steps need of input group g, after its base was set. */
static inline void slope__fetch_group(slope__frame *f, size_t g)
{
    const slope__base b = f->base[SLOPE__OUTSIDE + g];
    for (size_t k = f->p->fetch_first[g]; k < f->p->fetch_first[g + 1]; k++)
        f->slot[f->p->fetch[k].slot] = b.p[(ptrdiff_t)f->p->fetch[k].element * b.step];
    if (f->p->rows_of_count > 0)
        slope__fetch_rows(f, g);
}

/* The uniform stream; the stream of lanes with so many of them, a multiple of 8, of which `valid` count. */
slope_status slope__run_uniform(slope__frame *f);
slope_status slope__run_lanes(slope__frame *f, size_t lanes, size_t valid, size_t *bad);

/* The same of opaque functions. */
slope_status slope__run_call(slope__frame *f);
slope_status slope__run_calls(slope__frame *f, size_t lanes, size_t valid, size_t *bad);

/* Steps of one part. */
void slope__run_steps(slope__frame *f, const slope__step *step, size_t n);

/* Brings together what views of a loop can't reach by strides. */
void slope__bring_together(const slope__frame *f, const slope__run_loop *l, size_t lanes);

/* A loop item by item, uniform (lanes 1) or of lanes. */
slope_status slope__run_items(slope__frame *f, const slope__run_loop *l, size_t lanes, size_t valid, size_t *bad);

/* A uniform loop in blocks of lanes. */
slope_status slope__run_blocks(slope__frame *f, const slope__run_loop *l);

/* Items first ... last - 1 of one chunk.  in and out have an entry per group; sums go to total[0..sum_numbers-1]. */
slope_status slope__run_chunk(const slope__plan *p, size_t first, size_t last, const slope__across in[],
                              const slope__across out[], double total[], size_t stride, char *work, size_t *bad);

extern const slope__unit slope__lanes_avx512, slope__lanes_avx2, slope__lanes_portable;

/* The one for this machine, or the one that the environment asks for in SLOPE_LANES. */
const slope__unit *slope__unit_here(void);

#endif
