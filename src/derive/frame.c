/* SPDX-License-Identifier: MIT */
/* Loops under construction: sources bound one by one through a map of cells, in the order of items or against it. */
#include <stdlib.h>

#include "derive/derive.h"

int slope__loop_frame_begin(slope__loop_frame *frame, slope__builder *b, const slope_function *body, size_t n)
{
    const size_t sources = body->inputs + body->data;
    *frame = (slope__loop_frame){.b = b, .loop = {.body = body, .n = n}};
    frame->loop.source = slope__new(sources, sizeof *frame->loop.source);
    frame->loop.target = slope__new(body->outputs, sizeof *frame->loop.target);
    if (!frame->loop.source || !frame->loop.target) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a loop");
        free(frame->loop.source);
        free(frame->loop.target);
        return 0;
    }
    for (size_t g = 0; g < sources; g++)
        frame->loop.source[g].carried = SLOPE__NONE;
    return 1;
}

void slope__view_reverse(slope__view *view, size_t n, size_t length)
{
    if (!view->index) {
        view->first += (int64_t)(n - 1) * view->item;
        view->item = -view->item;
        return;
    }
    for (size_t i = 0; i < n / 2; i++) {
        for (size_t j = 0; j < length; j++) {
            uint32_t *x = &view->index[i * length + j], *y = &view->index[(n - 1 - i) * length + j], t = *x;
            *x = *y;
            *y = t;
        }
    }
}

void slope__loop_frame_read(slope__loop_frame *frame, size_t g, const slope__view *view, const slope__cell map[],
                            int reversed)
{
    const size_t n = frame->loop.n, length = frame->loop.body->input[g].length;
    slope__view *to = &frame->loop.source[g].view;
    const slope_status status = slope__view_map(view, n, length, map, to);
    if (status)
        slope__builder_fail(frame->b, status, "there is not enough memory for a loop");
    else if (reversed && n > 0)
        slope__view_reverse(to, n, length);
}

void slope__loop_frame_carry(slope__loop_frame *frame, size_t g, uint32_t from, const slope__view *start,
                             const slope__cell map[])
{
    slope__source *s = &frame->loop.source[g];
    const slope_status status = slope__view_map(start, 1, frame->loop.body->input[g].length, map, &s->view);
    if (status)
        slope__builder_fail(frame->b, status, "there is not enough memory for a loop");
    s->carried = from;
}

slope__cell slope__loop_frame_build(slope__loop_frame *frame) { return slope__build_loop(frame->b, &frame->loop); }

void slope__loop_frame_end(slope__loop_frame *frame)
{
    const slope_function *body = frame->loop.body;
    for (size_t g = 0; g < body->inputs + body->data; g++)
        free(frame->loop.source[g].view.index);
    for (size_t g = 0; g < body->outputs; g++)
        free(frame->loop.target[g].view.index);
    free(frame->loop.source);
    free(frame->loop.target);
}
