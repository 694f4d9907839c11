/* SPDX-License-Identifier: MIT */
/*
 * Bytes as programs of recordings: up to four functions, each of which may call, map and fold the earlier ones, with
 * groups of any lengths, views of every kind and results that are not wanted.  What is recorded gives what the same
 * program gives on a tape; saved and loaded it is the same; optimised, derived and run by every back end, too.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <slope/slope.h>

#include "back_ends.h"

enum { FUNCTIONS = 4, MOST_GROUPS = 3, LONGEST = 4, VALUES = 96, ITEMS = 12 };

typedef struct reader {
    const uint8_t *at, *end;
} reader;

static unsigned take(reader *r) { return r->at < r->end ? *r->at++ : 0; }

typedef struct program {
    reader text; /* what the function being recorded is made of: read again by every recording of it */
    slope_function *function[FUNCTIONS];
    size_t functions;
    size_t inputs, outputs, input_length[MOST_GROUPS], output_length[MOST_GROUPS];
} program;

/* Values that exist so far. */
typedef struct pool {
    slope_value v[VALUES];
    size_t n;
} pool;

static void add(pool *p, slope_value v)
{
    if (p->n < VALUES)
        p->v[p->n++] = v;
    else
        p->v[VALUES - 1] = v;
}

static const double data[2 * VALUES] = {0.37, -1.21, 2.03, 0.11, -0.53, 1.77, -2.9, 0.71, 1.13, -0.29};

/* Brings x between low and high: ends stay away, steps too. */
static slope_value tame(slope_value x, double low, double high)
{
    const slope_value unit = slope_div(x, slope_add(slope_abs(x), 1.0));
    return slope_add(slope_mul(unit, 0.5 * (high - low)), 0.5 * (high + low));
}

static void record_operation(reader *r, pool *p)
{
    const slope_op op = (slope_op)(SLOPE_OP_ADD + take(r) % (unsigned)(SLOPE_OP_CUSTOM - SLOPE_OP_ADD));
    const slope_op_info *info = slope_op_describe(op);
    if (op == SLOPE_OP_POWI || op == SLOPE_OP_POLYGAMMA || !info)
        return;
    const int tamed = take(r) & 1;
    size_t n = info->arity >= 0 ? (size_t)info->arity : take(r) % 7u;
    n = op == SLOPE_OP_DOT ? n & ~(size_t)1 : info->arity < 0 && n == 0 ? 1 : n;
    slope_value x[8];
    for (size_t k = 0; k < n; k++) {
        const unsigned which = take(r);
        x[k] = which & 0x80 ? slope_number((which & 0x7f) / 16.0 - 3.9) : p->v[which % p->n];
        if (tamed)
            x[k] = tame(x[k], k == 1 ? info->low2 : info->low, k == 1 ? info->high2 : info->high);
    }
    add(p, slope_apply(op, n, x));
}

/* A view of n items of `length` numbers that exist; index has room for them. */
static slope_view choose_view(reader *r, const pool *p, size_t n, size_t length, int may_be_data, size_t index[])
{
    const unsigned kind = take(r);
    if (may_be_data && kind % 5 == 4)
        return slope_each_data(data + kind / 5 % 7, VALUES, (ptrdiff_t)(kind % 4));
    if (kind % 5 == 3 || length > p->n) {
        for (size_t k = 0; k < n * length; k++)
            index[k] = take(r) % p->n;
        return slope_indexed(p->v, index);
    }
    const ptrdiff_t steps[] = {0, 1, -1, (ptrdiff_t)length, 2, -(ptrdiff_t)length};
    const ptrdiff_t item = n > 1 ? steps[kind / 5 % 6] : 0, element = kind & 0x80 ? -1 : 1;
    const ptrdiff_t along = n > 0 ? (ptrdiff_t)(n - 1) * item : 0,
                    across = length > 0 ? (ptrdiff_t)(length - 1) * element : 0;
    const ptrdiff_t low = (along < 0 ? along : 0) + (across < 0 ? across : 0),
                    high = (along > 0 ? along : 0) + (across > 0 ? across : 0);
    slope_view v = slope_each(p->v, item);
    if (high - low >= (ptrdiff_t)p->n) {
        v.item = 0;
        v.element = length > p->n ? 0 : 1;
        return v;
    }
    v.values = p->v - low + (ptrdiff_t)(take(r) % (p->n - (size_t)(high - low)));
    v.element = element;
    return v;
}

