/* SPDX-License-Identifier: MIT */
/*
 * Tokens to values: operator precedence with two stacks in the heap, so that nesting costs no C stack.
 *
 *     values     operands that are computed already
 *     pending    operators and open brackets that wait for their right-hand side
 *
 * The parser is always in one of two states, wanting an operand or wanting an operator.  Without a tape it computes on
 * plain numbers and collects the names that are used but not defined.
 */
#include <stdio.h>
#include <string.h>

#include "expr/expr.h"
#include "tape/tape.h"

/* From loose to tight; those of comparisons can't be chained. */
enum precedence { P_BRACKET, P_CHOICE, P_EQUALITY, P_ORDER, P_SUM, P_PRODUCT, P_SIGN, P_POWER };

enum kind { K_UNARY, K_BINARY, K_BRACKET, K_CALL, K_QUESTION, K_COLON };

/* Something that waits.  A call remembers how many operands are complete. */
typedef struct pending {
    enum kind kind;
    enum precedence precedence;
    slope_op op;
    size_t position, length;
    size_t operands;
} pending;

typedef struct parser {
    slope__text text;
    slope_tape *tape; /* NULL: collecting names */
    slope__symbols symbols;
    slope_allocator allocator;
    slope__block value_block, pending_block;
    slope_value *values;
    pending *waiting;
    size_t value_count, waiting_count;
    size_t brackets, questions;       /* how many of those wait */
    int wants_operand, is_line_begin; /* does a line with a line above it begin here? */
} parser;

static int has_failed(const parser *p) { return p->text.error.status != SLOPE_OK; }

static void starve(parser *p, size_t position)
{
    slope__complain(&p->text, SLOPE_ERR_MEMORY, position, 1, "there is not enough memory to read this");
}

/* ------------------------------------------------------------------------------------------------------ the stacks */

static void push_value(parser *p, slope_value v, size_t position)
{
    if (slope__block_reserve(&p->allocator, &p->value_block, p->value_count + 1, sizeof *p->values)) {
        starve(p, position);
        return;
    }
    p->values = p->value_block.data;
    p->values[p->value_count++] = v;
}

static void push_pending(parser *p, pending entry)
{
    enum { MOST_IN_A_LEVEL = P_POWER - P_BRACKET }; /* a bracket may wait behind an operator of each precedence */
    const size_t brackets = p->brackets + (entry.precedence == P_BRACKET);
    if (brackets > SLOPE_PARSE_MAX_DEPTH || p->waiting_count >= SLOPE_PARSE_MAX_DEPTH * (1 + MOST_IN_A_LEVEL)) {
        slope__complain(&p->text, SLOPE_ERR_LIMIT, entry.position, entry.length,
                        "this is nested deeper than %d levels: give parts of it a name in statements of their own",
                        SLOPE_PARSE_MAX_DEPTH);
        return;
    }
    if (slope__block_reserve(&p->allocator, &p->pending_block, p->waiting_count + 1, sizeof *p->waiting)) {
        starve(p, entry.position);
        return;
    }
    p->waiting = p->pending_block.data;
    p->waiting[p->waiting_count++] = entry;
    p->brackets = brackets;
    p->questions += entry.kind == K_QUESTION;
}

static pending pop_pending(parser *p)
{
    const pending entry = p->waiting[--p->waiting_count];
    p->brackets -= entry.precedence == P_BRACKET;
    p->questions -= entry.kind == K_QUESTION;
    return entry;
}

static pending *top(parser *p) { return p->waiting_count ? &p->waiting[p->waiting_count - 1] : NULL; }

/* Records op on the n topmost values and puts its result in their place. */
static void apply_operation(parser *p, slope_op op, size_t n, size_t position, size_t length)
{
    const slope_value v = slope_apply(op, n, p->values + p->value_count - n);
    const slope_status status = p->tape ? slope_tape_status(p->tape) : SLOPE_OK;
    p->value_count -= n;
    if (status) /* also where there is a value: a tape may trap those that aren't finite */
        slope__complain(&p->text, status, position, length, "%.190s", slope_tape_error(p->tape)->message);
    else if (slope_is_null(v))
        starve(p, position);
    else
        push_value(p, v, position);
}

