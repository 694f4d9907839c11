/* SPDX-License-Identifier: MIT */
/* A function as text for people.  The head of the text, below, says how to read it. */
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/string.h"
#include "file/file.h"
#include "function/opaque.h"

static const char head[] =
    "# One operation per line.  x is an input of one number, x[2] number 2 of an input of several, c[2] a constant "
    "from a table,\n"
    "# v2 or v[2] result 2 of this function.  A loop runs body k for items i = 0 ... n - 1 (call: one item; map: no "
    "item\n"
    "# knows of another; fold: what is carried goes from item to item); j counts the numbers of a group:\n"
    "#     p[j] <- x[3*i + j]       p of the body is bound to these cells\n"
    "#     p[j] <- x[j], then q[j]  at item 0, later what output q of the item before gave\n"
    "#     q[j] -> v[5 + 2*i + j]   where output q goes; += adds to what begins as 0; last: of the last item only\n"
    "# (... : ...) is a list of cells, item after item; cell[k] counts inputs, constants and results in one row.\n";

/* ---------------------------------------------------------------------------------------------------------- cells */

static size_t first_result(const slope_function *f) { return f->input_cells + f->numbers; }

/* The input group that a cell belongs to. */
static const slope__group *group_of_cell(const slope_function *f, size_t cell)
{
    size_t low = 0,
           high = f->inputs + f->data; /* the last group that begins at or before it; empty ones come earlier */
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (f->input[middle].first <= cell)
            low = middle;
        else
            high = middle;
    }
    return &f->input[low];
}

static void add_cell(slope__string *p, const slope_function *f, size_t cell)
{
    char number[SLOPE__NUMBER_SIZE];
    if (cell >= first_result(f)) {
        slope__string_print(p, "v%zu", cell - first_result(f));
    } else if (cell >= f->input_cells + f->scalars) {
        slope__string_print(p, "c[%zu]", cell - f->input_cells - f->scalars);
    } else if (cell >= f->input_cells) {
        slope__string_put(p, slope__number(number, f->number[cell - f->input_cells]));
    } else {
        const slope__group *group = group_of_cell(f, cell);
        slope__string_put(p, group->name);
        if (group->length != 1)
            slope__string_print(p, "[%zu]", cell - group->first);
    }
}

/* What a row of cells is called, and where it begins: an input group, a table, results, else all cells. */
static const char *name_of_row(const slope_function *f, size_t low, size_t high, size_t *begin)
{
    *begin = first_result(f);
    if (low >= *begin)
        return "v";
    *begin = f->input_cells + f->scalars;
    if (low >= *begin && high < first_result(f))
        return "c";
    if (low < f->input_cells) {
        const slope__group *group = group_of_cell(f, low);
        *begin = group->first;
        if (high < group->first + group->length)
            return group->name;
    }
    *begin = 0;
    return "cell";
}

/* ---------------------------------------------------------------------------------------------------------- views */

/* 3*i, with the sign before it unless it comes first. */
static void add_term(slope__string *p, int64_t factor, const char *index, int *any)
{
    if (factor == 0)
        return;
    slope__string_put(p, *any ? (factor < 0 ? " - " : " + ") : (factor < 0 ? "-" : ""));
    const uint64_t size = factor < 0 ? 0 - (uint64_t)factor : (uint64_t)factor;
    if (size != 1 || !*index)
        slope__string_print(p, "%llu", (unsigned long long)size);
    slope__string_put(p, size != 1 && *index ? "*" : "");
    slope__string_put(p, index);
    *any = 1;
}

/* i, i + 1, 3*i + j; positive terms of indices first. */
static void add_index(slope__string *p, int64_t first, int64_t item, int64_t element)
{
    int any = 0;
    if (item < 0 || element < 0)
        add_term(p, first, "", &any);
    add_term(p, item, "i", &any);
    add_term(p, element, "j", &any);
    if (item >= 0 && element >= 0)
        add_term(p, first, "", &any);
    if (!any)
        slope__string_put(p, "0");
}

static void add_list(slope__string *p, const slope_function *f, const slope__view *v, size_t n, size_t length,
                     size_t base)
{
    enum { SHOWN = 24 };
    const size_t count = n * length, shown = count <= SHOWN ? count : SHOWN;
    slope__string_put(p, "(");
    for (size_t k = 0; k < shown; k++) {
        slope__string_put(p, k == 0 ? "" : k % length == 0 ? " : " : " ");
        if (f && base == SIZE_MAX)
            add_cell(p, f, v->index[k]);
        else
            slope__string_print(p, "v%zu", (size_t)(base + v->index[k]));
    }
    if (shown < count)
        slope__string_print(p, " ... %zu in all", count);
    slope__string_put(p, ")");
}

