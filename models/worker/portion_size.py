"""How many texts a portion of work has, learnt from how long the last one took."""

from __future__ import annotations

from dataclasses import dataclass

_FEWEST = 2
_MOST = 512


@dataclass(slots=True)
class PortionSize:
    """Keeps portions near a length of time: long enough to fill the engine, short enough to wait for.

    Attributes:
        target_seconds: What a portion should take.
        texts: The size for the next one.
    """

    target_seconds: float
    texts: int = 8

    def took(self, texts: int, seconds: float) -> None:
        """Learn from a portion.

        Args:
            texts: Its size; a smaller one than was asked for says nothing about a larger one's time.
            seconds: What it took.
        """
        if seconds > 1.5 * self.target_seconds:
            self.texts = max(_FEWEST, min(self.texts, texts) // 2)
        elif seconds < 0.6 * self.target_seconds and texts >= self.texts:
            self.texts = min(_MOST, self.texts * 2)
