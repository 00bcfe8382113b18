"""Answers what sessions ask of one workspace: pins a revision, lays unsaved text over it, searches."""

from __future__ import annotations

import concurrent.futures
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ...indexer.store.errors import DamagedIndexError
from ...lsp.service import CancelledError, SearchDefaults
from ...models.errors import CodeassistdError, UsageError
from .workspace_generation import Sight, WorkspaceGeneration

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from ...indexer.pipeline.report import Progress, UpdateReport
    from ...indexer.search.request import SearchFilter, SearchRequest, SearchResponse
    from ...indexer.search.snippet import FileReader
    from ...indexer.search.symbols import SymbolMatch
    from ...indexer.store.rows import Snapshot
    from ...lsp.service import Cancelled, Unsaved, WorkspaceSummary
    from ...models.roles import Embedder
    from ..settings_sections import SearchSettings
    from .second_look import SecondLook
    from .unsaved_files import UnsavedFiles
    from .workspace_generation import Writing
    from .workspace_host import WorkspaceHost

_LOG = logging.getLogger(__name__)
_FIRST_REVISION_SECONDS = 30.0
"""For so long at most a search waits for the first words of a workspace."""


class WorkspaceService:
    """One workspace as a session sees it; see `lsp.service.Workspace`.

    Args:
        host: Keeps its index.
        embedder: Gives the model that reads queries.
        second_look: Gives what looks at the best results again.
        unsaved_files: Chunks and embeds what is on screen.
        gate: Bounds how many searches run at once.
        settings: Gives the search settings in force.
        writing: What text is written with.
    """

    def __init__(
        self,
        host: WorkspaceHost,
        embedder: Callable[[], Embedder],
        second_look: SecondLook,
        unsaved_files: UnsavedFiles,
        gate: threading.Semaphore,
        settings: Callable[[], SearchSettings],
        writing: Writing,
    ) -> None:
        self._host = host
        self._embedder = embedder
        self._second_look = second_look
        self._unsaved_files = unsaved_files
        self._gate = gate
        self._settings = settings
        self._reported = host.updates
        sight = Sight(host.root, self._glance, self._view, self._reader, embedder, unsaved_files.is_selected)
        self._generation = WorkspaceGeneration(sight, writing)

    @property
    def root(self) -> Path:
        """Its folder."""
        return self._host.root

    @property
    def generation(self) -> WorkspaceGeneration:
        """Writing for it."""
        return self._generation

    @property
    def search_defaults(self) -> SearchDefaults:
        """What the settings say of searches."""
        settings = self._settings()
        return SearchDefaults(settings.limit, settings.mode)

    def search(self, request: SearchRequest, unsaved: Unsaved, cancelled: Cancelled) -> SearchResponse:
        """Search it, as it is on screen."""
        from ...indexer.search.engine import search

        request = request.checked(has_embedder=True)
        reranker = self._second_look.reranker(request)
        with self._view(unsaved, cancelled) as view:
            try:
                return search(view, self._embedder(), request, self._reader(unsaved), reranker, cancelled)
            except concurrent.futures.CancelledError:
                raise CancelledError from None
            except UsageError:
                raise
            except DamagedIndexError:
                self._host.reindex(full=False)
                raise
            except CodeassistdError as error:
                if request.mode != "hybrid":
                    raise
                _LOG.warning("searching by words alone: %s", error.message)
                return search(view, None, request, self._reader(unsaved))

    def similar(
        self,
        path: str,
        lines: tuple[int, int],
        limit: int,
        where: SearchFilter,
        unsaved: Unsaved,
        cancelled: Cancelled,
    ) -> SearchResponse:
        """Find code like some lines, as they are on screen."""
        from ...indexer.search.similar import similar

        with self._view(unsaved, cancelled) as view:
            return similar(view, self._embedder(), path, lines, limit, where, self._reader(unsaved))

    def symbols(
        self, query: str, limit: int, unsaved: Unsaved, cancelled: Cancelled
    ) -> Sequence[SymbolMatch]:
        """Definitions whose name answers a query, best first."""
        from ...indexer.search.symbols import find_symbols

        with self._view(unsaved, cancelled) as view:
            try:
                return find_symbols(view, query, limit, self._embedder())
            except UsageError:
                raise
            except CodeassistdError:  # the model is out of order; names do without it
                return find_symbols(view, query, limit)

    def wait_until_current(self, cancelled: Cancelled, *, vectors: bool = True) -> int:
        """Wait until every change made before the call can be searched; gives the revision."""
        return self._host.wait_until_current(cancelled, vectors=vectors)

    def index(
        self, *, full: bool, progress: Callable[[Progress], None], cancelled: Cancelled
    ) -> UpdateReport:
        """Bring the index up to date; gives what was done since this was opened, or since the last report."""
        report = self._host.index(full=full, since=self._reported, progress=progress, cancelled=cancelled)
        self._reported = self._host.updates
        return report

    def reindex(self, *, full: bool) -> None:
        """Look at every file again, in the background."""
        self._host.reindex(full=full)

    def summary(self) -> WorkspaceSummary:
        """How it stands."""
        return self._host.summary()

    @contextmanager
    def _glance(self, unsaved: Unsaved) -> Iterator[Snapshot | None]:
        with self._host.pinned() as snapshot:
            if snapshot is None or not unsaved:
                yield snapshot
            else:
                yield self._unsaved_files.by_words_over(snapshot, unsaved)

    @contextmanager
    def _view(self, unsaved: Unsaved, cancelled: Cancelled) -> Iterator[Snapshot]:
        seconds = max(self._settings().first_answer_seconds, _FIRST_REVISION_SECONDS)
        self._host.wait_for_revision(seconds, cancelled)
        while not self._gate.acquire(timeout=0.1):
            if cancelled():
                raise CancelledError
        try:
            if cancelled():
                raise CancelledError
            with self._host.pinned() as snapshot:
                if snapshot is None:
                    raise self._not_indexed_yet()
                yield self._unsaved_files.over(snapshot, unsaved) if unsaved else snapshot
        finally:
            self._gate.release()

    def _not_indexed_yet(self) -> CodeassistdError:
        now = self._host.summary()
        return CodeassistdError(
            f"{self.root} is not indexed yet" + (f": {now.problem}" if now.problem else ""),
            "indexing is paused; `codeassistd resume` goes on"
            if now.state == "paused"
            else "it is being indexed; ask again in a moment",
        )

    def _reader(self, unsaved: Unsaved) -> FileReader:
        def read(path: str) -> str | None:
            if path in unsaved:
                return unsaved[path]
            return self._host.texts.read(path)

        return read
