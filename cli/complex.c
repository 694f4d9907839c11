/* SPDX-License-Identifier: MIT */
/*
 * The recorded expression in complex arithmetic, for the complex step: the real derivative is Im f(x + ih) / h.
 *
 * Every operation has here its analytic continuation from the real axis.  Operations with kinks and steps decide by the
 * real part, so that away from kinks the complex step sees the smooth piece it stands on.  The gamma family and erf are
 * the classic series of Abramowitz and Stegun 6.1.40, 6.3.18, 6.4.11 and 7.1.29; inverses are Newton's
 * steps from the real one.
 */
#include "cli.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef double complex number;
typedef number (*function)(size_t n, const number z[]);

static number make(double re, double im)
{
    double pair[2] = {re, im};
    number z;
    memcpy(&z, pair, sizeof z); /* re + im * I would turn infinities into NaN */
    return z;
}

#define UNARY(name, text)                              \
    static number f_##name(size_t n, const number z[]) \
    {                                                  \
        number a = z[0];                               \
        (void)n;                                       \
        return text;                                   \
    }
#define BINARY(name, text)                             \
    static number f_##name(size_t n, const number z[]) \
    {                                                  \
        number a = z[0], b = z[1];                     \
        (void)n;                                       \
        return text;                                   \
    }
#define TERNARY(name, text)                            \
    static number f_##name(size_t n, const number z[]) \
    {                                                  \
        number a = z[0], b = z[1], c = z[2];           \
        (void)n;                                       \
        return text;                                   \
    }

/* ------------------------------------------------------------------------------------------------- arithmetic */

static number reciprocal(number z)
{
    double x = creal(z), y = cimag(z);
    if (fabs(x) >= fabs(y)) { /* Smith's way: no overflow, and a tiny imaginary part keeps its digits */
        double ratio = y / x, below = x + y * ratio;
        return make(1.0 / below, -ratio / below);
    }
    double ratio = x / y, below = y + x * ratio;
    return make(ratio / below, -1.0 / below);
}

/* By squaring: exact where the real power is, and without the branch of a logarithm. */
static number integer_power(number z, double exponent)
{
    number power = 1.0;
    for (double left = fabs(exponent); left >= 1.0; left = floor(left / 2.0), z *= z)
        if (fmod(left, 2.0) >= 1.0)
            power *= z;
    return exponent < 0 ? reciprocal(power) : power;
}

static number power(number a, number b)
{
    if (cimag(b) == 0.0 && creal(b) == floor(creal(b)) && fabs(creal(b)) <= 1024.0)
        return integer_power(a, creal(b));
    if (creal(a) == 0.0 && cimag(a) == 0.0)
        return creal(b) > 0 ? 0.0 : make(NAN, NAN);
    return cexp(b * clog(a));
}

static number hypotenuse(number a, number b)
{
    double scale = fmax(cabs(a), cabs(b));
    if (scale == 0.0 || isinf(scale))
        return scale;
    a /= scale;
    b /= scale;
    return scale * csqrt(a * a + b * b);
}

static number cube_root(number a)
{
    double x = creal(a), root = cbrt(x);
    if (fabs(cimag(a)) > 0.1 * fabs(x))
        return x < 0 ? -cexp(clog(-a) / 3.0) : cexp(clog(a) / 3.0);
    number z = make(root, root != 0.0 ? cimag(a) / (3.0 * root * root) : 0.0);
    for (int i = 0; i < 4 && root != 0.0; ++i) /* Newton from the real root: the real part stays as libm gives it */
        z -= (z * z * z - a) / (3.0 * z * z);
    return z;
}

static number exponential_minus_1(number a)
{
    double x = creal(a), y = cimag(a), half = sin(y / 2.0);
    return make(expm1(x) * cos(y) - 2.0 * half * half, exp(x) * sin(y));
}

