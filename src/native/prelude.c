/* SPDX-License-Identifier: MIT */
/*
 * What stands before every generated program: vectors of W numbers, loads and stores with fewer valid lanes at the end
 * of a loop, and the operations of the table on numbers (s_...) and on lanes (v_...).
 *
 * The text is expanded once for each of the two by macros, so both give the same bits wherever libm has no part in it.
 * Lanes that hold no item repeat the last one that does.  What is not written here goes through `host`, slope__value of
 * the library.
 */
#include "native/native.h"

static const char *const types[] = {
    "#if defined __GNUC__ && !defined __clang__\n" /* these fill the registers many times over with vectors of one
                                                      number */
    "#pragma GCC optimize(\"no-tree-pre\", \"no-tree-loop-im\", \"no-move-loop-invariants\")\n"
    "#endif\n"
    "typedef double V __attribute__((vector_size(8 * W)));\n"
    "typedef double U __attribute__((vector_size(8 * W), aligned(8)));\n"
    "typedef long long M __attribute__((vector_size(8 * W)));\n"
    "#define EACH_LANE for (int l = 0; l < W; l++)\n"
    "#define FN static inline __attribute__((unused))\n"
    "#define SLOW static __attribute__((unused, noinline))\n"
    "#define HIDE(p) __asm__(\"\" : \"+r\"(p))\n"
    "static double (*host)(unsigned, size_t, const double *);\n"
    "void slope_host(double (*f)(unsigned, size_t, const double *)) { __atomic_store_n(&host, f, __ATOMIC_RELAXED); }\n"
    "FN V SP(double x) { V r; EACH_LANE r[l] = x; return r; }\n"
    "FN int any(M m) { long long r = 0; EACH_LANE r |= m[l]; return r != 0; }\n",
    /* loads: m lanes are valid */
    "SLOW V load_some(const double *p, ptrdiff_t s, int m) {\n"
    "    V r; EACH_LANE r[l] = p[(l < m ? l : m - 1) * s]; return r; }\n"
    "FN V load1(const double *p, int m) { return m == W ? *(const U *)p : load_some(p, 1, m); }\n"
    "FN V load(const double *p, ptrdiff_t s, int m) {\n"
    "    if (m != W) return load_some(p, s, m);\n"
    "    V r; EACH_LANE r[l] = p[l * s]; return r; }\n"
    "FN V load_any(const double *p, ptrdiff_t s, int m) {\n"
    "    return s == 1 && m == W ? (V) * (const U *)p : s == 0 ? SP(*p) : load(p, s, m); }\n"
    "FN V load_list(const double *p, ptrdiff_t s, const uint32_t *t, ptrdiff_t step, int m) {\n"
    "    V r; EACH_LANE r[l] = p[t[(l < m ? l : m - 1) * step] * s]; return r; }\n",
    "FN void store1(double *p, V v, int m) {\n"
    "    if (m == W) *(U *)p = v; else for (int l = 0; l < m; l++) p[l] = v[l]; }\n"
    "FN void store(double *p, ptrdiff_t s, V v, int m) { for (int l = 0; l < m; l++) p[l * s] = v[l]; }\n"
    "FN void store_list(double *p, const uint32_t *t, ptrdiff_t step, V v, int m) {\n"
    "    for (int l = 0; l < m; l++) p[t[l * step]] = v[l]; }\n"
    "FN void add1(double *p, V v, int m) {\n"
    "    if (m == W) *(U *)p += v; else for (int l = 0; l < m; l++) p[l] += v[l]; }\n"
    "FN void add(double *p, ptrdiff_t s, V v, int m) { for (int l = 0; l < m; l++) p[l * s] += v[l]; }\n"
    "FN void add_list(double *p, const uint32_t *t, ptrdiff_t step, V v, int m) {\n"
    "    for (int l = 0; l < m; l++) p[t[l * step]] += v[l]; }\n",
    /* n rows of lanes to m columns of n numbers, s apart */
    "#if W == 8 && defined __has_builtin\n"
    "#if __has_builtin(__builtin_shufflevector)\n"
    "#define X(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)\n"
    "#define PAIRS(b, a) b = X((a)[0], (a)[1], 0, 8, 2, 10, 4, 12, 6, 14), b##_ = X((a)[0], (a)[1], 1, 9, 3, 11, 5, "
    "13, 7, 15)\n"
    "#define FOURS(c, a, b) c = X(a, b, 0, 1, 8, 9, 4, 5, 12, 13), c##_ = X(a, b, 2, 3, 10, 11, 6, 7, 14, 15)\n"
    "#define EIGHTS(k, a, b) t[k] = X(a, b, 0, 1, 2, 3, 8, 9, 10, 11), t[k + 4] = X(a, b, 4, 5, 6, 7, 12, 13, 14, 15)\n"
    "FN void turn(const V *a, V *t) {\n"
    "    const V PAIRS(b0, a), PAIRS(b2, a + 2), PAIRS(b4, a + 4), PAIRS(b6, a + 6);\n"
    "    const V FOURS(c0, b0, b2), FOURS(c1, b0_, b2_), FOURS(c4, b4, b6), FOURS(c5, b4_, b6_);\n"
    "    EIGHTS(0, c0, c4); EIGHTS(1, c1, c5); EIGHTS(2, c0_, c4_); EIGHTS(3, c1_, c5_); }\n"
    "#define TURNS\n"
    "#endif\n"
    "#endif\n"
    "#ifndef TURNS\n"
    "FN void turn(const V *a, V *t) { EACH_LANE for (int k = 0; k < W; k++) t[l][k] = a[k][l]; }\n"
    "#endif\n"
    "FN void columns(double *p, ptrdiff_t s, const V *u, size_t n, int m, int adds) {\n"
    "    size_t j = 0;\n"
    "    for (; j + W <= n; j += W) { V t[W]; turn(u + j, t);\n"
    "        for (int l = 0; l < m; l++) { U *q = (U *)(p + l * s + j); *q = adds ? *q + t[l] : t[l]; } }\n"
    "    for (; j < n; j++) for (int l = 0; l < m; l++) p[l * s + j] = adds ? p[l * s + j] + u[j][l] : u[j][l]; }\n",
    /* runs of numbers */
    "FN void run_set(double *p, const double *q, size_t n) { memcpy(p, q, n * sizeof *p); }\n"
    "FN void run_add(double *p, const double *q, size_t n) {\n"
    "    size_t j = 0;\n"
    "    for (; j + W <= n; j += W) *(U *)(p + j) += *(const U *)(q + j);\n"
    "    for (; j < n; j++) p[j] += q[j]; }\n"
    "FN int run_nan(const double *p, size_t n) {\n"
    "    M bad = {0}; size_t j = 0; int r = 0;\n"
    "    for (; j + W <= n; j += W) bad |= *(const U *)(p + j) != *(const U *)(p + j);\n"
    "    for (; j < n; j++) r |= p[j] != p[j];\n"
    "    return r | any(bad); }\n",
    /* sums over items: 8 partial sums whatever W is, in `8 / W` rows of n vectors */
    "FN void zero(void *p, size_t n) { memset(p, 0, n); }\n"
    "FN void keep_lanes(V *a, const V *old, size_t n, int m) {\n"
    "    M kept; EACH_LANE kept[l] = l < m ? -1 : 0;\n"
    "    for (size_t k = 0; k < n; k++) a[k] = (V)(((M)a[k] & kept) | ((M)old[k] & ~kept)); }\n"
    "typedef double Four __attribute__((vector_size(32), aligned(8)));\n"
    "typedef double Two __attribute__((vector_size(16), aligned(8)));\n"
    "FN double total(const V *a, size_t n) {\n" /* ((0 + 4) + (2 + 6)) + ((1 + 5) + (3 + 7)) */
    "#if W == 2\n"
    "    const Two d = (a[0] + a[2 * n]) + (a[n] + a[3 * n]);\n"
    "#else\n"
    "#if W == 4\n"
    "    const Four q = a[0] + a[n];\n"
    "#else\n"
    "    const Four q = ((const Four *)a)[0] + ((const Four *)a)[1];\n"
    "#endif\n"
    "    const Two d = ((const Two *)&q)[0] + ((const Two *)&q)[1];\n"
    "#endif\n"
    "    return d[0] + d[1]; }\n"};

