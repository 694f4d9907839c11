/* SPDX-License-Identifier: MIT */
/* Comparisons for `if`: recorded like operations, and noted with the way they went. */
#include <slope/ops.h>

#include "record/record.h"

/* Notes that v, which is a node, went its way; 0 and the error sticks when memory is short. */
static int note(slope_tape *t, uint32_t id, int went)
{
    const slope_status status =
        slope__block_reserve(&t->allocator, &t->block.guards, t->guards_count + 1, sizeof *t->guards);
    if (status != SLOPE_OK) {
        slope__stick(t, status, id, "no memory to remember which way a comparison went");
        return 0;
    }
    t->guards = t->block.guards.data;
    t->guards[t->guards_count++] = (slope__guarded){id, went};
    return went;
}

int slope_decide(slope_value condition)
{
    if (slope_is_number(condition))
        return condition.number != 0;
    if (slope_is_null(condition))
        return 0;
    if (!slope__is_alive(condition.tape, condition.node)) {
        slope__stick(condition.tape, SLOPE_ERR_STALE, condition.node.id,
                     "what was to decide a branch was made before its tape was reset or rewound");
        return 0;
    }
    if (slope_tape_status(condition.tape) != SLOPE_OK)
        return 0;
    return note(condition.tape, condition.node.id, slope__data(condition) != 0);
}

int(slope_less)(slope_value a, slope_value b) { return slope_decide((slope_lt)(a, b)); }
int(slope_less_equal)(slope_value a, slope_value b) { return slope_decide((slope_le)(a, b)); }
int(slope_greater)(slope_value a, slope_value b) { return slope_decide((slope_gt)(a, b)); }
int(slope_greater_equal)(slope_value a, slope_value b) { return slope_decide((slope_ge)(a, b)); }
int(slope_equal)(slope_value a, slope_value b) { return slope_decide((slope_eq)(a, b)); }
int(slope_not_equal)(slope_value a, slope_value b) { return slope_decide((slope_ne)(a, b)); }
