/* SPDX-License-Identifier: MIT */
/*
 * Where results go.  A file is written beside its place under another name and renamed when it is complete, so that it
 * appears whole or not at all; what is no regular file (a device, a pipe) is written directly.  Every write is checked,
 * also the last one: /dev/full is noticed.
 */
#include "cli.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file to remove when a signal ends the command: a handler has no other way to know.  Set before and cleared after
   the name is freed. */
static const char *volatile unfinished;

static void remove_unfinished(int signal_number)
{
    const char *path = unfinished;
    if (path)
        unlink(path);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void watch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; ++i) {
        struct sigaction old, action = {.sa_handler = remove_unfinished};
        if (!sigaction(signals[i], NULL, &old) && old.sa_handler == SIG_DFL) /* nohup's SIG_IGN is left alone */
            sigaction(signals[i], &action, NULL);
    }
}

static int fail_write(const cli_output *output, int reason)
{
    return cli_fail(CLI_SYSTEM, "can't write %s: %s", output->path ? output->path : "the standard output",
                    reason ? strerror(reason) : "unknown reason");
}

/* As fopen gives it to a new file: read and write for all but what umask takes away. */
static mode_t usual_mode(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static int open_temporary(cli_output *output, const struct stat *old)
{
    char *real = realpath(output->path, NULL); /* through symbolic links to the file itself */
    const char *target = real ? real : output->path;
    size_t size = strlen(target) + sizeof ".XXXXXX";
    output->temporary = malloc(size);
    if (!output->temporary) {
        free(real);
        return cli_fail_memory();
    }
    snprintf(output->temporary, size, "%s.XXXXXX", target);
    free(real);
    int descriptor = mkstemp(output->temporary);
    if (descriptor < 0) {
        int reason = errno;
        free(output->temporary);
        output->temporary = NULL;
        return fail_write(output, reason);
    }
    unfinished = output->temporary;
    watch_signals();
    if (fchmod(descriptor, old ? old->st_mode & 07777 : usual_mode()))
        errno = 0; /* no reason to stop: the file is then readable by us alone */
    output->file = fdopen(descriptor, "w");
    if (output->file)
        return CLI_DONE;
    close(descriptor);
    return cli_output_close(output, cli_fail_memory());
}

int cli_output_open(cli_output *output, const char *path)
{
    struct stat old;
    *output = (cli_output){stdout, NULL, NULL};
    if (!path || !strcmp(path, "-"))
        return CLI_DONE;
    *output = (cli_output){NULL, path, NULL};
    bool exists = !stat(path, &old);
    if (!exists && !lstat(path, &old) && S_ISLNK(old.st_mode))
        return cli_fail(CLI_USAGE, "can't write %s: it is a link that leads nowhere", path);
    if (exists && S_ISDIR(old.st_mode))
        return cli_fail(CLI_USAGE, "can't write %s: it is a folder", path);
    if (exists && S_ISREG(old.st_mode) && access(path, W_OK))
        return fail_write(output, errno);
    if (!exists || S_ISREG(old.st_mode))
        return open_temporary(output, exists ? &old : NULL);
    output->file = fopen(path, "w");
    return output->file ? CLI_DONE : fail_write(output, errno);
}

int cli_output_write(cli_output *output, const cli_text *text)
{
    if (text->failed)
        return cli_fail_memory();
    if (text->size && fwrite(text->data, 1, text->size, output->file) != text->size)
        return fail_write(output, errno);
    return CLI_DONE;
}

int cli_output_close(cli_output *output, int status)
{
    if (!output->path) {
        *output = (cli_output){0};
        return status;
    }
    bool complete = status == CLI_DONE || status == CLI_MISMATCH; /* a mismatch is a result like any other */
    if (output->file) {
        bool failed = fflush(output->file) || (output->temporary && complete && fsync(fileno(output->file)));
        int reason = errno;
        if (fclose(output->file) && !failed)
            failed = true, reason = errno;
        if (failed && complete)
            status = fail_write(output, reason), complete = false;
    }
    if (output->temporary && complete) {
        char *real = realpath(output->path, NULL);
        if (rename(output->temporary, real ? real : output->path))
            status = fail_write(output, errno), complete = false;
        free(real);
    }
    if (output->temporary && !complete)
        unlink(output->temporary);
    unfinished = NULL;
    free(output->temporary);
    *output = (cli_output){0};
    return status;
}

int cli_output_check_stdout(void)
{
    bool failed = fflush(stdout) || ferror(stdout);
    int reason = errno;
    cli_output output = {stdout, NULL, NULL};
    return failed ? fail_write(&output, reason) : CLI_DONE;
}
