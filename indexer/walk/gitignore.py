"""Patterns of one ignore file: parsed as git parses them, and matched fast.

Nearly all files match nothing, so the question asked most is "does any pattern match?": plain names and
``*.ext`` are answered by a set look-up and one ``endswith``, the rest by a single expression. Only on a hit
does the order of the patterns matter, and then the last one that matches decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from .wildmatch import literal, literal_length, translate

_UTF8_BOM = b"\xef\xbb\xbf"


class _Kind(Enum):
    """How a pattern is compared: with the last component or the whole path, and by what means."""

    NAME = auto()
    NAME_ENDING = auto()
    NAME_GLOB = auto()
    PATH = auto()
    PATH_GLOB = auto()


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line of an ignore file.

    Attributes:
        text: The line as written, without line end and trailing spaces.
        line: Its 1-based number.
        negated: Whether it takes back what an earlier pattern ignores.
        directory_only: Whether it applies to directories alone.
        kind: How it is compared.
        value: The text to compare with, or the regular expression.
    """

    text: str
    line: int
    negated: bool
    directory_only: bool
    kind: _Kind
    value: bytes

    def matches(self, path: bytes, name: bytes) -> bool:
        """Whether a path, relative to the folder of the ignore file, and its last component match."""
        match self.kind:
            case _Kind.NAME:
                return name == self.value
            case _Kind.NAME_ENDING:
                return name.endswith(self.value)
            case _Kind.PATH:
                return path == self.value
            case _Kind.NAME_GLOB:
                return _compiled(self.value).fullmatch(name) is not None
            case _Kind.PATH_GLOB:
                return _compiled(self.value).fullmatch(path) is not None


class PatternList:
    """The patterns of one ignore file.

    Args:
        patterns: In the order of the file.
        base: Folder of the file, relative to the top of the walk, with a final slash; empty for the top
            itself.
        source: The file's name for people.
        ignore_case: Whether the patterns were parsed to match in both cases.
    """

    __slots__ = ("_base_length", "_directories", "_files", "_ignore_case", "source")

    def __init__(
        self, patterns: Iterable[Pattern], *, base: bytes, source: str, ignore_case: bool = False
    ) -> None:
        self.source = source
        self._base_length = len(base)
        self._ignore_case = ignore_case
        every = tuple(patterns)
        self._directories = _Matcher(every)
        self._files = _Matcher(tuple(pattern for pattern in every if not pattern.directory_only))

    def last_match(self, path: bytes, name: bytes, *, is_directory: bool) -> Pattern | None:
        """The pattern that decides about a path, or None when none matches.

        Args:
            path: Relative to the top of the walk.
            name: Its last component.
            is_directory: Whether it is a directory; a symbolic link is none.
        """
        if self._ignore_case:
            path, name = path.lower(), name.lower()
        matcher = self._directories if is_directory else self._files
        if not matcher.any_match(path, name, self._base_length):
            return None
        relative = path[self._base_length :]
        return next(pattern for pattern in reversed(matcher.patterns) if pattern.matches(relative, name))


class _Matcher:
    """All patterns that apply to one kind of path, prepared to be asked whether any of them matches."""

    __slots__ = ("_endings", "_name_globs", "_names", "_path_globs", "_paths", "patterns")

    def __init__(self, patterns: tuple[Pattern, ...]) -> None:
        self.patterns = patterns
        self._names = frozenset(_values(patterns, _Kind.NAME))
        self._endings = tuple(dict.fromkeys(_values(patterns, _Kind.NAME_ENDING)))
        self._paths = frozenset(_values(patterns, _Kind.PATH))
        self._name_globs = _either(_values(patterns, _Kind.NAME_GLOB))
        self._path_globs = _either(_values(patterns, _Kind.PATH_GLOB))

    def any_match(self, path: bytes, name: bytes, base_length: int) -> bool:
        if name in self._names or name.endswith(self._endings):
            return True
        if self._name_globs is not None and self._name_globs.fullmatch(name):
            return True
        if self._paths and path[base_length:] in self._paths:
            return True
        return self._path_globs is not None and self._path_globs.fullmatch(path, base_length) is not None


