/* SPDX-License-Identifier: MIT */
/*
 * The builder: appends instructions by way of the passes and shares equal ones through a hash table.
 *
 * Rows are only ever appended; the first error sticks and everything after it gives SLOPE__NONE.
 */
#include "function/builder.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

slope__builder *slope__builder_create(unsigned passes)
{
    slope__builder *b = slope__new(1, sizeof *b);
    if (!b)
        return NULL;
    b->passes = passes;
    b->parts.of = SLOPE__NONE;
    b->allocator = slope_allocator_default();
    return b;
}

void slope__builder_destroy(slope__builder *b)
{
    if (!b)
        return;
    for (size_t k = 0; k < b->loops; k++) {
        if (b->loop[k].body)
            slope__loop_free(&b->loop[k]);
    }
    for (size_t k = 0; k < b->guards; k++)
        free(b->guard[k].file);
    for (size_t g = 0; g < b->inputs + b->data; g++)
        free(b->input[g].name);
    for (size_t g = 0; g < b->outputs; g++)
        free(b->output[g].name);
    slope__block *const all[] = {&b->block.instruction, &b->block.origin, &b->block.operand, &b->block.number,
                                 &b->block.loop,        &b->block.guard,  &b->block.input,   &b->block.output,
                                 &b->block.result,      &b->block.slot};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        slope__block_free(&b->allocator, all[k]);
    free(b);
}

unsigned slope__builder_passes(const slope__builder *b) { return b->passes; }
slope_status slope__builder_status(const slope__builder *b) { return b->error.status; }
size_t slope__built_cells(const slope__builder *b) { return b->cells; }
slope__shared_parts *slope__built_parts(slope__builder *b) { return &b->parts; }

void slope__builder_fail(slope__builder *b, slope_status status, const char *format, ...)
{
    if (b->error.status != SLOPE_OK)
        return;
    va_list args;
    va_start(args, format);
    b->error.status = status;
    b->error.position = SIZE_MAX;
    (void)vsnprintf(b->error.message, sizeof b->error.message, format, args);
    va_end(args);
}

/* Makes room for so many elements in a column; 0 on failure, which sticks. */
#define ROOM(b, column, count) \
    (room(b, &(b)->block.column, (count), sizeof *(b)->column) && ((b)->column = (b)->block.column.data, 1))

static inline int room(slope__builder *b, slope__block *block, size_t count, size_t size)
{
    if (b->error.status != SLOPE_OK)
        return 0;
    if (count <= block->bytes / size || slope__block_reserve(&b->allocator, block, count, size) == SLOPE_OK)
        return 1;
    slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for the function");
    return 0;
}

/* Appends an instruction with `results` cells; its first cell. */
static slope__cell append_operation(slope__builder *b, unsigned code, size_t operand, size_t count, size_t results)
{
    if (results > SLOPE_MAX_CELLS - b->cells || b->instructions >= SLOPE_MAX_CELLS || operand > UINT32_MAX - count) {
        slope__builder_fail(b, SLOPE_ERR_LIMIT, "the function would have more than %zu numbers", SLOPE_MAX_CELLS);
        return SLOPE__NONE;
    }
    if (!ROOM(b, instruction, b->instructions + 1) || !ROOM(b, origin, b->cells + results))
        return SLOPE__NONE;
    const slope__cell first = (slope__cell)b->cells;
    b->instruction[b->instructions] = (slope__instruction){(uint16_t)code, (uint32_t)operand, (uint32_t)count, first};
    for (size_t k = 0; k < results; k++)
        b->origin[b->cells + k] = (uint32_t)b->instructions;
    b->cells += results;
    b->instructions++;
    return first;
}

size_t slope__built_results(const slope__builder *b, size_t k)
{
    const size_t next = k + 1 < b->instructions ? b->instruction[k + 1].result : b->cells;
    return next - b->instruction[k].result;
}

/* -------------------------------------------------------------------------------------------------------- groups */

