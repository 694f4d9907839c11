/* SPDX-License-Identifier: MIT */
/* What the two halves of the layout share: layout.c decides ranks and orders, place.c turns them into coordinates. */
#ifndef SLOPE_GRAPH_LAYOUT_H
#define SLOPE_GRAPH_LAYOUT_H

#include "graph/page.h"

/* An arrow from one rank to the next. */
typedef struct slope__segment {
    uint32_t from, to;
    uint32_t nth; /* of those that end there */
    double port;  /* where it ends, from the middle of `to` */
} slope__segment;

typedef struct slope__point {
    uint32_t rank, order;
    double size;  /* across; 0 for an arrow that passes */
    double place; /* of its middle */
    double wish;
} slope__point;

typedef struct slope__plan {
    const slope__picture *view;
    slope__layout *layout;
    slope__arena *arena;
    int down, straight;
    slope__point *point; /* the boxes first */
    size_t points;
    slope__segment *segment;
    size_t segments;
    uint32_t *in, *in_first, *out, *out_first; /* segments by the point they end and start at */
    uint32_t *row, *row_first;                 /* points by rank, in order */
    size_t ranks;
    uint32_t *port_first; /* by point: the number of its first port in its rank */
    uint32_t *best;       /* the orders with fewest crossings */
    double *weight, *mean, *mass;
    uint32_t *count, *tree, *scratch; /* `scratch` has room for every segment */
    double *begin, *wide;             /* by rank: where it begins, how wide it is */
} slope__plan;

/* The size of a box across the ranks and along them. */
double slope__size_across(const slope__plan *p, size_t box);
double slope__size_along(const slope__plan *p, size_t box);

/* The middle of the port of an edge, from the middle of the box at which it ends. */
double slope__port_of(const slope__plan *p, const slope__edge *e);

/* How many ranks an edge goes on; 0 where it does not. */
size_t slope__span_of(const slope__plan *p, const slope__edge *e);

/* Ranks and orders are known: where everything is, and how arrows run.  SLOPE_ERR_MEMORY. */
SLOPE_CHECKED slope_status slope__place_points(slope__plan *p);

#endif
