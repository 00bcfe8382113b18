"""Which code actions there are at a place: told from the text and the diagnostics alone. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .counterparts import has_convention
from .scope import Scope, is_comment, scope_at

if TYPE_CHECKING:
    from collections.abc import Sequence

QUICK_FIX = "quickfix.codeassist"
COMPLETE = "refactor.rewrite.codeassist.complete"
FROM_COMMENT = "refactor.rewrite.codeassist.fromComment"
INSTRUCT = "refactor.rewrite.codeassist.instruct"
DOCUMENT = "refactor.rewrite.codeassist.document"
TESTS = "refactor.rewrite.codeassist.tests"
EXPLAIN = "codeassist.explain"

KINDS = (QUICK_FIX, COMPLETE, FROM_COMMENT, INSTRUCT, DOCUMENT, TESTS, EXPLAIN)

_MOST_DIAGNOSTICS = 8
_LONGEST_TITLE = 60
_MOST_ROWS_TO_FIX = 80
_MOST_ROWS_TO_EXPLAIN = 400


@dataclass(frozen=True, slots=True)
class Place:
    """Where actions are wanted.

    Attributes:
        rows: The document's LSP lines with their ends.
        language: Of the document, as its editor names it.
        path: Of its file, relative to the workspace.
        first: First row of the selection, 0-based.
        last: Last row that it touches.
        is_empty: Whether nothing is selected.
    """

    rows: Sequence[str]
    language: str
    path: str
    first: int
    last: int
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done.

    Attributes:
        kind: Of the code action; it also says what is done.
        title: As the menu has it.
        first: First row that it is about, 0-based.
        last: Where they end, exclusive.
        name: Of the definition, if it is about one.
        diagnostic: Position of the diagnostic that it fixes.
    """

    kind: str
    title: str
    first: int
    last: int
    name: str = ""
    diagnostic: int | None = None


def listed(place: Place, diagnostics: Sequence[tuple[int, int, str]]) -> list[Action]:
    """List what can be done at a place.

    Args:
        place: Where.
        diagnostics: First and last row, and message, of each that is shown there.
    """
    scope = scope_at(place.rows, place.first, place.language)
    return [
        *_fixes(place, diagnostics),
        *_code(place, scope),
        *_about(place, scope),
    ]


def _fixes(place: Place, diagnostics: Sequence[tuple[int, int, str]]) -> list[Action]:
    found = []
    for number, (first, last, message) in enumerate(diagnostics[:_MOST_DIAGNOSTICS]):
        if not message.strip() or first >= len(place.rows):
            continue
        end = min(max(first, last) + 1, len(place.rows))
        scope = scope_at(place.rows, first, place.language)
        rows = (first, end)
        if scope and scope.first <= first and end <= scope.last <= scope.first + _MOST_ROWS_TO_FIX:
            rows = (scope.first, scope.last)
        title = f"Fix: {_shortened(message)}"
        found.append(Action(QUICK_FIX, title, *rows, scope.name if scope else "", number))
    return found


def _code(place: Place, scope: Scope | None) -> list[Action]:
    found = []
    selected = (place.first, place.last + 1)
    if place.is_empty:
        if scope and scope.is_unfinished:
            found.append(Action(COMPLETE, f"Complete {scope.name}", scope.first, scope.last, scope.name))
        if (comment := _comment_at(place.rows, place.first)) is not None:
            found.append(Action(FROM_COMMENT, "Write what the comment says", *comment))
        return found
    first = next((row for row in place.rows[selected[0] : selected[1]] if row.strip()), "")
    if is_comment(first):
        found.append(Action(FROM_COMMENT, "Rewrite the selection as its comment says", *selected))
    found.append(Action(INSTRUCT, "Rewrite the selection…", *selected))
    return found


def _about(place: Place, scope: Scope | None) -> list[Action]:
    found = []
    # A Python function on one line has no place for a docstring.
    if scope and not scope.has_documentation and (place.language != "python" or scope.body < scope.last):
        title = f"Document {scope.name}"
        found.append(Action(DOCUMENT, title, scope.first, scope.last, scope.name))
    if scope and has_convention(place.path):
        title = f"Write tests for {scope.name}"
        found.append(Action(TESTS, title, scope.first, scope.last, scope.name))
    if not place.is_empty:
        found.append(Action(EXPLAIN, "Explain the selection", place.first, place.last + 1))
    elif scope and scope.last - scope.first <= _MOST_ROWS_TO_EXPLAIN:
        found.append(Action(EXPLAIN, f"Explain {scope.name}", scope.first, scope.last, scope.name))
    return found


def _comment_at(rows: Sequence[str], row: int) -> tuple[int, int] | None:
    """The comment that a row belongs to, or is right below of on a blank line."""
    if row > 0 and (row >= len(rows) or not rows[row].strip()):
        row -= 1
    if row >= len(rows) or not is_comment(rows[row]):
        return None
    first = last = row
    while first > 0 and is_comment(rows[first - 1]):
        first -= 1
    while last + 1 < len(rows) and is_comment(rows[last + 1]):
        last += 1
    return first, last + 1


def _shortened(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 1]}…"
