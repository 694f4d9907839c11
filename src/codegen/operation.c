/* SPDX-License-Identifier: MIT */
/*
 * Operations of the table as C: the text is that of their row.  The plain ones are written out, others are calls of
 * small static functions slope_<name>, which are printed if they are used.
 */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "codegen/codegen.h"

typedef struct row {
    const char *name, *value;
    int arity; /* -1: n-ary */
} row;

static const row rows[slope__code_count] = {
#define UNARY(name, symbol, doc, low, high, smooth, value, ...) [slope__code_##name] = {#name, #value, 1},
#define BINARY(name, symbol, doc, low, high, low2, high2, smooth, value, ...) [slope__code_##name] = {#name, #value, 2},
#define TERNARY(name, symbol, doc, low, high, smooth, value, ...) [slope__code_##name] = {#name, #value, 3},
#define NARY(name, ...) [slope__code_##name] = {#name, "", -1},
#include "ops.def"
};

const char *slope__c_type(const slope__dialect *d) { return d->use_float ? "float" : "double"; }

void slope__put_constant(slope__string *out, const slope__dialect *d, double x)
{
    char text[SLOPE__NUMBER_SIZE];
    const char *cast = d->use_float ? "" : "(double)"; /* NAN and INFINITY are floats */
    if (isnan(x)) {
        slope__string_print(out, "%sNAN", cast);
        return;
    }
    if (isinf(x) || (d->use_float && isinf((float)x))) {
        slope__string_print(out, x > 0 ? "%sINFINITY" : "(-%sINFINITY)", cast);
        return;
    }
    (void)slope__number(text, d->use_float && (float)x == 0.0f ? 0.0 : fabs(x)); /* compilers warn of 1e-50f */
    slope__string_print(out, signbit(x) ? "(-%s%s%s)" : "%s%s%s", text, strpbrk(text, ".e") ? "" : ".0",
                        d->use_float ? "f" : "");
}

int slope__is_spread(unsigned code) { return code < slope__code_count && rows[code].arity < 0; }

/* ---------------------------------------------------------------------------------------------- the text of a row */

static const char *const float_functions[] = {
    "fma",   "pow",   "sqrt",  "cbrt",  "hypot", "exp",  "exp2", "expm1",     "log",   "log2",
    "log10", "log1p", "sin",   "cos",   "tan",   "asin", "acos", "atan",      "atan2", "sinh",
    "cosh",  "tanh",  "asinh", "acosh", "atanh", "erf",  "erfc", "tgamma",    "fabs",  "copysign",
    "fdim",  "floor", "ceil",  "round", "trunc", "rint", "fmod", "remainder", "ldexp"};

static int is_function_of_libm(const char *word, size_t size)
{
    for (size_t k = 0; k < sizeof float_functions / sizeof *float_functions; k++) {
        if (strlen(float_functions[k]) == size && memcmp(float_functions[k], word, size) == 0)
            return 1;
    }
    return 0;
}

static int is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* The row's text: names of the library with one underscore, and for float every function and number with its f. */
static void put_value(slope__string *out, const slope__dialect *d, const char *s)
{
    while (*s) {
        size_t size = 0;
        while (is_word(s[size]) || (size > 0 && isdigit((unsigned char)s[0]) && s[size] == '.'))
            size++;
        if (size == 0) {
            slope__string_char(out, *s++);
            continue;
        }
        if (strncmp(s, "slope__", 7) == 0)
            slope__string_print(out, d->use_float ? "(float)slope_%.*s" : "slope_%.*s", (int)(size - 7), s + 7);
        else if (!d->use_float && slope__is_float_macro(s, size))
            slope__string_print(out, "(double)%.*s", (int)size, s);
        else
            slope__string_bytes(out, s, size);
        if (d->use_float && (is_function_of_libm(s, size) || (isdigit((unsigned char)*s) && memchr(s, '.', size))))
            slope__string_char(out, 'f');
        else if (isdigit((unsigned char)*s) && !memchr(s, '.', size)) /* whole numbers are doubles, too */
            slope__string_put(out, d->use_float ? ".0f" : ".0");
        s += size;
    }
}

/* Does the row call a function of ops/special.c?  Then its name. */
static int special_of(unsigned code, char name[32])
{
    const char *s = strstr(rows[code].value, "slope__");
    size_t size = 7;
    if (!s)
        return 0;
    while (is_word(s[size]) && size < 31)
        size++;
    memcpy(name, s, size);
    name[size] = '\0';
    return 1;
}

static void put_helper(slope__string *out, const slope__dialect *d, unsigned code)
{
    const char *type = slope__c_type(d);
    slope__string_print(out, "static %s slope_%s(", type, rows[code].name);
    for (int k = 0; k < rows[code].arity; k++)
        slope__string_print(out, "%s%s %c", k ? ", " : "", type, 'a' + k);
    slope__string_put(out, ")\n{\n    return ");
    if (code == slope__code_zmul && d->plain_zeros && !d->use_float) { /* the kinks' jumps are infinite in float */
        slope__string_put(out, "a * b");
    } else if (code >= slope__code_lt && code <= slope__code_ne) {
        slope__string_print(out, "(");
        put_value(out, d, rows[code].value);
        slope__string_print(out, d->use_float ? ") ? 1.0f : 0.0f" : ") ? 1.0 : 0.0");
    } else {
        put_value(out, d, rows[code].value);
    }
    slope__string_put(out, ";\n}\n\n");
}

