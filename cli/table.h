/* SPDX-License-Identifier: MIT */
/*
 * The rows of options.def as C: ids and const tables.  Used by the command and by tools/gen_cli.c, which makes the man
 * page and the completions from the same rows.
 */
#ifndef SLOPE_CLI_TABLE_H
#define SLOPE_CLI_TABLE_H

#include <stddef.h>

typedef enum {
#define COMMAND(id, name, arguments, summary, details) CLI_COMMAND_##id,
#define OPTION(id, long_name, short_name, kind, argument, commands, help)
#define EXAMPLE(command, line, what)
#include "options.def"
#undef COMMAND
#undef OPTION
#undef EXAMPLE
    CLI_COMMAND_COUNT
} cli_command;

typedef enum {
#define COMMAND(id, name, arguments, summary, details)
#define OPTION(id, long_name, short_name, kind, argument, commands, help) CLI_OPTION_##id,
#define EXAMPLE(command, line, what)
#include "options.def"
#undef COMMAND
#undef OPTION
#undef EXAMPLE
    CLI_OPTION_COUNT
} cli_option;

typedef enum {
    CLI_KIND_FLAG,
    CLI_KIND_TEXT,
    CLI_KIND_FILE,
    CLI_KIND_NAMES,
    CLI_KIND_COUNT,
    CLI_KIND_SECONDS,
    CLI_KIND_CHOICE
} cli_kind;

typedef struct cli_command_row {
    const char *name, *arguments, *summary, *details;
} cli_command_row;

typedef struct cli_option_row {
    const char *long_name;
    char short_name; /* 0: none */
    cli_kind kind;
    const char *argument; /* what to call it; for CHOICE the words, separated by |; NULL for FLAG */
    unsigned commands;    /* bit i: command i takes it */
    const char *help;
} cli_option_row;

typedef struct cli_example_row {
    cli_command command;
    const char *line, *what;
} cli_example_row;

extern const cli_command_row cli_commands[CLI_COMMAND_COUNT];
extern const cli_option_row cli_options[CLI_OPTION_COUNT];
extern const cli_example_row cli_examples[];
extern const size_t cli_example_count;

#endif
