#!/bin/sh
# SPDX-License-Identifier: MIT
#
# headers_test.sh SOURCE CC [CXX]: every public header compiles when included alone, as C11 and as C++17 (.hpp: as
# C++17), without a warning; and so do the examples in their comments.
set -eu
include=$1/include cc=$2 cxx=${3:-}
status=0
count=0
for path in "$include"/slope/*.h; do
    header=slope/${path##*/}
    count=$((count + 1))
    for mode in "" "-DSLOPE_INLINE" "-DSLOPE_PLAIN"; do
        # shellcheck disable=SC2086 # no word when the mode is empty
        printf '#include <%s>\nextern int used;\nint used;\n' "$header" | "$cc" -x c -std=c11 -Wall -Wextra -Wpedantic -Wshadow \
            -Wconversion -Werror $mode -I"$include" -fsyntax-only - || { echo "$header is not C11 alone $mode"; status=1; }
    done
    [ -z "$cxx" ] || printf '#include <%s>\n' "$header" | "$cxx" -x c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror \
        -I"$include" -fsyntax-only - || { echo "$header is not C++17 alone"; status=1; }
done
for path in "$include"/slope/*.hpp; do
    [ -n "$cxx" ] || break
    header=slope/${path##*/}
    count=$((count + 1))
    case $header in
    slope/eigen.hpp) [ -d /usr/include/eigen3 ] || { echo "no Eigen: $header is not looked at"; continue; } ;;
    esac
    printf '#include <%s>\nint main() { return slope::real(0) != 0; }\n' "$header" | "$cxx" -x c++ -std=c++17 -Wall -Wextra \
        -Wpedantic -Wshadow -Wconversion -Werror -I"$include" -isystem /usr/include/eigen3 -fsyntax-only - ||
        { echo "$header is not C++17 alone"; status=1; }
done
[ -z "$cxx" ] || for option in -std=c++14 -fno-exceptions; do
    printf '#include <slope/slope.hpp>\n' | "$cxx" -x c++ -std=c++17 $option -I"$include" -fsyntax-only - 2>&1 |
        grep error | head -n 1 | grep -q '#error.*slope/slope.hpp\|error: "slope/slope.hpp' ||
        { echo "slope.hpp does not say first why it can't be had with $option"; status=1; }
done

# The indented block of a comment that is the first one to have this line.
example() { # header, pattern
    awk -v line="$2" '
        /^ \*     / { block = block substr($0, 8) "\n"; next }
        index(block, line) { exit }
        { block = "" }
        END { if (!index(block, line)) exit 1; printf "%s", block }' "$include/slope/$1"
}
compiles() { # file, compiler and its options...
    file=$1
    shift
    "$@" -Wall -Wextra -Wno-unused-variable -Wno-unused-but-set-variable -Wno-unused-parameter -Werror -I"$include" -fsyntax-only \
        "$file"
}
# Formulas nest: text that doubled with every level would have 2^40 copies of x here.
formula=x
for k in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    formula="slope_add(slope_mul($formula, x), $k)"
done
for mode in "" "-DSLOPE_INLINE" "-DSLOPE_PLACES"; do
    # shellcheck disable=SC2086 # no word when the mode is empty
    printf '#include <slope/slope.h>\nslope_value f(slope_value x);\nslope_value f(slope_value x) { return %s; }\n' "$formula" |
        timeout 60 "$cc" -x c -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Werror $mode -I"$include" -fsyntax-only - ||
        { echo "a nested formula does not compile $mode"; status=1; }
done

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
{
    printf '#include <stdio.h>\n#include <slope/slope.h>\n'
    example function.h slope_function_record | sed '/^}$/q'
    printf 'int main(void)\n{\n'
    example tape.h slope_tape_create
    example function.h slope_function_record | sed '1,/^}$/d'
    printf '}\n'
} >"$place/example.c"
compiles "$place/example.c" "$cc" -std=c11 || { echo "an example of tape.h or function.h does not compile"; status=1; }
sed 's/slope_tape_create/slope_tape_crate/' "$place/example.c" >"$place/wrong.c"
! compiles "$place/wrong.c" "$cc" -std=c11 2>"$place/said" || { echo "an example that is wrong compiles"; status=1; }
[ -z "$cxx" ] || {
    {
        printf '#include <iostream>\n#include <slope/slope.hpp>\ntemplate <typename T> T f(T x, T y) { return sin(x) * y; }\n'
        printf 'int main()\n{\n{\n'
        example slope.hpp slope::tape
        printf '}\nslope::tape t;\n'
        example slope.hpp slope::active
        example slope.hpp slope::function
        printf '}\n'
    } >"$place/example.cpp"
    compiles "$place/example.cpp" "$cxx" -std=c++17 || { echo "an example of slope.hpp does not compile"; status=1; }
}
# A hundred lines of nested operations stay small, and so compile fast: what records is there once, not at each call.
lines() { # the statement, how it begins, how it ends
    printf '%s\n' "$2"
    for _ in 0 1 2 3 4 5 6 7 8 9; do
        for _ in 0 1 2 3 4 5 6 7 8 9; do printf '%s\n' "$1"; done
    done
    printf '    return s;\n}\n'
}
is_small() { # what, file, compiler and its options...
    what=$1 file=$2
    shift 2
    timeout 60 "$@" -c -I"$include" "$file" -o "$place/lines.o" || { echo "$what: does not compile"; status=1; return; }
    bytes=$(size "$place/lines.o" | awk 'NR == 2 { print $1 }')
    [ "$bytes" -le 28000 ] || { echo "$what: $bytes bytes for 100 lines"; status=1; }
}
lines '    s = slope_add(s, slope_mul(slope_sin(slope_sub(x, 0.5)), slope_exp(slope_div(s, slope_add(y, 2)))));' \
    '#include <slope/slope.h>
slope_value f(slope_value x, slope_value y);
slope_value f(slope_value x, slope_value y)
{
    slope_value s = x;' >"$place/lines.c"
lines '    s = s + sin(x - 0.5) * exp(s / (y + 2));' '#include <slope/slope.hpp>
slope::real f(slope::real x, slope::real y)
{
    slope::real s = x;' >"$place/lines.cpp"
for level in -O2 -O3; do
    is_small "C $level" "$place/lines.c" "$cc" -std=c11 $level -DSLOPE_INLINE
    [ -z "$cxx" ] || is_small "C++ $level" "$place/lines.cpp" "$cxx" -std=c++17 $level
done
[ -n "$cxx" ] || echo "no C++ compiler: C11 only"
echo "headers: $count looked at"
exit $status
