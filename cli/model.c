/* SPDX-License-Identifier: MIT */
/*
 * An expression with numbers for its inputs, recorded on a tape.
 *
 * Inputs are the names that the text uses but does not define, and those that it defines as a constant (`a = 2`): the
 * latter are inputs with a default, which the command line may override.  They are found before parsing and blanked out
 * of the text that is parsed, so that every byte keeps its place in messages.  The list of named values starts with the
 * inputs in order of their first use.
 */
#include "cli.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What model_create works with. */
typedef struct builder {
    cli_model *model;
    const cli_args *args;
    char *text;             /* the text to parse: constants blanked out; owned */
    cli_assigned *assigned; /* every name that the text assigns, sorted; owned */
    size_t assigned_count, capacity;
    slope_name *free_name; /* owned */
    size_t free_count;
    cli_index free;  /* positions in free_name */
    cli_index given; /* positions in the model's inputs: those from the command line and from columns */
    cli_index input; /* the same of all inputs, once they are recorded */
} builder;

static int compare_assigned(const void *a, const void *b)
{
    const cli_assigned *x = a, *y = b;
    size_t size = x->size < y->size ? x->size : y->size;
    int order = memcmp(x->name, y->name, size);
    if (order)
        return order;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return x->name < y->name ? -1 : x->name > y->name;
}

/* The entries with this name: how many, the first in *first. */
static size_t find_assigned(const builder *b, const char *name, size_t size, cli_assigned **first)
{
    size_t low = 0, high = b->assigned_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const cli_assigned *at = &b->assigned[middle];
        size_t least = at->size < size ? at->size : size;
        int order = memcmp(at->name, name, least);
        if (order < 0 || (!order && at->size < size))
            low = middle + 1;
        else
            high = middle;
    }
    *first = &b->assigned[low];
    const bool found = low < b->assigned_count && (*first)->size == size && !memcmp((*first)->name, name, size);
    return found ? (*first)->meanings : 0;
}

/* Sorts the list and counts the meanings of each name. */
static void sort_assigned(builder *b)
{
    cli_assigned *first = b->assigned;
    if (b->assigned_count)
        qsort(b->assigned, b->assigned_count, sizeof *b->assigned, compare_assigned);
    for (size_t i = 0; i < b->assigned_count; ++i) {
        cli_assigned *at = &b->assigned[i];
        if (at->size != first->size || memcmp(at->name, first->name, at->size))
            first = at;
        ++first->meanings;
    }
}

static int list_assigned(builder *b)
{
    const cli_source *source = &b->model->source;
    cli_statement statement;
    for (size_t at = 0; cli_source_next(source->text, source->size, &at, &statement);) {
        if (!statement.name_size)
            continue;
        if (b->assigned_count == b->capacity) {
            b->capacity = b->capacity ? 2 * b->capacity : 64;
            cli_assigned *assigned = realloc(b->assigned, b->capacity * sizeof *assigned);
            if (!assigned)
                return cli_fail_memory();
            b->assigned = assigned;
        }
        b->assigned[b->assigned_count++] =
            (cli_assigned){source->text + statement.first, statement.name_size, 0, 0, statement};
    }
    sort_assigned(b);
    return CLI_DONE;
}

/* ---------------------------------------------------------------------------------------------------- inputs */

/* Among the inputs that were given a number, before they are sorted. */
static cli_input *find_given(const builder *b, const char *name, size_t size)
{
    const size_t i = cli_index_find(&b->given, name, size);
    return i == SIZE_MAX ? NULL : &b->model->input[i];
}

static int add_input(cli_model *model, const char *name, size_t size, double data, cli_origin origin, size_t place)
{
    cli_input *input = realloc(model->input, (model->inputs + 1) * sizeof *input);
    if (!input)
        return cli_fail_memory();
    model->input = input;
    char *copy = strndup(name, size);
    if (!copy)
        return cli_fail_memory();
    input[model->inputs++] = (cli_input){.name = copy, .data = data, .origin = origin, .place = place};
    return CLI_DONE;
}

