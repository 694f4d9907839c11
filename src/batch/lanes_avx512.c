/* SPDX-License-Identifier: MIT */
/* Steps of lanes for AVX-512. */
#define NAME slope__lanes_avx512
#define UNIT "avx512"
#define BLOCK 8
#define MVEC_LETTER e
#define MVEC_WIDTH 8
#include "batch/lanes.h"
