/* SPDX-License-Identifier: MIT */
/* The layout of pages: nothing overlaps, arrows run one way, few cross, and the same graph gives the same bytes. */
#include "graph_text.h"

#include <math.h>

#include "graph/page.h"

typedef struct laid {
    slope__arena arena;
    slope__walk walk;
    slope__picture view;
    slope__layout layout;
} laid;

/* Boxes of the sizes that svg.c would give them, but for the names. */
static void lay_out(laid *l, slope_value y, const slope_graph_options *options)
{
    *l = (laid){.arena = {.allocator = slope_allocator_default()}};
    assert_int_equal(slope__walk_make(&l->walk, 1, &y, options, &l->arena), SLOPE_OK);
    assert_int_equal(slope__view_make(&l->view, &l->walk, &l->arena), SLOPE_OK);
    l->layout.place = slope__arena_array(&l->arena, l->view.boxes, sizeof *l->layout.place);
    assert_non_null(l->layout.place);
    for (size_t i = 0; i < l->view.boxes; i++) {
        const slope__box *box = &l->view.box[i];
        l->layout.place[i].width = box->kind == SLOPE__NUMBER ? 24 : 118;
        l->layout.place[i].height = box->kind == SLOPE__NUMBER ? 22 : 50;
        if (box->edges > 2 && box->edges <= 24)
            l->layout.place[i].height = 16 * (double)box->edges + 16;
    }
    assert_int_equal(slope__lay_out(&l->view, &l->layout, &l->arena), SLOPE_OK);
}

static slope_graph_options options_of(int down, size_t most)
{
    slope_graph_options options = slope_graph_options_default();
    options.top_down = down;
    options.max_nodes = most;
    options.fold = 0;
    return options;
}

static int by_x(const void *a, const void *b)
{
    const slope__place *p = *(const slope__place *const *)a, *q = *(const slope__place *const *)b;
    return p->x != q->x ? (p->x > q->x) - (p->x < q->x) : (p->y > q->y) - (p->y < q->y);
}

/* A sweep over x: only boxes that are side by side are compared. */
static void assert_apart(const laid *l)
{
    const slope__place **sorted = calloc(l->view.boxes, sizeof *sorted);
    assert_non_null(sorted);
    for (size_t i = 0; i < l->view.boxes; i++)
        sorted[i] = &l->layout.place[i];
    qsort(sorted, l->view.boxes, sizeof *sorted, by_x);
    for (size_t i = 0; i < l->view.boxes; i++)
        for (size_t k = i + 1; k < l->view.boxes && sorted[k]->x < sorted[i]->x + sorted[i]->width; k++)
            if (sorted[k]->y < sorted[i]->y + sorted[i]->height && sorted[i]->y < sorted[k]->y + sorted[k]->height)
                fail_msg("boxes at %g, %g and %g, %g overlap", sorted[i]->x, sorted[i]->y, sorted[k]->x, sorted[k]->y);
    free(sorted);
}

static void assert_inside(const laid *l, double x, double y)
{
    if (!(x >= 0 && y >= 0 && x <= l->layout.width && y <= l->layout.height))
        fail_msg("%g, %g is outside of %g, %g", x, y, l->layout.width, l->layout.height);
}

/* Every arrow leaves the far side of its source, ends at the near side of its target, and goes forward. */
static void assert_arrows(const laid *l, int down)
{
    for (size_t i = 0; i < l->view.edges; i++) {
        const slope__edge *e = &l->view.edge[i];
        const slope__route *route = &l->layout.route[i];
        const slope__place *from = &l->layout.place[e->from], *to = &l->layout.place[e->to];
        const double *first = &l->layout.point[2 * route->first], *last = first + 6 * route->curves;
        if (e->from == e->to || route->backward)
            continue;
        assert_true(route->curves >= 1);
        assert_true(down ? from->y + from->height < to->y : from->x + from->width < to->x);
        assert_true(down ? first[1] == from->y + from->height : first[0] == from->x + from->width);
        assert_true(down ? last[1] == to->y : last[0] == to->x);
        assert_true(down ? last[0] >= to->x && last[0] <= to->x + to->width
                         : last[1] >= to->y && last[1] <= to->y + to->height);
        for (size_t k = 0; k <= 3 * route->curves; k++)
            assert_inside(l, first[2 * k], first[2 * k + 1]);
    }
}

