/* SPDX-License-Identifier: MIT */
/*
 * Checks the core of the library on a machine that has nothing but a C library, and compares it with another machine.
 *
 *     core_check print             every result as a line: class, name, bits of the number, the number
 *     core_check save FOLDER       writes the functions below as files
 *     core_check against FILE [FOLDER]   computes all again, compares with what `print` wrote, and the files with its
 * own
 *
 * Classes: `exact` results have the same bits on every machine; `libm` ones come through functions of math.h, `lanes`
 * ones through their vector forms where there are some: these may differ in the last digits.  Every derivative of an
 * operation is compared with a central difference too, wherever it runs.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if defined SLOPE_ONE_FILE
#include "slope.h"
#else
#include <slope/slope.h>
#endif

typedef enum kind { EXACT, LIBM, LANES, KINDS } kind;

static const char *const kind_name[KINDS] = {"exact", "libm", "lanes"};
static const double most_ulps[KINDS] = {0, 16, 256};

typedef struct seen {
    size_t numbers, differ;
    double ulps; /* the largest difference */
    char worst[64];
} seen;

static FILE *stored; /* NULL: print */
static seen of[KINDS];
static size_t faults, differences;

static void fault(const char *what, const char *name)
{
    faults++;
    fprintf(stderr, "core_check: %s: %s\n", name, what);
}

static void need(int holds, const char *what)
{
    if (!holds)
        fault("does not hold", what);
}

/* ------------------------------------------------------------------------------------------------- telling results */

