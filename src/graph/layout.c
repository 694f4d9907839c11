/* SPDX-License-Identifier: MIT */
/*
 * A layered layout in linear time, after Sugiyama, Tagawa and Toda (1981).
 *
 *   ranks        the longest way from an input; inputs and numbers stand next to the first that uses them
 *   points       a box, or a place where an arrow passes a rank that it skips
 *   order        within each rank, by barycentres of the neighbours, several sweeps; the one with fewest crossings stays
 *   positions    within each rank as near to the neighbours as the order lets (pool adjacent violators), several sweeps
 *   routes       curves through the points
 *
 * It works in coordinates `along` the ranks and `across` them, which become x and y, or y and x from top to bottom.  Only
 * + - * / and comparisons, so that every machine gives the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "graph/page.h"

enum {
    MARGIN = 12,
    BOX_GAP = 14,   /* between two boxes of a rank */
    LINE_GAP = 10,  /* where one of them is an arrow that passes */
    LABEL_GAP = 74, /* between two ranks, left to right: room for a local derivative */
    LABEL_GAP_DOWN = 52,
    LABEL_HEIGHT = 12, /* ports that are closer have no labels */
    LABEL_WIDTH = 66,
    SPAN_MOST = 20000, /* more skipped ranks than this, and long arrows are drawn straight */
    ORDER_SWEEPS = 12,
    PLACE_SWEEPS = 24,
    SWAP_MOST = 64 /* points of a rank whose neighbours are tried the other way round */
};

/* An arrow from one rank to the next. */
typedef struct segment {
    uint32_t from, to;
    uint32_t nth; /* of those that end there */
    double port;  /* where it ends, from the middle of `to` */
} segment;

typedef struct point {
    uint32_t rank, order;
    double size;  /* across; 0 for an arrow that passes */
    double place; /* of its middle */
    double wish;
} point;

typedef struct plan {
    const slope__picture *view;
    slope__layout *layout;
    slope__arena *arena;
    int down, straight;
    point *point; /* the boxes first */
    size_t points;
    segment *segment;
    size_t segments;
    uint32_t *in, *in_first, *out, *out_first; /* segments by the point they end and start at */
    uint32_t *row, *row_first;                 /* points by rank, in order */
    size_t ranks;
    uint32_t *port_first; /* by point: the number of its first port in its rank */
    uint32_t *best;       /* the orders with fewest crossings */
    double *weight, *mean, *mass;
    uint32_t *count, *tree, *scratch; /* `scratch` has room for every segment */
    double *begin, *wide;             /* by rank: where it begins, how wide it is */
} plan;

static double size_across(const plan *p, size_t box)
{
    return p->down ? p->layout->place[box].width : p->layout->place[box].height;
}
static double size_along(const plan *p, size_t box)
{
    return p->down ? p->layout->place[box].height : p->layout->place[box].width;
}

/* ------------------------------------------------------------------------------------------------------------- ranks */

static int is_forward(const plan *p, const slope__edge *e) { return p->point[e->from].rank < p->point[e->to].rank; }

/* What has no operands moves next to its first user. */
static void rank_boxes(plan *p)
{
    const slope__picture *view = p->view;
    uint32_t *near = p->count; /* by box: the least rank of a user; 0: none */
    for (size_t i = 0; i < view->boxes; i++)
        p->point[i].rank = (uint32_t)view->box[i].rank;
    for (size_t i = 0; i < view->edges; i++) {
        const slope__edge *e = &view->edge[i];
        const uint32_t rank = p->point[e->to].rank;
        if (e->from < e->to && (!near[e->from] || rank < near[e->from]))
            near[e->from] = rank;
    }
    for (size_t i = 0; i < view->boxes; i++)
        if (p->point[i].rank == 0 && near[i])
            p->point[i].rank = near[i] - 1;
    for (size_t i = 0; i < view->boxes; i++)
        if (p->point[i].rank >= p->ranks)
            p->ranks = p->point[i].rank + 1;
    memset(near, 0, view->boxes * sizeof *near);
}

/* ------------------------------------------------------------------------------------------------------------ points */

