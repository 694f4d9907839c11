/* SPDX-License-Identifier: MIT */
/* slope sweep: how far numerical derivatives are from the exact one as the step h shrinks; a table, JSON, and a
   plot. */
#include "cli.h"
#include "sweep_plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What was swept. */
typedef struct sweep {
    cli_model model;
    size_t input; /* number of the input that is varied */
    double exact;
    const char *missing; /* an operation without a complex form, or NULL */
    slope_sweep_row row[SLOPE_SWEEP_ROWS];
} sweep;

/* The callback of the finite differences: the same tape at other inputs. */
static int evaluate(size_t n, const double x[], size_t m, double y[], void *context)
{
    const cli_model *model = context;
    slope_status status = n == model->inputs && m == 1 ? SLOPE_OK : SLOPE_ERR_ARGUMENT;
    for (size_t i = 0; i < n && !status; ++i)
        status = slope_set_data(model->input[i].value, x[i]);
    status = status ? status : slope_forward(model->tape);
    y[0] = slope_data(model->result);
    return status != SLOPE_OK;
}

static int choose_input(sweep *s, const cli_args *args)
{
    size_t count = 0, *index = NULL;
    if (!s->model.inputs)
        return cli_fail(CLI_USAGE, "nothing to vary: the expression has no inputs");
    int status = cli_model_pick(&s->model, args, true, &count, &index);
    if (!status && args->value[CLI_OPTION_WRT] && count != 1)
        status = cli_fail(CLI_USAGE, "sweep varies one input; --wrt names %zu", count);
    s->input = status ? 0 : index[0];
    if (!status && count > 1)
        cli_note("varying %s; --wrt NAME chooses another input", s->model.input[s->input].name);
    free(index);
    return status;
}

static int compute(sweep *s)
{
    int status = cli_model_backward(&s->model);
    if (status)
        return status;
    s->exact = slope_grad(s->model.input[s->input].value);
    s->missing = cli_complex_missing(&s->model);
    double *x = calloc(s->model.inputs, sizeof *x);
    if (!x)
        return cli_fail_memory();
    for (size_t i = 0; i < s->model.inputs; ++i)
        x[i] = s->model.input[i].data;
    slope_status failed = slope_numeric_sweep(evaluate, s->missing ? NULL : cli_complex_eval, s->model.inputs, x,
                                              s->input, s->exact, &s->model, NULL, s->row);
    double y = 0.0;
    int restored = evaluate(s->model.inputs, x, 1, &y, &s->model);
    free(x);
    if (failed == SLOPE_ERR_CALLBACK || (!failed && restored)) { /* ours fail by the tape, or for want of memory */
        failed = slope_tape_status(s->model.tape);
        failed = failed ? failed : SLOPE_ERR_MEMORY;
    }
    if (failed)
        return cli_fail_status(failed, "sweep", slope_tape_error(s->model.tape)->message);
    if (s->missing)
        cli_note("no complex step: %s has no form for complex numbers", s->missing);
    return CLI_DONE;
}

/* ---------------------------------------------------------------------------------------------------- output */

static void add_error(cli_grid *grid, double error, bool missing)
{
    if (missing)
        cli_grid_add(grid, "-");
    else
        cli_grid_add_number(grid, error, 3);
}

static void print_best(const sweep *s, const char *name, double (*error)(const slope_sweep_row *), cli_text *text)
{
    size_t best = SLOPE_SWEEP_ROWS;
    for (size_t i = 0; i < SLOPE_SWEEP_ROWS; ++i)
        if (!isnan(error(&s->row[i])) && (best == SLOPE_SWEEP_ROWS || error(&s->row[i]) < error(&s->row[best])))
            best = i;
    if (best < SLOPE_SWEEP_ROWS)
        cli_text_print(text, "best %-8s error %.3g at h = %.2g\n", name, error(&s->row[best]), s->row[best].h);
}

static double forward_error(const slope_sweep_row *row) { return row->forward_error; }
static double central_error(const slope_sweep_row *row) { return row->central_error; }
static double complex_error(const slope_sweep_row *row) { return row->complex_error; }

