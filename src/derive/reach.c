/* SPDX-License-Identifier: MIT */
/*
 * Which output groups depend on which input groups, in the sense of derivatives: comparisons and the condition of a
 * select pass nothing on.  Bit sets per cell, 64 input groups at a time; kept with the function, so that nested bodies
 * are looked at once.
 */
#include <stdlib.h>
#include <string.h>

#include "derive/derive.h"
#include "function/opaque.h"

int slope__has_slope(unsigned code, size_t i)
{
    switch (code) {
    case slope__code_lt:
    case slope__code_le:
    case slope__code_gt:
    case slope__code_ge:
    case slope__code_eq:
    case slope__code_ne: return 0;
    case slope__code_select: return i > 0;
    default: return 1;
    }
}

uint32_t slope__carried(const slope__loop *loop, size_t g)
{
    return loop->n == 1 ? SLOPE__NONE : loop->source[g].carried;
}

size_t slope__view_items(const slope__view *view, size_t n) { return n > 1 && !view->index && view->item == 0 ? 1 : n; }

void slope__loop_vary(const slope__loop *loop, const slope__reach *r, unsigned char on[], unsigned char out_on[])
{
    const slope_function *body = loop->body;
    memset(out_on, 0, body->outputs);
    for (int changed = 1; changed;) {
        changed = 0;
        for (size_t o = 0; o < body->outputs; o++) {
            for (size_t g = 0; g < body->inputs && !out_on[o]; g++)
                out_on[o] = on[g] && slope__reaches(r, g, o);
        }
        for (size_t g = 0; g < body->inputs; g++) {
            const uint32_t from = slope__carried(loop, g);
            if (from != SLOPE__NONE && out_on[from] && !on[g])
                changed = on[g] = 1;
        }
    }
}

/* ------------------------------------------------------------------------------------------------------ bit sets */

static uint64_t view_bits(const slope__view *view, size_t n, size_t length, const uint64_t set[])
{
    uint64_t bits = 0;
    n = slope__view_items(view, n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < length; j++)
            bits |= set[slope__view_at(view, length, i, j)];
    }
    return bits;
}

/* The sets of a loop's results: per output, over all steps. */
static int loop_bits(const slope_function *f, const slope__instruction *i, uint64_t set[])
{
    const slope__loop *loop = &f->loop[i->operand];
    const slope_function *body = loop->body;
    const slope__reach *r = slope__reach_of(body);
    uint64_t *in = slope__new(body->inputs, sizeof *in), *out = slope__new(body->outputs, sizeof *out);
    if (!r || !in || !out) {
        free(in);
        free(out);
        return 0;
    }
    for (size_t g = 0; g < body->inputs; g++)
        in[g] = view_bits(&loop->source[g].view, loop->source[g].carried == SLOPE__NONE ? loop->n : 1,
                          body->input[g].length, set);
    for (int changed = 1; changed;) {
        changed = 0;
        for (size_t o = 0; o < body->outputs; o++) {
            for (size_t g = 0; g < body->inputs; g++)
                out[o] |= slope__reaches(r, g, o) ? in[g] : 0;
        }
        for (size_t g = 0; g < body->inputs; g++) {
            const uint32_t from = slope__carried(loop, g);
            if (from != SLOPE__NONE && (out[from] & ~in[g])) {
                in[g] |= out[from];
                changed = 1;
            }
        }
    }
    for (size_t g = 0; g < body->inputs && loop->n == 0; g++) { /* it ends where it starts */
        if (loop->source[g].carried != SLOPE__NONE)
            out[loop->source[g].carried] |= in[g];
    }
    for (size_t o = 0; o < body->outputs; o++) {
        for (size_t k = 0; k < loop->target[o].extent; k++)
            set[i->result + loop->target[o].base + k] = out[o];
    }
    free(in);
    free(out);
    return 1;
}

/* The sets of all cells for input groups from * 64 ... */
static int fill(const slope_function *f, size_t from, uint64_t set[])
{
    memset(set, 0, f->cells * sizeof *set);
    for (size_t g = from * 64; g < f->inputs && g < from * 64 + 64; g++) {
        for (size_t k = 0; k < f->input[g].length; k++)
            set[f->input[g].first + k] = (uint64_t)1 << g % 64;
    }
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code == slope__code_loop) {
            if (!loop_bits(f, i, set))
                return 0;
            continue;
        }
        uint64_t bits = 0;
        for (size_t o = 0; o < i->count; o++)
            bits |= slope__has_slope(i->code, o) ? set[f->operand[i->operand + o]] : 0;
        set[i->result] = bits;
    }
    return 1;
}

static const char reach_key;

/* Of an opaque function: what it says. */
static void fill_opaque_reach(const slope_function *f, slope__reach *r)
{
    const slope__opaque_kind *kind = f->opaque->kind;
    for (size_t o = 0; o < f->outputs; o++) {
        for (size_t g = 0; g < f->inputs; g++) {
            if (!kind->reaches || kind->reaches(f, g, o))
                r->bits[o * r->words + g / 64] |= (uint64_t)1 << g % 64;
        }
    }
}

const slope__reach *slope__reach_of(const slope_function *f)
{
    slope__reach *r = slope__attached(f, &reach_key, 0);
    if (r)
        return r;
    const size_t words = (f->inputs + 63) / 64;
    uint64_t *set = slope__new(f->cells, sizeof *set);
    r = slope__new(1, sizeof *r + f->outputs * words * sizeof *r->bits);
    int ok = r && set;
    if (ok)
        r->words = words;
    if (ok && f->opaque)
        fill_opaque_reach(f, r);
    for (size_t w = 0; ok && w < words && !f->opaque; w++) {
        ok = fill(f, w, set);
        for (size_t o = 0; ok && o < f->outputs; o++) {
            for (size_t k = 0; k < f->output[o].length; k++)
                r->bits[o * words + w] |= set[f->result[f->output[o].first + k]];
        }
    }
    free(set);
    if (!ok) {
        free(r);
        return NULL;
    }
    return slope__attach(f, &reach_key, 0, r, free);
}
