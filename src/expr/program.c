/* SPDX-License-Identifier: MIT */
/* Statements, the names and functions that they define, and the public functions that read a text. */
#include <stdio.h>
#include <string.h>

#include "expr/parser.h"

/* ------------------------------------------------------------------------------------------------------- statements */

/* If a statement begins with `name =`, reads both and returns the name; else reads nothing and returns no token. */
static slope__token read_assigned(slope__parser *p)
{
    const slope__text before = p->text;
    const slope__token name = slope__next_token(&p->text);
    if (name.kind == SLOPE__TOKEN_NAME) {
        const slope__token equals = slope__next_token(&p->text);
        if (equals.kind == SLOPE__TOKEN_SIGN && equals.sign == '=') {
            if (slope__operation(p->text.data + name.start, name.length))
                slope__complain(&p->text, SLOPE_ERR_NAME, name.start, name.length,
                                "%.*s is the name of an operation: choose another one", (int)name.length,
                                p->text.data + name.start);
            return name;
        }
    }
    p->text = before;
    return (slope__token){.kind = SLOPE__TOKEN_END};
}

/* Enters a name for the value of a statement, and labels the node if the statement made it. */
static void define(slope__parser *p, const slope__token *name, slope_value v, size_t first_node)
{
    const slope__symbol symbol = {p->text.data + name->start, name->length, name->start, v, 0, p->statement, 0};
    if (slope__symbol_set(&p->symbols, symbol)) {
        slope__parser_starve(p, name->start);
        return;
    }
    if (!slope__is_node(v) || v.node.id < first_node)
        return; /* a number, or a node that has its name already: x in `y = x` stays x */
    char label[sizeof((slope_name *)0)->name];
    memcpy(label, symbol.name, symbol.length);
    label[symbol.length] = '\0';
    (void)slope_label(v, label);
}

/* A statement is complete: takes its value, or the function that it defines. */
static void finish_statement(slope__parser *p, const slope__token *target, const slope__token *end, size_t first_node,
                             slope_value *result)
{
    slope__parse_end(p, end);
    if (slope__parser_failed(p))
        return;
    if (p->defining.kind == SLOPE__TOKEN_NAME) {
        slope__end_definition(p, end->start);
        return;
    }
    *result = p->values[0];
    if (target->kind == SLOPE__TOKEN_NAME)
        define(p, target, *result, first_node);
}

/* What a statement begins with: `y =`, `f(x) =` or neither. */
static slope__token begin_statement(slope__parser *p, int *is_empty)
{
    slope__token target = {.kind = SLOPE__TOKEN_END};
    p->statement++;
    const int defines = slope__begin_definition(p);
    if (!defines)
        target = read_assigned(p);
    *is_empty = !defines && target.kind == SLOPE__TOKEN_END;
    p->is_line_begin = p->is_line_begin && *is_empty;
    p->value_count = p->waiting_count = p->brackets = p->questions = 0;
    p->wants_operand = 1;
    return target;
}

/* Reads one statement up to its separator; returns 0 at the end of the text.  *result changes unless it was empty or
   defined a function. */
static int read_statement(slope__parser *p, slope_value *result)
{
    int is_empty;
    const size_t first_node = slope_tape_size(p->tape);
    const slope__token target = begin_statement(p, &is_empty);
    while (!slope__parser_failed(p)) {
        const slope__token token = slope__next_token(&p->text);
        const int ends = token.kind == SLOPE__TOKEN_END || (token.kind == SLOPE__TOKEN_SIGN && token.sign == ';');
        if (ends && p->frame_count) {
            slope__parse_end(p, &token);
            if (!slope__parser_failed(p))
                slope__end_body(p);
            continue;
        }
        if (token.kind == SLOPE__TOKEN_NEWLINE && !is_empty && (p->wants_operand || p->brackets || p->questions))
            continue; /* an unfinished line goes on */
        if (ends || token.kind == SLOPE__TOKEN_NEWLINE) {
            p->is_line_begin = token.kind == SLOPE__TOKEN_NEWLINE && !(is_empty && !p->is_line_begin);
            if (!is_empty)
                finish_statement(p, &target, &token, first_node, result);
            return token.kind != SLOPE__TOKEN_END;
        }
        is_empty = 0;
        if (token.kind == SLOPE__TOKEN_WRONG)
            break;
        slope__parse_token(p, &token);
    }
    return 0;
}

static slope_value read_program(slope__parser *p)
{
    slope_value result = {0};
    if (p->text.length > SLOPE_PARSE_MAX_BYTES)
        slope__complain(&p->text, SLOPE_ERR_LIMIT, 0, 1, "the text has %zu bytes, more than the %zu that are read",
                        p->text.length, SLOPE_PARSE_MAX_BYTES);
    while (!slope__parser_failed(p) && read_statement(p, &result))
        ;
    if (!slope__parser_failed(p) && slope_is_null(result) && p->definition_count)
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, p->length, 1,
                        "the text only defines functions: end it with an expression that calls one");
    if (!slope__parser_failed(p) && slope_is_null(result))
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, 0, 1, "there is no expression: the text is empty");
    return result;
}

static slope__parser make_parser(slope_tape *tape, const char *text, size_t length, slope_allocator allocator)
{
    length = length == SIZE_MAX ? strlen(text) : length;
    return (slope__parser){
        .text = {.data = text, .length = length},
        .length = length,
        .tape = tape,
        .defining = {.kind = SLOPE__TOKEN_END},
        .allocator = allocator,
        .symbols = {.allocator = allocator},
    };
}

