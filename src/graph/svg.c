/* SPDX-License-Identifier: MIT */
/*
 * The picture as an <svg> element whose colours are the style sheet's (page/style.css).
 *
 *     svg#graph.graph
 *       g.edges  g.edge.pos|neg|zero|odd.backward #eTO-POSITION [data-from data-to data-position]: path.line, path.hit,
 * text.local g.boxes  g.box.KIND.output.folded.pos|neg|zero.dead.odd.born #nNUMBER [data-number, --t]: path.shape,
 * path.inner, text.name, text.op, text.data, text.grad, text.paths or text.stat
 *
 * KIND is input, number or result; --t is how strong the colour of the gradient is.  The size of a box follows from
 * names and operations alone, so that nothing moves when its numbers change.  Every text has the length that it would
 * have in a font of which each letter is 0.6 em wide: nothing depends on which font there is.
 */
#include <math.h>
#include <string.h>

#include "graph/page.h"

enum {
    LINE = 16,         /* height of a line of text */
    PAD_X = 8,         /* between text and outline */
    PAD_Y = 5,         /*   "  */
    BASE = 12,         /* from the top of a line to where its letters stand */
    WIDE = 72,         /* tenths of a unit that a letter of 12 px is wide */
    SMALL = 60,        /* of 10 px */
    NUMBER_WIDTH = 10, /* "-1.235e-22"; more is pressed together */
    LEAD = 7,          /* "\u25b2 grad " */
    COLUMN = 12,       /* of a table inside a folded box */
    ROW = 4,           /* "max " */
    PATHS_MOST = 44,   /* letters of a sum by path */
    PORT = 13          /* room for the label of an arrow */
};

/* A short text that is made here before it is known how long it is. */
typedef struct line {
    char text[512];
    size_t size;
} line;

static int line_sink(const char *data, size_t size, void *context)
{
    line *l = context;
    const size_t room = sizeof l->text - 1 - l->size, n = size < room ? size : room;
    memcpy(l->text + l->size, data, n);
    l->size += n;
    l->text[l->size] = '\0';
    return 0;
}

/* A line takes all it has room for; nothing can fail. */
static void finish(slope__out *text)
{
    if (slope__out_finish(text) != SLOPE_OK)
        return;
}

/* To a tenth of a unit; an own way to write it, since a page has thousands of lengths. */
static void put_length(slope__out *out, double x)
{
    char text[24];
    size_t i = sizeof text;
    const int negative = x < 0;
    unsigned long long tenths = (unsigned long long)((negative ? -x : x) * 10 + 0.5);
    if (tenths % 10) {
        text[--i] = (char)('0' + tenths % 10);
        text[--i] = '.';
    }
    const int is_zero = !tenths;
    tenths /= 10;
    do
        text[--i] = (char)('0' + tenths % 10);
    while (tenths /= 10);
    if (negative && !is_zero)
        text[--i] = '-';
    slope__put_bytes(out, text + i, sizeof text - i);
}

static void put_short(slope__out *out, double x)
{
    char text[SLOPE__NUMBER_SIZE];
    slope__put(out, slope__number_short(text, x, 4));
}

/* <text class="..." x="..." y="..." textLength="...">, to be closed; x in units, from the left or the right end. */
static void open_text(slope__out *out, const char *class, double x, double y, size_t columns, int tenths, int at_end)
{
    slope__put_format(out, "<text class=\"%s\" x=\"", class);
    put_length(out, x);
    slope__put(out, "\" y=\"");
    put_length(out, y);
    const size_t length = columns * (size_t)tenths;
    slope__put_format(out, "\" textLength=\"%zu.%zu\" lengthAdjust=\"spacingAndGlyphs\"%s>", length / 10, length % 10,
                      at_end ? " text-anchor=\"end\"" : "");
}

/* -------------------------------------------------------------------------------------------------- what a box says */

static int is_bare_number(const slope__box *box)
{
    return box->kind == SLOPE__NUMBER && box->count == 1 && !box->label;
}

static int is_table(const slope__box *box) { return box->count > 1; }

/* Has it a line for the sum by path? */
static int has_paths(const slope__picture *view, const slope__box *box)
{
    return !view->folded && slope__has_grad(view, box) && box->paths + (box->output ? 1 : 0) > 1;
}

static size_t note_lines(const slope__box *box) { return (box->hidden ? 1u : 0u) + (box->loops ? 1u : 0u); }

