# SPDX-License-Identifier: MIT
"""site.py XML OUT: the documentation as HTML that needs no server and no network, run in the root of the source tree.

docs/**/*.md by cmark-gfm, the public headers by Doxygen's XML (symbols.py), what these link to beside them.  The order of
pages, and what stands beside every page, is that of docs/index.md.  find.js looks names up; a-z.html lists them.
"""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import symbols

DOCS = Path("docs")
TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
REPLACED = {"README.md": "readme", "CONTRIBUTING.md": "contributing", "CHANGELOG.md": "changes"}


def output_of(source):
    """Where a page of the source tree is in the site; None for what is no page of it."""
    source = Path(os.path.normpath(source))
    if source.suffix == ".md" and (DOCS in source.parents or source.name in TOP):
        if DOCS in source.parents:
            return source.relative_to(DOCS).with_suffix(".html")
        return Path(REPLACED[source.name] + ".html")
    if source.parent == Path("include/slope") and source.suffix in (".h", ".hpp"):
        return Path("reference") / (source.name.replace(".", "-") + ".html")
    if source.parts[:2] == ("docs", "pictures"):
        return source.relative_to(DOCS)
    return None


def plain(text):
    return html.unescape(re.sub(r"<[^>]*>", "", text))


def slug(heading, seen):
    """The anchor that GitHub gives a heading."""
    words = re.sub(r"[^\w\- ]", "", plain(heading).strip().lower()).replace(" ", "-")
    count = seen.setdefault(words, 0)
    seen[words] += 1
    return words if count == 0 else f"{words}-{count}"


