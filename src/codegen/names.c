/* SPDX-License-Identifier: MIT */
/* Names of parameters: those of the groups, changed by underscores where C, C++ or the generated text has them
   already. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "codegen/codegen.h"

static const char *const taken[] = {
    /* C and C++ */
    "alignas", "alignof", "and", "and_eq", "asm", "auto", "bitand", "bitor", "bool", "break", "case", "catch", "char",
    "char8_t", "char16_t", "char32_t", "class", "compl", "concept", "const", "consteval", "constexpr", "constinit",
    "const_cast", "continue", "co_await", "co_return", "co_yield", "decltype", "default", "delete", "do", "double",
    "dynamic_cast", "else", "enum", "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if",
    "inline", "int", "long", "mutable", "namespace", "new", "noexcept", "not", "not_eq", "nullptr", "operator", "or",
    "or_eq", "private", "protected", "public", "register", "reinterpret_cast", "requires", "restrict", "return",
    "short", "signed", "sizeof", "static", "static_assert", "static_cast", "struct", "switch", "template", "this",
    "thread_local", "throw", "true", "try", "typedef", "typeid", "typename", "typeof", "union", "unsigned", "using",
    "virtual", "void", "volatile", "wchar_t", "while", "xor", "xor_eq",
    /* the generated text */
    "i", "j", "work", "status", "pair", "NAN", "INFINITY", "NULL", "main", "SLOPE_RESTRICT", "linux", "unix"};

/* What math.h and stddef.h declare, without the f and l of other types. */
static const char *const library[] = {"acos",
                                      "acosh",
                                      "asin",
                                      "asinh",
                                      "atan",
                                      "atan2",
                                      "atanh",
                                      "cbrt",
                                      "ceil",
                                      "copysign",
                                      "cos",
                                      "cosh",
                                      "double_t",
                                      "erf",
                                      "erfc",
                                      "exp",
                                      "exp10",
                                      "exp2",
                                      "expm1",
                                      "fabs",
                                      "fdim",
                                      "float_t",
                                      "floor",
                                      "fma",
                                      "fmax",
                                      "fmin",
                                      "fmod",
                                      "fpclassify",
                                      "frexp",
                                      "gamma",
                                      "hypot",
                                      "ilogb",
                                      "isfinite",
                                      "isgreater",
                                      "isgreaterequal",
                                      "isinf",
                                      "isless",
                                      "islessequal",
                                      "islessgreater",
                                      "isnan",
                                      "isnormal",
                                      "isunordered",
                                      "j0",
                                      "j1",
                                      "jn",
                                      "ldexp",
                                      "lgamma",
                                      "llrint",
                                      "llround",
                                      "log",
                                      "log10",
                                      "log1p",
                                      "log2",
                                      "logb",
                                      "lrint",
                                      "lround",
                                      "math_errhandling",
                                      "max_align_t",
                                      "modf",
                                      "nan",
                                      "nearbyint",
                                      "nextafter",
                                      "nexttoward",
                                      "offsetof",
                                      "pow",
                                      "pow10",
                                      "ptrdiff_t",
                                      "remainder",
                                      "remquo",
                                      "rint",
                                      "round",
                                      "scalb",
                                      "scalbln",
                                      "scalbn",
                                      "signbit",
                                      "signgam",
                                      "significand",
                                      "sin",
                                      "sincos",
                                      "sinh",
                                      "size_t",
                                      "sqrt",
                                      "tan",
                                      "tanh",
                                      "tgamma",
                                      "trunc",
                                      "wchar_t",
                                      "y0",
                                      "y1",
                                      "yn"};

static int is_of_library(const char *name)
{
    const size_t size = strlen(name);
    for (size_t k = 0; k < sizeof library / sizeof *library; k++) {
        const size_t own = strlen(library[k]);
        if (strncmp(name, library[k], own) == 0 &&
            (size == own || (size == own + 1 && (name[own] == 'f' || name[own] == 'l'))))
            return 1;
    }
    return strncmp(name, "HUGE_VAL", 8) == 0 || strncmp(name, "M_", 2) == 0 || strncmp(name, "FP_", 3) == 0 ||
           strncmp(name, "MATH_", 5) == 0;
}

