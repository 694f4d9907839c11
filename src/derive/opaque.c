/* SPDX-License-Identifier: MIT */
/* Sweeps through an opaque function: one call of the derivative that it gives, in place of its instructions. */
#include "function/opaque.h"

#include <stdlib.h>

#include "derive/derive.h"

static void opaque_fails(slope__builder *b, const slope_error *error)
{
    const int told = error->status != SLOPE_OK;
    slope__builder_fail(b, told ? error->status : SLOPE_ERR_MEMORY, "%s",
                        told ? error->message : "there is not enough memory for a derivative");
}

/* Appends the derivative d of f, on f's inputs and `more` cells; its results.  NULL: failed, which sticks. */
static slope__cell *call_derivative(slope__builder *b, const slope_function *d, const slope_function *f,
                                    const slope__cell map[], const slope__cell more[], slope__cell zero)
{
    slope__cell *x = slope__new(d->input_cells, sizeof *x), *y = slope__new(d->results, sizeof *y);
    if (x && y) {
        for (size_t c = 0; c < d->input_cells; c++) {
            const slope__cell m = c < f->input_cells ? map[c] : more[c - f->input_cells];
            x[c] = m == SLOPE__NONE ? zero : m;
        }
        slope__build_whole(b, d, x, y);
        free(x);
        return y;
    }
    opaque_fails(b, &(slope_error){0});
    free(x);
    free(y);
    return NULL;
}

void slope__push_opaque(slope__push *p)
{
    const slope_function *f = p->f;
    slope_error error = {0};
    if (!p->replayed)
        slope__build_text(p->b, f, p->map);
    p->replayed = 1;
    unsigned char *on = slope__new(f->inputs, 1);
    for (size_t g = 0; on && g < f->inputs; g++) {
        for (size_t j = 0; j < f->input[g].length && !on[g]; j++)
            on[g] = !slope__is_zero(p->b, p->dot[f->input[g].first + j]);
    }
    const slope_function *d = on ? slope__opaque_push(f, on, &error) : NULL;
    free(on);
    slope__cell *y = d ? call_derivative(p->b, d, f, p->map, p->dot, p->zero) : NULL;
    if (!d)
        opaque_fails(p->b, &error);
    for (size_t k = 0; y && k < f->results; k++)
        p->dot[f->result[k]] = y[k];
    free(y);
}

void slope__pull_opaque(slope__pull *p)
{
    const slope_function *f = p->f;
    slope_error error = {0};
    unsigned char *on = slope__new(f->inputs, 1);
    for (size_t g = 0; on && g < f->inputs; g++)
        on[g] = f->input[g].length > 0 && p->flag[f->input[g].first] == SLOPE__MATTERS;
    const slope_function *d = on ? slope__opaque_pull(f, on, &error) : NULL;
    free(on);
    if (!d)
        opaque_fails(p->b, &error);
    for (size_t k = 0; k < f->results; k++)
        p->adjoint[f->result[k]] = slope__term_total(p, f->result[k]);
    slope__cell *y = d ? call_derivative(p->b, d, f, p->map, p->adjoint + f->input_cells, p->zero) : NULL;
    for (size_t c = 0; y && c < f->input_cells; c++)
        p->adjoint[c] = y[c];
    free(y);
}
