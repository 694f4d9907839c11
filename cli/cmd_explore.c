/* SPDX-License-Identifier: MIT */
/* slope explore: the page of a formula, opened in the browser, and the pages of the gallery. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gallery.h"

/* ------------------------------------------------------------------------------------------------- the gallery */

static int find_example(const char *name, const slope_graph_example **example)
{
    size_t best = SIZE_MAX, nearest = 0;
    for (size_t i = 0; i < cli_gallery_count; ++i) {
        size_t distance = cli_distance(name, cli_gallery[i].name);
        *example = &cli_gallery[i];
        if (!distance)
            return CLI_DONE;
        if (distance < best)
            best = distance, nearest = i;
    }
    int status = cli_fail(CLI_USAGE, "the gallery has no example '%s'", name);
    if (best != SIZE_MAX && cli_is_near(cli_gallery[nearest].name, best))
        cli_hint("did you mean %s?", cli_gallery[nearest].name);
    else
        cli_hint("slope explore --list lists them");
    return status;
}

/* The command line as if the example had been typed.  Numbers that were typed win over its own. */
typedef struct example_line {
    cli_args args;
    char *inputs;   /* owned; args.binding points into it */
    char **binding; /* owned */
} example_line;

static bool is_given(const cli_args *args, const char *binding)
{
    size_t size = strcspn(binding, "=") + 1;
    for (size_t i = 0; i < args->bindings; ++i)
        if (!strncmp(args->binding[i], binding, size))
            return true;
    return false;
}

static int type_example(const cli_args *args, const slope_graph_example *example, example_line *line)
{
    size_t most = args->bindings + strlen(example->inputs) + 1;
    *line = (example_line){*args, strdup(example->inputs), calloc(most, sizeof(char *))};
    if (!line->inputs || !line->binding)
        return cli_fail_memory();
    size_t count = 0;
    for (; count < args->bindings; ++count)
        line->binding[count] = args->binding[count];
    for (char *word = strtok(line->inputs, " "); word; word = strtok(NULL, " "))
        if (!is_given(args, word))
            line->binding[count++] = word;
    line->args.expression = example->formula;
    line->args.binding = line->binding;
    line->args.bindings = count;
    return CLI_DONE;
}

static void example_line_free(example_line *line)
{
    free(line->inputs);
    free(line->binding);
}

static int list_gallery(void)
{
    cli_text text = {0};
    cli_output output;
    for (size_t i = 0; i < cli_gallery_count; ++i) {
        const slope_graph_example *example = &cli_gallery[i];
        cli_text_print(&text, "%s%-12s", i ? "\n" : "", example->name);
        cli_text_wrap(&text, example->title, 12, 12);
        cli_text_wrap(&text, example->formula, 12, 0);
        cli_text_wrap(&text, example->inputs, 12, 0);
        cli_text_wrap(&text, example->note, 12, 0);
    }
    int status = cli_output_open(&output, NULL);
    status = status ? status : cli_output_write(&output, &text);
    cli_text_free(&text);
    return cli_output_close(&output, status);
}

/* --------------------------------------------------------------------------------------------------- the pages */

static int write_page(const cli_model *model, const cli_args *args, const char *title, const char *path)
{
    slope_graph_options options = cli_graph_options(args, model->formula);
    options.title = options.title ? options.title : title;
    options.example = cli_gallery;
    options.examples = cli_gallery_count;
    return strcmp(path, "-") ? cli_graph_write(model->result, &options, path)
                             : cli_graph_print(model->result, &options, SLOPE_GRAPH_HTML);
}

static int record(cli_model *model, const cli_args *args)
{
    int status = cli_model_create(model, args, 0, NULL);
    if (!status && !slope_is_number(model->result))
        status = cli_model_backward(model);
    return status;
}

static int write_example(const cli_args *args, const slope_graph_example *example, const char *folder)
{
    example_line line;
    cli_model model = {0};
    cli_text path = {0};
    cli_text_print(&path, "%s/%s.html", folder, example->name);
    int status = type_example(args, example, &line);
    if (!status && path.failed)
        status = cli_fail_memory();
    status = status ? status : record(&model, &line.args);
    status = status ? status : write_page(&model, &line.args, example->title, path.data);
    cli_model_free(&model);
    example_line_free(&line);
    cli_text_free(&path);
    return status;
}

