/* SPDX-License-Identifier: MIT */
/*
 * Prints what is made from cli/options.def at build time: the man page and the completions of three shells.
 *
 *   gen_cli man|bash|zsh|fish
 */
#include "cli/table.h"

#define SLOPE_PLAIN
#include <slope/tape.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool takes(size_t option, size_t command) { return cli_options[option].commands >> command & 1u; }

static bool is_general(size_t option) { return cli_options[option].commands == ~0u; }

/* ----------------------------------------------------------------------------------------------------- man */

/* Text with what roff would take for a command or a hyphen made literal. */
static void roff(const char *text)
{
    if (*text == '.')
        fputs("\\&", stdout);
    for (; *text; ++text)
        switch (*text) {
        case '\\': fputs("\\e", stdout); break;
        case '-': fputs("\\-", stdout); break;
        case '\'': fputs("\\(aq", stdout); break;
        case '^': fputs("\\(ha", stdout); break;
        case '~': fputs("\\(ti", stdout); break;
        case '`': fputs("\\(ga", stdout); break;
        default: putchar(*text);
        }
}

/* Running text: every sentence starts a line, and lines are short, as mandoc likes it. */
static void roff_paragraph(const char *text)
{
    enum { WIDTH = 64 };
    size_t column = 0;
    while (*text) {
        char word[128];
        size_t size = strcspn(text, " ");
        snprintf(word, sizeof word, "%.*s", (int)size, text);
        if (column)
            putchar(column + size > WIDTH ? '\n' : ' ');
        column = column + size > WIDTH ? size : column + size + 1;
        roff(word);
        text += size + strspn(text + size, " ");
        if (size && word[size < sizeof word ? size - 1 : sizeof word - 2] == '.' && *text) {
            putchar('\n');
            column = 0;
        }
    }
    putchar('\n');
}

static void man_option(size_t i)
{
    const cli_option_row *row = &cli_options[i];
    puts(".TP");
    printf("\\fB");
    if (row->short_name)
        printf("\\-%c\\fR, \\fB", row->short_name);
    printf("\\-\\-");
    roff(row->long_name);
    printf("\\fR");
    if (row->argument) {
        printf(row->kind == CLI_KIND_CHOICE ? " " : " \\fI");
        roff(row->argument);
        printf("\\fR");
    }
    putchar('\n');
    roff_paragraph(row->help);
}

static void man_commands(void)
{
    puts(".SH COMMANDS");
    for (size_t i = 0; i < CLI_COMMAND_COUNT; ++i) {
        puts(".TP");
        printf("\\fBslope %s\\fR%s", cli_commands[i].name, *cli_commands[i].arguments ? " " : "");
        roff(cli_commands[i].arguments);
        putchar('\n');
        roff_paragraph(cli_commands[i].details);
        bool any = false;
        for (size_t j = 0; j < CLI_OPTION_COUNT; ++j)
            if (takes(j, i) && !is_general(j)) {
                printf(any ? ",\n" : "Options:\n");
                printf("\\fB\\-\\-");
                roff(cli_options[j].long_name);
                printf("\\fR");
                any = true;
            }
        if (any)
            puts(".");
    }
    puts(".SH OPTIONS");
    for (size_t i = 0; i < CLI_OPTION_COUNT; ++i)
        man_option(i);
}

static void man_operations(void)
{
    puts(".SS Operations");
    for (size_t i = 0; i < slope_op_count(); ++i) {
        const slope_op_info *info = slope_op_describe((slope_op)i);
        if (!info || info->arity == 0 || i == SLOPE_OP_CUSTOM)
            continue;
        puts(".TP 14");
        printf("\\fB%s\\fR", info->name);
        puts("");
        roff_paragraph(info->doc);
    }
}

static void man_syntax(void)
{
    puts(".SH EXPRESSIONS");
    roff_paragraph(
        "Operators from loose to tight: c ? a : b, then == and !=, then < <= > >=, then + and -, then * and /, then "
        "the "
        "unary minus, then ^ or **. Powers associate to the right and bind tighter than the unary minus: -x^2 is "
        "-(x^2), and 2^-x is legal. Statements are separated by ; or line ends; name = expression names a value, "
        "the last statement is the result, # starts a comment. The constants are pi and e. Numbers are written "
        "as in C.");
    puts(".PP");
    roff_paragraph(
        "A name that the text assigns a constant, as in a = 2, is an input with a default: it has a gradient, and a=3 "
        "on "
        "the command line overrides it. All other names need a NAME=VALUE, where VALUE is a number, nan, inf, or an "
        "expression of constants such as pi/4. A name that is assigned twice is listed as x and x#2.");
    man_operations();
}

