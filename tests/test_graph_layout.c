/* SPDX-License-Identifier: MIT */
/* Where boxes and arrows go: src/graph/layout.c against its contract in graph/page.h, on drawn and on random graphs. */
#include <math.h>
#include <string.h>

#include "failing.h"
#include "graph/page.h"
#include "graph_text.h"

/* --------------------------------------------------------------------------------------------------------- drawings */

enum { STEPS = 12, CURVES_MOST = 400 };

/* A picture that has boxes and arrows and nothing else, and where they went. */
typedef struct drawing {
    slope_graph_options options;
    slope__walk walk;
    slope__picture view;
    slope__layout layout;
    slope__arena arena;
    failing memory;
} drawing;

static void begin(drawing *d, size_t boxes, size_t edges, int top_down)
{
    *d = (drawing){.options = slope_graph_options_default()};
    d->options.top_down = top_down;
    d->walk.options = &d->options;
    d->view.walk = &d->walk;
    d->arena.allocator = (slope_allocator){failing_resize, &d->memory};
    d->view.box = slope__arena_array(&d->arena, boxes, sizeof *d->view.box);
    d->view.edge = slope__arena_array(&d->arena, edges, sizeof *d->view.edge);
    d->layout.place = slope__arena_array(&d->arena, boxes, sizeof *d->layout.place);
    assert_true(d->view.box && d->view.edge && d->layout.place);
}

static void end(drawing *d)
{
    slope__arena_free(&d->arena);
    assert_int_equal(d->memory.held, 0);
}

/* A box of the usual size behind n that are there; returns its number. */
static uint32_t box(drawing *d, size_t n, const uint32_t from[])
{
    const size_t i = d->view.boxes++;
    slope__box *b = &d->view.box[i];
    *b = (slope__box){.number = i, .count = 1, .kind = n ? SLOPE__RESULT : SLOPE__INPUT, .first = d->view.edges};
    b->edges = n;
    for (size_t k = 0; k < n; k++) {
        d->view.edge[d->view.edges++] = (slope__edge){from[k], (uint32_t)i, (uint32_t)k, 1, 1, 1, 1};
        if (from[k] < i && b->rank <= d->view.box[from[k]].rank)
            b->rank = d->view.box[from[k]].rank + 1;
    }
    d->layout.place[i] = (slope__place){.width = 138.4, .height = n ? 58 : 42};
    return (uint32_t)i;
}

static uint32_t of_two(drawing *d, uint32_t a, uint32_t b) { return box(d, 2, (const uint32_t[]){a, b}); }

static void lay_out(drawing *d) { assert_int_equal(slope__lay_out(&d->view, &d->layout, &d->arena), SLOPE_OK); }

static unsigned seed;
static size_t below(size_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (size_t)((double)(seed >> 8) / 16777216.0 * (double)n);
}

/* Boxes of all sizes, a third of them inputs, each operand among the last `reach` boxes. */
static void draw_random(drawing *d, size_t boxes, size_t reach, unsigned with, int top_down)
{
    seed = with;
    begin(d, boxes, 4 * boxes, top_down);
    for (size_t i = 0; i < boxes; i++) {
        uint32_t from[4];
        const size_t n = i && below(3) ? 1 + below(below(8) ? 2 : 4) : 0;
        for (size_t k = 0; k < n; k++)
            from[k] = (uint32_t)(i - 1 - below(i < reach ? i : reach));
        const uint32_t b = box(d, n, from);
        d->layout.place[b].width = 23 + (double)below(300);
        d->layout.place[b].height = 26 + (double)below(80);
    }
    lay_out(d);
}

/* Both, in the direction of reading and across it. */
static double along(const drawing *d, const double *xy) { return xy[d->options.top_down ? 1 : 0]; }
static double across(const drawing *d, const double *xy) { return xy[d->options.top_down ? 0 : 1]; }

static double begin_of(const drawing *d, size_t i)
{
    const slope__place *b = &d->layout.place[i];
    return d->options.top_down ? b->y : b->x;
}
static double end_of(const drawing *d, size_t i)
{
    const slope__place *b = &d->layout.place[i];
    return d->options.top_down ? b->y + b->height : b->x + b->width;
}

static const double *first_point(const drawing *d, size_t e) { return &d->layout.point[2 * d->layout.route[e].first]; }
static const double *last_point(const drawing *d, size_t e)
{
    return first_point(d, e) + 6 * d->layout.route[e].curves;
}

