/* SPDX-License-Identifier: MIT */
/* slope check: exact derivatives against numerical ones; the exit status is 1 if one is wrong. */
#include "cli.h"

#include <stdlib.h>

/* What was checked: the picked inputs, in order. */
typedef struct checked {
    size_t count, *index;
    slope_check_entry *entry;
    bool passed;
} checked;

static void print_table(const cli_model *model, const cli_args *args, const checked *c, cli_text *text)
{
    static const char *const heading[] = {"name", "exact", "numerical", "difference", "its error", "digits", "verdict"};
    cli_grid grid = {.columns = sizeof heading / sizeof *heading};
    int digits = (int)cli_args_number(args, CLI_OPTION_DIGITS, 0);
    for (size_t i = 0; i < grid.columns; ++i)
        cli_grid_add(&grid, heading[i]);
    for (size_t i = 0; i < c->count; ++i) {
        const slope_check_entry *entry = &c->entry[i];
        cli_grid_add(&grid, model->named_value[c->index[i]].name);
        cli_grid_add_number(&grid, entry->exact, digits);
        cli_grid_add_number(&grid, entry->numeric, digits);
        cli_grid_add_number(&grid, entry->difference, 2);
        cli_grid_add_number(&grid, entry->error, 2);
        cli_grid_add_number(&grid, entry->digits, 3);
        cli_grid_add(&grid, slope_verdict_text(entry->verdict));
    }
    cli_grid_print(&grid, cli_colour(args), text);
    cli_grid_free(&grid);
}

static void print_field(cli_text *text, const char *name, double x)
{
    cli_text_print(text, "\"%s\": ", name);
    cli_text_json_number(text, x);
    cli_text_print(text, ", ");
}

static void print_json(const cli_model *model, const checked *c, cli_text *text)
{
    cli_text_print(text, "{");
    print_field(text, "value", slope_data(model->result));
    cli_text_print(text, "\"passed\": %s, \"checks\": {", c->passed ? "true" : "false");
    for (size_t i = 0; i < c->count; ++i) {
        const slope_check_entry *entry = &c->entry[i];
        cli_text_print(text, "%s", i ? ", " : "");
        cli_text_json_string(text, model->named_value[c->index[i]].name);
        cli_text_print(text, ": {");
        print_field(text, "exact", entry->exact);
        print_field(text, "numeric", entry->numeric);
        print_field(text, "difference", entry->difference);
        print_field(text, "error", entry->error);
        print_field(text, "digits", entry->digits);
        print_field(text, "left", entry->left);
        print_field(text, "right", entry->right);
        cli_text_print(text, "\"verdict\": ");
        cli_text_json_string(text, slope_verdict_text(entry->verdict));
        cli_text_print(text, "}");
    }
    cli_text_print(text, "}}\n");
}

static int run_check(const cli_model *model, checked *c)
{
    slope_value *input = calloc(c->count + 1, sizeof *input);
    c->entry = calloc(c->count + 1, sizeof *c->entry);
    if (!input || !c->entry) {
        free(input);
        return cli_fail_memory();
    }
    for (size_t i = 0; i < c->count; ++i)
        input[i] = model->named_value[c->index[i]].value;
    slope_status status = slope_check_values(model->result, c->count, input, c->entry);
    free(input);
    c->passed = true;
    for (size_t i = 0; !status && i < c->count; ++i)
        c->passed = c->passed && c->entry[i].verdict != SLOPE_VERDICT_WRONG;
    return status ? cli_fail_status(status, "check", slope_tape_error(model->tape)->message) : CLI_DONE;
}

/* Says what the verdicts mean where they are not simply right. */
static void explain(const cli_model *model, const checked *c)
{
    slope_culprit culprit;
    slope_node node;
    for (size_t i = 0; i < c->count; ++i) {
        const slope_check_entry *entry = &c->entry[i];
        const char *name = model->named_value[c->index[i]].name;
        if (entry->verdict == SLOPE_VERDICT_WRONG)
            cli_fail(CLI_MISMATCH, "the derivative with respect to %s is wrong: it is %.17g, and numerically %.17g",
                     name, entry->exact, entry->numeric);
        else if (entry->verdict == SLOPE_VERDICT_KINK)
            cli_note("%s is at a kink: the slope is %.6g on the left and %.6g on the right", name, entry->left,
                     entry->right);
        else if (entry->verdict == SLOPE_VERDICT_NOISE)
            cli_note("%s could not be checked: the numerical derivative is too uncertain here", name);
        else if (entry->verdict == SLOPE_VERDICT_BRANCH)
            cli_note("%s decides a branch at a tie: the derivative is that of one way only", name);
    }
    if (!c->passed && !slope_check_nodes(model->result, &culprit) && !slope_inspect(culprit.node, &node))
        cli_hint("the first wrong partial is that of operand %zu of %s: %.17g, numerically %.17g", culprit.operand + 1,
                 node.name, culprit.entry.exact, culprit.entry.numeric);
}

static int print(const cli_model *model, const cli_args *args, const checked *c)
{
    cli_output output;
    cli_text text = {0};
    int status = cli_output_open(&output, args->value[CLI_OPTION_OUTPUT]);
    if (status)
        return status;
    if (args->value[CLI_OPTION_JSON])
        print_json(model, c, &text);
    else
        print_table(model, args, c, &text);
    status = cli_output_write(&output, &text);
    cli_text_free(&text);
    return cli_output_close(&output, status ? status : c->passed ? CLI_DONE : CLI_MISMATCH);
}

int cli_check(const cli_args *args)
{
    cli_model model;
    checked c = {0};
    int status = cli_model_create(&model, args, 0, NULL);
    if (status)
        return status;
    if (!model.inputs)
        status = cli_fail(CLI_USAGE, "nothing to check: the expression has no inputs");
    status = status ? status : cli_model_pick(&model, args, true, &c.count, &c.index);
    status = status ? status : run_check(&model, &c);
    if (!status) {
        status = print(&model, args, &c);
        explain(&model, &c);
        cli_model_note_nonfinite(&model, true);
        cli_note_tie(model.tape, model.result, "");
    }
    free(c.index);
    free(c.entry);
    cli_model_free(&model);
    return status;
}
