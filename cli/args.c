/* SPDX-License-Identifier: MIT */
/*
 * The command line, read by the tables of options.def.
 *
 * Options may stand anywhere.  What starts with a minus is an option only if it looks like one, --word or -l alone, so
 * that expressions such as -x^2 and -(a+b) need no care; after -- nothing is an option.
 */
#include "cli.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The words on the command line that are no options, as they come. */
typedef struct words {
    size_t count;
    char **word; /* as long as argv */
} words;

static bool is_long_option(const char *word)
{
    if (word[0] != '-' || word[1] != '-' || !isalpha((unsigned char)word[2]))
        return false;
    for (word += 2; *word && *word != '='; ++word)
        if (!isalnum((unsigned char)*word) && *word != '-')
            return false;
    return true;
}

static bool is_short_option(const char *word, bool have_words)
{
    if (word[0] != '-' || !isalpha((unsigned char)word[1]) || word[2])
        return false;
    for (size_t i = 0; i < CLI_OPTION_COUNT; ++i)
        if (cli_options[i].short_name == word[1])
            return true;
    return have_words; /* -x alone can only be meant as an expression where one is still missing */
}

static int unknown_option(const char *word, size_t size)
{
    size_t best = SIZE_MAX, nearest = 0;
    char name[32] = "";
    if (size < sizeof name)
        memcpy(name, word, size);
    for (size_t i = 0; i < CLI_OPTION_COUNT; ++i) {
        size_t distance = cli_distance(name + (size > 1 ? 2 : 1), cli_options[i].long_name);
        if (distance < best)
            best = distance, nearest = i;
    }
    int status = cli_fail(CLI_USAGE, "unknown option '%.*s'", (int)size, word);
    if (size > 3 && cli_is_near(cli_options[nearest].long_name, best))
        cli_hint("did you mean --%s?", cli_options[nearest].long_name);
    else
        cli_hint("slope --help lists the options; write -- before an expression that starts with --");
    return status;
}

static size_t find_option(const char *word, size_t size)
{
    for (size_t i = 0; i < CLI_OPTION_COUNT; ++i) {
        const cli_option_row *row = &cli_options[i];
        if (size == 2 && word[1] != '-'
                ? row->short_name == word[1]
                : strlen(row->long_name) == size - 2 && !memcmp(row->long_name, word + 2, size - 2))
            return i;
    }
    return CLI_OPTION_COUNT;
}

static bool is_choice(const char *choices, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = choices; size && at; at = strchr(at, '|'), at += at != NULL)
        if (!strncmp(at, word, size) && (at[size] == '|' || !at[size]))
            return true;
    return false;
}

static int check_value(const cli_option_row *row, const char *value)
{
    double number = 0.0;
    bool is_number = cli_number_read(value, &number);
    switch (row->kind) {
    case CLI_KIND_CHOICE:
        if (is_choice(row->argument, value))
            return CLI_DONE;
        cli_fail(CLI_USAGE, "--%s can't be '%s'", row->long_name, value);
        cli_hint("it is one of %s", row->argument);
        return CLI_USAGE;
    case CLI_KIND_COUNT:
        if (is_number && number >= 1.0 && number <= 1e9 && number == floor(number) &&
            (row != &cli_options[CLI_OPTION_DIGITS] || number <= 17.0))
            return CLI_DONE;
        return cli_fail(CLI_USAGE, "--%s needs an integer from 1 to %s, not '%s'", row->long_name,
                        row == &cli_options[CLI_OPTION_DIGITS] ? "17" : "1000000000", value);
    case CLI_KIND_SECONDS:
        if (is_number && number > 0.0 && number <= 1e6)
            return CLI_DONE;
        return cli_fail(CLI_USAGE, "--%s needs a number of seconds above 0, not '%s'", row->long_name, value);
    case CLI_KIND_FILE:
    case CLI_KIND_NAMES:
        return *value ? CLI_DONE
                      : cli_fail(CLI_USAGE, "--%s needs %s, not an empty word", row->long_name, row->argument);
    default: return CLI_DONE;
    }
}

/* Reads the option at argv[*i]; moves *i on to its value where that is a word of its own. */
static int read_option(cli_args *args, int *i)
{
    const char *word = args->argv[*i];
    size_t size = strcspn(word, word[1] == '-' ? "=" : "");
    size_t option = find_option(word, size);
    if (option == CLI_OPTION_COUNT)
        return unknown_option(word, size);
    const cli_option_row *row = &cli_options[option];
    const char *value = word[size] == '=' ? word + size + 1 : NULL;
    if (row->kind == CLI_KIND_FLAG) {
        if (value)
            return cli_fail(CLI_USAGE, "--%s takes no value", row->long_name);
        args->value[option] = "";
        return CLI_DONE;
    }
    if (!value) {
        if (*i + 1 >= args->argc) {
            int status = cli_fail(CLI_USAGE, "%.*s needs %s after it", (int)size, word, row->argument);
            cli_hint("--%s: %s", row->long_name, row->help);
            return status;
        }
        value = args->argv[++*i];
    }
    args->value[option] = value;
    return check_value(row, value);
}

