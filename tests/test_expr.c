/* SPDX-License-Identifier: MIT */
/* Expressions: what they mean, beside the same in C, and what is said about text that is none. */
#include "testing.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double X = 0.75, Y = -2.5;

static slope_status parse(slope_tape *t, const char *text, slope_value *result, slope_parse_error *error)
{
    const slope_binding bindings[] = {{"x", slope_label(slope_var(t, X), "x")},
                                      {"y", slope_label(slope_var(t, Y), "y")}};
    return slope_parse(t, text, SIZE_MAX, 2, bindings, result, error);
}

static double value_of(slope_tape *t, const char *text)
{
    slope_value v;
    slope_parse_error error;
    slope_tape_reset(t);
    if (parse(t, text, &v, &error) != SLOPE_OK)
        fail_msg("%s: %s\n%s", text, error.message, error.caret);
    return slope_data(v);
}

static void expressions_mean_what_they_mean_in_c(void **state)
{
    const double pi = 3.14159265358979323846, e = 2.71828182845904523536;
    const struct {
        const char *text;
        double value;
    } cases[] = {
        {"1 + 2 * 3", 7},
        {"(1 + 2) * 3", 9},
        {"8 / 4 / 2", 1},
        {"8 - 4 - 2", 2},
        {"2 ^ 3 ^ 2", 512},
        {"2 ** 3 ** 2", 512},
        {"-x^2", -(X * X)},
        {"(-x)^2", X * X},
        {"2^-x", pow(2, -X)},
        {"2^-x^2", pow(2, -(X * X))},
        {"-2^2", -4},
        {"2^-1*3", 1.5},
        {"-x*y", -X * Y},
        {"x - -y", X + Y},
        {"+x", X},
        {"- - x", X},
        {"x*-y", X * -Y},
        {"2*-3^2", -18},
        {"1e3", 1000},
        {"1.5E-3", 1.5e-3},
        {".5", 0.5},
        {"5.", 5},
        {"0x1.8p3", 12},
        {"0x10", 16},
        {"1e+2", 100},
        {"0.1", 0.1},
        {"123456789012345678901234567890", 123456789012345678901234567890.0},
        {"4.9e-324", 4.9e-324},
        {"pi", pi},
        {"e", e},
        {"e^x", pow(e, X)},
        {"log(e)", 1},
        {"sin(pi/2)", 1},
        {"log(x)", log(X)},
        {"max(x, y)", X},
        {"hypot(3, 4)", 5},
        {"fma(2, 3, 4)", 10},
        {"pow(2, 10)", 1024},
        {"atan2(x, y)", atan2(X, Y)},
        {"sum(1, 2, 3)", 6},
        {"mean(1, 2, 6)", 3},
        {"dot(1, 2, 3, 4)", 11},
        {"norm(3, 4)", 5},
        {"poly(2, 1, 0, 3)", 13},
        {"x < y", 0},
        {"x > y", 1},
        {"x <= x", 1},
        {"x >= y", 1},
        {"x == x", 1},
        {"x != x", 0},
        {"1 + 1 < 3", 1},
        {"1 < 2 == 3 > 2", 1},
        {"x > 0 ? 1 : 2", 1},
        {"x < 0 ? 1 : y < 0 ? 2 : 3", 2},
        {"1 ? 0 ? 1 : 2 : 3", 2},
        {"x > 0 ? x + 1 : x", X + 1},
        {"2 * (x > 0 ? 1 : 2)", 2},
        {"a = x * y; a + 1", X * Y + 1},
        {"a = 2\nb = a * 3\nb + 1", 7},
        {"a = 2; a = a + 1; a", 3},
        {"a = 2;;\n\n a ; ", 2},
        {"# nothing\nx # the input\n# end", X},
        {"(x +\n y)", X + Y},
        {"x +\n y", X + Y},
        {"sum(1,\n2)", 3},
        {"a =\n 3\na", 3},
        {"x = 4; x", 4},
        {"pi = 3; pi", 3},
        {"\tx\r\n", X},
        {"abs(-3) + floor(2.5)", 5},
        {"select(0, 1, 2)", 2},
        {"u_1 = 3; u_1*2", 6},
        {"sin (x)", sin(X)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const double got = value_of(*state, cases[i].text);
        if (!(fabs(got - cases[i].value) <= 1e-15 * fabs(cases[i].value)))
            fail_msg("%s is %.17g, should be %.17g", cases[i].text, got, cases[i].value);
    }
}

static void gradients_flow_through_text(void **state)
{
    slope_tape *t = *state;
    slope_value a = slope_var(t, 2.0), b = slope_var(t, -3.0), c = slope_var(t, 10.0), f = slope_var(t, -2.0), L;
    const slope_binding names[] = {{"a", a}, {"b", b}, {"c", c}, {"f", f}};
    assert_int_equal(slope_parse(t, "e = a*b; d = e + c; L = d*f", SIZE_MAX, 4, names, &L, NULL), SLOPE_OK);
    assert_int_equal(slope_backward(L), SLOPE_OK);
    assert_true(slope_data(L) == -8.0 && slope_grad(a) == 6.0 && slope_grad(f) == 4.0);
    assert_true(slope_grad(slope_tape_find(t, "e")) == -2.0 && slope_same(slope_tape_find(t, "L"), L));
}

static void a_second_name_does_not_take_the_first_away(void **state)
{
    slope_tape *t = *state;
    slope_value v;
    assert_int_equal(parse(t, "z = x; q = x*y; r = q; z + r", &v, NULL), SLOPE_OK);
    assert_false(slope_is_null(slope_tape_find(t, "x")) || slope_is_null(slope_tape_find(t, "q")));
    assert_true(slope_is_null(slope_tape_find(t, "z")) && slope_is_null(slope_tape_find(t, "r")));
}

static void text_that_is_no_expression_is_told_what_to_write(void **state)
{
    static const struct {
        const char *text;
        slope_status status;
        size_t position;
        const char *says;
    } cases[] = {
        {"", SLOPE_ERR_SYNTAX, 0, "empty"},
        {"# only a comment", SLOPE_ERR_SYNTAX, 0, "empty"},
        {"2x", SLOPE_ERR_SYNTAX, 1, "write 2*x"},
        {"2 x", SLOPE_ERR_SYNTAX, 2, "write 2*x"},
        {"x y", SLOPE_ERR_SYNTAX, 2, "write x*y"},
        {"2(3)", SLOPE_ERR_SYNTAX, 1, "write 2*(...)"},
        {"x(3)", SLOPE_ERR_SYNTAX, 0, "write x*(...)"},
        {"(x)(y)", SLOPE_ERR_SYNTAX, 3, "write *"},
        {"sin x", SLOPE_ERR_SYNTAX, 0, "sin(x)"},
        {"sin", SLOPE_ERR_SYNTAX, 0, "sin(x)"},
        {"sine(x)", SLOPE_ERR_NAME, 0, "did you mean sin?"},
        {"ln(x)", SLOPE_ERR_NAME, 0, "did you mean log?"},
        {"Tanh(x)", SLOPE_ERR_NAME, 0, "did you mean tanh?"},
        {"arctan(x)", SLOPE_ERR_NAME, 0, "did you mean atan?"},
        {"foobarbaz(x)", SLOPE_ERR_NAME, 0, "no operation called 'foobarbaz'"},
        {"x + z", SLOPE_ERR_NAME, 4, "no value for the name 'z'"},
        {"sin(x, y)", SLOPE_ERR_SYNTAX, 0, "sin takes 1 operand, here are 2"},
        {"sin()", SLOPE_ERR_SYNTAX, 0, "sin takes 1 operand, here are 0"},
        {"pow(x)", SLOPE_ERR_SYNTAX, 0, "pow takes 2 operands, here are 1"},
        {"sum()", SLOPE_ERR_SYNTAX, 0, "at least one"},
        {"dot(1,2,3)", SLOPE_ERR_SYNTAX, 0, "same length"},
        {"(x + y", SLOPE_ERR_SYNTAX, 0, "never closed"},
        {"sin(x", SLOPE_ERR_SYNTAX, 0, "never closed"},
        {"x + y)", SLOPE_ERR_SYNTAX, 5, "closes nothing"},
        {"()", SLOPE_ERR_SYNTAX, 0, "nothing between"},
        {"x +", SLOPE_ERR_SYNTAX, 2, "missing after '+'"},
        {"* x", SLOPE_ERR_SYNTAX, 0, "missing before '*'"},
        {"x * / y", SLOPE_ERR_SYNTAX, 4, "missing after '*'"},
        {"max(x,)", SLOPE_ERR_SYNTAX, 6, "missing before ')'"},
        {"max(,x)", SLOPE_ERR_SYNTAX, 4, "missing before ','"},
        {"x, y", SLOPE_ERR_SYNTAX, 1, "comma"},
        {"1,5", SLOPE_ERR_SYNTAX, 1, "point"},
        {"x < y < 3", SLOPE_ERR_SYNTAX, 6, "chained"},
        {"x == y == 3", SLOPE_ERR_SYNTAX, 7, "chained"},
        {"x ? 1", SLOPE_ERR_SYNTAX, 2, "needs a :"},
        {"x : 1", SLOPE_ERR_SYNTAX, 2, "no ?"},
        {"(x ? 1) : 2", SLOPE_ERR_SYNTAX, 3, "needs a :"},
        {"x + 1 = y", SLOPE_ERR_SYNTAX, 6, "=="},
        {"2 = x", SLOPE_ERR_SYNTAX, 2, "=="},
        {"sin = 3", SLOPE_ERR_NAME, 0, "name of an operation"},
        {"y = ", SLOPE_ERR_SYNTAX, 4, "no expression here"},
        {"|x|", SLOPE_ERR_SYNTAX, 0, "abs(x)"},
        {"x && y", SLOPE_ERR_SYNTAX, 2, "product of comparisons"},
        {"x % 2", SLOPE_ERR_SYNTAX, 2, "floor"},
        {"[x]", SLOPE_ERR_SYNTAX, 0, "write ("},
        {"x \xC3\x97 y", SLOPE_ERR_SYNTAX, 2, "write *"},
        {"x\xC2\xB2", SLOPE_ERR_SYNTAX, 1, "^2"},
        {"\xCF\x80", SLOPE_ERR_SYNTAX, 0, "write pi"},
        {"x \xE2\x88\x92 y", SLOPE_ERR_SYNTAX, 2, "write -"},
        {"x $ y", SLOPE_ERR_SYNTAX, 2, "'$'"},
        {"x \x01", SLOPE_ERR_SYNTAX, 2, "0x01"},
        {"1e400", SLOPE_ERR_SYNTAX, 0, "largest double"},
        {"1e", SLOPE_ERR_SYNTAX, 1, "write 1*e"},
        {"1.2.3", SLOPE_ERR_SYNTAX, 3, "product"},
        {"x\ny +", SLOPE_ERR_SYNTAX, 4, "missing after"},
    };
    slope_tape *t = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        slope_value v;
        slope_parse_error error;
        slope_tape_reset(t);
        const slope_status status = parse(t, cases[i].text, &v, &error);
        if (status != cases[i].status || error.position != cases[i].position || !strstr(error.message, cases[i].says))
            fail_msg("'%s': status %d at %zu: %s (expected %d at %zu, saying %s)", cases[i].text, (int)status,
                     error.position, error.message, (int)cases[i].status, cases[i].position, cases[i].says);
        assert_true(slope_is_null(v) && slope_tape_size(t) == 2 && slope_tape_status(t) == SLOPE_OK);
        assert_true(error.length >= 1 && error.line >= 1 && error.column >= 1 && strchr(error.caret, '^'));
    }
}

