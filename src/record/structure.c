/* SPDX-License-Identifier: MIT */
/*
 * Calls, maps and folds on tapes.  Each makes a small function around the loop, whose input groups are the stretches of
 * values that the views reach; the tape keeps it as one node with those values for operands.
 *
 * Forward it is evaluated, backward its vjp is, which is made when it is first needed and kept with it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <slope/derive.h>
#include <slope/eval.h>

#include "function/opaque.h"
#include "record/record.h"

/* ------------------------------------------------------------------------------------ the function of a structure */

/* Pointers to the groups of a flat array. */
static void point(size_t n, const slope__group group[], const double *flat, const double *at[])
{
    for (size_t g = 0; g < n; g++) {
        at[g] = flat;
        flat += group[g].length;
    }
}

/* f of flat arrays: x has the inputs of f one after another (then `more`, where there are more inputs than
   `inputs`). */
static slope_status evaluate(const slope_function *f, size_t inputs, const double x[], const double more[], double y[])
{
    const double **in = slope__new(f->inputs, sizeof *in);
    double **out = slope__new(f->outputs, sizeof *out);
    slope_status status = in && out ? SLOPE_OK : SLOPE_ERR_MEMORY;
    if (status == SLOPE_OK) {
        point(inputs, f->input, x, in);
        point(f->inputs - inputs, f->input + inputs, more, in + inputs);
        for (size_t g = 0; g < f->outputs; g++) {
            out[g] = y;
            y += f->output[g].length;
        }
        status = slope_eval(f, in, out);
    }
    free(in);
    free(out);
    return status;
}

static slope_status eval_called(const void *object, const double x[], double y[])
{
    const slope_function *f = ((const slope__called *)object)->function;
    return evaluate(f, f->inputs, x, NULL, y);
}

static slope_status pull_called(const void *object, const double x[], const double seed[], double adjoint[])
{
    const slope_function *f = ((const slope__called *)object)->function;
    slope_error error = {0};
    slope_function *vjp = slope_vjp(f, 0, NULL, &error);
    const slope_status status = vjp ? evaluate(vjp, f->inputs, x, seed, adjoint) : error.status;
    slope_function_destroy(vjp);
    return status;
}

static void destroy_called(void *object)
{
    slope__called *c = object;
    slope_function_destroy(c->function);
    free(c);
}

static slope_status work_of_called(const void *object, size_t *operations)
{
    slope_function_info info;
    const slope_status status = slope_function_stats(((const slope__called *)object)->function, &info);
    *operations = status == SLOPE_OK ? info.evaluated : SIZE_MAX;
    return status;
}

static slope_status move_called(const void *object, const double x[], const slope__motion in[], slope__motion out[],
                                size_t k, slope_tie *tie)
{
    const slope_function *f = ((const slope__called *)object)->function;
    const double **all = slope__new(f->inputs + f->data, sizeof *all);
    if (!all)
        return SLOPE_ERR_MEMORY;
    point(f->inputs, f->input, x, all);
    for (size_t g = f->inputs; g < f->inputs + f->data; g++)
        all[g] = f->input[g].bound;
    const slope_status status = slope__function_move(f, all, in, out, k, tie);
    free(all);
    return status;
}

/* A callback by its name; that there is no derivative in the words of who could not make it. */
static void explain_called(const void *object, slope_status status, char *text, size_t size)
{
    const slope_function *f = ((const slope__called *)object)->function;
    const char *name = status == SLOPE_ERR_CALLBACK ? slope__custom_name(f) : NULL;
    slope_error error = {0};
    if (name) {
        (void)snprintf(text, size, "the custom operation %.60s reported failure", name);
        return;
    }
    if (status == SLOPE_ERR_UNSUPPORTED)
        slope_function_destroy(slope_vjp(f, 0, NULL, &error));
    (void)snprintf(text, size, "%s", error.status == status ? error.message : slope_status_text(status));
}

const slope__structure_kind slope__called_kind = {eval_called,    pull_called, destroy_called,
                                                  work_of_called, move_called, explain_called};

