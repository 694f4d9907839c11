/* SPDX-License-Identifier: MIT */
/* The second half of the layout: where points are within their ranks, where ranks are, and the curves between them. */
#include "graph/layout.h"

enum {
    MARGIN = 12,
    BOX_GAP = 14,   /* between two boxes of a rank */
    LINE_GAP = 10,  /* where one of them is an arrow that passes */
    LABEL_GAP = 74, /* between two ranks, left to right: room for a local derivative */
    LABEL_GAP_DOWN = 52,
    LABEL_HEIGHT = 12, /* ports that are closer have no labels */
    LABEL_WIDTH = 66,
    PLACE_SWEEPS = 24
};

/* --------------------------------------------------------------------------------------------------------- positions */

/* How far the middles of two neighbours in a rank must be from each other. */
static double apart(const slope__point *a, const slope__point *b)
{
    return (a->size + b->size) / 2 + (a->size > 0 && b->size > 0 ? BOX_GAP : LINE_GAP);
}

/* Where a point would like to be: the mean over its arrows of where they would be straight; those that pass weigh more. */
static void wish(slope__plan *p, uint32_t x)
{
    double sum = 0, weight = 0;
    for (uint32_t k = p->in_first[x]; k < p->in_first[x + 1]; k++) {
        const slope__segment *s = &p->segment[p->in[k]];
        const double w = (p->point[s->from].size > 0 ? 1 : 3) * (p->point[x].size > 0 ? 1 : 3);
        sum += w * (p->point[s->from].place - s->port);
        weight += w;
    }
    for (uint32_t k = p->out_first[x]; k < p->out_first[x + 1]; k++) {
        const slope__segment *s = &p->segment[p->out[k]];
        const double w = (p->point[s->to].size > 0 ? 1 : 3) * (p->point[x].size > 0 ? 1 : 3);
        sum += w * (p->point[s->to].place + s->port);
        weight += w;
    }
    p->point[x].wish = weight > 0 ? sum / weight : p->point[x].place;
    p->weight[x] = weight > 0 ? weight : 1;
}

/* The places nearest to the wishes in the least squares, in this order and far enough apart: pooled adjacent violators
   (Ayer and others 1955) on the wishes less the room that those before take. */
static void place_rank(slope__plan *p, size_t r)
{
    const uint32_t *row = p->row + p->row_first[r];
    const size_t n = p->row_first[r + 1] - p->row_first[r];
    double offset = 0, *mean = p->mean, *mass = p->mass; /* by block */
    uint32_t *size = p->count;
    size_t blocks = 0;
    for (size_t i = 0; i < n; i++) {
        wish(p, row[i]);
        offset += i ? apart(&p->point[row[i - 1]], &p->point[row[i]]) : 0;
        mean[blocks] = p->point[row[i]].wish - offset;
        mass[blocks] = p->weight[row[i]];
        size[blocks++] = 1;
        while (blocks > 1 && mean[blocks - 2] > mean[blocks - 1]) {
            const double w = mass[blocks - 2] + mass[blocks - 1];
            mean[blocks - 2] = (mass[blocks - 2] * mean[blocks - 2] + mass[blocks - 1] * mean[blocks - 1]) / w;
            mass[blocks - 2] = w;
            size[blocks - 2] += size[blocks - 1];
            blocks--;
        }
    }
    offset = 0;
    for (size_t b = 0, i = 0; b < blocks; b++)
        for (uint32_t k = 0; k < size[b]; k++, i++) {
            offset += i ? apart(&p->point[row[i - 1]], &p->point[row[i]]) : 0;
            p->point[row[i]].place = mean[b] + offset;
        }
}

static void place_all(slope__plan *p)
{
    for (size_t r = 0; r < p->ranks; r++) {
        double at = 0;
        for (uint32_t i = p->row_first[r]; i < p->row_first[r + 1]; i++) {
            slope__point *x = &p->point[p->row[i]];
            at += i > p->row_first[r] ? apart(&p->point[p->row[i - 1]], x) : x->size / 2;
            x->place = at;
        }
    }
    for (int sweep = 0; sweep < PLACE_SWEEPS; sweep++)
        for (size_t r = 0; r < p->ranks; r++)
            place_rank(p, sweep % 2 ? r : p->ranks - 1 - r);
    double least = 0;
    for (size_t i = 0; i < p->points; i++)
        if (i == 0 || p->point[i].place - p->point[i].size / 2 < least)
            least = p->point[i].place - p->point[i].size / 2;
    for (size_t i = 0; i < p->points; i++)
        p->point[i].place += MARGIN - least;
}

/* ------------------------------------------------------------------------------------------------------------ routes */

static double tenth(double x) { return (double)(long long)(x * 10 + 0.5) / 10; } /* x >= 0 */

/* Where ranks begin, along; a gap is wider where many arrows cross it. */
static void place_ranks(slope__plan *p)
{
    double at = MARGIN;
    for (size_t r = 0; r < p->ranks; r++)
        p->begin[r] = p->wide[r] = 0;
    for (size_t i = 0; i < p->view->boxes; i++)
        if (slope__size_along(p, i) > p->wide[p->point[i].rank])
            p->wide[p->point[i].rank] = slope__size_along(p, i);
    for (size_t r = 0; r < p->ranks; r++) {
        p->begin[r] = at;
        const uint32_t n = p->row_first[r + 1] - p->row_first[r];
        at += p->wide[r] + (p->down ? LABEL_GAP_DOWN : LABEL_GAP) + (n > 24 ? n < 120 ? n - 24 : 96 : 0);
    }
    for (size_t i = 0; i < p->view->boxes; i++) {
        slope__place *place = &p->layout->place[i];
        const uint32_t r = p->point[i].rank;
        const double along = tenth(p->begin[r] + (p->wide[r] - slope__size_along(p, i)) / 2);
        const double across = tenth(p->point[i].place - slope__size_across(p, i) / 2);
        place->x = p->down ? across : along;
        place->y = p->down ? along : across;
    }
}

