/* SPDX-License-Identifier: MIT */
/* Whether a figure makes sense, and the error record: everything that drawing may rely on is refused here. */
#include "draw.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

slope_status plot__fail(slope_error *error, slope_status status, const char *format, ...)
{
    if (error) {
        va_list args;
        va_start(args, format);
        error->status = status;
        error->position = SIZE_MAX;
        vsnprintf(error->message, sizeof error->message, format, args);
        va_end(args);
    }
    return status;
}

static slope_status check_axis(const plot_axis *axis, const char *name, slope_error *error)
{
    if (axis->scale != PLOT_LINEAR && axis->scale != PLOT_LOG10)
        return plot__fail(error, SLOPE_ERR_ARGUMENT, "the scale of the %s axis is neither linear nor logarithmic",
                          name);
    if (axis->low == 0.0 && axis->high == 0.0)
        return SLOPE_OK;
    if (!(axis->low < axis->high) || !(fabs(axis->low) <= PLOT__HUGE) || !(fabs(axis->high) <= PLOT__HUGE))
        return plot__fail(error, SLOPE_ERR_ARGUMENT, "the %s axis can't go from %g to %g", name, axis->low, axis->high);
    if (axis->scale == PLOT_LOG10 && axis->low <= 0.0)
        return plot__fail(error, SLOPE_ERR_ARGUMENT,
                          "the %s axis is logarithmic and can't begin at %g, which is not positive", name, axis->low);
    return SLOPE_OK;
}

static slope_status check_zero(const plot_axis *axis, const char *name, slope_error *error)
{
    if (axis->zero_at == 0.0 || (axis->scale == PLOT_LOG10 && axis->zero_at > 0.0 && axis->zero_at <= PLOT__HUGE))
        return SLOPE_OK;
    return plot__fail(error, SLOPE_ERR_ARGUMENT,
                      "the %s axis can't show zeros at %g: it must be logarithmic and the place positive", name,
                      axis->zero_at);
}

static slope_status check_field(const plot_figure *figure, slope_error *error)
{
    const plot_field *field = figure->field;
    if (!field)
        return SLOPE_OK;
    if (figure->x.scale != PLOT_LINEAR || figure->y.scale != PLOT_LINEAR)
        return plot__fail(error, SLOPE_ERR_ARGUMENT, "a field needs two linear axes");
    if (!field->z || field->rows < 2 || field->columns < 2 || field->rows > 100000000 / field->columns)
        return plot__fail(error, SLOPE_ERR_ARGUMENT,
                          "a field must have at least 2 by 2 numbers and at most 100 million, not %zu by %zu",
                          field->columns, field->rows);
    if (!(field->x_low < field->x_high) || !(field->y_low < field->y_high) || !(fabs(field->x_low) <= PLOT__HUGE) ||
        !(fabs(field->x_high) <= PLOT__HUGE) || !(fabs(field->y_low) <= PLOT__HUGE) ||
        !(fabs(field->y_high) <= PLOT__HUGE))
        return plot__fail(error, SLOPE_ERR_ARGUMENT, "a field can't reach from (%g, %g) to (%g, %g)", field->x_low,
                          field->y_low, field->x_high, field->y_high);
    if (!(field->limit >= 0.0) || field->limit > PLOT__HUGE)
        return plot__fail(error, SLOPE_ERR_ARGUMENT, "the limit of a field can't be %g", field->limit);
    return SLOPE_OK;
}

static slope_status check_data(const plot_figure *figure, slope_error *error)
{
    if ((figure->series_count && !figure->series) || (figure->guide_count && !figure->guide))
        return plot__fail(error, SLOPE_ERR_ARGUMENT, "the figure has a list that is NULL");
    for (size_t k = 0; k < figure->series_count; k++) {
        const plot_series *series = &figure->series[k];
        if (series->n && (!series->x || !series->y))
            return plot__fail(error, SLOPE_ERR_ARGUMENT, "series %zu has %zu points but no coordinates", k + 1,
                              series->n);
        if (series->kind != PLOT_LINE_MARKERS && series->kind != PLOT_LINE && series->kind != PLOT_POINTS)
            return plot__fail(error, SLOPE_ERR_ARGUMENT, "series %zu is of no known kind", k + 1);
    }
    return SLOPE_OK;
}

static slope_status check_size(const plot_figure *figure, slope_error *error)
{
    if (!(figure->width >= 100.0 && figure->width <= 10000.0 && figure->height >= 100.0 && figure->height <= 10000.0))
        return plot__fail(error, SLOPE_ERR_ARGUMENT,
                          "a figure can't be %g by %g points large: from 100 to 10000 is allowed", figure->width,
                          figure->height);
    if (!(figure->png_scale >= 0.25 && figure->png_scale <= 20.0) ||
        fmax(figure->width, figure->height) * figure->png_scale > 32000.0)
        return plot__fail(error, SLOPE_ERR_ARGUMENT,
                          "%g pixels to a point are not possible: from 0.25 to 20, at most 32000 pixels in all",
                          figure->png_scale);
    if (figure->equal_axes && (figure->x.scale != PLOT_LINEAR || figure->y.scale != PLOT_LINEAR))
        return plot__fail(error, SLOPE_ERR_ARGUMENT, "axes can be equal only if both are linear");
    return SLOPE_OK;
}

slope_status plot__figure_check(const plot_figure *figure, slope_error *error)
{
    slope_status status = check_size(figure, error);
    if (status == SLOPE_OK)
        status = check_axis(&figure->x, "x", error);
    if (status == SLOPE_OK)
        status = check_axis(&figure->y, "y", error);
    if (status == SLOPE_OK)
        status = check_zero(&figure->x, "x", error);
    if (status == SLOPE_OK)
        status = check_zero(&figure->y, "y", error);
    if (status == SLOPE_OK)
        status = check_data(figure, error);
    return status == SLOPE_OK ? check_field(figure, error) : status;
}
