/* SPDX-License-Identifier: MIT */
/*
 * DOT in the style `slope`: one box for one value with its operation inside, the local derivative on every edge, and
 * the gradient as colour.  What colour says is said again without it: sign by a glyph, size by the width of the border,
 * kind by the outline.  Fills stay light enough for black text (contrast above 7:1).
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "graph/view.h"

#define BLUE "#0b4f9e"   /* borders, arrows and glyphs of positive gradients */
#define ORANGE "#9c4a00" /* of negative ones */
#define RED "#b3001b"    /* of what is not finite */
#define GREY "#5c5c5c"
#define FONT SLOPE__FONT

enum { DIGITS = 4, SPAN_MOST = 4000 };

static void put_number(slope__out *out, double x)
{
    char text[SLOPE__NUMBER_SIZE];
    slope__put(out, slope__number_short(text, x, DIGITS));
}

static void put_count(slope__out *out, size_t n)
{
    char text[SLOPE__NUMBER_SIZE];
    slope__put(out, slope__count(text, n));
}

/* The fill for a gradient, "#rrggbb". */
static const char *fill(char text[8], const slope__picture *view, double grad)
{
    static const double pale[2][3] = {{238, 246, 255}, {255, 244, 230}}, full[2][3] = {{104, 174, 240}, {248, 160, 72}};
    if (isnan(grad) || grad == 0 || !(view->grad_most > 0)) {
        strcpy(text, "#ffffff");
        return text;
    }
    const int sign = grad < 0;
    const double t = isinf(grad) ? 1 : slope__strength(view, grad);
    unsigned c[3];
    for (int i = 0; i < 3; i++)
        c[i] = (unsigned)(pale[sign][i] + t * (full[sign][i] - pale[sign][i]) + 0.5);
    (void)snprintf(text, 8, "#%02x%02x%02x", c[0] & 0xff, c[1] & 0xff, c[2] & 0xff);
    return text;
}

/* -------------------------------------------------------------------------------------------------------- the label */

/* A row " data 4" of one number, or of many that are the same. */
static void put_span_row(slope__out *out, const char *lead, const slope__span *span, size_t count)
{
    slope__put_format(out, "<TR><TD COLSPAN=\"4\" ALIGN=\"LEFT\">%s", lead);
    put_number(out, isnan(span->middle) ? span->odd : span->middle);
    slope__put(out, count > 1 && !span->odds ? " each</TD></TR>" : "</TD></TR>");
}

static void put_odds(slope__out *out, const char *what, const slope__span *span, size_t count)
{
    if (count == 1 || !span->odds)
        return;
    slope__put(out, "<TR><TD COLSPAN=\"4\" ALIGN=\"LEFT\"><FONT COLOR=\"" RED "\"><B>");
    put_count(out, span->odds);
    slope__put_format(out, " %s not finite</B></FONT></TD></TR>", what);
}

/* = 12 + 6 (2 paths) */
static void put_paths(slope__out *out, const slope__picture *view, const slope__box *box)
{
    const double rest = box->grad.middle - box->path_sum;
    const int has_rest = !(fabs(rest) <= 1e-9 * (fabs(box->grad.middle) + box->path_size));
    if (view->folded || !(view->grad_most > 0) || box->paths + (box->output ? 1 : 0) < 2)
        return;
    slope__put(out, "<TR><TD COLSPAN=\"4\" ALIGN=\"LEFT\"><FONT POINT-SIZE=\"9\">= ");
    const size_t shown = box->paths_drawn < SLOPE__PATHS ? box->paths_drawn : SLOPE__PATHS;
    for (size_t i = 0; i < shown; i++) {
        if (i)
            slope__put(out, box->path[i] < 0 ? " - " : " + ");
        put_number(out, i ? fabs(box->path[i]) : box->path[i]);
    }
    if (box->paths > shown)
        slope__put(out, shown ? " + \xe2\x80\xa6" : "\xe2\x80\xa6");
    else if (has_rest && isfinite(rest)) {
        slope__put(out, !shown ? "" : rest < 0 ? " - " : " + ");
        put_number(out, shown ? fabs(rest) : rest);
        slope__put(out, box->output ? " as output" : " from elsewhere");
    }
    slope__put(out, " (");
    put_count(out, box->paths);
    slope__put(out, box->paths == 1 ? " path)</FONT></TD></TR>" : " paths)</FONT></TD></TR>");
}

