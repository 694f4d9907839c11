/* SPDX-License-Identifier: MIT */
/*
 * The page: a picture laid out and drawn here, so that it is the same in the file that C writes and in the browser,
 * where this code runs as WebAssembly (page/engine.c).
 *
 *     walk -> picture (view.h) -> slope__layout -> slope__write_svg, slope__write_table     the parts of a page
 *     walk -> slope__write_data          every value in few bytes; slope__data_read makes a tape of them again
 *     slope__write_page                  all of it in one file
 */
#ifndef SLOPE_GRAPH_PAGE_H
#define SLOPE_GRAPH_PAGE_H

#include "graph/view.h"

/* ----------------------------------------------------------------------------------------------------------- layout */

/* Where a box is; x and y are its upper left corner, in units of a pixel at zoom 1. */
typedef struct slope__place {
    double x, y, width, height;
} slope__place;

/* A local derivative has its place, or there is no room for it. */
typedef enum slope__label { SLOPE__NO_LABEL, SLOPE__LABEL_ENDS, SLOPE__LABEL_BEGINS } slope__label;

/* Where an arrow runs: cubic Bezier curves through point[first ... first + 3 * curves], a start and three points for
   each curve, ending at the left side of its target (top-down: the upper side). */
typedef struct slope__route {
    size_t first, curves;
    double label_x, label_y; /* where the text of the local derivative ends or begins, on its base line */
    slope__label label;
    int backward; /* a cycle of a folded view: it runs against the ranks */
} slope__route;

typedef struct slope__layout {
    slope__place *place; /* by box */
    slope__route *route; /* by edge */
    double *point;       /* x, y pairs */
    size_t points;
    double width, height; /* everything lies in 0..width, 0..height */
} slope__layout;

/*
 * Places boxes of given sizes (layout->place[i].width and height are set by the caller, everything else here) in layers
 * by the longest way from an input, leaves next to who uses them, few crossings, straight long arrows; linear in the
 * size of the picture but for sorting.  The same input gives the same bytes on every machine.  Left to right, or top to
 * bottom with options->top_down.  SLOPE_ERR_MEMORY.
 */
SLOPE_CHECKED slope_status slope__lay_out(const slope__picture *view, slope__layout *layout, slope__arena *arena);

/* ---------------------------------------------------------------------------------------------------------- writing */

/* The picture as an <svg> element without colours of its own (page/style.css has them); see svg.c for its classes. */
SLOPE_CHECKED slope_status slope__write_svg(slope__out *out, const slope__picture *view, slope__arena *arena);

/* The same boxes as a <table>. */
void slope__write_table(slope__out *out, const slope__picture *view);

/* The whole file. */
SLOPE_CHECKED slope_status slope__write_page(slope__out *out, const slope__picture *view, slope__arena *arena);

/* Says that the graph has more values than a page may, and what it is made of.  SLOPE_ERR_LIMIT, _MEMORY. */
SLOPE_CHECKED slope_status slope__refuse_size(const slope__walk *walk, slope__arena *arena, slope_error *error);

/* ------------------------------------------------------------------------------------------------------------- data */

/*
 * Every value of the walk as base64 text: what slope__data_read needs to record them again.  Values are written in
 * canonical order, so the text does not depend on the order of recording.  SLOPE_ERR_MEMORY; what was put stays.
 */
SLOPE_CHECKED slope_status slope__write_data(slope__out *out, const slope__walk *walk, slope__arena *arena);

/*
 * A computation recorded again from its data, values in canonical order, and swept from all outputs with seed 1.
 * All-zero: none.  Its canonical numbers are those of the original, and so are data and gradients, but where
 *   - the original was never swept (swept is 0), or with other seeds, or not from all outputs: its gradients were
 * others;
 *   - its inputs were set and its values not computed again: they are here;
 *   - values of three uses and more were recorded in another order: the sums of their gradients may round differently.
 */
typedef struct slope__replica {
    slope_tape *tape;    /* owned; default allocator */
    slope_value *output; /* owned */
    size_t outputs;
    slope_value *input; /* owned; in canonical order */
    size_t inputs;
    unsigned char
        *frozen;  /* owned; by input: 1 where something depends on it that can't be computed again here (a custom
                              operation, a call, map or fold), and which keeps the value and partials it had */
    int swept;    /* the original had a gradient that was not zero */
    void *custom; /* owned; what the frozen nodes need */
} slope__replica;

/* Reads what slope__write_data wrote, decoded from base64.  Errors: SLOPE_ERR_SYNTAX for bytes that are not of it
   (never a crash, whatever they are; error->position tells the byte), SLOPE_ERR_MEMORY.  error never NULL.  On failure
   *replica is all-zero. */
SLOPE_CHECKED slope_status slope__data_read(const void *bytes, size_t size, slope__replica *replica,
                                            slope_error *error);

/* Frees what it owns and zeroes it. */
void slope__replica_free(slope__replica *replica);

/* The textbook rule of the partial by operand i ("1 - v^2" for tanh; a, b, c operands, v the value), in the language of
   slope/expr.h; NULL where the table has none (rules.def). */
const char *slope__rule(slope_op op, size_t i);

#endif
