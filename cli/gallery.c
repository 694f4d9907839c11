/* SPDX-License-Identifier: MIT */
/* The table of gallery.def as a const array, and nothing else. */
#include "gallery.h"

const slope_graph_example cli_gallery[] = {
#define FORMULA(name, title, formula, inputs, note) {name, title, formula, inputs, note},
#include "gallery.def"
#undef FORMULA
};

const size_t cli_gallery_count = sizeof cli_gallery / sizeof *cli_gallery;
