"""Guesses of what a model writes next: what followed the same words earlier in the prompt or the text.

Code repeats itself, and a model reads several tokens in less time than it writes them one by one, so that
guesses which are right make writing quicker.
"""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_GUESS = 8
_FIRST_GUESS = 2
_SHORTEST_PAUSE, _LONGEST_PAUSE = 8, 128
_WORDS = (4, 3, 2)
"""Lengths of the runs of tokens that are looked up, longest first."""


class PromptLookup:
    """Knows where each short run of tokens was last seen.

    The length of guesses follows their success: it doubles when all of one was right, and halves when less
    than half was. At its lowest guesses pause, each time for twice as long until one is right: on a
    processor a wrong guess of four takes the time of two tokens, and text that repeats nothing is to be
    written as quickly as without them.

    Args:
        tokens: The prompt.
    """

    def __init__(self, tokens: Iterable[int]) -> None:
        self._tokens = list(tokens)
        self._seen: dict[tuple[int, ...], int] = {}
        self._indexed = 0
        self._length = _FIRST_GUESS
        self._pause = 0
        self._next_pause = _SHORTEST_PAUSE

    def __len__(self) -> int:
        return len(self._tokens)

    @property
    def last(self) -> int:
        """The last token."""
        return self._tokens[-1]

    def append(self, token: int) -> None:
        """Take notice of a further token."""
        self._tokens.append(token)

    def guess(self, most: int) -> list[int]:
        """Tokens that may follow.

        Args:
            most: No more than these.

        Returns:
            What followed the last tokens when they were seen before; empty when they weren't.
        """
        if self._pause > 0:
            self._pause -= 1
            return []
        self._index()
        most = min(most, self._length)
        for words in _WORDS:
            place = self._seen.get(tuple(self._tokens[-words:])) if len(self._tokens) >= words else None
            if place is not None and most > 0:
                return self._tokens[place : place + most]
        return []

    def learn(self, guessed: int, right: int) -> None:
        """Say how many tokens of a guess were right, beginning with its first."""
        if right == guessed:
            self._length = min(LONGEST_GUESS, self._length * 2)
            self._next_pause = _SHORTEST_PAUSE
        elif right * 2 < guessed:
            self._length = max(1, self._length // 2)
            if self._length == 1:
                self._pause, self._length = self._next_pause, _FIRST_GUESS
                self._next_pause = min(_LONGEST_PAUSE, self._next_pause * 2)

    def _index(self) -> None:
        """Catch up with the tokens; what follows the very last run isn't known yet."""
        tokens, seen = self._tokens, self._seen
        for position in range(self._indexed, len(tokens)):
            for words in _WORDS:
                if position >= words:
                    seen[tuple(tokens[position - words : position])] = position
        self._indexed = len(tokens)
