/* SPDX-License-Identifier: MIT */
/* Pictures and listings: golden text for small graphs, escapes, canonical order, folding and cutting of large ones. */
#include "graph_text.h"

#include <math.h>
#include <time.h>

#include "graph/view.h"
#include "json.h"

/* ---------------------------------------------------------------------------------------------------------- numbers */

static void numbers_are_short_and_read_back(void **state)
{
    (void)state;
    static const struct {
        double x;
        const char *whole, *brief;
    } rows[] = {{0.0, "0", "0"},
                {-0.0, "-0", "-0"},
                {100.0, "100", "100"},
                {0.1, "0.1", "0.1"},
                {-8.0, "-8", "-8"},
                {1e300, "1e300", "1e300"},
                {1e-7, "1e-7", "1e-7"},
                {0.00001, "0.00001", "0.00001"},
                {0.70710678118654757, "0.7071067811865476", "0.7071"},
                {1.6993417021166355e-17, "1.6993417021166355e-17", "1.699e-17"},
                {123456.789, "123456.789", "123457"},
                {138.83381924198252, "138.83381924198252", "138.8"},
                {NAN, "NaN", "NaN"},
                {-INFINITY, "-Inf", "-Inf"},
                {5e-324, "5e-324", "5e-324"},
                {1.7976931348623157e308, "1.7976931348623157e308", "1.798e308"},
                {123456789012.0, "123456789012", "1.235e11"}};
    char out[SLOPE__NUMBER_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_string_equal(slope__number(out, rows[i].x), rows[i].whole);
        assert_string_equal(slope__number_short(out, rows[i].x, 4), rows[i].brief);
    }
    unsigned long long bits = 1;
    for (int i = 0; i < 20000; i++) {
        double x;
        bits = bits * 6364136223846793005ull + 1442695040888963407ull;
        memcpy(&x, &bits, sizeof x);
        if (isfinite(x))
            assert_true(number_of(slope__number(out, x)) == x);
    }
    assert_string_equal(slope__count(out, 65818), "65,818");
    assert_string_equal(slope__count(out, 999), "999");
}

static void the_median_is_the_lower_middle(void **state)
{
    (void)state;
    double odd[] = {5, 1, 4, 2, 3}, even[] = {4, 1, 3, 2}, same[] = {7, 7, 7, 7}, one[] = {9};
    assert_true(slope__median(odd, 5) == 3 && slope__median(even, 4) == 2 && slope__median(same, 4) == 7);
    assert_true(slope__median(one, 1) == 9);
}

/* ----------------------------------------------------------------------------------------------------- small graphs */

static void the_text_of_the_lectures_expression(void **state)
{
    char *out = drawn(lecture(*state, 0), SLOPE_GRAPH_TEXT, NULL);
    assert_string_equal(
        out,
        "name  how    data  grad\n"
        "a     input     2     6\n"
        "b     input    -3    -4\n"
        "e     a * b    -6    -2\n"
        "c     input    10    -2\n"
        "d     e + c     4    -2\n"
        "f     input    -2     4\n"
        "L     d * f    -8     1\n"
        "\n"
        "            data  local  path  grad\n"
        "L  *          -8                  1\n"
        "├─ d  +        4     -2    -2    -2\n"
        "│  ├─ e  *    -6      1    -2    -2\n"
        "│  │  ├─ a     2     -3     6     6\n"
        "│  │  └─ b    -3      2    -4    -4\n"
        "│  └─ c       10      1    -2    -2\n"
        "└─ f          -2      4     4     4\n"
        "\n"
        "local: derivative of the line above by this one; path: local times its gradient; grad: the sum of paths\n");
    free(out);
}

