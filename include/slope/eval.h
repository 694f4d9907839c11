/* SPDX-License-Identifier: MIT */
/*
 * Evaluating functions: at one point, at many, over vector lanes and threads; through machine code of the system's
 * compiler.
 *
 * Results of one function are bitwise the same for every call, number of threads and position in a batch.  One point
 * and a batch may differ in the last digits: a batch, and the maps inside a function, use vector forms of exp, sin ...
 * (docs/accuracy.md), and sums of maps are taken in lanes.
 *
 * A point takes O(operations), and so does preparing a function, once.  Everything here may be called from any number
 * of threads at once.
 *
 * Arithmetic rounds to nearest, as C begins with.  After fesetround the calling thread rounds as it says, and the
 * threads of a batch do not: results then depend on how many there are.  After fork, in a parent that has run a batch
 * on threads, a child must ask for one thread: the runtime of OpenMP waits for threads that the child has not.
 */
#ifndef SLOPE_EVAL_H
#define SLOPE_EVAL_H

#include <slope/function.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * y = f(x) at one point: x[g] has the numbers of input group g, y[g] gets those of output group g (NULL: not wanted); y
 * must not overlap x.  Memory comes from the stack or the heap for the time of the call.  SLOPE_ERR_BRANCH when a guard
 * would go the other way, SLOPE_ERR_CALLBACK when a custom operation fails (y is then unspecified); SLOPE_ERR_ARGUMENT
 * (NULL where numbers are needed, unbound data), SLOPE_ERR_MEMORY.
 */
SLOPE_API SLOPE_CHECKED slope_status slope_eval(const slope_function *f, const double *const x[], double *const y[]);

/* slope_eval in memory of the caller, at least slope_eval_bytes(f) of it, any alignment: nothing is taken from the
   heap, on one thread.  The first use of a function prepares it and may allocate; slope_eval_bytes does that, too.  The
   size is 0 on failure.  Errors as slope_eval, and SLOPE_ERR_ARGUMENT for work that is NULL or too small. */
SLOPE_API size_t slope_eval_bytes(const slope_function *f);
SLOPE_API SLOPE_CHECKED slope_status slope_eval_in(const slope_function *f, const double *const x[], double *const y[],
                                                   void *work, size_t bytes);

/* Where the numbers of an input group are: element j of point i is data[i * point + j * element].  {x, length, 1}:
   array of structures; {x, 1, n}: structure of arrays; {x, 0, 1}: the same for all points. */
typedef struct slope_input {
    const double *data;       /* borrowed; NULL only where the group has no numbers */
    ptrdiff_t point, element; /* strides in numbers, may be negative or 0 */
} slope_input;

/* Where the numbers of an output group go: element j of point i to data[i * point + j * element]. */
typedef struct slope_output {
    double *data;             /* borrowed; NULL: not wanted */
    ptrdiff_t point, element; /* strides in numbers; results must not overlap */
    int sum;                  /* nonzero: the sum over all points, in a fixed order, to data[j * element] */
} slope_output;

/* How a batch runs.  Start from slope_batch_options_default(). */
typedef struct slope_batch_options {
    size_t struct_size; /* sizeof(slope_batch_options), set by the default */
    int threads;        /* default 1; 0: as many as OpenMP gives */
    /* called now and then from the calling thread; nonzero cancels the batch: SLOPE_ERR_CANCELLED */
    int (*progress)(size_t done, size_t of, void *context);
    void *context;     /* passed through; may be NULL */
    void *work;        /* memory of the caller for one thread, slope_batch_bytes(f) of it; default NULL: the heap */
    size_t work_bytes; /* how much that is */
    size_t *branch;    /* may be NULL: where a guard would go the other way, gets the number of the first such point */
} slope_batch_options;

/* The default options: one thread, memory from the heap. */
SLOPE_API slope_batch_options slope_batch_options_default(void);

/* The bytes of memory that a batch on one thread works in; prepares f, as slope_eval_bytes does.  0 on failure. */
SLOPE_API size_t slope_batch_bytes(const slope_function *f);