/* v12 is a cell, slope_ and names with two underscores are not the user's. */
static int is_reserved(const char *name)
{
    for (size_t k = 0; k < sizeof taken / sizeof *taken; k++) {
        if (strcmp(name, taken[k]) == 0)
            return 1;
    }
    if (name[0] == 'v' && isdigit((unsigned char)name[1]))
        return 1;
    return strncmp(name, "slope_", 6) == 0 || strstr(name, "__") != NULL || name[0] == '_' || is_of_library(name);
}

/* The macros of the header: the function's name in capitals, then _H or _WORK. */
static int is_macro(const char *name, const char *function)
{
    for (; *function; function++, name++) {
        if (*name != toupper((unsigned char)*function))
            return 0;
    }
    return strcmp(name, "_H") == 0 || strcmp(name, "_WORK") == 0;
}

enum { LONGEST = 60 };

/* The names that are given so far, in a hash table. */
typedef struct given {
    const char **table;
    size_t slots; /* a power of 2, twice as many as names or more */
} given;

/* The name as it is, or x_<name>, or with _2, _3 ... behind; long ones are cut. */
static char *choose(const char *name, const given *used, const char *function)
{
    char *text = malloc(LONGEST + 40);
    if (!text)
        return NULL;
    (void)snprintf(text, LONGEST + 40, "%.*s", LONGEST, name);
    for (char *s = text; *s; s++) { /* double underscores belong to the compiler */
        if (s[0] == '_' && s[1] == '_')
            memmove(s, s + 1, strlen(s));
    }
    if (is_reserved(text) || strcmp(text, function) == 0 || is_macro(text, function)) {
        char plain[LONGEST + 1];
        (void)snprintf(plain, sizeof plain, "%s", text);
        (void)snprintf(text, LONGEST + 40, "%s%s_", plain[0] == '_' ? "x" : "", plain);
        if (is_reserved(text))
            (void)snprintf(text, LONGEST + 40, "x_%s", plain[0] == '_' ? plain + 1 : plain);
    }
    const size_t length = strlen(text);
    const char **slot = slope__text_slot(used->table, used->slots, text);
    for (size_t k = 2; *slot; k++) {
        (void)snprintf(text + length, 40, text[length - 1] == '_' ? "%zu" : "_%zu", k);
        slot = slope__text_slot(used->table, used->slots, text);
    }
    return (char *)(uintptr_t)(*slot = text);
}

/* Of an opaque function by number, so that they hide no function of the user's. */
static int name_opaque(slope__layout *l)
{
    for (size_t g = 0; g < l->f->inputs + l->f->outputs; g++) {
        const int is_output = g >= l->f->inputs;
        char **name = is_output ? &l->out[g - l->f->inputs] : &l->in[g];
        *name = malloc(40);
        if (!*name)
            return 0;
        (void)snprintf(*name, 40, "slope_%c%zu", is_output ? 'y' : 'x', is_output ? g - l->f->inputs : g);
    }
    return 1;
}

int slope__name_parameters(slope__layout *l, const char *function)
{
    const slope_function *f = l->f;
    const size_t inputs = f->inputs + f->data;
    l->in = slope__new(inputs, sizeof *l->in);
    l->out = slope__new(f->outputs, sizeof *l->out);
    if (!l->in || !l->out)
        return 0;
    if (f->opaque)
        return name_opaque(l);
    given used = {.slots = 2};
    while (used.slots < 2 * (inputs + f->outputs))
        used.slots *= 2;
    used.table = slope__new(used.slots, sizeof *used.table);
    int ok = used.table != NULL;
    for (size_t g = 0; ok && g < inputs + f->outputs; g++) {
        const int is_input = g < inputs;
        const slope__group *group = is_input ? &f->input[g] : &f->output[g - inputs];
        char **name = is_input ? &l->in[g] : &l->out[g - inputs];
        *name = choose(group->name, &used, function);
        ok = *name != NULL;
    }
    free((void *)used.table);
    return ok;
}

int slope__is_good_name(const char *name)
{
    if (!name || !*name || isdigit((unsigned char)*name) || is_reserved(name))
        return 0;
    for (; *name; name++) {
        if (!isalnum((unsigned char)*name) && *name != '_')
            return 0;
    }
    return 1;
}
