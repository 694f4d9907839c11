/* SPDX-License-Identifier: MIT */
/*
 * Maps in lanes: W items at once, sums over items as 8 partial sums in chunks of 256 items, chunks on threads.
 *
 * Order of sums (the same in the evaluator): item i of a chunk adds to partial sum i % 8; these are added as total()
 * says; the totals of chunks are added in their order.  What goes to single cells goes there in the order of items.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "native/native.h"

enum {
    WINDOW_AT_MOST = 16, /* elements */
    WAVE = 64,           /* chunks whose totals are kept until they are added in order */
    ZEROED_LATE = 4096
};

/* A sum over the items. */
static int is_sum(const slope__target *t) { return t->kind == SLOPE__ADDED && !t->view.index && t->view.item == 0; }

static size_t count_sums(const slope__loop *loop)
{
    size_t n = 0;
    for (size_t g = 0; g < loop->body->outputs; g++)
        n += is_sum(&loop->target[g]) ? loop->body->output[g].length : 0;
    return n;
}

/* Items of different chunks never touch the same cell, or only add to sums. */
static int is_parallel(const slope__scope *s, const slope__loop *loop)
{
    if (!s->may_thread || loop->n <= SLOPE__NATIVE_CHUNK || s->e->any_guards)
        return 0;
    for (size_t g = 0; g < loop->body->outputs; g++) {
        if (loop->target[g].kind == SLOPE__ADDED && !is_sum(&loop->target[g]))
            return 0;
    }
    return 1;
}

/* Long targets that items go through from the first cell on: zeros are in the cache when they are added to. */
int slope__target_zeroed_late(const slope__loop *loop, const slope__target *t, size_t length)
{
    return t->kind == SLOPE__ADDED && !t->view.index && t->view.item > 0 && t->view.element >= 0 && length > 0 &&
           t->extent >= ZEROED_LATE && loop->n > SLOPE__NATIVE_CHUNK;
}

/* Zeros up to the last cell that items before `end` go to, or up to the end of the target. */
static void zero_ahead(slope__scope *s, const slope__scope *inner, slope__cell result, const char *end)
{
    const slope__loop *loop = inner->loop;
    slope__string *out = s->e->out;
    for (size_t g = 0; g < loop->body->outputs; g++) {
        const slope__target *t = &loop->target[g];
        const size_t length = loop->body->output[g].length;
        if (!slope__target_zeroed_late(loop, t, length))
            continue;
        const slope__piece *p = slope__piece_at(s, result + t->base);
        if (end)
            slope__string_print(out, "{ const size_t to = %" PRId64 " + (%s - 1) * %" PRId64 " + 1;\n",
                                t->view.first + (int64_t)(length - 1) * t->view.element, end, t->view.item);
        else
            slope__string_print(out, "{ const size_t to = %" PRIu32 ";\n", t->extent);
        slope__string_print(out, "zero(%s + %" PRIu32 " + z%u_%zu, (to - z%u_%zu) * sizeof(double)); z%u_%zu = to; }\n",
                            p->name, result + t->base - p->low, inner->id, g, inner->id, g, inner->id, g);
    }
}

/* ---------------------------------------------------------------------------------------------------------- targets */

static const slope__piece *piece_of(const slope__scope *s, slope__cell result, const slope__target *t)
{
    return slope__piece_at(s, result + t->base);
}

/* Long rows of cells, one per item, that don't overlap: turned in squares of W by W. */
static int is_columns(const slope__target *t, size_t length)
{
    return !t->view.index && t->view.element == 1 && length >= 4 &&
           (t->view.item >= (int64_t)length || -t->view.item >= (int64_t)length);
}

/* Items that add to overlapping windows of cells, one further each.  Vectors added at once would overlap what was just
   stored, which the processor has to wait for; so each element of a chunk's items is kept in a row and added when the
   chunk is done. */
static int is_window(const slope__target *t, size_t length)
{
    return t->kind == SLOPE__ADDED && !t->view.index && t->view.item == 1 && length > 1 && length <= WINDOW_AT_MOST;
}

