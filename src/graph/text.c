/* SPDX-License-Identifier: MIT */
/*
 * The view for a terminal: a table with one value a line, operands before results, and for small graphs the tree below
 * the outputs, where every line is a use of a value: its local derivative and what comes back on that way.  A value
 * that is used again is not opened again.  Columns of numbers stand on their decimal points.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "graph/view.h"

enum { NAME_MOST = 24, DIGITS = 6, TREE_MOST = 40, COLUMNS_MOST = 5, CELL_SIZE = 2 * SLOPE__NUMBER_SIZE + 8 };

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define UP "\033[34m"
#define DOWN "\033[33m"
#define ALARM "\033[31;1m"
#define OFF "\033[0m"

/* Numbers under each other: how much room there is before and from the point. */
typedef struct column {
    const char *title;
    size_t before, after;
} column;

static size_t before_point(const char *text)
{
    size_t n = strcspn(text, ".e");
    return n;
}

static void measure(column *c, const char *text)
{
    const size_t before = before_point(text), after = strlen(text) - before;
    c->before = before > c->before ? before : c->before;
    c->after = after > c->after ? after : c->after;
}

static size_t column_width(const column *c)
{
    const size_t title = strlen(c->title);
    return c->before + c->after > title ? c->before + c->after : title;
}

static void put_spaces(slope__out *out, size_t n)
{
    while (n--)
        slope__put(out, " ");
}

static void put_color(slope__out *out, const slope__picture *view, const char *color)
{
    if (view->walk->options->ansi)
        slope__put(out, color);
}

static void put_title(slope__out *out, const slope__picture *view, const column *c)
{
    put_spaces(out, 2 + column_width(c) - strlen(c->title));
    put_color(out, view, DIM);
    slope__put(out, c->title);
    put_color(out, view, OFF);
}

/* A number in its column, "" for none; sign > 0 blue, < 0 orange.  Spaces behind it are owed to the next cell, so that
   no line ends in spaces. */
static void put_cell(slope__out *out, const slope__picture *view, const column *c, const char *text, double sign,
                     size_t *owed)
{
    const size_t before = before_point(text), after = strlen(text) - before;
    const size_t lead = column_width(c) - c->before - c->after + c->before - before;
    put_spaces(out, *owed + 2 + lead);
    const char *color = isnan(sign) || isinf(sign) ? ALARM : sign > 0 ? UP : sign < 0 ? DOWN : "";
    if (*text)
        put_color(out, view, color);
    slope__put(out, text);
    if (*text && *color)
        put_color(out, view, OFF);
    *owed = c->after - after;
}

static const char *number(char text[SLOPE__NUMBER_SIZE], double x) { return slope__number_short(text, x, DIGITS); }

static double only(const slope__span *span) { return span->odds ? span->odd : span->middle; }

/* ------------------------------------------------------------------------------------------------------------ table */

/* Columns of the table: the only number, or smallest, median and largest. */
static const char *span_cell(char text[SLOPE__NUMBER_SIZE], const slope__span *span, int which)
{
    const double three[] = {span->low, span->middle, span->high};
    return number(text, isnan(span->middle) ? span->odd : three[which]);
}

typedef struct table {
    slope__out *out;
    const slope__picture *view;
    column number[6]; /* data and grad, three each; only the first of each when not folded */
    size_t name, formula;
    int spans;
} table;

static size_t put_list_name(slope__out *out, const slope__box *box)
{
    if (box->last_label) { /* of many: the first and the last */
        const size_t width = slope__put_text(out, box->label, SLOPE__PLAIN, NAME_MOST);
        slope__put(out, " \xe2\x80\xa6 ");
        return width + 3 + slope__put_text(out, box->last_label, SLOPE__PLAIN, NAME_MOST);
    }
    if (box->kind != SLOPE__NUMBER || box->label)
        return slope__put_name(out, box, SLOPE__PLAIN, NAME_MOST);
    slope__put_format(out, "%%%zu", box->number);
    return (size_t)snprintf(NULL, 0, "%%%zu", box->number);
}