/* y = f(x) at n points, O(n operations); n 0 writes the sums alone, which are then 0.  options NULL: the defaults.
   SLOPE_ERR_ARGUMENT (NULL where numbers are needed, unbound data, threads below 0, work that is too small,
   struct_size), SLOPE_ERR_MEMORY, SLOPE_ERR_BRANCH, SLOPE_ERR_CALLBACK, SLOPE_ERR_CANCELLED; the outputs are then
   unspecified.  Points run with floating-point traps off and leave no flags. */
SLOPE_API SLOPE_CHECKED slope_status slope_eval_batch(const slope_function *f, size_t n, const slope_input x[],
                                                      const slope_output y[], const slope_batch_options *options);

/* Tells which guard would go the other way at x, as a sentence with its place: SLOPE_ERR_BRANCH, error->position its
   number from 0 (SIZE_MAX inside a body); SLOPE_OK when all hold.  error may be NULL.  Also SLOPE_ERR_CALLBACK, which
   names the custom operation that failed, SLOPE_ERR_ARGUMENT, SLOPE_ERR_MEMORY. */
SLOPE_API SLOPE_CHECKED slope_status slope_eval_check(const slope_function *f, const double *const x[],
                                                      slope_error *error);

/*
 * Tells which comparison of f is decided at a tie at x, a guard or one that select takes: number k of them, counted
 * from 0; tie->node is null, tie->ties says how many there are in all, 0: none.  slope_find_tie says what a tie is.
 * slope_eval gives the values of the way that was recorded there, and says nothing.  Ask f itself, not its derivative,
 * whose rules have comparisons of their own.  O(operations), slowly.  SLOPE_ERR_ARGUMENT, SLOPE_ERR_MEMORY.
 */
SLOPE_API SLOPE_CHECKED slope_status slope_eval_tie(const slope_function *f, const double *const x[], size_t k,
                                                    slope_tie *tie);

/* The vector units that the evaluator runs on here: "avx512", "avx2", "portable".  SLOPE_LANES in the environment asks
   for a slower one; functions are made ready for it when they are first evaluated.  Borrowed, valid for ever. */
SLOPE_API const char *slope_eval_lanes(void);

/* --------------------------------------------------------------------------------------------------- machine code */

/* How a function is compiled.  Start from slope_compile_options_default(). */
typedef struct slope_compile_options {
    size_t struct_size;   /* sizeof(slope_compile_options), set by the default */
    const char *compiler; /* default NULL: $CC if it is one word, else cc, gcc or clang on the PATH */
    /* folder where compiled functions are kept by content; default NULL: $XDG_CACHE_HOME/slope or ~/.cache/slope;
       "": none is kept */
    const char *cache;
    double seconds;        /* that the compiler may take; default 20 */
    size_t max_operations; /* of straight code that is given to a compiler at all; default 4,000 */
} slope_compile_options;

/* The default options: the system's compiler, the user's cache, 20 seconds. */
SLOPE_API slope_compile_options slope_compile_options_default(void);

/*
 * Compiles f to machine code: slope_eval and slope_eval_batch of the result, owned by the caller, run it.  options
 * NULL: the defaults; error may be NULL.  Where that can't be, the result runs in the evaluator, and *error tells why
 * (SLOPE_ERR_MISSING no compiler, SLOPE_ERR_LIMIT too much straight code, SLOPE_ERR_UNSUPPORTED a custom operation or
 * a look-up in a table, SLOPE_ERR_TIMEOUT, SLOPE_ERR_SYSTEM).  NULL
 * only for SLOPE_ERR_ARGUMENT and SLOPE_ERR_MEMORY.  No shell is involved.
 */
SLOPE_API slope_function *slope_function_compile(const slope_function *f, const slope_compile_options *options,
                                                 slope_error *error);

/* What evaluates f: "native" or "evaluator".  Borrowed, valid for ever. */
SLOPE_API const char *slope_function_backend(const slope_function *f);

#ifdef __cplusplus
}
#endif
#endif
