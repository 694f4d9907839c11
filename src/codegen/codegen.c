/* SPDX-License-Identifier: MIT */
/* The whole: bodies collected and laid out, source and header put together. */
#include "codegen/codegen.h"
#include "function/opaque.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

slope_codegen_options slope_codegen_options_default(void)
{
    return (slope_codegen_options){.struct_size = sizeof(slope_codegen_options), .name = "f"};
}

void slope_code_free(slope_code *code)
{
    if (!code)
        return;
    free(code->source);
    free(code->header);
    *code = (slope_code){0};
}

/* ------------------------------------------------------------------------------------------------------- layouts */

/* Marks the functions that are called, from the whole, which is the last one, to its bodies; a loop without items calls
   none. */
static void mark_called(const slope__bodies *all, size_t called[])
{
    called[all->functions - 1] = 1;
    for (size_t k = all->functions; k-- > 0;) {
        const slope_function *f = all->function[k];
        for (size_t i = 0; called[k] && i < f->loops; i++)
            called[slope__bodies_find(all, f->loop[i].body)] |= f->loop[i].n > 0;
    }
}

/* Lays out one function behind its bodies. */
static int lay_out(slope__writer *w, const slope_function *f, size_t number)
{
    slope__layout *l = &w->layout[w->layouts];
    size_t *work = slope__new(f->loops, sizeof *work);
    int status = f->guards > 0 || (f->opaque && !f->opaque->lookup);
    for (size_t i = 0; work && i < f->loops; i++) {
        const slope__layout *inner = slope__layout_of(w, f->loop[i].body);
        work[i] = inner ? inner->work : 0;
        status |= inner && inner->status;
    }
    const int ok = work && slope__layout_make(l, f, work);
    w->layouts++;
    l->status = status;
    l->number = number;
    free(work);
    return ok && slope__name_parameters(l, w->name);
}

/* Lays out f after its bodies, each once.  0: no memory. */
static int lay_out_all(slope__writer *w, const slope_function *f)
{
    if (slope__bodies_fill(&w->bodies, f) != SLOPE_OK)
        return 0;
    const size_t n = w->bodies.functions;
    w->place = slope__new(n, sizeof *w->place);
    w->layout = slope__new(n, sizeof *w->layout);
    int ok = w->place && w->layout;
    if (ok)
        mark_called(&w->bodies, w->place);
    for (size_t k = 0; ok && k < n; k++) {
        if (!w->place[k])
            continue;
        w->place[k] = w->layouts + 1;
        ok = lay_out(w, w->bodies.function[k], k + 1 < n ? w->layouts + 1 : 0);
    }
    return ok;
}

/* -------------------------------------------------------------------------------------------------------- header */

/* F, DECAY_GRADIENT: the name for macros. */
static void put_upper(slope__string *out, const char *name)
{
    for (; *name; name++)
        slope__string_char(out, (char)toupper((unsigned char)*name));
}

static void put_macro(slope__string *out, const char *name, const char *rest)
{
    put_upper(out, name);
    slope__string_put(out, rest);
}

/* A user's comment can't end ours. */
static void put_comment(slope__string *out, const char *comment)
{
    slope__string_put(out, " * ");
    for (const char *s = comment; *s; s++) {
        if (*s == '\n')
            slope__string_put(out, "\n * ");
        else if (*s == '?' && s[1] == '?') /* no trigraphs */
            slope__string_put(out, "? ");
        else if (*s == '\r' || (*s == '*' && s[1] == '/') || (*s == '/' && s[1] == '*'))
            slope__string_char(out, ' ');
        else
            slope__string_char(out, *s == '\\' && s[1] == '\n' ? ' ' : *s);
    }
    slope__string_put(out, "\n *\n");
}

static void put_roles(const slope__writer *w, const slope__layout *l)
{
    slope__string *out = w->out;
    const slope_function *f = l->f;
    for (size_t g = 0; g < f->inputs + f->data; g++)
        slope__string_print(out, " *   %-16s %s, %zu number%s\n", l->in[g], g < f->inputs ? "input" : "data",
                            f->input[g].length, f->input[g].length == 1 ? "" : "s");
    for (size_t g = 0; g < f->outputs; g++)
        slope__string_print(out, " *   %-16s output, %zu number%s\n", l->out[g], f->output[g].length,
                            f->output[g].length == 1 ? "" : "s");
    slope__string_put(out, " *   work             memory for the time of the call, ");
    put_macro(out, w->name, "_WORK numbers; may be null if that is 0\n");
    slope__string_put(out, " * Outputs and work must not overlap anything else.\n");
    if (l->status && w->guards > 0)
        slope__string_print(
            out, " * Returns 0, or from 1 to %zu the number of the recorded comparison that would go the other way.\n",
            w->guards);
    for (size_t k = 0, told = 0; k < w->layouts && !told; k++) {
        const slope__opaque *opaque = w->layout[k].f->opaque;
        told = opaque && !opaque->lookup;
        if (told)
            slope__string_print(out, " * Returns %s where a custom operation fails.\n",
                                w->guards > 0 ? "-1" : "0, or -1");
    }
}

