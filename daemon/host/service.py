"""The daemon as its sessions see it: workspaces and models, shared by all of them."""

from __future__ import annotations

import concurrent.futures
import logging
import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ... import __version__
from ...indexer.store.layout import IndexLayout
from ...indexer.workspace import open_workspace, refuse_system_folder
from ...lsp.service import CancelledError, Embeddings, ModelSummary, Reranked, ServiceStatus
from ...models.errors import CodeassistdError
from ..composition import embedder_request, index_config, reranker_request
from .index_source import IndexSource
from .machine import on_battery, resident_bytes
from .second_look import SecondLook
from .session_service import SessionService
from .session_settings import SettingsSource
from .unsaved_files import UnsavedFiles
from .workspace_host import WorkspaceHost
from .workspace_service import WorkspaceService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from ...indexer.watch.changes import Changes
    from ...indexer.watch.watch import Watch
    from ...indexer.workspace import Workspace
    from ...indexer.workspace_index import WorkspaceIndex
    from ...lsp.service import Cancelled, Listener
    from ...models.roles import Embedder, EmbedKind, Reranker
    from ...models.worker.embedder import WorkerEmbedder
    from ..settings import Settings
    from ..settings_sections import SearchSettings

_LOG = logging.getLogger(__name__)

_TICK_SECONDS = 1.0
_POWER_SECONDS = 30.0
_LINGER_SECONDS = 300.0
_SEARCHES_AT_ONCE = 2
_ERRORS_KEPT = 20


@dataclass(frozen=True, slots=True)
class Parts:
    """What a daemon is made of.

    Attributes:
        embedder: Gives the model that settings name, in a process of its own.
        index: Gives the index of a workspace as settings want it, with the vectors of a model.
        watch: Starts to watch a folder.
    """

    embedder: Callable[[Settings], WorkerEmbedder]
    index: Callable[[Path, Settings, Embedder], WorkspaceIndex]
    watch: Callable[[Path, Settings, Callable[[Changes], None]], Watch]


