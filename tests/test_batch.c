/* SPDX-License-Identifier: MIT */
/* Many points: layouts, sums, threads, vector functions, cancellation. */
#include "testing.h"

#include "evaluate.h"

enum { MOST = 16 };

/* Arrays of n points for every group of f; inputs from the seed. */
typedef struct points {
    const slope_function *f;
    size_t n;
    slope_input x[MOST];
    slope_output y[MOST];
    double *in[MOST], *out[MOST];
} points;

/* soa: structure of arrays. */
static void make_points(points *p, const slope_function *f, size_t n, uint64_t seed, int soa)
{
    *p = (points){.f = f, .n = n};
    for (size_t g = 0; g < f->inputs; g++) {
        const size_t length = f->input[g].length;
        p->in[g] = slope__new(n * length, sizeof(double));
        p->x[g] = soa ? (slope_input){p->in[g], 1, (ptrdiff_t)n} : (slope_input){p->in[g], (ptrdiff_t)length, 1};
        for (size_t i = 0; i < n; i++) { /* the same numbers in both layouts */
            for (size_t j = 0; j < length; j++)
                p->in[g][(ptrdiff_t)i * p->x[g].point + (ptrdiff_t)j * p->x[g].element] =
                    random_double(&seed, -3.0, 3.0);
        }
    }
    for (size_t g = 0; g < f->outputs; g++) {
        const size_t length = f->output[g].length;
        p->out[g] = slope__new(n * length, sizeof(double));
        p->y[g] =
            soa ? (slope_output){p->out[g], 1, (ptrdiff_t)n, 0} : (slope_output){p->out[g], (ptrdiff_t)length, 1, 0};
    }
}

static void free_points(points *p)
{
    for (size_t g = 0; g < MOST; g++) {
        free(p->in[g]);
        free(p->out[g]);
    }
}

static double result(const points *p, size_t g, size_t i, size_t j)
{
    return p->out[g][(ptrdiff_t)i * p->y[g].point + (ptrdiff_t)j * p->y[g].element];
}

static void assert_same(const points *a, const points *b, unsigned seed)
{
    for (size_t g = 0; g < a->f->outputs; g++) {
        for (size_t i = 0; i < a->n; i++) {
            for (size_t j = 0; j < a->f->output[g].length; j++) {
                if (!same_bits(result(a, g, i, j), result(b, g, i, j)))
                    fail_msg("seed %u: output %zu[%zu] of point %zu is %.17g, once %.17g", seed, g, j, i,
                             result(a, g, i, j), result(b, g, i, j));
            }
        }
    }
}

static void assert_interpreted(const points *p, unsigned seed)
{
    random_arrays r;
    random_arrays_make(&r, p->f, 0);
    for (size_t i = 0; i < p->n; i++) {
        for (size_t g = 0; g < p->f->inputs; g++) {
            for (size_t j = 0; j < p->f->input[g].length; j++)
                r.x[g][j] = p->in[g][(ptrdiff_t)i * p->x[g].point + (ptrdiff_t)j * p->x[g].element];
        }
        assert_int_equal(slope__interpret(p->f, (const double *const *)r.x, r.y, NULL), SLOPE_OK);
        for (size_t g = 0; g < p->f->outputs; g++) {
            for (size_t j = 0; j < p->f->output[g].length; j++) {
                if (!same_bits(result(p, g, i, j), r.y[g][j]))
                    fail_msg("seed %u: output %zu[%zu] of point %zu is %.17g, expected %.17g", seed, g, j, i,
                             result(p, g, i, j), r.y[g][j]);
            }
        }
    }
    random_arrays_free(&r);
}

static void points_in_lanes_give_the_bits_of_the_interpreter(void **state)
{
    (void)state;
    static const size_t counts[] = {2, 3, 8, 9, 31, 257};
    for (size_t u = 0; u < 3; u++) {
        assert_int_equal(setenv("SLOPE_LANES", evaluate_units[u], 1), 0);
        for (unsigned seed = 0; seed < 120; seed++) {
            const random_options o = {.seed = seed,
                                      .operations = 5 + seed % 40,
                                      .depth = seed % 3,
                                      .passes = seed % 2 ? 31 : 0,
                                      .exact = 1,
                                      .tame = seed % 3 != 0};
            slope_function *f = random_function(&o);
            points p;
            make_points(&p, f, counts[seed % 6], seed, seed % 2);
            assert_int_equal(slope_eval_batch(f, p.n, p.x, p.y, NULL), SLOPE_OK);
            if (!sums_in_lanes(f))
                assert_interpreted(&p, seed);
            free_points(&p);
            slope_function_destroy(f);
        }
    }
    assert_int_equal(unsetenv("SLOPE_LANES"), 0);
}

