/* SPDX-License-Identifier: MIT */
/*
 * The legend: in a corner of the frame where nothing is drawn, or outside on the right when every corner is taken or
 * there is a field, which fills them all.
 */
#include "draw.h"

#include <math.h>

#define SAMPLE 24.0
#define GAP 5.0
#define ROW 12.5
#define PADDING 4.0
#define INSET 6.0

plot__legend plot__legend_measure(const plot__page *page)
{
    const plot_figure *figure = page->figure;
    plot__legend legend = {0};
    double widest = 0.0;
    if (figure->legend == PLOT_LEGEND_NONE)
        return legend;
    plot__font(page->cr, PLOT__FONT_SMALL, false);
    for (size_t k = 0; k < figure->series_count; k++)
        if (figure->series[k].name) {
            legend.entries++;
            widest = fmax(widest, plot__text_width(page->cr, figure->series[k].name));
        }
    if (figure->field && figure->field->zero_name) {
        legend.entries++;
        widest = fmax(widest, plot__text_width(page->cr, figure->field->zero_name));
    }
    legend.width = 2 * PADDING + SAMPLE + GAP + widest;
    legend.height = 2 * PADDING + ROW * (double)legend.entries - (ROW - PLOT__FONT_SMALL);
    legend.outside = figure->legend == PLOT_LEGEND_OUTSIDE || figure->field;
    return legend;
}

/* How much of the series a box would hide: points in it and pieces of line that cross it. */
size_t plot__hidden(const plot__page *page, plot__box box)
{
    size_t count = 0;
    for (size_t k = 0; k < page->figure->series_count; k++) {
        const plot_series *series = &page->figure->series[k];
        double last_x = NAN, last_y = NAN;
        for (size_t i = 0; i < series->n; i++) {
            double x, y;
            const bool real = plot__series_point(page, series, i, &x, &y);
            if (!real)
                x = y = NAN;
            plot__line line = {x, y, x, y};
            if (series->kind != PLOT_POINTS && real && !isnan(last_x))
                line = (plot__line){last_x, last_y, x, y};
            count += real && plot__clip(box, &line);
            last_x = x;
            last_y = y;
        }
    }
    return count;
}

static bool crosses_guide(const plot__page *page, plot__box box)
{
    bool crosses = false;
    for (size_t i = 0; i < page->figure->guide_count; i++) {
        const plot_guide *guide = &page->figure->guide[i];
        const plot__ruler *ruler = guide->vertical ? &page->x : &page->y;
        const double at = plot__ruler_position(ruler, plot__ruler_place(ruler, guide->at));
        crosses |= guide->vertical ? at > box.x0 && at < box.x1 : at > box.y0 && at < box.y1;
    }
    return crosses;
}

void plot__legend_find_corner(const plot__page *page, plot__legend *legend)
{
    const plot__box frame = page->frame;
    const double left = frame.x0 + INSET, right = frame.x1 - INSET - legend->width;
    const double top = frame.y0 + INSET, bottom = frame.y1 - INSET - legend->height;
    const double corner[4][2] = {{right, top}, {left, top}, {right, bottom}, {left, bottom}};
    for (int i = 0; i < 4; i++) {
        const double x = corner[i][0], y = corner[i][1];
        const plot__box box = {x - 3, y - 3, x + legend->width + 3, y + legend->height + 3};
        if (box.x0 < frame.x0 || box.y0 < frame.y0 || box.x1 > frame.x1 || box.y1 > frame.y1 ||
            plot__hidden(page, box) || crosses_guide(page, box))
            continue;
        legend->x = x;
        legend->y = y;
        return;
    }
    legend->outside = true;
}

void plot__legend_draw(const plot__page *page, const plot__legend *legend, double x, double y)
{
    cairo_t *cr = page->cr;
    const plot_figure *figure = page->figure;
    if (!legend->outside) { /* grid lines stop before the words */
        cairo_set_source_rgb(cr, 1, 1, 1);
        cairo_rectangle(cr, x, y, legend->width, legend->height);
        cairo_fill(cr);
    }
    double row = y + PADDING + PLOT__FONT_SMALL / 2;
    plot__font(cr, PLOT__FONT_SMALL, false);
    for (size_t k = 0; k < figure->series_count; k++) {
        const plot_series *series = &figure->series[k];
        if (!series->name)
            continue;
        plot__series_sample(cr, series, k, x + PADDING, row, SAMPLE);
        cairo_set_source_rgb(cr, 0, 0, 0);
        plot__text(cr, series->name, x + PADDING + SAMPLE + GAP, row, 0.0, 0.5);
        row += ROW;
    }
    if (figure->field && figure->field->zero_name) {
        plot__zero_sample(cr, x + PADDING, row, SAMPLE);
        cairo_set_source_rgb(cr, 0, 0, 0);
        plot__text(cr, figure->field->zero_name, x + PADDING + SAMPLE + GAP, row, 0.0, 0.5);
    }
}
