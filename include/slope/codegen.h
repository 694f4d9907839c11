/* SPDX-License-Identifier: MIT */
/*
 * Functions as C source: C99, nothing but math.h, no memory of its own, no globals, loops kept as loops; the same
 * function gives the same bytes everywhere.  O(operations), bodies counted once.  Thread-safe.
 *
 *     f.h   void f(const double x[2], double y[1], double work[F_WORK]);
 */
#ifndef SLOPE_CODEGEN_H
#define SLOPE_CODEGEN_H

#include <slope/function.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How C is written.  Start from slope_codegen_options_default(). */
typedef struct slope_codegen_options {
    size_t struct_size;  /* sizeof(slope_codegen_options), set by the default */
    const char *name;    /* of the C function, an identifier that is no keyword; default "f" */
    const char *comment; /* first lines of the header's comment, may be NULL */
    int use_float;       /* default 0: double; 1: float and the functions of math.h that end in f */
    int plain_zeros;     /* default 0; 1: in double, no tests that keep a zero adjoint zero against Inf and NaN */
    const char *header;  /* file name that the source includes; default "<name>.h" */
} slope_codegen_options;

/* The default options.  Thread-safe. */
SLOPE_API slope_codegen_options slope_codegen_options_default(void);

/* Generated C, owned by the caller. */
typedef struct slope_code {
    char *source, *header;           /* NUL-terminated */
    size_t source_size, header_size; /* bytes, without the NUL */
} slope_code;

/*
 * Writes f as C: fills *code, to be given back by slope_code_free.  options NULL: the defaults.  error may be NULL.
 * Guards: the C function returns int, 0, or the number of the guard from 1 that would go the other way; -1 where a
 * custom operation (slope_function_custom) fails, which needs C text of its own.
 * SLOPE_ERR_ARGUMENT (f or code NULL, a name that C or math.h has taken, another struct_size), SLOPE_ERR_UNSUPPORTED (a
 * custom operation without C text, or in float code), SLOPE_ERR_MEMORY; *code is then all-zero, or as it was for an
 * argument that is wrong.
 */
SLOPE_API SLOPE_CHECKED slope_status slope_codegen(const slope_function *f, const slope_codegen_options *options,
                                                   slope_code *code, slope_error *error);

/* Frees the texts of a code and makes it all-zero; all-zero and NULL are fine. */
SLOPE_API void slope_code_free(slope_code *code);

#ifdef __cplusplus
}
#endif
#endif
