/* SPDX-License-Identifier: MIT */
/* The walk from the outputs and the view with one box for one value: see view.h. */
#include "graph/view.h"

#include <math.h>
#include <string.h>

#include "tape/tape.h"

/* ----------------------------------------------------------------------------------------------------------- memory */

void *slope__arena_array(slope__arena *arena, size_t count, size_t size)
{
    if (arena->used == SLOPE__ARENA_BLOCKS)
        return NULL;
    slope__block *block = &arena->block[arena->used];
    if (slope__block_reserve(&arena->allocator, block, count ? count : 1, size))
        return NULL;
    arena->used++;
    memset(block->data, 0, (count ? count : 1) * size);
    return block->data;
}

void slope__arena_free(slope__arena *arena)
{
    while (arena->used)
        slope__block_free(&arena->allocator, &arena->block[--arena->used]);
}

int slope__bytes_sink(const char *data, size_t size, void *context)
{
    slope__bytes *bytes = context;
    if (slope__block_reserve(&bytes->allocator, &bytes->block, bytes->size + size, 1)) {
        bytes->short_of_memory = 1;
        return 1;
    }
    memcpy((char *)bytes->block.data + bytes->size, data, size);
    bytes->size += size;
    return 0;
}

/* ------------------------------------------------------------------------------------------------------------- walk */

/* A node whose operands are being numbered. */
typedef struct frame {
    slope_value value;
    size_t first; /* where its operands' numbers go */
    uint32_t operands, next;
} frame;

typedef struct walker {
    slope__walk *walk;
    slope__arena *arena;
    slope__block *items, *operands, *frames;
    uint32_t *seen; /* by id: number + 1 */
    size_t depth;
} walker;

static slope_status open_frame(walker *w, slope_value value)
{
    const size_t n = slope__operand_count(value.tape, value.node.id);
    slope_status status =
        slope__block_reserve(&w->arena->allocator, w->operands, w->walk->operands + n, sizeof *w->walk->operand);
    if (status == SLOPE_OK)
        status = slope__block_reserve(&w->arena->allocator, w->frames, w->depth + 1, sizeof(frame));
    if (status)
        return status;
    frame *frames = w->frames->data;
    frames[w->depth++] = (frame){.value = value, .first = w->walk->operands, .operands = (uint32_t)n};
    w->walk->operands += n;
    return SLOPE_OK;
}

/* Gives a value whose operands all have numbers the next one. */
static slope_status number_item(walker *w, const frame *f, uint32_t *number)
{
    slope__walk *walk = w->walk;
    if (walk->items >= UINT32_MAX - 1)
        return SLOPE_ERR_LIMIT;
    slope_status status = slope__block_reserve(&w->arena->allocator, w->items, walk->items + 1, sizeof(slope__item));
    if (status)
        return status;
    slope__item item = {.value = f->value, .first = f->first, .operands = f->operands, .kind = SLOPE__NUMBER};
    item.data = slope__data(f->value);
    item.grad = slope__grad(f->value);
    item.op = SLOPE_OP_CONST;
    if (slope__is_node(f->value)) {
        slope_node node;
        status = slope_inspect(f->value, &node);
        if (status)
            return status;
        item.op = (uint16_t)node.op;
        item.kind = item.op == SLOPE_OP_VAR ? SLOPE__INPUT : item.op == SLOPE_OP_CONST ? SLOPE__NUMBER : SLOPE__RESULT;
        w->seen[f->value.node.id] = (uint32_t)walk->items + 1;
    }
    *number = (uint32_t)walk->items;
    ((slope__item *)w->items->data)[walk->items++] = item;
    if (f->operands > walk->widest)
        walk->widest = f->operands;
    return SLOPE_OK;
}

/* The number of `value`, walking to it first if it has none. */
static slope_status visit(walker *w, slope_value value, uint32_t *number)
{
    if (slope__is_node(value) && w->seen[value.node.id]) {
        *number = w->seen[value.node.id] - 1;
        return SLOPE_OK;
    }
    if (!slope__is_node(value))
        return number_item(w, &(frame){.value = value, .first = w->walk->operands}, number);
    slope_status status = open_frame(w, value);
    while (status == SLOPE_OK && w->depth) {
        frame *f = &((frame *)w->frames->data)[w->depth - 1];
        if (f->next == f->operands) {
            status = number_item(w, f, number);
            w->depth--;
            continue;
        }
        const slope_value x = slope_operand(f->value, f->next);
        uint32_t *place = (uint32_t *)w->operands->data + f->first + f->next;
        if (slope__is_node(x) && !w->seen[x.node.id]) {
            status = open_frame(w, x); /* and look at this operand again when it is done */
            continue;
        }
        f->next++;
        if (slope__is_node(x))
            *place = w->seen[x.node.id] - 1;
        else
            status = number_item(w, &(frame){.value = x, .first = w->walk->operands}, place);
    }
    return status;
}

