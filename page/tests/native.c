/* SPDX-License-Identifier: MIT */
/*
 * The engine of pages, compiled for this machine: arithmetic.mjs compares it with the one in WebAssembly.
 *
 * Without arguments: every line of standard input is a formula with "name=number" after tabs; the answer is the line of
 * page_view, or of the error.  With the argument `ops`: a line for each operation, its name, arity, and where to sample it.
 */
#include <stdio.h>
#include <string.h>

#include "engine.h"

static int list_operations(void)
{
    for (int op = SLOPE_OP_ADD; op < (int)slope_op_count(); op++) {
        const slope_op_info *info = slope_op_describe((slope_op)op);
        if (info->arity > 0 && op != SLOPE_OP_RESULT)
            printf("%s %d %g %g %g %g\n", info->name, info->arity, info->low, info->high, info->low2, info->high2);
    }
    return 0;
}

/* JSON has no line ends in its strings, so each can be a space. */
static void put_line(const char *text)
{
    for (; *text; text++)
        putchar(*text == '\n' ? ' ' : *text);
    putchar('\n');
}

int main(int argc, char **argv)
{
    static char line[1 << 16];
    if (argc == 2 && strcmp(argv[1], "ops") == 0)
        return list_operations();
    while (fgets(line, sizeof line, stdin)) {
        const size_t size = strcspn(line, "\n");
        char *buffer = page_buffer(size);
        if (!buffer)
            return 3;
        for (size_t i = 0, tabs = 0; i < size; i++) /* the first ends the formula, the others end lines */
            buffer[i] = line[i] != '\t' ? line[i] : tabs++ ? '\n' : '\0';
        const char *answer = page_parse(size);
        put_line(strncmp(answer, "{\"error\"", 8) == 0 ? answer : page_view());
    }
    return ferror(stdin) || fflush(stdout) ? 3 : 0;
}
