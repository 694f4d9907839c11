/* SPDX-License-Identifier: MIT */
/* Where machine code can't be had the evaluator runs and *error says why; the cache is never trusted; nothing is left
   behind. */
#define _GNU_SOURCE /* setenv, mkdtemp */

#include "native_testing.h"

static slope_function *small(void)
{
    slope__builder *b = slope__builder_create(0);
    static double next = 1.0; /* a text of its own each time: nothing comes from the cache */
    next += 1.0;
    const slope__cell x = slope__build_input(b, "x", 1), k = slope__build_number(b, next);
    slope__build_output(b, "y", 1, NULL, slope__build2(b, slope__code_mul, slope__build1(b, slope__code_square, x), k));
    return slope__builder_finish(b, NULL);
}

/* The result must be f in every respect, by the evaluator unless `native`. */
static void assert_works(const slope_function *f, const slope_function *g, const char *backend)
{
    const double x = 3.0;
    double y = 0, expected = 1;
    assert_non_null(g);
    assert_string_equal(slope_function_backend(g), backend);
    assert_int_equal(slope_eval(g, (const double *const[]){&x}, (double *const[]){&y}), SLOPE_OK);
    assert_int_equal(slope__interpret(f, (const double *const[]){&x}, (double *const[]){&expected}, NULL), SLOPE_OK);
    assert_true(bits(y) == bits(expected));
}

/* A compiler of that text; the path is valid until the next one. */
static const char *false_compiler(const char *text)
{
    static char path[300];
    static int number;
    (void)snprintf(path, sizeof path, "%s/cc%d", folder, number++);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fprintf(out, "#!/bin/sh\n%s\n", text);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path, 0700), 0);
    return path;
}

static void assert_fails(const char *compiler, slope_status status, const char *said)
{
    slope_compile_options o = options();
    slope_error error;
    slope_function *f = small();
    o.compiler = compiler;
    o.seconds = 1.0;
    slope_function *g = slope_function_compile(f, &o, &error);
    assert_works(f, g, "evaluator");
    assert_int_equal(error.status, status);
    if (!strstr(error.message, said))
        fail_msg("\"%s\" does not say \"%s\"", error.message, said);
    slope_function_destroy(f);
    slope_function_destroy(g);
}

static void a_compiler_that_is_missing_or_fails_is_told(void **state)
{
    (void)state;
    assert_fails("/no/such/compiler", SLOPE_ERR_MISSING, "/no/such/compiler");
    assert_fails("no-such-compiler", SLOPE_ERR_MISSING, "no-such-compiler");
    assert_fails("", SLOPE_ERR_MISSING, "");
    assert_fails(folder, SLOPE_ERR_MISSING, "");
    assert_fails(false_compiler("echo 'f.c:1: error: no luck' >&2; exit 1"), SLOPE_ERR_SYSTEM, "no luck");
    assert_fails(false_compiler("exit 0"), SLOPE_ERR_SYSTEM, "failed");
    assert_fails(false_compiler("kill -9 $$"), SLOPE_ERR_SYSTEM, "failed");
    assert_fails(false_compiler("head -c 3000000 /dev/zero; exit 1"), SLOPE_ERR_SYSTEM, "failed");
    assert_fails(false_compiler("while [ $1 != -o ]; do shift; done; echo junk > $2"), SLOPE_ERR_SYSTEM, "loaded");
}

static void no_compiler_on_the_path_is_told(void **state)
{
    (void)state;
    char *path = strdup(getenv("PATH")), *cc = getenv("CC") ? strdup(getenv("CC")) : NULL;
    (void)setenv("PATH", "/nowhere:relative::", 1);
    (void)setenv("CC", "cc; touch /tmp/slope-was-here", 1);
    assert_fails(NULL, SLOPE_ERR_MISSING, "PATH");
    (void)unsetenv("PATH");
    assert_fails(NULL, SLOPE_ERR_MISSING, "PATH");
    (void)setenv("PATH", path, 1);
    assert_int_not_equal(access("/tmp/slope-was-here", F_OK), 0);
    if (cc)
        (void)setenv("CC", cc, 1);
    else
        (void)unsetenv("CC");
    free(path);
    free(cc);
}

