/* SPDX-License-Identifier: MIT */
/* Steps of lanes for AVX2. */
#define NAME slope__lanes_avx2
#define UNIT "avx2"
#define BLOCK 4
#define MVEC_LETTER d
#define MVEC_WIDTH 4
#include "batch/lanes.h"
