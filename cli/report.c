/* SPDX-License-Identifier: MIT */
/*
 * What the user is told on the standard error: "slope: what is wrong", then hints on what to do, indented.
 * Names, paths and cells of files come from outside: what a terminal might obey in them is a '?'.
 * Colour only when the standard error is a terminal and NO_COLOR is not set (no-color.org: not empty).
 */
#include "cli.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool may_colour(int descriptor)
{
    const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return !(no && *no) && !(terminal && !strcmp(terminal, "dumb")) && isatty(descriptor);
}

bool cli_colour(const cli_args *args)
{
    if (cli_args_chose(args, CLI_OPTION_COLOR, "never"))
        return false;
    return cli_args_chose(args, CLI_OPTION_COLOR, "always") ||
           (!args->value[CLI_OPTION_OUTPUT] && may_colour(STDOUT_FILENO));
}

void cli_put_safe(const char *text, size_t size, FILE *file)
{
    for (size_t at = 0, n; at < size; at += n ? n : 1) {
        n = slope_printable(text + at, size - at);
        if (n)
            fwrite(text + at, 1, n, file);
        else
            fputc(text[at] == '\n' || text[at] == '\t' ? text[at] : '?', file);
    }
}

static void say(const char *escape, const char *lead, const char *format, va_list list)
{
    enum { LONGEST = 8192 }; /* no memory is needed to say that there is none */
    char text[LONGEST];
    bool colour = may_colour(STDERR_FILENO);
    fflush(stdout); /* so that both streams appear in order where they are one */
    fprintf(stderr, "%s%s%s", colour ? escape : "", lead, colour && *escape ? "\033[0m" : "");
    int size = vsnprintf(text, sizeof text, format, list);
    cli_put_safe(text, size < 0 ? 0 : size < LONGEST ? (size_t)size : LONGEST - 1, stderr);
    fputc('\n', stderr);
}

int cli_fail(int status, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say("\033[1;31m", "slope: ", format, list);
    va_end(list);
    return status;
}

void cli_hint(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say("", "  ", format, list);
    va_end(list);
}

void cli_note(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    say("\033[1;33m", "slope: note: ", format, list);
    va_end(list);
}

int cli_exit_of(slope_status status)
{
    switch (status) {
    case SLOPE_OK: return CLI_DONE;
    case SLOPE_ERR_MEMORY:
    case SLOPE_ERR_IO:
    case SLOPE_ERR_MISSING:
    case SLOPE_ERR_TIMEOUT:
    case SLOPE_ERR_SYSTEM: return CLI_SYSTEM;
    default: return CLI_USAGE;
    }
}

int cli_fail_status(slope_status status, const char *what, const char *message)
{
    return cli_fail(cli_exit_of(status), "%s: %s", what, message && *message ? message : slope_status_text(status));
}

int cli_fail_memory(void) { return cli_fail(CLI_SYSTEM, "memory could not be allocated"); }

/* Optimal string alignment by three rows of the table; longer words are as far as can be. */
size_t cli_distance(const char *a, const char *b)
{
    enum { LONGEST = 63 };
    size_t n = strlen(a), m = strlen(b), row[3][LONGEST + 1];
    if (n > LONGEST || m > LONGEST)
        return SIZE_MAX;
    for (size_t j = 0; j <= m; ++j)
        row[0][j] = j;
    for (size_t i = 1; i <= n; ++i) {
        size_t *now = row[i % 3], *before = row[(i + 2) % 3], *before2 = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= m; ++j) {
            size_t best = before[j - 1] + (a[i - 1] != b[j - 1]);
            best = before[j] + 1 < best ? before[j] + 1 : best;
            best = now[j - 1] + 1 < best ? now[j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before2[j - 2] + 1 < best)
                best = before2[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[n % 3][m];
}

bool cli_is_near(const char *word, size_t distance)
{
    size_t size = strlen(word);
    return distance <= (size < 3 ? 0u : size < 5 ? 1u : size < 8 ? 2u : 3u);
}