/* NULL: whoever made the name had no memory for it. */
static char *copy_name(slope__builder *b, const char *name)
{
    const size_t size = name ? strlen(name) + 1 : 0;
    char *copy = name ? malloc(size) : NULL;
    if (copy)
        memcpy(copy, name, size);
    else
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for the name %.60s", name ? name : "");
    return copy;
}

static slope__cell add_input(slope__builder *b, const char *name, size_t length, int is_data, const double *bound)
{
    const size_t g = b->inputs + b->data;
    if (length > SLOPE_MAX_CELLS)
        slope__builder_fail(b, SLOPE_ERR_LIMIT, "input %.60s would have more than %zu numbers", name, SLOPE_MAX_CELLS);
    if (!ROOM(b, input, g + 1))
        return SLOPE__NONE;
    char *copy = copy_name(b, name);
    if (!copy)
        return SLOPE__NONE;
    const slope__cell first = append_operation(b, slope__code_var, g, 0, length);
    if (first == SLOPE__NONE) {
        free(copy);
        return SLOPE__NONE;
    }
    b->input[g] = (slope__group){copy, length, first, bound};
    *(is_data ? &b->data : &b->inputs) += 1;
    return first;
}

slope__cell slope__build_input(slope__builder *b, const char *name, size_t length)
{
    return add_input(b, name, length, 0, NULL);
}

slope__cell slope__build_data(slope__builder *b, const char *name, size_t length, const double *bound)
{
    return add_input(b, name, length, 1, bound);
}

void slope__build_copy_inputs(slope__builder *b, const slope_function *f)
{
    for (size_t g = 0; g < f->inputs; g++)
        (void)slope__build_input(b, f->input[g].name, f->input[g].length);
}

slope__cell slope__build_copy_data(slope__builder *b, const slope_function *f)
{
    const slope__cell first = (slope__cell)b->cells;
    for (size_t g = f->inputs; g < f->inputs + f->data; g++)
        (void)slope__build_data(b, f->input[g].name, f->input[g].length, f->input[g].bound);
    return first;
}

void slope__build_output(slope__builder *b, const char *name, size_t length, const slope__cell cell[],
                         slope__cell first)
{
    if (!ROOM(b, output, b->outputs + 1) || !ROOM(b, result, b->results + length))
        return;
    for (size_t k = 0; k < length; k++) {
        const slope__cell c = cell ? cell[k] : first + (slope__cell)k;
        if (c >= b->cells) {
            slope__builder_fail(b, SLOPE_ERR_ARGUMENT, "output %.60s has no value at index %zu", name, k);
            return;
        }
        b->result[b->results + k] = c;
    }
    char *copy = copy_name(b, name);
    if (!copy)
        return;
    b->output[b->outputs++] = (slope__group){copy, length, b->results, NULL};
    b->results += length;
}

void slope__build_guard(slope__builder *b, slope__cell condition, int expected, const char *file, int line)
{
    double known;
    if (slope__built_number(b, condition, &known) && (known != 0) == expected)
        return; /* can't go the other way */
    if (!ROOM(b, guard, b->guards + 1))
        return;
    char *copy = file ? copy_name(b, file) : NULL;
    if (b->error.status == SLOPE_OK)
        b->guard[b->guards++] = (slope__guard){condition, expected, file ? line : 0, copy};
    else
        free(copy);
}

/* ------------------------------------------------------------------------------------------------------- sharing */

/*
 * A hash table with open addressing.  A slot has half of the hash and the instruction + 1; 0 is empty.  Looking begins
 * beside the slots of instructions on neighbouring operands, which were made just before and are still in the cache: a
 * few slots from there, and if all are taken from where the hash says.
 */
enum { NEAR = 8 };

static uint64_t mix(uint64_t h, uint64_t x)
{
    h = (h ^ x) * 0x9E3779B97F4A7C15u;
    return h ^ h >> 29;
}

