# SPDX-License-Identifier: MIT
"""manual.py XML INCLUDE OUT: manual pages of section 3, in mdoc.

One page for each public function, one for each header (slope-tape.3) with its types and macros, slope.3 for the whole.  Types,
macros and enumerators have the page of their header under their own name.
"""

import email.utils
import re
import sys
import time
from pathlib import Path

import symbols


def escape(text):
    return text.replace("\\", "\\e")


def prose(text):
    """Sentences as lines of roff; one that starts like a request is not one."""
    lines = re.split(r"(?<=[.;:]) (?=[A-Z])", escape(text))
    return "\n".join("\\&" + l if l.startswith((".", "'")) else l for l in lines)


def quoted(text):
    return '"' + escape(text).replace('"', "\\(dq") + '"'


def body(text):
    out = []
    for kind, words in text:
        if kind == "p":
            out.append(".Pp\n" + prose(words))
        else:
            lines = "\n".join("\\&" + l if l.startswith((".", "'")) else l for l in escape(words).split("\n"))
            out.append(".Bd -literal -offset indent\n" + lines + "\n.Ed")
    return "\n".join(out).removeprefix(".Pp\n")


def display(code):
    return ".Bd -literal\n" + "\n".join("\\&" + l if l.startswith((".", "'")) else l for l in escape(code).split("\n")) + "\n.Ed"


def date():
    """That of the newest entry of debian/changelog, as mdoc wants it: the same source gives the same pages."""
    entry = re.search(r"^ -- .*>  (.*)$", Path("debian/changelog").read_text(), re.M)
    return time.strftime("%B %-d, %Y", email.utils.parsedate(entry.group(1)))


def head(title, names, about):
    listed = " ,\n".join(".Nm " + n for n in names)
    return f".\\\" SPDX-License-Identifier: MIT\n.Dd {date()}\n.Dt {title} 3\n.Os\n.Sh NAME\n{listed}\n.Nd {about}\n"


def brief(text):
    """The first sentence, as what `apropos` finds."""
    first = symbols.first_sentence(text)
    return escape(symbols.shortened(first[0].lower() + first[1:] if first[1:2].islower() else first, 100)) or "part of Slope"


def topic(header):
    return "slope-" + re.sub(r"\.h$|\.", lambda m: "" if m.group() == ".h" else "-", header.name)


def function_page(f, header):
    out = head(f.name.upper(), [f.name], brief(f.text))
    out += f".Sh SYNOPSIS\n.In slope/{header.name}\n{display(f.code)}\n"
    out += ".Sh DESCRIPTION\n" + body(f.text) + "\n"
    out += f".Ss Holds for all of slope/{header.name}\n" + body(header.text) + "\n"
    out += f".Sh SEE ALSO\n.Xr slope 3 ,\n.Xr {topic(header)} 3\n"
    return out


def header_page(header):
    out = head(topic(header).upper(), [topic(header)], brief(header.text))
    out += f".Sh SYNOPSIS\n.In slope/{header.name}\n.Pp\nCompile and link with\n.Ql pkg-config --cflags --libs slope .\n"
    out += ".Sh DESCRIPTION\n" + body(header.text) + "\n"
    for s in header.symbols:
        out += f".Ss {escape(s.name)}\n"
        if s.code:
            out += display(s.code) + "\n"
            out += ".Pp\n" if s.text and s.text[0][0] == "p" else ""
        out += body(s.text) + "\n"
        for code, text in symbols.told_together(s):
            out += display(code) + "\n"
            out += ".Bd -filled -offset indent\n" + body(text) + "\n.Ed\n" if text else ""
    return out + ".Sh SEE ALSO\n.Xr slope 3\n"


def overview(headers):
    out = head("SLOPE", ["slope"], "automatic differentiation for C")
    out += """.Sh SYNOPSIS
.In slope/slope.h
.Pp
.Li cc x.c $(pkg-config --cflags --libs slope)
.Sh DESCRIPTION
Slope takes a formula that is written once and gives its value, its exact derivatives, a picture of how they came about, and fast
code that computes them.
.Bd -literal -offset indent
#include <stdio.h>
#include <slope/slope.h>

int main(void)
{
    slope_tape *tape = slope_tape_create(NULL);
    slope_value a = slope_var(tape, 2.0), b = slope_var(tape, -3.0);
    slope_value y = slope_mul(slope_sin(a), b);
    if (slope_backward(y) != SLOPE_OK)
        return 1;
    printf("%g, slopes %g %g\\en", slope_data(y), slope_grad(a), slope_grad(b));
    slope_tape_destroy(tape);
    return 0;
}
.Ed
.Pp
Every function has a page of its own; the headers are told of in
.Bl -tag -width slope-function(3)
"""
    for h in headers:
        if h.text and h.name != "slope.h":
            out += f".It Xr {topic(h)} 3\n{prose(brief(h.text))}\n"
    out += ".El\n.Sh ERRORS\nThe codes are those of\n.Xr slope-status 3 .\n"
    base = next(h for h in headers if h.name == "base.h")
    out += body(base.text) + "\n.Sh THREADS\nA tape and its values belong to one thread at a time; tapes are independent of each other.\n"
    out += "A function, once made, may be evaluated and differentiated by any number of threads at once.\n.Sh SEE ALSO\n.Xr slope 1\n"
    return out


def main(xml, include, out):
    headers = symbols.read(xml, include)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.3"):
        old.unlink()
    pages = {"slope": overview(headers)}
    for h in headers:
        if h.name != "slope.h":
            pages[topic(h)] = header_page(h)
    aliases = {}
    for h in headers:
        for s in h.symbols:
            if s.kind == "function" and h.name.endswith(".h"):
                pages.setdefault(s.name, function_page(s, h))
                continue
            if re.fullmatch(r"[A-Za-z0-9_:]+", s.name):
                aliases.setdefault(s.name, topic(h))
            for m in s.members:
                if m.kind == "enumerator":
                    aliases.setdefault(m.name, topic(h))
    for name, text in pages.items():
        (out / f"{name}.3").write_text(text)
    for name, page in aliases.items():
        if name not in pages:
            (out / f"{name}.3").write_text(f".so man3/{page}.3\n")
    print(f"manual: {len(pages)} pages, {len(aliases)} other names")


main(*sys.argv[1:])