/* Computes the topmost operator. */
static void reduce(parser *p)
{
    const pending entry = pop_pending(p);
    if (entry.kind == K_QUESTION) {
        slope__expect(&p->text, ":");
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, entry.position, 1,
                        "this ? needs a : and a second choice, as in c ? a : b");
    } else {
        apply_operation(p, entry.op,
                        entry.kind == K_COLON   ? 3
                        : entry.kind == K_UNARY ? 1
                                                : 2,
                        entry.position, entry.length);
    }
}

/* Computes what binds tighter than `precedence`, or as tight if `left`, down to the nearest bracket. */
static void reduce_tighter(parser *p, enum precedence precedence, int left)
{
    while (!has_failed(p) && top(p) && top(p)->precedence != P_BRACKET &&
           (top(p)->precedence > precedence || (left && top(p)->precedence == precedence)))
        reduce(p);
}

/* ------------------------------------------------------------------------------------------------------- operands */

/* A name that is neither a symbol nor a constant, or in a call no operation. */
static void complain_name(parser *p, const slope__token *token, int is_call)
{
    const char *name = p->text.data + token->start, *what = is_call ? "operation called" : "value for the name";
    const char *form = slope__elsewhere(name, token->length);
    char nearest[sizeof p->text.error.nearest];
    const int length = (int)token->length;
    if (has_failed(p))
        return;
    slope__nearest(&p->symbols, name, token->length, is_call, nearest, sizeof nearest);
    if (nearest[0])
        slope__complain(&p->text, SLOPE_ERR_NAME, token->start, token->length,
                        "there is no %s '%.*s': did you mean %s?", what, length, name, nearest);
    else if (form)
        slope__complain(&p->text, SLOPE_ERR_NAME, token->start, token->length, "there is no %s '%.*s': write %s", what,
                        length, name, form);
    else if (is_call)
        slope__complain(&p->text, SLOPE_ERR_NAME, token->start, token->length,
                        "there is no %s '%.*s': for a product write %.*s*(...)", what, length, name, length, name);
    else
        slope__complain(&p->text, SLOPE_ERR_NAME, token->start, token->length, "there is no %s '%.*s'", what, length,
                        name);
    memcpy(p->text.error.nearest, nearest, sizeof nearest);
}

/* The next byte that is not blank, without reading on. */
static int next_byte(const parser *p)
{
    size_t at = p->text.at;
    while (at < p->text.length && (p->text.data[at] == ' ' || p->text.data[at] == '\t'))
        at++;
    return at < p->text.length ? (unsigned char)p->text.data[at] : -1;
}

/* Does the text go on with `(...) =`, as where a function is defined? */
static int defines_function(const parser *p)
{
    slope__text ahead = {.data = p->text.data, .length = p->text.length, .at = p->text.at};
    slope__token token = slope__next_token(&ahead);
    while (token.kind == SLOPE__TOKEN_NAME ||
           (token.kind == SLOPE__TOKEN_SIGN && (token.sign == '(' || token.sign == ',')))
        token = slope__next_token(&ahead);
    if (token.kind != SLOPE__TOKEN_SIGN || token.sign != ')')
        return 0;
    token = slope__next_token(&ahead);
    return token.kind == SLOPE__TOKEN_SIGN && token.sign == '=';
}

/* What goes between the brackets of an operation. */
static const char *operands_text(slope_op op)
{
    const int arity = slope_op_describe(op)->arity;
    return arity == 1 ? "x" : arity == 2 ? "x, y" : arity == 3 ? "x, y, z" : "x, y, ...";
}

static void read_variable(parser *p, const slope__token *token)
{
    const char *name = p->text.data + token->start;
    const slope__symbol *symbol = slope__symbol_find(&p->symbols, name, token->length);
    double constant;
    if (symbol) {
        push_value(p, symbol->value, token->start);
    } else if (slope__constant(name, token->length, &constant)) {
        push_value(p, slope_number(constant), token->start);
    } else if (slope__operation(name, token->length)) {
        slope__expect(&p->text, "(");
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length,
                        "%.*s is an operation: write its operands in brackets, %.*s(%s)", (int)token->length, name,
                        (int)token->length, name, operands_text(slope__operation(name, token->length)));
    } else if (!p->tape) {
        const slope__symbol fresh = {name, token->length, token->start, slope_number(1.0), 1};
        if (slope__symbol_set(&p->symbols, fresh))
            starve(p, token->start);
        push_value(p, fresh.value, token->start);
    } else {
        complain_name(p, token, 0);
    }
    p->wants_operand = 0;
}

