"""One update of an index: scan, read and chunk, write, embed; they overlap.

Words and symbols of a large change are committed first and can be searched at once; vectors follow
in commits of their own. A small change, such as one saved file, is one commit with its vectors.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..freed_memory import give_back
from ..store.vector_cache import VectorCache
from .early_import import table_imported_meanwhile
from .file_stage import FileStage
from .plan import plan_update
from .reading_order import AwaitedSearch, promising_first
from .report import Progress, UpdateReport
from .tally import Tally
from .vector_stage import VectorStage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ...models.roles import Embedder
    from ..store.manifest import FileRecord
    from ..store.writer import IndexWriter
    from ..walk.entry import ContentLimits, FileEntry, Skip
    from ..walk.scope import Scope
    from .plan import UpdatePlan

_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class UpdateOptions:
    """How an update is to be carried out.

    Attributes:
        full: Read and chunk every file again; known vectors are still used.
        embed_until: `time.monotonic()` after which no more text is embedded; None embeds all. With a
            deadline all words are committed before the first text is embedded, and upkeep is left to
            a later update.
        workers: Processes that read and chunk.
        approximate_above: Vectors from which they get an approximate index.
        keep_vectors: How many vectors the shared cache keeps at most.
        awaited: A search that waits for this update. While the index doesn't have every file yet, the
            files that it is most likely about are read first, and the others only as far as there is time.
    """

    full: bool = False
    embed_until: float | None = None
    workers: int = 2
    approximate_above: int = 5_000
    keep_vectors: int = 2_000_000
    awaited: AwaitedSearch | None = None


@dataclass(frozen=True, slots=True)
class UpdateContext:
    """What an update works with.

    Attributes:
        root: The workspace.
        cache_path: The shared vector cache's file.
        dimensions: Length of a vector.
        model: Model identity of the vectors.
        load_embedder: Gives the embedder; called when the first text needs it.
        limits: What contents are worth indexing.
        tell: Told where the update is, in the calling thread.
        cancelled: Polled; true ends the update at the next consistent state.
        release_embedder: Called when everything is embedded.
    """

    root: Path
    cache_path: Path
    dimensions: int
    model: str
    load_embedder: Callable[[], Embedder]
    limits: ContentLimits
    tell: Callable[[Progress], None]
    cancelled: Callable[[], bool]
    release_embedder: Callable[[], None] | None = None


class _CancelledError(Exception):
    """The caller wants the update to end."""


def update(
    writer: IndexWriter,
    scan: Iterable[FileEntry | Skip],
    context: UpdateContext,
    options: UpdateOptions,
    scope: Scope | None = None,
) -> UpdateReport:
    """Bring an index up to date with its workspace, or with a part of it.

    Args:
        writer: The index, its write lock held.
        scan: Lists the workspace's files, or those of the part.
        context: What to work with.
        options: How to go about it.
        scope: The part; only of an index that has every file.

    Returns:
        What was done. After a cancellation the index holds whatever was committed until then.

    Raises:
        CodeassistdError: The model can't be used, or the index can't be read. Words and symbols are
            committed in the first case.
    """
    started = time.monotonic()
    tally = Tally()
    if options.full:
        writer.start_anew()
    cancelled = False
    cache = VectorCache(context.cache_path, context.dimensions)
    try:
        known = writer.files() if scope is None else writer.files_below(scope.paths)
        plan = _plan(scan, known, context, tally)
        files = FileStage(writer, cache, known, tally, context.load_embedder)
        with table_imported_meanwhile(needed=bool(plan.to_read or plan.removed)):
            _run(plan, files, writer, context, options, tally)
        if options.embed_until is None:
            _keep_up(writer, cache, context, options, tally)
    except _CancelledError:
        cancelled = True
    finally:
        cache.close()
    tally.seconds["total"] = time.monotonic() - started  # type: ignore[assignment]
    return _report(writer, context, tally, cancelled=cancelled)


def _plan(
    scan: Iterable[FileEntry | Skip], known: Mapping[str, FileRecord], context: UpdateContext, tally: Tally
) -> UpdatePlan:
    def watched() -> Iterator[FileEntry | Skip]:
        for number, item in enumerate(scan):
            if number % 500 == 0:
                context.tell(Progress("scan", number, None))
                if context.cancelled():
                    raise _CancelledError
            yield item

    with tally.timed("scan"):
        plan = plan_update(watched(), known)
    tally.seen = plan.seen
    tally.unchanged = plan.unchanged
    tally.skipped.update(plan.skipped)
    tally.unreadable.extend(plan.unreadable)
    return plan


def _run(
    plan: UpdatePlan,
    files: FileStage,
    writer: IndexWriter,
    context: UpdateContext,
    options: UpdateOptions,
    tally: Tally,
) -> None:
    vectors: VectorStage | None = None
    try:
        files.forget(plan.removed)
        with tally.timed("chunk"):
            entries, until = _reading(plan, files, writer, context, options)
            for read in files.read(context.root, entries, context.limits, options.workers, until):
                if read:
                    context.tell(Progress("chunk", tally.read, len(plan.to_read)))
                if context.cancelled():
                    files.finish(complete=False, may_embed=False)
                    raise _CancelledError
                if files.write_if_due() and options.embed_until is None and vectors is None:
                    vectors = _vector_stage(writer, context, tally)
                if vectors is not None:
                    vectors.feed()
                    vectors.collect(0.0)
        tally.pending = len(entries) - tally.read
        files.finish(complete=not tally.pending, may_embed=_has_time(options))
        head = writer.head
        if head is not None and head.embedded < head.chunks and _has_time(options):
            vectors = vectors or _vector_stage(writer, context, tally)
            _embed(vectors, writer, context, options)
    finally:
        if vectors is not None:
            vectors.stop()


def _reading(
    plan: UpdatePlan, files: FileStage, writer: IndexWriter, context: UpdateContext, options: UpdateOptions
) -> tuple[Sequence[FileEntry], float]:
    """In which order to read, and until when."""
    awaited = options.awaited
    has_every_file = writer.head is not None and writer.head.complete
    if awaited is None or has_every_file or not files.commits_as_it_goes:
        return plan.to_read, math.inf
    order = promising_first(context.root, plan.to_read, awaited.query, files.known)
    return order, awaited.read_until


def _vector_stage(writer: IndexWriter, context: UpdateContext, tally: Tally) -> VectorStage:
    return VectorStage(writer, context.cache_path, context.dimensions, context.load_embedder, tally)


def _embed(vectors: VectorStage, writer: IndexWriter, context: UpdateContext, options: UpdateOptions) -> None:
    """Embed until nothing is pending, the deadline has come, or the caller gives up."""
    while True:
        busy = vectors.feed()
        vectors.collect(_POLL_SECONDS)
        head = writer.head
        total = head.chunks if head else 0
        context.tell(Progress("embed", vectors.done, total, "chunks"))
        if context.cancelled():
            raise _CancelledError
        if not _has_time(options):
            return
        if not busy:
            # Rows that this update replaced may have been embedded in vain; the table knows what is left.
            vectors.flush()
            if not vectors.feed():
                return


def _has_time(options: UpdateOptions) -> bool:
    return options.embed_until is None or time.monotonic() < options.embed_until


def _keep_up(
    writer: IndexWriter, cache: VectorCache, context: UpdateContext, options: UpdateOptions, tally: Tally
) -> None:
    if writer.needs_maintenance():
        context.tell(Progress("optimize", 0, None))
        if context.release_embedder is not None:
            context.release_embedder()
            give_back()
        with tally.timed("optimize"):
            writer.maintain(options.approximate_above)
            cache.prune(options.keep_vectors)
            give_back()


def _report(writer: IndexWriter, context: UpdateContext, tally: Tally, *, cancelled: bool) -> UpdateReport:
    head = writer.head
    return UpdateReport(
        workspace=context.root,
        revision=head.revision if head else 0,
        model=context.model,
        files_seen=tally.seen,
        files_indexed=tally.indexed,
        files_unchanged=tally.unchanged,
        files_pending=tally.pending,
        files_removed=tally.removed,
        skipped=dict(tally.skipped),
        unreadable=tuple(tally.unreadable),
        chunks_total=head.chunks if head else 0,
        chunks_embedded=tally.embedded,
        chunks_reused=tally.reused,
        chunks_pending=head.chunks - head.embedded if head else 0,
        seconds={phase: round(seconds, 3) for phase, seconds in tally.seconds.items()},
        cancelled=cancelled,
        rebuilt=writer.rebuilt,
    )
