/* SPDX-License-Identifier: MIT */
/*
 * One page that leads to all that was written: the pages with what to try on them, the pictures, the texts.  Plain HTML
 * that opens from the disk, in light and dark, with nothing to run.
 */
#include "demo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const char head[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\">\n"
    "<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src file: 'self'; style-src "
    "'unsafe-inline'\">\n"
    "<title>Slope: what the demonstration made</title>\n"
    "<style>\n"
    ":root { color-scheme: light dark; --ink: #1a1a1a; --paper: #fff; --quiet: #555; --line: #ccc; --link: #0a4fa0 }\n"
    "@media (prefers-color-scheme: dark) {\n"
    "  :root { --ink: #eee; --paper: #16181b; --quiet: #b4b8be; --line: #444; --link: #8ab8ff }\n"
    "}\n"
    "body { margin: 0 auto; max-width: 76rem; padding: 1rem; color: var(--ink); background: var(--paper);\n"
    "  font: 1rem/1.5 system-ui, sans-serif }\n"
    "h1, h2 { line-height: 1.2 }\n"
    "a { color: var(--link) }\n"
    "ul { list-style: none; padding: 0; display: grid; gap: 1rem;\n"
    "  grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)) }\n"
    "li { border: 1px solid var(--line); border-radius: .4rem; padding: .8rem }\n"
    "li p, li figure { margin: .4rem 0 0 }\n"
    "li a.title { font-weight: 600 }\n"
    "p.quiet, figcaption { color: var(--quiet) }\n"
    "img { display: block; width: 100%; height: auto; background: #fff }\n"
    "</style>\n"
    "</head>\n"
    "<body>\n"
    "<main>\n"
    "<h1>Slope: what the demonstration made</h1>\n"
    "<p>The classic lecture on automatic differentiation, from its first expression to its trained network. Begin with "
    "a page:\n"
    "change an input, and step backward to see how each gradient comes about.</p>\n";

/* Text of HTML, outside and inside of quoted attributes. */
static void put_text(FILE *out, const char *text)
{
    for (; *text; text++)
        switch (*text) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        default: fputc(*text, out);
        }
}

/* The path from the index to the file: the index is in the folder. */
static const char *relative(const demo *d, const demo_file *file) { return file->path + strlen(d->folder) + 1; }

static void put_page(FILE *out, const demo *d, const demo_file *file)
{
    fprintf(out, "<li><a class=\"title\" href=\"%s\">", relative(d, file));
    put_text(out, file->what);
    fputs("</a>\n<p>", out);
    put_text(out, file->note);
    fputs("</p></li>\n", out);
}

static bool ends_in(const char *path, const char *ending)
{
    const size_t length = strlen(path), size = strlen(ending);
    return length > size && !strcmp(path + length - size, ending);
}

/* A picture is there as .svg, which is shown, and right after it as .png. */
static void put_picture(FILE *out, const demo *d, const demo_file *file)
{
    const char *path = relative(d, file);
    if (!ends_in(path, ".svg"))
        return;
    const int stem = (int)(strlen(path) - strlen(".svg"));
    fprintf(out, "<li><figure><a href=\"%s\"><img src=\"%s\" alt=\"%.*s: ", path, path, stem, path);
    put_text(out, file->what);
    fputs("\" loading=\"lazy\"></a>\n<figcaption>", out);
    put_text(out, file->what);
    fprintf(out, " (<a href=\"%.*s.png\">%.*s.png</a>)</figcaption></figure></li>\n", stem, path, stem, path);
}

static void put_document(FILE *out, const demo *d, const demo_file *file)
{
    fprintf(out, "<li><a class=\"title\" href=\"%s\">%s</a>\n<p>", relative(d, file), relative(d, file));
    put_text(out, file->what);
    fputs("</p></li>\n", out);
}

static void put_section(FILE *out, const demo *d, demo_kind kind, const char *title, const char *about,
                        void put(FILE *, const demo *, const demo_file *))
{
    bool any = false;
    for (size_t i = 0; i < d->files; i++) {
        if (d->file[i].kind != kind)
            continue;
        if (!any)
            fprintf(out, "<h2>%s</h2>\n<p class=\"quiet\">%s</p>\n<ul>\n", title, about);
        any = true;
        put(out, d, &d->file[i]);
    }
    if (any)
        fputs("</ul>\n", out);
}

static void put_index(FILE *out, const demo *d)
{
    fputs(head, out);
    put_section(out, d, DEMO_PAGE, "Recorded by a C program",
                "Values on a tape, with the file and line of every operation: what slope_graph_write makes of them.",
                put_page);
    put_section(out, d, DEMO_GALLERY, "Formulas",
                "The gallery of <code>slope explore</code>; each page has a field to type another formula.", put_page);
    put_section(out, d, DEMO_PICTURE, "Pictures", "Graphs, and what the training of the network led to.", put_picture);
    put_section(out, d, DEMO_TEXT, "Text", "Graphs that Graphviz's dot would have drawn, had it been there.",
                put_document);
    fputs("</main>\n</body>\n</html>\n", out);
}

/* Moves the last file of the list to its beginning. */
static void come_first(demo *d)
{
    const demo_file last = d->file[d->files - 1];
    memmove(&d->file[1], &d->file[0], (d->files - 1) * sizeof *d->file);
    d->file[0] = last;
}

void demo_index(demo *d)
{
    const demo_file *file = demo_next_file(d, DEMO_INDEX, "index", ".html", "open this: it leads to everything below");
    if (!file)
        return;
    FILE *out = fopen(file->path, "w");
    errno = out ? 0 : errno;
    if (out)
        put_index(out, d);
    const bool failed = !out || ferror(out);
    if ((out && fclose(out)) || failed) {
        demo_fail(d, DEMO_SYSTEM, "%s can't be written: %s", file->path, errno ? strerror(errno) : "write error");
        return;
    }
    demo_wrote(d);
    come_first(d);
}
