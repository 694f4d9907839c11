/* SPDX-License-Identifier: MIT */
/* Saved functions: they come back as they were, broken bytes are refused and never harm, and the bytes stay what they
   are. */
#include "testing.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/file.h"
#include "function_work.h"
#include "random_function.h"

/* ------------------------------------------------------------------------------------------------- failing memory */

void *__real_malloc(size_t size);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *data, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *data, size_t size);

static long fails_in = -1; /* so many allocations from now on the next one fails; -1: none */
static size_t largest;     /* that was asked for */

static int fails(size_t size)
{
    if (size > largest)
        largest = size;
    return fails_in >= 0 && fails_in-- == 0;
}

void *__wrap_malloc(size_t size) { return fails(size) ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t n, size_t size) { return fails(n * size) ? NULL : __real_calloc(n, size); }
void *__wrap_realloc(void *data, size_t size) { return fails(size) ? NULL : __real_realloc(data, size); }

/* --------------------------------------------------------------------------------------------------------- helpers */

typedef struct bytes {
    unsigned char *at;
    size_t size;
} bytes;

static bytes saved(const slope_function *f)
{
    bytes b = {NULL, 0};
    size_t again = 0;
    assert_int_equal(slope_function_save(f, 0, NULL, &b.size), SLOPE_OK);
    b.at = malloc(b.size);
    assert_non_null(b.at);
    assert_int_equal(slope_function_save(f, b.size, b.at, &again), SLOPE_OK);
    assert_int_equal(again, b.size);
    return b;
}

/* The checksum that the bytes should have. */
static void seal(bytes b)
{
    const uint32_t c = slope__file_checksum(0, b.at + SLOPE__FILE_CHECKED, b.size - SLOPE__FILE_CHECKED);
    for (size_t k = 0; k < 4; k++)
        b.at[12 + k] = (unsigned char)(c >> 8 * k);
}

static void assert_same_bits(size_t n, const double a[], const double b[])
{
    for (size_t k = 0; k < n; k++) {
        if (memcmp(&a[k], &b[k], sizeof a[k]) != 0 && (a[k] == a[k] || b[k] == b[k]))
            fail_msg("number %zu: %.17g, not %.17g", k, b[k], a[k]);
    }
}

static void assert_evaluates_the_same(const slope_function *f, const slope_function *g)
{
    random_arrays a, b;
    random_arrays_make(&a, f, 7);
    random_arrays_make(&b, g, 7);
    assert_int_equal(a.inputs, b.inputs);
    assert_int_equal(a.outputs, b.outputs);
    assert_int_equal(slope__interpret(f, (const double *const *)a.x, a.y, NULL), SLOPE_OK);
    assert_int_equal(slope__interpret(g, (const double *const *)b.x, b.y, NULL), SLOPE_OK);
    for (size_t k = 0; k < f->outputs; k++) {
        assert_int_equal(f->output[k].length, g->output[k].length);
        assert_same_bits(f->output[k].length, a.y[k], b.y[k]);
    }
    random_arrays_free(&a);
    random_arrays_free(&b);
}

static slope_function *random_of(uint64_t seed)
{
    const random_options o = {
        .seed = seed, .operations = 6, .depth = (unsigned)(seed % 4), .passes = seed % 2 ? SLOPE_PASS_DEFAULT : 0};
    slope_function *f = random_function(&o);
    assert_non_null(f);
    return f;
}

/* x[2], table of two numbers, a map that adds, a guard: y = sum of (x[i] * c[i]) + 0.5. */
static slope_function *small(void)
{
    slope__builder *b = slope__builder_create(0);
    const slope__cell in[] = {slope__build_input(b, "a", 1), slope__build_input(b, "b", 1)};
    const slope__cell product = slope__build2(b, slope__code_mul, in[0], in[1]);
    slope__build_output(b, "q", 1, &product, 0);
    slope_function *body = slope__builder_finish(b, NULL);
    assert_non_null(body);
    b = slope__builder_create(0);
    const slope__cell x = slope__build_input(b, "x", 2);
    const slope__cell c = slope__build_table(b, 2, (const double[]){3.0, -1.25});
    slope__source source[] = {{{x, 1, 1, NULL}, SLOPE__NONE}, {{c, 1, 1, NULL}, SLOPE__NONE}};
    slope__target target[] = {{SLOPE__ADDED, 0, 1, {0, 0, 1, NULL}}};
    slope__loop loop = {.body = body, .n = 2, .source = source, .target = target};
    const slope__cell sum = slope__build_loop(b, &loop);
    const slope__cell y = slope__build2(b, slope__code_add, sum, slope__build_number(b, 0.5));
    slope__build_guard(b, y, 1, "small.c", 12);
    slope__build_output(b, "y", 1, &y, 0);
    slope_function *f = slope__builder_finish(b, NULL);
    slope_function_destroy(body);
    assert_non_null(f);
    return f;
}

