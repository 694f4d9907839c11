#!/bin/sh
# SPDX-License-Identifier: MIT
#
# coverage.sh BUILD: the share of lines of src/ that ran since the counters were removed, per file and in all.
set -eu
build=$(cd "$1" && pwd)
cd "$build"
find . -path '*slope_objects.dir*' -name '*.gcda' | while read -r counts; do
    gcov -n "$counts" 2>/dev/null
done | awk '
    /^File / {
        file = $2
        gsub(/\047/, "", file)
        sub(/.*\/src\//, "src/", file)
    }
    /^Lines executed:/ && file ~ /^src\// {
        split($2, part, /[:%]/)
        lines = $4
        if (!(file in best) || part[2] > best[file]) {
            best[file] = part[2]
            count[file] = lines
        }
        file = ""
    }
    END {
        for (name in best) {
            printf "%6.1f %%  of %4d  %s\n", best[name], count[name], name | "sort -n"
            all += count[name]
            ran += count[name] * best[name] / 100
        }
        close("sort -n")
        if (all) printf "%6.1f %%  of %4d  lines of src/\n", 100 * ran / all, all
    }'
