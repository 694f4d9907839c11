/* SPDX-License-Identifier: MIT */
/*
 * Functions: a computation recorded once, frozen and optimised, from named groups of inputs to named groups of outputs.
 *
 *     static int ring(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
 *     {
 *         y[0][0] = slope_mul(slope_sin(x[0][0]), x[0][1]);
 *         return 0;
 *     }
 *     const slope_group in[] = {{"x", 2}}, out[] = {{"y", 1}};
 *     slope_function *f = slope_function_record(1, in, 1, out, NULL, ring, NULL, NULL);
 *     slope_function *g = slope_gradient(f, 0, NULL, NULL); // slope/derive.h
 *     double x[] = {0.5, 2.0}, dy[2];
 *     if (slope_eval(g, (const double *[]){x}, (double *[]){dy}) == SLOPE_OK) // slope/eval.h
 *         printf("%g %g\n", dy[0], dy[1]);
 *
 * A function never changes; any number of threads may use one at once.  It is counted: slope_function_destroy gives one
 * owner's share back.  What makes a function returns NULL on failure and fills *error (which may be NULL).
 *
 * What makes, saves or loads a function takes time and memory in proportion to its operations, bodies counted once;
 * what only looks at one is O(1), looking up a name O(groups).
 *
 * Structure is kept.  slope_call, slope_map and slope_fold put a function into what is being recorded as one node,
 * however many items or steps it has; derivatives of maps and folds are maps and folds.
 */
#ifndef SLOPE_FUNCTION_H
#define SLOPE_FUNCTION_H

#include <slope/base.h>
#include <slope/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A recorded computation; opaque, immutable, counted. */
typedef struct slope_function slope_function;

/* A group of inputs or outputs: an array with a name.  Names are copied; they are C identifiers, unique among the
   inputs and among the outputs of a function. */
typedef struct slope_group {
    const char *name; /* a C identifier; copied by what makes a function, borrowed by what tells of one */
    size_t length;    /* how many numbers; may be 0 */
} slope_group;

/* The most numbers (inputs, constants and results together) that one function can hold, not counting its bodies':
   2^32 - 2, and 2^27 - 1 where addresses have 32 bits, so that bytes can be counted. */
#define SLOPE_MAX_CELLS ((size_t)(SIZE_MAX / 32 < UINT32_MAX - 1 ? SIZE_MAX / 32 : UINT32_MAX - 1))

/* --------------------------------------------------------------------------------------------- making functions */

/*
 * What is to be recorded: computes y[g][0..length-1] of every output group from the inputs x[g][0..length-1], which are
 * live values of `tape`; may also use plain numbers.  Returns 0, or anything else to fail (SLOPE_ERR_CALLBACK).  It
 * must set every output and record on this tape only.  The numbers that values made of inputs have meanwhile are those
 * of the start and not to be used: slope_data, slope_grad and slope_partial of them are errors that stick
 * (SLOPE_ERR_UNSUPPORTED).  slope_detach passes a number on without its slope, slope_decide and slope_less choose a
 * branch, slope_interp looks up in a table.
 */
typedef int slope_trace(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context);

/*
 * Runs `trace` once and keeps what it recorded.  start[g] holds the numbers that the inputs have meanwhile (NULL, or
 * start NULL: all 0); they decide which way recorded comparisons go (slope_decide), nothing else.  With start NULL
 * floating-point exceptions do not trap meanwhile, and leave no flags.  New function, owned by the caller; NULL on
 * failure: SLOPE_ERR_ARGUMENT (names, sizes), SLOPE_ERR_CALLBACK, SLOPE_ERR_NULL (an output not set),
 * SLOPE_ERR_UNSUPPORTED (the number of a value was read), SLOPE_ERR_LIMIT, SLOPE_ERR_MEMORY, those of the tape.
 */
SLOPE_API slope_function *slope_function_record(size_t inputs, const slope_group input[], size_t outputs,
                                                const slope_group output[], const double *const start[],
                                                slope_trace *trace, void *context, slope_error *error);