static uint64_t bits_of(double x)
{
    uint64_t bits;
    if (x != x)
        return UINT64_C(0x7ff8000000000000); /* the payload says nothing */
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static double number_of(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* How many doubles lie between. */
static double distance(uint64_t a, uint64_t b)
{
    const uint64_t sign = UINT64_C(1) << 63, x = a & sign ? sign - (a & ~sign) : a + sign,
                   y = b & sign ? sign - (b & ~sign) : b + sign;
    return x > y ? (double)(x - y) : (double)(y - x);
}

static void compare(kind k, const char *name, uint64_t bits)
{
    char line[256], its_kind[16], its_name[64];
    unsigned long high, low; /* no library for small machines reads 64 bits */
    if (!fgets(line, sizeof line, stored) || sscanf(line, "%15s %63s %8lx%8lx", its_kind, its_name, &high, &low) != 4) {
        fault("the stored numbers end here", name);
        exit(1);
    }
    if (strcmp(its_kind, kind_name[k]) != 0 || strcmp(its_name, name) != 0) {
        fault("the stored numbers go on with another one; were they written by this program?", name);
        exit(1);
    }
    const uint64_t its_bits = (uint64_t)high << 32 | low;
    of[k].numbers++;
    if (its_bits == bits)
        return;
    const double ulps = distance(bits, its_bits);
    of[k].differ++;
    if (ulps > of[k].ulps) {
        of[k].ulps = ulps;
        strcpy(of[k].worst, its_name);
    }
    if (ulps > most_ulps[k]) {
        faults++;
        fprintf(stderr, "core_check: %s %s: %.17g here, %.17g stored, %.0f ulp\n", kind_name[k], name, number_of(bits),
                number_of(its_bits), ulps);
    }
}

static void tell(kind k, const char *name, double x)
{
    const uint64_t bits = bits_of(x);
    if (stored)
        compare(k, name, bits);
    else
        printf("%-5s %-28s %08lx%08lx  %.17g\n", kind_name[k], name, (unsigned long)(bits >> 32),
               (unsigned long)(bits & 0xffffffff), number_of(bits));
}

static void tell_all(kind k, const char *name, size_t n, const double x[])
{
    for (size_t i = 0; i < n; i++) {
        char full[128];
        (void)snprintf(full, sizeof full, "%.90s[%zu]", name, i);
        tell(k, full, x[i]);
    }
}

/* A text, as a number made of its letters. */
static void tell_text(const char *name, const char *text)
{
    uint32_t sum = 2166136261u;
    for (; *text; text++)
        sum = (sum ^ (unsigned char)*text) * 16777619u;
    tell(EXACT, name, sum);
}

/* ------------------------------------------------------------------------------------------------------ operations */

/* One division makes them: the same everywhere, and with all digits, so that what is made of them is rounded.  Each
   interval's ends stay out. */
static double sample(double low, double high, unsigned k)
{
    static const unsigned part[] = {45, 13, 57, 28, 5, 62, 37, 20};
    return (3 * floor((low + (high - low) * part[k % 8] / 64) * 256 + 0.5) + 1) / 768;
}

static int is_exact(const char *name)
{
    static const char *const all[] = {"add",        "sub",       "mul",    "div",      "neg",  "zmul",  "fma",
                                      "square",     "sqrt",      "abs",    "sign",     "min",  "max",   "relu",
                                      "leaky_relu", "floor",     "ceil",   "round",    "lt",   "le",    "gt",
                                      "ge",         "eq",        "ne",     "copysign", "fdim", "trunc", "rint",
                                      "fmod",       "remainder", "select", "sum",      "mean", "dot",   "poly"};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        if (strcmp(name, all[k]) == 0)
            return 1;
    }
    return 0;
}

static double value_at(slope_op op, size_t n, const double x[])
{
    slope_value v[8];
    for (size_t i = 0; i < n; i++)
        v[i] = slope_number(x[i]);
    return slope_data(slope_apply(op, n, v));
}

/* The derivative by operand i as a central difference, and one with twice the step for its error. */
static void against_difference(const slope_op_info *info, slope_op op, size_t n, const double x[], size_t i,
                               double slope)
{
    double y[8], d[2];
    memcpy(y, x, n * sizeof *x);
    for (int k = 0; k < 2; k++) {
        const double h = (k + 1) / 16384.0;
        y[i] = x[i] + h;
        const double above = value_at(op, n, y);
        y[i] = x[i] - h;
        d[k] = (above - value_at(op, n, y)) / (2 * h);
    }
    const double exact = (4 * d[0] - d[1]) / 3; /* without the error that grows with h squared */
    differences++;
    if (!(fabs(exact - slope) <= 1e-6 * (1 + fabs(slope)))) {
        faults++;
        fprintf(stderr, "core_check: %s: derivative %zu is %.17g, a difference says %.17g\n", info->name, i, slope,
                exact);
    }
}

static void check_operation(slope_tape *tape, slope_op op, const slope_op_info *info, unsigned k)
{
    const size_t n = info->arity > 0 ? (size_t)info->arity : 6;
    const kind class = is_exact(info->name) ? EXACT : LIBM;
    double x[8];
    slope_value v[8];
    char name[64];
    slope_tape_reset(tape);
    for (size_t i = 0; i < n; i++) {
        const int second = i == 1 && info->arity == 2;
        double low = second ? info->low2 : info->low, high = second ? info->high2 : info->high;
        if (info->arity < 0)
            low = -3, high = 3;
        x[i] = low < high ? sample(low, high, k + 3 * (unsigned)i) : low;
        v[i] = slope_var(tape, x[i]);
    }
    const slope_value y = slope_apply(op, n, v);
    (void)snprintf(name, sizeof name, "%s.%u", info->name, k);
    tell(class, name, slope_data(y));
    need(slope_backward(y) == SLOPE_OK, name);
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(name, sizeof name, "%s.%u/%zu", info->name, k, i);
        tell(class, name, slope_grad(v[i]));
        const int whole = info->arity > 0 && (i == 1 ? info->low2 == info->high2 : info->low == info->high);
        if (whole)
            need(slope_grad(v[i]) != slope_grad(v[i]), name); /* no derivative by an order */
        else if (info->smooth || info->arity < 0)
            against_difference(info, op, n, x, i, slope_grad(v[i]));
    }
}

static void check_operations(void)
{
    slope_tape *tape = slope_tape_create(NULL);
    need(tape != NULL, "a tape");
    size_t operations = 0;
    for (int op = 0; op < SLOPE_OP_CUSTOM; op++) {
        const slope_op_info *info = slope_op_describe((slope_op)op);
        if (!info || info->arity == 0)
            continue;
        operations++;
        for (unsigned k = 0; k < 4; k++)
            check_operation(tape, (slope_op)op, info, k);
    }
    tell(EXACT, "operations", (double)operations);
    slope_tape_destroy(tape);
}

/* ------------------------------------------------------------------------------------------------------------ tapes */

