/* SPDX-License-Identifier: MIT */
/*
 * slope repl: statements line by line.
 *
 * All values live on one tape.  A name that is assigned a number is an input; assigning it another number sets the
 * input and computes everything recorded from it again.  Assigning an expression binds the name to a new value, as in
 * any language.
 */
#include "repl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const cli_repl_commands[] = {":check", ":graph", ":grad", ":help", ":names", ":quit", ":reset", NULL};

static const char help[] = "Type an expression, or NAME = EXPRESSION.  A name that is assigned a number is an\n"
                           "input: assigning it another number computes everything that depends on it again.\n"
                           "\n"
                           "  :grad [NAME]   values and gradients of the last result, or of NAME\n"
                           "  :graph [FILE]  its graph as text, or as a picture (.svg .png .pdf .dot .json .txt)\n"
                           "  :check         exact against numerical derivatives\n"
                           "  :names         the names and their values\n"
                           "  :reset         forget everything\n"
                           "  :help          this text\n"
                           "  :quit          leave; Ctrl-D does too\n";

static cli_binding *find(const cli_repl_state *repl, const char *name, size_t size)
{
    for (size_t i = 0; i < repl->count; ++i)
        if (strlen(repl->binding[i].name) == size && !memcmp(repl->binding[i].name, name, size))
            return &repl->binding[i];
    return NULL;
}

static int bind(cli_repl_state *repl, const char *name, size_t size, slope_value value, bool input)
{
    cli_binding *old = find(repl, name, size);
    if (old) {
        old->value = value;
        old->input = input;
        return CLI_DONE;
    }
    cli_binding *more = realloc(repl->binding, (repl->count + 1) * sizeof *more);
    if (!more)
        return cli_fail_memory();
    repl->binding = more;
    char *copy = strndup(name, size);
    if (!copy)
        return cli_fail_memory();
    more[repl->count++] = (cli_binding){copy, value, input};
    return CLI_DONE;
}

static void forget(cli_repl_state *repl)
{
    for (size_t i = 0; i < repl->count; ++i)
        free(repl->binding[i].name);
    free(repl->binding);
    cli_text_free(&repl->functions);
    repl->binding = NULL;
    repl->count = 0;
    repl->last = (slope_value){0};
    slope_tape_reset(repl->tape);
}

static void print_value(const char *name, size_t size, double x)
{
    char number[CLI_NUMBER_SIZE];
    cli_put_safe(name, size, stdout);
    printf("%s%s\n", size ? " = " : "", cli_number(number, x, 0));
}

static void note_nonfinite(slope_value value)
{
    slope_origin origin;
    if (!isfinite(slope_data(value)) && !slope_is_number(value) && !slope_find_nonfinite(value, &origin) &&
        *origin.message)
        cli_note("%s", origin.message);
}

/* ------------------------------------------------------------------------------------------------ statements */

/* A new number for an input: everything that was recorded from it follows. */
static int change_input(cli_repl_state *repl, cli_binding *input, double x)
{
    slope_status status = slope_set_data(input->value, x);
    status = status ? status : slope_forward(repl->tape);
    if (status)
        return cli_fail_status(status, input->name, slope_tape_error(repl->tape)->message);
    print_value(input->name, strlen(input->name), x);
    if (slope_is_null(repl->last) || slope_is_number(repl->last) || slope_same(repl->last, input->value))
        return CLI_DONE;
    slope_node node;
    const char *label = !slope_inspect(repl->last, &node) && node.label ? node.label : "(result)";
    print_value(label, strlen(label), slope_data(repl->last));
    note_nonfinite(repl->last);
    return CLI_DONE;
}

/* Parses a statement behind the functions that were defined before. */
static int parse(cli_repl_state *repl, const char *text, size_t size, slope_value *value)
{
    slope_parse_error error = {0};
    slope_binding *binding = calloc(repl->count + 1, sizeof *binding);
    cli_text whole = {0};
    cli_text_add(&whole, repl->functions.data ? repl->functions.data : "", repl->functions.size);
    cli_text_add(&whole, text, size);
    if (!binding || whole.failed) {
        free(binding);
        cli_text_free(&whole);
        return cli_fail_memory();
    }
    for (size_t i = 0; i < repl->count; ++i)
        binding[i] = (slope_binding){repl->binding[i].name, repl->binding[i].value};
    slope_status status = slope_parse(repl->tape, whole.data, whole.size, repl->count, binding, value, &error);
    free(binding);
    cli_text_free(&whole);
    if (!status)
        return CLI_DONE;
    if (!error.status)
        return cli_fail_status(status, "tape", slope_tape_error(repl->tape)->message);
    error.line = error.line ? (repl->interactive ? 1 : repl->line) : 0;
    return cli_source_fail(repl->interactive ? "input" : "standard input", &error);
}

