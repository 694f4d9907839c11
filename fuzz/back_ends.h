/* SPDX-License-Identifier: MIT */
/*
 * A small function through everything that runs it, each held against the plain interpreter: the evaluator at one point
 * and in lanes, its derivatives the same way, generated C, machine code.  The two that start a compiler run for one
 * input in SAMPLE only, chosen by a hash of it.
 *
 * The numbers may differ by what the last digits of libm and the order of sums make of them.  How much that is, is seen
 * by a copy of the function whose every result is off by some last digits: where that changes much, a result tells
 * nothing and is not compared.
 */
#ifndef BACK_ENDS_H
#define BACK_ENDS_H

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <slope/slope.h>

#include "base/memory.h"
#include "native/native.h"
#include "tests/function_work.h"

enum {
    WORK = 20000,  /* numbers that an evaluation may take */
    POINTS = 11,   /* of a batch: a full vector and a part of one */
    SAMPLE = 4000, /* one in so many starts a compiler, unless SLOPE_FUZZ_SAMPLE says another number */
    GROUPS = 4096  /* in and out */
};

static void require(int condition)
{
    if (!condition)
        abort();
}

/* Inputs and outputs of a function, group after group. */
typedef struct point {
    double *in, *out;
    const double **x;
    double **y;
} point;

static void point_make(point *p, const slope_function *f, uint64_t seed)
{
    const size_t inputs = f->inputs + f->data;
    *p = (point){calloc(f->input_cells + 1, sizeof(double)), calloc(f->results + 1, sizeof(double)),
                 calloc(inputs + 1, sizeof *p->x), calloc(f->outputs + 1, sizeof *p->y)};
    require(p->in && p->out && p->x && p->y);
    for (size_t k = 0; k < f->input_cells; k++) { /* no round numbers, where kinks and ties are */
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        p->in[k] = ((double)(seed >> 40) / (double)(1 << 24) - 0.5) * 5.0 + 1e-3;
    }
    for (size_t g = 0; g < inputs; g++)
        p->x[g] = p->in + f->input[g].first;
    for (size_t g = 0; g < f->outputs; g++)
        p->y[g] = p->out + f->output[g].first;
}

static void point_free(point *p)
{
    free(p->in);
    free(p->out);
    free((void *)(uintptr_t)p->x);
    free(p->y);
}

/* f, whose every result is off by the last digits, up or down as `turn` says; bodies too. */
static slope_function *disturb(const slope_function *f, unsigned turn)
{
    slope__builder *b = slope__builder_create(0);
    slope__cell *map = calloc(f->cells + 1, sizeof *map);
    require(b && map);
    slope__build_copy_inputs(b, f);
    (void)slope__build_copy_data(b, f);
    for (size_t c = 0; c < f->input_cells; c++)
        map[c] = (slope__cell)c;
    slope__build_numbers(b, f, map);
    for (size_t k = 0; k < f->instructions; k++) {
        const slope__instruction *i = &f->instruction[k];
        slope_function *body = i->code == slope__code_loop ? disturb(f->loop[i->operand].body, turn) : NULL;
        slope__build_step_with(b, f, k, body, map);
        slope_function_destroy(body);
        for (size_t r = 0; r < slope__results_of(f, i); r++) {
            const double off = (k * 5 + r * 3 + turn) % 7 < 4 ? 0x1p-50 : -0x1p-50;
            map[i->result + r] =
                slope__build2(b, slope__code_mul, map[i->result + r], slope__build_number(b, 1.0 + off));
        }
    }
    slope__build_guards(b, f, map);
    slope__build_copy_outputs(b, f, map);
    free(map);
    slope_error error;
    slope_function *made = slope__builder_finish(b, &error);
    require(made || error.status == SLOPE_ERR_LIMIT);
    return made;
}

/* The results at p, and how far they may be off.  0: a guard goes the other way, if only just. */
static int reference(const slope_function *f, point *p, double off[])
{
    slope_status status = slope__interpret(f, p->x, p->y, NULL);
    require(status == SLOPE_OK || status == SLOPE_ERR_BRANCH);
    double *exact = calloc(f->results + 1, sizeof *exact);
    require(exact != NULL);
    memcpy(exact, p->out, f->results * sizeof *exact);
    for (size_t k = 0; k < f->results; k++)
        off[k] = 1e-12 * (1.0 + fabs(exact[k]));
    for (unsigned turn = 0; turn < 3 && status == SLOPE_OK; turn++) {
        slope_function *other = disturb(f, turn);
        status = other ? slope__interpret(other, p->x, p->y, NULL) : SLOPE_ERR_LIMIT;
        for (size_t k = 0; k < f->results; k++) {
            const double moved = p->out[k] == exact[k] || (p->out[k] != p->out[k] && exact[k] != exact[k])
                                     ? 0.0
                                     : fabs(p->out[k] - exact[k]);
            off[k] =
                moved <= 1e-3 * (1.0 + fabs(exact[k])) ? off[k] + 64.0 * moved : (double)NAN; /* it tells nothing */
        }
        slope_function_destroy(other);
    }
    memcpy(p->out, exact, f->results * sizeof *exact);
    free(exact);
    return status == SLOPE_OK;
}

