/* SPDX-License-Identifier: MIT */
/*
 * --points: the expression at every row of a CSV file, streamed.  The expression is recorded once; rows are evaluated
 * in blocks (points_block.c), or, where more is asked than values and gradients by inputs, one after another on the
 * same tape.
 */
#include "points.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_header(cli_stream *s)
{
    int status = cli_csv_read(&s->csv);
    if (status)
        return status;
    if (s->csv.end)
        return cli_fail(CLI_USAGE, "%s is empty: its first line must name the columns", s->csv.name);
    s->column = calloc(s->csv.fields, sizeof *s->column);
    s->input = calloc(s->csv.fields, sizeof *s->input);
    if (!s->column || !s->input)
        return cli_fail_memory();
    for (size_t i = 0; i < s->csv.fields; ++i) {
        const char *name = cli_csv_field(&s->csv, i);
        if (*name && cli_index_find(&s->by_name, name, strlen(name)) != SIZE_MAX)
            return cli_csv_fail(&s->csv, i, "the column '%s' is there twice", name);
        s->column[i] = strdup(name);
        s->columns = i + 1;
        if (!s->column[i])
            return cli_fail_memory();
        status = cli_index_add(&s->by_name, s->column[i], strlen(name), i);
        if (status)
            return status;
    }
    return CLI_DONE;
}

/* Missing columns are told with what the file has. */
static void hint_columns(const cli_stream *s)
{
    cli_text names = {0};
    for (size_t i = 0; i < s->columns && i < 20; ++i)
        cli_text_print(&names, "%s%s", i ? ", " : "", s->column[i]);
    if (!names.failed)
        cli_hint("%s has the columns %s%s", s->csv.name, names.data, s->columns > 20 ? " and more" : "");
    if (s->columns == 1 && !names.failed && strpbrk(names.data, ";\t"))
        cli_hint("columns are separated by commas, not by semicolons or tabs");
    cli_text_free(&names);
}

static void connect_columns(cli_stream *s)
{
    for (size_t j = 0; j < s->model.inputs; ++j) {
        cli_input *input = &s->model.input[j];
        const size_t i = cli_index_find(&s->by_name, input->name, strlen(input->name));
        if (i != SIZE_MAX)
            s->input[i] = input;
    }
}

/* value,grad_x,grad_y or hess_x_x,hess_x_y,... */
static int write_header(cli_stream *s)
{
    cli_text text = {0};
    const cli_matrix *m = &s->matrix;
    if (!m->derived)
        cli_text_print(&text, "value");
    for (size_t i = 0; s->gradients && i < s->picked; ++i)
        cli_text_print(&text, ",grad_%s", s->model.named_value[s->pick[i]].name);
    for (size_t k = 0; k < m->rows * m->columns; ++k)
        cli_text_print(&text, "%s%s_%s_%s", k ? "," : "", cli_commands[s->args->command].name, m->row[k / m->columns],
                       m->column[k % m->columns]);
    cli_text_print(&text, "\n");
    int status = cli_output_write(&s->output, &text);
    cli_text_free(&text);
    return status;
}

static int take_row(cli_stream *s)
{
    if (s->csv.fields != s->columns)
        return cli_csv_fail(&s->csv, s->csv.fields > s->columns ? s->columns : s->csv.fields - 1,
                            "%zu fields, but the header has %zu", s->csv.fields, s->columns);
    for (size_t i = 0; i < s->columns; ++i) {
        double x = 0.0;
        const char *field = cli_csv_field(&s->csv, i);
        if (!s->input[i])
            continue;
        if (!*field)
            return cli_csv_fail(&s->csv, i, "the cell of column '%s' is empty", s->column[i]);
        if (!cli_number_read(field, &x))
            return cli_csv_fail(&s->csv, i, "'%.60s' is not a number (column '%s')", field, s->column[i]);
        s->input[i]->data = x;
    }
    return CLI_DONE;
}

