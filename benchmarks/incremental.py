#!/usr/bin/env python3
"""What `codeassistd index` costs on 10,000 files when little or nothing has changed.

Times are those of the real command; the baseline is the start of an idle process (`codeassistd
--version`), measured in between. An audit hook in every Python process of a run counts the files of the
workspace that are opened: none when nothing changed, one when one file changed. Going back to an earlier
branch and renaming a folder must embed nothing.

    python benchmarks/incremental.py [--files N] [--runs N] [--short] [--json]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import figures
import trees
from command import Command

if TYPE_CHECKING:
    from command import Finished

UNCHANGED_TARGET_SECONDS = 1.5
ONE_FILE_TARGET_SECONDS = 0.5
BRANCH_FILES = 200

_AUDIT_HOOK = '''
"""Imported by every Python process at its start: notes each file of the workspace that it opens."""
import os, stat, sys

_root, _log = os.environ["OPENED_BELOW"], os.environ["OPENED_LOG"]
_git, _open = os.path.join(_root, ".git"), os.open

def _note(path):
    if path.startswith(_root + os.sep) and not path.startswith(_git) and path != _log:
        log = _open(_log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(log, os.fsencode(path) + b"\\n")
        os.close(log)

def _note_event(event, arguments):
    if event == "open" and arguments and isinstance(arguments[0], (str, bytes)):
        _note(os.fsdecode(arguments[0]))

def _open_noting(path, flags, mode=0o777, *, dir_fd=None):
    # The event says nothing of dir_fd; where a relative name has led, /proc knows.
    descriptor = _open(path, flags, mode, dir_fd=dir_fd)
    if dir_fd is not None and not stat.S_ISDIR(os.fstat(descriptor).st_mode):
        _note(os.readlink(f"/proc/self/fd/{descriptor}"))
    return descriptor

os.open = _open_noting
os.supports_dir_fd.add(_open_noting)
sys.addaudithook(_note_event)
'''


@dataclass(frozen=True, slots=True)
class Stage:
    """A workspace, the user whose index it is in, and a folder for the audit hook."""

    root: Path
    user: Command
    hook: Path

    def index(self) -> Finished:
        """Bring the index up to date."""
        return self.user.index(self.root)

    def index_counting(self) -> tuple[Finished, list[str]]:
        """The same with the audit hook; returns also the files that were opened."""
        self.hook.mkdir(exist_ok=True)
        (self.hook / "sitecustomize.py").write_text(_AUDIT_HOOK)
        log = self.hook / "opened"
        log.write_text("")
        finished = self.user.index(
            self.root,
            extra_environment={
                "PYTHONPATH": os.pathsep.join(filter(None, (str(self.hook), os.environ.get("PYTHONPATH")))),
                "OPENED_BELOW": str(self.root),
                "OPENED_LOG": str(log),
            },
        )
        return finished, log.read_text().splitlines()

    def git(self, *arguments: str) -> None:
        """Run git, independent of anybody's configuration."""
        who = {
            f"GIT_{role}_{part}": "benchmark"
            for role in ("AUTHOR", "COMMITTER")
            for part in ("NAME", "EMAIL")
        }
        nobody = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        environment = {**os.environ, **who, **nobody}
        subprocess.run(["git", "-C", self.root, *arguments], check=True, capture_output=True, env=environment)

    def edit(self, number: int, text: str) -> None:
        """Add a function to one of the small files."""
        with trees.small_file(self.root, number).open("a") as file:
            file.write(f"\n\ndef added_{number}(value):\n    return {text!r} + value\n")


def embedded(finished: Finished) -> int:
    """Texts that the model was asked for in a run."""
    return int(finished.document["chunks"]["embedded"])


def unchanged_and_one_file(stage: Stage, runs: int) -> dict[str, Any]:
    idle, change, start = [], [], []
    for run in range(runs):
        start.append(stage.user.run("--version").seconds)
        finished = stage.index()
        assert finished.document["files"]["indexed"] == 0
        idle.append(finished.seconds)
        stage.edit(run, f"edit {run}")
        finished = stage.index()
        assert finished.document["files"]["indexed"] == 1
        assert embedded(finished) == 1, "more than the new function was embedded"
        change.append(finished.seconds)
        trees.wait_until_settled()
        stage.index()  # the edited file was too young to be trusted; now it is settled
    middle = {name: figures.percentile(times, 50) for name, times in (("start", start), ("idle", idle))}
    return {
        "process_start_seconds": round(middle["start"], 3),
        "unchanged_seconds": round(middle["idle"], 3),
        "unchanged_beyond_start_seconds": round(middle["idle"] - middle["start"], 3),
        "one_file_seconds": round(figures.percentile(change, 50), 3),
        "one_file_more_seconds": round(figures.percentile(change, 50) - middle["idle"], 3),
    }


