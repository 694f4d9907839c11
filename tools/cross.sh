#!/bin/sh
# SPDX-License-Identifier: MIT
#
# cross.sh LIBRARY [TARGET...]: builds the library for other machines (cmake/toolchains) and runs tests/cross/core_check.c there, by
# qemu: numbers beside those of this machine, whose libslope is in the folder LIBRARY; files from here read there, and back.
set -eu
cd "$(dirname "$0")/.."
library=$(cd "$1" && pwd)
shift
[ $# -gt 0 ] || set -- aarch64 armhf i386 s390x
here=$PWD/build/cross/here
mkdir -p "$here"

cc -std=c11 -O1 -ffp-contract=off -Iinclude tests/cross/core_check.c -o "$here/core_check" -L"$library" -Wl,-rpath,"$library" -lslope -lm
"$here/core_check" print >"$here/numbers"
"$here/core_check" save "$here"

status=0
for target; do
    [ -f "cmake/toolchains/$target.cmake" ] || {
        echo "cross: no target '$target'; there are: $(cd cmake/toolchains && echo *.cmake | sed 's/\.cmake//g')" >&2
        exit 2
    }
    folder=$PWD/build/cross/$target
    echo "$target:"
    cmake -S . -B "$folder" -G Ninja --toolchain "cmake/toolchains/$target.cmake" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG=-O2 \
        -DSLOPE_WERROR=ON -DSLOPE_CLI=OFF -DSLOPE_BENCH=OFF -DSLOPE_TESTS=OFF -DSLOPE_PAGE=OFF -DSLOPE_CORE_CHECK=ON \
        -DSLOPE_REFERENCE="$here" >"$folder.log" 2>&1 && cmake --build "$folder" --target core_check >>"$folder.log" 2>&1 || {
        grep -E 'error|warning|Error' "$folder.log" || tail -n 30 "$folder.log"
        echo "    the library does not build; the whole log is build/cross/$target.log"
        status=1
        continue
    }
    ctest --test-dir "$folder" -V >"$folder.log" 2>&1 || status=1
    sed -nE 's/^[0-9]+: ((core_check:|exact|libm|lanes|[0-9]+ derivatives|qemu).*)/    \1/p' "$folder.log"
    grep -q '100% tests passed' "$folder.log" || {
        echo "    something is wrong; the whole log is build/cross/$target.log"
        status=1
        continue
    }
    # what that machine wrote, on this one
    "$here/core_check" against "$here/numbers" "$folder/files" >/dev/null || {
        echo "    files of $target are not read here"
        status=1
    }
done
exit $status
