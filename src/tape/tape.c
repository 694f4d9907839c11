/* SPDX-License-Identifier: MIT */
/* The tape's life: creation, growth, marks and rewinding, the sticky error. */
#include "tape/tape.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

slope_tape_options slope_tape_options_default(void)
{
    return (slope_tape_options){
        .struct_size = sizeof(slope_tape_options),
        .allocator = slope_allocator_default(),
        .max_nodes = SLOPE_MAX_NODES,
    };
}

/* Nanoseconds, so that where a tape takes the place of one that was destroyed, which made fewer epochs than nanoseconds
   passed, values of the old one are told to be stale for the next seconds.  A bare machine may have no clock. */
static uint32_t first_epoch(void)
{
#if !defined SLOPE_BARE
    struct timespec now;
    if (timespec_get(&now, TIME_UTC))
        return (uint32_t)now.tv_sec * 1000000000u + (uint32_t)now.tv_nsec;
#endif
    return 1;
}

slope_tape *slope_tape_create(const slope_tape_options *options)
{
    const slope_tape_options defaults = slope_tape_options_default();
    if (!options)
        options = &defaults;
    if (options->struct_size != sizeof(slope_tape_options) || !options->allocator.resize)
        return NULL;
    const slope_allocator allocator = options->allocator;
    slope_tape *t = allocator.resize(allocator.context, NULL, 0, sizeof *t);
    if (!t)
        return NULL;
    memset(t, 0, sizeof *t);
    t->allocator = allocator;
    t->max_nodes = options->max_nodes < SLOPE_MAX_NODES ? options->max_nodes : SLOPE_MAX_NODES;
    t->trap = options->trap_nonfinite;
    t->hot.epoch = first_epoch();
    slope_status status = slope__block_reserve(&allocator, &t->block.segments, 8, sizeof *t->segments);
    if (status == SLOPE_OK) {
        t->segments = t->block.segments.data;
        t->segments[0] = (slope__segment){0, t->hot.epoch};
        t->segments_count = 1;
        if (options->capacity)
            status = slope_tape_reserve(t, options->capacity);
    }
    if (status) {
        slope_tape_destroy(t);
        return NULL;
    }
    return t;
}

void slope_tape_destroy(slope_tape *t)
{
    if (!slope__is_tape(t))
        return;
    const slope_allocator allocator = t->allocator;
    slope__rewind_structures(t, 0, 0);
    slope__block *blocks[] = {&t->block.code,       &t->block.operand,    &t->block.value,   &t->block.grad,
                              &t->block.number,     &t->block.operands,   &t->block.customs, &t->block.segments,
                              &t->block.notes,      &t->block.note_slots, &t->block.text,    &t->block.scratch,
                              &t->block.structures, &t->block.guards};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        slope__block_free(&allocator, blocks[i]);
    (void)allocator.resize(allocator.context, t, sizeof *t, 0);
}

size_t slope_tape_bytes(const slope_tape *t)
{
    if (!slope__is_tape(t))
        return 0;
    return sizeof *t + t->block.code.bytes + t->block.operand.bytes + t->block.value.bytes + t->block.grad.bytes +
           t->block.number.bytes + t->block.operands.bytes + t->block.customs.bytes + t->block.segments.bytes +
           t->block.notes.bytes + t->block.note_slots.bytes + t->block.text.bytes + t->block.scratch.bytes +
           t->block.structures.bytes + t->block.guards.bytes;
}

size_t slope_tape_size(const slope_tape *t) { return slope__is_tape(t) ? t->hot.count : 0; }

/* ---------------------------------------------------------------------------------------------------------- growth */

/* Nodes that fit in every column. */
static size_t node_capacity(const slope_tape *t)
{
    size_t capacity = t->block.code.bytes / sizeof *t->hot.code;
    if (capacity > t->block.operand.bytes / sizeof *t->hot.operand)
        capacity = t->block.operand.bytes / sizeof *t->hot.operand;
    if (capacity > t->block.value.bytes / sizeof *t->hot.value)
        capacity = t->block.value.bytes / sizeof *t->hot.value;
    return capacity < t->max_nodes ? capacity : t->max_nodes;
}

void slope__set_limit(slope_tape *t) { t->hot.limit = t->error.status || t->trap ? 0 : node_capacity(t); }