static void man_formats(void)
{
    puts(".SH OUTPUT");
    roff_paragraph("Results go to the standard output, everything else to the standard error. Numbers have as few "
                   "digits as read back "
                   "to the same double. An output file appears whole or not at all.");
    puts(".PP");
    roff_paragraph("With --json the output is one object, {\"value\": v, \"values\": {\"name\": {\"data\": d, "
                   "\"grad\": g}, ...}}; numbers "
                   "that JSON has not are the strings \"NaN\", \"Infinity\" and \"-Infinity\".");
    puts(".SH POINTS");
    roff_paragraph(
        "The first line of a CSV file for --points names the columns; columns that the expression does not use are "
        "ignored, "
        "inputs that have no column are given on the command line. Fields may be quoted; a byte order mark, CRLF and "
        "blank lines are accepted. Cells hold numbers as C writes them, also nan and inf. For each row comes one line: "
        "the value and the gradients, under a header, or with --json an object. The file is streamed. The first "
        "wrong cell ends the run with its file, line and column; lines before it have been printed already, unless -o "
        "is used: then no file appears.");
    puts(".SH \"EXIT STATUS\"");
    static const char *const status[][2] = {{"0", "done"},
                                            {"1", "a check failed: a derivative is wrong"},
                                            {"2", "bad usage or bad input"},
                                            {"3", "the system failed: memory, disk, a missing program"}};
    for (size_t i = 0; i < 4; ++i)
        printf(".TP\n%s\n%s\n", status[i][0], status[i][1]);
    puts(".SH ENVIRONMENT");
    puts(".TP\nNO_COLOR\nNo colour when set and not empty.");
    puts(".TP\nXDG_STATE_HOME\nWhere the history of\n.B slope repl\nis kept, in slope/history; default "
         "\\(ti/.local/state.");
}

static void man(void)
{
    printf(".\\\" Made from cli/options.def by tools/gen_cli.\n.TH SLOPE 1 \"2026-11-23\" \"slope %s\" \"User "
           "Commands\"\n",
           slope_version());
    puts(".SH NAME\nslope \\- exact derivatives of expressions");
    puts(".SH SYNOPSIS\n\\fBslope\\fR [\\fIcommand\\fR] [\\fIexpr\\fR | \\fB\\-f\\fR \\fIfile\\fR | \\fB\\-\\fR] "
         "[\\fIname\\fR=\\fIvalue\\fR]... [\\fIoption\\fR]...");
    puts(".SH DESCRIPTION");
    roff_paragraph(
        "slope records an expression, gives its value and the exact gradient of every name in it, checks it against "
        "numerical derivatives and draws how it came about. Without a command it does grad. Options may stand "
        "anywhere. An expression may start with a minus, as in -x^2; after -- nothing is an option.");
    man_commands();
    man_syntax();
    man_formats();
    puts(".SH EXAMPLES");
    for (size_t i = 0; i < cli_example_count; ++i) {
        puts(".TP");
        printf("\\fB");
        roff(cli_examples[i].line);
        puts("\\fR");
        roff_paragraph(cli_examples[i].what);
    }
    puts(".SH \"SEE ALSO\"\n.BR dot (1)");
}

/* -------------------------------------------------------------------------------------------------- shells */

/* The words of a CHOICE, separated by blanks. */
static void print_choices(const char *choices)
{
    for (; *choices; ++choices)
        putchar(*choices == '|' ? ' ' : *choices);
}

