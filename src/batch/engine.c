/* SPDX-License-Identifier: MIT */
/* Points by way of plans: one by itself, or in lanes. */
#include "batch/engine.h"

#include <stdlib.h>

#include "batch/run.h"

static size_t outputs_of(const slope_function *f)
{
    size_t results = 0;
    for (size_t g = 0; g < f->outputs; g++)
        results += f->output[g].length;
    return results;
}

/* Of points of a batch, inputs that may differ are in lanes: all that have numbers. */
static uint32_t batch_lanes(const slope_function *f)
{
    uint32_t in = 0;
    for (size_t g = 0; g < f->inputs; g++)
        in |= f->input[g].length > 0 ? (uint32_t)1 << (g < 31 ? g : 31) : 0;
    return in;
}

size_t slope__one_bytes(const slope_function *f)
{
    const slope__plan *p = slope__plan_of(f, 0, 0);
    return p ? p->fixed + SLOPE__ALIGN : 0;
}

slope_status slope__one(const slope_function *f, const double *const x[], double *const y[], void *work, int threads)
{
    const slope__plan *p = slope__plan_of(f, 0, 0);
    if (!p)
        return SLOPE_ERR_MEMORY;
    slope__frame frame;
    slope__enter(&frame, p, work, 0);
    if (threads > 1) {
        frame.threads = threads;
        frame.share = slope__one_bytes(f);
        frame.others = (char *)work + frame.share;
    }
    for (size_t g = 0; g < f->inputs + f->data; g++) {
        slope__set_base(&frame, slope__input_base(p, g), (double *)(uintptr_t)x[g], 1);
        slope__fetch_group(&frame, g);
    }
    for (size_t g = 0; g < f->outputs; g++)
        slope__set_base(&frame, slope__output_base(p, g), y[g] ? y[g] : frame.slot + p->reserve[g], 1);
    const slope_status status = slope__run_uniform(&frame);
    for (size_t g = 0; status == SLOPE_OK && g < f->outputs; g++) {
        const slope__group *out = &p->f->output[g];
        for (size_t j = 0; y[g] && !p->whole[g] && j < out->length; j++) {
            if (!p->drop[out->first + j].direct)
                y[g][j] = *slope__at(&frame, p->drop[out->first + j].from);
        }
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------------ one by one */

/* Arrays for one point: pointers, then numbers of groups that are not in one piece outside, then 8 sums of every output
   number. */
static size_t single_bytes(const slope_function *f)
{
    size_t numbers = 0;
    for (size_t g = 0; g < f->inputs + f->data; g++)
        numbers += f->input[g].length;
    for (size_t g = 0; g < f->outputs; g++)
        numbers += f->output[g].length * 9;
    return slope__aligned((f->inputs + f->data + f->outputs) * sizeof(double *)) +
           slope__aligned(numbers * sizeof(double));
}

typedef struct single {
    const slope_function *f;
    const slope_input *x;
    const slope_output *y;
    const double **in;
    double **out, *number, *acc;
} single;

static void lay_out(single *s, char *work)
{
    const slope_function *f = s->f;
    s->in = (const double **)(void *)work;
    s->out = (double **)(void *)(s->in + f->inputs + f->data);
    s->number = (double *)(void *)(work + slope__aligned((f->inputs + f->data + f->outputs) * sizeof(double *)));
    s->acc = s->number;
    for (size_t g = 0; g < f->inputs + f->data; g++)
        s->acc += f->input[g].length;
    for (size_t g = 0; g < f->outputs; g++)
        s->acc += f->output[g].length;
    for (size_t k = 0, g = 0; g < f->outputs; g++) {
        for (size_t j = 0; j < 8 * f->output[g].length; j++)
            s->acc[k++] = 0.0;
    }
}

/* Groups in one piece are read and written where they are. */
static void aim_at_point(single *s, size_t i)
{
    double *at = s->number;
    for (size_t g = 0; g < s->f->inputs + s->f->data; g++) {
        const slope_input *x = &s->x[g];
        const size_t length = s->f->input[g].length;
        const double *from = x->data + (ptrdiff_t)i * x->point;
        s->in[g] = from;
        if (x->element == 1 || length == 0)
            continue;
        for (size_t j = 0; j < length; j++)
            at[j] = from[(ptrdiff_t)j * x->element];
        s->in[g] = at;
        at += length;
    }
    for (size_t g = 0; g < s->f->outputs; g++) {
        const slope_output *y = &s->y[g];
        s->out[g] = y->data ? at : NULL;
        if (y->data && !y->sum && y->element == 1)
            s->out[g] = y->data + (ptrdiff_t)i * y->point;
        else
            at += s->f->output[g].length;
    }
}

static void deliver(const single *s, size_t i, size_t lane)
{
    double *acc = s->acc;
    for (size_t g = 0; g < s->f->outputs; g++) {
        const slope_output *y = &s->y[g];
        for (size_t j = 0; j < s->f->output[g].length; j++, acc += 8) {
            if (y->data && y->sum)
                acc[lane] += s->out[g][j];
            else if (y->data && y->element != 1)
                y->data[(ptrdiff_t)i * y->point + (ptrdiff_t)j * y->element] = s->out[g][j];
        }
    }
}

static void add_up(const single *s)
{
    const double *p = s->acc;
    for (size_t g = 0; g < s->f->outputs; g++) {
        for (size_t j = 0; j < s->f->output[g].length; j++, p += 8) {
            if (s->y[g].data && s->y[g].sum)
                s->y[g].data[(ptrdiff_t)j * s->y[g].element] =
                    ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]));
        }
    }
}

