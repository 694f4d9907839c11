/* SPDX-License-Identifier: MIT */
/*
 * A computation as few bytes: see data.h.  One pass over the walk for each part, so it takes time and memory in
 * proportion to the walk, whatever its size.
 */
#include "graph/data.h"

#include <math.h>
#include <string.h>

#include "graph/page.h"
#include "tape/tape.h"

/* Jacobians of structures are written as long as they are small: so many steps to compute, so many entries. */
enum { ROWS_WORK = 1 << 21, ROWS_ENTRIES = 1 << 16 };

typedef struct writer {
    slope__out *out;
    const slope__walk *walk;
    uint32_t bits; /* of the three bytes that four characters stand for, those that are there */
    int held;
    uint32_t code[slope__code_count]; /* by operation: its code, 0: it does not occur */
    uint32_t *input;                  /* by item: which input it is */
    uint32_t *rank;                   /* by node: 1 + which of the written results of its structure, 0: none */
    double *seed;                     /* for the results of one structure, all 0 */
    slope_status status;
} writer;

/* ------------------------------------------------------------------------------------------------------------ bytes */

static void put_characters(writer *w, int count)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char four[] = "====";
    for (int i = 0; i < count; i++)
        four[i] = digits[w->bits >> (18 - 6 * i) & 63];
    slope__put_bytes(w->out, four, 4);
    w->bits = 0;
    w->held = 0;
}

static void put_byte(writer *w, unsigned byte)
{
    w->bits |= (uint32_t)byte << (16 - 8 * w->held);
    if (++w->held == 3)
        put_characters(w, 4);
}

static void put_integer(writer *w, uint64_t x)
{
    for (; x >= 128; x >>= 7)
        put_byte(w, (unsigned)(x & 127) | 128);
    put_byte(w, (unsigned)x);
}

/* The bits of a NaN are an accident. */
static void put_number(writer *w, double x)
{
    uint64_t bits = 0x7ff8000000000000u;
    if (!isnan(x))
        memcpy(&bits, &x, sizeof bits);
    for (int i = 0; i < 64; i += 8)
        put_byte(w, (unsigned)(bits >> i & 255));
}

static void put_text(writer *w, const char *text)
{
    put_integer(w, strlen(text));
    for (; *text; text++)
        put_byte(w, (unsigned char)*text);
}

/* ------------------------------------------------------------------------------------------------------------ items */

static void put_operand(writer *w, size_t user, uint32_t operand)
{
    const uint64_t between = 2 * (uint64_t)(user - operand - 1), input = 2 * (uint64_t)w->input[operand] + 1;
    put_integer(w, w->walk->item[operand].op == SLOPE_OP_VAR && input < between ? input : between);
}

static const char *name_of(const slope__item *v)
{
    slope_node node;
    return slope_inspect(v->value, &node) == SLOPE_OK && node.name ? node.name : "";
}

static void put_custom(writer *w, size_t i)
{
    const slope__item *v = &w->walk->item[i];
    const double *partial = slope__walk_partials(w->walk, i);
    put_text(w, name_of(v));
    put_number(w, v->data);
    for (size_t k = 0; k < v->operands; k++)
        put_number(w, partial[k]);
}

/* The row of the Jacobian for one result into walk->partial, from the data in walk->x.  0: it can't be had. */
static int pull_row(writer *w, const slope__structure *s, uint32_t result)
{
    w->seed[result] = 1.0;
    const slope_status status = s->kind->pull(s->object, w->walk->x, w->seed, w->walk->partial);
    w->seed[result] = 0.0;
    if (status == SLOPE_ERR_MEMORY)
        w->status = status;
    return status == SLOPE_OK;
}

/* How many entries its Jacobian has; SIZE_MAX: too many, or w->status says why not. */
static size_t count_entries(writer *w, size_t i, const slope__structure *s, size_t results)
{
    const slope__item *v = &w->walk->item[i];
    size_t entries = 0, work;
    const size_t most = results ? ROWS_WORK / results : SIZE_MAX; /* each row is a sweep of all */
    if (v->operands > most)
        return SIZE_MAX;
    if (s->kind->work(s->object, &work) == SLOPE_ERR_MEMORY)
        w->status = SLOPE_ERR_MEMORY;
    if (work > most)
        return SIZE_MAX;
    for (size_t k = 0; k < v->operands; k++)
        w->walk->x[k] = w->walk->item[w->walk->operand[v->first + k]].data;
    for (uint32_t k = 0; k < s->results && entries <= ROWS_ENTRIES; k++)
        if (w->rank[s->node + 1 + k]) {
            if (!pull_row(w, s, k))
                return SIZE_MAX;
            for (size_t j = 0; j < v->operands; j++)
                entries += w->walk->partial[j] != 0.0;
        }
    return entries <= ROWS_ENTRIES ? entries : SIZE_MAX;
}

