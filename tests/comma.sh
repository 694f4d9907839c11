#!/bin/sh
# SPDX-License-Identifier: MIT
#
# comma.sh BUILD: every test program in a locale whose decimal point is a comma.  A number that is written or read by
# the rules of the locale shows here: as a wrong constant in machine code, in C, in a file, in a picture.
set -eu
[ $# -eq 1 ] && [ -f "$1/CTestTestfile.cmake" ] || { echo "usage: comma.sh BUILD" >&2; exit 2; }
folder=$1/locale
mkdir -p "$folder"
[ -d "$folder/de_DE.UTF-8" ] || localedef -i de_DE -f UTF-8 "$folder/de_DE.UTF-8"
export LOCPATH="$(cd "$folder" && pwd)" SLOPE_TEST_LOCALE=de_DE.UTF-8
ctest --test-dir "$1" -LE '^(build|valgrind|point)$' --no-tests=error --output-on-failure
