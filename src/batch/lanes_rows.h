/* SPDX-License-Identifier: MIT */
/* Part of lanes.h: rows added, and brought from structures and back. */
#ifndef SLOPE_BATCH_LANES_ROWS_H
#define SLOPE_BATCH_LANES_ROWS_H

/* to[k * step] += from[k]; for step 1 by vectors. */
static void add_row(double *to, ptrdiff_t step, const double *from, size_t n)
{
    size_t k = 0;
    for (; step == 1 && k + 8 <= n; k += 8)
        STORE(to, k, LOAD(to, k) + LOAD(from, k));
    for (; k < n; k++)
        to[(ptrdiff_t)k * step] += from[k];
}

/* Structures to rows: row j gets from[j + k * item] for all k < n.  In squares of 8, so that every line of memory is
   read once. */
static void split(double *to, size_t stride, const double *from, ptrdiff_t item, size_t length, size_t n)
{
    for (size_t k = 0; k < n; k += 8) {
        const size_t items = n - k < 8 ? n - k : 8;
        for (size_t j = 0; j < length; j++) {
            const double *x = from + (ptrdiff_t)k * item + j;
            double *row = to + j * stride + k;
            if (items == 8) {
                const vec v = {x[0],        x[item],     x[2 * item], x[3 * item],
                               x[4 * item], x[5 * item], x[6 * item], x[7 * item]};
                STORE(row, 0, v);
            } else {
                for (size_t i = 0; i < items; i++)
                    row[i] = x[(ptrdiff_t)i * item];
            }
        }
    }
}

/* Rows to structures: to[k * item + j] is number k of row j. */
static void join(double *to, ptrdiff_t item, const double *from, size_t stride, size_t length, size_t n)
{
    for (size_t j = 0; j < length; j += 8) {
        const size_t rows = length - j < 8 ? length - j : 8;
        for (size_t k = 0; k < n; k++) {
            const double *x = from + j * stride + k;
            double *at = to + (ptrdiff_t)k * item + j;
            if (rows == 8) {
                const vec v = {x[0],          x[stride],     x[2 * stride], x[3 * stride],
                               x[4 * stride], x[5 * stride], x[6 * stride], x[7 * stride]};
                STORE(at, 0, v);
            } else {
                for (size_t i = 0; i < rows; i++)
                    at[i] = x[i * stride];
            }
        }
    }
}

#endif
