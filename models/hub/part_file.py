"""A file that is being received: what is there survives the end of the process."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from .checksum import Checksum


class PartFile:
    """The received beginning of a file, named by the checksum of the whole.

    The name makes it safe to go on with, whatever became of the revision it was first wanted for.

    Args:
        folder: Where it is kept; must exist.
        checksum: Of the whole file.
    """

    def __init__(self, folder: Path, checksum: Checksum) -> None:
        self.path = folder / f"{checksum.hex}.part"
        self._etag_path = folder / f"{checksum.hex}.etag"
        self._file: int | None = None
        self.size = 0

    def __enter__(self) -> Self:
        self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)
        self.size = os.lseek(self._file, 0, os.SEEK_END)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        file, self._file = self._file, None
        try:
            if kind is None:
                os.fsync(file)
        finally:
            os.close(file)

    @property
    def etag(self) -> str:
        """What the server said about the version of the file that this is the beginning of."""
        try:
            return self._etag_path.read_text(encoding="ascii")
        except (OSError, ValueError):
            return ""

    def remember(self, etag: str) -> None:
        """Keep what the server says about the version, before the first byte of it is written."""
        if etag != self.etag:
            self._etag_path.write_text(etag if etag.isascii() and len(etag) < 1000 else "", encoding="ascii")

    def append(self, content: bytes) -> None:
        """Add what was received.

        Raises:
            OSError: It can't be written, for instance because the disk is full; the part stays whole.
        """
        view = memoryview(content)
        while view:
            written = os.write(self._open(), view)
            self.size += written
            view = view[written:]

    def restart(self) -> None:
        """Throw away what was received."""
        os.ftruncate(self._open(), 0)
        os.lseek(self._open(), 0, os.SEEK_SET)
        self.size = 0

    def move_to(self, target: Path) -> None:
        """Give the complete file its name; it must have been left (closed) before."""
        target.parent.mkdir(parents=True, exist_ok=True)
        self.path.replace(target)
        with contextlib.suppress(OSError):
            self._etag_path.unlink(missing_ok=True)

    def _open(self) -> int:
        if self._file is None:
            raise ValueError("the part file is not open")
        return self._file
