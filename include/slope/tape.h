/* SPDX-License-Identifier: MIT */
/*
 * Values and the tape they live on: record, sweep backward, read everything a node knows.
 *
 *     slope_tape *tape = slope_tape_create(NULL);
 *     slope_value a = slope_var(tape, 2.0), b = slope_var(tape, -3.0);
 *     slope_value y = slope_mul(a, b);
 *     if (slope_backward(y) == SLOPE_OK) printf("%g %g\n", slope_data(y), slope_grad(a));
 *     slope_tape_destroy(tape);
 *
 * Errors stick: the first one stays on the tape (slope_tape_error), later operations give the null value.  What takes a
 * tape takes NULL, and the tape of a plain number, for none.
 * Domain errors of mathematics are no errors of the library: NaN and Inf flow as in C.
 *
 * Everything is O(1) where nothing else is said; forgetting nodes costs O(labels forgotten), and frees nothing but what
 * calls, maps and folds hold (slope/function.h).
 *
 * Thread-safety of this header: a tape and its values belong to one thread at a time; tapes are independent of each
 * other.  Functions that only read (`const slope_tape *`, slope_data, slope_grad, slope_inspect ...) may run at once on
 * one tape as long as nobody writes to it.  slope_partial of a node of more than three operands, or of a call, map
 * or fold, uses memory of the tape and so counts as writing; drawing (slope/graph.h), checking (slope/numeric.h) and
 * slope_find_nonfinite do too.
 */
#ifndef SLOPE_TAPE_H
#define SLOPE_TAPE_H

#include <slope/base.h>
#include <slope/opcode.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The memory in which values live; opaque.  Owned by who created it. */
typedef struct slope_tape slope_tape;

/* A node of a tape. */
typedef struct slope_node_ref {
    uint32_t id;    /* its position, from 0 */
    uint32_t epoch; /* of the tape when it was made: tells a stale value from one that took its place */
} slope_node_ref;

/*
 * A number that remembers how it was made: 16 bytes, passed by value, copied freely, nothing to free.
 *   tape NULL                 the null value (all-zero)
 *   tape SLOPE_NUMBER_TAPE    a plain number, in `number`; belongs to no tape
 *   otherwise                 node `id` of that tape, made in its epoch `epoch`
 */
typedef struct slope_value {
    slope_tape *tape; /* as said above */
    union {
        slope_node_ref node; /* of a value on a tape */
        double number;       /* of a plain number */
    };
} slope_value;

/* The tape of plain numbers, which is none. */
#define SLOPE_NUMBER_TAPE ((slope_tape *)1)

/* The most nodes a tape can hold; it can also hold as many plain numbers, and operands of nodes of three and more. */
#define SLOPE_MAX_NODES ((size_t)UINT32_MAX - 1)

/* How a tape is made.  Always start from slope_tape_options_default(). */
typedef struct slope_tape_options {
    size_t struct_size;        /* sizeof(slope_tape_options), set by the default */
    slope_allocator allocator; /* default slope_allocator_default() */
    size_t capacity;           /* nodes to make room for at once; default 0: grow from small */
    size_t max_nodes;          /* nodes after which SLOPE_ERR_LIMIT sticks; default SLOPE_MAX_NODES */
    /* default 0; 1: the first NaN or Inf sticks as SLOPE_ERR_NONFINITE: a value when it is computed, and the operation
       still gives its node; a local partial after a backward sweep that reached it */
    int trap_nonfinite;
} slope_tape_options;

/* The default options.  Thread-safe. */
SLOPE_API slope_tape_options slope_tape_options_default(void);

/* A new tape, owned by the caller; `options` NULL means the defaults.  NULL when memory is short, the options'
   struct_size is not one this library knows, their allocator has no function, or their capacity is above their
   max_nodes. */
SLOPE_API slope_tape *slope_tape_create(const slope_tape_options *options);

/* Frees a tape; its values must not be used again.  NULL is fine. */
SLOPE_API void slope_tape_destroy(slope_tape *tape);

