/* SPDX-License-Identifier: MIT */
/*
 * Loops: calls, maps and folds that run item after item.
 *
 * What a fold carries is kept in names where it is short and no loop of the body reaches into it, else in two pieces of
 * memory that change roles after every step.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "native/native.h"

enum { PACKED_AT_MOST = 32768 /* vectors, of what a map reads in every step of a loop */ };

/* ------------------------------------------------------------------------------------------------ where things are */

/* The memory that a source reads from, and the cell at its base. */
static slope__place region(const slope__scope *s, const slope__source *source, size_t n, size_t length,
                           slope__cell *base)
{
    slope__cell low, high;
    slope__view_range(&source->view, source->carried == SLOPE__NONE ? n : 1, length, &low, &high);
    for (size_t g = 0; high < s->f->input_cells && g < s->f->inputs + s->f->data; g++) {
        const slope__group *group = &s->f->input[g];
        if (low >= group->first && high < group->first + group->length && !*s->in[g].list) {
            *base = (slope__cell)group->first;
            return s->in[g];
        }
    }
    const slope__piece *p = slope__piece_at(s, low);
    slope__place place = {.where = p->varying ? SLOPE__PACKED : SLOPE__NUMBERS, .element = {1, ""}};
    (void)snprintf(place.base, sizeof place.base, "%s", p->name);
    *base = p->low;
    return place;
}

static const char *type_at(slope__where where) { return where == SLOPE__PACKED ? "V" : "double"; }

/* place moved to item `counter` of a view that steps by `item` */
static void step_to(slope__scope *inner, slope__place *place, int64_t item, const char *prefix, size_t g,
                    const char *counter, int constant)
{
    char name[24];
    (void)snprintf(name, sizeof name, "%s%u_%zu", prefix, inner->id, g);
    slope__string_print(inner->e->out, "%s%s *const %s = %s + (ptrdiff_t)%s * %" PRId64 "%s%s;\n",
                        constant ? "const " : "", type_at(place->where), name, place->base, counter, item,
                        *place->element.variable ? " * " : "", place->element.variable);
    (void)snprintf(place->base, sizeof place->base, "%s", name);
}

/* Cells of a list, copied side by side. */
static slope__place gather(slope__scope *s, slope__scope *inner, size_t g)
{
    slope__string *out = s->e->out;
    const slope__source *source = &inner->loop->source[g];
    const size_t length = inner->f->input[g].length;
    const int varying = slope__source_varies(s, source, inner->loop->n, length);
    const char *type = varying ? "V" : "double";
    slope__place place = {.where = varying ? SLOPE__PACKED : SLOPE__NUMBERS, .element = {1, ""}};
    char value[SLOPE__NATIVE_VALUE];
    (void)snprintf(place.base, sizeof place.base, "g%u_%zu", inner->id, g);
    slope__string_print(out, "%s *const %s = (%s *)(w + %zu);\n", type, place.base, type,
                        slope__emit_memory(s->e, length, varying));
    for (size_t j = 0; j < length; j++) {
        const int spread = varying && !slope__emit_value(s, source->view.index[j], value);
        if (!varying)
            (void)slope__emit_value(s, source->view.index[j], value);
        slope__string_print(out, spread ? "%s[%zu] = SP(%s);\n" : "%s[%zu] = %s;\n", place.base, j, value);
    }
    return place;
}

slope__place slope__emit_source(slope__scope *s, slope__scope *inner, size_t g, const char *counter, int lanes)
{
    const slope__loop *loop = inner->loop;
    const slope__source *source = &loop->source[g];
    const size_t length = loop->body->input[g].length;
    slope__place none = {.where = SLOPE__NUMBERS};
    slope__cell base;
    if (length == 0)
        return none;
    if (slope__source_gathered(source, loop->n, length))
        return gather(s, inner, g);
    slope__place place = region(s, source, loop->n, length, &base);
    const slope__view *v = &source->view;
    if (v->index) {
        char table[SLOPE__NATIVE_NAME];
        const size_t n = source->carried == SLOPE__NONE ? loop->n : 1;
        slope__emit_table(s->e, n * length, v->index, base, table);
        (void)snprintf(place.list, sizeof place.list, "%s", table);
        if (counter) {
            (void)snprintf(place.list, sizeof place.list, "l%u_%zu", inner->id, g);
            slope__string_print(s->e->out, "const uint32_t *const %s = %s + %s * %zu;\n", place.list, table, counter,
                                length);
        }
        if (lanes) {
            place.where = SLOPE__LISTED;
            place.lane = (slope__stride){(int64_t)length, ""};
        }
        return place;
    }
    const int64_t item = v->item * place.element.k;
    place.first += (v->first - (int64_t)base) * place.element.k;
    if (counter && item != 0) {
        step_to(inner, &place, item, "p", g, counter, 1);
        if (lanes) {
            place.where = SLOPE__SPREAD;
            place.lane = (slope__stride){item, ""};
            (void)snprintf(place.lane.variable, sizeof place.lane.variable, "%s", place.element.variable);
        }
    }
    place.element.k *= v->element;
    return place;
}

