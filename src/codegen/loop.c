/* SPDX-License-Identifier: MIT */
/* Loops as for-loops with constant bounds around a call of their body, and runs of cells as loops that copy. */
#include <stdlib.h>

#include "codegen/codegen.h"

enum { SHORT = 4 }; /* so many elements are copied one by one */

static void put_indent(slope__string *out, int depth) { slope__string_print(out, "%*s", 4 * depth, ""); }

/* "3 * i + 1", "i", "7 - 2 * i", "5" */
static void put_index(slope__string *out, long long first, long long stride, const char *variable)
{
    if (stride == 0) {
        slope__string_print(out, "%lld", first);
        return;
    }
    if (stride < 0)
        slope__string_print(out, stride == -1 ? "%lld - %s" : "%lld - %s * %lld", first, variable, -stride);
    else
        slope__string_print(out, stride == 1 ? "%s" : "%s * %lld", variable, stride);
    if (stride > 0 && first != 0)
        slope__string_print(out, first < 0 ? " - %lld" : " + %lld", first < 0 ? -first : first);
}

/* How many cells from k on are one array with one stride. */
static size_t run_from(const slope_function *f, size_t n, const slope__cell cell[], size_t k, slope__cell *base,
                       int64_t *stride)
{
    slope__view v = {cell[k], 0, 0, NULL};
    size_t end = k + 1;
    *stride = 0;
    if (end == n)
        return 1;
    *stride = (int64_t)cell[end] - (int64_t)cell[k];
    while (end < n && (int64_t)cell[end] - (int64_t)cell[end - 1] == *stride)
        end++;
    v.element = *stride;
    if (*stride != 0 && !slope__in_one_array(f, &v, 1, end - k, base))
        return 1;
    return end - k;
}

/* to[at + j] = cell[j]: runs as loops, others one by one. */
void slope__put_copy(slope__writer *w, slope__layout *l, const char *to, size_t at, size_t n, const slope__cell cell[],
                     int depth)
{
    for (size_t k = 0; k < n;) {
        slope__cell base;
        int64_t stride;
        const size_t run = run_from(l->f, n, cell, k, &base, &stride);
        if (run <= SHORT) {
            char *value = slope__operand_text(w, l, cell[k]);
            w->failed |= !value;
            put_indent(w->out, depth);
            slope__string_print(w->out, "%s[%zu] = %s;\n", to, at + k, value ? value : "");
            free(value);
            k++;
            continue;
        }
        char *from = stride == 0 ? slope__operand_text(w, l, cell[k]) : slope__array_text(w, l, cell[k], &base);
        w->failed |= !from;
        put_indent(w->out, depth);
        slope__string_print(w->out, "for (j = 0; j < %zu; j++) {\n", run);
        put_indent(w->out, depth + 1);
        slope__string_print(w->out, "%s[", to);
        put_index(w->out, (long long)(at + k), 1, "j");
        slope__string_print(w->out, "] = %s", from ? from : "");
        if (stride != 0) {
            slope__string_char(w->out, '[');
            put_index(w->out, (long long)cell[k] - (long long)base, stride, "j");
            slope__string_char(w->out, ']');
        }
        slope__string_put(w->out, ";\n");
        put_indent(w->out, depth);
        slope__string_put(w->out, "}\n");
        free(from);
        k += run;
    }
}

/* ---------------------------------------------------------------------------------------------------------- lists */

static void put_list(const slope__writer *w, const slope__layout *l, size_t loop, char kind, size_t g, size_t n,
                     const uint32_t index[], slope__cell base)
{
    slope__string_print(w->out, "static const long %s_list%zu_%zu%c%zu[%zu] = {", w->name, l->number, loop, kind, g, n);
    for (size_t k = 0; k < n; k++)
        slope__string_print(w->out, "%s%lu%s", k % 12 == 0 ? "\n    " : " ", (unsigned long)(index[k] - base),
                            k + 1 < n ? "," : "};\n\n");
}

void slope__put_lists(slope__writer *w, slope__layout *l)
{
    const slope_function *f = l->f;
    for (size_t k = 0; k < f->loops; k++) {
        const slope__loop *loop = &f->loop[k];
        for (size_t g = 0; g < loop->body->inputs + loop->body->data; g++) {
            const size_t n = loop->n * loop->body->input[g].length;
            slope__cell base;
            if (loop->source[g].view.index && slope__binding_of(f, loop, g) == SLOPE__BOUND_COLLECT &&
                slope__in_one_array(f, &loop->source[g].view, loop->n, loop->body->input[g].length, &base))
                put_list(w, l, k, 's', g, n, loop->source[g].view.index, base);
        }
        for (size_t g = 0; g < loop->body->outputs; g++) {
            const size_t n = loop->n * loop->body->output[g].length;
            if (loop->target[g].kind == SLOPE__ADDED && loop->target[g].view.index && n > 0)
                put_list(w, l, k, 't', g, n, loop->target[g].view.index, 0);
        }
    }
}

