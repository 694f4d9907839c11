/* SPDX-License-Identifier: MIT */
/* Figures: what is drawn, that the same figure gives the same bytes, and that files appear whole or not at all. */
#define _XOPEN_SOURCE 700

#include "testing.h"

#include <dirent.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cairo.h>

#include "plot/draw.h"
#include "plot/plot.h"

typedef struct place {
    char folder[64], path[3][96];
} place;

static int place_setup(void **state)
{
    place *p = calloc(1, sizeof *p);
    if (!p)
        return -1;
    strcpy(p->folder, "test_plot.XXXXXX");
    if (!mkdtemp(p->folder))
        return -1;
    snprintf(p->path[0], sizeof p->path[0], "%s/a.svg", p->folder);
    snprintf(p->path[1], sizeof p->path[1], "%s/a.png", p->folder);
    snprintf(p->path[2], sizeof p->path[2], "%s/a.pdf", p->folder);
    *state = p;
    return 0;
}

static int entries(const char *folder, bool remove_them)
{
    int count = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir));)
        if (entry->d_name[0] != '.') {
            count++;
            char path[400];
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            if (remove_them)
                unlink(path);
        }
    closedir(dir);
    return count;
}

static int place_teardown(void **state)
{
    place *p = *state;
    entries(p->folder, true);
    rmdir(p->folder);
    free(p);
    return 0;
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, place_setup, place_teardown)

static char *slurp(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *data = calloc(1, 4000001);
    assert_non_null(data);
    *size = fread(data, 1, 4000000, file);
    assert_int_equal(fclose(file), 0);
    return data;
}

static bool contains(const char *path, const char *word)
{
    size_t size;
    char *data = slurp(path, &size);
    const bool found = strstr(data, word) != NULL;
    free(data);
    return found;
}

/* A figure with everything in it. */
enum { POINTS = 50, GRID = 21 };
typedef struct sample {
    double x[POINTS], y[POINTS], z[GRID * GRID];
    plot_series series[2];
    plot_guide guide;
    plot_field field;
    plot_figure figure;
} sample;

static void fill_sample(sample *s)
{
    for (int i = 0; i < POINTS; i++) {
        s->x[i] = 0.1 * i - 2.0;
        s->y[i] = i == 20 ? NAN : sin(s->x[i]);
    }
    for (int i = 0; i < GRID * GRID; i++)
        s->z[i] = i == 30 ? NAN : hypot(i % GRID - 10.0, (double)(i / GRID) - 10.0) - 5.0;
    s->series[0] = (plot_series){.name = "sine", .n = POINTS, .x = s->x, .y = s->y};
    s->series[1] = (plot_series){.name = "dots", .kind = PLOT_POINTS, .n = POINTS, .x = s->y, .y = s->x};
    s->guide = (plot_guide){.label = "here", .vertical = 1, .at = 0.5};
    s->field = (plot_field){.name = "distance",
                            .zero_name = "circle",
                            .columns = GRID,
                            .rows = GRID,
                            .z = s->z,
                            .x_low = -3,
                            .x_high = 3,
                            .y_low = -3,
                            .y_high = 3};
    s->figure = plot_figure_default();
    s->figure.title = "Everything";
    s->figure.x.label = "length";
    s->figure.x.unit = "mm";
    s->figure.y.label = "y";
    s->figure.series = s->series;
    s->figure.series_count = 2;
    s->figure.guide = &s->guide;
    s->figure.guide_count = 1;
    s->figure.field = &s->field;
    s->figure.equal_axes = 1;
}

static void every_format_begins_with_its_signature(void **state)
{
    static const char *const signature[] = {"<?xml", "\x89PNG", "%PDF-"};
    place *p = *state;
    sample s;
    fill_sample(&s);
    for (int i = 0; i < 3; i++) {
        slope_error error;
        assert_int_equal(plot_write(&s.figure, p->path[i], &error), SLOPE_OK);
        assert_int_equal(error.status, SLOPE_OK);
        size_t size;
        char *data = slurp(p->path[i], &size);
        assert_true(size > 1000);
        assert_memory_equal(data, signature[i], strlen(signature[i]));
        free(data);
    }
    assert_int_equal(entries(p->folder, false), 3); /* no temporary file is left */
}

