#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs_test.py SOURCE BUILD [OPTION]... [-- PAGE...]: what the pages say is so.

Installs the build into an empty folder and does there what README.md, CONTRIBUTING.md and docs/**/*.md say: compiles and runs
their programs, types their commands, compares what is printed with the page, and looks at their links.  With PAGEs only
those are tested.  What each kind of block must hold is in CONTRIBUTING.md, "Writing documentation".  Exits 1 when a page is wrong.
"""
import argparse
import concurrent.futures
import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import unquote, urlsplit

KNOWN = ("c", "cpp", "console", "sh", "cmake", "csv", "text", "json", "slope")
FOREIGN = ("python", "c++", "matlab", "julia", "fortran", "rust")  # code of other libraries, docs/coming-from only
COMMENTED = ("text", "slope")  # a file's first line `# NAME` is a part of it: its format has such comments
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
FORGIVEN = ["-Wno-unused-parameter"]  # on all pages but the first one, whose programs are copied as they are
C_HEAD = "".join(f"#include <{name}.h>\n" for name in ("stdio", "stdlib", "string", "math", "slope/slope"))
CPP_HEAD = "#include <iostream>\n#include <slope/slope.hpp>\n"
SECONDS = 60  # for a program or a command


class Block:
    """A fenced block: its language, its lines, and for programs the indented lines that follow."""

    def __init__(self, page, line, language):
        self.page, self.line, self.language = page, line, language  # line: of the opening fence, from 1
        self.lines, self.output, self.output_line = [], [], 0

    @property
    def text(self):
        return "".join(line + "\n" for line in self.lines)

    @property
    def name(self):
        """The file that the block is saved as, or ''."""
        first = self.lines[0] if self.lines else ""
        if self.language in ("c", "cpp"):
            found = re.fullmatch(r"/\* ([\w-]+\.(?:c|cpp|h|hpp)) \*/", first)
        else:
            found = self.language in ("csv", "text", "json", "slope") and re.fullmatch(r"# ([\w-]+\.[\w.-]+)", first)
        return found.group(1) if found else ""

    @property
    def has_main(self):
        return re.search(r"^(int|auto) main\s*\(", self.text, re.M) is not None

    @property
    def is_saved_only(self):
        """A part of a program: a console block of its page puts the parts together."""
        return self.name != "" and (not self.has_main or '#include "' in self.text)


class Page:
    def __init__(self, source, path):
        self.path, self.blocks, self.prose, self.complaints = path, [], [], []
        self.headings = {}
        self.read((source / path).read_text(encoding="utf-8").split("\n"))

    def complain(self, line, message):
        self.complaints.append((line, f"{self.path}:{line}: {message}"))

    def read(self, lines):
        block, after, blanks = None, None, []
        for number, line in enumerate(lines, 1):
            if block:
                if re.fullmatch(r"```\s*", line):
                    after, block, blanks = block, None, []
                else:
                    block.lines.append(line)
                continue
            if line.startswith("```"):
                block = Block(self, number, line[3:].strip())
                self.blocks.append(block)
                continue
            if re.match(r"( {1,3}|>\s*)```|\s*>?\s*~~~", line):
                self.complain(number, "a fence is not at the beginning of its line: write ``` in the first column")
            if re.search(r"\]\(\s*$", line):
                self.complain(number, "a link goes on in the next line: write its target behind the bracket")
            if after and line.startswith("    "):
                after.output_line = after.output_line or number
                after.output += blanks + [line[4:]]
                blanks = []
            elif after and not line.strip():
                blanks += [""] if after.output else []
            else:
                after = None
            if not line.startswith("    ") or re.match(r"\s+([-*+]|\d+[.)])\s", line): # code, but for lists in lists
                self.prose.append((number, line))
        if block:
            self.complain(block.line, "this block is never closed: a line ``` is missing")
        for number, line in self.prose:
            found = re.match(r"#{1,6}\s+(.*?)\s*#*$", line)
            if found:
                self.head(found.group(1))
            for name in re.findall(r'<a (?:id|name)="([^"]+)"', line):
                self.headings[name] = 1

    def head(self, text):
        """Enters the anchor that GitHub makes of a heading."""
        text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
        text = re.sub(r"(?<!\w)[*_]+|[*_]+(?!\w)", "", text.replace("`", ""))
        anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        count = self.headings.get(anchor, 0)
        self.headings[anchor] = count + 1
        if count:
            self.headings[f"{anchor}-{count}"] = 1


# ----------------------------------------------------------------------------------------------------------------- links


def links_of(page):
    """(line, target) of every link and picture of a page, outside code."""
    for number, line in page.prose:
        line = re.sub(r"(`+).*?\1", "", line)
        for found in re.finditer(r"\]\(\s*<?([^)\s>]*)>?(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)", line):
            yield number, found.group(1)
        for found in re.finditer(r"^\[[^\]]+\]:\s+(\S+)|<(https?:[^>]*)>|(?:src|href)=[\"']([^\"']*)[\"']", line):
            yield number, next(group for group in found.groups() if group)


def complaint_of_link(source, page, target, pages):
    """What is wrong with a link, or None.  pages: those read so far, by path."""
    if re.match(r"[a-z][a-z0-9+.-]*:", target, re.I):
        try:
            parts = urlsplit(target)
            wrong = parts.scheme != "https" or not re.fullmatch(r"[\w-]+(\.[\w-]+)+", parts.hostname or "")
        except ValueError:
            wrong = True
        return f"the link {target} is not one of the web: write https://host.name/path" if wrong else None
    path, _, anchor = target.partition("#")
    if path.startswith("/") or not target:
        return f"the link '{target}' must be relative to the page, as in ../README.md"
    place = os.path.normpath(os.path.join(os.path.dirname(page.path), unquote(path))) if path else page.path
    if place.startswith(".."):
        return f"the link {target} leads out of the project"
    if not (source / place).exists():
        return f"the link {target} leads nowhere: there is no {place}"
    if not anchor:
        return None
    if not place.endswith(".md"):
        return None if re.fullmatch(r"L\d+", anchor) else f"the link {target} has an anchor, but {place} is no page"
    if place not in pages:
        pages[place] = Page(source, place)
    if anchor in pages[place].headings:
        return None
    near = difflib.get_close_matches(anchor, pages[place].headings, 1, 0.5)
    return f"the link {target} leads nowhere: no heading of {place} has the anchor #{anchor}" + (f" (#{near[0]} is near)" if near else "")


def check_links(source, chosen):
    pages = {page.path: page for page in chosen}
    count = 0
    for page in chosen:
        for line, target in links_of(page):
            count += 1
            complaint = complaint_of_link(source, page, target, pages)
            if complaint:
                page.complain(line, complaint)
    return count


# ---------------------------------------------------------------------------------------------------------------- output


def agrees(want, got):
    """Are the lines got those wanted, where a line `...` stands for any?"""
    if "..." not in want:
        return want == got
    pieces, piece = [], []
    for line in want + ["..."]:
        if line == "...":
            pieces.append(piece)
            piece = []
        else:
            piece.append(line)
    if want[-1] != "...":
        last = pieces.pop()
    else:
        last = []
        pieces.pop()
    first, middle = pieces[0], pieces[1:]
    if len(first) + len(last) > len(got) or got[: len(first)] != first or got[len(got) - len(last) :] != last:
        return False
    at, end = len(first), len(got) - len(last)
    for piece in middle:
        while at + len(piece) <= end and got[at : at + len(piece)] != piece:
            at += 1
        if at + len(piece) > end:
            return False
        at += len(piece)
    return True


def lines_of(text):
    """Lines without the empty ones at the end and blanks at theirs: pages have neither."""
    lines = [line.rstrip() for line in text.split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def difference(page, line, want, got):
    same = 0
    while same < len(want) and same < len(got) and want[same] == got[same]:
        same += 1
    told = list(difflib.unified_diff(want, got, lineterm="", n=2))[2:]
    text = "\n".join("    " + part for part in told if not part.startswith("@@"))
    return f"{page.path}:{line + same}: is the first line that differs (- the page, + what is printed):\n{text}"


def compare(page, line, output_line, want, got, what):
    want = lines_of("\n".join(want))
    if not agrees(want, got):
        page.complain(line, f"{what} prints something else:\n{difference(page, output_line, want, got)}")


# ------------------------------------------------------------------------------------------------- programs and commands


class Place:
    """The folder in which everything happens: an installed Slope, and a folder for each page."""

    def __init__(self, options, folder):
        self.options, self.folder, self.prefix = options, folder, folder / "prefix"
        self.numbers, self.lock = {"programs": 0, "commands": 0, "other blocks": 0}, threading.Lock()
        done = subprocess.run(["cmake", "--install", options.build, "--prefix", self.prefix], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"docs: could not install {options.build}; is it built?\n{done.stdout}{done.stderr}")
        pc = next(self.prefix.rglob("slope.pc"), None)
        if not pc:
            sys.exit("docs: the installed files have no slope.pc")
        self.lib = pc.parent.parent
        bin_folder, home = folder / "bin", folder / "home"
        bin_folder.mkdir()
        home.mkdir()
        for name, command in (("cc", options.cc), ("c++", options.cxx)):
            found = shutil.which(command)
            if found:
                (bin_folder / name).symlink_to(found)
        before = os.environ.get("LD_LIBRARY_PATH")
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("SLOPE_", "XDG_", "OMP_", "LC_")) and k != "NO_COLOR"},
            "PATH": f"{self.prefix}/bin:{bin_folder}:{os.environ['PATH']}",
            "PKG_CONFIG_PATH": str(pc.parent),
            "LD_LIBRARY_PATH": f"{self.lib}:{before}" if before else str(self.lib),
            "HOME": str(home),
            "TMPDIR": str(home),
            "BROWSER": "true",
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "TERM": "dumb",
        }

    def count(self, what):
        with self.lock:
            self.numbers[what] += 1

    def run(self, command, folder):
        """Lines printed, and the exit status; None: it took too long."""
        try:
            done = subprocess.run(
                command,
                cwd=folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return [], None
        except FileNotFoundError:
            return [f"{command[0]} is not installed"], 127
        return lines_of(done.stdout.decode("utf-8", "replace")), done.returncode

    def folder_of(self, page):
        folder = self.folder / "pages" / page.path.replace("/", "-").removesuffix(".md")
        (folder / "pictures").mkdir(parents=True, exist_ok=True)
        return folder


def source_of(block):
    """The text of a program, and how many lines stand before the page's own."""
    if block.has_main or block.name:
        return block.text, 0
    head = C_HEAD + "int main(void)\n{\n" if block.language == "c" else CPP_HEAD + "int main()\n{\n"
    return head + block.text + "return 0;\n}\n", head.count("\n")


