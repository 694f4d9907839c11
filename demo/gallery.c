/* SPDX-License-Identifier: MIT */
/* A page for each formula of the gallery that `slope explore` offers: text, parsed, recorded and differentiated. */
#include "demo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/gallery.h"

enum { INPUTS = 32, LONGEST = 16 };

/* The numbers of "a=2 b=-3" as inputs on a tape. */
typedef struct inputs {
    size_t count;
    char name[INPUTS][LONGEST];
    slope_binding binding[INPUTS];
} inputs;

static bool read_inputs(const char *text, slope_tape *tape, inputs *in)
{
    for (in->count = 0; *text; in->count++) {
        const size_t size = strcspn(text, "=");
        if (in->count == INPUTS || size >= LONGEST || !text[size])
            return false;
        char *name = in->name[in->count], *end;
        memcpy(name, text, size);
        name[size] = 0;
        const slope_value value = slope_var(tape, strtod(text + size + 1, &end));
        in->binding[in->count] = (slope_binding){name, slope_label(value, name)};
        if (end == text + size + 1)
            return false;
        text = end + strspn(end, " ");
    }
    return true;
}

static void write_page(demo *d, slope_value y, const slope_graph_example *example)
{
    slope_graph_options options = slope_graph_options_default();
    slope_error error;
    char name[64];
    snprintf(name, sizeof name, "gallery/%s", example->name);
    options.title = example->title;
    options.formula = example->formula;
    options.example = cli_gallery;
    options.examples = cli_gallery_count;
    demo_file *file = demo_next_file(d, DEMO_GALLERY, name, ".html", example->title);
    if (!file)
        return;
    file->note = example->note;
    if (slope_graph_write(1, &y, file->path, &options, &error) == SLOPE_OK)
        demo_wrote(d);
    else
        demo_fail(d, DEMO_SYSTEM, "%s", error.message);
}

static void make_page(demo *d, const slope_graph_example *example)
{
    slope_tape *tape = slope_tape_create(NULL);
    slope_parse_error wrong = {0};
    slope_value y;
    inputs in;
    if (!read_inputs(example->inputs, tape, &in))
        demo_fail(d, DEMO_WRONG, "the inputs of the example %s can't be read", example->name);
    else if (slope_parse(tape, example->formula, SIZE_MAX, in.count, in.binding, &y, &wrong) != SLOPE_OK)
        demo_fail(d, DEMO_WRONG, "the example %s: %s", example->name, wrong.message);
    else if (demo_ok(d, slope_backward(y), "the backward sweep"))
        write_page(d, y, example);
    slope_tape_destroy(tape);
}

void demo_gallery(demo *d)
{
    for (size_t i = 0; i < cli_gallery_count; i++)
        make_page(d, &cli_gallery[i]);
}
