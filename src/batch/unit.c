/* SPDX-License-Identifier: MIT */
/* Which vector unit runs the steps of lanes. */
#include <stdlib.h>
#include <string.h>

#include "batch/run.h"

#if defined __x86_64__ && !defined SLOPE_BARE /* in one file there is one set of flags */
#define UNITS_OF_X86
#endif

/* The fastest one that the machine has; the last one, at least. */
static size_t fastest(void)
{
#if defined UNITS_OF_X86
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
#if defined UNITS_OF_X86
        &slope__lanes_avx512,
        &slope__lanes_avx2,
#endif
        &slope__lanes_portable
    };
#if !defined SLOPE_BARE
    const char *wanted = getenv("SLOPE_LANES");
#else
    const char *wanted = NULL;
#endif
    size_t k = fastest();
    for (size_t slower = k; wanted && slower < sizeof all / sizeof *all; slower++) {
        if (strcmp(all[slower]->name, wanted) == 0)
            k = slower;
    }
    return all[k];
}

const char *slope_eval_lanes(void) { return slope__unit_here()->name; }
