#!/bin/sh
# SPDX-License-Identifier: MIT
#
# embed_test.sh SOURCE GENERATOR CC CXX: a CMake project that builds Slope as a part of itself, by FetchContent from an archive
# and by add_subdirectory: it compiles without warnings, its programs run, and its own installation has nothing of Slope's.
set -eu
source=$1 generator=$2 cc=$3 cxx=$4
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
step() { printf '%s\n' "embed: $*"; }
quietly() { "$@" >"$place/log" 2>&1 || { cat "$place/log"; exit 1; }; }

# What a release archive has: no build folder.
mkdir "$place/slope"
(cd "$source" && tar -c --exclude=./build --exclude=./out --exclude=./.git --exclude=node_modules .) | tar -x -C "$place/slope"
tar -czf "$place/slope.tar.gz" -C "$place" slope

for from in fetch subdirectory; do
    step "$from"
    quietly cmake -S "$source/tests/consumer" -B "$place/$from" -G "$generator" -DSLOPE_FROM=$from \
        -DSLOPE_ARCHIVE="$place/slope.tar.gz" -DSLOPE_SOURCE="$place/slope" -DSLOPE_PAGE=OFF -DSLOPE_WERROR=ON \
        -DCMAKE_C_COMPILER="$cc" -DCMAKE_CXX_COMPILER="$cxx" -DCMAKE_C_FLAGS=-O0
    quietly cmake --build "$place/$from"
    for program in c_shared c_static cpp_shared cpp_static; do
        output=$("$place/$from/$program")
        case $output in
        "-8 6 "*) ;;
        *) echo "$from: $program printed '$output'"; exit 1 ;;
        esac
    done
    quietly cmake --install "$place/$from" --prefix "$place/$from-installed"
    installed=$(cd "$place/$from-installed" && find . -type f)
    [ "$installed" = ./bin/c_shared ] || { echo "$from: the project installs files of Slope: $installed"; exit 1; }
done
step "all well"