static size_t lines_of(const slope__picture *view, const slope__box *box)
{
    if (is_bare_number(box))
        return 1;
    if (is_table(box))
        return 5 + note_lines(box);
    return 2 + (slope__has_grad(view, box) ? 1u : 0u) + (has_paths(view, box) ? 1u : 0u) + note_lines(box);
}

/* " x 1,234" behind the title of a folded box, or the operation at its right end. */
static size_t put_op(slope__out *out, const slope__box *box)
{
    char text[SLOPE__NUMBER_SIZE];
    size_t width = 0;
    if (box->kind == SLOPE__RESULT && (box->label || box->count == 1))
        width = slope__put_text(out, box->symbol, SLOPE__HTML, SLOPE__NAME_MOST);
    if (box->count > 1) {
        (void)slope__count(text, box->count);
        slope__put(out, width ? "\xc2\xa0\xc3\x97" : "\xc3\x97");
        slope__put(out, text);
        width += (width ? 2 : 1) + strlen(text);
    }
    return width;
}

/* Columns of a text that `put` writes; `text` NULL if only they are wanted. */
typedef size_t (*put_function)(slope__out *out, const slope__box *box);

static size_t put_title(slope__out *out, const slope__box *box) { return slope__put_title(out, box, SLOPE__HTML); }

static size_t columns_of(put_function put, const slope__box *box)
{
    line unused = {.size = 0};
    slope__out out;
    slope__out_start(&out, line_sink, &unused); /* what it holds is dropped */
    return put(&out, box);
}

static void size_box(const slope__picture *view, const slope__box *box, slope__place *place)
{
    const size_t op = columns_of(put_op, box), title = columns_of(put_title, box);
    size_t columns = title + (op ? op + 2 : 0);
    const size_t least = is_bare_number(box) ? 1 : is_table(box) ? ROW + 2 * COLUMN : LEAD + NUMBER_WIDTH;
    if (columns < least)
        columns = least;
    double height = (double)(LINE * lines_of(view, box) + 2 * PAD_Y);
    if (box->edges <= 24 && height < (double)(PORT * (box->edges + 1)))
        height = (double)(PORT * (box->edges + 1)); /* the labels of its arrows are one below the other */
    place->width = (double)(WIDE * columns) / 10 + 2 * PAD_X;
    place->height = height;
}

/* ------------------------------------------------------------------------------------------------------------ lines */

typedef struct pen {
    slope__out *out;
    const slope__place *place;
    double y; /* where the letters of the next line stand */
} pen;

static void next_line(pen *p) { p->y += LINE; }

/* A longer text than there is room for is pressed together. */
static void put_line(pen *p, const char *class, const char *text)
{
    const size_t columns = slope__text_width(text, SLOPE__NO_CUT);
    const size_t length = columns * WIDE, room = (size_t)(10 * (p->place->width - 2 * PAD_X));
    open_text(p->out, class, PAD_X, p->y, 1, (int)(length < room ? length : room), 0);
    slope__put(p->out, text);
    slope__put(p->out, "</text>");
    next_line(p);
}

static void put_header(pen *p, const slope__box *box)
{
    open_text(p->out, "name", PAD_X, p->y, columns_of(put_title, box), WIDE, 0);
    (void)slope__put_title(p->out, box, SLOPE__HTML);
    slope__put(p->out, "</text>");
    const size_t op = columns_of(put_op, box);
    if (op) {
        open_text(p->out, "op", p->place->width - PAD_X, p->y, op, WIDE, 1);
        (void)put_op(p->out, box);
        slope__put(p->out, "</text>");
    }
    next_line(p);
}

static double number_of(const slope__span *span) { return isnan(span->middle) ? span->odd : span->middle; }

/* "data -6" or, with the sign of x before it, "grad -2". */
static void put_number_line(pen *p, const char *class, const char *glyph, const char *what, double x)
{
    char number[SLOPE__NUMBER_SIZE];
    line l = {.size = 0};
    slope__out text;
    slope__out_start(&text, line_sink, &l);
    slope__put_format(&text, "%s\xc2\xa0%s\xc2\xa0%s", glyph, what, slope__number_short(number, x, 4));
    finish(&text);
    char classes[16];
    strcpy(classes, class);
    strcat(classes, isfinite(x) ? "" : " odd");
    put_line(p, classes, l.text);
}

