/* SPDX-License-Identifier: MIT */
/* DOT in the style `lecture`: a record { label | data | grad } for each value and a small ellipse for its operation, as
   the classic lecture on automatic differentiation draws them. */
#include <math.h>

#include "graph/view.h"

enum { NAME_MOST = 32, DIGITS = 4 };

static void put_number(slope__out *out, double x)
{
    char text[SLOPE__NUMBER_SIZE];
    slope__put(out, slope__number_short(text, x, DIGITS));
}

/* "data 4", or of many a field with smallest, median and largest below each other. */
static void put_span(slope__out *out, const char *name, const slope__span *span)
{
    const double three[] = {span->low, span->middle, span->high};
    if (isnan(span->middle) || span->low == span->high) {
        slope__put_format(out, " | %s ", name);
        put_number(out, isnan(span->middle) ? span->odd : span->middle);
        return;
    }
    slope__put_format(out, " | { %s", name);
    for (int i = 0; i < 3; i++) {
        slope__put(out, " | ");
        put_number(out, three[i]);
    }
    slope__put(out, " }");
}

static void put_record(slope__out *out, const slope__picture *view, const slope__box *box)
{
    char text[SLOPE__NUMBER_SIZE];
    const int down =
        view->walk->options->top_down; /* fields lie across the direction of the drawing unless in braces */
    slope__put_format(out, "  v%zu [id=\"v%zu\", label=\"%s ", box->number, box->number, down ? "" : "{");
    if (box->label || box->kind != SLOPE__NUMBER)
        (void)slope__put_name(out, box, SLOPE__RECORD, NAME_MOST);
    if (box->last_label) {
        slope__put(out, " \xe2\x80\xa6 ");
        (void)slope__put_text(out, box->last_label, SLOPE__RECORD, NAME_MOST);
    }
    if (box->count > 1)
        slope__put_format(out, " \xc3\x97 %s", slope__count(text, box->count));
    put_span(out, "data", &box->data);
    if (view->walk->options->gradients && (box->kind != SLOPE__NUMBER || (!view->folded && !box->grad.odds)))
        put_span(out, "grad", &box->grad);
    if (box->hidden)
        slope__put_format(out, " | %s operands left out", slope__count(text, box->hidden));
    slope__put_format(out, " %s\", tooltip=\"", down ? "" : "}");
    slope__dot_tooltip(out, view, box);
    slope__put(out, "\"];\n");
}

/* The operation of a box and the arrow from it. */
static void put_operation(slope__out *out, const slope__box *box)
{
    slope__put_format(out, "  o%zu [id=\"o%zu\", shape=ellipse, label=\"", box->number, box->number);
    (void)slope__put_text(out, box->symbol, SLOPE__STRING, NAME_MOST);
    slope__put(out, "\", tooltip=\"");
    (void)slope__put_text(out, box->name, SLOPE__STRING, 80);
    slope__put_format(out, "\"];\n  o%zu -> v%zu;\n", box->number, box->number);
}

static void put_edge(slope__out *out, const slope__picture *view, const slope__edge *edge)
{
    slope__put_format(out, "  v%zu -> o%zu", view->box[edge->from].number, view->box[edge->to].number);
    if (edge->from == edge->to)
        slope__put(out, " [constraint=false]");
    slope__put(out, ";\n");
}

void slope__write_lecture(slope__out *out, const slope__picture *view)
{
    slope__dot_head(out, view);
    slope__put(out, "label=\"");
    if (view->walk->options->title) {
        (void)slope__put_text(out, view->walk->options->title, SLOPE__STRING, 200);
        slope__put(out, view->folded || view->left_out ? "\\n" : "");
    }
    slope__put_note(out, view);
    if (view->folded)
        slope__put(out, "\\nof many: smallest, median, largest");
    slope__put(out, "\"];\n  node [shape=record, fontname=\"DejaVu Sans Mono,Liberation Mono,monospace\", fontsize=11, "
                    "height=0.35, width=0.4];\n  edge [arrowsize=0.8];\n");
    for (size_t i = 0; i < view->boxes; i++) {
        put_record(out, view, &view->box[i]);
        if (view->box[i].kind == SLOPE__RESULT)
            put_operation(out, &view->box[i]);
    }
    for (size_t i = 0; i < view->edges; i++)
        put_edge(out, view, &view->edge[i]);
    slope__put(out, "}\n");
}
