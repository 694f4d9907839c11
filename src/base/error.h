/* SPDX-License-Identifier: MIT */
/* How functions tell what went wrong, and a file that appears whole or not at all. */
#ifndef SLOPE_BASE_ERROR_H
#define SLOPE_BASE_ERROR_H

#include <slope/base.h>

/* Fills *error (may be NULL) unless it is filled already; printf-like message.  Returns status. */
#if defined __GNUC__
__attribute__((format(printf, 4, 5)))
#endif
slope_status
slope__fail(slope_error *error, slope_status status, size_t position, const char *format, ...);

/* Puts bytes into a file, whole or not at all.  SLOPE_ERR_IO, SLOPE_ERR_MEMORY. */
SLOPE_CHECKED slope_status slope__file_write(const char *path, const char *data, size_t size, slope_error *error);

#endif