static void the_lecture_style_of_the_lectures_expression(void **state)
{
    slope_graph_options options = slope_graph_options_default();
    options.style = SLOPE_GRAPH_STYLE_LECTURE;
    char *out = drawn(lecture(*state, 0), SLOPE_GRAPH_DOT, &options);
    assert_has(out, "rankdir=LR");
    assert_has(out, "v0 [id=\"v0\", label=\"{ a | data 2 | grad 6 }\"");
    assert_has(out, "v2 [id=\"v2\", label=\"{ e | data -6 | grad -2 }\"");
    assert_has(out, "o2 [id=\"o2\", shape=ellipse, label=\"*\"");
    assert_has(out, "o2 -> v2;\n");
    assert_has(out, "v0 -> o2;\n  v1 -> o2;\n  v2 -> o4;\n  v3 -> o4;\n  v4 -> o6;\n  v5 -> o6;\n}\n");
    free(out);
}

static void the_slope_style_says_everything_about_a_value(void **state)
{
    char *out = drawn(lecture(*state, 0), SLOPE_GRAPH_DOT, NULL);
    assert_has(out, "<B>e</B></TD><TD ALIGN=\"RIGHT\">\xc2\xa0\xc2\xa0<B>*</B>");
    assert_has(out, "data\xc2\xa0-6<");
    assert_has(out, "grad\xc2\xa0-2<");
    assert_has(out, "tooltip=\"e = a * b\\ndata -6 (-0x1.8p+2)\\ngrad -2 (-0x1p+1)\"");
    assert_has(out, "v0 -> v2 [label=\"\xc2\xa0-3\xc2\xa0\"");
    assert_has(out, "times upstream gradient -2 (-0x1p+1)\\nbrings back 6 (0x1.8p+2)");
    assert_has(out, "style=\"filled,rounded\""); /* inputs */
    assert_has(out, "peripheries=2");            /* the output */
    assert_has(out, ">number<");                 /* the legend */
    free(out);
    slope_graph_options options = slope_graph_options_default();
    options.gradients = 0;
    options.top_down = 1;
    options.title = "a <b> & \"c\"";
    out = drawn(lecture(*state, 0), SLOPE_GRAPH_DOT, &options);
    assert_has_not(out, "grad");
    assert_has(out, "rankdir=TB");
    assert_has(out, "a &lt;b&gt; &amp; &quot;c&quot;");
    free(out);
}

static void the_json_of_a_small_graph(void **state)
{
    slope_value x = input(*state, "x", 0.5);
    char *out = drawn(swept(slope_mul(x, 3.0)), SLOPE_GRAPH_JSON, NULL);
    assert_string_equal(
        out, "{\n  \"format\": \"slope-graph\",\n  \"version\": 1,\n  \"values\": 3,\n  \"left_out\": 0,\n"
             "  \"folded\": false,\n  \"outputs\": [2],\n  \"nodes\": [\n"
             "    {\"id\": 0, \"kind\": \"input\", \"op\": \"var\", \"label\": \"x\", \"data\": 0.5, \"grad\": 3, "
             "\"operands\": []},\n"
             "    {\"id\": 1, \"kind\": \"number\", \"op\": \"const\", \"data\": 3, \"operands\": []},\n"
             "    {\"id\": 2, \"kind\": \"result\", \"op\": \"mul\", \"data\": 1.5, \"grad\": 1, \"operands\": ["
             "{\"node\": 0, \"position\": 0, \"local\": 3}, {\"node\": 1, \"position\": 1, \"local\": 0.5}]}\n"
             "  ]\n}\n");
    assert_true(json_valid(out));
    free(out);
}

static void numbers_that_are_not_finite_are_shown_and_outlined(void **state)
{
    slope_tape *t = *state;
    slope_value x = input(t, "x", -1.0), y = input(t, "y", 1e308);
    slope_value s = slope_add(slope_log(x), slope_mul(y, 10.0));
    char *out = drawn(swept(slope_sub(s, slope_mul(y, -10.0))), SLOPE_GRAPH_JSON, NULL);
    assert_true(json_valid(out));
    assert_has(out, "\"NaN\"");
    assert_has(out, "\"Infinity\"");
    assert_has(out, "\"-Infinity\"");
    free(out);
    out = drawn(s, SLOPE_GRAPH_DOT, NULL);
    assert_has(out, "NaN starts here");
    assert_has(out, "Inf starts here");
    assert_has(out, "color=\"#b3001b\"");
    free(out);
}

