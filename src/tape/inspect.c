/* SPDX-License-Identifier: MIT */
/* Reading: everything a node knows, and where a NaN or Inf came from. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "tape/tape.h"

static int is_live_node(slope_value v) { return slope__is_node(v) && slope__is_alive(v.tape, v.node); }

int slope_is_valid(slope_value v) { return slope_is_number(v) || is_live_node(v); }

int slope_same(slope_value a, slope_value b)
{
    return a.tape == b.tape && (a.tape == NULL || memcmp(&a.node, &b.node, sizeof a.node) == 0);
}

double slope__data(slope_value v)
{
    if (slope_is_number(v))
        return v.number;
    return is_live_node(v) ? v.tape->hot.value[v.node.id] : NAN;
}

double slope__grad(slope_value v)
{
    if (slope_is_number(v))
        return 0.0;
    if (!is_live_node(v))
        return NAN;
    return v.node.id < v.tape->grad_count ? v.tape->grad[v.node.id] : 0.0;
}

void slope__mark_reached(const slope_tape *t, uint32_t y, unsigned char reached[])
{
    memset(reached, 0, (size_t)y + 1);
    reached[y] = 1;
    for (size_t next = (size_t)y + 1; next-- > 0;) {
        const uint32_t id = (uint32_t)next;
        const size_t n = reached[id] ? slope__operand_count(t, id) : 0;
        for (size_t i = 0; i < n; i++) {
            const slope_value x = slope__operand_at(t, id, i);
            if (slope__is_node(x))
                reached[x.node.id] = 1;
        }
    }
}

/* ------------------------------------------------------------------------------- numbers that leave a recording */

/* Is node id made of inputs of the function that is recorded?  Also where there is no memory to find out. */
static int is_made_of_inputs(const slope_tape *t, uint32_t id)
{
    slope__block block = {0};
    int is_made = slope__block_reserve(&t->allocator, &block, (size_t)id + 1, 1) != SLOPE_OK;
    if (!is_made)
        slope__mark_reached(t, id, block.data);
    for (size_t i = 0; !is_made && i <= id && i < t->recorded; i++)
        is_made = ((const unsigned char *)block.data)[i];
    slope__block_free(&t->allocator, &block);
    return is_made;
}

/* A number that a callback reads while it is recorded is that of the start, whatever the function is evaluated at
   later; so it is not given, and the error sticks. */
static int would_freeze(slope_value v, const char *what, const char *instead)
{
    slope_tape *t = v.tape;
    char name[128];
    if (!is_live_node(v) || !t->recorded || !is_made_of_inputs(t, v.node.id))
        return 0;
    (void)slope__name_node(t, v.node.id, name, sizeof name);
    slope__stick(t, SLOPE_ERR_UNSUPPORTED, v.node.id, "%s of %.60s would be frozen into the recorded function: %s",
                 what, name, instead);
    return 1;
}

double slope_data(slope_value v)
{
    return would_freeze(
               v, "the number",
               "slope_detach(v) is a number without slope, slope_decide(v) chooses a branch, slope_interp looks "
               "up a table")
               ? NAN
               : slope__data(v);
}

double slope_grad(slope_value v)
{
    if (slope__is_node(v) && v.tape->recorded && v.tape->grad_count &&
        would_freeze(v, "the gradient", "record the derivative of a function (slope_gradient) with slope_call"))
        return NAN;
    return slope__grad(v);
}

slope_status slope_set_data(slope_value v, double x)
{
    if (slope_is_null(v))
        return SLOPE_ERR_NULL;
    if (slope_is_number(v))
        return SLOPE_ERR_ARGUMENT;
    if (!is_live_node(v))
        return SLOPE_ERR_STALE;
    if (v.tape->hot.code[v.node.id] != slope__code_var)
        return SLOPE_ERR_ARGUMENT;
    v.tape->hot.value[v.node.id] = x;
    return SLOPE_OK;
}

static const char *label_of(const slope_tape *t, uint32_t id)
{
    const slope__note *note = slope__find_note(t, id, 0);
    return note && note->text != SIZE_MAX ? t->text + note->text : NULL;
}

static const slope_custom *custom_of(const slope_tape *t, uint32_t id)
{
    return (t->hot.code[id] & CODE_MASK) == slope__code_custom
               ? t->customs[t->operands[slope_unpack(t->hot.operand[id]).a]]
               : NULL;
}

