"""Which of the passages found are given: none twice, bounded, in an order that stays. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ...models.completion import ContextPassage
from .records import GroundedPassage

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .records import Excerpt, Limits, Reason


class Window(NamedTuple):
    """Lines of the document that the prompt shows anyway, 1-based, inclusive."""

    path: str
    first_line: int
    last_line: int

    def shows(self, path: str, lines: Iterable[int]) -> bool:
        """Whether any of some lines is shown."""
        return path == self.path and any(self.first_line <= line <= self.last_line for line in lines)


class Choice:
    """Takes passages, most useful first, as long as there is room.

    Args:
        limits: How much is given.
        window: What the prompt shows anyway.
    """

    def __init__(self, limits: Limits, window: Window) -> None:
        self._limits = limits
        self._window = window
        self._characters = 0
        self._lines: set[tuple[str, int]] = set()
        self._texts: set[str] = set()
        self.chosen: list[GroundedPassage] = []

    @property
    def is_full(self) -> bool:
        """Whether nothing more fits."""
        return len(self.chosen) >= self._limits.passages or self._characters >= self._limits.characters

    def take(self, path: str, excerpt: Excerpt | None, reason: Reason, symbol: str = "") -> bool:
        """Take a passage unless it is shown already, is the same as another, or doesn't fit."""
        if excerpt is None or self.is_full or self._window.shows(path, excerpt.lines):
            return False
        places = {(path, line) for line in excerpt.lines}
        bare = "\n".join(line.strip() for line in excerpt.text.split("\n") if line.strip())
        too_long = self._characters + len(excerpt.text) > self._limits.characters
        if too_long or not bare or bare in self._texts or places & self._lines:
            return False
        self._characters += len(excerpt.text)
        self._lines |= places
        self._texts.add(bare)
        passage = ContextPassage(path, excerpt.lines[0], excerpt.text)
        self.chosen.append(GroundedPassage(passage, excerpt.lines[-1], reason, symbol))
        return True
