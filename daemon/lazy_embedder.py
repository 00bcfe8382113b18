"""The embedding model in this process, loaded by whoever needs it first."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ..models.identity import ModelIdentity
    from ..models.roles import EmbedKind
    from ..models.selection import LoadedEmbedder


@dataclass(frozen=True, slots=True)
class _Loading:
    """One load of the model: whoever gets the lock carries it out."""

    begun: threading.Lock = field(default_factory=threading.Lock)
    loaded: Future[LoadedEmbedder] = field(default_factory=Future)


class LazyEmbedder:
    """An embedder whose model is loaded once, by whoever needs it first or ahead of time in the background.

    Args:
        identity: Which vectors it gives.
        load: Loads the model; takes seconds.
    """

    def __init__(self, identity: ModelIdentity, load: Callable[[], LoadedEmbedder]) -> None:
        self._identity = identity
        self._load = load
        self._loading = _Loading()

    @property
    def identity(self) -> ModelIdentity:
        """Which vectors these are; known without loading."""
        return self._identity

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> NDArray[np.float32]:
        """Embed texts once the model is loaded; see the role Embedder."""
        return self.loaded().embedder.embed(texts, kind)

    def start(self) -> None:
        """Begin loading in the background; a failure is kept for whoever needs the model."""
        loading = self._loading
        if loading.begun.acquire(blocking=False):
            threading.Thread(target=self._run, args=(loading,), name="load-embedder", daemon=True).start()

    def loaded(self) -> LoadedEmbedder:
        """The model and how it runs, once it is loaded.

        Raises:
            CodeassistdError: It can't be loaded.
        """
        loading = self._loading
        if loading.begun.acquire(blocking=False):
            self._run(loading)
        return loading.loaded.result()

    def release(self) -> None:
        """Let go of the model, which is loaded again when it is needed; not while it is being loaded."""
        if self._loading.loaded.done():
            self._loading = _Loading()

    @property
    def has_failed(self) -> bool:
        """Whether loading was tried and failed."""
        loaded = self._loading.loaded
        return loaded.done() and loaded.exception() is not None

    def _run(self, loading: _Loading) -> None:
        try:
            loading.loaded.set_result(self._load())
        except BaseException as error:  # noqa: BLE001 - raised again by `loaded`, in the thread that asks
            loading.loaded.set_exception(error)
