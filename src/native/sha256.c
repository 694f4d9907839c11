/* SPDX-License-Identifier: MIT */
/* SHA-256, FIPS 180-4: names of programs in the cache, and whether one there is whole. */
#include <stdint.h>
#include <string.h>

#include "native/native.h"

static const uint32_t constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

typedef struct state {
    uint32_t h[8];
    unsigned char block[64];
    uint64_t size;
} state;

static uint32_t turn(uint32_t x, unsigned n) { return x >> n | x << (32 - n); }

static void compress(state *s)
{
    uint32_t w[64], v[8];
    for (size_t t = 0; t < 16; t++)
        w[t] = (uint32_t)s->block[4 * t] << 24 | (uint32_t)s->block[4 * t + 1] << 16 |
               (uint32_t)s->block[4 * t + 2] << 8 | s->block[4 * t + 3];
    for (size_t t = 16; t < 64; t++)
        w[t] = w[t - 16] + w[t - 7] + (turn(w[t - 15], 7) ^ turn(w[t - 15], 18) ^ w[t - 15] >> 3) +
               (turn(w[t - 2], 17) ^ turn(w[t - 2], 19) ^ w[t - 2] >> 10);
    memcpy(v, s->h, sizeof v);
    for (size_t t = 0; t < 64; t++) {
        const uint32_t one = v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) +
                             ((v[4] & v[5]) ^ (~v[4] & v[6])) + constant[t] + w[t];
        const uint32_t two =
            (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) + ((v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]));
        memmove(v + 1, v, 7 * sizeof *v);
        v[4] += one;
        v[0] = one + two;
    }
    for (size_t k = 0; k < 8; k++)
        s->h[k] += v[k];
}

static void add(state *s, const unsigned char *data, size_t size)
{
    while (size > 0) {
        const size_t at = (size_t)(s->size % 64), n = size < 64 - at ? size : 64 - at;
        memcpy(s->block + at, data, n);
        s->size += n;
        data += n;
        size -= n;
        if (s->size % 64 == 0)
            compress(s);
    }
}

void slope__sha256(size_t n, const slope__bytes piece[], unsigned char digest[SLOPE__DIGEST])
{
    static const unsigned char pad[64] = {0x80};
    state s = {
        {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19}, {0}, 0};
    unsigned char length[8];
    for (size_t k = 0; k < n; k++)
        add(&s, piece[k].data, piece[k].size);
    const uint64_t bits = s.size * 8;
    for (size_t k = 0; k < 8; k++)
        length[k] = (unsigned char)(bits >> (56 - 8 * k));
    add(&s, pad, 1 + (119 - (size_t)(s.size % 64)) % 64);
    add(&s, length, sizeof length);
    for (size_t k = 0; k < SLOPE__DIGEST; k++)
        digest[k] = (unsigned char)(s.h[k / 4] >> (24 - 8 * (k % 4)));
}
