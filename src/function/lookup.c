/* SPDX-License-Identifier: MIT */
/*
 * Look-up in tables, the one place where a number of a function becomes an index.  x lies in a segment between two
 * knots, key[i] <= x < key[i + 1] (the first or last one where x is outside, or NaN); of every table the numbers at
 * both ends are taken (width 2), or those before and behind, too (width 4: before, i, i + 1, behind):
 *
 *     gather    x, keys, tables  ->  of each table `width` numbers
 *     scatter   x, keys, as many numbers for each table  ->  tables that are 0 but for these, added where they belong
 *
 * At the ends of the table, where there is none before or behind, the nearest number that is not among the others
 * takes its place.  Both are linear in all but x and the keys, and each is the other's adjoint, so derivatives of any
 * order are made of the two.  Where x is NaN (and, unless `outside` is set, where it is outside) so is all that is
 * taken.  By x itself the slope is 0: what depends on x smoothly is built around it.
 */
#include <math.h>
#include <stdlib.h>

#include "function/opaque.h"

typedef struct lookup {
    slope__opaque head;
    slope__lookup spec;
} lookup;

static const slope__lookup *lookup_of(const slope_function *f) { return f->opaque->lookup; }

/* -------------------------------------------------------------------------------------------------------- numbers */

/* Evenly spaced knots are found at once, others by halving. */
static size_t lookup_segment(double x, size_t n, const double key[])
{
    if (!(x >= key[1]))
        return 0;
    if (x >= key[n - 2])
        return n - 2;
    size_t low = 1, high = n - 2;
    const double guess = (x - key[0]) / (key[n - 1] - key[0]) * (double)(n - 1);
    if (guess > 1 && guess < (double)(n - 2)) {
        const size_t at = (size_t)guess;
        if (key[at] <= x)
            low = at;
        else
            high = at;
        if (low == at && x < key[at + 1])
            high = at + 1;
    }
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (key[middle] <= x)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void stencil_of(size_t width, size_t n, size_t i, size_t at[4])
{
    at[0] = at[width / 2 - 1] = i;
    at[width / 2] = i + 1;
    if (width == 2)
        return;
    at[0] = i > 0 ? i - 1 : n > 2 ? 2 : 0;
    at[3] = i + 2 < n ? i + 2 : n > 2 ? n - 3 : 1;
}

static int eval_lookup(const slope_function *f, const double *const x[], double *const y[])
{
    const slope__lookup *s = lookup_of(f);
    size_t at[4];
    const double v = x[0][0], *key = x[1];
    const int none = s->outside ? v != v : !(v >= key[0] && v <= key[s->n - 1]);
    stencil_of(s->width, s->n, lookup_segment(v, s->n, key), at);
    for (size_t t = 0; t < s->tables; t++) {
        if (s->scatter) {
            for (size_t k = 0; k < s->n; k++)
                y[t][k] = 0;
            for (size_t k = 0; k < s->width; k++)
                y[t][at[k]] += none ? (double)NAN : x[2 + t][k];
        } else {
            for (size_t k = 0; k < s->width; k++)
                y[t][k] = none ? (double)NAN : x[2 + t][at[k]];
        }
    }
    return 0;
}

/* ---------------------------------------------------------------------------------------------------- derivatives */

static int lookup_reaches(const slope_function *f, size_t g, size_t o)
{
    (void)f;
    return g == o + 2;
}

/* Inputs of f and then `more` groups, as long as f's inputs (or outputs) from the first on. */
static slope__builder *begin_lookup(const slope_function *f, size_t more, const slope__group group[])
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_DEFAULT);
    char name[24];
    for (size_t g = 0; b && g < f->inputs; g++)
        (void)slope__build_input(b, f->input[g].name, f->input[g].length);
    for (size_t g = 0; b && g < more; g++) {
        (void)snprintf(name, sizeof name, "s%zu", g);
        (void)slope__build_input(b, name, group[g].length);
    }
    return b;
}