class Site:
    def __init__(self, out, headers):
        self.out = Path(out)
        self.headers = headers
        self.names = {}  # every public name and where it is told of
        self.index = []  # name, kind, page#anchor, what it is
        self.copied = set()
        for h in headers:
            for s in h.symbols:
                place = f"reference/{h.page}#{s.anchor}"
                self.names.setdefault(s.name, place)
                self.index.append((s.name, s.kind, place, self.first(s.text)))
                for m in s.members:
                    if m.kind == "enumerator":
                        self.names.setdefault(m.name, place)
                        self.index.append((m.name, "enumerator", place, self.first(m.text)))
                    elif s.kind == "class":
                        self.index.append((f"{s.name}::{m.name}", "member", place, self.first(m.text)))

    @staticmethod
    def first(text):
        return symbols.shortened(symbols.first_sentence(text), 110)

    # --- text to HTML

    def linked(self, text, here, skip=""):
        """Escaped text in which public names are links."""

        def link(match):
            name = match.group()
            source = Path(name if name.endswith(".md") else "include/" + name)
            if "/" in name and source.is_file() and (page := output_of(source)) and str(page) != str(here):
                return f'<a href="{self.relative(page, here)}">{name}</a>'
            if name == skip or name not in self.names:
                return name
            return f'<a href="{self.relative(self.names[name], here)}">{name}</a>'

        return re.sub(r"\bslope::\w+|\bslope_\w+\b|\bSLOPE_\w+\b|\bdocs/[\w/-]+\.md\b|\bslope/\w+\.hp?p?\b", link, text)

    def relative(self, target, here):
        path, _, anchor = str(target).partition("#")
        return os.path.relpath(path, Path(here).parent) + ("#" + anchor if anchor else "")

    def blocks(self, text, here, skip=""):
        out = ""
        for kind, words in text:
            words = self.linked(html.escape(words, quote=False), here, skip)
            if kind == "p":
                words = re.sub("`([^`]+)`", r"<code>\1</code>", words)
            out += f"<p>{words}</p>\n" if kind == "p" else f"<pre>{words}</pre>\n"
        return out

    # --- pages

    def write(self, page, title, body, aside=""):
        root = os.path.relpath(".", Path(page).parent)
        root = "" if root == "." else root + "/"
        navigation = ""
        for group, entries in self.order:
            navigation += f"<h2>{group}</h2><ul>" if group else "<ul>"
            for name, target in entries:
                current = ' aria-current="page"' if target == str(page) else ""
                navigation += f'<li><a href="{self.relative(target, page)}"{current}>{name}</a></li>'
            navigation += "</ul>"
        (self.out / page).parent.mkdir(parents=True, exist_ok=True)
        (self.out / page).write_text(
            f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{html.escape(plain(title))} · Slope</title>
<link rel="stylesheet" href="{root}style.css">
</head>
<body>
<a class="skip" href="#content">To the text</a>
<header>
<a class="name" href="{root}index.html">Slope</a>
<form role="search" data-root="{root}"><label for="find">Find</label>
<input id="find" type="search" placeholder="a function, a type, a word" autocomplete="off" aria-controls="found" spellcheck="false">
<ol id="found" hidden></ol></form>
<a href="{root}a-z.html">A–Z</a>
</header>
<div class="columns">
<nav aria-label="Pages">{navigation}</nav>
<main id="content">
{body}</main>
{aside}</div>
<script src="{root}names.js"></script>
<script src="{root}find.js"></script>
</body>
</html>
"""
        )

    def markdown(self, source):
        """A page written in Markdown."""
        page = output_of(source)
        text = subprocess.run(
            ["cmark-gfm", "--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough", str(source)],
            check=True, capture_output=True, text=True,
        ).stdout
        seen = {}
        headings = []

        def heading(match):
            level, words = match.groups()
            anchor = slug(words, seen)
            headings.append((int(level), anchor, words))
            return f'<h{level} id="{anchor}">{words}<a class="here" href="#{anchor}" aria-label="Link to this part">#</a></h{level}>'

        def link(match):
            attribute, target = match.groups()
            if re.match(r"[a-z]+:|#", target):
                return match.group()
            path, _, anchor = html.unescape(target).partition("#")
            found = output_of(source.parent / path) or self.copy(Path(os.path.normpath(source.parent / path)))
            return f'{attribute}="{self.relative(found, page)}{"#" + anchor if anchor else ""}"'

        text = re.sub(r"<h([1-6])>(.*?)</h\1>", heading, text)
        text = re.sub(r'\b(href|src)="([^"]*)"', link, text)
        text = re.sub(
            r"<code( class=[^>]*)?>(.*?)</code>",
            lambda m: f"<code{m.group(1) or ''}>{self.linked(m.group(2), page)}</code>" if "<a " not in m.group(2) else m.group(),
            text, flags=re.S,
        )
        text = re.sub(r"<a ([^>]*)><code>(.*?)</code></a>", lambda m: f"<a {m.group(1)}><code>{plain(m.group(2))}</code></a>", text)
        text = re.sub(r"<table>.*?</table>", lambda m: f'<div class="wide">{m.group()}</div>', text, flags=re.S)
        title = next((w for level, _, w in headings if level == 1), source.stem)
        for level, anchor, words in headings:
            self.index.append((plain(words), "page" if level == 1 else "part", f"{page}#{anchor}", plain(title) if level > 1 else ""))
        parts = [(a, w) for level, a, w in headings if level == 2]
        aside = ""
        if len(parts) > 2:
            aside = '<nav class="parts" aria-label="On this page"><h2>On this page</h2><ul>'
            aside += "".join(f'<li><a href="#{a}">{w}</a></li>' for a, w in parts) + "</ul></nav>"
        self.write(page, title, text, aside)

    def copy(self, source):
        """A file that a page links to and that is no page: shown as it stands."""
        if source.is_absolute() or ".." in source.parts:
            sys.exit(f"site: {source} is linked to and is not in this folder: link to what is, or to https://")
        page = Path("files") / (str(source) + ".html")
        if source.is_dir():
            body = "".join(f"<li>{html.escape(p.name)}</li>" for p in sorted(source.iterdir()))
            body = f"<h1>{source}/</h1><ul>{body}</ul>"
        elif source.is_file():
            body = f"<h1>{source}</h1><pre>{html.escape(source.read_text())}</pre>"
        else:
            sys.exit(f"site: {source} is linked to and is not there")
        if page not in self.copied:
            self.copied.add(page)
            self.write(page, str(source), body)
        return page

    def reference(self, header):
        page = f"reference/{header.page}"
        body = f"<h1>slope/{header.name}</h1>\n{self.blocks(header.text, page)}"
        if header.symbols:
            body += '<ul class="names">'
            body += "".join(f'<li><a href="#{s.anchor}">{html.escape(s.name)}</a> <span>{html.escape(self.first(s.text))}</span></li>' for s in header.symbols)
            body += "</ul>\n"
        for s in header.symbols:
            body += f'<section id="{s.anchor}"><h2>{html.escape(s.name)}<a class="here" href="#{s.anchor}" aria-label="Link to this part">#</a></h2>\n'
            if s.code:
                body += f'<pre class="declared">{self.linked(html.escape(s.code, quote=False), page, s.name)}</pre>\n'
            body += self.blocks(s.text, page, s.name)
            for code, text in symbols.told_together(s):
                body += f'<pre class="declared">{self.linked(html.escape(code, quote=False), page)}</pre>\n'
                body += f'<div class="member">{self.blocks(text, page)}</div>\n'
            body += "</section>\n"
        self.write(page, f"slope/{header.name}", body)

    def listing(self):
        body = "<h1>A–Z</h1>\n<ul class='names'>"
        for name, kind, place, about in sorted(self.index, key=lambda e: (e[0].lower().removeprefix("slope_").removeprefix("slope::"), e[0])):
            if kind not in ("page", "part"):
                body += f'<li><a href="{place}">{html.escape(name)}</a> <span>{kind} · {html.escape(about)}</span></li>\n'
        self.write("a-z.html", "A–Z", body + "</ul>\n")

    def build(self):
        index = (DOCS / "index.md").read_text()
        self.order = []
        for group, entries in re.findall(r"^## (.*)\n((?:(?!## ).*\n)*)", index, flags=re.M):
            links = re.findall(r"\[([^\]]*)\]\(([^)#]*)\)", entries)
            self.order.append((group, [(n, str(output_of(DOCS / t) or t)) for n, t in links if not t.startswith("http")]))
        self.order.append(("Reference", [(h.name, f"reference/{h.page}") for h in self.headers]))
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir(parents=True)
        for source in sorted(DOCS.rglob("*.md")) + [Path(t) for t in TOP]:
            self.markdown(source)
        for h in self.headers:
            self.reference(h)
        self.listing()
        tools = Path(__file__).parent
        for name in ("style.css", "find.js"):
            shutil.copy(tools / name, self.out / name)
        if (DOCS / "pictures").is_dir():
            shutil.copytree(DOCS / "pictures", self.out / "pictures")
        self.names_script()
        print(f"site: {len(list(self.out.rglob('*.html')))} pages, {len(self.index)} names to find")

    def names_script(self):
        rows = ",\n".join(json.dumps(e, ensure_ascii=False) for e in self.index)
        (self.out / "names.js").write_text(f"var names = [\n{rows}\n];\n")


def main(xml, out):
    Site(out, symbols.read(xml, "include/slope")).build()


main(*sys.argv[1:])
