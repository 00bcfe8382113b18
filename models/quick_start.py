"""A model for short-lived processes: the first few texts don't wait for an engine to load."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from .identity import ModelIdentity
    from .roles import Embedder, EmbedKind

_QUICK_CHARACTERS = 3_000
"""What NumPy embeds in the time that the quickest engine takes to load, about a third of a second."""

_CHARACTERS_OF_A_TOKEN = 4


class QuickStartEmbedder:
    """Embeds the first texts with one embedder, and with another, loaded then, as soon as there are more.

    Safe to use from several threads.

    Args:
        quick: Ready at once.
        load: Loads the one for many texts; its vectors are of the same identity.
    """

    def __init__(self, quick: Embedder, load: Callable[[], Embedder]) -> None:
        self._identity = quick.identity
        self._quick: Embedder | None = quick
        self._load = load
        self._full: Embedder | None = None
        self._left = _QUICK_CHARACTERS
        self._lock = threading.Lock()

    @property
    def identity(self) -> ModelIdentity:
        """Which vectors these are."""
        return self._identity

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> NDArray[np.float32]:
        """Embed texts; see the role Embedder."""
        return self._suited(texts).embed(texts, kind)

    def _suited(self, texts: Sequence[str]) -> Embedder:
        most = self.identity.max_tokens * _CHARACTERS_OF_A_TOKEN
        with self._lock:
            if self._quick is not None:
                self._left -= sum(min(len(text), most) for text in texts)
                if self._left >= 0:
                    return self._quick
            if self._full is None:
                self._full = self._load()
                self._quick = None  # tens of megabytes
            return self._full
