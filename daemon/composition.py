"""The composition root: the one place that picks classes and joins them, each imported when it is needed."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from .model_files import MODELS_FOLDER, model_store

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ..indexer.walk.entry import Selection
    from ..indexer.watch.changes import Changes
    from ..indexer.workspace import Workspace
    from ..indexer.workspace_index import IndexConfig, WorkspaceIndex
    from ..models.embedding_model import EmbeddingModel
    from ..models.reranker_selection import RerankerRequest
    from ..models.roles import Embedder, EmbedKind, Reranker, SharedCompleter
    from ..models.selection import EmbedderRequest, LoadedEmbedder
    from ..models.worker.embedder import WorkerEmbedder
    from ..models.worker.limits import WorkerLimits
    from .host.service import DaemonService
    from .lazy_embedder import LazyEmbedder
    from .settings import Settings

_MOST_WORKERS = 4


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

    def completer(self, settings: Settings) -> SharedCompleter:
        """The model that writes; see `completer`."""
        return completer(settings, self.data_dir)

    def open_index(self, *, quick_start: bool = False) -> WorkspaceIndex:
        """The workspace's index; nothing is read or written yet.

        Args:
            quick_start: See `lazy_embedder`; the model is let go when everything is embedded, too.
        """
        from ..indexer.workspace_index import WorkspaceIndex

        settings, where = self.settings, (self.workspace.root, self.data_dir)
        embedder = lazy_embedder(settings, self.data_dir, quick_start=True) if quick_start else self.embedder
        load, release = lambda: embedder.loaded().embedder, embedder.release if quick_start else None
        return WorkspaceIndex(*where, embedder.identity, load, index_config(settings), release)


def lazy_embedder(settings: Settings, data_dir: Path, *, quick_start: bool = False) -> LazyEmbedder:
    """The model that the settings name, not loaded yet.

    Args:
        settings: The settings.
        data_dir: The user's data directory.
        quick_start: Whether the first few texts needn't wait for the engine. Not where vectors or scores are
            shown: they are to be those of the daemon, to the last digit.
    """
    from ..models.selection import identity_of
    from .lazy_embedder import LazyEmbedder

    request = embedder_request(settings, data_dir)

    def load() -> LoadedEmbedder:
        from ..models.selection import load_embedder, load_quick_start

        return load_quick_start(request) if quick_start else load_embedder(request)

    return LazyEmbedder(identity_of(request), load)


def loaded_reranker(settings: Settings, data_dir: Path) -> Reranker:
    """The reranker that the settings name.

    Raises:
        CodeassistdError: It can't be loaded.
    """
    from ..models.reranker_selection import load_reranker

    return load_reranker(reranker_request(settings, data_dir))


def worker_embedder(settings: Settings, data_dir: Path) -> WorkerEmbedder:
    """The model that the settings name, for queries, to be loaded in a process of its own."""
    from ..models.hardware import physical_cores
    from ..models.selection import identity_of
    from ..models.worker.embedder import WorkerEmbedder

    request = embedder_request(settings, data_dir)
    if request.threads is None:
        # One query keeps one thread busy; a second one is for many that come at once. Searches want the rest.
        request = replace(request, threads=min(physical_cores(), max(2, physical_cores() // 2)))
    return WorkerEmbedder(identity_of(request), request, worker_limits(settings, data_dir))


def worker_limits(settings: Settings, data_dir: Path) -> WorkerLimits:
    """What a process may take that holds the model of the settings."""
    from ..models.catalog import DEFAULT_MODEL
    from ..models.worker.limits import WorkerLimits

    idle_seconds = settings.daemon.unload_minutes * 60
    if settings.model.name == DEFAULT_MODEL:
        return WorkerLimits(idle_seconds=idle_seconds)
    # Weights of 16 bits may be computed with in 32, and are there twice while they are loaded.
    room = WorkerLimits().memory_bytes + 4 * opened_model(settings, data_dir).weights_bytes
    return WorkerLimits(idle_seconds=idle_seconds, memory_bytes=room)


def opened_model(settings: Settings, data_dir: Path) -> EmbeddingModel:
    """The files of the model that the settings name, checked but not loaded.

    Raises:
        CodeassistdError: There is no such model, or its files are missing, altered or not supported.
    """
    from ..models.selection import open_model

    return open_model(embedder_request(settings, data_dir))


def engine_embedders(settings: Settings, data_dir: Path) -> dict[str, WorkerEmbedder]:
    """The model that the settings name on each engine that can run it here, none started; by engine.

    "torch float32" is what the others are measured against, and comes first where torch is one of them.
    """
    from ..models.selection import identity_of, usable_engines
    from ..models.worker.embedder import WorkerEmbedder

    request = embedder_request(settings, data_dir)
    limits = worker_limits(settings, data_dir)
    requests = {engine: replace(request, backend=engine) for engine in usable_engines(request)}
    exact = {}
    if "torch" in requests:
        exact["torch float32"] = replace(requests["torch"], precision="float", full_precision=True)
    return {
        name: WorkerEmbedder(identity_of(wanted), wanted, limits)
        for name, wanted in (exact | requests).items()
    }


def cut_texts(settings: Settings, data_dir: Path, texts: Sequence[str], kind: EmbedKind) -> int:
    """How many of some texts are longer than the model reads; it isn't loaded to tell."""
    from ..models import selection

    return selection.cut_texts(embedder_request(settings, data_dir), texts, kind)


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
        completer=lambda settings: completer(settings, data_dir),
    )
    return DaemonService(data_dir, parts)


