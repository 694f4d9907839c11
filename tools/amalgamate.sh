#!/bin/sh
# SPDX-License-Identifier: MIT
#
# amalgamate.sh FOLDER: the core of Slope as two files, FOLDER/slope.c and FOLDER/slope.h, to be compiled as part of
# another program.  The same sources give the same bytes.  docs/amalgamation.md says what is in them.
#
# The lists of sources are those of CMakeLists.txt.  Every header is written where it is first included, a .def each time;
# macros of a .c end with it.  Statics of the core have names of their own (tests/amalgamation_test.sh sees to it).
set -eu
unset CDPATH
case ${1:-} in "" | -*) set -- ;; esac
[ $# -eq 1 ] || { echo "usage: amalgamate.sh FOLDER" >&2; exit 2; }
mkdir -p "$1"
out=$(cd "$1" && pwd)
for file in slope.c slope.h; do
    [ ! -d "$out/$file" ] || { echo "amalgamate: $out/$file is a folder: move it away or name another one" >&2; exit 1; }
done
new=$(mktemp -d "$out/new.XXXXXX") # beside them: what is there stays until both are whole
trap 'rm -rf "$new"' EXIT
trap 'exit 130' HUP INT TERM # dash leaves without EXIT otherwise
cd "$(dirname "$0")/.."
export LC_ALL=C

modules='BASE OPS TAPE FUNCTION DERIVE BATCH FILE RECORD NUMERIC EXPR'
without='src/base/file.c src/file/disk.c' # files and folders of an operating system
without_headers='slope/codegen.h slope/graph.h'
# declared in headers of the core, and defined outside of it
without_names='slope_function_write slope_function_read slope_compile_options slope_compile_options_default slope_function_compile'
without_names="$without_names slope_function_backend"

version=$(sed -n 's/^project(slope VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
sources=$(for module in $modules; do
    sed -n "/^set(SLOPE_$module\$/,/^)/s/^ *\\(src[^ ]*\\.c\\).*/\\1/p" CMakeLists.txt
done)
[ -n "$version" ] && [ -n "$sources" ] || { echo "amalgamate: CMakeLists.txt has no version or no list of sources" >&2; exit 1; }
for file in $without; do
    sources=$(printf '%s\n' "$sources" | grep -vx "$file")
done
sources="$sources src/batch/lanes_portable.c"

head_comment() { # what this file is
    echo "/* SPDX-License-Identifier: MIT */"
    echo "/*"
    echo " * Slope $version, automatic differentiation for C: $1"
    echo " *"
    echo " * Made from the sources of Slope by tools/amalgamate.sh; change those, not this file."
    echo " *"
    sed -e 's/^/ * /' -e 's/ *$//' LICENSE
    echo " */"
}

# The files named, one after another, with what they include.
expand() { # files
    # shellcheck disable=SC2086 # lists of words
    awk -v without_headers="$without_headers" -v without_names="$without_names" -v known="${known:-}" '
    function fail(text) { print "amalgamate: " text > "/dev/stderr"; failed = 1; exit 1 }
    function path_of(name) {
        if (name ~ /^</) return name ~ /^<slope\// ? "include/" substr(name, 2, length(name) - 2) : ""
        return "src/" substr(name, 2, length(name) - 2)
    }
    # Is one of the names left out declared in this paragraph?
    function left_out(text,    k) {
        gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, "", text)
        for (k in gone)
            if (text ~ ("(^|[^a-z_])" k "\\(") || text ~ ("} *" k ";")) return 1
        return 0
    }
    # Headings wait for something below them.
    function flush_paragraph() {
        if (paragraph ~ /^\/\* ----[^\n]*\n\n$/) {
            heading = paragraph
        } else if (!left_out(paragraph)) {
            if (paragraph !~ /^#ifdef __cplusplus\n}/) printf "%s", heading
            if (paragraph != "") heading = ""
            printf "%s", paragraph
        }
        paragraph = ""
    }
    function put(line, is_public) {
        if (!is_public) { print line; return }
        paragraph = paragraph line "\n"
        if (line == "") flush_paragraph()
    }
    # One file; `outer` is how many conditionals it is in.  Returns nothing; the lines go out.
    function include(path, outer,    line, n, k, text, guard, depth, last, name, where, is_public, ends) {
        is_public = path ~ /^include\//
        n = 0
        while ((getline line < path) > 0) text[++n] = line
        if (n == 0) fail(path " is empty, or not there")
        close(path)
        guard = ""
        for (k = 1; k < n && guard == ""; k++) {
            if (text[k] ~ /^#ifndef SLOPE_[A-Z0-9_]*_H$/ && text[k + 1] == "#define " substr(text[k], 9)) {
                guard = substr(text[k], 9)
                text[k] = text[k + 1] = "\001"
            }
        }
        last = 0
        for (k = n; guard != "" && k > 0 && !last; k--)
            if (text[k] ~ /^#endif/) { last = k; text[k] = "\001" }
        if (outer == 0 && guard != "") done[path] = 1
        if (path ~ /\.c$/) print "\n/* ---------------------------------------- " path " */\n"
        depth = outer
        for (k = 1; k <= n; k++) {
            line = text[k]
            if (line == "\001" || line ~ /^\/\* SPDX-License-Identifier/) continue
            if (line ~ /^# *define _[A-Z_]*SOURCE/) continue # at the top of all
            if (line ~ /^# *if/) depth++
            if (line ~ /^# *endif/) depth--
            if (line ~ /^# *include/) {
                name = line
                sub(/^# *include */, "", name)
                sub(/[ \t]*(\/\*.*)?$/, "", name)
                where = path_of(name)
                if (where == "") { # of the C library
                    if (!(name in done)) put(line, is_public)
                    if (depth == 0) done[name] = 1
                } else if (!(where in done) && !(substr(where, 9) in skipped)) {
                    if (is_public) flush_paragraph()
                    include(where, depth)
                }
                continue
            }
            if (line ~ /^# *define / && !is_public && guard == "") {
                name = line
                sub(/^# *define /, "", name)
                sub(/[^A-Za-z0-9_].*/, "", name)
                if (!(name in macro)) { macro[name] = 1; order[++macros] = name }
            }
            put(line, is_public)
        }
        if (is_public) flush_paragraph()
        if (depth != outer) fail(path " leaves a conditional open")
        if (path ~ /\.c$/) {
            if (macros) print ""
            for (k = 1; k <= macros; k++) print "#undef " order[k]
            macros = 0
            split("", macro)
        }
    }
    BEGIN {
        n = split(without_names, list, " ")
        for (k = 1; k <= n; k++) gone[list[k]] = 1
        n = split(without_headers, list, " ")
        for (k = 1; k <= n; k++) skipped[list[k]] = 1
        n = split(known, list, " ")
        for (k = 1; k <= n; k++) done[list[k]] = 1
        for (k = 1; k < ARGC; k++) include(ARGV[k], 0)
        if (failed) exit 1
    }' "$@" >"$new/expanded"
    cat -s "$new/expanded" # never two empty lines
}

# Paths of the headers that slope.h always has: includes outside of conditionals, from slope.h on.
headers_in() {
    awk '
    function visit(path,    line, depth, name) {
        if (path in seen) return
        seen[path] = 1
        print path
        while ((getline line < path) > 0) lines[path] = lines[path] line "\n"
        close(path)
        n[path] = split(lines[path], text, "\n")
        depth = 0
        name = ""
        for (k = 1; k <= n[path]; k++) {
            if (text[k] ~ /^# *if/ && text[k] !~ /_H$/) depth++
            if (text[k] ~ /^# *endif/ && depth) depth--
            if (depth == 0 && text[k] ~ /^#include <slope\//) name = name " " substr(text[k], 11, length(text[k]) - 11)
        }
        todo = todo name
    }
    BEGIN {
        todo = "slope/slope.h"
        while (todo != "") {
            count = split(todo, list, " ")
            todo = ""
            for (j = 1; j <= count; j++) visit("include/" list[j])
        }
    }'
}

{
    head_comment "the declarations of slope.c."
    echo "#ifndef SLOPE_AMALGAMATION_H"
    echo "#define SLOPE_AMALGAMATION_H"
    echo
    expand include/slope/slope.h
    echo
    echo "#endif"
} >"$new/slope.h"

{
    head_comment "the core in one file."
    cat <<'END'
/*
 * cc -std=c11 -O2 -ffp-contract=off -fno-math-errno -c slope.c
 *
 * It takes a C11 compiler with GCC's extensions (gcc, clang), the C library's math.h, string.h, malloc and realloc, and snprintf
 * for messages and numbers as text; nothing of an operating system.
 */
#define SLOPE_BARE  /* no mapped memory, locales, environment */
#define SLOPE_PLAIN /* functions, not the macros of the same names */
#if !defined _DEFAULT_SOURCE
#define _DEFAULT_SOURCE /* lgamma_r */
#endif

#include "slope.h"

#if defined __clang__
#pragma STDC FP_CONTRACT OFF
#pragma clang diagnostic ignored "-Wunused-function" /* inline ones of headers, which are no headers here */
#endif
END
    # shellcheck disable=SC2086 # a list of words
    known="$(headers_in | tr '\n' ' ')" expand $sources
} >"$new/slope.c"
mv "$new/slope.h" "$out/slope.h"
mv "$new/slope.c" "$out/slope.c"
echo "amalgamate: $(wc -l <"$out/slope.c") lines of slope.c, $(wc -l <"$out/slope.h") of slope.h, in $out"
