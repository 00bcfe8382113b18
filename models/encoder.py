"""From texts to checked unit vectors, whatever engine runs the network."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from .batching import plan_batches
from .errors import CodeassistdError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from .identity import ModelIdentity
    from .roles import EmbedKind
    from .tokenization import Tokenizer

# Sorting by length within this many texts leaves about 1 % of padding; tokenising them takes a moment only.
_WINDOW_TEXTS = 1_024
_WIDTHS = 8
"""Batches are as wide as a multiple of this: engines keep megabytes for each shape that they meet."""

_LEAST_BATCH = 64
"""Padded tokens: smaller batches are hardly quicker."""

_UNIT_TOLERANCE = 1e-2
_log = logging.getLogger(__name__)


class Network(Protocol):
    """A network with pooling and normalisation inside, ready to run; safe to call from several threads."""

    @property
    def lanes(self) -> int:
        """How many batches run well at the same time."""

    @property
    def token_budget(self) -> int:
        """Padded tokens in a batch that suit the engine."""

    def forward(self, ids: NDArray[np.int32], mask: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch.

        Args:
            ids: Token ids of shape (texts, tokens), zero where padded.
            mask: Same shape, 1 for a token and 0 for padding.

        Returns:
            Unit vectors of shape (texts, dimensions), owned by the caller.
        """


class BrokenModelError(CodeassistdError):
    """The network gave numbers that are no embedding."""


@dataclass(slots=True)
class _Window:
    first: int
    batches: list[tuple[list[int], Future[NDArray[np.float32]]]]


class TextEncoder:
    """An ``Embedder``: tokenises, batches by length, runs the network and checks what comes out.

    Safe to use from several threads: a query goes straight to the network beside a running bulk call.

    Args:
        identity: What the vectors are.
        tokenizer: The model's tokenizer.
        network: The model's network on some engine.
    """

    def __init__(self, identity: ModelIdentity, tokenizer: Tokenizer, network: Network) -> None:
        self._identity = identity
        self._tokenizer = tokenizer
        self._network = network
        self._pool = ThreadPoolExecutor(network.lanes, thread_name_prefix="embed")
        self._has_told_of_cutting = False

    @property
    def identity(self) -> ModelIdentity:
        """Which vectors these are."""
        return self._identity

    @property
    def tokens(self) -> int:
        """How many tokens were read so far; those of several threads at once may be a few less."""
        return self._tokenizer.tokens

    def close(self) -> None:
        """Stop the threads; the embedder cannot be used afterwards."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def embed(self, texts: Sequence[str], kind: EmbedKind) -> NDArray[np.float32]:
        """Embed texts.

        Args:
            texts: Any strings; longer ones than the model reads are cut.
            kind: Which of the model's prefixes the texts get.

        Returns:
            float32 array of shape (len(texts), dimensions), rows of Euclidean length 1.

        Raises:
            BrokenModelError: The network gave NaN, infinity or vectors of a wrong shape or length.
        """
        prefix = self._identity.query_prefix if kind == "query" else self._identity.document_prefix
        vectors = np.empty((len(texts), self._identity.dimensions), dtype=np.float32)
        if len(texts) == 1:
            [ids] = self._tokenizer.encode([prefix + texts[0]])
            vectors[0] = self._run([ids])
            self._tell_of_cutting()
            return vectors
        # One window is tokenised here while the threads of the pool run the one before.
        running: deque[_Window] = deque()
        try:
            for window in self._submit_windows(texts, prefix):
                running.append(window)
                if len(running) > 1:
                    _collect(running.popleft(), vectors)
            while running:
                _collect(running.popleft(), vectors)
        finally:
            for window in running:
                for _, future in window.batches:
                    future.cancel()
        self._tell_of_cutting()
        return vectors

    def _tell_of_cutting(self) -> None:
        if self._tokenizer.cut_texts and not self._has_told_of_cutting:
            self._has_told_of_cutting = True
            _log.info(
                "The model %s reads %d tokens of a text; what comes after them doesn't count.",
                self._identity.name,
                self._identity.max_tokens,
            )

    def _submit_windows(self, texts: Sequence[str], prefix: str) -> Iterator[_Window]:
        for first in range(0, len(texts), _WINDOW_TEXTS):
            window = texts[first : first + _WINDOW_TEXTS]
            ids = self._tokenizer.encode([prefix + text for text in window] if prefix else window)
            plan = plan_batches([len(row) for row in ids], self._budget(ids))
            rows = [[ids[position] for position in batch] for batch in plan]
            futures = [self._pool.submit(self._run, batch) for batch in rows]
            yield _Window(first, list(zip(plan, futures, strict=True)))

    def _budget(self, ids: list[list[int]]) -> int:
        """Padded tokens in a batch, such that a few texts keep all lanes busy, too."""
        longest, total = max(map(len, ids)), sum(map(len, ids))
        share = -(-total // self._network.lanes) + longest
        return min(self._network.token_budget, max(share, _LEAST_BATCH))

    def _run(self, rows: list[list[int]]) -> NDArray[np.float32]:
        ids, mask = pad(rows, _WIDTHS, self._identity.max_tokens)
        vectors = self._network.forward(ids, mask)
        self._check(vectors, len(rows))
        return vectors

    def _check(self, vectors: NDArray[np.float32], count: int) -> None:
        expected = (count, self._identity.dimensions)
        if vectors.shape != expected:
            raise BrokenModelError(
                f"The model {self._identity.name} gave vectors of shape {vectors.shape}, not {expected}.",
                hint="Run `codeassistd doctor`; the model's files or its engine do not fit.",
            )
        # A NaN or an infinity anywhere in a row makes its length differ from 1, so that one test sees all.
        lengths = np.einsum("nd,nd->n", vectors, vectors)
        if not np.all(np.abs(lengths - 1.0) < _UNIT_TOLERANCE):
            raise BrokenModelError(
                f"The model {self._identity.name} gave NaN, infinite or unnormalised vectors; none was kept.",
                hint="Run `codeassistd doctor`; another backend may help.",
            )


def pad(
    rows: Sequence[Sequence[int]], multiple: int = 1, most: int | None = None
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Make a rectangle of token ids.

    Args:
        rows: At least one row of token ids.
        multiple: The rectangle's width is rounded up to a multiple of this,
        most: but not beyond this.

    Returns:
        (ids, mask), both of shape (rows, longest row or more); ids are 0 and mask is 0 where padded.
    """
    longest = max(len(row) for row in rows)
    width = -(-longest // multiple) * multiple
    shape = (len(rows), width if most is None else max(longest, min(width, most)))
    ids = np.zeros(shape, dtype=np.int32)
    mask = np.zeros(shape, dtype=np.float32)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = row
        mask[index, : len(row)] = 1.0
    return ids, mask


def _collect(window: _Window, vectors: NDArray[np.float32]) -> None:
    for batch, future in window.batches:
        vectors[[window.first + position for position in batch]] = future.result()