def completer(settings: Settings, data_dir: Path) -> SharedCompleter:
    """The model that writes, which the settings name, not loaded yet; in a process of its own, or elsewhere.

    Raises:
        CodeassistdError: There is none; says how to get one.
    """
    if settings.generation.endpoint:
        return _endpoint_completer(settings)
    from importlib.util import find_spec

    from ..models.completer_selection import CompleterRequest, cache_tokens_of, identity_of
    from ..models.errors import CodeassistdError
    from ..models.gguf.facts import read_facts
    from ..models.hub.gguf_choice import find_gguf
    from ..models.hub.published import published_models
    from ..models.worker.completer import WorkerCompleter, completer_limits

    writing = settings.generation
    path = find_gguf(writing.model, model_store(data_dir), published_models())
    if find_spec("llama_cpp") is None:
        raise CodeassistdError(
            "llama.cpp, which runs the models that write, is not installed.",
            'pip install "codeassistd[llama]"',
        )
    request = CompleterRequest(str(path), writing.context_tokens, writing.gpu_layers, writing.threads)
    facts = read_facts(path)
    limits = completer_limits(
        facts.file_bytes,
        facts.cache_bytes * cache_tokens_of(request, facts),
        idle_seconds=settings.daemon.unload_minutes * 60,
    )
    return WorkerCompleter(identity_of(request), request, limits)


def _endpoint_completer(settings: Settings) -> SharedCompleter:
    from ..models.endpoint.completer import EndpointCompleter
    from ..models.endpoint.policy import EndpointRequest
    from ..models.errors import UsageError

    writing = settings.generation
    if not writing.endpoint_model:
        raise UsageError(
            f"The server {writing.endpoint} is to write, and no model is named.",
            "set generation.endpoint_model to one of its models",
        )
    return EndpointCompleter(
        EndpointRequest(writing.endpoint, writing.endpoint_model, writing.api_key_variable)
    )


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
        cache_dir=data_dir / MODELS_FOLDER,
        dimensions=settings.model.dimensions or None,
    )


def reranker_request(settings: Settings, data_dir: Path) -> RerankerRequest:
    """Which reranker the settings ask for."""
    from ..models.model_names import reranker_folder
    from ..models.reranker_selection import RerankerRequest

    name, store = settings.model.reranker, data_dir / MODELS_FOLDER
    folder = reranker_folder(name, store) if name else None
    return RerankerRequest(folder=folder, threads=settings.model.threads or None, cache_dir=store)


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
