/* SPDX-License-Identifier: MIT */
/*
 * Layout and axes.  Margins are what the texts in them need; since the number of ticks depends on the frame and the
 * frame on the width of their texts, heights are settled first, then the left margin, then the x axis.
 */
#include "draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TICK 3.5
#define EDGE 8.0 /* free on every side */

plot_figure plot_figure_default(void)
{
    plot_figure figure;
    memset(&figure, 0, sizeof figure);
    figure.width = 468.0;
    figure.height = 312.0;
    figure.png_scale = 2.0;
    return figure;
}

/* ------------------------------------------------------------------------------------------------------- ranges */

static void include(const plot__ruler *ruler, double number, double *low, double *high)
{
    const double place = plot__ruler_place(ruler, number);
    if (isfinite(place)) {
        *low = fmin(*low, place);
        *high = fmax(*high, place);
    }
}

static void set_ranges(plot__page *page)
{
    const plot_figure *figure = page->figure;
    double x0 = INFINITY, x1 = -INFINITY, y0 = INFINITY, y1 = -INFINITY;
    page->x.scale = figure->x.scale;
    page->y.scale = figure->y.scale;
    page->x.zero = figure->x.zero_at > 0.0 ? log10(figure->x.zero_at) : NAN;
    page->y.zero = figure->y.zero_at > 0.0 ? log10(figure->y.zero_at) : NAN;
    for (size_t k = 0; k < figure->series_count; k++) {
        const plot_series *series = &figure->series[k];
        for (size_t i = 0; i < series->n; i++)
            if (isfinite(plot__ruler_place(&page->x, series->x[i])) &&
                isfinite(plot__ruler_place(&page->y, series->y[i]))) {
                include(&page->x, series->x[i], &x0, &x1);
                include(&page->y, series->y[i], &y0, &y1);
            }
    }
    const plot_field *field = figure->field;
    if (field) { /* the field is the figure: points outside it are cut off */
        x0 = field->x_low;
        x1 = field->x_high;
        y0 = field->y_low;
        y1 = field->y_high;
    }
    plot__ruler_range(&page->x, &figure->x, x0, x1, field != NULL);
    plot__ruler_range(&page->y, &figure->y, y0, y1, field != NULL);
}

/* ------------------------------------------------------------------------------------------------------- layout */

static double widest_tick(const plot__page *page, const plot__ruler *ruler)
{
    double widest = 0.0;
    plot__font(page->cr, PLOT__FONT_SMALL, false);
    for (size_t i = 0; i < ruler->ticks; i++)
        widest = fmax(widest, plot__power_width(page->cr, ruler->tick[i].text, ruler->tick[i].power));
    return widest;
}

static void set_ticks(plot__page *page)
{
    const double width = page->frame.x1 - page->frame.x0, height = page->frame.y1 - page->frame.y0;
    plot__ruler_ticks(&page->y, height, 34.0);
    for (double spacing = 48.0; spacing < 400.0; spacing *= 1.4) {
        plot__ruler_ticks(&page->x, width, spacing);
        if (widest_tick(page, &page->x) < 0.85 * spacing)
            break;
    }
    page->x.start = page->frame.x0;
    page->x.length = width;
    page->y.start = page->frame.y1;
    page->y.length = -height;
}

/* Shrinks the frame to what makes a unit equally long on both axes; the freed room is left and right, or below. */
static void make_equal(plot__page *page)
{
    plot__box *frame = &page->frame;
    const double width = frame->x1 - frame->x0, height = frame->y1 - frame->y0;
    const double x_range = page->x.high - page->x.low, y_range = page->y.high - page->y.low;
    const double unit = fmin(width / x_range, height / y_range);
    const double left = (width - unit * x_range) / 2;
    frame->x0 += left;
    frame->x1 = frame->x0 + unit * x_range;
    frame->y1 = frame->y0 + unit * y_range;
}

/* The room on the right of the frame that the legend outside and the colour bar take. */
static double side_width(const plot__page *page, const plot__legend *legend)
{
    const double words = legend->entries && legend->outside ? legend->width : 0.0;
    const double bar = page->figure->field ? plot__color_bar_width(page->cr, page) : 0.0;
    const double side = fmax(words, bar);
    return side > 0.0 ? side + 10.0 : 0.0;
}

