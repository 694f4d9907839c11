/* SPDX-License-Identifier: MIT */
/*
 * How a value came about, in words: by the walk, so that it is right whatever is drawn.  All of it goes into texts of
 * JSON, whose quotes the caller puts.
 */
#include <ctype.h>
#include <string.h>

#include "engine.h"

enum { NAME_MOST = 40, OPERANDS_MOST = 4, DIGITS = 4, DIGITS_OF_NAMES = 6 };

/* Writes an operand; `bare` where no brackets are needed. */
typedef void put_operand(slope__out *out, const slope__walk *walk, uint32_t number, int bare);

static void put_number(slope__out *out, double x, int digits, int bare)
{
    char text[SLOPE__NUMBER_SIZE];
    slope__put_format(out, x < 0 && !bare ? "(%s)" : "%s", slope__number_short(text, x, digits));
}

/* In brackets where the name is a formula itself. */
static void put_quoted_name(slope__out *out, const slope__walk *walk, uint32_t number, int bare)
{
    slope_node node;
    const slope__item *v = &walk->item[number];
    if (slope_inspect(v->value, &node) == SLOPE_OK && node.label && *node.label) {
        const int is_formula = !bare && strpbrk(node.label, " +-*/^") != NULL;
        slope__put(out, is_formula ? "(" : "");
        (void)slope__put_text(out, node.label, SLOPE__JSON, NAME_MOST);
        slope__put(out, is_formula ? ")" : "");
    } else if (v->kind == SLOPE__NUMBER) {
        put_number(out, v->data, DIGITS_OF_NAMES, bare);
    } else {
        slope__put_format(out, "%%%zu", (size_t)number);
    }
}

static void put_data(slope__out *out, const slope__walk *walk, uint32_t number, int bare)
{
    put_number(out, walk->item[number].data, DIGITS, bare);
}

static int is_infix(const slope_node *node)
{
    return node->operands == 2 && node->symbol[0] && !isalnum((unsigned char)node->symbol[0]) &&
           strlen(node->symbol) <= 2;
}

/* The operation on its operands: infix in brackets if `grouped`, "-x", or by name. */
static void put_applied(slope__out *out, const slope__walk *walk, uint32_t number, put_operand put, int grouped)
{
    char count[SLOPE__NUMBER_SIZE];
    slope_node node;
    const slope__item *v = &walk->item[number];
    if (slope_inspect(v->value, &node) != SLOPE_OK)
        return;
    const uint32_t *operand = &walk->operand[v->first];
    if (is_infix(&node)) {
        slope__put(out, grouped ? "(" : "");
        put(out, walk, operand[0], 0);
        slope__put_format(out, " %s ", node.symbol);
        put(out, walk, operand[1], 0);
        slope__put(out, grouped ? ")" : "");
        return;
    }
    const int is_prefix = v->operands == 1 && strcmp(node.symbol, "-") == 0;
    (void)slope__put_text(out, is_prefix ? "-" : node.name, SLOPE__JSON, NAME_MOST);
    slope__put(out, is_prefix ? "" : "(");
    for (uint32_t i = 0; i < v->operands && i < OPERANDS_MOST; i++) {
        slope__put(out, i ? ", " : "");
        put(out, walk, operand[i], !is_prefix);
    }
    if (v->operands > OPERANDS_MOST)
        slope__put_format(out, ", \xe2\x80\xa6 %s in all", slope__count(count, v->operands));
    slope__put(out, is_prefix ? "" : ")");
}

void page_put_formula(slope__out *out, const slope__walk *walk, uint32_t number)
{
    put_applied(out, walk, number, put_quoted_name, 0);
}

void page_put_arithmetic(slope__out *out, const slope__walk *walk, uint32_t number)
{
    put_applied(out, walk, number, put_data, 0);
}

/* Names take the place of the letters a, b, c of the operands and of v, the value. */
static void put_renamed(slope__out *out, const slope__walk *walk, uint32_t number, const char *rule)
{
    const slope__item *v = &walk->item[number];
    for (const char *s = rule; *s; s++) {
        const int is_alone = (s == rule || !isalnum((unsigned char)s[-1])) && !isalnum((unsigned char)s[1]);
        if (is_alone && *s == 'v')
            put_quoted_name(out, walk, number, 0);
        else if (is_alone && *s >= 'a' && *s < 'a' + (int)v->operands)
            put_quoted_name(out, walk, walk->operand[v->first + (size_t)(*s - 'a')], 0);
        else
            slope__put_bytes(out, s, 1);
    }
}

void page_put_rule(slope__out *out, const slope__walk *walk, uint32_t number, uint32_t operand)
{
    const slope__item *v = &walk->item[number];
    const char *rule = slope__rule((slope_op)v->op, operand);
    if (!rule || operand >= v->operands)
        return;
    slope__put(out, "\xe2\x88\x82");
    put_applied(out, walk, number, put_quoted_name, 1);
    slope__put(out, "/\xe2\x88\x82");
    put_quoted_name(out, walk, walk->operand[v->first + operand], 0);
    slope__put(out, " = ");
    put_renamed(out, walk, number, rule);
}

void page_put_origin(slope__out *out, const slope__walk *walk, uint32_t number, const slope_origin *origin)
{
    char text[SLOPE__NUMBER_SIZE];
    const slope__item *v = &walk->item[number];
    put_quoted_name(out, walk, number, 1);
    if (!v->operands) {
        slope__put_format(out, " is %s: it came in so", slope__number(text, v->data));
        return;
    }
    slope__put(out, " = ");
    page_put_formula(out, walk, number);
    slope__put(out, " = ");
    page_put_arithmetic(out, walk, number);
    slope__put(out, ": ");
    if (origin->is_partial && origin->operand < v->operands) {
        slope__put(out, "its slope along ");
        put_quoted_name(out, walk, walk->operand[v->first + origin->operand], 1);
        slope__put_format(out, " is %s", slope__number(text, slope_partial(origin->node, origin->operand)));
    } else {
        slope__put_format(out, "the value is %s", slope__number(text, v->data));
    }
    slope__put(out, origin->born ? ", born here" : ", since an operand is not finite");
}
