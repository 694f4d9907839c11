/* SPDX-License-Identifier: MIT */
/*
 * What a function is inside: numbered cells, and instructions that fill them.
 *
 *     cells   | inputs, group after group | data groups | constants | results of instruction 0, 1, 2 ... |
 *
 * Every cell is written once.  An instruction is an operation of the table with one result, or a loop with many.  A
 * loop is a call (n = 1), a map (nothing carried) or a fold: n times its body, another function, whose input groups are
 * bound to cells by views and whose output groups become result cells.  The derivative of a loop is a loop again.
 *
 * An opaque function has no instructions but C code that computes its results, which are cells right behind its inputs
 * (opaque.h).  It is only ever the body of a loop: its text, appended to a builder, is a call of itself.
 *
 * Functions are made by a builder only (below): it shares equal instructions, applies the rules of pass_*.c as it
 * appends, and at the end keeps what the outputs need, in the order of a walk from them, so that equal functions have
 * equal text.
 */
#ifndef SLOPE_FUNCTION_IR_H
#define SLOPE_FUNCTION_IR_H

#include <stdatomic.h>

#include <slope/function.h>

#include "base/error.h"
#include "ops/motion.h"
#include "ops/op.h"

typedef uint32_t slope__cell;

#define SLOPE__NONE UINT32_MAX /* no cell, no group */

/* Codes of instructions beyond those of the table. */
enum { slope__code_loop = slope__code_count };

typedef struct slope__instruction {
    uint16_t code;    /* enum slope__code, or slope__code_loop */
    uint32_t operand; /* of the table: first of `count` entries of slope_function.operand; of a loop: which one */
    uint32_t count;
    slope__cell result; /* its first result cell */
} slope__instruction;

/*
 * Cells by item i of n and element j of `length`: first + i * item + j * element, or index[i * length + j] when index
 * is not NULL (owned by the loop).  Of an input the cells are the function's, of an output they count from the group's
 * first result cell.
 */
typedef struct slope__view {
    int64_t first, item, element;
    uint32_t *index;
} slope__view;

/* What an input group of the body is bound to.  carried: SLOPE__NONE, or the output group whose numbers the next item
   (step) gets; the view then gives those of item 0 (its `item` is 0). */
typedef struct slope__source {
    slope__view view;
    uint32_t carried;
} slope__source;

typedef enum slope__target_kind {
    SLOPE__DROPPED, /* not wanted: no result cells (it may still be carried) */
    SLOPE__EACH,    /* n * length cells: [i * length + j]; the view is first 0, item length, element 1 */
    SLOPE__ADDED, /* `extent` cells, first 0, to which the numbers are added through the view, in order of i; a sum over
                     the items has item 0 */
    SLOPE__LAST /* length cells: the numbers of the last item; where n is 0, those its carrying input starts with, or 0
                 */
} slope__target_kind;

/* Where an output group of the body goes. */
typedef struct slope__target {
    slope__target_kind kind;
    uint32_t base;   /* its first result cell, counted from the loop's first */
    uint32_t extent; /* how many result cells it has */
    slope__view view;
} slope__target;

typedef struct slope__loop {
    const slope_function *body; /* a share of it */
    size_t n;
    uint32_t results;      /* cells of all targets together */
    unsigned levels;       /* of a fold: how its derivative stores states, see slope_fold */
    slope__source *source; /* one per input group of the body, data groups included (after the others) */
    slope__target *target; /* one per output group of the body */
} slope__loop;

/* A recorded comparison: `condition` is a cell that must be nonzero (expected 1) or zero (expected 0). */
typedef struct slope__guard {
    slope__cell condition;
    int expected;
    int line;   /* 0: not known */
    char *file; /* owned; NULL: not known */
} slope__guard;

typedef struct slope__group {
    char *name; /* owned */
    size_t length;
    size_t first;        /* of an input: its first cell; of an output: its first entry of `result` */
    const double *bound; /* of a data group: its numbers, borrowed; NULL: not bound */
} slope__group;

/* Something that a layer above keeps with a function: its derivatives, a compiled program.  Pushed once, never removed
   before the function goes; key is the address of a static of the owner's, `number` whatever tells several apart. */
typedef struct slope__attachment {
    struct slope__attachment *next;
    const void *key;
    uint64_t number;
    void *object;
    void (*destroy)(void *object);
} slope__attachment;