/* The words of operations on numbers and on lanes. */
static const char *const words[] = {
    "#define s_if(c, x, y) ((c) ? (x) : (y))\n"
    "#define v_if(c, x, y) v_choose((c), (x), (y))\n"
    "FN V v_choose(M c, V x, V y) { return (V)(((M)x & c) | ((M)y & ~c)); }\n"
    "#define s_put(x) (x)\n"
    "#define v_put(x) SP(x)\n"
    "FN double s_abs(double a) { return __builtin_fabs(a); }\n"
    "FN V v_abs(V a) { return (V)((M)a & 0x7fffffffffffffffLL); }\n"
    "FN double s_with_sign(double a, double b) { return __builtin_copysign(a, b); }\n"
    "FN V v_with_sign(V a, V b) {\n"
    "    return (V)(((M)a & 0x7fffffffffffffffLL) | ((M)b & ~0x7fffffffffffffffLL)); }\n"
    "FN double s_sqrt(double a) { return sqrt(a); }\n"
    "FN double s_floor(double a) { return floor(a); }\n"
    "FN double s_ceil(double a) { return ceil(a); }\n"
    "FN double s_trunc(double a) { return trunc(a); }\n"
    "FN double s_rint(double a) { return rint(a); }\n"
    "FN double s_fma(double a, double b, double c) { return fma(a, b, c); }\n"
    "FN double s_host(unsigned code, double a) { return host(code, 1, &a); }\n"
    "FN double s_host2(unsigned code, double a, double b) { const double x[2] = {a, b}; return host(code, 2, x); }\n"
    "FN double s_host3(unsigned code, double a, double b, double c) {\n"
    "    const double x[3] = {a, b, c}; return host(code, 3, x); }\n",
    "#if defined __AVX512F__ && W == 8 || defined __AVX__ && W == 4\n"
    "#if W == 8\n"
    "#define ROUND \"vrndscalepd\"\n"
    "#define ANY \"v\"\n"
    "#else\n"
    "#define ROUND \"vroundpd\"\n"
    "#define ANY \"x\"\n"
    "#endif\n"
    "FN V v_sqrt(V a) { V r; __asm__(\"vsqrtpd %1, %0\" : \"=v\"(r) : \"v\"(a)); return r; }\n"
    "FN V v_floor(V a) { V r; __asm__(ROUND \" $9, %1, %0\" : \"=\" ANY(r) : ANY(a)); return r; }\n"
    "FN V v_ceil(V a) { V r; __asm__(ROUND \" $10, %1, %0\" : \"=\" ANY(r) : ANY(a)); return r; }\n"
    "FN V v_trunc(V a) { V r; __asm__(ROUND \" $11, %1, %0\" : \"=\" ANY(r) : ANY(a)); return r; }\n"
    "FN V v_rint(V a) { V r; __asm__(ROUND \" $8, %1, %0\" : \"=\" ANY(r) : ANY(a)); return r; }\n"
    "#else\n"
    "FN V v_sqrt(V a) { EACH_LANE a[l] = sqrt(a[l]); return a; }\n"
    "FN V v_floor(V a) { EACH_LANE a[l] = floor(a[l]); return a; }\n"
    "FN V v_ceil(V a) { EACH_LANE a[l] = ceil(a[l]); return a; }\n"
    "FN V v_trunc(V a) { EACH_LANE a[l] = trunc(a[l]); return a; }\n"
    "FN V v_rint(V a) { EACH_LANE a[l] = rint(a[l]); return a; }\n"
    "#endif\n"
    "#if defined __FMA__ && W >= 4\n"
    "FN V v_fma(V a, V b, V c) { __asm__(\"vfmadd213pd %2, %1, %0\" : \"+v\"(a) : \"v\"(b), \"v\"(c)); return a; }\n"
    "#else\n"
    "FN V v_fma(V a, V b, V c) { EACH_LANE a[l] = fma(a[l], b[l], c[l]); return a; }\n"
    "#endif\n"
    "FN V v_host(unsigned code, V a) { EACH_LANE a[l] = s_host(code, a[l]); return a; }\n"
    "FN V v_host2(unsigned code, V a, V b) { EACH_LANE a[l] = s_host2(code, a[l], b[l]); return a; }\n"
    "FN V v_host3(unsigned code, V a, V b, V c) { EACH_LANE a[l] = s_host3(code, a[l], b[l], c[l]); return a; }\n",
};