static void a_value_used_twice_shows_the_sum_by_path(void **state)
{
    slope_value a = input(*state, "a", 3.0);
    slope_value b = slope_label(slope_add(a, a), "b");
    char *out = drawn(swept(slope_mul(b, 6.0)), SLOPE_GRAPH_DOT, NULL);
    assert_has(out, "grad\xc2\xa0"
                    "12<");
    assert_has(out, "= 6 + 6 (2 paths)");
    free(out);
    slope_value y = swept(slope_mul(a, slope_sub(a, slope_mul(a, 5.0)))); /* an output that is used is seeded too */
    assert_drawn(y, SLOPE_GRAPH_DOT, NULL, "(3 paths)");
    slope_value pair[] = {b, slope_mul(b, 2.0)};
    assert_int_equal(slope_backward_seeded(2, pair, NULL), SLOPE_OK);
    graph_text t = {0};
    assert_int_equal(slope_graph_stream(2, pair, SLOPE_GRAPH_DOT, NULL, collect, &t, NULL), SLOPE_OK);
    assert_has(t.data, "= 2 + 1 as output (1 path)");
    free(t.data);
}

static int half(size_t n, const double x[], double *value, double partial[], void *context)
{
    (void)n;
    (void)context;
    *value = 0.5 * x[0];
    if (partial)
        partial[0] = 0.5;
    return 0;
}

static void custom_and_n_ary_operations_are_drawn_by_name(void **state)
{
    static const slope_custom custom = {.name = "my <half>", .eval = half};
    slope_tape *t = *state;
    slope_value x[6];
    for (size_t i = 0; i < 6; i++)
        x[i] = slope_var(t, (double)i);
    slope_value y = swept(slope_custom_apply(&custom, 1, (slope_value[]){slope_apply(SLOPE_OP_SUM, 6, x)}));
    assert_drawn(y, SLOPE_GRAPH_DOT, NULL, "my &lt;half&gt;");
    char *out = drawn(y, SLOPE_GRAPH_TEXT, NULL);
    assert_has(out, "sum(%0, %1, %2, %3, … 6 in all)");
    assert_has(out, "my <half>(%6)");
    free(out);
}

static void places_are_shown(void **state)
{
    slope_value y = swept(slope_at(slope_exp(input(*state, "x", 1.0)), "dir/file.c", 42));
    assert_drawn(y, SLOPE_GRAPH_DOT, NULL, "dir/file.c:42");
    assert_drawn(y, SLOPE_GRAPH_JSON, NULL, "\"file\": \"dir/file.c\", \"line\": 42");
}

static void before_a_sweep_the_legend_says_so(void **state)
{
    assert_drawn(slope_exp(input(*state, "x", 1.0)), SLOPE_GRAPH_DOT, NULL, "0 everywhere");
}

static void colours_only_when_asked_for(void **state)
{
    slope_value y = lecture(*state, 0);
    char *out = drawn(y, SLOPE_GRAPH_TEXT, NULL);
    assert_has_not(out, "\033");
    free(out);
    slope_graph_options options = slope_graph_options_default();
    options.ansi = 1;
    assert_drawn(y, SLOPE_GRAPH_TEXT, &options, "\033[34m");
}

/* ---------------------------------------------------------------------------------------------------------- escapes */

