/* SPDX-License-Identifier: MIT */
/* Names: the table of those in a text, the constants, the operations, and the nearest one to a name that is none. */
#include <string.h>

#include "expr/expr.h"

#define EMPTY SIZE_MAX

static int is_name(const slope__symbol *symbol, const char *name, size_t length)
{
    return symbol->length == length && memcmp(symbol->name, name, length) == 0;
}

/* The slot that holds the name, or the empty one where it would go; the table is never full. */
static size_t *slot_of(const slope__symbols *symbols, const char *name, size_t length)
{
    size_t *slots = symbols->slots.data;
    const slope__symbol *entries = symbols->entries.data;
    for (size_t i = (size_t)slope__hash(name, length);; i++) {
        size_t *slot = &slots[i & (symbols->slot_count - 1)];
        if (*slot == EMPTY || is_name(&entries[*slot], name, length))
            return slot;
    }
}

slope__symbol *slope__symbol_find(const slope__symbols *symbols, const char *name, size_t length)
{
    if (!symbols->slot_count)
        return NULL;
    const size_t index = *slot_of(symbols, name, length);
    return index == EMPTY ? NULL : (slope__symbol *)symbols->entries.data + index;
}

/* Keeps the table at most half full. */
static slope_status reserve_slots(slope__symbols *symbols)
{
    if (symbols->slot_count >= 2 * (symbols->count + 1))
        return SLOPE_OK;
    const size_t count = symbols->slot_count ? 2 * symbols->slot_count : 32;
    slope_status status = slope__block_reserve(&symbols->allocator, &symbols->slots, count, sizeof(size_t));
    if (status)
        return status;
    size_t *slots = symbols->slots.data;
    const slope__symbol *entries = symbols->entries.data;
    symbols->slot_count = count;
    for (size_t i = 0; i < count; i++)
        slots[i] = EMPTY;
    for (size_t i = 0; i < symbols->count; i++)
        *slot_of(symbols, entries[i].name, entries[i].length) = i;
    return SLOPE_OK;
}

slope_status slope__symbol_set(slope__symbols *symbols, slope__symbol symbol)
{
    slope__symbol *known = slope__symbol_find(symbols, symbol.name, symbol.length);
    if (known) {
        known->value = symbol.value; /* a name that was free before stays one */
        known->statement = symbol.statement;
        known->function = symbol.function;
        return SLOPE_OK;
    }
    slope_status status =
        slope__block_reserve(&symbols->allocator, &symbols->entries, symbols->count + 1, sizeof(slope__symbol));
    if (status == SLOPE_OK)
        status = reserve_slots(symbols);
    if (status == SLOPE_OK) {
        *slot_of(symbols, symbol.name, symbol.length) = symbols->count;
        ((slope__symbol *)symbols->entries.data)[symbols->count++] = symbol;
    }
    return status;
}

int slope__symbol_is_bound(const slope__symbols *symbols, const char *name, size_t length)
{
    const slope__symbol *symbol = slope__symbol_find(symbols, name, length);
    return symbol && !symbol->is_free;
}

void slope__symbols_free(slope__symbols *symbols)
{
    slope__block_free(&symbols->allocator, &symbols->entries);
    slope__block_free(&symbols->allocator, &symbols->slots);
}

int slope__constant(const char *name, size_t length, double *value)
{
    if (length == 2 && memcmp(name, "pi", 2) == 0)
        *value = 3.14159265358979323846;
    else if (length == 1 && *name == 'e')
        *value = 2.71828182845904523536;
    else
        return 0;
    return 1;
}

slope_op slope__operation(const char *name, size_t length)
{
    for (size_t i = SLOPE_OP_CONST + 1; i < SLOPE_OP_CUSTOM; i++) {
        const char *known = slope_op_describe((slope_op)i)->name;
        if (strlen(known) == length && memcmp(known, name, length) == 0)
            return (slope_op)i;
    }
    return SLOPE_OP_NONE;
}

/* ----------------------------------------------------------------------------------------------- the nearest name */

enum { LONGEST_COMPARED = 31 };

static int lower(char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; }

static size_t lesser(size_t a, size_t b) { return a < b ? a : b; }

