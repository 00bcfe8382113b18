"""Writing an index: table first, manifest second, and what to do when that was cut short."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .errors import storage_errors, table_errors
from .layout import FORMAT_VERSION
from .locking import without_readers
from .manifest import FileRecord, Head
from .recovery import open_manifest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from .layout import IndexLayout
    from .rows import ChunkRow
    from .table import ChunkTable

_MAX_FRAGMENTS = 24
_MAX_UNINDEXED = 4_096
_MAX_VERSIONS = 48


@dataclass(frozen=True, slots=True)
class IndexKey:
    """What an index must have been made with to be continued.

    Attributes:
        workspace: Folder that is indexed.
        model: Model identity.
        dimensions: Length of its vectors.
        recipe: Chunker version and size limits.
    """

    workspace: str
    model: str
    dimensions: int
    recipe: str


class IndexWriter:
    """The one writer of an index; made while the write lock is held.

    Opening it decides what earlier runs left behind: a table that is ahead of the manifest is
    rolled back, an index of another format or one that can't be read is set aside.

    Args:
        layout: Where the index lies.
        key: What it is made with.

    Attributes:
        rebuilt: Why the index starts anew, in words; "" when it continues.
        on_commit: Told each committed state.
    """

    def __init__(
        self, layout: IndexLayout, key: IndexKey, on_commit: Callable[[Head], None] = lambda _head: None
    ) -> None:
        self.on_commit = on_commit
        self._layout = layout
        self._key = key
        self._table: ChunkTable | None = None
        self._changed: list[FileRecord] = []
        self._removed: list[str] = []
        self._manifest, self.rebuilt = open_manifest(layout)
        self._head = self._manifest.head()
        self._fresh = self._head is None
        if self._head is not None:
            self._require_same_key(self._head)

    @property
    def head(self) -> Head | None:
        """The committed state; None while there is none."""
        return self._head

    @property
    def starts_anew(self) -> bool:
        """Whether nothing of the rows on disk is continued."""
        return self._fresh

    @storage_errors()
    def files(self) -> dict[str, FileRecord]:
        """The files the index knows, by path; none when it starts anew."""
        return {} if self._fresh else self._manifest.files()

    @storage_errors()
    def files_below(self, paths: Iterable[str]) -> dict[str, FileRecord]:
        """The files the index knows that are, or lie below, one of some paths; none when it starts anew."""
        return {} if self._fresh else self._manifest.files_below(paths)

    def start_anew(self, why: str = "") -> None:
        """Make the next commit the first of a new table; readers keep the old one until then."""
        self._fresh = True
        self._table = None
        self.rebuilt = self.rebuilt or why

    def close(self) -> None:
        """Let go of the manifest."""
        self._manifest.close()

    @storage_errors()
    def write_files(
        self,
        changed: Sequence[FileRecord],
        rows: Sequence[ChunkRow],
        vectors: Sequence[NDArray[np.float16] | None],
        stale: Sequence[str],
    ) -> None:
        """Replace all rows of some files; readers see it after `commit`.

        Args:
            changed: Files to remember anew.
            rows: All rows of the changed files.
            vectors: For each row its vector, float16 of shape (dimensions,), or None.
            stale: Paths whose present rows go: changed and removed files that have any.
        """
        table = self._writable_table()
        if stale and not self._fresh:
            table.delete_paths(stale)
        table.add(rows, vectors)
        self._changed.extend(changed)

    def note_files(self, changed: Sequence[FileRecord], removed: Sequence[str]) -> None:
        """Remember or forget files without touching a row; readers see it after `commit`.

        Args:
            changed: Files to remember anew; their rows stay.
            removed: Files to forget; their rows are gone.
        """
        self._changed.extend(changed)
        self._removed.extend(removed)

    @storage_errors()
    def commit(self, *, complete: bool) -> Head:
        """Make everything written so far the committed state.

        Args:
            complete: Whether the index now holds every file of the scan.

        Returns:
            The committed state; its revision is unchanged when no row changed.
        """
        head = self._head
        if self._fresh or head is None:
            self._writable_table()
        if self._table is not None and (head is None or self._table.version != head.table_version):
            return self._commit_rows(complete=complete)
        if head is None:
            raise AssertionError("a new index always has a new table version")
        if self._changed or self._removed or complete != head.complete:
            self._record(replace(head, complete=complete))
        return self._head or head

    @storage_errors()
    def set_vectors(self, ids: Sequence[str], vectors: NDArray[np.float16]) -> Head:
        """Give rows their vectors and commit.

        Args:
            ids: Row keys; keys that are gone are ignored.
            vectors: float16 array of shape (len(ids), dimensions).
        """
        self._writable_table().set_vectors(ids, vectors)
        return self._commit_rows(complete=bool(self._head and self._head.complete))

    @storage_errors()
    def table(self) -> ChunkTable:
        """The table at the newest version, for reading what was just written."""
        return self._writable_table()

    @storage_errors()
    def needs_maintenance(self) -> bool:
        """Whether small writes have piled up. Looks only when this writer wrote something."""
        if self._table is None or self._fresh or self._head is None:
            return False
        fragments, unindexed = self._table.fragmentation()
        versions = self._table.versions()
        return fragments > _MAX_FRAGMENTS or unindexed > _MAX_UNINDEXED or versions > _MAX_VERSIONS

    @storage_errors()
    def maintain(self, approximate_above: int) -> None:
        """Merge small data files, update the search indexes and delete old versions.

        The rows stay the same, so a crash in between may keep whichever version is newest: the
        manifest says so while this runs. Old versions stay when somebody is reading.

        Args:
            approximate_above: Number of vectors from which they get an approximate index.
        """
        head = self._head
        if head is None or self._fresh:
            return
        table = self._writable_table()
        self._record(replace(head, maintaining=True))
        table.compact()
        if head.embedded >= approximate_above and head.embedded == head.chunks:
            table.add_approximate_index()
        self._record(replace(head, maintaining=True, table_version=table.version))
        with without_readers(self._layout) as alone:
            if alone:
                table.delete_old_versions()
            self._record(replace(head, maintaining=False, table_version=table.version))

    def _commit_rows(self, *, complete: bool) -> Head:
        table = self._writable_table()
        chunks, embedded = table.count()
        before = self._head
        return self._record(
            Head(
                format=FORMAT_VERSION,
                model=self._key.model,
                recipe=self._key.recipe,
                workspace=self._key.workspace,
                revision=before.revision + 1 if before else 1,
                table_version=table.version,
                maintaining=False,
                complete=complete,
                chunks=chunks,
                embedded=embedded,
                updated_at=time.time(),
            )
        )

    def _record(self, head: Head) -> Head:
        self._manifest.commit(head, changed=self._changed, removed=self._removed, forget_files=self._fresh)
        self._changed.clear()
        self._removed.clear()
        self._fresh = False
        self._head = head
        self.on_commit(head)
        return head

    def _writable_table(self) -> ChunkTable:
        if self._table is None:
            self._table = self._open_table()
        return self._table

    def _open_table(self) -> ChunkTable:
        from .table import ChunkTable  # noqa: PLC0415 - importing lancedb takes a second; idle runs do without

        if self._head is None:
            # Nothing was ever committed here; what lies here is left over from a first run.
            shutil.rmtree(self._layout.database, ignore_errors=True)
            return ChunkTable.create(self._layout.database, self._key.dimensions)
        with table_errors(self._layout.folder):
            if self._head.maintaining or not self._fresh:
                # Before a rebuild too: its versions must not pass for those of an unfinished maintenance.
                table = ChunkTable.open(self._layout.database)
                self._settle(table, self._head)
                if not self._fresh:
                    return table
            return ChunkTable.create(self._layout.database, self._key.dimensions)

    def _settle(self, table: ChunkTable, head: Head) -> None:
        """Make the newest version the committed one after a crash."""
        if head.maintaining:
            settled = replace(head, maintaining=False, table_version=table.version)
        elif self._fresh or table.version == head.table_version:
            return
        else:
            table.restore(head.table_version)
            settled = replace(head, table_version=table.version)
        self._manifest.commit(settled)
        self._head = settled

    def _require_same_key(self, head: Head) -> None:
        if head.model != self._key.model:
            self.start_anew(f"the model changed from {head.model} to {self._key.model}")
        elif head.recipe != self._key.recipe:
            self.start_anew("how files are cut into chunks, or the size limits, changed")