/* ----------------------------------------------------------------------------------------------------- one loop */

typedef struct loop_writer {
    slope__writer *w;
    slope__layout *l;
    size_t at; /* which loop */
    const slope__loop *loop;
    const slope__loop_room *room;
} loop_writer;

/* Name of a target's array. */
static void put_target(const loop_writer *x, size_t g)
{
    const slope__site *s = &x->room->target[g];
    if (s->kind == SLOPE__SITE_OUTPUT)
        slope__string_put(x->w->out, x->l->out[s->at]);
    else
        slope__string_print(x->w->out, "(work + %zu)", s->at);
}

/* Everything that is collected before the first item, and sums that begin with 0. */
static void put_before(const loop_writer *x)
{
    const slope_function *body = x->loop->body;
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        const slope__source *s = &x->loop->source[g];
        const slope__binding way = slope__binding_of(x->l->f, x->loop, g);
        const size_t length = body->input[g].length;
        slope__cell base;
        if (length == 0 || (way != SLOPE__BOUND_BEFORE && way != SLOPE__BOUND_CARRIED))
            continue;
        const int dense = way == SLOPE__BOUND_BEFORE && (s->view.index || s->view.item != 0) &&
                          !slope__in_one_array(x->l->f, &s->view, x->loop->n, length, &base);
        const size_t n = (dense ? x->loop->n : 1) * length;
        slope__cell *cell = slope__new(n, sizeof *cell);
        for (size_t k = 0; cell && k < n; k++)
            cell[k] = slope__view_at(&s->view, length, k / length, k % length);
        if (cell)
            slope__put_copy(x->w, x->l, "work", x->room->gather[g], n, cell, 1);
        x->w->failed |= !cell;
        free(cell);
    }
    for (size_t g = 0; g < body->outputs; g++) {
        if (x->loop->target[g].kind != SLOPE__ADDED || x->loop->target[g].extent == 0)
            continue;
        slope__string_print(x->w->out, "    for (j = 0; j < %lu; j++) {\n        ",
                            (unsigned long)x->loop->target[g].extent);
        put_target(x, g);
        slope__string_print(x->w->out, "[j] = 0.0%s;\n    }\n", x->w->dialect.use_float ? "f" : "");
    }
}

/* What is collected from an array for one item. */
static void put_collect(const loop_writer *x)
{
    const slope_function *body = x->loop->body;
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        const slope__view *v = &x->loop->source[g].view;
        const size_t length = body->input[g].length;
        slope__cell base = 0;
        if (slope__binding_of(x->l->f, x->loop, g) != SLOPE__BOUND_COLLECT)
            continue;
        char *array = slope__array_text(x->w, x->l, slope__view_at(v, length, 0, 0), &base);
        x->w->failed |= !array;
        slope__string_print(x->w->out, "        for (j = 0; j < %zu; j++) {\n            work[", length);
        put_index(x->w->out, (long long)x->room->gather[g], 1, "j");
        slope__string_print(x->w->out, "] = %s[", array ? array : "");
        if (v->index) {
            slope__string_print(x->w->out, "%s_list%zu_%zus%zu[", x->w->name, x->l->number, x->at, g);
            put_index(x->w->out, 0, (long long)length, "i");
            slope__string_put(x->w->out, " + j]");
        } else {
            put_index(x->w->out, (long long)v->first - (long long)base, (long long)v->item, "i");
            if (v->element != 0)
                slope__string_put(x->w->out, v->element < 0 ? " - " : " + ");
            if (v->element != 0)
                put_index(x->w->out, 0, v->element < 0 ? -v->element : v->element, "j");
        }
        slope__string_put(x->w->out, "];\n        }\n");
        free(array);
    }
}

static void put_source_argument(const loop_writer *x, size_t g)
{
    const slope__view *v = &x->loop->source[g].view;
    const size_t length = x->loop->body->input[g].length;
    const slope__binding way = slope__binding_of(x->l->f, x->loop, g);
    slope__cell base = 0;
    if (length == 0) {
        slope__string_put(x->w->out,
                          "NULL"); /* nothing is read there, and no two restricted parameters get one address */
    } else if (way == SLOPE__BOUND_POINTER) {
        char *array = slope__array_text(x->w, x->l, slope__view_at(v, length, 0, 0), &base);
        x->w->failed |= !array;
        slope__string_print(x->w->out, "%s + (", array ? array : "");
        put_index(x->w->out, (long long)v->first - (long long)base, x->loop->n > 1 ? (long long)v->item : 0, "i");
        slope__string_char(x->w->out, ')');
        free(array);
    } else {
        const int dense = way == SLOPE__BOUND_BEFORE && (v->index || v->item != 0) &&
                          !slope__in_one_array(x->l->f, v, x->loop->n, length, &base);
        slope__string_put(x->w->out, "work + (");
        put_index(x->w->out, (long long)x->room->gather[g], dense ? (long long)length : 0, "i");
        slope__string_char(x->w->out, ')');
    }
}

