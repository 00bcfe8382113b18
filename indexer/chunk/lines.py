"""A file as lines, with sizes that do not count indentation."""

from __future__ import annotations

import re
from itertools import accumulate

_CLOSING = re.compile(
    r"[\s\W_]*(?://.*|/\*.*)?$|"
    r"\s*[\])}]+[\])};,\s]*(?://.*|/\*.*|#.*|--.*)?$|"
    r"\s*(?:end|endif|fi|done|esac|endfunction|endmodule|#\s*endif)\b[\W_]*(?://.*|/\*.*|\s\w+)?$"
)


class Lines:
    r"""The lines of a text, separated by "\n" only; a "\r" before it belongs to the line end.

    Rows are 0-based. The size of a row is its length without surrounding white space, plus one for the line
    end; blank rows have size 0: an embedding model does not see indentation.
    """

    __slots__ = ("_sizes", "_totals", "rows")

    def __init__(self, text: str) -> None:
        rows = text.split("\n")
        if "\r" in text:
            rows = [row.removesuffix("\r") for row in rows]
        self.rows = rows
        self._sizes = [len(row.strip()) for row in rows]
        self._totals = [0, *accumulate(size + 1 if size else 0 for size in self._sizes)]

    def __len__(self) -> int:
        return len(self.rows)

    def blank(self, row: int) -> bool:
        """Whether a row holds nothing but white space."""
        return not self._sizes[row]

    def size(self, start: int, end: int) -> int:
        """The size of rows start..end, inclusive."""
        return self._totals[end + 1] - self._totals[start]

    def trim(self, start: int, end: int) -> tuple[int, int] | None:
        """Rows start..end without the blank rows at both edges; None when all are blank."""
        if not self.size(start, end):
            return None
        while not self._sizes[start]:
            start += 1
        while not self._sizes[end]:
            end -= 1
        return start, end

    def indent(self, row: int) -> int:
        """How many white-space characters a row begins with."""
        line = self.rows[row]
        return len(line) - len(line.lstrip())

    def closing(self, row: int) -> bool:
        """Whether a row only ends what earlier rows began."""
        line = self.rows[row]
        return len(line) < 200 and _CLOSING.match(line) is not None

    def text(self, start: int, end: int) -> str:
        r"""Rows start..end joined by "\n"."""
        return "\n".join(self.rows[start : end + 1])
