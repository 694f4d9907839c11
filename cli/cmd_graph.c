/* SPDX-License-Identifier: MIT */
/* slope graph: the computation as a picture or a page, or as text on the standard output. */
#include "cli.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

slope_graph_options cli_graph_options(const cli_args *args, const char *formula)
{
    slope_graph_options options = slope_graph_options_default();
    if (cli_args_chose(args, CLI_OPTION_STYLE, "lecture"))
        options.style = SLOPE_GRAPH_STYLE_LECTURE;
    options.max_nodes = (size_t)cli_args_number(args, CLI_OPTION_MAX_NODES, (double)options.max_nodes);
    options.fold = !cli_args_chose(args, CLI_OPTION_FOLD, "off");
    options.gradients = !cli_args_chose(args, CLI_OPTION_GRADIENTS, "off");
    options.top_down = args->value[CLI_OPTION_TOP_DOWN] != NULL;
    options.title = args->value[CLI_OPTION_TITLE];
    options.time_limit = cli_args_number(args, CLI_OPTION_TIME_LIMIT, options.time_limit);
    options.max_values = (size_t)cli_args_number(args, CLI_OPTION_MAX_VALUES, (double)options.max_values);
    options.ansi = cli_colour(args);
    options.formula = formula;
    return options;
}

static int sink(const char *data, size_t size, void *context) { return fwrite(data, 1, size, context) != size; }

static slope_graph_format format_of(const cli_args *args)
{
    static const struct {
        const char *word;
        slope_graph_format format;
    } formats[] = {{"dot", SLOPE_GRAPH_DOT}, {"json", SLOPE_GRAPH_JSON}, {"html", SLOPE_GRAPH_HTML}};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; ++i)
        if (cli_args_chose(args, CLI_OPTION_FORMAT, formats[i].word))
            return formats[i].format;
    return SLOPE_GRAPH_TEXT;
}

int cli_graph_print(slope_value y, const slope_graph_options *options, slope_graph_format format)
{
    slope_error error = {0};
    slope_status status = slope_graph_stream(1, &y, format, options, sink, stdout, &error);
    if (status == SLOPE_ERR_IO)
        return cli_fail(CLI_SYSTEM, "can't write the standard output: %s", strerror(errno));
    if (status && *error.message)
        return cli_fail(cli_exit_of(status), "%s", error.message);
    return status ? cli_fail_status(status, "graph", NULL) : CLI_DONE;
}

int cli_graph_write(slope_value y, const slope_graph_options *options, const char *path)
{
    slope_error error = {0};
    slope_status status = slope_graph_write(1, &y, path, options, &error);
    if (status && *error.message)
        return cli_fail(cli_exit_of(status), "%s", error.message);
    if (status)
        return cli_fail_status(status, path, NULL);
    return CLI_DONE;
}

void cli_note_written(const char *path)
{
    if (isatty(STDERR_FILENO))
        cli_note("wrote %s", path);
}

int cli_graph(const cli_args *args)
{
    cli_model model;
    const char *path = args->value[CLI_OPTION_OUTPUT];
    if (path && args->value[CLI_OPTION_FORMAT])
        return cli_fail(CLI_USAGE, "--format is for the standard output; with -o the ending of the file says the kind");
    if (args->value[CLI_OPTION_STRUCTURE] || args->value[CLI_OPTION_FUNCTION]) {
        const slope_graph_options options = cli_graph_options(args, NULL);
        return cli_structure(args, &options);
    }
    if (args->value[CLI_OPTION_OF] || args->value[CLI_OPTION_OUT] || args->value[CLI_OPTION_SAVE] ||
        args->value[CLI_OPTION_WRT] || args->value[CLI_OPTION_OPEN])
        return cli_fail(CLI_USAGE, "--of, --out, --wrt, --save and --open are for functions: slope graph --structure");
    int status = cli_model_create(&model, args, 0, NULL);
    if (status)
        return status;
    if (slope_is_number(model.result))
        status =
            cli_fail(CLI_USAGE, "there is no graph: the expression is just the number %.17g", slope_data(model.result));
    const slope_graph_options options = cli_graph_options(args, model.formula);
    status = status ? status : cli_model_backward(&model);
    bool file = path && strcmp(path, "-");
    if (!status)
        status = file ? cli_graph_write(model.result, &options, path)
                      : cli_graph_print(model.result, &options, format_of(args));
    if (!status && file)
        cli_note_written(path);
    if (!status) {
        cli_model_note_nonfinite(&model, true);
        cli_note_tie(model.tape, model.result, "");
    }
    cli_model_free(&model);
    return status;
}