/* The number in "name=value". */
static int read_value(const char *binding, const char *value, double *x)
{
    slope_parse_error error;
    if (cli_number_read(value, x))
        return CLI_DONE;
    if (!*value) {
        int status = cli_fail(CLI_USAGE, "'%s' has no number after the =", binding);
        cli_hint("write for example %s2", binding);
        return status;
    }
    slope_status status = cli_constant(value, strlen(value), x, &error);
    if (!status)
        return CLI_DONE;
    if (status != SLOPE_ERR_NAME)
        return cli_source_fail(binding, &error);
    cli_fail(CLI_USAGE, "%s: the value must be a number or a constant expression such as pi/4", binding);
    if (*error.caret)
        cli_hint("%s", error.message);
    return CLI_USAGE;
}

static int fail_assigned(const builder *b, const cli_assigned *assigned)
{
    const cli_source *source = &b->model->source;
    const cli_statement *s = &assigned->statement;
    int size = s->last - s->first > 60 ? 60 : (int)(s->last - s->first);
    int status = cli_fail(CLI_USAGE, "'%.*s' can't be given a number: %s computes it", (int)assigned->size,
                          assigned->name, source->text_of);
    cli_hint("%.*s%s", size, source->text + s->first, size < (int)(s->last - s->first) ? " ..." : "");
    return status;
}

static bool is_free(const builder *b, const char *name, size_t size)
{
    return cli_index_find(&b->free, name, size) != SIZE_MAX;
}

/* An input that is given a number from outside the text. */
static int add_given(builder *b, const char *name, size_t size, double data, cli_origin origin)
{
    cli_model *model = b->model;
    int status = add_input(model, name, size, data, origin, SIZE_MAX);
    const size_t last = model->inputs - 1;
    return status ? status : cli_index_add(&b->given, model->input[last].name, size, last);
}

/* Inputs from the command line. */
static int add_bindings(builder *b)
{
    for (size_t i = 0; i < b->args->bindings; ++i) {
        const char *binding = b->args->binding[i];
        size_t size = strcspn(binding, "=");
        double x = 0.0;
        if (find_given(b, binding, size))
            return cli_fail(CLI_USAGE, "'%.*s' is given twice", (int)size, binding);
        int status = read_value(binding, binding + size + 1, &x);
        status = status ? status : add_given(b, binding, size, x, CLI_FROM_LINE);
        if (status)
            return status;
    }
    return CLI_DONE;
}

static int add_columns(builder *b, size_t columns, const char *const column[])
{
    for (size_t i = 0; i < columns; ++i) {
        size_t size = strlen(column[i]);
        cli_assigned *first = NULL;
        if (find_given(b, column[i], size))
            return cli_fail(CLI_USAGE, "'%s' is a column of the points and given on the command line too", column[i]);
        bool wanted = is_free(b, column[i], size) || find_assigned(b, column[i], size, &first);
        int status = wanted ? add_given(b, column[i], size, 0.0, CLI_FROM_COLUMN) : CLI_DONE;
        if (status)
            return status;
    }
    return CLI_DONE;
}

/* A right side that names e or pi is no constant where the text or the command line gives them another meaning. */
static bool means_itself(const builder *b, const cli_statement *s, const char *name)
{
    cli_assigned *first = NULL;
    const char *text = b->model->source.text + s->right;
    return !cli_source_uses(text, s->last - s->right, name, strlen(name)) ||
           (!find_assigned(b, name, strlen(name), &first) && !find_given(b, name, strlen(name)));
}

/* Makes the statement an input with a default if it assigns a constant once and nothing used the name before. */
static int take_constant(builder *b, const cli_statement *s)
{
    cli_model *model = b->model;
    const char *text = model->source.text, *name = text + s->first;
    cli_assigned *first = NULL;
    slope_parse_error error;
    double x = 0.0;
    size_t count = find_assigned(b, name, s->name_size, &first);
    cli_input *given = find_given(b, name, s->name_size);
    if (count > 1 || is_free(b, name, s->name_size) || !means_itself(b, s, "e") || !means_itself(b, s, "pi") ||
        cli_constant(text + s->right, s->last - s->right, &x, &error))
        return CLI_DONE;
    memset(b->text + s->first, ' ', s->last - s->first);
    size_t after = s->last;
    while (after < model->source.size && (text[after] == ' ' || text[after] == '\t'))
        ++after;
    if (after < model->source.size && text[after] == ';')
        b->text[after] = ' ';
    if (!given)
        return add_input(model, name, s->name_size, x, CLI_FROM_TEXT, s->first);
    given->place = s->first;
    return CLI_DONE;
}

