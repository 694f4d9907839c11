/* SPDX-License-Identifier: MIT */
/* The instructions of a scope, one statement each. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "native/native.h"

enum { HIDE_EVERY = 48, TERMS = 16 };

/* -------------------------------------------------------------------------------------------------- what comes in */

static void begin_pieces(slope__scope *s, int which)
{
    slope__emitter *e = s->e;
    for (size_t k = 0; k < s->pieces; k++) {
        const slope__piece *p = &s->piece[k];
        if (which != 2 && p->varying != which)
            continue;
        if (p->constant) {
            slope__string_print(e->tables, "static const double %s[] = {", p->name);
            char number[SLOPE__NATIVE_NAME];
            for (slope__cell c = p->low; c < p->high; c++) {
                slope__emit_number(s->f->number[c - s->f->input_cells], number);
                slope__string_print(e->tables, "%s,%s", number, c % 8 == 7 ? "\n" : "");
            }
            slope__string_put(e->tables, "};\n");
            e->entries += p->high - p->low;
        } else {
            const size_t at = slope__emit_memory(e, p->high - p->low, p->varying);
            const char *type = p->varying ? "V" : "double";
            if (p->output != SLOPE__NONE)
                slope__string_print(e->out,
                                    "double *const %s = y[%" PRIu32 "] ? y[%" PRIu32 "] : (double *)(w + %zu);\n",
                                    p->name, p->output, p->output, at);
            else
                slope__string_print(e->out, "%s *const %s = (%s *)(w + %zu);\n", type, p->name, type, at);
        }
    }
}

/* Inputs that operations use get names, but long groups of numbers, which stay where they are. */
static void begin_inputs(slope__scope *s, int which)
{
    const slope_function *f = s->f;
    char value[SLOPE__NATIVE_VALUE], j[SLOPE__NATIVE_NAME];
    for (size_t g = 0; g < f->inputs + f->data; g++) {
        const int varying = s->in[g].where != SLOPE__NUMBERS, long_group = f->input[g].length > SLOPE__NATIVE_UNROLL;
        const int direct = long_group && (s->in[g].where == SLOPE__NUMBERS || s->in[g].where == SLOPE__PACKED);
        if ((which != 2 && varying != which) || direct)
            continue;
        for (size_t k = 0; k < f->input[g].length; k++) {
            unsigned char *flag = &s->flag[f->input[g].first + k];
            if (!(*flag & SLOPE__USED) || (*flag & SLOPE__NAMED))
                continue;
            (void)snprintf(j, sizeof j, "%zu", k);
            slope__emit_element(s, &s->in[g], j, value);
            slope__string_print(s->e->out, "const %s s%u_%zu = %s;\n", varying ? "V" : "double", s->id,
                                f->input[g].first + k, value);
            *flag |= SLOPE__NAMED;
        }
    }
}

static int is_hidden(const slope__scope *s, size_t g)
{
    if (s->in[g].where != SLOPE__NUMBERS || s->f->input[g].length <= SLOPE__NATIVE_UNROLL)
        return 0;
    for (size_t k = 0; k < s->f->input[g].length; k++) {
        if ((s->flag[s->f->input[g].first + k] & (SLOPE__USED | SLOPE__NAMED)) == SLOPE__USED)
            return 1;
    }
    return 0;
}

/* Long groups of numbers are read anew now and then: a compiler that knows they never change keeps vectors of each of
   them, for which there are neither registers nor room in the first cache. */
static void hide(slope__scope *s, int first)
{
    for (size_t g = 0; g < s->f->inputs + s->f->data; g++) {
        if (!is_hidden(s, g))
            continue;
        char name[24];
        (void)snprintf(name, sizeof name, "h%u_%zu", s->id, g);
        if (first) {
            slope__string_print(s->e->out, "const double *%s = %s;\n", name, s->in[g].base);
            (void)snprintf(s->in[g].base, sizeof s->in[g].base, "%s", name);
        }
        slope__string_print(s->e->out, "HIDE(%s);\n", name);
    }
    s->statements = 0;
}

/* Inputs and constants that share a piece of memory with results. */
static void fill_pieces(slope__scope *s, int which)
{
    const slope_function *f = s->f;
    for (size_t k = 0; k < s->pieces && s->piece[k].low < f->input_cells + f->numbers; k++) {
        const slope__piece *p = &s->piece[k];
        const slope__cell end = (slope__cell)(f->input_cells + f->numbers);
        for (slope__cell c = p->low; c < p->high && c < end && !p->constant && (which == 2 || p->varying == which); c++)
            slope__emit_to_pieces(s, c);
    }
}

