/* SPDX-License-Identifier: MIT */
#include "derivable.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

slope_function *made(slope_function *f, const slope_error *error)
{
    if (!f)
        fail_msg("%d %s", (int)error->status, error->message);
    return f;
}

slope_function *finished(slope__builder *b)
{
    slope_error error = {0};
    slope_function *f = slope__builder_finish(b, &error);
    return made(f, &error);
}

size_t numbers_in(const slope_function *f) { return f->input_cells; }

void run_flat(const slope_function *f, const double x[], double y[])
{
    const double **in = calloc(f->inputs + f->data + 1, sizeof *in);
    double **out = calloc(f->outputs + 1, sizeof *out);
    for (size_t g = 0; g < f->inputs + f->data; g++)
        in[g] = x + f->input[g].first;
    for (size_t o = 0; o < f->outputs; o++)
        out[o] = y + f->output[o].first;
    assert_int_equal(slope__interpret(f, in, out, NULL), SLOPE_OK);
    free(in);
    free(out);
}

/* -------------------------------------------------------------------------------------------------------- unrolling */

static void unroll_into(slope__builder *b, const slope_function *f, slope__cell map[]);

static void unroll_loop(slope__builder *b, const slope__loop *loop, const slope__cell outer[], slope__cell result[])
{
    const slope_function *body = loop->body;
    slope__cell *map = calloc(body->cells + 1, sizeof *map), *last = calloc(body->results + 1, sizeof *last);
    const slope__cell zero = slope__build_number(b, 0.0);
    for (size_t r = 0; r < loop->results; r++)
        result[r] = zero;
    for (size_t g = 0; g < body->inputs && loop->n == 0; g++) {
        const uint32_t from = loop->source[g].carried;
        if (from != SLOPE__NONE && loop->target[from].kind == SLOPE__LAST) {
            for (size_t j = 0; j < body->input[g].length; j++)
                result[loop->target[from].base + j] =
                    outer[slope__view_at(&loop->source[g].view, body->input[g].length, 0, j)];
        }
    }
    for (size_t i = 0; i < loop->n; i++) {
        for (size_t g = 0; g < body->inputs + body->data; g++) {
            const slope__source *s = &loop->source[g];
            const size_t length = body->input[g].length;
            for (size_t j = 0; j < length; j++)
                map[body->input[g].first + j] =
                    s->carried != SLOPE__NONE && i > 0
                        ? last[body->output[s->carried].first + j]
                        : outer[slope__view_at(&s->view, length, s->carried == SLOPE__NONE ? i : 0, j)];
        }
        unroll_into(b, body, map);
        for (size_t k = 0; k < body->results; k++)
            last[k] = map[body->result[k]];
        for (size_t o = 0; o < body->outputs; o++) {
            const slope__target *t = &loop->target[o];
            const size_t length = body->output[o].length;
            for (size_t j = 0; j < length && t->kind != SLOPE__DROPPED; j++) {
                slope__cell *to = &result[t->base + slope__view_at(&t->view, length, i, j)];
                const slope__cell c = last[body->output[o].first + j];
                *to = t->kind == SLOPE__ADDED ? slope__build2(b, slope__code_add, *to, c) : c;
            }
        }
    }
    free(map);
    free(last);
}

static void unroll_into(slope__builder *b, const slope_function *f, slope__cell map[])
{
    slope__build_numbers(b, f, map);
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code == slope__code_loop)
            unroll_loop(b, &f->loop[i->operand], map, map + i->result);
        else
            slope__build_step(b, f, k, map);
    }
}

slope_function *unrolled(const slope_function *f)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_FOLD | SLOPE_PASS_SHARE);
    slope__cell *map = calloc(f->cells + 1, sizeof *map), *result = calloc(f->results + 1, sizeof *result);
    slope__build_copy_inputs(b, f);
    (void)slope__build_copy_data(b, f);
    for (size_t c = 0; c < f->input_cells; c++)
        map[c] = (slope__cell)c;
    unroll_into(b, f, map);
    for (size_t k = 0; k < f->results; k++)
        result[k] = map[f->result[k]];
    for (size_t o = 0; o < f->outputs; o++)
        slope__build_output(b, f->output[o].name, f->output[o].length, result + f->output[o].first, 0);
    free(map);
    free(result);
    return finished(b);
}

/* ------------------------------------------------------------------------------------------------------- randomness */

