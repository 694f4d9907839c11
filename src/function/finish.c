/* SPDX-License-Identifier: MIT */
/*
 * From a builder to a function: what outputs and guards need, numbered in the order of a walk from them.
 *
 * The walk is depth first, operands in order, each instruction after its operands; so two builders that were given
 * equal computations, in whatever order, give equal functions.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "function/builder.h"

typedef struct walk {
    slope__builder *b;
    uint32_t *order; /* instructions in the order of the walk */
    size_t ordered;
    unsigned char *entered;
    slope__block block; /* the stack: instruction * 2, plus 1 when its operands are done */
    uint64_t *stack;
    size_t top, room;
} walk;

static int grow_stack(walk *w)
{
    const size_t room = w->room ? 2 * w->room : 1024;
    if (slope__block_reserve(&w->b->allocator, &w->block, room, sizeof *w->stack) != SLOPE_OK)
        return 0;
    w->stack = w->block.data;
    w->room = room;
    return 1;
}

/* An instruction to be walked, unless it was. */
static inline int push(walk *w, uint32_t instruction)
{
    if (w->entered[instruction])
        return 1;
    if (w->top == w->room && !grow_stack(w))
        return 0;
    w->stack[w->top++] = (uint64_t)instruction * 2;
    return 1;
}

/* The instructions that a view reads from. */
static int push_view(walk *w, const slope__view *view, size_t n, size_t length)
{
    if (n == 0 || length == 0)
        return 1;
    const uint32_t *origin = w->b->origin;
    slope__cell low, high;
    slope__view_range(view, n, length, &low, &high);
    if (origin[low] == origin[high])
        return push(w, origin[low]);
    int ok = 1;
    uint32_t last = SLOPE__NONE;
    for (size_t k = n * length; ok && k-- > 0;) { /* backward, so that the first is walked first */
        const uint32_t from = origin[slope__view_at(view, length, k / length, k % length)];
        ok = from == last || push(w, from);
        last = from;
    }
    return ok;
}

static int push_operands(walk *w, const slope__instruction *i)
{
    const slope__builder *b = w->b;
    int ok = 1;
    if (i->code == slope__code_loop) {
        const slope__loop *loop = &b->loop[i->operand];
        for (size_t g = loop->body->inputs + loop->body->data; ok && g-- > 0;) {
            const slope__source *s = &loop->source[g];
            ok = push_view(w, &s->view, s->carried == SLOPE__NONE ? loop->n : 1, loop->body->input[g].length);
        }
    } else if (i->code > slope__code_const) {
        for (size_t k = i->count; ok && k-- > 0;)
            ok = push(w, b->origin[b->operand[i->operand + k]]);
    }
    return ok;
}

static int walk_from(walk *w, slope__cell cell)
{
    if (!push(w, w->b->origin[cell]))
        return 0;
    while (w->top > 0) {
        uint64_t *entry = &w->stack[w->top - 1];
        const uint32_t k = (uint32_t)(*entry / 2);
        if (*entry & 1) {
            w->order[w->ordered++] = k;
            w->top--;
        } else if (w->entered[k]) { /* meanwhile, from somewhere else */
            w->top--;
        } else {
            w->entered[k] = 1;
            *entry |= 1;
            if (!push_operands(w, &w->b->instruction[k]))
                return 0;
        }
    }
    return 1;
}

static int walk_all(walk *w)
{
    const slope__builder *b = w->b;
    int ok = 1;
    for (size_t k = 0; ok && k < b->results; k++) {
        if (!w->entered[b->origin[b->result[k]]])
            ok = walk_from(w, b->result[k]);
    }
    for (size_t k = 0; ok && k < b->guards; k++)
        ok = walk_from(w, b->guard[k].condition);
    return ok;
}

/* ------------------------------------------------------------------------------------------------------- numbering */

/* Gives every cell of instruction k its new number. */
static void number_cells(const slope__builder *b, size_t k, slope__cell map[], size_t *next)
{
    const slope__cell first = b->instruction[k].result;
    const size_t results = slope__built_results(b, k);
    for (size_t r = 0; r < results; r++)
        map[first + r] = (slope__cell)(*next)++;
}

