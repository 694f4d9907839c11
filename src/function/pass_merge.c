/* SPDX-License-Identifier: MIT */
/*
 * Maps over the same items become one map, where that saves work: a sum and its derivative compute much the same, once
 * each.
 *
 * Loops that can be reached through the same number of loops know nothing of each other: the instructions are taken in
 * the order of that number, its loops before what is computed from them.  Two of its maps with as many items and an
 * input of the same cells are tried: the new body has the text of both, equal inputs and instructions shared, and is
 * taken when it is shorter than both together.  What every item computes and in which order sums are added stays as it
 * was.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "function/ir.h"

enum { LOOK_BACK = 16, ROUNDS = 4 };

typedef struct merge {
    const slope_function *f;
    unsigned passes;
    uint32_t *level;                    /* of each cell: through how many loops it is reached */
    uint32_t *of;                       /* of each instruction: its level * 2, plus 1 for what is no loop */
    uint32_t *partner;                  /* of each loop: the one it is merged with, or SLOPE__NONE */
    slope_function **body;              /* of the later one of two loops: theirs together */
    slope__instruction const **by_loop; /* of each loop: its instruction */
    size_t merged;
    slope__builder *b;
    slope__cell *map;
} merge;

/* ---------------------------------------------------------------------------------------------------------- levels */

static uint32_t level_of_view(const uint32_t level[], const slope__view *v, size_t n, size_t length)
{
    uint32_t most = 0;
    slope__cell low, high;
    if (n == 0 || length == 0)
        return 0;
    for (size_t k = 0; v->index && k < n * length; k++)
        most = level[v->index[k]] > most ? level[v->index[k]] : most;
    if (v->index)
        return most;
    slope__view_range(v, n, length, &low, &high);
    for (size_t c = low; c <= high; c++)
        most = level[c] > most ? level[c] : most;
    return most;
}

static void find_levels(merge *m)
{
    const slope_function *f = m->f;
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        uint32_t most = 0;
        if (i->code == slope__code_loop) {
            const slope__loop *loop = &f->loop[i->operand];
            for (size_t g = 0; g < loop->body->inputs + loop->body->data; g++) {
                const slope__source *s = &loop->source[g];
                const uint32_t level = level_of_view(m->level, &s->view, s->carried == SLOPE__NONE ? loop->n : 1,
                                                     loop->body->input[g].length);
                most = level > most ? level : most;
            }
            most++;
            m->by_loop[i->operand] = i;
        } else {
            for (size_t o = 0; o < i->count; o++) {
                const uint32_t level = m->level[f->operand[i->operand + o]];
                most = level > most ? level : most;
            }
        }
        for (size_t r = 0; r < slope__results_of(f, i); r++)
            m->level[i->result + r] = most;
        m->of[k] = 2 * most + (i->code != slope__code_loop);
    }
}

/* ------------------------------------------------------------------------------------------------ two bodies in one */

/* The input or data group of a that sees what group h of b sees; SLOPE__NONE. */
static uint32_t equal_source(const slope__loop *a, const slope__loop *b, size_t h)
{
    const int data = h >= b->body->inputs;
    const size_t first = data ? a->body->inputs : 0, end = a->body->inputs + (data ? a->body->data : 0);
    const size_t length = b->body->input[h].length;
    for (size_t g = first; g < end; g++) {
        if (a->body->input[g].length == length && length > 0 &&
            slope__view_same(&a->source[g].view, &b->source[h].view, a->n, length))
            return (uint32_t)g;
    }
    return SLOPE__NONE;
}

static int is_map(const slope__loop *loop)
{
    for (size_t g = 0; g < loop->body->inputs; g++) {
        if (loop->source[g].carried != SLOPE__NONE)
            return 0;
    }
    return 1;
}

/* Is there an input of which both see the same, another part for every item? */
static int have_items_in_common(const slope__loop *a, const slope__loop *b)
{
    for (size_t h = 0; h < b->body->inputs + b->body->data; h++) {
        const slope__view *v = &b->source[h].view;
        if ((v->item != 0 || v->index) && equal_source(a, b, h) != SLOPE__NONE)
            return 1;
    }
    return 0;
}

static int is_taken(const slope__group *group, size_t n, const char *name)
{
    for (size_t g = 0; g < n; g++) {
        if (strcmp(group[g].name, name) == 0)
            return 1;
    }
    return 0;
}