/* = 12 + 6 (2 paths) */
static void put_paths(pen *p, const slope__box *box)
{
    char number[SLOPE__NUMBER_SIZE];
    line l = {.size = 0};
    slope__out text;
    slope__out_start(&text, line_sink, &l);
    const size_t shown = box->paths_drawn < SLOPE__PATHS ? box->paths_drawn : SLOPE__PATHS;
    slope__put(&text, "= ");
    for (size_t i = 0; i < shown; i++) {
        slope__put(&text, !i ? "" : box->path[i] < 0 ? " - " : " + ");
        put_short(&text, i ? fabs(box->path[i]) : box->path[i]);
    }
    if (box->paths > shown)
        slope__put(&text, " + \xe2\x80\xa6");
    if (box->output)
        slope__put(&text, " + 1");
    slope__put_format(&text, " (%s paths)", slope__count(number, box->paths + (box->output ? 1 : 0)));
    finish(&text);
    size_t columns = slope__text_width(l.text, SLOPE__NO_CUT);
    const double room = p->place->width - 2 * PAD_X;
    if ((double)(columns * SMALL) / 10 > room) { /* only how many there are */
        l.size = 0;
        slope__out_start(&text, line_sink, &l);
        slope__put_format(&text, "sum of %s paths", slope__count(number, box->paths + (box->output ? 1 : 0)));
        finish(&text);
        columns = slope__text_width(l.text, SLOPE__NO_CUT);
    }
    open_text(p->out, "paths", PAD_X, p->y, columns, SMALL, 0);
    slope__put(p->out, l.text);
    slope__put(p->out, "</text>");
    next_line(p);
}

/* A row of the table in a folded box: the columns end at the same place. */
static void put_row(pen *p, const char *what, const char *data, const char *grad)
{
    const double end = p->place->width - PAD_X, column = (double)(COLUMN * WIDE) / 10;
    open_text(p->out, "stat", PAD_X, p->y, strlen(what), WIDE, 0);
    slope__put(p->out, what);
    slope__put(p->out, "</text>");
    open_text(p->out, "stat", *grad ? end - column : end, p->y, slope__text_width(data, SLOPE__NO_CUT), WIDE, 1);
    slope__put(p->out, data);
    slope__put(p->out, "</text>");
    if (*grad) {
        open_text(p->out, "stat", end, p->y, slope__text_width(grad, SLOPE__NO_CUT), WIDE, 1);
        slope__put(p->out, grad);
        slope__put(p->out, "</text>");
    }
    next_line(p);
}

static void put_table(pen *p, const slope__picture *view, const slope__box *box)
{
    static const char *const names[] = {"max", "mid", "min"};
    const double data[] = {box->data.high, box->data.middle, box->data.low};
    const double grad[] = {box->grad.high, box->grad.middle, box->grad.low};
    const int has_grad = slope__has_grad(view, box);
    char x[SLOPE__NUMBER_SIZE], g[SLOPE__NUMBER_SIZE], head[16] = "";
    if (has_grad) {
        strcpy(head, slope__glyph(slope__shade(view, box)));
        strcat(head, " grad");
    }
    put_row(p, box->data.odds || (has_grad && box->grad.odds) ? "\xe2\x9c\x97" : "", "data", head);
    for (size_t i = 0; i < 3; i++)
        put_row(p, names[i], slope__number_short(x, isnan(data[i]) ? box->data.odd : data[i], 4),
                has_grad ? slope__number_short(g, isnan(grad[i]) ? box->grad.odd : grad[i], 4) : "");
}

static void put_notes(pen *p, const slope__box *box)
{
    char text[64 + SLOPE__NUMBER_SIZE], number[SLOPE__NUMBER_SIZE];
    if (box->loops) {
        strcpy(text, "\xe2\x86\xbb ");
        strcat(text, slope__count(number, box->loops));
        strcat(text, " from itself");
        put_line(p, "stat", text);
    }
    if (box->hidden) {
        strcpy(text, "\xe2\x80\xa6 ");
        strcat(text, slope__count(number, box->hidden));
        strcat(text, " more operands");
        put_line(p, "stat", text);
    }
}

static void put_lines(slope__out *out, const slope__picture *view, const slope__box *box, const slope__place *place)
{
    const double free = place->height - (double)(LINE * lines_of(view, box));
    pen p = {.out = out, .place = place, .y = floor(free / 2) + BASE};
    put_header(&p, box);
    if (is_table(box)) {
        put_table(&p, view, box);
    } else if (!is_bare_number(box)) {
        const double g = slope__shade(view, box);
        put_number_line(&p, "data", "\xc2\xa0", "data", number_of(&box->data));
        if (slope__has_grad(view, box))
            put_number_line(&p, "grad", slope__glyph(g), "grad", g);
        if (has_paths(view, box))
            put_paths(&p, box);
    }
    put_notes(&p, box);
}

