/* SPDX-License-Identifier: MIT */
/* The parser's state, which parse.c (operands and operators) and program.c (statements, functions) work on. */
#ifndef SLOPE_EXPR_PARSER_H
#define SLOPE_EXPR_PARSER_H

#include "expr/expr.h"
#include "tape/tape.h"

/* From loose to tight; those of comparisons can't be chained. */
enum slope__precedence { P_BRACKET, P_CHOICE, P_EQUALITY, P_ORDER, P_SUM, P_PRODUCT, P_SIGN, P_POWER };

enum slope__waiting { K_UNARY, K_BINARY, K_BRACKET, K_CALL, K_BODY, K_QUESTION, K_COLON };

/* Something that waits.  A call remembers how many operands are complete. */
typedef struct slope__pending {
    enum slope__waiting kind;
    enum slope__precedence precedence;
    slope_op op;
    size_t position, length;
    size_t operands;
    size_t function; /* a call of a function of the text: its number from 1; else 0 */
} slope__pending;

/* A function that the text defines: f(x, y) = body. */
typedef struct slope__definition {
    size_t first, parameters; /* its parameters among all of the text */
    size_t begin, end;        /* bytes of the body */
    size_t statement;         /* by which it was defined */
} slope__definition;

/* The name of a parameter. */
typedef struct slope__parameter {
    size_t start, length; /* bytes of the text */
} slope__parameter;

/* A body that is read for a call: where its arguments are, and where reading goes on. */
typedef struct slope__call_frame {
    size_t function;  /* its number from 1 */
    size_t arguments; /* the first one among the values */
    size_t resume, length;
} slope__call_frame;

typedef struct slope__parser {
    slope__text text;
    slope_tape *tape; /* NULL: collecting names */
    slope__symbols symbols;
    slope_allocator allocator;
    slope__block value_block, pending_block;
    slope_value *values;
    slope__pending *waiting;
    size_t value_count, waiting_count;
    size_t brackets, questions;       /* how many of those wait */
    int wants_operand, is_line_begin; /* does a line with a line above it begin here? */

    size_t statement;                             /* the number of this one, from 1 */
    slope__block definitions, parameters, frames; /* slope__definition, slope__parameter, slope__call_frame */
    size_t definition_count, parameter_count, frame_count;
    slope__token defining;     /* the name of the function whose body is only looked at; kind END: none */
    size_t length, body_bytes; /* of the whole text; of all bodies that were read for calls */
} slope__parser;

static inline int slope__parser_failed(const slope__parser *p) { return p->text.error.status != SLOPE_OK; }

/* Complains that memory is short. */
void slope__parser_starve(slope__parser *p, size_t position);

/* Reads a token as an operand or as an operator, whichever is wanted. */
void slope__parse_token(slope__parser *p, const slope__token *token);

/* The end of an expression: everything that waits is computed; what is left is one value. */
void slope__parse_end(slope__parser *p, const slope__token *token);

/* Does the text go on with `(...) =`, as where a function is defined? */
int slope__defines_function(const slope__parser *p);

/* If a statement begins with `f(x, y) =`, reads that and returns 1: up to slope__end_definition nothing is computed. */
int slope__begin_definition(slope__parser *p);

/* The body ends before byte `end` and is in order: the function can be called. */
void slope__end_definition(slope__parser *p, size_t end);

/* Operands are complete: a call of function number call->function on the n topmost values begins. */
void slope__begin_body(slope__parser *p, const slope__pending *call, size_t n);

/* The body of the innermost call is read: its value takes the place of the arguments. */
void slope__end_body(slope__parser *p);

/* Of the function whose body is being read, or looked at: the number of the parameter of this name and its value.
   Returns 0 where there is none. */
int slope__find_parameter(const slope__parser *p, const char *name, size_t length, slope_value *value);

/* Is this symbol older than the function whose body is read for a call?  Complains if not. */
int slope__check_age(slope__parser *p, const slope__symbol *symbol, const slope__token *token);

/* Puts something on the stacks. */
void slope__push_value(slope__parser *p, slope_value v, size_t position);
void slope__push_pending(slope__parser *p, slope__pending entry);
slope__pending slope__pop_pending(slope__parser *p);

#endif