typedef struct slope__opaque slope__opaque;

struct slope_function {
    /* what changes after it was made comes first, as slope_function_bind copies everything from `inputs` on */
    atomic_size_t owners;
    _Atomic(slope__attachment *) attachments;
    const slope_function
        *text; /* where another function has the same text (after slope_function_bind), a share of it; else
                                   NULL.  Arrays below are then that one's, except `input`. */

    size_t inputs, data, outputs; /* groups; `input` holds inputs + data of them */
    slope__group *input, *output;
    size_t input_cells; /* of inputs and data groups */
    size_t cells;       /* in all */

    size_t numbers; /* constants: cells input_cells ... input_cells + numbers - 1 */
    size_t scalars; /* the first so many of them stand alone and are shared; the others are tables, which stay in one
                       piece */
    double *number;
    size_t instructions, operands, loops, guards;
    slope__instruction *instruction;
    slope__cell *operand;
    slope__loop *loop;
    slope__guard *guard;
    slope__cell *result; /* the cells of all output groups, one after another */
    size_t results;
    slope__opaque *opaque; /* owned; NULL: it has instructions */

    size_t before;  /* operations that were asked of the builder */
    unsigned depth; /* of loops within loops: 0 for none */
};

/* The deepest nesting of bodies: what recursion over structure may cost. */
enum { SLOPE__MAX_DEPTH = 64 };

/* How many result cells an instruction has. */
static inline size_t slope__results_of(const slope_function *f, const slope__instruction *i)
{
    return i->code == slope__code_loop ? f->loop[i->operand].results : 1;
}

/* The cell of a view. */
static inline slope__cell slope__view_at(const slope__view *v, size_t length, size_t i, size_t j)
{
    return v->index ? v->index[i * length + j]
                    : (slope__cell)(v->first + (int64_t)i * v->item + (int64_t)j * v->element);
}

/* The instruction that makes a cell behind inputs and constants. */
const slope__instruction *slope__made_by(const slope_function *f, slope__cell c);

/* Letters, digits and _, no digit first: what groups may be called. */
int slope__is_identifier(const char *name);

/* Memory of functions: zeroed, sizes checked, from the C library's heap. */
void *slope__new(size_t count, size_t size);

/* ------------------------------------------------------------------------------------------------- attachments */

/* The object attached under key and number, NULL when there is none. */
void *slope__attached(const slope_function *f, const void *key, uint64_t number);

/* Attaches object and returns it; if another thread was first, destroys it and returns the other one.  NULL (object
   destroyed) when memory is short. */
void *slope__attach(const slope_function *f, const void *key, uint64_t number, void *object,
                    void (*destroy)(void *object));

/* ------------------------------------------------------------------------------------------------------- views */

/*
 * The view whose cell (i, j) is map[cell (i, j) of v], as strides where it has any.  map NULL: the same cells, strides
 * found. SLOPE_ERR_MEMORY.  The result's index is owned by the caller (free); v stays as it is.
 */
SLOPE_CHECKED slope_status slope__view_map(const slope__view *v, size_t n, size_t length, const slope__cell map[],
                                           slope__view *result);

/* The same from a list of n * length cells. */
SLOPE_CHECKED slope_status slope__view_list(size_t n, size_t length, const slope__cell cell[], slope__view *result);

/* The lowest and highest cell of a view (n * length > 0). */
void slope__view_range(const slope__view *v, size_t n, size_t length, slope__cell *low, slope__cell *high);

/* Do both show the same cells? */
int slope__view_same(const slope__view *a, const slope__view *b, size_t n, size_t length);

/* Are both loops the same work, result for result? */
int slope__loop_same(const slope__loop *a, const slope__loop *b);

/* Frees what a loop owns: its arrays, its views' lists, its share of the body. */
void slope__loop_free(slope__loop *loop);

/* ------------------------------------------------------------------------------------------------------ bodies */

/* A function and all bodies within, each once, bodies before who uses them. */
typedef struct slope__bodies {
    const slope_function **function; /* in order */
    size_t functions;
    size_t *slot; /* hash table of places in `function` + 1; 0: empty */
    size_t slots;
} slope__bodies;

/* Fills an empty one, to be freed filled or not; SLOPE_ERR_MEMORY.  find: the place of one that is in it. */
SLOPE_CHECKED slope_status slope__bodies_fill(slope__bodies *bodies, const slope_function *f);
size_t slope__bodies_find(const slope__bodies *bodies, const slope_function *f);
void slope__bodies_free(slope__bodies *bodies);

