/* SPDX-License-Identifier: MIT */
/* What all writers share: the options, names, formulas, the note about what is left out, and the scale of the
   gradients. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "graph/view.h"

slope_graph_options slope_graph_options_default(void)
{
    return (slope_graph_options){
        .struct_size = sizeof(slope_graph_options),
        .style = SLOPE_GRAPH_STYLE_SLOPE,
        .max_nodes = 400,
        .gradients = 1,
        .fold = 1,
        .time_limit = 20,
        .max_values = 1000000,
    };
}

double slope__median(double x[], size_t n)
{
    ptrdiff_t low = 0, high = (ptrdiff_t)n - 1;
    const ptrdiff_t k = high / 2;
    uint32_t random = 1;
    while (low < high) { /* Hoare's selection; pivots by chance, so that no pattern in the numbers makes it quadratic */
        random = random * 1664525u + 1013904223u;
        const double pivot = x[low + (ptrdiff_t)((random >> 8) % (size_t)(high - low + 1))];
        ptrdiff_t i = low, j = high;
        while (i <= j) {
            while (x[i] < pivot)
                i++;
            while (pivot < x[j])
                j--;
            if (i <= j) {
                const double swap = x[i];
                x[i++] = x[j];
                x[j--] = swap;
            }
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return x[k];
}

/* In canonical order, so an edge that closes a cycle of a folded view counts as none. */
static void rank_boxes(slope__picture *view)
{
    for (size_t i = 0; i < view->boxes; i++)
        for (size_t k = 0; k < view->box[i].edges; k++) {
            const size_t from = view->edge[view->box[i].first + k].from;
            if (from < i && view->box[from].rank >= view->box[i].rank)
                view->box[i].rank = view->box[from].rank + 1;
        }
    for (size_t i = 0; i < view->edges; i++)
        if (view->edge[i].from < view->edge[i].to)
            view->span += view->box[view->edge[i].to].rank - view->box[view->edge[i].from].rank;
}

slope_status slope__view_scale(slope__picture *view, slope__arena *arena)
{
    rank_boxes(view);
    double *size = slope__arena_array(arena, view->boxes, sizeof *size);
    if (!size)
        return SLOPE_ERR_MEMORY;
    size_t n = 0;
    for (size_t i = 0; i < view->boxes; i++) {
        const slope__box *box = &view->box[i];
        if (box->kind == SLOPE__NUMBER || !isfinite(box->grad.middle) || box->grad.middle == 0)
            continue;
        size[n] = fabs(box->grad.middle);
        if (size[n] > view->grad_most)
            view->grad_most = size[n];
        n++;
    }
    if (n)
        view->grad_middle = slope__median(size, n);
    return SLOPE_OK;
}

int slope__has_grad(const slope__picture *view, const slope__box *box)
{
    return view->walk->options->gradients && box->kind != SLOPE__NUMBER;
}

double slope__strength(const slope__picture *view, double grad)
{
    if (!(view->grad_most > 0) || grad == 0)
        return 0;
    const double t = asinh(fabs(grad) / view->grad_middle) / asinh(view->grad_most / view->grad_middle);
    return t < 1 ? t : 1;
}

const char *slope__glyph(double grad)
{
    return grad > 0 ? "\xe2\x96\xb2" : grad < 0 ? "\xe2\x96\xbc" : "\xc2\xa0"; /* triangles up and down */
}

double slope__shade(const slope__picture *view, const slope__box *box)
{
    return !slope__has_grad(view, box) ? 0 : isnan(box->grad.middle) ? box->grad.odd : box->grad.middle;
}

int slope__is_dead(const slope__picture *view, const slope__box *box)
{
    return slope__has_grad(view, box) && view->grad_most > 0 && !box->grad.odds && box->grad.low == 0 &&
           box->grad.high == 0;
}

int slope__is_odd(const slope__picture *view, const slope__box *box)
{
    return box->data.odds || (slope__has_grad(view, box) && box->grad.odds);
}

/* Text that is made here, with its width. */
static size_t put_plain(slope__out *out, const char *text)
{
    slope__put(out, text);
    return strlen(text);
}

