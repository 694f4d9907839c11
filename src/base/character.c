/* SPDX-License-Identifier: MIT */
/* Which bytes of a text from outside may be printed. */
#include <stdint.h>

#include <slope/base.h>

size_t slope_printable(const char *text, size_t length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800,
                                     0x10000}; /* a longer form of a smaller number is no character */
    if (length == 0)
        return 0;
    const unsigned char first = (unsigned char)*text;
    if (first < 0x80)
        return first >= 0x20 && first != 0x7F;
    const size_t n = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC0 || first > 0xF7 || length < n)
        return 0;
    uint32_t c = first & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        const unsigned char next = (unsigned char)text[i];
        if ((next & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (next & 0x3F);
    }
    const int is_control = c < 0xA0 || (c >= 0x200E && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
                           (c >= 0x2066 && c <= 0x2069); /* C1, breaks, and marks that turn the direction of writing */
    return c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF) || is_control ? 0 : n;
}