static void print_table(const sweep *s, const cli_args *args, cli_text *text)
{
    cli_grid grid = {.columns = 4};
    char exact[CLI_NUMBER_SIZE], at[CLI_NUMBER_SIZE];
    static const char *const heading[] = {"h", "forward", "central", "complex step"};
    size_t stride = args->value[CLI_OPTION_ALL] ? 1 : 4;
    const cli_input *input = &s->model.input[s->input];
    cli_text_print(text, "d(result)/d%s = %s at %s = %s; errors of the numerical derivatives:\n", input->name,
                   cli_number(exact, s->exact, 0), input->name, cli_number(at, input->data, 0));
    for (size_t i = 0; i < grid.columns; ++i)
        cli_grid_add(&grid, heading[i]);
    for (size_t i = 0; i < SLOPE_SWEEP_ROWS; i += stride) {
        char h[CLI_NUMBER_SIZE];
        snprintf(h, sizeof h, stride == 1 ? "%.2e" : "%.0e", s->row[i].h);
        cli_grid_add(&grid, h);
        add_error(&grid, s->row[i].forward_error, false);
        add_error(&grid, s->row[i].central_error, false);
        add_error(&grid, s->row[i].complex_error, s->missing != NULL);
    }
    cli_grid_print(&grid, cli_colour(args) && !args->value[CLI_OPTION_OUTPUT], text);
    cli_grid_free(&grid);
    print_best(s, "forward", forward_error, text);
    print_best(s, "central", central_error, text);
    print_best(s, "complex", complex_error, text);
}

static void print_field(cli_text *text, const char *name, double x, const char *after)
{
    cli_text_print(text, "\"%s\": ", name);
    cli_text_json_number(text, x);
    cli_text_print(text, "%s", after);
}

static void print_json(const sweep *s, cli_text *text)
{
    const cli_input *input = &s->model.input[s->input];
    cli_text_print(text, "{");
    print_field(text, "value", slope_data(s->model.result), ", \"wrt\": ");
    cli_text_json_string(text, input->name);
    cli_text_print(text, ", ");
    print_field(text, "at", input->data, ", ");
    print_field(text, "exact", s->exact, ", \"rows\": [");
    for (size_t i = 0; i < SLOPE_SWEEP_ROWS; ++i) {
        const slope_sweep_row *row = &s->row[i];
        cli_text_print(text, "%s{", i ? ", " : "");
        print_field(text, "h", row->h, ", ");
        print_field(text, "forward", row->forward, ", ");
        print_field(text, "central", row->central, ", ");
        print_field(text, "complex_step", row->complex_step, ", ");
        print_field(text, "forward_error", row->forward_error, ", ");
        print_field(text, "central_error", row->central_error, ", ");
        print_field(text, "complex_error", row->complex_error, "}");
    }
    cli_text_print(text, "]}\n");
}

static int print(const sweep *s, const cli_args *args)
{
    cli_output output;
    cli_text text = {0};
    int status = cli_output_open(&output, NULL);
    if (args->value[CLI_OPTION_JSON])
        print_json(s, &text);
    else
        print_table(s, args, &text);
    status = status ? status : cli_output_write(&output, &text);
    cli_text_free(&text);
    return cli_output_close(&output, status);
}

static int draw(const sweep *s, const cli_args *args)
{
    const char *path = args->value[CLI_OPTION_OUTPUT], *title = args->value[CLI_OPTION_TITLE];
    cli_text usual = {0};
    cli_text_print(&usual, "Error of numerical derivatives with respect to %s", s->model.input[s->input].name);
    if (usual.failed)
        return cli_fail_memory();
    int status = cli_sweep_plot(s->row, s->missing == NULL, title ? title : usual.data, path);
    cli_text_free(&usual);
    if (!status && isatty(STDERR_FILENO))
        cli_note("wrote %s", path);
    return status;
}

int cli_sweep(const cli_args *args)
{
    sweep s;
    int status = args->value[CLI_OPTION_OUTPUT] ? cli_sweep_plot_kind(args->value[CLI_OPTION_OUTPUT]) : CLI_DONE;
    status = status ? status : cli_model_create(&s.model, args, 0, NULL);
    if (status)
        return status;
    status = choose_input(&s, args);
    status = status ? status : compute(&s);
    if (!status && args->value[CLI_OPTION_OUTPUT])
        status = draw(&s, args);
    status = status ? status : print(&s, args);
    if (!status)
        cli_model_note_nonfinite(&s.model, false);
    if (!status && !isfinite(s.exact))
        cli_note("the exact derivative is not finite: there are no errors to show");
    cli_model_free(&s.model);
    return status;
}
