/* SPDX-License-Identifier: MIT */
/*
 * The structure of a function as DOT: groups, operations, and calls, maps and folds as boxes that are drawn open, their
 * bodies inside, down to a wanted depth.  A function has no numbers, so there are none in the picture.
 *
 * Every text that is drawn (the function, an open body) has a number t in the order of drawing; its nodes are
 * t<t>i<group>, t<t>o<group>, t<t>c<cell> for an operation, t<t>l<loop> for a closed loop.
 */
#include <stdlib.h>

#include "base/error.h"
#include "function/ir.h"
#include "function/opaque.h"
#include "graph/view.h"

#define GREY "#5c5c5c"

typedef struct drawing {
    slope__out *out;
    const slope_graph_options *options;
    size_t texts;      /* drawn so far */
    size_t operations; /* drawn so far, loops included */
    slope_status status;
} drawing;

/* A text being drawn. */
typedef struct text {
    drawing *d;
    const slope_function *f;
    size_t t;
    size_t *opened; /* by loop: the text of its body, or 0: closed */
} text;

static void put_count(slope__out *out, size_t n)
{
    char number[SLOPE__NUMBER_SIZE];
    slope__put(out, slope__count(number, n));
}

static void put_group_box(const text *x, const slope__group *g, char kind, size_t number, const char *style)
{
    slope__out *out = x->d->out;
    slope__put_format(out, "t%zu%c%zu [label=\"", x->t, kind, number);
    (void)slope__put_text(out, g->name, SLOPE__STRING, 32);
    if (g->length != 1) {
        slope__put(out, " [");
        put_count(out, g->length);
        slope__put(out, "]");
    }
    slope__put_format(out, "\", %s];\n", style);
}

/* The group of an input cell. */
static size_t group_of(const slope_function *f, slope__cell c)
{
    size_t g = 0;
    while (c >= f->input[g].first + f->input[g].length)
        g++;
    return g;
}

/* Which output group of a loop's body a result cell belongs to. */
static size_t target_of(const slope__loop *loop, size_t offset)
{
    for (size_t g = 0; g < loop->body->outputs; g++) {
        if (offset >= loop->target[g].base && offset - loop->target[g].base < loop->target[g].extent)
            return g;
    }
    return 0;
}

/* The node a cell comes from, and the first cell of that node's array; a constant has none: 0. */
static int put_origin(const text *x, slope__cell c, slope__cell *base)
{
    const slope_function *f = x->f;
    slope__out *out = x->d->out;
    if (c < f->input_cells) {
        const size_t g = group_of(f, c);
        *base = (slope__cell)f->input[g].first;
        slope__put_format(out, "t%zui%zu", x->t, g);
        return 1;
    }
    if (c < f->input_cells + f->numbers)
        return 0;
    const slope__instruction *i = slope__made_by(f, c);
    *base = i->result;
    if (i->code != slope__code_loop) {
        slope__put_format(out, "t%zuc%u", x->t, (unsigned)i->result);
        return 1;
    }
    const slope__loop *loop = &f->loop[i->operand];
    const size_t g = target_of(loop, c - i->result);
    *base += loop->target[g].base;
    if (x->opened[i->operand])
        slope__put_format(out, "t%zuo%zu", x->opened[i->operand], g);
    else
        slope__put_format(out, "t%zul%u", x->t, (unsigned)i->operand);
    return 1;
}

/* Nodes that one cell feeds from the same array are one edge: does c come from where `last` came from? */
static int same_origin(const slope_function *f, slope__cell c, slope__cell last)
{
    if (c < f->input_cells || last < f->input_cells)
        return c < f->input_cells && last < f->input_cells && group_of(f, c) == group_of(f, last);
    if (c < f->input_cells + f->numbers || last < f->input_cells + f->numbers)
        return c < f->input_cells + f->numbers && last < f->input_cells + f->numbers;
    const slope__instruction *i = slope__made_by(f, c);
    if (i != slope__made_by(f, last))
        return 0;
    return i->code != slope__code_loop ||
           target_of(&f->loop[i->operand], c - i->result) == target_of(&f->loop[i->operand], last - i->result);
}

