/* SPDX-License-Identifier: MIT */
/*
 * What the files of the command share.  Uses public headers of the library only.
 *
 * Results go to the standard output through a cli_output, everything else to the standard error through report.c.
 * Functions that can fail have told the user already when they return; what they return is the exit status, 0 for
 * success.
 */
#ifndef SLOPE_CLI_H
#define SLOPE_CLI_H

#define SLOPE_PLAIN
#include <slope/slope.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "table.h"

/* Exit statuses. */
enum { CLI_DONE = 0, CLI_MISMATCH = 1, CLI_USAGE = 2, CLI_SYSTEM = 3 };

/* ---------------------------------------------------------------------------------------------------- args.c */

/* A command line, understood.  Every string is borrowed from argv. */
typedef struct cli_args {
    cli_command command;
    bool named_command;                  /* false: it is grad because nothing else was said */
    const char *value[CLI_OPTION_COUNT]; /* NULL: not given; "" for flags */
    const char *expression;              /* NULL: not given */
    size_t bindings;
    char **binding; /* "name=value", as typed */
    char **storage; /* what `binding` points into; owned */
    int argc;
    char **argv;
} cli_args;

int cli_args_read(cli_args *args, int argc, char **argv);
void cli_args_free(cli_args *args);

/* The number given for a COUNT or SECONDS option (checked by cli_args_read), or `otherwise`. */
double cli_args_number(const cli_args *args, cli_option option, double otherwise);

/* Nonzero if a CHOICE option was given as `word`. */
bool cli_args_chose(const cli_args *args, cli_option option, const char *word);

/* -------------------------------------------------------------------------------------------------- report.c */

#define CLI_PRINTF(text, first) __attribute__((format(printf, text, first)))

/* "slope: ..." on the standard error; returns `status`. */
int cli_fail(int status, const char *format, ...) CLI_PRINTF(2, 3);
void cli_hint(const char *format, ...) CLI_PRINTF(1, 2);
void cli_note(const char *format, ...) CLI_PRINTF(1, 2);

/* Writes a text from outside to what may be a terminal: a '?' for what that might obey; ends of lines stay. */
void cli_put_safe(const char *text, size_t size, FILE *file);

/* Tells a status of the library; `what` was being done, `message` (may be NULL or "") is its own sentence. */
int cli_fail_status(slope_status status, const char *what, const char *message);
int cli_fail_memory(void);

/* The exit status that fits a status of the library. */
int cli_exit_of(slope_status status);

/* Changes, insertions, deletions and swaps of neighbours that lead from a to b. */
size_t cli_distance(const char *a, const char *b);

/* Nonzero if `distance` is near enough for a word of this length to be taken for a typing error. */
bool cli_is_near(const char *word, size_t distance);

/* Nonzero if colours may be used on the standard output. */
bool cli_colour(const cli_args *args);

/* -------------------------------------------------------------------------------------------------- number.c */

/* Room for any number as text. */
#define CLI_NUMBER_SIZE 40

/* As few digits as read back to the same bits (digits 0), or so many significant ones. */
const char *cli_number(char text[CLI_NUMBER_SIZE], double x, int digits);

/* A string that grows; all-zero is empty.  `failed` sticks when memory is short. */
typedef struct cli_text {
    char *data; /* owned; NUL-terminated once something was added */
    size_t size, capacity;
    bool failed;
} cli_text;

void cli_text_add(cli_text *text, const char *data, size_t size);
void cli_text_print(cli_text *text, const char *format, ...) CLI_PRINTF(2, 3);
void cli_text_json_string(cli_text *text, const char *string);
void cli_text_json_number(cli_text *text, double x);
void cli_text_free(cli_text *text);

/* Adds words, lines broken at 80 bytes, after an indent; the line already holds `column` bytes. */
void cli_text_wrap(cli_text *text, const char *words, size_t indent, size_t column);

/* Adds `argument` as a shell would need it typed. */
void cli_text_quoted(cli_text *text, const char *argument);