/* The cells of a view: base SIZE_MAX for those of f, else results from v[base] on. */
static void add_view(slope__string *p, const slope_function *f, const slope__view *v, size_t n, size_t length,
                     size_t base)
{
    if (n == 0 || length == 0) {
        slope__string_put(p, "()");
        return;
    }
    if (v->index) {
        add_list(p, f, v, n, length, base);
        return;
    }
    const int64_t item = n > 1 ? v->item : 0, element = length > 1 ? v->element : 0;
    if (base != SIZE_MAX) {
        slope__string_put(p, "v[");
        add_index(p, (int64_t)base + v->first, item, element);
        slope__string_put(p, "]");
        return;
    }
    if (item == 0 && element == 0) {
        add_cell(p, f, (size_t)v->first);
        return;
    }
    slope__cell low, high;
    size_t begin;
    slope__view_range(v, n, length, &low, &high);
    slope__string_put(p, name_of_row(f, low, high, &begin));
    slope__string_put(p, "[");
    add_index(p, v->first - (int64_t)begin, item, element);
    slope__string_put(p, "]");
}

/* ----------------------------------------------------------------------------------------------------- instructions */

static void add_group_name(slope__string *p, const slope__group *group)
{
    slope__string_put(p, group->name);
    slope__string_put(p, group->length == 1 ? "" : "[j]");
}

static void add_source(slope__string *p, const slope_function *f, const slope__loop *loop, size_t g)
{
    const slope__source *s = &loop->source[g];
    const slope__group *in = &loop->body->input[g];
    const int carried = s->carried != SLOPE__NONE;
    slope__string_put(p, "        ");
    add_group_name(p, in);
    slope__string_put(p, " <- ");
    add_view(p, f, &s->view, carried ? 1 : loop->n, in->length, SIZE_MAX);
    if (carried) {
        slope__string_put(p, ", then ");
        add_group_name(p, &loop->body->output[s->carried]);
    }
    slope__string_put(p, "\n");
}

static void add_target(slope__string *p, const slope_function *f, const slope__loop *loop, size_t g, size_t first)
{
    const slope__target *t = &loop->target[g];
    const slope__group *out = &loop->body->output[g];
    if (t->kind == SLOPE__DROPPED)
        return;
    slope__string_put(p, "        ");
    add_group_name(p, out);
    slope__string_put(p, t->kind == SLOPE__ADDED ? " += " : " -> ");
    add_view(p, f, &t->view, t->kind == SLOPE__LAST ? 1 : loop->n, out->length, first + t->base);
    slope__string_put(p, t->kind == SLOPE__LAST && loop->n != 1 ? ", last\n" : "\n");
}

static void list_loop(slope__string *p, const slope_function *f, const slope__loop *loop, size_t first, size_t body)
{
    const slope_function *g = loop->body;
    const char *kind = loop->n == 1 ? "call" : "map";
    for (size_t k = 0; k < g->inputs && loop->n != 1; k++) {
        if (loop->source[k].carried != SLOPE__NONE)
            kind = "fold";
    }
    slope__string_print(p, loop->results == 1 ? "    v%zu = " : "    v%zu ... v%zu = ", first,
                        (size_t)(first + loop->results - 1));
    slope__string_print(p, "%s of body %zu", kind, body);
    if (loop->n != 1)
        slope__string_print(p, ", n = %zu", loop->n);
    if (loop->levels > 1)
        slope__string_print(p, ", checkpoints in %u levels", loop->levels);
    slope__string_put(p, "\n");
    for (size_t k = 0; k < g->inputs + g->data; k++)
        add_source(p, f, loop, k);
    for (size_t k = 0; k < g->outputs; k++)
        add_target(p, f, loop, k, first);
}

static const char *infix(unsigned code)
{
    return code == slope__code_add   ? " + "
           : code == slope__code_sub ? " - "
           : code == slope__code_mul ? " * "
           : code == slope__code_div ? " / "
                                     : NULL;
}

static void add_operation(slope__string *p, const slope_function *f, const slope__instruction *i)
{
    const char *between = infix(i->code);
    slope__string_print(p, "    v%zu = ", (size_t)(i->result - first_result(f)));
    if (!between)
        slope__string_print(p, "%s(", slope_op_describe((slope_op)i->code)->name);
    for (size_t k = 0; k < i->count; k++) {
        slope__string_put(p, k == 0 ? "" : between ? between : ", ");
        add_cell(p, f, f->operand[i->operand + k]);
    }
    slope__string_put(p, between ? "\n" : ")\n");
}

