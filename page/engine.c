/* SPDX-License-Identifier: MIT */
/* The graph of a page and what is asked of it: see engine.h.  What is asked about slopes is in slopes.c. */
#include "engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

page the_page; /* a page has one graph */

static char *buffer;
static size_t buffer_size;

char *page_buffer(size_t bytes)
{
    if (bytes + 1 > buffer_size) {
        char *larger = realloc(buffer, bytes + 1);
        if (!larger)
            return NULL;
        buffer = larger;
        buffer_size = bytes + 1;
    }
    buffer[bytes] = '\0';
    return buffer;
}

/* ------------------------------------------------------------------------------------------------------- the answer */

slope__out *page_begin(void)
{
    the_page.answer.allocator = slope_allocator_default();
    the_page.answer.size = 0;
    the_page.answer.short_of_memory = 0;
    slope__out_start(&the_page.out, slope__bytes_sink, &the_page.answer);
    return &the_page.out;
}

const char *page_end(void)
{
    slope__put_bytes(&the_page.out, "", 1);
    if (slope__out_finish(&the_page.out) != SLOPE_OK)
        return "{\"error\": {\"message\": \"not enough memory\"}}";
    return the_page.answer.block.data;
}

const char *page_fail(const char *message)
{
    slope__out *out = page_begin();
    slope__put(out, "{\"error\": {\"message\": ");
    slope__put_json_text(out, message);
    slope__put(out, "}}");
    return page_end();
}

static const char *done(slope_status status)
{
    if (status)
        return page_fail(slope_status_text(status));
    slope__put(page_begin(), "{}");
    return page_end();
}

/* -------------------------------------------------------------------------------------------------------- the graph */

/* Sweeps, numbers and folds the graph again; what was made before stays until that is done. */
static slope_status refresh(void)
{
    page *p = &the_page;
    slope__arena arena = {.allocator = slope_allocator_default()};
    slope__walk walk;
    slope__picture view;
    slope_status status = slope_backward(p->total);
    if (status == SLOPE_OK)
        status = slope__walk_make(&walk, p->graph.outputs, p->graph.output, &p->options, &arena);
    if (status == SLOPE_OK) {
        walk.open = p->open;
        walk.opens = p->opens;
        status = slope__view_make(&view, &walk, &arena);
    }
    if (status) {
        slope__arena_free(&arena);
        return status;
    }
    slope__arena_free(&p->arena);
    p->arena = arena;
    p->walk = walk;
    p->view = view;
    p->view.walk = &p->walk;
    return SLOPE_OK;
}

/* The graph from now on; the one before is freed.  On failure it stays. */
static slope_status take(slope__replica *graph)
{
    page *p = &the_page;
    if (!p->options.struct_size)
        p->options = slope_graph_options_default();
    const slope_value total = graph->outputs == 1 ? graph->output[0] : (slope_sum)(graph->outputs, graph->output);
    if (slope_is_null(total)) {
        slope__replica_free(graph);
        return SLOPE_ERR_MEMORY;
    }
    slope__replica before = p->graph;
    const slope_value total_before = p->total;
    const size_t opens = p->opens;
    p->graph = *graph;
    p->total = total;
    p->opens = 0;
    const slope_status status = refresh();
    if (status) {
        p->graph = before;
        p->total = total_before;
        p->opens = opens;
        before = *graph;
    }
    slope__replica_free(&before);
    return status;
}

const char *page_load(size_t bytes)
{
    slope__replica graph;
    slope_error error;
    if (!buffer || bytes >= buffer_size)
        return page_fail("there are no such bytes");
    const slope_status status = slope__data_read(buffer, bytes, &graph, &error);
    free(buffer); /* it may have been large */
    buffer = NULL;
    buffer_size = 0;
    return status ? page_fail(error.message) : done(take(&graph));
}

const char *page_draw(int fold, size_t most, int down, int gradients)
{
    slope_graph_options *o = &the_page.options;
    if (!o->struct_size)
        *o = slope_graph_options_default();
    o->fold = fold;
    o->max_nodes = most ? most : 1;
    o->top_down = down;
    o->gradients = gradients;
    return done(the_page.graph.tape ? refresh() : SLOPE_OK);
}

