/* SPDX-License-Identifier: MIT */
/*
 * Where compiled programs are kept.  The folder and every entry must be ours and writable by nobody else; an entry ends
 * with the SHA-256 of what stands before, so that one that was cut off or changed is not taken.  Entries appear by
 * rename.
 */
#define _GNU_SOURCE /* mkostemp */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "native/native.h"

/* Makes every folder of the path, as private as can be. */
static void make_folders(char *path)
{
    for (char *at = path + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        (void)mkdir(path, 0700);
        *at = '/';
    }
    (void)mkdir(path, 0700);
}

static int is_ours(const struct stat *s) { return s->st_uid == geteuid() && (s->st_mode & (S_IWGRP | S_IWOTH)) == 0; }

void slope__cache_folder(const char *wanted, size_t room, char folder[])
{
    struct stat s;
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int size = 0;
    if (wanted)
        size = snprintf(folder, room, "%s", wanted);
    else if (base && *base == '/')
        size = snprintf(folder, room, "%s/slope", base);
    else if (home && *home == '/')
        size = snprintf(folder, room, "%s/.cache/slope", home);
    if (size <= 0 || (size_t)size + 80 > room) { /* room for the names of entries */
        *folder = '\0';
        return;
    }
    make_folders(folder);
    if (lstat(folder, &s) != 0 || !S_ISDIR(s.st_mode) || !is_ours(&s))
        *folder = '\0';
}

/* The whole file, to be freed; NULL: it can't be read.  foreign: also if it isn't ours. */
static unsigned char *take(const char *path, int foreign, size_t *size)
{
    struct stat s;
    unsigned char *data = NULL;
    const int file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (file < 0)
        return NULL;
    if (fstat(file, &s) == 0 && S_ISREG(s.st_mode) && (foreign || is_ours(&s)) && s.st_size > 0 &&
        s.st_size < (off_t)1 << 30 && (data = malloc((size_t)s.st_size))) {
        size_t got = 0;
        for (ssize_t n = 1; n != 0 && got < (size_t)s.st_size; got += (size_t)n) {
            n = read(file, data + got, (size_t)s.st_size - got);
            if (n < 0 && errno != EINTR)
                break;
            n = n < 0 ? 0 : n;
        }
        *size = got;
        if (got != (size_t)s.st_size) {
            free(data);
            data = NULL;
        }
    }
    (void)close(file);
    return data;
}

int slope__cache_has(const char *path)
{
    size_t size = 0;
    unsigned char digest[SLOPE__DIGEST], *data = take(path, 0, &size);
    int whole = 0;
    if (data && size > SLOPE__DIGEST) {
        slope__sha256(1, &(slope__bytes){data, size - SLOPE__DIGEST}, digest);
        whole = memcmp(digest, data + size - SLOPE__DIGEST, SLOPE__DIGEST) == 0;
    }
    free(data);
    return whole;
}

static int write_all(int file, const unsigned char *data, size_t size)
{
    while (size > 0) {
        const ssize_t n = write(file, data, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return 0;
        data += n;
        size -= (size_t)n;
    }
    return 1;
}

int slope__cache_put(const char *from, const char *path)
{
    char name[4096];
    size_t size = 0;
    unsigned char digest[SLOPE__DIGEST], *data = take(from, 1, &size);
    const int length = snprintf(name, sizeof name, "%s.XXXXXX", path);
    int ok = data && length > 0 && (size_t)length < sizeof name;
    if (ok) {
        slope__sha256(1, &(slope__bytes){data, size}, digest);
        const int file = mkostemp(name, O_CLOEXEC);
        ok = file >= 0;
        if (ok) {
            ok = write_all(file, data, size) && write_all(file, digest, sizeof digest);
            ok = (close(file) == 0) & ok;
            ok = ok && rename(name, path) == 0;
            if (!ok)
                (void)unlink(name);
        }
    }
    free(data);
    return ok;
}
