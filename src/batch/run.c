/* SPDX-License-Identifier: MIT */
/* Frames, and the two streams of a plan: parts of straight steps with loops between them. */
#include "batch/run.h"

#include <string.h>

void slope__enter(slope__frame *f, const slope__plan *p, char *work, size_t stride)
{
    const size_t outside = slope__bases(p) - SLOPE__OUTSIDE;
    *f = (slope__frame){.p = p, .stride = stride, .threads = 1};
    f->slot = (double *)(void *)work;
    work += slope__aligned(p->slots * sizeof(double));
    f->base = (slope__base *)(void *)work;
    work += slope__aligned((outside + SLOPE__OUTSIDE) * sizeof(slope__base));
    f->ptr = (double **)(void *)work;
    work += slope__aligned(p->refs * sizeof(double *));
    f->operand = (double *)(void *)work;
    work += slope__aligned((p->widest + 1) * sizeof(double));
    f->row = (double *)(void *)work;
    f->inside = work + p->rows * stride * sizeof(double);
    for (size_t k = 0; k < p->constants; k++)
        f->slot[p->constant[k].at] = p->f->number[p->constant[k].base];
    memset(f->base, 0, (outside + SLOPE__OUTSIDE) * sizeof *f->base);
    slope__set_base(f, SLOPE__UNIFORM, f->slot, 1);
    slope__set_base(f, SLOPE__NUMBERS, p->f->number, 1);
    slope__set_base(f, SLOPE__LANES, f->row, (ptrdiff_t)stride);
}

void slope__fetch_rows(slope__frame *f, size_t g)
{
    const slope__base b = f->base[SLOPE__OUTSIDE + g];
    for (size_t k = 0; k < f->p->rows_of_count; k++) {
        const slope__rows *r = &f->p->rows_of[k];
        if (r->group == g)
            slope__pack(f->p->unit, f->slot + r->slot, (r->n + 7) / 8 * 8, b.p + (ptrdiff_t)r->at * b.step,
                        (ptrdiff_t)r->item * b.step, (ptrdiff_t)r->element * b.step, r->length, r->n);
    }
}

slope_status slope__run_uniform(slope__frame *f)
{
    const slope__stream *s = &f->p->uniform;
    if (f->p->calls == SLOPE__CALL_ONE)
        return slope__run_call(f);
    for (size_t k = 0; k < s->parts; k++) {
        const slope__part *part = &s->part[k];
        slope__run_steps(f, s->step + part->first, part->last - part->first);
        if (part->loop == SLOPE__NONE)
            continue;
        const slope__run_loop *l = &f->p->loop[part->loop];
        size_t bad;
        const slope_status status =
            l->way == SLOPE__BLOCKS ? slope__run_blocks(f, l) : slope__run_items(f, l, 1, 1, &bad);
        if (status != SLOPE_OK)
            return status;
    }
    for (size_t k = 0; k < s->guards; k++) {
        if ((f->slot[s->guard[2 * k]] != 0) != (int)s->guard[2 * k + 1])
            return SLOPE_ERR_BRANCH;
    }
    return SLOPE_OK;
}

/* The first lane whose guards fail; lanes when there is none. */
static size_t failing_lane(const slope__frame *f, size_t valid)
{
    const slope__stream *s = &f->p->lanes;
    for (size_t i = 0; i < valid; i++) {
        for (size_t k = 0; k < s->guards; k++) {
            if ((f->ptr[s->guard[2 * k]][i] != 0) != (int)s->guard[2 * k + 1])
                return i;
        }
    }
    return valid;
}

slope_status slope__run_lanes(slope__frame *f, size_t lanes, size_t valid, size_t *bad)
{
    const slope__stream *s = &f->p->lanes;
    if (f->p->calls == SLOPE__CALL_LANES)
        return slope__run_calls(f, lanes, valid, bad);
    for (size_t k = 0; k < s->parts; k++) {
        const slope__part *part = &s->part[k];
        f->p->unit->run(f, s->step + part->first, part->last - part->first, lanes, valid);
        if (part->loop == SLOPE__NONE)
            continue;
        const slope_status status = slope__run_items(f, &f->p->loop[part->loop], lanes, valid, bad);
        if (status != SLOPE_OK)
            return status;
    }
    *bad = s->guards ? failing_lane(f, valid) : valid;
    return *bad < valid ? SLOPE_ERR_BRANCH : SLOPE_OK;
}