/* ---------------------------------------------------------------------------------------------------------- targets */

/* A target whose numbers go to memory item after item. */
static void sink_to_piece(slope__scope *s, slope__scope *inner, size_t g, slope__cell result, const char *counter)
{
    const slope__loop *loop = inner->loop;
    const slope__target *t = &loop->target[g];
    const slope__piece *p = slope__piece_at(s, result + t->base);
    const int64_t first = (int64_t)(result + t->base - p->low);
    slope__sink *k = &inner->sink[g];
    k->kind = t->kind == SLOPE__ADDED ? SLOPE__SINK_ADD : SLOPE__SINK_STORE;
    k->check = p->output != SLOPE__NONE && s->e->check == SLOPE__CHECK_OUTPUTS;
    k->late = t->view.index || t->view.element == 0;
    k->place = (slope__place){.where = p->varying ? SLOPE__PACKED : SLOPE__NUMBERS, .first = first, .element = {1, ""}};
    (void)snprintf(k->place.base, sizeof k->place.base, "%s", p->name);
    if (t->kind == SLOPE__LAST) {
        k->late = 1;
        if (counter)
            (void)snprintf(k->condition, sizeof k->condition, "%s + 1 == %zu", counter, loop->n);
    } else if (t->view.index) {
        char table[SLOPE__NATIVE_NAME];
        slope__emit_table(s->e, loop->n * loop->body->output[g].length, t->view.index, 0, table);
        (void)snprintf(k->place.list, sizeof k->place.list, "%s", table);
        if (counter) {
            (void)snprintf(k->place.list, sizeof k->place.list, "m%u_%zu", inner->id, g);
            slope__string_print(s->e->out, "const uint32_t *const %s = %s + %s * %zu;\n", k->place.list, table, counter,
                                loop->body->output[g].length);
        }
    } else {
        k->place.first += t->view.first;
        k->place.element.k = t->view.element;
        if (counter && t->view.item != 0)
            step_to(inner, &k->place, t->view.item, "o", g, counter, 0);
    }
}

static void sinks(slope__scope *s, slope__scope *inner, slope__cell result, const char *counter)
{
    const slope__loop *loop = inner->loop;
    for (size_t g = 0; g < loop->body->outputs; g++) {
        const slope__target *t = &loop->target[g];
        if (t->kind == SLOPE__DROPPED || t->extent == 0)
            continue;
        if (slope__target_is_local(loop, t))
            inner->sink[g] = (slope__sink){.kind = SLOPE__SINK_LOCAL,
                                           .adds = t->kind == SLOPE__ADDED,
                                           .late = t->view.index || t->view.element == 0,
                                           .view = &t->view,
                                           .base = result + t->base,
                                           .outer = s};
        else
            sink_to_piece(s, inner, g, result, counter);
    }
}

/* ---------------------------------------------------------------------------------------------------------- carried */

/* Whether a loop of the body reaches into its input group g. */
static int is_reached(const slope_function *body, size_t g)
{
    const slope__cell first = (slope__cell)body->input[g].first, end = (slope__cell)(first + body->input[g].length);
    for (size_t k = 0; k < body->loops; k++) {
        const slope__loop *loop = &body->loop[k];
        for (size_t h = 0; h < loop->body->inputs + loop->body->data; h++) {
            slope__cell low, high;
            const size_t n = loop->source[h].carried == SLOPE__NONE ? loop->n : 1;
            if (n == 0 || loop->body->input[h].length == 0)
                continue;
            slope__view_range(&loop->source[h].view, n, loop->body->input[h].length, &low, &high);
            if (low < end && high >= first)
                return 1;
        }
    }
    return 0;
}

