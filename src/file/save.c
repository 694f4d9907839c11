/* SPDX-License-Identifier: MIT */
/*
 * A function as bytes (file.h says which).  One text writes them, counts them and compares them with others: what
 * differs is only where a byte goes.
 */
#include <string.h>

#include "file/file.h"
#include "function/opaque.h"

typedef struct writer {
    unsigned char *to;          /* NULL: bytes are counted only */
    const unsigned char *other; /* not NULL: bytes are compared with these `others`... */
    size_t others, differs;     /* ... and this is where the first one differs, SIZE_MAX: none so far */
    size_t at;
    uint32_t name[slope__code_count]; /* of operations used: place among the names + 1 */
    uint32_t order[slope__code_count], names;
    const slope__bodies *set;
} writer;

uint32_t slope__file_checksum(uint32_t before, const unsigned char *bytes, size_t n)
{
    static const uint32_t table[16] = {0x00000000, 0x105EC76F, 0x20BD8EDE, 0x30E349B1, 0x417B1DBC, 0x5125DAD3,
                                       0x61C69362, 0x7198540D, 0x82F63B78, 0x92A8FC17, 0xA24BB5A6, 0xB21572C9,
                                       0xC38D26C4, 0xD3D3E1AB, 0xE330A81A, 0xF36E6F75};
    uint32_t c = ~before;
    for (size_t k = 0; k < n; k++) {
        c ^= bytes[k];
        c = c >> 4 ^ table[c & 15];
        c = c >> 4 ^ table[c & 15];
    }
    return ~c;
}

static void put_bytes(writer *w, const void *bytes, size_t n)
{
    if (w->to && n > 0)
        memcpy(w->to + w->at, bytes, n);
    if (w->other && w->differs == SIZE_MAX) {
        const unsigned char *mine = bytes;
        for (size_t k = 0; k < n && w->differs == SIZE_MAX; k++) {
            if (w->at + k >= w->others || w->other[w->at + k] != mine[k])
                w->differs = w->at + k;
        }
    }
    w->at += n;
}

static void put_integer(writer *w, uint64_t x, size_t bytes)
{
    unsigned char b[8];
    for (size_t k = 0; k < bytes; k++)
        b[k] = (unsigned char)(x >> 8 * k);
    put_bytes(w, b, bytes);
}

static void put8(writer *w, unsigned x) { put_integer(w, x, 1); }
static void put32(writer *w, size_t x) { put_integer(w, x, 4); }
static void put64(writer *w, uint64_t x) { put_integer(w, x, 8); }

static void put_double(writer *w, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    put64(w, bits);
}

static void put_name(writer *w, const char *name)
{
    const size_t n = strlen(name);
    put32(w, n);
    put_bytes(w, name, n);
}

static void put_groups(writer *w, size_t n, const slope__group group[])
{
    for (size_t g = 0; g < n; g++) {
        put_name(w, group[g].name);
        put64(w, group[g].length);
    }
}

static void put_view(writer *w, const slope__view *v, size_t n, size_t length)
{
    if (n == 0 || length == 0)
        return;
    put8(w, v->index != NULL);
    if (v->index) {
        for (size_t k = 0; k < n * length; k++)
            put32(w, v->index[k]);
        return;
    }
    put64(w, (uint64_t)v->first);
    put64(w, n > 1 ? (uint64_t)v->item : 0);
    put64(w, length > 1 ? (uint64_t)v->element : 1);
}

static void put_loop(writer *w, const slope__loop *loop)
{
    const slope_function *body = loop->body;
    put32(w, slope__bodies_find(w->set, body));
    put64(w, loop->n);
    put32(w, loop->levels);
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        const slope__source *s = &loop->source[g];
        put32(w, s->carried);
        put_view(w, &s->view, s->carried == SLOPE__NONE ? loop->n : 1, body->input[g].length);
    }
    for (size_t g = 0; g < body->outputs; g++) {
        const slope__target *t = &loop->target[g];
        put8(w, t->kind);
        if (t->kind == SLOPE__ADDED) {
            put32(w, t->extent);
            put_view(w, &t->view, loop->n, body->output[g].length);
        }
    }
}

static void put_instruction(writer *w, const slope_function *f, const slope__instruction *i)
{
    if (i->code == slope__code_loop) {
        put32(w, SLOPE__FILE_LOOP);
        put_loop(w, &f->loop[i->operand]);
        return;
    }
    put32(w, w->name[i->code]);
    if (slope_op_describe((slope_op)i->code)->arity < 0)
        put32(w, i->count);
    for (size_t k = 0; k < i->count; k++)
        put32(w, f->operand[i->operand + k]);
}