/* ------------------------------------------------------------------------------------------------ views of values */

/* The stretch of an array that a view reaches: values[low ... high]; and, where the view leaves gaps, which of them it
   reads. */
typedef struct stretch {
    const slope_value *values;
    ptrdiff_t low, high;
    size_t count;     /* of those that are read */
    uint32_t *number; /* of values[low + k] among those from 1, or 0: a gap; NULL: there are no gaps */
} stretch;

/* Adds what `count` steps of a stride reach; 0 when no array is so long. */
static int extend(stretch *s, size_t count, ptrdiff_t stride)
{
    const ptrdiff_t longest = PTRDIFF_MAX / 4, steps = (ptrdiff_t)count - 1;
    if (steps > 0 && (stride > longest / steps || stride < -(longest / steps)))
        return 0;
    *(stride < 0 ? &s->low : &s->high) += steps * stride;
    return 1;
}

/* 0 when no array is so long. */
static int reach(const slope_view *v, size_t n, size_t length, stretch *s)
{
    *s = (stretch){.values = v->values, .high = -1};
    if (n == 0 || length == 0)
        return 1;
    s->high = 0;
    if (!v->index)
        return extend(s, n, v->item) && extend(s, length, v->element);
    size_t low = v->index[0], high = low;
    for (size_t k = 1; k < n * length; k++) {
        low = v->index[k] < low ? v->index[k] : low;
        high = v->index[k] > high ? v->index[k] : high;
    }
    s->low = (ptrdiff_t)low;
    s->high = (ptrdiff_t)high;
    return high <= PTRDIFF_MAX / 4;
}

static ptrdiff_t view_index(const slope_view *v, size_t length, size_t i, size_t j)
{
    return v->index ? (ptrdiff_t)v->index[i * length + j] : (ptrdiff_t)i * v->item + (ptrdiff_t)j * v->element;
}

static int is_step(size_t count, ptrdiff_t stride, size_t most)
{
    return count == 1 || (stride < 0 ? -(size_t)stride : (size_t)stride) <= most;
}

/* Values in gaps are none of the view's business: finds those that are read. */
static slope_status find_gaps(const slope_view *v, size_t n, size_t length, stretch *s)
{
    const size_t size = (size_t)(s->high - s->low + 1);
    s->count = size;
    if (size == 0 || v->data || (!v->index && is_step(length, v->element, 1) && is_step(n, v->item, length)))
        return SLOPE_OK;
    if (size > SLOPE_MAX_CELLS)
        return SLOPE_ERR_LIMIT;
    s->number = slope__new(size, sizeof *s->number);
    if (!s->number)
        return SLOPE_ERR_MEMORY;
    for (size_t k = 0; k < n * length; k++)
        s->number[view_index(v, length, k / length, k % length) - s->low] = 1;
    s->count = 0;
    for (size_t k = 0; k < size; k++)
        s->number[k] = s->number[k] ? (uint32_t)++s->count : 0;
    return SLOPE_OK;
}

/* The view in cells, what it reads being cells from `first`. */
static slope_status to_cells(const slope_view *v, const stretch *s, size_t n, size_t length, slope__cell first,
                             slope__view *result)
{
    const ptrdiff_t low = v->data ? 0 : s->low;
    *result = (slope__view){(int64_t)first - low, v->item, v->element, NULL};
    if ((!v->index && !s->number) || n == 0 || length == 0)
        return SLOPE_OK;
    slope__view list = {0, 0, 1, slope__new(n * length, sizeof(uint32_t))};
    if (!list.index)
        return SLOPE_ERR_MEMORY;
    for (size_t k = 0; k < n * length; k++) {
        const ptrdiff_t at = view_index(v, length, k / length, k % length) - low;
        list.index[k] = first + (s->number ? s->number[at] - 1 : (uint32_t)at);
    }
    const slope_status status = slope__view_map(&list, n, length, NULL, result);
    free(list.index);
    return status;
}