/* ------------------------------------------------------------------------------------------------------------ boxes */

/* The four outlines: rounded for an input, cut corners for a number, a rectangle for a result, and two for an
   output. */
static void put_outline(slope__out *out, const char *class, slope__kind kind, double inset, const slope__place *place)
{
    const double w = place->width - 2 * inset, h = place->height - 2 * inset;
    const double c = kind == SLOPE__RESULT ? 2 : kind == SLOPE__NUMBER ? 7 : 11; /* corner */
    const double step[][2] = {{w - 2 * c, 0}, {c, c},   {0, h - 2 * c}, {-c, c},
                              {2 * c - w, 0}, {-c, -c}, {0, 2 * c - h}, {c, -c}};
    slope__put_format(out, "<path class=\"%s\" d=\"M", class);
    put_length(out, inset + c);
    slope__put(out, " ");
    put_length(out, inset);
    for (size_t i = 0; i < 8; i++) {
        slope__put(out, i % 2 && kind != SLOPE__NUMBER ? "a" : "l");
        if (i % 2 && kind != SLOPE__NUMBER) {
            put_length(out, c);
            slope__put(out, " ");
            put_length(out, c);
            slope__put(out, " 0 0 1 ");
        }
        put_length(out, step[i][0]);
        slope__put(out, " ");
        put_length(out, step[i][1]);
    }
    slope__put(out, "z\"/>");
}

static const char *sign_class(double x) { return isnan(x) ? " odd" : x > 0 ? " pos" : x < 0 ? " neg" : " zero"; }

static void put_classes(slope__out *out, const slope__picture *view, const slope__box *box)
{
    static const char *const kinds[] = {"input", "number", "result"};
    const double g = slope__shade(view, box);
    const int has_grad = slope__has_grad(view, box) && view->grad_most > 0;
    slope__put_format(out, "box %s%s%s%s", kinds[box->kind], box->output ? " output" : "",
                      box->count > 1 ? " folded" : "", box->born ? " born" : "");
    if (has_grad && !isnan(g))
        slope__put(out, sign_class(g));
    if (slope__is_dead(view, box))
        slope__put(out, " dead");
    if (slope__is_odd(view, box))
        slope__put(out, " odd");
}

static void put_description(slope__out *out, const slope__picture *view, const slope__box *box)
{
    char number[SLOPE__NUMBER_SIZE];
    (void)slope__put_title(out, box, SLOPE__HTML);
    slope__put(out, ", ");
    if (box->count > 1) {
        slope__put_format(out, "%s values folded, ", slope__count(number, box->count));
        if (box->kind == SLOPE__RESULT)
            (void)slope__put_text(out, box->name, SLOPE__HTML, SLOPE__NAME_MOST);
        slope__put(out, box->kind == SLOPE__RESULT ? ", median " : "median ");
    } else if (!is_bare_number(box)) {
        if (view->folded && box->kind == SLOPE__RESULT)
            (void)slope__put_text(out, box->name, SLOPE__HTML, SLOPE__NAME_MOST);
        else
            (void)slope__put_formula(out, view, box, SLOPE__HTML);
        slope__put(out, ", ");
    }
    slope__put(out, "data ");
    put_short(out, number_of(&box->data));
    if (slope__has_grad(view, box)) {
        slope__put(out, ", gradient ");
        put_short(out, slope__shade(view, box));
    }
    slope__put(out, box->output ? ", output" : "");
}

static void put_box(slope__out *out, const slope__picture *view, const slope__box *box, const slope__place *place)
{
    const double g = slope__shade(view, box);
    slope__put_format(out, "<g id=\"n%zu\" data-number=\"%zu\" tabindex=\"%d\" role=\"graphics-symbol\" class=\"",
                      box->number, box->number, box == view->box ? 0 : -1);
    put_classes(out, view, box);
    const int percent = isinf(g) ? 100 : isnan(g) ? 0 : (int)(100 * slope__strength(view, g) + 0.5);
    slope__put_format(out, "\" style=\"--t:%d%%\" transform=\"translate(", percent);
    put_length(out, place->x);
    slope__put(out, " ");
    put_length(out, place->y);
    slope__put(out, ")\" aria-label=\"");
    put_description(out, view, box);
    slope__put(out, "\">");
    put_outline(out, "shape", box->kind, 0, place);
    if (box->output)
        put_outline(out, "inner", box->kind, 3, place);
    put_lines(out, view, box, place);
    slope__put(out, "</g>\n");
}

