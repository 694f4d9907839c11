/* SPDX-License-Identifier: MIT */
/*
 * Figures for papers: axes, lines, points, filled fields with contour lines; one code for SVG, PNG and PDF (cairo).
 *
 *     plot_series s = {.name = "loss", .n = n, .x = step, .y = loss};
 *     plot_figure figure = plot_figure_default();
 *     figure.title = "Training";
 *     figure.x.label = "step";
 *     figure.y.label = "loss";
 *     figure.y.scale = PLOT_LOG10;
 *     figure.series = &s;
 *     figure.series_count = 1;
 *     if (plot_write(&figure, "loss.svg", &error) != SLOPE_OK) fputs(error.message, stderr);
 *
 * A figure is a plain description that borrows everything it points to; nothing is kept between calls and there are no
 * globals, so plot_write may run on several threads at once.  The same figure gives the same bytes, whenever and
 * however often it is drawn.  Series differ in colour (Okabe and Ito's palette, safe for colour-blind readers), dash
 * and marker, so a figure is readable in grey as well.  Texts are UTF-8; invalid bytes are shown as U+FFFD.
 */
#ifndef SLOPE_PLOT_H
#define SLOPE_PLOT_H

#include <slope/base.h>

typedef enum plot_scale {
    PLOT_LINEAR,
    PLOT_LOG10 /* values that are not positive are gaps, see plot_axis.zero_at */
} plot_scale;

/* An axis.  All-zero: linear, without label, as far as the data go. */
typedef struct plot_axis {
    const char *label; /* what is shown: "step size h"; NULL: no label */
    const char *unit;  /* drawn in parentheses after the label; NULL: none */
    plot_scale scale;
    double low, high; /* the ends of the axis, low < high (positive for PLOT_LOG10); both 0: chosen from the data */
    double zero_at;   /* PLOT_LOG10: values that are exactly 0 are drawn here, with a tick that says "0"; 0: as gaps */
} plot_axis;

typedef enum plot_kind {
    PLOT_LINE_MARKERS, /* a line with markers on it, thinned where they would touch */
    PLOT_LINE,         /* a line alone */
    PLOT_POINTS        /* markers alone */
} plot_kind;

/* One row of data.  A point with a NaN or infinite coordinate is a gap. */
typedef struct plot_series {
    const char *name; /* in the legend; NULL: not in the legend */
    plot_kind kind;
    size_t n;
    const double *x, *y; /* n each; NULL only if n is 0 */
    size_t style;        /* 0: by position among the series; k > 0: the look of series number k (1, 2, ... 8, again) */
} plot_series;

/* A straight line right across the figure, for a value that the reader should find. */
typedef struct plot_guide {
    const char *label; /* drawn beside it; NULL: none */
    int vertical;      /* 1: at x = at; 0: at y = at */
    double at;
} plot_guide;

/*
 * Numbers on a grid, drawn as filled bands in tints of two colours, one for each sign, below the series; contour lines
 * between the bands, dashed where negative, and the line z = 0 thick.  z[row * columns + column] is the value at
 *     x = x_low + column * (x_high - x_low) / (columns - 1),   y likewise, row 0 lowest.
 * Cells with a corner that is not finite stay empty.
 */
typedef struct plot_field {
    const char *name;      /* at the colour bar; NULL: none */
    const char *zero_name; /* of the line z = 0, in the legend; NULL: not in the legend */
    size_t columns, rows;  /* at least 2 each */
    const double *z;
    double x_low, x_high, y_low, y_high;
    double limit; /* bands go from -limit to limit; 0: the largest |z| rounded up */
} plot_field;

typedef enum plot_legend {
    PLOT_LEGEND_AUTO,    /* in the emptiest corner; outside, on the right, when every corner is taken */
    PLOT_LEGEND_OUTSIDE, /* outside, on the right */
    PLOT_LEGEND_NONE
} plot_legend;

/* A figure; start from plot_figure_default(). */
typedef struct plot_figure {
    const char *title;    /* NULL: none */
    double width, height; /* in points of 1/72 inch, 100 to 10,000; default 468 (6.5 inches) by 312 */
    double png_scale;     /* pixels to a point in a PNG, 0.25 to 20; default 2 (144 to an inch) */
    plot_axis x, y;
    int equal_axes; /* 1: a unit is equally long on both axes; linear axes only; default 0 */
    int no_grid;    /* 1: without grid lines; default 0 */
    plot_legend legend;
    size_t series_count;
    const plot_series *series;
    size_t guide_count;
    const plot_guide *guide;
    const plot_field *field; /* NULL: none */
} plot_figure;

/* The defaults, with nothing to draw. */
plot_figure plot_figure_default(void);

/* Nonzero if plot_write knows the extension of `path`: .svg, .png or .pdf, in any case. */
int plot_can_write(const char *path);

/*
 * Draws the figure into a file whose kind is its extension.  The file appears whole or not at all: it is written beside
 * `path` and renamed; an existing device, pipe or socket is written to as it is.  `error` may be NULL; it receives the
 * sentence to show.
 * Errors: SLOPE_ERR_UNSUPPORTED (extension), SLOPE_ERR_ARGUMENT (a figure that makes no sense), SLOPE_ERR_MEMORY,
 * SLOPE_ERR_IO.  A figure without a finite point is drawn, empty.
 */
SLOPE_CHECKED slope_status plot_write(const plot_figure *figure, const char *path, slope_error *error);

#endif
