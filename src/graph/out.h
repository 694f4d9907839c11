/* SPDX-License-Identifier: MIT */
/*
 * Text on its way to a sink: buffered pieces, numbers and the escapes of DOT, HTML labels and JSON.  The first failure
 * of the sink sticks; everything put after it is dropped.  Numbers never depend on the locale.
 */
#ifndef SLOPE_GRAPH_OUT_H
#define SLOPE_GRAPH_OUT_H

#include <slope/graph.h>

#include "base/number.h"

typedef struct slope__out {
    slope_sink sink;
    void *context;
    size_t used;
    int failed;
    char buffer[4096];
} slope__out;

/* How a text must be escaped where it goes. */
typedef enum slope__escape {
    SLOPE__PLAIN,  /* a terminal: only cleaned */
    SLOPE__HTML,   /* an HTML-like label of DOT */
    SLOPE__STRING, /* inside the quotes of a DOT string */
    SLOPE__RECORD, /* inside the quotes of a DOT record label */
    SLOPE__JSON,   /* inside the quotes of a JSON string */
    SLOPE__SCRIPT  /* the same inside a <script> of HTML */
} slope__escape;

enum { SLOPE__NO_CUT = 0x7fffffff };

void slope__out_start(slope__out *out, slope_sink sink, void *context);
void slope__put_bytes(slope__out *out, const char *data, size_t size);
void slope__put(slope__out *out, const char *text);
#if defined __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
void slope__put_format(slope__out *out, const char *format, ...); /* at most 255 bytes; no floating point */

/* Hands over what is buffered; SLOPE_ERR_IO when the sink refused anything since the start. */
SLOPE_CHECKED slope_status slope__out_finish(slope__out *out);

/*
 * Puts text of unknown origin: bytes that are no UTF-8, control characters and characters that change the direction of
 * writing are replaced, newlines and tabs shown (JSON escapes them instead); after `most` characters comes an ellipsis.
 * Returns how many columns it takes.
 */
size_t slope__put_text(slope__out *out, const char *text, slope__escape escape, size_t most);

/* Columns that slope__put_text would take. */
size_t slope__text_width(const char *text, size_t most);

#endif
