"""What speaks for a passage, token by token: late interaction over static token vectors. Pure.

A token's vector is its row in the table of the embedding model, whatever stands around it. So no network
has to run: thirty passages take milliseconds, where contextual vectors take a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

FEATURES = ("likeness", "exact", "near", "head")
"""Columns of `passage_features`: each the share of the query, rare tokens counting more, that is met by the
most similar token of the passage (MaxSim), by the same token, by similar tokens of one window, and by similar
tokens at the beginning, where a chunk names its file and symbol."""

_WINDOW = 32
_HEAD = 24
_FIRST_WORD = 1996
"""Ids of a BERT vocabulary from here on are words in order of frequency; those before are marks."""

_MARK_RARITY = 0.05


def rarity(ids: NDArray[np.int64], vocabulary: int) -> Floats:
    """How much tokens say, by Zipf's law: 0 to 1, marks least."""
    rank = np.maximum(ids - _FIRST_WORD + 2, 1)
    worth = np.log(rank) / np.log(max(3, vocabulary - _FIRST_WORD))
    return np.asarray(np.clip(worth, _MARK_RARITY, 1.0), np.float32)


def passage_features(query: Sequence[int], passages: Sequence[Sequence[int]], table: Floats) -> Floats:
    """Compare a query with passages.

    Args:
        query: Token ids, without special tokens.
        passages: Token ids of each, likewise.
        table: Vector of each token, of shape (vocabulary, dimensions); only the rows needed are read.

    Returns:
        float32 array of shape (passages, len(FEATURES)); zeros for a passage without tokens.
    """
    found = np.zeros((len(passages), len(FEATURES)), np.float32)
    asked = np.unique(np.asarray(query, np.int64))
    if not len(asked) or not any(passages):
        return found
    known = np.unique(np.concatenate([np.asarray(each, np.int64) for each in passages if each]))
    likeness = np.clip(_unit(table[asked]) @ _unit(table[known]).T, 0.0, 1.0)
    worth = rarity(asked, len(table))
    worth /= worth.sum()
    for row, passage in enumerate(passages):
        if passage:
            columns = np.searchsorted(known, passage)
            found[row] = _compared(likeness[:, columns], asked[:, None] == np.asarray(passage), worth)
    return found


def _compared(likeness: Floats, same: NDArray[np.bool_], worth: Floats) -> list[float]:
    """The features of one passage, from arrays of shape (query tokens, passage tokens)."""
    length = likeness.shape[1]
    starts = np.arange(0, length, _WINDOW // 2)
    halves = np.maximum.reduceat(likeness, starts, axis=1)
    windows = halves if len(starts) == 1 else np.maximum(halves[:, :-1], halves[:, 1:])
    return [
        float(worth @ likeness.max(axis=1)),
        float(worth @ same.any(axis=1)),
        float((worth @ windows).max()),
        float(worth @ likeness[:, :_HEAD].max(axis=1)),
    ]


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)
