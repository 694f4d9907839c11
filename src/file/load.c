/* SPDX-License-Identifier: MIT */
/*
 * Bytes as a function (file.h says which).  They are not trusted: a function that is given out holds to everything that
 * the builder sees to, and what is allocated for it is in proportion to the bytes.
 */
#include <stdlib.h>
#include <string.h>

#include "file/reader.h"
#include "function/opaque.h"

typedef struct loader {
    slope__reader r;
    size_t names;
    uint16_t code[slope__code_count]; /* of the names */
    slope_function **function;        /* those read so far */
    size_t functions;
} loader;

/* The fewest operands of the operations that take any number. */
static const size_t least[slope__code_count] = {
#define UNARY(name, ...) [slope__code_##name] = 1,
#define BINARY(name, ...) [slope__code_##name] = 2,
#define TERNARY(name, ...) [slope__code_##name] = 3,
#define NARY(name, symbol, doc, fewest) [slope__code_##name] = fewest,
#include "ops.def"
};

/* ---------------------------------------------------------------------------------------------------------- groups */

static int by_name(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;
    return strcmp(*x, *y);
}

static void check_unique(slope__reader *r, size_t n, const slope__group group[])
{
    const char **name = slope__new(n, sizeof *name);
    if (!name) {
        slope__reader_starve(r);
        return;
    }
    for (size_t g = 0; g < n; g++)
        name[g] = group[g].name;
    qsort((void *)(uintptr_t)name, n, sizeof *name, by_name);
    for (size_t g = 1; g < n; g++) {
        if (strcmp(name[g - 1], name[g]) == 0)
            slope__reader_refuse(r, "two groups are named %.60s", name[g]);
    }
    free((void *)(uintptr_t)name);
}

/* n groups, one behind the other from 0; how many numbers they have in all. */
static size_t read_groups(slope__reader *r, size_t n, slope__group group[])
{
    size_t first = 0;
    for (size_t g = 0; g < n && slope__reader_ok(r); g++) {
        group[g].name = slope__read_name(r);
        group[g].length = slope__read_size(r, "a group");
        group[g].first = first;
        if (group[g].name && !slope__is_identifier(group[g].name))
            slope__reader_refuse(r, "a group has a name that is not made of letters, digits and _");
        if (group[g].length > SLOPE_MAX_CELLS - first)
            slope__reader_refuse(r, "the groups have more than %zu numbers", SLOPE_MAX_CELLS);
        else
            first += group[g].length;
    }
    if (slope__reader_ok(r))
        check_unique(r, n, group);
    return slope__reader_ok(r) ? first : 0;
}

/* ----------------------------------------------------------------------------------------------------------- views */

static int is_stride(int64_t stride, size_t n)
{
    const int64_t most = (int64_t)(SLOPE_MAX_CELLS / (n - 1)); /* farther reaches out of any function */
    return stride >= -most && stride <= most;
}

/* first, item and element so that all cells are below `cells`. */
static void read_strides(slope__reader *r, size_t n, size_t length, size_t cells, slope__view *v)
{
    v->first = (int64_t)slope__read_integer(r, 8);
    v->item = (int64_t)slope__read_integer(r, 8);
    v->element = (int64_t)slope__read_integer(r, 8);
    if (!slope__reader_ok(r))
        return;
    if (v->first < 0 || v->first >= (int64_t)cells || (n > 1 && !is_stride(v->item, n)) ||
        (length > 1 && !is_stride(v->element, length)) || (n == 1 && v->item != 0) ||
        (length == 1 && v->element != 1)) {
        slope__reader_refuse(r, "a view reaches cells that are not there");
        return;
    }
    const int64_t along = (int64_t)(n - 1) * v->item, across = (int64_t)(length - 1) * v->element;
    if (v->first + (along < 0 ? along : 0) + (across < 0 ? across : 0) < 0 ||
        v->first + (along > 0 ? along : 0) + (across > 0 ? across : 0) >= (int64_t)cells)
        slope__reader_refuse(r, "a view reaches cells that are not there");
}

