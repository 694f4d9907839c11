/* SPDX-License-Identifier: MIT */
/*
 * slope_function_compile: writes the program, has it compiled in a folder that only we can read, keeps and loads it.
 *
 * The name of a program in the cache is the SHA-256 of its text, the flags, the compiler (its file, size and time) and
 * the machine's features: whatever changes the result changes the name.  No name of the function is in the text.
 */
#define _POSIX_C_SOURCE 200809L

#include <dlfcn.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined __x86_64__
#include <cpuid.h>
#endif

#include "base/error.h"
#include "base/number.h"
#include "function/backend.h"
#include "native/native.h"

enum { PATH_ROOM = 4096, SAID = 4096, FLAGS_AT_MOST = 24 };

static const char *const flags[] = {"-x",
                                    "c",
                                    "-std=gnu11",
                                    "-O2",
                                    "-fPIC",
                                    "-shared",
                                    "-w",
                                    "-ffp-contract=off",
                                    "-fno-math-errno",
                                    "-pipe",
#if defined __x86_64__
                                    "-march=native",
#endif
                                    NULL};

slope_compile_options slope_compile_options_default(void)
{
    return (slope_compile_options){.struct_size = sizeof(slope_compile_options), .seconds = 20, .max_operations = 4000};
}

const char *slope_function_backend(const slope_function *f)
{
    return f && slope__backend_of(f) ? "native" : "evaluator";
}

/* ---------------------------------------------------------------------------------------------------- the compiler */

static slope_status find_compiler(const char *wanted, char path[PATH_ROOM], slope_error *error)
{
    static const char *const usual[] = {"cc", "gcc", "clang"};
    const char *cc = getenv("CC");
    if (wanted) {
        if (slope__native_find(wanted, PATH_ROOM, path))
            return SLOPE_OK;
        return slope__fail(error, SLOPE_ERR_MISSING, SIZE_MAX, "there is no compiler %.200s", wanted);
    }
    if (cc && *cc && !strpbrk(cc, " \t\n") && slope__native_find(cc, PATH_ROOM, path))
        return SLOPE_OK;
    for (size_t k = 0; k < sizeof usual / sizeof *usual; k++) {
        if (slope__native_find(usual[k], PATH_ROOM, path))
            return SLOPE_OK;
    }
    return slope__fail(error, SLOPE_ERR_MISSING, SIZE_MAX,
                       "there is no C compiler: neither cc nor gcc nor clang is on the PATH");
}

/* What the processor can do, since programs are made for this one. */
static void machine(uint32_t id[16])
{
    memset(id, 0, 16 * sizeof *id);
#if defined __x86_64__
    (void)__get_cpuid_count(0, 0, &id[0], &id[1], &id[2], &id[3]);
    (void)__get_cpuid_count(1, 0, &id[4], &id[5], &id[6], &id[7]);
    (void)__get_cpuid_count(7, 0, &id[8], &id[9], &id[10], &id[11]);
    id[5] = 0; /* tells which core this is */
#endif
}

/* The name of the program. */
static void digest_text(const slope__native_program *program, const char *compiler, char name[2 * SLOPE__DIGEST + 1])
{
    unsigned char digest[SLOPE__DIGEST];
    char facts[PATH_ROOM + 512];
    uint32_t id[16];
    struct stat s = {0};
    (void)stat(compiler, &s);
    machine(id);
    int size = snprintf(facts, sizeof facts, "%s|%jd|%jd|%ju|%d", compiler, (intmax_t)s.st_size, (intmax_t)s.st_mtime,
                        (uintmax_t)s.st_ino, program->threads);
    for (size_t k = 0; flags[k] && size > 0 && (size_t)size < sizeof facts; k++)
        size += snprintf(facts + size, sizeof facts - (size_t)size, "|%s", flags[k]);
    slope__sha256(
        3, (const slope__bytes[]){{program->text, program->size}, {facts, strlen(facts) + 1}, {id, sizeof id}}, digest);
    for (size_t k = 0; k < SLOPE__DIGEST; k++)
        (void)snprintf(name + 2 * k, 3, "%02x", digest[k]);
}

/* The first line that tells what is wrong. */
static void first_complaint(char *said)
{
    char *at = strstr(said, "error");
    while (at && at > said && at[-1] != '\n')
        at--;
    if (at)
        memmove(said, at, strlen(at) + 1);
    said[strcspn(said, "\n")] = '\0';
    for (char *c = said; *c; c++)
        *c = (unsigned char)*c < ' ' ? ' ' : *c;
}

