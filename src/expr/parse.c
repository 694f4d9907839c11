/* SPDX-License-Identifier: MIT */
/*
 * Tokens to values: operator precedence with two stacks in the heap, so that nesting costs no C stack.
 *
 *     values     operands that are computed already
 *     pending    operators and open brackets that wait for their right-hand side
 *
 * The parser is always in one of two states, wanting an operand or wanting an operator.  Without a tape it computes on plain
 * numbers and collects the names that are used but not defined.
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
    int wants_operand;
} parser;

static int has_failed(const parser *p) { return p->text.error.status != SLOPE_OK; }

static void fail_memory(parser *p, size_t position)
{
    slope__complain(&p->text, SLOPE_ERR_MEMORY, position, 1, "there is not enough memory to read this");
}

/* ------------------------------------------------------------------------------------------------------ the stacks */

static void push_value(parser *p, slope_value v, size_t position)
{
    if (slope__block_reserve(&p->allocator, &p->value_block, p->value_count + 1, sizeof *p->values)) {
        fail_memory(p, position);
        return;
    }
    p->values = p->value_block.data;
    p->values[p->value_count++] = v;
}

static void push_pending(parser *p, pending entry)
{
    if (p->waiting_count >= SLOPE_PARSE_MAX_DEPTH) {
        slope__complain(&p->text, SLOPE_ERR_LIMIT, entry.position, entry.length,
                        "this is nested deeper than %d levels: give parts of it a name in statements of their own",
                        SLOPE_PARSE_MAX_DEPTH);
        return;
    }
    if (slope__block_reserve(&p->allocator, &p->pending_block, p->waiting_count + 1, sizeof *p->waiting)) {
        fail_memory(p, entry.position);
        return;
    }
    p->waiting = p->pending_block.data;
    p->waiting[p->waiting_count++] = entry;
}

static pending *top(parser *p) { return p->waiting_count ? &p->waiting[p->waiting_count - 1] : NULL; }

/* Records op on the n topmost values and puts its result in their place. */
static void apply(parser *p, slope_op op, size_t n, size_t position, size_t length)
{
    const slope_value v = slope_apply(op, n, p->values + p->value_count - n);
    p->value_count -= n;
    if (slope_is_null(v)) {
        const slope_status status = p->tape ? slope_tape_status(p->tape) : SLOPE_ERR_MEMORY;
        slope__complain(&p->text, status ? status : SLOPE_ERR_MEMORY, position, length, "%.160s",
                        status ? slope_tape_error(p->tape)->message : "there is not enough memory to read this");
    } else {
        push_value(p, v, position);
    }
}

/* Computes the topmost operator. */
static void reduce(parser *p)
{
    const pending entry = p->waiting[--p->waiting_count];
    if (entry.kind == K_QUESTION)
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, entry.position, 1,
                        "this ? needs a : and a second choice, as in c ? a : b");
    else
        apply(p, entry.op, entry.kind == K_COLON ? 3 : entry.kind == K_UNARY ? 1 : 2, entry.position, entry.length);
}

/* Computes what binds tighter than `precedence`, or as tight if `left`, down to the nearest bracket. */
static void reduce_tighter(parser *p, enum precedence precedence, int left)
{
    while (!has_failed(p) && top(p) && top(p)->precedence != P_BRACKET &&
           (top(p)->precedence > precedence || (left && top(p)->precedence == precedence)))
        reduce(p);
}

/* ------------------------------------------------------------------------------------------------------- operands */

static void complain_name(parser *p, const slope__token *token, const char *what)
{
    const char *name = p->text.data + token->start;
    slope_parse_error *error = &p->text.error;
    if (has_failed(p))
        return;
    slope__nearest(&p->symbols, name, token->length, error->nearest, sizeof error->nearest);
    slope__complain(&p->text, SLOPE_ERR_NAME, token->start, token->length, "%s '%.*s'%s%s%s", what, (int)token->length,
                    name, error->nearest[0] ? ": did you mean " : "", error->nearest, error->nearest[0] ? "?" : "");
}

/* The next byte that is not blank, without reading on. */
static int next_byte(const parser *p)
{
    size_t at = p->text.at;
    while (at < p->text.length && (p->text.data[at] == ' ' || p->text.data[at] == '\t'))
        at++;
    return at < p->text.length ? (unsigned char)p->text.data[at] : -1;
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
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length,
                        "%.*s is an operation: write its operand in brackets, %.*s(x)", (int)token->length, name,
                        (int)token->length, name);
    } else if (!p->tape) {
        const slope__symbol fresh = {name, token->length, token->start, slope_number(1.0), 1};
        if (slope__symbol_set(&p->symbols, fresh))
            fail_memory(p, token->start);
        push_value(p, fresh.value, token->start);
    } else {
        complain_name(p, token, "there is no value for the name");
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
    } else {
        complain_name(p, token, "there is no operation called");
    }
}

static const char *describe_wanted(const parser *p)
{
    return p->waiting_count ? "a number, a name, an operation or (" : "an expression";
}

/* What is wrong with a token where an operand should be. */
static void complain_operand(parser *p, const slope__token *token)
{
    pending *open = top(p);
    (void)snprintf(p->text.error.expected, sizeof p->text.error.expected, "%s", describe_wanted(p));
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
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length, "a value is missing before '%.*s'",
                        found_length, found);
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
        top(p)->kind = K_COLON;
    else
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, 1, "this : has no ? before it, as in c ? a : b");
    p->wants_operand = 1;
}

