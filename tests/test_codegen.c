/* SPDX-License-Identifier: MIT */
/*
 * Generated C is compiled by every compiler there is, as C and as C++, without a warning, run, and held against the
 * interpreter, bit for bit.  All functions of a test go into one program, which prints every result as hexadecimal
 * bits.
 */
#if !defined _GNU_SOURCE
#define _GNU_SOURCE /* mkdtemp, open_memstream */
#endif
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "random_function.h"
#include "testing.h"

extern char **environ;

enum { MOST = 400 };

typedef struct program {
    char folder[32];
    slope_function *f[MOST];
    slope_code code[MOST];
    random_arrays at[MOST];
    size_t n;
    int use_float;
} program;

static int program_setup(void **state)
{
    program *p = calloc(1, sizeof *p);
    strcpy(p->folder, "/tmp/slope-code-XXXXXX");
    *state = p;
    return mkdtemp(p->folder) ? 0 : -1;
}

static int run(const char *folder, char *const arguments[])
{
    pid_t pid;
    int status = -1;
    char path[64];
    (void)snprintf(path, sizeof path, "%s/said", folder);
    posix_spawn_file_actions_t actions;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 1, path, 0x241 /* write, create, truncate */, 0600);
    (void)posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (posix_spawnp(&pid, arguments[0], &actions, NULL, arguments, environ) == 0)
        (void)waitpid(pid, &status, 0);
    (void)posix_spawn_file_actions_destroy(&actions);
    return status;
}

static int program_teardown(void **state)
{
    program *p = *state;
    for (size_t k = 0; k < p->n; k++) {
        slope_function_destroy(p->f[k]);
        slope_code_free(&p->code[k]);
        random_arrays_free(&p->at[k]);
    }
    (void)run("/tmp", (char *const[]){"rm", "-rf", p->folder, NULL});
    free(p);
    return 0;
}

/* Takes f over. */
static void add(program *p, slope_function *f, uint64_t seed)
{
    slope_error error = {0};
    char name[24];
    assert_non_null(f);
    assert_true(p->n < MOST);
    (void)snprintf(name, sizeof name, "fun%zu", p->n);
    slope_codegen_options o = slope_codegen_options_default();
    o.name = name;
    o.use_float = p->use_float;
    if (slope_codegen(f, &o, &p->code[p->n], &error) != SLOPE_OK)
        fail_msg("%s", error.message);
    random_arrays_make(&p->at[p->n], f, seed);
    p->f[p->n++] = f;
}

static void write_text(const program *p, const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", p->folder, name);
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_true(fputs(text, out) >= 0);
    assert_int_equal(fclose(out), 0);
}

static void put_array(FILE *out, const char *type, const char *name, size_t k, size_t g, size_t n, const double x[])
{
    fprintf(out, "static %s %s%zu_%zu[%zu]", type, name, k, g, n + 1);
    char number[SLOPE__NUMBER_SIZE];
    for (size_t j = 0; x && j < n; j++)
        fprintf(out, "%s(%s)%s%s", j ? ", " : " = {", type, slope__number_format(number, "%.17g", x[j]),
                j + 1 < n ? "" : "}");
    fputs(";\n", out);
}