static void a_compiler_that_hangs_is_stopped_with_all_it_started(void **state)
{
    (void)state;
    char text[700], path[300];
    (void)snprintf(path, sizeof path, "%s/child", folder);
    (void)snprintf(text, sizeof text, "sleep 60 & echo $! > %s; wait", path);
    assert_fails(false_compiler(text), SLOPE_ERR_TIMEOUT, "took more than 1 seconds");
    FILE *in = fopen(path, "r");
    int child = 0;
    assert_non_null(in);
    assert_int_equal(fscanf(in, "%d", &child), 1);
    assert_int_equal(fclose(in), 0);
    (void)snprintf(path, sizeof path, "/proc/%d/cmdline", child);
    int gone = 0;
    for (int tries = 0; tries < 100 && !gone; tries++) { /* init may take a moment to bury it */
        char line[64] = "";
        in = fopen(path, "r");
        gone = !in || fread(line, 1, sizeof line - 1, in) == 0;
        if (in)
            (void)fclose(in);
        (void)usleep(10000);
    }
    assert_true(gone);
}

static void much_straight_code_is_refused_before_any_compiler(void **state)
{
    (void)state;
    char text[400], mark[300];
    (void)snprintf(mark, sizeof mark, "%s/started", folder);
    (void)snprintf(text, sizeof text, "touch %s; exit 1", mark);
    slope__builder *b = slope__builder_create(0);
    slope__cell x = slope__build_input(b, "x", 1);
    for (int k = 0; k < 5000; k++)
        x = slope__build1(b, k % 2 ? slope__code_sin : slope__code_square, x);
    slope__build_output(b, "y", 1, &x, 0);
    slope_function *f = slope__builder_finish(b, NULL);
    slope_compile_options o = options();
    slope_error error;
    o.compiler = false_compiler(text);
    slope_function *g = slope_function_compile(f, &o, &error);
    assert_int_equal(error.status, SLOPE_ERR_LIMIT);
    assert_non_null(strstr(error.message, "4000 operations"));
    assert_string_equal(slope_function_backend(g), "evaluator");
    assert_int_not_equal(access(mark, F_OK), 0);
    slope_function_destroy(f);
    slope_function_destroy(g);
}

/* A true compiler that counts how often it ran. */
static char count_path[300];
static const char *counting_compiler(void)
{
    char text[700];
    (void)snprintf(count_path, sizeof count_path, "%s/count", folder);
    (void)unlink(count_path);
    (void)snprintf(text, sizeof text, "echo run >> %s\nexec cc \"$@\"", count_path);
    return false_compiler(text);
}

static int runs(void)
{
    char line[16];
    int n = 0;
    FILE *in = fopen(count_path, "r");
    while (in && fgets(line, sizeof line, in))
        n++;
    if (in)
        (void)fclose(in);
    return n;
}

static void compile_again(const slope_function *f, const slope_compile_options *o, int expected_runs)
{
    slope_error error;
    slope_function *g = slope_function_compile(f, o, &error);
    if (error.status != SLOPE_OK)
        fail_msg("%s", error.message);
    assert_works(f, g, "native");
    slope_function_destroy(g);
    assert_int_equal(runs(), expected_runs);
}

/* The only entry of a cache. */
static void entry_of(const char *cache, char path[700])
{
    char command[700];
    (void)snprintf(command, sizeof command, "ls -d %s/*", cache);
    FILE *list = popen(command, "r");
    assert_non_null(fgets(path, 700, list));
    path[strcspn(path, "\n")] = '\0';
    assert_null(fgets(command, sizeof command, list));
    (void)pclose(list);
}

