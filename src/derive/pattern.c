/* SPDX-License-Identifier: MIT */
/* Patterns as arrays: by row from the dependencies, by column by counting. */
#include <stdlib.h>
#include <string.h>

#include "derive/sparse.h"

void slope_pattern_destroy(slope_pattern *p)
{
    if (!p)
        return;
    free(p->row);
    free(p->column);
    free(p->row_start);
    free(p->column_start);
    free(p->by_column);
    free(p);
}

static slope_pattern *create_empty(size_t rows, size_t columns, size_t entries)
{
    slope_pattern *p = slope__new(1, sizeof *p);
    if (!p)
        return NULL;
    *p = (slope_pattern){.rows = rows, .columns = columns, .entries = entries};
    p->row = slope__new(entries, sizeof *p->row);
    p->column = slope__new(entries, sizeof *p->column);
    p->row_start = slope__new(rows + 1, sizeof *p->row_start);
    p->column_start = slope__new(columns + 1, sizeof *p->column_start);
    p->by_column = slope__new(entries, sizeof *p->by_column);
    if (p->row && p->column && p->row_start && p->column_start && p->by_column)
        return p;
    slope_pattern_destroy(p);
    return NULL;
}

/* Sorts the entries by column; within one they stay sorted by row. */
static void index_columns(slope_pattern *p)
{
    for (size_t e = 0; e < p->entries; e++)
        p->column_start[p->column[e] + 1]++;
    for (size_t j = 0; j < p->columns; j++)
        p->column_start[j + 1] += p->column_start[j];
    for (size_t e = 0; e < p->entries; e++)
        p->by_column[p->column_start[p->column[e]]++] = e;
    memmove(p->column_start + 1, p->column_start, p->columns * sizeof *p->column_start);
    p->column_start[0] = 0;
}

static slope_pattern *from_dependencies(const slope__dependencies *d, size_t columns)
{
    slope_pattern *p = create_empty(d->results, columns, d->start[d->results]);
    if (!p)
        return NULL;
    memcpy(p->row_start, d->start, (p->rows + 1) * sizeof *p->row_start);
    for (size_t i = 0; i < p->rows; i++) {
        for (size_t e = p->row_start[i]; e < p->row_start[i + 1]; e++) {
            p->row[e] = i;
            p->column[e] = d->column[e];
        }
    }
    index_columns(p);
    return p;
}

/* Row i of p and column i of p as one sorted list; how many, and the entries if `to` is there. */
static size_t merge_line(const slope_pattern *p, size_t i, size_t to[])
{
    size_t a = p->row_start[i], b = p->column_start[i], n = 0;
    while (a < p->row_start[i + 1] || b < p->column_start[i + 1]) {
        const size_t x = a < p->row_start[i + 1] ? p->column[a] : SIZE_MAX;
        const size_t y = b < p->column_start[i + 1] ? p->row[p->by_column[b]] : SIZE_MAX;
        a += x <= y;
        b += y <= x;
        if (to)
            to[n] = x < y ? x : y;
        n++;
    }
    return n;
}

/* p and its transpose together; takes p over. */
static slope_pattern *symmetrise(slope_pattern *p)
{
    size_t entries = 0;
    for (size_t i = 0; i < p->rows; i++)
        entries += merge_line(p, i, NULL);
    slope_pattern *s = create_empty(p->rows, p->columns, entries);
    for (size_t i = 0, at = 0; s && i < p->rows; i++) {
        const size_t end = at + merge_line(p, i, s->column + at);
        for (; at < end; at++)
            s->row[at] = i;
        s->row_start[i + 1] = end;
    }
    slope_pattern_destroy(p);
    if (s)
        index_columns(s);
    return s;
}

slope_pattern *slope__pattern_create(const slope__dependencies *d, size_t columns, int symmetric)
{
    slope_pattern *p = from_dependencies(d, columns);
    return p && symmetric ? symmetrise(p) : p;
}

slope_pattern *slope__pattern_copy(const slope_pattern *p)
{
    slope_pattern *copy = create_empty(p->rows, p->columns, p->entries);
    if (!copy)
        return NULL;
    copy->colours = p->colours;
    memcpy(copy->row, p->row, p->entries * sizeof *p->row);
    memcpy(copy->column, p->column, p->entries * sizeof *p->column);
    memcpy(copy->row_start, p->row_start, (p->rows + 1) * sizeof *p->row_start);
    memcpy(copy->column_start, p->column_start, (p->columns + 1) * sizeof *p->column_start);
    memcpy(copy->by_column, p->by_column, p->entries * sizeof *p->by_column);
    return copy;
}