/* All functions in one file, and a main that prints the bits of what they give. */
static void write_program(const program *p)
{
    char *text = NULL;
    size_t size;
    const char *type = p->use_float ? "float" : "double";
    FILE *out = open_memstream(&text, &size);
    assert_non_null(out);
    fputs("#include <stdio.h>\n#include <string.h>\n", out);
    for (size_t k = 0; k < p->n; k++)
        fprintf(out, "#include \"fun%zu.h\"\n", k);
    for (size_t k = 0; k < p->n; k++) {
        const slope_function *f = p->f[k];
        for (size_t g = 0; g < f->inputs + f->data; g++)
            put_array(out, type, "x", k, g, f->input[g].length, p->at[k].x[g]);
        for (size_t g = 0; g < f->outputs; g++)
            put_array(out, type, "y", k, g, f->output[g].length, NULL);
        fprintf(out, "static %s w%zu[FUN%zu_WORK + 1];\n", type, k, k);
    }
    fprintf(out,
            "static void show(size_t n, const %s *x) { size_t k; for (k = 0; k < n; k++) { unsigned long long b; "
            "double d = (double)x[k]; memcpy(&b, &d, sizeof b); printf(\"%%llx\\n\", b); } }\nint main(void)\n{\n",
            type);
    for (size_t k = 0; k < p->n; k++) {
        const slope_function *f = p->f[k];
        fprintf(out, "    fun%zu(", k);
        for (size_t g = 0; g < f->inputs + f->data; g++)
            fprintf(out, "x%zu_%zu, ", k, g);
        for (size_t g = 0; g < f->outputs; g++)
            fprintf(out, "y%zu_%zu, ", k, g);
        fprintf(out, "w%zu);\n", k);
        for (size_t g = 0; g < f->outputs; g++)
            fprintf(out, "    show(%zuu, y%zu_%zu);\n", f->output[g].length, k, g);
    }
    fputs("    return 0;\n}\n", out);
    assert_int_equal(fclose(out), 0);
    write_text(p, "main.c", text);
    free(text);
    for (size_t k = 0; k < p->n; k++) {
        char name[32];
        (void)snprintf(name, sizeof name, "fun%zu.h", k);
        write_text(p, name, p->code[k].header);
        (void)snprintf(name, sizeof name, "fun%zu.c", k);
        write_text(p, name, p->code[k].source);
    }
}

static char *said(const program *p)
{
    char path[64];
    char *text = calloc(1, 1 << 20);
    (void)snprintf(path, sizeof path, "%s/said", p->folder);
    FILE *in = fopen(path, "r");
    if (in) {
        (void)!fread(text, 1, (1 << 20) - 1, in);
        (void)fclose(in);
    }
    return text;
}

/* Compiles main.c with all sources included behind it, each function alone as one translation unit would take too long:
   helpers are static and have equal text, so every source is its own file. */
static void compile(const program *p, char *compiler, const char *language)
{
    enum { FIXED = 14 };
    char **arguments = calloc(FIXED + MOST + 4, sizeof *arguments), standard[24];
    size_t n = 0;
    const int cxx = strcmp(language, "c++") == 0;
    (void)snprintf(standard, sizeof standard, "-std=%s", cxx ? "c++17" : "c99");
    char *const fixed[] = {
        compiler,     cxx ? "-xc++" : "-xc", standard,  "-O0", "-ffp-contract=off", "-Wall", "-Wextra",
        "-Wpedantic", "-Wconversion",        "-Werror", "-o"};
    for (size_t k = 0; k < sizeof fixed / sizeof *fixed; k++)
        arguments[n++] = fixed[k];
    char program_path[64], *sources = calloc(p->n + 1, 64);
    (void)snprintf(program_path, sizeof program_path, "%s/program", p->folder);
    arguments[n++] = program_path;
    for (size_t k = 0; k <= p->n; k++) {
        char *path = sources + 64 * k;
        if (k < p->n)
            (void)snprintf(path, 64, "%s/fun%zu.c", p->folder, k);
        else
            (void)snprintf(path, 64, "%s/main.c", p->folder);
        arguments[n++] = path;
    }
    arguments[n++] = "-lm";
    const int status = run(p->folder, arguments);
    if (status != 0) {
        char *text = said(p);
        fail_msg("%s as %s: %.2000s", compiler, language, text);
    }
    free(sources);
    free(arguments);
}

static double bits_to_double(const char **at)
{
    char *end;
    const unsigned long long bits = strtoull(*at, &end, 16);
    double x;
    memcpy(&x, &bits, sizeof x);
    *at = *end == '\n' ? end + 1 : end;
    return x;
}

