"""What storage says when it fails, in words a user can act on."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

from ...models.errors import CodeassistdError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FULL = ("no space left", "disk is full", "disk quota", "file too large", "os error 28", "os error 27")
_FORBIDDEN = ("permission denied", "readonly", "read-only", "os error 13", "os error 30")


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
            f"the index in {folder} can't be read: {_first_line(cause)}",
            "run `codeassistd index --full` to rebuild it",
        )


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
        text = str(error).lower()
        if any(sign in text for sign in _FULL):
            message = "the disk is full: the index was not written further"
            hint = "free some space and run the command again; nothing that was committed is lost"
        elif any(sign in text for sign in _FORBIDDEN):
            message = f"no permission to write the index: {_first_line(error)}"
            hint = "check who owns the data directory (`codeassistd doctor` names it)"
        else:
            message = f"the index could not be written: {_first_line(error)}"
            hint = "run the command again; if it fails again, run `codeassistd index --full`"
        raise StorageError(message, hint) from error


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