static void read_call(parser *p, const slope__token *token)
{
    const char *name = p->text.data + token->start;
    const slope_op op = slope__operation(name, token->length);
    double constant;
    if (op) {
        push_pending(p, (pending){K_CALL, P_BRACKET, op, token->start, token->length, 0});
        (void)slope__next_token(&p->text); /* the bracket */
    } else if (slope__symbol_find(&p->symbols, name, token->length) ||
               slope__constant(name, token->length, &constant)) {
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length,
                        "%.*s is a value, not an operation: for a product write %.*s*(...)", (int)token->length, name,
                        (int)token->length, name);
    } else if (defines_function(p)) {
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length,
                        "functions can't be defined: give the value a name, %.*s = ...", (int)token->length, name);
    } else {
        complain_name(p, token, 1);
    }
}

static const char *describe_wanted(const parser *p)
{
    return p->waiting_count ? "a number, a name, an operation or (" : "an expression";
}

/* What is wrong with a token where an operand should be. */
static void complain_operand(parser *p, const slope__token *token)
{
    const pending *open = top(p);
    const int is_first = !open && p->is_line_begin;
    slope__expect(&p->text, describe_wanted(p));
    const char *found = token->kind == SLOPE__TOKEN_SIGN ? p->text.data + token->start : "";
    const int found_length = token->kind == SLOPE__TOKEN_SIGN ? (int)token->length : 0;
    if (open && open->kind == K_BRACKET && token->sign == ')')
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, open->position, token->start - open->position + 1,
                        "there is nothing between these brackets");
    else if (open && open->kind != K_BRACKET && open->kind != K_CALL)
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, found_length ? token->start : open->position,
                        found_length ? token->length : open->length, "a value is missing after '%.*s'",
                        (int)open->length, p->text.data + open->position);
    else if (found_length)
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length, "a value is missing before '%.*s'%s",
                        found_length, found,
                        is_first ? ": to continue a line, end it with the operator or put it in brackets" : "");
    else if (open)
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, open->position, open->length,
                        "this is never closed: a ) is missing");
    else
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, 1, "there is no expression here");
}

static void close_call(parser *p, const slope__token *token);

/* A token where an operand is wanted. */
static void read_operand(parser *p, const slope__token *token)
{
    if (token->kind == SLOPE__TOKEN_NUMBER) {
        push_value(p, slope_number(token->number), token->start);
        p->wants_operand = 0;
    } else if (token->kind == SLOPE__TOKEN_NAME) {
        if (next_byte(p) == '(')
            read_call(p, token);
        else
            read_variable(p, token);
    } else if (token->sign == '(') {
        push_pending(p, (pending){K_BRACKET, P_BRACKET, SLOPE_OP_NONE, token->start, 1, 0});
    } else if (token->sign == '-') {
        push_pending(p, (pending){K_UNARY, P_SIGN, SLOPE_OP_NEG, token->start, 1, 0});
    } else if (token->sign == ')' && top(p) && top(p)->kind == K_CALL && top(p)->operands == 0) {
        close_call(p, token);        /* it says how many operands are missing */
    } else if (token->sign != '+') { /* a plus before an operand changes nothing */
        complain_operand(p, token);
    }
}

/* ------------------------------------------------------------------------------------------------------ operators */

typedef struct binary {
    int sign;
    slope_op op;
    enum precedence precedence;
} binary;

static const binary *binary_of(int sign)
{
    static const binary operators[] = {
        {'+', SLOPE_OP_ADD, P_SUM},           {'-', SLOPE_OP_SUB, P_SUM},           {'*', SLOPE_OP_MUL, P_PRODUCT},
        {'/', SLOPE_OP_DIV, P_PRODUCT},       {'^', SLOPE_OP_POW, P_POWER},         {'<', SLOPE_OP_LT, P_ORDER},
        {'>', SLOPE_OP_GT, P_ORDER},          {SLOPE__LE, SLOPE_OP_LE, P_ORDER},    {SLOPE__GE, SLOPE_OP_GE, P_ORDER},
        {SLOPE__EQ, SLOPE_OP_EQ, P_EQUALITY}, {SLOPE__NE, SLOPE_OP_NE, P_EQUALITY},
    };
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (operators[i].sign == sign)
            return &operators[i];
    }
    return NULL;
}

