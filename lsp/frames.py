"""The framing of LSP messages: headers, a blank line, and as many bytes as the headers say."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio

MAX_BODY_BYTES = 128 * 1024 * 1024
"""A larger message is no message: the largest file that may be indexed has 100 MB."""

_MAX_HEADER_LINES = 32
_MAX_HEADER_BYTES = 4_096
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w-]+)", re.IGNORECASE)


class FrameError(Exception):
    """What comes in is not LSP; where the next message begins can't be known."""


async def read_frame(reader: asyncio.StreamReader, max_bytes: int = MAX_BODY_BYTES) -> bytes | None:
    """Read the body of the next message.

    Args:
        reader: Where it comes from.
        max_bytes: Length of the longest body that is accepted.

    Returns:
        The body, or None when the stream ended between two messages.

    Raises:
        FrameError: The headers are wrong, the body is too long, or the stream ends inside a message.
    """
    lines: list[bytes] = []
    while (line := await _read_header_line(reader)) not in {b"\r\n", b"\n"}:
        if not line and not lines:
            return None
        if not line.endswith(b"\n"):
            raise FrameError("the connection ended inside the headers of a message")
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