def compile_block(place, block, folder):
    """Compiles a program in a folder of its own; the path of the result, or None."""
    folder.mkdir(parents=True)
    options, is_c = place.options, block.language == "c"
    name = block.name or ("program.c" if is_c else "program.cpp")
    text, before = source_of(block)
    (folder / name).write_text(text, encoding="utf-8")
    result = folder / "program"
    compiler = [options.cc, "-std=c11"] if is_c else [options.cxx, "-std=c++17"]
    link = [f"-L{place.lib}", f"-Wl,-rpath,{place.lib}", "-lslope", "-lm", "-o", str(result)]
    forgiven = [] if str(block.page.path).endswith("README.md") else FORGIVEN
    command = compiler + WARNINGS + forgiven + shlex.split(options.flags) + [f"-I{place.prefix}/include", name] + link
    printed, status = place.run(command, folder)
    if status == 0:
        return result
    place_of = lambda found: f"{block.page.path}:{block.line + int(found.group(1)) - before}:"
    printed = [re.sub(rf"{re.escape(name)}:(\d+):", place_of, line) for line in printed]
    block.page.complain(block.line, "this program does not compile:\n" + "\n".join("    " + line for line in printed[:40]))
    return None


def run_program(place, block, program, folder):
    place.count("programs")
    got, status = place.run([program], folder)
    if status is None:
        block.page.complain(block.line, f"this program is not done after {SECONDS} seconds")
    elif status:
        block.page.complain(block.line, f"this program ends with status {status}; it printed:\n    " + "\n    ".join(got))
    else:
        compare(block.page, block.line, block.output_line or block.line + len(block.lines) + 1, block.output, got, "this program")


