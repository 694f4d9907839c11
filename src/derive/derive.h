/* SPDX-License-Identifier: MIT */
/*
 * What the files of src/derive share: which cells matter, the forward and the reverse sweep as instructions, loops
 * under construction, names, and the cache of what was derived.
 *
 * A sweep runs over the instructions of a function f and appends to a builder.  SLOPE__NONE for a tangent or an adjoint
 * means that it is 0 for structural reasons: it costs nothing.
 */
#ifndef SLOPE_DERIVE_DERIVE_H
#define SLOPE_DERIVE_DERIVE_H

#include <slope/derive.h>

#include "base/memory.h"
#include "function/ir.h"

/* Arrays from this length on are added by loops, shorter ones by single instructions. */
enum { SLOPE__ARRAY = 16 };

/* -------------------------------------------------------------------------------------------------- dependency */

/* Which output groups of a function depend on which input groups, in the sense of derivatives.  Kept with the
   function. */
typedef struct slope__reach {
    size_t words;    /* per output */
    uint64_t bits[]; /* of output o from o * words: bit g for input group g */
} slope__reach;

/* NULL when memory is short. */
const slope__reach *slope__reach_of(const slope_function *f);

static inline int slope__reaches(const slope__reach *r, size_t g, size_t o)
{
    return (int)(r->bits[o * r->words + g / 64] >> g % 64 & 1);
}

/* Does operand i of this operation ever get a slope? */
int slope__has_slope(unsigned code, size_t i);

/* The output that input g of a loop's body is carried from, SLOPE__NONE where nothing is: a loop of one item carries
   nothing. */
uint32_t slope__carried(const slope__loop *loop, size_t g);

/* The items of a view that differ: 1 where all see the same cells. */
size_t slope__view_items(const slope__view *view, size_t n);

/* The last item first, in place. */
void slope__view_reverse(slope__view *view, size_t n, size_t length);

/* Over all items: given the inputs of the body that vary at the start, which ones vary in some item (`on`, in place),
   and which outputs then vary. */
void slope__loop_vary(const slope__loop *loop, const slope__reach *r, unsigned char on[], unsigned char out_on[]);

/* ------------------------------------------------------------------------------------------------ loops under way */

/* A loop to be appended: sources and targets are owned; sources start as nothing carried. */
typedef struct slope__loop_frame {
    slope__builder *b;
    slope__loop loop;
} slope__loop_frame;

/* 0: there is no memory, which sticks to the builder. */
int slope__loop_frame_begin(slope__loop_frame *frame, slope__builder *b, const slope_function *body, size_t n);

/* Binds input g of the body to the view through map (NULL: as it is); `reversed`: the last item first. */
void slope__loop_frame_read(slope__loop_frame *frame, size_t g, const slope__view *view, const slope__cell map[],
                            int reversed);

/* Binds input g to the start of a carried group. */
void slope__loop_frame_carry(slope__loop_frame *frame, size_t g, uint32_t from, const slope__view *start,
                             const slope__cell map[]);

/* Appends the loop; its first result. */
slope__cell slope__loop_frame_build(slope__loop_frame *frame);
void slope__loop_frame_end(slope__loop_frame *frame);

/* ------------------------------------------------------------------------------------------------ the chain rule */

/* slope times partial with strong zeros, in the cheapest form that is right. */
slope__cell slope__chain(slope__builder *b, slope__cell slope, slope__ref partial);

/* x[0] + ... + x[n-1]; SLOPE__NONE for n = 0. */
slope__cell slope__sum(slope__builder *b, size_t n, const slope__cell x[]);

/* Is this the number 0, or structurally none? */
int slope__is_zero(const slope__builder *b, slope__cell c);

/* -------------------------------------------------------------------------------------------------- forward sweep */

typedef struct slope__push {
    slope__builder *b;
    const slope_function *f;
    slope__cell *map; /* of each cell of f, the builder's */
    slope__cell *dot; /* of each cell of f: its tangent */
    slope__cell zero;
    int replayed;    /* the map is complete */
    uint64_t *roots; /* of each cell: the inputs of the roots it depends on, as a set; NULL: there are no roots */
} slope__push;

/* Inputs of f are the builder's first cells, its data groups are at `data`.  0 when memory is short, which sticks. */
int slope__push_begin(slope__push *p, slope__builder *b, const slope_function *f, slope__cell data);

/* Forgets all tangents: for another sweep. */
void slope__push_clear(slope__push *p);

