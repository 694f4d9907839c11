/* SPDX-License-Identifier: MIT */
/* Drafts become steps: operands are slots of the uniform frame, or numbers in the list of what lanes refer to. */
#include <stdlib.h>
#include <string.h>

#include "batch/planner.h"

/* How many operands an operation of the table has; 0: any number. */
static unsigned operands_of(unsigned code)
{
    static const uint8_t count[slope__code_last] = {
#define UNARY(name, ...) [slope__code_##name] = 1,
#define BINARY(name, ...) [slope__code_##name] = 2,
#define TERNARY(name, ...) [slope__code_##name] = 3,
#define NARY(name, ...)
#include "ops.def"
    };
    return count[code];
}

/* ------------------------------------------------------------------------------------------------- uniform operands */

static size_t group_of(const slope__planner *s, slope__cell c)
{
    return slope__object_of(s, c)->place.base - SLOPE__OUTSIDE;
}

/* The entry that says in which slot a copy of an input or constant is. */
static uint32_t *copy_of(slope__planner *s, slope__cell c)
{
    const int number = c >= s->f->input_cells;
    const size_t g = number ? 0 : group_of(s, c), first = number ? s->f->input_cells : s->f->input[g].first,
                 length = number ? s->f->numbers : s->f->input[g].length;
    uint32_t **table = number ? &s->numbered : &s->fetched[g];
    if (!*table) {
        *table = malloc(length * sizeof **table);
        if (!*table)
            return NULL;
        memset(*table, 0xff, length * sizeof **table);
    }
    return &(*table)[c - first];
}

static uint32_t slot_of_cell(slope__planner *s, slope__cell c)
{
    const slope__object *o = slope__object_of(s, c);
    if (o->instruction != SLOPE__NONE)
        return o->place.at + (c - o->first);
    uint32_t *copy = copy_of(s, c);
    if (!copy) {
        s->failed = 1;
        return 0;
    }
    if (*copy == SLOPE__NONE) {
        *copy = (uint32_t)s->slots.size++;
        if (c >= s->f->input_cells)
            s->p->constants++;
        else
            s->p->fetch_first[group_of(s, c) + 1]++;
    }
    return *copy;
}

/* --------------------------------------------------------------------------------------------------- lane operands */