static bool take_command(cli_args *args, const char *word)
{
    for (size_t i = 0; i < CLI_COMMAND_COUNT; ++i)
        if (!strcmp(word, cli_commands[i].name)) {
            args->command = (cli_command)i;
            return true;
        }
    return false;
}

static int check_options(const cli_args *args)
{
    for (size_t i = 0; i < CLI_OPTION_COUNT; ++i) {
        if (!args->value[i] || cli_options[i].commands & 1u << args->command)
            continue;
        cli_fail(CLI_USAGE, "slope %s has no option --%s", cli_commands[args->command].name, cli_options[i].long_name);
        for (size_t j = 0; j < CLI_COMMAND_COUNT; ++j)
            if (cli_options[i].commands & 1u << j)
                cli_hint("slope %s has it", cli_commands[j].name);
        return CLI_USAGE;
    }
    return CLI_DONE;
}

/* Nonzero if the word is NAME=VALUE. */
static bool is_binding(const char *word)
{
    size_t size = 0;
    if (!isalpha((unsigned char)word[0]) && word[0] != '_')
        return false;
    while (isalnum((unsigned char)word[size]) || word[size] == '_')
        ++size;
    return word[size] == '=' && word[size + 1] != '=';
}

static int bad_binding(const cli_args *args, const char *word)
{
    int status = cli_fail(CLI_USAGE, "'%s' is not NAME=VALUE", word);
    size_t best = SIZE_MAX, nearest = 0;
    for (size_t i = 0; !args->named_command && args->expression && i < CLI_COMMAND_COUNT; ++i) {
        size_t distance = cli_distance(args->expression, cli_commands[i].name);
        if (distance < best)
            best = distance, nearest = i;
    }
    if (best < 3 && cli_is_near(cli_commands[nearest].name, best))
        cli_hint("did you mean the command 'slope %s'?", cli_commands[nearest].name);
    else if (word[0] == '-' && word[1])
        cli_hint("if it is an option, write its letter and its value as two words, as in -o FILE");
    else if (args->expression && is_binding(args->expression))
        cli_hint("the expression comes first: slope %s '%s' %s", cli_commands[args->command].name, word,
                 args->expression);
    else
        cli_hint(
            "after the expression come the numbers of its names, as in x=2; quote an expression with blanks: 'a + b'");
    return status;
}

/* Nonzero if the first word must be the expression. */
static bool needs_expression(const cli_args *args, const words *w)
{
    if (args->value[CLI_OPTION_FILE] || args->value[CLI_OPTION_FUNCTION] || args->value[CLI_OPTION_EXAMPLE])
        return false;
    return w->count || args->command != CLI_COMMAND_EXPLORE; /* which begins on its gallery when nothing is said */
}

static int take_words(cli_args *args, words *w)
{
    size_t first = 0;
    if (args->command == CLI_COMMAND_HELP) {
        args->expression = w->count ? w->word[0] : NULL;
        return CLI_DONE;
    }
    if (args->command == CLI_COMMAND_REPL || args->command == CLI_COMMAND_VERSION)
        return w->count ? cli_fail(CLI_USAGE, "slope %s takes no expression, but '%s' was given",
                                   cli_commands[args->command].name, w->word[0])
                        : CLI_DONE;
    if (needs_expression(args, w)) {
        if (!w->count) {
            int status = cli_fail(CLI_USAGE, "slope %s needs an expression", cli_commands[args->command].name);
            cli_hint("for example: slope %s 'a*b + sin(a)' a=2 b=-3", cli_commands[args->command].name);
            return status;
        }
        args->expression = w->word[first++];
    }
    args->binding = w->word + first;
    args->bindings = w->count - first;
    for (size_t i = first; i < w->count; ++i)
        if (!is_binding(w->word[i]))
            return bad_binding(args, w->word[i]);
    return CLI_DONE;
}

int cli_args_read(cli_args *args, int argc, char **argv)
{
    words w = {0, calloc((size_t)argc + 1, sizeof(char *))};
    *args = (cli_args){.command = CLI_COMMAND_GRAD, .argc = argc, .argv = argv, .storage = w.word};
    int status = w.word ? CLI_DONE : cli_fail_memory();
    bool options = true;
    for (int i = 1; !status && i < argc; ++i) {
        bool have_words = w.count > 0 || args->value[CLI_OPTION_FILE];
        if (options && !strcmp(argv[i], "--"))
            options = false;
        else if (options && (is_long_option(argv[i]) || is_short_option(argv[i], have_words)))
            status = read_option(args, &i);
        else if (options && !args->named_command && !w.count && take_command(args, argv[i]))
            args->named_command = true;
        else
            w.word[w.count++] = argv[i];
    }
    if (status || args->value[CLI_OPTION_HELP] || args->value[CLI_OPTION_VERSION])
        return status;
    status = check_options(args);
    return status ? status : take_words(args, &w);
}

void cli_args_free(cli_args *args)
{
    free(args->storage);
    *args = (cli_args){0};
}

double cli_args_number(const cli_args *args, cli_option option, double otherwise)
{
    double number = otherwise;
    return args->value[option] && cli_number_read(args->value[option], &number) ? number : otherwise;
}

bool cli_args_chose(const cli_args *args, cli_option option, const char *word)
{
    return args->value[option] && !strcmp(args->value[option], word);
}
