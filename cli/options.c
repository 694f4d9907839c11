/* SPDX-License-Identifier: MIT */
/* The tables of options.def as const arrays, and nothing else. */
#include "table.h"

#define IN(command) (1u << CLI_COMMAND_##command)

const cli_command_row cli_commands[CLI_COMMAND_COUNT] = {
#define COMMAND(id, name, arguments, summary, details) {name, arguments, summary, details},
#define OPTION(id, long_name, short_name, kind, argument, commands, help)
#define EXAMPLE(command, line, what)
#include "options.def"
#undef COMMAND
#undef OPTION
#undef EXAMPLE
};

const cli_option_row cli_options[CLI_OPTION_COUNT] = {
#define COMMAND(id, name, arguments, summary, details)
#define OPTION(id, long_name, short_name, kind, argument, commands, help) \
    {long_name, short_name, CLI_KIND_##kind, argument, commands, help},
#define EXAMPLE(command, line, what)
#include "options.def"
#undef COMMAND
#undef OPTION
#undef EXAMPLE
};

const cli_example_row cli_examples[] = {
#define COMMAND(id, name, arguments, summary, details)
#define OPTION(id, long_name, short_name, kind, argument, commands, help)
#define EXAMPLE(command, line, what) {CLI_COMMAND_##command, line, what},
#include "options.def"
#undef COMMAND
#undef OPTION
#undef EXAMPLE
};

const size_t cli_example_count = sizeof cli_examples / sizeof cli_examples[0];