static void put_grad_lead(char lead[80], double g)
{
    (void)snprintf(lead, 80, "<FONT COLOR=\"%s\">%s</FONT>grad\xc2\xa0", g < 0 ? ORANGE : BLUE, slope__glyph(g));
}

/* Of many: a small table, largest on top. */
static void put_span_table(slope__out *out, const slope__picture *view, const slope__box *box)
{
    static const char *const names[] = {"max", "median", "min"};
    const double data[] = {box->data.high, box->data.middle, box->data.low};
    const double grad[] = {box->grad.high, box->grad.middle, box->grad.low};
    const int has_grad = slope__has_grad(view, box);
    const double g = slope__shade(view, box);
    slope__put(out, "<TR><TD></TD><TD ALIGN=\"RIGHT\">\xc2\xa0"
                    "data</TD><TD ALIGN=\"RIGHT\">");
    if (has_grad)
        slope__put_format(out, "\xc2\xa0\xc2\xa0<FONT COLOR=\"%s\">%s</FONT>grad", g < 0 ? ORANGE : BLUE,
                          slope__glyph(g));
    slope__put(out, "</TD></TR>");
    for (int i = 0; i < 3; i++) {
        slope__put_format(out, "<TR><TD ALIGN=\"LEFT\">%s</TD><TD ALIGN=\"RIGHT\">\xc2\xa0", names[i]);
        put_number(out, isnan(data[i]) ? box->data.odd : data[i]);
        slope__put(out, "</TD><TD ALIGN=\"RIGHT\">\xc2\xa0");
        if (has_grad)
            put_number(out, isnan(grad[i]) ? box->grad.odd : grad[i]);
        slope__put(out, "</TD></TR>");
    }
}

static int is_spread(const slope__picture *view, const slope__box *box)
{
    return box->data.low < box->data.high || (slope__has_grad(view, box) && box->grad.low < box->grad.high);
}

static void put_numbers(slope__out *out, const slope__picture *view, const slope__box *box)
{
    char lead[80];
    if (is_spread(view, box)) {
        put_span_table(out, view, box);
        put_odds(out, "data", &box->data, box->count);
    } else {
        put_span_row(out,
                     "\xc2\xa0"
                     "data\xc2\xa0",
                     &box->data, box->count);
        put_odds(out, "data", &box->data, box->count);
        put_grad_lead(lead, slope__shade(view, box));
        if (slope__has_grad(view, box))
            put_span_row(out, lead, &box->grad, box->count);
    }
    if (slope__has_grad(view, box)) {
        put_odds(out, "grad", &box->grad, box->count);
        put_paths(out, view, box);
    }
}

static void put_header_row(slope__out *out, const slope__box *box)
{
    slope__put(out, box->count > 1 ? "<TR><TD ALIGN=\"LEFT\" COLSPAN=\"4\"><B>"
                                   : "<TR><TD ALIGN=\"LEFT\" COLSPAN=\"3\"><B>");
    (void)slope__put_title(out, box, SLOPE__HTML);
    slope__put(out, "</B>");
    if (box->count > 1) {
        if (box->label && box->kind == SLOPE__RESULT) {
            slope__put(out, "\xc2\xa0\xc2\xa0");
            (void)slope__put_text(out, box->symbol, SLOPE__HTML, SLOPE__NAME_MOST);
        }
        slope__put(out, "\xc2\xa0\xc2\xa0\xc3\x97\xc2\xa0");
        put_count(out, box->count);
    } else if (box->kind == SLOPE__RESULT) {
        slope__put(out, "</TD><TD ALIGN=\"RIGHT\">\xc2\xa0\xc2\xa0<B>");
        (void)slope__put_text(out, box->symbol, SLOPE__HTML, SLOPE__NAME_MOST);
        slope__put(out, "</B>");
    }
    slope__put(out, "</TD></TR>");
}

