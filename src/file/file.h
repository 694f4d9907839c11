/* SPDX-License-Identifier: MIT */
/*
 * Functions as bytes, the same on every machine.  Integers are little-endian, numbers the bits of IEEE doubles.
 *
 *     file      magic[8]  version u32  checksum u32 (CRC-32C of all that follows)  length u64 (of the file)
 *               names of operations used, in order of first use: count u32, each: length u32, bytes
 *               functions, bodies before who uses them, the last is the one saved: count u32, each as follows
 *     function  input, data, output groups: count u32 each, then each group: name (length u32, bytes), length u64
 *               before u64  numbers u32  scalars u32  instructions u32  operands u32  loops u32  guards u32
 *               numbers u64 each, instructions, cells of outputs u32 each, guards
 *     look-up   as a function up to before u64, which is 1; then 0xFFFFFFFF u32 (in place of numbers), scatter u8,
 *               outside u8, width u8 (function/lookup.c says what these are)
 *     operation its place among the names + 1 u32, how many operands u32 where any number may be, operands u32 each
 *     loop      0 u32, body u32 (which function), n u64, levels u32, sources (carried u32, view), targets
 *     target    kind u8, where added also: extent u32, view
 *     view      0 u8, first, item, element i64; or 1 u8 and n * length cells u32 each; where it has none nothing at all
 *     guard     condition u32, expected u8, line u32, file: 0 u8, or 1 u8 and a name
 *
 * Nothing that can be computed from the rest is stored, so that it need not be checked.  A view of one item has item 0,
 * of one element element 1: equal functions are equal bytes, and bytes that would not be written so are refused.
 */
#ifndef SLOPE_FILE_FILE_H
#define SLOPE_FILE_FILE_H

#include "function/ir.h"

enum { SLOPE__FILE_VERSION = 1, SLOPE__FILE_HEAD = 24, SLOPE__FILE_CHECKED = 16, SLOPE__FILE_LEAST_GROUP = 12 };

/* Not text, and spoilt by whoever takes it for text. */
#define SLOPE__FILE_MAGIC "\x89SLOPE\r\n"

/* Of an instruction in place of an operation. */
enum { SLOPE__FILE_LOOP = 0 };

/* In place of how many numbers a function has: it is a look-up. */
#define SLOPE__FILE_LOOKUP UINT32_MAX

/* CRC-32C of n bytes behind those that gave `before`; 0 to begin. */
uint32_t slope__file_checksum(uint32_t before, const unsigned char *bytes, size_t n);

/* Would save write these `size` bytes?  SIZE_MAX, or where they differ first.  SLOPE_ERR_MEMORY. */
SLOPE_CHECKED slope_status slope__file_compare(const slope_function *f, const unsigned char *bytes, size_t size,
                                               size_t *where);

#endif
