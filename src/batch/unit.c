/* SPDX-License-Identifier: MIT */
/* Which vector unit runs the steps of lanes. */
#include <stdlib.h>
#include <string.h>

#include "batch/run.h"

/* The fastest one that the machine has; the last one, at least. */
static size_t fastest(void)
{
#if defined __x86_64__
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
        return 0;
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return 1;
    return 2;
#else
    return 0;
#endif
}

const slope__unit *slope__unit_here(void)
{
    static const slope__unit *const all[] = {
#if defined __x86_64__
        &slope__lanes_avx512,
        &slope__lanes_avx2,
#endif
        &slope__lanes_portable
    };
    const char *wanted = getenv("SLOPE_LANES");
    size_t k = fastest();
    for (size_t slower = k; wanted && slower < sizeof all / sizeof *all; slower++) {
        if (strcmp(all[slower]->name, wanted) == 0)
            k = slower;
    }
    return all[k];
}

const char *slope_eval_lanes(void) { return slope__unit_here()->name; }
