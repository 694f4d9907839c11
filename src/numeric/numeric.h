/* SPDX-License-Identifier: MIT */
/*
 * What the files of src/numeric share.
 *
 *   steps.c        which steps to take           extrapolate.c  a sequence of differences to its limit, with its error
 *   probe.c        f along a line, memory        ridders.c      both sides of x together: slope, error, kink
 *   noise.c        how much of f is noise        difference.c   the public differences
 *   check.c        verdicts                      check_values.c, check_nodes.c, bound.c: on tapes
 *
 * A probe is a line x + t * direction through the point x and the values of f on it at t = 0 and at +-h for every step
 * h.  Everything that needs several values of f near x starts from a probe.
 */
#ifndef SLOPE_NUMERIC_NUMERIC_H
#define SLOPE_NUMERIC_NUMERIC_H

#include <slope/numeric.h>

#include "base/memory.h"

enum {
    SLOPE__STEPS = 72,      /* the most steps of one probe */
    SLOPE__PLACES = 13,     /* where noise is looked for, */
    SLOPE__NOISE_POINTS = 9 /* by so many values of f each */
};

/* Fills step[] with decreasing steps for a point of size `near` (0: none) where the natural scale of f may be anything
   from `near` to `far` >= near; returns how many, at most SLOPE__STEPS. */
size_t slope__steps(double near, double far, double step[]);

/* The same from one largest step that was given. */
size_t slope__steps_given(double largest, double step[]);

/* The limit of a sequence for h -> 0. */
typedef struct slope__limit {
    double value;
    double error; /* INFINITY: nothing can be said */
    size_t last;  /* the smallest step that the value was made from */
} slope__limit;

/* The limit of d[0..count-1], differences at the decreasing steps h[], each with an error of rounding of at least
   rounding[]; their error of truncation is a series in h^power, power 1 or 2. */
slope__limit slope__extrapolate(size_t count, const double h[], const double d[], const double rounding[], int power);

/* f along a line. */
typedef struct slope__probe {
    slope_function_c f;
    void *context;
    size_t n, m;
    const double *x, *direction; /* direction NULL: the axis j */
    size_t j;
    slope_allocator allocator;
    slope__block block;   /* holds all arrays below */
    double *point;        /* n */
    double *middle;       /* m: f(x) */
    double *spare;        /* m */
    double *plus, *minus; /* at step k, output i: [k * m + i] */
    double far;           /* the largest scale, as slope__probe_scales has it */
    size_t steps;
    double forward[SLOPE__STEPS], backward[SLOPE__STEPS]; /* by how much t really moved at step k */
    /* A bound on the rounding in the last y[0] (m = 1), where it is known: the operations of f and what was between
       them.  NULL: all there is to know is what noise.c sees. */
    double (*bound)(void *context);
    double middle_bound, plus_bound[SLOPE__STEPS], minus_bound[SLOPE__STEPS]; /* -1: not known */
    size_t places;
    double place[SLOPE__PLACES]; /* their distance to x */
    int counts_far;              /* is what is seen at place 0, far from x, noise, and not a fast f? */
    double *table;               /* SLOPE__NOISE_POINTS * m */
    double *noise, *noise_size;  /* seen at place a in output i, and |f| there: [a * m + i] */
} slope__probe;

/* Allocates; frees, also after a failed open. */
SLOPE_CHECKED slope_status slope__probe_open(slope__probe *probe, const slope_numeric_options *options);
void slope__probe_close(slope__probe *probe);

/* f at t -> y[0..m-1]; *moved is the t that was taken after rounding x + t * direction.  NaN without a call where the
   point is not finite.  SLOPE_ERR_CALLBACK. */
SLOPE_CHECKED slope_status slope__probe_at(slope__probe *probe, double t, double y[], double *moved);

/* Looks for noise around x; costs SLOPE__PLACES * SLOPE__NOISE_POINTS values of f at most.  SLOPE_ERR_CALLBACK. */
SLOPE_CHECKED slope_status slope__probe_noise(slope__probe *probe);

/* The noise in output i where it has the value y; `known` is a bound on it, negative: there is none. */
double slope__probe_noise_at(const slope__probe *probe, size_t i, double y, double known);

/* The distance at which the noise in output i, which is `noise` at x, begins to shrink; Inf: it does not. */
double slope__probe_noise_scale(const slope__probe *probe, size_t i, double noise);

/* The least t that moves x, which may be 0. */
double slope__probe_grain(const slope__probe *probe);

/* The t that moves no coordinate by more than 1: f may bend on that scale, however large x is. */
double slope__probe_unit(const slope__probe *probe);

/* A step near h by which x can be moved both ways exactly, if there is one. */
double slope__probe_exact(const slope__probe *probe, double h);

/* The sizes of x on the line, in units of the direction: |x| (the smallest that is not 0; else 0) and max(|x|, 1). */
void slope__probe_scales(const slope__probe *probe, double *near, double *far);

/* f at x and at both ends of every step; `given` is the largest step, 0: chosen. */
SLOPE_CHECKED slope_status slope__probe_sample(slope__probe *probe, double given);

/* What the samples of one output say about its slope at x. */
typedef struct slope__slope {
    double value, error;
    double own;         /* how far off a derivative may be that is computed by the same formula, from what is seen */
    double least_seen;  /* a slope of less than this does not show between two neighbouring x */
    double left, right; /* one-sided, where is_kink; else equal to value */
    double steepest;    /* the largest |f(x +- h) - f(x)| / h among the steps that value was made from */
    double bend;        /* the larger of |f(x +- h) - f(x)| / h at the least of them; Inf where rounding is known */
    int is_kink;
    int is_finite; /* f is finite at x and on one side of it at least */
    int is_flat;   /* every sample is f(x), */
    double middle; /* which is this */
    /* Where f is a staircase, `value` is the slope of the stair that x is on, and this one of the whole stairs: */
    int is_stairs;
    double flat_error, coarse, coarse_error; /* the error of `value` by itself */
    double coarse_least;                     /* the smallest slope that stairs of that height show at all */
} slope__slope;

/* SLOPE_ERR_CALLBACK: a staircase is looked at more closely. */
SLOPE_CHECKED slope_status slope__probe_slope(slope__probe *probe, size_t i, slope__slope *slope);

/* Decimal digits on which two numbers agree, 0 to 17. */
double slope__agreement(double a, double b);

/* The entry of a check: the verdict on `exact`, which is itself off by `own` from rounding. */
void slope__judge(double exact, double own, const slope__slope *slope, slope_check_entry *entry);

/* Checks one derivative along the line of an open probe; step 0: chosen. */
SLOPE_CHECKED slope_status slope__check_line(slope__probe *probe, double step, double exact, double own,
                                             slope_check_entry *entry);

/* A bound on the rounding in the present value of a node, by those of all nodes (NULL: 0); Inf where none is known. */
double slope__rounding(const slope_tape *tape, uint32_t id, const double bound[]);

/* The options, or the defaults for NULL; SLOPE_ERR_ARGUMENT for options that are none. */
SLOPE_CHECKED slope_status slope__options(const slope_numeric_options *given, slope_numeric_options *options);

#endif
