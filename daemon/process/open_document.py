"""The text of a document as an editor has it, kept up to date from its changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

Encoding = Literal["utf-8", "utf-16", "utf-32"]
"""The units in which columns are counted."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


class OpenDocument:
    """One document between didOpen and didClose.

    The text is held as a list of lines, so that a change costs what it changes.

    Args:
        item: The `TextDocumentItem` that it was opened with.
    """

    def __init__(self, item: Mapping[str, Any]) -> None:
        self._item = {key: value for key, value in item.items() if key != "text"}
        self._lines = _split(str(item["text"]))

    @property
    def text(self) -> str:
        """All of it."""
        return "".join(self._lines)

    def item(self) -> dict[str, Any]:
        """The `TextDocumentItem` to open it with as it is now."""
        return {**self._item, "text": self.text}

    def change(self, version: object, changes: list[Mapping[str, Any]], encoding: Encoding) -> None:
        """Apply the changes of a didChange, in their order.

        Args:
            version: The document's version after them.
            changes: Its `contentChanges`.
            encoding: What columns count.

        Raises:
            KeyError, TypeError, ValueError: They aren't what the protocol says.
        """
        for change in changes:
            if change.get("range") is None:
                self._lines = _split(str(change["text"]))
            else:
                start, end = change["range"]["start"], change["range"]["end"]
                self._replace(
                    self._place(start["line"], start["character"], encoding),
                    self._place(end["line"], end["character"], encoding),
                    str(change["text"]),
                )
        self._item["version"] = version

    def _place(self, line: int, column: int, encoding: Encoding) -> tuple[int, int]:
        """Index of a line and of a character in it; what is beyond the end of either is its end."""
        if line >= len(self._lines):
            return len(self._lines) - 1, len(self._lines[-1])
        content = self._lines[line].rstrip("\r\n")
        return line, index_of_column(content, column, encoding)

    def _replace(self, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        start, end = min(start, end), max(start, end)
        first, last = start[0], end[0]
        text = self._lines[first][: start[1]] + text + self._lines[last][end[1] :]
        # "\r" and "\n" that come together become one line ending.
        if first and self._lines[first - 1].endswith("\r"):
            first -= 1
            text = self._lines[first] + text
        is_last = last == len(self._lines) - 1
        pieces = _split(text)
        if not is_last and not pieces[-1]:
            pieces.pop()
        self._lines[first : last + 1] = pieces


def index_of_column(content: str, column: int, encoding: Encoding) -> int:
    """The index of the character at a column.

    Args:
        content: A line without its ending.
        column: In units of the encoding; inside a character means before it.
        encoding: What it counts.

    Returns:
        From 0 to the number of characters.
    """
    if encoding == "utf-32" or content.isascii():
        return min(column, len(content))
    units = 0
    for index, character in enumerate(content):
        units += _units(ord(character), encoding)
        if units > column:
            return index
    return len(content)


def _units(point: int, encoding: Encoding) -> int:
    if encoding == "utf-16":
        return 1 + (point > 0xFFFF)
    return 1 + (point > 0x7F) + (point > 0x7FF) + (point > 0xFFFF)


def _split(text: str) -> list[str]:
    """Lines with their endings; the last has none and may be empty."""
    lines = _LINE.findall(text)
    if not lines or lines[-1][-1] in "\r\n":
        lines.append("")
    return lines