/* Runs the program and compares; tolerance 0: the same bits, NaN for NaN. */
static void compare(const program *p, double tolerance)
{
    char path[64];
    (void)snprintf(path, sizeof path, "%s/program", p->folder);
    assert_int_equal(run(p->folder, (char *const[]){path, NULL}), 0);
    char *text = said(p);
    const char *at = text;
    for (size_t k = 0; k < p->n; k++) {
        const slope_function *f = p->f[k];
        assert_int_equal(slope__interpret(f, (const double *const *)p->at[k].x, p->at[k].y, NULL), SLOPE_OK);
        for (size_t g = 0; g < f->outputs; g++) {
            for (size_t j = 0; j < f->output[g].length; j++) {
                const double got = bits_to_double(&at), expected = p->at[k].y[g][j];
                const int same = (got != got && expected != expected) || got == expected ||
                                 fabs(got - expected) <= tolerance * (1.0 + fabs(expected));
                if (!same)
                    fail_msg("function %zu, %s[%zu]: %.17g, expected %.17g", k, f->output[g].name, j, got, expected);
            }
        }
    }
    free(text);
}

static int has(const char *compiler)
{
    return run("/tmp", (char *const[]){(char *)(uintptr_t)compiler, "--version", NULL}) == 0;
}

static void check(program *p, int all, double tolerance)
{
    write_program(p);
    compile(p, "cc", "c");
    compare(p, tolerance);
    if (all && has("c++")) {
        compile(p, "c++", "c++");
        compare(p, tolerance);
    }
    if (all && has("clang")) {
        compile(p, "clang", "c");
        compare(p, tolerance);
    }
}

/* One function that has every operation of the table on good operands. */
static slope_function *all_operations(void)
{
    slope__builder *b = slope__builder_create(0);
    const slope__cell x = slope__build_input(b, "x", 6);
    slope__cell result[slope__code_count];
    size_t n = 0;
    for (unsigned code = slope__code_add; code < slope__code_custom; code++) {
        const slope_op_info *info = slope_op_describe((slope_op)code);
        slope__cell operand[6];
        for (size_t k = 0; k < 6; k++)
            operand[k] = random_squash(b, x + (slope__cell)k, k == 1 ? info->low2 : info->low,
                                       k == 1 ? info->high2 : info->high);
        if (code == slope__code_powi)
            operand[1] = slope__build_number(b, 3.0);
        if (code == slope__code_polygamma)
            operand[0] = slope__build_number(b, 2.0);
        result[n++] = slope__build(b, code, info->arity < 0 ? 6 : (size_t)info->arity, operand);
    }
    slope__build_output(b, "y", n, result, 0);
    return slope__builder_finish(b, NULL);
}

static void every_operation_is_written_as_it_is_computed(void **state)
{
    add(*state, all_operations(), 7);
    check(*state, 1, 0.0);
}

static void every_operation_is_written_for_float(void **state)
{
    program *p = *state;
    p->use_float = 1;
    add(p, all_operations(), 7);
    for (uint64_t seed = 1; seed <= 12; seed++)
        add(p, random_function(&(random_options){.seed = seed, .operations = 8, .depth = 1, .passes = 3, .tame = 1}),
            seed);
    write_program(p);
    compile(p, "cc", "c");
    if (has("c++"))
        compile(p, "c++", "c++");
    char path[64];
    (void)snprintf(path, sizeof path, "%s/program", p->folder);
    assert_int_equal(run(p->folder, (char *const[]){path, NULL}), 0);
    char *text = said(p);
    const char *at = text;
    assert_int_equal(slope__interpret(p->f[0], (const double *const *)p->at[0].x, p->at[0].y, NULL), SLOPE_OK);
    for (size_t j = 0; j < p->f[0]->output[0].length;
         j++) { /* steps may go the other way for a rounded operand: none does here */
        const double got = bits_to_double(&at), expected = p->at[0].y[0][j];
        assert_near(got, expected, 2e-4 * (1.0 + fabs(expected)));
    }
    free(text);
}

/* ------------------------------------------------------------------------------------ look-ups, the user's own text */

enum { KNOTS = 9 };

static const double knots[KNOTS] = {-1.5, -1, -0.4, 0, 0.3, 0.9, 1, 2, 4}, heights[KNOTS] = {3, 1, 2, 2, 5, 4, 4, 0, 1};

