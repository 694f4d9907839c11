/* SPDX-License-Identifier: MIT */
/*
 * Sparse Jacobians and Hessians as functions: seeds as a table of constants, one map over the colours of the function's
 * product with a vector, entries picked from its results.
 */
#include <stdlib.h>

#include "base/error.h"
#include "derive/derive.h"
#include "derive/sparse.h"

static slope_status no_memory(slope_error *error)
{
    return slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for a sparse matrix");
}

/* ---------------------------------------------------------------------------------------------------- patterns */

/* The column of each input cell, wanted inputs one after another; checks wrt.  *columns: how many.  NULL: *error
   tells. */
static uint32_t *label_columns(const slope_function *f, size_t n, const size_t wrt[], size_t *columns,
                               slope_error *error)
{
    uint32_t *label = slope__new(f->input_cells, sizeof *label);
    slope_status status = label ? SLOPE_OK : no_memory(error);
    *columns = 0;
    for (size_t c = 0; label && c < f->input_cells; c++)
        label[c] = SLOPE__NONE;
    for (size_t k = 0; status == SLOPE_OK && k < (wrt ? n : f->inputs); k++) {
        const size_t g = wrt ? wrt[k] : k;
        if (g >= f->inputs) {
            status = slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "there is no input %zu", g);
            continue;
        }
        if (f->input[g].length > 0 && label[f->input[g].first] != SLOPE__NONE)
            status = slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "input %zu is asked for twice", g);
        for (size_t j = 0; j < f->input[g].length; j++)
            label[f->input[g].first + j] = (uint32_t)(*columns)++;
    }
    if (status == SLOPE_OK)
        return label;
    free(label);
    return NULL;
}

static slope_pattern *find_pattern(const slope_function *f, size_t n, const size_t wrt[], int symmetric,
                                   slope_error *error)
{
    size_t columns;
    uint32_t *label = label_columns(f, n, wrt, &columns, error);
    slope__dependencies *d = label ? slope__dependencies_create(f, label, columns, error) : NULL;
    slope_pattern *p = d ? slope__pattern_create(d, columns, symmetric) : NULL;
    if (d && !p)
        (void)no_memory(error);
    free(label);
    slope__dependencies_destroy(d);
    return p;
}

/* The pattern and its colouring: of the Jacobian, or of the Hessian, which is the Jacobian of the gradient. */
static slope_pattern *analyse_pattern(const slope_function *f, int is_hessian, size_t n, const size_t wrt[],
                                      slope__colouring *c, slope_error *error)
{
    *c = (slope__colouring){NULL, 0, 0};
    if (!f) {
        (void)slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "there is no function");
        return NULL;
    }
    slope_function *g = is_hessian ? slope_gradient(f, n, wrt, error) : slope_function_share(f);
    slope_pattern *p = g ? find_pattern(g, n, wrt, is_hessian, error) : NULL;
    slope_function_destroy(g);
    if (!p)
        return NULL;
    if ((is_hessian ? slope__colour_hessian(p, c) : slope__colour_jacobian(p, c)) != SLOPE_OK) {
        (void)no_memory(error);
        slope_pattern_destroy(p);
        return NULL;
    }
    p->colours = c->colours;
    return p;
}

slope_pattern *slope_jacobian_pattern(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    slope__colouring c;
    if (error)
        *error = (slope_error){0};
    slope_pattern *p = analyse_pattern(f, 0, n, wrt, &c, error);
    free(c.colour);
    return p;
}

slope_pattern *slope_hessian_pattern(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    slope__colouring c;
    if (error)
        *error = (slope_error){0};
    slope_pattern *p = analyse_pattern(f, 1, n, wrt, &c, error);
    free(c.colour);
    return p;
}

/* --------------------------------------------------------------------------------------------------- the products */

