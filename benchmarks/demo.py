#!/usr/bin/env python3
"""Index real code with the real command and search it: parts of Python's standard library.

Everything is made in the folder that is named: the workspace, the index, the settings. It checks what it
shows: that the first results are the files that answer, and that an edit embeds only what was edited.

    python benchmarks/demo.py DIR
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import trees
from command import Command, program

PACKAGES = (
    "asyncio",
    "collections",
    "concurrent",
    "email",
    "html",
    "http",
    "importlib",
    "json",
    "logging",
    "multiprocessing",
    "re",
    "tomllib",
    "urllib",
    "xmlrpc",
    "zoneinfo",
)
QUESTIONS = (
    ("parse an email header", "email/"),
    ("wait for the first task to finish", "asyncio/"),
    ("reconnect with exponential backoff", "logging/handlers.py"),
    ("rotate log files when they get too big", "logging/handlers.py"),
)
"""What is asked, and where the first result must be from."""

SYMBOL = ("ThreadPoolExecutor.submit", "concurrent/futures/thread.py")
EDITED = "json/scanner.py"
NEW_FUNCTION = '''

def count_nested_brackets(text):
    """Say how deeply the brackets of a JSON text are nested."""
    depth = deepest = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        deepest = max(depth, deepest)
    return deepest
'''
_MARK = ".made-by-codeassistd-demo"
_FIRST_RESULT = re.compile(r"^(?P<path>[^\s:]+):(?P<first>\d+)-\d+", re.MULTILINE)
_ESCAPES = re.compile(r"\x1b\][^\x1b]*\x1b\\|\x1b\[[0-9;]*m")


class DemoError(Exception):
    """Something is not as it should be."""


@dataclass(frozen=True, slots=True)
class Demo:
    """A workspace and the user who works in it.

    Attributes:
        root: The workspace, which is the current folder of every command.
        user: Data and settings.
    """

    root: Path
    user: Command

    def run(self, *arguments: str, hidden: tuple[str, ...] = (), keep_messages: bool = False) -> str:
        """Run a command as a user would; its output is shown.

        Args:
            arguments: What follows `codeassistd`.
            hidden: More of it that is not worth showing.
            keep_messages: Whether its messages are returned too, which otherwise go their own way so that
                a progress bar can move.

        Returns:
            What it wrote.
        """
        print(f"\n$ codeassistd {shlex.join(arguments)}", flush=True)
        done = subprocess.run(
            [*program(), *arguments, *hidden],
            cwd=self.root,
            env=self.user.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if keep_messages else None,
            text=True,
            encoding="utf-8",
            check=False,
        )
        print(done.stdout, end="", flush=True)
        if done.returncode != 0:
            raise DemoError(f"the command failed with status {done.returncode}")
        return done.stdout

    def search(self, query: str, expected: str) -> None:
        """Search, and check where the first result is from."""
        color = "always" if sys.stdout.isatty() and "NO_COLOR" not in os.environ else "never"
        said = self.run("search", query, "--limit", "3", "--lines", "4", hidden=("--color", color))
        first = _FIRST_RESULT.search(_ESCAPES.sub("", said))
        if first is None or not first["path"].startswith(expected):
            raise DemoError(f"the first result for {query!r} should be from {expected}")


def prepare(folder: Path) -> Demo:
    """Make the workspace anew; an earlier one, with its index, goes.

    Raises:
        DemoError: The folder holds something that is not a demo's.
    """
    mark = folder / _MARK
    if folder.exists() and any(folder.iterdir()) and not mark.exists():
        raise DemoError(f"{folder} holds other files; name a new folder")
    for part in ("workspace", "data"):
        shutil.rmtree(folder / part, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    mark.touch()
    root = folder / "workspace"
    files = [path for path in trees.standard_library() if path.parts[0] in PACKAGES]
    size = trees.copy_standard_library(root, files)
    # Marks the workspace's root: the folder around it may be a repository of its own.
    (root / "codeassistd.toml").write_text("# Settings of this workspace; none are needed.\n")
    print(f"{len(files)} files of Python's standard library ({size / 1e6:.1f} MB) are in {root}.")
    return Demo(root, Command(folder))


def tour(demo: Demo) -> None:
    """Everything that is shown, each part checked."""
    demo.run("index", str(demo.root))
    print("\nAsk for what code does:")
    for question, expected in QUESTIONS:
        demo.search(question, expected)
    print("\nOr for a symbol; its definition comes first:")
    demo.search(*SYMBOL)
    print(f"\nAfter an edit, here a new function in {EDITED}, only what changed is embedded:")
    with (demo.root / EDITED).open("a", encoding="utf-8") as file:
        file.write(NEW_FUNCTION)
    said = demo.run("index", keep_messages=True)
    if "indexed 1 of " not in said or "(1 embedded" not in said:
        raise DemoError("one file should be indexed, and one chunk embedded")
    demo.search("how deeply are the brackets of a text nested", EDITED)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, metavar="DIR", help="where everything is made and kept")
    folder = parser.parse_args().folder.absolute()
    began = time.monotonic()
    try:
        demo = prepare(folder)
        tour(demo)
    except DemoError as error:
        print(f"\nthe demo failed: {error}", file=sys.stderr)
        return 1
    print(f"\nAll as expected, in {time.monotonic() - began:.0f} s. Try your own:")
    print(f"  export CODEASSISTD_DATA_DIR={shlex.quote(str(demo.user.data))}")
    print(f"  cd {shlex.quote(str(demo.root))} && {shlex.quote(program()[0])} search 'your question'")
    return 0


if __name__ == "__main__":
    sys.exit(main())
