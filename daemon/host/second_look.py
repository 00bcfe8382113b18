"""Whether and with what a search's results are reranked; a reranker that fails costs nothing but its say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ...models.errors import CodeassistdError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ...indexer.search.request import SearchRequest
    from ...models.identity import RerankerIdentity
    from ...models.roles import Reranker


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Gives searches their reranker.

    Attributes:
        load: Gives the reranker that the settings name.
        is_default: Whether a request that doesn't say gets one.
        on_failure: Told why a reranker failed.
    """

    load: Callable[[], Reranker]
    is_default: Callable[[], bool]
    on_failure: Callable[[CodeassistdError], None]

    def reranker(self, request: SearchRequest) -> Reranker | None:
        """The reranker for a request; None when it wants none."""
        wanted = self.is_default() if request.rerank is None else request.rerank
        return _Tolerant(self.load(), self.on_failure) if wanted else None


@dataclass(frozen=True, slots=True)
class _Tolerant:
    """A reranker that finds all passages equally good when the real one fails, so that the order stays."""

    real: Reranker
    on_failure: Callable[[CodeassistdError], None]

    @property
    def identity(self) -> RerankerIdentity:
        """Which scores these are."""
        return self.real.identity

    def score(
        self, query: str, passages: Sequence[str], cancelled: Callable[[], bool] | None = None
    ) -> NDArray[np.float32]:
        """Score passages; see ``Reranker``."""
        try:
            return self.real.score(query, passages, cancelled)
        except CodeassistdError as error:
            self.on_failure(error)
            return np.zeros(len(passages), np.float32)