/* A table of seeds, colour after colour: 1 for the lines of the colour; its first cell. */
static slope__cell build_seeds(slope__builder *b, const slope_pattern *p, const slope__colouring *c)
{
    const size_t lines = c->by_rows ? p->rows : p->columns, *start = c->by_rows ? p->row_start : p->column_start;
    if (c->colours > SLOPE_MAX_CELLS / lines) {
        slope__builder_fail(b, SLOPE_ERR_LIMIT, "the matrix takes %zu sweeps of %zu lines", c->colours, lines);
        return SLOPE__NONE;
    }
    double *seed = slope__new(c->colours * lines, sizeof *seed);
    if (!seed) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a sparse matrix");
        return SLOPE__NONE;
    }
    for (size_t k = 0; k < lines; k++) {
        if (start[k + 1] > start[k])
            seed[c->colour[k] * lines + k] = 1.0;
    }
    const slope__cell first = slope__build_table(b, c->colours * lines, seed);
    free(seed);
    return first;
}

/* One map over all colours; fills in where its outputs are (bases of targets); its first result. */
static slope__cell build_sweeps(slope__builder *b, const slope_function *f, const slope_function *product,
                                const slope_pattern *p, const slope__colouring *c, slope__loop_frame *frame)
{
    const size_t lines = c->by_rows ? p->rows : p->columns, seeds = product->inputs - f->inputs;
    slope__cell seed = build_seeds(b, p, c), at = 0;
    if (seed == SLOPE__NONE)
        return seed;
    for (size_t g = 0; g < product->inputs + product->data; g++) {
        const size_t length = product->input[g].length;
        const int is_seed = g >= f->inputs && g < f->inputs + seeds;
        slope__cell *from = is_seed ? &seed : &at;
        slope__loop_frame_read(frame, g, &(slope__view){*from, is_seed ? (int64_t)lines : 0, 1, NULL}, NULL, 0);
        *from += (slope__cell)length;
    }
    for (size_t o = 0; o < product->outputs; o++)
        frame->loop.target[o].kind = SLOPE__EACH;
    return slope__loop_frame_build(frame);
}

/* Of each entry: is it the only one of its column's colour in its row? */
static unsigned char *find_single(const slope_pattern *p, const slope__colouring *c)
{
    size_t *last = slope__new(c->colours, sizeof *last); /* of each colour: 1 + the entry met last */
    unsigned char *single = slope__new(p->entries, 1);
    for (size_t e = 0; last && single && e < p->entries; e++) {
        const uint32_t colour = c->colour[p->column[e]];
        single[e] = last[colour] <= p->row_start[p->row[e]];
        if (!single[e])
            single[last[colour] - 1] = 0;
        last[colour] = e + 1;
    }
    free(last);
    if (last)
        return single;
    free(single);
    return NULL;
}

/* Where an entry is found: in which line of the results, for which colour. */
typedef struct spot {
    size_t line, colour;
} spot;

/* Both halves of a Hessian take the same place. */
static spot place_of(const slope_pattern *p, const slope__colouring *c, const unsigned char single[], size_t e)
{
    size_t i = p->row[e], j = p->column[e];
    if (c->by_rows)
        return (spot){j, c->colour[i]};
    if (single && i > j) {
        e = p->by_column[p->column_start[i] + (e - p->row_start[i])]; /* the other half's */
        i = p->row[e];
        j = p->column[e];
    }
    return single && !single[e] ? (spot){j, c->colour[i]} : (spot){i, c->colour[j]};
}

static void build_entries(slope__builder *b, const char *name, const slope__loop_frame *frame, slope__cell at,
                          const slope_pattern *p, const slope__colouring *c, int is_hessian)
{
    const slope_function *product = frame->loop.body;
    uint32_t *group = slope__new(product->results, sizeof *group); /* of each line of the results */
    slope__cell *cell = slope__new(p->entries, sizeof *cell);
    unsigned char *single = is_hessian ? find_single(p, c) : NULL;
    if (!group || !cell || (is_hessian && !single)) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a sparse matrix");
    } else if (slope__builder_status(b) == SLOPE_OK) {
        for (uint32_t o = 0; o < product->outputs; o++) {
            for (size_t k = 0; k < product->output[o].length; k++)
                group[product->output[o].first + k] = o;
        }
        for (size_t e = 0; e < p->entries; e++) {
            const spot q = place_of(p, c, single, e);
            const slope__group *out = &product->output[group[q.line]];
            cell[e] = (slope__cell)(at + frame->loop.target[group[q.line]].base + q.colour * out->length + q.line -
                                    out->first);
        }
        slope__build_output(b, name, p->entries, cell, 0);
    }
    free(group);
    free(cell);
    free(single);
}

