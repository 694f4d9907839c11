/* SPDX-License-Identifier: MIT */
/*
 * Taylor coefficients along a line as a function.
 *
 * Operations become those of their series (series.c).  A loop becomes one loop over the same items, whose body has
 * further inputs for the coefficients of what moves and further outputs for those of its results; bodies are kept with
 * the bodies they were made from.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "derive/derive.h"
#include "derive/series.h"
#include "function/opaque.h"

enum { MAX_ORDER = 64 };

typedef struct expansion {
    slope__builder *b;
    const slope_function *f;
    slope__cell *map; /* of each cell of f, the builder's */
    slope__series series;
    unsigned order;
} expansion;

static slope_function *make_series(const slope_function *f, const slope__spec *spec, slope_error *error);

/* ------------------------------------------------------------------------------------------------------------ loops */

/* Coefficient k of the cells that a view names, as a view. */
static void bind_coefficient(expansion *e, slope__loop_frame *frame, size_t to, const slope__view *view, size_t n,
                             size_t length, unsigned k)
{
    slope__cell *cell = slope__new(n * length, sizeof *cell);
    if (!cell) {
        slope__builder_fail(e->b, SLOPE_ERR_MEMORY, "there is not enough memory for a loop");
        return;
    }
    const slope__cell zero = slope__build_number(e->b, 0.0);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < length; j++) {
            const slope__cell c = slope__series_at(&e->series, e->map[slope__view_at(view, length, i, j)], k);
            cell[i * length + j] = c == SLOPE__NONE ? zero : c;
        }
    }
    if (slope__builder_status(e->b) == SLOPE_OK) {
        const slope_status status = slope__view_list(n, length, cell, &frame->loop.source[to].view);
        if (status)
            slope__builder_fail(e->b, status, "there is not enough memory for a loop");
    }
    free(cell);
}

/* Does any coefficient of any cell of the view move? */
static int any_moves(expansion *e, const slope__view *view, size_t n, size_t length)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < length; j++) {
            for (unsigned k = 1; k <= e->order; k++) {
                if (slope__series_at(&e->series, e->map[slope__view_at(view, length, i, j)], k) != SLOPE__NONE)
                    return 1;
            }
        }
    }
    return 0;
}

/* What of a loop moves. */
typedef struct motion {
    unsigned char *on, *out_on; /* which inputs and outputs of the body */
    size_t *wrt, n;             /* the inputs as a list */
} motion;

static int find_motion(expansion *e, const slope__loop *loop, motion *m)
{
    const slope_function *body = loop->body;
    const slope__reach *reach = slope__reach_of(body);
    m->n = 0;
    m->on = slope__new(body->inputs, 1);
    m->out_on = slope__new(body->outputs, 1);
    m->wrt = slope__new(body->inputs, sizeof *m->wrt);
    if (!reach || !m->on || !m->out_on || !m->wrt) {
        slope__builder_fail(e->b, SLOPE_ERR_MEMORY, "there is not enough memory for a loop");
        return 0;
    }
    for (size_t g = 0; g < body->inputs; g++) {
        const slope__source *s = &loop->source[g];
        const size_t n = s->carried == SLOPE__NONE ? slope__view_items(&s->view, loop->n) : 1;
        m->on[g] = any_moves(e, &s->view, n, body->input[g].length) ? 1 : 0;
    }
    slope__loop_vary(loop, reach, m->on, m->out_on);
    for (size_t g = 0; g < body->inputs; g++) {
        if (m->on[g])
            m->wrt[m->n++] = g;
        if (loop->n == 0 && loop->source[g].carried != SLOPE__NONE) /* it ends where it starts */
            m->out_on[loop->source[g].carried] |= m->on[g];
    }
    return 1;
}

