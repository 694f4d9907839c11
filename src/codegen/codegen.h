/* SPDX-License-Identifier: MIT */
/*
 * Inside the C generator.  A function and the bodies of its loops become C functions, each written once, bodies first;
 * a body's cells are local variables, what loops read and write in one piece lies in the caller's work array.
 */
#ifndef SLOPE_CODEGEN_CODEGEN_H
#define SLOPE_CODEGEN_CODEGEN_H

#include <slope/codegen.h>

#include "base/string.h"
#include "function/ir.h"

/* ------------------------------------------------------------------------------------------------- operation.c */

/* What is written where: the type's name, and whether tests for zero are left out. */
typedef struct slope__dialect {
    int use_float;
    int plain_zeros;
} slope__dialect;

/* "double" or "float". */
const char *slope__c_type(const slope__dialect *d);

/* A number as an operand: 0.5, (-2.0), NAN. */
void slope__put_constant(slope__string *out, const slope__dialect *d, double x);

/* An operation of the table on operands that are names or constants; the helper functions it needs are marked in
   used[]. */
void slope__put_operation(slope__string *out, const slope__dialect *d, unsigned code, size_t n, char *const operand[],
                          unsigned char used[slope__code_count]);

/* A power of a float whose exponent is a number that float does not hold, in double: rounded it would cost digits. */
void slope__put_fine_power(slope__string *out, const char *base, double exponent);

/* Whether an operation is written over several lines, into a variable v that was declared: n-ary ones; and these
   lines. */
int slope__is_spread(unsigned code);
void slope__put_spread(slope__string *out, const slope__dialect *d, const char *v, unsigned code, size_t n,
                       char *const operand[], unsigned char used[slope__code_count]);

/* The helper functions that are marked, and what they call. */
void slope__put_helpers(slope__string *out, const slope__dialect *d, const unsigned char used[slope__code_count]);

/* --------------------------------------------------------------------------------------------------- library.c */

/* Functions of ops/special.c and ops/nary.c with these names, as static functions, and what they need. */
void slope__put_library(slope__string *out, size_t n, const char *const name[]);

/* Is the word NAN or INFINITY?  They are floats: between doubles they are cast, or compilers warn of the promotion. */
int slope__is_float_macro(const char *word, size_t size);

/* Does C text mention a name? */
int slope__mentions(const char *text, const char *word);

/* ----------------------------------------------------------------------------------------------------- layout.c */

typedef enum slope__site_kind {
    SLOPE__SITE_LOCAL,  /* variable v<cell> */
    SLOPE__SITE_WORK,   /* work[at ...] */
    SLOPE__SITE_OUTPUT, /* in output group `at` from its first element on */
    SLOPE__SITE_NONE    /* nowhere: nobody reads it */
} slope__site_kind;

/* Where the results of an instruction are; of a loop, one site for each target. */
typedef struct slope__site {
    slope__site_kind kind;
    size_t at;
} slope__site;

/* What a loop needs of the work array while it runs. */
typedef struct slope__loop_room {
    slope__site *target; /* by output group of the body; of a dropped one nothing */
    size_t *gather;      /* by source: where its numbers are collected, SIZE_MAX: not needed */
    size_t *result;      /* by output group of the body: where it writes before they go on, SIZE_MAX: directly */
    size_t body;         /* the work array of the body */
} slope__loop_room;

/* A function that is being written. */
typedef struct slope__layout {
    const slope_function *f;
    slope__site *scalar; /* by instruction */
    slope__loop_room *loop;
    size_t work;      /* numbers */
    size_t *section;  /* by instruction: which part of a long text it is in */
    size_t sections;  /* 1: not divided */
    int status;       /* it answers with an int: it or a body has guards */
    size_t number;    /* of the body, from 1; 0: the function itself */
    char **in, **out; /* names of parameters */
} slope__layout;

/* Lays f out; body_work[k] is what the body of loop k needs.  0: no memory. */
int slope__layout_make(slope__layout *l, const slope_function *f, const size_t body_work[]);
void slope__layout_free(slope__layout *l);

/* The cells of a view lie in one array: group, table, or loop result?  Then the array's first cell is *base. */
int slope__in_one_array(const slope_function *f, const slope__view *v, size_t n, size_t length, slope__cell *base);

/* How source g of a loop reaches the body. */
typedef enum slope__binding {
    SLOPE__BOUND_POINTER, /* into an array */
    SLOPE__BOUND_COLLECT, /* from an array, item by item */
    SLOPE__BOUND_BEFORE,  /* collected before the loop: the same for all items, or of several arrays */
    SLOPE__BOUND_CARRIED  /* collected before the loop, and renewed by every step */
} slope__binding;
slope__binding slope__binding_of(const slope_function *f, const slope__loop *loop, size_t g);

/* ------------------------------------------------------------------------------------------------------ names.c */

/* Names for the parameters of a function; 0: no memory. */
int slope__name_parameters(slope__layout *l, const char *function);

/* May a C function be called so? */
int slope__is_good_name(const char *name);

/* ------------------------------------------------------------------------------------------------------- body.c */

typedef struct slope__writer {
    slope__string *out;
    slope__dialect dialect;
    const char *name; /* of the generated function */
    unsigned char used[slope__code_count];
    slope__bodies bodies;  /* the function and all within, bodies first, the function itself last */
    size_t *place;         /* of each of them: the number of its layout from 1; 0: no loop calls it */
    slope__layout *layout; /* bodies first, the function itself last */
    size_t layouts;
    size_t guards; /* written so far */
    int failed;    /* no memory */
} slope__writer;

/* One function as C. */
void slope__put_function(slope__writer *w, slope__layout *l);

/* Its parameters and, as a call, the arguments' places. */
void slope__put_parameters(slope__string *out, const slope__writer *w, const slope__layout *l);

/* The layout of a body, NULL where none was made. */
slope__layout *slope__layout_of(const slope__writer *w, const slope_function *body);

/* A cell as an operand: a name, an element, or a constant; to be freed.  NULL: no memory. */
char *slope__operand_text(const slope__writer *w, const slope__layout *l, slope__cell c);

/* The array that a cell is in: "x", "work + 3"; and the cell that is its first element. */
char *slope__array_text(const slope__writer *w, const slope__layout *l, slope__cell c, slope__cell *base);

/* ----------------------------------------------------------------------------------------------------- opaque.c */

/* Can all opaque functions within f be written in C?  Tells what is in the way of it. */
SLOPE_CHECKED slope_status slope__check_opaque(const slope__writer *w, const slope_function *f, slope_error *error);

/* What they need before all functions, once each; and one as a function. */
void slope__put_opaque_texts(slope__string *out, const slope__writer *w);
void slope__put_opaque(const slope__writer *w, const slope__layout *l);

/* ------------------------------------------------------------------------------------------------------- loop.c */

/* A loop; its index lists before the function. */
void slope__put_loop(slope__writer *w, slope__layout *l, size_t instruction);
void slope__put_lists(slope__writer *w, slope__layout *l);

/* to[at + k] = cell[k] for all n of them, runs as loops. */
void slope__put_copy(slope__writer *w, slope__layout *l, const char *to, size_t at, size_t n, const slope__cell cell[],
                     int depth);

#endif
