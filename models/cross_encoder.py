"""Cross-encoders: one network reads query and passage together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .batching import plan_batches
from .encoder import BrokenModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .identity import RerankerIdentity
    from .tokenization import TokenPair


class PairNetwork(Protocol):
    """A network that gives one number for each pair of texts."""

    @property
    def token_budget(self) -> int:
        """Padded tokens in a batch that suit the engine."""

    def forward(self, pairs: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch.

        Args:
            pairs: Token id and segment, of shape (pairs, tokens, 2), zero where padded.
            mask: 1 for a token and 0 for padding, of shape (pairs, tokens).

        Returns:
            Logits of shape (pairs,).
        """


class PairReader(Protocol):
    """Makes the tokens that a network reads of pairs of texts."""

    def encode(self, query: str, passages: Sequence[str]) -> list[TokenPair]:
        """The tokens of a query with each of the passages."""


class CrossEncoder:
    """A ``Reranker`` that runs a network over every pair of query and passage.

    Args:
        identity: Which scores these are.
        tokenizer: The model's tokenizer.
        network: The model's network on some engine.
    """

    def __init__(self, identity: RerankerIdentity, tokenizer: PairReader, network: PairNetwork) -> None:
        self._identity = identity
        self._tokenizer = tokenizer
        self._network = network

    @property
    def identity(self) -> RerankerIdentity:
        """Which scores these are."""
        return self._identity

    def score(
        self, query: str, passages: Sequence[str], cancelled: Callable[[], bool] | None = None
    ) -> NDArray[np.float32]:
        """Score passages; see ``Reranker``.

        Raises:
            CancelledError: ``cancelled`` said so.
            BrokenModelError: The network gave NaN or infinity.
        """
        scores = np.zeros(len(passages), np.float32)
        written = [at for at, passage in enumerate(passages) if passage.strip()]
        pairs = self._tokenizer.encode(query, [passages[at] for at in written])
        for batch in plan_batches([len(pair.ids) for pair in pairs], self._network.token_budget):
            if cancelled is not None and cancelled():
                raise CancelledError
            logits = self._network.forward(*_padded([pairs[place] for place in batch]))
            if not np.isfinite(logits).all():
                raise BrokenModelError(
                    f"The reranker {self._identity.name} gave NaN or infinite scores.",
                    hint="Set model.reranker to another folder, or to nothing for the embedded reranker.",
                )
            # Written so that no exponential overflows.
            scores[[written[place] for place in batch]] = 0.5 * (1.0 + np.tanh(0.5 * logits))
        return scores


def _padded(pairs: Sequence[TokenPair]) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    longest = max(len(pair.ids) for pair in pairs)
    ids = np.zeros((len(pairs), longest, 2), np.int32)
    mask = np.zeros((len(pairs), longest), np.float32)
    for row, pair in enumerate(pairs):
        ids[row, : len(pair.ids), 0] = pair.ids
        ids[row, : len(pair.ids), 1] = pair.segments
        mask[row, : len(pair.ids)] = 1.0
    return ids, mask
