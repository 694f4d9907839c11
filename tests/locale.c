/* SPDX-License-Identifier: MIT */
/* Linked into every test: SLOPE_TEST_LOCALE=de_DE.UTF-8 runs it where the decimal point is a comma. */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void take_locale(void)
{
    const char *name = getenv("SLOPE_TEST_LOCALE");
    if (name && !setlocale(LC_NUMERIC, name)) {
        (void)fprintf(stderr, "SLOPE_TEST_LOCALE: there is no locale %s\n", name);
        exit(2);
    }
}