/*
 * A function made of values of a tape, owned by the caller: x[g][0..length-1] are inputs (slope_var) of one tape,
 * y[g][...] values of it, or numbers.  Inputs of the tape that are not named in x become constants at their present
 * numbers.  All guards that the tape has are kept, also those of comparisons that y does not depend on.  The tape stays
 * as it is.  NULL on failure: SLOPE_ERR_ARGUMENT (names, an x that is no input), SLOPE_ERR_NULL, SLOPE_ERR_STALE,
 * SLOPE_ERR_FOREIGN, SLOPE_ERR_LIMIT, SLOPE_ERR_MEMORY.
 */
SLOPE_API slope_function *slope_function_create(size_t inputs, const slope_group input[], const slope_value *const x[],
                                                size_t outputs, const slope_group output[],
                                                const slope_value *const y[], slope_error *error);

/*
 * A function made of text (slope/expr.h), owned by the caller: every free name is an input group of length 1, in order
 * of first use; the outputs are the statements named out[0..n-1], or the last statement when n is 0, named "f" unless
 * it assigns a name.  length SIZE_MAX: up to its NUL.  NULL on failure: SLOPE_ERR_SYNTAX and SLOPE_ERR_NAME with
 * error->position the byte of the text, SLOPE_ERR_ARGUMENT, SLOPE_ERR_LIMIT, SLOPE_ERR_MEMORY.
 */
SLOPE_API slope_function *slope_function_parse(const char *text, size_t length, size_t n, const char *const out[],
                                               slope_error *error);

/* Another owner's share of f, to be given back with slope_function_destroy; returns f.  NULL passes. */
SLOPE_API slope_function *slope_function_share(const slope_function *f);

/* Gives an owner's share back; the last one frees.  NULL is fine.  Thread-safe. */
SLOPE_API void slope_function_destroy(slope_function *f);

/* --------------------------------------------------------------------------------------------- looking at them */

/* How many groups there are (0 for NULL); data groups (below) are not among the inputs. */
SLOPE_API size_t slope_function_inputs(const slope_function *f);
SLOPE_API size_t slope_function_outputs(const slope_function *f);
SLOPE_API size_t slope_function_data(const slope_function *f);

/* Name and length of input or output group g; {NULL, 0} when there is none.  The name is borrowed from f. */
SLOPE_API slope_group slope_function_input(const slope_function *f, size_t g);
SLOPE_API slope_group slope_function_output(const slope_function *f, size_t g);

/* Name and length of data group k; {NULL, 0} when there is none. */
SLOPE_API slope_group slope_function_data_group(const slope_function *f, size_t k);

/* The number of the group with this name; SIZE_MAX when there is none, or f or name is NULL.  O(groups). */
SLOPE_API size_t slope_function_find_input(const slope_function *f, const char *name);
SLOPE_API size_t slope_function_find_output(const slope_function *f, const char *name);

/* What a function costs. */
typedef struct slope_function_info {
    size_t operations_before; /* scalar operations of what was recorded or derived, bodies of loops counted once */
    size_t operations;        /* the same of the function as it is */
    size_t evaluated;         /* scalar operations of one evaluation: bodies times their items */
    size_t flops;             /* the same, every operation counted 1, n-ary ones n */
    size_t slots;             /* numbers of memory that one evaluation needs besides inputs and outputs */
    size_t numbers;           /* constants */
    size_t loops, guards;     /* calls, maps and folds; recorded comparisons; in bodies too */
    size_t bytes;             /* of memory that the function holds, bodies included once */
} slope_function_info;

/* Fills *info with what f costs.  O(operations).  SLOPE_ERR_ARGUMENT when either is NULL, SLOPE_ERR_MEMORY. */
SLOPE_API SLOPE_CHECKED slope_status slope_function_stats(const slope_function *f, slope_function_info *info);

/* ------------------------------------------------------------------------------------------------ optimisation */

/* What is done to a function when it is made.  All that says "same bits" leaves every value and derivative bitwise as
   it was, NaN payloads apart. */
