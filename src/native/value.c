/* SPDX-License-Identifier: MIT */
/* Texts of values, and where they go: memory that loops reach into, and the targets of a body's outputs. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "native/native.h"

size_t slope__emit_memory(slope__emitter *e, size_t count, int varying)
{
    const size_t at = e->work, size = varying ? sizeof(double) * e->width : sizeof(double);
    if (count > (SIZE_MAX / 4 - at) / size) {
        e->too_long = 1;
        return at;
    }
    e->work = (at + count * size + 63) & ~(size_t)63;
    if (e->work > e->most)
        e->most = e->work;
    return at;
}

const char *slope__emit_table(slope__emitter *e, size_t n, const uint32_t *entry, uint32_t less,
                              char name[SLOPE__NATIVE_NAME])
{
    (void)snprintf(name, SLOPE__NATIVE_NAME, "t%u", e->names++);
    e->entries += n;
    slope__string_print(e->tables, "static const uint32_t %s[] = {", name);
    for (size_t k = 0; k < n; k++)
        slope__string_print(e->tables, k % 16 == 0 ? "\n%" PRIu32 "," : "%" PRIu32 ",", entry[k] - less);
    slope__string_put(e->tables, n > 0 ? "};\n" : "0};\n");
    return name;
}

void slope__emit_number(double x, char text[SLOPE__NATIVE_NAME])
{
    char digits[SLOPE__NUMBER_SIZE];
    const int is_short = fabs(x) < 1e15 && x == trunc(x);
    if (x != x)
        (void)snprintf(text, SLOPE__NATIVE_NAME, "__builtin_nan(\"\")");
    else if (isinf(x))
        (void)snprintf(text, SLOPE__NATIVE_NAME, x > 0 ? "__builtin_inf()" : "(-__builtin_inf())");
    else
        (void)snprintf(text, SLOPE__NATIVE_NAME, signbit(x) ? "(%s)" : "%s",
                       slope__number_format(digits, is_short ? "%.1f" : "%a", x));
}

/* ----------------------------------------------------------------------------------------------------- addresses */

/* first + j * k, times the variable, as text; j is a number or the name of one. */
static void offset_text(const slope__place *p, const char *j, char text[160])
{
    char *end, inner[112];
    const long long at = strtoll(j, &end, 10);
    if (*p->list)
        (void)snprintf(inner, sizeof inner, "%" PRId64 " + (ptrdiff_t)%s[%s] * %" PRId64, p->first, p->list, j,
                       p->element.k);
    else if (*end == '\0')
        (void)snprintf(inner, sizeof inner, "%" PRId64, p->first + (int64_t)at * p->element.k);
    else
        (void)snprintf(inner, sizeof inner, "%" PRId64 " + (ptrdiff_t)%s * %" PRId64, p->first, j, p->element.k);
    if (*p->element.variable)
        (void)snprintf(text, 160, "(%s) * %s", inner, p->element.variable);
    else
        (void)snprintf(text, 160, "%s", inner);
}

static void stride_text(const slope__stride *s, char text[SLOPE__NATIVE_NAME])
{
    if (*s->variable)
        (void)snprintf(text, SLOPE__NATIVE_NAME, "%" PRId64 " * %s", s->k, s->variable);
    else
        (void)snprintf(text, SLOPE__NATIVE_NAME, "%" PRId64, s->k);
}

void slope__emit_element(const slope__scope *s, const slope__place *p, const char *j, char text[SLOPE__NATIVE_VALUE])
{
    char offset[160], lane[SLOPE__NATIVE_NAME];
    offset_text(p, j, offset);
    stride_text(&p->lane, lane);
    if (p->where == SLOPE__NUMBERS || p->where == SLOPE__PACKED)
        (void)snprintf(text, SLOPE__NATIVE_VALUE, "%s[%s]", p->base, offset);
    else if (p->where == SLOPE__LISTED)
        (void)snprintf(text, SLOPE__NATIVE_VALUE, "load_list(%s + %" PRId64 ", %" PRId64 ", %s + %s, %s, %s)", p->base,
                       p->first, p->element.k, p->list, j, lane, s->mask);
    else if (*p->lane.variable)
        (void)snprintf(text, SLOPE__NATIVE_VALUE, "load_any(%s + (%s), %s, %s)", p->base, offset, lane, s->mask);
    else if (p->lane.k == 1)
        (void)snprintf(text, SLOPE__NATIVE_VALUE, "load1(%s + (%s), %s)", p->base, offset, s->mask);
    else
        (void)snprintf(text, SLOPE__NATIVE_VALUE, "load(%s + (%s), %s, %s)", p->base, offset, lane, s->mask);
}

