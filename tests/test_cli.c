/* SPDX-License-Identifier: MIT */
/*
 * The command `slope`, run as a user would: every subcommand with good and bad input, exit statuses, messages, files.
 * What has to do with functions is in test_cli_functions.
 */
#include "shell.h"

#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define LIMIT_MEMORY_WIDE ""
#define LIMIT_TIME "ulimit -t 100; "
#define LIMIT_MEMORY "" /* sanitizers reserve more address space than there is memory */
#else
#define LIMIT_MEMORY "ulimit -v 100000; "
#define LIMIT_MEMORY_WIDE "ulimit -v 600000; "
#define LIMIT_TIME "ulimit -t 8; "
#endif

#define LECTURE "'e = a*b; d = e + c; L = d*f' a=2 b=-3 c=10 f=-2"

/* --------------------------------------------------------------------------------------------- eval and grad */

static void grad_prints_the_lecture(void **state)
{
    (void)state;
    assert_int_equal(slope("grad " LECTURE), 0);
    assert_string_equal(err, "");
    assert_string_equal(out, "name  value  gradient\n"
                             "a      2      6\n"
                             "b     -3     -4\n"
                             "c     10     -2\n"
                             "f     -2      4\n"
                             "e     -6     -2\n"
                             "d      4     -2\n"
                             "L     -8      1\n");
    char named[sizeof out];
    strcpy(named, out);
    assert_int_equal(slope(LECTURE), 0); /* no command means grad */
    assert_string_equal(out, named);
}

static void grad_json_reads_back(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        double value;
    } expected[] = {{"value", -8},         {"values.a.data", 2},  {"values.a.grad", 6},  {"values.b.grad", -4},
                    {"values.c.grad", -2}, {"values.e.grad", -2}, {"values.d.grad", -2}, {"values.f.grad", 4},
                    {"values.L.grad", 1},  {"values.L.data", -8}};
    assert_int_equal(slope("grad --json " LECTURE), 0);
    assert_true(json_valid(out));
    for (size_t i = 0; i < sizeof expected / sizeof *expected; ++i)
        assert_true(json_double(expected[i].path) == expected[i].value);
}

static void json_keeps_every_bit(void **state)
{
    (void)state;
    assert_int_equal(slope("grad 'x*(1/3) + sin(x)' x=0.1 --json"), 0);
    assert_true(json_double("values.x.data") == 0.1);
    assert_true(json_double("value") == 0.1 * (1.0 / 3.0) + sin(0.1));
    assert_true(json_double("values.x.grad") == 1.0 / 3.0 + cos(0.1));
    assert_int_equal(slope("eval x x=5e-324 --json"), 0);
    assert_true(json_double("value") == 5e-324);
    assert_int_equal(slope("eval x x=1.7976931348623157e308 --json"), 0);
    assert_true(json_double("value") == 1.7976931348623157e308);
    assert_int_equal(slope("eval x x=-0.0 --json"), 0);
    assert_true(json_double("value") == 0.0 && signbit(json_double("value")));
}

static void json_writes_nonfinite_as_strings(void **state)
{
    (void)state;
    assert_int_equal(slope("grad 'log(x)' x=0 --json"), 0);
    assert_true(json_valid(out));
    assert_memory_equal(json_find(out, "value"), "\"-Infinity\"", 11);
    assert_memory_equal(json_find(out, "values.x.grad"), "\"Infinity\"", 10);
    assert_contains(err, "log");
    assert_int_equal(slope("grad 'log(x)' x=-1 --json"), 0);
    assert_memory_equal(json_find(out, "value"), "\"NaN\"", 5);
}

static void nonfinite_results_say_where_they_were_born(void **state)
{
    (void)state;
    assert_int_equal(slope("grad 'y = log(x - 3); y*2' x=1"), 0);
    assert_contains(out, "NaN");
    assert_contains(err, "slope: note: ");
    assert_contains(err, "log");
    assert_int_equal(slope("eval 'x*2' x=nan"), 0);
    assert_contains(err, "note");
}

static void eval_prints_the_value_alone(void **state)
{
    (void)state;
    assert_int_equal(slope("eval 'x^2' x=3"), 0);
    assert_string_equal(out, "9\n");
    assert_int_equal(slope("eval '2*pi'"), 0);
    assert_string_equal(out, "6.283185307179586\n");
    assert_int_equal(slope("eval '2*pi' --digits 3"), 0);
    assert_string_equal(out, "6.28\n");
}

