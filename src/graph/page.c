/* SPDX-License-Identifier: MIT */
/*
 * The whole page in one file: the picture and the table as they are without a script, the data of the graph, and the
 * script with the arithmetic in it (page/), which makes them move.  It asks nothing of any network, and may not.
 */
#include "graph/page.h"

#include "page_script.inc" /* page_script[]: empty where the library was built without its script */
#include "page_style.inc"

/* "e = tanh(n), graph of the computation": what the tab of the browser says. */
static void put_title(slope__out *out, const slope__picture *view)
{
    const slope_graph_options *o = view->walk->options;
    const char *title = o->title ? o->title : o->formula ? o->formula : "Graph of a computation";
    (void)slope__put_text(out, title, SLOPE__HTML, 120);
}

static void put_head(slope__out *out, const slope__picture *view)
{
    slope__put(out,
               "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"color-scheme\" content=\"light dark\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
               "script-src 'unsafe-inline' 'wasm-unsafe-eval'; base-uri 'none'; form-action 'none'\">\n<title>");
    put_title(out, view);
    slope__put(out, " \xe2\x80\x93 Slope</title>\n<style>\n");
    slope__put_bytes(out, (const char *)page_style, sizeof page_style - 1);
    slope__put(out, "</style>\n</head>\n");
}

static void put_text_member(slope__out *out, const char *name, const char *text)
{
    slope__put_format(out, "\"%s\":\"", name);
    (void)slope__put_text(out, text ? text : "", SLOPE__SCRIPT, SLOPE__NO_CUT);
    slope__put(out, "\"");
}

/* What the script is told besides the data. */
static void put_settings(slope__out *out, const slope__picture *view)
{
    const slope_graph_options *o = view->walk->options;
    slope__put(out, "<script type=\"application/json\" id=\"slope-page\">{");
    put_text_member(out, "kind", o->examples ? "explore" : o->formula ? "formula" : "program");
    slope__put(out, ",");
    put_text_member(out, "formula", o->formula);
    slope__put_format(out, ",\"fold\":%s,\"most\":%zu,\"down\":%s,\"gradients\":%s,\"examples\":[",
                      o->fold ? "true" : "false", o->max_nodes, o->top_down ? "true" : "false",
                      o->gradients ? "true" : "false");
    for (size_t i = 0; i < o->examples; i++) {
        const slope_graph_example *e = &o->example[i];
        slope__put(out, i ? ",{" : "{");
        put_text_member(out, "name", e->name);
        slope__put(out, ",");
        put_text_member(out, "title", e->title);
        slope__put(out, ",");
        put_text_member(out, "formula", e->formula);
        slope__put(out, ",");
        put_text_member(out, "inputs", e->inputs);
        slope__put(out, ",");
        put_text_member(out, "note", e->note);
        slope__put(out, "}");
    }
    slope__put(out, "]}</script>\n");
}

slope_status slope__write_page(slope__out *out, const slope__picture *view, slope__arena *arena)
{
    put_head(out, view);
    slope__put(out, "<body>\n<header>\n<h1>");
    put_title(out, view);
    slope__put(out, "</h1>\n<p class=\"note\">");
    slope__put_note(out, view);
    slope__put(out, "</p>\n</header>\n<main>\n<figure id=\"picture\">\n");
    slope_status status = slope__write_svg(out, view, arena);
    if (status)
        return status;
    slope__put(out, "</figure>\n<details id=\"values\"><summary>Table of all values</summary>\n");
    slope__write_table(out, view);
    slope__put(out, "</details>\n</main>\n");
    if (sizeof page_script > 1) {
        slope__put(out,
                   "<noscript><p class=\"note\">Where scripts run, this picture can be stepped through, edited and "
                   "unfolded.</p></noscript>\n");
        put_settings(out, view);
        slope__put(out, "<script type=\"text/plain\" id=\"slope-data\">");
        status = slope__write_data(out, view->walk, arena);
        slope__put(out, "</script>\n<script>\n");
        slope__put_bytes(out, (const char *)page_script, sizeof page_script - 1);
        slope__put(out, "</script>\n");
    }
    slope__put(out, "</body>\n</html>\n");
    return status;
}
