/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a saved function; length and checksum are put right first, else nothing else would ever be seen.  Either
 * they are refused with a place and a message, or they are a function: saved it gives the same bytes, and it can be
 * dumped and, where it is small, evaluated and measured.
 */
#include <stdlib.h>
#include <string.h>

#include <slope/slope.h>

#include "file/file.h"
#include "tests/function_work.h"

enum { WORK = 20000 };

static void require(int condition)
{
    if (!condition)
        abort();
}

static void evaluate(const slope_function *f)
{
    const size_t inputs = f->inputs + f->data;
    slope_function_info info;
    double number[WORK] = {0}, result[WORK];
    const double **x = calloc(inputs + 1, sizeof *x);
    double **y = calloc(f->outputs + 1, sizeof *y);
    require(x && y && f->input_cells <= WORK && f->results <= WORK);
    for (size_t k = 0; k < f->input_cells; k++)
        number[k] = 0.25 + (double)k;
    for (size_t g = 0; g < inputs; g++)
        x[g] = number + f->input[g].first;
    for (size_t g = 0; g < f->outputs; g++)
        y[g] = result + f->output[g].first;
    const slope_status status = slope__interpret(f, x, y, NULL);
    require(status == SLOPE_OK || status == SLOPE_ERR_BRANCH);
    require(slope_function_stats(f, &info) == SLOPE_OK);
    free(x);
    free(y);
}

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
        if (function_work(f, WORK) < WORK)
            evaluate(f);
    }
    slope_function_destroy(f);
    free(bytes);
    free(again);
    return 0;
}
