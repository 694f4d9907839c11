/* SPDX-License-Identifier: MIT */
/*
 * Graphviz's `dot` as a process of its own: DOT goes in, a picture comes out, within a time limit.
 *
 * No shell, no temporary file.  Its input is a socket, so that a `dot` that dies early is an error (MSG_NOSIGNAL) and
 * not a SIGPIPE; nothing of the caller's process (signal handlers, masks, descriptors) is changed.  Every descriptor is
 * close-on-exec.  The process is always waited for: no zombie stays.
 */
#if !defined _GNU_SOURCE
#define _GNU_SOURCE /* pipe2, prlimit */
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "graph/view.h"

extern char **environ;

enum { IN, OUT, ERR, STREAMS, COMPLAINT = 160 };

typedef struct process {
    pid_t pid;
    int ours[STREAMS], theirs[STREAMS]; /* -1: closed */
    size_t sent;
    char complaint[COMPLAINT]; /* the beginning of what it says on its error stream */
    size_t complaint_size;
    double deadline;
} process;

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* Moves a descriptor out of the way of 0, 1 and 2, which a caller may have closed. */
static int lift(int *fd)
{
    if (*fd > 2)
        return 0;
    const int higher = fcntl(*fd, F_DUPFD_CLOEXEC, 3);
    if (higher < 0)
        return -1;
    close_one(fd);
    *fd = higher;
    return 0;
}

static int open_streams(process *p)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
        return -1;
    p->ours[IN] = pair[0];
    p->theirs[IN] = pair[1];
    for (int i = OUT; i <= ERR; i++) {
        if (pipe2(pair, O_CLOEXEC))
            return -1;
        p->ours[i] = pair[0];
        p->theirs[i] = pair[1];
    }
    for (int i = 0; i < STREAMS; i++) {
        if (lift(&p->ours[i]) || lift(&p->theirs[i]))
            return -1;
        const int flags = fcntl(p->ours[i], F_GETFL);
        if (flags < 0 || fcntl(p->ours[i], F_SETFL, flags | O_NONBLOCK) < 0)
            return -1;
    }
    return 0;
}

/* Starts dot; an errno, or 0.  The child has no signal blocked and dies of SIGPIPE as usual, whatever the caller
   set. */
static int start(process *p, slope_graph_format format)
{
    char *const png[] = {"dot", "-Tpng", "-Gdpi=144", NULL}, *const svg[] = {"dot", "-Tsvg", NULL},
                *const pdf[] = {"dot", "-Tpdf", NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, pipe_signal;
    (void)sigemptyset(&none);
    (void)sigemptyset(&pipe_signal);
    (void)sigaddset(&pipe_signal, SIGPIPE);
    int failed = posix_spawn_file_actions_init(&actions);
    if (failed)
        return failed;
    failed = posix_spawnattr_init(&attributes);
    if (failed) {
        (void)posix_spawn_file_actions_destroy(&actions);
        return failed;
    }
    for (int i = 0; i < STREAMS && !failed; i++)
        failed = posix_spawn_file_actions_adddup2(&actions, p->theirs[i], i);
    if (!failed)
        failed = posix_spawnattr_setsigmask(&attributes, &none);
    if (!failed)
        failed = posix_spawnattr_setsigdefault(&attributes, &pipe_signal);
    if (!failed)
        failed = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!failed)
        failed = posix_spawnp(&p->pid, "dot", &actions, &attributes,
                              format == SLOPE_GRAPH_PNG   ? png
                              : format == SLOPE_GRAPH_PDF ? pdf
                                                          : svg,
                              environ);
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* Should this process be killed itself, dot does not compute on for hours. */
static void limit_cpu(pid_t pid, double seconds)
{
#if defined __linux__
    const rlim_t limit = seconds < 1e6 ? (rlim_t)seconds + 2 : 1000000;
    (void)prlimit(pid, RLIMIT_CPU, &(struct rlimit){limit, limit}, NULL);
#else
    (void)pid;
    (void)seconds;
#endif
}

/* ---------------------------------------------------------------------------------------------------------- talking */

static void send_some(process *p, const slope__bytes *dot)
{
    const ssize_t n = send(p->ours[IN], (const char *)dot->block.data + p->sent, dot->size - p->sent, MSG_NOSIGNAL);
    if (n > 0)
        p->sent += (size_t)n;
    if (p->sent == dot->size ||
        (n < 0 && errno != EAGAIN && errno != EINTR)) /* it stopped reading: its status says why */
        close_one(&p->ours[IN]);
}

/* Returns nonzero when memory is short. */
static int receive_some(process *p, int stream, slope__bytes *picture)
{
    char piece[16384];
    const ssize_t n = read(p->ours[stream], piece, sizeof piece);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        close_one(&p->ours[stream]);
        return 0;
    }
    if (stream == OUT)
        return slope__bytes_sink(piece, (size_t)n, picture);
    const size_t room = sizeof p->complaint - 1 - p->complaint_size;
    const size_t kept = (size_t)n < room ? (size_t)n : room;
    memcpy(p->complaint + p->complaint_size, piece, kept);
    p->complaint_size += kept;
    return 0;
}

