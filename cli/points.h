/* SPDX-License-Identifier: MIT */
/* What the files behind --points share: rows come in, answers go out, memory does not grow with the file. */
#ifndef SLOPE_CLI_POINTS_H
#define SLOPE_CLI_POINTS_H

#include "cli.h"

#include <time.h>

/* Rows that are evaluated at once. */
typedef struct cli_block {
    slope_function
        *f; /* of the model's inputs: the value and the picked gradients, or a matrix; NULL: one row after another */
    size_t capacity; /* rows */
    size_t rows;     /* waiting */
    size_t *line;    /* of each in the file; all arrays are owned */
    double **x;      /* of each input: its numbers, or NULL where it is the same for all rows */
    double **y;      /* of each output */
    slope_input *in;
    slope_output *out;
} cli_block;

typedef struct cli_stream {
    const cli_args *args;
    cli_csv csv;
    cli_model model;
    cli_output output;
    bool gradients;
    size_t columns;
    char **column;     /* names in the header; owned */
    cli_index by_name; /* positions in column */
    cli_input **input; /* for each column: the input it feeds, or NULL; owned */
    size_t picked;
    size_t *pick;      /* owned */
    cli_matrix matrix; /* of hess and jac; else all-zero */
    size_t rows, nonfinite;
    bool may_tie; /* slopes are asked for, the expression compares, and no tie has been told yet */
    time_t told;  /* when progress was shown last */
    cli_block block;
} cli_stream;

/* Prepares blocks where every answer is the value or a gradient by an input; else block.f stays NULL. */
int cli_block_open(cli_stream *s);
void cli_block_close(cli_stream *s);

/* Takes the row that the inputs of the model hold now; evaluates and writes all when there are enough. */
int cli_block_take(cli_stream *s);
int cli_block_flush(cli_stream *s);

/* Computes the row that the inputs of the model hold on its tape, forward; then what is asked for beyond the value. */
int cli_stream_forward(cli_stream *s);
int cli_stream_compute(cli_stream *s);

/* Says once which row was decided at a tie; the model is at that row, forward. */
void cli_stream_note_tie(cli_stream *s, size_t line);

/* Says once where the first answer that is not finite came from; the model is at that row. */
void cli_stream_note(cli_stream *s, size_t line);

#endif