static void lay_out(plot__page *page, const plot__legend *legend)
{
    const plot_figure *figure = page->figure;
    plot__box *frame = &page->frame;
    frame->y0 = EDGE + (figure->title ? PLOT__FONT_TITLE + 6.0 : 2.0);
    frame->y1 = figure->height - EDGE - TICK - 4.0 - PLOT__FONT_SMALL - (figure->x.label ? PLOT__FONT + 5.0 : 0.0);
    plot__ruler_ticks(&page->y, frame->y1 - frame->y0, 34.0);
    if (page->y.factor)
        frame->y0 += PLOT__FONT_SMALL + 5.0;
    const double left = TICK + 4.0 + widest_tick(page, &page->y) + (figure->y.label ? PLOT__FONT + 7.0 : 0.0);
    frame->x0 = EDGE + left;
    frame->x1 = fmax(frame->x0 + 20.0, figure->width - EDGE - 6.0 - side_width(page, legend));
    if (figure->equal_axes)
        make_equal(page);
    set_ticks(page);
    if (page->x.factor) { /* "x10^k" stands after the last number */
        frame->x1 -= 14.0;
        set_ticks(page);
    }
}

/* --------------------------------------------------------------------------------------------------------- axes */

static void draw_grid(const plot__page *page)
{
    cairo_t *cr = page->cr;
    cairo_set_line_width(cr, 0.5);
    cairo_set_source_rgb(cr, 0.88, 0.88, 0.88);
    for (size_t i = 0; i < page->x.ticks; i++)
        if (page->x.tick[i].major) {
            const double x = plot__ruler_position(&page->x, page->x.tick[i].at);
            cairo_move_to(cr, x, page->frame.y0);
            cairo_line_to(cr, x, page->frame.y1);
        }
    for (size_t i = 0; i < page->y.ticks; i++)
        if (page->y.tick[i].major) {
            const double y = plot__ruler_position(&page->y, page->y.tick[i].at);
            cairo_move_to(cr, page->frame.x0, y);
            cairo_line_to(cr, page->frame.x1, y);
        }
    cairo_stroke(cr);
}

static void draw_x_ticks(const plot__page *page)
{
    cairo_t *cr = page->cr;
    const plot__box *frame = &page->frame;
    for (size_t i = 0; i < page->x.ticks; i++) {
        const plot__tick *tick = &page->x.tick[i];
        const double x = plot__ruler_position(&page->x, tick->at);
        cairo_move_to(cr, x, frame->y1);
        cairo_line_to(cr, x, frame->y1 + (tick->major ? TICK : 0.6 * TICK));
        cairo_stroke(cr);
        if (*tick->text)
            plot__power(cr, tick->text, tick->power, x, frame->y1 + TICK + 4.0, 0.5, 0.0);
    }
    if (page->x.factor) {
        char power[16];
        snprintf(power, sizeof power, "%s%d", page->x.factor < 0 ? "\xe2\x88\x92" : "",
                 page->x.factor < 0 ? -page->x.factor : page->x.factor);
        plot__power(cr,
                    "\xc3\x97"
                    "10",
                    power, page->figure->width - 3.0, frame->y1 - 1.0, 1.0, 1.0);
    }
}

static void draw_y_ticks(const plot__page *page)
{
    cairo_t *cr = page->cr;
    const plot__box *frame = &page->frame;
    for (size_t i = 0; i < page->y.ticks; i++) {
        const plot__tick *tick = &page->y.tick[i];
        const double y = plot__ruler_position(&page->y, tick->at);
        cairo_move_to(cr, frame->x0, y);
        cairo_line_to(cr, frame->x0 - (tick->major ? TICK : 0.6 * TICK), y);
        cairo_stroke(cr);
        if (*tick->text)
            plot__power(cr, tick->text, tick->power, frame->x0 - TICK - 3.0, y, 1.0, 0.5);
    }
    if (page->y.factor) {
        char power[16];
        snprintf(power, sizeof power, "%s%d", page->y.factor < 0 ? "\xe2\x88\x92" : "",
                 page->y.factor < 0 ? -page->y.factor : page->y.factor);
        plot__power(cr,
                    "\xc3\x97"
                    "10",
                    power, frame->x0 - TICK, frame->y0 - 5.0, 0.0, 1.0);
    }
}

/* Two strokes through an axis between its "0" and its first power of ten: there the scale is broken. */
static void draw_break(const plot__page *page, const plot__ruler *ruler, bool vertical)
{
    cairo_t *cr = page->cr;
    if (isnan(ruler->zero) || ruler->zero < ruler->low || ruler->zero > ruler->high)
        return;
    const double middle = plot__ruler_position(ruler, fmin(ruler->zero + 0.35, ruler->high));
    for (int i = -1; i <= 1; i += 2) {
        const double at = middle + 1.3 * i;
        const double x = vertical ? page->frame.x0 : at, y = vertical ? at : page->frame.y1;
        cairo_move_to(cr, x - 3.0, y + (vertical ? 1.5 : 3.0));
        cairo_line_to(cr, x + 3.0, y - (vertical ? 1.5 : 3.0));
    }
    cairo_stroke(cr);
}