/* A list of cells below `cells` that are no strides. */
static void read_list(slope__reader *r, size_t n, size_t length, size_t cells, slope__view *v)
{
    if (n > (r->size - r->at) / 4 / length) {
        slope__reader_refuse(r, "a view has more cells than there are bytes for");
        return;
    }
    slope__view strides;
    *v = (slope__view){0, 0, 1, malloc(n * length * sizeof *v->index)};
    if (!v->index) {
        slope__reader_starve(r);
        return;
    }
    for (size_t k = 0; k < n * length && slope__reader_ok(r); k++) {
        v->index[k] = slope__read32(r);
        if (v->index[k] >= cells)
            slope__reader_refuse(r, "a view reaches cells that are not there");
    }
    if (!slope__reader_ok(r))
        return;
    if (slope__view_map(v, n, length, NULL, &strides) != SLOPE_OK)
        slope__reader_starve(r);
    else if (!strides.index)
        slope__reader_refuse(r, "a list of cells should be strides");
    else
        free(strides.index);
}

static void read_view(slope__reader *r, size_t n, size_t length, size_t cells, slope__view *v)
{
    *v = (slope__view){0, 0, 1, NULL};
    if (n == 0 || length == 0)
        return;
    const unsigned kind = (unsigned)slope__read_integer(r, 1);
    if (kind > 1)
        slope__reader_refuse(r, "a view is neither strides nor a list");
    if (!slope__reader_ok(r))
        return;
    if (kind)
        read_list(r, n, length, cells, v);
    else
        read_strides(r, n, length, cells, v);
}

/* ----------------------------------------------------------------------------------------------------------- loops */

static void read_source(slope__reader *r, const slope__loop *loop, size_t g, size_t cells)
{
    const slope_function *body = loop->body;
    slope__source *s = &loop->source[g];
    s->carried = slope__read32(r);
    if (s->carried != SLOPE__NONE && slope__reader_ok(r) &&
        (g >= body->inputs || s->carried >= body->outputs ||
         body->output[s->carried].length != body->input[g].length)) {
        slope__reader_refuse(r, "input %.60s is carried from an output that is not as long", body->input[g].name);
        return;
    }
    read_view(r, s->carried == SLOPE__NONE ? loop->n : 1, body->input[g].length, cells, &s->view);
}

/* Where target g goes, `base` results being before it; how many it has. */
static size_t read_target(slope__reader *r, const slope__loop *loop, size_t g, size_t base)
{
    slope__target *t = &loop->target[g];
    const size_t length = loop->body->output[g].length, room = SLOPE_MAX_CELLS - base;
    const unsigned kind = (unsigned)slope__read_integer(r, 1);
    size_t extent = 0;
    t->view = (slope__view){0, 0, 1, NULL};
    if (kind > SLOPE__LAST) {
        slope__reader_refuse(r, "an output goes nowhere");
    } else if (kind == SLOPE__EACH) {
        t->view.item = (int64_t)length;
        if (length > 0 && loop->n > room / length)
            slope__reader_refuse(r, "a loop has more than %zu results", SLOPE_MAX_CELLS);
        else
            extent = loop->n * length;
    } else if (kind == SLOPE__ADDED) {
        extent = slope__read32(r);
        read_view(r, loop->n, length, extent, &t->view);
    } else if (kind == SLOPE__LAST) {
        extent = length;
    }
    if (extent > room)
        slope__reader_refuse(r, "a loop has more than %zu results", SLOPE_MAX_CELLS);
    if (!slope__reader_ok(r))
        return 0;
    t->kind = (slope__target_kind)kind;
    t->base = (uint32_t)base;
    t->extent = (uint32_t)extent;
    return extent;
}

/* A loop on cells below `cells`. */
static void read_loop(loader *l, slope__loop *loop, size_t cells)
{
    slope__reader *r = &l->r;
    const size_t which = slope__read32(r);
    loop->n = slope__read_size(r, "the number of items");
    loop->levels = slope__read32(r);
    if (which >= l->functions)
        slope__reader_refuse(r, "a loop has a body that is not before it");
    if (!slope__reader_ok(r))
        return;
    const slope_function *body = l->function[which];
    const size_t sources = body->inputs + body->data;
    if (sources > (r->size - r->at) / 4 || body->outputs > r->size - r->at)
        slope__reader_refuse(r, "a loop has more groups than there are bytes for");
    if (body->depth + 1 > SLOPE__MAX_DEPTH)
        slope__reader_refuse(r, "loops are nested more than %d deep", SLOPE__MAX_DEPTH);
    if (!slope__reader_ok(r))
        return;
    loop->body = slope_function_share(body);
    loop->source = slope__new(sources, sizeof *loop->source);
    loop->target = slope__new(body->outputs, sizeof *loop->target);
    if (!loop->source || !loop->target) {
        slope__reader_starve(r);
        return;
    }
    for (size_t g = 0; g < sources && slope__reader_ok(r); g++)
        read_source(r, loop, g, cells);
    size_t results = 0;
    for (size_t g = 0; g < body->outputs && slope__reader_ok(r); g++)
        results += read_target(r, loop, g, results);
    if (results == 0)
        slope__reader_refuse(r, "a loop has no results");
    loop->results = (uint32_t)results;
}

