/* SPDX-License-Identifier: MIT */
/* One point: the checks, the memory, machine code where there is some. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/exceptions.h"
#include "batch/engine.h"
#include "function/backend.h"
#include "function/opaque.h"

/* What is on the stack; larger evaluations take their memory from the heap. */
enum { ON_STACK = 8192 };

static size_t pointers_bytes(const slope_function *f)
{
    return slope__aligned((f->inputs + f->data) * sizeof(const double *));
}

/* Of machine code and evaluator the larger one: the second steps in where the first met a NaN. */
static size_t needed(const slope_function *f)
{
    const slope__backend *native = slope__backend_of(f);
    const size_t own = slope__one_bytes(f), other = native ? slope__aligned(native->work_bytes) : 0;
    return own == 0 ? 0 : (own > other ? own : other) + pointers_bytes(f);
}

size_t slope_eval_bytes(const slope_function *f)
{
    const size_t bytes = f ? needed(f) : 0;
    return bytes ? bytes + SLOPE__ALIGN : 0;
}

static slope_status check(const slope_function *f, const double *const x[], double *const y[])
{
    if (!f || (!x && f->inputs > 0) || (!y && f->outputs > 0) || !slope__bound(f))
        return SLOPE_ERR_ARGUMENT;
    for (size_t g = 0; g < f->inputs; g++) {
        if (f->input[g].length > 0 && !x[g])
            return SLOPE_ERR_ARGUMENT;
    }
    return SLOPE_OK;
}

/* Loops may run in lanes. */
static int run_native(const slope_function *f, const slope__backend *native, const double *const x[], double *const y[],
                      void *work)
{
    if (f->loops == 0)
        return native->eval(x, y, work, 1);
    slope__exceptions before;
    slope__hold_exceptions(&before);
    const int answer = native->eval(x, y, work, 1);
    slope__release_exceptions(&before);
    return answer;
}

/* In aligned memory of needed(f) bytes. */
static slope_status run_point(const slope_function *f, const double *const x[], double *const y[], char *work)
{
    const double **all = (const double **)(void *)work;
    for (size_t g = 0; g < f->inputs; g++)
        all[g] = x[g];
    for (size_t g = f->inputs; g < f->inputs + f->data; g++)
        all[g] = f->input[g].bound;
    work += pointers_bytes(f);
    const slope__backend *native = slope__backend_of(f);
    if (native) {
        const int answer = run_native(f, native, all, y, work);
        if (answer != SLOPE__SEE_NAN)
            return answer == 0 ? SLOPE_OK : SLOPE_ERR_BRANCH;
    }
    return slope__one(f, all, y, work, 1);
}

slope_status slope_eval(const slope_function *f, const double *const x[], double *const y[])
{
    slope_status status = check(f, x, y);
    const size_t bytes = status == SLOPE_OK ? slope_eval_bytes(f) : 0;
    if (status != SLOPE_OK || bytes == 0)
        return status != SLOPE_OK ? status : SLOPE_ERR_MEMORY;
    if (bytes <= ON_STACK) {
        double stack[ON_STACK / sizeof(double)];
        return run_point(f, x, y, slope__align(stack));
    }
    void *heap = slope__take_memory(f, bytes);
    if (!heap)
        return SLOPE_ERR_MEMORY;
    status = run_point(f, x, y, slope__align(heap));
    slope__give_memory(f, heap);
    return status;
}

slope_status slope_eval_in(const slope_function *f, const double *const x[], double *const y[], void *work,
                           size_t bytes)
{
    const slope_status status = check(f, x, y);
    if (status != SLOPE_OK || !work)
        return SLOPE_ERR_ARGUMENT;
    const size_t least = slope_eval_bytes(f);
    if (least == 0)
        return SLOPE_ERR_MEMORY;
    return bytes < least ? SLOPE_ERR_ARGUMENT : run_point(f, x, y, slope__align(work));
}

slope_status slope_eval_check(const slope_function *f, const double *const x[], slope_error *error)
{
    if (error)
        *error = (slope_error){0};
    if (!f || (!x && f->inputs > 0))
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "there is no function, or there are no inputs");
    const double **all = slope__new(f->inputs + f->data, sizeof *all);
    double **none = slope__new(f->outputs, sizeof *none);
    size_t guard = SIZE_MAX;
    slope_status status = !all || !none ? SLOPE_ERR_MEMORY : check(f, x, none);
    for (size_t g = 0; status == SLOPE_OK && g < f->inputs + f->data; g++)
        all[g] = g < f->inputs ? x[g] : f->input[g].bound;
    if (status == SLOPE_OK)
        status = slope__interpret(f, all, none, &guard);
    free(all);
    free(none);
    if (status == SLOPE_ERR_BRANCH) {
        const slope_function *text = f->text ? f->text : f;
        if (guard >= text->guards)
            return slope__fail(error, status, SIZE_MAX, "a guard inside a body would go the other way");
        const slope__guard *g = &text->guard[guard];
        const char *went = g->expected ? "true" : "false";
        static const char *const do_this =
            "record the function with these inputs as `start` (0 without it), or write slope_select for the if; "
            "slope_remainder wraps angles";
        if (!g->file)
            return slope__fail(error, status, guard,
                               "guard %zu, recorded as %s, would go the other way; SLOPE_PLACES tells its line; %s",
                               guard, went, do_this);
        const size_t length = strlen(g->file), shown = length < 60 ? length : 60; /* its end, where the name is */
        return slope__fail(error, status, guard, "guard %zu, recorded at %s:%d as %s, would go the other way; %s",
                           guard, g->file + length - shown, g->line, went, do_this);
    }
    const char *custom = status == SLOPE_ERR_CALLBACK ? slope__custom_name(f) : NULL;
    if (custom)
        return slope__fail(error, status, SIZE_MAX, "the custom operation %.60s reported failure", custom);
    if (status != SLOPE_OK)
        return slope__fail(error, status, SIZE_MAX, "%s", slope_status_text(status));
    return SLOPE_OK;
}
