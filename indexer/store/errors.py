"""What storage says when it fails, in words a user can act on."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from typing import TYPE_CHECKING

from ...models.errors import CodeassistdError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SOURCE_PLACE = re.compile(r",? /\S*/registry/src/\S+")  # where in its own source LanceDB raised an error
_FULL = ("no space left", "disk is full", "disk quota", "file too large", "os error 28", "os error 27")
_FORBIDDEN = ("permission denied", "readonly", "read-only", "os error 13", "os error 30")


_SQLITE_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR})
"""Codes of a file that is broken or has other tables than ours. A full disk, a lock or a missing
permission has nothing to do with the contents, and no data may be given up for it."""


class StorageError(CodeassistdError):
    """The index could not be written; what was committed before is still there."""


class DamagedIndexError(CodeassistdError):
    """The chunk table or the manifest can't be read.

    Args:
        folder: The index.
        cause: What the database said.
    """

    def __init__(self, folder: Path, cause: Exception) -> None:
        super().__init__(
            f"the index in {folder} can't be read: {first_line(cause)}",
            "run `codeassistd index --full` to rebuild it",
        )


def unreadable(folder: Path, error: sqlite3.Error) -> CodeassistdError:
    """What to raise when the manifest of an index can't be read.

    Args:
        folder: The index.
        error: What SQLite said.
    """
    if is_damage(error):
        return DamagedIndexError(folder, error)
    return StorageError(
        f"the index in {folder} can't be opened: {first_line(error)}",
        "check its permissions and the space on its disk, or set CODEASSISTD_DATA_DIR to another folder",
    )


def is_damage(error: sqlite3.Error) -> bool:
    """Whether a database error comes from the contents of the file, not from what surrounds it."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is None or code & 0xFF in _SQLITE_DAMAGE


def is_outside_cause(error: Exception) -> bool:
    """Whether a failure comes from a full disk or a missing permission, so that the index may be sound."""
    text = str(error).lower()
    return any(sign in text for sign in (*_FULL, *_FORBIDDEN))


@contextlib.contextmanager
def table_errors(folder: Path) -> Iterator[None]:
    """Turn what LanceDB raises for a table that it can't read into a `DamagedIndexError`.

    Args:
        folder: The index.

    Raises:
        DamagedIndexError: The files are damaged.
        StorageError: They may be sound, but the disk is full or a permission is missing.
    """
    try:
        yield
    except Exception as error:
        if is_outside_cause(error):
            raise _explained(error) from error
        # Garbage where a length is expected makes LanceDB panic, under a name that it doesn't export.
        if not isinstance(error, OSError | RuntimeError | ValueError) and type(error).__name__ != "RustPanic":
            raise
        raise DamagedIndexError(folder, error) from error


@contextlib.contextmanager
def storage_errors() -> Iterator[None]:
    """Turn what SQLite, LanceDB and the file system raise into a `StorageError`.

    LanceDB raises RuntimeError, ValueError and OSError for failed writes, whatever the cause; the
    cause is in the text.

    Raises:
        StorageError: Something below could not be written or read.
    """
    try:
        yield
    except (sqlite3.Error, OSError, RuntimeError, ValueError) as error:
        raise _explained(error) from error


def _explained(error: Exception) -> StorageError:
    text = str(error).lower()
    if any(sign in text for sign in _FULL):
        return StorageError(
            "the disk is full: the index was not written further",
            "free some space and run the command again; nothing that was committed is lost",
        )
    if any(sign in text for sign in _FORBIDDEN):
        return StorageError(
            f"no permission to write the index: {first_line(error)}",
            "check who owns the data directory (`codeassistd doctor` names it)",
        )
    return StorageError(
        f"the index could not be written: {first_line(error)}",
        "run the command again; if it fails again, run `codeassistd index --full`",
    )


def first_line(error: Exception) -> str:
    """An error's text, cut to a line of at most 200 characters."""
    return _SOURCE_PLACE.sub("", str(error).partition("\n")[0])[:200]