/* Is n a number of operands that the operation takes?  Complains if not. */
static int check_count(parser *p, const pending *call, size_t n)
{
    const slope_op_info *info = slope_op_describe(call->op);
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
        p->waiting_count--;
        apply(p, call.op, n, call.position, token->start - call.position + 1);
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
        p->waiting_count--;
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

/* Two operands side by side. */
static void complain_juxtaposed(parser *p, const slope__token *token)
{
    size_t before = token->start;
    while (before > 0 && (p->text.data[before - 1] == ' ' || p->text.data[before - 1] == '\t'))
        before--;
    size_t begin = before;
    while (begin > 0 && (p->text.data[begin - 1] == '_' || p->text.data[begin - 1] == '.' ||
                         (unsigned char)(p->text.data[begin - 1] - '0') < 10 ||
                         (unsigned char)((p->text.data[begin - 1] | 32) - 'a') < 26))
        begin--;
    const int left = before - begin <= 20 ? (int)(before - begin) : 0,
              right = token->length <= 20 ? (int)token->length : 0;
    (void)snprintf(p->text.error.expected, sizeof p->text.error.expected, "an operator");
    if (left && token->sign != '(')
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length, "for a product write %.*s*%.*s", left,
                        p->text.data + begin, right, p->text.data + token->start);
    else if (left)
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, 1, "for a product write %.*s*(...)", left,
                        p->text.data + begin);
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

static int is_inside_brackets(const parser *p)
{
    for (size_t i = p->waiting_count; i-- > 0;) {
        if (p->waiting[i].precedence == P_BRACKET)
            return 1;
    }
    return 0;
}

/* The end of a statement: everything that waits is computed; what is left is one value. */
static void finish_expression(parser *p, const slope__token *token)
{
    if (p->wants_operand) {
        complain_operand(p, token);
        return;
    }
    reduce_tighter(p, P_BRACKET, 0);
    if (!has_failed(p) && top(p))
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, top(p)->position, top(p)->length,
                        top(p)->kind == K_CALL ? "this operation is never closed: a ) is missing"
                                               : "this ( is never closed: a ) is missing");
}

/* If a statement begins with `name =`, reads both and returns the name; else reads nothing and returns no token. */
static slope__token read_target(parser *p)
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
        fail_memory(p, name->start);
        return;
    }
    slope_node node;
    if (!slope__is_node(v) || v.node.id < first_node || slope_inspect(v, &node) != SLOPE_OK || node.label)
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
    const slope__token target = read_target(p);
    p->value_count = p->waiting_count = 0;
    p->wants_operand = 1;
    int is_empty = target.kind == SLOPE__TOKEN_END;
    while (!has_failed(p)) {
        const slope__token token = slope__next_token(&p->text);
        const int ends = token.kind == SLOPE__TOKEN_END || (token.kind == SLOPE__TOKEN_SIGN && token.sign == ';');
        if (token.kind == SLOPE__TOKEN_NEWLINE && !is_empty && (p->wants_operand || is_inside_brackets(p)))
            continue; /* an unfinished line goes on */
        if (ends || token.kind == SLOPE__TOKEN_NEWLINE) {
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

static slope_value read_text(parser *p)
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
static slope_status finish(parser *p, slope_parse_error *error)
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

slope_status slope_parse(slope_tape *tape, const char *text, size_t length, size_t n, const slope_binding bindings[],
                         slope_value *result, slope_parse_error *error)
{
    if (result)
        *result = (slope_value){0};
    if (!tape || !text || !result || (n && !bindings))
        return refuse(error, SLOPE_ERR_ARGUMENT, "slope_parse needs a tape, a text and a place for the result");
    if (slope_tape_status(tape))
        return refuse(error, slope_tape_status(tape), slope_tape_error(tape)->message);
    parser p = make_parser(tape, text, length, tape->allocator);
    const slope_mark mark = slope_tape_mark(tape);
    for (size_t i = 0; i < n && !has_failed(&p); i++) {
        if (!bindings[i].name)
            slope__complain(&p.text, SLOPE_ERR_ARGUMENT, 0, 1, "binding number %zu has no name", i + 1);
        else if (slope__symbol_set(
                     &p.symbols, (slope__symbol){bindings[i].name, strlen(bindings[i].name), 0, bindings[i].value, 0}))
            fail_memory(&p, 0);
    }
    const slope_value value = read_text(&p);
    if (!has_failed(&p) && slope_tape_status(tape))
        slope__complain(&p.text, slope_tape_status(tape), 0, 1, "%.160s", slope_tape_error(tape)->message);
    if (has_failed(&p)) {
        const slope_status rewound = slope_tape_rewind(tape, mark);
        (void)
            rewound; /* can only fail for want of memory: then what was recorded stays, which the complaint outlives */
    } else {
        *result = value;
    }
    return finish(&p, error);
}

slope_status slope_parse_names(const char *text, size_t length, size_t capacity, slope_name name[], size_t *count,
                               slope_parse_error *error)
{
    if (count)
        *count = 0;
    if (!text || !count || (capacity && !name))
        return refuse(error, SLOPE_ERR_ARGUMENT, "slope_parse_names needs a text and a place for the count");
    parser p = make_parser(NULL, text, length, slope_allocator_default());
    (void)read_text(&p);
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
    return finish(&p, error);
}
