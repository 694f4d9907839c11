/* SPDX-License-Identifier: MIT */
/* A multi-layer perceptron, value by value: what the lecture builds from its Value class. */
#include "demo.h"

static const size_t width[MLP_LAYERS + 1] = {2, MLP_WIDEST, MLP_WIDEST, 1};

void mlp_create(mlp *network, slope_tape *tape, uint64_t seed)
{
    slope_value *p = network->parameter;
    for (size_t layer = 0; layer < MLP_LAYERS; layer++)
        for (size_t neuron = 0; neuron < width[layer + 1]; neuron++) {
            for (size_t i = 0; i < width[layer]; i++)
                *p++ = slope_var(tape, 2.0 * demo_uniform(&seed) - 1.0);
            *p++ = slope_var(tape, 0.0);
        }
}

/* w[0] x[0] + ... + w[n-1] x[n-1] + w[n] */
static slope_value weighted_sum(size_t n, const slope_value w[], const slope_value x[])
{
    slope_value sum = w[n];
    for (size_t i = 0; i < n; i++)
        sum = slope_add(sum, slope_mul(w[i], x[i]));
    return sum;
}

slope_value mlp_score(const mlp *network, double x1, double x2)
{
    const slope_value *p = network->parameter;
    slope_value in[MLP_WIDEST] = {slope_number(x1), slope_number(x2)}, out[MLP_WIDEST];
    for (size_t layer = 0; layer < MLP_LAYERS; layer++) {
        const bool hidden = layer + 1 < MLP_LAYERS;
        for (size_t neuron = 0; neuron < width[layer + 1]; neuron++) {
            const slope_value sum = weighted_sum(width[layer], p, in);
            out[neuron] = hidden ? slope_relu(sum) : sum;
            p += width[layer] + 1;
        }
        for (size_t i = 0; i < width[layer + 1]; i++)
            in[i] = out[i];
    }
    return in[0];
}
