/* SPDX-License-Identifier: MIT */
/* slope explore: pages, the gallery, and how a browser is found.  The browser of these tests writes down what it is
   given. */
#include "shell.h"

#include "cli/gallery.h"

/* A browser at ./NAME that notes its arguments in NAME.log and ends as it is told. */
static void make_browser(const char *name, int status)
{
    char text[256];
    snprintf(text, sizeof text, "#!/bin/sh\nprintf '%%s\\n' \"$@\" >'%s/%s.log'\nexit %d\n", folder, name, status);
    write_file(name, text);
    assert_int_equal(chmod(name, 0755), 0);
}

/* One line of shell with BROWSER set to `browser`; %1$s in it is the folder. */
static int explore(const char *browser, const char *arguments)
{
    char line[4096];
    snprintf(line, sizeof line, "rm -f *.log; BROWSER='%s' TMPDIR='%s' XDG_RUNTIME_DIR= \"$S\" explore %s </dev/null",
             browser, folder, arguments);
    return shell(line);
}

/* The path that was printed, without its line end; the page is there, whole, and private. */
static char *printed_page(void)
{
    static char path[256];
    struct stat info;
    const size_t size = strcspn(out, "\n");
    assert_true(size && size < sizeof path && strcmp(out + size, "\n") == 0);
    memcpy(path, out, size);
    path[size] = '\0';
    assert_int_equal(stat(path, &info), 0);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0700);
    *slash = '/';
    return path;
}

/* The page that a command put into /tmp, where no test's clearing up would find it. */
static void remove_printed_page(void)
{
    char *path = printed_page();
    assert_int_equal(strncmp(path, "/tmp/slope-", 11), 0);
    assert_int_equal(remove(path), 0);
    *strrchr(path, '/') = '\0';
    assert_int_equal(remove(path), 0);
}

static void assert_page(const char *path, const char *part)
{
    FILE *file = fopen(path, "rb");
    static char text[1 << 20];
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    if (strncmp(text, "<!DOCTYPE html>", 15) != 0 || strcmp(text + strlen(text) - 8, "</html>\n") != 0)
        fail_msg("%s is no page", path);
    if (!strstr(text, part))
        fail_msg("%s has no %s", path, part);
}

static void assert_opened(const char *log, const char *path)
{
    char text[1 << 16];
    slurp(log, text);
    text[strcspn(text, "\n")] = '\0';
    assert_string_equal(text, path);
}

static void a_formula_is_opened_in_the_browser(void **state)
{
    (void)state;
    char browser[128];
    make_browser("surf", 0);
    snprintf(browser, sizeof browser, "%s/surf", folder);
    assert_int_equal(explore(browser, "'L = (a*b + c)*f' a=2 b=-3 c=10 f=-2"), 0);
    assert_string_equal(err, "");
    assert_page(printed_page(), "L = (a*b + c)*f");
    assert_opened("surf.log", printed_page());
}

static void without_a_formula_the_gallery_begins(void **state)
{
    (void)state;
    assert_int_equal(explore("true", ""), 0);
    assert_page(printed_page(), "<h1>The lecture's expression</h1>");
    for (size_t i = 0; i < cli_gallery_count; i++) {
        char arguments[128];
        snprintf(arguments, sizeof arguments, "--example %s", cli_gallery[i].name);
        assert_int_equal(explore("true", arguments), 0);
        assert_page(printed_page(), cli_gallery[i].name);
    }
}

static void names_may_be_left_without_numbers(void **state)
{
    (void)state;
    assert_int_equal(shell("\"$S\" explore 'y = u*v' v=3 -o - </dev/null | grep -o 'aria-label=\"u[^>]*\"'"), 0);
    assert_contains(out, "u, input, data 1, gradient 3");
    assert_int_equal(slope("explore 3 -o three.html"), 0); /* nothing depends on anything */
    assert_page("three.html", "3");
}

static void the_browser_is_what_browser_says(void **state)
{
    (void)state;
    char wanted[512];
    make_browser("surf", 0);
    make_browser("broken", 7);
    make_browser("my browser", 0);
    snprintf(wanted, sizeof wanted, "%s/none:%s/broken:%s/surf:%s/broken", folder, folder, folder, folder);
    assert_int_equal(explore(wanted, "a*b"), 0); /* the first that works */
    assert_opened("surf.log", printed_page());
    snprintf(wanted, sizeof wanted, "%s/surf --new %%s", folder);
    assert_int_equal(explore(wanted, "a*b"), 0); /* with words of its own */
    assert_opened("surf.log", "--new");
    snprintf(wanted, sizeof wanted, "%s/my browser", folder);
    assert_int_equal(explore(wanted, "a*b"), 0); /* a path with a blank in it */
    assert_opened("my browser.log", printed_page());
    snprintf(wanted, sizeof wanted, "%s/surf $(touch harm); touch harm", folder);
    assert_int_equal(explore(wanted, "a*b"), 0); /* no shell looks at it */
    assert_int_equal(access("harm", F_OK), -1);
}

static void without_a_browser_the_path_is_told(void **state)
{
    (void)state;
    assert_int_equal(explore("false", "a*b"), 0);
    assert_contains(err, "no browser could be started");
    assert_contains(err, "open the page yourself");
    assert_page(printed_page(), "a*b");
    assert_int_equal(
        shell("unset DISPLAY WAYLAND_DISPLAY BROWSER XDG_RUNTIME_DIR; TMPDIR=. \"$S\" explore a*b </dev/null"), 0);
    assert_contains(err, "no browser could be started");
    assert_lacks(out, "./"); /* a relative TMPDIR would mean another folder to the browser */
    remove_printed_page();
}

