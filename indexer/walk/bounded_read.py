"""Reading small files that somebody else may have planted."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_MAX_BYTES = 8_000_000  # of patterns or settings: far beyond any real file


def read_regular(
    path: str | bytes | Path, *, follow_symlink: bool = True, max_bytes: int = _MAX_BYTES
) -> bytes | None:
    """Contents of a regular file, or None when there is none that can be read.

    Never blocks on a FIFO.

    Args:
        path: The file.
        follow_symlink: Whether a link counts as the file it points to.
        max_bytes: What lies beyond is not read.
    """
    flags = (
        os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    )
    if not follow_symlink:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError):
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(max_bytes)
    except OSError:
        return None
    finally:
        os.close(descriptor)