static void read_binary(parser *p, const slope__token *token, const binary *operator)
{
    reduce_tighter(p, operator->precedence, 0);
    const int chained = operator->precedence == P_ORDER || operator->precedence == P_EQUALITY;
    if (chained && top(p) && top(p)->precedence == operator->precedence)
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length,
                        "comparisons can't be chained: write (a < b) * (b < c)");
    if (operator->precedence != P_POWER) /* all but powers group from the left */
        reduce_tighter(p, operator->precedence, 1);
    if (!has_failed(p))
        push_pending(p, (pending){K_BINARY, operator->precedence, operator->op, token->start, token->length, 0});
    p->wants_operand = 1;
}

static void read_question(parser *p, const slope__token *token)
{
    reduce_tighter(p, P_CHOICE, 0);
    if (!has_failed(p))
        push_pending(p, (pending){K_QUESTION, P_CHOICE, SLOPE_OP_SELECT, token->start, 1, 0});
    p->wants_operand = 1;
}

static void read_colon(parser *p, const slope__token *token)
{
    while (!has_failed(p) && top(p) && top(p)->precedence != P_BRACKET && top(p)->kind != K_QUESTION)
        reduce(p);
    if (top(p) && top(p)->kind == K_QUESTION)
        top(p)->kind = K_COLON, p->questions--;
    else
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, 1, "this : has no ? before it, as in c ? a : b");
    p->wants_operand = 1;
}

/* Is n a number of operands that the operation takes?  Complains if not. */
static int check_count(parser *p, const pending *call, size_t n)
{
    const slope_op_info *info = slope_op_describe(call->op);
    if (info->arity >= 0 && !has_failed(p))
        (void)snprintf(p->text.error.expected, sizeof p->text.error.expected, "%d operand%s", info->arity,
                       info->arity == 1 ? "" : "s");
    if (info->arity >= 0 && n != (size_t)info->arity)
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, call->position, call->length, "%s takes %d operand%s, here are %zu",
                        info->name, info->arity, info->arity == 1 ? "" : "s", n);
    else if (n == 0)
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, call->position, call->length, "%s needs at least one operand",
                        info->name);
    else if (call->op == SLOPE_OP_DOT && n % 2)
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, call->position, call->length,
                        "dot takes two vectors of the same length, dot(x1, x2, y1, y2): here are %zu operands", n);
    return !has_failed(p);
}

static void close_call(parser *p, const slope__token *token)
{
    const pending call = *top(p);
    const size_t n = call.operands + !p->wants_operand;
    if (check_count(p, &call, n)) {
        p->text.error.expected[0] = '\0';
        (void)pop_pending(p);
        apply_operation(p, call.op, n, call.position, token->start - call.position + 1);
    }
    p->wants_operand = 0;
}

static void read_close(parser *p, const slope__token *token)
{
    reduce_tighter(p, P_BRACKET, 0);
    if (has_failed(p))
        return;
    if (!top(p))
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, 1,
                        "this ) closes nothing: a ( is missing, or it is one too many");
    else if (top(p)->kind == K_CALL)
        close_call(p, token);
    else
        (void)pop_pending(p);
}

static void read_comma(parser *p, const slope__token *token)
{
    reduce_tighter(p, P_BRACKET, 0);
    if (has_failed(p))
        return;
    if (top(p) && top(p)->kind == K_CALL)
        top(p)->operands++;
    else
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, 1,
                        "a comma separates operands, as in max(a, b); decimals are written with a point");
    p->wants_operand = 1;
}