/* From the tangents of inputs (set in p->dot) to all others. */
void slope__push_run(slope__push *p);
void slope__push_end(slope__push *p);

/* The same of an opaque function, by what it says of itself. */
void slope__push_opaque(slope__push *p);

/* -------------------------------------------------------------------------------------------------- reverse sweep */

/* How a loop is swept. */
typedef struct slope__pull_plan {
    unsigned char *on, *out_on; /* which inputs and outputs of the body vary */
    unsigned char *wrt, *seed;  /* the spec of its derivative, as in slope__spec */
    slope_function *body;       /* the derivative of the body; NULL: nothing flows through this loop */
    slope_function *forward;    /* the body with its carried inputs as further outputs; NULL: itself */
    slope__cell *state;         /* of each input of the body: where its values of all steps are */
    int reversed;               /* items from the last to the first */
} slope__pull_plan;

typedef struct slope__pull_term {
    uint32_t next; /* 1 + the one before */
    slope__cell cell;
} slope__pull_term;

typedef struct slope__pull {
    slope__builder *b;
    const slope_function *f;
    slope__cell *map;     /* of each cell of f, the builder's */
    slope__cell *adjoint; /* of cells of groups and loops, once added up */
    unsigned char *flag;  /* of each cell: what follows */
    uint32_t *head;       /* of each cell: 1 + its last term */
    uint32_t *rank;       /* scratch per cell, SLOPE__NONE between uses */
    slope__pull_term *term;
    size_t terms;
    slope__block block, scratch;
    slope_allocator allocator;
    slope__pull_plan *plan; /* of each loop */
    slope__cell zero;
    uint64_t
        *roots; /* of each cell: the inputs of the roots and kinks it depends on, as a set; NULL: there are no roots */
    slope__cell *probe;  /* of each cell that depends on some: see kink.c */
    slope__cell leaping; /* the adjoint of what is being swept by an identity */
} slope__pull;

enum {
    SLOPE__VARIES = 1, /* depends on a wanted input */
    SLOPE__COUNTS = 2, /* and a seeded output depends on it */
    SLOPE__MATTERS = 3,
    SLOPE__IN_ARRAY = 4, /* has a term from an array */
    SLOPE__POLED = 8,    /* its adjoint comes from a pole, and is infinite if that is met */
    SLOPE__ENDED = 16,   /* the same from a pole or a vertical tangent */
    SLOPE__LAPSED = 32   /* its probe is not its adjoint */
};

/* Replays f: inputs are the builder's first cells, data groups at `data`.  wrt[g], seeded[o]: nonzero for groups that
   are. 0 on failure, which sticks. */
int slope__pull_begin(slope__pull *p, slope__builder *b, const slope_function *f, slope__cell data,
                      const unsigned char wrt[], const unsigned char seeded[]);

/* Adds a seed to element j of output group o. */
void slope__pull_seed(slope__pull *p, size_t o, size_t j, slope__cell cell);

/* From the seeds back to the adjoints of wanted inputs, which are then in p->adjoint. */
void slope__pull_run(slope__pull *p);

/* The same of an opaque function, by what it says of itself. */
void slope__pull_opaque(slope__pull *p);

/* Forgets all seeds and adjoints: for another sweep. */
void slope__pull_clear(slope__pull *p);
void slope__pull_end(slope__pull *p);

/* Of the files of the reverse sweep among each other: plans of loops, before the replay; terms and their totals; a
   loop. */
void slope__pull_plan_vary(slope__pull *p, const slope__instruction *i);
void slope__pull_plan_need(slope__pull *p, const slope__instruction *i);
void slope__plan_replay(slope__pull *p, size_t instruction);
void slope__pull_plan_free(slope__pull_plan *plan);
void slope__pull_loop(slope__pull *p, const slope__instruction *i);
void slope__term_add(slope__pull *p, slope__cell of, slope__cell cell, int in_array);
slope__cell slope__term_total(slope__pull *p, slope__cell of);

/* Where zeros meet infinite slopes: finds roots and kinks (0: no memory); forgets what was swept; a seed; the branch k
   of a select; the term of operand k, whose partial counts for both operands where the same is given `twice`; terms by
   an identity instead (0: there is none). */
int slope__kinks_find(slope__pull *p);
void slope__kinks_clear(slope__pull *p);
void slope__kinks_seed(slope__pull *p, slope__cell of, slope__cell cell);
void slope__kinks_select(slope__pull *p, const slope__instruction *i, size_t k, slope__cell adjoint);
void slope__pull_operand(slope__pull *p, const slope__instruction *i, const slope__cell x[], size_t k,
                         slope__ref partial, slope__cell adjoint, int twice);
