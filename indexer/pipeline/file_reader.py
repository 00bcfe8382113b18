"""One file from disk to chunk rows. Runs in worker processes: it touches no database and no model."""

from __future__ import annotations

import os
import stat
import time
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import TYPE_CHECKING

from ..chunk.chunker import chunk_text
from ..file_rows import chunk_rows
from ..store.manifest import FileRecord
from ..walk.bounded_read import open_below
from ..walk.content import inspect
from ..walk.entry import ContentLimits, SkipReason

if TYPE_CHECKING:
    from pathlib import Path

    from ..store.rows import ChunkRow
    from ..walk.entry import FileEntry

_YOUNG_NS = 2_000_000_000
"""Coarsest time stamp of a common file system (FAT: 2 s). A file younger than that when it was read
could be written again without its times showing it, so it is looked at again next time (git calls
such entries racily clean)."""


@dataclass(frozen=True, slots=True)
class ReadFile:
    """What reading a file gave.

    Attributes:
        path: POSIX path relative to the workspace.
        record: What the manifest is to remember; None when the file is gone or can't be read.
        rows: Its chunks; empty when its content is skipped or the same as before.
        same_content: Whether the content is what the manifest knew, so that its rows stay.
        error: Why it could not be read; "" when it could, or when it is simply gone.
    """

    path: str
    record: FileRecord | None
    rows: tuple[ChunkRow, ...] = ()
    same_content: bool = False
    error: str = ""


def read_file(root: Path, entry: FileEntry, known: FileRecord | None, limits: ContentLimits) -> ReadFile:
    """Read, judge and chunk one file.

    Args:
        root: The workspace.
        entry: The file, as the walk saw it.
        known: What the manifest remembers of it; None when it is new or must be chunked anew.
        limits: What contents are worth indexing.

    Returns:
        Its record and rows. Never raises for what a file may hold or do.
    """
    try:
        data, status, torn = _read(root, entry.path, limits.max_file_bytes)
    except FileNotFoundError:
        return ReadFile(entry.path, None)
    except (OSError, ValueError) as error:
        return ReadFile(entry.path, None, error=getattr(error, "strerror", None) or str(error))
    newest = max(status.st_mtime_ns, status.st_ctime_ns if os.name != "nt" else 0)
    record = FileRecord(
        path=entry.path,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        ctime_ns=status.st_ctime_ns,
        inode=status.st_ino,
        settled=not torn and time.time_ns() - newest > _YOUNG_NS,
        content_hash=blake2b(data, digest_size=16).hexdigest(),
        skipped="",
        chunks=0,
    )
    if known is not None and known.content_hash == record.content_hash:
        kept = replace(record, skipped=known.skipped, chunks=known.chunks)
        return ReadFile(entry.path, kept, same_content=True)
    if len(data) > limits.max_file_bytes:
        return ReadFile(entry.path, replace(record, skipped=SkipReason.TOO_LARGE.value))
    text = inspect(entry.path, data, limits)
    if isinstance(text, SkipReason):
        return ReadFile(entry.path, replace(record, skipped=text.value))
    rows = chunk_rows(entry.path, chunk_text(text, entry.path))
    return ReadFile(entry.path, replace(record, chunks=len(rows)), rows)


def _read(root: Path, path: str, limit: int) -> tuple[bytes, os.stat_result, bool]:
    """The bytes of a regular file (at most one more than the limit), its status, and whether it moved."""
    descriptor = open_below(root, path)
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise ValueError("not a regular file")
        data = file.read(limit + 1)
        after = os.fstat(descriptor)
    return data, status, (after.st_mtime_ns, after.st_size) != (status.st_mtime_ns, status.st_size)
