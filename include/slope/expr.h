/* SPDX-License-Identifier: MIT */
/*
 * Text to values.  Infix arithmetic, every operation of the table by its name, comparisons and c ? a : b, statements:
 *
 *     e = a * b; d = e + c      # a comment
 *     L = d * f                 # the last statement is the result
 *
 * Precedence, from loose to tight:  ?:   == !=   < <= > >=   + -   * /   unary -   ^ and ** (right-associative).
 * So -x^2 is -(x^2), and 2^-x is legal.  Constants: pi, e (unless assigned or bound).  Numbers as in C.
 */
#ifndef SLOPE_EXPR_H
#define SLOPE_EXPR_H

#include <slope/base.h>
#include <slope/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The number of bytes of an expression and the depth of nesting that are read; more is SLOPE_ERR_LIMIT. */
#define SLOPE_PARSE_MAX_BYTES ((size_t)1 << 26)
#define SLOPE_PARSE_MAX_DEPTH 10000

/* A name and the value it stands for.  `name` is borrowed during the call. */
typedef struct slope_binding {
    const char *name;
    slope_value value;
} slope_binding;

/* What was wrong with a text.  All-zero: nothing.  */
typedef struct slope_parse_error {
    slope_status status;
    size_t position;     /* byte in the text, from 0 */
    size_t length;       /* bytes that the complaint is about, at least 1 */
    size_t line, column; /* from 1; column counts bytes */
    char message[192];   /* a sentence: what is wrong and what to write instead */
    char expected[64];   /* what would have been legal here, or "" */
    char nearest[32];    /* the nearest known name, or "" */
    char caret
        [256]; /* the line of the text (cut around the place) and below it a line with carets; two lines, no final newline */
} slope_parse_error;

/*
 * Reads `text` (length bytes; SIZE_MAX: up to its NUL) and records it on `tape`; *result is the value of the last
 * statement.  Names are looked up first among earlier statements, then in bindings[0..n-1], then among pi and e.
 * `name = expr` labels its node.  A result may be a plain number (nothing was recorded).
 * error may be NULL.  On failure *result is null and nothing that was recorded by the call stays on the tape.
 * Errors: SLOPE_ERR_SYNTAX, SLOPE_ERR_NAME, SLOPE_ERR_LIMIT, SLOPE_ERR_MEMORY, SLOPE_ERR_ARGUMENT, and sticky ones of the tape.
 */
SLOPE_API SLOPE_CHECKED slope_status slope_parse(slope_tape *tape, const char *text, size_t length, size_t n,
                                                 const slope_binding bindings[], slope_value *result,
                                                 slope_parse_error *error);

/* A name that a text uses and does not itself define. */
typedef struct slope_name {
    char name[64];
    size_t position; /* byte of its first use */
} slope_name;

/*
 * The free names of a text in order of first use (constants pi and e included only if `n_bound` names say so: they are
 * never free).  Fills name[0..capacity-1] and sets *count to how many there are in all; call with capacity 0 to count.
 * The text is checked like slope_parse does; errors are the same.
 */
SLOPE_API SLOPE_CHECKED slope_status slope_parse_names(const char *text, size_t length, size_t capacity,
                                                       slope_name name[], size_t *count, slope_parse_error *error);

#ifdef __cplusplus
}
#endif
#endif