slope_status slope__reserve_nodes(slope_tape *t, size_t nodes)
{
    if (nodes > t->max_nodes)
        return SLOPE_ERR_LIMIT;
    const size_t least = nodes < 64 && t->max_nodes >= 64 ? 64 : nodes;
    slope_status status = slope__block_reserve(&t->allocator, &t->block.code, least, sizeof *t->hot.code);
    if (status == SLOPE_OK)
        status = slope__block_reserve(&t->allocator, &t->block.operand, least, sizeof *t->hot.operand);
    if (status == SLOPE_OK)
        status = slope__block_reserve(&t->allocator, &t->block.value, least, sizeof *t->hot.value);
    t->hot.code = t->block.code.data;
    t->hot.operand = t->block.operand.data;
    t->hot.value = t->block.value.data;
    slope__set_limit(t);
    return status;
}

slope_status slope__reserve_number(slope_tape *t)
{
    if (t->hot.number_count >= UINT32_MAX)
        return SLOPE_ERR_LIMIT;
    const size_t least = t->hot.number_count < 31 ? 32 : t->hot.number_count + 1;
    slope_status status = slope__block_reserve(&t->allocator, &t->block.number, least, sizeof *t->hot.number);
    t->hot.number = t->block.number.data;
    t->hot.number_limit = t->block.number.bytes / sizeof *t->hot.number;
    if (t->hot.number_limit > UINT32_MAX)
        t->hot.number_limit = UINT32_MAX;
    return status;
}

slope_status slope__reserve_operands(slope_tape *t, size_t n)
{
    if (n >= UINT32_MAX || t->operands_count + n >= UINT32_MAX)
        return SLOPE_ERR_LIMIT;
    slope_status status =
        slope__block_reserve(&t->allocator, &t->block.operands, t->operands_count + n, sizeof *t->operands);
    t->operands = t->block.operands.data;
    if (status == SLOPE_OK)
        status = slope__block_reserve(&t->allocator, &t->block.scratch, 2 * n, sizeof *t->scratch);
    t->scratch = t->block.scratch.data;
    return status;
}

slope_status slope__reserve_grad(slope_tape *t)
{
    const size_t nodes = t->hot.count ? t->hot.count : 1;
    const size_t capacity = node_capacity(t) > nodes ? node_capacity(t) : nodes;
    if (t->block.grad.bytes / sizeof *t->grad >= nodes)
        return SLOPE_OK;
    slope_status status = slope__block_reserve(&t->allocator, &t->block.grad, capacity, sizeof *t->grad);
    if (status)
        status = slope__block_reserve(&t->allocator, &t->block.grad, nodes, sizeof *t->grad);
    t->grad = t->block.grad.data;
    return status;
}

slope_status slope_tape_reserve(slope_tape *t, size_t nodes)
{
    if (!slope__is_tape(t))
        return SLOPE_ERR_ARGUMENT;
    slope_status status = slope__reserve_nodes(t, nodes);
    if (status == SLOPE_OK)
        status = slope__block_reserve(&t->allocator, &t->block.grad, nodes, sizeof *t->grad);
    t->grad = t->block.grad.data;
    return status;
}

/* ------------------------------------------------------------------------------------------------ marks and epochs */

/* The segment that holds node id: the last one that starts at or before it. */
static const slope__segment *segment_of(const slope_tape *t, uint32_t id)
{
    size_t low = 0, high = t->segments_count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (t->segments[middle].start <= id)
            low = middle;
        else
            high = middle;
    }
    return &t->segments[low];
}

uint32_t slope__epoch_of(const slope_tape *t, uint32_t id) { return segment_of(t, id)->epoch; }

int slope__is_alive(const slope_tape *t, slope_node_ref node)
{
    return node.id < t->hot.count && (slope_hot_knows(&t->hot, node) || slope__epoch_of(t, node.id) == node.epoch);
}

slope_value slope__handle(slope_tape *t, uint32_t id)
{
    return (slope_value){.tape = t, .node = {id, slope__epoch_of(t, id)}};
}