/* Forgets every node, label and error and keeps the memory: values made before are stale, and using one is a
   sticky SLOPE_ERR_STALE (told apart for 2^32 resets and rewinds).  NULL is fine. */
SLOPE_API void slope_tape_reset(slope_tape *tape);

/* A place of a tape to come back to; all-zero is the start of any tape. */
typedef struct slope_mark {
    const slope_tape *tape;                                                    /* NULL: the start of any tape */
    size_t nodes, numbers, operands, notes, text, customs, structures, guards; /* how many the tape had of each */
    uint32_t epoch, note_epoch; /* of the last node and the last label or place before the mark */
} slope_mark;

/* Where the tape is now.  NULL gives the all-zero mark. */
SLOPE_API slope_mark slope_tape_mark(const slope_tape *tape);

/*
 * Forgets every node, label and place that came after the mark, and every error, and keeps the memory; values made
 * before the mark stay good, later ones are stale.  Gradients read as zero until the next backward sweep.
 * SLOPE_ERR_ARGUMENT for a NULL tape, a mark of another tape, or one that lies behind an earlier rewind or reset;
 * SLOPE_ERR_MEMORY, which only more than six rewinds inside each other can meet.  The tape is then as it was.
 */
SLOPE_API SLOPE_CHECKED slope_status slope_tape_rewind(slope_tape *tape, slope_mark mark);

/* How many nodes the tape holds; 0 for NULL. */
SLOPE_API size_t slope_tape_size(const slope_tape *tape);

/* How many bytes of its allocator the tape holds, itself included; 0 for NULL.  What calls, maps and folds on it hold
   is from the heap and not counted. */
SLOPE_API size_t slope_tape_bytes(const slope_tape *tape);

/* Makes room for `nodes` nodes in all, gradients included, so that recording up to there allocates no node memory.
   SLOPE_ERR_MEMORY, SLOPE_ERR_LIMIT, SLOPE_ERR_ARGUMENT; none of them sticks. */
SLOPE_API SLOPE_CHECKED slope_status slope_tape_reserve(slope_tape *tape, size_t nodes);

/* The first error since creation, reset or rewind; never NULL (a NULL tape reads as SLOPE_ERR_ARGUMENT).  Borrowed
   until the tape is reset, rewound or destroyed. */
SLOPE_API const slope_error *slope_tape_error(const slope_tape *tape);

/* slope_tape_error(tape)->status. */
SLOPE_API slope_status slope_tape_status(const slope_tape *tape);

/* A new input holding `x`; null when the tape is NULL, in error or out of memory. */
SLOPE_API slope_value slope_var(slope_tape *tape, double x);

/* A plain number as a value: it has no tape, no gradient, and costs nothing. */
static inline slope_value slope_number(double x)
{
    slope_value v;
    v.tape = SLOPE_NUMBER_TAPE;
    v.number = x;
    return v;
}

/* Nonzero if v is null. */
static inline int slope_is_null(slope_value v) { return v.tape == NULL; }

/* Nonzero if v is a plain number. */
static inline int slope_is_number(slope_value v) { return v.tape == SLOPE_NUMBER_TAPE; }

/* Nonzero if v is a number or a node that its tape still holds. */
SLOPE_API int slope_is_valid(slope_value v);

/* Nonzero if both are the same node, numbers of the same bits, or null. */
SLOPE_API int slope_same(slope_value a, slope_value b);

/* The primal: the value's number.  NaN for null and stale values.  Of a value made of the inputs of a function that is
   being recorded (slope_function_record) it is NaN, too, and SLOPE_ERR_UNSUPPORTED sticks: the number would be frozen;
   slope_detach, slope_decide and slope_interp are the ways out, and slope_inspect tells it to who is looking for a
   mistake.  The same holds for slope_grad after a sweep, and for slope_partial. */
SLOPE_API double slope_data(slope_value v);

/* The adjoint of v in the last backward sweep: d(seeded outputs)/dv.  0 before the first sweep, after a rewind, for
   numbers, and for nodes the outputs do not depend on; NaN for null and stale values. */