static int is_table(const slope__instruction *i) { return i->count != 1; }

/* Inputs, then single constants, then tables, then everything else in order; counts what there is. */
static void number_all(const walk *w, slope_function *f, slope__cell map[])
{
    const slope__builder *b = w->b;
    size_t next = 0;
    for (size_t k = 0; k < b->inputs + b->data; k++)
        number_cells(b, k, map, &next);
    f->input_cells = next;
    for (int table = 0; table < 2; table++) {
        for (size_t k = 0; k < w->ordered; k++) {
            const slope__instruction *i = &b->instruction[w->order[k]];
            if (i->code == slope__code_const && is_table(i) == table)
                number_cells(b, w->order[k], map, &next);
        }
        if (table == 0)
            f->scalars = next - f->input_cells;
    }
    f->numbers = next - f->input_cells;
    for (size_t k = 0; k < w->ordered; k++) {
        const slope__instruction *i = &b->instruction[w->order[k]];
        if (i->code == slope__code_var || i->code == slope__code_const)
            continue;
        number_cells(b, w->order[k], map, &next);
        f->instructions++;
        f->loops += i->code == slope__code_loop;
        f->operands += i->code == slope__code_loop ? 0 : i->count;
    }
    f->cells = next;
}

/* -------------------------------------------------------------------------------------------------------- copying */

static int take_loop(slope_function *f, size_t at, slope__loop *from, const slope__cell map[])
{
    slope__loop *to = &f->loop[at];
    *to = *from;
    *from = (slope__loop){0}; /* the builder owns it no more */
    for (size_t g = 0; g < to->body->inputs + to->body->data; g++) {
        slope__view view, *old = &to->source[g].view;
        const size_t n = to->source[g].carried == SLOPE__NONE ? to->n : 1;
        if (slope__view_map(old, n, to->body->input[g].length, map, &view) != SLOPE_OK)
            return 0;
        free(old->index);
        *old = view;
    }
    for (size_t g = 0; g < to->body->outputs; g++) { /* lists that are strides after all */
        slope__view view, *old = &to->target[g].view;
        if (!old->index)
            continue;
        if (slope__view_map(old, to->n, to->body->output[g].length, NULL, &view) != SLOPE_OK)
            return 0;
        free(old->index);
        *old = view;
    }
    if (f->depth < to->body->depth + 1)
        f->depth = to->body->depth + 1;
    return 1;
}

static int copy_instructions(const walk *w, slope_function *f, const slope__cell map[])
{
    slope__builder *b = w->b;
    size_t at = 0, operand = 0, loop = 0;
    for (size_t k = 0; k < w->ordered; k++) {
        const slope__instruction *i = &b->instruction[w->order[k]];
        if (i->code == slope__code_const) {
            memcpy(f->number + (map[i->result] - f->input_cells), b->number + i->operand, i->count * sizeof(double));
        } else if (i->code == slope__code_loop) {
            f->instruction[at++] = (slope__instruction){i->code, (uint32_t)loop, 0, map[i->result]};
            if (!take_loop(f, loop++, &b->loop[i->operand], map))
                return 0;
        } else if (i->code != slope__code_var) {
            f->instruction[at++] = (slope__instruction){i->code, (uint32_t)operand, i->count, map[i->result]};
            for (size_t o = 0; o < i->count; o++)
                f->operand[operand++] = map[b->operand[i->operand + o]];
        }
    }
    return 1;
}

/* A loop without results has cells of no kind: its result is where the next one's are. */
static int copy_groups(slope__builder *b, slope_function *f, const slope__cell map[])
{
    f->inputs = b->inputs;
    f->data = b->data;
    f->outputs = b->outputs;
    f->results = b->results;
    f->guards = b->guards;
    for (size_t k = 0; k < b->results; k++)
        f->result[k] = map[b->result[k]];
    for (size_t k = 0; k < b->guards; k++) {
        f->guard[k] = b->guard[k];
        f->guard[k].condition = map[f->guard[k].condition];
    }
    if (b->inputs + b->data > 0) /* else there is nothing to point at */
        memcpy(f->input, b->input, (b->inputs + b->data) * sizeof *f->input);
    if (b->outputs > 0)
        memcpy(f->output, b->output, b->outputs * sizeof *f->output);
    b->inputs = b->data = b->outputs = b->guards = 0; /* the names are the function's now */
    return 1;
}