static void expressions_may_start_with_a_minus(void **state)
{
    (void)state;
    assert_int_equal(slope("eval '-x^2' x=3"), 0);
    assert_string_equal(out, "-9\n");
    assert_int_equal(slope("eval -- '-x^2' x=3"), 0);
    assert_string_equal(out, "-9\n");
    assert_int_equal(slope("eval -x x=3"), 0);
    assert_string_equal(out, "-3\n");
    assert_int_equal(slope("eval -2"), 0);
    assert_string_equal(out, "-2\n");
    assert_int_equal(slope("eval -- --x x=3"), 0);
    assert_string_equal(out, "3\n");
    assert_int_equal(slope("'-(x)' x=-1e-3 --json"), 0);
    assert_true(json_double("value") == 1e-3);
}

static void values_may_be_constant_expressions(void **state)
{
    (void)state;
    assert_int_equal(slope("eval 'x' x=pi/4"), 0);
    assert_string_equal(out, "0.7853981633974483\n");
    assert_int_equal(slope("eval 'x + y' x=-2 y=1e-3"), 0);
    assert_string_equal(out, "-1.999\n");
    assert_int_equal(slope("eval x x=inf"), 0);
    assert_string_equal(out, "inf\n");
    assert_int_equal(slope("eval x x=2*y"), 2);
    assert_contains(err, "constant");
    assert_int_equal(slope("eval x x="), 2);
    assert_int_equal(slope("eval x x=1e999"), 2);
    assert_int_equal(slope("eval x 'x=2+'"), 2);
}

static void constants_in_the_text_are_inputs_with_a_default(void **state)
{
    (void)state;
    const char *text = "'a = 2; b = -3; c = 10; f = -2; e = a*b; d = e + c; L = d*f' --json";
    char line[512];
    snprintf(line, sizeof line, "grad %s", text);
    assert_int_equal(slope(line), 0);
    assert_true(json_double("value") == -8 && json_double("values.a.grad") == 6 && json_double("values.e.grad") == -2);
    snprintf(line, sizeof line, "grad %s a=3", text);
    assert_int_equal(slope(line), 0);
    assert_true(json_double("value") == -2 && json_double("values.a.data") == 3);
    snprintf(line, sizeof line, "grad %s d=3", text);
    assert_int_equal(slope(line), 2);
    assert_contains(err, "'d'");
    assert_int_equal(slope("grad 'rate = 0.1; x*rate' x=1 raet=0.2"), 2); /* a typing error never passes silently */
    assert_contains(err, "did you mean rate?");
}

static void names_that_stand_twice_are_kept_apart(void **state)
{
    (void)state;
    assert_int_equal(slope("grad 'x = x + 1; x^2' x=2 --json"), 0);
    assert_true(json_double("value") == 9 && json_double("values.x.grad") == 6 && json_double("values.x#2.data") == 3);
    assert_int_equal(slope("grad 'y = x; y*y' x=3 --json"), 0);
    assert_true(json_double("values.x.grad") == 6 && json_double("values.y.grad") == 6);
    assert_int_equal(slope("grad 'e*2' e=3 --json"), 0);
    assert_string_equal(err, "");
    assert_true(json_double("value") == 6 && json_double("values.e.grad") == 2);
}

static void wrt_picks_names(void **state)
{
    (void)state;
    assert_int_equal(slope("grad --json --wrt b,a " LECTURE), 0);
    assert_true(json_double("values.a.grad") == 6 && json_double("values.b.grad") == -4);
    assert_null(json_find(out, "values.c.grad"));
    assert_int_equal(slope("grad --wrt=nope " LECTURE), 2);
    assert_contains(err, "nope");
    assert_int_equal(slope("grad --wrt rat 'rate*x' rate=2 x=1"), 2);
    assert_contains(err, "did you mean rate?");
    assert_int_equal(slope("grad --wrt a,,b " LECTURE), 2);
    assert_int_equal(slope("grad --wrt a,a " LECTURE), 2);
}

