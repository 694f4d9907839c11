/* SPDX-License-Identifier: MIT */
/* Text to tokens.  Numbers are read as in C whatever the locale; what looks like mathematics but isn't gets told. */
#if !defined _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 200809L /* uselocale */
#endif

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expr/expr.h"

enum { LONGEST_NUMBER = 1000 };

static int peek(const slope__text *text, size_t offset)
{
    const size_t at = text->at + offset;
    return at < text->length ? (unsigned char)text->data[at] : -1;
}

static int is_digit(int c) { return c >= '0' && c <= '9'; }

static int is_letter(int c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

static int is_hex(int c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/* strtod as in the C locale: another one may want a comma. */
static double read_double(const char *digits)
{
    const locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    const locale_t before = c_locale ? uselocale(c_locale) : (locale_t)0;
    const double number = strtod(digits, NULL);
    if (c_locale) {
        (void)uselocale(before);
        freelocale(c_locale);
    }
    return number;
}

/* Bytes of an optional exponent that begins with one of `marks`; 0 when there is no complete one. */
static size_t exponent_length(const slope__text *text, size_t offset, const char *marks)
{
    const int mark = peek(text, offset);
    if (mark < 0 || mark == 0 || !strchr(marks, mark))
        return 0;
    size_t n = 1;
    if (peek(text, offset + n) == '+' || peek(text, offset + n) == '-')
        n++;
    if (!is_digit(peek(text, offset + n)))
        return 0;
    while (is_digit(peek(text, offset + n)))
        n++;
    return n;
}

/* Bytes of the number at the present place, as C writes them: 1, 1., .5, 1e-3, 0x1.8p3. */
static size_t number_length(const slope__text *text)
{
    size_t n = 0;
    if (peek(text, 0) == '0' && (peek(text, 1) | 32) == 'x' &&
        (is_hex(peek(text, 2)) || (peek(text, 2) == '.' && is_hex(peek(text, 3))))) {
        for (n = 2; is_hex(peek(text, n)); n++)
            ;
        if (peek(text, n) == '.')
            for (n++; is_hex(peek(text, n)); n++)
                ;
        return n + exponent_length(text, n, "pP");
    }
    while (is_digit(peek(text, n)))
        n++;
    if (peek(text, n) == '.')
        for (n++; is_digit(peek(text, n)); n++)
            ;
    return n + exponent_length(text, n, "eE");
}

static slope__token wrong(size_t start)
{
    return (slope__token){.kind = SLOPE__TOKEN_WRONG, .start = start, .length = 1};
}

static slope__token number_token(slope__text *text)
{
    slope__token token = {.kind = SLOPE__TOKEN_NUMBER, .start = text->at, .length = number_length(text)};
    char digits[LONGEST_NUMBER + 1];
    if (token.length > LONGEST_NUMBER) {
        slope__complain(text, SLOPE_ERR_LIMIT, token.start, 1,
                        "this number has %zu characters, more than the %d that are read", token.length, LONGEST_NUMBER);
        return wrong(token.start);
    }
    memcpy(digits, text->data + token.start, token.length);
    digits[token.length] = '\0';
    token.number = read_double(digits);
    if (isinf(token.number)) {
        slope__complain(text, SLOPE_ERR_SYNTAX, token.start, token.length,
                        "this number is larger than the largest double, 1.8e308");
        return wrong(token.start);
    }
    text->at += token.length;
    return token;
}

/* What people paste from papers and other languages, and what to write here. */
static const struct {
    const char *found, *advice;
} foreign[] = {
    {"\xC3\x97", "write * for a product"},
    {"\xC2\xB7", "write * for a product"},
    {"\xE2\x8B\x85", "write * for a product"},
    {"\xC3\xB7", "write / for a quotient"},
    {"\xE2\x88\x92", "this minus is a typographic one: write -"},
    {"\xE2\x80\x93", "this is a dash: write - for minus"},
    {"\xC2\xB2", "write ^2 for a square"},
    {"\xC2\xB3", "write ^3 for a cube"},
    {"\xE2\x88\x9A", "write sqrt(x) for a root"},
    {"\xCF\x80", "write pi"},
    {"\xE2\x89\xA4", "write <="},
    {"\xE2\x89\xA5", "write >="},
    {"\xE2\x89\xA0", "write !="},
    {"\xC2\xA0", "this is a no-break space: write an ordinary one"},
    {"&", "there is no 'and': write a product of comparisons, (a < b) * (c < d)"},
    {"|", "write abs(x) for |x|; for 'or' write max(a < b, c < d)"},
    {"!", "there is no 'not': write 1 - c, or != to compare"},
    {"%", "there is no remainder: write a - b * floor(a / b)"},
    {"[", "write ( for brackets"},
    {"]", "write ) for brackets"},
    {"{", "write ( for brackets"},
    {"}", "write ) for brackets"},
    {"'", "derivatives are not written with ': they are what you get"},
};

static slope__token foreign_token(slope__text *text)
{
    const size_t start = text->at;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        const size_t n = strlen(foreign[i].found);
        if (text->length - start >= n && memcmp(text->data + start, foreign[i].found, n) == 0) {
            slope__complain(text, SLOPE_ERR_SYNTAX, start, n, "%s", foreign[i].advice);
            return wrong(start);
        }
    }
    const int c = peek(text, 0);
    size_t n = 1;
    while (c >= 0x80 && n < 4 && (peek(text, n) & 0xC0) == 0x80)
        n++;
    if (c < 0x20 || c == 0x7F)
        slope__complain(text, SLOPE_ERR_SYNTAX, start, 1, "the byte 0x%02x is not part of an expression", (unsigned)c);
    else
        slope__complain(text, SLOPE_ERR_SYNTAX, start, n, "'%.*s' is not part of an expression", (int)n,
                        text->data + start);
    return wrong(start);
}

static slope__token sign_token(slope__text *text)
{
    static const struct {
        char text[3];
        int sign;
    } pairs[] = {{"**", '^'}, {"<=", SLOPE__LE}, {">=", SLOPE__GE}, {"==", SLOPE__EQ}, {"!=", SLOPE__NE}};
    const int c = peek(text, 0);
    slope__token token = {.kind = SLOPE__TOKEN_SIGN, .start = text->at, .length = 1, .sign = c};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (c == pairs[i].text[0] && peek(text, 1) == pairs[i].text[1]) {
            token.sign = pairs[i].sign;
            token.length = 2;
        }
    }
    if (c <= 0 || (token.length == 1 && !strchr("+-*/^()<>?:,;=", c)))
        return foreign_token(text);
    text->at += token.length;
    return token;
}

static void skip_blanks(slope__text *text)
{
    for (;;) {
        const int c = peek(text, 0);
        if (c == '#') {
            while (peek(text, 0) >= 0 && peek(text, 0) != '\n')
                text->at++;
        } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
            text->at++;
        } else {
            return;
        }
    }
}

slope__token slope__next_token(slope__text *text)
{
    skip_blanks(text);
    slope__token token = {.kind = SLOPE__TOKEN_END, .start = text->at, .length = 1};
    const int c = peek(text, 0);
    if (c < 0)
        return token;
    if (c == '\n') {
        token.kind = SLOPE__TOKEN_NEWLINE;
        text->at++;
        return token;
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(text, 1))))
        return number_token(text);
    if (!is_letter(c))
        return sign_token(text);
    token.kind = SLOPE__TOKEN_NAME;
    for (token.length = 0; is_letter(peek(text, token.length)) || is_digit(peek(text, token.length)); token.length++)
        ;
    if (token.length >= sizeof((slope_name *)0)->name) {
        slope__complain(text, SLOPE_ERR_LIMIT, token.start, token.length, "names may have up to %zu characters",
                        sizeof((slope_name *)0)->name - 1);
        return wrong(token.start);
    }
    text->at += token.length;
    return token;
}
