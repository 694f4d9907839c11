/* SPDX-License-Identifier: MIT */
/* Functions as objects: shares, groups, and what layers above attach to them. */
#include <stdlib.h>
#include <string.h>

#include "function/backend.h"
#include "function/ir.h"
#include "function/opaque.h"

void slope__loop_free(slope__loop *loop)
{
    for (size_t g = 0; loop->source && g < loop->body->inputs + loop->body->data; g++)
        free(loop->source[g].view.index);
    for (size_t g = 0; loop->target && g < loop->body->outputs; g++)
        free(loop->target[g].view.index);
    free(loop->source);
    free(loop->target);
    slope_function_destroy((slope_function *)(uintptr_t)loop->body);
    *loop = (slope__loop){0};
}

static void free_text(slope_function *f)
{
    for (size_t k = 0; f->loop && k < f->loops; k++) {
        if (f->loop[k].body)
            slope__loop_free(&f->loop[k]);
    }
    for (size_t k = 0; f->guard && k < f->guards; k++)
        free(f->guard[k].file);
    for (size_t g = 0; f->output && g < f->outputs; g++)
        free(f->output[g].name);
    free(f->output);
    free(f->number);
    free(f->instruction);
    free(f->operand);
    free(f->loop);
    free(f->guard);
    free(f->result);
    if (f->opaque)
        f->opaque->kind->free(f->opaque);
}

/* Not recursive in the number of shares, only in the nesting of bodies, which is bounded. */
void slope_function_destroy(slope_function *f)
{
    if (!f || atomic_fetch_sub_explicit(&f->owners, 1, memory_order_acq_rel) != 1)
        return;
    for (slope__attachment *a = atomic_load(&f->attachments), *next; a; a = next) {
        next = a->next;
        a->destroy(a->object);
        free(a);
    }
    for (size_t g = 0; f->input && g < f->inputs + f->data; g++)
        free(f->input[g].name);
    free(f->input);
    if (f->text)
        slope_function_destroy((slope_function *)(uintptr_t)f->text);
    else
        free_text(f);
    free(f);
}

slope_function *slope_function_share(const slope_function *f)
{
    slope_function *owned = (slope_function *)(uintptr_t)f; /* the count is all that changes */
    if (f)
        atomic_fetch_add_explicit(&owned->owners, 1, memory_order_relaxed);
    return owned;
}

size_t slope_function_inputs(const slope_function *f) { return f ? f->inputs : 0; }
size_t slope_function_outputs(const slope_function *f) { return f ? f->outputs : 0; }
size_t slope_function_data(const slope_function *f) { return f ? f->data : 0; }

slope_group slope_function_input(const slope_function *f, size_t g)
{
    return f && g < f->inputs ? (slope_group){f->input[g].name, f->input[g].length} : (slope_group){NULL, 0};
}

slope_group slope_function_output(const slope_function *f, size_t g)
{
    return f && g < f->outputs ? (slope_group){f->output[g].name, f->output[g].length} : (slope_group){NULL, 0};
}

slope_group slope_function_data_group(const slope_function *f, size_t k)
{
    return f && k < f->data ? (slope_group){f->input[f->inputs + k].name, f->input[f->inputs + k].length}
                            : (slope_group){NULL, 0};
}

static size_t find_group(const slope__group *group, size_t n, const char *name)
{
    for (size_t g = 0; name && g < n; g++) {
        if (strcmp(group[g].name, name) == 0)
            return g;
    }
    return SIZE_MAX;
}

size_t slope_function_find_input(const slope_function *f, const char *name)
{
    return f ? find_group(f->input, f->inputs, name) : SIZE_MAX;
}

size_t slope_function_find_output(const slope_function *f, const char *name)
{
    return f ? find_group(f->output, f->outputs, name) : SIZE_MAX;
}

const slope__instruction *slope__made_by(const slope_function *f, slope__cell c)
{
    size_t low = 0, high = f->instructions;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (f->instruction[middle].result <= c)
            low = middle;
        else
            high = middle;
    }
    while (low > 0 && f->instruction[low].code == slope__code_loop && f->loop[f->instruction[low].operand].results == 0)
        low--;
    return &f->instruction[low];
}

/* ------------------------------------------------------------------------------------------------- attachments */

static slope__attachment *search_attached(slope__attachment *from, const slope__attachment *end, const void *key,
                                          uint64_t number)
{
    for (slope__attachment *a = from; a != end; a = a->next) {
        if (a->key == key && a->number == number)
            return a;
    }
    return NULL;
}

void *slope__attached(const slope_function *f, const void *key, uint64_t number)
{
    const slope__attachment *a = search_attached(
        atomic_load_explicit(&((slope_function *)(uintptr_t)f)->attachments, memory_order_acquire), NULL, key, number);
    return a ? a->object : NULL;
}

void *slope__attach(const slope_function *f, const void *key, uint64_t number, void *object,
                    void (*destroy)(void *object))
{
    _Atomic(slope__attachment *) *list = &((slope_function *)(uintptr_t)f)->attachments;
    slope__attachment *a = malloc(sizeof *a), *head = atomic_load_explicit(list, memory_order_acquire), *seen = NULL;
    if (!a) {
        destroy(object);
        return NULL;
    }
    *a = (slope__attachment){head, key, number, object, destroy};
    for (;;) {
        slope__attachment *other = search_attached(head, seen, key, number); /* only what is new since the last look */
        if (other) {
            destroy(object);
            free(a);
            return other->object;
        }
        seen = head;
        a->next = head;
        if (atomic_compare_exchange_weak_explicit(list, &head, a, memory_order_acq_rel, memory_order_acquire))
            return object;
    }
}

static const char backend_key;

/* Of whoever owns the text: machine code does not depend on which data are bound. */
const slope__backend *slope__backend_of(const slope_function *f)
{
    return slope__attached(f->text ? f->text : f, &backend_key, 0);
}

const slope__backend *slope__backend_attach(const slope_function *f, slope__backend *backend,
                                            void (*destroy)(void *backend))
{
    return slope__attach(f->text ? f->text : f, &backend_key, 0, backend, destroy);
}