/* Numbers of W items to cells of memory; where cells may coincide, in the order of the items. */
static void sink_to_cells(slope__scope *s, slope__scope *inner, size_t g, slope__cell result, const char *counter)
{
    slope__string *out = s->e->out;
    const slope__loop *loop = inner->loop;
    const slope__target *t = &loop->target[g];
    const slope__piece *p = piece_of(s, result, t);
    const size_t length = loop->body->output[g].length;
    slope__sink *k = &inner->sink[g];
    const int64_t first = (int64_t)(result + t->base - p->low) + (t->view.index ? 0 : t->view.first);
    k->kind = t->kind == SLOPE__ADDED ? SLOPE__SINK_ADD : SLOPE__SINK_STORE;
    k->check = p->output != SLOPE__NONE && s->e->check == SLOPE__CHECK_OUTPUTS;
    if (t->view.index) {
        char table[SLOPE__NATIVE_NAME];
        slope__emit_table(s->e, loop->n * length, t->view.index, 0, table);
        slope__string_print(out, "const uint32_t *const m%u_%zu = %s + %s * %zu;\n", inner->id, g, table, counter,
                            length);
        slope__string_print(out, "double *const o%u_%zu = %s + %" PRId64 ";\n", inner->id, g, p->name, first);
        slope__string_print(out, "V *const u%u_%zu = (V *)(w + %zu);\n", inner->id, g,
                            slope__emit_memory(s->e, length, 1));
        k->kind = SLOPE__SINK_STORE;
        k->place = (slope__place){.where = SLOPE__PACKED, .element = {1, ""}};
        (void)snprintf(k->place.base, sizeof k->place.base, "u%u_%zu", inner->id, g);
        return;
    }
    if (is_window(t, length)) {
        slope__string_print(out, "double *const o%u_%zu = u%u_%zu + (%s - c);\n", inner->id, g, inner->id, g, counter);
        k->kind = SLOPE__SINK_STORE;
        k->place = (slope__place){.where = SLOPE__SPREAD, .element = {SLOPE__NATIVE_CHUNK, ""}, .lane = {1, ""}};
        (void)snprintf(k->place.base, sizeof k->place.base, "o%u_%zu", inner->id, g);
        return;
    }
    const int columns = is_columns(t, length);
    slope__string_print(out, "double *const o%u_%zu = %s + %" PRId64 " + (ptrdiff_t)%s * %" PRId64 ";\n", inner->id, g,
                        p->name, first, counter, t->view.item);
    if (columns) {
        slope__string_print(out, "V *const u%u_%zu = (V *)(w + %zu);\n", inner->id, g,
                            slope__emit_memory(s->e, length, 1));
        k->kind = SLOPE__SINK_STORE;
        k->place = (slope__place){.where = SLOPE__PACKED, .element = {1, ""}};
        (void)snprintf(k->place.base, sizeof k->place.base, "u%u_%zu", inner->id, g);
        return;
    }
    k->place = (slope__place){.where = SLOPE__SPREAD, .element = {t->view.element, ""}, .lane = {t->view.item, ""}};
    (void)snprintf(k->place.base, sizeof k->place.base, "o%u_%zu", inner->id, g);
    k->late = k->kind == SLOPE__SINK_ADD && length > 1;
    k->down = k->late && (t->view.item > 0) == (t->view.element > 0);
}

static void sinks(slope__scope *s, slope__scope *inner, slope__cell result, const char *counter)
{
    const slope__loop *loop = inner->loop;
    size_t at = 0;
    for (size_t g = 0; g < loop->body->outputs; g++) {
        const slope__target *t = &loop->target[g];
        if (is_sum(t)) {
            slope__sink *k = &inner->sink[g];
            k->kind = SLOPE__SINK_SUM;
            (void)snprintf(k->place.base, sizeof k->place.base, "(a%u + %zu)", inner->id, at);
            at += loop->body->output[g].length;
        } else if (t->kind != SLOPE__DROPPED && t->extent > 0) {
            sink_to_cells(s, inner, g, result, counter);
        }
    }
}

