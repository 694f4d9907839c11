/* SPDX-License-Identifier: MIT */
/*
 * A figure as the bytes of an SVG, PNG or PDF file, in memory, then saved.  Everything that would make two drawings of
 * one figure differ is taken out: the date in PDF, and in SVG the numbers of cairo's surfaces, which count up over the
 * life of the process.
 */
#include "draw.h"

#include <cairo-pdf.h>
#include <cairo-svg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

typedef enum file_kind { KIND_NONE, KIND_SVG, KIND_PNG, KIND_PDF } file_kind;

typedef struct bytes {
    char *data;
    size_t size, capacity;
    bool failed; /* memory was short */
} bytes;

static file_kind kind_of(const char *path)
{
    const char *dot = strrchr(path, '.'), *slash = strrchr(path, '/');
    if (!dot || dot == path || (slash && dot <= slash + 1)) /* ".svg" alone is a hidden file without an extension */
        return KIND_NONE;
    return !strcasecmp(dot, ".svg")   ? KIND_SVG
           : !strcasecmp(dot, ".png") ? KIND_PNG
           : !strcasecmp(dot, ".pdf") ? KIND_PDF
                                      : KIND_NONE;
}

int plot_can_write(const char *path) { return path && kind_of(path) != KIND_NONE; }

static cairo_status_t append(void *context, const unsigned char *data, unsigned size)
{
    bytes *out = context;
    if (size > out->capacity - out->size) {
        const size_t capacity = 2 * out->capacity + size + 4096;
        char *grown = capacity > out->capacity ? realloc(out->data, capacity) : NULL;
        if (!grown) {
            out->failed = true;
            return CAIRO_STATUS_WRITE_ERROR;
        }
        out->data = grown;
        out->capacity = capacity;
    }
    if (size)
        memcpy(out->data + out->size, data, size);
    out->size += size;
    return CAIRO_STATUS_SUCCESS;
}

/* Takes the number out of id="surface123".  A figure has one such surface and nothing refers to it. */
static void remove_surface_number(bytes *out)
{
    static const char word[] = "id=\"surface";
    const size_t length = sizeof word - 1;
    size_t to = 0;
    for (size_t from = 0; from < out->size;) {
        const bool here = out->size - from > length && !memcmp(out->data + from, word, length);
        const size_t keep = here ? length : 1;
        memmove(out->data + to, out->data + from, keep);
        to += keep;
        from += keep;
        while (here && from < out->size && out->data[from] >= '0' && out->data[from] <= '9')
            from++;
    }
    out->size = to;
}

static cairo_surface_t *surface_for(file_kind kind, const plot_figure *figure, bytes *out)
{
    if (kind == KIND_PNG)
        return cairo_image_surface_create(CAIRO_FORMAT_RGB24, (int)(figure->width * figure->png_scale + 0.5),
                                          (int)(figure->height * figure->png_scale + 0.5));
    if (kind == KIND_SVG) {
        cairo_surface_t *surface = cairo_svg_surface_create_for_stream(append, out, figure->width, figure->height);
        cairo_svg_surface_set_document_unit(surface, CAIRO_SVG_UNIT_PT);
        return surface;
    }
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(append, out, figure->width, figure->height);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, "2000-01-01T00:00:00Z");
    return surface;
}

static void set_fonts(cairo_t *cr)
{
    cairo_font_options_t *options = cairo_font_options_create();
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_options(cr, options);
    cairo_font_options_destroy(options);
}

static slope_status status_of(cairo_status_t status, const bytes *out)
{
    if (status == CAIRO_STATUS_SUCCESS)
        return SLOPE_OK;
    return status == CAIRO_STATUS_NO_MEMORY || out->failed ? SLOPE_ERR_MEMORY : SLOPE_ERR_SYSTEM;
}

static slope_status render(const plot_figure *figure, file_kind kind, bytes *out, slope_error *error)
{
    cairo_surface_t *surface = surface_for(kind, figure, out);
    cairo_t *cr = cairo_create(surface);
    set_fonts(cr);
    if (kind == KIND_PNG)
        cairo_scale(cr, figure->png_scale, figure->png_scale);
    slope_status status = plot__figure_draw(figure, cr);
    cairo_status_t drawn = cairo_status(cr);
    cairo_destroy(cr);
    if (kind == KIND_PNG && drawn == CAIRO_STATUS_SUCCESS && status == SLOPE_OK)
        drawn = cairo_surface_write_to_png_stream(surface, append, out);
    cairo_surface_finish(surface);
    if (drawn == CAIRO_STATUS_SUCCESS)
        drawn = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (status == SLOPE_OK)
        status = status_of(drawn, out);
    if (status == SLOPE_ERR_MEMORY)
        return plot__fail(error, status, "the figure needs more memory than there is");
    if (status != SLOPE_OK)
        return plot__fail(error, status, "the figure can't be drawn: %s", cairo_status_to_string(drawn));
    if (kind == KIND_SVG)
        remove_surface_number(out);
    return SLOPE_OK;
}

slope_status plot_write(const plot_figure *figure, const char *path, slope_error *error)
{
    bytes out = {0};
    if (error)
        memset(error, 0, sizeof *error);
    if (!figure || !path)
        return plot__fail(error, SLOPE_ERR_ARGUMENT, "the %s is NULL", figure ? "path" : "figure");
    const file_kind kind = kind_of(path);
    if (kind == KIND_NONE)
        return plot__fail(error, SLOPE_ERR_UNSUPPORTED, "%s: the ending must be .svg, .png or .pdf", path);
    slope_status status = plot__figure_check(figure, error);
    if (status == SLOPE_OK)
        status = render(figure, kind, &out, error);
    if (status == SLOPE_OK)
        status = plot__save(path, out.data, out.size, error);
    free(out.data);
    return status;
}
