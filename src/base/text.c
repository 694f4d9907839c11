/* SPDX-License-Identifier: MIT */
/* Texts that grow.  The C library's streams in memory don't tell every write that failed; these do. */
#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` bytes and a 0; 0 when there is none. */
static int make_room(slope__text *t, size_t more)
{
    if (t->failed)
        return 0;
    if (more < t->room - t->size)
        return 1;
    size_t room = t->room ? 2 * t->room : 256;
    while (room < SIZE_MAX / 2 && room - t->size <= more)
        room *= 2;
    char *larger = room - t->size > more ? realloc(t->data, room) : NULL;
    if (!larger) {
        t->failed = 1;
        return 0;
    }
    t->data = larger;
    t->room = room;
    return 1;
}

void slope__text_bytes(slope__text *t, const char *data, size_t size)
{
    if (!make_room(t, size))
        return;
    if (size > 0)
        memcpy(t->data + t->size, data, size);
    t->size += size;
    t->data[t->size] = '\0';
}

void slope__text_put(slope__text *t, const char *text) { slope__text_bytes(t, text, strlen(text)); }

void slope__text_char(slope__text *t, char c) { slope__text_bytes(t, &c, 1); }

void slope__text_print(slope__text *t, const char *format, ...)
{
    enum { USUAL = 128 };
    for (size_t room = USUAL; make_room(t, room);) { /* at most twice: then it is known how long it is */
        va_list arguments;
        va_start(arguments, format);
        const int size = vsnprintf(t->data + t->size, room + 1, format, arguments);
        va_end(arguments);
        if (size < 0) {
            t->failed = 1;
        } else if ((size_t)size <= room) {
            t->size += (size_t)size;
            return;
        } else {
            room = (size_t)size;
        }
    }
}

char *slope__text_take(slope__text *t, size_t *size)
{
    slope__text_put(t, ""); /* an empty text is one, too */
    char *text = t->failed ? NULL : t->data;
    if (size)
        *size = text ? t->size : 0;
    if (!text)
        free(t->data);
    *t = (slope__text){0};
    return text;
}

void slope__text_free(slope__text *t)
{
    free(t->data);
    *t = (slope__text){0};
}
