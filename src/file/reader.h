/* SPDX-License-Identifier: MIT */
/* Bytes that are not trusted: nothing is read behind their end, the first fault sticks, and everything after it gives
   0. */
#ifndef SLOPE_FILE_READER_H
#define SLOPE_FILE_READER_H

#include "file/file.h"

typedef struct slope__reader {
    const unsigned char *bytes;
    size_t size, at;
    slope_error error; /* SLOPE_OK until something is wrong */
} slope__reader;

/* The bytes are no function; printf-like, with the place. */
#if defined __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
void slope__reader_refuse(slope__reader *r, const char *format, ...);

/* Memory is short. */
void slope__reader_starve(slope__reader *r);

static inline int slope__reader_ok(const slope__reader *r) { return r->error.status == SLOPE_OK; }

/* An unsigned integer of so many bytes. */
uint64_t slope__read_integer(slope__reader *r, size_t bytes);
static inline uint32_t slope__read32(slope__reader *r) { return (uint32_t)slope__read_integer(r, 4); }

/* How many things follow that take at least `least` bytes each: refused where so many bytes aren't left, so that what
   is allocated for them is in proportion to the file. */
size_t slope__read_count(slope__reader *r, size_t least, const char *what);

/* A size of this machine. */
size_t slope__read_size(slope__reader *r, const char *what);

/* A text, without byte 0 inside, owned by the caller. */
char *slope__read_name(slope__reader *r);

#endif