static void threads_and_layouts_and_memory_change_no_bit(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 40; seed++) {
        const random_options o = {.seed = seed, .operations = 30, .depth = seed % 3, .passes = 31, .tame = 1};
        slope_function *f = random_function(&o);
        points a, b;
        make_points(&a, f, 1000, seed, 0);
        make_points(&b, f, 1000, seed, 1);
        assert_int_equal(slope_eval_batch(f, a.n, a.x, a.y, NULL), SLOPE_OK);
        slope_batch_options options = slope_batch_options_default();
        for (int threads = 1; threads <= 8; threads *= 2) {
            options.threads = threads;
            assert_int_equal(slope_eval_batch(f, b.n, b.x, b.y, &options), SLOPE_OK);
            assert_same(&a, &b, seed);
        }
        options.work_bytes = slope_batch_bytes(f);
        options.work = malloc(options.work_bytes);
        assert_int_equal(slope_eval_batch(f, b.n, b.x, b.y, &options), SLOPE_OK);
        assert_same(&a, &b, seed);
        free(options.work);
        free_points(&a);
        free_points(&b);
        slope_function_destroy(f);
    }
}

static void a_result_does_not_depend_on_its_place(void **state)
{
    (void)state;
    for (unsigned seed = 0; seed < 60; seed++) {
        const random_options o = {.seed = seed, .operations = 30, .depth = seed % 3, .passes = 31, .tame = seed % 2};
        slope_function *f = random_function(&o);
        points a, b;
        make_points(&a, f, 300, seed, 0);
        make_points(&b, f, 300, seed, 0);
        assert_int_equal(slope_eval_batch(f, a.n, a.x, a.y, NULL), SLOPE_OK);
        slope_input x[MOST];
        slope_output y[MOST];
        for (size_t first = 0, n; first < b.n; first += n) { /* in pieces of odd sizes, but not of one point */
            n = 2 + first % 23;
            n = b.n - first < n + 2 ? b.n - first : n;
            for (size_t g = 0; g < f->inputs; g++)
                x[g] = (slope_input){b.x[g].data + (ptrdiff_t)first * b.x[g].point, b.x[g].point, b.x[g].element};
            for (size_t g = 0; g < f->outputs; g++)
                y[g] = (slope_output){b.y[g].data + (ptrdiff_t)first * b.y[g].point, b.y[g].point, b.y[g].element, 0};
            assert_int_equal(slope_eval_batch(f, n, x, y, NULL), SLOPE_OK);
        }
        assert_same(&a, &b, seed);
        free_points(&a);
        free_points(&b);
        slope_function_destroy(f);
    }
}

static void sums_over_points_have_one_order(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 9, 255, 256, 257, 1500};
    for (unsigned seed = 0; seed < 60; seed++) {
        const random_options o = {.seed = seed, .operations = 20, .depth = seed % 3, .passes = 31, .tame = 1};
        slope_function *f = random_function(&o);
        points p;
        make_points(&p, f, counts[seed % 7], seed, 0);
        assert_int_equal(slope_eval_batch(f, p.n, p.x, p.y, NULL), SLOPE_OK);
        double sum[MOST][4];
        slope_output y[MOST];
        slope_batch_options options = slope_batch_options_default();
        for (size_t g = 0; g < f->outputs; g++)
            y[g] = (slope_output){sum[g], 0, 1, 1};
        for (int threads = 1; threads <= 8; threads *= 2) {
            options.threads = threads;
            assert_int_equal(slope_eval_batch(f, p.n, p.x, y, &options), SLOPE_OK);
            for (size_t g = 0; g < f->outputs; g++) {
                for (size_t j = 0; j < f->output[g].length; j++) {
                    const double expected = tree_sum(p.n, p.out[g] + j, f->output[g].length);
                    if (!same_bits(sum[g][j], expected))
                        fail_msg("seed %u, %d threads: sum %zu[%zu] of %zu points is %.17g, expected %.17g", seed,
                                 threads, g, j, p.n, sum[g][j], expected);
                }
            }
        }
        free_points(&p);
        slope_function_destroy(f);
    }
}

/* ------------------------------------------------------------------------------------------------ maps in one point */

