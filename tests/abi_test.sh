#!/bin/sh
# SPDX-License-Identifier: MIT
#
# abi_test.sh SOURCE LIBRARY: the library and the headers are those of abi/, and each way of breaking them is noticed.
set -eu
source=$1 library=$2
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
"$source/tools/check_abi.sh" "$library" "$source/include" "$source/abi"

noticed=0
# Does check_abi.sh fail for the copies in $place, and say so?
notices() { # what, words that it must say
    if "$source/tools/check_abi.sh" "$library" "$place/include" "$place/abi" >"$place/log" 2>&1; then
        echo "not noticed: $1"
        exit 1
    fi
    grep -q "$2" "$place/log" || { echo "$1 is not told as '$2', but:"; cat "$place/log"; exit 1; }
    noticed=$((noticed + 1))
}
fresh() {
    rm -rf "$place/include" "$place/abi"
    cp -R "$source/include" "$source/abi" "$place"
}
edit() { # file, sed script: which must change something
    cp "$place/$1" "$place/before"
    sed -E "$2" "$place/before" >"$place/$1"
    ! cmp -s "$place/before" "$place/$1" || { echo "abi_test.sh: '$2' changes nothing in $1"; exit 1; }
}

fresh
edit abi/libslope.map 's/^    slope_add;/&\n    slope_add_twice;/'
notices "a symbol that vanished" "gone: slope_add_twice"
fresh
edit abi/libslope.map '/^    slope_add;/d'
notices "a symbol without a version" "without that version in the map: slope_add"
fresh
edit include/slope/tape.h 's/^    size_t capacity; .*/    unsigned capacity;/'
notices "a member of another type" "slope_tape_options"
fresh
edit include/slope/hot.h 's/^    uint16_t \*code;/    long more;\n&/'
notices "a struct that only inline functions use" "slope_hot"
fresh
edit include/slope/tape.h 's/^(SLOPE_API slope_value slope_var\(slope_tape \*tape, )double x/\1float x/'
notices "another parameter" "slope_var"
fresh
edit include/slope/opcode.h '/SLOPE_OP_MUL/d'
notices "codes that moved" "SLOPE_OP_"

fresh
edit include/slope/tape.h 's/^(SLOPE_API slope_value slope_var\()/typedef struct slope_more { int more; } slope_more;\nSLOPE_API void slope_add_more(slope_more *more);\n&/'
"$source/tools/check_abi.sh" "$library" "$place/include" "$place/abi" || { echo "adding a type and a function is no harm"; exit 1; }
echo "abi: $noticed ways of breaking it are noticed"