/* The middle of port k among n, from the middle of a box. */
static double port_of(const plan *p, const slope__edge *e)
{
    const double size = size_across(p, e->to), step = size / (double)(p->view->box[e->to].edges + 1);
    const size_t k = (size_t)(e - p->view->edge) - p->view->box[e->to].first;
    return step * (double)(k + 1) - size / 2;
}

static size_t span_of(const plan *p, const slope__edge *e)
{
    return is_forward(p, e) ? p->point[e->to].rank - p->point[e->from].rank : 0;
}

static slope_status count_points(plan *p)
{
    const slope__picture *view = p->view;
    size_t skipped = 0, segments = 0;
    for (size_t i = 0; i < view->edges; i++) {
        const size_t span = span_of(p, &view->edge[i]);
        skipped += span > 1 ? span - 1 : 0;
        segments += span > 0;
    }
    p->straight = skipped > SPAN_MOST;
    p->points = view->boxes + (p->straight ? 0 : skipped);
    const size_t room = segments + (p->straight ? 0 : skipped);
    point *points = slope__arena_array(p->arena, p->points, sizeof *points);
    if (!points)
        return SLOPE_ERR_MEMORY;
    memcpy(points, p->point, view->boxes * sizeof *points);
    p->point = points;
    p->segment = slope__arena_array(p->arena, room, sizeof *p->segment);
    p->in = slope__arena_array(p->arena, 2 * room + 1, sizeof *p->in);
    p->in_first = slope__arena_array(p->arena, 2 * p->points + 4, sizeof *p->in_first);
    p->row = slope__arena_array(p->arena, 2 * p->points + 1, sizeof *p->row);
    p->row_first = slope__arena_array(p->arena, p->ranks + 2, sizeof *p->row_first);
    p->port_first = slope__arena_array(p->arena, p->points + 1, sizeof *p->port_first);
    p->weight = slope__arena_array(p->arena, 3 * p->points + 1, sizeof *p->weight);
    p->count = slope__arena_array(p->arena, p->points + 1, sizeof *p->count);
    p->tree = slope__arena_array(p->arena, 2 * room + 2, sizeof *p->tree);
    p->begin = slope__arena_array(p->arena, 2 * p->ranks + 1, sizeof *p->begin);
    if (!p->segment || !p->in || !p->in_first || !p->row || !p->row_first || !p->port_first || !p->weight ||
        !p->count || !p->tree || !p->begin)
        return SLOPE_ERR_MEMORY;
    p->scratch = p->tree + room + 2;
    p->out = p->in + room;
    p->out_first = p->in_first + p->points + 2;
    p->best = p->row + p->points;
    p->mean = p->weight + p->points;
    p->mass = p->mean + p->points;
    p->wide = p->begin + p->ranks;
    return SLOPE_OK;
}

/* Segments, with a point in every rank that an arrow skips. */
static void cut_edges(plan *p)
{
    const slope__picture *view = p->view;
    size_t next = view->boxes;
    for (size_t i = 0; i < view->boxes; i++)
        p->point[i].size = size_across(p, i);
    for (size_t i = 0; i < view->edges; i++) {
        const slope__edge *e = &view->edge[i];
        const size_t span = span_of(p, e);
        uint32_t from = e->from;
        if (!span || (span > 1 && p->straight))
            continue;
        for (size_t k = 1; k < span; k++) {
            p->point[next] = (point){.rank = p->point[e->from].rank + (uint32_t)k};
            p->segment[p->segments++] = (segment){.from = from, .to = (uint32_t)next};
            from = (uint32_t)next++;
        }
        p->segment[p->segments++] = (segment){.from = from, .to = e->to, .port = port_of(p, e)};
    }
}

/* item[first[key] ...] = the indices with this key, in order; first has two more elements than there are keys. */
static void group(size_t n, const uint32_t *key, size_t stride, uint32_t *item, uint32_t *first, size_t keys)
{
    memset(first, 0, (keys + 2) * sizeof *first);
#define KEY(i) (*(const uint32_t *)((const char *)key + (i)*stride))
    for (size_t i = 0; i < n; i++)
        first[KEY(i) + 2]++;
    for (size_t k = 2; k < keys + 2; k++)
        first[k] += first[k - 1];
    for (size_t i = 0; i < n; i++)
        item[first[KEY(i) + 1]++] = (uint32_t)i;
#undef KEY
}