/* A name for a group of the second body that none of the first one's groups and of its own has. */
static const char *fresh_name(const slope__group *a, size_t n, const slope__group *b, size_t m, size_t own, char *room,
                              size_t size)
{
    if (!is_taken(a, n, b[own].name))
        return b[own].name;
    for (size_t k = 2;; k++) {
        (void)snprintf(room, size, "%.60s_%zu", b[own].name, k);
        if (!is_taken(a, n, room) && !is_taken(b, m, room))
            return room;
    }
}

/* Input groups (data 0) or data groups (1) of both, those that see the same once. */
static void build_sources(slope__builder *b, const slope__loop *x, const slope__loop *y, int data, slope__cell map_x[],
                          slope__cell map_y[])
{
    char room[96];
    const slope_function *f = x->body, *g = y->body;
    const size_t n = f->inputs + f->data, m = g->inputs + g->data;
    for (size_t k = data ? f->inputs : 0; k < (data ? n : f->inputs); k++) {
        const slope__group *in = &f->input[k];
        const slope__cell first =
            data ? slope__build_data(b, in->name, in->length, in->bound) : slope__build_input(b, in->name, in->length);
        for (size_t j = 0; j < in->length; j++)
            map_x[in->first + j] = first + (slope__cell)j;
    }
    for (size_t k = data ? g->inputs : 0; k < (data ? m : g->inputs); k++) {
        const slope__group *in = &g->input[k];
        const uint32_t same = equal_source(x, y, k);
        const char *name = same == SLOPE__NONE ? fresh_name(f->input, n, g->input, m, k, room, sizeof room) : NULL;
        slope__cell first = same == SLOPE__NONE ? 0 : map_x[f->input[same].first];
        if (name)
            first = data ? slope__build_data(b, name, in->length, in->bound) : slope__build_input(b, name, in->length);
        for (size_t j = 0; j < in->length; j++)
            map_y[in->first + j] = first + (slope__cell)j;
    }
}

static void build_outputs(slope__builder *b, const slope_function *f, const slope_function *g,
                          const slope__cell map_y[], slope__cell cell[])
{
    char room[96];
    for (size_t k = 0; k < g->results; k++)
        cell[k] = map_y[g->result[k]];
    for (size_t k = 0; k < g->outputs; k++)
        slope__build_output(b, fresh_name(f->output, f->outputs, g->output, g->outputs, k, room, sizeof room),
                            g->output[k].length, cell + g->output[k].first, 0);
}

/* The body of both; NULL where nothing is saved.  SLOPE_ERR_MEMORY. */
static slope_status body_of_both(const slope__loop *x, const slope__loop *y, unsigned passes, slope_function **made)
{
    slope_error error = {.status = SLOPE_ERR_MEMORY};
    slope__builder *b = slope__builder_create(passes);
    slope__cell *map_x = slope__new(x->body->cells, sizeof *map_x), *map_y = slope__new(y->body->cells, sizeof *map_y);
    slope__cell *cell = slope__new(y->body->results, sizeof *cell);
    slope_function *both = NULL;
    if (b && map_x && map_y && cell) {
        build_sources(b, x, y, 0, map_x, map_y);
        build_sources(b, x, y, 1, map_x, map_y);
        slope__build_text(b, x->body, map_x);
        slope__build_text(b, y->body, map_y);
        slope__build_copy_outputs(b, x->body, map_x);
        build_outputs(b, x->body, y->body, map_y, cell);
        error = (slope_error){0};
        both = slope__builder_finish(b, &error);
    } else {
        slope__builder_destroy(b);
    }
    free(map_x);
    free(map_y);
    free(cell);
    if (both && both->instructions >= x->body->instructions + y->body->instructions) {
        slope_function_destroy(both);
        both = NULL;
    }
    if (both)
        both->before = x->body->before + y->body->before;
    *made = both;
    return error.status == SLOPE_ERR_MEMORY ? SLOPE_ERR_MEMORY : SLOPE_OK;
}

/* Do inputs of two pairs of loops over the same bodies see the same in the same way? */
static int is_same_pair(const slope__loop *x, const slope__loop *y, const slope__loop *v, const slope__loop *w)
{
    if (x->body != v->body || y->body != w->body)
        return 0;
    for (size_t h = 0; h < y->body->inputs + y->body->data; h++) {
        if (equal_source(x, y, h) != equal_source(v, w, h))
            return 0;
    }
    return 1;
}