/* A structure about to be recorded. */
typedef struct plan {
    slope_tape *tape;
    const slope_function *f;
    const char *name;
    size_t n, states;
    unsigned levels;
    slope__target_kind kind; /* of outputs that are no states */
    const slope_view *x;
    slope_value *const *y;
    stretch *reach; /* of each input group of f */
    slope__loop loop;
    slope_function *whole; /* around the loop */
} plan;

/* Checks the views, and finds what they reach. */
static slope_status look_at_views(plan *p)
{
    const slope_function *f = p->f;
    for (size_t g = 0; g < f->inputs; g++) {
        const slope_view *v = &p->x[g];
        const size_t n = g < p->states ? 1 : p->n, length = f->input[g].length;
        const char *wrong = NULL;
        stretch *s = &p->reach[g];
        if (n > 0 && length > 0 && !v->values == !v->data)
            wrong = v->data ? "has both values and data" : "has neither values nor data";
        else if (length > 0 && n > SLOPE_MAX_CELLS / length)
            wrong = "reaches more numbers than a function can hold";
        else if (g < p->states && v->data)
            wrong = "is a state and can't be data";
        else if (!reach(v, n, length, s))
            wrong = "reaches further than any array";
        else if (v->data && s->high >= s->low && (s->low < 0 || (size_t)s->high >= v->count))
            wrong = "reaches beyond its data";
        if (wrong) {
            slope__stick(p->tape, SLOPE_ERR_ARGUMENT, SIZE_MAX, "%s: the view of input %.60s %s", p->name,
                         f->input[g].name, wrong);
            return SLOPE_ERR_ARGUMENT;
        }
        const slope_status status = find_gaps(v, n, length, s);
        if (status != SLOPE_OK) {
            slope__stick(p->tape, status, SIZE_MAX, "%s: input %.60s: %s", p->name, f->input[g].name,
                         slope_status_text(status));
            return status;
        }
    }
    return SLOPE_OK;
}

/* Inputs of the function around the loop, and the loop's views of them; data groups come last. */
static slope_status bind_inputs(plan *p, slope__builder *b)
{
    const slope_function *f = p->f;
    slope_status status = SLOPE_OK;
    for (int data = 0; data < 2; data++) {
        for (size_t g = 0; g < f->inputs && status == SLOPE_OK; g++) {
            if ((p->x[g].data != NULL) != data)
                continue;
            char name[32];
            (void)snprintf(name, sizeof name, "%c%zu", data ? 'd' : 'x', g);
            const stretch *s = &p->reach[g];
            const slope__cell first =
                data ? slope__build_data(b, name, p->x[g].count, p->x[g].data) : slope__build_input(b, name, s->count);
            status =
                to_cells(&p->x[g], s, g < p->states ? 1 : p->n, f->input[g].length, first, &p->loop.source[g].view);
            p->loop.source[g].carried = g < p->states ? (uint32_t)g : SLOPE__NONE;
            if (g < p->states)
                p->loop.source[g].view.item = 0;
        }
    }
    for (size_t g = f->inputs; g < f->inputs + f->data; g++) { /* the body's own data: the same numbers for all items */
        const slope__cell first = slope__build_data(b, f->input[g].name, f->input[g].length, f->input[g].bound);
        p->loop.source[g] = (slope__source){{first, 0, 1, NULL}, SLOPE__NONE};
    }
    return status;
}

static void set_targets(plan *p)
{
    for (size_t g = 0; g < p->f->outputs; g++) {
        slope__target *t = &p->loop.target[g];
        t->kind = !p->y[g] ? SLOPE__DROPPED : g < p->states ? SLOPE__LAST : p->kind;
        if (t->kind == SLOPE__ADDED) {
            t->extent = (uint32_t)p->f->output[g].length;
            t->view = (slope__view){0, 0, 1, NULL};
        }
    }
}

