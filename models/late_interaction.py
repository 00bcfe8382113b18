"""The embedded reranker: token by token, with the vectors of the embedding model and no network to run."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING

import numpy as np

from .identity import RerankerIdentity
from .learned_reranking import BIAS, WEIGHTS
from .reranker_selection import EMBEDDED
from .token_features import FEATURES, passage_features
from .tokenization import trim

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .tokenization import Tokenizer

MAX_TOKENS = 256
"""Read of a query, and of each passage."""

TABLE = "embeddings.word_embeddings.weight"
"""The tensor of static token vectors."""

_AT_ONCE = 64
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class LateInteractionReranker:
    """A ``Reranker`` that compares tokens.

    Args:
        tokenizer: Of the embedding model.
        table: Vector of each token, of shape (vocabulary, dimensions).
    """

    def __init__(self, tokenizer: Tokenizer, table: NDArray[np.generic]) -> None:
        self._tokenizer = tokenizer
        self._table = np.asarray(table, np.float32)

    @property
    def identity(self) -> RerankerIdentity:
        """Which scores these are."""
        return RerankerIdentity(EMBEDDED, MAX_TOKENS)

    def score(
        self, query: str, passages: Sequence[str], cancelled: Callable[[], bool] | None = None
    ) -> NDArray[np.float32]:
        """Score passages; see ``Reranker``."""
        features = self.features(query, passages, cancelled)
        weights = np.array([WEIGHTS[name] for name in FEATURES], np.float32)
        scores = 1.0 / (1.0 + np.exp(-(features @ weights + np.float32(BIAS))))
        return np.where(features.any(axis=1), scores, 0.0).astype(np.float32)

    def features(
        self, query: str, passages: Sequence[str], cancelled: Callable[[], bool] | None = None
    ) -> NDArray[np.float32]:
        """What a score is made of: float32 array of shape (len(passages), len(FEATURES))."""
        [asked] = self._ids([query])
        found = [np.zeros((0, len(FEATURES)), np.float32)]
        for first in range(0, len(passages), _AT_ONCE):
            if cancelled is not None and cancelled():
                raise CancelledError
            part = self._ids(passages[first : first + _AT_ONCE])
            found.append(passage_features(asked, part, self._table))
        return np.concatenate(found)

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        # Names in camel case are words too; without the special tokens at both ends.
        return [ids[1:-1] for ids in self._tokenizer.encode([_words(text) for text in texts])]


def _words(text: str) -> str:
    return _HUMP.sub(" ", trim(text, MAX_TOKENS))
