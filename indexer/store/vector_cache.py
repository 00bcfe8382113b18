"""Content-addressed vectors, shared by every workspace, worktree and branch of a user.

A vector is found by the hash of the exact text given to the model, inside a folder named after the
model's identity. Vectors are kept as float16: half the disk, and the same neighbours (the chunk
table holds float16 too).
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

from ...models.errors import CodeassistdError
from .errors import is_damage, storage_errors
from .journal import use_write_ahead_log

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_LOOKUP_BATCH = 500
_SECONDS_A_DAY = 86_400


def vector_key(passage: str) -> str:
    """The hex key (128 bits) under which a passage's vector is kept."""
    return blake2b(passage.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


class BrokenVectorError(CodeassistdError):
    """A model gave a vector that must not be stored."""


class VectorCache:
    """The vectors of one model identity; safe for several processes at once.

    A damaged file is set aside and started anew: everything in it can be computed again.

    Args:
        path: The SQLite file; its folder is made when missing.
        dimensions: Length of a vector; rows of another length are ignored.
    """

    @storage_errors()
    def __init__(self, path: Path, dimensions: int) -> None:
        self._path = path
        self._dimensions = dimensions
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._connection = _open(path)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            self._set_aside()
            self._connection = _open(path)
        self._inode = path.stat().st_ino

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @storage_errors()
    def get(self, keys: Sequence[str]) -> dict[str, NDArray[np.float16]]:
        """Look vectors up.

        Args:
            keys: Hex keys, see `vector_key`.

        Returns:
            float16 arrays of shape (dimensions,) for the keys that are known.
        """
        try:
            return self._found([bytes.fromhex(key) for key in dict.fromkeys(keys)])
        except sqlite3.DatabaseError as error:
            self._start_over(error)
            return {}

    @storage_errors()
    def put(self, vectors: Mapping[str, NDArray[np.floating]]) -> None:
        """Keep vectors, durable against a crash of this process when it returns.

        Args:
            vectors: Arrays of shape (dimensions,) by hex key.

        Raises:
            BrokenVectorError: A vector has the wrong length or a value that is not finite.
            StorageError: They could not be written.
        """
        rows = []
        today = int(time.time() // _SECONDS_A_DAY)
        for key, vector in vectors.items():
            if vector.shape != (self._dimensions,) or not np.isfinite(vector).all():
                raise BrokenVectorError(
                    f"the model gave something else than {self._dimensions} finite numbers",
                    "run `codeassistd doctor` to check the model's files",
                )
            rows.append((bytes.fromhex(key), vector.astype(np.float16).tobytes(), today))
        try:
            self._insert(rows)
        except sqlite3.DatabaseError as error:
            self._start_over(error)
            self._insert(rows)

    def __len__(self) -> int:
        return int(self._connection.execute("SELECT count(*) FROM vectors").fetchone()[0])

    @storage_errors()
    def prune(self, keep: int) -> int:
        """Drop the oldest vectors beyond a number.

        Args:
            keep: How many may stay.

        Returns:
            How many were dropped.
        """
        surplus = len(self) - keep
        if surplus <= 0:
            return 0
        with _transaction(self._connection):
            self._connection.execute(
                "DELETE FROM vectors WHERE key IN (SELECT key FROM vectors ORDER BY added LIMIT ?)",
                (surplus,),
            )
        return surplus

    def _found(self, wanted: Sequence[bytes]) -> dict[str, NDArray[np.float16]]:
        found: dict[str, NDArray[np.float16]] = {}
        for start in range(0, len(wanted), _LOOKUP_BATCH):
            batch = wanted[start : start + _LOOKUP_BATCH]
            marks = ",".join("?" * len(batch))
            rows = self._connection.execute(
                f"SELECT key, vector FROM vectors WHERE key IN ({marks})",  # noqa: S608 - only question marks
                batch,
            )
            for key, blob in rows:
                if len(blob) == self._dimensions * 2:
                    found[key.hex()] = np.frombuffer(blob, dtype=np.float16)
        return found

    def _insert(self, rows: Sequence[tuple[bytes, bytes, int]]) -> None:
        with _transaction(self._connection):
            self._connection.executemany("INSERT OR IGNORE INTO vectors VALUES (?, ?, ?)", rows)

    def _start_over(self, error: sqlite3.DatabaseError) -> None:
        """Replace a file that has turned out to be damaged; raises what has another cause."""
        if not is_damage(error):
            raise error
        self._connection.close()
        # Another connection may have met the damage first: the new file is not to be set aside as well.
        if not self._path.exists() or self._path.stat().st_ino == self._inode:
            self._set_aside()
        self._connection = _open(self._path)
        self._inode = self._path.stat().st_ino

    def _set_aside(self) -> None:
        for part in (self._path.name, f"{self._path.name}-wal", f"{self._path.name}-shm"):
            with contextlib.suppress(FileNotFoundError):
                self._path.with_name(part).replace(self._path.with_name(f"{part}.damaged"))


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=30.0, isolation_level=None, check_same_thread=False)
    try:
        use_write_ahead_log(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS vectors"
            " (key BLOB PRIMARY KEY, vector BLOB NOT NULL, added INTEGER NOT NULL) WITHOUT ROWID"
        )
        connection.execute("SELECT key, vector FROM vectors LIMIT 1").fetchall()
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")
