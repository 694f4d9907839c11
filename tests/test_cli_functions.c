/* SPDX-License-Identifier: MIT */
/* The command on functions: hess, jac, code, show, structure, saved functions. */
#include "shell.h"

#define ROSENBROCK "'100*(y - x^2)^2 + (1 - x)^2' x=1 y=1"
#define POLAR "'f = r*cos(t); g = r*sin(t)' r=2 t=0.5"

static void hess_prints_a_matrix(void **state)
{
    (void)state;
    assert_int_equal(slope("hess " ROSENBROCK), 0);
    assert_string_equal(err, "");
    assert_string_equal(out, "   y     x\n"
                             "y   200  -400\n"
                             "x  -400   802\n");
    assert_int_equal(slope("hess " ROSENBROCK " --wrt x"), 0);
    assert_string_equal(out, "   x\n"
                             "x  802\n");
}

static void hess_json_is_that_of_grad_and_more(void **state)
{
    (void)state;
    assert_int_equal(slope("hess --json 'L = a*b*b + sin(a)' a=0.5 b=3"), 0);
    assert_true(json_valid(out));
    assert_true(json_double("value") == 0.5 * 3 * 3 + sin(0.5));
    assert_true(json_double("values.a.grad") == 9 + cos(0.5));
    assert_true(json_double("hessian.a.a") == -sin(0.5));
    assert_true(json_double("hessian.a.b") == 6 && json_double("hessian.b.a") == 6);
    assert_true(json_double("hessian.b.b") == 1);
}

static void jac_takes_several_outputs(void **state)
{
    (void)state;
    assert_int_equal(slope("jac --json " POLAR " --out g,f"), 0);
    assert_true(json_valid(out));
    assert_true(json_double("jacobian.f.r") == cos(0.5));
    assert_true(json_double("jacobian.g.t") == 2 * cos(0.5));
    assert_int_equal(slope("jac " POLAR), 0);
    assert_contains(out, "f  0.87758256");
    assert_contains(out, "g  0.47942553");
    assert_int_equal(slope("jac " POLAR " --out g --wrt t"), 0);
    assert_lacks(out, "f");
}

static void matrices_are_told_for_each_row_of_points(void **state)
{
    (void)state;
    write_file("p.csv", "x,y\n1,2\n0,1\n-0,0\n");
    assert_int_equal(slope("hess 'x^2*y' --points p.csv"), 0);
    assert_string_equal(out, "hess_x_x,hess_x_y,hess_y_x,hess_y_y\n4,2,2,0\n2,0,0,0\n0,0,0,0\n");
    assert_int_equal(slope("jac 'f = x*y; g = x - y' --out g,f --wrt y --points p.csv --threads 2"), 0);
    assert_string_equal(out, "jac_g_y,jac_f_y\n-1,1\n-1,0\n-1,0\n");
    assert_int_equal(slope("hess 'x^2*y' --wrt x --points p.csv --json"), 0);
    out[strcspn(out, "\n")] = '\0';
    assert_true(json_valid(out));
    assert_true(json_double("hessian.x.x") == 4 && json_double("values.y.grad") == 1);
    assert_int_equal(slope("jac 'f = sqrt(x)' --points p.csv"), 0);
    assert_string_equal(out, "jac_f_x\n0.5\ninf\ninf\n");
    assert_contains(err, "p.csv:3: the first row");
    assert_contains(err, "sqrt(x = 0): the slope");
}

/* A sum of one term -0 is -0, and 0 on a tape, whose sums begin at 0. */
static void zeros_of_slopes_have_no_sign(void **state)
{
    (void)state;
    write_file("z.csv", "x,y\n0,1\n-0,0\n");
    assert_int_equal(slope("grad '-x*y' --points z.csv"), 0);
    assert_string_equal(out, "value,grad_x,grad_y\n-0,-1,0\n0,0,0\n");
    assert_int_equal(slope("grad '-x*y' --points z.csv --json"), 0);
    assert_contains(out, "\"y\": {\"data\": 1, \"grad\": 0}");
    assert_int_equal(slope("hess '-x*y*y' x=0 y=0"), 0);
    assert_lacks(out, "-0");
    assert_int_equal(slope("jac 'f = -x*y' x=0 y=0"), 0);
    assert_lacks(out, "-0");
}

static void a_nan_of_a_matrix_names_its_operation(void **state)
{
    (void)state;
    assert_int_equal(slope("hess 'a = x^1.5; a + y' x=0 y=1"), 0);
    assert_contains(err, "not finite at (x, x)");
    assert_contains(err, "a = pow(0, 1.5)");
    assert_int_equal(slope("hess 'y*log(x)' x=-1 y=1"), 0);
    assert_contains(err, "log(x = -1)");
    assert_int_equal(slope("jac 'f = x/y; g = x' x=0 y=0"), 0);
    assert_contains(err, "f = div(x = 0, y = 0)");
}

