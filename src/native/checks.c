/* SPDX-License-Identifier: MIT */
/*
 * Where the program has to look for NaN.  It takes zmul for a plain product, which differs only where that is NaN. Such
 * a NaN goes on to the outputs unless an operation swallows it: a comparison, a selection, a power, a norm.
 */
#include <stdlib.h>
#include <string.h>

#include "native/native.h"

typedef struct finding {
    int products, hidden, no_memory;
} finding;

/* Operations that give a number for some NaN operand. */
static int swallows(unsigned code)
{
    switch (code) {
    case slope__code_lt:
    case slope__code_le:
    case slope__code_gt:
    case slope__code_ge:
    case slope__code_eq:
    case slope__code_ne:
    case slope__code_select:
    case slope__code_min:
    case slope__code_max:
    case slope__code_relu:
    case slope__code_leaky_relu:
    case slope__code_sign:
    case slope__code_pow:
    case slope__code_powi:
    case slope__code_hypot:
    case slope__code_norm:
    case slope__code_logsumexp: return 1;
    default: return 0;
    }
}

static int has_products(const slope_function *f)
{
    int any = 0;
    for (size_t k = 0; k < f->instructions && !any; k++) {
        const slope__instruction *i = &f->instruction[k];
        any = i->code == slope__code_loop ? has_products(f->loop[i->operand].body) : i->code == slope__code_zmul;
    }
    return any;
}

static void look(const slope_function *f, const unsigned char *tainted_input, finding *found);

/* A loop: what it reads is tainted, or what it carries; then all that it gives is. */
static int look_at_loop(const slope_function *f, const slope__loop *loop, const unsigned char *tainted, finding *found)
{
    const slope_function *body = loop->body;
    const int inside = has_products(body);
    int any = inside;
    unsigned char *inner = slope__new(body->inputs + body->data, 1);
    if (!inner) {
        found->no_memory = 1;
        return 1;
    }
    (void)f;
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        slope__cell low, high;
        const slope__source *s = &loop->source[g];
        if (loop->n == 0 || body->input[g].length == 0)
            continue;
        slope__view_range(&s->view, s->carried == SLOPE__NONE ? loop->n : 1, body->input[g].length, &low, &high);
        inner[g] = memchr(tainted + low, 1, (size_t)(high - low) + 1) != NULL;
        any |= inner[g];
    }
    for (size_t g = 0; g < body->inputs; g++)
        inner[g] |= any && loop->source[g].carried != SLOPE__NONE;
    if (any && !found->hidden)
        look(body, inner, found);
    free(inner);
    return any;
}

static void look(const slope_function *f, const unsigned char *tainted_input, finding *found)
{
    unsigned char *tainted = slope__new(f->cells, 1);
    if (!tainted) {
        found->no_memory = 1;
        return;
    }
    for (size_t g = 0; g < f->inputs + f->data; g++)
        memset(tainted + f->input[g].first, tainted_input[g], f->input[g].length);
    for (size_t k = 0; k < f->instructions && !found->hidden; k++) {
        const slope__instruction *i = &f->instruction[k];
        int any = 0;
        for (size_t o = 0; i->code != slope__code_loop && o < i->count; o++)
            any |= tainted[f->operand[i->operand + o]];
        found->hidden |= any && swallows(i->code);
        if (i->code == slope__code_loop)
            any = look_at_loop(f, &f->loop[i->operand], tainted, found);
        found->products |= i->code == slope__code_zmul;
        memset(tainted + i->result, any || i->code == slope__code_zmul, slope__results_of(f, i));
    }
    for (size_t k = 0; k < f->guards; k++)
        found->hidden |= tainted[f->guard[k].condition];
    free(tainted);
}

slope__native_check slope__native_checks(const slope_function *f, int *no_memory)
{
    finding found = {0};
    unsigned char *clean = slope__new(f->inputs + f->data, 1);
    if (!has_products(f)) {
        free(clean);
        return SLOPE__CHECK_NONE;
    }
    if (clean)
        look(f, clean, &found);
    *no_memory |= !clean || found.no_memory;
    free(clean);
    return found.hidden ? SLOPE__CHECK_PRODUCTS : SLOPE__CHECK_OUTPUTS;
}