static slope_status run_compiler(const char *compiler, const char *source, const char *object, int threads,
                                 double seconds, char said[SAID])
{
    const char *argument[FLAGS_AT_MOST];
    size_t n = 0;
    argument[n++] = compiler;
    for (size_t k = 0; flags[k]; k++)
        argument[n++] = flags[k];
    if (threads)
        argument[n++] = "-fopenmp";
    argument[n++] = "-o";
    argument[n++] = object;
    argument[n++] = source;
    argument[n++] = "-lm";
    argument[n] = NULL;
    return slope__native_run(compiler, (char *const *)(uintptr_t)argument, seconds, said, SAID);
}

static slope_status compile(const char *compiler, const char *folder, const slope__native_program *program,
                            double seconds, slope_error *error)
{
    char source[PATH_ROOM], object[PATH_ROOM], said[SAID];
    (void)snprintf(source, sizeof source, "%.4000s/f.c", folder);
    (void)snprintf(object, sizeof object, "%.4000s/f.so", folder);
    FILE *out = fopen(source, "wbx");
    int ok = out && fwrite(program->text, 1, program->size, out) == program->size;
    ok = (out && fclose(out) == 0) & ok;
    if (!ok)
        return slope__fail(error, SLOPE_ERR_SYSTEM, SIZE_MAX, "the program can't be written to %.200s", source);
    slope_status status = run_compiler(compiler, source, object, program->threads, seconds, said);
    if (status == SLOPE_ERR_SYSTEM && program->threads) /* perhaps it has no OpenMP */
        status = run_compiler(compiler, source, object, 0, seconds, said);
    first_complaint(said);
    char number[SLOPE__NUMBER_SIZE];
    if (status == SLOPE_ERR_TIMEOUT)
        return slope__fail(error, status, SIZE_MAX, "%.200s took more than %s seconds", compiler,
                           slope__number(number, seconds));
    if (status != SLOPE_OK || access(object, R_OK) != 0)
        return slope__fail(error, SLOPE_ERR_SYSTEM, SIZE_MAX, "%.200s failed: %.600s", compiler,
                           *said ? said : "it did not say why");
    return SLOPE_OK;
}

/* ---------------------------------------------------------------------------------------------------------- loading */

typedef struct loaded {
    slope__backend backend; /* first, so that the two have one address */
    void *handle;
} loaded;

static void unload(void *object)
{
    loaded *l = object;
    if (l && l->handle)
        (void)dlclose(l->handle);
    free(l);
}

/* A symbol as a pointer to a function or object: dlsym's own type can't hold the first in ISO C. */
static void symbol(void *handle, const char *name, void *to, size_t size)
{
    void *found = dlsym(handle, name);
    memcpy(to, &found, size);
}

static slope_status load(const char *path, loaded *l, slope_error *error)
{
    void (*host)(double (*)(unsigned, size_t, const double[]));
    const size_t *work;
    l->handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!l->handle) {
        const char *why = dlerror();
        return slope__fail(error, SLOPE_ERR_SYSTEM, SIZE_MAX, "the program can't be loaded: %.400s",
                           why ? why : "no reason");
    }
    symbol(l->handle, "slope_host", &host, sizeof host);
    symbol(l->handle, "slope_native_work", &work, sizeof work);
    symbol(l->handle, "slope_native_eval", &l->backend.eval, sizeof l->backend.eval);
    symbol(l->handle, "slope_native_batch", &l->backend.batch, sizeof l->backend.batch);
    if (!host || !work || !l->backend.eval)
        return slope__fail(error, SLOPE_ERR_SYSTEM, SIZE_MAX, "what the compiler made lacks the function");
    host(slope__value);
    l->backend.work_bytes = *work;
    return SLOPE_OK;
}

/* ----------------------------------------------------------------------------------------------------- all of it */

static slope_status private_folder(char folder[PATH_ROOM], slope_error *error)
{
    const char *base = getenv("TMPDIR");
    const int size = snprintf(folder, PATH_ROOM, "%s/slope-XXXXXX", base && *base == '/' ? base : "/tmp");
    if (size < 0 || size > 3000 || !mkdtemp(folder))
        return slope__fail(error, SLOPE_ERR_SYSTEM, SIZE_MAX, "no folder can be made in %.200s",
                           base && *base == '/' ? base : "/tmp");
    return SLOPE_OK;
}