static number logarithm_of_1_plus(number a)
{
    double x = creal(a), y = cimag(a);
    return make(0.5 * log1p(x * (2.0 + x) + y * y), atan2(y, 1.0 + x));
}

/* The angle, continued from the real plane: its real part is that of atan2. */
static number angle(number a, number b)
{
    double turn = atan2(creal(a), creal(b));
    if (fabs(creal(b)) >= fabs(creal(a))) {
        number small = catan(a * reciprocal(b));
        return small + (turn - atan2(creal(a) * copysign(1.0, creal(b)), fabs(creal(b))));
    }
    number small = catan(b * reciprocal(a));
    return copysign(M_PI_2, creal(a)) - small;
}

static number logistic(number a)
{
    number tail = cexp(creal(a) >= 0 ? -a : a);
    return creal(a) >= 0 ? reciprocal(1.0 + tail) : tail * reciprocal(1.0 + tail);
}

UNARY(neg, -a)
UNARY(square, a *a)
UNARY(sqrt, csqrt(a))
UNARY(cbrt, cube_root(a))
UNARY(exp, cexp(a))
UNARY(exp2, cexp(a *M_LN2))
UNARY(expm1, exponential_minus_1(a))
UNARY(log, clog(a))
UNARY(log2, clog(a) / M_LN2)
UNARY(log10, clog(a) / M_LN10)
UNARY(log1p, logarithm_of_1_plus(a))
UNARY(sin, csin(a))
UNARY(cos, ccos(a))
UNARY(tan, ctan(a))
UNARY(asin, casin(a))
UNARY(acos, cacos(a))
UNARY(atan, catan(a))
UNARY(sinh, csinh(a))
UNARY(cosh, ccosh(a))
UNARY(tanh, ctanh(a))
UNARY(asinh, casinh(a))
UNARY(acosh, cacosh(a))
UNARY(atanh, catanh(a))
UNARY(sigmoid, logistic(a))
UNARY(softplus, creal(a) > 0 ? a + logarithm_of_1_plus(cexp(-a)) : logarithm_of_1_plus(cexp(a)))
UNARY(logsigmoid, creal(a) < 0 ? a - logarithm_of_1_plus(cexp(a)) : -logarithm_of_1_plus(cexp(-a)))
BINARY(xlogy, a == 0.0 && creal(b) >= 0 ? 0.0 : a * clog(b))
BINARY(xlog1py, a == 0.0 && creal(b) >= -1 ? 0.0 : a * logarithm_of_1_plus(b))
BINARY(logaddexp, creal(a) > creal(b) ? a + logarithm_of_1_plus(cexp(b - a)) : b + logarithm_of_1_plus(cexp(a - b)))
BINARY(add, a + b)
BINARY(sub, a - b)
BINARY(mul, a *b)
BINARY(zmul, a == 0.0 ? 0.0 : a * b)
BINARY(div, a *reciprocal(b))
BINARY(pow, power(a, b))
BINARY(powi, power(a, creal(b)))
BINARY(hypot, hypotenuse(a, b))
BINARY(atan2, angle(a, b))
TERNARY(fma, a *b + c)

/* ------------------------------------------------------------------------------------------- kinks and steps */

/* a less as many b as leave the real part at `left`. */
static number less_multiple(number a, number b, double left)
{
    return make(left, cimag(a) - round(creal(a) / creal(b) - left / creal(b)) * cimag(b));
}