/* ----------------------------------------------------------------------------------------------------------- tests */

static void random_functions_come_back_as_they_were(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 400; seed++) {
        slope_function *f = random_of(seed);
        const bytes b = saved(f);
        slope_error error;
        slope_function *g = slope_function_load(b.at, b.size, &error);
        if (!g)
            fail_msg("seed %d: %s at %zu", (int)seed, error.message, error.position);
        const bytes c = saved(g);
        assert_int_equal(b.size, c.size);
        assert_memory_equal(b.at, c.at, b.size);
        assert_evaluates_the_same(f, g);
        assert_int_equal(f->depth, g->depth);
        assert_int_equal(f->cells, g->cells);
        slope_function_info before, after;
        assert_int_equal(slope_function_stats(f, &before), SLOPE_OK);
        assert_int_equal(slope_function_stats(g, &after), SLOPE_OK);
        assert_int_equal(before.evaluated, after.evaluated);
        assert_int_equal(before.operations_before, after.operations_before);
        slope_function_destroy(f);
        slope_function_destroy(g);
        free(b.at);
        free(c.at);
    }
}

static void bytes_are_the_same_on_every_machine(void **state)
{
    (void)state;
    static const unsigned char golden[] = {
        0x89, 0x53, 0x4c, 0x4f, 0x50, 0x45, 0x0d, 0x0a, 0x01, 0x00, 0x00, 0x00, 0x7c, 0x10, 0x0b, 0x72, 0x80, 0x01,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x6d, 0x75, 0x6c, 0x03,
        0x00, 0x00, 0x00, 0x61, 0x64, 0x64, 0x02, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x61, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01,
        0x00, 0x00, 0x00, 0x62, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x71, 0x01,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00,
        0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x78,
        0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x79, 0x01, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
        0x00, 0x02, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0xe0, 0x3f, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x08, 0x40, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0xf4, 0xbf, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0xff, 0xff, 0xff, 0xff, 0x00, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
        0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x06,
        0x00, 0x00, 0x00, 0x06, 0x00, 0x00, 0x00, 0x01, 0x0c, 0x00, 0x00, 0x00, 0x01, 0x07, 0x00, 0x00, 0x00, 0x73,
        0x6d, 0x61, 0x6c, 0x6c, 0x2e, 0x63,
    };
    slope_function *f = small();
    const bytes b = saved(f);
    assert_int_equal(b.size, sizeof golden);
    assert_memory_equal(b.at, golden, sizeof golden);
    slope_function *g = slope_function_load(golden, sizeof golden, NULL);
    assert_non_null(g);
    double y = 0;
    assert_int_equal(
        slope__interpret(g, (const double *const[]){(const double[]){2.0, 4.0}}, (double *const[]){&y}, NULL),
        SLOPE_OK);
    assert_true(y == 1.5);
    assert_string_equal(g->guard[0].file, "small.c");
    assert_int_equal(g->guard[0].line, 12);
    slope_function_destroy(f);
    slope_function_destroy(g);
    free(b.at);
}

static void the_checksum_is_the_known_one(void **state)
{
    (void)state;
    assert_int_equal(slope__file_checksum(0, (const unsigned char *)"123456789", 9), 0xE3069283);
    assert_int_equal(slope__file_checksum(slope__file_checksum(0, (const unsigned char *)"1234", 4),
                                          (const unsigned char *)"56789", 5),
                     0xE3069283);
}

static void bytes_cut_anywhere_are_refused(void **state)
{
    (void)state;
    slope_function *f = random_of(3);
    const bytes b = saved(f);
    for (size_t n = 0; n < b.size; n++) {
        bytes cut = {malloc(n + 1), n};
        memcpy(cut.at, b.at, n);
        for (int sealed = 0; sealed < 2; sealed++) { /* once with a length and a checksum that are right */
            slope_error error;
            if (sealed && n >= SLOPE__FILE_HEAD) {
                for (size_t k = 0; k < 8; k++)
                    cut.at[SLOPE__FILE_CHECKED + k] = (unsigned char)((uint64_t)n >> 8 * k);
                seal(cut);
            }
            assert_null(slope_function_load(cut.at, n, &error));
            assert_int_equal(error.status, SLOPE_ERR_SYNTAX);
            assert_true(error.message[0] && error.position <= n);
        }
        free(cut.at);
    }
    slope_function_destroy(f);
    free(b.at);
}