static void check_tape(slope_allocator allocator, const char *prefix)
{
    char name[64];
    slope_tape_options options = slope_tape_options_default();
    options.allocator = allocator;
    slope_tape *tape = slope_tape_create(&options);
    const slope_value a = slope_var(tape, 2), b = slope_var(tape, -3), c = slope_var(tape, 10);
    const slope_value d = slope_label((slope_add)((slope_mul)(a, b), c), "d");
    const slope_value y = (slope_tanh)((slope_mul)(d, slope_number(0.25)));
    need(slope_backward(y) == SLOPE_OK, "backward");
    const double grad[] = {slope_data(y), slope_grad(a), slope_grad(b), slope_grad(c), slope_grad(d)};
    (void)snprintf(name, sizeof name, "%s.grad", prefix);
    tell_all(LIBM, name, 5, grad);
    slope_node node;
    need(slope_inspect(slope_tape_find(tape, "d"), &node) == SLOPE_OK && node.op == SLOPE_OP_ADD &&
             node.operands == 2 && node.data == 4 && strcmp(node.label, "d") == 0,
         "inspect");
    need(slope_set_data(a, 3) == SLOPE_OK && slope_forward(tape) == SLOPE_OK && slope_data(d) == 1, "forward");
    slope_check_entry entry[3];
    const slope_value inputs[] = {a, b, c};
    need(slope_check_values(y, 3, inputs, entry) == SLOPE_OK && entry[0].verdict == SLOPE_VERDICT_RIGHT &&
             entry[1].verdict == SLOPE_VERDICT_RIGHT && entry[2].verdict == SLOPE_VERDICT_RIGHT,
         "the check of values");
    const slope_mark mark = slope_tape_mark(tape);
    slope_value sum = slope_number(0), part[8];
    double told[10] = {0};
    for (size_t k = 0; k < 8; k++)
        part[k] = slope_var(tape, 3);
    for (int k = 1; k <= 2000; k++)
        sum = (slope_add)(sum, (slope_mul)((slope_mul)(part[k % 8], slope_number(1 / (k % 13 - 6.5))),
                                           (slope_div)(b, slope_number(k + 1))));
    need(slope_backward(sum) == SLOPE_OK, "backward through a long sum");
    for (size_t k = 0; k < 8; k++)
        told[k] = slope_grad(part[k]); /* products that are added up: each is rounded twice */
    told[8] = slope_grad(b);
    told[9] = slope_data(sum);
    (void)snprintf(name, sizeof name, "%s.sum", prefix);
    tell_all(EXACT, name, 10, told);
    need(slope_tape_rewind(tape, mark) == SLOPE_OK && !slope_is_valid(sum) && slope_is_valid(y), "rewind");
    (void)(slope_add)(sum, a);
    need(slope_tape_status(tape) == SLOPE_ERR_STALE, "a stale value is told");
    (void)snprintf(name, sizeof name, "%s.error", prefix);
    tell_text(name, slope_tape_error(tape)->message);
    slope_tape_destroy(tape);
}

/* ----------------------------------------------------------------------------------------------------- expressions */

static void check_expressions(void)
{
    static const char *const text[] = {
        "a*b + c; 2^-a",         "L = tanh(0x1.8p1 * a) / (1 + exp(-b)); L^2", "max(a, b, c)",
        "a < b ? a^2 : sqrt(c)", "logsumexp(a, b, c, 1e-3, .5, 1.)",           "-a^2 + hypot(b, c)"};
    slope_tape *tape = slope_tape_create(NULL);
    const slope_binding given[] = {
        {"a", slope_var(tape, 0.5)}, {"b", slope_var(tape, -1.25)}, {"c", slope_var(tape, 2.75)}};
    slope_parse_error error;
    for (size_t k = 0; k < sizeof text / sizeof *text; k++) {
        slope_value y;
        char name[64];
        (void)snprintf(name, sizeof name, "expression.%zu", k);
        const slope_status status = slope_parse(tape, text[k], SIZE_MAX, 3, given, &y, &error);
        if (status != SLOPE_OK && k != 2) {
            fault(error.message, name);
            continue;
        }
        if (k == 2) /* max takes two */
            need(status == SLOPE_ERR_SYNTAX && y.tape == NULL, name);
        need(status != SLOPE_OK || slope_backward(y) == SLOPE_OK, name);
        const double told[] = {slope_data(y), slope_grad(given[0].value), slope_grad(given[1].value),
                               slope_grad(given[2].value)};
        tell_all(LIBM, name, 4, told);
    }
    slope_value y;
    need(slope_parse(tape, "a + sinn(b)", SIZE_MAX, 3, given, &y, &error) == SLOPE_ERR_NAME &&
             strcmp(error.nearest, "sin") == 0 && error.position == 4,
         "a misspelt name is told");
    tell_text("expression.message", error.message);
    tell_text("expression.caret", error.caret);
    slope_name free_names[4];
    size_t count = 0;
    need(slope_parse_names("x1 + pi * sin(x2)", SIZE_MAX, 4, free_names, &count, NULL) == SLOPE_OK && count == 2,
         "free names");
    slope_tape_destroy(tape);
}

