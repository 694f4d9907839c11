/* SPDX-License-Identifier: MIT */
/* The whole program of a function: its entry points for one point and for a batch of them. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "function/opaque.h"
#include "native/native.h"

enum {
    TABLES_AT_MOST = 1000000,    /* entries of lists and constants: more take a compiler too long */
    BATCH_WORK_AT_MOST = 1 << 20 /* bytes; larger functions run point by point, their maps in lanes */
};

unsigned slope__native_width(void)
{
#if defined __x86_64__
    __builtin_cpu_init();
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") ? 8
           : __builtin_cpu_supports("avx2")                                        ? 4
                                                                                   : 2;
#else
    return 2;
#endif
}

size_t slope__native_operations(const slope_function *f, size_t limit)
{
    size_t n = 0;
    for (size_t k = 0; k < f->instructions && n <= limit; k++) {
        const slope__instruction *i = &f->instruction[k];
        if (i->code == slope__code_loop)
            n += 1 + slope__native_operations(f->loop[i->operand].body, limit - n);
        else
            n += i->count > 3 ? i->count : 1;
    }
    return n;
}

/* ------------------------------------------------------------------------------------------------------ one point */

static void inputs_of_point(slope__scope *s)
{
    for (size_t g = 0; g < s->f->inputs + s->f->data; g++) {
        slope__string_print(s->e->out, "const double *const x%zu = x[%zu];\n", g, g);
        s->in[g] = (slope__place){.where = SLOPE__NUMBERS, .element = {1, ""}};
        (void)snprintf(s->in[g].base, sizeof s->in[g].base, "x%zu", g);
    }
}

/* Whether group g is a piece of memory already, the first group for that piece. */
static int is_piece(const slope__scope *s, size_t g)
{
    for (size_t k = 0; k < s->pieces; k++) {
        if (s->piece[k].output == g)
            return 1;
    }
    return 0;
}

static void outputs_of_point(slope__scope *s)
{
    const slope_function *f = s->f;
    for (size_t g = 0; g < f->outputs; g++) {
        if (is_piece(s, g) || f->output[g].length == 0)
            continue;
        s->sink[g] = (slope__sink){.kind = SLOPE__SINK_STORE, .check = s->e->check == SLOPE__CHECK_OUTPUTS};
        s->sink[g].place = (slope__place){.where = SLOPE__NUMBERS, .element = {1, ""}};
        (void)snprintf(s->sink[g].place.base, sizeof s->sink[g].place.base, "y%zu", g);
        slope__string_print(s->e->out, "double *const y%zu = y[%zu] ? y[%zu] : (double *)(w + %zu);\n", g, g, g,
                            slope__emit_memory(s->e, f->output[g].length, 0));
    }
}

static void emit_point(slope__emitter *e, const slope_function *f)
{
    slope__scope *s = slope__scope_create(e, f, NULL, "W");
    if (!s) {
        e->no_memory = 1;
        return;
    }
    s->top = s->may_thread = 1;
    slope__string_put(e->out,
                      "int slope_native_eval(const double *const x[], double *const y[], void *memory, int threads);\n"
                      "int slope_native_eval(const double *const x[], double *const y[], void *memory, int threads) {\n"
                      "char *const work = memory, *const w = work; int bad = 0, see = 0; M seen = {0};\n"
                      "(void)x, (void)y, (void)w, (void)threads, (void)seen;\n");
    inputs_of_point(s);
    if (!slope__scope_plan(s)) {
        e->no_memory = 1;
        slope__scope_destroy(s);
        return;
    }
    outputs_of_point(s);
    slope__emit_begin(s, 2);
    slope__emit_body(s, 2);
    for (size_t g = 0; g < f->outputs; g++)
        slope__emit_group_out(s, g);
    slope__string_put(e->out, "return bad ? bad : see ? -1 : 0;\n}\n");
    slope__scope_destroy(s);
}

/* ------------------------------------------------------------------------------------------------------- a batch */

