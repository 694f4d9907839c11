/* SPDX-License-Identifier: MIT */
/* A multi-layer perceptron, value by value: what the lecture builds from its Value class. */
#include "demo.h"

#include <stdio.h>

static const size_t width[MLP_LAYERS + 1] = {2, MLP_WIDEST, MLP_WIDEST, 1};

/* w2[5,3] goes from unit 3 of the layer before to unit 5 of layer 2, whose bias is b2[5]. */
void mlp_create(mlp *network, slope_tape *tape, uint64_t seed)
{
    slope_value *p = network->parameter;
    char label[64];
    for (size_t layer = 0; layer < MLP_LAYERS; layer++)
        for (size_t neuron = 0; neuron < width[layer + 1]; neuron++) {
            for (size_t i = 0; i < width[layer]; i++) {
                snprintf(label, sizeof label, "w%zu[%zu,%zu]", layer + 1, neuron, i);
                *p++ = slope_label(SLOPE_HERE(slope_var(tape, 2.0 * demo_uniform(&seed) - 1.0)), label);
            }
            snprintf(label, sizeof label, "b%zu[%zu]", layer + 1, neuron);
            *p++ = slope_label(SLOPE_HERE(slope_var(tape, 0.0)), label);
        }
}

/* w[0] x[0] + ... + w[n-1] x[n-1] + w[n] */
static slope_value weighted_sum(const mlp *network, size_t n, const slope_value w[], const slope_value x[])
{
    slope_value sum = w[n];
    for (size_t i = 0; i < n; i++) {
        const slope_value product = MLP_HERE(network, slope_mul(w[i], x[i]));
        sum = MLP_HERE(network, slope_add(sum, product));
    }
    return sum;
}

slope_value mlp_score(const mlp *network, double x1, double x2)
{
    const slope_value *p = network->parameter;
    slope_value in[MLP_WIDEST] = {slope_number(x1), slope_number(x2)}, out[MLP_WIDEST];
    for (size_t layer = 0; layer < MLP_LAYERS; layer++) {
        const bool hidden = layer + 1 < MLP_LAYERS;
        for (size_t neuron = 0; neuron < width[layer + 1]; neuron++) {
            const slope_value sum = weighted_sum(network, width[layer], p, in);
            out[neuron] = hidden ? MLP_HERE(network, slope_relu(sum)) : sum;
            p += width[layer] + 1;
        }
        for (size_t i = 0; i < width[layer + 1]; i++)
            in[i] = out[i];
    }
    return in[0];
}
