/* SPDX-License-Identifier: MIT */
/*
 * Numbers that a body gets from outside, the same for every item, become its own: what they meet is then folded, most
 * often the 1 that an adjoint begins with.
 *
 * Such a body is made once for each set of numbers and kept with the body, up to VARIANTS of them.  Only short groups
 * count: a table of weights stays what it is.
 */
#include <stdlib.h>
#include <string.h>

#include "function/ir.h"

enum { LONGEST = 4, VARIANTS = 8, MOST = 16 };

/* A body with numbers for some of its input groups: `number` has theirs, one after another. */
typedef struct variant {
    slope_function *body;
    unsigned char *is_constant; /* per input group */
    double *number;
    size_t numbers;
    unsigned passes;
} variant;

static void destroy_variant(void *object)
{
    variant *v = object;
    slope_function_destroy(v->body);
    free(v->is_constant);
    free(v->number);
    free(v);
}

/* The number in a cell of f; 0 if it is none. */
static int constant_of(const slope_function *f, slope__cell c, double *x)
{
    if (c < f->input_cells || c - f->input_cells >= f->numbers)
        return 0;
    *x = f->number[c - f->input_cells];
    return 1;
}

/* Is a group the same few numbers for all items?  Appends them. */
static int add_constants(const slope_function *f, const slope__loop *loop, size_t g, double number[], size_t *count)
{
    const slope__source *s = &loop->source[g];
    const size_t length = loop->body->input[g].length;
    if (loop->body->opaque || s->carried != SLOPE__NONE || length == 0 || length > LONGEST || *count + length > MOST ||
        s->view.index || (s->view.item != 0 && loop->n > 1))
        return 0;
    for (size_t j = 0; j < length; j++) {
        if (!constant_of(f, slope__view_at(&s->view, length, 0, j), &number[*count + j]))
            return 0;
    }
    *count += length;
    return 1;
}

/* Which groups are numbers, and those; how many numbers there are. */
static size_t find_constants(const slope_function *f, const slope__loop *loop, unsigned char is_constant[],
                             double number[])
{
    size_t count = 0;
    for (size_t g = 0; loop->n > 0 && g < loop->body->inputs; g++)
        is_constant[g] = (unsigned char)add_constants(f, loop, g, number, &count);
    return count;
}

/* ---------------------------------------------------------------------------------------------- a body with numbers */

static slope_function *build_body(const slope_function *body, const unsigned char is_constant[], const double number[],
                                  unsigned passes)
{
    slope__builder *b = slope__builder_create(passes);
    slope__cell *map = slope__new(body->cells, sizeof *map);
    if (!b || !map) {
        slope__builder_destroy(b);
        free(map);
        return NULL;
    }
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        const slope__group *in = &body->input[g];
        slope__cell first = 0;
        if (g >= body->inputs)
            first = slope__build_data(b, in->name, in->length, in->bound);
        else if (!is_constant[g])
            first = slope__build_input(b, in->name, in->length);
        for (size_t j = 0; j < in->length; j++)
            map[in->first + j] = first + (slope__cell)j;
    }
    for (size_t g = 0, at = 0; g < body->inputs; g++) {
        for (size_t j = 0; is_constant[g] && j < body->input[g].length; j++)
            map[body->input[g].first + j] = slope__build_number(b, number[at++]);
    }
    slope__build_text(b, body, map);
    slope__build_copy_outputs(b, body, map);
    free(map);
    slope_function *made = slope__builder_finish(b, NULL);
    if (made)
        made->before = body->before;
    return made;
}

static const char variant_key;

/* An equal one that is kept already; NULL.  *room: the first place that is free. */
static const variant *find_variant(const slope_function *body, const variant *like, uint64_t *room)
{
    for (*room = 0; *room < VARIANTS; ++*room) {
        const variant *v = slope__attached(body, &variant_key, *room);
        if (!v)
            return NULL;
        if (v->passes == like->passes && v->numbers == like->numbers &&
            memcmp(v->is_constant, like->is_constant, body->inputs) == 0 &&
            memcmp(v->number, like->number, like->numbers * sizeof *like->number) == 0)
            return v;
    }
    return NULL;
}

