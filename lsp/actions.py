"""Which code actions there are at a place: told from the text and the diagnostics alone. Pure.

Rows are lines of a text that end at LF, 0-based, as everywhere outside the protocol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..indexer.grounding.scope import CodeScope, scope_at
from ..indexer.grounding.targets import documentation_target, is_unfinished, test_target
from .comments import has_comments, is_comment

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

_FUNCTIONS = frozenset({"function", "method"})
_MOST_DIAGNOSTICS = 8
_LONGEST_TITLE = 60
_MOST_ROWS_TO_FIX = 80
_MOST_ROWS_TO_EXPLAIN = 400


@dataclass(frozen=True, slots=True)
class Place:
    """Where actions are wanted.

    Attributes:
        text: The document.
        rows: Its lines, without their ends.
        language: As the index names it.
        path: Of its file, relative to the workspace.
        start: Where the selection begins, in characters.
        first: First row of the selection.
        last: Last row that it touches.
        is_empty: Whether nothing is selected.
    """

    text: str
    rows: Sequence[str]
    language: str
    path: str
    start: int
    first: int
    last: int
    is_empty: bool


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A diagnostic of the client.

    Attributes:
        start: Where it begins, in characters.
        first: Its first row.
        last: Its last row.
        message: What is wrong.
    """

    start: int
    first: int
    last: int
    message: str


@dataclass(frozen=True, slots=True)
class Action:
    """Something that can be done.

    Attributes:
        kind: Of the code action; it also says what is done.
        title: As the menu has it.
        first: First row that it is about.
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


def listed(place: Place, diagnostics: Sequence[Diagnosed]) -> list[Action]:
    """List what can be done at a place.

    Args:
        place: Where.
        diagnostics: Those that are shown there.
    """
    scope = scope_at(place.language, place.text, place.start)
    return [*_fixes(place, diagnostics), *_code(place, scope), *_about(place, scope)]


def begin_of(rows: Sequence[str], scope: CodeScope, language: str) -> int:
    """The first row of a definition and its decorators, without the comments above."""
    first = scope.first_line - 1
    while first < scope.header_line - 1 and is_comment(rows[first], language):
        first += 1
    return first


def _fixes(place: Place, diagnostics: Sequence[Diagnosed]) -> list[Action]:
    found = []
    for number, each in enumerate(diagnostics[:_MOST_DIAGNOSTICS]):
        if not each.message.strip() or each.first >= len(place.rows):
            continue
        end = min(max(each.first, each.last) + 1, len(place.rows))
        scope = scope_at(place.language, place.text, each.start)
        title, name, rows = f"Fix: {_shortened(each.message)}", "", (each.first, end)
        if scope is not None:
            begin = begin_of(place.rows, scope, place.language)
            if begin <= each.first and end <= scope.last_line <= begin + _MOST_ROWS_TO_FIX:
                name, rows = scope.name, (begin, scope.last_line)
        found.append(Action(QUICK_FIX, title, *rows, name, number))
    return found


def _code(place: Place, scope: CodeScope | None) -> list[Action]:
    found = []
    if place.is_empty:
        if scope and scope.kind in _FUNCTIONS and is_unfinished(place.text, scope):
            begin = begin_of(place.rows, scope, place.language)
            title = f"Complete {scope.name}"
            found.append(Action(COMPLETE, title, begin, scope.last_line, scope.name))
        if (comment := _comment_at(place)) is not None:
            found.append(Action(FROM_COMMENT, "Write what the comment says", *comment))
        return found
    selected = (place.first, place.last + 1)
    first = next((row for row in place.rows[place.first : place.last + 1] if row.strip()), "")
    if is_comment(first, place.language):
        found.append(Action(FROM_COMMENT, "Rewrite the selection as its comment says", *selected))
    found.append(Action(INSTRUCT, "Rewrite the selection…", *selected))
    return found


def _about(place: Place, scope: CodeScope | None) -> list[Action]:
    found = []
    if scope is not None:
        name, rows = scope.name, (begin_of(place.rows, scope, place.language), scope.last_line)
        target = documentation_target(place.language, place.text, scope)
        # A Python function on one line has no place for a docstring.
        is_possible = not target.is_below_header or scope.body_line <= scope.last_line
        if not target.exists and is_possible and has_comments(place.language):
            found.append(Action(DOCUMENT, f"Document {name}", *rows, name))
        if test_target(place.path, lambda path: False) is not None:  # noqa: ARG005
            found.append(Action(TESTS, f"Write tests for {name}", *rows, name))
    if not place.is_empty:
        found.append(Action(EXPLAIN, "Explain the selection", place.first, place.last + 1))
    elif scope is not None and rows[1] - rows[0] <= _MOST_ROWS_TO_EXPLAIN:
        found.append(Action(EXPLAIN, f"Explain {scope.name}", *rows, scope.name))
    return found


def _comment_at(place: Place) -> tuple[int, int] | None:
    """The comment that a row belongs to, or is right below of on a blank line."""
    rows, row = place.rows, place.first
    if row > 0 and (row >= len(rows) or not rows[row].strip()):
        row -= 1
    if row >= len(rows) or not is_comment(rows[row], place.language):
        return None
    first = last = row
    while first > 0 and is_comment(rows[first - 1], place.language):
        first -= 1
    while last + 1 < len(rows) and is_comment(rows[last + 1], place.language):
        last += 1
    return first, last + 1


def _shortened(message: str) -> str:
    line = " ".join(message.split())
    return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 1]}…"
