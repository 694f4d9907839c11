/* SPDX-License-Identifier: MIT */
/*
 * Where everything is: scalars in local variables, loop results and what crosses the parts of a long text in the work
 * array, whose places are used again when nobody reads them any more (first fit), and results that are just an output,
 * there.
 */
#include <stdlib.h>
#include <string.h>

#include "codegen/codegen.h"

enum { SECTION = 250, LONG = 500 }; /* instructions of a part, and above which a text is divided */

/* ---------------------------------------------------------------------------------------------------- free places */

typedef struct gap {
    size_t at, size;
} gap;

typedef struct heap {
    gap *gap;
    size_t gaps, room;
    size_t top; /* all that was ever used */
} heap;

static size_t take(heap *h, size_t size)
{
    for (size_t k = 0; k < h->gaps; k++) {
        if (h->gap[k].size < size)
            continue;
        const size_t at = h->gap[k].at;
        h->gap[k].at += size;
        h->gap[k].size -= size;
        if (h->gap[k].size == 0)
            h->gap[k] = h->gap[--h->gaps];
        return at;
    }
    h->top += size;
    return h->top - size;
}

/* Nothing is lost but room when there is no memory to remember a gap. */
static void give(heap *h, size_t at, size_t size)
{
    for (size_t k = 0; k < h->gaps && size > 0; k++) {
        if (h->gap[k].at + h->gap[k].size == at || at + size == h->gap[k].at) { /* neighbours become one */
            at = at < h->gap[k].at ? at : h->gap[k].at;
            size += h->gap[k].size;
            h->gap[k] = h->gap[--h->gaps];
            k = SIZE_MAX; /* look again from the start */
        }
    }
    if (h->gaps == h->room) {
        gap *more = realloc(h->gap, (2 * h->room + 16) * sizeof *more);
        if (!more)
            return;
        h->gap = more;
        h->room = 2 * h->room + 16;
    }
    if (size > 0)
        h->gap[h->gaps++] = (gap){at, size};
}

/* ------------------------------------------------------------------------------------------------------ last uses */

/* Something with a place: a scalar or a target of a loop. */
typedef struct item {
    size_t last;    /* instruction that reads it last; f->instructions: it is an output */
    size_t section; /* of the instruction that makes it */
    int crosses;    /* it is read in another section */
    size_t next;    /* with the same last use, + 1 */
    size_t at, size;
} item;

typedef struct plan {
    slope__layout *l;
    item *item;     /* scalars by instruction, then targets */
    size_t *target; /* by loop: its first target item */
    size_t *head;   /* by instruction: items read last there, + 1 */
    heap heap;
} plan;

/* The item that a cell belongs to; SIZE_MAX for inputs and constants. */
static size_t item_of(const plan *p, slope__cell c)
{
    const slope_function *f = p->l->f;
    if (c < f->input_cells + f->numbers)
        return SIZE_MAX;
    const slope__instruction *i = slope__made_by(f, c);
    if (i->code != slope__code_loop)
        return (size_t)(i - f->instruction);
    const slope__loop *loop = &f->loop[i->operand];
    for (size_t g = 0; g < loop->body->outputs; g++) {
        const size_t offset = c - i->result;
        if (offset >= loop->target[g].base && offset - loop->target[g].base < loop->target[g].extent)
            return p->target[i->operand] + g;
    }
    return SIZE_MAX;
}

static void use(plan *p, slope__cell c, size_t by)
{
    const size_t k = item_of(p, c);
    if (k == SIZE_MAX)
        return;
    item *it = &p->item[k];
    const size_t section = by < p->l->f->instructions ? p->l->section[by] : p->l->sections - 1;
    it->last = it->last > by ? it->last : by;
    it->crosses |= section != it->section;
}

static void use_view(plan *p, const slope__view *v, size_t n, size_t length, size_t by)
{
    slope__cell base;
    if (n == 0 || length == 0)
        return;
    if (slope__in_one_array(p->l->f, v, n, length, &base)) {
        use(p, slope__view_at(v, length, 0, 0), by);
        return;
    }
    for (size_t k = 0; k < n * length; k++)
        use(p, slope__view_at(v, length, k / length, k % length), by);
}

/* The items that instruction k makes. */
static void make_items(plan *p, size_t k)
{
    const slope__instruction *i = &p->l->f->instruction[k];
    p->item[k] = (item){.last = k, .section = p->l->section[k], .size = 1};
    if (i->code != slope__code_loop)
        return;
    const slope__loop *loop = &p->l->f->loop[i->operand];
    for (size_t g = 0; g < loop->body->outputs; g++)
        p->item[p->target[i->operand] + g] =
            (item){.last = k, .section = p->l->section[k], .size = loop->target[g].extent};
}

static void use_operands(plan *p, size_t k)
{
    const slope_function *f = p->l->f;
    const slope__instruction *i = &f->instruction[k];
    if (i->code != slope__code_loop) {
        for (size_t o = 0; o < i->count; o++)
            use(p, f->operand[i->operand + o], k);
        return;
    }
    const slope__loop *loop = &f->loop[i->operand];
    for (size_t g = 0; g < loop->body->inputs + loop->body->data; g++)
        use_view(p, &loop->source[g].view, loop->source[g].carried == SLOPE__NONE ? loop->n : 1,
                 loop->body->input[g].length, k);
}

