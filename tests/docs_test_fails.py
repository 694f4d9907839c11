#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""docs_test_fails.py BUILD [OPTION OF docs_test.py]...: docs_test.py tells what is wrong with a page, and where.

Writes pages with one mistake each, and pages without, and compares what docs_test.py says of them.
"""
import subprocess
import sys
import tempfile
from pathlib import Path

FENCE = "```"
PROGRAM = '#include <stdio.h>\n\nint main(void)\n{\n    puts("seven");\n    return 0;\n}\n'
COMMANDS = ("$ slope eval '3*x' x=2\n6\n$ slope eval '3*y'\nslope: no number is given for y\n...\n"
            "$ cat one.slope two.csv\n# one.slope\nx^2\nx\n1\n$ printf '1\\n2\\n3\\n4\\n'\n1\n...\n4\n")


def block(language, text):
    return f"{FENCE}{language}\n{text}{FENCE}\n"


# Pages, and of each what is to be said: the line, and a part of the message; or nothing.
PAGES = {
    "right.md": ("# Right and proper\n\n" + block("c", PROGRAM) + "\n    seven\n\nA [link](right.md#right-and-proper), [another](https://example.org/x).\n"
                 + block("c", 'printf("%g\\n", sqrt(4.0));\n') + "\n    2\n\n" + block("sh", "sudo apt install x\n"), None),
    "commands.md": (block("slope", "# one.slope\nx^2\n") + block("csv", "# two.csv\nx\n1\n") + block("console", COMMANDS), None),
    "output.md": (block("c", PROGRAM) + "\n    six\n", "output.md:11: is the first line that differs"),
    "silent.md": (block("c", PROGRAM), "silent.md:1: this program prints something else"),
    "more.md": (block("c", PROGRAM) + "\n    seven\n    eight\n", "more.md:12: is the first line that differs"),
    "compile.md": (block("c", PROGRAM.replace("puts(", "putz(")), "compile.md:6:5: error"),
    "warning.md": (block("c", "int unused = 1;\n"), "warning.md:2:5: error"),
    "status.md": (block("c", "return 3;\n"), "status.md:1: this program ends with status 3"),
    "crash.md": (block("c", "abort();\n"), "crash.md:1: this program ends with status -6"),
    "language.md": (block("pascal", "begin end.\n"), "language.md:1: 'pascal' is no language that is known here: write one of c cpp console"),
    "none.md": (block("", "x\n"), "none.md:1: '' is no language that is known here"),
    "elsewhere.md": (block("python", "x = 1\n"), "elsewhere.md:1: a block of python is not run"),
    "coming-from/python.md": (block("python", "x = 1\n"), None),
    "unused.md": (block("c", "/* part.c */\nint part = 1;\n"), "unused.md:1: part.c is never used"),
    "open.md": (FENCE + "c\nreturn 0;\n", "open.md:1: this block is never closed"),
    "inner.md": ("- x\n  " + FENCE + "c\n  y\n", "inner.md:2: a fence is not at the beginning of its line"),
    "tilde.md": ("~~~c\nx\n", "tilde.md:1: a fence is not at the beginning of its line"),
    "quoted.md": ("> " + FENCE + "c\n> y\n", "quoted.md:1: a fence is not at the beginning of its line"),
    "deep.md": ("- a\n\n    - [link](missing.md 'title')\n", "deep.md:3: the link missing.md leads nowhere"),
    "broken.md": ("A [link](\nmissing.md)\n", "broken.md:1: a link goes on in the next line"),
    "shell.md": (block("sh", "if true\n"), "shell.md:1: the shell does not take this"),
    "nowhere.md": ("A\n[link](missing.md)\n", "nowhere.md:2: the link missing.md leads nowhere: there is no docs/missing.md"),
    "anchor.md": ("A [link](right.md#right-and-propper)\n", "anchor.md:1: the link right.md#right-and-propper leads nowhere: no heading"),
    "picture.md": ("![a curve](pictures/curve.svg)\n", "picture.md:1: the link pictures/curve.svg leads nowhere"),
    "insecure.md": ("A [link](http://example.org)\n", "insecure.md:1: the link http://example.org is not one of the web"),
    "absolute.md": ("A [link](/etc/passwd)\n", "absolute.md:1: the link '/etc/passwd' must be relative"),
    "outside.md": ("A [link](../../x.md)\n", "outside.md:1: the link ../../x.md leads out of the project"),
    "command.md": (block("console", "$ slope eval '3*x' x=2\n6\n$ slope eval '3*x' x=3\n8\n"), "command.md:5: is the first line that differs"),
    "mute.md": (block("console", "$ slope eval '3*x' x=2\n"), "mute.md:2: 'slope eval '3*x' x=2' prints something else"),
    "unknown.md": (block("console", "$ sloop 3*x\n...\n"), "unknown.md:2: 'sloop 3*x' could not be run"),
    "gap.md": (block("console", "$ printf '1\\n2\\n3\\n'\n1\n...\n2\n"), "gap.md:2: 'printf"),
    "start.md": (block("console", "6\n$ true\n"), "start.md:2: a console block begins with a command"),
    "drawn.md": (block("console", "$ echo > pictures/new.svg\n"), "drawn.md:1: docs/pictures/new.svg is not there: './run pictures' makes it"),
    "plus.md": (block("cpp", "slope::real x = 1;\n"), "plus.md:2:13: error"),
    "cmake.md": (block("cmake", "no_such_command()\n"), "cmake.md:1: cmake does not take this"),
}
# and what is left out where the build has sanitizers
WITHOUT = {"command.md", "mute.md", "unknown.md", "gap.md", "start.md", "drawn.md", "plus.md", "cmake.md", "commands.md"}


def run(project, build, *options):
    command = [sys.executable, Path(__file__).with_name("docs_test.py"), project, build, *options]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def main():
    build, options = sys.argv[1], sys.argv[2:]
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        pages = {name: said for name, said in PAGES.items() if "--sanitized" not in options or name not in WITHOUT}
        for name, (text, _) in pages.items():
            path = project / "docs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        whole = run(project, build, *options)
        expected = [said for _, said in pages.values() if said]
        wrong += [f"it does not say: {said}" for said in expected if f"docs/{said}" not in whole.stdout]
        wrong += [f"it complains about {name}, which is right" for name, (_, said) in pages.items() if not said and f"docs/{name}:" in whole.stdout]
        if f": {len(expected)} mistakes\n" not in whole.stdout or whole.returncode != 1:
            wrong.append(f"it does not count {len(expected)} mistakes and end with status 1")
        right = [str(project / "docs" / name) for name, (_, said) in pages.items() if not said]
        alone = run(project, build, *options, "--", *right)
        if alone.returncode or ": no mistakes\n" not in alone.stdout:
            wrong.append(f"pages without a mistake are refused:\n{alone.stdout}")
        if "command.md" in pages:
            drawn = run(project, build, "--pictures", str(project / "taken"), *options, "--", str(project / "docs/drawn.md"))
            if drawn.returncode or not (project / "taken/new.svg").exists():
                wrong.append(f"--pictures took no picture:\n{drawn.stdout}")
    if wrong:
        print(whole.stdout + "\n" + "\n".join(wrong))
        sys.exit(1)
    print(f"docs_test_fails: {len(expected)} mistakes, all told")


if __name__ == "__main__":
    main()
