/* SPDX-License-Identifier: MIT */
/* What was wrong, and the line of the text with carets below the place. */
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

/* Is this a byte inside a UTF-8 character?  It takes no column of its own. */
static int is_continuation(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

void slope__point(slope__text *text)
{
    enum {
        BEFORE = 60,
        AFTER = 40
    }; /* bytes of the line that are shown around the place; with carets they fit `caret` */
    slope_parse_error *error = &text->error;
    size_t begin = error->position < text->length ? error->position : text->length, end = begin;
    error->line = 1;
    for (size_t i = 0; i < begin; i++)
        error->line += text->data[i] == '\n';
    const size_t place = begin;
    while (begin > 0 && text->data[begin - 1] != '\n')
        begin--;
    error->column = place - begin + 1;
    if (place - begin > BEFORE)
        begin = place - BEFORE;
    while (begin < place && is_continuation(text->data[begin]))
        begin++;
    while (end < text->length && text->data[end] != '\n' && text->data[end] != '\r' && end - place < AFTER)
        end++;
    while (end < text->length && end > place && is_continuation(text->data[end]))
        end--;
    size_t used = 0;
    for (size_t i = begin; i < end; i++) /* a control character must not reach a terminal */
        error->caret[used++] = (unsigned char)text->data[i] < 0x20 && text->data[i] != '\t' ? '?' : text->data[i];
    error->caret[used++] = '\n';
    for (size_t i = begin; i < place; i++) {
        if (!is_continuation(text->data[i]))
            error->caret[used++] = text->data[i] == '\t' ? '\t' : ' ';
    }
    size_t carets = 0;
    for (size_t i = place; i < end && i < place + error->length; i++) {
        if (!is_continuation(text->data[i]))
            error->caret[used++] = '^', carets++;
    }
    if (!carets)
        error->caret[used++] = '^';
    error->caret[used] = '\0';
}
