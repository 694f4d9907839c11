/* SPDX-License-Identifier: MIT */
/*
 * Functions that a text defines, f(x, y) = x^2 + y, and their calls.
 *
 * A body is looked at where it is defined: names and brackets are checked, nothing is computed.  For a call it is read
 * again with the arguments as its parameters, so that the value is recorded as if it had been written there.  A body
 * may use what was defined before it, and what it uses must not have changed since: nothing depends on where the call
 * stands, and no function can call itself.
 */
#include <string.h>

#include "expr/parser.h"

static const slope__definition *definition(const slope__parser *p, size_t function)
{
    return (const slope__definition *)p->definitions.data + (function - 1);
}

static const slope__call_frame *innermost(const slope__parser *p)
{
    return p->frame_count ? (const slope__call_frame *)p->frames.data + (p->frame_count - 1) : NULL;
}

static int is_text(const slope__parser *p, size_t start, size_t size, const char *name, size_t length)
{
    return size == length && memcmp(p->text.data + start, name, length) == 0;
}

/* ------------------------------------------------------------------------------------------------------ parameters */

/* The place of a name in a list of parameters, n where it is not there. */
static size_t parameter_of(const slope__parser *p, size_t first, size_t n, const char *name, size_t length)
{
    const slope__parameter *parameter = p->parameters.data;
    size_t k = 0;
    while (k < n && !is_text(p, parameter[first + k].start, parameter[first + k].length, name, length))
        k++;
    return k;
}

int slope__find_parameter(const slope__parser *p, const char *name, size_t length, slope_value *value)
{
    const slope__call_frame *frame = innermost(p);
    if (!frame && p->defining.kind != SLOPE__TOKEN_NAME)
        return 0;
    /* what is looked at is the last function in the list */
    const slope__definition *d = definition(p, frame ? frame->function : p->definition_count);
    const size_t k = parameter_of(p, d->first, d->parameters, name, length);
    if (k == d->parameters)
        return 0;
    *value = frame ? p->values[frame->arguments + k] : slope_number(1.0);
    return 1;
}

static void add_parameter(slope__parser *p, slope__definition *d, const slope__token *token)
{
    const char *name = p->text.data + token->start;
    if (slope__operation(name, token->length))
        slope__complain(&p->text, SLOPE_ERR_NAME, token->start, token->length,
                        "%.*s is the name of an operation: choose another one", (int)token->length, name);
    else if (parameter_of(p, d->first, d->parameters, name, token->length) < d->parameters)
        slope__complain(&p->text, SLOPE_ERR_NAME, token->start, token->length, "there are two parameters %.*s",
                        (int)token->length, name);
    else if (slope__block_reserve(&p->allocator, &p->parameters, p->parameter_count + 1, sizeof(slope__parameter)))
        slope__parser_starve(p, token->start);
    else {
        ((slope__parameter *)p->parameters.data)[p->parameter_count++] =
            (slope__parameter){token->start, token->length};
        d->parameters++;
    }
}

/* ------------------------------------------------------------------------------------------------------ definitions */

/* The next token that is not the end of a line. */
static slope__token next_in_brackets(slope__text *text)
{
    slope__token token;
    do
        token = slope__next_token(text);
    while (token.kind == SLOPE__TOKEN_NEWLINE);
    return token;
}

static int is_sign(const slope__token *token, int sign)
{
    return token->kind == SLOPE__TOKEN_SIGN && token->sign == sign;
}

int slope__defines_function(const slope__parser *p)
{
    slope__text ahead = {.data = p->text.data, .length = p->text.length, .at = p->text.at};
    slope__token token = slope__next_token(&ahead);
    if (!is_sign(&token, '('))
        return 0;
    do
        token = next_in_brackets(&ahead);
    while (token.kind == SLOPE__TOKEN_NAME || is_sign(&token, ','));
    if (!is_sign(&token, ')'))
        return 0;
    token = slope__next_token(&ahead);
    return is_sign(&token, '=');
}

static void complain_head(slope__parser *p, const slope__token *token, const char *what)
{
    slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length ? token->length : 1,
                    "%s, as in f(x, y) = ...", what);
}

/* The list of parameters between the brackets and the = behind it. */
static void read_heading(slope__parser *p, slope__definition *d)
{
    slope__token token = slope__next_token(&p->text); /* the ( */
    do {
        token = next_in_brackets(&p->text);
        if (token.kind == SLOPE__TOKEN_NAME)
            add_parameter(p, d, &token);
        else
            complain_head(p, &token, "the name of a parameter belongs here");
        token = next_in_brackets(&p->text);
    } while (!slope__parser_failed(p) && is_sign(&token, ','));
    if (!slope__parser_failed(p) && !is_sign(&token, ')'))
        complain_head(p, &token, "parameters are separated by commas");
    (void)slope__next_token(&p->text); /* the = */
}