slope_status slope__walk_make(slope__walk *walk, size_t n, const slope_value y[], const slope_graph_options *options,
                              slope__arena *arena)
{
    *walk = (slope__walk){.options = options, .outputs = n};
    size_t ids = 0;
    for (size_t i = 0; i < n; i++)
        if (slope__is_node(y[i]) && y[i].node.id >= ids)
            ids = (size_t)y[i].node.id + 1;
    walker w = {.walk = walk, .arena = arena, .seen = slope__arena_array(arena, ids, sizeof *w.seen)};
    walk->output = slope__arena_array(arena, n, sizeof *walk->output);
    if (!w.seen || !walk->output)
        return SLOPE_ERR_MEMORY;
    w.items = &arena->block[arena->used++];
    w.operands = &arena->block[arena->used++];
    w.frames = &arena->block[arena->used++];
    slope_status status = SLOPE_OK;
    for (size_t i = 0; i < n && status == SLOPE_OK; i++)
        status = visit(&w, y[i], &walk->output[i]);
    if (status)
        return status;
    slope__block_free(&arena->allocator, w.frames);
    walk->item = w.items->data;
    walk->operand = w.operands->data;
    for (size_t i = 0; i < n; i++)
        walk->item[walk->output[i]].output = 1;
    walk->x = slope__arena_array(arena, walk->widest, sizeof *walk->x);
    walk->partial = slope__arena_array(arena, walk->widest, sizeof *walk->partial);
    walk->failed = slope__arena_array(arena, 1, sizeof *walk->failed);
    return walk->x && walk->partial && walk->failed ? SLOPE_OK : SLOPE_ERR_MEMORY;
}

/* All at once: one by one, an operation on n operands would take n * n steps. */
const double *slope__walk_partials(const slope__walk *walk, size_t item)
{
    const slope__item *v = &walk->item[item];
    for (size_t i = 0; i < v->operands; i++)
        walk->x[i] = walk->item[walk->operand[v->first + i]].data;
    const slope_status status =
        v->operands ? slope__evaluate(v->value.tape, v->value.node.id, walk->x, v->operands, NULL, walk->partial)
                    : SLOPE_OK;
    if (status != SLOPE_OK) {
        for (size_t i = 0; i < v->operands; i++)
            walk->partial[i] = NAN;
        *walk->failed = status == SLOPE_ERR_CALLBACK ? *walk->failed : status;
    }
    return walk->partial;
}

double slope__flow(double local, double upstream) { return local == 0 || upstream == 0 ? 0 : local * upstream; }

/* ------------------------------------------------------------------------------------------------------- plain view */

/* Sets chosen[i] for the values nearest to the outputs, at most max_nodes; returns how many. */
static slope_status choose_nearest(const slope__walk *walk, unsigned char *chosen, size_t most, size_t *count,
                                   slope__arena *arena)
{
    uint32_t *queue = slope__arena_array(arena, most, sizeof *queue);
    if (!queue)
        return SLOPE_ERR_MEMORY;
    size_t head = 0, tail = 0;
    for (size_t i = 0; i < walk->outputs && tail < most; i++)
        if (!chosen[walk->output[i]]) {
            chosen[walk->output[i]] = 1;
            queue[tail++] = walk->output[i];
        }
    for (; head < tail; head++) {
        const slope__item *v = &walk->item[queue[head]];
        for (size_t i = 0; i < v->operands && tail < most; i++) {
            const uint32_t x = walk->operand[v->first + i];
            if (!chosen[x]) {
                chosen[x] = 1;
                queue[tail++] = x;
            }
        }
    }
    *count = tail;
    return SLOPE_OK;
}

static slope__span span_of(double x)
{
    return isfinite(x) ? (slope__span){.low = x, .middle = x, .high = x, .odd = 0}
                       : (slope__span){.low = NAN, .middle = NAN, .high = NAN, .odd = x, .odds = 1};
}