const char *page_open(uint32_t number)
{
    if (!the_page.graph.tape || number >= the_page.walk.items)
        return page_fail("there is no such value");
    if (the_page.opens == PAGE_OPEN_MOST)
        return page_fail("so many boxes are open that no more can be opened; fold some again");
    the_page.open[the_page.opens++] = number;
    return done(refresh());
}

const char *page_close(void)
{
    the_page.opens = 0;
    return done(the_page.graph.tape ? refresh() : SLOPE_OK);
}

/* Is the n-th input one that something depends on which can't be computed again? */
static int is_frozen(size_t n)
{
    const slope__replica *graph = &the_page.graph;
    return graph->frozen && n < graph->inputs && graph->frozen[n];
}

slope_value page_input(uint32_t number, const char **why)
{
    const slope__walk *walk = &the_page.walk;
    size_t n = 0;
    *why = "this is no input";
    if (number >= walk->items || walk->item[number].kind != SLOPE__INPUT)
        return (slope_value){0};
    for (size_t i = 0; i < number; i++)
        n += walk->item[i].kind == SLOPE__INPUT;
    *why = "something that depends on it can't be computed again here";
    return is_frozen(n) ? (slope_value){0} : walk->item[number].value;
}

const char *page_set(uint32_t number, double x)
{
    const char *why;
    const slope_value input = page_input(number, &why);
    if (slope_is_null(input))
        return page_fail(why);
    slope_status status = slope_set_data(input, x);
    if (status == SLOPE_OK)
        status = slope_forward(the_page.graph.tape);
    return done(status ? status : refresh());
}

/* --------------------------------------------------------------------------------------------------------- formulas */

/* The number of a name among "name=number" lines; NULL when it has none. */
static const char *find_given(const char *lines, const char *name)
{
    const size_t length = strlen(name);
    for (const char *line = lines; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, name, length) == 0 && line[length] == '=')
            return line + length + 1;
    }
    return NULL;
}

static const char *fail_parse(const slope_parse_error *e)
{
    slope__out *out = page_begin();
    slope__put(out, "{\"error\": {\"message\": ");
    slope__put_json_text(out, *e->message ? e->message : slope_status_text(e->status));
    slope__put_format(out, ", \"line\": %zu, \"column\": %zu, \"position\": %zu, \"length\": %zu, \"caret\": ", e->line,
                      e->column, e->position, e->length);
    slope__put_json_text(out, e->caret);
    slope__put(out, ", \"nearest\": ");
    slope__put_json_text(out, e->nearest);
    slope__put(out, "}}");
    return page_end();
}

/* Names that are constants unless they are given a number. */
static const char *const constants[] = {"pi", "e"};
enum { CONSTANTS = sizeof constants / sizeof *constants };

/* An input for every free name, labelled so; binding[i].name is borrowed.  Returns how many. */
static size_t bind_names(slope_tape *tape, size_t names, const slope_name name[], slope_binding binding[],
                         const char *lines)
{
    size_t n = 0;
    for (size_t i = 0; i < names + CONSTANTS; i++) {
        const char *text = i < names ? name[i].name : constants[i - names];
        const char *number = find_given(lines, text);
        if (i >= names && !number)
            continue;
        const slope_value x = slope_label(slope_var(tape, number ? strtod(number, NULL) : 1), text);
        binding[n++] = (slope_binding){.name = text, .value = x};
    }
    return n;
}

static slope_status parse(slope__replica *graph, const char *text, const char *lines, size_t names,
                          slope_parse_error *error)
{
    slope_name *name = calloc(names + 1, sizeof *name);
    slope_binding *binding = calloc(names + CONSTANTS, sizeof *binding);
    graph->tape = slope_tape_create(NULL);
    graph->output = calloc(1, sizeof *graph->output);
    graph->outputs = 1;
    slope_status status = name && binding && graph->tape && graph->output ? SLOPE_OK : SLOPE_ERR_MEMORY;
    if (status == SLOPE_OK)
        status = slope_parse_names(text, SIZE_MAX, names, name, &names, error);
    if (status == SLOPE_OK)
        status = slope_parse(graph->tape, text, SIZE_MAX, bind_names(graph->tape, names, name, binding, lines), binding,
                             graph->output, error);
    free(name);
    free(binding);
    return status;
}