/* After count_entries, which has gathered the operands. */
static void put_rows(writer *w, const slope__structure *s, size_t operands, size_t entries)
{
    const double *partial = w->walk->partial;
    put_integer(w, entries);
    for (uint32_t k = 0; k < s->results && !w->status; k++) {
        if (!w->rank[s->node + 1 + k])
            continue;
        if (!pull_row(w, s, k))
            w->status = SLOPE_ERR_MEMORY; /* it could be had before */
        size_t count = 0, last = 0;
        for (size_t j = 0; j < operands; j++)
            count += partial[j] != 0.0;
        put_integer(w, count);
        for (size_t j = 0; j < operands; j++)
            if (partial[j] != 0.0) {
                put_integer(w, j - last);
                put_number(w, partial[j]);
                last = j;
            }
    }
}

static void put_structure(writer *w, size_t i)
{
    const slope__item *v = &w->walk->item[i];
    slope_tape *t = v->value.tape;
    const slope__structure *s = slope__structure_of(t, v->value.node.id);
    const uint32_t first = s->node + 1;
    size_t results = 0;
    int swept = 0;
    for (uint32_t k = 0; k < s->results; k++) {
        results += w->rank[first + k] != 0;
        swept |= slope__grad(slope__handle(t, first + k)) != 0.0;
    }
    put_text(w, name_of(v));
    put_integer(w, results);
    for (uint32_t k = 0; k < s->results; k++)
        if (w->rank[first + k])
            put_number(w, slope__data(slope__handle(t, first + k)));
    const size_t entries = count_entries(w, i, s, results);
    slope_status status;
    const double *adjoint = swept ? slope__structure_pull(t, s->node, &status) : NULL;
    put_integer(w, (adjoint ? SLOPE__DATA_SEEDS : 0u) | (entries < SIZE_MAX ? SLOPE__DATA_ROWS : 0u));
    for (uint32_t k = 0; adjoint && k < s->results; k++)
        if (w->rank[first + k])
            put_number(w, slope__grad(slope__handle(t, first + k)));
    for (size_t k = 0; adjoint && k < v->operands; k++)
        put_number(w, adjoint[k]);
    if (entries < SIZE_MAX)
        put_rows(w, s, v->operands, entries);
}

static void put_item(writer *w, size_t i)
{
    const slope__item *v = &w->walk->item[i];
    put_integer(w, slope__is_node(v->value) ? w->code[v->op] : 0);
    if (v->op <= SLOPE_OP_CONST) {
        put_number(w, v->data);
        return;
    }
    if (slope_op_describe((slope_op)v->op)->arity < 0)
        put_integer(w, v->operands);
    for (size_t k = 0; k < v->operands; k++)
        put_operand(w, i, w->walk->operand[v->first + k]);
    if (v->op == SLOPE_OP_CUSTOM)
        put_custom(w, i);
    else if (v->op == SLOPE_OP_STRUCTURE)
        put_structure(w, i);
    else if (v->op == SLOPE_OP_RESULT)
        put_integer(w, w->rank[v->value.node.id] - 1);
}

/* ------------------------------------------------------------------------------------------------ labels and places */

static void put_labels(writer *w)
{
    size_t last = 0;
    slope_node node;
    for (size_t i = 0; i < w->walk->items; i++)
        if (slope__is_node(w->walk->item[i].value) && slope_inspect(w->walk->item[i].value, &node) == SLOPE_OK &&
            node.label) {
            put_integer(w, i - last + 1);
            put_text(w, node.label);
            last = i;
        }
    put_integer(w, 0);
}

/* The slot that holds the name, or SLOPE__DATA_FILES. */
static size_t find_file(const char *const slot[SLOPE__DATA_FILES], const char *name)
{
    size_t k = 0;
    while (k < SLOPE__DATA_FILES && slot[k] && slot[k] != name && strcmp(slot[k], name) != 0)
        k++;
    return k < SLOPE__DATA_FILES && slot[k] ? k : SLOPE__DATA_FILES;
}

