#!/bin/sh
# SPDX-License-Identifier: MIT
#
# install_test.sh SOURCE BUILD CC CXX [FLAGS]: installs into an empty folder, moves it (nothing installed may know where it
# was), and builds and runs a small program in C and in C++ against it, shared and static, through pkg-config and through
# CMake; then uses the installed command.  FLAGS are those that programs linked to this build need (sanitizers).  The ways that
# build the library anew (FetchContent, add_subdirectory) are in tests/embed_test.sh.
set -eu
source=$1 build=$2 cc=$3 cxx=$4 flags=${5:-}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
step() { printf '%s\n' "install: $*"; }
quietly() { "$@" >"$place/log" 2>&1 || { cat "$place/log"; exit 1; }; }
version=$(sed -n 's/^project(slope VERSION \([0-9.]*\).*/\1/p' "$source/CMakeLists.txt")

step "cmake --install, then moved"
quietly cmake --install "$build" --prefix "$place/first"
mv "$place/first" "$place/moved"
prefix=$place/moved
pc=$(find "$prefix" -name slope.pc)
export PKG_CONFIG_PATH="${pc%/slope.pc}"
lib=${PKG_CONFIG_PATH%/pkgconfig}
export LD_LIBRARY_PATH="$lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
if grep -rIl -e "$place/first" -e "$source" -e "$build" "$prefix"; then
    echo "the files above know where they were made or installed"
    exit 1
fi

expect() { # program
    output=$("$1")
    [ "$output" = "-8 6 $version" ] || { echo "$1 printed '$output'"; exit 1; }
}
linked() { readelf -d "$1" | grep -q 'NEEDED.*libslope\.so\.'; }

consumer=$source/tests/consumer
[ "$(pkg-config --modversion slope)" = "$version" ] || { echo "slope.pc has another version"; exit 1; }
mkdir "$place/static-only"
cp "$lib/libslope.a" "$place/static-only"
# shellcheck disable=SC2046,SC2086 # lists of words
for language in c cpp; do
    compile="$cc -std=c11"
    [ $language = c ] || compile="$cxx -std=c++17"
    step "pkg-config, $language, shared"
    $compile $flags "$consumer/main.$language" -o "$place/shared" $(pkg-config --cflags --libs slope)
    expect "$place/shared"
    linked "$place/shared" || { echo "not linked to libslope.so"; exit 1; }

    step "pkg-config, $language, static"
    $compile $flags "$consumer/main.$language" -o "$place/static" $(pkg-config --cflags slope) -L"$place/static-only" \
        $(pkg-config --static --libs-only-l slope)
    expect "$place/static"
    ! linked "$place/static" || { echo "linked to libslope.so"; exit 1; }
done

step "find_package"
generator=$(sed -n 's/^CMAKE_GENERATOR:INTERNAL=//p' "$build/CMakeCache.txt")
quietly cmake -S "$consumer" -B "$place/consumer" -G "$generator" -DSLOPE_FROM=package -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_C_FLAGS="$flags" -DCMAKE_CXX_FLAGS="$flags"
quietly cmake --build "$place/consumer"
for program in c_shared c_static cpp_shared cpp_static; do
    expect "$place/consumer/$program"
done
step "find_package of a version that is not there says so"
cp -R "$consumer" "$place/wants"
sed 's/Slope 0.1/Slope 99/' "$consumer/CMakeLists.txt" >"$place/wants/CMakeLists.txt"
if cmake -S "$place/wants" -B "$place/later" -G "$generator" -DSLOPE_FROM=package -DCMAKE_PREFIX_PATH="$prefix" \
    -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" >"$place/log" 2>&1; then
    echo "version 99 was found"
    exit 1
fi
grep -q "version: $version" "$place/log" || { cat "$place/log"; exit 1; }

if [ -x "$prefix/bin/slope" ]; then
    step "the command, its manual and its completions"
    "$prefix/bin/slope" --version | grep -qF "$version" || { echo "slope --version does not say $version"; exit 1; }
    [ "$("$prefix/bin/slope" eval 'x^2' x=3)" = 9 ] || { echo "slope eval 'x^2' x=3 is not 9"; exit 1; }
    for file in man/man1/slope.1 bash-completion/completions/slope zsh/site-functions/_slope fish/vendor_completions.d/slope.fish; do
        [ -s "$prefix/share/$file" ] || { echo "share/$file was not installed"; exit 1; }
    done
fi
step "all well"
