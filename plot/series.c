/* SPDX-License-Identifier: MIT */
/*
 * Lines, markers and guides.  Colours are Okabe and Ito's (2008), ordered so that neighbours differ in lightness too;
 * dashes and markers all differ, so that a series can be told without any colour.
 */
#include "draw.h"

#include <math.h>
#include <stdint.h>

#define MARKER_RADIUS 2.6
#define MARKER_DISTANCE 12.0 /* of markers on a line */
#define LINE_WIDTH 1.3

static const plot__color palette[PLOT__STYLES] = {
    {0.000, 0.447, 0.698}, /* blue */
    {0.835, 0.369, 0.000}, /* vermillion */
    {0.000, 0.620, 0.451}, /* bluish green */
    {0.800, 0.475, 0.655}, /* reddish purple */
    {0.000, 0.000, 0.000}, /* black */
    {0.902, 0.624, 0.000}, /* orange */
    {0.337, 0.706, 0.914}, /* sky blue */
    {0.450, 0.420, 0.050}, /* olive, for Okabe and Ito's yellow, which can't be seen on white */
};

static const struct {
    int count;
    double length[6];
} dashes[PLOT__STYLES] = {
    {0, {0}},      {2, {5, 2}}, {4, {6, 1.8, 1.2, 1.8}}, {2, {1.4, 1.6}}, {6, {6, 1.6, 1.2, 1.6, 1.2, 1.6}},
    {2, {9, 2.5}}, {2, {3, 3}}, {4, {9, 2, 3, 2}},
};

/* Corners of markers as (x, y) in units of the radius, y upwards; count 0: a circle. */
static const struct {
    int count;
    bool open; /* strokes between pairs of corners instead of a filled shape */
    double corner[8][2];
} markers[PLOT__STYLES] = {
    {0, false, {{0}}},
    {4, false, {{-0.9, -0.9}, {0.9, -0.9}, {0.9, 0.9}, {-0.9, 0.9}}},
    {3, false, {{-1.1, -0.8}, {1.1, -0.8}, {0, 1.2}}},
    {4, false, {{0, -1.3}, {1.1, 0}, {0, 1.3}, {-1.1, 0}}},
    {4, true, {{-0.9, -0.9}, {0.9, 0.9}, {-0.9, 0.9}, {0.9, -0.9}}},
    {3, false, {{-1.1, 0.8}, {1.1, 0.8}, {0, -1.2}}},
    {4, true, {{-1.2, 0}, {1.2, 0}, {0, -1.2}, {0, 1.2}}},
    {6, false, {{-0.6, -1}, {0.6, -1}, {1.2, 0}, {0.6, 1}, {-0.6, 1}, {-1.2, 0}}},
};

void plot__set_color(cairo_t *cr, plot__color color) { cairo_set_source_rgb(cr, color.red, color.green, color.blue); }

static size_t style_of(const plot_series *series, size_t index)
{
    return (series->style ? series->style - 1 : index) % PLOT__STYLES;
}

/* Liang and Barsky's clipping: cairo's coordinates are fixed-point and wrap around far outside the page. */
bool plot__clip(plot__box box, plot__line *line)
{
    const double dx = line->x1 - line->x0, dy = line->y1 - line->y0;
    const double step[4] = {-dx, dx, -dy, dy};
    const double room[4] = {line->x0 - box.x0, box.x1 - line->x0, line->y0 - box.y0, box.y1 - line->y0};
    double enter = 0.0, leave = 1.0;
    for (int side = 0; side < 4; side++) {
        if (step[side] == 0.0 && room[side] < 0.0)
            return false;
        if (step[side] < 0.0)
            enter = fmax(enter, room[side] / step[side]);
        if (step[side] > 0.0)
            leave = fmin(leave, room[side] / step[side]);
    }
    if (!(enter <= leave))
        return false;
    *line = (plot__line){line->x0 + enter * dx, line->y0 + enter * dy, line->x0 + leave * dx, line->y0 + leave * dy};
    return true;
}

