"""How well names (file, folder, symbol) answer the words of a query.

A word counts by how rare it is among the names at hand, so the name of the project, which is in every path,
counts next to nothing. Words match when their stems are equal or one begins like the other ("auth" and
"authentication", "serializer" and "serialization").
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..terms import name_words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

_SHORTEST_PREFIX = 4
_PREFIX_SHARE = 0.75
_PREFIX_WORTH = 0.7
_FOLDER_WORTH = 0.5
_NAMELESS = frozenset({"index", "init", "main", "mod"})
"""Files that languages name so for their place; people know them by their folder."""


class NameMatcher:
    """Matches the words of one query against many names."""

    def __init__(self, words: Sequence[str], vocabulary: Collection[str]) -> None:
        """Prepare for names made of the words in `vocabulary`."""
        self._columns: dict[str, list[tuple[int, float]]] = defaultdict(list)
        self._count = len(words)
        for column, pair in enumerate(pairwise(words)):
            if (compound := "".join(pair)) in vocabulary:
                self._columns[compound] += [(column, 1.0), (column + 1, 1.0)]
        by_prefix: dict[str, list[str]] = defaultdict(list)
        for name_word in vocabulary:
            by_prefix[name_word[:_SHORTEST_PREFIX]].append(name_word)
        for column, word in enumerate(words):
            for name_word in by_prefix[word[:_SHORTEST_PREFIX]]:
                if worth := _likeness(word, name_word):
                    self._columns[name_word].append((column, worth))

    def row(self, name: Iterable[str]) -> list[float]:
        """How well each query word is met by a name: one number from 0 to 1 for each."""
        row = [0.0] * self._count
        for name_word in name:
            for column, worth in self._columns.get(name_word, ()):
                row[column] = max(row[column], worth)
        return row

    def used(self, name: Sequence[str]) -> float:
        """The share of a name's words that the query mentions, 0 to 1."""
        return sum(name_word in self._columns for name_word in name) / len(name) if name else 0.0


def file_name_scores(words: Sequence[str], paths: Sequence[str]) -> NDArray[np.float32]:
    """Score paths by how well file name and folders answer the query.

    Args:
        words: Stems of the query.
        paths: Distinct POSIX paths; rarity is judged among them.

    Returns:
        float32 array of shape (len(paths),), 0 to 1.
    """
    stems = [file_words(path) for path in paths]
    folders = [folder_words(path) for path in paths]
    matcher = NameMatcher(words, {word for name in (*stems, *folders) for word in name})
    shape = (len(paths), len(words))
    in_stem = np.array([matcher.row(name) for name in stems], np.float32).reshape(shape)
    in_folder = np.array([matcher.row(folder) for folder in folders], np.float32).reshape(shape)
    met = np.maximum(in_stem, _FOLDER_WORTH * in_folder)
    used = np.array([matcher.used(name) for name in stems], np.float32)
    return _weighted_recall(met) * (0.5 + 0.5 * used)


def symbol_scores(words: Sequence[str], symbols: Sequence[str]) -> NDArray[np.float32]:
    """Score symbol paths by how well they answer the query; like `file_name_scores`, without folders."""
    names = [symbol_words(symbol) for symbol in symbols]
    matcher = NameMatcher(words, {word for name in names for word in name})
    met = np.array([matcher.row(name) for name in names], np.float32).reshape(len(symbols), len(words))
    used = np.array([matcher.used(name) for name in names], np.float32)
    return _weighted_recall(met) * (0.5 + 0.5 * used)


def _weighted_recall(met: NDArray[np.float32]) -> NDArray[np.float32]:
    """Share of the query met by each row, rarer words counting more."""
    rows, columns = met.shape
    if not rows or not columns:
        return np.zeros(rows, np.float32)
    rarity = np.log1p(rows / ((met > 0).sum(axis=0) + 0.5))
    return np.asarray(met @ rarity / rarity.sum(), np.float32)


@lru_cache(maxsize=1 << 16)
def file_words(path: str) -> tuple[str, ...]:
    """Folded words of a file's name without its extensions; of its folder's where the name says nothing."""
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0] or name
    if stem.strip("_").lower() in _NAMELESS and folder:
        stem = folder.rpartition("/")[2]
    return tuple(name_words(stem))


@lru_cache(maxsize=1 << 16)
def folder_words(path: str) -> tuple[str, ...]:
    """Distinct folded words of a file's folders."""
    return tuple(dict.fromkeys(name_words(path.rpartition("/")[0])))


@lru_cache(maxsize=1 << 16)
def symbol_words(symbol: str) -> tuple[str, ...]:
    """Folded words of a symbol path."""
    return tuple(name_words(symbol))


def _likeness(word: str, other: str) -> float:
    if word == other:
        return 1.0
    shorter = min(len(word), len(other))
    common = next((i for i in range(shorter) if word[i] != other[i]), shorter)
    if shorter < _SHORTEST_PREFIX or common < _SHORTEST_PREFIX:
        return 0.0
    alike = common == shorter or (common > _SHORTEST_PREFIX and common >= _PREFIX_SHARE * shorter)
    return _PREFIX_WORTH if alike else 0.0