static void a_browser_that_stays_is_left_alone(void **state)
{
    (void)state;
    char browser[128];
    write_file("stays", "#!/bin/sh\nsleep 30 &\nwait\n");
    assert_int_equal(chmod("stays", 0755), 0);
    snprintf(browser, sizeof browser, "%s/stays", folder);
    assert_int_equal(explore(browser, "a*b"), 0); /* and not after 30 seconds: the test has a limit */
    assert_string_equal(err, "");
    assert_int_equal(shell("pkill -f '^sleep 30$' || true"), 0);
}

static void a_file_is_written_and_nothing_opened(void **state)
{
    (void)state;
    char browser[128];
    make_browser("surf", 0);
    snprintf(browser, sizeof browser, "%s/surf", folder);
    assert_int_equal(explore(browser, "'a*b' a=2 -o mine.html"), 0);
    assert_page("mine.html", "a*b");
    assert_int_equal(access("surf.log", F_OK), -1);
    write_file("f.txt", "# a comment\nb = 4\ny = a*b\n");
    assert_int_equal(slope("explore -f f.txt -o from.html"), 0);
    assert_page("from.html", "id=\"graph\"");
    assert_int_equal(shell("echo 'tanh(x)' | \"$S\" explore - -o stdin.html"), 0);
    assert_page("stdin.html", "tanh(x)");
    assert_int_equal(slope("graph 'a*b' a=1 b=2 -o graph.html"), 0);
    assert_page("graph.html", "a*b");
    assert_int_equal(shell("\"$S\" graph 'a*b' a=1 b=2 --format html </dev/null | tail -n 1"), 0);
    assert_string_equal(out, "</html>\n");
}

static void the_gallery_is_listed_and_written(void **state)
{
    (void)state;
    assert_int_equal(slope("explore --list"), 0);
    for (size_t i = 0; i < cli_gallery_count; i++)
        assert_contains(out, cli_gallery[i].name);
    assert_int_equal(slope("explore --gallery pages"), 0);
    for (size_t i = 0; i < cli_gallery_count; i++) {
        char path[128];
        snprintf(path, sizeof path, "pages/%s.html", cli_gallery[i].name);
        assert_page(path, cli_gallery[i].name);
    }
    assert_int_equal(slope("explore --gallery pages"), 0); /* once more into the same folder */
    write_file("taken", "");
    assert_int_equal(slope("explore --gallery taken"), 3);
    assert_contains(err, "can't make the folder taken");
    assert_int_equal(slope("explore --example nan x=3 -o nan.html"), 0);
    assert_page("nan.html", "x, input, data 3");
}

/* Every example is a formula that the parser takes, with a number for each name and no other. */
static void the_gallery_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < cli_gallery_count; i++) {
        char line[4096];
        snprintf(line, sizeof line, "grad --json '%s' %s", cli_gallery[i].formula, cli_gallery[i].inputs);
        assert_int_equal(slope(line), 0);
        assert_true(json_valid(out));
        assert_true(strlen(cli_gallery[i].title) < 60 && strlen(cli_gallery[i].note) > 40);
    }
}

static void mistakes_are_told(void **state)
{
    (void)state;
    static const struct {
        const char *line, *said;
        int status;
    } cases[] = {
        {"explore 'a*(b'", "a*(b\n    ^", 2},
        {"explore --example expresion", "did you mean expression?", 2},
        {"explore --example quux-quux", "--list lists them", 2},
        {"explore --list a*b", "exclude each other", 2},
        {"explore --gallery pages -o x.html", "--gallery takes no -o", 2},
        {"explore a*b -o x.svg", "does not end in .html", 2},
        {"explore a*b -o /nowhere/x.html", "/nowhere/x.html", 3},
        {"explore a*b --max-values 2 -o x.html", "the graph has 3 values, and a page may have at most 2", 2},
        {"explore a*b --max-values 0 -o x.html", "max-values", 2},
        {"graph a*b a=1 b=2 --max-values 2 --format html", "inputs 2, numbers 0, operations 1 (1 mul), longest way 1",
         2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (slope(cases[i].line) != cases[i].status)
            fail_msg("another exit status of: %s\n%s", cases[i].line, err);
        assert_contains(err, cases[i].said);
    }
    assert_int_equal(access("x.html", F_OK), -1);
    assert_int_equal(access("x.svg", F_OK), -1);
    assert_int_equal(shell("BROWSER=true TMPDIR=/nowhere XDG_RUNTIME_DIR=/nowhere \"$S\" explore a </dev/null"), 0);
    remove_printed_page();
    if (geteuid() != 0) /* root may write anywhere */
        assert_int_equal(shell("mkdir shut && chmod 500 shut && \"$S\" explore a -o shut/x.html </dev/null"), 3);
}

static void a_full_disk_leaves_no_half_page(void **state)
{
    (void)state;
    assert_int_equal(shell("ulimit -f 16; trap '' XFSZ; \"$S\" explore a*b -o half.html </dev/null"), 3);
    assert_contains(err, "half.html");
    assert_int_equal(shell("test -z \"$(ls | grep half)\""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_formula_is_opened_in_the_browser),
        cmocka_unit_test(without_a_formula_the_gallery_begins),
        cmocka_unit_test(names_may_be_left_without_numbers),
        cmocka_unit_test(the_browser_is_what_browser_says),
        cmocka_unit_test(without_a_browser_the_path_is_told),
        cmocka_unit_test(a_browser_that_stays_is_left_alone),
        cmocka_unit_test(a_file_is_written_and_nothing_opened),
        cmocka_unit_test(the_gallery_is_listed_and_written),
        cmocka_unit_test(the_gallery_is_sound),
        cmocka_unit_test(mistakes_are_told),
        cmocka_unit_test(a_full_disk_leaves_no_half_page),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