static int in_memory(const slope_function *body, size_t g)
{
    return body->input[g].length > SLOPE__NATIVE_LOCALS || is_reached(body, g);
}

/* Where the steps begin: names or memory with the numbers of the view. */
static void carried_begin(slope__scope *s, slope__scope *inner, size_t g, const slope__place *start)
{
    slope__string *out = s->e->out;
    const slope__group *group = &inner->f->input[g];
    const int varying = inner->in[g].where != SLOPE__NUMBERS, spread = varying && start->where == SLOPE__NUMBERS;
    const char *type = varying ? "V" : "double";
    char value[SLOPE__NATIVE_VALUE], j[SLOPE__NATIVE_NAME];
    if (in_memory(inner->f, g)) {
        const size_t a = slope__emit_memory(s->e, group->length, varying);
        const size_t b = slope__emit_memory(s->e, group->length, varying);
        slope__string_print(out, "%s *c%u_%zu = (%s *)(w + %zu), *d%u_%zu = (%s *)(w + %zu);\n", type, inner->id, g,
                            type, a, inner->id, g, type, b);
        slope__emit_element(s, start, "j", value);
        slope__string_print(out,
                            spread ? "for (size_t j = 0; j < %zu; j++) c%u_%zu[j] = SP(%s);\n"
                                   : "for (size_t j = 0; j < %zu; j++) c%u_%zu[j] = %s;\n",
                            group->length, inner->id, g, value);
        return;
    }
    for (size_t k = 0; k < group->length; k++) {
        (void)snprintf(j, sizeof j, "%zu", k);
        slope__emit_element(s, start, j, value);
        slope__string_print(out, spread ? "%s s%u_%zu = SP(%s);\n" : "%s s%u_%zu = %s;\n", type, inner->id,
                            group->first + k, value);
        inner->flag[group->first + k] |= SLOPE__NAMED;
    }
}

static void carried_next(slope__scope *inner)
{
    slope__string *out = inner->e->out;
    const slope_function *f = inner->f;
    char value[SLOPE__NATIVE_VALUE];
    for (size_t g = 0; g < f->inputs; g++) {
        const uint32_t from = inner->loop->source[g].carried;
        if (from == SLOPE__NONE)
            continue;
        const int lanes = inner->in[g].where != SLOPE__NUMBERS;
        if (in_memory(f, g)) {
            slope__sink *k = &inner->sink[from];
            *k = (slope__sink){.kind = SLOPE__SINK_STORE, .late = 1};
            k->place = (slope__place){.where = inner->in[g].where, .element = {1, ""}};
            (void)snprintf(k->place.base, sizeof k->place.base, "d%u_%zu", inner->id, g);
            slope__emit_group_out(inner, from);
            continue;
        }
        for (size_t j = 0; j < f->output[from].length; j++) {
            const int varying = slope__emit_value(inner, f->result[f->output[from].first + j], value);
            slope__string_print(out, lanes && !varying ? "const %s n%u_%zu = SP(%s);\n" : "const %s n%u_%zu = %s;\n",
                                lanes ? "V" : "double", inner->id, f->input[g].first + j, value);
        }
    }
    for (size_t g = 0; g < f->inputs; g++) { /* all at once: one may be another's */
        if (inner->loop->source[g].carried == SLOPE__NONE)
            continue;
        if (in_memory(f, g))
            slope__string_print(out, "{ %s *t = c%u_%zu; c%u_%zu = d%u_%zu; d%u_%zu = t; }\n",
                                inner->in[g].where != SLOPE__NUMBERS ? "V" : "double", inner->id, g, inner->id, g,
                                inner->id, g, inner->id, g);
        for (size_t j = 0; !in_memory(f, g) && j < f->input[g].length; j++)
            slope__string_print(out, "s%u_%zu = n%u_%zu;\n", inner->id, f->input[g].first + j, inner->id,
                                f->input[g].first + j);
    }
}

/* ------------------------------------------------------------------------------------------------------- the loop */

/* The group of the body that a map in it reads, if that is the same in every step; SIZE_MAX: none. */
static size_t steady_group(const slope__loop *loop, const slope__source *source, size_t n, size_t length)
{
    slope__cell low, high;
    slope__view_range(&source->view, n, length, &low, &high);
    for (size_t g = 0; g < loop->body->inputs + loop->body->data; g++) {
        const slope__group *group = &loop->body->input[g];
        const slope__source *outer = &loop->source[g];
        if (low >= group->first && high < group->first + group->length)
            return outer->carried == SLOPE__NONE && !outer->view.index && outer->view.item == 0 ? g : SIZE_MAX;
    }
    return SIZE_MAX;
}

