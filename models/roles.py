"""What the rest of codeassistd may ask of a model, whatever runs it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .identity import ModelIdentity

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