static slope_status one_by_one(const slope_function *f, size_t first, size_t last, const slope_input x[],
                               const slope_output y[], char *work, int threads, size_t *branch)
{
    single s = {.f = f, .x = x, .y = y};
    slope_status status = SLOPE_OK;
    lay_out(&s, work);
    for (size_t i = first; i < last && status == SLOPE_OK; i++) {
        aim_at_point(&s, i);
        *branch = i;
        status = slope__one(f, s.in, s.out, work + single_bytes(f), threads);
        if (status == SLOPE_OK)
            deliver(&s, i, (i - first) % 8);
    }
    if (status == SLOPE_OK)
        add_up(&s);
    return status;
}

/* --------------------------------------------------------------------------------------------------------- in lanes */

static size_t across_bytes(const slope_function *f)
{
    return slope__aligned((f->inputs + f->data + f->outputs) * sizeof(slope__across)) +
           slope__aligned(outputs_of(f) * sizeof(double));
}

/* Whether a point by itself has maps, which run in lanes of their own, and points in lanes would leave the cache. */
static int is_large(const slope_function *f, const slope__plan *lanes)
{
    enum { LARGE = 1 << 20 };
    const slope__plan *one = slope__plan_of(f, 0, 0);
    if (!one || lanes->deep_rows * 8 * sizeof(double) < LARGE)
        return 0;
    for (size_t k = 0; k < one->loops; k++) {
        if (one->loop[k].way == SLOPE__BLOCKS)
            return 1;
    }
    return 0;
}

int slope__way_of(const slope_function *f, size_t n, uint32_t sums, size_t most, slope__way *way)
{
    const size_t one = slope__one_bytes(f);
    *way = (slope__way){NULL, 0, one + single_bytes(f)};
    if (one == 0 || n == 1 || sums >> 31) /* which of the last groups are summed, no plan says */
        return one != 0;
    const slope__plan *p = slope__plan_of(f, batch_lanes(f), sums);
    if (!p || is_large(f, p))
        return p != NULL;
    size_t stride = slope__plan_stride(p, n);
    while (stride > 8 && slope__block_bytes(p, stride, 0) + across_bytes(f) > most)
        stride -= 8;
    *way = (slope__way){p, stride, slope__block_bytes(p, stride, 0) + across_bytes(f)};
    return 1;
}

slope_status slope__points(const slope_function *f, const slope__way *way, size_t first, size_t last,
                           const slope_input x[], const slope_output y[], void *work, int threads, size_t *branch)
{
    if (!way->plan)
        return one_by_one(f, first, last, x, y, work, threads, branch);
    slope__across *in = work, *out = in + f->inputs + f->data;
    double *total =
        (double *)(void *)((char *)work + slope__aligned((f->inputs + f->data + f->outputs) * sizeof(slope__across)));
    for (size_t g = 0; g < f->inputs + f->data; g++)
        in[g] = (slope__across){.p = (double *)(uintptr_t)x[g].data, .item = x[g].point, .element = x[g].element};
    for (size_t g = 0; g < f->outputs; g++) {
        const slope_output *o = &y[g];
        out[g] = (slope__across){.p = o->data, .item = o->point, .element = o->element};
        if (o->data)
            out[g].kind = o->sum ? SLOPE__ACROSS_SUM : SLOPE__ACROSS_EACH;
    }
    slope_status status =
        slope__run_chunk(way->plan, first, last, in, out, total, way->stride, (char *)work + across_bytes(f), branch);
    slope_status again = status;
    for (size_t before = *branch; again == SLOPE_ERR_BRANCH && before > first; before = *branch) {
        size_t earlier = before; /* a later item of an earlier point may have gone the other way, too */
        again = slope__run_chunk(way->plan, first, before, in, out, total, way->stride, (char *)work + across_bytes(f),
                                 &earlier);
        if (again == SLOPE_ERR_BRANCH)
            *branch = earlier;
    }
    for (size_t g = 0; status == SLOPE_OK && g < f->outputs; g++) {
        for (size_t j = 0; way->plan->summed[g] && j < f->output[g].length; j++)
            y[g].data[(ptrdiff_t)j * y[g].element] = *total++;
    }
    return status;
}

/* ---------------------------------------------------------------------------------------------------------- memory */

/* Before the bytes that are given out: how many there are. */
enum { SPARE_HEAD = SLOPE__ALIGN };

void *slope__take_memory(const slope_function *f, size_t bytes)
{
    slope__plan *p = slope__plan_of(f, 0, 0);
    size_t *block = p ? atomic_exchange_explicit(&p->spare, NULL, memory_order_acquire) : NULL;
    if (block && *block >= bytes)
        return (char *)block + SPARE_HEAD;
    free(block);
    block = bytes < SIZE_MAX - SPARE_HEAD ? malloc(bytes + SPARE_HEAD) : NULL;
    if (!block)
        return NULL;
    *block = bytes;
    return (char *)block + SPARE_HEAD;
}

void slope__give_memory(const slope_function *f, void *memory)
{
    enum { MOST = 64 << 20 };
    if (!memory)
        return;
    size_t *block = (size_t *)(void *)((char *)memory - SPARE_HEAD);
    slope__plan *p = slope__plan_of(f, 0, 0);
    if (p && *block <= MOST)
        block = atomic_exchange_explicit(&p->spare, block, memory_order_acq_rel);
    free(block);
}
