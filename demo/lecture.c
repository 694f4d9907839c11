/* SPDX-License-Identifier: MIT */
/* The lecture's two small computations: the expression (a*b + c) * f, and a neuron with tanh. */
#define SLOPE_PLACES /* the pages tell file and line of every operation */
#include "demo.h"

#include <stdio.h>

static slope_value expression(demo_names *n)
{
    const slope_value a = demo_name(n, SLOPE_HERE(slope_var(n->tape, 2.0)), "a");
    const slope_value b = demo_name(n, SLOPE_HERE(slope_var(n->tape, -3.0)), "b");
    const slope_value c = demo_name(n, SLOPE_HERE(slope_var(n->tape, 10.0)), "c");
    const slope_value f = demo_name(n, SLOPE_HERE(slope_var(n->tape, -2.0)), "f");
    const slope_value e = demo_name(n, slope_mul(a, b), "e");
    const slope_value d = demo_name(n, slope_add(e, c), "d");
    return demo_name(n, slope_mul(d, f), "L");
}

/* The bias is the one that makes the numbers come out nicely: tanh'(n) = 0.5. */
static slope_value neuron(demo_names *n)
{
    const slope_value x1 = demo_name(n, SLOPE_HERE(slope_var(n->tape, 2.0)), "x1");
    const slope_value x2 = demo_name(n, SLOPE_HERE(slope_var(n->tape, 0.0)), "x2");
    const slope_value w1 = demo_name(n, SLOPE_HERE(slope_var(n->tape, -3.0)), "w1");
    const slope_value w2 = demo_name(n, SLOPE_HERE(slope_var(n->tape, 1.0)), "w2");
    const slope_value b = demo_name(n, SLOPE_HERE(slope_var(n->tape, 6.8813735870195432)), "b");
    const slope_value x1w1 = demo_name(n, slope_mul(x1, w1), "x1*w1");
    const slope_value x2w2 = demo_name(n, slope_mul(x2, w2), "x2*w2");
    const slope_value both = demo_name(n, slope_add(x1w1, x2w2), "x1*w1 + x2*w2");
    const slope_value sum = demo_name(n, slope_add(both, b), "n");
    return demo_name(n, slope_tanh(sum), "o");
}

void demo_lecture(demo *d)
{
    static const demo_subject first = {
        "expression", "The lecture's expression, from C",
        "The seven values that demo/lecture.c records; each box knows its line there. Step backward from "
        "L and watch every gradient being made."};
    static const demo_subject second = {
        "neuron", "The lecture's neuron, from C",
        "Two inputs, two weights, a bias and tanh. The gradient that reaches n is halved, because tanh "
        "has the slope 0.5 there."};
    demo_heading(d, "The lecture's expression: e = a*b, d = e + c, L = d*f");
    demo_differentiate(d, expression, &first, true);
    demo_heading(d, "The lecture's neuron: o = tanh(x1*w1 + x2*w2 + b)");
    demo_differentiate(d, neuron, &second, false);
}