static void assert_sound(const laid *l, int down)
{
    for (size_t i = 0; i < l->view.boxes; i++) {
        const slope__place *p = &l->layout.place[i];
        assert_inside(l, p->x, p->y);
        assert_inside(l, p->x + p->width, p->y + p->height);
    }
    assert_apart(l);
    assert_arrows(l, down);
}

static size_t crossings(const laid *l)
{
    size_t n = 0;
    for (size_t i = 0; i < l->view.edges; i++)
        for (size_t k = 0; k < i; k++) {
            const double *a = &l->layout.point[2 * l->layout.route[i].first], *b = a + 6 * l->layout.route[i].curves;
            const double *c = &l->layout.point[2 * l->layout.route[k].first], *d = c + 6 * l->layout.route[k].curves;
            if (a[0] == c[0] && b[0] == d[0]) /* between the same two ranks: by the order of their ends */
                n += (a[1] < c[1] && b[1] > d[1]) || (a[1] > c[1] && b[1] < d[1]);
        }
    return n;
}

/* ------------------------------------------------------------------------------------------------------------- graphs */

static void the_lecture_is_drawn_without_a_crossing(void **state)
{
    for (int down = 0; down < 2; down++) {
        const slope_graph_options options = options_of(down, 400);
        laid l;
        lay_out(&l, lecture(*state, 0), &options);
        assert_sound(&l, down);
        assert_int_equal(crossings(&l), 0);
        slope__arena_free(&l.arena);
    }
}

static void a_chain_is_a_straight_line(void **state)
{
    slope_tape *t = *state;
    slope_value y = slope_var(t, 0.5);
    for (int i = 0; i < 300; i++)
        y = slope_sin(y);
    const slope_graph_options options = options_of(0, 400);
    laid l;
    lay_out(&l, swept(y), &options);
    assert_sound(&l, 0);
    for (size_t i = 0; i < l.layout.points; i++)
        assert_true(l.layout.point[2 * i + 1] == l.layout.point[1]);
    slope__arena_free(&l.arena);
}

static void trees_have_no_crossings(void **state)
{
    slope_tape *t = *state;
    slope_value leaf[64];
    for (int i = 0; i < 64; i++)
        leaf[i] = slope_var(t, i + 1.0);
    for (int n = 64; n > 1; n /= 2)
        for (int i = 0; i < n / 2; i++)
            leaf[i] = slope_mul(leaf[2 * i], leaf[2 * i + 1]);
    const slope_graph_options options = options_of(0, 400);
    laid l;
    lay_out(&l, swept(leaf[0]), &options);
    assert_sound(&l, 0);
    assert_int_equal(crossings(&l), 0);
    slope__arena_free(&l.arena);
}

static void the_order_saves_most_crossings(void **state)
{
    const slope_graph_options options = options_of(0, 2000);
    laid l;
    lay_out(&l, network(*state, 1), &options);
    assert_sound(&l, 0);
    const size_t n = crossings(&l);
    slope__arena_free(&l.arena);
    assert_in_range(n, 1, 1400); /* in the order of the graph, without sweeps, 4,736 */
}

static void wide_and_deep_graphs_are_drawn_too(void **state)
{
    slope_tape *t = *state;
    slope_value x[2000], y = slope_var(t, 1.0);
    for (size_t i = 0; i < 2000; i++)
        x[i] = slope_square(slope_var(t, 0.001 * (double)i));
    const slope_value sum = slope_sum(2000, x);
    for (int i = 0; i < 10000; i++)
        y = i % 3 ? slope_sin(y) : slope_mul(y, sum);
    const slope_graph_options options = options_of(0, 20000);
    laid l;
    lay_out(&l, swept(y), &options);
    assert_int_equal(l.view.boxes, 2 * 2000 + 1 + 10001);
    assert_sound(&l, 0);
    slope__arena_free(&l.arena);
}

