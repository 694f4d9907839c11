/* SPDX-License-Identifier: MIT */
/* An index of names: which number belongs to a name, in O(log n).  A search tree of POSIX's search.h. */
#include "cli.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

typedef struct named_number {
    const char *name;
    size_t size, number;
} named_number;

static int compare(const void *a, const void *b)
{
    const named_number *x = a, *y = b;
    if (x == y) /* as where the tree is freed, perhaps after the names */
        return 0;
    if (x->size != y->size)
        return x->size < y->size ? -1 : 1;
    return memcmp(x->name, y->name, x->size);
}

size_t cli_index_find(const cli_index *index, const char *name, size_t size)
{
    const named_number key = {.name = name, .size = size};
    named_number *const *found = tfind(&key, &index->root, compare);
    return found ? (*found)->number : SIZE_MAX;
}

int cli_index_add(cli_index *index, const char *name, size_t size, size_t number)
{
    named_number *added = malloc(sizeof *added);
    named_number *const *found = NULL;
    if (added) {
        *added = (named_number){name, size, number};
        found = tsearch(added, &index->root, compare);
    }
    if (!found || *found != added)
        free(added);
    return found ? CLI_DONE : cli_fail_memory();
}

void cli_index_free(cli_index *index)
{
    while (index->root) {
        named_number *first = *(named_number *const *)index->root;
        (void)tdelete(first, &index->root, compare);
        free(first);
    }
}
