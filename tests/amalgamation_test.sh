#!/bin/sh
# SPDX-License-Identifier: MIT
#
# amalgamation_test.sh SOURCE BUILD CC [CXX]: the core in one file (tools/amalgamate.sh) compiles without a warning, with CC and with
# clang where there is one, optimised and with sanitizers; needs nothing but a short list of the C library; defines what its header
# declares; and computes what libslope computes, to the last bit but where that takes vector functions.
set -eu
source=$1 build=$2 cc=$3 cxx=${4:-}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
export LC_ALL=C
unset CFLAGS CPPFLAGS LDFLAGS || :
fail() {
    echo "amalgamation: $*" >&2
    exit 1
}
refuses() { # what must fail, command...
    what=$1
    shift
    if "$@" >"$place/log" 2>&1; then
        cat "$place/log"
        fail "$what was not noticed"
    fi
}

"$source/tools/amalgamate.sh" "$place/one" >/dev/null
"$source/tools/amalgamate.sh" "$place/two" >/dev/null
for file in slope.c slope.h; do
    cmp "$place/one/$file" "$place/two/$file" || fail "$file is not the same when it is made twice"
done
mkdir "$place/broken"
(cd "$source" && cp -R CMakeLists.txt LICENSE include src tools "$place/broken")
printf '#include "ops/not_there.h"\n' >>"$place/broken/src/tape/backward.c"
cp -R "$place/one" "$place/kept"
refuses "an include that is not there" "$place/broken/tools/amalgamate.sh" "$place/kept"
diff -r "$place/one" "$place/kept" || fail "it changed the files though it failed"
! grep -nE '#include +("[^"]*/|<slope/)' "$place/one/slope.c" "$place/one/slope.h" || fail "it includes what is not in it"

# --- the header alone

for mode in "" "-DSLOPE_INLINE" "-DSLOPE_PLAIN" "-DSLOPE_PLACES"; do
    # shellcheck disable=SC2086 # no word when the mode is empty
    printf '#include "slope.h"\nextern int used;\nint used;\n' | "$cc" -x c -std=c11 -Wall -Wextra -Wpedantic -Wshadow -Wconversion \
        -Werror $mode -I"$place/one" -fsyntax-only - || fail "slope.h is not C11 $mode"
done
[ -z "$cxx" ] || printf '#include "slope.h"\n#include "slope.h"\n' | "$cxx" -x c++ -std=c++17 -Wall -Wextra -Wpedantic -Werror \
    -I"$place/one" -fsyntax-only - || fail "slope.h is not C++17"

# --- what it defines and what it needs

# Of the C library: arithmetic, memory, strings, numbers as text.
known='acos|acosh|asin|asinh|atan|atan2|atanh|cbrt|ceil|cos|cosh|erf|erfc|exp|exp2|expm1|fabs|fdim|floor|fma|fmax|fmin|fmod|frexp|hypot|ilogb'
known="$known|ldexp|lgamma_r|log|log10|log1p|log2|nextafter|pow|remainder|rint|round|sin|sincos|sinh|sqrt|tan|tanh|tgamma|trunc"
known="$known|bcmp|memchr|memcmp|memcpy|memmove|memset|strchr|strcmp|strcpy|strlen"
known="$known|bsearch|calloc|free|malloc|qsort|realloc|snprintf|vsnprintf|strtod|strtol|__isoc23_strtol|__ctype_b_loc|_GLOBAL_OFFSET_TABLE_"
check_symbols() { # object
    nm -u "$1" | awk '{print $2}' | grep -vxE "$known" >"$place/unknown" && {
        cat "$place/unknown"
        echo "slope.c needs these, which are no arithmetic, memory or text"
        return 1
    }
    nm -g --defined-only "$1" | awk '{print $3}' >"$place/defined"
    ! grep -v '^slope_' "$place/defined" || { echo "slope.c defines these"; return 1; }
    grep -v '^slope__' "$place/defined" | sort >"$place/public"
    sed -nE 's/^SLOPE_API [^(]*[ *](slope_[a-z0-9_]+)\(.*/\1/p' "$place/one/slope.h" | sort -u >"$place/declared"
    diff "$place/declared" "$place/public" || { echo "slope.h declares these (<), or slope.c defines them (>), and not both"; return 1; }
    # no data that can be written: constants that hold addresses are in .data.rel.ro
    ! objdump -t "$1" | awk '$NF !~ /^\./ && / (\.bss|\.data|\.tbss|\.tdata|\*COM\*)[.a-z_A-Z0-9]*\t/ && !/\.data\.rel\.ro/' |
        grep . || { echo "slope.c has these, which can be written"; return 1; }
}

# --- the same numbers as the library

