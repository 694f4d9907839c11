/* SPDX-License-Identifier: MIT */
/*
 * The overview: values that came about in the same way share a box.
 *
 * The class of a value is a hash of its operation and of the set of its operands' classes.  An operand of the same
 * operation (a running sum, a repeated sine) hands on its own set instead, so an accumulation of any length is one
 * class.  Where classes of unlimited depth are too many (a loop of several operations, unrolled), classes that look
 * only r operands deep are taken, r as large as fits; r = 0 is one box for each operation.  Inputs and numbers are then
 * told apart by who uses them.  Every step is linear in the size of the graph.
 */
#include <math.h>
#include <string.h>

#include "graph/view.h"

enum {
    DEEP_MOST = 128, /* classes of unlimited depth are wanted only while a picture of them can be read */
    ROUND_MOST = 48, /* the same for classes of limited depth, whose pictures have cycles */
    ROUNDS = 6,
    OUTPUTS_APART = 8 /* so many outputs have a box of their own each */
};

/* A set of classes that can be joined again and again without changing: exact up to so many, beyond that the least ones
   and another hash of all. */
enum { BAG = 4 };
typedef struct bag {
    uint64_t least[BAG]; /* ascending; UINT64_MAX: free */
    uint64_t most;
} bag;

typedef struct folder {
    const slope__walk *walk;
    slope__arena *arena;
    uint64_t *class, *next; /* by item */
    uint64_t *kind;         /* by item: hash of what it is, without its operands */
    bag *bag;               /* by item */
    uint64_t *slot;         /* set of distinct classes, open addressing */
    uint32_t *slot_group;   /* group + 1 */
    size_t slots;
    uint32_t *group; /* by item */
    size_t groups;
} folder;

/* The finalizer of splitmix64. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static uint64_t join(uint64_t a, uint64_t b) { return mix(a ^ mix(b)); }

static const bag empty_bag = {.least = {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};

static void bag_add(bag *set, uint64_t class)
{
    const uint64_t other = mix(class ^ 0x5851f42d4c957f2du);
    if (other > set->most)
        set->most = other;
    for (int i = 0; i < BAG && class != set->least[i]; i++)
        if (class < set->least[i]) {
            const uint64_t larger = set->least[i];
            set->least[i] = class;
            class = larger;
        }
}

static void bag_join(bag *set, const bag *more)
{
    if (more->most > set->most)
        set->most = more->most;
    for (int i = 0; i < BAG && more->least[i] != UINT64_MAX; i++)
        bag_add(set, more->least[i]);
}

static uint64_t bag_class(uint64_t kind, const bag *set)
{
    for (int i = 0; i < BAG; i++)
        kind = join(kind, set->least[i]);
    return join(kind, set->most);
}

/* What an item is: its operation, and for the first outputs which one. */
static uint64_t kind_of(const slope__walk *walk, size_t i)
{
    const slope__item *v = &walk->item[i];
    uint64_t h = mix(v->kind == SLOPE__RESULT ? v->op + 16u : v->kind);
    slope_node node;
    if (v->op == SLOPE_OP_CUSTOM && slope_inspect(v->value, &node) == SLOPE_OK)
        h = join(h, slope__hash(node.name, strlen(node.name)));
    if (v->output) {
        size_t k = 0;
        while (k < OUTPUTS_APART && k < walk->outputs && walk->output[k] != i)
            k++;
        h = join(h, 0x100 + k);
    }
    return h;
}

/* Does the place of the operands of this operation matter?  Not where they can change places, nor where they are
   many. */
static int is_ordered(const slope__item *v)
{
    switch (v->op) {
    case SLOPE_OP_ADD:
    case SLOPE_OP_MUL:
    case SLOPE_OP_MIN:
    case SLOPE_OP_MAX:
    case SLOPE_OP_HYPOT: return 0;
    default: return v->operands <= 3;
    }
}