/* An arrow as short straight pieces; returns how many points. */
static size_t pieces(const drawing *d, size_t e, double xy[][2])
{
    const double *p = first_point(d, e);
    size_t n = 0;
    assert_in_range(d->layout.route[e].curves, 1, CURVES_MOST);
    for (size_t c = 0; c < d->layout.route[e].curves; c++, p += 6)
        for (int k = c ? 1 : 0; k <= STEPS; k++, n++)
            for (int i = 0; i < 2; i++) {
                const double t = (double)k / STEPS, s = 1 - t;
                xy[n][i] =
                    s * s * s * p[i] + 3 * s * s * t * p[2 + i] + 3 * s * t * t * p[4 + i] + t * t * t * p[6 + i];
            }
    return n;
}

/* ----------------------------------------------------------------------------------------------- what always holds */

static void assert_boxes_apart(const drawing *d)
{
    const slope__layout *l = &d->layout;
    for (size_t i = 0; i < d->view.boxes; i++) {
        const slope__place *a = &l->place[i];
        if (a->x < 0 || a->y < 0 || a->x + a->width > l->width || a->y + a->height > l->height)
            fail_msg("box %zu at %g, %g is outside of %g x %g", i, a->x, a->y, l->width, l->height);
        for (size_t j = i + 1; j < d->view.boxes; j++) {
            const slope__place *b = &l->place[j];
            if (a->x < b->x + b->width + 8 && b->x < a->x + a->width + 8 && a->y < b->y + b->height + 8 &&
                b->y < a->y + a->height + 8)
                fail_msg("boxes %zu at %g, %g and %zu at %g, %g overlap or are close", i, a->x, a->y, j, b->x, b->y);
        }
    }
}

/* From the side of a box to a side of a later one, always onwards, the operands in their order. */
static void assert_arrows_run(const drawing *d)
{
    size_t points = 0;
    for (size_t e = 0; e < d->view.edges; e++) {
        const slope__edge *edge = &d->view.edge[e];
        const slope__place *to = &d->layout.place[edge->to];
        const double *first = first_point(d, e), *last = last_point(d, e);
        const double low = d->options.top_down ? to->x : to->y;
        const double high = low + (d->options.top_down ? to->width : to->height);
        if (edge->from >= edge->to) { /* of a folded view */
            points += 1 + 3 * d->layout.route[e].curves;
            continue;
        }
        assert_int_equal(d->layout.route[e].backward, 0);
        assert_near(along(d, first), end_of(d, edge->from), 0.11);
        assert_near(along(d, last), begin_of(d, edge->to), 0.11);
        assert_true(begin_of(d, edge->to) - end_of(d, edge->from) >= 50); /* room for a label */
        assert_true(across(d, last) >= low - 0.06 && across(d, last) <= high + 0.06);
        if (e > d->view.box[edge->to].first)
            assert_true(across(d, last) >= across(d, last_point(d, e - 1)));
        for (const double *p = first + 2; p <= last; p += 2) {
            assert_true(along(d, p) >= along(d, p - 2));
            assert_true(p[0] >= 0 && p[0] <= d->layout.width && p[1] >= 0 && p[1] <= d->layout.height);
        }
        points += 1 + 3 * d->layout.route[e].curves;
    }
    assert_int_equal(points, d->layout.points);
}

/* How many boxes arrows run through that are not theirs. */
static size_t runs_through(const drawing *d)
{
    static double xy[CURVES_MOST * STEPS + 1][2];
    size_t sum = 0;
    for (size_t e = 0; e < d->view.edges; e++) {
        const size_t n = pieces(d, e, xy);
        for (size_t b = 0; b < d->view.boxes; b++) {
            const slope__place *p = &d->layout.place[b];
            int inside = 0;
            for (size_t i = 0; i < n && b != d->view.edge[e].from && b != d->view.edge[e].to; i++)
                inside |= xy[i][0] > p->x + 0.2 && xy[i][0] < p->x + p->width - 0.2 && xy[i][1] > p->y + 0.2 &&
                          xy[i][1] < p->y + p->height - 0.2;
            sum += (size_t)inside;
        }
    }
    return sum;
}

