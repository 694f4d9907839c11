/* SPDX-License-Identifier: MIT */
/*
 * Trains the lecture's network on the two moons: hinge loss and a little weight decay, gradient descent on all points
 * at once.  Every step records the whole loss, sweeps backward, moves the parameters and rewinds the tape to them, so
 * memory is taken in the first step only.
 */
#define _POSIX_C_SOURCE 200809L

#include "demo.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { POINTS = 100, STEPS = 100, GRID_X = 129, GRID_Y = 97 };
static const double noise = 0.1, decay = 1e-4;
/* The lecture's seed.  With these points all first weights that were tried (--seed 1 ... 20) lead to 100 %; over 20
   draws of points 331 of 400 runs do, since in some draws the classes all but touch. */
static const uint64_t points_seed = 1337;

/* Everything the training needs and leaves behind. */
typedef struct training {
    slope_tape *tape;
    slope_mark parameters; /* the tape behind the network's parameters */
    mlp network;
    double x1[POINTS], x2[POINTS], y[POINTS];
    double step[STEPS + 1], loss[STEPS + 1], hinge[STEPS + 1]; /* before each step, and after the last */
    size_t right;                                              /* points on their side of the boundary */
    size_t operations;                                         /* nodes that one step records */
    double seconds;
} training;