static void the_caret_stands_below_the_place(void **state)
{
    slope_tape *t = *state;
    slope_value v;
    slope_parse_error error;
    assert_int_equal(parse(t, "a = 1\n  b = sine(x)\nc", &v, &error), SLOPE_ERR_NAME);
    assert_string_equal(error.caret, "  b = sine(x)\n      ^^^^");
    assert_true(error.line == 2 && error.column == 7 && error.position == 12 && error.length == 4);
    assert_string_equal(error.nearest, "sin");
    char text[1000];
    memset(text, '+', sizeof text);
    memcpy(text + sizeof text - 4, "zed", 4);
    assert_int_equal(parse(t, text, &v, &error), SLOPE_ERR_NAME);
    assert_true(strlen(error.caret) < 200);
}

static void nul_bytes_and_lengths_are_respected(void **state)
{
    slope_tape *t = *state;
    slope_value v;
    slope_parse_error error;
    assert_int_equal(slope_parse(t, "12345", 2, 0, NULL, &v, NULL), SLOPE_OK);
    assert_true(slope_data(v) == 12.0);
    assert_int_equal(slope_parse(t, "1 \0 2", 5, 0, NULL, &v, &error), SLOPE_ERR_SYNTAX);
    assert_true(error.position == 2);
    assert_int_equal(slope_parse(NULL, "1", 1, 0, NULL, &v, &error), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_parse(t, NULL, 1, 0, NULL, &v, &error), SLOPE_ERR_ARGUMENT);
}

