/* SPDX-License-Identifier: MIT */
/* slope eval: the value alone on a line, or as JSON with the values of all names. */
#include "cli.h"

#include <stdlib.h>

static int print(const cli_model *model, const cli_args *args, cli_output *output)
{
    cli_text text = {0};
    char number[CLI_NUMBER_SIZE];
    size_t count = 0, *index = NULL;
    int status = cli_model_pick(model, args, false, &count, &index);
    if (!status && args->value[CLI_OPTION_JSON])
        cli_model_json(model, false, count, index, &text);
    else if (!status)
        cli_text_print(&text, "%s",
                       cli_number(number, slope_data(model->result), (int)cli_args_number(args, CLI_OPTION_DIGITS, 0)));
    cli_text_print(&text, "\n");
    status = status ? status : cli_output_write(output, &text);
    cli_text_free(&text);
    free(index);
    return status;
}

int cli_eval(const cli_args *args)
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
    status = cli_output_open(&output, args->value[CLI_OPTION_OUTPUT]);
    if (!status) {
        status = print(&model, args, &output);
        status = cli_output_close(&output, status);
        cli_model_note_nonfinite(&model, false);
    }
    cli_model_free(&model);
    return status;
}
