#!/bin/sh
# SPDX-License-Identifier: MIT
#
# check_abi.sh [--renew] LIBRARY INCLUDE [ABI]: does libslope.so still fit programs that were compiled before?
#
#   ABI/libslope.map   the exported symbols and since which version: what the linker exports (CMakeLists.txt)
#   ABI/headers.abi    signatures and types of the public headers on x86-64, as abidw writes them; also those that only
#                      inline functions use (slope/hot.h)
#
# A symbol that vanished or has no version, a changed signature, struct or enum fail.  When the change is meant: raise
# SOVERSION if programs break by it, then --renew.
set -eu
renew=
if [ "${1:-}" = --renew ]; then
    renew=yes
    shift
fi
[ $# -ge 2 ] || { echo "usage: check_abi.sh [--renew] LIBRARY INCLUDE [ABI]" >&2; exit 2; }
library=$1 include=$2 abi=${3:-$(dirname "$0")/../abi}
[ -f "$library" ] && [ -d "$include/slope" ] || { echo "check_abi: no $library, or no $include/slope" >&2; exit 2; }
for tool in abidw abidiff gcc nm; do
    command -v $tool >/dev/null || { echo "check_abi: $tool is needed; the file packages says what it is in" >&2; exit 2; }
done
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
status=0

# Lines `name version`, of those the map promises and of those the library has.
awk '/\{$/ {version = $1} /^ *slope_[a-z0-9_]+;/ {gsub(/[ ;]/, ""); print $0, version}' "$abi/libslope.map" |
    LC_ALL=C sort >"$place/promised"
nm -D --defined-only --with-symbol-versions "$library" | awk '$2 != "A" {sub(/@+/, " ", $3); print $3}' |
    LC_ALL=C sort >"$place/there"
if ! diff "$place/promised" "$place/there" >"$place/difference"; then
    echo "libslope.map and $(basename "$library") differ in their symbols:"
    sed -n 's/^</    gone:/p; s/^>/    without that version in the map:/p' "$place/difference"
    status=1
fi

# A library that has every declared function and does nothing: its description is that of the headers alone.
printf '#include <slope/%s>\n' slope.h hot.h >"$place/headers.h"
gcc -std=c11 -I"$include" -aux-info "$place/prototypes" -c -x c "$place/headers.h" -o "$place/headers.o"
{
    cat "$place/headers.h"
    awk -v from="/* $include/" 'index($0, from) == 1 { sub(/^.*\*\/ extern /, ""); print }' "$place/prototypes" |
        sed -E 's/(slope_[a-z0-9_]+) \(/(\1) (/; s/;$/ { __builtin_trap(); }/'
} >"$place/stubs.c"
gcc -std=gnu2x -w -g -fno-eliminate-unused-debug-types -fvisibility=hidden -fPIC -shared -I"$include" "$place/stubs.c" \
    -o "$place/stubs.so"
abidw --load-all-types --headers-dir "$include" --drop-private-types --no-corpus-path --no-comp-dir-path --no-show-locs \
    --no-elf-needed "$place/stubs.so" >"$place/headers.abi"

# What inline functions compile in beside types: constants that are macros.
gcc -std=c11 -I"$include" -E -dM -x c "$place/headers.h" | grep -E '^#define SLOPE_[A-Z0-9_]+ ' | grep -v '_H *$' |
    sed 's/ *$//' | LC_ALL=C sort >"$place/constants"

if [ -n "$renew" ]; then
    cp "$place/constants" "$abi/constants.txt"
    sed "s|path='[^']*'|path='headers'|" "$place/headers.abi" >"$abi/headers.abi"
    echo "abi/headers.abi and abi/constants.txt are renewed; libslope.map is written by hand"
    exit $status
fi
if LC_ALL=C comm -23 "$abi/constants.txt" "$place/constants" | grep . >"$place/difference"; then
    echo "these constants of the headers have changed, and programs have them compiled in:"
    sed 's/^/    /' "$place/difference"
    status=1
fi
# Functions and types may be added: the summary counts what was removed, changed and added.
if ! abidiff --no-added-syms --non-reachable-types "$abi/headers.abi" "$place/headers.abi" >"$place/difference" 2>&1 &&
    { ! grep -q summary: "$place/difference" ||
        grep summary: "$place/difference" | grep -vqi ': 0 removed, 0 changed'; }; then
    grep -v '^$' "$place/difference"
    echo "the headers have changed as told above: programs that were compiled with the old ones may break"
    status=1
fi
[ $status -ne 0 ] || echo "abi: $(wc -l <"$place/there") symbols, all as promised"
exit $status
