/* SPDX-License-Identifier: MIT */
/* Expressions: what they mean, beside the same in C, and what is said about text that is none. */
#if !defined _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* mkdtemp, setenv */
#endif

#include "testing.h"

#include "failing.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
        {"sin\t(x)", sin(X)},
        {"\xEF\xBB\xBFx + 1", X + 1},
        {"x > 0 ? 1\n  : 2", 1},
        {"((x))^2", X * X},
        {"-2^-2", -0.25},
        {"2^-x^-2", pow(2, -pow(X, -2))},
        {"-x^-y", -pow(X, -Y)},
        {"--x", X},
        {"-+-x", X},
        {"2^+3", 8},
        {"x**-1", 1 / X},
        {"1 - 2 - 3 + 4 * 5 / 10", -2},
        {"x < y ? 1 : x == 0.75 ? 2 : 3", 2},
        {"b = 0 == 0 ? 5 : 6; b", 5},
        {"(1 == 1) == 0", 0},
        {"0x1p-1074", 4.9e-324},
        {"0X.8P+1", 1},
        {"1.7976931348623157e308", 1.7976931348623157e308},
        {"9007199254740993", 9007199254740992.0},
        {"1e-400", 0},
        {"00012", 12},
        {"e1 = 2; e1", 2},
        {"_ = 2; _ * _", 4},
        {"lt(1, 2) + ge(2, 2) + ne(1, 1) + neg(1)", 1},
        {"logsumexp(0, 0) - log(2)", 0},
        {"x # (", X},
        {"(x # )\n)", X},
        {"max(x,\n\n# a comment\n y)", X},
        {"a = x\r\nb = a\r\nb", X},
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
        {"x % 2", SLOPE_ERR_SYNTAX, 2, "fmod(a, b)"},
        {"[x]", SLOPE_ERR_SYNTAX, 0, "write ("},
        {"x \xC3\x97 y", SLOPE_ERR_SYNTAX, 2, "write *"},
        {"x\xC2\xB2", SLOPE_ERR_SYNTAX, 1, "^2"},
        {"\xCF\x80", SLOPE_ERR_SYNTAX, 0, "write pi"},
        {"x \xE2\x88\x92 y", SLOPE_ERR_SYNTAX, 2, "write -"},
        {"x $ y", SLOPE_ERR_SYNTAX, 2, "'$'"},
        {"x \x01", SLOPE_ERR_SYNTAX, 2, "0x01"},
        {"1e400", SLOPE_ERR_SYNTAX, 0, "largest double"},
        {"1e", SLOPE_ERR_SYNTAX, 1, "write 1*e"},
        {"1.2.3", SLOPE_ERR_SYNTAX, 0, "more than one decimal point"},
        {"x\ny +", SLOPE_ERR_SYNTAX, 4, "missing after"},
        {"x\n* y", SLOPE_ERR_SYNTAX, 2, "to continue a line"},
        {"x\n? 1 : 2", SLOPE_ERR_SYNTAX, 2, "to continue a line"},
        {"1_000", SLOPE_ERR_SYNTAX, 0, "without _"},
        {"0b11", SLOPE_ERR_SYNTAX, 0, "hexadecimal"},
        {"0x", SLOPE_ERR_SYNTAX, 0, "digits after 0x"},
        {"x + 1..2", SLOPE_ERR_SYNTAX, 4, "decimal point"},
        {"x.y", SLOPE_ERR_SYNTAX, 1, "a point belongs to a number"},
        {"f(x) = x^2", SLOPE_ERR_SYNTAX, 10, "only defines functions"},
        {"f(x) = x^2\n", SLOPE_ERR_SYNTAX, 11, "only defines functions"},
        {"f(a) = f(a - 1); f(2)", SLOPE_ERR_NAME, 7, "can't call itself"},
        {"f(a) = a; f(a) = f(a) + 1; f(2)", SLOPE_ERR_NAME, 17, "can't call itself"},
        {"f(a) = g(a); g(a) = a; f(2)", SLOPE_ERR_NAME, 7, "no operation called 'g'"},
        {"f(a) = a + ; f(2)", SLOPE_ERR_SYNTAX, 11, "missing after '+'"},
        {"f(a) = a + q; f(2)", SLOPE_ERR_NAME, 11, "no value for the name 'q'"},
        {"f(a, a) = a; f(2, 3)", SLOPE_ERR_NAME, 5, "two parameters a"},
        {"f(sin) = 1; f(2)", SLOPE_ERR_NAME, 2, "name of an operation"},
        {"sin(a) = a; sin(2)", SLOPE_ERR_NAME, 0, "name of an operation"},
        {"f() = 1; f()", SLOPE_ERR_SYNTAX, 2, "name of a parameter"},
        {"f(a b) = a; f(2)", SLOPE_ERR_SYNTAX, 4, "separated by commas"},
        {"f(a) = a; f(1, 2)", SLOPE_ERR_SYNTAX, 10, "f takes 1 argument, here are 2"},
        {"f(a, b) = a; f(1)", SLOPE_ERR_SYNTAX, 13, "f takes 2 arguments, here are 1"},
        {"f(a) = a; f()", SLOPE_ERR_SYNTAX, 10, "here are 0"},
        {"f(a) = a; f + 1", SLOPE_ERR_SYNTAX, 10, "f is a function"},
        {"f(a) = a(2); f(1)", SLOPE_ERR_SYNTAX, 7, "a is a value"},
        {"k = 1; f(a) = k*a; k = 2; f(3)", SLOPE_ERR_NAME, 14, "k has changed since"},
        {"g(a) = a; f(a) = g(a); g(a) = 2*a; f(3)", SLOPE_ERR_NAME, 17, "g has changed since"},
        {"1 + f(a) = a", SLOPE_ERR_SYNTAX, 4, "statement of its own"},
        {"f(a) = (a; f(2)", SLOPE_ERR_SYNTAX, 7, "never closed"},
        {"f(a) = a); f(2)", SLOPE_ERR_SYNTAX, 8, "closes nothing"},
        {"f(a) = a, 2; f(2)", SLOPE_ERR_SYNTAX, 8, "comma"},
        {"f(a) = a; f(2", SLOPE_ERR_SYNTAX, 10, "never closed"},
        {"q(x) + 1", SLOPE_ERR_NAME, 0, "for a product write q*(...)"},
        {"PI", SLOPE_ERR_NAME, 0, "did you mean pi?"},
        {"X", SLOPE_ERR_NAME, 0, "did you mean x?"},
        {"sni(x)", SLOPE_ERR_NAME, 0, "did you mean sin?"},
        {"tnah(x)", SLOPE_ERR_NAME, 0, "did you mean tanh?"},
        {"weight = 2; wieght", SLOPE_ERR_NAME, 12, "did you mean weight?"},
        {"sec(x)", SLOPE_ERR_NAME, 0, "write 1/cos(x)"},
        {"inf", SLOPE_ERR_NAME, 0, "write 1/0"},
        {"x and y", SLOPE_ERR_SYNTAX, 2, "write (a < b) * (c < d)"},
        {"x || y", SLOPE_ERR_SYNTAX, 2, "max(a < b, c < d)"},
        {"x!", SLOPE_ERR_SYNTAX, 1, "exp(lgamma(n + 1)) for n!"},
        {"x := 3", SLOPE_ERR_SYNTAX, 2, "write ="},
        {"x =< y", SLOPE_ERR_SYNTAX, 2, "write <="},
        {"x => y", SLOPE_ERR_SYNTAX, 2, "write >="},
        {"x <> y", SLOPE_ERR_SYNTAX, 2, "write !="},
        {"x += 1", SLOPE_ERR_SYNTAX, 2, "x = x + ..."},
        {"x // y", SLOPE_ERR_SYNTAX, 2, "floor(a / b)"},
        {"a = 1 b = 2", SLOPE_ERR_SYNTAX, 6, "separated by ;"},
        {"x = y = 3", SLOPE_ERR_SYNTAX, 6, "names the result"},
        {"x == 3 = y", SLOPE_ERR_SYNTAX, 7, "=="},
        {"\xCE\xB8 + 1", SLOPE_ERR_SYNTAX, 0, "names are made of a to z"},
        {"x \xFF", SLOPE_ERR_SYNTAX, 2, "0xff"},
        {"x \xC2\x9B", SLOPE_ERR_SYNTAX, 2, "0xc2"},
        {"x \x7F", SLOPE_ERR_SYNTAX, 2, "0x7f"},
        {"x \xE2\x80\x93 y", SLOPE_ERR_SYNTAX, 2, "write -"},
        {"x \xC2\xB7 y", SLOPE_ERR_SYNTAX, 2, "write *"},
        {"x \xC3\xB7 y", SLOPE_ERR_SYNTAX, 2, "write /"},
        {"x \xE2\x89\xA4 y", SLOPE_ERR_SYNTAX, 2, "write <="},
        {"atan2 x", SLOPE_ERR_SYNTAX, 0, "atan2(x, y)"},
        {"max(1, 2, 3)", SLOPE_ERR_SYNTAX, 0, "max takes 2 operands, here are 3"},
        {"1 + (2 * (x + 1)", SLOPE_ERR_SYNTAX, 4, "never closed"},
        {"(x; y)", SLOPE_ERR_SYNTAX, 0, "never closed"},
        {"max(x ? 1, 2)", SLOPE_ERR_SYNTAX, 6, "needs a :"},
        {"y = ; x", SLOPE_ERR_SYNTAX, 4, "missing before ';'"},
        {"= 3", SLOPE_ERR_SYNTAX, 0, "missing before '='"},
        {";;\n;", SLOPE_ERR_SYNTAX, 0, "empty"},
        {"#", SLOPE_ERR_SYNTAX, 0, "empty"},
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