/* x twice through tables, the second of values. */
static int trace_tables(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const unsigned kind = *(const unsigned *)context;
    const slope_value first = slope_interp(x[0][0], KNOTS, knots, heights, kind | SLOPE_INTERP_COPY);
    const slope_value second = slope_interp_values(slope_sub(first, x[0][1]), 4, NULL, x[1], kind);
    y[0][0] = slope_mul(slope_add(first, second), x[1][2]);
    y[0][1] = slope_interp(slope_square(x[0][1]), 2, NULL, heights, kind | SLOPE_INTERP_COPY);
    return slope_tape_status(tape) != SLOPE_OK;
}

static slope_function *record_tables(unsigned kind)
{
    static const slope_group in[] = {{"x", 2}, {"ys", 4}}, out[] = {{"y", 2}};
    return slope_function_record(2, in, 1, out, NULL, trace_tables, &kind, NULL);
}

static void look_ups_give_the_same_bits(void **state)
{
    static const unsigned outside[] = {0, SLOPE_INTERP_CLAMP, SLOPE_INTERP_EXTEND};
    for (unsigned k = 0; k < 9; k++) {
        slope_function *f = record_tables(k % 3 | outside[k / 3]), *v = slope_vjp(f, 0, NULL, NULL);
        for (uint64_t seed = 1; seed <= 6; seed++)
            add(*state, slope_function_share(f), seed + k);
        add(*state, v, k + 1);
        add(*state, slope_jvp(f, 0, NULL, NULL), k + 1);
        add(*state, slope_jvp(v, 0, NULL, NULL), k + 1);
        slope_function_destroy(f);
    }
    check(*state, 1, 0.0);
}

static void look_ups_are_written_for_float(void **state)
{
    program *p = *state;
    p->use_float = 1;
    for (unsigned kind = 0; kind < 3; kind++)
        add(p, record_tables(kind | SLOPE_INTERP_EXTEND), kind + 1);
    write_program(p);
    compile(p, "cc", "c");
}

/* Compiled here, and given as text. */
#define AS_IT_IS_AND_AS_TEXT(...) __VA_ARGS__ static const char whirl_text[] = #__VA_ARGS__;

AS_IT_IS_AND_AS_TEXT(
    static inline int whirl(const double *const x[], double *const y[]) {
        y[0][0] = x[0][0] * x[0][1] + x[1][0];
        y[1][0] = x[0][1] - x[1][0] * x[1][0];
        return 0;
    } static inline int whirl_vjp(const double *const x[], double *const y[]) {
        y[0][0] = x[2][0] * x[0][1];
        y[0][1] = x[2][0] * x[0][0] + x[3][0];
        y[1][0] = x[2][0] - 2 * x[3][0] * x[1][0];
        return 0;
    } static inline int whirl_hvp(const double *const x[], double *const y[]) {
        y[0][0] = x[2][0] * x[4][1];
        y[0][1] = x[2][0] * x[4][0];
        y[1][0] = -2 * x[3][0] * x[5][0];
        return 0;
    })

static int whirl_here(const double *const x[], double *const y[], void *context) { return (void)context, whirl(x, y); }
static int vjp_here(const double *const x[], double *const y[], void *context)
{
    return (void)context, whirl_vjp(x, y);
}
static int hvp_here(const double *const x[], double *const y[], void *context)
{
    return (void)context, whirl_hvp(x, y);
}

static int trace_whirls(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    slope_value a[3], b[3];
    const slope_view map[] = {slope_each(x[0], 1), slope_each(x[0], 1)};
    slope_map(tape, context, 3, map, (slope_value *const[]){a, b});
    slope_call(tape, context, (const slope_value *const[]){a, b}, (slope_value *const[]){&y[0][0], NULL});
    y[0][0] = slope_mul(slope_sin(y[0][0]), a[2]);
    return slope_tape_status(tape) != SLOPE_OK;
}

