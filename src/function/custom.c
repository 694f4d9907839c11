/* SPDX-License-Identifier: MIT */
/*
 * Operations of the user inside functions.  One definition gives up to four opaque functions, its roles:
 *
 *     value   x          -> y
 *     jvp     x, d       -> J d         of inputs and tangents
 *     vjp     x, s       -> J' s        of inputs and seeds
 *     hvp     x, s, d    -> sum over k of s_k H_k d
 *
 * The first two derivatives of every one are made of these: d(J' s) = sum s_k H_k dx + J' ds, and so on.  Where one of
 * jvp and vjp is missing it is made of the other, by one call for each unit vector.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "function/opaque.h"

typedef enum role { ROLE_VALUE, ROLE_JVP, ROLE_VJP, ROLE_HVP } role;

typedef struct custom {
    slope__opaque head;
    slope_custom_function def; /* its texts are owned */
    char *call;                /* owned */
    role role;
    size_t inputs, outputs;     /* groups of the value */
    const slope_custom *scalar; /* not NULL: its callbacks are those below */
    size_t n;
} custom;

static const custom *definition_of(const slope_function *f) { return (const custom *)(const void *)f->opaque; }

/* ----------------------------------------------------------------------------------------------------- evaluation */

static int scalar_value(const double *const x[], double *const y[], void *context)
{
    const custom *c = context;
    return c->scalar->eval(c->n, x[0], y[0], NULL, c->scalar->context);
}

static int scalar_vjp(const double *const x[], double *const y[], void *context)
{
    const custom *c = context;
    double value = (double)NAN;
    const int failed = c->scalar->eval(c->n, x[0], &value, y[0], c->scalar->context);
    for (size_t k = 0; k < c->n; k++)
        y[0][k] = slope__d_zmul(y[0][k], x[1][0]);
    return failed;
}

static slope_custom_call *callback_of(const slope_custom_function *def, role which)
{
    return which == ROLE_VALUE ? def->value : which == ROLE_JVP ? def->jvp : which == ROLE_VJP ? def->vjp : def->hvp;
}

/* What the callback does not write must not look like a result. */
static int eval_custom(const slope_function *f, const double *const x[], double *const y[])
{
    const custom *c = definition_of(f);
    for (size_t g = 0; g < f->outputs; g++) {
        for (size_t k = 0; k < f->output[g].length; k++)
            y[g][k] = (double)NAN;
    }
    void *context = c->scalar ? (void *)(uintptr_t)c : c->def.context;
    return callback_of(&c->def, c->role)(x, y, context) != 0;
}

/* --------------------------------------------------------------------------------------------------------- roles */

static void free_custom(slope__opaque *o)
{
    custom *c = (custom *)(void *)o;
    free((void *)(uintptr_t)c->def.name);
    free((void *)(uintptr_t)c->def.code);
    free(c->call);
    free(c);
}

static char *copy_with_ending(const char *text, const char *end)
{
    const size_t n = strlen(text), m = strlen(end);
    char *copy = malloc(n + m + 1);
    if (copy) {
        memcpy(copy, text, n);
        memcpy(copy + n, end, m + 1);
    }
    return copy;
}

static slope_function *push_custom(const slope_function *f, const unsigned char on[], slope_error *error);
static slope_function *pull_custom(const slope_function *f, const unsigned char on[], slope_error *error);

static slope_function *twin_custom(const slope_function *f, slope_error *error);

/* The definition in another role; its groups are still to be given. */
static custom *new_custom(const custom *from, role which)
{
    static const slope__opaque_kind kind = {eval_custom, push_custom, pull_custom, twin_custom, NULL, free_custom};
    static const char *const ending[] = {"", "_jvp", "_vjp", "_hvp"};
    custom *c = slope__new(1, sizeof *c);
    if (!c)
        return NULL;
    *c = *from;
    c->role = which;
    c->def.name = copy_with_ending(from->def.name, "");
    c->def.code = from->def.code ? copy_with_ending(from->def.code, "") : NULL;
    c->call = copy_with_ending(from->def.name, ending[which]);
    c->head = (slope__opaque){&kind, c->def.name, c->def.code, c->call, NULL};
    if (c->def.name && c->call && (c->def.code || !from->def.code))
        return c;
    free_custom(&c->head);
    return NULL;
}