static int is_word(char c)
{
    return c == '_' || c == '.' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Is this a name with = behind it? */
static int begins_statement(const parser *p, const slope__token *token)
{
    slope__text ahead = {.data = p->text.data, .length = p->text.length, .at = p->text.at};
    const slope__token next = slope__next_token(&ahead);
    return token->kind == SLOPE__TOKEN_NAME && next.kind == SLOPE__TOKEN_SIGN && next.sign == '=';
}

/* Two operands side by side. */
static void complain_juxtaposed(parser *p, const slope__token *token)
{
    size_t end = token->start;
    while (end > 0 && (p->text.data[end - 1] == ' ' || p->text.data[end - 1] == '\t'))
        end--;
    size_t begin = end;
    while (begin > 0 && is_word(p->text.data[begin - 1]))
        begin--;
    const char *word = p->text.data + begin, *right = p->text.data + token->start;
    const int length = end - begin <= 20 ? (int)(end - begin) : 0,
              right_length = token->length <= 20 ? (int)token->length : 0;
    const char *operation = slope__elsewhere(word, end - begin);
    const char *form = token->kind == SLOPE__TOKEN_NAME ? slope__elsewhere(right, token->length) : NULL;
    slope__expect(&p->text, "an operator");
    if (begins_statement(p, token))
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length,
                        "statements are separated by ; or a new line: one is missing before %.*s", right_length, right);
    else if (form && !slope__operation(form, strlen(form)))
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length, "there is no '%.*s': write %s",
                        right_length, right, form);
    else if (operation && slope__operation(operation, strlen(operation)) &&
             !slope__symbol_is_bound(&p->symbols, word, end - begin))
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, begin, end - begin, "there is no '%.*s': write %s(...)", length,
                        word, operation);
    else if (length && token->sign != '(')
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length, "for a product write %.*s*%.*s",
                        length, word, right_length, right);
    else if (length)
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, 1, "for a product write %.*s*(...)", length, word);
    else
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length,
                        "for a product write * between the two");
}

/* A token where an operator is wanted. */
static void read_operator(parser *p, const slope__token *token)
{
    const int sign = token->kind == SLOPE__TOKEN_SIGN ? token->sign : 0;
    if (!sign || sign == '(')
        complain_juxtaposed(p, token);
    else if (binary_of(sign))
        read_binary(p, token, binary_of(sign));
    else if (sign == ')')
        read_close(p, token);
    else if (sign == ',')
        read_comma(p, token);
    else if (sign == '?')
        read_question(p, token);
    else if (sign == ':')
        read_colon(p, token);
    else
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, 1,
                        "= names the result of a statement, as in y = x^2; a comparison is written ==");
}

/* ------------------------------------------------------------------------------------------------------- statements */

/* The end of a statement: everything that waits is computed; what is left is one value. */
static void finish_expression(parser *p, const slope__token *token)
{
    if (p->wants_operand) {
        complain_operand(p, token);
        return;
    }
    reduce_tighter(p, P_BRACKET, 0);
    if (!has_failed(p) && top(p)) {
        slope__expect(&p->text, ")");
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, top(p)->position, top(p)->length,
                        top(p)->kind == K_CALL ? "this operation is never closed: a ) is missing"
                                               : "this ( is never closed: a ) is missing");
    }
}

/* If a statement begins with `name =`, reads both and returns the name; else reads nothing and returns no token. */
static slope__token read_assigned(parser *p)
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
static void define(parser *p, const slope__token *name, slope_value v, size_t first_node)
{
    const slope__symbol symbol = {p->text.data + name->start, name->length, name->start, v, 0};
    if (slope__symbol_set(&p->symbols, symbol)) {
        starve(p, name->start);
        return;
    }
    if (!slope__is_node(v) || v.node.id < first_node)
        return; /* a number, or a node that has its name already: x in `y = x` stays x */
    char label[sizeof((slope_name *)0)->name];
    memcpy(label, symbol.name, symbol.length);
    label[symbol.length] = '\0';
    (void)slope_label(v, label);
}