static int take_constants(builder *b)
{
    const cli_source *source = &b->model->source;
    cli_statement statement, next;
    size_t at = 0;
    bool more = cli_source_next(source->text, source->size, &at, &statement);
    while (more) {
        more = cli_source_next(source->text, source->size, &at, &next);
        int status =
            more && statement.name_size ? take_constant(b, &statement) : CLI_DONE; /* the last one is the result */
        if (status)
            return status;
        statement = next;
    }
    return CLI_DONE;
}

/* --------------------------------------------------------------------------------------- missing and unused */

/* The command line with what is missing added to it, as the user could type it. */
static void hint_command(const builder *b)
{
    cli_text line = {0};
    for (int i = 1; i < b->args->argc; ++i) {
        cli_text_add(&line, " ", 1);
        cli_text_quoted(&line, b->args->argv[i]);
    }
    for (size_t i = 0; i < b->free_count; ++i)
        if (!find_given(b, b->free_name[i].name, strlen(b->free_name[i].name)))
            cli_text_print(&line, " %s=1", b->free_name[i].name);
    if (!line.failed && line.size < 2000)
        cli_hint("type for example: slope%s", line.data);
    cli_text_free(&line);
}

static int check_missing(const builder *b)
{
    cli_text names = {0};
    size_t missing = 0;
    for (size_t i = 0; i < b->free_count; ++i) {
        if (find_given(b, b->free_name[i].name, strlen(b->free_name[i].name)))
            continue;
        if (missing < 20)
            cli_text_print(&names, "%s%s", missing ? ", " : "", b->free_name[i].name);
        ++missing;
    }
    if (missing > 20)
        cli_text_print(&names, " and %zu more", missing - 20);
    if (names.failed) {
        cli_text_free(&names);
        return cli_fail_memory();
    }
    if (missing) {
        cli_fail(CLI_USAGE, "no number is given for %s", names.data);
        hint_command(b);
    }
    cli_text_free(&names);
    return missing ? CLI_USAGE : CLI_DONE;
}

/* Tells of a number for a name that the text has not: an error where it looks like a typing error for one that it
   has. */
static int tell_unused(const builder *b, const cli_input *unused)
{
    const cli_model *model = b->model;
    size_t best = SIZE_MAX, nearest = 0;
    for (size_t i = 0; i < model->inputs; ++i) {
        const cli_input *input = &model->input[i];
        size_t distance = input->origin != CLI_FROM_LINE ? cli_distance(unused->name, input->name) : SIZE_MAX;
        if (distance < best)
            best = distance, nearest = i;
    }
    for (size_t i = 0; i < b->free_count; ++i) {
        size_t distance = cli_distance(unused->name, b->free_name[i].name);
        if (!find_given(b, b->free_name[i].name, strlen(b->free_name[i].name)) && cli_is_near(unused->name, distance)) {
            cli_fail(CLI_USAGE, "%s has no name '%s'", model->source.text_of, unused->name);
            cli_hint("did you mean %s?", b->free_name[i].name);
            return CLI_USAGE;
        }
    }
    if (best != SIZE_MAX && cli_is_near(unused->name, best)) {
        cli_fail(CLI_USAGE, "%s has no name '%s'", model->source.text_of, unused->name);
        cli_hint("did you mean %s?", model->input[nearest].name);
        return CLI_USAGE;
    }
    cli_note("%s does not use '%s'", model->source.text_of, unused->name);
    return CLI_DONE;
}

/* Names without a number are 1: there is something to look at at once, and the page lets one change it. */
static int add_ones(builder *b)
{
    int status = CLI_DONE;
    for (size_t i = 0; i < b->free_count && !status; ++i) {
        const slope_name *name = &b->free_name[i];
        size_t size = strlen(name->name);
        if (!find_given(b, name->name, size))
            status = add_input(b->model, name->name, size, 1.0, CLI_FROM_TEXT, name->position);
    }
    return status;
}

