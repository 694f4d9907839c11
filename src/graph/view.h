/* SPDX-License-Identifier: MIT */
/*
 * What is drawn, whatever the format: boxes and the edges into them.
 *
 * The walk numbers every value that the outputs depend on, operands first and in order of position, so the numbers (and
 * every byte written from them) do not depend on the order of recording.  A plain number has no identity on the tape
 * and is a value of its own for each use.  From the walk a view is made: one box for one value (all of them, or those
 * nearest to the outputs), or one box for many (fold.c).
 */
#ifndef SLOPE_GRAPH_VIEW_H
#define SLOPE_GRAPH_VIEW_H

#include <slope/graph.h>

#include "base/memory.h"
#include "graph/out.h"

/* Growable arrays that are freed together; a page of a folded graph with calls in it takes 41. */
enum { SLOPE__ARENA_BLOCKS = 64 };
typedef struct slope__arena {
    slope_allocator allocator;
    slope__block block[SLOPE__ARENA_BLOCKS];
    size_t used;
} slope__arena;

/* An array of `count` elements, zeroed; NULL when memory is short. */
void *slope__arena_array(slope__arena *arena, size_t count, size_t size);
void slope__arena_free(slope__arena *arena);

typedef enum slope__kind { SLOPE__INPUT, SLOPE__NUMBER, SLOPE__RESULT } slope__kind;

/* One value of the walk. */
typedef struct slope__item {
    slope_value value;
    double data, grad;
    size_t first;      /* of its operands, in walk.operand */
    uint32_t operands; /* how many */
    uint16_t op;
    uint8_t kind;
    uint8_t output; /* it is one of the outputs */
} slope__item;

typedef struct slope__walk {
    const slope_graph_options *options;
    slope__item *item;
    size_t items;
    uint32_t *operand; /* numbers of items */
    size_t operands;
    uint32_t widest;  /* the most operands of one item */
    uint32_t *output; /* numbers of the items that are outputs, one for each y */
    size_t outputs;
    double *x, *partial;  /* scratch for `widest` operands */
    slope_status *failed; /* what stood against the partials of one, other than a callback */
    const uint32_t *open; /* items: of the boxes that begin with them, SLOPE__OPENED values are drawn; borrowed */
    size_t opens;
} slope__walk;

enum { SLOPE__OPENED = 24 };

/* What is known of the numbers that a box stands for. */
typedef struct slope__span {
    double low, middle, high; /* of the finite ones; the median is the lower one of two.  NaN when there are none */
    double odd;               /* the first that is not finite */
    size_t odds;              /* how many are not */
} slope__span;

enum { SLOPE__PATHS = 3, SLOPE__NAME_MOST = 32 };

typedef struct slope__box {
    slope_value value; /* the first of those it stands for */
    size_t number;     /* its place in the canonical order */
    size_t count;      /* how many it stands for */
    slope__kind kind;
    int output;
    int born;               /* its value is not finite though every operand is */
    const char *label;      /* of the first that has one, NULL: none */
    const char *last_label; /* folded: of the last that has another one, NULL: none */
    const char *symbol, *name, *file;
    int line;
    int arity; /* operands of the first; -1 when the operation takes any number */
    slope__span data, grad;
    size_t first, edges; /* its edges: view.edge[first ... first + edges - 1], in order of position */
    size_t hidden;       /* operands that are not drawn */
    size_t paths;        /* how often the value is used on the way to the outputs */
    size_t paths_drawn;  /* of these, by values that are drawn */
    double
        path[SLOPE__PATHS]; /* what the first drawn ones bring to the gradient: local derivative * upstream gradient */
    double path_sum, path_size; /* of all that are drawn: sum, and sum of magnitudes */
    size_t loops;               /* folded: operands that are in the same box */
    size_t rank;                /* the longest way from an input, in boxes */
} slope__box;

typedef struct slope__edge {
    uint32_t from, to; /* boxes */
    uint32_t position; /* of the operand */
    size_t count;      /* how many it stands for */
    double low, high;  /* local derivative, the same where count is 1 */
    double flow;       /* what comes back over it: local derivative * gradient of `to` */
} slope__edge;

typedef struct slope__picture {
    const slope__walk *walk;
    slope__box *box;
    size_t boxes;
    slope__edge *edge;
    size_t edges;
    size_t values;   /* of the whole graph */
    size_t left_out; /* values that no box stands for */
    int folded;
    const uint32_t *box_of; /* by item of the walk: its box + 1, 0: none */
    size_t span;            /* how many ranks all edges cross together */
    double grad_most;       /* the largest finite magnitude of a gradient that is drawn; 0: all are zero */
    double grad_middle;     /* the median of those that are not zero */
} slope__picture;

/* Numbers everything the outputs depend on.  SLOPE_ERR_MEMORY, SLOPE_ERR_LIMIT. */
SLOPE_CHECKED slope_status slope__walk_make(slope__walk *walk, size_t n, const slope_value y[],
                                            const slope_graph_options *options, slope__arena *arena);

/* The local partials of an item by its operands, borrowed until the next call. */
const double *slope__walk_partials(const slope__walk *walk, size_t item);

