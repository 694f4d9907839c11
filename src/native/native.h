/* SPDX-License-Identifier: MIT */
/*
 * Inside the native back end: a function becomes C for vector lanes, that becomes a shared object, and that is loaded.
 *
 * Emission walks a function instruction by instruction.  A `scope` is one function being written at one place: the
 * function itself or the body of a loop.  Every cell of a scope is either a number or `varying`: a vector with one
 * number per lane.  A map whose sources are all numbers opens lanes over its items; inside, cells vary, and loops there
 * are plain loops over vectors.
 */
#ifndef SLOPE_NATIVE_NATIVE_H
#define SLOPE_NATIVE_NATIVE_H

#include <slope/eval.h>

#include "base/string.h"
#include "function/ir.h"

enum {
    SLOPE__NATIVE_NAME = 48,   /* room for a name or a short expression */
    SLOPE__NATIVE_VALUE = 320, /* for the text of a value */
    SLOPE__NATIVE_LEAST = 4,   /* items that are worth lanes */
    SLOPE__NATIVE_CHUNK = 256, /* items whose sums a thread makes at once; part of the order of sums */
    SLOPE__NATIVE_LOCALS = 64, /* results of a loop up to so many are names, not memory */
    SLOPE__NATIVE_UNROLL = 16  /* longer runs of cells are moved by loops */
};

/* --------------------------------------------------------------------------------------------------- the outside */

/* SHA-256 of several pieces one after another; FIPS 180-4. */
typedef struct slope__bytes {
    const void *data;
    size_t size;
} slope__bytes;

enum { SLOPE__DIGEST = 32 };
void slope__sha256(size_t n, const slope__bytes piece[], unsigned char digest[SLOPE__DIGEST]);

/*
 * Runs a program without a shell and waits for it, `seconds` at most; then it and what it started are killed.  said
 * gets the beginning of what it printed.  SLOPE_OK when it ended with 0; SLOPE_ERR_TIMEOUT, SLOPE_ERR_SYSTEM.
 */
SLOPE_CHECKED slope_status slope__native_run(const char *path, char *const arguments[], double seconds, char *said,
                                             size_t room);

/* The path of an executable: as given if it has a slash, else searched on the PATH.  0: none. */
int slope__native_find(const char *name, size_t room, char path[]);

/* The folder where programs are kept, made if need be; "" when there is none that only we can write to.  wanted as in
   the options. */
void slope__cache_folder(const char *wanted, size_t room, char folder[]);

/* Whether a whole program of ours is there under this name. */
int slope__cache_has(const char *path);

/* Puts the file `from` there, whole or not at all.  0: it could not. */
int slope__cache_put(const char *from, const char *path);

/* ------------------------------------------------------------------------------------------------- program text */

/* What a program is made with.  width: lanes of a vector, 8, 4 or 2. */
typedef struct slope__native_program {
    char *text;
    size_t size;
    size_t work_bytes; /* per thread */
    int threads;       /* whether it needs OpenMP */
} slope__native_program;

/* The lanes of a vector on this machine. */
unsigned slope__native_width(void);

/* Operations that the text of f would have, bodies once per place; counting ends above `limit`. */
size_t slope__native_operations(const slope_function *f, size_t limit);

/* Writes the program for f; to be freed by free(text).  SLOPE_ERR_MEMORY, SLOPE_ERR_LIMIT. */
SLOPE_CHECKED slope_status slope__native_emit(const slope_function *f, unsigned width, slope__native_program *program,
                                              slope_error *error);

/* Compiles f for this width and attaches the machine code to it. */
SLOPE_CHECKED slope_status slope__native_attach(const slope_function *f, unsigned width, const slope_compile_options *o,
                                                slope_error *error);

/* The text before every program. */
void slope__native_prelude(slope__string *out, unsigned width);

/* How a NaN is noticed that a strong zero might have stopped. */
typedef enum slope__native_check {
    SLOPE__CHECK_NONE,    /* there is no zmul */
    SLOPE__CHECK_OUTPUTS, /* it arrives there */
    SLOPE__CHECK_PRODUCTS /* something could swallow it on the way: every zmul is looked at */
} slope__native_check;
slope__native_check slope__native_checks(const slope_function *f, int *no_memory);

/* ---------------------------------------------------------------------------------------------------- emission */

/* k, or k times a variable. */
typedef struct slope__stride {
    int64_t k;
    char variable[24];
} slope__stride;

typedef enum slope__where {
    SLOPE__NUMBERS, /* double *: one number for all lanes */
    SLOPE__SPREAD,  /* double *: lane l is l strides further */
    SLOPE__PACKED,  /* V * */
    SLOPE__LISTED   /* double *: lane l as list entry l * lane.k says */
} slope__where;

/* Where an input group is: element j at base[(first + j * element.k) * element.variable], or, with a list,
   base[(first + list[j] * element.k) * element.variable]. */
typedef struct slope__place {
    slope__where where;
    char base[SLOPE__NATIVE_NAME], list[SLOPE__NATIVE_NAME];
    int64_t first;
    slope__stride element, lane;
} slope__place;

/* Cells low ... high - 1 of a scope in one piece of memory, because loops reach into them. */
typedef struct slope__piece {
    slope__cell low, high;
    int varying, constant;
    uint32_t output; /* the output group whose memory it is, or SLOPE__NONE */
    char name[16];
} slope__piece;

