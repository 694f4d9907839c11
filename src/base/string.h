/* SPDX-License-Identifier: MIT */
/*
 * A text that grows in memory.  What could not be written sticks and is told when the text is taken: a text is whole or
 * not there.
 */
#ifndef SLOPE_BASE_STRING_H
#define SLOPE_BASE_STRING_H

#include <stddef.h>

/* All zeros: nothing was written yet, and data is NULL.  Later data ends with a 0 that `size` does not count. */
typedef struct slope__string {
    char *data; /* owned */
    size_t size, room;
    int failed; /* there was no memory for a part of it */
} slope__string;

void slope__string_bytes(slope__string *t, const char *data, size_t size);
void slope__string_put(slope__string *t, const char *text);
void slope__string_char(slope__string *t, char c);
#if defined __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
void slope__string_print(slope__string *t, const char *format, ...); /* no floating point: base/number.h */

/* The text, to be freed with free; *size (may be NULL) is its length.  NULL when a part of it is missing, and the rest
   is freed.  t is empty afterwards. */
char *slope__string_take(slope__string *t, size_t *size);

/* Frees a text that is not taken. */
void slope__string_free(slope__string *t);

#endif
