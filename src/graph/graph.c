/* SPDX-License-Identifier: MIT */
/* The way from outputs to bytes: check, walk, view, write, and for pictures through `dot`. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "graph/page.h"
#include "tape/tape.h"

static int is_drawn(slope_graph_format format)
{
    return format == SLOPE_GRAPH_SVG || format == SLOPE_GRAPH_PNG || format == SLOPE_GRAPH_PDF;
}

static slope_status check_outputs(size_t n, const slope_value y[], slope_error *error)
{
    if (!n || !y)
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "there is nothing to draw: no output was given");
    const slope_tape *tape = NULL;
    for (size_t i = 0; i < n; i++) {
        if (slope_is_null(y[i]))
            return slope__fail(error, SLOPE_ERR_NULL, SIZE_MAX,
                               "output %zu is the null value; look at slope_tape_error for why", i);
        if (!slope_is_valid(y[i]))
            return slope__fail(error, SLOPE_ERR_STALE, SIZE_MAX,
                               "output %zu is a value that its tape has reset or rewound away", i);
        if (slope_is_number(y[i]))
            continue;
        if (tape && tape != y[i].tape)
            return slope__fail(error, SLOPE_ERR_FOREIGN, SIZE_MAX, "output %zu is on another tape than those before it",
                               i);
        tape = y[i].tape;
    }
    return SLOPE_OK;
}

static slope_status check_options(const slope_graph_options *o, slope_error *error)
{
    if (o->struct_size != sizeof *o)
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX,
                           "the options' struct_size is %zu, not %zu; start from "
                           "slope_graph_options_default()",
                           o->struct_size, sizeof *o);
    if (o->style != SLOPE_GRAPH_STYLE_SLOPE && o->style != SLOPE_GRAPH_STYLE_LECTURE)
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "there is no graph style %d", (int)o->style);
    if (!o->max_nodes)
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "max_nodes is 0; at least one box must be drawn");
    if (!o->max_values)
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "max_values is 0; a page must have at least one");
    if (!(o->time_limit > 0))
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "the time limit must be above 0 seconds");
    return SLOPE_OK;
}

static slope_status write_view(const slope__picture *view, slope_graph_format format, slope_sink sink, void *context,
                               slope__arena *arena)
{
    slope__out out;
    slope_status status = SLOPE_OK;
    slope__out_start(&out, sink, context);
    if (format == SLOPE_GRAPH_JSON)
        slope__write_json(&out, view);
    else if (format == SLOPE_GRAPH_TEXT)
        status = slope__write_text(&out, view, arena);
    else if (format == SLOPE_GRAPH_HTML)
        status = slope__write_page(&out, view, arena);
    else if (view->walk->options->style == SLOPE_GRAPH_STYLE_LECTURE)
        slope__write_lecture(&out, view);
    else
        slope__write_dot(&out, view);
    return status ? status : slope__out_finish(&out);
}

/* DOT into memory, through Graphviz, to the sink. */
static slope_status draw_view(const slope__picture *view, slope_graph_format format, slope_sink sink, void *context,
                              slope__arena *arena, slope_error *error)
{
    slope__bytes dot = {.allocator = arena->allocator}, picture = {.allocator = arena->allocator};
    slope_status status = write_view(view, SLOPE_GRAPH_DOT, slope__bytes_sink, &dot, arena);
    if (status == SLOPE_ERR_IO && dot.short_of_memory)
        status = SLOPE_ERR_MEMORY;
    if (status == SLOPE_OK)
        status = slope__draw(&dot, format, view->walk->options->time_limit, &picture, error);
    if (status == SLOPE_OK && sink(picture.block.data, picture.size, context))
        status = SLOPE_ERR_IO;
    slope__block_free(&arena->allocator, &dot.block);
    slope__block_free(&arena->allocator, &picture.block);
    return status;
}