static void compare(size_t n, const double expected[], const double got[], const double off[])
{
    for (size_t k = 0; k < n; k++) {
        const int both_nan = got[k] != got[k] && expected[k] != expected[k];
        require(off[k] != off[k] || both_nan || got[k] == expected[k] || fabs(got[k] - expected[k]) <= off[k]);
    }
}

/* One point, then a batch of which every second point is this one, each number in a place of its own. */
static void evaluate(const slope_function *f, const point *p, const double off[])
{
    const size_t inputs = f->inputs + f->data;
    double *out = calloc(f->results * POINTS + 1, sizeof *out), *in = calloc(f->input_cells * POINTS + 1, sizeof *in);
    double **y = calloc(f->outputs + 1, sizeof *y);
    slope_input *from = calloc(inputs + 1, sizeof *from);
    slope_output *to = calloc(f->outputs + 1, sizeof *to);
    require(out && in && y && from && to);
    for (size_t g = 0; g < f->outputs; g++)
        y[g] = out + f->output[g].first;
    require(slope_eval(f, p->x, y) == SLOPE_OK);
    compare(f->results, p->out, out, off);
    for (size_t g = 0; g < f->outputs; g += 2) /* not wanted */
        y[g] = NULL;
    require(slope_eval(f, p->x, y) == SLOPE_OK);
    for (size_t k = 0; k < f->input_cells * POINTS; k++)
        in[k] = p->in[k % f->input_cells] * (k / f->input_cells % 2 ? 1.25 : 1.0);
    for (size_t g = 0; g < inputs; g++)
        from[g] = (slope_input){in + f->input[g].first, (ptrdiff_t)f->input_cells, 1};
    for (size_t g = 0; g < f->outputs; g++)
        to[g] = (slope_output){out + f->output[g].first * POINTS, 1, POINTS, 0};
    const slope_status status = slope_eval_batch(f, POINTS, from, to, NULL);
    require(status == SLOPE_OK || (status == SLOPE_ERR_BRANCH && f->loops + f->guards > 0));
    for (size_t k = 0; k < f->results && status == SLOPE_OK; k++) {
        for (size_t i = 0; i < POINTS; i += 2)
            compare(1, &p->out[k], &out[k * POINTS + i], &off[k]);
    }
    free(out);
    free(in);
    free(y);
    free(from);
    free(to);
}

static void write_file(const char *folder, const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *out = fopen(path, "w");
    require(out && fputs(text, out) >= 0);
    require(fclose(out) == 0);
}

/* The generated function as one that takes arrays of groups. */
static void write_bridge(const char *folder, const slope_function *f)
{
    char *text = calloc(1, 256 + 64 * (f->inputs + f->data + f->outputs));
    require(text != NULL);
    char *at =
        text + sprintf(text, "#include \"f.h\"\nvoid bridge(const double *const x[], double *const y[], double *w)\n"
                             "{\n    (void)x, (void)y;\n    f(");
    for (size_t g = 0; g < f->inputs + f->data; g++)
        at += sprintf(at, "x[%zu], ", g);
    for (size_t g = 0; g < f->outputs; g++)
        at += sprintf(at, "y[%zu], ", g);
    (void)sprintf(at, "w);\n}\nunsigned long room = F_WORK;\n");
    write_file(folder, "bridge.c", text);
    free(text);
}

/* Compiled with warnings as errors and run in this process: the same bits, but where a NaN is. */
static void run_generated(const slope_function *f, const slope_code *code, const point *p)
{
    char folder[] = "/tmp/slope-fuzz-XXXXXX", library[64], said[1024] = "";
    require(mkdtemp(folder) != NULL);
    (void)snprintf(library, sizeof library, "%s/f.so", folder);
    write_file(folder, "f.h", code->header);
    write_file(folder, "f.c", code->source);
    write_bridge(folder, f);
    char source[64], bridge[64], cc[256];
    (void)snprintf(source, sizeof source, "%s/f.c", folder);
    (void)snprintf(bridge, sizeof bridge, "%s/bridge.c", folder);
    require(slope__native_find("cc", sizeof cc, cc));
    char *const arguments[] = {cc,        "-std=c99", "-O1",        "-ffp-contract=off",
                               "-Wall",   "-Wextra",  "-Wpedantic", "-Werror",
                               "-shared", "-fPIC",    "-o",         library,
                               source,    bridge,     "-lm",        NULL};
    const slope_status compiled = slope__native_run(cc, arguments, 60.0, said, sizeof said);
    if (compiled != SLOPE_OK)
        fprintf(stderr, "%s\n", said);
    require(compiled == SLOPE_OK);
    void *loaded = dlopen(library, RTLD_NOW | RTLD_LOCAL);
    require(loaded != NULL);
    void (*call)(const double *const x[], double *const y[], double *work);
    *(void **)&call = dlsym(loaded, "bridge");
    const unsigned long *room = dlsym(loaded, "room");
    require(call && room);
    double *work = calloc(*room + 1, sizeof *work), *out = calloc(f->results + 1, sizeof *out);
    double **y = calloc(f->outputs + 1, sizeof *y);
    require(work && out && y);
    for (size_t g = 0; g < f->outputs; g++)
        y[g] = out + f->output[g].first;
    call(p->x, y, work);
    for (size_t k = 0; k < f->results; k++)
        require(out[k] == p->out[k] || (out[k] != out[k] && p->out[k] != p->out[k]));
    free(work);
    free(out);
    free(y);
    (void)dlclose(loaded);
    char *const clean[] = {"rm", "-rf", folder, NULL};
    require(slope__native_run("/bin/rm", clean, 10.0, said, sizeof said) == SLOPE_OK);
}