/* The sources of the new body: those of the old one, then the coefficients of what moves, then data. */
static void bind_sources(expansion *e, const slope__loop *loop, const motion *m, slope__loop_frame *frame)
{
    const slope_function *body = loop->body;
    const uint32_t each = e->order + 1;
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        const slope__source *s = &loop->source[g];
        const size_t to = g < body->inputs ? g : g + m->n * e->order;
        if (s->carried == SLOPE__NONE)
            slope__loop_frame_read(frame, to, &s->view, e->map, 0);
        else
            slope__loop_frame_carry(frame, to, s->carried * each, &s->view, e->map);
    }
    for (size_t w = 0; w < m->n; w++) {
        const slope__source *s = &loop->source[m->wrt[w]];
        for (unsigned k = 1; k <= e->order; k++) {
            const size_t to = body->inputs + w * e->order + k - 1;
            const int carried = s->carried != SLOPE__NONE;
            bind_coefficient(e, frame, to, &s->view, carried ? 1 : loop->n, body->input[m->wrt[w]].length, k);
            frame->loop.source[to].carried = carried ? s->carried * each + k : SLOPE__NONE;
        }
    }
}

static void bind_targets(const expansion *e, const slope__loop *loop, const motion *m, slope__loop_frame *frame)
{
    for (size_t o = 0; o < loop->body->outputs; o++) {
        for (unsigned k = 0; k <= e->order; k++) {
            slope__target *t = &frame->loop.target[o * (e->order + 1) + k];
            *t = loop->target[o]; /* its list is borrowed and taken away again */
            if (k > 0 && !m->out_on[o])
                *t = (slope__target){.kind = SLOPE__DROPPED};
        }
    }
}

/* Says where the results are, and their coefficients. */
static void set_results(expansion *e, const slope__loop *loop, slope__cell result, const motion *m,
                        const slope__loop_frame *frame, slope__cell at)
{
    for (size_t o = 0; o < loop->body->outputs; o++) {
        const slope__target *t = &frame->loop.target[o * (e->order + 1)];
        for (size_t c = 0; c < loop->target[o].extent; c++) {
            const slope__cell v = at + t[0].base + (slope__cell)c;
            e->map[result + loop->target[o].base + c] = v;
            for (unsigned k = 1; k <= e->order && m->out_on[o]; k++)
                slope__series_set(&e->series, v, k, at + t[k].base + (slope__cell)c);
        }
    }
}

static void expand_loop(expansion *e, size_t instruction)
{
    const slope__instruction *i = &e->f->instruction[instruction];
    const slope__loop *loop = &e->f->loop[i->operand];
    motion m = {NULL, NULL, NULL, 0};
    slope__loop_frame frame;
    slope_error error = {0};
    slope_function *body = NULL;
    if (find_motion(e, loop, &m) && m.n > 0) {
        body =
            slope__derived(loop->body, &(slope__spec){SLOPE__SERIES, m.n, m.wrt, NULL, e->order}, make_series, &error);
        if (!body)
            slope__builder_fail(e->b, error.status, "%s", error.message);
    } else {
        slope__build_step(e->b, e->f, instruction, e->map);
    }
    if (body && slope__loop_frame_begin(&frame, e->b, body, loop->n)) {
        frame.loop.levels = loop->levels;
        bind_sources(e, loop, &m, &frame);
        bind_targets(e, loop, &m, &frame);
        const slope__cell at = slope__loop_frame_build(&frame);
        if (at != SLOPE__NONE)
            set_results(e, loop, i->result, &m, &frame, at);
        for (size_t o = 0; o < body->outputs; o++)
            frame.loop.target[o].view.index = NULL;
        slope__loop_frame_end(&frame);
    }
    slope_function_destroy(body);
    free(m.on);
    free(m.out_on);
    free(m.wrt);
}

/* -------------------------------------------------------------------------------------------------- whole functions */

/* Inputs of f are the builder's first cells, its data groups at `data`. */
static int begin_expansion(expansion *e, slope__builder *b, const slope_function *f, unsigned order, slope__cell data)
{
    *e = (expansion){.b = b, .f = f, .order = order};
    slope__series_create(&e->series, b, order);
    e->map = slope__new(f->cells, sizeof *e->map);
    if (!e->map) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a Taylor series");
        return 0;
    }
    const size_t own = f->data > 0 ? f->input[f->inputs].first : f->input_cells;
    for (size_t c = 0; c < f->input_cells; c++)
        e->map[c] = c < own ? (slope__cell)c : data + (slope__cell)(c - own);
    return 1;
}

/* ------------------------------------------------------------------------------------------------ opaque functions */

