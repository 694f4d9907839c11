/* SPDX-License-Identifier: MIT */
/* Functions of the command: from an expression or a file, their outputs by --out, their derivatives by --of. */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

int cli_names_read(cli_names *names, const char *list)
{
    *names = (cli_names){0};
    names->text = strdup(list);
    names->name = calloc(strlen(list) + 1, sizeof *names->name);
    if (!names->text || !names->name) {
        cli_names_free(names);
        return cli_fail_memory();
    }
    for (char *at = names->text, *next; at; at = next) {
        next = strchr(at, ',');
        if (next)
            *next++ = '\0';
        at += strspn(at, " ");
        for (size_t size = strlen(at); size && at[size - 1] == ' '; --size)
            at[size - 1] = '\0';
        names->name[names->count++] = at;
        for (size_t i = 0; i + 1 < names->count; ++i) {
            if (!strcmp(names->name[i], at)) {
                int status = cli_fail(CLI_USAGE, "'%s' is there twice in the list %s", at, list);
                cli_names_free(names);
                return status;
            }
        }
        if (!*at) {
            int status = cli_fail(CLI_USAGE, "there is an empty name in the list '%s'", list);
            cli_names_free(names);
            return status;
        }
    }
    return CLI_DONE;
}

void cli_names_free(cli_names *names)
{
    free(names->text);
    free(names->name);
    *names = (cli_names){0};
}

int cli_fail_error(const slope_error *error, const char *what)
{
    return cli_fail_status(error->status ? error->status : SLOPE_ERR_MEMORY, what, error->message);
}

/* -------------------------------------------------------------------------------------------- of recorded values */

static const cli_named *find_named(const cli_model *model, const char *name)
{
    const size_t i = cli_index_find(&model->by_name, name, strlen(name));
    return i == SIZE_MAX ? NULL : &model->named_value[i];
}

static int fail_output(const cli_model *model, const char *name)
{
    size_t best = SIZE_MAX, nearest = 0;
    int status = cli_fail(CLI_USAGE, "--out: %s has no name '%s'", model->source.text_of, name);
    for (size_t i = 0; i < model->named; ++i) {
        size_t distance = cli_distance(name, model->named_value[i].name);
        if (distance < best)
            best = distance, nearest = i;
    }
    if (best != SIZE_MAX && cli_is_near(name, best))
        cli_hint("did you mean %s?", model->named_value[nearest].name);
    return status;
}

/* The outputs that --out names, else what the text assigns, or the result where `one`. */
static int list_outputs(const cli_model *model, const cli_args *args, bool one, cli_names *out)
{
    *out = (cli_names){0};
    if (args->value[CLI_OPTION_OUT])
        return cli_names_read(out, args->value[CLI_OPTION_OUT]);
    out->name = calloc(model->named + 1, sizeof *out->name);
    for (size_t i = model->inputs; out->name && !one && i < model->named; ++i)
        out->name[out->count++] = model->named_value[i].name;
    return out->name ? CLI_DONE : cli_fail_memory();
}

int cli_model_function(const cli_model *model, const cli_args *args, bool one, slope_function **f)
{
    cli_names out;
    int status = list_outputs(model, args, one, &out);
    if (status)
        return status;
    const size_t n = out.count ? out.count : 1;
    slope_group *input = calloc(model->inputs + 1, sizeof *input), *output = calloc(n, sizeof *output);
    const slope_value **x = calloc(model->inputs + 1, sizeof *x), **y = calloc(n, sizeof *y);
    slope_error error = {0};
    status = input && output && x && y ? CLI_DONE : cli_fail_memory();
    for (size_t i = 0; !status && i < model->inputs; ++i) {
        input[i] = (slope_group){model->input[i].name, 1};
        x[i] = &model->input[i].value;
    }
    for (size_t k = 0; !status && k < n; ++k) {
        const cli_named *named = out.count ? find_named(model, out.name[k]) : NULL;
        output[k] = (slope_group){out.count ? out.name[k] : "result", 1};
        y[k] = named ? &named->value : &model->result;
        if (out.count && !named)
            status = fail_output(model, out.name[k]);
    }
    if (!status && one && n > 1)
        status =
            cli_fail(CLI_USAGE, "--out names %zu values, but slope %s takes one", n, cli_commands[args->command].name);
    if (!status) {
        *f = slope_function_create(model->inputs, input, x, n, output, y, &error);
        status = *f ? CLI_DONE : cli_fail_error(&error, "the function");
    }
    free(input);
    free(output);
    free(x);
    free(y);
    cli_names_free(&out);
    return status;
}

