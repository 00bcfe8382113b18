"""The text of one open document, edited as the client edits it."""

from __future__ import annotations

import re

from .positions import Encoding, column_to_index, index_to_column

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_SURROGATE = re.compile("[\ud800-\udfff]")


def well_formed(text: str) -> str:
    """A text that can be written as UTF-8: halves of surrogate pairs become U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


class TextBuffer:
    """A text as a list of lines, so that an edit costs what it touches and not the length of the text.

    Lines end where LSP ends them and keep their ends; joined, they are the text.
    """

    def __init__(self, text: str) -> None:
        self._lines: list[str] = []
        self._text: str | None = None
        self.set(text)

    @property
    def text(self) -> str:
        """All of it."""
        if self._text is None:
            self._text = "".join(self._lines)
        return self._text

    @property
    def lines(self) -> list[str]:
        """Its lines with their ends; not to be changed."""
        return self._lines

    def set(self, text: str) -> None:
        """Replace all of it."""
        self._text = well_formed(text)
        self._lines = _LINE.findall(self._text)

    def replace(self, start: tuple[int, int], end: tuple[int, int], text: str, encoding: Encoding) -> None:
        """Replace a range.

        Args:
            start: Line and column, 0-based; places outside the text mean the nearest inside it.
            end: Where it ends, exclusive.
            text: What takes its place.
            encoding: What columns count.
        """
        if end < start:
            start, end = end, start
        first, head = self._place(start, encoding)
        last, tail = self._place(end, encoding)
        before = self._line(first)[:head]
        if first > 0 and self._lines[first - 1].endswith("\r"):
            # A line feed that comes to stand after it would be part of the same line end.
            first -= 1
            before = self._lines[first] + before
        changed = before + well_formed(text) + self._line(last)[tail:]
        self._lines[first : last + 1] = _LINE.findall(changed)
        self._text = None

    def offset(self, position: tuple[int, int], encoding: Encoding) -> int:
        """How many characters lie before a position; places outside the text mean the nearest inside it.

        Args:
            position: Line and column, 0-based.
            encoding: What columns count.
        """
        line, index = self._place(position, encoding)
        return sum(map(len, self._lines[:line])) + index

    def position(self, offset: int, encoding: Encoding) -> tuple[int, int]:
        """The line and column, 0-based, of the place that so many characters lie before."""
        before = 0
        for number, line in enumerate(self._lines):
            if offset < before + len(line) or (
                number == len(self._lines) - 1 and not line.endswith(("\r", "\n"))
            ):
                return number, index_to_column(line, max(0, offset - before), encoding)
            before += len(line)
        return len(self._lines), 0

    def _line(self, number: int) -> str:
        return self._lines[number] if number < len(self._lines) else ""

    def _place(self, position: tuple[int, int], encoding: Encoding) -> tuple[int, int]:
        """The line and the index in it that a position means."""
        line, column = position
        if line >= len(self._lines):
            if self._lines and not self._lines[-1].endswith(("\r", "\n")):
                return len(self._lines) - 1, len(self._lines[-1])
            return len(self._lines), 0
        return line, column_to_index(self._lines[line].rstrip("\r\n"), column, encoding)
