#!/bin/sh
# SPDX-License-Identifier: MIT
#
# check_reference.sh [INCLUDE [MAP]]: everything public is documented, to the last member: Doxygen has nothing to complain about
# in the headers, every enumerator says what it is (Doxygen lets them pass), every function that the library exports is known to it,
# and every function that a header declares is exported.
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
for name in $(grep -ho 'SLOPE_API.*slope_[a-z0-9_]*(' "$include"/*.h | sed 's/.*\(slope_[a-z0-9_]*\)($/\1/'); do
    printf '%s\n' "$names" | grep -qx "$name" || { echo "reference: $name is declared and not in $map"; status=1; }
done
bare=$(awk '/<enumvalue /, /<\/enumvalue>/ {
    if (/<name>/) { gsub(/ *<\/?name>/, ""); name = $0; said = 0 }
    if (/<para>/) said = 1
    if (/<\/enumvalue>/ && !said) print name
}' "$place"/xml/*.xml)
# shellcheck disable=SC2086 # a word is a name
[ -z "$bare" ] || { printf "reference: %s is not documented\n" $bare; status=1; }
[ $status -ne 0 ] || echo "reference: $(printf '%s\n' "$names" | wc -l) functions, nothing undocumented"
exit $status