static void put_extra_rows(slope__out *out, const slope__box *box)
{
    if (box->born) {
        slope__put(out, "<TR><TD COLSPAN=\"4\" ALIGN=\"LEFT\"><FONT COLOR=\"" RED "\"><B>");
        put_number(out, box->data.odd);
        slope__put(out, " starts here</B></FONT></TD></TR>");
    }
    if (box->loops) {
        slope__put(out, "<TR><TD COLSPAN=\"4\" ALIGN=\"LEFT\"><FONT POINT-SIZE=\"9\">\xe2\x86\xbb ");
        put_count(out, box->loops);
        slope__put(out, " operands from this box</FONT></TD></TR>");
    }
    if (box->hidden) {
        slope__put(out, "<TR><TD COLSPAN=\"4\" ALIGN=\"LEFT\"><FONT POINT-SIZE=\"9\">\xe2\x80\xa6 ");
        put_count(out, box->hidden);
        slope__put(out,
                   box->hidden == 1 ? " operand left out</FONT></TD></TR>" : " operands left out</FONT></TD></TR>");
    }
}

static void put_label(slope__out *out, const slope__picture *view, const slope__box *box)
{
    if (box->kind == SLOPE__NUMBER && box->count == 1 && !box->label) {
        slope__put(out, "<<B>");
        put_number(out, box->data.odds ? box->data.odd : box->data.middle);
        slope__put(out, "</B>>");
        return;
    }
    slope__put(out, "<<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"0\" CELLPADDING=\"1\">");
    put_header_row(out, box);
    put_numbers(out, view, box);
    put_extra_rows(out, box);
    slope__put(out, "</TABLE>>");
}

/* --------------------------------------------------------------------------------------------------------- tooltips */

static void put_exact(slope__out *out, const char *what, double x)
{
    char text[SLOPE__NUMBER_SIZE];
    slope__put_format(out, "\\n%s %s", what, slope__number_format(text, "%.17g", x));
    if (isfinite(x))
        slope__put_format(out, " (%s)", slope__number_format(text, "%a", x));
}

static void put_exact_span(slope__out *out, const char *what, const slope__span *span)
{
    if (span->odds)
        put_exact(out, what, span->odd);
    if (isnan(span->middle))
        return;
    slope__put_format(out, "\\n%s from", what);
    put_exact(out, "   ", span->low);
    put_exact(out, "   ", span->middle);
    put_exact(out, "   ", span->high);
}

void slope__dot_tooltip(slope__out *out, const slope__picture *view, const slope__box *box)
{
    const int grad = slope__has_grad(view, box);
    if (view->folded && box->count > 1) {
        put_count(out, box->count);
        slope__put(out, " values: ");
        slope__put(out, box->kind == SLOPE__INPUT ? "inputs" : box->kind == SLOPE__NUMBER ? "numbers" : "");
        if (box->kind == SLOPE__RESULT)
            (void)slope__put_text(out, box->name, SLOPE__STRING, 80);
        put_exact_span(out, "data", &box->data);
        if (grad)
            put_exact_span(out, "grad", &box->grad);
        return;
    }
    (void)slope__put_name(out, box, SLOPE__STRING, 400);
    slope__put(out, " = ");
    if (view->folded)
        (void)slope__put_text(out, box->name, SLOPE__STRING, 80);
    else
        (void)slope__put_formula(out, view, box, SLOPE__STRING);
    put_exact(out, "data", box->data.odds ? box->data.odd : box->data.middle);
    if (grad)
        put_exact(out, "grad", box->grad.odds ? box->grad.odd : box->grad.middle);
    if (box->file) {
        slope__put(out, "\\n");
        (void)slope__put_text(out, box->file, SLOPE__STRING, 200);
        slope__put_format(out, ":%d", box->line);
    }
}

/* -------------------------------------------------------------------------------------------------- boxes and edges */