/* Numbers of the first pass that share memory with what varies. */
static void fill_late(slope__scope *s)
{
    const slope__cell first = (slope__cell)(s->f->input_cells + s->f->numbers);
    for (size_t k = 0; k < s->pieces; k++) {
        const slope__piece *p = &s->piece[k];
        for (slope__cell c = p->low > first ? p->low : first; c < p->high && p->varying; c++) {
            if ((s->flag[c] & (SLOPE__NAMED | SLOPE__VARYING)) == SLOPE__NAMED)
                slope__emit_to_pieces(s, c);
        }
    }
}

void slope__emit_begin(slope__scope *s, int which)
{
    s->pass = which;
    begin_pieces(s, which);
    begin_inputs(s, which);
    if (which != 0)
        hide(s, 1);
    fill_pieces(s, which);
    if (which == 1)
        fill_late(s);
}

/* ----------------------------------------------------------------------------------------------------- operations */

static const char *name_of(unsigned code) { return slope_op_describe((slope_op)code)->name; }

static const char *infix(unsigned code)
{
    switch (code) {
    case slope__code_add: return "+";
    case slope__code_sub: return "-";
    case slope__code_mul:
    case slope__code_zmul: return "*";
    case slope__code_div: return "/";
    default: return NULL;
    }
}

/* The text of operand o, spread over lanes if `lanes`. */
static void operand(const slope__scope *s, const slope__instruction *i, size_t o, int lanes,
                    char text[SLOPE__NATIVE_VALUE])
{
    const int varying = slope__emit_value(s, s->f->operand[i->operand + o], text);
    const size_t size = strlen(text);
    if (!lanes || varying || size + sizeof "SP()" > SLOPE__NATIVE_VALUE)
        return;
    memmove(text + 3, text, size);
    memcpy(text, "SP(", 3);
    memcpy(text + 3 + size, ")", 2);
}

/* sum, mean, dot, poly: a few terms at a time, since compilers are recursive. */
static void terms(slope__scope *s, const slope__instruction *i, const char *type, const char *to)
{
    slope__string *out = s->e->out;
    const int lanes = *type == 'V', dot = i->code == slope__code_dot;
    const size_t n = dot ? i->count / 2 : i->count;
    char a[SLOPE__NATIVE_VALUE], b[SLOPE__NATIVE_VALUE];
    slope__string_print(out, lanes ? "V %s = SP(0.0);\n" : "double %s = 0.0;\n", to);
    for (size_t k = 0; k < n; k++) {
        operand(s, i, k, lanes && !dot, a);
        if (k % TERMS == 0)
            slope__string_print(out, "%s = %s", to, to);
        slope__string_print(out, " + %s", a);
        if (dot) {
            operand(s, i, n + k, 0, b);
            slope__string_print(out, " * %s", b);
        }
        if (k % TERMS == TERMS - 1 || k + 1 == n)
            slope__string_put(out, ";\n");
    }
    if (i->code == slope__code_mean)
        slope__string_print(out, "%s = %s / %" PRIu32 ".0;\n", to, to, i->count);
}

static void poly(slope__scope *s, const slope__instruction *i, const char *type, const char *to)
{
    const int lanes = *type == 'V';
    char x[SLOPE__NATIVE_VALUE], c[SLOPE__NATIVE_VALUE];
    operand(s, i, 0, lanes, x);
    if (i->count > 1)
        operand(s, i, i->count - 1, lanes, c);
    slope__string_print(s->e->out, "%s %s = %s;\n", type, to, i->count > 1 ? c : lanes ? "SP(0.0)" : "0.0");
    for (size_t k = i->count - 1; k-- > 1;) {
        operand(s, i, k, lanes, c);
        slope__string_print(s->e->out, "%s = %s * %s + %s;\n", to, to, x, c);
    }
}