static void write_numbers(cli_stream *s, cli_text *text)
{
    char number[CLI_NUMBER_SIZE];
    const cli_matrix *m = &s->matrix;
    if (!m->derived)
        cli_text_print(text, "%s", cli_number(number, slope_data(s->model.result), 0));
    for (size_t i = 0; s->gradients && i < s->picked; ++i)
        cli_text_print(text, ",%s", cli_number(number, slope_grad(s->model.named_value[s->pick[i]].value), 0));
    for (size_t k = 0; k < m->rows * m->columns; ++k)
        cli_text_print(text, "%s%s", k ? "," : "", cli_number(number, m->entry[k], 0));
}

void cli_stream_note(cli_stream *s, size_t line)
{
    if (s->nonfinite++)
        return;
    cli_note("%s:%zu: the first row without a finite answer", s->csv.name, line);
    if (s->matrix.derived)
        cli_matrix_note(&s->matrix, &s->model);
    else
        cli_model_note_nonfinite(&s->model, s->gradients);
}

void cli_stream_note_tie(cli_stream *s, size_t line)
{
    char where[320];
    snprintf(where, sizeof where, "%.280s:%zu: ", s->csv.name, line);
    if (s->may_tie && cli_note_tie(s->model.tape, s->model.result, where))
        s->may_tie = false;
}

int cli_stream_forward(cli_stream *s)
{
    slope_status failed = SLOPE_OK;
    for (size_t i = 0; !failed && i < s->model.inputs; ++i)
        failed = slope_set_data(s->model.input[i].value, s->model.input[i].data);
    failed = failed ? failed : slope_forward(s->model.tape);
    return failed ? cli_fail_status(failed, s->csv.name, slope_tape_error(s->model.tape)->message) : CLI_DONE;
}

int cli_stream_compute(cli_stream *s)
{
    const bool is_matrix = s->matrix.derived != NULL;
    int status = cli_stream_forward(s);
    if (!status && (s->gradients || is_matrix))
        status = cli_model_backward(&s->model);
    return status || !is_matrix ? status : cli_matrix_evaluate(&s->matrix, &s->model);
}

/* Rows without comparisons need no second look. */
static bool may_tie(const cli_stream *s)
{
    slope_node info;
    const size_t size = s->gradients || s->matrix.derived ? slope_tape_size(s->model.tape) : 0;
    for (size_t id = 0; id < size; ++id)
        if (!slope_inspect(slope_tape_value(s->model.tape, id), &info) && info.op >= SLOPE_OP_LT &&
            info.op <= SLOPE_OP_SELECT)
            return true;
    return false;
}

static bool is_finite(const cli_stream *s)
{
    bool finite = s->matrix.derived ? cli_matrix_is_finite(&s->matrix) : isfinite(slope_data(s->model.result));
    for (size_t i = 0; finite && s->gradients && i < s->picked; ++i)
        finite = isfinite(slope_grad(s->model.named_value[s->pick[i]].value));
    return finite;
}

static int take_point(cli_stream *s)
{
    cli_text text = {0};
    int status = take_row(s);
    if (!status && s->block.f)
        return cli_block_take(s);
    status = status ? status : cli_stream_compute(s);
    if (status)
        return status;
    if (!s->args->value[CLI_OPTION_JSON])
        write_numbers(s, &text);
    else if (s->matrix.derived)
        status = cli_matrix_json(&s->matrix, &s->model, s->args, &text);
    else
        cli_model_json(&s->model, s->gradients, s->picked, s->pick, &text);
    cli_text_print(&text, "\n");
    status = status ? status : cli_output_write(&s->output, &text);
    cli_text_free(&text);
    ++s->rows;
    if (!is_finite(s))
        cli_stream_note(s, s->csv.line);
    cli_stream_note_tie(s, s->csv.line);
    return status;
}