static void generate(const slope_function *f, const point *p, int sampled)
{
    slope_code code = {0};
    slope_codegen_options o = slope_codegen_options_default();
    require(slope_codegen(f, &o, &code, NULL) == SLOPE_OK && code.source && code.header);
    require(strlen(code.source) == code.source_size && strlen(code.header) == code.header_size);
    if (sampled)
        run_generated(f, &code, p);
    slope_code_free(&code);
}

static void run_native(const slope_function *f, const point *p, const double off[])
{
    slope_compile_options o = slope_compile_options_default();
    o.cache = "";
    slope_error error = {0};
    slope_function *native = slope_function_compile(f, &o, &error);
    require(native && (error.status == SLOPE_OK || error.status == SLOPE_ERR_LIMIT ||
                       error.status == SLOPE_ERR_UNSUPPORTED)); /* a look-up */
    evaluate(native, p, off);
    slope_function_destroy(native);
}

/* The text of the machine code is written for every input, so that what can go wrong in writing does. */
static void write_native(const slope_function *f)
{
    slope__native_program program;
    if (slope__native_emit(f, slope__native_width(), &program, NULL) == SLOPE_OK)
        free(program.text);
}

/* f with its data bound to the numbers of p; to be destroyed. */
static slope_function *bind(const slope_function *f, const point *p)
{
    slope_function *bound = slope_function_share(f);
    for (size_t k = 0; k < f->data; k++) {
        const slope__group *data = &f->input[f->inputs + k];
        slope_function *next = slope_function_bind(bound, k, p->in + data->first, data->length, NULL);
        require(next != NULL);
        slope_function_destroy(bound);
        bound = next;
    }
    return bound;
}

static int is_sampled(uint64_t hash)
{
    const char *wanted = getenv("SLOPE_FUZZ_SAMPLE");
    const unsigned long sample = wanted ? strtoul(wanted, NULL, 10) : SAMPLE;
    return sample > 0 && hash % sample == 0;
}

static void check_here(const slope_function *f, uint64_t hash)
{
    point p;
    point_make(&p, f, hash);
    double *off = calloc(f->results + 1, sizeof *off);
    require(off != NULL);
    const int sampled = is_sampled(hash);
    if (reference(f, &p, off)) {
        slope_function *bound = bind(f, &p);
        evaluate(bound, &p, off);
        generate(f, &p, sampled);
        write_native(bound);
        if (sampled)
            run_native(bound, &p, off);
        slope_function_destroy(bound);
    }
    free(off);
    point_free(&p);
    slope_function_info info;
    require(slope_function_stats(f, &info) == SLOPE_OK);
}

/* A function with its back ends; `deeper` derivatives of it too. */
static void check_back_ends(const slope_function *f, uint64_t hash, int deeper)
{
    slope_function *(*const derive[])(const slope_function *, size_t, const size_t *, slope_error *) = {slope_vjp,
                                                                                                        slope_jvp};
    if (function_work(f, WORK) >= WORK || f->input_cells > WORK || f->inputs + f->data + f->outputs > GROUPS)
        return;
    check_here(f, hash);
    for (size_t k = 0; k < 2 && deeper > 0; k++) {
        slope_error error = {0};
        slope_function *d = derive[k](f, 0, NULL, &error);
        require(d || ((error.status == SLOPE_ERR_LIMIT || error.status == SLOPE_ERR_ARGUMENT) && error.message[0]));
        if (d)
            check_back_ends(d, hash / 2 + k, deeper - 1);
        slope_function_destroy(d);
    }
}

/* What an input's sampling goes by. */
static uint64_t hash_of(const uint8_t *data, size_t size) { return slope__hash(data, size); }

#endif