/* What was kept apart: rows of cells, and lists of them item by item, element by element. */
static void kept_out(slope__scope *s, const slope__scope *inner)
{
    slope__string *out = s->e->out;
    const slope__loop *loop = inner->loop;
    for (size_t g = 0; g < loop->body->outputs; g++) {
        const slope__target *t = &loop->target[g];
        const size_t length = loop->body->output[g].length;
        const int adds = t->kind == SLOPE__ADDED;
        if (t->kind == SLOPE__DROPPED || t->extent == 0 || is_sum(t))
            continue;
        if (is_columns(t, length))
            slope__string_print(out, "columns(o%u_%zu, %" PRId64 ", u%u_%zu, %zu, %s, %d);\n", inner->id, g,
                                t->view.item, inner->id, g, length, inner->mask, adds);
        if (t->view.index)
            slope__string_print(out,
                                "for (int l = 0; l < %s; l++)\nfor (size_t j = 0; j < %zu; j++)\n"
                                "o%u_%zu[m%u_%zu[(size_t)l * %zu + j]] %s u%u_%zu[j][l];\n",
                                inner->mask, length, inner->id, g, inner->id, g, length, adds ? "+=" : "=", inner->id,
                                g);
    }
}

/* ------------------------------------------------------------------------------------------------------------- sums */

/* The totals of a chunk, from the partial sums or from `total<id>`, added to the results. */
static void totals_out(slope__scope *s, const slope__scope *inner, slope__cell result, size_t count, const char *from)
{
    slope__string *out = s->e->out;
    const slope__loop *loop = inner->loop;
    size_t at = 0;
    for (size_t g = 0; g < loop->body->outputs; g++) {
        const slope__target *t = &loop->target[g];
        const size_t length = loop->body->output[g].length;
        if (!is_sum(t))
            continue;
        if (slope__target_is_local(loop, t)) {
            for (size_t j = 0; j < length; j++) {
                const slope__cell c = result + t->base + slope__view_at(&t->view, length, 0, j);
                slope__string_print(out, "s%u_%" PRIu32 " += ", s->id, c);
                if (from)
                    slope__string_print(out, "%s[%zu];\n", from, at + j);
                else
                    slope__string_print(out, "total(A%u + %zu, %zu);\n", inner->id, at + j, count);
            }
        } else {
            const slope__piece *p = piece_of(s, result, t);
            slope__string_print(out, "for (size_t j = 0; j < %zu; j++) {\n", length);
            if (from)
                slope__string_print(out, "const double t = %s[%zu + j];\n", from, at);
            else
                slope__string_print(out, "const double t = total(A%u + %zu + j, %zu);\n", inner->id, at, count);
            slope__string_print(out, "%s[%" PRId64 " + (ptrdiff_t)j * %" PRId64 "] += t;\n", p->name,
                                (int64_t)(result + t->base - p->low) + t->view.first, t->view.element);
            if (p->output != SLOPE__NONE && s->e->check == SLOPE__CHECK_OUTPUTS)
                slope__string_put(out, "see |= t != t;\n");
            slope__string_put(out, "}\n");
        }
        at += length;
    }
}

/* ------------------------------------------------------------------------------------------------------- the items */

/* Whether the lanes of group g were put side by side before the loop around; then that is its place. */
static int is_packed(const slope__scope *s, slope__scope *inner, size_t g, const char *counter)
{
    for (size_t k = 0; k < s->packs; k++) {
        if (s->pack[k].loop != inner->loop || s->pack[k].group != g)
            continue;
        inner->in[g] = (slope__place){.where = SLOPE__PACKED, .element = {1, ""}};
        (void)snprintf(inner->in[g].base, sizeof inner->in[g].base, "q%u_%zu", inner->id, g);
        slope__string_print(s->e->out, "const V *const %s = k%u_%zu + %s / W * %zu;\n", inner->in[g].base, s->id, k,
                            counter, inner->f->input[g].length);
        return 1;
    }
    return 0;
}

