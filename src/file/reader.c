/* SPDX-License-Identifier: MIT */
/* Integers and names out of bytes that are not trusted. */
#include "file/reader.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void slope__reader_refuse(slope__reader *r, const char *format, ...)
{
    if (!slope__reader_ok(r))
        return;
    va_list args;
    va_start(args, format);
    r->error.status = SLOPE_ERR_SYNTAX;
    r->error.position = r->at;
    (void)vsnprintf(r->error.message, sizeof r->error.message, format, args);
    va_end(args);
}

void slope__reader_starve(slope__reader *r)
{
    if (slope__reader_ok(r))
        (void)slope__fail(&r->error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for the function");
}

uint64_t slope__read_integer(slope__reader *r, size_t bytes)
{
    if (slope__reader_ok(r) && r->size - r->at < bytes)
        slope__reader_refuse(r, "the bytes end in the middle of the function");
    if (!slope__reader_ok(r))
        return 0;
    uint64_t x = 0;
    for (size_t k = 0; k < bytes; k++)
        x |= (uint64_t)r->bytes[r->at + k] << 8 * k;
    r->at += bytes;
    return x;
}

size_t slope__read_count(slope__reader *r, size_t least, const char *what)
{
    const size_t n = slope__read32(r);
    if (slope__reader_ok(r) && n > (r->size - r->at) / least) {
        slope__reader_refuse(r, "%zu %s are more than there are bytes for", n, what);
        return 0;
    }
    return n;
}

size_t slope__read_size(slope__reader *r, const char *what)
{
    const uint64_t x = slope__read_integer(r, 8);
    if (x > SIZE_MAX)
        slope__reader_refuse(r, "%s is too large for this machine", what);
    return slope__reader_ok(r) ? (size_t)x : 0;
}

char *slope__read_name(slope__reader *r)
{
    const size_t n = slope__read_count(r, 1, "letters");
    if (!slope__reader_ok(r))
        return NULL;
    if (n > 0 && memchr(r->bytes + r->at, 0, n)) {
        slope__reader_refuse(r, "a name has a byte 0");
        return NULL;
    }
    char *name = malloc(n + 1);
    if (!name) {
        slope__reader_starve(r);
        return NULL;
    }
    memcpy(name, r->bytes + r->at, n);
    name[n] = '\0';
    r->at += n;
    return name;
}