SLOPE_API double slope_grad(slope_value v);

/*
 * Gives an input another number.  Values recorded from it keep theirs until slope_forward, or until they are rewound
 * and recorded again.  SLOPE_ERR_ARGUMENT if it is not an input of a tape, SLOPE_ERR_NULL, SLOPE_ERR_STALE; none
 * sticks.
 */
SLOPE_API SLOPE_CHECKED slope_status slope_set_data(slope_value input, double x);

/* Computes every value of the tape again from its inputs, in order of recording; O(nodes).  Gradients stay those of the
   last sweep.  SLOPE_ERR_BRANCH where a comparison that decided (slope_less ...) would now go the other way: values are
   then those of the way that was recorded; it does not stick.  Errors: the tape's sticky one, SLOPE_ERR_ARGUMENT for
   NULL; and, which stick, SLOPE_ERR_MEMORY and SLOPE_ERR_BRANCH (a guard) from a called function, SLOPE_ERR_CALLBACK
   from a custom operation, SLOPE_ERR_NONFINITE if trapped. */
SLOPE_API SLOPE_CHECKED slope_status slope_forward(slope_tape *tape);

/*
 * Reverse sweep from y: afterwards slope_grad(x) is dy/dx for every x on the tape.  Gradients are those of the last
 * call, never accumulated over calls.  A number has no tape to sweep: SLOPE_OK, nothing happens.  Errors: the tape's
 * sticky one, SLOPE_ERR_NULL, SLOPE_ERR_STALE, SLOPE_ERR_MEMORY; and, which stick, SLOPE_ERR_BRANCH (a guard),
 * SLOPE_ERR_MEMORY and SLOPE_ERR_LIMIT from a called function or the making of its derivative, SLOPE_ERR_CALLBACK,
 * SLOPE_ERR_NONFINITE if trapped.  O(nodes before y), no recursion.  Strong zeros: an adjoint or a partial that is
 * exactly zero contributes exactly zero, even against Inf or NaN.
 */
SLOPE_API SLOPE_CHECKED slope_status slope_backward(slope_value y);

/* Reverse sweep from n outputs of one tape at once, seeded with seed[i] (NULL: all 1): slope_grad(x) is then
   sum_i seed[i] * dy[i]/dx.  Numbers among y are skipped; an output that is named twice counts twice; where there is no
   node among them, n 0 included, nothing happens.  Also SLOPE_ERR_FOREIGN, and SLOPE_ERR_ARGUMENT for y NULL. */
SLOPE_API SLOPE_CHECKED slope_status slope_backward_seeded(size_t n, const slope_value y[], const double seed[]);

/* ------------------------------------------------------------------------------------------------- operations */

/* Any operation of the table by its code, on as many operands as it takes (slope_op_describe); they are copied.  Errors
   as in slope/ops.h; SLOPE_ERR_ARGUMENT for a code or count that does not fit.  It sticks to the tape of the first
   operand that has one; where none has, null is all that tells. */
SLOPE_API slope_value slope_apply(slope_op op, size_t n, const slope_value x[]);

/*
 * An operation of the caller's.  `eval` computes *value from x[0..n-1] and, when `partial` is not NULL, partial[i] =
 * d value / d x[i]; it returns 0, or anything else to fail (SLOPE_ERR_CALLBACK); what it does not write is NaN.  It
 * must not use the tape it is called from.  The struct is borrowed as long as the tape holds a node made with it, and
 * as long as functions recorded from there live (slope_function_custom says what may be done with these).
 */
typedef struct slope_custom {
    const char *name; /* drawn in graphs and named in errors; must not be NULL */
    int (*eval)(size_t n, const double x[], double *value, double partial[], void *context); /* as said above */
    void *context; /* passed through; may be NULL */
} slope_custom;

/* Records custom(x[0..n-1]) on the tape of its operands, of which at least one must be a value of a tape: else null.
   Operands are copied.  O(n).  Errors as in slope/ops.h; SLOPE_ERR_ARGUMENT for a custom that is NULL or lacks name or
   eval; SLOPE_ERR_CALLBACK. */
