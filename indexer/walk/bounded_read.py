"""Reading small files that somebody else may have planted."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_MAX_BYTES = 8_000_000  # of patterns or settings: far beyond any real file


_FILE_FLAGS = os.O_RDONLY
for _flag in ("O_NONBLOCK", "O_BINARY", "O_CLOEXEC"):  # not every platform has each
    _FILE_FLAGS |= getattr(os, _flag, 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_FOLDER_FLAGS = (
    getattr(os, "O_PATH", os.O_RDONLY) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
)


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
    try:
        descriptor = os.open(path, _FILE_FLAGS if follow_symlink else _FILE_FLAGS | _NO_LINK)
    except (OSError, ValueError):
        return None
    return _contents(descriptor, max_bytes)


def read_below(root: Path, path: str, *, max_bytes: int = _MAX_BYTES) -> bytes | None:
    """The same for a file of a workspace, see `open_below`."""
    try:
        descriptor = open_below(root, path)
    except (OSError, ValueError):
        return None
    return _contents(descriptor, max_bytes)


def open_below(root: Path, path: str) -> int:
    """Open a file of a workspace for reading without following a link anywhere below the root.

    Somebody may put a link in the place of a folder between the walk and the reading; the whole path at
    once would then lead out of the workspace. Where the platform can't open step by step, only the last
    step is guarded.

    Args:
        root: The workspace.
        path: POSIX path of the file, relative to the root. It is UTF-8 on disk whatever the locale says.

    Returns:
        A descriptor; of whatever is there, so that its kind must be looked at.

    Raises:
        OSError: There is no such file, a link is on the way, or it may not be read.
    """
    *folders, name = path.encode().split(b"/")
    if os.open not in os.supports_dir_fd:
        return os.open(os.path.join(os.fsencode(root), *folders, name), _FILE_FLAGS | _NO_LINK)  # noqa: PTH118 - bytes
    folder = os.open(root, _FOLDER_FLAGS)
    try:
        for part in folders:
            inner = os.open(part, _FOLDER_FLAGS | _NO_LINK, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(name, _FILE_FLAGS | _NO_LINK, dir_fd=folder)
    finally:
        os.close(folder)


def _contents(descriptor: int, max_bytes: int) -> bytes | None:
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(max_bytes)
    except OSError:
        return None
    finally:
        os.close(descriptor)