/* How many numbers all wanted outputs have; 0 and SLOPE_ERR_LIMIT stuck when they are too many. */
static size_t count_results(const plan *p, slope__builder *b)
{
    size_t results = 0;
    for (size_t g = 0; g < p->f->outputs; g++) {
        const size_t length = p->f->output[g].length, n = p->loop.target[g].kind == SLOPE__EACH ? p->n : 1;
        if (p->loop.target[g].kind == SLOPE__DROPPED || length == 0)
            continue;
        if (n > (SLOPE_MAX_CELLS - results) / length) {
            slope__builder_fail(b, SLOPE_ERR_LIMIT, "there would be more than %zu results", SLOPE_MAX_CELLS);
            return 0;
        }
        results += n * length;
    }
    return results;
}

static void build_results(plan *p, slope__builder *b)
{
    const size_t results = count_results(p, b);
    if (slope__builder_status(b) != SLOPE_OK)
        return;
    slope__cell *result = slope__new(results, sizeof *result);
    if (result) {
        slope__build_fold(b, &p->loop, p->levels, result);
        if (slope__builder_status(b) == SLOPE_OK)
            slope__build_output(b, "y", results, result, 0);
    } else {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a %s", p->name);
    }
    free(result);
}

/* The function around the loop: inputs that are values, data groups, one output group of all results. */
static slope_status wrap(plan *p)
{
    const slope_function *f = p->f;
    slope__builder *b = slope__builder_create(SLOPE_PASS_FOLD | SLOPE_PASS_SHARE);
    p->loop = (slope__loop){.body = f, .n = p->n};
    p->loop.source = slope__new(f->inputs + f->data, sizeof *p->loop.source);
    p->loop.target = slope__new(f->outputs, sizeof *p->loop.target);
    if (b && p->loop.source && p->loop.target) {
        slope_status status = bind_inputs(p, b);
        set_targets(p);
        if (status != SLOPE_OK)
            slope__builder_fail(b, status, "there is not enough memory for a %s", p->name);
        build_results(p, b);
    } else if (b) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a %s", p->name);
    }
    slope_error error = {0};
    p->whole = slope__builder_finish(b, &error);
    for (size_t g = 0; p->loop.source && g < f->inputs; g++)
        free(p->loop.source[g].view.index);
    free(p->loop.source);
    if (!p->whole)
        slope__stick(p->tape, error.status, SIZE_MAX, "%s: %.200s", p->name, error.message);
    return error.status;
}