slope_status slope__graph_stream(slope_allocator allocator, size_t n, const slope_value y[], slope_graph_format format,
                                 const slope_graph_options *options, slope_sink sink, void *context, slope_error *error)
{
    const slope_graph_options defaults = slope_graph_options_default();
    if (!options)
        options = &defaults;
    *error = (slope_error){0};
    if (!sink)
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "there is no sink to write the graph to");
    if ((unsigned)format > SLOPE_GRAPH_HTML)
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "there is no graph format %d", (int)format);
    slope_status status = check_options(options, error);
    if (status == SLOPE_OK)
        status = check_outputs(n, y, error);
    if (status)
        return status;
    slope__arena arena = {.allocator = allocator};
    slope__walk walk;
    slope__picture view;
    status = slope__walk_make(&walk, n, y, options, &arena);
    if (status == SLOPE_OK && format == SLOPE_GRAPH_HTML && walk.items > options->max_values)
        status = slope__refuse_size(&walk, &arena, error);
    if (status == SLOPE_OK)
        status = slope__view_make(&view, &walk, &arena);
    if (status == SLOPE_OK)
        status = *walk.failed; /* before anything is written */
    if (status == SLOPE_OK)
        status = is_drawn(format) ? draw_view(&view, format, sink, context, &arena, error)
                                  : write_view(&view, format, sink, context, &arena);
    if (status == SLOPE_OK)
        status = *walk.failed; /* pages ask for partials while they are written */
    slope__arena_free(&arena);
    if (status == SLOPE_ERR_MEMORY && !error->status)
        return slope__fail(error, status, SIZE_MAX, "not enough memory to draw a graph of this size");
    if (status == SLOPE_ERR_IO && !error->status)
        return slope__fail(error, status, SIZE_MAX, "the graph could not be written: the receiver refused it");
    if (status && !error->status)
        return slope__fail(error, status, SIZE_MAX, "the graph could not be drawn: %s", slope_status_text(status));
    return status;
}

slope_status slope_graph_stream(size_t n, const slope_value y[], slope_graph_format format,
                                const slope_graph_options *options, slope_sink sink, void *context, slope_error *error)
{
    slope_error own;
    return slope__graph_stream(slope_allocator_default(), n, y, format, options, sink, context, error ? error : &own);
}

/* The format that the ending of a path says; 0 when it says none. */
static int format_of(const char *path, slope_graph_format *format)
{
    static const struct {
        const char *ending;
        slope_graph_format format;
    } known[] = {{".dot", SLOPE_GRAPH_DOT},  {".gv", SLOPE_GRAPH_DOT},    {".json", SLOPE_GRAPH_JSON},
                 {".txt", SLOPE_GRAPH_TEXT}, {".svg", SLOPE_GRAPH_SVG},   {".png", SLOPE_GRAPH_PNG},
                 {".pdf", SLOPE_GRAPH_PDF},  {".html", SLOPE_GRAPH_HTML}, {".htm", SLOPE_GRAPH_HTML}};
    const char *ending = strrchr(path, '.');
    for (size_t i = 0; ending && i < sizeof known / sizeof *known; i++)
        if (strcmp(ending, known[i].ending) == 0) {
            *format = known[i].format;
            return 1;
        }
    return 0;
}

slope_status slope__graph_check(const char *path, const slope_graph_options *options, slope_graph_format *format,
                                slope_error *error)
{
    if (!path || !*path)
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "there is no path to write the graph to");
    if (!format_of(path, format))
        return slope__fail(error, SLOPE_ERR_UNSUPPORTED, SIZE_MAX,
                           "the ending of '%.120s' says no kind of graph; known are .html .svg "
                           ".png .pdf .dot .gv .json .txt",
                           path);
    return options ? check_options(options, error) : SLOPE_OK;
}

slope_status slope_graph_write(size_t n, const slope_value y[], const char *path, const slope_graph_options *options,
                               slope_error *error)
{
    slope_error own;
    slope_graph_format format;
    if (!error)
        error = &own;
    *error = (slope_error){0};
    slope_status status = slope__graph_check(path, options, &format, error);
    if (status != SLOPE_OK)
        return status;
    slope__bytes bytes = {.allocator = slope_allocator_default()};
    status = slope__graph_stream(bytes.allocator, n, y, format, options, slope__bytes_sink, &bytes, error);
    if (status == SLOPE_ERR_IO && bytes.short_of_memory)
        status = slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "not enough memory to draw a graph of this size");
    if (status == SLOPE_OK)
        status = slope__file_write(path, bytes.block.data, bytes.size, error);
    slope__block_free(&bytes.allocator, &bytes.block);
    return status;
}