static void missing_names_are_all_told(void **state)
{
    (void)state;
    assert_int_equal(slope("grad 'a*x + b' a=2"), 2);
    assert_string_equal(out, "");
    assert_contains(err, "x, b");
    assert_contains(err, "slope grad 'a*x + b' a=2 x=1 b=1");
    assert_int_equal(slope("grad 'x' x=1 x=2"), 2);
    assert_contains(err, "twice");
    assert_int_equal(slope("grad 'length*2' lenght=2"), 2);
    assert_contains(err, "did you mean length?");
    assert_int_equal(slope("grad 'x' x=1 unrelated=2"), 0);
    assert_contains(err, "unrelated");
    assert_contains(out, "unrelated");
}

static void expressions_come_from_files_and_pipes(void **state)
{
    (void)state;
    write_file("f.slope", "# the lecture\r\na = 2\r\nb = -3  # second\r\ny = a*b\r\ny^2\r\n");
    assert_int_equal(slope("eval -f f.slope"), 0);
    assert_string_equal(out, "36\n");
    assert_int_equal(slope("eval --file=f.slope a=1"), 0);
    assert_string_equal(out, "9\n");
    assert_int_equal(shell("echo 'y = 3*t; y^2' | \"$S\" eval - t=0.5"), 0);
    assert_string_equal(out, "2.25\n");
    assert_int_equal(shell("echo t | \"$S\" eval -f - t=0.5"), 0);
    assert_int_equal(slope("eval -f f.slope t=0.5 extra=1"), 0);
    assert_contains(err, "note: f.slope does not use 'extra'");
    assert_int_equal(slope("eval t t=0.5 extra=1"), 0);
    assert_contains(err, "note: the expression does not use 'extra'");
    assert_int_equal(slope("eval -f missing.slope"), 2);
    assert_contains(err, "missing.slope");
    assert_int_equal(slope("eval -f ."), 2);
    assert_int_equal(slope("eval -"), 2); /* empty input is no expression */
}

static void syntax_errors_have_place_and_caret(void **state)
{
    (void)state;
    assert_int_equal(slope("grad 'a*(b + ' a=1 b=2"), 2);
    assert_string_equal(out, "");
    assert_contains(err, "slope: expression:1:");
    assert_contains(err, "^");
    assert_int_equal(slope("grad '2x' x=1"), 2);
    assert_contains(err, "2*x");
    assert_int_equal(slope("grad 'sinn(x)' x=1"), 2);
    assert_contains(err, "sin");
    assert_int_equal(slope("grad ''"), 2);
    write_file("bad.slope", "a = 2\nb = a +* 3\nb\n");
    assert_int_equal(slope("grad -f bad.slope"), 2);
    assert_contains(err, "bad.slope:2:");
    write_file("deep.slope", "");
    assert_int_equal(
        shell("{ head -c 100000 /dev/zero | tr '\\0' '('; echo 1; } >deep.slope; \"$S\" eval -f deep.slope"), 2);
}

/* ------------------------------------------------------------------------------------------------- the points */

static void points_are_streamed_in_order(void **state)
{
    (void)state;
    write_file("p.csv", "x,y\n1,2\n3,4\n");
    assert_int_equal(slope("grad 'x*y + k' k=1 --points p.csv"), 0);
    assert_string_equal(out, "value,grad_x,grad_y,grad_k\n3,2,1,1\n13,4,3,1\n");
    assert_int_equal(slope("grad 'x*y' --points p.csv --wrt y"), 0);
    assert_string_equal(out, "value,grad_y\n2,1\n12,3\n");
    assert_int_equal(slope("eval 'x*y' --points p.csv"), 0);
    assert_string_equal(out, "value\n2\n12\n");
    assert_int_equal(slope("grad 'x*y' --points p.csv --json"), 0);
    char *second = strchr(out, '\n');
    assert_non_null(second);
    *second++ = '\0';
    assert_true(json_valid(out) && json_valid(second));
    assert_true(json_double("values.x.grad") == 2);
    assert_int_equal(shell("\"$S\" eval 'x*y' -p - <p.csv"), 0);
    assert_string_equal(out, "value\n2\n12\n");
}

static void points_accept_what_spreadsheets_write(void **state)
{
    (void)state;
    write_file(
        "s.csv",
        "\xEF\xBB\xBF\"x\" , name,y\r\n\r\n 1 ,\"a \"\"quoted\"\", one\nin two lines\",\"2\"\r\n  \r\n-3,,4e0\r\n");
    assert_int_equal(slope("eval 'x*y' --points s.csv"), 0);
    assert_string_equal(out, "value\n2\n-12\n");
    write_file("n.csv", "x\nnan\n-inf\n0x1p-2");
    assert_int_equal(slope("eval 'x' --points n.csv"), 0);
    assert_string_equal(out, "value\nNaN\n-inf\n0.25\n");
    assert_contains(err, "n.csv:2");
    write_file("h.csv", "x\n");
    assert_int_equal(slope("eval 'x' --points h.csv"), 0);
    assert_string_equal(out, "value\n");
}

