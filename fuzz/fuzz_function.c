/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a saved function; length and checksum are put right first, else nothing else would ever be seen.  Either
 * they are refused with a place and a message, or they are a function: saved it gives the same bytes, it can be dumped
 * and, where it is small, measured and derived, and everything that runs it gives what the interpreter gives.
 */
#include <stdlib.h>
#include <string.h>

#include <slope/slope.h>

#include "back_ends.h"
#include "file/file.h"

/* Sets length and checksum. */
static void seal(unsigned char *bytes, size_t size)
{
    for (size_t k = 0; k < 8; k++)
        bytes[SLOPE__FILE_CHECKED + k] = (unsigned char)((uint64_t)size >> 8 * k);
    const uint32_t c = slope__file_checksum(0, bytes + SLOPE__FILE_CHECKED, size - SLOPE__FILE_CHECKED);
    for (size_t k = 0; k < 4; k++)
        bytes[12 + k] = (unsigned char)(c >> 8 * k);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    unsigned char *bytes = malloc(size + 1), *again = malloc(size + 1);
    require(bytes && again);
    if (size > 0)
        memcpy(bytes, data, size);
    if (size >= SLOPE__FILE_HEAD)
        seal(bytes, size);
    slope_error error;
    slope_function *f = slope_function_load(bytes, size, &error);
    if (!f) {
        require(error.status == SLOPE_ERR_SYNTAX && error.message[0] && error.position <= size);
    } else {
        size_t written = 0;
        char *text = NULL;
        require(error.status == SLOPE_OK);
        require(slope_function_save(f, size, again, &written) == SLOPE_OK && written == size);
        require(memcmp(bytes, again, size) == 0);
        require(slope_function_dump(f, &text, NULL) == SLOPE_OK && text);
        free(text);
        check_back_ends(f, hash_of(bytes, size), 1);
    }
    slope_function_destroy(f);
    free(bytes);
    free(again);
    return 0;
}
