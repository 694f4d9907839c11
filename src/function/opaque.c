/* SPDX-License-Identifier: MIT */
/* Opaque functions as objects, as the body of a call, and their derivatives, which are kept with them. */
#include "function/opaque.h"

#include <stdlib.h>
#include <string.h>

static void opaque_starves(slope_error *error)
{
    (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for the function");
}

/* Copies groups; *next is the place behind them.  0: no memory. */
static int copy_group_list(size_t n, const slope_group group[], slope__group to[], size_t *next)
{
    for (size_t g = 0; g < n; g++) {
        const size_t size = strlen(group[g].name) + 1;
        to[g] = (slope__group){malloc(size), group[g].length, *next, NULL};
        if (!to[g].name)
            return 0;
        memcpy(to[g].name, group[g].name, size);
        *next += group[g].length;
    }
    return 1;
}

static int count_group_cells(size_t n, const slope_group group[], size_t *cells)
{
    for (size_t g = 0; g < n; g++) {
        if (group[g].length > SLOPE_MAX_CELLS - *cells)
            return 0;
        *cells += group[g].length;
    }
    return 1;
}

static int fill_opaque(slope_function *f, const slope_group input[], const slope_group output[])
{
    size_t results = 0;
    f->input = slope__new(f->inputs, sizeof *f->input);
    f->output = slope__new(f->outputs, sizeof *f->output);
    f->number = slope__new(0, sizeof *f->number);
    f->instruction = slope__new(0, sizeof *f->instruction);
    f->operand = slope__new(0, sizeof *f->operand);
    f->loop = slope__new(0, sizeof *f->loop);
    f->guard = slope__new(0, sizeof *f->guard);
    if (!f->input || !f->output || !f->number || !f->instruction || !f->operand || !f->loop || !f->guard ||
        !copy_group_list(f->inputs, input, f->input, &f->input_cells) ||
        !copy_group_list(f->outputs, output, f->output, &results))
        return 0;
    f->results = results;
    f->cells = f->input_cells + results;
    f->result = slope__new(results, sizeof *f->result);
    for (size_t k = 0; f->result && k < results; k++)
        f->result[k] = (slope__cell)(f->input_cells + k);
    return f->result != NULL;
}

slope_function *slope__opaque_create(slope__opaque *o, size_t inputs, const slope_group input[], size_t outputs,
                                     const slope_group output[], slope_error *error)
{
    size_t cells = 0;
    slope_function *f = slope__new(1, sizeof *f);
    if (!f || !count_group_cells(inputs, input, &cells) || !count_group_cells(outputs, output, &cells)) {
        if (f)
            (void)slope__fail(error, SLOPE_ERR_LIMIT, SIZE_MAX, "%.60s would have more than %zu numbers", o->name,
                              SLOPE_MAX_CELLS);
        else
            opaque_starves(error);
        o->kind->free(o);
        free(f);
        return NULL;
    }
    atomic_init(&f->owners, 1);
    atomic_init(&f->attachments, NULL);
    f->opaque = o;
    f->inputs = inputs;
    f->outputs = outputs;
    f->before = 1;
    if (fill_opaque(f, input, output))
        return f;
    opaque_starves(error);
    slope_function_destroy(f);
    return NULL;
}

/* ------------------------------------------------------------------------------------------------------ as a body */

void slope__build_whole(slope__builder *b, const slope_function *f, const slope__cell x[], slope__cell y[])
{
    slope__cell *map = slope__new(f->cells, sizeof *map);
    if (!map) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a call");
        return;
    }
    if (f->input_cells > 0)
        memcpy(map, x, f->input_cells * sizeof *map);
    slope__build_text(b, f, map);
    for (size_t k = 0; k < f->results; k++)
        y[k] = map[f->result[k]];
    free(map);
}

slope_function *slope__opaque_wrap(const slope_function *f, slope_error *error)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    slope__cell *map = slope__new(f->cells, sizeof *map);
    if (b && map) {
        slope__build_copy_inputs(b, f);
        for (size_t c = 0; c < f->input_cells; c++)
            map[c] = (slope__cell)c;
        slope__build_text(b, f, map);
        if (slope__builder_status(b) == SLOPE_OK)
            slope__build_copy_outputs(b, f, map);
    } else if (b) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for the function");
    }
    free(map);
    return slope__builder_finish(b, error);
}

/* ---------------------------------------------------------------------------------------------------- derivatives */

static void destroy_derivative(void *f) { slope_function_destroy(f); }

typedef slope_function *opaque_maker(const slope_function *f, const unsigned char on[], slope_error *error);

enum { TOLD_APART = 62 }; /* inputs that are moved one by one; of a function with more all are */

static const slope_function *keep_derivative(const slope_function *f, const unsigned char on[], const void *key,
                                             opaque_maker *make, slope_error *error)
{
    unsigned char *moving = slope__new(f->inputs, 1);
    uint64_t number = 0;
    for (size_t g = 0; moving && g < f->inputs; g++) {
        moving[g] = f->inputs > TOLD_APART || !on || on[g];
        number |= (uint64_t)moving[g] << g % TOLD_APART;
    }
    const slope_function *known = moving ? slope__attached(f, key, number) : NULL;
    slope_function *made = known || !moving ? NULL : make(f, moving, error);
    if (!moving)
        opaque_starves(error);
    free(moving);
    if (known || !made)
        return known;
    known = slope__attach(f, key, number, made, destroy_derivative);
    if (!known)
        opaque_starves(error);
    return known;
}

const slope_function *slope__opaque_push(const slope_function *f, const unsigned char on[], slope_error *error)
{
    static const char key;
    return keep_derivative(f, on, &key, f->opaque->kind->push, error);
}

const slope_function *slope__opaque_pull(const slope_function *f, const unsigned char on[], slope_error *error)
{
    static const char key;
    return keep_derivative(f, on, &key, f->opaque->kind->pull, error);
}

const slope_function *slope__opaque_twin(const slope_function *f)
{
    static const char key;
    const slope_function *known = slope__attached(f, &key, 0);
    slope_function *made = known ? NULL : f->opaque->kind->twin(f, NULL);
    return made ? slope__attach(f, &key, 0, made, destroy_derivative) : known;
}

/* ----------------------------------------------------------------------------------------------------- looking for */

static slope_status find_within(const slope_function *f, int only_callbacks, const char **name)
{
    slope__bodies all = {0};
    const slope_status status = slope__bodies_fill(&all, f);
    *name = NULL;
    for (size_t k = 0; k < all.functions && !*name; k++) {
        const slope__opaque *o = all.function[k]->opaque;
        *name = o && !(only_callbacks && o->lookup) ? o->name : NULL;
    }
    slope__bodies_free(&all);
    return status;
}

const char *slope__custom_name(const slope_function *f)
{
    const char *name;
    return find_within(f, 1, &name) == SLOPE_OK ? name : NULL;
}

slope_status slope__opaque_within(const slope_function *f, const char **name) { return find_within(f, 0, name); }
