/* SPDX-License-Identifier: MIT */
/*
 * Words on the page.  Hinting is off, so that texts have the same size in every format and the layout too.  Cairo puts
 * a context into an error for ever when a text is not UTF-8, so every text is cleaned first.
 */
#include "draw.h"

#include <stdint.h>
#include <string.h>

#define TEXT_MAX 512

void plot__font(cairo_t *cr, double size, bool bold)
{
    cairo_select_font_face(cr, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cr, size);
}

/* The length of the UTF-8 sequence at s, 0 if there is none: no overlong forms, surrogates or control characters. */
static size_t sequence(const unsigned char *s)
{
    if (s[0] < 0x80)
        return s[0] >= 0x20 && s[0] != 0x7f;
    const size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    uint32_t code = s[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (s[i] & 0x3fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    return s[0] >= 0xc2 && s[0] <= 0xf4 && code >= least[length] && code <= 0x10ffff && (code >> 11) != 0x1b ? length
                                                                                                             : 0;
}

/* `text` as valid UTF-8, cut with an ellipsis where it is too long; a line end becomes a space. */
static void clean(const char *text, char out[TEXT_MAX])
{
    size_t used = 0;
    for (const unsigned char *s = (const unsigned char *)text; *s;) {
        const size_t length = sequence(s);
        const bool space = *s == '\n' || *s == '\t' || *s == '\r';
        const char *piece = length ? (const char *)s : space ? " " : "\xef\xbf\xbd";
        const size_t size = length ? length : strlen(piece);
        if (used + size + 4 > TEXT_MAX) {
            memcpy(out + used, "\xe2\x80\xa6", 3);
            used += 3;
            break;
        }
        memcpy(out + used, piece, size);
        used += size;
        s += length ? length : 1;
    }
    out[used] = 0;
}

double plot__text_width(cairo_t *cr, const char *text)
{
    char cleaned[TEXT_MAX];
    cairo_text_extents_t extents;
    clean(text, cleaned);
    cairo_text_extents(cr, cleaned, &extents);
    return extents.x_advance;
}

/* The height of digits and capitals, which is what looks centred. */
static double cap_height(cairo_t *cr)
{
    cairo_text_extents_t extents;
    cairo_text_extents(cr, "0", &extents);
    return extents.height;
}

void plot__text(cairo_t *cr, const char *text, double x, double y, double align_x, double align_y)
{
    plot__power(cr, text, "", x, y, align_x, align_y);
}

double plot__power_width(cairo_t *cr, const char *text, const char *power)
{
    return plot__text_width(cr, text) + 0.72 * plot__text_width(cr, power);
}

void plot__power(cairo_t *cr, const char *text, const char *power, double x, double y, double align_x, double align_y)
{
    char cleaned[TEXT_MAX];
    const double height = cap_height(cr);
    clean(text, cleaned);
    cairo_save(cr);
    cairo_move_to(cr, x - align_x * plot__power_width(cr, text, power), y + height * (1.0 - align_y));
    cairo_show_text(cr, cleaned);
    if (*power) {
        cairo_matrix_t matrix;
        cairo_get_font_matrix(cr, &matrix);
        cairo_rel_move_to(cr, 0.0, -0.55 * height);
        cairo_set_font_size(cr, 0.72 * matrix.xx);
        clean(power, cleaned);
        cairo_show_text(cr, cleaned);
    }
    cairo_restore(cr);
    cairo_new_path(cr);
}