int slope__begin_definition(slope__parser *p)
{
    const slope__text before = p->text;
    const slope__token name = slope__next_token(&p->text);
    if (name.kind != SLOPE__TOKEN_NAME || !slope__defines_function(p)) {
        p->text = before;
        return 0;
    }
    if (slope__operation(p->text.data + name.start, name.length))
        slope__complain(&p->text, SLOPE_ERR_NAME, name.start, name.length,
                        "%.*s is the name of an operation: choose another one", (int)name.length,
                        p->text.data + name.start);
    slope__definition d = {.first = p->parameter_count, .statement = p->statement};
    read_heading(p, &d);
    d.begin = p->text.at;
    if (!slope__parser_failed(p) &&
        slope__block_reserve(&p->allocator, &p->definitions, p->definition_count + 1, sizeof d))
        slope__parser_starve(p, name.start);
    if (slope__parser_failed(p))
        return 1;
    ((slope__definition *)p->definitions.data)[p->definition_count++] = d;
    p->defining = name;
    return 1;
}

void slope__end_definition(slope__parser *p, size_t end)
{
    const slope__token name = p->defining;
    ((slope__definition *)p->definitions.data)[p->definition_count - 1].end = end;
    p->defining = (slope__token){.kind = SLOPE__TOKEN_END};
    const slope__symbol symbol = {.name = p->text.data + name.start,
                                  .length = name.length,
                                  .position = name.start,
                                  .statement = p->statement,
                                  .function = p->definition_count};
    if (slope__symbol_set(&p->symbols, symbol))
        slope__parser_starve(p, name.start);
}

/* ------------------------------------------------------------------------------------------------------------ calls */

int slope__check_age(slope__parser *p, const slope__symbol *symbol, const slope__token *token)
{
    const slope__call_frame *frame = innermost(p);
    if (!frame || symbol->statement < definition(p, frame->function)->statement)
        return 1;
    slope__complain(&p->text, SLOPE_ERR_NAME, token->start, token->length,
                    "%.*s has changed since this function was defined: make it a parameter", (int)token->length,
                    p->text.data + token->start);
    return 0;
}

/* Are there as many arguments as parameters?  Complains if not. */
static int check_arguments(slope__parser *p, const slope__pending *call, size_t n)
{
    const size_t wanted = definition(p, call->function)->parameters;
    if (n != wanted)
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, call->position, call->length,
                        "%.*s takes %zu argument%s, here are %zu", (int)call->length, p->text.data + call->position,
                        wanted, wanted == 1 ? "" : "s", n);
    return n == wanted;
}

void slope__begin_body(slope__parser *p, const slope__pending *call, size_t n)
{
    if (!check_arguments(p, call, n))
        return;
    const slope__definition *d = definition(p, call->function);
    const slope__pending body = {
        .kind = K_BODY, .precedence = P_BRACKET, .position = call->position, .length = call->length};
    const slope__call_frame frame = {call->function, p->value_count - n, p->text.at, p->text.length};
    (void)slope__pop_pending(p);
    if (!p->tape || p->defining.kind == SLOPE__TOKEN_NAME) { /* nothing is computed */
        p->value_count -= n;
        slope__push_value(p, slope_number(1.0), body.position);
        p->wants_operand = 0;
        return;
    }
    p->body_bytes += d->end - d->begin;
    if (p->body_bytes > SLOPE_PARSE_MAX_BODIES)
        slope__complain(&p->text, SLOPE_ERR_LIMIT, body.position, body.length,
                        "the bodies of all calls, written out, have more than the %zu bytes that are read",
                        SLOPE_PARSE_MAX_BODIES);
    slope__push_pending(p, body);
    if (slope__block_reserve(&p->allocator, &p->frames, p->frame_count + 1, sizeof frame))
        slope__parser_starve(p, body.position);
    if (slope__parser_failed(p))
        return;
    ((slope__call_frame *)p->frames.data)[p->frame_count++] = frame;
    p->text.at = d->begin;
    p->text.length = d->end;
    p->wants_operand = 1;
}

void slope__end_body(slope__parser *p)
{
    const slope__call_frame frame = *innermost(p);
    p->frame_count--;
    (void)slope__pop_pending(p);
    p->values[frame.arguments] = p->values[p->value_count - 1];
    p->value_count = frame.arguments + 1;
    p->text.at = frame.resume;
    p->text.length = frame.length;
    p->wants_operand = 0;
}