/* Items from `first` to `end`, names of numbers. */
static void emit_items(slope__scope *s, slope__scope *inner, slope__cell result, size_t sums, const char *first,
                       const char *end)
{
    slope__string *out = s->e->out;
    const slope_function *f = inner->f;
    char i[16];
    (void)snprintf(i, sizeof i, "i%u", inner->id);
    slope__string_print(out, "for (size_t %s = %s; %s < %s; %s += W) {\n", i, first, i, end, i);
    slope__string_print(out, "const int %s = %s - %s < W ? (int)(%s - %s) : W;\n", inner->mask, end, i, end, i);
    if (sums > 0)
        slope__string_print(
            out, "V *const a%u = A%u + %s / W %% (8 / W) * %zu;\nif (%s < W) memcpy(Z%u, a%u, sizeof(V) * %zu);\n",
            inner->id, inner->id, i, sums, inner->mask, inner->id, inner->id, sums);
    for (size_t g = 0; g < f->inputs + f->data; g++) {
        if (inner->in[g].where != SLOPE__NUMBERS && !is_packed(s, inner, g, i))
            inner->in[g] = slope__emit_source(s, inner, g, i, 1);
    }
    sinks(s, inner, result, i);
    slope__emit_begin(inner, 1);
    slope__emit_body(inner, 1);
    for (size_t g = 0; g < f->outputs; g++)
        slope__emit_group_out(inner, g);
    kept_out(s, inner);
    if (sums > 0)
        slope__string_print(out, "if (%s < W) keep_lanes(a%u, Z%u, %zu, %s);\n", inner->mask, inner->id, inner->id,
                            sums, inner->mask);
    slope__string_put(out, "}\n");
}

/* Rows for a chunk's items; done: added to the cells, in the order of items. */
static void windows(slope__scope *s, const slope__scope *inner, slope__cell result, int done)
{
    slope__string *out = s->e->out;
    const slope__loop *loop = inner->loop;
    for (size_t g = 0; g < loop->body->outputs; g++) {
        const slope__target *t = &loop->target[g];
        const size_t length = loop->body->output[g].length;
        if (!is_window(t, length) || t->extent == 0)
            continue;
        if (!done)
            slope__string_print(out, "double *const u%u_%zu = (double *)(w + %zu);\n", inner->id, g,
                                slope__emit_memory(s->e, length * SLOPE__NATIVE_CHUNK, 0));
        for (size_t k = 0; k < length && done; k++) {
            const size_t j = t->view.element > 0 ? length - 1 - k : k;
            const slope__piece *p = piece_of(s, result, t);
            slope__string_print(out, "run_add(%s + %" PRId64 " + c, u%u_%zu + %zu, e - c);\n", p->name,
                                (int64_t)(result + t->base - p->low) + t->view.first + (int64_t)j * t->view.element,
                                inner->id, g, j * SLOPE__NATIVE_CHUNK);
        }
    }
}

/* One chunk: from c to e, both declared. */
static void emit_chunk(slope__scope *s, slope__scope *inner, slope__cell result, size_t sums)
{
    slope__string *out = s->e->out;
    slope__string_put(out, "M seen = {0};\n");
    if (sums > 0) {
        const size_t rows = 8 / s->e->width * sums;
        slope__string_print(out, "V *const A%u = (V *)(w + %zu), *const Z%u = (V *)(w + %zu);\n", inner->id,
                            slope__emit_memory(s->e, rows, 1), inner->id, slope__emit_memory(s->e, sums, 1));
        slope__string_print(out, "zero(A%u, sizeof(V) * %zu);\n", inner->id, rows);
    }
    windows(s, inner, result, 0);
    emit_items(s, inner, result, sums, "c", "e");
    windows(s, inner, result, 1);
    slope__string_put(out, "see |= any(seen);\n");
}