static void put_places(writer *w)
{
    const char *slot[SLOPE__DATA_FILES] = {NULL};
    size_t last = 0, names = 0;
    slope_node node;
    for (size_t i = 0; i < w->walk->items; i++) {
        if (!slope__is_node(w->walk->item[i].value) || slope_inspect(w->walk->item[i].value, &node) || !node.file)
            continue;
        const size_t k = find_file(slot, node.file);
        put_integer(w, i - last + 1);
        put_integer(w, k < SLOPE__DATA_FILES ? k + 1 : 0);
        if (k == SLOPE__DATA_FILES) {
            put_text(w, node.file);
            slot[names++ % SLOPE__DATA_FILES] = node.file;
        }
        put_integer(w, (uint64_t)node.line);
        last = i;
    }
    put_integer(w, 0);
}

/* ------------------------------------------------------------------------------------------------------------ whole */

/* Numbers the inputs, and the results of each structure that the walk has. */
static slope_status number_items(writer *w, slope__arena *arena, size_t *inputs)
{
    size_t nodes = 0, most = 0;
    w->input = slope__arena_array(arena, w->walk->items, sizeof *w->input);
    if (!w->input)
        return SLOPE_ERR_MEMORY;
    for (size_t i = 0; i < w->walk->items; i++) {
        const slope__item *v = &w->walk->item[i];
        if (v->kind == SLOPE__INPUT)
            w->input[i] = (uint32_t)(*inputs)++;
        if (v->op == SLOPE_OP_STRUCTURE) {
            const slope__structure *s = slope__structure_of(v->value.tape, v->value.node.id);
            nodes = nodes > (size_t)s->node + s->results ? nodes : (size_t)s->node + s->results;
            most = most > s->results ? most : s->results;
        }
    }
    if (!nodes)
        return SLOPE_OK;
    w->rank = slope__arena_array(arena, nodes + 1, sizeof *w->rank);
    w->seed = slope__arena_array(arena, most, sizeof *w->seed);
    if (!w->rank || !w->seed)
        return SLOPE_ERR_MEMORY;
    for (size_t i = 0; i < w->walk->items; i++)
        if (w->walk->item[i].op == SLOPE_OP_RESULT)
            w->rank[w->walk->item[i].value.node.id] = 1;
    for (size_t i = 0; i < w->walk->items; i++)
        if (w->walk->item[i].op == SLOPE_OP_STRUCTURE) {
            const slope__structure *s =
                slope__structure_of(w->walk->item[i].value.tape, w->walk->item[i].value.node.id);
            uint32_t rank = 0;
            for (uint32_t k = 0; k < s->results; k++)
                if (w->rank[s->node + 1 + k])
                    w->rank[s->node + 1 + k] = ++rank;
        }
    return SLOPE_OK;
}

/* Gives the operations that occur their codes. */
static void put_names(writer *w)
{
    uint32_t names = 0;
    for (size_t i = 0; i < w->walk->items; i++)
        if (slope__is_node(w->walk->item[i].value))
            w->code[w->walk->item[i].op] = 1;
    for (size_t op = 0; op < slope__code_count; op++)
        if (w->code[op])
            w->code[op] = ++names;
    put_integer(w, names);
    for (size_t op = 0; op < slope__code_count; op++)
        if (w->code[op])
            put_text(w, slope_op_describe((slope_op)op)->name);
}

static int is_swept(const slope__walk *walk)
{
    size_t i = 0;
    while (i < walk->items && walk->item[i].grad == 0.0)
        i++;
    return i < walk->items;
}

slope_status slope__write_data(slope__out *out, const slope__walk *walk, slope__arena *arena)
{
    writer w = {.out = out, .walk = walk};
    size_t inputs = 0;
    w.status = number_items(&w, arena, &inputs);
    if (w.status)
        return w.status;
    for (const char *c = SLOPE__DATA_MAGIC; *c; c++)
        put_byte(&w, (unsigned char)*c);
    put_integer(&w, SLOPE__DATA_VERSION);
    put_integer(&w, is_swept(walk) ? SLOPE__DATA_SWEPT : 0);
    put_integer(&w, walk->items);
    put_integer(&w, inputs);
    put_integer(&w, walk->outputs);
    put_names(&w);
    for (size_t i = 0; i < walk->items && !w.status; i++)
        put_item(&w, i);
    for (size_t i = 0; i < walk->outputs; i++)
        put_integer(&w, walk->output[i]);
    put_labels(&w);
    put_places(&w);
    if (w.held)
        put_characters(&w, w.held + 1);
    return w.status;
}