def _values(patterns: tuple[Pattern, ...], kind: _Kind) -> Iterator[bytes]:
    return (pattern.value for pattern in patterns if pattern.kind is kind)


@lru_cache(maxsize=10_000)
def _compiled(expression: bytes) -> re.Pattern[bytes]:
    return re.compile(expression)


def _either(expressions: Iterable[bytes]) -> re.Pattern[bytes] | None:
    distinct = list(dict.fromkeys(expressions))
    return re.compile(b"|".join(b"(?:%b)" % expression for expression in distinct)) if distinct else None


def parse_patterns(data: bytes, *, ignore_case: bool = False) -> list[Pattern]:
    """The patterns of an ignore file's contents; lines that can never match are left out."""
    patterns = []
    for number, raw in enumerate(data.removeprefix(_UTF8_BOM).split(b"\n"), start=1):
        if not raw or raw.startswith(b"#"):
            continue
        line = _trim_trailing_spaces(raw.removesuffix(b"\r").split(b"\0", 1)[0])
        pattern = _parse_line(line, number, ignore_case=ignore_case)
        if pattern is not None:
            patterns.append(pattern)
    return patterns


def globs_to_patterns(globs: Iterable[str], *, ignore_case: bool = False) -> list[Pattern]:
    """The patterns of a list of globs from settings; `line` is the 1-based place in the list."""
    encoded = (glob.encode("utf-8", "surrogateescape") for glob in globs)
    parsed = (
        _parse_line(glob, number, ignore_case=ignore_case) for number, glob in enumerate(encoded, start=1)
    )
    return [pattern for pattern in parsed if pattern is not None]


def _parse_line(line: bytes, number: int, *, ignore_case: bool) -> Pattern | None:
    glob = line.removeprefix(b"!")
    negated = len(glob) < len(line)
    directory_only = glob.endswith(b"/")
    glob = glob.removesuffix(b"/")
    by_path = b"/" in glob
    compared = _by_path(glob, ignore_case=ignore_case) if by_path else _by_name(glob, ignore_case=ignore_case)
    if compared is None:
        return None
    kind, value = compared
    return Pattern(line.decode("utf-8", "backslashreplace"), number, negated, directory_only, kind, value)


def _by_path(glob: bytes, *, ignore_case: bool) -> tuple[_Kind, bytes] | None:
    glob = glob.removeprefix(b"/")
    prefix_length = literal_length(glob)
    if prefix_length == len(glob):
        return _Kind.PATH, glob.lower() if ignore_case else glob
    rest = translate(glob[prefix_length:], pathname=True, ignore_case=ignore_case)
    if rest is None:
        return None
    return _Kind.PATH_GLOB, literal(glob[:prefix_length], ignore_case=ignore_case) + rest


def _by_name(glob: bytes, *, ignore_case: bool) -> tuple[_Kind, bytes] | None:
    folded = glob.lower() if ignore_case else glob
    if literal_length(glob) == len(glob):
        return (_Kind.NAME, folded) if glob else None
    if glob.startswith(b"*") and literal_length(glob[1:]) == len(glob) - 1:
        return _Kind.NAME_ENDING, folded[1:]
    expression = translate(glob, pathname=False, ignore_case=ignore_case)
    return None if expression is None else (_Kind.NAME_GLOB, expression)


def _trim_trailing_spaces(line: bytes) -> bytes:
    r"""Without trailing spaces, of which one that a backslash protects (``\ ``) stays."""
    stripped = line.rstrip(b" ")
    backslashes = len(stripped) - len(stripped.rstrip(b"\\"))
    if backslashes % 2 and len(stripped) < len(line):
        stripped += b" "
    return stripped