/* ------------------------------------------------------------------------------------------------------- functions */

static const char pattern_key;

static void destroy_pattern(void *p) { slope_pattern_destroy(p); }

static slope_function *product_of(const slope_function *f, const slope__spec *spec, const slope__colouring *c,
                                  slope_error *error)
{
    if (spec->kind == SLOPE__SPARSE_HESSIAN) {
        slope_function *gradient = slope_gradient(f, spec->n, spec->wrt, error);
        slope_function *product = gradient ? slope_jvp(gradient, spec->n, spec->wrt, error) : NULL;
        slope_function_destroy(gradient);
        return product;
    }
    return c->by_rows ? slope_vjp(f, spec->n, spec->wrt, error) : slope_jvp(f, spec->n, spec->wrt, error);
}

static slope_function *build_sparse(const slope_function *f, const slope__spec *spec, const slope_pattern *p,
                                    const slope__colouring *c, slope_error *error)
{
    const int is_hessian = spec->kind == SLOPE__SPARSE_HESSIAN;
    const char *name = is_hessian ? "H" : "J";
    slope_function *product = p->entries > 0 ? product_of(f, spec, c, error) : NULL;
    slope__builder *b = product || p->entries == 0 ? slope__builder_create(SLOPE_PASS_DEFAULT) : NULL;
    slope__loop_frame frame;
    if (!b) {
        if (product || p->entries == 0)
            (void)no_memory(error);
        slope_function_destroy(product);
        return NULL;
    }
    slope__build_copy_inputs(b, f);
    (void)slope__build_copy_data(b, f);
    if (!product) {
        slope__build_output(b, name, 0, NULL, 0);
    } else if (slope__loop_frame_begin(&frame, b, product, c->colours)) {
        const slope__cell at = build_sweeps(b, f, product, p, c, &frame);
        build_entries(b, name, &frame, at, p, c, is_hessian);
        slope__loop_frame_end(&frame);
    }
    slope_function_destroy(product);
    return slope__builder_finish(b, error);
}

/* The pattern goes with the function. */
static slope_function *make_sparse(const slope_function *f, const slope__spec *spec, slope_error *error)
{
    slope__colouring c;
    slope_pattern *p = analyse_pattern(f, spec->kind == SLOPE__SPARSE_HESSIAN, spec->n, spec->wrt, &c, error);
    slope_function *made = p ? build_sparse(f, spec, p, &c, error) : NULL;
    free(c.colour);
    if (!made) {
        slope_pattern_destroy(p);
        return NULL;
    }
    if (slope__attach(made, &pattern_key, 0, p, destroy_pattern))
        return made;
    (void)no_memory(error);
    slope_function_destroy(made);
    return NULL;
}

static slope_function *with_pattern(slope_function *made, slope_pattern **pattern, slope_error *error)
{
    if (pattern)
        *pattern = NULL;
    if (!made || !pattern)
        return made;
    *pattern = slope__pattern_copy(slope__attached(made, &pattern_key, 0));
    if (*pattern)
        return made;
    (void)no_memory(error);
    slope_function_destroy(made);
    return NULL;
}

slope_function *slope_sparse_jacobian(const slope_function *f, size_t n, const size_t wrt[], slope_pattern **pattern,
                                      slope_error *error)
{
    return with_pattern(slope__derived_by(f, SLOPE__SPARSE_JACOBIAN, n, wrt, make_sparse, error), pattern, error);
}

slope_function *slope_sparse_hessian(const slope_function *f, size_t n, const size_t wrt[], slope_pattern **pattern,
                                     slope_error *error)
{
    return with_pattern(slope__derived_by(f, SLOPE__SPARSE_HESSIAN, n, wrt, make_sparse, error), pattern, error);
}