static const char batch_head[] =
    "typedef struct { const double *data; ptrdiff_t point, element; } Input;\n"
    "typedef struct { double *data; ptrdiff_t point, element; int sum; } Output;\n"
    "FN void point(const Output *o, V *a, size_t i, size_t j, V v, int m) {\n"
    "    double *p = o->data + (ptrdiff_t)i * o->point + (ptrdiff_t)j * o->element;\n"
    "    if (!o->data) return;\n"
    "    if (o->sum) *a += v;\n"
    "    else if (o->point == 1 && m == W) *(U *)p = v;\n"
    "    else store(p, o->point, v, m); }\n"
    "int slope_native_batch(size_t first, size_t last, const Input x[], const Output y[], void *memory);\n"
    "int slope_native_batch(size_t first, size_t last, const Input x[], const Output y[], void *memory) {\n"
    "char *const work = memory, *const w = work; int bad = 0, see = 0; M seen = {0}; const int threads = 1;\n"
    "(void)x, (void)y, (void)w, (void)threads;\n";

static void inputs_of_batch(slope__scope *s)
{
    for (size_t g = 0; g < s->f->inputs + s->f->data; g++) {
        s->in[g] = (slope__place){.where = g < s->f->inputs ? SLOPE__SPREAD : SLOPE__NUMBERS, .element = {1, ""}};
        (void)snprintf(s->in[g].base, sizeof s->in[g].base, g < s->f->inputs ? "p%zu" : "x%zu", g);
        slope__string_print(s->e->out, "const double *const x%zu = x[%zu].data;\n", g, g);
        if (g >= s->f->inputs)
            continue;
        slope__string_print(s->e->out, "const ptrdiff_t n%zu = x[%zu].point, e%zu = x[%zu].element;\n", g, g, g, g);
        s->in[g].lane.k = 1;
        (void)snprintf(s->in[g].lane.variable, sizeof s->in[g].lane.variable, "n%zu", g);
        (void)snprintf(s->in[g].element.variable, sizeof s->in[g].element.variable, "e%zu", g);
    }
}

static void outputs_of_batch(slope__scope *s)
{
    const slope_function *f = s->f;
    for (size_t g = 0; g < f->outputs; g++) {
        s->sink[g] = (slope__sink){.kind = SLOPE__SINK_POINT, .check = s->e->check == SLOPE__CHECK_OUTPUTS};
        (void)snprintf(s->sink[g].place.base, sizeof s->sink[g].place.base, "a + %zu", f->output[g].first);
    }
}

static void sums_of_batch(const slope__scope *s)
{
    for (size_t g = 0; g < s->f->outputs; g++)
        slope__string_print(
            s->e->out,
            "if (y[%zu].data && y[%zu].sum) for (size_t j = 0; j < %zu; j++) {\n"
            "const double t = total(A + %zu + j, %zu); y[%zu].data[(ptrdiff_t)j * y[%zu].element] = t; }\n",
            g, g, s->f->output[g].length, s->f->output[g].first, s->f->results, g, g);
}

static void emit_batch(slope__emitter *e, const slope_function *f)
{
    slope__scope *s = slope__scope_create(e, f, NULL, "m");
    const size_t rows = 8 / e->width * f->results;
    if (!s) {
        e->no_memory = 1;
        return;
    }
    s->top = s->two_passes = 1;
    slope__string_put(e->out, batch_head);
    inputs_of_batch(s);
    if (!slope__scope_plan(s)) {
        e->no_memory = 1;
        slope__scope_destroy(s);
        return;
    }
    const size_t sums = slope__emit_memory(e, rows, 1), kept = slope__emit_memory(e, f->results, 1);
    slope__emit_begin(s, 0);
    slope__emit_body(s, 0);
    slope__string_print(e->out, "V *const A = (V *)(w + %zu), *const Z = (V *)(w + %zu);\nzero(A, sizeof(V) * %zu);\n",
                        sums, kept, rows);
    slope__string_print(
        e->out,
        "for (size_t i = first; i < last; i += W) {\nconst int m = last - i < W ? (int)(last - i) : W;\n"
        "V *const a = A + (i - first) / W %% (8 / W) * %zu;\nif (m < W) memcpy(Z, a, sizeof(V) * %zu);\n",
        f->results, f->results);
    for (size_t g = 0; g < f->inputs; g++)
        slope__string_print(e->out, "const double *const p%zu = x%zu + (ptrdiff_t)i * n%zu; (void)p%zu;\n", g, g, g, g);
    outputs_of_batch(s);
    slope__emit_begin(s, 1);
    slope__emit_body(s, 1);
    for (size_t g = 0; g < f->outputs; g++)
        slope__emit_group_out(s, g);
    slope__string_print(e->out, "if (m < W) keep_lanes(a, Z, %zu, m);\n}\nsee |= any(seen);\n", f->results);
    sums_of_batch(s);
    slope__string_put(e->out, "return bad ? bad : see ? -1 : 0;\n}\n");
    slope__scope_destroy(s);
}

