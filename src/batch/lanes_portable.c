/* SPDX-License-Identifier: MIT */
/* Steps of lanes for any machine. */
#define NAME slope__lanes_portable
#include "batch/lanes.h"