int cli_model_evaluate(const cli_model *model, const slope_function *g, double y[])
{
    const double **in = calloc(model->inputs + 1, sizeof *in);
    double **out = calloc(slope_function_outputs(g) + 1, sizeof *out);
    int status = in && out ? CLI_DONE : cli_fail_memory();
    for (size_t i = 0; !status && i < model->inputs; ++i)
        in[i] = &model->input[i].data;
    for (size_t k = 0; !status && k < slope_function_outputs(g); ++k)
        out[k] = &y[k];
    if (!status) {
        slope_status failed = slope_eval(g, in, out);
        status = failed ? cli_fail_status(failed, "evaluation", NULL) : CLI_DONE;
    }
    free(in);
    free(out);
    return status;
}

/* ------------------------------------------------------------------------------------------- without any numbers */

/* The text as a function; errors with caret as everywhere. */
static int parse(const cli_args *args, slope_function **f)
{
    cli_source source;
    cli_names out = {0};
    slope_parse_error wrong;
    slope_error error = {0};
    size_t count;
    int status = cli_source_read(&source, args);
    if (!status && args->value[CLI_OPTION_OUT])
        status = cli_names_read(&out, args->value[CLI_OPTION_OUT]);
    if (!status && slope_parse_names(source.text, source.size, 0, NULL, &count, &wrong))
        status = cli_source_fail(source.from, &wrong);
    if (!status) {
        *f = slope_function_parse(source.text, source.size, out.count, (const char *const *)out.name, &error);
        if (!*f && error.status == SLOPE_ERR_NAME)
            status = cli_fail(CLI_USAGE, "--out: %s", error.message);
        else if (!*f)
            status = cli_fail_error(&error, "the function");
    }
    cli_names_free(&out);
    cli_source_free(&source);
    return status;
}

/* Input groups that --wrt names; all of them when it is absent. */
static int pick_inputs(const cli_args *args, const slope_function *f, size_t *n, size_t **wrt)
{
    cli_names names;
    *wrt = NULL;
    *n = 0;
    if (!args->value[CLI_OPTION_WRT])
        return CLI_DONE;
    int status = cli_names_read(&names, args->value[CLI_OPTION_WRT]);
    *wrt = status ? NULL : calloc(names.count, sizeof **wrt);
    if (!status && !*wrt)
        status = cli_fail_memory();
    for (size_t i = 0; !status && i < names.count; ++i) {
        (*wrt)[i] = slope_function_find_input(f, names.name[i]);
        if ((*wrt)[i] == SIZE_MAX)
            status = cli_fail(CLI_USAGE, "--wrt: the function has no input '%s'", names.name[i]);
        *n = i + 1;
    }
    cli_names_free(&names);
    return status;
}

/* f, or its derivative that --of names; takes f over. */
static int derive(const cli_args *args, slope_function **f)
{
    typedef slope_function *maker(const slope_function *, size_t, const size_t[], slope_error *);
    static const struct {
        const char *name;
        maker *make;
    } kinds[] = {{"gradient", slope_gradient},
                 {"value-gradient", slope_value_gradient},
                 {"hessian", slope_hessian},
                 {"jacobian", slope_jacobian}};
    slope_error error = {0};
    size_t n, *wrt = NULL;
    slope_function *derived = NULL;
    maker *make = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; ++i)
        if (cli_args_chose(args, CLI_OPTION_OF, kinds[i].name))
            make = kinds[i].make;
    if (!make)
        return args->value[CLI_OPTION_WRT] ? cli_fail(CLI_USAGE, "--wrt needs a derivative, as in --of gradient")
                                           : CLI_DONE;
    int status = pick_inputs(args, *f, &n, &wrt);
    if (!status) {
        derived = make(*f, n, wrt, &error);
        status = derived ? CLI_DONE : cli_fail_error(&error, args->value[CLI_OPTION_OF]);
        if (!derived && slope_function_outputs(*f) > 1)
            cli_hint("--out picks one of the outputs, and --of jacobian takes several");
    }
    free(wrt);
    slope_function_destroy(*f);
    *f = derived;
    return status;
}

int cli_function_create(const cli_args *args, slope_function **f)
{
    slope_error error = {0};
    int status;
    *f = NULL;
    if (args->bindings)
        return cli_fail(CLI_USAGE, "'%s': slope %s takes no numbers", args->binding[0],
                        cli_commands[args->command].name);
    if (args->value[CLI_OPTION_FUNCTION]) {
        *f = slope_function_read(args->value[CLI_OPTION_FUNCTION], &error);
        status = *f ? CLI_DONE : cli_fail_error(&error, args->value[CLI_OPTION_FUNCTION]);
    } else {
        status = parse(args, f);
    }
    status = status ? status : derive(args, f);
    if (!status && args->value[CLI_OPTION_SAVE]) {
        slope_status failed = slope_function_write(*f, args->value[CLI_OPTION_SAVE], &error);
        status = failed ? cli_fail_error(&error, args->value[CLI_OPTION_SAVE]) : CLI_DONE;
    }
    if (status) {
        slope_function_destroy(*f);
        *f = NULL;
    }
    return status;
}