const char *page_parse(size_t bytes)
{
    slope__replica graph = {0};
    slope_parse_error error = {0};
    size_t names = 0;
    if (!buffer || bytes >= buffer_size)
        return page_fail("there are no such bytes");
    buffer[bytes] = '\0';
    const size_t length = strlen(buffer);
    const char *lines = length < bytes ? buffer + length + 1 : "";
    slope_status status = slope_parse_names(buffer, SIZE_MAX, 0, NULL, &names, &error);
    if (status == SLOPE_OK)
        status = parse(&graph, buffer, lines, names, &error);
    if (status == SLOPE_OK)
        return done(take(&graph));
    slope__replica_free(&graph);
    error.status = status;
    return fail_parse(&error);
}

/* --------------------------------------------------------------------------------------------------------- the view */

void page_put_name(slope__out *out, const slope__walk *walk, uint32_t number)
{
    slope_node node;
    char text[SLOPE__NUMBER_SIZE];
    const slope__item *v = &walk->item[number];
    if (slope_inspect(v->value, &node) == SLOPE_OK && node.label && *node.label) {
        slope__put_json_text(out, node.label);
    } else if (v->kind == SLOPE__NUMBER) {
        slope__put_json_text(out, slope__number_short(text, v->data, 6));
    } else {
        slope__put_format(out, "\"%%%zu\"", (size_t)number);
    }
}

/* What a writer writes, as a text of JSON. */
static void put_written(slope__out *out, const slope__bytes *bytes)
{
    slope__put_json_text(out, bytes->block.data ? bytes->block.data : "");
}

static slope_status put_picture(slope__out *out)
{
    page *p = &the_page;
    slope__bytes bytes = {.allocator = slope_allocator_default()};
    slope__arena arena = {.allocator = slope_allocator_default()};
    slope__out text;
    slope__out_start(&text, slope__bytes_sink, &bytes);
    slope_status status = slope__write_svg(&text, &p->view, &arena);
    slope__arena_free(&arena);
    slope__put_bytes(&text, "", 1);
    if (status == SLOPE_OK)
        status = slope__out_finish(&text);
    slope__put(out, "{\"svg\": ");
    put_written(out, &bytes);
    bytes.size = 0;
    slope__out_start(&text, slope__bytes_sink, &bytes);
    slope__write_table(&text, &p->view);
    slope__put_bytes(&text, "", 1);
    if (status == SLOPE_OK)
        status = slope__out_finish(&text);
    slope__put(out, ",\n\"table\": ");
    put_written(out, &bytes);
    slope__block_free(&bytes.allocator, &bytes.block);
    return status;
}

static void put_hex(slope__out *out, double x)
{
    char text[SLOPE__NUMBER_SIZE];
    slope__put_json_text(out, isfinite(x) ? slope__number_format(text, "%a", x) : "");
}

/* What the listing of --format json does not say of a box. */
static void put_detail(slope__out *out, const slope__box *box)
{
    const slope__picture *view = &the_page.view;
    const slope__item *v = &view->walk->item[box->number];
    slope__put(out, "{\"name\": ");
    page_put_name(out, view->walk, (uint32_t)box->number);
    slope__put_format(out, ", \"count\": %zu, \"uses\": %zu, \"output\": %s, \"dead\": %s", box->count, box->paths,
                      box->output ? "true" : "false", slope__is_dead(view, box) ? "true" : "false");
    slope__put(out, ", \"formula\": \"");
    page_put_formula(out, view->walk, (uint32_t)box->number);
    slope__put(out, "\", \"arithmetic\": \"");
    page_put_arithmetic(out, view->walk, (uint32_t)box->number);
    slope__put(out, "\", \"operands\": [");
    for (uint32_t i = 0; i < v->operands && i < 3; i++) {
        slope__put_format(out, "%s{\"id\": %zu, \"rule\": \"", i ? ", " : "",
                          (size_t)view->walk->operand[v->first + i]);
        page_put_rule(out, view->walk, (uint32_t)box->number, i);
        slope__put(out, "\"}");
    }
    slope__put(out, "], \"grad\": ");
    slope__put_json_number(out, isnan(box->grad.middle) ? box->grad.odd : box->grad.middle);
    slope__put(out, ", \"data_hex\": ");
    put_hex(out, v->data);
    slope__put(out, ", \"grad_hex\": ");
    put_hex(out, box->count == 1 ? box->grad.middle : v->grad);
    slope__put(out, "}");
}

