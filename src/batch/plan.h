/* SPDX-License-Identifier: MIT */
/*
 * A function made ready to run.
 *
 * Every number is either uniform, one for all items that run beside each other, or one of a lane each.  Which inputs
 * are which is decided when a plan is made; a plan with uniform inputs only is how one point is evaluated.  The uniform
 * stream of instructions runs first, in a frame of numbers; then the stream of lanes, in a frame of rows of `stride`
 * numbers.
 *
 * Numbers are found by way of bases: the two frames, the constants, and arrays outside, one per input and output group,
 * that are read and written in place.  What instructions on lanes refer to is listed once (plan.ref) and turned into a
 * table of pointers when a base is set.
 */
#ifndef SLOPE_BATCH_PLAN_H
#define SLOPE_BATCH_PLAN_H

#include "batch/engine.h"

enum slope__base_kind { SLOPE__UNIFORM, SLOPE__NUMBERS, SLOPE__LANES, SLOPE__OUTSIDE };

/* Element k is p[k * step]; of lanes, a row of them begins there. */
typedef struct slope__base {
    double *p;
    ptrdiff_t step;
} slope__base;

/* Where a number is. */
typedef struct slope__place {
    uint32_t base, at;
} slope__place;

/* Codes of instructions beyond those of the table. */
enum {
    slope__code_affine = slope__code_loop + 1, /* a sum of products and numbers */
    slope__code_acc,                           /* a sum over lanes goes on: += a */
    slope__code_accprod,                       /* += a * b */
    slope__code_accprods,                      /* this and the next 3 are such products */
    slope__code_accouter,                      /* this and the next 7 are such products with the same a */
    slope__code_mul_add,                       /* uniform only: a * b + c, rounded twice; and so on */
    slope__code_add_mul,
    slope__code_mul_sub,
    slope__code_sub_mul,
    slope__code_last
};

/* Terms of slope__code_affine: what is done to the accumulator. */
enum {
    SLOPE__PRODUCT = 1,  /* x * y instead of x */
    SLOPE__MINUS = 2,    /* subtracted */
    SLOPE__STRONG = 4,   /* the product is a zmul */
    SLOPE__X_SINGLE = 8, /* x is uniform among lanes */
    SLOPE__Y_SINGLE = 16
};

typedef struct slope__term {
    uint32_t kind, x, y;
} slope__term;

/* Operands are numbers of slots of the uniform frame, or of the table of pointers.  single: bit i says that operand i
   is uniform. */
typedef struct slope__step {
    uint16_t code;
    uint16_t single;
    uint32_t r, a, b,
        c; /* n-ary: list[a ... a + b - 1], and c says which are uniform: list[c ...]; affine: term[a ... a + b - 1],
                            c nonzero: it begins with 0 */
} slope__step;

/* In the base of a gathered place: the number is uniform and goes to all lanes. */
#define SLOPE__ONE_FOR_ALL 0x80000000u

/* A view of a loop resolved: element j of item i is number at + i * item + j * element of a base. */
typedef struct slope__access {
    uint32_t base, at;
    int64_t item, element;
    size_t gathers;       /* so many numbers are brought together at `at` of a frame first */
    slope__place *gather; /* owned */
    int single;           /* uniform */
    int padded;           /* rows have copies of the last item up to a multiple of 8 */
} slope__access;

/* Numbers of an input group that a loop in blocks reads as structures: kept as rows in the uniform frame, as long as
   the group's array stays. */
typedef struct slope__rows {
    size_t group;
    uint32_t at;
    int64_t item, element;
    size_t n, length;
    uint32_t slot;
} slope__rows;

typedef struct slope__plan slope__plan;

struct slope__frame;

/* What is compiled for every vector unit. */
typedef struct slope__unit {
    const char *name;
    /* n steps on so many lanes, a multiple of 8, of which `valid` count */
    void (*run)(const struct slope__frame *f, const slope__step *step, size_t n, size_t lanes, size_t valid);
    /* to[k * step] += from[k] */
    void (*add)(double *to, ptrdiff_t step, const double *from, size_t n);
    /* to[j * stride + k] = from[k * item + j] */
    void (*split)(double *to, size_t stride, const double *from, ptrdiff_t item, size_t length, size_t n);
    /* to[k * item + j] = from[j * stride + k] */
    void (*join)(double *to, ptrdiff_t item, const double *from, size_t stride, size_t length, size_t n);
} slope__unit;

enum slope__loop_way { SLOPE__ITEMS, SLOPE__BLOCKS };