static void text_of_the_user_gives_the_same_bits(void **state)
{
    static const slope_group in[] = {{"a", 2}, {"b", 1}}, out[] = {{"p", 1}, {"q", 1}}, x[] = {{"x", 4}},
                             y[] = {{"y", 1}};
    slope_custom_function c = slope_custom_function_default();
    c.name = "whirl";
    c.value = whirl_here;
    c.vjp = vjp_here;
    c.hvp = hvp_here;
    c.code = whirl_text;
    slope_function *whirls = slope_function_custom(&c, 2, in, 2, out, NULL);
    slope_function *f = slope_function_record(1, x, 1, y, NULL, trace_whirls, whirls, NULL);
    add(*state, slope_gradient(f, 0, NULL, NULL), 1);
    add(*state, slope_jvp(f, 0, NULL, NULL), 2);
    add(*state, slope_hessian(f, 0, NULL, NULL), 3);
    add(*state, f, 4);
    add(*state, whirls, 5);
    check(*state, 0, 0.0);
}

static void random_functions_give_the_same_bits(void **state)
{
    for (uint64_t seed = 1; seed <= 60; seed++)
        add(*state,
            random_function(&(random_options){
                .seed = seed, .operations = 10, .depth = (unsigned)(seed % 4), .passes = 3, .tame = seed % 3 != 0}),
            seed);
    check(*state, 0, 0.0);
}

static void derivatives_of_random_functions_give_the_same_bits(void **state)
{
    for (uint64_t seed = 1; seed <= 16; seed++) {
        slope_function *f = random_function(&(random_options){
            .seed = seed, .operations = 6, .depth = (unsigned)(seed % 3), .passes = SLOPE_PASS_DEFAULT, .tame = 1});
        slope_function *v = slope_vjp(f, 0, NULL, NULL), *j = slope_jvp(v, 0, NULL, NULL);
        add(*state, v, seed);
        add(*state, j, seed);
        slope_function_destroy(f);
    }
    check(*state, 1, 0.0);
}

/* A polynomial without a power of x doesn't read x; compilers warn of variables that nobody reads. */
static void an_operand_that_is_not_needed_is_no_unused_variable(void **state)
{
    for (size_t n = 1; n <= 2; n++) {
        slope__builder *b = slope__builder_create(0);
        const slope__cell x = slope__build_input(b, "x", 2), operand[] = {slope__build1(b, slope__code_exp, x), x + 1};
        const slope__cell v = slope__build(b, slope__code_poly, n, operand);
        slope__build_output(b, "y", 1, &v, 0);
        add(*state, slope__builder_finish(b, NULL), n);
    }
    check(*state, 1, 0.0);
}

static void a_long_text_is_divided(void **state)
{
    slope__builder *b = slope__builder_create(3);
    const slope__cell x = slope__build_input(b, "x", 50);
    slope__cell s = x;
    for (uint32_t k = 0; k < 6000; k++) {
        const slope__cell t = slope__build2(b, k % 3 ? slope__code_mul : slope__code_sub, s, x + k * 7 % 50);
        s = slope__build2(b, slope__code_add, random_squash(b, t, -1.0, 1.0), x + k % 50);
    }
    slope__build_output(b, "y", 1, &s, 0);
    add(*state, slope__builder_finish(b, NULL), 3);
    check(*state, 0, 0.0);
    assert_non_null(strstr(((program *)*state)->code[0].source, "_part100("));
}

/* s' = tanh(s p0 + x i), n steps */
static slope_function *fold_gradient(size_t n)
{
    slope__builder *b = slope__builder_create(3);
    slope__cell s = slope__build_input(b, "s", 1), p = slope__build_input(b, "p", 1), x = slope__build_input(b, "x", 1);
    s = slope__build1(b, slope__code_tanh,
                      slope__build2(b, slope__code_add, slope__build2(b, slope__code_mul, s, p), x));
    slope__build_output(b, "s", 1, &s, 0);
    slope_function *body = slope__builder_finish(b, NULL);
    b = slope__builder_create(3);
    s = slope__build_input(b, "s", 1), p = slope__build_input(b, "p", 1), x = slope__build_input(b, "x", n);
    slope__source source[] = {{{s, 0, 1, NULL}, 0}, {{p, 0, 1, NULL}, SLOPE__NONE}, {{x, 1, 1, NULL}, SLOPE__NONE}};
    slope__target target = {.kind = SLOPE__LAST};
    slope__loop loop = {.body = body, .n = n, .source = source, .target = &target};
    slope__build_output(b, "end", 1, NULL, slope__build_loop(b, &loop));
    slope_function *f = slope__builder_finish(b, NULL), *g = slope_gradient(f, 0, NULL, NULL);
    slope_function_destroy(body);
    slope_function_destroy(f);
    return g;
}

