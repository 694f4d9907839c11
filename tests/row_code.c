/* SPDX-License-Identifier: MIT */
/* The texts of all operations, put together, compiled and loaded; see row_code.h. */
#if !defined _GNU_SOURCE
#define _GNU_SOURCE /* mkdtemp, strndup */
#endif
#include "row_code.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "testing.h"

/* ------------------------------------------------------------------------------------------------------ functions */

static int record_row(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const row *r = context;
    y[0][0] = slope_apply(r->op, r->n, x[0]);
    return slope_tape_status(tape) != SLOPE_OK;
}

static void make_row(row *r, slope_op op)
{
    *r = (row){.op = op, .info = slope_op_describe(op)};
    r->n = r->info->arity < 0 ? ROW_OPERANDS : (size_t)r->info->arity;
    const slope_group in = {"x", r->n}, out = {"y", 1};
    r->function[0] = slope_function_record(1, &in, 1, &out, NULL, record_row, r, NULL);
    assert_non_null(r->function[0]);
    r->function[1] = slope_gradient(r->function[0], 0, NULL, NULL);
    r->function[2] = slope_hessian(r->function[0], 0, NULL, NULL);
    assert_non_null(r->function[1]);
    assert_non_null(r->function[2]);
}

row_code *row_code_make(void)
{
    row_code *code = calloc(1, sizeof *code);
    assert_non_null(code);
    strcpy(code->folder, "/tmp/slope-rows-XXXXXX");
    assert_non_null(mkdtemp(code->folder));
    for (size_t op = SLOPE_OP_CONST + 1; op < SLOPE_OP_CUSTOM; op++)
        make_row(&code->row[code->rows++], (slope_op)op);
    return code;
}

static void unload(row_code *code)
{
    if (code->library)
        assert_int_equal(dlclose(code->library), 0);
    code->library = NULL;
    for (size_t k = 0; k < code->rows; k++)
        memset(code->row[k].code, 0, sizeof code->row[k].code);
}

void row_code_free(row_code *code)
{
    char command[128];
    unload(code);
    for (size_t k = 0; k < code->rows; k++)
        for (size_t order = 0; order < ROW_ORDERS; order++)
            slope_function_destroy(code->row[k].function[order]);
    (void)snprintf(command, sizeof command, "rm -rf '%s'", code->folder);
    assert_int_equal(system(command), 0);
    free(code);
}

/* ---------------------------------------------------------------------------------------------------------- texts */

/* Paragraphs that were printed: the helpers of one function are those of another, word by word. */
typedef struct known {
    char *text[4000];
    size_t n;
} known;

static int is_new(known *all, const char *text, size_t size)
{
    for (size_t k = 0; k < all->n; k++) {
        if (strlen(all->text[k]) == size && memcmp(all->text[k], text, size) == 0)
            return 0;
    }
    assert_true(all->n < sizeof all->text / sizeof *all->text);
    all->text[all->n++] = strndup(text, size);
    return 1;
}

static void put_paragraphs(FILE *out, known *all, const char *text)
{
    while (*text) {
        const char *end = strstr(text, "\n\n");
        const size_t size = end ? (size_t)(end - text) : strlen(text);
        if (is_new(all, text, size))
            fprintf(out, "%.*s\n\n", (int)size, text);
        text += size + (end ? 2 : 0);
    }
}

static void put_row(FILE *out, known *all, const row *r, size_t order, int use_float)
{
    char name[64];
    slope_error error;
    slope_code code;
    slope_codegen_options o = slope_codegen_options_default();
    (void)snprintf(name, sizeof name, "row_%s_%zu", r->info->name, order);
    o.name = name;
    o.header = "math.h"; /* there is one header for all: this text */
    o.use_float = use_float;
    if (slope_codegen(r->function[order], &o, &code, &error) != SLOPE_OK)
        fail_msg("%s", error.message);
    fputs(code.header, out);
    put_paragraphs(out, all, code.source);
    slope_code_free(&code);
}

void row_code_write(row_code *code, int use_float)
{
    char path[128];
    known *all = calloc(1, sizeof *all);
    assert_non_null(all);
    unload(code);
    code->use_float = use_float;
    (void)snprintf(path, sizeof path, "%s/rows.c", code->folder);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs("#include <math.h>\n#include <stddef.h>\n\n", out);
    for (size_t k = 0; k < code->rows; k++)
        for (size_t order = 0; order < ROW_ORDERS; order++)
            put_row(out, all, &code->row[k], order, use_float);
    assert_int_equal(fclose(out), 0);
    for (size_t k = 0; k < all->n; k++)
        free(all->text[k]);
    free(all);
}

/* --------------------------------------------------------------------------------------------------------- loading */

int row_code_load(row_code *code, const char *compiler)
{
    static size_t loads; /* each has a name of its own: dlopen knows files by their names */
    char command[512], path[128];
    unload(code);
    (void)snprintf(path, sizeof path, "%s/rows%zu.so", code->folder, loads++);
    (void)snprintf(command, sizeof command, "command -v %.*s >/dev/null 2>&1", (int)strcspn(compiler, " "), compiler);
    if (system(command) != 0)
        return 0;
    (void)snprintf(command, sizeof command, "%s -shared -fPIC -ffp-contract=off -o %s %s/rows.c -lm", compiler, path,
                   code->folder);
    if (system(command) != 0)
        fail_msg("does not compile: %s", compiler);
    code->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!code->library)
        fail_msg("%s", dlerror());
    for (size_t k = 0; k < code->rows; k++) {
        for (size_t order = 0; order < ROW_ORDERS; order++) {
            char name[64];
            (void)snprintf(name, sizeof name, "row_%s_%zu", code->row[k].info->name, order);
            code->row[k].code[order] = dlsym(code->library, name);
            assert_non_null(code->row[k].code[order]);
        }
    }
    return 1;
}

size_t row_numbers(const row *r, size_t order) { return order == 0 ? 1 : order == 1 ? r->n : r->n * r->n; }

void row_call(const row_code *code, const row *r, size_t order, const double x[], double y[])
{
    enum { WORK = 4096 };
    if (code->use_float) {
        float at[ROW_OPERANDS] = {0}, result[ROW_OPERANDS * ROW_OPERANDS] = {0}, work[WORK];
        row_float *call;
        for (size_t i = 0; i < r->n; i++)
            at[i] = (float)x[i];
        memcpy(&call, &r->code[order], sizeof call);
        call(at, result, work);
        for (size_t i = 0; i < row_numbers(r, order); i++)
            y[i] = (double)result[i];
    } else {
        double work[WORK];
        row_double *call;
        memcpy(&call, &r->code[order], sizeof call);
        call(x, y, work);
    }
}