class DaemonService:
    """Owns every open workspace and the model that reads queries; see `lsp.service.Service`.

    Args:
        data_dir: Where indexes are kept.
        parts: What it is made of.
    """

    def __init__(self, data_dir: Path, parts: Parts) -> None:
        self._data_dir = data_dir
        self._parts = parts
        self._settings = SettingsSource()
        self._model = embedder_request(self._settings.of(None), data_dir)
        self._embedder = parts.embedder(self._settings.of(None))
        self._gate = threading.Semaphore(_SEARCHES_AT_ONCE)
        self._lock = threading.RLock()
        self._hosts: dict[Path, WorkspaceHost] = {}
        self._unsaved_files: dict[Path, UnsavedFiles] = {}
        self._unused_since: dict[Path, float] = {}
        self._errors: deque[str] = deque(maxlen=_ERRORS_KEPT)
        self._told: set[str] = set()
        self._began = time.monotonic()
        self._paused = False
        self._power_checked = 0.0
        self._stopped = threading.Event()
        self._ticker = threading.Thread(target=self._tick_on, name="upkeep", daemon=True)
        self._ticker.start()
        self.sessions: Callable[[], int] = lambda: 0

    def for_session(self) -> SessionService:
        """What a session is served by; closed when it ends."""
        return SessionService(self)

    def open_workspace(self, root: Path, listener: Listener, session: object) -> WorkspaceService:
        """Let a session take part in a workspace, which is brought up to date from now on.

        Raises:
            CodeassistdError: The folder is no workspace.
        """
        workspace = open_workspace(root, force=True)
        refuse_system_folder(workspace.root)
        changed = self._settings.apply_to(session, workspace.root)
        with self._lock:
            if self._stopped.is_set():
                raise CodeassistdError("the daemon is stopping", "try again in a moment")
            host = self._hosts.get(workspace.root)
            is_new = host is None
            if host is None:
                host = self._hosts[workspace.root] = self._host(workspace.root)
                host.pause("by command", paused=self._paused)
                self._unsaved_files[workspace.root] = self._unsaved(workspace)
            self._unused_since.pop(workspace.root, None)
            host.add(listener)
            unsaved = self._unsaved_files[workspace.root]
        if is_new:  # outside the lock, since starting to watch a large workspace takes a moment
            host.start()
        elif changed:
            host.settings_changed()
        self._embedder.start()
        self._read_settings([workspace.root])

        def settings() -> SearchSettings:
            return self._settings.of(workspace.root).search

        second_look = SecondLook(self._reranker, lambda: settings().rerank, self._failed)
        return WorkspaceService(host, lambda: self._embedder, second_look, unsaved, self._gate, settings)

    def close_workspace(self, root: Path, listener: Listener) -> None:
        """Leave it; some minutes after the last one has left, it is closed."""
        with self._lock:
            host = self._hosts.get(root)
            if host is not None and host.remove(listener) == 0:
                self._unused_since[root] = time.monotonic()

    def configure(self, session: object, settings: Mapping[str, object]) -> None:
        """Take settings that an editor's user made, by dotted key; they hold in that editor's workspaces.

        Raises:
            CodeassistdError: A key or value is wrong; names it and what is allowed.
        """
        if self._settings.override(session, settings):
            self._apply_settings()

    def forget(self, session: object) -> None:
        """Take back what a session has set."""
        if self._settings.forget(session):
            self._apply_settings()

    def embed(self, texts: Sequence[str], kind: EmbedKind, cancelled: Cancelled) -> Embeddings:
        """Embed texts on the interactive lane."""
        try:
            return Embeddings(self._embedder.identity.id, self._embedder.embed(texts, kind, cancelled))
        except concurrent.futures.CancelledError:
            raise CancelledError from None

    def rerank(self, query: str, passages: Sequence[str], cancelled: Cancelled) -> Reranked:
        """Score passages by how well each answers a query."""
        reranker = self._reranker()
        try:
            return Reranked(reranker.identity.name, reranker.score(query, passages, cancelled))
        except concurrent.futures.CancelledError:
            raise CancelledError from None

    def status(self) -> ServiceStatus:
        """How everything stands."""
        with self._lock:
            errors = tuple(reversed(self._errors))
        usage = self._embedder.usage()
        name = self._embedder.identity.name
        model = ModelSummary(name, "embed", usage.state, usage.engine, usage.uses, usage.idle_seconds)
        return ServiceStatus(
            pid=os.getpid(),
            version=__version__,
            uptime=round(time.monotonic() - self._began, 3),
            sessions=self.sessions(),
            workspaces=tuple(host.summary() for host in self._open_hosts),
            models=(model,),
            memory=resident_bytes(),
            errors=errors,
        )

    @property
    def _open_hosts(self) -> tuple[WorkspaceHost, ...]:
        with self._lock:
            return tuple(self._hosts.values())

    @property
    def is_busy(self) -> bool:
        """Whether an index is being brought up to date."""
        busy = {"scanning", "indexing", "embedding"}
        return any(host.summary().state in busy for host in self._open_hosts)

    def pause(self, *, paused: bool) -> None:
        """Stop indexing in every workspace, or go on; searches are answered in any case."""
        with self._lock:
            self._paused = paused
        for host in self._open_hosts:
            host.pause("by command", paused=paused)

    def close(self) -> None:
        """End everything: after the writes in hand, within seconds."""
        self._stopped.set()
        with self._lock:
            hosts, self._hosts = tuple(self._hosts.values()), {}
        closing = [threading.Thread(target=host.close) for host in hosts]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()
        self._embedder.close()
        self._ticker.join()

    def _host(self, root: Path) -> WorkspaceHost:
        def index() -> WorkspaceIndex:
            return self._parts.index(root, self._settings.of(root), self._embedder)

        source = IndexSource(root, self._data_dir, index, lambda: self._settings.of(root).chosen)
        return WorkspaceHost(
            source,
            lambda on_changes: self._parts.watch(root, self._settings.of(root), on_changes),
            self._failed,
        )

    def _reranker(self) -> Reranker:
        return self._embedder.reranker(reranker_request(self._settings.of(None), self._data_dir))

    def _unsaved(self, workspace: Workspace) -> UnsavedFiles:
        layout = IndexLayout.of(self._data_dir, workspace.id)
        return UnsavedFiles(
            workspace.root,
            lambda: index_config(self._settings.of(workspace.root)),
            lambda: self._embedder,
            layout.vector_cache,
        )

    def _failed(self, error: CodeassistdError) -> None:
        _LOG.warning("%s%s", error.message, f" ({error.hint})" if error.hint else "")
        with self._lock:
            if not self._errors or self._errors[-1] != error.message:
                self._errors.append(error.message)

    def _tick_on(self) -> None:
        while not self._stopped.wait(_TICK_SECONDS):
            try:
                self._tick()
            except Exception:  # noqa: BLE001 - one failed round of upkeep must not be the last
                _LOG.exception("upkeep failed")

    def _tick(self) -> None:
        now = time.monotonic()
        with self._lock:
            gone = [root for root, since in self._unused_since.items() if now - since > _LINGER_SECONDS]
            closing = [self._hosts.pop(root) for root in gone if root in self._hosts]
            for root in gone:
                del self._unused_since[root]
                self._unsaved_files.pop(root, None)
            hosts = tuple(self._hosts.values())
        unload_seconds = self._settings.of(None).daemon.unload_minutes * 60
        for host in closing:
            host.close()
        for host in hosts:
            host.tick(unload_seconds)
        if self._settings.files_changed():
            self._apply_settings()
        if now - self._power_checked > _POWER_SECONDS:
            self._power_checked = now
            saves = self._settings.of(None).daemon.save_power and on_battery()
            for host in hosts:
                host.save_power(saves=saves)

    def _apply_settings(self) -> None:
        hosts = self._open_hosts
        self._read_settings(host.root for host in hosts)
        common = self._settings.of(None)
        model = embedder_request(common, self._data_dir)
        with self._lock:
            before = None
            if model != self._model:
                try:
                    after = self._parts.embedder(common)
                except CodeassistdError as error:
                    # Work goes on with the model there was until the setting is mended.
                    self._failed(error)
                else:
                    self._model, before, self._embedder = model, self._embedder, after
        if before is not None:
            before.close()
        for host in hosts:
            host.settings_changed()

    def _read_settings(self, roots: Iterable[Path]) -> None:
        """Read settings that have changed, and tell what has become wrong in them."""
        for root in (None, *roots):
            self._settings.of(root)
        problems = self._settings.problems
        with self._lock:
            new = [problem for problem in problems if problem.message not in self._told]
            self._told = {problem.message for problem in problems}
        for problem in new:
            self._failed(CodeassistdError(problem.message, problem.hint))