/* Functions of libm on lanes, expanded per name. */
static const char *const library[] = {
    "#define NUMBER1(name) FN double s_##name(double a) { return name(a); }\n"
    "#define NUMBER2(name) FN double s_##name(double a, double b) { return name(a, b); }\n"
    "#define EACH1(name) NUMBER1(name) FN V v_##name(V a) { EACH_LANE a[l] = name(a[l]); return a; }\n"
    "#define EACH2(name) NUMBER2(name) FN V v_##name(V a, V b) { EACH_LANE a[l] = name(a[l], b[l]); return a; }\n"
    "#ifdef VECTOR_LIBM\n"
    "#define PASTE_(a, b) a##b\n"
    "#define PASTE(a, b) PASTE_(a, b)\n"
    "#define LIBM1(name) NUMBER1(name) V PASTE(VECTOR_LIBM, v_##name)(V); \\\n"
    "    FN V v_##name(V a) { return PASTE(VECTOR_LIBM, v_##name)(a); }\n"
    "#define LIBM2(name) NUMBER2(name) V PASTE(VECTOR_LIBM, vv_##name)(V, V); \\\n"
    "    FN V v_##name(V a, V b) { return PASTE(VECTOR_LIBM, vv_##name)(a, b); }\n"
    "#else\n"
    "#define LIBM1 EACH1\n"
    "#define LIBM2 EACH2\n"
    "#endif\n"
    "LIBM2(pow) LIBM1(cbrt) LIBM2(hypot) LIBM1(exp) LIBM1(exp2) LIBM1(expm1) LIBM1(log) LIBM1(log2) LIBM1(log10)\n"
    "LIBM1(log1p) LIBM1(sin) LIBM1(cos) LIBM1(tan) LIBM1(asin) LIBM1(acos) LIBM1(atan) LIBM2(atan2) LIBM1(sinh)\n"
    "LIBM1(cosh) LIBM1(tanh) LIBM1(asinh) LIBM1(acosh) LIBM1(atanh) LIBM1(erf) LIBM1(erfc)\n"
    "EACH1(tgamma) EACH2(fmod) EACH2(remainder)\n", /* which no vector library has */
};