/* ------------------------------------------------------------------------------------------------------- operations */

static const char *kind_of(const slope__loop *loop)
{
    for (size_t g = 0; g < loop->body->inputs; g++) {
        if (loop->source[g].carried != SLOPE__NONE)
            return "fold";
    }
    return loop->n == 1 ? "call" : "map";
}

static void put_loop_title(slope__out *out, const slope__loop *loop)
{
    slope__put(out, kind_of(loop));
    if (loop->n != 1) {
        slope__put(out, " \xc3\x97 ");
        put_count(out, loop->n);
    }
}

static void put_operation(const text *x, const slope__instruction *i)
{
    const slope_function *f = x->f;
    slope__out *out = x->d->out;
    const slope_op_info *info = slope_op_describe((slope_op)i->code);
    slope__put_format(out, "t%zuc%u [label=\"", x->t, (unsigned)i->result);
    (void)slope__put_text(out, info->symbol, SLOPE__STRING, 32);
    slope__put_format(out, "\", tooltip=\"%s\"];\n", info->name);
    for (size_t k = 0; k < i->count; k++) {
        const slope__cell c = f->operand[i->operand + k];
        slope__cell base;
        if (c >= f->input_cells && c < f->input_cells + f->numbers) {
            char number[SLOPE__NUMBER_SIZE];
            slope__put_format(out, "t%zun%u_%zu [label=\"%s\", shape=plain];\nt%zun%u_%zu", x->t, (unsigned)i->result,
                              k, slope__number_short(number, f->number[c - f->input_cells], 6), x->t,
                              (unsigned)i->result, k);
        } else {
            (void)put_origin(x, c, &base);
        }
        slope__put_format(out, " -> t%zuc%u", x->t, (unsigned)i->result);
        const slope__group *g = c < f->input_cells ? &f->input[group_of(f, c)] : NULL;
        if (g && g->length > 1)
            slope__put_format(out, " [label=\"[%zu]\"]", (size_t)c - g->first);
        slope__put(out, ";\n");
    }
}

/* "[3*i + j]": what item i reads, counted from the start of the array. */
static void put_view_label(slope__out *out, const slope__view *v, slope__cell base, size_t length, int items)
{
    slope__put(out, " [label=\"");
    if (v->index) {
        slope__put(out, "[list]");
    } else if (items && v->item != 0) {
        const long long item = (long long)v->item, first = (long long)v->first - (long long)base;
        slope__put(out, item == 1 ? "[i" : item == -1 ? "[-i" : "");
        if (item != 1 && item != -1)
            slope__put_format(out, "[%lld i", item);
        if (length > 1)
            slope__put(out, " + j");
        if (first != 0)
            slope__put_format(out, " %c %lld", first < 0 ? '-' : '+', first < 0 ? -first : first);
        slope__put(out, "]");
    } else if (items) {
        slope__put(out, "all");
    }
    slope__put(out, "\"");
}

enum { MOST_EDGES = 40 };

/* Arrows into an input group of a loop's body, one for each array that it reads. */
static void put_sources(const text *x, const slope__loop *loop, size_t at, size_t g)
{
    slope__out *out = x->d->out;
    const slope__source *s = &loop->source[g];
    const size_t length = loop->body->input[g].length, n = s->carried == SLOPE__NONE ? loop->n : 1;
    size_t edges = 0;
    slope__cell last = SLOPE__NONE, low, high;
    if (n == 0 || length == 0)
        return;
    slope__view_range(&s->view, n, length, &low, &high);
    const size_t cells = same_origin(x->f, low, high) ? 1 : n * length;
    for (size_t k = 0; k < cells && edges < MOST_EDGES; k++) {
        const slope__cell c = slope__view_at(&s->view, length, k / length, k % length);
        slope__cell base;
        if (last != SLOPE__NONE && same_origin(x->f, c, last))
            continue;
        last = c;
        if (!put_origin(x, c, &base))
            continue;
        edges++;
        if (x->opened[at])
            slope__put_format(out, " -> t%zui%zu", x->opened[at], g);
        else
            slope__put_format(out, " -> t%zul%zu", x->t, at);
        put_view_label(out, &s->view, base, length, loop->n != 1 && s->carried == SLOPE__NONE);
        slope__put(out, "];\n");
    }
}

