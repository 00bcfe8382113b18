"""What the rest of codeassistd may ask of a model, whatever runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .identity import ModelIdentity, RerankerIdentity

EmbedKind = Literal["query", "document"]


class Embedder(Protocol):
    """Turns texts into unit vectors whose inner product is their similarity."""

    @property
    def identity(self) -> ModelIdentity:
        """Which vectors these are; vectors of different identities are never compared."""

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> NDArray[np.float32]:
        """Embed texts.

        Args:
            texts: Any strings; longer ones than the model reads are cut.
            kind: Which of the model's prefixes the texts get.

        Returns:
            float32 array of shape (len(texts), dimensions), rows of Euclidean length 1.
        """


class Reranker(Protocol):
    """Says of each of a few passages how well it answers a query, reading both together."""

    @property
    def identity(self) -> RerankerIdentity:
        """Which scores these are; scores of different identities are never compared."""

    def score(
        self, query: str, passages: Sequence[str], cancelled: Callable[[], bool] | None = None
    ) -> NDArray[np.float32]:
        """Score passages.

        Args:
            query: Any string; a longer one than the model reads is cut.
            passages: Any strings, likewise.
            cancelled: Polled; once it is true the work ends.

        Returns:
            float32 array of shape (len(passages),), each from 0 to 1: the model's estimate of the chance that
            the passage answers the query. A passage's score doesn't depend on the other passages. One that is
            empty or blank has 0.

        Raises:
            CancelledError: Of concurrent.futures; ``cancelled`` said so.
        """
