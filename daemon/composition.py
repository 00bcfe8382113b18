"""The composition root: the one place that picks classes and joins them, each imported when it is needed."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from ..indexer.walk.entry import Selection
    from ..indexer.watch.changes import Changes
    from ..indexer.workspace import Workspace
    from ..indexer.workspace_index import IndexConfig, WorkspaceIndex
    from ..models.embedding_model import EmbeddingModel
    from ..models.hub.client import HubClient
    from ..models.hub.inventory import InventoryEntry
    from ..models.hub.store import ModelStore
    from ..models.identity import ModelIdentity
    from ..models.reranker_selection import RerankerRequest
    from ..models.roles import Embedder, EmbedKind, Reranker
    from ..models.selection import EmbedderRequest, LoadedEmbedder
    from ..models.worker.embedder import WorkerEmbedder
    from .host.service import DaemonService
    from .settings import Settings

_MODELS = "models"
_MOST_WORKERS = 4


class LazyEmbedder:
    """An embedder whose model is loaded once, by whoever needs it first or ahead of time in the background.

    Args:
        identity: Which vectors it gives.
        load: Loads the model; takes seconds.
    """

    def __init__(self, identity: ModelIdentity, load: Callable[[], LoadedEmbedder]) -> None:
        self._identity = identity
        self._load = load
        self._loaded: Future[LoadedEmbedder] = Future()
        self._begun = threading.Lock()

    @property
    def identity(self) -> ModelIdentity:
        """Which vectors these are; known without loading."""
        return self._identity

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> NDArray[np.float32]:
        """Embed texts once the model is loaded; see the role Embedder."""
        return self.loaded().embedder.embed(texts, kind)

    def start(self) -> None:
        """Begin loading in the background; a failure is kept for whoever needs the model."""
        if self._begun.acquire(blocking=False):
            threading.Thread(target=self._run, name="load-embedder", daemon=True).start()

    def loaded(self) -> LoadedEmbedder:
        """The model and how it runs, once it is loaded.

        Raises:
            CodeassistdError: It can't be loaded.
        """
        if self._begun.acquire(blocking=False):
            self._run()
        return self._loaded.result()

    @property
    def has_failed(self) -> bool:
        """Whether loading was tried and failed."""
        return self._loaded.done() and self._loaded.exception() is not None

    def _run(self) -> None:
        try:
            self._loaded.set_result(self._load())
        except BaseException as error:  # noqa: BLE001 - raised again by `loaded`, in the thread that asks
            self._loaded.set_exception(error)


class Composition:
    """The objects that serve one workspace, from its settings.

    Args:
        workspace: The workspace.
        settings: Its settings.
        data_dir: Where indexes are kept.
    """

    def __init__(self, workspace: Workspace, settings: Settings, data_dir: Path) -> None:
        self.workspace = workspace
        self.settings = settings
        self.data_dir = data_dir
        self.embedder = lazy_embedder(settings, data_dir)
        self._reranker: Reranker | None = None

    def reranker(self) -> Reranker:
        """The reranker that the settings name; loaded by the first call.

        Raises:
            CodeassistdError: It can't be loaded.
        """
        if self._reranker is None:
            self._reranker = loaded_reranker(self.settings, self.data_dir)
        return self._reranker

    def open_index(self) -> WorkspaceIndex:
        """The workspace's index; nothing is read or written yet."""
        from ..indexer.workspace_index import WorkspaceIndex

        return WorkspaceIndex(
            self.workspace.root,
            self.data_dir,
            self.embedder.identity,
            lambda: self.embedder.loaded().embedder,
            index_config(self.settings),
        )


def lazy_embedder(settings: Settings, data_dir: Path) -> LazyEmbedder:
    """The model that the settings name, not loaded yet."""
    from ..models.selection import identity_of

    request = embedder_request(settings, data_dir)

    def load() -> LoadedEmbedder:
        from ..models.selection import load_embedder

        return load_embedder(request)

    return LazyEmbedder(identity_of(request), load)


def loaded_reranker(settings: Settings, data_dir: Path) -> Reranker:
    """The reranker that the settings name.

    Raises:
        CodeassistdError: It can't be loaded.
    """
    from ..models.reranker_selection import load_reranker

    return load_reranker(reranker_request(settings, data_dir))


def worker_embedder(settings: Settings, data_dir: Path) -> WorkerEmbedder:
    """The model that the settings name, to be loaded in a process of its own."""
    from dataclasses import replace

    from ..models.catalog import DEFAULT_MODEL
    from ..models.selection import identity_of
    from ..models.worker.embedder import WorkerEmbedder
    from ..models.worker.limits import WorkerLimits

    request = embedder_request(settings, data_dir)
    identity = identity_of(request)
    limits = WorkerLimits(idle_seconds=settings.daemon.unload_minutes * 60)
    if request.model != DEFAULT_MODEL:
        # Weights of 16 bits may be computed with in 32, and are there twice while they are loaded.
        weights_bytes = opened_model(settings, data_dir).weights_bytes
        limits = replace(limits, memory_bytes=limits.memory_bytes + 4 * weights_bytes)
    return WorkerEmbedder(identity, request, limits)


