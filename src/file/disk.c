/* SPDX-License-Identifier: MIT */
/* Functions in files.  Of what is read, no more is taken than its own head says it has. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file/file.h"
#include "function/opaque.h"

slope_status slope_function_write(const slope_function *f, const char *path, slope_error *error)
{
    if (error)
        *error = (slope_error){0};
    if (!f || !path)
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "%s",
                           f ? "there is no path to write to" : "there is no function to write");
    size_t size = 0;
    slope_status status = slope_function_save(f, 0, NULL, &size);
    if (status == SLOPE_ERR_UNSUPPORTED) {
        const char *name = slope__custom_name(f);
        return slope__fail(error, status, SIZE_MAX,
                           "the function calls the custom operation %.60s, a callback, which can't be saved",
                           name ? name : "");
    }
    char *bytes = status == SLOPE_OK ? malloc(size) : NULL;
    if (!bytes)
        return slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory to write '%.120s'", path);
    status = slope_function_save(f, size, bytes, &size);
    if (status == SLOPE_OK)
        status = slope__file_write(path, bytes, size, error);
    else
        (void)slope__fail(error, status, SIZE_MAX, "there is not enough memory to write '%.120s'", path);
    free(bytes);
    return status;
}

/* The length that the head tells, and one more to see that the file ends there; without a head, whatever. */
static uint64_t wanted(const unsigned char *bytes, size_t size)
{
    uint64_t length = 0;
    if (size < SLOPE__FILE_HEAD || memcmp(bytes, SLOPE__FILE_MAGIC, 8) != 0)
        return SLOPE__FILE_HEAD;
    for (size_t k = 0; k < 8; k++)
        length |= (uint64_t)bytes[SLOPE__FILE_CHECKED + k] << 8 * k;
    return length < UINT64_MAX ? length + 1 : length;
}

/* Reads in pieces that double: a head that promises too much costs nothing.  NULL: errno tells, ENOMEM too. */
static unsigned char *read_file(FILE *file, size_t *size)
{
    size_t room = 4096;
    unsigned char *bytes = malloc(room);
    uint64_t most = SLOPE__FILE_HEAD;
    *size = 0;
    while (bytes && *size < most) {
        if (*size == room) {
            unsigned char *larger = room > SIZE_MAX / 2 ? NULL : realloc(bytes, 2 * room);
            if (!larger)
                break;
            bytes = larger;
            room *= 2;
        }
        const size_t ask = most - *size < room - *size ? (size_t)(most - *size) : room - *size;
        const size_t got = fread(bytes + *size, 1, ask, file);
        *size += got;
        if (ferror(file)) {
            const int failed = errno;
            free(bytes);
            errno = failed ? failed : EIO;
            return NULL;
        }
        if (got < ask)
            return bytes;
        most = wanted(bytes, *size);
    }
    if (bytes && *size >= most)
        return bytes;
    free(bytes);
    errno = ENOMEM;
    return NULL;
}

slope_function *slope_function_read(const char *path, slope_error *error)
{
    if (error)
        *error = (slope_error){0};
    if (!path) {
        (void)slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "there is no path to read from");
        return NULL;
    }
    errno = 0;
    size_t size = 0;
    FILE *file = fopen(path, "rb");
    unsigned char *bytes = file ? read_file(file, &size) : NULL;
    const int failed = errno;
    if (file)
        (void)fclose(file);
    if (!bytes && failed == ENOMEM)
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory to read '%.120s'", path);
    else if (!bytes)
        (void)slope__fail(error, SLOPE_ERR_IO, SIZE_MAX, "'%.120s' could not be read: %s", path, strerror(failed));
    slope_function *f = bytes ? slope_function_load(bytes, size, error) : NULL;
    free(bytes);
    return f;
}