typedef enum slope_pass {
    SLOPE_PASS_FOLD = 1,     /* operations on constants are done at once; same bits */
    SLOPE_PASS_SHARE = 2,    /* equal operations on equal operands are done once; same bits */
    SLOPE_PASS_IDENTITY = 4, /* x * 1, x / 1, x - 0, -(-x), select of a constant ...; same bits */
    SLOPE_PASS_STRENGTH =
        8,                /* x^2 to x * x, x^0.5 to sqrt where it is right, x / 2^k to a product; up to 1 ulp better */
    SLOPE_PASS_LOOP = 16, /* outputs and inputs of loops that nobody needs are dropped, small calls opened; same bits */
    SLOPE_PASS_CONTRACT = 32, /* a * b + c to fma(a, b, c): one rounding instead of two; only where asked for */
    SLOPE_PASS_DEFAULT = 31   /* all but SLOPE_PASS_CONTRACT */
} slope_pass;

/* f again, optimised by these passes (an OR of slope_pass); what no output needs is always left out.  New function,
   owned by the caller; NULL on failure: SLOPE_ERR_ARGUMENT (f NULL, no such pass), SLOPE_ERR_MEMORY.  O(operations). */
SLOPE_API slope_function *slope_function_optimise(const slope_function *f, unsigned passes, slope_error *error);

/* --------------------------------------------------------------------------------------- structure: call, map, fold */

/*
 * What one input group of a body is bound to.  Element j of item i is
 *   values[i * item + j * element]          for values of the tape: overlapping is fine, item 0 is shared by all items
 *   values[index[i * length + j]]           with an index list
 *   data[i * item + j * element]            for data, which has no derivative: borrowed, never copied, exchanged by
 *   data[index[i * length + j]]             slope_function_bind
 * Strides count elements and may be negative.  `index` is copied.
 */
typedef struct slope_view {
    const slope_value *values; /* borrowed during the call; NULL: it is data */
    const double *data;        /* borrowed as long as the function has it bound; NULL: it is values */
    ptrdiff_t item, element;   /* strides */
    const size_t *index;       /* items times length of it, or NULL: strides */
    size_t count;              /* of data: how many numbers it holds, all that is reachable through the view */
} slope_view;

/* The same values for every item. */
static inline slope_view slope_shared(const slope_value *values)
{
    slope_view v = {NULL, NULL, 0, 1, NULL, 0};
    v.values = values;
    return v;
}

/* Item i starts at values + i * stride. */
static inline slope_view slope_each(const slope_value *values, ptrdiff_t stride)
{
    slope_view v = slope_shared(values);
    v.item = stride;
    return v;
}

/* Element j of item i is values[index[i * length + j]]. */
static inline slope_view slope_indexed(const slope_value *values, const size_t *index)
{
    slope_view v = slope_shared(values);
    v.index = index;
    return v;
}

/* Item i starts at data + i * stride (0: shared); count numbers in all. */
static inline slope_view slope_each_data(const double *data, size_t count, ptrdiff_t stride)
{
    slope_view v = {NULL, NULL, 0, 1, NULL, 0};
    v.data = data;
    v.count = count;
    v.item = stride;
    return v;
}

/*
 * y[g][...] = f(x[0], x[1] ...) as one node of `tape`, with as many values as outputs.  x[g] and y[g] are arrays as
 * long as the groups; y[g] NULL where the output is not wanted.  The tape keeps what it needs of f.  Errors stick to
 * the tape and are returned: SLOPE_ERR_ARGUMENT, SLOPE_ERR_MEMORY, SLOPE_ERR_LIMIT, SLOPE_ERR_BRANCH, those of values
 * in slope/ops.h; all y are then null.  A backward sweep goes through the derivative function of f.  Evaluates f:
 * O(operations).
 */
SLOPE_API slope_status slope_call(slope_tape *tape, const slope_function *f, const slope_value *const x[],
                                  slope_value *const y[]);