static void put_header(const slope__writer *w, const slope__layout *l, const slope_codegen_options *o)
{
    slope__string *out = w->out;
    slope__string_put(out, "/*\n");
    if (o->comment && *o->comment)
        put_comment(out, o->comment);
    slope__string_print(out, " * %s: generated by Slope %s; do not edit.\n *\n", w->name, slope_version());
    put_roles(w, l);
    slope__string_put(out, " */\n#ifndef ");
    put_macro(out, w->name, "_H\n#define ");
    put_macro(out, w->name, "_H\n\n#define ");
    put_macro(out, w->name, "_WORK ");
    slope__string_print(out, "%zu\n\n", l->work);
    slope__string_put(
        out, "#ifndef SLOPE_RESTRICT\n#if defined __cplusplus\n#define SLOPE_RESTRICT\n#else\n#define SLOPE_RESTRICT "
             "restrict\n"
             "#endif\n#endif\n\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    slope__string_print(out, "%s %s(", l->status ? "int" : "void", w->name);
    slope__put_parameters(out, w, l);
    slope__string_put(out, ");\n\n#ifdef __cplusplus\n}\n#endif\n#endif\n");
}

/* -------------------------------------------------------------------------------------------------------- source */

/* clang turns 1 / (c ? x : 1) into c ? 1 / x : 1 and computes both, which divides by the 0 that was to be avoided.  In
   float a strong zero meets the infinite jumps of kinks. */
static void put_pragma(const slope__writer *w)
{
    static const unsigned choices[] = {slope__code_select, slope__code_min, slope__code_max, slope__code_zmul};
    for (size_t k = 0; k < 3 + (size_t)(w->dialect.use_float != 0); k++) {
        if (w->used[choices[k]]) {
            slope__string_put(w->out, "#if defined __clang__ && defined __x86_64__\n#if __clang_major__ >= 12\n"
                                      "#pragma clang fp exceptions(maytrap)\n#endif\n#endif\n\n");
            return;
        }
    }
}

static void put_source(slope__writer *w, const slope_codegen_options *o)
{
    slope__string body = {0}, *whole = w->out;
    w->out = &body; /* what it uses is known when it is written */
    for (size_t k = 0; k < w->layouts; k++) {
        slope__put_function(w, &w->layout[k]);
        if (k + 1 < w->layouts)
            slope__string_char(&body, '\n');
    }
    w->out = whole;
    slope__string_print(whole, "/* %s: generated by Slope %s; do not edit. */\n#include \"", w->name, slope_version());
    if (o->header)
        slope__string_put(whole, o->header);
    else
        slope__string_print(whole, "%s.h", w->name);
    slope__string_put(whole, "\"\n\n#include <math.h>\n#include <stddef.h>\n\n");
    put_pragma(w);
    slope__put_helpers(whole, &w->dialect, w->used);
    slope__put_opaque_texts(whole, w);
    w->failed |= body.failed;
    if (!body.failed)
        slope__string_bytes(whole, body.data, body.size);
    slope__string_free(&body);
}

/* Source, then header, for the guards are counted by then. */
static slope_status generate(slope__writer *w, const slope_codegen_options *o, slope_code *code)
{
    slope__string source = {0}, header = {0};
    w->out = &source;
    put_source(w, o);
    code->source = slope__string_take(&source, &code->source_size);
    w->out = &header;
    put_header(w, &w->layout[w->layouts - 1], o);
    code->header = slope__string_take(&header, &code->header_size);
    w->failed |= !code->source || !code->header;
    return w->failed ? SLOPE_ERR_MEMORY : SLOPE_OK;
}

static slope_status check(const slope_function *f, const slope_codegen_options *o, slope_code *code, slope_error *error)
{
    if (!f || !code)
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "there is no function, or nowhere to put its code");
    if (o->struct_size != sizeof *o)
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX,
                           "the options' struct_size is %zu, not %zu; start from slope_codegen_options_default()",
                           o->struct_size, sizeof *o);
    if (!slope__is_good_name(o->name))
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX,
                           "'%.60s' can't be the name of a C function: letters, digits and _, no keyword, "
                           "nothing that math.h declares",
                           o->name ? o->name : "");
    if (o->header && (strpbrk(o->header, "\"\n\r\\") || !*o->header))
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "'%.60s' can't be included", o->header);
    return SLOPE_OK;
}

slope_status slope_codegen(const slope_function *f, const slope_codegen_options *options, slope_code *code,
                           slope_error *error)
{
    const slope_codegen_options defaults = slope_codegen_options_default();
    const slope_codegen_options *o = options ? options : &defaults;
    if (error)
        *error = (slope_error){0};
    slope_status status = check(f, o, code, error);
    if (status != SLOPE_OK)
        return status;
    *code = (slope_code){0};
    slope__writer w = {.dialect = {o->use_float, o->plain_zeros}, .name = o->name};
    status = slope__check_opaque(&w, f, error);
    if (status != SLOPE_OK)
        return status;
    status = lay_out_all(&w, f) ? generate(&w, o, code) : SLOPE_ERR_MEMORY;
    for (size_t k = 0; k < w.layouts; k++)
        slope__layout_free(&w.layout[k]);
    free(w.layout);
    free(w.place);
    slope__bodies_free(&w.bodies);
    if (status == SLOPE_OK)
        return status;
    slope_code_free(code);
    return slope__fail(error, status, SIZE_MAX, "there is not enough memory for the generated code");
}
