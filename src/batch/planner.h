/* SPDX-License-Identifier: MIT */
/*
 * The making of a plan.  Objects are what is live or not as a whole: an input group, the constants, the result of an
 * operation, a target of a loop.  Drafts are steps whose operands are still cells.
 */
#ifndef SLOPE_BATCH_PLANNER_H
#define SLOPE_BATCH_PLANNER_H

#include "batch/plan.h"

typedef struct slope__object {
    slope__cell first;
    uint32_t count, uses, results; /* results: how many of the uses are outputs of the function */
    uint32_t instruction;          /* that made it; SLOPE__NONE: an input or the constants */
    uint32_t last;                 /* draft that reads it last */
    slope__place place;
    uint8_t lanes, absorbed, touched, placed, keep, given,
        through; /* through: a loop adds it to a sum over items itself */
} slope__object;

typedef struct slope__cell_run { /* consecutive cells of one object, or of as many objects */
    slope__cell first;
    uint32_t object;
    int run;
} slope__cell_run;

typedef struct slope__draft {
    uint32_t instruction; /* SLOPE__NONE: adds to a sum over items */
    uint16_t code;
    uint8_t lanes, zero;
    uint32_t first, count, r; /* entries of cell and kind; r: of a sum, the output number */
} slope__draft;

typedef struct slope__range {
    uint32_t at, count;
} slope__range;

/* Slots or rows: those in use, and what was given back. */
typedef struct slope__store {
    size_t size;
    uint32_t *one; /* given back one by one */
    size_t ones, room;
    slope__range many[64];
    size_t manys;
} slope__store;

typedef struct slope__planner {
    const slope_function *f;
    slope__plan *p;
    slope__object *object;
    size_t objects;
    slope__cell_run *segment;
    size_t segments;
    slope__draft *draft;
    size_t drafts, uniform_drafts;
    slope__cell *cell; /* operands of drafts */
    uint8_t *kind;     /* of terms: that of their first cell */
    size_t cells, room;
    slope__store slots, rows;
    uint32_t **fetched; /* per input group: slot of each element or SLOPE__NONE; NULL: none is read so */
    uint32_t *numbered; /* the same of constants */
    uint64_t *refs;     /* base and place of all that lanes refer to; sorted and unique when `numbering` */
    size_t refs_count, refs_room;
    int numbering;
    int failed;
} slope__planner;

slope__object *slope__object_of(const slope__planner *s, slope__cell c);

/* Finds out what is uniform, which products go into sums, and lists the drafts in order. */
void slope__plan_objects(slope__planner *s);
void slope__plan_drafts(slope__planner *s);

/* Gives every object a place, and loops what they need. */
void slope__plan_places(slope__planner *s);

/* Which stream a loop belongs to, how it runs, the plan of its body. */
void slope__plan_loop_kind(slope__planner *s, uint32_t loop);

/* Lets output group g of its body add to sums over items itself. */
void slope__plan_loop_sums(slope__planner *s, uint32_t loop, size_t g);

/* Whether all cells of a view belong to one object, which is given. */
slope__object *slope__view_object(const slope__planner *s, const slope__view *v, size_t n, size_t length);

/* Where the loop of draft d reads and writes; what it needs meanwhile is given back by loop_leave. */
void slope__plan_loop_enter(slope__planner *s, uint32_t d);
void slope__plan_loop_leave(slope__planner *s, uint32_t d);

uint32_t slope__store_take(slope__planner *s, slope__store *from, size_t count);
void slope__store_give(slope__planner *s, slope__store *to, uint32_t at, size_t count);

/* Drafts become steps. */
void slope__plan_steps(slope__planner *s);

#endif