static void the_cache_is_used_and_never_trusted(void **state)
{
    (void)state;
    char cache[300], entry[700], moved[720];
    (void)snprintf(cache, sizeof cache, "%s/deep/er/cache", folder);
    slope_function *f = small();
    slope_compile_options o = options();
    o.cache = cache;
    o.compiler = counting_compiler();
    compile_again(f, &o, 1);
    compile_again(f, &o, 1);
    entry_of(cache, entry);
    FILE *file = fopen(entry, "r+");
    assert_non_null(file);
    assert_int_equal(fseek(file, 5000, SEEK_SET), 0);
    const int byte = fgetc(file);
    assert_int_equal(fseek(file, 5000, SEEK_SET), 0);
    (void)fputc(byte ^ 1, file);
    assert_int_equal(fclose(file), 0);
    compile_again(f, &o, 2); /* changed */
    compile_again(f, &o, 2);
    assert_int_equal(truncate(entry, 3000), 0);
    compile_again(f, &o, 3); /* cut off */
    assert_int_equal(truncate(entry, 0), 0);
    compile_again(f, &o, 4);
    assert_int_equal(chmod(entry, 0666), 0);
    compile_again(f, &o, 5); /* others could write to it */
    (void)snprintf(moved, sizeof moved, "%s.moved", entry);
    assert_int_equal(rename(entry, moved), 0);
    assert_int_equal(symlink(moved, entry), 0);
    compile_again(f, &o, 6); /* not a file of its own */
    compile_again(f, &o, 6);
    assert_int_equal(unlink(moved), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(entry, 12345, 12345), 0);
        compile_again(f, &o, 7); /* somebody else's */
    }
    assert_int_equal(chmod(cache, 0777), 0);
    const int before = runs();
    compile_again(f, &o, before + 1); /* a folder that others can write to holds nothing for us */
    compile_again(f, &o, before + 2);
    slope_function_destroy(f);
}

static void without_a_cache_it_works_all_the_same(void **state)
{
    (void)state;
    slope_function *f = small();
    slope_compile_options o = options();
    o.compiler = counting_compiler();
    o.cache = "";
    compile_again(f, &o, 1);
    compile_again(f, &o, 2);
    o.cache = "/dev/null/cache"; /* can't be made */
    compile_again(f, &o, 3);
    slope_function_destroy(f);
}

static void a_full_or_missing_disk_is_told(void **state)
{
    (void)state;
    struct rlimit old, tiny;
    char *before = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL;
    (void)setenv("TMPDIR", "/no/such/folder", 1);
    assert_fails(NULL, SLOPE_ERR_SYSTEM, "/no/such/folder");
    (void)setenv("TMPDIR", folder, 1);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    tiny = old;
    tiny.rlim_cur = 512;
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &tiny), 0);
    slope_compile_options o = options();
    slope_error error;
    slope_function *f = small(), *g = slope_function_compile(f, &o, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    (void)signal(SIGXFSZ, handler);
    assert_works(f, g, "evaluator");
    assert_int_equal(error.status, SLOPE_ERR_SYSTEM);
    assert_non_null(strstr(error.message, "can't be written"));
    slope_function_destroy(f);
    slope_function_destroy(g);
    if (before)
        (void)setenv("TMPDIR", before, 1);
    else
        (void)unsetenv("TMPDIR");
    free(before);
}

static void nothing_is_left_behind(void **state)
{
    (void)state;
    char temporary[300], line[700];
    (void)snprintf(temporary, sizeof temporary, "%s/tmp", folder);
    assert_int_equal(mkdir(temporary, 0700), 0);
    (void)setenv("TMPDIR", temporary, 1);
    slope_function *f = small(), *g = compiled(f);
    assert_fails(false_compiler("exit 3"), SLOPE_ERR_SYSTEM, "failed");
    (void)unsetenv("TMPDIR");
    assert_int_equal(rmdir(temporary), 0);            /* so it is empty */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child, living or dead */
    slope_function_destroy(g);
    slope_function_destroy(f);
    FILE *maps = fopen("/proc/self/maps", "r");
    while (maps && fgets(line, sizeof line, maps))
        assert_null(strstr(line, folder));
    if (maps)
        (void)fclose(maps);
}

static void tick(int signal_number) { (void)signal_number; }