/* -------------------------------------------------------------------------------------------------------- values */

static size_t group_of(const slope_function *f, slope__cell cell)
{
    size_t g = 0;
    while (f->input[g].first + f->input[g].length <= cell)
        g++;
    return g;
}

int slope__emit_value(const slope__scope *s, slope__cell cell, char text[SLOPE__NATIVE_VALUE])
{
    const slope_function *f = s->f;
    const int varying = s->flag[cell] & SLOPE__VARYING;
    char j[SLOPE__NATIVE_NAME];
    if (s->flag[cell] & SLOPE__NAMED) {
        (void)snprintf(text, SLOPE__NATIVE_VALUE, "s%u_%" PRIu32, s->id, cell);
    } else if (cell < f->input_cells) {
        const size_t g = group_of(f, cell);
        (void)snprintf(j, sizeof j, "%zu", cell - f->input[g].first);
        slope__emit_element(s, &s->in[g], j, text);
    } else if (cell < f->input_cells + f->numbers) {
        slope__emit_number(f->number[cell - f->input_cells], text);
    } else {
        const slope__piece *p = slope__piece_at(s, cell);
        (void)snprintf(text, SLOPE__NATIVE_VALUE, p->varying && !varying ? "%s[%" PRIu32 "][0]" : "%s[%" PRIu32 "]",
                       p->name, cell - p->low);
    }
    return varying;
}

/* ---------------------------------------------------------------------------------------------------- where to */

static void look(slope__scope *s, const char *value, int varying)
{
    slope__string_print(s->e->out, varying ? "seen |= (%s != %s);\n" : "see |= %s != %s;\n", value, value);
}

static void to_place(slope__scope *s, const slope__sink *k, const char *j, const char *v)
{
    slope__string *out = s->e->out;
    const slope__place *p = &k->place;
    const int adds = k->kind == SLOPE__SINK_ADD;
    char offset[160], lane[SLOPE__NATIVE_NAME];
    offset_text(p, j, offset);
    stride_text(&p->lane, lane);
    if (p->where == SLOPE__NUMBERS || p->where == SLOPE__PACKED)
        slope__string_print(out, "%s[%s] %s %s;\n", p->base, offset, adds ? "+=" : "=", v);
    else if (p->where == SLOPE__LISTED)
        slope__string_print(out, "%s(%s + %" PRId64 ", %s + %s, %s, %s, %s);\n", adds ? "add_list" : "store_list",
                            p->base, p->first, p->list, j, lane, v, s->mask);
    else if (p->lane.k == 1 && !*p->lane.variable)
        slope__string_print(out, "%s(%s + (%s), %s, %s);\n", adds ? "add1" : "store1", p->base, offset, v, s->mask);
    else
        slope__string_print(out, "%s(%s + (%s), %s, %s, %s);\n", adds ? "add" : "store", p->base, offset, lane, v,
                            s->mask);
}

