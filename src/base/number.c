/* SPDX-License-Identifier: MIT */
/* Numbers as text: shortest round trip, and short for pictures.  Digits come from printf, the layout is made here, so
   that neither the decimal point of the locale nor printf's choice of exponents shows. */
#if !defined _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* uselocale */
#endif

#include "base/number.h"

#if !defined SLOPE_BARE
#include <locale.h>
#endif
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Decimal digits d1 d2 ... dn and the exponent of d1.d2... of a finite x, rounded to n digits. */
typedef struct decimal {
    char digit[20];
    int n, exponent;
} decimal;

static decimal to_decimal(double x, int n)
{
    char text[SLOPE__NUMBER_SIZE];
    decimal d = {.n = 0};
    (void)snprintf(text, sizeof text, "%.*e", n - 1, fabs(x));
    const char *s = text;
    for (; *s && *s != 'e'; s++)
        if (*s >= '0' && *s <= '9' && d.n < (int)sizeof d.digit) /* skips the point, whatever it is */
            d.digit[d.n++] = *s;
    d.exponent = *s ? (int)strtol(s + 1, NULL, 10) : 0;
    while (d.n > 1 && d.digit[d.n - 1] == '0')
        d.n--;
    return d;
}

/* The fewest digits that read back to x. */
static int shortest_digits(double x)
{
    char text[SLOPE__NUMBER_SIZE];
    for (int n = 1; n < 17; n = n == 1 ? 4 : n == 4 ? 8 : n == 8 ? 15 : n + 1) { /* trailing zeros go later anyway */
        (void)snprintf(text, sizeof text, "%.*e", n - 1, x);
        if (strtod(text, NULL) == x)
            return n;
    }
    return 17;
}

static void put_scientific(char *out, double x, const decimal *d)
{
    if (signbit(x))
        *out++ = '-';
    *out++ = d->digit[0];
    if (d->n > 1) {
        *out++ = '.';
        memcpy(out, d->digit + 1, (size_t)d->n - 1);
        out += d->n - 1;
    }
    (void)snprintf(out, 8, "e%d", d->exponent);
}

static void put_positional(char *out, double x, const decimal *d)
{
    if (signbit(x))
        *out++ = '-';
    if (d->exponent < 0) {
        *out++ = '0';
        *out++ = '.';
        for (int i = -1; i > d->exponent; i--)
            *out++ = '0';
    }
    for (int i = 0; i < d->n || i <= d->exponent; i++) {
        if (i > 0 && i == d->exponent + 1)
            *out++ = '.';
        *out++ = i < d->n ? d->digit[i] : '0';
    }
    *out = '\0';
}

static int put_special(char *text, double x)
{
    if (isnan(x))
        strcpy(text, "NaN");
    else if (isinf(x))
        strcpy(text, x > 0 ? "Inf" : "-Inf");
    else
        return 0;
    return 1;
}

const char *slope__number(char text[SLOPE__NUMBER_SIZE], double x)
{
    if (put_special(text, x))
        return text;
    const decimal d = to_decimal(x, shortest_digits(x));
    if (d.exponent >= -5 && d.exponent < 16)
        put_positional(text, x, &d);
    else
        put_scientific(text, x, &d);
    return text;
}

const char *slope__number_short(char text[SLOPE__NUMBER_SIZE], double x, int digits)
{
    (void)slope__number(text, x);
    if (!isfinite(x) || (int)strlen(text) <= digits + 4)
        return text;
    const decimal d = to_decimal(x, digits);
    if (d.exponent >= digits && d.exponent < digits + 3) /* whole numbers a little longer than that are clearer whole */
        return slope__number_format(text, "%.0f", x);
    if (d.exponent < -3 || d.exponent >= digits)
        put_scientific(text, x, &d);
    else
        put_positional(text, x, &d);
    return text;
}

const char *slope__number_format(char text[SLOPE__NUMBER_SIZE], const char *format, double x)
{
    char raw[SLOPE__NUMBER_SIZE];
    if (put_special(text, x))
        return text;
#if defined __GNUC__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#endif
    (void)snprintf(raw, sizeof raw, format, x);
#if defined __GNUC__
#pragma GCC diagnostic pop
#endif
    char *out = text;
    for (const char *s = raw; *s; s++) {
        const int plain = (*s >= '0' && *s <= '9') || (*s >= 'a' && *s <= 'z') || *s == '+' || *s == '-';
        if (plain)
            *out++ = *s;
        else if (out == text || out[-1] != '.')
            *out++ = '.'; /* the point of the locale may be several bytes */
    }
    *out = '\0';
    return text;
}

int slope__number_read(const char *text, double *x)
{
#if !defined SLOPE_BARE
    const locale_t c_locale =
        newlocale(LC_ALL_MASK, "C", (locale_t)0); /* costs nothing: glibc and musl keep this one */
    if (!c_locale)
        return 0;
    const locale_t before = uselocale(c_locale);
    *x = strtod(text, NULL);
    (void)uselocale(before);
    freelocale(c_locale);
#else
    *x = strtod(text, NULL); /* a program that sets a locale with a comma must set LC_NUMERIC back */
#endif
    return 1;
}

const char *slope__count(char text[SLOPE__NUMBER_SIZE], size_t n)
{
    char digits[32];
    const int length = snprintf(digits, sizeof digits, "%zu", n);
    char *out = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            *out++ = ',';
        *out++ = digits[i];
    }
    *out = '\0';
    return text;
}