static int swallow(const char *data, size_t size, void *context)
{
    (void)data;
    (void)size;
    (void)context;
    return 0;
}

static size_t put_how(slope__out *out, const slope__picture *view, const slope__box *box)
{
    char text[SLOPE__NUMBER_SIZE];
    if (!view->folded)
        return slope__put_formula(out, view, box, SLOPE__PLAIN);
    size_t width = slope__put_text(out,
                                   box->kind == SLOPE__INPUT    ? "input"
                                   : box->kind == SLOPE__NUMBER ? "number"
                                                                : box->name,
                                   SLOPE__PLAIN, NAME_MOST);
    if (box->count > 1) {
        slope__put(out, " \xc3\x97 ");
        slope__put(out, slope__count(text, box->count));
        width += 3 + strlen(text);
    }
    for (size_t i = 0; i < box->edges; i++) {
        const slope__box *from = &view->box[view->edge[box->first + i].from];
        if (i == 4 || width > 40) {
            slope__put(out, " \xe2\x80\xa6");
            return width + 2;
        }
        slope__put(out, i ? ", " : " of ");
        width += i ? 2 : 4;
        width += from == box ? slope__put_text(out, "itself", SLOPE__PLAIN, 8) : put_list_name(out, from);
    }
    return width;
}

/* Plain numbers stand in the formulas of a list that is not folded. */
static int has_line(const slope__picture *view, const slope__box *box)
{
    return view->folded || box->kind != SLOPE__NUMBER || box->output || box->label;
}

static void measure_table(table *t)
{
    char text[SLOPE__NUMBER_SIZE];
    slope__out nowhere;
    slope__out_start(&nowhere, swallow, NULL);
    for (size_t i = 0; i < t->view->boxes; i++) {
        const slope__box *box = &t->view->box[i];
        if (!has_line(t->view, box))
            continue;
        const size_t name = put_list_name(&nowhere, box), formula = put_how(&nowhere, t->view, box);
        t->name = name > t->name ? name : t->name;
        t->formula = formula > t->formula ? formula : t->formula;
        for (int k = 0; k < t->spans; k++) {
            measure(&t->number[k], span_cell(text, &box->data, k));
            if (slope__has_grad(t->view, box))
                measure(&t->number[3 + k], span_cell(text, &box->grad, k));
        }
    }
}

static void put_line(const table *t, const slope__box *box)
{
    char text[SLOPE__NUMBER_SIZE];
    size_t owed = 0;
    put_color(t->out, t->view, BOLD);
    size_t width = put_list_name(t->out, box);
    put_color(t->out, t->view, OFF);
    put_spaces(t->out, t->name - width + 2);
    put_color(t->out, t->view, DIM);
    width = put_how(t->out, t->view, box);
    put_color(t->out, t->view, OFF);
    put_spaces(t->out, t->formula - width);
    for (int k = 0; k < t->spans; k++)
        put_cell(t->out, t->view, &t->number[k], span_cell(text, &box->data, k), box->data.odds ? NAN : 0, &owed);
    if (slope__has_grad(t->view, box))
        for (int k = 0; k < t->spans; k++) {
            const double g = isnan(box->grad.middle) ? box->grad.odd
                             : k == 0                ? box->grad.low
                             : k == 1                ? box->grad.middle
                                                     : box->grad.high;
            put_cell(t->out, t->view, &t->number[3 + k], span_cell(text, &box->grad, k), box->grad.odds ? NAN : g,
                     &owed);
        }
    slope__put(t->out, "\n");
}