/* Everything else, on numbers and on lanes at once: T the type, p the prefix. */
static const char *const both[] = {
    "#define OPERATIONS(T, p) \\\n"
    "FN T p##add(T a, T b) { return a + b; } \\\n"
    "FN T p##sub(T a, T b) { return a - b; } \\\n"
    "FN T p##mul(T a, T b) { return a * b; } \\\n"
    "FN T p##div(T a, T b) { return a / b; } \\\n"
    "FN T p##neg(T a) { return -a; } \\\n"
    "FN T p##zmul(T a, T b) { return a * b; } \\\n"
    "FN T p##square(T a) { return a * a; } \\\n"
    "FN T p##powi(T a, T b) { return p##if(b == p##trunc(b), p##pow(a, b), p##put(__builtin_nan(\"\"))); } \\\n"
    "FN T p##sign(T a) { return p##if(a > 0, p##put(1.0), p##if(a < 0, p##put(-1.0), a)); } \\\n"
    "FN T p##detach(T a) { return a; } \\\n"
    "FN T p##copysign(T a, T b) { return p##if(b == b, p##with_sign(a, b), b); } \\\n"
    "FN T p##min(T a, T b) { return p##if(a < b, a, p##if(a != a, a, b)); } \\\n"
    "FN T p##max(T a, T b) { return p##if(a > b, a, p##if(a != a, a, b)); } \\\n"
    "FN T p##fdim(T a, T b) { return p##if(a <= b, p##put(0.0), a - b); } \\\n"
    "FN T p##relu(T a) { return p##if(a <= 0, p##put(0.0), a); } \\\n"
    "FN T p##leaky_relu(T a, T b) { return p##if(a > 0, a, b * a); } \\\n"
    "FN T p##sigmoid(T a) { \\\n"
    "    const T e = p##exp(-p##abs(a)); return p##if(a >= 0, p##put(1.0), e) / (1 + e); } \\\n"
    "FN T p##softplus(T a) { return p##log1p(p##exp(-p##abs(a))) + p##if(a > 0, a, p##put(0.0)); } \\\n"
    "FN T p##logsigmoid(T a) { return p##if(a < 0, a, p##put(0.0)) - p##log1p(p##exp(-p##abs(a))); } \\\n"
    "FN T p##xlogy(T a, T b) { return p##if((a == 0) & (b == b), p##put(0.0), a * p##log(b)); } \\\n"
    "FN T p##xlog1py(T a, T b) { return p##if((a == 0) & (b == b), p##put(0.0), a * p##log1p(b)); } \\\n"
    "FN T p##logaddexp(T a, T b) { \\\n"
    "    const T m = p##if(a > b, a, b); \\\n"
    "    return m + p##if(a == b, p##put(0.69314718055994531), p##log1p(p##exp(-p##abs(a - b)))); } \\\n",
    "FN T p##round(T a) { /* halves away from 0 */ \\\n"
    "    const T b = p##abs(a), r = p##trunc(b); \\\n"
    "    return p##with_sign(r + p##if(b - r >= 0.5, p##put(1.0), p##put(0.0)), a); } \\\n"
    "FN T p##lt(T a, T b) { return p##if(a < b, p##put(1.0), p##put(0.0)); } \\\n"
    "FN T p##le(T a, T b) { return p##if(a <= b, p##put(1.0), p##put(0.0)); } \\\n"
    "FN T p##gt(T a, T b) { return p##if(a > b, p##put(1.0), p##put(0.0)); } \\\n"
    "FN T p##ge(T a, T b) { return p##if(a >= b, p##put(1.0), p##put(0.0)); } \\\n"
    "FN T p##eq(T a, T b) { return p##if(a == b, p##put(1.0), p##put(0.0)); } \\\n"
    "FN T p##ne(T a, T b) { return p##if(a != b, p##put(1.0), p##put(0.0)); } \\\n"
    "FN T p##select(T a, T b, T c) { return p##if(a != 0, b, c); }\n"
    "OPERATIONS(double, s_)\n"
    "OPERATIONS(V, v_)\n",
};

