"""A model's bytes as text that can be shown at once: whole characters, and nothing of a stop string."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence

from .stop_rules import StopRule


class TextStream:
    """Puts pieces of UTF-8 together, and ends where a stop rule says so.

    Args:
        stop: Texts that end the stream, and are not part of it.
        single_line: Whether the first line break that follows text ends it.
        on_text: Gets each further piece of text, as soon as it can't be part of a stop string.
        rule: Asked whenever the text grew; what it answers is where the text ends, though not before what
            `on_text` has got.
    """

    def __init__(
        self,
        stop: Sequence[str] = (),
        *,
        single_line: bool = False,
        on_text: Callable[[str], None] | None = None,
        rule: StopRule | None = None,
    ) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = tuple(text for text in stop if text)
        self._longest = max((len(text) for text in self._stop), default=0)
        self._single_line = single_line
        self._on_text = on_text
        self._rule = rule
        self._given = 0
        self._text = ""

    @property
    def text(self) -> str:
        """All text until now; what may be the beginning of a stop string is part of it."""
        return self._text

    def feed(self, piece: bytes) -> bool:
        """Take further bytes; returns whether a stop rule ended the stream."""
        return self._add(self._decoder.decode(piece))

    def finish(self, *, is_cut: bool) -> None:
        """Give what was held back.

        Args:
            is_cut: Whether more would have followed: then the beginning of a character at the very end is
                left out; else it becomes U+FFFD.
        """
        if is_cut or not self._add(self._decoder.decode(b"", final=True)):
            self._give(len(self._text))

    def _add(self, text: str) -> bool:
        if not text:
            return False
        before = len(self._text)
        self._text += text
        end = self._end(before)
        if end is not None:
            self._text = self._text[:end]
            self._give(end)
            return True
        self._give(len(self._text) - self._held())
        return False

    def _end(self, before: int) -> int | None:
        """Where the text ends by a stop rule, looking at what was added after a position."""
        start = max(0, before - self._longest + 1)
        ends = [place for text in self._stop if (place := self._text.find(text, start)) >= 0]
        if self._single_line:
            line_end = self._line_end(before)
            ends += [] if line_end is None else [line_end]
        ruled = self._rule(self._text) if self._rule is not None else None
        if ruled is not None:
            ends.append(max(ruled, self._given))
        return min(ends, default=None)

    def _line_end(self, before: int) -> int | None:
        content = len(self._text) - len(self._text.lstrip())
        ends = [place for mark in "\r\n" if (place := self._text.find(mark, max(content, before))) >= 0]
        return min(ends, default=None)

    def _held(self) -> int:
        """Characters at the end that may be the beginning of a stop string."""
        for length in range(min(self._longest - 1, len(self._text)), 0, -1):
            tail = self._text[-length:]
            if any(text.startswith(tail) for text in self._stop):
                return length
        return 0

    def _give(self, end: int) -> None:
        if self._on_text is not None and end > self._given:
            piece, self._given = self._text[self._given : end], end
            self._on_text(piece)
