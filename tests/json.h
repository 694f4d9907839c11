/* SPDX-License-Identifier: MIT */
/*
 * A strict reader of JSON (RFC 8259) for tests, written apart from the writers: json_valid says whether a text is one
 * JSON value and nothing else; json_find gives the text of the member at a path such as "values.a.grad".  Recursion is
 * bounded.
 */
#ifndef SLOPE_TESTS_JSON_H
#define SLOPE_TESTS_JSON_H

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct json_search {
    const char *want;  /* path to look for, or NULL */
    const char *found; /* first byte of its value */
} json_search;

static const char *json_value(const char *at, const char *path, json_search *search, int depth);

static inline const char *json_blank(const char *at) { return at + strspn(at, " \t\r\n"); }

static inline const char *json_string(const char *at)
{
    if (*at++ != '"')
        return NULL;
    for (; *at != '"'; ++at) {
        if ((unsigned char)*at < 0x20)
            return NULL; /* also the end */
        if (*at != '\\')
            continue;
        if (*++at == 'u') {
            for (int i = 0; i < 4; ++i)
                if (!isxdigit((unsigned char)*++at))
                    return NULL;
        } else if (!*at || !strchr("\"\\/bfnrt", *at)) {
            return NULL;
        }
    }
    return at + 1;
}

static inline const char *json_number(const char *at)
{
    at += *at == '-';
    if (!isdigit((unsigned char)*at) || (*at == '0' && isdigit((unsigned char)at[1])))
        return NULL;
    while (isdigit((unsigned char)*at))
        ++at;
    if (*at == '.') {
        if (!isdigit((unsigned char)*++at))
            return NULL;
        while (isdigit((unsigned char)*at))
            ++at;
    }
    if (*at == 'e' || *at == 'E') {
        ++at;
        at += *at == '+' || *at == '-';
        if (!isdigit((unsigned char)*at))
            return NULL;
        while (isdigit((unsigned char)*at))
            ++at;
    }
    return at;
}

/* Members of an object or an array; `path` is that of the whole. */
static inline const char *json_members(const char *at, const char *path, json_search *search, int depth)
{
    char close = *at == '{' ? '}' : ']';
    int count = 0;
    at = json_blank(at + 1);
    if (*at == close)
        return at + 1;
    for (;; ++count) {
        char name[256], number[16];
        const char *key = number;
        int size = snprintf(number, sizeof number, "%d", count);
        if (close == '}') {
            key = at + 1;
            at = json_string(at);
            if (!at)
                return NULL;
            size = (int)(at - key) - 1;
            at = json_blank(at);
            if (*at++ != ':')
                return NULL;
            at = json_blank(at);
        }
        snprintf(name, sizeof name, "%s%s%.*s", path, *path ? "." : "", size, key);
        at = json_value(at, name, search, depth + 1);
        if (!at)
            return NULL;
        at = json_blank(at);
        if (*at == close)
            return at + 1;
        if (*at++ != ',')
            return NULL;
        at = json_blank(at);
    }
}

static const char *json_value(const char *at, const char *path, json_search *search, int depth)
{
    if (depth > 100)
        return NULL;
    if (search->want && !strcmp(search->want, path))
        search->found = at;
    if (*at == '{' || *at == '[')
        return json_members(at, path, search, depth);
    if (*at == '"')
        return json_string(at);
    static const char *const words[] = {"true", "false", "null"};
    for (int i = 0; i < 3; ++i)
        if (!strncmp(at, words[i], strlen(words[i])))
            return at + strlen(words[i]);
    return json_number(at);
}

static inline bool json_valid(const char *text)
{
    json_search search = {NULL, NULL};
    const char *end = json_value(json_blank(text), "", &search, 0);
    return end && !*json_blank(end);
}

/* NULL when there is no such member or the text is no JSON. */
static inline const char *json_find(const char *text, const char *path)
{
    json_search search = {path, NULL};
    const char *end = json_value(json_blank(text), "", &search, 0);
    return end && !*json_blank(end) ? search.found : NULL;
}

#endif