/* Backward, so that scalars that nobody reads, which loaded functions may have, are left out and use nothing. */
static void find_uses(plan *p)
{
    const slope_function *f = p->l->f;
    for (size_t k = 0; k < f->instructions; k++)
        make_items(p, k);
    for (size_t k = 0; k < f->results; k++)
        use(p, f->result[k], f->instructions);
    for (size_t k = 0; k < f->guards; k++)
        use(p, f->guard[k].condition, f->instructions);
    for (size_t k = f->instructions; k-- > 0;) {
        if (f->instruction[k].code != slope__code_loop && p->item[k].last == k)
            p->l->scalar[k].kind = SLOPE__SITE_NONE;
        else
            use_operands(p, k);
    }
}

/* --------------------------------------------------------------------------------------------------------- arrays */

int slope__in_one_array(const slope_function *f, const slope__view *v, size_t n, size_t length, slope__cell *base)
{
    slope__cell low, high;
    slope__view_range(v, n, length, &low, &high);
    if (high < f->input_cells) {
        for (size_t g = 0; g < f->inputs + f->data; g++) {
            if (low >= f->input[g].first && high < f->input[g].first + f->input[g].length) {
                *base = (slope__cell)f->input[g].first;
                return 1;
            }
        }
        return 0;
    }
    if (low >= f->input_cells + f->scalars && high < f->input_cells + f->numbers) {
        *base = (slope__cell)(f->input_cells + f->scalars);
        return 1;
    }
    if (low < f->input_cells + f->numbers)
        return 0;
    const slope__instruction *i = slope__made_by(f, low);
    if (i->code != slope__code_loop)
        return 0;
    const slope__loop *loop = &f->loop[i->operand];
    for (size_t g = 0; g < loop->body->outputs; g++) {
        const size_t first = i->result + loop->target[g].base;
        if (low >= first && high < first + loop->target[g].extent) {
            *base = (slope__cell)first;
            return 1;
        }
    }
    return 0;
}

slope__binding slope__binding_of(const slope_function *f, const slope__loop *loop, size_t g)
{
    const slope__source *s = &loop->source[g];
    const size_t length = loop->body->input[g].length;
    slope__cell base;
    if (s->carried != SLOPE__NONE)
        return SLOPE__BOUND_CARRIED;
    if (loop->n == 0 || length == 0)
        return SLOPE__BOUND_POINTER;
    if (!slope__in_one_array(f, &s->view, loop->n, length, &base))
        return SLOPE__BOUND_BEFORE;
    if (!s->view.index && (s->view.element == 1 || length == 1))
        return SLOPE__BOUND_POINTER;
    return !s->view.index && s->view.item == 0 ? SLOPE__BOUND_BEFORE : SLOPE__BOUND_COLLECT;
}

/* ---------------------------------------------------------------------------------------------------------- places */

/* The output group that is just this array, SIZE_MAX: none, or a loop before it was there first. */
static size_t output_of(const slope_function *f, slope__cell first, size_t extent, unsigned char taken[])
{
    for (size_t g = 0; g < f->outputs && extent > 0; g++) {
        const slope__cell *c = f->result + f->output[g].first;
        if (taken[g] || f->output[g].length != extent || c[0] != first)
            continue;
        size_t k = 1;
        while (k < extent && c[k] == first + k)
            k++;
        if (k == extent) {
            taken[g] = 1;
            return g;
        }
    }
    return SIZE_MAX;
}

static int is_carried(const slope__loop *loop, size_t output)
{
    for (size_t g = 0; g < loop->body->inputs; g++) {
        if (loop->source[g].carried == output)
            return 1;
    }
    return 0;
}

/* Places for a loop's results, which stay, and for what it needs meanwhile, which is given back. */
static int place_loop(plan *p, const slope__instruction *i, size_t body_work, unsigned char taken[])
{
    const slope_function *f = p->l->f;
    const slope__loop *loop = &f->loop[i->operand];
    slope__loop_room *room = &p->l->loop[i->operand];
    const size_t sources = loop->body->inputs + loop->body->data, targets = loop->body->outputs;
    room->target = slope__new(targets, sizeof *room->target);
    room->gather = slope__new(sources, sizeof *room->gather);
    room->result = slope__new(targets, sizeof *room->result);
    if (!room->target || !room->gather || !room->result)
        return 0;
    for (size_t g = 0; g < targets; g++) {
        const slope__target *t = &loop->target[g];
        const size_t output = output_of(f, i->result + t->base, t->extent, taken);
        item *it = &p->item[p->target[i->operand] + g];
        if (output != SIZE_MAX)
            room->target[g] = (slope__site){SLOPE__SITE_OUTPUT, output};
        else
            room->target[g] = (slope__site){SLOPE__SITE_WORK, it->at = take(&p->heap, t->extent)};
        if (output != SIZE_MAX)
            it->size = 0; /* nothing to give back */
    }
    for (size_t g = 0; g < sources; g++) {
        const size_t length = loop->body->input[g].length;
        const slope__binding way = slope__binding_of(f, loop, g);
        slope__cell base;
        const int dense = way == SLOPE__BOUND_BEFORE &&
                          (loop->source[g].view.index || loop->source[g].view.item != 0) &&
                          !slope__in_one_array(f, &loop->source[g].view, loop->n, length, &base);
        room->gather[g] = way == SLOPE__BOUND_POINTER ? SIZE_MAX : take(&p->heap, dense ? loop->n * length : length);
    }
    for (size_t g = 0; g < targets; g++) {
        const slope__target_kind kind = loop->target[g].kind;
        const int direct = (kind == SLOPE__EACH || kind == SLOPE__LAST) && !is_carried(loop, g);
        room->result[g] = direct ? SIZE_MAX : take(&p->heap, loop->body->output[g].length);
    }
    room->body = take(&p->heap, body_work);
    return 1;
}

