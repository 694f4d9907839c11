/* SPDX-License-Identifier: MIT */
/* Graphs on their way out: writes and allocations that fail, a `dot` that is missing, slow or broken, and files that
   appear whole or not at all. */
#if !defined _GNU_SOURCE
#define _GNU_SOURCE /* mkdtemp, setenv, strdup */
#endif
#include "failing.h"
#include "graph_text.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "graph/view.h"

/* --------------------------------------------------------------------------------------------------------- failures */

/* The next format; of those that Graphviz draws one is enough. */
static int after(int format) { return format == SLOPE_GRAPH_SVG ? SLOPE_GRAPH_HTML : format + 1; }

static void every_write_that_fails_is_noticed(void **state)
{
    slope_value y = network(*state, 1);
    slope_graph_options options = slope_graph_options_default();
    options.max_nodes = 2000;
    for (int format = SLOPE_GRAPH_DOT; format <= SLOPE_GRAPH_HTML; format = after(format)) {
        graph_text whole = {0};
        assert_int_equal(slope_graph_stream(1, &y, (slope_graph_format)format, &options, collect, &whole, NULL),
                         SLOPE_OK);
        free(whole.data);
        for (size_t k = 1; k <= whole.calls; k += 1 + whole.calls / 20) {
            graph_text part = {.fail_at = k};
            slope_error error;
            assert_int_equal(slope_graph_stream(1, &y, (slope_graph_format)format, &options, collect, &part, &error),
                             SLOPE_ERR_IO);
            assert_int_equal(part.calls, k); /* nothing is offered after a refusal */
            assert_true(error.status == SLOPE_ERR_IO && error.message[0]);
            free(part.data);
        }
    }
}

static void every_allocation_that_fails_is_noticed(void **state)
{
    slope_value y = network(*state, 1);
    for (int format = SLOPE_GRAPH_DOT; format <= SLOPE_GRAPH_HTML; format = after(format))
        for (int on = 0; on < 2; on++)
            for (int plain = 0; plain < 2; plain++) {
                slope_graph_options options = slope_graph_options_default();
                options.max_nodes = plain ? 2000 : 50;
                slope_status status = SLOPE_ERR_MEMORY;
                for (size_t k = 1; status != SLOPE_OK; k++) {
                    failing f = {.fail_at = k, .forever = on};
                    graph_text out = {0};
                    slope_error error;
                    status = slope__graph_stream((slope_allocator){failing_resize, &f}, 1, &y,
                                                 (slope_graph_format)format, &options, collect, &out, &error);
                    assert_true(status == SLOPE_OK || (status == SLOPE_ERR_MEMORY && error.message[0]));
                    assert_int_equal(f.held, 0);
                    free(out.data);
                    assert_in_range(k, 1, 200);
                }
            }
}

/* ------------------------------------------------------------------------------------------------- dot as a process */

static char folder[] = "graph-test-XXXXXX";
static char *old_path;

static int folder_setup(void **state)
{
    if (!mkdtemp(strcpy(folder, "graph-test-XXXXXX")))
        return -1;
    old_path = strdup(getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin");
    return old_path ? tape_setup(state) : -1;
}

static int folder_teardown(void **state)
{
    setenv("PATH", old_path, 1);
    free(old_path);
    DIR *d = opendir(folder);
    if (!d)
        return -1;
    for (struct dirent *e; (e = readdir(d));) {
        char path[600];
        (void)snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        (void)unlink(path);
    }
    (void)closedir(d);
    return rmdir(folder) ? -1 : tape_teardown(state);
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, folder_setup, folder_teardown)

/* A `dot` that is this shell script, alone in PATH. */
static void fake_dot(const char *script)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s/dot", folder);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fprintf(f, "#!/bin/sh\nPATH=/bin:/usr/bin\n%s\n", script) > 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0755), 0);
    setenv("PATH", folder, 1);
}

static size_t open_files(void)
{
    size_t n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d))
        n++;
    if (d)
        (void)closedir(d);
    return n;
}

static slope_status try_svg(slope_value y, double time_limit, slope_error *error)
{
    slope_graph_options options = slope_graph_options_default();
    options.time_limit = time_limit;
    graph_text out = {0};
    const size_t before = open_files();
    const slope_status status = slope_graph_stream(1, &y, SLOPE_GRAPH_SVG, &options, collect, &out, error);
    assert_int_equal(open_files(), before);
    assert_true(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD); /* no zombie */
    assert_true(status == SLOPE_OK || out.size == 0);
    free(out.data);
    return status;
}

