/* SPDX-License-Identifier: MIT */
/*
 * The text of an expression: where it comes from, its statements and its names.
 *
 * The scanner here knows just enough of the syntax to see where statements end and which names they assign; reading
 * them is the library's job.
 */
#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ------------------------------------------------------------------------------------------------- where from */

static int read_all(cli_source *source, FILE *file)
{
    cli_text text = {0};
    char block[8192];
    size_t size = 0;
    while ((size = fread(block, 1, sizeof block, file)) > 0 && text.size <= SLOPE_PARSE_MAX_BYTES)
        cli_text_add(&text, block, size);
    int reason = errno;
    if (text.failed || ferror(file)) {
        bool failed = text.failed;
        cli_text_free(&text);
        return failed ? cli_fail_memory() : cli_fail(CLI_SYSTEM, "can't read %s: %s", source->from, strerror(reason));
    }
    cli_text_add(&text, "", 0);
    source->text = text.data;
    source->size = text.size;
    return text.failed ? cli_fail_memory() : CLI_DONE;
}

static int read_file(cli_source *source, const char *path)
{
    struct stat status;
    source->from = source->text_of = path;
    if (!strcmp(path, "-")) {
        source->from = source->text_of = "standard input";
        return read_all(source, stdin);
    }
    if (!stat(path, &status) && S_ISDIR(status.st_mode))
        return cli_fail(CLI_USAGE, "can't read %s: it is a folder", path);
    FILE *file = fopen(path, "rb");
    if (!file)
        return cli_fail(errno == ENOENT || errno == EACCES ? CLI_USAGE : CLI_SYSTEM, "can't read %s: %s", path,
                        strerror(errno));
    int result = read_all(source, file);
    fclose(file);
    return result;
}

int cli_source_read(cli_source *source, const cli_args *args)
{
    *source = (cli_source){"expression", "the expression", NULL, 0};
    int status = CLI_DONE;
    if (args->value[CLI_OPTION_FILE])
        status = read_file(source, args->value[CLI_OPTION_FILE]);
    else if (!strcmp(args->expression, "-"))
        status = read_file(source, "-");
    else {
        source->text = strdup(args->expression);
        source->size = strlen(args->expression);
        status = source->text ? CLI_DONE : cli_fail_memory();
    }
    if (!status && source->size >= 3 && !memcmp(source->text, "\xEF\xBB\xBF", 3))
        memset(source->text, ' ', 3); /* a byte order mark, as editors on Windows write it */
    return status;
}

void cli_source_free(cli_source *source)
{
    free(source->text);
    *source = (cli_source){0};
}

/* ------------------------------------------------------------------------------------------ statements, names */

static bool starts_name(char c) { return isalpha((unsigned char)c) || c == '_'; }

static bool continues_name(char c) { return isalnum((unsigned char)c) || c == '_'; }

static size_t skip_comment(const char *text, size_t size, size_t at)
{
    while (at < size && text[at] != '\n')
        ++at;
    return at;
}

/* Does `(x, y) =` stand at this place? */
static bool is_head(const char *text, size_t size, size_t at)
{
    if (at >= size || text[at] != '(')
        return false;
    for (++at; at < size && (continues_name(text[at]) || isspace((unsigned char)text[at]) || text[at] == ',');)
        ++at;
    if (at >= size || text[at++] != ')')
        return false;
    while (at < size && (text[at] == ' ' || text[at] == '\t'))
        ++at;
    return at + 1 < size && text[at] == '=' && text[at + 1] != '=';
}

bool cli_source_next(const char *text, size_t size, size_t *position, cli_statement *statement)
{
    size_t at = *position, depth = 0;
    while (at < size && (isspace((unsigned char)text[at]) || text[at] == ';' || text[at] == '#'))
        at = text[at] == '#' ? skip_comment(text, size, at) : at + 1;
    if (at >= size)
        return false;
    *statement = (cli_statement){.first = at, .last = at, .right = at};
    for (; at < size && text[at] != '#' && text[at] != ';' && (text[at] != '\n' || depth); ++at) {
        depth += text[at] == '(';
        depth -= text[at] == ')' && depth;
        if (!isspace((unsigned char)text[at]))
            statement->last = at + 1;
    }
    *position = at;
    if (!starts_name(text[statement->first]))
        return true;
    size_t end = statement->first;
    while (end < size && continues_name(text[end]))
        ++end;
    statement->defines = is_head(text, size, end);
    size_t equals = end;
    while (equals < size && (text[equals] == ' ' || text[equals] == '\t'))
        ++equals;
    if (equals + 1 < statement->last && text[equals] == '=' && text[equals + 1] != '=') {
        statement->name_size = end - statement->first;
        statement->right = equals + 1;
    }
    return true;
}

/* The next name in the text from *position on; numbers such as 1e3 and 0x1f hold none. */
static bool next_name(const char *text, size_t size, size_t *position, size_t *name_size)
{
    size_t at = *position;
    while (at < size && !starts_name(text[at])) {
        if (text[at] == '#') {
            at = skip_comment(text, size, at);
        } else if (isdigit((unsigned char)text[at])) {
            while (at < size && (continues_name(text[at]) || text[at] == '.'))
                ++at;
        } else {
            ++at;
        }
    }
    size_t end = at;
    while (end < size && continues_name(text[end]))
        ++end;
    *position = at;
    *name_size = end - at;
    return at < size;
}

bool cli_source_uses(const char *text, size_t size, const char *name, size_t name_size)
{
    size_t found_size = 0;
    for (size_t at = 0; next_name(text, size, &at, &found_size); at += found_size)
        if (found_size == name_size && !memcmp(text + at, name, name_size))
            return true;
    return false;
}

/* -------------------------------------------------------------------------------------------------- messages */

int cli_source_fail(const char *from, const slope_parse_error *error)
{
    int status = cli_exit_of(error->status);
    if (error->line)
        cli_fail(status, "%s:%zu:%zu: %s", from, error->line, error->column, error->message);
    else
        cli_fail(status, "%s: %s", from, *error->message ? error->message : slope_status_text(error->status));
    for (const char *line = error->caret; *line;) {
        int size = (int)strcspn(line, "\n");
        cli_hint("%.*s", size, line);
        line += size + (line[size] == '\n');
    }
    return status;
}

slope_status cli_constant(const char *text, size_t size, double *x, slope_parse_error *error)
{
    slope_value value = {0};
    slope_tape *tape = slope_tape_create(NULL);
    *error = (slope_parse_error){.status = SLOPE_ERR_MEMORY};
    slope_status status = tape ? slope_parse(tape, text, size, 0, NULL, &value, error) : SLOPE_ERR_MEMORY;
    *x = slope_data(value);
    slope_tape_destroy(tape);
    return status;
}