UNARY(abs, creal(a) > 0 ? a : creal(a) < 0 ? -a : 0.0)
UNARY(sign, (creal(a) > 0) - (creal(a) < 0))
UNARY(relu, creal(a) > 0 ? a : 0.0)
UNARY(floor, floor(creal(a)))
UNARY(ceil, ceil(creal(a)))
UNARY(round, round(creal(a)))
UNARY(trunc, trunc(creal(a)))
UNARY(rint, rint(creal(a)))
UNARY(detach, creal(a))
BINARY(leaky_relu, creal(a) > 0 ? a : a * b)
BINARY(min, creal(a) < creal(b) ? a : creal(a) > creal(b) ? b : (a + b) / 2.0)
BINARY(max, creal(a) > creal(b) ? a : creal(a) < creal(b) ? b : (a + b) / 2.0)
BINARY(copysign, isnan(creal(b)) ? b : signbit(creal(a)) != signbit(creal(b)) ? -a : a)
BINARY(fdim, creal(a) > creal(b) ? a - b : creal(a) <= creal(b) ? 0.0 : NAN)
BINARY(fmod, less_multiple(a, b, fmod(creal(a), creal(b))))
BINARY(remainder, less_multiple(a, b, remainder(creal(a), creal(b))))
BINARY(lt, creal(a) < creal(b))
BINARY(le, creal(a) <= creal(b))
BINARY(gt, creal(a) > creal(b))
BINARY(ge, creal(a) >= creal(b))
BINARY(eq, creal(a) == creal(b))
BINARY(ne, creal(a) != creal(b))
TERNARY(select, creal(a) != 0 ? b : c)

/* ------------------------------------------------------------------------------------------------ erf, gamma */

/* erf(x + iy) - erf(x), by 7.1.29; its terms fall like exp(-n^2 / 4 + n |y|). */
static number erf_beyond(double x, double y)
{
    double gauss = exp(-x * x), c = cos(2 * x * y), s = sin(2 * x * y), half = sin(x * y);
    double re = x != 0 ? half * half / (M_PI * x) : 0.0, im = x != 0 ? s / (2 * M_PI * x) : y / M_PI;
    int last = (int)fmin(2 * fabs(y) + 16, 1000);
    for (int n = 1; n <= last; ++n) {
        double weight = 2 / M_PI * exp(-0.25 * n * n) / (n * n + 4 * x * x), even = cosh(n * y), odd = sinh(n * y);
        double even_1 = 2 * sinh(0.5 * n * y) * sinh(0.5 * n * y);               /* cosh - 1 */
        re += weight * (4 * x * half * half - 2 * x * even_1 * c + n * odd * s); /* 2x - 2x cosh cos + n sinh sin */
        im += weight * (2 * x * even * s + n * odd * c);
    }
    return make(gauss * re, gauss * im);
}

static number erf_of(number z) { return erf(creal(z)) + erf_beyond(creal(z), cimag(z)); }

static number erfc_of(number z) { return erfc(creal(z)) - erf_beyond(creal(z), cimag(z)); }

/* exp(z^2) erfc(z); by the continued fraction DLMF 7.9.1 where it converges soon. */
static number erfc_scaled(number z)
{
    number below = z;
    if (creal(z) < 4)
        return cexp(z * z) * erfc_of(z);
    for (int k = 100; k >= 1; --k)
        below = z + 0.5 * k * reciprocal(below);
    return reciprocal(below) / sqrt(M_PI);
}

/* exp(z^2) times the repeated integral of order n, by the recurrence DLMF 7.18.7 or its quotients. */
static number erfc_integral(double n, number z)
{
    number before = 2 / sqrt(M_PI), now = erfc_scaled(z);
    if (!(n >= 0 && n <= 100 && n == floor(n)))
        return n == -1 ? before : make(NAN, NAN);
    if (creal(z) < 1) {
        for (double k = 1; k <= n; ++k) {
            number next = (0.5 * before - z * now) / k;
            before = now;
            now = next;
        }
        return now;
    }
    double k = 400 + 4 * n;
    for (number quotient = 1 / sqrt(2 * k); k >= 1; --k) {
        now *= k <= n ? quotient : 1.0;
        quotient = 0.5 * reciprocal(z + k * quotient);
    }
    return now;
}

static number normal(number z) { return 0.5 * erfc_of(-z * M_SQRT1_2); }

static number normal_logarithm(number z)
{
    if (creal(z) < -1)
        return clog(0.5 * erfc_scaled(-z * M_SQRT1_2)) - 0.5 * z * z;
    return logarithm_of_1_plus(-normal(-z));
}

