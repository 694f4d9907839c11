/* SPDX-License-Identifier: MIT */
/* What C writes of a page: markup that is well formed whatever the names are, the same bytes for the same graph, and
   boxes and arrows that stay where they are when numbers change. */
#include <ctype.h>
#include <math.h>
#include <string.h>

#include "graph_text.h"

/* ------------------------------------------------------------------------------------------------------ well formed */

/* Reads <name attribute="value" ...>text</name> strictly: everything is closed in order, quoted, escaped and UTF-8; no
   attribute comes twice, and no id. */
typedef struct reader {
    const char *at;
    const char *open[64];
    size_t depth;
    char **id;
    size_t ids;
} reader;

static void broken(const reader *r, const char *why) { fail_msg("%s at:\n%.300s", why, r->at); }

static size_t name_size(const char *s)
{
    size_t n = 0;
    while (isalnum((unsigned char)s[n]) || s[n] == '-')
        n++;
    return n;
}

/* One character of text; those that mean something in markup are entities, and none may change how others are read. */
static void read_character(reader *r)
{
    static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;"};
    const unsigned char *s = (const unsigned char *)r->at;
    if (*s == '&') {
        for (size_t i = 0; i < 4; i++)
            if (strncmp(r->at, entities[i], strlen(entities[i])) == 0) {
                r->at += strlen(entities[i]);
                return;
            }
        broken(r, "no known entity");
    }
    const size_t n = *s < 0x80 ? 1 : *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : 2;
    unsigned c = n == 1 ? *s : *s & (0x7fu >> n);
    for (size_t i = 1; i < n; i++, c = c << 6 | (s[i - 1] & 0x3fu))
        if ((s[i] & 0xc0) != 0x80)
            broken(r, "no UTF-8");
    if ((c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff || (n == 3 && c < 0x800) || (n == 4 && c < 0x10000))
        broken(r, "no UTF-8");
    if ((c < 0x20 && c != '\n') || (c >= 0x7f && c < 0xa0) || (*s >= 0x80 && *s < 0xc2))
        broken(r, "a control character or no UTF-8");
    if ((c >= 0x200e && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
        broken(r, "a mark that turns the direction of writing");
    r->at += n;
}

static void read_attributes(reader *r)
{
    const char *names[16];
    size_t n = 0;
    for (; *r->at == ' '; n++) {
        names[n] = ++r->at;
        const size_t size = name_size(r->at);
        assert_true(n < 15);
        for (size_t i = 0; i < n; i++)
            if (name_size(names[i]) == size && memcmp(names[i], names[n], size) == 0)
                broken(r, "an attribute twice");
        if (!size || strncmp(r->at + size, "=\"", 2) != 0)
            broken(r, "no attribute");
        const char *value = r->at += size + 2;
        while (*r->at != '"') {
            if (*r->at == '<' || !*r->at)
                broken(r, "an attribute that does not end");
            read_character(r);
        }
        if (size == 2 && memcmp(names[n], "id", 2) == 0) {
            r->id = realloc(r->id, (r->ids + 1) * sizeof *r->id);
            assert_non_null(r->id);
            r->id[r->ids++] = strndup(value, (size_t)(r->at - value));
        }
        r->at++;
    }
}

static void read_tag(reader *r)
{
    const int closes = r->at[1] == '/';
    const char *name = r->at + 1 + closes;
    const size_t size = name_size(name);
    if (!size)
        broken(r, "no tag");
    r->at = name + size;
    if (closes) {
        if (!r->depth || name_size(r->open[r->depth - 1]) != size || memcmp(r->open[r->depth - 1], name, size) != 0)
            broken(r, "the wrong end");
        r->depth--;
    } else {
        assert_true(r->depth < 64);
        r->open[r->depth++] = name;
        read_attributes(r);
        if (*r->at == '/') {
            r->depth--;
            r->at++;
        }
    }
    if (*r->at++ != '>')
        broken(r, "a tag that does not end");
}

static int by_text(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* The element that begins with `start`, as it is in the page; how many ids it has. */
static size_t assert_well_formed(const char *page, const char *start)
{
    reader r = {.at = strstr(page, start)};
    assert_non_null(r.at);
    do {
        if (*r.at == '<')
            read_tag(&r);
        else if (!*r.at)
            broken(&r, "an element that does not end");
        else
            read_character(&r);
    } while (r.depth);
    if (r.ids)
        qsort(r.id, r.ids, sizeof *r.id, by_text);
    for (size_t i = 1; i < r.ids; i++)
        if (strcmp(r.id[i - 1], r.id[i]) == 0)
            fail_msg("the id '%s' comes twice", r.id[i]);
    for (size_t i = 0; i < r.ids; i++)
        free(r.id[i]);
    free(r.id);
    return r.ids;
}

static void every_kind_of_page_is_well_formed(void **state)
{
    slope_tape *t = *state;
    const slope_value odd = slope_log(slope_sub(input(t, "x", 1.0), 1.0));
    const slope_value same = slope_mul(odd, odd);
    slope_value y[] = {lecture(t, 0), network(t, 2), swept(same), slope_number(3.0), slope_var(t, -0.0)};
    for (size_t i = 0; i < sizeof y / sizeof *y; i++)
        for (int kind = 0; kind < 16; kind++) {
            slope_graph_options options = slope_graph_options_default();
            options.top_down = kind & 1;
            options.fold = kind >> 1 & 1;
            options.gradients = kind >> 2 & 1;
            options.max_nodes = kind >> 3 ? 60 : 2000;
            char *page = drawn(y[i], SLOPE_GRAPH_HTML, &options);
            assert_true(assert_well_formed(page, "<svg id=\"graph\"") > 3);
            assert_true(assert_well_formed(page, "<table id=\"table\"") > 1);
            free(page);
        }
}

/* ----------------------------------------------------------------------------------------------------------------
 * names */

static const char *const hostile[] = {
    "<script>alert(1)</script>",
    "</script><!--<script>",
    "\"><g onload=\"x()",
    "a&b&lt;c&#60;d;'e`",
    "]]>--></svg></table>",
    "\x01\x02\x1b[31m\x7f\xc2\x85\n\t\r",
    "\xff\xfe\xc3(\xe2\x82\xed\xa0\x80\xf4\x90\x80\x80\xc0\xaf",
    "\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8f turned \xd7\xa9",
    "\xf0\x9f\xa6\x86\xe6\x95\xb0",
    "",
    " ",
};

static void names_that_mean_harm_stay_text(void **state)
{
    slope_tape *t = *state;
    char *longest = malloc(10001);
    assert_non_null(longest);
    memset(longest, '<', 10000);
    longest[10000] = '\0';
    slope_value y = slope_label(slope_var(t, 1.0), longest);
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        const slope_value x = slope_at(slope_label(slope_var(t, (double)i), hostile[i]), hostile[i], 7);
        y = slope_at(slope_label(slope_fma(y, x, slope_sin(x)), hostile[i]), longest, 8);
    }
    y = swept(y);
    for (size_t i = 0; i < 2 * sizeof hostile / sizeof *hostile; i++) {
        const slope_graph_example example = {hostile[i / 2], longest, hostile[i / 2], hostile[i / 2], hostile[i / 2]};
        slope_graph_options options = slope_graph_options_default();
        options.title = options.formula = i / 2 ? hostile[i / 2] : longest;
        options.example = &example;
        options.examples = 1;
        options.max_nodes = i % 2 ? 12 : 400; /* folded too */
        char *page = drawn(y, SLOPE_GRAPH_HTML, &options);
        (void)assert_well_formed(page, "<svg id=\"graph\"");
        (void)assert_well_formed(page, "<table id=\"table\"");
        (void)assert_well_formed(page, "<title>");
        (void)assert_well_formed(page, "<h1>");
        assert_has_not(page, "<script>alert");
        assert_has_not(page, "<g onload");
        const char *settings = strstr(page, "id=\"slope-page\">"); /* ends where it should, and not before */
        if (settings) {
            settings = strchr(settings, '>') + 1;
            const size_t size = strcspn(settings, "<");
            assert_memory_equal(settings + size - 2, "]}</script>\n<script type=\"text/plain\" id=\"slope-data\">", 54);
            const char *data = strchr(settings + size + 12, '>') + 1;
            assert_memory_equal(data + strcspn(data, "<"), "</script>\n<script>\n", 19);
        }
        free(page);
    }
    free(longest);
}

/* ------------------------------------------------------------------------------------------------- bytes and places */

static void the_order_of_recording_changes_no_byte(void **state)
{
    slope_tape *other = slope_tape_create(NULL);
    for (int down = 0; down < 2; down++) {
        slope_graph_options options = slope_graph_options_default();
        options.top_down = down;
        char *a = drawn(lecture(*state, 0), SLOPE_GRAPH_HTML, &options);
        char *b = drawn(lecture(other, 1), SLOPE_GRAPH_HTML, &options);
        assert_string_equal(a, b);
        free(a);
        free(b);
    }
    slope_tape_destroy(other);
}

/* Only what tells where things are: the values of these attributes, each on a line; to be freed. */
static char *places(const char *page)
{
    static const char *const attributes[] = {" d=\"",      " transform=\"", " viewBox=\"", " width=\"",
                                             " height=\"", " x=\"",         " y=\""};
    const char *s = strstr(page, "<svg id=\"graph\""), *end = strstr(page, "</svg>");
    char *text = malloc((size_t)(end - s) + 1), *put = text;
    assert_non_null(text);
    for (; s < end; s++)
        for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++)
            if (strncmp(s, attributes[i], strlen(attributes[i])) == 0) {
                s += strlen(attributes[i]);
                const size_t n = strcspn(s, "\"");
                memcpy(put, s, n);
                put += n;
                *put++ = '\n';
                break;
            }
    *put = '\0';
    return text;
}

static void nothing_moves_when_numbers_change(void **state)
{
    slope_tape *t = *state;
    static const double numbers[] = {0.0, 1.0, -1.5, 1e-300, -1.234567e300, INFINITY, -INFINITY, NAN};
    const slope_value a = input(t, "a", 0.7), b = input(t, "b", 2.0);
    const slope_value e = slope_mul(slope_tanh(slope_mul(a, a)), slope_div(b, a));
    const slope_value y = swept(slope_fma(e, slope_log(b), slope_relu(slope_sub(a, 3.0))));
    for (int down = 0; down < 2; down++) {
        slope_graph_options options = slope_graph_options_default();
        options.top_down = down;
        char *page = drawn(y, SLOPE_GRAPH_HTML, &options), *before = places(page);
        assert_true(strlen(before) > 1000);
        for (size_t i = 0; i < 64; i++) {
            assert_int_equal(slope_set_data(a, numbers[i % 8]), SLOPE_OK);
            assert_int_equal(slope_set_data(b, numbers[i / 8]), SLOPE_OK);
            assert_int_equal(slope_forward(t), SLOPE_OK);
            assert_int_equal(slope_backward(y), SLOPE_OK);
            char *other = drawn(y, SLOPE_GRAPH_HTML, &options), *now = places(other);
            assert_string_not_equal(page, other);
            assert_string_equal(before, now);
            free(other);
            free(now);
        }
        free(page);
        free(before);
        assert_int_equal(slope_set_data(a, 0.7), SLOPE_OK);
        assert_int_equal(slope_set_data(b, 2.0), SLOPE_OK);
        assert_int_equal(slope_forward(t), SLOPE_OK);
        assert_int_equal(slope_backward(y), SLOPE_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(every_kind_of_page_is_well_formed),
        on_tape(names_that_mean_harm_stay_text),
        on_tape(the_order_of_recording_changes_no_byte),
        on_tape(nothing_moves_when_numbers_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