/* A number as C writes it, with nan and inf, nothing after it; false if `text` is none. */
bool cli_number_read(const char *text, double *x);

/* A derivative as it is printed: 0 for -0, whose sign depends on how the sum of its terms was taken. */
double cli_slope(double x);

/* -------------------------------------------------------------------------------------------------- output.c */

/* Where results go: the standard output, or a file that appears whole or not at all. */
typedef struct cli_output {
    FILE *file;
    const char *path; /* NULL: the standard output */
    char *temporary;  /* written until it is renamed; NULL when `path` is written directly (devices) */
} cli_output;

int cli_output_open(cli_output *output, const char *path);
int cli_output_write(cli_output *output, const cli_text *text);

/* Makes the file appear, or, when `status` is not 0, removes what there is of it; returns the exit status. */
int cli_output_close(cli_output *output, int status);

/* Everything that was printed arrived; call before leaving. */
int cli_output_check_stdout(void);

/* -------------------------------------------------------------------------------------------------- source.c */

/* One statement of a text: bytes first..last-1, without surrounding blanks and comments. */
typedef struct cli_statement {
    size_t first, last;
    size_t name_size; /* bytes of the name that it assigns, at `first`; 0: it assigns none */
    size_t right;     /* where the right side starts */
    bool defines;     /* it defines a function, f(x) = ... */
} cli_statement;

/* The text of an expression and where it came from. */
typedef struct cli_source {
    const char *from;    /* before a position: "expression", "standard input" or a file name; borrowed */
    const char *text_of; /* in a sentence: "the expression", "standard input" or a file name; borrowed */
    char *text;          /* owned, NUL-terminated */
    size_t size;
} cli_source;

int cli_source_read(cli_source *source, const cli_args *args);
void cli_source_free(cli_source *source);

/* Finds the next statement from *position on; false at the end. */
bool cli_source_next(const char *text, size_t size, size_t *position, cli_statement *statement);

/* Nonzero if `name` occurs in the text as a name. */
bool cli_source_uses(const char *text, size_t size, const char *name, size_t name_size);

/* Tells what was wrong with a text, with line, caret and hint. */
int cli_source_fail(const char *from, const slope_parse_error *error);

/* The value of a constant expression such as pi/4. */
slope_status cli_constant(const char *text, size_t size, double *x, slope_parse_error *error);

/* --------------------------------------------------------------------------------------------------- names.c */

/* Which number belongs to a name; all-zero is empty. */
typedef struct cli_index {
    void *root; /* of the search tree; owned */
} cli_index;

/* The number of a name, SIZE_MAX for none. */
size_t cli_index_find(const cli_index *index, const char *name, size_t size);

/* Adds a name, which is borrowed; one that is there already keeps its number. */
int cli_index_add(cli_index *index, const char *name, size_t size, size_t number);
void cli_index_free(cli_index *index);

/* --------------------------------------------------------------------------------------------------- model.c */

/* An input: a name, its number, and whether its number came from the text, the command line or a column. */
typedef enum { CLI_FROM_TEXT, CLI_FROM_LINE, CLI_FROM_COLUMN } cli_origin;

typedef struct cli_input {
    char *name; /* owned */
    double data;
    slope_value value;
    cli_origin origin;
    size_t place; /* in the text: first use or definition; SIZE_MAX: not there */
} cli_input;

/* A name that the text assigns, and the statement that does. */
typedef struct cli_assigned {
    const char *name; /* in the text */
    size_t size;
    size_t meanings, listed; /* of the first with this name: how many there are, and values with it that are listed */
    cli_statement statement;
} cli_assigned;

/* A named value: what tables and JSON list. */
typedef struct cli_named {
    char *name; /* owned, unique in the list */
    slope_value value;
} cli_named;

