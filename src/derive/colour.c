/* SPDX-License-Identifier: MIT */
/*
 * Colouring: which columns (or rows) of a sparse matrix can be computed in one sweep, by greedy choice.
 *
 * Gebremedhin, Manne and Pothen, "What color is your Jacobian?  Graph coloring for computing derivatives", SIAM Review
 * 47 (2005), algorithms 3.2 (distance-2) and 4.1 (star).  Vertices are taken as they come, and by falling degree, and
 * the fewer colours kept.  Where the search would be far from linear, which takes lines so full that no colouring would
 * help much, every line gets a colour of its own.  So does, before any search, every vertex of a component of a Hessian
 * that is at least a quarter full: two colours of a star colouring share no cycle, hence at most as many edges as they
 * have vertices, so that k colours of n vertices leave room for (k - 1) n edges, and k is at least n / 8.
 */
#include <stdlib.h>
#include <string.h>

#include "derive/sparse.h"

static const size_t patience = 300 * 1000 * 1000; /* steps of a search */

/* Lines of a matrix and what they cross: of the columns, their rows, and back. */
typedef struct bipartite {
    size_t lines, crossings;
    const size_t *line_start, *crossing_start; /* line: the entries where it starts */
    const size_t *line_entry, *crossing_entry; /* entry numbers in order; NULL: 0, 1, 2 ... */
    const size_t *crossing_of, *line_of;       /* by entry */
} bipartite;

static bipartite columns_of(const slope_pattern *p)
{
    return (bipartite){p->columns, p->rows, p->column_start, p->row_start, p->by_column, NULL, p->row, p->column};
}

static bipartite rows_of(const slope_pattern *p)
{
    return (bipartite){p->rows, p->columns, p->row_start, p->column_start, NULL, p->by_column, p->column, p->row};
}

static size_t degree(const size_t start[], size_t k) { return start[k + 1] - start[k]; }

/* The longest crossing line: all its lines need different colours. */
static size_t fewest(const bipartite *b)
{
    size_t most = b->crossings > 0 && b->line_start[b->lines] > 0 ? 1 : 0;
    for (size_t k = 0; k < b->crossings; k++) {
        if (degree(b->crossing_start, k) > most)
            most = degree(b->crossing_start, k);
    }
    return most;
}

/* Every line with entries a colour of its own. */
static size_t colour_each(size_t lines, const size_t start[], uint32_t colour[])
{
    size_t colours = 0;
    for (size_t k = 0; k < lines; k++)
        colour[k] = degree(start, k) > 0 ? (uint32_t)colours++ : 0;
    return colours;
}

/* Lines by falling degree, equal ones as they come. */
static void by_degree(size_t lines, const size_t start[], uint32_t order[], size_t count[])
{
    size_t most = 0, sum = 0;
    memset(count, 0, (lines + 1) * sizeof *count);
    for (size_t k = 0; k < lines; k++) {
        const size_t d = degree(start, k) < lines ? degree(start, k) : lines;
        count[d]++;
        most = d > most ? d : most;
    }
    for (size_t d = most + 1; d-- > 0;) {
        const size_t here = count[d];
        count[d] = sum;
        sum += here;
    }
    for (size_t k = 0; k < lines; k++)
        order[count[degree(start, k) < lines ? degree(start, k) : lines]++] = (uint32_t)k;
}

/* ------------------------------------------------------------------------------------------------------ distance 2 */

static size_t work_of(const bipartite *b)
{
    size_t work = 0;
    for (size_t k = 0; k < b->crossings; k++) {
        const size_t d = degree(b->crossing_start, k);
        if (d > 0 && d > (SIZE_MAX - work) / d)
            return SIZE_MAX;
        work += d * d;
    }
    return work;
}