/* Value (numbers are spread where lanes are wanted) to element j of output group g. */
void slope__emit_to_sink(slope__scope *s, size_t g, const char *j, const char *value, int varying)
{
    slope__string *out = s->e->out;
    const slope__sink *k = &s->sink[g];
    char v[SLOPE__NATIVE_VALUE + 8];
    int lanes = k->kind == SLOPE__SINK_SUM || k->kind == SLOPE__SINK_POINT || k->place.where != SLOPE__NUMBERS;
    slope__cell to = 0;
    if (k->kind == SLOPE__SINK_NONE)
        return;
    if (k->kind == SLOPE__SINK_LOCAL) {
        to = k->base + slope__view_at(k->view, s->f->output[g].length, 0, (size_t)strtoull(j, NULL, 10));
        lanes = k->outer->flag[to] & SLOPE__VARYING;
    }
    (void)snprintf(v, sizeof v, lanes && !varying ? "SP(%s)" : "%s", value);
    if (*k->condition)
        slope__string_print(out, "if (%s) ", k->condition);
    if (k->kind == SLOPE__SINK_LOCAL)
        slope__string_print(out, "s%u_%" PRIu32 " %s %s;\n", k->outer->id, to, k->adds ? "+=" : "=", v);
    else if (k->kind == SLOPE__SINK_SUM)
        slope__string_print(out, "%s[%s] += %s;\n", k->place.base, j, v);
    else if (k->kind == SLOPE__SINK_POINT)
        slope__string_print(out, "point(&y[%zu], %s + %s, i, %s, %s, %s);\n", g, k->place.base, j, j, v, s->mask);
    else
        to_place(s, k, j, v);
    if (k->check)
        look(s, value, varying);
}

/* A cell that has a name, to the piece of memory it belongs to. */
void slope__emit_to_pieces(slope__scope *s, slope__cell cell)
{
    const slope__piece *p = slope__piece_at(s, cell);
    char value[SLOPE__NATIVE_VALUE];
    if (!p || p->constant || (s->pass == 0 && p->varying))
        return;
    const int varying = slope__emit_value(s, cell, value);
    slope__string_print(s->e->out, p->varying && !varying ? "%s[%" PRIu32 "] = SP(%s);\n" : "%s[%" PRIu32 "] = %s;\n",
                        p->name, cell - p->low, value);
    if (p->output != SLOPE__NONE && s->e->check == SLOPE__CHECK_OUTPUTS)
        look(s, value, varying);
}

/* Is a cell so many results that they may be rows, which loops write? */
static int is_many(const slope__scope *s, slope__cell cell)
{
    size_t n = 0;
    for (uint32_t entry = s->first_entry[cell]; entry > 0 && n <= SLOPE__NATIVE_UNROLL; n++)
        entry = s->next_entry[entry - 1];
    return n > SLOPE__NATIVE_UNROLL;
}

/* Whether results that are this cell go to their sink as soon as it is there. */
static int is_early(const slope__scope *s, size_t g, slope__cell cell)
{
    const unsigned char flag = s->flag[cell];
    return !s->sink[g].late && cell >= s->f->input_cells && (flag & SLOPE__NAMED) &&
           (!s->two_passes || (flag & SLOPE__VARYING)) && !is_many(s, cell);
}

static size_t output_of_entry(const slope_function *f, size_t entry)
{
    size_t g = 0;
    while (f->output[g].first + f->output[g].length <= entry)
        g++;
    return g;
}

/* A result that just got its name: on to memory and to the outputs that it is. */
void slope__emit_cell_done(slope__scope *s, slope__cell cell)
{
    char value[SLOPE__NATIVE_VALUE], j[SLOPE__NATIVE_NAME];
    slope__emit_to_pieces(s, cell);
    for (uint32_t entry = s->first_entry[cell]; entry > 0; entry = s->next_entry[entry - 1]) {
        const size_t g = output_of_entry(s->f, entry - 1);
        if (!is_early(s, g, cell))
            continue;
        const int varying = slope__emit_value(s, cell, value);
        (void)snprintf(j, sizeof j, "%zu", entry - 1 - s->f->output[g].first);
        slope__emit_to_sink(s, g, j, value, varying);
    }
}

/* How many entries from j on are consecutive cells of one piece, or of one input group. */
static size_t run_length(const slope__scope *s, size_t g, size_t j)
{
    const slope__group *o = &s->f->output[g];
    const slope__cell *cell = s->f->result + o->first;
    const slope__piece *p = slope__piece_at(s, cell[j]);
    if (!p || p->constant || (s->flag[cell[j]] & SLOPE__NAMED) || (p->varying && !(s->flag[cell[j]] & SLOPE__VARYING)))
        return 1;
    size_t n = 1;
    while (j + n < o->length && cell[j + n] == cell[j] + n && cell[j + n] < p->high &&
           s->flag[cell[j + n]] == s->flag[cell[j]])
        n++;
    return n;
}