/* Operations whose operands may be exchanged: a * b and b * a are one, in the order that came first. */
static int commutes(unsigned code)
{
    return code == slope__code_add || code == slope__code_mul || code == slope__code_zmul ||
           code == slope__code_hypot || code == slope__code_eq || code == slope__code_ne;
}

static uint64_t hash_operation(unsigned code, size_t n, const uint32_t x[])
{
    if (n == 2 && x[0] > x[1] && commutes(code))
        return hash_operation(code, 2, (const uint32_t[]){x[1], x[0]});
    uint64_t h = mix(0, code | (uint64_t)n << 16);
    for (size_t k = 0; k < n; k++)
        h = mix(h, x[k]);
    return h;
}

/* Where to begin for an operation: by its youngest operand.  Constants have none. */
static size_t near_of(unsigned code, size_t n, const uint32_t x[], uint64_t h)
{
    if (code == slope__code_const)
        return (size_t)h;
    size_t youngest = 0;
    for (size_t k = 0; k < n && k < 3; k++) {
        if (x[k] > youngest)
            youngest = x[k];
    }
    return 2 * youngest;
}

/* A constant is shared by its bits: two operands. */
static void bits_of(double x, uint32_t bits[2]) { memcpy(bits, &x, sizeof x); }

static const uint32_t *key_of(const slope__builder *b, const slope__instruction *i, size_t *n, uint32_t bits[2])
{
    *n = i->code == slope__code_const ? 2 : i->count;
    if (i->code != slope__code_const)
        return b->operand + i->operand;
    bits_of(b->number[i->operand], bits);
    return bits;
}

static int equals(const slope__builder *b, const slope__instruction *i, unsigned code, size_t n, const uint32_t x[])
{
    size_t m;
    uint32_t bits[2];
    const uint32_t *y = key_of(b, i, &m, bits);
    if (i->code != code || m != n)
        return 0;
    if (n == 2 && x[0] == y[1] && x[1] == y[0] && commutes(code))
        return 1;
    return n == 0 || memcmp(y, x, n * sizeof *x) == 0;
}

/* The slot of an equal instruction (in `b`, unless it is NULL: then none is looked for), or the empty one where it
   would go. */
static uint64_t *probe_table(const slope__builder *b, uint64_t *slot, size_t slots, unsigned code, size_t n,
                             const uint32_t x[], uint64_t h)
{
    size_t at = near_of(code, n, x, h) & (slots - 1);
    for (size_t k = 0;; k++) {
        if (k == NEAR)
            at = (size_t)h & (slots - 1);
        uint64_t *s = &slot[at];
        if (*s == 0 || (b && *s >> 32 == h >> 32 && equals(b, &b->instruction[(uint32_t)*s - 1], code, n, x)))
            return s;
        at = (at + (k < NEAR ? 1 : (size_t)(h >> 40 | 1))) & (slots - 1); /* strides jump over full stretches */
    }
}

/* Gives the table so many slots, a power of two above what it has; 0 on failure. */
static int resize_slots(slope__builder *b, size_t slots)
{
    slope__block block = {NULL, 0};
    if (slope__block_reserve(&b->allocator, &block, slots, sizeof *b->slot) != SLOPE_OK) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for the function");
        return 0;
    }
    uint64_t *slot = block.data;
    memset(slot, 0, slots * sizeof *slot);
    for (size_t k = 0; k < b->slots; k++) {
        if (!b->slot[k])
            continue;
        size_t n;
        uint32_t bits[2];
        const slope__instruction *i = &b->instruction[(uint32_t)b->slot[k] - 1];
        const uint32_t *x = key_of(b, i, &n, bits);
        *probe_table(NULL, slot, slots, i->code, n, x, hash_operation(i->code, n, x)) = b->slot[k];
    }
    slope__block_free(&b->allocator, &b->block.slot);
    b->block.slot = block;
    b->slot = slot;
    b->slots = slots;
    return 1;
}

