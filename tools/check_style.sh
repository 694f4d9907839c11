#!/bin/sh
# SPDX-License-Identifier: MIT
#
# Checks what can be checked of CONTRIBUTING.md without a compiler.  --fix formats the C files first.  Prints each
# offence and exits 1 if there was one.
set -eu
cd "$(dirname "$0")/.."

# Generated files keep the shape their generator gives them; tables (*.def) are aligned by hand.
generated='^include/slope/(status|opcode|ops|inline|generic)\.h$|^include/slope/ops\.hpp$'
offences=$(mktemp)
trap 'rm -f "$offences"' EXIT
files=$(git ls-files -co --exclude-standard | while read -r f; do [ -f "$f" ] && printf '%s\n' "$f"; done)
text=$(printf '%s\n' "$files" | grep -vE '\.(png|pdf|ico)$|^fuzz/corpus/' || :)
sources=$(printf '%s\n' "$files" | grep -E "\.([ch]|cpp|hpp)\$" | grep -vE "$generated" || :)

report() { sed "s|^|$1: |" >>"$offences"; }
each() { printf '%s\n' "$1" | tr '\n' '\0' | xargs -0 "$2" "$3" "$4" /dev/null || :; }

if [ "${1:-}" = --fix ]; then
    printf '%s\n' "$sources" | xargs clang-format -i
fi

tab=$(printf '\t')
each "$text" grep -nI "$tab" | { grep -v '^debian/rules:' || :; } | report "a tab" # make wants them
each "$text" grep -nIE ' +$' | report "blanks at the end of the line"
each "$text" grep -nIE '(^|[^A-Za-z])(TO''DO|FIX''ME|XX''X)([^A-Za-z]|$)' | report "left undone"
each "$text" grep -nIE '(^|[^A-Za-z0-9.])/(work|farm|home/[a-z]+|root|tmp/bash)[/_]' | report "a path of one machine"
each "$sources" grep -nE '.{121}' | report "longer than 120 columns"
printf '%s\n' "$text" | while read -r f; do
    [ ! -s "$f" ] || [ -z "$(tail -c 1 "$f" | tr -d '\n')" ] || echo "$f"
done | report "no newline at the end"
printf '%s\n' "$files" | grep -E '\.([ch]|cpp|hpp|sh|def)$' | while read -r f; do
    lines=$(wc -l <"$f")
    [ "$lines" -le 800 ] || echo "$f ($lines lines)"
done | report "longer than 800 lines"
printf '%s\n' "$files" | grep -E '\.([ch]|cpp|hpp|sh)$|^run$|^\.ci/run$' | while read -r f; do
    head -n 3 "$f" | grep -q 'SPDX-License-Identifier: MIT' || echo "$f"
done | report "no SPDX line at the top"
git log --format='%h %s' 2>/dev/null | while read -r hash subject; do
    [ "${#subject}" -le 60 ] || echo "$hash $subject (${#subject} characters)"
    case $subject in
    *.) echo "$hash $subject (ends in a full stop)" ;;
    *:\ ?*) ;;
    *) echo "$hash $subject (not 'area: subject')" ;;
    esac
done | report "commit subject"
printf '%s\n' "$sources" | xargs clang-format --dry-run 2>&1 | grep -E '^[^ ]+:[0-9]+:[0-9]+: (warning|error)' |
    cut -d : -f 1,2 | sort -u -t : -k 1,1 | report "not as clang-format has it (./run format)"

if [ -s "$offences" ]; then
    cat "$offences"
    exit 1
fi
echo "style: $(printf '%s\n' "$text" | wc -l) files, nothing to say"
