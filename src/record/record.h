/* SPDX-License-Identifier: MIT */
/* What the files between tapes and functions share. */
#ifndef SLOPE_RECORD_RECORD_H
#define SLOPE_RECORD_RECORD_H

#include "function/ir.h"
#include "tape/tape.h"

/* What a structure on a tape is: its function, called once.  Its operands are the function's inputs, its results the
   outputs. */
typedef struct slope__called {
    slope_function *function; /* a share */
    const char *name;         /* "call", "map", "fold" */
} slope__called;

extern const slope__structure_kind slope__called_kind;

/* "input group x" etc. are arrays of as many pointers as groups, NULL only where the length is 0.  SLOPE_ERR_ARGUMENT,
   told. */
slope_status slope__check_groups(size_t n, const slope_group group[], const slope_value *const x[], const char *what,
                                 slope_error *error);

/*
 * A loop whose outputs are EACH, ADDED without view, LAST or DROPPED, with checkpoints on so many levels (nested.c);
 * result[k] gets the cell of result k as slope__build_loop would number them.  Fills in bases and extents as that does.
 * Errors stick to b.
 */
void slope__build_fold(slope__builder *b, slope__loop *loop, unsigned levels, slope__cell result[]);

#endif
