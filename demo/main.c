/* SPDX-License-Identifier: MIT */
/*
 * slope-demo: the classic autograd lecture from its first expression to its trained network.  Results go to standard
 * output and into a folder, complaints and the progress bar to standard error.  Exit codes: 0 done, 1 a check failed,
 * 2 bad usage, 3 the system failed.
 */
#define _POSIX_C_SOURCE 200809L

#include "demo.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: slope-demo [--seed N] [FOLDER]\n"
    "\n"
    "Differentiates the classic lecture's expression and neuron, draws their graphs, trains its network on two moons,\n"
    "and puts pictures, pages and an index of them into FOLDER (default out/demo).\n"
    "\n"
    "    --seed N     first weights of the network, a whole number (default 1337)\n"
    "    -h, --help   this text\n";

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* mkdir -p; false with errno if it can't be done. */
static bool make_folder(const char *path)
{
    char part[DEMO_PATH];
    const size_t length = strlen(path);
    if (length == 0 || length >= sizeof part) {
        errno = length ? ENAMETOOLONG : ENOENT;
        return false;
    }
    memcpy(part, path, length + 1);
    for (size_t i = 1; i <= length; i++)
        if (path[i] == '/' || path[i] == 0) {
            part[i] = 0;
            if (!is_folder(part) && mkdir(part, 0777)) {
                const int code = errno;
                if (!is_folder(part)) {
                    errno = code == EEXIST ? ENOTDIR : code; /* a file is in the way */
                    return false;
                }
            }
            part[i] = path[i];
        }
    return true;
}

static bool read_seed(const char *text, uint64_t *seed)
{
    char *end;
    errno = 0;
    *seed = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == 0 && errno == 0;
}

/* Fills *d from the arguments; false: said what to say, leave with d->worst. */
static bool read_arguments(demo *d, int argc, char **argv)
{
    bool options = true;
    const char *folder = NULL;
    for (int i = 1; i < argc; i++) {
        const char *arg = argv[i];
        if (options && (!strcmp(arg, "-h") || !strcmp(arg, "--help"))) {
            fputs(usage, stdout);
            return false;
        }
        if (options && !strcmp(arg, "--")) {
            options = false;
        } else if (options && !strcmp(arg, "--seed")) {
            if (++i == argc || !read_seed(argv[i], &d->seed)) {
                demo_fail(d, DEMO_USAGE, "--seed needs a whole number, as in --seed 7");
                return false;
            }
        } else if (options && arg[0] == '-') {
            demo_fail(d, DEMO_USAGE, "there is no option %s; slope-demo --help tells which there are", arg);
            return false;
        } else if (folder) {
            demo_fail(d, DEMO_USAGE, "only one folder can be given, not both %s and %s", folder, arg);
            return false;
        } else {
            folder = arg;
        }
    }
    d->folder = folder ? folder : "out/demo";
    return true;
}

static void make_gallery(demo *d)
{
    char folder[DEMO_PATH];
    const int length = snprintf(folder, sizeof folder, "%s/gallery", d->folder);
    if (length < 0 || (size_t)length >= sizeof folder)
        demo_fail(d, DEMO_USAGE, "the name of the output folder is too long");
    else if (make_folder(folder))
        demo_gallery(d);
    else
        demo_fail(d, DEMO_SYSTEM, "the folder %s can't be made: %s", folder, strerror(errno));
}

static void say_where(const demo *d)
{
    if (d->files == 0)
        return;
    demo_heading(d, "Everything is here");
    for (size_t i = 0; i < d->files; i++)
        if (d->file[i].kind != DEMO_GALLERY) /* a dozen that the index leads to */
            printf("    %-40s %s\n", d->file[i].path, d->file[i].what);
    if (d->without_dot)
        printf("\n    Without Graphviz's dot graphs are text.  Install the package graphviz and run this again.\n");
}

/* What was printed must have arrived: a full disk shows only now. */
static void finish_output(demo *d)
{
    errno = 0;
    const bool failed = ferror(stdout) != 0;
    if (fclose(stdout) || failed)
        demo_fail(d, DEMO_SYSTEM, "standard output can't be written: %s", errno ? strerror(errno) : "write error");
}

int main(int argc, char **argv)
{
    demo d = {.seed = 1337};
    const char *no_color = getenv("NO_COLOR"), *terminal = getenv("TERM");
    const bool clever = !terminal || strcmp(terminal, "dumb") != 0;
    d.color = isatty(STDOUT_FILENO) && clever && !(no_color && *no_color);
    d.progress = isatty(STDERR_FILENO) && clever;
    if (read_arguments(&d, argc, argv)) {
        struct timespec start, end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        if (make_folder(d.folder)) {
            demo_lecture(&d);
            demo_train(&d);
            make_gallery(&d);
            demo_index(&d);
            say_where(&d);
            clock_gettime(CLOCK_MONOTONIC, &end);
            printf("\nAll of it took %.1f seconds.\n",
                   (double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec));
        } else {
            demo_fail(&d, DEMO_SYSTEM, "the folder %s can't be made: %s", d.folder, strerror(errno));
        }
    }
    finish_output(&d);
    return d.worst;
}