/* The body of loops h and k, the same one as for a pair just before where it can be. */
static slope_status merged_body(const merge *m, size_t h, size_t k, slope_function **made)
{
    const slope__loop *loop = m->f->loop;
    for (size_t j = k; j-- > 0 && k - j <= LOOK_BACK;) {
        if (m->body[j] && is_same_pair(&loop[m->partner[j]], &loop[j], &loop[h], &loop[k])) {
            *made = slope_function_share(m->body[j]);
            return SLOPE_OK;
        }
    }
    return body_of_both(&loop[h], &loop[k], m->passes, made);
}

/* Looks for partners among the loops just before. */
static slope_status find_partners(merge *m)
{
    const slope_function *f = m->f;
    for (size_t k = 1; k < f->loops; k++) {
        const slope__loop *y = &f->loop[k];
        const size_t first = k > LOOK_BACK ? k - LOOK_BACK : 0;
        for (size_t h = first; h < k && m->partner[k] == SLOPE__NONE && is_map(y); h++) {
            const slope__loop *x = &f->loop[h];
            const slope__cell at_x = m->by_loop[h]->result, at_y = m->by_loop[k]->result;
            if (m->partner[h] != SLOPE__NONE || x->n != y->n || x->results == 0 || y->results == 0 ||
                m->level[at_x] != m->level[at_y] || !is_map(x) || !have_items_in_common(x, y))
                continue;
            const slope_status status = merged_body(m, h, k, &m->body[k]);
            if (status != SLOPE_OK)
                return status;
            if (!m->body[k])
                continue;
            m->partner[h] = (uint32_t)k;
            m->partner[k] = (uint32_t)h;
            m->merged++;
        }
    }
    return SLOPE_OK;
}

/* ----------------------------------------------------------------------------------------------- the function again */

static slope_status map_source(const merge *m, const slope__loop *loop, size_t g, slope__source *to)
{
    to->carried = SLOPE__NONE;
    return slope__view_map(&loop->source[g].view, loop->n, loop->body->input[g].length, m->map, &to->view);
}

/* In the order in which build_sources made the groups. */
static slope_status map_sources(const merge *m, const slope__loop *x, const slope__loop *y, slope__source source[])
{
    slope_status status = SLOPE_OK;
    size_t at = 0;
    for (int data = 0; data < 2; data++) {
        const slope_function *f = x->body, *g = y->body;
        for (size_t k = data ? f->inputs : 0; status == SLOPE_OK && k < f->inputs + (data ? f->data : 0); k++)
            status = map_source(m, x, k, &source[at++]);
        for (size_t k = data ? g->inputs : 0; status == SLOPE_OK && k < g->inputs + (data ? g->data : 0); k++) {
            if (equal_source(x, y, k) == SLOPE__NONE)
                status = map_source(m, y, k, &source[at++]);
        }
    }
    return status;
}

static void map_results(merge *m, size_t loop, const slope__target target[], slope__cell first)
{
    const slope__loop *l = &m->f->loop[loop];
    for (size_t g = 0; g < l->body->outputs; g++) {
        for (uint32_t e = 0; e < target[g].extent; e++)
            m->map[m->by_loop[loop]->result + l->target[g].base + e] = first + target[g].base + e;
    }
}

/* Loops h and k, the later one, as one. */
static void build_merged(merge *m, size_t h, size_t k)
{
    const slope__loop *x = &m->f->loop[h], *y = &m->f->loop[k];
    const slope_function *both = m->body[k];
    const size_t sources = both->inputs + both->data;
    slope__loop to = {.body = both, .n = x->n};
    to.source = slope__new(sources, sizeof *to.source);
    to.target = slope__new(both->outputs, sizeof *to.target);
    slope_status status = to.source && to.target ? map_sources(m, x, y, to.source) : SLOPE_ERR_MEMORY;
    slope__cell first = SLOPE__NONE;
    if (status == SLOPE_OK) {
        memcpy(to.target, x->target, x->body->outputs * sizeof *to.target);
        memcpy(to.target + x->body->outputs, y->target, y->body->outputs * sizeof *to.target);
        first = slope__build_loop(m->b, &to);
    } else {
        slope__builder_fail(m->b, status, "there is not enough memory for a loop");
    }
    if (first != SLOPE__NONE) {
        map_results(m, h, to.target, first);
        map_results(m, k, to.target + x->body->outputs, first);
    }
    for (size_t g = 0; to.source && g < sources; g++)
        free(to.source[g].view.index);
    free(to.source);
    free(to.target);
}

