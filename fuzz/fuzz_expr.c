/* SPDX-License-Identifier: MIT */
/*
 * Any text through the parser.  Either it is refused with a place inside the text and a message, and the tape is as before,
 * or it has a value; then its free names, the value and the gradient must not depend on when they are asked for.
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
        require(error.status == status && error.message[0] && error.position <= size && strchr(error.caret, '^'));
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
    require(status == SLOPE_OK || (error.message[0] && error.position <= size && strchr(error.caret, '^')));
    if (status == SLOPE_OK && n > NAMES)
        return 0;
    slope_tape *t = slope_tape_create(NULL);
    if (!t)
        return 0;
    double first[NAMES + 1], second[NAMES + 1];
    const slope_status again = evaluate(t, text, size, n, name, first);
    require((again == SLOPE_OK) == (status == SLOPE_OK)); /* which complaint comes first may differ: names were bound */
    if (status == SLOPE_OK) {
        require(evaluate(t, text, size, n, name, second) == SLOPE_OK);
        for (size_t i = 0; i <= n; i++)
            require(same(first[i], second[i]));
    }
    slope_tape_destroy(t);
    return 0;
}