/* Helpers whose row has the name of a function of special.c: that function is the helper itself. */
static int is_library_itself(unsigned code)
{
    char name[32];
    return special_of(code, name) && strcmp(name + 7, rows[code].name) == 0;
}

/* norm and logsumexp are functions on arrays of doubles. */
static int is_on_arrays(unsigned code) { return code == slope__code_norm || code == slope__code_logsumexp; }

void slope__put_helpers(slope__string *out, const slope__dialect *d, const unsigned char used[slope__code_count])
{
    char names[slope__code_count][48];
    const char *name[slope__code_count];
    size_t n = 0;
    for (unsigned code = 0; code < slope__code_count; code++) {
        if (!used[code] || !rows[code].name)
            continue;
        if (is_on_arrays(code))
            (void)snprintf(names[n], sizeof names[n], "slope__%s_value", rows[code].name);
        else if (!special_of(code, names[n]))
            continue;
        name[n] = names[n];
        n++;
    }
    if (n > 0)
        slope__put_library(out, n, name);
    for (unsigned code = 0; code < slope__code_count; code++) {
        if (used[code] && rows[code].name && !is_on_arrays(code) && !is_library_itself(code))
            put_helper(out, d, code);
    }
}

/* ----------------------------------------------------------------------------------------------------------- uses */

static void put_infix(slope__string *out, const char *symbol, char *const operand[])
{
    slope__string_print(out, "%s %s %s", operand[0], symbol, operand[1]);
}

/* Statements, from the first operand to the last as ops/nary.c does; `v` was declared. */
static void put_sum(slope__string *out, const slope__dialect *d, const char *v, unsigned code, size_t n,
                    char *const operand[])
{
    const char *f = d->use_float ? "f" : "";
    const size_t terms = code == slope__code_dot ? n / 2 : n;
    slope__string_print(out, "    %s = 0.0%s;\n", v, f);
    for (size_t k = 0; k < terms; k++) {
        if (code == slope__code_dot)
            slope__string_print(out, "    %s = %s + %s * %s;\n", v, v, operand[k], operand[terms + k]);
        else
            slope__string_print(out, "    %s = %s + %s;\n", v, v, operand[k]);
    }
    if (code == slope__code_mean)
        slope__string_print(out, "    %s = %s / %zu.0%s;\n", v, v, n, f);
}

static void put_poly(slope__string *out, const slope__dialect *d, const char *v, size_t n, char *const operand[])
{
    if (n < 3) /* x isn't read: no warning of an unused variable */
        slope__string_print(out, "    (void)%s;\n", operand[0]);
    slope__string_print(out, "    %s = %s;\n", v, n > 1 ? operand[n - 1] : d->use_float ? "0.0f" : "0.0");
    for (size_t k = n - 1; k-- > 1;)
        slope__string_print(out, "    %s = %s * %s + %s;\n", v, v, operand[0], operand[k]);
}

/* norm and logsumexp: collected in an array of doubles. */
static void put_array_call(slope__string *out, const slope__dialect *d, const char *v, unsigned code, size_t n,
                           char *const operand[])
{
    slope__string_put(out, "    {\n        const double slope_terms[] = {");
    for (size_t k = 0; k < n; k++)
        slope__string_print(out, d->use_float ? "%s%s(double)%s" : "%s%s%s", k ? "," : "",
                            k % 8 == 7 ? "\n            "
                            : k        ? " "
                                       : "",
                            operand[k]);
    slope__string_print(out,
                        d->use_float ? "};\n        %s = (float)slope_%s_value(%zuu, slope_terms);\n    }\n"
                                     : "};\n        %s = slope_%s_value(%zuu, slope_terms);\n    }\n",
                        v, rows[code].name, n);
}

void slope__put_spread(slope__string *out, const slope__dialect *d, const char *v, unsigned code, size_t n,
                       char *const operand[], unsigned char used[slope__code_count])
{
    if (code == slope__code_poly) {
        put_poly(out, d, v, n, operand);
    } else if (is_on_arrays(code) && n > 0) {
        used[code] = 1;
        put_array_call(out, d, v, code, n, operand);
    } else {
        put_sum(out, d, v, code, n, operand);
    }
}

static void put_call(slope__string *out, const slope__dialect *d, unsigned code, size_t n, char *const operand[])
{
    if (is_library_itself(code) && d->use_float)
        slope__string_put(out, "(float)");
    slope__string_print(out, "slope_%s(", rows[code].name);
    for (size_t k = 0; k < n; k++)
        slope__string_print(out, is_library_itself(code) && d->use_float ? "%s(double)%s" : "%s%s", k ? ", " : "",
                            operand[k]);
    slope__string_char(out, ')');
}

void slope__put_fine_power(slope__string *out, const char *base, double exponent)
{
    slope__string_print(out, "(float)pow((double)%s, ", base);
    slope__put_constant(out, &(slope__dialect){0}, exponent);
    slope__string_char(out, ')');
}

void slope__put_operation(slope__string *out, const slope__dialect *d, unsigned code, size_t n, char *const operand[],
                          unsigned char used[slope__code_count])
{
    switch (code) {
    case slope__code_add: put_infix(out, "+", operand); return;
    case slope__code_sub: put_infix(out, "-", operand); return;
    case slope__code_mul: put_infix(out, "*", operand); return;
    case slope__code_div: put_infix(out, "/", operand); return;
    case slope__code_neg: slope__string_print(out, "-%s", operand[0]); return;
    case slope__code_square: slope__string_print(out, "%s * %s", operand[0], operand[0]); return;
    default:
        used[code] = 1;
        put_call(out, d, code, n, operand);
        return;
    }
}