slope_status slope_inspect(slope_value v, slope_node *node)
{
    if (node)
        *node = (slope_node){0};
    if (!node || slope_is_number(v))
        return SLOPE_ERR_ARGUMENT;
    if (slope_is_null(v))
        return SLOPE_ERR_NULL;
    if (!is_live_node(v))
        return SLOPE_ERR_STALE;
    const slope_tape *t = v.tape;
    const uint32_t id = v.node.id;
    const slope_op op = (slope_op)(t->hot.code[id] & CODE_MASK);
    const slope_custom *custom = custom_of(t, id);
    const slope__structure *structure = op == SLOPE_OP_STRUCTURE ? slope__structure_of(t, id) : NULL;
    const slope__note *place = slope__find_note(t, id, 1);
    *node = (slope_node){
        .data = t->hot.value[id],
        .grad = slope__grad(v),
        .op = op,
        .operands = slope__operand_count(t, id),
        .name = custom      ? custom->name
                : structure ? structure->name
                            : slope_op_describe(op)->name,
        .symbol = custom      ? custom->name
                  : structure ? structure->name
                              : slope_op_describe(op)->symbol,
        .label = label_of(t, id),
        .file = place ? place->file : NULL,
        .line = place ? (int)place->line : 0,
        .id = id,
    };
    return SLOPE_OK;
}

slope_value slope_operand(slope_value v, size_t i)
{
    if (!is_live_node(v) || i >= slope__operand_count(v.tape, v.node.id))
        return (slope_value){0};
    return slope__operand_at(v.tape, v.node.id, i);
}

double slope_partial(slope_value v, size_t i)
{
    if (!is_live_node(v) || i >= slope__operand_count(v.tape, v.node.id))
        return NAN;
    if (would_freeze(v, "the partial", "record the derivative of a function (slope_gradient) with slope_call"))
        return NAN;
    size_t n;
    double few[SLOPE__FEW], few_partials[SLOPE__FEW];
    const double *x = slope__gather(v.tape, v.node.id, few, &n);
    double *partial = slope__room(v.tape, few_partials, n);
    return slope__evaluate(v.tape, v.node.id, x, n, NULL, partial) ? NAN : partial[i];
}

slope_value slope_tape_value(slope_tape *t, size_t i)
{
    return slope__is_tape(t) && i < t->hot.count ? slope__handle(t, (uint32_t)i) : (slope_value){0};
}

slope_value slope_tape_find(slope_tape *t, const char *label)
{
    for (size_t i = slope__is_tape(t) && label ? t->notes_count : 0; i-- > 0;) {
        const slope__note *note = &t->notes[i];
        if (note->text != SIZE_MAX && slope__find_note(t, note->id, 0) == note &&
            strcmp(t->text + note->text, label) == 0)
            return slope__handle(t, note->id);
    }
    return (slope_value){0};
}

/* ------------------------------------------------------------------------------------------------- NaN provenance */

/* Appends to a message, cut at its size; returns the length so far. */
#define APPEND(buffer, size, used, ...)                                                                       \
    do {                                                                                                      \
        const int wrote_ = snprintf((buffer) + (used), (size) - (used), __VA_ARGS__);                         \
        (used) = wrote_ < 0 ? (used) : (size_t)wrote_ < (size) - (used) ? (used) + (size_t)wrote_ : (size)-1; \
    } while (0)

const char *slope__describe(const slope_tape *t, uint32_t id, char *buffer, size_t size)
{
    enum { SHOWN = 4 }; /* operands that fit in a sentence */
    char number[SLOPE__NUMBER_SIZE];
    size_t used = 0;
    const slope_op op = (slope_op)(t->hot.code[id] & CODE_MASK);
    const slope_custom *custom = custom_of(t, id);
    const size_t n = slope__operand_count(t, id);
    APPEND(buffer, size, used, "%s", custom ? custom->name : slope_op_describe(op)->name);
    for (size_t i = 0; i < n && i < SHOWN; i++) {
        const slope_value x = slope__operand_at(t, id, i);
        const char *label = slope_is_number(x) ? NULL : label_of(t, x.node.id);
        APPEND(buffer, size, used, "%s", i ? ", " : "(");
        if (label)
            APPEND(buffer, size, used, "%.40s = ", label);
        else if (!slope_is_number(x))
            APPEND(buffer, size, used, "%%%lu = ", (unsigned long)x.node.id);
        APPEND(buffer, size, used, "%s", slope__number_format(number, "%.6g", slope_data(x)));
    }
    if (n)
        APPEND(buffer, size, used, n > SHOWN ? ", ... %zu in all)" : ")", n);
    return buffer;
}

size_t slope__name_node(const slope_tape *t, uint32_t id, char *buffer, size_t size)
{
    size_t used = 0;
    const slope__note *place = slope__find_note(t, id, 1);
    const char *label = label_of(t, id);
    if (label)
        APPEND(buffer, size, used, "%.40s", label);
    else
        APPEND(buffer, size, used, "node %%%lu", (unsigned long)id);
    if (place)
        APPEND(buffer, size, used, " (%.60s:%lu)", place->file, (unsigned long)place->line);
    return used;
}

