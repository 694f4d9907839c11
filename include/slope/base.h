/* SPDX-License-Identifier: MIT */
/*
 * Status codes, memory and the error record: what every other header builds on.
 *
 * The library never prints, exits or aborts, and keeps no mutable global state.  A function that can fail returns a
 * slope_status, SLOPE_OK being 0; one that makes an object or a value returns NULL or the null value instead.
 */
#ifndef SLOPE_BASE_H
#define SLOPE_BASE_H

#include <stddef.h>
#include <stdint.h>

#include <slope/status.h>

/* A function that the library exports. */
#if defined _WIN32
#define SLOPE_API
#else
#define SLOPE_API __attribute__((visibility("default")))
#endif

/* A function whose status the caller must look at: compilers warn where it is ignored. */
#if defined __GNUC__
#define SLOPE_CHECKED __attribute__((warn_unused_result))
#else
#define SLOPE_CHECKED
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* The header's version; slope_version() tells the library's. */
#define SLOPE_VERSION_MAJOR 0
#define SLOPE_VERSION_MINOR 1
#define SLOPE_VERSION_PATCH 0

/* The version of the library that is linked, "major.minor.patch".  Borrowed, valid for ever.  Thread-safe. */
SLOPE_API const char *slope_version(void);

/* One line that says what `status` means, "unknown status" for a number that is none.  Borrowed, valid for ever.
   Thread-safe. */
SLOPE_API const char *slope_status_text(slope_status status);

/* The name of a status as it is spelled in C, "SLOPE_OK"; NULL for a number that is none.  Borrowed, valid for
   ever.  Thread-safe. */
SLOPE_API const char *slope_status_name(slope_status status);

/*
 * Where memory comes from.  One function does everything, as in Lua:
 *   data NULL              allocate new_size bytes, aligned for any type
 *   new_size 0             free data (old_size bytes), always possible; the result is ignored
 *   otherwise              resize, keeping the first min(old_size, new_size) bytes; may move
 * It returns NULL when it can't; data is then unchanged and still owned by the caller.
 * An allocator is used by one tape at a time and so needs no lock.
 */
typedef struct slope_allocator {
    void *(*resize)(void *context, void *data, size_t old_size, size_t new_size); /* as said above; must not be NULL */
    void *context;                                                                /* passed through; may be NULL */
} slope_allocator;

/* The C library's heap; on Linux, blocks from 4 MiB are mapped for huge pages and grow without being copied.
   Thread-safe.  valgrind 3.19 loses track of blocks that grew so and reports writes to them that are fine: give the
   tape an allocator over realloc there, or reserve its nodes at once. */
SLOPE_API slope_allocator slope_allocator_default(void);

/*
 * An allocator inside memory of the caller: nothing that is taken through it comes from the heap.  `buffer` (size
 * bytes, any alignment, at least 256) is borrowed until everything allocated from it is freed; its own book-keeping
 * lives in it too.  A NULL or smaller buffer gives an allocator that always answers NULL.  Not thread-safe.
 */
SLOPE_API slope_allocator slope_allocator_buffer(void *buffer, size_t size);

/*
 * What went wrong, and where.  `message` is a complete sentence in English, cut at its size if need be.
 * All-zero means: nothing went wrong.
 */
typedef struct slope_error {
    slope_status status; /* SLOPE_OK: no error */
    size_t position;     /* byte in the text (parser) or node number (tape); SIZE_MAX when there is none */
    char message[256];   /* NUL-terminated; "" when there is no error */
} slope_error;

/* How many bytes the UTF-8 character at the beginning of `text` (length bytes) has, 0 where there is none that is safe
   to print: a control, a stray byte, a mark that turns the direction of writing.  For messages that hold names and
   paths from outside: what a terminal might obey is not shown.  Thread-safe. */
SLOPE_API size_t slope_printable(const char *text, size_t length);

#ifdef __cplusplus
}
#endif
#endif