/* ------------------------------------------------------------------------------------------------------------- order */

/* Numbers the points of a rank and their ports as they stand now. */
static void number_rank(plan *p, size_t r)
{
    uint32_t port = 0;
    for (uint32_t i = p->row_first[r]; i < p->row_first[r + 1]; i++) {
        const uint32_t x = p->row[i];
        p->point[x].order = i - p->row_first[r];
        p->port_first[x] = port;
        port += p->in_first[x + 1] - p->in_first[x];
    }
}

/* The port at which a segment ends, among all of its rank. */
static uint32_t port_number(const plan *p, uint32_t s) { return p->port_first[p->segment[s].to] + p->segment[s].nth; }

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Crossings between rank r - 1 and r: inversions, counted with Fenwick's tree (1994). */
static size_t crossings(plan *p, size_t r)
{
    size_t sum = 0, seen = 0, ports = 0;
    for (uint32_t i = p->row_first[r]; i < p->row_first[r + 1]; i++)
        ports += p->in_first[p->row[i] + 1] - p->in_first[p->row[i]];
    memset(p->tree, 0, (ports + 2) * sizeof *p->tree);
    for (uint32_t i = p->row_first[r - 1]; i < p->row_first[r]; i++) {
        const uint32_t x = p->row[i], n = p->out_first[x + 1] - p->out_first[x];
        uint32_t *port = p->scratch;
        size_t k = 0;
        for (uint32_t j = 0; j < n; j++)
            port[k++] = port_number(p, p->out[p->out_first[x] + j]);
        qsort(port, k, sizeof *port, by_number);
        for (size_t j = 0; j < k; j++) { /* those before that end behind this one */
            size_t before = 0;
            for (size_t t = port[j] + 1; t; t -= t & (~t + 1))
                before += p->tree[t];
            sum += seen - before;
        }
        for (size_t j = 0; j < k; j++)
            for (size_t t = port[j] + 1; t <= ports; t += t & (~t + 1))
                p->tree[t]++;
        seen += k;
    }
    return sum;
}

static size_t all_crossings(plan *p)
{
    size_t sum = 0;
    for (size_t r = 0; r < p->ranks; r++)
        number_rank(p, r);
    for (size_t r = 1; r < p->ranks; r++)
        sum += crossings(p, r);
    return sum;
}

/* Sorts a rank by p->weight, equal ones as they stand; a merge sort from runs of one, with p->count as the other half. */
static void sort_rank(plan *p, size_t r)
{
    uint32_t *a = p->row + p->row_first[r], *b = p->count;
    const size_t n = p->row_first[r + 1] - p->row_first[r];
    for (size_t run = 1; run < n; run *= 2) {
        for (size_t low = 0; low < n; low += 2 * run) {
            const size_t middle = low + run < n ? low + run : n, high = low + 2 * run < n ? low + 2 * run : n;
            size_t i = low, j = middle;
            for (size_t k = low; k < high; k++)
                b[k] = j == high || (i < middle && p->weight[a[i]] <= p->weight[a[j]]) ? a[i++] : a[j++];
        }
        memcpy(a, b, n * sizeof *a);
    }
}

/* Orders a rank by the barycentres of the neighbours on one side; those without any stay between the same others. */
static void order_rank(plan *p, size_t r, int towards_outputs)
{
    double before = -1;
    for (uint32_t i = p->row_first[r]; i < p->row_first[r + 1]; i++) {
        const uint32_t x = p->row[i];
        double sum = 0;
        uint32_t n;
        if (towards_outputs) {
            n = p->out_first[x + 1] - p->out_first[x];
            for (uint32_t k = p->out_first[x]; k < p->out_first[x + 1]; k++)
                sum += port_number(p, p->out[k]);
        } else {
            n = p->in_first[x + 1] - p->in_first[x];
            for (uint32_t k = p->in_first[x]; k < p->in_first[x + 1]; k++)
                sum += p->point[p->segment[p->in[k]].from].order;
        }
        before = p->weight[x] = n ? sum / n : before;
    }
    sort_rank(p, r);
    number_rank(p, r);
}

