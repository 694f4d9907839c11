/* SPDX-License-Identifier: MIT */
/*
 * Numbers and strings as text: for people, for JSON and for a shell.
 *
 * Numbers are printed with as few of 15, 16 or 17 significant digits as read back to the same bits.  Decimal point is
 * the point: the command never calls setlocale for numbers.
 */
#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const char *cli_number(char text[CLI_NUMBER_SIZE], double x, int digits)
{
    if (isnan(x))
        return strcpy(text, "NaN"); /* printf would show the sign of a NaN, which means nothing */
    if (digits) {
        snprintf(text, CLI_NUMBER_SIZE, "%.*g", digits, x);
        return text;
    }
    for (int precision = 15; precision <= 17; ++precision) {
        snprintf(text, CLI_NUMBER_SIZE, "%.*g", precision, x);
        if (strtod(text, NULL) == x)
            break;
    }
    return text;
}

double cli_slope(double x) { return x + 0.0; }

bool cli_number_read(const char *text, double *x)
{
    char *end = NULL;
    double number = strtod(text, &end);
    if (end == text || isspace((unsigned char)text[0]))
        return false;
    if (*end || (isinf(number) && strpbrk(text, "0123456789"))) /* 1e999 is no number */
        return false;
    *x = number;
    return true;
}

static bool make_room(cli_text *text, size_t more)
{
    if (text->failed)
        return false;
    if (more < text->capacity - text->size)
        return true;
    size_t capacity = text->capacity ? text->capacity : 256;
    while (capacity - text->size <= more && capacity <= SIZE_MAX / 2)
        capacity *= 2;
    char *data = capacity - text->size > more ? realloc(text->data, capacity) : NULL;
    if (!data) {
        text->failed = true;
        return false;
    }
    text->data = data;
    text->capacity = capacity;
    return true;
}

void cli_text_add(cli_text *text, const char *data, size_t size)
{
    if (!make_room(text, size))
        return;
    memcpy(text->data + text->size, data, size);
    text->size += size;
    text->data[text->size] = '\0';
}

void cli_text_print(cli_text *text, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int size = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (size < 0) {
        text->failed = true;
        return;
    }
    if (!make_room(text, (size_t)size))
        return;
    va_start(list, format);
    vsnprintf(text->data + text->size, (size_t)size + 1, format, list);
    va_end(list);
    text->size += (size_t)size;
}

void cli_text_json_string(cli_text *text, const char *string)
{
    cli_text_add(text, "\"", 1);
    for (; *string; ++string) {
        unsigned char c = (unsigned char)*string;
        if (c == '"' || c == '\\')
            cli_text_print(text, "\\%c", c);
        else if (c < 0x20)
            cli_text_print(text, "\\u%04x", c);
        else
            cli_text_add(text, string, 1);
    }
    cli_text_add(text, "\"", 1);
}

void cli_text_json_number(cli_text *text, double x)
{
    char number[CLI_NUMBER_SIZE];
    if (isnan(x))
        cli_text_print(text, "\"NaN\"");
    else if (isinf(x))
        cli_text_print(text, x > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    else
        cli_text_print(text, "%s", cli_number(number, x, 0));
}

void cli_text_quoted(cli_text *text, const char *argument)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
    if (*argument && !argument[strspn(argument, plain)]) {
        cli_text_print(text, "%s", argument);
        return;
    }
    cli_text_add(text, "'", 1);
    for (; *argument; ++argument)
        cli_text_print(text, *argument == '\'' ? "'\\''" : "%c", *argument);
    cli_text_add(text, "'", 1);
}

void cli_text_free(cli_text *text)
{
    free(text->data);
    *text = (cli_text){0};
}

void cli_text_wrap(cli_text *text, const char *words, size_t indent, size_t column)
{
    enum { WIDTH = 80 };
    while (*words) {
        size_t size = strcspn(words, " ");
        if (column > indent && column + 1 + size > WIDTH) {
            cli_text_print(text, "\n");
            column = 0;
        }
        if (column < indent) {
            cli_text_print(text, "%*s", (int)(indent - column), "");
            column = indent;
        } else if (column > indent) {
            cli_text_print(text, " ");
            ++column;
        }
        cli_text_add(text, words, size);
        column += size;
        words += size + strspn(words + size, " ");
    }
    cli_text_print(text, "\n");
}
