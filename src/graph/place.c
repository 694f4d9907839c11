/* SPDX-License-Identifier: MIT */
/* The second half of the layout: where points are within their ranks, where ranks are, and the curves between them. */
#include <math.h>

#include "graph/layout.h"

enum {
    MARGIN = 12,
    BOX_GAP = 14,   /* between two boxes of a rank */
    LINE_GAP = 10,  /* where one of them is an arrow that passes */
    LABEL_GAP = 74, /* between two ranks, left to right: room for a local derivative */
    LABEL_GAP_DOWN = 52,
    LABEL_HEIGHT = 12, /* ports that are closer have no labels */
    LABEL_WIDTH = 66,
    LETTERS = 60,   /* how long a label may be */
    LABEL_NEAR = 9, /* from the tip of an arrow downwards to the base line of its label */
    LABEL_FAR = 20, /*   where it could run into that of the next box */
    LOOK_MOST = 64, /* neighbours that are looked at for being in the way */
    PLACE_SWEEPS = 24
};

/* -------------------------------------------------------------------------------------------------------- positions */

/* How far the middles of two neighbours in a rank must be from each other. */
static double apart(const slope__point *a, const slope__point *b)
{
    return (a->size + b->size) / 2 + (a->size > 0 && b->size > 0 ? BOX_GAP : LINE_GAP);
}

/* Where a point would like to be: the mean over its arrows of where they would be straight; those that pass weigh
   more. */
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

/* Where a passing arrow can be among its neighbours. */
static void look_aside(const slope__plan *p, const slope__point *x, double *low, double *high)
{
    const uint32_t *row = p->row + p->row_first[x->rank];
    const uint32_t n = p->row_first[x->rank + 1] - p->row_first[x->rank];
    const slope__point *before = x->order ? &p->point[row[x->order - 1]] : NULL;
    const slope__point *after = x->order + 1 < n ? &p->point[row[x->order + 1]] : NULL;
    if (before && before->place + apart(before, x) > *low)
        *low = before->place + apart(before, x);
    if (after && after->place - apart(x, after) < *high)
        *high = after->place - apart(x, after);
}

/* The points first ... end - 1 of an arrow that passes: the mean of their places if it is one that all can have. */
static void straighten_run(slope__plan *p, size_t first, size_t end, double low, double high)
{
    double mean = 0;
    for (size_t i = first; i < end; i++)
        mean += p->point[i].place / (double)(end - first);
    mean = mean < low ? low : mean > high ? high : mean;
    for (size_t i = first; i < end; i++)
        p->point[i].place = mean;
}

/* Sweeps only come near to what is straight: arrows that pass run straight as far as there is a way. */
static void straighten(slope__plan *p)
{
    double low = -HUGE_VAL, high = HUGE_VAL;
    size_t first = p->view->boxes;
    for (size_t i = 0; i < p->segments; i++) {
        const size_t to = p->segment[i].to;
        if (to < p->view->boxes)
            continue; /* the points of an arrow follow each other, and so do its segments */
        double both_low = low, both_high = high;
        look_aside(p, &p->point[to], &both_low, &both_high);
        if (p->segment[i].from < p->view->boxes || both_low > both_high) { /* another arrow, or it must turn here */
            straighten_run(p, first, to, low, high);
            first = to;
            both_low = -HUGE_VAL;
            both_high = HUGE_VAL;
            look_aside(p, &p->point[to], &both_low, &both_high);
        }
        low = both_low;
        high = both_high;
    }
    straighten_run(p, first, p->points, low, high);
}

/* How far labels of arrows downwards reach out of a box. */
static double label_reach(const slope__plan *p, size_t box)
{
    const slope__box *b = &p->view->box[box];
    const double reach = 5 + LETTERS - slope__size_across(p, box) / (double)(b->edges + 1);
    return p->down && b->edges && reach > 0 ? reach : 0;
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
        const uint32_t last = p->row_first[r + 1] - 1; /* no rank is empty */
        const double middle = (at + p->point[p->row[last]].size / 2) / 2;
        for (uint32_t i = p->row_first[r]; i <= last; i++)
            p->point[p->row[i]].place -= middle;
    }
    for (int sweep = 0; sweep < PLACE_SWEEPS; sweep++)
        for (size_t r = 0; r < p->ranks; r++)
            place_rank(p, sweep % 2 ? r : p->ranks - 1 - r);
    straighten(p);
    double least = HUGE_VAL;
    for (size_t i = 0; i < p->points; i++) {
        const double reach = i < p->view->boxes ? label_reach(p, i) : 0;
        if (p->point[i].place - p->point[i].size / 2 - reach < least)
            least = p->point[i].place - p->point[i].size / 2 - reach;
    }
    for (size_t i = 0; i < p->points; i++)
        p->point[i].place += MARGIN - least;
}

