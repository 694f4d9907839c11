#!/bin/sh
# SPDX-License-Identifier: MIT
#
# install_test.sh SOURCE BUILD CC FLAGS: installs into an empty folder, moves it (nothing installed may know where it
# was), and builds and runs a small program against it through pkg-config (shared and static) and through CMake; then
# runs the installed command.  FLAGS are those that programs linked to this build need (sanitizers).
set -eu
source=$1 build=$2 cc=$3 flags=${4:-}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
step() { printf '%s\n' "install: $*"; }

step "cmake --install, then moved"
cmake --install "$build" --prefix "$place/first" >"$place/log" || { cat "$place/log"; exit 1; }
mv "$place/first" "$place/moved"
prefix=$place/moved
pc=$(find "$prefix" -name slope.pc)
export PKG_CONFIG_PATH="${pc%/slope.pc}"
lib=${PKG_CONFIG_PATH%/pkgconfig}
export LD_LIBRARY_PATH="$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
if grep -rIl "$place/first" "$prefix"; then
    echo "the files above know where they were installed"
    exit 1
fi

expect() { # program
    output=$("$1")
    [ "$output" = "-8 6 0.1.0" ] || { echo "$1 printed '$output'"; exit 1; }
}

consumer=$source/tests/consumer
step "pkg-config, shared"
# shellcheck disable=SC2046,SC2086 # lists of words
$cc -std=c11 $flags "$consumer/main.c" -o "$place/shared" $(pkg-config --cflags --libs slope)
expect "$place/shared"
readelf -d "$place/shared" | grep -q 'NEEDED.*libslope\.so\.0\]' || { echo "not linked to libslope.so.0"; exit 1; }
[ "$(pkg-config --modversion slope)" = 0.1.0 ] || { echo "slope.pc has another version"; exit 1; }

step "pkg-config, static"
mkdir "$place/static-only"
cp "$lib/libslope.a" "$place/static-only"
# shellcheck disable=SC2046,SC2086
$cc -std=c11 $flags "$consumer/main.c" -o "$place/static" $(pkg-config --cflags slope) -L"$place/static-only" \
    $(pkg-config --static --libs-only-l slope)
expect "$place/static"

step "find_package"
generator=$(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$build/CMakeCache.txt")
cmake -S "$consumer" -B "$place/consumer" -G "$generator" -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_C_COMPILER="$cc" -DCMAKE_C_FLAGS="$flags" >"$place/log" 2>&1 && cmake --build "$place/consumer" >>"$place/log" 2>&1 ||
    { cat "$place/log"; exit 1; }
expect "$place/consumer/with_shared"
expect "$place/consumer/with_static"

if [ -x "$prefix/bin/slope" ]; then
    step "the command"
    "$prefix/bin/slope" --version | grep -qF 0.1.0 || { echo "slope --version does not say 0.1.0"; exit 1; }
    "$prefix/bin/slope" eval 'x^2' x=3 | grep -q 9 || { echo "slope eval 'x^2' x=3 is not 9"; exit 1; }
fi
step "all well"
