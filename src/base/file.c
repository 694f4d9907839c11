/* SPDX-License-Identifier: MIT */
/*
 * A file that appears whole or not at all: written beside its place, brought to the disk, renamed.  What is no regular
 * file (a terminal, a pipe, /dev/full) is written to directly, and there SIGPIPE is held back from the calling thread.
 */
#if !defined _GNU_SOURCE
#define _GNU_SOURCE /* realpath, sigtimedwait */
#endif
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/memory.h"

/* An errno, or 0. */
static int write_all(int fd, const char *data, size_t size)
{
    while (size) {
        const ssize_t n = write(fd, data, size < 0x40000000 ? size : 0x40000000);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? errno : EIO;
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

/* The same with SIGPIPE blocked; one that came from here is taken away before it is let through again. */
static int write_quietly(int fd, const char *data, size_t size)
{
    sigset_t pipe_signal, before, pending;
    (void)sigemptyset(&pipe_signal);
    (void)sigaddset(&pipe_signal, SIGPIPE);
    (void)sigemptyset(&pending);
    (void)sigpending(&pending);
    const int was_pending = sigismember(&pending, SIGPIPE);
    if (pthread_sigmask(SIG_BLOCK, &pipe_signal, &before))
        return EAGAIN;
    const int failed = write_all(fd, data, size);
    if (failed == EPIPE && !was_pending)
        while (sigtimedwait(&pipe_signal, NULL, &(struct timespec){0}) < 0 && errno == EINTR) {
        }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed;
}

static int write_directly(const char *path, const char *data, size_t size)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return errno;
    const int failed = write_quietly(fd, data, size);
    return close(fd) && !failed && errno != EINTR ? errno : failed;
}

/* Opens a new file beside `path`; its name goes to `name`, which has room for 32 bytes more than path. */
static int open_beside(const char *path, char *name, size_t size, mode_t mode)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    for (unsigned i = 0; i < 100; i++) {
        const unsigned chance = (unsigned)t.tv_nsec * 2654435761u + i * 40503u;
        (void)snprintf(name, size, "%s.%x-%x~", path, (unsigned)getpid(), chance);
        const int fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
        if (fd >= 0 || errno != EEXIST)
            return fd;
    }
    return -1;
}

/* Writes beside and renames; `known` is what is there now, NULL when nothing is. */
static int replace(const char *path, const struct stat *known, const char *data, size_t size)
{
    const size_t name_size = strlen(path) + 32;
    const slope_allocator allocator = slope_allocator_default();
    slope__block block = {0};
    if (slope__block_reserve(&allocator, &block, name_size, 1))
        return ENOMEM;
    char *name = block.data;
    int fd = open_beside(path, name, name_size, 0666);
    int failed = fd < 0 ? errno : 0;
    if (!failed) {
        if (known) /* keeps its permissions; where that is not allowed the new file's are as good */
            (void)fchmod(fd, known->st_mode & 0777);
        failed = write_all(fd, data, size);
        if (!failed && fsync(fd) && errno != EINVAL && errno != ENOTSUP)
            failed = errno;
        if (close(fd) && !failed && errno != EINTR)
            failed = errno;
        if (!failed && rename(name, path))
            failed = errno;
        if (failed)
            (void)unlink(name);
    }
    slope__block_free(&allocator, &block);
    return failed;
}

slope_status slope__file_write(const char *path, const char *data, size_t size, slope_error *error)
{
    struct stat known, link;
    const int exists = stat(path, &known) == 0;
    int failed = exists ? 0 : errno;
    const int device = strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0;
    if (exists && (device || !S_ISREG(known.st_mode))) {
        failed = S_ISDIR(known.st_mode) ? EISDIR : write_directly(path, data, size);
    } else if (exists || lstat(path, &link) || !S_ISLNK(link.st_mode)) { /* no link that leads nowhere */
        char *real = exists ? realpath(path, NULL) : NULL; /* a link stays a link; what it points to is replaced */
        if (exists && access(path, W_OK))
            failed = errno; /* renaming would get around a file that is protected against writing */
        else
            failed = replace(real ? real : path, exists ? &known : NULL, data, size);
        free(real);
    }
    if (failed == ENOMEM)
        return slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "not enough memory to write '%.120s'", path);
    if (failed)
        return slope__fail(error, SLOPE_ERR_IO, SIZE_MAX, "'%.120s' could not be written: %s", path, strerror(failed));
    return SLOPE_OK;
}