static void put_box(slope__out *out, const slope__picture *view, const slope__box *box)
{
    char color[8];
    const double g = slope__shade(view, box);
    const int odd = slope__is_odd(view, box);
    const double most = box->output ? 1.2 : 2.5; /* wider ones would fill the gap of a double outline */
    const double width = 1 + (odd || isinf(g) ? most : isnan(g) ? 0 : most * slope__strength(view, g));
    slope__put_format(out, "  v%zu [id=\"v%zu\", label=", box->number, box->number);
    put_label(out, view, box);
    if (box->kind == SLOPE__INPUT)
        slope__put(out, ", style=\"filled,rounded\"");
    else if (box->kind == SLOPE__NUMBER)
        slope__put(out, ", style=\"filled,dashed\"");
    if (box->output)
        slope__put(out, ", peripheries=2");
    slope__put_format(out, ", fillcolor=\"%s\", color=\"%s\", penwidth=%d.%d, tooltip=\"",
                      box->kind == SLOPE__NUMBER ? "#f3f3f3" : fill(color, view, g),
                      odd     ? RED
                      : g > 0 ? BLUE
                      : g < 0 ? ORANGE
                              : GREY,
                      (int)width, (int)(10 * (width - (int)width)));
    slope__dot_tooltip(out, view, box);
    slope__put(out, "\"];\n");
}

static void put_edge(slope__out *out, const slope__picture *view, const slope__edge *edge)
{
    const slope__box *from = &view->box[edge->from], *to = &view->box[edge->to];
    slope__put_format(out, "  v%zu -> v%zu [", from->number, to->number);
    if (view->walk->options->gradients && from->kind != SLOPE__NUMBER) { /* a number does not vary */
        const int odd = !isfinite(edge->low) || !isfinite(edge->high);
        slope__put(out, "label=\"\xc2\xa0");
        put_number(out, edge->low);
        if (edge->count > 1 && edge->high > edge->low) {
            slope__put(out, "\xc2\xa0\\n\xe2\x80\xa6\xc2\xa0");
            put_number(out, edge->high);
        }
        slope__put(out, "\xc2\xa0\", tooltip=\"");
        char text[SLOPE__NUMBER_SIZE];
        if (edge->count > 1) {
            put_count(out, edge->count);
            slope__put(out, " operands");
            put_exact(out, "local derivative from", edge->low);
            put_exact(out, "to", edge->high);
        } else {
            slope__put_format(out, "local derivative %s", slope__number_format(text, "%.17g", edge->low));
            if (!view->folded) {
                put_exact(out, "times upstream gradient", view->walk->item[to->number].grad);
                put_exact(out, "brings back", edge->flow);
            }
        }
        slope__put_format(out, "\"%s", odd ? ", color=\"" RED "\", fontcolor=\"" RED "\", penwidth=2" : "");
    }
    slope__put(out, "];\n");
}

/* ----------------------------------------------------------------------------------------------------------- legend */

static void put_swatch(slope__out *out, const slope__picture *view, double grad)
{
    char color[8];
    slope__put_format(out, "<TD BORDER=\"1\" COLOR=\"" GREY "\" BGCOLOR=\"%s\">\xc2\xa0", fill(color, view, grad));
    if (grad != 0)
        slope__put(out, slope__glyph(grad));
    put_number(out, grad);
    slope__put(out, "\xc2\xa0</TD>");
}

static void put_scale(slope__out *out, const slope__picture *view)
{
    const double most = view->grad_most, middle = view->grad_middle;
    const int two = middle < 0.9 * most;
    if (!(most > 0)) {
        slope__put(out, "<TR><TD ALIGN=\"LEFT\">gradient</TD><TD COLSPAN=\"6\" ALIGN=\"LEFT\">0 everywhere: before a "
                        "backward sweep, or nothing depends on an input</TD></TR>");
        return;
    }
    slope__put(out, "<TR><TD ALIGN=\"LEFT\">gradient</TD>");
    put_swatch(out, view, -most);
    if (two)
        put_swatch(out, view, -middle);
    put_swatch(out, view, 0);
    if (two)
        put_swatch(out, view, middle);
    put_swatch(out, view, most);
    slope__put_format(out, "<TD ALIGN=\"LEFT\"%s>\xc2\xa0the thicker the outline, the larger</TD></TR>",
                      two ? "" : " COLSPAN=\"3\"");
}

