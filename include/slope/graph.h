/* SPDX-License-Identifier: MIT */
/*
 * Pictures and listings of a computation.  Numbering is canonical, a walk from the outputs: the same bytes whatever
 * the order of recording.  DOT, JSON, text and HTML need nothing; SVG, PNG and PDF run Graphviz's `dot` as a
 * process.  O(nodes that are drawn), and what `dot` takes; HTML O(nodes the outputs depend on).  Drawing values counts
 * as writing to their tape, one thread at a time; functions may be drawn by any number of threads at once.
 */
#ifndef SLOPE_GRAPH_H
#define SLOPE_GRAPH_H

#include <slope/base.h>
#include <slope/function.h>
#include <slope/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is written. */
typedef enum slope_graph_format {
    SLOPE_GRAPH_DOT,  /* the language of Graphviz */
    SLOPE_GRAPH_JSON, /* nodes, edges and numbers, for other programs */
    SLOPE_GRAPH_TEXT, /* for a terminal */
    SLOPE_GRAPH_SVG,  /* a picture by `dot`, of lines and letters */
    SLOPE_GRAPH_PNG,  /* the same in pixels */
    SLOPE_GRAPH_PDF,  /* the same as a page to print */
    SLOPE_GRAPH_HTML  /* a page of its own: the picture, and with scripts to be stepped, edited, unfolded */
} slope_graph_format;

/* How boxes look. */
typedef enum slope_graph_style {
    SLOPE_GRAPH_STYLE_SLOPE,  /* one box a value, local derivatives on the edges, colour = signed gradient */
    SLOPE_GRAPH_STYLE_LECTURE /* record nodes with label, data and grad; small operation nodes between */
} slope_graph_style;

/* A formula that a page offers to look at; every text is borrowed during the call. */
typedef struct slope_graph_example {
    const char *name, *title; /* what it is chosen by; one line about it */
    const char *formula;      /* as slope/expr.h reads it */
    const char *inputs;       /* "a=2 b=-3"; names without a number are 1 */
    const char *note;         /* what to try, and what one sees */
} slope_graph_example;

/* How to draw; start from slope_graph_options_default(). */
typedef struct slope_graph_options {
    size_t struct_size;      /* sizeof(slope_graph_options), set by the default */
    slope_graph_style style; /* default SLOPE_GRAPH_STYLE_SLOPE */
    size_t max_nodes;        /* draw at most so many boxes, fold or cut the rest with a visible note; default 400 */
    int gradients;           /* default 1: show adjoints and local derivatives; 0: data only */
    int top_down;            /* default 0: left to right; 1: top to bottom */
    int fold;          /* default 1: repeated structure is folded where max_nodes would be exceeded; 0: cut instead */
    double time_limit; /* seconds that `dot` may take; default 20 */
    const char *title; /* drawn below, or NULL (default); borrowed */
    int ansi;          /* SLOPE_GRAPH_TEXT only: default 0; 1: colour by ANSI escapes */
    /* SLOPE_GRAPH_HTML only: more values are SLOPE_ERR_LIMIT, with a summary of the graph as message; default
       1,000,000 */
    size_t max_values;
    /* SLOPE_GRAPH_HTML only: the text the outputs were parsed from, which the page then lets one edit; default NULL;
       borrowed during the call */
    const char *formula;
    /* SLOPE_GRAPH_HTML only: offered beside it; default NULL; borrowed during the call */
    const slope_graph_example *example;
    size_t examples; /* how many of them there are; default 0 */
} slope_graph_options;

/* The default options.  Thread-safe. */
SLOPE_API slope_graph_options slope_graph_options_default(void);

/* Receives output in pieces, data[0..size-1], borrowed during the call; returns 0, or anything else to stop
   (SLOPE_ERR_IO). */
typedef int (*slope_sink)(const char *data, size_t size, void *context);

/* Writes the graph of outputs y[0..n-1] (one tape) to a sink.  `options` NULL: the defaults.  `error` may be NULL; it
   receives the sentence to show.  Errors: SLOPE_ERR_ARGUMENT, _NULL, _STALE, _FOREIGN, _MEMORY, _IO, and for drawn
   formats _MISSING (no `dot`), _TIMEOUT, _SYSTEM; for SLOPE_GRAPH_HTML _LIMIT. */
SLOPE_API SLOPE_CHECKED slope_status slope_graph_stream(size_t n, const slope_value y[], slope_graph_format format,
                                                        const slope_graph_options *options, slope_sink sink,
                                                        void *context, slope_error *error);

/* Writes the graph of outputs y[0..n-1] into a file that appears whole or not at all (written beside it and renamed);
   the kind by the extension: .html .htm .dot .gv .json .txt .svg .png .pdf; SLOPE_ERR_UNSUPPORTED for others. `options`
   and `error` may be NULL.  Errors as for slope_graph_stream. */
SLOPE_API SLOPE_CHECKED slope_status slope_graph_write(size_t n, const slope_value y[], const char *path,
                                                       const slope_graph_options *options, slope_error *error);

/*
 * The structure of a function into a file (.svg .png .pdf .dot .gv), as slope_graph_write: groups, operations, and
 * calls, maps and folds as boxes, which are drawn open, their bodies inside, `open` levels deep (0: all closed).  A
 * function of more than max_nodes operations is one box; bodies with which there would be more stay closed.  `options`
 * and `error` may be NULL.  Errors as for slope_graph_stream, and SLOPE_ERR_UNSUPPORTED for .json, .txt and .html.
 */
SLOPE_API SLOPE_CHECKED slope_status slope_graph_function_write(const slope_function *f, const char *path, int open,
                                                                const slope_graph_options *options, slope_error *error);

#ifdef __cplusplus
}
#endif
#endif