static void the_same_figure_gives_the_same_bytes(void **state)
{
    place *p = *state;
    sample s;
    fill_sample(&s);
    for (int i = 0; i < 3; i++) {
        size_t size[2];
        char *data[2];
        for (int run = 0; run < 2; run++) {
            assert_int_equal(plot_write(&s.figure, p->path[i], NULL), SLOPE_OK);
            data[run] = slurp(p->path[i], &size[run]);
        }
        assert_int_equal(size[0], size[1]);
        assert_memory_equal(data[0], data[1], size[0]);
        free(data[0]);
        free(data[1]);
    }
    time_t now = time(NULL);
    char year[16];
    strftime(year, sizeof year, "D:%Y", gmtime(&now));
    assert_false(contains(p->path[2], year));
}

static void a_png_has_the_size_that_was_asked_for(void **state)
{
    place *p = *state;
    plot_figure figure = plot_figure_default();
    figure.width = 200;
    figure.height = 120;
    figure.png_scale = 1.5;
    assert_int_equal(plot_write(&figure, p->path[1], NULL), SLOPE_OK);
    cairo_surface_t *surface = cairo_image_surface_create_from_png(p->path[1]);
    assert_int_equal(cairo_image_surface_get_width(surface), 300);
    assert_int_equal(cairo_image_surface_get_height(surface), 180);
    cairo_surface_destroy(surface);
}

/* How many pixels of a PNG are closer to a colour than to almost any other. */
static int count_pixels(const char *path, int red, int green, int blue)
{
    cairo_surface_t *surface = cairo_image_surface_create_from_png(path);
    assert_int_equal(cairo_surface_status(surface), CAIRO_STATUS_SUCCESS);
    const int width = cairo_image_surface_get_width(surface), height = cairo_image_surface_get_height(surface);
    const int stride = cairo_image_surface_get_stride(surface);
    const unsigned char *data = cairo_image_surface_get_data(surface);
    int count = 0;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++) {
            uint32_t pixel;
            memcpy(&pixel, data + (size_t)y * (size_t)stride + 4 * (size_t)x, 4);
            const int r = pixel >> 16 & 255, g = pixel >> 8 & 255, b = pixel & 255;
            count += abs(r - red) < 8 && abs(g - green) < 8 && abs(b - blue) < 8;
        }
    cairo_surface_destroy(surface);
    return count;
}

static void a_gap_is_not_drawn(void **state)
{
    place *p = *state;
    double x[3] = {0, 1, 2}, y[3] = {0, 0, 0};
    plot_series line = {.kind = PLOT_LINE, .n = 3, .x = x, .y = y};
    plot_figure figure = plot_figure_default();
    figure.series = &line;
    figure.series_count = 1;
    assert_int_equal(plot_write(&figure, p->path[1], NULL), SLOPE_OK);
    assert_true(count_pixels(p->path[1], 0, 114, 178) > 500);
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        y[1] = bad[i];
        assert_int_equal(plot_write(&figure, p->path[1], NULL), SLOPE_OK);
        assert_int_equal(count_pixels(p->path[1], 0, 114, 178), 0);
    }
}

static void zeros_on_a_log_axis_are_gaps_or_shown(void **state)
{
    place *p = *state;
    double x[3] = {1, 2, 3}, y[3] = {0, 0, 0};
    plot_series line = {.kind = PLOT_LINE, .n = 3, .x = x, .y = y};
    plot_figure figure = plot_figure_default();
    figure.series = &line;
    figure.series_count = 1;
    figure.y.scale = PLOT_LOG10;
    assert_int_equal(plot_write(&figure, p->path[1], NULL), SLOPE_OK);
    assert_int_equal(count_pixels(p->path[1], 0, 114, 178), 0);
    figure.y.zero_at = 1e-20;
    assert_int_equal(plot_write(&figure, p->path[1], NULL), SLOPE_OK);
    assert_true(count_pixels(p->path[1], 0, 114, 178) > 500);
}

static plot__ruler ruler_for(plot_scale scale, double low, double high)
{
    plot__ruler ruler = {.scale = scale, .zero = NAN};
    const plot_axis axis = {.scale = scale, .low = low, .high = high};
    plot__ruler_range(&ruler, &axis, 0, 1, false);
    plot__ruler_ticks(&ruler, 300, 50);
    return ruler;
}