static void put_guard(writer *w, const slope__guard *guard)
{
    put32(w, guard->condition);
    put8(w, guard->expected != 0);
    put32(w, (uint32_t)guard->line);
    put8(w, guard->file != NULL);
    if (guard->file)
        put_name(w, guard->file);
}

static void put_lookup(writer *w, const slope__lookup *s)
{
    put32(w, SLOPE__FILE_LOOKUP);
    put8(w, s->scatter != 0);
    put8(w, s->outside != 0);
    put8(w, (unsigned)s->width);
}

static void put_function(writer *w, const slope_function *f)
{
    put32(w, f->inputs);
    put32(w, f->data);
    put32(w, f->outputs);
    put_groups(w, f->inputs + f->data, f->input);
    put_groups(w, f->outputs, f->output);
    put64(w, f->before);
    if (f->opaque) {
        put_lookup(w, f->opaque->lookup);
        return;
    }
    put32(w, f->numbers);
    put32(w, f->scalars);
    put32(w, f->instructions);
    put32(w, f->operands);
    put32(w, f->loops);
    put32(w, f->guards);
    for (size_t k = 0; k < f->numbers; k++)
        put_double(w, f->number[k]);
    for (size_t k = 0; k < f->instructions; k++)
        put_instruction(w, f, &f->instruction[k]);
    for (size_t k = 0; k < f->results; k++)
        put32(w, f->result[k]);
    for (size_t k = 0; k < f->guards; k++)
        put_guard(w, &f->guard[k]);
}

/* Which operations there are, in order of first use: rows may be added to the table without spoiling old files. */
static void find_names(writer *w)
{
    for (size_t k = 0; k < w->set->functions; k++) {
        const slope_function *f = w->set->function[k];
        for (size_t i = 0; i < f->instructions; i++) {
            const unsigned code = f->instruction[i].code;
            if (code != slope__code_loop && w->name[code] == 0) {
                w->order[w->names++] = code;
                w->name[code] = w->names;
            }
        }
    }
}

/* Everything behind the head. */
static void put_rest(writer *w)
{
    w->at = SLOPE__FILE_HEAD;
    put32(w, w->names);
    for (size_t k = 0; k < w->names; k++)
        put_name(w, slope_op_describe((slope_op)w->order[k])->name);
    put32(w, w->set->functions);
    for (size_t k = 0; k < w->set->functions; k++)
        put_function(w, w->set->function[k]);
}

/* The head, the rest being there. */
static void put_head(writer *w, size_t size)
{
    w->at = SLOPE__FILE_CHECKED;
    put64(w, size);
    w->at = 0;
    put_bytes(w, SLOPE__FILE_MAGIC, 8);
    put32(w, SLOPE__FILE_VERSION);
    put32(w, slope__file_checksum(0, w->to + SLOPE__FILE_CHECKED, size - SLOPE__FILE_CHECKED));
}

slope_status slope_function_save(const slope_function *f, size_t capacity, void *buffer, size_t *size)
{
    if (!f || !size || (capacity > 0 && !buffer))
        return SLOPE_ERR_ARGUMENT;
    slope__bodies set = {0};
    slope_status status = slope__bodies_fill(&set, f);
    for (size_t k = 0; k < set.functions && status == SLOPE_OK; k++) {
        if (set.function[k]->opaque && !set.function[k]->opaque->lookup)
            status = SLOPE_ERR_UNSUPPORTED;
    }
    if (status == SLOPE_OK) {
        writer w = {.set = &set, .differs = SIZE_MAX};
        find_names(&w);
        put_rest(&w);
        *size = w.at;
        if (capacity >= w.at) {
            w.to = buffer;
            put_rest(&w);
            put_head(&w, *size);
        } else if (capacity > 0) {
            status = SLOPE_ERR_LIMIT;
        }
    }
    slope__bodies_free(&set);
    return status;
}

slope_status slope__file_compare(const slope_function *f, const unsigned char *bytes, size_t size, size_t *where)
{
    slope__bodies set = {0};
    const slope_status status = slope__bodies_fill(&set, f);
    if (status == SLOPE_OK) {
        writer w = {.set = &set, .other = bytes, .others = size, .differs = SIZE_MAX};
        find_names(&w);
        put_rest(&w);
        *where = w.differs == SIZE_MAX && w.at != size ? w.at : w.differs;
    }
    slope__bodies_free(&set);
    return status;
}