/* What a map in the body reads with a stride, the same in every step, is put side by side for its lanes once. */
static void pack_steady(slope__scope *s, slope__scope *inner)
{
    const slope_function *f = inner->f;
    for (size_t k = 0; k < f->loops; k++) {
        const slope__loop *map = &f->loop[k];
        for (size_t h = 0; slope__loop_in_lanes(map) && h < map->body->inputs + map->body->data; h++) {
            const slope__source *source = &map->source[h];
            const size_t length = map->body->input[h].length, blocks = (map->n + s->e->width - 1) / s->e->width;
            if (length == 0 || source->view.index || source->view.item == 0 || inner->packs == SLOPE__PACKS ||
                blocks > PACKED_AT_MOST / length)
                continue;
            const size_t g = steady_group(inner->loop, source, map->n, length);
            if (g == SIZE_MAX || slope__source_varies(s, &inner->loop->source[g], 1, f->input[g].length))
                continue;
            slope__place place = slope__emit_source(s, inner, g, NULL, 0);
            char value[SLOPE__NATIVE_VALUE], name[16];
            (void)snprintf(name, sizeof name, "k%u_%zu", inner->id, inner->packs);
            place.first += (source->view.first - (int64_t)f->input[g].first) * place.element.k;
            place.lane = (slope__stride){source->view.item * place.element.k, ""};
            place.element.k *= source->view.element;
            slope__emit_element(s, &place, "j", value);
            slope__string_print(
                s->e->out,
                "V *const %s = (V *)(w + %zu);\nfor (size_t b = 0; b < %zu; b++)\nfor (size_t j = 0; j < %zu; j++)\n"
                "%s[b * %zu + j] = load(&%s + (ptrdiff_t)b * W * %" PRId64 ", %" PRId64 ", b + 1 < %zu ? W : %zu);\n",
                name, slope__emit_memory(s->e, blocks * length, 1), blocks, length, name, length, value, place.lane.k,
                place.lane.k, blocks, map->n - (blocks - 1) * s->e->width);
            inner->pack[inner->packs++] = (slope__pack){map, h};
        }
    }
}

static int is_gathered(const slope__loop *loop, size_t g)
{
    return loop->source[g].carried == SLOPE__NONE &&
           slope__source_gathered(&loop->source[g], loop->n, loop->body->input[g].length);
}

/* Item after item. */
static void emit_items(slope__scope *s, const slope__loop *loop, slope__cell result)
{
    slope__string *out = s->e->out;
    slope__scope *inner = slope__scope_create(s->e, loop->body, loop, s->mask);
    const size_t work = s->e->work;
    const slope_function *f = loop->body;
    char name[16];
    const char *counter = loop->n > 1 ? name : NULL;
    if (!inner) {
        s->e->no_memory = 1;
        return;
    }
    (void)snprintf(name, sizeof name, "i%u", inner->id);
    inner->may_thread = s->may_thread && loop->n == 1;
    for (size_t g = 0; g < f->inputs + f->data; g++) { /* first what varies, then the text */
        inner->in[g].where =
            slope__source_varies(s, &loop->source[g], loop->n, f->input[g].length) ? SLOPE__PACKED : SLOPE__NUMBERS;
        if (loop->source[g].view.index && !slope__source_gathered(&loop->source[g], loop->n, f->input[g].length))
            (void)snprintf(inner->in[g].list, sizeof inner->in[g].list, "-");
    }
    slope__string_put(out, "{\n");
    for (size_t g = 0; g < f->inputs; g++) {
        if (loop->source[g].carried != SLOPE__NONE)
            *inner->in[g].list = '\0';
    }
    if (!slope__scope_plan(inner)) {
        s->e->no_memory = 1;
        slope__scope_destroy(inner);
        return;
    }
    for (size_t g = 0; g < f->inputs; g++) {
        if (loop->source[g].carried == SLOPE__NONE || f->input[g].length == 0)
            continue;
        const slope__place start = slope__emit_source(s, inner, g, NULL, 0);
        carried_begin(s, inner, g, &start);
        inner->in[g] = (slope__place){.where = inner->in[g].where, .element = {1, ""}};
        (void)snprintf(inner->in[g].base, sizeof inner->in[g].base, "c%u_%zu", inner->id, g);
    }
    if (counter)
        pack_steady(s, inner);
    for (size_t g = 0; g < f->inputs + f->data; g++) {
        if (is_gathered(loop, g))
            inner->in[g] = slope__emit_source(s, inner, g, NULL, 0);
    }
    if (counter)
        slope__string_print(out, "for (size_t %s = 0; %s < %zu; %s++) {\n", name, name, loop->n, name);
    for (size_t g = 0; g < f->inputs + f->data; g++) {
        if (loop->source[g].carried == SLOPE__NONE && !is_gathered(loop, g))
            inner->in[g] = slope__emit_source(s, inner, g, counter, 0);
    }
    sinks(s, inner, result, counter);
    slope__emit_begin(inner, 2);
    slope__emit_body(inner, 2);
    for (size_t g = 0; g < f->outputs; g++)
        slope__emit_group_out(inner, g);
    if (counter)
        carried_next(inner);
    slope__string_put(out, counter ? "}\n}\n" : "}\n");
    s->e->work = work;
    slope__scope_destroy(inner);
}