typedef struct slope__run_loop {
    const slope__loop *loop;
    slope__plan *body;     /* borrowed: attached to the body */
    int way;               /* of uniform loops: item by item, or blocks of lanes */
    int in_lanes;          /* it belongs to the stream of lanes: item by item, all lanes at once */
    int carries;           /* it is a fold */
    uint32_t in, sums;     /* of the body's plan */
    size_t stride;         /* lanes of a block */
    slope__access *source; /* per input group */
    slope__place *target;  /* per output group: where its results begin */
    uint32_t *pair;        /* per input group that is carried: two buffers of its length begin here; else SLOPE__NONE */
} slope__run_loop;

/* A part of a stream: instructions, then a loop unless it is SLOPE__NONE. */
typedef struct slope__part {
    size_t first, last;
    uint32_t loop;
} slope__part;

typedef struct slope__stream {
    slope__step *step;
    size_t steps;
    slope__part *part;
    size_t parts;
    uint32_t *guard; /* operands of conditions: pairs of operand and guard number */
    size_t guards;
} slope__stream;

/* An input number that instructions of the uniform stream read: copied into a slot. */
typedef struct slope__fetch {
    uint32_t element, slot;
} slope__fetch;

/* Where output number k is found after a run; direct: in its output's base already. */
typedef struct slope__drop {
    slope__place from;
    uint8_t single, direct;
} slope__drop;

/* An opaque function has no steps: it is called, for the point or for each lane. */
enum slope__calls { SLOPE__CALL_NONE, SLOPE__CALL_ONE, SLOPE__CALL_LANES };

struct slope__plan {
    enum slope__calls calls;
    const slope_function *f; /* borrowed: the plan is attached to it */
    const slope__unit *unit; /* of this machine */
    _Atomic(void *) spare;   /* memory of the last evaluation, for the next one; NULL: it is in use, or there is none */
    slope__stream uniform, lanes;
    slope__run_loop *loop;
    size_t loops;
    size_t slots, rows; /* sizes of the two frames */
    uint32_t *list;
    slope__term *term;
    slope__fetch *fetch; /* by input group: fetch_first[g] ... fetch_first[g + 1] - 1 */
    size_t *fetch_first;
    slope__rows *rows_of; /* of input groups */
    size_t rows_of_count;
    slope__place *constant; /* base: which number, at: slot */
    size_t constants;
    slope__place *ref;       /* sorted by base */
    size_t refs, *ref_first; /* of base b: ref_first[b] ... ref_first[b + 1] - 1 */
    slope__drop *drop;       /* per output number */
    uint32_t *reserve;       /* per output group: slot (uniform plans) or row where it goes without an array outside */
    uint8_t *in_lanes;       /* per input group */
    uint8_t *summed;         /* per output group */
    uint8_t *whole;          /* per output group: all of it is direct */
    size_t widest;           /* operands of the widest instruction */
    size_t packed;           /* rows of all input groups in lanes */
    uint32_t *sum_number;    /* output numbers that are summed: which ones */
    size_t sum_numbers;
    size_t deep_rows; /* rows with those of the loops inside */
    size_t fixed;     /* bytes besides rows, with those of the loops inside */
};

/* The plan of f (a text): bit g of `in` says that input group g is in lanes, bit 31 that all from 31 on are; bit g of
   `sums` that output group g is summed over items.  Attached to f.  NULL: no memory. */
slope__plan *slope__plan_of(const slope_function *f, uint32_t in, uint32_t sums);

/* Makes the plan of an opaque function, none of whose outputs is summed; 0: no memory. */
int slope__plan_opaque(slope__plan *p);

/* Bytes of work for blocks of so many lanes, and so many totals of sums. */
size_t slope__block_bytes(const slope__plan *p, size_t stride, size_t totals);

/* What a loop in blocks needs besides: for every group, and for the states of threads. */
enum { SLOPE__PER_GROUP = 64, SLOPE__EXTRA = 4096, SLOPE__MOST_THREADS = 512 };

/* How many lanes are good for n items. */
size_t slope__plan_stride(const slope__plan *p, size_t n);

static inline uint32_t slope__input_base(const slope__plan *p, size_t g)
{
    (void)p;
    return (uint32_t)(SLOPE__OUTSIDE + g);
}

static inline uint32_t slope__output_base(const slope__plan *p, size_t g)
{
    return (uint32_t)(SLOPE__OUTSIDE + p->f->inputs + p->f->data + g);
}

static inline size_t slope__bases(const slope__plan *p)
{
    return SLOPE__OUTSIDE + p->f->inputs + p->f->data + p->f->outputs;
}

#endif