/* Reads one statement up to its separator; returns 0 at the end of the text.  *result changes unless it was empty. */
static int read_statement(parser *p, slope_value *result)
{
    const size_t first_node = slope_tape_size(p->tape);
    const slope__token target = read_assigned(p);
    p->is_line_begin = p->is_line_begin && target.kind == SLOPE__TOKEN_END;
    p->value_count = p->waiting_count = p->brackets = p->questions = 0;
    p->wants_operand = 1;
    int is_empty = target.kind == SLOPE__TOKEN_END;
    while (!has_failed(p)) {
        const slope__token token = slope__next_token(&p->text);
        const int ends = token.kind == SLOPE__TOKEN_END || (token.kind == SLOPE__TOKEN_SIGN && token.sign == ';');
        if (token.kind == SLOPE__TOKEN_NEWLINE && !is_empty && (p->wants_operand || p->brackets || p->questions))
            continue; /* an unfinished line goes on */
        if (ends || token.kind == SLOPE__TOKEN_NEWLINE) {
            p->is_line_begin = token.kind == SLOPE__TOKEN_NEWLINE && !(is_empty && !p->is_line_begin);
            if (is_empty)
                return token.kind != SLOPE__TOKEN_END;
            finish_expression(p, &token);
            if (!has_failed(p)) {
                *result = p->values[0];
                if (target.kind == SLOPE__TOKEN_NAME)
                    define(p, &target, *result, first_node);
            }
            return token.kind != SLOPE__TOKEN_END;
        }
        is_empty = 0;
        if (token.kind == SLOPE__TOKEN_WRONG)
            break;
        if (p->wants_operand)
            read_operand(p, &token);
        else
            read_operator(p, &token);
    }
    return 0;
}

static slope_value read_program(parser *p)
{
    slope_value result = {0};
    if (p->text.length > SLOPE_PARSE_MAX_BYTES)
        slope__complain(&p->text, SLOPE_ERR_LIMIT, 0, 1, "the text has %zu bytes, more than the %zu that are read",
                        p->text.length, SLOPE_PARSE_MAX_BYTES);
    while (!has_failed(p) && read_statement(p, &result))
        ;
    if (!has_failed(p) && slope_is_null(result))
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, 0, 1, "there is no expression: the text is empty");
    return result;
}

static parser make_parser(slope_tape *tape, const char *text, size_t length, slope_allocator allocator)
{
    return (parser){
        .text = {.data = text, .length = length == SIZE_MAX ? strlen(text) : length},
        .tape = tape,
        .allocator = allocator,
        .symbols = {.allocator = allocator},
    };
}

/* Frees the parser and hands its complaint on. */
static slope_status finish_parse(parser *p, slope_parse_error *error)
{
    slope__block_free(&p->allocator, &p->value_block);
    slope__block_free(&p->allocator, &p->pending_block);
    slope__symbols_free(&p->symbols);
    if (has_failed(p))
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
static void bind(parser *p, const slope_binding *binding, size_t i)
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
    else if (slope__symbol_set(&p->symbols, (slope__symbol){binding->name, strlen(binding->name), 0, v, 0}))
        starve(p, 0);
}

slope_status slope_parse(slope_tape *tape, const char *text, size_t length, size_t n, const slope_binding bindings[],
                         slope_value *result, slope_parse_error *error)
{
    if (result)
        *result = (slope_value){0};
    if (!slope__is_tape(tape) || !text || !result || (n && !bindings))
        return refuse(error, SLOPE_ERR_ARGUMENT, "slope_parse needs a tape, a text and a place for the result");
    if (slope_tape_status(tape))
        return refuse(error, slope_tape_status(tape), slope_tape_error(tape)->message);
    parser p = make_parser(tape, text, length, tape->allocator);
    const slope_mark mark = slope_tape_mark(tape);
    if (slope__reserve_rewind(tape))
        starve(&p, 0);
    for (size_t i = 0; i < n && !has_failed(&p); i++)
        bind(&p, &bindings[i], i);
    const slope_value value = read_program(&p);
    if (!has_failed(&p) && slope_tape_status(tape))
        slope__complain(&p.text, slope_tape_status(tape), 0, 1, "%.190s", slope_tape_error(tape)->message);
    slope_status status = finish_parse(&p, error);
    if (status == SLOPE_OK)
        *result = value;
    else if (slope_tape_rewind(tape, mark) != SLOPE_OK) /* can't be: the room was reserved */
        status = SLOPE_ERR_MEMORY;
    return status;
}

slope_status slope_parse_names(const char *text, size_t length, size_t capacity, slope_name name[], size_t *count,
                               slope_parse_error *error)
{
    if (count)
        *count = 0;
    if (!text || !count || (capacity && !name))
        return refuse(error, SLOPE_ERR_ARGUMENT, "slope_parse_names needs a text and a place for the count");
    parser p = make_parser(NULL, text, length, slope_allocator_default());
    (void)read_program(&p);
    const slope__symbol *symbols = p.symbols.entries.data;
    for (size_t i = 0; i < p.symbols.count && !has_failed(&p); i++) {
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