def opened_files(stage: Stage) -> dict[str, Any]:
    """How many files of the workspace are opened when nothing changed, and when one did."""
    _, nothing = stage.index_counting()
    assert not nothing, f"nothing changed, and {nothing[:3]} … were opened"
    stage.edit(0, "counted")
    _, one = stage.index_counting()
    assert one == [str(trees.small_file(stage.root, 0))], f"one file changed, and {one[:3]} … were opened"
    return {"opened_when_unchanged": len(nothing), "opened_when_one_changed": len(one)}


def renamed_folder(stage: Stage) -> dict[str, Any]:
    (stage.root / "package_001").rename(stage.root / "renamed_package")
    finished = stage.index()
    report = finished.document
    assert embedded(finished) == 0, "a renamed folder was embedded"
    assert report["files"]["removed"] == report["files"]["indexed"] > 0
    return {
        "renamed_files": report["files"]["indexed"],
        "rename_seconds": round(finished.seconds, 3),
        "rename_embedded": embedded(finished),
    }


def branches(stage: Stage, files: int) -> dict[str, Any]:
    """Go to a branch with other contents, back, and there again."""
    if shutil.which("git") is None:
        return {"branch": "not measured: git is not installed"}
    count = min(BRANCH_FILES, files // 4)
    stage.git("init", "--quiet", "--initial-branch=main")
    stage.git("add", ".")
    stage.git("commit", "--quiet", "--message=first")
    stage.git("checkout", "--quiet", "-b", "other")
    for number in range(files - count, files):
        stage.edit(number, "only on the other branch")
    stage.git("commit", "--quiet", "--all", "--message=second")
    there = stage.index()
    assert embedded(there) == count
    times = []
    for branch in ("main", "other"):
        stage.git("checkout", "--quiet", branch)
        again = stage.index()
        assert again.document["files"]["indexed"] == count
        assert embedded(again) == 0, f"going back to {branch} embedded {embedded(again)} texts"
        times.append(again.seconds)
    return {
        "branch_files": count,
        "branch_first_seconds": round(there.seconds, 3),
        "branch_first_embedded": embedded(there),
        "branch_back_seconds": round(times[0], 3),
        "branch_there_again_seconds": round(times[1], 3),
        "branch_back_embedded": 0,
    }


def measure(base: Path, files: int, runs: int) -> dict[str, Any]:
    stage = Stage(base / "project", Command(base / "user"), base / "hook")
    trees.small_files(stage.root, files)
    trees.wait_until_settled()
    figures.step(f"indexing {files:,} small files for the first time")
    first = stage.index()
    figures.step("indexing with nothing changed, with one file changed")
    result = {
        "files": files,
        "chunks": first.document["chunks"]["total"],
        "first_seconds": round(first.seconds, 1),
    }
    result |= opened_files(stage)
    trees.wait_until_settled()
    stage.index()
    result |= unchanged_and_one_file(stage, runs)
    figures.step("renaming a folder, switching branches")
    return {**result, **renamed_folder(stage), **branches(stage, files)}


def lines(result: dict[str, Any]) -> list[str]:
    unchanged = figures.judged(result["unchanged_beyond_start_seconds"], UNCHANGED_TARGET_SECONDS, "s")
    one_file = figures.judged(result["one_file_more_seconds"], ONE_FILE_TARGET_SECONDS, "s")
    said = [
        f"{result['files']:,} files, {result['chunks']:,} chunks; first index {result['first_seconds']} s",
        f"baseline, start of an idle process: {result['process_start_seconds']:.2f} s",
        (
            f"nothing changed: {result['unchanged_seconds']:.2f} s, beyond the start {unchanged};"
            f" {result['opened_when_unchanged']} files opened"
        ),
        (
            f"one file changed: {result['one_file_seconds']:.2f} s, beyond an unchanged run {one_file};"
            f" {result['opened_when_one_changed']} file opened, 1 text embedded"
        ),
        (
            f"folder of {result['renamed_files']} files renamed: {result['rename_seconds']:.2f} s,"
            f" {result['rename_embedded']} texts embedded"
        ),
    ]
    if "branch" in result:
        return [*said, f"branches: {result['branch']}"]
    return [
        *said,
        (
            f"branch with {result['branch_files']} changed files: {result['branch_first_seconds']:.2f} s,"
            f" {result['branch_first_embedded']} texts embedded"
        ),
        (
            f"back: {result['branch_back_seconds']:.2f} s, and there again:"
            f" {result['branch_there_again_seconds']:.2f} s, {result['branch_back_embedded']} texts embedded"
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--short", action="store_true", help="3 runs")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="incremental-") as folder:
        result = measure(Path(folder).resolve(), options.files, 3 if options.short else options.runs)
    figures.publish(result, lines(result), as_json=options.json)


if __name__ == "__main__":
    main()
