"""How well a symbol's name answers what someone types to jump to it. Pure.

Letters may be left out between those that are typed: "fcur" finds `formatCurrency`. Letters count most at the
beginning of the name and of the words in it, and next to one another. What comes before the last dot of a
query is looked for in the symbol's container.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from .prior import path_prior
from .query import dotted

MAX_LETTERS = 64
"""Further letters of a query are left out."""

_EXACT, _EXACT_FOLDED, _EXACT_WORDS = 1.0, 0.97, 0.94
_PART_OF_NAME = 0.9
_IN_PATH = 0.5
"""Worth of letters that are spread over container and name."""

_AT_START, _AT_WORD, _NEXT, _ELSEWHERE = 1.0, 0.9, 0.95, 0.3
_COVERAGE = 0.2
"""Share of the worth that goes by how much of the name is typed."""

_CONTAINER = 0.3
"""Share of the worth that goes by the container, where the query names one."""

_PRIOR = 0.15
"""Share of the score that goes by the kind of file."""

_KINDS: Final = {"section": 0.85, "block": 0.9, "property": 0.97, "constant": 0.97}
_SEPARATOR = re.compile(r"[\s_\-]+")
_WORD_START = re.compile(
    r"(?<![a-zA-Z0-9])\w|(?<=_)[^\W_]|(?<=[a-z0-9])[A-Z]|[A-Z](?=[a-z])|(?<=[a-zA-Z])[0-9]"
)


@dataclass(frozen=True, slots=True)
class SymbolQuery:
    """What was typed.

    Attributes:
        name: The last part, as it was typed.
        letters: Its letters in lower case, without white space, "_" and "-".
        containers: The letters of each part before it.
    """

    name: str
    letters: str
    containers: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> SymbolQuery | None:
        """Read a query such as "formatC", "format cur", "Router.serve" or "Router::serve"; None if empty."""
        parts = [part for raw in dotted(text.strip()).split(".") if (part := raw.strip())]
        letters = [folded for part in parts if (folded := _folded(part)[:MAX_LETTERS])]
        return cls(parts[-1], letters[-1], tuple(letters[:-1])) if letters else None


def split_symbol(symbol: str, kind: str) -> tuple[str, str]:
    """Give the container and the name of a symbol path; the container is "" when there is none."""
    container, _, name = symbol.rpartition(" > " if kind == "section" else ".")
    return container, name


def patterns(query: SymbolQuery) -> list[re.Pattern[str]]:
    """Expressions for `SymbolTable.matching`, the strictest first.

    All symbols that `worth` gives more than 0 match the last one.
    """
    end = r"[^\n.]*+$"
    subsequence = _subsequence("".join((*query.containers, query.letters)))
    found = [subsequence]
    if not query.containers:
        first, together = re.escape(query.letters[0]), _together(query.letters)
        # Whether a word begins here is asked after its first letter: five times as fast as before it.
        begins = rf"{first}(?<![^\n._]{first})"
        found = [begins + together.removeprefix(first) + end, together + end, subsequence]
    return [re.compile(pattern, re.MULTILINE) for pattern in found]


def worth(query: SymbolQuery, symbol: str, kind: str, path: str) -> float:
    """Say how well a definition answers.

    Args:
        query: What was typed.
        symbol: The symbol path.
        kind: What its chunk is.
        path: POSIX path of its file.

    Returns:
        0 when it doesn't, else up to 1.
    """
    container, name = split_symbol(symbol, kind)
    answered = _name_worth(query, name)
    if query.containers:
        inside = _container_worth(query.containers, container)
        answered = answered * (1 - _CONTAINER + _CONTAINER * inside) if inside else 0.0
    elif not answered:
        answered = _IN_PATH * _fuzzy(query.letters, symbol)
    favour = 1 - _PRIOR + _PRIOR * path_prior(path, frozenset())
    return answered * _KINDS.get(kind, 1.0) * favour


def _name_worth(query: SymbolQuery, name: str) -> float:
    if name == query.name:
        return _EXACT
    if name.lower() == query.name.lower():
        return _EXACT_FOLDED
    if _folded(name) == query.letters:
        return _EXACT_WORDS
    return _PART_OF_NAME * _fuzzy(query.letters, name)


def _container_worth(wanted: tuple[str, ...], container: str) -> float:
    """The mean worth of the parts of a container that answer wanted ones, in order; 0 if one is missing."""
    parts = re.split(r"\.| > ", container)
    total, at = 0.0, len(parts)
    for letters in reversed(wanted):
        scores = [(_fuzzy(letters, parts[place]), place) for place in range(at)]
        best, at = max(scores, default=(0.0, 0))
        if not best:
            return 0.0
        total += best
    return total / len(wanted)


@lru_cache(maxsize=1 << 14)
def _fuzzy(letters: str, name: str) -> float:
    """How well letters, in order, are found in a name: 0 when they are not, 1 when they are all of it."""
    folded = name.lower()
    if len(folded) != len(name):
        name = folded
    if not _are_in_order(letters, folded):
        return 0.0
    starts = {match.start() for match in _WORD_START.finditer(name)}
    quality = _aligned(letters, folded, starts) / len(letters)
    return quality * (1 - _COVERAGE + _COVERAGE * len(letters) / max(len(letters), len(_folded(name))))


def _aligned(letters: str, folded: str, starts: set[int]) -> float:
    """The best sum of what each letter's place is worth, over all ways to place them in order."""
    bonus = [_AT_WORD if place in starts else _ELSEWHERE for place in range(len(folded))]
    bonus[0] = _AT_START
    nowhere = -1e9
    row = [bonus[i] if char == letters[0] else nowhere for i, char in enumerate(folded)]
    for letter in letters[1:]:
        following, before = [nowhere] * len(folded), nowhere
        for i in range(1, len(folded)):
            if folded[i] == letter:
                # A separator between two letters is no gap: "retrypol" goes on through "retry_pol".
                joined = i - 2 if i > 1 and not folded[i - 1].isalnum() else i - 1
                following[i] = max(row[joined] + _NEXT, row[i - 1] + _NEXT, before + bonus[i])
            before = max(before, row[i - 1])
        row = following
    return max(row)


def _are_in_order(letters: str, folded: str) -> bool:
    rest = iter(folded)
    return all(letter in rest for letter in letters)


def _folded(text: str) -> str:
    return _SEPARATOR.sub("", text.lower())


def _together(letters: str) -> str:
    """Letters next to one another, but for separators between words."""
    return r"[ _\-]?".join(map(re.escape, letters))


def _subsequence(letters: str) -> str:
    """Letters in order, with anything in a line between them; possessive, so that it takes linear time."""
    rest = (rf"[^{re.escape(letter)}\n]*+{re.escape(letter)}" for letter in letters[1:])
    return re.escape(letters[0]) + "".join(rest)
