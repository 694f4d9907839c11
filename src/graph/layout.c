/* SPDX-License-Identifier: MIT */
/*
 * A layered layout in linear time, after Sugiyama, Tagawa and Toda (1981).
 *
 *   ranks        the longest way from an input; inputs and numbers stand next to the first that uses them
 *   points       a box, or a place where an arrow passes a rank that it skips
 *   order        within each rank, by barycentres of the neighbours and by turning neighbours round, several sweeps;
 * the one with fewest crossings stays positions    within each rank as near to the neighbours as the order lets (pool
 * adjacent violators), several sweeps routes       curves through the points
 *
 * It works in coordinates `along` the ranks and `across` them, which become x and y, or y and x from top to bottom.
 * Only
 * + - * / and comparisons, so that every machine gives the same bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "graph/layout.h"

enum {
    SPAN_MOST = 20000, /* more skipped ranks than this, and long arrows are drawn straight */
    ORDER_SWEEPS = 24,
    PAIRS_MOST = 1024 /* arrows of one point times those of its neighbour: with more they are not tried the other way */
};

double slope__size_across(const slope__plan *p, size_t box)
{
    return p->down ? p->layout->place[box].width : p->layout->place[box].height;
}
double slope__size_along(const slope__plan *p, size_t box)
{
    return p->down ? p->layout->place[box].height : p->layout->place[box].width;
}

static int is_forward(const slope__plan *p, const slope__edge *e)
{
    return p->point[e->from].rank < p->point[e->to].rank;
}

double slope__port_of(const slope__plan *p, const slope__edge *e)
{
    const double size = slope__size_across(p, e->to), step = size / (double)(p->view->box[e->to].edges + 1);
    const size_t k = (size_t)(e - p->view->edge) - p->view->box[e->to].first;
    return step * (double)(k + 1) - size / 2;
}

size_t slope__span_of(const slope__plan *p, const slope__edge *e)
{
    return is_forward(p, e) ? p->point[e->to].rank - p->point[e->from].rank : 0;
}

/* ------------------------------------------------------------------------------------------------------------ ranks */

/* What has no operands moves next to its first user. */
static void rank_boxes(slope__plan *p)
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

/* ----------------------------------------------------------------------------------------------------------- points */