/* From d of x, x', ... x^(k), which gives y^(k), the function of one derivative more that gives y^(k + 1). */
static slope_function *next_derivative(const slope_function *f, const slope_function *d, slope_error *error)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    slope__push p;
    char name[48];
    if (!b)
        return slope__builder_finish(b, error);
    for (size_t g = 0; g < d->inputs + f->inputs; g++) {
        (void)snprintf(name, sizeof name, "x%zu_%zu", g % f->inputs, g / f->inputs);
        (void)slope__build_input(b, name, f->input[g % f->inputs].length);
    }
    if (slope__push_begin(&p, b, d, (slope__cell)slope__built_cells(b))) {
        for (size_t c = 0; c < d->input_cells; c++)
            p.dot[c] = (slope__cell)(c + f->input_cells);
        slope__push_run(&p);
        for (size_t k = 0; k < d->results; k++) {
            slope__cell *c = &p.dot[d->result[k]];
            *c = *c == SLOPE__NONE ? p.zero : *c;
            p.map[k] = *c;
        }
        for (size_t o = 0; o < d->outputs && slope__builder_status(b) == SLOPE_OK; o++)
            slope__build_output(b, d->output[o].name, d->output[o].length, p.map + d->output[o].first, 0);
    }
    slope__push_end(&p);
    return slope__builder_finish(b, error);
}

/* Coefficient k of the results, by the k-th derivative d: x^(j) is j! times coefficient j. */
static void set_coefficient(expansion *e, const slope_function *d, unsigned k)
{
    const slope_function *f = e->f;
    slope__cell *x = slope__new(d->input_cells, sizeof *x), *y = slope__new(d->results, sizeof *y);
    double factorial = 1;
    for (unsigned j = 0; x && j <= k; j++) {
        factorial *= j > 1 ? j : 1;
        for (size_t c = 0; c < f->input_cells; c++) {
            const slope__cell v = j == 0 ? e->map[c] : slope__series_at(&e->series, e->map[c], j);
            const slope__cell known = v == SLOPE__NONE ? slope__build_number(e->b, 0.0) : v;
            x[j * f->input_cells + c] =
                j < 2 ? known : slope__build2(e->b, slope__code_mul, known, slope__build_number(e->b, factorial));
        }
    }
    if (x && y)
        slope__build_whole(e->b, d, x, y);
    else
        slope__builder_fail(e->b, SLOPE_ERR_MEMORY, "there is not enough memory for a Taylor series");
    for (size_t r = 0; y && r < f->results && slope__builder_status(e->b) == SLOPE_OK; r++)
        slope__series_set(&e->series, e->map[f->result[r]], k,
                          k < 2 ? y[r]
                                : slope__build2(e->b, slope__code_div, y[r], slope__build_number(e->b, factorial)));
    free(x);
    free(y);
}

static void expand_opaque(expansion *e)
{
    slope_error error = {0};
    slope__build_text(e->b, e->f, e->map);
    slope_function *d = slope_function_share(slope__opaque_push(e->f, NULL, &error));
    for (unsigned k = 1; d && k <= e->order && slope__builder_status(e->b) == SLOPE_OK; k++) {
        set_coefficient(e, d, k);
        slope_function *next = k < e->order ? next_derivative(e->f, d, &error) : slope_function_share(d);
        slope_function_destroy(d);
        d = next;
    }
    if (!d)
        slope__builder_fail(e->b, error.status, "%s", error.message);
    slope_function_destroy(d);
}

/* Completes cell after cell, so that no series waits for those of many cells before it. */
static void expand(expansion *e)
{
    if (e->f->opaque) {
        expand_opaque(e);
        return;
    }
    slope__build_numbers(e->b, e->f, e->map);
    for (size_t k = 0; k < e->f->instructions && slope__builder_status(e->b) == SLOPE_OK; k++) {
        const slope__instruction *i = &e->f->instruction[k];
        if (i->code == slope__code_loop) {
            expand_loop(e, k);
        } else {
            slope__build_step(e->b, e->f, k, e->map);
            (void)slope__series_at(&e->series, e->map[i->result], e->order);
        }
    }
    slope__build_guards(e->b, e->f, e->map);
}