/* Keeps the order with fewest crossings among those of several sweeps. */
static void order_all(plan *p)
{
    for (size_t i = 0; i < p->points; i++) /* canonical order; a passing arrow stands where its source does */
        p->weight[i] = (double)i;
    for (size_t i = 0; i < p->segments; i++)
        if (p->segment[i].to >= p->view->boxes)
            p->weight[p->segment[i].to] = p->weight[p->segment[i].from];
    for (size_t r = 0; r < p->ranks; r++)
        sort_rank(p, r);
    size_t least = all_crossings(p);
    memcpy(p->best, p->row, p->points * sizeof *p->row);
    for (int sweep = 0; sweep < ORDER_SWEEPS && least; sweep++) {
        for (size_t r = 0; r + 1 < p->ranks; r++)
            order_rank(p, sweep % 2 ? r + 1 : p->ranks - 2 - r, sweep % 2 == 0);
        const size_t now = all_crossings(p);
        if (now < least) {
            least = now;
            memcpy(p->best, p->row, p->points * sizeof *p->row);
        }
    }
    memcpy(p->row, p->best, p->points * sizeof *p->row);
    (void)all_crossings(p);
}

/* --------------------------------------------------------------------------------------------------------- positions */

/* How far the middles of two neighbours in a rank must be from each other. */
static double apart(const point *a, const point *b)
{
    return (a->size + b->size) / 2 + (a->size > 0 && b->size > 0 ? BOX_GAP : LINE_GAP);
}

/* Where a point would like to be: the mean over its arrows of where they would be straight; those that pass weigh more. */
static void wish(plan *p, uint32_t x)
{
    double sum = 0, weight = 0;
    for (uint32_t k = p->in_first[x]; k < p->in_first[x + 1]; k++) {
        const segment *s = &p->segment[p->in[k]];
        const double w = (p->point[s->from].size > 0 ? 1 : 3) * (p->point[x].size > 0 ? 1 : 3);
        sum += w * (p->point[s->from].place - s->port);
        weight += w;
    }
    for (uint32_t k = p->out_first[x]; k < p->out_first[x + 1]; k++) {
        const segment *s = &p->segment[p->out[k]];
        const double w = (p->point[s->to].size > 0 ? 1 : 3) * (p->point[x].size > 0 ? 1 : 3);
        sum += w * (p->point[s->to].place + s->port);
        weight += w;
    }
    p->point[x].wish = weight > 0 ? sum / weight : p->point[x].place;
    p->weight[x] = weight > 0 ? weight : 1;
}

/* The places nearest to the wishes in the least squares, in this order and far enough apart: pooled adjacent violators
   (Ayer and others 1955) on the wishes less the room that those before take. */
static void place_rank(plan *p, size_t r)
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