/* ------------------------------------------------------------------------------------------------------------ edges */

static void put_curves(slope__out *out, const slope__layout *layout, const slope__route *route)
{
    const double *point = &layout->point[2 * route->first];
    for (size_t i = 0; i < 1 + 3 * route->curves; i++) {
        slope__put(out, i == 0 ? "M" : i % 3 == 1 ? "C" : " ");
        put_length(out, point[2 * i]);
        slope__put(out, " ");
        put_length(out, point[2 * i + 1]);
    }
}

/* What flows back over an edge; where many are folded, what would over their median. */
static double flow_of(const slope__picture *view, const slope__edge *edge)
{
    return view->folded ? slope__flow((edge->low + edge->high) / 2, slope__shade(view, &view->box[edge->to]))
                        : edge->flow;
}

static void put_local(slope__out *out, const slope__picture *view, const slope__edge *edge, const slope__route *route)
{
    line l = {.size = 0};
    slope__out text;
    if (route->label == SLOPE__NO_LABEL || !view->walk->options->gradients ||
        view->box[edge->from].kind == SLOPE__NUMBER)
        return; /* a number does not vary */
    slope__out_start(&text, line_sink, &l);
    put_short(&text, edge->low);
    if (edge->low < edge->high)
        slope__put(&text, "\xe2\x80\xa6"); /* from there on */
    finish(&text);
    open_text(out, "local", route->label_x, route->label_y, slope__text_width(l.text, SLOPE__NO_CUT), SMALL,
              route->label == SLOPE__LABEL_ENDS);
    slope__put(out, l.text);
    slope__put(out, "</text>");
}

static void put_edge(slope__out *out, const slope__picture *view, const slope__layout *layout, size_t i)
{
    const slope__edge *edge = &view->edge[i];
    const slope__route *route = &layout->route[i];
    const size_t from = view->box[edge->from].number, to = view->box[edge->to].number;
    if (edge->from == edge->to)
        return; /* the box says so */
    slope__put_format(out,
                      "<g id=\"e%zu-%zu\" data-from=\"%zu\" data-to=\"%zu\" data-position=\"%zu\" class=\"edge%s%s\">",
                      to, (size_t)edge->position, from, to, (size_t)edge->position, sign_class(flow_of(view, edge)),
                      route->backward ? " backward" : "");
    slope__put(out, "<path class=\"line\" d=\"");
    put_curves(out, layout, route);
    slope__put(out, "\"/><path class=\"hit\" d=\""); /* wider than can be seen, to be pointed at */
    put_curves(out, layout, route);
    slope__put(out, "\"/>");
    put_local(out, view, edge, route);
    slope__put(out, "</g>\n");
}

slope_status slope__write_svg(slope__out *out, const slope__picture *view, slope__arena *arena)
{
    slope__layout layout = {.place = slope__arena_array(arena, view->boxes, sizeof *layout.place)};
    if (!layout.place)
        return SLOPE_ERR_MEMORY;
    for (size_t i = 0; i < view->boxes; i++)
        size_box(view, &view->box[i], &layout.place[i]);
    const slope_status status = slope__lay_out(view, &layout, arena);
    if (status)
        return status;
    slope__put(out, "<svg id=\"graph\" class=\"graph\" xmlns=\"http://www.w3.org/2000/svg\" role=\"graphics-document\" "
                    "aria-labelledby=\"graph-title\" viewBox=\"0 0 ");
    put_length(out, layout.width);
    slope__put(out, " ");
    put_length(out, layout.height);
    slope__put(out, "\" width=\"");
    put_length(out, layout.width);
    slope__put(out, "\" height=\"");
    put_length(out, layout.height);
    slope__put(out,
               "\">\n<title id=\"graph-title\">graph of the computation</title>\n<defs>"
               "<marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" "
               "markerUnits=\"userSpaceOnUse\" "
               "orient=\"auto\"><path d=\"M0 0.5L8 4L0 7.5z\"/></marker>"
               "<pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
               "patternTransform=\"rotate(45)\"><path d=\"M0 3H6\"/></pattern></defs>\n"
               "<g class=\"edges\" aria-hidden=\"true\">\n");
    for (size_t i = 0; i < view->edges; i++)
        put_edge(out, view, &layout, i);
    slope__put(out, "</g>\n<g class=\"boxes\">\n");
    for (size_t i = 0; i < view->boxes; i++)
        put_box(out, view, &view->box[i], &layout.place[i]);
    slope__put(out, "</g>\n</svg>\n");
    return SLOPE_OK;
}
