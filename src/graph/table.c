/* SPDX-License-Identifier: MIT */
/* The picture's boxes as a table of HTML, a row each: the same facts for those who can't see, and for the printer. */
#include <math.h>

#include "graph/page.h"

static void put_span(slope__out *out, const slope__span *span, size_t count)
{
    char text[SLOPE__NUMBER_SIZE];
    const double x = isnan(span->middle) ? span->odd : span->middle;
    slope__put(out, "<td class=\"number\">");
    slope__put(out, slope__number_short(text, x, 6));
    if (count > 1 && span->low < span->high) {
        slope__put(out, " (");
        slope__put(out, slope__number_short(text, span->low, 4));
        slope__put(out, " \xe2\x80\xa6 ");
        slope__put(out, slope__number_short(text, span->high, 4));
        slope__put(out, ")");
    }
    if (count > 1 && span->odds)
        slope__put_format(out, ", %s not finite", slope__count(text, span->odds));
    slope__put(out, "</td>");
}

static void put_row(slope__out *out, const slope__picture *view, const slope__box *box)
{
    char text[SLOPE__NUMBER_SIZE];
    slope__put_format(out, "<tr id=\"r%zu\"><th scope=\"row\"><a href=\"#n%zu\">", box->number, box->number);
    (void)slope__put_title(out, box, SLOPE__HTML);
    slope__put(out, "</a>");
    if (box->count > 1)
        slope__put_format(out, " \xc3\x97%s", slope__count(text, box->count));
    slope__put(out, "</th><td>");
    if (box->kind == SLOPE__RESULT && view->folded)
        (void)slope__put_text(out, box->name, SLOPE__HTML, SLOPE__NO_CUT);
    else
        (void)slope__put_formula(out, view, box, SLOPE__HTML);
    slope__put(out, "</td>");
    put_span(out, &box->data, box->count);
    if (view->walk->options->gradients) {
        if (slope__has_grad(view, box))
            put_span(out, &box->grad, box->count);
        else
            slope__put(out, "<td class=\"number\"></td>");
    }
    slope__put(out, "<td>");
    if (box->file) {
        (void)slope__put_text(out, box->file, SLOPE__HTML, 200);
        slope__put_format(out, ":%d", box->line);
    }
    slope__put(out, "</td></tr>\n");
}

void slope__write_table(slope__out *out, const slope__picture *view)
{
    slope__put(out, "<table id=\"table\"><thead><tr><th scope=\"col\">name</th><th scope=\"col\">how it came about</th>"
                    "<th scope=\"col\">data</th>");
    if (view->walk->options->gradients)
        slope__put(out, "<th scope=\"col\">gradient</th>");
    slope__put(out, "<th scope=\"col\">place</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < view->boxes; i++)
        put_row(out, view, &view->box[i]);
    slope__put(out, "</tbody></table>\n");
}