static void wrong_points_are_told_with_their_place(void **state)
{
    (void)state;
    static const struct {
        const char *text, *message;
    } wrong[] = {
        {"x,y\n1,2\n3,four\n", "w.csv:3:3: 'four' is not a number"},
        {"x,y\n1,\n", "w.csv:2:3: the cell of column 'y' is empty"},
        {"x,y\n1\n", "w.csv:2:"},
        {"x,y\n1,2,3\n", "w.csv:2:5: 3 fields"},
        {"x,x\n1,2\n", "w.csv:1:3: the column 'x' is there twice"},
        {"x;y\n1;2\n", "semicolons"},
        {"x,z\n1,2\n", "w.csv has the columns x, z"},
        {"", "w.csv is empty"},
        {"x,y\n\"1,2\n", "w.csv:2:1: this quote is never closed"},
        {"x,y\n\"1\"a,2\n", "w.csv:2:1: there is text behind"},
        {"x,y\n1,1e999\n", "w.csv:2:3: '1e999'"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; ++i) {
        write_file("w.csv", wrong[i].text);
        assert_int_equal(slope("grad 'x*y' --points w.csv -o result.csv"), 2);
        assert_contains(err, wrong[i].message);
        assert_int_not_equal(access("result.csv", F_OK), 0);
    }
    assert_int_equal(slope("grad 'x' --points missing.csv"), 2);
    assert_int_equal(slope("grad x x=1 --points p.csv"), 2);
    assert_int_equal(slope("grad - --points -"), 2);
    assert_int_equal(shell("{ echo x; head -c 20000000 /dev/zero | tr '\\0' 1; } | \"$S\" eval x --points -"), 2);
    assert_contains(err, "longer than");
}

static void points_take_constant_memory(void **state)
{
    (void)state;
    int status = shell(LIMIT_MEMORY "{ echo x; seq 1 200000; } | \"$S\" grad 'sin(x)*x' --points - | tail -n 1");
    assert_int_equal(status, 0);
    double value = number_of(out);
    assert_true(value == sin(200000.0) * 200000.0);
}

/* -------------------------------------------------------------------------------------- check, sweep and graph */

static void check_passes_right_derivatives(void **state)
{
    (void)state;
    assert_int_equal(slope("check 'tanh(x1*w1 + x2*w2 + b)' x1=2 x2=0 w1=-3 w2=1 b=6.8813735870195432"), 0);
    assert_contains(out, "verdict");
    assert_contains(out, "right");
    assert_lacks(out, "wrong");
    assert_int_equal(slope("check 'sin(x)*y' x=1 y=2 --json --wrt x"), 0);
    assert_true(json_valid(out));
    assert_memory_equal(json_find(out, "passed"), "true", 4);
    assert_memory_equal(json_find(out, "checks.x.verdict"), "\"right\"", 7);
    assert_null(json_find(out, "checks.y.verdict"));
    assert_int_equal(slope("check 'abs(x)' x=0"), 0);
    assert_contains(out, "kink");
    assert_contains(err, "kink");
    assert_int_equal(slope("check '1 + 2'"), 2);
}

static void sweep_shows_errors_against_h(void **state)
{
    (void)state;
    assert_int_equal(slope("sweep 'exp(x)*sin(x)' x=1"), 0);
    assert_contains(out, "1e-16");
    assert_contains(out, "complex step");
    assert_int_equal(slope("sweep 'exp(x)*sin(x)' x=1 --json"), 0);
    assert_true(json_valid(out));
    assert_true(json_double("rows.0.h") == 0.1);
    assert_true(fabs(json_double("rows.60.h") - 1e-16) < 1e-30);
    assert_true(json_double("rows.60.complex_error") <= 1e-15);
    assert_true(json_double("rows.60.forward_error") > 1e-3);
    assert_true(json_double("rows.20.central_error") < json_double("rows.20.forward_error"));
    assert_int_equal(slope("sweep 'x*y' x=1 y=2 --wrt x,y"), 2);
    assert_int_equal(slope("sweep '3'"), 2);
}

static void sweep_draws_plots(void **state)
{
    (void)state;
    static const struct {
        const char *file, *magic;
    } kind[] = {{"s.svg", "<?xml"}, {"s.png", "\x89PNG"}, {"s.pdf", "%PDF"}};
    for (size_t i = 0; i < 3; ++i) {
        char line[128];
        snprintf(line, sizeof line, "sweep 'exp(x)*sin(x)' x=1 -o %s", kind[i].file);
        assert_int_equal(slope(line), 0);
        assert_contains(out, "1e-16");
        slurp(kind[i].file, out);
        assert_memory_equal(out, kind[i].magic, strlen(kind[i].magic));
    }
    assert_int_equal(slope("sweep 'x^2' x=1 -o s.gif"), 2);
    assert_contains(err, ".svg .png .pdf");
    assert_int_equal(slope("sweep 'x^2' x=1 -o missing/s.svg"), 3);
}

static void graph_goes_to_the_terminal_or_a_file(void **state)
{
    (void)state;
    assert_int_equal(slope("graph " LECTURE), 0);
    assert_contains(out, "L");
    assert_lacks(out, "\033[");
    assert_int_equal(slope("graph --format dot --style lecture " LECTURE), 0);
    assert_contains(out, "digraph");
    assert_int_equal(slope("graph --format json " LECTURE), 0);
    assert_true(json_valid(out));
    assert_int_equal(slope("graph -o g.dot " LECTURE), 0);
    slurp("g.dot", out);
    assert_contains(out, "digraph");
    assert_int_equal(slope("graph -o g.svg " LECTURE), system("command -v dot >/dev/null") ? 3 : 0);
    assert_int_equal(slope("graph -o g.bmp " LECTURE), 2);
    assert_contains(err, ".svg");
    assert_int_equal(access("g.bmp", F_OK), -1);
    assert_int_equal(slope("graph 3"), 2);
    assert_int_equal(slope("graph --style fancy " LECTURE), 2);
    assert_contains(err, "slope|lecture");
    assert_int_equal(slope("graph --max-nodes 0 " LECTURE), 2);
    assert_int_equal(slope("graph --color always " LECTURE), 0);
    assert_contains(out, "\033[");
}

static void graph_tells_when_dot_is_missing(void **state)
{
    (void)state;
    assert_int_equal(shell("PATH=/nonexistent \"$S\" graph -o d.svg x^2 x=1"), 3);
    assert_contains(err, "Graphviz");
    assert_int_equal(access("d.svg", F_OK), -1);
}

/* ------------------------------------------------------------------------------------------------------ repl */

static void repl_reads_a_pipe(void **state)
{
    (void)state;
    assert_int_equal(
        shell("printf 'a = 2\\nb = -3\\ne = a*b\\nL = e + 10\\n:grad\\na = 5\\n:names\\n:quit\\n7\\n' | \"$S\" repl"),
        0);
    assert_string_equal(err, "");
    assert_string_equal(out, "a = 2\nb = -3\ne = -6\nL = 4\n"
                             "name  value  gradient\n"
                             "a      2     -3\n"
                             "b     -3      2\n"
                             "e     -6      1\n"
                             "L      4      1\n"
                             "a = 5\nL = -5\n"
                             "name  value  kind\n"
                             "a       5    input\n"
                             "b      -3    input\n"
                             "e     -15    computed\n"
                             "L      -5    computed\n");
}

static void repl_goes_on_after_errors(void **state)
{
    (void)state;
    assert_int_equal(shell("printf 'x = 2\\nx +* 3\\n:gard\\n:grad\\nx^2; x^3\\n:check\\n:graph\\n:graph "
                           "r.dot\\nhelp\\n' | \"$S\" repl"),
                     2);
    assert_contains(err, "standard input:2:");
    assert_contains(err, "^");
    assert_contains(err, "did you mean :grad?");
    assert_contains(err, "no result with derivatives yet");
    assert_contains(out, "8\n");
    assert_contains(out, "right");
    assert_contains(out, ":help");
    slurp("r.dot", out);
    assert_contains(out, "digraph");
    assert_int_equal(slope("repl 'x'"), 2);
}

/* What a terminal obeys comes from files, names and paths: it is shown as '?'. */
static void escapes_do_not_reach_the_terminal(void **state)
{
    (void)state;
    assert_int_equal(shell("printf 'x\\n\\033]0;gotcha\\007\\n' | \"$S\" eval x --points -"), 2);
    assert_contains(err, "'?]0;gotcha?' is not a number");
    assert_int_equal(shell("printf 'a\\033[31m,\\302\\233b\\n1,2\\n' | \"$S\" eval x --points -"), 2);
    assert_contains(err, "has the columns a?[31m, ??b");
    assert_int_equal(shell("\"$S\" eval -f \"$(printf 'no\\033[2Jfile\\342\\200\\256')\""), 2);
    assert_contains(err, "can't read no?[2Jfile???");
    assert_int_equal(shell("\"$S\" eval x \"$(printf 'x\\033=2')\""), 2);
    assert_lacks(err, "\033");
    assert_int_equal(shell("\"$S\" eval x x=1 --\"$(printf 'o\\033')\""), 2);
    assert_lacks(err, "\033");
    assert_int_equal(shell("\"$S\" eval 'x' x=1 -o \"$(printf 'no/\\303\\274\\033')\""), 3);
    assert_contains(err, "can't write no/\303\274?:");
}

static void a_link_that_leads_nowhere_is_left_alone(void **state)
{
    (void)state;
    assert_int_equal(shell("ln -s nowhere dangling; \"$S\" eval x x=1 -o dangling"), 2);
    assert_contains(err, "leads nowhere");
    assert_int_equal(shell("test -L dangling && test ! -e nowhere"), 0);
}

static void repl_remembers_functions(void **state)
{
    (void)state;
    assert_int_equal(
        shell("printf 'f(a) = k*a\nk = 2\nf(a) = k*a\ng(a, b) = f(a) + b\nx = 3\ng(x, 1); f(5)\ng(x\n:reset\nf(2)\n' | "
              "\"$S\" repl"),
        2);
    assert_contains(out, "\n7\n10\n");
    assert_contains(err, "standard input:1:8: there is no value for the name 'k'");
    assert_contains(err, "standard input:7:1: this");
    assert_contains(err, "standard input:9:1: there is no operation called 'f'");
}

static void repl_leaves_no_files_behind(void **state)
{
    (void)state;
    assert_int_equal(
        shell("mkdir -p home && echo '1+1' | HOME=$PWD/home XDG_STATE_HOME= \"$S\" repl && find home -type f"), 0);
    assert_string_equal(out, "2\n");
}

/* -------------------------------------------------------------------------------------- the line and the files */

static void bad_usage_is_explained(void **state)
{
    (void)state;
    static const struct {
        const char *arguments, *message;
    } bad[] = {
        {"", "Usage: slope [COMMAND] EXPR"},
        {"grad", "needs an expression"},
        {"gard 'x' x=1", "did you mean the command 'slope grad'?"},
        {"grad 'x' x=1 --jsno", "did you mean --json?"},
        {"grad 'x' x=1 --whatever", "unknown option '--whatever'"},
        {"grad 'x' x=1 -z", "unknown option '-z'"},
        {"grad 'x' x=1 -ofile", "as two words"},
        {"grad x y", "'y' is not NAME=VALUE"},
        {"grad x=2 'x^2'", "the expression comes first"},
        {"grad 'x' x=1 --style lecture", "slope grad has no option --style"},
        {"grad 'x' x=1 --json=yes", "takes no value"},
        {"grad 'x' x=1 --digits 18", "1 to 17"},
        {"grad 'x' x=1 --digits many", "'many'"},
        {"grad 'x' x=1 --wrt", "--wrt needs NAMES"},
        {"graph 'x' x=1 --time-limit -1", "above 0"},
        {"help nothing", "no command 'nothing'"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; ++i) {
        assert_int_equal(slope(bad[i].arguments), 2);
        assert_string_equal(out, "");
        assert_contains(err, bad[i].message);
        assert_memory_equal(err, *bad[i].arguments ? "slope: " : "Usage: ", 7);
    }
}

static void help_is_there_for_every_command(void **state)
{
    (void)state;
    static const char *const commands[] = {"eval", "grad", "check", "sweep", "graph", "repl", "help"};
    assert_int_equal(slope("--help"), 0);
    for (size_t i = 0; i < 7; ++i)
        assert_contains(out, commands[i]);
    assert_contains(out, "logsumexp");
    for (size_t i = 0; i < 7; ++i) {
        char line[64], expected[64], help[sizeof out];
        snprintf(line, sizeof line, "%s --help", commands[i]);
        snprintf(expected, sizeof expected, "Usage: slope %s", commands[i]);
        assert_int_equal(slope(line), 0);
        assert_contains(out, expected);
        assert_string_equal(err, "");
        strcpy(help, out);
        snprintf(line, sizeof line, "help %s", commands[i]);
        assert_int_equal(slope(line), 0);
        assert_string_equal(out, help);
        for (char *at = help; *at; at += strcspn(at, "\n"), at += *at == '\n')
            assert_true(strcspn(at, "\n") <= 80);
    }
    assert_int_equal(slope("--version"), 0);
    assert_memory_equal(out, "slope ", 6);
}

static void full_disks_are_noticed(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "grad x x=1", "eval x x=1", "check x^2 x=1",          "sweep x^2 x=1",     "graph x^2 x=1",
        "--help",     "--version",  "grad x --points p1.csv", "grad x x=1 --json", "graph --format dot x^2 x=1"};
    write_file("p1.csv", "x\n1\n2\n");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; ++i) {
        char line[256];
        snprintf(line, sizeof line, "\"$S\" %s >/dev/full", lines[i]);
        assert_int_equal(shell(line), 3);
        assert_contains(err, "can't write");
    }
    assert_int_equal(shell("echo 1+1 | \"$S\" repl >/dev/full"), 3);
    assert_int_equal(slope("grad x x=1 -o /dev/full"), 3);
    assert_int_equal(shell("\"$S\" eval x x=1 >&-"), 3);
}