/* text made of `head` repeated, a middle, `tail` repeated */
static char *repeated(const char *head, const char *middle, const char *tail, size_t n)
{
    char *text = malloc(n * (strlen(head) + strlen(tail)) + strlen(middle) + 1), *at = text;
    if (!text)
        abort();
    for (size_t i = 0; i < n; i++)
        at += sprintf(at, "%s", head);
    at += sprintf(at, "%s", middle);
    for (size_t i = 0; i < n; i++)
        at += sprintf(at, "%s", tail);
    return text;
}

static void deep_and_long_text_is_handled_or_refused(void **state)
{
    static const struct {
        const char *head, *middle, *tail;
        slope_status status;
    } cases[] = {
        {"(", "x", ")", SLOPE_ERR_LIMIT},    {"-", "x", "", SLOPE_ERR_LIMIT},    {"2^", "x", "", SLOPE_ERR_LIMIT},
        {"sin(", "x", ")", SLOPE_ERR_LIMIT}, {"x?1:", "x", "", SLOPE_ERR_LIMIT}, {"x+", "x", "", SLOPE_OK},
        {"x*", "x", "", SLOPE_OK},           {"", "x", ";x", SLOPE_OK},          {"\n", "x", "\n", SLOPE_OK},
        {"(", "x", "", SLOPE_ERR_LIMIT},     {"x?", "x", "", SLOPE_ERR_LIMIT},   {"+", "x", "", SLOPE_OK},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = repeated(cases[i].head, cases[i].middle, cases[i].tail, 100000);
        slope_value v;
        slope_parse_error error;
        slope_tape_reset(*state);
        const slope_status status = parse(*state, text, &v, &error);
        if (status != cases[i].status)
            fail_msg("%s...: %d %s", cases[i].head, (int)status, error.message);
        free(text);
    }
    char *nested = repeated("(", "x", ")", SLOPE_PARSE_MAX_DEPTH);
    assert_true(value_of(*state, nested) == X);
    free(nested);
}

