/* SPDX-License-Identifier: MIT */
/*
 * Opaque functions: groups of numbers in, groups of numbers out, by C code instead of instructions.  There are two
 * kinds: callbacks of the user (custom.c) and the look-up of numbers in tables (lookup.c).  A kind tells what the rest
 * of the library needs: how it is computed, what its derivatives are, how it is written in C and in a file.
 *
 * They have no data groups: loops bind data to their inputs.  `eval` may be called by several threads at once.
 */
#ifndef SLOPE_FUNCTION_OPAQUE_H
#define SLOPE_FUNCTION_OPAQUE_H

#include <stdio.h>

#include "function/ir.h"

/* What lookup.c computes, see there. */
typedef struct slope__lookup {
    int scatter;      /* 0: from tables, 1: back into them */
    int outside;      /* beyond the first and the last knot: 1 the last segment goes on, 0 NaN */
    size_t width;     /* numbers taken of each table: 2 or 4 */
    size_t n, tables; /* knots, and tables as long */
} slope__lookup;

enum { SLOPE__MOST_TABLES = 64 };

typedef struct slope__opaque_kind {
    /* Nonzero: failed. */
    int (*eval)(const slope_function *f, const double *const x[], double *const y[]);
    /* Its derivatives as functions, which must not hold f itself: of inputs x and as many tangents the tangents of all
       outputs; of inputs x and as many adjoints as outputs the adjoints of all inputs.  on[g]: input g moves, or its
       adjoint is wanted; of others tangents are not read, and adjoints 0.  NULL: *error tells. */
    slope_function *(*push)(const slope_function *f, const unsigned char on[], slope_error *error);
    slope_function *(*pull)(const slope_function *f, const unsigned char on[], slope_error *error);
    /* The same function as another object. */
    slope_function *(*twin)(const slope_function *f, slope_error *error);
    /* Does output o have a slope by input g?  NULL: every one has. */
    int (*reaches)(const slope_function *f, size_t g, size_t o);
    void (*free)(slope__opaque *o);
} slope__opaque_kind;

/* The beginning of what a kind keeps. */
struct slope__opaque {
    const slope__opaque_kind *kind;
    const char *name;            /* for messages and listings */
    const char *code;            /* C text that defines what is called; NULL: it can't be written in C, or needs none */
    const char *call;            /* the C function of it that this is */
    const slope__lookup *lookup; /* NULL: a callback */
};

/* An opaque function; takes `o` over, also on failure.  NULL: *error tells. */
slope_function *slope__opaque_create(slope__opaque *o, size_t inputs, const slope_group input[], size_t outputs,
                                     const slope_group output[], slope_error *error);

/* Its results from its inputs.  SLOPE_ERR_CALLBACK. */
static inline slope_status slope__opaque_eval(const slope_function *f, const double *const x[], double *const y[])
{
    return f->opaque->kind->eval(f, x, y) ? SLOPE_ERR_CALLBACK : SLOPE_OK;
}

/* The derivatives that its kind gives, kept with f: borrowed.  on NULL: all inputs.  NULL: *error tells. */
const slope_function *slope__opaque_push(const slope_function *f, const unsigned char on[], slope_error *error);
const slope_function *slope__opaque_pull(const slope_function *f, const unsigned char on[], slope_error *error);

/* An equal function, kept with f: borrowed.  What is derived of f and kept with it calls this one, as calling f would
   close a circle of shares.  NULL: no memory. */
const slope_function *slope__opaque_twin(const slope_function *f);

/* Appends f, opaque or not, on cells x of its inputs one after another; y gets the cells of its results. */
void slope__build_whole(slope__builder *b, const slope_function *f, const slope__cell x[], slope__cell y[]);

/* A function around f, with the same groups: what users are given. */
slope_function *slope__opaque_wrap(const slope_function *f, slope_error *error);

/* The name of a callback that f calls, NULL where there is none: for the message that one failed. */
const char *slope__custom_name(const slope_function *f);

/* *name is that of an opaque function within f, NULL where there is none.  SLOPE_ERR_MEMORY. */
SLOPE_CHECKED slope_status slope__opaque_within(const slope_function *f, const char **name);

/* The look-up in tables. */
slope_function *slope__lookup_create(const slope__lookup *g, slope_error *error);

/* A callback that gives a value and partials, as the tape's operations of the user; `custom` is borrowed. */
slope_function *slope__custom_scalar(const slope_custom *custom, size_t n, slope_error *error);

#endif
