/* SPDX-License-Identifier: MIT */
/* Versions, statuses and the two allocators, without a tape. */
#include "testing.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void the_library_is_of_the_headers_version(void **state)
{
    (void)state;
    char expected[64];
    (void)snprintf(expected, sizeof expected, "%d.%d.%d", SLOPE_VERSION_MAJOR, SLOPE_VERSION_MINOR,
                   SLOPE_VERSION_PATCH);
    assert_string_equal(slope_version(), expected);
    assert_string_equal(slope_version(), SLOPE_BUILD_VERSION);
}

static void every_status_has_a_name_and_a_text(void **state)
{
    (void)state;
    assert_int_equal(SLOPE_OK, 0);
#define STATUS(name, number, text, advice)                                        \
    assert_int_equal(SLOPE_##name, number);                                       \
    assert_string_equal(slope_status_name((slope_status)number), "SLOPE_" #name); \
    assert_string_equal(slope_status_text((slope_status)number), text);
#include "base/status.def"
#undef STATUS
}

static void a_number_that_is_no_status_has_no_name(void **state)
{
    (void)state;
    const int others[] = {-1, 1000, 255};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_null(slope_status_name((slope_status)others[i]));
        assert_string_equal(slope_status_text((slope_status)others[i]), "unknown status");
    }
}

static void *resize(slope_allocator a, void *data, size_t from, size_t to)
{
    return a.resize(a.context, data, from, to);
}

/* Sizes on both sides of where the default allocator begins to map pages, up and down. */
static const size_t sizes[] = {1,       100,     4096,    3 << 20,       (4 << 20) - 1, 4 << 20, (4 << 20) + 1,
                               6 << 20, 9 << 20, 8 << 20, (4 << 20) + 5, 5000,          5 << 20, 10};

static void contents_survive_every_resize(void **state)
{
    (void)state;
    const slope_allocator a = slope_allocator_default();
    size_t size = sizes[0];
    unsigned char *data = resize(a, NULL, 0, size);
    assert_non_null(data);
    data[0] = 1;
    for (size_t i = 1; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t kept = size < sizes[i] ? size : sizes[i];
        memset(data, (int)i, size);
        data = resize(a, data, size, sizes[i]);
        assert_non_null(data);
        size = sizes[i];
        for (size_t k = 0; k < kept; k++)
            if (data[k] != i)
                fail_msg("byte %zu of %zu is lost at step %zu", k, kept, i);
        memset(data, 255, size); /* all of it can be written */
    }
    (void)resize(a, data, size, 0);
}

static void what_cannot_be_had_is_null_and_keeps_the_block(void **state)
{
    (void)state;
    const slope_allocator a = slope_allocator_default();
    const size_t impossible[] = {SIZE_MAX, SIZE_MAX - 4096, SIZE_MAX / 2 + 1, SIZE_MAX / 2};
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        assert_null(resize(a, NULL, 0, impossible[i]));
        for (size_t size = 1000; size < 10 << 20; size *= 5000) {
            char *data = resize(a, NULL, 0, size);
            assert_non_null(data);
            data[size - 1] = 'x';
            assert_null(resize(a, data, size, impossible[i]));
            assert_int_equal(data[size - 1], 'x');
            (void)resize(a, data, size, 0);
        }
    }
}

static void a_block_that_cannot_double_still_gets_what_it_needs(void **state)
{
    (void)state;
    static char buffer[4096];
    const slope_allocator a = slope_allocator_buffer(buffer, sizeof buffer);
    slope__block block = {NULL, 0};
    assert_int_equal(slope__block_reserve(&a, &block, 300, 8), SLOPE_OK);
    assert_int_equal(slope__block_reserve(&a, &block, 310, 8), SLOPE_OK);
    assert_true(block.bytes >= 310 * 8);
    assert_int_equal(slope__block_reserve(&a, &block, 600, 8), SLOPE_ERR_MEMORY);
    assert_true(block.bytes >= 310 * 8);
    assert_int_equal(slope__block_reserve(&a, &block, SIZE_MAX / 2, 8), SLOPE_ERR_MEMORY); /* the product overflows */
    slope__block_free(&a, &block);
    assert_null(block.data);
    assert_int_equal(slope__block_reserve(&a, &block, 400, 8), SLOPE_OK); /* all of it came back */
    slope__block_free(&a, &block);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_library_is_of_the_headers_version),
        cmocka_unit_test(every_status_has_a_name_and_a_text),
        cmocka_unit_test(a_number_that_is_no_status_has_no_name),
        cmocka_unit_test(contents_survive_every_resize),
        cmocka_unit_test(what_cannot_be_had_is_null_and_keeps_the_block),
        cmocka_unit_test(a_block_that_cannot_double_still_gets_what_it_needs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
