/* SPDX-License-Identifier: MIT */
/*
 * A function again, by way of the passes.  Bodies of loops are optimised first, once each: the result is kept with the
 * body under the passes asked for.
 */
#include <stdlib.h>

#include "function/ir.h"

static slope_function *optimised(const slope_function *f, unsigned passes, slope_error *error);

static const char optimised_key;

static void destroy(void *f) { slope_function_destroy(f); }

static const slope_function *body_of(const slope_function *body, unsigned passes, slope_error *error)
{
    if (body->opaque)
        return body;
    const slope_function *known = slope__attached(body, &optimised_key, passes);
    if (known)
        return known;
    slope_function *made = optimised(body, passes, error);
    if (!made)
        return NULL;
    known = slope__attach(body, &optimised_key, passes, made, destroy);
    if (!known)
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for a loop");
    return known;
}

/* All instructions; 0 when a body could not be made. */
static int build_steps(slope__builder *b, const slope_function *f, slope__cell map[], slope_error *error)
{
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        const slope_function *body = NULL;
        if (i->code == slope__code_loop) {
            body = body_of(f->loop[i->operand].body, slope__builder_passes(b), error);
            if (!body)
                return 0;
        }
        slope__build_step_with(b, f, k, body, map);
    }
    return 1;
}

static slope_function *optimised(const slope_function *f, unsigned passes, slope_error *error)
{
    slope__builder *b = slope__builder_create(passes);
    slope__cell *map = slope__new(f->cells, sizeof *map);
    slope_function *made = NULL;
    if (!b || !map) {
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for the function");
        slope__builder_destroy(b);
    } else {
        slope__build_copy_inputs(b, f);
        (void)slope__build_copy_data(b, f);
        for (size_t c = 0; c < f->input_cells; c++)
            map[c] = (slope__cell)c;
        slope__builder_expect(b, f->instructions);
        slope__build_numbers(b, f, map);
        const int ok = build_steps(b, f, map, error);
        slope__build_guards(b, f, map);
        slope__build_copy_outputs(b, f, map);
        if (ok)
            made = slope__builder_finish(b, error);
        else
            slope__builder_destroy(b);
    }
    if (made)
        made->before = f->before;
    free(map);
    return made;
}

slope_function *slope_function_optimise(const slope_function *f, unsigned passes, slope_error *error)
{
    if (error)
        *error = (slope_error){0};
    if (!f || (passes & ~(unsigned)(SLOPE_PASS_DEFAULT | SLOPE_PASS_CONTRACT))) {
        (void)slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX,
                          f ? "there is no such pass" : "there is no function to optimise");
        return NULL;
    }
    return optimised(f, passes, error);
}