static void end(expansion *e)
{
    slope__series_destroy(&e->series);
    free(e->map);
}

/* Coefficient k of result r. */
static slope__cell result_at(expansion *e, size_t r, unsigned k)
{
    const slope__cell c = slope__series_at(&e->series, e->map[e->f->result[r]], k);
    return c == SLOPE__NONE ? slope__build_number(e->b, 0.0) : c;
}

/* The coefficients of output o: order + 1 groups, or one group that has them number by number. */
static void build_coefficients(expansion *e, slope__names *names, size_t o, int in_groups)
{
    const slope__group *out = &e->f->output[o];
    const size_t each = e->order + (size_t)1, n = out->length * each;
    slope__cell *cell = n / each == out->length ? slope__new(n, sizeof *cell) : NULL;
    if (!cell) {
        slope__builder_fail(e->b, SLOPE_ERR_MEMORY, "there is not enough memory for a Taylor series");
        return;
    }
    for (unsigned k = 0; k <= e->order; k++) {
        for (size_t j = 0; j < out->length; j++)
            cell[in_groups ? k * out->length + j : j * each + k] = result_at(e, out->first + j, k);
    }
    if (!in_groups)
        slope__build_output(e->b, slope__name(names, "%s_taylor", out->name), n, cell, 0);
    for (unsigned k = 0; k <= e->order && in_groups; k++)
        slope__build_output(e->b, slope__name(names, "%s_t%u", out->name, k), out->length, cell + k * out->length, 0);
    free(cell);
}

/* Inputs for the coefficients 1 ... orders of what moves, after those of f. */
static void add_inputs(slope__builder *b, const slope_function *f, const slope__spec *spec, unsigned orders,
                       int in_groups)
{
    slope__names names = {0};
    slope__names_inputs(&names, f);
    slope__build_copy_inputs(b, f);
    for (size_t w = 0; w < spec->n; w++) {
        const slope__group *in = &f->input[spec->wrt[w]];
        for (unsigned k = 1; k <= orders; k++)
            (void)slope__build_input(
                b, in_groups ? slope__name(&names, "%s_t%u", in->name, k) : slope__name(&names, "%s_dot", in->name),
                in->length);
    }
    slope__names_free(&names);
}

/* A body (in_groups): inputs and outputs for all coefficients; else the line x + t x_dot, and outputs in rows. */
static slope_function *make(const slope_function *f, const slope__spec *spec, int in_groups, slope_error *error)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    expansion e;
    slope__names names = {0};
    const unsigned orders = in_groups ? spec->order : 1;
    if (!b) {
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for a Taylor series");
        return NULL;
    }
    add_inputs(b, f, spec, orders, in_groups);
    if (begin_expansion(&e, b, f, spec->order, slope__build_copy_data(b, f))) {
        slope__cell at = (slope__cell)(f->data > 0 ? f->input[f->inputs].first : f->input_cells);
        for (size_t w = 0; w < spec->n; w++) {
            const slope__group *in = &f->input[spec->wrt[w]];
            for (unsigned k = 1; k <= orders; k++) {
                for (size_t j = 0; j < in->length; j++)
                    slope__series_set(&e.series, (slope__cell)(in->first + j), k, at++);
            }
        }
        expand(&e);
        for (size_t o = 0; o < f->outputs && slope__builder_status(b) == SLOPE_OK; o++)
            build_coefficients(&e, &names, o, in_groups);
    }
    end(&e);
    slope__names_free(&names);
    return slope__builder_finish(b, error);
}

static slope_function *make_series(const slope_function *f, const slope__spec *spec, slope_error *error)
{
    return make(f, spec, 1, error);
}

static slope_function *make_taylor(const slope_function *f, const slope__spec *spec, slope_error *error)
{
    return make(f, spec, 0, error);
}

slope_function *slope_taylor(const slope_function *f, unsigned order, size_t n, const size_t wrt[], slope_error *error)
{
    if (error)
        *error = (slope_error){0};
    if (order < 1 || order > MAX_ORDER) {
        (void)slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "the order is %u, not 1 to %d", order, MAX_ORDER);
        return NULL;
    }
    return slope__derived_to(f, SLOPE__TAYLOR, order, n, wrt, make_taylor, error);
}
