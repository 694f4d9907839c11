/* SPDX-License-Identifier: MIT */
/* A table for people: words to the left, numbers aligned at their decimal point. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

static void add(cli_grid *grid, const char *text, bool number)
{
    if (grid->failed)
        return;
    if (grid->cells == grid->capacity) {
        size_t capacity = grid->capacity ? 2 * grid->capacity : 64;
        cli_cell *cell = realloc(grid->cell, capacity * sizeof *cell);
        grid->failed = !cell;
        if (!cell)
            return;
        grid->cell = cell;
        grid->capacity = capacity;
    }
    char *copy = strdup(text);
    grid->failed = !copy;
    if (copy)
        grid->cell[grid->cells++] = (cli_cell){copy, number};
}

void cli_grid_add(cli_grid *grid, const char *text) { add(grid, text, false); }

void cli_grid_add_number(cli_grid *grid, double x, int digits)
{
    char number[CLI_NUMBER_SIZE];
    add(grid, cli_number(number, x, digits), true);
}

/* Bytes before the decimal point: all of an integer. */
static size_t head(const cli_cell *cell) { return cell->number ? strcspn(cell->text, ".e") : 0; }

static size_t tail(const cli_cell *cell) { return strlen(cell->text) - head(cell); }

static void measure(const cli_grid *grid, size_t column, size_t *before, size_t *width)
{
    size_t after = 0, words = 0;
    *before = 0;
    for (size_t i = column; i < grid->cells; i += grid->columns) {
        const cli_cell *cell = &grid->cell[i];
        if (!cell->number) {
            words = strlen(cell->text) > words ? strlen(cell->text) : words;
            continue;
        }
        *before = head(cell) > *before ? head(cell) : *before;
        after = tail(cell) > after ? tail(cell) : after;
    }
    *width = *before + after > words ? *before + after : words;
}

void cli_grid_print(const cli_grid *grid, bool colour, cli_text *text)
{
    size_t *measured = calloc(2 * grid->columns, sizeof *measured);
    if (!measured || grid->failed) {
        free(measured);
        text->failed = true;
        return;
    }
    for (size_t column = 0; column < grid->columns; ++column)
        measure(grid, column, &measured[2 * column], &measured[2 * column + 1]);
    for (size_t i = 0; i < grid->cells; ++i) {
        const cli_cell *cell = &grid->cell[i];
        size_t column = i % grid->columns, before = measured[2 * column], width = measured[2 * column + 1];
        size_t left = cell->number ? before - head(cell) : 0, size = left + strlen(cell->text);
        bool last = column + 1 == grid->columns,
             paint = colour && (i < grid->columns || strstr(cell->text, "NaN") || strstr(cell->text, "inf"));
        cli_text_print(text, "%*s%s%s%s", (int)left, "",
                       !paint              ? ""
                       : i < grid->columns ? "\033[1m"
                                           : "\033[31m",
                       cell->text, paint ? "\033[0m" : "");
        cli_text_print(text, "%*s%s", last ? 0 : (int)(width - size) + 2, "", last ? "\n" : "");
    }
    free(measured);
}

void cli_grid_free(cli_grid *grid)
{
    for (size_t i = 0; i < grid->cells; ++i)
        free(grid->cell[i].text);
    free(grid->cell);
    *grid = (cli_grid){0};
}
