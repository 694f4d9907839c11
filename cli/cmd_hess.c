/* SPDX-License-Identifier: MIT */
/* slope hess and slope jac: a matrix of derivatives with respect to the inputs, as a table or as JSON. */
#include "cli.h"

static int print(const cli_model *model, const cli_args *args, const cli_matrix *m)
{
    cli_output output;
    cli_text text = {0};
    int status = cli_output_open(&output, args->value[CLI_OPTION_OUTPUT]);
    if (status)
        return status;
    if (args->value[CLI_OPTION_JSON]) {
        status = cli_matrix_json(m, model, args, &text);
        cli_text_print(&text, "\n");
    } else {
        cli_matrix_table(m, args, &text);
    }
    status = status ? status : cli_output_write(&output, &text);
    cli_text_free(&text);
    status = cli_output_close(&output, status);
    if (!status)
        cli_matrix_note(m, model);
    return status;
}

static int run(const cli_args *args)
{
    cli_model model;
    cli_matrix m = {0};
    if (args->value[CLI_OPTION_POINTS])
        return cli_points(args);
    if (args->value[CLI_OPTION_THREADS])
        return cli_fail(CLI_USAGE, "--threads is for --points: one evaluation runs on one thread");
    int status = cli_model_create(&model, args, 0, NULL);
    if (status)
        return status;
    status = cli_model_backward(&model);
    status = status ? status : cli_matrix_create(&m, &model, args);
    status = status ? status : cli_matrix_evaluate(&m, &model);
    status = status ? status : print(&model, args, &m);
    cli_matrix_free(&m);
    cli_model_free(&model);
    return status;
}

int cli_hess(const cli_args *args) { return run(args); }

int cli_jac(const cli_args *args) { return run(args); }