/* Instructions in the order of their levels; order has room for them and for a count of every level. */
static void sort_by_level(const merge *m, uint32_t order[], uint32_t start[], size_t levels)
{
    const size_t n = m->f->instructions;
    for (size_t k = 0; k < n; k++)
        start[m->of[k] + 1]++;
    for (size_t l = 0; l < levels; l++)
        start[l + 1] += start[l];
    for (size_t k = 0; k < n; k++)
        order[start[m->of[k]]++] = (uint32_t)k;
}

static void build_all(merge *m, const uint32_t order[])
{
    const slope_function *f = m->f;
    slope__build_copy_inputs(m->b, f);
    (void)slope__build_copy_data(m->b, f);
    for (size_t c = 0; c < f->input_cells; c++)
        m->map[c] = (slope__cell)c;
    slope__build_numbers(m->b, f, m->map);
    for (size_t k = 0; k < f->instructions && slope__builder_status(m->b) == SLOPE_OK; k++) {
        const slope__instruction *i = &f->instruction[order[k]];
        const uint32_t partner = i->code == slope__code_loop ? m->partner[i->operand] : SLOPE__NONE;
        if (partner == SLOPE__NONE)
            slope__build_step(m->b, f, order[k], m->map);
        else if (partner > i->operand) /* the first of the two builds both */
            build_merged(m, i->operand, partner);
    }
    slope__build_guards(m->b, f, m->map);
    slope__build_copy_outputs(m->b, f, m->map);
}

/* NULL: *error tells. */
static slope_function *rebuild_merged(merge *m, slope_error *error)
{
    const slope_function *f = m->f;
    const size_t levels = 2 * f->loops + 4;
    uint32_t *order = slope__new(f->instructions, sizeof *order), *start = slope__new(levels + 1, sizeof *start);
    m->map = slope__new(f->cells, sizeof *m->map);
    m->b = slope__builder_create(m->passes & ~(unsigned)SLOPE_PASS_LOOP);
    slope_function *made = NULL;
    if (order && start && m->map && m->b) {
        sort_by_level(m, order, start, levels);
        build_all(m, order);
        made = slope__builder_finish(m->b, error);
    } else {
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for a loop");
        slope__builder_destroy(m->b);
    }
    if (made)
        made->before = f->before;
    free(order);
    free(start);
    free(m->map);
    return made;
}

/* One round: every loop has at most one partner. */
static slope_function *merge_pairs(slope_function *f, unsigned passes, size_t *merged, slope_error *error)
{
    merge m = {.f = f, .passes = passes};
    m.level = slope__new(f->cells + 1, sizeof *m.level); /* a loop without results may be last */
    m.of = slope__new(f->instructions, sizeof *m.of);
    m.partner = slope__new(f->loops, sizeof *m.partner);
    m.body = slope__new(f->loops, sizeof *m.body);
    m.by_loop = slope__new(f->loops, sizeof *m.by_loop);
    slope_function *made = f;
    slope_status status = m.level && m.of && m.partner && m.body && m.by_loop ? SLOPE_OK : SLOPE_ERR_MEMORY;
    if (status == SLOPE_OK) {
        memset(m.partner, 0xff, f->loops * sizeof *m.partner);
        find_levels(&m);
        status = find_partners(&m);
    }
    if (status == SLOPE_OK && m.merged > 0) {
        made = rebuild_merged(&m, error);
    } else if (status != SLOPE_OK) {
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for a loop");
        made = NULL;
    }
    for (size_t k = 0; m.body && k < f->loops; k++)
        slope_function_destroy(m.body[k]);
    free(m.level);
    free(m.of);
    free(m.partner);
    free(m.body);
    free(m.by_loop);
    *merged = m.merged;
    if (made != f)
        slope_function_destroy(f);
    return made;
}

slope_function *slope__pass_merge(slope_function *f, unsigned passes, slope_error *error)
{
    size_t merged = passes & SLOPE_PASS_SHARE ? 1 : 0;
    for (int round = 0; f && merged > 0 && f->loops > 1 && round < ROUNDS; round++)
        f = merge_pairs(f, passes, &merged, error);
    return f;
}
