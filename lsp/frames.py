"""The framing of LSP messages: headers, a blank line, and as many bytes as the headers say."""

from __future__ import annotations

import asyncio
import re

MAX_BODY_BYTES = 64 * 1024 * 1024
"""A larger message is no message: while one is parsed, every other client waits."""

_MAX_HEADER_LINES = 32
_MAX_HEADER_BYTES = 4_096
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w-]+)", re.IGNORECASE)
_LENGTH_LINE = re.compile(rb"content-length[ \t]*:[ \t]*[0-9]{1,15}[ \t]*\r?\n\Z", re.IGNORECASE)
_AFTER_NOISE = re.compile(rb"(?<=[^\w-])" + _LENGTH_LINE.pattern, re.IGNORECASE)
_LONGEST_LENGTH_LINE = 64


class FrameError(Exception):
    """What comes in is not LSP; the next message has to be looked for.

    Args:
        message: What is wrong.
        next_line: The first header line of the next message, if it has been read.
    """

    def __init__(self, message: str, next_line: bytes = b"") -> None:
        super().__init__(message)
        self.next_line = next_line


async def read_frame(
    reader: asyncio.StreamReader, max_bytes: int = MAX_BODY_BYTES, first_line: bytes = b""
) -> bytes | None:
    """Read the body of the next message.

    Args:
        reader: Where it comes from.
        max_bytes: Length of the longest body that is accepted.
        first_line: Of its headers, when that was read already.

    Returns:
        The body, or None when the stream ended between two messages.

    Raises:
        FrameError: The headers are wrong, the body is too long, or the stream ends inside a message.
    """
    lines = [first_line] if first_line else []
    while (line := await _read_header_line(reader)) not in {b"\r\n", b"\n"}:
        if not line and not lines:
            return None
        if not line.endswith(b"\n"):
            raise FrameError("the connection ended inside the headers of a message")
        if found := _AFTER_NOISE.search(line):
            raise FrameError("a message is longer than its Content-Length says", found[0])
        lines.append(line)
        if len(lines) > _MAX_HEADER_LINES:
            raise FrameError(f"a message has more than {_MAX_HEADER_LINES} header lines")
    length = content_length(lines)
    if length > max_bytes:
        raise FrameError(f"a message has {length:,} bytes; at most {max_bytes:,} are accepted")
    try:
        return await reader.readexactly(length)
    except EOFError as end:  # asyncio.IncompleteReadError is one
        raise FrameError("the connection ended inside a message") from end


async def next_length_line(reader: asyncio.StreamReader) -> bytes:
    """Skip to where a message seems to begin, after one that was no good; little of it is held in memory.

    Args:
        reader: Where messages come from.

    Returns:
        The header line that states the length of a message; b"" when the stream ends first.
    """
    before = b""
    while True:
        try:
            piece = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as overrun:
            piece = await reader.readexactly(overrun.consumed)
        except asyncio.IncompleteReadError:
            return b""
        # A body has no line end: the headers of the next message begin in its last line.
        if found := _LENGTH_LINE.search(before + piece):
            return found[0]
        before = (before + piece)[-_LONGEST_LENGTH_LINE:]


def content_length(lines: list[bytes]) -> int:
    """The length of a body.

    Args:
        lines: The header lines, with their line ends.

    Returns:
        Its length in bytes.

    Raises:
        FrameError: A line is no header, the length is missing or no number, or the text is not UTF-8.
    """
    length: int | None = None
    for line in lines:
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise FrameError("a line where a header should be has no colon")
        field, value = name.strip().lower(), value.strip()
        if field == "content-length":
            if not (value.isascii() and value.isdigit() and len(value) <= 15):
                raise FrameError("a Content-Length is not a number")
            length = int(value)
        elif field == "content-type" and not _is_utf8(value):
            raise FrameError("a Content-Type names a charset other than utf-8")
    if length is None:
        raise FrameError("a message has no Content-Length")
    return length


def _is_utf8(content_type: str) -> bool:
    charset = _CHARSET.search(content_type)
    return charset is None or charset[1].lower() in {"utf-8", "utf8"}


def frame(body: bytes) -> bytes:
    """Put the headers before a body."""
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


async def _read_header_line(reader: asyncio.StreamReader) -> bytes:
    try:
        line = await reader.readline()
    except ValueError as error:  # longer than the reader's own limit
        raise FrameError("a header line is too long") from error
    if len(line) > _MAX_HEADER_BYTES:
        raise FrameError("a header line is too long")
    return line
