/* SPDX-License-Identifier: MIT */
/*
 * The default allocator.  Small blocks come from malloc.  On Linux large ones are mappings aligned to the huge page,
 * asked to be backed by huge pages, and grow by moving page tables instead of copying bytes.
 *
 *     bytes < LARGE          malloc block
 *     bytes >= LARGE         mapping of bytes rounded up to HUGE_PAGE, aligned to HUGE_PAGE
 *
 * Which of the two a block is follows from its size alone; the caller always tells the old size.  With SLOPE_BARE, the
 * core in one file, all come from malloc.
 */
#if defined __linux__ && !defined SLOPE_BARE
#define _GNU_SOURCE /* mremap */
#include <sys/mman.h>
#endif

#include <stdlib.h>
#include <string.h>

#include <slope/base.h>

#if defined __linux__ && defined MREMAP_FIXED && !defined SLOPE_BARE

#define HUGE_PAGE ((size_t)2 << 20)
#define LARGE ((size_t)4 << 20)

static size_t mapped_size(size_t bytes) { return (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE; }

/* Address space for `size` bytes at a multiple of HUGE_PAGE: takes one page too many and gives the ends back. */
static void *map_aligned(size_t size)
{
    char *start =
        mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        return NULL;
    const size_t skip = (HUGE_PAGE - (uintptr_t)start % HUGE_PAGE) % HUGE_PAGE;
    if (skip)
        (void)munmap(start, skip);
    (void)munmap(start + skip + size, HUGE_PAGE - skip);
    (void)madvise(start + skip, size, MADV_HUGEPAGE); /* advice: a kernel without huge pages may refuse it */
    return start + skip;
}

static void *resize_mapped(void *data, size_t old_size, size_t new_size)
{
    if (mapped_size(old_size) == mapped_size(new_size))
        return data;
    void *place = map_aligned(mapped_size(new_size));
    if (!place)
        return NULL;
    void *moved = mremap(data, mapped_size(old_size), mapped_size(new_size), MREMAP_MAYMOVE | MREMAP_FIXED, place);
    if (moved == MAP_FAILED) {
        (void)munmap(place, mapped_size(new_size));
        return NULL;
    }
    (void)madvise(moved, mapped_size(new_size), MADV_HUGEPAGE);
    return moved;
}

static void release(void *data, size_t size)
{
    if (size >= LARGE)
        (void)munmap(data, mapped_size(size));
    else
        free(data);
}

static void *resize_default(void *context, void *data, size_t old_size, size_t new_size)
{
    (void)context;
    if (new_size == 0) {
        release(data, old_size);
        return NULL;
    }
    if (new_size > SIZE_MAX / 2) /* could not be rounded up to pages */
        return NULL;
    if (!data)
        return new_size >= LARGE ? map_aligned(mapped_size(new_size)) : malloc(new_size);
    if (old_size < LARGE && new_size < LARGE)
        return realloc(data, new_size);
    if (old_size >= LARGE && new_size >= LARGE)
        return resize_mapped(data, old_size, new_size);
    void *fresh = new_size >= LARGE ? map_aligned(mapped_size(new_size)) : malloc(new_size);
    if (fresh) {
        memcpy(fresh, data, old_size < new_size ? old_size : new_size);
        release(data, old_size);
    }
    return fresh;
}

#else

static void *resize_default(void *context, void *data, size_t old_size, size_t new_size)
{
    (void)context, (void)old_size;
    if (new_size == 0) {
        free(data);
        return NULL;
    }
    return realloc(data, new_size);
}

#endif

slope_allocator slope_allocator_default(void) { return (slope_allocator){resize_default, NULL}; }
