"""Random changes, in bursts: whatever a walk then lists otherwise than before must have been reported."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from codeassistd.indexer.walk.entry import FileEntry, Skip
from codeassistd.indexer.walk.scan import scan
from codeassistd.indexer.watch.poll_source import differing

from .conftest import Reports, Watching, git, write

_BURSTS = 8
_CHANGES = 40
_NAMES = ("a", "b", "build", "c d", "é")


def listing(root: Path) -> Mapping[str, FileEntry | Skip]:
    return {item.path: item for item in scan(root)}


def change_something(root: Path, aside: Path, choose: random.Random) -> None:
    folders = [root, *(path for path in root.rglob("*") if path.is_dir() and ".git" not in path.parts)]
    folder, other = choose.choice(folders), choose.choice(folders)
    place = other / choose.choice(_NAMES)
    match choose.randrange(9):
        case 0 | 1 | 2:
            write(folder.joinpath(*choose.choices(_NAMES, k=choose.randint(0, 3)), "f.py"))
        case 3:
            (folder / "f.py").unlink(missing_ok=True)
        case 4 if folder != root:
            shutil.rmtree(folder)
        case 5 if folder != root and not place.exists() and folder not in place.parents:
            folder.rename(place)
        case 6 if folder != root and not aside.exists():
            folder.rename(aside)
        case 7 if aside.exists() and not place.exists():
            write(aside / "meanwhile.py", str(choose.random()))
            aside.rename(place)
        case 8:
            write(root / "tmp~", str(choose.random()))
            (root / "tmp~").replace(folder / "g.py")


def burst(root: Path, reports: Reports, choose: random.Random, number: int) -> None:
    before = listing(root)
    reports.clear()
    for _ in range(_CHANGES):
        change_something(root, root.parent / "aside", choose)
    last = f"last{number}.py"
    write(root / last)
    reports.wait(lambda reports: reports.covers(last) or bool(reports.reasons))
    if not reports.reasons:
        assert [path for path in differing(before, listing(root)) if not reports.covers(path)] == []


@pytest.mark.parametrize("seed", range(4))
def test_natively(seed: int, root: Path, watching: Watching) -> None:
    _, reports = watching(root)
    choose = random.Random(seed)
    for number in range(_BURSTS):
        burst(root, reports, choose, number)


def test_when_rules_change_in_between(root: Path, watching: Watching) -> None:
    _, reports = watching(root)
    choose = random.Random(11)
    for number in range(_BURSTS):
        write(root / ".gitignore", "\n".join(choose.sample(["build/", "a/", "/b", "*.log", "é"], 2)))
        reports.wait_for_rescan(".gitignore")
        if number % 3 == 0:
            git(root, "add", ".")
        reports.settle(root)
        burst(root, reports, choose, number)