/* The same cell, or the same constant? */
static int is_same(const slope_function *f, slope__cell a, slope__cell b)
{
    const slope__cell first = (slope__cell)f->input_cells, end = (slope__cell)(f->input_cells + f->numbers);
    return a == b || (a >= first && a < end && b >= first && b < end &&
                      memcmp(&f->number[a - first], &f->number[b - first], sizeof *f->number) == 0);
}

/* How many entries from j on are the same: slopes have long rows of zeros. */
static size_t same_length(const slope__scope *s, size_t g, size_t j)
{
    const slope__group *o = &s->f->output[g];
    const slope__cell *cell = s->f->result + o->first;
    size_t n = 1;
    while (j + n < o->length && is_same(s->f, cell[j], cell[j + n]))
        n++;
    return n;
}

static void same_out(slope__scope *s, size_t g, size_t j, size_t n)
{
    char value[SLOPE__NATIVE_VALUE];
    const int varying = slope__emit_value(s, s->f->result[s->f->output[g].first + j], value);
    slope__string_print(s->e->out, "for (size_t j = %zu; j < %zu; j++) {\n", j, j + n);
    slope__emit_to_sink(s, g, "j", value, varying);
    slope__string_put(s->e->out, "}\n");
}

static void run_out(slope__scope *s, size_t g, size_t j, size_t n)
{
    const slope__cell cell = s->f->result[s->f->output[g].first + j];
    const slope__piece *p = slope__piece_at(s, cell);
    const slope__sink *k = &s->sink[g];
    const slope__place *to = &k->place;
    if (!p->varying && to->where == SLOPE__NUMBERS && !*to->list && to->element.k == 1 && !*to->element.variable &&
        !*k->condition && (k->kind == SLOPE__SINK_STORE || k->kind == SLOPE__SINK_ADD)) {
        slope__string_print(s->e->out, "%s(%s + %" PRId64 ", %s + %" PRIu32 ", %zu);\n",
                            k->kind == SLOPE__SINK_ADD ? "run_add" : "run_set", to->base, to->first + (int64_t)j,
                            p->name, cell - p->low, n);
        if (k->check)
            slope__string_print(s->e->out, "see |= run_nan(%s + %" PRIu32 ", %zu);\n", p->name, cell - p->low, n);
        return;
    }
    char value[SLOPE__NATIVE_VALUE];
    slope__string_print(s->e->out, "for (size_t j = %zu; j < %zu; j++) {\n", j, j + n);
    (void)snprintf(value, sizeof value, "%s[j + %" PRId64 "]", p->name, (int64_t)(cell - p->low) - (int64_t)j);
    slope__emit_to_sink(s, g, "j", value, p->varying);
    slope__string_put(s->e->out, "}\n");
}

/* Writes the entries from j on that one loop can, if they are many; how many, 1: none was written. */
static size_t moved_at_once(slope__scope *s, size_t g, size_t j)
{
    if (s->sink[g].down || s->sink[g].kind == SLOPE__SINK_LOCAL)
        return 1;
    const size_t run = run_length(s, g, j), same = same_length(s, g, j);
    if (run > SLOPE__NATIVE_UNROLL) {
        run_out(s, g, j, run);
        return run;
    }
    if (same > SLOPE__NATIVE_UNROLL) {
        same_out(s, g, j, same);
        return same;
    }
    return 1;
}

/* What is left of an output group when the body is done. */
void slope__emit_group_out(slope__scope *s, size_t g)
{
    const slope__group *o = &s->f->output[g];
    char value[SLOPE__NATIVE_VALUE], text[SLOPE__NATIVE_NAME];
    if (s->sink[g].kind == SLOPE__SINK_NONE)
        return;
    for (size_t k = 0; k < o->length; k++) {
        const size_t j = s->sink[g].down ? o->length - 1 - k : k;
        const slope__cell cell = s->f->result[o->first + j];
        if (is_early(s, g, cell))
            continue;
        const size_t run = moved_at_once(s, g, j);
        if (run > 1) {
            k += run - 1;
            continue;
        }
        const int varying = slope__emit_value(s, cell, value);
        (void)snprintf(text, sizeof text, "%zu", j);
        slope__emit_to_sink(s, g, text, value, varying);
    }
}
