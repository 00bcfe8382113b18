"""What a model is told for each code action, and what becomes of its answer. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..indexer.grounding.scope import scope_at
from ..indexer.grounding.targets import documentation_target
from ..models.errors import CodeassistdError
from . import actions
from .comments import is_comment
from .replacement import fitted, indent_of, line_end_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .generation_protocol import ActionParams

_DOCSTRING = re.compile(r"[rRuU]?(\"\"\"|''')(?:.|\n)*?\1")
_DOCSTRINGS = frozenset({"python", "starlark"})
_LONGEST_SOURCE = 12_000


@dataclass(frozen=True, slots=True)
class Source:
    """A document.

    Attributes:
        text: All of it.
        rows: Its lines with their ends, which are at LF.
        language: As the index names it.
    """

    text: str
    rows: Sequence[str]
    language: str

    @classmethod
    def of(cls, text: str, language: str) -> Source:
        """Take a text apart."""
        return cls(text, _rows_of(text), language)

    def offset(self, row: int) -> int:
        """Where a row begins, in characters."""
        return sum(map(len, self.rows[:row]))


@dataclass(frozen=True, slots=True)
class Task:
    """Lines that are written anew.

    Attributes:
        instruction: What the model is told.
        first: First row, 0-based.
        last: Where they end, exclusive; `first` when lines are put before it.
        indent: What the first written line begins with.
        is_documentation: Whether nothing but a comment is wanted.
    """

    instruction: str
    first: int
    last: int
    indent: str
    is_documentation: bool = False


def task_of(action: ActionParams, source: Source) -> Task:
    """Say what is to be written for an action.

    Args:
        action: Of any kind but tests and explanations.
        source: The document.

    Raises:
        CodeassistdError: There is no such action.
    """
    first = min(action.first_line, len(source.rows))
    last = min(max(action.last_line, first), len(source.rows))
    rows = source.rows[first:last]
    match action.action:
        case actions.QUICK_FIX:
            told = f"Fix this problem, changing no more than it takes: {action.detail}"
        case actions.COMPLETE:
            told = f"Write what is missing in {action.name}. Keep its signature and what is done already."
        case actions.FROM_COMMENT if all(is_comment(row, source.language) or not row.strip() for row in rows):
            said = "".join(rows).strip()
            told = f"Write the code that the comment right above asks for, without the comment:\n{said}"
            return Task(told, last, last, _indent_of_first(rows))
        case actions.FROM_COMMENT:
            told = "Rewrite the selection as the comment at its beginning says."
        case actions.DOCUMENT:
            return _documentation(action, source)
        case _:
            raise CodeassistdError(f"there is no action {action.action[:80]!r}", "list the code actions anew")
    return Task(told, first, last, _indent_of_first(rows))


def rewriting(instruction: str, source: Source, first: int, last: int) -> Task:
    """Say what is to be written for an instruction in a person's words."""
    near = source.rows[first:last] if last > first else source.rows[max(0, first - 1) : first + 1][-1:]
    return Task(instruction, first, last, _indent_of_first(near))


def tests_instruction(name: str, path: str, source: str, *, extends: bool) -> str:
    """What the model is told for tests.

    Args:
        name: Of the definition.
        path: Of its file.
        source: The definition.
        extends: Whether they are added to a file that has some.
    """
    which = "in the style of the tests that the file has already" if extends else "as a new file"
    only = "Write only what is added at its end" if extends else "Write the whole file"
    return (
        f"Write tests for {name} of {path}, {which}. {only}. The code to test:\n\n{source[:_LONGEST_SOURCE]}"
    )


def lines_written(task: Task, text: str, source: Source) -> str:
    """What takes the place of a task's lines.

    Args:
        task: The task.
        text: What the model wrote.
        source: The document.

    Raises:
        CodeassistdError: It is not what was asked for.
    """
    if task.is_documentation:
        text = documentation_in(text, source.language)
    line_end = line_end_of(source.text)
    written = fitted(text, task.indent, line_end)
    replaced = "".join(source.rows[task.first : task.last])
    if replaced and replaced.rstrip() == written.rstrip():
        raise CodeassistdError("the model found nothing to change", "say what is wanted in an instruction")
    if task.last >= len(source.rows) and source.rows and not source.rows[-1].endswith("\n"):
        return written[: -len(line_end)] if replaced else line_end + written
    return written


def documentation_in(text: str, language: str) -> str:
    """The comment or docstring that an answer holds, whatever code it repeats.

    Raises:
        CodeassistdError: There is none.
    """
    if language in _DOCSTRINGS:
        if found := _DOCSTRING.search(text):
            line = text.rfind("\n", 0, found.start()) + 1
            return indent_of(text[line : found.start()]) + found[0]
    elif comment := _leading_comment(text, language):
        return comment
    raise CodeassistdError("the model wrote no documentation", "ask again, or write an instruction")


def _leading_comment(text: str, language: str) -> str:
    kept: list[str] = []
    is_open = False
    for row in text.replace("\r\n", "\n").split("\n"):
        if not kept and not row.strip():
            continue
        if not is_open and not is_comment(row, language):
            break
        kept.append(row)
        is_open = (is_open or "/*" in row) and "*/" not in row
    return "" if is_open else "\n".join(kept)


def _documentation(action: ActionParams, source: Source) -> Task:
    begin = source.offset(action.first_line) if action.first_line < len(source.rows) else len(source.text)
    scope = scope_at(source.language, source.text, begin)
    if scope is None or scope.name != action.name:
        raise CodeassistdError(f"{action.name!r} is not where it was", "list the code actions anew")
    target = documentation_target(source.language, source.text, scope)
    what = "docstring in triple quotes" if source.language in _DOCSTRINGS else "documentation comment"
    told = f"Write the {what} of {action.name}, and nothing else."
    return Task(told, target.line - 1, target.line - 1, target.indentation, is_documentation=True)


def _rows_of(text: str) -> list[str]:
    rows = [row + "\n" for row in text.split("\n")]
    rows[-1] = rows[-1][:-1]
    return rows if rows[-1] else rows[:-1]


def _indent_of_first(rows: Sequence[str]) -> str:
    return next((indent_of(row) for row in rows if row.strip()), "")