/* The first colour that no line has which a crossing of `line` meets; taken[colour] == line + 1 marks those. */
static uint32_t free_colour(const bipartite *b, size_t line, const uint32_t colour[], uint32_t taken[])
{
    const uint32_t mark = (uint32_t)line + 1;
    for (size_t e = b->line_start[line]; e < b->line_start[line + 1]; e++) {
        const size_t crossing = b->crossing_of[b->line_entry ? b->line_entry[e] : e];
        for (size_t k = b->crossing_start[crossing]; k < b->crossing_start[crossing + 1]; k++) {
            const uint32_t met = colour[b->line_of[b->crossing_entry ? b->crossing_entry[k] : k]];
            if (met != SLOPE__NONE)
                taken[met] = mark;
        }
    }
    uint32_t c = 0;
    while (taken[c] == mark)
        c++;
    return c;
}

/* Greedily in this order (NULL: as they come); how many colours. */
static size_t colour_greedily(const bipartite *b, const uint32_t order[], uint32_t colour[], uint32_t taken[])
{
    size_t colours = 0;
    memset(colour, 0xff, b->lines * sizeof *colour);
    memset(taken, 0, (b->lines + 1) * sizeof *taken);
    for (size_t k = 0; k < b->lines; k++) {
        const size_t line = order ? order[k] : k;
        if (degree(b->line_start, line) == 0)
            continue;
        colour[line] = free_colour(b, line, colour, taken);
        if (colour[line] >= colours)
            colours = colour[line] + (size_t)1;
    }
    for (size_t k = 0; k < b->lines; k++) {
        if (colour[k] == SLOPE__NONE)
            colour[k] = 0;
    }
    return colours;
}

/* What a search needs: two colourings, marks, an order. */
typedef struct search {
    uint32_t *colour, *other, *taken, *order;
    size_t *count;
} search;

static int create_search(search *s, size_t lines)
{
    s->colour = slope__new(lines, sizeof *s->colour);
    s->other = slope__new(lines, sizeof *s->other);
    s->taken = slope__new(lines + 1, sizeof *s->taken);
    s->order = slope__new(lines, sizeof *s->order);
    s->count = slope__new(lines + 1, sizeof *s->count);
    return s->colour && s->other && s->taken && s->order && s->count;
}

/* Frees all but the colouring that was found, which is returned. */
static uint32_t *destroy_search(search *s, int found)
{
    uint32_t *colour = s->colour;
    if (!found) {
        free(colour);
        colour = NULL;
    }
    free(s->other);
    free(s->taken);
    free(s->order);
    free(s->count);
    return colour;
}

static void keep_better(search *s, size_t *colours, size_t others)
{
    if (others >= *colours)
        return;
    uint32_t *better = s->other;
    s->other = s->colour;
    s->colour = better;
    *colours = others;
}

static slope_status colour_lines(const bipartite *b, slope__colouring *c)
{
    search s;
    const int ok = create_search(&s, b->lines);
    if (ok && work_of(b) > patience) {
        c->colours = colour_each(b->lines, b->line_start, s.colour);
    } else if (ok) {
        c->colours = colour_greedily(b, NULL, s.colour, s.taken);
        if (c->colours > fewest(b)) {
            by_degree(b->lines, b->line_start, s.order, s.count);
            keep_better(&s, &c->colours, colour_greedily(b, s.order, s.other, s.taken));
        }
    }
    c->colour = destroy_search(&s, ok);
    return ok ? SLOPE_OK : SLOPE_ERR_MEMORY;
}