static double side(const double a[2], const double b[2], const double c[2])
{
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/* Crossings of arrows that do not begin in the same box: each piece of one with each of the other. */
static size_t crossings(const drawing *d)
{
    static double a[CURVES_MOST * STEPS + 1][2], b[CURVES_MOST * STEPS + 1][2];
    size_t sum = 0;
    for (size_t e = 0; e < d->view.edges; e++) {
        const size_t n = pieces(d, e, a);
        for (size_t f = 0; f < e; f++) {
            if (d->view.edge[e].from == d->view.edge[f].from)
                continue;
            const size_t m = pieces(d, f, b);
            for (size_t i = 1; i < n; i++)
                for (size_t j = 1; j < m; j++)
                    sum += side(a[i - 1], a[i], b[j - 1]) * side(a[i - 1], a[i], b[j]) < 0 &&
                           side(b[j - 1], b[j], a[i - 1]) * side(b[j - 1], b[j], a[i]) < 0;
        }
    }
    return sum;
}

/* No two labels of arrows at each other's place, nor outside of the picture; each has room for ten letters. */
static void assert_labels_apart(const drawing *d)
{
    for (size_t e = 0; e < d->view.edges; e++) {
        const slope__route *a = &d->layout.route[e];
        if (a->label == SLOPE__NO_LABEL)
            continue;
        const double left = a->label_x - (a->label == SLOPE__LABEL_ENDS ? 60 : 0);
        if (left < 0 || left + 60 > d->layout.width || a->label_y < 9 || a->label_y > d->layout.height)
            fail_msg("the label of arrow %zu begins at %g, %g, outside", e, left, a->label_y);
        for (size_t f = 0; f < e; f++) {
            const slope__route *b = &d->layout.route[f];
            const double there = b->label_x - (b->label == SLOPE__LABEL_ENDS ? 60 : 0);
            if (b->label != SLOPE__NO_LABEL && fabs(left - there) < 60 && fabs(a->label_y - b->label_y) < 9)
                fail_msg("the labels of arrows %zu and %zu are at %g and %g, %g and %g", e, f, left, there, a->label_y,
                         b->label_y);
        }
    }
}

static void assert_well_laid(const drawing *d)
{
    assert_boxes_apart(d);
    assert_arrows_run(d);
}

/* ------------------------------------------------------------------------------------------------------------ tests */

static void nothing_and_one_box_have_a_place(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++) {
        drawing d;
        begin(&d, 0, 0, down);
        lay_out(&d);
        assert_true(d.layout.width > 0 && d.layout.height > 0 && d.layout.points == 0);
        end(&d);
        begin(&d, 1, 0, down);
        (void)box(&d, 0, NULL);
        lay_out(&d);
        assert_near(d.layout.width, d.layout.place[0].width + 2 * d.layout.place[0].x, 0.2);
        assert_near(d.layout.height, d.layout.place[0].height + 2 * d.layout.place[0].y, 0.2);
        assert_true(d.layout.place[0].x > 0 && d.layout.place[0].y > 0);
        end(&d);
    }
}

static void random_graphs_keep_the_contract(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++)
        for (unsigned k = 1; k <= 60; k++) {
            drawing d;
            draw_random(&d, 1 + 4 * k, k % 3 ? 12 : 1000, k, down);
            assert_well_laid(&d);
            end(&d);
        }
}

static void no_arrow_runs_through_a_box(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++)
        for (unsigned k = 1; k <= 30; k++) {
            drawing d;
            draw_random(&d, 4 * k, k % 3 ? 12 : 1000, k, down);
            if (runs_through(&d))
                fail_msg("graph %u, top-down %d: arrows run through %zu boxes", k, down, runs_through(&d));
            end(&d);
        }
}

static void labels_have_room(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++)
        for (unsigned k = 1; k <= 30; k++) {
            drawing d;
            begin(&d, 60, 240, down);
            seed = k;
            for (uint32_t i = 0; i < 60; i++) {
                const uint32_t from[] = {(uint32_t)below(i + !i), (uint32_t)below(i + !i), (uint32_t)below(i + !i)};
                (void)box(&d, i < 5 ? 0 : 1 + below(3), from);
            }
            lay_out(&d);
            assert_labels_apart(&d);
            end(&d);
        }
}

static void the_same_graph_gives_the_same_bytes(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++) {
        drawing a, b;
        draw_random(&a, 500, 40, 7, down);
        draw_random(&b, 500, 40, 7, down);
        assert_memory_equal(a.layout.place, b.layout.place, 500 * sizeof *a.layout.place);
        assert_int_equal(a.layout.points, b.layout.points);
        assert_memory_equal(a.layout.point, b.layout.point, 2 * a.layout.points * sizeof *a.layout.point);
        assert_true(a.layout.width == b.layout.width && a.layout.height == b.layout.height);
        end(&a);
        end(&b);
    }
}