static slope_status count_points(slope__plan *p)
{
    const slope__picture *view = p->view;
    size_t skipped = 0, segments = 0;
    for (size_t i = 0; i < view->edges; i++) {
        const size_t span = slope__span_of(p, &view->edge[i]);
        skipped += span > 1 ? span - 1 : 0;
        segments += span > 0;
    }
    p->straight = skipped > SPAN_MOST;
    p->points = view->boxes + (p->straight ? 0 : skipped);
    const size_t room = segments + (p->straight ? 0 : skipped);
    slope__point *points = slope__arena_array(p->arena, p->points, sizeof *points);
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
static void cut_edges(slope__plan *p)
{
    const slope__picture *view = p->view;
    size_t next = view->boxes;
    for (size_t i = 0; i < view->boxes; i++)
        p->point[i].size = slope__size_across(p, i);
    for (size_t i = 0; i < view->edges; i++) {
        const slope__edge *e = &view->edge[i];
        const size_t span = slope__span_of(p, e);
        uint32_t from = e->from;
        if (!span || (span > 1 && p->straight))
            continue;
        for (size_t k = 1; k < span; k++) {
            p->point[next] = (slope__point){.rank = p->point[e->from].rank + (uint32_t)k};
            p->segment[p->segments++] = (slope__segment){.from = from, .to = (uint32_t)next};
            from = (uint32_t)next++;
        }
        p->segment[p->segments++] = (slope__segment){.from = from, .to = e->to, .port = slope__port_of(p, e)};
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

/* ------------------------------------------------------------------------------------------------------------ order */

/* Numbers the points of a rank and their ports as they stand now. */
static void number_rank(slope__plan *p, size_t r)
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
static uint32_t port_number(const slope__plan *p, uint32_t s)
{
    return p->port_first[p->segment[s].to] + p->segment[s].nth;
}

static int by_number(const void *a, const void *b)
{
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* Crossings between rank r - 1 and r: inversions, counted with Fenwick's tree (1994). */
static size_t crossings(slope__plan *p, size_t r)
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

static size_t all_crossings(slope__plan *p)
{
    size_t sum = 0;
    for (size_t r = 0; r < p->ranks; r++)
        number_rank(p, r);
    for (size_t r = 1; r < p->ranks; r++)
        sum += crossings(p, r);
    return sum;
}

/* Sorts a rank by p->weight, equal ones as they stand or the other way round; a merge sort from runs of one, with
   p->count as the other half. */
static void sort_rank(slope__plan *p, size_t r, int turn)
{
    uint32_t *a = p->row + p->row_first[r], *b = p->count;
    const size_t n = p->row_first[r + 1] - p->row_first[r];
    for (size_t run = 1; run < n; run *= 2) {
        for (size_t low = 0; low < n; low += 2 * run) {
            const size_t middle = low + run < n ? low + run : n, high = low + 2 * run < n ? low + 2 * run : n;
            size_t i = low, j = middle;
            for (size_t k = low; k < high; k++) {
                const double x = i < middle ? p->weight[a[i]] : 0, y = j < high ? p->weight[a[j]] : 0;
                b[k] = j == high || (i < middle && (x < y || (x == y && !turn))) ? a[i++] : a[j++];
            }
        }
        memcpy(a, b, n * sizeof *a);
    }
}

/* Orders a rank by the barycentres of the neighbours on one side; those without any stay between the same others. */
static void order_rank(slope__plan *p, size_t r, int towards_outputs, int turn)
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
    sort_rank(p, r, turn);
    number_rank(p, r);
}

/* How many crossings fewer there are of the arrows of two neighbours when they are the other way round. */
static long saved(const slope__plan *p, uint32_t x, uint32_t y)
{
    long sum = 0;
    for (uint32_t i = p->in_first[x]; i < p->in_first[x + 1]; i++)
        for (uint32_t k = p->in_first[y]; k < p->in_first[y + 1]; k++) {
            const uint32_t a = p->point[p->segment[p->in[i]].from].order, b = p->point[p->segment[p->in[k]].from].order;
            sum += (a > b) - (a < b);
        }
    for (uint32_t i = p->out_first[x]; i < p->out_first[x + 1]; i++)
        for (uint32_t k = p->out_first[y]; k < p->out_first[y + 1]; k++) {
            const uint32_t a = port_number(p, p->out[i]), b = port_number(p, p->out[k]);
            sum += (a > b) - (a < b);
        }
    return sum;
}

/* Turns neighbours round where that saves crossings, which barycentres do not see. */
static void swap_neighbours(slope__plan *p, size_t r)
{
    for (uint32_t i = p->row_first[r] + 1; i < p->row_first[r + 1]; i++) {
        const uint32_t x = p->row[i - 1], y = p->row[i];
        const size_t in = (size_t)(p->in_first[x + 1] - p->in_first[x]) * (p->in_first[y + 1] - p->in_first[y]);
        const size_t out = (size_t)(p->out_first[x + 1] - p->out_first[x]) * (p->out_first[y + 1] - p->out_first[y]);
        if (in + out <= PAIRS_MOST && saved(p, x, y) > 0) {
            p->row[i - 1] = y;
            p->row[i] = x;
        }
    }
    number_rank(p, r);
}

/* Keeps the order with fewest crossings among those of several sweeps. */
static void order_all(slope__plan *p)
{
    for (size_t i = 0; i < p->points; i++) /* canonical order; a passing arrow stands where its source does */
        p->weight[i] = (double)i;
    for (size_t i = 0; i < p->segments; i++)
        if (p->segment[i].to >= p->view->boxes)
            p->weight[p->segment[i].to] = p->weight[p->segment[i].from];
    for (size_t r = 0; r < p->ranks; r++)
        sort_rank(p, r, 0);
    size_t least = all_crossings(p);
    memcpy(p->best, p->row, p->points * sizeof *p->row);
    for (int sweep = 0; sweep < ORDER_SWEEPS && least; sweep++) {
        const int towards_outputs = sweep % 2 == 0, turn = sweep / 2 % 2; /* turning ties finds other orders */
        for (size_t r = 0; r + 1 < p->ranks; r++)
            order_rank(p, towards_outputs ? p->ranks - 2 - r : r + 1, towards_outputs, turn);
        for (size_t r = 0; r < p->ranks; r++)
            swap_neighbours(p, r);
        const size_t now = all_crossings(p);
        if (now < least) {
            least = now;
            memcpy(p->best, p->row, p->points * sizeof *p->row);
        }
    }
    memcpy(p->row, p->best, p->points * sizeof *p->row);
    (void)all_crossings(p);
}

slope_status slope__lay_out(const slope__picture *view, slope__layout *layout, slope__arena *arena)
{
    slope__plan p = {.view = view, .layout = layout, .arena = arena, .down = view->walk->options->top_down != 0};
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
    return slope__place_points(&p);
}
