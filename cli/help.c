/* SPDX-License-Identifier: MIT */
/* --help and --version, made from the rows of options.def. */
#include "cli.h"

#include <string.h>

static void print_option(cli_text *text, const cli_option_row *row)
{
    enum { INDENT = 28 };
    size_t start = text->size;
    if (row->short_name)
        cli_text_print(text, "  -%c, --%s", row->short_name, row->long_name);
    else
        cli_text_print(text, "      --%s", row->long_name);
    if (row->argument)
        cli_text_print(text, " %s", row->argument);
    size_t column = text->size - start;
    if (column + 2 > INDENT) {
        cli_text_print(text, "\n");
        column = 0;
    }
    cli_text_print(text, "%*s", (int)(INDENT - column), "");
    cli_text_wrap(text, row->help, INDENT, INDENT);
}

static void print_examples(cli_text *text, size_t command)
{
    bool any = false;
    for (size_t i = 0; i < cli_example_count; ++i) {
        if (command < CLI_COMMAND_COUNT && cli_examples[i].command != command)
            continue;
        cli_text_print(text, "%s  %s\n", any ? "" : "\nExamples:\n", cli_examples[i].line);
        cli_text_wrap(text, cli_examples[i].what, 6, 0);
        any = true;
    }
}

static void print_general(cli_text *text)
{
    cli_text_print(text, "Usage: slope [COMMAND] [EXPR | -f FILE | -] [NAME=VALUE]... [OPTION]...\n\n");
    cli_text_wrap(
        text,
        "Exact derivatives of expressions: slope records a formula, gives its value and the gradient of every name in "
        "it, "
        "checks it against numerical derivatives, and draws how it came about.",
        0, 0);
    cli_text_print(text, "\nCommands (grad when none is named):\n");
    for (size_t i = 0; i < CLI_COMMAND_COUNT; ++i)
        cli_text_print(text, "  %-8s%s\n", cli_commands[i].name, cli_commands[i].summary);
    cli_text_print(text, "\nOptions (slope COMMAND --help tells those of a command):\n");
    for (size_t i = 0; i < CLI_OPTION_COUNT; ++i)
        if (cli_options[i].commands == ~0u || i == CLI_OPTION_FILE || i == CLI_OPTION_JSON || i == CLI_OPTION_OUTPUT)
            print_option(text, &cli_options[i]);
}

static void print_syntax(cli_text *text)
{
    cli_text_print(text, "\nExpressions:\n");
    cli_text_wrap(
        text,
        "+ - * / ^ (or **), comparisons and c ? a : b; x^2^3 is x^(2^3), -x^2 is -(x^2). Statements are separated by "
        "; or "
        "lines: 'e = a*b; e + 1' names e, the last one is the result; # starts a comment. 'a = 2' makes an input, "
        "which "
        "a=3 on the command line overrides. Constants: pi, e. A VALUE may be an expression of constants: x=pi/4.",
        2, 0);
    cli_text_print(text, "\nOperations:\n");
    cli_text names = {0};
    for (size_t i = 0; i < slope_op_count(); ++i) {
        const slope_op_info *info = slope_op_describe((slope_op)i);
        if (info && info->arity != 0 && i < SLOPE_OP_CUSTOM)
            cli_text_print(&names, "%s ", info->name);
    }
    if (names.data && !names.failed)
        cli_text_wrap(text, names.data, 2, 0);
    cli_text_free(&names);
}

static void print_command(cli_text *text, size_t command)
{
    const cli_command_row *row = &cli_commands[command];
    cli_text_print(text, "Usage: slope %s %s%s[OPTION]...\n\n", row->name, row->arguments, *row->arguments ? " " : "");
    cli_text_wrap(text, row->details, 0, 0);
    cli_text_print(text, "\nOptions:\n");
    for (size_t i = 0; i < CLI_OPTION_COUNT; ++i)
        if (cli_options[i].commands & 1u << command)
            print_option(text, &cli_options[i]);
}

int cli_help(const cli_args *args)
{
    bool about = args->value[CLI_OPTION_HELP] != NULL && args->named_command; /* slope COMMAND --help */
    size_t command = about ? (size_t)args->command : CLI_COMMAND_COUNT;
    cli_text text = {0};
    if (!about && args->expression) {
        for (command = 0; command < CLI_COMMAND_COUNT && strcmp(cli_commands[command].name, args->expression);)
            ++command;
        if (command == CLI_COMMAND_COUNT)
            return cli_fail(CLI_USAGE, "there is no command '%s'; slope --help lists them", args->expression);
    }
    if (command == CLI_COMMAND_COUNT)
        print_general(&text);
    else
        print_command(&text, command);
    print_examples(&text, command);
    if (command == CLI_COMMAND_COUNT)
        print_syntax(&text);
    cli_text_print(&text, "\n");
    cli_text_wrap(&text, "Exit status: 0 done, 1 a check failed, 2 bad usage or input, 3 the system failed.", 0, 0);
    cli_output output;
    int status = cli_output_open(&output, NULL);
    status = status ? status : cli_output_write(&output, &text);
    cli_text_free(&text);
    return cli_output_close(&output, status);
}

int cli_usage(void)
{
    cli_text text = {0};
    cli_text_print(&text, "Usage: slope [COMMAND] EXPR [NAME=VALUE]... [OPTION]...\n  %s\n", cli_examples[0].line);
    cli_text_print(&text, "Commands:");
    for (size_t i = 0; i < CLI_COMMAND_COUNT; ++i)
        cli_text_print(&text, " %s", cli_commands[i].name);
    cli_text_print(&text, "\nslope --help explains them and shows examples.\n");
    if (text.failed)
        cli_fail_memory();
    else
        (void)fputs(text.data, stderr);
    cli_text_free(&text);
    return CLI_USAGE;
}

int cli_version(const cli_args *args)
{
    (void)args;
    printf("slope %s\n", slope_version());
    return CLI_DONE;
}
