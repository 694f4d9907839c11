/* SPDX-License-Identifier: MIT */
/*
 * Records of CSV, one at a time: fields separated by commas, quoted ones may hold commas, line ends and doubled quotes
 * (RFC 4180).  A byte order mark, CRLF line ends, blanks around unquoted fields and blank lines are accepted.
 * Memory is that of the longest record, which is limited.
 */
#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void cli_csv_start(cli_csv *csv, FILE *file, const char *name)
{
    *csv = (cli_csv){.file = file, .name = name, .next_line = 1};
}

void cli_csv_free(cli_csv *csv)
{
    free(csv->data);
    free(csv->field);
    free(csv->place);
    *csv = (cli_csv){0};
}

const char *cli_csv_field(const cli_csv *csv, size_t i) { return csv->data + csv->field[i]; }

int cli_csv_fail(const cli_csv *csv, size_t i, const char *format, ...)
{
    char message[512];
    va_list list;
    va_start(list, format);
    vsnprintf(message, sizeof message, format, list);
    va_end(list);
    size_t line = i < csv->fields ? csv->place[2 * i] : csv->line;
    size_t column = i < csv->fields ? csv->place[2 * i + 1] : 1;
    return cli_fail(CLI_USAGE, "%s:%zu:%zu: %s", csv->name, line, column, message);
}

static int add_byte(cli_csv *csv, char c)
{
    if (csv->size == csv->capacity) {
        if (csv->size >= CLI_CSV_MAX_RECORD)
            return cli_fail(CLI_USAGE, "%s:%zu: this record is longer than %zu bytes (is a quote missing?)", csv->name,
                            csv->line, CLI_CSV_MAX_RECORD);
        size_t capacity = csv->capacity ? 2 * csv->capacity : 1024;
        char *data = realloc(csv->data, capacity);
        if (!data)
            return cli_fail_memory();
        csv->data = data;
        csv->capacity = capacity;
    }
    csv->data[csv->size++] = c;
    return CLI_DONE;
}

static int add_field(cli_csv *csv)
{
    if (csv->fields == csv->field_capacity) {
        size_t capacity = csv->field_capacity ? 2 * csv->field_capacity : 16;
        size_t *field = realloc(csv->field, capacity * sizeof *field);
        csv->field = field ? field : csv->field;
        size_t *place = field ? realloc(csv->place, 2 * capacity * sizeof *place) : NULL;
        csv->place = place ? place : csv->place;
        if (!place)
            return cli_fail_memory();
        csv->field_capacity = capacity;
    }
    csv->field[csv->fields] = csv->size;
    csv->place[2 * csv->fields] = csv->at_line;
    csv->place[2 * csv->fields + 1] = csv->at_column;
    ++csv->fields;
    return CLI_DONE;
}

static int next_byte(cli_csv *csv)
{
    int c = getc(csv->file);
    csv->at_line = csv->next_line;
    csv->at_column = csv->next_column;
    if (c == '\n') {
        ++csv->next_line;
        csv->next_column = 0;
    }
    if (c != EOF)
        ++csv->next_column;
    return c;
}

/* After the opening quote: up to the closing one; the byte behind it goes to *c. */
static int read_quoted(cli_csv *csv, int *c)
{
    size_t line = csv->at_line, column = csv->at_column; /* of the opening quote */
    for (;;) {
        *c = next_byte(csv);
        if (*c == '"') {
            *c = next_byte(csv);
            if (*c != '"')
                return CLI_DONE;
        }
        if (*c == EOF)
            return ferror(csv->file)
                       ? CLI_DONE
                       : cli_fail(CLI_USAGE, "%s:%zu:%zu: this quote is never closed", csv->name, line, column);
        int status = add_byte(csv, (char)*c);
        if (status)
            return status;
    }
}

/* One field, and the byte behind it in *c: a comma, a line end or EOF. */
static int read_field(cli_csv *csv, int *c)
{
    int status = CLI_DONE;
    while (*c == ' ' || *c == '\t')
        *c = next_byte(csv);
    status = add_field(csv);
    size_t first = csv->size, keep = first;
    if (*c == '"' && !status) {
        status = read_quoted(csv, c);
        keep = csv->size;
        while (!status && (*c == ' ' || *c == '\t'))
            *c = next_byte(csv);
        if (!status && *c == '\r')
            *c = next_byte(csv);
        if (!status && *c != ',' && *c != '\n' && *c != EOF)
            return cli_csv_fail(csv, csv->fields - 1, "there is text behind the closing quote");
    }
    for (; !status && *c != ',' && *c != '\n' && *c != EOF; *c = next_byte(csv)) {
        status = *c ? add_byte(csv, (char)*c)
                    : cli_csv_fail(csv, csv->fields - 1, "there is a NUL byte: this is no text file");
        if (*c != ' ' && *c != '\t' && *c != '\r')
            keep = csv->size;
    }
    csv->size = keep;
    return status ? status : add_byte(csv, '\0');
}

static void skip_mark(cli_csv *csv, int *c)
{
    if (csv->line > 1 || *c != 0xEF)
        return;
    int second = getc(csv->file), third = second == 0xBB ? getc(csv->file) : EOF;
    if (second == 0xBB && third == 0xBF)
        csv->next_column = 1, *c = next_byte(csv);
    else if (second != EOF && second != 0xBB)
        ungetc(second, csv->file);
}

int cli_csv_read(cli_csv *csv)
{
    int status = CLI_DONE, c = 0;
    do {
        csv->line = csv->next_line;
        csv->next_column = 1;
        csv->fields = csv->size = 0;
        c = next_byte(csv);
        skip_mark(csv, &c);
        while (!status && c != EOF) {
            bool line_end = c == '\n';
            if (line_end && !csv->fields)
                break; /* a blank line */
            status = read_field(csv, &c);
            if (c == '\n' || c == EOF)
                break;
            c = next_byte(csv); /* behind the comma */
        }
        if (!status && ferror(csv->file))
            return cli_fail(CLI_SYSTEM, "can't read %s: %s", csv->name, strerror(errno));
        if (!status && csv->fields == 1 && !*cli_csv_field(csv, 0) && csv->size == 1)
            csv->fields = 0; /* a line of blanks */
    } while (!status && !csv->fields && c != EOF);
    csv->end = !status && !csv->fields;
    return status;
}