static void output_files_appear_whole_or_not_at_all(void **state)
{
    (void)state;
    mkdir("o", 0777);
    assert_int_equal(slope("grad x^2 x=3 --json -o o/r.json"), 0);
    assert_string_equal(out, "");
    slurp("o/r.json", out);
    assert_true(json_valid(out) && json_double("value") == 9);
    assert_int_equal(slope("grad x^2 x=3 --wrt y -o o/r.json"), 2);
    slurp("o/r.json", out);
    assert_true(json_valid(out)); /* the old one is still there */
    assert_int_equal(slope("grad x^2 x=3 -o missing/r.json"), 3);
    assert_int_equal(slope("grad x^2 x=3 -o o"), 2);
    assert_int_equal(
        shell("umask 027; \"$S\" eval x x=1 -o o/m; stat -c %a o/m; ln -s m o/link; \"$S\" eval x x=2 -o o/link; "
              "test -L o/link && cat o/m; ls o"),
        0);
    assert_string_equal(out, "640\n2\nlink\nm\nr.json\n");
}

static void colour_is_only_for_terminals(void **state)
{
    (void)state;
    assert_int_equal(slope("grad x x=1"), 0);
    assert_lacks(out, "\033");
    assert_int_equal(slope("grad x x=1 --color=always"), 0);
    assert_contains(out, "\033[1m");
    if (system("script -qec true /dev/null </dev/null >/dev/null 2>&1"))
        return; /* no script(1), or no pseudo-terminals, as in some containers */
    assert_int_equal(shell("TERM=xterm script -qec '\"$S\" grad x x=1' /dev/null </dev/null"), 0);
    assert_contains(out, "\033[1m");
    assert_int_equal(shell("TERM=xterm NO_COLOR=1 script -qec '\"$S\" grad x x=1' /dev/null </dev/null"), 0);
    assert_lacks(out, "\033");
}

