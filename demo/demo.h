/* SPDX-License-Identifier: MIT */
/*
 * The demonstration behind `./run demo`: the classic autograd lecture, done with Slope's public headers and the plots.
 *
 *     main.c      arguments, the folder, the order of things, where everything is
 *     show.c      tables of values, graphs, pictures, pages
 *     lecture.c   the lecture's expression and its neuron
 *     gallery.c   a page for each formula of the command's gallery
 *     index.c     one page that leads to all that was written
 *     moons.c     two interleaved half circles of points, and random numbers
 *     mlp.c       a multi-layer perceptron recorded value by value
 *     train.c     the training loop and its pictures
 */
#ifndef SLOPE_DEMO_H
#define SLOPE_DEMO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <slope/slope.h>

#include "plot/plot.h"

/* Exit codes, as those of the command `slope`. */
enum { DEMO_DONE = 0, DEMO_WRONG = 1, DEMO_USAGE = 2, DEMO_SYSTEM = 3 };

#define DEMO_PATH 1024
#define DEMO_FILES 64

typedef enum demo_kind { DEMO_INDEX, DEMO_PAGE, DEMO_GALLERY, DEMO_PICTURE, DEMO_TEXT } demo_kind;

typedef struct demo_file {
    char path[DEMO_PATH];
    demo_kind kind;
    const char *what; /* in a few words */
    const char *note; /* pages: what to try there, and what one sees; else NULL */
} demo_file;

/* One run of the demonstration. */
typedef struct demo {
    const char *folder;
    uint64_t seed;        /* of the network's first weights */
    bool color, progress; /* standard output is a terminal that wants colour; standard error is one */
    bool without_dot;     /* Graphviz turned out to be absent */
    int worst;            /* the exit code so far */
    size_t files;
    demo_file file[DEMO_FILES];
} demo;

/* ------------------------------------------------------------------------------------------------------ show.c */

/* Prints "slope-demo: ..." on standard error and raises the exit code to `code`. */
void demo_fail(demo *d, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Reports a failed call of the library; true if there was none. */
bool demo_ok(demo *d, slope_status status, const char *what);

void demo_heading(const demo *d, const char *text);

/* Values by name, for the table and its check. */
#define DEMO_NAMED 16
typedef struct demo_names {
    slope_tape *tape;
    bool nudged; /* every intermediate value gets an input that is added to it, see demo_name */
    size_t count;
    const char *name[DEMO_NAMED];
    slope_value value[DEMO_NAMED];
    slope_value knob[DEMO_NAMED]; /* the input whose derivative is that by the value */
} demo_names;

/*
 * Gives v a name and returns what to go on with.  On a nudged tape an intermediate v comes back as v + delta with an
 * input delta = 0: the numerical derivative by delta is the one by v, which can't be varied by itself.
 */
slope_value demo_name(demo_names *names, slope_value v, const char *name);

/* A computation that names its values; returns its result. */
typedef slope_value (*demo_formula)(demo_names *names);

/* A graph, what it is called in files, and what to say of it on its page. */
typedef struct demo_subject {
    const char *name, *title, *note;
} demo_subject;

/* Differentiates a formula, prints data, gradient and numerical derivative of every name, draws its graph into
   NAME.svg, NAME.png and NAME-lecture.svg, NAME-lecture.png, makes the page NAME.html of it, and shows it in the
   terminal if `show`. */
void demo_differentiate(demo *d, demo_formula formula, const demo_subject *subject, bool show);

/* A place in the list of files, for FOLDER/NAMEending; NULL, told, when the path is too long. */
demo_file *demo_next_file(demo *d, demo_kind kind, const char *name, const char *ending, const char *what);

/* Keeps that place: the file is there. */
void demo_wrote(demo *d);

/* Writes the page NAME.html of a value that was swept backward. */
void demo_page(demo *d, slope_value y, const demo_subject *subject);

/* Draws a figure into NAME.svg and NAME.png. */
void demo_plot(demo *d, const plot_figure *figure, const char *name, const char *what);

/* ----------------------------------------------------------------------------------------------------- moons.c */

/* Random numbers: splitmix64 (Steele, Lea and Flood 2014); the state is the seed. */
double demo_uniform(uint64_t *state); /* in [0, 1) */
double demo_normal(uint64_t *state);  /* mean 0, standard deviation 1 */

/* scikit-learn's make_moons(n, noise): two half circles, y = -1 for the upper one and +1 for the lower one. */
void demo_moons(size_t n, double noise, uint64_t seed, double x1[], double x2[], double y[]);

/* ------------------------------------------------------------------------------------------------------- mlp.c */

#define MLP_LAYERS 3
#define MLP_WIDEST 16
#define MLP_PARAMETERS (3 * 16 + 17 * 16 + 17)

/* 2-16-16-1: relu in the hidden layers, a linear output.  Parameters lie neuron by neuron, weights before the bias. */
typedef struct mlp {
    slope_value parameter[MLP_PARAMETERS];
    bool placed; /* every value is to tell where it was made, for its page; the training does better without */
} mlp;

static inline slope_value mlp_at(const mlp *network, slope_value v, const char *file, int line)
{
    return network->placed ? slope_at(v, file, line) : v;
}

#define MLP_HERE(network, v) mlp_at((network), (v), __FILE__, __LINE__)

/* Inputs of the tape for all parameters: weights uniform in (-1, 1), biases 0. */
void mlp_create(mlp *network, slope_tape *tape, uint64_t seed);

/* The network's score for a point; one product and one sum a weight, as the lecture has it. */
slope_value mlp_score(const mlp *network, double x1, double x2);

/* ------------------------------------------------------------------------- lecture.c, train.c, gallery.c, index.c */

void demo_lecture(demo *d);
void demo_train(demo *d);

/* Pages of the gallery, in FOLDER/gallery, which is there. */
void demo_gallery(demo *d);

/* FOLDER/index.html, of all that was written until now; it becomes the first of the list. */
void demo_index(demo *d);

#endif