/* A call, map, sum or fold of an earlier function. */
static int record_structure(slope_tape *tape, reader *r, program *all, pool *p)
{
    static const size_t counts[] = {0, 1, 2, 3, 5, 8, 9, ITEMS};
    const slope_function *f = all->function[take(r) % all->functions];
    const unsigned how = take(r);
    const size_t n = how % 4 == 0 ? 1 : counts[take(r) % 8];
    size_t states = how % 4 == 3 ? take(r) % (MOST_GROUPS + 1u) : 0;
    while (states > f->inputs || states > f->outputs)
        states--;
    for (size_t g = 0; g < states; g++) {
        if (f->input[g].length != f->output[g].length)
            states = g;
    }
    slope_view x[MOST_GROUPS];
    const slope_value *whole[MOST_GROUPS];
    slope_value *y[MOST_GROUPS], *result = calloc(MOST_GROUPS * LONGEST * ITEMS + 1, sizeof *result);
    size_t *index = calloc(MOST_GROUPS * LONGEST * ITEMS + 1, sizeof *index);
    require(result && index);
    for (size_t g = 0; g < f->inputs; g++) {
        const size_t items = g < states || how % 4 == 0 ? 1 : n;
        x[g] = choose_view(r, p, items, f->input[g].length, how % 4 != 0 && g >= states, index + g * LONGEST * ITEMS);
        whole[g] = p->v + (p->n > LONGEST ? take(r) % (p->n - LONGEST) : 0);
    }
    for (size_t g = 0; g < f->outputs; g++)
        y[g] = how >> (2 + g) & 1 ? NULL : result + g * LONGEST * ITEMS;
    slope_status status;
    if (how % 4 == 0)
        status = slope_call(tape, f, whole, y);
    else if (how % 4 == 1)
        status = slope_map(tape, f, n, x, y);
    else if (how % 4 == 2)
        status = slope_map_sum(tape, f, n, x, y);
    else
        status = slope_fold(tape, f, n, states, x, y, how >> 6);
    for (size_t g = 0; g < f->outputs && status == SLOPE_OK; g++) {
        const size_t items = how % 4 == 2 || how % 4 == 0 || g < states ? 1 : n, results = items * f->output[g].length;
        if (y[g] && results > 0) { /* the first, the last, one between */
            add(p, y[g][0]);
            add(p, y[g][results - 1]);
            add(p, y[g][take(r) % results]);
        }
    }
    free(result);
    free(index);
    return status != SLOPE_OK;
}

static int trace(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    program *all = context;
    reader r = all->text;
    pool p = {.n = 0};
    for (size_t g = 0; g < all->inputs; g++) {
        for (size_t j = 0; j < all->input_length[g]; j++)
            add(&p, x[g][j]);
    }
    while (p.n < LONGEST + 1) /* there is something to view */
        add(&p, slope_number(0.25 + (double)p.n));
    const unsigned statements = take(&r) % 24;
    for (unsigned k = 0; k < statements; k++) {
        if (take(&r) % 3 == 0 && all->functions > 0) {
            if (record_structure(tape, &r, all, &p))
                return 1;
        } else {
            record_operation(&r, &p);
        }
    }
    for (size_t g = 0; g < all->outputs; g++) {
        for (size_t j = 0; j < all->output_length[g]; j++)
            y[g][j] = p.v[p.n - 1 - take(&r) % (p.n < 16 ? p.n : 16)];
    }
    return 0;
}

static slope_function *record(program *all)
{
    static const char *const name[2][MOST_GROUPS] = {{"x", "y", "z"}, {"u", "v", "w"}};
    slope_group in[MOST_GROUPS], out[MOST_GROUPS];
    all->inputs = 1 + take(&all->text) % MOST_GROUPS;
    all->outputs = 1 + take(&all->text) % MOST_GROUPS;
    for (size_t g = 0; g < all->inputs; g++)
        in[g] = (slope_group){name[0][g], all->input_length[g] = take(&all->text) % (LONGEST + 1u)};
    for (size_t g = 0; g < all->outputs; g++)
        out[g] = (slope_group){name[1][g], all->output_length[g] = take(&all->text) % (LONGEST + 1u)};
    slope_error error = {0};
    slope_function *f = slope_function_record(all->inputs, in, all->outputs, out, NULL, trace, all, &error);
    if (!f)
        fprintf(stderr, "%s: %s\n", slope_status_text(error.status), error.message);
    require(f || error.status == SLOPE_ERR_LIMIT);
    return f;
}

