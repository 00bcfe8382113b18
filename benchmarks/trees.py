"""Workspaces to measure on: real code of this Python installation, and generated files."""

from __future__ import annotations

import re
import shutil
import sysconfig
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STDLIB = Path(sysconfig.get_path("stdlib"))
SITE_PACKAGES = Path(sysconfig.get_path("purelib"))

_TEST_FOLDERS = {"test", "tests", "idle_test"}
_LARGEST = 1_000_000
_DIFFERENT_SMALL_FILES = 2_000
_SMALL_FILES_IN_FOLDER = 100
_DEFINITION = re.compile(r"^(\s*(?:async )?def \w+|class \w+)", re.MULTILINE)

SETTLED_SECONDS = 2.1
"""A file that is younger than this when it is indexed is read again the next time: its time stamp could
hide a later write."""


def standard_library(*, tests: bool = False) -> list[Path]:
    """The standard library's Python files, relative to STDLIB, in an order that never changes.

    Args:
        tests: Whether its tests are among them.
    """
    found = (path.relative_to(STDLIB) for path in _python_files(STDLIB) if "site-packages" not in path.parts)
    return sorted(path for path in found if tests or not _TEST_FOLDERS & set(path.parts))


def copy_real_files(target: Path, count: int) -> int:
    """Copy real Python files: the standard library, then every nth file of the packages installed here.

    Args:
        target: Folder to make.
        count: Files.

    Returns:
        Their size in bytes.

    Raises:
        SystemExit: There are not that many files here.
    """
    library = standard_library()[:count]
    wanted = count - len(library)
    others = [path.relative_to(SITE_PACKAGES) for path in sorted(_python_files(SITE_PACKAGES))]
    if len(others) < wanted:
        raise SystemExit(f"only {len(library) + len(others):,} Python files are installed here")
    spread = [others[number * len(others) // wanted] for number in range(wanted)]
    size = _copy(STDLIB, library, target / "lib")
    return size + _copy(SITE_PACKAGES, spread, target / "packages")


def copy_standard_library(target: Path, files: Sequence[Path]) -> int:
    """Copy files of the standard library; returns their size in bytes."""
    return _copy(STDLIB, files, target)


def varied_library(target: Path, copies: Sequence[int]) -> int:
    """Copies of the standard library in which every function and class has a name of its own.

    Args:
        target: Folder to make.
        copies: Number of each copy, part of its names.

    Returns:
        How many files were written.
    """
    written = 0
    files = standard_library()
    for copy in copies:
        for path in files:
            text = (STDLIB / path).read_bytes().decode("utf-8", "replace")
            place = target / f"copy_{copy:02}" / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(_DEFINITION.sub(rf"\1_{copy}", text), encoding="utf-8")
            written += 1
    return written


def small_files(target: Path, files: int) -> None:
    """Write many small modules, one short function each; of the contents every 2,000th is the same."""
    for number in range(files):
        path = small_file(target, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        unit = number % _DIFFERENT_SMALL_FILES
        path.write_text(
            f"def convert_{unit}(value):\n"
            f'    """Convert a value to unit {unit}."""\n'
            f"    return value * {unit} + {unit % 7}\n"
        )


def small_file(target: Path, number: int) -> Path:
    """Where `small_files` puts a module."""
    name = f"module_{number % _DIFFERENT_SMALL_FILES}.py"
    return target / f"package_{number // _SMALL_FILES_IN_FOLDER:03}" / name


def wait_until_settled() -> None:
    """Wait until what was just written is old enough to be recognised as unchanged."""
    time.sleep(SETTLED_SECONDS)


def size_on_disk(folder: Path) -> int:
    """Bytes in the files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _copy(source: Path, files: Sequence[Path], target: Path) -> int:
    size = 0
    for path in files:
        place = target / path
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, place)
        size += place.stat().st_size
    return size


def _python_files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*.py"):
        if path.is_file() and 0 < path.stat().st_size <= _LARGEST:
            yield path
