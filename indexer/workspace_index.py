"""One workspace's index: the door through which everything above uses this package."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import contextmanager
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING, TypeVar

from .chunk.version import CHUNKER_VERSION
from .description import Drift, IndexDescription
from .pipeline.file_reader import read_file
from .pipeline.plan import plan_update
from .pipeline.report import Progress, UpdateReport
from .pipeline.update import UpdateContext, UpdateOptions, update
from .store.errors import DamagedIndexError, storage_errors, unreadable
from .store.layout import IndexLayout
from .store.locking import writing
from .store.manifest import Manifest
from .store.recovery import require_format, set_aside
from .store.writer import IndexKey, IndexWriter
from .walk.entry import ContentLimits, Selection
from .walk.root_identity import same_root_throughout
from .walk.scan import scan
from .walk.scope import scope_of
from .workspace import workspace_id

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from ..models.identity import ModelIdentity
    from ..models.roles import Embedder
    from .pipeline.reading_order import AwaitedSearch
    from .store.manifest import FileRecord, Head
    from .store.snapshot import IndexSnapshot
    from .walk.entry import FileEntry

__all__ = ["Drift", "IndexConfig", "IndexDescription", "Progress", "UpdateReport", "WorkspaceIndex"]

_T = TypeVar("_T")

APPROXIMATE_ABOVE = 5_000
"""Vectors from which an approximate index pays; `benchmarks/approximate_index.py` measures it."""


@dataclass(frozen=True, slots=True)
class IndexConfig:
    """What is indexed and how.

    Attributes:
        selection: Which files.
        limits: Which contents.
        workers: Processes that read and chunk; 0 does it in this process.
        lock_wait: Seconds to wait for another writer.
        approximate_above: Vectors from which they get an approximate index.
        keep_vectors: How many vectors the shared cache keeps at most.
    """

    selection: Selection = field(default_factory=Selection)
    limits: ContentLimits = field(default_factory=ContentLimits)
    workers: int = field(default_factory=lambda: min(4, os.cpu_count() or 1))
    lock_wait: float = 600.0
    approximate_above: int = APPROXIMATE_ABOVE
    keep_vectors: int = 2_000_000


def _ignore_progress(_progress: Progress) -> None:
    pass


def _ignore_commit(_head: Head) -> None:
    pass


def _never() -> bool:
    return False


class WorkspaceIndex:
    """The index of one workspace; cheap to make, opens nothing by itself.

    Args:
        root: The workspace.
        data_dir: The user's data directory.
        identity: The model whose vectors the index has.
        load_embedder: Gives that model; called only when there is text to embed.
        config: What is indexed and how.
        release_embedder: Lets go of a model in this process; called when an update has embedded everything.
    """

    def __init__(
        self,
        root: Path,
        data_dir: Path,
        identity: ModelIdentity,
        load_embedder: Callable[[], Embedder],
        config: IndexConfig | None = None,
        release_embedder: Callable[[], None] | None = None,
    ) -> None:
        self._root, self._release_embedder = root, release_embedder
        self._identity = identity
        self._load_embedder = load_embedder
        self._config = config or IndexConfig()
        self._layout = IndexLayout.of(data_dir, workspace_id(root))

    @property
    def layout(self) -> IndexLayout:
        """Where the index lies."""
        return self._layout

    def update(  # noqa: PLR0913 - each has its default
        self,
        *,
        full: bool = False,
        paths: Collection[str] | None = None,
        embed_until: float | None = None,
        awaited: AwaitedSearch | None = None,
        lock_wait: float | None = None,
        progress: Callable[[Progress], None] = _ignore_progress,
        committed: Callable[[Head], None] = _ignore_commit,
        cancelled: Callable[[], bool] = _never,
    ) -> UpdateReport:
        """Bring the index up to date with the workspace. A damaged index is set aside and made anew.

        Args:
            full: Read and chunk every file again, into a new table.
            paths: What has changed, as POSIX paths relative to the workspace; a folder stands for everything
                below it. Nothing else is looked at, by the same rules; so the report counts these files only.
                Everything is looked at where that doesn't do: the index is not complete, or ignore rules or
                something of git's are among the changes.
            embed_until: `time.monotonic()` after which no more text is embedded; None embeds all.
            awaited: A search that waits for this update; what it is about is read first, see `UpdateOptions`.
            lock_wait: Seconds to wait for another writer; None takes the configured time.
            progress: Told where the update is, in this thread.
            committed: Told each state that can be searched from now on, in this thread.
            cancelled: Polled; true ends the update at the next consistent state.

        Returns:
            What was done.

        Raises:
            IndexBusyError: Another process is still writing the index.
            StorageError: The index can't be written.
            CodeassistdError: The model can't be used.
        """
        wait = self._config.lock_wait if lock_wait is None else lock_wait
        with writing(
            self._layout,
            wait,
            cancelled,
            lambda holder: progress(Progress("wait", 0, None, detail=holder)),
        ):
            options = UpdateOptions(
                full=full,
                embed_until=embed_until,
                awaited=awaited,
                workers=self._config.workers,
                approximate_above=self._config.approximate_above,
                keep_vectors=self._config.keep_vectors,
            )
            context = self._context(progress, cancelled)
            try:
                return self._update(context, options, committed, paths=paths)
            except DamagedIndexError as damaged:
                aside = set_aside(self._layout)
                why = f"{damaged.message}; it was set aside in {aside}"
                return self._update(context, options, committed, why)

    @contextmanager
    def snapshot(self) -> Iterator[IndexSnapshot | None]:
        """Pin the current revision for reading; None when nothing is indexed yet.

        Raises:
            DamagedIndexError: The index can't be read.
        """
        from .store.snapshot import open_snapshot  # noqa: PLC0415 - imports lancedb, which takes a second

        with open_snapshot(self._layout) as snapshot:
            yield snapshot

    def describe(self) -> IndexDescription:
        """The committed state. Reads the manifest only.

        Raises:
            DamagedIndexError: The manifest can't be read.
        """
        head, files = self._read_manifest(lambda manifest: manifest.file_counts()) or (None, {})
        return IndexDescription(
            root=self._root,
            folder=self._layout.folder,
            revision=head.revision if head else None,
            model=head.model if head else "",
            format=head.format if head else 0,
            complete=bool(head and head.complete),
            files=files.get("", 0),
            skipped={reason: count for reason, count in files.items() if reason},
            chunks=head.chunks if head else 0,
            embedded=head.embedded if head else 0,
            updated_at=head.updated_at if head else None,
            disk_bytes=self._layout.disk_bytes(),
        )

    def drift(self) -> Drift:
        """Compare the workspace with its index.

        Contents are read only of files that were too young to be trusted when they were indexed.

        Raises:
            DamagedIndexError: The manifest can't be read.
        """
        _, known = self._read_manifest(lambda manifest: manifest.files()) or (None, {})
        plan = plan_update(scan(self._root, self._config.selection), known)
        changed = sum(
            1
            for entry in plan.to_read
            if entry.path not in known or not self._has_content(entry, known[entry.path])
        )
        return Drift(changed, len(plan.removed))

    def head(self) -> Head | None:
        """The committed state; None when nothing is indexed yet. Quick.

        Raises:
            DamagedIndexError: The manifest can't be read.
        """
        head, _ = self._read_manifest(lambda _manifest: None) or (None, None)
        return head

    def file_record(self, path: str) -> FileRecord | None:
        """What the index remembers of a file; None when it does not know it."""
        _, record = self._read_manifest(lambda manifest: manifest.file(path)) or (None, None)
        return record

    def _has_content(self, entry: FileEntry, record: FileRecord) -> bool:
        return (
            entry.size == record.size
            and read_file(self._root, entry, record, self._config.limits).same_content
        )

    def _read_manifest(self, read: Callable[[Manifest], _T]) -> tuple[Head | None, _T] | None:
        try:
            manifest = Manifest(self._layout.manifest)
        except FileNotFoundError:
            return None
        except sqlite3.DatabaseError as error:
            raise unreadable(self._layout.folder, error) from error
        try:
            head = manifest.head()
            if head is not None:
                require_format(self._layout, head)
            return head, read(manifest)
        except sqlite3.DatabaseError as error:
            raise unreadable(self._layout.folder, error) from error
        finally:
            manifest.close()

    def _update(
        self,
        context: UpdateContext,
        options: UpdateOptions,
        committed: Callable[[Head], None],
        rebuilt: str = "",
        paths: Collection[str] | None = None,
    ) -> UpdateReport:
        with storage_errors():
            writer = IndexWriter(self._layout, self._key(), committed)
        writer.rebuilt = rebuilt or writer.rebuilt
        try:
            continued = not options.full and not writer.starts_anew
            has_every_file = continued and writer.head is not None and writer.head.complete
            scope = scope_of(paths) if paths is not None and has_every_file else None
            found = scan(self._root, self._config.selection, scope)
            return update(writer, same_root_throughout(self._root, found), context, options, scope)
        finally:
            writer.close()

    def _key(self) -> IndexKey:
        limits = hashlib.sha256(repr(astuple(self._config.limits)).encode()).hexdigest()[:8]
        return IndexKey(
            workspace=str(self._root),
            model=self._identity.id,
            dimensions=self._identity.dimensions,
            recipe=f"{CHUNKER_VERSION}-{limits}",
        )

    def _context(self, progress: Callable[[Progress], None], cancelled: Callable[[], bool]) -> UpdateContext:
        return UpdateContext(
            root=self._root,
            cache_path=self._layout.vector_cache(self._identity.id),
            dimensions=self._identity.dimensions,
            model=self._identity.id,
            load_embedder=self._load_embedder,
            release_embedder=self._release_embedder,
            limits=self._config.limits,
            tell=progress,
            cancelled=cancelled,
        )
