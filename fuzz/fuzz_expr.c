/* SPDX-License-Identifier: MIT */
/*
 * Any text through the parser.  Either it is refused with a place inside the text and a message that can be printed,
 * and the tape is as before, or it has a value; then its free names stand where they are said to stand, and the value
 * and the gradient must not depend on when they are asked for, nor on empty statements and comments behind the text.
 */
#include <stdlib.h>
#include <string.h>

#include <slope/slope.h>

enum { NAMES = 16 };

static void require(int condition)
{
    if (!condition)
        abort();
}

static int same(double a, double b) { return memcmp(&a, &b, sizeof a) == 0 || (a != a && b != b); }

/* Is this ASCII without controls, or the beginning of a character and what belongs to it? */
static int is_printable(const char *text, int lines)
{
    for (const unsigned char *c = (const unsigned char *)text; *c;) {
        const size_t n = *c < 0x80 ? 1 : *c < 0xC2 ? 0 : *c < 0xE0 ? 2 : *c < 0xF0 ? 3 : *c < 0xF5 ? 4 : 0;
        if (n == 0 || (n == 1 && (*c == 0x7F || (*c < 0x20 && !(lines && (*c == '\n' || *c == '\t'))))))
            return 0;
        for (size_t i = 1; i < n; i++) {
            if ((c[i] & 0xC0) != 0x80)
                return 0;
        }
        c += n;
    }
    return 1;
}

/* Is the complaint complete, its place in the text? */
static void check_error(const slope_parse_error *error, slope_status status, const char *text, size_t size)
{
    require(error->status == status && error->message[0] && is_printable(error->message, 0));
    require(error->position <= size && error->length >= 1 && error->length <= size - error->position + 1);
    size_t line = 1, begin = 0;
    for (size_t i = 0; i < error->position; i++) {
        if (text[i] == '\n')
            line++, begin = i + 1;
    }
    require(error->line == line && error->column == error->position - begin + 1);
    const char *below = strchr(error->caret, '\n');
    require(below && !strchr(below + 1, '\n') && strchr(below, '^') && is_printable(error->caret, 1));
    require(is_printable(error->expected, 0) && is_printable(error->nearest, 0));
}

/* Parses with every free name bound to an input; returns the status and leaves value and gradients in out[0..n]. */
static slope_status evaluate(slope_tape *t, const char *text, size_t size, size_t n, const slope_name name[],
                             double out[])
{
    slope_binding binding[NAMES];
    slope_value y;
    slope_parse_error error;
    slope_tape_reset(t);
    for (size_t i = 0; i < n; i++)
        binding[i] = (slope_binding){name[i].name, slope_var(t, 0.25 + 0.5 * (double)i)};
    const slope_status status = slope_parse(t, text, size, n, binding, &y, &error);
    if (status) {
        require(slope_is_null(y) && slope_tape_size(t) == n && slope_tape_status(t) == SLOPE_OK);
        check_error(&error, status, text, size);
        return status;
    }
    require(slope_is_valid(y) && slope_backward(y) == SLOPE_OK);
    out[0] = slope_data(y);
    for (size_t i = 0; i < n; i++)
        out[i + 1] = slope_grad(binding[i].value);
    return SLOPE_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = size ? (const char *)data : "";
    slope_name name[NAMES];
    slope_parse_error error;
    size_t n = 0;
    const slope_status status = slope_parse_names(text, size, NAMES, name, &n, &error);
    if (status)
        check_error(&error, status, text, size);
    for (size_t i = 0; i < n && i < NAMES; i++) {
        const size_t length = strlen(name[i].name);
        require(length > 0 && name[i].position + length <= size && (i == 0 || name[i].position > name[i - 1].position));
        require(memcmp(text + name[i].position, name[i].name, length) == 0);
    }
    if (status == SLOPE_OK && n > NAMES)
        return 0;
    slope_tape *t = slope_tape_create(NULL);
    if (!t)
        return 0;
    double first[NAMES + 1], second[NAMES + 1];
    const slope_status again = evaluate(t, text, size, n, name, first);
    require((again == SLOPE_OK) == (status == SLOPE_OK)); /* which complaint comes first may differ: names were bound */
    if (status == SLOPE_OK) {
        static const char tail[] = "\n;; # (\n";
        char *longer = malloc(size + sizeof tail);
        require(longer != NULL);
        memcpy(longer, text, size);
        memcpy(longer + size, tail, sizeof tail);
        require(evaluate(t, longer, size + sizeof tail - 1, n, name, second) == SLOPE_OK);
        free(longer);
        for (size_t i = 0; i <= n; i++)
            require(same(first[i], second[i]));
    }
    slope_tape_destroy(t);
    return 0;
}
