/* SPDX-License-Identifier: MIT */
/* A function's instructions into a builder, all at once or one by one: how a call is opened, how a function is rebuilt,
   and what derivatives start from. */
#include <stdlib.h>

#include "function/opaque.h"

/* A loop of f with its views through the map, perhaps with another body. */
static slope__cell build_mapped_loop(slope__builder *b, const slope__loop *loop, const slope_function *body,
                                     const slope__cell map[])
{
    slope__loop mapped = *loop;
    if (body)
        mapped.body = body;
    const size_t sources = loop->body->inputs + loop->body->data;
    mapped.source = slope__new(sources, sizeof *mapped.source);
    slope_status status = mapped.source ? SLOPE_OK : SLOPE_ERR_MEMORY;
    size_t done = 0;
    for (; status == SLOPE_OK && done < sources; done++) {
        const slope__source *s = &loop->source[done];
        mapped.source[done].carried = s->carried;
        status = slope__view_map(&s->view, s->carried == SLOPE__NONE ? loop->n : 1, loop->body->input[done].length, map,
                                 &mapped.source[done].view);
    }
    slope__cell c = SLOPE__NONE;
    if (status == SLOPE_OK)
        c = slope__build_placed_loop(b, &mapped);
    else
        slope__builder_fail(b, status, "there is not enough memory for a loop");
    for (size_t g = 0; mapped.source && g < done; g++)
        free(mapped.source[g].view.index);
    free(mapped.source);
    return c;
}

void slope__build_numbers(slope__builder *b, const slope_function *f, slope__cell map[])
{
    for (size_t k = 0; k < f->scalars; k++)
        map[f->input_cells + k] = slope__build_number(b, f->number[k]);
    if (f->numbers == f->scalars)
        return;
    const slope__cell first = slope__build_table(b, f->numbers - f->scalars, f->number + f->scalars);
    for (size_t k = f->scalars; k < f->numbers; k++)
        map[f->input_cells + k] = first == SLOPE__NONE ? SLOPE__NONE : first + (slope__cell)(k - f->scalars);
}

void slope__build_step(slope__builder *b, const slope_function *f, size_t k, slope__cell map[])
{
    slope__build_step_with(b, f, k, NULL, map);
}

void slope__build_step_with(slope__builder *b, const slope_function *f, size_t k, const slope_function *body,
                            slope__cell map[])
{
    const slope__instruction *i = &f->instruction[k];
    if (i->code == slope__code_loop) {
        const slope__cell first = build_mapped_loop(b, &f->loop[i->operand], body, map);
        for (size_t r = 0; first != SLOPE__NONE && r < f->loop[i->operand].results; r++)
            map[i->result + r] = first + (slope__cell)r;
        return;
    }
    slope__cell few[8] = {0}, *x = i->count > 8 ? slope__new(i->count, sizeof *x) : few;
    if (!x) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for the function");
        return;
    }
    for (size_t o = 0; o < i->count; o++)
        x[o] = map[f->operand[i->operand + o]];
    map[i->result] = slope__build(b, i->code, i->count, x);
    if (x != few)
        free(x);
}

void slope__build_guards(slope__builder *b, const slope_function *f, const slope__cell map[])
{
    for (size_t k = 0; k < f->guards && slope__builder_status(b) == SLOPE_OK; k++)
        slope__build_guard(b, map[f->guard[k].condition], f->guard[k].expected, f->guard[k].file, f->guard[k].line);
}

void slope__build_copy_outputs(slope__builder *b, const slope_function *f, const slope__cell map[])
{
    slope__cell *cell = slope__new(f->results, sizeof *cell);
    if (!cell) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for the function");
        return;
    }
    for (size_t k = 0; k < f->results; k++)
        cell[k] = map[f->result[k]];
    for (size_t g = 0; g < f->outputs; g++)
        slope__build_output(b, f->output[g].name, f->output[g].length, cell + f->output[g].first, 0);
    free(cell);
}

/* An opaque function called once: its twin, see there. */
static void build_call(slope__builder *b, const slope_function *f, slope__cell map[])
{
    slope__loop loop = {.body = f->results > 0 ? slope__opaque_twin(f) : NULL, .n = 1};
    if (f->results == 0)
        return;
    loop.source = slope__new(f->inputs, sizeof *loop.source);
    loop.target = slope__new(f->outputs, sizeof *loop.target);
    slope_status status = loop.source && loop.target && loop.body ? SLOPE_OK : SLOPE_ERR_MEMORY;
    for (size_t g = 0; status == SLOPE_OK && g < f->inputs; g++) {
        loop.source[g].carried = SLOPE__NONE;
        status = slope__view_list(1, f->input[g].length, map + f->input[g].first, &loop.source[g].view);
    }
    for (size_t g = 0; status == SLOPE_OK && g < f->outputs; g++)
        loop.target[g].kind = SLOPE__EACH;
    const slope__cell first = status == SLOPE_OK ? slope__build_loop(b, &loop) : SLOPE__NONE;
    if (status != SLOPE_OK)
        slope__builder_fail(b, status, "there is not enough memory for a call");
    for (size_t k = 0; k < f->results; k++)
        map[f->result[k]] = first == SLOPE__NONE ? SLOPE__NONE : first + (slope__cell)k;
    for (size_t g = 0; loop.source && g < f->inputs; g++)
        free(loop.source[g].view.index);
    free(loop.source);
    free(loop.target);
}

void slope__build_text(slope__builder *b, const slope_function *f, slope__cell map[])
{
    if (f->opaque) {
        build_call(b, f, map);
        return;
    }
    slope__build_numbers(b, f, map);
    for (size_t k = 0; k < f->instructions && slope__builder_status(b) == SLOPE_OK; k++)
        slope__build_step(b, f, k, map);
    slope__build_guards(b, f, map);
}