/* Groups under way: names are only told apart. */
typedef struct custom_groups {
    slope_group *group;
    char (*name)[24];
    size_t n;
} custom_groups;

static int begin_custom_groups(custom_groups *s, size_t room)
{
    *s = (custom_groups){slope__new(room, sizeof *s->group), slope__new(room, sizeof *s->name), 0};
    return s->group && s->name;
}

static void end_custom_groups(custom_groups *s)
{
    free(s->group);
    free(s->name);
}

static void add_custom_groups(custom_groups *s, char letter, size_t n, const slope__group like[])
{
    for (size_t g = 0; g < n; g++, s->n++) {
        (void)snprintf(s->name[s->n], sizeof *s->name, "%c%zu", letter, g);
        s->group[s->n] = (slope_group){s->name[s->n], like[g].length};
    }
}

/* The groups of the value that f, in whatever role, is of. */
static const slope__group *value_inputs(const slope_function *f) { return f->input; }
static const slope__group *value_outputs(const slope_function *f)
{
    const custom *c = definition_of(f);
    return c->role == ROLE_VALUE || c->role == ROLE_JVP ? f->output : f->input + c->inputs;
}

static slope_function *in_role(const slope_function *f, role which, slope_error *error)
{
    const custom *from = definition_of(f);
    const size_t p = from->inputs, q = from->outputs;
    custom_groups in, out;
    const int ok = begin_custom_groups(&in, 2 * p + q) & begin_custom_groups(&out, p + q);
    custom *c = ok ? new_custom(from, which) : NULL;
    slope_function *made = NULL;
    if (c) {
        add_custom_groups(&in, 'x', p, value_inputs(f));
        if (which == ROLE_VJP || which == ROLE_HVP)
            add_custom_groups(&in, 's', q, value_outputs(f));
        if (which == ROLE_JVP || which == ROLE_HVP)
            add_custom_groups(&in, 'd', p, value_inputs(f));
        if (which == ROLE_VALUE || which == ROLE_JVP)
            add_custom_groups(&out, 'y', q, value_outputs(f));
        else
            add_custom_groups(&out, 'y', p, value_inputs(f));
        made = slope__opaque_create(&c->head, in.n, in.group, out.n, out.group, error);
    } else {
        (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for a derivative");
    }
    end_custom_groups(&in);
    end_custom_groups(&out);
    return made;
}

static slope_function *twin_custom(const slope_function *f, slope_error *error)
{
    return in_role(f, definition_of(f)->role, error);
}

/* ---------------------------------------------------------------------------------------------------- unit vectors */

static size_t cells_together(size_t n, const slope__group group[])
{
    size_t cells = 0;
    for (size_t g = 0; g < n; g++)
        cells += group[g].length;
    return cells;
}

/* The inputs of f's loop over unit vectors: groups from ... from + n - 1 together are unit vector i, the others are
   consecutive cells from first[g] on. */
static void bind_units(slope__builder *b, const slope_function *f, size_t from, size_t n, const slope__cell first[],
                       slope__source source[])
{
    const size_t m = cells_together(n, f->input + from);
    double *one = slope__new(2 * m, sizeof *one);
    if (!one) {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
        return;
    }
    one[m - 1] = 1; /* the vectors overlap in one list of zeros and this 1 */
    const slope__cell list = slope__build_table(b, 2 * m - 1, one);
    free(one);
    int64_t at = (int64_t)list + (int64_t)m - 1;
    for (size_t g = 0; g < f->inputs; g++) {
        const int unit = g >= from && g < from + n;
        source[g] = (slope__source){{unit ? at : (int64_t)first[g], unit ? -1 : 0, 1, NULL}, SLOPE__NONE};
        at += unit ? (int64_t)f->input[g].length : 0;
    }
}

/*
 * f for all unit vectors; y[i] becomes the sum of its results for vector i, each times the cell `with` that belongs to
 * it, 0 being strong.
 */
static void sum_units(slope__builder *b, const slope_function *f, size_t from, size_t n, const slope__cell first[],
                      const slope__cell with[], slope__cell y[])
{
    slope__loop loop = {.body = f, .n = cells_together(n, f->input + from)};
    loop.source = slope__new(f->inputs, sizeof *loop.source);
    loop.target = slope__new(f->outputs, sizeof *loop.target);
    slope__cell *term = slope__new(f->results, sizeof *term), at = SLOPE__NONE;
    if (loop.n == 0 || f->results == 0) {
        for (size_t i = 0; i < loop.n; i++)
            y[i] = slope__build_number(b, 0.0);
    } else if (loop.source && loop.target && term) {
        bind_units(b, f, from, n, first, loop.source);
        for (size_t g = 0; g < f->outputs; g++)
            loop.target[g].kind = SLOPE__EACH;
        at = slope__build_loop(b, &loop);
    } else {
        slope__builder_fail(b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
    }
    for (size_t i = 0; i < loop.n && at != SLOPE__NONE; i++) {
        size_t k = 0;
        for (size_t g = 0; g < f->outputs; g++) {
            const slope__cell item = at + loop.target[g].base + (slope__cell)(i * f->output[g].length);
            for (size_t j = 0; j < f->output[g].length; j++, k++)
                term[k] = slope__build2(b, slope__code_zmul, item + (slope__cell)j, with[k]);
        }
        y[i] = k == 1 ? term[0] : slope__build(b, slope__code_sum, k, term);
    }
    free(loop.source);
    free(loop.target);
    free(term);
}

/* ---------------------------------------------------------------------------------------------------- derivatives */

/* A derivative of f under way: its inputs are those of f, then tangents of all (push) or seeds of its results. */
typedef struct custom_making {
    slope__builder *b;
    const slope_function *f;
    const unsigned char *on;       /* inputs of f that move or whose adjoints are wanted */
    size_t p, q;                   /* groups of the value */
    slope__cell *first;            /* of each input */
    slope__cell *x, *left, *right; /* room for the cells of one call, and two results */
    size_t room;
    slope_error error;
} custom_making;

static void refuse_custom(custom_making *m)
{
    if (m->error.status != SLOPE_OK)
        slope__builder_fail(m->b, m->error.status, "%s", m->error.message);
    else
        slope__builder_fail(m->b, SLOPE_ERR_MEMORY, "there is not enough memory for a derivative");
}

static int begin_custom(custom_making *m, const slope_function *f, const unsigned char on[], int is_push)
{
    const custom *c = definition_of(f);
    const size_t more = is_push ? f->inputs : f->outputs;
    custom_groups in;
    *m = (custom_making){
        .b = slope__builder_create(SLOPE_PASS_DEFAULT), .f = f, .on = on, .p = c->inputs, .q = c->outputs};
    if (!m->b)
        return 0;
    const int named = begin_custom_groups(&in, f->inputs + more);
    m->room = 2 * (f->input_cells + f->results);
    m->first = slope__new(f->inputs + more, sizeof *m->first);
    m->x = slope__new(m->room, sizeof *m->x);
    m->left = slope__new(m->room, sizeof *m->left);
    m->right = slope__new(m->room, sizeof *m->right);
    if (named && m->first && m->x && m->left && m->right) {
        add_custom_groups(&in, 'x', f->inputs, f->input);
        add_custom_groups(&in, 'd', more, is_push ? f->input : f->output);
        for (size_t g = 0; g < in.n; g++)
            m->first[g] = slope__build_input(m->b, in.group[g].name, in.group[g].length);
    } else {
        refuse_custom(m);
    }
    end_custom_groups(&in);
    return slope__builder_status(m->b) == SLOPE_OK;
}

static slope_function *end_custom(custom_making *m, slope_error *error)
{
    free(m->first);
    free(m->x);
    free(m->left);
    free(m->right);
    return slope__builder_finish(m->b, error);
}

/* Appends n groups of the derivative's inputs, as long as `like`, to a list of cells that has `at`. */
static size_t list_groups(custom_making *m, size_t from, size_t n, const slope__group like[], size_t at)
{
    for (size_t g = 0; g < n; g++) {
        for (size_t j = 0; j < like[g].length; j++)
            m->x[at++] = m->first[from + g] + (slope__cell)j;
    }
    return at;
}

/* A role of the definition, or what is made in its place; owned. */
static slope_function *custom_or_made(custom_making *m, role which)
{
    const slope_custom_function *def = &definition_of(m->f)->def;
    if (callback_of(def, which))
        return in_role(m->f, which, &m->error);
    if (which == ROLE_HVP) {
        (void)slope__fail(
            &m->error, SLOPE_ERR_UNSUPPORTED, SIZE_MAX,
            "the custom operation %.60s has no second derivatives: they take the hvp of a slope_custom_function",
            def->name);
        return NULL;
    }
    slope_function *value = in_role(m->f, ROLE_VALUE, &m->error);
    slope_function *made = !value              ? NULL
                           : which == ROLE_JVP ? push_custom(value, m->on, &m->error)
                                               : pull_custom(value, m->on, &m->error);
    slope_function_destroy(value);
    return made;
}

/* y = role(x of f, groups of the derivative's inputs from `a` on, those from `b` on where it takes three). */
static void call_role(custom_making *m, role which, size_t a, size_t b, slope__cell y[])
{
    slope_function *g = custom_or_made(m, which);
    const slope__group *in = value_inputs(m->f), *out = value_outputs(m->f);
    if (!g) {
        refuse_custom(m);
        return;
    }
    size_t n = list_groups(m, 0, m->p, in, 0);
    n = which == ROLE_JVP ? list_groups(m, a, m->p, in, n) : list_groups(m, a, m->q, out, n);
    if (which == ROLE_HVP)
        (void)list_groups(m, b, m->p, in, n);
    slope__build_whole(m->b, g, m->x, y);
    slope_function_destroy(g);
}

/* What is missing, by one call of the other one for each unit vector, summed up with the groups from d on. */
static void call_units(custom_making *m, role given, slope__cell y[])
{
    slope_function *g = callback_of(&definition_of(m->f)->def, given) ? in_role(m->f, given, &m->error) : NULL;
    if (!g) {
        (void)slope__fail(&m->error, SLOPE_ERR_UNSUPPORTED, SIZE_MAX,
                          "the custom operation %.60s has no derivatives: give it a jvp or a vjp",
                          definition_of(m->f)->def.name);
        refuse_custom(m);
        return;
    }
    if (given == ROLE_VJP)
        (void)list_groups(m, m->p, m->p, value_inputs(m->f), 0);
    else
        (void)list_groups(m, m->p, m->q, value_outputs(m->f), 0);
    sum_units(m->b, g, m->p, given == ROLE_VJP ? m->q : m->p, m->first, m->x, y);
    slope_function_destroy(g);
}

/* d' H_k d2 for all k: hvp for the unit vectors as seeds, in direction of the groups from `direction` on. */
static void call_second(custom_making *m, size_t direction, slope__cell y[])
{
    slope_function *g = custom_or_made(m, ROLE_HVP);
    if (!g) {
        refuse_custom(m);
        return;
    }
    slope__cell *first = slope__new(g->inputs, sizeof *first);
    for (size_t k = 0; first && k < m->p; k++) {
        first[k] = m->first[k];
        first[m->p + m->q + k] = m->first[direction + k];
    }
    (void)list_groups(m, m->p, m->p, value_inputs(m->f), 0);
    if (first)
        sum_units(m->b, g, m->p, m->q, first, m->x, y);
    free(first);
    slope_function_destroy(g);
}

/* Cells `at` ... of y as outputs, named by letter and number. */
static size_t put_groups_of(custom_making *m, char letter, size_t n, const slope__group like[], const slope__cell y[],
                            size_t at)
{
    char name[24];
    for (size_t g = 0; g < n && slope__builder_status(m->b) == SLOPE_OK; g++) {
        (void)snprintf(name, sizeof name, "%c%zu", letter, g);
        slope__build_output(m->b, name, like[g].length, y + at, 0);
        at += like[g].length;
    }
    return at;
}

/* left += right, which have the groups `like`. */
static void add_right(custom_making *m, size_t n, const slope__group like[])
{
    const size_t cells = cells_together(n, like);
    for (size_t k = 0; k < cells && slope__builder_status(m->b) == SLOPE_OK; k++)
        m->left[k] = slope__build2(m->b, slope__code_add, m->left[k], m->right[k]);
}

/* Does one of f's n groups from `from` on move, or is its adjoint wanted?  If not, y becomes as many zeros as groups
   `like` have, and no callback is asked. */
static int is_on(custom_making *m, size_t from, size_t n, size_t likes, const slope__group like[], slope__cell y[])
{
    for (size_t g = from; g < from + n; g++) {
        if (m->on[g])
            return 1;
    }
    const slope__cell zero = slope__build_number(m->b, 0.0);
    for (size_t k = cells_together(likes, like); k-- > 0;)
        y[k] = zero;
    return 0;
}

static void push_of(custom_making *m)
{
    const slope__group *in = value_inputs(m->f), *out = value_outputs(m->f);
    const size_t p = m->p, q = m->q;
    switch (definition_of(m->f)->role) {
    case ROLE_VALUE:
        if (definition_of(m->f)->def.jvp)
            call_role(m, ROLE_JVP, p, 0, m->left);
        else
            call_units(m, ROLE_VJP, m->left);
        (void)put_groups_of(m, 'y', q, out, m->left, 0);
        break;
    case ROLE_JVP: /* inputs x, d, x', d' */
        if (is_on(m, 0, p, q, out, m->left))
            call_second(m, 2 * p, m->left);
        if (is_on(m, p, p, q, out, m->right))
            call_role(m, ROLE_JVP, 3 * p, 0, m->right);
        add_right(m, q, out);
        (void)put_groups_of(m, 'y', q, out, m->left, 0);
        break;
    case ROLE_VJP: /* x, s, x', s' */
        if (is_on(m, 0, p, p, in, m->left))
            call_role(m, ROLE_HVP, p, p + q, m->left);
        if (is_on(m, p, q, p, in, m->right))
            call_role(m, ROLE_VJP, 2 * p + q, 0, m->right);
        add_right(m, p, in);
        (void)put_groups_of(m, 'y', p, in, m->left, 0);
        break;
    default: break;
    }
}

static void pull_of(custom_making *m)
{
    const slope__group *in = value_inputs(m->f), *out = value_outputs(m->f);
    const size_t p = m->p, q = m->q;
    switch (definition_of(m->f)->role) {
    case ROLE_VALUE:
        if (definition_of(m->f)->def.vjp)
            call_role(m, ROLE_VJP, p, 0, m->left);
        else
            call_units(m, ROLE_JVP, m->left);
        (void)put_groups_of(m, 'y', p, in, m->left, 0);
        break;
    case ROLE_JVP: /* x, d, seeds of the tangents */
        if (is_on(m, 0, p, p, in, m->left))
            call_role(m, ROLE_HVP, 2 * p, p, m->left);
        if (is_on(m, p, p, p, in, m->right))
            call_role(m, ROLE_VJP, 2 * p, 0, m->right);
        (void)put_groups_of(m, 'y', p, in, m->left, 0);
        (void)put_groups_of(m, 'z', p, in, m->right, 0);
        break;
    case ROLE_VJP: /* x, s, seeds of the adjoints */
        if (is_on(m, 0, p, p, in, m->left))
            call_role(m, ROLE_HVP, p, p + q, m->left);
        if (is_on(m, p, q, q, out, m->right))
            call_role(m, ROLE_JVP, p + q, 0, m->right);
        (void)put_groups_of(m, 'y', p, in, m->left, 0);
        (void)put_groups_of(m, 'z', q, out, m->right, 0);
        break;
    default: break;
    }
}

static slope_function *derive_custom(const slope_function *f, const unsigned char on[], int is_push, slope_error *error)
{
    custom_making m;
    if (definition_of(f)->role == ROLE_HVP) {
        (void)slope__fail(error, SLOPE_ERR_UNSUPPORTED, SIZE_MAX,
                          "the custom operation %.60s has derivatives up to the second only",
                          definition_of(f)->def.name);
        return NULL;
    }
    if (begin_custom(&m, f, on, is_push)) {
        if (is_push)
            push_of(&m);
        else
            pull_of(&m);
    }
    return end_custom(&m, error);
}

static slope_function *push_custom(const slope_function *f, const unsigned char on[], slope_error *error)
{
    return derive_custom(f, on, 1, error);
}

static slope_function *pull_custom(const slope_function *f, const unsigned char on[], slope_error *error)
{
    return derive_custom(f, on, 0, error);
}

/* --------------------------------------------------------------------------------------------------------- public */

slope_custom_function slope_custom_function_default(void)
{
    return (slope_custom_function){.struct_size = sizeof(slope_custom_function)};
}

static slope_status check_custom(const slope_custom_function *def, size_t inputs, const slope_group input[],
                                 size_t outputs, const slope_group output[], slope_error *error)
{
    if (!def || (inputs > 0 && !input) || (outputs > 0 && !output))
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "the custom operation or its groups are NULL");
    if (def->struct_size != sizeof *def)
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX,
                           "the custom operation's struct_size is %zu, not %zu; start from "
                           "slope_custom_function_default()",
                           def->struct_size, sizeof *def);
    if (!def->name || !slope__is_identifier(def->name))
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX,
                           "the custom operation \"%.60s\" needs a name made of letters, digits and _",
                           def->name ? def->name : "");
    if (!def->value)
        return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "the custom operation %.60s has no value callback",
                           def->name);
    for (size_t g = 0; g < inputs + outputs; g++) {
        if (!(g < inputs ? input[g] : output[g - inputs]).name)
            return slope__fail(error, SLOPE_ERR_ARGUMENT, SIZE_MAX, "a group of the custom operation %.60s has no name",
                               def->name);
    }
    return SLOPE_OK;
}