/* ---------------------------------------------------------------------------------------------------- instructions */

/* An operation of the table, its operands from `operand` on. */
static void read_operation(loader *l, slope_function *f, slope__instruction *i, size_t name, size_t operand)
{
    slope__reader *r = &l->r;
    if (name > l->names) {
        slope__reader_refuse(r, "an instruction is no operation");
        return;
    }
    const unsigned code = l->code[name - 1];
    const int any = slope_op_describe((slope_op)code)->arity < 0;
    const size_t n = any ? slope__read32(r) : least[code];
    if (n < least[code] || n > f->operands - operand || (code == slope__code_dot && n % 2 != 0)) {
        slope__reader_refuse(r, "%s has a wrong number of operands", slope_op_describe((slope_op)code)->name);
        return;
    }
    i->code = (uint16_t)code;
    i->operand = (uint32_t)operand;
    i->count = (uint32_t)n;
    for (size_t k = 0; k < n && slope__reader_ok(r); k++) {
        f->operand[operand + k] = slope__read32(r);
        if (f->operand[operand + k] >= f->cells)
            slope__reader_refuse(r, "an operand is not computed before it is used");
    }
}

/* f->cells grows with the results. */
static void read_instructions(loader *l, slope_function *f)
{
    slope__reader *r = &l->r;
    size_t operand = 0, loop = 0;
    for (size_t k = 0; k < f->instructions && slope__reader_ok(r); k++) {
        slope__instruction *i = &f->instruction[k];
        const size_t name = slope__read32(r);
        size_t results = 1;
        if (name != SLOPE__FILE_LOOP) {
            read_operation(l, f, i, name, operand);
            operand += i->count;
        } else if (loop == f->loops) {
            slope__reader_refuse(r, "there are more loops than were announced");
        } else {
            *i = (slope__instruction){slope__code_loop, (uint32_t)loop, 0, 0};
            read_loop(l, &f->loop[loop], f->cells);
            if (slope__reader_ok(r) && f->depth < f->loop[loop].body->depth + 1)
                f->depth = f->loop[loop].body->depth + 1;
            results = f->loop[loop++].results;
        }
        if (results > SLOPE_MAX_CELLS - f->cells)
            slope__reader_refuse(r, "the function has more than %zu numbers", SLOPE_MAX_CELLS);
        i->result = (slope__cell)f->cells;
        f->cells += slope__reader_ok(r) ? results : 0;
    }
    if (operand != f->operands || loop != f->loops)
        slope__reader_refuse(r, "there are fewer operands or loops than were announced");
}

static void read_guard(slope__reader *r, const slope_function *f, slope__guard *guard)
{
    guard->condition = slope__read32(r);
    const unsigned expected = (unsigned)slope__read_integer(r, 1);
    const uint32_t line = slope__read32(r);
    const unsigned named = (unsigned)slope__read_integer(r, 1);
    if (guard->condition >= f->cells || expected > 1 || line > INT32_MAX || named > 1 || (!named && line != 0))
        slope__reader_refuse(r, "a guard is broken");
    guard->expected = (int)expected;
    guard->line = (int)(line & INT32_MAX);
    if (named && slope__reader_ok(r))
        guard->file = slope__read_name(r);
}

/* ------------------------------------------------------------------------------------------------------- functions */

static void read_counts(slope__reader *r, slope_function *f)
{
    if (f->numbers > (r->size - r->at) / 8)
        slope__reader_refuse(r, "there are more numbers than there are bytes for");
    f->scalars = slope__read32(r);
    f->instructions = slope__read_count(r, 4, "instructions");
    f->operands = slope__read_count(r, 4, "operands");
    f->loops = slope__read_count(r, 20, "loops");
    f->guards = slope__read_count(r, 10, "guards");
    if (f->scalars > f->numbers)
        slope__reader_refuse(r, "more numbers stand alone than there are");
    if (f->numbers > SLOPE_MAX_CELLS - f->input_cells)
        slope__reader_refuse(r, "the function has more than %zu numbers", SLOPE_MAX_CELLS);
    f->cells = f->input_cells + f->numbers;
}