/* Computes `to` of every item from the classes `from` of its operands; they may be the same array: unlimited depth. */
static void deepen(folder *f, const uint64_t *from, uint64_t *to)
{
    for (size_t i = 0; i < f->walk->items; i++) {
        const slope__item *v = &f->walk->item[i];
        const uint32_t *operand = v->operands ? &f->walk->operand[v->first] : NULL;
        bag set = empty_bag;
        for (size_t k = 0; k < v->operands; k++) {
            if (f->walk->item[operand[k]].op == v->op && f->walk->item[operand[k]].kind == v->kind &&
                (v->op != SLOPE_OP_CUSTOM || f->kind[operand[k]] == f->kind[i]))
                bag_join(&set, &f->bag[operand[k]]);
            else
                bag_add(&set, join(from[operand[k]], is_ordered(v) ? k + 1 : 0));
        }
        if (v->operands == 2 && operand[0] == operand[1])
            bag_add(&set, 1); /* a * a is not a * b */
        f->bag[i] = set;
        to[i] = v->operands ? bag_class(f->kind[i], &set) : f->kind[i];
    }
}

/* Numbers the classes in the order they are met; returns how many, or limit + 1 when there are more. */
static size_t number_groups(folder *f, const uint64_t *class, size_t limit)
{
    memset(f->slot_group, 0, f->slots * sizeof *f->slot_group);
    size_t groups = 0;
    for (size_t i = 0; i < f->walk->items; i++) {
        size_t s = (size_t) class[i] & (f->slots - 1);
        while (f->slot_group[s] && f->slot[s] != class[i])
            s = (s + 1) & (f->slots - 1);
        if (!f->slot_group[s]) {
            if (groups == limit)
                return limit + 1;
            f->slot[s] = class[i];
            f->slot_group[s] = (uint32_t)++groups;
        }
        f->group[i] = f->slot_group[s] - 1;
    }
    return groups;
}

/* Tells inputs and numbers apart by the groups of those who use them. */
static void split_leaves(folder *f, const uint64_t *class, uint64_t *to)
{
    for (size_t i = 0; i < f->walk->items; i++)
        f->bag[i] = empty_bag;
    for (size_t i = 0; i < f->walk->items; i++) {
        const slope__item *v = &f->walk->item[i];
        for (size_t k = 0; k < v->operands; k++)
            bag_add(&f->bag[f->walk->operand[v->first + k]], join(class[i], is_ordered(v) ? k + 1 : 0));
    }
    for (size_t i = 0; i < f->walk->items; i++)
        to[i] = f->walk->item[i].operands ? class[i] : bag_class(class[i], &f -> bag[i]);
}

static size_t at_most(size_t a, size_t b) { return a < b ? a : b; }

/* Chooses the classes; f->group and f->groups.  Returns 0 when even the coarsest are too many. */
static int classify(folder *f, size_t most)
{
    size_t limit = at_most(most, DEEP_MOST);
    deepen(f, f->class, f->class);
    f->groups = number_groups(f, f->class, limit);
    if (f->groups > limit) {
        memcpy(f->class, f->kind, f->walk->items * sizeof *f->class);
        f->groups = number_groups(f, f->class, most);
        if (f->groups > most)
            return 0;
        limit = at_most(most, ROUND_MOST);
        for (int round = 0; round < ROUNDS; round++) {
            deepen(f, f->class, f->next);
            const size_t groups = number_groups(f, f->next, limit);
            if (groups > limit || groups > 3 * f->groups) /* growing that fast, a graph has no structure to show */
                break;
            f->groups = groups;
            uint64_t *swap = f->class;
            f->class = f->next;
            f->next = swap;
        }
        limit = most;
    }
    split_leaves(f, f->class, f->next);
    f->groups = number_groups(f, f->next, limit);
    if (f->groups > limit)
        f->groups = number_groups(f, f->class, most);
    return 1;
}

/* ----------------------------------------------------------------------------------------------------- opened boxes */

/* Gives up to SLOPE__OPENED values of the class of `item` a class of their own each, from this one on in canonical
   order. */
static void take_apart(folder *f, size_t item, uint64_t *class)
{
    const uint32_t group = f->group[item];
    for (size_t i = item, n = 0; i < f->walk->items && n < SLOPE__OPENED; i++)
        if (f->group[i] == group) {
            class[i] = mix(i + f->groups);
            n++;
        }
}

/* Opens what walk->open says; the groups are numbered again, in canonical order as ever. */
static void open_groups(folder *f)
{
    if (!f->walk->opens)
        return;
    for (size_t i = 0; i < f->walk->items; i++)
        f->class[i] = mix(f->group[i]);
    for (size_t i = 0; i < f->walk->opens; i++)
        if (f->walk->open[i] < f->walk->items)
            take_apart(f, f->walk->open[i], f->class);
    f->groups = number_groups(f, f->class, f->groups + f->walk->opens * SLOPE__OPENED);
}

