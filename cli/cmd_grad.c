/* SPDX-License-Identifier: MIT */
/* slope grad: every named value with data and gradient, as a table or as JSON. */
#include "cli.h"

#include <stdlib.h>

/* The result has a line of its own unless it is one of the names above it. */
static bool is_listed(const cli_model *model, size_t count, const size_t index[])
{
    for (size_t i = 0; i < count; ++i)
        if (slope_same(model->named_value[index[i]].value, model->result))
            return true;
    return false;
}

static void print_table(const cli_model *model, const cli_args *args, size_t count, const size_t index[],
                        cli_text *text)
{
    cli_grid grid = {.columns = 3};
    int digits = (int)cli_args_number(args, CLI_OPTION_DIGITS, 0);
    cli_grid_add(&grid, "name");
    cli_grid_add(&grid, "value");
    cli_grid_add(&grid, "gradient");
    for (size_t i = 0; i < count; ++i) {
        const cli_named *named = &model->named_value[index[i]];
        cli_grid_add(&grid, named->name);
        cli_grid_add_number(&grid, slope_data(named->value), digits);
        cli_grid_add_number(&grid, slope_grad(named->value), digits);
    }
    if (!is_listed(model, count, index)) {
        cli_grid_add(&grid, "(result)");
        cli_grid_add_number(&grid, slope_data(model->result), digits);
        cli_grid_add_number(&grid, 1.0, digits);
    }
    cli_grid_print(&grid, cli_colour(args), text);
    cli_grid_free(&grid);
}

static int print(const cli_model *model, const cli_args *args, cli_output *output)
{
    cli_text text = {0};
    size_t count = 0, *index = NULL;
    int status = cli_model_pick(model, args, false, &count, &index);
    if (!status && args->value[CLI_OPTION_JSON]) {
        cli_model_json(model, true, count, index, &text);
        cli_text_print(&text, "\n");
    } else if (!status) {
        print_table(model, args, count, index, &text);
    }
    status = status ? status : cli_output_write(output, &text);
    cli_text_free(&text);
    free(index);
    return status;
}

int cli_grad(const cli_args *args)
{
    cli_model model;
    cli_output output;
    if (args->value[CLI_OPTION_POINTS])
        return cli_points(args);
    if (args->value[CLI_OPTION_THREADS])
        return cli_fail(CLI_USAGE, "--threads is for --points: one evaluation runs on one thread");
    int status = cli_model_create(&model, args, 0, NULL);
    if (status)
        return status;
    status = cli_model_backward(&model);
    status = status ? status : cli_output_open(&output, args->value[CLI_OPTION_OUTPUT]);
    if (!status) {
        status = print(&model, args, &output);
        status = cli_output_close(&output, status);
        cli_model_note_nonfinite(&model, true);
        cli_note_tie(model.tape, model.result, "");
        if (!model.inputs)
            cli_note("nothing to differentiate: the expression has no inputs");
    }
    cli_model_free(&model);
    return status;
}