/* Records f of each of n items as one node: y[g][i * length + j].  Items know nothing of each other and may run in any
   order, in lanes, on threads.  Errors as for slope_call; for a view that is none SLOPE_ERR_ARGUMENT.  O(n operations
   of f), in memory O(inputs and results). */
SLOPE_API slope_status slope_map(slope_tape *tape, const slope_function *f, size_t n, const slope_view x[],
                                 slope_value *const y[]);

/* Records the sum over the n items of f as one node: y[g][j], added in a fixed order; 0 for n 0.  Errors and cost as
   for slope_map, results but once. */
SLOPE_API slope_status slope_map_sum(slope_tape *tape, const slope_function *f, size_t n, const slope_view x[],
                                     slope_value *const y[]);

/*
 * Records n steps of f, each of which goes on where the last one ended, as one node.  The first `states` input groups
 * of f are the state, and so are its first `states` outputs, of the same lengths: what a step gives the next one begins
 * with.  x[g] of a state is where it starts (item is ignored), of any other group what a step reads.  y[g] of a state
 * is where it ends, of any other output what every step gave: y[g][i * length + j].  Errors and cost as for slope_map.
 *
 * Differentiating needs the states of all steps: n times the state in memory.  `levels` above 1 stores only some and
 * computes the others again: memory falls to about levels * n^(1/levels) states for one more forward run a level; 0 and
 * 1 store all.  Griewank and Walther, "Algorithm 799: revolve" (2000), in its nested form.
 */
SLOPE_API slope_status slope_fold(slope_tape *tape, const slope_function *f, size_t n, size_t states,
                                  const slope_view x[], slope_value *const y[], unsigned levels);

/*
 * f with other numbers for data group k: `count` of them, as many as the group has, borrowed as long as the function
 * lives.  Shares everything else with f: O(groups), nothing is recorded or compiled again.  New function, owned by the
 * caller; NULL on failure: SLOPE_ERR_ARGUMENT (no such group, another count, data NULL), SLOPE_ERR_MEMORY.
 */
SLOPE_API slope_function *slope_function_bind(const slope_function *f, size_t k, const double *data, size_t count,
                                              slope_error *error);

/* ------------------------------------------------------------------------------------------------ look-up in tables */

/* How slope_interp goes between the knots: one of the first three, and what is wanted of the others. */
typedef enum slope_interp_kind {
    SLOPE_INTERP_LINEAR = 0, /* straight lines */
    /* cubics whose slope at a knot is that of the parabola through it and its neighbours, at an end through the last
       three: smooth to the first derivative, exact for tables of a parabola; with even knots Catmull and Rom's */
    SLOPE_INTERP_CUBIC = 1,
    /* cubics that rise where the table rises and never overshoot (PCHIP; Fritsch and Butland 1984) */
    SLOPE_INTERP_MONOTONE = 2,
    /* below the first and above the last knot the result is NaN, or: */
    SLOPE_INTERP_CLAMP = 16,  /* the number at that knot, with slope 0 */
    SLOPE_INTERP_EXTEND = 32, /* the first or last polynomial goes on */
    /* the table is copied: it becomes constants of a function, instead of a data group of it */
    SLOPE_INTERP_COPY = 64
} slope_interp_kind;

/*
 * Interpolates in the table ys[0..n-1] at knots xs[0..n-1], which are finite and increase strictly, evenly spaced or
 * not; xs NULL: at 0, 1 ... n - 1.  `kind` is one of slope_interp_kind with others added by |.  In a function x is
 * looked up anew by every evaluation; derivatives of any order are those of the polynomial, at a knot of the one on its
 * right (at the last knot: on its left).  NaN for NaN.  A table of two knots is a straight line.
 *
 * xs and ys are borrowed as long as the tape, and the functions recorded from it, need them, and become data groups of
 * these (unless SLOPE_INTERP_COPY): slope_function_bind exchanges them; knots that do not increase then give wrong
 * numbers, no more.  O(1) for evenly spaced knots, else O(log n); to record O(n) for a table that was not used just
 * before.  Errors as in slope/ops.h, and SLOPE_ERR_ARGUMENT (n below 2, NULL, knots, kind); a plain number for x gives
 * a plain number.
 */
