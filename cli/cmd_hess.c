/* SPDX-License-Identifier: MIT */
/* slope hess and slope jac: a matrix of derivatives with respect to the inputs, as a table or as JSON. */
#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A matrix and the names of its lines. */
typedef struct matrix {
    size_t rows, columns;
    const char **row, **column; /* borrowed names; the arrays are owned */
    double *entry;              /* row by row; owned */
} matrix;

static void free_matrix(matrix *m)
{
    free(m->row);
    free(m->column);
    free(m->entry);
}

static void print_table(const matrix *m, const cli_args *args, cli_text *text)
{
    cli_grid grid = {.columns = m->columns + 1};
    int digits = (int)cli_args_number(args, CLI_OPTION_DIGITS, 0);
    cli_grid_add(&grid, "");
    for (size_t j = 0; j < m->columns; ++j)
        cli_grid_add(&grid, m->column[j]);
    for (size_t i = 0; i < m->rows; ++i) {
        cli_grid_add(&grid, m->row[i]);
        for (size_t j = 0; j < m->columns; ++j)
            cli_grid_add_number(&grid, m->entry[i * m->columns + j], digits);
    }
    cli_grid_print(&grid, cli_colour(args), text);
    cli_grid_free(&grid);
}

/* {"x": {"x": 1, "y": 2}, ...} */
static void print_json(const matrix *m, cli_text *text)
{
    cli_text_print(text, "{");
    for (size_t i = 0; i < m->rows; ++i) {
        cli_text_print(text, "%s", i ? ", " : "");
        cli_text_json_string(text, m->row[i]);
        cli_text_print(text, ": {");
        for (size_t j = 0; j < m->columns; ++j) {
            cli_text_print(text, "%s", j ? ", " : "");
            cli_text_json_string(text, m->column[j]);
            cli_text_print(text, ": ");
            cli_text_json_number(text, m->entry[i * m->columns + j]);
        }
        cli_text_print(text, "}");
    }
    cli_text_print(text, "}");
}

static void note_nonfinite(const matrix *m, const char *what)
{
    for (size_t k = 0; k < m->rows * m->columns; ++k) {
        if (!isfinite(m->entry[k])) {
            cli_note("the %s is not finite at (%s, %s)", what, m->row[k / m->columns], m->column[k % m->columns]);
            return;
        }
    }
}

/* The columns that --wrt picks among the inputs, and room for the entries. */
static int make_matrix(matrix *m, const cli_model *model, size_t rows, size_t columns, const size_t index[])
{
    *m = (matrix){.rows = rows, .columns = columns};
    m->row = calloc(rows + 1, sizeof *m->row);
    m->column = calloc(columns + 1, sizeof *m->column);
    m->entry = calloc(rows * columns + 1, sizeof *m->entry);
    if (!m->row || !m->column || !m->entry)
        return cli_fail_memory();
    for (size_t j = 0; j < columns; ++j)
        m->column[j] = model->input[index[j]].name;
    return CLI_DONE;
}

/* The object of grad without its last brace, so that a member can follow. */
static int print_grad(const cli_model *model, const cli_args *args, cli_text *text)
{
    size_t count, *index = NULL;
    cli_args all = *args;
    all.value[CLI_OPTION_WRT] = NULL;
    int status = cli_model_pick(model, &all, false, &count, &index);
    if (!status) {
        cli_model_json(model, true, count, index, text);
        if (!text->failed)
            text->data[--text->size] = '\0';
    }
    free(index);
    return status;
}

static int write_matrix(const cli_model *model, const cli_args *args, const matrix *m, const char *what)
{
    cli_output output;
    cli_text text = {0};
    int status = cli_output_open(&output, args->value[CLI_OPTION_OUTPUT]);
    if (status)
        return status;
    if (args->value[CLI_OPTION_JSON]) {
        status = print_grad(model, args, &text);
        cli_text_print(&text, ", \"%s\": ", what);
        print_json(m, &text);
        cli_text_print(&text, "}\n");
    } else {
        print_table(m, args, &text);
    }
    status = status ? status : cli_output_write(&output, &text);
    cli_text_free(&text);
    status = cli_output_close(&output, status);
    if (!status)
        note_nonfinite(m, what);
    return status;
}

typedef slope_function *maker(const slope_function *f, size_t n, const size_t wrt[], slope_error *error);

/* Derives f by the picked inputs, evaluates and prints. */
static int show(const cli_model *model, const cli_args *args, const slope_function *f, maker *make, const char *what)
{
    size_t n, *index = NULL;
    matrix m = {0};
    slope_error error = {0};
    slope_function *derived = NULL;
    const bool is_hessian = make == slope_hessian;
    int status = cli_model_pick(model, args, true, &n, &index);
    if (!status && !n)
        status = cli_fail(CLI_USAGE, "nothing to differentiate: the expression has no inputs");
    status = status ? status : make_matrix(&m, model, is_hessian ? n : slope_function_outputs(f), n, index);
    for (size_t i = 0; !status && i < m.rows; ++i)
        m.row[i] = is_hessian ? m.column[i] : slope_function_output(f, i).name;
    if (!status) {
        derived = make(f, n, index, &error);
        status = derived ? cli_model_evaluate(model, derived, m.entry) : cli_fail_error(&error, what);
    }
    status = status ? status : write_matrix(model, args, &m, what);
    slope_function_destroy(derived);
    free_matrix(&m);
    free(index);
    return status;
}

static int run(const cli_args *args, maker *make, const char *what)
{
    cli_model model;
    slope_function *f = NULL;
    int status = cli_model_create(&model, args, 0, NULL);
    if (status)
        return status;
    status = cli_model_backward(&model);
    status = status ? status : cli_model_function(&model, args, make == slope_hessian, &f);
    status = status ? status : show(&model, args, f, make, what);
    slope_function_destroy(f);
    cli_model_free(&model);
    return status;
}

int cli_hess(const cli_args *args) { return run(args, slope_hessian, "hessian"); }

int cli_jac(const cli_args *args) { return run(args, slope_jacobian, "jacobian"); }