static int check_unused(builder *b)
{
    cli_model *model = b->model;
    for (size_t i = 0; i < model->inputs; ++i) {
        cli_input *input = &model->input[i];
        cli_assigned *first = NULL;
        size_t size = strlen(input->name), count = find_assigned(b, input->name, size, &first);
        bool constant = !strcmp(input->name, "e") || !strcmp(input->name, "pi");
        const size_t used = cli_index_find(&b->free, input->name, size);
        if (input->place == SIZE_MAX && used != SIZE_MAX)
            input->place = b->free_name[used].position;
        if (input->place != SIZE_MAX)
            continue;
        if (count)
            return fail_assigned(b, first);
        if (constant && cli_source_uses(model->source.text, model->source.size, input->name, size)) {
            input->place = 0;
            continue;
        }
        int status = tell_unused(b, input);
        if (status)
            return status;
    }
    return CLI_DONE;
}

/* ------------------------------------------------------------------------------------------------- recording */

static int compare_places(const void *a, const void *b)
{
    const cli_input *x = a, *y = b;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return strcmp(x->name, y->name);
}

static int record(builder *b)
{
    cli_model *model = b->model;
    slope_parse_error error = {0};
    slope_binding *binding = calloc(model->inputs + 1, sizeof *binding);
    model->tape = slope_tape_create(NULL);
    if (!binding || !model->tape) {
        free(binding);
        return cli_fail_memory();
    }
    if (model->inputs)
        qsort(model->input, model->inputs, sizeof *model->input, compare_places);
    for (size_t i = 0; i < model->inputs; ++i) {
        cli_input *input = &model->input[i];
        input->value = slope_label(slope_var(model->tape, input->data), input->name);
        binding[i] = (slope_binding){input->name, input->value};
    }
    slope_status status =
        slope_parse(model->tape, b->text, model->source.size, model->inputs, binding, &model->result, &error);
    free(binding);
    if (!status)
        return CLI_DONE;
    if (error.status)
        return cli_source_fail(model->source.from, &error);
    return cli_fail_status(status, model->source.from, slope_tape_error(model->tape)->message);
}

/* Adds a value under its name; of a name that is assigned twice there are x, x#2, x#3. */
static int add_named(builder *b, const char *name, slope_value value)
{
    cli_model *model = b->model;
    cli_text unique = {0};
    cli_assigned *first = NULL;
    const size_t length = strlen(name), meanings = find_assigned(b, name, length, &first);
    const size_t same = meanings ? ++first->listed : 1;
    if (same > 1)
        cli_text_print(&unique, "%s#%zu", name, same);
    else
        cli_text_print(&unique, "%s", name);
    if (!(model->named & (model->named - 1))) { /* room for a power of two */
        cli_named *more = realloc(model->named_value, (model->named ? 2 * model->named : 1) * sizeof *more);
        unique.failed = unique.failed || !more;
        model->named_value = more ? more : model->named_value;
    }
    if (unique.failed) {
        cli_text_free(&unique);
        return cli_fail_memory();
    }
    model->named_value[model->named++] = (cli_named){unique.data, value};
    return cli_index_add(&model->by_name, unique.data, unique.size, model->named - 1);
}

/* How often a name gets a meaning: as an input and by being assigned. */
static size_t count_meanings(const builder *b, const char *name, size_t size)
{
    cli_assigned *first = NULL;
    const size_t i = cli_index_find(&b->input, name, size), assigned = find_assigned(b, name, size, &first);
    const bool is_input = i != SIZE_MAX;
    return assigned + (is_input && !(assigned && first->statement.first == b->model->input[i].place)
                           ? 1u
                           : 0u); /* not twice for `a = 2` */
}

/* `y = x` makes no node that could carry the label y: lists y as another name of the value of x. */
static int add_alias(builder *b, const cli_statement *s)
{
    const char *text = b->model->source.text, *left = text + s->first, *right = text + s->right;
    while (isspace((unsigned char)*right))
        ++right;
    size_t size = (size_t)(text + s->last - right);
    if (count_meanings(b, left, s->name_size) != 1 || count_meanings(b, right, size) != 1)
        return CLI_DONE;
    const size_t i = cli_index_find(&b->model->by_name, right, size);
    if (i == SIZE_MAX)
        return CLI_DONE;
    char *name = strndup(left, s->name_size);
    int status = name ? add_named(b, name, b->model->named_value[i].value) : cli_fail_memory();
    free(name);
    return status;
}