def commands_of(block):
    """(line, command, expected lines) of a console block."""
    commands = []
    lines = iter(enumerate(block.lines, block.line + 1))
    for number, line in lines:
        if line.startswith("$ "):
            command, here = line[2:], re.search(r"<<\s*'?(\w+)'?", line)
            while command.endswith("\\") or (here and command.split("\n")[-1].strip() != here.group(1)):
                _, more = next(lines, (0, None))
                if more is None:
                    block.page.complain(number, "this command has no end")
                    return commands
                command += "\n" + more.removeprefix("> ")
            commands.append((number, command, []))
        elif commands:
            commands[-1][2].append(line)
        else:
            block.page.complain(number, "a console block begins with a command: a line `$ command`")
    return commands


def run_console(place, block, folder):
    for line, command, want in commands_of(block):
        place.count("commands")
        got, status = place.run(["sh", "-c", command], folder)
        if status is None:
            block.page.complain(line, f"'{command}' is not done after {SECONDS} seconds")
        elif status in (126, 127) or status < 0 or status > 128:
            block.page.complain(line, f"'{command}' could not be run or crashed, status {status}:\n    " + "\n    ".join(got))
        else:
            compare(block.page, line, line + 1 + command.count("\n"), want, got, f"'{command}'")


def check_shell(place, block, folder):
    place.count("other blocks")
    (folder / ".block.sh").write_text(block.text, encoding="utf-8")
    printed, status = place.run(["sh", "-n", ".block.sh"], folder)
    if status:
        block.page.complain(block.line, "the shell does not take this: " + "\n    ".join(printed))