static void give_back(plan *p, const slope__instruction *i, size_t body_work)
{
    const slope_function *f = p->l->f;
    const slope__loop *loop = &f->loop[i->operand];
    const slope__loop_room *room = &p->l->loop[i->operand];
    give(&p->heap, room->body, body_work);
    for (size_t g = 0; g < loop->body->outputs; g++) {
        if (room->result[g] != SIZE_MAX)
            give(&p->heap, room->result[g], loop->body->output[g].length);
    }
    for (size_t g = 0; g < loop->body->inputs + loop->body->data; g++) {
        const size_t length = loop->body->input[g].length;
        slope__cell base;
        const slope__view *v = &loop->source[g].view;
        const int dense = slope__binding_of(f, loop, g) == SLOPE__BOUND_BEFORE && (v->index || v->item != 0) &&
                          !slope__in_one_array(f, v, loop->n, length, &base);
        if (room->gather[g] != SIZE_MAX)
            give(&p->heap, room->gather[g], dense ? loop->n * length : length);
    }
}

static int place_all(plan *p, size_t items, const size_t body_work[], unsigned char taken[])
{
    const slope_function *f = p->l->f;
    for (size_t k = 0; k < items; k++) {
        if (p->item[k].last < f->instructions) {
            p->item[k].next = p->head[p->item[k].last];
            p->head[p->item[k].last] = k + 1;
        }
    }
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code == slope__code_loop) {
            p->item[k].size = 0; /* its targets are items of their own */
            if (!place_loop(p, i, body_work[i->operand], taken))
                return 0;
            give_back(p, i, body_work[i->operand]);
        } else if (p->item[k].crosses) {
            p->item[k].at = take(&p->heap, 1);
            p->l->scalar[k] = (slope__site){SLOPE__SITE_WORK, p->item[k].at};
        } else {
            p->item[k].size = 0;
        }
        for (size_t q = p->head[k]; q > 0; q = p->item[q - 1].next) {
            if (p->item[q - 1].size > 0)
                give(&p->heap, p->item[q - 1].at, p->item[q - 1].size);
        }
    }
    p->l->work = p->heap.top;
    return 1;
}

int slope__layout_make(slope__layout *l, const slope_function *f, const size_t body_work[])
{
    *l = (slope__layout){.f = f, .sections = f->instructions > LONG ? (f->instructions + SECTION - 1) / SECTION : 1};
    l->scalar = slope__new(f->instructions, sizeof *l->scalar);
    l->loop = slope__new(f->loops, sizeof *l->loop);
    l->section = slope__new(f->instructions, sizeof *l->section);
    plan p = {
        .l = l, .target = slope__new(f->loops, sizeof *p.target), .head = slope__new(f->instructions, sizeof *p.head)};
    size_t items = f->instructions;
    for (size_t k = 0; p.target && k < f->loops; k++) {
        p.target[k] = items;
        items += f->loop[k].body->outputs;
    }
    p.item = slope__new(items, sizeof *p.item);
    unsigned char *taken = slope__new(f->outputs, 1);
    int ok = l->scalar && l->loop && l->section && p.target && p.head && p.item && taken;
    for (size_t k = 0; ok && k < f->instructions; k++)
        l->section[k] = l->sections > 1 ? k / SECTION : 0;
    if (ok && !f->opaque) {
        find_uses(&p);
        ok = place_all(&p, items, body_work, taken);
    }
    free(p.target);
    free(p.head);
    free(p.item);
    free(p.heap.gap);
    free(taken);
    return ok;
}

void slope__layout_free(slope__layout *l)
{
    for (size_t k = 0; l->f && l->loop && k < l->f->loops; k++) {
        free(l->loop[k].target);
        free(l->loop[k].gather);
        free(l->loop[k].result);
    }
    for (size_t g = 0; l->f && l->in && g < l->f->inputs + l->f->data; g++)
        free(l->in[g]);
    for (size_t g = 0; l->f && l->out && g < l->f->outputs; g++)
        free(l->out[g]);
    free(l->scalar);
    free(l->loop);
    free(l->section);
    free(l->in);
    free(l->out);
    *l = (slope__layout){0};
}