static void report(slope_tape *t, uint32_t id, const char *what, double x, slope_origin *origin)
{
    char name[128], operation[160], number[SLOPE__NUMBER_SIZE];
    size_t used = 0;
    (void)slope__name_node(t, id, name, sizeof name);
    (void)slope__number(number, x);
    if ((t->hot.code[id] & CODE_MASK) <= slope__code_const)
        APPEND(origin->message, sizeof origin->message, used, "%s is %s: it came in as %s", name, number,
               (t->hot.code[id] & CODE_MASK) == slope__code_var ? "an input" : "a number");
    else
        APPEND(origin->message, sizeof origin->message, used, "%s = %s: %s is %s%s", name,
               slope__describe(t, id, operation, sizeof operation), what, number,
               origin->born ? ", born here" : ", an operand is already not finite");
    origin->node = slope__handle(t, id);
}

static int are_finite(size_t n, const double x[])
{
    size_t i = 0;
    while (i < n && isfinite(x[i]))
        i++;
    return i == n;
}

int slope__nonfinite_value(slope_tape *t, uint32_t id, slope_origin *origin)
{
    *origin = (slope_origin){0};
    if (isfinite(t->hot.value[id]))
        return 0;
    size_t n;
    double few[SLOPE__FEW];
    const double *x = slope__gather(t, id, few, &n);
    origin->born = n > 0 && are_finite(n, x);
    report(t, id, "the value", t->hot.value[id], origin);
    return 1;
}

/* 1 when one of a node's partials is not finite, which origin then tells of. */
static int report_partials(slope_tape *t, uint32_t id, size_t n, const double x[], const double partial[],
                           slope_origin *origin)
{
    for (size_t i = 0; i < n; i++) {
        if (isfinite(partial[i]) || slope_is_number(slope__operand_at(t, id, i)))
            continue;
        char what[64];
        (void)snprintf(what, sizeof what, "the slope along operand %zu", i + 1);
        *origin = (slope_origin){.is_partial = 1, .operand = i, .born = are_finite(n, x)};
        report(t, id, what, partial[i], origin);
        return 1;
    }
    return 0;
}

/* The same for the partials of one node; *status when they could not be had. */
static int nonfinite_partial_of(slope_tape *t, uint32_t id, slope_origin *origin, slope_status *status)
{
    size_t n;
    double few[SLOPE__FEW], few_partials[SLOPE__FEW];
    const double *x = slope__gather(t, id, few, &n);
    double *partial = slope__room(t, few_partials, n);
    *status = slope__evaluate(t, id, x, n, NULL, partial);
    if (*status == SLOPE_ERR_CALLBACK)
        *status = SLOPE_OK;
    else if (*status == SLOPE_OK)
        return report_partials(t, id, n, x, partial, origin);
    return 0;
}

slope_status slope__nonfinite_partial(slope_tape *t, size_t top, slope_origin *origin)
{
    slope_status status = SLOPE_OK;
    *origin = (slope_origin){0};
    for (size_t i = 0; i <= top && i < t->grad_count && status == SLOPE_OK; i++) {
        const uint32_t id = (uint32_t)i;
        if (t->grad[i] != 0.0 && slope__operand_count(t, id) && nonfinite_partial_of(t, id, origin, &status))
            break;
    }
    return status;
}

void slope__stick_nonfinite(slope_tape *t, uint32_t id)
{
    slope_origin origin;
    if (slope__nonfinite_value(t, id, &origin))
        slope__stick(t, SLOPE_ERR_NONFINITE, id, "%s", origin.message);
}

slope_status slope_find_nonfinite(slope_value y, slope_origin *origin)
{
    if (!origin)
        return SLOPE_ERR_ARGUMENT;
    *origin = (slope_origin){0};
    if (slope_is_null(y))
        return SLOPE_ERR_NULL;
    if (slope_is_number(y)) {
        if (!isfinite(y.number)) {
            char number[SLOPE__NUMBER_SIZE];
            origin->node = y;
            (void)snprintf(origin->message, sizeof origin->message,
                           "%s is a plain number: no tape knows how it was made", slope__number(number, y.number));
        }
        return SLOPE_OK;
    }
    if (!is_live_node(y))
        return SLOPE_ERR_STALE;
    slope_tape *t = y.tape;
    for (size_t i = 0; i <= y.node.id; i++) {
        if (slope__nonfinite_value(t, (uint32_t)i, origin))
            return SLOPE_OK;
    }
    const slope_status status = slope__sweep(t, y.node.id, 1, &y, NULL);
    return status != SLOPE_OK ? status : slope__nonfinite_partial(t, y.node.id, origin);
}