static uint64_t next(uint64_t *seed) /* Steele, Lea and Flood's splitmix64 */
{
    uint64_t z = *seed += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

size_t random_below(uint64_t *seed, size_t n) { return (size_t)(next(seed) % n); }

double random_number(uint64_t *seed, double low, double high)
{
    return low + (high - low) * (double)(next(seed) >> 11) * 0x1p-53;
}

/* ------------------------------------------------------------------------------------------------- random functions */

typedef struct pool {
    slope__builder *b;
    slope__cell cell[4000];
    size_t count;
    slope__cell data; /* what has no derivative: data of the function, or a number */
    uint64_t *seed;
} pool;

static slope__cell pick(pool *p) { return p->cell[random_below(p->seed, p->count)]; }

static void keep(pool *p, slope__cell c)
{
    if (p->count < sizeof p->cell / sizeof *p->cell)
        p->cell[p->count++] = c;
}

/* Bounded whatever goes in, so that deep nests stay near 1. */
static slope__cell random_operation(pool *p)
{
    const slope__cell x = pick(p), y = pick(p), z = pick(p);
    switch (random_below(p->seed, 9)) {
    case 0: return slope__build1(p->b, slope__code_sin, slope__build2(p->b, slope__code_mul, x, y));
    case 1: return slope__build1(p->b, slope__code_tanh, slope__build2(p->b, slope__code_sub, x, y));
    case 2: return slope__build2(p->b, slope__code_mul, slope__build1(p->b, slope__code_cos, x), y);
    case 3: return slope__build1(p->b, slope__code_atan, slope__build3(p->b, slope__code_fma, x, y, z));
    case 4:
        return slope__build1(p->b, slope__code_sin, slope__build(p->b, slope__code_sum, 3, (slope__cell[]){x, y, z}));
    case 5:
        return slope__build3(p->b, slope__code_select, slope__build2(p->b, slope__code_lt, x, y),
                             slope__build1(p->b, slope__code_sin, z), slope__build1(p->b, slope__code_cos, y));
    case 6:
        return slope__build1(p->b, slope__code_tanh,
                             slope__build(p->b, slope__code_dot, 4, (slope__cell[]){x, y, z, pick(p)}));
    case 7: return slope__build_number(p->b, random_number(p->seed, -1, 1));
    default: return slope__build1(p->b, slope__code_sigmoid, slope__build2(p->b, slope__code_add, x, y));
    }
}

/* A view of cells that are there: strided where a stretch of consecutive cells can be had, else a list. */
static void random_view(pool *p, slope__view *view, size_t n, size_t length)
{
    *view = (slope__view){0, 0, 1, NULL};
    if (n == 0 || length == 0)
        return;
    const slope__cell first = pick(p);
    const int64_t cells = (int64_t)slope__built_cells(p->b);
    const int64_t item = (int64_t)random_below(p->seed, 5) - 2, element = (int64_t)random_below(p->seed, 4) - 1;
    slope__view v = {first, item, element, NULL};
    slope__cell low, high;
    slope__view_range(&v, n, length, &low, &high);
    if (random_below(p->seed, 4) > 0 && low <= high && high < cells) {
        *view = v;
        return;
    }
    view->index = calloc(n * length, sizeof *view->index);
    for (size_t k = 0; k < n * length; k++)
        view->index[k] = pick(p);
}

static void random_target(pool *p, slope__target *t, size_t n, size_t length, int carried)
{
    *t = (slope__target){.kind = (slope__target_kind)random_below(p->seed, 4)};
    if (carried && random_below(p->seed, 2))
        t->kind = SLOPE__LAST;
    if (t->kind != SLOPE__ADDED)
        return;
    const size_t way = random_below(p->seed, 3);
    t->extent = (uint32_t)(way == 0 ? length : n + length);
    t->view = (slope__view){0, way == 0 ? 0 : 1, 1, NULL};
    if (way == 2 && n > 0) {
        t->view.index = calloc(n * length, sizeof *t->view.index);
        for (size_t k = 0; k < n * length; k++)
            t->view.index[k] = (uint32_t)random_below(p->seed, t->extent);
    }
}

static void random_loop(pool *p, unsigned depth)
{
    slope_function *body = random_function(p->seed, depth);
    const size_t sizes[] = {0, 1, 1, 2, 3, 5, 20};
    slope__loop loop = {.body = body, .n = sizes[random_below(p->seed, 7)]};
    loop.source = calloc(body->inputs + body->data + 1, sizeof *loop.source);
    loop.target = calloc(body->outputs + 1, sizeof *loop.target);
    unsigned char carried[16] = {0};
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        loop.source[g].carried = SLOPE__NONE;
        loop.source[g].view = (slope__view){p->data, 0, 0, NULL};
        if (g >= body->inputs)
            continue;
        const size_t o = random_below(p->seed, body->outputs);
        if (body->output[o].length == body->input[g].length && random_below(p->seed, 3) > 0) {
            loop.source[g].carried = (uint32_t)o;
            carried[o] = 1;
        }
        random_view(p, &loop.source[g].view, loop.source[g].carried == SLOPE__NONE ? loop.n : 1, body->input[g].length);
        if (loop.source[g].carried != SLOPE__NONE)
            loop.source[g].view.item = 0;
    }
    for (size_t o = 0; o < body->outputs; o++)
        random_target(p, &loop.target[o], loop.n, body->output[o].length, carried[o]);
    const slope__cell first = slope__build_loop(p->b, &loop);
    for (size_t r = 0; r < loop.results; r++)
        keep(p, first + (slope__cell)r);
    for (size_t g = 0; g < body->inputs + body->data; g++)
        free(loop.source[g].view.index);
    for (size_t o = 0; o < body->outputs; o++)
        free(loop.target[o].view.index);
    free(loop.source);
    free(loop.target);
    slope_function_destroy(body);
}