static void read_numbers(slope__reader *r, slope_function *f)
{
    for (size_t k = 0; k < f->numbers && slope__reader_ok(r); k++) {
        const uint64_t bits = slope__read_integer(r, 8);
        memcpy(&f->number[k], &bits, sizeof bits);
    }
}

static void read_text(loader *l, slope_function *f)
{
    slope__reader *r = &l->r;
    f->number = slope__new(f->numbers, sizeof *f->number);
    f->instruction = slope__new(f->instructions, sizeof *f->instruction);
    f->operand = slope__new(f->operands, sizeof *f->operand);
    f->loop = slope__new(f->loops, sizeof *f->loop);
    f->guard = slope__new(f->guards, sizeof *f->guard);
    f->result = slope__new(f->results, sizeof *f->result);
    if (!f->number || !f->instruction || !f->operand || !f->loop || !f->guard || !f->result) {
        slope__reader_starve(r);
        return;
    }
    read_numbers(r, f);
    read_instructions(l, f);
    for (size_t k = 0; k < f->results && slope__reader_ok(r); k++) {
        f->result[k] = slope__read32(r);
        if (f->result[k] >= f->cells)
            slope__reader_refuse(r, "an output is not computed");
    }
    for (size_t k = 0; k < f->guards && slope__reader_ok(r); k++)
        read_guard(r, f, &f->guard[k]);
}

enum { LARGEST_TABLES = 1 << 26 };

/* Are these the groups of a look-up? */
static int has_lookup_groups(const slope_function *f, const slope__lookup *s)
{
    int good = f->data == 0 && f->outputs > 0 && f->inputs == f->outputs + 2 && f->input[0].length == 1 && s->n >= 2;
    for (size_t t = 0; good && t < f->outputs; t++)
        good = f->input[t + 2].length == (s->scatter ? s->width : s->n) &&
               f->output[t].length == (s->scatter ? s->n : s->width);
    return good;
}

/* What is the look-up of these groups?  Refused where there is none that has them. */
static slope_function *read_lookup(slope__reader *r, const slope_function *like)
{
    slope__lookup s = {0};
    s.scatter = (int)slope__read_integer(r, 1);
    s.outside = (int)slope__read_integer(r, 1);
    s.width = (size_t)slope__read_integer(r, 1);
    s.n = like->inputs > 1 ? like->input[1].length : 0;
    s.tables = like->outputs;
    if (s.scatter > 1 || s.outside > 1 || (s.width != 2 && s.width != 4) || !has_lookup_groups(like, &s) ||
        s.tables > SLOPE__MOST_TABLES || like->before != 1)
        slope__reader_refuse(r, "a look-up is broken");
    else if (s.scatter && s.n > LARGEST_TABLES / s.tables) /* which few bytes can ask for */
        slope__reader_refuse(r, "a look-up has tables of more than %d numbers", LARGEST_TABLES);
    slope_function *f = slope__reader_ok(r) ? slope__lookup_create(&s, NULL) : NULL;
    if (slope__reader_ok(r) && !f)
        slope__reader_starve(r);
    return f;
}

/* What the next function is, whole or not; NULL when memory is short. */
static slope_function *read_function(loader *l)
{
    slope__reader *r = &l->r;
    slope_function *f = slope__new(1, sizeof *f);
    if (!f) {
        slope__reader_starve(r);
        return NULL;
    }
    atomic_init(&f->owners, 1);
    atomic_init(&f->attachments, NULL);
    const size_t inputs = slope__read_count(r, SLOPE__FILE_LEAST_GROUP, "inputs");
    const size_t data = slope__read_count(r, SLOPE__FILE_LEAST_GROUP, "data groups");
    const size_t outputs = slope__read_count(r, SLOPE__FILE_LEAST_GROUP, "outputs");
    f->input = slope__new(inputs + data, sizeof *f->input);
    f->output = slope__new(outputs, sizeof *f->output);
    if (!f->input || !f->output) {
        slope__reader_starve(r);
        return f;
    }
    f->inputs = inputs;
    f->data = data;
    f->outputs = outputs;
    f->input_cells = read_groups(r, inputs + data, f->input);
    f->results = read_groups(r, outputs, f->output);
    f->before = slope__read_size(r, "the number of operations");
    f->numbers = slope__read32(r);
    if (f->numbers == SLOPE__FILE_LOOKUP && slope__reader_ok(r)) {
        slope_function *lookup = read_lookup(r, f);
        f->numbers = 0;
        slope_function_destroy(f);
        return lookup;
    }
    if (f->results > (r->size - r->at) / 4)
        slope__reader_refuse(r, "the outputs are longer than there are bytes for");
    read_counts(r, f);
    if (slope__reader_ok(r))
        read_text(l, f);
    else
        f->loops = f->guards = 0;
    return f;
}

