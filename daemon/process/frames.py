"""Cuts a stream of bytes into messages: headers, an empty line, a body of the length that they state."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER_END = b"\r\n\r\n"
_LONGEST_HEADER = 16 * 1024
# Not at the beginning of a line alone: a body that was longer than stated may stand before it.
_LENGTH = re.compile(rb"(?<![\w-])content-length:[ \t]*([0-9]{1,15})[ \t]*\r$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Frame:
    """One message as it came.

    Attributes:
        data: All of its bytes.
        start: Where its body begins; past the end when it has none because the headers are no good.
    """

    data: bytes
    start: int

    def message(self) -> dict[str, Any]:
        """The body's JSON object; an empty one when it is something else."""
        try:
            message = json.loads(self.data[self.start :])
        except (ValueError, RecursionError):
            return {}
        return message if isinstance(message, dict) else {}


@dataclass(frozen=True, slots=True)
class TooLong:
    """Stands for a message that was skipped.

    Attributes:
        length: Bytes of its body.
    """

    length: int


class FrameSplitter:
    """Takes bytes as they come and gives whole messages.

    Headers that are no good are given as a message without a body, for the other side to judge.

    Args:
        longest: Bytes of the longest body; a longer one is skipped, and not held in memory. None takes any.
    """

    def __init__(self, longest: int | None = None) -> None:
        self._longest = longest
        self._buffer = bytearray()
        self._wanted = 0  # length of the message at the head of the buffer, 0 while unknown
        self._start = 0
        self._seen = 0  # no header ends before this
        self._to_skip = 0

    def feed(self, data: bytes) -> Iterator[Frame | TooLong]:
        """Take some bytes; to be exhausted before the next call.

        Args:
            data: What came.

        Yields:
            Each message that is whole now.
        """
        if self._to_skip:
            skipped = min(self._to_skip, len(data))
            self._to_skip -= skipped
            data = data[skipped:]
        self._buffer += data
        while self._buffer and not self._to_skip:
            if not self._wanted:
                too_long = self._read_header()
                if too_long is not None:
                    yield too_long
                    continue
            if not self._wanted or len(self._buffer) < self._wanted:
                return
            frame = Frame(bytes(memoryview(self._buffer)[: self._wanted]), self._start)
            self._drop(self._wanted)
            yield frame

    def _read_header(self) -> TooLong | None:
        end = self._buffer.find(_HEADER_END, self._seen)
        if end < 0:
            self._seen = max(0, len(self._buffer) - len(_HEADER_END) + 1)
            if len(self._buffer) > _LONGEST_HEADER:
                self._start = self._wanted = len(self._buffer)
            return None
        self._start = end + len(_HEADER_END)
        found = _LENGTH.search(self._buffer, 0, end + 1)
        length = int(found[1]) if found else 0
        if self._longest is not None and length > self._longest:
            have = min(length, len(self._buffer) - self._start)
            self._to_skip = length - have
            self._drop(self._start + have)
            return TooLong(length)
        self._wanted = self._start + length
        return None

    def _drop(self, count: int) -> None:
        del self._buffer[:count]
        self._wanted = self._start = self._seen = 0


def framed(message: dict[str, Any]) -> bytes:
    """The bytes of a message."""
    body = json.dumps({"jsonrpc": "2.0", **message}, separators=(",", ":")).encode()
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