slope_function *random_function(uint64_t *seed, unsigned depth)
{
    pool *p = calloc(1, sizeof *p);
    p->b = slope__builder_create(SLOPE_PASS_FOLD | SLOPE_PASS_SHARE);
    p->seed = seed;
    const size_t inputs = 1 + random_below(seed, 3), outputs = 1 + random_below(seed, 3);
    char name[8] = "a";
    for (size_t g = 0; g < inputs; g++) {
        name[0] = (char)('a' + g);
        const size_t length = 1 + random_below(seed, 3);
        const slope__cell first = slope__build_input(p->b, name, length);
        for (size_t k = 0; k < length; k++)
            keep(p, first + (slope__cell)k);
    }
    const int has_data = random_below(seed, 4) == 0;
    p->data = has_data ? slope__build_data(p->b, "d", 1, NULL) : slope__build_number(p->b, 0.25);
    keep(p, p->data);
    for (size_t k = 0; k < 4 + random_below(seed, 5); k++)
        keep(p, random_operation(p));
    for (unsigned k = 0; depth > 0 && k < 1 + random_below(seed, 2); k++) {
        random_loop(p, depth - 1);
        for (size_t j = 0; j < 3; j++)
            keep(p, random_operation(p));
    }
    for (size_t o = 0; o < outputs; o++) {
        slope__cell cell[3] = {0};
        const size_t length = 1 + random_below(seed, 3);
        for (size_t k = 0; k < length; k++) /* mostly of what came last */
            cell[k] = random_below(seed, 3) ? p->cell[p->count - 1 - random_below(seed, p->count < 8 ? p->count : 8)]
                                            : pick(p);
        name[0] = (char)('u' + o);
        slope__build_output(p->b, name, length, cell, 0);
    }
    slope_function *f = finished(p->b);
    free(p);
    return f;
}

/* ------------------------------------------------------------------------------------------------------- comparison */

size_t assert_same(const slope_function *f, const slope_function *g, uint64_t *seed, double tolerance)
{
    assert_int_equal(numbers_in(f), numbers_in(g));
    assert_int_equal(f->results, g->results);
    assert_int_equal(f->outputs, g->outputs);
    double *x = calloc(numbers_in(f) + 1, sizeof *x), *y = calloc(f->results + 1, sizeof *y),
           *z = calloc(f->results + 1, sizeof *z);
    size_t nonzero = 0;
    for (size_t k = 0; k < numbers_in(f); k++)
        x[k] = random_number(seed, -1, 1);
    run_flat(f, x, y);
    run_flat(g, x, z);
    for (size_t k = 0; k < f->results; k++) {
        if (y[k] != y[k] || z[k] != z[k])
            fail_msg("output number %zu is NaN: %g, %g", k, y[k], z[k]);
        assert_near(y[k], z[k], tolerance * (1 + fabs(z[k])));
        nonzero += z[k] != 0;
    }
    free(x);
    free(y);
    free(z);
    return nonzero;
}
