/* SPDX-License-Identifier: MIT */
/*
 * Labels and places: the few things that only some nodes know, kept beside the columns.
 *
 * `notes` is a log; a hash table (open addressing, linear probing) finds the latest note of a node and kind.  A rewind
 * takes the log back note by note: because slots empty in the reverse order of filling, probing stays right without
 * tombstones.
 */
#include <string.h>

#include "tape/tape.h"

#define NONE SIZE_MAX

static size_t hash_id(uint32_t id, int is_place)
{
    uint64_t h = ((uint64_t)id << 1 | (uint64_t)(is_place != 0)) * 0x9E3779B97F4A7C15u;
    return (size_t)(h >> 20);
}

/* The slot of a node and kind: it holds the index of its latest note, or NONE where there is none yet. */
static size_t *note_slot(const slope_tape *t, uint32_t id, int is_place)
{
    for (size_t i = hash_id(id, is_place);; i++) {
        size_t *slot = &t->note_slots[i & (t->note_slots_count - 1)];
        if (*slot == NONE || (t->notes[*slot].id == id && (t->notes[*slot].file != NULL) == is_place))
            return slot;
    }
}

/* Keeps the table at most half full. */
static slope_status reserve_notes(slope_tape *t)
{
    if (t->note_slots_count >= 2 * (t->notes_count + 1))
        return SLOPE_OK;
    const size_t count = t->note_slots_count ? 2 * t->note_slots_count : 64;
    slope_status status = slope__block_reserve(&t->allocator, &t->block.note_slots, count, sizeof *t->note_slots);
    t->note_slots = t->block.note_slots.data;
    if (status)
        return status;
    t->note_slots_count = count;
    for (size_t i = 0; i < count; i++)
        t->note_slots[i] = NONE;
    for (size_t i = 0; i < t->notes_count; i++)
        *note_slot(t, t->notes[i].id, t->notes[i].file != NULL) = i;
    return SLOPE_OK;
}

const slope__note *slope__find_note(const slope_tape *t, uint32_t id, int is_place)
{
    if (!t->note_slots_count)
        return NULL;
    const size_t index = *note_slot(t, id, is_place);
    return index == NONE ? NULL : &t->notes[index];
}

static slope_status add_note(slope_tape *t, slope__note note)
{
    slope_status status = slope__block_reserve(&t->allocator, &t->block.notes, t->notes_count + 1, sizeof *t->notes);
    t->notes = t->block.notes.data;
    if (status == SLOPE_OK)
        status = reserve_notes(t);
    if (status)
        return status;
    size_t *slot = note_slot(t, note.id, note.file != NULL);
    note.previous = *slot;
    note.epoch = t->hot.epoch;
    t->notes[t->notes_count] = note;
    *slot = t->notes_count++;
    return SLOPE_OK;
}

void slope__rewind_notes(slope_tape *t, size_t notes, size_t text)
{
    while (t->notes_count > notes) {
        const slope__note *note = &t->notes[t->notes_count - 1];
        *note_slot(t, note->id, note->file != NULL) = note->previous;
        t->notes_count--;
    }
    t->text_count = text;
}

static slope_status copy_text(slope_tape *t, const char *label, size_t *offset)
{
    const size_t size = strlen(label) + 1;
    const uintptr_t own = (uintptr_t)label - (uintptr_t)t->text; /* a label may be that of another node, which moves */
    const int is_own = t->text && own < t->text_count;
    if (size > SIZE_MAX / 4 - t->text_count)
        return SLOPE_ERR_LIMIT;
    slope_status status = slope__block_reserve(&t->allocator, &t->block.text, t->text_count + size, 1);
    t->text = t->block.text.data;
    if (status)
        return status;
    memcpy(t->text + t->text_count, is_own ? t->text + own : label, size);
    *offset = t->text_count;
    t->text_count += size;
    return SLOPE_OK;
}

/* Can v carry a note?  Null and numbers can't; a stale value sticks. */
static int can_carry_notes(slope_value v)
{
    if (!slope__is_node(v))
        return 0;
    if (slope__is_alive(v.tape, v.node))
        return 1;
    slope__stick(v.tape, SLOPE_ERR_STALE, v.node.id,
                 "the value to be labelled was made before its tape was reset or rewound");
    return 0;
}

/* A value that is trapped sticks before it can have a label or a place: now its error tells them too. */
static void retell_trapped(slope_tape *t, uint32_t id)
{
    slope_origin origin;
    if (t->error.status == SLOPE_ERR_NONFINITE && t->error.position == id && slope__nonfinite_value(t, id, &origin))
        memcpy(t->error.message, origin.message, sizeof t->error.message);
}

slope_value slope_label(slope_value v, const char *label)
{
    slope_tape *t = v.tape;
    if (!can_carry_notes(v))
        return v;
    slope__note note = {.id = v.node.id, .text = SIZE_MAX};
    const size_t before = t->text_count;
    slope_status status = label ? copy_text(t, label, &note.text) : SLOPE_OK;
    if (status == SLOPE_OK)
        status = add_note(t, note);
    if (status) {
        t->text_count = before;
        slope__stick(t, status, v.node.id, "no memory for the label of node %lu", (unsigned long)v.node.id);
    }
    retell_trapped(t, v.node.id);
    return v;
}

slope_value slope_at(slope_value v, const char *file, int line)
{
    slope_tape *t = v.tape;
    if (!file || !can_carry_notes(v))
        return v;
    slope__note note = {.id = v.node.id, .line = line > 0 ? (uint32_t)line : 0, .file = file, .text = SIZE_MAX};
    slope_status status = add_note(t, note);
    if (status)
        slope__stick(t, status, v.node.id, "no memory for the place of node %lu", (unsigned long)v.node.id);
    retell_trapped(t, v.node.id);
    return v;
}
