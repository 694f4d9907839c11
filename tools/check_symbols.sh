#!/bin/sh
# SPDX-License-Identifier: MIT
#
# check_symbols.sh BUILD: every symbol that libslope.so and libslope.a define for others starts with slope_; the .so
# exports all functions of the public headers and nothing internal (slope__); neither holds data that can be written.
set -eu
build=$1
for library in libslope.so libslope.a; do
    [ -f "$build/$library" ] || { echo "check_symbols: $build/$library does not exist"; exit 2; }
done
symbols=$(mktemp)
offences=$(mktemp)
trap 'rm -f "$symbols" "$offences"' EXIT

complain() { # message; what it is about on stdin
    sed "s|^|$1: |" >>"$offences"
}

nm -D --without-symbol-versions --defined-only "$build/libslope.so" | awk 'NF == 3 && $2 != "A" {print $3}' >"$symbols"
sed -nE 's/^SLOPE_API [^(]*[ *](slope_[a-z0-9_]+)\(.*/\1/p' "$(dirname "$0")"/../include/slope/*.h | sort -u |
    while read -r name; do
        grep -qx "$name" "$symbols" || echo "$name"
    done | complain "declared in a header, and not exported by libslope.so"
{ grep -v '^slope_[a-z0-9]' "$symbols" || :; } | complain "exported by libslope.so, and not a public name"

nm -g --defined-only "$build/libslope.a" 2>/dev/null | awk 'NF == 3 {print $2, $3}' >"$symbols"
{ grep -v ' slope_' "$symbols" || :; } | complain "defined by libslope.a without the prefix slope_"

# B, b, D, d, C, G, S: writable data.  Constants that hold pointers are relocated once and then read-only (.data.rel.ro),
# which nm also calls d; so the section is looked at.
objdump -t "$build/libslope.a" 2>/dev/null |
    awk '$NF !~ /^\./ && / (\.bss|\.data|\.tbss|\.tdata|\*COM\*)[.a-z_A-Z0-9]*\t/ && !/\.data\.rel\.ro/' |
    complain "writable data in the library"
if [ -s "$offences" ]; then
    cat "$offences"
    exit 1
fi
echo "symbols: all prefixed, nothing writable"