/* Two to four times as many slots when two thirds are full. */
static int grow_table(slope__builder *b)
{
    if (3 * (b->shared + 1) <= 2 * b->slots)
        return 1;
    return resize_slots(b, b->slots == 0 ? 256 : (b->slots < 1 << 16 ? 4 : 2) * b->slots);
}

/* Short memory sticks here as it would a little later. */
void slope__builder_expect(slope__builder *b, size_t operations)
{
    size_t slots = 256;
    if (b->error.status != SLOPE_OK || operations > SLOPE_MAX_CELLS / 2)
        return;
    while (2 * slots < 3 * operations)
        slots *= 2;
    if (b->passes & SLOPE_PASS_SHARE && slots > b->slots)
        (void)resize_slots(b, slots);
    (void)(ROOM(b, instruction, b->instructions + operations) && ROOM(b, origin, b->cells + operations) &&
           ROOM(b, operand, b->operands + 2 * operations));
}

static uint64_t *find_slot(slope__builder *b, unsigned code, size_t n, const uint32_t x[], uint64_t *h)
{
    *h = hash_operation(code, n, x);
    return grow_table(b) ? probe_table(b, b->slot, b->slots, code, n, x, *h) : NULL;
}

/* The instruction just appended goes into its slot. */
static void remember(slope__builder *b, uint64_t *slot, uint64_t h)
{
    *slot = h >> 32 << 32 | (uint32_t)b->instructions;
    b->shared++;
}

/* ------------------------------------------------------------------------------------------------------ appending */

/* A NaN is shared whatever its payload: C leaves open which one an operation gives. */
slope__cell slope__build_number(slope__builder *b, double x)
{
    uint32_t bits[2];
    bits_of(x == x ? x : (double)NAN, bits);
    uint64_t h, *slot = b->error.status == SLOPE_OK ? find_slot(b, slope__code_const, 2, bits, &h) : NULL;
    if (!slot)
        return SLOPE__NONE;
    if (*slot)
        return b->instruction[(uint32_t)*slot - 1].result;
    if (!ROOM(b, number, b->numbers + 1))
        return SLOPE__NONE;
    b->number[b->numbers++] = x == x ? x : (double)NAN;
    const slope__cell c = append_operation(b, slope__code_const, b->numbers - 1, 1, 1);
    if (c != SLOPE__NONE)
        remember(b, slot, h);
    return c;
}

slope__cell slope__build_table(slope__builder *b, size_t n, const double x[])
{
    if (!ROOM(b, number, b->numbers + n))
        return SLOPE__NONE;
    if (n > 0)
        memcpy(b->number + b->numbers, x, n * sizeof *x);
    b->numbers += n;
    return append_operation(b, slope__code_const, b->numbers - n, n, n);
}

static slope__cell append_shared(slope__builder *b, unsigned code, size_t n, const slope__cell x[])
{
    uint64_t h = 0, *slot = NULL;
    if (b->passes & SLOPE_PASS_SHARE) {
        slot = find_slot(b, code, n, x, &h);
        if (!slot)
            return SLOPE__NONE;
        if (*slot)
            return b->instruction[(uint32_t)*slot - 1].result;
    }
    if (!ROOM(b, operand, b->operands + n))
        return SLOPE__NONE;
    if (n > 0)
        memcpy(b->operand + b->operands, x, n * sizeof *x);
    b->operands += n;
    const slope__cell c = append_operation(b, code, b->operands - n, n, 1);
    if (slot && c != SLOPE__NONE)
        remember(b, slot, h);
    return c;
}

