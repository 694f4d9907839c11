#!/bin/sh
# SPDX-License-Identifier: MIT
#
# check_symbols.sh BUILD: every symbol that libslope.so and libslope.a define for others starts with slope, what the
# .so exports is a public name (no slope__), and neither holds data that can be written.
set -eu
build=$1
status=0

complain() { # message; offences on stdin
    offences=$(cat)
    [ -n "$offences" ] || return 0
    printf '%s:\n%s\n' "$1" "$offences"
    status=1
}

[ -f "$build/libslope.so" ] && [ -f "$build/libslope.a" ] || {
    echo "check_symbols: $build holds no libslope.so and libslope.a"
    exit 2
}
symbols=$(mktemp)
trap 'rm -f "$symbols"' EXIT

nm -D --defined-only "$build/libslope.so" | awk 'NF == 3 {print $3}' >"$symbols"
grep -q '^slope_version$' "$symbols" || echo slope_version | complain "not exported"
grep -v '^slope_[a-z0-9]' "$symbols" | complain "exported by libslope.so, and not a public name"

nm -g --defined-only "$build/libslope.a" 2>/dev/null | awk 'NF == 3 {print $2, $3}' >"$symbols"
grep -v ' slope_' "$symbols" | complain "defined by libslope.a without the prefix slope_"

# B, b, D, d, C, G, S: writable data.  Constants that hold pointers are relocated once and then read-only (.data.rel.ro),
# which nm also calls d; so the section is looked at.
objdump -t "$build/libslope.a" 2>/dev/null |
    awk '$NF !~ /^\./ && / (\.bss|\.data|\.tbss|\.tdata|\*COM\*)[.a-z_A-Z0-9]*\t/ && !/\.data\.rel\.ro/' |
    complain "writable data in the library"
[ $status -ne 0 ] || echo "symbols: all prefixed, nothing writable"
exit $status
