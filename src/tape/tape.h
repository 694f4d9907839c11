/* SPDX-License-Identifier: MIT */
/*
 * The tape's memory, shared by the files of src/tape.
 *
 * A node is a row across columns, 26 bytes with its gradient:
 *
 *     code      2 B   operation, and which operands are plain numbers
 *     operand   8 B   two node ids; or number index in the place of an id; or (offset, count) in `operands`
 *     value     8 B   primal
 *     grad      8 B   adjoint; the column is made by the first backward sweep
 *
 *     operation          operand.a              operand.b
 *     var, const         -                      -
 *     unary              id                     -
 *     binary             id or number index     id or number index      (flags in the code)
 *     ternary, n-ary     offset in `operands`   count
 *     custom             offset in `operands`   count; operands[offset] is the index in `customs`, the ids follow
 *
 * Operands come before their results, so a sweep is a loop over ids and nothing ever recurses.
 *
 * A handle carries the epoch in which its node was made.  A rewind starts a new epoch at the node it goes back to, so
 * the nodes of a tape are a few segments, each of one epoch; a handle is alive if its id lies in the segment of its
 * epoch.
 */
#ifndef SLOPE_TAPE_TAPE_H
#define SLOPE_TAPE_TAPE_H

#include <slope/hot.h>
#include <slope/tape.h>

#include "base/memory.h"
#include "ops/motion.h"
#include "ops/op.h"

#if defined __GNUC__
#define NOINLINE __attribute__((noinline))
#define ALWAYS_INLINE __attribute__((always_inline)) inline
#define UNREACHABLE() __builtin_unreachable()
#else
#define NOINLINE
#define ALWAYS_INLINE inline
#define UNREACHABLE() break
#endif

enum { CODE_MASK = 0xff }; /* a code without its flags, which are in slope/hot.h */
_Static_assert((int)slope__code_count <= (int)CODE_MASK, "operation codes must leave room for the flags");
_Static_assert((int)slope__code_custom == (int)SLOPE_OP_CUSTOM, "slope/opcode.h is not of this table: ./run generate");

typedef struct slope__segment {
    uint32_t start, epoch;
} slope__segment;

/* A label or a place of a node; see notes.c. */
typedef struct slope__note {
    uint32_t id;
    uint32_t line;    /* of a place; 0 for a label */
    uint32_t epoch;   /* in which it was made, by which marks tell whether it is still the same */
    const char *file; /* of a place; NULL for a label */
    size_t text;      /* of a label: offset in `text`; SIZE_MAX: no label */
    size_t previous;  /* the note of the same node and kind before this one, SIZE_MAX: none */
} slope__note;

/*
 * A call, a map or a fold: one node (slope__code_structure, data 0) that has the operands, and a node for each of its
 * results (slope__code_result) right behind it.  What it computes is known to a layer above.
 */
typedef struct slope__structure_kind {
    slope_status (*eval)(const void *object, const double x[], double y[]);
    /* adjoint[i] = sum over k of seed[k] dy[k]/dx[i] */
    slope_status (*pull)(const void *object, const double x[], const double seed[], double adjoint[]);
    void (*destroy)(void *object);
    slope_status (*work)(const void *object, size_t *operations); /* of one evaluation */
    /* how the results move when x moves so, and what is decided at a tie within: how often, and number k of them */
    slope_status (*move)(const void *object, const double x[], const slope__motion in[], slope__motion out[], size_t k,
                         slope_tie *tie);
    /* Why one of them failed, as the end of a sentence, into text[0..size-1]; NULL: the status says it all */
    void (*explain)(const void *object, slope_status status, char *text, size_t size);
} slope__structure_kind;

enum { SLOPE__EXPLANATION = 160 };

typedef struct slope__structure {
    const slope__structure_kind *kind;
    void *object; /* owned */
    const char *name;
    uint32_t node, results;
} slope__structure;

/* A comparison that decided a branch: `node` was nonzero (expected 1) or zero (0). */
typedef struct slope__guarded {
    uint32_t node;
    int expected;
} slope__guarded;

struct slope_tape {
    slope_hot hot; /* what recording touches; typed views of the blocks below */

