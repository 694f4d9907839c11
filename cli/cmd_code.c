/* SPDX-License-Identifier: MIT */
/* slope code: a function as C source and header; slope show: as a listing. */
#include "cli.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* The last part of a path without its ending, as a name for C: decay.c gives decay. */
static char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path, *dot = strrchr(base, '.');
    char *name = strndup(base, dot ? (size_t)(dot - base) : strlen(base));
    for (char *s = name; s && *s; ++s)
        if (!isalnum((unsigned char)*s))
            *s = '_';
    return name;
}

/* path with .h for its ending. */
static char *header_of(const char *path)
{
    size_t size = strlen(path);
    char *header = malloc(size + 3);
    if (!header)
        return NULL;
    memcpy(header, path, size + 1);
    memcpy(header + size - 2, ".h", 3);
    return header;
}

static int write_text(const char *path, const char *data, size_t size)
{
    cli_output output;
    cli_text text = {0};
    int status = cli_output_open(&output, path);
    if (status)
        return status;
    cli_text_add(&text, data, size);
    status = cli_output_write(&output, &text);
    cli_text_free(&text);
    return cli_output_close(&output, status);
}

/* Source and header side by side; without -o both on the standard output. */
static int write_code(const cli_args *args, const slope_code *code, const char *header)
{
    const char *path = args->value[CLI_OPTION_OUTPUT];
    if (!path) {
        int status = write_text(NULL, code->header, code->header_size);
        return status ? status : write_text(NULL, code->source, code->source_size);
    }
    int status = write_text(header, code->header, code->header_size);
    return status ? status : write_text(path, code->source, code->source_size);
}

int cli_code(const cli_args *args)
{
    slope_codegen_options options = slope_codegen_options_default();
    const char *path = args->value[CLI_OPTION_OUTPUT];
    slope_function *f = NULL;
    slope_code code = {0};
    slope_error error = {0};
    if (path && !strcmp(path, "-"))
        path = NULL;
    size_t size = path ? strlen(path) : 0;
    if (path && (size < 3 || strcmp(path + size - 2, ".c")))
        return cli_fail(CLI_USAGE, "-o %s: C is written to a file that ends in .c, and its header beside it", path);
    char *name = args->value[CLI_OPTION_NAME] ? strdup(args->value[CLI_OPTION_NAME]) : name_of(path ? path : "f.c");
    char *header = path ? header_of(path) : strdup("f.h");
    int status = name && header ? cli_function_create(args, &f) : cli_fail_memory();
    if (!status) {
        const char *slash = strrchr(header, '/');
        options.name = name;
        options.header = path ? slash ? slash + 1 : header : NULL;
        options.use_float = args->value[CLI_OPTION_FLOAT] != NULL;
        slope_status failed = slope_codegen(f, &options, &code, &error);
        status = failed ? cli_fail_error(&error, "code") : write_code(args, &code, header);
        if (failed && !args->value[CLI_OPTION_NAME])
            cli_hint("--name gives the function another name than the file");
    }
    slope_code_free(&code);
    slope_function_destroy(f);
    free(name);
    free(header);
    return status;
}

int cli_show(const cli_args *args)
{
    slope_function *f = NULL;
    char *text = NULL;
    size_t size;
    int status = cli_function_create(args, &f);
    if (!status) {
        slope_status failed = slope_function_dump(f, &text, &size);
        status = failed ? cli_fail_status(failed, "the listing", NULL)
                        : write_text(args->value[CLI_OPTION_OUTPUT], text, size);
    }
    free(text);
    slope_function_destroy(f);
    return status;
}

/* slope graph --structure, or --function FILE. */
int cli_structure(const cli_args *args, const slope_graph_options *options)
{
    const char *path = args->value[CLI_OPTION_OUTPUT];
    slope_function *f = NULL;
    slope_error error = {0};
    if (!path || !strcmp(path, "-"))
        return cli_fail(CLI_USAGE, "the structure of a function is drawn to a file: -o FILE.svg; slope show prints it");
    int status = cli_function_create(args, &f);
    if (!status) {
        slope_status failed =
            slope_graph_function_write(f, path, (int)cli_args_number(args, CLI_OPTION_OPEN, 1), options, &error);
        status = failed ? cli_fail_error(&error, path) : CLI_DONE;
    }
    slope_function_destroy(f);
    return status;
}