static size_t lines(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void a_fold_is_as_long_for_a_thousand_steps_as_for_ten(void **state)
{
    program *p = *state;
    add(p, fold_gradient(10), 1);
    add(p, fold_gradient(1000), 2);
    assert_int_equal(lines(p->code[0].source), lines(p->code[1].source));
    check(p, 1, 0.0);
}

static void the_text_of_a_small_function_is_this(void **state)
{
    program *p = *state;
    slope_function *f = slope_function_parse("y = a * b + sin(a)", SIZE_MAX, 0, NULL, NULL);
    add(p, f, 1);
    assert_string_equal(p->code[0].source, "/* fun0: generated by Slope 0.1.0; do not edit. */\n"
                                           "#include \"fun0.h\"\n"
                                           "\n"
                                           "#include <math.h>\n"
                                           "#include <stddef.h>\n"
                                           "\n"
                                           "static double slope_sin(double a)\n"
                                           "{\n"
                                           "    return sin(a);\n"
                                           "}\n"
                                           "\n"
                                           "void fun0(const double *SLOPE_RESTRICT a, const double *SLOPE_RESTRICT b, "
                                           "double *SLOPE_RESTRICT y, double *SLOPE_RESTRICT work)\n"
                                           "{\n"
                                           "    (void)work;\n"
                                           "    const double v2 = a[0] * b[0];\n"
                                           "    const double v3 = slope_sin(a[0]);\n"
                                           "    const double v4 = v2 + v3;\n"
                                           "    y[0] = v4;\n"
                                           "}\n");
    assert_non_null(strstr(p->code[0].header, "#define FUN0_WORK 0\n"));
    check(p, 1, 0.0);
}

static void the_same_function_gives_the_same_text(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        const random_options o = {.seed = seed, .operations = 10, .depth = 2, .passes = 3};
        slope_function *f = random_function(&o), *g = random_function(&o);
        slope_code a, b;
        assert_int_equal(slope_codegen(f, NULL, &a, NULL), SLOPE_OK);
        assert_int_equal(slope_codegen(g, NULL, &b, NULL), SLOPE_OK);
        assert_string_equal(a.source, b.source);
        assert_string_equal(a.header, b.header);
        slope_code_free(&a);
        slope_code_free(&b);
        slope_function_destroy(f);
        slope_function_destroy(g);
    }
}