static void hostile_labels_break_nothing(void **state)
{
    static const char *const labels[] = {
        "\"]; evil [label=\"",
        "back\\slash\\",
        "{a|b}<c>",
        "<b>&amp;</b>",
        "line\nbreak\ttab\r",
        "esc\033[2Jape",
        "\xff\xfe bad",
        "\xe2\x80\xae reversed",
        "caf\xc3\xa9 \xe6\xbc\xa2\xe5\xad\x97",
        "\xed\xa0\x80 surrogate",
        "cut \xe2\x82",
        " ",
        "&lt;",
        "\\N\\n\\l",
        "a very long label that goes on and on and on, and will not stop before the end of the line, which is far away",
    };
    slope_tape *t = *state;
    slope_value y = slope_number(0.0);
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        y = slope_label(slope_add(y, input(t, labels[i], 1.0)), labels[i]);
    (void)swept(y);
    slope_graph_options options = slope_graph_options_default();
    options.title = labels[0];
    for (int style = 0; style < 2; style++) {
        options.style = style ? SLOPE_GRAPH_STYLE_LECTURE : SLOPE_GRAPH_STYLE_SLOPE;
        char *out = drawn(y, SLOPE_GRAPH_SVG, &options); /* dot reads it and says nothing of a node `evil` */
        assert_has(out, "</svg>");
        assert_has_not(out, "<title>evil</title>");
        assert_has_not(out, "\033");
        free(out);
    }
    char *out = drawn(y, SLOPE_GRAPH_TEXT, NULL);
    assert_has_not(out, "\033");
    assert_has_not(out, "\xe2\x80\xae");
    assert_has(out, "a very long label that …");
    free(out);
    out = drawn(y, SLOPE_GRAPH_JSON, NULL);
    assert_true(json_valid(out));
    assert_has(out, "\"line\\u000abreak\\u0009tab\\u000d\"");
    assert_has(out, "\"\\\"]; evil [label=\\\"\"");
    assert_has(out, "\"back\\\\slash\\\\\"");
    assert_has(out, "\xef\xbf\xbd\xef\xbf\xbd bad");
    free(out);
}

static void records_are_escaped(void **state)
{
    slope_graph_options options = slope_graph_options_default();
    options.style = SLOPE_GRAPH_STYLE_LECTURE;
    assert_drawn(input(*state, "{a|b}<c> & \"d\"\\", 1.0), SLOPE_GRAPH_DOT, &options,
                 "\\{a\\|b\\}\\<c\\>\\ &amp;\\ \\\"d\\\"\\\\");
}

/* --------------------------------------------------------------------------------------------------------- identity */

static void the_order_of_recording_does_not_show(void **state)
{
    (void)state;
    slope_tape *one = slope_tape_create(NULL), *other = slope_tape_create(NULL);
    slope_value y = lecture(one, 0), z = lecture(other, 1);
    for (int format = SLOPE_GRAPH_DOT; format <= SLOPE_GRAPH_SVG; format++)
        for (int style = 0; style < 2; style++) {
            slope_graph_options options = slope_graph_options_default();
            options.style = style ? SLOPE_GRAPH_STYLE_LECTURE : SLOPE_GRAPH_STYLE_SLOPE;
            char *first = drawn(y, (slope_graph_format)format, &options);
            char *second = drawn(z, (slope_graph_format)format, &options);
            assert_string_equal(first, second);
            free(first);
            free(second);
        }
    slope_tape_destroy(one);
    slope_tape_destroy(other);
}

static void outputs_may_be_numbers_and_come_twice(void **state)
{
    slope_value x = input(*state, "x", 2.0);
    slope_value y[] = {slope_number(7.0), x, slope_square(x), x};
    graph_text t = {0};
    assert_int_equal(slope_graph_stream(4, y, SLOPE_GRAPH_JSON, NULL, collect, &t, NULL), SLOPE_OK);
    assert_has(t.data, "\"outputs\": [0, 1, 2, 1]");
    free(t.data);
    t = (graph_text){0};
    assert_int_equal(slope_graph_stream(4, y, SLOPE_GRAPH_TEXT, NULL, collect, &t, NULL), SLOPE_OK);
    assert_has(t.data, "x  ");
    free(t.data);
}

/* ----------------------------------------------------------------------------------------------------- large graphs */

