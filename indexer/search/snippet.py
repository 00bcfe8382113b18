"""Finds the lines of an indexed chunk in its file as it is now. Pure; the file's text is handed in.

The index may be a moment behind the file. A result is only shown with lines that are there: unchanged lines
that moved are followed exactly, edited ones as far as enough of them is recognised, and anything else is
dropped.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from .request import SearchResult

    FileReader = Callable[[str], str | None]
    """Gives the current text of a file of the workspace by its relative path, or None when there is none."""

_RECOGNISED_SHARE = 0.5
"""At least this share of a chunk's non-blank lines has to be there still."""


@dataclass(frozen=True, slots=True)
class Located:
    """Lines of a file as it is now.

    Attributes:
        start_line: First line, 1-based.
        end_line: Last line, inclusive.
        text: These lines joined with newlines.
    """

    start_line: int
    end_line: int
    text: str


def refreshed(results: Iterable[SearchResult], read: FileReader) -> Iterator[SearchResult]:
    """Bring results up to date with the files as they are now, leaving out those that are gone.

    Args:
        results: Results as indexed, best first.
        read: Called once for each file.
    """
    texts: dict[str, str | None] = {}
    for result in results:
        if result.path not in texts:
            texts[result.path] = read(result.path)
        text = texts[result.path]
        if text is None:
            continue
        if stands_at(result.text, result.start_line, text):
            yield result
            continue
        located = locate(result.text, result.start_line, source_lines(text))
        if located is not None:
            yield _moved(result, located)


def _moved(result: SearchResult, located: Located) -> SearchResult:
    lines = result.symbol_lines
    if lines is not None:
        lines = _symbol_lines(result, lines, located)
    return replace(
        result,
        start_line=located.start_line,
        end_line=located.end_line,
        text=located.text,
        symbol_lines=lines,
    )


def _symbol_lines(result: SearchResult, lines: tuple[int, int], located: Located) -> tuple[int, int] | None:
    """Where the line that begins the definition stands now, and its last line; None if it is gone."""
    begin = result.text.split("\n")[lines[0] - result.start_line]
    now = located.text.split("\n")
    expected = lines[0] - result.start_line
    places = [place for place, line in enumerate(now) if line == begin]
    if not places:
        return None
    place = min(places, key=lambda each: abs(each - expected))
    last = min(place + lines[1] - lines[0], len(now) - 1)
    return located.start_line + place, located.start_line + last


def stands_at(wanted: str, start_line: int, text: str) -> bool:
    """Whether whole lines stand exactly at a line of a text; without cutting all of it into lines.

    Args:
        wanted: The lines joined with newlines.
        start_line: Where the first of them should be, 1-based.
        text: The file. With carriage returns in it the answer may be no although the lines are there.
    """
    begin = text.find(wanted)
    while begin >= 0:
        end = begin + len(wanted)
        whole = (begin == 0 or text[begin - 1] == "\n") and (end == len(text) or text[end] == "\n")
        line = text.count("\n", 0, begin) + 1
        if whole and line == start_line:
            return True
        if line > start_line:
            return False
        begin = text.find(wanted, begin + 1)
    return False


def source_lines(text: str) -> list[str]:
    """Split a file into lines the way chunks are made: at newlines, without a carriage return before one."""
    lines = text.split("\n")
    return [line.removesuffix("\r") for line in lines] if "\r" in text else lines


def locate(text: str, start_line: int, lines: Sequence[str]) -> Located | None:
    """Find the lines of a chunk in a file that may have changed since.

    Args:
        text: The chunk's lines joined with newlines.
        start_line: Where it began when it was indexed, 1-based.
        lines: The file's lines now.

    Returns:
        Where it is now, with the file's own lines; None when too little of it is left.
    """
    wanted = text.split("\n")
    first = start_line - 1
    if lines[first : first + len(wanted)] == wanted:
        return _located(lines, first, first + len(wanted))
    moved = _exact_places(wanted, lines)
    if moved:
        nearest = min(moved, key=lambda place: abs(place - first))
        return _located(lines, nearest, nearest + len(wanted))
    return _edited(wanted, first, lines)


def _located(lines: Sequence[str], begin: int, end: int) -> Located:
    return Located(begin + 1, end, "\n".join(lines[begin:end]))


def _exact_places(wanted: Sequence[str], lines: Sequence[str]) -> list[int]:
    """Every place where all the lines stand; found by the longest one, the least likely to repeat."""
    anchor = max(range(len(wanted)), key=lambda i: len(wanted[i]))
    places = (i - anchor for i, line in enumerate(lines) if line == wanted[anchor])
    return [place for place in places if place >= 0 and lines[place : place + len(wanted)] == wanted]


def _edited(wanted: Sequence[str], first: int, lines: Sequence[str]) -> Located | None:
    """The stretch of the file that shares most lines with the chunk, if it shares enough."""
    shift = _likeliest_shift(wanted, first, lines)
    if shift is None:
        return None
    begin = max(0, shift - len(wanted))
    window = lines[begin : shift + 2 * len(wanted)]
    blocks = SequenceMatcher(None, wanted, window, autojunk=False).get_matching_blocks()
    pairs = [(block.a + i, block.b + i) for block in blocks for i in range(block.size)]
    solid = [(a, b) for a, b in pairs if wanted[a].strip()]
    if len(solid) < _RECOGNISED_SHARE * sum(bool(line.strip()) for line in wanted):
        return None
    return _located(lines, begin + solid[0][1], begin + solid[-1][1] + 1)


def _likeliest_shift(wanted: Sequence[str], first: int, lines: Sequence[str]) -> int | None:
    """Where the chunk would begin now, by vote of its lines; ties go to the nearest place."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    telling = {line for line in wanted if line.strip()}
    for i, line in enumerate(lines):
        if line in telling:
            places[line].append(i)
    votes: defaultdict[int, float] = defaultdict(float)
    for offset, line in enumerate(wanted):
        for place in places.get(line, ()):
            votes[place - offset] += len(line.strip()) / len(places[line])
    if not votes:
        return None
    return max(votes, key=lambda shift: (votes[shift], -abs(shift - first)))
