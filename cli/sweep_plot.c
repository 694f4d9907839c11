/* SPDX-License-Identifier: MIT */
/*
 * The plot of a sweep: error against h, both axes logarithmic, one curve a method.
 *
 * An error of exactly 0, which the complex step often has, can't stand on a logarithmic axis; it is drawn at a tick
 * "0".
 */
#include "sweep_plot.h"

#include "plot/plot.h"

#include <math.h>

int cli_sweep_plot_kind(const char *path)
{
    if (plot_can_write(path))
        return CLI_DONE;
    cli_fail(CLI_USAGE, "%s: the ending must say the kind of plot", path);
    cli_hint("it is one of .svg .png .pdf");
    return CLI_USAGE;
}

/* A decade below the smallest error that is not 0: where errors of 0 are drawn. */
static double zero_place(const double error[3][SLOPE_SWEEP_ROWS], size_t methods)
{
    double least = INFINITY;
    for (size_t k = 0; k < methods; ++k)
        for (size_t i = 0; i < SLOPE_SWEEP_ROWS; ++i)
            if (error[k][i] > 0 && error[k][i] < least)
                least = error[k][i];
    return isfinite(least) ? pow(10.0, floor(log10(least)) - 1.0) : 0.0;
}

int cli_sweep_plot(const slope_sweep_row row[SLOPE_SWEEP_ROWS], bool with_complex, const char *title, const char *path)
{
    static const char *const name[3] = {"forward difference", "central difference", "complex step"};
    double h[SLOPE_SWEEP_ROWS], error[3][SLOPE_SWEEP_ROWS];
    size_t methods = with_complex ? 3 : 2;
    plot_series series[3] = {{0}};
    slope_error problem = {0};
    for (size_t i = 0; i < SLOPE_SWEEP_ROWS; ++i) {
        h[i] = row[i].h;
        error[0][i] = row[i].forward_error;
        error[1][i] = row[i].central_error;
        error[2][i] = row[i].complex_error;
    }
    for (size_t k = 0; k < methods; ++k)
        series[k] = (plot_series){.name = name[k], .n = SLOPE_SWEEP_ROWS, .x = h, .y = error[k]};
    plot_figure figure = plot_figure_default();
    figure.title = title;
    figure.x = (plot_axis){.label = "step h", .scale = PLOT_LOG10};
    figure.y = (plot_axis){.label = "|numerical - exact|", .scale = PLOT_LOG10};
    figure.y.zero_at = zero_place((const double(*)[SLOPE_SWEEP_ROWS])error, methods);
    figure.series = series;
    figure.series_count = methods;
    slope_status status = plot_write(&figure, path, &problem);
    return status ? cli_fail(cli_exit_of(status), "%s", problem.message) : CLI_DONE;
}