/* An expression recorded on a tape with numbers for all its inputs. */
typedef struct cli_model {
    cli_source source;
    char *formula; /* the text without what it says of inputs, `a = 2`, and without blanks that are not needed; owned */
    slope_tape *tape;
    slope_value result;
    size_t inputs, named;
    cli_input *input;
    cli_named *named_value; /* inputs first, then names that the text assigns, in order */
    cli_index by_name;      /* positions in named_value */
} cli_model;

/* Reads the text and the bindings of the command line.  columns[0..n-1] are names that will get numbers later. */
int cli_model_create(cli_model *model, const cli_args *args, size_t columns, const char *const column[]);
void cli_model_free(cli_model *model);

/* Sweeps backward from the result. */
int cli_model_backward(cli_model *model);

/* Indices into named_value that --wrt picks (all inputs and names when it is absent; inputs only when inputs_only);
   *index is owned by the caller. */
int cli_model_pick(const cli_model *model, const cli_args *args, bool inputs_only, size_t *count, size_t **index);

/* Notes a comparison that y depends on and that was decided at a tie, behind `where`; returns whether there is one. */
bool cli_note_tie(slope_tape *tape, slope_value y, const char *where);

/* Says on the standard error where the first NaN or infinity was born, if there is one; returns whether there is. */
bool cli_model_note_nonfinite(const cli_model *model, bool gradients);

/* {"value": v, "values": {...}} without the final newline. */
void cli_model_json(const cli_model *model, bool gradients, size_t count, const size_t index[], cli_text *text);

/* ------------------------------------------------------------------------------------------------ function.c */

/* A list of names a,b,c. */
typedef struct cli_names {
    size_t count;
    char **name; /* pointers into text, or borrowed; the array is owned */
    char *text;  /* owned */
} cli_names;

int cli_names_read(cli_names *names, const char *list);
void cli_names_free(cli_names *names);

/* Tells an error of the library; `what` was being done. */
int cli_fail_error(const slope_error *error, const char *what);

/* The model as a function of its inputs; outputs by --out, else all that the text assigns, or only the result where
   `one`. */
int cli_model_function(const cli_model *model, const cli_args *args, bool one, slope_function **f);

/* A function of the model's inputs whose outputs are one number each, at the model's numbers. */
int cli_model_evaluate(const cli_model *model, const slope_function *g, double y[]);

/* The function that --function, or the expression, and --out, --of and --wrt say; saved when --save says so. */
int cli_function_create(const cli_args *args, slope_function **f);

/* -------------------------------------------------------------------------------------------------- matrix.c */

/* The Hessian or the Jacobian of a model, what slope hess and slope jac tell. */
typedef struct cli_matrix {
    bool is_hessian;
    const char *what;            /* "hessian", "jacobian" */
    slope_function *f, *derived; /* what is derived, and its derivative: an output for each entry, row by row; owned */
    size_t rows, columns;
    const char **row, **column; /* borrowed names; the arrays are owned */
    double *entry;              /* of the last evaluation, row by row; owned */
} cli_matrix;

/* Derives the model as the command (hess or jac), --out and --wrt say; *m needs cli_matrix_free if it succeeds. */
int cli_matrix_create(cli_matrix *m, const cli_model *model, const cli_args *args);
void cli_matrix_free(cli_matrix *m);

/* Computes the entries at the model's numbers. */
int cli_matrix_evaluate(cli_matrix *m, const cli_model *model);
bool cli_matrix_is_finite(const cli_matrix *m);

/* The entries as a table, or the object of slope grad with the matrix as one more member, without a newline. */
void cli_matrix_table(const cli_matrix *m, const cli_args *args, cli_text *text);
int cli_matrix_json(const cli_matrix *m, const cli_model *model, const cli_args *args, cli_text *text);

/* Says on the standard error which entry is not finite and which operation made it so, if there is one; the
   gradients of the model are then those of that entry's output. */
void cli_matrix_note(const cli_matrix *m, const cli_model *model);

/* ---------------------------------------------------------------------------------------------------- grid.c */

