"""The texts around a cursor, looked at once for all that is asked of them."""

from __future__ import annotations

from functools import cached_property

from .brackets import WINDOW


class Surroundings:
    """A cursor in a document.

    Args:
        prefix: The document before it.
        suffix: The document after it.
    """

    def __init__(self, prefix: str, suffix: str) -> None:
        self.prefix = prefix
        self.suffix = suffix

    @cached_property
    def tail(self) -> str:
        """The rest of the cursor's line."""
        return self.suffix.split("\n", 1)[0]

    @cached_property
    def first_line_end(self) -> int:
        """Characters from the cursor to the end of the first line with text."""
        return len(self.first_lines(1).rstrip("\n")) or len(self.suffix) + 1

    @property
    def is_small(self) -> bool:
        """Whether all of the document is near enough to be looked at."""
        return len(self.prefix) <= WINDOW and len(self.suffix) <= WINDOW

    def first_lines(self, number: int) -> str:
        """What follows the cursor up to the end of so many lines with text, its line break included.

        Returns:
            "" when fewer follow.
        """
        end = 0
        while number:
            if end >= len(self.suffix):
                return ""
            at = self.suffix.find("\n", end)
            stop = len(self.suffix) if at < 0 else at + 1
            number -= bool(self.suffix[end:stop].strip())
            end = stop
        return self.suffix[:end]


def weight(text: str) -> int:
    """How much a text says: its letters and digits, and quotes by threes."""
    return sum(character.isalnum() for character in text) + 3 * (text.count('"""') + text.count("'''"))
