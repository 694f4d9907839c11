/* SPDX-License-Identifier: MIT */
/* One function as C: its head, scalars as local constants, loops, outputs, guards; a long one in several parts. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/codegen.h"

/* ------------------------------------------------------------------------------------------------------- pieces */

static char *text_of(const char *format, const char *name, size_t number)
{
    const int size = snprintf(NULL, 0, format, name, number);
    char *text = size < 0 ? NULL : malloc((size_t)size + 1);
    if (text)
        (void)snprintf(text, (size_t)size + 1, format, name, number);
    return text;
}

static char *site_text(const slope__layout *l, const slope__site *s, size_t offset)
{
    return s->kind == SLOPE__SITE_OUTPUT ? text_of("%s[%zu]", l->out[s->at], offset)
                                         : text_of("%s[%zu]", "work", s->at + offset);
}

/* The target of a loop that a result cell belongs to. */
static size_t target_of(const slope__loop *loop, size_t offset)
{
    size_t g = 0;
    while (offset < loop->target[g].base || offset - loop->target[g].base >= loop->target[g].extent)
        g++;
    return g;
}

static char *constant_text(const slope__writer *w, double x)
{
    slope__string text = {0};
    slope__put_constant(&text, &w->dialect, x);
    return slope__string_take(&text, NULL);
}

char *slope__operand_text(const slope__writer *w, const slope__layout *l, slope__cell c)
{
    const slope_function *f = l->f;
    for (size_t g = 0; c < f->input_cells; g++) {
        if (c < f->input[g].first + f->input[g].length)
            return text_of("%s[%zu]", l->in[g], c - f->input[g].first);
    }
    if (c < f->input_cells + f->numbers)
        return constant_text(w, f->number[c - f->input_cells]);
    const slope__instruction *i = slope__made_by(f, c);
    if (i->code == slope__code_loop) {
        const slope__loop *loop = &f->loop[i->operand];
        const size_t g = target_of(loop, c - i->result);
        return site_text(l, &l->loop[i->operand].target[g], c - i->result - loop->target[g].base);
    }
    const slope__site *s = &l->scalar[i - f->instruction];
    return s->kind == SLOPE__SITE_LOCAL ? text_of("%s%zu", "v", c) : site_text(l, s, 0);
}

char *slope__array_text(const slope__writer *w, const slope__layout *l, slope__cell c, slope__cell *base)
{
    const slope_function *f = l->f;
    char table[128];
    for (size_t g = 0; c < f->input_cells; g++) {
        *base = (slope__cell)f->input[g].first;
        if (c < f->input[g].first + f->input[g].length)
            return text_of("%s", l->in[g], 0);
    }
    if (c < f->input_cells + f->numbers) {
        *base = (slope__cell)(f->input_cells + f->scalars);
        (void)snprintf(table, sizeof table, "%.100s_table", w->name);
        return text_of("%s%zu", table, l->number);
    }
    const slope__instruction *i = slope__made_by(f, c);
    const slope__loop *loop = &f->loop[i->operand];
    const size_t g = target_of(loop, c - i->result);
    const slope__site *s = &l->loop[i->operand].target[g];
    *base = i->result + loop->target[g].base;
    return s->kind == SLOPE__SITE_OUTPUT ? text_of("%s", l->out[s->at], 0) : text_of("(%s + %zu)", "work", s->at);
}

slope__layout *slope__layout_of(const slope__writer *w, const slope_function *body)
{
    const size_t place = w->place[slope__bodies_find(&w->bodies, body)];
    return place ? &w->layout[place - 1] : NULL;
}

/* --------------------------------------------------------------------------------------------------------- heads */

void slope__put_parameters(slope__string *out, const slope__writer *w, const slope__layout *l)
{
    const char *type = slope__c_type(&w->dialect);
    for (size_t g = 0; g < l->f->inputs + l->f->data; g++)
        slope__string_print(out, "const %s *SLOPE_RESTRICT %s, ", type, l->in[g]);
    for (size_t g = 0; g < l->f->outputs; g++)
        slope__string_print(out, "%s *SLOPE_RESTRICT %s, ", type, l->out[g]);
    slope__string_print(out, "%s *SLOPE_RESTRICT work", type);
}

