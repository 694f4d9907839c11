/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a computation, as data.c writes and replica.c reads them.  Integers are varints, seven bits a byte from
 * the lowest on, the last byte below 128; numbers are the 8 bytes of a double, lowest first (one NaN for all); a text
 * is its length and its bytes.
 *
 *     "slope"  version  flags  items  inputs  outputs
 *     names    how many, and the names of the operations that occur; code k is the k-th name, code 0 a plain number
 *     items    in canonical order, each a code, how many operands where the code leaves that open, the operands, and
 *              0, var, const    its number
 *              custom           its name, its value, and a partial for each operand
 *              structure        its name, how many results, their numbers, flags; then if SLOPE__DATA_SEEDS the
 * gradients of the results and the adjoint of each operand they lead to; if SLOPE__DATA_ROWS the Jacobian: how many
 * entries, and for each result how many and (column - last column, number) result           which one of its structure
 *     outputs  each the number of its item
 *     labels   items passed since the last one + 1, and the text; 0 ends
 *     places   the same, a file (0: a new one, its name follows; k: that in slot k), and a line
 *
 * An operand is 2 * (items between it and its user), or 2 * k + 1 for the k-th input.
 */
#ifndef SLOPE_GRAPH_DATA_H
#define SLOPE_GRAPH_DATA_H

#define SLOPE__DATA_MAGIC "slope"

enum {
    SLOPE__DATA_VERSION = 1,
    SLOPE__DATA_SWEPT = 1, /* of the computation */
    SLOPE__DATA_SEEDS = 1, /* of a structure */
    SLOPE__DATA_ROWS = 2,
    SLOPE__DATA_FILES = 64 /* slots for the names of files, taken in turn */
};

#endif