SLOPE_API slope_value slope_interp(slope_value x, size_t n, const double xs[], const double ys[], unsigned kind);

/* The same where the table's numbers are values (or plain numbers), which get derivatives, too; they are copied.
   O(n) for each evaluation of an adjoint. */
SLOPE_API slope_value slope_interp_values(slope_value x, size_t n, const double xs[], const slope_value ys[],
                                          unsigned kind);

/* ----------------------------------------------------------------------------------- operations of the caller's */

/* A callback of a custom function: numbers of input groups x[g][0..] in, numbers of output groups y[g][0..] out.
   Returns 0, or anything else to fail (SLOPE_ERR_CALLBACK); what it does not write is NaN. */
typedef int slope_custom_call(const double *const x[], double *const y[], void *context);

/*
 * A function in C whose derivatives are known to the caller: a solver, a table, code of another library.  With n input
 * and m output groups the callbacks get, in this order,
 *   value   n inputs                                          give m outputs
 *   jvp     n inputs, n tangents d                            give m tangents of outputs, J d
 *   vjp     n inputs, m seeds s                               give n adjoints of inputs, s J
 *   hvp     n inputs, m seeds s, n tangents d                 give n: sum over output numbers k of s_k H_k d
 * each group as long as the one it belongs to.  Derivatives of first order need jvp or vjp: the other one is then made
 * by a call for each number of the inputs (outputs).  Those of second order (slope_hessian ...) need hvp, too.
 * Callbacks may be called by several threads at once (slope_eval_batch), and must not use the tape or the evaluation
 * they are called from.
 */
typedef struct slope_custom_function {
    size_t struct_size;       /* sizeof(slope_custom_function), set by the default */
    const char *name;         /* a C identifier; copied */
    slope_custom_call *value; /* must not be NULL */
    slope_custom_call *jvp;   /* NULL: see above */
    slope_custom_call *vjp;   /* NULL: see above */
    slope_custom_call *hvp;   /* NULL: no second derivatives */
    void *context;            /* passed through; borrowed as long as functions made of this one live; may be NULL */
    /* C text for generated code, copied; NULL: slope_codegen refuses the function.  It defines NAME, and as far as they
       are needed NAME_jvp, NAME_vjp, NAME_hvp: static inline int NAME(const double *const x[], double *const y[]) */
    const char *code;
} slope_custom_function;

/* All NULL but for struct_size.  Thread-safe. */
SLOPE_API slope_custom_function slope_custom_function_default(void);

/*
 * The custom operation as a function with these groups, which is evaluated, derived, called, mapped and folded as any
 * other is; owned by the caller.  Machine code is not made of what calls it (slope_function_compile tells
 * SLOPE_ERR_UNSUPPORTED and goes on in the evaluator), and it can't be saved to a file.  NULL on failure:
 * SLOPE_ERR_ARGUMENT (NULL, names, struct_size), SLOPE_ERR_LIMIT, SLOPE_ERR_MEMORY.
 * A slope_custom (slope/tape.h) on the tape of a recording becomes such a function, too: its struct is then borrowed as
 * long as the function and what is derived from it live.
 */
SLOPE_API slope_function *slope_function_custom(const slope_custom_function *custom, size_t inputs,
                                                const slope_group input[], size_t outputs, const slope_group output[],
                                                slope_error *error);

/* ------------------------------------------------------------------------------------------------------- guards */

/*
 * Comparisons for `if`: they look at the numbers that values have now, and note on the tape which way it went.  A
 * function made from it answers SLOPE_ERR_BRANCH, with the place of the guard, where it would go the other way.  Plain
 * numbers are just compared.  They write to the tape.  On errors 0, and these stick as those of
 * slope/ops.h do; where no value has a tape, 0 is all that tells.  slope_lt ... slope_select compute both branches
 * instead and never go stale.
 */