/* "f", "f_3", "f_3_part2" */
static void put_name(const slope__writer *w, const slope__layout *l, size_t part)
{
    slope__string_put(w->out, w->name);
    if (l->number > 0)
        slope__string_print(w->out, "_%zu", l->number);
    if (part > 0)
        slope__string_print(w->out, "_part%zu", part);
}

static void put_head(const slope__writer *w, const slope__layout *l, size_t part, int status)
{
    slope__string_print(w->out, "%s%s ", l->number > 0 || part > 0 ? "static " : "", status ? "int" : "void");
    put_name(w, l, part);
    slope__string_char(w->out, '(');
    slope__put_parameters(w->out, w, l);
    slope__string_put(w->out, ")\n{\n");
}

/* What a text declares first: its counters, and that a parameter is not needed. */
static void put_declarations(const slope__writer *w, const slope__layout *l, const char *text)
{
    if (slope__mentions(text, "i"))
        slope__string_put(w->out, "    long i = 0;\n");
    if (slope__mentions(text, "j"))
        slope__string_put(w->out, "    long j = 0;\n");
    for (size_t g = 0; g < l->f->inputs + l->f->data; g++) {
        if (!slope__mentions(text, l->in[g]))
            slope__string_print(w->out, "    (void)%s;\n", l->in[g]);
    }
    for (size_t g = 0; g < l->f->outputs; g++) {
        if (!slope__mentions(text, l->out[g]))
            slope__string_print(w->out, "    (void)%s;\n", l->out[g]);
    }
    if (!slope__mentions(text, "work"))
        slope__string_put(w->out, "    (void)work;\n");
}

/* The table of constants, if the text of the function reads it. */
static void put_table(const slope__writer *w, const slope__layout *l, const char *text)
{
    const slope_function *f = l->f;
    const size_t n = f->numbers - f->scalars;
    char name[128];
    (void)snprintf(name, sizeof name, "%.100s_table%zu", w->name, l->number);
    if (n == 0 || !slope__mentions(text, name))
        return;
    slope__string_print(w->out, "static const %s %s[%zu] = {", slope__c_type(&w->dialect), name, n);
    for (size_t k = 0; k < n; k++) {
        slope__string_put(w->out, k % 8 == 0 ? "\n    " : " ");
        slope__put_constant(w->out, &w->dialect, f->number[f->scalars + k]);
        slope__string_put(w->out, k + 1 < n ? "," : "};\n\n");
    }
}

/* ------------------------------------------------------------------------------------------------------ statements */

/* Is it a power of floats whose exponent is a number that float does not hold? */
static int is_fine_power(const slope__writer *w, const slope_function *f, const slope__instruction *i, double *exponent)
{
    if (!w->dialect.use_float || i->code != slope__code_pow)
        return 0;
    const slope__cell c = f->operand[i->operand + 1];
    if (c < f->input_cells || c >= f->input_cells + f->numbers)
        return 0;
    *exponent = f->number[c - f->input_cells];
    return isfinite(*exponent) && (double)(float)*exponent != *exponent;
}

/* v12 = ..., as a local constant, or into the work array. */
static void put_scalar(slope__writer *w, slope__layout *l, size_t k)
{
    const slope__instruction *i = &l->f->instruction[k];
    const char *type = slope__c_type(&w->dialect);
    double exponent;
    char **operand = slope__new(i->count, sizeof *operand), *v = NULL;
    int ok = operand != NULL;
    for (size_t o = 0; ok && o < i->count; o++) {
        operand[o] = slope__operand_text(w, l, l->f->operand[i->operand + o]);
        ok = operand[o] != NULL;
    }
    if (ok)
        v = slope__operand_text(w, l, i->result);
    if (v && slope__is_spread(i->code)) {
        if (l->scalar[k].kind == SLOPE__SITE_LOCAL)
            slope__string_print(w->out, "    %s %s;\n", type, v);
        slope__put_spread(w->out, &w->dialect, v, i->code, i->count, operand, w->used);
    } else if (v) {
        if (l->scalar[k].kind == SLOPE__SITE_LOCAL)
            slope__string_print(w->out, "    const %s %s = ", type, v);
        else
            slope__string_print(w->out, "    %s = ", v);
        if (is_fine_power(w, l->f, i, &exponent))
            slope__put_fine_power(w->out, operand[0], exponent);
        else
            slope__put_operation(w->out, &w->dialect, i->code, i->count, operand, w->used);
        slope__string_put(w->out, ";\n");
    }
    w->failed |= !v;
    for (size_t o = 0; operand && o < i->count; o++)
        free(operand[o]);
    free(operand);
    free(v);
}