/* The v of f(v) = z, from the real one on by Newton; `sign` is that of f's slope, +-2 / sqrt(pi) exp(-v^2). */
static number erf_inverse(number f(number), double sign, slope_value real, number z)
{
    number v = slope_data(real);
    for (int k = 0; k < 6 && isfinite(creal(v)); ++k)
        v += sign * (z - f(v)) * (sqrt(M_PI) / 2) * cexp(v * v);
    return v;
}

static number erfc_inverse(number z)
{
    if (creal(z) > 0.5 && creal(z) < 1.5)
        return erf_inverse(erf_of, 1, slope_erfinv(slope_number(1 - creal(z))), 1.0 - z);
    return erf_inverse(erfc_of, -1, slope_erfcinv(slope_number(creal(z))), z);
}

/* Bernoulli numbers B2, B4 ... B20. */
static const double bernoulli[] = {1.0 / 6,       -1.0 / 30, 1.0 / 42,      -1.0 / 30,     5.0 / 66,
                                   -691.0 / 2730, 7.0 / 6,   -3617.0 / 510, 43867.0 / 798, -174611.0 / 330};

enum { BERNOULLI_COUNT = sizeof bernoulli / sizeof *bernoulli, ASYMPTOTIC = 12, FARTHEST = 100000 };

/* log |gamma| continued: the logarithms of negative factors are those of their opposites. */
static number log_gamma(number z)
{
    number sum = 0.0;
    if (!(creal(z) > -FARTHEST))
        return make(NAN, NAN);
    for (; creal(z) < ASYMPTOTIC; z += 1.0)
        sum -= clog(creal(z) < 0 ? -z : z);
    sum += (z - 0.5) * clog(z) - z + 0.5 * log(2 * M_PI);
    number inverse = reciprocal(z), factor = inverse;
    for (int k = 0; k < BERNOULLI_COUNT; ++k, factor *= inverse * inverse)
        sum += bernoulli[k] / ((2.0 * k + 2.0) * (2.0 * k + 1.0)) * factor;
    return sum;
}

/* The derivative of order m + 1 of log gamma: m = 0 is digamma, 1 trigamma. */
static number polygamma(double m, number z)
{
    number sum = 0.0;
    double sign = fmod(m, 2.0) == 0.0 ? -1.0 : 1.0, factorial = tgamma(m + 1.0);
    if (!(creal(z) > -FARTHEST) || m < 0 || m != floor(m) || m > 100)
        return make(NAN, NAN);
    for (; creal(z) < ASYMPTOTIC + m; z += 1.0)
        sum += sign * factorial * integer_power(reciprocal(z), m + 1.0);
    number inverse = reciprocal(z), factor = integer_power(inverse, m + 2.0);
    number tail = m == 0 ? -clog(z) : factorial / m * integer_power(inverse, m);
    tail += 0.5 * factorial * integer_power(inverse, m + 1.0);
    double ratio = factorial * (m + 1.0) / 2.0; /* (2k + m - 1)! / (2k)! for k = 1 */
    for (int k = 1; k <= BERNOULLI_COUNT; ++k, factor *= inverse * inverse) {
        tail += bernoulli[k - 1] * ratio * factor;
        ratio *= (2.0 * k + m) * (2.0 * k + m + 1.0) / ((2.0 * k + 1.0) * (2.0 * k + 2.0));
    }
    return sum + sign * tail;
}

