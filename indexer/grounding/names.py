"""The names that are used near a cursor. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .indentation import enclosing_rows, header_end, indent_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_LINES = 15
_HEADER_REACH = 150
_MOST_NAMES = 48
_MOST_WORDS = 32
_SHORTEST = 3
_LONGEST_ROW = 400
_WORD = re.compile(r"[^\W\d]\w*")
_USE = re.compile(r"(?:([^\W\d]\w*)\s*(?:\.|->|::)\s*)?([^\W\d]\w*)(\s*[(<{\[!])?")
TELLING = re.compile(r"[A-Z]|\w_|\d")
"""What tells a name from an ordinary word."""

_RESERVED = """
and any array as assert async await bool boolean break byte case catch char class const constexpr continue
debugger def default defer del delete dict do double elif else elsif end ensure enum except export extends
extern false final finally float fn for foreach from fun func function global goto if impl implements import
in include instanceof int interface is lambda let list local long loop match module mut namespace new nil
none nonlocal not null object operator or package pass priv private protected pub public raise readonly ref
rescue return self set short sizeof static str string struct sub super switch template then this throw
throws trait true try tuple type typedef typename typeof undefined union unless unsafe unsigned until use
using val var virtual void volatile when where while with yield None True False
"""
_KEYWORDS = frozenset(_RESERVED.split())


@dataclass(frozen=True, slots=True)
class UsedName:
    """A name that is used.

    Attributes:
        name: As written.
        qualifier: The name before the dot; "" when there is none.
        nearness: 1 on the cursor's line, towards 0 above.
        is_plain: Whether it looks like a local variable as well as like a definition.
    """

    name: str
    qualifier: str
    nearness: float
    is_plain: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a place.

    Attributes:
        names: Names that may be defined elsewhere, nearest first.
        words: All words but keywords, nearest first: what code like this would have too.
    """

    names: tuple[UsedName, ...]
    words: tuple[str, ...]

    @property
    def key(self) -> frozenset[str]:
        """The same for all places with the same names and words."""
        return frozenset((*self.words, *(f"{each.qualifier}.{each.name}" for each in self.names)))


def surroundings(text: str, offset: int) -> Surroundings:
    """The names near a cursor: on the lines before it that aren't blank, and in the headers around it.

    A word that the cursor touches is still being typed and is left out.

    Args:
        text: The document.
        offset: The cursor, in characters.
    """
    before = text[:offset]
    while before and (before[-1].isalnum() or before[-1] == "_"):
        before = before[:-1]
    rows = before[-40_000:].split("\n")
    indent = indent_of(rows[-1]) if rows[-1].strip() else len(rows[-1])
    headers = [
        " ".join(rows[row : header_end(rows, row) + 1])
        for row in enclosing_rows(rows, len(rows) - 1, indent, _HEADER_REACH)[:2]
    ]
    near = [row for row in rows[-4 * _LINES :] if row.strip()][-_LINES:]
    return of_lines([*headers, *near])


def of_lines(rows: Sequence[str]) -> Surroundings:
    """The names in some lines; the last line is the nearest."""
    names: dict[tuple[str, str], UsedName] = {}
    words: dict[str, None] = {}
    for distance, raw in enumerate(reversed(rows)):
        row = raw[-_LONGEST_ROW:]
        for match in reversed(list(_USE.finditer(row))):
            qualifier, name, opens = match.group(1) or "", match.group(2), match.group(3)
            if qualifier and qualifier not in _KEYWORDS:
                _note(names, "", qualifier, distance, is_plain=not TELLING.search(qualifier))
            is_plain = not (qualifier or opens or TELLING.search(name))
            _note(
                names,
                "" if qualifier in {"self", "this", "cls"} else qualifier,
                name,
                distance,
                is_plain=is_plain,
            )
        for word in reversed(_WORD.findall(row)):
            if word not in _KEYWORDS and len(word) >= _SHORTEST:
                words.setdefault(word)
    return Surroundings(tuple(names.values())[:_MOST_NAMES], tuple(words)[:_MOST_WORDS])


def _note(
    names: dict[tuple[str, str], UsedName], qualifier: str, name: str, distance: int, *, is_plain: bool
) -> None:
    if len(name) < _SHORTEST or name in _KEYWORDS or name.startswith("__"):
        return
    known = names.get((qualifier, name))
    if known is None:
        names[qualifier, name] = UsedName(name, qualifier, 1 / (1 + distance / 5), is_plain)
    elif known.is_plain and not is_plain:
        names[qualifier, name] = UsedName(name, qualifier, known.nearness, is_plain=False)


def imported_names(names: Collection[str], used: Surroundings) -> list[UsedName]:
    """Imported names that aren't used near the cursor yet: likely to be used next."""
    near = {each.name for each in used.names}
    return [UsedName(name, "", 0.0) for name in names if name not in near and len(name) >= _SHORTEST]