size_t slope__put_name(slope__out *out, const slope__box *box, slope__escape escape, size_t most)
{
    char text[SLOPE__NUMBER_SIZE];
    if (box->label)
        return slope__put_text(out, box->label, escape, most);
    if (box->kind == SLOPE__NUMBER)
        return put_plain(out, slope__number_short(text, box->data.odds ? box->data.odd : box->data.middle, 6));
    slope__put_format(out, "%%%zu", box->number);
    return slope__text_width("%", 9) + strlen(slope__number_format(text, "%.0f", (double)box->number));
}

size_t slope__put_title(slope__out *out, const slope__box *box, slope__escape escape)
{
    size_t width;
    if (!box->label && box->kind == SLOPE__NUMBER && box->count > 1)
        width = put_plain(out, "numbers");
    else if (!box->label && box->kind == SLOPE__INPUT && box->count > 1)
        width = put_plain(out, "inputs");
    else if (!box->label && box->count > 1)
        width = slope__put_text(out, box->symbol, escape, SLOPE__NAME_MOST);
    else
        width = slope__put_name(out, box, escape, SLOPE__NAME_MOST);
    if (!box->last_label)
        return width;
    slope__put(out, " \xe2\x80\xa6 ");
    return width + 3 + slope__put_text(out, box->last_label, escape, SLOPE__NAME_MOST);
}

static int is_infix(const slope__box *box)
{
    return box->arity == 2 && box->symbol[0] && !isalnum((unsigned char)box->symbol[0]) && box->symbol[0] != '_' &&
           strlen(box->symbol) <= 2;
}

/* Operand i of the box, which may not be drawn. */
static size_t put_operand(slope__out *out, const slope__picture *view, const slope__box *box, size_t i,
                          slope__escape escape)
{
    for (size_t k = 0; k < box->edges; k++) {
        const slope__edge *edge = &view->edge[box->first + k];
        if (edge->position == i)
            return slope__put_name(out, &view->box[edge->from], escape, 20);
        if (edge->position > i)
            break;
    }
    slope__put(out, "\xe2\x80\xa6");
    return 1;
}

size_t slope__put_formula(slope__out *out, const slope__picture *view, const slope__box *box, slope__escape escape)
{
    const size_t n = box->edges + box->hidden;
    if (box->kind == SLOPE__INPUT)
        return put_plain(out, "input");
    if (box->kind == SLOPE__NUMBER)
        return put_plain(out, "number");
    if (is_infix(box)) {
        size_t width = put_operand(out, view, box, 0, escape);
        slope__put(out, " ");
        width += slope__put_text(out, box->symbol, escape, 3);
        slope__put(out, " ");
        return width + 2 + put_operand(out, view, box, 1, escape);
    }
    const int prefix = n == 1 && box->arity == 1 && strcmp(box->symbol, "-") == 0;
    size_t width = slope__put_text(out, prefix ? "-" : box->name, escape, 24);
    if (!prefix)
        width += put_plain(out, "(");
    for (size_t i = 0; i < n && i < 4; i++) {
        if (i)
            width += put_plain(out, ", ");
        width += put_operand(out, view, box, i, escape);
    }
    if (n > 4) {
        char text[SLOPE__NUMBER_SIZE];
        slope__put(out, ", \xe2\x80\xa6 ");
        width += 4 + put_plain(out, slope__count(text, n));
        width += put_plain(out, " in all");
    }
    return width + (prefix ? 0 : put_plain(out, ")"));
}

void slope__put_note(slope__out *out, const slope__picture *view)
{
    char values[SLOPE__NUMBER_SIZE], boxes[SLOPE__NUMBER_SIZE], left_out[SLOPE__NUMBER_SIZE];
    (void)slope__count(values, view->values);
    (void)slope__count(boxes, view->boxes);
    if (view->folded)
        slope__put_format(
            out, "%s values in %s boxes: \xc3\x97 n is how many values, made in the same way, a box stands for", values,
            boxes);
    else if (view->left_out)
        slope__put_format(out, "%s of %s values are drawn, those nearest to the output; %s are left out", boxes, values,
                          slope__count(left_out, view->left_out));
}