/* Keeps a definition if a text can go on after it. */
static int add_function(cli_repl_state *repl, const char *text, size_t size)
{
    slope_value zero;
    cli_text line = {0};
    cli_text_add(&line, text, size);
    cli_text_add(&line, "\n0", 2);
    int status = line.failed ? cli_fail_memory() : parse(repl, line.data, line.size, &zero);
    if (!status)
        cli_text_add(&repl->functions, line.data, line.size - 1);
    cli_text_free(&line);
    return status || !repl->functions.failed ? status : cli_fail_memory();
}

static int assign(cli_repl_state *repl, const char *text, const cli_statement *s, slope_value value)
{
    cli_binding *old = find(repl, text + s->first, s->name_size);
    if (slope_is_number(value)) {
        double x = slope_data(value);
        if (old && old->input)
            return change_input(repl, old, x);
        value = slope_var(repl->tape, x);
        if (slope_is_null(value))
            return cli_fail_status(slope_tape_status(repl->tape), "input", slope_tape_error(repl->tape)->message);
        int status = bind(repl, text + s->first, s->name_size, value, true);
        if (!status)
            slope_label(value, repl->binding[find(repl, text + s->first, s->name_size) - repl->binding].name);
        print_value(text + s->first, s->name_size, x);
        return status;
    }
    for (size_t i = 0; i < repl->count; ++i)
        if (slope_same(repl->binding[i].value, value)) { /* `b = a`: the value keeps its first name */
            slope_label(value, repl->binding[i].name);
            break;
        }
    repl->last = value;
    print_value(text + s->first, s->name_size, slope_data(value));
    note_nonfinite(value);
    return bind(repl, text + s->first, s->name_size, value, false);
}

static int take_statements(cli_repl_state *repl, const char *text)
{
    cli_statement s;
    size_t size = strlen(text);
    int status = CLI_DONE;
    for (size_t at = 0; !status && cli_source_next(text, size, &at, &s);) {
        slope_value value = {0};
        if (s.defines) {
            status = add_function(repl, text + s.first, s.last - s.first);
            continue;
        }
        status = parse(repl, text + s.first, s.last - s.first, &value);
        if (status)
            break;
        if (s.name_size) {
            status = assign(repl, text, &s, value);
            continue;
        }
        repl->last = value;
        print_value("", 0, slope_data(value));
        note_nonfinite(value);
    }
    return status;
}

/* ------------------------------------------------------------------------------------------------- : commands */

static int print_grid(cli_grid *grid, const cli_args *args)
{
    cli_text text = {0};
    cli_output output = {stdout, NULL, NULL};
    cli_grid_print(grid, cli_colour(args), &text);
    cli_grid_free(grid);
    int status = cli_output_write(&output, &text);
    cli_text_free(&text);
    return status;
}

/* The value that a command is about: NAME, or the last result. */
static int target(const cli_repl_state *repl, const char *name, slope_value *value)
{
    cli_binding *named = *name ? find(repl, name, strlen(name)) : NULL;
    if (*name && !named)
        return cli_fail(CLI_USAGE, "there is no name '%s'; :names lists them", name);
    *value = named ? named->value : repl->last;
    if (slope_is_null(*value) || slope_is_number(*value)) {
        cli_fail(CLI_USAGE, "there is no result with derivatives yet");
        cli_hint("type for example: x = 2; x^3");
        return CLI_USAGE;
    }
    slope_status status = slope_backward(*value);
    return status ? cli_fail_status(status, "gradient", slope_tape_error(repl->tape)->message) : CLI_DONE;
}

static int do_grad(cli_repl_state *repl, const char *name)
{
    slope_value y;
    cli_grid grid = {.columns = 3};
    bool listed = false;
    int status = target(repl, name, &y);
    if (status)
        return status;
    cli_grid_add(&grid, "name");
    cli_grid_add(&grid, "value");
    cli_grid_add(&grid, "gradient");
    for (size_t i = 0; i < repl->count; ++i) {
        slope_value value = repl->binding[i].value;
        cli_grid_add(&grid, repl->binding[i].name);
        cli_grid_add_number(&grid, slope_data(value), 0);
        cli_grid_add_number(&grid, slope_grad(value), 0);
        listed = listed || slope_same(value, y);
    }
    if (!listed) {
        cli_grid_add(&grid, "(result)");
        cli_grid_add_number(&grid, slope_data(y), 0);
        cli_grid_add_number(&grid, slope_grad(y), 0);
    }
    status = print_grid(&grid, repl->args);
    cli_note_tie(repl->tape, y, "");
    return status;
}