/* norm, logsumexp: on an array of the operands. */
static void on_array(slope__scope *s, const slope__instruction *i, const char *type, const char *to)
{
    slope__string *out = s->e->out;
    const int lanes = *type == 'V';
    char a[SLOPE__NATIVE_VALUE];
    slope__string_print(out, "%s %s;\n{ const %s x[] = {", type, to, type);
    for (size_t k = 0; k < i->count; k++) {
        operand(s, i, k, lanes, a);
        slope__string_print(out, "%s,%s", a, k % TERMS == TERMS - 1 ? "\n" : "");
    }
    if (i->count == 0)
        slope__string_put(out, lanes ? "SP(0.0)" : "0.0");
    if (lanes)
        slope__string_print(out, "}; double y[%zu]; %s = v_%s(%u, %" PRIu32 ", x, y); }\n", (size_t)i->count + 1, to,
                            name_of(i->code), i->code, i->count);
    else
        slope__string_print(out, "}; %s = s_many(%u, %" PRIu32 ", x); }\n", to, i->code, i->count);
}

/* Is the operation a function of src/ops?  Then lanes call it through `host`. */
static int is_of_library(unsigned code)
{
    static const char *const value[slope__code_count] = {
#define UNARY(name, symbol, doc, low, high, smooth, value, ...) [slope__code_##name] = #value,
#define BINARY(name, symbol, doc, low, high, low2, high2, smooth, value, ...) [slope__code_##name] = #value,
#define TERNARY UNARY
#define NARY(name, ...)
#include "ops.def"
    };
    return value[code] && strncmp(value[code], "slope__", 7) == 0;
}

static void plain(slope__scope *s, const slope__instruction *i, const char *type, const char *to)
{
    slope__string *out = s->e->out;
    const int lanes = *type == 'V';
    char a[SLOPE__NATIVE_VALUE];
    const char *sign = infix(i->code);
    slope__string_print(out, "const %s %s = ", type, to);
    if (sign) {
        operand(s, i, 0, 0, a);
        slope__string_print(out, "%s %s ", a, sign);
        operand(s, i, 1, 0, a);
        slope__string_print(out, "%s;\n", a);
        return;
    }
    const int host = is_of_library(i->code);
    static const char *const operands[] = {"", "", "2", "3"};
    if (host)
        slope__string_print(out, "%c_host%s(%u", lanes ? 'v' : 's', operands[i->count], i->code);
    else
        slope__string_print(out, "%c_%s(", lanes ? 'v' : 's', name_of(i->code));
    for (size_t o = 0; o < i->count; o++) {
        operand(s, i, o, lanes, a);
        slope__string_print(out, o > 0 || host ? ", %s" : "%s", a);
    }
    slope__string_put(out, ");\n");
}

void slope__emit_operation(slope__scope *s, const slope__instruction *i)
{
    const int varying = s->flag[i->result] & SLOPE__VARYING;
    const char *type = varying ? "V" : "double";
    char to[SLOPE__NATIVE_VALUE];
    (void)slope__emit_value(s, i->result, to);
    switch (i->code) {
    case slope__code_sum:
    case slope__code_mean:
    case slope__code_dot: terms(s, i, type, to); break;
    case slope__code_poly: poly(s, i, type, to); break;
    case slope__code_norm:
    case slope__code_logsumexp: on_array(s, i, type, to); break;
    default: plain(s, i, type, to); break;
    }
    if (i->code == slope__code_zmul && s->e->check == SLOPE__CHECK_PRODUCTS)
        slope__string_print(s->e->out, varying ? "seen |= (%s != %s);\n" : "see |= %s != %s;\n", to, to);
    slope__emit_cell_done(s, i->result);
    s->statements += 1 + i->count / 4;
}

static void guards(slope__scope *s, int which)
{
    const slope_function *f = s->f;
    char value[SLOPE__NATIVE_VALUE];
    for (size_t k = 0; k < f->guards; k++) {
        const int varying = slope__emit_value(s, f->guard[k].condition, value);
        const size_t number = s->top ? k + 1 : s->e->guards + 1;
        if (which != 2 && varying != which)
            continue;
        slope__string_print(
            s->e->out, varying ? "if (bad == 0 && any(%s %s 0)) bad = %zu;\n" : "if (bad == 0 && %s %s 0) bad = %zu;\n",
            value, f->guard[k].expected ? "==" : "!=", number);
    }
}

void slope__emit_body(slope__scope *s, int which)
{
    const slope_function *f = s->f;
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code != slope__code_loop) {
            if (which != 2 && (s->flag[i->result] & SLOPE__VARYING) != which)
                continue;
            if (which != 0 && s->statements >= HIDE_EVERY)
                hide(s, 0);
            slope__emit_operation(s, i);
        } else if (slope__results_of(f, i) > 0 && (which == 2 || (s->flag[i->result] & SLOPE__VARYING) == which)) {
            slope__emit_loop(s, i);
        }
    }
    guards(s, which);
}