slope__box slope__box_of(const slope__walk *walk, size_t number)
{
    const slope__item *v = &walk->item[number];
    slope__box box = {.value = v->value, .number = number, .count = 1, .kind = (slope__kind)v->kind};
    box.output = v->output;
    box.arity = (int)v->operands;
    box.data = span_of(v->data);
    box.grad = span_of(v->grad);
    box.symbol = "";
    box.name = "const";
    slope_node node;
    if (slope__is_node(v->value) && slope_inspect(v->value, &node) == SLOPE_OK) {
        box.label = node.label && *node.label ? node.label : NULL;
        box.symbol = node.symbol ? node.symbol : "";
        box.name = node.name ? node.name : "";
        box.file = node.file;
        box.line = node.line;
        const slope_op_info *info = slope_op_describe(node.op);
        if (info && info->arity < 0)
            box.arity = -1;
    }
    if (!isfinite(v->data) && v->operands) {
        box.born = 1;
        for (size_t i = 0; i < v->operands; i++)
            box.born &= isfinite(walk->item[walk->operand[v->first + i]].data) != 0;
    }
    return box;
}

/* The edges into box `to`, and what they bring back to the boxes they come from. */
static void add_edges(slope__picture *view, const slope__walk *walk, const uint32_t *box_number, uint32_t to)
{
    slope__box *box = &view->box[to];
    const slope__item *v = &walk->item[box->number];
    const double *partial = NULL;
    box->first = view->edges;
    for (size_t i = 0; i < v->operands; i++) {
        const uint32_t from = box_number[walk->operand[v->first + i]];
        if (!from) {
            box->hidden++;
            continue;
        }
        if (!partial)
            partial = slope__walk_partials(walk, box->number);
        slope__edge edge = {.from = from - 1, .to = to, .position = (uint32_t)i, .count = 1};
        edge.low = edge.high = partial[i];
        edge.flow = slope__flow(partial[i], v->grad);
        view->edge[view->edges++] = edge;
        slope__box *source = &view->box[from - 1];
        if (source->paths_drawn < SLOPE__PATHS)
            source->path[source->paths_drawn] = edge.flow;
        source->paths_drawn++;
        source->path_sum += edge.flow;
        source->path_size += fabs(edge.flow);
    }
    box->edges = view->edges - box->first;
}

slope_status slope__view_plain(slope__picture *view, const slope__walk *walk, slope__arena *arena)
{
    const size_t most = walk->options->max_nodes < walk->items ? walk->options->max_nodes : walk->items;
    *view = (slope__picture){.walk = walk, .values = walk->items};
    unsigned char *chosen = slope__arena_array(arena, walk->items, 1);
    uint32_t *box_number = slope__arena_array(arena, walk->items, sizeof *box_number); /* + 1 */
    if (!chosen || !box_number)
        return SLOPE_ERR_MEMORY;
    view->box_of = box_number;
    size_t count = walk->items;
    if (most == walk->items)
        memset(chosen, 1, walk->items);
    else if (choose_nearest(walk, chosen, most, &count, arena))
        return SLOPE_ERR_MEMORY;
    view->left_out = walk->items - count;
    view->box = slope__arena_array(arena, count, sizeof *view->box);
    if (!view->box)
        return SLOPE_ERR_MEMORY;
    size_t edges = 0;
    for (size_t i = 0; i < walk->items; i++)
        if (chosen[i]) {
            view->box[view->boxes++] = slope__box_of(walk, i);
            box_number[i] = (uint32_t)view->boxes;
            for (size_t k = 0; k < walk->item[i].operands; k++)
                edges += chosen[walk->operand[walk->item[i].first + k]];
        }
    view->edge = slope__arena_array(arena, edges, sizeof *view->edge);
    if (!view->edge)
        return SLOPE_ERR_MEMORY;
    for (size_t i = 0; i < walk->operands; i++)
        if (box_number[walk->operand[i]])
            view->box[box_number[walk->operand[i]] - 1].paths++;
    for (size_t i = 0; i < view->boxes; i++)
        add_edges(view, walk, box_number, (uint32_t)i);
    for (size_t i = 0; i < view->boxes; i++)
        if (!slope__is_node(view->box[i].value) && view->box[i].paths_drawn)
            view->box[i].grad = span_of(view->box[i].path_sum); /* a plain number: what flows back to it */
    return slope__view_scale(view, arena);
}

slope_status slope__view_make(slope__picture *view, const slope__walk *walk, slope__arena *arena)
{
    int fits = 0;
    if (walk->items > walk->options->max_nodes && walk->options->fold) {
        slope_status status = slope__view_fold(view, walk, arena, &fits);
        if (status || fits)
            return status;
    }
    return slope__view_plain(view, walk, arena);
}