/* The names of operations. */
static void read_codes(loader *l)
{
    slope__reader *r = &l->r;
    l->names = slope__read_count(r, 4, "operations");
    if (l->names > slope__code_count)
        slope__reader_refuse(r, "there are more operations than this library knows");
    for (size_t k = 0; k < l->names && slope__reader_ok(r); k++) {
        char *name = slope__read_name(r);
        const slope_op op = slope_op_find(name);
        if (op == SLOPE_OP_NONE && name)
            slope__reader_refuse(r, "the operation %.60s is not known",
                                 slope__is_identifier(name) ? name : "with a broken name");
        l->code[k] = (uint16_t)op;
        free(name);
    }
}

static void read_head(slope__reader *r)
{
    if (r->size < SLOPE__FILE_HEAD || memcmp(r->bytes, SLOPE__FILE_MAGIC, 8) != 0) {
        slope__reader_refuse(r, "this is not a saved function");
        return;
    }
    r->at = 8;
    const uint32_t version = slope__read32(r);
    if (version != SLOPE__FILE_VERSION) {
        r->at = 8;
        slope__reader_refuse(r, "the function was saved in version %u of the format, this library reads version %d",
                             (unsigned)version, SLOPE__FILE_VERSION);
        return;
    }
    const uint32_t checksum = slope__read32(r);
    const uint64_t length = slope__read_integer(r, 8);
    if (length != r->size)
        slope__reader_refuse(r, "the function has %llu bytes, here are %zu", (unsigned long long)length, r->size);
    else if (slope__file_checksum(0, r->bytes + SLOPE__FILE_CHECKED, r->size - SLOPE__FILE_CHECKED) != checksum)
        slope__reader_refuse(r, "the checksum is wrong: the bytes were changed");
}

static void read_all(loader *l)
{
    slope__reader *r = &l->r;
    read_head(r);
    read_codes(l);
    const size_t functions = slope__read_count(r, 44, "functions");
    if (functions == 0)
        slope__reader_refuse(r, "there is no function");
    l->function = slope__reader_ok(r) ? slope__new(functions, sizeof *l->function) : NULL;
    if (!l->function) {
        slope__reader_starve(r);
        return;
    }
    for (size_t k = 0; k < functions && slope__reader_ok(r); k++) {
        l->function[k] = read_function(l);
        l->functions += l->function[k] != NULL;
    }
    if (slope__reader_ok(r) && r->at != r->size)
        slope__reader_refuse(r, "there is more behind the function");
    if (slope__reader_ok(r) && l->function[functions - 1]->opaque) /* they are bodies only */
        slope__reader_refuse(r, "the function is a look-up that nothing calls");
}

slope_function *slope_function_load(const void *bytes, size_t size, slope_error *error)
{
    loader l = {.r = {bytes, size, 0, {SLOPE_OK, 0, ""}}};
    if (error)
        *error = (slope_error){0};
    if (!bytes) {
        (void)slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "there are no bytes to load a function from");
        return NULL;
    }
    read_all(&l);
    slope_function *f = NULL;
    if (slope__reader_ok(&l.r)) { /* what is left to check: nothing is there twice, unused or in another order */
        f = slope_function_share(l.function[l.functions - 1]);
        size_t where = SIZE_MAX;
        if (slope__file_compare(f, bytes, size, &where) != SLOPE_OK)
            slope__reader_starve(&l.r);
        l.r.at = where;
        if (where != SIZE_MAX)
            slope__reader_refuse(&l.r, "the function is not written as it should be");
    }
    for (size_t k = 0; k < l.functions; k++)
        slope_function_destroy(l.function[k]);
    free((void *)l.function);
    if (slope__reader_ok(&l.r))
        return f;
    slope_function_destroy(f);
    (void)slope__fail(error, l.r.error.status, l.r.error.position, "%s", l.r.error.message);
    return NULL;
}