/* Whatever shows a slope says where it is that of one branch only; what shows values alone does not. */
static void ties_are_noted_wherever_slopes_are(void **state)
{
    (void)state;
    static const char *const with_points[] = {"grad", "grad --json", "hess", "jac", "jac --json"};
    assert_int_equal(slope("grad 'x > 0 ? x : 2*x' x=0"), 0);
    assert_contains(err, "decided at a tie: gt(x = 0, 0)");
    assert_int_equal(slope("graph 'x > 0 ? x : 2*x' x=0"), 0);
    assert_contains(err, "decided at a tie: gt(x = 0, 0)");
    assert_int_equal(slope("graph 'x > 0 ? x : 2*x' x=1"), 0);
    assert_string_equal(err, "");
    for (const char *const *c = (const char *[]){":grad", ":graph", ":check", NULL}; *c; ++c) {
        char command[128];
        (void)snprintf(command, sizeof command, "printf 'x = 0\\nx > 0 ? x : 2*x\\n%s\\n' | \"$S\" repl", *c);
        assert_int_equal(shell(command), 0);
        assert_contains(err, "decided at a tie");
    }
    assert_int_equal(shell("printf 'x\\n1\\n0\\n0\\n' > ties.csv"), 0);
    for (size_t i = 0; i < sizeof with_points / sizeof *with_points; ++i) {
        char command[128];
        (void)snprintf(command, sizeof command, "%s 'x > 0 ? x : 2*x' --points ties.csv", with_points[i]);
        assert_int_equal(slope(command), 0);
        assert_contains(err, "ties.csv:3: decided at a tie: gt(x = 0, 0)");
        assert_null(strstr(err, "ties.csv:4:"));
    }
    assert_int_equal(slope("eval 'x > 0 ? x : 2*x' --points ties.csv"), 0);
    assert_string_equal(err, "");
}

static void wrong_names_are_told(void **state)
{
    (void)state;
    assert_int_equal(slope("jac " POLAR " --out h"), 2);
    assert_contains(err, "no name 'h'");
    assert_int_equal(slope("jac " POLAR " --out f,f"), 2);
    assert_contains(err, "twice");
    assert_int_equal(slope("jac " POLAR " --out f,,g"), 2);
    assert_int_equal(slope("hess " POLAR " --out f,g"), 2);
    assert_contains(err, "takes one");
    assert_int_equal(slope("hess '2 + 3'"), 2);
    assert_contains(err, "no inputs");
    assert_int_equal(slope("show 'x + 1' --out y"), 2);
    assert_contains(err, "--out");
    assert_int_equal(slope("show 'x + 1' --of gradient --wrt y"), 2);
    assert_contains(err, "no input 'y'");
    assert_int_equal(slope("show 'x + 1' --wrt x"), 2);
    assert_contains(err, "--of");
    assert_int_equal(slope("show 'f = x; g = 2*x' --out f,g --of gradient"), 2);
    assert_int_equal(slope("show 'x +' "), 2);
    assert_contains(err, "^");
    assert_int_equal(slope("show x x=1"), 2);
    assert_contains(err, "takes no numbers");
}

static void code_compiles_and_computes_the_gradient(void **state)
{
    (void)state;
    assert_int_equal(slope("code 'a*exp(-b*t)' --of gradient --wrt a,b -o decay.c"), 0);
    assert_string_equal(out, "");
    write_file("main.c", "#include <stdio.h>\n#include \"decay.h\"\n"
                         "int main(void) { double a = 2, b = 0.5, t = 1, da, db; decay(&a, &b, &t, &da, &db, 0);"
                         " printf(\"%.17g %.17g\", da, db); return 0; }\n");
    assert_int_equal(
        shell("cc -std=c99 -Wall -Wextra -Wpedantic -Wconversion -Werror main.c decay.c -lm -o main && ./main"), 0);
    const double da = number_of(out), db = number_of(strchr(out, ' ') + 1);
    assert_true(da == exp(-0.5) && db == -2 * exp(-0.5));
}

