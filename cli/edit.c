/* SPDX-License-Identifier: MIT */
/*
 * Lines for `slope repl`: from a terminal with libedit (editing, history, completion), else straight from the standard
 * input.  The history file is kept under the XDG state directory only.
 */
#include "repl.h"

#include <ctype.h>
#include <errno.h>
#include <histedit.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct editor {
    cli_repl_state *repl;
    EditLine *edit;
    History *history;
    char *path; /* of the history file; NULL: none; owned */
} editor;

/* ------------------------------------------------------------------------------------------------ completion */

typedef struct matches {
    const char *word;
    size_t size, count, common;
    const char *first;
    cli_text list;
} matches;

static void consider(matches *m, const char *candidate)
{
    if (strncmp(candidate, m->word, m->size))
        return;
    if (!m->count++) {
        m->first = candidate;
        m->common = strlen(candidate);
    }
    size_t common = 0;
    while (common < m->common && m->first[common] == candidate[common])
        ++common;
    m->common = common;
    cli_text_print(&m->list, "%s%s", m->count > 1 ? "  " : "", candidate);
}

static void consider_all(matches *m, const cli_repl_state *repl)
{
    if (*m->word == ':') {
        for (size_t i = 0; cli_repl_commands[i]; ++i)
            consider(m, cli_repl_commands[i]);
        return;
    }
    for (size_t i = 0; i < repl->count; ++i)
        consider(m, repl->binding[i].name);
    for (size_t i = 0; i < slope_op_count(); ++i) {
        const slope_op_info *info = slope_op_describe((slope_op)i);
        if (info && info->arity != 0 && i < SLOPE_OP_CUSTOM)
            consider(m, info->name);
    }
}

static unsigned char complete(EditLine *edit, int key)
{
    editor *e = NULL;
    const LineInfo *line = el_line(edit);
    const char *start = line->cursor;
    char word[64] = "", rest[64] = "";
    (void)key;
    if (el_get(edit, EL_CLIENTDATA, &e) || !e)
        return CC_ERROR;
    while (start > line->buffer && (isalnum((unsigned char)start[-1]) || start[-1] == '_'))
        --start;
    if (start == line->buffer + 1 && *line->buffer == ':')
        --start;
    matches m = {.word = word, .size = (size_t)(line->cursor - start)};
    if (!m.size || m.size >= sizeof word)
        return CC_ERROR;
    memcpy(word, start, m.size);
    consider_all(&m, e->repl);
    unsigned char answer = CC_ERROR;
    if (m.count && m.common > m.size && m.common - m.size < sizeof rest) {
        memcpy(rest, m.first + m.size, m.common - m.size);
        answer = el_insertstr(edit, rest) ? CC_ERROR : CC_REFRESH;
    } else if (m.count > 1 && !m.list.failed) {
        printf("\n%s\n", m.list.data);
        answer = CC_REDISPLAY;
    }
    cli_text_free(&m.list);
    return answer;
}

/* --------------------------------------------------------------------------------------------------- history */

static bool make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        bool failed = mkdir(path, 0700) && errno != EEXIST;
        *slash = '/';
        if (failed)
            return false;
    }
    return true;
}

/* NULL where there is no place for it. */
static char *history_path(void)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    cli_text path = {0};
    if (state && *state == '/') /* the standard says to ignore relative ones */
        cli_text_print(&path, "%s/slope/history", state);
    else if (home && *home == '/')
        cli_text_print(&path, "%s/.local/state/slope/history", home);
    if (path.failed || !path.data || !make_folders(path.data))
        cli_text_free(&path);
    return path.data;
}

static void open_history(editor *e)
{
    HistEvent event;
    e->history = history_init();
    if (!e->history)
        return;
    history(e->history, &event, H_SETSIZE, 1000);
    history(e->history, &event, H_SETUNIQUE, 1);
    e->path = e->repl->args->value[CLI_OPTION_NO_HISTORY] ? NULL : history_path();
    if (e->path)
        history(e->history, &event, H_LOAD, e->path);
    el_set(e->edit, EL_HIST, history, e->history);
}

static void close_history(editor *e)
{
    HistEvent event;
    if (e->history && e->path && history(e->history, &event, H_SAVE, e->path) < 0)
        cli_note("can't write the history file %s", e->path);
    if (e->history)
        history_end(e->history);
    free(e->path);
}

/* --------------------------------------------------------------------------------------------------- reading */

static char *prompt(EditLine *edit)
{
    static char text[] = "slope> ";
    (void)edit;
    return text;
}

static int read_terminal(cli_repl_state *repl)
{
    editor e = {.repl = repl, .edit = el_init("slope", stdin, stdout, stderr)};
    HistEvent event;
    if (!e.edit)
        return cli_fail(CLI_SYSTEM, "this terminal can't be used for editing");
    el_set(e.edit, EL_CLIENTDATA, &e);
    el_set(e.edit, EL_PROMPT, prompt);
    el_set(e.edit, EL_EDITOR, "emacs");
    el_set(e.edit, EL_SIGNAL, 1);
    el_set(e.edit, EL_ADDFN, "slope-complete", "complete a name", complete);
    el_set(e.edit, EL_BIND, "^I", "slope-complete", NULL);
    open_history(&e);
    printf("slope %s; :help tells what to type\n", slope_version());
    while (!repl->done) {
        int size = 0;
        const char *line = el_gets(e.edit, &size);
        char *copy = line && size > 0 ? strdup(line) : NULL;
        if (!copy)
            break;
        if (e.history && strspn(line, " \t\r\n") < strlen(line))
            history(e.history, &event, H_ENTER, line);
        ++repl->line;
        (void)cli_repl_line(repl, copy); /* has told the user; the session goes on */
        free(copy);
        fflush(stdout);
    }
    if (!repl->done)
        printf("\n");
    close_history(&e);
    el_end(e.edit);
    return CLI_DONE;
}

/* All lines are tried; the exit status is that of the first that failed. */
static int read_pipe(cli_repl_state *repl)
{
    char *line = NULL;
    size_t capacity = 0;
    int first = CLI_DONE;
    while (!repl->done && getline(&line, &capacity, stdin) >= 0) {
        ++repl->line;
        int status = cli_repl_line(repl, line);
        first = first ? first : status;
    }
    if (ferror(stdin))
        first = cli_fail(CLI_SYSTEM, "can't read the standard input: %s", strerror(errno));
    free(line);
    return first;
}

int cli_repl(const cli_args *args)
{
    cli_repl_state repl;
    int status = cli_repl_start(&repl, args);
    if (status)
        return status;
    repl.interactive = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    status = repl.interactive ? read_terminal(&repl) : read_pipe(&repl);
    cli_repl_stop(&repl);
    return status;
}