/* The side that may take fewer colours goes first; the other one only if it may take fewer still. */
slope_status slope__colour_jacobian(const slope_pattern *p, slope__colouring *c)
{
    const bipartite side[2] = {columns_of(p), rows_of(p)};
    const int first = fewest(&side[1]) < fewest(&side[0]);
    slope__colouring other = {NULL, 0, !first};
    *c = (slope__colouring){NULL, 0, first};
    slope_status status = colour_lines(&side[first], c);
    if (status != SLOPE_OK || fewest(&side[!first]) >= c->colours)
        return status;
    status = colour_lines(&side[!first], &other);
    if (status == SLOPE_OK && other.colours < c->colours) {
        free(c->colour);
        *c = other;
    } else {
        free(other.colour);
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------------------ star */

/* The neighbours of one colour that a vertex has: how many, and one of them. */
typedef struct bundle {
    uint32_t vertex, colour, count, one;
    uint32_t next; /* bundle + 1 of the same vertex, of another colour; 0: none */
} bundle;

typedef struct star {
    const slope_pattern *p;
    uint32_t *colour, *taken;
    uint32_t *dense; /* by vertex: its colour in a component that is nearly full; SLOPE__NONE: it is to be found */
    bundle *all;
    uint32_t *head; /* by vertex: bundle + 1 */
    uint32_t *slot; /* hash table over (vertex, colour): bundle + 1 */
    size_t bundles, slots, steps;
} star;

/* Where the bundle is, or would be put. */
static uint32_t *find(const star *s, uint32_t vertex, uint32_t colour)
{
    uint64_t h = ((uint64_t)vertex << 32 | colour) * UINT64_C(0x9E3779B97F4A7C15);
    size_t at = (size_t)(h ^ h >> 32) & (s->slots - 1);
    for (; s->slot[at]; at = (at + 1) & (s->slots - 1)) {
        const bundle *b = &s->all[s->slot[at] - 1];
        if (b->vertex == vertex && b->colour == colour)
            break;
    }
    return &s->slot[at];
}

/* Vertex w has one more neighbour v, of this colour. */
static void add_neighbour(star *s, uint32_t w, uint32_t v, uint32_t colour)
{
    uint32_t *slot = find(s, w, colour);
    if (*slot) {
        s->all[*slot - 1].count++;
        return;
    }
    s->all[s->bundles] = (bundle){w, colour, 1, v, s->head[w]};
    *slot = s->head[w] = (uint32_t)++s->bundles;
}

/* Is x of several neighbours of this colour the centre? */
static int is_centre(const star *s, uint32_t x, uint32_t colour)
{
    const uint32_t slot = *find(s, x, colour);
    return slot && s->all[slot - 1].count > 1;
}

/*
 * What v must not be because of its neighbour w.  Of the colours around w: those of centres, because v - w - x - y
 * would be two-coloured; all of them if v has another neighbour of w's colour, because that one - v - w - x would be.
 */
static void forbid_around(star *s, uint32_t w, int all, uint32_t mark)
{
    for (uint32_t k = s->head[w]; k; k = s->all[k - 1].next, s->steps++) {
        const bundle *b = &s->all[k - 1];
        if (all || (b->count == 1 && is_centre(s, b->one, s->colour[w])))
            s->taken[b->colour] = mark;
    }
}

static uint32_t star_colour(star *s, uint32_t v)
{
    const slope_pattern *p = s->p;
    const uint32_t mark = v + 1;
    for (size_t e = p->row_start[v]; e < p->row_start[v + 1]; e++) {
        const uint32_t w = (uint32_t)p->column[e];
        if (w == v || s->colour[w] == SLOPE__NONE)
            continue;
        s->taken[s->colour[w]] = mark;
        forbid_around(s, w, is_centre(s, v, s->colour[w]), mark);
    }
    uint32_t c = 0;
    while (s->taken[c] == mark)
        c++;
    return c;
}

/* The component of a vertex: the smallest vertex in it, as far as is known; paths are halved on the way. */
static uint32_t root_of(uint32_t parent[], uint32_t v)
{
    while (parent[v] != v)
        v = parent[v] = parent[parent[v]];
    return v;
}

/* Colours the components that are nearly full, each from 0 on. */
static int colour_dense(star *s)
{
    const slope_pattern *p = s->p;
    size_t *size = slope__new(p->rows, sizeof *size), *entries = slope__new(p->rows, sizeof *entries);
    uint32_t *parent = slope__new(p->rows, sizeof *parent), *next = slope__new(p->rows, sizeof *next);
    const int ok = size && entries && parent && next;
    for (size_t v = 0; ok && v < p->rows; v++)
        parent[v] = (uint32_t)v;
    for (size_t v = 0; ok && v < p->rows; v++) {
        for (size_t e = p->row_start[v]; e < p->row_start[v + 1]; e++) {
            const uint32_t a = root_of(parent, (uint32_t)v), b = root_of(parent, (uint32_t)p->column[e]);
            parent[a > b ? a : b] = a < b ? a : b;
        }
    }
    for (size_t v = 0; ok && v < p->rows; v++) {
        const uint32_t root = root_of(parent, (uint32_t)v);
        size[root]++;
        entries[root] += degree(p->row_start, v);
    }
    for (size_t v = 0; ok && v < p->rows; v++) {
        const uint32_t root = root_of(parent, (uint32_t)v);
        const int is_dense = size[root] > 16 && entries[root] / size[root] >= size[root] / 4;
        s->dense[v] = is_dense ? next[root]++ : SLOPE__NONE;
    }
    free(size);
    free(entries);
    free(parent);
    free(next);
    return ok;
}

/* Greedily in this order (NULL: as they come); how many colours, 0 when patience ran out. */
static size_t star_greedily(star *s, const uint32_t order[])
{
    const slope_pattern *p = s->p;
    size_t colours = 0;
    s->bundles = s->steps = 0;
    memset(s->colour, 0xff, p->rows * sizeof *s->colour);
    memset(s->taken, 0, (p->rows + 1) * sizeof *s->taken);
    memset(s->head, 0, p->rows * sizeof *s->head);
    memset(s->slot, 0, s->slots * sizeof *s->slot);
    for (size_t k = 0; k < p->rows; k++) {
        const uint32_t v = order ? order[k] : (uint32_t)k;
        const int is_dense = s->dense[v] != SLOPE__NONE;
        const uint32_t c = is_dense ? s->dense[v] : degree(p->row_start, v) == 0 ? 0 : star_colour(s, v);
        s->colour[v] = c;
        if (degree(p->row_start, v) > 0 && c >= colours)
            colours = c + (size_t)1;
        for (size_t e = p->row_start[v]; !is_dense && e < p->row_start[v + 1]; e++) {
            if (p->column[e] != v)
                add_neighbour(s, (uint32_t)p->column[e], v, c);
        }
        if (s->steps > patience)
            return 0;
    }
    return colours;
}

static int create_star(star *s, const slope_pattern *p)
{
    *s = (star){.p = p, .slots = 64};
    while (s->slots < 2 * p->entries)
        s->slots *= 2;
    s->all = slope__new(p->entries, sizeof *s->all);
    s->head = slope__new(p->rows, sizeof *s->head);
    s->slot = slope__new(s->slots, sizeof *s->slot);
    s->dense = slope__new(p->rows, sizeof *s->dense);
    return s->all && s->head && s->slot && s->dense && colour_dense(s);
}

/* The better one of the two orders; where both take too long, no two vertices share a colour. */
static size_t search_stars(star *s, search *found)
{
    const slope_pattern *p = s->p;
    s->taken = found->taken;
    s->colour = found->colour;
    size_t colours = star_greedily(s, NULL);
    if (colours == 0)
        return colour_each(p->rows, p->row_start, found->colour);
    if (colours > 2 && s->steps < patience / 2) {
        by_degree(p->rows, p->row_start, found->order, found->count);
        s->colour = found->other;
        const size_t others = star_greedily(s, found->order);
        if (others > 0)
            keep_better(found, &colours, others);
    }
    return colours;
}

slope_status slope__colour_hessian(const slope_pattern *p, slope__colouring *c)
{
    star s;
    search found;
    *c = (slope__colouring){NULL, 0, 0};
    const int stars = create_star(&s, p), room = create_search(&found, p->rows), ok = stars && room;
    if (ok && p->entries > 0)
        c->colours = search_stars(&s, &found);
    c->colour = destroy_search(&found, ok);
    free(s.all);
    free(s.head);
    free(s.slot);
    free(s.dense);
    return ok ? SLOPE_OK : SLOPE_ERR_MEMORY;
}
