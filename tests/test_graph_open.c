/* SPDX-License-Identifier: MIT */
/* Folded boxes that are drawn open, and graphs that are too large for a page. */
#include "graph_text.h"

#include "graph/view.h"

typedef struct folded {
    slope__arena arena;
    slope__walk walk;
    slope__picture view;
} folded;

static void fold_opened(folded *f, slope_value y, const slope_graph_options *options, size_t opens,
                        const uint32_t open[])
{
    int fits = 0;
    *f = (folded){.arena = {.allocator = slope_allocator_default()}};
    assert_int_equal(slope__walk_make(&f->walk, 1, &y, options, &f->arena), SLOPE_OK);
    f->walk.open = open;
    f->walk.opens = opens;
    assert_int_equal(slope__view_fold(&f->view, &f->walk, &f->arena, &fits), SLOPE_OK);
    assert_true(fits);
}

/* Every value in one box, boxes in canonical order, and every operand an edge or a loop. */
static void assert_whole(const folded *f)
{
    size_t values = 0, operands = 0;
    for (size_t i = 0; i < f->view.boxes; i++) {
        const slope__box *box = &f->view.box[i];
        values += box->count;
        operands += box->loops;
        if (i)
            assert_true(box[-1].number < box->number);
        assert_int_equal(f->view.box_of[box->number], i + 1);
    }
    for (size_t i = 0; i < f->view.edges; i++)
        if (f->view.edge[i].from != f->view.edge[i].to)
            operands += f->view.edge[i].count;
    assert_int_equal(values, f->walk.items);
    assert_int_equal(operands, f->walk.operands);
}

/* The largest box of an operation. */
static const slope__box *largest(const folded *f, slope_op op)
{
    const slope__box *box = NULL;
    for (size_t i = 0; i < f->view.boxes; i++)
        if (f->walk.item[f->view.box[i].number].op == op && (!box || f->view.box[i].count > box->count))
            box = &f->view.box[i];
    assert_non_null(box);
    return box;
}

static void an_opened_box_gives_its_first_values(void **state)
{
    slope_graph_options options = slope_graph_options_default();
    const slope_value y = network(*state, 20);
    folded f;
    fold_opened(&f, y, &options, 0, NULL);
    assert_whole(&f);
    const slope__box *box = largest(&f, SLOPE_OP_MUL);
    const size_t boxes = f.view.boxes, count = box->count;
    uint32_t open[2] = {(uint32_t)box->number};
    slope__arena_free(&f.arena);
    assert_true(count > 2 * SLOPE__OPENED);
    fold_opened(&f, y, &options, 1, open);
    assert_whole(&f);
    assert_int_equal(f.view.boxes, boxes + SLOPE__OPENED);
    box = largest(&f, SLOPE_OP_MUL);
    assert_int_equal(box->count, count - SLOPE__OPENED);
    open[1] = (uint32_t)box->number; /* and the next ones */
    slope__arena_free(&f.arena);
    fold_opened(&f, y, &options, 2, open);
    assert_whole(&f);
    assert_int_equal(f.view.boxes, boxes + 2 * SLOPE__OPENED);
    slope__arena_free(&f.arena);
}

static void opened_values_are_told_like_any_other(void **state)
{
    slope_graph_options options = slope_graph_options_default();
    const slope_value y = network(*state, 20);
    folded f;
    fold_opened(&f, y, &options, 0, NULL);
    const uint32_t open[] = {(uint32_t)largest(&f, SLOPE_OP_RELU)->number};
    slope__arena_free(&f.arena);
    fold_opened(&f, y, &options, 1, open);
    size_t single = 0;
    for (size_t i = 0; i < f.view.boxes; i++) {
        const slope__box *box = &f.view.box[i];
        const slope__item *v = &f.walk.item[box->number];
        if (v->op != SLOPE_OP_RELU)
            continue;
        single++;
        assert_int_equal(box->count, 1);
        assert_true(box->data.middle == v->data && box->grad.middle == v->grad);
        assert_int_equal(box->edges, 1);
        assert_true(f.view.edge[box->first].low == (v->data > 0 ? 1 : 0));
    }
    assert_int_equal(single, 20); /* fewer than are opened at once */
    slope__arena_free(&f.arena);
}