/* The look-up `how` at the x and keys of f of groups from cell `first` on; its results become outputs. */
static void append_lookup(slope__builder *b, const slope_function *f, const slope__lookup *how, slope__cell first)
{
    slope_error error = {0};
    slope_function *g = slope__lookup_create(how, &error);
    slope__cell *x = g ? slope__new(g->input_cells, sizeof *x) : NULL;
    slope__cell *map = g ? slope__new(g->cells, sizeof *map) : NULL;
    if (x && map) {
        const size_t head = f->input[1].first + f->input[1].length;
        for (size_t c = 0; c < g->input_cells; c++)
            x[c] = (slope__cell)(c < head ? c : first + (c - head));
        slope__build_whole(b, g, x, map);
        for (size_t o = 0; o < g->outputs && slope__builder_status(b) == SLOPE_OK; o++)
            slope__build_output(b, g->output[o].name, g->output[o].length, map + g->output[o].first, 0);
    } else {
        slope__builder_fail(b, g ? SLOPE_ERR_MEMORY : error.status, "%s", "there is not enough memory for a look-up");
    }
    free(x);
    free(map);
    slope_function_destroy(g);
}

/* Linear in the tables: the same look-up of their tangents. */
static slope_function *push_lookup(const slope_function *f, const unsigned char on[], slope_error *error)
{
    (void)on;
    slope__builder *b = begin_lookup(f, f->inputs, f->input);
    if (b)
        append_lookup(b, f, lookup_of(f), (slope__cell)(f->input_cells + f->input[2].first));
    return slope__builder_finish(b, error);
}

static slope_function *pull_lookup(const slope_function *f, const unsigned char on[], slope_error *error)
{
    (void)on;
    slope__builder *b = begin_lookup(f, f->outputs, f->output);
    slope__lookup other = *lookup_of(f);
    other.scatter = !other.scatter;
    slope__cell *zero = slope__new(f->input[1].length, sizeof *zero);
    if (b && zero) {
        for (size_t k = 0; k < f->input[1].length; k++)
            zero[k] = slope__build_number(b, 0.0);
        if (slope__builder_status(b) == SLOPE_OK) {
            slope__build_output(b, "x", 1, zero, 0);
            slope__build_output(b, "keys", f->input[1].length, zero, 0);
            append_lookup(b, f, &other, (slope__cell)f->input_cells);
        }
    } else if (b) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
    }
    free(zero);
    return slope__builder_finish(b, error);
}

/* -------------------------------------------------------------------------------------------------------- objects */

static void free_lookup(slope__opaque *o) { free(o); }

static slope_function *twin_lookup(const slope_function *f, slope_error *error)
{
    return slope__lookup_create(lookup_of(f), error);
}

slope_function *slope__lookup_create(const slope__lookup *spec, slope_error *error)
{
    static const slope__opaque_kind kind = {eval_lookup, push_lookup,    pull_lookup,
                                            twin_lookup, lookup_reaches, free_lookup};
    enum { MOST = SLOPE__MOST_TABLES };
    slope_group in[MOST + 2] = {{"x", 1}, {"keys", spec->n}}, out[MOST];
    char name[2 * MOST][28];
    if (spec->tables > MOST) {
        (void)slope__fail(error, SLOPE_ERR_LIMIT, SIZE_MAX, "more than %d tables are looked up at once", MOST);
        return NULL;
    }
    lookup *g = slope__new(1, sizeof *g);
    if (!g) {
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for a look-up");
        return NULL;
    }
    *g = (lookup){{&kind, spec->scatter ? "scatter" : "gather", NULL, NULL, &g->spec}, *spec};
    for (size_t t = 0; t < spec->tables; t++) {
        (void)snprintf(name[t], sizeof name[t], "from%zu", t);
        (void)snprintf(name[MOST + t], sizeof name[t], "to%zu", t);
        in[2 + t] = (slope_group){name[t], spec->scatter ? spec->width : spec->n};
        out[t] = (slope_group){name[MOST + t], spec->scatter ? spec->n : spec->width};
    }
    return slope__opaque_create(&g->head, 2 + spec->tables, in, spec->tables, out, error);
}