static void place_all(plan *p)
{
    for (size_t r = 0; r < p->ranks; r++) {
        double at = 0;
        for (uint32_t i = p->row_first[r]; i < p->row_first[r + 1]; i++) {
            point *x = &p->point[p->row[i]];
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
static void place_ranks(plan *p)
{
    double at = MARGIN;
    for (size_t r = 0; r < p->ranks; r++)
        p->begin[r] = p->wide[r] = 0;
    for (size_t i = 0; i < p->view->boxes; i++)
        if (size_along(p, i) > p->wide[p->point[i].rank])
            p->wide[p->point[i].rank] = size_along(p, i);
    for (size_t r = 0; r < p->ranks; r++) {
        p->begin[r] = at;
        const uint32_t n = p->row_first[r + 1] - p->row_first[r];
        at += p->wide[r] + (p->down ? LABEL_GAP_DOWN : LABEL_GAP) + (n > 24 ? n < 120 ? n - 24 : 96 : 0);
    }
    for (size_t i = 0; i < p->view->boxes; i++) {
        slope__place *place = &p->layout->place[i];
        const uint32_t r = p->point[i].rank;
        const double along = tenth(p->begin[r] + (p->wide[r] - size_along(p, i)) / 2);
        const double across = tenth(p->point[i].place - size_across(p, i) / 2);
        place->x = p->down ? across : along;
        place->y = p->down ? along : across;
    }
}

static void put_point(plan *p, double along, double across)
{
    double *xy = &p->layout->point[2 * p->layout->points++];
    xy[p->down] = tenth(along > 0 ? along : 0);
    xy[!p->down] = tenth(across > 0 ? across : 0);
}

/* From the last point to this one, leaving and arriving along. */
static void put_curve(plan *p, slope__route *route, double along, double across)
{
    const double *last = &p->layout->point[2 * (p->layout->points - 1)];
    const double from_along = last[p->down], from_across = last[!p->down], half = (along - from_along) / 2;
    put_point(p, from_along + half, from_across);
    put_point(p, along - half, across);
    put_point(p, along, across);
    route->curves++;
}

/* Against the ranks: round below both. */
static void put_backward(plan *p, slope__route *route, double along, double across)
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
static void place_label(plan *p, size_t i, double end, double across)
{
    const slope__box *to = &p->view->box[p->view->edge[i].to];
    slope__route *route = &p->layout->route[i];
    const size_t nth = i - to->first;
    const double step = size_across(p, p->view->edge[i].to) / (double)(to->edges + 1);
    const int is_apart = nth == 0 || nth + 1 == to->edges || step >= LABEL_WIDTH;
    route->label = !p->down    ? (step >= LABEL_HEIGHT ? SLOPE__LABEL_ENDS : SLOPE__NO_LABEL)
                   : !is_apart ? SLOPE__NO_LABEL
                   : nth == 0  ? SLOPE__LABEL_ENDS
                               : SLOPE__LABEL_BEGINS;
    route->label_x = tenth(!p->down ? end - 8 : nth == 0 ? across - 5 : across + 5);
    route->label_y = tenth(p->down ? end - 9 : across - 3);
}

/* `next` is the first segment of the edge, whose points follow each other. */
static void route_edge(plan *p, size_t i, size_t *next)
{
    const slope__edge *e = &p->view->edge[i];
    slope__route *route = &p->layout->route[i];
    const size_t span = span_of(p, e), to = e->to, from = e->from;
    const double port = port_of(p, e);
    const slope__place *a = &p->layout->place[from], *b = &p->layout->place[to];
    const double end = p->down ? b->y : b->x, across = p->point[to].place + port;
    *route = (slope__route){.first = p->layout->points};
    put_point(p, p->down ? a->y + a->height : a->x + a->width, p->point[from].place);
    if (!span)
        put_backward(p, route, end, across);
    for (size_t k = 1; k < span && !p->straight; k++, ++*next) {
        const point *x = &p->point[p->segment[*next].to];
        put_curve(p, route, p->begin[x->rank], x->place);
        put_curve(p, route, p->begin[x->rank] + p->wide[x->rank], x->place);
    }
    if (span) {
        put_curve(p, route, end, across);
        *next += span == 1 || !p->straight;
    }
    place_label(p, i, end, across);
}

static slope_status route_all(plan *p)
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

slope_status slope__lay_out(const slope__picture *view, slope__layout *layout, slope__arena *arena)
{
    plan p = {.view = view, .layout = layout, .arena = arena, .down = view->walk->options->top_down != 0};
    p.point = slope__arena_array(arena, view->boxes, sizeof *p.point);
    p.count = slope__arena_array(arena, view->boxes, sizeof *p.count);
    if (!p.point || !p.count)
        return SLOPE_ERR_MEMORY;
    rank_boxes(&p);
    const slope_status status = count_points(&p);
    if (status)
        return status;
    cut_edges(&p);
    group(p.segments, &p.segment->to, sizeof *p.segment, p.in, p.in_first, p.points);
    group(p.segments, &p.segment->from, sizeof *p.segment, p.out, p.out_first, p.points);
    for (size_t x = 0; x < p.points; x++)
        for (uint32_t k = p.in_first[x]; k < p.in_first[x + 1]; k++)
            p.segment[p.in[k]].nth = k - p.in_first[x];
    group(p.points, &p.point->rank, sizeof *p.point, p.row, p.row_first, p.ranks);
    order_all(&p);
    place_all(&p);
    place_ranks(&p);
    return route_all(&p);
}