/* The position of a point; false for a gap. */
bool plot__series_point(const plot__page *page, const plot_series *series, size_t i, double *x, double *y)
{
    *x = plot__ruler_position(&page->x, plot__ruler_place(&page->x, series->x[i]));
    *y = plot__ruler_position(&page->y, plot__ruler_place(&page->y, series->y[i]));
    return isfinite(*x) && isfinite(*y);
}

static void set_line(cairo_t *cr, size_t style)
{
    plot__set_color(cr, palette[style]);
    cairo_set_line_width(cr, LINE_WIDTH);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_BUTT);
    cairo_set_dash(cr, dashes[style].length, dashes[style].count, 0.0);
}

static void draw_line(const plot__page *page, const plot_series *series, size_t style)
{
    const plot__box box = {page->frame.x0 - 20, page->frame.y0 - 20, page->frame.x1 + 20, page->frame.y1 + 20};
    double last_x = NAN, last_y = NAN, pen_x = NAN, pen_y = NAN;
    set_line(page->cr, style);
    for (size_t i = 0; i < series->n; i++) {
        double x, y;
        if (!plot__series_point(page, series, i, &x, &y))
            x = y = NAN;
        plot__line line = {last_x, last_y, x, y};
        if (!isnan(x) && !isnan(last_x) && plot__clip(box, &line)) {
            if (!(line.x0 == pen_x && line.y0 == pen_y))
                cairo_move_to(page->cr, line.x0, line.y0);
            cairo_line_to(page->cr, line.x1, line.y1);
            pen_x = line.x1;
            pen_y = line.y1;
        }
        last_x = x;
        last_y = y;
    }
    cairo_stroke(page->cr);
    cairo_set_dash(page->cr, NULL, 0, 0.0);
}

/* A marker with a thin white edge, which keeps neighbours and dark fields apart from it. */
static void draw_marker(cairo_t *cr, size_t style, double x, double y, double radius)
{
    cairo_new_path(cr);
    if (markers[style].count == 0)
        cairo_arc(cr, x, y, radius, 0.0, 6.283185307179586);
    for (int i = 0; i < markers[style].count; i++) {
        const double px = x + radius * markers[style].corner[i][0], py = y - radius * markers[style].corner[i][1];
        if (i == 0 || (markers[style].open && i % 2 == 0))
            cairo_move_to(cr, px, py);
        else
            cairo_line_to(cr, px, py);
    }
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_MITER);
    if (markers[style].open) {
        cairo_set_source_rgb(cr, 1, 1, 1);
        cairo_set_line_width(cr, 2.6);
        cairo_stroke_preserve(cr);
        plot__set_color(cr, palette[style]);
        cairo_set_line_width(cr, 1.4);
        cairo_stroke(cr);
        return;
    }
    cairo_close_path(cr);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_set_line_width(cr, 1.4);
    cairo_stroke_preserve(cr);
    plot__set_color(cr, palette[style]);
    cairo_fill(cr);
}

/* Markers are not clipped, so that those on the frame are whole; those with a centre outside are left out. */
static void draw_markers(const plot__page *page, const plot_series *series, size_t style)
{
    const double slack = 0.5;
    double last_x = NAN, last_y = NAN;
    for (size_t i = 0; i < series->n; i++) {
        double x, y;
        if (!plot__series_point(page, series, i, &x, &y))
            continue;
        if (x < page->frame.x0 - slack || x > page->frame.x1 + slack || y < page->frame.y0 - slack ||
            y > page->frame.y1 + slack)
            continue;
        if (series->kind == PLOT_LINE_MARKERS && hypot(x - last_x, y - last_y) < MARKER_DISTANCE)
            continue;
        draw_marker(page->cr, style, x, y, series->kind == PLOT_POINTS ? 1.1 * MARKER_RADIUS : MARKER_RADIUS);
        last_x = x;
        last_y = y;
    }
}