int slope__pull_leap(slope__pull *p, const slope__instruction *i, slope__cell adjoint);
int slope__push_leap(slope__push *p, const slope__instruction *i);
int slope__push_find_roots(slope__push *p);
slope__cell slope__push_operand(slope__push *p, const slope__instruction *i, size_t k, slope__ref partial);

/* The adjoints of consecutive cells; returns how many are not structurally 0. */
size_t slope__term_totals(slope__pull *p, slope__cell first, size_t count);

/* --------------------------------------------------------------------------------------------------------- names */

/* Names in use. */
typedef struct slope__names {
    const char **table; /* a hash table of texts, which are owned */
    size_t slots, count;
} slope__names;

/* The printf-like name, or with _2, _3 ... behind it where it is in use; owned by the names.  NULL when memory is
   short, which the builder that is given it tells. */
#if defined __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
const char *
slope__name(slope__names *names, const char *format, ...);

/* The names of all inputs and data groups of f. */
void slope__names_inputs(slope__names *names, const slope_function *f);
void slope__names_free(slope__names *names);

/* ----------------------------------------------------------------------------------------------- what was derived */

typedef enum slope__kind {
    SLOPE__PULL,           /* adjoints, seeds are further inputs */
    SLOPE__PUSH,           /* outputs and tangents, tangents are further inputs */
    SLOPE__TANGENT,        /* tangents only */
    SLOPE__GRADIENT,       /* adjoints of the one output number */
    SLOPE__VALUE_GRADIENT, /* outputs first */
    SLOPE__SECOND,
    SLOPE__JACOBIAN,
    SLOPE__HESSIAN,
    SLOPE__HESSIAN_LOWER,
    SLOPE__LAGRANGIAN,
    SLOPE__STATES, /* the function and its inputs `wrt` as outputs */
    SLOPE__SERIES, /* Taylor coefficients up to `order`; those of inputs `wrt` are further inputs */
    SLOPE__TAYLOR,
    SLOPE__SPARSE_JACOBIAN,
    SLOPE__SPARSE_HESSIAN
} slope__kind;

/* What of f is to be made.  seeds: one byte per output, NULL where it has no meaning.  PULL: how many adjoint inputs
   (added), plus 128: also an output of zeros; PUSH and TANGENT: nonzero for tangents that are wanted. */
typedef struct slope__spec {
    slope__kind kind;
    size_t n;
    const size_t *wrt;
    const unsigned char *seeds;
    unsigned order; /* of series; else 0 */
} slope__spec;

enum { SLOPE__ZEROS = 128 };

typedef slope_function *slope__maker(const slope_function *f, const slope__spec *spec, slope_error *error);

/* What f keeps for this spec, made if need be; owned by the caller. */
slope_function *slope__derived(const slope_function *f, const slope__spec *spec, slope__maker *maker,
                               slope_error *error);

/* The same for callers: checks f and wrt, and takes all inputs for NULL. */
slope_function *slope__derived_by(const slope_function *f, slope__kind kind, size_t n, const size_t wrt[],
                                  slope__maker *maker, slope_error *error);

/* To this order. */
slope_function *slope__derived_to(const slope_function *f, slope__kind kind, unsigned order, size_t n,
                                  const size_t wrt[], slope__maker *maker, slope_error *error);

/* The makers that loops need. */
slope_function *slope__make_pull(const slope_function *f, const slope__spec *spec, slope_error *error);
slope_function *slope__make_push(const slope_function *f, const slope__spec *spec, slope_error *error);
slope_function *slope__make_states(const slope_function *f, const slope__spec *spec, slope_error *error);

/* Is there one output number?  Fills *error if not. */
int slope__has_one_output(const slope_function *f, slope_error *error);

/*
 * The matrix of all derivatives of g's outputs by wanted inputs: cell[i * columns + j], of output number i by wanted
 * number j.  symmetric: cells with i < j may be taken from the other half.  Inputs of g are the builder's first cells,
 * its data groups at `data`.
 */
void slope__matrix(slope__builder *b, const slope_function *g, slope__cell data, size_t n, const size_t wrt[],
                   int symmetric, slope__cell cell[]);

/* How many numbers the wanted inputs have together. */
size_t slope__wanted(const slope_function *f, size_t n, const size_t wrt[]);

#endif