/* Names for small results, zeros where numbers are added up. */
static void results_begin(slope__scope *s, const slope__loop *loop, slope__cell result, int lanes)
{
    slope__string *out = s->e->out;
    for (size_t g = 0; g < loop->body->outputs; g++) {
        const slope__target *t = &loop->target[g];
        if (t->kind == SLOPE__DROPPED || t->extent == 0)
            continue;
        const slope__cell first = result + t->base;
        if (slope__target_is_local(loop, t)) {
            for (slope__cell c = first; c < first + t->extent; c++)
                slope__string_print(out,
                                    s->flag[c] & SLOPE__VARYING ? "V s%u_%" PRIu32 " = SP(0.0);\n"
                                                                : "double s%u_%" PRIu32 " = 0.0;\n",
                                    s->id, c);
        } else if (t->kind == SLOPE__ADDED &&
                   !(lanes && slope__target_zeroed_late(loop, t, loop->body->output[g].length))) {
            const slope__piece *p = slope__piece_at(s, first);
            slope__string_print(out, "zero(%s + %" PRIu32 ", %" PRIu32 " * sizeof *%s);\n", p->name, first - p->low,
                                t->extent, p->name);
        }
    }
}

/* No items: a fold ends where it starts. */
static void emit_nothing(slope__scope *s, const slope__loop *loop, slope__cell result)
{
    char value[SLOPE__NATIVE_VALUE];
    for (size_t g = 0; g < loop->body->inputs; g++) {
        const slope__source *source = &loop->source[g];
        if (source->carried == SLOPE__NONE || loop->target[source->carried].kind != SLOPE__LAST)
            continue;
        for (size_t j = 0; j < loop->body->input[g].length; j++) {
            const slope__cell c = result + loop->target[source->carried].base + (slope__cell)j;
            const int varying =
                slope__emit_value(s, slope__view_at(&source->view, loop->body->input[g].length, 0, j), value);
            const slope__piece *p = slope__piece_at(s, c);
            const char *spread = (s->flag[c] & SLOPE__VARYING) && !varying ? "SP" : "";
            if (s->flag[c] & SLOPE__NAMED)
                slope__string_print(s->e->out, "s%u_%" PRIu32 " = %s(%s);\n", s->id, c, spread, value);
            else
                slope__string_print(s->e->out, "%s[%" PRIu32 "] = %s(%s);\n", p->name, c - p->low, spread, value);
        }
    }
}

void slope__emit_loop(slope__scope *s, const slope__instruction *i)
{
    const slope__loop *loop = &s->f->loop[i->operand];
    const int lanes = slope__loop_in_lanes(loop) && !slope__loop_varies(s, loop, i->result);
    results_begin(s, loop, i->result, lanes);
    if (loop->n == 0)
        emit_nothing(s, loop, i->result);
    else if (lanes)
        slope__emit_lanes(s, loop, i->result);
    else
        emit_items(s, loop, i->result);
    for (slope__cell c = i->result; c < i->result + loop->results; c++) {
        if (s->flag[c] & SLOPE__NAMED)
            slope__emit_cell_done(s, c);
    }
}
