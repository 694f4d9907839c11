/* SPDX-License-Identifier: MIT */
/* A graph in a sentence, for who gets no picture of it. */
#include <stdlib.h>

#include "base/error.h"
#include "graph/page.h"

typedef struct tally {
    size_t count;
    slope_op op;
} tally;

/* The most frequent first, of equals the one that the table of operations has first. */
static int by_count(const void *a, const void *b)
{
    const tally *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return (x->op > y->op) - (x->op < y->op);
}

/* " (800,000 mul, 200,000 add, 5 exp and others)"; out of memory, nothing. */
static void put_operations(slope__out *out, const slope__walk *walk, slope__arena *arena)
{
    enum { LISTED = 3 };
    const size_t ops = slope_op_count();
    char number[SLOPE__NUMBER_SIZE];
    tally *of = slope__arena_array(arena, ops, sizeof *of);
    if (!of)
        return;
    for (size_t i = 0; i < ops; i++)
        of[i].op = (slope_op)i;
    for (size_t i = 0; i < walk->items; i++)
        if (walk->item[i].kind == SLOPE__RESULT && walk->item[i].op < ops)
            of[walk->item[i].op].count++;
    qsort(of, ops, sizeof *of, by_count);
    for (size_t i = 0; i < LISTED && i < ops && of[i].count; i++)
        slope__put_format(out, "%s%s %s", i ? ", " : " (", slope__count(number, of[i].count),
                          slope_op_describe(of[i].op)->name);
    if (of[0].count)
        slope__put(out, ops > LISTED && of[LISTED].count ? " and others)" : ")");
}

static size_t depth_of(const slope__walk *walk, slope__arena *arena)
{
    size_t most = 0;
    uint32_t *depth = slope__arena_array(arena, walk->items, sizeof *depth);
    for (size_t i = 0; depth && i < walk->items; i++) {
        const slope__item *v = &walk->item[i];
        for (size_t k = 0; k < v->operands; k++)
            if (depth[i] <= depth[walk->operand[v->first + k]])
                depth[i] = depth[walk->operand[v->first + k]] + 1;
        most = depth[i] > most ? depth[i] : most;
    }
    return most;
}

static void put_summary(slope__out *out, const slope__walk *walk, slope__arena *arena)
{
    char number[SLOPE__NUMBER_SIZE];
    size_t kinds[3] = {0};
    for (size_t i = 0; i < walk->items; i++)
        kinds[walk->item[i].kind]++;
    slope__put_format(out, "inputs %s", slope__count(number, kinds[SLOPE__INPUT]));
    slope__put_format(out, ", numbers %s", slope__count(number, kinds[SLOPE__NUMBER]));
    slope__put_format(out, ", operations %s", slope__count(number, kinds[SLOPE__RESULT]));
    put_operations(out, walk, arena);
    slope__put_format(out, ", longest way %s", slope__count(number, depth_of(walk, arena)));
}

slope_status slope__refuse_size(const slope__walk *walk, slope__arena *arena, slope_error *error)
{
    char values[SLOPE__NUMBER_SIZE], most[SLOPE__NUMBER_SIZE];
    slope__bytes bytes = {.allocator = arena->allocator};
    slope__out out;
    slope__out_start(&out, slope__bytes_sink, &bytes);
    put_summary(&out, walk, arena);
    slope__put_bytes(&out, "", 1);
    slope_status status = slope__out_finish(&out) == SLOPE_OK ? SLOPE_ERR_LIMIT : SLOPE_ERR_MEMORY;
    if (status == SLOPE_ERR_LIMIT)
        status = slope__fail(error, status, SIZE_MAX,
                             "the graph has %s values, and a page may have at most %s (max_values); "
                             "a summary instead: %s",
                             slope__count(values, walk->items), slope__count(most, walk->options->max_values),
                             (const char *)bytes.block.data);
    slope__block_free(&bytes.allocator, &bytes.block);
    return status;
}
