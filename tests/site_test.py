# SPDX-License-Identifier: MIT
"""site_test.py FOLDER MAP: what tools/docs/make.sh made: every link of the site leads somewhere, every exported function is found
by the search and has a manual page, and the manual pages are well-formed.  MAP is abi/libslope.map."""

import html.parser
import json
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

folder, symbols = Path(sys.argv[1]), Path(sys.argv[2])
site, man = folder / "site", folder / "man3"
complaints = []


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.path = set(), [], path
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        if "id" in values:
            if values["id"] in self.ids:
                complaints.append(f"{self.path}: two parts are called #{values['id']}")
            self.ids.add(values["id"])
        for name in ("href", "src"):
            if values.get(name):
                self.links.append(values[name])


pages = {p.resolve(): Page(p) for p in site.rglob("*.html")}
links = 0
for path, page in pages.items():
    for link in page.links:
        parts = urlsplit(link)
        if parts.scheme:
            if parts.scheme != "https":
                complaints.append(f"{page.path}: {link} is not https")
            continue
        links += 1
        target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
        if not target.is_file():
            complaints.append(f"{page.path}: {link} leads nowhere")
        elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].ids:
            complaints.append(f"{page.path}: {link}: there is no such part")

exported = re.findall(r"^ *(slope_\w+);$", symbols.read_text(), flags=re.M)
program = f"""
const {{ find }} = require({json.dumps(str((site / 'find.js').resolve()))});
const names = new Function(require("fs").readFileSync({json.dumps(str(site / 'names.js'))}, "utf8") + "return names;")();
for (const name of {json.dumps(exported)}) {{
  const first = find(name, names)[0];
  console.log(name, first ? first[0] : "nothing", first ? first[2] : "");
}}
"""
said = subprocess.run(["node", "-e", program], check=True, capture_output=True, text=True).stdout
for line in said.splitlines():
    name, found, place = line.split(" ", 2)
    if name != found:
        complaints.append(f"the search finds {found} for {name}")
for name in exported:
    if not (man / f"{name}.3").is_file():
        complaints.append(f"there is no manual page for {name}")
real = [str(p) for p in sorted(man.glob("*.3")) if not p.read_text().startswith(".so ")]
lint = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", *real], capture_output=True, text=True).stdout
complaints += [line for line in lint.splitlines() if "missing date" not in line]

print("\n".join(complaints[:40]))
print(f"docs: {len(pages)} pages, {links} links, {len(exported)} functions, {len(real)} manual pages, {len(complaints)} complaints")
sys.exit(1 if complaints or len(exported) < 100 or links < 1000 else 0)
