/* SPDX-License-Identifier: MIT */
/*
 * Tokens to values: operator precedence with two stacks in the heap, so that nesting costs no C stack.
 *
 *     values     operands that are computed already
 *     pending    operators and open brackets that wait for their right-hand side
 *
 * The parser is always in one of two states, wanting an operand or wanting an operator.  Without a tape it computes on
 * plain numbers and collects the names that are used but not defined; where the body of a function is defined it
 * computes nothing at all.
 */
#include <stdio.h>
#include <string.h>

#include "expr/parser.h"

void slope__parser_starve(slope__parser *p, size_t position)
{
    slope__complain(&p->text, SLOPE_ERR_MEMORY, position, 1, "there is not enough memory to read this");
}

/* ------------------------------------------------------------------------------------------------------ the stacks */

void slope__push_value(slope__parser *p, slope_value v, size_t position)
{
    if (slope__block_reserve(&p->allocator, &p->value_block, p->value_count + 1, sizeof *p->values)) {
        slope__parser_starve(p, position);
        return;
    }
    p->values = p->value_block.data;
    p->values[p->value_count++] = v;
}

void slope__push_pending(slope__parser *p, slope__pending entry)
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
        slope__parser_starve(p, entry.position);
        return;
    }
    p->waiting = p->pending_block.data;
    p->waiting[p->waiting_count++] = entry;
    p->brackets = brackets;
    p->questions += entry.kind == K_QUESTION;
}

slope__pending slope__pop_pending(slope__parser *p)
{
    const slope__pending entry = p->waiting[--p->waiting_count];
    p->brackets -= entry.precedence == P_BRACKET;
    p->questions -= entry.kind == K_QUESTION;
    return entry;
}

static slope__pending *top(slope__parser *p) { return p->waiting_count ? &p->waiting[p->waiting_count - 1] : NULL; }

/* Records op on the n topmost values and puts its result in their place. */
static void apply_operation(slope__parser *p, slope_op op, size_t n, size_t position, size_t length)
{
    const int computes = p->defining.kind != SLOPE__TOKEN_NAME;
    const slope_value v = computes ? slope_apply(op, n, p->values + p->value_count - n) : slope_number(1.0);
    const slope_status status = p->tape ? slope_tape_status(p->tape) : SLOPE_OK;
    p->value_count -= n;
    if (status) /* also where there is a value: a tape may trap those that aren't finite */
        slope__complain(&p->text, status, position, length, "%.190s", slope_tape_error(p->tape)->message);
    else if (slope_is_null(v))
        slope__parser_starve(p, position);
    else
        slope__push_value(p, v, position);
}

/* Computes the topmost operator. */
static void reduce(slope__parser *p)
{
    const slope__pending entry = slope__pop_pending(p);
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
static void reduce_tighter(slope__parser *p, enum slope__precedence precedence, int left)
{
    while (!slope__parser_failed(p) && top(p) && top(p)->precedence != P_BRACKET &&
           (top(p)->precedence > precedence || (left && top(p)->precedence == precedence)))
        reduce(p);
}

/* ------------------------------------------------------------------------------------------------------- operands */

/* A name that is neither a symbol nor a constant, or in a call no operation. */
static void complain_name(slope__parser *p, const slope__token *token, int is_call)
{
    const char *name = p->text.data + token->start, *what = is_call ? "operation called" : "value for the name";
    const char *form = slope__elsewhere(name, token->length);
    char nearest[sizeof p->text.error.nearest];
    const int length = (int)token->length;
    if (slope__parser_failed(p))
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
static int next_byte(const slope__parser *p)
{
    size_t at = p->text.at;
    while (at < p->text.length && (p->text.data[at] == ' ' || p->text.data[at] == '\t'))
        at++;
    return at < p->text.length ? (unsigned char)p->text.data[at] : -1;
}

/* What goes between the brackets of an operation. */
static const char *operands_text(slope_op op)
{
    const int arity = slope_op_describe(op)->arity;
    return arity == 1 ? "x" : arity == 2 ? "x, y" : arity == 3 ? "x, y, z" : "x, y, ...";
}

static void read_variable(slope__parser *p, const slope__token *token)
{
    const char *name = p->text.data + token->start;
    const slope__symbol *symbol = slope__symbol_find(&p->symbols, name, token->length);
    slope_value argument;
    double constant;
    if (slope__find_parameter(p, name, token->length, &argument)) {
        slope__push_value(p, argument, token->start);
    } else if (symbol && symbol->function) {
        slope__expect(&p->text, "(");
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length,
                        "%.*s is a function: write its arguments in brackets, %.*s(...)", (int)token->length, name,
                        (int)token->length, name);
    } else if (symbol) {
        if (slope__check_age(p, symbol, token))
            slope__push_value(p, symbol->value, token->start);
    } else if (slope__constant(name, token->length, &constant)) {
        slope__push_value(p, slope_number(constant), token->start);
    } else if (slope__operation(name, token->length)) {
        slope__expect(&p->text, "(");
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length,
                        "%.*s is an operation: write its operands in brackets, %.*s(%s)", (int)token->length, name,
                        (int)token->length, name, operands_text(slope__operation(name, token->length)));
    } else if (!p->tape) {
        const slope__symbol fresh = {name, token->length, token->start, slope_number(1.0), 1, 0, 0};
        if (slope__symbol_set(&p->symbols, fresh))
            slope__parser_starve(p, token->start);
        slope__push_value(p, fresh.value, token->start);
    } else {
        complain_name(p, token, 0);
    }
    p->wants_operand = 0;
}

