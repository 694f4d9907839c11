/* SPDX-License-Identifier: MIT */
/*
 * The part of a tape that recording touches, and how a node is appended: for slope/inline.h and for the library itself.
 * Its layout and the codes of slope/opcode.h are compiled into programs that record inline; where one of them changes,
 * SOVERSION does (tools/check_abi.sh).  Nothing here checks its arguments; users call slope_inline_*.
 *
 * A node is a row across the columns code, operand and value (the column of adjoints is the library's own).
 */
#ifndef SLOPE_HOT_H
#define SLOPE_HOT_H

#include <slope/tape.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is expected; what is compiled into the caller; what is compiled once into each file that uses it: an operation
   that records takes some 300 bytes, too much for every place where it is called. */
#if defined __GNUC__
#define SLOPE_LIKELY(x) __builtin_expect(!!(x), 1)
#define SLOPE_ALWAYS_INLINE static inline __attribute__((always_inline))
#define SLOPE_ONCE_A_FILE static __attribute__((noinline, unused))
#else
#define SLOPE_LIKELY(x) (x)
#define SLOPE_ALWAYS_INLINE static inline
#define SLOPE_ONCE_A_FILE static inline
#endif

/* Flags of a code: this operand is not a node but an index in `number`. */
#define SLOPE_A_NUMBER 0x100u
#define SLOPE_B_NUMBER 0x200u

/* Two 32-bit operands in one word, a in the low half: one store each node, and of a type of its own, so that compilers
   need not read the counters again after it. */
typedef unsigned long long slope_packed;

/* The same as two numbers. */
typedef struct slope_pair {
    uint32_t a, b; /* operands */
} slope_pair;

/* Two operands as a word. */
SLOPE_ALWAYS_INLINE slope_packed slope_pack(uint32_t a, uint32_t b) { return (slope_packed)b << 32 | a; }

/* The two operands of a word. */
SLOPE_ALWAYS_INLINE slope_pair slope_unpack(slope_packed packed)
{
    slope_pair pair;
    pair.a = (uint32_t)packed;
    pair.b = (uint32_t)(packed >> 32);
    return pair;
}

/* The first member of every tape. */
typedef struct slope_hot {
    size_t count;   /* nodes */
    size_t limit;   /* nodes that can be appended without asking; 0 while an error sticks or values are trapped */
    uint16_t *code; /* of the operation, and flags */
    slope_packed *operand;             /* both, packed */
    double *value;                     /* the primal */
    double *number;                    /* plain numbers that are operands */
    size_t number_count, number_limit; /* of those, as count and limit */
    uint32_t epoch;                    /* of nodes made now */
    uint32_t base_epoch;               /* the epoch before, whose nodes end at base_end; base_end 0: there is none */
    uint32_t base_end;                 /* the first node that is not of that epoch */
} slope_hot;

/* A tape as its first member. */
SLOPE_ALWAYS_INLINE slope_hot *slope_hot_of(slope_tape *tape) { return (slope_hot *)(void *)tape; }

/* Is the node in one of the two epochs that loops use, and so alive?  No may mean: look closer. */
SLOPE_ALWAYS_INLINE int slope_hot_knows(const slope_hot *hot, slope_node_ref node)
{
    return SLOPE_LIKELY(node.epoch == hot->epoch) || (node.epoch == hot->base_epoch && node.id < hot->base_end);
}

/* May an operation on x be appended at once? */
SLOPE_ALWAYS_INLINE int slope_hot_ready(const slope_hot *hot, slope_value x)
{
    return SLOPE_LIKELY((uintptr_t)x.tape > (uintptr_t)SLOPE_NUMBER_TAPE) && slope_hot_knows(hot, x.node) &&
           SLOPE_LIKELY(hot->count < hot->limit);
}

/* Appends a node; there must be room. */
SLOPE_ALWAYS_INLINE slope_value slope_hot_push(slope_tape *tape, unsigned code, uint32_t a, uint32_t b, double value)
{
    slope_hot *hot = slope_hot_of(tape);
    const uint32_t id = (uint32_t)hot->count; /* one index for stores and handle: compilers then see that they meet */
    slope_value v;
    hot->value[id] = value;
    hot->operand[id] = slope_pack(a, b);
    hot->code[id] = (uint16_t)code;
    hot->count = (size_t)id + 1;
    v.tape = tape;
    v.node.id = id;
    v.node.epoch = hot->epoch;
    return v;
}

/* A new input: slope_var(tape, x) without a call where there is room. */
SLOPE_ALWAYS_INLINE slope_value slope_inline_var(slope_tape *tape, double x)
{
    if (SLOPE_LIKELY((uintptr_t)tape > (uintptr_t)SLOPE_NUMBER_TAPE &&
                     slope_hot_of(tape)->count < slope_hot_of(tape)->limit))
        return slope_hot_push(tape, SLOPE_OP_VAR, 0, 0, x);
    return slope_var(tape, x);
}

/* Appends a number to the operands that are numbers; there must be room. */
SLOPE_ALWAYS_INLINE uint32_t slope_hot_number(slope_hot *hot, double k)
{
    const size_t index = hot->number_count;
    hot->number[index] = k;
    hot->number_count = index + 1;
    return (uint32_t)index;
}

/* The bodies of recording functions: `f` computes the value on doubles, `slow` is what does everything else. */
#define SLOPE_HOT_UNARY(code, f, slow, x)                                                      \
    do {                                                                                       \
        slope_hot *hot = slope_hot_of((x).tape);                                               \
        if (SLOPE_LIKELY(slope_hot_ready(hot, x)))                                             \
            return slope_hot_push((x).tape, code, (x).node.id, 0, f(hot->value[(x).node.id])); \
        return slow;                                                                           \
    } while (0)

/* The same of two operands. */
#define SLOPE_HOT_BINARY(code, f, slow, x, y)                                                                     \
    do {                                                                                                          \
        slope_hot *hot = slope_hot_of((x).tape);                                                                  \
        if (SLOPE_LIKELY((x).tape == (y).tape)) {                                                                 \
            if (SLOPE_LIKELY(slope_hot_ready(hot, x) && slope_hot_knows(hot, (y).node)))                          \
                return slope_hot_push((x).tape, code, (x).node.id, (y).node.id,                                   \
                                      f(hot->value[(x).node.id], hot->value[(y).node.id]));                       \
        } else if ((y).tape == SLOPE_NUMBER_TAPE) {                                                               \
            if (SLOPE_LIKELY(slope_hot_ready(hot, x) && hot->number_count < hot->number_limit))                   \
                return slope_hot_push((x).tape, (code) | SLOPE_B_NUMBER, (x).node.id,                             \
                                      slope_hot_number(hot, (y).number), f(hot->value[(x).node.id], (y).number)); \
        } else if ((x).tape == SLOPE_NUMBER_TAPE) {                                                               \
            hot = slope_hot_of((y).tape);                                                                         \
            if (SLOPE_LIKELY(slope_hot_ready(hot, y) && hot->number_count < hot->number_limit))                   \
                return slope_hot_push((y).tape, (code) | SLOPE_A_NUMBER, slope_hot_number(hot, (x).number),       \
                                      (y).node.id, f((x).number, hot->value[(y).node.id]));                       \
        }                                                                                                         \
        return slow;                                                                                              \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