static void a_chain_is_straight(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++) {
        drawing d;
        enum { LONG = 10000 };
        begin(&d, LONG, LONG, down);
        for (uint32_t i = 0; i < LONG; i++) {
            const uint32_t before = i - 1;
            (void)box(&d, i > 0, &before);
        }
        lay_out(&d);
        assert_arrows_run(&d);
        for (size_t i = 0; i < 2 * d.layout.points; i += 2)
            assert_true(across(&d, d.layout.point + i) == across(&d, d.layout.point));
        end(&d);
    }
}

/* An arrow past many boxes is straight where none stands in its way. */
static void a_long_arrow_is_straight_on_its_way(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++) {
        drawing d;
        begin(&d, 22, 40, down);
        const uint32_t x = box(&d, 0, NULL);
        uint32_t y = box(&d, 1, &x);
        for (int i = 0; i < 18; i++)
            y = box(&d, 1, &y);
        (void)of_two(&d, y, x);
        lay_out(&d);
        assert_well_laid(&d);
        const size_t e = d.view.edges - 1, n = d.layout.route[e].curves;
        assert_in_range(n, 2, 4); /* a straight piece is one curve however long it is */
        double longest = 0;
        for (const double *p = first_point(&d, e); p < last_point(&d, e); p += 6)
            if (across(&d, p) == across(&d, p + 6) && along(&d, p + 6) - along(&d, p) > longest)
                longest = along(&d, p + 6) - along(&d, p);
        assert_true(longest > begin_of(&d, 19) - end_of(&d, 1));
        assert_int_equal(crossings(&d), 0);
        end(&d);
    }
}

static void the_lecture_has_no_crossings(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++) {
        drawing d;
        begin(&d, 7, 6, down); /* e = a * b, d = e + c, L = d * f in canonical order */
        const uint32_t a = box(&d, 0, NULL), b = box(&d, 0, NULL), e = of_two(&d, a, b), c = box(&d, 0, NULL),
                       sum = of_two(&d, e, c), f = box(&d, 0, NULL), y = of_two(&d, sum, f);
        lay_out(&d);
        assert_well_laid(&d);
        assert_labels_apart(&d);
        assert_int_equal(crossings(&d), 0);
        assert_near(begin_of(&d, c) + end_of(&d, c), begin_of(&d, e) + end_of(&d, e), 0.22); /* inputs are near */
        assert_true(begin_of(&d, f) > begin_of(&d, c));
        assert_true(begin_of(&d, y) > begin_of(&d, sum));
        end(&d);
    }
}

/* Operands far from each other in the canonical order, and a tree of them that can be drawn without a crossing. */
static void a_tree_has_no_crossings(void **state)
{
    (void)state;
    for (size_t leaves = 2; leaves <= 64; leaves *= 2) {
        drawing d;
        uint32_t at[64];
        begin(&d, 2 * leaves, 2 * leaves, 0);
        seed = (unsigned)leaves;
        for (size_t i = 0; i < leaves; i++)
            at[i] = box(&d, 0, NULL);
        for (size_t n = leaves; n > 1;) {
            const size_t i = below(n), j = (i + 1 + below(n - 1)) % n;
            at[i] = of_two(&d, at[i], at[j]);
            at[j] = at[--n];
        }
        lay_out(&d);
        assert_well_laid(&d);
        if (crossings(&d))
            fail_msg("%zu crossings in a tree of %zu leaves", crossings(&d), leaves);
        end(&d);
    }
}

/* Two rows of which each box uses the one below it, and one of its own: it can be drawn without a crossing. */
static void a_ladder_has_no_crossings(void **state)
{
    (void)state;
    drawing d;
    begin(&d, 64, 128, 0);
    uint32_t a = box(&d, 0, NULL), b = box(&d, 0, NULL);
    for (int i = 0; i < 12; i++) {
        const uint32_t next = box(&d, 1, &a);
        b = of_two(&d, next, b);
        a = next;
    }
    lay_out(&d);
    assert_well_laid(&d);
    assert_int_equal(crossings(&d), 0);
    end(&d);
}

static void random_graphs_have_few_crossings(void **state)
{
    size_t sum = 0;
    (void)state;
    for (unsigned k = 1; k <= 40; k++) {
        drawing d;
        seed = k;
        begin(&d, 24, 48, 0);
        for (uint32_t i = 0; i < 24; i++) {
            const uint32_t from[] = {(uint32_t)below(i + !i), (uint32_t)below(i + !i)};
            (void)box(&d, i < 8 ? 0 : 1 + below(2), from);
        }
        lay_out(&d);
        sum += crossings(&d);
        end(&d);
    }
    assert_in_range(sum, 100, 230); /* with barycentres alone 320 */
}