static void bash(void)
{
    puts("# bash completion for slope; made from cli/options.def by tools/gen_cli.\n"
         "_slope()\n{\n"
         "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command=grad word options=\n"
         "    COMPREPLY=()\n"
         "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "        case $word in");
    printf("        ");
    for (size_t i = 0; i < CLI_COMMAND_COUNT; ++i)
        printf("%s%s", i ? "|" : "", cli_commands[i].name);
    puts(") command=$word; break ;;\n        esac\n    done\n    case $prev in");
    for (size_t i = 0; i < CLI_OPTION_COUNT; ++i) {
        const cli_option_row *row = &cli_options[i];
        if (row->kind == CLI_KIND_FLAG)
            continue;
        printf("    --%s", row->long_name);
        if (row->short_name)
            printf("|-%c", row->short_name);
        if (row->kind == CLI_KIND_FILE) {
            puts(") compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return ;;");
        } else if (row->kind == CLI_KIND_CHOICE) {
            printf(") mapfile -t COMPREPLY < <(compgen -W '");
            print_choices(row->argument);
            puts("' -- \"$cur\"); return ;;");
        } else {
            puts(") return ;;");
        }
    }
    puts("    esac\n    case $command in");
    for (size_t i = 0; i < CLI_COMMAND_COUNT; ++i) {
        printf("    %s) options='", cli_commands[i].name);
        for (size_t j = 0; j < CLI_OPTION_COUNT; ++j)
            if (takes(j, i))
                printf(" --%s", cli_options[j].long_name);
        puts("' ;;");
    }
    puts("    esac\n    if [[ $cur == -* ]]; then\n        mapfile -t COMPREPLY < <(compgen -W \"$options\" -- "
         "\"$cur\")\n"
         "    elif ((COMP_CWORD == 1)) || [[ ${COMP_WORDS[1]} == help ]]; then");
    printf("        mapfile -t COMPREPLY < <(compgen -W '");
    for (size_t i = 0; i < CLI_COMMAND_COUNT; ++i)
        printf("%s%s", i ? " " : "", cli_commands[i].name);
    puts("' -- \"$cur\")\n    fi\n}\ncomplete -F _slope slope");
}

/* Text inside single quotes of a shell; zsh also needs [ ] and : escaped. */
static void shell_text(const char *text, const char *escaped)
{
    for (; *text; ++text) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr(escaped, *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void zsh_option(size_t i)
{
    const cli_option_row *row = &cli_options[i];
    for (int pass = 0; pass < (row->short_name ? 2 : 1); ++pass) {
        if (pass)
            printf(" '-%c[", row->short_name);
        else
            printf(" '--%s[", row->long_name);
        shell_text(row->help, "[]:\\");
        printf("]");
        if (row->kind == CLI_KIND_FILE)
            printf(":file:_files");
        else if (row->kind == CLI_KIND_CHOICE) {
            printf(":choice:(");
            print_choices(row->argument);
            printf(")");
        } else if (row->kind != CLI_KIND_FLAG) {
            printf(":");
            shell_text(row->argument, ":\\");
            printf(": ");
        }
        printf("'");
    }
}

static void zsh(void)
{
    puts("#compdef slope\n# zsh completion for slope; made from cli/options.def by tools/gen_cli.\n"
         "_slope() {\n    local command=grad\n    local -a commands\n    commands=(");
    for (size_t i = 0; i < CLI_COMMAND_COUNT; ++i) {
        printf("        '%s:", cli_commands[i].name);
        shell_text(cli_commands[i].summary, ":\\");
        puts("'");
    }
    puts("    )\n    if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then\n        _describe command commands\n        "
         "return\n    fi");
    printf("    case $words[2] in\n    ");
    for (size_t i = 0; i < CLI_COMMAND_COUNT; ++i)
        printf("%s%s", i ? "|" : "", cli_commands[i].name);
    puts(") command=$words[2] ;;\n    esac\n    case $command in");
    for (size_t i = 0; i < CLI_COMMAND_COUNT; ++i) {
        printf("    %s) _arguments", cli_commands[i].name);
        for (size_t j = 0; j < CLI_OPTION_COUNT; ++j)
            if (takes(j, i))
                zsh_option(j);
        puts(" '*: :' ;;");
    }
    puts("    esac\n}\n_slope \"$@\"");
}

static void fish(void)
{
    puts("# fish completion for slope; made from cli/options.def by tools/gen_cli.\ncomplete -c slope -f");
    for (size_t i = 0; i < CLI_COMMAND_COUNT; ++i) {
        printf("complete -c slope -n __fish_use_subcommand -a %s -d '", cli_commands[i].name);
        shell_text(cli_commands[i].summary, "");
        puts("'");
    }
    for (size_t i = 0; i < CLI_OPTION_COUNT; ++i) {
        const cli_option_row *row = &cli_options[i];
        printf("complete -c slope");
        if (!is_general(i)) {
            printf(" -n '%s__fish_seen_subcommand_from",
                   takes(i, CLI_COMMAND_GRAD) ? "__fish_use_subcommand; or " : "");
            for (size_t j = 0; j < CLI_COMMAND_COUNT; ++j)
                if (takes(i, j))
                    printf(" %s", cli_commands[j].name);
            printf("'");
        }
        printf(" -l %s", row->long_name);
        if (row->short_name)
            printf(" -s %c", row->short_name);
        if (row->kind == CLI_KIND_FILE)
            printf(" -r -F");
        else if (row->kind == CLI_KIND_CHOICE) {
            printf(" -x -a '");
            print_choices(row->argument);
            printf("'");
        } else if (row->kind != CLI_KIND_FLAG)
            printf(" -x");
        printf(" -d '");
        shell_text(row->help, "");
        puts("'");
    }
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*print)(void);
    } kinds[] = {{"man", man}, {"bash", bash}, {"zsh", zsh}, {"fish", fish}};
    for (size_t i = 0; argc == 2 && i < sizeof kinds / sizeof *kinds; ++i) {
        if (strcmp(argv[1], kinds[i].name))
            continue;
        kinds[i].print();
        return fflush(stdout) || ferror(stdout) ? 1 : 0;
    }
    fputs("usage: gen_cli man|bash|zsh|fish\n", stderr);
    return 2;
}