static void repeated_structure_is_folded(void **state)
{
    slope_value y = network(*state, 20);
    char *out = drawn(y, SLOPE_GRAPH_TEXT, NULL);
    assert_has(out, "tanh × 160 of");
    assert_has(out, "mul × 1,280 of");
    assert_has(out, "input × 64");
    assert_has(out, "relu × 20");
    assert_has(out, "values, made in the same way, a box stands for");
    size_t lines = 0;
    for (const char *s = out; *s; s++)
        lines += *s == '\n';
    assert_in_range(lines, 15, 45);
    free(out);
    out = drawn(y, SLOPE_GRAPH_DOT, NULL);
    assert_has(out, "1,280 operands");
    assert_has(out, "median");
    free(out);
    out = drawn(y, SLOPE_GRAPH_JSON, NULL);
    assert_true(json_valid(out));
    assert_has(out, "\"folded\": true");
    free(out);
}

static void boxes_never_exceed_the_limit(void **state)
{
    slope_value y = network(*state, 5);
    for (size_t most = 1; most < 60; most++)
        for (int fold = 0; fold < 2; fold++) {
            slope_graph_options options = slope_graph_options_default();
            options.max_nodes = most;
            options.fold = fold;
            char *out = drawn(y, SLOPE_GRAPH_JSON, &options);
            size_t boxes = 0;
            for (const char *s = out; (s = strstr(s, "{\"id\": ")); s++)
                boxes++;
            assert_in_range(boxes, 1, most);
            assert_true(json_valid(out));
            free(out);
        }
}

static void what_does_not_fit_is_cut_with_a_note(void **state)
{
    slope_graph_options options = slope_graph_options_default();
    options.max_nodes = 3;
    options.fold = 0;
    slope_value y = lecture(*state, 0);
    char *out = drawn(y, SLOPE_GRAPH_TEXT, &options);
    assert_has(out, "3 of 7 values are drawn, those nearest to the output; 4 are left out");
    assert_has(out, "d     … + …");
    free(out);
    assert_drawn(y, SLOPE_GRAPH_DOT, &options, "4 are left out");
    assert_drawn(y, SLOPE_GRAPH_DOT, &options, "2 operands left out");
    assert_drawn(y, SLOPE_GRAPH_JSON, &options, "\"left_out\": 4");
}

/* Classes that differ must not share a box, however long the loop is: one that collided would give boxes of odd
   counts. */
static void an_unrolled_loop_becomes_a_cycle(void **state)
{
    slope_tape *t = *state;
    slope_value h = input(t, "h", 0.1), w = input(t, "w", 0.9), u = input(t, "u", 0.4);
    for (int i = 0; i < 1000; i++)
        h = slope_tanh(slope_add(slope_mul(w, h), slope_mul(u, 0.001 * i)));
    char *out = drawn(swept(h), SLOPE_GRAPH_TEXT, NULL);
    assert_has(out, "tanh × 99");
    assert_has(out, "number × 1,000");
    free(out);
}

static size_t large(void) { return getenv("SLOPE_TEST_SMALL") ? 20000 : 1000000; }

static void a_million_values_are_no_problem(void **state)
{
    slope_tape *t = *state;
    const size_t n = large();
    const clock_t start = clock();
    slope_value x = slope_var(t, 0.5), y = x;
    for (size_t i = 0; i < n; i++)
        y = slope_sin(y);
    assert_drawn(swept(y), SLOPE_GRAPH_DOT, NULL, "operands from this box");
    slope_value *many = malloc(n * sizeof *many);
    assert_non_null(many);
    for (size_t i = 0; i < n; i++)
        many[i] = slope_var(t, (double)i);
    y = slope_apply(SLOPE_OP_NORM, n, many);
    assert_drawn(swept(y), SLOPE_GRAPH_DOT, NULL, "in 2 boxes");
    slope_graph_options options = slope_graph_options_default();
    options.fold = 0;
    assert_drawn(y, SLOPE_GRAPH_DOT, &options, "operands left out");
    unsigned seed = 1;
    for (size_t i = 10; i < n; i++) { /* a random graph over the same array */
        seed = seed * 1664525u + 1013904223u;
        slope_value other = many[(seed >> 8) % i];
        many[i] = i % 3 == 0   ? slope_add(many[i - 1], other)
                  : i % 3 == 1 ? slope_mul(many[i - 1], other)
                               : slope_sin(many[i - 1]);
    }
    assert_drawn(swept(many[n - 1]), SLOPE_GRAPH_TEXT, NULL, "boxes");
    free(many);
    if (n == 1000000)
        assert_true((double)(clock() - start) / CLOCKS_PER_SEC < 60.0); /* 2 s as measured; sanitizers are slower */
}

