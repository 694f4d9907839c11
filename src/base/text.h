/* SPDX-License-Identifier: MIT */
/*
 * A text that grows in memory.  What could not be written sticks and is told when the text is taken: a text is whole or
 * not there.
 */
#ifndef SLOPE_BASE_TEXT_H
#define SLOPE_BASE_TEXT_H

#include <stddef.h>

/* All zeros: nothing was written yet, and data is NULL.  Later data ends with a 0 that `size` does not count. */
typedef struct slope__text {
    char *data; /* owned */
    size_t size, room;
    int failed; /* there was no memory for a part of it */
} slope__text;

void slope__text_bytes(slope__text *t, const char *data, size_t size);
void slope__text_put(slope__text *t, const char *text);
void slope__text_char(slope__text *t, char c);
#if defined __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
void slope__text_print(slope__text *t, const char *format, ...); /* no floating point: base/number.h */

/* The text, to be freed with free; *size (may be NULL) is its length.  NULL when a part of it is missing, and the rest
   is freed.  t is empty afterwards. */
char *slope__text_take(slope__text *t, size_t *size);

/* Frees a text that is not taken. */
void slope__text_free(slope__text *t);

#endif
