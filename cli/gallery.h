/* SPDX-License-Identifier: MIT */
/* The formulas of gallery.def, for the command and for the demonstration. */
#ifndef SLOPE_CLI_GALLERY_H
#define SLOPE_CLI_GALLERY_H

#include <slope/graph.h>

extern const slope_graph_example cli_gallery[];
extern const size_t cli_gallery_count;

#endif