static void maps_in_one_point_run_on_threads_with_the_same_bits(void **state)
{
    (void)state;
    enum { N = 3000 };
    const random_options o = {.seed = 5, .operations = 20, .passes = 31, .tame = 1};
    slope_function *body = random_function(&o);
    slope__builder *b = slope__builder_create(0);
    size_t numbers = 0;
    slope__source source[3];
    slope__target target[3] = {{.kind = SLOPE__EACH}, {.kind = SLOPE__EACH}, {.kind = SLOPE__EACH}};
    for (size_t g = 0; g < body->inputs; g++) {
        source[g] = (slope__source){{(int64_t)numbers, (int64_t)body->input[g].length, 1, NULL}, SLOPE__NONE};
        numbers += N * body->input[g].length;
    }
    (void)slope__build_input(b, "x", numbers);
    target[0] =
        (slope__target){.kind = SLOPE__ADDED, .extent = (uint32_t)body->output[0].length, .view = {0, 0, 1, NULL}};
    slope__loop loop = {.body = body, .n = N, .source = source, .target = target};
    const slope__cell at = slope__build_loop(b, &loop);
    slope__build_output(b, "y", loop.results, NULL, at);
    slope_function *f = slope__builder_finish(b, NULL);
    points p, q;
    make_points(&p, f, 1, 3, 0);
    make_points(&q, f, 1, 3, 0);
    slope_batch_options options = slope_batch_options_default();
    assert_int_equal(slope_eval(f, (const double *const *)p.in, p.out), SLOPE_OK);
    for (options.threads = 1; options.threads <= 8; options.threads *= 2) {
        assert_int_equal(slope_eval_batch(f, 1, q.x, q.y, &options), SLOPE_OK);
        assert_same(&p, &q, (unsigned)options.threads);
    }
    free_points(&p);
    free_points(&q);
    slope_function_destroy(f);
    slope_function_destroy(body);
}

/* ------------------------------------------------------------------------------------------------- vector functions */

static slope_function *one_operation(unsigned code, int arity)
{
    slope__builder *b = slope__builder_create(0);
    const slope__cell x = slope__build_input(b, "x", (size_t)arity);
    const slope__cell operands[] = {x, x + 1, x + 2}, y = slope__build(b, code, (size_t)arity, operands);
    slope__build_output(b, "y", 1, &y, 0);
    return slope__builder_finish(b, NULL);
}

/* Within `ulps` units of the last place; both infinite, zero or NaN where one is, with the same sign. */
static int is_close(double a, double b, double ulps)
{
    if (!isfinite(a) || !isfinite(b) || a == 0 || b == 0)
        return same_bits(a, b);
    return fabs(a - b) <= ulps * fmax(nextafter(fabs(b), INFINITY) - fabs(b), 0.0);
}

enum { SAMPLES = 400 };

/* One operation on all pairs (triples) of x; compared with the table's own text. */
static void check_operation(unsigned code, size_t n, double (*x)[3], const char *unit)
{
    const slope_op_info *info = slope_op_describe((slope_op)code);
    double y[SAMPLES];
    slope_function *f = one_operation(code, info->arity);
    const slope_input in = {x[0], 3, 1};
    const slope_output out = {y, 1, 1, 0};
    assert_int_equal(slope_eval_batch(f, n, &in, &out, NULL), SLOPE_OK);
    for (size_t i = 0; i < n; i++) {
        const double expected = slope__value(code, (size_t)info->arity, x[i]);
        if (!is_close(y[i], expected, 7.0)) /* 4 of the vector function, 3 of libm's */
            fail_msg("%s(%.17g, %.17g, %.17g) is %.17g on %s, libm says %.17g", info->name, x[i][0], x[i][1], x[i][2],
                     y[i], unit, expected);
    }
    slope_function_destroy(f);
}

static void vector_functions_stay_beside_libm_in_their_domains(void **state)
{
    (void)state;
    uint64_t seed = 1;
    static double x[SAMPLES][3];
    for (size_t u = 0; u < 3; u++) {
        assert_int_equal(setenv("SLOPE_LANES", evaluate_units[u], 1), 0);
        for (unsigned code = slope__code_add; code < slope__code_sum; code++) {
            const slope_op_info *info = slope_op_describe((slope_op)code);
            for (size_t i = 0; i < SAMPLES; i++) {
                x[i][0] = random_double(&seed, info->low, info->high);
                x[i][1] = random_double(&seed, info->arity == 2 ? info->low2 : info->low,
                                        info->arity == 2 ? info->high2 : info->high);
                x[i][2] = random_double(&seed, info->low, info->high);
            }
            check_operation(code, SAMPLES, x, evaluate_units[u]);
        }
    }
    assert_int_equal(unsetenv("SLOPE_LANES"), 0);
}

static void vector_functions_treat_special_numbers_as_libm_does(void **state)
{
    (void)state;
    static const double special[] = {0.0,  -0.0, INFINITY, -INFINITY, NAN,  5e-324, -5e-324, 1e-310, -1e-310, 1.0,
                                     -1.0, 2.0,  -2.0,     0.5,       -0.5, 1e308,  -1e308,  745.5,  -745.5,  710.0};
    enum { N = sizeof special / sizeof *special };
    static double x[N * N][3];
    _Static_assert(N * N <= SAMPLES, "room for all pairs");
    for (size_t i = 0; i < N * N; i++) {
        x[i][0] = special[i / N];
        x[i][1] = special[i % N];
        x[i][2] = special[(i / N + i) % N];
    }
    for (size_t u = 0; u < 3; u++) {
        assert_int_equal(setenv("SLOPE_LANES", evaluate_units[u], 1), 0);
        for (unsigned code = slope__code_add; code < slope__code_sum; code++)
            check_operation(code, N * N, x, evaluate_units[u]);
    }
    assert_int_equal(unsetenv("SLOPE_LANES"), 0);
}