static int do_names(cli_repl_state *repl, const char *rest)
{
    cli_grid grid = {.columns = 3};
    (void)rest;
    cli_grid_add(&grid, "name");
    cli_grid_add(&grid, "value");
    cli_grid_add(&grid, "kind");
    for (size_t i = 0; i < repl->count; ++i) {
        cli_grid_add(&grid, repl->binding[i].name);
        cli_grid_add_number(&grid, slope_data(repl->binding[i].value), 0);
        cli_grid_add(&grid, repl->binding[i].input ? "input" : "computed");
    }
    return print_grid(&grid, repl->args);
}

static int do_graph(cli_repl_state *repl, const char *path)
{
    slope_value y;
    int status = target(repl, "", &y);
    if (status)
        return status;
    const slope_graph_options options = cli_graph_options(repl->args, NULL);
    status = *path ? cli_graph_write(y, &options, path) : cli_graph_print(y, &options, SLOPE_GRAPH_TEXT);
    if (!status && *path)
        cli_note_written(path);
    if (!status)
        cli_note_tie(repl->tape, y, "");
    return status;
}

static int do_check(cli_repl_state *repl, const char *name)
{
    slope_value y;
    cli_grid grid = {.columns = 4};
    int status = target(repl, name, &y);
    if (status)
        return status;
    static const char *const heading[] = {"name", "exact", "numerical", "verdict"};
    for (size_t i = 0; i < grid.columns; ++i)
        cli_grid_add(&grid, heading[i]);
    for (size_t i = 0; i < repl->count; ++i) {
        slope_check_entry entry;
        if (!repl->binding[i].input)
            continue;
        slope_status failed = slope_check_values(y, 1, &repl->binding[i].value, &entry);
        if (failed) {
            cli_grid_free(&grid);
            return cli_fail_status(failed, "check", slope_tape_error(repl->tape)->message);
        }
        cli_grid_add(&grid, repl->binding[i].name);
        cli_grid_add_number(&grid, entry.exact, 0);
        cli_grid_add_number(&grid, entry.numeric, 0);
        cli_grid_add(&grid, slope_verdict_text(entry.verdict));
    }
    status = print_grid(&grid, repl->args);
    cli_note_tie(repl->tape, y, "");
    return status;
}

static int do_help(cli_repl_state *repl, const char *rest)
{
    (void)repl;
    (void)rest;
    fputs(help, stdout);
    return CLI_DONE;
}

static int do_quit(cli_repl_state *repl, const char *rest)
{
    (void)rest;
    repl->done = true;
    return CLI_DONE;
}

static int do_reset(cli_repl_state *repl, const char *rest)
{
    (void)rest;
    forget(repl);
    return CLI_DONE;
}

static int take_command(cli_repl_state *repl, char *line)
{
    static int (*const action[])(cli_repl_state *, const char *) = {do_check, do_graph, do_grad, do_help,
                                                                    do_names, do_quit,  do_reset};
    size_t size = strcspn(line, " \t"), nearest = 0, best = SIZE_MAX;
    char *rest = line + size + strspn(line + size, " \t");
    line[size] = '\0';
    for (size_t i = 0; cli_repl_commands[i]; ++i) {
        size_t distance = cli_distance(line, cli_repl_commands[i]);
        if (!distance)
            return action[i](repl, rest);
        if (distance < best)
            best = distance, nearest = i;
    }
    if (!strcmp(line, ":q") || !strcmp(line, ":exit"))
        return do_quit(repl, rest);
    cli_fail(CLI_USAGE, "there is no command %s", line);
    if (best < 3)
        cli_hint("did you mean %s?", cli_repl_commands[nearest]);
    else
        cli_hint(":help lists the commands");
    return CLI_USAGE;
}

int cli_repl_line(cli_repl_state *repl, char *line)
{
    line += strspn(line, " \t");
    size_t size = strlen(line);
    while (size && strchr(" \t\r\n", line[size - 1]))
        line[--size] = '\0';
    bool word = !strcmp(line, "help") || !strcmp(line, "quit") || !strcmp(line, "exit");
    if (word && !find(repl, line, size))
        return *line == 'h' ? do_help(repl, "") : do_quit(repl, "");
    return *line == ':' ? take_command(repl, line) : take_statements(repl, line);
}

int cli_repl_start(cli_repl_state *repl, const cli_args *args)
{
    *repl = (cli_repl_state){.args = args, .tape = slope_tape_create(NULL)};
    return repl->tape ? CLI_DONE : cli_fail_memory();
}

void cli_repl_stop(cli_repl_state *repl)
{
    forget(repl);
    slope_tape_destroy(repl->tape);
    *repl = (cli_repl_state){0};
}