/* ------------------------------------------------------------------------------------------------------- functions */

static void add_groups(slope__string *p, const char *what, size_t n, const slope__group group[])
{
    for (size_t g = 0; g < n; g++) {
        slope__string_print(p, "    %s ", what);
        slope__string_put(p, group[g].name);
        if (group[g].length != 1)
            slope__string_print(p, "[%zu]", group[g].length);
        slope__string_put(p, "\n");
    }
}

static void list_output(slope__string *p, const slope_function *f, const slope__group *out)
{
    slope__string_put(p, "    output ");
    slope__string_put(p, out->name);
    if (out->length != 1)
        slope__string_print(p, "[%zu]", out->length);
    slope__string_put(p, " =");
    for (size_t k = 0; k < out->length;) {
        const slope__cell *cell = &f->result[out->first + k];
        size_t run = 1;
        while (k + run < out->length && cell[run] == cell[0] + run)
            run++;
        slope__string_put(p, k == 0 ? " " : ", ");
        add_cell(p, f, cell[0]);
        if (run > 2) {
            slope__string_put(p, " ... ");
            add_cell(p, f, cell[run - 1]);
        }
        k += run > 2 ? run : 1;
    }
    slope__string_put(p, "\n");
}

/* File names are the caller's: what can't be printed becomes "?". */
static void add_guard(slope__string *p, const slope_function *f, const slope__guard *guard)
{
    slope__string_put(p, guard->expected ? "    guard: not 0: " : "    guard: 0: ");
    add_cell(p, f, guard->condition);
    if (guard->file) {
        slope__string_put(p, " at ");
        for (const char *c = guard->file; *c; c++)
            slope__string_put(p, (const char[]){*c >= 0x20 && *c < 0x7F ? *c : '?', '\0'});
        slope__string_print(p, ":%d", guard->line);
    }
    slope__string_put(p, "\n");
}

static void add_table(slope__string *p, const slope_function *f)
{
    char number[SLOPE__NUMBER_SIZE];
    const size_t n = f->numbers - f->scalars;
    if (n == 0)
        return;
    slope__string_print(p, "    constants c[%zu] =", n);
    for (size_t k = 0; k < n; k++) {
        slope__string_put(p, k == 0 ? " " : ", ");
        slope__string_put(p, slope__number(number, f->number[f->scalars + k]));
    }
    slope__string_put(p, "\n");
}

/* What is computed, not how. */
static void add_opaque(slope__string *p, const slope_function *f)
{
    add_groups(p, "output", f->outputs, f->output);
    slope__string_print(p, "    %s ", f->opaque->lookup ? "look-up" : "custom operation");
    slope__string_put(p, f->opaque->lookup ? f->opaque->name : f->opaque->call);
    slope__string_put(p, "\n");
}

static void add_function(slope__string *p, const slope_function *f, const slope__bodies *set, size_t number)
{
    if (number == 0)
        slope__string_put(p, "\nfunction\n");
    else
        slope__string_print(p, "\nbody %zu\n", number);
    add_groups(p, "input", f->inputs, f->input);
    add_groups(p, "data", f->data, f->input + f->inputs);
    if (f->opaque) {
        add_opaque(p, f);
        return;
    }
    add_table(p, f);
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code != slope__code_loop) {
            add_operation(p, f, i);
            continue;
        }
        const slope__loop *loop = &f->loop[i->operand];
        list_loop(p, f, loop, i->result - first_result(f), set->functions - 1 - slope__bodies_find(set, loop->body));
    }
    for (size_t k = 0; k < f->guards; k++)
        add_guard(p, f, &f->guard[k]);
    for (size_t g = 0; g < f->outputs; g++)
        list_output(p, f, &f->output[g]);
}

slope_status slope_function_dump(const slope_function *f, char **text, size_t *size)
{
    if (!f || !text)
        return SLOPE_ERR_ARGUMENT;
    *text = NULL;
    slope__string p = {0};
    slope__bodies set = {0};
    p.failed = slope__bodies_fill(&set, f) != SLOPE_OK;
    slope__string_put(&p, head);
    for (size_t k = set.functions; k-- > 0 && !p.failed;)
        add_function(&p, set.function[k], &set, set.functions - 1 - k);
    slope__bodies_free(&set);
    *text = slope__string_take(&p, size);
    return *text ? SLOPE_OK : SLOPE_ERR_MEMORY;
}