static int allocate(const slope__builder *b, slope_function *f)
{
    f->input = slope__new(b->inputs + b->data, sizeof *f->input);
    f->output = slope__new(b->outputs, sizeof *f->output);
    f->number = slope__new(f->numbers, sizeof *f->number);
    f->instruction = slope__new(f->instructions, sizeof *f->instruction);
    f->operand = slope__new(f->operands, sizeof *f->operand);
    f->loop = slope__new(f->loops, sizeof *f->loop);
    f->guard = slope__new(b->guards, sizeof *f->guard);
    f->result = slope__new(b->results, sizeof *f->result);
    return f->input && f->output && f->number && f->instruction && f->operand && f->loop && f->guard && f->result;
}

int slope__is_identifier(const char *name)
{
    if (!isalpha((unsigned char)*name) && *name != '_')
        return 0;
    for (; *name; name++) {
        if (!isalnum((unsigned char)*name) && *name != '_')
            return 0;
    }
    return 1;
}

static void check_names(slope__builder *b, const slope__group *group, size_t n, const char *what)
{
    size_t slots = 2;
    while (slots < 2 * n)
        slots *= 2;
    const char **table = slope__new(slots, sizeof *table);
    if (!table)
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for the names");
    for (size_t g = 0; table && g < n; g++) {
        if (!slope__is_identifier(group[g].name))
            slope__builder_fail(b, SLOPE_ERR_ARGUMENT, "the %s \"%.60s\" needs a name made of letters, digits and _",
                                what, group[g].name);
        const char **slot = slope__text_slot(table, slots, group[g].name);
        if (*slot)
            slope__builder_fail(b, SLOPE_ERR_ARGUMENT, "two %ss are named %.60s", what, group[g].name);
        *slot = group[g].name;
    }
    free((void *)table);
}

static slope_function *build(walk *w, slope__cell map[])
{
    slope__builder *b = w->b;
    slope_function *f = slope__new(1, sizeof *f);
    if (!f)
        return NULL;
    atomic_init(&f->owners, 1);
    atomic_init(&f->attachments, NULL);
    number_all(w, f, map);
    f->before = b->before;
    if (!allocate(b, f) || !copy_instructions(w, f, map) || !copy_groups(b, f, map)) {
        slope_function_destroy(f);
        return NULL;
    }
    return f;
}

slope_function *slope__builder_finish(slope__builder *b, slope_error *error)
{
    slope_function *f = NULL;
    if (!b) {
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "There is not enough memory for the function.");
        return NULL;
    }
    check_names(b, b->input, b->inputs + b->data, "input");
    check_names(b, b->output, b->outputs, "output");
    walk w = {.b = b};
    slope__cell *map = NULL;
    if (b->error.status == SLOPE_OK) {
        w.order = slope__new(b->instructions, sizeof *w.order);
        w.entered = slope__new(b->instructions, sizeof *w.entered);
        map = slope__new(b->cells, sizeof *map);
        if (w.order && w.entered && map && walk_all(&w))
            f = build(&w, map);
        if (!f)
            slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for the function");
    }
    if (b->error.status != SLOPE_OK)
        (void)slope__fail(error, b->error.status, b->error.position, "%s", b->error.message);
    slope__block_free(&b->allocator, &w.block);
    free(w.order);
    free(w.entered);
    free(map);
    const unsigned passes = b->passes;
    slope__builder_destroy(b);
    if (f && f->loops > 0 && passes & SLOPE_PASS_LOOP)
        f = slope__pass_constant(f, passes, error);
    if (f && f->loops > 0 && passes & SLOPE_PASS_LOOP)
        f = slope__pass_loop(f, passes, error);
    if (f && f->loops > 1 && passes & SLOPE_PASS_LOOP)
        f = slope__pass_merge(f, passes, error);
    return f;
}
