/* SPDX-License-Identifier: MIT */
/*
 * Benchmarks of functions: each problem written by hand in plain C (by_hand.c, compiled twice: with the flags of the
 * library, and for this machine's vector units, as the native back end has its code compiled) and recorded with
 * structure (functions.c).
 */
#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#include <slope/slope.h>

/* Sizes that both sides share. */
enum {
    MOONS_POINTS = 100,
    MOONS_HIDDEN = 16,
    MOONS_PARAMETERS = MOONS_HIDDEN * 3 + MOONS_HIDDEN * (MOONS_HIDDEN + 1) + MOONS_HIDDEN + 1,
    MIXTURE_POINTS = 1000,
    MIXTURE_D = 10,
    MIXTURE_TRIANGLE = MIXTURE_D * (MIXTURE_D - 1) / 2,
    MIXTURE_OF_ONE = 1 + MIXTURE_D + MIXTURE_D + MIXTURE_TRIANGLE, /* parameters of a component */
    LSTM_UNITS = 14,
    LSTM_LAYERS = 2,
    LSTM_ROW = 2 * LSTM_UNITS + 1,          /* weights of a gate: input, hidden, bias */
    LSTM_LAYER = LSTM_UNITS * 4 * LSTM_ROW, /* [unit][gate][row] */
    LSTM_PARAMETERS = LSTM_LAYERS * LSTM_LAYER
};

/* The data sets, filled once by functions_data(). */
typedef struct function_data {
    double moons[MOONS_POINTS][3]; /* x, y, label */
    double mixture[MIXTURE_POINTS][MIXTURE_D];
    double sequence[1025][LSTM_UNITS]; /* what is read at step t and is to be told from it at step t - 1 */
} function_data;

const function_data *functions_data(void);

/* Value and gradient by hand; `size` is the problem's, x and g all inputs one after another.  g NULL: the value
   alone. */
typedef double by_hand(const function_data *data, size_t size, const double x[], double g[]);

#define BY_HAND_PROBLEMS(ROW) ROW(rosenbrock) ROW(moons) ROW(mixture) ROW(lstm) ROW(lorenz)
#define BY_HAND_DECLARE(name) by_hand name##_here, name##_anywhere; /* for this machine's vector units; for any */
BY_HAND_PROBLEMS(BY_HAND_DECLARE)

/* A problem with structure. */
typedef struct function_problem {
    const char *name;
    size_t size;      /* points, components, steps ... */
    double target[2]; /* the most that evaluator and native back end may take, times the baseline */
    int over_primal;  /* the baseline is the primal by hand, else the gradient by hand */
    by_hand *hand[2]; /* anywhere, here */
    slope_function *(*record)(size_t size, unsigned levels, slope_error *error);
    unsigned levels; /* of checkpoints */
    void (*start)(size_t n, double x[]);
    size_t megabytes; /* that an evaluation may take, 0: any */
    int two_threads;  /* is it to be measured on two threads, too? */
    const char *tape; /* the problem of bench.h that is the same on the tape, NULL: none */
} function_problem;

extern const function_problem function_problems[];
extern const size_t function_problem_count;

/* Each runs what has a name that contains word (NULL: all) and prints a table; 0 when something failed. */
int functions_run(const char *word); /* gradients beside those by hand */
int figures_run(const char *word);   /* a sparse Hessian, the optimiser, the evaluator by operation */

#endif