/* Records the structure and hands its results out. */
static slope_status record(plan *p)
{
    const slope_function *w = p->whole;
    size_t operands = 0, at = 0;
    for (size_t g = 0; g < w->inputs; g++)
        operands += w->input[g].length;
    slope_value *x = slope__new(operands, sizeof *x), *y = slope__new(p->loop.results, sizeof *y);
    slope__called *called = slope__new(1, sizeof *called);
    if (!x || !y || !called) {
        slope__stick(p->tape, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for a %s", p->name);
        free(x);
        free(y);
        free(called);
        return SLOPE_ERR_MEMORY;
    }
    for (size_t g = 0; g < p->f->inputs; g++) {
        const stretch *s = &p->reach[g];
        for (ptrdiff_t k = s->low; k <= s->high && p->x[g].values; k++) {
            if (!s->number || s->number[k - s->low])
                x[at++] = s->values[k];
        }
    }
    *called = (slope__called){slope_function_share(w), p->name};
    const slope_status status =
        slope__record_structure(p->tape, &slope__called_kind, called, p->name, operands, x, p->loop.results, y);
    for (size_t g = 0; g < p->f->outputs; g++) {
        if (p->y[g] && p->loop.target[g].extent > 0)
            memcpy(p->y[g], y + p->loop.target[g].base, p->loop.target[g].extent * sizeof *y);
    }
    free(x);
    free(y);
    return status;
}

/* Null results where an error sticks. */
static void clear_plan(const plan *p)
{
    for (size_t g = 0; p->f && p->y && g < p->f->outputs; g++) {
        const size_t length = p->f->output[g].length, n = p->kind == SLOPE__EACH && g >= p->states ? p->n : 1;
        if (p->y[g] && (length == 0 || n <= SLOPE_MAX_CELLS / length))
            memset(p->y[g], 0, n * length * sizeof *p->y[g]);
    }
}

static slope_status apply_plan(plan *p)
{
    if (!slope__is_tape(p->tape))
        return SLOPE_ERR_ARGUMENT;
    slope_status status = p->tape->error.status;
    if (status == SLOPE_OK && (!p->f || !p->x || !p->y)) {
        slope__stick(p->tape, SLOPE_ERR_ARGUMENT, SIZE_MAX, "%s: %s", p->name,
                     !p->f ? "the function is NULL" : "the inputs or outputs are NULL");
        status = SLOPE_ERR_ARGUMENT;
    }
    if (status == SLOPE_OK) {
        p->reach = slope__new(p->f->inputs, sizeof *p->reach);
        status = p->reach ? look_at_views(p) : SLOPE_ERR_MEMORY;
        if (!p->reach)
            slope__stick(p->tape, status, SIZE_MAX, "there is not enough memory for a %s", p->name);
    }
    if (status == SLOPE_OK)
        status = wrap(p);
    if (status == SLOPE_OK)
        status = record(p);
    if (status != SLOPE_OK)
        clear_plan(p);
    for (size_t g = 0; p->reach && g < p->f->inputs; g++)
        free(p->reach[g].number);
    free(p->reach);
    free(p->loop.target);
    slope_function_destroy(p->whole);
    return status;
}

/* --------------------------------------------------------------------------------------------------------- public */

slope_status slope_call(slope_tape *tape, const slope_function *f, const slope_value *const x[], slope_value *const y[])
{
    plan p = {.tape = tape, .f = f, .name = "call", .n = 1, .kind = SLOPE__EACH, .y = y};
    slope_view *views = f && x ? slope__new(f->inputs, sizeof *views) : NULL;
    for (size_t g = 0; views && g < f->inputs; g++)
        views[g] = slope_shared(x[g]);
    p.x = views;
    if (f && x && !views && slope__is_tape(tape))
        slope__stick(tape, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for a call");
    const slope_status status = apply_plan(&p);
    free(views);
    return status;
}

slope_status slope_map(slope_tape *tape, const slope_function *f, size_t n, const slope_view x[],
                       slope_value *const y[])
{
    plan p = {.tape = tape, .f = f, .name = "map", .n = n, .kind = SLOPE__EACH, .x = x, .y = y};
    return apply_plan(&p);
}

slope_status slope_map_sum(slope_tape *tape, const slope_function *f, size_t n, const slope_view x[],
                           slope_value *const y[])
{
    plan p = {.tape = tape, .f = f, .name = "map_sum", .n = n, .kind = SLOPE__ADDED, .x = x, .y = y};
    return apply_plan(&p);
}

/* States are the first groups on both sides, and as long there as here. */
static slope_status check_states(slope_tape *tape, const slope_function *f, size_t states)
{
    int good = !f || (states <= f->inputs && states <= f->outputs);
    for (size_t g = 0; f && good && g < states; g++)
        good = f->input[g].length == f->output[g].length;
    if (good || !slope__is_tape(tape))
        return SLOPE_OK;
    slope__stick(tape, SLOPE_ERR_ARGUMENT, SIZE_MAX,
                 "fold: the first %zu inputs and outputs of the function are to be the state, so there must be as "
                 "many, of equal "
                 "lengths",
                 states);
    return tape->error.status;
}

slope_status slope_fold(slope_tape *tape, const slope_function *f, size_t n, size_t states, const slope_view x[],
                        slope_value *const y[], unsigned levels)
{
    plan p = {.tape = tape,
              .f = f,
              .name = "fold",
              .n = n,
              .states = states,
              .levels = levels,
              .kind = SLOPE__EACH,
              .x = x,
              .y = y};
    const slope_status status = check_states(tape, f, states);
    if (status != SLOPE_OK)
        return status;
    return apply_plan(&p);
}