void plot__series(const plot__page *page)
{
    cairo_t *cr = page->cr;
    for (size_t k = 0; k < page->figure->series_count; k++) {
        const plot_series *series = &page->figure->series[k];
        if (series->kind == PLOT_POINTS)
            continue;
        cairo_save(cr);
        cairo_rectangle(cr, page->frame.x0, page->frame.y0, page->frame.x1 - page->frame.x0,
                        page->frame.y1 - page->frame.y0);
        cairo_clip(cr);
        draw_line(page, series, style_of(series, k));
        cairo_restore(cr);
    }
    for (size_t k = 0; k < page->figure->series_count; k++) {
        const plot_series *series = &page->figure->series[k];
        if (series->kind != PLOT_LINE)
            draw_markers(page, series, style_of(series, k));
    }
}

/* What the legend shows of a series: `width` of it around (x + width/2, y). */
void plot__series_sample(cairo_t *cr, const plot_series *series, size_t index, double x, double y, double width)
{
    const size_t style = style_of(series, index);
    if (series->kind != PLOT_POINTS) {
        set_line(cr, style);
        cairo_move_to(cr, x, y);
        cairo_line_to(cr, x + width, y);
        cairo_stroke(cr);
        cairo_set_dash(cr, NULL, 0, 0.0);
    }
    if (series->kind != PLOT_LINE)
        draw_marker(cr, style, x + width / 2, y, MARKER_RADIUS);
}

/* Upright words would cross many curves; these lie at one end of their line, on the side where they hide the least. */
static void draw_guide_label(const plot__page *page, const plot_guide *guide, double at)
{
    cairo_t *cr = page->cr;
    const plot__box *frame = &page->frame;
    plot__font(cr, PLOT__FONT_SMALL, false);
    const double width = plot__text_width(cr, guide->label), height = PLOT__FONT_SMALL;
    size_t least = SIZE_MAX;
    double best_x = 0.0, best_y = 0.0;
    for (int i = 0; i < 4; i++) {
        const bool far = i & 1, other = i & 2;
        const double x = guide->vertical ? (other ? at - 4 - width : at + 4)
                         : far           ? frame->x0 + 5
                                         : frame->x1 - 5 - width;
        const double y = guide->vertical ? (far ? frame->y1 - 5 - height : frame->y0 + 5)
                         : other         ? at + 3
                                         : at - 3 - height;
        const plot__box box = {x - 2, y - 2, x + width + 2, y + height + 2};
        size_t cost = plot__hidden(page, box);
        if (box.x0 < frame->x0 || box.x1 > frame->x1 || box.y0 < frame->y0 || box.y1 > frame->y1)
            cost += SIZE_MAX / 2; /* only if there is no other way */
        if (cost < least) {
            least = cost;
            best_x = x;
            best_y = y;
        }
    }
    plot__text(cr, guide->label, best_x, best_y, 0.0, 0.0);
}

void plot__guides(const plot__page *page)
{
    cairo_t *cr = page->cr;
    const plot__box *frame = &page->frame;
    static const double dash[] = {1.0, 2.0};
    for (size_t i = 0; i < page->figure->guide_count; i++) {
        const plot_guide *guide = &page->figure->guide[i];
        const plot__ruler *ruler = guide->vertical ? &page->x : &page->y;
        const double place = plot__ruler_place(ruler, guide->at);
        if (!(place >= ruler->low && place <= ruler->high))
            continue;
        const double at = plot__ruler_position(ruler, place);
        cairo_set_source_rgb(cr, 0.25, 0.25, 0.25);
        cairo_set_line_width(cr, 0.9);
        cairo_set_dash(cr, dash, 2, 0.0);
        cairo_move_to(cr, guide->vertical ? at : frame->x0, guide->vertical ? frame->y0 : at);
        cairo_line_to(cr, guide->vertical ? at : frame->x1, guide->vertical ? frame->y1 : at);
        cairo_stroke(cr);
        cairo_set_dash(cr, NULL, 0, 0.0);
        if (guide->label)
            draw_guide_label(page, guide, at);
    }
}
