"""What code actions need to know of a definition: its documentation, body and tests. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..search.snippet import source_lines
from .indentation import is_attribute, is_comment
from .language_traits import COLON_BLOCKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from .scope import CodeScope

_DOCSTRING = re.compile(r"\s*[rRuUbB]{0,2}[\"']")
_LONG_DOCSTRING = re.compile(r"\s*[rRuU]?(\"\"\"|''')(?:.*?)\1", re.DOTALL)
_STUB = re.compile(
    r"(?:pass|\.\.\.|TODO.{0,200}|FIXME.{0,200}|return|return None|raise NotImplementedError.{0,200}|"
    r"(?:todo!|unimplemented!|panic|fatalError)\(.{0,200}\)|throw new \w{0,60}\(.{0,200}\)|"
    r"[{}();,\s]{1,20}|end);?",
    re.IGNORECASE,
)
_COMMENT = re.compile(r"(?://|#|--|;;)[^\n]*|/\*.*?\*/", re.DOTALL)
_MOST_STUB_ROWS = 6


@dataclass(frozen=True, slots=True)
class DocumentationTarget:
    """Where the documentation of a definition is, or belongs.

    Attributes:
        line: The line before which it is written, 1-based.
        indentation: The white space before it.
        is_below_header: Whether it is a docstring in the body, else a comment above.
        exists: Whether there is some already.
    """

    line: int
    indentation: str
    is_below_header: bool
    exists: bool


@dataclass(frozen=True, slots=True)
class TestTarget:
    """The file in which the tests of a file are, or belong.

    Attributes:
        path: POSIX path relative to the workspace.
        exists: Whether it is there.
    """

    __test__ = False  # not a test case, whatever pytest thinks of its name

    path: str
    exists: bool


def documentation_target(language: str, text: str, scope: CodeScope) -> DocumentationTarget:
    """Tell where the documentation of a definition is, or belongs.

    Args:
        language: As the index names it.
        text: The document.
        scope: A definition in it, of `scope_at`.
    """
    rows = source_lines(text)
    if language in COLON_BLOCKS:
        body = rows[scope.body_line - 1] if scope.body_line <= len(rows) else ""
        exists = scope.body_line <= scope.last_line and _DOCSTRING.match(body) is not None
        inner = body[: len(body) - len(body.lstrip())] if body.strip() else ""
        indentation = inner if len(inner) > len(scope.indentation) else scope.indentation + "    "
        return DocumentationTarget(scope.body_line, indentation, is_below_header=True, exists=exists)
    lead = rows[scope.first_line - 1 : scope.header_line - 1]
    exists = any(is_comment(row) and not is_attribute(row) for row in lead)
    return DocumentationTarget(scope.first_line, scope.indentation, is_below_header=False, exists=exists)


def is_unfinished(text: str, scope: CodeScope) -> bool:
    """Whether a definition has no body yet: nothing in it, or only what says that it is to be written."""
    body = "\n".join(source_lines(text)[scope.body_line - 1 : scope.last_line])
    bare = _COMMENT.sub("", _LONG_DOCSTRING.sub("", body, count=1))
    rows = [row.strip() for row in bare.split("\n") if row.strip()]
    return len(rows) <= _MOST_STUB_ROWS and all(_STUB.fullmatch(row) for row in rows)


def test_target(path: str, exists: Callable[[str], bool]) -> TestTarget | None:
    """Find the file of a file's tests by the conventions of its language.

    Args:
        path: POSIX path of the file relative to the workspace.
        exists: Whether there is such a file; asked about some twenty paths.

    Returns:
        The first that is there, else where it would be; None for a file that is itself a test, or of a
        language without conventions.
    """
    candidates = _test_paths(path)
    if not candidates:
        return None
    found = next((each for each in candidates if exists(each)), None)
    return TestTarget(found or candidates[0], found is not None)


test_target.__test__ = False  # type: ignore[attr-defined]


def _test_paths(path: str) -> list[str]:
    """Where the tests of a file may be, likeliest first."""
    folder, _, file = path.rpartition("/")
    stem, _, ending = file.rpartition(".")
    if not stem or re.search(r"(?:^|[_.\-])(?:test|tests|spec)(?:$|[_.\-])|Tests?$|Spec$", stem):
        return []
    patterns = _CONVENTIONS.get(ending)
    if patterns is None:
        return []
    inner = folder.partition("/")[2]
    source = re.sub(r"(^|/)(src/main|src|lib|app)(?=/|$)", lambda match: match.group(1), folder).strip("/")
    places = {
        "folder": folder,
        "inner": inner,
        "source": source.replace("//", "/"),
        "mirror": re.sub(r"(^|/)src/main(?=/|$)", r"\1src/test", folder),
    }
    joined = (pattern.format(stem=stem, ending=ending, **places) for pattern in patterns)
    return list(dict.fromkeys(re.sub(r"/{2,}", "/", each).lstrip("/") for each in joined if each != path))


_SCRIPT = (
    "{folder}/{stem}.test.{ending}",
    "{folder}/{stem}.spec.{ending}",
    "{folder}/__tests__/{stem}.test.{ending}",
    "{folder}/__tests__/{stem}.{ending}",
    "tests/{source}/{stem}.test.{ending}",
    "test/{source}/{stem}.test.{ending}",
    "test/{source}/{stem}.spec.{ending}",
)
_JVM = ("{mirror}/{stem}Test.{ending}", "{mirror}/{stem}Tests.{ending}", "{mirror}/{stem}Spec.{ending}")
_CONVENTIONS = {
    "py": (
        "tests/{folder}/test_{stem}.py",
        "tests/{source}/test_{stem}.py",
        "tests/{inner}/test_{stem}.py",
        "test/{source}/test_{stem}.py",
        "tests/test_{stem}.py",
        "test/test_{stem}.py",
        "tests/unit/{source}/test_{stem}.py",
        "tests/unit/test_{stem}.py",
        "{folder}/tests/test_{stem}.py",
        "{folder}/test_{stem}.py",
        "{folder}/{stem}_test.py",
    ),
    **dict.fromkeys(("js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts"), _SCRIPT),
    **dict.fromkeys(("java", "kt", "scala", "groovy"), _JVM),
    "go": ("{folder}/{stem}_test.go",),
    "rs": ("tests/{stem}.rs", "tests/{stem}_test.rs"),
    "rb": (
        "spec/{source}/{stem}_spec.rb",
        "spec/{inner}/{stem}_spec.rb",
        "test/{source}/{stem}_test.rb",
        "test/{inner}/{stem}_test.rb",
    ),
    "php": ("tests/{source}/{stem}Test.php", "tests/Unit/{source}/{stem}Test.php", "tests/{stem}Test.php"),
    "cs": ("{folder}/{stem}Tests.cs", "tests/{source}/{stem}Tests.cs"),
    "dart": ("test/{source}/{stem}_test.dart",),
    "ex": ("test/{source}/{stem}_test.exs", "test/{inner}/{stem}_test.exs"),
    **dict.fromkeys(
        ("c", "cc", "cpp", "cxx"),
        (
            "tests/test_{stem}.{ending}",
            "test/test_{stem}.{ending}",
            "tests/{stem}_test.{ending}",
            "{folder}/{stem}_test.{ending}",
            "test/{stem}_test.{ending}",
        ),
    ),
    "swift": ("Tests/{source}/{stem}Tests.swift", "Tests/{stem}Tests.swift"),
}