/* ------------------------------------------------------------------------------------------------------- functions */

enum { ITEMS = 11, FUNCTIONS = 4 };

static const char *const function_name[FUNCTIONS] = {"plain", "step", "loops", "guarded"};

static int plain_trace(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    const slope_value r = (slope_add)((slope_square)(x[0][0]), (slope_mul)(x[0][1], x[1][0]));
    y[0][0] = (slope_div)((slope_sin)(r), (slope_exp)(x[0][2]));
    y[0][1] = (slope_lgamma)((slope_add)(x[0][2], slope_number(0.1)));
    return 0;
}

static int step_trace(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    y[0][0] = (slope_fma)(x[0][0], x[1][0], (slope_mul)(x[0][1], slope_number(0.3)));
    y[0][1] = (slope_sub)(x[0][0], (slope_div)(x[0][1], slope_number(7)));
    return 0;
}

static int loops_trace(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    const slope_function *const *body = context;
    slope_value out[2 * ITEMS], end[2], *outs[] = {out}, *ends[] = {end};
    const slope_view map[] = {slope_each(x[0], 1), slope_shared(x[1])};
    const slope_view fold[] = {slope_shared(x[1]), slope_each(x[0], 1)};
    (void)slope_map(tape, body[0], ITEMS, map, outs);
    (void)slope_fold(tape, body[1], ITEMS, 1, fold, ends, 2);
    slope_value sum = slope_number(0);
    for (size_t k = 0; k < 2 * ITEMS; k++)
        sum = (slope_add)(sum, out[k]);
    y[0][0] = (slope_mul)(sum, (slope_add)(end[0], end[1]));
    return 0;
}

static int guarded_trace(slope_tape *tape, const slope_value *const x[], slope_value *const y[], void *context)
{
    (void)tape, (void)context;
    y[0][0] = (slope_less)(x[0][0], x[0][1]) ? (slope_mul)(x[0][0], x[0][1]) : (slope_sub)(x[0][0], x[0][1]);
    return 0;
}

static double input_number(size_t g, size_t j) { return ((double)((7 * j + 3 * g) % 16) - 5 + (g == 1 ? 4 : 2)) / 7; }

/* The functions, each owned by the caller. */
static void make_functions(slope_function *f[FUNCTIONS])
{
    const slope_group three[] = {{"x", 3}, {"p", 1}}, two[] = {{"y", 2}}, state[] = {{"s", 2}, {"x", 1}},
                      many[] = {{"x", ITEMS + 2}, {"p", 2}}, one[] = {{"y", 1}}, pair[] = {{"x", 2}};
    const double start[] = {1, 2}, *const starts[] = {start};
    slope_error error = {SLOPE_OK, 0, ""};
    memset(f, 0, FUNCTIONS * sizeof *f);
    f[0] = slope_function_record(2, three, 1, two, NULL, plain_trace, NULL, &error);
    f[1] = slope_function_record(2, state, 1, two, NULL, step_trace, NULL, &error);
    const slope_function *bodies[] = {f[0], f[1]};
    f[2] = f[0] && f[1] ? slope_function_record(2, many, 1, one, NULL, loops_trace, (void *)bodies, &error) : NULL;
    f[3] = slope_function_record(1, pair, 1, one, starts, guarded_trace, NULL, &error);
    for (size_t k = 0; k < FUNCTIONS; k++) {
        if (!f[k]) {
            fault(error.message, function_name[k]);
            exit(1);
        }
    }
}