    double *grad;
    size_t grad_count; /* adjoints that the last sweep wrote; those behind are zero */

    uint32_t *operands;
    size_t operands_count;
    const slope_custom **customs;
    size_t customs_count;
    slope__structure *structures;
    size_t structures_count;
    slope__guarded *guards;
    size_t guards_count;
    slope__segment *segments;
    size_t segments_count;
    slope__note *notes;
    size_t notes_count;
    size_t *note_slots; /* hash table over notes, see notes.c */
    size_t note_slots_count;
    char *text;
    size_t text_count;
    double *scratch; /* operands of one n-ary operation and their partials, for the widest operation so far */

    slope_allocator allocator;
    size_t max_nodes;
    int trap;
    size_t recorded; /* while a function is recorded: how many nodes are its inputs, the first ones; else 0 */
    slope_error error;

    struct {
        slope__block code, operand, value, grad, number, operands, customs, segments, notes, note_slots, text, scratch,
            structures, guards;
    } block;
};

/* Neither NULL nor the mark of numbers. */
static inline int slope__is_tape(const slope_tape *t) { return (uintptr_t)t > (uintptr_t)SLOPE_NUMBER_TAPE; }

static inline int slope__is_node(slope_value v) { return slope__is_tape(v.tape); }

/* slope_data and slope_grad for the library itself: of any value at any time. */
double slope__data(slope_value v);
double slope__grad(slope_value v);

/* reached[0..y] = 1 for the nodes that y depends on, itself included; else 0. */
void slope__mark_reached(const slope_tape *t, uint32_t y, unsigned char reached[]);

/* Is the node alive?  Its handle's tape must be t. */
int slope__is_alive(const slope_tape *t, slope_node_ref node);

/* The epoch of a node, by its segment. */
uint32_t slope__epoch_of(const slope_tape *t, uint32_t id);

/* Node id as a handle. */
slope_value slope__handle(slope_tape *t, uint32_t id);

/* Sticks an error to the tape unless one sticks already; printf-like message. */
#if defined __GNUC__
__attribute__((format(printf, 4, 5)))
#endif
void slope__stick(slope_tape *t, slope_status status, size_t position, const char *format, ...);

/* Recomputes `limit` from capacity, error and trap. */
void slope__set_limit(slope_tape *t);

/* Make room for so many nodes in all, for one more number, for n more operands with scratch, for the adjoints of all
   nodes; SLOPE_ERR_LIMIT or SLOPE_ERR_MEMORY, not yet stuck. */
SLOPE_CHECKED slope_status slope__reserve_nodes(slope_tape *t, size_t nodes);
SLOPE_CHECKED slope_status slope__reserve_number(slope_tape *t);
SLOPE_CHECKED slope_status slope__reserve_operands(slope_tape *t, size_t n);
SLOPE_CHECKED slope_status slope__reserve_grad(slope_tape *t);

/* Makes sure that the next rewind can't fail for want of memory. */
SLOPE_CHECKED slope_status slope__reserve_rewind(slope_tape *t);

/* Records any operation, with every check: what the fast paths of record.c fall back to. */
slope_value slope__record(unsigned code, size_t n, const slope_value x[]);

/* The operands of a node as handles or numbers. */
size_t slope__operand_count(const slope_tape *t, uint32_t id);
slope_value slope__operand_at(const slope_tape *t, uint32_t id, size_t i);

/* The operands' data of a node side by side: in few[] for up to three, else in the tape's scratch, behind which there
   is room for as many partials (slope__room). */
enum { SLOPE__FEW = 3 };
const double *slope__gather(const slope_tape *t, uint32_t id, double few[SLOPE__FEW], size_t *n);

/* Where the n partials of a node go: few[] or behind the gathered operands. */
double *slope__room(const slope_tape *t, double few[SLOPE__FEW], size_t n);

/* The node's value computed again from its operands, or its partials (n of them).  SLOPE_ERR_CALLBACK, or what the
   structure says. */
slope_status slope__evaluate(const slope_tape *t, uint32_t id, const double x[], size_t n, double *value,
                             double partial[]);