static void man_page_and_completions_are_sound(void **state)
{
    (void)state;
    assert_int_equal(shell("bash -n \"$G/slope.bash\""), 0);
    assert_int_equal(shell("cat \"$G/slope.1\" \"$G/slope.bash\" \"$G/_slope\" \"$G/slope.fish\""), 0);
    assert_contains(out, "max-nodes");
    if (!system("command -v mandoc >/dev/null")) {
        assert_int_equal(shell("mandoc -T lint -W style \"$G/slope.1\""), 0);
        assert_string_equal(out, "");
        assert_int_equal(shell("mandoc -T ascii \"$G/slope.1\" | col -b"), 0);
        assert_contains(out, "--max-nodes");
    }
    assert_int_equal(shell("bash -c '. \"$G/slope.bash\"; COMP_WORDS=(slope graph --st); COMP_CWORD=2; _slope; echo "
                           "\"${COMPREPLY[@]}\"; "
                           "COMP_WORDS=(slope graph --style \"\"); COMP_CWORD=3; _slope; echo \"${COMPREPLY[@]}\"; "
                           "COMP_WORDS=(slope sw); COMP_CWORD=1; _slope; echo \"${COMPREPLY[@]}\"'"),
                     0);
    assert_string_equal(out, "--structure --style\nslope lecture\nsweep\n");
    if (!system("command -v zsh >/dev/null"))
        assert_int_equal(shell("zsh -n \"$G/_slope\""), 0);
    if (!system("command -v fish >/dev/null"))
        assert_int_equal(shell("fish -n \"$G/slope.fish\""), 0);
}