/* "label (unit)" in `text`. */
static void axis_label(const plot_axis *axis, size_t size, char text[])
{
    if (axis->unit)
        snprintf(text, size, "%s (%s)", axis->label, axis->unit);
    else
        snprintf(text, size, "%s", axis->label);
}

/* A text on one line, its font made smaller if it is too long. */
static void draw_fitting(cairo_t *cr, const char *text, double font, bool bold, double room, double align_y)
{
    plot__font(cr, font, bold);
    const double width = plot__text_width(cr, text);
    if (width > room)
        plot__font(cr, fmax(3.0, font * room / width), bold);
    plot__text(cr, text, 0.0, 0.0, 0.5, align_y);
}

static void draw_labels(const plot__page *page)
{
    cairo_t *cr = page->cr;
    const plot_figure *figure = page->figure;
    const plot__box *frame = &page->frame;
    const double middle_x = (frame->x0 + frame->x1) / 2, middle_y = (frame->y0 + frame->y1) / 2;
    char text[512];
    if (figure->x.label) {
        axis_label(&figure->x, sizeof text, text);
        cairo_save(cr);
        cairo_translate(cr, middle_x, frame->y1 + TICK + 4.0 + PLOT__FONT_SMALL + 4.0);
        draw_fitting(cr, text, PLOT__FONT, false, figure->width - 2 * EDGE, 0.0);
        cairo_restore(cr);
    }
    if (figure->y.label) {
        axis_label(&figure->y, sizeof text, text);
        cairo_save(cr);
        cairo_translate(cr, frame->x0 - TICK - 3.0 - widest_tick(page, &page->y) - 8.0, middle_y);
        cairo_rotate(cr, -1.5707963267948966);
        draw_fitting(cr, text, PLOT__FONT, false, figure->height - 2 * EDGE, 1.0);
        cairo_restore(cr);
    }
    if (figure->title) {
        cairo_save(cr);
        cairo_translate(cr, figure->equal_axes ? middle_x : fmin(middle_x, figure->width / 2), EDGE);
        plot__font(cr, PLOT__FONT_TITLE, true);
        const double room = 2 * fmin(middle_x, figure->width - middle_x) - EDGE;
        draw_fitting(cr, figure->title, PLOT__FONT_TITLE, true, fmax(room, 40.0), 0.0);
        cairo_restore(cr);
    }
}

static void draw_axes(const plot__page *page)
{
    cairo_t *cr = page->cr;
    const plot__box *frame = &page->frame;
    cairo_set_source_rgb(cr, 0.1, 0.1, 0.1);
    cairo_set_line_width(cr, 0.8);
    cairo_rectangle(cr, frame->x0, frame->y0, frame->x1 - frame->x0, frame->y1 - frame->y0);
    cairo_stroke(cr);
    plot__font(cr, PLOT__FONT_SMALL, false);
    draw_x_ticks(page);
    draw_y_ticks(page);
    draw_break(page, &page->x, false);
    draw_break(page, &page->y, true);
    cairo_set_source_rgb(cr, 0, 0, 0);
    draw_labels(page);
}

/* What stands right of the frame: legend above, colour bar below. */
static void draw_side(const plot__page *page, const plot__legend *legend)
{
    const plot__box *frame = &page->frame;
    const double x = frame->x1 + 10.0;
    double y = frame->y0;
    if (legend->entries && legend->outside) {
        plot__legend_draw(page, legend, x, y);
        y += legend->height + 8.0;
    }
    if (page->figure->field) {
        const double width = plot__color_bar_width(page->cr, page);
        const plot__box bar = {x + 4.0, fmin(y + 4.0, frame->y1 - 40.0), x + 4.0 + width, frame->y1};
        plot__color_bar(page, bar);
    }
}

slope_status plot__figure_draw(const plot_figure *figure, cairo_t *cr)
{
    plot__page page = {.figure = figure, .cr = cr};
    slope_status status = SLOPE_OK;
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_paint(cr);
    if (figure->field)
        page.levels = plot__field_levels(figure->field);
    set_ranges(&page);
    plot__legend legend = plot__legend_measure(&page);
    lay_out(&page, &legend);
    if (legend.entries && !legend.outside) {
        plot__legend_find_corner(&page, &legend);
        if (legend.outside)
            lay_out(&page, &legend);
    }
    if (figure->field)
        status = plot__field(&page);
    else if (!figure->no_grid)
        draw_grid(&page);
    plot__guides(&page);
    draw_axes(&page);
    plot__series(&page);
    if (legend.entries && !legend.outside)
        plot__legend_draw(&page, &legend, legend.x, legend.y);
    draw_side(&page, &legend);
    return status;
}