/* Whatever is accepted must be a function: the same bytes again, and it can be evaluated. */
static void try_changed(bytes b)
{
    slope_error error;
    largest = 0;
    slope_function *g = slope_function_load(b.at, b.size, &error);
    assert_true(largest <= 100 * b.size + 65536);
    if (!g) {
        assert_int_equal(error.status, SLOPE_ERR_SYNTAX);
        assert_true(error.message[0] && error.position <= b.size);
        return;
    }
    const bytes c = saved(g);
    assert_int_equal(b.size, c.size);
    assert_memory_equal(b.at, c.at, b.size);
    free(c.at);
    if (function_work(g, 20000) < 20000) {
        random_arrays a;
        slope_function_info info;
        assert_int_equal(slope_function_stats(g, &info), SLOPE_OK);
        random_arrays_make(&a, g, 5);
        const slope_status status = slope__interpret(g, (const double *const *)a.x, a.y, NULL);
        assert_true(status == SLOPE_OK || status == SLOPE_ERR_BRANCH);
        random_arrays_free(&a);
    }
    slope_function_destroy(g);
}

static void changed_bytes_are_refused_or_are_a_function(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 12; seed++) {
        slope_function *f = seed == 0 ? small() : random_of(seed);
        bytes b = saved(f);
        for (size_t k = 0; k < b.size && b.size < 6000; k++) {
            static const unsigned char flips[] = {0x01, 0x02, 0x80, 0xFF};
            for (size_t m = 0; m < sizeof flips; m++) {
                b.at[k] ^= flips[m];
                assert_null(slope_function_load(b.at, b.size, NULL)); /* the checksum tells */
                if (k >= SLOPE__FILE_CHECKED) {
                    unsigned char checksum[4];
                    memcpy(checksum, b.at + 12, 4);
                    seal(b);
                    try_changed(b);
                    memcpy(b.at + 12, checksum, 4);
                }
                b.at[k] ^= flips[m];
            }
        }
        slope_function_destroy(f);
        free(b.at);
    }
}

/* Other writers may save what nobody reads; C that has it would not compile without warnings. */
static void what_nobody_reads_is_not_in_generated_c(void **state)
{
    (void)state;
    slope_function *f = slope_function_parse("min(exp(x), y)", SIZE_MAX, 0, NULL, NULL);
    bytes b = saved(f);
    slope_code code;
    const double x = 2, y = 3, *const in[] = {&x, &y};
    double z, *const out[] = {&z};
    memset(b.at + b.size - 4, 0, 4); /* the result is cell 0, x */
    seal(b);
    slope_function *g = slope_function_load(b.at, b.size, NULL);
    assert_non_null(g);
    assert_int_equal(slope_eval(g, in, out), SLOPE_OK);
    assert_true(z == 2);
    assert_int_equal(slope_codegen(g, NULL, &code, NULL), SLOPE_OK);
    assert_non_null(strstr(code.source, "(void)y;"));
    assert_null(strstr(code.source, "min"));
    assert_null(strstr(code.source, "exp("));
    slope_code_free(&code);
    slope_function_destroy(g);
    slope_function_destroy(f);
    free(b.at);
}

static void a_version_to_come_is_told(void **state)
{
    (void)state;
    slope_function *f = small();
    bytes b = saved(f);
    slope_error error;
    b.at[8] = 2;
    assert_null(slope_function_load(b.at, b.size, &error));
    assert_int_equal(error.position, 8);
    assert_non_null(strstr(error.message, "version 2"));
    slope_function_destroy(f);
    free(b.at);
}

static void wrong_arguments_are_told(void **state)
{
    (void)state;
    slope_function *f = small();
    size_t size = 0;
    char buffer[8], *text;
    slope_error error;
    assert_int_equal(slope_function_save(NULL, 0, NULL, &size), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_function_save(f, 0, NULL, NULL), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_function_save(f, 8, NULL, &size), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_function_save(f, 8, buffer, &size), SLOPE_ERR_LIMIT);
    assert_true(size > 8);
    assert_null(slope_function_load(NULL, 0, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_function_write(f, NULL, &error), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_function_write(NULL, "x", &error), SLOPE_ERR_ARGUMENT);
    assert_null(slope_function_read(NULL, &error));
    assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_function_dump(NULL, &text, NULL), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_function_dump(f, NULL, NULL), SLOPE_ERR_ARGUMENT);
    slope_function_destroy(f);
}

