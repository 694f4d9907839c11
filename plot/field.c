/* SPDX-License-Identifier: MIT */
/*
 * Fields: filled bands and contour lines by marching squares (Lorensen and Cline's cubes in the plane).
 *
 * Bands are painted from low to high, each {z >= level} in one go over the ones before, so that there are no seams
 * between them; shapes stay vectors in SVG and PDF.  The polygons of {z >= level} and the contour line at `level` come
 * from the same crossings, and where a cell is a saddle both ask the mean of its corners which diagonal is connected.
 */
#include "draw.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define NOWHERE UINT32_MAX
#define BAR_WIDTH 11.0

/* Darker below zero than above, so that the sign can be told in grey; both ends leave markers visible. */
static plot__color band_color(const plot__levels *levels, int band)
{
    static const plot__color below = {0.42, 0.65, 0.83}, above = {1.0, 0.80, 0.52}, zero = {0.975, 0.975, 0.975};
    const double middle = fmin(fmax((band + 0.5) / levels->limit, -1.0), 1.0);
    const plot__color *end = middle < 0.0 ? &below : &above;
    const double t = pow(fabs(middle), 0.8);
    return (plot__color){zero.red + t * (end->red - zero.red), zero.green + t * (end->green - zero.green),
                         zero.blue + t * (end->blue - zero.blue)};
}

plot__levels plot__field_levels(const plot_field *field)
{
    double low = 0.0, high = 0.0;
    for (size_t i = 0; i < field->rows * field->columns; i++)
        if (fabs(field->z[i]) <= PLOT__HUGE) {
            low = fmin(low, field->z[i]);
            high = fmax(high, field->z[i]);
        }
    const double largest = fmax(high, -low);
    plot__levels levels = {.step = 1.0, .limit = 5};
    if (field->limit > 0.0)
        levels.step = field->limit / 5.0;
    else if (largest > 1.0 / PLOT__HUGE) { /* below, the step would be 0 */
        levels.step = plot__nice_step(largest / 6.0);
        levels.limit = (int)fmax(1.0, ceil(largest / levels.step - 1e-9));
    }
    levels.lowest = (int)fmax(floor(low / levels.step + 1e-9), -levels.limit);
    levels.highest = (int)fmin(ceil(high / levels.step - 1e-9), levels.limit);
    if (levels.lowest == levels.highest)
        levels.highest++;
    return levels;
}

/* A field while it is drawn.  Corners of a cell are numbered 0 lower left, 1 lower right, 2 upper right, 3 upper left;
   edge i goes from corner i to corner i + 1. */
typedef struct grid {
    const plot_field *field;
    const plot__page *page;
    double level;
    uint32_t *link; /* two for every edge of the grid: the edges that the contour goes to from there */
} grid;

static double node(const grid *g, size_t row, size_t column) { return g->field->z[row * g->field->columns + column]; }

static void place(const grid *g, double row, double column, double *x, double *y)
{
    const plot_field *f = g->field;
    const double fx = f->x_low + (f->x_high - f->x_low) * (column / (double)(f->columns - 1));
    const double fy = f->y_low + (f->y_high - f->y_low) * (row / (double)(f->rows - 1));
    *x = plot__ruler_position(&g->page->x, fx);
    *y = plot__ruler_position(&g->page->y, fy);
}

static bool cell(const grid *g, size_t row, size_t column, double z[4])
{
    z[0] = node(g, row, column);
    z[1] = node(g, row, column + 1);
    z[2] = node(g, row + 1, column + 1);
    z[3] = node(g, row + 1, column);
    return fabs(z[0]) <= PLOT__HUGE && fabs(z[1]) <= PLOT__HUGE && fabs(z[2]) <= PLOT__HUGE && fabs(z[3]) <= PLOT__HUGE;
}

/* Bit i: corner i is at or above the level. */
static unsigned inside(const grid *g, const double z[4])
{
    unsigned bits = 0;
    for (unsigned i = 0; i < 4; i++)
        bits |= (unsigned)(z[i] >= g->level) << i;
    return bits;
}