/* One box for one value: all of them if there are at most options->max_nodes, else those nearest to the outputs. */
SLOPE_CHECKED slope_status slope__view_plain(slope__picture *view, const slope__walk *walk, slope__arena *arena);

/* One box for every class of values that came about in the same way.  *fits is 0, and the view not made, when even the
   coarsest classes are more than options->max_nodes. */
SLOPE_CHECKED slope_status slope__view_fold(slope__picture *view, const slope__walk *walk, slope__arena *arena,
                                            int *fits);

/* Folded where that is wanted and fits, else plain. */
SLOPE_CHECKED slope_status slope__view_make(slope__picture *view, const slope__walk *walk, slope__arena *arena);

/* The box of one value, as yet without edges. */
slope__box slope__box_of(const slope__walk *walk, size_t number);

/* Sets the scale of the gradients once the boxes are made. */
SLOPE_CHECKED slope_status slope__view_scale(slope__picture *view, slope__arena *arena);

/* A median by selection, linear: reorders x; n > 0. */
double slope__median(double x[], size_t n);

/* local * upstream with strong zeros, as the backward sweep has it. */
double slope__flow(double local, double upstream);

/* The gradient that is shown: of a plain number, which has none on the tape, what flows back to it. */
double slope__item_grad(const slope__walk *walk, size_t item);

/* How strong a colour a gradient has, 0 to 1: asinh(|grad| / median) / asinh(largest / median). */
double slope__strength(const slope__picture *view, double grad);

/* The sign that repeats the colour: a triangle up or down, or a space that does not break. */
const char *slope__glyph(double grad);

/* The gradient that colours a box: the median, or what is not finite where all are; 0 where there is none. */
double slope__shade(const slope__picture *view, const slope__box *box);

/* Is every gradient of it exactly 0, though there are others that are not? */
int slope__is_dead(const slope__picture *view, const slope__box *box);

/* Is a number of it not finite? */
int slope__is_odd(const slope__picture *view, const slope__box *box);

/* Is there anything about gradients to show? */
int slope__has_grad(const slope__picture *view, const slope__box *box);

/* The name of a box: its label or %7; of a number nothing.  With `full` whole, otherwise at most 32 characters. */
size_t slope__put_name(slope__out *out, const slope__box *box, slope__escape escape, size_t most);

/* What is above a box: its name, or of many "inputs", "w1 ... w9" or the operation.  Returns the columns. */
size_t slope__put_title(slope__out *out, const slope__box *box, slope__escape escape);

/* "e + c", "tanh(n)", "select(a, b, ...)": how the value of a box that is not folded came about, by names. */
size_t slope__put_formula(slope__out *out, const slope__picture *view, const slope__box *box, slope__escape escape);

/* "65,818 values in 31 boxes ...", the sentence about what is not drawn; nothing when all is. */
void slope__put_note(slope__out *out, const slope__picture *view);

#define SLOPE__FONT "DejaVu Sans Mono,Liberation Mono,monospace"

/* The writers. */
void slope__write_dot(slope__out *out, const slope__picture *view);
void slope__write_lecture(slope__out *out, const slope__picture *view);
void slope__write_json(slope__out *out, const slope__picture *view);
void slope__put_json_number(slope__out *out, double x);       /* what is not finite is a string */
void slope__put_json_text(slope__out *out, const char *text); /* with its quotes */
SLOPE_CHECKED slope_status slope__write_text(slope__out *out, const slope__picture *view, slope__arena *arena);

/* Shared by the two styles of DOT.  The head asks for a cheaper layout where arrows are so long that Graphviz would not
   end. */
void slope__dot_head(slope__out *out, const slope__picture *view);
void slope__dot_tooltip(slope__out *out, const slope__picture *view, const slope__box *box);

/* Bytes in memory that grow. */
typedef struct slope__bytes {
    slope_allocator allocator;
    slope__block block;
    size_t size;
    int short_of_memory;
} slope__bytes;

int slope__bytes_sink(const char *data, size_t size, void *context); /* context: a slope__bytes */

/* Runs Graphviz on `dot`; its output goes to `picture`.  SLOPE_ERR_MISSING, _TIMEOUT, _SYSTEM, _MEMORY; error as for
   slope_graph_stream and never NULL. */
SLOPE_CHECKED slope_status slope__draw(const slope__bytes *dot, slope_graph_format format, double time_limit,
                                       slope__bytes *picture, slope_error *error);

/* The format that the path's ending says; SLOPE_ERR_ARGUMENT, _UNSUPPORTED.  options NULL are fine. */
SLOPE_CHECKED slope_status slope__graph_check(const char *path, const slope_graph_options *options,
                                              slope_graph_format *format, slope_error *error);

/* slope_graph_stream with memory from `allocator`; error never NULL. */
SLOPE_CHECKED slope_status slope__graph_stream(slope_allocator allocator, size_t n, const slope_value y[],
                                               slope_graph_format format, const slope_graph_options *options,
                                               slope_sink sink, void *context, slope_error *error);

#endif
