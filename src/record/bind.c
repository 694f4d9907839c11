/* SPDX-License-Identifier: MIT */
/* The same function with other data: a small object that shares the text. */
#include <stdlib.h>
#include <string.h>

#include "function/ir.h"

/* The groups of f with names of their own. */
static slope__group *copy_own_groups(const slope_function *f)
{
    const size_t n = f->inputs + f->data;
    slope__group *copy = slope__new(n, sizeof *copy);
    for (size_t g = 0; copy && g < n; g++) {
        const size_t size = strlen(f->input[g].name) + 1;
        copy[g] = f->input[g];
        copy[g].name = malloc(size);
        if (copy[g].name) {
            memcpy(copy[g].name, f->input[g].name, size);
            continue;
        }
        while (g-- > 0)
            free(copy[g].name);
        free(copy);
        return NULL;
    }
    return copy;
}

slope_function *slope_function_bind(const slope_function *f, size_t k, const double *data, size_t count,
                                    slope_error *error)
{
    if (error)
        *error = (slope_error){0};
    if (!f || k >= f->data || !data) {
        (void)slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "%s",
                          !f      ? "there is no function to bind data to"
                          : !data ? "the data are NULL"
                                  : "the function has no such data group");
        return NULL;
    }
    const slope__group *group = &f->input[f->inputs + k];
    if (count != group->length) {
        (void)slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "data group %.60s has %zu numbers, not %zu", group->name,
                          group->length, count);
        return NULL;
    }
    slope_function *bound = slope__new(1, sizeof *bound);
    slope__group *groups = copy_own_groups(f);
    if (!bound || !groups) {
        free(bound);
        if (groups) {
            for (size_t g = 0; g < f->inputs + f->data; g++)
                free(groups[g].name);
        }
        free(groups);
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory to bind data");
        return NULL;
    }
    /* but for what other threads may be changing: shares and attachments, which come first */
    enum { FIRST = offsetof(slope_function, inputs) };
    memcpy((char *)bound + FIRST, (const char *)f + FIRST, sizeof *f - FIRST);
    atomic_init(&bound->owners, 1);
    atomic_init(&bound->attachments, NULL);
    bound->text = slope_function_share(f->text ? f->text : f);
    bound->input = groups;
    bound->input[f->inputs + k].bound = data;
    return bound;
}
