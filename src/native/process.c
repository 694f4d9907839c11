/* SPDX-License-Identifier: MIT */
/*
 * Running the compiler: an argument vector, no shell; its own process group, so that what it started dies with it; a
 * time limit.  Works in processes that ignore SIGCHLD, that get signals, and from several threads at once.
 */
#define _GNU_SOURCE /* pipe2 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "native/native.h"

extern char **environ;

enum { LOOK_EVERY = 20 /* milliseconds */ };

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int is_program(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISREG(s.st_mode) && access(path, X_OK) == 0;
}

int slope__native_find(const char *name, size_t room, char path[])
{
    const char *list = getenv("PATH");
    if (*name == '\0')
        return 0;
    if (strchr(name, '/')) {
        const int size = snprintf(path, room, "%s", name);
        return size > 0 && (size_t)size < room && is_program(path);
    }
    for (const char *at = list; at; at = *at ? at + 1 : NULL) {
        const size_t length = strcspn(at, ":");
        const int size = snprintf(path, room, "%.*s/%s", (int)length, at, name);
        if (length > 0 && *at == '/' && size > 0 && (size_t)size < room && is_program(path))
            return 1;
        at += length;
    }
    return 0;
}

/* Input from nowhere, both outputs to the pipe; no signal blocked or ignored, whatever the caller does with them. */
static int start(const char *path, char *const arguments[], int to, pid_t *child)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    int bad = posix_spawn_file_actions_init(&actions);
    if (bad)
        return bad;
    bad = posix_spawnattr_init(&attributes);
    if (bad) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return bad;
    }
    (void)sigemptyset(&none);
    (void)sigemptyset(&defaults);
    const int handled[] = {SIGCHLD, SIGPIPE, SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGALRM};
    for (size_t k = 0; k < sizeof handled / sizeof *handled; k++)
        (void)sigaddset(&defaults, handled[k]);
    bad = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    bad = bad ? bad : posix_spawnattr_setpgroup(&attributes, 0);
    bad = bad ? bad : posix_spawnattr_setsigmask(&attributes, &none);
    bad = bad ? bad : posix_spawnattr_setsigdefault(&attributes, &defaults);
    bad = bad ? bad : posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    bad = bad ? bad : posix_spawn_file_actions_adddup2(&actions, to, 1);
    bad = bad ? bad : posix_spawn_file_actions_adddup2(&actions, to, 2);
    bad = bad ? bad : posix_spawn(child, path, &actions, &attributes, arguments, environ);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return bad;
}

/* Takes what is in the pipe; the beginning is kept.  0 at its end. */
static int drain(int from, char *said, size_t room)
{
    char part[4096];
    for (;;) {
        const ssize_t n = read(from, part, sizeof part);
        if (n == 0)
            return 0;
        if (n < 0)
            return errno == EAGAIN || errno == EINTR;
        const size_t used = strlen(said), fits = (size_t)n < room - 1 - used ? (size_t)n : room - 1 - used;
        for (size_t k = 0; k < fits; k++)
            said[used + k] = part[k] ? part[k] : ' ';
        said[used + fits] = '\0';
    }
}

/* Whether the child has ended, and how; *status as of waitpid, 0 when nobody knows (SIGCHLD is ignored). */
static int has_ended(pid_t child, int block, int *status)
{
    for (;;) {
        const pid_t got = waitpid(child, status, block ? 0 : WNOHANG);
        if (got == child)
            return 1;
        if (got < 0 && errno == ECHILD) {
            *status = 0;
            return 1;
        }
        if (got == 0 || errno != EINTR)
            return 0;
    }
}

static slope_status wait_for(pid_t child, int from, double seconds, char *said, size_t room)
{
    const double end = now() + seconds;
    int status = 0, open = 1;
    while (!has_ended(child, 0, &status)) {
        if (!(now() < end)) {
            (void)kill(-child, SIGKILL);
            (void)has_ended(child, 1, &status);
            return SLOPE_ERR_TIMEOUT;
        }
        struct pollfd p = {from, POLLIN, 0};
        if (open)
            (void)poll(&p, 1, LOOK_EVERY);
        else
            (void)poll(NULL, 0, 1); /* it closed its output: about to end */
        open = open && drain(from, said, room);
    }
    (void)drain(from, said, room);
    (void)kill(-child, SIGKILL); /* what it may have left behind */
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? SLOPE_OK : SLOPE_ERR_SYSTEM;
}

slope_status slope__native_run(const char *path, char *const arguments[], double seconds, char *said, size_t room)
{
    int pipes[2];
    pid_t child;
    *said = '\0';
    if (pipe2(pipes, O_CLOEXEC) != 0) {
        (void)snprintf(said, room, "%s", "no pipe can be made");
        return SLOPE_ERR_SYSTEM;
    }
    (void)fcntl(pipes[0], F_SETFL, O_NONBLOCK);
    const int bad = start(path, arguments, pipes[1], &child);
    (void)close(pipes[1]);
    slope_status result = SLOPE_ERR_SYSTEM;
    if (bad)
        (void)snprintf(said, room, "it can't be started (error %d)", bad);
    else
        result = wait_for(child, pipes[0], seconds, said, room);
    (void)close(pipes[0]);
    return result;
}
