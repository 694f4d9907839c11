/* SPDX-License-Identifier: MIT */
/*
 * The library's own functions inside generated C: the files of ops are kept as text, and of that text the
 * paragraphs are printed that define what is needed.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "codegen/codegen.h"

#include "bessel.inc"
#include "nary.inc"
#include "normal.inc"
#include "special.inc"

/* A paragraph: lines first ... last - 1 of a text, up to a blank line outside braces. */
typedef struct paragraph {
    const char *const *text;
    size_t first, last;
    int needed;
} paragraph;

enum { MOST = 400 };

static int is_word(char c) { return isalnum((unsigned char)c) || c == '_'; }

static size_t split(const char *const *text, paragraph p[], size_t n)
{
    size_t first = 0;
    int depth = 0;
    for (size_t k = 0;; k++) {
        const int end = !text[k] || (text[k][0] == '\0' && depth == 0);
        if (end && k > first && n < MOST)
            p[n++] = (paragraph){text, first, k, 0};
        if (end)
            first = k + 1;
        if (!text[k])
            return n;
        for (const char *s = text[k]; *s; s++)
            depth += (*s == '{') - (*s == '}');
    }
}

int slope__mentions(const char *text, const char *word)
{
    const size_t size = strlen(word);
    for (const char *s = strstr(text, word); s; s = strstr(s + 1, word)) {
        if ((s == text || !is_word(s[-1])) && !is_word(s[size]))
            return 1;
    }
    return 0;
}

/* Does the line define the word: a macro, an array, a function at the left margin, or the end of a typedef? */
static int defines(const char *line, const char *word, size_t size)
{
    if (strncmp(line, "#define ", 8) == 0)
        return strncmp(line + 8, word, size) == 0 && !is_word(line[8 + size]);
    if (line[0] == ' ' || line[0] == '/' || line[0] == '#')
        return 0;
    for (const char *s = strstr(line, word); s; s = strstr(s + 1, word)) {
        if (s > line && !is_word(s[-1]) && (s[size] == '(' || s[size] == '[' || (line[0] == '}' && s[size] == ';')))
            return strpbrk(line, "([;") >= s; /* not a parameter */
    }
    return 0;
}

static int paragraph_defines(const paragraph *p, const char *word, size_t size)
{
    for (size_t k = p->first; k < p->last; k++) {
        if (defines(p->text[k], word, size))
            return 1;
    }
    return 0;
}

/* Marks what the words of a paragraph need; returns whether anything was new. */
static int follow(const paragraph *from, paragraph p[], size_t n)
{
    int changed = 0;
    char word[64];
    for (size_t k = from->first; k < from->last; k++) {
        const char *s = from->text[k];
        if (s[0] == '/' || strncmp(s, " *", 2) == 0)
            continue;
        while (*s) {
            size_t size = 0;
            while (is_word(s[size]) && size < sizeof word - 1)
                size++;
            if (size == 0) {
                s++;
                continue;
            }
            memcpy(word, s, size);
            word[size] = '\0';
            for (size_t q = 0; q < n; q++) {
                if (!p[q].needed && paragraph_defines(&p[q], word, size))
                    p[q].needed = changed = 1;
            }
            s += size;
        }
    }
    return changed;
}

int slope__is_float_macro(const char *word, size_t size)
{
    return (size == 3 && memcmp(word, "NAN", 3) == 0) || (size == 8 && memcmp(word, "INFINITY", 8) == 0);
}

static size_t word_size(const char *s)
{
    size_t size = 0;
    while (is_word(s[size]))
        size++;
    return size;
}

/* Public functions become static, slope__x becomes slope_x: C++ keeps double underscores to itself. */
static void put_line(slope__string *out, const char *line)
{
    if (strncmp(line, "double slope__", 14) == 0)
        slope__string_put(out, "static ");
    for (const char *s = line; *s; s++) {
        if (strncmp(s, "slope__", 7) == 0) {
            slope__string_put(out, "slope_");
            s += 6;
        } else {
            if ((s == line || !is_word(s[-1])) && slope__is_float_macro(s, word_size(s)))
                slope__string_put(out, "(double)");
            slope__string_char(out, *s);
        }
    }
    slope__string_char(out, '\n');
}

static void put_paragraph(slope__string *out, const paragraph *p)
{
    for (size_t k = p->first; k < p->last; k++) {
        if (slope__mentions(p->text[k],
                            "slope__lgamma")) { /* the library avoids a global that C99 allows lgamma to write */
            slope__string_put(out, "static double slope_lgamma(double x)\n{\n    return lgamma(x);\n}\n\n");
            return;
        }
    }
    for (size_t k = p->first; k < p->last; k++) {
        if (strncmp(p->text[k], "/* ---", 6) != 0)
            put_line(out, p->text[k]);
    }
    slope__string_char(out, '\n');
}

void slope__put_library(slope__string *out, size_t n, const char *const name[])
{
    paragraph p[MOST];
    const char *const *const files[] = {special, normal, bessel, nary};
    size_t count = 0;
    for (size_t k = 0; k < sizeof files / sizeof *files; k++)
        count = split(files[k], p, count);
    for (size_t k = 0; k < n; k++) {
        for (size_t q = 0; q < count; q++)
            p[q].needed |= paragraph_defines(&p[q], name[k], strlen(name[k]));
    }
    for (int changed = 1; changed;) {
        changed = 0;
        for (size_t q = 0; q < count; q++)
            changed |= p[q].needed && follow(&p[q], p, count);
    }
    for (size_t q = 0; q < count; q++) {
        if (p[q].needed)
            put_paragraph(out, &p[q]);
    }
}