/* How much of the file has been read, 0 to 1; negative where that can't be known. */
static double part_done(const cli_stream *s)
{
    struct stat file;
    const long at = ftell(s->csv.file);
    if (at < 0 || fstat(fileno(s->csv.file), &file) || !S_ISREG(file.st_mode) || file.st_size <= 0)
        return -1.0;
    return (double)at / (double)file.st_size;
}

/* A bar once a second while the answers go elsewhere than to the terminal; a count where the end is not known. */
static void show_progress(cli_stream *s, bool done)
{
    enum { WIDTH = 30 };
    if (!isatty(STDERR_FILENO) || (!s->output.path && isatty(STDOUT_FILENO)))
        return;
    time_t now = time(NULL);
    if (!done && now != s->told && s->told) {
        const double part = part_done(s);
        const int filled = part < 0 ? 0 : part > 1 ? WIDTH : (int)(WIDTH * part);
        if (part < 0)
            fprintf(stderr, "\r%zu rows", s->rows);
        else
            fprintf(stderr, "\r[%.*s%*s] %3.0f %%  %zu rows", filled, "##############################", WIDTH - filled,
                    "", 100 * part, s->rows);
    }
    if (done && s->told)
        fprintf(stderr, "\r\033[K");
    s->told = now;
}

static int run(cli_stream *s)
{
    int status = read_header(s);
    status = status ? status : cli_model_create(&s->model, s->args, s->columns, (const char *const *)s->column);
    if (status) {
        if (s->columns)
            hint_columns(s);
        return status;
    }
    connect_columns(s);
    if (s->args->command == CLI_COMMAND_HESS || s->args->command == CLI_COMMAND_JAC)
        status = cli_matrix_create(&s->matrix, &s->model, s->args);
    else
        status = cli_model_pick(&s->model, s->args, false, &s->picked, &s->pick);
    s->may_tie = !status && may_tie(s);
    status = status ? status : cli_block_open(s);
    status = status ? status : cli_output_open(&s->output, s->args->value[CLI_OPTION_OUTPUT]);
    if (!status && !s->args->value[CLI_OPTION_JSON])
        status = write_header(s);
    for (size_t taken = 1; !status && !(status = cli_csv_read(&s->csv)) && !s->csv.end; ++taken) {
        status = take_point(s);
        if (!(taken % 1024))
            show_progress(s, false);
    }
    const int flushed = cli_block_flush(s); /* also the rows before one that is wrong */
    status = status ? status : flushed;
    show_progress(s, true);
    if (!status && s->nonfinite > 1)
        cli_note("%zu of %zu rows have no finite answer", s->nonfinite, s->rows);
    return cli_output_close(&s->output, status);
}

int cli_points(const cli_args *args)
{
    cli_stream s = {.args = args, .gradients = args->command == CLI_COMMAND_GRAD};
    const char *path = args->value[CLI_OPTION_POINTS];
    bool standard = !strcmp(path, "-");
    const char *text = args->value[CLI_OPTION_FILE] ? args->value[CLI_OPTION_FILE] : args->expression;
    if (standard && !strcmp(text, "-"))
        return cli_fail(CLI_USAGE, "the expression and the points can't both come from the standard input");
    FILE *file = standard ? stdin : fopen(path, "rb");
    if (!file)
        return cli_fail(errno == ENOENT || errno == EACCES ? CLI_USAGE : CLI_SYSTEM, "can't read %s: %s", path,
                        strerror(errno));
    cli_csv_start(&s.csv, file, standard ? "standard input" : path);
    int status = run(&s);
    cli_index_free(&s.by_name);
    for (size_t i = 0; i < s.columns; ++i)
        free(s.column[i]);
    free(s.column);
    free(s.input);
    free(s.pick);
    cli_block_close(&s);
    cli_matrix_free(&s.matrix);
    cli_model_free(&s.model);
    cli_csv_free(&s.csv);
    if (!standard)
        fclose(file);
    return status;
}
