/* SPDX-License-Identifier: MIT */
/* Forward mode as functions: Jacobian times vector, Hessian times vector, second directional derivative. */
#include <stdlib.h>

#include "base/error.h"
#include "derive/derive.h"

/* An output group of cells of f through the array; structural zeros become the number. */
static void put_out(slope__builder *b, const slope_function *f, size_t o, const char *name, const slope__cell cell[],
                    slope__cell zero)
{
    const slope__group *group = &f->output[o];
    slope__cell *c = slope__new(group->length, sizeof *c);
    for (size_t k = 0; c && k < group->length; k++) {
        c[k] = cell[f->result[group->first + k]];
        if (c[k] == SLOPE__NONE)
            c[k] = zero;
    }
    if (c)
        slope__build_output(b, name, group->length, c, 0);
    else
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
    free(c);
}

slope_function *slope__make_push(const slope_function *f, const slope__spec *spec, slope_error *error)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    if (!b)
        return slope__builder_finish(b, error);
    slope__names in = {0}, out = {0};
    slope__push p;
    slope__names_inputs(&in, f);
    slope__build_copy_inputs(b, f);
    const size_t first = slope__built_cells(b);
    for (size_t k = 0; k < spec->n; k++) {
        const slope__group *g = &f->input[spec->wrt[k]];
        (void)slope__build_input(b, slope__name(&in, "%s_dot", g->name), g->length);
    }
    const slope__cell data = slope__build_copy_data(b, f);
    if (slope__push_begin(&p, b, f, data)) {
        size_t cell = first;
        for (size_t k = 0; k < spec->n; k++) {
            const slope__group *g = &f->input[spec->wrt[k]];
            for (size_t j = 0; j < g->length; j++)
                p.dot[g->first + j] = (slope__cell)cell++;
        }
        slope__push_run(&p);
        for (size_t o = 0; o < f->outputs && spec->kind == SLOPE__PUSH; o++)
            put_out(b, f, o, slope__name(&out, "%s", f->output[o].name), p.map, p.zero);
        for (size_t o = 0; o < f->outputs; o++) {
            if (!spec->seeds || spec->seeds[o])
                put_out(b, f, o, slope__name(&out, "%s_dot", f->output[o].name), p.dot, p.zero);
        }
    }
    slope__push_end(&p);
    slope__names_free(&in);
    slope__names_free(&out);
    return slope__builder_finish(b, error);
}

/* The tangent of the tangents along the same direction, which itself is constant. */
static slope_function *make_second(const slope_function *f, const slope__spec *spec, slope_error *error)
{
    const slope__spec first = {SLOPE__TANGENT, spec->n, spec->wrt, NULL, 0};
    slope_function *g = slope__derived(f, &first, slope__make_push, error);
    if (!g)
        return NULL;
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    slope__names out = {0};
    slope__push p;
    if (b) {
        slope__build_copy_inputs(b, g);
        const slope__cell data = slope__build_copy_data(b, g);
        if (slope__push_begin(&p, b, g, data)) {
            for (size_t k = 0; k < spec->n; k++) {
                const slope__group *x = &g->input[spec->wrt[k]], *v = &g->input[f->inputs + k];
                for (size_t j = 0; j < x->length; j++)
                    p.dot[x->first + j] = (slope__cell)(v->first + j);
            }
            slope__push_run(&p);
            for (size_t o = 0; o < g->outputs; o++)
                put_out(b, g, o, slope__name(&out, "%s_dot2", f->output[o].name), p.dot, p.zero);
        }
        slope__push_end(&p);
    }
    slope__names_free(&out);
    slope_function_destroy(g);
    return slope__builder_finish(b, error);
}

/* ---------------------------------------------------------------------------------------------------------- public */

slope_function *slope_jvp(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    return slope__derived_by(f, SLOPE__TANGENT, n, wrt, slope__make_push, error);
}

slope_function *slope_second(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    return slope__derived_by(f, SLOPE__SECOND, n, wrt, make_second, error);
}

slope_function *slope_hvp(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    slope_function *gradient = slope_gradient(f, n, wrt, error);
    slope_function *hvp = gradient ? slope_jvp(gradient, n, wrt, error) : NULL;
    slope_function_destroy(gradient);
    return hvp;
}
