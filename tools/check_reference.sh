#!/bin/sh
# SPDX-License-Identifier: MIT
#
# check_reference.sh [INCLUDE [MAP]]: everything public is documented, to the last member: Doxygen has nothing to complain about
# in the headers, and it knows every function that the library exports.
set -eu
cd "$(dirname "$0")/.."
include=${1:-include/slope} map=${2:-abi/libslope.map}
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
{ cat docs/Doxyfile && echo "INPUT = $include"; } >"$place/Doxyfile"
SLOPE_DOXYGEN_OUTPUT=$place doxygen "$place/Doxyfile" >"$place/log" 2>&1 || { cat "$place/log"; exit 1; }
if [ -s "$place/log" ]; then
    cat "$place/log"
    echo "reference: these are Doxygen's complaints; docs/Doxyfile says what it reads"
    exit 1
fi
status=0
names=$(sed -n 's/^ *\(slope_[a-z0-9_]*\);$/\1/p' "$map")
for name in $names; do
    grep -q "<member refid=[^>]* kind=\"function\"><name>$name</name>" "$place/xml/index.xml" ||
        { echo "reference: $name is exported and not documented"; status=1; }
done
[ $status -ne 0 ] || echo "reference: $(printf '%s\n' "$names" | wc -l) functions, nothing undocumented"
exit $status
