/* SPDX-License-Identifier: MIT */
/* A function with branches as a few traces of it, the latest used first; a point that none of them fits is recorded. */
#include <stdlib.h>
#include <string.h>

#include <slope/eval.h>

#include "record/record.h"

struct slope_branches {
    size_t inputs, outputs, capacity;
    slope_group *input, *output; /* names in one block behind each */
    slope_trace *trace;
    void *context;
    slope_function **traced; /* info.traces of them, the latest used first */
    slope_branches_info info;
};

/* Groups with names of their own; NULL: no memory. */
static slope_group *copy_named_groups(size_t n, const slope_group group[])
{
    size_t size = 0;
    for (size_t g = 0; g < n; g++)
        size += strlen(group[g].name) + 1;
    slope_group *copy = slope__new(n * sizeof *copy + size, 1);
    char *text = copy ? (char *)(copy + n) : NULL;
    for (size_t g = 0; copy && g < n; g++) {
        const size_t length = strlen(group[g].name) + 1;
        copy[g] = (slope_group){memcpy(text, group[g].name, length), group[g].length};
        text += length;
    }
    return copy;
}

static int are_named(size_t n, const slope_group group[])
{
    for (size_t g = 0; g < n; g++) {
        if (!group || !group[g].name)
            return 0;
    }
    return 1;
}

slope_branches *slope_branches_create(size_t inputs, const slope_group input[], size_t outputs,
                                      const slope_group output[], slope_trace *trace, void *context, size_t capacity,
                                      slope_error *error)
{
    if (error)
        *error = (slope_error){0};
    if (!trace || capacity == 0 || !are_named(inputs, input) || !are_named(outputs, output)) {
        (void)slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX,
                          "branches need a callback, groups with names and a capacity of at least 1");
        return NULL;
    }
    slope_branches *b = slope__new(1, sizeof *b);
    if (b) {
        *b = (slope_branches){
            .inputs = inputs, .outputs = outputs, .capacity = capacity, .trace = trace, .context = context};
        b->input = copy_named_groups(inputs, input);
        b->output = copy_named_groups(outputs, output);
        b->traced = slope__new(capacity, sizeof *b->traced);
    }
    if (b && b->input && b->output && b->traced)
        return b;
    slope_branches_destroy(b);
    (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for branches");
    return NULL;
}

void slope_branches_destroy(slope_branches *b)
{
    if (!b)
        return;
    for (size_t k = 0; k < b->info.traces; k++)
        slope_function_destroy(b->traced[k]);
    free(b->input);
    free(b->output);
    free(b->traced);
    free(b);
}

slope_branches_info slope_branches_stats(const slope_branches *b) { return b ? b->info : (slope_branches_info){0}; }

/* Trace k goes to the front. */
static const slope_function *use(slope_branches *b, size_t k)
{
    slope_function *f = b->traced[k];
    memmove(b->traced + 1, b->traced, k * sizeof *b->traced);
    b->traced[0] = f;
    return f;
}

static const slope_function *record_trace(slope_branches *b, const double *const x[], slope_error *error)
{
    slope_function *f =
        slope_function_record(b->inputs, b->input, b->outputs, b->output, x, b->trace, b->context, error);
    if (!f)
        return NULL;
    b->info.recorded++;
    if (b->info.traces == b->capacity) {
        slope_function_destroy(b->traced[--b->info.traces]);
        b->info.dropped++;
    }
    b->traced[b->info.traces] = f;
    return use(b, b->info.traces++);
}

const slope_function *slope_branches_at(slope_branches *b, const double *const x[], slope_error *error)
{
    if (error)
        *error = (slope_error){0};
    if (!b || (!x && b->inputs > 0)) {
        (void)slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "%s",
                          b ? "the inputs are NULL" : "there are no branches");
        return NULL;
    }
    for (size_t g = 0; g < b->inputs; g++) {
        if (!x[g] && b->input[g].length > 0) { /* to a recording it would mean zeros */
            (void)slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "the input %s is NULL", b->input[g].name);
            return NULL;
        }
    }
    for (size_t k = 0; k < b->info.traces; k++) {
        slope_error why = {0};
        const slope_status status = slope_eval_check(b->traced[k], x, &why);
        if (status == SLOPE_OK) {
            b->info.hits++;
            return use(b, k);
        }
        if (status != SLOPE_ERR_BRANCH) {
            (void)slope__fail(error, status, why.position, "%s", why.message);
            return NULL;
        }
    }
    return record_trace(b, x, error);
}
