/* SPDX-License-Identifier: MIT */
/*
 * Text to values.  Infix arithmetic, every operation of the table by its name, comparisons and c ? a : b, statements:
 *
 *     e = a * b; d = e + c      # a comment
 *     g(u, v) = u * v + 1       # a function of the text
 *     L = d * g(f, 2)           # the last statement is the result
 *
 * Precedence, from loose to tight; ^ and ** are the same, and right-associative:
 *
 *     ?:     == !=     < <= > >=     + -     * /     unary -     ^ **
 *
 * So -x^2 is -(x^2), and 2^-x is legal; a < b < c is refused.  Constants: pi, e (unless assigned or bound).  Numbers
 * as in C, with a point whatever the locale is (without POSIX locales, as in the amalgamation: with the locale's).
 * Statements end at ; or at the end of a line; a line goes on inside brackets, between ? and :, and where an operand
 * is still to come.  A call of a function that the text defines is recorded as its body would be, written there; the
 * body may use names and functions that were defined before it and have not changed since.  Time and memory are
 * O(length, with the bodies of all calls).  Text is UTF-8, but only comments may hold more than ASCII.
 */
#ifndef SLOPE_EXPR_H
#define SLOPE_EXPR_H

#include <slope/base.h>
#include <slope/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The number of bytes of a text and of brackets within brackets that are read; more is SLOPE_ERR_LIMIT, and so is a
   chain of more than eight times as many operators that wait for each other, as in 2^2^2^...  No text needs more
   than a little C stack. */
#define SLOPE_PARSE_MAX_BYTES ((size_t)1 << 26)
#define SLOPE_PARSE_MAX_DEPTH 10000

/* The number of bytes of bodies that are read for calls of a text's functions; more is SLOPE_ERR_LIMIT. */
#define SLOPE_PARSE_MAX_BODIES ((size_t)1 << 24)

/* A name and the value it stands for. */
typedef struct slope_binding {
    const char *name;  /* borrowed during the call */
    slope_value value; /* a plain number, or a value of the tape that is parsed onto */
} slope_binding;

/* What was wrong with a text.  All-zero: nothing.  */
typedef struct slope_parse_error {
    slope_status status; /* SLOPE_OK: nothing */
    size_t position;     /* byte in the text, from 0 */
    size_t length;       /* bytes that the complaint is about, at least 1 */
    size_t line, column; /* from 1; column counts bytes */
    char message[192];   /* a sentence: what is wrong and what to write instead */
    char expected[64];   /* what would have been legal here, or "" */
    char nearest[32];    /* for a name that is not known: the nearest one that is, or "" */
    /* the line of the text, cut around the place, and below it a line with carets; no final newline, always UTF-8,
       and '?' for what a terminal might obey */
    char caret[256];
} slope_parse_error;

/*
 * Reads `text` (length bytes; SIZE_MAX: up to its NUL) and records it on `tape`; *result is the value of the last
 * statement.  Names are looked up first among earlier statements, then in bindings[0..n-1] (of two with one name the
 * later one), then among pi and e.  `name = expr` labels the node that the statement made; in `y = x` the node stays x.
 * A result may be a plain number (nothing was recorded).  error may be NULL.  On failure *result is null, nothing that
 * was recorded by the call stays on the tape, no error sticks to it, and values made before the call can still be used;
 * as after every rewind their gradients read as zero until the next sweep.
 * Errors: SLOPE_ERR_SYNTAX, SLOPE_ERR_NAME, SLOPE_ERR_LIMIT, SLOPE_ERR_MEMORY, SLOPE_ERR_ARGUMENT, those of the tape,
 * and for a binding that is no number or live value of this tape SLOPE_ERR_NULL, SLOPE_ERR_FOREIGN or SLOPE_ERR_STALE.
 */
SLOPE_API SLOPE_CHECKED slope_status slope_parse(slope_tape *tape, const char *text, size_t length, size_t n,
                                                 const slope_binding bindings[], slope_value *result,
                                                 slope_parse_error *error);

/* A name that a text uses and does not itself define.  Names have up to 63 characters; more is SLOPE_ERR_LIMIT. */
typedef struct slope_name {
    char name[64];   /* NUL-terminated */
    size_t position; /* byte of its first use */
} slope_name;

/*
 * The free names of a text in order of first use; the constants pi and e are never free.  Fills name[0..capacity-1] and
 * sets *count to how many there are in all; call with capacity 0 to count.  The text is checked like slope_parse does;
 * errors are the same.  `error` may be NULL.  Memory comes from the default allocator for the time of the call.
 * Thread-safe.
 */
SLOPE_API SLOPE_CHECKED slope_status slope_parse_names(const char *text, size_t length, size_t capacity,
                                                       slope_name name[], size_t *count, slope_parse_error *error);

#ifdef __cplusplus
}
#endif
#endif