typedef enum slope__sink_kind {
    SLOPE__SINK_NONE,
    SLOPE__SINK_STORE,
    SLOPE__SINK_ADD,
    SLOPE__SINK_SUM,   /* to the lanes' partial sums: place.base[first + j] */
    SLOPE__SINK_LOCAL, /* to names of the outer scope */
    SLOPE__SINK_POINT  /* output of a batch */
} slope__sink_kind;

/* Where the numbers of an output group go. */
typedef struct slope__sink {
    slope__sink_kind kind;
    slope__place place;
    int check;                          /* look for NaN here */
    int adds;                           /* SINK_LOCAL: adds instead of sets */
    int down;                           /* elements from the last to the first, which keeps the order of items */
    int late;                           /* all of them when the body is done */
    char condition[SLOPE__NATIVE_NAME]; /* "" or when to store */
    const slope__view *view;            /* SINK_LOCAL: element j is cell base + view(0, j) of `outer` */
    slope__cell base;
    struct slope__scope *outer;
} slope__sink;

enum { SLOPE__VARYING = 1, SLOPE__NAMED = 2, SLOPE__USED = 4 };

typedef struct slope__emitter {
    slope__string *out, *tables;
    unsigned width, names;
    size_t work, most; /* bytes of work memory in use here, and at most */
    size_t entries;    /* of tables so far */
    slope__native_check check;
    int threads, no_memory, too_long;
    size_t guards;  /* of the function itself */
    int any_guards; /* there or in a body */
} slope__emitter;

/* Group `group` of a map in lanes, put side by side before the loop whose body the map is in. */
typedef struct slope__pack {
    const slope__loop *loop;
    size_t group;
} slope__pack;

enum { SLOPE__PACKS = 16 };

typedef struct slope__scope {
    slope__emitter *e;
    const slope_function *f;
    const slope__loop *loop; /* whose body this is; NULL: the function itself */
    unsigned id;
    slope__place *in; /* per input and data group */
    unsigned char *flag;
    slope__piece *piece;
    size_t pieces;
    slope__sink *sink;                  /* per output group */
    uint32_t *first_entry, *next_entry; /* of each cell: the outputs it is, as lists; 0 is the end, else entry + 1 */
    char mask[16];                      /* how many lanes are valid here */
    int pass;                           /* that is being written */
    int two_passes;                     /* numbers are computed before the loop over lanes, the rest inside */
    int may_thread;
    int top;
    slope__pack pack[SLOPE__PACKS];
    size_t packs;
    size_t statements; /* since uniform memory was last hidden */
} slope__scope;

/* plan.c: what varies, what is in memory; place of the inputs must be set.  0: no memory. */
slope__scope *slope__scope_create(slope__emitter *e, const slope_function *f, const slope__loop *loop,
                                  const char *mask);
int slope__scope_plan(slope__scope *s);
void slope__scope_destroy(slope__scope *s);
const slope__piece *slope__piece_at(const slope__scope *s, slope__cell cell);
int slope__source_varies(const slope__scope *s, const slope__source *source, size_t n, size_t length);
int slope__loop_varies(const slope__scope *s, const slope__loop *loop, slope__cell result);
int slope__loop_in_lanes(const slope__loop *loop);
int slope__source_gathered(const slope__source *source, size_t n, size_t length);
int slope__target_is_local(const slope__loop *loop, const slope__target *t);

/* value.c: texts of values, moving them. */
int slope__emit_value(const slope__scope *s, slope__cell cell, char text[SLOPE__NATIVE_VALUE]);
void slope__emit_element(const slope__scope *s, const slope__place *p, const char *j, char text[SLOPE__NATIVE_VALUE]);
void slope__emit_to_sink(slope__scope *s, size_t g, const char *j, const char *value, int varying);
void slope__emit_to_pieces(slope__scope *s, slope__cell cell);
void slope__emit_cell_done(slope__scope *s, slope__cell cell);
void slope__emit_group_out(slope__scope *s, size_t g);
void slope__emit_number(double x, char text[SLOPE__NATIVE_NAME]);
const char *slope__emit_table(slope__emitter *e, size_t n, const uint32_t *entry, uint32_t less,
                              char name[SLOPE__NATIVE_NAME]);
size_t slope__emit_memory(slope__emitter *e, size_t count, int varying);

/* body.c: the instructions of a scope.  which: 0 numbers, 1 varying ones, 2 all. */
void slope__emit_begin(slope__scope *s, int which);
void slope__emit_body(slope__scope *s, int which);
void slope__emit_operation(slope__scope *s, const slope__instruction *i);
void slope__emit_loop(slope__scope *s, const slope__instruction *i);

/* lanes.c: whether a target is set to 0 by the loop itself, in lanes, shortly before its cells are added to. */
int slope__target_zeroed_late(const slope__loop *loop, const slope__target *t, size_t length);

/* lanes.c: a loop whose items run in lanes; its results exist. */
void slope__emit_lanes(slope__scope *s, const slope__loop *loop, slope__cell result);

/* loop.c: where the body of a loop finds input group g, item `counter` (NULL: 0, there is no other); writes pointers
   that it needs. */
slope__place slope__emit_source(slope__scope *s, slope__scope *inner, size_t g, const char *counter, int lanes);

#endif
