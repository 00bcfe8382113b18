"""Numbers and strings from the beginning of a file, which may end or lie at any point."""

from __future__ import annotations

import struct
from typing import BinaryIO

_PORTION_BYTES = 4_000_000
_LONGEST_HEADER_BYTES = 256_000_000
_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")


class DamagedError(ValueError):
    """The bytes make no sense; the message says which, and is the end of a sentence."""


class Cursor:
    """Reads on from a position in a file, in portions.

    Args:
        file: Open for reading, at its beginning.
        size: Its length in bytes.
    """

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self._bytes = bytearray()
        self.position = 0

    @property
    def left(self) -> int:
        """Bytes from the position to the end of the file."""
        return self._size - self.position

    def u32(self) -> int:
        """An unsigned number of 32 bits."""
        return int(_U32.unpack_from(self._bytes, self._step(4))[0])

    def u64(self) -> int:
        """An unsigned number of 64 bits."""
        return int(_U64.unpack_from(self._bytes, self._step(8))[0])

    def numbers(self, layout: str, count: int) -> tuple[int | float | bool, ...]:
        """Several numbers of one kind, as `struct` names it."""
        if count > self.left:
            raise DamagedError(f"an array of {count:,} numbers doesn't fit into what is left of it")
        form = struct.Struct(f"<{count}{layout}")
        return form.unpack_from(self._bytes, self._step(form.size))

    def string(self) -> str:
        """A string with its length before it; bytes that are not UTF-8 become U+FFFD."""
        length = self.u64()
        if length > self.left:
            raise DamagedError(f"a string of {length:,} bytes doesn't fit into what is left of it")
        start = self._step(length)
        return self._bytes[start : start + length].decode("utf-8", "replace")

    def skip(self, count: int) -> None:
        """Pass over bytes."""
        self._step(count)

    def strings(self, count: int, first: int) -> dict[str, int]:
        """Pass over strings; returns those whose first byte is the given one, with their positions.

        Vocabularies have hundreds of thousands of strings, so this is one loop without calls.
        """
        if count > self.left // 8:
            raise DamagedError(f"an array of {count:,} strings doesn't fit into what is left of it")
        kept: dict[str, int] = {}
        data, position = self._bytes, self.position
        unpack = _U64.unpack_from
        for index in range(count):
            if position + 8 > len(data):
                self._need(position + 8)
            end = position + 8 + unpack(data, position)[0]
            if end > len(data):
                self._need(end)
            if end > position + 8 and data[position + 8] == first:
                kept.setdefault(data[position + 8 : end].decode("utf-8", "replace"), index)
            position = end
        self.position = position
        return kept

    def _step(self, count: int) -> int:
        start = self.position
        if start + count > len(self._bytes):
            self._need(start + count)
        self.position = start + count
        return start

    def _need(self, end: int) -> None:
        if end > self._size:
            raise DamagedError(f"it ends after {self._size:,} bytes, in the middle of its header")
        if end > _LONGEST_HEADER_BYTES:
            raise DamagedError(f"its header is longer than {_LONGEST_HEADER_BYTES:,} bytes")
        self._bytes += self._file.read(max(_PORTION_BYTES, end - len(self._bytes)))
        if end > len(self._bytes):  # it was cut while being read
            raise DamagedError(f"it ends after {len(self._bytes):,} bytes, in the middle of its header")