/* Frees the parser and hands its complaint on. */
static slope_status finish_parse(slope__parser *p, slope_parse_error *error)
{
    slope__block_free(&p->allocator, &p->value_block);
    slope__block_free(&p->allocator, &p->pending_block);
    slope__block_free(&p->allocator, &p->definitions);
    slope__block_free(&p->allocator, &p->parameters);
    slope__block_free(&p->allocator, &p->frames);
    slope__symbols_free(&p->symbols);
    p->text.length = p->length; /* it may have ended at the end of a body */
    if (slope__parser_failed(p))
        slope__point(&p->text);
    if (error)
        *error = p->text.error;
    return p->text.error.status;
}

static slope_status refuse(slope_parse_error *error, slope_status status, const char *message)
{
    if (error) {
        *error = (slope_parse_error){.status = status, .length = 1, .line = 1, .column = 1};
        (void)snprintf(error->message, sizeof error->message, "%.190s", message);
    }
    return status;
}

/* Enters a name of the caller's, whose value must be a number or a node of this tape. */
static void bind(slope__parser *p, const slope_binding *binding, size_t i)
{
    const slope_value v = binding->value;
    if (!binding->name) {
        slope__complain(&p->text, SLOPE_ERR_ARGUMENT, 0, 1, "binding number %zu has no name", i + 1);
        return;
    }
    slope_status status = SLOPE_OK;
    if (slope_is_null(v))
        status = SLOPE_ERR_NULL;
    else if (slope__is_node(v) && v.tape != p->tape)
        status = SLOPE_ERR_FOREIGN;
    else if (slope__is_node(v) && !slope__is_alive(p->tape, v.node))
        status = SLOPE_ERR_STALE;
    if (status)
        slope__complain(&p->text, status, 0, 1, "the value bound to '%.60s' %s", binding->name,
                        status == SLOPE_ERR_NULL      ? "is the null value: it was never set"
                        : status == SLOPE_ERR_FOREIGN ? "belongs to another tape: pass slope_data(x) to use its number"
                                                      : "was made before its tape was reset or rewound");
    else if (slope__symbol_set(&p->symbols, (slope__symbol){binding->name, strlen(binding->name), 0, v, 0, 0, 0}))
        slope__parser_starve(p, 0);
}

/* The value of a name at the end of the text. */
static slope_value output_value(slope__parser *p, const char *name)
{
    const size_t length = strlen(name);
    const slope__symbol *symbol = slope__symbol_find(&p->symbols, name, length);
    char *nearest = p->text.error.nearest;
    double constant;
    if (symbol && !symbol->function)
        return symbol->value;
    if (slope__constant(name, length, &constant))
        return slope_number(constant);
    slope__nearest(&p->symbols, name, length, 0, nearest, sizeof p->text.error.nearest);
    if (!slope__symbol_is_bound(&p->symbols, nearest, strlen(nearest)))
        nearest[0] = '\0';
    slope__complain(&p->text, SLOPE_ERR_NAME, 0, 1, "there is no value for the name '%.60s'%s%s%s", name,
                    *nearest ? ": did you mean " : "", nearest, *nearest ? "?" : "");
    return (slope_value){0};
}

slope_status slope__parse_outputs(slope_tape *tape, const char *text, size_t length, size_t n,
                                  const slope_binding bindings[], size_t outputs, const char *const out[],
                                  slope_value y[], slope_value *result, slope_parse_error *error)
{
    if (slope_tape_status(tape))
        return refuse(error, slope_tape_status(tape), slope_tape_error(tape)->message);
    slope__parser p = make_parser(tape, text, length, tape->allocator);
    const slope_mark mark = slope_tape_mark(tape);
    if (slope__reserve_rewind(tape))
        slope__parser_starve(&p, 0);
    for (size_t i = 0; i < n && !slope__parser_failed(&p); i++)
        bind(&p, &bindings[i], i);
    const slope_value value = read_program(&p);
    for (size_t k = 0; k < outputs && !slope__parser_failed(&p); k++)
        y[k] = output_value(&p, out[k]);
    if (!slope__parser_failed(&p) && slope_tape_status(tape))
        slope__complain(&p.text, slope_tape_status(tape), 0, 1, "%.190s", slope_tape_error(tape)->message);
    slope_status status = finish_parse(&p, error);
    if (status == SLOPE_OK)
        *result = value;
    else if (slope_tape_rewind(tape, mark) != SLOPE_OK) /* can't be: the room was reserved */
        status = SLOPE_ERR_MEMORY;
    return status;
}

slope_status slope_parse(slope_tape *tape, const char *text, size_t length, size_t n, const slope_binding bindings[],
                         slope_value *result, slope_parse_error *error)
{
    if (result)
        *result = (slope_value){0};
    if (!slope__is_tape(tape) || !text || !result || (n && !bindings))
        return refuse(error, SLOPE_ERR_ARGUMENT, "slope_parse needs a tape, a text and a place for the result");
    return slope__parse_outputs(tape, text, length, n, bindings, 0, NULL, NULL, result, error);
}

slope_status slope_parse_names(const char *text, size_t length, size_t capacity, slope_name name[], size_t *count,
                               slope_parse_error *error)
{
    if (count)
        *count = 0;
    if (!text || !count || (capacity && !name))
        return refuse(error, SLOPE_ERR_ARGUMENT, "slope_parse_names needs a text and a place for the count");
    slope__parser p = make_parser(NULL, text, length, slope_allocator_default());
    (void)read_program(&p);
    const slope__symbol *symbols = p.symbols.entries.data;
    for (size_t i = 0; i < p.symbols.count && !slope__parser_failed(&p); i++) {
        if (!symbols[i].is_free)
            continue;
        if (*count < capacity) {
            name[*count] = (slope_name){.position = symbols[i].position};
            memcpy(name[*count].name, symbols[i].name, symbols[i].length);
        }
        ++*count;
    }
    return finish_parse(&p, error);
}