def check_cmake(place, block, folder):
    """Configures a project; what is no project yet is put behind a project line, with Slope's sources in the folder slope."""
    place.count("other blocks")
    folder = folder / f".cmake-{block.line}"
    folder.mkdir()
    head = "" if "project(" in block.text else "cmake_minimum_required(VERSION 3.25)\nproject(page LANGUAGES C)\n"
    (folder / "CMakeLists.txt").write_text(head + block.text, encoding="utf-8")
    (folder / "slope").symlink_to(place.options.source)
    for name in re.findall(r"add_executable\(\w+ (\w+\.c)\)", block.text):
        (folder / name).write_text("#include <slope/slope.h>\n\nint main(void) { return slope_version() == 0; }\n")
    command = ["cmake", "-S", ".", "-B", "build", f"-DCMAKE_PREFIX_PATH={place.prefix}", f"-DCMAKE_C_COMPILER={place.options.cc}"]
    printed, status = place.run(command + [f"-DFETCHCONTENT_SOURCE_DIR_SLOPE={place.options.source}"], folder)
    if status == 0 and not head:
        printed, status = place.run(["cmake", "--build", "build"], folder)
    if status != 0:
        block.page.complain(block.line, "cmake does not take this:\n" + "\n".join("    " + line for line in printed[-40:]))


def check_kinds(page):
    """What can be said of the blocks of a page without running them."""
    commands = "\n".join(block.text for block in page.blocks if block.language == "console")
    code = "\n".join(block.text for block in page.blocks if block.language in ("c", "cpp"))
    for block in page.blocks:
        if block.language in FOREIGN and page.path.startswith("docs/coming-from/"):
            continue
        if block.language in FOREIGN:
            page.complain(block.line, f"a block of {block.language} is not run, so only pages of docs/coming-from have some")
        elif block.language not in KNOWN:
            page.complain(block.line, f"'{block.language}' is no language that is known here: write one of {' '.join(KNOWN)}"
                          f" (and {' '.join(FOREIGN)} in docs/coming-from)")
        elif block.language in ("c", "cpp") and block.is_saved_only and block.name not in commands and f'"{block.name}"' not in code:
            page.complain(block.line, f"{block.name} is never used: no console block of the page names it")


def skipped(options, block):
    return options.sanitized and block.language in ("cpp", "console", "cmake")


def save(page, folder):
    for block in page.blocks:
        if block.name:
            lines = block.lines if block.language in ("c", "cpp") + COMMENTED else block.lines[1:]
            (folder / block.name).write_text("".join(line + "\n" for line in lines), encoding="utf-8")


