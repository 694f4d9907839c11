/* SPDX-License-Identifier: MIT */
/*
 * The words in which partials are written.  A word is an operation of the table; what it does is said by who includes
 * this file, which defines
 *   WORD(name)    the operation `name` on the includer's type
 *   NUMBER(k)     the number k in the includer's type
 *   IF(c, x, y)   x where c is not 0, else y
 *   AGAIN(x, y)   the fast x in the sweep; when recording, to be differentiated again, the equal y whose slope rounds
 * less
 */
#define K(k) NUMBER(k)
#define ZERO NUMBER(0.0)
#define ONE NUMBER(1.0)
#define TWO NUMBER(2.0)
#define HALF NUMBER(0.5)
#define MINUS_ONE NUMBER(-1.0)
#define LN2 NUMBER(0.693147180559945309417)
#define LOG2_E NUMBER(1.44269504088896340736)
#define LOG10_E NUMBER(0.43429448190325182765)
#define TWO_OVER_SQRT_PI NUMBER(1.12837916709551257390)
#define HALF_SQRT_PI NUMBER(0.88622692545275801365)
#define SQRT_HALF NUMBER(0.70710678118654752440)
#define SQRT_2_OVER_PI NUMBER(0.79788456080286535588)
#define SQRT_2_PI NUMBER(2.50662827463100050242)
#define ONE_OVER_SQRT_2_PI NUMBER(0.39894228040143267794)

#define ADD(x, y) WORD(add)(x, y)
#define SUB(x, y) WORD(sub)(x, y)
#define MUL(x, y) WORD(mul)(x, y)
#define ZMUL(x, y) WORD(zmul)(x, y)
#define DIV(x, y) WORD(div)(x, y)
#define NEG(x) WORD(neg)(x)
#define FMA(x, y, z) WORD(fma)(x, y, z)
#define POW(x, y) WORD(pow)(x, y)
#define POWI(x, y) WORD(powi)(x, y)
#define SQUARE(x) WORD(square)(x)
#define SQRT(x) WORD(sqrt)(x)
#define HYPOT(x, y) WORD(hypot)(x, y)
#define EXP(x) WORD(exp)(x)
#define LOG(x) WORD(log)(x)
#define LOG1P(x) WORD(log1p)(x)
#define SIN(x) WORD(sin)(x)
#define COS(x) WORD(cos)(x)
#define SINH(x) WORD(sinh)(x)
#define COSH(x) WORD(cosh)(x)
#define TANH(x) WORD(tanh)(x)
#define ERFCX(x) WORD(erfcx)(x)
#define IERFCX(n, x) WORD(ierfcx)(n, x)
#define NDTR(x) WORD(ndtr)(x)
#define DIGAMMA(x) WORD(digamma)(x)
#define TRIGAMMA(x) WORD(trigamma)(x)
#define POLYGAMMA(n, x) WORD(polygamma)(n, x)
#define BESSELJ(n, x) WORD(besselj)(n, x)
#define ABS(x) WORD(abs)(x)
#define SIGN(x) WORD(sign)(x)
#define COPYSIGN(x, y) WORD(copysign)(x, y)
#define MIN(x, y) WORD(min)(x, y)
#define MAX(x, y) WORD(max)(x, y)
#define SIGMOID(x) WORD(sigmoid)(x)
#define ROUND(x) WORD(round)(x)
#define LT(x, y) WORD(lt)(x, y)
#define LE(x, y) WORD(le)(x, y)
#define GT(x, y) WORD(gt)(x, y)
#define GE(x, y) WORD(ge)(x, y)
#define EQ(x, y) WORD(eq)(x, y)
#define NE(x, y) WORD(ne)(x, y)

/* 0, but NaN for NaN: the slope of a step. */
#define FLAT(x) IF(EQ(x, x), ZERO, NUMBER(NAN))

/* The integer -(a - v) / b for v = a - b integer: rounding takes away what the quotients round.  Neither overflows
   before it must. */
#define MINUS_QUOTIENT(a, b, v) ROUND(SUB(DIV(v, b), DIV(a, b)))

/* x where c holds, or where it does not; else 1, with which nothing goes wrong.  Functions compute both sides of an IF:
   the operands of the side that is not taken are made harmless, so that it raises no floating-point exception. */
#define WHERE(c, x) IF(c, x, ONE)
#define UNLESS(c, x) IF(c, ONE, x)

/* slope, but NaN where x is +Inf: there an overflow and a limit of 0 can't be told apart. */
#define BELOW_INF(x, slope) IF(EQ(x, NUMBER(INFINITY)), NUMBER(NAN), slope)

/* slope for -1 <= x <= 1, else NaN. */
#define IN_UNIT(x, slope) IF(LE(ABS(x), ONE), slope, NUMBER(NAN))

/* slope for low <= x < Inf, else NaN. */
#define FROM_TO_INF(low, x, slope) IF(GE(x, low), BELOW_INF(x, slope), NUMBER(NAN))