static bool is_saddle(unsigned bits) { return bits == 5 || bits == 10; }

static bool middle_is_inside(const grid *g, const double z[4])
{
    return z[0] / 4 + z[1] / 4 + z[2] / 4 + z[3] / 4 >= g->level;
}

static const double corner_row[5] = {0, 0, 1, 1, 0}, corner_column[5] = {0, 1, 1, 0, 0};

/* Where the contour crosses edge i of a cell, in rows and columns.  Always computed from the edge's lower left end, so
   that both cells of an edge get the same bits. */
static void crossing(const grid *g, size_t row, size_t column, const double z[4], unsigned edge, double *r, double *c)
{
    const unsigned a = edge < 2 ? edge : (edge + 1) % 4, b = edge < 2 ? edge + 1 : edge;
    const double t = (g->level - z[a]) / (z[b] - z[a]);
    *r = (double)row + corner_row[a] + t * (corner_row[b] - corner_row[a]);
    *c = (double)column + corner_column[a] + t * (corner_column[b] - corner_column[a]);
}

static void add_point(const grid *g, double r, double c, bool first)
{
    double x, y;
    place(g, r, c, &x, &y);
    if (first)
        cairo_move_to(g->page->cr, x, y);
    else
        cairo_line_to(g->page->cr, x, y);
}

/* The part of a cell that is inside, corners `from` up to `from + count`, as one polygon. */
static void add_polygon(const grid *g, size_t row, size_t column, const double z[4], unsigned from, unsigned count)
{
    const unsigned bits = inside(g, z);
    bool first = true;
    for (unsigned k = from; k < from + count; k++) {
        const unsigned i = k % 4, next = (k + 1) % 4;
        if (bits >> i & 1) {
            add_point(g, (double)row + corner_row[i], (double)column + corner_column[i], first);
            first = false;
        }
        if ((bits >> i & 1) != (bits >> next & 1)) {
            double r, c;
            crossing(g, row, column, z, i, &r, &c);
            add_point(g, r, c, first);
            first = false;
        }
    }
    if (!first)
        cairo_close_path(g->page->cr);
}

static void add_cell(const grid *g, size_t row, size_t column, const double z[4])
{
    const unsigned bits = inside(g, z);
    if (is_saddle(bits) && !middle_is_inside(g, z)) { /* two corners that don't touch: edges before and after each */
        const unsigned first = bits == 5 ? 0 : 1;
        add_polygon(g, row, column, z, first + 3, 2);
        add_polygon(g, row, column, z, first + 1, 2);
    } else {
        add_polygon(g, row, column, z, 0, 4);
    }
}

static void add_run(const grid *g, size_t row, size_t from, size_t to)
{
    if (from == to)
        return;
    add_point(g, (double)row, (double)from, true);
    add_point(g, (double)row, (double)to, false);
    add_point(g, (double)(row + 1), (double)to, false);
    add_point(g, (double)(row + 1), (double)from, false);
    cairo_close_path(g->page->cr);
}

/* Fills {z >= level}; runs of cells that are wholly inside become one rectangle. */
static void fill_above(const grid *g)
{
    for (size_t row = 0; row + 1 < g->field->rows; row++) {
        size_t start = 0;
        for (size_t column = 0; column + 1 < g->field->columns; column++) {
            double z[4];
            const bool whole = cell(g, row, column, z);
            const unsigned bits = whole ? inside(g, z) : 0;
            if (bits == 15)
                continue;
            add_run(g, row, start, column);
            start = column + 1;
            if (bits)
                add_cell(g, row, column, z);
        }
        add_run(g, row, start, g->field->columns - 1);
    }
    cairo_fill(g->page->cr);
}

/* The number of an edge of the grid: even along a row, odd along a column, both from their lower left node. */
static uint32_t edge_number(const grid *g, size_t row, size_t column, unsigned edge)
{
    const size_t r = row + (edge == 2), c = column + (edge == 1);
    return (uint32_t)(2 * (r * g->field->columns + c) + (edge % 2));
}

