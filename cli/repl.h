/* SPDX-License-Identifier: MIT */
/* What the two halves of `slope repl` share: cmd_repl.c understands lines, edit.c gets them from a terminal or a
   pipe. */
#ifndef SLOPE_CLI_REPL_H
#define SLOPE_CLI_REPL_H

#include "cli.h"

typedef struct cli_binding {
    char *name; /* owned */
    slope_value value;
    bool input; /* it was assigned a number */
} cli_binding;

typedef struct cli_repl_state {
    const cli_args *args;
    slope_tape *tape; /* owned */
    size_t count;
    cli_binding *binding; /* owned */
    slope_value last;     /* the last result; null: none */
    cli_text functions;   /* the definitions of functions so far, a line each */
    bool interactive, done;
    size_t line; /* of the input, from 1 */
} cli_repl_state;

/* The names of the commands, NULL at the end. */
extern const char *const cli_repl_commands[];

int cli_repl_start(cli_repl_state *repl, const cli_args *args);
int cli_repl_line(cli_repl_state *repl, char *line); /* changes `line` */
void cli_repl_stop(cli_repl_state *repl);

#endif