def opened_model(settings: Settings, data_dir: Path) -> EmbeddingModel:
    """The files of the model that the settings name, checked but not loaded.

    Raises:
        CodeassistdError: There is no such model, or its files are missing, altered or not supported.
    """
    from ..models.selection import open_model

    return open_model(embedder_request(settings, data_dir))


def daemon_service(data_dir: Path) -> DaemonService:
    """What serves the sessions of a daemon."""
    from ..indexer.watch.watch import Watch, watch
    from .host.service import DaemonService, Parts

    def start_watch(root: Path, settings: Settings, on_changes: Callable[[Changes], None]) -> Watch:
        return watch(root, selection(settings), on_changes, settings.daemon.watch)

    parts = Parts(
        embedder=lambda settings: worker_embedder(settings, data_dir),
        index=lambda root, settings, embedder: workspace_index(root, data_dir, settings, embedder),
        watch=start_watch,
    )
    return DaemonService(data_dir, parts)


def workspace_index(root: Path, data_dir: Path, settings: Settings, embedder: Embedder) -> WorkspaceIndex:
    """The index of a workspace as its settings want it; nothing is read or written yet."""
    from ..indexer.workspace_index import WorkspaceIndex

    return WorkspaceIndex(root, data_dir, embedder.identity, lambda: embedder, index_config(settings))


def embedder_request(settings: Settings, data_dir: Path) -> EmbedderRequest:
    """Which model, on what, the settings ask for."""
    from ..models.selection import EmbedderRequest

    return EmbedderRequest(
        model=settings.model.name,
        backend=settings.model.engine,
        precision=settings.model.precision,
        threads=settings.model.threads or None,
        cache_dir=data_dir / _MODELS,
        dimensions=settings.model.dimensions or None,
    )


def model_store(data_dir: Path) -> ModelStore:
    """The models that were pulled."""
    from ..models.hub.store import ModelStore

    return ModelStore(data_dir / _MODELS)


def model_inventory(data_dir: Path) -> list[InventoryEntry]:
    """Every model that is known or was pulled; the network is not asked."""
    from ..models.embedding_model import loadable_names
    from ..models.hub.inventory import take_inventory
    from ..models.hub.published import published_models

    store = model_store(data_dir)
    installed = store.installed()
    loadable = loadable_names(published_models(), installed)
    return take_inventory(published_models(), installed, store.unfinished(), loadable)


def hub_client(settings: Settings, notice: Callable[[str], None]) -> HubClient:
    """The hub that the settings and the environment name.

    Raises:
        CodeassistdError: The network may not be used, or the hub's URL or the proxy's is wrong.
    """
    from .. import __version__
    from ..models.errors import CodeassistdError
    from ..models.hub.address import hub_address, offline_reason
    from ..models.hub.client import HubClient

    reason = offline_reason(settings.hub.offline, os.environ)
    if reason:
        raise CodeassistdError(f"models can't be pulled: {reason}", "turn that off in order to pull")
    return HubClient(hub_address(settings.hub.endpoint, os.environ), __version__, notice=notice)


def altered_built_in_files() -> str:
    """What is wrong with the model that comes with codeassistd, all of which is read; "" for nothing."""
    from ..models import catalog, weights
    from ..models.weights_files import WeightsError

    entry = catalog.find(catalog.DEFAULT_MODEL)
    try:
        weights.verify(weights.locate(entry), entry)
    except WeightsError as error:
        return f"{error.message} ({error.hint})"
    return ""


def reranker_request(settings: Settings, data_dir: Path) -> RerankerRequest:
    """Which reranker the settings ask for."""
    from pathlib import Path

    from ..models.reranker_selection import RerankerRequest

    folder = settings.model.reranker
    return RerankerRequest(
        folder=Path(folder).expanduser() if folder else None,
        threads=settings.model.threads or None,
        cache_dir=data_dir / "models",
    )


def selection(settings: Settings) -> Selection:
    """Which files the settings select."""
    from ..indexer.walk.entry import Selection

    return Selection(
        include=settings.index.include,
        exclude=settings.index.exclude,
        max_file_bytes=settings.index.max_file_bytes,
        respect_gitignore=settings.index.respect_gitignore,
        index_secrets=settings.index.index_secrets,
    )


def index_config(settings: Settings) -> IndexConfig:
    """What the settings ask of an index."""
    from ..indexer.walk.entry import ContentLimits
    from ..indexer.workspace_index import IndexConfig

    return IndexConfig(
        selection=selection(settings),
        limits=ContentLimits(
            max_file_bytes=settings.index.max_file_bytes,
            max_line_length=settings.index.max_line_length,
            index_secrets=settings.index.index_secrets,
        ),
        workers=settings.index.workers or min(_MOST_WORKERS, os.cpu_count() or 1),
        keep_vectors=settings.index.keep_vectors,
    )
