/* SPDX-License-Identifier: MIT */
/*
 * Many points: rounds of chunks.  The chunks of a round run on threads, in any order; their sums are added in the order
 * of chunks after the round, and the calling thread reports progress there.  So neither the number of threads nor who
 * ran what shows in a result.
 */
#include <string.h>
#if defined _OPENMP
#include <omp.h>
#endif

#include "base/exceptions.h"
#include "batch/engine.h"
#include "function/backend.h"

typedef struct batch {
    const slope_function *f;
    const slope__backend *native;
    size_t n, chunks, width; /* width: how many numbers are summed */
    slope_input *x;          /* with data behind the inputs */
    const slope_output *y;
    slope__way way;
    int threads, inside; /* over chunks; inside points, one by one */
    size_t share;        /* bytes of work of a thread */
    char *work;
    double *total, *sum; /* of every chunk of a round; of all so far */
    size_t round;        /* chunks at a time */
    size_t branch;
    slope_status status;
} batch;

enum { LARGEST_ROUND = 64 };

slope_batch_options slope_batch_options_default(void)
{
    return (slope_batch_options){sizeof(slope_batch_options), 1, NULL, NULL, NULL, 0, NULL};
}

static size_t summed(const slope_function *f)
{
    size_t width = 0;
    for (size_t g = 0; g < f->outputs; g++)
        width += f->output[g].length;
    return width;
}

/* What one thread needs to itself; 0: there is no memory.  most: what it should not exceed, if it can be. */
static size_t share(const slope_function *f, size_t n, uint32_t sums, size_t most, slope__way *way)
{
    const slope__backend *native = slope__backend_of(f);
    const size_t other = native ? slope__aligned(native->work_bytes) : 0,
                 outputs = slope__aligned(f->outputs * sizeof(slope_output));
    if (!slope__way_of(f, n, sums, most > outputs ? most - outputs : 0, way))
        return 0;
    return (way->bytes > other ? way->bytes : other) + outputs;
}

/* What all share: inputs with data, sums of a round of so many chunks, sums so far. */
static size_t common(const slope_function *f, size_t round)
{
    return slope__aligned((f->inputs + f->data) * sizeof(slope_input)) +
           slope__aligned((round + 1) * summed(f) * sizeof(double));
}

size_t slope_batch_bytes(const slope_function *f)
{
    slope__way way;
    const size_t one = f ? share(f, 1, 0, SIZE_MAX, &way) : 0, none = f ? share(f, SLOPE__CHUNK, 0, SIZE_MAX, &way) : 0,
                 all = f ? share(f, SLOPE__CHUNK, UINT32_MAX >> 1, SIZE_MAX, &way) : 0;
    if (!one || !none || !all)
        return 0;
    return (one > none ? one : none) + (all > none ? all - none : 0) + common(f, 1) + SLOPE__ALIGN;
}

static slope_status check_batch(const slope_function *f, size_t n, const slope_input x[], const slope_output y[])
{
    if (!f || (!x && f->inputs > 0) || (!y && f->outputs > 0) || !slope__bound(f))
        return SLOPE_ERR_ARGUMENT;
    for (size_t g = 0; n > 0 && g < f->inputs; g++) {
        if (f->input[g].length > 0 && !x[g].data)
            return SLOPE_ERR_ARGUMENT;
    }
    return SLOPE_OK;
}

/* ------------------------------------------------------------------------------------------------------- a chunk */

/* Machine code on these points; nonzero: it could not, because of a NaN. */
static int native_points(const batch *b, size_t first, size_t last, const slope_output y[], char *work,
                         slope_status *status, size_t *branch)
{
    slope__exceptions before;
    slope__hold_exceptions(&before);
    int answer = b->native->batch ? b->native->batch(first, last, b->x, y, work) : SLOPE__SEE_NAN;
    slope__release_exceptions(&before);
    if (answer > 0) { /* which point it was: the evaluator knows */
        *status = slope__points(b->f, &b->way, first, last, b->x, y, work, 1, branch);
        if (*status == SLOPE_OK)
            *status = SLOPE_ERR_BRANCH;
    }
    return answer == SLOPE__SEE_NAN;
}

/* Outputs of one chunk: those to be summed go to its row of totals. */
static void aim_at_chunk(const batch *b, size_t chunk, slope_output out[])
{
    double *total = b->total + chunk % b->round * b->width;
    for (size_t g = 0; g < b->f->outputs; g++) {
        out[g] = b->y[g];
        if (out[g].data && out[g].sum) {
            out[g].data = total;
            out[g].element = 1;
            total += b->f->output[g].length;
        }
    }
}

static slope_status run_chunk(const batch *b, size_t chunk, char *work, size_t *branch)
{
    const size_t first = chunk * SLOPE__CHUNK, rest = b->n - first,
                 last = first + (rest < SLOPE__CHUNK ? rest : SLOPE__CHUNK);
    slope_output *out = (slope_output *)(void *)work;
    slope_status status = SLOPE_OK;
    aim_at_chunk(b, chunk, out);
    work += slope__aligned(b->f->outputs * sizeof *out);
    *branch = first;
    if (b->native && !native_points(b, first, last, out, work, &status, branch))
        return status;
    return slope__points(b->f, &b->way, first, last, b->x, out, work, b->inside, branch);
}

/* -------------------------------------------------------------------------------------------------------- rounds */