static int list_named(builder *b)
{
    cli_model *model = b->model;
    size_t size = slope_tape_size(model->tape);
    int status = CLI_DONE;
    for (size_t i = 0; i < model->inputs && !status; ++i) {
        const char *name = model->input[i].name;
        status = cli_index_add(&b->input, name, strlen(name), i);
        status = status ? status : add_named(b, name, model->input[i].value);
    }
    for (size_t i = model->inputs; i < size && !status; ++i) {
        slope_node node;
        slope_value value = slope_tape_value(model->tape, i);
        if (!slope_inspect(value, &node) && node.label)
            status = add_named(b, node.label, value);
    }
    cli_statement statement;
    for (size_t at = 0; !status && cli_source_next(model->source.text, model->source.size, &at, &statement);)
        status = statement.name_size ? add_alias(b, &statement) : CLI_DONE;
    return status;
}

static int list_free(builder *b)
{
    const cli_source *source = &b->model->source;
    slope_parse_error error = {0};
    slope_status status = slope_parse_names(source->text, source->size, 0, NULL, &b->free_count, &error);
    if (!status && b->free_count) {
        b->free_name = calloc(b->free_count, sizeof *b->free_name);
        if (!b->free_name)
            return cli_fail_memory();
        status = slope_parse_names(source->text, source->size, b->free_count, b->free_name, &b->free_count, &error);
    }
    if (status) {
        error.status = error.status ? error.status : status;
        return cli_source_fail(source->from, &error);
    }
    int failed = CLI_DONE;
    for (size_t i = 0; !failed && i < b->free_count; ++i)
        failed = cli_index_add(&b->free, b->free_name[i].name, strlen(b->free_name[i].name), i);
    return failed;
}

/* Takes away blanks around lines, all but one of those inside, and lines of nothing else. */
static void squeeze(char *text)
{
    char *to = text, *line = text;
    for (const char *from = text; *from; ++from) {
        bool blank = *from == ' ' || *from == '\t' || *from == '\r', end = *from == '\n';
        while (end && to > line && to[-1] == ' ')
            --to;
        if ((blank && (to == line || to[-1] == ' ')) || (end && to == line))
            continue;
        *to++ = blank ? ' ' : *from;
        line = end ? to : line;
    }
    while (to > text && (to[-1] == ' ' || to[-1] == '\n'))
        --to;
    *to = '\0';
}

static int build(builder *b, size_t columns, const char *const column[])
{
    int status = list_free(b);
    status = status ? status : list_assigned(b);
    status = status ? status : add_bindings(b);
    status = status ? status : add_columns(b, columns, column);
    if (status)
        return status;
    b->text = malloc(b->model->source.size + 1);
    if (!b->text)
        return cli_fail_memory();
    memcpy(b->text, b->model->source.text, b->model->source.size + 1);
    status = take_constants(b);
    status = status ? status : check_unused(b);
    if (!status)
        status = b->args->command == CLI_COMMAND_EXPLORE ? add_ones(b) : check_missing(b);
    status = status ? status : record(b);
    status = status ? status : list_named(b);
    if (!status) {
        squeeze(b->text);
        b->model->formula = b->text;
        b->text = NULL;
    }
    return status;
}

int cli_model_create(cli_model *model, const cli_args *args, size_t columns, const char *const column[])
{
    builder b = {.model = model, .args = args};
    *model = (cli_model){0};
    int status = cli_source_read(&model->source, args);
    status = status ? status : build(&b, columns, column);
    free(b.text);
    free(b.assigned);
    free(b.free_name);
    cli_index_free(&b.free);
    cli_index_free(&b.given);
    cli_index_free(&b.input);
    if (status)
        cli_model_free(model);
    return status;
}

void cli_model_free(cli_model *model)
{
    cli_index_free(&model->by_name);
    for (size_t i = 0; i < model->inputs; ++i)
        free(model->input[i].name);
    for (size_t i = 0; i < model->named; ++i)
        free(model->named_value[i].name);
    free(model->input);
    free(model->formula);
    free(model->named_value);
    slope_tape_destroy(model->tape);
    cli_source_free(&model->source);
    *model = (cli_model){0};
}
