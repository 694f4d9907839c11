/* SPDX-License-Identifier: MIT */
/* Texts that grow.  The C library's streams in memory don't tell every write that failed; these do. */
#include "base/string.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` bytes and a 0; 0 when there is none. */
static int grow_string(slope__string *t, size_t more)
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

void slope__string_bytes(slope__string *t, const char *data, size_t size)
{
    if (!grow_string(t, size))
        return;
    if (size > 0)
        memcpy(t->data + t->size, data, size);
    t->size += size;
    t->data[t->size] = '\0';
}

void slope__string_put(slope__string *t, const char *text) { slope__string_bytes(t, text, strlen(text)); }

void slope__string_char(slope__string *t, char c) { slope__string_bytes(t, &c, 1); }

void slope__string_print(slope__string *t, const char *format, ...)
{
    enum { USUAL = 128 };
    for (size_t room = USUAL; grow_string(t, room);) { /* at most twice: then it is known how long it is */
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

char *slope__string_take(slope__string *t, size_t *size)
{
    slope__string_put(t, ""); /* an empty text is one, too */
    char *text = t->failed ? NULL : t->data;
    if (size)
        *size = text ? t->size : 0;
    if (!text)
        free(t->data);
    *t = (slope__string){0};
    return text;
}

void slope__string_free(slope__string *t)
{
    free(t->data);
    *t = (slope__string){0};
}