static void code_is_printed_or_named_as_asked(void **state)
{
    (void)state;
    assert_int_equal(slope("code 'x^2' --float --name square_of"), 0);
    assert_contains(out, "void square_of(const float *SLOPE_RESTRICT x");
    assert_contains(out, "#define SQUARE_OF_WORK 0");
    assert_int_equal(slope("code 'x^2' -o 1st.c"), 2);
    assert_contains(err, "--name");
    assert_int_equal(slope("code 'x^2' -o f.txt"), 2);
    assert_contains(err, "ends in .c");
    assert_int_equal(slope("code 'x^2' -o /nowhere/f.c"), 3);
    assert_int_equal(shell("test ! -e f.txt && test ! -e 1st.c && test ! -e 1st.h"), 0);
}

static void show_lists_and_functions_are_kept(void **state)
{
    (void)state;
    assert_int_equal(slope("show 'sin(x)*y' --of hessian"), 0);
    assert_contains(out, "cos");
    char listing[sizeof out];
    strcpy(listing, out);
    assert_int_equal(slope("show 'sin(x)*y' --of hessian --save h.slope -o list.txt"), 0);
    assert_int_equal(slope("show --function h.slope"), 0);
    assert_string_equal(out, listing);
    assert_int_equal(slope("code --function h.slope --name h"), 0);
    assert_contains(out, "void h(");
    assert_int_equal(slope("show --function list.txt"), 2);
    assert_true(*err);
    assert_int_equal(slope("show --function nowhere.slope") != 0, 1);
    assert_contains(err, "nowhere.slope");
}

static void structure_is_drawn(void **state)
{
    (void)state;
    assert_int_equal(slope("graph 'sin(x)*y' --structure -o s.dot"), 0);
    assert_int_equal(shell("grep -q 'label=\"sin\"' s.dot"), 0);
    assert_int_equal(slope("graph 'sin(x)*y' --structure"), 2);
    assert_contains(err, "-o");
    assert_int_equal(slope("graph 'sin(x)*y' --of gradient x=1 y=2"), 2);
    assert_contains(err, "--structure");
}

/* More rows than a block has; 0/0 and log(-1) among them. */
static void points_come_in_blocks_and_on_threads(void **state)
{
    (void)state;
    assert_int_equal(shell("{ echo x,y; seq 1 40000 | awk '{ print $1 - 7000 \",\" $1 / 100 }'; } > big.csv"), 0);
    assert_int_equal(slope("grad 'sin(x)*y + k' k=2 --points big.csv --wrt y,x -o one.csv"), 0);
    assert_int_equal(slope("grad 'sin(x)*y + k' k=2 --points big.csv --wrt y,x --threads 2 -o two.csv"), 0);
    assert_int_equal(shell("cmp one.csv two.csv && test $(wc -l < one.csv) = 40001"), 0);
    assert_int_equal(shell("sed -n '6002p' one.csv"), 0); /* the 6,001st row, x = -999 */
    const char *second = strchr(out, ',') + 1;
    const double value = number_of(out), dy = number_of(second), dx = number_of(strchr(second, ',') + 1);
    assert_true(fabs(value - (sin(-999) * 60.01 + 2)) < 1e-11);
    assert_true(fabs(dy - sin(-999)) < 1e-14 && fabs(dx - cos(-999) * 60.01) < 1e-11);
    assert_int_equal(slope("grad 'x' x=1 --threads 2"), 2);
    assert_contains(err, "--points");
    assert_int_equal(slope("grad 'log(x)/x' --points big.csv -o log.csv"), 0);
    assert_contains(err, "big.csv:2: the first row without a finite answer");
    assert_contains(err, "7000 of 40000 rows have no finite answer");
    assert_int_equal(shell("sed -i '9000s/.*/1,oops/' big.csv; \"$S\" eval 'x*y' --points big.csv | tail -n 1"), 0);
    assert_string_equal(out, "179780.04\n"); /* rows before the wrong one are there */
    assert_contains(err, "big.csv:9000:3: 'oops' is not a number");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(hess_prints_a_matrix),
        cmocka_unit_test(hess_json_is_that_of_grad_and_more),
        cmocka_unit_test(matrices_are_told_for_each_row_of_points),
        cmocka_unit_test(zeros_of_slopes_have_no_sign),
        cmocka_unit_test(a_nan_of_a_matrix_names_its_operation),
        cmocka_unit_test(ties_are_noted_wherever_slopes_are),
        cmocka_unit_test(jac_takes_several_outputs),
        cmocka_unit_test(wrong_names_are_told),
        cmocka_unit_test(code_compiles_and_computes_the_gradient),
        cmocka_unit_test(code_is_printed_or_named_as_asked),
        cmocka_unit_test(show_lists_and_functions_are_kept),
        cmocka_unit_test(structure_is_drawn),
        cmocka_unit_test(points_come_in_blocks_and_on_threads),
    };
    return cmocka_run_group_tests_name("cli_functions", tests, enter, leave);
}