SLOPE_API slope_value slope_custom_apply(const slope_custom *custom, size_t n, const slope_value x[]);

/* ------------------------------------------------------------------------------------------- what a node knows */

/* Names v for graphs, errors and listings; `label` is copied.  The last call wins; NULL removes.  Returns v, so that it
   can be wrapped around an expression; a null value or a number just passes.  Also on a tape in error, so that the
   message about a trapped value tells its label.  SLOPE_ERR_STALE and SLOPE_ERR_MEMORY stick. */
SLOPE_API slope_value slope_label(slope_value v, const char *label);

/* Says where in the source v was made; `file` is borrowed for as long as the tape lives (a __FILE__); NULL does
   nothing.  Otherwise like slope_label. */
SLOPE_API slope_value slope_at(slope_value v, const char *file, int line);

/* Define SLOPE_PLACES before including any header of Slope to record file and line of every operation that is written
   with its macros, and of comparisons in C++.  Programs compiled by gcc or clang without optimisation and without
   NDEBUG have it unless SLOPE_NO_PLACES is defined; a place takes some 60 bytes. */
#if defined __GNUC__ && !defined __OPTIMIZE__ && !defined NDEBUG && !defined SLOPE_PLACES && !defined SLOPE_NO_PLACES
#define SLOPE_PLACES
#endif

/* Marks v with this file and line: SLOPE_HERE(slope_mul(a, b)). */
#define SLOPE_HERE(v) slope_at((v), __FILE__, __LINE__)

/* Everything a node knows but its operands, which slope_operand gives. */
typedef struct slope_node {
    double data;        /* the primal */
    double grad;        /* the adjoint of the last backward sweep */
    slope_op op;        /* SLOPE_OP_VAR for an input, SLOPE_OP_CONST for a number that became a node */
    size_t operands;    /* how many */
    const char *name;   /* of the operation, or of the custom operation; borrowed */
    const char *symbol; /* what is drawn: "+", "tanh", the custom name; borrowed */
    const char *label;  /* as given, or NULL; borrowed until the next label or rewind */
    const char *file;   /* as given, or NULL; borrowed */
    int line;           /* as given, or 0 */
    uint32_t id;        /* position on the tape, from 0; operands come before their results */
} slope_node;

/* Fills *node with what is known of v.  SLOPE_ERR_ARGUMENT for a number or NULL node, SLOPE_ERR_NULL, SLOPE_ERR_STALE;
 *node is then all-zero. */
SLOPE_API SLOPE_CHECKED slope_status slope_inspect(slope_value v, slope_node *node);

/* Operand i of v: a node, or a number; null when there is none. */
SLOPE_API slope_value slope_operand(slope_value v, size_t i);

/* The local partial dv / d(operand i) at the present data.  A structure (a call, map or fold, SLOPE_OP_STRUCTURE, which
   has data 0 and whose SLOPE_OP_RESULT nodes follow it) stands for the sum of its results weighted by their gradients,
   over the sum of the magnitudes of these, which is its own gradient; so the partial of a result is the sign of its
   gradient, and the product of gradient and partial is what flows on.  NaN when there is none, or when a custom
   operation fails.  Numbers as operands have one too.  O(operands). */
SLOPE_API double slope_partial(slope_value v, size_t i);

/* Node number i of the tape as a value, null when there is none: for walking a tape. */
SLOPE_API slope_value slope_tape_value(slope_tape *tape, size_t i);

/* The node with this label (the last one labelled so), null when there is none; O(labels). */
SLOPE_API slope_value slope_tape_find(slope_tape *tape, const char *label);

/* Where the first NaN or Inf came from. */
typedef struct slope_origin {
    slope_value node;  /* null: all finite */
    int is_partial;    /* 1: all values are finite, a local partial of this node is not */
    size_t operand;    /* is_partial: of which operand */
    int born;          /* 1: born here, every operand is finite; 0: it came in as an input or a plain number */
    char message[256]; /* a sentence: operation, label, operands with their numbers, place */
} slope_origin;