/* What the first pass that knows better gives, else SLOPE__NONE. */
static slope__cell rewrite(slope__builder *b, unsigned code, size_t n, const slope__cell x[])
{
    static const struct {
        unsigned pass;
        slope__cell (*rule)(slope__builder *b, unsigned code, size_t n, const slope__cell x[]);
    } rules[] = {
        {SLOPE_PASS_FOLD, slope__pass_fold},
        {SLOPE_PASS_IDENTITY, slope__pass_identity},
        {SLOPE_PASS_STRENGTH, slope__pass_strength},
        {SLOPE_PASS_CONTRACT, slope__pass_contract},
    };
    const size_t before = b->before;
    for (size_t k = 0; k < sizeof rules / sizeof *rules; k++) {
        const slope__cell c = b->passes & rules[k].pass ? rules[k].rule(b, code, n, x) : SLOPE__NONE;
        if (c != SLOPE__NONE) {
            b->before = before; /* what a rule builds was not asked for */
            return c;
        }
    }
    return SLOPE__NONE;
}

slope__cell slope__build(slope__builder *b, unsigned code, size_t n, const slope__cell x[])
{
    b->before++;
    for (size_t k = 0; k < n; k++) {
        if (x[k] >= b->cells)
            slope__builder_fail(b, SLOPE_ERR_NULL, "an operand of %s has no value",
                                slope_op_describe((slope_op)code)->name);
    }
    if (b->error.status != SLOPE_OK)
        return SLOPE__NONE;
    const slope__cell better = rewrite(b, code, n, x);
    if (better != SLOPE__NONE || b->error.status != SLOPE_OK)
        return better;
    return append_shared(b, code, n, x);
}

/* --------------------------------------------------------------------------------------------------------- loops */

static int copy_view(slope__view *view, size_t count)
{
    if (!view->index)
        return 1;
    uint32_t *index = count > SIZE_MAX / sizeof *index ? NULL : malloc(count * sizeof *index);
    if (index)
        memcpy(index, view->index, count * sizeof *index);
    view->index = index;
    return index != NULL;
}

/* Fills in where results go: bases, extents, the views of EACH and LAST; 0 where there are too many. */
static int place_targets(slope__loop *loop)
{
    size_t base = 0;
    for (size_t g = 0; g < loop->body->outputs; g++) {
        slope__target *t = &loop->target[g];
        const size_t length = loop->body->output[g].length;
        size_t extent = t->extent;
        if (t->kind == SLOPE__EACH) {
            if (length > 0 && loop->n > SLOPE_MAX_CELLS / length)
                return 0;
            extent = loop->n * length;
            t->view = (slope__view){0, (int64_t)length, 1, NULL};
        } else if (t->kind == SLOPE__LAST) {
            extent = length;
            t->view = (slope__view){0, 0, 1, NULL};
        } else if (t->kind == SLOPE__DROPPED) {
            extent = 0;
            t->view = (slope__view){0, 0, 1, NULL};
        }
        if (extent > SLOPE_MAX_CELLS - base)
            return 0;
        t->base = (uint32_t)base;
        t->extent = (uint32_t)extent;
        base += extent;
    }
    loop->results = (uint32_t)base;
    return 1;
}

/* Are all cells that the views name there?  Says what is not. */
static int views_are_good(slope__builder *b, const slope__loop *loop)
{
    const slope_function *body = loop->body;
    for (size_t g = 0; g < body->inputs + body->data; g++) {
        const slope__source *s = &loop->source[g];
        const size_t n = s->carried == SLOPE__NONE ? loop->n : 1, length = body->input[g].length;
        if (s->carried != SLOPE__NONE &&
            (s->carried >= body->outputs || body->output[s->carried].length != length || g >= body->inputs)) {
            slope__builder_fail(b, SLOPE_ERR_ARGUMENT, "input %.60s is carried from an output that is not as long",
                                body->input[g].name);
            return 0;
        }
        slope__cell low = 0, high = 0;
        if (n > 0 && length > 0)
            slope__view_range(&s->view, n, length, &low, &high);
        if (low >= b->cells + (n == 0 || length == 0) || high >= b->cells + (n == 0 || length == 0)) {
            slope__builder_fail(b, SLOPE_ERR_ARGUMENT, "input %.60s is bound to values that are not there",
                                body->input[g].name);
            return 0;
        }
    }
    for (size_t g = 0; g < body->outputs; g++) {
        const slope__target *t = &loop->target[g];
        if (t->kind != SLOPE__ADDED || loop->n == 0 || body->output[g].length == 0)
            continue;
        slope__cell low, high;
        slope__view_range(&t->view, loop->n, body->output[g].length, &low, &high);
        if (low > high || high >= t->extent) {
            slope__builder_fail(b, SLOPE_ERR_ARGUMENT, "output %.60s is added outside its results",
                                body->output[g].name);
            return 0;
        }
    }
    return 1;
}

