"""Length-prefixed frames on a pipe: a JSON object, then raw bytes."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import IO, Any

_MAGIC = b"CAW1"
_PREFIX = struct.Struct("<4sII")
_MOST_BYTES = 256 * 1024 * 1024


class FrameError(Exception):
    """What came through the pipe is no frame, or no message that is known."""


def pack(header: Mapping[str, object], payload: bytes | memoryview = b"") -> bytes:
    """Make a frame.

    Args:
        header: Anything that JSON can say; strings may hold lone surrogates.
        payload: Bytes sent as they are.

    Returns:
        The magic number, both lengths as little-endian 32-bit numbers, the header and the payload.

    Raises:
        FrameError: It is larger than a reader would accept.
    """
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    if max(len(text), len(payload)) > _MOST_BYTES:
        raise FrameError(f"a message of {len(text) + len(payload):,} bytes is too large")
    return b"".join((_PREFIX.pack(_MAGIC, len(text), len(payload)), text, payload))


def read(stream: IO[bytes]) -> tuple[dict[str, Any], bytearray] | None:
    """Read the next frame, however long it takes to come.

    Args:
        stream: A buffered binary stream.

    Returns:
        (header, payload), or None when the stream ended before a frame began.

    Raises:
        FrameError: The bytes are no frame, or end within one.
    """
    prefix = stream.read(_PREFIX.size)
    if not prefix:
        return None
    if len(prefix) < _PREFIX.size:
        raise FrameError(f"the stream ends with {prefix!r}, which is no frame")
    magic, header_bytes, payload_bytes = _PREFIX.unpack(prefix)
    if magic != _MAGIC:
        raise FrameError(f"{prefix!r} is not the start of a frame")
    if max(header_bytes, payload_bytes) > _MOST_BYTES:
        raise FrameError(f"a frame of {header_bytes + payload_bytes:,} bytes is too large")
    text, payload = _exactly(stream, header_bytes), _exactly(stream, payload_bytes)
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FrameError(f"the header of a frame is not JSON: {error}") from error
    if not isinstance(header, dict):
        raise FrameError("the header of a frame is not a JSON object")
    return header, payload


def _exactly(stream: IO[bytes], count: int) -> bytearray:
    # Grows as the bytes come: a damaged length alone must not take the memory that it names.
    found = bytearray()
    while len(found) < count:
        piece = stream.read(min(count - len(found), 1 << 20))
        if not piece:
            raise FrameError(f"the stream ends after {len(found):,} of {count:,} bytes")
        found += piece
    return found
