/* SPDX-License-Identifier: MIT */
/* Text to tokens.  Numbers are read as in C whatever the locale; what looks like mathematics but isn't gets told. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
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

/* What follows a number at once and makes it look like another kind of number; returns 0 when nothing does. */
static int complain_number(slope__text *text, size_t start, size_t length)
{
    const int c = peek(text, length), zero = length == 1 && text->data[start] == '0';
    size_t end = length;
    while (is_letter(peek(text, end)) || is_digit(peek(text, end)) || peek(text, end) == '.')
        end++;
    if (c == '.' && end > length + 1 && is_digit(peek(text, length + 1)))
        slope__complain(text, SLOPE_ERR_SYNTAX, start, end, "this is no number: it has more than one decimal point");
    else if (c == '_' && is_digit(peek(text, length + 1)))
        slope__complain(text, SLOPE_ERR_SYNTAX, start, end, "digits of a number stand together: write it without _");
    else if (zero && (c | 32) == 'b' && is_digit(peek(text, 2)))
        slope__complain(text, SLOPE_ERR_SYNTAX, start, end,
                        "there are no binary numbers: write decimal or hexadecimal, 10 or 0xa");
    else if (zero && (c | 32) == 'x')
        slope__complain(text, SLOPE_ERR_SYNTAX, start, end, "a hexadecimal number needs digits after 0x, as in 0x1f");
    else
        return 0;
    return 1;
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
    if (complain_number(text, token.start, token.length))
        return wrong(token.start);
    memcpy(digits, text->data + token.start, token.length);
    digits[token.length] = '\0';
    if (!slope__number_read(digits, &token.number)) {
        slope__complain(text, SLOPE_ERR_MEMORY, token.start, 1, "there is not enough memory to read this");
        return wrong(token.start);
    }
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
    {"\xE2\x80\x94", "this is a dash: write - for minus"},
    {"\xE2\x88\x97", "write * for a product"},
    {"\xE2\x88\x95", "write / for a quotient"},
    {"\xE2\x81\x84", "write / for a quotient"},
    {"\xC2\xB2", "write ^2 for a square"},
    {"\xC2\xB3", "write ^3 for a cube"},
    {"\xE2\x88\x9A", "write sqrt(x) for a root"},
    {"\xE2\x88\x9B", "write cbrt(x) for a cube root"},
    {"\xCF\x80", "write pi"},
    {"\xE2\x88\x9E", "write 1/0 for infinity"},
    {"\xE2\x88\x91", "write sum(a, b, c) for a sum"},
    {"\xC2\xBD", "write 0.5"},
    {"\xC2\xB0", "angles are in radians: write x*pi/180 for degrees"},
    {"\xE2\x89\xA4", "write <="},
    {"\xE2\x89\xA5", "write >="},
    {"\xE2\x89\xA0", "write !="},
    {"\xC2\xA0", "this is a no-break space: write an ordinary one"},
    {"&", "there is no 'and': write a product of comparisons, (a < b) * (c < d)"},
    {"||", "there is no 'or': write the larger of comparisons, max(a < b, c < d)"},
    {"|", "write abs(x) for |x|"},
    {"!", "there is no !: write 1 - c for 'not', exp(lgamma(n + 1)) for n!, and != to compare"},
    {":=", "write = to name a value"},
    {"=<", "write <="},
    {"=>", "write >="},
    {"<>", "write != to compare"},
    {"//", "there is one division: write a / b, or floor(a / b) for whole numbers; comments begin with #"},
    {"+=", "write x = x + ..."},
    {"-=", "write x = x - ..."},
    {"*=", "write x = x * ..."},
    {"/=", "write x = x / ..., or != to compare"},
    {"\\", "write / for a quotient; a line is continued inside brackets"},
    {"\"", "there are no texts in expressions, only numbers"},
    {".", "a point belongs to a number, as in 0.5 or 5."},
    {"%", "there is no operator %: write fmod(a, b), which has the sign of a"},
    {"[", "write ( for brackets"},
    {"]", "write ) for brackets"},
    {"{", "write ( for brackets"},
    {"}", "write ) for brackets"},
    {"'", "derivatives are not written with ': they are what you get"},
};

/* Complains about a sign of other languages; returns 0 when here is none. */
static int complain_foreign(slope__text *text)
{
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        if (foreign[i].found[0] != text->data[text->at])
            continue;
        const size_t n = strlen(foreign[i].found);
        if (text->length - text->at >= n && memcmp(text->data + text->at, foreign[i].found, n) == 0) {
            slope__complain(text, SLOPE_ERR_SYNTAX, text->at, n, "%s", foreign[i].advice);
            return 1;
        }
    }
    return 0;
}

static slope__token foreign_token(slope__text *text)
{
    const size_t start = text->at, n = slope__character(text, start);
    if (n == 0)
        slope__complain(text, SLOPE_ERR_SYNTAX, start, 1, "the byte 0x%02x is not part of an expression",
                        (unsigned)peek(text, 0));
    else
        slope__complain(text, SLOPE_ERR_SYNTAX, start, n, "'%.*s' is not part of an expression%s", (int)n,
                        text->data + start, n > 1 ? ": names are made of a to z, A to Z, 0 to 9 and _" : "");
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
    if (token.length == 1 && complain_foreign(text))
        return wrong(text->at);
    if (c <= 0 || (token.length == 1 && !strchr("+-*/^()<>?:,;=", c)))
        return foreign_token(text);
    text->at += token.length;
    return token;
}

static void skip_blanks(slope__text *text)
{
    if (text->at == 0 && text->length >= 3 && memcmp(text->data, "\xEF\xBB\xBF", 3) == 0)
        text->at = 3; /* the mark that some editors begin a file with */
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
