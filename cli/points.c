/* SPDX-License-Identifier: MIT */
/*
 * --points: the expression at every row of a CSV file, streamed.  The expression is recorded once; each row gives its
 * inputs their numbers and computes forward and backward on the same tape, so memory does not grow with the file.
 */
#include "cli.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef struct stream {
    const cli_args *args;
    cli_csv csv;
    cli_model model;
    cli_output output;
    bool gradients;
    size_t columns;
    char **column;     /* names in the header; owned */
    cli_input **input; /* for each column: the input it feeds, or NULL; owned */
    size_t picked;
    size_t *pick; /* owned */
    size_t rows, nonfinite;
    time_t told; /* when progress was shown last */
} stream;

static int read_header(stream *s)
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
        for (size_t j = 0; j < i; ++j)
            if (*name && !strcmp(name, s->column[j]))
                return cli_csv_fail(&s->csv, i, "the column '%s' is there twice", name);
        s->column[i] = strdup(name);
        s->columns = i + 1;
        if (!s->column[i])
            return cli_fail_memory();
    }
    return CLI_DONE;
}

/* Missing columns are told with what the file has. */
static void hint_columns(const stream *s)
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

static void connect_columns(stream *s)
{
    for (size_t i = 0; i < s->columns; ++i)
        for (size_t j = 0; j < s->model.inputs; ++j)
            if (!strcmp(s->model.input[j].name, s->column[i]))
                s->input[i] = &s->model.input[j];
}

static int write_header(stream *s)
{
    cli_text text = {0};
    cli_text_print(&text, "value");
    for (size_t i = 0; s->gradients && i < s->picked; ++i)
        cli_text_print(&text, ",grad_%s", s->model.named_value[s->pick[i]].name);
    cli_text_print(&text, "\n");
    int status = cli_output_write(&s->output, &text);
    cli_text_free(&text);
    return status;
}

static int take_row(stream *s)
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
        slope_status status = slope_set_data(s->input[i]->value, x);
        if (status)
            return cli_fail_status(status, s->csv.name, NULL);
    }
    return CLI_DONE;
}

static void write_numbers(stream *s, cli_text *text)
{
    char number[CLI_NUMBER_SIZE];
    cli_text_print(text, "%s", cli_number(number, slope_data(s->model.result), 0));
    for (size_t i = 0; s->gradients && i < s->picked; ++i)
        cli_text_print(text, ",%s", cli_number(number, slope_grad(s->model.named_value[s->pick[i]].value), 0));
}

static int take_point(stream *s)
{
    cli_text text = {0};
    int status = take_row(s);
    if (status)
        return status;
    slope_status failed = slope_forward(s->model.tape);
    if (failed)
        return cli_fail_status(failed, s->csv.name, slope_tape_error(s->model.tape)->message);
    status = s->gradients ? cli_model_backward(&s->model) : CLI_DONE;
    if (status)
        return status;
    if (s->args->value[CLI_OPTION_JSON])
        cli_model_json(&s->model, s->gradients, s->picked, s->pick, &text);
    else
        write_numbers(s, &text);
    cli_text_print(&text, "\n");
    status = cli_output_write(&s->output, &text);
    cli_text_free(&text);
    ++s->rows;
    bool finite = isfinite(slope_data(s->model.result));
    for (size_t i = 0; finite && s->gradients && i < s->picked; ++i)
        finite = isfinite(slope_grad(s->model.named_value[s->pick[i]].value)) != 0;
    if (!finite && !s->nonfinite++) {
        cli_note("%s:%zu: the first row without a finite answer", s->csv.name, s->csv.line);
        cli_model_note_nonfinite(&s->model, s->gradients);
    }
    return status;
}

/* A count once a second while the answers go elsewhere than to the terminal. */
static void show_progress(stream *s, bool done)
{
    if (!isatty(STDERR_FILENO) || (!s->output.path && isatty(STDOUT_FILENO)))
        return;
    time_t now = time(NULL);
    if (!done && now != s->told && s->told)
        fprintf(stderr, "\r%zu rows", s->rows);
    if (done && s->told)
        fprintf(stderr, "\r\033[K");
    s->told = now;
}

static int run(stream *s)
{
    int status = read_header(s);
    status = status ? status : cli_model_create(&s->model, s->args, s->columns, (const char *const *)s->column);
    if (status) {
        if (s->columns)
            hint_columns(s);
        return status;
    }
    connect_columns(s);
    status = cli_model_pick(&s->model, s->args, false, &s->picked, &s->pick);
    status = status ? status : cli_output_open(&s->output, s->args->value[CLI_OPTION_OUTPUT]);
    if (!status && !s->args->value[CLI_OPTION_JSON])
        status = write_header(s);
    while (!status && !(status = cli_csv_read(&s->csv)) && !s->csv.end) {
        status = take_point(s);
        if (!(s->rows % 1024))
            show_progress(s, false);
    }
    show_progress(s, true);
    if (!status && s->nonfinite > 1)
        cli_note("%zu of %zu rows have no finite answer", s->nonfinite, s->rows);
    return cli_output_close(&s->output, status);
}

int cli_points(const cli_args *args)
{
    stream s = {.args = args, .gradients = args->command == CLI_COMMAND_GRAD};
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
    for (size_t i = 0; i < s.columns; ++i)
        free(s.column[i]);
    free(s.column);
    free(s.input);
    free(s.pick);
    cli_model_free(&s.model);
    cli_csv_free(&s.csv);
    if (!standard)
        fclose(file);
    return status;
}