/* Everything in one table of seven columns: tables inside tables would be stretched. */
static void put_legend(slope__out *out, const slope__picture *view)
{
    slope__put(out, "<<TABLE BORDER=\"0\" CELLBORDER=\"0\" CELLSPACING=\"3\" CELLPADDING=\"2\">");
    if (view->walk->options->title) {
        slope__put(out, "<TR><TD COLSPAN=\"7\" ALIGN=\"LEFT\"><FONT POINT-SIZE=\"13\"><B>");
        (void)slope__put_text(out, view->walk->options->title, SLOPE__HTML, 200);
        slope__put(out, "</B></FONT></TD></TR>");
    }
    if (view->folded || view->left_out) {
        slope__put(out, "<TR><TD COLSPAN=\"7\" ALIGN=\"LEFT\"><B>");
        slope__put_note(out, view);
        slope__put(out, "</B></TD></TR>");
    }
    if (view->folded)
        slope__put(out, "<TR><TD COLSPAN=\"7\" ALIGN=\"LEFT\">the colour of many is that of the median</TD></TR>");
    slope__put(out, "<TR><TD ALIGN=\"LEFT\">outline</TD>");
    slope__put(out, "<TD BORDER=\"1\" COLOR=\"" GREY "\" STYLE=\"ROUNDED\">input</TD>");
    slope__put(out, "<TD BORDER=\"1\" COLOR=\"" GREY "\" STYLE=\"DASHED\">number</TD>");
    slope__put(out, "<TD BORDER=\"1\" COLOR=\"" GREY "\">result</TD>");
    slope__put(out, "<TD CELLPADDING=\"0\"><TABLE BORDER=\"1\" CELLBORDER=\"1\" CELLSPACING=\"2\" CELLPADDING=\"1\" "
                    "COLOR=\"" GREY "\"><TR><TD>output</TD></TR></TABLE></TD>");
    slope__put_format(out, "<TD COLSPAN=\"2\" ALIGN=\"LEFT\">%s</TD></TR>",
                      view->walk->options->gradients ? "\xc2\xa0on an arrow: the local derivative" : "");
    if (view->walk->options->gradients)
        put_scale(out, view);
    slope__put(out, "</TABLE>>");
}

void slope__dot_head(slope__out *out, const slope__picture *view)
{
    slope__put(out, "digraph slope {\n  graph [rankdir=");
    slope__put(out, view->walk->options->top_down ? "TB" : "LR");
    slope__put(out, ", charset=\"UTF-8\", bgcolor=white, pad=0.2, nodesep=0.22, ranksep=0.35, fontsize=10, labelloc=b, "
                    "fontname=\"" FONT "\", ");
    if (view->span > SPAN_MOST) /* Graphviz routes curves in time quadratic in this */
        slope__put(out, "splines=line, nslimit=0.1, nslimit1=0.1, mclimit=0.05, ");
}

void slope__write_dot(slope__out *out, const slope__picture *view)
{
    slope__dot_head(out, view);
    slope__put(out, "labeljust=l, label=");
    put_legend(out, view);
    slope__put(out, "];\n  node [shape=box, style=filled, fontname=\"" FONT "\", "
                    "fontsize=11, margin=\"0.07,0.04\", height=0.3, width=0.3];\n");
    slope__put(out, "  edge [fontname=\"" FONT "\", fontsize=9, color=\"" GREY "\", "
                    "fontcolor=\"#333333\", arrowsize=0.7];\n");
    for (size_t i = 0; i < view->boxes; i++)
        put_box(out, view, &view->box[i]);
    for (size_t i = 0; i < view->edges; i++)
        if (view->edge[i].from != view->edge[i].to) /* a box that feeds itself says so inside */
            put_edge(out, view, &view->edge[i]);
    slope__put(out, "}\n");
}