static void a_missing_dot_is_told(void **state)
{
    slope_error error;
    setenv("PATH", folder, 1);
    assert_int_equal(try_svg(lecture(*state, 0), 5, &error), SLOPE_ERR_MISSING);
    assert_has(error.message, "apt install graphviz");
    assert_drawn(lecture(*state, 0), SLOPE_GRAPH_DOT, NULL, "digraph"); /* which needs none */
}

static void a_slow_dot_is_stopped(void **state)
{
    slope_error error;
    struct timespec start, end;
    fake_dot("exec sleep 60");
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    assert_int_equal(try_svg(lecture(*state, 0), 0.2, &error), SLOPE_ERR_TIMEOUT);
    assert_has(error.message, "200 ms");
    fake_dot("cat > /dev/null; echo '<svg/>'; exec >&- 2>&-; exec sleep 60"); /* has drawn, but does not end */
    assert_int_equal(try_svg(lecture(*state, 0), 0.2, &error), SLOPE_ERR_TIMEOUT);
    (void)clock_gettime(CLOCK_MONOTONIC, &end);
    assert_in_range(end.tv_sec - start.tv_sec, 0, 10);
}

static void a_dot_that_fails_says_why(void **state)
{
    slope_error error;
    fake_dot("cat > /dev/null; echo 'syntax error in line 7' >&2; exit 3");
    assert_int_equal(try_svg(lecture(*state, 0), 20, &error), SLOPE_ERR_SYSTEM);
    assert_has(error.message, "exit status 3: syntax error in line 7");
    fake_dot("kill -9 $$");
    assert_int_equal(try_svg(lecture(*state, 0), 20, &error), SLOPE_ERR_SYSTEM);
    assert_has(error.message, "signal 9");
    fake_dot("cat > /dev/null");
    assert_int_equal(try_svg(lecture(*state, 0), 20, &error), SLOPE_ERR_SYSTEM);
    assert_has(error.message, "drew nothing");
}

static void a_dot_that_does_not_read_raises_no_signal(void **state)
{
    slope_error error;
    slope_value y = network(*state, 1);
    slope_graph_options options = slope_graph_options_default();
    options.max_nodes = 2000; /* more than a pipe holds */
    graph_text out = {0};
    fake_dot("exit 1");
    assert_int_equal(slope_graph_stream(1, &y, SLOPE_GRAPH_SVG, &options, collect, &out, &error), SLOPE_ERR_SYSTEM);
    free(out.data);
}

static void dot_is_not_disturbed_by_ignored_signals(void **state)
{
    slope_error error;
    void (*old_child)(int) = signal(SIGCHLD, SIG_IGN); /* nobody can wait for children then */
    void (*old_pipe)(int) = signal(SIGPIPE, SIG_IGN);
    assert_int_equal(try_svg(lecture(*state, 0), 20, &error), SLOPE_OK);
    assert_true(signal(SIGCHLD, old_child) == SIG_IGN);
    assert_true(signal(SIGPIPE, old_pipe) == SIG_IGN);
}

static void pictures_are_what_their_names_say(void **state)
{
    static const struct {
        slope_graph_format format;
        const char *start;
    } rows[] = {{SLOPE_GRAPH_SVG, "<?xml"}, {SLOPE_GRAPH_PNG, "\x89PNG\r\n"}, {SLOPE_GRAPH_PDF, "%PDF-"}};
    slope_value y = lecture(*state, 0);
    for (size_t i = 0; i < 3; i++) {
        char *out = drawn(y, rows[i].format, NULL);
        assert_memory_equal(out, rows[i].start, strlen(rows[i].start));
        free(out);
    }
}

/* ------------------------------------------------------------------------------------------------------------ files */

static char *in(const char *name)
{
    static char path[100];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static size_t files_in_folder(void)
{
    size_t n = 0;
    DIR *d = opendir(folder);
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));)
        n += e->d_name[0] != '.';
    (void)closedir(d);
    return n;
}

static void files_appear_by_their_ending(void **state)
{
    static const char *const names[] = {"a.dot", "a.gv", "a.json", "a.txt", "a.svg", "a.png", "a.pdf"};
    slope_value y = lecture(*state, 0);
    for (size_t i = 0; i < 7; i++) {
        slope_error error;
        assert_int_equal(slope_graph_write(1, &y, in(names[i]), NULL, &error), SLOPE_OK);
        struct stat s;
        assert_int_equal(stat(in(names[i]), &s), 0);
        assert_in_range(s.st_size, 100, 1000000);
    }
    assert_int_equal(files_in_folder(), 7); /* and nothing beside them */
}