static void linear_ticks_are_round_numbers(void **state)
{
    (void)state;
    plot__ruler r = ruler_for(PLOT_LINEAR, -1.0, 1.0);
    static const char *const text[] = {"\xe2\x88\x92"
                                       "1.0",
                                       "\xe2\x88\x92"
                                       "0.5",
                                       "0.0", "0.5", "1.0"};
    assert_int_equal(r.ticks, 5);
    for (size_t i = 0; i < r.ticks; i++)
        assert_string_equal(r.tick[i].text, text[i]);
    r = ruler_for(PLOT_LINEAR, 0.0, 3e7);
    assert_int_equal(r.factor, 7);
    assert_string_equal(r.tick[r.ticks - 1].text, "3.0");
    r = ruler_for(PLOT_LINEAR, 1000.0, 1000.5);
    assert_string_equal(r.tick[0].text, "1000.0");
}

static void log_ticks_are_powers_of_ten(void **state)
{
    (void)state;
    plot__ruler r = ruler_for(PLOT_LOG10, 1e-16, 1e0);
    for (size_t i = 0; i < r.ticks; i++)
        if (r.tick[i].major)
            assert_string_equal(r.tick[i].text, "10");
    r = ruler_for(PLOT_LOG10, 1.0, 100.0);
    assert_string_equal(r.tick[0].text, "1");
    r = ruler_for(PLOT_LOG10, 2.0, 3.0);
    size_t majors = 0;
    for (size_t i = 0; i < r.ticks; i++)
        majors += r.tick[i].major;
    assert_true(majors >= 4);
}

static void extreme_ranges_have_ticks_and_finite_places(void **state)
{
    (void)state;
    static const double range[][2] = {{-1e300, 1e300}, {0, 5e-324}, {1, 1 + 1e-15}, {-1e-300, 1e-300}, {1e299, 1e300}};
    for (size_t i = 0; i < sizeof range / sizeof *range; i++) {
        plot__ruler r = ruler_for(PLOT_LINEAR, range[i][0], range[i][1]);
        assert_true(r.ticks < PLOT__TICKS);
    }
    plot__ruler r = ruler_for(PLOT_LOG10, 5e-324, 1e300);
    assert_true(r.ticks >= 4);
}

static void extreme_data_are_drawn_without_trouble(void **state)
{
    place *p = *state;
    static const double number[] = {0, -0.0, 5e-324, 1e-300, 1, 1 + 2e-16, -1, 1e300, -1e300, 1.7e308, NAN, INFINITY};
    enum { COUNT = sizeof number / sizeof *number };
    for (int scale = 0; scale < 2; scale++)
        for (int i = 0; i < COUNT; i++)
            for (int j = i; j < COUNT; j += 2) {
                const double x[2] = {number[i], number[j]}, y[2] = {number[j], number[i]};
                plot_series s = {.name = "s", .n = 2, .x = x, .y = y};
                plot_figure figure = plot_figure_default();
                figure.png_scale = 0.25;
                figure.series = &s;
                figure.series_count = 1;
                figure.x.scale = figure.y.scale = scale ? PLOT_LOG10 : PLOT_LINEAR;
                assert_int_equal(plot_write(&figure, p->path[1], NULL), SLOPE_OK);
            }
}

static void a_field_of_any_numbers_is_drawn(void **state)
{
    place *p = *state;
    static const double number[] = {0, NAN, 1e300, -1e300, INFINITY, 5e-324, -1, 1};
    uint32_t random = 1;
    for (int run = 0; run < 20; run++) {
        double z[36];
        for (int i = 0; i < 36; i++) {
            random = random * 1664525u + 1013904223u;
            z[i] = number[random >> 29];
        }
        plot_field field = {.columns = 6, .rows = 6, .z = z, .x_high = 1, .y_high = 1};
        plot_figure figure = plot_figure_default();
        figure.png_scale = 0.25;
        figure.field = &field;
        assert_int_equal(plot_write(&figure, p->path[run % 3], NULL), SLOPE_OK);
    }
}