static void a_wide_fan_is_laid_out(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++) {
        drawing d;
        enum { WIDE = 2000 };
        static uint32_t from[WIDE];
        begin(&d, WIDE + 1, WIDE, down);
        for (uint32_t i = 0; i < WIDE; i++)
            from[i] = box(&d, 0, NULL);
        (void)box(&d, WIDE, from);
        lay_out(&d);
        assert_well_laid(&d);
        for (uint32_t i = 1; i < WIDE; i++) /* in the order of the operands */
            assert_true(down ? d.layout.place[i].x > d.layout.place[i - 1].x
                             : d.layout.place[i].y > d.layout.place[i - 1].y);
        end(&d);
    }
}

/* A cycle of a folded view runs back, and everything stays inside. */
static void cycles_run_back(void **state)
{
    (void)state;
    for (int down = 0; down < 2; down++) {
        drawing d;
        begin(&d, 4, 8, down);
        const uint32_t x = box(&d, 0, NULL);
        const uint32_t a = box(&d, 2, (const uint32_t[]){x, 2});    /* 2 comes later */
        const uint32_t b = box(&d, 3, (const uint32_t[]){a, 2, x}); /* and uses itself */
        assert_int_equal(b, 2);
        lay_out(&d);
        assert_boxes_apart(&d);
        static const int backward[] = {0, 1, 0, 1, 0};
        for (size_t e = 0; e < d.view.edges; e++) {
            assert_int_equal(d.layout.route[e].backward, backward[e]);
            for (const double *p = first_point(&d, e); p <= last_point(&d, e); p += 2)
                assert_true(p[0] >= 0 && p[0] <= d.layout.width && p[1] >= 0 && p[1] <= d.layout.height);
            assert_near(along(&d, last_point(&d, e)), begin_of(&d, d.view.edge[e].to), 0.11);
        }
        end(&d);
    }
}

/* Work and memory are in proportion to the boxes and arrows, however long the arrows are: no more points than that, and
   what is allocated is a few hundred bytes for each. */
static void large_graphs_take_little(void **state)
{
    (void)state;
    for (unsigned k = 0; k < 4; k++) {
        drawing d;
        draw_random(&d, 2000, k < 2 ? 30 : 2000, 40 + k, k % 2);
        assert_well_laid(&d);
        const size_t size = d.view.boxes + d.view.edges + 20000;
        assert_true(d.layout.points <= 10 * d.view.edges + 6 * 20000);
        if (d.memory.held > 300 * size)
            fail_msg("%zu bytes are held for a size of %zu", d.memory.held, size);
        end(&d);
    }
}

/* ------------------------------------------------------------------------------------------------- graphs of a tape */

/* Boxes of the sizes that svg.c would give them, but for the names. */
static void draw_value(drawing *d, slope_value y, int top_down, int fold)
{
    begin(d, 0, 0, top_down);
    d->options.max_nodes = 20000;
    d->options.fold = fold;
    if (fold)
        d->options.max_nodes = 400;
    assert_int_equal(slope__walk_make(&d->walk, 1, &y, &d->options, &d->arena), SLOPE_OK);
    assert_int_equal(slope__view_make(&d->view, &d->walk, &d->arena), SLOPE_OK);
    d->layout.place = slope__arena_array(&d->arena, d->view.boxes, sizeof *d->layout.place);
    assert_non_null(d->layout.place);
    for (size_t i = 0; i < d->view.boxes; i++) {
        const slope__box *b = &d->view.box[i];
        const int is_number = b->kind == SLOPE__NUMBER;
        d->layout.place[i] = (slope__place){.width = is_number ? 24 : 138.4, .height = is_number ? 26 : 58};
        if (b->edges > 3 && b->edges <= 24)
            d->layout.place[i].height = 13 * (double)(b->edges + 1);
    }
    lay_out(d);
}

static void the_order_of_recording_does_not_matter(void **state)
{
    slope_tape *other = slope_tape_create(NULL);
    drawing a, b;
    draw_value(&a, lecture(*state, 0), 0, 0);
    draw_value(&b, lecture(other, 1), 0, 0);
    assert_int_equal(a.layout.points, b.layout.points);
    assert_memory_equal(a.layout.point, b.layout.point, 2 * a.layout.points * sizeof *a.layout.point);
    assert_memory_equal(a.layout.place, b.layout.place, a.view.boxes * sizeof *a.layout.place);
    end(&a);
    end(&b);
    slope_tape_destroy(other);
}