/* Is this the name of the function whose body is looked at? */
static int calls_itself(const slope__parser *p, const slope__token *token)
{
    return p->defining.kind == SLOPE__TOKEN_NAME && p->defining.length == token->length &&
           memcmp(p->text.data + p->defining.start, p->text.data + token->start, token->length) == 0;
}

static void read_call(slope__parser *p, const slope__token *token)
{
    const char *name = p->text.data + token->start;
    const int length = (int)token->length;
    const slope_op op = slope__operation(name, token->length);
    const slope__symbol *symbol = slope__symbol_find(&p->symbols, name, token->length);
    slope_value argument;
    double constant;
    const int is_value = slope__find_parameter(p, name, token->length, &argument) || (symbol && !symbol->function) ||
                         slope__constant(name, token->length, &constant);
    if (calls_itself(p, token)) {
        slope__complain(&p->text, SLOPE_ERR_NAME, token->start, token->length, "%.*s can't call itself", length, name);
    } else if (op || (symbol && symbol->function && !is_value && slope__check_age(p, symbol, token))) {
        slope__push_pending(
            p, (slope__pending){K_CALL, P_BRACKET, op, token->start, token->length, 0, op ? 0 : symbol->function});
        (void)slope__next_token(&p->text); /* the bracket */
    } else if (slope__defines_function(p)) {
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length,
                        "a function is defined by a statement of its own: a ; or a new line is missing before %.*s(",
                        length, name);
    } else if (is_value) {
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length,
                        "%.*s is a value, not an operation: for a product write %.*s*(...)", length, name, length,
                        name);
    } else {
        complain_name(p, token, 1);
    }
}

static const char *describe_wanted(const slope__parser *p)
{
    return p->waiting_count ? "a number, a name, an operation or (" : "an expression";
}