/* ----------------------------------------------------------------------------------------------------------- errors */

static void wrong_arguments_are_told(void **state)
{
    slope_tape *t = *state, *other = slope_tape_create(NULL);
    slope_value x = slope_var(t, 1.0), pair[] = {x, slope_var(other, 1.0)}, null = {0};
    slope_graph_options options = slope_graph_options_default();
    slope_error error;
    graph_text out = {0};
    assert_int_equal(slope_graph_stream(0, &x, SLOPE_GRAPH_DOT, NULL, collect, &out, &error), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_graph_stream(1, NULL, SLOPE_GRAPH_DOT, NULL, collect, &out, NULL), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_graph_stream(1, &x, SLOPE_GRAPH_DOT, NULL, NULL, &out, NULL), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_graph_stream(1, &x, (slope_graph_format)17, NULL, collect, &out, NULL), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_graph_stream(1, &null, SLOPE_GRAPH_DOT, NULL, collect, &out, &error), SLOPE_ERR_NULL);
    assert_has(error.message, "null value");
    assert_int_equal(slope_graph_stream(2, pair, SLOPE_GRAPH_DOT, NULL, collect, &out, NULL), SLOPE_ERR_FOREIGN);
    options.max_nodes = 0;
    assert_int_equal(slope_graph_stream(1, &x, SLOPE_GRAPH_DOT, &options, collect, &out, NULL), SLOPE_ERR_ARGUMENT);
    options = slope_graph_options_default();
    options.struct_size = 4;
    assert_int_equal(slope_graph_stream(1, &x, SLOPE_GRAPH_DOT, &options, collect, &out, NULL), SLOPE_ERR_ARGUMENT);
    options = slope_graph_options_default();
    options.time_limit = NAN;
    assert_int_equal(slope_graph_stream(1, &x, SLOPE_GRAPH_DOT, &options, collect, &out, NULL), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_graph_write(1, &x, "no-ending", NULL, &error), SLOPE_ERR_UNSUPPORTED);
    assert_has(error.message, ".svg");
    assert_int_equal(slope_graph_write(1, &x, NULL, NULL, NULL), SLOPE_ERR_ARGUMENT);
    slope_tape_reset(t);
    assert_int_equal(slope_graph_stream(1, &x, SLOPE_GRAPH_DOT, NULL, collect, &out, NULL), SLOPE_ERR_STALE);
    assert_int_equal(out.size, 0);
    slope_tape_destroy(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_short_and_read_back),
        cmocka_unit_test(the_median_is_the_lower_middle),
        on_tape(the_text_of_the_lectures_expression),
        on_tape(the_lecture_style_of_the_lectures_expression),
        on_tape(the_slope_style_says_everything_about_a_value),
        on_tape(the_json_of_a_small_graph),
        on_tape(numbers_that_are_not_finite_are_shown_and_outlined),
        on_tape(a_value_used_twice_shows_the_sum_by_path),
        on_tape(custom_and_n_ary_operations_are_drawn_by_name),
        on_tape(places_are_shown),
        on_tape(before_a_sweep_the_legend_says_so),
        on_tape(colours_only_when_asked_for),
        on_tape(hostile_labels_break_nothing),
        on_tape(records_are_escaped),
        cmocka_unit_test(the_order_of_recording_does_not_show),
        on_tape(outputs_may_be_numbers_and_come_twice),
        on_tape(repeated_structure_is_folded),
        on_tape(boxes_never_exceed_the_limit),
        on_tape(what_does_not_fit_is_cut_with_a_note),
        on_tape(an_unrolled_loop_becomes_a_cycle),
        on_tape(a_million_values_are_no_problem),
        on_tape(wrong_arguments_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