static void put_text(drawing *d, const slope_function *f, size_t t, int open);

static void put_loop(const text *x, size_t at, int open)
{
    const slope__loop *loop = &x->f->loop[at];
    slope__out *out = x->d->out;
    const size_t left = x->d->options->max_nodes - x->d->operations, inside = loop->body->instructions;
    if (open > 0 && !loop->body->opaque && inside <= left) { /* a body that is used twice a level would double */
        x->d->operations += inside;
        x->opened[at] = ++x->d->texts;
        slope__put_format(out, "subgraph cluster_%zu { style=\"rounded\"; color=\"" GREY "\"; labeljust=l; label=\"",
                          x->opened[at]);
        put_loop_title(out, loop);
        slope__put(out, "\";\n");
        put_text(x->d, loop->body, x->opened[at], open - 1);
        slope__put(out, "}\n");
        for (size_t g = 0; g < loop->body->inputs; g++) {
            if (loop->source[g].carried != SLOPE__NONE)
                slope__put_format(out, "t%zuo%u -> t%zui%zu [style=dashed, label=\"next step\", constraint=false];\n",
                                  x->opened[at], (unsigned)loop->source[g].carried, x->opened[at], g);
        }
    } else {
        slope__put_format(out, "t%zul%zu [shape=box3d, label=\"", x->t, at);
        put_loop_title(out, loop);
        slope__put(out, "\\n");
        if (!loop->body->opaque)
            put_count(out, loop->body->instructions);
        slope__put(out, loop->body->opaque ? loop->body->opaque->name : "");
        slope__put(out, loop->body->opaque              ? "\"];\n"
                        : loop->body->instructions == 1 ? " operation\"];\n"
                                                        : " operations\"];\n");
    }
    for (size_t g = 0; g < loop->body->inputs + loop->body->data; g++)
        put_sources(x, loop, at, g);
}

/* -------------------------------------------------------------------------------------------------------- one text */

static void put_outputs(const text *x, int closed)
{
    const slope_function *f = x->f;
    slope__out *out = x->d->out;
    for (size_t g = 0; g < f->outputs; g++) {
        put_group_box(x, &f->output[g], 'o', g, "style=\"filled,rounded\", peripheries=2");
        slope__cell last = SLOPE__NONE, base;
        size_t edges = 0;
        if (closed && f->output[g].length > 0)
            slope__put_format(out, "t%zuall -> t%zuo%zu;\n", x->t, x->t, g);
        for (size_t j = 0; !closed && j < f->output[g].length && edges < MOST_EDGES; j++) {
            const slope__cell c = f->result[f->output[g].first + j];
            if (last != SLOPE__NONE && same_origin(f, c, last))
                continue;
            last = c;
            if (!put_origin(x, c, &base))
                continue;
            edges++;
            slope__put_format(out, " -> t%zuo%zu;\n", x->t, g);
        }
    }
}

/* Too much to draw one by one: a single box. */
static void put_closed_text(const text *x)
{
    slope__out *out = x->d->out;
    slope__put_format(out, "t%zuall [shape=box3d, label=\"", x->t);
    put_count(out, x->f->instructions);
    slope__put(out, " operations\"];\n");
    for (size_t g = 0; g < x->f->inputs + x->f->data; g++)
        slope__put_format(out, "t%zui%zu -> t%zuall;\n", x->t, g, x->t);
}