/* Time goes with the size of the text and of the points, not with its square: each took 7 to 60 s. */
static void many_names_take_little_time(void **state)
{
    (void)state;
    assert_int_equal(
        shell("awk 'BEGIN { print \"a=1\"; for (i = 0; i < 40000; i++) print \"a = a*k\"; print \"a\" }' > a.slope; "
              "awk 'BEGIN { for (i = 0; i < 80000; i++) printf \"%sc%d\", i ? \",\" : \"\", i; print \"\"; "
              "for (i = 0; i < 80000; i++) printf \"%s%d\", i ? \",\" : \"\", i; print \"\" }' > w.csv; "
              "awk 'BEGIN { for (i = 0; i < 20000; i++) printf \"%sc%d\", i ? \"+\" : \"\", i }' > w.slope"),
        0);
    assert_int_equal(shell(LIMIT_TIME "\"$S\" eval -f a.slope k=1"), 0);
    assert_string_equal(out, "1\n");
    assert_int_equal(shell(LIMIT_TIME "\"$S\" eval c5+c7 --points w.csv"), 0);
    assert_string_equal(out, "value\n12\n");
    assert_int_equal(shell(LIMIT_MEMORY_WIDE LIMIT_TIME "\"$S\" eval -f w.slope --points w.csv"), 0);
    assert_string_equal(out, "value\n199990000\n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(grad_prints_the_lecture),
        cmocka_unit_test(grad_json_reads_back),
        cmocka_unit_test(json_keeps_every_bit),
        cmocka_unit_test(json_writes_nonfinite_as_strings),
        cmocka_unit_test(nonfinite_results_say_where_they_were_born),
        cmocka_unit_test(eval_prints_the_value_alone),
        cmocka_unit_test(expressions_may_start_with_a_minus),
        cmocka_unit_test(values_may_be_constant_expressions),
        cmocka_unit_test(constants_in_the_text_are_inputs_with_a_default),
        cmocka_unit_test(names_that_stand_twice_are_kept_apart),
        cmocka_unit_test(wrt_picks_names),
        cmocka_unit_test(missing_names_are_all_told),
        cmocka_unit_test(expressions_come_from_files_and_pipes),
        cmocka_unit_test(syntax_errors_have_place_and_caret),
        cmocka_unit_test(points_are_streamed_in_order),
        cmocka_unit_test(points_accept_what_spreadsheets_write),
        cmocka_unit_test(wrong_points_are_told_with_their_place),
        cmocka_unit_test(points_take_constant_memory),
        cmocka_unit_test(many_names_take_little_time),
        cmocka_unit_test(check_passes_right_derivatives),
        cmocka_unit_test(sweep_shows_errors_against_h),
        cmocka_unit_test(sweep_draws_plots),
        cmocka_unit_test(graph_goes_to_the_terminal_or_a_file),
        cmocka_unit_test(graph_tells_when_dot_is_missing),
        cmocka_unit_test(repl_reads_a_pipe),
        cmocka_unit_test(repl_goes_on_after_errors),
        cmocka_unit_test(repl_remembers_functions),
        cmocka_unit_test(escapes_do_not_reach_the_terminal),
        cmocka_unit_test(a_link_that_leads_nowhere_is_left_alone),
        cmocka_unit_test(repl_leaves_no_files_behind),
        cmocka_unit_test(bad_usage_is_explained),
        cmocka_unit_test(help_is_there_for_every_command),
        cmocka_unit_test(full_disks_are_noticed),
        cmocka_unit_test(output_files_appear_whole_or_not_at_all),
        cmocka_unit_test(colour_is_only_for_terminals),
        cmocka_unit_test(man_page_and_completions_are_sound),
    };
    return cmocka_run_group_tests_name("cli", tests, enter, leave);
}