static void put_instructions(slope__writer *w, slope__layout *l, size_t section)
{
    for (size_t k = 0; k < l->f->instructions; k++) {
        if (l->section[k] != section)
            continue;
        if (l->f->instruction[k].code == slope__code_loop)
            slope__put_loop(w, l, k);
        else if (l->scalar[k].kind != SLOPE__SITE_NONE)
            put_scalar(w, l, k);
    }
}

/* Is output group g a loop's array that was written there? */
static int is_there(const slope__layout *l, size_t g)
{
    const slope_function *f = l->f;
    for (size_t k = 0; k < f->loops; k++) {
        for (size_t t = 0; t < f->loop[k].body->outputs; t++) {
            const slope__site *s = &l->loop[k].target[t];
            if (s->kind == SLOPE__SITE_OUTPUT && s->at == g && f->loop[k].target[t].extent > 0)
                return 1;
        }
    }
    return 0;
}

static void put_outputs(slope__writer *w, slope__layout *l)
{
    const slope_function *f = l->f;
    for (size_t g = 0; g < f->outputs; g++) {
        if (is_there(l, g))
            continue;
        slope__put_copy(w, l, l->out[g], 0, f->output[g].length, f->result + f->output[g].first, 1);
    }
}

static void put_guards(slope__writer *w, slope__layout *l)
{
    for (size_t k = 0; k < l->f->guards; k++) {
        const slope__guard *g = &l->f->guard[k];
        char *condition = slope__operand_text(w, l, g->condition);
        w->failed |= !condition;
        if (condition)
            slope__string_print(w->out, "    if ((status == 0) && %s(%s != 0)) {\n        status = %zu;\n    }\n",
                                g->expected ? "!" : "", condition, ++w->guards);
        free(condition);
    }
}

static void put_calls_of_parts(slope__writer *w, slope__layout *l)
{
    for (size_t part = 1; part < l->sections; part++) {
        slope__string_put(w->out, l->status ? "    if (status == 0) {\n        status = " : "    ");
        put_name(w, l, part);
        slope__string_char(w->out, '(');
        for (size_t g = 0; g < l->f->inputs + l->f->data; g++)
            slope__string_print(w->out, "%s, ", l->in[g]);
        for (size_t g = 0; g < l->f->outputs; g++)
            slope__string_print(w->out, "%s, ", l->out[g]);
        slope__string_put(w->out, l->status ? "work);\n    }\n" : "work);\n");
    }
}

/* A part of the text; the last one ends with outputs and guards. */
static void put_statements(slope__writer *w, slope__layout *l, size_t section, int is_last)
{
    if (is_last)
        put_calls_of_parts(w, l);
    put_instructions(w, l, section);
    if (is_last)
        put_outputs(w, l);
    if (is_last)
        put_guards(w, l);
}

/* Part k of a long text is a function with the same parameters; the last part (0) is the function itself. */
static void put_part(slope__writer *w, slope__layout *l, size_t part)
{
    slope__string statements = {0}, *out = w->out;
    w->out = &statements;
    put_statements(w, l, part > 0 ? part - 1 : l->sections - 1, part == 0);
    char *text = slope__string_take(&statements, NULL);
    w->failed |= !text;
    w->out = out;
    put_head(w, l, part, l->status);
    if (l->status)
        slope__string_put(out, "    int status = 0;\n");
    if (text) {
        put_declarations(w, l, text);
        slope__string_put(out, text);
    }
    slope__string_put(out, l->status ? "    return status;\n}\n" : "}\n");
    free(text);
}

void slope__put_function(slope__writer *w, slope__layout *l)
{
    if (l->f->opaque) {
        slope__put_opaque(w, l);
        return;
    }
    slope__string parts = {0}, *out = w->out;
    w->out = &parts;
    for (size_t part = 1; part < l->sections; part++) {
        put_part(w, l, part);
        slope__string_char(w->out, '\n');
    }
    put_part(w, l, 0);
    char *text = slope__string_take(&parts, NULL);
    w->failed |= !text;
    w->out = out;
    if (!text)
        return;
    put_table(w, l, text);
    slope__put_lists(w, l);
    slope__string_put(out, text);
    free(text);
}