static void many_names_are_found_quickly(void **state)
{
    enum { N = 100000 };
    char *text = malloc((size_t)N * 40), *at = text;
    if (!text)
        abort();
    at += sprintf(at, "v0 = x\n");
    for (int i = 1; i < N; i++)
        at += sprintf(at, "v%d = v%d + 1\n", i, i - 1);
    assert_true(value_of(*state, text) == X + N - 1);
    free(text);
}

static void numbers_need_a_point_in_every_locale(void **state)
{
    const char *const locales[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE", "C.UTF-8"};
    for (size_t i = 0; i < sizeof locales / sizeof *locales; i++) {
        (void)setlocale(LC_ALL, locales[i]);
        assert_true(value_of(*state, "1.5 + .25") == 1.75);
    }
    (void)setlocale(LC_ALL, "C");
}

static void free_names_come_in_order_of_use(void **state)
{
    (void)state;
    slope_name name[3];
    slope_parse_error error;
    size_t count;
    assert_int_equal(slope_parse_names("t = b*a; u = t + pi; u + c + a + e", SIZE_MAX, 3, name, &count, NULL),
                     SLOPE_OK);
    assert_int_equal(count, 3);
    assert_string_equal(name[0].name, "b");
    assert_string_equal(name[1].name, "a");
    assert_string_equal(name[2].name, "c");
    assert_int_equal(name[1].position, 6);
    assert_int_equal(slope_parse_names("q + w + q", SIZE_MAX, 1, name, &count, NULL), SLOPE_OK);
    assert_int_equal(count, 2);
    assert_int_equal(slope_parse_names("a + a*; ", SIZE_MAX, 0, NULL, &count, &error), SLOPE_ERR_SYNTAX);
    assert_int_equal(slope_parse_names("a = a + 1", SIZE_MAX, 3, name, &count, NULL), SLOPE_OK);
    assert_int_equal(count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(expressions_mean_what_they_mean_in_c),       on_tape(gradients_flow_through_text),
        on_tape(a_second_name_does_not_take_the_first_away), on_tape(text_that_is_no_expression_is_told_what_to_write),
        on_tape(the_caret_stands_below_the_place),           on_tape(nul_bytes_and_lengths_are_respected),
        on_tape(deep_and_long_text_is_handled_or_refused),   on_tape(many_names_are_found_quickly),
        on_tape(numbers_need_a_point_in_every_locale),       on_tape(free_names_come_in_order_of_use),
    };
    return cmocka_run_group_tests_name("expr", tests, NULL, NULL);
}