static void random_graphs_are_sound_both_ways(void **state)
{
    slope_tape *t = *state;
    unsigned seed = 7;
    for (int run = 0; run < 60; run++) {
        slope_value v[600];
        const int n = 3 + run * 10;
        slope_tape_reset(t);
        for (int i = 0; i < n; i++) {
            slope_value x[3];
            for (int k = 0; k < 3; k++) {
                seed = seed * 1664525u + 1013904223u;
                x[k] = i == 0             ? slope_var(t, 0.5)
                       : (seed >> 20) % 9 ? v[(seed >> 8) % (unsigned)i]
                                          : slope_number((double)(seed >> 24));
            }
            v[i] = i % 7 == 0   ? slope_var(t, 1.0 + i)
                   : i % 5 == 0 ? slope_fma(x[0], x[1], x[2])
                                : slope_add(x[0], x[1]);
        }
        const slope_graph_options options = options_of(run % 2, 2000);
        laid l;
        lay_out(&l, swept(slope_sum((size_t)n, v)), &options);
        assert_sound(&l, run % 2);
        slope__arena_free(&l.arena);
    }
}

static void one_box_is_a_picture(void **state)
{
    const slope_value y[] = {slope_var(*state, 3.0), slope_number(4.0)};
    for (size_t i = 0; i < 2; i++) {
        const slope_graph_options options = options_of(0, 400);
        laid l;
        lay_out(&l, y[i], &options);
        assert_int_equal(l.view.boxes, 1);
        assert_sound(&l, 0);
        assert_true(l.layout.width > l.layout.place[0].width && l.layout.width < l.layout.place[0].width + 50);
        slope__arena_free(&l.arena);
    }
}

static void folded_cycles_go_back_and_all_else_forward(void **state)
{
    slope_tape *t = *state;
    slope_value h = slope_var(t, 0.1), w = slope_var(t, 0.9);
    for (int i = 0; i < 1000; i++)
        h = slope_tanh(slope_mul(slope_sin(h), w));
    slope_graph_options options = options_of(0, 400);
    options.fold = 1;
    laid l;
    lay_out(&l, swept(h), &options);
    assert_true(l.view.folded);
    assert_sound(&l, 0);
    size_t back = 0;
    for (size_t i = 0; i < l.view.edges; i++)
        back += l.layout.route[i].backward != 0;
    assert_in_range(back, 1, 2);
    slope__arena_free(&l.arena);
}

static void the_same_graph_gives_the_same_bytes(void **state)
{
    slope_tape *other = slope_tape_create(NULL);
    const slope_graph_options options = options_of(0, 400);
    laid a, b;
    lay_out(&a, lecture(*state, 0), &options);
    lay_out(&b, lecture(other, 1), &options);
    assert_int_equal(a.layout.points, b.layout.points);
    assert_memory_equal(a.layout.point, b.layout.point, 2 * a.layout.points * sizeof *a.layout.point);
    assert_memory_equal(a.layout.place, b.layout.place, a.view.boxes * sizeof *a.layout.place);
    slope__arena_free(&a.arena);
    slope__arena_free(&b.arena);
    slope_tape_destroy(other);
}

static void arrows_downwards_have_labels_left_and_right(void **state)
{
    const slope_graph_options options = options_of(1, 400);
    laid l;
    lay_out(&l, lecture(*state, 0), &options);
    for (size_t i = 0; i < l.view.edges; i++) {
        const slope__edge *e = &l.view.edge[i];
        const int is_first = i == l.view.box[e->to].first;
        assert_int_equal(l.layout.route[i].label, is_first ? SLOPE__LABEL_ENDS : SLOPE__LABEL_BEGINS);
        assert_true(l.layout.route[i].label_y < l.layout.place[e->to].y);
    }
    slope__arena_free(&l.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        on_tape(the_lecture_is_drawn_without_a_crossing),
        on_tape(a_chain_is_a_straight_line),
        on_tape(trees_have_no_crossings),
        on_tape(the_order_saves_most_crossings),
        on_tape(wide_and_deep_graphs_are_drawn_too),
        on_tape(random_graphs_are_sound_both_ways),
        on_tape(one_box_is_a_picture),
        on_tape(folded_cycles_go_back_and_all_else_forward),
        on_tape(the_same_graph_gives_the_same_bytes),
        on_tape(arrows_downwards_have_labels_left_and_right),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
