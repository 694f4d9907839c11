/* SPDX-License-Identifier: MIT */
/* What the tests of graphs share: a sink that collects, and graphs to draw. */
#ifndef SLOPE_TESTS_GRAPH_TEXT_H
#define SLOPE_TESTS_GRAPH_TEXT_H

#include <stdlib.h>
#include <string.h>

#include "testing.h"

typedef struct graph_text {
    char *data;
    size_t size;
    size_t calls, fail_at; /* fail_at: which call of the sink fails; 0: none */
} graph_text;

static inline int collect(const char *data, size_t size, void *context)
{
    graph_text *t = context;
    if (++t->calls == t->fail_at)
        return 1;
    t->data = realloc(t->data, t->size + size + 1);
    assert_non_null(t->data);
    memcpy(t->data + t->size, data, size);
    t->size += size;
    t->data[t->size] = '\0';
    return 0;
}

/* The graph of y as text, to be freed. */
static inline char *drawn(slope_value y, slope_graph_format format, const slope_graph_options *options)
{
    graph_text t = {0};
    slope_error error;
    if (slope_graph_stream(1, &y, format, options, collect, &t, &error))
        fail_msg("%s", error.message);
    assert_non_null(t.data);
    return t.data;
}

static inline void assert_has(const char *whole, const char *part)
{
    if (!strstr(whole, part))
        fail_msg("'%s' is not in:\n%s", part, whole);
}

static inline void assert_has_not(const char *whole, const char *part)
{
    if (strstr(whole, part))
        fail_msg("'%s' is in:\n%s", part, whole);
}

static inline void assert_drawn(slope_value y, slope_graph_format format, const slope_graph_options *options,
                                const char *part)
{
    char *whole = drawn(y, format, options);
    assert_has(whole, part);
    free(whole);
}

static inline slope_value input(slope_tape *t, const char *label, double x)
{
    return slope_label(slope_var(t, x), label);
}

/* The lecture's expression, its inputs and intermediate values recorded in either order. */
static inline slope_value lecture(slope_tape *t, int other_order)
{
    slope_value a, b, c, f;
    if (other_order) {
        f = input(t, "f", -2.0), c = input(t, "c", 10.0);
        (void)slope_sin(f); /* the output does not depend on it */
        b = input(t, "b", -3.0), a = input(t, "a", 2.0);
    } else {
        a = input(t, "a", 2.0), b = input(t, "b", -3.0);
        c = input(t, "c", 10.0), f = input(t, "f", -2.0);
    }
    slope_value e = slope_label(slope_mul(a, b), "e");
    slope_value d = slope_label(slope_add(e, c), "d");
    slope_value y = slope_label(slope_mul(d, f), "L");
    assert_int_equal(slope_backward(y), SLOPE_OK);
    return y;
}

static inline slope_value swept(slope_value y)
{
    assert_int_equal(slope_backward(y), SLOPE_OK);
    return y;
}

/* A network of 2-8-8-1 on some points, with loss and regularization. */
static inline slope_value network(slope_tape *t, int points)
{
    slope_value w1[16], b1[8], w2[64], b2[8], w3[8], all[104];
    size_t n = 0;
    unsigned seed = 1;
    slope_value *const layer[] = {w1, b1, w2, b2, w3};
    const size_t size[] = {16, 8, 64, 8, 8};
    for (size_t l = 0; l < 5; l++)
        for (size_t i = 0; i < size[l]; i++) {
            seed = seed * 1664525u + 1013904223u;
            all[n++] = layer[l][i] = slope_var(t, (double)(seed >> 8) / 8388608.0 - 1.0);
        }
    slope_value loss = slope_number(0.0);
    for (int p = 0; p < points; p++) {
        slope_value h[8], k[8], score = slope_number(0.5);
        for (size_t i = 0; i < 8; i++)
            h[i] =
                slope_tanh(slope_add(slope_add(b1[i], slope_mul(w1[2 * i], 0.1 * p)), slope_mul(w1[2 * i + 1], 1.0)));
        for (size_t i = 0; i < 8; i++) {
            k[i] = b2[i];
            for (size_t j = 0; j < 8; j++)
                k[i] = slope_add(k[i], slope_mul(w2[8 * i + j], h[j]));
            k[i] = slope_tanh(k[i]);
            score = slope_add(score, slope_mul(w3[i], k[i]));
        }
        loss = slope_add(loss, slope_relu(slope_sub(1.0, score)));
    }
    slope_value sum = slope_number(0.0);
    for (size_t i = 0; i < n; i++)
        sum = slope_add(sum, slope_mul(all[i], all[i]));
    return swept(slope_label(slope_add(loss, slope_mul(sum, 1e-4)), "loss"));
}

#endif
