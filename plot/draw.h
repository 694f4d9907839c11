/* SPDX-License-Identifier: MIT */
/*
 * What the files of plot/ share.  Lengths are points of 1/72 inch, y grows downwards as in cairo.
 *
 *     figure.c   checks a figure, lays it out, draws it          series.c   lines, markers, guides
 *     axis.c     ranges, ticks, positions                        field.c    bands, contour lines, colour bar
 *     text.c     words and powers of ten                         legend.c   where it goes, and its entries
 *     write.c    surface to bytes                                file.c     bytes to file, whole or not at all
 */
#ifndef SLOPE_PLOT_DRAW_H
#define SLOPE_PLOT_DRAW_H

#include <stdbool.h>
#include <stddef.h>

#include <cairo.h>

#include "plot.h"

#define PLOT__TICKS 160
#define PLOT__FONT 9.0
#define PLOT__FONT_SMALL 8.0
#define PLOT__FONT_TITLE 10.5
#define PLOT__STYLES 8
/* Numbers on linear axes beyond this are gaps: the length of an axis must stay a finite number. */
#define PLOT__HUGE 1e300

typedef struct plot__box {
    double x0, y0, x1, y1; /* x0 <= x1, y0 <= y1 */
} plot__box;

/* A line segment from (x0, y0) to (x1, y1). */
typedef struct plot__line {
    double x0, y0, x1, y1;
} plot__line;

typedef struct plot__color {
    double red, green, blue;
} plot__color;

/* "10" with power "-8" is drawn as a power of ten; power "" for plain text. */
typedef struct plot__tick {
    double at; /* place along the axis: the number, or its log10 */
    bool major;
    char text[28], power[8];
} plot__tick;

/* An axis as it is drawn. */
typedef struct plot__ruler {
    plot_scale scale;
    double low, high;     /* ends: the numbers, or their log10 */
    double zero;          /* log10 of zero_at; NaN: there is none */
    double start, length; /* position of `low`, and the signed way from there to `high` */
    int factor;           /* tick texts are to be multiplied by 10^factor */
    size_t ticks;
    plot__tick tick[PLOT__TICKS];
} plot__ruler;

/* Levels of a field: multiples k * step of it for k = lowest ... highest, which enclose all of its numbers. */
typedef struct plot__levels {
    double step;
    int lowest, highest, limit; /* bands beyond +-limit have the colour of the last one */
} plot__levels;

/* Everything that is known while a figure is drawn. */
typedef struct plot__page {
    const plot_figure *figure;
    cairo_t *cr;
    plot__ruler x, y;
    plot__box frame;     /* around the data */
    plot__levels levels; /* where there is a field */
} plot__page;

/* Fills *error (may be NULL) and returns `status`. */
slope_status plot__fail(slope_error *error, slope_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* axis.c */
void plot__ruler_range(plot__ruler *ruler, const plot_axis *axis, double low, double high, bool tight);
void plot__ruler_ticks(plot__ruler *ruler, double length, double spacing);
double plot__ruler_place(const plot__ruler *ruler, double number); /* NaN: a gap */
double plot__ruler_position(const plot__ruler *ruler, double place);
double plot__nice_step(double at_least); /* the next 1, 2 or 5 times a power of ten */
void plot__number_text(double number, double step, size_t size, char text[]);

/* text.c; x and y name the point that the text is aligned to: 0 left or top, 0.5 the middle, 1 right or bottom */
void plot__font(cairo_t *cr, double size, bool bold);
double plot__text_width(cairo_t *cr, const char *text);
void plot__text(cairo_t *cr, const char *text, double x, double y, double align_x, double align_y);
double plot__power_width(cairo_t *cr, const char *text, const char *power);
void plot__power(cairo_t *cr, const char *text, const char *power, double x, double y, double align_x, double align_y);

/* series.c */
void plot__series(const plot__page *page);
void plot__guides(const plot__page *page);
bool plot__series_point(const plot__page *page, const plot_series *series, size_t i, double *x, double *y);
void plot__series_sample(cairo_t *cr, const plot_series *series, size_t index, double x, double y, double width);
bool plot__clip(plot__box box, plot__line *line); /* to what lies inside; false: nothing does */
void plot__set_color(cairo_t *cr, plot__color color);

/* field.c */
slope_status plot__field(const plot__page *page);
plot__levels plot__field_levels(const plot_field *field);
double plot__color_bar_width(cairo_t *cr, const plot__page *page);
void plot__color_bar(const plot__page *page, plot__box box);
void plot__zero_sample(cairo_t *cr, double x, double y, double width);

/* legend.c */
typedef struct plot__legend {
    size_t entries;
    double width, height;
    bool outside;
    double x, y; /* its upper left corner, when it is inside */
} plot__legend;
size_t plot__hidden(const plot__page *page, plot__box box); /* how much of the series a box would hide */
plot__legend plot__legend_measure(const plot__page *page);
void plot__legend_find_corner(const plot__page *page, plot__legend *legend);
void plot__legend_draw(const plot__page *page, const plot__legend *legend, double x, double y);

/* figure.c */
slope_status plot__figure_check(const plot_figure *figure, slope_error *error);
slope_status plot__figure_draw(const plot_figure *figure, cairo_t *cr);

/* file.c */
slope_status plot__save(const char *path, const char *data, size_t size, slope_error *error);

#endif