/* ----------------------------------------------------------------------------------------------------- builder */

/*
 * Builds one function.  The first error sticks; afterwards everything returns SLOPE__NONE and finish gives NULL and the
 * error.  Cells of a builder are its own numbering, inputs first.
 */
typedef struct slope__builder slope__builder;

/* passes: an OR of slope_pass.  NULL: no memory. */
slope__builder *slope__builder_create(unsigned passes);
void slope__builder_destroy(slope__builder *b);
unsigned slope__builder_passes(const slope__builder *b);

/* Makes room at once for about so many more operations: faster than growing. */
void slope__builder_expect(slope__builder *b, size_t operations);

/* The first error so far; printf-like to stick one. */
slope_status slope__builder_status(const slope__builder *b);
#if defined __GNUC__
__attribute__((format(printf, 3, 4)))
#endif
void slope__builder_fail(slope__builder *b, slope_status status, const char *format, ...);

/* Input groups, before anything else, data groups last; returns the first cell. */
slope__cell slope__build_input(slope__builder *b, const char *name, size_t length);
slope__cell slope__build_data(slope__builder *b, const char *name, size_t length, const double *bound);

/* All input and data groups of f with their names; cell c of f's inputs is then cell c here.  Further inputs may be
   added between the two: copy_inputs, slope__build_input ..., copy_data, which returns the first cell of the first data
   group. */
void slope__build_copy_inputs(slope__builder *b, const slope_function *f);
slope__cell slope__build_copy_data(slope__builder *b, const slope_function *f);

/* A constant; a table of n constants in consecutive cells. */
slope__cell slope__build_number(slope__builder *b, double x);
slope__cell slope__build_table(slope__builder *b, size_t n, const double x[]);

/* An operation of the table on n cells, by way of the passes. */
slope__cell slope__build(slope__builder *b, unsigned code, size_t n, const slope__cell x[]);

static inline slope__cell slope__build1(slope__builder *b, unsigned code, slope__cell x)
{
    return slope__build(b, code, 1, &x);
}

static inline slope__cell slope__build2(slope__builder *b, unsigned code, slope__cell x, slope__cell y)
{
    return slope__build(b, code, 2, (const slope__cell[]){x, y});
}

static inline slope__cell slope__build3(slope__builder *b, unsigned code, slope__cell x, slope__cell y, slope__cell z)
{
    return slope__build(b, code, 3, (const slope__cell[]){x, y, z});
}

/* A loop; returns its first result cell (target g is at + target[g].base), or SLOPE__NONE.  Takes a share of the body,
   copies arrays and lists; bases, extents (but of SLOPE__ADDED) and `results` are filled in by the builder, in *loop
   too. */
slope__cell slope__build_loop(slope__builder *b, slope__loop *loop);

/* The same for a loop whose bases and extents are known, such as one of a function, which others may be reading. */
slope__cell slope__build_placed_loop(slope__builder *b, const slope__loop *loop);

/* A guard; file is copied, NULL: not known. */
void slope__build_guard(slope__builder *b, slope__cell condition, int expected, const char *file, int line);

/* An output group of these cells; cell NULL: of consecutive ones from `first`. */
void slope__build_output(slope__builder *b, const char *name, size_t length, const slope__cell cell[],
                         slope__cell first);

/* The instruction that made a cell, its code (slope__code_var, slope__code_const, of the table, or slope__code_loop)
   and operands; n may be NULL.  Borrowed until the next append. */
unsigned slope__built_code(const slope__builder *b, slope__cell cell, const slope__cell **x, size_t *n);

/* The number in a constant cell; 0 if it is none. */
int slope__built_number(const slope__builder *b, slope__cell cell, double *x);

/* How many cells there are. */
size_t slope__built_cells(const slope__builder *b);

/* What all partials of one operation have in common, kept from one to the next: of which cell, and two cells. */
typedef struct slope__shared_parts {
    slope__cell of, part[2];
} slope__shared_parts;

slope__shared_parts *slope__built_parts(slope__builder *b);

/* The function; frees the builder in any case.  NULL: *error tells. */
slope_function *slope__builder_finish(slope__builder *b, slope_error *error);

