/* SPDX-License-Identifier: MIT */
/* The whole command behind a function, so that tests can call it. */
#include "cli.h"

static int run_command(const cli_args *args)
{
    static int (*const commands[CLI_COMMAND_COUNT])(const cli_args *) = {
        [CLI_COMMAND_EVAL] = cli_eval,       [CLI_COMMAND_GRAD] = cli_grad,   [CLI_COMMAND_CHECK] = cli_check,
        [CLI_COMMAND_SWEEP] = cli_sweep,     [CLI_COMMAND_GRAPH] = cli_graph, [CLI_COMMAND_REPL] = cli_repl,
        [CLI_COMMAND_HESS] = cli_hess,       [CLI_COMMAND_JAC] = cli_jac,     [CLI_COMMAND_CODE] = cli_code,
        [CLI_COMMAND_SHOW] = cli_show,       [CLI_COMMAND_HELP] = cli_help,   [CLI_COMMAND_EXPLORE] = cli_explore,
        [CLI_COMMAND_VERSION] = cli_version,
    };
    if (args->value[CLI_OPTION_VERSION])
        return cli_version(args);
    if (args->value[CLI_OPTION_HELP])
        return cli_help(args);
    return commands[args->command](args);
}

int cli_main(int argc, char **argv)
{
    cli_args args;
    if (argc < 2)
        return cli_usage();
    int status = cli_args_read(&args, argc, argv);
    status = status ? status : run_command(&args);
    cli_args_free(&args);
    int written = cli_output_check_stdout();
    return written && status != CLI_USAGE ? written : status;
}
