/* SPDX-License-Identifier: MIT */
/* The Hessian or the Jacobian of a model: made once, evaluated at the model's numbers, told as a table or as JSON. */
#include "cli.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void cli_matrix_free(cli_matrix *m)
{
    slope_function_destroy(m->f);
    slope_function_destroy(m->derived);
    free(m->row);
    free(m->column);
    free(m->entry);
    *m = (cli_matrix){0};
}

/* Names of the lines, and room for the entries. */
static int list_lines(cli_matrix *m, const cli_model *model, const size_t index[])
{
    m->row = calloc(m->rows + 1, sizeof *m->row);
    m->column = calloc(m->columns + 1, sizeof *m->column);
    m->entry = calloc(m->rows * m->columns + 1, sizeof *m->entry);
    if (!m->row || !m->column || !m->entry)
        return cli_fail_memory();
    for (size_t j = 0; j < m->columns; ++j)
        m->column[j] = model->input[index[j]].name;
    for (size_t i = 0; i < m->rows; ++i)
        m->row[i] = m->is_hessian ? m->column[i] : slope_function_output(m->f, i).name;
    return CLI_DONE;
}

static int derive(cli_matrix *m, const cli_model *model, const cli_args *args)
{
    size_t *index = NULL;
    slope_error error = {0};
    int status = cli_model_pick(model, args, true, &m->columns, &index);
    if (!status && !m->columns)
        status = cli_fail(CLI_USAGE, "nothing to differentiate: the expression has no inputs");
    if (!status) {
        m->rows = m->is_hessian ? m->columns : slope_function_outputs(m->f);
        status = list_lines(m, model, index);
    }
    if (!status) {
        m->derived = (m->is_hessian ? slope_hessian : slope_jacobian)(m->f, m->columns, index, &error);
        status = m->derived ? CLI_DONE : cli_fail_error(&error, m->what);
    }
    free(index);
    return status;
}

int cli_matrix_create(cli_matrix *m, const cli_model *model, const cli_args *args)
{
    const bool is_hessian = args->command == CLI_COMMAND_HESS;
    *m = (cli_matrix){.is_hessian = is_hessian, .what = is_hessian ? "hessian" : "jacobian"};
    int status = cli_model_function(model, args, is_hessian, &m->f);
    status = status ? status : derive(m, model, args);
    if (status)
        cli_matrix_free(m);
    return status;
}

int cli_matrix_evaluate(cli_matrix *m, const cli_model *model)
{
    int status = cli_model_evaluate(model, m->derived, m->entry);
    for (size_t k = 0; k < m->rows * m->columns; ++k)
        m->entry[k] = cli_slope(m->entry[k]);
    return status;
}

void cli_matrix_table(const cli_matrix *m, const cli_args *args, cli_text *text)
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
static void entries_json(const cli_matrix *m, cli_text *text)
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

int cli_matrix_json(const cli_matrix *m, const cli_model *model, const cli_args *args, cli_text *text)
{
    size_t count, *index = NULL;
    cli_args all = *args;
    all.value[CLI_OPTION_WRT] = NULL;
    int status = cli_model_pick(model, &all, false, &count, &index);
    if (!status) {
        cli_model_json(model, true, count, index, text);
        if (!text->failed)
            text->data[--text->size] = '\0'; /* its last brace, so that a member can follow */
        cli_text_print(text, ", \"%s\": ", m->what);
        entries_json(m, text);
        cli_text_print(text, "}");
    }
    free(index);
    return status;
}

bool cli_matrix_is_finite(const cli_matrix *m)
{
    size_t k = 0;
    while (k < m->rows * m->columns && isfinite(m->entry[k]))
        ++k;
    return k == m->rows * m->columns;
}

/* ------------------------------------------------------------------------------------ where a NaN came from */

/* The operation of a node alone, as a function of its operands, and its second derivatives at their numbers: is one of
   them not finite? */
static bool is_second_nonfinite(slope_value node, size_t n, double x[])
{
    slope_tape *tape = slope_tape_create(NULL);
    slope_value *operand = calloc(n, sizeof *operand);
    slope_node info;
    bool found = false;
    if (tape && operand && !slope_inspect(node, &info)) {
        for (size_t i = 0; i < n; ++i) {
            x[i] = slope_data(slope_operand(node, i));
            operand[i] = slope_var(tape, x[i]);
        }
        const slope_value y = slope_apply(info.op, n, operand);
        const slope_group in = {"x", n}, out = {"y", 1};
        slope_function *f = slope_function_create(1, &in, (const slope_value *const[]){operand}, 1, &out,
                                                  (const slope_value *const[]){&y}, NULL);
        slope_function *h = f ? slope_hessian(f, 0, NULL, NULL) : NULL;
        double *entry = calloc(n * n, sizeof *entry);
        if (h && entry && !slope_eval(h, (const double *const[]){x}, (double *const[]){entry}))
            for (size_t k = 0; k < n * n; ++k)
                found = found || !isfinite(entry[k]);
        free(entry);
        slope_function_destroy(h);
        slope_function_destroy(f);
    }
    free(operand);
    slope_tape_destroy(tape);
    return found;
}

static void tell_second(const slope_node *info, size_t n, const double x[])
{
    char number[CLI_NUMBER_SIZE];
    cli_text text = {0};
    for (size_t i = 0; i < n; ++i)
        cli_text_print(&text, "%s%s", i ? ", " : "", cli_number(number, x[i], 6));
    if (info->label)
        cli_note("%.40s = %s(%s): its second derivative there is not finite", info->label, info->name, text.data);
    else
        cli_note("node %%%lu = %s(%s): its second derivative there is not finite", (unsigned long)info->id, info->name,
                 text.data);
    cli_text_free(&text);
}

/* Names the first operation below the value that was swept whose own second derivative is not finite. */
static void note_second(const cli_model *model)
{
    enum { WIDEST = 64 }; /* operands: an operation of more is not looked into */
    double x[WIDEST];
    const size_t size = slope_tape_size(model->tape);
    for (size_t id = 0; id < size; ++id) {
        slope_node info;
        const slope_value node = slope_tape_value(model->tape, id);
        if (slope_inspect(node, &info) || !info.operands || info.operands > WIDEST || info.grad == 0.0 ||
            info.op >= SLOPE_OP_CUSTOM || !is_second_nonfinite(node, info.operands, x))
            continue;
        tell_second(&info, info.operands, x);
        return;
    }
}

void cli_matrix_note(const cli_matrix *m, const cli_model *model)
{
    size_t k = 0;
    cli_note_tie(model->tape, model->result, "");
    while (k < m->rows * m->columns && isfinite(m->entry[k]))
        ++k;
    if (k == m->rows * m->columns)
        return;
    cli_note("the %s is not finite at (%s, %s)", m->what, m->row[k / m->columns], m->column[k % m->columns]);
    slope_origin origin;
    const char *name = slope_function_output(m->f, m->is_hessian ? 0 : k / m->columns).name;
    const size_t named = cli_index_find(&model->by_name, name, strlen(name));
    const slope_value y = named == SIZE_MAX ? model->result : model->named_value[named].value;
    if (slope_find_nonfinite(y, &origin))
        return;
    if (*origin.message)
        cli_note("%s", origin.message);
    else
        note_second(model);
}