/* Appends all instructions of f: map[c] is the builder's cell for cell c of f; entries of inputs and data groups are
   given, the others filled (constants and guards included).  The way to open a call and to rebuild a function. */
void slope__build_text(slope__builder *b, const slope_function *f, slope__cell map[]);

/* Its parts, in this order: constants, then instruction by instruction, then guards. */
void slope__build_numbers(slope__builder *b, const slope_function *f, slope__cell map[]);
void slope__build_step(slope__builder *b, const slope_function *f, size_t instruction, slope__cell map[]);
void slope__build_guards(slope__builder *b, const slope_function *f, const slope__cell map[]);

/* All output groups of f. */
void slope__build_copy_outputs(slope__builder *b, const slope_function *f, const slope__cell map[]);

/* The same step, a loop with another body of the same groups (NULL: its own). */
void slope__build_step_with(slope__builder *b, const slope_function *f, size_t instruction, const slope_function *body,
                            slope__cell map[]);

/* -------------------------------------------------------------------------------------- partials as instructions */

/* A cell of a builder, or a plain number (b NULL): what the words of ops/words.h mean here. */
typedef struct slope__ref {
    slope__builder *b;
    union {
        slope__cell cell;
        double number;
    };
} slope__ref;

slope__cell slope__ref_cell(slope__builder *b, slope__ref r);

/*
 * Partial i of an operation of the table (n-ary too) on cells x[0..n-1] with value v, from the table's own text, and
 * whether it is the plain number 0 or 1, which then costs nothing: look with slope__ref.b == NULL.
 */
slope__ref slope__build_partial(slope__builder *b, unsigned code, size_t n, const slope__cell x[], slope__cell v,
                                size_t i);

/* slope__power_slope and slope__log_slope (ops/zeros.h) as instructions. */
slope__ref slope__build_power_slope(unsigned code, slope__ref x, slope__ref q, slope__ref v, slope__ref e);
slope__ref slope__build_log_slope(unsigned code, slope__ref x);

/* ------------------------------------------------------------------------------------------------------- passes */

/* Each looks at one operation about to be appended and gives the cell to use instead, or SLOPE__NONE.  One file
   each. */
slope__cell slope__pass_fold(slope__builder *b, unsigned code, size_t n, const slope__cell x[]);
slope__cell slope__pass_identity(slope__builder *b, unsigned code, size_t n, const slope__cell x[]);
slope__cell slope__pass_strength(slope__builder *b, unsigned code, size_t n, const slope__cell x[]);
slope__cell slope__pass_contract(slope__builder *b, unsigned code, size_t n, const slope__cell x[]);

/* Of a whole function that was just finished by a builder with these passes: takes f over and gives what to use
   instead, which may be f. */
slope_function *slope__pass_loop(slope_function *f, unsigned passes, slope_error *error);
slope_function *slope__pass_constant(slope_function *f, unsigned passes, slope_error *error);
slope_function *slope__pass_merge(slope_function *f, unsigned passes, slope_error *error);

/* --------------------------------------------------------------------------------------------- reference evaluator */

/*
 * y = f(x) one instruction after another in the plainest way: what every faster way of evaluating is held against.  x
 * has inputs + data entries.  *guard (may be NULL) gets the number of the guard that failed, of f itself.
 */
SLOPE_CHECKED slope_status slope__interpret(const slope_function *f, const double *const x[], double *const y[],
                                            size_t *guard);

/* Its parts, on numbers of any kind: the widest row of operands, at least 3; the results of a loop before its first
   item (a fold of no steps ends where it starts); what its body reads for item i, `carried` being what the item before
   gave; and where what item i gave goes, `out` having it one group after another. */
size_t slope__widest(const slope_function *f);
void slope__loop_start(const slope__loop *loop, const double cell[], double result[]);
void slope__loop_gather(const slope__loop *loop, size_t i, const double cell[], const double carried[], double inner[]);
void slope__loop_scatter(const slope__loop *loop, size_t i, const double out[], double result[]);

/* How the results of f move (out, NULL: not wanted) when its inputs move so (NULL: each by itself), one group after
   another; *tie gets the number of ties within and number k of them.  x has inputs + data entries. */
SLOPE_CHECKED slope_status slope__function_move(const slope_function *f, const double *const x[],
                                                const slope__motion in[], slope__motion out[], size_t k,
                                                slope_tie *tie);

#endif