def run_page(place, page, programs):
    folder = place.folder_of(page)
    save(page, folder)
    for block in page.blocks:
        if skipped(place.options, block):
            continue
        if block in programs:
            program = programs[block].result()
            if program:
                run_program(place, block, program, folder)
        elif block.language == "console":
            run_console(place, block, folder)
        elif block.language == "sh":
            check_shell(place, block, folder)
        elif block.language == "cmake":
            check_cmake(place, block, folder)


# -------------------------------------------------------------------------------------------------------------- pictures


def take_pictures(place, pages, folder):
    """Copies pictures that commands made; how many."""
    count, maker = 0, {}
    for page in pages:
        for picture in sorted((place.folder_of(page) / "pictures").iterdir()):
            if picture.name in maker:
                page.complain(1, f"pictures/{picture.name} is made by {maker[picture.name]} too: one of them needs another name")
                continue
            maker[picture.name] = page.path
            if not page.path.startswith("docs/") or page.path.count("/") > 1:
                page.complain(1, f"pictures/{picture.name}: only pages in docs/ itself make pictures")
            elif folder:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(picture, folder / picture.name)
                count += 1
            elif not (place.options.source / "docs/pictures" / picture.name).exists():
                page.complain(1, f"docs/pictures/{picture.name} is not there: './run pictures' makes it")
    return count, set(maker)


def find_pages(source):
    fixed = [name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md") if (source / name).exists()]
    return fixed + sorted(str(path.relative_to(source)) for path in (source / "docs").rglob("*.md"))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("source", type=Path, help="the project")
    parser.add_argument("build", type=Path, help="a build of it, which is installed into an empty folder")
    parser.add_argument("--cc", default="cc", help="the C compiler")
    parser.add_argument("--cxx", default="c++", help="the C++ compiler")
    parser.add_argument("--flags", default="", help="more flags for C programs")
    parser.add_argument("--sanitized", action="store_true", help="leave out C++ and commands: the build has sanitizers")
    parser.add_argument("--links", action="store_true", help="look at links and kinds of blocks only; the build is not looked at")
    parser.add_argument("--pictures", type=Path, help="copy the pictures that pages make into this folder")
    before, _, pages = " ".join(map(shlex.quote, sys.argv[1:])).partition(" -- ")
    options = parser.parse_args(shlex.split(before))
    options.source, options.build = options.source.resolve(), options.build.resolve()
    return options, shlex.split(pages)


def test_pages(options, pages):
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        place = Place(options, Path(folder).resolve())
        programs = {}
        for page in pages:
            for block in page.blocks:
                if block.language in ("c", "cpp") and not block.is_saved_only and not skipped(options, block):
                    own = place.folder / "programs" / f"{page.path.replace('/', '-')}-{block.line}"
                    programs[block] = pool.submit(compile_block, place, block, own)
        concurrent.futures.wait(programs.values())
        for done in [pool.submit(run_page, place, page, programs) for page in pages]:
            done.result()
        count, made = take_pictures(place, pages, options.pictures)
        if options.pictures:
            place.numbers["pictures"] = count
        return place.numbers, made


def main():
    options, chosen = arguments()
    known = find_pages(options.source)
    names = [os.path.relpath(Path(name).resolve(), options.source) for name in chosen]
    for name in names:
        if name not in known:
            sys.exit(f"docs: {name} is not a page of this project")
    pages = [Page(options.source, name) for name in names or known]
    for page in pages:
        check_kinds(page)
    numbers, made = ({}, set()) if options.links else test_pages(options, pages)
    numbers["links"] = check_links(options.source, pages)
    kept = options.source / "docs/pictures"
    if not names and not options.links and not options.sanitized and kept.is_dir():
        for picture in sorted(path.name for path in kept.iterdir() if path.name not in made):
            pages[0].complain(1, f"docs/pictures/{picture} is made by no page: remove it, or show how it is made")
    complaints = [complaint for page in pages for complaint in sorted(page.complaints)]
    for _, text in complaints:
        print(text)
    print(f"docs: {len(pages)} pages, " + ", ".join(f"{count} {what}" for what, count in numbers.items()) +
          f": {len(complaints) or 'no'} mistake{'' if len(complaints) == 1 else 's'}")
    if not names and not options.links and numbers["programs"] < 2:
        sys.exit("docs: too few programs were found")
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