static void emit_parallel(slope__scope *s, slope__scope *inner, slope__cell result, size_t sums)
{
    slope__string *out = s->e->out;
    const size_t n = inner->loop->n, chunks = (n + SLOPE__NATIVE_CHUNK - 1) / SLOPE__NATIVE_CHUNK;
    const size_t at = slope__emit_memory(s->e, WAVE * sums, 0);
    s->e->threads = 1;
    slope__string_print(out, "double *const T = (double *)(w + %zu); (void)T;\n", at);
    slope__string_print(out, "for (size_t first = 0; first < %zu; first += %d) {\n", chunks, WAVE);
    slope__string_print(out, "const ptrdiff_t wave = %zu - first < %d ? (ptrdiff_t)(%zu - first) : %d;\n", chunks, WAVE,
                        chunks, WAVE);
    slope__string_put(
        out, "#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static) reduction(| : see)\n"
             "for (ptrdiff_t k = 0; k < wave; k++) {\nchar *const w = work + (size_t)THREAD * WORK; (void)w;\n");
    slope__string_print(out, "const size_t c = (first + (size_t)k) * %d, e = c + %d < %zu ? c + %d : %zu;\n",
                        SLOPE__NATIVE_CHUNK, SLOPE__NATIVE_CHUNK, n, SLOPE__NATIVE_CHUNK, n);
    emit_chunk(s, inner, result, sums);
    if (sums > 0)
        slope__string_print(out, "for (size_t j = 0; j < %zu; j++) T[(size_t)k * %zu + j] = total(A%u + j, %zu);\n",
                            sums, sums, inner->id, sums);
    slope__string_put(out, "}\n");
    if (sums > 0) {
        slope__string_print(
            out, "for (ptrdiff_t k = 0; k < wave; k++) {\nconst double *const S = T + (size_t)k * %zu;\n", sums);
        totals_out(s, inner, result, sums, "S");
        slope__string_put(out, "}\n");
    }
    slope__string_put(out, "}\n");
}

void slope__emit_lanes(slope__scope *s, const slope__loop *loop, slope__cell result)
{
    slope__string *out = s->e->out;
    slope__scope *inner = slope__scope_create(s->e, loop->body, loop, "");
    const size_t work = s->e->work, sums = count_sums(loop);
    const slope_function *f = loop->body;
    if (!inner) {
        s->e->no_memory = 1;
        return;
    }
    (void)snprintf(inner->mask, sizeof inner->mask, "m%u", inner->id);
    inner->two_passes = 1;
    slope__string_put(out, "{\n");
    for (size_t g = 0; g < f->inputs + f->data; g++) {
        const slope__view *v = &loop->source[g].view;
        if (f->input[g].length > 0 && (v->index || v->item != 0) &&
            !slope__source_gathered(&loop->source[g], loop->n, f->input[g].length)) {
            inner->in[g].where = v->index ? SLOPE__LISTED : SLOPE__SPREAD;
            (void)snprintf(inner->in[g].list, sizeof inner->in[g].list, "%s", v->index ? "-" : "");
        } else {
            inner->in[g] = slope__emit_source(s, inner, g, NULL, 0);
        }
    }
    if (!slope__scope_plan(inner)) {
        s->e->no_memory = 1;
        slope__scope_destroy(inner);
        return;
    }
    slope__emit_begin(inner, 0);
    slope__emit_body(inner, 0);
    if (is_parallel(s, loop)) {
        emit_parallel(s, inner, result, sums);
    } else {
        for (size_t g = 0; g < f->outputs; g++)
            slope__string_print(out, "size_t z%u_%zu = 0; (void)z%u_%zu;\n", inner->id, g, inner->id, g);
        slope__string_print(out,
                            "for (size_t c = 0; c < %zu; c += %d) {\nconst size_t e = c + %d < %zu ? c + %d : %zu;\n",
                            loop->n, SLOPE__NATIVE_CHUNK, SLOPE__NATIVE_CHUNK, loop->n, SLOPE__NATIVE_CHUNK, loop->n);
        zero_ahead(s, inner, result, "e");
        emit_chunk(s, inner, result, sums);
        totals_out(s, inner, result, sums, NULL);
        slope__string_put(out, "}\n");
        zero_ahead(s, inner, result, NULL);
    }
    slope__string_put(out, "}\n");
    s->e->work = work;
    slope__scope_destroy(inner);
}
