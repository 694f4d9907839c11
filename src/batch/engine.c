/* SPDX-License-Identifier: MIT */
/* Runs functions by the reference interpreter. */
#include "batch/engine.h"

static size_t gathered(const slope_function *f)
{
    size_t numbers = 0;
    for (size_t g = 0; g < f->inputs + f->data; g++)
        numbers += f->input[g].length;
    for (size_t g = 0; g < f->outputs; g++)
        numbers += f->output[g].length * 9;
    return slope__aligned(numbers * sizeof(double) + (f->inputs + f->data + f->outputs) * sizeof(double *));
}

size_t slope__one_bytes(const slope_function *f)
{
    (void)f;
    return SLOPE__ALIGN;
}
size_t slope__points_bytes(const slope_function *f) { return gathered(f) + SLOPE__ALIGN; }

slope_status slope__one(const slope_function *f, const double *const x[], double *const y[], void *work, int threads)
{
    (void)work, (void)threads;
    return slope__interpret(f, x, y, NULL);
}

slope_status slope__points(const slope_function *f, size_t first, size_t last, const slope_input x[],
                           const slope_output y[], void *work, size_t *branch)
{
    const double **in = work;
    double **out = (double **)(void *)(in + f->inputs + f->data), *number = (double *)(void *)(out + f->outputs);
    double *partial = number;
    for (size_t g = 0; g < f->outputs; g++)
        partial += f->output[g].length;
    for (size_t g = 0; g < f->inputs + f->data; g++)
        partial += f->input[g].length;
    size_t width = 0;
    for (size_t g = 0; g < f->outputs; g++)
        width += f->output[g].length;
    for (size_t k = 0; k < 8 * width; k++)
        partial[k] = 0.0;
    for (size_t i = first; i < last; i++) {
        double *at = number;
        for (size_t g = 0; g < f->inputs + f->data; g++) {
            in[g] = at;
            for (size_t j = 0; j < f->input[g].length; j++)
                *at++ = x[g].data[(ptrdiff_t)i * x[g].point + (ptrdiff_t)j * x[g].element];
        }
        for (size_t g = 0; g < f->outputs; g++) {
            out[g] = at;
            at += f->output[g].length;
        }
        slope_status status = slope__interpret(f, in, out, NULL);
        if (status != SLOPE_OK) {
            *branch = i;
            return status;
        }
        double *p = partial;
        for (size_t g = 0; g < f->outputs; g++) {
            for (size_t j = 0; j < f->output[g].length; j++, p += 8) {
                if (y[g].data && y[g].sum)
                    p[(i - first) % 8] += out[g][j];
                else if (y[g].data)
                    y[g].data[(ptrdiff_t)i * y[g].point + (ptrdiff_t)j * y[g].element] = out[g][j];
            }
        }
    }
    const double *p = partial;
    for (size_t g = 0; g < f->outputs; g++) {
        for (size_t j = 0; j < f->output[g].length; j++, p += 8) {
            if (y[g].data && y[g].sum)
                y[g].data[j] = ((p[0] + p[4]) + (p[2] + p[6])) + ((p[1] + p[5]) + (p[3] + p[7]));
        }
    }
    return SLOPE_OK;
}

const char *slope_eval_lanes(void) { return "portable"; }
