/* SPDX-License-Identifier: MIT */
/* What the files of the parser share: tokens, names and complaints. */
#ifndef SLOPE_EXPR_EXPR_H
#define SLOPE_EXPR_EXPR_H

#include <slope/expr.h>

#include "base/memory.h"

/* slope_parse, and the values y[k] that names out[k] stand for at the end of the text.  Arguments are in order. */
SLOPE_CHECKED slope_status slope__parse_outputs(slope_tape *tape, const char *text, size_t length, size_t n,
                                                const slope_binding bindings[], size_t outputs, const char *const out[],
                                                slope_value y[], slope_value *result, slope_parse_error *error);

/* ------------------------------------------------------------------------------------------------------- tokens */

typedef enum slope__token_kind {
    SLOPE__TOKEN_END,
    SLOPE__TOKEN_NEWLINE,
    SLOPE__TOKEN_NUMBER,
    SLOPE__TOKEN_NAME,
    SLOPE__TOKEN_SIGN, /* an operator or a bracket: `sign` says which */
    SLOPE__TOKEN_WRONG /* the complaint is made already */
} slope__token_kind;

/* Signs of one character are that character. */
enum { SLOPE__LE = 256, SLOPE__GE, SLOPE__EQ, SLOPE__NE };

typedef struct slope__token {
    slope__token_kind kind;
    size_t start, length; /* bytes of the text */
    int sign;             /* of SLOPE__TOKEN_SIGN; ** is '^' */
    double number;        /* of SLOPE__TOKEN_NUMBER */
} slope__token;

/* The text being read and the first complaint about it. */
typedef struct slope__text {
    const char *data;
    size_t length, at;
    slope_parse_error error;
} slope__text;

/* Reads the next token; after the end it gives END again and again. */
slope__token slope__next_token(slope__text *text);

/* --------------------------------------------------------------------------------------------------- complaints */

/* Records what is wrong with `length` bytes at `position`, unless something is recorded already; printf-like
   message. */
#if defined __GNUC__
__attribute__((format(printf, 5, 6)))
#endif
void slope__complain(slope__text *text, slope_status status, size_t position, size_t length, const char *format, ...);

/* Says what would have been legal at the place of the next complaint. */
void slope__expect(slope__text *text, const char *expected);

/* The bytes of the UTF-8 character at this place, 0 where there is none that can be printed: a control or a stray
   byte. */
size_t slope__character(const slope__text *text, size_t at);

/* Fills line, column and the two caret lines of the complaint. */
void slope__point(slope__text *text);

/* ------------------------------------------------------------------------------------------------------- names */

typedef struct slope__symbol {
    const char *name; /* length bytes, not ended by NUL */
    size_t length;
    size_t position; /* of the first use, where it is a free name */
    slope_value value;
    int is_free;      /* used but never defined: only while collecting names */
    size_t statement; /* by which it was set; 0: bound by the caller */
    size_t function;  /* the number from 1 of a function that the text defines; 0: a value */
} slope__symbol;

/* Symbols in order of entry, found through a hash table of indices. */
typedef struct slope__symbols {
    slope_allocator allocator;
    slope__block entries, slots; /* slope__symbol, size_t */
    size_t count, slot_count;
} slope__symbols;

/* The symbol of this name, NULL when there is none. */
slope__symbol *slope__symbol_find(const slope__symbols *symbols, const char *name, size_t length);

/* Enters a symbol or gives the one of this name a new value. */
SLOPE_CHECKED slope_status slope__symbol_set(slope__symbols *symbols, slope__symbol symbol);

/* Is this the name of a symbol that has a value, not of one that is only wanted? */
int slope__symbol_is_bound(const slope__symbols *symbols, const char *name, size_t length);

void slope__symbols_free(slope__symbols *symbols);

/* The value of pi or e; 0 for other names. */
int slope__constant(const char *name, size_t length, double *value);

/* The operation of this name, SLOPE_OP_NONE when there is none. */
slope_op slope__operation(const char *name, size_t length);

/* What other systems call `name`, in the words of this one: an operation ("ln": "log") or a form ("sec": "1/cos(x)");
   NULL when there is none. */
const char *slope__elsewhere(const char *name, size_t length);

/* The known name nearest to this one, "" when none is near; at most size bytes.  In a call it is an operation;
   elsewhere a symbol or constant is preferred. */
void slope__nearest(const slope__symbols *symbols, const char *name, size_t length, int is_call, char *nearest,
                    size_t size);

#endif