static void opening_what_is_not_there_or_open_changes_nothing(void **state)
{
    slope_graph_options options = slope_graph_options_default();
    const slope_value y = network(*state, 20);
    folded f;
    fold_opened(&f, y, &options, 0, NULL);
    const size_t boxes = f.view.boxes;
    const uint32_t number = (uint32_t)largest(&f, SLOPE_OP_MUL)->number;
    const uint32_t open[] = {UINT32_MAX, (uint32_t)f.walk.items, number, number, number};
    slope__arena_free(&f.arena);
    fold_opened(&f, y, &options, 2, open);
    assert_int_equal(f.view.boxes, boxes);
    slope__arena_free(&f.arena);
    fold_opened(&f, y, &options, 5, open);
    assert_whole(&f);
    assert_int_equal(f.view.boxes, boxes + SLOPE__OPENED);
    slope__arena_free(&f.arena);
}

/* Opening box after box ends when every value has one of its own. */
static void all_can_be_opened(void **state)
{
    slope_graph_options options = slope_graph_options_default();
    options.max_nodes = 60;
    const slope_value y = network(*state, 3);
    uint32_t open[200];
    size_t opens = 0;
    for (;;) {
        folded f;
        uint32_t next = UINT32_MAX;
        fold_opened(&f, y, &options, opens, open);
        assert_whole(&f);
        for (size_t i = 0; i < f.view.boxes && next == UINT32_MAX; i++)
            if (f.view.box[i].count > 1)
                next = (uint32_t)f.view.box[i].number;
        const int done = f.view.boxes == f.walk.items;
        slope__arena_free(&f.arena);
        if (done)
            break;
        assert_true(next != UINT32_MAX && opens < sizeof open / sizeof *open);
        open[opens++] = next;
    }
    assert_in_range(opens, 10, 199);
}

static void a_graph_past_the_limit_is_refused_with_a_summary(void **state)
{
    slope_graph_options options = slope_graph_options_default();
    const slope_value y = network(*state, 20);
    graph_text t = {0};
    slope_error error;
    options.max_values = 1000;
    assert_int_equal(slope_graph_stream(1, &y, SLOPE_GRAPH_HTML, &options, collect, &t, &error), SLOPE_ERR_LIMIT);
    assert_null(t.data);
    assert_has(error.message, "the graph has 4,577 values, and a page may have at most 1,000 (max_values)");
    assert_has(error.message, "inputs 104, ");
    assert_has(error.message,
               "numbers 363, operations 4,110 (1,885 add, 1,865 mul, 320 tanh and others), longest way 107");
    options.max_values = 4577;
    assert_drawn(y, SLOPE_GRAPH_HTML, &options, "</html>");
    options.max_values = 4576;
    assert_int_equal(slope_graph_stream(1, &y, SLOPE_GRAPH_HTML, &options, collect, &t, &error), SLOPE_ERR_LIMIT);
    assert_drawn(y, SLOPE_GRAPH_TEXT, &options, "values"); /* it is a limit of pages */
    options.max_values = 0;
    assert_int_equal(slope_graph_stream(1, &y, SLOPE_GRAPH_HTML, &options, collect, &t, &error), SLOPE_ERR_ARGUMENT);
    assert_has(error.message, "max_values is 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(an_opened_box_gives_its_first_values),
        on_tape(opened_values_are_told_like_any_other),
        on_tape(opening_what_is_not_there_or_open_changes_nothing),
        on_tape(all_can_be_opened),
        on_tape(a_graph_past_the_limit_is_refused_with_a_summary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
