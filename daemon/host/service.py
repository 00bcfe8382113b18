"""The daemon as its sessions see it: workspaces and models, shared by all of them."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ... import __version__
from ...indexer.grounding.completion import CompletionGrounding
from ...indexer.store.layout import IndexLayout
from ...indexer.workspace import open_workspace, refuse_system_folder
from ...lsp.service import ServiceStatus
from ...models.errors import CodeassistdError
from ..composition import index_config
from .index_source import IndexSource
from .machine import on_battery, resident_bytes
from .query_model import QueryModel
from .recent_errors import RecentErrors
from .second_look import SecondLook
from .session_service import SessionService
from .session_settings import SettingsSource
from .unsaved_files import UnsavedFiles
from .upkeep import Upkeep
from .workspace_generation import Writing
from .workspace_host import WorkspaceHost
from .workspace_service import WorkspaceService
from .writing_model import WritingModel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from ...indexer.watch.changes import Changes
    from ...indexer.watch.watch import Watch
    from ...indexer.workspace import Workspace
    from ...indexer.workspace_index import WorkspaceIndex
    from ...lsp.service import Cancelled, Embeddings, Listener, Reranked
    from ...models.roles import Embedder, EmbedKind, Reranker, SharedCompleter
    from ...models.worker.embedder import WorkerEmbedder
    from ..settings import Settings
    from ..settings_sections import SearchSettings

_POWER_SECONDS = 30.0
_LINGER_SECONDS = 300.0
_SEARCHES_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Parts:
    """What a daemon is made of.

    Attributes:
        embedder: Gives the model that settings name, in a process of its own.
        index: Gives the index of a workspace as settings want it, with the vectors of a model.
        watch: Starts to watch a folder.
        completer: Gives the model that writes and that settings name, or says how to get one.
    """

    embedder: Callable[[Settings], WorkerEmbedder]
    index: Callable[[Path, Settings, Embedder], WorkspaceIndex]
    watch: Callable[[Path, Settings, Callable[[Changes], None]], Watch]
    completer: Callable[[Settings], SharedCompleter]


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
        self._model = QueryModel(parts.embedder, self._settings.of(None), data_dir)
        self._writing = WritingModel(parts.completer, self._settings.of(None))
        self._groundings: dict[Path, CompletionGrounding] = {}
        self._gate = threading.Semaphore(_SEARCHES_AT_ONCE)
        self._lock = threading.RLock()
        self._hosts: dict[Path, WorkspaceHost] = {}
        self._unsaved_files: dict[Path, UnsavedFiles] = {}
        self._unused_since: dict[Path, float] = {}
        self._errors = RecentErrors()
        self._told: set[str] = set()
        self._began = time.monotonic()
        self._paused = False
        self._power_checked = 0.0
        self.sessions: Callable[[], int] = lambda: 0
        self._upkeep = Upkeep(self._tick)

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
            if self._upkeep.is_over:
                raise CodeassistdError("the daemon is stopping", "try again in a moment")
            host = self._hosts.get(workspace.root)
            is_new = host is None
            if host is None:
                host = self._hosts[workspace.root] = self._host(workspace.root)
                host.pause("by command", paused=self._paused)
                self._unsaved_files[workspace.root] = self._unsaved(workspace)
            self._unused_since.pop(workspace.root, None)
            host.add(listener)
            opened = self._opened(host, self._unsaved_files[workspace.root], session)
        if is_new:  # outside the lock, since starting to watch a large workspace takes a moment
            host.start()
        elif changed:
            host.settings_changed()
        if self._settings.of(None).daemon.preload:
            self._model.embedder.start()
        self._read_settings([workspace.root])
        return opened

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
        return self._model.embed(texts, kind, cancelled)

    def rerank(self, query: str, passages: Sequence[str], cancelled: Cancelled) -> Reranked:
        """Score passages by how well each answers a query."""
        return self._model.rerank(self._settings.of(None), query, passages, cancelled)

    def status(self) -> ServiceStatus:
        """How everything stands."""
        return ServiceStatus(
            pid=os.getpid(),
            version=__version__,
            uptime=round(time.monotonic() - self._began, 3),
            sessions=self.sessions(),
            workspaces=tuple(host.summary() for host in self._open_hosts),
            models=(*self._model.summaries(), *self._writing.summaries()),
            memory=resident_bytes(),
            errors=self._errors.newest_first,
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
        self._upkeep.end()
        with self._lock:
            hosts, self._hosts = tuple(self._hosts.values()), {}
        closing = [threading.Thread(target=host.close) for host in hosts]
        for thread in closing:
            thread.start()
        for thread in closing:
            thread.join()
        self._model.close()
        self._writing.close()
        self._upkeep.join()

    def _host(self, root: Path) -> WorkspaceHost:
        def index() -> WorkspaceIndex:
            return self._parts.index(root, self._settings.of(root), self._model.embedder)

        source = IndexSource(root, self._data_dir, index, lambda: self._settings.of(root).chosen)
        return WorkspaceHost(
            source,
            lambda on_changes: self._parts.watch(root, self._settings.of(root), on_changes),
            self._errors.add,
        )

    def _opened(self, host: WorkspaceHost, unsaved: UnsavedFiles, session: object) -> WorkspaceService:
        def settings() -> SearchSettings:
            return self._settings.of(host.root).search

        def reranker() -> Reranker:
            return self._model.reranker(self._settings.of(None))

        def embedder() -> WorkerEmbedder:
            return self._model.embedder

        second_look = SecondLook(reranker, lambda: settings().rerank, self._errors.add)
        grounding = self._groundings.setdefault(host.root, CompletionGrounding())
        writing = Writing(
            grounding,
            self._writing,
            lambda: self._settings.of(host.root).completion,
            f"{id(session)}:{host.root}",
        )
        return WorkspaceService(host, embedder, second_look, unsaved, self._gate, settings, writing)

    def _unsaved(self, workspace: Workspace) -> UnsavedFiles:
        layout = IndexLayout.of(self._data_dir, workspace.id)
        return UnsavedFiles(
            workspace.root,
            lambda: index_config(self._settings.of(workspace.root)),
            lambda: self._model.embedder,
            layout.vector_cache,
        )

    def _tick(self) -> None:
        now = time.monotonic()
        with self._lock:
            gone = [root for root, since in self._unused_since.items() if now - since > _LINGER_SECONDS]
            closing = [self._hosts.pop(root) for root in gone if root in self._hosts]
            for root in gone:
                del self._unused_since[root]
                self._unsaved_files.pop(root, None)
                self._groundings.pop(root, None)
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
        try:
            self._model.apply(self._settings.of(None))
        except CodeassistdError as error:
            # Work goes on with the model there was until the setting is mended.
            self._errors.add(error)
        self._writing.apply(self._settings.of(None))
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
            self._errors.add(CodeassistdError(problem.message, problem.hint))