/* Of the first kind, downwards by DLMF 10.6.1 and scaled by J0 + 2 J2 + 2 J4 + ... = 1. */
static number bessel(double n, number z)
{
    double order = fabs(n), most = fmax(order, cabs(z)), sign = n < 0 && fmod(order, 2) == 1 ? -1 : 1;
    number above = 0.0, now = 1e-200, sum = 0.0, found = 0.0, inverse = reciprocal(z);
    if (order != floor(order) || !(most < FARTHEST))
        return make(NAN, NAN);
    if (cabs(z) < 1e-9)
        return sign * integer_power(z / 2.0, order) / tgamma(order + 1);
    for (double k = 2 * floor(most / 2 + 30 + 4 * cbrt(most)); k > 0; --k) {
        number below = 2 * k * inverse * now - above;
        above = now;
        now = below;
        if (k - 1 == order)
            found = now;
        if (k > 1 && fmod(k, 2) == 1)
            sum += 2 * now;
        if (cabs(now) > 1e200)
            now *= 1e-250, above *= 1e-250, sum *= 1e-250, found *= 1e-250;
    }
    return sign * found * reciprocal(sum + now);
}

BINARY(besselj, bessel(creal(a), b))
UNARY(erf, erf_of(a))
UNARY(erfc, erfc_of(a))
UNARY(erfcx, erfc_scaled(a))
BINARY(ierfcx, erfc_integral(creal(a), b))
UNARY(ndtr, normal(a))
UNARY(log_ndtr, normal_logarithm(a))
UNARY(ndtri, -M_SQRT2 *erfc_inverse(2.0 * a))
UNARY(erfinv, fabs(creal(a)) < 0.5 ? erf_inverse(erf_of, 1, slope_erfinv(slope_number(creal(a))), a)
              : creal(a) > 0       ? erfc_inverse(1.0 - a)
                                   : -erfc_inverse(1.0 + a))
UNARY(erfcinv, erfc_inverse(a))
UNARY(tgamma, tgamma(creal(a)) * cexp(log_gamma(a) - creal(log_gamma(creal(a)))))
UNARY(lgamma, log_gamma(a))
UNARY(digamma, polygamma(0.0, a))
UNARY(trigamma, polygamma(1.0, a))
BINARY(polygamma, polygamma(creal(a), b))

/* ----------------------------------------------------------------------------------- any number of operands */

static number f_sum(size_t n, const number z[])
{
    number sum = 0.0;
    for (size_t i = 0; i < n; ++i)
        sum += z[i];
    return sum;
}

static number f_mean(size_t n, const number z[]) { return f_sum(n, z) / (double)n; }

static number f_dot(size_t n, const number z[])
{
    number sum = 0.0;
    for (size_t i = 0; i < n / 2; ++i)
        sum += z[i] * z[n / 2 + i];
    return sum;
}

static number f_norm(size_t n, const number z[])
{
    number length = 0.0;
    for (size_t i = 0; i < n; ++i)
        length = hypotenuse(length, z[i]);
    return length;
}

static number f_logsumexp(size_t n, const number z[])
{
    double largest = -INFINITY;
    number sum = 0.0;
    for (size_t i = 0; i < n; ++i)
        largest = fmax(largest, creal(z[i]));
    for (size_t i = 0; i < n; ++i)
        sum += cexp(z[i] - largest);
    return largest + clog(sum);
}

static number f_poly(size_t n, const number z[])
{
    number value = 0.0;
    for (size_t i = n; i-- > 1;)
        value = value * z[0] + z[i];
    return value;
}

/* ------------------------------------------------------------------------------------------------ the tape */

