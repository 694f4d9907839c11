/* SPDX-License-Identifier: MIT */
/* Opaque functions in generated C: look-ups written out, and calls of what the user's own text defines. */
#include <string.h>

#include "codegen/codegen.h"
#include "function/opaque.h"

slope_status slope__check_opaque(const slope__writer *w, const slope_function *f, slope_error *error)
{
    slope__bodies all = {0};
    slope_status status = slope__bodies_fill(&all, f);
    if (status != SLOPE_OK)
        (void)slope__fail(error, status, SIZE_MAX, "there is not enough memory for the generated code");
    for (size_t k = 0; k < all.functions && status == SLOPE_OK; k++) {
        const slope__opaque *o = all.function[k]->opaque;
        if (!o || o->lookup)
            continue;
        if (!o->code)
            status =
                slope__fail(error, SLOPE_ERR_UNSUPPORTED, SIZE_MAX,
                            "the custom operation %.60s is a callback: to write C, give it C text (`code`)", o->name);
        else if (w->dialect.use_float)
            status = slope__fail(error, SLOPE_ERR_UNSUPPORTED, SIZE_MAX,
                                 "the custom operation %.60s is C of double: float code can't call it", o->name);
        else if (!slope__is_good_name(o->call) || strcmp(o->call, w->name) == 0)
            status = slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX,
                                 "the custom operation '%.60s' can't be the name of a C function beside '%.60s'",
                                 o->call, w->name);
    }
    slope__bodies_free(&all);
    return status;
}

static const char *const segment[] = {
    "static long slope_segment(@ x, long n, const @ *key)",
    "{",
    "    long low = 0;",
    "    long high = n - 1;",
    "    while ((high - low) > 1) {",
    "        const long middle = low + ((high - low) / 2);",
    "        if (key[middle] <= x) {",
    "            low = middle;",
    "        } else {",
    "            high = middle;",
    "        }",
    "    }",
    "    return low;",
    "}",
    "",
    NULL,
};

/* "@" stands for the type. */
static void put_lines(slope__string *out, const char *type, const char *const line[])
{
    for (; *line; line++) {
        for (const char *s = *line; *s; s++) {
            if (*s == '@')
                slope__string_put(out, type);
            else
                slope__string_char(out, *s);
        }
        slope__string_char(out, '\n');
    }
}

void slope__put_opaque_texts(slope__string *out, const slope__writer *w)
{
    int looks_up = 0;
    for (size_t k = 0; k < w->layouts; k++) {
        const slope__opaque *o = w->layout[k].f->opaque;
        if (o && o->lookup && !looks_up++)
            put_lines(out, slope__c_type(&w->dialect), segment);
        int known = !o || o->lookup;
        for (size_t j = 0; j < k && !known; j++) {
            const slope__opaque *other = w->layout[j].f->opaque;
            known = other && other->code && strcmp(other->code, o->code) == 0;
        }
        if (!known)
            slope__string_print(out, "%s%s\n", o->code, *o->code && o->code[strlen(o->code) - 1] == '\n' ? "" : "\n");
    }
}

static void put_places(slope__string *out, const slope__lookup *s)
{
    slope__string_print(out, "    const long i = slope_segment(slope_x0[0], %zu, slope_x1);\n", s->n);
    if (s->outside)
        slope__string_put(out, "    const int none = (slope_x0[0] != slope_x0[0]);\n");
    else
        slope__string_print(
            out, "    const int none = !((slope_x0[0] >= slope_x1[0]) && (slope_x0[0] <= slope_x1[%zu]));\n", s->n - 1);
    if (s->width == 2)
        slope__string_put(out, "    const long at[2] = {i, i + 1};\n");
    else
        slope__string_print(
            out, "    const long at[4] = {(i > 0) ? (i - 1) : %d, i, i + 1, ((i + 2) < %zu) ? (i + 2) : %zu};\n",
            s->n > 2 ? 2 : 0, s->n, s->n > 2 ? s->n - 3 : 1);
    slope__string_put(out, "    long k = 0;\n    (void)work;\n");
}

static void put_lookup(slope__string *out, const slope__dialect *d, const slope__lookup *s)
{
    const char *nan = d->use_float ? "NAN" : "(double)NAN";
    put_places(out, s);
    for (size_t t = 0; t < s->tables && s->scatter; t++) {
        slope__string_print(out, "    for (k = 0; k < %zu; k++) {\n        slope_y%zu[k] = %s;\n    }\n", s->n, t,
                            d->use_float ? "0.0f" : "0.0");
        slope__string_print(
            out, "    for (k = 0; k < %zu; k++) {\n        slope_y%zu[at[k]] += none ? %s : slope_x%zu[k];\n    }\n",
            s->width, t, nan, t + 2);
    }
    for (size_t t = 0; t < s->tables && !s->scatter; t++)
        slope__string_print(
            out, "    for (k = 0; k < %zu; k++) {\n        slope_y%zu[k] = none ? %s : slope_x%zu[at[k]];\n    }\n",
            s->width, t, nan, t + 2);
}

/* NULL pointers stand for an array without members, which C has not. */
static void put_pointers(slope__string *out, const char *head, const char *prefix, size_t n)
{
    slope__string_print(out, "    %s = {%s", head, n ? "" : "0");
    for (size_t g = 0; g < n; g++)
        slope__string_print(out, "%s%s%zu", g ? ", " : "", prefix, g);
    slope__string_put(out, "};\n");
}

void slope__put_opaque(const slope__writer *w, const slope__layout *l)
{
    const slope__opaque *o = l->f->opaque;
    slope__string_print(w->out, "static %s %s_%zu(", l->status ? "int" : "void", w->name, l->number);
    slope__put_parameters(w->out, w, l);
    slope__string_put(w->out, ")\n{\n");
    if (o->lookup) {
        put_lookup(w->out, &w->dialect, o->lookup);
    } else {
        put_pointers(w->out, "const double *const slope_x[]", "slope_x", l->f->inputs);
        put_pointers(w->out, "double *const slope_y[]", "slope_y", l->f->outputs);
        slope__string_print(w->out, "    (void)work;\n    return (%s(slope_x, slope_y) != 0) ? -1 : 0;\n", o->call);
    }
    slope__string_put(w->out, "}\n");
}
