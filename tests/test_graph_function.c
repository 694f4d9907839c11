/* SPDX-License-Identifier: MIT */
/* Pictures of functions: boxes that open, arrows that say what an item reads. */
#if !defined _GNU_SOURCE
#define _GNU_SOURCE /* mkdtemp */
#endif
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "function/ir.h"
#include "testing.h"

static slope_function *finish(slope__builder *b)
{
    slope_error error = {0};
    slope_function *f = slope__builder_finish(b, &error);
    if (!f)
        fail_msg("%s", error.message);
    return f;
}

/* s' = s * 0.5 + x[2 i + 1], five times, and then its square */
static slope_function *fold_of_five(void)
{
    slope__builder *b = slope__builder_create(SLOPE_PASS_FOLD | SLOPE_PASS_SHARE);
    const slope__cell s = slope__build_input(b, "s", 1), x = slope__build_input(b, "x", 1);
    const slope__cell half = slope__build2(b, slope__code_mul, s, slope__build_number(b, 0.5));
    slope__build_output(b, "next", 1, NULL, slope__build2(b, slope__code_add, half, x));
    slope_function *body = finish(b);
    b = slope__builder_create(SLOPE_PASS_FOLD | SLOPE_PASS_SHARE);
    const slope__cell start = slope__build_input(b, "start", 1), steps = slope__build_input(b, "steps", 10);
    slope__source source[2] = {{{start, 0, 1, NULL}, 0}, {{steps + 1, 2, 1, NULL}, SLOPE__NONE}};
    slope__target target = {.kind = SLOPE__LAST};
    slope__loop loop = {.body = body, .n = 5, .source = source, .target = &target};
    const slope__cell end = slope__build_loop(b, &loop);
    slope__build_output(b, "y", 1, NULL, slope__build1(b, slope__code_square, end));
    slope_function_destroy(body);
    return finish(b);
}

/* The DOT of f, in memory of its own. */
static char *draw(const slope_function *f, int open, size_t max_nodes)
{
    char folder[] = "/tmp/slope-test-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/f.dot", folder);
    slope_graph_options options = slope_graph_options_default();
    options.max_nodes = max_nodes;
    slope_error error = {0};
    if (slope_graph_function_write(f, path, open, &options, &error) != SLOPE_OK)
        fail_msg("%s", error.message);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    char *text = calloc(1, 1 << 16);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 16) - 1, file) > 0);
    (void)fclose(file);
    (void)unlink(path);
    (void)rmdir(folder);
    return text;
}

#define has(text, part) assert_non_null(strstr(text, part))
#define has_not(text, part) assert_null(strstr(text, part))

static void a_closed_fold_is_one_box(void **state)
{
    (void)state;
    slope_function *f = fold_of_five();
    char *dot = draw(f, 0, 400);
    has(dot, "fold \xc3\x97 5\\n2 operations");
    has(dot, "[2 i + 1]");
    has(dot, "square");
    has_not(dot, "cluster");
    free(dot);
    slope_function_destroy(f);
}

static void an_open_fold_shows_its_body_and_what_is_carried(void **state)
{
    (void)state;
    slope_function *f = fold_of_five();
    char *dot = draw(f, 1, 400);
    has(dot, "subgraph cluster_1");
    has(dot, "t1o0 -> t1i0 [style=dashed, label=\"next step\"");
    has(dot, "t0i0 -> t1i0");
    has(dot, "t1o0 -> t0c");
    has(dot, "label=\"0.5\", shape=plain");
    free(dot);
    slope_function_destroy(f);
}

static void a_text_that_is_too_long_is_one_box(void **state)
{
    (void)state;
    slope_function *f = fold_of_five();
    char *dot = draw(f, 1, 1);
    has(dot, "t0all [shape=box3d, label=\"2 operations\"]");
    has(dot, "t0all -> t0o0");
    has_not(dot, "square");
    free(dot);
    slope_function_destroy(f);
}

static void bad_arguments_are_told(void **state)
{
    (void)state;
    slope_function *f = fold_of_five();
    slope_error error;
    assert_int_equal(slope_graph_function_write(NULL, "x.dot", 0, NULL, &error), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_graph_function_write(f, "x.json", 0, NULL, &error), SLOPE_ERR_UNSUPPORTED);
    has(error.message, "slope_function_dump");
    assert_int_equal(slope_graph_function_write(f, "x.gif", 0, NULL, NULL), SLOPE_ERR_UNSUPPORTED);
    assert_int_equal(slope_graph_function_write(f, "", 0, NULL, NULL), SLOPE_ERR_ARGUMENT);
    slope_function_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_fold_is_one_box),
        cmocka_unit_test(an_open_fold_shows_its_body_and_what_is_carried),
        cmocka_unit_test(a_text_that_is_too_long_is_one_box),
        cmocka_unit_test(bad_arguments_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
