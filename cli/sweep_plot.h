/* SPDX-License-Identifier: MIT */
/* The plot of a sweep over h. */
#ifndef SLOPE_CLI_SWEEP_PLOT_H
#define SLOPE_CLI_SWEEP_PLOT_H

#include "cli.h"

/* CLI_DONE if the ending of the path is one that can be drawn; else tells which can. */
int cli_sweep_plot_kind(const char *path);

/* Draws the three errors against h, both axes logarithmic, into a file that appears whole or not at all. */
int cli_sweep_plot(const slope_sweep_row row[SLOPE_SWEEP_ROWS], bool with_complex, const char *title, const char *path);

#endif
