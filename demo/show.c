/* SPDX-License-Identifier: MIT */
/* What the demonstration shows: tables of values with their check, graphs, plots, and the list of files. */
#include "demo.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void demo_fail(demo *d, int code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fflush(stdout);
    fputs("slope-demo: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    if (code > d->worst)
        d->worst = code;
}

bool demo_ok(demo *d, slope_status status, const char *what)
{
    if (status == SLOPE_OK)
        return true;
    demo_fail(d, DEMO_SYSTEM, "%s failed: %s", what, slope_status_text(status));
    return false;
}

void demo_heading(const demo *d, const char *text)
{
    if (d->color)
        printf("\n\033[1m%s\033[0m\n\n", text);
    else
        printf("\n%s\n\n", text);
}

slope_value demo_name(demo_names *names, slope_value v, const char *name)
{
    slope_value knob = v;
    slope_node node;
    if (names->nudged && slope_inspect(v, &node) == SLOPE_OK && node.op != SLOPE_OP_VAR) {
        knob = slope_var(names->tape, 0.0);
        v = slope_add(v, knob);
    }
    if (names->count < DEMO_NAMED) {
        names->name[names->count] = name;
        names->value[names->count] = v;
        names->knob[names->count] = knob;
        names->count++;
    }
    return slope_label(v, name);
}

/* ------------------------------------------------------------------------------------------------------- files */

demo_file *demo_next_file(demo *d, demo_kind kind, const char *name, const char *ending, const char *what)
{
    demo_file *file = &d->file[d->files < DEMO_FILES ? d->files : DEMO_FILES - 1];
    const int length = snprintf(file->path, sizeof file->path, "%s/%s%s", d->folder, name, ending);
    file->kind = kind;
    file->what = what;
    file->note = NULL;
    if (length > 0 && (size_t)length < sizeof file->path)
        return file;
    demo_fail(d, DEMO_USAGE, "the name of the output folder is too long");
    return NULL;
}

void demo_wrote(demo *d)
{
    if (d->files < DEMO_FILES)
        d->files++;
}

void demo_plot(demo *d, const plot_figure *figure, const char *name, const char *what)
{
    static const char *const ending[] = {".svg", ".png"};
    for (size_t i = 0; i < 2; i++) {
        slope_error error;
        demo_file *file = demo_next_file(d, DEMO_PICTURE, name, ending[i], what);
        if (!file)
            return;
        if (plot_write(figure, file->path, &error) == SLOPE_OK)
            demo_wrote(d);
        else
            demo_fail(d, DEMO_SYSTEM, "%s", error.message);
    }
}

/* Writes a graph; without `dot` its text instead, once, from which it can be drawn later. */
static void write_graph(demo *d, slope_value y, slope_graph_style style, const char *name, const char *ending,
                        const char *what)
{
    slope_graph_options options = slope_graph_options_default();
    slope_error error;
    options.style = style;
    demo_file *file =
        demo_next_file(d, d->without_dot ? DEMO_TEXT : DEMO_PICTURE, name, d->without_dot ? ".dot" : ending, what);
    if (!file)
        return;
    slope_status status = slope_graph_write(1, &y, file->path, &options, &error);
    if (status == SLOPE_ERR_MISSING) {
        demo_fail(d, DEMO_SYSTEM, "%s; graphs are written as .dot instead, the rest goes on", error.message);
        d->without_dot = true;
        file = demo_next_file(d, DEMO_TEXT, name, ".dot", what);
        status = file ? slope_graph_write(1, &y, file->path, &options, &error) : status;
    }
    if (status == SLOPE_OK)
        demo_wrote(d);
    else
        demo_fail(d, DEMO_SYSTEM, "%s", error.message);
}

void demo_page(demo *d, slope_value y, const demo_subject *subject)
{
    slope_graph_options options = slope_graph_options_default();
    slope_error error;
    options.title = subject->title;
    demo_file *file = demo_next_file(d, DEMO_PAGE, subject->name, ".html", subject->title);
    if (!file)
        return;
    file->note = subject->note;
    if (slope_graph_write(1, &y, file->path, &options, &error) == SLOPE_OK)
        demo_wrote(d);
    else
        demo_fail(d, DEMO_SYSTEM, "%s", error.message);
}

static void draw_graphs(demo *d, slope_value y, const char *name)
{
    static const char *const ending[] = {".svg", ".png"};
    char lecture[64];
    snprintf(lecture, sizeof lecture, "%s-lecture", name);
    for (int i = 0; i < (d->without_dot ? 1 : 2); i++)
        write_graph(d, y, SLOPE_GRAPH_STYLE_SLOPE, name, ending[i], "graph with local derivatives on the edges");
    for (int i = 0; i < (d->without_dot ? 1 : 2); i++)
        write_graph(d, y, SLOPE_GRAPH_STYLE_LECTURE, lecture, ending[i], "graph as the lecture draws it");
}

static int to_stdout(const char *data, size_t size, void *context)
{
    (void)context;
    return fwrite(data, 1, size, stdout) != size;
}

static void show_graph(demo *d, slope_value y)
{
    slope_graph_options options = slope_graph_options_default();
    slope_error error;
    options.ansi = d->color;
    putchar('\n');
    if (slope_graph_stream(1, &y, SLOPE_GRAPH_TEXT, &options, to_stdout, NULL, &error) != SLOPE_OK)
        demo_fail(d, DEMO_SYSTEM, "%s", error.message);
}

/* ----------------------------------------------------------------------------------------------------- the table */

static void print_table(demo *d, const demo_names *exact, const slope_check_entry check[])
{
    printf("    %-14s %14s %14s %20s   %s\n", "name", "data", "gradient", "numerical gradient", "digits that agree");
    for (size_t i = 0; i < exact->count; i++) {
        const slope_check_entry *entry = &check[i];
        printf("    %-14s %14.10g %14.10g %20.10g   %4.1f%s%s\n", exact->name[i], slope_data(exact->value[i]),
               slope_grad(exact->value[i]), entry->numeric, entry->digits,
               entry->verdict == SLOPE_VERDICT_RIGHT ? "" : "  ",
               entry->verdict == SLOPE_VERDICT_RIGHT ? "" : slope_verdict_text(entry->verdict));
        if (entry->verdict != SLOPE_VERDICT_RIGHT || entry->exact != slope_grad(exact->value[i]))
            demo_fail(d, DEMO_WRONG, "the derivative by %s is %.17g, numerically %.17g: %s", exact->name[i],
                      slope_grad(exact->value[i]), entry->numeric, slope_verdict_text(entry->verdict));
    }
}

/* Numerical derivatives by every name, on a tape where every intermediate value can be varied. */
static bool check_names(demo *d, demo_formula formula, slope_check_entry check[])
{
    demo_names nudged = {.tape = slope_tape_create(NULL), .nudged = true};
    const slope_value y = formula(&nudged);
    const slope_status status = slope_check_values(y, nudged.count, nudged.knob, check);
    slope_tape_destroy(nudged.tape);
    return demo_ok(d, status, "the numerical check");
}

void demo_differentiate(demo *d, demo_formula formula, const demo_subject *subject, bool show)
{
    demo_names exact = {.tape = slope_tape_create(NULL)};
    slope_check_entry check[DEMO_NAMED];
    const slope_value y = formula(&exact);
    if (demo_ok(d, slope_backward(y), "the backward sweep") && check_names(d, formula, check)) {
        print_table(d, &exact, check);
        if (show)
            show_graph(d, y);
        draw_graphs(d, y, subject->name);
        demo_page(d, y, subject);
    }
    slope_tape_destroy(exact.tape);
}