/* Computes the data of a node anew from its operands' (inputs keep theirs, a structure sets its results').
   SLOPE_ERR_CALLBACK, or what the structure says. */
slope_status slope__recompute(slope_tape *t, uint32_t id);

/* The structure of a node of either code. */
const slope__structure *slope__structure_of(const slope_tape *t, uint32_t id);

/* Why it failed, as the end of a sentence; returns text. */
const char *slope__structure_explain(const slope__structure *s, slope_status status, char text[SLOPE__EXPLANATION]);

/* Computes a structure's results from its operands, into its results' data.  SLOPE_ERR_BRANCH, SLOPE_ERR_MEMORY ... */
slope_status slope__structure_eval(slope_tape *t, uint32_t id);

/* The adjoints of its operands by the adjoints of its results, in the tape's scratch memory; NULL: failed. */
const double *slope__structure_pull(const slope_tape *t, uint32_t id, slope_status *status);

/* Sticks that it could not be swept. */
void slope__structure_fails(slope_tape *t, uint32_t id, slope_status status);

/* Records a structure on n operands, live nodes of t or numbers; y[0..m-1] are its results.  Takes the object over;
   name is borrowed.  The error sticks, and all y are null. */
SLOPE_CHECKED slope_status slope__record_structure(slope_tape *t, const slope__structure_kind *kind, void *object,
                                                   const char *name, size_t n, const slope_value x[], size_t m,
                                                   slope_value y[]);

/* Forgets structures and guards behind a mark. */
void slope__rewind_structures(slope_tape *t, size_t structures, size_t guards);

static inline int slope__is_structural(const slope_tape *t, uint32_t id)
{
    return (t->hot.code[id] & CODE_MASK) >= slope__code_structure;
}

/* Does a row of operand ids begin with the index of a custom operation or a structure? */
static inline int slope__has_lead(unsigned code) { return code == slope__code_custom || code == slope__code_structure; }

/* Of record.c: operands as a row of ids, and whether all are live nodes of t or numbers (else the error sticks). */
SLOPE_CHECKED slope_status slope__wide_operands(slope_tape *t, int has_lead, uint32_t lead, size_t n,
                                                const slope_value x[], slope_pair *out);
int slope__check_operands(slope_tape *t, const char *name, size_t n, const slope_value x[]);

/* Labels and places. */
const slope__note *slope__find_note(const slope_tape *t, uint32_t id, int is_place);
void slope__rewind_notes(slope_tape *t, size_t notes, size_t text);

/* "mul(x = 2, %3 = 5)": an operation and its operands for messages; returns buffer. */
const char *slope__describe(const slope_tape *t, uint32_t id, char *buffer, size_t size);

/* "node %3 (file.c:12)", or its label; returns its length. */
size_t slope__name_node(const slope_tape *t, uint32_t id, char *buffer, size_t size);

/* The reverse sweep from y[0..n-1], live nodes up to `top` or numbers, whatever error sticks already. SLOPE_ERR_MEMORY;
   a callback that fails sticks. */
SLOPE_CHECKED slope_status slope__sweep(slope_tape *t, size_t top, size_t n, const slope_value y[],
                                        const double seed[]);

/* The same once more with strong zeros; adjoints are seeded.  *failed: the node whose callback failed, or SIZE_MAX.
   SLOPE_ERR_MEMORY. */
SLOPE_CHECKED slope_status slope__sweep_strong(slope_tape *t, size_t top, size_t *failed);

/* Is the value of node id not finite?  Then fills origin. */
int slope__nonfinite_value(slope_tape *t, uint32_t id, slope_origin *origin);

/* Is a partial not finite of one of the nodes 0 ... top that the last sweep reached?  Then fills origin for the first;
   else its node is null.  Callbacks that fail are left out; what else stands against looking is returned. */
slope_status slope__nonfinite_partial(slope_tape *t, size_t top, slope_origin *origin);

/* Where values are trapped: one that is not finite sticks. */
void slope__stick_nonfinite(slope_tape *t, uint32_t id);
static inline void slope__trap_value(slope_tape *t, uint32_t id)
{
    if (t->trap)
        slope__stick_nonfinite(t, id);
}

#endif
