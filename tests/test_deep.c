/* SPDX-License-Identifier: MIT */
/*
 * A chain of ten million operations records, differentiates and frees on a 64 KiB stack: nothing recurses.
 * The test runs itself again under the small stack, as `ulimit -s 64` would.
 */
#include "testing.h"

#include <math.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEEP = 10000000 };

/* 0 if all is right. */
static int deep_chain(void)
{
    slope_tape *t = slope_tape_create(NULL);
    if (!t)
        return 3;
    slope_value x = slope_var(t, 1.0), y = x;
    for (int i = 0; i < DEEP; i++)
        y = slope_add(y, 1.0);
    const int right = slope_backward(y) == SLOPE_OK && slope_data(y) == 1.0 + DEEP && slope_grad(x) == 1.0;
    slope_tape_destroy(t);
    return right ? 0 : 4;
}

static const char *own_path;

static void ten_million_operations_need_no_stack(void **state)
{
    (void)state;
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const struct rlimit small = {64 * 1024, 64 * 1024};
        if (setrlimit(RLIMIT_STACK, &small) == 0)
            (void)execl(own_path, own_path, "chain", (char *)NULL);
        _exit(5);
    }
    int status = 0;
    assert_true(waitpid(child, &status, 0) == child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "chain") == 0)
        return deep_chain();
    own_path = argv[0];
    const struct CMUnitTest tests[] = {cmocka_unit_test(ten_million_operations_need_no_stack)};
    return cmocka_run_group_tests_name("deep", tests, NULL, NULL);
}