static void remove_folder(const char *folder)
{
    char path[PATH_ROOM];
    static const char *const file[] = {"f.c", "f.so"};
    for (size_t k = 0; k < 2; k++) {
        (void)snprintf(path, sizeof path, "%.4000s/%s", folder, file[k]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

/* Compiles in a folder of its own; the result goes to `entry` if it can, and is loaded. */
static slope_status make(const char *compiler, const slope__native_program *program, const slope_compile_options *o,
                         const char *entry, loaded *l, slope_error *error)
{
    char folder[PATH_ROOM], object[PATH_ROOM];
    slope_status status = private_folder(folder, error);
    if (status != SLOPE_OK)
        return status;
    status = compile(compiler, folder, program, o->seconds, error);
    if (status == SLOPE_OK) {
        (void)snprintf(object, sizeof object, "%.4000s/f.so", folder);
        const int kept = *entry && slope__cache_put(object, entry);
        status = load(kept ? entry : object, l, error);
    }
    remove_folder(folder);
    return status;
}

slope_status slope__native_attach(const slope_function *f, unsigned width, const slope_compile_options *o,
                                  slope_error *error)
{
    char compiler[PATH_ROOM], folder[PATH_ROOM], entry[PATH_ROOM], name[2 * SLOPE__DIGEST + 1];
    slope__native_program program;
    if (slope__native_operations(f, o->max_operations) > o->max_operations)
        return slope__fail(
            error, SLOPE_ERR_LIMIT, SIZE_MAX,
            "the function is more than %zu operations of straight code, for which a compiler takes too long",
            o->max_operations);
    slope_status status = find_compiler(o->compiler, compiler, error);
    if (status == SLOPE_OK)
        status = slope__native_emit(f, width, &program, error);
    if (status != SLOPE_OK)
        return status;
    slope__cache_folder(o->cache, sizeof folder, folder);
    digest_text(&program, compiler, name);
    *entry = '\0';
    if (*folder)
        (void)snprintf(entry, sizeof entry, "%.4000s/%s.so", folder, name);
    loaded *l = slope__new(1, sizeof *l);
    if (!l)
        status = slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for the program");
    else if (!*entry || !slope__cache_has(entry) || load(entry, l, NULL) != SLOPE_OK) {
        if (l->handle)
            (void)dlclose(l->handle);
        *l = (loaded){0};
        status = make(compiler, &program, o, entry, l, error);
    }
    free(program.text);
    if (status != SLOPE_OK)
        unload(l);
    else if (!slope__backend_attach(f, &l->backend, unload))
        status = slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for the program");
    return status;
}

/* f again, so that machine code is the result's alone. */
static slope_function *copy(const slope_function *f, slope_error *error)
{
    slope__builder *b = slope__builder_create(0);
    slope__cell *map = slope__new(f->cells, sizeof *map), *result = slope__new(f->results, sizeof *result);
    if (b && map && result) {
        slope__build_copy_inputs(b, f);
        (void)slope__build_copy_data(b, f);
        for (size_t c = 0; c < f->input_cells; c++)
            map[c] = (slope__cell)c;
        slope__build_text(b, f, map);
        for (size_t g = 0; g < f->outputs; g++) {
            for (size_t j = 0; j < f->output[g].length; j++)
                result[j] = map[f->result[f->output[g].first + j]];
            slope__build_output(b, f->output[g].name, f->output[g].length, result, 0);
        }
    } else if (b) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for the function");
    }
    free(map);
    free(result);
    return slope__builder_finish(b, error);
}

slope_function *slope_function_compile(const slope_function *f, const slope_compile_options *options,
                                       slope_error *error)
{
    const slope_compile_options o = options ? *options : slope_compile_options_default();
    if (error)
        *error = (slope_error){0};
    if (!f) {
        (void)slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "there is no function");
        return NULL;
    }
    if (o.struct_size != sizeof o) {
        (void)slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX,
                          "the options' struct_size is %zu, not %zu; start from slope_compile_options_default()",
                          o.struct_size, sizeof o);
        return NULL;
    }
    if (slope__backend_of(f))
        return slope_function_share(f);
    slope_function *compiled = copy(f, error);
    if (!compiled)
        return NULL;
    const slope_status status = slope__native_attach(compiled, slope__native_width(), &o, error);
    if (status == SLOPE_ERR_MEMORY) {
        slope_function_destroy(compiled);
        return NULL;
    }
    return compiled;
}