slope_mark slope_tape_mark(const slope_tape *t)
{
    if (!slope__is_tape(t))
        return (slope_mark){0};
    return (slope_mark){
        .tape = t,
        .nodes = t->hot.count,
        .numbers = t->hot.number_count,
        .operands = t->operands_count,
        .notes = t->notes_count,
        .text = t->text_count,
        .customs = t->customs_count,
        .structures = t->structures_count,
        .guards = t->guards_count,
        .epoch = t->hot.count ? slope__epoch_of(t, (uint32_t)(t->hot.count - 1)) : 0,
        .note_epoch = t->notes_count ? t->notes[t->notes_count - 1].epoch : 0,
    };
}

slope_status slope__reserve_rewind(slope_tape *t)
{
    slope_status status =
        slope__block_reserve(&t->allocator, &t->block.segments, t->segments_count + 1, sizeof *t->segments);
    t->segments = t->block.segments.data;
    return status;
}

/* Starts a new epoch at node `start`, which is also the number of nodes kept. */
static slope_status start_epoch(slope_tape *t, uint32_t start)
{
    size_t kept = t->segments_count;
    while (kept > 0 && t->segments[kept - 1].start >= start)
        kept--;
    slope_status status = slope__block_reserve(&t->allocator, &t->block.segments, kept + 1, sizeof *t->segments);
    if (status)
        return status;
    t->segments = t->block.segments.data;
    t->hot.epoch++; /* after 2^32 rewinds numbers come again: handles that old are then no longer told to be stale */
    t->segments[kept] = (slope__segment){start, t->hot.epoch};
    t->segments_count = kept + 1;
    t->hot.base_epoch = kept ? t->segments[kept - 1].epoch : 0;
    t->hot.base_end = kept ? start : 0;
    return SLOPE_OK;
}

/* Is everything before the mark still what it was?  Rewinds start epochs, so it is if the last node and note are. */
static int is_mark_of(const slope_tape *t, const slope_mark *mark)
{
    if (mark->tape != t || mark->nodes > t->hot.count || mark->numbers > t->hot.number_count ||
        mark->operands > t->operands_count || mark->notes > t->notes_count || mark->text > t->text_count ||
        mark->customs > t->customs_count || mark->structures > t->structures_count || mark->guards > t->guards_count)
        return 0;
    return (!mark->nodes || slope__epoch_of(t, (uint32_t)(mark->nodes - 1)) == mark->epoch) &&
           (!mark->notes || t->notes[mark->notes - 1].epoch == mark->note_epoch);
}

slope_status slope_tape_rewind(slope_tape *t, slope_mark mark)
{
    if (!mark.tape && !mark.nodes)
        mark = (slope_mark){.tape = t};
    if (!slope__is_tape(t) || !is_mark_of(t, &mark))
        return SLOPE_ERR_ARGUMENT;
    slope_status status = start_epoch(t, (uint32_t)mark.nodes);
    if (status)
        return status;
    slope__rewind_notes(t, mark.notes, mark.text);
    slope__rewind_structures(t, mark.structures, mark.guards);
    t->hot.count = mark.nodes;
    t->hot.number_count = mark.numbers;
    t->operands_count = mark.operands;
    t->customs_count = mark.customs;
    t->grad_count = 0;
    t->error = (slope_error){0};
    slope__set_limit(t);
    return SLOPE_OK;
}

void slope_tape_reset(slope_tape *t)
{
    /* can't fail: the start of the tape is always a mark, and there is room for its one segment since creation */
    if (slope__is_tape(t) && slope_tape_rewind(t, (slope_mark){0}) != SLOPE_OK)
        slope__stick(t, SLOPE_ERR_SYSTEM, SIZE_MAX, "the tape could not be reset");
}

/* ----------------------------------------------------------------------------------------------------------- errors */

void slope__stick(slope_tape *t, slope_status status, size_t position, const char *format, ...)
{
    if (t->error.status)
        return;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(t->error.message, sizeof t->error.message, format, arguments);
    va_end(arguments);
    t->error.status = status;
    t->error.position = position;
    slope__set_limit(t);
}

const slope_error *slope_tape_error(const slope_tape *t)
{
    static const slope_error no_tape = {SLOPE_ERR_ARGUMENT, SIZE_MAX,
                                        "there is no tape: it is NULL or that of a number"};
    return slope__is_tape(t) ? &t->error : &no_tape;
}

slope_status slope_tape_status(const slope_tape *t) { return slope_tape_error(t)->status; }
