/* SPDX-License-Identifier: MIT */
/*
 * Opening a file in the user's browser: a process of its own, started without a shell and without a word on the
 * terminal, that may live on when the command has ended.
 */
#include "cli.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { WORDS = 32 };

/* What hands a file on to the browser ends soon, and says by its exit status whether it could; a browser stays. */
static bool settles(pid_t child)
{
    const struct timespec pause = {0, 10 * 1000 * 1000};
    int status = 0;
    for (int i = 0; i < 100; ++i) {
        pid_t ended = waitpid(child, &status, WNOHANG);
        if (ended == child)
            return WIFEXITED(status) && !WEXITSTATUS(status);
        if (ended < 0 && errno != EINTR)
            return true; /* SIGCHLD is ignored: nobody can tell */
        nanosleep(&pause, NULL);
    }
    return true;
}

/* Runs a program with nothing to read and nowhere to write, out of reach of the terminal's Ctrl-C. */
static bool start(char *const argv[])
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    pid_t child = 0;
    if (posix_spawn_file_actions_init(&actions))
        return false;
    if (posix_spawnattr_init(&attributes)) {
        posix_spawn_file_actions_destroy(&actions);
        return false;
    }
    bool started = !posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) &&
                   !posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) &&
                   !posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO) &&
                   !posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP) &&
                   !posix_spawnp(&child, argv[0], &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return started && settles(child);
}

/* One command of $BROWSER: words separated by blanks; the file stands for %s, or comes last.  A command that is the
   path of a program may have blanks in it. */
static bool start_command(char *command, char *path)
{
    char *argv[WORDS + 2];
    size_t count = 0;
    bool placed = false, program = !access(command, X_OK);
    for (char *word = program ? command : strtok(command, " \t"); word && count < WORDS;
         word = program ? NULL : strtok(NULL, " \t")) {
        bool here = !strcmp(word, "%s");
        argv[count++] = here ? path : word;
        placed = placed || here;
    }
    if (!placed)
        argv[count++] = path;
    argv[count] = NULL;
    return count > 1 && start(argv);
}

/* $BROWSER: commands separated by colons, of which the first that works is taken. */
static bool start_wanted(const char *wanted, char *path)
{
    char *commands = strdup(wanted);
    bool started = false;
    for (char *command = commands, *next; command && !started; command = next) {
        next = strchr(command, ':');
        if (next)
            *next++ = '\0';
        started = *command && start_command(command, path);
    }
    free(commands);
    return started;
}

/* Without a display the usual openers fall back on browsers for the terminal, which they could only disturb. */
static bool has_display(void)
{
#ifdef __APPLE__
    return true;
#else
    const char *x11 = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");
    return (x11 && *x11) || (wayland && *wayland);
#endif
}

bool cli_browse(const char *path)
{
    static const char *const openers[] = {"xdg-open", "open", "sensible-browser"};
    const char *wanted = getenv("BROWSER");
    char *own = strdup(path); /* argv is not const */
    bool started = false;
    if (own && wanted && *wanted)
        started = start_wanted(wanted, own);
    else if (own && has_display())
        for (size_t i = 0; i < sizeof openers / sizeof *openers && !started; ++i) {
            char opener[32];
            snprintf(opener, sizeof opener, "%s", openers[i]);
            started = start((char *[]){opener, own, NULL});
        }
    free(own);
    return started;
}
