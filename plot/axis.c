/* SPDX-License-Identifier: MIT */
/*
 * Axes: how far they reach, where their ticks are and what these say.  Ticks of a linear axis are multiples of 1, 2 or
 * 5 times a power of ten; of a logarithmic one, powers of ten, and inside short ones 1-2-5 steps again.
 */
#include "draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double plot__nice_step(double at_least)
{
    const double power = pow(10.0, floor(log10(at_least)));
    const double digit = at_least / power;
    /* A hair of slack: 0.2 / 0.1 must give 2 and not 5 because of its last bit. */
    const double slack = 1.0 + 1e-9;
    return power * (digit <= slack ? 1.0 : digit <= 2.0 * slack ? 2.0 : digit <= 5.0 * slack ? 5.0 : 10.0);
}

double plot__ruler_place(const plot__ruler *ruler, double number)
{
    if (ruler->scale == PLOT_LINEAR)
        return fabs(number) <= PLOT__HUGE ? number : NAN;
    if (number == 0.0)
        return ruler->zero;
    return number > 0.0 && isfinite(number) ? log10(number) : NAN;
}

double plot__ruler_position(const plot__ruler *ruler, double place)
{
    return ruler->start + (place - ruler->low) / (ruler->high - ruler->low) * ruler->length;
}

/* low > high: there were no data. */
void plot__ruler_range(plot__ruler *ruler, const plot_axis *axis, double low, double high, bool tight)
{
    const bool logarithmic = ruler->scale == PLOT_LOG10;
    if (axis->low < axis->high) {
        ruler->low = logarithmic ? log10(axis->low) : axis->low;
        ruler->high = logarithmic ? log10(axis->high) : axis->high;
        return;
    }
    if (low > high) {
        low = 0.0;
        high = 1.0;
    }
    const double largest = fmax(fabs(low), fabs(high));
    double pad = tight ? 0.0 : 0.04 * (high - low);
    if (high - low <= 1e-12 * largest || high == low) /* one number, or noise about one: a window around it */
        pad = logarithmic ? 0.5 : largest > 0.0 ? 0.1 * largest : 1.0;
    ruler->low = low - pad;
    ruler->high = high + pad;
}

static plot__tick *add_tick(plot__ruler *ruler, double at, bool major)
{
    const double slack = 1e-9 * (ruler->high - ruler->low);
    if (ruler->ticks == PLOT__TICKS || at < ruler->low - slack || at > ruler->high + slack)
        return NULL;
    if (!isnan(ruler->zero) && at < ruler->zero + 0.5) /* the room of the tick that says 0 */
        return NULL;
    plot__tick *tick = &ruler->tick[ruler->ticks++];
    *tick = (plot__tick){.at = at, .major = major};
    return tick;
}

/* A number that is a multiple of step, with as many digits as tell neighbours apart and a real minus sign. */
void plot__number_text(double number, double step, size_t size, char text[])
{
    const int digits = (int)fmin(fmax(0.0, -floor(log10(step) + 1e-9)), 17.0);
    const bool zero = fabs(number) < 0.5 * step;
    if (fabs(number) >= 1e15)
        snprintf(text, size, "%s%.6g", number < 0.0 ? "\xe2\x88\x92" : "", fabs(number));
    else
        snprintf(text, size, "%s%.*f", number < 0.0 && !zero ? "\xe2\x88\x92" : "", digits, zero ? 0.0 : fabs(number));
}

static void linear_ticks(plot__ruler *ruler, double count)
{
    const double step = plot__nice_step((ruler->high - ruler->low) / fmax(count, 1.0));
    const double largest = fmax(fabs(ruler->low), fabs(ruler->high));
    const double size = floor(log10(largest) + 1e-9);
    ruler->factor = size >= 5.0 || size <= -4.0 ? (int)size : 0;
    const double unit = pow(10.0, ruler->factor);
    for (double k = ceil(ruler->low / step - 1e-9); k * step <= ruler->high + 1e-9 * step; k++) {
        plot__tick *tick = add_tick(ruler, k * step, true);
        if (!tick)
            break;
        plot__number_text(k * step / unit, step / unit, sizeof tick->text, tick->text);
    }
}

/* Inside two decades powers of ten are too few: label 1-2-5 steps of the numbers themselves. */
static void short_log_ticks(plot__ruler *ruler, double count)
{
    const double low = pow(10.0, ruler->low), high = pow(10.0, ruler->high);
    if (high / low > 4.0) {
        static const double digit[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
        for (double decade = floor(ruler->low); decade <= ruler->high; decade++)
            for (size_t i = 0; i < sizeof digit / sizeof *digit; i++) {
                const bool major = i == 0 || i == 1 || i == 4;
                plot__tick *tick = add_tick(ruler, decade + log10(digit[i]), major);
                if (tick && major)
                    snprintf(tick->text, sizeof tick->text, "%g", digit[i] * pow(10.0, decade));
            }
        return;
    }
    const double step = plot__nice_step((high - low) / count);
    for (double k = ceil(low / step); k * step <= high; k++) {
        plot__tick *tick = add_tick(ruler, log10(k * step), true);
        if (tick)
            snprintf(tick->text, sizeof tick->text, "%.6g", k * step);
    }
}

static void log_ticks(plot__ruler *ruler, double count)
{
    const double decades = ruler->high - ruler->low;
    if (decades < 2.0) {
        short_log_ticks(ruler, count);
        return;
    }
    double every = 1.0;
    while (decades / every > count)
        every += every < 5.0 ? 1.0 : 5.0;
    const bool plain = ruler->low > -3.1 && ruler->high < 4.1;
    for (double k = floor(ruler->low); k <= ruler->high + 1e-9; k++) {
        const bool major = fmod(k, every) == 0.0;
        if (major || every <= 10.0) {
            plot__tick *tick = add_tick(ruler, k, major);
            if (tick && major) {
                snprintf(tick->text, sizeof tick->text, plain ? "%g" : "10", pow(10.0, k));
                if (!plain)
                    snprintf(tick->power, sizeof tick->power, "%s%.0f", k < 0.0 ? "\xe2\x88\x92" : "", fabs(k));
            }
        }
        for (int digit = 2; digit < 10 && decades <= 8.0; digit++)
            add_tick(ruler, k + log10(digit), false);
    }
}

/* Ticks for an axis that is `length` long and whose labels need `spacing` each. */
void plot__ruler_ticks(plot__ruler *ruler, double length, double spacing)
{
    const double count = fmax(2.0, floor(length / spacing));
    ruler->ticks = 0;
    ruler->factor = 0;
    if (ruler->scale == PLOT_LINEAR) {
        linear_ticks(ruler, count);
        return;
    }
    const double zero = ruler->zero;
    if (!isnan(zero) && zero >= ruler->low && zero <= ruler->high) {
        ruler->zero = NAN; /* so that its own tick is not kept away */
        plot__tick *tick = add_tick(ruler, zero, true);
        ruler->zero = zero;
        if (tick)
            memcpy(tick->text, "0", 2);
    }
    log_ticks(ruler, count);
}