strict="-std=c11 -Wall -Wextra -Wpedantic -Werror -ffp-contract=off"
# shellcheck disable=SC2086 # flags
"$cc" $strict -O1 -I"$source/include" "$source/tests/cross/core_check.c" -o "$place/with_library" -L"$build" -Wl,-rpath,"$build" -lslope -lm
mkdir "$place/files"
"$place/with_library" print >"$place/numbers"
"$place/with_library" save "$place/files"
"$place/with_library" against "$place/numbers" "$place/files" >/dev/null || fail "the library does not agree with itself"
grep -v '^lanes' "$place/numbers" >"$place/numbers.plain"

compilers=$cc
case $cc in
*clang*) ;;
*) ! command -v clang >/dev/null 2>&1 || compilers="$cc clang" ;;
esac
tried=0
for compiler in $compilers; do
    for flags in "-O0 -g -fsanitize=address,undefined -fno-sanitize-recover=all" "-O2" "-Os"; do
        # shellcheck disable=SC2086 # flags
        printf 'int main(void) { return 0; }\n' | "$compiler" $flags -x c - -o "$place/nothing" 2>/dev/null || {
            echo "amalgamation: $compiler has no $flags here"
            continue
        }
        object=$place/slope.o
        # shellcheck disable=SC2086 # flags
        "$compiler" $strict $flags -fPIC -U_FORTIFY_SOURCE -fno-stack-protector -c "$place/one/slope.c" -o "$object" ||
            fail "slope.c does not compile with $compiler $flags"
        case $flags in
        *sanitize*) ;;
        *) check_symbols "$object" || fail "symbols of slope.c, $compiler $flags" ;;
        esac
        # shellcheck disable=SC2086 # flags
        "$compiler" $strict $flags -DSLOPE_ONE_FILE -I"$place/one" "$source/tests/cross/core_check.c" "$object" -lm -o "$place/program"
        "$place/program" print | grep -v '^lanes' >"$place/numbers.one" || fail "the program did not run, $compiler $flags"
        diff "$place/numbers.plain" "$place/numbers.one" >"$place/log" || {
            head -n 20 "$place/log"
            fail "other numbers (>) than with libslope (<), $compiler $flags"
        }
        "$place/program" against "$place/numbers" "$place/files" >"$place/log" 2>&1 || {
            cat "$place/log"
            fail "other numbers than with libslope, $compiler $flags"
        }
        tried=$((tried + 1))
    done
done

# --- in a program of C++

if [ -n "$cxx" ]; then
    cat >"$place/main.cpp" <<'END'
#include "slope.h"

#include <cmath>

int main()
{
    slope_tape *tape = slope_tape_create(nullptr);
    const slope_value x = slope_var(tape, 0.5), y = slope_mul(slope_sin(x), x);
    const bool right = slope_backward(y) == SLOPE_OK && std::fabs(slope_grad(x) - (std::sin(0.5) + 0.5 * std::cos(0.5))) < 1e-15;
    slope_tape_destroy(tape);
    return right ? 0 : 1;
}
END
    "$cxx" -std=c++17 -Wall -Wextra -Wpedantic -Werror -I"$place/one" "$place/main.cpp" "$place/slope.o" -lm -o "$place/cpp"
    "$place/cpp" || fail "the program of C++ computes something else"
fi

# --- each of these checks can say no

sed 's/^\(exact fma\.1 .*[0-9a-f]\{15\}\)[0-9a-f]  /\1z  /; s/^\(exact fma\.1 .*\)[0-9a-f]z/\1ff/' "$place/numbers" >"$place/wrong"
! cmp -s "$place/numbers" "$place/wrong" || fail "fma.1 is not among the numbers"
refuses "a wrong digit" "$place/program" against "$place/wrong"
sed '$d' "$place/numbers" >"$place/wrong"
refuses "a number that is not there" "$place/program" against "$place/wrong"
printf x >>"$place/files/loops.slope"
refuses "a file with a byte too much" "$place/program" against "$place/numbers" "$place/files"
printf 'int getpid(void);\nint slope_pid(void);\nint slope_pid(void) { return getpid(); }\n' >"$place/more.c"
"$cc" -c "$place/more.c" -o "$place/more.o"
refuses "a symbol of the system" check_symbols "$place/more.o"
cp "$place/one/slope.c" "$place/one/clash.c"
printf '\nstatic int sets_room(void) { return 1; }\n' >>"$place/one/clash.c"
refuses "two functions of one name" "$cc" -std=c11 -fsyntax-only "$place/one/clash.c"
echo "amalgamation: $(wc -l <"$place/one/slope.c") lines, $tried builds, $(wc -l <"$place/numbers") numbers as with libslope"
