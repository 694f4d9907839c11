/* SPDX-License-Identifier: MIT */
/* Buffered output to a sink, and text that is safe where it goes: see out.h. */
#include "graph/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void slope__out_start(slope__out *out, slope_sink sink, void *context)
{
    out->sink = sink;
    out->context = context;
    out->used = 0;
    out->failed = 0;
}

static void flush(slope__out *out)
{
    if (out->used && !out->failed && out->sink(out->buffer, out->used, out->context))
        out->failed = 1;
    out->used = 0;
}

slope_status slope__out_finish(slope__out *out)
{
    flush(out);
    return out->failed ? SLOPE_ERR_IO : SLOPE_OK;
}

void slope__put_bytes(slope__out *out, const char *data, size_t size)
{
    while (size && !out->failed) {
        const size_t room = sizeof out->buffer - out->used;
        const size_t piece = size < room ? size : room;
        memcpy(out->buffer + out->used, data, piece);
        out->used += piece;
        data += piece;
        size -= piece;
        if (out->used == sizeof out->buffer)
            flush(out);
    }
}

void slope__put(slope__out *out, const char *text) { slope__put_bytes(out, text, strlen(text)); }

void slope__put_format(slope__out *out, const char *format, ...)
{
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    slope__put(out, text);
}

/* ------------------------------------------------------------------------------------------------------------ UTF-8 */

/* The character at s and in *size its bytes; UINT32_MAX with one byte for what is no UTF-8 (Unicode 15, table 3-7). */
static uint32_t decode(const unsigned char *s, size_t *size)
{
    *size = 1;
    if (s[0] < 0x80)
        return s[0];
    const size_t n = s[0] >= 0xc2 && s[0] <= 0xdf   ? 2
                     : (s[0] & 0xf0) == 0xe0        ? 3
                     : s[0] >= 0xf0 && s[0] <= 0xf4 ? 4
                                                    : 0;
    if (!n)
        return UINT32_MAX;
    uint32_t c = n == 2 ? s[0] & 0x1fu : n == 3 ? s[0] & 0x0fu : s[0] & 0x07u;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) /* also the end of the string */
            return UINT32_MAX;
        c = c << 6 | (s[i] & 0x3fu);
    }
    if ((n == 3 && c < 0x800) || (n == 4 && (c < 0x10000 || c > 0x10ffff)) || (c >= 0xd800 && c <= 0xdfff))
        return UINT32_MAX;
    *size = n;
    return c;
}

/* Characters that are not shown as they are: controls, direction marks and what XML forbids. */
static int is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff || (c & 0xfffe) == 0xfffe;
}

/* Columns on a terminal: 0 for marks that combine, 2 for the wide East Asian ranges and emoji. */
static size_t columns(uint32_t c)
{
    if ((c >= 0x300 && c <= 0x36f) || c == 0x200b || c == 0x200c || c == 0x200d || (c >= 0x20d0 && c <= 0x20ff) ||
        (c >= 0xfe00 && c <= 0xfe0f))
        return 0;
    return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
                   (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
                   (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd)
               ? 2
               : 1;
}

/* What stands for an ASCII character in one of the languages, NULL when it stands for itself. */
static const char *entity(char c, slope__escape escape)
{
    if (escape == SLOPE__PLAIN)
        return NULL;
    if (escape == SLOPE__SCRIPT && (c == '<' || c == '>' || c == '&')) /* nothing can end the script */
        return c == '<' ? "\\u003c" : c == '>' ? "\\u003e" : "\\u0026";
    if (escape == SLOPE__JSON || escape == SLOPE__SCRIPT)
        return c == '"' ? "\\\"" : c == '\\' ? "\\\\" : NULL;
    if (c == '&') /* DOT reads entities in every kind of label */
        return "&amp;";
    if (escape == SLOPE__HTML)
        return c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : NULL;
    if (c == '"' || c == '\\')
        return c == '"' ? "\\\"" : "\\\\";
    if (escape != SLOPE__RECORD)
        return NULL;
    return c == '{'   ? "\\{"
           : c == '}' ? "\\}"
           : c == '|' ? "\\|"
           : c == '<' ? "\\<"
           : c == '>' ? "\\>"
           : c == ' ' ? "\\ "
                      : NULL;
}

static void put_character(slope__out *out, const unsigned char *s, size_t size, uint32_t c, slope__escape escape)
{
    const int json = escape == SLOPE__JSON || escape == SLOPE__SCRIPT;
    if (json && c < 0x20) {
        slope__put_format(out, "\\u%04x", (unsigned)c);
        return;
    }
    const char *instead = c == '\n'                                    ? "\xe2\x8f\x8e" /* return symbol */
                          : c == '\t'                                  ? "\xe2\x87\xa5" /* to the bar */
                          : c == UINT32_MAX || (!json && is_unsafe(c)) ? "\xef\xbf\xbd" /* replacement */
                          : c < 0x80                                   ? entity((char)c, escape)
                                                                       : NULL;
    if (instead)
        slope__put(out, instead);
    else
        slope__put_bytes(out, (const char *)s, size);
}

/* slope__put_text, and with out NULL only its width. */
static size_t run_text(slope__out *out, const char *text, slope__escape escape, size_t most)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t width = 0;
    for (size_t n = 0; *s; n++) {
        size_t size;
        const uint32_t c = decode(s, &size);
        if (n + 1 >= most && s[size]) { /* room for one character, and more than one are left */
            if (out)
                slope__put(out, "\xe2\x80\xa6");
            return width + 1;
        }
        if (out)
            put_character(out, s, size, c, escape);
        width += c == UINT32_MAX ? 1 : columns(c);
        s += size;
    }
    return width;
}

size_t slope__put_text(slope__out *out, const char *text, slope__escape escape, size_t most)
{
    return run_text(out, text, escape, most);
}

size_t slope__text_width(const char *text, size_t most) { return run_text(NULL, text, SLOPE__PLAIN, most); }