SLOPE_API int slope_decide(slope_value condition);               /* 1 where condition is not 0 */
SLOPE_API int slope_less(slope_value a, slope_value b);          /* 1 where a < b */
SLOPE_API int slope_less_equal(slope_value a, slope_value b);    /* 1 where a <= b */
SLOPE_API int slope_greater(slope_value a, slope_value b);       /* 1 where a > b */
SLOPE_API int slope_greater_equal(slope_value a, slope_value b); /* 1 where a >= b */
SLOPE_API int slope_equal(slope_value a, slope_value b);         /* 1 where a == b */
SLOPE_API int slope_not_equal(slope_value a, slope_value b);     /* 1 where a != b */

/*
 * A function with branches: it records a trace when a point goes a way that none of its traces went, and keeps the last
 * `capacity` traces used.  Not thread-safe: one thread at a time.
 */
typedef struct slope_branches slope_branches;

/* A cache of traces, owned by the caller; nothing is recorded yet.  `capacity` at least 1.  Groups are copied,
   `context` is borrowed.  NULL on failure: SLOPE_ERR_ARGUMENT, SLOPE_ERR_MEMORY. */
SLOPE_API slope_branches *slope_branches_create(size_t inputs, const slope_group input[], size_t outputs,
                                                const slope_group output[], slope_trace *trace, void *context,
                                                size_t capacity, slope_error *error);

/* Frees a cache and its traces; NULL is fine. */
SLOPE_API void slope_branches_destroy(slope_branches *b);

/* The function whose guards hold at x, recorded if need be; borrowed until the next call that records.  O(capacity)
   checks of guards.  NULL on failure: SLOPE_ERR_ARGUMENT, those of slope_function_record. */
SLOPE_API const slope_function *slope_branches_at(slope_branches *b, const double *const x[], slope_error *error);

/* What the cache did so far. */
typedef struct slope_branches_info {
    size_t traces;   /* kept now */
    size_t recorded; /* in all */
    size_t hits;     /* calls that found their trace */
    size_t dropped;  /* to stay within the capacity */
} slope_branches_info;

/* What the cache did so far; all-zero for NULL. */
SLOPE_API slope_branches_info slope_branches_stats(const slope_branches *b);

/* -------------------------------------------------------------------------------------------------------- files */

/*
 * Saves f as bytes: a header with magic, version, length and checksum, then everything but bound data; the same bytes
 * on every machine.  Fills buffer[0..capacity-1] and sets *size to how many there are in all; capacity 0 asks for the
 * size.  SLOPE_ERR_ARGUMENT (a NULL where none may be), SLOPE_ERR_UNSUPPORTED (a custom operation), SLOPE_ERR_MEMORY,
 * SLOPE_ERR_LIMIT (capacity is too small; nothing is written).
 */
SLOPE_API SLOPE_CHECKED slope_status slope_function_save(const slope_function *f, size_t capacity, void *buffer,
                                                         size_t *size);

/* Loads a function from bytes of slope_function_save, every index checked; its data groups are unbound
   (slope_function_bind).  Owned by the caller; NULL on failure: SLOPE_ERR_SYNTAX for bytes that are no function, with
   error->position the byte, SLOPE_ERR_ARGUMENT, SLOPE_ERR_MEMORY. */
SLOPE_API slope_function *slope_function_load(const void *bytes, size_t size, slope_error *error);

/* Saves f to a file and loads it from there, as slope_function_save and slope_function_load; the file appears whole or
   not at all.  Also SLOPE_ERR_IO, with the system's reason in error->message. */
SLOPE_API SLOPE_CHECKED slope_status slope_function_write(const slope_function *f, const char *path,
                                                          slope_error *error);
SLOPE_API slope_function *slope_function_read(const char *path, slope_error *error);

/* The function as text for people, one operation per line, bodies below; *text is owned by the caller and freed with
   free(), NULL on failure; *size (may be NULL) is its length without the NUL.  SLOPE_ERR_ARGUMENT, SLOPE_ERR_MEMORY. */
SLOPE_API SLOPE_CHECKED slope_status slope_function_dump(const slope_function *f, char **text, size_t *size);

#ifdef __cplusplus
}
#endif
#endif
