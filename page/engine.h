/* SPDX-License-Identifier: MIT */
/*
 * What the page's script asks: one graph, kept here, and everything about it as JSON.  It is Slope itself, compiled to
 * WebAssembly; nothing is computed twice in two languages.
 *
 * Every question answers with a text that is valid until the next one, "{}" where there is nothing to tell, and
 * {"error": {"message": ...}} where it failed; the graph is then what it was before.  Doubles read back to the same
 * bits; NaN and infinities are the strings "NaN", "Infinity", "-Infinity".  `number` is a value's place in the
 * canonical order.
 */
#ifndef PAGE_ENGINE_H
#define PAGE_ENGINE_H

#include <slope/slope.h>

#include "graph/page.h"

#if defined __wasm__
#define PAGE_EXPORT(name) __attribute__((export_name(#name)))
#else
#define PAGE_EXPORT(name)
#endif

/* Room for `bytes` bytes, into which the caller puts what it hands over; NULL when memory is short. */
PAGE_EXPORT(page_buffer) char *page_buffer(size_t bytes);

/* The buffer's first bytes, as slope__write_data wrote them (decoded from base64), become the graph. */
PAGE_EXPORT(page_load) const char *page_load(size_t bytes);

/* The buffer holds a formula, a zero, and "name=number" lines; the formula becomes the graph.  Names without a number
   are 1.  The error also has line, column, position, length, caret, nearest. */
PAGE_EXPORT(page_parse) const char *page_parse(size_t bytes);

/* How it is drawn from now on: folded or not, at most so many boxes, from top to bottom, with gradients. */
PAGE_EXPORT(page_draw) const char *page_draw(int fold, size_t most, int down, int gradients);

/* Opens a folded box, or with `close` folds all again. */
PAGE_EXPORT(page_open) const char *page_open(uint32_t number);
PAGE_EXPORT(page_close) const char *page_close(void);

/* Gives an input another number. */
PAGE_EXPORT(page_set) const char *page_set(uint32_t number, double x);

/* The picture, the table, and every number that is in them. */
PAGE_EXPORT(page_view) const char *page_view(void);

/* The slope by an input at this h: method 0 forward, 1 central; and by Ridders with a verdict. */
PAGE_EXPORT(page_check) const char *page_check(uint32_t number, double h, int method);
PAGE_EXPORT(page_verdict) const char *page_verdict(uint32_t number);

/* The errors of both methods for h from 1e-1 to 1e-16. */
PAGE_EXPORT(page_sweep) const char *page_sweep(uint32_t number);

/* Every way from a value to the outputs: how many, and the 32 that bring most. */
PAGE_EXPORT(page_paths) const char *page_paths(uint32_t number);

/* ------------------------------------------------------------------------------------------------ between its files */

enum { PAGE_OPEN_MOST = 256 };

/* The graph and how it is drawn. */
typedef struct page {
    slope__replica graph;
    slope_value total; /* the sum of the outputs, whose gradient is shown */
    slope_graph_options options;
    uint32_t open[PAGE_OPEN_MOST];
    size_t opens;
    /* made of it, renewed by whatever changes it */
    slope__arena arena;
    slope__walk walk;
    slope__picture view;
    /* what is said next */
    slope__bytes answer;
    slope__out out;
} page;

/* The answer is empty, and written by slope__put... to the result. */
slope__out *page_begin(void);
const char *page_end(void);
const char *page_fail(const char *message);

extern page the_page;

/* The input of this number; null when it is none, or frozen: *why says which. */
slope_value page_input(uint32_t number, const char **why);

/* Writes the best ways from item `number` to the outputs into `out` (paths.c).  SLOPE_ERR_MEMORY. */
SLOPE_CHECKED slope_status page_write_paths(slope__out *out, const slope__walk *walk, uint32_t number);

/* The name of an item: its label, %7, or of a number the number, as text of JSON with its quotes. */
void page_put_name(slope__out *out, const slope__walk *walk, uint32_t number);

/* How an item came about, into texts of JSON whose quotes the caller puts (how.c): "a * b", "2 * (-3)", the textbook's
   rule "∂(a * b)/∂a = b" or nothing, and where what is not finite came from. */
void page_put_formula(slope__out *out, const slope__walk *walk, uint32_t number);
void page_put_arithmetic(slope__out *out, const slope__walk *walk, uint32_t number);
void page_put_rule(slope__out *out, const slope__walk *walk, uint32_t number, uint32_t operand);
void page_put_origin(slope__out *out, const slope__walk *walk, uint32_t number, const slope_origin *origin);

#endif