/* Looks for the first node, in order of recording up to y, whose value is not finite; if all values are, sweeps
   backward from y (gradients are then those of y) and looks for the first local partial on the way that is not.  Also
   on a tape in error.  Of a number y, origin->node is y itself if it is not finite.  O(nodes).  SLOPE_ERR_NULL,
   SLOPE_ERR_STALE, SLOPE_ERR_MEMORY, SLOPE_ERR_CALLBACK (sticks), SLOPE_ERR_ARGUMENT (NULL origin). */
SLOPE_API SLOPE_CHECKED slope_status slope_find_nonfinite(slope_value y, slope_origin *origin);

/* A comparison that was decided at a tie. */
typedef struct slope_tie {
    slope_value node;  /* the comparison, or what decided; the call, map or fold that it is in; null: there is none */
    size_t ties;       /* how many there are in all */
    const char *file;  /* where the node was made, or NULL; borrowed */
    int line;          /* where the node was made, or 0 */
    char message[320]; /* a sentence: the comparison, its operands with their numbers, its place */
} slope_tie;

/*
 * Looks for comparisons whose operands, at their present numbers, are at a tie, so that inputs a little to the side are
 * decided otherwise: the gradients are those of the way that was taken, and what the other way has is not in them.  So
 * it is with a search for a root that starts on the root, and with a special case for 0.  Fills *tie with number k of
 * them in order of recording (0: the first).
 *
 * At a tie are an equality that held, an ordering of equal numbers, numbers so near to each other that inputs which
 * differ by 1e-10 of themselves decide otherwise, and a number found to be 0 within a tolerance of up to 1e-4 of what
 * it changes with its inputs.  No tie are comparisons of numbers that do not depend on inputs (slope_detach), or that
 * move together to first order: an iteration that has converged knows its slope.  min, max, abs and other operations
 * with kinks have the slopes of docs/edges.md and are no ties.
 *
 * Looked at are all comparisons of the tape that decided a branch (slope_less ...), since any of them may be why y is
 * what it is, and those that y is computed from (slope_select ...; y a number or null: none), in called functions too.
 * Gradients and data stay as they are.  O(nodes), and the evaluation of called functions.  SLOPE_ERR_ARGUMENT (tape or
 * tie NULL), SLOPE_ERR_FOREIGN, SLOPE_ERR_STALE, SLOPE_ERR_MEMORY, SLOPE_ERR_CALLBACK from a custom operation; none
 * sticks.  Counts as writing to the tape.
 */
SLOPE_API SLOPE_CHECKED slope_status slope_find_tie(slope_tape *tape, slope_value y, size_t k, slope_tie *tie);

/* ----------------------------------------------------------------------------------------- the operation table */

/* How many codes there are, from SLOPE_OP_NONE, which is 0, to SLOPE_OP_RESULT.  Thread-safe. */
SLOPE_API size_t slope_op_count(void);

/* What the table says of an operation; every pointer is borrowed, valid for ever. */
typedef struct slope_op_info {
    const char *name;   /* "mul": slope_mul in C, mul(x, y) in text */
    const char *symbol; /* "*" */
    const char *doc;    /* "product" */
    int arity;          /* 0: none, an input or a number; 1, 2, 3; -1: n-ary, or custom */
    double low, high;   /* the interval that sampling tests draw operands from; 0, 0 where there are none to draw */
    double low2, high2; /* the same for operand 2; equal to low, high but for binary operations */
    int smooth;         /* 1: differentiable inside the sampling interval; 0: has steps or kinks there */
} slope_op_info;

/* What the table says of an operation; NULL for a code that is none.  Thread-safe. */
SLOPE_API const slope_op_info *slope_op_describe(slope_op op);

/* The operation of the table with this name ("mul"); SLOPE_OP_NONE when there is none or name is NULL.  Thread-safe. */
SLOPE_API slope_op slope_op_find(const char *name);

#ifdef __cplusplus
}
#endif
#endif