/* slope of x^p, but NaN at +Inf where x^p is a root. */
#define ROOT_BELOW_INF(x, p, slope) IF(MUL(EQ(x, NUMBER(INFINITY)), LT(ABS(SUB(p, HALF)), HALF)), NUMBER(NAN), slope)

/* x, but 0 for -0: so that 1 / x is +Inf, and goes on to have a slope, which ABS at 0 has not. */
#define NO_MINUS_0(x) ADD(x, ZERO)

/* 1 - x^2.  Beside 1 the product keeps the digits; beside 0 its slope would lose them. */
#define ONE_MINUS_SQUARE(x) IF(LT(ABS(x), HALF), SUB(ONE, SQUARE(x)), MUL(SUB(ONE, x), ADD(ONE, x)))

/* x^2 - 1 as a product, which keeps its digits beside 1. */
#define A2_MINUS_1(x) MUL(SUB(x, ONE), ADD(x, ONE))

/* x / h with h = hypot(x, y); for |x| > |y| so that its slope y^2 / h^3 isn't the small difference of large terms. */
#define SHARE(x, y, h)                                                                                            \
    IF(LT(ABS(y), ABS(x)),                                                                                        \
       MUL(SIGN(x),                                                                                               \
           POW(ADD(ONE, SQUARE(DIV(WHERE(LT(ABS(y), ABS(x)), y), WHERE(LT(ABS(y), ABS(x)), x)))), NUMBER(-0.5))), \
       DIV(x, h))

/* x / (x^2 + y^2), by way of the smaller quotient where squares leave the range. */
#define OVER_SQUARES(x, y)                                                                                          \
    IF(HAVE_SQUARES(x, y), DIV(x, SQUARES(WHERE(HAVE_SQUARES(x, y), x), WHERE(HAVE_SQUARES(x, y), y))),             \
       IF(LT(ABS(y), ABS(x)), BY_SMALLER_QUOTIENT(ONE, WHERE(LT(ABS(y), ABS(x)), y), WHERE(LT(ABS(y), ABS(x)), x)), \
          BY_LARGER_QUOTIENT(UNLESS(LT(ABS(y), ABS(x)), x), UNLESS(LT(ABS(y), ABS(x)), y))))
#define BY_SMALLER_QUOTIENT(one, y, x) DIV(DIV(one, x), ADD(ONE, SQUARE(DIV(y, x))))
#define BY_LARGER_QUOTIENT(x, y) DIV(DIV(DIV(x, y), y), ADD(ONE, SQUARE(DIV(x, y))))
#define SQUARES(x, y) FMA(x, x, SQUARE(y))
/* The larger operand is such that squares stay in the range of double and of float. */
#define HAVE_SQUARES(x, y) MUL(LT(NUMBER(1e-15), LARGER(x, y)), LT(LARGER(x, y), NUMBER(1e15)))
#define LARGER(x, y) IF(LT(ABS(y), ABS(x)), ABS(x), ABS(y))

/* e / (1 + e)^2 = e - e s with s = w / (1 + w), w = e (2 + e): the smaller e, the less it rounds. */
#define LOGISTIC_SLOPE(e) \
    AGAIN(SUB(e, MUL(e, DIV(MUL(e, ADD(TWO, e)), ADD(ONE, MUL(e, ADD(TWO, e)))))), DIV(e, FMA(e, ADD(TWO, e), ONE)))

/* A correction far below 1 as a multiple of 2^-64, so that its slope is 0. */
#define FROZEN(c) MUL(NUMBER(0x1p-64), ROUND(MUL(NUMBER(0x1p64), c)))

/* x + x c */
#define CORRECTED(x, c) FMA(x, FROZEN(c), x)

/* x^(-2/3); what -2/3 as a double leaves out is made good.  The cube root of libm is up to 4 ulp off. */
#define TO_MINUS_2_THIRDS(x) \
    CORRECTED(POW(x, NUMBER(-0.66666666666666663)), MUL(NUMBER(-3.7007434154171886e-17), LOG(x)))

/* The slope of min or max along x, `wins` telling whether x alone is taken: NaN operands take all. */
#define CHOSEN(x, y, wins) IF(EQ(x, y), HALF, IF(NE(x, x), NUMBER(NAN), IF(NE(y, y), ZERO, IF(wins, ONE, ZERO))))

/* exp(-x^2) to full precision: the rounding error of x^2, which fma gives, is made good to first order. */
#define GAUSS(x) IF(GE(ABS(x), NUMBER(27.5)), ZERO, GAUSS_INSIDE(UNLESS(GE(ABS(x), NUMBER(27.5)), x)))
#define GAUSS_INSIDE(x) CORRECTED(EXP(NEG(MUL(x, x))), FMA(NEG(x), x, MUL(x, x)))

