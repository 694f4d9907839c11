/* SPDX-License-Identifier: MIT */
/* What is told of a model: gradients, which of its names, where a NaN was born, and its JSON. */
#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int cli_model_backward(cli_model *model)
{
    slope_status status = slope_backward(model->result);
    return status ? cli_fail_status(status, "gradient", slope_tape_error(model->tape)->message) : CLI_DONE;
}

static int fail_name(const cli_model *model, size_t limit, const char *name)
{
    size_t best = SIZE_MAX, nearest = 0;
    int status = cli_fail(CLI_USAGE, "--wrt: %s has no %s '%s'", model->source.text_of,
                          limit < model->named ? "input" : "name", name);
    for (size_t i = 0; i < limit; ++i) {
        size_t distance = cli_distance(name, model->named_value[i].name);
        if (distance < best)
            best = distance, nearest = i;
    }
    cli_text names = {0};
    for (size_t i = 0; i < limit && i < 20; ++i)
        cli_text_print(&names, "%s%s", i ? ", " : "", model->named_value[i].name);
    if (best != SIZE_MAX && cli_is_near(name, best))
        cli_hint("did you mean %s?", model->named_value[nearest].name);
    else if (names.size && !names.failed)
        cli_hint("it has %s%s", names.data, limit > 20 ? " and more" : "");
    cli_text_free(&names);
    return status;
}

static int pick_one(const cli_model *model, size_t limit, const char *name, size_t size, size_t *count, size_t *index)
{
    char word[64] = "";
    memcpy(word, name, size < sizeof word ? size : sizeof word - 1);
    if (!size)
        return cli_fail(CLI_USAGE, "--wrt: there is an empty name in the list");
    for (size_t i = 0; i < limit; ++i) {
        if (strcmp(model->named_value[i].name, word))
            continue;
        for (size_t j = 0; j < *count; ++j)
            if (index[j] == i)
                return cli_fail(CLI_USAGE, "--wrt: '%s' is there twice", word);
        index[(*count)++] = i;
        return CLI_DONE;
    }
    return fail_name(model, limit, word);
}

int cli_model_pick(const cli_model *model, const cli_args *args, bool inputs_only, size_t *count, size_t **index)
{
    const char *list = args->value[CLI_OPTION_WRT];
    size_t limit = inputs_only ? model->inputs : model->named;
    int status = CLI_DONE;
    *count = 0;
    *index = calloc(limit + 1, sizeof **index);
    if (!*index)
        return cli_fail_memory();
    for (size_t i = 0; i < limit && !list; ++i)
        (*index)[(*count)++] = i;
    while (list && !status) {
        size_t first = strspn(list, " "), size = strcspn(list + first, ",");
        const char *next = list[first + size] ? list + first + size + 1 : NULL;
        while (size && list[first + size - 1] == ' ')
            --size;
        status = pick_one(model, limit, list + first, size, count, *index);
        list = next;
    }
    return status;
}

bool cli_note_tie(slope_tape *tape, slope_value y, const char *where)
{
    slope_tie tie;
    if (slope_find_tie(tape, y, 0, &tie) || !tie.ties)
        return false;
    if (tie.ties > 1)
        cli_note("%s%s (the first of %zu ties)", where, tie.message, tie.ties);
    else
        cli_note("%s%s", where, tie.message);
    return true;
}

bool cli_model_note_nonfinite(const cli_model *model, bool gradients)
{
    slope_origin origin;
    bool found = !isfinite(slope_data(model->result));
    for (size_t i = 0; gradients && i < model->inputs; ++i)
        found = found || !isfinite(slope_grad(model->input[i].value));
    if (!found)
        return false;
    if (!slope_find_nonfinite(model->result, &origin) && !slope_is_null(origin.node) && *origin.message)
        cli_note("%s", origin.message);
    else
        cli_note("%s is not finite", isfinite(slope_data(model->result)) ? "a gradient" : "the value");
    return true;
}

void cli_model_json(const cli_model *model, bool gradients, size_t count, const size_t index[], cli_text *text)
{
    cli_text_print(text, "{\"value\": ");
    cli_text_json_number(text, slope_data(model->result));
    cli_text_print(text, ", \"values\": {");
    for (size_t i = 0; i < count; ++i) {
        const cli_named *named = &model->named_value[index[i]];
        cli_text_print(text, "%s", i ? ", " : "");
        cli_text_json_string(text, named->name);
        cli_text_print(text, ": {\"data\": ");
        cli_text_json_number(text, slope_data(named->value));
        if (gradients) {
            cli_text_print(text, ", \"grad\": ");
            cli_text_json_number(text, slope_grad(named->value));
        }
        cli_text_print(text, "}");
    }
    cli_text_print(text, "}}");
}
