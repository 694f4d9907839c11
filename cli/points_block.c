/* SPDX-License-Identifier: MIT */
/* --points in blocks: rows are collected, evaluated in vector lanes and on threads, and written in their order. */
#include "points.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 16384, NUMBERS = 1 << 22 }; /* in a block at most; one row has room in any case */

/* Are values and gradients by inputs all that is asked for?  Who types rows wants each one's answer at once. */
static bool is_simple(const cli_stream *s)
{
    if (s->args->value[CLI_OPTION_JSON] || slope_is_number(s->model.result) || isatty(fileno(s->csv.file)))
        return false;
    for (size_t i = 0; s->gradients && i < s->picked; ++i)
        if (s->pick[i] >= s->model.inputs)
            return false;
    return true;
}

static bool has_column(const cli_stream *s, const cli_input *input)
{
    return cli_index_find(&s->by_name, input->name, strlen(input->name)) != SIZE_MAX;
}

static int make_function(cli_stream *s)
{
    slope_function *f = NULL;
    slope_error error = {0};
    if (s->matrix.derived) {
        s->block.f = slope_function_share(s->matrix.derived);
        return CLI_DONE;
    }
    int status = cli_model_function(&s->model, s->args, true, &f);
    if (!status && s->gradients && s->picked) {
        s->block.f = slope_value_gradient(f, s->picked, s->pick, &error);
        slope_function_destroy(f);
        return s->block.f ? CLI_DONE : cli_fail_error(&error, "the gradient");
    }
    s->block.f = f;
    return status;
}

static int make_arrays(cli_stream *s)
{
    cli_block *b = &s->block;
    const size_t inputs = s->model.inputs, outputs = slope_function_outputs(b->f);
    b->capacity = NUMBERS / (inputs + outputs + 1);
    b->capacity = b->capacity > ROWS ? ROWS : b->capacity ? b->capacity : 1;
    b->line = calloc(b->capacity, sizeof *b->line);
    b->x = calloc(inputs + 1, sizeof *b->x);
    b->y = calloc(outputs + 1, sizeof *b->y);
    b->in = calloc(inputs + 1, sizeof *b->in);
    b->out = calloc(outputs + 1, sizeof *b->out);
    bool ok = b->line && b->x && b->y && b->in && b->out;
    for (size_t i = 0; ok && i < inputs; ++i) {
        b->in[i] = (slope_input){&s->model.input[i].data, 0, 1};
        if (!has_column(s, &s->model.input[i]))
            continue;
        b->x[i] = calloc(b->capacity, sizeof **b->x);
        b->in[i] = (slope_input){b->x[i], 1, 1};
        ok = b->x[i] != NULL;
    }
    for (size_t k = 0; ok && k < outputs; ++k) {
        b->y[k] = calloc(b->capacity, sizeof **b->y);
        b->out[k] = (slope_output){b->y[k], 1, 1, 0};
        ok = b->y[k] != NULL;
    }
    return ok ? CLI_DONE : cli_fail_memory();
}

int cli_block_open(cli_stream *s)
{
    if (!is_simple(s))
        return CLI_DONE;
    int status = make_function(s);
    return status ? status : make_arrays(s);
}

void cli_block_close(cli_stream *s)
{
    cli_block *b = &s->block;
    for (size_t i = 0; b->x && i < s->model.inputs; ++i)
        free(b->x[i]);
    for (size_t k = 0; b->y && k < slope_function_outputs(b->f); ++k)
        free(b->y[k]);
    free(b->line);
    free(b->x);
    free(b->y);
    free(b->in);
    free(b->out);
    slope_function_destroy(b->f);
    *b = (cli_block){0};
}

int cli_block_take(cli_stream *s)
{
    cli_block *b = &s->block;
    for (size_t i = 0; i < s->model.inputs; ++i)
        if (b->x[i])
            b->x[i][b->rows] = s->model.input[i].data;
    b->line[b->rows++] = s->csv.line;
    return b->rows == b->capacity ? cli_block_flush(s) : CLI_DONE;
}

static void set_row(const cli_stream *s, size_t row)
{
    for (size_t i = 0; i < s->model.inputs; ++i)
        if (s->block.x[i])
            s->model.input[i].data = s->block.x[i][row];
}

/* Rows once more on the tape until one is decided at a tie. */
static int tell_tie(cli_stream *s, size_t row)
{
    set_row(s, row);
    int status = cli_stream_forward(s);
    if (!status)
        cli_stream_note_tie(s, s->block.line[row]);
    return status;
}

/* The row once more on the tape, which knows where a NaN was born. */
static int tell_nonfinite(cli_stream *s, size_t row)
{
    const cli_block *b = &s->block;
    if (s->nonfinite) {
        cli_stream_note(s, b->line[row]);
        return CLI_DONE;
    }
    set_row(s, row);
    int status = cli_stream_compute(s);
    if (!status)
        cli_stream_note(s, b->line[row]);
    return status;
}

static int write_row(cli_stream *s, size_t row, cli_text *text)
{
    char number[CLI_NUMBER_SIZE];
    const size_t outputs = slope_function_outputs(s->block.f);
    bool finite = true;
    for (size_t k = 0; k < outputs; ++k) {
        const bool is_slope = k > 0 || s->matrix.derived;
        const double y = is_slope ? cli_slope(s->block.y[k][row]) : s->block.y[k][row];
        cli_text_print(text, "%s%s", k ? "," : "", cli_number(number, y, 0));
        finite = finite && isfinite(y);
    }
    cli_text_print(text, "\n");
    ++s->rows;
    int status = finite ? CLI_DONE : tell_nonfinite(s, row);
    return status || !s->may_tie ? status : tell_tie(s, row);
}

int cli_block_flush(cli_stream *s)
{
    cli_block *b = &s->block;
    cli_text text = {0};
    if (!b->f || !b->rows)
        return CLI_DONE;
    slope_batch_options options = slope_batch_options_default();
    options.threads = (int)cli_args_number(s->args, CLI_OPTION_THREADS, 1);
    slope_status failed = slope_eval_batch(b->f, b->rows, b->in, b->out, &options);
    int status = failed ? cli_fail_status(failed, s->csv.name, NULL) : CLI_DONE;
    for (size_t row = 0; !status && row < b->rows; ++row)
        status = write_row(s, row, &text);
    status = status ? status : cli_output_write(&s->output, &text);
    cli_text_free(&text);
    b->rows = 0;
    return status;
}
