/* SPDX-License-Identifier: MIT */
/*
 * A computation recorded again from its bytes, whatever they are: see data.h.  Every count is checked against the bytes
 * that are left before anything is allocated for it, so memory stays in proportion to them.  The first thing that is
 * wrong sticks in *error; from then on zeros are read.
 */
#include <limits.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "graph/data.h"
#include "graph/page.h"
#include "tape/tape.h"

/* Memory that lives as long as the replica. */
typedef struct kept {
    struct kept *next;
    size_t size;
    double start[]; /* aligned for everything that is kept */
} kept;

/* A custom operation that knows what it gave. */
typedef struct frozen_custom {
    slope_custom custom;
    double value;
    double *partial;
} frozen_custom;

/* A structure that knows what it gave, the gradients of its results and what they led to, and its Jacobian by
   results. */
typedef struct frozen_structure {
    size_t operands, results;
    double *value;
    double *seed, *adjoint; /* NULL: it was not swept */
    size_t *end;            /* by result: behind the last of its entries; NULL: the Jacobian was too large */
    uint32_t *column;
    double *entry;
} frozen_structure;

typedef struct reader {
    const unsigned char *bytes;
    size_t at, size;
    slope_allocator allocator;
    slope__replica *replica;
    slope_error *error;
    slope_op op[slope__code_count + 1]; /* by code */
    size_t codes, inputs;               /* how many; inputs so far */
    slope_value *item;
    size_t items;
    slope__block item_block, operands, results, text, mark;
    int all_frozen; /* something is not known as a function of gradients: nothing may change */
} reader;

/* ------------------------------------------------------------------------------------------------------------ bytes */

static int is_ok(const reader *r) { return r->error->status == SLOPE_OK; }

#define REFUSE(r, ...) ((void)slope__fail((r)->error, SLOPE_ERR_SYNTAX, (r)->at, __VA_ARGS__))

static void starve(const reader *r)
{
    (void)slope__fail(r->error, SLOPE_ERR_MEMORY, SIZE_MAX, "not enough memory for a graph of this size");
}

static unsigned read_byte(reader *r)
{
    if (r->at == r->size)
        REFUSE(r, "the data of the graph end early, after %zu bytes", r->size);
    return is_ok(r) ? r->bytes[r->at++] : 0;
}

static uint64_t read_integer(reader *r)
{
    uint64_t x = 0;
    for (int shift = 0; shift < 63; shift += 7) {
        const unsigned byte = read_byte(r);
        x |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return x;
    }
    REFUSE(r, "the data of the graph have an integer of more than nine bytes");
    return 0;
}

/* How many things of at least so many bytes follow. */
static size_t read_count(reader *r, size_t least, const char *what)
{
    const uint64_t n = read_integer(r);
    if (n <= (r->size - r->at) / least)
        return (size_t)n;
    REFUSE(r, "the data of the graph have more %s than bytes", what);
    return 0;
}

static size_t read_below(reader *r, uint64_t limit, const char *what)
{
    const uint64_t x = read_integer(r);
    if (x < limit)
        return (size_t)x;
    REFUSE(r, "the data of the graph name %s that is not there", what);
    return 0;
}

