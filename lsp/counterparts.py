"""Where the tests of a file are, by the conventions of its language. Pure but for looking what is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath


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
    places = _PLACES.get(path.suffix.lower())
    return places(path.parent, path.stem, path.suffix) if places else []


def _python(folder: PurePosixPath, stem: str, _suffix: str) -> list[PurePosixPath]:
    name, tests = f"test_{stem}.py", PurePosixPath("tests")
    inner = PurePosixPath(*folder.parts[1:])
    beneath = [tests / where / name for where in dict.fromkeys((folder, inner))]
    return [*beneath, tests / name, folder / "tests" / name, folder / name]


def _script(folder: PurePosixPath, stem: str, suffix: str) -> list[PurePosixPath]:
    test, spec = f"{stem}.test{suffix}", f"{stem}.spec{suffix}"
    inner = folder / "__tests__"
    return [inner / test, inner / spec, folder / spec, folder / test]


def _ruby(folder: PurePosixPath, stem: str, _suffix: str) -> list[PurePosixPath]:
    parts = folder.parts[1:] if folder.parts[:1] in {("lib",), ("app",)} else folder.parts
    spec, test = PurePosixPath("spec", *parts), PurePosixPath("test", *parts)
    return [spec / f"{stem}_spec.rb", test / f"{stem}_test.rb", folder / f"{stem}_test.rb"]


def _jvm(folder: PurePosixPath, stem: str, suffix: str) -> list[PurePosixPath]:
    parts = list(folder.parts)
    if "main" in parts:
        parts[parts.index("main")] = "test"
    return [PurePosixPath(*parts) / f"{stem}Test{suffix}"]


def _go(folder: PurePosixPath, stem: str, _suffix: str) -> list[PurePosixPath]:
    return [folder / f"{stem}_test.go"]


def _c_sharp(folder: PurePosixPath, stem: str, _suffix: str) -> list[PurePosixPath]:
    return [folder / f"{stem}Tests.cs"]


def _php(folder: PurePosixPath, stem: str, _suffix: str) -> list[PurePosixPath]:
    return [PurePosixPath("tests") / f"{stem}Test.php", folder / f"{stem}Test.php"]


def _rust(_folder: PurePosixPath, stem: str, _suffix: str) -> list[PurePosixPath]:
    return [PurePosixPath("tests") / f"{stem}.rs"]


def _is_test(path: PurePosixPath) -> bool:
    stem = path.stem.lower()
    return (
        stem.startswith("test_")
        or stem.endswith(("_test", "_spec", ".test", ".spec"))
        or path.stem.endswith(("Test", "Tests"))
        or "tests" in path.parts[:-1]
    )


_PLACES: Mapping[str, Callable[[PurePosixPath, str, str], list[PurePosixPath]]] = {
    ".py": _python,
    **dict.fromkeys((".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts"), _script),
    **dict.fromkeys((".java", ".kt", ".scala", ".groovy"), _jvm),
    ".go": _go,
    ".rb": _ruby,
    ".cs": _c_sharp,
    ".php": _php,
    ".rs": _rust,
}
