/* SPDX-License-Identifier: MIT */
/*
 * The ways from a value to the outputs, those that bring most first.
 *
 * What a way brings is the product of the local derivatives along it, and the gradient is the sum over all ways.  Their
 * number is exponential, so only the best are listed: from the outputs down, every value gets the largest magnitude
 * that any way from it can bring; then ways are grown from the value, always the one that can still bring most (A* with
 * an exact bound), so each that arrives is the best of those that have not.
 */
#include <math.h>
#include <stdlib.h>

#include "engine.h"

enum { LISTED = 32, STEPS_MOST = 200000 };

/* An edge seen from its operand. */
typedef struct use {
    uint32_t user;
    double local;
} use;

/* A way that is being grown: its last step, and where it came from. */
typedef struct step {
    size_t before; /* SIZE_MAX: the first */
    uint32_t item;
    int arrived;    /* it ends here, at an output */
    double local;   /* of this step */
    double product; /* of all */
    double bound;   /* the magnitude it can still have at its end; NaN counts as infinite */
} step;

typedef struct search {
    const slope__walk *walk;
    size_t *first; /* by item: of its uses */
    use *uses;
    double *count, *best;
    step *step;
    size_t *heap; /* steps, the largest bound on top */
    size_t *way;  /* scratch: the steps of one way */
    size_t steps, waiting;
} search;

static double magnitude(double x) { return isnan(x) ? INFINITY : fabs(x); }

/* The product of magnitudes, 0 against everything. */
static double times(double a, double b) { return a == 0 || b == 0 ? 0 : a * b; }

/* The uses of every item side by side. */
static void collect_uses(search *s)
{
    const slope__walk *walk = s->walk;
    for (size_t i = 0; i < walk->operands; i++)
        s->first[walk->operand[i] + 2]++;
    for (size_t i = 2; i < walk->items + 2; i++)
        s->first[i] += s->first[i - 1];
    for (size_t i = 0; i < walk->items; i++) {
        const slope__item *v = &walk->item[i];
        const double *partial = v->operands ? slope__walk_partials(walk, i) : NULL;
        for (size_t k = 0; k < v->operands; k++)
            s->uses[s->first[walk->operand[v->first + k] + 1]++] = (use){.user = (uint32_t)i, .local = partial[k]};
    }
}

/* From the outputs down: how many ways there are, and the most that one can bring. */
static void bound_all(search *s)
{
    for (size_t i = s->walk->items; i-- > 0;) {
        s->count[i] = s->best[i] = s->walk->item[i].output;
        for (size_t k = s->first[i]; k < s->first[i + 1]; k++) {
            s->count[i] += s->count[s->uses[k].user];
            s->best[i] = fmax(s->best[i], times(magnitude(s->uses[k].local), s->best[s->uses[k].user]));
        }
    }
}

static void push(search *s, step x)
{
    if (s->steps == STEPS_MOST)
        return;
    size_t i = s->waiting++;
    for (; i && s->step[s->heap[(i - 1) / 2]].bound < x.bound; i = (i - 1) / 2)
        s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = s->steps;
    s->step[s->steps++] = x;
}

static size_t pop(search *s)
{
    const size_t top = s->heap[0], last = s->heap[--s->waiting];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < s->waiting; i = child) {
        if (child + 1 < s->waiting && s->step[s->heap[child + 1]].bound > s->step[s->heap[child]].bound)
            child++;
        if (s->step[s->heap[child]].bound <= s->step[last].bound)
            break;
        s->heap[i] = s->heap[child];
    }
    s->heap[i] = last;
    return top;
}

static void grow(search *s, size_t from)
{
    const step x = s->step[from];
    if (s->walk->item[x.item].output)
        push(s,
             (step){.before = from, .item = x.item, .arrived = 1, .product = x.product, .bound = magnitude(x.product)});
    for (size_t k = s->first[x.item]; k < s->first[x.item + 1]; k++) {
        const use *u = &s->uses[k];
        const double product = slope__flow(u->local, x.product);
        push(s, (step){.before = from,
                       .item = u->user,
                       .local = u->local,
                       .product = product,
                       .bound = times(magnitude(product), s->best[u->user])});
    }
}

static void put_way(slope__out *out, const search *s, size_t end)
{
    size_t length = 0, *way = s->way;
    for (size_t i = s->step[end].before; i != SIZE_MAX; i = s->step[i].before)
        way[length++] = i;
    slope__put(out, "{\"nodes\": [");
    for (size_t i = length; i-- > 0;)
        slope__put_format(out, "%zu%s", (size_t)s->step[way[i]].item, i ? ", " : "], \"names\": [");
    for (size_t i = length; i-- > 0;) {
        page_put_name(out, s->walk, s->step[way[i]].item);
        slope__put(out, i ? ", " : "], \"local\": [");
    }
    for (size_t i = length - 1; i-- > 0;) { /* none leads to the value itself */
        slope__put_json_number(out, s->step[way[i]].local);
        slope__put(out, i ? ", " : "");
    }
    slope__put(out, "], \"contribution\": ");
    slope__put_json_number(out, s->step[end].product);
    slope__put(out, "}");
}

static int reserve(search *s)
{
    const size_t items = s->walk->items;
    s->first = calloc(items + 2, sizeof *s->first);
    s->uses = malloc((s->walk->operands + 1) * sizeof *s->uses);
    s->count = malloc(2 * (items + 1) * sizeof *s->count);
    s->best = s->count ? s->count + items : NULL;
    s->step = malloc(STEPS_MOST * sizeof *s->step);
    s->heap = malloc(STEPS_MOST * sizeof *s->heap);
    s->way = malloc(STEPS_MOST * sizeof *s->way);
    return s->first && s->uses && s->count && s->step && s->heap && s->way;
}

static void list(search *s, slope__out *out, uint32_t number)
{
    collect_uses(s);
    bound_all(s);
    slope__put(out, "{\"paths\": ");
    slope__put_json_number(out, s->count[number]);
    slope__put(out, ", \"listed\": [");
    push(s, (step){.before = SIZE_MAX, .item = number, .product = 1, .bound = s->best[number]});
    for (size_t listed = 0; s->waiting && listed < LISTED;) {
        const size_t i = pop(s);
        if (!s->step[i].arrived) {
            grow(s, i);
            continue;
        }
        slope__put(out, listed++ ? ",\n" : "");
        put_way(out, s, i);
    }
    slope__put(out, "]}");
}

slope_status page_write_paths(slope__out *out, const slope__walk *walk, uint32_t number)
{
    search s = {.walk = walk};
    const int room = reserve(&s);
    if (room)
        list(&s, out, number);
    free(s.first);
    free(s.uses);
    free(s.count);
    free(s.step);
    free(s.heap);
    free(s.way);
    return room ? SLOPE_OK : SLOPE_ERR_MEMORY;
}
