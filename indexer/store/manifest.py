"""The manifest: what each file was when it was indexed, and the commit point of the index.

A change goes to the chunk table first (LanceDB versions), then one SQLite transaction records the
files and the table version together. Readers open the version the manifest names, so that a crash
anywhere leaves either the old revision or the new one, never a mixture.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import TYPE_CHECKING

from .journal import use_write_ahead_log
from .layout import FORMAT_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_FILE_COLUMNS = (
    "path",
    "size",
    "mtime_ns",
    "ctime_ns",
    "inode",
    "settled",
    "content_hash",
    "skipped",
    "chunks",
)
_SELECT_FILES = f"SELECT {', '.join(_FILE_COLUMNS)} FROM files"  # noqa: S608 - fixed names
_file_values = attrgetter(*_FILE_COLUMNS)

_SCHEMA = (
    """
    CREATE TABLE head (
        only INTEGER PRIMARY KEY CHECK (only = 1),
        format INTEGER NOT NULL,
        model TEXT NOT NULL,
        recipe TEXT NOT NULL,
        workspace TEXT NOT NULL,
        revision INTEGER NOT NULL,
        table_version INTEGER NOT NULL,
        maintaining INTEGER NOT NULL,
        complete INTEGER NOT NULL,
        chunks INTEGER NOT NULL,
        embedded INTEGER NOT NULL,
        updated_at REAL NOT NULL
    )
    """,
    """
    CREATE TABLE files (
        path TEXT PRIMARY KEY,
        size INTEGER NOT NULL,
        mtime_ns INTEGER NOT NULL,
        ctime_ns INTEGER NOT NULL,
        inode INTEGER NOT NULL,
        settled INTEGER NOT NULL,
        content_hash TEXT NOT NULL,
        skipped TEXT NOT NULL,
        chunks INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
)


@dataclass(frozen=True, slots=True)
class FileRecord:
    """What is remembered of a file that was looked into.

    Attributes:
        path: POSIX path relative to the workspace.
        size: Bytes.
        mtime_ns: Modification time, nanoseconds.
        ctime_ns: Change time, nanoseconds.
        inode: File number, 0 where there is none.
        settled: False when the file was so young when it was read that a later write could carry
            the same times; such a file is read again.
        content_hash: Hex hash of the bytes.
        skipped: Why its content is not indexed; "" when it is.
        chunks: Rows it has in the chunk table.
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int
    settled: bool
    content_hash: str
    skipped: str
    chunks: int


@dataclass(frozen=True, slots=True)
class Head:
    """The committed state of an index.

    Attributes:
        format: Version of the layout on disk.
        model: Model identity whose vectors the rows have.
        recipe: Chunker version and size limits that the rows were made with.
        workspace: Folder that is indexed.
        revision: Raised by one with every commit.
        table_version: The LanceDB version that belongs to it.
        maintaining: True while compaction may have made later versions with the same rows.
        complete: Whether every file of the last scan is in the table.
        chunks: Rows in the table.
        embedded: Rows that have a vector.
        updated_at: Unix time of the commit, seconds.
    """

    format: int
    model: str
    recipe: str
    workspace: str
    revision: int
    table_version: int
    maintaining: bool
    complete: bool
    chunks: int
    embedded: int
    updated_at: float


class Manifest:
    """The SQLite file behind one index. One writer, any number of readers.

    Raises:
        sqlite3.DatabaseError: From any method when the file is damaged.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        if create:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not path.exists():
            raise FileNotFoundError(path)
        self._connection = sqlite3.connect(path, timeout=10.0, isolation_level=None, check_same_thread=False)
        if create:
            use_write_ahead_log(self._connection)
            self._connection.execute("PRAGMA synchronous = NORMAL")
            if not self._has_tables():
                with self._transaction():
                    for statement in _SCHEMA:
                        self._connection.execute(statement)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def check(self) -> None:
        """Read every page.

        Raises:
            sqlite3.DatabaseError: When the file is damaged.
        """
        verdict = self._connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict[0] != "ok":
            raise sqlite3.DatabaseError(str(verdict[0]))

    def head(self) -> Head | None:
        """The committed state; None before the first commit."""
        if not self._has_tables():
            return None
        row = self._connection.execute(
            "SELECT format, model, recipe, workspace, revision, table_version, maintaining, complete,"
            " chunks, embedded, updated_at FROM head"
        ).fetchone()
        if row is None:
            return None
        head = Head(*row)
        return replace(head, maintaining=bool(head.maintaining), complete=bool(head.complete))

    def files(self) -> dict[str, FileRecord]:
        """Every remembered file by path."""
        if not self._has_tables():
            return {}
        return {row[0]: FileRecord(*row) for row in self._connection.execute(_SELECT_FILES)}

    def files_below(self, paths: Iterable[str]) -> dict[str, FileRecord]:
        """The remembered files that are, or lie below, one of some paths."""
        if not self._has_tables():
            return {}
        found: dict[str, FileRecord] = {}
        for path in paths:
            below = (path, f"{path}/", f"{path}0")  # "0" follows "/"
            rows = self._connection.execute(
                f"{_SELECT_FILES} WHERE path = ? OR (path > ? AND path < ?)", below
            )
            found.update((row[0], FileRecord(*row)) for row in rows)
        return found

    def file(self, path: str) -> FileRecord | None:
        """One remembered file."""
        if not self._has_tables():
            return None
        row = self._connection.execute(f"{_SELECT_FILES} WHERE path = ?", (path,)).fetchone()
        return FileRecord(*row) if row else None

    def file_counts(self) -> dict[str, int]:
        """Remembered files by why their content is skipped; "" counts the indexed ones."""
        if not self._has_tables():
            return {}
        return dict(self._connection.execute("SELECT skipped, count(*) FROM files GROUP BY skipped"))

    def commit(
        self,
        head: Head,
        *,
        changed: Iterable[FileRecord] = (),
        removed: Iterable[str] = (),
        forget_files: bool = False,
    ) -> None:
        """Make a table version and the files it holds the committed state, in one transaction.

        Args:
            head: The new committed state.
            changed: Files to remember anew.
            removed: Paths to forget.
            forget_files: Forget every file that is not in `changed`.
        """
        with self._transaction() as connection:
            if forget_files:
                connection.execute("DELETE FROM files")
            connection.executemany("DELETE FROM files WHERE path = ?", ((path,) for path in removed))
            connection.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                map(_file_values, changed),
            )
            connection.execute(
                "INSERT OR REPLACE INTO head VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    FORMAT_VERSION,
                    head.model,
                    head.recipe,
                    head.workspace,
                    head.revision,
                    head.table_version,
                    head.maintaining,
                    head.complete,
                    head.chunks,
                    head.embedded,
                    time.time(),
                ),
            )

    def _has_tables(self) -> bool:
        """False for a moment while the very first writer starts."""
        return bool(self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'files'").fetchone())

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
