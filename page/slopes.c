/* SPDX-License-Identifier: MIT */
/* Numerical slopes by an input beside the exact one: at one h, over all h, and extrapolated with a verdict. */
#include <math.h>

#include "engine.h"
#include "numeric/numeric.h"

/* The total as a function of one input; the tape keeps what it was given last. */
static int total_of(size_t n, const double x[], size_t m, double y[], void *context)
{
    const slope_value *input = context;
    (void)n;
    (void)m;
    if (slope_set_data(*input, x[0]) != SLOPE_OK || slope_forward(the_page.graph.tape) != SLOPE_OK)
        return 1;
    y[0] = slope_data(the_page.total);
    return 0;
}

/* `name` with what stands before it, as in `, "digits`. */
static void put_member(slope__out *out, const char *name, double x)
{
    slope__put_format(out, "%s\": ", name);
    slope__put_json_number(out, x);
}

/* The formulas as the lecture has them: nothing is done about what they lose, it is what is to be seen. */
static double difference(slope_value *input, double x, double h, int method)
{
    double ahead = NAN, behind = NAN;
    const double right = x + h, left = method ? x - h : x;
    if (total_of(1, &right, 1, &ahead, input) || total_of(1, &left, 1, &behind, input))
        return NAN;
    return (ahead - behind) / (method ? 2 * h : h);
}

const char *page_check(uint32_t number, double h, int method)
{
    const char *why;
    slope_value input = page_input(number, &why);
    if (slope_is_null(input))
        return page_fail(why);
    if (!(h > 0 && h < INFINITY))
        return page_fail("h must be a number above 0");
    double x = slope_data(input), unused;
    const double exact = slope_grad(input), numeric = difference(&input, x, h, method);
    if (total_of(1, &x, 1, &unused, &input))
        return page_fail("the graph can't be computed again");
    slope__out *out = page_begin();
    put_member(out, "{\"exact", exact);
    put_member(out, ", \"numeric", numeric);
    put_member(out, ", \"digits", slope__agreement(exact, numeric));
    slope__put(out, "}");
    return page_end();
}

const char *page_verdict(uint32_t number)
{
    const char *why;
    const slope_value input = page_input(number, &why);
    slope_check_entry entry;
    if (slope_is_null(input))
        return page_fail(why);
    const slope_status status = slope_check_values(the_page.total, 1, &input, &entry);
    if (status)
        return page_fail(slope_status_text(status));
    slope__out *out = page_begin();
    put_member(out, "{\"numeric", entry.numeric);
    put_member(out, ", \"digits", entry.digits);
    slope__put_format(out, ", \"verdict\": \"%s\"}", slope_verdict_text(entry.verdict));
    return page_end();
}

const char *page_sweep(uint32_t number)
{
    const char *why;
    slope_value input = page_input(number, &why);
    slope_sweep_row row[SLOPE_SWEEP_ROWS];
    double unused;
    if (slope_is_null(input))
        return page_fail(why);
    double x = slope_data(input);
    const slope_status status = slope_numeric_sweep(total_of, NULL, 1, &x, 0, slope_grad(input), &input, NULL, row);
    if (total_of(1, &x, 1, &unused, &input) || status)
        return page_fail(slope_status_text(status));
    slope__out *out = page_begin();
    for (size_t i = 0; i < SLOPE_SWEEP_ROWS; i++) {
        put_member(out, i ? ",\n{\"h" : "[{\"h", row[i].h);
        put_member(out, ", \"forward", row[i].forward);
        put_member(out, ", \"central", row[i].central);
        put_member(out, ", \"forward_error", row[i].forward_error);
        put_member(out, ", \"central_error", row[i].central_error);
        slope__put(out, "}");
    }
    slope__put(out, "]");
    return page_end();
}