static void put_target_argument(const loop_writer *x, size_t g)
{
    const size_t length = x->loop->body->output[g].length;
    if (length == 0) {
        slope__string_put(x->w->out, "NULL");
    } else if (x->room->result[g] != SIZE_MAX) {
        slope__string_print(x->w->out, "work + %zu", x->room->result[g]);
    } else {
        put_target(x, g);
        if (x->loop->target[g].kind == SLOPE__EACH && x->loop->n > 1) {
            slope__string_put(x->w->out, " + (");
            put_index(x->w->out, 0, (long long)length, "i");
            slope__string_char(x->w->out, ')');
        }
    }
}

static void put_call(const loop_writer *x)
{
    const slope_function *body = x->loop->body;
    const slope__layout *inner = slope__layout_of(x->w, body);
    slope__string_print(x->w->out, "        %s%s_%zu(", inner->status ? "status = " : "", x->w->name, inner->number);
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        put_source_argument(x, g);
        slope__string_put(x->w->out, ", ");
    }
    for (size_t g = 0; g < body->outputs; g++) {
        put_target_argument(x, g);
        slope__string_put(x->w->out, ", ");
    }
    slope__string_print(x->w->out, "work + %zu);\n", x->room->body);
}

/* From where the body wrote to where results belong. */
static void put_after(const loop_writer *x)
{
    const slope_function *body = x->loop->body;
    slope__string *out = x->w->out;
    for (size_t g = 0; g < body->outputs; g++) {
        const slope__target *t = &x->loop->target[g];
        const size_t length = body->output[g].length;
        if (x->room->result[g] == SIZE_MAX || t->kind == SLOPE__DROPPED || length == 0)
            continue;
        slope__string_print(out, "        for (j = 0; j < %zu; j++) {\n            ", length);
        put_target(x, g);
        slope__string_char(out, '[');
        if (t->view.index) {
            slope__string_print(out, "%s_list%zu_%zut%zu[", x->w->name, x->l->number, x->at, g);
            put_index(out, 0, (long long)length, "i");
            slope__string_put(out, " + j]");
        } else {
            put_index(out, (long long)t->view.first, x->loop->n > 1 ? (long long)t->view.item : 0, "i");
            slope__string_put(out, t->view.element < 0 ? " - " : " + ");
            put_index(out, 0, t->view.element < 0 ? -t->view.element : t->view.element, "j");
        }
        slope__string_print(out, "] %s work[", t->kind == SLOPE__ADDED ? "+=" : "=");
        put_index(out, (long long)x->room->result[g], 1, "j");
        slope__string_put(out, "];\n        }\n");
    }
    for (size_t g = 0; g < body->inputs; g++) { /* all results are used: now the next step's state may change */
        const uint32_t from = x->loop->source[g].carried;
        if (from == SLOPE__NONE || body->input[g].length == 0)
            continue;
        slope__string_print(out, "        for (j = 0; j < %zu; j++) {\n            work[", body->input[g].length);
        put_index(out, (long long)x->room->gather[g], 1, "j");
        slope__string_put(out, "] = work[");
        put_index(out, (long long)x->room->result[from], 1, "j");
        slope__string_put(out, "];\n        }\n");
    }
}

/* A fold of no steps ends where it starts. */
static void put_empty(const loop_writer *x)
{
    for (size_t g = 0; g < x->loop->body->outputs; g++) {
        const slope__target *t = &x->loop->target[g];
        for (size_t j = 0; t->kind == SLOPE__LAST && j < t->extent; j++) {
            char *value = NULL;
            for (size_t s = 0; s < x->loop->body->inputs; s++) {
                if (x->loop->source[s].carried == g) {
                    free(value);
                    value = slope__operand_text(x->w, x->l, slope__view_at(&x->loop->source[s].view, t->extent, 0, j));
                }
            }
            slope__string_put(x->w->out, "    ");
            put_target(x, g);
            slope__string_print(x->w->out, "[%zu] = %s;\n", j,
                                value                     ? value
                                : x->w->dialect.use_float ? "0.0f"
                                                          : "0.0");
            free(value);
        }
    }
}

void slope__put_loop(slope__writer *w, slope__layout *l, size_t instruction)
{
    const size_t at = l->f->instruction[instruction].operand;
    const loop_writer x = {w, l, at, &l->f->loop[at], &l->loop[at]};
    if (x.loop->n == 0)
        put_empty(&x);
    put_before(&x);
    if (x.loop->n == 0)
        return;
    const slope__layout *inner = slope__layout_of(w, x.loop->body);
    slope__string_print(w->out,
                        inner->status ? "    for (i = 0; (i < %zu) && (status == 0); i++) {\n"
                                      : "    for (i = 0; i < %zu; i++) {\n",
                        x.loop->n);
    put_collect(&x);
    put_call(&x);
    put_after(&x);
    slope__string_put(w->out, "    }\n");
}
