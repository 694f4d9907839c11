#!/bin/sh
# SPDX-License-Identifier: MIT
#
# What a new user does with the packages beside this script, as root on a fresh Debian (tools/test_packages.sh): install,
# compile README's programs, use the command, look a function up, remove; and nothing stays.
set -eu
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
step() { printf '%s\n' "used: $*"; }
quietly() { "$@" >log 2>&1 || { cat log; exit 1; }; }
same() { # what, file, file
    diff "$2" "$3" || { echo "$1 should print what README says (<), and printed the other lines (>)"; exit 1; }
}

step "apt-get install ./*.deb"
quietly apt-get install -y --no-install-recommends ./*.deb
files=$(dpkg -L libslope0 libslope-dev slope)

# The first program of README in a language, and the lines that it prints.
readme() { # language, program, output
    awk -v start="\`\`\`$1" -v program="$2" -v output="$3" '
        $0 == start && !n { n = 1; next }
        /^```$/ && n == 1 { n = 2; next }
        n == 1            { print > program }
        n == 2 && /^    / { print substr($0, 5) > output; seen = 1; next }
        n == 2 && seen    { exit }' README.md
}
readme c first.c first.expected
readme cpp first.cpp cpp.expected
step "cc x.c \$(pkg-config --cflags --libs slope)"
# shellcheck disable=SC2046 # lists of words
cc first.c $(pkg-config --cflags --libs slope) -o first
./first >first.out
same first.c first.expected first.out
step "c++ -std=c++17 x.cpp \$(pkg-config --cflags --libs slope)"
# shellcheck disable=SC2046
c++ -std=c++17 first.cpp $(pkg-config --cflags --libs slope) -o cpp
./cpp >cpp.out
same first.cpp cpp.expected cpp.out
step "statically"
# shellcheck disable=SC2046
cc -static first.c $(pkg-config --cflags --libs --static slope) -o static 2>log
./static >static.out
same first.c first.expected static.out

step "the command"
[ "$(slope eval 'x^2' x=3)" = 9 ] || { echo "slope eval 'x^2' x=3 is not 9"; exit 1; }
MANPAGER=cat man slope | grep -q 'slope explore' || { echo "man slope says nothing of slope explore"; exit 1; }

step "the documentation of a function"
for name in $(nm -D --defined-only --without-symbol-versions "$(find /usr/lib -name 'libslope.so.0')" | awk '$2 == "T" {print $3}'); do
    man -w 3 "$name" >/dev/null 2>&1 || { echo "there is no manual page for $name"; exit 1; }
done
html=/usr/share/doc/libslope-dev/html
grep -q '"slope_gradient", "function", "reference/derive-h.html#slope_gradient"' $html/names.js &&
    grep -q 'id="slope_gradient"' $html/reference/derive-h.html || { echo "slope_gradient is not in $html"; exit 1; }
MANPAGER=cat man slope_gradient | grep -q 'slope_gradient' || { echo "man slope_gradient does not tell of it"; exit 1; }

step "the program of slope(3)"
zcat "$(man -w 3 slope)" | sed -n '/^\.Bd -literal/,/^\.Ed/p' | sed '/^\./d; s/\\e/\\/g' >manual.c
# shellcheck disable=SC2046
cc manual.c $(pkg-config --cflags --libs slope) -o manual
[ "$(./manual)" = "-2.72789, slopes 1.24844 0.909297" ] || { echo "slope(3)'s program prints $(./manual)"; exit 1; }

step "apt-get purge"
quietly apt-get purge -y libslope0 libslope-dev slope
for file in $files; do
    case $file in
    *slope*) [ ! -e "$file" ] || { echo "$file is still there"; exit 1; } ;;
    esac
done
step "all well"