static void put_table(slope__out *out, const slope__picture *view)
{
    table t = {.out = out, .view = view, .name = 4, .formula = 3, .spans = view->folded ? 3 : 1};
    t.number[0].title = view->folded ? "data min" : "data";
    t.number[3].title = view->folded ? "grad min" : "grad";
    t.number[1].title = t.number[4].title = "median";
    t.number[2].title = t.number[5].title = "max";
    measure_table(&t);
    put_color(out, view, DIM);
    slope__put(out, "name");
    put_spaces(out, t.name - 4 + 2);
    slope__put(out, "how");
    put_spaces(out, t.formula - 3);
    put_color(out, view, OFF);
    for (int k = 0; k < t.spans; k++)
        put_title(out, view, &t.number[k]);
    for (int k = 0; k < t.spans && view->walk->options->gradients; k++)
        put_title(out, view, &t.number[3 + k]);
    slope__put(out, "\n");
    for (size_t i = 0; i < view->boxes; i++)
        if (has_line(view, &view->box[i]))
            put_line(&t, &view->box[i]);
}

/* ------------------------------------------------------------------------------------------------------------- tree */

/* A line of the tree: a use of a box. */
typedef struct use {
    uint32_t box, edge; /* edge UINT32_MAX: an output */
    uint16_t depth;
    uint8_t last;  /* of its siblings */
    uint8_t again; /* opened above */
} use;

typedef struct tree {
    slope__out *out;
    const slope__picture *view;
    use *line;
    size_t lines;
    unsigned char open[TREE_MOST + 2]; /* by depth: more siblings come */
    column data, local, flow, grad;
    size_t width;
} tree;

/* Lays out the lines, depth first with a stack of uses; returns how many there are. */
static slope_status lay_out(tree *t, slope__arena *arena)
{
    const slope__picture *view = t->view;
    const size_t most = view->walk->outputs + view->edges;
    t->line = slope__arena_array(arena, most, sizeof *t->line);
    use *stack = slope__arena_array(arena, most, sizeof *stack);
    unsigned char *opened = slope__arena_array(arena, view->boxes, 1);
    uint32_t *box_of = slope__arena_array(arena, view->values, sizeof *box_of);
    if (!t->line || !stack || !opened || !box_of)
        return SLOPE_ERR_MEMORY;
    for (size_t i = 0; i < view->boxes; i++)
        box_of[view->box[i].number] = (uint32_t)i;
    size_t depth = 0;
    for (size_t i = view->walk->outputs; i-- > 0;)
        stack[depth++] = (use){.box = box_of[view->walk->output[i]], .edge = UINT32_MAX};
    while (depth) {
        use u = stack[--depth];
        const slope__box *box = &view->box[u.box];
        u.again = opened[u.box];
        t->line[t->lines++] = u;
        if (opened[u.box])
            continue;
        opened[u.box] = box->edges > 0;
        for (size_t k = box->edges; k-- > 0;) {
            const slope__edge *edge = &view->edge[box->first + k];
            stack[depth++] = (use){.box = edge->from,
                                   .edge = (uint32_t)(box->first + k),
                                   .depth = (uint16_t)(u.depth + 1),
                                   .last = k + 1 == box->edges};
        }
    }
    return SLOPE_OK;
}

static size_t put_branch(tree *t, slope__out *out, const use *u)
{
    const slope__box *box = &t->view->box[u->box];
    put_color(out, t->view, DIM);
    for (size_t d = 1; d < u->depth; d++)
        slope__put(out, t->open[d] ? "\xe2\x94\x82  " : "   ");
    if (u->depth)
        slope__put(out, u->last ? "\xe2\x94\x94\xe2\x94\x80 " : "\xe2\x94\x9c\xe2\x94\x80 ");
    put_color(out, t->view, OFF);
    t->open[u->depth] = !u->last;
    put_color(out, t->view, BOLD);
    size_t width = 3 * (size_t)u->depth + slope__put_name(out, box, SLOPE__PLAIN, NAME_MOST);
    put_color(out, t->view, OFF);
    if (box->kind == SLOPE__RESULT) {
        slope__put(out, "  ");
        width += 2 + slope__put_text(out, box->symbol, SLOPE__PLAIN, NAME_MOST);
    }
    if (u->again) {
        put_color(out, t->view, DIM);
        slope__put(out, "  (above)");
        put_color(out, t->view, OFF);
        width += 9;
    }
    return width;
}

