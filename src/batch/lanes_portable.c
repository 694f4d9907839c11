/* SPDX-License-Identifier: MIT */
/* Steps of lanes for any machine. */
#define NAME slope__lanes_portable
#define UNIT "portable"
#define BLOCK 2
#define MVEC_LETTER b
#define MVEC_WIDTH 2
#include "batch/lanes.h"