static double read_number(reader *r)
{
    uint64_t bits = 0;
    double x;
    for (int i = 0; i < 64; i += 8)
        bits |= (uint64_t)read_byte(r) << i;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* NULL when something is wrong already or memory is short; zeroed. */
static void *keep(reader *r, size_t count, size_t size)
{
    if (!is_ok(r))
        return NULL;
    const size_t most = (SIZE_MAX - sizeof(kept)) / size;
    kept *k = count <= most ? r->allocator.resize(r->allocator.context, NULL, 0, sizeof *k + count * size) : NULL;
    if (!k) {
        starve(r);
        return NULL;
    }
    *k = (kept){.next = r->replica->custom, .size = sizeof *k + count * size};
    r->replica->custom = k;
    return memset(k->start, 0, count * size);
}

static int reserve(reader *r, slope__block *block, size_t count, size_t size)
{
    if (is_ok(r) && slope__block_reserve(&r->allocator, block, count ? count : 1, size))
        starve(r);
    return is_ok(r);
}

/* Borrowed until the next one is read; never NULL. */
static const char *read_text(reader *r)
{
    const size_t n = read_count(r, 1, "letters");
    if (!reserve(r, &r->text, n + 1, 1))
        return "";
    char *text = r->text.data;
    memcpy(text, r->bytes + r->at, n);
    text[n] = '\0';
    if (strlen(text) != n)
        REFUSE(r, "a text in the data of the graph has a byte 0");
    r->at += n;
    return text;
}

static const char *keep_text(reader *r)
{
    const char *text = read_text(r);
    char *copy = keep(r, strlen(text) + 1, 1);
    return copy ? strcpy(copy, text) : "";
}

static double *keep_numbers(reader *r, size_t n)
{
    double *x = n <= (r->size - r->at) / 8 ? keep(r, n, sizeof *x) : NULL;
    if (!x)
        REFUSE(r, "the data of the graph end early, after %zu bytes", r->size);
    for (size_t i = 0; x && i < n; i++)
        x[i] = read_number(r);
    return x;
}

/* ------------------------------------------------------------------------------------------------ what is frozen */

static int eval_custom(size_t n, const double x[], double *value, double partial[], void *context)
{
    const frozen_custom *c = context;
    (void)x;
    *value = c->value;
    if (partial)
        memcpy(partial, c->partial, n * sizeof *partial);
    return 0;
}

static slope_status eval_structure(const void *object, const double x[], double y[])
{
    const frozen_structure *s = object;
    (void)x;
    memcpy(y, s->value, s->results * sizeof *y);
    return SLOPE_OK;
}

static int are_same(size_t n, const double a[], const double b[])
{
    size_t i = 0;
    while (i < n && (isnan(a[i]) ? isnan(b[i]) : memcmp(&a[i], &b[i], sizeof *a) == 0))
        i++;
    return i == n;
}

/* From the gradients that it had, what they led to, to the bit; from others, by the Jacobian. */
static slope_status pull_structure(const void *object, const double x[], const double seed[], double adjoint[])
{
    const frozen_structure *s = object;
    (void)x;
    if (s->seed && are_same(s->results, seed, s->seed)) {
        memcpy(adjoint, s->adjoint, s->operands * sizeof *adjoint);
        return SLOPE_OK;
    }
    for (size_t i = 0; i < s->operands; i++)
        adjoint[i] = s->end ? 0.0 : NAN;
    for (size_t k = 0, e = 0; s->end && k < s->results; k++)
        for (; e < s->end[k]; e++)
            adjoint[s->column[e]] += slope__flow(s->entry[e], seed[k]);
    return SLOPE_OK;
}

static void destroy_structure(void *object) { (void)object; }

static slope_status work_of_structure(const void *object, size_t *operations)
{
    const frozen_structure *s = object;
    *operations = s->end && s->results ? s->end[s->results - 1] : s->results;
    return SLOPE_OK;
}

/* By the Jacobian; what was decided inside is not known. */
static slope_status move_structure(const void *object, const double x[], const slope__motion in[], slope__motion out[],
                                   size_t k, slope_tie *tie)
{
    const frozen_structure *s = object;
    (void)x, (void)k;
    *tie = (slope_tie){0};
    memset(out, 0, s->results * sizeof *out);
    for (size_t row = 0, e = 0; s->end && row < s->results; row++) {
        for (; e < s->end[row]; e++) {
            out[row].along += slope__flow(s->entry[e], in[s->column[e]].along);
            out[row].scale += fabs(slope__flow(s->entry[e], in[s->column[e]].scale));
        }
    }
    return SLOPE_OK;
}

static const slope__structure_kind frozen_kind = {eval_structure,    pull_structure, destroy_structure,
                                                  work_of_structure, move_structure, NULL};

static slope_value read_custom(reader *r, size_t n)
{
    frozen_custom *c = keep(r, 1, sizeof *c);
    const char *name = keep_text(r);
    const double value = read_number(r);
    double *partial = keep_numbers(r, n);
    if (!is_ok(r))
        return (slope_value){0};
    *c = (frozen_custom){{name, eval_custom, c}, value, partial};
    return slope_custom_apply(&c->custom, n, r->operands.data);
}

static void read_rows(reader *r, frozen_structure *s)
{
    const size_t entries = read_count(r, 9, "derivatives");
    size_t used = 0;
    s->end = keep(r, s->results, sizeof *s->end);
    s->column = keep(r, entries, sizeof *s->column);
    s->entry = keep(r, entries, sizeof *s->entry);
    for (size_t k = 0; is_ok(r) && k < s->results; k++) {
        size_t column = 0;
        s->end[k] = used + read_below(r, entries - used + 1, "a derivative");
        for (; is_ok(r) && used < s->end[k]; used++) {
            column += read_below(r, s->operands - column, "an operand");
            s->column[used] = (uint32_t)column;
            s->entry[used] = read_number(r);
        }
    }
}

static slope_value read_structure(reader *r, size_t n)
{
    frozen_structure *s = keep(r, 1, sizeof *s);
    const char *name = keep_text(r);
    const size_t results = read_count(r, 8, "results");
    if (!is_ok(r) || !reserve(r, &r->results, results, sizeof(slope_value)))
        return (slope_value){0};
    s->operands = n;
    s->results = results;
    s->value = keep_numbers(r, results);
    const uint64_t flags = read_integer(r);
    if (flags & SLOPE__DATA_SEEDS) {
        s->seed = keep_numbers(r, results);
        s->adjoint = keep_numbers(r, n);
    }
    if (flags & SLOPE__DATA_ROWS)
        read_rows(r, s);
    else
        r->all_frozen = 1;
    slope_tape *t = r->replica->tape;
    if (!is_ok(r) ||
        slope__record_structure(t, &frozen_kind, s, name, n, r->operands.data, results, r->results.data) != SLOPE_OK)
        return (slope_value){0};
    return slope__handle(t, (uint32_t)(t->hot.count - 1 - results)); /* its results come behind it */
}

static slope_value read_result(reader *r)
{
    const slope_value x = *(const slope_value *)r->operands.data;
    slope_tape *t = r->replica->tape;
    if (!slope__is_node(x) || (t->hot.code[x.node.id] & CODE_MASK) != slope__code_structure) {
        REFUSE(r, "the data of the graph have a result of something that has none");
        return (slope_value){0};
    }
    const size_t k = read_below(r, slope__structure_of(t, x.node.id)->results, "a result");
    return slope__handle(t, x.node.id + 1 + (uint32_t)k);
}

/* ------------------------------------------------------------------------------------------------------------ items */

static slope_value read_operand(reader *r, size_t user)
{
    const uint64_t x = read_integer(r), k = x / 2;
    if (x % 2 ? k < r->inputs : k < user)
        return x % 2 ? r->replica->input[k] : r->item[user - 1 - k];
    REFUSE(r, "the data of the graph name an operand that is not there");
    return slope_number(0.0);
}

static slope_value read_input(reader *r)
{
    const slope_value v = slope_var(r->replica->tape, read_number(r));
    if (r->inputs == r->replica->inputs)
        REFUSE(r, "the data of the graph have more inputs than they say");
    else if (is_ok(r))
        r->replica->input[r->inputs++] = v;
    return v;
}

static slope_value read_const(reader *r)
{
    slope_tape *t = r->replica->tape;
    const double x = read_number(r);
    if (slope__reserve_nodes(t, t->hot.count + 1) == SLOPE_OK)
        return slope_hot_push(t, slope__code_const, 0, 0, x);
    starve(r);
    return (slope_value){0};
}

static slope_value read_operation(reader *r, size_t i, slope_op op)
{
    const int arity = slope_op_describe(op)->arity;
    const size_t n = arity < 0 ? read_count(r, 1, "operands") : (size_t)arity;
    if (!reserve(r, &r->operands, n, sizeof(slope_value)))
        return (slope_value){0};
    slope_value *x = r->operands.data;
    for (size_t k = 0; k < n && is_ok(r); k++)
        x[k] = read_operand(r, i);
    if (!is_ok(r))
        return (slope_value){0};
    switch (op) {
    case SLOPE_OP_CUSTOM: return read_custom(r, n);
    case SLOPE_OP_STRUCTURE: return read_structure(r, n);
    case SLOPE_OP_RESULT: return read_result(r);
    default: return slope_apply(op, n, x);
    }
}

static void read_item(reader *r, size_t i)
{
    const slope_op op = r->op[read_below(r, r->codes + 1, "an operation")];
    r->item[i] = op == SLOPE_OP_NONE    ? slope_number(read_number(r))
                 : op == SLOPE_OP_VAR   ? read_input(r)
                 : op == SLOPE_OP_CONST ? read_const(r)
                                        : read_operation(r, i, op);
    if (!slope_is_null(r->item[i]))
        return;
    const slope_status status = slope_tape_status(r->replica->tape);
    if (status == SLOPE_ERR_MEMORY || status == SLOPE_ERR_LIMIT)
        starve(r);
    REFUSE(r, "the data of the graph have an operation %.20s with operands it can't have", slope_op_describe(op)->name);
}

/* ------------------------------------------------------------------------------------------------------------ parts */

static void read_head(reader *r)
{
    slope__replica *replica = r->replica;
    for (const char *c = SLOPE__DATA_MAGIC; *c; c++)
        if (read_byte(r) != (unsigned char)*c)
            REFUSE(r, "these are not the data of a graph");
    const uint64_t version = read_integer(r);
    if (version != SLOPE__DATA_VERSION)
        REFUSE(r, "the data of the graph are of version %llu, not %d; write the page again",
               (unsigned long long)version, SLOPE__DATA_VERSION);
    replica->swept = (read_integer(r) & SLOPE__DATA_SWEPT) != 0;
    r->items = read_count(r, 1, "values");
    replica->inputs = read_count(r, 1, "inputs");
    replica->outputs = read_count(r, 1, "outputs");
    r->codes = read_below(r, slope__code_count, "an operation");
    for (size_t k = 1; k <= r->codes && is_ok(r); k++) {
        const char *name = read_text(r);
        size_t op = SLOPE_OP_VAR;
        while (op < slope__code_count && strcmp(slope_op_describe((slope_op)op)->name, name) != 0)
            op++;
        if (op == slope__code_count)
            REFUSE(r, "the data of the graph have an operation '%.40s' that is not known here", name);
        r->op[k] = op < slope__code_count ? (slope_op)op : SLOPE_OP_NONE;
    }
    replica->tape = is_ok(r) ? slope_tape_create(NULL) : NULL;
    replica->input = keep(r, replica->inputs, sizeof *replica->input);
    replica->output = keep(r, replica->outputs, sizeof *replica->output);
    replica->frozen = keep(r, replica->inputs, 1);
    if (reserve(r, &r->item_block, r->items, sizeof *r->item))
        r->item = r->item_block.data;
    if (!replica->tape)
        starve(r);
}

/* The value that carries the next label or place; 0: there is none. */
static int read_bearer(reader *r, size_t *last, slope_value *v)
{
    const uint64_t step = read_integer(r);
    if (!is_ok(r) || step == 0)
        return 0;
    if (step > r->items - *last) {
        REFUSE(r, "the data of the graph have a label for a value that is not there");
        return 0;
    }
    *last += (size_t)step - 1;
    *v = r->item[*last];
    return 1;
}

static void read_labels(reader *r)
{
    size_t last = 0;
    slope_value v;
    while (read_bearer(r, &last, &v))
        (void)slope_label(v, read_text(r));
}

static void read_places(reader *r)
{
    const char *slot[SLOPE__DATA_FILES] = {NULL};
    size_t last = 0, names = 0;
    slope_value v;
    while (read_bearer(r, &last, &v)) {
        size_t k = read_below(r, SLOPE__DATA_FILES + 1, "a file");
        if (k == 0) {
            k = names++ % SLOPE__DATA_FILES + 1;
            slot[k - 1] = keep_text(r);
        }
        if (!slot[k - 1])
            REFUSE(r, "the data of the graph name a file that is not there");
        (void)slope_at(v, slot[k - 1], (int)read_below(r, (uint64_t)INT_MAX + 1, "a line"));
    }
}

/* Which inputs does something frozen depend on? */
static void find_frozen(reader *r)
{
    const slope_tape *t = r->replica->tape;
    if (!reserve(r, &r->mark, t->hot.count, 1))
        return;
    unsigned char *mark = memset(r->mark.data, r->all_frozen, t->hot.count);
    for (size_t i = t->hot.count; i-- > 0;) {
        const uint32_t id = (uint32_t)i;
        const unsigned code = t->hot.code[id] & CODE_MASK;
        if (!mark[id] && code != slope__code_custom && code != slope__code_structure)
            continue;
        const size_t n = slope__operand_count(t, id);
        for (size_t k = 0; k < n; k++) {
            const slope_value x = slope__operand_at(t, id, k);
            if (slope__is_node(x))
                mark[x.node.id] = 1;
        }
    }
    for (size_t k = 0; k < r->replica->inputs; k++)
        r->replica->frozen[k] = mark[r->replica->input[k].node.id];
}

static void read_all(reader *r)
{
    slope__replica *replica = r->replica;
    read_head(r);
    for (size_t i = 0; i < r->items && is_ok(r); i++)
        read_item(r, i);
    for (size_t i = 0; i < replica->outputs && is_ok(r); i++)
        replica->output[i] = r->item[read_below(r, r->items, "an output")];
    read_labels(r);
    read_places(r);
    if (r->at != r->size)
        REFUSE(r, "the data of the graph go on behind their end");
    if (!replica->outputs || r->inputs != replica->inputs)
        REFUSE(r, "the data of the graph have fewer inputs or outputs than they say");
    if (is_ok(r))
        find_frozen(r);
    if (is_ok(r) && (slope_tape_status(replica->tape) || /* of a label or place */
                     slope_backward_seeded(replica->outputs, replica->output, NULL)))
        starve(r);
}

slope_status slope__data_read(const void *bytes, size_t size, slope__replica *replica, slope_error *error)
{
    reader r = {.bytes = bytes, .size = size, .allocator = slope_allocator_default(), .replica = replica};
    r.error = error;
    *error = (slope_error){0};
    *replica = (slope__replica){0};
    read_all(&r);
    slope__block *blocks[] = {&r.item_block, &r.operands, &r.results, &r.text, &r.mark};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        slope__block_free(&r.allocator, blocks[i]);
    if (error->status)
        slope__replica_free(replica);
    return error->status;
}

void slope__replica_free(slope__replica *replica)
{
    const slope_allocator allocator = slope_allocator_default();
    slope_tape_destroy(replica->tape);
    for (kept *k = replica->custom, *next; k; k = next) {
        next = k->next;
        (void)allocator.resize(allocator.context, k, k->size, 0);
    }
    *replica = (slope__replica){0};
}
