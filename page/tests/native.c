/* SPDX-License-Identifier: MIT */
/*
 * The engine of pages, compiled for this machine: arithmetic.mjs compares it with the one in WebAssembly.
 *
 * Without arguments: every line of standard input is a formula with "name=number" after tabs; the answer is the line of
 * page_view, or of the error.  With the argument `ops`: a line for each operation, its name, arity, and where to sample
 * it.  With `hostile FILE`: a page whose labels, title and places are meant to break it; with `custom FILE`: one of a
 * program's own operation, which the page can't compute again.
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

static const char *const hostile[] = {
    "<script>document.title='broken'</script>",
    "</script><img src=x onerror=document.title='broken'>",
    "</title></style><!--",
    "]]>&amp;&#60;\"'`",
    "\xff\xfe not UTF-8 \xc3",
    "\x01\x1b[31mcontrol\x7f\n\t",
    "\xe2\x80\xae right to left \xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d",
    "\xe6\x95\xb0\xe5\xad\xa6 \xf0\x9f\xa6\x86",
    "javascript:alert(1)",
    "a/b?c#d%00",
    "$&$1\\u0041",
};

static int write_hostile(const char *path)
{
    slope_tape *tape = slope_tape_create(NULL);
    slope_value y = slope_number(1);
    static char longest[10001];
    memset(longest, 'w', sizeof longest - 1);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        const slope_value x = slope_at(slope_label(slope_var(tape, (double)i), hostile[i]), hostile[i], 1);
        y = slope_at(slope_label(slope_mul(y, slope_sin(x)), hostile[i]), hostile[i], 2);
    }
    y = slope_label(y, longest);
    slope_graph_options options = slope_graph_options_default();
    options.title = hostile[0];
    const int failed = slope_backward(y) != SLOPE_OK || slope_graph_write(1, &y, path, &options, NULL) != SLOPE_OK;
    slope_tape_destroy(tape);
    return failed ? 3 : 0;
}

static int cube(size_t n, const double x[], double *value, double partial[], void *context)
{
    (void)n, (void)context;
    *value = x[0] * x[0] * x[0];
    if (partial)
        partial[0] = 3 * x[0] * x[0];
    return 0;
}

static int write_custom(const char *path)
{
    static const slope_custom custom = {"cube", cube, NULL};
    slope_tape *tape = slope_tape_create(NULL);
    const slope_value x = slope_label(slope_var(tape, 2), "x"), w = slope_label(slope_var(tape, 5), "w");
    const slope_value y = slope_label(slope_mul(slope_custom_apply(&custom, 1, &x), w), "y");
    const int failed = slope_backward(y) != SLOPE_OK || slope_graph_write(1, &y, path, NULL, NULL) != SLOPE_OK;
    slope_tape_destroy(tape);
    return failed ? 3 : 0;
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
    if (argc == 3 && strcmp(argv[1], "hostile") == 0)
        return write_hostile(argv[2]);
    if (argc == 3 && strcmp(argv[1], "custom") == 0)
        return write_custom(argv[2]);
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
