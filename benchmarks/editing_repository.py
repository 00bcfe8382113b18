"""A git repository to edit: this project's own modules, branches that differ in many files."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from generation_grounding import REPOSITORY, own_sources

if TYPE_CHECKING:
    from pathlib import Path

BRANCHES = {"main": "lanterns", "topic/kettles": "kettles", "topic/ferries": "ferries"}
"""The branches, and what only one of them has: a module of this name, and a function in it."""

LEARNED = "tools/ledger.py"
"""A file with functions that the model of the tests knows; nobody but the model writes into it."""

_CORPUS = REPOSITORY / "tests" / "data" / "generation" / "corpus"
_FILES, _FEW_FILES = 120, 16
_REMOVED, _CHANGED = 7, 5


def only_function(branch: str) -> str:
    """The name of a function that only this branch has."""
    return f"polish_the_{BRANCHES[branch]}_twice"


def only_file(branch: str) -> str:
    """The file that it is in."""
    return f"only/{BRANCHES[branch]}.py"


class Repository:
    """A working tree, and git.

    Args:
        root: Folder to make.
        short: Whether a few files do.
    """

    def __init__(self, root: Path, *, short: bool) -> None:
        self.root = root
        self.branch = "main"
        for path in own_sources()[: _FEW_FILES if short else _FILES]:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / path, root / path)
        (root / LEARNED).parent.mkdir()
        text = (_CORPUS / "ledger.py").read_text(encoding="utf-8")
        (root / LEARNED).write_text(text[text.index("def split_evenly") :], encoding="utf-8")
        self.git("init", "--quiet", "--initial-branch", "main")
        self._commit_with_own_module("main")
        for branch in BRANCHES:
            if branch != "main":
                self._make(branch)
        self.switch("main")

    def git(self, *arguments: str) -> str:
        """Run git; gives what it says."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        person = {
            f"GIT_{role}_{what}": text
            for role in ("AUTHOR", "COMMITTER")
            for what, text in (("NAME", "Somebody"), ("EMAIL", "somebody@example.org"))
        }
        quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        return subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**own, **person, **quiet},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    def files(self) -> list[str]:
        """Python files of this branch that anybody may edit, in an order that never changes."""
        listed = self.git("ls-files", "*.py").splitlines()
        return [path for path in listed if not path.startswith(("only/", "tools/"))]

    def commit(self) -> None:
        """Commit whatever there is."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "Work")

    def switch(self, branch: str) -> None:
        """Check a branch out; the working tree must be clean."""
        self.git("switch", "--quiet", branch)
        self.branch = branch

    def _make(self, branch: str) -> None:
        self.switch("main")
        self.git("switch", "--quiet", "--create", branch)
        self.git("rm", "--quiet", only_file("main"))
        for number, path in enumerate(self.files()):
            if number % _REMOVED == 0:
                self.git("rm", "--quiet", path)
            elif number % _CHANGED == 0:
                with (self.root / path).open("a", encoding="utf-8") as file:
                    file.write(f"\n\ndef for_{BRANCHES[branch]}():\n    return {number}\n")
        self._commit_with_own_module(branch)

    def _commit_with_own_module(self, branch: str) -> None:
        path = self.root / only_file(branch)
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"def {only_function(branch)}(cloth):\n    return cloth * 2\n", encoding="utf-8")
        self.commit()
