#!/bin/sh
# SPDX-License-Identifier: MIT
#
# docs_test.sh SOURCE BUILD CC FLAGS...: every C program in README.md, docs/functions.md and docs/page.md (a block marked `c` that has a main) compiles
# without a warning, and prints the indented lines that follow it.
set -eu
source=$1 build=$2 cc=$3
shift 3
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
status=0
count=0
for page in README.md docs/functions.md docs/page.md; do
    [ -f "$source/$page" ] || { echo "$page is missing"; exit 1; }
    awk -v place="$place/$(basename "$page" .md)" '
        /^```c$/ { inside = 1; n++; file = sprintf("%s-%02d", place, n); next }
        /^```/   { if (inside) { inside = 0; after = 1 } next }
        inside   { print > (file ".c"); next }
        after && /^    / { print substr($0, 5) > (file ".out"); printed = 1; next }
        after && /^$/    { next }
        { after = 0 }
    ' "$source/$page"
done
for program in "$place"/*.c; do
    grep -q '^int main' "$program" || continue
    count=$((count + 1))
    name=$(basename "$program" .c)
    if ! "$cc" -std=c11 -Wall -Wextra -Wpedantic -Werror -Wno-unused-parameter "$@" -I"$source/include" "$program" -L"$build" \
        -Wl,-rpath,"$build" -lslope -lm -o "$place/$name.run"; then
        status=1
    elif ! (cd "$place" && "./$name.run" >"$name.got") || ! diff -u "$place/$name.out" "$place/$name.got"; then
        echo "$name does not print what the page says"
        status=1
    fi
done
echo "docs: $count programs"
[ "$count" -ge 2 ] || { echo "too few programs were found"; exit 1; }
exit $status