static int compare_keys(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

static void push_key(slope__planner *s, uint64_t key)
{
    if (s->refs_count == s->refs_room) {
        const size_t room = s->refs_room ? 2 * s->refs_room : 256;
        uint64_t *refs = realloc(s->refs, room * sizeof *refs);
        if (!refs) {
            s->failed = 1;
            return;
        }
        s->refs = refs;
        s->refs_room = room;
    }
    s->refs[s->refs_count++] = key;
}

static uint32_t ref_of(slope__planner *s, slope__place place)
{
    const uint64_t key = (uint64_t)place.base << 32 | place.at;
    if (!s->numbering) {
        push_key(s, key);
        return 0;
    }
    size_t low = 0, high = s->refs_count;
    while (high - low > 1) {
        const size_t middle = low + (high - low) / 2;
        if (s->refs[middle] <= key)
            low = middle;
        else
            high = middle;
    }
    return (uint32_t)low;
}

static int list_refs(slope__planner *s)
{
    slope__plan *p = s->p;
    const size_t bases = slope__bases(p);
    size_t n = 0;
    if (s->refs_count > 0)
        qsort(s->refs, s->refs_count, sizeof *s->refs, compare_keys);
    for (size_t k = 0; k < s->refs_count; k++) {
        if (n == 0 || s->refs[k] != s->refs[n - 1])
            s->refs[n++] = s->refs[k];
    }
    s->refs_count = p->refs = n;
    p->ref = slope__new(n, sizeof *p->ref);
    p->ref_first = slope__new(bases + 1, sizeof *p->ref_first);
    if (!p->ref || !p->ref_first)
        return 0;
    for (size_t k = 0; k < n; k++) {
        p->ref[k] = (slope__place){(uint32_t)(s->refs[k] >> 32), (uint32_t)s->refs[k]};
        p->ref_first[p->ref[k].base + 1]++;
    }
    for (size_t b = 0; b < bases; b++)
        p->ref_first[b + 1] += p->ref_first[b];
    return 1;
}

/* ----------------------------------------------------------------------------------------------------------- steps */

typedef struct writing {
    slope__planner *s;
    slope__stream *stream;
    size_t terms, list;
    int lanes;
} writing;

static uint32_t write_operand(const writing *w, slope__cell c)
{
    if (!w->lanes)
        return slot_of_cell(w->s, c);
    const slope__object *o = slope__object_of(w->s, c);
    return ref_of(w->s, (slope__place){o->place.base, o->place.at + (c - o->first)});
}

/* Of a sum over items: eight numbers in its output group's array. */
static uint32_t sum_operand(const writing *w, uint32_t k)
{
    const slope_function *f = w->s->f;
    const uint32_t number = w->s->p->sum_number[k];
    size_t g = 0;
    while (number >= f->output[g].first + f->output[g].length || f->output[g].length == 0)
        g++;
    return ref_of(w->s, (slope__place){slope__output_base(w->s->p, g), (uint32_t)(number - f->output[g].first)});
}

static int is_single(const writing *w, slope__cell c) { return w->lanes && !slope__object_of(w->s, c)->lanes; }

static void write_terms(writing *w, const slope__draft *d, slope__step *step)
{
    slope__planner *s = w->s;
    step->a = (uint32_t)w->terms;
    step->c = d->zero;
    for (uint32_t k = 0; k < d->count && !s->failed; k++) {
        slope__term *t = &s->p->term[w->terms++];
        t->kind = s->kind[d->first + k];
        t->x = write_operand(w, s->cell[d->first + k]);
        t->kind |= is_single(w, s->cell[d->first + k]) ? SLOPE__X_SINGLE : 0u;
        if (t->kind & SLOPE__PRODUCT) {
            k++;
            t->y = write_operand(w, s->cell[d->first + k]);
            t->kind |= is_single(w, s->cell[d->first + k]) ? SLOPE__Y_SINGLE : 0u;
            if (t->kind & SLOPE__X_SINGLE) { /* the number of lanes first */
                const uint32_t x = t->x;
                t->x = t->y;
                t->y = x;
                if (!(t->kind & SLOPE__Y_SINGLE))
                    t->kind ^= SLOPE__X_SINGLE | SLOPE__Y_SINGLE;
            }
        }
    }
    step->b = (uint32_t)w->terms - step->a;
    for (uint32_t k = 0; w->lanes && k < step->b; k++) {
        const slope__term *t = &s->p->term[step->a + k];
        if (t->kind & SLOPE__STRONG)
            step->single |= 1;
        if (t->x == step->r || (t->kind & SLOPE__PRODUCT && t->y == step->r))
            step->single |= 4;
    }
    if (step->single & 4) /* its result takes the place of a term */
        step->single = step->single & 1 ? 3 : 0;
}

static void write_list(writing *w, const slope__draft *d, slope__step *step)
{
    slope__planner *s = w->s;
    step->a = (uint32_t)w->list;
    step->b = d->count;
    for (uint32_t k = 0; k < d->count; k++)
        s->p->list[w->list++] = write_operand(w, s->cell[d->first + k]);
    step->c = (uint32_t)w->list;
    for (uint32_t k = 0; w->lanes && k < d->count; k++)
        s->p->list[w->list++] = is_single(w, s->cell[d->first + k]) != 0;
    if (d->count > s->p->widest)
        s->p->widest = d->count;
}

/* Two terms that fit into one uniform step. */
static void narrow(writing *w, slope__step *step)
{
    if (w->lanes || step->b != 2 || step->c)
        return;
    const slope__term *t = &w->s->p->term[step->a];
    const unsigned first = t[0].kind & (SLOPE__PRODUCT | SLOPE__MINUS),
                   second = t[1].kind & (SLOPE__PRODUCT | SLOPE__MINUS);
    unsigned code;
    int product;
    if (first == SLOPE__PRODUCT && (second == 0 || second == SLOPE__MINUS)) {
        code = second ? slope__code_mul_sub : slope__code_mul_add;
        product = 0;
    } else if (first == 0 && (second & SLOPE__PRODUCT)) {
        code = second & SLOPE__MINUS ? slope__code_sub_mul : slope__code_mul_add;
        product = 1;
    } else
        return;
    step->code = (uint16_t)code;
    step->single = t[product].kind & SLOPE__STRONG;
    step->a = t[product].x;
    step->b = t[product].y;
    step->c = t[1 - product].x;
    w->terms -= 2;
}

static void write_step(writing *w, const slope__draft *d, slope__step *step)
{
    slope__planner *s = w->s;
    *step = (slope__step){.code = d->code, .r = d->r};
    step->r = d->instruction == SLOPE__NONE ? sum_operand(w, d->r)
                                            : write_operand(w, s->f->instruction[d->instruction].result);
    if (d->code == slope__code_affine) {
        write_terms(w, d, step);
        narrow(w, step);
        return;
    }
    if (d->code < slope__code_custom && operands_of(d->code) == 0) {
        write_list(w, d, step);
        return;
    }
    uint32_t *const to[] = {&step->a, &step->b, &step->c};
    for (uint32_t k = 0; k < d->count; k++) {
        const slope__cell c = s->cell[d->first + k];
        *to[k] = write_operand(w, c);
        step->single |= (uint16_t)(is_single(w, c) << k);
    }
    if (d->code == slope__code_accprod && s->kind[d->first] & SLOPE__STRONG)
        step->c = 1;
}

static void end_part(writing *w, uint32_t loop)
{
    slope__stream *stream = w->stream;
    const size_t first = stream->parts ? stream->part[stream->parts - 1].last : 0;
    stream->part[stream->parts++] = (slope__part){first, stream->steps, loop};
}

static int alike(const slope__step *s, size_t n, int common)
{
    for (size_t k = 0; k < n; k++) {
        if (s[k].code != slope__code_accprod || s[k].single || (common && s[k].a != s->a))
            return 0;
    }
    return 1;
}

/* Marks runs of products that are added to sums, so that they are added together. */
static void mark_products(slope__stream *stream)
{
    for (size_t k = 0; k < stream->parts; k++) {
        const slope__part *part = &stream->part[k];
        for (size_t i = part->first; i < part->last;) {
            slope__step *s = &stream->step[i];
            const size_t left = part->last - i;
            const size_t n = left >= 8 && alike(s, 8, 1) ? 8 : left >= 4 && alike(s, 4, 0) ? 4 : 1;
            if (n > 1)
                s->code = n == 8 ? slope__code_accouter : slope__code_accprods;
            i += n;
        }
    }
}

static void write_stream(writing *w, size_t from, size_t to)
{
    slope__planner *s = w->s;
    w->stream->steps = w->stream->parts = w->stream->guards = 0;
    for (size_t d = from; d < to && !s->failed; d++) {
        if (s->draft[d].code == slope__code_loop)
            end_part(w, s->f->instruction[s->draft[d].instruction].operand);
        else
            write_step(w, &s->draft[d], &w->stream->step[w->stream->steps++]);
    }
    end_part(w, SLOPE__NONE);
    mark_products(w->stream);
    for (size_t k = 0; k < s->f->guards; k++) {
        const slope__cell c = s->f->guard[k].condition;
        if (slope__object_of(s, c)->lanes == w->lanes) {
            w->stream->guard[2 * w->stream->guards] = write_operand(w, c);
            w->stream->guard[2 * w->stream->guards++ + 1] = s->f->guard[k].expected != 0;
        }
    }
}

/* What uniform steps read of inputs and constants is copied into slots. */
static int list_copies(slope__planner *s)
{
    slope__plan *p = s->p;
    const size_t groups = s->f->inputs + s->f->data;
    for (size_t g = 0; g < groups; g++)
        p->fetch_first[g + 1] += p->fetch_first[g];
    p->fetch = slope__new(p->fetch_first[groups], sizeof *p->fetch);
    p->constant = slope__new(p->constants, sizeof *p->constant);
    if (!p->fetch || !p->constant)
        return 0;
    for (size_t g = 0, k = 0; g < groups; g++) {
        for (size_t j = 0; s->fetched[g] && j < s->f->input[g].length; j++) {
            if (s->fetched[g][j] != SLOPE__NONE)
                p->fetch[k++] = (slope__fetch){(uint32_t)j, s->fetched[g][j]};
        }
    }
    for (size_t j = 0, k = 0; s->numbered && j < s->f->numbers; j++) {
        if (s->numbered[j] != SLOPE__NONE)
            p->constant[k++] = (slope__place){(uint32_t)j, s->numbered[j]};
    }
    return 1;
}

static int new_stream(slope__stream *stream, size_t drafts, size_t guards)
{
    stream->step = slope__new(drafts, sizeof *stream->step);
    stream->part = slope__new(drafts + 1, sizeof *stream->part);
    stream->guard = slope__new(2 * guards, sizeof *stream->guard);
    return stream->step && stream->part && stream->guard;
}

void slope__plan_steps(slope__planner *s)
{
    slope__plan *p = s->p;
    const size_t lanes = s->drafts - s->uniform_drafts;
    s->fetched = slope__new(s->f->inputs + s->f->data, sizeof *s->fetched);
    p->term = slope__new(s->cells, sizeof *p->term);
    p->list = slope__new(2 * s->cells, sizeof *p->list);
    if (!s->fetched || !p->term || !p->list || !new_stream(&p->uniform, s->uniform_drafts, s->f->guards) ||
        !new_stream(&p->lanes, lanes, s->f->guards)) {
        s->failed = 1;
        return;
    }
    writing w = {.s = s, .stream = &p->uniform};
    write_stream(&w, 0, s->uniform_drafts);
    w.lanes = 1;
    w.stream = &p->lanes;
    const size_t terms = w.terms, list = w.list;
    write_stream(&w, s->uniform_drafts, s->drafts);
    if (s->failed || !list_refs(s) || !list_copies(s)) {
        s->failed = 1;
        return;
    }
    s->numbering = 1;
    w.terms = terms;
    w.list = list;
    write_stream(&w, s->uniform_drafts, s->drafts);
    p->slots = s->slots.size;
    p->rows = s->rows.size;
}