/* ------------------------------------------------------------------------------------------------- classes to boxes */

static slope__span span_over(double x[], size_t n)
{
    slope__span span = {.low = NAN, .middle = NAN, .high = NAN};
    size_t finite = 0;
    for (size_t i = 0; i < n; i++) {
        if (isfinite(x[i])) {
            x[finite++] = x[i];
        } else {
            if (!span.odds)
                span.odd = x[i];
            span.odds++;
        }
    }
    if (!finite)
        return span;
    span.low = span.high = x[0];
    for (size_t i = 1; i < finite; i++) {
        span.low = x[i] < span.low ? x[i] : span.low;
        span.high = x[i] > span.high ? x[i] : span.high;
    }
    span.middle = slope__median(x, finite);
    return span;
}

/* Members of every group side by side: member[start[g] ... start[g + 1] - 1], in canonical order. */
static slope_status sort_members(folder *f, uint32_t **member, size_t **start)
{
    *member = slope__arena_array(f->arena, f->walk->items, sizeof **member);
    *start = slope__arena_array(f->arena, f->groups + 2, sizeof **start);
    if (!*member || !*start)
        return SLOPE_ERR_MEMORY;
    for (size_t i = 0; i < f->walk->items; i++)
        (*start)[f->group[i] + 2]++;
    for (size_t g = 2; g < f->groups + 2; g++)
        (*start)[g] += (*start)[g - 1];
    for (size_t i = 0; i < f->walk->items; i++)
        (*member)[(*start)[f->group[i] + 1]++] = (uint32_t)i;
    return SLOPE_OK;
}

/* The box for n members. */
static slope__box box_for(const slope__walk *walk, const uint32_t member[], size_t n, double scratch[])
{
    const slope__item *first = &walk->item[member[0]];
    slope__box box = {.value = first->value, .number = member[0], .count = n, .kind = (slope__kind)first->kind};
    box.arity = (int)first->operands;
    box.symbol = "";
    box.name = "const";
    for (size_t i = 0; i < n; i++) {
        const slope__item *v = &walk->item[member[i]];
        box.output |= v->output;
        slope_node node;
        if (!!slope_is_number(v->value) || slope_inspect(v->value, &node))
            continue;
        if (i == 0) {
            box.symbol = node.symbol;
            box.name = node.name;
        }
        if (node.label && *node.label) {
            if (!box.label)
                box.label = node.label;
            else if (strcmp(box.label, node.label) != 0)
                box.last_label = node.label;
        }
    }
    for (size_t i = 0; i < n; i++)
        scratch[i] = walk->item[member[i]].data;
    box.data = span_over(scratch, n);
    for (size_t i = 0; i < n; i++)
        scratch[i] = walk->item[member[i]].grad;
    box.grad = span_over(scratch, n);
    return box;
}

/* A table of edges by the pair of their groups. */
typedef struct pairs {
    slope__edge *edge; /* count 0: free */
    size_t slots, used;
} pairs;

static slope__edge *find_pair(const pairs *p, uint32_t from, uint32_t to)
{
    size_t s = (size_t)mix((uint64_t)from << 32 | to) & (p->slots - 1);
    while (p->edge[s].count && (p->edge[s].from != from || p->edge[s].to != to))
        s = (s + 1) & (p->slots - 1);
    return &p->edge[s];
}

/* Doubles the table; it stays in the arena, whose blocks are enough for 2^32 pairs. */
static slope_status grow_pairs(pairs *p, slope__arena *arena)
{
    pairs larger = {.slots = p->slots ? 4 * p->slots : 1024, .used = p->used};
    larger.edge = slope__arena_array(arena, larger.slots, sizeof *larger.edge);
    if (!larger.edge)
        return SLOPE_ERR_MEMORY;
    for (size_t i = 0; i < p->slots; i++)
        if (p->edge[i].count)
            *find_pair(&larger, p->edge[i].from, p->edge[i].to) = p->edge[i];
    *p = larger;
    return SLOPE_OK;
}

/* NaN, once there, stays. */
static void widen(slope__edge *edge, double local)
{
    if (isnan(local) || local < edge->low)
        edge->low = local;
    if (isnan(local) || local > edge->high)
        edge->high = local;
}