static void signals_do_not_disturb(void **state)
{
    (void)state;
    struct sigaction now = {.sa_handler = tick}, before;
    const struct itimerval often = {{0, 3000}, {0, 3000}}, never = {{0, 0}, {0, 0}};
    assert_int_equal(sigaction(SIGALRM, &now, &before), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
    void (*children)(int) = signal(SIGCHLD, SIG_IGN);
    slope_function *f = small(), *g = compiled(f);
    (void)signal(SIGCHLD, children);
    assert_int_equal(setitimer(ITIMER_REAL, &never, NULL), 0);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
    assert_works(f, g, "native");
    slope_function_destroy(f);
    slope_function_destroy(g);
}

static void *compile_in_thread(void *f)
{
    slope_compile_options o = options();
    slope_error error;
    slope_function *g = slope_function_compile(f, &o, &error);
    const double x = 2.0;
    double y = 0.0;
    const int ok = g && error.status == SLOPE_OK && strcmp(slope_function_backend(g), "native") == 0 &&
                   slope_eval(g, (const double *const[]){&x}, (double *const[]){&y}) == SLOPE_OK && y != 0.0;
    slope_function_destroy(g);
    return ok ? f : NULL;
}

static void threads_may_compile_one_function_at_once(void **state)
{
    (void)state;
    pthread_t thread[4];
    slope_function *f = small();
    for (int k = 0; k < 4; k++)
        assert_int_equal(pthread_create(&thread[k], NULL, compile_in_thread, f), 0);
    for (int k = 0; k < 4; k++) {
        void *ok = NULL;
        assert_int_equal(pthread_join(thread[k], &ok), 0);
        assert_non_null(ok);
    }
    slope_function_destroy(f);
}

static void names_do_not_reach_the_compiler(void **state)
{
    (void)state;
    static const char *const name[] = {"int", "auto", "W", "V", "host", "__asm__", "slope_native_eval"};
    slope__builder *b = slope__builder_create(0);
    for (size_t k = 0; k < 7; k++)
        (void)slope__build_input(b, name[k], 1);
    for (size_t k = 0; k < 7; k++)
        slope__build_output(b, name[k], 1, NULL, (slope__cell)(6 - k));
    slope_function *f = slope__builder_finish(b, NULL);
    assert_non_null(f);
    slope__native_program program;
    assert_int_equal(slope__native_emit(f, 8, &program, NULL), SLOPE_OK);
    assert_null(strstr(program.text, "auto"));
    free(program.text);
    slope_function *g = compiled(f);
    assert_true(agree(f, g, 1, 0));
    slope_function_destroy(g);
    slope_function_destroy(f);
}

static void mistakes_in_the_call_are_told(void **state)
{
    (void)state;
    slope_error error;
    assert_null(slope_function_compile(NULL, NULL, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    slope_compile_options o = slope_compile_options_default();
    o.struct_size++;
    slope_function *f = small();
    assert_null(slope_function_compile(f, &o, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_string_equal(slope_function_backend(f), "evaluator");
    assert_string_equal(slope_function_backend(NULL), "evaluator");
    slope_function_destroy(f);
}

static void the_digest_is_sha256(void **state)
{
    (void)state;
    unsigned char digest[SLOPE__DIGEST];
    static const unsigned char abc[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea},
                               million[] = {0xcd, 0xc7, 0x6e, 0x5c};
    slope__sha256(2, (const slope__bytes[]){{"a", 1}, {"bc", 2}}, digest);
    assert_memory_equal(digest, abc, sizeof abc);
    static char a[1000000];
    memset(a, 'a', sizeof a);
    slope__sha256(1, (const slope__bytes[]){{a, sizeof a}}, digest);
    assert_memory_equal(digest, million, sizeof million);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_compiler_that_is_missing_or_fails_is_told),
        cmocka_unit_test(no_compiler_on_the_path_is_told),
        cmocka_unit_test(a_compiler_that_hangs_is_stopped_with_all_it_started),
        cmocka_unit_test(much_straight_code_is_refused_before_any_compiler),
        cmocka_unit_test(the_cache_is_used_and_never_trusted),
        cmocka_unit_test(without_a_cache_it_works_all_the_same),
        cmocka_unit_test(a_full_or_missing_disk_is_told),
        cmocka_unit_test(nothing_is_left_behind),
        cmocka_unit_test(signals_do_not_disturb),
        cmocka_unit_test(threads_may_compile_one_function_at_once),
        cmocka_unit_test(names_do_not_reach_the_compiler),
        cmocka_unit_test(mistakes_in_the_call_are_told),
        cmocka_unit_test(the_digest_is_sha256),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