static void connect(const grid *g, uint32_t a, uint32_t b)
{
    g->link[2 * (size_t)a + (g->link[2 * (size_t)a] != NOWHERE)] = b;
    g->link[2 * (size_t)b + (g->link[2 * (size_t)b] != NOWHERE)] = a;
}

static void connect_cell(const grid *g, size_t row, size_t column, const double z[4])
{
    const unsigned bits = inside(g, z);
    uint32_t crossed[4];
    unsigned count = 0;
    for (unsigned i = 0; i < 4; i++)
        if ((bits >> i & 1) != (bits >> (i + 1) % 4 & 1))
            crossed[count++] = edge_number(g, row, column, i);
    if (count == 2) {
        connect(g, crossed[0], crossed[1]);
    } else if (count == 4) {
        /* Lines cut off corners 0 and 2, or 1 and 3: the ones that differ from the middle. */
        const bool even = (bits == 5) != middle_is_inside(g, z);
        connect(g, crossed[0], crossed[even ? 3 : 1]);
        connect(g, crossed[2], crossed[even ? 1 : 3]);
    }
}

static void add_edge_point(const grid *g, uint32_t edge, bool first)
{
    const size_t columns = g->field->columns, row = edge / 2 / columns, column = edge / 2 % columns;
    const bool up = edge % 2;
    const double a = node(g, row, column), b = up ? node(g, row + 1, column) : node(g, row, column + 1);
    const double t = (g->level - a) / (b - a);
    add_point(g, (double)row + (up ? t : 0.0), (double)column + (up ? 0.0 : t), first);
}

/* Follows a line from one of its edges to its end or around, taking its links away. */
static void trace(const grid *g, uint32_t start)
{
    uint32_t before = NOWHERE, at = start;
    add_edge_point(g, start, true);
    for (;;) {
        uint32_t *link = &g->link[2 * (size_t)at];
        const uint32_t next = link[0] != NOWHERE && link[0] != before ? link[0] : link[1] != before ? link[1] : NOWHERE;
        link[0] = link[1] = NOWHERE;
        if (next == NOWHERE)
            return;
        if (next == start) {
            cairo_close_path(g->page->cr);
            return;
        }
        before = at;
        at = next;
        add_edge_point(g, at, false);
    }
}

static void add_contour(const grid *g)
{
    const size_t edges = 2 * g->field->rows * g->field->columns;
    for (size_t i = 0; i < 2 * edges; i++)
        g->link[i] = NOWHERE;
    for (size_t row = 0; row + 1 < g->field->rows; row++)
        for (size_t column = 0; column + 1 < g->field->columns; column++) {
            double z[4];
            if (cell(g, row, column, z))
                connect_cell(g, row, column, z);
        }
    for (int loops = 0; loops < 2; loops++) /* lines with ends first, so that what is left are loops */
        for (size_t edge = 0; edge < edges; edge++)
            if (g->link[2 * edge] != NOWHERE && (loops || g->link[2 * edge + 1] == NOWHERE))
                trace(g, (uint32_t)edge);
}

/* The look of the contour at level k. */
static void set_contour(cairo_t *cr, int k)
{
    static const double dash[] = {3.0, 2.0};
    cairo_set_dash(cr, dash, k < 0 ? 2 : 0, 0.0);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_width(cr, k == 0 ? 1.8 : 0.5);
    if (k == 0)
        cairo_set_source_rgb(cr, 0.05, 0.05, 0.05);
    else
        cairo_set_source_rgb(cr, 0.42, 0.42, 0.42);
}

