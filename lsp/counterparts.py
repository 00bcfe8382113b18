"""Where the tests of a file are, by the conventions of its language. Pure but for looking what is there."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SCRIPTS = frozenset({".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts"})
_JVM = frozenset({".java", ".kt", ".scala", ".groovy"})


def has_convention(path: str) -> bool:
    """Whether it is known where tests of a file belong, and the file is none itself."""
    return bool(_candidates(PurePosixPath(path))) and not _is_test(PurePosixPath(path))


def tests_path(path: str, is_there: Callable[[str], bool]) -> str:
    """Where tests of a file belong.

    Args:
        path: POSIX path relative to the workspace.
        is_there: Whether a file or folder of the workspace exists.

    Returns:
        The first place that has a file; else the first whose folder exists; else the one next to the file.
        "" when no convention is known.
    """
    places = _candidates(PurePosixPath(path))
    for place in places:
        if is_there(str(place)):
            return str(place)
    for place in places:
        if place.parent == PurePosixPath() or is_there(str(place.parent)):
            return str(place)
    return str(places[-1]) if places else ""


def _candidates(path: PurePosixPath) -> list[PurePosixPath]:
    """Places, the most particular first; the last one needs no folder to be made."""
    stem, suffix, folder = path.stem, path.suffix.lower(), path.parent
    if suffix == ".py":
        name = f"test_{stem}.py"
        inner = PurePosixPath(*folder.parts[1:])
        beneath = [PurePosixPath("tests") / where / name for where in dict.fromkeys((folder, inner))]
        return [*beneath, PurePosixPath("tests") / name, folder / "tests" / name, folder / name]
    if suffix in _SCRIPTS:
        names = [f"{stem}.{kind}{path.suffix}" for kind in ("test", "spec")]
        return [*(folder / "__tests__" / name for name in names), *(folder / name for name in reversed(names))]
    if suffix == ".go":
        return [folder / f"{stem}_test.go"]
    if suffix == ".rb":
        parts = folder.parts[1:] if folder.parts[:1] in {("lib",), ("app",)} else folder.parts
        spec, test = PurePosixPath("spec", *parts), PurePosixPath("test", *parts)
        return [spec / f"{stem}_spec.rb", test / f"{stem}_test.rb", folder / f"{stem}_test.rb"]
    if suffix in _JVM:
        parts = list(folder.parts)
        if "main" in parts:
            parts[parts.index("main")] = "test"
        return [PurePosixPath(*parts) / f"{stem}Test{path.suffix}"]
    if suffix == ".cs":
        return [folder / f"{stem}Tests.cs"]
    if suffix == ".php":
        return [PurePosixPath("tests") / f"{stem}Test.php", folder / f"{stem}Test.php"]
    if suffix == ".rs":
        return [PurePosixPath("tests") / f"{stem}.rs"]
    return []


def _is_test(path: PurePosixPath) -> bool:
    stem = path.stem.lower()
    return (
        stem.startswith("test_")
        or stem.endswith(("_test", "_spec", ".test", ".spec"))
        or path.stem.endswith(("Test", "Tests"))
        or "tests" in path.parts[:-1]
    )
