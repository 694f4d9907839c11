# SPDX-License-Identifier: MIT
#
# awk -f doxygen_filter.awk HEADER: a public header as Doxygen wants it (docs/Doxyfile).  Comments in the source are plain; this
# makes of them what they mean:
#
#   the second comment of a file        is about the file, and one above its first #include
#   one above a declaration             is about it, and about those that follow at once, without an empty line or a comment above;
#                                       in a struct of C about the one member below it
#   one at the end of a line            is about the members or the enumerator in the line
#   an indented part                    is code or a table, shown as it stands
#   a ruler, /* ---- title */, or one that an empty line follows, is about nothing
#
# Specialisations of other libraries' templates are left out: those libraries say what they are.  Lines stay where they are, so
# that a warning of Doxygen names the line of the source.

{ line[NR] = $0 }

END {
    for (i = 1; i <= NR; i++) {
        s = line[i]
        if (s ~ /^template <.*> (class|struct) [A-Za-z_:]+</) {
            for (s = s " /** @cond */"; line[i] !~ /^};/; s = line[i])
                print (line[i] ~ /^template/ ? "/** @cond */ " : "") line[i++]
            print line[i] " /** @endcond */"
            last = ""
        } else if (s ~ /^\/\* SPDX-License/ || s ~ /^ *\/\* ---/) {
            print s
            last = ""
        } else if (s ~ /^ *\/\*/) {
            for (end = i; line[end] !~ /\*\//; end++)
                ;
            comment(i, end, !about_file++ || line[end + 1] ~ /^#include/ ? "file" : line[end] ~ /\*\/ *$/ && line[end + 1] !~ /^ *$/ ? "declaration" : "")
            i = end
            ended = 0
        } else {
            if (s ~ /^typedef struct .*{$/)
                in_struct = 1
            else if (s ~ /^}/)
                in_struct = 0
            if (last != "" && ended && !in_struct && indentation(s) == indentation(line[first]) && s ~ /^ *(#define|[a-zA-Z])/ && s !~ /:$/)
                printf "%s ", last
            if (s ~ /[^ ] +\/\*.*\*\/ *$/ && s !~ /^#/)
                members(s)
            else
                print s
            if (s ~ /^ *$/ || s ~ /^} |:$/)
                last = ""
            ended = s ~ /[;}] *$/ || s ~ /[;}] *\/\*.*\*\/ *$/ || s ~ /^#define .*[^\\]$/
        }
    }
}

function indentation(s) {
    match(s, /^ */)
    return RLENGTH
}

function plain(s) {
    gsub(/[\\@&<>#%"]/, "\\\\&", s)
    return s
}

# A line `type a, *b; /* text */`: each of a and b gets the text.
function members(s,   text, n, part, j, type) {
    match(s, /\/\*.*$/)
    text = substr(s, RSTART + 2)
    s = substr(s, 1, RSTART - 1)
    sub(/ *\*\/ *$/, "", text)
    text = "/**<" plain(text) " */"
    if (s !~ /^ +[a-z_0-9 ]+ [*]*[a-z_0-9]+(, [*]*[a-z_0-9]+)+; *$/) {
        print s text
        return
    }
    sub(/; *$/, "", s)
    n = split(s, part, /, */)
    match(part[1], /[*]*[a-z_0-9]+$/)
    type = substr(part[1], 1, RSTART - 1)
    part[1] = substr(part[1], RSTART)
    for (j = 1; j <= n; j++)
        printf "%s%s; %s", type, part[j], text
    print ""
}

# The comment in the lines from..to, about what is said.
function comment(from, to, about,   j, k, s, code, text, indent) {
    last = ""
    for (j = from; j <= to && about == ""; j++)
        print line[j]
    if (about == "")
        return
    for (j = from; j <= to; j++) {
        s = line[j]
        if (j == from) {
            indent = indentation(s)
            s = substr(s, indent + 3)
            sub(/^ /, "", s)
        } else if (!sub(/^ *\*( |$)/, "", s)) {
            for (k = indent + 3; k > 0 && substr(s, 1, 1) == " "; k--)
                s = substr(s, 2)
        }
        if (j == to)
            sub(/ *\*\/ *$/, "", s)
        if (j > from && s ~ /^  +[^ ]/) {
            text = text (code ? "" : " @verbatim")
            code = 1
        } else if (s !~ /^ *$/) {
            s = (code ? "@endverbatim " : "") plain(s)
            code = 0
        }
        # Without the star, Doxygen would take one that the text begins with; in code it takes none.
        text = text (j == from ? "" : code || s ~ /^@endverbatim/ ? "\n" : "\n * ") s
    }
    text = "/** " text (code ? " @endverbatim" : "") (about == "file" ? " @file" : "") " */"
    print text
    if (about == "declaration" && text !~ /@verbatim/) {
        last = text
        gsub(/\n \*/, "", last)
        first = to + 1
    }
}