/* All outputs of f where every input has its number. */
static void evaluate(kind k, const char *name, const slope_function *f)
{
    double x[4][64], y[4][512];
    const double *in[4];
    double *out[4];
    if (!f) {
        fault("it could not be made", name);
        exit(1);
    }
    for (size_t g = 0; g < slope_function_inputs(f); g++) {
        for (size_t j = 0; j < slope_function_input(f, g).length; j++)
            x[g][j] = input_number(g, j);
        in[g] = x[g];
    }
    for (size_t g = 0; g < slope_function_outputs(f); g++)
        out[g] = y[g];
    need(slope_eval(f, in, out) == SLOPE_OK, name);
    for (size_t g = 0; g < slope_function_outputs(f); g++) {
        char full[48];
        (void)snprintf(full, sizeof full, "%s.%s", name, slope_function_output(f, g).name);
        tell_all(k, full, slope_function_output(f, g).length, y[g]);
    }
}

/* One that is made of another, evaluated and given back. */
static void derived(kind k, const char *name, slope_function *f)
{
    evaluate(k, name, f);
    char *text = NULL, full[48];
    size_t size = 0;
    need(slope_function_dump(f, &text, &size) == SLOPE_OK && size > 0, name);
    (void)snprintf(full, sizeof full, "%s.text", name);
    if (text)
        tell_text(full, text);
    free(text);
    slope_function_destroy(f);
}

static void check_batch(const slope_function *f)
{
    double x[3 * 37], p[1] = {0.75}, y[2 * 37], sum[2];
    for (size_t i = 0; i < 3 * 37; i++)
        x[i] = input_number(0, i);
    const slope_input in[] = {{x, 3, 1}, {p, 0, 1}};
    const slope_output out[] = {{y, 1, 37, 0}}, total[] = {{sum, 0, 1, 1}};
    need(slope_eval_batch(f, 37, in, out, NULL) == SLOPE_OK, "a batch");
    need(slope_eval_batch(f, 37, in, total, NULL) == SLOPE_OK, "a batch with sums");
    tell_all(LANES, "batch", 2 * 37, y);
    tell_all(LANES, "batch.sum", 2, sum);
}

static void check_functions(slope_function *const f[FUNCTIONS])
{
    evaluate(LIBM, "plain", f[0]);
    evaluate(EXACT, "step", f[1]);
    evaluate(LANES, "loops", f[2]);
    evaluate(EXACT, "guarded", f[3]);
    derived(LIBM, "jacobian", slope_jacobian(f[0], 0, NULL, NULL));
    derived(LIBM, "jvp", slope_jvp(f[0], 0, NULL, NULL));
    derived(EXACT, "step.vjp", slope_vjp(f[1], 0, NULL, NULL));
    derived(LANES, "loops.gradient", slope_gradient(f[2], 0, NULL, NULL));
    derived(LANES, "loops.hessian", slope_hessian(f[2], 1, (const size_t[]){1}, NULL));
    derived(LIBM, "taylor", slope_taylor(f[0], 4, 0, NULL, NULL));
    slope_pattern *pattern = NULL;
    slope_function *sparse = slope_sparse_jacobian(f[0], 0, NULL, &pattern, NULL);
    need(pattern && pattern->entries == 5, "the pattern of a Jacobian");
    derived(LANES, "sparse", sparse);
    slope_pattern_destroy(pattern);
    check_batch(f[0]);
    double y, *const out[] = {&y};
    const double x[] = {2, 1}, *const in[] = {x};
    slope_error error = {SLOPE_OK, 0, ""};
    need(slope_eval(f[3], in, out) == SLOPE_ERR_BRANCH, "a guard refuses the other branch");
    need(slope_eval_check(f[3], in, &error) == SLOPE_ERR_BRANCH && strstr(error.message, "core_check") == NULL,
         "and says which");
    const slope_group too_many[] = {{"x", SIZE_MAX / 16}, {"z", 2}}, one[] = {{"y", 1}};
    need(!slope_function_record(2, too_many, 1, one, NULL, plain_trace, NULL, &error) &&
             error.status == SLOPE_ERR_LIMIT,
         "a function of more bytes than there are addresses is refused");
    slope_function *parsed = slope_function_parse("r = hypot(u, v); r * log(r)", SIZE_MAX, 0, NULL, NULL);
    derived(LIBM, "parsed", parsed ? slope_function_optimise(parsed, SLOPE_PASS_DEFAULT, NULL) : NULL);
    slope_function_destroy(parsed);
}