/* The number of the box that an item is drawn in, or null. */
static void put_box(slope__out *out, size_t item)
{
    const uint32_t box = the_page.view.box_of[item];
    if (box)
        slope__put_format(out, "%zu", the_page.view.box[box - 1].number);
    else
        slope__put(out, "null");
}

/* The inputs of the whole graph, also those whose box is folded. */
static void put_inputs(slope__out *out)
{
    const slope__walk *walk = &the_page.walk;
    size_t n = 0;
    slope__put(out, ",\n\"inputs\": [");
    for (size_t i = 0; i < walk->items; i++) {
        if (walk->item[i].kind != SLOPE__INPUT)
            continue;
        slope__put_format(out, "%s{\"id\": %zu, \"name\": ", n ? ",\n" : "", i);
        page_put_name(out, walk, (uint32_t)i);
        slope__put(out, ", \"data\": ");
        slope__put_json_number(out, walk->item[i].data);
        slope__put(out, ", \"grad\": ");
        slope__put_json_number(out, walk->item[i].grad);
        slope__put(out, ", \"box\": ");
        put_box(out, i);
        slope__put_format(out, ", \"frozen\": %s}", is_frozen(n) ? "true" : "false");
        n++;
    }
    slope__put(out, "]");
}

static void put_outputs(slope__out *out)
{
    const slope__walk *walk = &the_page.walk;
    slope__put(out, ",\n\"outputs\": [");
    for (size_t i = 0; i < walk->outputs; i++) {
        slope__put_format(out, "%s{\"id\": %zu, \"name\": ", i ? ", " : "", (size_t)walk->output[i]);
        page_put_name(out, walk, walk->output[i]);
        slope__put(out, ", \"data\": ");
        slope__put_json_number(out, walk->item[walk->output[i]].data);
        slope__put(out, "}");
    }
    slope__put(out, "]");
}

/* Where the first NaN or infinity came from, and in which box that is. */
static void put_origin(slope__out *out)
{
    const page *p = &the_page;
    slope_origin origin = {0};
    slope__put(out, ",\n\"origin\": ");
    if (slope_find_nonfinite(p->total, &origin) == SLOPE_OK && !slope_is_null(origin.node))
        for (size_t i = 0; i < p->walk.items; i++)
            if (slope_same(p->walk.item[i].value, origin.node)) {
                slope__put(out, "{\"box\": ");
                put_box(out, i);
                slope__put(out, ", \"message\": \"");
                page_put_origin(out, &p->walk, (uint32_t)i, &origin);
                slope__put(out, "\"}");
                return;
            }
    slope__put(out, "null");
}

const char *page_view(void)
{
    const slope__picture *view = &the_page.view;
    if (!the_page.graph.tape)
        return page_fail("there is no graph");
    slope__out *out = page_begin();
    const slope_status status = put_picture(out);
    if (status)
        return page_fail(slope_status_text(status));
    slope__put(out, ",\n\"graph\": ");
    slope__write_json(out, view);
    slope__put(out, ",\n\"details\": [");
    for (size_t i = 0; i < view->boxes; i++) {
        slope__put(out, i ? ",\n" : "");
        put_detail(out, &view->box[i]);
    }
    slope__put(out, "]");
    put_inputs(out);
    put_outputs(out);
    put_origin(out);
    slope__put_format(out, ",\n\"opens\": %zu, \"summary\": \"", the_page.opens);
    slope__put_note(out, view);
    slope__put(out, "\"}");
    return page_end();
}

const char *page_paths(uint32_t number)
{
    if (number >= the_page.walk.items)
        return page_fail("there is no such value");
    const slope_status status = page_write_paths(page_begin(), &the_page.walk, number);
    return status ? page_fail(slope_status_text(status)) : page_end();
}
