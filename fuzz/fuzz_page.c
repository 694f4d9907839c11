/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the data of a page.  Either they are refused with a place and a message, or they are a computation,
 * which can be walked, computed and swept again; and what is written of it then reads as the same computation: the same
 * bytes again.
 */
#include <stdlib.h>
#include <string.h>

#include "graph/page.h"

static void require(int condition)
{
    if (!condition)
        abort();
}

static unsigned digit(char c)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = memchr(digits, c, 64);
    return at ? (unsigned)(at - digits) : 0;
}

/* Base64 in place. */
static void decode(slope__bytes *text)
{
    unsigned char *out = text->block.data;
    size_t n = 0;
    for (size_t i = 0; i < text->size; i += 4) {
        const char *c = (const char *)text->block.data + i;
        const unsigned bits = digit(c[0]) << 18 | digit(c[1]) << 12 | digit(c[2]) << 6 | digit(c[3]);
        const size_t bytes = c[2] == '=' ? 1 : c[3] == '=' ? 2 : 3;
        for (size_t k = 0; k < bytes; k++)
            out[n++] = (unsigned char)(bits >> (16 - 8 * k));
    }
    text->size = n;
}

/* The bytes of a replica. */
static slope__bytes write_again(const slope__replica *r)
{
    const slope_graph_options options = slope_graph_options_default();
    slope__arena arena = {.allocator = slope_allocator_default()};
    slope__bytes text = {.allocator = slope_allocator_default()};
    slope__walk walk;
    slope__out out;
    require(slope__walk_make(&walk, r->outputs, r->output, &options, &arena) == SLOPE_OK);
    for (size_t i = 0; i < walk.items; i++)
        (void)slope__walk_partials(&walk, i);
    slope__out_start(&out, slope__bytes_sink, &text);
    require(slope__write_data(&out, &walk, &arena) == SLOPE_OK);
    require(slope__out_finish(&out) == SLOPE_OK);
    slope__arena_free(&arena);
    decode(&text);
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    slope__replica one, two;
    slope_error error;
    if (slope__data_read(data, size, &one, &error)) {
        require(error.status == SLOPE_ERR_SYNTAX && error.message[0] && error.position <= size && !one.tape);
        return 0;
    }
    slope__bytes first = write_again(&one); /* without what no output needs */
    require(slope_forward(one.tape) == SLOPE_OK);
    require(slope_backward_seeded(one.outputs, one.output, NULL) == SLOPE_OK);
    require(slope__data_read(first.block.data, first.size, &two, &error) == SLOPE_OK);
    slope__bytes second = write_again(&two);
    require(first.size == second.size && memcmp(first.block.data, second.block.data, first.size) == 0);
    slope__block_free(&first.allocator, &first.block);
    slope__block_free(&second.allocator, &second.block);
    slope__replica_free(&one);
    slope__replica_free(&two);
    return 0;
}
