"""How long a prompt may be so that nobody waits long for it to be read, by the speed of those before."""

from __future__ import annotations

CPU_TOKENS = 1_024
GPU_TOKENS = 4_096
LEAST_TOKENS = 512
MOST_TOKENS = 65_536
READ_SECONDS = 1.5
"""How long reading a prompt of which nothing is known may take."""

_TELLING_TOKENS = 64
"""Fewer tokens than these take a time of their own, and say little about many."""

_SMOOTHING_TOKENS = 512
_UP, _DOWN = 1.2, 0.8


class ReadingPace:
    """A budget of tokens for prompts that should be read in `READ_SECONDS`.

    It is a power of two, and changes only when the speed has clearly changed: with each change the model has
    to read everything anew.

    Args:
        tokens: The budget until a speed is known.
    """

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens
        self.tokens_per_second = 0.0

    def add(self, tokens: int, seconds: float) -> None:
        """Learn from tokens that were read, and from the time that this took."""
        if tokens < _TELLING_TOKENS or seconds <= 0:
            return
        weight = tokens / (tokens + _SMOOTHING_TOKENS) if self.tokens_per_second else 1.0
        self.tokens_per_second += weight * (tokens / seconds - self.tokens_per_second)
        readable = self.tokens_per_second * READ_SECONDS
        while self.tokens < MOST_TOKENS and readable >= self.tokens * 2 * _UP:
            self.tokens *= 2
        while self.tokens > LEAST_TOKENS and readable < self.tokens * _DOWN:
            self.tokens //= 2