/* ----------------------------------------------------------------------------------------------------------- routes */

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

/* From the last point to this one, leaving and arriving along; what is straight on becomes one curve. */
static void put_curve(slope__plan *p, slope__route *route, double along, double across)
{
    const double *last = &p->layout->point[2 * (p->layout->points - 1)];
    if (route->curves && last[!p->down] == tenth(across) && last[!p->down - 6] == last[!p->down]) {
        p->layout->points -= 3;
        route->curves--;
        last -= 6;
    }
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

/* Could a label at the right end of a box run into one at the left end of the next? */
static int meets_next(const slope__plan *p, size_t box)
{
    const slope__point *own = &p->point[box];
    const double right = own->place + own->size / 2 + label_reach(p, box);
    for (uint32_t i = p->row_first[own->rank] + own->order + 1; i < p->row_first[own->rank + 1]; i++) {
        const uint32_t next = p->row[i];
        const double left = p->point[next].place - p->point[next].size / 2;
        if (left > right + LETTERS)
            return 0;
        if (next < p->view->boxes && p->view->box[next].edges)
            return left - label_reach(p, next) < right;
    }
    return 0;
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
    const int is_near = nth == 0 || nth + 1 < to->edges || !meets_next(p, p->view->edge[i].to);
    route->label_y = tenth(!p->down ? across - 3 : is_near ? end - LABEL_NEAR : end - LABEL_FAR);
}

/* Would a curve from the side of a box to another place across run into a longer box of its rank? */
static int is_in_way(const slope__plan *p, uint32_t x, double across)
{
    const slope__point *own = &p->point[x];
    const uint32_t *row = p->row + p->row_first[own->rank];
    const uint32_t n = p->row_first[own->rank + 1] - p->row_first[own->rank];
    const int down = across > own->place;
    for (uint32_t k = 1; down ? own->order + k < n : k <= own->order; k++) {
        const uint32_t i = row[down ? own->order + k : own->order - k];
        const slope__point *other = &p->point[i];
        if (down ? other->place - other->size / 2 > across : other->place + other->size / 2 < across)
            return 0;
        if (k == LOOK_MOST || (i < p->view->boxes && slope__size_along(p, i) > slope__size_along(p, x)))
            return 1;
    }
    return 0;
}

/* Where an arrow is when it leaves the rank of its source. */
static double first_across(const slope__plan *p, size_t i, size_t next)
{
    const slope__edge *e = &p->view->edge[i];
    if (slope__span_of(p, e) > 1 && !p->straight)
        return p->point[p->segment[next].to].place;
    return p->point[e->to].place + slope__port_of(p, e);
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
    const uint32_t out = p->point[from].rank, in = p->point[to].rank;
    put_point(p, p->down ? a->y + a->height : a->x + a->width, p->point[from].place);
    if (!span)
        put_backward(p, route, end, across);
    else if (is_in_way(p, (uint32_t)from, first_across(p, i, *next)))
        put_curve(p, route, p->begin[out] + p->wide[out], p->point[from].place);
    for (size_t k = 1; k < span && !p->straight; k++, ++*next) {
        const slope__point *x = &p->point[p->segment[*next].to];
        put_curve(p, route, p->begin[x->rank], x->place);
        put_curve(p, route, p->begin[x->rank] + p->wide[x->rank], x->place);
    }
    if (span) {
        const double *last = &p->layout->point[2 * (p->layout->points - 1)];
        if (is_in_way(p, (uint32_t)to, last[!p->down]))
            put_curve(p, route, p->begin[in], across);
        put_curve(p, route, end, across);
        *next += span == 1 || !p->straight;
    }
    place_label(p, i, end, across);
}

static slope_status route_all(slope__plan *p)
{
    const slope__picture *view = p->view;
    slope__layout *layout = p->layout;
    const size_t room = 10 * view->edges + 6 * (p->points - view->boxes) + 4;
    layout->route = slope__arena_array(p->arena, view->edges, sizeof *layout->route);
    layout->point = slope__arena_array(p->arena, room, 2 * sizeof *layout->point);
    if (!layout->route || !layout->point)
        return SLOPE_ERR_MEMORY;
    for (size_t i = 0, next = 0; i < view->edges; i++)
        route_edge(p, i, &next);
    for (size_t i = 0; i < view->boxes; i++) {
        const slope__place *b = &layout->place[i];
        const double right = b->x + b->width + label_reach(p, i);
        layout->width = right > layout->width ? right : layout->width;
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