static int write_gallery(const cli_args *args, const char *folder)
{
    struct stat info;
    if (mkdir(folder, 0777) && (errno != EEXIST || stat(folder, &info) || !S_ISDIR(info.st_mode)))
        return cli_fail(CLI_SYSTEM, "can't make the folder %s: %s", folder,
                        strerror(errno == EEXIST ? ENOTDIR : errno));
    int status = CLI_DONE;
    for (size_t i = 0; i < cli_gallery_count && !status; ++i)
        status = write_example(args, &cli_gallery[i], folder);
    if (!status && isatty(STDERR_FILENO))
        cli_note("wrote %zu pages into %s", cli_gallery_count, folder);
    return status;
}

/* ------------------------------------------------------------------------------------------------- the browser */

/* Room for the page: a new folder that nobody else can read, where files go that need not last. */
static int make_folder(cli_text *folder)
{
    const char *places[] = {getenv("XDG_RUNTIME_DIR"), getenv("TMPDIR"), "/tmp"};
    int reason = ENOENT;
    for (size_t i = 0; i < sizeof places / sizeof *places; ++i) {
        if (!places[i] || *places[i] != '/')
            continue; /* the browser may not run here, so a relative path says nothing */
        cli_text_free(folder);
        cli_text_print(folder, "%s/slope-XXXXXX", places[i]);
        if (folder->failed)
            return cli_fail_memory();
        if (mkdtemp(folder->data))
            return CLI_DONE;
        reason = errno;
    }
    int status = cli_fail(CLI_SYSTEM, "can't make a folder for the page in /tmp: %s", strerror(reason));
    cli_hint("set TMPDIR to a folder that can be written, or name a file: -o FILE.html");
    return status;
}

static int open_page(const cli_model *model, const cli_args *args, const char *title)
{
    cli_text folder = {0}, path = {0};
    int status = make_folder(&folder);
    if (status) {
        cli_text_free(&folder);
        return status;
    }
    cli_text_print(&path, "%s/slope.html", folder.data);
    status = path.failed ? cli_fail_memory() : write_page(model, args, title, path.data);
    if (status) {
        rmdir(folder.data);
    } else if (puts(path.data) == EOF || fflush(stdout)) {
        status = cli_fail(CLI_SYSTEM, "can't write the standard output: %s", strerror(errno));
    } else if (!cli_browse(path.data)) {
        cli_note("no browser could be started");
        cli_hint("open the page yourself: it needs no network and no server; or set BROWSER to a program");
    }
    cli_text_free(&folder);
    cli_text_free(&path);
    return status;
}

static int show(const cli_args *args, const char *title)
{
    cli_model model;
    const char *path = args->value[CLI_OPTION_OUTPUT];
    int status = record(&model, args);
    if (!status)
        status = path ? write_page(&model, args, title, path) : open_page(&model, args, title);
    if (!status && path && strcmp(path, "-"))
        cli_note_written(path);
    cli_model_free(&model);
    return status;
}

static int show_example(const cli_args *args, const slope_graph_example *example)
{
    example_line line;
    int status = type_example(args, example, &line);
    status = status ? status : show(&line.args, example->title);
    example_line_free(&line);
    return status;
}

/* ----------------------------------------------------------------------------------------------------- the line */

static int check_line(const cli_args *args)
{
    const char *path = args->value[CLI_OPTION_OUTPUT];
    bool list = args->value[CLI_OPTION_LIST] != NULL, gallery = args->value[CLI_OPTION_GALLERY] != NULL;
    bool example = args->value[CLI_OPTION_EXAMPLE] != NULL;
    bool formula = args->expression || args->value[CLI_OPTION_FILE];
    if (list + gallery + example + formula > 1)
        return cli_fail(CLI_USAGE, "--list, --gallery, --example and an expression exclude each other");
    if ((list || gallery) && (path || args->bindings))
        return cli_fail(CLI_USAGE, "--%s takes no %s", list ? "list" : "gallery", path ? "-o" : "numbers for names");
    if (path && strcmp(path, "-") && (strlen(path) < 6 || strcmp(path + strlen(path) - 5, ".html"))) {
        int status = cli_fail(CLI_USAGE, "slope explore writes a page, and '%s' does not end in .html", path);
        cli_hint("slope graph writes pictures and text");
        return status;
    }
    return CLI_DONE;
}

int cli_explore(const cli_args *args)
{
    const slope_graph_example *example = NULL;
    int status = check_line(args);
    if (status)
        return status;
    if (args->value[CLI_OPTION_LIST])
        return list_gallery();
    if (args->value[CLI_OPTION_GALLERY])
        return write_gallery(args, args->value[CLI_OPTION_GALLERY]);
    if (args->expression || args->value[CLI_OPTION_FILE])
        return show(args, NULL);
    if (args->value[CLI_OPTION_EXAMPLE])
        status = find_example(args->value[CLI_OPTION_EXAMPLE], &example);
    else
        example = &cli_gallery[0];
    return status ? status : show_example(args, example);
}