slope_status plot__field(const plot__page *page)
{
    cairo_t *cr = page->cr;
    const plot_field *field = page->figure->field;
    const plot__levels *levels = &page->levels;
    grid g = {.field = field, .page = page};
    g.link = malloc(4 * field->rows * field->columns * sizeof *g.link);
    if (!g.link)
        return SLOPE_ERR_MEMORY;
    cairo_save(cr);
    cairo_rectangle(cr, page->frame.x0, page->frame.y0, page->frame.x1 - page->frame.x0,
                    page->frame.y1 - page->frame.y0);
    cairo_clip(cr);
    for (int k = levels->lowest; k < levels->highest; k++) {
        g.level = k == levels->lowest ? -INFINITY : k * levels->step;
        plot__set_color(cr, band_color(levels, k));
        fill_above(&g);
    }
    for (int k = levels->lowest + 1; k < levels->highest; k++) {
        g.level = k * levels->step;
        set_contour(cr, k);
        add_contour(&g);
        cairo_stroke(cr);
    }
    cairo_restore(cr);
    free(g.link);
    return SLOPE_OK;
}

void plot__zero_sample(cairo_t *cr, double x, double y, double width)
{
    set_contour(cr, 0);
    cairo_move_to(cr, x, y);
    cairo_line_to(cr, x + width, y);
    cairo_stroke(cr);
}

static int label_every(const plot__levels *levels, double height)
{
    int every = 1;
    while ((levels->highest - levels->lowest) / every > height / (1.6 * PLOT__FONT_SMALL))
        every++;
    return every;
}

double plot__color_bar_width(cairo_t *cr, const plot__page *page)
{
    const plot__levels *levels = &page->levels;
    double widest = 0.0;
    plot__font(cr, PLOT__FONT_SMALL, false);
    for (int k = levels->lowest; k <= levels->highest; k++) {
        char text[32];
        plot__number_text(k * levels->step, levels->step, sizeof text, text);
        widest = fmax(widest, plot__text_width(cr, text));
    }
    return BAR_WIDTH + 5.0 + widest + (page->figure->field->name ? PLOT__FONT + 7.0 : 0.0);
}

/* The bar with its name, the numbers of the levels, and the contour lines as they are drawn in the field. */
void plot__color_bar(const plot__page *page, plot__box box)
{
    cairo_t *cr = page->cr;
    const plot__levels *levels = &page->levels;
    const double height = box.y1 - box.y0, part = height / (levels->highest - levels->lowest);
    const int every = label_every(levels, height);
    plot__font(cr, PLOT__FONT_SMALL, false);
    for (int k = levels->lowest; k <= levels->highest; k++) {
        const double y = box.y1 - part * (k - levels->lowest);
        if (k < levels->highest) { /* up to the top, so that no seam shows between bands */
            plot__set_color(cr, band_color(levels, k));
            cairo_rectangle(cr, box.x0, box.y0, BAR_WIDTH, y - box.y0);
            cairo_fill(cr);
        }
        if (k > levels->lowest && k < levels->highest) {
            set_contour(cr, k);
            cairo_move_to(cr, box.x0, y);
            cairo_line_to(cr, box.x0 + BAR_WIDTH, y);
            cairo_stroke(cr);
        }
        if (k % every == 0) {
            char text[32];
            plot__number_text(k * levels->step, levels->step, sizeof text, text);
            cairo_set_source_rgb(cr, 0, 0, 0);
            plot__text(cr, text, box.x0 + BAR_WIDTH + 4.0, y, 0.0, 0.5);
        }
    }
    cairo_set_dash(cr, NULL, 0, 0.0);
    cairo_set_source_rgb(cr, 0.2, 0.2, 0.2);
    cairo_set_line_width(cr, 0.6);
    cairo_rectangle(cr, box.x0, box.y0, BAR_WIDTH, height);
    cairo_stroke(cr);
    if (!page->figure->field->name)
        return;
    cairo_save(cr);
    cairo_translate(cr, box.x1 - PLOT__FONT, (box.y0 + box.y1) / 2);
    cairo_rotate(cr, -1.5707963267948966);
    plot__font(cr, PLOT__FONT, false);
    cairo_set_source_rgb(cr, 0, 0, 0);
    plot__text(cr, page->figure->field->name, 0.0, 0.0, 0.5, 0.0);
    cairo_restore(cr);
}
