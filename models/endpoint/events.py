"""Server-sent events: bytes in, the data of each event out. Pure."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

_MOST_CHARACTERS = 1_000_000


class EventError(Exception):
    """The bytes are no events."""


class EventReader:
    """Takes a stream apart, however it is cut into pieces."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._rest = ""
        self._data: list[str] = []

    def feed(self, piece: bytes) -> Iterator[str]:
        """Take further bytes.

        Args:
            piece: Any number of them.

        Yields:
            The data of each event that they complete.

        Raises:
            EventError: They are no UTF-8, or an event doesn't end.
        """
        try:
            text = self._rest + self._decoder.decode(piece)
        except UnicodeDecodeError as error:
            raise EventError(f"bytes that are not UTF-8 ({error.reason})") from None
        # A carriage return at the end may be half of a line's end.
        held = "\r" if text.endswith("\r") else ""
        lines = text[: len(text) - len(held)].replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self._rest = lines.pop() + held
        if len(self._rest) + sum(map(len, self._data)) > _MOST_CHARACTERS:
            raise EventError("an event without an end")
        for line in lines:
            if (data := self._take(line)) is not None:
                yield data

    def finish(self) -> Iterator[str]:
        """The data of an event whose end was left out before the stream's end."""
        for line in (self._rest.rstrip("\r"), ""):
            if (data := self._take(line)) is not None:
                yield data
        self._rest = ""

    def _take(self, line: str) -> str | None:
        if not line:
            data, self._data = "\n".join(self._data), []
            return data or None
        name, _, value = line.partition(":")
        if name == "data":
            self._data.append(value.removeprefix(" "))
        return None