/* The body with these numbers; NULL where there is no room for one more. */
static slope_status body_with(const slope_function *body, unsigned char is_constant[], double number[], size_t numbers,
                              unsigned passes, const slope_function **made)
{
    uint64_t room;
    const variant like = {NULL, is_constant, number, numbers, passes};
    const variant *known = find_variant(body, &like, &room);
    *made = known ? known->body : NULL;
    if (known || room == VARIANTS)
        return SLOPE_OK;
    variant *v = slope__new(1, sizeof *v);
    if (!v)
        return SLOPE_ERR_MEMORY;
    *v = (variant){build_body(body, is_constant, number, passes), slope__new(body->inputs, 1),
                   slope__new(numbers, sizeof *number), numbers, passes};
    if (!v->body || !v->is_constant || !v->number) {
        destroy_variant(v);
        return SLOPE_ERR_MEMORY;
    }
    memcpy(v->is_constant, is_constant, body->inputs);
    memcpy(v->number, number, numbers * sizeof *number);
    if (!slope__attach(body, &variant_key, room, v, destroy_variant)) /* another thread may have been first */
        return SLOPE_ERR_MEMORY;
    known = find_variant(body, &like, &room);
    *made = known ? known->body : NULL;
    return SLOPE_OK;
}

/* ----------------------------------------------------------------------------------------------- the function again */

/* Loop k with the body that has numbers of its own; 0 where there is none. */
static int build_with_constants(slope__builder *b, const slope_function *f, const slope__loop *loop, slope__cell result,
                                slope__cell map[])
{
    double number[MOST];
    unsigned char *is_constant = slope__new(loop->body->inputs, 1);
    const size_t groups = loop->body->inputs + loop->body->data;
    slope__loop to = *loop;
    to.source = slope__new(groups, sizeof *to.source);
    const size_t count = is_constant && to.source ? find_constants(f, loop, is_constant, number) : 0;
    const slope_function *body = NULL;
    slope_status status = is_constant && to.source ? SLOPE_OK : SLOPE_ERR_MEMORY;
    if (count > 0)
        status = body_with(loop->body, is_constant, number, count, slope__builder_passes(b) | SLOPE_PASS_LOOP, &body);
    size_t at = 0;
    for (size_t g = 0; body && status == SLOPE_OK && g < groups; g++) {
        const slope__source *s = &loop->source[g];
        if (g < loop->body->inputs && is_constant[g])
            continue;
        to.source[at].carried = s->carried;
        status = slope__view_map(&s->view, s->carried == SLOPE__NONE ? loop->n : 1, loop->body->input[g].length, map,
                                 &to.source[at++].view);
    }
    if (status != SLOPE_OK)
        slope__builder_fail(b, status, "there is not enough memory for a loop");
    if (body && status == SLOPE_OK) {
        to.body = body;
        const slope__cell first = slope__build_placed_loop(b, &to);
        for (uint32_t r = 0; first != SLOPE__NONE && r < loop->results; r++)
            map[result + r] = first + r;
    }
    for (size_t g = 0; to.source && g < at; g++)
        free(to.source[g].view.index);
    free(to.source);
    free(is_constant);
    return body != NULL;
}

static slope_function *rebuild_constant(const slope_function *f, unsigned passes, slope_error *error)
{
    slope__builder *b = slope__builder_create(passes & ~(unsigned)SLOPE_PASS_LOOP);
    slope__cell *map = slope__new(f->cells, sizeof *map);
    slope_function *made = NULL;
    if (b && map) {
        slope__build_copy_inputs(b, f);
        (void)slope__build_copy_data(b, f);
        for (size_t c = 0; c < f->input_cells; c++)
            map[c] = (slope__cell)c;
        slope__build_numbers(b, f, map);
        for (size_t k = 0; k < f->instructions && slope__builder_status(b) == SLOPE_OK; k++) {
            const slope__instruction *i = &f->instruction[k];
            if (i->code != slope__code_loop || !build_with_constants(b, f, &f->loop[i->operand], i->result, map))
                slope__build_step(b, f, k, map);
        }
        slope__build_guards(b, f, map);
        slope__build_copy_outputs(b, f, map);
        made = slope__builder_finish(b, error);
    } else {
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for a loop");
        slope__builder_destroy(b);
    }
    if (made)
        made->before = f->before;
    free(map);
    return made;
}

slope_function *slope__pass_constant(slope_function *f, unsigned passes, slope_error *error)
{
    int found = 0;
    for (size_t k = 0; !found && k < f->loops; k++) {
        const slope__loop *loop = &f->loop[k];
        for (size_t g = 0; !found && g < loop->body->inputs && loop->n > 0; g++) {
            double number[MOST];
            size_t count = 0;
            found = add_constants(f, loop, g, number, &count);
        }
    }
    if (!found || !(passes & SLOPE_PASS_FOLD))
        return f;
    slope_function *made = rebuild_constant(f, passes, error);
    slope_function_destroy(f);
    return made;
}