/* exp(-x^2 / 2) / sqrt(2 pi) likewise; beyond 40 it is 0. */
#define NORMAL_DENSITY(x) NORMAL_DENSITY_INSIDE(MAX(MIN(x, NUMBER(40)), NUMBER(-40)))
#define NORMAL_DENSITY_INSIDE(x) \
    MUL(ONE_OVER_SQRT_2_PI, CORRECTED(EXP(MUL(NUMBER(-0.5), SQUARE(x))), MUL(HALF, FMA(NEG(x), x, SQUARE(x)))))

/* x / y, but where y is 0 a strong zero, so that x = 0 gives 0 and goes on to have the slope 1 / y. */
#define TIMES_INVERSE(x, y) IF(EQ(y, ZERO), ZMUL(x, DIV(ONE, NO_MINUS_0(y))), DIV(x, y))

/* sigmoid(x - y), the rounding error of the difference (Knuth) made good; from the side that is small. */
#define LOGISTIC_OF_DIFFERENCE(x, y) IF(GT(x, y), SUB(ONE, SMALLER_SHARE(y, x)), SMALLER_SHARE(x, y))
#define SMALLER_SHARE(x, y)              \
    IF(GE(SUB(y, x), NUMBER(800)), ZERO, \
       CORRECTED(SIGMOID(SUB(x, y)), MUL(REST_OF_DIFFERENCE(x, y, SUB(x, y)), SIGMOID(SUB(y, x)))))
#define REST_OF_DIFFERENCE(x, y, d) SUB(SUB(x, SUB(d, SUB(d, x))), ADD(y, SUB(d, x)))

/* 1e308 where c holds, else 0: twice as a factor it is an infinite slope. */
#define JUMP(c) IF(c, NUMBER(1e308), ZERO)

/* slope, and where c holds, there d being 0, one that has no slope along d: kinks.  Only recorded: the sweep does not
   ask for slopes of slopes.  Not Inf times d, which is NaN before zeros are kept strong. */
#define WITH_KINK(c, d, slope) AGAIN(slope, ADD(slope, ZMUL(ZMUL(d, JUMP(c)), JUMP(c))))

/* The slope of v^e along an operand x of v, which is an operation `code` (a root, or a distance; x^q for pow): v^e has
   a slope where v has none. */
#define POWER_OF_SQRT(x, v, e) IF(EQ(e, TWO), IF(GE(x, ZERO), ONE, NUMBER(NAN)), MUL(MUL(HALF, e), POW(v, SUB(e, TWO))))
#define POWER_OF_CBRT(x, v, e) \
    IF(EQ(e, NUMBER(3.0)), IF(EQ(x, x), ONE, NUMBER(NAN)), MUL(DIV(e, NUMBER(3.0)), POWI(v, SUB(e, NUMBER(3.0)))))
#define POWER_OF_POW(x, q, e) \
    IF(GE(x, ZERO), IF(EQ(MUL(q, e), ONE), ONE, MUL(MUL(q, e), POW(x, SUB(MUL(q, e), ONE)))), NUMBER(NAN))
#define POWER_OF_DISTANCE(x, v, e) IF(EQ(e, TWO), MUL(TWO, x), ZMUL(MUL(e, x), POW(v, SUB(e, TWO))))
#define POWER_SLOPE(code, x, q, v, e)                      \
    ((code) == slope__code_sqrt   ? POWER_OF_SQRT(x, v, e) \
     : (code) == slope__code_cbrt ? POWER_OF_CBRT(x, v, e) \
     : (code) == slope__code_pow  ? POWER_OF_POW(x, q, e)  \
                                  : POWER_OF_DISTANCE(x, v, e))

/* The slopes of log erfc and log ndtr, from erfcx where both of their factors may be 0. */
#define LOG_ERFC_SLOPE(x)                                                      \
    IF(GT(x, MINUS_ONE), DIV(NEG(TWO_OVER_SQRT_PI), ERFCX(MAX(x, MINUS_ONE))), \
       DIV(MUL(NEG(TWO_OVER_SQRT_PI), GAUSS(x)), WORD(erfc)(MIN(x, ZERO))))
#define LOG_NDTR_SLOPE(x)                                                           \
    IF(LT(x, NUMBER(-1e8)), SUB(NEG(x), DIV(ONE, MIN(x, MINUS_ONE))),               \
       IF(LT(x, ONE), DIV(SQRT_2_OVER_PI, ERFCX(MUL(NEG(SQRT_HALF), MIN(x, ONE)))), \
          DIV(NORMAL_DENSITY(x), NDTR(MAX(x, ZERO)))))

/* The slope of the logarithm of an operation `code` on x, or of x itself for any other code. */
#define LOG_SLOPE(code, x)                               \
    ((code) == slope__code_exp       ? ONE               \
     : (code) == slope__code_exp2    ? LN2               \
     : (code) == slope__code_sigmoid ? SIGMOID(NEG(x))   \
     : (code) == slope__code_erfc    ? LOG_ERFC_SLOPE(x) \
     : (code) == slope__code_ndtr    ? LOG_NDTR_SLOPE(x) \
                                     : DIV(ONE, x))