/* n-ary operations whose terms are not simply added up: on arrays. */
static const char *const nary[] = {
    "FN double s_many(unsigned code, size_t n, const double *x) { return host(code, n, x); }\n"
    "SLOW V v_many_slow(unsigned code, size_t n, const V *x, double *y) {\n"
    "    V r; EACH_LANE { for (size_t k = 0; k < n; k++) y[k] = x[k][l]; r[l] = host(code, n, y); } return r; }\n"
    "FN V v_norm(unsigned code, size_t n, const V *x, double *y) {\n"
    "    V m = SP(0.0), s = SP(0.0);\n"
    "    for (size_t k = 0; k < n; k++) { const V t = v_abs(x[k]); m = v_if(t > m, t, v_if(t == t, m, t)); s += x[k] * "
    "x[k]; }\n"
    "    return any(~((m <= 1e150) & (m >= 1e-140))) ? v_many_slow(code, n, x, y) : v_sqrt(s); }\n"
    "FN V v_logsumexp(unsigned code, size_t n, const V *x, double *y) {\n"
    "    V m = x[0], s = SP(0.0); M first = (M)SP(0.0) == 0;\n"
    "    for (size_t k = 1; k < n; k++) m = v_if((x[k] > m) | (x[k] != x[k]), x[k], m);\n"
    "    if (any(m - m != 0)) return v_many_slow(code, n, x, y);\n"
    "    for (size_t k = 0; k < n; k++) {\n"
    "        const V d = x[k] - m, back = d - x[k], rest = (x[k] - (d - back)) - (m + back), e = v_exp(d);\n"
    "        const V t = v_if(rest - rest == 0, e + e * rest, e); const M most = first & (x[k] == m);\n"
    "        s = v_if(most, s, s + t); first &= ~most; }\n"
    "    return m + v_log1p(s); }\n",
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void put(slope__string *out, size_t n, const char *const text[])
{
    for (size_t k = 0; k < n; k++)
        slope__string_put(out, text[k]);
}

void slope__native_prelude(slope__string *out, unsigned width)
{
    slope__string_print(
        out, "#include <math.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <string.h>\n#define W %u\n", width);
    put(out, COUNT(types), types);
    put(out, COUNT(words), words);
#if defined __x86_64__ && defined __GLIBC__
    /* the vector functions that glibc has since 2.35; gcc would use them under -ffast-math only */
    if (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 35)
        slope__string_print(out, "#define VECTOR_LIBM %s\n",
                            width == 8   ? "_ZGVeN8"
                            : width == 4 ? "_ZGVdN4"
                                         : "_ZGVbN2");
#endif
    put(out, COUNT(library), library);
    put(out, COUNT(both), both);
    put(out, COUNT(nary), nary);
}