/* Edits (insert, remove, replace a letter, swap two neighbours) between two names of at most LONGEST_COMPARED
   letters, capitals being no edit.  Wagner and Fischer, "The string-to-string correction problem" (1974), three rows
   at a time for swaps. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
    size_t rows[3][LONGEST_COMPARED + 1];
    for (size_t j = 0; j <= m; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3], *above_that = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] = lesser(above[j], row[j - 1]) + 1;
            row[j] = lesser(row[j], above[j - 1] + (lower(a[i - 1]) != lower(b[j - 1])));
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
                row[j] = lesser(row[j], above_that[j - 2] + 1);
        }
    }
    return rows[n % 3][m];
}

const char *slope__elsewhere(const char *name, size_t length)
{
    static const char *const known[][2] = {
        {"ln", "log"},
        {"lg", "log10"},
        {"ld", "log2"},
        {"arcsin", "asin"},
        {"arccos", "acos"},
        {"arctan", "atan"},
        {"arctan2", "atan2"},
        {"arcsinh", "asinh"},
        {"arccosh", "acosh"},
        {"arctanh", "atanh"},
        {"arsinh", "asinh"},
        {"arcosh", "acosh"},
        {"artanh", "atanh"},
        {"tg", "tan"},
        {"fabs", "abs"},
        {"sgn", "sign"},
        {"power", "pow"},
        {"sqr", "square"},
        {"gammaln", "lgamma"},
        {"loggamma", "lgamma"},
        {"psi", "digamma"},
        {"logistic", "sigmoid"},
        {"expit", "sigmoid"},
        {"log_sigmoid", "logsigmoid"},
        {"norm_cdf", "ndtr"},
        {"normcdf", "ndtr"},
        {"norm_logcdf", "log_ndtr"},
        {"logcdf", "log_ndtr"},
        {"probit", "ndtri"},
        {"norm_ppf", "ndtri"},
        {"inverf", "erfinv"},
        {"inverfc", "erfcinv"},
        {"if", "select"},
        {"where", "select"},
        {"fmax", "max"},
        {"fmin", "min"},
        {"avg", "mean"},
        {"average", "mean"},
        {"sec", "1/cos(x)"},
        {"csc", "1/sin(x)"},
        {"cot", "1/tan(x)"},
        {"sech", "1/cosh(x)"},
        {"csch", "1/sinh(x)"},
        {"coth", "1/tanh(x)"},
        {"gamma", "exp(lgamma(x)), right for x > 0"},
        {"tgamma", "exp(lgamma(x)), right for x > 0"},
        {"factorial", "exp(lgamma(n + 1))"},
        {"exp10", "10^x"},
        {"mod", "a - b * floor(a / b)"},
        {"fmod", "a - b * floor(a / b)"},
        {"trunc", "sign(x) * floor(abs(x))"},
        {"step", "x >= 0"},
        {"heaviside", "x >= 0"},
        {"clamp", "max(low, min(x, high))"},
        {"clip", "max(low, min(x, high))"},
        {"silu", "x * sigmoid(x)"},
        {"swish", "x * sigmoid(x)"},
        {"and", "(a < b) * (c < d)"},
        {"or", "max(a < b, c < d)"},
        {"not", "1 - c"},
        {"inf", "1/0"},
        {"infinity", "1/0"},
        {"nan", "0/0"},
        {"tau", "2*pi"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i][0]) == length && memcmp(known[i][0], name, length) == 0)
            return known[i][1];
    }
    return NULL;
}

typedef struct best_name {
    const char *name;
    size_t length, distance;
} best_name;

static void consider(best_name *best, const char *name, size_t length, const char *known, size_t known_length)
{
    if (known_length == 0 || known_length > LONGEST_COMPARED)
        return;
    const size_t d = distance(name, length, known, known_length);
    if (d < best->distance)
        *best = (best_name){known, known_length, d};
}

void slope__nearest(const slope__symbols *symbols, const char *name, size_t length, int is_call, char *nearest,
                    size_t size)
{
    /* one edit in a short name, two from 4 letters, three from 7; never as many as the name has letters */
    const size_t most = lesser((size_t)1 + (length >= 4) + (length >= 7), length - 1);
    best_name best = {NULL, 0, most + 1};
    nearest[0] = '\0';
    const char *other = slope__elsewhere(name, length);
    if (other && slope__operation(other, strlen(other))) {
        best = (best_name){other, strlen(other), 0};
    } else if (!other && length <= LONGEST_COMPARED) {
        const slope__symbol *entries = symbols->entries.data;
        for (size_t i = 0; i < symbols->count && !is_call; i++)
            consider(&best, name, length, entries[i].name, entries[i].length);
        if (!is_call)
            consider(&best, name, length, "pi", 2);
        for (size_t i = SLOPE_OP_CONST + 1; i < SLOPE_OP_CUSTOM; i++) {
            const char *known = slope_op_describe((slope_op)i)->name;
            consider(&best, name, length, known, strlen(known));
        }
    }
    if (best.name && best.length < size) {
        memcpy(nearest, best.name, best.length);
        nearest[best.length] = '\0';
    }
}
