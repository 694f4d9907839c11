/* SPDX-License-Identifier: MIT */
/*
 * What was wrong, and the line of the text with carets below the place.  The first complaint stands.  Nothing that a
 * terminal obeys and nothing that isn't UTF-8 gets from the text into an error.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "expr/expr.h"

void slope__complain(slope__text *text, slope_status status, size_t position, size_t length, const char *format, ...)
{
    slope_parse_error *error = &text->error;
    if (error->status)
        return;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(error->message, sizeof error->message, format, arguments);
    va_end(arguments);
    error->status = status;
    error->position = position;
    error->length = length ? length : 1;
}

void slope__expect(slope__text *text, const char *expected)
{
    if (!text->error.status)
        (void)snprintf(text->error.expected, sizeof text->error.expected, "%s", expected);
}

size_t slope__character(const slope__text *text, size_t at)
{
    return at < text->length ? slope_printable(text->data + at, text->length - at) : 0;
}

/* Where the character that holds this byte begins: the byte itself where it is in none. */
static size_t line_beginning(const slope__text *text, size_t at)
{
    for (size_t back = 1; back < 4 && back <= at; back++) {
        if (slope__character(text, at - back) > back)
            return at - back;
    }
    return at;
}

/* Copies the character at *at, or '?' for one that can't be shown, and moves on behind it. */
static void copy_character(const slope__text *text, size_t *at, char *out, size_t *used)
{
    const size_t n = slope__character(text, *at);
    if (n) {
        memcpy(out + *used, text->data + *at, n);
        *used += n;
        *at += n;
    } else {
        out[(*used)++] = text->data[*at] == '\t' ? '\t' : '?';
        ++*at;
    }
}

static void append_text(char *out, size_t *used, const char *text)
{
    memcpy(out + *used, text, strlen(text));
    *used += strlen(text);
}

/* Fills the caret lines: text[begin..end) and, a column for each character, carets from `place` on. */
static void draw_caret(slope__text *text, size_t begin, size_t place, size_t end, int cut_left, int cut_right)
{
    char *out = text->error.caret;
    const size_t last = place + text->error.length;
    size_t used = 0, at = begin;
    append_text(out, &used, cut_left ? "..." : "");
    while (at < end)
        copy_character(text, &at, out, &used);
    append_text(out, &used, cut_right ? "...\n" : "\n");
    append_text(out, &used, cut_left ? "   " : "");
    for (at = begin; at < place;) {
        const size_t n = slope__character(text, at);
        out[used++] = text->data[at] == '\t' ? '\t' : ' ';
        at += n ? n : 1;
    }
    out[used++] = '^';
    for (size_t n = slope__character(text, at), next = at + (n ? n : 1); next < end && next < last;
         next += n ? n : 1, n = slope__character(text, next))
        out[used++] = '^';
    out[used] = '\0';
}

void slope__point(slope__text *text)
{
    /* Bytes of the line that are shown around the place.  Both lines, two cuts and what a character may stick out
       fit. */
    enum { BEFORE = 60, AFTER = 40 };
    _Static_assert(2 * (BEFORE + 3 + AFTER + 3 + 3 + 3) + 2 < sizeof text->error.caret, "the lines must fit");
    slope_parse_error *error = &text->error;
    const size_t place = line_beginning(text, error->position < text->length ? error->position : text->length);
    size_t begin = place, end = place;
    error->line = 1;
    for (size_t i = 0; i < place; i++)
        error->line += text->data[i] == '\n';
    while (begin > 0 && text->data[begin - 1] != '\n')
        begin--;
    error->column = place - begin + 1;
    const int cut_left = place - begin > BEFORE;
    if (cut_left)
        begin = line_beginning(text, place - BEFORE);
    while (end < text->length && text->data[end] != '\n' && end - place < AFTER) {
        const size_t n = slope__character(text, end);
        end += n ? n : 1;
    }
    const int cut_right = end < text->length && text->data[end] != '\n';
    if (!cut_right && end > place && text->data[end - 1] == '\r')
        end--;
    draw_caret(text, begin, place, end, cut_left, cut_right);
}