static void measure_tree(tree *t)
{
    char text[SLOPE__NUMBER_SIZE];
    slope__out nowhere;
    slope__out_start(&nowhere, swallow, NULL);
    for (size_t i = 0; i < t->lines; i++) {
        const use *u = &t->line[i];
        const slope__box *box = &t->view->box[u->box];
        const size_t width = put_branch(t, &nowhere, u);
        t->width = width > t->width ? width : t->width;
        measure(&t->data, number(text, only(&box->data)));
        if (slope__has_grad(t->view, box))
            measure(&t->grad, number(text, only(&box->grad)));
        if (u->edge != UINT32_MAX && box->kind != SLOPE__NUMBER) {
            measure(&t->local, number(text, t->view->edge[u->edge].low));
            measure(&t->flow, number(text, t->view->edge[u->edge].flow));
        }
    }
}

static void put_use(tree *t, const use *u)
{
    char text[SLOPE__NUMBER_SIZE];
    const slope__box *box = &t->view->box[u->box];
    const size_t width = put_branch(t, t->out, u);
    size_t owed = 0;
    put_spaces(t->out, t->width - width);
    put_cell(t->out, t->view, &t->data, number(text, only(&box->data)), box->data.odds ? NAN : 0, &owed);
    if (t->view->walk->options->gradients) {
        const slope__edge *edge = u->edge == UINT32_MAX ? NULL : &t->view->edge[u->edge];
        if (box->kind != SLOPE__NUMBER) { /* numbers do not vary */
            put_cell(t->out, t->view, &t->local, edge ? number(text, edge->low) : "", 0, &owed);
            put_cell(t->out, t->view, &t->flow, edge ? number(text, edge->flow) : "", edge ? edge->flow : 0, &owed);
            put_cell(t->out, t->view, &t->grad, number(text, only(&box->grad)), only(&box->grad), &owed);
        }
    }
    slope__put(t->out, "\n");
}

static slope_status put_tree(slope__out *out, const slope__picture *view, slope__arena *arena)
{
    tree t = {.out = out,
              .view = view,
              .data.title = "data",
              .local.title = "local",
              .flow.title = "path",
              .grad.title = "grad"};
    slope_status status = lay_out(&t, arena);
    if (status)
        return status;
    measure_tree(&t);
    slope__put(out, "\n");
    put_spaces(out, t.width);
    put_title(out, view, &t.data);
    if (view->walk->options->gradients) {
        put_title(out, view, &t.local);
        put_title(out, view, &t.flow);
        put_title(out, view, &t.grad);
    }
    slope__put(out, "\n");
    for (size_t i = 0; i < t.lines; i++)
        put_use(&t, &t.line[i]);
    if (view->walk->options->gradients)
        slope__put(out, "\nlocal: derivative of the line above by this one; path: local times its gradient; grad: the "
                        "sum of paths\n");
    return SLOPE_OK;
}

slope_status slope__write_text(slope__out *out, const slope__picture *view, slope__arena *arena)
{
    if (view->walk->options->title) {
        put_color(out, view, BOLD);
        (void)slope__put_text(out, view->walk->options->title, SLOPE__PLAIN, 200);
        put_color(out, view, OFF);
        slope__put(out, "\n\n");
    }
    put_table(out, view);
    if (view->folded || view->left_out) {
        slope__put(out, "\n");
        slope__put_note(out, view);
        slope__put(out, "\n");
    } else if (view->boxes > 1 && view->boxes <= TREE_MOST && view->edges <= TREE_MOST && view->walk->outputs <= 8) {
        return put_tree(out, view, arena);
    }
    return SLOPE_OK;
}