/* A copy of the loop with arrays of its own; 0 on failure, everything freed. */
static int copy_loop(const slope__loop *loop, slope__loop *copy)
{
    const slope_function *body = loop->body;
    const size_t sources = body->inputs + body->data;
    *copy = *loop;
    copy->source = slope__new(sources, sizeof *copy->source);
    copy->target = slope__new(body->outputs, sizeof *copy->target);
    copy->body = slope_function_share(body);
    int ok = copy->source && copy->target;
    for (size_t g = 0; ok && g < sources; g++) {
        copy->source[g] = loop->source[g];
        const size_t n = loop->source[g].carried == SLOPE__NONE ? loop->n : 1;
        ok = copy_view(&copy->source[g].view, n * body->input[g].length);
    }
    for (size_t g = 0; ok && g < body->outputs; g++) {
        copy->target[g] = loop->target[g];
        ok = copy_view(&copy->target[g].view, loop->n * body->output[g].length);
    }
    if (!ok)
        slope__loop_free(copy);
    return ok;
}

slope__cell slope__build_loop(slope__builder *b, slope__loop *loop)
{
    if (b->error.status == SLOPE_OK && !place_targets(loop))
        slope__builder_fail(b, SLOPE_ERR_LIMIT, "the loop would have more than %zu results", SLOPE_MAX_CELLS);
    return slope__build_placed_loop(b, loop);
}

slope__cell slope__build_placed_loop(slope__builder *b, const slope__loop *loop)
{
    b->before++;
    if (b->error.status != SLOPE_OK)
        return SLOPE__NONE;
    if (loop->body->depth + 1 > SLOPE__MAX_DEPTH) {
        slope__builder_fail(b, SLOPE_ERR_LIMIT, "loops are nested more than %d deep", SLOPE__MAX_DEPTH);
        return SLOPE__NONE;
    }
    if (!views_are_good(b, loop) || !ROOM(b, loop, b->loops + 1))
        return SLOPE__NONE;
    for (size_t k = b->loops; b->passes & SLOPE_PASS_SHARE && k-- > 0 && b->loops - k <= SLOPE__RECENT_LOOPS;) {
        if (slope__loop_same(&b->loop[k], loop))
            return b->recent[k % SLOPE__RECENT_LOOPS];
    }
    if (!copy_loop(loop, &b->loop[b->loops])) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a loop");
        return SLOPE__NONE;
    }
    const slope__cell first = append_operation(b, slope__code_loop, b->loops, 0, loop->results);
    b->recent[b->loops++ % SLOPE__RECENT_LOOPS] = first;
    return first;
}

/* --------------------------------------------------------------------------------------------------- looking back */

unsigned slope__built_code(const slope__builder *b, slope__cell cell, const slope__cell **x, size_t *n)
{
    const slope__instruction *i = &b->instruction[b->origin[cell]];
    const int has_operands = i->code > slope__code_const && i->code < slope__code_count;
    if (x)
        *x = has_operands ? b->operand + i->operand : NULL;
    if (n)
        *n = has_operands ? i->count : 0;
    return i->code;
}

int slope__built_number(const slope__builder *b, slope__cell cell, double *x)
{
    if (cell >= b->cells)
        return 0;
    const slope__instruction *i = &b->instruction[b->origin[cell]];
    if (i->code != slope__code_const)
        return 0;
    *x = b->number[i->operand + (cell - i->result)];
    return 1;
}