static void a_text_defines_functions(void **state)
{
    static const struct {
        const char *text;
        double value, slope; /* by x */
    } cases[] = {
        {"f(t) = t^2; f(3)", 9, 0},
        {"f(t) = t^2; f(x)", 0.75 * 0.75, 1.5},
        {"f(x) = x^2; f(2*x)", 2.25, 6},                   /* a parameter hides the name of a value */
        {"f(e, pi) = e*pi; f(2, x)", 1.5, 2},              /* and constants */
        {"f(a, b) = a - b; f(f(x, 1), f(1, x))", -0.5, 2}, /* a call as an argument */
        {"k = 3\nf(a) = k*a\ng(a,\n  b) = f(a) +\n  f(b)  # two lines\ng(x, 1) + 1", 6.25, 3},
        {"f(a) = a > 0 ? a : -a; f(-x)*f(x)", 0.75 * 0.75, 1.5},
        {"f(a) = a; f(a) = 2*a; f(x)", 1.5, 2}, /* defined again */
        {"f = 2; f(a) = 3*a; f(x)", 2.25, 3},   /* a value before */
        {"f(a) = 3*a; f = 2; f*x", 1.5, 2},     /* and after */
        {"f(a) = -a^2; f(x)^2 + -f(x)", 0.75 * 0.75 * 0.75 * 0.75 + 0.75 * 0.75, 4 * 0.75 * 0.75 * 0.75 + 1.5},
        {"f(a) = 5; f(x)", 5, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        slope_value v, x;
        slope_parse_error error;
        slope_tape_reset(*state);
        if (parse(*state, cases[i].text, &v, &error) != SLOPE_OK)
            fail_msg("%s: %s\n%s", cases[i].text, error.message, error.caret);
        x = slope_tape_value(*state, 0);
        assert_int_equal(slope_backward(v), SLOPE_OK);
        assert_near(slope_data(v), cases[i].value, 1e-14);
        assert_near(slope_grad(x), cases[i].slope, 1e-14);
    }
}

/* What is not called records nothing; a body's free names are those of the text, its parameters are not. */
static void a_definition_alone_records_nothing(void **state)
{
    slope_value v;
    slope_parse_error error;
    slope_name name[4];
    size_t count;
    assert_int_equal(parse(*state, "f(a) = sin(a)*y + exp(x); x", &v, &error), SLOPE_OK);
    assert_int_equal(slope_tape_size(*state), 2);
    assert_int_equal(slope_parse_names("f(a, b) = a*k + b; c = f(q, 2); c*k", SIZE_MAX, 4, name, &count, &error),
                     SLOPE_OK);
    assert_int_equal(count, 2);
    assert_string_equal(name[0].name, "k");
    assert_string_equal(name[1].name, "q");
}

/* Thirty levels of bodies that call twice are 2^30 calls: refused, not tried. */
static void doubling_bodies_are_limited(void **state)
{
    if (getenv("SLOPE_TEST_SMALL")) /* it records much before it is refused */
        return;
    char text[4096] = "f0(a) = a + 1; ";
    for (int i = 1; i < 40; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "f%d(a) = f%d(a) + f%d(a); ", i, i - 1, i - 1);
    strcat(text, "f39(x)");
    slope_value v;
    slope_parse_error error;
    assert_int_equal(parse(*state, text, &v, &error), SLOPE_ERR_LIMIT);
    assert_non_null(strstr(error.message, "written out"));
    assert_int_equal(slope_tape_size(*state), 2);
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

static void complaints_say_what_was_expected(void **state)
{
    static const struct {
        const char *text, *expected, *nearest;
    } cases[] = {
        {"x +", "a number, a name, an operation or (", ""},
        {"* x", "an expression", ""},
        {"2x", "an operator", ""},
        {"(x", ")", ""},
        {"x ? 1", ":", ""},
        {"sin x", "(", ""},
        {"pow(x)", "2 operands", ""},
        {"sin(1, 2)", "1 operand", ""},
        {"sine(x)", "", "sin"},
        {"sin(x) + sec(y)", "", ""}, /* what expected said of sin( must be gone; 1/cos(x) is no name */
        {"q", "", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        slope_value v;
        slope_parse_error error;
        slope_tape_reset(*state);
        assert_int_not_equal(parse(*state, cases[i].text, &v, &error), SLOPE_OK);
        assert_string_equal(error.expected, cases[i].expected);
        assert_string_equal(error.nearest, cases[i].nearest);
    }
}

static void the_caret_line_is_cut_and_safe_to_print(void **state)
{
    static const struct {
        const char *text, *caret;
    } cases[] = {
        {"\tx +\t$ y", "\tx +\t$ y\n\t   \t^"},
        {"x $ y\r\nz", "x $ y\n  ^"},
        {"x + 1\r\n y $", " y $\n   ^"},
        {"# \xC3\xA4\xE2\x82\xAC\nx", ""},
        {"x \xE2\x88\x92 \xC3\xA4", "x \xE2\x88\x92 \xC3\xA4\n  ^"},
        {"x \x1B[31m", "x ?[31m\n  ^"},
        {"x $ \x1B \xC2\x9B \xFF \xE2\x80\xAE \x7F", "x $ ? ?? ? ??? ?\n  ^"},
        {"x $ \xE0\x83\xA9 \xF5\x80\x80\x80 \xED\xA0\x80",
         "x $ ??? ???? ???\n  ^"}, /* overlong, too large, half a pair */
        {"x +", "x +\n  ^"},
        {"y = ", "y = \n    ^"},
        {"", "\n^"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        slope_value v;
        slope_parse_error error;
        slope_tape_reset(*state);
        (void)!parse(*state, cases[i].text, &v, &error);
        assert_string_equal(error.caret, cases[i].caret);
    }
    char text[500];
    slope_value v;
    slope_parse_error error;
    memset(text, '+', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memcpy(text + 250, "$x", 2);
    assert_int_equal(parse(*state, text, &v, &error), SLOPE_ERR_SYNTAX);
    assert_true(error.position == 250 && error.column == 251);
    const char *below = strchr(error.caret, '\n') + 1;
    assert_true(strncmp(error.caret, "...+", 4) == 0 && strncmp(below - 5, "+...\n", 5) == 0);
    assert_true(error.caret[strlen(below) - 1] == '$' && below[strlen(below) - 1] == '^');
    for (size_t i = 0; i < 247; i += 3) /* three bytes a character: none is cut in two */
        memcpy(text + 253 - i, "\xE2\x82\xAC", 3);
    text[0] = '#', text[1] = '\n', text[2] = text[3] = text[4] = text[5] = text[6] = ' ';
    assert_int_equal(parse(*state, text, &v, &error), SLOPE_ERR_SYNTAX);
    assert_null(strchr(error.caret, '?'));
}

static void bindings_must_be_values_of_the_tape(void **state)
{
    slope_tape *t = *state, *other = slope_tape_create(NULL);
    slope_value v, x = slope_var(t, 1.0), foreign = slope_var(other, 2.0);
    const slope_mark mark = slope_tape_mark(t);
    const slope_value stale = slope_var(t, 3.0);
    assert_int_equal(slope_tape_rewind(t, mark), SLOPE_OK);
    const struct {
        slope_binding binding;
        slope_status status;
        const char *says;
    } cases[] = {
        {{"q", {0}}, SLOPE_ERR_NULL, "'q' is the null value"},
        {{"q", foreign}, SLOPE_ERR_FOREIGN, "'q' belongs to another tape"},
        {{"q", stale}, SLOPE_ERR_STALE, "'q' was made before"},
        {{NULL, x}, SLOPE_ERR_ARGUMENT, "number 1 has no name"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        slope_parse_error error;
        assert_int_equal(slope_parse(t, "q", SIZE_MAX, 1, &cases[i].binding, &v, &error), cases[i].status);
        assert_non_null(strstr(error.message, cases[i].says));
        assert_true(slope_tape_status(t) == SLOPE_OK && slope_tape_status(other) == SLOPE_OK);
        assert_true(slope_tape_size(t) == 1 && slope_tape_size(other) == 1 && slope_is_null(v));
    }
    const slope_binding twice[] = {{"q", slope_number(4.0)}, {"q", x}};
    assert_int_equal(slope_parse(t, "q", SIZE_MAX, 2, twice, &v, NULL), SLOPE_OK);
    assert_true(slope_same(v, x));
    slope_tape_destroy(other);
}

static void values_survive_a_text_that_is_refused(void **state)
{
    slope_tape *t = *state;
    slope_value v, x = slope_label(slope_var(t, 3.0), "x");
    const slope_binding binding = {"x", x};
    assert_int_equal(slope_parse(t, "a = x^2; b = a + sum(x, a, 4); b +", SIZE_MAX, 1, &binding, &v, NULL),
                     SLOPE_ERR_SYNTAX);
    assert_true(slope_tape_size(t) == 1 && slope_is_null(slope_tape_find(t, "a")));
    assert_int_equal(slope_parse(t, "x^2", SIZE_MAX, 1, &binding, &v, NULL), SLOPE_OK);
    assert_int_equal(slope_backward(v), SLOPE_OK);
    assert_true(slope_grad(x) == 6.0);
}

static void a_trapping_tape_points_at_the_operation(void **state)
{
    (void)state;
    slope_tape_options options = slope_tape_options_default();
    options.trap_nonfinite = 1;
    slope_tape *t = slope_tape_create(&options);
    const slope_binding binding = {"x", slope_var(t, -1.0)};
    slope_value v;
    slope_parse_error error;
    assert_int_equal(slope_parse(t, "y = x + 1\nz = 2 * log(x) + y", SIZE_MAX, 1, &binding, &v, &error),
                     SLOPE_ERR_NONFINITE);
    assert_true(error.position == 18 && error.length == 6 && error.line == 2 && strstr(error.message, "log"));
    assert_true(slope_tape_size(t) == 1 && slope_tape_status(t) == SLOPE_OK);
    slope_tape_destroy(t);
}

static void assignment_is_a_name_for_the_rest_of_the_text(void **state)
{
    slope_tape *t = *state;
    slope_value v;
    assert_true(value_of(t, "x = x + 1; x = x * 2; x") == 2 * (X + 1));
    assert_int_equal(parse(t, "s = x*y; s = s + 1; s", &v, NULL), SLOPE_OK);
    assert_true(slope_same(slope_tape_find(t, "s"), v)); /* both are labelled, the later one is found */
    slope_node node;
    assert_int_equal(slope_inspect(slope_operand(v, 0), &node), SLOPE_OK);
    assert_string_equal(node.label, "s");
    assert_int_equal(parse(t, "k = 2; e = k + 1; e*x", &v, NULL), SLOPE_OK);
    assert_true(slope_is_null(slope_tape_find(t, "k")) && slope_data(v) == 3 * X);
    assert_int_equal(slope_parse(t, "k = 2; k + 1", SIZE_MAX, 0, NULL, &v, NULL), SLOPE_OK);
    assert_true(slope_is_number(v) && slope_data(v) == 3.0);
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
    static const char *const nested[][3] = {{"(", "x", ")"}, {"0+1*(", "x+0", ")"}, {"0==0?0<1+1*-1^(", "x*1", "):0"}};
    for (size_t i = 0; i < sizeof nested / sizeof *nested; i++) {
        for (size_t more = 0; more < 2; more++) {
            char *text = repeated(nested[i][0], nested[i][1], nested[i][2], SLOPE_PARSE_MAX_DEPTH + more);
            slope_value v;
            slope_tape_reset(*state);
            assert_int_equal(parse(*state, text, &v, NULL), more ? SLOPE_ERR_LIMIT : SLOPE_OK);
            free(text);
        }
    }
}

static void too_many_bytes_are_refused(void **state)
{
    char *text = malloc(SLOPE_PARSE_MAX_BYTES + 1);
    if (!text)
        abort();
    memset(text, ' ', SLOPE_PARSE_MAX_BYTES + 1);
    text[SLOPE_PARSE_MAX_BYTES - 1] = '7';
    slope_value v;
    slope_parse_error error;
    assert_int_equal(slope_parse(*state, text, SLOPE_PARSE_MAX_BYTES, 0, NULL, &v, &error), SLOPE_OK);
    assert_int_equal(slope_parse(*state, text, SLOPE_PARSE_MAX_BYTES + 1, 0, NULL, &v, &error), SLOPE_ERR_LIMIT);
    assert_non_null(strstr(error.message, "67108865 bytes"));
    free(text);
    char digits[1100];
    memset(digits, '1', sizeof digits);
    assert_int_equal(slope_parse(*state, digits, sizeof digits, 0, NULL, &v, &error), SLOPE_ERR_LIMIT);
    memset(digits, 'a', sizeof digits);
    assert_int_equal(slope_parse(*state, digits, 63, 0, NULL, &v, &error), SLOPE_ERR_NAME);
    assert_int_equal(slope_parse(*state, digits, 64, 0, NULL, &v, &error), SLOPE_ERR_LIMIT);
}

/* What the parser records is taken back whichever allocation fails, of the tape's memory or of its own. */
static void no_memory_leaves_the_tape_as_it_was(void **state)
{
    (void)state;
    char text[4000] = "", *at = text;
    for (int i = 0; i < 60; i++)
        at += sprintf(at, "v%d = sum(x, %d, x*%d) + (((x)))\n", i, i, i);
    (void)sprintf(at, "sum(1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,x)");
    for (int forever = 0; forever < 2; forever++) {
        for (size_t fail_at = 1, done = 0; !done; fail_at++) {
            failing f = {.fail_at = SIZE_MAX, .forever = forever};
            slope_tape_options options = slope_tape_options_default();
            options.allocator = (slope_allocator){failing_resize, &f};
            slope_tape *t = slope_tape_create(&options);
            const slope_binding binding = {"x", slope_var(t, 2.0)};
            for (int i = 0; i < 7; i++) { /* with these, the next rewind needs room for its epoch */
                const slope_mark mark = slope_tape_mark(t);
                (void)slope_var(t, 0.0);
                assert_int_equal(slope_tape_rewind(t, mark), SLOPE_OK);
                (void)slope_var(t, 0.0);
            }
            const size_t before = slope_tape_size(t);
            slope_value v;
            slope_parse_error error;
            f.calls = 0, f.fail_at = fail_at;
            const slope_status status = slope_parse(t, text, SIZE_MAX, 1, &binding, &v, &error);
            done = f.calls < fail_at;
            if (status) {
                assert_int_equal(status, SLOPE_ERR_MEMORY);
                assert_true(slope_tape_size(t) == before && slope_tape_status(t) == SLOPE_OK && slope_is_null(v));
                assert_true(error.message[0] && error.position <= strlen(text));
                f.fail_at = SIZE_MAX;
                assert_int_equal(slope_parse(t, text, SIZE_MAX, 1, &binding, &v, NULL), SLOPE_OK);
            }
            assert_true(slope_data(v) == 530.0);
            slope_tape_destroy(t);
            assert_int_equal(f.held, 0);
            assert_true(fail_at < 1000);
        }
    }
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

/* Makes a locale with a decimal comma in a new folder and sets it; returns 0 where that is not possible. */
static int set_comma_locale(char folder[])
{
    char command[200];
    if (!mkdtemp(folder))
        return 0;
    (void)snprintf(command, sizeof command, "%s/source", folder);
    FILE *source = fopen(command, "w");
    if (!source)
        return 0;
    (void)fputs("LC_NUMERIC\ndecimal_point \",\"\nthousands_sep \"\"\ngrouping -1\nEND LC_NUMERIC\n", source);
    (void)fclose(source);
    (void)snprintf(command, sizeof command, "localedef -c -i %s/source -f ANSI_X3.4-1968 %s/comma >%s/log 2>&1", folder,
                   folder, folder);
    if (system(command) == -1 || setenv("LOCPATH", folder, 1) != 0) /* it warns of all that isn't in the source */
        return 0;
    return setlocale(LC_NUMERIC, "comma") != NULL;
}

static void numbers_need_a_point_in_every_locale(void **state)
{
    char folder[] = "/tmp/slope-locale-XXXXXX", command[100];
    const int is_set = set_comma_locale(folder);
    double value = 0.0;
    char before[8] = "", after[8] = "";
    if (is_set) {
        (void)snprintf(before, sizeof before, "%.1f", 0.5);
        value = value_of(*state, "1.5 + .25e0");
        (void)snprintf(after, sizeof after, "%.1f", 0.5);
    }
    (void)setlocale(LC_ALL, "C");
    (void)unsetenv("LOCPATH");
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    if (!is_set)
        skip(); /* there is no localedef */
    assert_true(value == 1.75);
    assert_string_equal(before, "0,5");
    assert_string_equal(after, "0,5"); /* the caller's locale is as it was */
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
        on_tape(expressions_mean_what_they_mean_in_c),
        on_tape(gradients_flow_through_text),
        on_tape(a_second_name_does_not_take_the_first_away),
        on_tape(text_that_is_no_expression_is_told_what_to_write),
        on_tape(a_text_defines_functions),
        on_tape(a_definition_alone_records_nothing),
        on_tape(doubling_bodies_are_limited),
        on_tape(the_caret_stands_below_the_place),
        on_tape(complaints_say_what_was_expected),
        on_tape(the_caret_line_is_cut_and_safe_to_print),
        on_tape(bindings_must_be_values_of_the_tape),
        on_tape(values_survive_a_text_that_is_refused),
        on_tape(a_trapping_tape_points_at_the_operation),
        on_tape(assignment_is_a_name_for_the_rest_of_the_text),
        on_tape(nul_bytes_and_lengths_are_respected),
        on_tape(deep_and_long_text_is_handled_or_refused),
        on_tape(too_many_bytes_are_refused),
        on_tape(no_memory_leaves_the_tape_as_it_was),
        on_tape(many_names_are_found_quickly),
        on_tape(numbers_need_a_point_in_every_locale),
        on_tape(free_names_come_in_order_of_use),
    };
    return cmocka_run_group_tests_name("expr", tests, NULL, NULL);
}
