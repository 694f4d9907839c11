#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test_demo.sh PROGRAM: runs slope-demo in an empty folder as a newcomer would, checks the lecture's numbers, the
# accuracy and the pictures, and then what happens without `dot`, with bad arguments and on a full disk.
set -eu
program=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
failures=0

check() { # description, command...
    description=$1
    shift
    if "$@"; then
        return
    fi
    echo "FAILED: $description"
    failures=$((failures + 1))
}
exits() { # code, command...: standard output goes to the file stdout, standard error to stderr
    code=$1
    shift
    status=0
    "$@" >stdout 2>stderr || status=$?
    [ "$status" -eq "$code" ] || {
        echo "exit code $status, expected $code, of: $*"
        cat stderr
        return 1
    }
}
# A row of a table: name, data, gradient; the numerical derivative must agree on at least 12 digits.
row() {
    awk -v name="$1" -v data="$2" -v grad="$3" '
        $1 == name && NF == 5 { found = 1; if ($2 != data || $3 != grad || $5 < 12) bad = 1 }
        END { exit !(found && !bad) }' printed
}
begins() { # file, bytes in hexadecimal
    [ "$(od -An -tx1 -N4 "$1" | tr -d ' \n')" = "$2" ]
}
no_escapes() { ! grep -q "$(printf '\033')" "$1"; }

check "the demonstration succeeds" exits 0 "$program"
mv stdout printed
check "nothing is said on standard error" test ! -s stderr
check "no colour and no progress bar outside a terminal" no_escapes printed

while read -r name data grad; do
    check "$name is $data with gradient $grad" row "$name" "$data" "$grad"
done <<'END'
a 2 6
c 10 -2
f -2 4
e -6 -2
d 4 -2
L -8 1
x1 2 -1.5
x2 0 0.5
w1 -3 1
w2 1 0
n 0.881373587 0.5
o 0.7071067812 1
END
sed '/neuron/,$d' printed >first # b is a name of both
mv printed all && mv first printed
check "b of the expression" row b -3 -4
sed '1,/neuron/d' all >printed
check "b of the neuron" row b 6.881373587 0.5
mv all printed

check "accuracy is 100 %" grep -q '^ *accuracy 100 %$' printed
for name in expression expression-lecture neuron neuron-lecture boundary loss; do
    check "$name.svg is SVG" grep -q '<svg' "out/demo/$name.svg"
    check "$name.png is PNG" begins "out/demo/$name.png" 89504e47
    check "$name is listed" grep -q "out/demo/$name.svg" printed
done
pages=$(cd out/demo && find . -name '*.html' | sort)
examples=$(find out/demo/gallery -type f | wc -l)
check "there is a page for every example" test "$examples" -ge 14
check "nothing else is left in the folder" test "$(find out/demo -type f | wc -l)" -eq $((12 + 4 + examples))
for page in $pages; do
    check "$page is whole" test "$(tail -n 1 "out/demo/$page")" = "</html>"
    check "$page is below 2 MB" test "$(wc -c <"out/demo/$page")" -lt 2000000
    # names of namespaces are no requests
    check "$page asks for nothing" exits 1 sh -c 'sed "s,http://www.w3.org/[0-9a-z/]*,,g" "$0" | grep -q "https\?://\|@import"' "out/demo/$page"
    [ "$page" = ./index.html ] || check "index.html links $page" grep -q "href=\"${page#./}\"" out/demo/index.html
done
for link in $(grep -o 'href="[^"]*"' out/demo/index.html | cut -d '"' -f 2); do
    check "$link of index.html is there" test -s "out/demo/$link"
done
check "the index is what one is told to open" grep -q 'out/demo/index.html' printed

check "a second run gives the same pictures" exits 0 "$program" again
mv out/demo first
check "byte for byte" diff -r first again

check "every one of five seeds learns" exits 0 \
    sh -c 'for seed in 1 2 3 4 5; do "$0" --seed $seed seeds || exit 1; done' "$program"

mkdir empty
check "without dot the rest is done" exits 3 env PATH="$folder/empty" "$program" bare
check "and the message names it" grep -q 'graphviz' stderr
check "once" test "$(wc -l <stderr)" -eq 1
check "graphs are there as text" test -s bare/expression.dot
check "pictures without dot are there" test -s bare/boundary.png

check "--help works" exits 0 "$program" --help
check "and says what can be given" grep -q -- '--seed N' stdout
check "an unknown option is refused" exits 2 "$program" --what
check "a seed that is no number is refused" exits 2 "$program" --seed x
check "two folders are refused" exits 2 "$program" one two
check "a folder that can't be made is told" exits 3 "$program" printed/sub
if [ -w /dev/full ]; then
    check "a full disk is noticed" exits 0 sh -c '! "$0" full >/dev/full' "$program"
    check "and told" grep -q 'standard output' stderr
fi

[ "$failures" -eq 0 ] && echo "the demonstration is as it should be"