/* What is wrong with a token where an operand should be. */
static void complain_operand(slope__parser *p, const slope__token *token)
{
    const slope__pending *open = top(p);
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

static void close_call(slope__parser *p, const slope__token *token);

/* A token where an operand is wanted. */
static void read_operand(slope__parser *p, const slope__token *token)
{
    if (token->kind == SLOPE__TOKEN_NUMBER) {
        slope__push_value(p, slope_number(token->number), token->start);
        p->wants_operand = 0;
    } else if (token->kind == SLOPE__TOKEN_NAME) {
        if (next_byte(p) == '(')
            read_call(p, token);
        else
            read_variable(p, token);
    } else if (token->sign == '(') {
        slope__push_pending(p, (slope__pending){K_BRACKET, P_BRACKET, SLOPE_OP_NONE, token->start, 1, 0, 0});
    } else if (token->sign == '-') {
        slope__push_pending(p, (slope__pending){K_UNARY, P_SIGN, SLOPE_OP_NEG, token->start, 1, 0, 0});
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
    enum slope__precedence precedence;
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

static void read_binary(slope__parser *p, const slope__token *token, const binary *operator)
{
    reduce_tighter(p, operator->precedence, 0);
    const int chained = operator->precedence == P_ORDER || operator->precedence == P_EQUALITY;
    if (chained && top(p) && top(p)->precedence == operator->precedence)
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, token->length,
                        "comparisons can't be chained: write (a < b) * (b < c)");
    if (operator->precedence != P_POWER) /* all but powers group from the left */
        reduce_tighter(p, operator->precedence, 1);
    if (!slope__parser_failed(p))
        slope__push_pending(
            p, (slope__pending){K_BINARY, operator->precedence, operator->op, token->start, token->length, 0, 0});
    p->wants_operand = 1;
}

static void read_question(slope__parser *p, const slope__token *token)
{
    reduce_tighter(p, P_CHOICE, 0);
    if (!slope__parser_failed(p))
        slope__push_pending(p, (slope__pending){K_QUESTION, P_CHOICE, SLOPE_OP_SELECT, token->start, 1, 0, 0});
    p->wants_operand = 1;
}

static void read_colon(slope__parser *p, const slope__token *token)
{
    while (!slope__parser_failed(p) && top(p) && top(p)->precedence != P_BRACKET && top(p)->kind != K_QUESTION)
        reduce(p);
    if (top(p) && top(p)->kind == K_QUESTION)
        top(p)->kind = K_COLON, p->questions--;
    else
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, 1, "this : has no ? before it, as in c ? a : b");
    p->wants_operand = 1;
}

/* Is n a number of operands that the operation takes?  Complains if not. */
static int check_count(slope__parser *p, const slope__pending *call, size_t n)
{
    const slope_op_info *info = slope_op_describe(call->op);
    if (info->arity >= 0 && !slope__parser_failed(p))
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
    return !slope__parser_failed(p);
}

static void close_call(slope__parser *p, const slope__token *token)
{
    const slope__pending call = *top(p);
    const size_t n = call.operands + !p->wants_operand;
    if (call.function) {
        slope__begin_body(p, &call, n);
        return;
    }
    if (check_count(p, &call, n)) {
        p->text.error.expected[0] = '\0';
        (void)slope__pop_pending(p);
        apply_operation(p, call.op, n, call.position, token->start - call.position + 1);
    }
    p->wants_operand = 0;
}

static void read_close(slope__parser *p, const slope__token *token)
{
    reduce_tighter(p, P_BRACKET, 0);
    if (slope__parser_failed(p))
        return;
    if (!top(p))
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, token->start, 1,
                        "this ) closes nothing: a ( is missing, or it is one too many");
    else if (top(p)->kind == K_CALL)
        close_call(p, token);
    else
        (void)slope__pop_pending(p);
}

static void read_comma(slope__parser *p, const slope__token *token)
{
    reduce_tighter(p, P_BRACKET, 0);
    if (slope__parser_failed(p))
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
static int begins_statement(const slope__parser *p, const slope__token *token)
{
    slope__text ahead = {.data = p->text.data, .length = p->text.length, .at = p->text.at};
    const slope__token next = slope__next_token(&ahead);
    return token->kind == SLOPE__TOKEN_NAME && next.kind == SLOPE__TOKEN_SIGN && next.sign == '=';
}

/* Two operands side by side. */
static void complain_juxtaposed(slope__parser *p, const slope__token *token)
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
static void read_operator(slope__parser *p, const slope__token *token)
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

void slope__parse_token(slope__parser *p, const slope__token *token)
{
    if (p->wants_operand)
        read_operand(p, token);
    else
        read_operator(p, token);
}

void slope__parse_end(slope__parser *p, const slope__token *token)
{
    if (p->wants_operand) {
        complain_operand(p, token);
        return;
    }
    reduce_tighter(p, P_BRACKET, 0);
    if (!slope__parser_failed(p) && top(p) && top(p)->kind != K_BODY) {
        slope__expect(&p->text, ")");
        slope__complain(&p->text, SLOPE_ERR_SYNTAX, top(p)->position, top(p)->length,
                        top(p)->kind == K_CALL ? "this operation is never closed: a ) is missing"
                                               : "this ( is never closed: a ) is missing");
    }
}