static void put_text(drawing *d, const slope_function *f, size_t t, int open)
{
    text x = {d, f, t, slope__new(f->loops, sizeof(size_t))};
    if (!x.opened) {
        d->status = SLOPE_ERR_MEMORY;
        return;
    }
    const int closed = d->operations > d->options->max_nodes;
    for (size_t g = 0; g < f->inputs + f->data; g++)
        put_group_box(&x, &f->input[g], 'i', g,
                      g < f->inputs ? "style=\"filled,rounded\", fillcolor=\"#eef6ff\""
                                    : "style=\"filled,rounded,dashed\", fillcolor=\"#f3f3f3\"");
    if (closed)
        put_closed_text(&x);
    for (size_t k = 0; !closed && k < f->instructions; k++) {
        if (f->instruction[k].code == slope__code_loop)
            put_loop(&x, f->instruction[k].operand, open);
        else
            put_operation(&x, &f->instruction[k]);
    }
    put_outputs(&x, closed);
    free(x.opened);
}

/* Graphviz draws clusters only as wide as what is in them, so arrows cross their borders to the groups inside. */
static slope_status write_dot(const slope_function *f, const slope_graph_options *options, int open, slope_sink sink,
                              void *context)
{
    slope__out out;
    slope__out_start(&out, sink, context);
    drawing d = {&out, options, 0, f->instructions, SLOPE_OK};
    slope__put_format(&out,
                      "digraph slope {\n  graph [rankdir=%s, charset=\"UTF-8\", bgcolor=white, pad=0.2, nodesep=0.22, "
                      "ranksep=0.35, fontsize=11, ",
                      options->top_down ? "TB" : "LR");
    slope__put(&out, "fontname=\"" SLOPE__FONT "\", labelloc=b, labeljust=l, label=\"");
    if (options->title)
        (void)slope__put_text(&out, options->title, SLOPE__STRING, 200);
    slope__put(&out,
               "\"];\n  node [shape=box, style=filled, fillcolor=white, fontname=\"" SLOPE__FONT "\", fontsize=11, "
               "margin=\"0.07,0.04\", height=0.3, width=0.3, color=\"" GREY "\"];\n"
               "  edge [fontname=\"" SLOPE__FONT "\", fontsize=9, color=\"" GREY "\", arrowsize=0.7];\n");
    put_text(&d, f, 0, open);
    slope__put(&out, "}\n");
    const slope_status status = slope__out_finish(&out);
    return d.status ? d.status : status;
}

slope_status slope_graph_function_write(const slope_function *f, const char *path, int open,
                                        const slope_graph_options *options, slope_error *error)
{
    const slope_graph_options defaults = slope_graph_options_default();
    slope_error own = {0};
    slope_graph_format format;
    if (!error)
        error = &own;
    *error = (slope_error){0};
    if (!options)
        options = &defaults;
    if (!f)
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "there is no function to draw");
    slope_status status = slope__graph_check(path, options, &format, error);
    if (status != SLOPE_OK)
        return status;
    if (format == SLOPE_GRAPH_JSON || format == SLOPE_GRAPH_TEXT || format == SLOPE_GRAPH_HTML)
        return slope__fail(error, SLOPE_ERR_UNSUPPORTED, SIZE_MAX,
                           "a function is drawn as .svg .png .pdf .dot or .gv; as text there is slope_function_dump");
    slope__bytes dot = {.allocator = slope_allocator_default()}, picture = dot;
    const slope__bytes *whole = &dot;
    status = write_dot(f, options, open, slope__bytes_sink, &dot);
    if (status == SLOPE_OK && format >= SLOPE_GRAPH_SVG) {
        status = slope__draw(&dot, format, options->time_limit, &picture, error);
        whole = &picture;
    }
    if (status == SLOPE_OK)
        status = slope__file_write(path, whole->block.data, whole->size, error);
    slope__block_free(&dot.allocator, &dot.block);
    slope__block_free(&picture.allocator, &picture.block);
    return status == SLOPE_OK ? status
                              : slope__fail(error, dot.short_of_memory ? SLOPE_ERR_MEMORY : status, SIZE_MAX,
                                            "there is not enough memory to draw the function");
}