static void files_are_written_and_read(void **state)
{
    (void)state;
    char folder[] = "/tmp/slope-test-XXXXXX", path[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/f", folder);
    slope_function *f = random_of(7);
    slope_error error;
    assert_int_equal(slope_function_write(f, path, &error), SLOPE_OK);
    slope_function *g = slope_function_read(path, &error);
    assert_non_null(g);
    assert_evaluates_the_same(f, g);
    slope_function_destroy(g);
    FILE *file = fopen(path, "ab"); /* one byte more */
    assert_non_null(file);
    assert_int_equal(fputc(0, file), 0);
    assert_int_equal(fclose(file), 0);
    assert_null(slope_function_read(path, &error));
    assert_int_equal(error.status, SLOPE_ERR_SYNTAX);
    assert_int_equal(slope_function_write(f, path, NULL), SLOPE_OK); /* replaces it */
    if (geteuid() != 0) {
        assert_int_equal(chmod(path, 0), 0);
        assert_null(slope_function_read(path, &error));
        assert_int_equal(error.status, SLOPE_ERR_IO);
        assert_int_equal(slope_function_write(f, path, &error), SLOPE_ERR_IO);
    }
    assert_int_equal(unlink(path), 0);
    assert_null(slope_function_read(path, &error)); /* missing */
    assert_int_equal(error.status, SLOPE_ERR_IO);
    assert_non_null(strstr(error.message, path));
    assert_null(slope_function_read(folder, &error)); /* a directory */
    assert_int_equal(error.status, SLOPE_ERR_IO);
    assert_int_equal(slope_function_write(f, folder, &error), SLOPE_ERR_IO);
    assert_null(slope_function_read("/dev/zero", &error)); /* without end */
    assert_int_equal(error.status, SLOPE_ERR_SYNTAX);
    assert_null(slope_function_read("/dev/null", &error));
    assert_int_equal(error.status, SLOPE_ERR_SYNTAX);
    assert_int_equal(slope_function_write(f, "/dev/full", &error), SLOPE_ERR_IO);
    assert_int_equal(rmdir(folder), 0);
    slope_function_destroy(f);
}

static void short_memory_is_told_and_nothing_leaks(void **state)
{
    (void)state;
    slope_function *f = random_of(3);
    const bytes b = saved(f);
    char path[] = "/tmp/slope-test-XXXXXX";
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(slope_function_write(f, path, NULL), SLOPE_OK);
    for (int what = 0; what < 5; what++) {
        slope_status status = SLOPE_ERR_MEMORY;
        long k = 0;
        for (; status == SLOPE_ERR_MEMORY; k++) {
            assert_true(k < 10000);
            slope_error error = {0};
            slope_function *g = NULL;
            char *text = NULL;
            size_t size;
            fails_in = k;
            if (what == 0)
                status = slope_function_save(f, b.size, b.at, &size);
            else if (what == 1)
                g = slope_function_load(b.at, b.size, &error);
            else if (what == 2)
                status = slope_function_write(f, path, &error);
            else if (what == 3)
                g = slope_function_read(path, &error);
            else
                status = slope_function_dump(f, &text, &size);
            fails_in = -1;
            if (what == 1 || what == 3)
                status = g ? SLOPE_OK : error.status;
            slope_function_destroy(g);
            free(text);
            if (what == 3 && status == SLOPE_ERR_IO) /* the C library had none for its own needs */
                status = SLOPE_ERR_MEMORY;
        }
        assert_int_equal(status, SLOPE_OK);
        assert_true(k > 1);
    }
    assert_int_equal(unlink(path), 0);
    slope_function_destroy(f);
    free(b.at);
}

static void a_dump_can_be_read(void **state)
{
    (void)state;
    static const char expected[] = "\nfunction\n"
                                   "    input x[2]\n"
                                   "    constants c[2] = 3, -1.25\n"
                                   "    v0 = map of body 1, n = 2\n"
                                   "        a <- x[i]\n"
                                   "        b <- c[i]\n"
                                   "        q += v[0]\n"
                                   "    v1 = v0 + 0.5\n"
                                   "    guard: not 0: v1 at small.c:12\n"
                                   "    output y = v1\n"
                                   "\nbody 1\n"
                                   "    input a\n"
                                   "    input b\n"
                                   "    v0 = a * b\n"
                                   "    output q = v0\n";
    slope_function *f = small();
    char *text;
    size_t size;
    assert_int_equal(slope_function_dump(f, &text, &size), SLOPE_OK);
    assert_int_equal(strlen(text), size);
    assert_string_equal(strstr(text, "\nfunction\n"), expected);
    free(text);
    slope_function_destroy(f);
    for (uint64_t seed = 0; seed < 100; seed++) {
        f = random_of(seed);
        assert_int_equal(slope_function_dump(f, &text, NULL), SLOPE_OK);
        free(text);
        slope_function_destroy(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_functions_come_back_as_they_were),
        cmocka_unit_test(bytes_are_the_same_on_every_machine),
        cmocka_unit_test(the_checksum_is_the_known_one),
        cmocka_unit_test(bytes_cut_anywhere_are_refused),
        cmocka_unit_test(changed_bytes_are_refused_or_are_a_function),
        cmocka_unit_test(what_nobody_reads_is_not_in_generated_c),
        cmocka_unit_test(a_version_to_come_is_told),
        cmocka_unit_test(wrong_arguments_are_told),
        cmocka_unit_test(files_are_written_and_read),
        cmocka_unit_test(short_memory_is_told_and_nothing_leaks),
        cmocka_unit_test(a_dump_can_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
