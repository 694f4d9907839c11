/* SPDX-License-Identifier: MIT */
/*
 * Bytes to a file that appears whole or not at all: written under another name in the same folder, brought to the disk,
 * renamed.  What exists and is not a regular file (a device, a pipe) is written to as it is: to rename over
 * /dev/full would destroy it.
 */
#define _XOPEN_SOURCE 700

#include "draw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static slope_status fail(slope_error *error, const char *path, const char *what, int code)
{
    char reason[128] = "unknown error";
    if (strerror_r(code, reason, sizeof reason))
        snprintf(reason, sizeof reason, "error %d", code);
    return plot__fail(error, code == ENOMEM ? SLOPE_ERR_MEMORY : SLOPE_ERR_IO, "%s: %s: %s", path, what, reason);
}

/* 0 or errno. */
static int write_all(int file, const char *data, size_t size)
{
    while (size > 0) {
        const ssize_t written = write(file, data, size);
        if (written < 0 && errno != EINTR)
            return errno;
        if (written > 0) {
            data += written;
            size -= (size_t)written;
        }
    }
    return 0;
}

static slope_status save_in_place(const char *path, const char *data, size_t size, slope_error *error)
{
    const int file = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
    if (file < 0)
        return fail(error, path, "can't be opened for writing", errno);
    int code = write_all(file, data, size);
    if (close(file) && !code)
        code = errno;
    return code ? fail(error, path, "can't be written", code) : SLOPE_OK;
}

/* Opens a new file beside `path` whose name it puts into `name`; -1 with errno if none can be made. */
static int open_beside(const char *path, size_t size, char name[])
{
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        snprintf(name, size, "%s.%ld-%u.part", path, (long)getpid(), attempt);
        const int file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file >= 0 || errno != EEXIST)
            return file;
    }
    return -1;
}

static slope_status save_beside(const char *path, const struct stat *old, const char *data, size_t size,
                                slope_error *error)
{
    const size_t room = strlen(path) + 64;
    char *name = malloc(room);
    if (!name)
        return plot__fail(error, SLOPE_ERR_MEMORY, "%s: there is no memory to write it", path);
    slope_status status = SLOPE_OK;
    const int file = open_beside(path, room, name);
    if (file < 0) {
        status = fail(error, path, "can't be made", errno);
        free(name);
        return status;
    }
    int code = write_all(file, data, size);
    if (!code && old && fchmod(file, old->st_mode & 07777))
        code = errno;
    if (!code && fsync(file) && errno != EINVAL && errno != EROFS)
        code = errno;
    if (close(file) && !code)
        code = errno;
    if (!code && rename(name, path))
        code = errno;
    if (code) {
        unlink(name);
        status = fail(error, path, "can't be written", code);
    }
    free(name);
    return status;
}

slope_status plot__save(const char *path, const char *data, size_t size, slope_error *error)
{
    struct stat old;
    if (stat(path, &old))
        return save_beside(path, NULL, data, size, error);
    if (S_ISDIR(old.st_mode))
        return fail(error, path, "can't be written", EISDIR);
    if (!S_ISREG(old.st_mode))
        return save_in_place(path, data, size, error);
    if (access(path, W_OK)) /* renaming would get around the protection */
        return fail(error, path, "can't be written", errno);
    char *target = realpath(path, NULL); /* a link stays a link */
    if (!target)
        return fail(error, path, "can't be written", errno);
    const slope_status status = save_beside(target, &old, data, size, error);
    free(target);
    return status;
}