static void arrows_downwards_have_labels_left_and_right(void **state)
{
    drawing d;
    draw_value(&d, lecture(*state, 0), 1, 0);
    for (size_t e = 0; e < d.view.edges; e++) {
        const int is_first = e == d.view.box[d.view.edge[e].to].first;
        assert_int_equal(d.layout.route[e].label, is_first ? SLOPE__LABEL_ENDS : SLOPE__LABEL_BEGINS);
        assert_true(d.layout.route[e].label_y < begin_of(&d, d.view.edge[e].to));
    }
    end(&d);
}

/* Only of arrows between the same two ranks, by the order of their ends. */
static size_t crossings_of_ends(const drawing *d)
{
    size_t sum = 0;
    for (size_t e = 0; e < d->view.edges; e++)
        for (size_t f = 0; f < e; f++) {
            const double *a = first_point(d, e), *b = last_point(d, e), *c = first_point(d, f), *g = last_point(d, f);
            if (along(d, a) == along(d, c) && along(d, b) == along(d, g))
                sum += (across(d, a) - across(d, c)) * (across(d, b) - across(d, g)) < 0;
        }
    return sum;
}

static void the_order_saves_most_crossings(void **state)
{
    drawing d;
    draw_value(&d, network(*state, 1), 0, 0);
    assert_well_laid(&d);
    const size_t n = crossings_of_ends(&d);
    end(&d);
    assert_in_range(n, 1, 1070); /* with barycentres alone 1,081, in the order of the graph 4,736 */
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
    drawing d;
    draw_value(&d, swept(y), 0, 0);
    assert_int_equal(d.view.boxes, 2 * 2000 + 1 + 10001);
    assert_well_laid(&d);
    end(&d);
}

static void folded_cycles_go_back_and_all_else_forward(void **state)
{
    slope_tape *t = *state;
    slope_value h = slope_var(t, 0.1), w = slope_var(t, 0.9);
    for (int i = 0; i < 1000; i++)
        h = slope_tanh(slope_mul(slope_sin(h), w));
    drawing d;
    draw_value(&d, swept(h), 0, 1);
    assert_true(d.view.folded);
    assert_well_laid(&d);
    size_t back = 0;
    for (size_t e = 0; e < d.view.edges; e++)
        back += d.layout.route[e].backward != 0;
    assert_in_range(back, 1, 2);
    end(&d);
}

/* -------------------------------------------------------------------------------------------------------- failures */

static void every_allocation_that_fails_is_noticed(void **state)
{
    (void)state;
    drawing d;
    slope_status status = SLOPE_ERR_MEMORY;
    for (size_t k = 0; status; k++) {
        begin(&d, 30, 60, 0);
        for (uint32_t i = 0; i < 30; i++)
            (void)box(&d, i ? 2 : 0, (const uint32_t[]){i / 2, i ? i - 1 : 0});
        failing_after(&d.memory, k);
        status = slope__lay_out(&d.view, &d.layout, &d.arena);
        assert_true(status == SLOPE_OK || status == SLOPE_ERR_MEMORY);
        assert_true(status == SLOPE_OK ? k > 10 : k < 40);
        end(&d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_and_one_box_have_a_place),
        cmocka_unit_test(random_graphs_keep_the_contract),
        cmocka_unit_test(no_arrow_runs_through_a_box),
        cmocka_unit_test(labels_have_room),
        cmocka_unit_test(the_same_graph_gives_the_same_bytes),
        cmocka_unit_test(a_chain_is_straight),
        cmocka_unit_test(a_long_arrow_is_straight_on_its_way),
        cmocka_unit_test(the_lecture_has_no_crossings),
        cmocka_unit_test(a_tree_has_no_crossings),
        cmocka_unit_test(a_ladder_has_no_crossings),
        cmocka_unit_test(random_graphs_have_few_crossings),
        cmocka_unit_test(a_wide_fan_is_laid_out),
        cmocka_unit_test(cycles_run_back),
        cmocka_unit_test(large_graphs_take_little),
        on_tape(the_order_of_recording_does_not_matter),
        on_tape(arrows_downwards_have_labels_left_and_right),
        on_tape(the_order_saves_most_crossings),
        on_tape(wide_and_deep_graphs_are_drawn_too),
        on_tape(folded_cycles_go_back_and_all_else_forward),
        cmocka_unit_test(every_allocation_that_fails_is_noticed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