/* The first pixel of row y, from x on, that is nearly black. */
static int next_dark(const unsigned char *row, int width, int x)
{
    while (x < width && row[4 * x + 1] > 140)
        x++;
    return x;
}

static void the_zero_contour_is_where_the_field_changes_sign(void **state)
{
    place *p = *state;
    double z[4] = {-1, 3, -1, 3}; /* zero at x = 0.25, between frame lines at 0 and 1, and no other contour */
    plot_field field = {.columns = 2, .rows = 2, .z = z, .x_high = 1, .y_high = 1, .limit = 1000};
    plot_figure figure = plot_figure_default();
    figure.field = &field;
    assert_int_equal(plot_write(&figure, p->path[1], NULL), SLOPE_OK);
    cairo_surface_t *surface = cairo_image_surface_create_from_png(p->path[1]);
    const int width = cairo_image_surface_get_width(surface), stride = cairo_image_surface_get_stride(surface);
    const unsigned char *row = cairo_image_surface_get_data(surface) + (size_t)330 * (size_t)stride;
    const int left = next_dark(row, width, 20);
    const int line = next_dark(row, width, left + 20);
    const int right = next_dark(row, width, line + 20);
    cairo_surface_destroy(surface);
    assert_true(right < width);
    assert_near((double)(line - left) / (right - left), 0.25, 0.01);
}

static void bad_figures_are_refused_with_a_sentence(void **state)
{
    place *p = *state;
    slope_error error;
    sample s;
#define REFUSED(change, word)                                                            \
    do {                                                                                 \
        fill_sample(&s);                                                                 \
        change;                                                                          \
        assert_int_equal(plot_write(&s.figure, p->path[0], &error), SLOPE_ERR_ARGUMENT); \
        assert_int_equal(error.status, SLOPE_ERR_ARGUMENT);                              \
        assert_non_null(strstr(error.message, word));                                    \
    } while (0)
    REFUSED(s.figure.width = NAN, "large");
    REFUSED(s.figure.height = 5, "large");
    REFUSED(s.figure.png_scale = 0, "pixels");
    REFUSED(s.figure.x.low = 3, "can't go from 3 to 0");
    REFUSED(s.figure.x.scale = PLOT_LOG10, "linear");
    REFUSED(s.figure.y.zero_at = 1, "zeros");
    REFUSED(s.series[1].x = NULL, "series 2");
    REFUSED(s.series[0].kind = (plot_kind)9, "kind");
    REFUSED(s.field.rows = 1, "2 by 2");
    REFUSED(s.field.rows = SIZE_MAX, "100 million");
    REFUSED(s.field.x_low = 9, "reach");
    REFUSED(s.figure.series = NULL, "NULL");
#undef REFUSED
    assert_int_equal(plot_write(NULL, p->path[0], &error), SLOPE_ERR_ARGUMENT);
    assert_int_equal(plot_write(&s.figure, NULL, NULL), SLOPE_ERR_ARGUMENT);
    assert_int_equal(entries(p->folder, false), 0);
}

