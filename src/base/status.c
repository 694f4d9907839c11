/* SPDX-License-Identifier: MIT */
/* Statuses and the version as text, and how errors are told. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT(x) TEXT_OF(x)
#define TEXT_OF(x) #x

const char *slope_version(void)
{
    return TEXT(SLOPE_VERSION_MAJOR) "." TEXT(SLOPE_VERSION_MINOR) "." TEXT(SLOPE_VERSION_PATCH);
}

const char *slope_status_text(slope_status status)
{
    switch (status) {
#define STATUS(name, number, text, advice) \
    case SLOPE_##name:                     \
        return text;
#include "base/status.def"
#undef STATUS
    }
    return "unknown status";
}

const char *slope_status_name(slope_status status)
{
    switch (status) {
#define STATUS(name, number, text, advice) \
    case SLOPE_##name:                     \
        return "SLOPE_" #name;
#include "base/status.def"
#undef STATUS
    }
    return NULL;
}

slope_status slope__fail(slope_error *error, slope_status status, size_t position, const char *format, ...)
{
    if (error && error->status == SLOPE_OK) {
        va_list args;
        va_start(args, format);
        error->status = status;
        error->position = position;
        (void)vsnprintf(error->message, sizeof error->message, format, args);
        va_end(args);
    }
    return status;
}