/* The value of a definition as an opaque function. */
static slope_function *create_custom(const custom *like, const slope_group input[], const slope_group output[],
                                     slope_error *error)
{
    custom *c = new_custom(like, ROLE_VALUE);
    if (c)
        return slope__opaque_create(&c->head, like->inputs, input, like->outputs, output, error);
    (void)slope__fail(error, SLOPE_ERR_MEMORY, SIZE_MAX, "there is not enough memory for the function");
    return NULL;
}

slope_function *slope_function_custom(const slope_custom_function *def, size_t inputs, const slope_group input[],
                                      size_t outputs, const slope_group output[], slope_error *error)
{
    if (error)
        *error = (slope_error){0};
    if (check_custom(def, inputs, input, outputs, output, error) != SLOPE_OK)
        return NULL;
    const custom like = {.def = *def, .inputs = inputs, .outputs = outputs};
    slope_function *f = create_custom(&like, input, output, error);
    slope_function *whole = f ? slope__opaque_wrap(f, error) : NULL;
    slope_function_destroy(f);
    return whole;
}

slope_function *slope__custom_scalar(const slope_custom *op, size_t n, slope_error *error)
{
    const slope_group in = {"x", n}, out = {"y", 1};
    const custom like = {.def = {.name = op->name, .value = scalar_value, .vjp = scalar_vjp},
                         .inputs = 1,
                         .outputs = 1,
                         .scalar = op,
                         .n = n};
    return create_custom(&like, &in, &out, error);
}