static void a_file_that_fails_leaves_the_old_one(void **state)
{
    slope_value y = lecture(*state, 0);
    slope_error error;
    FILE *f = fopen(in("a.svg"), "w");
    assert_non_null(f);
    assert_true(fputs("old", f) >= 0);
    assert_int_equal(fclose(f), 0);
    fake_dot("echo half; exit 1");
    assert_int_equal(slope_graph_write(1, &y, in("a.svg"), NULL, &error), SLOPE_ERR_SYSTEM);
    char old[8] = {0};
    f = fopen(in("a.svg"), "r");
    assert_non_null(f);
    assert_int_equal(fread(old, 1, sizeof old, f), 3);
    assert_int_equal(fclose(f), 0);
    assert_string_equal(old, "old");
    assert_int_equal(files_in_folder(), 2);
}

static void a_full_disk_and_a_missing_folder_are_noticed(void **state)
{
    slope_value y = lecture(*state, 0);
    slope_error error;
    assert_int_equal(symlink("/dev/full", in("full.dot")), 0);
    assert_int_equal(slope_graph_write(1, &y, in("full.dot"), NULL, &error), SLOPE_ERR_IO);
    assert_has(error.message, "full.dot");
    assert_int_equal(slope_graph_write(1, &y, in("no/where.dot"), NULL, &error), SLOPE_ERR_IO);
    assert_has(error.message, "No such file");
    assert_int_equal(mkdir(in("folder.dot"), 0700), 0);
    assert_int_equal(slope_graph_write(1, &y, in("folder.dot"), NULL, &error), SLOPE_ERR_IO);
    assert_int_equal(rmdir(in("folder.dot")), 0);
    assert_int_equal(symlink("/dev/null", in("null.dot")), 0);
    assert_int_equal(slope_graph_write(1, &y, in("null.dot"), NULL, &error), SLOPE_OK);
    struct stat s;
    assert_int_equal(stat("/dev/null", &s), 0);
    assert_true(S_ISCHR(s.st_mode));
}

static void a_file_that_cannot_be_finished_leaves_nothing(void **state)
{
    slope_value y = lecture(*state, 0);
    slope_error error;
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    void (*old_signal)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &(struct rlimit){10, old.rlim_max}), 0);
    const slope_status status = slope_graph_write(1, &y, in("a.dot"), NULL, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, old_signal);
    assert_int_equal(status, SLOPE_ERR_IO);
    assert_has(error.message, "File too large");
    assert_int_equal(files_in_folder(), 0);
}

static void links_that_lead_nowhere_are_refused(void **state)
{
    slope_value y = lecture(*state, 0);
    slope_error error;
    struct stat s;
    assert_int_equal(symlink("nothing.dot", in("link.dot")), 0);
    assert_int_equal(symlink("loop.dot", in("loop.dot")), 0);
    assert_int_equal(slope_graph_write(1, &y, in("link.dot"), NULL, &error), SLOPE_ERR_IO);
    assert_has(error.message, "link.dot' could not be written: No such file");
    assert_int_equal(slope_graph_write(1, &y, in("loop.dot"), NULL, &error), SLOPE_ERR_IO);
    assert_int_equal(lstat(in("link.dot"), &s), 0);
    assert_true(S_ISLNK(s.st_mode));
    assert_int_equal(stat(in("nothing.dot"), &s), -1);
}

static void links_stay_links_and_permissions_stay(void **state)
{
    slope_value y = lecture(*state, 0);
    assert_int_equal(slope_graph_write(1, &y, in("real.dot"), NULL, NULL), SLOPE_OK);
    assert_int_equal(chmod(in("real.dot"), 0640), 0);
    assert_int_equal(symlink("real.dot", in("link.dot")), 0);
    assert_int_equal(slope_graph_write(1, &y, in("link.dot"), NULL, NULL), SLOPE_OK);
    struct stat s;
    assert_int_equal(lstat(in("link.dot"), &s), 0);
    assert_true(S_ISLNK(s.st_mode));
    assert_int_equal(stat(in("real.dot"), &s), 0);
    assert_int_equal(s.st_mode & 0777, 0640);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(every_write_that_fails_is_noticed),
        on_tape(every_allocation_that_fails_is_noticed),
        in_folder(a_missing_dot_is_told),
        in_folder(a_slow_dot_is_stopped),
        in_folder(a_dot_that_fails_says_why),
        in_folder(a_dot_that_does_not_read_raises_no_signal),
        in_folder(dot_is_not_disturbed_by_ignored_signals),
        on_tape(pictures_are_what_their_names_say),
        in_folder(files_appear_by_their_ending),
        in_folder(a_file_that_fails_leaves_the_old_one),
        in_folder(a_full_disk_and_a_missing_folder_are_noticed),
        in_folder(a_file_that_cannot_be_finished_leaves_nothing),
        in_folder(links_stay_links_and_permissions_stay),
        in_folder(links_that_lead_nowhere_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
