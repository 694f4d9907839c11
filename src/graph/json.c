/* SPDX-License-Identifier: MIT */
/* The view as one JSON object: every double reads back to the same bits; what is not finite is a string. */
#include <math.h>
#include <string.h>

#include "graph/view.h"

void slope__put_json_number(slope__out *out, double x)
{
    char text[SLOPE__NUMBER_SIZE];
    if (isnan(x))
        slope__put(out, "\"NaN\"");
    else if (isinf(x))
        slope__put(out, x > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    else
        slope__put(out, x == 0 && signbit(x) ? "-0.0" : slope__number(text, x)); /* -0 would be read as an integer */
}

void slope__put_json_text(slope__out *out, const char *text)
{
    slope__put(out, "\"");
    (void)slope__put_text(out, text, SLOPE__JSON, SLOPE__NO_CUT);
    slope__put(out, "\"");
}

static void put_span(slope__out *out, const char *key, const slope__span *span, size_t count)
{
    slope__put_format(out, ", \"%s\": ", key);
    if (count == 1) {
        slope__put_json_number(out, span->odds ? span->odd : span->middle);
        return;
    }
    slope__put(out, "{\"min\": ");
    slope__put_json_number(out, span->low);
    slope__put(out, ", \"median\": ");
    slope__put_json_number(out, span->middle);
    slope__put(out, ", \"max\": ");
    slope__put_json_number(out, span->high);
    slope__put_format(out, ", \"nonfinite\": %zu}", span->odds);
}

static void put_edge(slope__out *out, const slope__picture *view, const slope__edge *edge)
{
    slope__put_format(out, "{\"node\": %zu", view->box[edge->from].number);
    if (view->folded)
        slope__put_format(out, ", \"count\": %zu", edge->count);
    else
        slope__put_format(out, ", \"position\": %zu", (size_t)edge->position);
    if (view->walk->options->gradients) {
        slope__put(out, ", \"local\": ");
        if (edge->count > 1) {
            slope__put(out, "{\"min\": ");
            slope__put_json_number(out, edge->low);
            slope__put(out, ", \"max\": ");
            slope__put_json_number(out, edge->high);
            slope__put(out, "}");
        } else {
            slope__put_json_number(out, edge->low);
        }
    }
    slope__put(out, "}");
}

static void put_node(slope__out *out, const slope__picture *view, const slope__box *box)
{
    static const char *const kinds[] = {"input", "number", "result"};
    slope__put_format(out, "    {\"id\": %zu, \"kind\": \"%s\", \"op\": ", box->number, kinds[box->kind]);
    slope__put_json_text(out, box->name);
    if (box->label) {
        slope__put(out, ", \"label\": ");
        slope__put_json_text(out, box->label);
    }
    if (box->last_label) {
        slope__put(out, ", \"last_label\": ");
        slope__put_json_text(out, box->last_label);
    }
    if (view->folded)
        slope__put_format(out, ", \"count\": %zu", box->count);
    put_span(out, "data", &box->data, box->count);
    if (slope__has_grad(view, box))
        put_span(out, "grad", &box->grad, box->count);
    if (box->file) {
        slope__put(out, ", \"file\": ");
        slope__put_json_text(out, box->file);
        slope__put_format(out, ", \"line\": %d", box->line);
    }
    if (box->hidden)
        slope__put_format(out, ", \"operands_left_out\": %zu", box->hidden);
    slope__put(out, ", \"operands\": [");
    for (size_t i = 0; i < box->edges; i++) {
        slope__put(out, i ? ", " : "");
        put_edge(out, view, &view->edge[box->first + i]);
    }
    slope__put(out, "]}");
}

void slope__write_json(slope__out *out, const slope__picture *view)
{
    slope__put_format(
        out, "{\n  \"format\": \"slope-graph\",\n  \"version\": 1,\n  \"values\": %zu,\n  \"left_out\": %zu,\n",
        view->values, view->left_out);
    slope__put_format(out, "  \"folded\": %s,\n", view->folded ? "true" : "false");
    if (view->walk->options->title) {
        slope__put(out, "  \"title\": ");
        slope__put_json_text(out, view->walk->options->title);
        slope__put(out, ",\n");
    }
    slope__put(out, "  \"outputs\": [");
    for (size_t i = 0; i < view->walk->outputs; i++)
        slope__put_format(out, "%s%zu", i ? ", " : "", (size_t)view->walk->output[i]);
    slope__put(out, "],\n  \"nodes\": [\n");
    for (size_t i = 0; i < view->boxes; i++) {
        put_node(out, view, &view->box[i]);
        slope__put(out, i + 1 < view->boxes ? ",\n" : "\n");
    }
    slope__put(out, "  ]\n}\n");
}
