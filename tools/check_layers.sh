#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Checks that includes point only downwards, base < ops < tape < {numeric, expr, graph} and base < ops < function <
# {derive, batch, codegen, native, file} < record inside the library; public headers only in everything built on it, but
# for page/, which is the library once more, for browsers; and nothing but the C library and POSIX inside.  Prints each
# offence.
set -eu
cd "$(dirname "$0")/.."

# What a folder may include: a pattern for names in quotes, one for <slope/...>, one for other headers.
libc='(assert|complex|ctype|errno|fcntl|fenv|float|inttypes|limits|locale|math|poll|pthread|signal|spawn|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|string|time|unistd|sys/[a-z]+)\.h'
any='[a-z0-9_/-]+\.h'
core='status|base|opcode|tape|hot' # slope_value is declared by tape.h, so that ops may name it
found=$(mktemp)
trap 'rm -f "$found"' EXIT

check() { # files-pattern own-pattern slope-pattern other-pattern
    # shellcheck disable=SC2086 # the first argument is a list of patterns
    grep -nE '^[[:space:]]*#[[:space:]]*include' $1 /dev/null 2>/dev/null |
        grep -vE "include +\"($2)\"" |
        grep -vE "include +<slope/($3)\.h>" |
        grep -vE "include +<($4)>" >>"$found" || :
}

check 'src/base/*.[ch]' '(base)/[a-z0-9_]+\.(h|def)' 'status|base' "$libc|immintrin\.h"
check 'src/ops/*.[ch]' '((base|ops)/[a-z0-9_]+|ops)\.(h|def)' "$core" "$libc"
check 'src/tape/*.[ch]' '((base|ops|tape)/[a-z0-9_]+|ops)\.(h|def)' "$core|ops|inline" "$libc"
check 'src/function/*.[ch]' '((base|ops|function)/[a-z0-9_]+|ops)\.(h|def)' "$core|ops|function|derive|eval" "$libc"
for top in derive codegen file batch; do # codegen includes generated *.inc
    check "src/$top/*.[ch]" "((base|ops|function|$top)/[a-z0-9_]+|ops)\\.(h|def)|[a-z]+\\.inc" \
        "$core|ops|function|derive|eval|codegen" "$libc|omp\\.h|immintrin\\.h"
done
check 'src/native/*.[ch]' '((base|ops|function|codegen|native)/[a-z0-9_]+|ops)\.(h|def)' \
    "$core|ops|function|derive|eval|codegen" "$libc|(dlfcn|cpuid)\.h"
check 'src/record/*.[ch]' '((base|ops|tape|expr|function|derive|batch|record)/[a-z0-9_]+|ops)\.(h|def)' \
    "$core|ops|inline|function|derive|eval|expr" "$libc"
check 'src/graph/*.[ch]' '((base|ops|tape|function|graph)/[a-z0-9_]+|ops)\.(h|def)|page_[a-z]+\.inc' \
    "$core|ops|inline|function|graph" "$libc"
for top in numeric expr; do
    check "src/$top/*.[ch]" "((base|ops|tape|$top)/[a-z0-9_]+|ops)\\.(h|def)" "$core|ops|inline|$top" "$libc"
done

# Public headers: what each may stand on.
check 'include/slope/status.h' none none "$libc"
check 'include/slope/base.h' none 'status' "$libc"
check 'include/slope/opcode.h' none 'base' "$libc"
check 'include/slope/tape.h' none 'base|opcode' "$libc"
check 'include/slope/hot.h include/slope/ops.h' none 'base|opcode|tape' "$libc"
check 'include/slope/inline.h include/slope/generic.h' none 'base|opcode|tape|hot|ops|inline|function' "$libc"
check 'include/slope/numeric.h include/slope/expr.h' none 'base|opcode|tape|ops' "$libc"
check 'include/slope/graph.h' none 'base|tape|function' "$libc"
check 'include/slope/function.h' none 'base|opcode|tape' "$libc"
check 'include/slope/derive.h include/slope/eval.h include/slope/codegen.h' none 'base|function' "$libc"

# Everything on top: own files, the plots, public headers.
check 'plot/*.[ch]' '(plot/)?[a-z0-9_]+\.h' '[a-z]+' "$any"
check 'cli/*.[ch]' '((plot|cli)/)?[a-z0-9_]+\.(h|def)' '[a-z]+' "$any"
check 'demo/*.[ch]' '((plot|demo)/)?[a-z0-9_]+\.h|cli/gallery\.h' '[a-z]+' "$any"
check 'bench/*.[ch]' '(bench/)?[a-z0-9_]+\.h' '[a-z]+' "$any"
check 'page/*.[ch] page/tests/*.[ch]' '(engine|(base|numeric|graph)/[a-z0-9_]+)\.h' '[a-z]+' "$libc"

if [ -s "$found" ]; then
    echo "includes that point upwards, or out of the library:"
    cat "$found"
    exit 1
fi
echo "layers: every include points downwards"
