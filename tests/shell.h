/* SPDX-License-Identifier: MIT */
/*
 * The command `slope`, run as a user would, in a folder of its own: what its tests share.  SLOPE_COMMAND is the program
 * that was built, SLOPE_GENERATED the folder with man page and completions.
 */
#ifndef SHELL_H
#define SHELL_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "json.h"
#include "testing.h"

static char folder[64]; /* where the tests work; removed at the end */
static char out[1 << 16], err[1 << 16];

static inline void slurp(const char *name, char text[1 << 16])
{
    FILE *file = fopen(name, "rb");
    size_t size = file ? fread(text, 1, (1 << 16) - 1, file) : 0;
    text[size] = '\0';
    if (file)
        fclose(file);
}

/* Runs a line of shell in which $S is the command; its output is then in `out` and `err`. */
static inline int shell(const char *line)
{
    char command[8192 + 64];
    snprintf(command, sizeof command, "{ %s\n} >out.txt 2>err.txt", line);
    int status = system(command);
    slurp("out.txt", out);
    slurp("err.txt", err);
    assert_true(WIFEXITED(status)); /* never a crash */
    return WEXITSTATUS(status);
}

static inline int slope(const char *arguments)
{
    char line[8192];
    snprintf(line, sizeof line, "\"$S\" %s </dev/null", arguments);
    return shell(line);
}

#define assert_contains(text, part)                          \
    do {                                                     \
        if (!strstr(text, part))                             \
            fail_msg("expected \"%s\" in:\n%s", part, text); \
    } while (0)

#define assert_lacks(text, part)                                   \
    do {                                                           \
        if (strstr(text, part))                                    \
            fail_msg("did not expect \"%s\" in:\n%s", part, text); \
    } while (0)

static inline void write_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "wb");
    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    assert_int_equal(fclose(file), 0);
}

static inline double json_double(const char *path)
{
    const char *at = json_find(out, path);
    if (!at)
        fail_msg("no %s in %s", path, out);
    return number_of(at);
}

static inline int enter(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/slope-test-XXXXXX");
    if (!mkdtemp(folder) || chdir(folder))
        return -1;
    unsetenv("NO_COLOR");
    return setenv("S", SLOPE_COMMAND, 1) || setenv("G", SLOPE_GENERATED, 1) ? -1 : 0;
}

static inline int leave(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return chdir("/") || system(command) ? -1 : 0;
}

#endif