/* Filled in once a call: the function of each operation code. */
static function find(const char *name)
{
    static const struct {
        const char *name;
        function f;
    } table[] = {
#define ROW(name) {#name, f_##name}
        ROW(neg),    ROW(square),  ROW(sqrt),      ROW(cbrt),       ROW(exp),     ROW(exp2),       ROW(expm1),
        ROW(log),    ROW(log2),    ROW(log10),     ROW(log1p),      ROW(sin),     ROW(cos),        ROW(tan),
        ROW(asin),   ROW(acos),    ROW(atan),      ROW(sinh),       ROW(cosh),    ROW(tanh),       ROW(asinh),
        ROW(acosh),  ROW(atanh),   ROW(sigmoid),   ROW(softplus),   ROW(add),     ROW(sub),        ROW(mul),
        ROW(div),    ROW(pow),     ROW(powi),      ROW(hypot),      ROW(atan2),   ROW(fma),        ROW(abs),
        ROW(sign),   ROW(relu),    ROW(floor),     ROW(ceil),       ROW(round),   ROW(leaky_relu), ROW(min),
        ROW(max),    ROW(lt),      ROW(le),        ROW(gt),         ROW(ge),      ROW(eq),         ROW(ne),
        ROW(select), ROW(erf),     ROW(erfc),      ROW(lgamma),     ROW(digamma), ROW(trigamma),   ROW(polygamma),
        ROW(trunc),  ROW(rint),    ROW(copysign),  ROW(fdim),       ROW(fmod),    ROW(remainder),  ROW(tgamma),
        ROW(erfcx),  ROW(ierfcx),  ROW(ndtr),      ROW(log_ndtr),   ROW(ndtri),   ROW(erfinv),     ROW(erfcinv),
        ROW(xlogy),  ROW(xlog1py), ROW(logaddexp), ROW(logsigmoid), ROW(zmul),    ROW(sum),        ROW(mean),
        ROW(dot),    ROW(norm),    ROW(logsumexp), ROW(poly),       ROW(detach),  ROW(besselj),
#undef ROW
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; ++i)
        if (!strcmp(table[i].name, name))
            return table[i].f;
    return NULL;
}

static function *list_functions(void)
{
    size_t count = slope_op_count();
    function *f = calloc(count + 1, sizeof *f);
    for (size_t i = 0; f && i < count; ++i) {
        const slope_op_info *info = slope_op_describe((slope_op)i);
        f[i] = info ? find(info->name) : NULL;
    }
    return f;
}

const char *cli_complex_missing(const cli_model *model)
{
    size_t size = slope_tape_size(model->tape);
    for (size_t i = 0; i < size; ++i) {
        slope_node node;
        if (!slope_inspect(slope_tape_value(model->tape, i), &node) && node.operands && !find(node.name))
            return node.name;
    }
    return NULL;
}

/* The complex value of every node; `operand` has room for the most operands of any node. */
static int evaluate(const cli_model *model, const function f[], size_t size, const double x[], number *value,
                    number *operand)
{
    for (size_t i = 0; i < size; ++i) {
        slope_value v = slope_tape_value(model->tape, i);
        slope_node node;
        if (slope_inspect(v, &node))
            return 1;
        if (i < model->inputs) { /* they were recorded first, in order */
            value[i] = make(x[2 * i], x[2 * i + 1]);
            continue;
        }
        for (size_t j = 0; j < node.operands; ++j) {
            slope_value from = slope_operand(v, j);
            operand[j] = slope_is_number(from) ? slope_data(from) : value[from.node.id];
        }
        if (node.operands && ((size_t)node.op >= slope_op_count() || !f[node.op]))
            return 1;
        value[i] = node.operands ? f[node.op](node.operands, operand) : node.data;
    }
    return 0;
}

int cli_complex_eval(size_t n, const double x[], size_t m, double y[], void *context)
{
    const cli_model *model = context;
    size_t size = slope_tape_size(model->tape), most = 1;
    for (size_t i = 0; i < size; ++i) {
        slope_node node;
        if (!slope_inspect(slope_tape_value(model->tape, i), &node) && node.operands > most)
            most = node.operands;
    }
    function *f = list_functions();
    number *value = calloc(size + 1, sizeof *value), *operand = calloc(most, sizeof *operand);
    int failed =
        !f || !value || !operand || n != model->inputs || m != 1 || evaluate(model, f, size, x, value, operand);
    if (!failed) {
        number result = slope_is_number(model->result) ? slope_data(model->result) : value[model->result.node.id];
        memcpy(y, &result, sizeof result);
    }
    free(f);
    free(value);
    free(operand);
    return failed;
}