static void run_round(batch *b, size_t from, size_t to)
{
    slope_status status[LARGEST_ROUND];
    size_t branch[LARGEST_ROUND];
#if defined _OPENMP
#pragma omp parallel for schedule(dynamic, 1) num_threads(b->threads) if (b->threads > 1)
#endif
    for (size_t chunk = from; chunk < to; chunk++) {
#if defined _OPENMP
        char *work = b->work + b->share * (size_t)omp_get_thread_num();
#else
        char *work = b->work;
#endif
        status[chunk - from] = run_chunk(b, chunk, work, &branch[chunk - from]);
    }
    for (size_t chunk = from; chunk < to && b->status == SLOPE_OK; chunk++) {
        b->status = status[chunk - from];
        b->branch = branch[chunk - from];
        for (size_t k = 0; k < b->width; k++)
            b->sum[k] += b->total[chunk % b->round * b->width + k];
    }
}

static void deliver_sums(const batch *b)
{
    const double *sum = b->sum;
    for (size_t g = 0; g < b->f->outputs; g++) {
        for (size_t j = 0; b->y[g].data && b->y[g].sum && j < b->f->output[g].length; j++)
            b->y[g].data[(ptrdiff_t)j * b->y[g].element] = *sum++;
    }
}

static slope_status run_all(batch *b, const slope_batch_options *o)
{
    for (size_t k = 0; k < b->width; k++)
        b->sum[k] = 0.0;
    for (size_t from = 0; from < b->chunks && b->status == SLOPE_OK; from += b->round) {
        const size_t to = b->chunks - from < b->round ? b->chunks : from + b->round,
                     done = to == b->chunks ? b->n : to * SLOPE__CHUNK;
        run_round(b, from, to);
        if (b->status == SLOPE_OK && o->progress && o->progress(done, b->n, o->context) != 0)
            return SLOPE_ERR_CANCELLED;
    }
    if (b->status == SLOPE_OK)
        deliver_sums(b);
    else if (b->status == SLOPE_ERR_BRANCH && o->branch)
        *o->branch = b->branch;
    return b->status;
}

/* Lays the memory out, the caller's, which is large enough, or some of the heap; 0 when that has none. */
static int lay_out_batch(batch *b, const slope_batch_options *o, void **heap)
{
    const size_t bytes = b->share * (size_t)b->threads + common(b->f, b->round) + SLOPE__ALIGN;
    *heap = NULL;
    char *all = o->work ? o->work : (*heap = slope__take_memory(b->f, bytes));
    if (!all)
        return 0;
    all = slope__align(all);
    b->x = (slope_input *)(void *)all;
    all += slope__aligned((b->f->inputs + b->f->data) * sizeof *b->x);
    b->sum = (double *)(void *)all;
    b->total = b->sum + b->width;
    all += slope__aligned((b->round + 1) * summed(b->f) * sizeof(double));
    b->work = all;
    return 1;
}

static int threads_of(const slope_batch_options *o)
{
#if defined _OPENMP
    const int threads = o->work ? 1 : o->threads == 0 ? omp_get_max_threads() : o->threads;
    return threads < 1 ? 1 : threads > LARGEST_ROUND ? LARGEST_ROUND : threads; /* more would have nothing to do */
#else
    (void)o;
    return 1;
#endif
}

/* A batch of one point is an evaluation, with the threads for what is inside it. */
static slope_status run_single(batch *b, const slope_batch_options *o)
{
    slope_status status = run_chunk(b, 0, b->work, &b->branch);
    if (status == SLOPE_OK) {
        for (size_t k = 0; k < b->width; k++)
            b->sum[k] = 0.0 + b->total[k];
        deliver_sums(b);
        if (o->progress && o->progress(1, 1, o->context) != 0)
            status = SLOPE_ERR_CANCELLED;
    } else if (status == SLOPE_ERR_BRANCH && o->branch)
        *o->branch = 0;
    return status;
}

slope_status slope_eval_batch(const slope_function *f, size_t n, const slope_input x[], const slope_output y[],
                              const slope_batch_options *options)
{
    const slope_batch_options o = options ? *options : slope_batch_options_default();
    if (o.struct_size != sizeof o)
        return SLOPE_ERR_ARGUMENT;
    slope_status status = check_batch(f, n, x, y);
    if (status != SLOPE_OK || o.threads < 0 || (o.work && o.work_bytes < slope_batch_bytes(f)))
        return SLOPE_ERR_ARGUMENT;
    batch b = {.f = f, .native = slope__backend_of(f), .n = n, .y = y, .branch = SIZE_MAX, .threads = threads_of(&o)};
    b.chunks = n / SLOPE__CHUNK + (n % SLOPE__CHUNK != 0);
    if (n > 1 && (size_t)b.threads > b.chunks)
        b.threads = b.chunks ? (int)b.chunks : 1;
    b.inside = n == 1 ? b.threads : 1;
    b.round = o.work ? 1 : LARGEST_ROUND < b.chunks ? LARGEST_ROUND : b.chunks ? b.chunks : 1;
    uint32_t sums = 0;
    for (size_t g = 0; g < f->outputs; g++) {
        if (y[g].data && y[g].sum) {
            b.width += f->output[g].length;
            sums |= (uint32_t)1 << (g < 31 ? g : 31);
        }
    }
    void *heap;
    const size_t others = common(f, b.round) + SLOPE__ALIGN;
    b.share = share(f, n, sums, o.work && o.work_bytes > others ? o.work_bytes - others : SIZE_MAX, &b.way);
    if (o.work && b.share + others > o.work_bytes)
        return SLOPE_ERR_ARGUMENT;
    if (b.share == 0 || !lay_out_batch(&b, &o, &heap))
        return SLOPE_ERR_MEMORY;
    for (size_t g = 0; g < f->inputs + f->data; g++)
        b.x[g] = g < f->inputs ? x[g] : (slope_input){f->input[g].bound, 0, 1};
    status = n == 1 ? run_single(&b, &o) : run_all(&b, &o);
    slope__give_memory(f, heap);
    return status;
}
