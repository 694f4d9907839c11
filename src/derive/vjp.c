/* SPDX-License-Identifier: MIT */
/* Reverse mode as functions: vector times Jacobian, gradient, and the body with its carried inputs as outputs. */
#include <stdlib.h>
#include <string.h>

#include "derive/derive.h"

/* A derivative under way. */
typedef struct work {
    slope__builder *b;
    const slope_function *f;
    const slope__spec *spec;
    slope__names in, out;
    unsigned char *wrt, *seeds; /* per group */
    slope__cell *first;         /* per output: the first cell of its adjoint inputs */
} work;

static int begin_work(work *w, const slope_function *f, const slope__spec *spec)
{
    *w = (work){.b = slope__builder_create(SLOPE_PASS_DEFAULT), .f = f, .spec = spec};
    if (!w->b)
        return 0;
    w->wrt = slope__new(f->inputs, 1);
    w->seeds = slope__new(f->outputs, 1);
    w->first = slope__new(f->outputs, sizeof *w->first);
    if (!w->wrt || !w->seeds || !w->first) {
        slope__builder_fail(w->b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
        return 0;
    }
    for (size_t k = 0; k < spec->n; k++)
        w->wrt[spec->wrt[k]] = 1;
    for (size_t o = 0; o < f->outputs; o++)
        w->seeds[o] = spec->seeds ? spec->seeds[o] : 1;
    slope__names_inputs(&w->in, f);
    slope__build_copy_inputs(w->b, f);
    return 1;
}

static slope_function *finish_work(work *w, slope_error *error)
{
    slope__names_free(&w->in);
    slope__names_free(&w->out);
    free(w->wrt);
    free(w->seeds);
    free(w->first);
    return slope__builder_finish(w->b, error);
}

/* Puts out the adjoint of input group g. */
static void put_adjoint(work *w, const slope__pull *p, size_t g, const char *name)
{
    const slope__group *group = &w->f->input[g];
    for (size_t k = 0; k < group->length; k++) {
        slope__cell *c = &p->adjoint[group->first + k];
        if (*c == SLOPE__NONE)
            *c = p->zero;
    }
    slope__build_output(w->b, name, group->length, p->adjoint + group->first, 0);
}

/* Adjoint inputs of the outputs, as many as the spec says. */
static void add_seeds(work *w)
{
    for (size_t o = 0; o < w->f->outputs; o++) {
        w->first[o] = (slope__cell)slope__built_cells(w->b);
        for (unsigned k = 0; k < (w->seeds[o] & (SLOPE__ZEROS - 1u)); k++)
            (void)slope__build_input(w->b, slope__name(&w->in, "%s_bar", w->f->output[o].name), w->f->output[o].length);
    }
}

static void sow(const work *w, slope__pull *p)
{
    for (size_t o = 0; o < w->f->outputs; o++) {
        const size_t length = w->f->output[o].length;
        for (size_t k = 0; k < (w->seeds[o] & (SLOPE__ZEROS - 1u)) * length; k++)
            slope__pull_seed(p, o, k % length, w->first[o] + (slope__cell)k);
    }
}

static void put_zeros(work *w, slope__cell zero)
{
    for (size_t o = 0; o < w->f->outputs; o++) {
        const size_t length = w->f->output[o].length;
        if (!(w->seeds[o] & SLOPE__ZEROS))
            continue;
        slope__cell *c = slope__new(length, sizeof *c);
        for (size_t k = 0; c && k < length; k++)
            c[k] = zero;
        if (c)
            slope__build_output(w->b, slope__name(&w->out, "no_%s_bar", w->f->output[o].name), length, c, 0);
        else
            slope__builder_fail(w->b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
        free(c);
    }
}

slope_function *slope__make_pull(const slope_function *f, const slope__spec *spec, slope_error *error)
{
    work w;
    if (begin_work(&w, f, spec)) {
        slope__pull p;
        add_seeds(&w);
        const slope__cell data = slope__build_copy_data(w.b, f);
        if (slope__pull_begin(&p, w.b, f, data, w.wrt, w.seeds)) {
            sow(&w, &p);
            slope__pull_run(&p);
            for (size_t k = 0; k < spec->n && slope__builder_status(w.b) == SLOPE_OK; k++)
                put_adjoint(&w, &p, spec->wrt[k], slope__name(&w.out, "%s_bar", f->input[spec->wrt[k]].name));
            put_zeros(&w, p.zero);
        }
        slope__pull_end(&p);
    }
    return finish_work(&w, error);
}

static slope_function *make_gradient(const slope_function *f, const slope__spec *spec, slope_error *error)
{
    work w;
    if (!slope__has_one_output(f, error))
        return NULL;
    if (begin_work(&w, f, spec)) {
        slope__pull p;
        const slope__cell data = slope__build_copy_data(w.b, f);
        const char *y = f->output[0].name;
        if (slope__pull_begin(&p, w.b, f, data, w.wrt, w.seeds)) {
            slope__pull_seed(&p, 0, 0, slope__build_number(w.b, 1.0));
            slope__pull_run(&p);
            if (spec->kind == SLOPE__VALUE_GRADIENT && slope__builder_status(w.b) == SLOPE_OK)
                slope__build_output(w.b, slope__name(&w.out, "%s", y), 1, NULL, p.map[f->result[0]]);
            for (size_t k = 0; k < spec->n && slope__builder_status(w.b) == SLOPE_OK; k++)
                put_adjoint(&w, &p, spec->wrt[k], slope__name(&w.out, "d%s_d%s", y, f->input[spec->wrt[k]].name));
        }
        slope__pull_end(&p);
    }
    return finish_work(&w, error);
}

slope_function *slope__make_states(const slope_function *f, const slope__spec *spec, slope_error *error)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    slope__cell *map = slope__new(f->cells, sizeof *map), *result = slope__new(f->results, sizeof *result);
    slope__names out = {0};
    if (b && map && result) {
        slope__build_copy_inputs(b, f);
        (void)slope__build_copy_data(b, f);
        for (size_t c = 0; c < f->input_cells; c++)
            map[c] = (slope__cell)c;
        slope__build_text(b, f, map);
        for (size_t k = 0; k < f->results; k++)
            result[k] = map[f->result[k]];
        for (size_t o = 0; o < f->outputs; o++)
            slope__build_output(b, slope__name(&out, "%s", f->output[o].name), f->output[o].length,
                                result + f->output[o].first, 0);
        for (size_t k = 0; k < spec->n; k++) {
            const slope__group *g = &f->input[spec->wrt[k]];
            slope__build_output(b, slope__name(&out, "%s_was", g->name), g->length, NULL, (slope__cell)g->first);
        }
    } else if (b) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
    }
    slope__names_free(&out);
    free(map);
    free(result);
    return slope__builder_finish(b, error);
}

/* ---------------------------------------------------------------------------------------------------------- public */

slope_function *slope_vjp(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    return slope__derived_by(f, SLOPE__PULL, n, wrt, slope__make_pull, error);
}

slope_function *slope_gradient(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    return slope__derived_by(f, SLOPE__GRADIENT, n, wrt, make_gradient, error);
}

slope_function *slope_value_gradient(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    return slope__derived_by(f, SLOPE__VALUE_GRADIENT, n, wrt, make_gradient, error);
}