/* The program on a tape with numbers, and its sweep: the same values, the adjoints that the vjp gives. */
static void check_tape(program *all, const slope_function *f, uint64_t hash)
{
    slope_tape *tape = slope_tape_create(NULL);
    point p, back;
    slope_function *vjp = slope_vjp(f, 0, NULL, NULL);
    require(tape && vjp);
    point_make(&p, f, hash);
    point_make(&back, vjp, hash + 1);
    double *off = calloc(f->results + 1, sizeof *off), *back_off = calloc(vjp->results + 1, sizeof *back_off);
    slope_value x[MOST_GROUPS * LONGEST + 1], y[MOST_GROUPS * LONGEST + 1], *in[MOST_GROUPS], *out[MOST_GROUPS];
    require(off && back_off);
    memcpy(back.in, p.in,
           (f->inputs ? f->input[f->inputs - 1].first + f->input[f->inputs - 1].length : 0) * sizeof *p.in);
    for (size_t k = f->inputs + f->outputs; k < vjp->inputs + vjp->data; k++) /* the data that f has bound */
        memcpy(back.in + vjp->input[k].first, vjp->input[k].bound, vjp->input[k].length * sizeof *back.in);
    for (size_t k = f->inputs; k < f->inputs + f->data; k++)
        memcpy(p.in + f->input[k].first, f->input[k].bound, f->input[k].length * sizeof *p.in);
    const int known = reference(f, &p, off) && reference(vjp, &back, back_off);
    for (size_t g = 0; g < f->inputs; g++) {
        in[g] = x + f->input[g].first;
        for (size_t j = 0; j < f->input[g].length; j++)
            in[g][j] = slope_var(tape, p.x[g][j]);
    }
    for (size_t g = 0; g < f->outputs; g++)
        out[g] = y + f->output[g].first;
    if (known && trace(tape, (const slope_value *const *)in, out, all) == 0 && slope_tape_status(tape) == SLOPE_OK) {
        double got[MOST_GROUPS * LONGEST + 1];
        for (size_t k = 0; k < f->results; k++)
            got[k] = slope_data(y[k]);
        compare(f->results, p.out, got, off);
        const double *seed = back.in + (f->outputs ? vjp->input[f->inputs].first : 0);
        int on_tape = f->results > 0;
        for (size_t k = 0; k < f->results; k++)
            on_tape &= !slope_is_number(y[k]);
        if (on_tape && slope_backward_seeded(f->results, y, seed) == SLOPE_OK) {
            for (size_t g = 0; g < f->inputs; g++) {
                for (size_t j = 0; j < f->input[g].length; j++)
                    got[f->input[g].first + j] = slope_grad(in[g][j]);
            }
            compare(vjp->results, back.out, got, back_off);
        }
    } else {
        require(!known || slope_tape_status(tape) != SLOPE_OK);
    }
    free(off);
    free(back_off);
    point_free(&p);
    point_free(&back);
    slope_function_destroy(vjp);
    slope_tape_destroy(tape);
}

static void check_file(const slope_function *f)
{
    size_t size = 0, written = 0;
    require(slope_function_save(f, 0, NULL, &size) != SLOPE_OK || size > 0);
    unsigned char *bytes = malloc(size + 1), *again = malloc(size + 1);
    require(bytes && again && slope_function_save(f, size, bytes, &written) == SLOPE_OK && written == size);
    slope_function *loaded = slope_function_load(bytes, size, NULL);
    require(loaded && slope_function_save(loaded, size, again, &written) == SLOPE_OK && written == size);
    require(memcmp(bytes, again, size) == 0);
    slope_function_destroy(loaded);
    free(bytes);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    program all = {.text = {bytes, bytes + size}};
    const uint64_t hash = hash_of(bytes, size);
    const size_t count = 1 + take(&all.text) % FUNCTIONS, share = size / count;
    for (size_t k = 0; k < count; k++) { /* each has its part of the bytes */
        all.text = (reader){bytes + 1 + k * share, bytes + (k + 1) * share};
        if (all.text.at >= all.text.end)
            break;
        slope_function *f = record(&all);
        if (!f)
            break;
        if (function_work(f, WORK) < WORK) {
            check_file(f);
            check_tape(&all, f, hash);
            check_back_ends(f, hash + k, 2);
            slope_function *best = slope_function_optimise(f, SLOPE_PASS_DEFAULT, NULL);
            require(best != NULL);
            check_back_ends(best, hash + k + 1, 0);
            slope_function_destroy(best);
        }
        all.function[all.functions++] = f;
    }
    for (size_t k = 0; k < all.functions; k++)
        slope_function_destroy(all.function[k]);
    return 0;
}
