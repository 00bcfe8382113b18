"""What a model is told for each code action, and what becomes of its answer. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..models.errors import CodeassistdError
from . import actions
from .replacement import fitted, line_end_of
from .scope import indent_of, is_comment, scope_at

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .generation_protocol import ActionParams

_DOCSTRING = re.compile(r"[rRuU]?(\"\"\"|''')(?:.|\n)*?\1")
_LONGEST_SOURCE = 12_000


@dataclass(frozen=True, slots=True)
class Task:
    """Lines that are written anew.

    Attributes:
        instruction: What the model is told.
        first: First line, 0-based.
        last: Where they end, exclusive; `first` when lines are put before it.
        indent: What the first written line begins with.
        is_documentation: Whether nothing but a comment is wanted.
    """

    instruction: str
    first: int
    last: int
    indent: str
    is_documentation: bool = False


def task_of(action: ActionParams, rows: Sequence[str], language: str) -> Task:
    """Say what is to be written for an action.

    Args:
        action: Of any kind but tests and explanations.
        rows: The document's lines.
        language: The document's, as its editor names it.

    Raises:
        CodeassistdError: There is no such action.
    """
    first = min(action.first_line, max(0, len(rows) - 1))
    last = min(max(action.last_line, first), len(rows))
    indent = _indent_of_first(rows[first:last])
    match action.action:
        case actions.QUICK_FIX:
            told = f"Fix this problem, changing no more than it takes: {action.detail}"
        case actions.COMPLETE:
            told = f"Write what is missing in {action.name}. Keep its signature and what is done already."
        case actions.FROM_COMMENT if all(is_comment(row) or not row.strip() for row in rows[first:last]):
            said = "".join(rows[first:last]).strip()
            told = f"Write the code that the comment right above asks for, without the comment:\n{said}"
            return Task(told, last, last, indent)
        case actions.FROM_COMMENT:
            told = "Rewrite the selection as the comment at its beginning says."
        case actions.DOCUMENT:
            return _documentation(action, rows, language)
        case _:
            raise CodeassistdError(f"there is no action {action.action[:80]!r}", "list the code actions anew")
    return Task(told, first, last, indent)


def rewriting(instruction: str, rows: Sequence[str], first: int, last: int) -> Task:
    """Say what is to be written for an instruction in a person's words."""
    if first == last:
        near = [row for row in rows[max(0, first - 1) : first + 1] if row.strip()]
        return Task(instruction, first, last, _indent_of_first(near[-1:]))
    return Task(instruction, first, last, _indent_of_first(rows[first:last]))


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


def lines_written(task: Task, text: str, rows: Sequence[str], language: str) -> str:
    """What takes the place of a task's lines.

    Args:
        task: The task.
        text: What the model wrote.
        rows: The document's lines.
        language: The document's.

    Raises:
        CodeassistdError: It is not what was asked for.
    """
    if task.is_documentation:
        text = documentation_in(text, language)
    line_end = line_end_of(rows)
    written = fitted(text, task.indent, line_end)
    if "".join(rows[task.first : task.last]) == written:
        raise CodeassistdError("the model found nothing to change", "say what is wanted in an instruction")
    if task.last >= len(rows) and rows:
        if task.first < task.last and not rows[-1].endswith(("\r", "\n")):
            return written[: -len(line_end)]
        if task.first == task.last and not rows[-1].endswith(("\r", "\n")):
            return line_end + written
    return written


def documentation_in(text: str, language: str) -> str:
    """The comment or docstring that an answer holds, whatever code it repeats.

    Raises:
        CodeassistdError: There is none.
    """
    if language == "python":
        found = _DOCSTRING.search(text)
        if found:
            line = text.rfind("\n", 0, found.start()) + 1
            return indent_of(text[line : found.start()]) + found[0]
    else:
        kept: list[str] = []
        is_open = False
        for row in text.replace("\r\n", "\n").split("\n"):
            if not kept and not row.strip():
                continue
            if not is_open and not is_comment(row):
                break
            kept.append(row)
            is_open = (is_open or "/*" in row) and "*/" not in row
        if kept and not is_open:
            return "\n".join(kept)
    raise CodeassistdError("the model wrote no documentation", "ask again, or write an instruction")


def _documentation(action: ActionParams, rows: Sequence[str], language: str) -> Task:
    scope = scope_at(rows, action.first_line, language)
    if scope is None or scope.name != action.name:
        raise CodeassistdError(f"{action.name!r} is not where it was", "list the code actions anew")
    if language == "python":
        inside = _indent_of_first(rows[scope.body : scope.last])
        told = f"Write the docstring of {action.name}, in triple quotes, and nothing else."
        return Task(told, scope.body, scope.body, inside, is_documentation=True)
    indent = indent_of(rows[scope.first])
    told = f"Write the documentation comment of {action.name}, as the language has it, and nothing else."
    return Task(told, scope.first, scope.first, indent, is_documentation=True)


def _indent_of_first(rows: Sequence[str]) -> str:
    return next((indent_of(row) for row in rows if row.strip()), "")