/* A table for people: words to the left, numbers aligned at their decimal point.  The first row is the heading. */
typedef struct cli_cell {
    char *text; /* owned */
    bool number;
} cli_cell;

typedef struct cli_grid {
    size_t columns; /* set it first */
    size_t cells, capacity;
    cli_cell *cell; /* row by row; owned */
    bool failed;    /* memory was short; sticks */
} cli_grid;

void cli_grid_add(cli_grid *grid, const char *text);
void cli_grid_add_number(cli_grid *grid, double x, int digits);
void cli_grid_print(const cli_grid *grid, bool colour, cli_text *text);
void cli_grid_free(cli_grid *grid);

/* ----------------------------------------------------------------------------------------------------- csv.c */

/* A reader of CSV (RFC 4180; also CRLF, byte order mark, blank lines), one record in memory at a time. */
typedef struct cli_csv {
    FILE *file;
    const char *name;
    size_t line;                   /* of the record's first byte, from 1 */
    size_t at_line, at_column;     /* of the byte that was read last, from 1 */
    size_t next_line, next_column; /* of the next one */
    char *data;                    /* the fields of the record, each NUL-terminated; owned */
    size_t size, capacity;
    size_t fields, field_capacity;
    size_t *field; /* offsets into data; owned */
    size_t *place; /* line and column of each field's first byte, two entries a field; owned */
    bool end;
} cli_csv;

/* A record longer than this is refused: the file is most likely no CSV. */
#define CLI_CSV_MAX_RECORD ((size_t)1 << 24)

void cli_csv_start(cli_csv *csv, FILE *file, const char *name);
int cli_csv_read(cli_csv *csv); /* fields 0 and end set after the last record */
const char *cli_csv_field(const cli_csv *csv, size_t i);
int cli_csv_fail(const cli_csv *csv, size_t i, const char *format, ...) CLI_PRINTF(3, 4); /* file:line:column: ... */
void cli_csv_free(cli_csv *csv);

/* ------------------------------------------------------------------------------------------------- complex.c */

/* Evaluates the model's result at complex inputs: the callback of the complex step; the context is a cli_model. */
int cli_complex_eval(size_t n, const double x[], size_t m, double y[], void *context);

/* The name of the first operation below the result that has no complex form, NULL when there is none. */
const char *cli_complex_missing(const cli_model *model);

/* ------------------------------------------------------------------------------------------------ cmd_graph.c */

/* What the options of the command line say of graphs; `formula`, what the graph was parsed from, may be NULL;
   borrowed. */
slope_graph_options cli_graph_options(const cli_args *args, const char *formula);
int cli_graph_print(slope_value y, const slope_graph_options *options, slope_graph_format format);
int cli_graph_write(slope_value y, const slope_graph_options *options, const char *path);
void cli_note_written(const char *path); /* on terminals only */

/* -------------------------------------------------------------------------------------------------- browser.c */

/* Opens a file (an absolute path) in the user's browser; false if none could be started. */
bool cli_browse(const char *path);

/* -------------------------------------------------------------------------------------------------- commands */

int cli_help(const cli_args *args);
int cli_version(const cli_args *args);
int cli_usage(void);                  /* the few lines for a bare `slope`: on the standard error, CLI_USAGE */
int cli_points(const cli_args *args); /* eval, grad, hess and jac with --points */
int cli_eval(const cli_args *args);
int cli_grad(const cli_args *args);
int cli_check(const cli_args *args);
int cli_sweep(const cli_args *args);
int cli_graph(const cli_args *args);
int cli_explore(const cli_args *args);
int cli_hess(const cli_args *args);
int cli_jac(const cli_args *args);
int cli_code(const cli_args *args);
int cli_show(const cli_args *args);
int cli_structure(const cli_args *args, const slope_graph_options *options); /* graph of a function */
int cli_repl(const cli_args *args);

/* The whole command; main() only calls it, tests do too. */
int cli_main(int argc, char **argv);

#endif
