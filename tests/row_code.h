/* SPDX-License-Identifier: MIT */
/*
 * Every operation of the table as generated C: its value, gradient and Hessian, all in one text, which a compiler makes
 * a shared object of.
 */
#ifndef ROW_CODE_H
#define ROW_CODE_H

#include <slope/slope.h>

enum { ROW_OPERANDS = 6, ROW_ORDERS = 3 };

typedef void row_double(const double *x, double *y, double *work);
typedef void row_float(const float *x, float *y, float *work);

/* An operation: order 0 is its value, 1 its gradient, 2 its Hessian, row by row. */
typedef struct row {
    slope_op op;
    const slope_op_info *info;
    size_t n; /* operands */
    slope_function *function[ROW_ORDERS];
    void *code[ROW_ORDERS]; /* a row_double or a row_float, once loaded; else NULL */
} row;

typedef struct row_code {
    row row[256];
    size_t rows;
    char folder[64]; /* where the texts are, removed at the end */
    int use_float;
    void *library;
} row_code;

/* Records and derives all operations.  Fails the test if it can't. */
row_code *row_code_make(void);

/* Writes C for them as float or double.  Any code that was loaded is gone. */
void row_code_write(row_code *code, int use_float);

/* Compiles the text and loads it.  `compiler` is a line of shell with options; 0 if there is no such compiler. */
int row_code_load(row_code *code, const char *compiler);

void row_code_free(row_code *code);

/* Calls the code of an order at x; y has room for ROW_OPERANDS squared numbers. */
void row_call(const row_code *code, const row *r, size_t order, const double x[], double y[]);

/* How many numbers an order has. */
size_t row_numbers(const row *r, size_t order);

#endif