/* ----------------------------------------------------------------------------------------------------------- files */

static unsigned char *bytes_of(const slope_function *f, size_t *size)
{
    unsigned char *bytes = slope_function_save(f, 0, NULL, size) == SLOPE_OK ? malloc(*size) : NULL;
    if (!bytes || slope_function_save(f, *size, bytes, size) != SLOPE_OK) {
        fault("could not be saved", "a function");
        exit(1);
    }
    return bytes;
}

static FILE *open_in(const char *folder, const char *name, const char *mode)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s.slope", folder, name);
    FILE *file = fopen(path, mode);
    if (!file) {
        fault("cannot be opened", path);
        exit(1);
    }
    return file;
}

static void save_functions(slope_function *const f[FUNCTIONS], const char *folder)
{
    for (size_t k = 0; k < FUNCTIONS; k++) {
        size_t size = 0;
        unsigned char *bytes = bytes_of(f[k], &size);
        FILE *file = open_in(folder, function_name[k], "wb");
        const size_t written = fwrite(bytes, 1, size, file);
        need(fclose(file) == 0 && written == size, "writing a file");
        free(bytes);
    }
}

/* What another machine wrote are the bytes that this one writes, and means the same. */
static void check_file(const slope_function *f, const char *folder, const char *name)
{
    static unsigned char read[1 << 16];
    FILE *file = open_in(folder, name, "rb");
    const size_t n = fread(read, 1, sizeof read, file);
    (void)fclose(file);
    slope_error error = {SLOPE_OK, 0, ""};
    slope_function *loaded = slope_function_load(read, n, &error);
    if (!loaded) {
        fault(error.message, name);
        return;
    }
    size_t size = 0;
    unsigned char *own = bytes_of(f, &size);
    need(size == n && memcmp(own, read, n) == 0, "a file of another machine has the bytes of this one");
    free(own);
    own = bytes_of(loaded, &size);
    need(size == n && memcmp(own, read, n) == 0, "a file that is loaded and saved again has the same bytes");
    free(own);
    slope_function_destroy(loaded);
    read[n / 2] ^= 16; /* one bit */
    loaded = slope_function_load(read, n, &error);
    need(!loaded && error.status == SLOPE_ERR_SYNTAX, "a file with a wrong bit is refused");
    slope_function_destroy(loaded);
}

/* ------------------------------------------------------------------------------------------------------------- main */

static void check_all(slope_function *const f[FUNCTIONS])
{
    static unsigned char memory[1 << 20];
    check_operations();
    check_tape(slope_allocator_default(), "tape");
    check_tape(slope_allocator_buffer(memory, sizeof memory), "buffer");
    check_expressions();
    check_functions(f);
}

int main(int argc, char **argv)
{
    const char *job = argc > 1 ? argv[1] : "";
    slope_function *f[FUNCTIONS];
    make_functions(f);
    if (strcmp(job, "print") == 0 && argc == 2) {
        check_all(f);
    } else if (strcmp(job, "save") == 0 && argc == 3) {
        save_functions(f, argv[2]);
    } else if (strcmp(job, "against") == 0 && (argc == 3 || argc == 4)) {
        stored = fopen(argv[2], "r");
        if (!stored) {
            fprintf(stderr, "core_check: cannot read %s\n", argv[2]);
            return 2;
        }
        check_all(f);
        char line[8];
        need(!fgets(line, sizeof line, stored), "all stored numbers are compared");
        (void)fclose(stored);
        for (size_t k = 0; argc == 4 && k < FUNCTIONS; k++)
            check_file(f[k], argv[3], function_name[k]);
        for (kind k = EXACT; k < KINDS; k++)
            printf("%-5s %4zu numbers, %3zu differ, by %.0f ulp at most%s%s\n", kind_name[k], of[k].numbers,
                   of[k].differ, of[k].ulps, of[k].differ ? ": " : "", of[k].worst);
        printf("%zu derivatives beside differences, %d files, %zu faults\n", differences, argc == 4 ? FUNCTIONS : 0,
               faults);
    } else {
        fprintf(stderr, "usage: core_check print | save FOLDER | against FILE [FOLDER]\n");
        return 2;
    }
    for (size_t k = 0; k < FUNCTIONS; k++)
        slope_function_destroy(f[k]);
    return faults > 0;
}