/* Feeds and reads until dot has closed its output. */
static slope_status talk(process *p, const slope__bytes *dot, slope__bytes *picture)
{
    while (p->ours[OUT] >= 0 || p->ours[ERR] >= 0) {
        struct pollfd fds[STREAMS];
        for (int i = 0; i < STREAMS; i++) /* poll skips negative descriptors */
            fds[i] = (struct pollfd){.fd = p->ours[i], .events = (short)(i == IN ? POLLOUT : POLLIN)};
        const double left = p->deadline - now();
        if (!(left > 0))
            return SLOPE_ERR_TIMEOUT;
        const int ready = poll(fds, STREAMS, left < 1000 ? (int)(1000 * left) + 1 : 1000000);
        if (ready < 0 && errno != EINTR)
            return SLOPE_ERR_SYSTEM;
        if (ready <= 0)
            continue;
        if (fds[IN].revents)
            send_some(p, dot);
        for (int i = OUT; i <= ERR; i++)
            if (fds[i].revents && receive_some(p, i, picture))
                return SLOPE_ERR_MEMORY;
    }
    return SLOPE_OK;
}

/* Waits for the process until the deadline, then kills it.  *wait_status -1: somebody else took the status. */
static slope_status reap(process *p, int kill_now, int *wait_status)
{
    slope_status status = SLOPE_OK;
    long nap = 200000; /* ns; doubled up to 20 ms */
    for (;;) {
        if (kill_now)
            (void)kill(p->pid, SIGKILL);
        const pid_t got = waitpid(p->pid, wait_status, kill_now ? 0 : WNOHANG);
        if (got == p->pid)
            return status;
        if (got < 0 && errno != EINTR) {
            *wait_status = -1; /* SIGCHLD is ignored, or another thread waits for every child */
            return status;
        }
        if (got == 0) {
            (void)nanosleep(&(struct timespec){.tv_nsec = nap}, NULL);
            nap = nap < 10000000 ? 2 * nap : 20000000;
            if (now() > p->deadline) {
                kill_now = 1;
                status = SLOPE_ERR_TIMEOUT;
            }
        }
    }
}

/* The first line of the complaint, made printable. */
static const char *complaint(process *p)
{
    p->complaint[p->complaint_size] = '\0';
    p->complaint[strcspn(p->complaint, "\r\n")] = '\0';
    for (char *s = p->complaint; *s; s++)
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            *s = '?';
    return *p->complaint ? p->complaint : "it said nothing";
}

static slope_status missing(slope_error *error)
{
    return slope__fail(error, SLOPE_ERR_MISSING, SIZE_MAX,
                       "Graphviz is not installed (no program 'dot' was found): apt install graphviz, "
                       "or write .dot, .json or .txt, which need no Graphviz");
}

static slope_status judge(process *p, int wait_status, const slope__bytes *picture, slope_error *error)
{
    if (wait_status != -1 && WIFSIGNALED(wait_status) && WTERMSIG(wait_status) == SIGXCPU)
        return SLOPE_ERR_TIMEOUT;
    if (wait_status != -1 && WIFSIGNALED(wait_status))
        return slope__fail(error, SLOPE_ERR_SYSTEM, SIZE_MAX, "Graphviz's dot was killed by signal %d: %s",
                           WTERMSIG(wait_status), complaint(p));
    if (wait_status != -1 && WEXITSTATUS(wait_status) == 127 && !picture->size && !p->complaint_size)
        return missing(error); /* POSIX lets posix_spawnp tell so */
    if (wait_status != -1 && WEXITSTATUS(wait_status) != 0)
        return slope__fail(error, SLOPE_ERR_SYSTEM, SIZE_MAX, "Graphviz's dot failed with exit status %d: %s",
                           WEXITSTATUS(wait_status), complaint(p));
    if (!picture->size)
        return slope__fail(error, SLOPE_ERR_SYSTEM, SIZE_MAX, "Graphviz's dot drew nothing: %s", complaint(p));
    return SLOPE_OK;
}

static slope_status run(process *p, const slope__bytes *dot, slope_graph_format format, double time_limit,
                        slope__bytes *picture, slope_error *error)
{
    if (open_streams(p))
        return slope__fail(error, SLOPE_ERR_SYSTEM, SIZE_MAX, "no pipe to Graphviz could be opened: %s",
                           strerror(errno));
    const int failed = start(p, format);
    for (int i = 0; i < STREAMS; i++)
        close_one(&p->theirs[i]);
    if (failed == ENOENT || failed == EACCES || failed == ENOTDIR)
        return missing(error);
    if (failed)
        return slope__fail(error, SLOPE_ERR_SYSTEM, SIZE_MAX, "Graphviz's dot could not be started: %s",
                           strerror(failed));
    limit_cpu(p->pid, time_limit);
    int wait_status = 0;
    slope_status status = talk(p, dot, picture);
    for (int i = 0; i < STREAMS; i++)
        close_one(&p->ours[i]);
    const slope_status late = reap(p, status != SLOPE_OK, &wait_status);
    if (status == SLOPE_OK)
        status = late ? late : judge(p, wait_status, picture, error);
    if (status == SLOPE_ERR_TIMEOUT)
        return slope__fail(error, status, SIZE_MAX,
                           "Graphviz did not finish within %.0f ms and was stopped: draw fewer boxes (max_nodes), "
                           "allow more time, or write .dot",
                           1000 * time_limit);
    return status;
}

slope_status slope__draw(const slope__bytes *dot, slope_graph_format format, double time_limit, slope__bytes *picture,
                         slope_error *error)
{
    process p = {.ours = {-1, -1, -1}, .theirs = {-1, -1, -1}, .deadline = now() + time_limit};
    const slope_status status = run(&p, dot, format, time_limit, picture, error);
    for (int i = 0; i < STREAMS; i++) {
        close_one(&p.ours[i]);
        close_one(&p.theirs[i]);
    }
    return status;
}