static void names_that_c_has_already_are_changed(void **state)
{
    static const char *const name[] = {"int", "work", "v12",      "i",    "class",     "_x",     "a__b", "fun0",  "y",
                                       "NAN", "pair", "HUGE_VAL", "M_PI", "FUN0_WORK", "FUN0_H", "sin",  "size_t"};
    slope__builder *b = slope__builder_create(3);
    slope__cell sum = slope__build_number(b, 0.0);
    slope__builder_destroy(b);
    b = slope__builder_create(3);
    for (size_t k = 0; k < 17; k++)
        (void)slope__build_input(b, name[k], 1);
    char longest[300];
    memset(longest, 'q', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    (void)slope__build_input(b, longest, 1);
    sum = 0;
    for (slope__cell k = 1; k < 18; k++)
        sum = slope__build2(b, slope__code_add, sum, k);
    slope__build_output(b, "y", 1, &sum, 0);
    slope__build_output(b, "while", 1, &sum, 0);
    add(*state, slope__builder_finish(b, NULL), 9);
    check(*state, 1, 0.0);
}

static void bad_options_are_refused(void **state)
{
    (void)state;
    slope_function *f = slope_function_parse("a + 1", SIZE_MAX, 0, NULL, NULL);
    slope_codegen_options o = slope_codegen_options_default();
    slope_code code;
    slope_error error;
    static const char *const bad[] = {"while", "1x",  "",      "a b",  "f;",      "slope_x",
                                      "a__b",  "sin", "isnan", "expf", "HUGE_VAL"};
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        o.name = bad[k];
        assert_int_equal(slope_codegen(f, &o, &code, &error), SLOPE_ERR_ARGUMENT);
    }
    o = slope_codegen_options_default();
    o.header = "x\"\n#error";
    assert_int_equal(slope_codegen(f, &o, &code, &error), SLOPE_ERR_ARGUMENT);
    o = slope_codegen_options_default();
    o.struct_size = 1;
    assert_int_equal(slope_codegen(f, &o, &code, NULL), SLOPE_ERR_ARGUMENT);
    assert_int_equal(slope_codegen(NULL, NULL, &code, NULL), SLOPE_ERR_ARGUMENT);
    o = slope_codegen_options_default();
    o.comment = "ends */ int injected; /*";
    assert_int_equal(slope_codegen(f, &o, &code, NULL), SLOPE_OK);
    assert_null(strstr(code.header, "ends */"));
    slope_code_free(&code);
    slope_function_destroy(f);
}

#define with_program(test) cmocka_unit_test_setup_teardown(test, program_setup, program_teardown)

/* f(x) = body(body(x)), sin(x) where there is no body; the body is kept by its loops. */
static slope_function *twice(slope_function *body)
{
    slope__builder *b = slope__builder_create(0);
    slope__cell x = slope__build_input(b, "x", 1);
    for (int k = 0; body && k < 2; k++) {
        slope__source source = {.view = {.first = x}, .carried = SLOPE__NONE};
        slope__target target = {.kind = SLOPE__LAST};
        slope__loop loop = {.body = body, .n = 1, .source = &source, .target = &target};
        x = slope__build_loop(b, &loop);
    }
    if (!body)
        x = slope__build1(b, slope__code_sin, x);
    slope__build_output(b, "y", 1, &x, 0);
    return slope__builder_finish(b, NULL);
}

/* Each level calls the one below twice: thirty are a text of thirty functions, though a run is 2^30 operations. */
static void a_body_that_is_called_twice_a_level_is_written_once(void **state)
{
    (void)state;
    slope_function *f = twice(NULL);
    for (int level = 0; level < 30; level++) {
        slope_function *above = twice(f);
        assert_non_null(above);
        slope_function_destroy(f);
        f = above;
    }
    slope_code code;
    assert_int_equal(slope_codegen(f, NULL, &code, NULL), SLOPE_OK);
    size_t sines = 0;
    for (const char *at = code.source; (at = strstr(at, "= slope_sin(")); at++)
        sines++;
    assert_int_equal(sines, 1);
    assert_true(code.source_size < 20000);
    slope_code_free(&code);
    slope_function_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_program(every_operation_is_written_as_it_is_computed),
        with_program(every_operation_is_written_for_float),
        with_program(look_ups_give_the_same_bits),
        with_program(look_ups_are_written_for_float),
        with_program(text_of_the_user_gives_the_same_bits),
        with_program(random_functions_give_the_same_bits),
        with_program(derivatives_of_random_functions_give_the_same_bits),
        with_program(an_operand_that_is_not_needed_is_no_unused_variable),
        with_program(a_long_text_is_divided),
        with_program(a_fold_is_as_long_for_a_thousand_steps_as_for_ten),
        cmocka_unit_test(a_body_that_is_called_twice_a_level_is_written_once),
        with_program(the_text_of_a_small_function_is_this),
        cmocka_unit_test(the_same_function_gives_the_same_text),
        with_program(names_that_c_has_already_are_changed),
        cmocka_unit_test(bad_options_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