/* ------------------------------------------------------------------------------------------------------- options */

static int stop_at(size_t done, size_t of, void *context)
{
    size_t *left = context;
    assert_true(done > 0 && done <= of);
    return (*left)-- == 0;
}

static void progress_is_reported_and_can_cancel(void **state)
{
    (void)state;
    enum { N = 100000 };
    slope_function *f = one_operation(slope__code_square, 1);
    double *x = calloc(N, sizeof *x), *y = calloc(N, sizeof *y);
    const slope_input in = {x, 1, 1};
    const slope_output out = {y, 1, 1, 0};
    size_t left = 1000;
    slope_batch_options o = slope_batch_options_default();
    o.progress = stop_at;
    o.context = &left;
    assert_int_equal(slope_eval_batch(f, N, &in, &out, &o), SLOPE_OK);
    assert_true(left < 999);
    left = 1;
    assert_int_equal(slope_eval_batch(f, N, &in, &out, &o), SLOPE_ERR_CANCELLED);
    free(x);
    free(y);
    slope_function_destroy(f);
}

static void an_empty_batch_gives_sums_of_nothing(void **state)
{
    (void)state;
    slope_function *f = one_operation(slope__code_square, 1);
    double sum = 5.0;
    const slope_input in = {NULL, 1, 1};
    const slope_output out = {&sum, 0, 1, 1};
    assert_int_equal(slope_eval_batch(f, 0, &in, &out, NULL), SLOPE_OK);
    assert_true(sum == 0.0);
    slope_batch_options o = {.threads = 1}; /* not from the defaults */
    assert_int_equal(slope_eval_batch(f, 0, &in, &out, &o), SLOPE_ERR_ARGUMENT);
    o = slope_batch_options_default();
    assert_int_equal(slope_eval_batch(f, 0, &in, &out, &o), SLOPE_OK);
    slope_function_destroy(f);
}

static void shared_inputs_and_constants_serve_all_points(void **state)
{
    (void)state;
    slope_function *f = one_operation(slope__code_mul, 2);
    const double pair[] = {3.0, 4.0};
    double y[20], sum;
    const slope_input in = {pair, 0, 1};
    const slope_output out = {y, 1, 1, 0}, total = {&sum, 0, 1, 1};
    assert_int_equal(slope_eval_batch(f, 20, &in, &out, NULL), SLOPE_OK);
    for (size_t i = 0; i < 20; i++)
        assert_true(y[i] == 12.0);
    assert_int_equal(slope_eval_batch(f, 20, &in, &total, NULL), SLOPE_OK);
    assert_true(sum == 240.0);
    slope_function_destroy(f);
}

static void functions_without_inputs_have_batches_too(void **state)
{
    (void)state;
    slope__builder *b = slope__builder_create(0);
    const slope__cell c = slope__build_number(b, 2.5);
    slope__build_output(b, "y", 1, &c, 0);
    slope_function *f = slope__builder_finish(b, NULL);
    double y[11], sum;
    const slope_output out = {y, 1, 1, 0}, total = {&sum, 0, 1, 1};
    assert_int_equal(slope_eval_batch(f, 11, NULL, &out, NULL), SLOPE_OK);
    assert_true(y[0] == 2.5 && y[10] == 2.5);
    assert_int_equal(slope_eval_batch(f, 11, NULL, &total, NULL), SLOPE_OK);
    assert_true(sum == 27.5);
    slope_function_destroy(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(points_in_lanes_give_the_bits_of_the_interpreter),
        cmocka_unit_test(threads_and_layouts_and_memory_change_no_bit),
        cmocka_unit_test(a_result_does_not_depend_on_its_place),
        cmocka_unit_test(sums_over_points_have_one_order),
        cmocka_unit_test(maps_in_one_point_run_on_threads_with_the_same_bits),
        cmocka_unit_test(vector_functions_stay_beside_libm_in_their_domains),
        cmocka_unit_test(vector_functions_treat_special_numbers_as_libm_does),
        cmocka_unit_test(progress_is_reported_and_can_cancel),
        cmocka_unit_test(an_empty_batch_gives_sums_of_nothing),
        cmocka_unit_test(shared_inputs_and_constants_serve_all_points),
        cmocka_unit_test(functions_without_inputs_have_batches_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