static void only_known_endings_can_be_written(void **state)
{
    (void)state;
    plot_figure figure = plot_figure_default();
    slope_error error;
    static const char *const good[] = {"a.svg", "b/c.PNG", "x.y.Pdf"}, *const bad[] = {"a",      "a.jpg", ".svg",
                                                                                       "a/.svg", "",      "svg"};
    for (size_t i = 0; i < 3; i++)
        assert_true(plot_can_write(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(plot_can_write(bad[i]));
        assert_int_equal(plot_write(&figure, bad[i], &error), SLOPE_ERR_UNSUPPORTED);
    }
    assert_false(plot_can_write(NULL));
}

static void a_full_device_is_noticed(void **state)
{
    place *p = *state;
    if (access("/dev/full", W_OK))
        skip();
    sample s;
    fill_sample(&s);
    for (int i = 0; i < 3; i++) {
        slope_error error;
        assert_int_equal(symlink("/dev/full", p->path[i]), 0);
        assert_int_equal(plot_write(&s.figure, p->path[i], &error), SLOPE_ERR_IO);
        assert_non_null(strstr(error.message, "No space left"));
    }
    struct stat full;
    assert_int_equal(stat("/dev/full", &full), 0);
    assert_true(S_ISCHR(full.st_mode));
}

static void a_failed_write_leaves_the_old_file(void **state)
{
    place *p = *state;
    sample s;
    fill_sample(&s);
    char path[128];
    slope_error error;
    snprintf(path, sizeof path, "%s/none/a.svg", p->folder);
    assert_int_equal(plot_write(&s.figure, path, &error), SLOPE_ERR_IO);
    assert_non_null(strstr(error.message, path));
    assert_int_equal(mkdir(p->path[0], 0777), 0);
    assert_int_equal(plot_write(&s.figure, p->path[0], &error), SLOPE_ERR_IO);
    assert_int_equal(rmdir(p->path[0]), 0);
    assert_int_equal(entries(p->folder, false), 0);
}

static void an_existing_file_is_replaced_and_a_link_kept(void **state)
{
    place *p = *state;
    sample s;
    fill_sample(&s);
    FILE *file = fopen(p->path[0], "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(p->path[0], 0640), 0);
    char link[128];
    snprintf(link, sizeof link, "%s/link.svg", p->folder);
    assert_int_equal(symlink("a.svg", link), 0);
    assert_int_equal(plot_write(&s.figure, link, NULL), SLOPE_OK);
    struct stat info;
    assert_int_equal(lstat(link, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(stat(p->path[0], &info), 0);
    assert_true(info.st_size > 1000);
    assert_int_equal(info.st_mode & 0777, 0640);
    assert_int_equal(entries(p->folder, false), 2);
}

static void text_that_is_not_utf8_is_drawn_all_the_same(void **state)
{
    place *p = *state;
    plot_figure figure = plot_figure_default();
    static const char *const text[] = {"\xff",     "a\xc3",     "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                       "\xc0\x80", "line\nend", "\x01\x7f"};
    for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
        figure.title = text[i];
        figure.x.label = text[i];
        assert_int_equal(plot_write(&figure, p->path[i % 3], NULL), SLOPE_OK);
    }
    char *long_text = malloc(100000);
    assert_non_null(long_text);
    memset(long_text, 'w', 99999);
    long_text[99999] = 0;
    figure.title = figure.y.label = long_text;
    assert_int_equal(plot_write(&figure, p->path[0], NULL), SLOPE_OK);
    free(long_text);
}

static void segments_are_cut_at_the_box(void **state)
{
    (void)state;
    const plot__box box = {0, 0, 10, 10};
    plot__line line = {-1e9, 5, 1e9, 5};
    assert_true(plot__clip(box, &line));
    assert_near(line.x0, 0, 1e-6);
    assert_near(line.x1, 10, 1e-6);
    line = (plot__line){-5, 3, 3, -6};
    assert_false(plot__clip(box, &line));
    line = (plot__line){4, 4, 4, 4};
    assert_true(plot__clip(box, &line));
    line = (plot__line){11, 4, 11, 4};
    assert_false(plot__clip(box, &line));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        in_folder(every_format_begins_with_its_signature),
        in_folder(the_same_figure_gives_the_same_bytes),
        in_folder(a_png_has_the_size_that_was_asked_for),
        in_folder(a_gap_is_not_drawn),
        in_folder(zeros_on_a_log_axis_are_gaps_or_shown),
        cmocka_unit_test(linear_ticks_are_round_numbers),
        cmocka_unit_test(log_ticks_are_powers_of_ten),
        cmocka_unit_test(extreme_ranges_have_ticks_and_finite_places),
        in_folder(extreme_data_are_drawn_without_trouble),
        in_folder(a_field_of_any_numbers_is_drawn),
        in_folder(the_zero_contour_is_where_the_field_changes_sign),
        in_folder(bad_figures_are_refused_with_a_sentence),
        cmocka_unit_test(only_known_endings_can_be_written),
        in_folder(a_full_device_is_noticed),
        in_folder(a_failed_write_leaves_the_old_file),
        in_folder(an_existing_file_is_replaced_and_a_link_kept),
        in_folder(text_that_is_not_utf8_is_drawn_all_the_same),
        cmocka_unit_test(segments_are_cut_at_the_box),
    };
    return cmocka_run_group_tests_name("plot", tests, NULL, NULL);
}