/* Where maps hold most of the work they are what runs in lanes, not the points. */
static int wants_batch(const slope_function *f)
{
    size_t in_maps = 0, all = 0;
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        const slope__loop *loop = i->code == slope__code_loop ? &f->loop[i->operand] : NULL;
        const size_t n = loop ? slope__native_operations(loop->body, SIZE_MAX / 2) : 1;
        all += n;
        in_maps += loop && slope__loop_in_lanes(loop) && loop->n >= 8 ? n : 0;
    }
    return in_maps * 2 <= all && f->cells < BATCH_WORK_AT_MOST / 8;
}

/* ---------------------------------------------------------------------------------------------------- the program */

static int any_guards(const slope_function *f)
{
    int any = f->guards > 0;
    for (size_t k = 0; !any && k < f->loops; k++)
        any = any_guards(f->loop[k].body);
    return any;
}

static int assemble(const slope__emitter *e, const slope__string *tables, const slope__string *point,
                    const slope__string *batch, size_t batch_work, slope__native_program *program)
{
    slope__string all = {0};
    const size_t batch_bytes = batch_work <= BATCH_WORK_AT_MOST ? batch_work : 0;
    program->work_bytes = e->most > batch_bytes ? e->most : batch_bytes;
    program->threads = e->threads;
    slope__native_prelude(&all, e->width);
    slope__string_print(&all,
                        "#ifdef _OPENMP\nint omp_get_thread_num(void);\n#define THREAD omp_get_thread_num()\n#else\n"
                        "#define THREAD 0\n#endif\n#define WORK %zu\nconst size_t slope_native_work = WORK;\n",
                        program->work_bytes);
    slope__string_bytes(&all, tables->data, tables->size);
    slope__string_bytes(&all, point->data, point->size);
    if (batch_bytes > 0)
        slope__string_bytes(&all, batch->data, batch->size);
    program->text = slope__string_take(&all, &program->size);
    return program->text && !tables->failed && !point->failed && !batch->failed;
}

/* What is called and not written out has no place in vectors. */
static slope_status check_calls(const slope_function *f, slope_error *error)
{
    const char *opaque;
    if (slope__opaque_within(f, &opaque) != SLOPE_OK)
        return slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for the program");
    if (opaque)
        return slope__fail(error, SLOPE_ERR_UNSUPPORTED, SIZE_MAX,
                           "the function calls %.60s, which machine code can't; it runs in the evaluator", opaque);
    return SLOPE_OK;
}

slope_status slope__native_emit(const slope_function *f, unsigned width, slope__native_program *program,
                                slope_error *error)
{
    const slope_status written = check_calls(f, error);
    if (written != SLOPE_OK)
        return written;
    slope__string tables = {0}, point = {0}, batch = {0};
    slope__emitter e = {.width = width, .guards = f->guards, .any_guards = any_guards(f)};
    *program = (slope__native_program){0};
    e.check = slope__native_checks(f, &e.no_memory);
    int ok = !e.no_memory;
    if (ok) {
        e.tables = &tables;
        e.out = &point;
        emit_point(&e, f);
        slope__emitter b = e;
        b.out = &batch;
        b.work = b.most = 0;
        if (!e.no_memory && wants_batch(f))
            emit_batch(&b, f);
        e.no_memory |= b.no_memory;
        e.too_long |= e.entries + b.entries > TABLES_AT_MOST;
        ok = assemble(&e, &tables, &point, &batch, b.most, program);
    }
    slope__string_free(&tables);
    slope__string_free(&point);
    slope__string_free(&batch);
    if (ok && !e.no_memory && !e.too_long)
        return SLOPE_OK;
    free(program->text);
    *program = (slope__native_program){0};
    if (e.too_long)
        return slope__fail(error, SLOPE_ERR_LIMIT, SIZE_MAX,
                           "the lists and tables of the function are too long for a compiler");
    return slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory to write the program");
}