static double now(void)
{
    struct timespec t;
    return clock_gettime(CLOCK_MONOTONIC, &t) ? 0.0 : (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* mean(relu(1 - y score)) + decay sum(p p); notes the parts of it and how many points are right. */
static slope_value record_loss(training *t, size_t k)
{
    const mlp *n = &t->network;
    slope_value hinge[POINTS], square[MLP_PARAMETERS];
    t->right = 0;
    for (size_t i = 0; i < POINTS; i++) {
        const slope_value score = mlp_score(n, t->x1[i], t->x2[i]);
        const slope_value margin = MLP_HERE(n, slope_mul(score, -t->y[i]));
        const slope_value missing = MLP_HERE(n, slope_add(margin, 1.0));
        hinge[i] = MLP_HERE(n, slope_relu(missing));
        t->right += (slope_data(score) > 0.0) == (t->y[i] > 0.0);
    }
    for (size_t i = 0; i < MLP_PARAMETERS; i++)
        square[i] = MLP_HERE(n, slope_mul(n->parameter[i], n->parameter[i]));
    const slope_value data_loss = MLP_HERE(n, slope_mean(POINTS, hinge));
    const slope_value squares = MLP_HERE(n, slope_sum(MLP_PARAMETERS, square));
    const slope_value penalty = MLP_HERE(n, slope_mul(squares, decay));
    const slope_value loss = MLP_HERE(n, slope_add(data_loss, penalty));
    slope_label(data_loss, "hinge loss");
    slope_label(penalty, "weight decay");
    slope_label(loss, "loss");
    t->step[k] = (double)k;
    t->hinge[k] = slope_data(data_loss);
    t->loss[k] = slope_data(loss);
    t->operations = slope_tape_size(t->tape) - MLP_PARAMETERS;
    return loss;
}

/* One step of gradient descent, which becomes shorter as training goes on. */
static slope_status train_step(training *t, size_t k)
{
    const slope_value loss = record_loss(t, k);
    const double rate = 1.0 - 0.9 * (double)k / STEPS;
    slope_status status = slope_backward(loss);
    for (size_t i = 0; i < MLP_PARAMETERS && status == SLOPE_OK; i++) {
        const slope_value p = t->network.parameter[i];
        status = slope_set_data(p, slope_data(p) - rate * slope_grad(p));
    }
    return status == SLOPE_OK ? slope_tape_rewind(t->tape, t->parameters) : status;
}

/* After `done` steps, at least one; the last call takes the bar away: what is printed then says it all. */
static void show_progress(const demo *d, const training *t, size_t done)
{
    static const char bar[] = "########################################";
    const int width = (int)sizeof bar - 1, filled = (int)(done * (size_t)width / STEPS);
    if (!d->progress)
        return;
    fprintf(stderr, "\r    [%-*.*s] %3zu/%d  loss %-9.3g accuracy %3zu %%", width, filled, bar, done, STEPS,
            t->loss[done - 1], t->right * 100 / POINTS);
    if (done == STEPS)
        fprintf(stderr, "\r\033[K");
}

/* The steps, then a look at where they led. */
static slope_status train(const demo *d, training *t)
{
    const double start = now();
    slope_status status = SLOPE_OK;
    for (size_t k = 0; k < STEPS && status == SLOPE_OK; k++) {
        status = train_step(t, k);
        show_progress(d, t, k + 1);
    }
    t->seconds = now() - start;
    if (status != SLOPE_OK)
        return status;
    record_loss(t, STEPS);
    status = slope_tape_status(t->tape);
    return status == SLOPE_OK ? slope_tape_rewind(t->tape, t->parameters) : status;
}

/* ---------------------------------------------------------------------------------------------------- the pictures */

/* The loss with the first weights, as the first step of the training differentiates it. */
static bool make_page(demo *d, training *t)
{
    static const demo_subject subject = {"moons", "The loss of the network on two moons",
                                         "100 points through a network 2-16-16-1: some 65,000 values, folded into "
                                         "boxes of those that came about in the same way. Open a box "
                                         "by a click, and see how far apart the gradients in it are."};
    t->network.placed = true;
    const slope_value loss = record_loss(t, 0);
    t->network.placed = false;
    if (!demo_ok(d, slope_backward(loss), "the backward sweep"))
        return false;
    demo_page(d, loss, &subject);
    return demo_ok(d, slope_tape_rewind(t->tape, t->parameters), "rewinding the tape");
}

static double smallest_positive(size_t n, const double x[])
{
    double smallest = INFINITY;
    for (size_t i = 0; i < n; i++)
        if (x[i] > 0.0)
            smallest = fmin(smallest, x[i]);
    return smallest < INFINITY ? smallest : 1.0;
}

static void plot_loss(demo *d, const training *t)
{
    const plot_series series[] = {
        {.name = "loss = hinge loss + weight decay", .n = STEPS + 1, .x = t->step, .y = t->loss},
        {.name = "hinge loss alone", .n = STEPS + 1, .x = t->step, .y = t->hinge},
    };
    plot_figure figure = plot_figure_default();
    figure.title = "Training the 2-16-16-1 network on two moons";
    figure.x.label = "step";
    figure.y.label = "loss";
    figure.y.scale = PLOT_LOG10;
    figure.y.zero_at = 0.1 * smallest_positive(STEPS + 1, t->hinge); /* the hinge loss often ends at exactly 0 */
    figure.series = series;
    figure.series_count = sizeof series / sizeof *series;
    demo_plot(d, &figure, "loss", "loss at every step of the training");
}

/* The network's score on a grid; the tape is rewound after every point. */
static slope_status score_grid(const training *t, const plot_field *f, double z[])
{
    for (size_t row = 0; row < f->rows; row++)
        for (size_t column = 0; column < f->columns; column++) {
            const double x1 = f->x_low + (f->x_high - f->x_low) * (double)column / (double)(f->columns - 1);
            const double x2 = f->y_low + (f->y_high - f->y_low) * (double)row / (double)(f->rows - 1);
            z[row * f->columns + column] = slope_data(mlp_score(&t->network, x1, x2));
            const slope_status status = slope_tape_rewind(t->tape, t->parameters);
            if (status != SLOPE_OK)
                return status;
        }
    return SLOPE_OK;
}

/* The range of n numbers with some room around it. */
static void range(size_t n, const double x[], double room, double *low, double *high)
{
    *low = *high = x[0];
    for (size_t i = 1; i < n; i++) {
        *low = fmin(*low, x[i]);
        *high = fmax(*high, x[i]);
    }
    *low -= room;
    *high += room;
}

static void plot_boundary(demo *d, const training *t)
{
    static const char *const name[] = {"points of class \xe2\x88\x92"
                                       "1",
                                       "points of class +1"};
    double z[GRID_X * GRID_Y];
    const size_t half = POINTS / 2; /* the classes lie one after the other */
    plot_field field = {
        .name = "score of the network", .zero_name = "decision boundary", .columns = GRID_X, .rows = GRID_Y, .z = z};
    range(POINTS, t->x1, 0.4, &field.x_low, &field.x_high);
    range(POINTS, t->x2, 0.4, &field.y_low, &field.y_high);
    if (!demo_ok(d, score_grid(t, &field, z), "scoring the grid"))
        return;
    plot_series series[2];
    memset(series, 0, sizeof series);
    for (size_t i = 0; i < 2; i++) {
        series[i].name = name[i];
        series[i].kind = PLOT_POINTS;
        series[i].n = half;
        series[i].x = t->x1 + i * half;
        series[i].y = t->x2 + i * half;
    }
    char title[96];
    snprintf(title, sizeof title, "Two moons after %d steps: accuracy %zu %%", STEPS, t->right * 100 / POINTS);
    plot_figure figure = plot_figure_default();
    figure.title = title;
    figure.x.label = "x\xe2\x82\x81";
    figure.y.label = "x\xe2\x82\x82";
    figure.height = 256.0;
    figure.equal_axes = 1;
    figure.field = &field;
    figure.series = series;
    figure.series_count = 2;
    demo_plot(d, &figure, "boundary", "what the network has learned");
}

static void report(demo *d, const training *t)
{
    printf("    %d points, %d parameters, %zu operations recorded and differentiated in each of %d steps\n", POINTS,
           MLP_PARAMETERS, t->operations, STEPS);
    printf("    loss %.6f before, %.6f after; all steps took %.2f s\n", t->loss[0], t->loss[STEPS], t->seconds);
    printf("    accuracy %zu %%\n", t->right * 100 / POINTS);
    if (t->right < POINTS)
        demo_fail(d, DEMO_WRONG, "the network learned %zu of %d points; other first weights (--seed) do better",
                  t->right, POINTS);
}

void demo_train(demo *d)
{
    training t = {.tape = slope_tape_create(NULL)};
    demo_heading(d, "The lecture's network, 2-16-16-1 with relu, trained on two moons");
    demo_moons(POINTS, noise, points_seed, t.x1, t.x2, t.y);
    mlp_create(&t.network, t.tape, d->seed);
    t.parameters = slope_tape_mark(t.tape);
    if (make_page(d, &t) && demo_ok(d, train(d, &t), "the training")) {
        report(d, &t);
        plot_boundary(d, &t);
        plot_loss(d, &t);
    }
    slope_tape_destroy(t.tape);
}
