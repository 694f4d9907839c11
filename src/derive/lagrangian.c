/* SPDX-License-Identifier: MIT */
/* The Lagrangian of an objective and constraints, as a function of multipliers too. */
#include <stdlib.h>

#include "base/error.h"
#include "derive/derive.h"

/* x * y as a function. */
static slope_function *make_product(slope_error *error)
{
    slope__builder *b = slope__builder_create(0);
    if (b) {
        const slope__cell x = slope__build_input(b, "x", 1), y = slope__build_input(b, "y", 1);
        slope__build_output(b, "xy", 1, NULL, slope__build2(b, slope__code_mul, x, y));
    }
    return slope__builder_finish(b, error);
}

/* The sum of x[k] * y[k] over n consecutive y as one loop. */
static slope__cell sum_products(slope__builder *b, size_t n, const slope__cell x[], slope__cell y)
{
    slope_error error = {0};
    slope_function *body = make_product(&error);
    slope__loop_frame frame;
    slope__cell sum = SLOPE__NONE;
    if (!body) {
        slope__builder_fail(b, error.status, "%s", error.message);
        return SLOPE__NONE;
    }
    if (slope__loop_frame_begin(&frame, b, body, n)) {
        const slope__view dense = {0, 1, 1, NULL}, along = {y, 1, 1, NULL};
        slope__loop_frame_read(&frame, 0, &dense, x, 0);
        slope__loop_frame_read(&frame, 1, &along, NULL, 0);
        frame.loop.target[0] = (slope__target){.kind = SLOPE__ADDED, .extent = 1, .view = {0, 0, 1, NULL}};
        sum = slope__loop_frame_build(&frame);
        slope__loop_frame_end(&frame);
    }
    slope_function_destroy(body);
    return sum;
}

/* L: what each constraint group gives; short ones are summed up by one instruction. */
static slope__cell weighted_sum(slope__builder *b, const slope_function *f, const slope__cell map[], slope__cell sigma,
                                slope__cell lambda)
{
    slope__cell *term = slope__new(f->outputs, sizeof *term), *x = slope__new(2 * f->results, sizeof *x);
    slope__cell total = SLOPE__NONE;
    if (term && x) {
        size_t terms = 0;
        term[terms++] = slope__build2(b, slope__code_mul, sigma, map[f->result[0]]);
        for (size_t o = 1; o < f->outputs; o++) {
            const size_t n = f->output[o].length, first = f->output[o].first;
            for (size_t k = 0; k < n; k++) {
                x[k] = map[f->result[first + k]];
                x[n + k] = lambda + (slope__cell)(first - 1 + k);
            }
            if (n >= SLOPE__ARRAY)
                term[terms++] = sum_products(b, n, x, x[n]);
            else if (n > 0)
                term[terms++] = slope__build(b, slope__code_dot, 2 * n, x);
        }
        total = slope__builder_status(b) == SLOPE_OK ? slope__sum(b, terms, term) : SLOPE__NONE;
    } else {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a Lagrangian");
    }
    free(term);
    free(x);
    return total;
}

static slope_function *make_lagrangian(const slope_function *f, const slope__spec *spec, slope_error *error)
{
    (void)spec;
    if (f->outputs == 0 || f->output[0].length != 1) {
        (void)slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX,
                          "the first output needs to be one number, the objective");
        return NULL;
    }
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    slope__cell *map = slope__new(f->cells, sizeof *map);
    slope__names in = {0};
    if (b && map) {
        slope__names_inputs(&in, f);
        slope__build_copy_inputs(b, f);
        const size_t own = slope__built_cells(b);
        const slope__cell sigma = slope__build_input(b, slope__name(&in, "sigma"), 1);
        const slope__cell lambda = slope__build_input(b, slope__name(&in, "lambda"), f->results - 1);
        const slope__cell data = slope__build_copy_data(b, f);
        for (size_t c = 0; c < f->input_cells; c++)
            map[c] = c < own ? (slope__cell)c : data + (slope__cell)(c - own);
        slope__build_text(b, f, map);
        const slope__cell total =
            slope__builder_status(b) == SLOPE_OK ? weighted_sum(b, f, map, sigma, lambda) : SLOPE__NONE;
        if (total != SLOPE__NONE)
            slope__build_output(b, "L", 1, &total, 0);
    } else if (b) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a Lagrangian");
    }
    slope__names_free(&in);
    free(map);
    return slope__builder_finish(b, error);
}

slope_function *slope_lagrangian(const slope_function *f, slope_error *error)
{
    return slope__derived_by(f, SLOPE__LAGRANGIAN, 0, (const size_t[]){0}, make_lagrangian, error);
}