static slope_status collect_pairs(const folder *f, slope__picture *view, pairs *p)
{
    for (size_t i = 0; i < f->walk->items; i++) {
        const slope__item *v = &f->walk->item[i];
        const double *partial = slope__walk_partials(f->walk, i);
        for (size_t k = 0; k < v->operands; k++) {
            const uint32_t from = f->group[f->walk->operand[v->first + k]], to = f->group[i];
            view->box[from].paths++;
            if (from == to)
                view->box[to].loops++;
            if (2 * p->used >= p->slots && grow_pairs(p, f->arena))
                return SLOPE_ERR_MEMORY;
            slope__edge *edge = find_pair(p, from, to);
            if (!edge->count) {
                *edge = (slope__edge){.from = from, .to = to, .low = partial[k], .high = partial[k]};
                edge->position = (uint32_t)p->used++;
            }
            edge->count++;
            widen(edge, partial[k]);
        }
    }
    return SLOPE_OK;
}

/* The edges of the table into the view: by box, and there in the order they were met. */
static slope_status place_edges(slope__picture *view, const pairs *p, slope__arena *arena)
{
    slope__edge *met = slope__arena_array(arena, p->used, sizeof *met);
    view->edge = slope__arena_array(arena, p->used, sizeof *view->edge);
    if (!met || !view->edge)
        return SLOPE_ERR_MEMORY;
    for (size_t i = 0; i < p->slots; i++)
        if (p->edge[i].count) {
            met[p->edge[i].position] = p->edge[i];
            view->box[p->edge[i].to].edges++;
        }
    for (size_t b = 0; b < view->boxes; b++) {
        view->box[b].first = view->edges;
        view->edges += view->box[b].edges;
        view->box[b].edges = 0;
    }
    for (size_t i = 0; i < p->used; i++) {
        slope__box *box = &view->box[met[i].to];
        met[i].position = (uint32_t)box->edges;
        view->edge[box->first + box->edges++] = met[i];
    }
    return SLOPE_OK;
}

static slope_status make_view(folder *f, slope__picture *view)
{
    uint32_t *member;
    size_t *start;
    slope_status status = sort_members(f, &member, &start);
    if (status)
        return status;
    view->box = slope__arena_array(f->arena, f->groups, sizeof *view->box);
    double *scratch = slope__arena_array(f->arena, f->walk->items, sizeof *scratch);
    if (!view->box || !scratch)
        return SLOPE_ERR_MEMORY;
    view->boxes = f->groups;
    for (size_t g = 0; g < f->groups; g++)
        view->box[g] = start[g + 1] - start[g] > 1
                           ? box_for(f->walk, member + start[g], start[g + 1] - start[g], scratch)
                           : slope__box_of(f->walk, member[start[g]]);
    pairs p = {0};
    status = collect_pairs(f, view, &p);
    if (status == SLOPE_OK)
        status = place_edges(view, &p, f->arena);
    return status ? status : slope__view_scale(view, f->arena);
}

slope_status slope__view_fold(slope__picture *view, const slope__walk *walk, slope__arena *arena, int *fits)
{
    const size_t most = walk->options->max_nodes;
    *view = (slope__picture){.walk = walk, .values = walk->items, .folded = 1};
    folder f = {.walk = walk, .arena = arena, .slots = 64};
    while (f.slots < 4 * at_most(most + walk->opens * SLOPE__OPENED, walk->items))
        f.slots *= 2;
    f.class = slope__arena_array(arena, walk->items, sizeof *f.class);
    f.next = slope__arena_array(arena, walk->items, sizeof *f.next);
    f.kind = slope__arena_array(arena, walk->items, sizeof *f.kind);
    f.bag = slope__arena_array(arena, walk->items, sizeof *f.bag);
    f.group = slope__arena_array(arena, walk->items, sizeof *f.group);
    f.slot = slope__arena_array(arena, f.slots, sizeof *f.slot);
    f.slot_group = slope__arena_array(arena, f.slots, sizeof *f.slot_group);
    if (!f.class || !f.next || !f.kind || !f.bag || !f.group || !f.slot || !f.slot_group)
        return SLOPE_ERR_MEMORY;
    for (size_t i = 0; i < walk->items; i++)
        f.kind[i] = kind_of(walk, i);
    *fits = classify(&f, most);
    if (!*fits)
        return SLOPE_OK;
    open_groups(&f);
    const slope_status status = make_view(&f, view);
    for (size_t i = 0; i < walk->items; i++)
        f.group[i]++; /* boxes are counted from 1 where 0 is none */
    view->box_of = f.group;
    return status;
}
