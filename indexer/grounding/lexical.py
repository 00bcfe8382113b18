"""Whether a place is in a string or a comment, told by reading from above, for half-typed code too. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from .language_traits import BLOCK_COMMENTS, LINE_COMMENTS, MULTILINE_STRINGS, PROSE, QUOTES

_MOST = 60_000
"""Characters before the place that are read."""

Place = Literal["code", "string", "comment", "long string", "long comment", "prose"]
"""What a place is in; long ones may have several lines."""


class LexicalPlace(NamedTuple):
    """What a place is in.

    Attributes:
        place: What.
        start: Where that begins, in characters from the beginning of the text; the place itself in code.
    """

    place: Place
    start: int


def lexical_place(language: str, text: str, offset: int) -> LexicalPlace:
    """Tell what a place is in.

    Args:
        language: As the index names it.
        text: The document.
        offset: The place, in characters.
    """
    if language in PROSE:
        return LexicalPlace("prose", offset)
    begin = 0
    if offset > _MOST:
        begin = text.find("\n", offset - _MOST, offset) + 1 or offset - _MOST
    position = begin
    lexer = _lexer(language)
    ends = lexer.ends
    while (opened := lexer.opening.search(text, position, offset)) is not None:
        kind, mark = opened.lastgroup or "", opened.group()
        place, closing = ends[kind, mark]
        closed = closing.match(text, opened.end(), offset)
        if closed is None:
            return LexicalPlace(place, opened.start())
        # A string ends with its line even where nothing closes it: it may be an apostrophe.
        position = closed.end()
    return LexicalPlace("code", offset)


class _Lexer(NamedTuple):
    opening: re.Pattern[str]
    ends: dict[tuple[str, str], tuple[Place, re.Pattern[str]]]


@lru_cache(maxsize=64)
def _lexer(language: str) -> _Lexer:
    long_strings = MULTILINE_STRINGS.get(language, ())
    blocks = BLOCK_COMMENTS.get(language, ())
    ends: dict[tuple[str, str], tuple[Place, re.Pattern[str]]] = {}
    for mark in long_strings:
        ends["long", mark] = (
            "long string",
            re.compile(rf"(?:(?!{re.escape(mark)})(?:\\.|[^\\]))*+{re.escape(mark)}", re.DOTALL),
        )
    for opening, closing in blocks:
        ends["block", opening] = "long comment", re.compile(rf".*?{re.escape(closing)}", re.DOTALL)
    for mark in LINE_COMMENTS.get(language, ()):
        ends["line", mark] = "comment", re.compile(r"[^\n]*\n")
    for mark in QUOTES.get(language, "\"'"):
        ends["quote", mark] = "string", re.compile(rf"(?:\\[^\n]|[^\\\n{mark}])*+(?:{mark}|\n|\\\n)")
    groups: dict[str, list[str]] = {}
    for kind, mark in ends:
        groups.setdefault(kind, []).append(_guarded(language, kind, mark))
    alternatives = (f"(?P<{kind}>{'|'.join(groups[kind])})" for kind in _ORDER if kind in groups)
    return _Lexer(re.compile("|".join(alternatives) or "(?!)"), ends)


_ORDER: Final = ("long", "block", "line", "quote")


def _guarded(language: str, kind: str, mark: str) -> str:
    """A mark, where it means what it usually means."""
    escaped = re.escape(mark)
    if (
        kind == "quote"
        and mark == "'"
        and language in {"rust", "haskell", "ocaml", "scala", "elm", "zig", "julia"}
    ):
        return rf"(?<!\w){escaped}(?=(?:\\.[^'\n]{{0,8}}|[^\\'\n])')"
    if kind == "line" and mark == "#" and language in {"bash", "perl", "php", "fish"}:
        return rf"(?<![\w$\"'{{]){escaped}"
    if kind == "line" and mark == "//":
        return rf"(?<!:){escaped}"
    return escaped
