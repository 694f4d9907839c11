/* SPDX-License-Identifier: MIT */
/*
 * What was derived is kept with the function it was derived from, under its spec; asking again is a look-up.  A kept
 * function never refers to the one that keeps it, so that counting shares frees both.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "derive/derive.h"

/* ----------------------------------------------------------------------------------------------------------- names */

/* Room for one more; 0 when memory is short. */
static int grow_names(slope__names *names)
{
    if (2 * (names->count + 1) <= names->slots)
        return 1;
    const size_t slots = names->slots ? 2 * names->slots : 16;
    const char **table = slope__new(slots, sizeof *table);
    if (!table)
        return 0;
    for (size_t k = 0; k < names->slots; k++) {
        if (names->table[k])
            *slope__text_slot(table, slots, names->table[k]) = names->table[k];
    }
    free((void *)names->table);
    names->table = table;
    names->slots = slots;
    return 1;
}

const char *slope__name(slope__names *names, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int size = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *name = size < 0 ? NULL : malloc((size_t)size + 24);
    if (!name || !grow_names(names)) {
        free(name);
        return NULL; /* the builder that is given it knows what that means */
    }
    va_start(args, format);
    (void)vsnprintf(name, (size_t)size + 1, format, args);
    va_end(args);
    for (size_t k = 2; *slope__text_slot(names->table, names->slots, name); k++)
        (void)snprintf(name + size, 24, "_%zu", k);
    names->count++;
    return *slope__text_slot(names->table, names->slots, name) = name;
}

void slope__names_inputs(slope__names *names, const slope_function *f)
{
    for (size_t g = 0; g < f->inputs + f->data; g++)
        (void)slope__name(names, "%s", f->input[g].name);
}

void slope__names_free(slope__names *names)
{
    for (size_t k = 0; k < names->slots; k++)
        free((void *)(uintptr_t)names->table[k]);
    free((void *)names->table);
}

/* ----------------------------------------------------------------------------------------------------------- cache */

typedef struct kept {
    slope_function *derived;
    size_t size;
    unsigned char spec[];
} kept;

static void forget(void *object)
{
    kept *k = object;
    slope_function_destroy(k->derived);
    free(k);
}

/* The spec as bytes, in something to be kept. */
static kept *describe(const slope_function *f, const slope__spec *spec)
{
    const size_t seeds = spec->seeds ? f->outputs : 0, size = 2 + spec->n * sizeof *spec->wrt + seeds;
    kept *k = slope__new(1, sizeof *k + size);
    if (!k)
        return NULL;
    k->size = size;
    k->spec[0] = (unsigned char)spec->kind;
    k->spec[1] = (unsigned char)spec->order;
    if (spec->n > 0)
        memcpy(k->spec + 2, spec->wrt, spec->n * sizeof *spec->wrt);
    if (seeds > 0)
        memcpy(k->spec + size - seeds, spec->seeds, seeds);
    return k;
}

static int equal(const kept *x, const kept *y) { return x->size == y->size && memcmp(x->spec, y->spec, x->size) == 0; }

slope_function *slope__derived(const slope_function *f, const slope__spec *spec, slope__maker *maker,
                               slope_error *error)
{
    static const char key;
    kept *k = describe(f, spec);
    if (!k) {
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for a derivative");
        return NULL;
    }
    const uint64_t number = slope__hash(k->spec, k->size);
    const kept *old = slope__attached(f, &key, number);
    if (old && equal(old, k)) {
        free(k);
        return slope_function_share(old->derived);
    }
    slope_function *derived = maker(f, spec, error);
    k->derived = slope_function_share(derived);
    if (!derived || old) /* another spec of the same hash: done, if not kept */
        forget(k);
    else
        (void)slope__attach(f, &key, number, k, forget);
    return derived;
}

/* --------------------------------------------------------------------------------------------------------- callers */

static int check_wrt(const slope_function *f, size_t n, const size_t wrt[], slope_error *error)
{
    if (n > f->inputs) /* before any is read: wrt can't be as long */
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "%zu input groups are asked for, there are %zu", n,
                           f->inputs) == SLOPE_OK;
    unsigned char *seen = slope__new(f->inputs, 1);
    slope_status status = SLOPE_OK;
    if (!seen)
        return slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for a derivative") ==
               SLOPE_OK;
    for (size_t k = 0; k < n && !status; k++) {
        if (wrt[k] >= f->inputs)
            status = slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "there is no input group %zu, only %zu", wrt[k],
                                 f->inputs);
        else if (seen[wrt[k]]++)
            status = slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "input group %zu is asked for twice", wrt[k]);
    }
    free(seen);
    return status == SLOPE_OK;
}

slope_function *slope__derived_by(const slope_function *f, slope__kind kind, size_t n, const size_t wrt[],
                                  slope__maker *maker, slope_error *error)
{
    return slope__derived_to(f, kind, 0, n, wrt, maker, error);
}

slope_function *slope__derived_to(const slope_function *f, slope__kind kind, unsigned order, size_t n,
                                  const size_t wrt[], slope__maker *maker, slope_error *error)
{
    if (error)
        *error = (slope_error){0};
    if (!f) {
        (void)slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "there is no function");
        return NULL;
    }
    if (wrt) {
        const slope__spec spec = {kind, n, wrt, NULL, order};
        return check_wrt(f, n, wrt, error) ? slope__derived(f, &spec, maker, error) : NULL;
    }
    size_t *all = slope__new(f->inputs, sizeof *all);
    if (!all) {
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for a derivative");
        return NULL;
    }
    for (size_t g = 0; g < f->inputs; g++)
        all[g] = g;
    const slope__spec spec = {kind, f->inputs, all, NULL, order};
    slope_function *derived = slope__derived(f, &spec, maker, error);
    free(all);
    return derived;
}

int slope__has_one_output(const slope_function *f, slope_error *error)
{
    if (f->outputs == 1 && f->output[0].length == 1)
        return 1;
    (void)slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX,
                      "the function needs to have one output number, it has %zu in %zu group%s", f->results, f->outputs,
                      f->outputs == 1 ? "" : "s");
    return 0;
}

size_t slope__wanted(const slope_function *f, size_t n, const size_t wrt[])
{
    size_t count = 0;
    for (size_t k = 0; k < n; k++)
        count += f->input[wrt[k]].length;
    return count;
}