static void put_point(slope__plan *p, double along, double across)
{
    double *xy = &p->layout->point[2 * p->layout->points++];
    xy[p->down] = tenth(along > 0 ? along : 0);
    xy[!p->down] = tenth(across > 0 ? across : 0);
}

/* From the last point to this one, leaving and arriving along. */
static void put_curve(slope__plan *p, slope__route *route, double along, double across)
{
    const double *last = &p->layout->point[2 * (p->layout->points - 1)];
    const double from_along = last[p->down], from_across = last[!p->down], half = (along - from_along) / 2;
    put_point(p, from_along + half, from_across);
    put_point(p, along - half, across);
    put_point(p, along, across);
    route->curves++;
}

/* Against the ranks: round below both. */
static void put_backward(slope__plan *p, slope__route *route, double along, double across)
{
    const double *last = &p->layout->point[2 * (p->layout->points - 1)];
    const double from_along = last[p->down], from_across = last[!p->down];
    const double below = (from_across > across ? from_across : across) + 90;
    put_point(p, from_along + 60, below);
    put_point(p, along - 60, below);
    put_point(p, along, across);
    route->curves++;
    route->backward = 1;
}

/* At the arrow's tip: above it, or downwards left of the first arrow and right of the others. */
static void place_label(slope__plan *p, size_t i, double end, double across)
{
    const slope__box *to = &p->view->box[p->view->edge[i].to];
    slope__route *route = &p->layout->route[i];
    const size_t nth = i - to->first;
    const double step = slope__size_across(p, p->view->edge[i].to) / (double)(to->edges + 1);
    const int is_apart = nth == 0 || nth + 1 == to->edges || step >= LABEL_WIDTH;
    route->label = !p->down    ? (step >= LABEL_HEIGHT ? SLOPE__LABEL_ENDS : SLOPE__NO_LABEL)
                   : !is_apart ? SLOPE__NO_LABEL
                   : nth == 0  ? SLOPE__LABEL_ENDS
                               : SLOPE__LABEL_BEGINS;
    route->label_x = tenth(!p->down ? end - 8 : nth == 0 ? across - 5 : across + 5);
    route->label_y = tenth(p->down ? end - 9 : across - 3);
}

/* `next` is the first segment of the edge, whose points follow each other. */
static void route_edge(slope__plan *p, size_t i, size_t *next)
{
    const slope__edge *e = &p->view->edge[i];
    slope__route *route = &p->layout->route[i];
    const size_t span = slope__span_of(p, e), to = e->to, from = e->from;
    const double port = slope__port_of(p, e);
    const slope__place *a = &p->layout->place[from], *b = &p->layout->place[to];
    const double end = p->down ? b->y : b->x, across = p->point[to].place + port;
    *route = (slope__route){.first = p->layout->points};
    put_point(p, p->down ? a->y + a->height : a->x + a->width, p->point[from].place);
    if (!span)
        put_backward(p, route, end, across);
    for (size_t k = 1; k < span && !p->straight; k++, ++*next) {
        const slope__point *x = &p->point[p->segment[*next].to];
        put_curve(p, route, p->begin[x->rank], x->place);
        put_curve(p, route, p->begin[x->rank] + p->wide[x->rank], x->place);
    }
    if (span) {
        put_curve(p, route, end, across);
        *next += span == 1 || !p->straight;
    }
    place_label(p, i, end, across);
}

static slope_status route_all(slope__plan *p)
{
    const slope__picture *view = p->view;
    slope__layout *layout = p->layout;
    const size_t room = 4 * view->edges + 6 * (p->points - view->boxes) + 4;
    layout->route = slope__arena_array(p->arena, view->edges, sizeof *layout->route);
    layout->point = slope__arena_array(p->arena, room, 2 * sizeof *layout->point);
    if (!layout->route || !layout->point)
        return SLOPE_ERR_MEMORY;
    for (size_t i = 0, next = 0; i < view->edges; i++)
        route_edge(p, i, &next);
    for (size_t i = 0; i < view->boxes; i++) {
        const slope__place *b = &layout->place[i];
        layout->width = b->x + b->width > layout->width ? b->x + b->width : layout->width;
        layout->height = b->y + b->height > layout->height ? b->y + b->height : layout->height;
    }
    for (size_t i = 0; i < layout->points; i++) {
        layout->width = layout->point[2 * i] > layout->width ? layout->point[2 * i] : layout->width;
        layout->height = layout->point[2 * i + 1] > layout->height ? layout->point[2 * i + 1] : layout->height;
    }
    layout->width = tenth(layout->width + MARGIN);
    layout->height = tenth(layout->height + MARGIN);
    return SLOPE_OK;
}

slope_status slope__place_points(slope__plan *p)
{
    place_all(p);
    place_ranks(p);
    return route_all(p);
}
